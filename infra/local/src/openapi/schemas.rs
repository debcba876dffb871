//! The schemas that the rows of the table name.

use forecourt_appointment::{
    AppointmentBody, AppointmentCounted, AppointmentMade, AppointmentPageView, AppointmentView, AttendanceBody, CorrectionBody, MoveBody,
    UnprocessedView,
};
use forecourt_calendar_event::{
    BookingBody, BulkBody, BulkView, CalendarEventView, CalendarEventsView, CalendarView, CompletionBody, EventBody, FeedBody, FeedsView,
    InvitationBody, InvitationView, InvitationsView, NoShowBody, OfferView, RescheduleBody,
};
use forecourt_edge::http::Problem;
use forecourt_edge::usecase::appointment::{PingBackBody, PingBackView};
use forecourt_export::{DownloadLogView, ExportBody, ExportView, LinkView};
use forecourt_lead::{
    AgendaView, AssignmentBody, BoardView, CommentBody, CommentView, CommunicationBody, CommunicationView, ContactMadeBody, DocumentBody,
    DocumentView, ElementView, FoundLeadsView, LeadContactBody, LeadContactsView, LeadListView, LeadPageView, LeadSearchBody, LeadView,
    MetBody, QuoteBody, QuoteView, ReactionBody, StatusBody, TargetBody, TaskBody, TaskView, TasksView, TestDriveBody, TestDriveView,
    TimelineView, TradeInBody, TradeInView, UndeliveredListView, UndeliveredView,
};
use forecourt_lead_intake::{DryRunBody, DryRunView, EnquiryAccepted, EnquiryBody, EnquiryReceiptView, LeadCreated, Outcomes};
use forecourt_overview::{AppointmentOverviewView, LeadOverviewView};
use forecourt_settings::{
    AccessLogView, DealerUserView, DealerUsersView, DeliveriesView, FindingsView, HistoryView, ImportView, RedeliveryBody, RedeliveryView,
    RotationBody, SettingsView, SigningSecretView, SwitchedView, UserView, UsersView, WebhookBody, WebhooksView,
};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder};
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
    register!(schemas: ReactionBody, AssignmentBody, StatusBody, LeadView, LeadPageView, LeadListView, BoardView);
    register!(schemas: TimelineView, TargetBody, MetBody, ContactMadeBody, TaskBody, TaskView, TasksView, AgendaView);
    register!(schemas: LeadContactBody, LeadContactsView, UndeliveredListView, UndeliveredView);
    register!(schemas: LeadSearchBody, FoundLeadsView);
    register!(schemas: EventBody, BulkBody, BulkView, CompletionBody, NoShowBody, RescheduleBody, CalendarEventView, CalendarEventsView);
    register!(schemas: InvitationBody, InvitationView, InvitationsView, BookingBody, OfferView, CalendarView, FeedBody, FeedsView);
    register!(schemas: AppointmentBody, AppointmentMade, AppointmentCounted, AppointmentView, AppointmentPageView, CorrectionBody);
    register!(schemas: MoveBody, AttendanceBody, UnprocessedView, PingBackBody, PingBackView, RotationBody, SigningSecretView);
    register!(schemas: AppointmentOverviewView, LeadOverviewView, ExportBody, ExportView, LinkView, DownloadLogView);
    register!(schemas: SettingsView, HistoryView, FindingsView, SwitchedView, ImportView, DealerUsersView, DealerUserView);
    register!(schemas: UsersView, UserView, WebhookBody, WebhooksView, DeliveriesView, AccessLogView, Problem);
    register!(schemas: RedeliveryBody, RedeliveryView);
    element::<TradeInBody, TradeInView>(&mut schemas);
    element::<QuoteBody, QuoteView>(&mut schemas);
    element::<TestDriveBody, TestDriveView>(&mut schemas);
    element::<CommentBody, CommentView>(&mut schemas);
    element::<DocumentBody, DocumentView>(&mut schemas);
    element::<CommunicationBody, CommunicationView>(&mut schemas);
    schemas.sort_by(|a, b| a.0.cmp(&b.0));
    schemas.dedup_by(|a, b| a.0 == b.0);
    ComponentsBuilder::new().schemas_from_iter(schemas)
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
