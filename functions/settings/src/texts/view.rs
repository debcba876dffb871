//! The bodies and answers about a dealer's texts.

use chrono::{DateTime, Utc};
use forecourt_domain::base::Fault;
use forecourt_domain::texts::{CheckedText, DealerText, LANGUAGES, TextDraft, TextKind, Written, own_text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text of a dealer. It replaces the text with the same id.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"kind": "instant_answer", "medium": "email", "language": "de", "lead_type": "used_car", "name": "Gebrauchtwagen",
    "subject": "Ihre Anfrage bei {{ dealer }}", "text": "{{ greeting }}\n\nvielen Dank für Ihr Interesse.\nFahrzeug: {{ vehicle }}\n\n{{ dealer }}"}))]
pub struct TextBody {
    /// The kind.
    kind: String,
    /// The medium.
    medium: String,
    /// The language.
    language: String,
    /// The type of the leads for which the text is used; absent: every type.
    lead_type: Option<String>,
    /// The name of the text, for users: 1 to 100 characters in one line.
    name: String,
    /// The subject of a mail, with variables such as `{{ customer }}`: 1 to 200 characters in one line. Absent in a text message.
    subject: Option<String>,
    /// The text, with variables: 1 to 5,000 characters in a mail, 1 to 600 in a text message. A line whose variables are all empty is left
    /// out.
    text: String,
}

/// A text to preview or to test, and the lead or the appointment whose values it gets; without both it gets sample values.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"kind": "confirmation", "medium": "email", "language": "en", "subject": "Your appointment on {{ time }}",
    "text": "{{ greeting }}\n\nwe look forward to seeing you.\n\n{{ page }}\n\n{{ dealer }}"}))]
pub struct TextPreviewBody {
    /// The kind.
    kind: String,
    /// The medium.
    medium: String,
    /// The language.
    language: String,
    /// The type of the leads for which the text is used.
    lead_type: Option<String>,
    /// The name of the text.
    name: Option<String>,
    /// The subject of a mail, with variables.
    subject: Option<String>,
    /// The text, with variables.
    text: String,
    /// Id of a lead of the dealer.
    pub(super) lead: Option<String>,
    /// Id of an appointment of the dealer, for texts about appointments.
    pub(super) appointment: Option<String>,
}

impl TextBody {
    pub(super) fn check(self) -> Result<CheckedText, Vec<Fault>> {
        let Self { kind, medium, language, lead_type, name, subject, text } = self;
        TextDraft { kind, medium, language, lead_type, name, subject: subject.unwrap_or_default(), text }.check()
    }
}

impl TextPreviewBody {
    pub(super) fn check(&self) -> Result<CheckedText, Vec<Fault>> {
        let Self { kind, medium, language, lead_type, name, subject, text, .. } = self;
        // A draft may have no name yet.
        let name = name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "draft".to_owned());
        let subject = subject.clone().unwrap_or_default();
        let (kind, medium, language) = (kind.clone(), medium.clone(), language.clone());
        TextDraft { kind, medium, language, lead_type: lead_type.clone(), name, subject, text: text.clone() }.check()
    }
}

/// A dealer's own text.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextView {
    /// Id of the text.
    pub id: String,
    /// Version of the text; also its ETag.
    pub version: u64,
    /// `confirmation`, `moved`, `cancelled`, `reminder`, `instant_answer` or `canned`.
    pub kind: &'static str,
    /// `email` or `sms`.
    pub medium: &'static str,
    /// `en`, `de` or `nl`.
    pub language: String,
    /// The type of the leads for which the text is used; absent: every type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_type: Option<&'static str>,
    /// The name of the text.
    pub name: String,
    /// The subject of a mail.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The text.
    pub text: String,
    /// Time of the latest change.
    pub changed_at: DateTime<Utc>,
    /// Actor of the change: `user:…` or `system`.
    pub changed_by: String,
}

/// The texts of a dealer, and the kinds of texts with their variables.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextsView {
    /// The dealer's own texts, oldest first, at most 100. Without the right to read settings: the canned answers.
    pub texts: Vec<TextView>,
    /// Every kind with its media, its variables and Forecourt's own texts.
    pub kinds: Vec<TextKindView>,
}

/// A kind of text.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextKindView {
    /// The kind.
    pub kind: &'static str,
    /// The media that it can have.
    pub media: Vec<&'static str>,
    /// The variables that it can have.
    pub variables: Vec<VariableView>,
    /// Forecourt's own texts, which are sent if the dealer has none. A dealer can begin with them.
    pub own: Vec<OwnTextView>,
}

/// A variable of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct VariableView {
    /// The name: a text has it as `{{ name }}`.
    pub name: &'static str,
    /// The meaning of its value.
    pub meaning: &'static str,
}

/// A text of Forecourt.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnTextView {
    /// The medium.
    pub medium: &'static str,
    /// The language.
    pub language: &'static str,
    /// The subject of a mail.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The text.
    pub text: String,
}

/// A text as the customer would get it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextPreviewView {
    /// The subject of a mail.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML part of a mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The address to which a test is sent: your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<String>,
    /// The text without every value that can be unknown, such as name, vehicle and link: lines that have only such values are left out.
    /// Absent if it is the same text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortest: Option<ShortestTextView>,
}

/// A text for a customer of whom Forecourt knows the least.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShortestTextView {
    /// The subject of a mail.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The plain text.
    pub text: String,
}

impl TextView {
    pub(super) fn of(text: &DealerText) -> Self {
        Self {
            id: text.id.to_string(),
            version: text.version,
            kind: text.kind.name(),
            medium: text.medium.name(),
            language: text.language.as_str().to_owned(),
            lead_type: text.lead_type.map(|lead_type| lead_type.name()),
            name: text.name.clone(),
            subject: text.subject.clone(),
            text: text.text.clone(),
            changed_at: text.changed,
            changed_by: text.by.to_string(),
        }
    }
}

impl TextsView {
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a DealerText>) -> Self {
        let kinds = TextKind::NAMES.into_iter().map(|(_, kind)| TextKindView::of(kind)).collect();
        Self { texts: texts.into_iter().map(TextView::of).collect(), kinds }
    }
}

impl TextKindView {
    fn of(kind: TextKind) -> Self {
        let own = kind.media().iter().flat_map(|medium| LANGUAGES.into_iter().map(move |language| (*medium, language)));
        let own = own.filter_map(|(medium, language)| {
            let text = own_text(kind, medium, language)?;
            Some(OwnTextView { medium: medium.name(), language, subject: text.subject, text: text.text })
        });
        Self {
            kind: kind.name(),
            media: kind.media().iter().map(|medium| medium.name()).collect(),
            variables: kind.variables().iter().map(|v| VariableView { name: v.name(), meaning: v.meaning() }).collect(),
            own: own.collect(),
        }
    }
}

impl TextPreviewView {
    pub(super) fn of(written: &Written, html: Option<String>, shortest: Option<&Written>) -> Self {
        let shortest = shortest.map(|shortest| ShortestTextView { subject: shortest.subject.clone(), text: shortest.text.clone() });
        Self { subject: written.subject.clone(), text: written.text.clone(), html, sent_to: None, shortest }
    }
}
