//! The parts of the text of a notice.

use super::Texts;
use crate::mail::Envelope;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Right, StepKind, UserId};
use forecourt_domain::calendar::title_of;
use forecourt_domain::lead::{Event, Lead};
use forecourt_domain::messages::{Message, Notice, Recipient};
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
    /// The timeline entries with the enquiries that the notices report.
    pub enquiries: &'a Loaded,
}

impl NoticeReader<'_> {
    /// Whether the reader may open the page of the lead.
    fn sees(&self, lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> bool {
        self.scope.is_none_or(|scope| scope.needs_on(Right::ReadLeads, lead, &dealer.settings, now).is_ok())
    }
}

/// Returns when the contact must be answered: the time of level 1, which leaves a new owner time to act (DIS-7). It is the deadline itself
/// in a notice for a supervisor, and after level 1. `None` if nobody waits for an answer.
fn answer_due(lead: &Lead, message: &Message, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let level_1 = lead.plan.as_ref().filter(|_| lead.clock_runs())?.step(StepKind::Level1)?;
    let passed = lead.level() > 0 || level_1.at <= now;
    Some(if passed || message.is_for_supervisor() { level_1.due } else { level_1.at })
}

/// Returns the beginning of a message in one line.
fn begins(message: &str) -> String {
    const MOST: usize = 300;
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST { line } else { line.chars().take(MOST).chain(['…']).collect() }
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
    /// The customer's telephone number, if the notice reports an enquiry or a stopped address.
    phone: String,
    /// The beginning of the customer's message, if the notice reports an enquiry.
    message: String,
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
}

impl NoticeText {
    /// What a reader learns who may not open the lead's page (CAL-6): its number and contact, and nothing else of the enquiry.
    fn without_enquiry(self) -> Self {
        let nothing = String::new;
        Self {
            address: nothing(),
            phone: nothing(),
            message: nothing(),
            vehicle: nothing(),
            source: nothing(),
            arrived: nothing(),
            deadline: None,
            overdue: false,
            next: nothing(),
            ..self
        }
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
        let entry = message.enquiry_entry(lead).and_then(|version| reader.enquiries.entry(lead.id, version));
        let enquiry = entry.and_then(|entry| entry.events.iter().find_map(Event::enquiry));
        let phone = enquiry.and_then(|enquiry| enquiry.contact.phones.first()).map(|phone| phone.typed.clone());
        let text = NoticeText {
            phone: phone.unwrap_or_default(),
            message: enquiry.and_then(|enquiry| enquiry.message.as_deref()).map(begins).unwrap_or_default(),
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
            Notice::Requested { at, by } => NoticeText { about: about("requested"), planned: when(*at), by: name(by.as_ref()), ..text },
            Notice::Deadline { deadline, at } => {
                let target = lead.targets.iter().find(|target| target.id == *deadline);
                let title = target.map(|target| target.title.clone()).unwrap_or_default();
                NoticeText { about: about("deadline"), title, planned: when(*at), ..text }
            }
            Notice::Pooled { .. } => NoticeText { about: about("pooled"), ..text },
            Notice::Added => NoticeText { about: about("added"), ..text },
            Notice::Unreachable { address, complained } => {
                // An extension is written as in RFC 3966.
                let phone = lead.phone.as_deref().unwrap_or_default().replace(";ext=", "-");
                let text = NoticeText { address: address.clone(), phone, complained: *complained, ..text };
                NoticeText { about: about("unreachable"), ..text }
            }
            Notice::TradeIn { .. } => NoticeText { about: about("trade_in"), ..text },
            Notice::Booking { event, title, at, what, user } => NoticeText {
                about: about(what.name()),
                title: title_of(title, language).to_owned(),
                planned: when(*at),
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
        if sees || of_owner { text } else { text.without_enquiry() }
    }
}
