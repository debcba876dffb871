//! The limits of the fields of bodies: formats, enumerations, patterns and lengths that the types cannot state.

use forecourt_domain::base::{
    AppointmentKind, AppointmentOrigin, CancellationSide, ConsentSource, ContactChannel, LostReason, MAX_MONEY, Purpose, Role,
};
use forecourt_domain::bookings::Warning;
use forecourt_domain::elements::MAX_BYTES;
use forecourt_domain::enquiry::LeadType;
use forecourt_domain::lead::HoldReason;
use forecourt_domain::people::ViewScreen;
use forecourt_domain::privacy::ErasureReason;
use forecourt_domain::reports::{CsvDialect, ExportFormat};
use forecourt_domain::settings::MailField;
use forecourt_domain::texts::{DealerText, LANGUAGES, TextKind};
use forecourt_domain::webhooks::WebhookEvent;
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, KnownFormat, Object, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

/// The values of a field.
enum Limit {
    Longest(usize),
    Pattern(&'static str, usize),
    OneOf(Vec<&'static str>),
    Range(i64, i64),
    Format(KnownFormat),
}

const ID: &str = "^[a-z0-9._-]*$";
const LEAD: &str = "^[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}$";
const TIME_OF_DAY: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$";

/// Whether the schema is of a request's body.
pub(super) fn is_of_body(name: &str) -> bool {
    name.ends_with("Body") || name.ends_with("Patch")
}

/// Adds the limits to a schema of a request's body. Fields that it does not name are refused, except in enquiries (API-1).
pub(super) fn limited(name: &str, schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    if object.properties.is_empty() {
        return;
    }
    if !matches!(name, "EnquiryBody" | "MailLeadBody" | "ContactBody" | "DeclarationBody" | "EnquiryVehicleBody") {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
    let lenient = takes_numbers(name);
    for (field, property) in &mut object.properties {
        apply(property, limit(name, field).as_ref(), lenient);
    }
}

/// Whether a text of the body may also be a number ([`forecourt_edge::formats::json::Text`]). Settings, users, views, webhooks and periods
/// are strict.
fn takes_numbers(name: &str) -> bool {
    let strict = ["WebhookBody", "WebhookPatch", "RedeliveryBody", "ExportBody", "SavedViewBody", "TextBody", "TextPreviewBody"];
    !strict.contains(&name) && !super::settings::NAMES.contains(&name) && !super::users::NAMES.contains(&name)
}

fn apply(schema: &mut RefOr<Schema>, limit: Option<&Limit>, lenient: bool) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            // The limit of a map is that of its values.
            if let Some(AdditionalProperties::RefOr(values)) = object.additional_properties.as_deref_mut() {
                return apply(values, limit, lenient);
            }
            restrict(object, limit);
            let mut types = types_of(object);
            if lenient && types.iter().any(|kind| matches!(kind, Type::String)) && object.enum_values.is_none() {
                types.push(Type::Number);
                object.schema_type = SchemaType::Array(types);
            }
        }
        RefOr::T(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                apply(items, limit, lenient);
            }
        }
        _ => {}
    }
}

/// Returns the types of a value.
pub(super) fn types_of(object: &Object) -> Vec<Type> {
    match &object.schema_type {
        SchemaType::Type(kind) => vec![kind.clone()],
        SchemaType::Array(kinds) => kinds.clone(),
        SchemaType::AnyValue => Vec::new(),
    }
}

fn restrict(object: &mut Object, limit: Option<&Limit>) {
    match limit {
        Some(Limit::Longest(longest)) => object.max_length = object.max_length.or(Some(*longest)),
        Some(Limit::Pattern(pattern, longest)) => {
            object.pattern = Some((*pattern).to_owned());
            object.max_length = Some(*longest);
        }
        Some(Limit::OneOf(names)) => {
            let null = types_of(object).iter().any(|kind| matches!(kind, Type::Null));
            let names = names.iter().map(|name| Value::from(*name));
            object.enum_values = Some(names.chain(null.then_some(Value::Null)).collect());
        }
        Some(Limit::Range(least, most)) => {
            object.minimum = Some((*least).into());
            object.maximum = Some((*most).into());
        }
        Some(Limit::Format(format)) => object.format = Some(SchemaFormat::KnownFormat(format.clone())),
        None => {}
    }
}

