//! What clients see.

use chrono::{DateTime, Utc};
use forecourt_domain::appointment::{Appointment, AppointmentState, Attendance, Unprocessed};
use forecourt_domain::base::{Actor, AppointmentTeam, DealerId, Media};
use forecourt_domain::messages::{Letter, LetterState};
use forecourt_store::AppointmentPage;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// An appointment that was made. A repeat of the request gets the same answer (INT-5).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppointmentMade {
    /// It is kept.
    pub processed: bool,
    /// Its name.
    pub id: String,
    /// With which dealer.
    pub dealer: String,
    /// The lead that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// The lead's calendar event that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// An appointment that is counted, and not kept (APT-2).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppointmentCounted {
    /// It is not kept.
    pub processed: bool,
    /// Why.
    pub detail: &'static str,
}

/// How many appointments a dealer's own system told of that are not kept (APT-2).
#[derive(Debug, Serialize, ToSchema)]
pub struct UnprocessedView {
    /// At which dealer.
    pub dealer: String,
    /// Telephone appointments.
    pub telephone: u64,
    /// E-mail appointments.
    pub email: u64,
    /// When the latest was told of.
    pub latest_at: Option<DateTime<Utc>>,
}

/// An appointment (APT-1).
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentView {
    /// Its name.
    pub id: String,
    /// Counts its changes; the ETag.
    pub version: u64,
    /// With which dealer.
    pub dealer: String,
    /// With which customer.
    pub customer: CustomerView,
    /// With which salesperson.
    pub user: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Of what kind.
    pub kind: &'static str,
    /// `booked` or `cancelled`.
    pub state: &'static str,
    /// Whether the customer came: `unknown`, `completed` or `no_show` (APT-4).
    pub attendance: &'static str,
    /// Why, of a no-show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The system that it was made in: `forecourt`, `contact_centre` or `dealer_system`.
    pub origin: &'static str,
    /// Whose people made it: `contact_centre` or `dealer`.
    pub team: &'static str,
    /// Who made it.
    pub by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The lead that it is of.
    pub lead: Option<String>,
    /// The lead's calendar event that it is.
    pub event: Option<String>,
    /// Its name in the system that it was made in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// By what media a confirmation was sent.
    #[schema(value_type = Object)]
    pub confirmed: Value,
    /// By what media a reminder was sent.
    #[schema(value_type = Object)]
    pub reminded: Value,
    /// What happened to it, oldest first.
    pub history: Vec<HappenedView>,
}

/// The customer of an appointment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerView {
    /// What to call them.
    pub name: String,
    /// Their address, where the appointment has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Their number, as typed, where the appointment has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Their language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// By what they do not want to be told.
    pub refuses: Vec<&'static str>,
}

/// Something that happened to an appointment.
#[derive(Debug, Serialize, ToSchema)]
pub struct HappenedView {
    /// When.
    pub at: DateTime<Utc>,
    /// `made`, `moved`, `cancelled`, `reinstated` (it was moved after it was cancelled, and stands again), or the attendance that was set.
    pub what: &'static str,
    /// Who did it.
    pub by: String,
    /// Of a move: the time that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
}

/// An appointment with what its customer was told.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentPageView {
    /// The appointment.
    #[serde(flatten)]
    pub appointment: AppointmentView,
    /// What the customer was told, by what, and what became of it (APT-3), oldest first.
    pub letters: Vec<LetterView>,
}

/// Something that a customer was told.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterView {
    /// `confirmation`, `moved`, `cancelled` or `reminder`.
    pub says: &'static str,
    /// `email` or `sms`.
    pub medium: &'static str,
    /// The address or number that it went to, or was to go to when it was last tried; none before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// `queued`, `sending`, `sent`, `suppressed`, `failed` or `unclear`.
    pub fate: &'static str,
    /// When it is due, while it waits; else when it met its fate.
    pub at: DateTime<Utc>,
    /// Why it was suppressed, or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl AppointmentMade {
    pub(crate) fn of(appointment: &Appointment) -> Self {
        Self {
            processed: true,
            id: appointment.id.to_string(),
            dealer: appointment.dealer.to_string(),
            lead: appointment.lead.map(|lead| lead.to_string()),
            event: appointment.event.as_ref().map(ToString::to_string),
            created_at: appointment.created,
        }
    }
}

impl AppointmentCounted {
    pub(crate) fn new() -> Self {
        let detail = "telephone and e-mail appointments of a dealer's own system are counted, and not kept (APT-2)";
        Self { processed: false, detail }
    }
}

