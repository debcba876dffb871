//! Forms as data. A form names an operation of the API and its fields; the body, the page and the problems beside the fields follow.
//!
//! A form has a page of its own, so that it works without a script; the script shows the same page as a dialog.

mod inputs;
mod more;
mod nested;
mod problems;
mod subject;
mod trial;
mod values;
mod versions;

pub(crate) use more::More;
pub(crate) use problems::texts_of;
pub(crate) use trial::Trial;
pub(crate) use values::values_of;

use crate::api::{Ask, Data, Unanswered, route};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::screens::{Page, Place};
use crate::view::{Language, Zoned, money};
use crate::visit::Pairs;
use chrono::{NaiveDateTime, TimeZone as _};
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::{Value, context};
use problems::Problems;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use versions::Both;

/// The inputs that belong to every form and are not typed: where it leads, its key, and the version and the values that it began with.
pub(crate) const OWN: [&str; 5] = ["back", "key", "version", "was", subject::DRAFT];

/// A form. Its texts are `form.NAME.title`, `form.NAME.send`, `done.NAME`, and of its fields `form.NAME.field.…` or, if there is none,
/// `field.…`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) name: &'static str,
    /// The operation that it sends.
    pub(crate) operation: Operation,
    pub(crate) fields: &'static [Field],
    /// Whether the change is refused if somebody else changed the same thing in the meantime.
    pub(crate) versioned: bool,
    /// Whether it deletes or ends something: its button is red.
    pub(crate) dangerous: bool,
}

/// A field: the path of the value in the body, with full stops. Fields of a group or of rows have a path within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// Whether an empty field removes the value that is stored, if the form changes an object.
    pub(crate) clears: bool,
}

/// The kind of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A line of text up to this length.
    Line(u16),
    /// Several lines of text up to this length.
    Text(u16),
    /// An id that becomes a part of the request's path, so that the API can name no field if it is wrong.
    Id,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A whole number.
    Number,
    /// A day and a time at the dealer.
    Time,
    /// A day.
    Day,
    /// A box to tick.
    Tick,
    /// One of these values, with the texts `label.FIELD.VALUE`.
    Choice(&'static [&'static str]),
    /// A value of a list that the screen gives by the field's name.
    Listed,
    /// Any number of values of such a list, as boxes to tick.
    Several,
    /// The obstacles for which the API refused the form, as boxes to tick: the form is sent again despite them. It is not shown before.
    Despite,
    /// The warnings for which the API refused a booking, with a button that sends the form again despite them. The first time the form
    /// sends an empty list, so that the API warns (APT-8).
    Warnings,
    /// A day, and a time at the dealer. Without the time the body has the day as `date` instead, and the API chooses the time (CAL-2).
    DayTime,
    /// A value that the user does not see.
    Hidden,
    /// A list of values that the user does not see.
    HiddenList,
    /// The value `true`, without an input.
    True,
    /// A list of texts, one on each line.
    List,
    /// An amount of money with its currency, which users type as a decimal number and the API takes in the currency's smallest unit.
    Money,
    /// An amount of money in the currency that is in another field, in the currency's smallest unit.
    Amount(&'static str),
    /// Fields that belong together, as an object, with the heading `field.NAME.legend`. It is left out if none of them has a value.
    Group(&'static [Field]),
    /// A list of objects with these fields, up to a number, with the heading `field.NAME.legend`.
    Rows(&'static [Field], usize),
}

/// An optional field.
pub(crate) const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false, clears: false }
}

/// An optional field that removes the stored value if it is empty.
pub(crate) const fn clearing(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false, clears: true }
}

/// A required field.
pub(crate) const fn needed(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true, clears: false }
}

/// Joins lists of fields to one of `N` fields.
pub(crate) const fn joined<const N: usize>(lists: &[&[Field]]) -> [Field; N] {
    let mut all = [field("", Kind::True); N];
    let (mut list, mut at) = (0, 0);
    while list < lists.len() {
        let mut place = 0;
        while place < lists[list].len() {
            all[at] = lists[list][place];
            (at, place) = (at + 1, place + 1);
        }
        list += 1;
    }
    assert!(at == N, "the lists have another number of fields");
    all
}

