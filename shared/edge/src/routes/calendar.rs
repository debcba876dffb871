//! What is planned for leads.

use super::{Operation, Route};

pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: Operation::ScheduleEvent,
        method: "POST",
        path: "/leads/{id}/events",
        function: "calendar-event",
        summary: "Put an event on the calendar of a lead (CAL-1).",
    },
    Route {
        operation: Operation::BulkEvents,
        method: "POST",
        path: "/events",
        function: "calendar-event",
        summary: "Put the same event on the calendar of up to 500 leads, each answered for itself (CAL-2).",
    },
    Route {
        operation: Operation::ListEvents,
        method: "GET",
        path: "/leads/{id}/events",
        function: "calendar-event",
        summary: "The calendar events of a lead, ended ones too, and its next action (CAL-3).",
    },
    Route {
        operation: Operation::CompleteEvent,
        method: "POST",
        path: "/leads/{id}/events/{event}/completion",
        function: "calendar-event",
        summary: "An event is done; a follow-up may come with it (CAL-4).",
    },
    Route {
        operation: Operation::NoShowEvent,
        method: "POST",
        path: "/leads/{id}/events/{event}/no-show",
        function: "calendar-event",
        summary: "The customer was not there, or not reached; a follow-up may come with it (CAL-4).",
    },
    Route {
        operation: Operation::RescheduleEvent,
        method: "POST",
        path: "/leads/{id}/events/{event}/time",
        function: "calendar-event",
        summary: "An event takes place at another time; the old one is kept (CAL-4).",
    },
    Route {
        operation: Operation::DeleteEvent,
        method: "DELETE",
        path: "/leads/{id}/events/{event}",
        function: "calendar-event",
        summary: "Call an event off (CAL-4).",
    },
];
