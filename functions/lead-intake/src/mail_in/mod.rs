//! Mail in: what follows from a mail that was read.

mod answer;

pub use answer::{Answered, ArrivedMail, NotJoined, answered_lead};
