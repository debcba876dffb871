//! The kinds of the provider's reports about a mail, and the reasons of stops of an address (MSG-1).

use serde::{Deserialize, Serialize};

/// A kind of the provider's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// The provider still tries to deliver it.
    Delayed,
    /// It was not delivered, and a later mail may be: the mailbox is full, for example. SES reports an automatic answer in the same way.
    Returned,
    /// The recipient's mail server accepted it.
    Delivered,
    /// The provider accepted it and then refused to send it.
    Rejected,
    /// The address does not work.
    Bounced,
    /// The recipient marked it as unwanted.
    Complained,
    /// A report of another release.
    #[serde(other)]
    Unknown,
}

impl ReportKind {
    /// Whether it replaces an earlier report, so that the order in which reports arrive makes no difference. A delivery outweighs a
    /// temporary failure, which may be an automatic answer.
    pub fn outweighs(self, known: Self) -> bool {
        let weight = |kind| match kind {
            ReportKind::Unknown => 0,
            ReportKind::Delayed => 1,
            ReportKind::Returned => 2,
            ReportKind::Delivered => 3,
            ReportKind::Rejected => 4,
            ReportKind::Bounced => 5,
            ReportKind::Complained => 6,
        };
        weight(self) > weight(known)
    }

    /// Whether the letter did not arrive, or was unwanted.
    pub fn is_failure(self) -> bool {
        !matches!(self, ReportKind::Unknown | ReportKind::Delayed | ReportKind::Delivered)
    }

    /// Returns the name of the letter's state in the API. `None` if the letter still counts as sent.
    pub fn state(self) -> Option<&'static str> {
        match self {
            ReportKind::Unknown | ReportKind::Delayed => None,
            ReportKind::Returned => Some("returned"),
            ReportKind::Delivered => Some("delivered"),
            ReportKind::Rejected => Some("rejected"),
            ReportKind::Bounced => Some("bounced"),
            ReportKind::Complained => Some("complained"),
        }
    }

    /// Returns the reason for which no further mail is sent to the address. `None` if mail is still sent.
    pub fn stops(self) -> Option<StopReason> {
        match self {
            ReportKind::Bounced => Some(StopReason::Bounced),
            ReportKind::Complained => Some(StopReason::Complained),
            _ => None,
        }
    }
}

/// The reason for which messages to an address are stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// A mail came back: the address does not work.
    Bounced,
    /// The recipient marked a mail as unwanted.
    Complained,
    /// The recipient wants neither advertising nor service mails. Other mail is sent.
    Unsubscribed,
    /// The recipient wants no text messages of the dealer.
    Stopped,
    /// A reason of another release. It stops nothing.
    #[serde(other)]
    Unknown,
}

impl StopReason {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            StopReason::Bounced => "bounced",
            StopReason::Complained => "complained",
            StopReason::Unsubscribed => "unsubscribed",
            StopReason::Stopped => "stopped",
            StopReason::Unknown => "unknown",
        }
    }

    /// Reads a name of the API.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Bounced, Self::Complained, Self::Unsubscribed, Self::Stopped].into_iter().find(|reason| reason.name() == name)
    }
}
