//! Deadlines, reminders and escalation (ESC, SET-11).

pub(crate) mod month;
pub(crate) mod recompute;
pub(crate) mod resubmission;
pub(crate) mod steps;
