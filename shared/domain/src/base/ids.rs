//! Ids. All are short, lower case and free of separators, so that a key built from them cannot be forged.

use crate::base::stable_hash;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// The id of one entity of kind `K`: 1 to 64 characters of `a-z`, `0-9`, `-`, `_` and `.`, and not `.` or `..`, which clients take out of a
/// path.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound = "")]
pub struct Id<K>(String, PhantomData<fn() -> K>);

/// Marks the id of a group (a company with one or more dealers).
pub enum OfGroup {}

/// Marks the id of a dealer (one site).
pub enum OfDealer {}

/// Marks the id of a user.
pub enum OfUser {}

/// Marks the id of a partner (a portal or a vendor's system).
pub enum OfPartner {}

/// Marks the id of a distribution group (some of a dealer's users).
pub enum OfDistributionGroup {}

/// Marks the id of a calendar event.
pub enum OfEvent {}

/// Marks the id of a further deadline.
pub enum OfDeadline {}

/// Marks the id of a task.
pub enum OfTask {}

/// Marks the id of one of a lead's contacts.
pub enum OfContact {}

/// Marks the id of an invitation.
pub enum OfInvitation {}

/// Marks the id of an appointment.
pub enum OfAppointment {}

/// Marks the id of an element of a lead.
pub enum OfElement {}

/// Marks the id of an incoming mail.
pub enum OfMail {}

/// Marks the id of a webhook.
pub enum OfWebhook {}

/// Marks the id of a calendar feed.
pub enum OfFeed {}

/// Marks the id of a saved view.
pub enum OfView {}

/// Marks the id of a dealer's text.
pub enum OfText {}

/// Marks the id of a follow-up plan.
pub enum OfPlan {}

/// Marks the id of an export.
pub enum OfExport {}

/// Marks the id of a follow-up.
pub enum OfFollowUp {}

/// A company with one or more dealers.
pub type GroupId = Id<OfGroup>;

/// One site of a group.
pub type DealerId = Id<OfDealer>;

/// A person who works at one or more dealers of a group.
pub type UserId = Id<OfUser>;

/// A portal or a vendor's system that sends leads.
pub type PartnerId = Id<OfPartner>;

/// A calendar event of a lead.
pub type EventId = Id<OfEvent>;

/// A further deadline of a lead.
pub type DeadlineId = Id<OfDeadline>;

/// A task of a lead.
pub type TaskId = Id<OfTask>;

/// One of a lead's contacts.
pub type ContactId = Id<OfContact>;

/// An invitation of a lead's contact.
pub type InvitationId = Id<OfInvitation>;

/// An appointment of a customer with a dealer.
pub type AppointmentId = Id<OfAppointment>;

/// A trade-in, quote, test drive, comment or document of a lead.
pub type ElementId = Id<OfElement>;

/// A link by which another calendar program shows the planned events.
pub type FeedId = Id<OfFeed>;

/// A saved view of a user.
pub type ViewId = Id<OfView>;

/// A dealer's own text of letters.
pub type TextId = Id<OfText>;

/// A dealer's follow-up plan.
pub type PlanId = Id<OfPlan>;

/// A file with all records of a filter.
pub type ExportId = Id<OfExport>;

/// A service follow-up of a vehicle (FUP-1).
pub type FollowUpId = Id<OfFollowUp>;

/// A mail that arrived for a dealer.
pub type MailId = Id<OfMail>;

/// A subscription of another system to events.
pub type WebhookId = Id<OfWebhook>;

/// A set of a dealer's users who share the leads that routing rules assign to the set.
pub type DistributionGroupId = Id<OfDistributionGroup>;

/// The text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 characters of a-z, 0-9, '-', '_' and '.', and not '.' or '..'")]
pub struct BadId;

impl<K> Id<K> {
    /// Reads an id.
    ///
    /// # Errors
    /// [`BadId`] if it is empty, longer than 64 characters, `.` or `..`, or has any other character.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        if matches!(text, "." | "..") {
            return Err(BadId);
        }
        Self::parse_stored(text)
    }

    /// Reads an id that is stored. Earlier releases stored `.` and `..`.
    fn parse_stored(text: &str) -> Result<Self, BadId> {
        let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err(BadId);
        }
        Ok(Self(text.to_owned(), PhantomData))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AppointmentId {
    /// Returns the id of the appointment that belongs to the calendar event `event` of `lead` (APT-1).
    pub fn of_event(lead: LeadId, event: &EventId) -> Self {
        // Event ids are shorter than this. The limit keeps the result a valid id in any case.
        let event: String = event.0.chars().take(52).collect();
        Self(format!("{lead}-{event}"), PhantomData)
    }
}

impl MailId {
    /// Returns the id of the mail that the bucket keeps under `object`: the last part of the name, or a hash of the name if that is no id.
    pub fn of_object(object: &str) -> Self {
        let last = object.rsplit('/').next().unwrap_or_default();
        Self::parse(last).unwrap_or_else(|_| Self(format!("{:016x}", stable_hash(object)), PhantomData))
    }
}

/// Returns the id of an entity that a version of a lead created. The ids sort in the order of creation, and a repeated request
/// finds the entity that it created.
pub fn numbered<K>(version: u64) -> Id<K> {
    Id(format!("{version:06}"), PhantomData)
}

impl<K> TryFrom<String> for Id<K> {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        Self::parse_stored(&text)
    }
}

impl<K> From<Id<K>> for String {
    fn from(id: Id<K>) -> Self {
        id.0
    }
}

impl<K> FromStr for Id<K> {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        Self::parse(text)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Derived implementations would require the same traits of `K`, which is only a marker.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// The number of a lead, which is also its id: ten digits that can be read out, unique in the group (INT-4).
///
/// It derives from the origin of the enquiry ([`crate::lead::LeadOrigin`]), so that the same enquiry always gets the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LeadId(u64);

/// The text is not a lead number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a lead number of ten digits, such as 482-913-0576")]
pub struct BadLeadId;

impl LeadId {
    const COUNT: u64 = 10_000_000_000;

    /// Reduces any 64 bits to a lead number.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits % Self::COUNT)
    }

    /// Returns the number in groups for people: `482-913-0576`.
    pub fn spoken(self) -> String {
        let digits = self.to_string();
        format!("{}-{}-{}", &digits[..3], &digits[3..6], &digits[6..])
    }
}

impl FromStr for LeadId {
    type Err = BadLeadId;
    fn from_str(text: &str) -> Result<Self, BadLeadId> {
        let digits: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
        if digits.len() != 10 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadLeadId);
        }
        digits.parse().map(Self).map_err(|_| BadLeadId)
    }
}

impl fmt::Display for LeadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl TryFrom<String> for LeadId {
    type Error = BadLeadId;
    fn try_from(text: String) -> Result<Self, BadLeadId> {
        text.parse()
    }
}

impl From<LeadId> for String {
    fn from(id: LeadId) -> Self {
        id.to_string()
    }
}
