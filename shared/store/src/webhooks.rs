//! What webhooks are told: added to each commit, and read in its order (APT-6).

use crate::Loaded;
use crate::items::key_of;
use crate::keys::{self, Key};
use crate::reads::{find, keep, table_key, unavailable};
use crate::{Failure, Store, Stored};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use forecourt_domain::access::Scope;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::letter::Home;
use forecourt_domain::webhook::{Outgoing, Webhooks};
use futures::FutureExt as _;
use std::sync::Arc;

/// How many things that are to be told of one lead or appointment are looked at together.
const UNTOLD: usize = 50;

impl Loaded {
    /// The group's webhooks; none where nobody has made any.
    pub fn webhooks(&self) -> Webhooks {
        match self.stored(&Key::Webhooks) {
            Some(Stored::Webhooks(webhooks)) => webhooks.clone(),
            _ => Webhooks::default(),
        }
    }

    /// What other systems are told of something.
    pub fn outgoing(&self, about: &Home, sequence: u64) -> Option<&Outgoing> {
        match self.stored(&Key::Outgoing(about.clone(), sequence)) {
            Some(Stored::Outgoing(outgoing)) => Some(outgoing),
            _ => None,
        }
    }
}

impl Store {
    /// The group's webhooks, at most 60 s old: what happens in the minute after one was made elsewhere may not be told to it.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn webhooks(&self, scope: &Scope) -> Result<Arc<Webhooks>, Failure> {
        let name = scope.group().to_string();
        if let Some(webhooks) = find(&self.kept.webhooks, &name) {
            return Ok(webhooks);
        }
        let found = match self.one(scope, Key::Webhooks).await? {
            Some(Stored::Webhooks(webhooks)) => webhooks,
            _ => Webhooks::default(),
        };
        Ok(keep(&self.kept.webhooks, name, found))
    }

    /// With what the group's webhooks are to be told of it (APT-6): here, so that no handler can forget it. The webhooks are at most 60 s old.
    pub(crate) async fn announced(&self, scope: &Scope, loaded: &Loaded, mut decision: Decision) -> Result<Decision, Failure> {
        if !decision.items.iter().any(|item| matches!(item, Item::Lead(_) | Item::Appointment(_))) {
            return Ok(decision);
        }
        let webhooks = self.webhooks(scope).await?;
        let told = decision.items.iter().flat_map(|item| {
            let version = loaded.items.get(&key_of(item)).and_then(Option::as_ref).map_or(1, |seen| seen.version + 1);
            match item {
                Item::Lead(after) => webhooks.of_lead(loaded.lead(after.id), after, version),
                Item::Appointment(after) => webhooks.of_appointment(loaded.appointment(&after.id), after, version),
                _ => Vec::new(),
            }
        });
        let told: Vec<Item> = told.map(|outgoing| Item::Outgoing(Box::new(outgoing))).collect();
        decision.items.extend(told);
        Ok(decision)
    }

    /// What is still to be told of a lead or an appointment, in its order: the first fifty.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn untold(&self, scope: &Scope, about: &Home) -> Result<Vec<u64>, Failure> {
        let query = self.client.query().table_name(&*self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .filter_expression("attribute_exists(dpk)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::outgoing_partition(scope, about)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let (mut untold, mut start) = (Vec::new(), None);
        loop {
            let found = query.clone().set_exclusive_start_key(start).send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(found.consumed_capacity());
            untold.extend(found.items().iter().filter_map(|attributes| table_key(attributes)?.sk.parse::<u64>().ok()));
            start = found.last_evaluated_key;
            if start.is_none() || untold.len() >= UNTOLD {
                untold.truncate(UNTOLD);
                return Ok(untold);
            }
        }
    }
}
