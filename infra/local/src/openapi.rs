//! The API's reference, from the table of routes and the types that the functions read and write.

mod desk;
mod elements;
mod overview;
mod preconditions;
mod problems;

use forecourt_appointment::{
    AppointmentBody, AppointmentCounted, AppointmentMade, AppointmentPageView, AppointmentView, AttendanceBody, CorrectionBody, MoveBody,
    UnprocessedView,
};
use forecourt_calendar_event::{
    BookingBody, BulkBody, BulkView, CalendarEventView, CalendarEventsView, CalendarView, CompletionBody, EventBody, FeedBody, FeedView,
    FeedsView, InvitationBody, InvitationRowView, InvitationView, InvitationsView, NoShowBody, OfferView, RescheduleBody,
};
use forecourt_edge::http::Problem;
use forecourt_edge::routes::{self, Elements, Operation, Report, Route};
use forecourt_edge::usecase::appointment::{PingBackBody, PingBackView};
use forecourt_export::ExportBody;
use forecourt_lead::{AssignmentBody, BoardView, LeadListView, LeadPageView, LeadView, ReactionBody, StatusBody};
use forecourt_lead_intake::{DryRunBody, DryRunView, EnquiryBody, LeadCreated, Outcomes};
use forecourt_settings::{
    DealerUserView, DealerUsersView, DeliveriesView, DeliveryView, FindingsView, HistoryView, ImportView, RotationBody, SettingsView,
    SigningSecretView, SwitchedView, UserView, UsersView, WebhookBody, WebhookView, WebhooksView,
};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
};
use utoipa::{PartialSchema, ToSchema};

/// The document.
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for route in routes::all() {
        let method = match route.method {
            "GET" => HttpMethod::Get,
            "PUT" => HttpMethod::Put,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Post,
        };
        paths = paths.path(route.path, PathItem::new(method, operation(route)));
    }
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    let about = "The lead desk for car dealers. Errors are problem+json (RFC 9457) with a stable type and every field at fault; \
                 `Idempotency-Key` makes every POST safe to repeat; times are UTC.";
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Forecourt").version(env!("CARGO_PKG_VERSION")).description(Some(about)).build())
        .paths(paths.build())
        .components(Some(components().security_scheme("token", bearer).build()))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("token", [])]))
        .build()
}

fn components() -> ComponentsBuilder {
    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    add::<EnquiryBody>(&mut schemas);
    add::<LeadCreated>(&mut schemas);
    add::<Outcomes>(&mut schemas);
    add::<ReactionBody>(&mut schemas);
    add::<AssignmentBody>(&mut schemas);
    add::<StatusBody>(&mut schemas);
    add::<LeadView>(&mut schemas);
    add::<LeadPageView>(&mut schemas);
    add::<LeadListView>(&mut schemas);
    add::<EventBody>(&mut schemas);
    add::<BulkBody>(&mut schemas);
    add::<BulkView>(&mut schemas);
    add::<BoardView>(&mut schemas);
    add::<CompletionBody>(&mut schemas);
    add::<NoShowBody>(&mut schemas);
    add::<RescheduleBody>(&mut schemas);
    add::<CalendarEventView>(&mut schemas);
    add::<CalendarEventsView>(&mut schemas);
    add::<InvitationBody>(&mut schemas);
    add::<InvitationView>(&mut schemas);
    add::<BookingBody>(&mut schemas);
    add::<OfferView>(&mut schemas);
    elements::add_all(&mut schemas);
    add::<InvitationsView>(&mut schemas);
    add::<CalendarView>(&mut schemas);
    add::<FeedBody>(&mut schemas);
    add::<FeedsView>(&mut schemas);
    overview::add_all(&mut schemas);
    add::<DryRunBody>(&mut schemas);
    add::<DryRunView>(&mut schemas);
    add::<SettingsView>(&mut schemas);
    add::<HistoryView>(&mut schemas);
    add::<FindingsView>(&mut schemas);
    add::<SwitchedView>(&mut schemas);
    add::<ImportView>(&mut schemas);
    add::<DealerUsersView>(&mut schemas);
    add::<DealerUserView>(&mut schemas);
    add::<UsersView>(&mut schemas);
    add::<UserView>(&mut schemas);
    desk::schemas(&mut schemas);
    add::<AppointmentBody>(&mut schemas);
    add::<AppointmentMade>(&mut schemas);
    add::<AppointmentCounted>(&mut schemas);
    add::<AppointmentView>(&mut schemas);
    add::<AppointmentPageView>(&mut schemas);
    add::<CorrectionBody>(&mut schemas);
    add::<MoveBody>(&mut schemas);
    add::<AttendanceBody>(&mut schemas);
    add::<UnprocessedView>(&mut schemas);
    add::<PingBackBody>(&mut schemas);
    add::<PingBackView>(&mut schemas);
    add::<RotationBody>(&mut schemas);
    add::<SigningSecretView>(&mut schemas);
    add::<WebhookBody>(&mut schemas);
    add::<WebhooksView>(&mut schemas);
    add::<DeliveriesView>(&mut schemas);
    add::<Problem>(&mut schemas);
    schemas.sort_by(|a, b| a.0.cmp(&b.0));
    schemas.dedup_by(|a, b| a.0 == b.0);
    ComponentsBuilder::new().schemas_from_iter(schemas)
}

