//! The customer's page: plain HTML in the dealer's name, in English, German and Dutch; forms and no script (CAL-8, MSG-2).

use crate::details::Shown;
use chrono::{DateTime, Datelike as _, NaiveDate, TimeZone as _, Utc};
use chrono_tz::OffsetName as _;
use forecourt_domain::base::{Country, Language};
use forecourt_domain::calendar::{Invitation, name_of};
use forecourt_domain::rules::calendar::OfferRefusal;
use forecourt_domain::settings::Dealer;
use forecourt_edge::http::{Answer, Problem};
use forecourt_store::Failure;
use http::{HeaderMap, header};
use minijinja::{Environment, Value, context};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The media type of a page.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// The words of a language.
#[derive(Debug, Deserialize)]
pub(crate) struct Texts {
    lang: Language,
    weekdays: [String; 7],
    months: [String; 12],
    /// A date, of `{weekday}`, `{day}` and `{month}`.
    date: String,
    /// Why no slot can be picked, with the `{dealer}` to be called.
    closed: BTreeMap<String, String>,
    page: BTreeMap<String, String>,
}

static TEXTS: LazyLock<Vec<Texts>> = LazyLock::new(|| {
    let all = [include_str!("pages/en.json"), include_str!("pages/de.json"), include_str!("pages/nl.json")];
    all.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
});

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    // Named `.html`: whatever is put in is escaped.
    for (name, text) in [
        ("frame.html", include_str!("pages/frame.html")),
        ("offer.html", include_str!("pages/offer.html")),
        ("problem.html", include_str!("pages/problem.html")),
    ] {
        let added = templates.add_template(name, text);
        debug_assert!(added.is_ok(), "{added:?}");
    }
    templates
});

/// Who reads an answer.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// HTML rather than JSON.
    pub(crate) prefers_page: bool,
    languages: Vec<Language>,
}

impl Reader {
    /// As the headers say.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).unwrap_or_default();
        let wanted = weighed(text(header::ACCEPT));
        let weight = |types: &[&str]| wanted.iter().filter(|(_, name)| types.contains(&name.as_str())).map(|(weight, _)| *weight).max();
        let page = weight(&["text/html", "application/xhtml+xml"]).unwrap_or(0);
        let languages = weighed(text(header::ACCEPT_LANGUAGE)).into_iter().filter(|(weight, _)| *weight > 0);
        let languages = languages.filter_map(|(_, tag)| Language::parse(&tag).ok()).collect();
        Self { prefers_page: page > 0 && page >= weight(&["application/json"]).unwrap_or(0), languages }
    }
}

/// What a header lists with its weight in thousandths, the dearest first.
fn weighed(text: &str) -> Vec<(u32, String)> {
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

/// The words for a reader: the contact's language, else what the browser asks for, else the dealer's, else English.
pub(crate) fn texts(reader: &Reader, of: Option<(&Invitation, &Dealer)>) -> &'static Texts {
    let contact = of.and_then(|(invitation, _)| invitation.language.as_ref());
    let dealer = of.map(|(_, dealer)| &dealer.settings.language);
    let wanted = contact.into_iter().chain(&reader.languages).chain(dealer);
    let mut known = wanted.filter_map(|language| TEXTS.iter().find(|texts| texts.lang == *language));
    known.next().unwrap_or(&TEXTS[0])
}

impl Texts {
    /// What an invitation is to.
    pub(crate) fn name_of<'a>(&self, invitation: &'a Invitation) -> &'a str {
        invitation.title.as_deref().unwrap_or_else(|| name_of(&invitation.kind, &self.lang))
    }

    /// Why no slot can be picked.
    pub(crate) fn closed(&self, why: OfferRefusal, dealer: &Dealer) -> String {
        self.closed.get(why.name()).map(|text| text.replace("{dealer}", &dealer.settings.name)).unwrap_or_default()
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

    /// The time of day as the dealer's clock shows it, with the offset's name where it shows the same twice.
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

/// Why a page answers a form that was not carried out, unless nothing can be picked at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alert {
    /// The slot is not free any more.
    NotFree,
    /// The form names no slot.
    Unpicked,
}

impl Alert {
    fn name(self) -> &'static str {
        match self {
            Alert::NotFree => "taken",
            Alert::Unpicked => "unpicked",
        }
    }
}

/// The page of a link. With an alert it answers a form.
pub(crate) fn page(reader: &Reader, status: u16, shown: &Shown, alert: Option<Alert>) -> Result<Answer, Problem> {
    let Shown { dealer, invitation, .. } = shown;
    let texts = texts(reader, Some((invitation, dealer)));
    let zone = dealer.settings.calendar.zone();
    let date = |at: DateTime<Utc>| texts.date(at.with_timezone(&zone).date_naive(), dealer);
    let days: Vec<_> = shown
        .free
        .iter()
        .map(|(day, slots)| {
            let slots: Vec<_> =
                slots.iter().map(|slot| context! { from => slot.from.to_rfc3339(), time => texts.time(slot.from, dealer) }).collect();
            context! { date => texts.date(*day, dealer), slots }
        })
        .collect();
    let booking = shown.booked().map(|(_, slot)| {
        context! { date => date(slot.from), from => texts.time(slot.from, dealer), until => texts.time(slot.until, dealer) }
    });
    let standing = shown.standing.name();
    let closed = shown.closed.map(|why| texts.closed(why, dealer));
    let said = alert.and_then(|alert| closed.as_ref().or_else(|| texts.page.get(alert.name())));
    let expires = context! { date => date(shown.expires), time => texts.time(shown.expires, dealer) };
    // Links are relative, so that they hold wherever the API is; an answer to a form stands a level deeper.
    // It was verified, so that it holds nothing to be escaped.
    let base = Value::from_safe_string(format!("{}{}", if alert.is_some() { "../" } else { "" }, shown.token));
    html(
        status,
        "offer.html",
        &context! {
            t => &texts.page, lang => texts.lang.as_str(), dealer => &dealer.settings.name, name => texts.name_of(invitation), vehicle => &shown.vehicle,
            minutes => shown.minutes, zone => zone.name(), standing, booking, days, expires, base, alert => said, closed,
            later => shown.later, more_from => shown.more_from.map(|date| date.to_string()), file => shown.event.is_some(),
            rebooks => shown.rebooks, key => &shown.key,
        },
    )
}

/// A problem as a page, with the way `back` to the link's own where that is good.
pub(crate) fn problem(problem: &Problem, reader: &Reader, back: Option<&str>) -> Answer {
    let texts = texts(reader, None);
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
    let written = written.map_err(|e| Failure::Broken(format!("a page cannot be written: {e}").into()))?;
    let csp = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    Ok(Answer::text(status, HTML, written)
        .header("content-security-policy", csp)
        .header("referrer-policy", "no-referrer")
        .header("x-content-type-options", "nosniff")
        .header("x-robots-tag", "noindex, nofollow"))
}
