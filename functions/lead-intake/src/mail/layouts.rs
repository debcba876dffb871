//! The layouts of portals as data: which label means which field, in each language (`data/labels.json`, `data/portals.json`).
//!
//! A dealer's own table adds portals at run time. A label of the sender's portal counts before a general one.

use super::MAX_LAYOUTS;
use super::text::folded;
use forecourt_domain::base::text::folded_name;
pub use forecourt_domain::settings::{MailField as Field, MailLayout as Portal};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

static STANDARD: LazyLock<Layouts> = LazyLock::new(|| {
    let table: Table = serde_json::from_str(include_str!("data/labels.json")).unwrap_or_default();
    let portals: Vec<Portal> = serde_json::from_str(include_str!("data/portals.json")).unwrap_or_default();
    Layouts::of_table(&table, portals)
});

/// A part of a portal's mail, by its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Section {
    Customer,
    Vehicle,
    TradeIn,
    Dealer,
    Other,
}

/// The reason why a table of layouts cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableLayout {
    /// Too many portals or labels.
    #[error("a table has at most {MAX_LAYOUTS} portals with at most {MAX_LAYOUTS} labels and senders each")]
    TooLarge,
    /// A portal without a source or a sender.
    #[error("portal {0} needs a source and at least one sender")]
    Incomplete(usize),
    /// A label without a letter or digit.
    #[error("the label {0:?} has no letter or digit")]
    EmptyLabel(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    prefixes: Vec<String>,
    labels: BTreeMap<String, BTreeMap<Field, Vec<String>>>,
    sections: BTreeMap<Section, Vec<String>>,
    ends: Vec<String>,
    lead_types: BTreeMap<String, Vec<String>>,
}

/// The layouts by which labelled text is read.
#[derive(Debug, Clone, Default)]
pub struct Layouts {
    prefixes: HashSet<String>,
    labels: HashMap<String, Field>,
    sections: HashMap<String, Section>,
    ends: Vec<String>,
    lead_types: Vec<(String, Vec<String>)>,
    portals: Vec<Portal>,
}

impl Layouts {
    /// Returns the layouts that every dealer has.
    pub fn standard() -> &'static Layouts {
        &STANDARD
    }

    /// Returns these layouts together with a dealer's own. The dealer's own count first.
    ///
    /// # Errors
    /// If the table is too large, or a portal in it can never be used.
    pub fn with(&self, own: Vec<Portal>) -> Result<Layouts, UnusableLayout> {
        let is_large = |portal: &Portal| portal.labels.len() > MAX_LAYOUTS || portal.senders.len() > MAX_LAYOUTS;
        if own.len() > MAX_LAYOUTS || own.iter().any(is_large) {
            return Err(UnusableLayout::TooLarge);
        }
        if let Some(index) = own.iter().position(|portal| portal.source.trim().is_empty() || portal.senders.is_empty()) {
            return Err(UnusableLayout::Incomplete(index + 1));
        }
        if let Some(label) = own.iter().flat_map(|portal| portal.labels.keys()).find(|label| key(label).is_empty()) {
            return Err(UnusableLayout::EmptyLabel(label.clone()));
        }
        let portals = own.into_iter().map(folded_portal).chain(self.portals.iter().cloned()).collect();
        Ok(Layouts { portals, ..self.clone() })
    }

    fn of_table(table: &Table, portals: Vec<Portal>) -> Self {
        let mut labels = HashMap::new();
        for (field, names) in table.labels.values().flatten() {
            for name in names {
                labels.entry(key(name)).or_insert(*field);
            }
        }
        let sections = table.sections.iter().flat_map(|(section, names)| names.iter().map(|name| (key(name), *section)));
        Self {
            prefixes: table.prefixes.iter().map(|word| key(word)).collect(),
            labels,
            sections: sections.collect(),
            ends: table.ends.iter().map(|phrase| folded(phrase)).collect(),
            lead_types: table.lead_types.iter().map(|(kind, words)| (kind.clone(), words.clone())).collect(),
            portals: portals.into_iter().map(folded_portal).collect(),
        }
    }

    /// Returns the portal of a sender's address.
    pub(super) fn portal(&self, address: &str) -> Option<&Portal> {
        let address = address.to_lowercase();
        let (_, domain) = address.rsplit_once('@')?;
        let is_of = |sender: &String| {
            *sender == address || domain == sender || domain.strip_suffix(sender.as_str()).is_some_and(|rest| rest.ends_with('.'))
        };
        self.portals.iter().find(|portal| portal.senders.iter().any(is_of))
    }

    /// Returns the field that a label means. `None` if it is unknown.
    pub(super) fn field(&self, label: &str, portal: Option<&Portal>) -> Option<Field> {
        let find = |text: &str| {
            let key = key(text);
            portal.and_then(|portal| portal.labels.get(&key)).or_else(|| self.labels.get(&key)).copied()
        };
        // `Name (required)`, `E-Mail *`.
        let bare = label.split(['(', '[', '*']).next().unwrap_or_default().trim();
        find(label).or_else(|| find(bare)).or_else(|| {
            let (first, rest) = bare.split_once([' ', '-', '_'])?;
            self.prefixes.contains(&key(first)).then(|| find(rest)).flatten()
        })
    }

    /// Returns the section that a heading begins.
    pub(super) fn section(&self, heading: &str) -> Option<Section> {
        self.sections.get(&key(heading)).copied()
    }

    /// Returns whether a line begins the closing text of a portal's mail.
    pub(super) fn is_end(&self, line: &str) -> bool {
        let line = folded(line);
        self.ends.iter().any(|phrase| line.contains(phrase.as_str()))
    }

    /// Returns the type of lead that a text names, if it names one only.
    pub(super) fn lead_type(&self, text: &str) -> Option<&str> {
        let text = folded(text);
        let mut found = self.lead_types.iter().filter(|(_, words)| super::phrases::first_in(words, &text).is_some());
        let first = found.next()?;
        found.next().is_none().then_some(first.0.as_str())
    }
}

/// Returns a label in the form in which labels are compared: `Händler`, `Haendler` and `HÄNDLER:` are one label.
fn key(label: &str) -> String {
    folded_name(label).replace(' ', "")
}

fn folded_portal(portal: Portal) -> Portal {
    let senders = portal.senders.iter().map(|sender| sender.trim().trim_start_matches('@').to_lowercase()).collect();
    // A field of another release is read as if the table did not name it.
    let labels = portal.labels.into_iter().filter(|(_, field)| *field != Field::Unknown);
    Portal { senders, labels: labels.map(|(label, field)| (key(&label), field)).collect(), ..portal }
}
