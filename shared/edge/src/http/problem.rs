//! Errors as `application/problem+json` (RFC 9457), in the same shape for every function.

use crate::auth::Denied;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{AppointmentKind, Fault, Obstacle, Refusal, Right};
use forecourt_domain::bookings::Warning;
use forecourt_store::Failure;
use serde::Serialize;
use utoipa::ToSchema;

/// The beginning of every kind of problem.
const URN: &str = "urn:forecourt:problem:";

/// A problem as RFC 9457 defines it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem. Stable, for programs.
    #[serde(rename = "type")]
    #[schema(example = "urn:forecourt:problem:invalid")]
    pub kind: String,
    /// The kind of problem in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The error in this request, and the valid form.
    pub detail: String,
    /// The id of the rule, if the problem is about one rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "LEAD-9")]
    pub rule: Option<&'static str>,
    /// The rule's text in the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/reference/rules#LEAD-9")]
    pub rule_url: Option<String>,
    /// Every field that breaks a rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The right that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<&'static str>,
    /// The current version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
    /// What stands against the request until you decide about it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<ObstacleView>)]
    pub obstacles: Box<[ObstacleView]>,
    /// The id of the request, for support.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// The seconds after which the request may be sent again: the header `Retry-After`.
    #[serde(skip)]
    #[schema(ignore)]
    pub retry_after: Option<u64>,
    /// The cause, for the log. Never sent.
    #[serde(skip)]
    #[schema(ignore)]
    pub cause: Option<String>,
}

/// A field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// The path of the field in the body, or the name of a parameter or header.
    #[schema(example = "contact.email")]
    pub field: String,
    /// The id of the rule.
    #[schema(example = "INT-3")]
    pub rule: &'static str,
    /// The rule's text in the reference.
    #[schema(example = "/reference/rules#INT-3")]
    pub rule_url: String,
    /// The error and the correct value.
    pub detail: String,
}

/// Something that stands against a request until its sender decides about it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ObstacleView {
    /// `appointment`: an appointment to come of a lead that is closed or goes to another dealer (APT-10); or a warning about a booking:
    /// `double_booked`, `absent`, `own_hours`, `leaver`, `day_off`, `closed` or `unavailable` (APT-8).
    #[schema(example = "appointment")]
    pub what: &'static str,
    /// The id of the appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<String>,
    /// The kind of the appointment, such as `showroom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The time of the appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// The warning as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'static str>,
}

impl From<Obstacle> for ObstacleView {
    fn from(obstacle: Obstacle) -> Self {
        Self {
            what: obstacle.what,
            appointment: obstacle.appointment.map(|appointment| appointment.to_string()),
            kind: obstacle.kind.map(AppointmentKind::name),
            at: obstacle.at,
            detail: Warning::NAMES.iter().find(|(name, _)| *name == obstacle.what).map(|(_, warning)| warning.text()),
        }
    }
}

impl From<Fault> for FieldError {
    fn from(fault: Fault) -> Self {
        Self { rule_url: url_of(fault.rule), field: fault.field, rule: fault.rule, detail: fault.detail }
    }
}

/// Returns the path of a rule's text, which `functions/reference` serves.
fn url_of(rule: &str) -> String {
    format!("/reference/rules#{rule}")
}

/// Returns the rule that all `faults` break. `None` if they break several.
fn rule_of(faults: &[Fault]) -> Option<&'static str> {
    let rule = faults.first()?.rule;
    faults.iter().all(|fault| fault.rule == rule).then_some(rule)
}

