//! Distribution of leads: by rotation, pool or hand (DIS).

mod assignment;
mod passed;
pub mod pool;
mod reaction_claim;
mod turn;

pub(crate) use assignment::{by_turn, hand_over};
pub use assignment::{distribute_all, to_dealer, to_user};
pub(crate) use passed::passed_on;
pub use reaction_claim::with_claim;
