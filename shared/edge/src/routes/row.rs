//! The shape of a row.

use super::Operation;
use forecourt_domain::base::Right;

/// The part of a row that is needed at run time. Function binaries hold only this part.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The operation.
    pub operation: Operation,
    /// `GET`, `POST` …
    pub method: &'static str,
    /// The path, with `{names}` for its parameters.
    pub path: &'static str,
    /// The function that answers it.
    pub function: &'static str,
    /// How the sender authenticates.
    pub access: Access,
    /// The rights that the sender needs.
    pub rights: &'static [Right],
    /// Whether it reads a body. The fields of other operations' bodies are refused (API-1).
    pub has_body: bool,
    /// The query parameters. Others are refused (API-1).
    pub query: &'static [Query],
}

/// How the sender of a request authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// By a bearer token, which the gateway checks.
    Token,
    /// By the signed link in the path (CAL-6, CAL-8).
    Link,
    /// By a signature as Standard Webhooks defines it (APT-4).
    Signature,
    /// None: the documents are open to everyone. The function has no access to data.
    Open,
}

/// One operation of the API with all facts that the OpenAPI document shows.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its route.
    pub route: Route,
    /// A sentence in the third person.
    pub summary: &'static str,
    /// More sentences; empty if the summary is enough.
    pub description: &'static str,
    /// The media types of the body; empty if there is no body.
    pub body: &'static [Content],
    /// Whether the body may be left out.
    pub body_is_optional: bool,
    /// The responses of success.
    pub responses: &'static [Response],
    /// Whether it takes `If-Match`. The header is required if the problems name 428.
    pub if_match: bool,
    /// Whether `If-Match` is required only if the resource exists.
    pub if_match_is_optional: bool,
    /// The responses of failure.
    pub problems: &'static [ProblemResponse],
}

/// The content of a body.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// JSON of a named schema.
    Json(&'static str),
    /// A form of a named schema.
    Form(&'static str),
    /// Text of a media type, and a description of it.
    Text(&'static str, &'static str),
}

/// A response of success: its status, meaning and content.
pub type Response = (u16, &'static str, Content);
/// A response of failure: its status and meaning.
pub type ProblemResponse = (u16, &'static str);

/// A query parameter.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// The name.
    pub name: &'static str,
    /// The meaning, for the document.
    pub meaning: &'static str,
    /// The values that it takes.
    pub values: Values,
    /// The current name, if this is a former name that is still accepted.
    pub now: Option<&'static str>,
}

impl Query {
    pub(super) const fn new(name: &'static str, values: Values, meaning: &'static str) -> Self {
        Self { name, meaning, values, now: None }
    }

    /// Returns the same parameter under its former name.
    pub(super) const fn formerly(self, name: &'static str) -> Self {
        Self { name, now: Some(self.name), ..self }
    }
}

/// The values of a parameter.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// Text of 1 to this many characters.
    Text(usize),
    /// An id as [`forecourt_domain::base::Id`] reads it.
    Id,
    /// Ids, separated by commas.
    Ids,
    /// One of these names.
    OneOf(&'static [&'static str]),
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// `true` or `false`.
    Flag,
    /// A date such as 2026-11-25.
    Date,
    /// A date, or an instant in RFC 3339.
    Bound,
}

pub(super) const fn get(path: &'static str, function: &'static str) -> Row {
    Row::new("GET", path, function)
}

pub(super) const fn post(path: &'static str, function: &'static str) -> Row {
    Row::new("POST", path, function)
}

pub(super) const fn put(path: &'static str, function: &'static str) -> Row {
    Row::new("PUT", path, function)
}

pub(super) const fn patch(path: &'static str, function: &'static str) -> Row {
    Row::new("PATCH", path, function)
}

pub(super) const fn delete(path: &'static str, function: &'static str) -> Row {
    Row::new("DELETE", path, function)
}

impl Row {
    const fn new(method: &'static str, path: &'static str, function: &'static str) -> Self {
        Self {
            route: Route {
                operation: Operation::Named(""),
                method,
                path,
                function,
                access: Access::Token,
                rights: &[],
                has_body: false,
                query: &[],
            },
            summary: "",
            description: "",
            body: &[],
            body_is_optional: false,
            responses: &[],
            if_match: false,
            if_match_is_optional: false,
            problems: &[],
        }
    }

    pub(super) const fn operation(mut self, operation: Operation) -> Self {
        self.route.operation = operation;
        self
    }

    pub(super) const fn access(mut self, access: Access) -> Self {
        self.route.access = access;
        self
    }

    pub(super) const fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    pub(super) const fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    pub(super) const fn rights(mut self, rights: &'static [Right]) -> Self {
        self.route.rights = rights;
        self
    }

    pub(super) const fn body(mut self, body: &'static [Content]) -> Self {
        self.route.has_body = true;
        Self { body, ..self }
    }

    pub(super) const fn optional_body(self, body: &'static [Content]) -> Self {
        Self { body_is_optional: true, ..self.body(body) }
    }

    pub(super) const fn responses(self, responses: &'static [Response]) -> Self {
        Self { responses, ..self }
    }

    pub(super) const fn query(mut self, query: &'static [Query]) -> Self {
        self.route.query = query;
        self
    }

    pub(super) const fn if_match(self) -> Self {
        Self { if_match: true, ..self }
    }

    /// `If-Match` is for the change of a resource that exists; without it, the operation creates the resource.
    pub(super) const fn if_match_to_change(self) -> Self {
        Self { if_match: true, if_match_is_optional: true, ..self }
    }

    pub(super) const fn problems(self, problems: &'static [ProblemResponse]) -> Self {
        Self { problems, ..self }
    }
}

/// Returns the routes of `rows`. Evaluated when the crate is compiled, so that function binaries do not hold the documentation.
pub(super) const fn routes_of<const N: usize>(rows: &[Row]) -> [Route; N] {
    let mut routes = [rows[0].route; N];
    let mut i = 1;
    while i < N {
        routes[i] = rows[i].route;
        i += 1;
    }
    routes
}

/// Defines the table of a file. Each row defines its operation.
macro_rules! routes {
    ($($operation:ident = $row:expr),* $(,)?) => {
        #[expect(non_upper_case_globals, reason = "an operation is matched like the variant of an enum")]
        impl Operation {
            $(#[doc = concat!("The operation `", stringify!($operation), "`.")]
            pub const $operation: Self = Self::Named(stringify!($operation));)*
        }

        pub(super) const ROWS: &[Row] = &[$($row.operation(Operation::$operation)),*];
        pub(super) const ROUTES: &[Route] = &routes_of::<{ ROWS.len() }>(ROWS);
    };
}
pub(super) use routes;
