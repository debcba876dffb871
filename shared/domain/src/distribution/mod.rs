//! A dealer's distribution: rotations, pool, and the reason for an assignment.

mod lane;
mod pool;
mod rotation;

pub use lane::LaneState;
pub use pool::Pool;
pub use rotation::{AssignmentReason, Choice, PassedOver, PassedOverFor, Rotation};
