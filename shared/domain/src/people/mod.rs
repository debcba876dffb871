//! The people of a group, and the signing secrets of its partners.

mod signing;
mod user;

pub use signing::{NewSecret, Previous, ReceivedRequest, Signing};
pub use user::{User, UserChange, UserFacts};