impl Problem {
    /// Creates a problem of the kind `urn:forecourt:problem:{kind}`.
    pub fn new(kind: &str, title: &'static str, status: u16, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("{URN}{kind}"),
            title,
            status,
            rule: None,
            rule_url: None,
            detail: detail.into(),
            errors: Vec::new(),
            right: None,
            current_version: None,
            obstacles: Box::default(),
            request_id: String::new(),
            retry_after: None,
            cause: None,
        }
    }

    /// Whether it is about what the sender wrote, and not about what is stored.
    pub(super) fn is_of_content(&self) -> bool {
        ["invalid", "malformed", "media-type"].iter().any(|kind| self.kind.strip_prefix(URN) == Some(*kind))
    }

    /// Links the problem to `rule`.
    pub fn under(self, rule: &'static str) -> Self {
        Self { rule: Some(rule), rule_url: Some(url_of(rule)), ..self }
    }

    /// 400.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new("malformed", "Malformed request", 400, detail)
    }

    /// 401 for a token that is missing or invalid.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new("unauthenticated", "Valid token required", 401, detail)
    }

    /// 403.
    pub fn forbidden(right: Right) -> Self {
        let detail = format!("this requires the right '{right}', which you do not have");
        Self { right: Some(right.name()), ..Self::new("forbidden", "Right required", 403, detail).under("LEAD-9") }
    }

    /// 403 for a partner's token.
    pub fn user_required() -> Self {
        Self::new("user-required", "User required", 403, "this requires the token of a user, but yours names a partner").under("ACC-4")
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new("not-found", "Not found", 404, detail)
    }

    /// 404 for a path that has no route.
    pub fn no_route() -> Self {
        Self::not_found("this route does not exist")
    }

    /// 404 for a route that the gateway sent to the wrong function.
    pub fn wrong_function() -> Self {
        Self::not_found("this function does not answer this route")
    }

    /// 404 for a link that is invalid or has expired. The response does not distinguish the two (CAL-8).
    pub fn no_link() -> Self {
        Self::not_found("this link is invalid or has expired").under("CAL-8")
    }

    /// 428.
    pub fn precondition_required(detail: impl Into<String>) -> Self {
        Self::new("precondition-required", "If-Match header required", 428, detail).under("SET-10")
    }

    /// 409.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new("conflict", "Conflict with the current state", 409, detail)
    }

    /// 413 for a body of more than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        Self::new("too-large", "Body too large", 413, format!("the body must be at most {limit} bytes"))
    }

    /// 415.
    pub fn media_type(detail: impl Into<String>) -> Self {
        Self::new("media-type", "Unsupported media type", 415, detail)
    }

    /// 422.
    pub fn invalid(faults: Vec<Fault>) -> Self {
        let detail = match faults.as_slice() {
            [fault] => format!("{} {}", fault.field, fault.detail),
            faults => format!("{} fields are invalid", faults.len()),
        };
        let problem = Self::new("invalid", "Invalid request", 422, detail);
        let problem = match rule_of(&faults) {
            Some(rule) => problem.under(rule),
            None => problem,
        };
        Self { errors: faults.into_iter().map(FieldError::from).collect(), ..problem }
    }

    /// 500. `cause` is for the log.
    pub fn internal(detail: impl Into<String>, cause: Option<String>) -> Self {
        Self { cause, ..Self::new("internal", "Internal error", 500, detail) }
    }

    /// 429. The request may be sent again after `seconds`.
    pub fn too_many(detail: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new("too-many", "Too many requests", 429, detail) }
    }

    /// 503.
    pub fn try_again(detail: impl Into<String>) -> Self {
        Self { retry_after: Some(1), ..Self::new("try-again", "Retry the request", 503, detail) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::Malformed(_) => Self::malformed(detail),
            Refusal::Invalid(faults) => Self::invalid(faults),
            Refusal::NotFound(_) => Self::not_found(detail).under("LEAD-9"),
            Refusal::Gone { rule, .. } => Self::new("gone", "Expired", 410, detail).under(rule),
            Refusal::Forbidden(right) => Self::forbidden(right),
            Refusal::NotAllowed { right, rule, .. } => Self { detail, ..Self::forbidden(right) }.under(rule),
            Refusal::ForbiddenFields(right, faults) => {
                let errors = faults.into_iter().map(FieldError::from).collect();
                Self { errors, detail, ..Self::forbidden(right) }
            }
            Refusal::Conflict { rule, .. } => Self::conflict(detail).under(rule),
            Refusal::Undecided { rule, obstacles, .. } => {
                Self { obstacles: obstacles.into_iter().map(ObstacleView::from).collect(), ..Self::conflict(detail).under(rule) }
            }
            Refusal::Stale { current } => {
                Self { current_version: Some(current), ..Self::new("stale", "Version mismatch", 412, detail).under("SET-10") }
            }
            Refusal::Reused(_) => Self::new("reused", "Key already used", 422, detail).under("INT-5"),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Token(detail) => Self::unauthenticated(detail),
            Denied::Signature => {
                Self::new("unauthenticated", "Valid signature required", 401, "the signature of the ping-back is missing or invalid")
                    .under("APT-4")
            }
            Denied::SignatureTime { signed_at, now } => {
                let now = now.format("%Y-%m-%dT%H:%M:%SZ");
                let detail = format!(
                    "the signature is valid, but webhook-timestamp {} is more than five minutes from {now}: sign with the real time",
                    signed_at.timestamp()
                );
                Self::new("unauthenticated", "Valid signature required", 401, detail).under("APT-4")
            }
            Denied::Link(rule) => Self::no_link().under(rule),
            Denied::NoSender => Self::wrong_function(),
            Denied::Failed(failure) => failure.into(),
        }
    }
}

impl From<Failure> for Problem {
    /// Keeps the cause of an internal failure for the log.
    fn from(failure: Failure) -> Self {
        let cause = Some(failure.chain());
        let problem = match failure {
            Failure::Refused(refusal) => return refusal.into(),
            Failure::Contended => Self::try_again("other requests are changing the same data; nothing was changed"),
            Failure::Unavailable(_) => {
                Self::try_again("a part of the system is unavailable; retry with the same Idempotency-Key if the request had one")
            }
            Failure::Broken(_) => return Self::internal("quote the request id when you report this", cause),
        };
        Self { cause, ..problem }
    }
}
