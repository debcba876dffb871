//! The only crate that uses DynamoDB: keys, items, reads, and the one way to write.
//!
//! # One pattern for every change
//! [`Store::decide`] reads a unit of items with consistent reads, calls a pure rule of the domain, and commits the rule's decision in one
//! conditional write. After a conflict it reads and calls the rule again. All other functions only read.
//!
//! ```no_run
//! use forecourt_domain::access::Scope;
//! use forecourt_domain::base::{Refusal, UserId};
//! use forecourt_domain::decision::{Decision, Item};
//! use forecourt_domain::people::User;
//! use forecourt_store::keys::Key;
//! use forecourt_store::{Failure, Load, Store};
//!
//! /// Switches a user's notices on or off. Returns whether that changed anything.
//! async fn switch_notices(store: &Store, scope: &Scope, id: &UserId, notices: bool) -> Result<bool, Failure> {
//!     let load = Load::of([Key::User(id.clone())]);
//!     store
//!         .decide(scope, load, |loaded, _attempt| {
//!             let user = loaded.user(id).ok_or(Refusal::NotFound("user"))?;
//!             if user.notices == notices {
//!                 return Ok((None, false));
//!             }
//!             let changed = User { notices, version: user.version + 1, ..user.clone() };
//!             Ok((Some(Decision::default().with(Item::User(Box::new(changed)))), true))
//!         })
//!         .await
//! }
//! ```
//!
//! # Invariants
//! - All items of a decision are written, or none. Each write is guarded by the version at which the item was read, or by its absence.
//! - A rule that returns no decision writes nothing, so a repeated call is harmless. A commit id in each item recognises our own commit if
//!   its response was lost.
//! - A key needs a [`Scope`](forecourt_domain::access::Scope), so no request reaches another group (ACC-2). The exceptions are a number for
//!   text messages, a queue sender and a session of the console, which are read to learn the group.
//! - Indexes lag. Lists come from indexes, decisions from consistent reads.
//! - The stored form of an item outlives releases; `tests/store/stored_items.jsonl` fixes it. A field or value that this
//!   release does not know is ignored when the item is read and kept when it is written (`preserve.rs`); an item with a newer schema number
//!   is never overwritten.
//! - An item with a `due` time is found by the sweep whatever else is lost (ESC-10).
//!
//! # Map
//! `keys/mod.rs` has the whole table on one screen. `entities/mod.rs` has one row for each kind of item, `entities/` the encodings of those
//! with index entries, `entity.rs` the mechanism. `commit.rs` writes, `reads.rs` reads single items, `cache.rs` keeps settings in memory
//! for 60 seconds; each further file is one list or page.
//!
//! # The cost of an intake
//! From intake to assignment in one transaction. A transaction doubles the units of the table, not of the indexes. `tests/store/cost.rs`
//! measures it:
//!
//! | Write | Units | Purpose |
//! |---|---|---|
//! | lead (≤ 1 KB) | 2 | the state for every decision |
//! | timeline entry (≤ 1 KB; 2 for each further KB) | 2 | the enquiry, the raw input, the reason for the owner (DIS-11) |
//! | message | 2 | notifies the owner once, whatever crashes |
//! | rotation | 2 | fairness under concurrency (DIS-2) |
//! | contact, alias | 4 | recognises the person by e-mail or telephone (INT-6) |
//! | index list | 1 | the dealer's list |
//! | index work | 1 | the owner's board |
//! | index due, twice | 2 | finds the next step and the message, whatever is lost (ESC-10) |
//!
//! That is 16 units in one transaction, 2 more for the receipt of a sender who may not read the lead (INT-5), and 2 more for each vehicle
//! that the enquiry offers, since each is a trade-in (LEAD-2). If the rotation is
//! contended, the lead is written without an owner for 10 units and assigned later for 13: lead, entry, message, rotation 8; list, work,
//! due of the message 3; due of the lead, which moves, 2. Assigning in the intake's own commit saves 7 units, two round trips and a queue
//! message. A change of a lead with an `Idempotency-Key` costs 2 more: the request is stored for thirty days (INT-5).
//! While somebody shows a list of the dealer, each commit costs 1 more, outside its transaction: the pulse (LEAD-8).

// The SDK's futures are large: they are boxed where they are awaited, so that the callers' futures stay small.
mod appointment_page;
mod cache;
mod calendar;
mod capacity;
mod commit;
mod cursor;
mod diary;
mod disclosure;
mod downloads;
mod enquiry_counts;
mod entities;
mod entity;
mod erasure;
mod follow_ups;
mod held;
mod key_ring;
pub mod keys;
mod last_mail;
mod lead_address;
mod lead_list;
mod lead_page;
mod lead_row;
mod list_rows;
mod loaded;
mod mails;
mod migrate;
mod preserve;
mod pulse;
mod queries;
mod reads;
mod row_fields;
mod secret;
mod sessions;
mod sign_in;
mod table;
mod text_number;
mod undelivered;
mod webhook_events;
mod work;

