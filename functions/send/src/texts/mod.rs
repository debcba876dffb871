//! The texts of notices and letters in the reader's language (MSG-2).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecourt_domain::access::{AccessEvent, AccessRecord};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Email, Language, Medium, UserId};
use forecourt_domain::calendar::{CalendarEvent, title_of};
use forecourt_domain::lead::{Entry, Event, Lead};
use forecourt_domain::messages::{Letter, LetterKind, Message, Notice};
use forecourt_domain::settings::Dealer;
use forecourt_domain::webhooks::{SwitchOffReason, Webhook};
use forecourt_edge::environment::ConsoleLinks;
use forecourt_edge::usecase::bookings::AffectedBooking;
use minijinja::{Environment, context};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

use crate::language::{local_time, text_language};
use crate::mail::{Addressee, Attachment, Envelope, Mail};
use crate::pdf::{self, PdfError};
use crate::trade_in::{SheetContext, sheet_of};

/// The reason why a text cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The template failed.
    #[error("the text template failed")]
    Template(#[from] minijinja::Error),
    /// The letter is about an appointment that does not exist.
    #[error("the letter has no appointment")]
    NoAppointment,
    /// The attached sheet cannot be written.
    #[error("the sheet cannot be written")]
    Sheet(#[from] PdfError),
}

/// The subject of a letter.
#[derive(Clone, Copy)]
pub struct LetterSubject<'a> {
    /// The appointment, if the letter is about one.
    pub appointment: Option<&'a Appointment>,
    /// The lead's event that represents the appointment.
    pub event: Option<&'a CalendarEvent>,
    /// The vehicle; empty if unknown.
    pub vehicle: &'a str,
    /// The link with which the customer moves or cancels the appointment, if it was booked by invitation (CAL-8).
    pub page: Option<&'a str>,
}

/// The reader of a letter.
#[derive(Clone, Copy)]
struct LetterReader<'a> {
    language: &'a Language,
    /// The name; empty in a text message.
    name: &'a str,
}

/// The templates of all languages, parsed once per process.
pub struct Texts {
    templates: Environment<'static>,
    console: ConsoleLinks,
}

#[derive(Serialize)]
struct NoticeText {
    about: String,
    missed: bool,
    /// Title and time of the event, if the notice is about one.
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

#[derive(Serialize)]
struct BookingText {
    when: String,
    title: String,
    customer: String,
    phone: String,
    person: String,
    why: &'static str,
    link: String,
}

impl Texts {
    /// Parses the templates. Links for staff are those of `console`.
    ///
    /// # Errors
    /// If a template is invalid.
    pub fn new(console: ConsoleLinks) -> Result<Self, minijinja::Error> {
        let mut templates = Environment::new();
        templates.add_template("en", include_str!("en.txt"))?;
        templates.add_template("de", include_str!("de.txt"))?;
        templates.add_template("nl", include_str!("nl.txt"))?;
        templates.add_template("webhook", include_str!("webhook.txt"))?;
        templates.add_template("access", include_str!("access.txt"))?;
        templates.add_template("bookings", include_str!("bookings.txt"))?;
        templates.add_template("letters", include_str!("letters.txt"))?;
        Ok(Self { templates, console })
    }

    /// Writes one mail with all `notices`.
    ///
    /// # Errors
    /// If the template fails.
    pub fn mail(&self, envelope: Envelope<'_>, notices: &[(&Message, &Lead)]) -> Result<Mail, TextError> {
        let Envelope { to, dealer, .. } = envelope;
        let zone = dealer.settings.calendar.zone();
        let texts: Vec<NoticeText> = notices.iter().map(|(message, lead)| self.notice(message, lead, zone, &to.language)).collect();
        let template = self.templates.get_template(to.language.as_str()).or_else(|_| self.templates.get_template("en"));
        let written = template.and_then(|t| {
            t.render(context! { reader => &to.name, dealer => &dealer.settings.name, notices => minijinja::value::Serde(&texts) })
        });
        Ok(Mail::from_text(envelope, &written?))
    }

