//! Appointments, and what other systems tell of them.

use super::{Operation, Route};

pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: Operation::MakeAppointment,
        method: "POST",
        path: "/dealers/{dealer}/appointments",
        function: "appointment",
        summary: "Make an appointment; the customer is told (APT-1 to APT-3). One of a lead is an event on the lead's calendar.",
    },
    Route {
        operation: Operation::UnprocessedAppointments,
        method: "GET",
        path: "/dealers/{dealer}/appointments/unprocessed",
        function: "appointment",
        summary: "How many telephone and e-mail appointments the dealer's own system told of, which are not kept (APT-2).",
    },
    Route {
        operation: Operation::ReadAppointment,
        method: "GET",
        path: "/appointments/{id}",
        function: "appointment",
        summary: "An appointment with its history, and what its customer was told by what (APT-1, APT-3).",
    },
    Route {
        operation: Operation::EditAppointment,
        method: "PATCH",
        path: "/appointments/{id}",
        function: "appointment",
        summary: "Correct an appointment's salesperson, notes or customer.",
    },
    Route {
        operation: Operation::MoveAppointment,
        method: "POST",
        path: "/appointments/{id}/time",
        function: "appointment",
        summary: "An appointment takes place at another time; the customer is told (APT-3).",
    },
    Route {
        operation: Operation::CancelAppointment,
        method: "POST",
        path: "/appointments/{id}/cancellation",
        function: "appointment",
        summary: "Call an appointment off; the customer is told (APT-3).",
    },
    Route {
        operation: Operation::MarkAttendance,
        method: "POST",
        path: "/appointments/{id}/attendance",
        function: "appointment",
        summary: "Say whether the customer came (APT-4); an event that it is ends with it.",
    },
    Route {
        operation: Operation::ReceivePingBack,
        method: "POST",
        path: "/pingbacks/{group}/{partner}",
        function: "appointment-pingback",
        summary: "Another system tells what has become of an appointment that it made, signed as Standard Webhooks has it (APT-4, APT-5).",
    },
    Route {
        operation: Operation::RotateSigningSecret,
        method: "POST",
        path: "/partners/{partner}/signing-secret",
        function: "settings",
        summary: "Make the secret that a partner signs its ping-backs with, shown once; the one before stays good for a while (APT-4).",
    },
];
