//! Decisions: the items to be committed together.

use crate::access::AccessRecord;
use crate::appointment::{Appointment, MorningList, PendingReports, Unprocessed};
use crate::base::{Actor, ChannelKey, Partner, Usage};
use crate::bookings::{BookingWatch, Warning};
use crate::calendar::{CalendarEvent, CalendarFeeds, Invitation};
use crate::directory::Channel;
use crate::distribution::{Pool, Rotation};
use crate::elements::Element;
use crate::follow_up::{FollowUp, FollowUpClaim};
use crate::lead::{BulkAction, BulkPage, EnquiryReceipt, Entry, Event, Lead, Receipt, Task};
use crate::mail::{IncomingMail, LeadAddress, MailWatch};
use crate::messages::{AddressState, Letter, Message, TestMail};
use crate::people::{ReceivedRequest, SavedViews, Signing, TokenSubject, User, UserChange};
use crate::privacy::{AccessFile, Erasure, LegalHold, Retention};
use crate::reports::{Download, Export};
use crate::settings::{Dealer, HandOver, Recompute, SettingsChange, TextNumber};
use crate::slots::Day;
use crate::texts::{DealerTexts, TextChange};
use crate::webhooks::{Outgoing, Webhooks};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Returns the decision that stores a changed lead with its timeline entry. Its follow-up plan follows the events (CAL-11).
pub(crate) fn commit(mut lead: Lead, by: Actor, mut events: Vec<Event>, now: DateTime<Utc>) -> Decision {
    lead.follow(&by, &mut events, now);
    let entry = Entry { lead: lead.id, version: lead.version, at: now, by, events, raw: None, receipt: None };
    Decision::default().with(Item::Lead(Box::new(lead))).with(Item::Entry(Box::new(entry)))
}

/// A stored item. It holds no instruction for later work: that work follows from the item's state.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the types explain themselves")]
pub enum Item {
    Lead(Box<Lead>),
    Entry(Box<Entry>),
    Message(Message),
    Rotation(Rotation),
    Pool(Pool),
    Channel(ChannelKey, Channel),
    Receipt(Receipt),
    Dealer(Box<Dealer>),
    SettingsChange(Box<SettingsChange>),
    Recompute(Recompute),
    HandOver(Box<HandOver>),
    BookingWatch(BookingWatch),
    MorningList(MorningList),
    User(Box<User>),
    Partner(Partner),
    Event(Box<CalendarEvent>),
    UserChange(Box<UserChange>),
    Day(Day),
    Invitation(Box<Invitation>),
    Appointment(Box<Appointment>),
    Letter(Box<Letter>),
    Element(Box<Element>),
    CalendarFeeds(CalendarFeeds),
    SavedViews(SavedViews),
    Task(Box<Task>),
    Export(Box<Export>),
    Download(Box<Download>),
    PendingReports(PendingReports),
    Unprocessed(Unprocessed),
    ReceivedRequest(ReceivedRequest),
    Signing(Signing),
    Webhooks(Webhooks),
    Outgoing(Box<Outgoing>),
    AccessRecord(Box<AccessRecord>),
    EnquiryReceipt(Box<EnquiryReceipt>),
    TokenSubject(TokenSubject),
    Usage(Usage),
    Erasure(Box<Erasure>),
    AccessFile(Box<AccessFile>),
    LegalHold(Box<LegalHold>),
    Retention(Box<Retention>),
    IncomingMail(Box<IncomingMail>),
    LeadAddress(LeadAddress),
    MailWatch(MailWatch),
    AddressState(AddressState),
    TextNumber(TextNumber),
    DealerTexts(Box<DealerTexts>),
    TextChange(Box<TextChange>),
    TestMail(Box<TestMail>),
    BulkAction(Box<BulkAction>),
    BulkPage(Box<BulkPage>),
    FollowUp(Box<FollowUp>),
    FollowUpClaim(FollowUpClaim),
}

/// The result of a rule: the new states of the items that change together. All of them are committed, or none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// The items.
    pub items: Vec<Item>,
    /// Whether it erases a person: the items are stored without the fields that this release does not know, and no webhook is notified
    /// (PRV-2).
    pub erases: bool,
    /// The warnings about the booking that it makes or moves, for the response (APT-8).
    pub warnings: BTreeSet<Warning>,
}

impl Decision {
    /// Returns the decision that stores these items. `None` if there are none.
    pub fn of(items: Vec<Item>) -> Option<Self> {
        (!items.is_empty()).then(|| Self { items, ..Self::default() })
    }

    /// Adds an item.
    pub fn with(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }

    /// Returns the decision as one that erases a person.
    #[must_use]
    pub(crate) fn erasing(self) -> Self {
        Self { erases: true, ..self }
    }

    /// Returns the decision with the warnings about its booking.
    #[must_use]
    pub(crate) fn warned(mut self, warnings: BTreeSet<Warning>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// Adds an item if there is one.
    pub fn with_some(self, item: Option<Item>) -> Self {
        match item {
            Some(item) => self.with(item),
            None => self,
        }
    }

    /// The first changed lead. `None` if the decision changes none.
    pub fn lead(&self) -> Option<&Lead> {
        self.leads().next()
    }

    /// The first changed calendar event. `None` if the decision changes none.
    pub(crate) fn event(&self) -> Option<&CalendarEvent> {
        self.items.iter().find_map(|item| if let Item::Event(event) = item { Some(&**event) } else { None })
    }

    /// Every changed lead.
    pub fn leads(&self) -> impl Iterator<Item = &Lead> {
        self.items.iter().filter_map(|item| match item {
            Item::Lead(lead) => Some(&**lead),
            _ => None,
        })
    }
}

/// The input of a rule that changes a lead.
#[derive(Debug, Clone, Copy)]
pub struct LeadInput<'a> {
    /// The lead.
    pub lead: &'a Lead,
    /// Its dealer.
    pub dealer: &'a Dealer,
    /// The actor.
    pub by: &'a Actor,
    /// The current time.
    pub now: DateTime<Utc>,
}
