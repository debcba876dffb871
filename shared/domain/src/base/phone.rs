//! Telephone numbers as people type them: with notes, extensions, and several in one field (INT-3).

use crate::base::Country;
use crate::base::phone_text::{Piece, numbers};
use rlibphonenumber::{PhoneNumber, PhoneNumberType};
use serde::{Deserialize, Serialize};

/// A telephone number: as typed, and in E.164 where it can be read (INT-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// As the customer or the sender typed it, with its note.
    pub typed: String,
    /// `+` and up to 15 digits. `None` if the number is not valid, or if it is doubtful where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e164: Option<String>,
    /// The extension behind the number, 1 to 7 digits. It is part of the identity: two extensions are two people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The words, times and further digits next to the number, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The kind as named by the sender: mobile, home, work …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The time at which the customer wants to be called, as the sender wrote it: morning, evening …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

impl Phone {
    /// Reads the first number of a field, as it is dialled in `country`. A further number is part of the note. `e164` is `None` if the
    /// field has no valid number, or if it is doubtful where the number ends.
    pub fn read(typed: &str, country: Country) -> Self {
        let mut pieces = numbers(typed, country).into_iter();
        let Some(first) = pieces.next() else { return Self::unread(typed) };
        let rest: Vec<String> = pieces.map(|piece| piece.typed).collect();
        let note = first.note.clone().into_iter().chain(rest).collect::<Vec<_>>().join(" ");
        Self { typed: typed.to_owned(), note: Some(note).filter(|note| !note.is_empty()), ..Self::of(first) }
    }

    /// Reads every number of a field. If none can be read, the only entry is the field as typed.
    pub fn read_all(typed: &str, country: Country) -> Vec<Self> {
        let pieces = numbers(typed, country);
        if pieces.is_empty() {
            return vec![Self::unread(typed)];
        }
        pieces.into_iter().map(Self::of).collect()
    }

    fn unread(typed: &str) -> Self {
        Self { typed: typed.to_owned(), e164: None, extension: None, note: None, kind: None, time: None }
    }

    fn of(piece: Piece) -> Self {
        let Piece { typed, e164, extension, note } = piece;
        Self { typed, e164: Some(e164), extension, note, kind: None, time: None }
    }

    /// Returns the number with its extension (RFC 3966), by which a person is recognised. `None` if the number could not be read.
    pub fn channel(&self) -> Option<String> {
        let number = self.e164.as_ref()?;
        Some(self.extension.as_ref().map_or_else(|| number.clone(), |extension| format!("{number};ext={extension}")))
    }

    /// Whether a number in E.164 may belong to a mobile telephone: some countries give mobile telephones numbers of fixed lines.
    pub fn is_mobile(number: &str) -> bool {
        let kind = PhoneNumber::parse(number, None).map(|number| number.get_type());
        matches!(kind, Ok(PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile))
    }

    /// Returns whether both are the same number with the same extension. `false` if one of them could not be read.
    pub fn is_same(&self, other: &Self) -> bool {
        self.e164.is_some() && self.channel() == other.channel()
    }

    /// Returns the number to which text messages can be sent. `None` if the number has an extension or could not be read.
    pub fn texted(&self) -> Option<&str> {
        self.e164.as_deref().filter(|_| self.extension.is_none())
    }
}
