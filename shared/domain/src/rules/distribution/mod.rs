//! Distribution of leads: by rotation, pool or hand (DIS).

mod assignment;
pub mod pool;
mod turn;

pub(crate) use assignment::{by_turn, hand_over};
pub use assignment::{distribute_all, to_dealer, to_user};
