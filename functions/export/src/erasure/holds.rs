//! Legal holds: requests that place, read and lift them (PRV-5).
//!
//! A hold is stored together with its marks on the first leads, and then shown on the others. A request that ended in between is completed
//! by its repeat; the stored hold forbids erasures from the beginning. If an erasure was faster on one of the leads, the answer is 409.

use crate::person::{self, load_request, made_by, may, read_contact, read_reason};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{ContactId, LeadId, Refusal};
use forecourt_domain::lead::HoldReason;
use forecourt_domain::privacy::{Erasure, LegalHold};
use forecourt_domain::rules::privacy::{lifted, not_erased, placed_on, shown_on};
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem, Queries, new_name, request};
use forecourt_store::keys::Key;
use forecourt_store::{Cursor, Failure, Load, Loaded};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Number of holds on a page.
const PAGE: usize = 25;
/// Number of leads that are marked in the transaction that stores a hold. A transaction has at most 100 items.
const MARKED: usize = 40;
/// The list's name in cursors.
const HOLDS: &str = "legal-holds";
/// The rule by which a body names a contact, as for an erasure.
const CONTACT: &str = "PRV-2";

/// A legal hold on a lead, or on a contact with all leads of the group.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"lead": "482-913-0576", "contact": "000001", "reason": "legal_claim"}))]
pub struct LegalHoldBody {
    /// Number of the lead, with or without dashes.
    #[schema(value_type = String, example = "482-913-0576")]
    lead: Loose<Text>,
    /// Id of a contact within the lead: holds all leads of this contact, also those to come. Absent: holds this lead only.
    #[schema(value_type = Option<String>, example = "000001")]
    contact: Loose<Text>,
    /// `legal_claim`, `authority`, `accounting` or `other`.
    #[schema(value_type = String, example = "legal_claim")]
    reason: Loose<Text>,
}

/// A legal hold. It has no personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct LegalHoldView {
    /// Id of the hold.
    pub id: String,
    /// `standing` or `lifted`.
    pub state: &'static str,
    /// `lead`: it holds one lead. `contact`: it holds all leads of a contact, also those to come.
    pub holds: &'static str,
    /// `legal_claim`, `authority`, `accounting` or `other`.
    pub reason: &'static str,
    /// Who placed it.
    pub placed_by: String,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// Who lifted it; absent while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted_by: Option<String>,
    /// When it was lifted; absent while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted_at: Option<DateTime<Utc>>,
    /// Numbers of the leads when it was placed, in the form that people read out.
    pub leads: Vec<String>,
}

/// A page of the group's legal holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct LegalHoldsView {
    /// The holds, the latest first.
    pub holds: Vec<LegalHoldView>,
    /// Cursor of the next page; `null` on the last page.
    pub cursor: Option<String>,
}

impl LegalHoldView {
    fn of(hold: &LegalHold) -> Self {
        Self {
            id: hold.id.clone(),
            state: if hold.stands() { "standing" } else { "lifted" },
            holds: if hold.channels.is_empty() { "lead" } else { "contact" },
            reason: hold.reason.name(),
            placed_by: hold.by.to_string(),
            placed_at: hold.at,
            lifted_by: hold.lifted.as_ref().map(|end| end.by.to_string()),
            lifted_at: hold.lifted.as_ref().map(|end| end.at),
            leads: hold.leads.iter().map(|lead| lead.spoken()).collect(),
        }
    }
}

