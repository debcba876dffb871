//! The whole table on one screen: every key is made here, and only with a [`Scope`] (ACC-2).
//!
//! One table, `pk`/`sk`, and three indexes. `g` is the group.
//!
//! | Need | Key or index | Read with |
//! |---|---|---|
//! | Lead; its timeline, messages, calendar events, invitations, tasks and elements | `g#L#lead` / `@`, `T#version`, `M#cause`, `E#event`, `I#invitation`, `K#task`, `X#kind#element` | GetItem; Query for the page, and for the elements of a kind |
//! | Appointment; the letters about it; letters about a lead | `g#A#appointment` / `@`, `O#cause`; `g#L#lead` / `O#cause` | GetItem; Query |
//! | Export; the log of downloads | `g#X` / export; `g#XLOG` / `time#download` | GetItem; Query, newest first |
//! | What was said early of an appointment; how many appointments a dealer's own system told of that are not kept | `g#A#appointment` / `P`; `g#D#dealer` / `N` | GetItem with the appointment |
//! | A dealer's appointments, newest first | **list** `g#D#dealer#A#month` / `created#appointment` | Query, one month a partition |
//! | Contact by channel (HMAC), or an alias to it | `g#C#hmac` / `@` | BatchGetItem with the lead |
//! | Dealer with members and absences; its rotations; its pool | `g#D#dealer` / `@`, `R`, `R#group`, `P` | BatchGetItem with the lead |
//! | Changes of a dealer's settings, of a user | `g#D#dealer`, `g#U#user` / `H#version` | Query, newest first |
//! | The group's webhooks (APT-6) | `g#W` / `@` | GetItem, kept 60 s where something is to be told; fresh where it is sent |
//! | What webhooks are told of a lead, an appointment | `g#NL#lead`, `g#NA#appointment` / `sequence` | Query in order, what is not settled; gone two weeks after |
//! | What was told when, newest first | **list** `g#N#month` / `time#lead or appointment#sequence` | Query, filtered by the webhook |
//! | A user's calendar links | `g#U#user` / `F` | GetItem, with the user |
//! | How far a dealer's open leads are computed anew | `g#D#dealer` / `J` | GetItem |
//! | User; partner | `g#U#user` / `@`; `g#P#partner` / `@` | GetItem, kept 60 s |
//! | What a partner signs with | `g#P#partner` / `S` | GetItem |
//! | A person's day: what takes which quarter-hours (CAL-7) | `g#S#user#day` / `@` | BatchGetItem with the event |
//! | `Idempotency-Key` besides an external id; what a partner sent by its name, what changed a lead by its key | `g#K#hash` / `@`, `S` | BatchGetItem with the lead, the appointment |
//! | Queue sender's group and partner | `SENDER#id` / `@` | GetItem, kept 60 s |
//! | A dealer's leads, newest first | **list** `g#D#dealer#L#month` / `arrived#lead` | Query, one month a partition |
//! | A dealer's calendar by the events' times (CAL-6) | **list** `g#D#dealer#E#month` / `time#lead#event` | Query, two months at once |
//! | Overviews and exports | **list**, every dealer's months | Query, all months of all dealers at once; one after the other |
//! | The group's users, its dealers | **list** `g#U`, `g#D` / user, dealer | Query |
//! | A user's work by the date of the next action | **work** `g#W#user` / `L#action date#lead` | Query, all users of a board at once |
//! | Tasks that were given to a user, open ones by their starts | **work** `g#W#user` / `K#start#lead#task` | Query, all users of a list at once |
//! | Notices that wait to go out together | **work** `g#W#user` / `M#dealer#due#lead#cause` | Query |
//! | What is due, of whatever kind | **due** `due#shard` / `due#kind#dealer` | Query by shard: the sweep |

use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{
    AppointmentId, ChannelKey, DealerId, ElementId, EventId, ExportId, InvitationId, LeadId, PartnerId, Subject, TaskId, UserId,
};
use forecourt_domain::elements::ElementKind;
use forecourt_domain::settings::Lane;
use serde::{Deserialize, Serialize};

mod look;

pub use look::{Look, Thing};

