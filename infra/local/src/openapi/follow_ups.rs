//! The bodies of the settings of service follow-ups and follow-up plans, as the API accepts them: see `settings`.

#![expect(dead_code, reason = "the types are only described")]

use utoipa::ToSchema;

/// The settings of follow-ups (FUP-1, FUP-3).
#[derive(ToSchema)]
#[schema(example = json!({"job_types": [{"name": "HU/AU", "methods": [{"method": "email", "lead_days": 30}]}]}))]
pub(super) struct FollowUpSettingsBody {
    /// The chain of the job types without an own chain.
    #[schema(min_items = 1, max_items = 4)]
    methods: Option<Vec<MethodStepBody>>,
    /// The job types with an own chain, and those in addition to `MOT`, `Service`, `VHC`, `VOSA` and `PMI`.
    #[schema(max_items = 50)]
    job_types: Option<Vec<JobTypeBody>>,
    /// Reasons of customers who decline, in addition to those that every dealer has.
    #[schema(max_items = 100)]
    decline_reasons: Option<Vec<String>>,
    /// The least number of days between a contact and the next method.
    #[schema(minimum = 1, maximum = 60)]
    min_gap_days: Option<u32>,
    /// The number of calls without a result after which a follow-up leaves the telephone list.
    #[schema(minimum = 1, maximum = 50)]
    max_attempts: Option<u32>,
}

/// A step of a chain of contact methods. No step is nearer to the due date than the one after it.
#[derive(ToSchema)]
pub(super) struct MethodStepBody {
    /// `sms`, `email`, `telephone` or `letter`; each at most once in a chain.
    method: String,
    /// The days before the due date on which a follow-up comes on the list of the method.
    #[schema(maximum = 365)]
    lead_days: u32,
}

/// A type of jobs of follow-ups.
#[derive(ToSchema)]
pub(super) struct JobTypeBody {
    /// The name.
    #[schema(min_length = 1, max_length = 40)]
    name: String,
    /// The own chain; default: the dealer's.
    #[schema(min_items = 1, max_items = 4)]
    methods: Option<Vec<MethodStepBody>>,
}

/// The follow-up plans (CAL-11).
#[derive(ToSchema)]
pub(super) struct FollowUpPlansBody {
    /// The plans. Of those that start with the first answer, the first one for the type of the lead starts.
    #[schema(max_items = 20)]
    follow_up_plans: Option<Vec<FollowUpPlanBody>>,
}

/// A follow-up plan.
#[derive(ToSchema)]
pub(super) struct FollowUpPlanBody {
    /// The id: 1 to 64 characters of `a-z`, `0-9`, `-`, `_` and `.`.
    #[schema(max_length = 64)]
    id: String,
    /// The name.
    #[schema(max_length = 100)]
    name: String,
    /// The types of the leads; empty: all.
    types: Option<Vec<String>>,
    /// `by_hand` (default) or `after_answer`: with the first answer to the customer.
    starts: Option<String>,
    /// The steps, each on a later day than the one before.
    #[schema(min_items = 1, max_items = 20)]
    steps: Vec<PlanStepBody>,
}

/// A step of a follow-up plan.
#[derive(ToSchema)]
pub(super) struct PlanStepBody {
    /// Days after the start. The step is carried out at the opening of that day, or of the first open day after it.
    #[schema(maximum = 365)]
    day: u32,
    /// The type of the calendar event; not `booked_test_drive`.
    #[schema(rename = "type")]
    kind: String,
    /// The title of the event.
    #[schema(max_length = 200)]
    title: String,
    /// The id of a canned answer of the dealer, which is sent instead of making an event.
    #[schema(max_length = 64)]
    text: Option<String>,
    /// The purpose of the message: `contract`, `service` or `advertising` (default), which needs the customer's consent.
    purpose: Option<String>,
}
