//! Checks of the source tree: architecture, documents, metrics, texts.

pub(crate) mod architecture;
pub(crate) mod builds;
mod layers;
pub(crate) mod metrics;
mod openapi;
pub(crate) mod rules;
mod secrets;
pub(crate) mod texts;
