//! The user's own page: name, language and notices, absences at each dealer, calendar links, the end of all sessions.

use super::choices::{Choices, languages, named, people};
use super::{Page, Part, Place, Screen, each_of};
use crate::api::{ApiProblem, Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Sent, Setting, field, needed, values_of};
use crate::reply::Reply;
use crate::view::Zoned;
use crate::visit::Pairs;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/me", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/me/absences/{dealer}/{form}", run: |page| Box::pin(absence(page)) },
        Screen { method: "POST", path: "/desk/me/absences/{dealer}/{form}", run: |page| Box::pin(absence(page)) },
        Screen { method: "GET", path: "/desk/me/absences/{dealer}/{form}/{place}", run: |page| Box::pin(absence(page)) },
        Screen { method: "POST", path: "/desk/me/absences/{dealer}/{form}/{place}", run: |page| Box::pin(absence(page)) },
        Screen { method: "GET", path: "/desk/me/details", run: |page| Box::pin(details(page)) },
        Screen { method: "POST", path: "/desk/me/details", run: |page| Box::pin(details(page)) },
        Screen { method: "GET", path: "/desk/me/calendar", run: |page| Box::pin(make_link(page)) },
        Screen { method: "POST", path: "/desk/me/calendar", run: |page| Box::pin(make_link(page)) },
        Screen { method: "GET", path: "/desk/me/calendar/{feed}/revoke", run: |page| Box::pin(revoke_link(page)) },
        Screen { method: "POST", path: "/desk/me/calendar/{feed}/revoke", run: |page| Box::pin(revoke_link(page)) },
    ],
    templates: &[("me.html", include_str!("me.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: addresses,
};

const HERE: &str = "/desk/me";

const fn form(name: &'static str, operation: Operation, fields: &'static [Field]) -> Form {
    Form { name, operation, fields, versioned: false, dangerous: false }
}

/// The forms of absences, by the last part of their address. `remove` is followed by the place of the absence in the list, and names the
/// absence too: another one may be at its place by then.
const ABSENCES: &[(&str, Form)] = &[
    (
        "days",
        Form {
            versioned: true,
            ..form(
                "me_absence_days",
                Operation::SetUserAbsences,
                &[needed("from", Kind::Day), needed("until", Kind::Day), field("deputy", Kind::Listed)],
            )
        },
    ),
    (
        "hours",
        Form {
            versioned: true,
            ..form(
                "me_absence_hours",
                Operation::SetUserAbsences,
                &[needed("from", Kind::Time), needed("until", Kind::Time), field("deputy", Kind::Listed)],
            )
        },
    ),
    (
        "remove",
        Form {
            versioned: true,
            dangerous: true,
            ..form("me_absence_remove", Operation::SetUserAbsences, &[field("absence", Kind::Hidden)])
        },
    ),
];
const DETAILS: Form =
    Form { versioned: true, ..form("me_details", Operation::ChangeMe, &[needed("language", Kind::Listed), field("notices", Kind::Tick)]) };

/// The addresses of the forms of absences.
fn addresses(path: &str) -> Option<Vec<String>> {
    let of_one = path.ends_with("/{form}/{place}");
    let names = ABSENCES.iter().map(|(name, _)| *name).filter(|name| (*name == "remove") == of_one);
    path.contains("/absences/").then(|| each_of(path, "{form}", names))
}

const LINK: Form = form("me_calendar", Operation::MakeFeed, &[field("dealer", Kind::Listed), field("user", Kind::Listed)]);
const REVOKE: Form = Form { dangerous: true, ..form("me_calendar_revoke", Operation::RevokeFeed, &[]) };

/// The page: the user's facts, the absences at one dealer, the calendar links.
async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let dealer = page.visit.query.get("dealer").and_then(|id| page.dealer(id)).or_else(|| page.usual_dealer());
    let (me, at) = (page.me.text("id"), dealer.as_ref().map(|dealer| dealer.text("id")).unwrap_or_default());
    let (parts, none) = ([("dealer", at), ("user", me)], Vec::new());
    let (absences, feeds) =
        futures::join!(page.get(Operation::ReadUserAbsences, &parts, none), page.get(Operation::ListFeeds, &[], Vec::new()));
    let (absences, feeds) = (permitted(absences)?, permitted(feeds)?);
    let zoned = page.zoned(dealer.as_ref());
    let absences = absences.map(|absences| shown(&absences.get("absences").items(), &zoned));
    let place = Place { dealer: dealer.as_ref(), active: "" };
    let names: BTreeMap<String, String> = page.me.get("dealers").items().iter().map(named).collect();
    page.render(200, "me.html", place, context! { absences, feeds => feeds.map(|feeds| feeds.get("feeds").value()), names })
}

/// Returns the answer; `None` if the user may not have it, such as absences at a dealer where the user takes no part.
fn permitted(answer: Result<Data, Unanswered>) -> Result<Option<Data>, Trouble> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 403 | 404) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// The absences that have not ended, with their places in the list: whole days as days, others with their times.
fn shown(absences: &[Data], zoned: &Zoned) -> Vec<Value> {
    let instant = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
    let of = |(place, absence): (usize, &Data)| {
        let (from, until) = (instant(absence.text("from"))?, instant(absence.text("until"))?);
        (until > zoned.now).then(
            || context! { place, what => identity(absence), period => period(from, until, zoned), deputy => absence.get("deputy").value() },
        )
    };
    absences.iter().enumerate().filter_map(of).collect()
}

