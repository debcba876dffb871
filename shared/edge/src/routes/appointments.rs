//! Appointments, and the reports of other systems about them.

use super::problems::{
    APPOINTMENT_READ, CONFLICT, CORRECTION, LEAD_CHANGE, MEDIA_TYPE, NO_RIGHT, NO_TOKEN, READ, RETRY, TOO_MANY, UNREADABLE,
};
use super::query::names;
use super::row::{delete, get, patch, post, routes, routes_of};
use super::{Access, Content, Operation, Query, Response, Route, Row, Values};
use forecourt_domain::base::{AppointmentKind, Right};

const KINDS: &[&str] = &names(&AppointmentKind::NAMES);

const CHANGED: &[Response] = &[(200, "The changed appointment; its version is the ETag.", Content::Json("AppointmentView"))];

routes![
    MakeAppointment = post("/dealers/{dealer}/appointments", "appointment")
        .summary("Creates an appointment and notifies the customer (APT-1 to APT-3).")
        .description("An appointment with a lead is an event on the lead's calendar.")
        .rights(&[Right::WorkAppointments])
        .body(&[Content::Json("AppointmentBody")])
        .responses(&[
            (
                201,
                "The appointment is created; `Location` names it. A repeat gets the same response, with `Idempotent-Replay: true`.",
                Content::Json("AppointmentMade")
            ),
            (
                200,
                "A telephone or e-mail appointment of a dealer's own system: counted, not stored (APT-2).",
                Content::Json("AppointmentCounted")
            ),
        ])
        .problems(LEAD_CHANGE),
    FreeTimes = get("/dealers/{dealer}/availability", "appointment")
        .summary("Returns the free times of a dealer's salespersons, for an appointment that you make (APT-8).")
        .description(
            "They follow the rules of the slots that customers book (CAL-7): opening hours, days off, absences, own weekly hours, and events \
             that take the time. The limits for customers do not apply. A time can be taken before you book it: the booking is checked again."
        )
        .rights(&[Right::WorkAppointments])
        .query(&[
            Query::new("date", Values::Date, "The first date in the dealer's time zone; default today."),
            Query::new("days", Values::Number(1, 7), "Number of dates; default 1."),
            Query::new("kind", Values::OneOf(KINDS), "The kind of appointment, which determines the duration; default `showroom`."),
            Query::new("user", Values::Id, "Only the times of this salesperson."),
        ])
        .responses(&[(200, "The free times by date.", Content::Json("FreeTimesView"))])
        .problems(READ),
    UnprocessedAppointments = get("/dealers/{dealer}/appointments/unprocessed", "appointment")
        .summary("Returns how many telephone and e-mail appointments the dealer's own system reported; they are not stored (APT-2).")
        .rights(&[Right::ReadAppointments])
        .responses(&[(200, "The count.", Content::Json("UnprocessedView"))])
        .problems(APPOINTMENT_READ),
    ReadAppointment = get("/appointments/{id}", "appointment")
        .summary("Returns an appointment with its history and its notices to the customer (APT-1, APT-3).")
        .rights(&[Right::ReadAppointments])
        .responses(&[(200, "The appointment; its version is the ETag.", Content::Json("AppointmentPageView"))])
        .problems(APPOINTMENT_READ),
    EditAppointment = patch("/appointments/{id}", "appointment")
        .summary("Corrects the salesperson, notes or customer of an appointment.")
        .rights(&[Right::WorkAppointments])
        .body(&[Content::Json("CorrectionBody")])
        .responses(CHANGED)
        .if_match()
        .problems(CORRECTION),
    MoveAppointment = post("/appointments/{id}/time", "appointment")
        .summary("Reschedules an appointment and notifies the customer (APT-3).")
        .description(
            "If the attendance is recorded, the appointment stays as it is, and the response is a new appointment that follows it (APT-12)."
        )
        .rights(&[Right::WorkAppointments])
        .body(&[Content::Json("MoveBody")])
        .responses(CHANGED)
        .if_match()
        .problems(LEAD_CHANGE),
    CancelAppointment = post("/appointments/{id}/cancellation", "appointment")
        .summary("Cancels an appointment, with reason and side, and notifies the customer (APT-3, APT-11).")
        .rights(&[Right::WorkAppointments])
        .optional_body(&[Content::Json("CancellationBody")])
        .responses(CHANGED)
        .if_match()
        .problems(LEAD_CHANGE),
    ReopenAppointment = post("/appointments/{id}/reopening", "appointment")
        .summary("Reopens an appointment that was cancelled by mistake, and notifies the customer (CAL-9).")
        .rights(&[Right::WorkAppointments])
        .responses(CHANGED)
        .if_match()
        .problems(LEAD_CHANGE),
    KeepAppointment = post("/appointments/{id}/keep", "appointment")
        .summary("Keeps an appointment although its salesperson is absent or the dealer is closed (APT-9).")
        .description("The reminder that was held is sent, within half an hour. Without a reason against the appointment nothing changes.")
        .rights(&[Right::WorkAppointments])
        .responses(CHANGED)
        .if_match()
        .problems(LEAD_CHANGE),
    ConfirmAppointment = post("/appointments/{id}/confirmation", "appointment")
        .summary("Records that the customer confirmed an appointment, to a user on the telephone or in a partner's system (APT-12).")
        .description("The confirmation ends with a move to another time or dealer, and with a cancellation.")
        .rights(&[Right::WorkAppointments])
        .responses(CHANGED)
        .if_match()
        .problems(LEAD_CHANGE),
    TakeBackConfirmation = delete("/appointments/{id}/confirmation", "appointment")
        .summary("Takes back the confirmation by the customer (APT-12).")
        .rights(&[Right::WorkAppointments])
        .responses(CHANGED)
        .if_match()
        .problems(LEAD_CHANGE),
    RecordArrival = post("/appointments/{id}/arrival", "appointment")
        .summary("Records that the customer is there, on the day of the visit (APT-12).")
        .description("If nobody records the attendance, the visit counts as completed at the end of the day.")
        .rights(&[Right::WorkAppointments])
        .responses(CHANGED)
        .if_match()
        .problems(LEAD_CHANGE),
    TakeBackArrival = delete("/appointments/{id}/arrival", "appointment")
        .summary("Takes back the arrival of the customer (APT-12).")
        .rights(&[Right::WorkAppointments])
        .responses(CHANGED)
        .if_match()
        .problems(LEAD_CHANGE),
    MarkAttendance = post("/appointments/{id}/attendance", "appointment")
        .summary("Records whether the customer attended (APT-4).")
        .description("If the appointment is an event of a lead, the event ends with it.")
        .rights(&[Right::WorkAppointments])
        .body(&[Content::Json("AttendanceBody")])
        .responses(CHANGED)
        .if_match()
        .problems(LEAD_CHANGE),
    ReceivePingBack = post("/pingbacks/{group}/{partner}", "appointment-pingback")
        .access(Access::Signature)
        .summary("Accepts a partner's report about an appointment that it created (APT-4, APT-5).")
        .description("The request is signed as Standard Webhooks defines it.")
        .body(&[Content::Json("PingBackBody")])
        .responses(&[(200, "The report is accepted; the same message again gets the same response.", Content::Json("PingBackView"))])
        .problems(&[
            UNREADABLE,
            (401, "The signature is missing or invalid; the response is the same for every reason. If only its time is wrong, `detail` says so."),
            (403, "The partner does not create appointments."),
            (404, "The appointment's dealer is out of the partner's reach."),
            CONFLICT,
            MEDIA_TYPE,
            (422, "Fields break rules; `errors` names each. Or the id was used before with another message."),
            TOO_MANY,
            RETRY,
        ]),
    RotateSigningSecret = post("/partners/{partner}/signing-secret", "settings")
        .summary("Creates the secret that a partner signs its ping-backs with (APT-4).")
        .description("The response shows the secret once. The previous secret stays valid for a while.")
        .rights(&[Right::ManageUsers])
        .optional_body(&[Content::Json("RotationBody")])
        .responses(&[(201, "The secret; it is not shown again.", Content::Json("SigningSecretView"))])
        .problems(&[
            UNREADABLE,
            NO_TOKEN,
            NO_RIGHT,
            (404, "The partner does not exist."),
            MEDIA_TYPE,
            (422, "A field breaks a rule, or the key was used before with another request."),
            RETRY,
        ]),
];
