//! A visit of a screen by a user.

use super::live::{self, News};
use super::{find, menu};
use crate::api::{Ask, Data, Download, Unanswered};
use crate::console::{Console, Trouble};
use crate::forms::uuid_like;
use crate::reply::Reply;
use crate::session::{Session, hash};
use crate::sign_in::is_own_page;
use crate::view::{Language, Zoned, render};
use crate::visit::Visit;
use forecourt_domain::base::Right;
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::{Value, context};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The time for which the name, rights and dealers of a user are kept in memory. The API decides with each request.
const LIFETIME: Duration = Duration::from_secs(30);
/// The same for a user's own change: an API function may return the former values for 60 seconds more.
const AFTER_CHANGE: Duration = Duration::from_secs(60);
/// The input with the key of a form within a page, before the page is sent. Values in a page are escaped, so none of them contains it.
const NO_KEY: &str = "name=\"key\" value=\"\"";
/// The cookie with the dealer that the user chose last.
const DEALER: &str = "desk-dealer";

/// Users by a hash of their access token, each with the time until which it is valid.
#[derive(Default)]
pub(crate) struct PeopleCache(Mutex<HashMap<String, (Instant, Arc<Data>)>>);

impl PeopleCache {
    fn get(&self, key: &str) -> Option<Arc<Data>> {
        let known = self.0.lock().ok()?;
        known.get(key).filter(|(until, _)| Instant::now() < *until).map(|(_, me)| me.clone())
    }

    /// Returns the language of a user who was known a moment ago.
    pub(crate) fn language_of(&self, session: &Session) -> Option<Language> {
        let me = self.get(&hash(session.tokens.access.as_bytes()))?;
        Some(Language::of(me.text("language")))
    }

    fn keep(&self, key: String, me: &Arc<Data>, lifetime: Duration) {
        if let Ok(mut known) = self.0.lock() {
            let now = Instant::now();
            // A user of many dealers is large, and each new token is another key.
            known.retain(|_, (until, _)| now < *until);
            known.insert(key, (now + lifetime, me.clone()));
        }
    }

    /// Forgets the user of a session whose token the API no longer takes.
    pub(crate) fn forget(&self, session: &Session) {
        if let Ok(mut known) = self.0.lock() {
            known.remove(&hash(session.tokens.access.as_bytes()));
        }
    }
}

/// The place of a page in the console.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    /// The dealer to which the page belongs: its zone, its people.
    pub(crate) dealer: Option<&'a Data>,
    /// The entry of the menu.
    pub(crate) active: &'static str,
}

/// A visit of a screen by a user.
pub(crate) struct Page<'a> {
    pub(crate) visit: &'a Visit,
    /// The user, as `GET /me` returns it.
    pub(crate) me: Arc<Data>,
    pub(crate) language: Language,
    console: &'a Console,
    session: &'a Session,
    parts: Vec<(String, String)>,
    news: News,
}

impl<'a> Page<'a> {
    /// Finds the screen of a visit, and answers it. `news` is what the poll has read before.
    pub(crate) async fn open(console: &'a Console, visit: &'a Visit, session: &'a Session, news: News) -> Result<Reply, Trouble> {
        let key = hash(session.tokens.access.as_bytes());
        let me = match console.people.get(&key) {
            Some(me) => me,
            None => {
                let me = Arc::new(console.api.me(&session.tokens.access).await?);
                console.people.keep(key, &me, LIFETIME);
                me
            }
        };
        let language = Language::of(me.text("language"));
        let home = visit.path == crate::sign_in::HOME;
        let (screen, parts) = match home {
            true => (None, Vec::new()),
            false => find(visit.method.as_str(), &visit.path).map(|(screen, parts)| (Some(screen), parts)).ok_or(Trouble::NoPage)?,
        };
        let page = Page { visit, me, language, console, session, parts, news };
        let Some(screen) = screen else { return page.home() };
        // A page may have an effect, such as a logged download. HEAD learns that the page exists.
        if visit.method == Method::HEAD {
            return Ok(Reply::html(200, String::new()));
        }
        let reply = (screen.run)(&page).await?;
        // The next visit without an address begins at the same dealer.
        Ok(match page.part("dealer") {
            Some(dealer) if visit.method == Method::GET && !visit.wants_part() => reply.cookie(&page.keep(DEALER, dealer, 180)),
            _ => reply,
        })
    }

