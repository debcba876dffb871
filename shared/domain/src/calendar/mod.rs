//! Calendar events, invitations, calendar feeds and calendar views (CAL).

mod affected;
mod event;
mod feeds;
mod invitation;
mod labels;
mod names;
mod view;
mod when;

pub use event::{CalendarEvent, Ending, EventState, Planned, Rescheduled, Transferred};
pub use feeds::{CalendarFeed, CalendarFeeds};
pub use invitation::{Invitation, InvitationStatus};
pub use labels::{Labels, NO_SHOW_LABELS, TYPE_LABELS};
pub use names::{is_at_dealer, name_of, title_of, type_of};
pub use view::{NotAView, View};
pub use when::EventTime;
pub(crate) use when::in_reach;
