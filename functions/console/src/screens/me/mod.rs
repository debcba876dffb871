//! The user's own page: name, language and notices, availability at each dealer, calendar links, the end of all sessions.

use super::availability::{self, permitted};
use super::choices::{languages, named};
use super::{Page, Part, Place, Screen};
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Sent, Setting, clearing, field, needed, values_of};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use minijinja::context;
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/me", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/me/details", run: |page| Box::pin(details(page)) },
        Screen { method: "POST", path: "/desk/me/details", run: |page| Box::pin(details(page)) },
        Screen { method: "GET", path: "/desk/me/calendar", run: |page| Box::pin(make_link(page)) },
        Screen { method: "POST", path: "/desk/me/calendar", run: |page| Box::pin(make_link(page)) },
        Screen { method: "GET", path: "/desk/me/calendar/{feed}/revoke", run: |page| Box::pin(revoke_link(page)) },
        Screen { method: "POST", path: "/desk/me/calendar/{feed}/revoke", run: |page| Box::pin(revoke_link(page)) },
    ],
    templates: &[("me.html", include_str!("me.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

const HERE: &str = "/desk/me";

const fn form(name: &'static str, operation: Operation, fields: &'static [Field]) -> Form {
    Form { name, operation, fields, versioned: false, dangerous: false }
}

const DETAILS: Form = Form {
    versioned: true,
    ..form(
        "me_details",
        Operation::ChangeMe,
        &[needed("language", Kind::Listed), field("notices", Kind::Tick), clearing("mobile", Kind::Phone)],
    )
};

const LINK: Form = form("me_calendar", Operation::MakeFeed, &[field("dealer", Kind::Listed), field("user", Kind::Listed)]);
const REVOKE: Form = Form { dangerous: true, ..form("me_calendar_revoke", Operation::RevokeFeed, &[]) };

/// The page: the user's facts, the availability and the absences at one dealer, the calendar links.
async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let dealer = page.visit.query.get("dealer").and_then(|id| page.dealer(id)).or_else(|| page.usual_dealer());
    let (me, at) = (page.me.text("id"), dealer.as_ref().map(|dealer| dealer.text("id")).unwrap_or_default());
    let parts = [("dealer", at), ("user", me)];
    let read = |operation: Operation| page.get(operation, &parts, Vec::new());
    let (absences, availability, feeds) = futures::join!(
        read(Operation::ReadUserAbsences),
        read(Operation::ReadAvailability),
        page.get(Operation::ListFeeds, &[], Vec::new())
    );
    let (absences, availability, feeds) = (permitted(absences)?, permitted(availability)?, permitted(feeds)?);
    let of = (availability.as_ref(), absences.as_ref());
    let cards = dealer.as_ref().map(|dealer| availability::cards(page, dealer, None, of));
    let place = Place { dealer: dealer.as_ref(), active: "" };
    let names: BTreeMap<String, String> = page.me.get("dealers").items().iter().map(named).collect();
    page.render(200, "me.html", place, context! { cards, feeds => feeds.map(|feeds| feeds.get("feeds").value()), names })
}

/// Shows or carries out the form of the user's language, notices and mobile number. The next page is in the new language.
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
