//! The whole table on one screen, and every key: a key needs a [`Scope`] (ACC-2).
//!
//! One table with `pk` and `sk`, and three indexes. `g` is the group. A *place* is a sort key. The keys of the items are the rows of
//! `entities/mod.rs`; the keys of the indexes are the functions below.
//!
//! | Need | Key or index | Read with |
//! |---|---|---|
//! | Lead; its timeline, messages, calendar events, invitations, tasks and elements | `g#L#lead` / `@`, `T#version`, `M#cause`, `E#event`, `I#invitation`, `K#task`, `X#kind#element` | GetItem; Query for the page, and for the elements of a kind |
//! | Appointment; its letters; letters about a lead | `g#A#appointment` / `@`, `O#cause`; `g#L#lead` / `O#cause` | GetItem; Query |
//! | Access log: rights granted, searches (ACC-1) | `g#ALOG` / `time#record` | GetItem; Query, newest first |
//! | Receipt of an enquiry, for its sender (INT-5) | `g#Q#receipt` / `@` | BatchGetItem with the lead |
//! | Export; download log | `g#X` / export; `g#XLOG` / `time#download` | GetItem; Query, newest first |
//! | Orders to erase a contact (PRV-2), to write an access file (PRV-4); legal holds (PRV-5) | `g#Y`, `g#Z`, `g#LH` / `time-name` | GetItem; Query, latest first |
//! | The retention of a dealer (PRV-5) | `g#D#dealer` / `E` | GetItem |
//! | Reports that arrived before their appointment; number of a dealer system's appointments that are not stored | `g#A#appointment` / `P`; `g#D#dealer` / `N` | GetItem with the appointment |
//! | A dealer's appointments, newest first | **list** `g#D#dealer#A#month` / `created#appointment` | Query, one month a partition |
//! | Contact by channel (HMAC), or an alias of it | `g#C#hmac` / `@` | BatchGetItem with the lead |
//! | Stops of messages to an address or number, by its HMAC (MSG-1) | `g#C#hmac` / `S` | BatchGetItem with the letter |
//! | Dealer with members and absences; its rotations; its pool | `g#D#dealer` / `@`, `R`, `R#group`, `P` | BatchGetItem with the lead |
//! | Changes of a dealer's settings, of a user | `g#D#dealer`, `g#U#user` / `H#version` | Query, newest first |
//! | Changes of a dealer's texts (MSG-2) | `g#D#dealer` / `TH#version` | Query, newest first |
//! | The group's webhooks (APT-6) | `g#W` / `@` | GetItem; cached for 60 s where events are stored, read fresh where they are sent |
//! | Webhook events of a lead, of an appointment | `g#NL#lead`, `g#NA#appointment` / `sequence` | Query in order, the unsettled ones; deleted two weeks after |
//! | Webhook events of a month, newest first | **list** `g#N#month` / `time#lead or appointment#sequence` | Query, filtered by the webhook |
//! | A user's calendar feeds; saved views | `g#U#user` / `F`; `V` | GetItem, with the user where one is saved |
//! | A dealer's own texts; a user's latest test of a text (MSG-2) | `g#D#dealer` / `T`; `g#U#user` / `M` | BatchGetItem with the letter, the enquiry; GetItem |
//! | Progress of recomputing a dealer's open leads | `g#D#dealer` / `J` | GetItem |
//! | Orders to hand over the work of users, latest first (DIS-12) | `g#D#dealer` / `G#time-user` | GetItem; Query |
//! | Notices about a dealer's bookings about which nobody has decided (APT-9) | `g#D#dealer` / `B` | GetItem |
//! | Lists of a dealer's appointments of a day (APT-7) | `g#D#dealer` / `L` | GetItem |
//! | Notices about a dealer's open mails (INT-7) | `g#D#dealer` / `I` | GetItem |
//! | User; partner | `g#U#user` / `@`; `g#P#partner` / `@` | GetItem, cached for 60 s |
//! | User by the subject in a token (hash) | `g#US#hash` / `@` | GetItem, cached for 60 s; with the user where one is saved |
//! | A partner's signing secrets | `g#P#partner` / `S` | GetItem |
//! | A user's day: which quarter-hours are occupied (CAL-7) | `g#S#user#day` / `@` | BatchGetItem with the event |
//! | Enquiry by `Idempotency-Key`; answered request by its name or `Idempotency-Key` | `g#K#hash` / `@`, `S` | BatchGetItem with the lead, the appointment |
//! | Mail that arrived for a dealer (INT-7) | `g#I#mail` / dealer | GetItem; deleted 180 days after |
//! | Dealer by its lead address (hash) | `g#DA#hash` / `@` | GetItem with the dealer where one is saved; where a header of a mail may name another dealer |
//! | A dealer's mails, newest first; those without a lead about which nobody has decided | **list**, **work** `g#D#dealer#I` / `received#mail` | Query |
//! | Bulk action with its progress; a page of its leads with the results (LEAD-10) | `g#BA#id` / `@`, `P#page` | GetItem, BatchGetItem; deleted 30 days after |
//! | Use of a budget of letters, text messages or enquiries (SET-12) | `g#B#hash` / `@` | BatchGetItem with the letter; deleted a day after |
//! | Session of the console: encrypted tokens | `SESSION#hash of the user` / hash of the cookie | GetItem; Query to end all of a user; deleted after 12 hours |
//! | Whether a dealer's lists may have changed, while somebody shows them | `PULSE#g#dealer` / `@` | GetItem; cached for 60 s where changes are committed; deleted 15 minutes after |
//! | Group and dealer that receive text messages at a number (MSG-3) | `NUMBER#number` / `@` | GetItem; with the dealer where one is saved |
//! | Group and partner of a queue sender | `SENDER#id` / `@` | GetItem, cached for 60 s |
//! | Follow-up; the latest one for a vehicle and a job (FUP-1) | `g#F#id` / `@`; `g#FC#hash` / `@` | GetItem; BatchGetItem where one is created |
//! | A dealer's follow-ups by the method on whose list they are, booked ones, those that ended in a month | **list** `g#D#dealer#Q#method`, `…#Q#booked`, `…#Q#ended#month` / `time#follow-up` | Query |
//! | Follow-ups of a contact | **work** `g#FC#contact` / follow-up | Query |
//! | A dealer's leads, newest first | **list** `g#D#dealer#L#month` / `arrived#lead` | Query, one month a partition |
//! | A dealer's calendar by the events' times (CAL-6) | **list** `g#D#dealer#E#month` / `time#lead#event` | Query, two months at once |
//! | A dealer's diary: its calendar, and its appointments that are no events of leads (CAL-6) | the calendar, and **work** `g#D#dealer#V` / `time#appointment` | Query, all at once |
//! | A dealer's letters and notices that failed or are unclear, newest first (MSG-1) | **list** `g#D#dealer#F` / `time#lead or appointment#cause` | Query |
//! | Overviews and exports | **list**, every dealer's months | Query, all months of all dealers at once; one after the other |
//! | The group's users, its dealers | **list** `g#U`, `g#D` / user, dealer | Query |
//! | A user's leads by the date of the next action | **work** `g#W#user` / `L#action date#lead` | Query, all users of a board at once |
//! | Open tasks by assignee and start | **work** `g#W#user` / `K#start#lead#task` | Query, all users of a list at once |
//! | Notices that are sent together | **work** `g#W#user` / `M#dealer#due#lead#cause` | Query |
//! | Due items of every kind | **due** `due#shard` / `due#kind#dealer` | Query by shard: the sweep |