/// What is stored under one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Key {
    Lead(LeadId),
    Entry(LeadId, u64),
    Message(LeadId, String),
    Event(LeadId, EventId),
    Invitation(LeadId, InvitationId),
    Element(LeadId, ElementKind, ElementId),
    Task(LeadId, TaskId),
    Channel(ChannelKey),
    Dealer(DealerId),
    Place(DealerId, Lane),
    Change(DealerId, u64),
    Recompute(DealerId),
    User(UserId),
    UserChange(UserId, u64),
    Partner(PartnerId),
    Receipt(String),
    Day(UserId, NaiveDate),
    Appointment(AppointmentId),
    Letter(Subject, String),
    Feeds(UserId),
    Export(ExportId),
    Download(DateTime<Utc>, String),
    Early(AppointmentId),
    Unprocessed(DealerId),
    Seen(String),
    Signing(PartnerId),
    Webhooks,
    Outgoing(Subject, u64),
}

/// The two strings of a table key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableKey {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    /// The key within the reach of `scope`.
    pub(crate) fn at(&self, scope: &Scope) -> TableKey {
        let g = scope.group();
        let (pk, sk) = match self {
            Key::Lead(lead) => (format!("{g}#L#{lead}"), "@".to_owned()),
            Key::Entry(lead, version) => (format!("{g}#L#{lead}"), format!("{ENTRIES}{version:06}")),
            Key::Message(lead, cause) => (format!("{g}#L#{lead}"), format!("{MESSAGES}{cause}")),
            Key::Event(lead, event) => (format!("{g}#L#{lead}"), format!("{EVENTS}{event}")),
            Key::Element(lead, kind, element) => (format!("{g}#L#{lead}"), format!("{}{element}", elements_prefix(*kind))),
            Key::Invitation(lead, invitation) => (format!("{g}#L#{lead}"), format!("{INVITATIONS}{invitation}")),
            Key::Task(lead, task) => (format!("{g}#L#{lead}"), format!("{TASKS}{task}")),
            Key::Channel(channel) => (format!("{g}#C#{}", channel.0), "@".to_owned()),
            Key::Dealer(dealer) => (format!("{g}#D#{dealer}"), "@".to_owned()),
            Key::Place(dealer, Lane::Rotation(None)) => (format!("{g}#D#{dealer}"), "R".to_owned()),
            Key::Place(dealer, Lane::Rotation(Some(group))) => (format!("{g}#D#{dealer}"), format!("R#{group}")),
            Key::Place(dealer, Lane::Pool) => (format!("{g}#D#{dealer}"), "P".to_owned()),
            Key::Change(dealer, version) => (format!("{g}#D#{dealer}"), format!("{CHANGES}{version:06}")),
            Key::Recompute(dealer) => (format!("{g}#D#{dealer}"), RECOMPUTE.to_owned()),
            Key::User(user) => (format!("{g}#U#{user}"), "@".to_owned()),
            Key::UserChange(user, version) => (format!("{g}#U#{user}"), format!("{CHANGES}{version:06}")),
            Key::Feeds(user) => (format!("{g}#U#{user}"), "F".to_owned()),
            Key::Partner(partner) => (format!("{g}#P#{partner}"), "@".to_owned()),
            Key::Day(user, date) => (format!("{g}#S#{user}#{date}"), "@".to_owned()),
            Key::Appointment(id) => (format!("{g}#A#{id}"), "@".to_owned()),
            Key::Letter(Subject::Lead(lead), cause) => (format!("{g}#L#{lead}"), format!("O#{cause}")),
            Key::Letter(Subject::Appointment(id), cause) => (format!("{g}#A#{id}"), format!("O#{cause}")),
            Key::Export(id) => (format!("{g}{EXPORTS}"), id.to_string()),
            Key::Download(at, id) => (downloads_partition(scope), format!("{}#{id}", stamp(*at))),
            Key::Early(id) => (format!("{g}#A#{id}"), "P".to_owned()),
            Key::Unprocessed(dealer) => (format!("{g}#D#{dealer}"), "N".to_owned()),
            Key::Seen(hash) => (format!("{g}#K#{hash}"), "S".to_owned()),
            Key::Signing(partner) => (format!("{g}#P#{partner}"), "S".to_owned()),
            Key::Webhooks => (format!("{g}#W"), "@".to_owned()),
            Key::Outgoing(about, sequence) => (outgoing_partition(scope, about), outgoing_place(*sequence)),
            Key::Receipt(hash) => (format!("{g}#K#{hash}"), "@".to_owned()),
        };
        TableKey { pk, sk }
    }
}

