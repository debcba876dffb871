//! Appointments and reports about them (APT).

pub(crate) mod changing_dealer;
mod decisions;
pub(crate) mod lifecycle;
pub(crate) mod linked_events;
pub(crate) mod pingback;
pub(crate) mod reminder;
pub(crate) mod reports;
mod tracking_only;
pub(crate) mod under_absence;
pub(crate) mod visits;