use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{AppointmentId, DealerId, EventId, LeadId, MailId, Subject, UserId};
use forecourt_domain::elements::ElementKind;

mod due;
mod follow_up;
mod month;
mod wake_up;

pub use crate::entities::Key;
pub use due::{DUE_SHARDS, DueKind};
pub(crate) use due::{due_partition, due_place, due_shard};
pub use follow_up::FollowUpList;
pub(crate) use follow_up::{follow_up_listing, follow_ups_of_contact};
pub(crate) use month::Month;
pub use wake_up::{WakeUp, WakeUpTarget};

/// The two strings of a table key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableKey {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

// Prefixes of places: in a lead's partition, except `CHANGES` (dealers and users), `TEXT_CHANGES` and `HAND_OVERS` (dealers) and `TASKS`
// (also in the index `work`).
pub(crate) const ENTRIES: &str = "T#";
pub(crate) const MESSAGES: &str = "M#";
pub(crate) const EVENTS: &str = "E#";
pub(crate) const INVITATIONS: &str = "I#";
pub(crate) const TASKS: &str = "K#";
pub(crate) const CHANGES: &str = "H#";
pub(crate) const TEXT_CHANGES: &str = "TH#";
pub(crate) const HAND_OVERS: &str = "G#";

/// The place of a dealer's recomputation.
const RECOMPUTE: &str = "J";
/// The place of a user's test of a text.
const TEST_MAIL: &str = "M";
/// The place of the watch over a dealer's bookings.
const BOOKING_WATCH: &str = "B";
/// The place of the lists of a dealer's appointments.
const MORNING_LIST: &str = "L";
/// The place of the watch over a dealer's open mails.
const MAIL_WATCH: &str = "I";
/// The suffix of the partition of a group's exports.
const EXPORTS: &str = "#X";

