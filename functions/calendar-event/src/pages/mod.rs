//! The customer's page: plain HTML with forms and without a script, in English, German and Dutch (CAL-8, MSG-2).

use crate::details::CustomerPage;
use crate::subscription::Subscription;
use chrono::{DateTime, Datelike as _, NaiveDate, TimeZone as _, Utc};
use chrono_tz::OffsetName as _;
use forecourt_domain::base::{Country, Language, Phone};
use forecourt_domain::calendar::name_of;
use forecourt_domain::rules::calendar::OfferRefusal;
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::Slot;
use forecourt_edge::http::{Answer, Problem};
use forecourt_store::Failure;
use http::{HeaderMap, header};
use minijinja::{Environment, Value, context};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The media type of a page.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// The texts of one language.
#[derive(Debug, Deserialize)]
pub(crate) struct Texts {
    lang: Language,
    weekdays: [String; 7],
    months: [String; 12],
    /// Format of a date, with `{weekday}`, `{day}` and `{month}`.
    date: String,
    /// Sentences for each reason why no slot can be chosen, with the name and the number of the `{dealer}` to call.
    closed: BTreeMap<String, String>,
    page: BTreeMap<String, String>,
}

static TEXTS: LazyLock<Vec<Texts>> = LazyLock::new(|| {
    let all = [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")];
    all.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
});

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    // The suffix `.html` turns on escaping of all values.
    for (name, text) in [
        ("frame.html", include_str!("frame.html")),
        ("offer.html", include_str!("offer.html")),
        ("problem.html", include_str!("problem.html")),
        ("subscription.html", include_str!("subscription.html")),
    ] {
        let added = templates.add_template(name, text);
        debug_assert!(added.is_ok(), "{added:?}");
    }
    templates
});

/// The preferences in the headers of a request: page or JSON, and languages.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// Whether the client prefers HTML to JSON.
    pub(crate) prefers_page: bool,
    languages: Vec<Language>,
}

impl Reader {
    /// Reads `Accept` and `Accept-Language`.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).unwrap_or_default();
        let wanted = parse_weights(text(header::ACCEPT));
        let weight = |types: &[&str]| wanted.iter().filter(|(_, name)| types.contains(&name.as_str())).map(|(weight, _)| *weight).max();
        let page = weight(&["text/html", "application/xhtml+xml"]).unwrap_or(0);
        let languages = parse_weights(text(header::ACCEPT_LANGUAGE)).into_iter().filter(|(weight, _)| *weight > 0);
        let languages = languages.filter_map(|(_, tag)| Language::parse(&tag).ok()).collect();
        Self { prefers_page: page > 0 && page >= weight(&["application/json"]).unwrap_or(0), languages }
    }
}

/// Parses a header with `q` weights. Returns the weights in thousandths with the names, highest weight first.
fn parse_weights(text: &str) -> Vec<(u32, String)> {
    let one = |part: &str| {
        let mut parts = part.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|p| p.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f64>().ok()).unwrap_or(0.0);
        ((weight.clamp(0.0, 1.0) * 1000.0) as u32, name)
    };
    let mut all: Vec<_> = text.split(',').map(one).filter(|(_, name)| !name.is_empty()).collect();
    all.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    all
}

/// Chooses the language: the contact's, else the first known one that the browser asks for, else the dealer's, else English.
pub(crate) fn texts(reader: &Reader, of: &CustomerPage) -> &'static Texts {
    in_language(reader, of.language.as_ref(), Some(&of.dealer))
}

fn in_language(reader: &Reader, contact: Option<&Language>, dealer: Option<&Dealer>) -> &'static Texts {
    let dealer = dealer.map(|dealer| &dealer.settings.language);
    let wanted = contact.into_iter().chain(&reader.languages).chain(dealer);
    let mut known = wanted.filter_map(|language| TEXTS.iter().find(|texts| texts.lang == *language));
    known.next().unwrap_or(&TEXTS[0])
}

