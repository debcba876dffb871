//! A dealer's distribution: rotations, pool, and why a lead was given to its owner.

mod lane;
mod pool;
mod rotation;

pub use lane::LaneState;
pub use pool::Pool;
pub use rotation::{AssignmentReason, Choice, PassedOver, PassedOverFor, Rotation};
