//! The page of a section: it is shown, edited row by row, reviewed, and saved.
//!
//! Every step is a button of one form, so that it works without a script. What is typed goes along with each step; nothing is stored before
//! the user has seen what will change.

use super::describe::{Field, Section, Source};
use super::inputs::Inputs;
use super::values::{self, Errors};
use super::words::Words;
use super::{find, findings, mail_trial, mailbox, offered, picture, sections};
use crate::api::{ApiProblem, Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::screens::{Page, Place, availability, hand_over};
use crate::view::explained;
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::{Value, context};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The names of the inputs that belong to the form and not to a field.
const OWN: [&str; 5] = ["do", "version", "back", "key", hand_over::NAME];

/// Returns the inputs of the fields, as far as `is_wanted` returns true for their names.
pub(super) fn typed(form: &Pairs, is_wanted: impl Fn(&str) -> bool) -> Pairs {
    Pairs(form.0.iter().filter(|(name, _)| !OWN.contains(&name.as_str()) && is_wanted(name)).cloned().collect())
}

/// A section as the API has it now.
struct Current {
    json: Json,
    version: String,
    /// The texts of findings, by the path of the input.
    findings: BTreeMap<String, Vec<String>>,
    /// The values of other parts that it offers, with their texts.
    offered: Vec<(String, String)>,
    picture: Option<Value>,
    /// The address of the mailbox and its last mail.
    mailbox: Option<Value>,
}

/// A visit of a section's page.
struct Editor<'a> {
    page: &'a Page<'a>,
    section: &'static Section,
    dealer: &'a Data,
    /// The values of the names in the operations' paths.
    parts: Vec<(&'static str, &'a str)>,
    words: Words,
}

/// What a page says beside the fields.
#[derive(Default)]
struct Notes {
    status: u16,
    errors: Errors,
    general: Vec<String>,
    focus: Option<String>,
}

/// Shows or changes the section of the address.
pub(super) async fn section(page: &Page<'_>) -> Result<Reply, Trouble> {
    let section = find(page.required("part")?).ok_or(Trouble::NoPage)?;
    // What is typed goes along to the trial, without being saved.
    if section.name == mail_trial::MAILBOX && page.visit.form.get("do") == Some(mail_trial::TRY) {
        return mail_trial::answer(page).await;
    }
    open(page, section).await
}

/// Shows or changes the switches of one user.
pub(super) async fn user(page: &Page<'_>) -> Result<Reply, Trouble> {
    open(page, &sections::USER).await
}

/// Shows or changes the own hours and the weekly absences of the user in the address, or else of the reader.
pub(in crate::screens) async fn week(page: &Page<'_>) -> Result<Reply, Trouble> {
    open(page, &sections::WEEK).await
}

async fn open(page: &Page<'_>, section: &'static Section) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let mut parts = vec![("dealer", id)];
    let of_reader = (section.source == Source::Week).then(|| page.me.text("id"));
    if let Some(user) = page.part("user").or(of_reader) {
        parts.push(("user", user));
    }
    let editor = Editor { page, section, dealer: &dealer, parts, words: Words::new(page.zoned(Some(&dealer)), &dealer) };
    if page.visit.method == Method::POST { editor.step().await } else { editor.show().await }
}

