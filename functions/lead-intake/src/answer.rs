//! The response to the sender of an enquiry.

use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Fault, LeadId, Refusal};
use forecourt_domain::enquiry::{Enquiry, Flag};
use forecourt_domain::lead::{Added, EnquiryReceipt, Lead};
use forecourt_edge::http::{Answer, Problem};
use forecourt_store::Failure;
use serde::Serialize;
use utoipa::ToSchema;

/// The lead created from an enquiry. A repeat of the enquiry gets the same answer (INT-5).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LeadCreated {
    /// The lead's id: its number without dashes.
    #[schema(example = "4829130576")]
    pub id: String,
    /// The lead's number in the form that people read out (INT-4).
    #[schema(example = "482-913-0576")]
    pub number: String,
    /// Id of the dealer.
    #[schema(example = "autohaus-nordstern-demo")]
    pub dealer: String,
    /// Id of the owner; `null` if many leads arrive at once. The owner is then set within seconds.
    #[schema(example = "mia.brandt")]
    pub owner: Option<String>,
    /// When the lead arrived.
    pub received_at: DateTime<Utc>,
    /// Deadline of the first response (LEAD-6); `null` if the dealer has set no response time.
    pub deadline: Option<DateTime<Utc>>,
    /// Fields that could not be read and were kept as text (INT-3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<FlagBody>,
}

/// The receipt of an enquiry, for a sender who may not read the lead. It is the same whether the person was known, and whether the enquiry
/// made a lead or was added to one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EnquiryReceiptView {
    /// The receipt's id, at `/enquiries/{receipt}`.
    #[schema(example = "k3v9x2m7q8w4r1t6")]
    pub receipt: String,
    /// Id of the dealer to which the enquiry was sent.
    #[schema(example = "autohaus-nordstern-demo")]
    pub dealer: String,
    /// When the enquiry arrived first.
    pub received_at: DateTime<Utc>,
    /// Fields that could not be read and were kept as text (INT-3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<FlagBody>,
}

impl EnquiryReceiptView {
    pub(crate) fn of(receipt: &EnquiryReceipt, flags: &[Flag]) -> Self {
        let EnquiryReceipt { id, dealer, at, .. } = receipt;
        Self { receipt: id.clone(), dealer: dealer.to_string(), received_at: *at, flags: FlagBody::all(flags) }
    }
}

/// The response to an enquiry: the lead if the sender may read it, else the receipt.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum EnquiryAccepted {
    /// The lead.
    Lead(LeadCreated),
    /// The receipt.
    Receipt(EnquiryReceiptView),
}

/// A field of the enquiry that a user should check.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FlagBody {
    /// Path of the field.
    pub field: String,
    /// Description of the problem.
    pub detail: String,
}

impl FlagBody {
    pub(crate) fn all(flags: &[Flag]) -> Vec<Self> {
        flags.iter().map(|flag| Self { field: flag.field.clone(), detail: flag.detail.clone() }).collect()
    }
}

impl LeadCreated {
    /// `dealer` is the dealer that took the enquiry: the lead may have moved to another one since.
    pub(crate) fn of(lead: &Lead, dealer: &DealerId, enquiry: &Enquiry) -> Self {
        Self {
            id: lead.id.to_string(),
            number: lead.id.spoken(),
            dealer: dealer.to_string(),
            owner: lead.origin.owner.as_ref().map(ToString::to_string),
            received_at: lead.arrived,
            deadline: lead.origin.deadline,
            flags: FlagBody::all(&enquiry.flags),
        }
    }
}

impl LeadCreated {
    /// Returns the response for an enquiry that was added to a lead in progress: with the owner and the deadline of that moment (INT-6).
    pub(crate) fn when_added(self, added: &Added) -> Self {
        Self { owner: added.owner.as_ref().map(ToString::to_string), received_at: added.at, deadline: added.deadline, ..self }
    }
}

/// The outcome of one enquiry.
#[derive(Debug)]
pub enum Outcome {
    /// A new lead was created.
    Created(LeadCreated),
    /// The enquiry was received before; the status is that of the first answer.
    Repeated {
        /// The lead.
        lead: LeadCreated,
        /// 201, or 200 if the enquiry had changed an existing lead.
        status: u16,
    },
    /// An existing lead was changed: the lead of the enquiry (ADF `resend`), or the contact's lead in progress (INT-6).
    Updated(LeadCreated),
    /// The enquiry is stored, and its sender may not read the lead.
    Received {
        /// The receipt.
        receipt: EnquiryReceiptView,
        /// Whether the enquiry was received before.
        again: bool,
    },
    /// No lead was created or changed.
    Refused(Problem),
}

impl Outcome {
    fn status(&self) -> u16 {
        match self {
            Outcome::Created(_) | Outcome::Received { .. } => 201,
            Outcome::Repeated { status, .. } => *status,
            Outcome::Updated(_) => 200,
            Outcome::Refused(problem) => problem.status,
        }
    }

    /// Whether an enquiry was stored that was not stored before.
    pub(crate) fn is_new(&self) -> bool {
        matches!(self, Outcome::Created(_) | Outcome::Updated(_) | Outcome::Received { again: false, .. })
    }

    /// Returns the lead. `None` if the enquiry was refused, or its sender got a receipt.
    pub(crate) fn lead(&self) -> Option<LeadId> {
        match self {
            Outcome::Created(lead) | Outcome::Repeated { lead, .. } | Outcome::Updated(lead) => lead.id.parse().ok(),
            Outcome::Received { .. } | Outcome::Refused(_) => None,
        }
    }

