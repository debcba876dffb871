//! What a rule answers: the new state of a unit, and what must happen, as items to be committed at once.

use crate::appointment::{Appointment, Early, Unprocessed};
use crate::calendar_event::CalendarEvent;
use crate::calendar_feed::Feeds;
use crate::contact::{Channel, ChannelKey};
use crate::dealer::{Change, Dealer};
use crate::element::Element;
use crate::export::{Download, Export};
use crate::intake::Receipt;
use crate::invitation::Invitation;
use crate::lead::Lead;
use crate::letter::Letter;
use crate::message::Message;
use crate::pool::Pool;
use crate::recompute::Recompute;
use crate::rotation::Rotation;
use crate::signing::{Seen, Signing};
use crate::slots::Day;
use crate::task::Task;
use crate::timeline::Entry;
use crate::user::{User, UserChange};
use crate::webhook::{Outgoing, Webhooks};

/// One thing that is stored. What must happen later is not said here: it follows from the item's state.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the types say it")]
pub enum Item {
    Lead(Box<Lead>),
    Entry(Box<Entry>),
    Message(Message),
    Rotation(Rotation),
    Pool(Pool),
    Channel(ChannelKey, Channel),
    Receipt(Receipt),
    Dealer(Box<Dealer>),
    Change(Box<Change>),
    Recompute(Recompute),
    User(Box<User>),
    Event(Box<CalendarEvent>),
    UserChange(Box<UserChange>),
    Day(Day),
    Invitation(Box<Invitation>),
    Appointment(Box<Appointment>),
    Letter(Box<Letter>),
    Element(Box<Element>),
    Feeds(Feeds),
    Task(Box<Task>),
    Export(Box<Export>),
    Download(Box<Download>),
    Early(Early),
    Unprocessed(Unprocessed),
    Seen(Seen),
    Signing(Signing),
    Webhooks(Webhooks),
    Outgoing(Box<Outgoing>),
}

/// What a rule decided: the items that change together, each as it shall be. They are all committed, or none is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// The items.
    pub items: Vec<Item>,
}

impl Decision {
    /// Adds an item.
    pub fn with(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }

    /// Adds an item if there is one.
    pub fn with_some(self, item: Option<Item>) -> Self {
        match item {
            Some(item) => self.with(item),
            None => self,
        }
    }

    /// The lead as decided, if the decision holds one.
    pub fn lead(&self) -> Option<&Lead> {
        self.leads().next()
    }

    /// Every lead as decided.
    pub fn leads(&self) -> impl Iterator<Item = &Lead> {
        self.items.iter().filter_map(|item| match item {
            Item::Lead(lead) => Some(&**lead),
            _ => None,
        })
    }
}
