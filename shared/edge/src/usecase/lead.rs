//! Changing a lead: the same steps for every change, and one rule each.

use crate::Platform;
use crate::http::{Call, Problem, Request, remembered, request};
use crate::routes::Operation;
use forecourt_domain::base::{EventId, LeadId, Refusal, Right, TaskId, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::appointment::followed;
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::{Asks, Day};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What a rule is asked about.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The lead.
    pub lead: &'a Lead,
    /// Its dealer.
    pub dealer: &'a Dealer,
    /// What was read besides.
    pub loaded: &'a Loaded,
}

/// Loads the lead `id`, its dealer and what `also` names, insists on `right`, and carries `rule` out, once for each `Idempotency-Key` that is
/// remembered. Returns what `shown` makes of it: of the lead as it is then, and what was decided, if it was now.
///
/// # Errors
/// What stands in the way, as a problem.
pub async fn change<A>(
    platform: &Platform,
    call: &Call,
    id: LeadId,
    right: Right,
    also: &(dyn Fn(&Loaded) -> Vec<Key> + Send + Sync),
    rule: impl Fn(Asked<'_>) -> Result<Option<Decision>, Refusal>,
    shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
) -> Result<A, Problem> {
    let (answer, again) = carry_out(platform, call, id, right, also, rule, shown).await?;
    call.note_repeat(again);
    Ok(answer)
}

/// As [`change`], to make what stands under `makes`, whose name follows from the `Idempotency-Key` ([`new_name`]). Where it is there already,
/// the request is a repeat that is remembered no more: what was made is shown as it is, and not made anew.
///
/// # Errors
/// What stands in the way, as a problem.
pub async fn make<A>(
    platform: &Platform,
    call: &Call,
    id: LeadId,
    makes: Key,
    also: &(dyn Fn(&Loaded) -> Vec<Key> + Send + Sync),
    rule: impl Fn(Asked<'_>) -> Result<Decision, Refusal>,
    shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
) -> Result<A, Problem> {
    let also = |loaded: &Loaded| also(loaded).into_iter().chain([makes.clone()]).collect();
    let rule = |asked: Asked<'_>| if asked.loaded.stored(&makes).is_some() { Ok(None) } else { rule(asked).map(Some) };
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| (shown(lead, decision, loaded), decision.is_none());
    let ((answer, known), again) = carry_out(platform, call, id, Right::WorkLeads, &also, rule, shown).await?;
    call.note_repeat(again || known);
    Ok(answer)
}

/// Returns besides whether it had been done before.
async fn carry_out<A>(
    platform: &Platform,
    call: &Call,
    id: LeadId,
    right: Right,
    also: &(dyn Fn(&Loaded) -> Vec<Key> + Send + Sync),
    rule: impl Fn(Asked<'_>) -> Result<Option<Decision>, Refusal>,
    shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
) -> Result<(A, bool), Problem> {
    let asked = Change::of(platform, call, id, right)?;
    let one = [id];
    let load = unit(platform, call, &one, |_, loaded| also(loaded));
    let changed = platform.store.decide(&call.scope, load, |loaded, _| asked.judged(loaded, &rule, &shown));
    Ok(changed.await?)
}

/// What a unit of `leads` has: each with its dealer and what `also` names for it, with the appointments that events among these are, and
/// what is remembered of the request.
fn unit<'a>(
    platform: &Platform,
    call: &Call,
    leads: &'a [LeadId],
    also: impl Fn(LeadId, &Loaded) -> Vec<Key> + Send + Sync + 'a,
) -> Load<'a> {
    // What the change needs besides, and the dealers of the asker, which nearly always include the lead's, spare a second read.
    let likely = call.scope.dealers().take(3).cloned().map(Key::Dealer);
    let first = |id: &LeadId| {
        let remembered = request(platform, call, *id).map(|request| request.remembered_at());
        [Key::Lead(*id)].into_iter().chain(remembered).chain(also(*id, &Loaded::default())).collect::<Vec<_>>()
    };
    let first: Vec<Key> = leads.iter().flat_map(first).collect();
    Load::of(first.into_iter().chain(likely)).then(move |loaded| {
        let of = |id: &LeadId| {
            let also = also(*id, loaded);
            let appointments = loaded.appointments_of(&also);
            let dealer = loaded.lead(*id).map(|lead| Key::Dealer(lead.dealer.clone()));
            dealer.into_iter().chain(also).chain(appointments).collect::<Vec<_>>()
        };
        leads.iter().flat_map(of).collect()
    })
}

/// A change of a lead that somebody asks for.
struct Change<'a> {
    call: &'a Call,
    id: LeadId,
    right: Right,
    seen: Option<Vec<u64>>,
    request: Option<Request>,
}

