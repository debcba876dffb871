//! Checks of the tree itself: architecture, documents, metrics.

pub(crate) mod architecture;
mod layers;
pub(crate) mod metrics;
