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
    Route {
        operation: Operation::Desk(Desk::CreateTask),
        method: "POST",
        path: "/leads/{id}/tasks",
        function: "lead",
        summary: "Make a task with a start and a duration, for whoever has the lead or for somebody else (LEAD-4).",
    },
    Route {
        operation: Operation::Desk(Desk::LeadTasks),
        method: "GET",
        path: "/leads/{id}/tasks",
        function: "lead",
        summary: "The tasks of a lead, done ones too, those made last first (LEAD-4).",
    },
    Route {
        operation: Operation::Desk(Desk::ChangeTask),
        method: "PATCH",
        path: "/leads/{id}/tasks/{task}",
        function: "lead",
        summary: "Give a task another title, time, duration or assignee (LEAD-4).",
    },
    Route {
        operation: Operation::Desk(Desk::CompleteTask),
        method: "POST",
        path: "/leads/{id}/tasks/{task}/completion",
        function: "lead",
        summary: "A task is done (LEAD-4).",
    },
    Route {
        operation: Operation::Desk(Desk::ReopenTask),
        method: "DELETE",
        path: "/leads/{id}/tasks/{task}/completion",
        function: "lead",
        summary: "A task is to be done after all (LEAD-4).",
    },
    Route {
        operation: Operation::Desk(Desk::DeleteTask),
        method: "DELETE",
        path: "/leads/{id}/tasks/{task}",
        function: "lead",
        summary: "A task is not to be done any more; the timeline keeps it (LEAD-4).",
    },
    Route {
        operation: Operation::Desk(Desk::ListTasks),
        method: "GET",
        path: "/dealers/{dealer}/tasks",
        function: "lead",
        summary: "Open tasks and deadlines together, by their dates (LEAD-4).",
    },
];
