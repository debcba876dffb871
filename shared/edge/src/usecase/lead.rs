//! Changes of a lead: the same steps for every change, with one rule each.

use crate::Platform;
use crate::http::{self, Call, Problem, Request, remembered};
use crate::routes::Operation;
use crate::usecase::bulk_notices::without_notices;
use crate::usecase::pool;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Actor, EventId, LeadId, Refusal, Right, TaskId, UserId};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, Item, LeadInput};
use forecourt_domain::distribution::{LaneState, LoadLane};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::{Lead, is_pooled, not_erased};
use forecourt_domain::rules::appointment::{Sites, with_appointments};
use forecourt_domain::rules::messages::given::{is_given_notice, with_given_together};
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::{Day, LoadDay};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The input of a rule about a lead.
#[derive(Clone, Copy)]
pub struct LeadContext<'a> {
    /// The lead.
    pub lead: &'a Lead,
    /// Its dealer.
    pub dealer: &'a Dealer,
    /// All items that were read.
    pub loaded: &'a Loaded,
}

impl<'a> LeadContext<'a> {
    /// Returns the input of a domain rule.
    pub fn input(&self, by: &'a Actor, now: DateTime<Utc>) -> LeadInput<'a> {
        LeadInput { lead: self.lead, dealer: self.dealer, by, now }
    }
}

/// A request to change a lead.
#[derive(Clone, Copy)]
pub struct LeadRequest<'a> {
    /// The platform.
    pub platform: &'a Platform,
    /// The request.
    pub call: &'a Call,
    /// The lead to change.
    pub id: LeadId,
    /// The right that the change requires.
    pub right: Right,
}

impl<'a> LeadRequest<'a> {
    /// Creates a request that requires the right to work leads.
    pub fn of(platform: &'a Platform, call: &'a Call, id: LeadId) -> Self {
        Self { platform, call, id, right: Right::WorkLeads }
    }
}

/// Changes a lead: loads it with its dealer and the items in `also`, checks the right, and applies `rule` once per `Idempotency-Key`.
/// Returns the result of `shown` for the lead after the change and the decision; the decision is `None` if nothing changed or the request
/// is a repeat.
///
/// # Errors
/// The refusal or failure as a problem.
pub async fn change<A>(
    request: LeadRequest<'_>,
    also: &(dyn Fn(&Loaded) -> Vec<Key> + Send + Sync),
    rule: impl Fn(LeadContext<'_>) -> Result<Option<Decision>, Refusal>,
    shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
) -> Result<A, Problem> {
    let (answer, again) = carry_out(request, also, rule, shown).await?;
    request.call.note_repeat(again);
    Ok(answer)
}

/// As [`change`], for a change that creates the item `makes`, whose id follows from the `Idempotency-Key` ([`crate::http::new_name`]). If
/// the item exists, the request is a repeat that is no longer stored: the item is shown and not created again.
///
/// # Errors
/// As [`change`].
pub async fn make<A>(
    request: LeadRequest<'_>,
    makes: Key,
    also: &(dyn Fn(&Loaded) -> Vec<Key> + Send + Sync),
    rule: impl Fn(LeadContext<'_>) -> Result<Decision, Refusal>,
    shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
) -> Result<A, Problem> {
    let also = |loaded: &Loaded| also(loaded).into_iter().chain([makes.clone()]).collect();
    let rule = |context: LeadContext<'_>| if context.loaded.holds(&makes) { Ok(None) } else { rule(context).map(Some) };
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| (shown(lead, decision, loaded), decision.is_none());
    let ((answer, known), again) = carry_out(request, &also, rule, shown).await?;
    request.call.note_repeat(again || known);
    Ok(answer)
}

/// Returns also whether the request is a repeat.
async fn carry_out<A>(
    LeadRequest { platform, call, id, right }: LeadRequest<'_>,
    also: &(dyn Fn(&Loaded) -> Vec<Key> + Send + Sync),
    rule: impl Fn(LeadContext<'_>) -> Result<Option<Decision>, Refusal>,
    shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
) -> Result<(A, bool), Problem> {
    let change = Change::of(platform, call, id, right)?;
    let one = [id];
    let load = unit(platform, call, &one, |_, loaded| also(loaded));
    // Many changes of a bulk action contend.
    let load = if call.is_in_bulk() { load.with_long_retry() } else { load };
    let changed = platform.store.decide(&call.scope, load, |loaded, _| change.judged(loaded, &rule, &shown));
    Ok(changed.await?)
}

/// Returns the unit of `leads`: each with its dealer, the items in `also`, the appointments of the events among these, and the stored
/// request.
fn unit<'a>(
    platform: &Platform,
    call: &Call,
    leads: &'a [LeadId],
    also: impl Fn(LeadId, &Loaded) -> Vec<Key> + Send + Sync + 'a,
) -> Load<'a> {
    // The sender's dealers nearly always include the lead's dealer. Reading them and the items in `also` at once spares a second read.
    let likely = call.scope.dealers().take(3).cloned().map(Key::Dealer);
    let first = |id: &LeadId| {
        let remembered = http::request(platform, call, *id).map(|request| request.remembered_at());
        [Key::Lead(*id)].into_iter().chain(remembered).chain(also(*id, &Loaded::default())).collect::<Vec<_>>()
    };
    let first: Vec<Key> = leads.iter().flat_map(first).collect();
    Load::of(first.into_iter().chain(likely)).then(move |loaded| {
        let of = |id: &LeadId| {
            let also = also(*id, loaded);
            let appointments = loaded.appointments_of(&also);
            let dealer = loaded.lead(*id).map(|lead| Key::Dealer(lead.dealer.clone()));
            dealer.into_iter().chain(also).chain(appointments).chain(pool::keys(loaded, *id)).collect::<Vec<_>>()
        };
        leads.iter().flat_map(of).collect()
    })
}

/// A change of a lead, with the parts of the request that it depends on.
struct Change<'a> {
    call: &'a Call,
    id: LeadId,
    right: Right,
    versions: Option<Vec<u64>>,
    request: Option<Request>,
}