fn add<T: ToSchema + PartialSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

fn reference<T: ToSchema>() -> Ref {
    Ref::from_schema_name(T::name())
}

fn operation(route: &Route) -> utoipa::openapi::path::Operation {
    let mut operation = OperationBuilder::new().operation_id(Some(route.operation_name())).summary(Some(route.summary)).tag(route.function);
    for name in route.path.split('/').filter_map(|part| part.strip_prefix('{').and_then(|p| p.strip_suffix('}'))) {
        operation = operation.parameter(parameter(name, ParameterIn::Path, "", Required::True));
    }
    for (name, about) in queries(route.operation) {
        operation = operation.parameter(parameter(name, ParameterIn::Query, about, Required::False));
    }
    if route.method == "POST" && route.operation != Operation::ReceivePingBack {
        let about = "Makes the request safe to repeat for thirty days: the same key again does nothing, is answered as the first time, and its answer \
                     says `Idempotent-Replay: true` (INT-5).";
        operation = operation.parameter(parameter("Idempotency-Key", ParameterIn::Header, about, Required::False));
    }
    if route.operation == Operation::ReceivePingBack {
        for (name, about) in [
            ("webhook-id", "Your name of the message: the same again is answered as the first time."),
            ("webhook-timestamp", "When it was sent, in seconds since 1970; at most five minutes from now."),
            ("webhook-signature", "`v1,` and base64 of the HMAC-SHA256 over id.timestamp.body; several stand with spaces between them."),
        ] {
            operation = operation.parameter(parameter(name, ParameterIn::Header, about, Required::True));
        }
    }
    if preconditions::takes_if_match(route.operation) {
        operation = operation.parameter(parameter(
            "If-Match",
            ParameterIn::Header,
            "The ETag that you saw; 412 if it has changed since.",
            Required::False,
        ));
    }
    operation = operation.request_body(request_body(route.operation));
    for (status, about, schema) in successes(route.operation) {
        operation = operation.response(status, response(about, "application/json", schema));
    }
    if matches!(route.operation, Operation::BookingFile | Operation::FeedFile) {
        let file = ObjectBuilder::new().schema_type(Type::String).description(Some("An iCalendar file (RFC 5545)")).build();
        let content = ContentBuilder::new().schema(Some(file)).build();
        operation = operation.response("200", ResponseBuilder::new().description("The file.").content("text/calendar", content).build());
    }
    if route.is_open() {
        // Whoever has the link may.
        operation = operation.security(SecurityRequirement::default());
    }
    for (status, about) in problems::problems(route.operation) {
        operation = operation.response(*status, response(about, "application/problem+json", reference::<Problem>()));
    }
    operation.build()
}

fn parameter(name: &str, place: ParameterIn, about: &str, required: Required) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(about).filter(|a| !a.is_empty()))
        .schema(Some(schema))
        .build()
}

