//! Wake-ups: the messages on the queues. They are made of the keys of due items.

use super::{
    ACCESS_FILES, ACCESS_LOG, BOOKING_WATCH, BULK_ACTIONS, DueKind, ERASURES, EXPORTS, HAND_OVERS, MAIL_WATCH, MAILS, MORNING_LIST,
    RECOMPUTE, RETENTION, TEST_MAIL,
};
use crate::Failure;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{AppointmentId, DealerId, EventId, ExportId, GroupId, LeadId, MailId, Subject, UserId};
use serde::{Deserialize, Serialize};

/// A wake-up: "check this item now". It has ids only; the receiver loads the state and decides, so a lost, repeated, late or early wake-up
/// does no harm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WakeUp {
    /// The kind of work that is due.
    pub kind: DueKind,
    /// The group of the item.
    pub group: GroupId,
    /// The dealer of the item when the wake-up was made.
    pub dealer: DealerId,
    /// The item.
    #[serde(flatten)]
    pub target: WakeUpTarget,
}

/// The item that a wake-up is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WakeUpTarget {
    /// A message to staff.
    Message {
        /// The lead that it is about.
        lead: LeadId,
        /// The cause, which names the message.
        message: String,
    },
    /// A letter to a customer.
    Letter {
        /// The lead or appointment that it is about.
        #[serde(rename = "home")]
        subject: Subject,
        /// The cause, which names the letter.
        letter: String,
    },
    /// An export.
    Export {
        /// The export's id.
        export: ExportId,
    },
    /// An order to erase a contact.
    Erasure {
        /// The order's id.
        erasure: String,
    },
    /// An order to write an access file.
    AccessFile {
        /// The order's id.
        access_file: String,
    },
    /// A bulk action.
    Bulk {
        /// The action's id.
        bulk: String,
    },
    /// The retention of a dealer.
    Retention {
        /// The dealer.
        retention: DealerId,
    },
    /// A record of the access log.
    Access {
        /// Its place in the log.
        access: String,
    },
    /// A webhook event.
    Outgoing {
        /// The lead or appointment that it is about.
        about: Subject,
        /// Its number among the webhook events of that lead or appointment.
        sequence: u64,
    },
    /// A calendar event.
    Event {
        /// The lead that it belongs to.
        lead: LeadId,
        /// The event's id.
        event: EventId,
    },
    /// A lead.
    Lead {
        /// The lead's number.
        lead: LeadId,
    },
    /// An order to hand over the work of a user.
    HandOver {
        /// The order's id among those of the dealer.
        hand_over: String,
    },
    /// The bookings of a dealer about which nobody has decided.
    Bookings {
        /// The dealer.
        bookings: DealerId,
    },
    /// The notices to the salesperson of an appointment.
    Appointment {
        /// The appointment.
        appointment: AppointmentId,
    },
    /// The lists of a dealer's appointments.
    Mornings {
        /// The dealer.
        mornings: DealerId,
    },
    /// A mail that arrived for the dealer of the wake-up.
    Mail {
        /// The mail's id.
        mail: MailId,
    },
    /// The open mails of a dealer.
    Mails {
        /// The dealer.
        mails: DealerId,
    },
    /// A test of a text.
    TestMail {
        /// The user who requested it.
        test_mail: UserId,
    },
    /// The dealer of the wake-up.
    Dealer {},
}

impl WakeUpTarget {
    /// Returns the lead that it is about, if any.
    pub fn lead(&self) -> Option<LeadId> {
        match self {
            WakeUpTarget::Message { lead, .. } | WakeUpTarget::Event { lead, .. } | WakeUpTarget::Lead { lead } => Some(*lead),
            WakeUpTarget::Letter { subject: Subject::Lead(lead), .. } | WakeUpTarget::Outgoing { about: Subject::Lead(lead), .. } => {
                Some(*lead)
            }
            WakeUpTarget::Letter { .. }
            | WakeUpTarget::Outgoing { .. }
            | WakeUpTarget::Export { .. }
            | WakeUpTarget::Erasure { .. }
            | WakeUpTarget::AccessFile { .. }
            | WakeUpTarget::Bulk { .. }
            | WakeUpTarget::Retention { .. }
            | WakeUpTarget::Access { .. }
            | WakeUpTarget::HandOver { .. }
            | WakeUpTarget::Bookings { .. }
            | WakeUpTarget::Appointment { .. }
            | WakeUpTarget::Mornings { .. }
            | WakeUpTarget::Mail { .. }
            | WakeUpTarget::Mails { .. }
            | WakeUpTarget::TestMail { .. }
            | WakeUpTarget::Dealer {} => None,
        }
    }
}