impl<'a> Change<'a> {
    fn of(platform: &Platform, call: &'a Call, id: LeadId, right: Right) -> Result<Self, Problem> {
        call.scope.needs(right)?;
        let versions = call.if_match()?.filter(|_| !call.operation.is_of_element());
        Ok(Self { call, id, right, versions, request: http::request(platform, call, id) })
    }

    /// Checks the right and applies `rule`, unless the request is a repeat. Returns also whether it is one.
    fn judged<A>(
        &self,
        loaded: &Loaded,
        rule: impl FnOnce(LeadContext<'_>) -> Result<Option<Decision>, Refusal>,
        shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
    ) -> Result<(Option<Decision>, (A, bool)), Refusal> {
        let Self { call, id, right, versions, request } = self;
        let (lead, dealer) = found(loaded, *id)?;
        // A repeat is answered even if the first request put the lead out of the sender's reach, as long as the lead has not changed since.
        // The key contains the sender.
        if let Some(request) = request
            && let Some(version) = request.done(loaded, call.now)?
        {
            if call.is_in_bulk() {
                call.note_notices(request.notices(loaded, call.now));
            }
            if version != lead.version && !is_given(call, lead, dealer, loaded) {
                call.scope.needs_on(*right, lead, &dealer.settings, call.now)?;
            }
            return Ok((None, (shown(lead, None, loaded), true)));
        }
        if !is_given(call, lead, dealer, loaded) {
            call.scope.needs_on(*right, lead, &dealer.settings, call.now)?;
        }
        if versions.as_ref().is_some_and(|versions| !versions.contains(&lead.version)) {
            return Err(Refusal::Stale { current: lead.version });
        }
        let followed = |decision: Decision| {
            // A lead that moves to another dealer follows the hours and settings of that dealer.
            let to = decision.lead().and_then(|lead| loaded.dealer(&lead.dealer)).unwrap_or(dealer);
            with_appointments(decision, lead, Sites { from: dealer, to }, |id| loaded.appointment(id), call.now)
        };
        let input = LeadInput { lead, dealer, by: &call.scope.actor(), now: call.now };
        let decided = rule(LeadContext { lead, dealer, loaded })?;
        if decided.is_some() && !call.operation.only_removes() {
            not_erased(lead)?;
        }
        let decision = decided.map(|decision| pool::claimed(decision, input, loaded, &call.scope)).transpose()?.map(followed);
        let answer = shown(decision.as_ref().and_then(Decision::lead).unwrap_or(lead), decision.as_ref(), loaded);
        let decision = match request.as_ref().filter(|_| call.is_in_bulk()) {
            Some(request) => {
                let (decision, notices) = without_notices(decision.unwrap_or_default(), loaded);
                call.note_notices(notices.clone());
                Some(request.remembered_with(decision, lead.version, &notices, call.now))
            }
            None => remembered(request.as_ref(), decision, lead.version, call.now),
        };
        Ok((decision, (answer, false)))
    }
}

/// Most items of leads that change in one commit. The rest of the hundred items of a commit is for webhook deliveries.
const TOGETHER: usize = 84;

/// A request to change several leads.
#[derive(Clone, Copy)]
pub struct LeadsRequest<'a> {
    /// The platform.
    pub platform: &'a Platform,
    /// The request.
    pub call: &'a Call,
    /// The leads to change, in this order.
    pub leads: &'a [LeadId],
}

