//! Calendar events, slots, invitations (CAL).

pub(crate) mod booking;
pub(crate) mod bulk_events;
pub(crate) mod capacity;
mod corrections;
pub(crate) mod customer;
pub(crate) mod dates;
pub(crate) mod diary;
mod given;
pub(crate) mod invitation;
pub(crate) mod links;
pub(crate) mod new_owner;
pub(crate) mod next_action;
mod plan_figures;
pub(crate) mod plans;
pub(crate) mod slots;
pub(crate) mod views;
