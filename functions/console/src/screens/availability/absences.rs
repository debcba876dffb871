//! The forms of a user's absences at a dealer. The API takes the whole list, on the version that the reader saw.

use super::{Subject, address, consequences, each_of, permitted, text};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Sent, Setting, field, needed, values_of};
use crate::reply::Reply;
use crate::screens::choices::{Choices, people};
use crate::screens::{Page, settings};
use crate::view::Zoned;
use crate::visit::Pairs;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const DEPUTY: Field = field("deputy", Kind::Listed);
const TO: Field = field("hand_over.to", Kind::Listed);
const BACK: Field = field("hand_over.back", Kind::Tick);
/// Names the absence: another one may be at its place by then.
const WHICH: Field = field("absence", Kind::Hidden);

const fn form(name: &'static str, fields: &'static [Field]) -> Form {
    Form { name, operation: Operation::SetUserAbsences, fields, versioned: true, dangerous: false }
}

/// The forms, by the last part of their address. Those of one absence are followed by its place in the list.
const FORMS: &[(&str, Form)] = &[
    ("days", form("me_absence_days", &[needed("from", Kind::Day), needed("until", Kind::Day), DEPUTY, TO, BACK])),
    ("hours", form("me_absence_hours", &[needed("from", Kind::Time), needed("until", Kind::Time), DEPUTY, TO, BACK])),
    ("hand-over", form("me_absence_hand_over", &[WHICH, TO, BACK])),
    ("remove", Form { dangerous: true, ..form("me_absence_remove", &[WHICH]) }),
];

fn is_of_one(name: &str) -> bool {
    matches!(name, "hand-over" | "remove")
}

/// The addresses of the forms.
pub(super) fn addresses(path: &str) -> Vec<String> {
    let of_one = path.ends_with("/{form}/{place}");
    each_of(path, "{form}", FORMS.iter().map(|(name, _)| *name).filter(|name| is_of_one(name) == of_one))
}

/// The absences that have not ended, with their places in the list: whole days as days, others with their times.
pub(super) fn shown(read: &Data, dealer: &Data, zoned: &Zoned) -> Vec<Value> {
    let people = dealer.get("people").items();
    let name = |id: &str| people.iter().find(|person| person.text("id") == id).map_or(id, |person| person.text("name")).to_owned();
    // The list of offers is absent if there are none.
    let offers = read.json().get("hand_over_offered").map(|_| read.get("hand_over_offered").items()).unwrap_or_default();
    let of = |(place, absence): (usize, Data)| {
        let (from, until) = (instant(&absence, "from")?, instant(&absence, "until")?);
        let offer = offers.iter().find(|offer| *offer.get("absence").json() == place);
        let hand_over = absence.get("hand_over");
        (until > zoned.now).then(|| {
            context! {
                place, what => identity(&absence), period => period(from, until, zoned), deputy => absence.get("deputy").value(),
                hand_over => (!hand_over.is_null()).then(|| settings::hand_over(hand_over.json(), zoned.language, name)),
                offer => offer.map(|offer| context! { days => offer.get("working_days").value(), holds => offer.get("holds").value() }),
            }
        })
    };
    read.get("absences").items().into_iter().enumerate().filter_map(of).collect()
}

fn instant(absence: &Data, name: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(absence.text(name)).ok().map(|at| at.to_utc())
}

fn period(from: DateTime<Utc>, until: DateTime<Utc>, zoned: &Zoned) -> String {
    let (first, last) = match zoned.is_midnight(from) && zoned.is_midnight(until) {
        true => (zoned.day(zoned.date(from)), zoned.day(zoned.date(until - TimeDelta::seconds(1)))),
        false => (zoned.at(from), zoned.at(until)),
    };
    if first == last { first } else { format!("{first} – {last}") }
}

/// Writes the period of an absence.
pub(super) fn period_of(absence: &Data, zoned: &Zoned) -> String {
    instant(absence, "from").zip(instant(absence, "until")).map(|(from, until)| period(from, until, zoned)).unwrap_or_default()
}

