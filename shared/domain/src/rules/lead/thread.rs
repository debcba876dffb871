//! Joins a mail that answers a message about a lead to the lead (LEAD-3, INT-6).
//!
//! The code of a reply address proves only that the sender had a mail of ours: customers forward mails to partners and colleagues. So a
//! mail from any sender joins the lead, and only a mail of a contact of the lead changes the recipient of the next letter.

use crate::access::Scope;
use crate::base::{Actor, ElementId, Email, GroupId, ReactionKind, Right, Status};
use crate::decision::{Decision, Item};
use crate::elements::{Communication, Content, Element, ElementKind, ReceivedMail};
use crate::enquiry::Enquiry;
use crate::lead::{ClockStart, Entry, Event, Lead, MailEvent, Raw, is_pooled};
use crate::messages::Message;
use crate::people::User;
use crate::rules::lead::attached::{MailAttachment, documents};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// The maximum number of communications of a lead to which a received mail is still added. It ends loops of programs that answer each
/// other.
pub const MOST_COMMUNICATIONS: u32 = 500;

/// A mail in the thread of a lead, as it was read.
#[derive(Debug, Clone)]
pub struct ThreadMail {
    /// The id of its communication.
    pub id: ElementId,
    /// The subject on one line.
    pub subject: String,
    /// Its content. The rule adds contact, user, documents and refused attachments.
    pub mail: ReceivedMail,
    /// The sender's address. `None` if it cannot be read.
    pub sender: Option<Email>,
    /// Whether the mail server confirmed the sender's domain (DMARC).
    pub is_confirmed: bool,
    /// The recipients that the mail states.
    pub recipients: Vec<Email>,
    /// The attachments in their order.
    pub attachments: Vec<MailAttachment>,
    /// The raw mail.
    pub raw: Raw,
}

/// The state on which the rule decides.
#[derive(Debug, Clone, Copy)]
pub struct ThreadContext<'a> {
    /// The group.
    pub group: &'a GroupId,
    /// The lead.
    pub lead: &'a Lead,
    /// Its dealer.
    pub dealer: &'a Dealer,
    /// The lead's enquiry.
    pub enquiry: Option<&'a Enquiry>,
    /// The users of the dealer. They are only needed if no contact of the lead has the sender's address.
    pub users: &'a [&'a User],
    /// The current time.
    pub now: DateTime<Utc>,
}

/// The effect of a mail on the thread of a lead.
#[derive(Debug, Clone, PartialEq)]
pub enum ThreadOutcome {
    /// It joins the lead.
    Joined(Decision),
    /// The lead is closed, and a customer writes: as any further enquiry, the mail makes a new lead (DIS-5). Or the contact of the lead was
    /// erased: no mail joins it (PRV-2).
    Closed,
    /// The lead has [`MOST_COMMUNICATIONS`].
    Full {
        /// Whether a customer wrote the mail.
        is_customers: bool,
    },
}

/// The author of a mail in a thread.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Author<'a> {
    /// A contact of the lead, or somebody to whom the contact forwarded a mail.
    Customer,
    User(&'a User),
    /// A mailbox of the dealer. Nobody knows which person wrote.
    Mailbox,
    Program,
}