impl UnprocessedView {
    pub(crate) fn of(dealer: &DealerId, count: Option<&Unprocessed>) -> Self {
        let (telephone, email) = count.map_or((0, 0), |count| (count.telephone, count.email));
        Self { dealer: dealer.to_string(), telephone, email, latest_at: count.map(|count| count.latest) }
    }
}

fn by(media: Media) -> Value {
    json!({"email": media.email, "sms": media.sms})
}

impl AppointmentView {
    pub(crate) fn of(appointment: &Appointment) -> Self {
        let a = appointment;
        let refuses = [("email", a.reached.refuses.email), ("sms", a.reached.refuses.sms)];
        Self {
            id: a.id.to_string(),
            version: a.version,
            dealer: a.dealer.to_string(),
            customer: CustomerView {
                name: a.customer.clone(),
                email: a.reached.email.as_ref().map(ToString::to_string),
                phone: a.reached.phone.as_ref().map(|phone| phone.typed.clone()),
                language: a.reached.language.as_ref().map(|language| language.as_str().to_owned()),
                refuses: refuses.into_iter().filter(|(_, refused)| *refused).map(|(name, _)| name).collect(),
            },
            user: a.user.as_ref().map(ToString::to_string),
            at: a.at,
            kind: a.kind.name(),
            state: if a.state.is_cancelled() { "cancelled" } else { "booked" },
            attendance: a.attendance.is.name(),
            reason: a.attendance.reason.clone(),
            origin: a.origin.name(),
            team: if a.team == AppointmentTeam::ContactCentre { "contact_centre" } else { "dealer" },
            by: a.by.to_string(),
            created_at: a.created,
            lead: a.lead.map(|lead| lead.to_string()),
            event: a.event.as_ref().map(ToString::to_string),
            external_id: a.external.as_ref().map(|external| external.id.clone()),
            notes: a.notes.clone(),
            confirmed: by(a.confirmed),
            reminded: by(a.reminded),
            history: history(a),
        }
    }
}

fn history(a: &Appointment) -> Vec<HappenedView> {
    let made = HappenedView { at: a.created, what: "made", by: a.by.to_string(), from: None };
    let moved = a.moved.iter().map(|moved| HappenedView { at: moved.at, what: "moved", by: moved.by.to_string(), from: Some(moved.from) });
    let marked = a.marked.iter().chain([&a.attendance]).filter_map(|Attendance { is, as_of, by, .. }| {
        let by = by.as_ref().map(ToString::to_string).unwrap_or_default();
        as_of.map(|at| HappenedView { at, what: is.name(), by, from: None })
    });
    let cancelled = match &a.state {
        AppointmentState::Cancelled { at, by } => Some(HappenedView { at: *at, what: "cancelled", by: by.to_string(), from: None }),
        AppointmentState::Booked => None,
    };
    let undone = a.undone.iter().flat_map(|undone| {
        let happened = |at, what, by: &Actor| HappenedView { at, what, by: by.to_string(), from: None };
        [happened(undone.at, "cancelled", &undone.by), happened(undone.again_at, "reinstated", &undone.again)]
    });
    let mut all: Vec<HappenedView> = moved.chain(marked).chain(undone).chain(cancelled).collect();
    all.sort_by_key(|happened| happened.at);
    [made].into_iter().chain(all).collect()
}

impl AppointmentPageView {
    /// Who does not `read_lead` is not shown how a lead's contact is reached, but by what the appointment itself says.
    pub(crate) fn of(page: &AppointmentPage, read_lead: bool) -> Self {
        let reached = &page.appointment.reached;
        let own = |to: &String| {
            let phone = reached.phone.as_ref().and_then(|phone| phone.e164.as_ref());
            phone == Some(to) || reached.email.as_ref().is_some_and(|email| email.as_str() == to)
        };
        let shown = |letter: &Letter| {
            let view = LetterView::of(letter);
            LetterView { to: view.to.filter(|to| read_lead || own(to)), ..view }
        };
        let letters = page.letters.iter().map(shown).collect();
        Self { appointment: AppointmentView::of(&page.appointment), letters }
    }
}

impl LetterView {
    fn of(letter: &Letter) -> Self {
        let (at, why) = match &letter.fate {
            LetterState::Queued { due, .. } => (*due, None),
            LetterState::Sending { until, .. } => (*until, None),
            LetterState::Sent { at, .. } | LetterState::Unclear { at } => (*at, None),
            LetterState::Suppressed { at, why } => (*at, Some(why.name().to_owned())),
            LetterState::Failed { at, why } => (*at, Some(why.clone())),
        };
        let (says, medium, to) = (letter.says.name(), letter.medium.name(), letter.to.clone());
        Self { says, medium, to, queued_at: letter.queued, fate: letter.fate.name(), at, why }
    }
}
