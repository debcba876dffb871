//! The answers about appointments.

use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, AppointmentState, Attendance, Unprocessed};
use forecourt_domain::base::{Actor, AppointmentTeam, DealerId, Media, Right, UserId};
use forecourt_domain::messages::{Letter, LetterState};
use forecourt_edge::usecase::people::{PersonView, user_in};
use forecourt_store::AppointmentPage;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A created appointment. A repeat of the request gets the same answer (INT-5).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppointmentMade {
    /// Always true: the appointment is stored.
    pub processed: bool,
    /// Id of the appointment.
    pub id: String,
    /// Id of the dealer.
    pub dealer: String,
    /// Id of the lead, if the appointment belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Id of the lead's event that represents the appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
}

/// An appointment that is counted but not stored (APT-2).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppointmentCounted {
    /// Always false: the appointment is not stored.
    pub processed: bool,
    /// The reason.
    pub detail: &'static str,
}

/// Numbers of appointments of a dealer's own system that are counted but not stored (APT-2).
#[derive(Debug, Serialize, ToSchema)]
pub struct UnprocessedView {
    /// Id of the dealer.
    pub dealer: String,
    /// Number of telephone appointments.
    pub telephone: u64,
    /// Number of e-mail appointments.
    pub email: u64,
    /// When the latest was reported.
    pub latest_at: Option<DateTime<Utc>>,
}

/// An appointment (APT-1).
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentView {
    /// Id of the appointment.
    pub id: String,
    /// Number of the current version; also the ETag.
    pub version: u64,
    /// Id of the dealer.
    pub dealer: String,
    /// The customer.
    pub customer: CustomerView,
    /// Id of the salesperson.
    pub user: Option<String>,
    /// Time of the appointment.
    pub at: DateTime<Utc>,
    /// Kind, such as `showroom` or `test_drive`.
    pub kind: &'static str,
    /// `booked` or `cancelled`.
    pub state: &'static str,
    /// Attendance: `unknown`, `completed` or `no_show` (APT-4).
    pub attendance: &'static str,
    /// Reason of a no-show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The system in which the appointment was created: `forecourt`, `contact_centre` or `dealer_system`.
    pub origin: &'static str,
    /// The team that created the appointment: `contact_centre` or `dealer`.
    pub team: &'static str,
    /// Who created the appointment.
    pub by: String,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// Id of the lead, if the appointment belongs to one.
    pub lead: Option<String>,
    /// Id of the lead's event that represents the appointment.
    pub event: Option<String>,
    /// Id of the appointment in the partner's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// For each medium, whether a confirmation was sent.
    #[schema(value_type = Object)]
    pub confirmed: Value,
    /// For each medium, whether a reminder was sent.
    #[schema(value_type = Object)]
    pub reminded: Value,
    /// The changes of the appointment, oldest first.
    pub history: Vec<HappenedView>,
    /// Why the appointment cannot take place as planned: `leaver`, `absence`, `day_off` or `closed`; absent if it can, or if somebody has
    /// decided. Until then the reminder is held (APT-9).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected: Option<&'static str>,
}

/// The customer of an appointment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerView {
    /// Name.
    pub name: String,
    /// E-mail address, if it is recorded on the appointment itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number as typed, if it is recorded on the appointment itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Media that the customer refuses.
    pub refuses: Vec<&'static str>,
}

/// A change of an appointment.
#[derive(Debug, Serialize, ToSchema)]
pub struct HappenedView {
    /// Time of the change.
    pub at: DateTime<Utc>,
    /// `made`, `moved`, `given` (to another salesperson), `cancelled`, `kept` (although the salesperson was absent or the dealer closed),
    /// `reinstated` (moved after a cancellation, and booked again), or the attendance that was recorded.
    pub what: &'static str,
    /// Who made the change; `user` alone if you may not know the salesperson of the lead.
    pub by: String,
    /// The previous time, if the appointment was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// Id of the previous salesperson, if the appointment was given to another one and you may know the salesperson of the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_user: Option<String>,
}

