//! Changes of calendar events, invitations and calendar feeds (CAL).

mod completion;
mod event;
mod feeds;
pub mod invitation;
mod mirror;
mod new;
mod offer;
mod reservation;
mod resubmission;
mod transfer;

pub use completion::{CompletedEvents, with_events_completed};
pub(crate) use event::schedule_as;
pub use event::{CalendarContext, EventAction, schedule, settle};
pub(crate) use mirror::{mirrored, state_of};
pub use new::NewEvent;
pub use offer::{Offer, OfferRefusal};
pub use resubmission::{rearm, resubmit};
pub use transfer::{with_events_moved, with_reservations_moved};
