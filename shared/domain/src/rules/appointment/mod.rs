//! Changes of appointments (APT).

mod follow;
mod letters;
mod make;
mod report;

pub use follow::with_appointments;
pub use make::{AppointmentContext, ChangedAppointment, Customer, Edit, NewAppointment, edit, faults, make};
pub(crate) use report::changed;
pub use report::{apply_local, apply_report, keep};
