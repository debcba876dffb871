//! Appointments and reports about them (APT).

mod arrival;
mod cancellation;
pub(crate) mod changing_dealer;
mod chosen_leads;
mod closing;
mod customer_link;
mod decisions;
mod free_times;
mod into_absence;
pub(crate) mod lifecycle;
pub(crate) mod linked_events;
mod linked_leads;
mod next_visit;
mod no_show_rule;
mod notices;
mod own_hours;
pub(crate) mod pingback;
pub(crate) mod reminder;
pub(crate) mod reports;
mod staying;
mod tracking_only;
mod transfers;
mod true_attendance;
pub(crate) mod under_absence;
mod unmarked;
pub(crate) mod visits;
mod warnings;
