//! The state of a lane of a dealer's distribution.

use crate::distribution::{Pool, Rotation};

/// The state of a lane of a dealer's distribution.
#[derive(Debug, Clone, PartialEq)]
pub enum LaneState {
    /// A rotation.
    Rotation(Rotation),
    /// The pool.
    Pool(Pool),
}