impl Texts {
    /// The title of an invitation, or else the name of its type or of the kind of the appointment.
    pub(crate) fn name_of<'a>(&self, details: &'a CustomerPage) -> &'a str {
        details.title.as_deref().unwrap_or_else(|| name_of(&details.kind, &self.lang))
    }

    /// The sentence that explains why no slot can be chosen, with the name of the dealer to call, and its number if it is known.
    pub(crate) fn closed(&self, why: OfferRefusal, dealer: &Dealer) -> String {
        let settings = &dealer.settings;
        let name = [Some(&settings.name), settings.location.phone.as_ref()].into_iter().flatten().map(String::as_str);
        let called = name.collect::<Vec<_>>().join(", ");
        self.closed.get(why.name()).map(|text| text.replace("{dealer}", &called)).unwrap_or_default()
    }

    fn is_american(&self, dealer: &Dealer) -> bool {
        self.lang.as_str() == "en" && dealer.settings.country == Country::US
    }

    fn date(&self, date: NaiveDate, dealer: &Dealer) -> String {
        let american = self.is_american(dealer);
        let weekday = &self.weekdays[date.weekday().num_days_from_monday() as usize];
        let month = &self.months[date.month0() as usize];
        let form = if american { "{weekday}, {month} {day}" } else { &self.date };
        form.replace("{weekday}", weekday).replace("{day}", &date.day().to_string()).replace("{month}", month)
    }

    /// The local time of day at the dealer. Adds the name of the UTC offset if that local time occurs twice on the date.
    fn time(&self, at: DateTime<Utc>, dealer: &Dealer) -> String {
        let zone = dealer.settings.calendar.zone();
        let local = at.with_timezone(&zone);
        let text = local.format(if self.is_american(dealer) { "%-I:%M %p" } else { "%H:%M" }).to_string();
        let shown = zone.from_local_datetime(&local.naive_local());
        match local.offset().abbreviation().filter(|_| shown.earliest() != shown.latest()) {
            Some(name) => format!("{text} ({name})"),
            None => text,
        }
    }
}

/// Why a form was refused although slots can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alert {
    /// The slot is no longer free.
    NotFree,
    /// The form has no slot.
    Unpicked,
    /// The appointment that is confirmed is not as the page showed it any more.
    Changed,
}

impl Alert {
    fn name(self) -> &'static str {
        match self {
            Alert::NotFree => "taken",
            Alert::Unpicked => "unpicked",
            Alert::Changed => "changed",
        }
    }
}

/// The page of an invitation or an appointment. An `alert` explains that a form was refused.
pub(crate) fn page(reader: &Reader, status: u16, details: &CustomerPage, alert: Option<Alert>) -> Result<Answer, Problem> {
    let CustomerPage { dealer, .. } = details;
    let texts = texts(reader, details);
    let zone = dealer.settings.calendar.zone();
    let date = |at: DateTime<Utc>| texts.date(at.with_timezone(&zone).date_naive(), dealer);
    let days: Vec<_> = details
        .free
        .iter()
        .map(|(day, slots)| {
            let slots: Vec<_> =
                slots.iter().map(|slot| context! { from => slot.from.to_rfc3339(), time => texts.time(slot.from, dealer) }).collect();
            context! { date => texts.date(*day, dealer), slots }
        })
        .collect();
    let booking = details.booked().map(|booked| {
        let Slot { from, until } = booked.slot;
        let confirmed = booked.confirmed;
        let before = booked.before.filter(|before| *before != from && confirmed != Some(true));
        let before = before.map(|before| context! { date => date(before), time => texts.time(before, dealer) });
        context! { confirmed, before, at => from.to_rfc3339(), date => date(from), from => texts.time(from, dealer), until => texts.time(until, dealer) }
    });
    let location = &dealer.settings.location;
    let phone = location.phone.as_deref().map(|text| {
        let number = Phone::read(text, dealer.settings.country).channel().unwrap_or_default();
        context! { text, number }
    });
    let place = details.is_at_dealer.then(|| context! { address => location.line(), map => &location.map_link });
    let standing = details.status.name();
    let closed = details.closed.map(|why| texts.closed(why, dealer));
    let alert_text = alert.and_then(|alert| {
        let of_slots = closed.as_ref().filter(|_| alert != Alert::Changed);
        of_slots.or_else(|| texts.page.get(alert.name()))
    });
    let expires = context! { date => date(details.expires), time => texts.time(details.expires, dealer) };
    // Links are relative, so that they work under any base URL; the answer to a form is one level deeper.
    // The token was verified and needs no escaping.
    let base = Value::from_safe_string(format!("{}{}", if alert.is_some() { "../" } else { "" }, details.token));
    html(
        status,
        "offer.html",
        &context! {
            t => &texts.page, lang => texts.lang.as_str(), dealer => &dealer.settings.name, name => texts.name_of(details), vehicle => &details.vehicle,
            minutes => details.minutes, zone => zone.name(), standing, booking, days, expires, base, alert => alert_text, closed,
            later => details.later, more_from => details.more_from.map(|date| date.to_string()), file => details.booking.is_some(),
            rebooks => details.rebooks, key => &details.key, place, phone,
        },
    )
}

