//! The follow-up tab: set, move, meet and delete deadlines, and record whether contact was made (LEAD-6).

use super::change;
use crate::page::LeadView;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DeadlineId, Fault, LeadId, ReactionKind, Refusal, Right, numbered};
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::{FIRST_CONTACT, Lead};
use forecourt_domain::rules::lead::first_contact;
use forecourt_domain::rules::lead::reaction::{self, Logged};
use forecourt_domain::rules::lead::target::{self, DeadlineChange};
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text, note, time};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest, made};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;
use serde::Deserialize;
use utoipa::ToSchema;

/// A deadline: a target without start or duration (LEAD-6).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"title": "Send the finance offer", "at": "2026-11-25T17:00:00+01:00"}))]
pub struct TargetBody {
    /// Title, up to 100 characters. The first-contact deadline has none.
    #[schema(value_type = String, max_length = 100)]
    title: Loose<Text>,
    /// When it is due, RFC 3339: in the future and within ten years.
    #[schema(value_type = String)]
    at: Loose<Text>,
}

/// The completion of a deadline or a task.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MetBody {
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// Whether contact was made.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"made": true, "note": "comes by on Friday"}))]
pub struct ContactMadeBody {
    /// `true` stops the response clock (ESC-7); `false` does not.
    #[schema(value_type = bool)]
    made: Loose<bool>,
    /// `true` if the customer called or came in. In a pool with `oldest_only` such a lead can be claimed although it is not the oldest
    /// (DIS-8).
    #[schema(value_type = Option<bool>)]
    inbound: Loose<bool>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

impl TargetBody {
    fn check(self) -> Result<DeadlineChange, Refusal> {
        let mut faults = Vec::new();
        let wanted = DeadlineChange { title: self.title.text("title", &mut faults), at: time(self.at, "at", "LEAD-6", &mut faults) };
        if faults.is_empty() { Ok(wanted) } else { Err(Refusal::Invalid(faults)) }
    }
}

impl MetBody {
    pub(crate) fn check(self) -> Result<Option<String>, Refusal> {
        let mut faults = Vec::new();
        let note = note(self.note, "note", &mut faults);
        if faults.is_empty() { Ok(note) } else { Err(Refusal::Invalid(faults)) }
    }
}

impl ContactMadeBody {
    fn check(self) -> Result<(Logged, Option<String>), Refusal> {
        let mut faults = Vec::new();
        let note = note(self.note, "note", &mut faults);
        let made = self.made.take("made", "true or false", &mut faults);
        let inbound = self.inbound.take("inbound", "true or false", &mut faults) == Some(true);
        let logged = made.map(|made| match (made, inbound) {
            (true, true) => Logged::Inbound(ReactionKind::ContactMade),
            (true, false) => Logged::Reaction(ReactionKind::ContactMade),
            (false, _) => Logged::NoContact,
        });
        match logged {
            Some(logged) if faults.is_empty() => Ok((logged, note)),
            None if faults.is_empty() => Err(Refusal::field("made", "LEAD-6", "must be true or false")),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

/// `POST /leads/{id}/deadlines`.
pub(crate) async fn set(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let wanted = call.json::<TargetBody>()?.check()?;
    let rule = |context: LeadContext<'_>| target::set(context.lead, &wanted, call.scope.actor(), call.now).map(Some);
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| (lead.clone(), made(platform, call, id, decision, loaded));
    let (lead, version) = lead::change(LeadRequest::of(platform, call, id), &|_| Vec::new(), rule, shown).await?;
    let name: DeadlineId = numbered(version.unwrap_or_default());
    let answer = Answer::new(201, &LeadView::of(&lead, call.now))?.header("etag", format!("\"{}\"", lead.version));
    Ok(answer.header("location", format!("/leads/{id}/deadlines/{name}")).about(&id))
}

/// `PATCH /leads/{id}/deadlines/{deadline}`: the first-contact deadline or another. A move beyond level 2 that nobody agreed to is only
/// requested, and the status is 202 (ESC-12).
pub(crate) async fn modify(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let wanted = call.json::<TargetBody>()?.check()?;
    let further = further(call)?;
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| match &further {
        Some(id) => target::change(context.lead, id, &wanted, by.clone(), call.now),
        None => {
            let agreed = call.scope.agrees_for(context.lead, &context.dealer.settings, call.now);
            first_contact::move_to(context.input(&by, call.now), first_contact_at(&wanted)?, agreed)
        }
    };
    let id: LeadId = call.part("id", "lead")?;
    let lead = lead::change(LeadRequest::of(platform, call, id), &|_| Vec::new(), rule, |lead, _, _| lead.clone()).await?;
    let requested = lead.terms.requested.as_ref().map(|requested| requested.at);
    let status = if further.is_none() && requested.is_some() && requested == wanted.at { 202 } else { 200 };
    Ok(Answer::new(status, &LeadView::of(&lead, call.now))?.header("etag", format!("\"{}\"", lead.version)).about(&lead.id))
}

/// `POST /leads/{id}/deadlines/{deadline}/approval`: grants the requested move of the first-contact deadline (ESC-12).
pub(crate) async fn approve(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| {
        if let Some(id) = further(call)? {
            target::exists(context.lead, &id)?;
            return Err(Refusal::conflict("ESC-12", "only a move of the first-contact deadline needs an approval"));
        }
        if !call.scope.agrees_for(context.lead, &context.dealer.settings, call.now) {
            return Err(first_contact::may_not_agree(context.lead, &context.dealer.settings, call.scope.user_id(), call.now));
        }
        first_contact::grant(context.input(&by, call.now)).map(Some)
    };
    change(platform, call, Right::WorkLeads, &|_| Vec::new(), rule).await
}

fn first_contact_at(wanted: &DeadlineChange) -> Result<DateTime<Utc>, Refusal> {
    if wanted.title.is_some() {
        return Err(Refusal::Invalid(vec![Fault::new("title", "LEAD-6", "is allowed for further deadlines only")]));
    }
    wanted.at.ok_or_else(|| Refusal::field("at", "LEAD-6", "is required"))
}

/// `POST /leads/{id}/deadlines/{deadline}/completion`.
pub(crate) async fn meet(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let note = call.json::<MetBody>()?.check()?;
    let rule = |context: LeadContext<'_>| {
        let id = further(call)?.ok_or_else(|| first_contact_refused("cannot be completed; use POST /leads/{id}/contact-made"))?;
        target::meet(context.lead, &id, note.clone(), call.scope.actor(), call.now)
    };
    change(platform, call, Right::WorkLeads, &|_| Vec::new(), rule).await
}

/// `DELETE /leads/{id}/deadlines/{deadline}`.
pub(crate) async fn drop(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let lead: LeadId = call.part("id", "lead")?;
    // The timeline entry of the version in the id shows whether a deadline that is missing ever existed.
    let made = further(call).ok().flatten().and_then(|id| id.as_str().parse::<u64>().ok());
    let rule = |context: LeadContext<'_>| {
        let id = further(call)?.ok_or_else(|| first_contact_refused("cannot be deleted, only moved"))?;
        let made = made.and_then(|version| context.loaded.entry(lead, version));
        target::drop(context.lead, &id, made, call.scope.actor(), call.now)
    };
    change(platform, call, Right::WorkLeads, &|_| made.map(|version| Key::Entry(lead, version)).into_iter().collect(), rule).await
}

/// `POST /leads/{id}/contact-made` (ESC-7).
pub(crate) async fn contact_made(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (logged, note) = call.json::<ContactMadeBody>()?.check()?;
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| reaction::log(context.input(&by, call.now), logged, note.clone()).map(Some);
    change(platform, call, Right::WorkLeads, &|_| Vec::new(), rule).await
}

/// Returns the further deadline of the request. `None` if it is the first-contact deadline.
fn further(call: &Call) -> Result<Option<DeadlineId>, Refusal> {
    let id: DeadlineId = call.part("deadline", "deadline")?;
    Ok(Some(id).filter(|id| id.as_str() != FIRST_CONTACT))
}

fn first_contact_refused(why: &str) -> Refusal {
    Refusal::conflict("LEAD-6", format!("the first-contact deadline {why}"))
}
