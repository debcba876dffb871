//! Text messages of customers: they join the customer's lead, stop text messages of the dealer or permit them again (MSG-3).
//!
//! A carrier proves the number of a sender, and only contacts of a lead have its number: a text message always comes from a customer.

use super::thread::MOST_COMMUNICATIONS;
use crate::base::{Actor, ChannelKey, DealerId, ElementId, Status, StopReason};
use crate::decision::{Decision, Item, commit};
use crate::elements::{Communication, Content, Element, ElementKind, ReceivedText, beginning};
use crate::enquiry::Enquiry;
use crate::lead::{AddressStopped, ClockStart, Entry, Event, Lead, Raw, TimelineAction};
use crate::messages::{AddressState, Message, Reply, Stop, TextCommand};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// A text message as it was received.
#[derive(Debug, Clone)]
pub struct IncomingText {
    /// The id of its communication.
    pub id: ElementId,
    /// The sender's number in E.164.
    pub from: String,
    /// The text.
    pub text: String,
    /// The id that the provider gave to it.
    pub message_id: String,
    /// When the provider received it.
    pub at: DateTime<Utc>,
    /// The raw message.
    pub raw: Raw,
}

/// A lead of the sender, with the items on which the rule decides.
#[derive(Debug, Clone, Copy)]
pub struct TextContext<'a> {
    /// The lead.
    pub lead: &'a Lead,
    /// Its dealer.
    pub dealer: &'a Dealer,
    /// The lead's enquiry.
    pub enquiry: Option<&'a Enquiry>,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// What a text message in the conversation starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextEffect {
    /// Nothing.
    None,
    /// A response clock.
    Clock,
    /// A response clock, and a notice to the owner.
    Enquiry,
}

/// The effect of a text message on a lead.
#[derive(Debug, Clone, PartialEq)]
pub enum TextOutcome {
    /// It joins the lead.
    Joined(Decision),
    /// The lead is closed, or no contact of it has the number: as any further enquiry, the message makes a new lead (DIS-5).
    NotOfLead,
    /// The lead has [`MOST_COMMUNICATIONS`].
    Full,
}

impl TextContext<'_> {
    /// Whether a text message of this number belongs to the lead.
    pub fn has(&self, number: &str) -> bool {
        self.lead.status == Status::InProgress && self.lead.texter(number, self.enquiry).is_some()
    }

    /// Joins a text message to the lead. It starts a response clock as a further enquiry does, the owner is notified, and the next letter
    /// goes to the contact who wrote it.
    pub fn join(&self, text: &IncomingText) -> TextOutcome {
        if self.lead.status == Status::InProgress { self.put(text, TextEffect::Enquiry) } else { TextOutcome::NotOfLead }
    }

    /// Puts an answer to the reminder of an appointment into the conversation, also of a closed lead. "Yes" needs no response. "No" starts
    /// a response clock, unless the lead is closed. `is_owner` is whether the salesperson, who is notified in any case, is the lead's
    /// owner.
    pub fn join_answer(&self, text: &IncomingText, reply: Reply, is_owner: bool) -> TextOutcome {
        let open = self.lead.status == Status::InProgress;
        match reply {
            Reply::No if open && !is_owner => self.put(text, TextEffect::Enquiry),
            Reply::No if open => self.put(text, TextEffect::Clock),
            Reply::No | Reply::Yes => self.put(text, TextEffect::None),
        }
    }

    fn put(&self, text: &IncomingText, effect: TextEffect) -> TextOutcome {
        let Self { lead, dealer, enquiry, now } = *self;
        let Some(writer) = lead.texter(&text.from, enquiry) else { return TextOutcome::NotOfLead };
        if lead.counts.of(ElementKind::Communication) >= MOST_COMMUNICATIONS {
            return TextOutcome::Full;
        }
        let mut changed = lead.touched(now);
        let waits = changed.clock_runs();
        let received = ReceivedText {
            from: text.from.clone(),
            contact: writer.contact.clone(),
            text: text.text.clone(),
            message_id: text.message_id.clone(),
            at: text.at,
        };
        let content = Content::Communication(Communication::Sms { begins: beginning(&text.text), received: Some(Box::new(received)) });
        let element = Element::new(text.id.clone(), lead.id, content, &Actor::Customer, text.at.min(now));
        let start = ClockStart { counted: text.at.min(now), seen: now, act_until: None };
        let criteria = changed.latest_criteria();
        let started = if effect == TextEffect::None { None } else { changed.further_message(dealer, start, criteria) };
        let mut events: Vec<Event> = [element.added()].into_iter().chain(started).collect();
        changed.follow(&Actor::Customer, &mut events, now);
        changed.answer_to(writer);
        changed.counts.add(ElementKind::Communication);
        // Messages that follow each other are reported together.
        let owner = changed.owner.clone().filter(|_| effect == TextEffect::Enquiry);
        let added = owner.map(|owner| Message::added(&changed, owner, now));
        let notice = added.map(|notice| if waits { notice.gathered() } else { notice });
        let entry = Entry {
            lead: lead.id,
            version: changed.version,
            at: now,
            by: Actor::Customer,
            events,
            raw: Some(text.raw.clone()),
            receipt: None,
        };
        let decision = Decision::default().with(Item::Lead(Box::new(changed))).with(Item::Entry(Box::new(entry)));
        TextOutcome::Joined(decision.with_some(notice.map(Item::Message)).with(Item::Element(Box::new(element))))
    }
}

/// A command that a customer sent as a text message.
#[derive(Debug, Clone, Copy)]
pub struct CommandContext<'a> {
    /// The dealer to whose number it was sent.
    pub dealer: &'a DealerId,
    /// The sender's number in E.164.
    pub number: &'a str,
    /// Its HMAC.
    pub key: &'a ChannelKey,
    /// What is stored about the number.
    pub state: Option<&'a AddressState>,
    /// The lead of the customer on whose timeline it is noted. `None` if the customer has none at the dealer.
    pub lead: Option<&'a Lead>,
    /// When the provider received it.
    pub at: DateTime<Utc>,
    /// The current time.
    pub now: DateTime<Utc>,
}

impl CommandContext<'_> {
    /// Stops text messages of the dealer to the number, or permits them again. Messages can arrive in any order: the latest command of the
    /// customer holds. `None` if nothing changes, or the command asks for help.
    pub fn carry_out(&self, command: TextCommand) -> Option<Decision> {
        let stop = Stop {
            kind: StopReason::Stopped,
            dealer: Some(self.dealer.clone()),
            at: self.at,
            by: Actor::Customer,
            detail: None,
            lead: None,
        };
        let number = |state: &AddressState| state.stops_at(self.dealer).filter(|known| known.kind == StopReason::Stopped).count();
        let had = self.state.map_or(0, number);
        let (state, action) = match command {
            TextCommand::Stop => (AddressState::with_stop(self.state, self.key, stop)?, TimelineAction::Added),
            TextCommand::Start => (AddressState::permitted(self.state, self.key, &stop)?, TimelineAction::Deleted),
            TextCommand::Help => return None,
        };
        let noted = self.lead.filter(|_| had != number(&state)).map(|lead| {
            let stopped = AddressStopped { action, kind: StopReason::Stopped, to: self.number.to_owned(), note: None };
            commit(lead.touched(self.now), Actor::Customer, vec![Event::AddressStop(stopped)], self.now)
        });
        Some(noted.unwrap_or_default().with(Item::AddressState(state)))
    }
}
