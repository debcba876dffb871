//! Changes of calendar events, invitations and calendar feeds (CAL).

mod choice;
mod completion;
mod correction;
mod event;
mod feeds;
pub mod invitation;
mod mirror;
mod new;
mod next;
mod offer;
mod reservation;
mod resubmission;
mod transfer;

pub use choice::warnings_of;
pub(crate) use choice::{Choice, Chosen};
pub(crate) use completion::with_events_ended;
pub use correction::{EventCorrection, correct, reopen};
pub use event::{CalendarContext, EventAction, schedule, settle};
pub(crate) use event::{Clock, schedule_as};
pub(crate) use mirror::{mirrored, state_of};
pub use new::NewEvent;
pub use next::{NextEvent, plan_next};
pub use offer::{Offer, OfferRefusal};
pub use resubmission::{rearm, resubmit};
pub use transfer::{with_events_moved, with_reservations_moved};
