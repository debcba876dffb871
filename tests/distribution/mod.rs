//! Distribution of leads: rotation, groups, pool, manual assignment (DIS).

pub(crate) mod assignment;
mod booked_leads;
mod exceeding;
pub(crate) mod fairness;
pub(crate) mod hand_over;
mod histories;
pub(crate) mod limits;
mod names;
pub(crate) mod pool;
mod pool_line;
mod pool_reactions;
pub(crate) mod presence;
pub(crate) mod rotation;
pub(crate) mod rotation_model;
pub(crate) mod routing;
pub(crate) mod turns;
pub(crate) mod weights;
