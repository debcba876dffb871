//! What the page of a lead keeps besides: its timeline, deadlines, tasks and contacts.

use super::{Desk, Operation, Route};

pub(super) const ROUTES: &[Route] = &[Route {
    operation: Operation::Desk(Desk::ReadTimeline),
    method: "GET",
    path: "/leads/{id}/timeline",
    function: "lead",
    summary: "What happened to a lead, newest first (LEAD-2).",
}];
