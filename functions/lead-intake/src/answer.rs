//! What the sender of an enquiry is told.

use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Fault, Refusal};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::{Added, Lead};
use forecourt_edge::http::{Answer, Problem};
use forecourt_store::Failure;
use serde::Serialize;
use utoipa::ToSchema;

/// A lead that an enquiry has become. A repeat of the enquiry gets the same answer (INT-5).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LeadCreated {
    /// The lead's id: its number without dashes.
    #[schema(example = "4829130576")]
    pub id: String,
    /// The lead's number, as people say it (INT-4).
    #[schema(example = "482-913-0576")]
    pub number: String,
    /// The dealer that has it.
    #[schema(example = "autohaus-nordstern-demo")]
    pub dealer: String,
    /// The salesperson who owns it; `null` for the moment it takes where many leads come at once.
    #[schema(example = "mia.brandt")]
    pub owner: Option<String>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When it should be answered (LEAD-6); `null`: the dealer has set no time.
    pub deadline: Option<DateTime<Utc>>,
    /// What could not be read and was kept as it came (INT-3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<FlagBody>,
}

/// Something in the enquiry that a person should look at.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FlagBody {
    /// Where it is.
    pub field: String,
    /// What is odd.
    pub detail: String,
}

impl LeadCreated {
    /// `dealer` is the one that was asked: the lead may have gone to another since.
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
    /// The same for an enquiry that was added to a lead in progress: who had the lead then, and the deadline that ran (INT-6).
    pub(crate) fn when_added(self, told: &Added) -> Self {
        Self { owner: told.owner.as_ref().map(ToString::to_string), received_at: told.at, deadline: told.deadline, ..self }
    }
}

/// What became of one enquiry.
#[derive(Debug)]
pub enum Outcome {
    /// A lead.
    Created(LeadCreated),
    /// The lead that it was already, with the status of the first answer.
    Repeated {
        /// The lead.
        lead: LeadCreated,
        /// 201, or 200 for what had changed a lead.
        status: u16,
    },
    /// A lead that was there already, changed: the one that it was (ADF `resend`), or the contact's lead in progress (INT-6).
    Updated(LeadCreated),
    /// Nothing, and why.
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

/// The answer to a document with several enquiries.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outcomes {
    /// One for each enquiry, in the document's order.
    pub results: Vec<OutcomeBody>,
}

/// What became of one enquiry of several.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeBody {
    /// As if it had come alone: 201, 200, 422 …
    pub status: u16,
    /// The lead, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadCreated>,
    /// Why not, where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// One enquiry is answered by itself, several by 207.
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
    let outcome = outcomes.pop().ok_or_else(|| Problem::malformed("the document holds no enquiry"))?;
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

/// A message is done when every enquiry in it is a lead; those that are already stay what they are when it comes again.
pub(crate) fn of_message(outcomes: Vec<Outcome>) -> Result<String, Failure> {
    let mut leads = Vec::new();
    let mut refused = None;
    for outcome in outcomes {
        match outcome {
            Outcome::Refused(problem) => refused = Some(problem),
            Outcome::Created(lead) | Outcome::Repeated { lead, .. } | Outcome::Updated(lead) => leads.push(lead.id),
        }
    }
    match refused {
        Some(problem) => Err(as_failure(problem)),
        None => Ok(leads.join(" ")),
    }
}

/// A problem as the reason why a message goes back.
pub(crate) fn as_failure(problem: Problem) -> Failure {
    if let Some(cause) = problem.cause {
        return Failure::Unavailable(cause.into());
    }
    if problem.errors.is_empty() {
        return Failure::Refused(Refusal::Malformed(problem.detail));
    }
    Failure::Refused(Refusal::Invalid(problem.errors.into_iter().map(|e| Fault::new(e.field, e.rule, e.detail)).collect()))
}
