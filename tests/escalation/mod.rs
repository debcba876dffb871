//! Deadlines, reminders and escalation (ESC, SET-11).

pub(crate) mod approval;
pub(crate) mod deadline_rules;
pub(crate) mod dodges;
pub(crate) mod firm;
pub(crate) mod further;
pub(crate) mod hand_over;
pub(crate) mod month;
pub(crate) mod recompute;
pub(crate) mod reminder;
mod reminder_texts;
pub(crate) mod restart;
pub(crate) mod resubmission;
pub(crate) mod steps;