/// Returns the hand-over that is offered for the absence that was typed, with the address of its form.
fn own_offers(page: &Page<'_>, subject: &Subject<'_>, answer: &Data, zoned: &Zoned) -> Vec<Value> {
    if answer.json().get("hand_over_offered").is_none() {
        return Vec::new();
    }
    let list = answer.get("absences").items();
    let base = page.visit.path.rsplit_once('/').map_or("", |(base, _)| base);
    let of = |offer: Data| {
        let place = usize::try_from(offer.get("absence").json().as_u64()?).ok()?;
        let absence = list.get(place).filter(|absence| is_same(absence, &page.visit.form, zoned))?;
        let which: String = form_urlencoded::byte_serialize(identity(absence).as_bytes()).collect();
        let (user, days) = (subject.user, offer.get("working_days").value());
        Some(context! { user, days, period => period_of(absence, zoned), address => format!("{base}/hand-over/{place}?absence={which}") })
    };
    answer.each("hand_over_offered").filter_map(of).collect()
}

/// What an absence is, wherever it is in the list.
fn identity(absence: &Data) -> String {
    format!("{},{},{}", absence.text("from"), absence.text("until"), absence.text("deputy"))
}

/// Whether an absence is what was typed: the form was sent before.
fn is_same(absence: &Data, typed: &Pairs, zoned: &Zoned) -> bool {
    let is_deputy = typed.get("deputy").unwrap_or_default() == absence.text("deputy");
    is_moment(absence, typed, zoned) && is_deputy && has_hand_over(absence, typed)
}

/// Whether an absence has the times that were typed.
fn is_moment(absence: &Data, typed: &Pairs, zoned: &Zoned) -> bool {
    let (Some(from), Some(until)) = (instant(absence, "from"), instant(absence, "until")) else { return false };
    let (first, last) = match zoned.is_midnight(from) && zoned.is_midnight(until) {
        true => (zoned.date(from).to_string(), zoned.date(until - TimeDelta::seconds(1)).to_string()),
        false => (zoned.input(from), zoned.input(until)),
    };
    let is_typed = |name: &str, value: &str| typed.get(name).unwrap_or_default() == value;
    is_typed("from", &first) && is_typed("until", &last)
}

/// Whether an absence has the hand-over that was typed.
fn has_hand_over(absence: &Data, typed: &Pairs) -> bool {
    let hand_over = &absence.json()["hand_over"];
    let to = typed.get(TO.name).unwrap_or_default();
    to == text(hand_over, "to") && (to.is_empty() || (hand_over["back"] == true) == typed.has(BACK.name))
}

/// The hand-over of the body that a form makes; `null` without a target.
fn hand_over_of(body: &Json) -> Json {
    if text(&body["hand_over"], "to").is_empty() { Json::Null } else { body["hand_over"].clone() }
}

/// To whom the work can go: the distribution, the pool, or one of the dealer's other people. `users` are the dealer's users if the reader
/// may read them: without them no pool is offered, and the API refuses a person who is not assignable.
fn targets(subject: &Subject<'_>, zoned: &Zoned, users: Option<&Data>) -> Choices {
    let has_pool = users.is_some_and(|users| !users.get("pool").is_null());
    let is_assignable = |id: &str| {
        let mut all = users.into_iter().flat_map(|users| users.each("users"));
        users.is_none() || all.any(|user| user.text("user") == id && *user.get("assignable").json() == true)
    };
    let whole = ["distribution", "pool"]
        .into_iter()
        .filter(|to| *to != "pool" || has_pool)
        .map(|to| (to.to_owned(), settings::hand_over(&json!({ "to": to }), zoned.language, str::to_owned)));
    let one = |(id, name): (String, String)| {
        let to = format!("user:{id}");
        let shown = settings::hand_over(&json!({ "to": to }), zoned.language, |_| name.clone());
        (to, shown)
    };
    whole.chain(others(subject).into_iter().filter(|(id, _)| is_assignable(id)).map(one)).collect()
}

/// The dealer's people without the absent one.
fn others(subject: &Subject<'_>) -> Choices {
    people(Some(&subject.dealer)).into_iter().filter(|(id, _)| id != subject.user).collect()
}