    /// Writes a letter as a mail.
    ///
    /// # Errors
    /// If the template fails.
    pub fn letter(&self, envelope: Envelope<'_>, letter: &Letter, about: LetterSubject<'_>) -> Result<Mail, TextError> {
        let Envelope { to, dealer, .. } = envelope;
        let written = self.render_letter(dealer, letter, about, LetterReader { language: &to.language, name: &to.name })?;
        let reply_to = dealer.settings.lead_address.as_ref().map(Email::wire);
        Ok(Mail { reply_to, ..Mail::from_text(envelope, &written) })
    }

    /// Writes the mail to the user in charge of a webhook that was switched off (APT-6).
    ///
    /// # Errors
    /// If the template fails.
    pub fn webhook_off(&self, envelope: Envelope<'_>, webhook: &Webhook, why: SwitchOffReason) -> Result<Mail, TextError> {
        let to = envelope.to;
        let template = self.templates.get_template("webhook")?;
        let last = webhook.failing.as_ref().map(|failing| failing.last.as_str());
        let context = context! { language => text_language(&to.language), reader => &to.name, id => webhook.id.as_str(), url => &webhook.url, gone => why == SwitchOffReason::Gone, last, link => self.console.webhook(&webhook.id) };
        let written = template.render(context)?;
        Ok(Mail::from_text(envelope, &written))
    }

    /// Writes the mail about bookings about which somebody must decide (APT-9). `people` are the names of users.
    ///
    /// # Errors
    /// If the template fails.
    pub fn bookings(
        &self,
        envelope: Envelope<'_>,
        bookings: &[&AffectedBooking],
        people: &BTreeMap<UserId, String>,
    ) -> Result<Mail, TextError> {
        let Envelope { to, dealer, .. } = envelope;
        let zone = dealer.settings.calendar.zone();
        let texts: Vec<BookingText> = bookings.iter().map(|booking| self.booking(booking, people, zone, &to.language)).collect();
        let context = context! { language => text_language(&to.language), reader => &to.name, dealer => &dealer.settings.name, bookings => minijinja::value::Serde(&texts) };
        let written = self.templates.get_template("bookings")?.render(context)?;
        Ok(Mail::from_text(envelope, &written))
    }

    fn booking(&self, booking: &AffectedBooking, people: &BTreeMap<UserId, String>, zone: Tz, language: &Language) -> BookingText {
        let event = booking.event.as_ref();
        let title = match (event, &booking.appointment) {
            (Some((event, _)), _) => title_of(&event.title, language).to_owned(),
            (None, Some(appointment)) => appointment.name(None, language).to_owned(),
            (None, None) => String::new(),
        };
        let link = match (event, &booking.appointment) {
            (Some((event, lead)), _) => self.console.event(lead, &event.id, event.user.as_ref()),
            (None, Some(appointment)) => self.console.appointment(&appointment.id),
            (None, None) => String::new(),
        };
        let name = |user: &UserId| people.get(user).cloned().unwrap_or_else(|| user.to_string());
        BookingText {
            when: local_time(booking.at, zone, language),
            title,
            customer: booking.customer().to_owned(),
            phone: booking.phone().unwrap_or_default().to_owned(),
            person: booking.user.as_ref().map(name).unwrap_or_default(),
            why: booking.why.name(),
            link,
        }
    }

    /// Writes the mail to an admin of the group about a record of the access log (ACC-1). `None` for an event without a mail in this
    /// release.
    ///
    /// # Errors
    /// If the template fails.
    pub fn access(&self, id: &str, to: &Addressee, record: &AccessRecord, now: DateTime<Utc>) -> Result<Option<Mail>, TextError> {
        let template = self.templates.get_template("access")?;
        let (user, role, rights, partner) = match &record.event {
            AccessEvent::Granted { user, role, rights, .. } => {
                let rights: Vec<&str> = rights.iter().map(|right| right.name()).collect();
                (Some(user.as_str()), Some(role.name()), rights.join(", "), None)
            }
            AccessEvent::AdminChanged { user, .. } => (Some(user.as_str()), None, String::new(), None),
            AccessEvent::PartnerSecret { partner } => (None, None, String::new(), Some(partner.as_str())),
            AccessEvent::LeadSearch { .. } | AccessEvent::Unknown => return Ok(None),
        };
        let context = context! { language => text_language(&to.language), reader => &to.name, by => record.by.to_string(), at => record.at.format("%Y-%m-%d %H:%M").to_string(), user, role, rights, partner, link => self.console.access_log() };
        let written = template.render(context)?;
        Ok(Some(Mail::of_forecourt(id, to, &written, now)))
    }

