//! The parts of the text of a notice.

use super::Texts;
use crate::bulk;
use crate::mail::Envelope;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::text::shortened;
use forecourt_domain::base::{Right, StepKind, UserId};
use forecourt_domain::calendar::title_of;
use forecourt_domain::elements::{Element, ElementKind};
use forecourt_domain::lead::{BulkNews, Entry, Lead};
use forecourt_domain::messages::{Booking, Message, Notice, Recipient};
use forecourt_domain::settings::Dealer;
use forecourt_domain::texts::local_time;
use forecourt_edge::usecase::people::Names;
use forecourt_store::Loaded;
use serde::Serialize;
use serde_json::json;

/// The reader of notices, and the names of the users whom they mention.
pub struct NoticeReader<'a> {
    /// The reader.
    pub to: &'a Recipient,
    /// The names.
    pub names: &'a Names,
    /// The reader's rights. `None` if the reader is an address.
    pub scope: Option<&'a Scope>,
    /// The timeline entries with the enquiries that the notices report, and the mails and text messages.
    pub reported: &'a Loaded,
}

impl NoticeReader<'_> {
    /// Whether the reader may open the page of the lead.
    fn sees(&self, lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> bool {
        self.scope.is_none_or(|scope| scope.needs_on(Right::ReadLeads, lead, &dealer.settings, now).is_ok())
    }
}

impl NoticeReader<'_> {
    /// A lead of a notice about many, as this reader may see it.
    fn lead_text(
        &self,
        lead: &Lead,
        message: &Message,
        (dealer, now): (&Dealer, DateTime<Utc>),
        when: &dyn Fn(DateTime<Utc>) -> String,
    ) -> LeadText {
        let known = LeadText { number: lead.id.spoken(), contact: lead.contact.clone(), ..LeadText::default() };
        if !self.sees(lead, dealer, now) {
            return known;
        }
        let due = answer_due(lead, message, now).or_else(|| lead.current_deadline().map(|(at, _)| at));
        LeadText { phone: phone_of(lead), deadline: due.map(when).unwrap_or_default(), ..known }
    }
}

/// Returns when the contact must be answered: the time of level 1, which leaves a new owner time to act (DIS-7). It is the deadline itself
/// in a notice for a supervisor, and after level 1. `None` if nobody waits for an answer.
pub(super) fn answer_due(lead: &Lead, message: &Message, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let level_1 = lead.plan.as_ref().filter(|_| lead.clock_runs())?.step(StepKind::Level1)?;
    let passed = lead.level() > 0 || level_1.at <= now;
    Some(if passed || message.is_for_supervisor() { level_1.due } else { level_1.at })
}

/// Returns the name of a notice about many leads in the templates.
fn bulk_name(what: BulkNews) -> &'static str {
    match what {
        BulkNews::Assigned => "bulk_assigned",
        BulkNews::Passed => "bulk_passed",
        BulkNews::Events | BulkNews::Unknown => "bulk_events",
    }
}

/// The most leads that a mail names for notices that state the same.
const MOST_LEADS: usize = 20;

/// Longest beginning of a customer's message, in characters.
const MESSAGE: usize = 300;

/// Returns the telephone number of a lead's contact. An extension is written as in RFC 3966.
fn phone_of(lead: &Lead) -> String {
    lead.phone.as_deref().unwrap_or_default().replace(";ext=", "-")
}

