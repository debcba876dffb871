//! What the reader's language decides: which texts serve it, and how a time is written.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecourt_domain::base::Language;

/// The language of the texts that serves a reader of `language`.
pub(crate) fn spoken(language: &Language) -> &'static str {
    match language.as_str().split('-').next() {
        Some("de") => "de",
        Some("nl") => "nl",
        _ => "en",
    }
}

/// A time as people at the dealer write it.
pub(crate) fn local(at: DateTime<Utc>, zone: Tz, language: &Language) -> String {
    let format = match language.as_str() {
        "de" => "%d.%m.%Y, %H:%M Uhr",
        "nl" => "%d-%m-%Y %H:%M",
        _ => "%a %-d %b %Y %H:%M",
    };
    at.with_timezone(&zone).format(format).to_string()
}