fn queries(operation: Operation) -> &'static [(&'static str, &'static str)] {
    match operation {
        Operation::ListLeads => &[
            ("status", "in_progress, won or lost."),
            ("owner", "The id of a user."),
            ("type", "new_car, used_car, trade_in, test_drive, service or other."),
            ("source", "Where the customer asked."),
            ("from", "Only what came in from this time on, RFC 3339."),
            ("until", "Only what came in before this time."),
            ("overdue", "true: only leads with an open deadline that is past, the first-contact one or another; false: only others."),
            (
                "q",
                "A part of the name of any of its contacts, the number, a telephone number or e-mail address of any of them, or a number plate.",
            ),
            ("limit", "How many on a page, 1 to 100; 25 if not said."),
            ("cursor", "From the answer with the page before."),
        ],
        Operation::Board => &[
            ("status", "in_progress, won or lost."),
            ("owner", "The id of a user; all of the dealer's users if not said."),
            ("type", "new_car, used_car, trade_in, test_drive, service or other."),
            ("source", "Where the customer asked."),
            ("created_from", "Only what came in from this time on, RFC 3339."),
            ("created_until", "Only what came in before this time."),
            ("overdue", "true: only leads with an open deadline that is past, the first-contact one or another; false: only others."),
            ("from", "Only actions from this time on, RFC 3339."),
            ("until", "Only actions before this time."),
            ("limit", "How many on a page, 1 to 100; 25 if not said."),
            ("cursor", "From the answer with the page before."),
        ],
        Operation::Calendar => &[
            ("view", "day, week (from Monday) or month; week if not said."),
            ("date", "A date of it, such as 2026-11-25; today if not said."),
            ("user", "Only this user's events: their own, and those without a user of leads that they have."),
            ("deleted", "true: deleted events too."),
            ("limit", "How many on a page, 1 to 250; 100 if not said."),
            ("cursor", "From the answer with the page before."),
        ],
        Operation::ListInvitations | Operation::ListEvents | Operation::Element(Elements::List(_)) => {
            &[("limit", "How many on a page, 1 to 100; 50 if not said."), ("cursor", "From the answer with the page before.")]
        }
        Operation::Desk(desk) => desk::queries(desk),
        Operation::SettingsHistory | Operation::UserHistory => &[("before", "Only changes before this version.")],
        Operation::ListUsers => &[("after", "From the answer with the page before."), ("dealer", "Only who works at this dealer.")],
        Operation::ImportHolidays => {
            &[("from", "The first day that counts; today if not said."), ("to", "The last day; two years on if not said.")]
        }
        Operation::ListDeliveries => {
            &[("limit", "How many on a page, 1 to 100; 25 if not said."), ("cursor", "From the answer with the page before.")]
        }
        Operation::Report(report) => overview::queries(report),
        _ => &[],
    }
}

fn request_body(operation: Operation) -> Option<RequestBody> {
    let json = |schema: Ref| ContentBuilder::new().schema(Some(schema)).build();
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    let body = match operation {
        Operation::SubmitLead => {
            let adf =
                ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String).description(Some("ADF 1.0")).build()));
            body.content("application/json", json(reference::<EnquiryBody>())).content("application/adf+xml", adf.build())
        }
        Operation::DryRun => body.content("application/json", json(reference::<DryRunBody>())),
        Operation::Report(Report::AskExport) => body.content("application/json", json(reference::<ExportBody>())),
        Operation::LogReaction => body.content("application/json", json(reference::<ReactionBody>())),
        Operation::AssignLead => body.content("application/json", json(reference::<AssignmentBody>())),
        Operation::SetStatus => body.content("application/json", json(reference::<StatusBody>())),
        Operation::BulkEvents => body.content("application/json", json(reference::<BulkBody>())),
        Operation::Element(what) => return elements::body(what).map(|schema| body.content("application/json", json(schema)).build()),
        Operation::ScheduleEvent => body.content("application/json", json(reference::<EventBody>())),
        Operation::CompleteEvent => body.content("application/json", json(reference::<CompletionBody>())),
        Operation::NoShowEvent => body.content("application/json", json(reference::<NoShowBody>())),
        Operation::Invite => body.content("application/json", json(reference::<InvitationBody>())),
        Operation::MakeFeed => body.content("application/json", json(reference::<FeedBody>())),
        Operation::BookSlot => body
            .content("application/json", json(reference::<BookingBody>()))
            .content("application/x-www-form-urlencoded", json(reference::<BookingBody>())),
        Operation::MakeWebhook | Operation::ChangeWebhook => body.content("application/json", json(reference::<WebhookBody>())),
        Operation::RescheduleEvent => body.content("application/json", json(reference::<RescheduleBody>())),
        Operation::Desk(desk) => body.content("application/json", json(desk::body(desk)?)),
        Operation::MakeAppointment => body.content("application/json", json(reference::<AppointmentBody>())),
        Operation::EditAppointment => body.content("application/json", json(reference::<CorrectionBody>())),
        Operation::MoveAppointment => body.content("application/json", json(reference::<MoveBody>())),
        Operation::MarkAttendance => body.content("application/json", json(reference::<AttendanceBody>())),
        Operation::ReceivePingBack => body.content("application/json", json(reference::<PingBackBody>())),
        Operation::RotateSigningSecret => {
            body.required(Some(Required::False)).content("application/json", json(reference::<RotationBody>()))
        }
        Operation::ChangeSettings => {
            let about = "The settings as `GET` shows them under `settings`; what is left out is as if it had never been set.";
            let object = ObjectBuilder::new().schema_type(Type::Object).description(Some(about)).build();
            body.content("application/json", ContentBuilder::new().schema(Some(object)).build())
        }
        Operation::ChangePart(_)
        | Operation::SwitchUsers
        | Operation::SwitchAllUsers
        | Operation::SetDealerUser
        | Operation::SetUserAbsences
        | Operation::SaveUser => {
            let about = "The fields as the route's `GET` shows them.";
            let object = ObjectBuilder::new().schema_type(Type::Object).description(Some(about)).build();
            body.content("application/json", ContentBuilder::new().schema(Some(object)).build())
        }
        Operation::ImportHolidays => {
            let calendar = ObjectBuilder::new().schema_type(Type::String).description(Some("An iCalendar file (RFC 5545)"));
            body.content("text/calendar", ContentBuilder::new().schema(Some(calendar.build())).build())
        }
        Operation::ListLeads
        | Operation::ReadAppointment
        | Operation::CancelAppointment
        | Operation::UnprocessedAppointments
        | Operation::ReadLead
        | Operation::Board
        | Operation::ListEvents
        | Operation::ReadEvent
        | Operation::DeleteEvent
        | Operation::ShowInvitation
        | Operation::CancelBooking
        | Operation::CancelByForm
        | Operation::BookingFile
        | Operation::ListInvitations
        | Operation::RevokeInvitation
        | Operation::Calendar
        | Operation::ListFeeds
        | Operation::RevokeFeed
        | Operation::FeedFile
        | Operation::ClaimLead
        | Operation::ReadSettings
        | Operation::ReadPart(_)
        | Operation::DealerUsers
        | Operation::DealerUser
        | Operation::RemoveDealerUser
        | Operation::ReadUserAbsences
        | Operation::ListUsers
        | Operation::ReadUser
        | Operation::UserHistory
        | Operation::RemoveUser
        | Operation::SettingsHistory
        | Operation::ListWebhooks
        | Operation::ReadWebhook
        | Operation::RemoveWebhook
        | Operation::RotateSecret
        | Operation::ListDeliveries
        | Operation::Redeliver
        | Operation::SettingsFindings
        | Operation::Report(_) => return None,
    };
    Some(body.build())
}