/// The part before the id in the partition of a bulk action.
const BULK_ACTIONS: &str = "#BA#";

/// The place of a dealer's retention.
const RETENTION: &str = "E";
/// The suffix of the partition of a group's orders to erase a contact.
const ERASURES: &str = "#Y";
/// The suffix of the partition of a group's access files.
const ACCESS_FILES: &str = "#Z";

/// Returns the partition of the exports.
pub(crate) fn exports_partition(scope: &Scope) -> String {
    format!("{}{EXPORTS}", scope.group())
}

/// Returns the prefix of the places of a lead's elements of a kind.
pub(crate) fn elements_prefix(kind: ElementKind) -> String {
    format!("X#{}#", kind.name())
}

/// The first part of the partitions that do not begin with a group. Their items have only one form.
pub(crate) const GROUPLESS: [&str; 4] = ["SENDER", "SESSION", "PULSE", NUMBERS];
/// The first part of the partitions of telephone numbers that receive text messages.
pub(crate) const NUMBERS: &str = "NUMBER";

/// Returns the key of the pulse of a dealer.
pub(crate) fn pulse(scope: &Scope, dealer: &DealerId) -> TableKey {
    TableKey { pk: format!("PULSE#{}#{dealer}", scope.group()), sk: "@".to_owned() }
}

/// Returns the key of a session of the console. It has no scope, since it is read to learn the token, which names the group.
pub(crate) fn session(owner: &str, hash: &str) -> TableKey {
    TableKey { pk: format!("SESSION#{owner}"), sk: hash.to_owned() }
}

/// Returns the key of a queue sender. It has no scope, since it is read to learn the group.
pub(crate) fn sender(id: &str) -> TableKey {
    TableKey { pk: format!("SENDER#{id}"), sk: "@".to_owned() }
}

/// Returns the key of the claim on a telephone number. It has no scope, since it is read to learn the group.
pub(crate) fn text_number(number: &str) -> TableKey {
    TableKey { pk: format!("{NUMBERS}#{number}"), sk: "@".to_owned() }
}

/// Returns the partition of the download log.
pub(crate) fn downloads_partition(scope: &Scope) -> String {
    format!("{}#XLOG", scope.group())
}

/// The suffix of the partition of a group's access log.
const ACCESS_LOG: &str = "#ALOG";

/// Returns the partition of the access log.
pub(crate) fn access_log_partition(scope: &Scope) -> String {
    format!("{}{ACCESS_LOG}", scope.group())
}

/// Returns the key of the record of the access log at a place.
pub fn access_record_at(place: &str) -> Option<Key> {
    let (at, id) = place.split_once('#')?;
    (at.len() == 15).then_some(Key::AccessRecord(time_of(at)?, id.to_owned()))
}

/// Returns the partition of a lead or an appointment, without the group.
pub(crate) fn subject_partition(subject: &Subject) -> String {
    match subject {
        Subject::Lead(lead) => format!("L#{lead}"),
        Subject::Appointment(id) => format!("A#{id}"),
    }
}

/// Returns the place of a webhook event among those of its lead or appointment.
pub(crate) fn outgoing_place(sequence: u64) -> String {
    format!("{sequence:09}")
}

/// Returns the partition of the webhook events of a month.
pub(crate) fn deliveries_partition(scope: &Scope, month: &Month) -> String {
    format!("{}#N#{}", scope.group(), month.0)
}