/// A notice as the templates use it. A text is empty if the notice has none.
#[derive(Default, Serialize)]
pub(super) struct NoticeText {
    about: String,
    missed: bool,
    /// Title and time of the event, task or deadline, if the notice is about one.
    title: String,
    planned: String,
    number: String,
    contact: String,
    /// The customer's telephone number, if the notice reports an enquiry, an answer or a stopped address.
    phone: String,
    /// The beginning of the customer's message, if the notice reports an enquiry or an answer.
    message: String,
    /// The sender of an answer by mail, if no contact of the lead has the address; of a text message, if it is not the lead's number.
    writer: String,
    vehicle: String,
    source: String,
    /// The seller whose supervisor is notified.
    owner: String,
    arrived: String,
    deadline: Option<String>,
    /// Whether the deadline has passed.
    overdue: bool,
    /// The next further deadline of a lead that was assigned and is answered.
    next: String,
    /// The rule of an assignment that is explained.
    rule: String,
    /// The user who assigned the lead or gave the task.
    by: String,
    note: String,
    /// Whether the lead went back to a user who returned.
    back: bool,
    /// The former and the new owner of a lead, or its new dealer.
    from: String,
    to: String,
    site: String,
    /// The user whom the notice is meant for, if that is not the reader.
    instead_of: String,
    link: String,
    /// The customer's address to which mail is stopped.
    address: String,
    complained: bool,
    /// The number of leads of a notice about many, the first ones, and how many these leave out.
    count: u32,
    leads: Vec<LeadText>,
    more: u32,
}

/// A lead of a notice about many. A text is empty if it is unknown, or if the reader may not see it.
#[derive(Clone, Default, Serialize)]
struct LeadText {
    number: String,
    contact: String,
    phone: String,
    deadline: String,
}

impl NoticeText {
    /// The notice of a mail or a text message that arrived in the lead's thread. `None` if it was removed.
    fn answered(self, element: Option<&Element>, lead: &Lead, when: &dyn Fn(DateTime<Utc>) -> String) -> Self {
        if let Some(sms) = element.and_then(Element::received_text) {
            return Self {
                about: "texted".to_owned(),
                arrived: when(sms.at),
                message: shortened(&sms.text, MESSAGE),
                writer: if lead.phone.as_ref() == Some(&sms.from) { String::new() } else { sms.from.clone() },
                phone: sms.from.clone(),
                ..self
            };
        }
        let mail = element.and_then(Element::received);
        let stranger = mail.filter(|mail| !mail.is_from_known()).and_then(|mail| mail.from.as_deref());
        Self {
            about: "answered".to_owned(),
            arrived: mail.map_or(self.arrived, |mail| when(mail.at)),
            phone: phone_of(lead),
            message: mail.map(|mail| shortened(&mail.text, MESSAGE)).unwrap_or_default(),
            writer: stranger.map(|from| shortened(from, MESSAGE)).unwrap_or_default(),
            ..self
        }
    }

    /// What a reader learns who may not open the lead's page (CAL-6): its number and contact, and nothing else of the enquiry.
    fn without_enquiry(self) -> Self {
        let nothing = String::new;
        Self {
            address: nothing(),
            phone: nothing(),
            message: nothing(),
            writer: nothing(),
            vehicle: nothing(),
            source: nothing(),
            arrived: nothing(),
            deadline: None,
            overdue: false,
            next: nothing(),
            ..self
        }
    }

    /// Whether it tells the same as `other`, of other leads.
    fn is_alike(&self, other: &Self) -> bool {
        let key = |text: &Self| (text.about.clone(), text.title.clone(), text.by.clone(), text.note.clone(), text.instead_of.clone());
        self.count > 0 && other.count > 0 && key(self) == key(other)
    }

    /// Joins the notices about many leads that tell the same: one request can make several (CAL-10).
    pub(super) fn joined(texts: Vec<Self>) -> Vec<Self> {
        let mut joined: Vec<Self> = Vec::new();
        for text in texts {
            match joined.iter_mut().find(|known| known.is_alike(&text)) {
                Some(known) => {
                    known.count += text.count;
                    known.leads.extend(text.leads);
                    let over = known.leads.len().saturating_sub(MOST_LEADS);
                    known.leads.truncate(MOST_LEADS);
                    known.more += text.more + u32::try_from(over).unwrap_or(u32::MAX);
                }
                None => joined.push(text),
            }
        }
        joined
    }

    fn without_customer(self) -> Self {
        Self { number: String::new(), contact: String::new(), ..self.without_enquiry() }
    }

