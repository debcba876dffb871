//! The local run: the whole system in one process on this machine, without a cloud account, for trying it out and for tests.
//!
//! The functions are those of the cloud. Local twins replace the AWS services around them:
//!
//! | Module | Replaces in the cloud |
//! |---|---|
//! | [`engine`] | the DynamoDB table |
//! | [`agenda`] | the stream, the queues between functions, EventBridge Scheduler |
//! | [`partner_queue`] | the partners' queues and their dead-letter queue |
//! | [`mail_in`] | SES where it receives mail: the receipt rule, the topic, and the folder of dropped mails |
//! | [`text_in`] | AWS End User Messaging where it receives text messages |
//! | [`mailbox`] | SES where it sends, the sender of text messages, the receivers of webhooks |
//! | [`mail_events`] | the events that SES publishes about mails |
//! | [`folder`] | the S3 bucket with its presigned links |
//! | [`gateway`], [`throttle`], [`tokens`] | API Gateway, its throttles of open routes and its JWT authorizer |
//! | [`provider`] | the identity provider: a page on which to choose a person of the demo |
//! | [`clock`] | the real time, which nobody can move |
//! | [`control`] | nothing: `/_local` exists only here |
//!
//! [`System`] is all of it without HTTP: tests drive it with a frozen clock. [`server::run`] adds HTTP, the demo group and a data folder,
//! from which it continues after a restart or a kill.

pub mod agenda;
pub mod clock;
pub mod control;
pub mod demo;
pub mod engine;
pub mod folder;
pub mod gateway;
pub mod ids;
pub mod log;
pub mod mail_events;
pub mod mail_in;
pub mod mailbox;
pub mod openapi;
pub mod partner_queue;
pub mod provider;
pub mod server;
pub mod system;
pub mod template;
pub mod text_in;
pub mod throttle;
pub mod tokens;

mod fair;
mod start;

pub use system::{Parts, System};
