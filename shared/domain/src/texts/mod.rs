//! The texts of letters to customers: a dealer's own, and Forecourt's (MSG-2).

mod change;
mod check;
mod holes;
mod html;
mod own;
mod template;
mod values;
mod words;

pub use change::TextChange;
pub use check::{CheckedText, TextDraft};
pub use html::html_of;
pub use own::{OwnText, own_text};
pub use template::{MistakeReason, Template, TemplateMistake, Variable};
pub use values::{BookingValues, Values};
pub use words::{LANGUAGES, local_time, text_language};

use crate::base::{Actor, DealerId, Language, Medium, TextId};
use crate::enquiry::LeadType;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The kind of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// An appointment is booked.
    Confirmation,
    /// An appointment was rescheduled.
    Moved,
    /// An appointment was cancelled.
    Cancelled,
    /// An appointment is soon.
    Reminder,
    /// The automatic answer to a new enquiry.
    InstantAnswer,
    /// A canned answer, which a seller edits and sends.
    Canned,
    /// A kind of another release.
    #[serde(other)]
    Unknown,
}

impl TextKind {
    /// Every kind with its name.
    pub const NAMES: [(&'static str, TextKind); 6] = [
        ("confirmation", TextKind::Confirmation),
        ("moved", TextKind::Moved),
        ("cancelled", TextKind::Cancelled),
        ("reminder", TextKind::Reminder),
        ("instant_answer", TextKind::InstantAnswer),
        ("canned", TextKind::Canned),
    ];

    /// Returns the name, as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("unknown", |(name, _)| name)
    }

    /// Whether texts of this kind are about an appointment.
    pub fn is_of_appointment(self) -> bool {
        matches!(self, TextKind::Confirmation | TextKind::Moved | TextKind::Cancelled | TextKind::Reminder)
    }

    /// Returns the media of the kind.
    pub fn media(self) -> &'static [Medium] {
        match self {
            TextKind::InstantAnswer => &[Medium::Email],
            TextKind::Unknown => &[],
            _ => &[Medium::Email, Medium::Sms],
        }
    }

    /// Returns the variables of the kind.
    pub fn variables(self) -> &'static [Variable] {
        use Variable::{
            About, Address, Appointment, Customer, Dealer, Greeting, Hours, Map, Number, Page, Phone, Reply, Salesperson, Seller, Time,
            Vehicle,
        };
        match self {
            TextKind::Confirmation | TextKind::Moved | TextKind::Cancelled => {
                &[Greeting, Customer, Vehicle, Dealer, Hours, Appointment, About, Time, Page, Salesperson, Address, Map, Phone]
            }
            TextKind::Reminder => {
                &[Greeting, Customer, Vehicle, Dealer, Hours, Appointment, About, Time, Page, Salesperson, Address, Map, Phone, Reply]
            }
            TextKind::InstantAnswer => &[Greeting, Customer, Vehicle, Dealer, Number, Hours],
            TextKind::Canned => &[Greeting, Customer, Vehicle, Dealer, Seller, Number, Hours],
            TextKind::Unknown => &[],
        }
    }
}

/// A dealer's own text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DealerText {
    /// The id, unique among the dealer's texts.
    pub id: TextId,
    /// The version of the list that the latest change of this text made; the ETag.
    pub version: u64,
    /// The kind.
    pub kind: TextKind,
    /// The medium.
    pub medium: Medium,
    /// The language: one of [`LANGUAGES`].
    pub language: Language,
    /// The type of the leads for which it is used. `None` means every type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_type: Option<LeadType>,
    /// The name, for users; 1 to 100 characters in one line.
    pub name: String,
    /// The subject of a mail; empty in a text message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The text.
    pub text: String,
    /// The time of the latest change.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub changed: DateTime<Utc>,
    /// The user who made it.
    pub by: Actor,
}

impl DealerText {
    /// The maximum length of a name, in characters.
    pub const MAX_NAME: usize = 100;
    /// The maximum length of a subject, in characters.
    pub const MAX_SUBJECT: usize = 200;
    /// The maximum length of the text of a mail, in characters.
    pub const MAX_MAIL: usize = 5_000;
    /// The maximum length of a text message, in characters.
    pub const MAX_SMS: usize = 600;

    /// Writes the text. `None` if another release stored a text that this one cannot read, or nothing is left of it.
    pub fn write(&self, values: &Values) -> Option<Written> {
        Written::of(self.kind, self.medium, (&self.subject, &self.text), values)
    }