/// Returns the place of a webhook event in its month.
pub(crate) fn delivery_place(at: DateTime<Utc>, about: &Subject, sequence: u64) -> String {
    let about = match about {
        Subject::Lead(lead) => format!("L{lead}"),
        Subject::Appointment(id) => format!("A{id}"),
    };
    format!("{}#{about}#{}", stamp(at), outgoing_place(sequence))
}

/// Returns the key of the webhook event at a [`delivery_place`].
pub(crate) fn delivery_at(place: &str) -> Option<Key> {
    let (at, rest) = place.split_once('#')?;
    let (about, sequence) = rest.split_once('#')?;
    let about = match (about.strip_prefix('L'), about.strip_prefix('A')) {
        (Some(lead), _) => Subject::Lead(lead.parse().ok()?),
        (_, Some(id)) => Subject::Appointment(id.parse().ok()?),
        _ => return None,
    };
    (at.len() == 15 && time_of(at).is_some()).then_some(Key::Outgoing(about, sequence.parse().ok()?))
}

/// Returns the partition of a dealer's letters and notices that failed or are unclear.
pub(crate) fn undelivered_partition(scope: &Scope, dealer: &DealerId) -> String {
    format!("{}#D#{dealer}#F", scope.group())
}

/// Returns the place of a letter that failed or is unclear among those of its dealer.
pub(crate) fn undelivered_letter(at: DateTime<Utc>, about: &Subject, cause: &str) -> String {
    match about {
        Subject::Lead(lead) => format!("{}#L{lead}#{cause}", stamp(at)),
        Subject::Appointment(id) => format!("{}#A{id}#{cause}", stamp(at)),
    }
}

/// Returns the place of a notice that failed among those of its dealer.
pub(crate) fn undelivered_notice(at: DateTime<Utc>, lead: LeadId, cause: &str) -> String {
    format!("{}#N{lead}#{cause}", stamp(at))
}

/// Returns the key of the letter or notice at an [`undelivered_letter`] or [`undelivered_notice`].
pub(crate) fn undelivered_at(place: &str) -> Option<Key> {
    let mut parts = place.splitn(3, '#');
    time_of(parts.next()?)?;
    let (about, cause) = (parts.next()?, parts.next()?.to_owned());
    let kind = about.get(..1)?;
    let id = about.get(1..)?;
    Some(match kind {
        "L" => Key::Letter(Subject::Lead(id.parse().ok()?), cause),
        "A" => Key::Letter(Subject::Appointment(id.parse().ok()?), cause),
        "N" => Key::Message(id.parse().ok()?, cause),
        _ => return None,
    })
}

/// The part before the id in the partition of an incoming mail.
const MAILS: &str = "#I#";

/// Returns the partition of a dealer's mails, in the index `list`; of those that are open, in the index `work`.
pub(crate) fn mails_partition(scope: &Scope, dealer: &DealerId) -> String {
    format!("{}#D#{dealer}#I", scope.group())
}

/// Returns the place of a mail among those of its dealer.
pub(crate) fn mail_place(received: DateTime<Utc>, id: &MailId) -> String {
    format!("{}#{id}", stamp(received))
}

/// Returns the partition of a dealer's leads of a month.
pub(crate) fn list_partition(scope: &Scope, dealer: &DealerId, month: &Month) -> String {
    format!("{}#D#{dealer}#L#{}", scope.group(), month.0)
}

/// Returns the place of a lead in its dealer's list.
pub(crate) fn list_place(here_since: DateTime<Utc>, lead: LeadId) -> String {
    format!("{}#{lead}", stamp(here_since))
}

/// Returns the partition of a dealer's appointments that were created in a month.
pub(crate) fn appointments_partition(scope: &Scope, dealer: &DealerId, month: &Month) -> String {
    format!("{}#D#{dealer}#A#{}", scope.group(), month.0)
}

/// Returns the partition of the appointments that came to a dealer from another one. It is one for all months: they may be older than the
/// dealer.
pub(crate) fn newcomers_partition(scope: &Scope, dealer: &DealerId) -> String {
    format!("{}#D#{dealer}#A#{NEWCOMERS}", scope.group())
}

