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
    Route {
        operation: Operation::Invite,
        method: "POST",
        path: "/leads/{id}/invitations",
        function: "calendar-event",
        summary: "Make a link with which the contact picks a free slot, moves it or cancels it (CAL-8).",
    },
    Route {
        operation: Operation::ShowInvitation,
        method: "GET",
        path: "/i/{token}",
        function: "calendar-event",
        summary: "What the link invites to, what is booked, and which slots are free (CAL-8); a page where HTML is preferred.",
    },
    Route {
        operation: Operation::BookSlot,
        method: "POST",
        path: "/i/{token}/booking",
        function: "calendar-event",
        summary: "Book a free slot, or move the booking there (CAL-8). Where somebody else was faster: 409 with what is free.",
    },
    Route {
        operation: Operation::CancelBooking,
        method: "DELETE",
        path: "/i/{token}/booking",
        function: "calendar-event",
        summary: "Cancel the booking (CAL-8).",
    },
    Route {
        operation: Operation::CancelByForm,
        method: "POST",
        path: "/i/{token}/cancellation",
        function: "calendar-event",
        summary: "Cancel the booking, as the page's form does (CAL-8).",
    },
    Route {
        operation: Operation::BookingFile,
        method: "GET",
        path: "/i/{token}/booking.ics",
        function: "calendar-event",
        summary: "The booking as an iCalendar file; a cancelled one as its cancellation (CAL-8).",
    },
];
