//! The pulse of a dealer: a mark that is another one after each change of its leads, calendar events, tasks and appointments. With it a
//! client that shows a list asks for half a read unit whether the list may have changed.
//!
//! A dealer whose lists nobody shows has no pulse, so its changes cost no write. A request for the mark announces for some minutes that
//! it is needed. A process that commits a change looks once a minute whether that is so, and writes a new mark after its commit.

use crate::entity::{Record, from_item, to_item};
use crate::keys;
use crate::loaded::Loaded;
use crate::{Failure, Store};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::DealerId;
use forecourt_domain::decision::{Decision, Item};
use serde::{Deserialize, Serialize};

/// The time for which a mark is announced as needed.
const NEEDED: TimeDelta = TimeDelta::minutes(15);
/// An announcement with no more time than this left is repeated.
const REPEATED: TimeDelta = TimeDelta::minutes(5);
/// The time after which every process knows the first announcement: their caches are 60 seconds old at most, and clocks differ.
const KNOWN: TimeDelta = TimeDelta::seconds(90);

/// The pulse of a dealer as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pulse {
    mark: String,
    /// Since when it has been needed without a break.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    since: DateTime<Utc>,
    /// Until when it is needed. DynamoDB deletes the item some time after that.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    until: DateTime<Utc>,
}

impl Store {
    /// Returns the mark of a dealer's changes at `now`, which is real time, and announces that it is needed. It may lack the changes of the
    /// last moments. `None` if not every process knows of the announcement yet.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn pulse(&self, scope: &Scope, dealer: &DealerId, now: DateTime<Utc>) -> Result<Option<String>, Failure> {
        let found: Option<Pulse> = self.glance(keys::pulse(scope, dealer)).await?.map(from_item).transpose()?;
        let pulse = match found.filter(|pulse| pulse.until > now) {
            Some(pulse) if pulse.until - now > REPEATED => pulse,
            found => {
                let pulse = Pulse::new(found.map_or(now, |pulse| pulse.since), now + NEEDED);
                self.write_pulse(scope, dealer, &pulse).await?;
                self.keep_pulse(name(scope, dealer), pulse.clone());
                pulse
            }
        };
        Ok((now - pulse.since > KNOWN).then_some(pulse.mark))
    }

    /// Writes new marks of the dealers that a commit concerns, where they are needed. The commit stands whatever happens here, so a failure
    /// is only logged: the lists miss the change until the next one, or until they are read anew.
    pub(crate) async fn note_changes(&self, scope: &Scope, loaded: &Loaded, decision: &Decision) {
        for dealer in dealers_of(loaded, decision) {
            if let Err(failure) = self.note_change(scope, &dealer).await {
                tracing::warn!(cause = failure.chain(), dealer = dealer.as_str(), "the pulse of a dealer was not written");
            }
        }
    }

    async fn note_change(&self, scope: &Scope, dealer: &DealerId) -> Result<(), Failure> {
        let load = async { self.glance(keys::pulse(scope, dealer)).await?.map(from_item::<Pulse>).transpose() };
        let known = self.pulse_or_load(name(scope, dealer), load).await?;
        match known.filter(|pulse| pulse.until > Utc::now()) {
            Some(pulse) => self.write_pulse(scope, dealer, &Pulse::new(pulse.since, pulse.until)).await,
            None => Ok(()),
        }
    }

    async fn write_pulse(&self, scope: &Scope, dealer: &DealerId, pulse: &Pulse) -> Result<(), Failure> {
        let record = Record::of(to_item(pulse)?).expiring(pulse.until);
        self.put(record.into_attributes(keys::pulse(scope, dealer), 1, "pulse"), None).await.map(|_| ())
    }
}

impl Pulse {
    /// A pulse with a new mark.
    fn new(since: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        Self { mark: uuid::Uuid::new_v4().simple().to_string(), since, until }
    }
}

/// The name of a dealer in the cache.
fn name(scope: &Scope, dealer: &DealerId) -> String {
    format!("{}#{dealer}", scope.group())
}

/// Returns the dealers whose lists a decision changes; of a lead that moves, both.
fn dealers_of(loaded: &Loaded, decision: &Decision) -> Vec<DealerId> {
    let mut dealers: Vec<DealerId> = Vec::new();
    for item in &decision.items {
        let (now, before) = match item {
            Item::Lead(lead) => (&lead.dealer, loaded.lead(lead.id).map(|before| &before.dealer)),
            Item::Appointment(appointment) => (&appointment.dealer, loaded.appointment(&appointment.id).map(|before| &before.dealer)),
            Item::Event(event) => (&event.dealer, None),
            Item::Task(task) => (&task.dealer, None),
            _ => continue,
        };
        for dealer in [Some(now), before].into_iter().flatten() {
            if !dealers.contains(dealer) {
                dealers.push(dealer.clone());
            }
        }
    }
    dealers
}
