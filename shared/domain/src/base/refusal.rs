//! The reasons for which a request is refused: every invalid field with the rule that it breaks.

use crate::base::{Obstacle, Right, with_names};
use serde::Serialize;

/// One field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The path of the field in the sender's document: `contact.email`.
    pub field: String,
    /// The id of the rule that it breaks.
    pub rule: &'static str,
    /// The error, and what would be valid.
    pub detail: String,
}

impl Fault {
    /// Creates a fault of `field` against `rule`.
    pub fn new(field: impl Into<String>, rule: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), rule, detail: detail.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.field, with_names(&self.detail, ToString::to_string), self.rule)
    }
}

/// The error of a request that is not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// The request breaks rules. Every invalid field is listed.
    #[error("{} field(s) are invalid", .0.len())]
    Invalid(Vec<Fault>),
    /// The entity does not exist, or the caller may not see it (LEAD-9).
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The entity existed and has expired.
    #[error("{detail} ({rule})")]
    Gone {
        /// The rule.
        rule: &'static str,
        /// The entity, and what the caller can do.
        detail: String,
    },
    /// The caller lacks a right (LEAD-9).
    #[error("this requires the right '{0}'")]
    Forbidden(Right),
    /// The caller may not do this, whatever other rights they have.
    #[error("{detail} ({rule})")]
    NotAllowed {
        /// The right with which others may do it.
        right: Right,
        /// The rule.
        rule: &'static str,
        /// The reason, and who may do it.
        detail: String,
    },
    /// The request changes fields that require this right.
    #[error("{} requires the right '{}'", .1.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>().join(", "), .0)]
    ForbiddenFields(Right, Vec<Fault>),
    /// Conflict with the current state.
    #[error("{detail} ({rule})")]
    Conflict {
        /// The rule.
        rule: &'static str,
        /// The conflict, and what the caller can do.
        detail: String,
    },
    /// Conflict with the current state, about which the caller decides by a field of the request.
    #[error("{detail} ({rule})")]
    Undecided {
        /// The rule.
        rule: &'static str,
        /// The conflict, and the choices of the caller.
        detail: String,
        /// Everything about which the caller must decide.
        obstacles: Vec<Obstacle>,
    },
    /// The caller's version is not the current one (SET-10).
    #[error("the current version is {current}")]
    Stale {
        /// The current version.
        current: u64,
    },
    /// The key of an earlier request was used with another body (INT-5).
    #[error("{0} (INT-5)")]
    Reused(String),
}

impl Refusal {
    /// Returns the same refusal with the path of each field replaced by `place`. `place` returns `None` to keep the path.
    pub fn relocated(self, place: impl Fn(&str) -> Option<String>) -> Self {
        let moved = |fault: Fault| Fault { field: place(&fault.field).unwrap_or(fault.field), ..fault };
        match self {
            Self::Invalid(faults) => Self::Invalid(faults.into_iter().map(moved).collect()),
            Self::ForbiddenFields(right, faults) => Self::ForbiddenFields(right, faults.into_iter().map(moved).collect()),
            other => other,
        }
    }

    /// Creates a refusal because of a conflict with the current state.
    pub fn conflict(rule: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { rule, detail: detail.into() }
    }

    /// Creates a refusal of something that others with `right` may do.
    pub fn not_allowed(right: Right, rule: &'static str, detail: impl Into<String>) -> Self {
        Self::NotAllowed { right, rule, detail: detail.into() }
    }

    /// Creates a refusal because the entity has expired.
    pub fn gone(rule: &'static str, detail: impl Into<String>) -> Self {
        Self::Gone { rule, detail: detail.into() }
    }

    /// Creates a refusal for one field that breaks one rule.
    pub fn field(field: impl Into<String>, rule: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::new(field, rule, detail)])
    }
}