/// Shows or carries out a form.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    let (_, form) = FORMS.iter().find(|(known, _)| *known == name).ok_or(Trouble::NoPage)?;
    let place: Option<usize> = page.part("place").and_then(|place| place.parse().ok());
    if is_of_one(name) != place.is_some() {
        return Err(Trouble::NoPage);
    }
    let subject = Subject::of(page)?;
    subject.is_for(page)?;
    let parts = subject.parts();
    let present = page.get(Operation::ReadUserAbsences, &parts, Vec::new()).await?;
    let list = present.get("absences").items();
    let users = match subject.dealer.get("can").contains("read_settings") {
        true => permitted(page.get(Operation::DealerUsers, &parts[..1], Vec::new()).await)?,
        false => None,
    };
    let zoned = page.zoned(Some(&subject.dealer));
    let meant = place.map(|place| meant(page, &list, place)).transpose()?;
    let mut values = page.visit.query.clone();
    let mut about = subject.name();
    if let Some(one) = meant.and_then(|place| list.get(place)) {
        values = Pairs(vec![(WHICH.name.to_owned(), identity(one))]);
        values.0.extend(values_of(&[TO, BACK], one.json(), &zoned).0);
        let (from, until) = (instant(one, "from").unwrap_or_default(), instant(one, "until").unwrap_or_default());
        about = format!("{about}: {}", period(from, until, &zoned));
    }
    let back = address(page, &subject.dealer);
    // The API takes the whole list, so a repeat would be refused as based on an older one, or enter the absence again.
    let typed = &page.visit.form;
    let is_done = match meant.and_then(|place| list.get(place)) {
        Some(one) => name == "hand-over" && has_hand_over(one, typed),
        None => list.iter().any(|one| is_same(one, typed, &zoned)),
    };
    if page.visit.method == Method::POST && is_done {
        return Ok(page.done(page.back(&back), form.name));
    }
    let setting = Setting {
        place: subject.place(),
        parts: &parts,
        back: &back,
        values,
        choices: BTreeMap::from([(DEPUTY.name, others(&subject)), (TO.name, targets(&subject, &zoned, users.as_ref()))]),
        version: present.version(),
        about,
    };
    let whole_list = |one: Json| json!({ "absences": changed(name, &list, meant, one) });
    match form.send(page, &setting, &whole_list).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(answer) => {
            let to = page.back(&back);
            let is_past = |one: &Data| one.text("user") == subject.user && is_moment(one, typed, &zoned);
            if meant.is_none() && answer.json().get("past_absences").is_some() && answer.each("past_absences").any(|one| is_past(&one)) {
                let ended = page.language.text("availability.ended").unwrap_or_default();
                return form.refused(page, &setting, ("until", ended), &answer);
            }
            // Only a new absence has consequences that the page to which it leads does not show.
            let offers = own_offers(page, &subject, &answer, &zoned);
            let shown = if meant.is_none() { consequences(page, setting.place, &answer, (offers, to))? } else { None };
            Ok(shown.unwrap_or_else(|| page.done(to, form.name)))
        }
    }
}

/// The place of the absence that a form means: the one that it names, or else the one in the address.
fn meant(page: &Page<'_>, list: &[Data], place: usize) -> Result<usize, Trouble> {
    let named = match page.visit.method == Method::POST {
        true => Some(page.visit.form.get(WHICH.name).unwrap_or_default()),
        false => page.visit.query.get(WHICH.name),
    };
    match named {
        Some(named) => list.iter().position(|one| identity(one) == named).ok_or_else(Trouble::not_found),
        None => {
            if place < list.len() {
                Ok(place)
            } else {
                Err(Trouble::not_found())
            }
        }
    }
}

/// Returns the list after a form: with one absence more, with one less, or with another hand-over of one.
fn changed(form: &str, list: &[Data], meant: Option<usize>, mut body: Json) -> Vec<Json> {
    let mut absences: Vec<Json> = list.iter().map(|absence| absence.json().clone()).collect();
    match (form, meant) {
        ("hand-over", Some(place)) => absences[place]["hand_over"] = hand_over_of(&body),
        (_, Some(place)) => drop(absences.remove(place)),
        (_, None) => {
            body["hand_over"] = hand_over_of(&body);
            absences.push(body);
        }
    }
    absences
}
