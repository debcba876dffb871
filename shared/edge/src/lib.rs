//! The only crate that knows Lambda and HTTP.
//!
//! A function is a few lines: [`start::platform`] once, then [`http::answer`] for requests, [`queue::each`] for messages. `now` is read once
//! a request or message, here, and handed on as a value.

pub mod auth;
pub mod environment;
pub mod files;
pub mod formats;
pub mod http;
pub mod metrics;
mod platform;
pub mod queue;
pub mod routes;
pub mod start;
pub mod usecase;

pub use platform::{Clock, Platform};
