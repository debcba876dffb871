//! What happens to the follow-up plan of a lead, and what it yields (CAL-11).

use crate::base::PlanId;
use serde::{Deserialize, Serialize};

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// Its last step was carried out.
    Finished,
    /// The customer wrote, called, came in, or was reached.
    Answered,
    /// An appointment was booked.
    Booked,
    /// The lead was won.
    Won,
    /// The lead was lost.
    Lost,
    /// The customer objected to messages (PRV-6, MSG-1).
    OptOut,
    /// The lead went to another dealer.
    Transferred,
    /// The contact was erased, or is being erased (PRV-2).
    Erased,
    /// A user stopped it.
    ByUser,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

impl StopCause {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            StopCause::Finished => "finished",
            StopCause::Answered => "answered",
            StopCause::Booked => "booked",
            StopCause::Won => "won",
            StopCause::Lost => "lost",
            StopCause::OptOut => "opt_out",
            StopCause::Transferred => "transferred",
            StopCause::Erased => "erased",
            StopCause::ByUser => "by_user",
            StopCause::Unknown => "unknown",
        }
    }
}

/// Why a step made nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepSkipped {
    /// The customer did not agree to messages of this channel and purpose (PRV-6).
    NoConsent,
    /// The customer has no address for the medium.
    NoAddress,
    /// An earlier mail to the address came back (MSG-1).
    Bounced,
    /// The dealer sends no text messages to numbers of this country (SET-12).
    Country,
    /// The dealer sends no mail to customers (`send_external_mail`, MSG-1).
    Switched,
    /// The dealer answers customers in another system (`lead_tracking_only`, SET-5).
    TrackingOnly,
    /// The lead has the maximum number of incomplete events or communications.
    Full,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

impl StepSkipped {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            StepSkipped::NoConsent => "no_consent",
            StepSkipped::NoAddress => "no_address",
            StepSkipped::Bounced => "bounced",
            StepSkipped::Country => "country",
            StepSkipped::Switched => "switched",
            StepSkipped::TrackingOnly => "tracking_only",
            StepSkipped::Full => "full",
            StepSkipped::Unknown => "unknown",
        }
    }
}

/// What the timeline says about a follow-up plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanChange {
    /// What happened.
    #[serde(rename = "did")]
    pub action: PlanAction,
    /// The plan.
    pub plan: PlanId,
    /// Its name at the start.
    pub name: String,
    /// The number of the step, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// The title of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Why the step made nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<StepSkipped>,
    /// Why the plan ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<StopCause>,
}

/// What happened to a follow-up plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanAction {
    /// It was started.
    Started,
    /// It carried out a step.
    Step,
    /// It ended.
    Ended,
    /// A change of another release.
    #[serde(other)]
    Unknown,
}

/// The yield of a run, as figures count it: a few bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpYield {
    /// The plan.
    pub plan: PlanId,
    /// The yield of each step that was carried out: a sum of the constants.
    pub steps: Vec<u8>,
}

impl FollowUpYield {
    /// The step made a calendar event.
    pub const EVENT: u8 = 1;
    /// The step sent a message.
    pub const MESSAGE: u8 = 2;
    /// The step was left out.
    pub const SKIPPED: u8 = 4;
    /// The event was completed, or marked as a no-show.
    pub const COMPLETED: u8 = 8;
    /// The customer reacted.
    pub const ANSWERED: u8 = 16;
    /// An appointment was booked.
    pub const BOOKED: u8 = 32;
    /// The lead was won.
    pub const WON: u8 = 64;
}
