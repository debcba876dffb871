//! Changes of appointments (APT).

mod arrival;
mod briefing;
mod closing;
mod confirmation;
mod customer;
mod follow;
mod letters;
mod link;
mod make;
mod next;
mod report;
mod stay;
mod transfer;
mod visit_check;

pub use arrival::{arrive, take_back_arrival};
pub(crate) use briefing::{ChangeCause, Elsewhere};
pub use closing::{Closing, CompletedEvents, PendingAppointments, end_events_of_closed, with_events_closed};
pub use confirmation::{confirm, take_back_confirmation};
pub use customer::{Meant, answer, answer_unclearly, cancel_by_customer, meant_by, move_by_customer, offer_to_customer};
pub use follow::{Sites, with_appointments};
pub use link::link;
pub use make::{AppointmentContext, ChangedAppointment, Customer, Edit, NewAppointment, edit, faults, make};
pub use next::{FormerAppointment, NextVisit, follow_up};
pub use report::{apply_local, apply_report, keep, reopen};
pub(crate) use report::{changed, changed_with};
pub use transfer::{EventTransfer, TransferredAppointments, with_events_transferred};
pub use visit_check::check_visit;