impl ThreadContext<'_> {
    /// Whether a mail comes from a program, a contact of the lead or a mailbox of the dealer. Then the users of the dealer are not needed.
    pub fn is_author_certain(&self, mail: &ThreadMail) -> bool {
        let is_certain = |sender| self.lead.writer(sender, self.enquiry).is_some() || self.dealer.settings.has_mailbox(sender);
        mail.mail.automatic || mail.sender.as_ref().is_none_or(is_certain)
    }

    /// Joins a mail to the lead. A customer's mail starts a response clock as a further enquiry does, and the owner is notified. The mail
    /// of a program, a user or a mailbox of the dealer does neither. A user's mail that also went to a contact is a reply, if the mail
    /// server confirmed the sender (ESC-7).
    pub fn join(&self, mail: &ThreadMail) -> ThreadOutcome {
        let Self { lead, dealer, now, .. } = *self;
        let writer = mail.sender.as_ref().and_then(|sender| lead.writer(sender, self.enquiry));
        let user = || self.users.iter().find(|user| user.is_here() && mail.sender.as_ref().is_some_and(|from| from.is_same(&user.email)));
        let author = match user().filter(|_| writer.is_none()) {
            _ if mail.mail.automatic => Author::Program,
            Some(user) => Author::User(user),
            None if writer.is_none() && mail.sender.as_ref().is_some_and(|from| dealer.settings.has_mailbox(from)) => Author::Mailbox,
            None => Author::Customer,
        };
        let is_closed = || author == Author::Customer && matches!(lead.status, Status::Won | Status::Lost(_));
        if lead.erased.is_some() || is_closed() {
            return ThreadOutcome::Closed;
        }
        if lead.counts.of(ElementKind::Communication) >= MOST_COMMUNICATIONS {
            return ThreadOutcome::Full { is_customers: author == Author::Customer };
        }
        let by = match (author, &writer) {
            (Author::User(user), _) if mail.is_confirmed => Actor::User(user.id.clone()),
            (Author::Customer, Some(_)) => Actor::Customer,
            // Nobody has confirmed who wrote it.
            _ => Actor::System,
        };
        let mut changed = lead.touched(now);
        if author == Author::Program {
            // It is not an activity on the lead (CAL-3).
            changed.updated = lead.updated;
        }
        let (documents, refused) = documents(lead, &mail.attachments, &by, mail.mail.at.min(now));
        let received = ReceivedMail {
            contact: writer.as_ref().map(|writer| writer.contact.clone()),
            user: if let Author::User(user) = author { Some(user.id.clone()) } else { None },
            mailbox: author == Author::Mailbox,
            documents: documents.iter().map(|document| document.id.clone()).collect(),
            refused,
            ..mail.mail.clone()
        };
        let mut events = vec![received.event(&mail.id, &mail.subject)];
        events.extend(documents.iter().map(Element::added));
        let waits = changed.clock_runs();
        let mut notice = None;
        match author {
            Author::Customer => {
                if lead.status == Status::InProgress {
                    let start = ClockStart { counted: mail.mail.at.min(now), seen: now, act_until: None };
                    let criteria = changed.latest_criteria();
                    events.extend(changed.further_message(dealer, start, criteria));
                }
                if let Some(writer) = writer {
                    changed.answer_to(writer);
                }
                events.extend(changed.customer_reacted(now));
                let added = changed.owner.clone().map(|owner| Message::added(&changed, owner, now));
                // Mails that follow each other are reported together.
                notice = added.map(|notice| if waits { notice.gathered() } else { notice });
            }
            Author::User(user) if self.is_reply(mail, user) => {
                let first = lead.status == Status::InProgress && changed.react(ReactionKind::Reply, dealer, now);
                events.push(Event::Reacted { kind: ReactionKind::Reply, first, inbound: false, note: None });
            }
            Author::User(_) | Author::Mailbox | Author::Program => {}
        }
        let content = Content::Communication(Communication::of_mail(mail.subject.clone(), received));
        let element = Element::new(mail.id.clone(), lead.id, content, &by, mail.mail.at.min(now));
        let elements = || [&element].into_iter().chain(&documents);
        elements().for_each(|element| changed.counts.add(element.content.kind()));
        changed.follow(&by, &mut events, now);
        let entry = Entry { lead: lead.id, version: changed.version, at: now, by, events, raw: Some(mail.raw.clone()), receipt: None };
        let decision = Decision::default().with(Item::Lead(Box::new(changed))).with(Item::Entry(Box::new(entry)));
        let decision = decision.with_some(notice.map(Item::Message));
        ThreadOutcome::Joined(elements().fold(decision, |decision, element| decision.with(Item::Element(Box::new(element.clone())))))
    }

    /// Whether the mail of a user answers the customer: a contact got it too, and the user may work the lead. A lead in a pool is claimed
    /// first (DIS-8).
    fn is_reply(&self, mail: &ThreadMail, user: &User) -> bool {
        let Self { lead, dealer, .. } = *self;
        let reaches_contact = mail.recipients.iter().any(|to| lead.writer(to, self.enquiry).is_some());
        let scope = Scope::user(self.group.clone(), user.clone());
        let may = scope.needs_on(Right::WorkLeads, lead, &dealer.settings, self.now).is_ok();
        mail.is_confirmed && reaches_contact && may && !is_pooled(lead, &dealer.settings)
    }
}

impl ReceivedMail {
    fn event(&self, element: &ElementId, subject: &str) -> Event {
        Event::MailReceived(Box::new(MailEvent {
            element: element.clone(),
            title: subject.to_owned(),
            from: self.from.clone(),
            known: self.is_from_known(),
            automatic: self.automatic,
            failed: self.failed.clone(),
            refused: self.refused.clone(),
        }))
    }
}
