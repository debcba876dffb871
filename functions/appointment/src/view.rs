//! The answers about appointments.

use crate::history::{CancellationView, HappenedView, history};
use crate::linking::ProposedLeadView;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, SettledNotice, Unprocessed};
use forecourt_domain::base::{AppointmentTeam, DealerId, Media, Medium, Right, UserId};
use forecourt_domain::messages::{Letter, LetterState};
use forecourt_domain::settings::Dealer;
use forecourt_edge::usecase::people::{PersonView, user_in};
use forecourt_edge::usecase::visits::CustomerConfirmedView;
use forecourt_edge::usecase::warnings::WarningView;
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
    /// The reasons against its time and salesperson; absent if there are none. They are those of the time of the response (APT-8).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningView>,
    /// The open leads of the customer from which you can choose with `PATCH /appointments/{id}`, newest first; absent if there are none or
    /// the appointment has a lead (APT-8).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proposed_leads: Vec<ProposedLeadView>,
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
    /// Reason of a no-show. `not_marked` if the dealer's rule recorded it (APT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The confirmation by the customer; absent if there is none (APT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_confirmed: Option<CustomerConfirmedView>,
    /// When the customer arrived; absent if nobody recorded it (APT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<DateTime<Utc>>,
    /// Id of the appointment that this one follows, because its customer did not come (APT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// Id of the appointment that follows this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<String>,
    /// Why the appointment was cancelled, as far as somebody stated it (APT-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<CancellationView>,
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
    /// The reasons against the time and salesperson that this request has set; absent if there are none. Responses to `GET` have none
    /// (APT-8).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningView>,
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

/// An appointment with the letters to its customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentPageView {
    /// The appointment.
    #[serde(flatten)]
    pub appointment: AppointmentView,
    /// Telephone number of the lead as typed; absent if it is unknown, or if you may see neither the lead nor the work of the salesperson
    /// (APT-7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The vehicle of the lead, in one line; absent in the same cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<String>,
    /// The open leads of the customer that you may read and to which the appointment can be linked, newest first; absent if there are none
    /// (APT-8).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proposed_leads: Vec<ProposedLeadView>,
    /// The letters to the customer with medium and delivery state (APT-3), oldest first.
    pub letters: Vec<LetterView>,
    /// The letters about its present state that were not written, with the reason for each medium; absent if there are none (APT-3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_written: Vec<UnsentLetterView>,
    /// The latest notices to the salesperson that need no further attempt, oldest first; absent if there are none (APT-7).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub salesperson_notices: Vec<SalespersonNoticeView>,
    /// The names of the users in this response who are not users of the dealer now; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// A letter that was not written.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnsentLetterView {
    /// `confirmation`, `reminder` or `cancelled`.
    #[serde(rename = "says")]
    pub kind: &'static str,
    /// `email` or `sms`.
    pub medium: &'static str,
    /// `refused` by the customer, `not_used` by the dealer, or `too_late`.
    pub why: &'static str,
}

/// What a requester may see of the lead of an appointment.
#[derive(Debug, Default)]
pub(crate) struct OfLead {
    /// Whether the requester may see the contact data.
    pub(crate) read: bool,
    /// The telephone number as typed.
    pub(crate) phone: Option<String>,
    /// The vehicle.
    pub(crate) vehicle: Option<String>,
}

/// A notice to the salesperson of an appointment.
#[derive(Debug, Serialize, ToSchema)]
pub struct SalespersonNoticeView {
    /// What it is about: `made`, `made_for_lead` (to the owner of the lead, who is not the salesperson), `moved`, `cancelled`, `reopened`,
    /// `corrected`, `given` (to the reader), `passed` (to somebody else), `declined` (the customer answered no to a text message),
    /// `confirmed` (after it), `answered_yes` or `answered_no` (unclear to which of several), or `reminder`.
    pub what: &'static str,
    /// Id of the reader; absent if nobody got it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// When it was settled.
    pub at: DateTime<Utc>,
    /// `sent`, `failed`, or `off` if the reader has switched notices off.
    pub fate: &'static str,
}

impl SalespersonNoticeView {
    fn of(notice: &SettledNotice) -> Self {
        let to = notice.to.as_ref().map(ToString::to_string);
        Self { what: notice.what.name(), to, at: notice.at, fate: notice.fate.name() }
    }
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
            warnings: Vec::new(),
            proposed_leads: Vec::new(),
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
        let knows_users = knows_lead || !a.had_lead();
        let refuses = [("email", a.reached.refuses.email), ("sms", a.reached.refuses.sms)];
        Self {
            id: a.id.to_string(),
            version: a.version,
            dealer: if knows_lead { a.dealer.to_string() } else { a.made_at().to_string() },
            customer: CustomerView {
                name: a.customer.clone(),
                email: a.reached.email.as_ref().filter(|_| knows_lead || a.has_own_address(Medium::Email)).map(ToString::to_string),
                phone: a.reached.phone.as_ref().filter(|_| knows_lead || a.has_own_address(Medium::Sms)).map(|phone| phone.typed.clone()),
                language: a.reached.language.as_ref().map(|language| language.as_str().to_owned()),
                refuses: refuses.into_iter().filter(|(_, refused)| *refused).map(|(name, _)| name).collect(),
            },
            user: if knows_users { a.user.as_ref() } else { a.shown_user() }.map(ToString::to_string),
            at: a.at,
            kind: a.kind.name(),
            state: if a.state.is_cancelled() { "cancelled" } else { "booked" },
            attendance: a.attendance.is.name(),
            reason: a.attendance.reason.clone(),
            customer_confirmed: a.customer_confirmed.as_ref().map(CustomerConfirmedView::of),
            arrived_at: a.arrived.as_ref().map(|arrival| arrival.at),
            follows: a.follows.as_ref().map(ToString::to_string),
            followed_by: a.followed_by.as_ref().map(ToString::to_string),
            cancellation: CancellationView::of(&a.state),
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
            warnings: Vec::new(),
        }
    }
}

impl AppointmentPageView {
    /// Without the right to read the lead, addresses of letters are shown only if they are recorded on the appointment itself.
    pub(crate) fn of(page: &AppointmentPage, of_lead: OfLead, dealer: &Dealer, scope: &Scope) -> Self {
        let OfLead { read: read_lead, phone, vehicle } = of_lead;
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
        let settled = page.appointment.briefing.settled.iter().filter(|_| scope.user_id().is_some());
        let salesperson_notices = settled.map(SalespersonNoticeView::of).collect();
        let appointment = AppointmentView::of(&page.appointment, scope);
        let unsent = page.appointment.unsent(&page.letters, &dealer.settings).into_iter();
        let unsent =
            unsent.map(|letter| UnsentLetterView { kind: letter.kind.name(), medium: letter.medium.name(), why: letter.why.name() });
        let not_written = unsent.collect();
        let proposed_leads = Vec::new();
        Self { appointment, phone, vehicle, proposed_leads, letters, not_written, salesperson_notices, people: Vec::new() }
    }

    /// Returns the users that the page shows to the requester.
    pub(crate) fn users(&self) -> BTreeSet<UserId> {
        let AppointmentView { user, by, history, .. } = &self.appointment;
        let authors = history.iter().map(|happened| &happened.by).chain([by]);
        let readers = self.salesperson_notices.iter().filter_map(|notice| notice.to.as_ref());
        let salespersons = history.iter().filter_map(|happened| happened.from_user.as_ref()).chain(user).chain(readers);
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
