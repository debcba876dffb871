//! What the page of a lead keeps besides: its timeline, deadlines, tasks and contacts.

use super::{Desk, Operation, Route};

pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: Operation::Desk(Desk::ReadTimeline),
        method: "GET",
        path: "/leads/{id}/timeline",
        function: "lead",
        summary: "What happened to a lead, newest first (LEAD-2).",
    },
    Route {
        operation: Operation::Desk(Desk::SetDeadline),
        method: "POST",
        path: "/leads/{id}/deadlines",
        function: "lead",
        summary: "Set a further deadline: a target without start or duration (LEAD-6).",
    },
    Route {
        operation: Operation::Desk(Desk::ChangeDeadline),
        method: "PATCH",
        path: "/leads/{id}/deadlines/{deadline}",
        function: "lead",
        summary: "Move a deadline by hand, `first-contact` too: its reminder and levels follow, and new settings leave it alone (LEAD-6).",
    },
    Route {
        operation: Operation::Desk(Desk::MeetDeadline),
        method: "POST",
        path: "/leads/{id}/deadlines/{deadline}/completion",
        function: "lead",
        summary: "A further deadline was met (LEAD-6).",
    },
    Route {
        operation: Operation::Desk(Desk::DropDeadline),
        method: "DELETE",
        path: "/leads/{id}/deadlines/{deadline}",
        function: "lead",
        summary: "Drop a further deadline; the timeline keeps it (LEAD-6).",
    },
    Route {
        operation: Operation::Desk(Desk::ContactMade),
        method: "POST",
        path: "/leads/{id}/contact-made",
        function: "lead",
        summary: "Contact made: yes stops the response clock, no is on the timeline and stops nothing (LEAD-6, ESC-7).",
    },
];
