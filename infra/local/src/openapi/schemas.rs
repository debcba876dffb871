//! The schemas that the rows of the table name.

use super::configuration::ConfigurationBody;
use super::follow_ups::{FollowUpPlansBody, FollowUpSettingsBody};
use super::limits::{is_of_body, limited, types_of};
use super::mailbox::{MailLayoutBody, MailboxBody};
use super::parameters::schema_of;
use super::settings::{
    AbsencesBody, AppointmentSettingsBody, CapacityBody, DeadlineRulesBody, DealerSettingsBody, DistributionGroupsBody, EscalationBody,
    HolidaysBody, LimitsBody, OpeningHoursBody, PoolBody, RoutingRulesBody, WITH_FIELDS_OF,
};
use super::users::{AvailabilityBody, DealerUserBody, MeBody, SwitchAllUsersBody, SwitchUsersBody, UserAbsencesBody, UserBody};
use forecourt_appointment::{
    AppointmentBody, AppointmentCounted, AppointmentMade, AppointmentPageView, AppointmentView, AttendanceBody, CorrectionBody,
    FreeTimesView, MoveBody, UnprocessedView,
};
use forecourt_calendar_event::{
    BookingBody, BulkBody, BulkView, CalendarEventView, CalendarEventsView, CalendarView, CompletionBody, DiaryView, EventBody,
    EventCorrectionBody, EventTypesView, FeedBody, FeedsView, InvitationBody, InvitationView, InvitationsView, NoShowBody,
    NoShowReasonsView, OfferView, RescheduleBody, SubscriptionView, UnsubscribeBody,
};
use forecourt_edge::http::Problem;
use forecourt_edge::routes::{self, Operation, Values};
use forecourt_edge::usecase::appointment::{PingBackBody, PingBackView};
use forecourt_edge::usecase::cancellation::CancellationBody;
use forecourt_export::{AccessFileBody, AccessFileLinkView, AccessFileView, AccessFilesView};
use forecourt_export::{BulkActionBody, BulkActionView, BulkLeadsView};
use forecourt_export::{
    DownloadLogView, ErasureBody, ErasurePreviewView, ErasureView, ErasuresView, ExportBody, ExportView, ExportsView, LinkView,
};
use forecourt_export::{LegalHoldBody, LegalHoldView, LegalHoldsView, RetentionView};
use forecourt_lead::{
    AgendaView, AssignmentBody, BoardView, CannedAnswersView, ChangesView, CommentBody, CommentView, CommunicationBody, CommunicationView,
    ConsentBody, ConsentsView, ContactMadeBody, DocumentBody, DocumentView, ElementView, FoundLeadsView, LeadContactBody, LeadContactsView,
    LeadListView, LeadPageView, LeadSearchBody, LeadView, LiftBody, MessageOptionsView, MessagePreviewBody, MessagePreviewView, MetBody,
    PlanStartBody, QuoteBody, QuoteView, ReactionBody, StatusBody, StopBody, StopsView, TargetBody, TaskBody, TaskView, TasksView,
    TestDriveBody, TestDriveView, TimelineView, TradeInBody, TradeInView, UndeliveredListView, UndeliveredView,
};
use forecourt_lead_intake::{
    DryRunBody, DryRunView, EnquiryAccepted, EnquiryBody, EnquiryReceiptView, EnquiryVehicleBody, LeadCreated, LeadMailView, MailLeadBody,
    MailListView, MailPageView, MailResultsView, MailTrialBody, MailTrialView, MailView, MailsBody, Outcomes,
};
use forecourt_overview::{AppointmentFiguresView, AppointmentOverviewView, LeadOverviewView, PlanFiguresView};
use forecourt_settings::{
    AccessLogView, AvailabilityView, BusyBody, DealerUserView, DealerUsersView, DeliveriesView, FindingsView, HandOverPageView,
    HandOversView, HistoryView, ImportView, MeView, RedeliveryBody, RedeliveryView, RotationBody, SavedViewBody, SavedViewsView,
    SettingsView, SigningSecretView, SwitchedView, TextBody, TextHistoryView, TextPreviewBody, TextPreviewView, TextView, TextsView,
    UserAbsencesView, UserView, UsersView, WebhookBody, WebhooksView, WorkView,
};
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, AnyOfBuilder, ArrayBuilder, ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{ComponentsBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

type Schemas = Vec<(String, RefOr<Schema>)>;

/// Registers types with the types that they contain.
macro_rules! register {
    ($schemas:ident: $($type:ty),* $(,)?) => { $(register::<$type>(&mut $schemas);)* };
}

pub(super) fn components() -> ComponentsBuilder {
    let mut schemas = Schemas::new();
    register!(schemas: EnquiryBody, EnquiryAccepted, LeadCreated, EnquiryReceiptView, Outcomes, DryRunBody, DryRunView);
    register!(schemas: MailListView, MailView, MailPageView, MailLeadBody, LeadMailView);
    register!(schemas: MailsBody, MailResultsView, MailTrialBody, MailTrialView);
    register!(schemas: ReactionBody, AssignmentBody, StatusBody, PlanStartBody, LeadView, LeadPageView, LeadListView, BoardView);
    register!(schemas: TimelineView, TargetBody, MetBody, ContactMadeBody, TaskBody, TaskView, TasksView, AgendaView);
    register!(schemas: LeadContactBody, LeadContactsView, UndeliveredListView, UndeliveredView);
    register!(schemas: LeadSearchBody, FoundLeadsView, ChangesView, LiftBody, StopBody, StopsView, MessagePreviewBody, MessagePreviewView);
    register!(schemas: ConsentBody, ConsentsView, UnsubscribeBody, SubscriptionView);
    register!(schemas: EventBody, BulkBody, BulkView, CompletionBody, NoShowBody, RescheduleBody, CalendarEventView, CalendarEventsView);
    register!(schemas: EventCorrectionBody, CancellationBody, EventTypesView, NoShowReasonsView, BulkActionBody, BulkActionView, BulkLeadsView);
    register!(schemas: InvitationBody, InvitationView, InvitationsView, BookingBody, OfferView, CalendarView, FeedBody, FeedsView);
    register!(schemas: AppointmentBody, AppointmentMade, AppointmentCounted, AppointmentView, AppointmentPageView, CorrectionBody);
    register!(schemas: FreeTimesView);
    register!(schemas: MoveBody, AttendanceBody, UnprocessedView, PingBackBody, PingBackView, RotationBody, SigningSecretView);
    register!(schemas: AppointmentOverviewView, AppointmentFiguresView, LeadOverviewView, PlanFiguresView, ExportBody, ExportView);
    register!(schemas: ExportsView, LinkView, DownloadLogView);
    register!(schemas: ErasureBody, ErasurePreviewView, ErasureView, ErasuresView);
    register!(schemas: AccessFileBody, AccessFileLinkView, AccessFileView, AccessFilesView);
    register!(schemas: LegalHoldBody, LegalHoldView, LegalHoldsView, RetentionView);
    register!(schemas: SettingsView, HistoryView, FindingsView, SwitchedView, ImportView, DealerUsersView, DealerUserView);
    register!(schemas: UsersView, UserView, WebhookBody, WebhooksView, DeliveriesView, AccessLogView, Problem);
    register!(schemas: RedeliveryBody, RedeliveryView, EnquiryVehicleBody, MeView, SavedViewBody, SavedViewsView, DiaryView);
    register!(schemas: OpeningHoursBody, HolidaysBody, EscalationBody, MailboxBody, MailLayoutBody, ConfigurationBody, CapacityBody, PoolBody);
    register!(schemas: LimitsBody, AppointmentSettingsBody, DistributionGroupsBody, RoutingRulesBody, DeadlineRulesBody, FollowUpPlansBody);
    register!(schemas: FollowUpSettingsBody);
    register!(schemas: AbsencesBody, DealerSettingsBody, AvailabilityView, AvailabilityBody, BusyBody);
    register!(schemas: HandOverPageView, HandOversView, WorkView);
    register!(schemas: TextBody, TextView, TextsView, TextHistoryView, TextPreviewBody, TextPreviewView);
    register!(schemas: CannedAnswersView, MessageOptionsView);
    register!(schemas: UserAbsencesView, UserAbsencesBody, DealerUserBody, SwitchUsersBody, SwitchAllUsersBody, UserBody, MeBody);
    element::<TradeInBody, TradeInView>(&mut schemas);
    element::<QuoteBody, QuoteView>(&mut schemas);
    element::<TestDriveBody, TestDriveView>(&mut schemas);
    element::<CommentBody, CommentView>(&mut schemas);
    element::<DocumentBody, DocumentView>(&mut schemas);
    element::<CommunicationBody, CommunicationView>(&mut schemas);
    let raw = ObjectBuilder::new()
        .description(Some("An enquiry as its sender wrote it."))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)));
    schemas.push(("RawInput".into(), raw.into()));
    schemas.push(("ExportFilterBody".into(), export_filter()));
    if let Some((_, RefOr::T(Schema::Object(export)))) = schemas.iter_mut().find(|(name, _)| name == "ExportBody") {
        export.properties.insert("filter".into(), Ref::from_schema_name("ExportFilterBody").into());
    }
    schemas.sort_by(|a, b| a.0.cmp(&b.0));
    schemas.dedup_by(|a, b| a.0 == b.0);
    for (name, others) in WITH_FIELDS_OF {
        add_fields_of(others, name, &mut schemas);
    }
    let patches: Schemas = schemas
        .iter()
        .filter_map(|(name, schema)| Some((PATCHED.contains(&name.as_str()).then(|| patch_of(name))?, patch(name, schema))))
        .collect();
    schemas.extend(patches);
    schemas.iter_mut().filter(|(name, _)| is_of_body(name)).for_each(|(name, schema)| limited(name, schema));
    ComponentsBuilder::new().schemas_from_iter(schemas)
}

