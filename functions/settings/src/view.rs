//! The answers about settings, their history and findings.

use crate::absences::{HandOverOffer, PastAbsenceView};
use crate::bookings::BookingsAffectedView;
use crate::days_off;
use crate::hand_over::HandOverView;
use crate::mail_server;
use crate::retention::RetentionPreviewView;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::Actor;
use forecourt_domain::people::UserChange;
use forecourt_domain::settings::{Dealer, Finding, SettingsChange};
use forecourt_edge::Platform;
use forecourt_edge::http::{Call, Mentions};
use forecourt_edge::routes::SettingsPart;
use forecourt_edge::usecase::bookings::BookingAffectedView;
use forecourt_edge::usecase::people::{PersonView, named, user_in};
use forecourt_store::Failure;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A dealer's settings, or a part of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingsView {
    /// Id of the dealer.
    pub dealer: String,
    /// Version of the settings; also the ETag.
    pub version: u64,
    /// The settings, in the format of `PUT`.
    #[schema(value_type = Object)]
    pub settings: Value,
    /// The orders that the change made or, in a dry run, would make; absent if there are none (DIS-12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hand_overs: Vec<HandOverView>,
    /// The long absences without a hand-over of the users whose absences changed; absent if there are none (DIS-12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hand_over_offered: Vec<HandOverOffer>,
    /// The absences of the request that were not stored, because they ended more than a day ago; absent if there are none (DIS-4).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub past_absences: Vec<PastAbsenceView>,
    /// The address at which the dealer receives mail; absent in other parts, and if the system receives no mail (INT-10).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "autohaus-nordstern-demo.demo-group@in.example.com")]
    pub mail_address: Option<String>,
    /// When the last mail arrived for the dealer; absent in other parts, and if no mail arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_mail_at: Option<DateTime<Utc>>,
    /// In a dry run that changes the retention: the leads that the next run would erase; absent in other answers (PRV-5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_preview: Option<RetentionPreviewView>,
    /// The bookings that the change affects.
    #[serde(flatten)]
    pub bookings: BookingsAffectedView,
}

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryView {
    /// The changes, newest first.
    pub changes: Vec<ChangeView>,
    /// Value of `before` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// The names of the authors; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// One change (SET-10).
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeView {
    /// The version that the change created.
    pub version: u64,
    /// Time of the change.
    pub at: DateTime<Utc>,
    /// Who made the change: `user:…` or `system`.
    pub by: String,
    /// The fields that changed.
    pub fields: Vec<FieldView>,
}

/// A field that changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldView {
    /// Name of the field.
    pub field: String,
    /// Value before the change; `null` if it was not set.
    #[schema(value_type = Value)]
    pub before: Value,
    /// Value after the change; `null` if it is not set.
    #[schema(value_type = Value)]
    pub after: Value,
}

/// Settings that are allowed but risky (SET-8).
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingsView {
    /// The findings; empty if there are none.
    pub findings: Vec<FindingView>,
}

/// A finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// `breaks_rule`, `solo_distribution`, `nobody_eligible`, `everybody_full`, `never_on_duty`, `nobody_claims`, `no_fallback`,
    /// `no_supervisor`, `nobody_above`, `nobody_present`, `level_1_too_long`, `reminder_not_before_level_1`, `empty_group`,
    /// `booking_without_person`, `booking_while_closed`, `notices_returned` or `retention_erases`.
    pub kind: &'static str,
    /// Field of the settings.
    pub field: String,
    /// Explanation in English.
    pub detail: String,
    /// The booking about which nobody has decided (APT-9), if the finding is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingAffectedView>,
}

/// The fields of an answer about the mailbox that are no settings.
pub(crate) const MAILBOX_FIELDS: [&str; 2] = ["mail_address", "last_mail_at"];

impl SettingsView {
    /// Returns the settings as the caller with this scope sees them.
    pub(crate) fn of(dealer: &Dealer, scope: &Scope) -> Self {
        let mut settings = json!(dealer.settings);
        days_off::to_api(&mut settings["calendar"]);
        Self::showing(dealer, mail_server::shown(settings, scope))
    }

    /// Returns a part of the settings as the caller with this scope sees it.
    pub(crate) fn of_part(part: SettingsPart, dealer: &Dealer, scope: &Scope) -> Self {
        Self::showing(dealer, mail_server::shown(crate::parts::view(part, &dealer.settings), scope))
    }