impl WakeUp {
    /// Makes a wake-up, and the time it is due, of an item's table key and its place in the index `due`. `None` if these are not the keys
    /// of a due item.
    pub fn from_keys(pk: &str, sk: &str, due_place: &str) -> Option<(DateTime<Utc>, Self)> {
        let mut parts = due_place.splitn(3, '#');
        let due = DateTime::from_timestamp_millis(parts.next()?.parse().ok()?)?;
        let name = parts.next()?;
        let kind = DueKind::ALL.into_iter().find(|kind| kind.name() == name)?;
        let dealer = DealerId::parse(parts.next()?).ok()?;
        let (group, target) = match pk.split_once("#L#") {
            Some((group, lead)) => {
                let lead = lead.parse().ok()?;
                let target = match sk.split_once('#') {
                    Some(("M", cause)) => WakeUpTarget::Message { lead, message: cause.to_owned() },
                    Some(("O", cause)) => WakeUpTarget::Letter { subject: Subject::Lead(lead), letter: cause.to_owned() },
                    Some(("E", event)) => WakeUpTarget::Event { lead, event: event.parse().ok()? },
                    _ => WakeUpTarget::Lead { lead },
                };
                (group, target)
            }
            None => match (pk.split_once("#A#"), sk.strip_prefix("O#")) {
                (Some((group, id)), Some(cause)) => {
                    (group, WakeUpTarget::Letter { subject: Subject::Appointment(id.parse().ok()?), letter: cause.to_owned() })
                }
                (Some((group, id)), None) if sk == "@" => (group, WakeUpTarget::Appointment { appointment: id.parse().ok()? }),
                _ if pk.ends_with(EXPORTS) => (pk.strip_suffix(EXPORTS)?, WakeUpTarget::Export { export: sk.parse().ok()? }),
                _ if pk.ends_with(ERASURES) => (pk.strip_suffix(ERASURES)?, WakeUpTarget::Erasure { erasure: sk.to_owned() }),
                _ if pk.ends_with(ACCESS_FILES) => {
                    (pk.strip_suffix(ACCESS_FILES)?, WakeUpTarget::AccessFile { access_file: sk.to_owned() })
                }
                _ if pk.ends_with(ACCESS_LOG) => (pk.strip_suffix(ACCESS_LOG)?, WakeUpTarget::Access { access: sk.to_owned() }),
                _ if pk.contains(BULK_ACTIONS) => {
                    let (group, bulk) = pk.split_once(BULK_ACTIONS)?;
                    (group, WakeUpTarget::Bulk { bulk: bulk.to_owned() })
                }
                _ if pk.contains(MAILS) => {
                    let (group, mail) = pk.split_once(MAILS)?;
                    (group, WakeUpTarget::Mail { mail: mail.parse().ok()? })
                }
                _ if sk.starts_with(HAND_OVERS) => {
                    (pk.split_once("#D#")?.0, WakeUpTarget::HandOver { hand_over: sk.strip_prefix(HAND_OVERS)?.to_owned() })
                }
                _ if sk == MAIL_WATCH => (pk.split_once("#D#")?.0, WakeUpTarget::Mails { mails: dealer.clone() }),
                _ if sk == MORNING_LIST => (pk.split_once("#D#")?.0, WakeUpTarget::Mornings { mornings: dealer.clone() }),
                _ if sk == RETENTION && pk.contains("#D#") => {
                    (pk.split_once("#D#")?.0, WakeUpTarget::Retention { retention: dealer.clone() })
                }
                _ if sk == BOOKING_WATCH => (pk.split_once("#D#")?.0, WakeUpTarget::Bookings { bookings: dealer.clone() }),
                _ if sk == TEST_MAIL => {
                    let (group, user) = pk.split_once("#U#")?;
                    (group, WakeUpTarget::TestMail { test_mail: user.parse().ok()? })
                }
                _ if sk == RECOMPUTE => (pk.split_once("#D#")?.0, WakeUpTarget::Dealer {}),
                _ => {
                    let (group, about) = match (pk.split_once("#NL#"), pk.split_once("#NA#")) {
                        (Some((group, lead)), _) => (group, Subject::Lead(lead.parse().ok()?)),
                        (_, found) => found.and_then(|(group, id)| Some((group, Subject::Appointment(id.parse().ok()?))))?,
                    };
                    (group, WakeUpTarget::Outgoing { about, sequence: sk.parse().ok()? })
                }
            },
        };
        Some((due, Self { kind, group: GroupId::parse(group).ok()?, dealer, target }))
    }

    /// Returns the name of its timer at `due`: equal for equal wake-ups; at most 64 letters, digits, `-`, `_` and `.`.
    pub fn timer_name(&self, due: DateTime<Utc>) -> String {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        let lead = self.target.lead().map(|lead| format!("{lead}-")).unwrap_or_default();
        format!("{}-{lead}{:016x}-{}", self.kind.name(), hasher.finish(), due.timestamp())
    }

    /// Returns the id of its lead or dealer, for the log.
    pub fn about(&self) -> String {
        self.target.lead().map_or_else(|| self.dealer.to_string(), |lead| lead.to_string())
    }

    /// Returns its lead.
    ///
    /// # Errors
    /// [`Failure::Broken`] if it is not about a lead: it is on the wrong queue.
    pub fn lead(&self) -> Result<LeadId, Failure> {
        self.target.lead().ok_or_else(|| Failure::Broken(format!("a wake-up of the kind {} names no lead", self.kind.name()).into()))
    }

    /// Returns a scope for the keys of its group, which came from a stored item.
    pub fn scope(&self) -> Scope {
        Scope::keys_only(self.group.clone())
    }
}
