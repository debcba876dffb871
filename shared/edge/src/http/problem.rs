//! What a client is told when something is not done: `application/problem+json` (RFC 9457), the same shape for every function.

use crate::auth::Denied;
use forecourt_domain::base::{Fault, Refusal, Right};
use forecourt_store::Failure;
use serde::Serialize;
use utoipa::ToSchema;

/// A problem, as RFC 9457 has it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem; stable, to be told apart by programs.
    #[serde(rename = "type")]
    #[schema(example = "urn:forecourt:problem:invalid")]
    pub kind: String,
    /// The kind of problem in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time, and what would be right.
    pub detail: String,
    /// Every field at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The right that the asker lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<&'static str>,
    /// The version that is current.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
    /// The id of the request, to be quoted when asking for help.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// What the log says besides; never sent.
    #[serde(skip)]
    #[schema(ignore)]
    pub cause: Option<String>,
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where it is in the body.
    #[schema(example = "contact.email")]
    pub field: String,
    /// The rule that it breaks.
    #[schema(example = "INT-3")]
    pub rule: &'static str,
    /// What is wrong, and what would be right.
    pub detail: String,
}

impl From<Fault> for FieldError {
    fn from(fault: Fault) -> Self {
        Self { field: fault.field, rule: fault.rule, detail: fault.detail }
    }
}

impl Problem {
    /// A problem of a kind: its name, title and status.
    pub fn new(kind: &str, title: &'static str, status: u16, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:forecourt:problem:{kind}"),
            title,
            status,
            detail: detail.into(),
            errors: Vec::new(),
            right: None,
            current_version: None,
            request_id: String::new(),
            cause: None,
        }
    }

    /// 400.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new("malformed", "The request cannot be read", 400, detail)
    }

    /// 401.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new("unauthenticated", "A valid token is needed", 401, detail)
    }

    /// 403.
    pub fn forbidden(right: Right) -> Self {
        let detail = format!("this needs the right '{right}', which you do not have");
        Self { right: Some(right.name()), ..Self::new("forbidden", "You may not do this", 403, detail) }
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new("not-found", "There is no such thing here", 404, detail)
    }

    /// 404 for a path that has no route.
    pub fn no_route() -> Self {
        Self::not_found("there is no such route; GET / shows all of them")
    }

    /// 404 for a link that is spoilt, foreign or expired. Does not say which (CAL-8).
    pub fn no_link() -> Self {
        Self::not_found("this link is invalid or has expired")
    }

    /// 428.
    pub fn precondition_required(detail: impl Into<String>) -> Self {
        Self::new("precondition-required", "Say which version you saw", 428, detail)
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        Self::new("too-large", "The body is too large", 413, format!("a body is at most {limit} bytes"))
    }

    /// 415.
    pub fn media_type(detail: impl Into<String>) -> Self {
        Self::new("media-type", "The body's media type is not read here", 415, detail)
    }

    /// 422.
    pub fn invalid(faults: Vec<Fault>) -> Self {
        let detail = match faults.as_slice() {
            [fault] => format!("{} {}", fault.field, fault.detail),
            faults => format!("{} fields break a rule", faults.len()),
        };
        Self {
            errors: faults.into_iter().map(FieldError::from).collect(),
            ..Self::new("invalid", "The request breaks a rule", 422, detail)
        }
    }

    /// 503.
    pub fn try_again(detail: impl Into<String>) -> Self {
        Self::new("try-again", "Try again", 503, detail)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::Malformed(_) => Self::malformed(detail),
            Refusal::Invalid(faults) => Self::invalid(faults),
            Refusal::NotFound(_) => Self::not_found(detail),
            Refusal::Forbidden(right) => Self::forbidden(right),
            Refusal::ForbiddenFields(right, faults) => {
                let errors = faults.into_iter().map(FieldError::from).collect();
                Self { errors, detail, ..Self::forbidden(right) }
            }
            Refusal::Conflict(_) => Self::new("conflict", "It clashes with what is so now", 409, detail),
            Refusal::Stale { current } => {
                Self { current_version: Some(current), ..Self::new("stale", "It was changed meanwhile", 412, detail) }
            }
            Refusal::Reused(_) => Self::new("reused", "The key names another request", 422, detail),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Token(detail) => Self::unauthenticated(detail),
            Denied::Signature => {
                Self::new("unauthenticated", "Valid signature required", 401, "the signature of the ping-back is missing or invalid")
            }
            Denied::Link => Self::no_link(),
            Denied::Failed(failure) => failure.into(),
        }
    }
}

impl From<Failure> for Problem {
    /// The cause of a failure of ours is for the log alone.
    fn from(failure: Failure) -> Self {
        let cause = Some(failure.to_string());
        let problem = match failure {
            Failure::Refused(refusal) => return refusal.into(),
            Failure::Contended => Self::try_again("many are changing the same thing at once; nothing was changed"),
            Failure::Unavailable(_) => {
                Self::try_again("a part of the system is out of reach; repeat the request, with the same Idempotency-Key if it had one")
            }
            Failure::Broken(_) => {
                Self::new("internal", "Something went wrong on our side", 500, "quote the request id when you ask for help")
            }
        };
        Self { cause, ..problem }
    }
}
