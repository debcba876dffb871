//! The check of a text that a user saves or previews.

use super::template::{Template, TemplateMistake};
use super::{DealerText, LANGUAGES, TextKind};
use crate::base::text::{composed, is_line, is_text, line, visible};
use crate::base::{Fault, Language, Medium};
use crate::enquiry::LeadType;

/// A text as a user enters it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in DealerText")]
pub struct TextDraft {
    pub kind: String,
    pub medium: String,
    pub language: String,
    pub lead_type: Option<String>,
    pub name: String,
    pub subject: String,
    pub text: String,
}

/// The fields of a draft that passed the check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in DealerText")]
pub struct CheckedText {
    pub kind: TextKind,
    pub medium: Medium,
    pub language: Language,
    pub lead_type: Option<LeadType>,
    pub name: String,
    pub subject: String,
    pub text: String,
}

/// The fault of a text that some customers would get empty.
const NOTHING: &str = "must have a line that remains if every value that can be unknown is unknown";

impl TextDraft {
    /// Checks the text: a template that cannot be read is a fault with the place of the mistake and the permitted variables.
    ///
    /// # Errors
    /// Every fault with its field.
    pub fn check(self) -> Result<CheckedText, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, detail: String| faults.push(Fault::new(field, "MSG-2", detail));
        let kind = TextKind::NAMES.iter().find(|(name, _)| *name == self.kind).map(|(_, kind)| *kind);
        if kind.is_none() {
            fault("kind", one_of(TextKind::NAMES.iter().map(|(name, _)| *name)));
        }
        let media = kind.map_or(&[Medium::Email, Medium::Sms][..], TextKind::media);
        let medium = media.iter().find(|medium| medium.name() == self.medium).copied();
        if medium.is_none() {
            fault("medium", one_of(media.iter().map(|medium| medium.name())));
        }
        let language = Language::parse(&self.language).ok().filter(|language| LANGUAGES.contains(&language.as_str()));
        if language.is_none() {
            fault("language", one_of(LANGUAGES.into_iter()));
        }
        let lead_type = self.lead_type.as_deref().map(|name| LeadType::NAMES.iter().find(|(known, _)| *known == name));
        if lead_type == Some(None) {
            fault("lead_type", one_of(LeadType::NAMES.iter().map(|(name, _)| *name)));
        }
        let name = line(&self.name, DealerText::MAX_NAME);
        if name.is_none() {
            fault("name", format!("must be 1 to {} characters in one line", DealerText::MAX_NAME));
        }
        let is_sms = medium == Some(Medium::Sms);
        let subject = cleaned(&self.subject);
        let subject = subject.trim().to_owned();
        if is_sms && !subject.is_empty() {
            fault("subject", "must be empty in a text message".to_owned());
        } else if !is_sms && !is_line(&subject, DealerText::MAX_SUBJECT) {
            fault("subject", format!("must be 1 to {} characters in one line", DealerText::MAX_SUBJECT));
        }
        let text = cleaned(&self.text);
        let most = if is_sms { DealerText::MAX_SMS } else { DealerText::MAX_MAIL };
        if !is_text(&text, most) {
            fault("text", format!("must be 1 to {most} characters"));
        }
        if let Some(kind) = kind {
            for (field, template) in [("subject", &subject), ("text", &text)] {
                match Template::parse(template, kind.variables()) {
                    Err(mistake) => fault(field, explained(&mistake, kind)),
                    Ok(read) if field == "text" && is_text(&text, most) && !read.remains() => fault(field, NOTHING.to_owned()),
                    Ok(_) => {}
                }
            }
        }
        match (kind, medium, language, name) {
            (Some(kind), Some(medium), Some(language), Some(name)) if faults.is_empty() => {
                let lead_type = lead_type.flatten().map(|(_, lead_type)| *lead_type);
                Ok(CheckedText { kind, medium, language, lead_type, name, subject, text })
            }
            _ => Err(faults),
        }
    }
}

/// Returns the text in the form in which it is stored: composed, without invisible characters, with `\n` at the end of each line.
fn cleaned(text: &str) -> String {
    composed(&visible(&text.replace("\r\n", "\n").replace('\r', "\n"), '\n')).into_owned()
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("must be one of {}", names.collect::<Vec<_>>().join(", "))
}

fn explained(mistake: &TemplateMistake, kind: TextKind) -> String {
    let names: Vec<String> = kind.variables().iter().map(|variable| format!("{{{{ {} }}}}", variable.name())).collect();
    format!("{mistake}. Permitted: {}", names.join(", "))
}
