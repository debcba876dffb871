//! Requests in, responses out: HTTP API, payload format 2.0.
//!
//! [`answer()`] is the loop of every HTTP function. It reads a [`Call`], hands it to the function's handler, and writes the [`Answer`] or
//! the [`Problem`].

mod answer;
mod call;
mod etag;
mod idempotency;
mod naming;
mod page;
mod problem;
mod query;
mod subject;

pub use answer::{Answer, answer, answer_as, answer_open};
pub use call::{Call, MAX_BODY};
pub use idempotency::{Request, new_name, remembered, request};
pub use naming::Mentions;
pub use page::Page;
pub use problem::{FieldError, Problem};
pub use query::Queries;
