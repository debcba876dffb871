//! The follow-ups of a dealer: the types of jobs, their chains of contact methods, and the reasons of customers who decline (FUP-1, FUP-3).

use crate::base::text::{caseless, is_line};
use crate::base::{ContactChannel, DECLINE_REASONS, Fault, JOB_TYPES, whole};
use serde::{Deserialize, Serialize};

/// The settings of a dealer's follow-ups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowUpSettings {
    /// The chain of the job types without an own chain: the contact methods in order. Default: text message 28 days before the due date,
    /// e-mail 21 days, telephone 14 days, letter 7 days.
    pub methods: Vec<MethodStep>,
    /// The job types with an own chain, and those that the dealer has in addition to [`JOB_TYPES`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub job_types: Vec<JobType>,
    /// Reasons of customers who decline, in addition to [`DECLINE_REASONS`] (FUP-3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decline_reasons: Vec<String>,
    /// The least number of days between a contact and the next method: 1 to 60. Default 3. It matters if the chain is late.
    #[serde(deserialize_with = "whole::<_, _, 1, 60>")]
    pub min_gap_days: u32,
    /// The number of calls without a result after which a follow-up leaves the telephone list: 1 to 50. Default 6.
    #[serde(deserialize_with = "whole::<_, _, 1, 50>")]
    pub max_attempts: u32,
}

/// A step of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodStep {
    /// The contact method: `sms`, `email`, `telephone` or `letter`.
    pub method: ContactChannel,
    /// The days before the due date on which the follow-up comes on the list of the method: 0 to 365.
    #[serde(deserialize_with = "whole::<_, _, 0, 365>")]
    pub lead_days: u32,
}

/// A type of jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobType {
    /// The name, 1 to 40 characters: one of [`JOB_TYPES`], or another one.
    pub name: String,
    /// The own chain. `None` means the dealer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<MethodStep>>,
}

impl Default for FollowUpSettings {
    fn default() -> Self {
        let step = |(method, lead_days)| MethodStep { method, lead_days };
        let methods =
            [(ContactChannel::Sms, 28), (ContactChannel::Email, 21), (ContactChannel::Telephone, 14), (ContactChannel::Letter, 7)];
        Self { methods: methods.map(step).to_vec(), job_types: Vec::new(), decline_reasons: Vec::new(), min_gap_days: 3, max_attempts: 6 }
    }
}

impl FollowUpSettings {
    const MAX_LEAD_DAYS: u32 = 365;
    const MAX_GAP_DAYS: u32 = 60;
    const MAX_ATTEMPTS: u32 = 50;
    const JOB_TYPES: usize = 50;
    /// The maximum number of the dealer's own reasons of customers who decline.
    pub const REASONS: usize = 100;
    const NAME: usize = 40;
    const REASON: usize = 60;

    /// Returns every fault. The paths of the fields are relative to these settings.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        check_chain("methods", &self.methods, &mut faults);
        for (field, value, most) in
            [("min_gap_days", self.min_gap_days, Self::MAX_GAP_DAYS), ("max_attempts", self.max_attempts, Self::MAX_ATTEMPTS)]
        {
            if !(1..=most).contains(&value) {
                faults.push(Fault::new(field, "FUP-1", format!("must be 1 to {most}")));
            }
        }
        for (i, job) in self.job_types.iter().enumerate() {
            if !is_line(&job.name, Self::NAME) {
                faults.push(Fault::new(
                    format!("job_types[{i}].name"),
                    "FUP-1",
                    format!("must be 1 to {} characters in one line", Self::NAME),
                ));
            }
            if self.job_types[..i].iter().any(|other| caseless(&other.name) == caseless(&job.name)) {
                faults.push(Fault::new(format!("job_types[{i}].name"), "FUP-1", "is listed twice"));
            }
            if let Some(methods) = &job.methods {
                check_chain(&format!("job_types[{i}].methods"), methods, &mut faults);
            }
        }
        for (i, reason) in self.decline_reasons.iter().enumerate() {
            let earlier = DECLINE_REASONS.into_iter().chain(self.decline_reasons[..i].iter().map(String::as_str));
            let field = format!("decline_reasons[{i}]");
            if !is_line(reason, Self::REASON) {
                faults.push(Fault::new(field, "FUP-3", format!("must be 1 to {} characters in one line", Self::REASON)));
            } else if earlier.into_iter().any(|other| caseless(other) == caseless(reason)) {
                faults.push(Fault::new(field, "FUP-3", "is listed twice, or is a reason that every dealer has"));
            }
        }
        for (field, count, most) in
            [("job_types", self.job_types.len(), Self::JOB_TYPES), ("decline_reasons", self.decline_reasons.len(), Self::REASONS)]
        {
            if count > most {
                faults.push(Fault::new(field, "FUP-1", format!("must have at most {most} entries")));
            }
        }
        faults
    }

    /// Returns the names of all job types.
    pub fn job_names(&self) -> Vec<&str> {
        let own = self.job_types.iter().map(|job| job.name.as_str());
        let own = own.filter(|name| JOB_TYPES.iter().all(|known| caseless(known) != caseless(name)));
        JOB_TYPES.into_iter().chain(own).collect()
    }

    /// Returns the job type that `text` names, as it is stored.
    pub fn job_type(&self, text: &str) -> Option<&str> {
        self.job_names().into_iter().find(|name| caseless(name) == caseless(text))
    }

    /// Returns the chain of a job type.
    pub fn chain_of(&self, job: &str) -> &[MethodStep] {
        let own = self.job_types.iter().find(|known| caseless(&known.name) == caseless(job));
        own.and_then(|job| job.methods.as_deref()).unwrap_or(&self.methods)
    }

    /// Returns all reasons of customers who decline.
    pub fn reasons(&self) -> Vec<&str> {
        DECLINE_REASONS.into_iter().chain(self.decline_reasons.iter().map(String::as_str)).collect()
    }

    /// Returns the reason that `text` names, as it is stored (FUP-3).
    pub fn decline_reason(&self, text: &str) -> Option<&str> {
        self.reasons().into_iter().find(|reason| caseless(reason) == caseless(text))
    }
}

/// Checks a chain: each method once, and each nearer to the due date than the one before.
fn check_chain(at: &str, methods: &[MethodStep], faults: &mut Vec<Fault>) {
    let mut fault = |field: String, detail: String| faults.push(Fault::new(field, "FUP-1", detail));
    if methods.is_empty() {
        fault(at.to_owned(), "must have at least one method".into());
    }
    for (i, step) in methods.iter().enumerate() {
        if step.method == ContactChannel::Unknown {
            fault(format!("{at}[{i}].method"), "must be sms, email, telephone or letter".into());
        } else if methods[..i].iter().any(|earlier| earlier.method == step.method) {
            fault(format!("{at}[{i}].method"), "is listed twice; a chain has each method once".into());
        }
        let most = FollowUpSettings::MAX_LEAD_DAYS;
        if step.lead_days > most {
            fault(format!("{at}[{i}].lead_days"), format!("must be 0 to {most}"));
        } else if i > 0 && step.lead_days > methods[i - 1].lead_days {
            fault(format!("{at}[{i}].lead_days"), "must not be more than that of the method before".into());
        }
    }
}
