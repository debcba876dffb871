//! Distribution of leads: by rotation, pool or hand (DIS).

mod again;
mod assignment;
mod booked_claim;
mod lanes;
mod passed;
pub mod pool;
mod reaction_claim;
mod turn;

pub use again::{to_distribution, to_pool};
pub use assignment::{ByHand, distribute_all, to_dealer, to_user};
pub(crate) use assignment::{by_turn, free, hand_over, you_are_full};
pub use booked_claim::{takes_from_pool, with_booked_owner};
pub(crate) use lanes::Lanes;
pub use lanes::with_open_counted;
pub(crate) use passed::{given_back, handed_on, passed_on};
pub use reaction_claim::with_claim;