    /// Adds the values that a part shows in addition to its fields: to the mailbox, the dealer's address and the time of the last mail.
    pub(crate) async fn completed(self, platform: &Platform, call: &Call, part: SettingsPart, dealer: &Dealer) -> Result<Self, Failure> {
        let Some(domain) = platform.mail_domain.as_deref().filter(|_| part == SettingsPart::Mailbox) else { return Ok(self) };
        let mail_address = domain.dealer_address(call.scope.group(), &dealer.id).map(|address| address.to_string());
        let last_mail_at = platform.store.last_mail_at(&call.scope, &dealer.id).await?;
        Ok(Self { mail_address, last_mail_at, ..self })
    }

    fn showing(dealer: &Dealer, settings: Value) -> Self {
        Self {
            dealer: dealer.id.to_string(),
            version: dealer.version,
            settings,
            hand_overs: Vec::new(),
            hand_over_offered: Vec::new(),
            past_absences: Vec::new(),
            mail_address: None,
            last_mail_at: None,
            bookings: BookingsAffectedView::default(),
            retention_preview: None,
        }
    }
}

impl FindingsView {
    /// Returns the findings of the settings and those about bookings. `mentions` has the names of the users in the texts.
    pub(crate) fn of(of_settings: Vec<Finding>, bookings: Vec<(Finding, BookingAffectedView)>, mentions: &Mentions) -> Self {
        let of_settings = of_settings.into_iter().map(|finding| (finding, None));
        let all = of_settings.chain(bookings.into_iter().map(|(finding, booking)| (finding, Some(booking))));
        let view =
            |(Finding { kind, field, detail }, booking)| FindingView { kind: kind.name(), field, detail: mentions.named(&detail), booking };
        Self { findings: all.map(view).collect() }
    }
}

/// Size in bytes after which a page ends: the answer of a function is limited to 6 MB. A user of a large group may work at thousands of
/// dealers, and a dealer's settings have up to 300 kB.
const PAGE_BYTES: usize = 1_000_000;

/// Returns the first of `views`, up to the one with which their size as JSON exceeds [`PAGE_BYTES`].
pub(crate) fn one_page<V: Serialize>(views: impl Iterator<Item = V>) -> Vec<V> {
    let (mut page, mut bytes) = (Vec::new(), 0);
    for view in views {
        bytes += json!(view).to_string().len();
        page.push(view);
        if bytes > PAGE_BYTES {
            break;
        }
    }
    page
}

/// A change with all fields after it.
struct Version<'a> {
    version: u64,
    at: DateTime<Utc>,
    by: &'a Actor,
    after: Map<String, Value>,
}

impl HistoryView {
    /// Builds a page of up to `page` changes. `changes` holds one more, if there is one, for the values before the oldest change.
    pub(crate) fn of(changes: &[SettingsChange], page: usize) -> Result<Self, Failure> {
        let mut versions = Vec::with_capacity(changes.len());
        for change in changes {
            let mut after = fields(&change.settings)?;
            after.get_mut("calendar").into_iter().for_each(days_off::to_api);
            versions.push(Version { version: change.version, at: change.at, by: &change.by, after });
        }
        Ok(Self::of_versions(&versions, page))
    }

    /// Builds a page of changes of a user in the same way.
    pub(crate) fn of_user(changes: &[UserChange], page: usize) -> Result<Self, Failure> {
        let mut versions = Vec::with_capacity(changes.len());
        for change in changes {
            let mut after = fields(&change.user)?;
            after.remove("version");
            versions.push(Version { version: change.user.version, at: change.at, by: &change.by, after });
        }
        Ok(Self::of_versions(&versions, page))
    }

    fn of_versions(versions: &[Version<'_>], page: usize) -> Self {
        let views = versions.iter().take(page).enumerate().map(|(i, change)| ChangeView::of(change, versions.get(i + 1)));
        let changes = one_page(views);
        let before = changes.last().map(|last| last.version).filter(|_| versions.len() > changes.len());
        Self { changes, before, people: Vec::new() }
    }

    /// Removes the fields that the caller with this scope does not see.
    pub(crate) fn seen_by(mut self, scope: &Scope) -> Self {
        self.changes.iter_mut().for_each(|change| change.fields.retain(|field| mail_server::is_shown(&field.field, scope)));
        self
    }

    /// Adds the names of the authors.
    pub(crate) async fn named(self, platform: &Platform, call: &Call) -> Result<Self, Failure> {
        let authors = self.changes.iter().filter_map(|change| user_in(&change.by)).collect();
        Ok(Self { people: named(platform, call, None, authors).await?, ..self })
    }
}

impl ChangeView {
    fn of(change: &Version<'_>, earlier: Option<&Version<'_>>) -> Self {
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
