//! The whole system in one process: the functions' own handlers on an embedded engine, with local twins for what AWS does around them.
//!
//! | Here | In the cloud |
//! |---|---|
//! | [`engine`] | the DynamoDB table |
//! | [`agenda`] | the stream, the queues between functions, EventBridge Scheduler |
//! | [`partner_queue`] | the partner queue and its dead letters |
//! | [`mailbox`], [`folder`] | SES, the bucket |
//! | [`gateway`], [`tokens`] | API Gateway with its JWT authorizer |
//! | [`control`] | nothing: `/_local` exists here only |
//!
//! [`System`] is all of it without HTTP; the tests drive it under a virtual clock.

pub mod agenda;
pub mod clock;
pub mod control;
pub mod demo;
pub mod engine;
pub mod folder;
pub mod gateway;
pub mod mailbox;
pub mod openapi;
pub mod partner_queue;
pub mod reference;
pub mod server;
pub mod system;
pub mod template;
pub mod tokens;

pub use system::{Parts, System};
