//! Page cursors: one format for every list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use forecourt_domain::base::Refusal;
use std::fmt::Display;

/// The longest cursor that is decoded, in bytes.
const LONGEST: usize = 512;

/// The place at which a page of a list ended. Clients get it as opaque text and return it for the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The list. A cursor is valid for this list only.
    pub list: String,
    /// The place in the list.
    pub place: String,
}

impl Cursor {
    /// A cursor of `list`, whose name has no `~`.
    pub fn new(list: impl Display, place: impl Display) -> Self {
        Self { list: list.to_string(), place: place.to_string() }
    }

    /// Returns the cursor as text that is safe in a URL.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}~{}", self.list, self.place))
    }

    /// Reads a cursor. `rule` is the rule of the list.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] on the field `cursor` if the text is not a cursor.
    pub fn decode(text: &str, rule: &'static str) -> Result<Self, Refusal> {
        let bytes = Some(text).filter(|text| text.len() <= LONGEST).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let parts = decoded.as_deref().and_then(|text| text.split_once('~'));
        parts.map(|(list, place)| Self::new(list, place)).ok_or_else(|| Self::refused(rule))
    }

    /// Reads a cursor and returns its place if it belongs to `list` and `valid` accepts the place.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] on the field `cursor` otherwise.
    pub fn place(text: &str, list: &str, rule: &'static str, valid: impl Fn(&str) -> bool) -> Result<String, Refusal> {
        let cursor = Self::decode(text, rule)?;
        if cursor.list == list && valid(&cursor.place) { Ok(cursor.place) } else { Err(Self::refused(rule)) }
    }

    /// Returns the refusal of a text that is not a cursor of the list.
    pub fn refused(rule: &'static str) -> Refusal {
        Refusal::field("cursor", rule, "must be a cursor returned by this list")
    }
}
