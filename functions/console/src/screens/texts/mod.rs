//! The dealer's own texts of letters, and its canned answers: a list, an editor with preview and test, and the history (MSG-2).

mod edit;
mod history;

use super::{Page, Part, Place, Screen};
use crate::api::Data;
use crate::console::Trouble;
use crate::reply::Reply;
use crate::view::Language;
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/texts", run: |page| Box::pin(list(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/texts/history", run: |page| Box::pin(history::show(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/texts/new", run: |page| Box::pin(edit::change(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/texts/new", run: |page| Box::pin(edit::change(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/texts/own/{text}", run: |page| Box::pin(edit::change(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/texts/own/{text}", run: |page| Box::pin(edit::change(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/texts/own/{text}/removal", run: |page| Box::pin(edit::remove(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/texts/own/{text}/removal", run: |page| Box::pin(edit::remove(page)) },
    ],
    templates: &[
        ("texts.html", include_str!("texts.html")),
        ("text_edit.html", include_str!("text_edit.html")),
        ("text_history.html", include_str!("text_history.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The languages of texts, in the order of the tabs.
const LANGUAGES: [&str; 3] = ["de", "en", "nl"];
/// The kind of the texts that sellers use, and the name of their tab.
const CANNED: &str = "canned";

/// What a text is for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Purpose {
    kind: String,
    medium: String,
    language: String,
    /// The type of the leads; empty for every type.
    lead_type: String,
}

impl Purpose {
    /// Returns the purpose of a text of the API.
    fn of(text: &Data) -> Self {
        let of = |name: &str| text.text(name).to_owned();
        Self { kind: of("kind"), medium: of("medium"), language: of("language"), lead_type: of("lead_type") }
    }

    /// Returns the purpose that an address or a form names.
    fn named(pairs: &Pairs) -> Self {
        let of = |name: &str| pairs.get(name).unwrap_or_default().to_owned();
        Self { kind: of("kind"), medium: of("medium"), language: of("language"), lead_type: of("lead_type") }
    }

    fn is_canned(&self) -> bool {
        self.kind == CANNED
    }

    /// Whether a text is used for the same letters.
    fn is_that_of(&self, text: &Data) -> bool {
        *self == Self::of(text)
    }

    /// Writes it in words.
    fn title(&self, language: Language) -> String {
        let label = |kind: &str, value: &str| language.text(&format!("label.{kind}.{value}")).unwrap_or_default().to_owned();
        let parts = [
            label("text_kind", &self.kind),
            label("medium", &self.medium),
            label("language", &self.language),
            label("type", &self.lead_type),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    /// Writes it as the parameters of an address.
    fn query(&self) -> String {
        let Self { kind, medium, language, lead_type } = self;
        let pairs = [("kind", kind), ("medium", medium), ("language", language), ("lead_type", lead_type)];
        Pairs(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()).encode_without(&[])
    }

    /// The tab on which its texts are.
    fn tab(&self) -> &str {
        if self.is_canned() { CANNED } else { &self.language }
    }
}

/// The address of the list.
fn list_of(dealer: &Data) -> String {
    format!("/desk/d/{}/settings/texts", dealer.text("id"))
}

/// Returns the text of Forecourt for a purpose; `null` if there is none.
fn own_text(kinds: &Data, purpose: &Purpose) -> Data {
    let kind = kinds.items().into_iter().find(|kind| kind.text("kind") == purpose.kind);
    let own = kind.map(|kind| kind.get("own").items()).unwrap_or_default();
    let fits = |own: &Data| own.text("medium") == purpose.medium && own.text("language") == purpose.language;
    own.into_iter().find(fits).unwrap_or_default()
}

/// The texts of a language, or the canned answers.
async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    // Sellers get the canned answers only, so the other texts would look unchanged.
    if !dealer.get("can").contains("read_settings") {
        return Err(Trouble::Forbidden);
    }
    let usual = dealer.text("language");
    let wanted = page.visit.query.get("tab").unwrap_or(usual);
    let tab = LANGUAGES.into_iter().chain([CANNED]).find(|tab| *tab == wanted).unwrap_or(LANGUAGES[0]);
    let read = page.get(Operation::ListTexts, &[("dealer", id)], Vec::new()).await?;
    let (texts, kinds) = (read.get("texts").items(), read.get("kinds"));
    let tabs = LANGUAGES.into_iter().chain([CANNED]).map(|name| {
        let count = texts.iter().filter(|text| Purpose::of(text).tab() == name).count();
        context! { name, count }
    });
    let base = list_of(&dealer);
    let row = |text: &Data| context! { text => text.value(), href => format!("{base}/own/{}", text.text("id")) };
    let of_kind = |kind: &Data| {
        let purpose = |medium: &str| Purpose {
            kind: kind.text("kind").to_owned(),
            medium: medium.to_owned(),
            language: tab.to_owned(),
            lead_type: String::new(),
        };
        let media = kind.get("media").items();
        let rows = media.iter().filter_map(|medium| medium.json().as_str()).flat_map(|medium| {
            let general = purpose(medium);
            let new = format!("{base}/new?{}", general.query());
            let first = match texts.iter().find(|text| general.is_that_of(text)) {
                Some(text) => context! { medium, typed => new, ..row(text) },
                None => context! { medium, href => new, own => own_text(&kinds, &general).value() },
            };
            let typed = texts.iter().filter(|text| {
                let own = Purpose::of(text);
                !own.lead_type.is_empty() && Purpose { lead_type: String::new(), ..own } == general
            });
            let typed: Vec<Value> = typed.map(|text| context! { medium, ..row(text) }).collect();
            std::iter::once(first).chain(typed)
        });
        context! { kind => kind.text("kind"), rows => rows.collect::<Vec<_>>() }
    };
    let letters: Vec<Value> = match tab {
        CANNED => Vec::new(),
        _ => kinds.items().iter().filter(|kind| kind.text("kind") != CANNED).map(of_kind).collect(),
    };
    let canned: Vec<Value> = texts.iter().filter(|text| text.text("kind") == CANNED).map(row).collect();
    let values = context! {
        tab, tabs => tabs.collect::<Vec<_>>(), letters, canned => (tab == CANNED).then_some(canned), base,
        may_change => dealer.get("can").contains("change_settings"), settings => format!("/desk/d/{id}/settings"),
    };
    page.render(200, "texts.html", Place { dealer: Some(&dealer), active: "settings" }, values)
}
