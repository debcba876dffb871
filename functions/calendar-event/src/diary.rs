//! The diary of a dealer: calendar events and appointments of one to seven days (CAL-6).

use crate::calendar::{MAX_EXAMINED, PAGE, YEARS, event_state};
use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{AppointmentId, DealerId, Fault, LeadId, Phone, Refusal, Right, UserId};
use forecourt_domain::calendar::EventState;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of};
use forecourt_edge::usecase::visits::CustomerConfirmedView;
use forecourt_store::keys::Key;
use forecourt_store::{CalendarRange, DiaryEntry, EventRow, Failure, Load, Loaded};
use serde::Serialize;
use utoipa::ToSchema;

/// The days of a dealer with its calendar events and appointments.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiaryView {
    /// First date.
    pub first: NaiveDate,
    /// Last date, inclusive.
    pub last: NaiveDate,
    /// IANA time zone of the dealer, in which the dates begin and end.
    pub zone: String,
    /// Start of the first date.
    pub from: DateTime<Utc>,
    /// End of the last date, exclusive.
    pub until: DateTime<Utc>,
    /// Days off and absences within the dates, on every page.
    pub all_day: Vec<AllDayView>,
    /// The events and appointments, ordered by time.
    pub entries: Vec<DiaryEntryView>,
    /// Cursor of the next page; absent on the last page. A page may hold fewer entries than its limit, because entries that you may not
    /// see are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A day off of the dealer, or an absence of a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllDayView {
    /// `day_off` or `absence`.
    pub kind: &'static str,
    /// Name of the day off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Id of the absent user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Start.
    pub from: DateTime<Utc>,
    /// End, exclusive.
    pub until: DateTime<Utc>,
}

/// A calendar event or an appointment in a diary. An appointment with a lead is both.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiaryEntryView {
    /// Id of the event within its lead; absent for an appointment without a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Id of the appointment; absent for an event that is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<String>,
    /// Id of the lead, if it belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Title of the event; absent for an appointment without a lead, and if you may not see the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Event type (CAL-1). An appointment without a lead has the type that its kind has on a calendar.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Kind of the appointment, such as `showroom` or `test_drive`; absent for an event that is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Start time.
    pub at: DateTime<Utc>,
    /// End time, from the duration of the event type (CAL-7).
    pub until: DateTime<Utc>,
    /// `incomplete`, `completed`, `no_show` or `deleted`. A cancelled appointment is `deleted`.
    pub state: &'static str,
    /// Whether the visit is over and nobody recorded whether the customer came; absent if not (APT-12).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unmarked: bool,
    /// When the customer of the appointment arrived; absent if nobody recorded it (APT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<DateTime<Utc>>,
    /// The confirmation of the appointment by the customer; absent if there is none (APT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_confirmed: Option<CustomerConfirmedView>,
    /// Name of the customer.
    pub customer: String,
    /// Telephone number as typed; absent if it is unknown, or if only the lead has it and you may see neither the lead nor the work of the
    /// salesperson of the appointment (APT-7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The same number in E.164, without its extension, if it can be dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_e164: Option<String>,
    /// The vehicle of the lead, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<String>,
    /// Id of the salesperson: the user of the event or appointment, or else the owner of the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// Selects and shows entries of a dealer's diary for one reader.
struct DiaryReader<'a> {
    call: &'a Call,
    dealer: &'a Dealer,
    person: Option<&'a UserId>,
    deleted: bool,
    /// Whether only appointments are shown whose attendance nobody has recorded after the visit.
    unmarked: bool,
}

