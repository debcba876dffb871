//! The state of a lane of a dealer's distribution.

use crate::distribution::{Pool, Rotation};

/// Where a lane of a dealer's distribution stands.
#[derive(Debug, Clone, PartialEq)]
pub enum LaneState {
    /// A rotation: who was served last.
    Rotation(Rotation),
    /// The pool: who waits.
    Pool(Pool),
}