impl Editor<'_> {
    fn may(&self, right: &str) -> bool {
        self.dealer.get("can").contains(right)
    }

    /// Whether the reader may change the section. Users change their own week without a right.
    fn may_change(&self) -> bool {
        let is_own = || self.parts.contains(&("user", self.page.me.text("id")));
        self.may("change_settings") || self.section.source == Source::Week && is_own()
    }

    /// Whether the user may change the field.
    fn is_open(&self, field: &Field) -> bool {
        self.may_change() && field.is_open(|right| self.may(right))
    }

    /// Reads the section. A page that is only shown also reads its findings, and the drawing of what it does.
    async fn current(&self, with_findings: bool) -> Result<Current, Trouble> {
        let read = self.page.get(self.section.source.read(), &self.parts, Vec::new());
        let offered = offered::values(self.page, self.section, &self.parts);
        let found = async {
            match with_findings && self.section.source != Source::Week {
                true => self.page.get(Operation::SettingsFindings, &self.parts[..1], Vec::new()).await.map(Some),
                false => Ok(None),
            }
        };
        let drawn = async {
            match with_findings && self.section.name == "escalation" {
                true => picture::of_now(self.page, &self.parts[..1], &self.words).await,
                false => None,
            }
        };
        let last_mail = async {
            match self.section.name == "mailbox" {
                true => mailbox::last_mail(self.page, &self.parts[..1]).await,
                false => Ok(None),
            }
        };
        let (read, offered, found, picture, last_mail) = futures::join!(read, offered, found, drawn, last_mail);
        let (read, offered, found, last_mail) = (read?, offered?, found?, last_mail?);
        let json = match self.section.source {
            Source::Part(_) | Source::Whole => read.get("settings").json().clone(),
            Source::Users | Source::User | Source::Week => read.json().clone(),
        };
        Ok(Current {
            findings: found.map(|found| findings::of_section(self.section, &found, &json, &self.words)).unwrap_or_default(),
            version: read.version().unwrap_or_default(),
            offered,
            json,
            picture,
            mailbox: (self.section.name == "mailbox").then(|| mailbox::shown(&read, last_mail.as_ref())),
        })
    }

    async fn show(&self) -> Result<Reply, Trouble> {
        let current = self.current(true).await?;
        let typed = values::fill(self.section.fields, &current.json, &self.words.zoned);
        let version = current.version.clone();
        self.form(&current, &typed, &version, &Notes { status: 200, ..Notes::default() })
    }

    /// Carries out the button that was pressed.
    async fn step(&self) -> Result<Reply, Trouble> {
        let current = self.current(false).await?;
        let form = &self.page.visit.form;
        let pressed = form.get("do").unwrap_or("review");
        // A form without a version is based on none that its sender saw.
        let version = form.get("version").unwrap_or_default().to_owned();
        let typed = typed(form, |_| true);
        if matches!(pressed, "review" | "save") {
            let typed = values::without_empty_rows(self.section.fields, typed);
            return self.review(&current, &typed, &version, pressed == "save").await;
        }
        let (typed, focus) = self.rearranged(typed, pressed);
        self.form(&current, &typed, &version, &Notes { status: 200, focus, ..Notes::default() })
    }

    /// Returns the inputs after a row was added, removed or moved, or a value was copied; and the input that gets the focus.
    fn rearranged(&self, typed: Pairs, pressed: &str) -> (Pairs, Option<String>) {
        let Some((what, place)) = pressed.split_once(':') else { return (typed, None) };
        if what == "copy" {
            return (self.copied(typed), None);
        }
        let (list, number) = match what {
            "add" => (place, ""),
            _ => place.rsplit_once('.').unwrap_or((place, "")),
        };
        let Some(rows) = self.section.rows_at(list) else { return (typed, None) };
        let mut order = values::numbers(&typed, list);
        let found = order.iter().position(|known| known == number);
        let mut focus = None;
        match (what, found) {
            ("add", _) => {
                let free = order.iter().filter_map(|number| number.parse::<usize>().ok()).max().map_or(0, |most| most + 1);
                focus = rows.fields.first().map(|first| format!("{list}.{}.{}", order.len(), first.name));
                order.push(free.to_string());
            }
            ("remove", Some(at)) => {
                order.remove(at);
            }
            ("up", Some(at)) if at > 0 => order.swap(at, at - 1),
            ("down", Some(at)) if at + 1 < order.len() => order.swap(at, at + 1),
            _ => {}
        }
        (values::renumbered(&typed, list, &order), focus)
    }

    fn copied(&self, typed: Pairs) -> Pairs {
        let Some((from, to)) = self.section.copied else { return typed };
        let within = |name: &str, field: &str| name.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'));
        let mut all: Vec<_> = typed.0.iter().filter(|(name, _)| !to.iter().any(|to| within(name, to))).cloned().collect();
        for to in to {
            let values = typed.0.iter().filter(|(name, _)| within(name, from));
            all.extend(values.filter_map(|(name, value)| Some((format!("{to}{}", name.strip_prefix(from)?), value.clone()))));
        }
        Pairs(all)
    }

    /// Shows what the change will do, or saves it. What was changed in the meantime shows up as a difference.
    async fn review(&self, current: &Current, typed: &Pairs, version: &str, save: bool) -> Result<Reply, Trouble> {
        let (body, errors) = values::read(self.section, typed, &self.words.zoned, |field| self.is_open(field));
        if !errors.is_empty() {
            return self.form(current, typed, version, &Notes { status: 422, errors, ..Notes::default() });
        }
        let body = Json::Object(body);
        let changes = self.words.changes(self.section, &current.json, &body, |field| self.is_open(field));
        if changes.is_empty() {
            let general = vec![self.words.text("no_change").to_owned()];
            return self.form(current, typed, &current.version, &Notes { status: 200, general, ..Notes::default() });
        }
        let stale = version != current.version;
        if save && !stale {
            return self.save(current, typed, body).await;
        }
        let (work, targets) = match self.tried(current, &body).await? {
            Ok(handed) => handed.unzip(),
            Err(problem) => return self.form(current, typed, &current.version, &self.refused(&problem)),
        };
        let hidden: Vec<_> = typed.0.iter().map(|(name, value)| context! { name, value }).collect();
        let values = context! {
            section => self.section.name, title => self.title(), about => self.subject(), changes, hidden, version => &current.version, stale,
            list => self.list(), list_title => self.list_title(), is_week => self.section.source == Source::Week, back => self.back(),
            work, targets, chosen => self.page.visit.form.get(hand_over::NAME),
        };
        self.page.render(if save { 409 } else { 200 }, "settings_review.html", self.place(), values)
    }

    /// Asks the API what a change of the pool hands over, before it is saved: the work, and who can get it. `None` if nothing goes over, or
    /// if it is another section. The error is the API's refusal of the change.
    async fn tried(&self, current: &Current, body: &Json) -> Result<Result<Option<(Value, Vec<Value>)>, Box<ApiProblem>>, Trouble> {
        let former = current.json["pool"]["user"].as_str().filter(|_| self.section.name == "pool");
        let Some(former) = former.filter(|user| body["pool"]["user"] != *user) else { return Ok(Ok(None)) };
        let ask = Ask {
            parts: &self.parts,
            body: Some(body.clone()),
            if_match: Some(format!("\"{}\"", current.version)),
            query: hand_over::trial(Some(hand_over::DISTRIBUTION)),
            ..Ask::default()
        };
        let answer = match self.page.call(self.section.source.change(), ask).await {
            Ok(answer) => answer,
            Err(Unanswered::Problem(problem)) if matches!(problem.status, 400 | 403 | 409 | 412 | 422 | 428) => return Ok(Err(problem)),
            Err(other) => return Err(other.into()),
        };
        let Some(work) = hand_over::held(self.page, &answer) else { return Ok(Ok(None)) };
        let users = self.page.get(Operation::DealerUsers, &self.parts[..1], Vec::new()).await?;
        let targets = hand_over::targets(self.page, &users, former, !body["pool"].is_null());
        Ok(Ok(Some((work, targets.into_iter().map(|(value, text)| context! { value, text }).collect()))))
    }

    async fn save(&self, current: &Current, typed: &Pairs, body: Json) -> Result<Reply, Trouble> {
        let ask = Ask {
            parts: &self.parts,
            body: Some(self.whole(current, body)),
            if_match: Some(format!("\"{}\"", current.version)),
            query: self.page.visit.form.get(hand_over::NAME).map(|to| (hand_over::NAME, to.to_owned())).into_iter().collect(),
            ..Ask::default()
        };
        match self.page.call(self.section.source.change(), ask).await {
            Ok(answer) => {
                let back = self.back();
                // Only the answer about the whole settings names the users.
                let offers = availability::offers(self.dealer, &answer);
                let shown = availability::consequences(self.page, self.place(), &answer, (offers, &back))?;
                shown.map_or_else(|| hand_over::progress(self.page, self.place(), ("settings", &answer), &back), Ok)
            }
            Err(Unanswered::Problem(problem)) if matches!(problem.status, 400 | 403 | 409 | 412 | 422 | 428) => {
                let notes = self.refused(&problem);
                self.form(current, typed, &current.version, &notes)
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Returns the body of the operation: that of the whole settings has every field, and its objects have those of another release.
    fn whole(&self, current: &Current, mut body: Json) -> Json {
        values::keep_others(self.section, &mut body, &current.json);
        if self.section.source != Source::Whole {
            return body;
        }
        let mut whole = current.json.clone();
        if let (Some(whole), Json::Object(fields)) = (whole.as_object_mut(), body) {
            whole.extend(fields);
        }
        whole
    }

    /// Puts the problems of an answer beside their fields.
    fn refused(&self, problem: &ApiProblem) -> Notes {
        let language = self.words.zoned.language;
        let mut notes = Notes { status: problem.status, ..Notes::default() };
        for error in &problem.errors {
            let last = error.field.rsplit(['.', '[']).next().unwrap_or_default();
            let keys = [format!("error.{}.{last}", error.rule), format!("error.{}", error.rule)];
            let known = keys.iter().find_map(|key| language.text(key));
            let text = known.map_or_else(|| explained(language, &error.detail), str::to_owned);
            match self.section.input_of(&error.field) {
                Some(place) => {
                    notes.errors.insert(place, text);
                }
                None => notes.general.push(text),
            }
        }
        if notes.errors.is_empty() && notes.general.is_empty() {
            let text = match problem.status {
                409 | 412 => language.text("error.changed"),
                403 => language.text("error.forbidden"),
                _ => None,
            };
            notes.general.push(text.map_or_else(|| explained(language, &problem.detail), str::to_owned));
        }
        notes
    }

    fn form(&self, current: &Current, typed: &Pairs, version: &str, notes: &Notes) -> Result<Reply, Trouble> {
        let inputs = Inputs {
            words: &self.words,
            json: &current.json,
            typed,
            errors: &notes.errors,
            findings: &current.findings,
            offered: &current.offered,
            focus: notes.focus.as_deref(),
        };
        let is_open = |field: &Field| self.is_open(field);
        let values = context! {
            section => self.section.name, title => self.title(), about => self.subject(), fields => inputs.section(self.section, is_open),
            open => self.section.fields.iter().any(is_open), changing => self.may_change(), version, general => &notes.general,
            wrong => notes.errors.len(), picture_now => &current.picture, mailbox => &current.mailbox, list => self.list(), list_title => self.list_title(),
            is_week => self.section.source == Source::Week, back => self.back(), user => self.page.part("user"), copied => self.section.copied.map(|(from, _)| from),
        };
        self.page.render(notes.status, "settings_part.html", self.place(), values)
    }

    fn place(&self) -> Place<'_> {
        let is_own = self.section.source == Source::Week && self.page.part("user").is_none();
        Place { dealer: Some(self.dealer), active: if is_own { "" } else { "settings" } }
    }

    /// The page that leads to this one.
    fn list(&self) -> String {
        match self.section.source {
            Source::Week => availability::address(self.page, self.dealer),
            _ => format!("/desk/d/{}/settings", self.dealer.text("id")),
        }
    }

    fn list_title(&self) -> &'static str {
        let key = match (self.section.source, self.page.part("user")) {
            (Source::Week, None) => "nav.me",
            (Source::Week, Some(_)) => "availability.title",
            _ => "settings.title",
        };
        self.words.zoned.language.text(key).unwrap_or_default()
    }

    /// The page to which a change leads.
    fn back(&self) -> String {
        match self.section.source {
            Source::User => format!("{}/users", self.list()),
            Source::Week => self.list(),
            _ => format!("{}/{}", self.list(), self.section.name),
        }
    }

    fn title(&self) -> String {
        match self.page.part("user") {
            Some(user) => self.words.name(user).to_owned(),
            None => self.words.text(&format!("part.{}", self.section.name)).to_owned(),
        }
    }

    fn subject(&self) -> &'static str {
        self.words.text(&format!("about.{}", self.section.name))
    }
}
