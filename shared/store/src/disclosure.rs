//! Reads what the group has about a contact, for an access file (PRV-4).

use crate::entities::{Kind, Stored};
use crate::keys::{Key, TableKey, subject_partition};
use crate::reads::{log_unreadable, table_key};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::PendingReports;
use forecourt_domain::base::{ChannelKey, Subject};
use forecourt_domain::calendar::{CalendarEvent, Invitation};
use forecourt_domain::directory::Channel;
use forecourt_domain::elements::Element;
use forecourt_domain::lead::{Entry, Task};
use forecourt_domain::messages::{AddressState, Letter, Message};
use forecourt_domain::privacy::AccessFile;
use forecourt_domain::webhooks::Outgoing;

/// The largest number of items of a page. A page also ends at a megabyte.
const PAGE: i32 = 100;

/// The items that are read together.
#[derive(Debug, Clone, Copy)]
pub enum DisclosedPart<'a> {
    /// The items of a lead or an appointment, its own state excepted.
    Of(&'a Subject),
    /// The webhook events of a lead or an appointment.
    Webhooks(&'a Subject),
    /// The entry of the directory for a channel, and what is kept with it.
    Channel(&'a ChannelKey),
}

/// An item that an access file has.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the types explain themselves")]
pub enum Disclosed {
    Entry(Box<Entry>),
    Message(Box<Message>),
    Event(Box<CalendarEvent>),
    Invitation(Box<Invitation>),
    Element(Box<Element>),
    Task(Box<Task>),
    Letter(Box<Letter>),
    PendingReports(Box<PendingReports>),
    Outgoing(Box<Outgoing>),
    Channel(Box<Channel>),
    AddressState(Box<AddressState>),
    /// An item that this release cannot read.
    Unreadable,
}

/// A page of items.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisclosedPage {
    /// The items, each with its place.
    pub items: Vec<(String, Disclosed)>,
    /// The place after which the next page begins. `None` on the last page.
    pub more: Option<String>,
}

impl Disclosed {
    /// Returns what an access file has of an item. `None` if it has nothing of it. A new kind of item needs a decision here.
    fn of(stored: Stored) -> Option<Self> {
        Some(match stored {
            Stored::Entry(it) => Self::Entry(it),
            Stored::Message(it) => Self::Message(it),
            Stored::Event(it) => Self::Event(it),
            Stored::Invitation(it) => Self::Invitation(it),
            Stored::Element(it) => Self::Element(it),
            Stored::Task(it) => Self::Task(it),
            Stored::Letter(it) => Self::Letter(it),
            Stored::PendingReports(it) => Self::PendingReports(it),
            Stored::Outgoing(it) => Self::Outgoing(it),
            Stored::Channel(it) => Self::Channel(it),
            Stored::AddressState(it) => Self::AddressState(it),
            // The file has these too: the job reads them itself, because it selects by them.
            Stored::Lead(_) | Stored::Appointment(_) | Stored::IncomingMail(_) | Stored::FollowUp(_) => return None,
            // The timeline has the enquiry of the receipt, with its flags.
            Stored::EnquiryReceipt(_) => return None,
            // Hashes, counts, reserved quarter-hours, ids and times, which say nothing further about the person.
            Stored::Receipt(_) | Stored::ReceivedRequest(_) | Stored::Usage(_) | Stored::Day(_) => return None,
            Stored::FollowUpClaim(_) => return None,
            // Filters, ids and times of what users did; the copies of data in exports are those of the items.
            Stored::BulkAction(_) | Stored::BulkPage(_) => return None,
            Stored::AccessRecord(_) | Stored::Download(_) | Stored::Export(_) | Stored::Erasure(_) => return None,
            // The leads show the legal holds on them, with their reasons.
            Stored::LegalHold(_) => return None,
            Stored::AccessFile(_) | Stored::HandOver(_) | Stored::BookingWatch(_) | Stored::MailWatch(_) => return None,
            // Dealers, staff, partners and the work of the functions.
            Stored::Dealer(_) | Stored::SettingsChange(_) | Stored::Recompute(_) | Stored::Rotation(_) | Stored::Pool(_) => return None,
            Stored::Unprocessed(_) | Stored::LeadAddress(_) | Stored::DealerTexts(_) | Stored::TestMail(_) => return None,
            Stored::TextChange(_) | Stored::TextNumber(_) | Stored::Retention(_) | Stored::MorningList(_) => return None,
            Stored::User(_) | Stored::UserChange(_) | Stored::TokenSubject(_) | Stored::CalendarFeeds(_) => return None,
            Stored::SavedViews(_) | Stored::Partner(_) | Stored::Signing(_) | Stored::Webhooks(_) => return None,
        })
    }
}

impl Store {
    /// Returns a page of the items of a part after a place, in the order of their places, by a consistent read.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn disclosed(&self, scope: &Scope, part: DisclosedPart<'_>, after: Option<&str>) -> Result<DisclosedPage, Failure> {
        let pk = match part {
            DisclosedPart::Of(subject) => format!("{}#{}", scope.group(), subject_partition(subject)),
            DisclosedPart::Webhooks(subject) => format!("{}#N{}", scope.group(), subject_partition(subject)),
            DisclosedPart::Channel(key) => Key::Channel(key.clone()).at(scope).pk,
        };
        let query = self.client.query().consistent_read(true).limit(PAGE).key_condition_expression("pk = :pk AND sk > :after");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk));
        let query = query.expression_attribute_values(":after", AttributeValue::S(after.unwrap_or("!").to_owned()));
        let found = self.run(query).await?;
        let more = found.last_evaluated_key.as_ref().and_then(table_key).map(|TableKey { sk, .. }| sk);
        let mut items = Vec::new();
        for attributes in found.items.unwrap_or_default() {
            let Some(at) = table_key(&attributes) else { continue };
            let stored = Kind::at(&at).and_then(|kind| kind.decode(attributes).ok());
            if stored.is_none() {
                log_unreadable(Some(&at));
            }
            let disclosed = stored.map_or(Some(Disclosed::Unreadable), |versioned| Disclosed::of(versioned.item));
            items.extend(disclosed.map(|disclosed| (at.sk, disclosed)));
        }
        Ok(DisclosedPage { items, more })
    }

    /// Returns at most `limit` access files before the one with the id `before`, the latest first.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn access_files(&self, scope: &Scope, before: Option<&str>, limit: usize) -> Result<Vec<AccessFile>, Failure> {
        // An id begins with a digit, and `~` sorts after every character of it.
        let last = before.map_or_else(|| "~".to_owned(), str::to_owned);
        let found: Vec<AccessFile> = self.newest(Key::AccessFile(last).at(scope), "0", limit + usize::from(before.is_some())).await?;
        Ok(found.into_iter().filter(|file| before != Some(&*file.id)).take(limit).collect())
    }
}