/// As [`make`], for several leads in one commit. Each is decided by itself and after the leads before it: `rule` gets the days of users as
/// those leave them. Returns the results of the first leads, at least one: as many as fit into a commit.
///
/// # Errors
/// If nothing could be decided; no lead is changed then.
pub async fn make_together<A>(
    LeadsRequest { platform, call, leads }: LeadsRequest<'_>,
    makes: impl Fn(LeadId) -> Key + Send + Sync,
    also: impl Fn(LeadId, &Loaded) -> Vec<Key> + Send + Sync,
    rule: impl Fn(LeadContext<'_>, LoadDay<'_>) -> Result<Decision, Refusal>,
    shown: impl Fn(&Lead, Option<&Decision>, &Loaded) -> A,
) -> Result<Vec<Result<A, Problem>>, Problem> {
    let changes = leads.iter().map(|id| Change::of(platform, call, *id, Right::WorkLeads)).collect::<Result<Vec<_>, _>>()?;
    let also = |id, loaded: &Loaded| also(id, loaded).into_iter().chain([makes(id)]).collect();
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| (shown(lead, decision, loaded), decision.is_none());
    // Many items contend, and no client retries a single lead.
    let load = unit(platform, call, leads, also).with_long_retry();
    let changed = platform.store.decide(&call.scope, load, |loaded, _| {
        let (mut together, mut days) = (Decision::default(), BTreeMap::new());
        let mut answers = Vec::new();
        for one in &changes {
            // The pool as the leads before leave it is known only after this commit.
            let leaves_pool = together.items.iter().any(|item| matches!(item, Item::Pool(_)));
            if leaves_pool && found(loaded, one.id).is_ok_and(|(lead, dealer)| is_pooled(lead, &dealer.settings)) {
                break;
            }
            let day = |user: &UserId, date| days.get(&(user.clone(), date)).cloned().or_else(|| loaded.day(user, date));
            let rule = |context: LeadContext<'_>| match loaded.holds(&makes(one.id)) {
                true => Ok(None),
                false => rule(context, &day).map(Some),
            };
            let judged = one.judged(loaded, rule, shown);
            // The notices about events become one for each reader.
            let counted = |decision: &Decision| decision.items.iter().filter(|item| !is_given_notice(item)).count();
            let items = judged.as_ref().map_or(0, |(decision, _)| decision.as_ref().map_or(0, counted));
            if !answers.is_empty() && counted(&together) + days.len() + items > TOGETHER {
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
        together.items = with_given_together(std::mem::take(&mut together.items), call.now);
        together.items.extend(days.into_values().map(Item::Day));
        Ok((Some(together).filter(|together| !together.items.is_empty()), answers))
    });
    let mut answers = Vec::new();
    for answer in changed.await? {
        answers.push(match answer {
            Ok(((answer, known), again)) => {
                call.note_repeat(again || known);
                Ok(answer)
            }
            Err(problem) => Err(problem.named(platform, &call.scope).await),
        });
    }
    Ok(answers)
}

/// Whether the request is about a task that is assigned to the sender, who may work on it for any owner of the lead (LEAD-4); or
/// completes, marks as a no-show, reschedules, keeps, corrects or reopens an event that is assigned to a user whose work the sender may see
/// (CAL-4, CAL-9); or reschedules, keeps or cancels an event about which the sender is asked to decide (APT-9). Of the others only users
/// who may see the lead may cancel the event.
fn is_given(call: &Call, lead: &Lead, dealer: &Dealer, loaded: &Loaded) -> bool {
    let task = call.part::<TaskId>("task", "task").ok().and_then(|id| loaded.task(lead.id, &id));
    let own = task.is_some_and(|task| task.is_given_to(call.scope.user_id()) && sees_given(call, dealer, task.work.assignee.as_ref()));
    let worked = [
        Operation::CompleteEvent,
        Operation::NoShowEvent,
        Operation::RescheduleEvent,
        Operation::KeepEvent,
        Operation::CorrectEvent,
        Operation::ReopenEvent,
    ];
    let worked = worked.contains(&call.operation);
    let decided = [Operation::RescheduleEvent, Operation::KeepEvent, Operation::DeleteEvent, Operation::CancelEvent];
    let decided = decided.contains(&call.operation);
    let next = || lead.next_action().1.filter(|_| call.is_in_bulk()).cloned();
    let event = call.part::<EventId>("event", "event").ok().or_else(next).and_then(|id| loaded.event(lead.id, &id));
    let given = event.filter(|_| worked).is_some_and(|event| sees_given(call, dealer, event.user.as_ref()));
    own || given || event.filter(|event| decided && event.is_booking()).is_some_and(|event| decides(call, lead, dealer, event))
}

/// Whether the sender is asked to decide about an event that cannot take place as planned (APT-9).
fn decides(call: &Call, lead: &Lead, dealer: &Dealer, event: &CalendarEvent) -> bool {
    let booked = event.booked_time(lead.owner.as_ref(), &dealer.settings);
    call.scope.reaches(&dealer.id).is_ok() && call.scope.decides_about(&booked, event.accepted.as_ref(), &dealer.settings, call.now)
}

/// Whether the sender may see work that is assigned to `user` at `dealer`: their own, or that of users they supervise or deputise for
/// (ACC-1).
fn sees_given(call: &Call, dealer: &Dealer, user: Option<&UserId>) -> bool {
    user.is_some() && call.scope.reaches(&dealer.id).is_ok() && call.scope.sees_leads_of(user, &dealer.settings, call.now)
}

/// Checks that the sender may read work that is assigned to `user` for a lead: because they may read the lead, or because the work is
/// theirs or that of users they supervise or deputise for.
///
/// # Errors
/// [`Refusal::Forbidden`] names the right; [`Refusal::NotFound`] if the lead is out of reach (LEAD-9).
pub fn reads_given(call: &Call, lead: &Lead, dealer: &Dealer, user: Option<&UserId>) -> Result<(), Refusal> {
    call.scope.needs(Right::ReadLeads)?;
    if sees_given(call, dealer, user) {
        return Ok(());
    }
    call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now)
}