impl<'a> Change<'a> {
    fn of(platform: &Platform, call: &'a Call, id: LeadId, right: Right) -> Result<Self, Problem> {
        call.scope.needs(right)?;
        let seen = call.if_match()?.filter(|_| !call.operation.is_of_element());
        Ok(Self { call, id, right, seen, request: request(platform, call, id) })
    }

    /// Insists on the right, and asks `rule` unless the request is remembered. Returns besides whether it had been done before.
    fn judged<A>(
        &self,
        loaded: &Loaded,
        rule: impl FnOnce(Asked<'_>) -> Result<Option<Decision>, Refusal>,
        shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
    ) -> Result<(Option<Decision>, (A, bool)), Refusal> {
        let Self { call, id, right, seen, request } = self;
        let (lead, dealer) = found(loaded, *id)?;
        // A repeat is answered even where the request itself put the lead out of the asker's reach, as long as nothing has happened since; its
        // key names the asker.
        if let Some(request) = request
            && let Some(version) = request.done(loaded, call.now)?
        {
            if version != lead.version && !is_given(call, lead, dealer, loaded) {
                call.scope.needs_on(*right, lead, &dealer.settings, call.now)?;
            }
            return Ok((None, (shown(lead, None, loaded), true)));
        }
        if !is_given(call, lead, dealer, loaded) {
            call.scope.needs_on(*right, lead, &dealer.settings, call.now)?;
        }
        if seen.as_ref().is_some_and(|seen| !seen.contains(&lead.version)) {
            return Err(Refusal::Stale { current: lead.version });
        }
        let followed = |decision: Decision| {
            // What goes to another dealer goes by that one's hours and settings.
            let to = decision.lead().and_then(|lead| loaded.dealer(&lead.dealer)).unwrap_or(dealer);
            followed(decision, lead, to, |id| loaded.appointment(id), call.now)
        };
        let decision = rule(Asked { lead, dealer, loaded })?.map(followed);
        let answer = shown(decision.as_ref().and_then(Decision::lead).unwrap_or(lead), decision.as_ref(), loaded);
        let decision = remembered(request.as_ref(), decision, lead.version, call.now);
        Ok((decision, (answer, false)))
    }
}

/// Most items that leads which change together are to have: the rest of the hundred of a commit is for the webhooks that are told of them.
const TOGETHER: usize = 84;

/// As [`make`], for several leads in one commit, each judged as if it were alone and after those before it. `rule` gets the days of people as
/// those before it leave them. Returns what became of the first of them, at least one: as many as fit into a commit.
///
/// # Errors
/// When nothing was decided: none of them is changed then.
pub async fn make_together<A>(
    platform: &Platform,
    call: &Call,
    leads: &[LeadId],
    makes: impl Fn(LeadId) -> Key + Send + Sync,
    also: impl Fn(LeadId, &Loaded) -> Vec<Key> + Send + Sync,
    rule: impl Fn(Asked<'_>, Asks<'_>) -> Result<Decision, Refusal>,
    shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
) -> Result<Vec<Result<A, Problem>>, Problem> {
    let asked = leads.iter().map(|id| Change::of(platform, call, *id, Right::WorkLeads)).collect::<Result<Vec<_>, _>>()?;
    let also = |id, loaded: &Loaded| also(id, loaded).into_iter().chain([makes(id)]).collect();
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| (shown(lead, decision, loaded), decision.is_none());
    // They are many, and nobody waits who could try one of them again.
    let load = unit(platform, call, leads, also).patiently();
    let changed = platform.store.decide(&call.scope, load, |loaded, _| {
        let (mut together, mut days) = (Decision::default(), BTreeMap::new());
        let mut answers = Vec::new();
        for one in &asked {
            let day = |user: &UserId, date| days.get(&(user.clone(), date)).cloned().or_else(|| loaded.day(user, date));
            let rule = |asked: Asked<'_>| match loaded.stored(&makes(one.id)) {
                Some(_) => Ok(None),
                None => rule(asked, &day).map(Some),
            };
            let judged = one.judged(loaded, rule, shown);
            let items = judged.as_ref().map_or(0, |(decision, _)| decision.as_ref().map_or(0, |decision| decision.items.len()));
            if !answers.is_empty() && together.items.len() + days.len() + items > TOGETHER {
                break;
            }
            answers.push(judged.map_err(Problem::from).map(|(decision, answer)| {
                for item in decision.into_iter().flat_map(|decision| decision.items) {
                    match item {
                        Item::Day(day) => drop(days.insert((day.user.clone(), day.date), day)),
                        item => together.items.push(item),
                    }
                }
                answer
            }));
        }
        together.items.extend(days.into_values().map(Item::Day));
        Ok((Some(together).filter(|together| !together.items.is_empty()), answers))
    });
    let answers = changed.await?.into_iter().map(|answer| {
        answer.map(|((answer, known), again)| {
            call.note_repeat(again || known);
            answer
        })
    });
    Ok(answers.collect())
}