/// Adds the fields of the schemas `others` to the schema `name`, except those that it states itself.
fn add_fields_of(others: &[&str], name: &str, schemas: &mut Schemas) {
    let others = schemas.iter().filter(|(other, _)| others.contains(&other.as_str()));
    let others: Vec<RefOr<Schema>> = others.map(|(_, schema)| schema.clone()).collect();
    let Some((_, RefOr::T(Schema::Object(object)))) = schemas.iter_mut().find(|(is, _)| is == name) else { return };
    for other in others {
        let RefOr::T(Schema::Object(other)) = other else { continue };
        object.required.extend(other.required.into_iter().filter(|field| !object.properties.contains_key(field)));
        for (field, schema) in other.properties {
            object.properties.entry(field).or_insert(schema);
        }
    }
}

/// The bodies that a `PATCH` also takes, in parts.
const PATCHED: [&str; 9] = [
    "TradeInBody",
    "QuoteBody",
    "TestDriveBody",
    "CommentBody",
    "DocumentBody",
    "TargetBody",
    "TaskBody",
    "LeadContactBody",
    "WebhookBody",
];

fn patch_of(body: &str) -> String {
    body.replace("Body", "Patch")
}

/// Returns the schema of a change: every field may be left out, and keeps its value then.
fn patch(name: &str, body: &RefOr<Schema>) -> RefOr<Schema> {
    let mut patch = body.clone();
    if let RefOr::T(Schema::Object(object)) = &mut patch {
        object.required.clear();
        let fixed: &[&str] = match name {
            "TestDriveBody" => &["at", "title", "user", "notes"],
            "DocumentBody" => &["content_type", "bytes"],
            "WebhookBody" => &["partner"],
            _ => &[],
        };
        object.properties.retain(|field, _| !fixed.contains(&field.as_str()));
        object.properties.values_mut().for_each(nullable);
        if let Some(Value::Object(example)) = &mut object.example {
            example.retain(|field, _| !fixed.contains(&field.as_str()));
        }
        let about = match name {
            "TargetBody" | "TaskBody" | "LeadContactBody" | "WebhookBody" => {
                "A change. Fields that are left out or `null` keep their values; an empty text or list removes an optional value."
            }
            _ => "A change. Fields that are left out keep their values; `null` removes a value.",
        };
        object.description = Some(about.to_owned());
    }
    patch
}