/// The partition of all that is told of a lead or an appointment.
pub(crate) fn outgoing_partition(scope: &Scope, about: &Subject) -> String {
    match about {
        Subject::Lead(lead) => format!("{}#NL#{lead}", scope.group()),
        Subject::Appointment(id) => format!("{}#NA#{id}", scope.group()),
    }
}

fn outgoing_place(sequence: u64) -> String {
    format!("{sequence:09}")
}

/// The partition of what the group's webhooks were told of in a month.
pub(crate) fn deliveries_partition(scope: &Scope, month: &Month) -> String {
    format!("{}#N#{}", scope.group(), month.0)
}

/// The place of something told among all that was.
pub(crate) fn delivery_place(at: DateTime<Utc>, about: &Subject, sequence: u64) -> String {
    let about = match about {
        Subject::Lead(lead) => format!("L{lead}"),
        Subject::Appointment(id) => format!("A{id}"),
    };
    format!("{}#{about}#{}", stamp(at), outgoing_place(sequence))
}

/// What stands at a place of what was told.
pub(crate) fn delivery_at(place: &str) -> Option<Key> {
    let (at, rest) = place.split_once('#')?;
    let (about, sequence) = rest.split_once('#')?;
    let about = match (about.strip_prefix('L'), about.strip_prefix('A')) {
        (Some(lead), _) => Subject::Lead(lead.parse().ok()?),
        (_, Some(id)) => Subject::Appointment(id.parse().ok()?),
        _ => return None,
    };
    (at.len() == 15 && since_of(at).is_some()).then_some(Key::Outgoing(about, sequence.parse().ok()?))
}

/// What the places of a lead's elements of a kind begin with.
pub(crate) fn elements_prefix(kind: ElementKind) -> String {
    format!("X#{}#", kind.name())
}

/// What the places of a lead's timeline begin with.
pub(crate) const ENTRIES: &str = "T#";
/// What the places of a lead's messages begin with.
pub(crate) const MESSAGES: &str = "M#";
/// What the places of a lead's calendar events begin with.
pub(crate) const EVENTS: &str = "E#";
/// What the places of a lead's tasks, and of a user's, begin with.
pub(crate) const TASKS: &str = "K#";
/// What the places of a dealer's or a user's changes begin with.
pub(crate) const CHANGES: &str = "H#";
/// What the places of a lead's invitations begin with.
pub(crate) const INVITATIONS: &str = "I#";
/// The place of a dealer's recomputation.
const RECOMPUTE: &str = "J";

/// What the partition of a group's exports ends with.
const EXPORTS: &str = "#X";

/// The partition of the log of a group's downloads.
pub(crate) fn downloads_partition(scope: &Scope) -> String {
    format!("{}#XLOG", scope.group())
}

/// The key of a queue sender, which is looked up to learn the group, and so the one key without a scope.
pub(crate) fn sender(id: &str) -> TableKey {
    TableKey { pk: format!("SENDER#{id}"), sk: "@".to_owned() }
}

/// The partition of a dealer's list for the month of `at` (UTC).
pub(crate) fn list_partition(scope: &Scope, dealer: &DealerId, month: &Month) -> String {
    format!("{}#D#{dealer}#L#{}", scope.group(), month.0)
}

/// The place of a lead in its dealer's list.
pub(crate) fn list_place(here_since: DateTime<Utc>, lead: LeadId) -> String {
    format!("{}#{lead}", stamp(here_since))
}

/// The partition of a dealer's appointments that were made in the month of `at` (UTC).
pub(crate) fn appointments_partition(scope: &Scope, dealer: &DealerId, month: &Month) -> String {
    format!("{}#D#{dealer}#A#{}", scope.group(), month.0)
}