    /// Leads to the first screen of the dealer that the user chose last, or of the first one.
    fn home(&self) -> Result<Reply, Trouble> {
        let dealer = self.usual_dealer().ok_or(Trouble::NoScreen)?;
        let first = menu(&dealer).next().ok_or(Trouble::NoScreen)?;
        Ok(Reply::redirect(format!("/desk/d/{}/{}", dealer.text("id"), first.name)))
    }

    /// Returns a value in the path.
    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns a value in the path that the screen's address has.
    ///
    /// # Errors
    /// [`Trouble::NoPage`] if it has not.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Trouble> {
        self.part(name).ok_or(Trouble::NoPage)
    }

    /// Returns the value of a cookie that the console keeps for the user.
    pub(crate) fn kept(&self, name: &str) -> Option<String> {
        self.visit.cookie(&self.console.sessions.cookie_name(name))
    }

    /// Makes a cookie that keeps a value for the user; an empty value deletes it.
    pub(crate) fn keep(&self, name: &str, value: &str, days: i64) -> cookie::Cookie<'static> {
        self.console.sessions.cookie(name, value, chrono::TimeDelta::days(days))
    }

    /// Sends a request to the API. The lead that a poll has read is not read again.
    pub(crate) async fn call(&self, operation: Operation, ask: Ask<'_>) -> Result<Data, Unanswered> {
        if operation == Operation::ReadLead
            && let Some(lead) = self.news.take_lead()
        {
            return Ok(lead);
        }
        self.console.api.call(&self.session.tokens.access, operation, ask).await
    }

    /// Shows the user's own change from the next page on. `me` is the user as the API returned it after the change, with the first dealers
    /// only; the change is of none.
    pub(crate) fn changed_me(&self, me: Data) {
        let me = Arc::new(me.with_field_of("dealers", &self.me));
        self.console.people.keep(hash(self.session.tokens.access.as_bytes()), &me, AFTER_CHANGE);
    }

    /// Sends a request to another address than the API's, such as that of an upload.
    pub(crate) async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Unanswered> {
        Ok(self.console.http.send(request).await?)
    }

    /// Reads from the API.
    pub(crate) async fn get(
        &self,
        operation: Operation,
        parts: &[(&'static str, &str)],
        query: Vec<(&'static str, String)>,
    ) -> Result<Data, Unanswered> {
        self.call(operation, Ask { parts, query, ..Ask::default() }).await
    }

    /// Asks the API for a file.
    pub(crate) async fn download(
        &self,
        operation: Operation,
        parts: &[(&'static str, &str)],
        query: Vec<(&'static str, String)>,
    ) -> Result<Download, Unanswered> {
        self.console.api.download(&self.session.tokens.access, operation, Ask { parts, query, ..Ask::default() }).await
    }

    /// Returns a dealer of the user; `None` if the user does not work there.
    pub(crate) fn dealer(&self, id: &str) -> Option<Data> {
        self.me.each("dealers").find(|dealer| dealer.text("id") == id)
    }

    /// Returns the dealer that the user chose last, or the first one. Pages of no dealer use its zone and keep its menu.
    pub(crate) fn usual_dealer(&self) -> Option<Data> {
        let last = self.kept(DEALER).and_then(|last| self.dealer(&last));
        last.or_else(|| self.me.each("dealers").next())
    }

    /// Whether the user has a right: for the group, or at a dealer if it applies there.
    pub(crate) fn may(&self, right: Right) -> bool {
        match right.is_of_dealer() {
            true => self.me.each("dealers").any(|dealer| dealer.get("can").contains(right.name())),
            false => self.me.get("can").contains(right.name()),
        }
    }

    /// Whether the user may export records: of the group, or of this dealer or, without one, of any (EXP-1).
    pub(crate) fn may_export(&self, dealer: Option<&Data>) -> bool {
        let at = |dealer: &Data| dealer.get("can").contains(Right::Export.name());
        self.may(Right::Export) || dealer.map_or_else(|| self.me.each("dealers").any(|dealer| at(&dealer)), at)
    }

    /// Refuses a page that is offered only to users with a right. The API refuses what it asks for; this is for a page that asks for
    /// nothing.
    ///
    /// # Errors
    /// [`Trouble::Forbidden`].
    pub(crate) fn needs(&self, right: Right) -> Result<(), Trouble> {
        let may = if right == Right::Export { self.may_export(None) } else { self.may(right) };
        if may { Ok(()) } else { Err(Trouble::Forbidden) }
    }

    /// Returns the language, the dealer's zone and the time.
    pub(crate) fn zoned(&self, dealer: Option<&Data>) -> Zoned {
        let zone = dealer.and_then(|dealer| dealer.text("zone").parse().ok()).unwrap_or(chrono_tz::UTC);
        Zoned { language: self.language, zone, now: self.console.clock.now() }
    }

    /// Returns the page to which a form leads: the one that it names, if it is one of ours, otherwise `usual`.
    pub(crate) fn back<'b>(&'b self, usual: &'b str) -> &'b str {
        self.visit.query.get("back").or_else(|| self.visit.form.get("back")).filter(|back| is_own_page(back)).unwrap_or(usual)
    }

    /// Leads to a page after a form was carried out. The page says so with the text `done.NAME`.
    pub(crate) fn done(&self, to: &str, name: &str) -> Reply {
        let (path, query) = to.split_once('?').unwrap_or((to, ""));
        let mut pairs = crate::visit::Pairs::parse(query.as_bytes());
        pairs.0.retain(|(key, _)| key != "done");
        pairs.0.push(("done".to_owned(), name.to_owned()));
        Reply::redirect(format!("{path}?{}", pairs.encode_without(&[])))
    }

    /// Renders a template with `values`. The value `named` is a list of people beside those of the dealer, as the API names them.
    pub(crate) fn render(&self, status: u16, template: &str, place: Place<'_>, values: Value) -> Result<Reply, Trouble> {
        let Place { dealer, active } = place;
        let zoned = self.zoned(dealer);
        let people = dealer.map(|dealer| dealer.get("people").items()).unwrap_or_default();
        let mut people: HashMap<String, String> =
            people.iter().map(|person| (person.text("id").to_owned(), person.text("name").to_owned())).collect();
        // Those whom an answer names, such as former users.
        for person in values.get_attr("named").and_then(|named| named.try_iter()).into_iter().flatten() {
            let text = |name: &str| person.get_attr(name).ok().and_then(|text| text.as_str().map(str::to_owned));
            if let (Some(id), Some(name)) = (text("id"), text("name")) {
                people.entry(id).or_insert(name);
            }
        }
        let done = self.visit.query.get("done").filter(|name| self.language.text(&format!("done.{name}")).is_some());
        let base = context! {
            lang => self.language.tag(),
            zone => zoned.zone.name(),
            now => zoned.now.to_rfc3339(),
            me => self.me.value(),
            dealers => self.me.get("dealers").value(),
            dealer => dealer.map(Data::value),
            people,
            menu => dealer.map(|dealer| menu(dealer).map(|entry| context! { name => entry.name, key => entry.key }).collect::<Vec<_>>()),
            active,
            tour => super::help::tour_of(self, dealer),
            busy_forms => dealer.and_then(|dealer| super::availability::busy_forms(self, dealer)),
            done,
            posted => self.visit.method == Method::POST,
            // A form that is cancelled leads back here, and nothing was done then.
            here => self.visit.address_without(&["done"]),
            path => &self.visit.path,
        };
        let part = self.visit.wants_part();
        let text = render(template, context! { ..values, ..base }, part)?;
        let hash = hash(text.as_bytes());
        let tag = self.news.tag(&hash);
        if part && live::has(self.visit, &hash) {
            return Ok(Reply::empty(304).header("etag", tag));
        }
        Ok(Reply::html(status, with_keys(&text)).header("etag", tag))
    }
}

/// Gives each form within a page a key of its own, so that it is carried out once. The keys are no part of what a poll compares.
fn with_keys(text: &str) -> String {
    let mut parts = text.split(NO_KEY);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| format!("{page}name=\"key\" value=\"{}\"{part}", uuid_like()))
}