/// Whether it is about a task that was given to the asker, who works it whosever the lead is (LEAD-4); or completes, misses or moves an event that was given to
/// somebody whose work is the asker's to see (CAL-4). Only who sees the lead calls one off.
fn is_given(call: &Call, lead: &Lead, dealer: &Dealer, loaded: &Loaded) -> bool {
    let task = call.part::<TaskId>("task", "task").ok().and_then(|id| loaded.task(lead.id, &id));
    let own = task.is_some_and(|task| task.is_given_to(call.scope.user_id()) && call.scope.reaches(&task.dealer).is_ok());
    let worked = matches!(call.operation, Operation::CompleteEvent | Operation::NoShowEvent | Operation::RescheduleEvent);
    let event = call.part::<EventId>("event", "event").ok().filter(|_| worked).and_then(|id| loaded.event(lead.id, &id));
    own || event.is_some_and(|event| sees_given(call, dealer, event.user.as_ref()))
}

/// Whether what was given to `user` at `dealer` is the asker's to see: their own, or that of users they supervise or deputise for (ACC-1).
fn sees_given(call: &Call, dealer: &Dealer, user: Option<&UserId>) -> bool {
    user.is_some() && call.scope.reaches(&dealer.id).is_ok() && call.scope.sees_leads_of(user, &dealer.settings, call.now)
}

/// Insists that the asker may read what was given to `user` for a lead: with the lead, or as what is theirs, or that of users they supervise or deputise for.
///
/// # Errors
/// 403 names the right; what is out of reach is not found (LEAD-9).
pub fn reads_given(call: &Call, lead: &Lead, dealer: &Dealer, user: Option<&UserId>) -> Result<(), Refusal> {
    call.scope.needs(Right::ReadLeads)?;
    if sees_given(call, dealer, user) {
        return Ok(());
    }
    call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now)
}

/// The days of people that `rule` asks for, which is to be asked again with what is stored: it asks for the same whatever is on them (CAL-7).
pub fn days_of<T>(rule: impl FnOnce(Asks<'_>) -> T) -> Vec<Key> {
    let asked = RefCell::new(Vec::new());
    rule(&|user: &UserId, date| {
        asked.borrow_mut().push(Key::Day(user.clone(), date));
        Some(Day::empty(user.clone(), date))
    });
    asked.into_inner()
}

/// The lead and its dealer.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn found(loaded: &Loaded, id: LeadId) -> Result<(&Lead, &Dealer), Refusal> {
    let lead = loaded.lead(id).ok_or(Refusal::NotFound("lead"))?;
    let dealer = loaded.dealer(&lead.dealer).ok_or(Refusal::NotFound("lead"))?;
    Ok((lead, dealer))
}

/// The entry that holds the enquiry of a lead in its latest state: the first, unless it is known better.
pub fn described(loaded: &Loaded, lead: LeadId) -> Key {
    Key::Entry(lead, loaded.lead(lead).and_then(|lead| lead.described).unwrap_or(1))
}

/// The enquiry of a lead in its latest state, where its entry was read ([`described`]).
pub fn enquiry_of<'a>(loaded: &'a Loaded, lead: &Lead) -> Option<&'a Enquiry> {
    loaded.entry(lead.id, lead.described.unwrap_or(1))?.enquiry()
}

/// The version of `lead` that this request made, now or before: the name of what it made ([`forecourt_domain::base::numbered`]).
pub fn made(platform: &Platform, call: &Call, lead: LeadId, decision: Option<&Decision>, loaded: &Loaded) -> Option<u64> {
    match decision.and_then(Decision::lead) {
        Some(lead) => Some(lead.version),
        None => request(platform, call, lead)?.done(loaded, call.now).ok()?,
    }
}

/// The lead as it was read, if the asker may see it; its dealer's settings may be a minute old.
///
/// # Errors
/// 403 names the right; a lead that is not there or out of reach is not found.
pub async fn readable<'a>(platform: &Platform, call: &Call, lead: Option<&'a Lead>) -> Result<&'a Lead, Problem> {
    let lead = lead.ok_or(Refusal::NotFound("lead"))?;
    let dealer = platform.store.dealer(&call.scope, &lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now)?;
    Ok(lead)
}
