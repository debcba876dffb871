//! The state of a lane of a dealer's distribution.

use crate::base::DealerId;
use crate::distribution::{Pool, Rotation};
use crate::settings::Lane;

/// The state of a lane of a dealer's distribution.
#[derive(Debug, Clone, PartialEq)]
pub enum LaneState {
    /// A rotation.
    Rotation(Rotation),
    /// The pool.
    Pool(Pool),
}

/// Returns the state of a lane as read. `None` if it was not read, so that no commit could guard it.
pub type LoadLane<'a> = &'a dyn Fn(&Lane) -> Option<LaneState>;

impl LaneState {
    /// Creates the initial state of a lane.
    pub fn initial(dealer: DealerId, lane: &Lane) -> Self {
        match lane {
            Lane::Rotation(group) => LaneState::Rotation(Rotation::new(dealer, group.clone())),
            Lane::Pool => LaneState::Pool(Pool::new(dealer)),
        }
    }

    /// Returns the lane.
    pub(crate) fn lane(&self) -> Lane {
        match self {
            LaneState::Rotation(rotation) => Lane::Rotation(rotation.group.clone()),
            LaneState::Pool(_) => Lane::Pool,
        }
    }
}
