//! The people of a group with their saved views, and the signing secrets of its partners.

mod signing;
mod subject;
mod user;
mod views;

pub use signing::{NewSecret, Previous, ReceivedRequest, Signing};
pub use subject::{SubjectClaim, TokenSubject};
pub use user::{OwnFacts, User, UserChange, UserFacts};
pub use views::{SavedView, SavedViews, ViewScreen};
