//! The requests that order and read erasures (PRV-2).

use super::view::{ErasureLeadView, ErasurePreviewView, ErasureView, ErasuresView};
use crate::person::{self, Person, load_request, made_by, may, read_contact, read_reason};
use crate::sought::Sought;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{ContactId, LeadId, Refusal};
use forecourt_domain::privacy::{Erasure, ErasureReason};
use forecourt_domain::rules::privacy::{not_held, ordered};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem, Queries, Request, new_name, request};
use forecourt_store::keys::Key;
use forecourt_store::{Cursor, Failure, Load, Loaded};
use futures::future::try_join_all;
use serde::Deserialize;
use utoipa::ToSchema;

/// The contact to erase, named by one of its leads. The group's other leads of the contact are found by the directory.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"lead": "482-913-0576", "contact": "000001", "reason": "requested"}))]
pub struct ErasureBody {
    /// Number of a lead of the contact, with or without dashes.
    #[schema(value_type = String, example = "482-913-0576")]
    lead: Loose<Text>,
    /// Id of the contact within the lead. Required if the lead has several contacts.
    #[schema(value_type = Option<String>, example = "000001")]
    contact: Loose<Text>,
    /// `requested`, `consent_withdrawn`, `no_longer_needed` or `unlawful`.
    #[schema(value_type = String, example = "requested")]
    reason: Loose<Text>,
}

/// Number of orders on a page.
const PAGE: usize = 25;
/// The list's name in cursors.
const ORDERS: &str = "erasures";
/// How often an order is decided anew because the directory has changed meanwhile.
const ATTEMPTS: usize = 4;
/// The number of leads whose appointments are counted at once.
const TOGETHER: usize = 8;
/// The number of pages of the lists of appointments that a dry run reads. A page has up to a megabyte.
const MOST_PAGES: usize = 60;
const RULE: &str = "PRV-2";

