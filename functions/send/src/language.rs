//! The language of a reader: which texts to use and how to write a time.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecourt_domain::base::Language;

/// Returns the language of the texts for a reader: `en`, `de` or `nl`.
pub(crate) fn text_language(language: &Language) -> &'static str {
    match language.as_str() {
        "de" => "de",
        "nl" => "nl",
        _ => "en",
    }
}

/// Writes a time in the dealer's time zone and the reader's language.
pub(crate) fn local_time(at: DateTime<Utc>, zone: Tz, language: &Language) -> String {
    let format = match text_language(language) {
        "de" => "%d.%m.%Y, %H:%M Uhr",
        "nl" => "%d-%m-%Y om %H:%M uur",
        _ => "%a %-d %b %Y %H:%M",
    };
    at.with_timezone(&zone).format(format).to_string()
}
