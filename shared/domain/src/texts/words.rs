//! Words of texts in three languages: salutation, times, opening hours.

use crate::base::Language;
use crate::hours::Calendar;
use chrono::{DateTime, Utc, Weekday};
use chrono_tz::Tz;

/// The languages of Forecourt's own texts.
pub const LANGUAGES: [&str; 3] = ["en", "de", "nl"];

/// Returns the language of the texts for a reader: `en`, `de` or `nl`.
pub fn text_language(language: &Language) -> &'static str {
    match language.as_str() {
        "de" => "de",
        "nl" => "nl",
        _ => "en",
    }
}

/// Writes a time in the dealer's time zone and the reader's language.
pub fn local_time(at: DateTime<Utc>, zone: Tz, language: &Language) -> String {
    let format = match text_language(language) {
        "de" => "%d.%m.%Y, %H:%M Uhr",
        "nl" => "%d-%m-%Y om %H:%M uur",
        _ => "%a %-d %b %Y %H:%M",
    };
    at.with_timezone(&zone).format(format).to_string()
}

/// Returns the salutation; without a name if `customer` is empty.
pub(super) fn greeting(customer: &str, language: &Language) -> String {
    match (text_language(language), customer) {
        ("de", "") => "Guten Tag,".to_owned(),
        ("de", name) => format!("Guten Tag {name},"),
        ("nl", "") => "Goedendag,".to_owned(),
        ("nl", name) => format!("Beste {name},"),
        (_, "") => "Hello,".to_owned(),
        (_, name) => format!("Dear {name},"),
    }
}

/// Returns the sentence before the link with which a customer confirms, reschedules or cancels an appointment.
pub(super) fn page_words(language: &Language) -> &'static str {
    match text_language(language) {
        "de" => "Hier können Sie Ihren Termin bestätigen, verschieben oder absagen:",
        "nl" => "Op deze pagina kunt u de afspraak bevestigen, verzetten of annuleren:",
        _ => "To confirm, reschedule or cancel your appointment, please open this page:",
    }
}

/// Returns the sentence of a text message that asks for an answer ([`Reply`](crate::messages::Reply)).
pub(super) fn reply_words(language: &Language) -> &'static str {
    match text_language(language) {
        "de" => "Passt der Termin? Bitte antworten Sie mit J oder N.",
        "nl" => "Schikt de afspraak? Antwoord met J of N.",
        _ => "Does the time suit you? Please reply Y or N.",
    }
}

const WEEK: [Weekday; 7] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// Returns the weekly opening hours in one line: `Mon–Fri 09:00–18:00, Sat 09:00–13:00`. Empty if there are none.
pub(super) fn hours(calendar: &Calendar, language: &Language) -> String {
    let names: [&str; 7] = match text_language(language) {
        "de" => ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
        "nl" => ["ma", "di", "wo", "do", "vr", "za", "zo"],
        _ => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    };
    let day = |weekday: Weekday| {
        let intervals = calendar.hours().on(weekday).iter().map(|interval| format!("{}–{}", interval.from, interval.to));
        intervals.collect::<Vec<_>>().join(" + ")
    };
    let days: Vec<(&str, String)> = names.into_iter().zip(WEEK.map(day)).collect();
    let spans = days.chunk_by(|(_, one), (_, other)| one == other);
    let spans = spans.filter_map(|span| match span {
        [(_, hours), ..] if hours.is_empty() => None,
        [(name, hours)] => Some(format!("{name} {hours}")),
        [(first, hours), .., (last, _)] => Some(format!("{first}–{last} {hours}")),
        [] => None,
    });
    spans.collect::<Vec<_>>().join(", ")
}