    /// The level of escalation: 0, 1 or 2.
    pub(super) fn level(&self) -> u8 {
        match self.about.as_str() {
            "level_2" | "resubmission_2" => 2,
            "level_1" => 1,
            about => u8::from(about == "assigned" && self.overdue),
        }
    }
}

impl Texts {
    pub(super) fn notice(&self, message: &Message, lead: &Lead, envelope: Envelope<'_>, reader: &NoticeReader<'_>) -> NoticeText {
        let Envelope { to: addressee, dealer, now, .. } = envelope;
        let language = &addressee.language;
        let when = |at: DateTime<Utc>| local_time(at, dealer.settings.calendar.zone(), language);
        let name = |user: Option<&UserId>| user.map(|user| reader.names.name(user)).unwrap_or_default();
        let meant_for = message.meant_for(lead, &dealer.settings);
        let instead = matches!(reader.to, Recipient::User(to) if to != meant_for);
        let due = answer_due(lead, message, now);
        let entry = message.reported_entry(lead).and_then(|version| reader.reported.entry(lead.id, version));
        // The notice of a trade-in has the sheet.
        let enquiry = entry.filter(|_| !matches!(message.notice, Notice::TradeIn { .. })).and_then(Entry::arrived);
        let phone = enquiry.and_then(|enquiry| enquiry.contact.phones.first()).map(|phone| phone.typed.clone());
        let text = NoticeText {
            phone: phone.unwrap_or_default(),
            message: enquiry.and_then(|enquiry| enquiry.message.as_deref()).map(|text| shortened(text, MESSAGE)).unwrap_or_default(),
            number: lead.id.spoken(),
            contact: lead.contact.clone(),
            vehicle: lead.vehicle.clone(),
            source: lead.source.clone(),
            owner: name(lead.owner.as_ref()),
            arrived: when(lead.arrived),
            deadline: due.map(when),
            overdue: due.is_some_and(|due| due <= now),
            instead_of: name(Some(meant_for).filter(|_| instead)),
            link: self.console.lead(lead.id),
            ..NoticeText::default()
        };
        let about = |name: &str| name.to_owned();
        let sees = reader.sees(lead, dealer, now);
        let text = match &message.notice {
            Notice::Assigned { rule, by, note, handed, .. } => {
                let current = lead.current_deadline().filter(|_| !lead.clock_runs()).map(|(at, _)| when(at));
                NoticeText {
                    about: about("assigned"),
                    next: current.unwrap_or_default(),
                    // The same rule gives an owed turn.
                    rule: rule.clone().filter(|rule| rule != "DIS-10" || lead.had_by_others()).unwrap_or_default(),
                    by: name(by.as_ref()),
                    note: note.clone().unwrap_or_default(),
                    from: name(handed.as_ref().map(|handed| &handed.from)),
                    back: handed.as_ref().is_some_and(|handed| handed.back),
                    ..text
                }
            }
            Notice::Passed { from, to, site, rule, by, note, supervisor, back, .. } => NoticeText {
                back: *back,
                about: about("passed"),
                rule: rule.clone(),
                by: name(by.as_ref()),
                note: note.clone().unwrap_or_default(),
                // The deadline at another dealer follows the hours of that dealer.
                deadline: text.deadline.filter(|_| site.is_none()),
                from: name(Some(from).filter(|_| *supervisor)),
                to: name(to.as_ref()),
                site: site.clone().unwrap_or_default(),
                ..text
            },
            Notice::Task { task, by } => {
                let work = lead.task(task);
                let (title, planned) = work.map(|work| (work.title.clone(), when(work.start))).unwrap_or_default();
                let (title, by, link) = (title, name(by.as_ref()), self.console.tasks(&lead.dealer));
                let text = NoticeText { about: about("task"), title, planned, by, link, ..text };
                // The assignee of a task may have no access to the lead, and then learns nothing about the customer (LEAD-4, LEAD-9).
                if sees { text } else { text.without_customer() }
            }
            Notice::EventGiven { event, title, by, .. } => {
                let at = lead.planned.iter().find(|planned| planned.id == *event).map(|planned| when(planned.at));
                NoticeText {
                    about: about("event_given"),
                    title: title_of(title, language).to_owned(),
                    planned: at.unwrap_or_default(),
                    phone: phone_of(lead),
                    by: name(by.as_ref()),
                    arrived: String::new(),
                    link: self.console.event(lead, event, Some(meant_for)),
                    ..text
                }
            }
            Notice::Bulk { what, count, leads, title, note, by } => NoticeText {
                about: about(bulk_name(*what)),
                title: title.as_deref().map(|title| title_of(title, language).to_owned()).unwrap_or_default(),
                count: {
                    let gone = leads.len() - bulk::valid(message, reader.reported).len();
                    count.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX))
                },
                leads: bulk::valid(message, reader.reported)
                    .into_iter()
                    .map(|lead| reader.lead_text(lead, message, (dealer, now), &when))
                    .collect(),
                more: count.saturating_sub(u32::try_from(leads.len()).unwrap_or(u32::MAX)),
                note: note.clone().unwrap_or_default(),
                by: name(by.as_ref()),
                link: self.console.board(&message.dealer),
                instead_of: text.instead_of,
                ..NoticeText::default()
            },
            Notice::Requested { at, by } => NoticeText { about: about("requested"), planned: when(*at), by: name(by.as_ref()), ..text },
            Notice::Deadline { deadline, at } => {
                let target = lead.targets.iter().find(|target| target.id == *deadline);
                let title = target.map(|target| target.title.clone()).unwrap_or_default();
                NoticeText { about: about("deadline"), title, planned: when(*at), ..text }
            }
            Notice::Pooled { .. } => NoticeText { about: about("pooled"), ..text },
            Notice::Added => match entry.and_then(Entry::answer) {
                None => NoticeText { about: about("added"), ..text },
                Some(element) => {
                    let element = reader.reported.element(lead.id, ElementKind::Communication, element);
                    text.answered(element.filter(|element| element.removed.is_none()), lead, &when)
                }
            },
            Notice::Unreachable { address, complained } => {
                let text = NoticeText { address: address.clone(), phone: phone_of(lead), complained: *complained, ..text };
                NoticeText { about: about("unreachable"), ..text }
            }
            Notice::TradeIn { .. } => NoticeText { about: about("trade_in"), ..text },
            Notice::Booking { event, title, at, what, user } => NoticeText {
                about: about(what.name()),
                title: title_of(title, language).to_owned(),
                planned: when(*at),
                phone: phone_of(lead),
                link: self.console.event(lead, event, user.as_ref()),
                ..text
            },
            Notice::Resubmission { event, title, at, level, user } => NoticeText {
                about: about(if *level == 1 { "resubmission" } else { "resubmission_2" }),
                title: title_of(title, language).to_owned(),
                planned: when(*at),
                owner: name(user.as_ref().or(lead.owner.as_ref())),
                link: self.console.event(lead, event, user.as_ref()),
                ..text
            },
            Notice::Step { step, missed } => {
                NoticeText { about: json!(step).as_str().unwrap_or_default().to_owned(), missed: !missed.is_empty(), ..text }
            }
        };
        // The readers of these two are the owner or a substitute.
        let of_owner = matches!(message.notice, Notice::Step { .. } | Notice::Assigned { .. });
        match &message.notice {
            _ if sees || of_owner => text,
            // The salesperson of an appointment receives the customer (APT-7).
            Notice::Booking { what, .. } if *what != Booking::Cancelled => {
                let (phone, vehicle) = (text.phone.clone(), text.vehicle.clone());
                NoticeText { phone, vehicle, ..text.without_enquiry() }
            }
            _ => text.without_enquiry(),
        }
    }
}
