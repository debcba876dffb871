//! What notices say, in the reader's language (MSG-2).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Language, Medium};
use forecourt_domain::calendar::{CalendarEvent, title_of};
use forecourt_domain::lead::{Entry, Event, Lead};
use forecourt_domain::messages::{Letter, LetterKind, Message, Notice};
use forecourt_domain::settings::Dealer;
use forecourt_domain::webhooks::{SwitchOffReason, Webhook};
use minijinja::{Environment, context};
use serde::Serialize;
use serde_json::json;

use crate::language::{local, spoken};
use crate::mail::{Addressee, Attachment, Mail};
use crate::pdf;
use crate::trade_in::sheet_of;

/// What a letter is about.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// Which appointment, if it is about one.
    pub appointment: Option<&'a Appointment>,
    /// The calendar event that it is, if it is one.
    pub event: Option<&'a CalendarEvent>,
    /// Which vehicle; empty where none is known.
    pub vehicle: &'a str,
    /// The link by which the customer moves and cancels the appointment, where it was booked by one (CAL-8).
    pub page: Option<&'a str>,
}

/// The texts of all languages, read once a process.
pub struct Texts {
    templates: Environment<'static>,
    public_url: String,
}

#[derive(Serialize)]
struct NoticeText {
    about: String,
    missed: bool,
    /// What was planned, and for when.
    title: String,
    planned: String,
    number: String,
    contact: String,
    vehicle: String,
    source: String,
    owner: String,
    arrived: String,
    deadline: Option<String>,
    link: String,
}

impl Texts {
    /// Reads the texts; links in them begin with `public_url`.
    ///
    /// # Errors
    /// When a template is wrong.
    pub fn new(public_url: &str) -> Result<Self, minijinja::Error> {
        let mut templates = Environment::new();
        templates.add_template("en", include_str!("texts/en.txt"))?;
        templates.add_template("de", include_str!("texts/de.txt"))?;
        templates.add_template("nl", include_str!("texts/nl.txt"))?;
        templates.add_template("webhook", include_str!("texts/webhook.txt"))?;
        templates.add_template("letters", include_str!("texts/letters.txt"))?;
        Ok(Self { templates, public_url: public_url.trim_end_matches('/').to_owned() })
    }