pub use appointment_page::AppointmentPage;
pub use cache::Sender;
pub use calendar::{CalendarRange, EventRow, Events};
pub use capacity::Spent;
pub use commit::Load;
pub use cursor::Cursor;
pub use diary::{DiaryEntry, DiaryPage};
pub use disclosure::{Disclosed, DisclosedPage, DisclosedPart};
pub use enquiry_counts::EnquiryCounter;
pub use entity::WAKE_UP;
pub use erasure::{DeletableItem, ItemsToErase};
pub use follow_ups::FollowUpQuery;
pub use held::{Held, HeldBy};
pub use key_ring::{KeyRing, Purpose};
pub use lead_address::LeadAddressName;
pub use lead_list::{DealerLeads, LeadList, Paging};
pub use lead_page::LeadPage;
pub use lead_row::{LeadFacts, LeadRow, NextAction};
pub use list_rows::{EarlierPlace, ListRow, ListedLead, Listing, Partition, RowPage, earlier_places};
pub use loaded::Loaded;
pub use mails::{MailList, MailState};
pub use migrate::{MigrateFrom, Migrated};
pub use queries::Overdue;
pub use secret::{ORIGIN, Secret, WebhookSecret, fingerprint, short};
pub use sessions::{SessionKey, StoredSession};
pub use sign_in::TokenName;
pub use table::NewTable;
pub use text_number::{number_claims, number_keys};
pub use webhook_events::DeliveryQuery;
pub use work::{Agenda, Board, Todo, WorkQuery};

use aws_sdk_dynamodb::Client;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Refusal;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Called after each commit with the due times and wake-ups of its items. The local run uses it in place of the table's stream.
pub type CommitHook = Arc<dyn Fn(Vec<(DateTime<Utc>, keys::WakeUp)>) + Send + Sync>;

/// The table, for one process. Clones are cheap and share the client, the cache and the cost counters.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: Arc<str>,
    secret: Secret,
    spent: Arc<capacity::Meter>,
    cache: Arc<cache::Cache>,
    enquiry_counts: Arc<enquiry_counts::EnquiryCounts>,
    commit_hook: Option<CommitHook>,
    jitter: Arc<AtomicU64>,
}

/// An error of the store, or of another service that a function uses.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A rule refuses the request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Every attempt conflicted with another commit. A retry may succeed.
    #[error("contended: every attempt conflicted with another commit")]
    Contended,
    /// DynamoDB, or another service, is unavailable or throttles. A retry may succeed.
    #[error("a service is unavailable")]
    Unavailable(#[source] Cause),
    /// A bug, or data that this code cannot read.
    #[error("internal error")]
    Broken(#[source] Cause),
}

/// The cause of a [`Failure`]: an error, or a text.
pub type Cause = Box<dyn Error + Send + Sync>;

impl Failure {
    /// Returns the error with all its sources, for the log.
    pub fn chain(&self) -> String {
        chain(self)
    }
}

/// Returns an error with all its sources, for the log.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

impl Store {
    /// A store on `table` through `client`, with the secrets of the deployment.
    pub fn new(client: Client, table: &str, secret: Secret) -> Self {
        let seed = uuid::Uuid::new_v4().as_u64_pair().0;
        Self {
            client,
            table: table.into(),
            secret,
            spent: Arc::default(),
            cache: Arc::default(),
            enquiry_counts: Arc::default(),
            commit_hook: None,
            jitter: Arc::new(AtomicU64::new(seed)),
        }
    }

    /// Returns the same store with a hook that is called after each commit.
    pub fn with_commit_hook(&self, hook: CommitHook) -> Self {
        Self { commit_hook: Some(hook), ..self.clone() }
    }

    /// Returns the same store with pauses between attempts that follow from `seed`, for reproducible runs.
    pub fn with_seed(&self, seed: u64) -> Self {
        Self { jitter: Arc::new(AtomicU64::new(seed)), ..self.clone() }
    }

    /// Returns the same store with other secrets.
    #[must_use]
    pub fn with_secret(&self, secret: Secret) -> Self {
        Self { secret, ..self.clone() }
    }

    /// Returns the cost of this store's calls so far.
    pub fn spent(&self) -> Spent {
        self.spent.read()
    }

    /// Returns the secrets of the deployment.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}