/// The circumstances of a form on a page.
pub(crate) struct Setting<'a> {
    pub(crate) place: Place<'a>,
    /// The values of the names in the operation's path.
    pub(crate) parts: &'a [(&'static str, &'a str)],
    /// Where the form leads to.
    pub(crate) back: &'a str,
    /// The values before the user changes them.
    pub(crate) values: Pairs,
    /// The choices of the [`Kind::Listed`] and [`Kind::Several`] fields: field, then pairs of value and text.
    pub(crate) choices: BTreeMap<&'static str, Vec<(String, String)>>,
    /// The version on which a change is based.
    pub(crate) version: Option<String>,
    /// A sentence about the object, above the fields.
    pub(crate) about: String,
}

impl Setting<'_> {
    fn has_choices(&self, field: &str) -> bool {
        self.choices.get(field).is_some_and(|choices| !choices.is_empty())
    }

    /// The currency of an amount that has none yet.
    fn currency(&self) -> &'static str {
        money::usual(self.place.dealer.map(|dealer| dealer.text("country")).unwrap_or_default())
    }
}

/// The state in which a form is shown.
struct Filled<'a> {
    status: u16,
    values: &'a Pairs,
    problems: &'a Problems,
    /// Both versions, if somebody else changed the object.
    both: Option<&'a Both>,
    /// The version on which the next attempt is based, if it is a later one than the screen read.
    version: Option<u64>,
    more: &'a More<'a>,
}

/// The outcome of a visit of a form.
pub(crate) enum Sent {
    /// The form is shown: for the first time, or with problems.
    Shown(Reply),
    /// The API carried it out, and answered this.
    Done(Data),
}

/// Makes the body of the operation from the body that the fields make.
pub(crate) type Shaped<'a> = &'a (dyn Fn(Json) -> Json + Sync);

impl Form {
    /// Shows the form, or carries it out and leads back.
    pub(crate) async fn answer(&self, page: &Page<'_>, setting: &Setting<'_>) -> Result<Reply, Trouble> {
        self.answer_shaped(page, setting, &|body| body).await
    }

    /// The same for an operation whose body has another form than the fields, such as a whole list of which the form adds an element.
    pub(crate) async fn answer_shaped(&self, page: &Page<'_>, setting: &Setting<'_>, shaped: Shaped<'_>) -> Result<Reply, Trouble> {
        self.answer_with(page, setting, shaped, &More::default()).await
    }

    /// The same for a form with more than the fields of a body.
    pub(crate) async fn answer_with(
        &self,
        page: &Page<'_>,
        setting: &Setting<'_>,
        shaped: Shaped<'_>,
        more: &More<'_>,
    ) -> Result<Reply, Trouble> {
        match self.send_with(page, setting, shaped, more).await? {
            Sent::Shown(reply) => Ok(reply),
            Sent::Done(_) => Ok(page.done(page.back(setting.back), self.name)),
        }
    }

    /// Shows the form, or carries it out and returns the answer, for a screen that must show it.
    pub(crate) async fn send(&self, page: &Page<'_>, setting: &Setting<'_>, shaped: Shaped<'_>) -> Result<Sent, Trouble> {
        self.send_with(page, setting, shaped, &More::default()).await
    }

