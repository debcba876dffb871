//! What happens to a follow-up, and why it leaves a method or its chain (FUP-3).

use crate::base::AppointmentId;
use crate::follow_up::SkipReason;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Why a follow-up has left a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodEnd {
    /// The message was sent, or the letter was printed.
    Sent,
    /// The last attempt to call did not reach the customer.
    Unreached,
    /// The number is wrong.
    WrongNumber,
    /// A user moved it on.
    Passed,
    /// The method was not allowed.
    Skipped(SkipReason),
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

/// The result of a call after which the follow-up stays on the telephone list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// The customer was not available.
    Unavailable,
    /// The customer wants to be called at another time.
    CallBack,
    /// A result of another release.
    #[serde(other)]
    Unknown,
}

/// Why a chain has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainEnd {
    /// The customer declined, with the reason.
    Declined(String),
    /// The customer objects to such contacts.
    OptedOut,
    /// No method is left.
    Exhausted,
    /// The dealer has withdrawn it: the job is done elsewhere, or the entry was an error.
    Withdrawn,
    /// The contact was erased (PRV-2).
    Erased,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

impl ChainEnd {
    /// Returns the name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            ChainEnd::Declined(_) => "declined",
            ChainEnd::OptedOut => "opted_out",
            ChainEnd::Exhausted => "exhausted",
            ChainEnd::Withdrawn => "withdrawn",
            ChainEnd::Erased => "erased",
            ChainEnd::Unknown => "unknown",
        }
    }
}

/// Something that happens to a follow-up.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The message was sent, or the letter was printed.
    Sent,
    /// The customer has booked this appointment.
    Booked(AppointmentId),
    /// The appointment was cancelled.
    Cancelled,
    /// The customer declined, for this reason.
    Declined(String),
    /// The customer objects to such contacts.
    OptedOut,
    /// The customer was not available.
    Unavailable,
    /// The customer wants to be called at this time.
    CallBack(DateTime<Utc>),
    /// The number is not the customer's.
    WrongNumber,
    /// A user moves it on to the next method.
    NextMethod,
    /// The dealer withdraws it.
    Withdrawn,
    /// The consents or addresses may have changed.
    Checked,
}

impl Outcome {
    /// Returns the name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Sent => "sent",
            Outcome::Booked(_) => "booked",
            Outcome::Cancelled => "cancelled",
            Outcome::Declined(_) => "declined",
            Outcome::OptedOut => "opted_out",
            Outcome::Unavailable => "unavailable",
            Outcome::CallBack(_) => "call_back",
            Outcome::WrongNumber => "wrong_number",
            Outcome::NextMethod => "next_method",
            Outcome::Withdrawn => "withdrawn",
            Outcome::Checked => "checked",
        }
    }
}
