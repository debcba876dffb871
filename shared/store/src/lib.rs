//! The only crate that speaks DynamoDB.
//!
//! [`keys`] holds every key and access pattern on one screen. [`Store::decide`] is the one way to change anything: it reads a unit of items,
//! asks a pure rule, and commits what the rule decided, once. [`Store`]'s other functions only read.
//!
//! # What a lead costs
//! From intake to assigned, in one transaction (a transaction doubles the table's units, not the indexes'); `tests/store/cost.rs` counts it:
//!
//! | Write | Units | Buys |
//! |---|---|---|
//! | lead (≤ 1 KB) | 2 | the state that every decision rests on |
//! | timeline entry (≤ 1 KB; 2 for each further KB) | 2 | the enquiry, the raw input, and why this owner (DIS-11) |
//! | message | 2 | the owner is told, once, whatever crashes |
//! | rotation | 2 | fairness under concurrency (DIS-2) |
//! | contact, alias | 4 | the person is known again by e-mail or phone (INT-6) |
//! | index list | 1 | the dealer's list |
//! | index work | 1 | the owner's board |
//! | index due, twice | 2 | the next step, and the message, are found whatever is lost (ESC-10) |
//!
//! That is 16 units in one transaction, and 2 more for each vehicle that the enquiry offers: it is a trade-in of its own (LEAD-2). Where the
//! rotation is contended the lead is taken in without an owner for 10 and given out by itself for 13 (lead, entry, message, rotation: 8;
//! list, work, the message's due: 3; the lead's due, which moves: 2): assigning within the intake's own commit saves 7 units, two round
//! trips and a message. Whatever changes a lead with an `Idempotency-Key` costs 2 more: the request is remembered for thirty days (INT-5).

// The SDK's futures are boxed where they are awaited: they are deep, and every caller's would be as deep again.
mod appointments;
mod board;
mod calendar;
mod capacity;
mod commit;
mod downloads;
mod history;
mod items;
pub mod keys;
mod list;
mod loaded;
mod queries;
mod reads;
mod rows;
mod scan;
mod secret;
mod table;
mod webhooks;

pub use appointments::AppointmentPage;
pub use board::{Agenda, Board, Stretch, Todo};
pub use calendar::{EventRow, Events, Span};
pub use capacity::Spent;
pub use commit::Load;
pub use history::LeadPage;
pub use items::{Stored, TELL};
pub use keys::{is_task_place, is_work_place};
pub use list::{Listed, NotACursor, Paging};
pub use loaded::Loaded;
pub use reads::Sender;
pub use rows::{LeadFacts, LeadRow};
pub use scan::{ListedLead, Listing, Page, Row, Stack, Stood, stood};
pub use secret::{Secret, WebhookSecret, fingerprint, short};
pub use table::NewTable;

use aws_sdk_dynamodb::Client;
use forecourt_domain::base::Refusal;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Called after each commit with what became due by it: (time, wake-up). The local run's stand-in for the table's stream.
pub type Nudge = Arc<dyn Fn(Vec<(chrono::DateTime<chrono::Utc>, keys::Look)>) + Send + Sync>;

/// The table, as one process sees it. Cheap to clone; the clones share the client, what is kept in memory, and the meter.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: Arc<str>,
    secret: Secret,
    spent: Arc<capacity::Meter>,
    kept: Arc<reads::Kept>,
    nudge: Option<Nudge>,
    chance: Arc<AtomicU64>,
}

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Others changed the same items all the while: worth another try.
    #[error("contended: every try met another's commit")]
    Contended,
    /// DynamoDB is out of reach or throttles: worth another try.
    #[error("the table is out of reach: {0}")]
    Unavailable(String),
    /// A bug, or a table that is not ours.
    #[error("{0}")]
    Broken(String),
}

impl Store {
    /// A store on `table` through `client`. `secret` keys the hashes that stand for e-mail addresses and telephone numbers.
    pub fn new(client: Client, table: &str, secret: Secret) -> Self {
        let chance = uuid::Uuid::new_v4().as_u64_pair().0;
        Self {
            client,
            table: table.into(),
            secret,
            spent: Arc::default(),
            kept: Arc::default(),
            nudge: None,
            chance: Arc::new(AtomicU64::new(chance)),
        }
    }

    /// The same store, telling `nudge` after each commit.
    pub fn with_nudge(&self, nudge: Nudge) -> Self {
        Self { nudge: Some(nudge), ..self.clone() }
    }

    /// The same store, with pauses between tries that follow from `seed`: for runs that are to be the same each time.
    pub fn with_chance(&self, seed: u64) -> Self {
        Self { chance: Arc::new(AtomicU64::new(seed)), ..self.clone() }
    }

    /// What this store's calls have cost so far.
    pub fn spent(&self) -> Spent {
        self.spent.read()
    }

    /// Keys the hashes that stand for channels and origins.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}