/// The partition of the appointments that came to a dealer from another, of whatever month: they may be older than the dealer.
pub(crate) fn newcomers_partition(scope: &Scope, dealer: &DealerId) -> String {
    format!("{}#D#{dealer}#A#{NEWCOMERS}", scope.group())
}

/// What stands for the month of those that came from another dealer; it sorts after all months.
pub(crate) const NEWCOMERS: &str = "newcomers";

/// The place of an appointment among its dealer's.
pub(crate) fn appointment_place(created: DateTime<Utc>, id: &AppointmentId) -> String {
    format!("{}#{id}", stamp(created))
}

/// The partition of a dealer's calendar for a month.
pub(crate) fn calendar_partition(scope: &Scope, dealer: &DealerId, month: &Month) -> String {
    format!("{}#D#{dealer}#E#{}", scope.group(), month.0)
}

/// The place of an event in its dealer's calendar.
pub(crate) fn calendar_place(at: DateTime<Utc>, lead: LeadId, event: &EventId) -> String {
    format!("{}#{lead}#{event}", stamp(at))
}

/// The partition of the group's users in the list.
pub(crate) fn users_partition(scope: &Scope) -> String {
    format!("{}#U", scope.group())
}

/// The partition of the group's dealers in the list.
pub(crate) fn dealers_partition(scope: &Scope) -> String {
    format!("{}#D", scope.group())
}

/// The partition of what a user has to do.
pub(crate) fn work_partition(scope: &Scope, user: &UserId) -> String {
    format!("{}#W#{user}", scope.group())
}

/// The place of a lead among its owner's work.
pub(crate) fn work_place(action: DateTime<Utc>, lead: LeadId) -> String {
    format!("L#{}#{lead}", stamp(action))
}

/// Where the work from a time on begins.
pub(crate) fn work_from(from: Option<DateTime<Utc>>) -> String {
    format!("L#{}", from.map(stamp).unwrap_or_default())
}

/// Where the work before a time ends: nothing stands at a time without a name behind it.
pub(crate) fn work_until(until: Option<DateTime<Utc>>) -> String {
    until.map_or_else(|| "L#~".to_owned(), |until| format!("L#{}", stamp(until)))
}

/// The place of a task among what its assignee has to do; a lead's deadline would stand there by its own name.
pub(crate) fn task_place(at: DateTime<Utc>, lead: LeadId, name: &str) -> String {
    format!("{TASKS}{}#{lead}#{name}", stamp(at))
}

/// Where the tasks from a time on begin.
pub(crate) fn tasks_from(from: Option<DateTime<Utc>>) -> String {
    format!("{TASKS}{}", from.map(stamp).unwrap_or_default())
}

/// Where the tasks before a time end.
pub(crate) fn tasks_until(until: Option<DateTime<Utc>>) -> String {
    until.map_or_else(|| format!("{TASKS}~"), |until| format!("{TASKS}{}", stamp(until)))
}

/// Whether the text is a place of a list of tasks.
pub fn is_task_place(text: &str) -> bool {
    let mut parts = text.strip_prefix(TASKS).into_iter().flat_map(|rest| rest.split('#'));
    let at = parts.next().is_some_and(|at| at.len() == 15 && at.bytes().all(|b| b.is_ascii_digit()));
    let lead = parts.next().is_some_and(|lead| lead.parse::<LeadId>().is_ok());
    at && lead && parts.next().is_some_and(|name| TaskId::parse(name).is_ok()) && parts.next().is_none()
}

/// The time of the action at a place of somebody's work.
pub(crate) fn action_of(place: &str) -> Option<DateTime<Utc>> {
    let millis = place.strip_prefix("L#")?.split('#').next()?.parse().ok()?;
    DateTime::from_timestamp_millis(millis)
}

/// Whether the text is a place of somebody's work: a task's without a name.
pub fn is_work_place(text: &str) -> bool {
    text.strip_prefix("L#").is_some_and(|rest| is_task_place(&format!("{TASKS}{rest}#-")))
}

/// What the places of all bundled notices of a dealer begin with, among a reader's work.
pub(crate) fn bundle_prefix(dealer: &DealerId) -> String {
    format!("M#{dealer}#")
}

