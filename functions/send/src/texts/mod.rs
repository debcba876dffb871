//! The texts of notices and letters in the reader's language (MSG-2).

pub(crate) mod access;
mod bookings;
mod inbox;
mod notice;
mod reminder;
mod visits;

pub use inbox::{Original, WaitingMails};
pub use notice::NoticeReader;
pub(crate) use visits::{DayMail, VisitMail};

use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Email, Language};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::lead::{Entry, Event, Lead};
use forecourt_domain::messages::{Letter, LetterKind, Message};
use forecourt_domain::settings::Dealer;
use forecourt_domain::texts::{BookingValues, DealerTexts, TextKind, Values, Wanted, Written, text_language};
use forecourt_domain::webhooks::{SwitchOffReason, Webhook};
use forecourt_edge::environment::ConsoleLinks;
use minijinja::{Environment, context};

use crate::mail::{Attachment, Envelope, Mail};
use crate::pdf::{self, PdfError};
use crate::trade_in::{SheetContext, sheet_of};
use notice::NoticeText;

/// The reason why a text cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The template failed.
    #[error("the text template failed")]
    Template(#[from] minijinja::Error),
    /// The letter is about an appointment that does not exist.
    #[error("the letter has no appointment")]
    NoAppointment,
    /// There is no text for the letter.
    #[error("the letter has no text")]
    NoText,
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
    /// The lead of the letter or of the appointment.
    pub lead: Option<&'a Lead>,
    /// The link with which the customer confirms, moves or cancels the appointment (APT-3).
    pub page: Option<&'a str>,
    /// The name of the salesperson; empty if the appointment has none.
    pub salesperson: &'a str,
    /// The dealer's own texts.
    pub texts: Option<&'a DealerTexts>,
}

/// The templates of all languages, parsed once per process.
pub struct Texts {
    templates: Environment<'static>,
    console: ConsoleLinks,
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
        templates.add_template("visits", include_str!("visits.txt"))?;
        templates.add_template("given", include_str!("given.txt"))?;
        templates.add_template("inbox", include_str!("inbox.txt"))?;
        templates.add_template("waiting_mails", include_str!("waiting_mails.txt"))?;
        Ok(Self { templates, console })
    }

    /// Writes one mail with all `notices`. The subject of a mail with several notices states the highest level of escalation among them.
    ///
    /// # Errors
    /// If the template fails.
    pub fn mail(&self, envelope: Envelope<'_>, notices: &[(&Message, &Lead)], reader: &NoticeReader<'_>) -> Result<Mail, TextError> {
        let Envelope { to, dealer, .. } = envelope;
        let texts: Vec<NoticeText> = notices.iter().map(|(message, lead)| self.notice(message, lead, envelope, reader)).collect();
        let texts = NoticeText::joined(texts);
        let level = texts.iter().map(NoticeText::level).max().filter(|level| *level > 0);
        let template = self.templates.get_template(to.language.as_str()).or_else(|_| self.templates.get_template("en"));
        let written = template.and_then(|t| {
            let notices = minijinja::value::Serde(&texts);
            t.render(context! { reader => &to.name, dealer => &dealer.settings.name, notices, level })
        });
        Ok(Mail::from_text(envelope, &written?))
    }

    /// Writes a letter as a mail.
    ///
    /// # Errors
    /// If the template fails.
    pub fn letter(&self, envelope: Envelope<'_>, letter: &Letter, about: LetterSubject<'_>) -> Result<Mail, TextError> {
        let Envelope { to, dealer, .. } = envelope;
        let Written { subject, text } = written(dealer, letter, about, &to.language)?;
        let end = if matches!(letter.kind, LetterKind::Text { .. }) { "" } else { "\n" };
        let written = format!("{subject}\n\n{text}{end}");
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

    /// Writes a letter as a text message in the `language` of its reader.
    ///
    /// # Errors
    /// If the template fails.
    pub fn sms(&self, dealer: &Dealer, letter: &Letter, about: LetterSubject<'_>, language: &Language) -> Result<String, TextError> {
        Ok(written(dealer, letter, about, language)?.text)
    }

    /// The title of an appointment in the customer's calendar: that of the invitation, or the name of its kind.
    pub fn title(dealer: &Dealer, appointment: &Appointment, event: Option<&CalendarEvent>, language: &Language) -> String {
        let own = event.filter(|event| event.booked).and_then(CalendarEvent::own_title);
        format!("{} · {}", own.unwrap_or_else(|| appointment.name(event, language)), dealer.settings.name)
    }

    /// Writes the core data of a trade-in enquiry as a PDF with a link to the lead (INT-8). `None` if the entry holds no enquiry.
    ///
    /// # Errors
    /// If the PDF cannot be written.
    pub fn sheet(&self, lead: &Lead, entry: &Entry, dealer: &Dealer) -> Result<Option<Attachment>, TextError> {
        let Some(enquiry) = entry.events.iter().find_map(Event::enquiry) else { return Ok(None) };
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
}

/// Writes the subject and the text of a letter: a user's text, else the dealer's text of the kind, else Forecourt's own (MSG-2).
fn written(dealer: &Dealer, letter: &Letter, about: LetterSubject<'_>, language: &Language) -> Result<Written, TextError> {
    let kind = match &letter.kind {
        LetterKind::Text { subject, text, .. } => return Ok(Written { subject: subject.clone(), text: text.clone() }),
        LetterKind::Confirmation => TextKind::Confirmation,
        LetterKind::Moved => TextKind::Moved,
        LetterKind::Cancelled => TextKind::Cancelled,
        LetterKind::Reminder => TextKind::Reminder,
    };
    let appointment = about.appointment.ok_or(TextError::NoAppointment)?;
    let vehicle = about.lead.map(|lead| lead.vehicle.as_str()).unwrap_or_default();
    let booking = BookingValues {
        kind,
        medium: letter.medium,
        language,
        name: appointment.name(about.event, language),
        at: appointment.at,
        zone: dealer.settings.calendar.zone(),
        page: about.page,
        salesperson: about.salesperson,
        is_at_dealer: appointment.is_at_dealer(about.event),
        takes_answers: dealer.settings.text_number.is_some(),
    };
    let values = Values::of(&dealer.settings, language, &appointment.customer, vehicle).with_booking(&booking);
    let only_place = kind == TextKind::Moved && appointment.only_place_changed(letter.queued);
    let wanted = Wanted { kind, medium: letter.medium, language, lead_type: about.lead.map(|lead| lead.lead_type), only_place };
    wanted.write(about.texts, &values).ok_or(TextError::NoText)
}