    /// Returns the id of the lead or the receipt, for the log.
    fn id(&self) -> Option<&str> {
        match self {
            Outcome::Created(lead) | Outcome::Repeated { lead, .. } | Outcome::Updated(lead) => Some(&lead.id),
            Outcome::Received { receipt, .. } => Some(&receipt.receipt),
            Outcome::Refused(_) => None,
        }
    }
}

/// The response to a document with several enquiries.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outcomes {
    /// One result per enquiry, in the document's order.
    pub results: Vec<OutcomeBody>,
}

/// The outcome of one enquiry in a document with several.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeBody {
    /// The status that the enquiry would get alone: 201, 200, 422 …
    pub status: u16,
    /// The lead, if the enquiry was accepted and you may read the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadCreated>,
    /// The receipt, if the enquiry was accepted and you may not read the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enquiry: Option<EnquiryReceiptView>,
    /// The problem, if the enquiry was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Answers a single enquiry with its own status and several enquiries with 207.
pub(crate) fn of_request(mut outcomes: Vec<Outcome>) -> Result<Answer, Problem> {
    if outcomes.len() > 1 {
        let about = outcomes.iter().filter_map(Outcome::id).collect::<Vec<_>>().join(" ");
        let body = |outcome: Outcome| {
            let of = OutcomeBody { status: outcome.status(), lead: None, enquiry: None, problem: None };
            match outcome {
                Outcome::Created(lead) | Outcome::Repeated { lead, .. } | Outcome::Updated(lead) => OutcomeBody { lead: Some(lead), ..of },
                Outcome::Received { receipt, .. } => OutcomeBody { enquiry: Some(receipt), ..of },
                Outcome::Refused(problem) => OutcomeBody { problem: Some(problem), ..of },
            }
        };
        let results = outcomes.into_iter().map(body).collect();
        return Ok(Answer::new(207, &Outcomes { results })?.about(&about));
    }
    let outcome = outcomes.pop().ok_or_else(|| Problem::malformed("the document contains no enquiry"))?;
    let status = outcome.status();
    let replayed = matches!(outcome, Outcome::Repeated { .. } | Outcome::Received { again: true, .. });
    let (accepted, location) = match outcome {
        Outcome::Refused(problem) => return Err(problem),
        Outcome::Created(lead) | Outcome::Repeated { lead, .. } | Outcome::Updated(lead) => {
            let location = format!("/leads/{}", lead.id);
            (EnquiryAccepted::Lead(lead), location)
        }
        Outcome::Received { receipt, .. } => {
            let location = format!("/enquiries/{}", receipt.receipt);
            (EnquiryAccepted::Receipt(receipt), location)
        }
    };
    let about = location.rsplit('/').next().unwrap_or_default().to_owned();
    let answer = Answer::new(status, &accepted)?.header("location", location).about(&about);
    Ok(if replayed { answer.header("idempotent-replay", "true") } else { answer })
}

/// Returns the ids of the receipts or leads if every enquiry of a message was accepted.
///
/// # Errors
/// The refusal of an enquiry. The message is delivered again; enquiries that were accepted are then repeats.
pub(crate) fn of_message(outcomes: Vec<Outcome>) -> Result<String, Failure> {
    let mut leads = Vec::new();
    let mut refused = Vec::new();
    let single = outcomes.len() == 1;
    for (position, outcome) in outcomes.into_iter().enumerate() {
        leads.extend(outcome.id().map(str::to_owned));
        if let Outcome::Refused(problem) = outcome {
            refused.push((position, problem));
        }
    }
    // If an enquiry failed temporarily, the message is retried. Otherwise its refusals are final.
    if let Some(temporary) = refused.iter().position(|(_, problem)| problem.cause.is_some()) {
        return Err(as_failure(refused.swap_remove(temporary).1));
    }
    match refused.len() {
        0 => Ok(leads.join(" ")),
        1 if single => Err(as_failure(refused.swap_remove(0).1)),
        _ => Err(Failure::Refused(Refusal::Invalid(
            refused.into_iter().flat_map(|(position, problem)| faults_of(position, problem)).collect(),
        ))),
    }
}

/// Converts a problem to the failure with which a message returns to the queue.
pub(crate) fn as_failure(problem: Problem) -> Failure {
    if let Some(cause) = problem.cause {
        return Failure::Unavailable(cause.into());
    }
    // A sender who is above ten times its limit waits; nothing of it is lost (SET-12).
    if problem.retry_after.is_some() {
        return Failure::Unavailable(problem.detail.into());
    }
    if problem.errors.is_empty() {
        // Only a body that cannot be read is malformed: its parser may quote it.
        let rule = problem.rule.filter(|_| problem.status != 400);
        let Some(rule) = rule else { return Failure::Refused(Refusal::Malformed(problem.detail)) };
        let detail = problem.detail.strip_suffix(&format!(" ({rule})")).unwrap_or(&problem.detail);
        return Failure::Refused(Refusal::conflict(rule, detail));
    }
    Failure::Refused(Refusal::Invalid(problem.errors.into_iter().map(|e| Fault::new(e.field, e.rule, e.detail)).collect()))
}

/// The faults of one of several enquiries, each with the enquiry's place.
fn faults_of(position: usize, problem: Problem) -> Vec<Fault> {
    let within = format!("enquiries[{position}]");
    if problem.errors.is_empty() {
        return vec![Fault::new(within, "INT-2", problem.detail)];
    }
    problem.errors.into_iter().map(|e| Fault::new(format!("{within}.{}", e.field), e.rule, e.detail)).collect()
}