/// The place of a bundled notice among its reader's work.
pub(crate) fn bundle_place(dealer: &DealerId, due: DateTime<Utc>, lead: LeadId, cause: &str) -> String {
    format!("{}{}#{lead}#{cause}", bundle_prefix(dealer), stamp(due))
}

/// Milliseconds since 1970 in 15 digits, so that text sorts as time does.
pub(crate) fn stamp(at: DateTime<Utc>) -> String {
    format!("{:015}", at.timestamp_millis().max(0))
}

/// When what stands at a place of a list came there.
pub(crate) fn since_of(place: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(place.split('#').next()?.parse().ok()?)
}

/// A month of a list, `2026-11` in UTC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month(pub(crate) String);

impl Month {
    pub(crate) fn of(at: DateTime<Utc>) -> Self {
        Self(at.format("%Y-%m").to_string())
    }

    /// The month after `at`'s.
    pub(crate) fn after(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        use chrono::Datelike as _;
        let first = at.date_naive().with_day(1)?.checked_add_months(chrono::Months::new(1))?;
        Some(first.and_time(chrono::NaiveTime::MIN).and_utc())
    }

    pub(crate) fn before(&self) -> Option<Self> {
        Some(Self(self.first()?.pred_opt()?.format("%Y-%m").to_string()))
    }

    pub(crate) fn next(&self) -> Option<Self> {
        Some(Self(self.first()?.checked_add_months(chrono::Months::new(1))?.format("%Y-%m").to_string()))
    }

    pub(crate) fn first(&self) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(&format!("{}-01", self.0), "%Y-%m-%d").ok()
    }
}

/// How many partitions the `due` index is spread over.
pub const DUE_SHARDS: u8 = 16;

/// The shard of the `due` index that an item of partition `pk` is in.
pub(crate) fn due_shard(pk: &str) -> String {
    // FNV-1a: stable over versions, unlike the standard library's hasher.
    let hash = pk.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    due_partition((hash % u64::from(DUE_SHARDS)) as u8)
}

/// The partition of a shard.
pub(crate) fn due_partition(shard: u8) -> String {
    format!("due#{shard:02}")
}

/// What kind of thing is due, and so which queue is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueKind {
    /// A lead waits for an owner.
    Assign,
    /// A lead's next step.
    Escalate,
    /// A message.
    Send,
    /// A dealer's open leads are to be computed anew.
    Recompute,
    /// A calendar event that nobody has done.
    Resubmit,
    /// A letter to a customer.
    Deliver,
    /// The next slice of an export, or its end.
    Export,
    /// What other systems are told.
    Notify,
}

impl DueKind {
    /// Every kind.
    pub const ALL: [DueKind; 8] = [
        DueKind::Assign,
        DueKind::Escalate,
        DueKind::Send,
        DueKind::Recompute,
        DueKind::Resubmit,
        DueKind::Deliver,
        DueKind::Export,
        DueKind::Notify,
    ];

    /// Its name, as wake-ups and places in the index write it.
    pub fn name(self) -> &'static str {
        match self {
            DueKind::Assign => "assign",
            DueKind::Escalate => "escalate",
            DueKind::Send => "send",
            DueKind::Recompute => "recompute",
            DueKind::Resubmit => "resubmit",
            DueKind::Deliver => "deliver",
            DueKind::Export => "export",
            DueKind::Notify => "notify",
        }
    }

    /// The queue that is told.
    pub fn queue(self) -> &'static str {
        match self {
            DueKind::Assign => "assign",
            DueKind::Escalate | DueKind::Recompute | DueKind::Resubmit => "escalate",
            DueKind::Send | DueKind::Deliver => "send",
            // The same function: receivers may be slow, and mail must not wait for them.
            DueKind::Notify => "notify",
            DueKind::Export => "export",
        }
    }
}

/// The place of an item in the `due` index.
pub(crate) fn due_place(due: DateTime<Utc>, kind: DueKind, dealer: &DealerId) -> String {
    format!("{}#{}#{dealer}", stamp(due), kind.name())
}