/// The page on which the recipient of a mail unsubscribes, or permits mails again. If a user recorded that the recipient wants none, it
/// names the dealer instead, because the link does not undo that. `base` is its relative address.
pub(crate) fn subscription(reader: &Reader, dealer: &Dealer, subscription: Subscription, base: String) -> Result<Answer, Problem> {
    let Subscription { subscribed, may_resubscribe } = subscription;
    let texts = in_language(reader, None, Some(dealer));
    let text = |key: &str| subscription_text(reader, dealer, key);
    let (text, again) = match (subscribed, may_resubscribe) {
        (true, _) => (text("mails_on"), None),
        (false, true) => (text("mails_ended"), Some(text("mails_again"))),
        (false, false) => (text("mails_ended"), Some(text("mails_recorded"))),
    };
    // The token was verified and needs no escaping.
    let base = Value::from_safe_string(base);
    let values = context! {
        t => &texts.page, lang => texts.lang.as_str(), dealer => &dealer.settings.name, text, again, subscribed, may_resubscribe, base,
    };
    html(200, "subscription.html", &values)
}

/// A text of the page about mails: `mails_on` before unsubscribing, `mails_ended` after it, `mails_again` at the button that subscribes,
/// `mails_recorded` instead of it.
pub(crate) fn subscription_text(reader: &Reader, dealer: &Dealer, key: &str) -> String {
    let text = in_language(reader, None, Some(dealer)).page.get(key);
    text.map(|text| text.replace("{dealer}", &dealer.settings.name)).unwrap_or_default()
}

/// A problem as a page, with a link `back` to the invitation unless the link itself is invalid.
pub(crate) fn problem(problem: &Problem, reader: &Reader, back: Option<&str>) -> Answer {
    let texts = in_language(reader, None, None);
    let what = match problem.status {
        404 => "gone",
        400..500 => "unclear",
        _ => "later",
    };
    let back = back.filter(|_| problem.status != 404);
    let values = context! { t => &texts.page, lang => texts.lang.as_str(), what, back };
    html(problem.status, "problem.html", &values).unwrap_or_else(Answer::from)
}

fn html(status: u16, template: &str, values: &Value) -> Result<Answer, Problem> {
    let written = TEMPLATES.get_template(template).and_then(|template| template.render(values));
    let written = written.map_err(|e| Failure::Broken(format!("the page template failed: {e}").into()))?;
    let csp = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    Ok(Answer::text(status, HTML, written)
        .header("content-security-policy", csp)
        .header("referrer-policy", "no-referrer")
        .header("x-robots-tag", "noindex, nofollow"))
}
