//! Leads: sent in, read, worked.

use super::{Operation, Route};

pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: Operation::SubmitLead,
        method: "POST",
        path: "/dealers/{dealer}/leads",
        function: "lead-intake",
        summary: "Send an enquiry in, as JSON or as ADF XML (INT-1). It is a lead, with a deadline and nearly always an owner, when the answer comes.",
    },
    Route {
        operation: Operation::ListLeads,
        method: "GET",
        path: "/dealers/{dealer}/leads",
        function: "lead",
        summary: "A dealer's leads that you may see, newest first (LEAD-8).",
    },
    Route {
        operation: Operation::Board,
        method: "GET",
        path: "/dealers/{dealer}/board",
        function: "lead",
        summary: "What is to be done, by the date of the next action (LEAD-8, CAL-3).",
    },
    Route {
        operation: Operation::ReadLead,
        method: "GET",
        path: "/leads/{id}",
        function: "lead",
        summary: "A lead: its state, deadline, owner, timeline and notices (LEAD-1).",
    },
    Route {
        operation: Operation::LogReaction,
        method: "POST",
        path: "/leads/{id}/reactions",
        function: "lead",
        summary: "Log what the seller did; a reply or a call that reached the customer stops the response clock (ESC-7).",
    },
    Route {
        operation: Operation::AssignLead,
        method: "POST",
        path: "/leads/{id}/assignment",
        function: "lead",
        summary: "Give a lead to a user, or to another dealer of the group (DIS-7).",
    },
    Route {
        operation: Operation::SetStatus,
        method: "POST",
        path: "/leads/{id}/status",
        function: "lead",
        summary: "Win, lose or reopen a lead (LEAD-1, ESC-9).",
    },
    Route {
        operation: Operation::ClaimLead,
        method: "POST",
        path: "/leads/{id}/claim",
        function: "lead",
        summary: "Take a lead out of the dealer's pool (DIS-8). Of two who do, one gets it; the other is told who has it.",
    },
];