fn period(from: DateTime<Utc>, until: DateTime<Utc>, zoned: &Zoned) -> String {
    let (first, last) = match zoned.is_midnight(from) && zoned.is_midnight(until) {
        true => (zoned.day(zoned.date(from)), zoned.day(zoned.date(until - TimeDelta::seconds(1)))),
        false => (zoned.at(from), zoned.at(until)),
    };
    if first == last { first } else { format!("{first} – {last}") }
}

/// What an absence is, wherever it is in the list.
fn identity(absence: &Data) -> String {
    format!("{},{},{}", absence.text("from"), absence.text("until"), absence.text("deputy"))
}

/// Whether an absence is what was typed: the form was sent before.
fn is_same(absence: &Data, typed: &Pairs, zoned: &Zoned) -> bool {
    let instant = |name: &str| DateTime::parse_from_rfc3339(absence.text(name)).ok().map(|at| at.to_utc());
    let (Some(from), Some(until)) = (instant("from"), instant("until")) else { return false };
    let (first, last) = match zoned.is_midnight(from) && zoned.is_midnight(until) {
        true => (zoned.date(from).to_string(), zoned.date(until - TimeDelta::seconds(1)).to_string()),
        false => (zoned.input(from), zoned.input(until)),
    };
    let is_typed = |name: &str, value: &str| typed.get(name).unwrap_or_default() == value;
    is_typed("from", &first) && is_typed("until", &last) && is_typed("deputy", absence.text("deputy"))
}