/// Lets a value be `null` too.
fn nullable(schema: &mut RefOr<Schema>) {
    let null = |types: Vec<Type>| SchemaType::Array(types.into_iter().filter(|kind| *kind != Type::Null).chain([Type::Null]).collect());
    match schema {
        RefOr::T(Schema::Object(object)) => object.schema_type = null(types_of(object)),
        RefOr::T(Schema::Array(array)) => array.schema_type = null(vec![Type::Array]),
        RefOr::Ref(of) => {
            let of = of.clone();
            *schema = OneOfBuilder::new().item(of).item(ObjectBuilder::new().schema_type(Type::Null)).into();
        }
        RefOr::T(_) => {}
    }
}

/// Returns the schema of an export's filter: the query parameters of both overviews. Several dealers may be a list.
fn export_filter() -> RefOr<Schema> {
    let overviews = [Operation::AppointmentOverview, Operation::LeadOverview];
    let routes = routes::all().filter(|route| overviews.contains(&route.operation));
    let filters: Vec<_> = routes.flat_map(|route| route.query).filter(|query| query.name != "limit").collect();
    let about = "The filters of the overview of the same name. `dealer`, `user` and `kind` of appointments may be lists.";
    // Of a name in both overviews, the wider type of the appointments remains.
    filters
        .into_iter()
        .rev()
        .fold(ObjectBuilder::new().description(Some(about)), |filter, query| match query.values {
            Values::Ids => {
                let list = ArrayBuilder::new().items(schema_of(Values::Id));
                filter.property(query.name, AnyOfBuilder::new().item(schema_of(query.values)).item(list))
            }
            values => filter.property(query.name, schema_of(values)),
        })
        .into()
}

fn register<T: ToSchema + PartialSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// Registers a kind of elements: its body, one element and the list. The generic [`ElementView`] has one name only, so that the names are
/// made here.
fn element<B: ToSchema, V: ToSchema>(schemas: &mut Schemas) {
    let one = V::name().replace("View", "Element");
    register::<B>(schemas);
    register::<V>(schemas);
    let about = "The lead's elements of the kind, oldest first, without removed ones: at most 100, and those of its enquiries.";
    let all = ObjectBuilder::new().description(Some(about)).required("elements");
    let all = all.property("elements", ArrayBuilder::new().items(Ref::from_schema_name(one.clone())));
    schemas.push((format!("{one}s"), all.build().into()));
    schemas.push((one, ElementView::<V>::schema()));
}