/// Takes the place of the month in [`newcomers_partition`]; sorts after all months.
pub(crate) const NEWCOMERS: &str = "newcomers";

/// Returns the place of an appointment: by its creation in its dealer's list, by its time in the diary.
pub(crate) fn appointment_place(at: DateTime<Utc>, id: &AppointmentId) -> String {
    format!("{}#{id}", stamp(at))
}

/// Returns the partition of a dealer's appointments that are no events of leads, by their times.
pub(crate) fn diary_partition(scope: &Scope, dealer: &DealerId) -> String {
    format!("{}#D#{dealer}#V", scope.group())
}

/// Returns the partition of a dealer's calendar for a month.
pub(crate) fn calendar_partition(scope: &Scope, dealer: &DealerId, month: &Month) -> String {
    format!("{}#D#{dealer}#E#{}", scope.group(), month.0)
}

/// Returns the place of an event in its dealer's calendar.
pub(crate) fn calendar_place(at: DateTime<Utc>, lead: LeadId, event: &EventId) -> String {
    format!("{}#{lead}#{event}", stamp(at))
}

/// Returns the partition of the group's users in the list index.
pub(crate) fn users_partition(scope: &Scope) -> String {
    format!("{}#U", scope.group())
}

/// Returns the partition of the group's dealers in the list index.
pub(crate) fn dealers_partition(scope: &Scope) -> String {
    format!("{}#D", scope.group())
}

/// Returns the partition of a user's work.
pub(crate) fn work_partition(scope: &Scope, user: &UserId) -> String {
    format!("{}#W#{user}", scope.group())
}

/// Returns the place of a lead in its owner's work.
pub(crate) fn work_place(action: DateTime<Utc>, lead: LeadId) -> String {
    format!("L#{}#{lead}", stamp(action))
}

/// Returns the first place of leads with actions at or after `from`.
pub(crate) fn work_from(from: Option<DateTime<Utc>>) -> String {
    format!("L#{}", from.map(stamp).unwrap_or_default())
}

/// Returns the end of the places of leads with actions before `until`. It is no lead's place: those continue after the time.
pub(crate) fn work_until(until: Option<DateTime<Utc>>) -> String {
    until.map_or_else(|| "L#~".to_owned(), |until| format!("L#{}", stamp(until)))
}

/// Returns the place of a task in its assignee's work; also of a lead's deadline, by its name.
pub(crate) fn task_place(at: DateTime<Utc>, lead: LeadId, name: &str) -> String {
    format!("{TASKS}{}#{lead}#{name}", stamp(at))
}

/// Returns the first place of tasks that start at or after `from`.
pub(crate) fn tasks_from(from: Option<DateTime<Utc>>) -> String {
    format!("{TASKS}{}", from.map(stamp).unwrap_or_default())
}

/// Returns the end of the places of tasks that start before `until`.
pub(crate) fn tasks_until(until: Option<DateTime<Utc>>) -> String {
    until.map_or_else(|| format!("{TASKS}~"), |until| format!("{TASKS}{}", stamp(until)))
}

/// Returns the action's time of a [`work_place`].
pub(crate) fn action_of(place: &str) -> Option<DateTime<Utc>> {
    time_of(place.strip_prefix("L#")?)
}

/// Returns the prefix of the places of a dealer's bundled notices in a reader's work.
pub(crate) fn bundle_prefix(dealer: &DealerId) -> String {
    format!("M#{dealer}#")
}

/// Returns the place of a bundled notice in its reader's work.
pub(crate) fn bundle_place(dealer: &DealerId, due: DateTime<Utc>, lead: LeadId, cause: &str) -> String {
    format!("{}{}#{lead}#{cause}", bundle_prefix(dealer), stamp(due))
}

/// Formats a time as 15 digits of milliseconds since 1970, so that text sorts as time does.
pub(crate) fn stamp(at: DateTime<Utc>) -> String {
    format!("{:015}", at.timestamp_millis().max(0))
}

/// Returns the time at the beginning of a place.
pub(crate) fn time_of(place: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(place.split('#').next()?.parse().ok()?)
}

/// Returns the first possible place after `place`. No key contains a space or `!`, so nothing lies between.
pub(crate) fn next_place(place: &str) -> String {
    format!("{place}!")
}
