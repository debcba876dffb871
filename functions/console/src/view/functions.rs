//! The functions and filters of the templates. The language, the zone and the time are in the values of each page.

use super::{Language, Zoned, explained, money};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, State, Value};

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_function("t", text);
    environment.add_function("label", label);
    environment.add_filter("at", |state: &State, at: Value| of(state, &at, |zoned, at| zoned.at(at)));
    environment.add_filter("clock", |state: &State, at: Value| of(state, &at, |zoned, at| zoned.clock(at)));
    environment.add_filter("day_of", |state: &State, at: Value| of(state, &at, |zoned, at| zoned.day(zoned.date(at))));
    environment.add_filter("date_of", |state: &State, at: Value| of(state, &at, |zoned, at| zoned.date(at).to_string()));
    environment.add_filter("input_time", |state: &State, at: Value| of(state, &at, |zoned, at| zoned.input(at)));
    environment.add_filter("next_day", |state: &State, at: Value| of(state, &at, |zoned, at| zoned.next_day(at)));
    environment.add_filter("since", |state: &State, at: Value| of(state, &at, |zoned, at| zoned.span(zoned.now - at)));
    environment.add_filter("day", day);
    environment.add_filter("weekday", weekday);
    environment.add_filter("minutes", |state: &State, minutes: i64| zoned(state).span(TimeDelta::minutes(minutes)));
    environment.add_filter("person", person);
    environment.add_filter("source", source);
    environment.add_filter("detail", |state: &State, text: &str| explained(language(state), text));
    environment.add_filter("money", |state: &State, price: Value| amount(state, &price, None));
    environment.add_filter("amount", |state: &State, value: Value, price: Value| amount(state, &price, Some(&value)));
    environment.add_filter("mobile", forecourt_domain::base::Phone::is_mobile);
    environment.add_filter("tel", |text: &str| text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>());
    environment.add_filter("size", |state: &State, bytes: u64| shown_size(language(state), bytes));
    environment.add_filter("query", |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
}

fn language(state: &State) -> Language {
    Language::of(state.lookup("lang").as_ref().and_then(Value::as_str).unwrap_or_default())
}

fn zoned(state: &State) -> Zoned {
    let zone = state.lookup("zone").and_then(|zone| zone.as_str().and_then(|zone| zone.parse().ok())).unwrap_or(chrono_tz::UTC);
    let now = state.lookup("now").as_ref().and_then(instant).unwrap_or_default();
    Zoned { language: language(state), zone, now }
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|at| at.to_utc())
}

/// Applies `write` to an instant; empty if the value is none.
fn of(state: &State, at: &Value, write: impl FnOnce(&Zoned, DateTime<Utc>) -> String) -> String {
    instant(at).map(|at| write(&zoned(state), at)).unwrap_or_default()
}

/// Writes a date such as `2026-11-25`.
fn day(state: &State, date: &str) -> String {
    NaiveDate::parse_from_str(date, "%Y-%m-%d").map(|date| zoned(state).day(date)).unwrap_or_default()
}

/// Writes a date such as `2026-11-25` without saying today or tomorrow.
fn weekday(state: &State, date: &str) -> String {
    NaiveDate::parse_from_str(date, "%Y-%m-%d").map(|date| zoned(state).weekday(date)).unwrap_or_default()
}

/// Writes an amount of money, such as `{"amount": 1790050, "currency": "EUR"}`: `17.900,50 EUR`. `other` is another amount in its currency.
/// Empty if there is none.
fn amount(state: &State, price: &Value, other: Option<&Value>) -> String {
    let part = |name: &str| price.get_attr(name).unwrap_or_default();
    let currency = part("currency").as_str().and_then(money::currency);
    let amount = other.cloned().unwrap_or_else(|| part("amount")).as_i64();
    match (amount, currency) {
        (Some(amount), Some(currency)) => money::shown(amount, currency, language(state)),
        _ => String::new(),
    }
}

/// Returns the text of a key, with `{names}` replaced. A key with a number `n` may have a text for one: `key.one`, `key.other`.
#[expect(clippy::needless_pass_by_value, reason = "the type of arguments of a function")]
fn text(state: &State, key: &str, values: Kwargs) -> Result<String, Error> {
    let language = language(state);
    let number = values.peek::<Option<i64>>("n").ok().flatten();
    let plural = number.map(|n| format!("{key}.{}", if n == 1 { "one" } else { "other" }));
    let found = plural.and_then(|key| language.text(&key)).or_else(|| language.text(key));
    let mut text = match found {
        Some(text) => text.to_owned(),
        None => return Err(Error::new(minijinja::ErrorKind::InvalidOperation, format!("there is no text {key}"))),
    };
    for name in values.args() {
        let value: Value = values.peek(name)?;
        text = text.replace(&format!("{{{name}}}"), &value.to_string());
    }
    Ok(text)
}

/// Returns the text of a value of the API, such as a status. A value without a text is shown as it is: dealers add types of their own.
#[expect(clippy::needless_pass_by_value, reason = "the type of arguments of a function")]
fn label(state: &State, kind: &str, value: Value) -> String {
    let Some(value) = value.as_str() else { return String::new() };
    match language(state).text(&format!("label.{kind}.{value}")) {
        Some(text) => text.to_owned(),
        None => value.replace('_', " "),
    }
}

/// Returns the name of the source of an enquiry. The sources of partners and campaigns are names already.
#[expect(clippy::needless_pass_by_value, reason = "the type of arguments of a filter")]
fn source(state: &State, value: Value) -> String {
    let Some(value) = value.as_str() else { return String::new() };
    language(state).text(&format!("label.source.{value}")).unwrap_or(value).to_owned()
}

/// Returns the name of a user of the dealer, of `user:…` or of another sender; the id if the name is not known.
#[expect(clippy::needless_pass_by_value, reason = "the type of arguments of a filter")]
fn person(state: &State, id: Value) -> String {
    let Some(id) = id.as_str() else { return String::new() };
    let user = id.strip_prefix("user:").unwrap_or(id);
    let name = state.lookup("people").and_then(|people| people.get_attr(user).ok()).filter(|name| name.as_str().is_some());
    match name {
        Some(name) => name.to_string(),
        None => match language(state).text(&format!("sender.{}", id.replace(':', "."))) {
            Some(rule) if id.contains(':') => rule.to_owned(),
            _ => sender(language(state), id, user),
        },
    }
}

/// Returns the kind of a sender without a name, with the id if it has one.
fn sender(language: Language, id: &str, user: &str) -> String {
    match language.text(&format!("sender.{}", id.split(':').next().unwrap_or_default())) {
        Some(kind) if id != user || !id.contains(':') => kind.to_owned(),
        Some(kind) => format!("{kind} {}", id.split_once(':').map_or("", |(_, name)| name)),
        None => user.to_owned(),
    }
}

/// Returns a number of bytes as people read it: 12 KB, 1.4 MB.
pub(crate) fn shown_size(language: Language, bytes: u64) -> String {
    const MEGA: u64 = 1_000_000;
    match bytes {
        0..MEGA => format!("{} KB", bytes.div_ceil(1_000)),
        _ => {
            let point = if language == Language::English { '.' } else { ',' };
            format!("{}{point}{} MB", bytes / MEGA, bytes % MEGA / 100_000)
        }
    }
}