    /// Writes a letter as a text message.
    ///
    /// # Errors
    /// If the template fails.
    pub fn sms(&self, dealer: &Dealer, letter: &Letter, about: LetterSubject<'_>) -> Result<String, TextError> {
        let language = letter.language.clone().unwrap_or_else(|| dealer.settings.language.clone());
        self.render_letter(dealer, letter, about, LetterReader { language: &language, name: "" })
    }

    /// The title of an appointment in the customer's calendar: that of the invitation, or the name of its kind.
    pub fn title(dealer: &Dealer, appointment: &Appointment, event: Option<&CalendarEvent>, language: &Language) -> String {
        let own = event.filter(|event| event.booked).and_then(CalendarEvent::own_title);
        format!("{} · {}", own.unwrap_or_else(|| appointment.name(event, language)), dealer.settings.name)
    }

    fn render_letter(
        &self,
        dealer: &Dealer,
        letter: &Letter,
        about: LetterSubject<'_>,
        reader: LetterReader<'_>,
    ) -> Result<String, TextError> {
        let LetterReader { language, name: customer } = reader;
        let sms = letter.medium == Medium::Sms;
        let appointment = match &letter.kind {
            LetterKind::Text { text, .. } if sms => return Ok(text.clone()),
            LetterKind::Text { subject, text, .. } => return Ok(format!("{subject}\n\n{text}")),
            _ => about.appointment.ok_or(TextError::NoAppointment)?,
        };
        let template = self.templates.get_template("letters")?;
        let context = context! {
            language => text_language(language),
            sms,
            kind => json!(letter.kind)["about"].as_str(),
            name => appointment.name(about.event, language),
            when => local_time(appointment.at, dealer.settings.calendar.zone(), language),
            dealer => &dealer.settings.name,
            customer,
            vehicle => about.vehicle,
            page => about.page,
        };
        Ok(template.render(context)?)
    }

    /// Writes the core data of a trade-in enquiry as a PDF with a link to the lead (INT-8). `None` if the entry holds no enquiry.
    ///
    /// # Errors
    /// If the PDF cannot be written.
    pub fn sheet(&self, lead: &Lead, entry: &Entry, dealer: &Dealer) -> Result<Option<Attachment>, TextError> {
        let enquiry = entry.events.iter().find_map(|event| match event {
            Event::Received { enquiry } | Event::Added { enquiry } => Some(enquiry),
            _ => None,
        });
        let Some(enquiry) = enquiry else { return Ok(None) };
        let settings = &dealer.settings;
        let (number, link) = (lead.id.spoken(), self.console.lead(lead.id));
        let context = SheetContext {
            number: &number,
            dealer: &settings.name,
            url: &link,
            language: &settings.language,
            at: entry.at,
            zone: settings.calendar.zone(),
        };
        let sheet = sheet_of(enquiry, context);
        let content = pdf::written(&sheet)?;
        Ok(Some(Attachment { name: format!("{}.pdf", lead.id), media_type: "application/pdf".into(), content }))
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
            Notice::Resubmission { event, user, .. } | Notice::Booking { event, user, .. } => {
                self.console.event(lead, event, user.as_ref())
            }
            _ => self.console.lead(lead.id),
        };
        let (title, planned) = match &message.notice {
            Notice::Resubmission { title, at, .. } | Notice::Booking { title, at, .. } => {
                (title_of(title, language).to_owned(), local_time(*at, zone, language))
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
            arrived: local_time(lead.arrived, zone, language),
            deadline: lead.deadline().map(|due| local_time(due, zone, language)),
            link,
        }
    }
}
