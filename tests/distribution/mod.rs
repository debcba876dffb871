//! Distribution of leads: rotation, groups, pool, manual assignment (DIS).

pub(crate) mod assignment;
pub(crate) mod fairness;
pub(crate) mod hand_over;
pub(crate) mod limits;
pub(crate) mod pool;
mod pool_line;
mod pool_reactions;
pub(crate) mod presence;
pub(crate) mod rotation;
pub(crate) mod rotation_model;
pub(crate) mod routing;
pub(crate) mod turns;
pub(crate) mod weights;
