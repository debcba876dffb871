//! When a person is there: own hours, weekly absences, "busy", absences by date with their hand-overs. Users see and change their own in
//! *My settings*; managers those of a dealer's users in the settings.

mod absences;

use super::{Page, Part, Place, Screen, each_of, settings};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Setting, needed};
use crate::reply::Reply;
use crate::view::Language;
use forecourt_domain::base::Right;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The page of a user, for managers.
const OF_USER: &str = "/desk/d/{dealer}/settings/users/{user}/availability";

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/me/absences/{dealer}/{form}", run: |page| Box::pin(absences::answer(page)) },
        Screen { method: "POST", path: "/desk/me/absences/{dealer}/{form}", run: |page| Box::pin(absences::answer(page)) },
        Screen { method: "GET", path: "/desk/me/absences/{dealer}/{form}/{place}", run: |page| Box::pin(absences::answer(page)) },
        Screen { method: "POST", path: "/desk/me/absences/{dealer}/{form}/{place}", run: |page| Box::pin(absences::answer(page)) },
        Screen { method: "GET", path: "/desk/me/availability/{dealer}/week", run: |page| Box::pin(settings::week(page)) },
        Screen { method: "POST", path: "/desk/me/availability/{dealer}/week", run: |page| Box::pin(settings::week(page)) },
        Screen { method: "GET", path: "/desk/me/availability/{dealer}/{form}", run: |page| Box::pin(busy(page)) },
        Screen { method: "POST", path: "/desk/me/availability/{dealer}/{form}", run: |page| Box::pin(busy(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/users/{user}/availability", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/users/{user}/week", run: |page| Box::pin(settings::week(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/users/{user}/week", run: |page| Box::pin(settings::week(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/users/{user}/availability/{form}", run: |page| Box::pin(busy(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/users/{user}/availability/{form}", run: |page| Box::pin(busy(page)) },
        Screen {
            method: "GET",
            path: "/desk/d/{dealer}/settings/users/{user}/absences/{form}",
            run: |page| Box::pin(absences::answer(page)),
        },
        Screen {
            method: "POST",
            path: "/desk/d/{dealer}/settings/users/{user}/absences/{form}",
            run: |page| Box::pin(absences::answer(page)),
        },
        Screen {
            method: "GET",
            path: "/desk/d/{dealer}/settings/users/{user}/absences/{form}/{place}",
            run: |page| Box::pin(absences::answer(page)),
        },
        Screen {
            method: "POST",
            path: "/desk/d/{dealer}/settings/users/{user}/absences/{form}/{place}",
            run: |page| Box::pin(absences::answer(page)),
        },
    ],
    templates: &[
        ("availability.html", include_str!("availability.html")),
        ("availability_cards.html", include_str!("availability_cards.html")),
        ("availability_busy.html", include_str!("availability_busy.html")),
        ("availability_consequences.html", include_str!("availability_consequences.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: addresses,
};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const fn set(name: &'static str, fields: &'static [Field]) -> Form {
    Form { name, operation: Operation::SetBusy, fields, versioned: false, dangerous: false }
}

/// The forms of "busy", by the last part of their address.
const BUSY: &[(&str, Form)] = &[
    ("busy", set("availability_busy", &[needed("minutes", Kind::Number)])),
    ("busy-until", set("availability_busy_until", &[needed("until", Kind::Time)])),
    ("free", set("availability_free", &[])),
];

/// The addresses of the forms.
fn addresses(path: &str) -> Option<Vec<String>> {
    match path {
        _ if path.contains("/absences/{") => Some(absences::addresses(path)),
        _ if path.ends_with("/{form}") => Some(each_of(path, "{form}", BUSY.iter().map(|(name, _)| *name))),
        _ => None,
    }
}

/// The person whom an address is about: the user in it, or else the reader.
struct Subject<'a> {
    dealer: Data,
    user: &'a str,
    is_reader: bool,
}

impl<'a> Subject<'a> {
    fn of(page: &'a Page<'_>) -> Result<Self, Trouble> {
        let dealer = page.dealer(page.required("dealer")?).ok_or(Trouble::NoPage)?;
        let user = page.part("user");
        Ok(Self { dealer, user: user.unwrap_or(page.me.text("id")), is_reader: user.is_none() })
    }

    /// Refuses a form for another user to those who may not send it.
    fn is_for(&self, page: &Page<'_>) -> Result<(), Trouble> {
        if self.user == page.me.text("id") { Ok(()) } else { page.needs(Right::ChangeSettings) }
    }

    fn place(&self) -> Place<'_> {
        Place { dealer: Some(&self.dealer), active: if self.is_reader { "" } else { "settings" } }
    }

    fn parts(&self) -> [(&'static str, &str); 2] {
        [("dealer", self.dealer.text("id")), ("user", self.user)]
    }

    /// The person's name at the dealer; of the reader, the dealer's name: the reader may work at several.
    fn name(&self) -> String {
        let people = self.dealer.get("people").items();
        let named = people.iter().find(|person| person.text("id") == self.user).map(|person| person.text("name"));
        if self.is_reader { self.dealer.text("name") } else { named.unwrap_or(self.user) }.to_owned()
    }
}

/// Returns the address of the page that shows the availability of the user in the address, or else of the reader.
pub(super) fn address(page: &Page<'_>, dealer: &Data) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    match page.part("user") {
        Some(user) => OF_USER.replace("{dealer}", dealer.text("id")).replace("{user}", &encoded(user)),
        None => format!("/desk/me?dealer={}", encoded(dealer.text("id"))),
    }
}

/// The page of a user, for managers.
async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let subject = Subject::of(page)?;
    let parts = subject.parts();
    let read = |operation: Operation| page.get(operation, &parts, Vec::new());
    let (availability, absences) = futures::try_join!(read(Operation::ReadAvailability), read(Operation::ReadUserAbsences))?;
    let cards = cards(page, &subject.dealer, Some(subject.user), (Some(&availability), Some(&absences)));
    let list = format!("/desk/d/{}/settings/users", subject.dealer.text("id"));
    let may = subject.dealer.get("can").contains("change_settings");
    page.render(200, "availability.html", subject.place(), context! { cards, may, name => subject.name(), user => subject.user, list })
}

/// Returns what the cards show: the availability and the absences of a user, if the reader may have them; and the addresses of the forms.
/// `user` is `None` for the reader.
pub(super) fn cards(page: &Page<'_>, dealer: &Data, user: Option<&str>, (availability, absences): (Option<&Data>, Option<&Data>)) -> Value {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let id = dealer.text("id");
    let (forms, of_absences, week) = match user.map(encoded) {
        Some(user) => {
            let base = format!("/desk/d/{id}/settings/users/{user}");
            (format!("{base}/availability"), format!("{base}/absences"), format!("{base}/week"))
        }
        None => {
            let (forms, absences) = (format!("/desk/me/availability/{}", encoded(id)), format!("/desk/me/absences/{}", encoded(id)));
            (forms.clone(), absences, format!("{forms}/week"))
        }
    };
    let zoned = page.zoned(Some(dealer));
    context! {
        forms, absence_forms => of_absences, week_form => week, is_reader => user.is_none(),
        state => availability.map(Data::value),
        week => availability.map(|availability| week_of(availability, page.language)),
        weekly => availability.map(|availability| weekly_of(availability, page.language)),
        absences => absences.map(|absences| absences::shown(absences, dealer, &zoned)),
    }
}

fn day_name(language: Language, day: &str) -> &'static str {
    language.text(&format!("settings.value.day.{day}")).unwrap_or_default()
}

/// The own hours by weekday, without the days that have none. Empty if the user has no hours of their own.
fn week_of(availability: &Data, language: Language) -> Vec<Value> {
    let hours = availability.get("hours");
    let of_day = |day: &&str| {
        let intervals = hours.json()[*day].as_array()?.iter();
        let intervals = intervals.map(|times| [0, 1].map(|end| times[end].as_str().unwrap_or_default()).join("–"));
        let times = intervals.collect::<Vec<String>>().join(", ");
        (!times.is_empty()).then(|| context! { day => day_name(language, day), times })
    };
    DAYS.iter().filter_map(of_day).collect()
}

fn weekly_of(availability: &Data, language: Language) -> Vec<Value> {
    let absences = availability.get("weekly_absences");
    let absences = absences.json().as_array().into_iter().flatten();
    absences.map(|one| context! { day => day_name(language, text(one, "day")), deputy => text(one, "deputy") }).collect()
}

/// Returns the text of a field; empty if it has none.
fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json[name].as_str().unwrap_or_default()
}

/// Shows or carries out a form of "busy".
async fn busy(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    let (_, form) = BUSY.iter().find(|(known, _)| *known == name).ok_or(Trouble::NoPage)?;
    let subject = Subject::of(page)?;
    subject.is_for(page)?;
    let (parts, back) = (subject.parts(), address(page, &subject.dealer));
    let setting = Setting {
        place: subject.place(),
        parts: &parts,
        back: &back,
        values: page.visit.query.clone(),
        choices: BTreeMap::new(),
        version: None,
        about: subject.name(),
    };
    form.answer(page, &setting).await
}

/// Shows what a change of settings leaves to people: the bookings that it affects, and the hand-overs that are offered. `None` if there is
/// nothing. `offers` are those of [`offers`]; `back` is the page to which the change leads.
pub(super) fn consequences(
    page: &Page<'_>,
    place: Place<'_>,
    answer: &Data,
    (offers, back): (Vec<Value>, &str),
) -> Result<Option<Reply>, Trouble> {
    // Not every answer has these fields.
    let list = |name: &str| answer.json().get(name).map(|_| answer.get(name));
    let bookings = list("bookings_affected");
    let count = list("bookings_affected_count").and_then(|count| count.json().as_u64()).unwrap_or_default();
    let past = list("past_absences").map(|past| past.items()).unwrap_or_default();
    let zoned = page.zoned(place.dealer);
    let past: Vec<Value> =
        past.iter().map(|one| context! { user => one.text("user"), period => absences::period_of(one, &zoned) }).collect();
    if count == 0 && offers.is_empty() && past.is_empty() {
        return Ok(None);
    }
    let shown = bookings.as_ref().map(|bookings| bookings.items().len() as u64).unwrap_or_default();
    let values = context! {
        bookings => bookings.map(|bookings| bookings.value()), count, hidden => count.saturating_sub(shown),
        past, offers, back,
    };
    page.render(200, "availability_consequences.html", place, values).map(Some)
}

/// Returns the hand-overs that the answer of a change of settings offers, with the addresses of their forms.
pub(super) fn offers(dealer: &Data, answer: &Data) -> Vec<Value> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let of = |offer: &Data| {
        let (user, absence) = (offer.text("user"), offer.get("absence").json().as_u64()?);
        let base = OF_USER.replace("{dealer}", dealer.text("id")).replace("{user}", &encoded(user)).replace("/availability", "/absences");
        let address = format!("{base}/hand-over/{absence}");
        Some(context! { user, days => offer.get("working_days").value(), address })
    };
    answer.each("hand_over_offered").filter_map(|offer| of(&offer)).collect()
}

/// Returns the answer; `None` if the user may not have it, such as absences at a dealer where the user takes no part.
pub(super) fn permitted(answer: Result<Data, Unanswered>) -> Result<Option<Data>, Trouble> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 403 | 404) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// The beginning of the addresses of the forms with which a user marks themselves as busy at a dealer. `None` if the user takes no part
/// there.
pub(super) fn busy_forms(page: &Page<'_>, dealer: &Data) -> Option<String> {
    let me = page.me.text("id");
    let takes_part = dealer.get("people").items().iter().any(|person| person.text("id") == me && person.get("former").json() != true);
    takes_part.then(|| format!("/desk/me/availability/{}", dealer.text("id")))
}