/// `GET /dealers/{dealer}/diary`.
pub(crate) async fn show(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadAppointments)?;
    // For users only: partners see their own appointments only.
    call.scope.user_id().ok_or(Refusal::Forbidden(Right::ReadAppointments))?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let calendar = &dealer.settings.calendar;
    let mut queries = Queries::of(call, "CAL-6");
    let first = queries.parse::<NaiveDate>("date", "a date such as 2026-11-25").unwrap_or_else(|| calendar.date_of(call.now));
    let unmarked = queries.parse::<bool>("unmarked", "true or false").unwrap_or(false);
    let days = queries.number("days", if unmarked { 1..=31 } else { 1..=7 }).unwrap_or(1);
    let person = queries.parse::<UserId>("user", "the id of a user");
    let deleted = queries.parse::<bool>("deleted", "true or false").unwrap_or(false);
    let limit = queries.number("limit", 1..=PAGE).unwrap_or(100);
    let dates = first.checked_add_days(Days::new(days as u64)).and_then(|after| Some((after.pred_opt()?, after)));
    let dates = dates.filter(|(_, after)| YEARS.contains(&first.year()) && YEARS.contains(&after.year()));
    let span = dates.and_then(|(last, after)| Some((last, calendar.begins(first)?, calendar.begins(after)?)));
    let span = span.ok_or_else(|| vec![Fault::new("date", "CAL-6", "must be between 2000 and 2100")]);
    let (last, from, until) = queries.done_with(span)?;
    let reader = DiaryReader { call, dealer: &dealer, person: person.as_ref(), deleted, unmarked };
    let range = CalendarRange { dealer: &id, from, until };
    let (entries, cursor) = reader.entries(platform, &range, limit).await?;
    let zone = calendar.zone().to_string();
    let answer = DiaryView { first, last, zone, from, until, all_day: reader.all_day(from, until), entries, cursor };
    Ok(Answer::new(200, &answer)?.about(&id))
}

