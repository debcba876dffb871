//! What notices say, in the reader's language (MSG-2).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecourt_domain::access::User;
use forecourt_domain::contact::Language;
use forecourt_domain::dealer::Dealer;
use forecourt_domain::lead::Lead;
use forecourt_domain::message::{Message, Notice};
use mail_builder::MessageBuilder;
use minijinja::{Environment, context};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A mail, ready to be carried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    /// What makes it the same mail if it is sent again.
    pub id: String,
    /// The reader's name.
    pub to_name: String,
    /// The reader's address.
    pub to: String,
    /// Whose name it is sent in: the dealer's.
    pub from_name: String,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// In a line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

impl Mail {
    /// As a MIME message from `from`, an address of ours.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn mime(&self, from: &str) -> std::io::Result<Vec<u8>> {
        let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        MessageBuilder::new()
            .message_id(format!("{}@{domain}", self.id))
            .date(self.at.timestamp())
            .from((self.from_name.as_str(), from))
            .to((self.to_name.as_str(), self.to.as_str()))
            .subject(self.subject.as_str())
            .header("X-Forecourt-Mail", mail_builder::headers::raw::Raw::new(self.id.as_str()))
            .header("Auto-Submitted", mail_builder::headers::raw::Raw::new("auto-generated"))
            .text_body(self.text.as_str())
            .write_to_vec()
    }
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
        Ok(Self { templates, public_url: public_url.trim_end_matches('/').to_owned() })
    }

    /// One mail to `user` with all `notices`, known as `id`.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub fn mail(
        &self,
        id: String,
        user: &User,
        dealer: &Dealer,
        notices: &[(&Message, &Lead)],
        now: DateTime<Utc>,
    ) -> Result<Mail, String> {
        let zone = dealer.settings.calendar.zone();
        let told: Vec<NoticeText> = notices.iter().map(|(message, lead)| self.notice(message, lead, zone, &user.language)).collect();
        let template = self.templates.get_template(user.language.as_str()).or_else(|_| self.templates.get_template("en"));
        let written = template.and_then(|t| {
            t.render(context! { reader => &user.name, dealer => &dealer.settings.name, notices => minijinja::value::Serde(&told) })
        });
        let written = written.map_err(|e| format!("the text cannot be written: {e}"))?;
        let (subject, text) = written.split_once('\n').unwrap_or((&written, ""));
        Ok(Mail {
            id,
            to_name: user.name.clone(),
            to: user.email.to_string(),
            from_name: dealer.settings.name.clone(),
            at: now,
            subject: subject.to_owned(),
            text: text.trim_start().to_owned(),
        })
    }

    fn notice(&self, message: &Message, lead: &Lead, zone: Tz, language: &Language) -> NoticeText {
        let (about, missed) = match &message.notice {
            Notice::Assigned { .. } => (json!("assigned"), false),
            Notice::Added => (json!("added"), false),
            Notice::Step { step, missed } => (json!(step), !missed.is_empty()),
        };
        NoticeText {
            about: about.as_str().unwrap_or_default().to_owned(),
            missed,
            number: lead.id.spoken(),
            contact: lead.contact.clone(),
            vehicle: lead.vehicle.clone(),
            source: lead.source.clone(),
            owner: lead.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
            arrived: local(lead.arrived, zone, language),
            deadline: lead.deadline().map(|due| local(due, zone, language)),
            link: format!("{}/leads/{}", self.public_url, lead.id),
        }
    }
}

/// A time as people at the dealer write it.
fn local(at: DateTime<Utc>, zone: Tz, language: &Language) -> String {
    let format = match language.as_str() {
        "de" => "%d.%m.%Y, %H:%M Uhr",
        "nl" => "%d-%m-%Y %H:%M",
        _ => "%a %-d %b %Y %H:%M",
    };
    at.with_timezone(&zone).format(format).to_string()
}