/// Returns the names of a table.
fn one_of<T>(table: &[(&'static str, T)]) -> Limit {
    Limit::OneOf(table.iter().map(|(name, _)| *name).collect())
}

/// Returns the names of a list.
fn one_of_names<const N: usize>(names: [&'static str; N]) -> Limit {
    Limit::OneOf(names.to_vec())
}

/// Returns the limit of a field. `None` if its type or a limit at its definition is sufficient.
fn limit(schema: &str, field: &str) -> Option<Limit> {
    let names = |names: &[&'static str]| Limit::OneOf(names.to_vec());
    let (id, time) = (Limit::Pattern(ID, 64), Limit::Format(KnownFormat::DateTime));
    Some(match (schema, field) {
        ("EnquiryBody" | "MailLeadBody", "type") => one_of(&LeadType::NAMES),
        ("EnquiryBody", "requested_at") | ("DeclarationBody", "at") => Limit::Longest(50),
        ("AppointmentBody", "kind") => one_of(&AppointmentKind::NAMES),
        ("ReactionBody", "kind") => names(&["reply", "call_reached", "contact_made", "call_missed"]),
        ("AssignmentBody" | "BulkReassignmentBody", "despite") => names(&["absent", "full"]),
        (_, "despite") => one_of(&Warning::NAMES),
        ("BulkReassignmentBody", "to") => names(&["pool", "distribution"]),
        ("BulkCompletionBody", "events") => names(&["next", "overdue"]),
        ("BulkFilterBody", "type") => one_of(&LeadType::NAMES),
        ("BulkFilterBody", "overdue") => names(&["true", "false"]),
        ("BulkFilterBody", "from" | "until") => Limit::Longest(50),
        ("BulkFilterBody", "action_type") => Limit::Longest(100),
        ("BulkFilterBody", "owner" | "action_user") => id,
        ("StatusBody" | "BulkFilterBody", "status") => names(&["in_progress", "won", "lost"]),
        ("StatusBody", "reason") => one_of(&LostReason::NAMES),
        ("StatusBody", "complete_events") => names(&["none", "overdue", "all"]),
        ("AssignmentBody", "appointments") => names(&["move", "stay", "cancel"]),
        ("StatusBody", "appointments") => names(&["cancel", "keep"]),
        ("CancellationBody" | "PingBackBody", "side") => one_of(&CancellationSide::NAMES),
        ("AttendanceBody", "attendance") => names(&["completed", "no_show", "unknown"]),
        ("PingBackBody", "type") => names(&["appointment.attended", "appointment.missed", "appointment.moved", "appointment.cancelled"]),
        ("StopBody", "reason") => names(&["stopped", "unsubscribed"]),
        ("ConsentBody" | "DeclarationBody", "channel") => one_of_names(ContactChannel::ALL.map(ContactChannel::name)),
        ("ConsentBody" | "DeclarationBody", "purpose") => one_of_names(Purpose::OF_CONSENT.map(Purpose::name)),
        ("ConsentBody" | "DeclarationBody", "source") => one_of_names(ConsentSource::STATED.map(ConsentSource::name)),
        ("ConsentBody", "status") => names(&["granted", "withdrawn", "unknown"]),
        ("DeclarationBody", "status") => names(&["granted", "withdrawn"]),
        (_, "document") => id,
        ("UnsubscribeBody", _) => names(&["One-Click"]),
        ("FollowUpPlanBody", "types") => one_of(&LeadType::NAMES),
        ("FollowUpPlanBody", "starts") => names(&["by_hand", "after_answer"]),
        ("FollowUpPlanBody" | "PlanStartBody", "id") | ("PlanStepBody", "text") => id,
        ("FollowUpPlanBody", "name") => Limit::Longest(100),
        ("PlanStepBody", "title") => Limit::Longest(200),
        ("CommunicationBody" | "PlanStepBody", "purpose") => names(&["contract", "service", "advertising"]),
        ("CommunicationBody", "medium") => names(&["email", "sms", "call"]),
        ("CommunicationBody", "form") => names(&["overview", "order_form"]),
        ("ExportBody", "what") => names(&["appointments", "leads"]),
        ("ExportBody", "format") => one_of(&ExportFormat::NAMES),
        ("ExportBody", "dialect") => one_of(&CsvDialect::NAMES),
        ("ErasureBody", "reason") => one_of(&ErasureReason::NAMES),
        ("LegalHoldBody", "reason") => one_of(&HoldReason::NAMES),
        ("ErasureBody" | "AccessFileBody" | "LegalHoldBody" | "CommunicationBody", "contact") => id,
        ("MailTrialBody", "mail") | ("MailsBody", "mails") => id,
        ("MailTrialBody", "from") | ("CommunicationBody", "to") => Limit::Longest(254),
        (_, "events") if schema.starts_with("Webhook") => one_of(&WebhookEvent::NAMES),
        (_, "state") if schema.starts_with("Webhook") => names(&["on", "off"]),
        ("AbsenceHandOverBody", "to") => Limit::Pattern("^(distribution|pool|user:[a-z0-9._-]{1,64})$", 69),
        ("AbsenceHandOverBody", "order") => Limit::Longest(80),
        ("UserBody", "role") => names(&Role::NAMES),
        ("TextBody" | "TextPreviewBody", "kind") => one_of(&TextKind::NAMES),
        ("TextBody" | "TextPreviewBody", "medium") => names(&["email", "sms"]),
        ("TextBody" | "TextPreviewBody", "language") => names(&LANGUAGES),
        ("TextBody" | "TextPreviewBody", "lead_type") => one_of(&LeadType::NAMES),
        ("TextBody" | "TextPreviewBody", "name") => Limit::Longest(DealerText::MAX_NAME),
        ("TextBody" | "TextPreviewBody", "subject") => Limit::Longest(DealerText::MAX_SUBJECT),
        ("TextBody" | "TextPreviewBody", "text") => Limit::Longest(DealerText::MAX_MAIL),
        ("SavedViewBody", "screen") => one_of(&ViewScreen::NAMES),
        ("SavedViewBody", "name") => Limit::Longest(60),
        ("SavedViewBody", "query") => Limit::Pattern("^([^?#][^#]*)?$", 1_000),
        ("CustomerBody", "refuses") | ("AppointmentSettingsBody", "media") => names(&["email", "sms"]),
        ("AppointmentSettingsBody", "origins") => one_of(&AppointmentOrigin::NAMES),
        ("RoutingConditionBody", "types") => one_of(&LeadType::NAMES),
        ("WeeklyAbsenceBody", "day") => names(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        ("BusyBody", "minutes") => Limit::Range(1, 1_440),
        ("MethodStepBody", "method") => one_of_names(ContactChannel::ALL.map(ContactChannel::name)),
        ("FollowUpSettingsBody", "decline_reasons") => Limit::Longest(60),
        ("DayOffBody", "kind") => names(&["public_holiday", "company_holiday"]),
        ("LineBody", "amount") => Limit::Range(-MAX_MONEY, MAX_MONEY),
        ("MoneyBody", "amount") => Limit::Range(0, MAX_MONEY),
        ("DocumentBody", "bytes") => Limit::Range(1, MAX_BYTES as i64),
        (_, "text_message_countries") => Limit::Pattern("^[A-Za-z]{2}$", 2),
        (_, "currency") => Limit::Pattern("^[A-Za-z]{3}$", 3),
        (_, "expires_in_days") => Limit::Range(1, 60),
        (_, "previous_good_for_hours") => Limit::Range(0, 168),
        (_, "year") => Limit::Range(1885, 2100),
        (_, "condition") => names(&["new", "used"]),
        (_, "preferred_channel") => names(&["email", "phone"]),
        (_, "replaces") => names(&["wrong", "former"]),
        (_, "valid_until" | "date") => Limit::Format(KnownFormat::Date),
        ("RedeliveryBody", "from" | "until") | ("AbsenceBody" | "DealerAbsenceBody", "from" | "until") => return None,
        ("DayOffBody", "from" | "until" | "to") => Limit::Format(KnownFormat::Date),
        ("LeadContactBody" | "LeadContactPatch" | "PhoneBody", "time") => Limit::Longest(100),
        (_, "at" | "start" | "received_at" | "from" | "to") => time,
        (_, "earliest" | "latest" | "quiet_until" | "quiet_from") => Limit::Pattern(TIME_OF_DAY, 5),
        (_, "lead" | "leads") => Limit::Pattern(LEAD, 14),
        ("LeadSearchBody", "number") => Limit::Pattern(LEAD, 14),
        (
            _,
            "user" | "assignee" | "dealer" | "dealers" | "partner" | "quote" | "answers" | "supervisor" | "deputy" | "group" | "groups",
        ) => id,
        (_, "attachments" | "appointment") => id,
        (_, "fallback_user" | "admin_user" | "distribution_groups" | "accepts_enquiries_from") => id,
        (_, "enquiry" | "name" | "company" | "street") => Limit::Longest(200),
        (_, "email" | "emails") => Limit::Longest(254),
        (_, "phone" | "number" | "mobile" | "city" | "country" | "content_type" | "type" | "reason" | "title") => Limit::Longest(100),
        (_, "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun") => Limit::Pattern(TIME_OF_DAY, 5),
        (_, "relay_domains") => Limit::Longest(253),
        ("MailLayoutBody", "senders") => Limit::Longest(254),
        ("MailLayoutBody", "labels") => one_of(&MailField::NAMES),
        (_, "aliases" | "makes" | "sites") => Limit::Longest(200),
        (_, "sources" | "event_types" | "no_show_reasons" | "cancellation_reasons" | "rights") => Limit::Longest(100),
        (_, "language" | "languages") => Limit::Longest(35),
        (_, "postcode" | "postcodes") => Limit::Longest(20),
        (_, "url") => Limit::Longest(2_000),
        (_, "make" | "model" | "trim" | "vin" | "stock_number" | "site" | "plate" | "colour" | "mileage") => Limit::Longest(200),
        ("VehicleBody" | "EnquiryVehicleBody", "price") => Limit::Longest(200),
        _ => return None,
    })
}