impl LegalHoldBody {
    fn check(self) -> Result<(LeadId, Option<ContactId>, HoldReason), Refusal> {
        let mut faults = Vec::new();
        let (lead, contact) = read_contact(self.lead, self.contact, CONTACT, &mut faults);
        let reason = read_reason(self.reason, &HoldReason::NAMES, CONTACT, &mut faults);
        match lead.zip(reason) {
            Some((lead, reason)) if faults.is_empty() => Ok((lead, contact, reason)),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

/// `POST /legal-holds`. The same `Idempotency-Key` again returns the hold in its current state (INT-5).
pub(crate) async fn place(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let (lead, contact, reason) = call.json::<LegalHoldBody>()?.check()?;
    let request = request(platform, call, "legal-holds");
    let first = || load_request(request.as_ref(), call.now, Key::LegalHold);
    let loaded = platform.store.load(&call.scope, &first()).await?;
    if let Some(known) = made_by(request.as_ref(), &loaded, call.now)?.and_then(|id| loaded.legal_hold(id)) {
        call.note_repeat(true);
        show(platform, call, known, &[]).await?;
        return answer(201, known);
    }
    let (leads, channels) = match contact {
        Some(contact) => {
            let person = person::find(platform, &call.scope, (lead, Some(contact)), CONTACT).await?;
            (person.leads.iter().map(|(lead, _)| lead.id).collect(), person.channels)
        }
        None => {
            let loaded = platform.store.load(&call.scope, &Load::of([Key::Lead(lead)])).await?;
            if loaded.lead(lead).ok_or(Refusal::NotFound("lead"))?.erased.is_some() {
                return Err(Refusal::conflict(CONTACT, "the contact of this lead was erased already").into());
            }
            (BTreeSet::from([lead]), BTreeSet::new())
        }
    };
    let id = Erasure::id_of(call.now, &new_name(platform, call, lead, "legal-hold"));
    let hold = LegalHold { id, reason, by: call.scope.actor(), at: call.now, leads, channels, lifted: None };
    let marked: Vec<LeadId> = [lead].into_iter().chain(hold.leads.iter().copied().filter(|other| *other != lead)).take(MARKED).collect();
    let rule = |loaded: &Loaded, _| {
        let known = made_by(request.as_ref(), loaded, call.now)?.and_then(|id| loaded.legal_hold(id));
        if let Some(known) = known.or_else(|| loaded.legal_hold(&hold.id)) {
            return Ok((None, (known.clone(), true)));
        }
        let decision = placed_on(&hold, marked.iter().filter_map(|lead| loaded.lead(*lead)), call.now)?;
        let decision = match &request {
            Some(request) => request.answering(decision, hold.id.clone(), call.now),
            None => decision,
        };
        Ok((Some(decision), (hold.clone(), false)))
    };
    let load = first().with([Key::LegalHold(hold.id.clone())].into_iter().chain(marked.iter().copied().map(Key::Lead)));
    let (hold, again) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(again);
    // The transaction that stored the hold has marked these.
    show(platform, call, &hold, if again { &[] } else { &marked }).await?;
    answer(201, &hold)
}

/// Shows the stored state of a hold on its leads, except on those that are `shown` already. Refuses if it stands and one of them is erased.
async fn show(platform: &Platform, call: &Call, hold: &LegalHold, shown: &[LeadId]) -> Result<(), Failure> {
    let mut refused = Ok(());
    for lead in hold.leads.iter().copied().filter(|lead| !shown.contains(lead)) {
        let rule = |loaded: &Loaded, _| {
            let Some((hold, lead)) = loaded.legal_hold(&hold.id).zip(loaded.lead(lead)) else { return Ok((None, Ok(()))) };
            let erased = if hold.stands() { not_erased(lead) } else { Ok(()) };
            Ok((shown_on(hold, lead, call.now), erased))
        };
        let erased = platform
            .store
            .decide(&call.scope, Load::of([Key::LegalHold(hold.id.clone()), Key::Lead(lead)]).with_long_retry(), rule)
            .await?;
        // The other leads show the hold also if one cannot.
        refused = refused.and(erased);
    }
    Ok(refused?)
}

fn answer(status: u16, hold: &LegalHold) -> Result<Answer, Problem> {
    let answer = Answer::new(status, &LegalHoldView::of(hold))?;
    Ok(if status == 201 { answer.header("location", format!("/legal-holds/{}", hold.id)) } else { answer }.about(&hold.id))
}

/// Returns the id of the hold that the path names.
fn id_of(call: &Call) -> Result<String, Refusal> {
    call.part::<String>("hold", "legal hold").ok().filter(|id| Erasure::is_id(id)).ok_or(Refusal::NotFound("legal hold"))
}

/// `GET /legal-holds`.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let mut queries = Queries::of(call, "PRV-5");
    let limit = queries.limit(PAGE);
    let before = queries.cursor(HOLDS, Erasure::is_id);
    queries.done()?;
    let mut found = platform.store.listed_legal_holds(&call.scope).await?;
    found.retain(|hold| before.as_ref().is_none_or(|before| hold.id < *before));
    let more = found.len() > limit;
    found.truncate(limit);
    let cursor = found.last().filter(|_| more).map(|last| Cursor::new(HOLDS, &last.id).encode());
    Ok(Answer::new(200, &LegalHoldsView { holds: found.iter().map(LegalHoldView::of).collect(), cursor })?)
}

/// `GET /legal-holds/{hold}`.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let id = id_of(call)?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::LegalHold(id.clone())])).await?;
    answer(200, loaded.legal_hold(&id).ok_or(Refusal::NotFound("legal hold"))?)
}

/// `DELETE /legal-holds/{hold}`. A repeat changes nothing.
pub(crate) async fn lift(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let id = id_of(call)?;
    let rule = |loaded: &Loaded, _| {
        let hold = loaded.legal_hold(&id).ok_or(Refusal::NotFound("legal hold"))?;
        let decision = lifted(hold, call.scope.actor(), call.now);
        Ok((decision, ()))
    };
    let load = || Load::of([Key::LegalHold(id.clone())]);
    platform.store.decide(&call.scope, load(), rule).await?;
    let loaded = platform.store.load(&call.scope, &load()).await?;
    let hold = loaded.legal_hold(&id).ok_or(Refusal::NotFound("legal hold"))?;
    show(platform, call, hold, &[]).await?;
    answer(200, hold)
}