/// Returns the keys of the days that `rule` reads. A rule reads the same days regardless of their content, so it is applied to empty days
/// first, and again to the stored ones (CAL-7).
pub fn days_of<T>(rule: impl FnOnce(LoadDay<'_>) -> T) -> Vec<Key> {
    let keys = RefCell::new(Vec::new());
    rule(&|user: &UserId, date| {
        keys.borrow_mut().push(Key::Day(user.clone(), date));
        Some(Day::empty(user.clone(), date))
    });
    keys.into_inner()
}

/// Returns the keys of the dealer's lanes that `rule` reads. A rule reads the same lanes regardless of their content, so it is applied to
/// their initial states first, and again to the stored ones.
pub fn lanes_of<T>(dealer: &Dealer, rule: impl FnOnce(LoadLane<'_>) -> T) -> Vec<Key> {
    let keys = RefCell::new(Vec::new());
    rule(&|lane| {
        keys.borrow_mut().push(Key::lane(dealer.id.clone(), lane.clone()));
        Some(LaneState::initial(dealer.id.clone(), lane))
    });
    keys.into_inner()
}

/// Returns the lead and its dealer.
///
/// # Errors
/// [`Refusal::NotFound`] if either was not read.
pub fn found(loaded: &Loaded, id: LeadId) -> Result<(&Lead, &Dealer), Refusal> {
    let lead = loaded.lead(id).ok_or(Refusal::NotFound("lead"))?;
    let dealer = loaded.dealer(&lead.dealer).ok_or(Refusal::NotFound("lead"))?;
    Ok((lead, dealer))
}

/// Returns the key of the timeline entry that holds the latest enquiry of a lead: the first entry by default.
pub fn enquiry_key(loaded: &Loaded, lead: LeadId) -> Key {
    Key::Entry(lead, loaded.lead(lead).and_then(|lead| lead.enquiry_version).unwrap_or(1))
}

/// Returns the latest enquiry of a lead. `None` if its entry was not read ([`enquiry_key`]).
pub fn enquiry_of<'a>(loaded: &'a Loaded, lead: &Lead) -> Option<&'a Enquiry> {
    loaded.entry(lead.id, lead.enquiry_version.unwrap_or(1))?.enquiry()
}

/// Returns the version of `lead` that this request made, now or when it was first sent: new items are named by it
/// ([`forecourt_domain::base::numbered`]).
pub fn made(platform: &Platform, call: &Call, lead: LeadId, decision: Option<&Decision>, loaded: &Loaded) -> Option<u64> {
    match decision.and_then(Decision::lead) {
        Some(lead) => Some(lead.version),
        None => http::request(platform, call, lead)?.done(loaded, call.now).ok()?,
    }
}

/// Returns the lead if the sender may read it. Its dealer's settings may be a minute old.
///
/// # Errors
/// 403 names the right; 404 if the lead does not exist or is out of reach.
pub async fn readable<'a>(platform: &Platform, call: &Call, lead: Option<&'a Lead>) -> Result<&'a Lead, Problem> {
    let lead = lead.ok_or(Refusal::NotFound("lead"))?;
    let dealer = platform.store.dealer(&call.scope, &lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now)?;
    Ok(lead)
}