    /// Returns the variables without a value because of which lines of the text are left out.
    pub fn left_out(&self, values: &Values) -> BTreeSet<Variable> {
        let template = Template::parse(&self.text, self.kind.variables());
        template.map(|template| template.left_out(|variable| values.get(variable))).unwrap_or_default()
    }
}

/// A written text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The subject, one line; empty in a text message.
    pub subject: String,
    /// The text.
    pub text: String,
}

impl Written {
    /// The maximum length of a written subject, in characters.
    const LONGEST_SUBJECT: usize = 200;
    /// The maximum length of a written text message, in characters.
    const LONGEST_SMS: usize = 1_000;

    /// Writes a subject and a text. A mail without a subject has the dealer's name as subject. `None` if they are no templates of the kind,
    /// or nothing is left of the text.
    pub fn of(kind: TextKind, medium: Medium, (subject, text): (&str, &str), values: &Values) -> Option<Self> {
        let value = |variable| values.get(variable);
        let text = Template::parse(text, kind.variables()).ok()?.write(value);
        if text.trim().is_empty() {
            return None;
        }
        if medium != Medium::Email {
            return Some(Self { subject: String::new(), text: text.chars().take(Self::LONGEST_SMS).collect() });
        }
        let subject = Template::parse(subject, kind.variables()).ok()?.write_line(value);
        let subject = if subject.is_empty() { value(Variable::Dealer).to_owned() } else { subject };
        Some(Self { subject: subject.chars().take(Self::LONGEST_SUBJECT).collect(), text })
    }

    /// Writes Forecourt's own text of a kind. `None` if it has none.
    pub fn own(wanted: &Wanted<'_>, values: &Values) -> Option<Self> {
        let Wanted { kind, medium, language, only_place, .. } = *wanted;
        let language = text_language(language);
        let own = if only_place { own::place_text(medium, language) } else { own_text(kind, medium, language) }?;
        Self::of(kind, medium, (&own.subject, &own.text), values)
    }
}

/// The texts of a dealer. They are read together, because a letter needs the best one, so they are stored in one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DealerTexts {
    /// The dealer.
    pub dealer: DealerId,
    /// The number of changes. It also counts removals, so that a text that is saved again under an earlier id gets a new version.
    pub version: u64,
    /// The texts, oldest first.
    pub texts: Vec<DealerText>,
}

impl DealerTexts {
    /// The maximum number of texts of a dealer.
    pub const MOST: usize = 100;
    /// The maximum size of all texts of a dealer, in bytes. An item holds 400 KB.
    pub const MOST_BYTES: usize = 200_000;

    /// Creates an empty list.
    pub fn none(dealer: DealerId) -> Self {
        Self { dealer, version: 0, texts: Vec::new() }
    }

    /// Returns the text with this id.
    pub fn get(&self, id: &TextId) -> Option<&DealerText> {
        self.texts.iter().find(|text| text.id == *id)
    }

    /// Returns the texts of a kind and medium in a language, the one for the lead type first, then the one for every type.
    fn best(&self, kind: TextKind, medium: Medium, language: &str, lead_type: Option<LeadType>) -> impl Iterator<Item = &DealerText> {
        let fits = move |text: &&DealerText| (text.kind, text.medium, text.language.as_str()) == (kind, medium, language);
        let of_type = self.texts.iter().filter(fits).filter(move |text| text.lead_type.is_some() && text.lead_type == lead_type);
        of_type.chain(self.texts.iter().filter(fits).filter(|text| text.lead_type.is_none()))
    }
}

/// The text that a letter needs.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The kind.
    pub kind: TextKind,
    /// The medium.
    pub medium: Medium,
    /// The reader's language.
    pub language: &'a Language,
    /// The type of the lead, if the letter is about one.
    pub lead_type: Option<LeadType>,
    /// Whether a moved appointment keeps its time and has another place only. Forecourt's own text states that.
    pub only_place: bool,
}

impl Wanted<'_> {
    /// Writes the dealer's text for the language and the lead type, else the one for the language, else Forecourt's own. `None` if there is
    /// none.
    pub fn write(&self, texts: Option<&DealerTexts>, values: &Values) -> Option<Written> {
        let Self { kind, medium, language, lead_type, .. } = *self;
        let dealers = texts.into_iter().flat_map(|texts| texts.best(kind, medium, text_language(language), lead_type));
        dealers.filter_map(|text| text.write(values)).next().or_else(|| Written::own(self, values))
    }
}
