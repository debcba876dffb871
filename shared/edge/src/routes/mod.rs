//! The table of routes: each operation of the API is one row.
//!
//! A row has everything about its operation: route, function, rights, body, responses, query parameters, texts. The OpenAPI document, the
//! routes of `infra/template.yaml` and the local gateway are derived from the rows. A new operation has three places: its row, its handler
//! with the line that dispatches to it, its test.
//!
//! A row names the types of bodies by their schema names. The types live in the functions, which this crate must not depend on; and a name
//! costs a function's binary nothing, while a type would bring its schema along. A test checks that every name has a schema.
//!
//! ```
//! use forecourt_edge::routes::{Operation, Route};
//!
//! let route = Route::of("GET /leads/{id}").expect("the table has this route");
//! assert_eq!(route.operation, Operation::ReadLead);
//! assert_eq!(route.function, "lead");
//! ```

mod appointments;
mod calendar;
mod elements;
mod lead_page;
mod leads;
mod mails;
mod overview;
mod privacy;
mod problems;
mod query;
mod reference;
mod row;
mod settings;
mod texts;
mod users;
mod webhooks;

pub use elements::Elements;
pub use row::{Access, Content, ProblemResponse, Query, Response, Route, Row, Values};
pub use settings::SettingsPart;

/// An operation of the API.
///
/// Each row of the tables defines a constant, such as [`Operation::SubmitLead`]. Operations that exist once per kind of element or per part
/// of the settings carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// An operation by its name.
    Named(&'static str),
    /// An operation on the elements of a lead.
    Element(Elements),
    /// Reads a part of a dealer's settings.
    ReadPart(SettingsPart),
    /// Replaces a part of a dealer's settings.
    ChangePart(SettingsPart),
}

impl Operation {
    /// Returns its id in the OpenAPI document.
    pub fn id(self) -> String {
        match self {
            Self::Named(name) => name.to_owned(),
            Self::Element(elements) => elements.name(),
            Self::ReadPart(part) => format!("Read{part:?}"),
            Self::ChangePart(part) => format!("Change{part:?}"),
        }
    }

    /// Whether `If-Match` names the version of an element, not of its lead.
    pub(crate) fn is_of_element(self) -> bool {
        matches!(self, Self::Element(_))
    }

    /// Whether it only takes something away from a lead, and adds no text to it. Such a change is possible after an erasure (PRV-2).
    pub(crate) fn only_removes(self) -> bool {
        let removals = [
            Self::RemoveContact,
            Self::DropDeadline,
            Self::DeleteTask,
            Self::DeleteEvent,
            Self::RevokeInvitation,
            Self::LiftStop,
            Self::StopPlan,
        ];
        removals.contains(&self) || matches!(self, Self::Element(Elements::Remove(_)))
    }

    /// Returns the name that goes into the fingerprint of a request with an `Idempotency-Key`. Fingerprints outlive releases, so it keeps
    /// the spelling of the first release: operations of the lead page were grouped there.
    pub(crate) fn fingerprint_name(self) -> String {
        match self {
            Self::Named(name) if lead_page::ROUTES.iter().any(|route| route.operation == self) => format!("Desk({name})"),
            Self::Named(name) => name.to_owned(),
            Self::Element(_) | Self::ReadPart(_) | Self::ChangePart(_) => format!("{self:?}"),
        }
    }
}

impl Route {
    /// Whether it needs no token: a signed link (CAL-6, CAL-8) or a signature (APT-4) authenticates the sender, or everyone may call it.
    pub fn is_open(&self) -> bool {
        self.access != Access::Token
    }

    /// Returns the route key of API Gateway, such as `POST /dealers/{dealer}/leads`.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Returns the route with this route key.
    pub fn of(key: &str) -> Option<&'static Route> {
        let (method, path) = key.split_once(' ')?;
        all().find(|route| route.method == method && route.path == path)
    }
}

/// The requests a second that an open route takes, of all callers together (SET-12). It is a fifth of the rate of the whole API: a flood of
/// one open route leaves the other routes alone.
pub const OPEN_RATE: u32 = 50;
/// The requests that an open route takes at once.
pub const OPEN_BURST: u32 = 100;

const ROWS: [&[Row]; 14] = [
    leads::ROWS,
    mails::ROWS,
    elements::ROWS,
    lead_page::ROWS,
    calendar::ROWS,
    appointments::ROWS,
    settings::ROWS,
    settings::PART_ROWS,
    texts::ROWS,
    users::ROWS,
    overview::ROWS,
    privacy::ROWS,
    webhooks::ROWS,
    reference::ROWS,
];

/// Apart from [`ROWS`], so that a binary that looks up routes does not hold the documentation.
const ROUTES: [&[Route]; 14] = [
    leads::ROUTES,
    mails::ROUTES,
    elements::ROUTES,
    lead_page::ROUTES,
    calendar::ROUTES,
    appointments::ROUTES,
    settings::ROUTES,
    settings::PART_ROUTES,
    texts::ROUTES,
    users::ROUTES,
    overview::ROUTES,
    privacy::ROUTES,
    webhooks::ROUTES,
    reference::ROUTES,
];

/// Returns every row, with its documentation.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.into_iter().flatten()
}

/// Returns every route.
pub fn all() -> impl Iterator<Item = &'static Route> {
    ROUTES.into_iter().flatten()
}
