//! Carries the pages of a bulk action out. A page is stored with its results and the progress in one commit; an interrupted page is carried
//! out again, and its leads find their first results.

use super::act::Actor;
use super::body::{Action, BulkActionBody};
use crate::Exporter;
use forecourt_domain::access::Scope;
use forecourt_domain::base::Refusal;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::{BulkAction, BulkNotice, BulkPage, BulkRow};
use forecourt_domain::messages::{BulkContext, Message};
use forecourt_edge::formats::json;
use forecourt_edge::usecase::assignment::AssignmentTarget;
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};
use futures::StreamExt as _;
use std::time::Duration;
use tokio::time::Instant;

/// Longest time of a wake-up. The function has 90 seconds, and a page takes some seconds.
const LONGEST: Duration = Duration::from_secs(40);
/// The most notices of a commit.
const NOTICES: usize = 50;

impl Exporter {
    /// Continues a bulk action, if it is due.
    pub(crate) async fn continue_bulk(&self, wake_up: &WakeUp, id: &str) -> Result<(), Failure> {
        let (scope, now) = (wake_up.scope(), self.platform.clock.now());
        let begin = |loaded: &Loaded, _| {
            let begun = loaded.bulk_action(id).and_then(|bulk| bulk.begun(now));
            Ok((begun.clone().map(|begun| Decision::default().with(Item::BulkAction(Box::new(begun)))), begun))
        };
        let load = Load::of([Key::BulkAction(id.to_owned())]).with_long_retry();
        let Some(begun) = self.platform.store.decide(&scope, load, begin).await? else { return Ok(()) };
        // The rights of the user now count, not those at the time of the request.
        let user = self.platform.store.user(&wake_up.group, &begun.by).await?.filter(|user| user.is_here());
        let scope = user.map_or(scope, |user| Scope::user(wake_up.group.clone(), (*user).clone()));
        self.run_bulk(&scope, begun, Instant::now() + LONGEST).await.map(|_| ())
    }

    /// Carries pages out until the action has ended or `until` has come. Returns the action as it is then.
    pub(super) async fn run_bulk(&self, scope: &Scope, begun: BulkAction, until: Instant) -> Result<BulkAction, Failure> {
        let mut bulk = begun;
        let action = parameters(&bulk)?;
        while bulk.ended.is_none() {
            bulk = match (bulk.done < bulk.pages, Instant::now() < until) {
                (_, false) => return self.store_bulk(scope, &bulk, |bulk| (bulk.released(self.platform.clock.now()), Vec::new())).await,
                (true, true) => self.page_of_bulk(scope, &bulk, &action).await?,
                (false, true) => self.end_bulk(scope, &bulk, &action).await?,
            };
        }
        Ok(bulk)
    }

    async fn page_of_bulk(&self, scope: &Scope, bulk: &BulkAction, action: &Action) -> Result<BulkAction, Failure> {
        let key = Key::BulkPage(bulk.id.clone(), bulk.done);
        let loaded = self.platform.store.load(scope, &Load::of([key])).await?;
        let page = loaded.bulk_page(&bulk.id, bulk.done).ok_or_else(|| Failure::Broken("a page of a bulk action is missing".into()))?;
        let actor = Actor { platform: &self.platform, scope, bulk, action };
        let acts = page.leads.iter().map(|lead| actor.act(lead)).collect::<Vec<_>>();
        let acted: Vec<(BulkRow, Vec<BulkNotice>)> = futures::stream::iter(acts).buffered(action.at_once()).collect().await;
        // A lead that could not be written now is tried again with its page.
        if let Some((row, _)) = acted.iter().find(|(row, _)| row.status == 503) {
            return Err(Failure::Unavailable(format!("the lead {} could not be changed now", row.lead).into()));
        }
        let (rows, notices): (Vec<BulkRow>, Vec<Vec<BulkNotice>>) = acted.into_iter().unzip();
        let notices = notices.concat();
        let done = BulkPage { rows: rows.clone(), ..page.clone() };
        let next = |bulk: &BulkAction| {
            (bulk.with_page(&rows, notices.clone(), self.platform.clock.now()), vec![Item::BulkPage(Box::new(done.clone()))])
        };
        self.store_bulk(scope, bulk, next).await
    }

    /// Queues the notices of an action whose pages are done.
    async fn end_bulk(&self, scope: &Scope, bulk: &BulkAction, action: &Action) -> Result<BulkAction, Failure> {
        let (title, note) = match action {
            Action::Plan(draft) => (Some(draft.title().to_owned()), None),
            Action::Reassign(AssignmentTarget::User(by_hand)) => (None, by_hand.note.clone()),
            Action::Reassign(AssignmentTarget::Pool(note) | AssignmentTarget::Distribution(note)) => (None, note.clone()),
            _ => (None, None),
        };
        let context = BulkContext { title, note, by: Some(bulk.by.clone()) };
        let next = |bulk: &BulkAction| {
            let now = self.platform.clock.now();
            let (after, notices) = bulk.notified(NOTICES, now);
            let messages = notices.iter().filter_map(|notice| Message::bulk(notice, &bulk.id, context.clone(), now));
            (after, messages.map(Item::Message).collect())
        };
        self.store_bulk(scope, bulk, next).await
    }

    /// Stores the action after a step, unless another worker has done the step. Returns the action as it is then.
    async fn store_bulk(
        &self,
        scope: &Scope,
        seen: &BulkAction,
        next: impl Fn(&BulkAction) -> (BulkAction, Vec<Item>),
    ) -> Result<BulkAction, Failure> {
        let keys = [Key::BulkAction(seen.id.clone()), Key::BulkPage(seen.id.clone(), seen.done)];
        let rule = |loaded: &Loaded, _| {
            let stored = loaded.bulk_action(&seen.id).ok_or(Refusal::NotFound("bulk action"))?;
            if !stored.is_at(seen) {
                return Ok((None, stored.clone()));
            }
            let (after, items) = next(stored);
            let decision = Decision::default().with(Item::BulkAction(Box::new(after.clone())));
            Ok((Some(items.into_iter().fold(decision, Decision::with)), after))
        };
        self.platform.store.decide(scope, Load::of(keys).with_long_retry(), rule).await
    }
}

/// Reads the action as it was requested.
fn parameters(bulk: &BulkAction) -> Result<Action, Failure> {
    let body: BulkActionBody = json::read_known(bulk.parameters.as_bytes()).map_err(Failure::Refused)?;
    body.check().map(|(_, action)| action).map_err(Failure::Refused)
}