    /// One mail to `to` with all `notices`, known as `id`.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub fn mail(
        &self,
        id: String,
        to: &Addressee,
        dealer: &Dealer,
        notices: &[(&Message, &Lead)],
        now: DateTime<Utc>,
    ) -> Result<Mail, String> {
        let zone = dealer.settings.calendar.zone();
        let told: Vec<NoticeText> = notices.iter().map(|(message, lead)| self.notice(message, lead, zone, &to.language)).collect();
        let template = self.templates.get_template(to.language.as_str()).or_else(|_| self.templates.get_template("en"));
        let written = template.and_then(|t| {
            t.render(context! { reader => &to.name, dealer => &dealer.settings.name, notices => minijinja::value::Serde(&told) })
        });
        let written = written.map_err(|e| format!("the text cannot be written: {e}"))?;
        Ok(Mail::written(id, to, dealer, &written, now))
    }

    /// A letter to `to`, known as `id`.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub fn letter(
        &self,
        id: String,
        to: &Addressee,
        dealer: &Dealer,
        letter: &Letter,
        about: About<'_>,
        now: DateTime<Utc>,
    ) -> Result<Mail, String> {
        let written = self.said(dealer, letter, about, &to.language, &to.name)?;
        let reply_to = dealer.settings.lead_address.as_ref().map(ToString::to_string);
        Ok(Mail { reply_to, ..Mail::written(id, to, dealer, &written, now) })
    }

    /// What who answers for a webhook is told when it was switched off (APT-6).
    ///
    /// # Errors
    /// What is wrong with the template.
    pub fn webhook_off(
        &self,
        id: String,
        to: &Addressee,
        dealer: &Dealer,
        webhook: &Webhook,
        why: SwitchOffReason,
        now: DateTime<Utc>,
    ) -> Result<Mail, String> {
        let template = self.templates.get_template("webhook").map_err(|e| e.to_string())?;
        let last = webhook.failing.as_ref().map(|failing| failing.last.as_str());
        let context = context! { language => spoken(&to.language), reader => &to.name, id => webhook.id.as_str(), url => &webhook.url, gone => why == SwitchOffReason::Gone, last };
        let written = template.render(context).map_err(|e| format!("the text cannot be written: {e}"))?;
        Ok(Mail::written(id, to, dealer, &written, now))
    }

    /// A letter as a text message.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub fn sms(&self, dealer: &Dealer, letter: &Letter, about: About<'_>) -> Result<String, String> {
        let language = letter.language.clone().unwrap_or_else(|| dealer.settings.language.clone());
        self.said(dealer, letter, about, &language, "")
    }

    /// What an appointment is called in the customer's calendar: as the customer's own invitation calls it, else by its kind.
    pub fn title(dealer: &Dealer, appointment: &Appointment, event: Option<&CalendarEvent>, language: &Language) -> String {
        let own = event.filter(|event| event.booked).and_then(CalendarEvent::own_title);
        format!("{} · {}", own.unwrap_or_else(|| appointment.name(event, language)), dealer.settings.name)
    }

    fn said(&self, dealer: &Dealer, letter: &Letter, about: About<'_>, language: &Language, customer: &str) -> Result<String, String> {
        let sms = letter.medium == Medium::Sms;
        let appointment = match &letter.says {
            LetterKind::Text { text, .. } if sms => return Ok(text.clone()),
            LetterKind::Text { subject, text, .. } => return Ok(format!("{subject}\n\n{text}")),
            _ => about.appointment.ok_or("it is about no appointment")?,
        };
        let template = self.templates.get_template("letters").map_err(|e| e.to_string())?;
        let context = context! {
            language => spoken(language),
            sms,
            says => json!(letter.says)["about"].as_str(),
            name => appointment.name(about.event, language),
            when => local(appointment.at, dealer.settings.calendar.zone(), language),
            dealer => &dealer.settings.name,
            customer,
            vehicle => about.vehicle,
            page => about.page,
        };
        template.render(context).map_err(|e| format!("the text cannot be written: {e}"))
    }

    /// The core data of a trade-in enquiry as a PDF that links back to the lead (INT-8). `None`: the entry holds no enquiry.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn sheet(&self, lead: &Lead, entry: &Entry, dealer: &Dealer) -> Result<Option<Attachment>, String> {
        let enquiry = entry.events.iter().find_map(|event| match event {
            Event::Received { enquiry } | Event::Added { enquiry } => Some(enquiry),
            _ => None,
        });
        let Some(enquiry) = enquiry else { return Ok(None) };
        let settings = &dealer.settings;
        let sheet =
            sheet_of(enquiry, &lead.id.spoken(), &settings.name, &self.link(lead), &settings.language, entry.at, settings.calendar.zone());
        let content = pdf::written(&sheet)?;
        Ok(Some(Attachment { name: format!("{}.pdf", lead.id), media_type: "application/pdf".into(), content }))
    }

    fn link(&self, lead: &Lead) -> String {
        format!("{}/leads/{}", self.public_url, lead.id)
    }

    fn notice(&self, message: &Message, lead: &Lead, zone: Tz, language: &Language) -> NoticeText {
        let (about, missed) = match &message.notice {
            Notice::Assigned { .. } => (json!("assigned"), false),
            Notice::Pooled { .. } => (json!("pooled"), false),
            Notice::Added => (json!("added"), false),
            Notice::Booking { what, .. } => (json!(what.name()), false),
            Notice::TradeIn { .. } => (json!("trade_in"), false),
            Notice::Resubmission { level: 1, .. } => (json!("resubmission"), false),
            Notice::Resubmission { .. } => (json!("resubmission_2"), false),
            Notice::Step { step, missed } => (json!(step), !missed.is_empty()),
        };
        let link = match &message.notice {
            // Who was given an event may not see the lead, but sees the event.
            Notice::Resubmission { event, user: Some(user), .. } | Notice::Booking { event, user: Some(user), .. }
                if lead.owner.as_ref() != Some(user) =>
            {
                format!("{}/events/{event}", self.link(lead))
            }
            _ => self.link(lead),
        };
        let (title, planned) = match &message.notice {
            Notice::Resubmission { title, at, .. } | Notice::Booking { title, at, .. } => {
                (title_of(title, language).to_owned(), local(*at, zone, language))
            }
            _ => (String::new(), String::new()),
        };
        NoticeText {
            about: about.as_str().unwrap_or_default().to_owned(),
            missed,
            title,
            planned,
            number: lead.id.spoken(),
            contact: lead.contact.clone(),
            vehicle: lead.vehicle.clone(),
            source: lead.source.clone(),
            owner: lead.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
            arrived: local(lead.arrived, zone, language),
            deadline: lead.deadline().map(|due| local(due, zone, language)),
            link,
        }
    }
}