    /// The same as `send` for a form with more than the fields of a body.
    pub(crate) async fn send_with(
        &self,
        page: &Page<'_>,
        setting: &Setting<'_>,
        shaped: Shaped<'_>,
        more: &More<'_>,
    ) -> Result<Sent, Trouble> {
        if page.visit.method != Method::POST {
            self.is_for(page)?;
            return self.show_typed(page, setting, &setting.values, more).map(Sent::Shown);
        }
        let typed = &versions::picked(self.fields, &page.visit.form, &setting.values);
        let zoned = page.zoned(setting.place.dealer);
        let (mut body, mut problems) = self.body(typed, &zoned);
        if !problems.is_empty() {
            let filled = Filled { status: 422, values: typed, problems: &problems, both: None, version: None, more };
            return self.show(page, setting, &filled).map(Sent::Shown);
        }
        let ask = Ask {
            parts: setting.parts,
            query: more.query(&mut body),
            body: (self.method() != "DELETE" || !self.fields.is_empty()).then(|| shaped(body)),
            if_match: if self.versioned { typed.get("version").map(|version| format!("\"{version}\"")) } else { None },
            idempotency_key: typed.get("key").filter(|_| !more.is_trial()).map(str::to_owned),
            ..Ask::default()
        };
        match page.call(self.operation, ask).await {
            Ok(answer) => Ok(Sent::Done(answer)),
            Err(Unanswered::Problem(problem)) if matches!(problem.status, 400 | 403 | 409 | 412 | 422 | 428) => {
                problems.take(&problem, page.language, self);
                let both = if problem.status == 412 { Some(Both::of(self, page, setting, typed).await) } else { None };
                let values = both.as_ref().map_or(typed, |both| &both.values);
                let (status, version) = (problem.status, problem.current_version);
                let filled = Filled { status, values, problems: &problems, both: both.as_ref(), version, more };
                self.show(page, setting, &filled).map(Sent::Shown)
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Refuses to show the form to users without the rights that its operation needs.
    fn is_for(&self, page: &Page<'_>) -> Result<(), Trouble> {
        // Users enter their own absences, and that they are busy, without a right.
        if matches!(self.operation, Operation::SetUserAbsences | Operation::SetBusy) {
            return Ok(());
        }
        route(self.operation).into_iter().flat_map(|route| route.rights).try_for_each(|right| page.needs(*right))
    }

    fn method(&self) -> &'static str {
        route(self.operation).map_or("GET", |route| route.method)
    }

    fn show(&self, page: &Page<'_>, setting: &Setting<'_>, filled: &Filled<'_>) -> Result<Reply, Trouble> {
        let Filled { status, values, problems, both, version, more } = *filled;
        let current = version.map(|version| version.to_string());
        // A form that comes back for another reason keeps its version, so that the change of somebody else is not overwritten then.
        let sent = &page.visit.form;
        let (version, began) = match both.is_none() && sent.has("version") {
            true => (sent.get("version"), sent.get(versions::BEGAN).map(str::to_owned)),
            false => (current.as_deref().or(setting.version.as_deref()), Some(versions::began(setting, &page.visit.query))),
        };
        let fields: Vec<Value> =
            self.fields.iter().map(|field| self.worded(field, page.language, field.shown("", setting, values, problems))).collect();
        let values = context! {
            form => self.name,
            dangerous => self.dangerous,
            fields,
            general => &problems.general,
            back => page.back(setting.back),
            about => &setting.about,
            key => uuid_like(),
            version,
            work => &more.work,
            beside => &more.beside,
            was => began.filter(|_| self.versioned),
            draft => subject::of(page),
            both => both.map(|both| context! { rows => &both.rows, changes => &both.changes }),
        };
        page.render(status, more.template.unwrap_or("form.html"), setting.place, values)
    }

    /// Gives a shown field the text that it has in this form, if there is one.
    fn worded(&self, field: &Field, language: Language, shown: Value) -> Value {
        let own = format!("form.{}.field.{}", self.name, field.name);
        match language.text(&own) {
            Some(_) => context! { text => own, ..shown },
            None => shown,
        }
    }

    /// Returns the body that the typed values make, and the values that cannot be read.
    fn body(&self, typed: &Pairs, zoned: &Zoned) -> (Json, Problems) {
        let mut problems = Problems::default();
        let reading = nested::Reading { typed, zoned, method: self.method(), in_row: false };
        let body = reading.object(self.fields, "", &mut problems).unwrap_or_else(|| Json::Object(Map::new()));
        (body, problems)
    }
}

/// Reads `2026-11-25T14:30` as a time at the dealer.
pub(crate) fn instant(text: &str, zoned: &Zoned) -> Result<String, &'static str> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"));
    let local = local.map_err(|_| "error.time")?;
    // An hour that the clock skips does not exist; of an hour that occurs twice, the first is meant.
    zoned.zone.from_local_datetime(&local).earliest().map(|at| at.to_rfc3339()).ok_or("error.time_skipped")
}

/// A key that no other form has.
pub(crate) fn uuid_like() -> String {
    let mut random = [0_u8; 16];
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random);
    crate::session::hash(&random)
}
