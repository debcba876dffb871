//! The response to the sender of an enquiry.

use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Fault, Refusal};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::{Added, Lead};
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

/// A field of the enquiry that a user should check.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FlagBody {
    /// Path of the field.
    pub field: String,
    /// Description of the problem.
    pub detail: String,
}

impl LeadCreated {
    /// `dealer` is the dealer of the request: the lead may have moved to another one since.
    pub(crate) fn of(lead: &Lead, dealer: &DealerId, enquiry: &Enquiry) -> Self {
        let flags = enquiry.flags.iter().map(|f| FlagBody { field: f.field.clone(), detail: f.detail.clone() });
        Self {
            id: lead.id.to_string(),
            number: lead.id.spoken(),
            dealer: dealer.to_string(),
            owner: lead.origin.owner.as_ref().map(ToString::to_string),
            received_at: lead.arrived,
            deadline: lead.origin.deadline,
            flags: flags.collect(),
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
    /// No lead was created or changed.
    Refused(Problem),
}

impl Outcome {
    fn status(&self) -> u16 {
        match self {
            Outcome::Created(_) => 201,
            Outcome::Repeated { status, .. } => *status,
            Outcome::Updated(_) => 200,
            Outcome::Refused(problem) => problem.status,
        }
    }

    fn lead(&self) -> Option<&LeadCreated> {
        match self {
            Outcome::Created(lead) | Outcome::Repeated { lead, .. } | Outcome::Updated(lead) => Some(lead),
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
    /// The lead, if the enquiry was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadCreated>,
    /// The problem, if the enquiry was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Answers a single enquiry with its own status and several enquiries with 207.
pub(crate) fn of_request(mut outcomes: Vec<Outcome>) -> Result<Answer, Problem> {
    if outcomes.len() > 1 {
        let about = outcomes.iter().filter_map(Outcome::lead).map(|lead| lead.id.clone()).collect::<Vec<_>>().join(" ");
        let body = |outcome: Outcome| {
            let (status, lead) = (outcome.status(), outcome.lead().cloned());
            let problem = match outcome {
                Outcome::Refused(problem) => Some(problem),
                _ => None,
            };
            OutcomeBody { status, lead, problem }
        };
        let results = outcomes.into_iter().map(body).collect();
        return Ok(Answer::new(207, &Outcomes { results })?.about(&about));
    }
    let outcome = outcomes.pop().ok_or_else(|| Problem::malformed("the document contains no enquiry"))?;
    let status = outcome.status();
    let replayed = matches!(outcome, Outcome::Repeated { .. });
    match outcome {
        Outcome::Refused(problem) => Err(problem),
        Outcome::Created(lead) | Outcome::Repeated { lead, .. } | Outcome::Updated(lead) => {
            let answer = Answer::new(status, &lead)?.header("location", format!("/leads/{}", lead.id)).about(&lead.id);
            Ok(if replayed { answer.header("idempotent-replay", "true") } else { answer })
        }
    }
}

/// Returns the ids of the leads if every enquiry of a message was accepted.
///
/// # Errors
/// The refusal of an enquiry. The message is delivered again; enquiries that were accepted are then repeats.
pub(crate) fn of_message(outcomes: Vec<Outcome>) -> Result<String, Failure> {
    let mut leads = Vec::new();
    let mut refused = Vec::new();
    let single = outcomes.len() == 1;
    for (position, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Outcome::Refused(problem) => refused.push((position, problem)),
            Outcome::Created(lead) | Outcome::Repeated { lead, .. } | Outcome::Updated(lead) => leads.push(lead.id),
        }
    }
    // Trouble on our side passes; a refusal is final only if nothing else is left to do.
    if let Some(trouble) = refused.iter().position(|(_, problem)| problem.cause.is_some()) {
        return Err(as_failure(refused.swap_remove(trouble).1));
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
