//! Why a request is refused: every field at fault, each with its rule.

use crate::base::Right;
use serde::Serialize;

/// One field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where it is, in the sender's own words: `contact.email`.
    pub field: String,
    /// The rule it breaks, by id.
    pub rule: &'static str,
    /// What is wrong, and what would be right.
    pub detail: String,
}

impl Fault {
    /// A fault of `field` against `rule`.
    pub fn new(field: impl Into<String>, rule: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), rule, detail: detail.into() }
    }
}

/// A request that is not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read at all.
    #[error("{0}")]
    Malformed(String),
    /// It breaks rules: every field at fault is named.
    #[error("{} field(s) break a rule", .0.len())]
    Invalid(Vec<Fault>),
    /// There is no such thing, or it is not the asker's to see (LEAD-9).
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The asker lacks a right (LEAD-9).
    #[error("this needs the right '{0}'")]
    Forbidden(Right),
    /// Fields that only somebody with this right may change.
    #[error("{} needs the right '{}'", .1.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>().join(", "), .0)]
    ForbiddenFields(Right, Vec<Fault>),
    /// It clashes with what is so now.
    #[error("{0}")]
    Conflict(String),
    /// The asker saw an older version.
    #[error("the version is {current} by now")]
    Stale {
        /// The version that is current.
        current: u64,
    },
    /// A key that names an earlier request came with another body (INT-5).
    #[error("{0}")]
    Reused(String),
}

impl Refusal {
    /// The same refusal with its fields as `place` says that they stand in what the sender wrote.
    pub fn relocated(self, place: impl Fn(&str) -> Option<String>) -> Self {
        let moved = |fault: Fault| Fault { field: place(&fault.field).unwrap_or(fault.field), ..fault };
        match self {
            Self::Invalid(faults) => Self::Invalid(faults.into_iter().map(moved).collect()),
            other => other,
        }
    }

    /// One field breaks one rule.
    pub fn field(field: impl Into<String>, rule: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::new(field, rule, detail)])
    }
}
