//! Recomputes the deadlines of a dealer's open leads, one page per wake-up (SET-11), and counts these leads if a member has a maximum
//! (DIS-13). An interrupted run continues with its last page. Recomputing a page twice has the same result.

use chrono::{DateTime, Utc};
use forecourt_domain::base::{LeadId, Status};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::rules::calendar;
use forecourt_domain::rules::distribution::with_open_counted;
use forecourt_domain::rules::lead::recompute;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::usecase::lead::lanes_of;
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{DealerLeads, Failure, LeadRow, Load, Loaded, Paging};
use futures::FutureExt as _;
use futures::future::try_join_all;

/// Open leads per page.
const PAGE: usize = 100;
/// Leads per commit. Each writes itself and a timeline entry; a transaction may have 100 items.
const PER_COMMIT: usize = 20;

/// Whether a lead may have pending steps of its own or of its events, or has to be counted. The index may lag; the decision is made on the
/// lead itself.
fn is_concerned(row: &LeadRow, dealer: &Dealer) -> bool {
    (row.open && row.level < 2) || row.planned || (dealer.counts_since.is_some() && row.facts.status == Status::InProgress)
}

/// Recomputes the next page and stores the cursor of the one after it.
pub(crate) async fn process_page(platform: &Platform, wake_up: &WakeUp) -> Result<(), Failure> {
    let (store, scope, now) = (&platform.store, wake_up.scope(), platform.clock.now());
    let job = Key::Recompute(wake_up.dealer.clone());
    let loaded = store.load(&scope, &Load::of([job.clone(), Key::Dealer(wake_up.dealer.clone())])).await?;
    let (Some(state), Some(dealer)) = (loaded.recompute(&wake_up.dealer).filter(|state| state.is_due(now)), loaded.dealer(&wake_up.dealer))
    else {
        return Ok(());
    };
    let paging = Paging { now, cursor: state.cursor.as_deref(), limit: PAGE, from: None, at_once: Some(10 * PAGE) };
    let list = DealerLeads { scope: &scope, dealer };
    let open = |row: &LeadRow| is_concerned(row, dealer);
    let page = match store.leads(list, paging, open).await {
        // Another release wrote the cursor in a form that this one does not read: the run starts again.
        Err(Failure::Refused(_)) if state.cursor.is_some() => store.leads(list, Paging { cursor: None, ..paging }, open).await?,
        page => page?,
    };
    let ids: Vec<LeadId> = page.leads.iter().map(|row| row.facts.id).collect();
    // Commits that count leads change one rotation, so they come one after the other.
    let counted = if dealer.counts_since.is_some() { ids.len().max(1) } else { PER_COMMIT };
    let chunks = ids.chunks(counted).map(|ids| one_by_one(platform, wake_up, ids, now).boxed());
    let planned = page.leads.iter().filter(|row| row.planned).map(|row| rearm(platform, wake_up, row.facts.id).boxed());
    // The first group of commits writes leads, the second their events.
    try_join_all(chunks.chain(planned)).await?;
    let turned = state.turned(page.cursor, now);
    let rule = |loaded: &Loaded, _| {
        // Another delivery may have processed the page, or a later change may have restarted the run.
        let ours = loaded.recompute(&wake_up.dealer) == Some(state);
        Ok((ours.then(|| Decision::default().with(Item::Recompute(turned.clone()))), ()))
    };
    store.decide(&scope, Load::of([job]), rule).await
}

/// Recomputes the deadlines of some leads, as many as fit in a commit at a time.
async fn one_by_one(platform: &Platform, wake_up: &WakeUp, ids: &[LeadId], now: DateTime<Utc>) -> Result<(), Failure> {
    for ids in ids.chunks(PER_COMMIT) {
        move_together(platform, wake_up, ids.to_vec(), now).await?;
    }
    Ok(())
}

/// Recomputes the deadlines of some leads: in one commit, or one by one if one of them cannot be read.
async fn move_together(platform: &Platform, wake_up: &WakeUp, ids: Vec<LeadId>, now: DateTime<Utc>) -> Result<(), Failure> {
    let together = move_deadlines(platform, wake_up, ids.clone(), now).await;
    if !matches!(together, Err(Failure::Broken(_))) {
        return together;
    }
    for id in ids {
        without_unreadable(platform, id, move_deadlines(platform, wake_up, vec![id], now).await)?;
    }
    Ok(())
}

/// Recomputes the due times of a lead's events, unless the lead or an event cannot be read.
async fn rearm(platform: &Platform, wake_up: &WakeUp, id: LeadId) -> Result<(), Failure> {
    without_unreadable(platform, id, rearm_events(platform, wake_up, id).await)
}

/// Leaves out a lead that cannot be read, so that it does not stop the others.
fn without_unreadable(platform: &Platform, lead: LeadId, done: Result<(), Failure>) -> Result<(), Failure> {
    match done {
        Err(Failure::Broken(_)) => {
            let about = lead.to_string();
            tracing::warn!(
                function = platform.function,
                about,
                "a lead cannot be recomputed and is left out; `forecourt migrate` prints the reason"
            );
            Ok(())
        }
        done => done,
    }
}

/// Recomputes the deadlines of some leads in one commit, and counts these leads.
async fn move_deadlines(platform: &Platform, wake_up: &WakeUp, ids: Vec<LeadId>, now: DateTime<Utc>) -> Result<(), Failure> {
    let keys = ids.iter().copied().map(Key::Lead).chain([Key::Dealer(wake_up.dealer.clone())]);
    let leads = |loaded: &Loaded| ids.iter().filter_map(|id| loaded.lead(*id)).cloned().collect::<Vec<_>>();
    let lanes = |loaded: &Loaded| {
        let of = |dealer: &Dealer| lanes_of(dealer, |lanes| with_open_counted(Decision::default(), &leads(loaded), dealer, lanes, now));
        loaded.dealer(&wake_up.dealer).map(of).unwrap_or_default()
    };
    let rule = |loaded: &Loaded, _| {
        let Some(dealer) = loaded.dealer(&wake_up.dealer) else { return Ok((None, ())) };
        let moved = ids.iter().filter_map(|id| recompute(loaded.lead(*id)?, dealer, now));
        let moved = Decision { items: moved.flat_map(|decision| decision.items).collect(), ..Decision::default() };
        let decision = with_open_counted(moved, &leads(loaded), dealer, &|lane| loaded.place(&dealer.id, lane), now);
        Ok((Some(decision).filter(|decision| !decision.items.is_empty()), ()))
    };
    platform.store.decide(&wake_up.scope(), Load::of(keys).with_long_retry().then(lanes), rule).await
}

/// Recomputes the due times of a lead's events.
async fn rearm_events(platform: &Platform, wake_up: &WakeUp, id: LeadId) -> Result<(), Failure> {
    let load = Load::of([Key::Lead(id), Key::Dealer(wake_up.dealer.clone())]).with_long_retry().then(|loaded| {
        let planned = loaded.lead(id).map(|lead| lead.planned.iter().map(|planned| Key::Event(id, planned.id.clone())).collect());
        planned.unwrap_or_default()
    });
    let rule = |loaded: &Loaded, _| {
        let unit = loaded.lead(id).filter(|lead| lead.dealer == wake_up.dealer).zip(loaded.dealer(&wake_up.dealer));
        let decision = unit.and_then(|(lead, dealer)| {
            let events: Vec<_> = lead.planned.iter().filter_map(|planned| loaded.event(id, &planned.id)).collect();
            calendar::rearm(&events, dealer)
        });
        Ok((decision, ()))
    };
    platform.store.decide(&wake_up.scope(), load, rule).await
}
