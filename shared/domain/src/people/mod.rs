//! The people of a group, and the signing secrets of its partners.

mod signing;
mod subject;
mod user;

pub use signing::{NewSecret, Previous, ReceivedRequest, Signing};
pub use subject::{SubjectClaim, TokenSubject};
pub use user::{User, UserChange, UserFacts};
