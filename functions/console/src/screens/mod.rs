//! The table of screens. Each has a file or folder of its own, with its templates and texts.

mod appointments;
mod availability;
mod calendar;
mod charts;
mod choices;
mod exports;
mod figures;
mod group;
mod hand_over;
mod help;
mod lead;
mod leads;
pub(crate) mod live;
mod mails;
mod me;
mod overview;
mod page;
mod privacy;
mod quick;
mod settings;
mod texts;
mod today;
mod views;

pub(crate) use page::{Page, PeopleCache, Place};

use crate::api::Data;
use crate::console::Trouble;
use crate::reply::Reply;
use futures::future::BoxFuture;
use matchit::Router;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Answers a visit of a screen.
pub(crate) type Run = for<'a> fn(&'a Page<'a>) -> BoxFuture<'a, Result<Reply, Trouble>>;

/// A screen: its method and address, and the function that answers it.
pub(crate) struct Screen {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) run: Run,
}

/// The screens of a file, with their templates and their texts in English, German and Dutch.
pub(crate) struct Part {
    screens: &'static [Screen],
    templates: &'static [(&'static str, &'static str)],
    texts: [&'static str; 3],
    /// The addresses of a path that names forms or other parts in the code; `None` if it names none.
    forms: fn(&str) -> Option<Vec<String>>,
}

const PARTS: [&Part; 20] = [
    &today::PART,
    &leads::PART,
    &mails::PART,
    &lead::PART,
    &privacy::PART,
    &views::PART,
    &quick::PART,
    &calendar::PART,
    &appointments::PART,
    &charts::PART,
    &overview::PART,
    &figures::PART,
    &exports::PART,
    &settings::PART,
    &texts::PART,
    &hand_over::PART,
    &group::PART,
    &availability::PART,
    &me::PART,
    &help::PART,
];

/// An entry of the menu of a dealer.
pub(crate) struct Entry {
    /// The last part of the address of the screen, with the text `nav.…`.
    pub(crate) name: &'static str,
    /// The key that leads to the screen after `g`.
    pub(crate) key: &'static str,
    /// Whether users with these rights at the dealer, the names in `can`, see the screen.
    is_for: fn(&Data) -> bool,
}

static MENU: [Entry; 8] = [
    Entry { name: "today", key: "t", is_for: |can| can.contains("read_leads") || can.contains("read_appointments") },
    Entry { name: "leads", key: "l", is_for: |can| can.contains("read_leads") },
    Entry { name: "board", key: "b", is_for: |can| can.contains("read_leads") },
    Entry { name: "tasks", key: "k", is_for: |can| can.contains("read_leads") },
    Entry { name: "calendar", key: "c", is_for: |can| can.contains("read_appointments") },
    Entry { name: "appointments", key: "a", is_for: |can| can.contains("read_overview") },
    Entry { name: "overview", key: "o", is_for: |can| can.contains("read_overview") && can.contains("read_leads") },
    Entry { name: "settings", key: "s", is_for: |can| can.contains("read_settings") },
];

/// Returns the entries of the menu that the user sees at a dealer. The first one is the user's first screen.
pub(crate) fn menu(dealer: &Data) -> impl Iterator<Item = &'static Entry> {
    let can = dealer.get("can");
    MENU.iter().filter(move |entry| (entry.is_for)(&can))
}

static ROUTER: LazyLock<Router<Vec<&'static Screen>>> = LazyLock::new(|| {
    let mut of: BTreeMap<&str, Vec<&Screen>> = BTreeMap::new();
    for screen in PARTS.iter().flat_map(|part| part.screens) {
        of.entry(screen.path).or_default().push(screen);
    }
    let mut router = Router::new();
    for (path, screens) in of {
        let added = router.insert(path, screens);
        debug_assert!(added.is_ok(), "{added:?}");
    }
    router
});

/// Finds the screen of a request, with the values in its path. HEAD finds the screen of GET.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Screen, Vec<(String, String)>)> {
    let matched = ROUTER.at(path).ok()?;
    let method = if method == "HEAD" { "GET" } else { method };
    let screen = matched.value.iter().find(|screen| screen.method == method)?;
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    let values = matched.params.iter().map(|(name, value)| Some((name.to_owned(), decoded(value)?)));
    Some((screen, values.collect::<Option<Vec<_>>>()?))
}

/// Returns method and address of every screen, once for each form that its address names, for the tests that visit them all. Ids are in
/// braces: `/desk/leads/{id}/quotes/{quotes}/quote-change`.
pub fn addresses() -> Vec<(&'static str, String)> {
    let screens = PARTS.iter().flat_map(|part| part.screens.iter().map(move |screen| (part, screen)));
    let of_screen = |(part, screen): (&&Part, &Screen)| {
        let all = (part.forms)(screen.path).unwrap_or_else(|| vec![screen.path.to_owned()]);
        all.into_iter().map(|path| (screen.method, path)).collect::<Vec<_>>()
    };
    screens.flat_map(of_screen).collect()
}

/// Returns a path with each of these names in the place of `part`.
fn each_of<'a>(path: &str, part: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    names.into_iter().map(|name| path.replace(part, name)).collect()
}

/// Returns the templates of all screens by name.
pub(crate) fn templates() -> impl Iterator<Item = (&'static str, &'static str)> {
    PARTS.iter().flat_map(|part| part.templates.iter().copied())
}

/// Returns the texts of all screens.
pub(crate) fn texts() -> impl Iterator<Item = [&'static str; 3]> {
    PARTS.iter().map(|part| part.texts)
}
