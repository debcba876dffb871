//! The shared part of the functions: Lambda events, HTTP, queues, identity, and the table of routes.
//!
//! A function consists of three calls into this crate: [`start::platform`] once per process, [`http::answer`] for each request,
//! [`queue::each`] for each batch of messages. The current time is read here, once per request or message, and passed on as a value.
//!
//! | Module | Purpose |
//! |---|---|
//! | [`environment`], [`metrics`], [`files`] | settings, metrics and the bucket of a function |
//! | [`resolver`], [`mail_server`] | connections to servers that users entered; mail servers of dealers |
//! | [`Platform`], [`start`] | the services that a function uses, and its start-up |
//! | [`routes`] | the table of routes: each operation of the API is one row |
//! | [`formats`] | JSON, iCalendar, vehicles: formats that two or more functions read or write |
//! | [`auth`] | the sender of a request: by a token, a signed link or a signature |
//! | [`http`] | requests, responses, problems, idempotency, pages |
//! | [`queue`] | batches of messages |
//! | [`usecase`] | use cases that two or more functions share |
//!
//! Each module uses only modules above it.
//!
//! A handler gets a [`http::Call`] and returns a [`http::Answer`] or a [`http::Problem`]:
//!
//! ```
//! use forecourt_domain::base::{LeadId, Refusal};
//! use forecourt_edge::http::{Answer, Call, Problem};
//! use forecourt_edge::routes::Operation;
//!
//! async fn operate(call: &Call) -> Result<Answer, Problem> {
//!     match call.operation {
//!         Operation::ReadLead => read(call),
//!         _ => Err(Problem::wrong_function()),
//!     }
//! }
//!
//! fn read(call: &Call) -> Result<Answer, Problem> {
//!     let id: LeadId = call.part("id", "lead")?;
//!     Ok(Answer::new(200, &serde_json::json!({"id": id.to_string()}))?.header("etag", "\"7\"").about(&id))
//! }
//!
//! // Refusals of a rule become problems: status, type and text follow from the kind of refusal.
//! let problem = Problem::from(Refusal::field("contact.email", "INT-3", "must be an e-mail address"));
//! assert_eq!((problem.status, problem.kind.as_str()), (422, "urn:forecourt:problem:invalid"));
//! assert_eq!(problem.errors[0].rule_url, "/reference/rules#INT-3");
//! ```

pub mod auth;
pub mod environment;
pub mod files;
pub mod formats;
pub mod http;
pub mod mail_server;
pub mod metrics;
mod platform;
pub mod queue;
pub mod resolver;
pub mod routes;
pub mod start;
pub mod usecase;

pub use platform::{Clock, Ids, Platform};