impl DiaryReader<'_> {
    /// Returns at most `limit` entries of the range, and the cursor of the next page.
    async fn entries(
        &self,
        platform: &Platform,
        range: &CalendarRange<'_>,
        limit: usize,
    ) -> Result<(Vec<DiaryEntryView>, Option<String>), Problem> {
        let (mut entries, mut cursor, mut examined) = (Vec::new(), self.call.query("cursor").map(str::to_owned), 0);
        loop {
            let page = platform.store.diary(&self.call.scope, range, cursor.as_deref(), PAGE).await?;
            let loaded = self.load(platform, &page.entries).await?;
            for (place, entry) in &page.entries {
                if entries.len() >= limit {
                    return Ok((entries, cursor));
                }
                cursor = Some(place.clone());
                examined += 1;
                entries.extend(match entry {
                    DiaryEntry::Event(row) => self.event(row, &loaded),
                    DiaryEntry::Appointment(row) => self.appointment(&row.id, range, &loaded),
                });
            }
            cursor = page.cursor;
            if cursor.is_none() || entries.len() >= limit || examined >= MAX_EXAMINED.max(limit) {
                return Ok((entries, cursor));
            }
        }
    }

    /// Returns false if the index row alone rules the entry out.
    fn may_match(&self, entry: &DiaryEntry) -> bool {
        let (user, deleted, is_of_lead) = match entry {
            DiaryEntry::Event(row) => (row.user.as_ref(), row.state == "deleted", true),
            DiaryEntry::Appointment(row) => (row.user.as_ref(), row.state.is_cancelled(), false),
        };
        // An event without a user is of the lead's owner.
        if self.unmarked && matches!(entry, DiaryEntry::Event(row) if row.state != "incomplete") {
            return false;
        }
        let another = self.person.is_some_and(|person| user.map_or(!is_of_lead, |user| user != person));
        !another && (self.deleted || !deleted)
    }

    /// Reads the items of the entries that may match: first leads, events and appointments, then the appointments of events, and the
    /// enquiries of leads that hold no contact of their own.
    async fn load(&self, platform: &Platform, entries: &[(String, DiaryEntry)]) -> Result<Loaded, Failure> {
        let matching = entries.iter().map(|(_, entry)| entry).filter(|entry| self.may_match(entry));
        let keys: Vec<Key> = matching
            .flat_map(|entry| match entry {
                DiaryEntry::Event(row) => vec![Key::Lead(row.lead), Key::Event(row.lead, row.id.clone())],
                DiaryEntry::Appointment(row) => vec![Key::Appointment(row.id.clone())],
            })
            .collect();
        let first = keys.clone();
        let load = Load::of(keys).then(move |loaded| {
            let lead = |key: &Key| if let Key::Lead(lead) = key { loaded.lead(*lead) } else { None };
            let reads = self.call.scope.needs(Right::ReadLeads).is_ok();
            let without_contact = first.iter().filter_map(lead).filter(|lead| lead.contacts.is_empty() && reads);
            let enquiries: Vec<LeadId> = without_contact.map(|lead| lead.id).collect();
            let enquiries = enquiries.into_iter().map(|lead| enquiry_key(loaded, lead));
            loaded.appointments_of(&first).into_iter().chain(enquiries).collect()
        });
        platform.store.load(&self.call.scope, &load).await
    }

    /// Whether the reader may see leads of `owner`. The contact centre sees none.
    fn sees_lead_of(&self, owner: Option<&UserId>) -> bool {
        let Call { scope, now, .. } = self.call;
        scope.needs(Right::ReadLeads).is_ok() && scope.sees_leads_of(owner, &self.dealer.settings, *now)
    }

    /// Returns an event if it matches and the reader may see it, as the calendar shows it, or its appointment (ACC-1). `None` if the lead
    /// has moved to another dealer, or the event to another time.
    fn event(&self, row: &EventRow, loaded: &Loaded) -> Option<DiaryEntryView> {
        let Call { scope, now, .. } = self.call;
        let lead = loaded.lead(row.lead).filter(|lead| lead.dealer == self.dealer.id)?;
        let event = loaded.event(row.lead, &row.id).filter(|event| event.at == row.at)?;
        let user = event.user.as_ref().or(lead.owner.as_ref());
        let is_deleted = matches!(event.state, EventState::Deleted(_));
        if self.person.is_some_and(|person| user != Some(person)) || (is_deleted && !self.deleted) {
            return None;
        }
        let appointment = loaded.appointment(&event.appointment_id()).filter(|_| event.is_appointment());
        let unmarked = appointment.is_some_and(|appointment| appointment.is_unmarked(&self.dealer.settings, *now));
        if self.unmarked && !unmarked {
            return None;
        }
        let booked = event.booked_time(lead.owner.as_ref(), &self.dealer.settings);
        let is_asked = || scope.decides_about(&booked, event.accepted.as_ref(), &self.dealer.settings, *now);
        let decides = event.is_booking() && scope.needs(Right::ReadLeads).is_ok() && is_asked();
        let sees_lead = decides || self.sees_lead_of(lead.owner.as_ref());
        let sees_event = sees_lead || self.sees_lead_of(user);
        let visible = appointment.filter(|appointment| scope.sees_appointment(appointment, &self.dealer.settings, *now));
        let customer = if sees_event { lead.contact.clone() } else { visible?.customer.clone() };
        let serves = visible.is_some_and(|appointment| scope.sees_customer_of(appointment, &self.dealer.settings, *now));
        let of_lead = || lead.reached(enquiry_of(loaded, lead)).filter(|_| sees_lead || serves).and_then(|reached| reached.phone);
        let phone = visible.and_then(|appointment| appointment.reached.phone.clone()).or_else(of_lead);
        Some(DiaryEntryView {
            event: Some(event.id.to_string()),
            appointment: appointment.map(|appointment| appointment.id.to_string()),
            lead: Some(lead.id.to_string()),
            title: Some(event.title.clone()).filter(|_| sees_event),
            event_type: event.kind.clone(),
            kind: appointment.map(|appointment| appointment.kind.name()),
            at: event.at,
            until: event.at + self.dealer.capacity().duration(&event.kind),
            state: event.state.name(),
            unmarked,
            arrived_at: appointment.and_then(arrived_at),
            customer_confirmed: appointment.and_then(customer_confirmed),
            customer,
            phone_e164: phone.as_ref().and_then(|phone| phone.e164.clone()),
            phone: phone.map(|Phone { typed, .. }| typed),
            vehicle: Some(lead.vehicle.clone()).filter(|vehicle| sees_event && !vehicle.is_empty()),
            user: user.map(ToString::to_string),
        })
    }

    /// Returns an appointment that is no event of a lead, if it matches and the reader may see it (ACC-1).
    fn appointment(&self, id: &AppointmentId, range: &CalendarRange<'_>, loaded: &Loaded) -> Option<DiaryEntryView> {
        let Call { scope, now, .. } = self.call;
        let here = |appointment: &&Appointment| {
            appointment.dealer == self.dealer.id && appointment.event.is_none() && (range.from..range.until).contains(&appointment.at)
        };
        let appointment = loaded.appointment(id).filter(here)?;
        let cancelled = appointment.state.is_cancelled();
        let matches = self.person.is_none_or(|person| appointment.user.as_ref() == Some(person)) && (self.deleted || !cancelled);
        let unmarked = appointment.is_unmarked(&self.dealer.settings, *now);
        if !matches || (self.unmarked && !unmarked) || !scope.sees_appointment(appointment, &self.dealer.settings, *now) {
            return None;
        }
        let event_type = appointment.kind.event_type();
        Some(DiaryEntryView {
            event: None,
            appointment: Some(appointment.id.to_string()),
            lead: appointment.lead.map(|lead| lead.to_string()),
            title: None,
            event_type: event_type.to_owned(),
            kind: Some(appointment.kind.name()),
            at: appointment.at,
            until: appointment.at + self.dealer.capacity().duration(event_type),
            state: event_state(appointment),
            unmarked,
            arrived_at: arrived_at(appointment),
            customer_confirmed: customer_confirmed(appointment),
            customer: appointment.customer.clone(),
            phone: appointment.reached.phone.as_ref().map(|phone| phone.typed.clone()),
            phone_e164: appointment.reached.phone.as_ref().and_then(|phone| phone.e164.clone()),
            vehicle: None,
            user: appointment.user.as_ref().map(ToString::to_string),
        })
    }

    /// Returns the dealer's days off and the absences of the users whose work the reader sees, ordered by time.
    fn all_day(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<AllDayView> {
        let (settings, calendar) = (&self.dealer.settings, &self.dealer.settings.calendar);
        let days_off = calendar.days_off().iter().filter_map(|day| {
            let after = day.to.unwrap_or(day.from).succ_opt()?;
            let (from, until) = (calendar.begins(day.from)?, calendar.begins(after)?);
            Some(AllDayView { kind: "day_off", title: Some(day.name.clone()), user: None, from, until })
        });
        let Call { scope, now, .. } = self.call;
        let sees = |user: &UserId| self.person.is_none_or(|person| user == person) && scope.sees_leads_of(Some(user), settings, *now);
        let absences = settings.members.iter().filter(|member| sees(&member.user)).flat_map(|member| {
            let user = member.user.to_string();
            let absence = move |(from, until)| AllDayView { kind: "absence", title: None, user: Some(user.clone()), from, until };
            member.absences.iter().map(|absence| (absence.from, absence.until)).map(absence)
        });
        let mut all: Vec<AllDayView> = days_off.chain(absences).filter(|mark| mark.from < until && mark.until > from).collect();
        all.sort_by(|a, b| (a.from, &a.user, &a.title).cmp(&(b.from, &b.user, &b.title)));
        all
    }
}

fn arrived_at(appointment: &Appointment) -> Option<DateTime<Utc>> {
    appointment.arrived.as_ref().map(|arrival| arrival.at)
}

fn customer_confirmed(appointment: &Appointment) -> Option<CustomerConfirmedView> {
    appointment.customer_confirmed.as_ref().map(CustomerConfirmedView::of)
}