/// An appointment with the letters to its customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentPageView {
    /// The appointment.
    #[serde(flatten)]
    pub appointment: AppointmentView,
    /// The letters to the customer with medium and delivery state (APT-3), oldest first.
    pub letters: Vec<LetterView>,
    /// The names of the users in this response who are not users of the dealer now; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// A letter to a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterView {
    /// `confirmation`, `moved`, `cancelled` or `reminder`.
    #[serde(rename = "says")]
    pub kind: &'static str,
    /// `email` or `sms`.
    pub medium: &'static str,
    /// Address or telephone number of the latest attempt; absent before the first attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// When the letter was queued.
    pub queued_at: DateTime<Utc>,
    /// `queued`, `sending`, `sent`, `suppressed`, `failed` or `unclear`.
    #[serde(rename = "fate")]
    pub state: &'static str,
    /// When the letter is due, while it is queued; otherwise when its state last changed.
    pub at: DateTime<Utc>,
    /// Why the letter was suppressed or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl AppointmentMade {
    /// `dealer` is the dealer of the request: the appointment may have moved to another one with its lead since.
    pub(crate) fn of(appointment: &Appointment, dealer: &DealerId, knows_lead: bool) -> Self {
        Self {
            processed: true,
            id: appointment.id.to_string(),
            dealer: dealer.to_string(),
            lead: appointment.lead.filter(|_| knows_lead).map(|lead| lead.to_string()),
            event: appointment.event.as_ref().filter(|_| knows_lead).map(ToString::to_string),
            created_at: appointment.created,
        }
    }
}

