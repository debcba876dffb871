//! What clients are shown.

use chrono::{DateTime, Utc};
use forecourt_domain::base::Actor;
use forecourt_domain::people::UserChange;
use forecourt_domain::settings::{Dealer, Finding, SettingsChange};
use forecourt_edge::routes::Part;
use forecourt_store::Failure;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A dealer's settings, or a part of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingsView {
    /// Which dealer.
    pub dealer: String,
    /// Counts the changes; the ETag.
    pub version: u64,
    /// The settings, as `PUT` takes them.
    #[schema(value_type = Object)]
    pub settings: Value,
}

/// Changes of the settings, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryView {
    /// The changes.
    pub changes: Vec<ChangeView>,
    /// Asks for the changes before these: `?before=…`; absent where there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// One change (SET-10).
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeView {
    /// The version that it made.
    pub version: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom: `user:…` or `system`.
    pub by: String,
    /// What changed.
    pub fields: Vec<FieldView>,
}

/// A field that changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldView {
    /// Which.
    pub field: String,
    /// What it was; `null`: not set, or not there yet.
    #[schema(value_type = Object)]
    pub before: Value,
    /// What it is.
    #[schema(value_type = Object)]
    pub after: Value,
}

/// What is risky in the settings without being forbidden (SET-8).
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingsView {
    /// None: all is well.
    pub findings: Vec<FindingView>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// `solo_distribution`, `nobody_eligible`, `no_fallback`, `no_supervisor`, `level_1_too_long` or `empty_group`.
    pub kind: &'static str,
    /// Where.
    pub field: String,
    /// In words.
    pub detail: String,
}

impl SettingsView {
    pub(crate) fn of(dealer: &Dealer) -> Self {
        Self { dealer: dealer.id.to_string(), version: dealer.version, settings: json!(dealer.settings) }
    }
}

impl SettingsView {
    pub(crate) fn of_part(part: Part, dealer: &Dealer) -> Self {
        Self { dealer: dealer.id.to_string(), version: dealer.version, settings: crate::parts::view(part, &dealer.settings) }
    }
}

impl FindingsView {
    pub(crate) fn of(dealer: &Dealer, now: DateTime<Utc>) -> Self {
        let view = |Finding { kind, field, detail }: Finding| FindingView { kind: kind.name(), field, detail };
        Self { findings: forecourt_domain::settings::findings(&dealer.settings, now).into_iter().map(view).collect() }
    }
}

/// Bytes of a page of the history after which it is cut: an answer of a function has room for a few of these.
const PAGE_BYTES: usize = 1_000_000;

/// A change as told, without what changed.
struct Told<'a> {
    version: u64,
    at: DateTime<Utc>,
    by: &'a Actor,
    after: Map<String, Value>,
}

impl HistoryView {
    /// Of up to `page` changes and, if there is one, the one before them, which says what was before.
    pub(crate) fn of(changes: &[SettingsChange], page: usize) -> Result<Self, Failure> {
        let mut told = Vec::with_capacity(changes.len());
        for change in changes {
            told.push(Told { version: change.version, at: change.at, by: &change.by, after: fields(&change.settings)? });
        }
        Ok(Self::told(&told, page))
    }

    /// Of changes of a user, in the same way.
    pub(crate) fn of_user(changes: &[UserChange], page: usize) -> Result<Self, Failure> {
        let mut told = Vec::with_capacity(changes.len());
        for change in changes {
            let mut after = fields(&change.user)?;
            after.remove("version");
            told.push(Told { version: change.user.version, at: change.at, by: &change.by, after });
        }
        Ok(Self::told(&told, page))
    }

    fn told(told: &[Told<'_>], page: usize) -> Self {
        let (mut changes, mut bytes) = (Vec::new(), 0);
        for (i, change) in told.iter().take(page).enumerate() {
            let view = ChangeView::of(change, told.get(i + 1));
            bytes += json!(view).to_string().len();
            changes.push(view);
            if bytes > PAGE_BYTES {
                break;
            }
        }
        let before = changes.last().map(|last: &ChangeView| last.version).filter(|_| told.len() > changes.len());
        Self { changes, before }
    }
}

impl ChangeView {
    fn of(change: &Told<'_>, earlier: Option<&Told<'_>>) -> Self {
        let by = change.by.to_string();
        let nothing = Map::new();
        let (after, before) = (&change.after, earlier.map_or(&nothing, |earlier| &earlier.after));
        let names: BTreeSet<&String> = after.keys().chain(before.keys()).collect();
        let changed = names.into_iter().filter(|name| after.get(*name) != before.get(*name));
        let of = |fields: &Map<String, Value>, name: &String| fields.get(name).cloned().unwrap_or(Value::Null);
        let fields = changed.map(|name| FieldView { field: name.clone(), before: of(before, name), after: of(after, name) }).collect();
        Self { version: change.version, at: change.at, by, fields }
    }
}

fn fields(of: &impl Serialize) -> Result<Map<String, Value>, Failure> {
    match serde_json::to_value(of) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Ok(Map::new()),
        Err(e) => Err(Failure::Broken(e.into())),
    }
}
