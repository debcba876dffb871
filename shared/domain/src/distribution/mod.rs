//! A dealer's distribution: rotations, pool, open leads, and the reason for an assignment.

mod lane;
mod open;
mod pool;
mod reason;
mod rotation;
mod shares;

pub use lane::{LaneState, LoadLane};
pub use open::{Availability, Counted, OpenLeads};
pub use pool::Pool;
pub use reason::{AssignmentReason, Choice, PassedOver, PassedOverFor};
pub use rotation::Rotation;
pub use shares::Shares;