impl ErasureBody {
    fn check(self) -> Result<(LeadId, Option<ContactId>, ErasureReason), Refusal> {
        let mut faults = Vec::new();
        let (lead, contact) = read_contact(self.lead, self.contact, RULE, &mut faults);
        let reason = read_reason(self.reason, &ErasureReason::NAMES, RULE, &mut faults);
        match lead.zip(reason) {
            Some((lead, reason)) if faults.is_empty() => Ok((lead, contact, reason)),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

/// `POST /erasures`: shows what an erasure would erase, or orders it. The same `Idempotency-Key` again returns the order in its current
/// state (INT-5).
pub(crate) async fn order(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let mut queries = Queries::of(call, RULE);
    let dry_run = queries.parse("dry_run", "true or false").unwrap_or(false);
    queries.done()?;
    let (lead, contact, reason) = call.json::<ErasureBody>()?.check()?;
    if dry_run {
        let person = person::find(platform, &call.scope, (lead, contact), RULE).await?;
        not_held(&order_of(call, &person, (String::new(), reason))?, &platform.store.legal_holds(&call.scope).await?)?;
        return Ok(Answer::new(200, &preview(platform, call, &person).await?)?.about(&lead));
    }
    let request = request(platform, call, "erasures");
    let loaded = platform.store.load(&call.scope, &load_request(request.as_ref(), call.now, Key::Erasure)).await?;
    if let Some(known) = made_by(request.as_ref(), &loaded, call.now)?.and_then(|id| loaded.erasure(id)) {
        call.note_repeat(true);
        return accepted(known);
    }
    let id = Erasure::id_of(call.now, &new_name(platform, call, lead, "erasure"));
    for _ in 0..ATTEMPTS {
        let person = person::find(platform, &call.scope, (lead, contact.clone()), RULE).await?;
        let order = order_of(call, &person, (id.clone(), reason))?;
        not_held(&order, &platform.store.legal_holds(&call.scope).await?)?;
        if let Some((order, again)) = store(platform, (call, request.as_ref()), &person, order).await? {
            call.note_repeat(again);
            return accepted(&order);
        }
    }
    Err(Failure::Contended.into())
}

/// Returns the order to erase a person.
fn order_of(call: &Call, person: &Person, (id, reason): (String, ErasureReason)) -> Result<Erasure, Refusal> {
    let dealer = person.leads.first().map(|(lead, _)| lead.dealer.clone()).ok_or(Refusal::NotFound("lead"))?;
    let targets = person.leads.iter().map(|(_, target)| target.clone()).collect();
    let order = Erasure::new(id, (call.scope.actor(), call.now, reason), dealer, targets);
    let Person { channels, unreadable, searches, .. } = person;
    let order = Erasure { channels: channels.clone(), unreadable: unreadable.clone(), searches: *searches, ..order };
    Ok(Erasure { shared_record: person.shared_record(), ..order })
}

/// Stores an order with its request, and makes the directory forget the contact in the same commit. Returns also whether the request is a
/// repeat. `None` if the directory has changed since it was read.
async fn store(
    platform: &Platform,
    (call, request): (&Call, Option<&Request>),
    person: &Person,
    order: Erasure,
) -> Result<Option<(Erasure, bool)>, Failure> {
    let record = person.record.iter().map(|record| Key::Channel(record.id.clone()));
    let keys = order.channels.iter().cloned().map(Key::Channel).chain(record);
    let keys = keys.chain(order.marked().map(Key::Lead));
    let load = load_request(request, call.now, Key::Erasure).with([Key::Erasure(order.id.clone())].into_iter().chain(keys));
    let rule = |loaded: &Loaded, _| {
        let known = made_by(request, loaded, call.now)?.and_then(|id| loaded.erasure(id));
        if let Some(known) = known.or_else(|| loaded.erasure(&order.id)) {
            return Ok((None, Some((known.clone(), true))));
        }
        let current = person.record.as_ref().map(|record| forecourt_edge::usecase::directory::record(loaded, &record.id));
        if current.is_some_and(|current| current != person.record) {
            return Ok((None, None));
        }
        let known = order.channels.iter().filter(|key| loaded.channel(key).is_some());
        let shared = person.record.as_ref().filter(|_| person.is_shared);
        let decision = ordered(order.clone(), known, shared, order.marked().filter_map(|lead| loaded.lead(lead)));
        let decision = match request {
            Some(request) => request.answering(decision, order.id.clone(), call.now),
            None => decision,
        };
        Ok((Some(decision), Some((order.clone(), false))))
    };
    platform.store.decide(&call.scope, load, rule).await
}

fn accepted(order: &Erasure) -> Result<Answer, Problem> {
    let answer = Answer::new(202, &ErasureView::of(order))?.header("location", format!("/erasures/{}", order.id));
    Ok(answer.about(&order.id))
}

async fn preview(platform: &Platform, call: &Call, person: &Person) -> Result<ErasurePreviewView, Failure> {
    let ids: Vec<LeadId> = person.leads.iter().map(|(lead, _)| lead.id).collect();
    let mut events = Vec::new();
    for some in ids.chunks(TOGETHER) {
        events.extend(try_join_all(some.iter().copied().map(|id| platform.store.events(&call.scope, id)).collect::<Vec<_>>()).await?);
    }
    let shared: Vec<ErasureLeadView> = person.leads.iter().map(|(lead, target)| ErasureLeadView::of(lead, target)).collect();
    let number = |all: usize| u32::try_from(all).unwrap_or(u32::MAX);
    let appointments = || events.iter().flatten().filter(|event| event.is_appointment());
    let ends = |lead: &LeadId| shared.iter().any(|view| !view.shared && view.id == lead.to_string());
    let to_come = appointments().filter(|event| event.state.ended().is_none() && event.at > call.now && ends(&event.lead));
    let (without_lead, more_appointments) = without_lead(platform, call, person).await?;
    let cancelled = without_lead.iter().filter(|one| one.at > call.now && !one.state.is_cancelled());
    Ok(ErasurePreviewView {
        appointments: number(appointments().count() + without_lead.len()),
        cancelled: number(to_come.count() + cancelled.count()),
        more_appointments,
        documents: person.leads.iter().map(|(lead, _)| lead.counts.documents).sum(),
        searches: person.searches,
        leads: shared,
    })
}

/// Returns the appointments of a person that belong to no lead of the order, and whether there may be more.
async fn without_lead(platform: &Platform, call: &Call, person: &Person) -> Result<(Vec<Appointment>, bool), Failure> {
    let (record, scope) = (person.shared_record(), &call.scope);
    let sought = Sought { platform, scope, channels: &person.channels, shared_record: record.as_ref(), ordered: call.now, now: call.now };
    let is_of_lead = |appointment: &Appointment| person.leads.iter().any(|(lead, _)| appointment.lead == Some(lead.id));
    let wanted = |dealer: &Dealer, appointment: &Appointment| sought.is_customer(dealer, appointment) && !is_of_lead(appointment);
    sought.latest_appointments(MOST_PAGES, wanted).await
}

/// `GET /erasures`.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let mut queries = Queries::of(call, RULE);
    let limit = queries.limit(PAGE);
    let before = queries.cursor(ORDERS, Erasure::is_id);
    queries.done()?;
    let mut found = platform.store.erasures(&call.scope, before.as_deref(), limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let cursor = found.last().filter(|_| more).map(|last| Cursor::new(ORDERS, &last.id).encode());
    Ok(Answer::new(200, &ErasuresView { erasures: found.iter().map(ErasureView::of).collect(), cursor })?)
}

/// `GET /erasures/{erasure}`.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let missing = || Refusal::NotFound("erasure");
    let id = call.part::<String>("erasure", "erasure").ok().filter(|id| Erasure::is_id(id)).ok_or_else(missing)?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Erasure(id.clone())])).await?;
    Ok(Answer::new(200, &ErasureView::of(loaded.erasure(&id).ok_or_else(missing)?))?.about(&id))
}