/// Shows or carries out a form of the user's absences at a dealer. The API takes the whole list, on the version that the user saw.
async fn absence(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    let (_, form) = ABSENCES.iter().find(|(known, _)| *known == name).ok_or(Trouble::NoPage)?;
    let place: Option<usize> = page.part("place").and_then(|place| place.parse().ok());
    if (name == "remove") != place.is_some() {
        return Err(Trouble::NoPage);
    }
    let dealer = page.dealer(page.required("dealer")?).ok_or(Trouble::NoPage)?;
    let parts = [("dealer", dealer.text("id")), ("user", page.me.text("id"))];
    let present = page.get(Operation::ReadUserAbsences, &parts, Vec::new()).await?;
    let list = present.get("absences").items();
    let zoned = page.zoned(Some(&dealer));
    let meant = match page.visit.method == Method::POST {
        true => Some(page.visit.form.get("absence").unwrap_or_default()),
        false => page.visit.query.get("absence"),
    };
    let gone = || Trouble::from(Unanswered::Problem(Box::new(ApiProblem { status: 404, ..ApiProblem::default() })));
    let removed = match (place, meant) {
        (None, _) => None,
        (Some(place), None) => Some(place),
        (Some(_), Some(meant)) => Some(list.iter().position(|one| identity(one) == meant).ok_or_else(gone)?),
    };
    let mut values = page.visit.query.clone();
    let about = match removed {
        None => dealer.text("name").to_owned(),
        Some(place) => {
            let one = list.get(place).ok_or_else(gone)?;
            values = Pairs(vec![("absence".to_owned(), identity(one))]);
            let instant = |name: &str| DateTime::parse_from_rfc3339(one.text(name)).map(|at| at.to_utc()).unwrap_or_default();
            format!("{}: {}", dealer.text("name"), period(instant("from"), instant("until"), &zoned))
        }
    };
    let deputies: Choices = people(Some(&dealer)).into_iter().filter(|(id, _)| id != page.me.text("id")).collect();
    let back = format!("{HERE}?dealer={}", form_urlencoded::byte_serialize(dealer.text("id").as_bytes()).collect::<String>());
    // The API takes the whole list, so a repeat would be refused as based on an older one, or enter the absence again.
    let adds = page.visit.method == Method::POST && removed.is_none();
    if adds && list.iter().any(|one| is_same(one, &page.visit.form, &zoned)) {
        return Ok(page.done(page.back(&back), form.name));
    }
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "" },
        parts: &parts,
        back: &back,
        values,
        choices: BTreeMap::from([("deputy", deputies)]),
        version: present.etag().map(|etag| etag.trim_matches('"').to_owned()),
        about,
    };
    let whole_list = |one: Json| {
        let kept = list.iter().enumerate().filter(|(place, _)| Some(*place) != removed).map(|(_, absence)| absence.json().clone());
        let added = if removed.is_none() { Some(one) } else { None };
        json!({ "absences": kept.chain(added).collect::<Vec<_>>() })
    };
    form.answer_shaped(page, &setting, &whole_list).await
}

/// Shows or carries out the form of the user's language and notices. The next page is in the new language.
async fn details(page: &Page<'_>) -> Result<Reply, Trouble> {
    let usual = page.usual_dealer();
    let setting = Setting {
        place: Place { dealer: usual.as_ref(), active: "" },
        parts: &[],
        back: HERE,
        values: values_of(DETAILS.fields, page.me.json(), &page.zoned(usual.as_ref())),
        choices: BTreeMap::from([("language", languages(page.language, page.me.text("language")))]),
        version: page.me.get("version").json().as_u64().map(|version| version.to_string()),
        about: page.language.text("me.details_about").unwrap_or_default().to_owned(),
    };
    match DETAILS.send(page, &setting, &|body| body).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(me) => {
            page.changed_me(me);
            Ok(page.done(page.back(HERE), DETAILS.name))
        }
    }
}

/// Shows or carries out the form of a calendar link.
async fn make_link(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (usual, dealers) = (page.usual_dealer(), page.me.get("dealers").items());
    let people = dealers.iter().flat_map(|dealer| dealer.get("people").items());
    let people: BTreeMap<String, String> = people.map(|person| named(&person)).collect();
    let choices = [("dealer", dealers.iter().map(named).collect()), ("user", people.into_iter().collect())];
    let setting = Setting {
        place: Place { dealer: usual.as_ref(), active: "" },
        parts: &[],
        back: HERE,
        values: Pairs::default(),
        choices: BTreeMap::from(choices),
        version: None,
        about: page.language.text("me.calendar_about").unwrap_or_default().to_owned(),
    };
    LINK.answer(page, &setting).await
}

/// Shows or carries out the end of a calendar link.
async fn revoke_link(page: &Page<'_>) -> Result<Reply, Trouble> {
    let usual = page.usual_dealer();
    let setting = Setting {
        place: Place { dealer: usual.as_ref(), active: "" },
        parts: &[("feed", page.required("feed")?)],
        back: HERE,
        values: Pairs::default(),
        choices: BTreeMap::new(),
        version: None,
        about: page.language.text("me.revoke_about").unwrap_or_default().to_owned(),
    };
    REVOKE.answer(page, &setting).await
}
