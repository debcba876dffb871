//! Wake-ups: what is to be looked at, read off the keys of what is due.

use super::{DueKind, EXPORTS, RECOMPUTE};
use crate::Failure;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, EventId, ExportId, GroupId, LeadId, Subject};
use serde::{Deserialize, Serialize};

/// «Look at this»: all that a wake-up says. Ids only; what is to be done follows from the state that the looker reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Look {
    /// What kind of thing.
    pub kind: DueKind,
    /// Whose.
    pub group: GroupId,
    /// The dealer that it had when the wake-up was made.
    pub dealer: DealerId,
    /// At what.
    #[serde(flatten)]
    pub thing: Thing,
}

/// What there is to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Thing {
    /// A message of a lead, by its cause.
    Message {
        /// About which lead.
        lead: LeadId,
        /// Its cause.
        message: String,
    },
    /// A letter, by its cause.
    Letter {
        /// About what.
        home: Subject,
        /// Its cause.
        letter: String,
    },
    /// An export.
    Export {
        /// Which.
        export: ExportId,
    },
    /// What other systems are told of something.
    Outgoing {
        /// Of what.
        about: Subject,
        /// Its place among all that is told of it.
        sequence: u64,
    },
    /// A calendar event of a lead.
    Event {
        /// Of which lead.
        lead: LeadId,
        /// Which.
        event: EventId,
    },
    /// A lead.
    Lead {
        /// Which.
        lead: LeadId,
    },
    /// The dealer itself.
    Dealer {},
}

impl Thing {
    /// The lead that it is about, if any.
    pub fn lead(&self) -> Option<LeadId> {
        match self {
            Thing::Message { lead, .. } | Thing::Event { lead, .. } | Thing::Lead { lead } => Some(*lead),
            Thing::Letter { home: Subject::Lead(lead), .. } | Thing::Outgoing { about: Subject::Lead(lead), .. } => Some(*lead),
            Thing::Letter { .. } | Thing::Outgoing { .. } | Thing::Export { .. } | Thing::Dealer {} => None,
        }
    }
}

impl Look {
    /// Reads a wake-up off an item's table key and its place in the `due` index. `None`: these are not the keys of something due.
    pub fn from_keys(pk: &str, sk: &str, due_place: &str) -> Option<(DateTime<Utc>, Self)> {
        let mut parts = due_place.splitn(3, '#');
        let due = DateTime::from_timestamp_millis(parts.next()?.parse().ok()?)?;
        let name = parts.next()?;
        let kind = DueKind::ALL.into_iter().find(|kind| kind.name() == name)?;
        let dealer = DealerId::parse(parts.next()?).ok()?;
        let (group, thing) = match pk.split_once("#L#") {
            Some((group, lead)) => {
                let lead = lead.parse().ok()?;
                let thing = match sk.split_once('#') {
                    Some(("M", cause)) => Thing::Message { lead, message: cause.to_owned() },
                    Some(("O", cause)) => Thing::Letter { home: Subject::Lead(lead), letter: cause.to_owned() },
                    Some(("E", event)) => Thing::Event { lead, event: event.parse().ok()? },
                    _ => Thing::Lead { lead },
                };
                (group, thing)
            }
            None => match (pk.split_once("#A#"), sk.strip_prefix("O#")) {
                (Some((group, id)), Some(cause)) => {
                    (group, Thing::Letter { home: Subject::Appointment(id.parse().ok()?), letter: cause.to_owned() })
                }
                _ if pk.ends_with(EXPORTS) => (pk.strip_suffix(EXPORTS)?, Thing::Export { export: sk.parse().ok()? }),
                _ if sk == RECOMPUTE => (pk.split_once("#D#")?.0, Thing::Dealer {}),
                _ => {
                    let (group, about) = match (pk.split_once("#NL#"), pk.split_once("#NA#")) {
                        (Some((group, lead)), _) => (group, Subject::Lead(lead.parse().ok()?)),
                        (_, found) => found.and_then(|(group, id)| Some((group, Subject::Appointment(id.parse().ok()?))))?,
                    };
                    (group, Thing::Outgoing { about, sequence: sk.parse().ok()? })
                }
            },
        };
        Some((due, Self { kind, group: GroupId::parse(group).ok()?, dealer, thing }))
    }

    /// A name for a timer at `due`: the same for the same wake-up, 64 characters at most, of letters, digits, `-`, `_` and `.`.
    pub fn timer_name(&self, due: DateTime<Utc>) -> String {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        let lead = self.thing.lead().map(|lead| format!("{lead}-")).unwrap_or_default();
        format!("{}-{lead}{:016x}-{}", self.kind.name(), hasher.finish(), due.timestamp())
    }

    /// What it is about, for the log: ids only.
    pub fn about(&self) -> String {
        self.thing.lead().map_or_else(|| self.dealer.to_string(), |lead| lead.to_string())
    }

    /// The lead to be looked at.
    ///
    /// # Errors
    /// When it is not about a lead: it came on the wrong queue.
    pub fn lead(&self) -> Result<LeadId, Failure> {
        self.thing.lead().ok_or_else(|| Failure::Broken(format!("a wake-up of the kind {} without a lead", self.kind.name())))
    }

    /// The reach of a wake-up: the keys of the group it names, which the stored entity named.
    pub fn scope(&self) -> Scope {
        Scope::keys_only(self.group.clone())
    }
}
