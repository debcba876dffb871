//! Checks of the tree itself: architecture, documents, metrics.

pub(crate) mod architecture;
pub(crate) mod builds;
mod layers;
pub(crate) mod metrics;