impl AppointmentCounted {
    pub(crate) fn new() -> Self {
        let detail = "telephone and e-mail appointments of a dealer's own system are counted but not stored (APT-2)";
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

/// Whether the requester may know the leads of appointments at its dealers: users, and the contact centre's system, which finds leads.
/// Another partner learns neither the lead nor its users, also of an appointment that it made of its own enquiry, nor the dealer to which
/// the lead has moved (ACC-1).
pub(crate) fn knows_leads(scope: &Scope) -> bool {
    scope.user_id().is_some() || scope.needs(Right::FindLeads).is_ok()
}

impl AppointmentView {
    /// The contact centre's system learns of an appointment that has moved out of its reach as little as another partner.
    pub(crate) fn of(appointment: &Appointment, scope: &Scope) -> Self {
        let a = appointment;
        let knows_lead = knows_leads(scope) && scope.reaches(&a.dealer).is_ok();
        let knows_users = knows_lead || a.lead.is_none();
        let refuses = [("email", a.reached.refuses.email), ("sms", a.reached.refuses.sms)];
        Self {
            id: a.id.to_string(),
            version: a.version,
            dealer: if knows_lead { a.dealer.to_string() } else { a.made_at().to_string() },
            customer: CustomerView {
                name: a.customer.clone(),
                email: a.reached.email.as_ref().map(ToString::to_string),
                phone: a.reached.phone.as_ref().map(|phone| phone.typed.clone()),
                language: a.reached.language.as_ref().map(|language| language.as_str().to_owned()),
                refuses: refuses.into_iter().filter(|(_, refused)| *refused).map(|(name, _)| name).collect(),
            },
            user: a.user.as_ref().filter(|_| knows_users).map(ToString::to_string),
            at: a.at,
            kind: a.kind.name(),
            state: if a.state.is_cancelled() { "cancelled" } else { "booked" },
            attendance: a.attendance.is.name(),
            reason: a.attendance.reason.clone(),
            origin: a.origin.name(),
            team: if a.team == AppointmentTeam::ContactCentre { "contact_centre" } else { "dealer" },
            by: a.by.to_string(),
            created_at: a.created,
            lead: a.lead.filter(|_| knows_lead).map(|lead| lead.to_string()),
            event: a.event.as_ref().filter(|_| knows_lead).map(ToString::to_string),
            external_id: a.external.as_ref().map(|external| external.id.clone()),
            notes: a.notes.clone(),
            confirmed: by(a.confirmed),
            reminded: by(a.reminded),
            history: history(a, knows_users),
            affected: None,
        }
    }
}

fn history(a: &Appointment, knows_users: bool) -> Vec<HappenedView> {
    let name = |by: &Actor| if matches!(by, Actor::User(_)) && !knows_users { "user".to_owned() } else { by.to_string() };
    let made = HappenedView { at: a.created, what: "made", by: name(&a.by), from: None, from_user: None };
    let moved = a.moved.iter().map(|moved| HappenedView {
        at: moved.at,
        what: "moved",
        by: name(&moved.by),
        from: Some(moved.from),
        from_user: None,
    });
    let given = a.given.iter().map(|given| HappenedView {
        at: given.at,
        what: "given",
        by: name(&given.by),
        from: None,
        from_user: Some(given.from.to_string()).filter(|_| knows_users),
    });
    let marked = a.marked.iter().chain([&a.attendance]).filter_map(|Attendance { is, as_of, by, .. }| {
        let by = by.as_ref().map(name).unwrap_or_default();
        as_of.map(|at| HappenedView { at, what: is.name(), by, from: None, from_user: None })
    });
    let cancelled = match &a.state {
        AppointmentState::Cancelled { at, by } => {
            Some(HappenedView { at: *at, what: "cancelled", by: name(by), from: None, from_user: None })
        }
        AppointmentState::Booked | AppointmentState::Unknown => None,
    };
    let undone = a.undone.iter().flat_map(|undone| {
        let happened = |at, what, by: &Actor| HappenedView { at, what, by: name(by), from: None, from_user: None };
        [happened(undone.at, "cancelled", &undone.by), happened(undone.again_at, "reinstated", &undone.again)]
    });
    let kept = a.accepted.as_ref().and_then(|accepted| accepted.kept.as_ref());
    let kept = kept.map(|kept| HappenedView { at: kept.at, what: "kept", by: name(&kept.by), from: None, from_user: None });
    let mut all: Vec<HappenedView> = moved.chain(given).chain(kept).chain(marked).chain(undone).chain(cancelled).collect();
    all.sort_by_key(|happened| happened.at);
    [made].into_iter().chain(all).collect()
}

impl AppointmentPageView {
    /// Without `read_lead`, contact data is shown only if it is recorded on the appointment itself.
    pub(crate) fn of(page: &AppointmentPage, read_lead: bool, scope: &Scope) -> Self {
        let reached = &page.appointment.reached;
        let own = |to: &String| {
            let phone = reached.phone.as_ref().and_then(|phone| phone.texted());
            phone == Some(to.as_str()) || reached.email.as_ref().is_some_and(|email| email.as_str() == to)
        };
        let shown = |letter: &Letter| {
            let view = LetterView::of(letter);
            LetterView { to: view.to.filter(|to| read_lead || own(to)), ..view }
        };
        let letters = page.letters.iter().map(shown).collect();
        Self { appointment: AppointmentView::of(&page.appointment, scope), letters, people: Vec::new() }
    }

    /// Returns the users that the page shows to the requester.
    pub(crate) fn users(&self) -> BTreeSet<UserId> {
        let AppointmentView { user, by, history, .. } = &self.appointment;
        let authors = history.iter().map(|happened| &happened.by).chain([by]);
        let salespersons = history.iter().filter_map(|happened| happened.from_user.as_ref()).chain(user);
        authors.filter_map(|by| user_in(by)).chain(salespersons.filter_map(|user| user.parse().ok())).collect()
    }
}

impl LetterView {
    fn of(letter: &Letter) -> Self {
        let (at, why) = match &letter.state {
            LetterState::Queued { due, .. } => (*due, None),
            LetterState::Sending { until, .. } => (*until, None),
            LetterState::Sent { at, .. } => match letter.sent_report() {
                Some(report) => (report.at, report.detail.clone()),
                None => (*at, None),
            },
            LetterState::Unclear { at } => (*at, None),
            LetterState::Suppressed { at, why } => (*at, Some(why.name().to_owned())),
            LetterState::Failed { at, why } => (*at, Some(why.clone())),
        };
        let (kind, medium, to) = (letter.kind.name(), letter.medium.name(), letter.to.clone());
        Self { kind, medium, to, queued_at: letter.queued, state: letter.state_name(), at, why }
    }
}