fn successes(operation: Operation) -> Vec<(&'static str, &'static str, Ref)> {
    match operation {
        Operation::SubmitLead => vec![
            (
                "201",
                "It is a lead; `Location` says where. A repeat gets the same answer, with `Idempotent-Replay: true`.",
                reference::<LeadCreated>(),
            ),
            (
                "200",
                "The lead that it was already is changed (ADF `resend`), or it was added to the lead that its contact has in progress here (INT-6).",
                reference::<LeadCreated>(),
            ),
            ("207", "The document held several enquiries: one result each.", reference::<Outcomes>()),
        ],
        Operation::Desk(desk) => vec![desk::success(desk)],
        Operation::Report(report) => overview::success(report),
        Operation::ListLeads => vec![("200", "A page of leads.", reference::<LeadListView>())],
        Operation::ReadLead => vec![("200", "The lead; its version is the ETag.", reference::<LeadPageView>())],
        Operation::ReadSettings | Operation::ChangeSettings | Operation::ReadPart(_) | Operation::ChangePart(_) => {
            vec![("200", "The settings as they are now; their version is the ETag.", reference::<SettingsView>())]
        }
        Operation::DealerUsers | Operation::SwitchUsers | Operation::RemoveDealerUser => {
            vec![("200", "The dealer's users as they are now; the settings' version is the ETag.", reference::<DealerUsersView>())]
        }
        Operation::DealerUser | Operation::SetDealerUser | Operation::ReadUserAbsences | Operation::SetUserAbsences => {
            vec![("200", "The user's part as it is now; the settings' version is the ETag.", reference::<DealerUserView>())]
        }
        Operation::ImportHolidays => {
            vec![("200", "What became of the file; the settings' version is the ETag.", reference::<ImportView>())]
        }
        Operation::BulkEvents => vec![("207", "What became of each lead, in the order of the request.", reference::<BulkView>())],
        Operation::Element(what) => elements::success(what),
        Operation::Board => vec![("200", "A page of leads by the date of the next action.", reference::<BoardView>())],
        Operation::ScheduleEvent => vec![("201", "The event; `Location` says where.", reference::<CalendarEventView>())],
        Operation::ListEvents => vec![("200", "The lead's events.", reference::<CalendarEventsView>())],
        Operation::ReadEvent => vec![("200", "The event.", reference::<CalendarEventView>())],
        Operation::CompleteEvent | Operation::NoShowEvent | Operation::RescheduleEvent | Operation::DeleteEvent => {
            vec![("200", "The event as it is now.", reference::<CalendarEventView>())]
        }
        Operation::Invite => vec![("201", "The link, to be given to the contact.", reference::<InvitationView>())],
        Operation::ShowInvitation | Operation::CancelBooking | Operation::CancelByForm => {
            vec![("200", "How it stands now.", reference::<OfferView>())]
        }
        Operation::BookSlot => vec![
            ("200", "The booking has been moved, or was there already.", reference::<OfferView>()),
            ("201", "The slot is booked.", reference::<OfferView>()),
        ],
        // A file: see `operation`.
        Operation::BookingFile | Operation::FeedFile => Vec::new(),
        Operation::ListInvitations => vec![("200", "A page of invitations.", reference::<InvitationsView>())],
        Operation::RevokeInvitation => vec![("200", "How it stands now.", reference::<InvitationRowView>())],
        Operation::Calendar => vec![("200", "What is planned, and what was.", reference::<CalendarView>())],
        Operation::MakeFeed => vec![("201", "The link, for your own calendar program.", reference::<FeedView>())],
        Operation::ListFeeds | Operation::RevokeFeed => vec![("200", "Your links as they are now.", reference::<FeedsView>())],
        Operation::MakeAppointment => vec![
            (
                "201",
                "It is made; `Location` says where. A repeat gets the same answer, with `Idempotent-Replay: true`.",
                reference::<AppointmentMade>(),
            ),
            (
                "200",
                "A telephone or e-mail appointment of a dealer's own system: counted, not kept (APT-2).",
                reference::<AppointmentCounted>(),
            ),
        ],
        Operation::ReadAppointment => vec![("200", "The appointment; its version is the ETag.", reference::<AppointmentPageView>())],
        Operation::EditAppointment | Operation::MoveAppointment | Operation::CancelAppointment | Operation::MarkAttendance => {
            vec![("200", "The appointment as it is now; its version is the ETag.", reference::<AppointmentView>())]
        }
        Operation::UnprocessedAppointments => vec![("200", "The count.", reference::<UnprocessedView>())],
        Operation::ReceivePingBack => {
            vec![("200", "It is known; the same message again is answered the same.", reference::<PingBackView>())]
        }
        Operation::RotateSigningSecret => vec![("201", "The secret; it is not shown again.", reference::<SigningSecretView>())],
        Operation::ListUsers => vec![("200", "A page of users.", reference::<UsersView>())],
        Operation::ReadUser | Operation::RemoveUser => {
            vec![("200", "The user as it is now; its version is the ETag.", reference::<UserView>())]
        }
        Operation::SaveUser => vec![
            ("200", "The user as it is now; its version is the ETag.", reference::<UserView>()),
            ("201", "The user is new.", reference::<UserView>()),
        ],
        Operation::MakeWebhook => vec![("201", "The webhook, with its secret; its version is the ETag.", reference::<WebhookView>())],
        Operation::RotateSecret => vec![("200", "The webhook, with its new secret.", reference::<WebhookView>())],
        Operation::ReadWebhook | Operation::ChangeWebhook => {
            vec![("200", "The webhook as it is now; its version is the ETag.", reference::<WebhookView>())]
        }
        Operation::ListWebhooks | Operation::RemoveWebhook => vec![("200", "The webhooks as they are now.", reference::<WebhooksView>())],
        Operation::ListDeliveries => vec![("200", "A page of deliveries.", reference::<DeliveriesView>())],
        Operation::Redeliver => vec![("202", "It is sent at once.", reference::<DeliveryView>())],
        Operation::DryRun => vec![("200", "What would become of it.", reference::<DryRunView>())],
        Operation::SwitchAllUsers => vec![("207", "What became of each dealer, in the order of the request.", reference::<SwitchedView>())],
        Operation::SettingsHistory | Operation::UserHistory => vec![("200", "A page of changes.", reference::<HistoryView>())],
        Operation::SettingsFindings => vec![("200", "What is risky.", reference::<FindingsView>())],
        Operation::LogReaction | Operation::AssignLead | Operation::SetStatus | Operation::ClaimLead => {
            vec![("200", "The lead as it is now; its version is the ETag.", reference::<LeadView>())]
        }
    }
}

fn response(about: &str, media_type: &str, schema: Ref) -> Response {
    ResponseBuilder::new().description(about).content(media_type, ContentBuilder::new().schema(Some(schema)).build()).build()
}
