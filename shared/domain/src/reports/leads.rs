//! Overview of leads (OVR-2).

use crate::base::text::caseless;
use crate::base::{DealerId, Status, UserId};
use crate::lead::{FurtherAnswers, RESPONSE_BUCKETS, response_bucket};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The facts of a lead that are counted and filtered.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadFacts {
    /// The dealer.
    pub dealer: DealerId,
    /// When it came to its dealer.
    pub received: DateTime<Utc>,
    /// The owner.
    pub owner: Option<UserId>,
    /// The source of the enquiry.
    pub source: String,
    /// In progress, won or lost.
    pub status: Status,
    /// The very first reaction.
    pub response: Option<Response>,
    /// The current deadline, before any change by a user. It counts while no reaction met or missed it.
    pub deadline: Option<DateTime<Utc>>,
    /// The highest escalation level so far, without the levels of further messages: 0, 1 or 2.
    pub level: u8,
    /// The answers to further messages.
    pub further: FurtherAnswers,
    /// Whether a further message waits for its answer, by the deadline above.
    pub further_waits: bool,
}

/// The very first reaction to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// Response time in seconds of opening hours.
    pub working_seconds: u64,
    /// Whether it met the deadline of that time. `None` if the lead had no deadline.
    pub in_time: Option<bool>,
}

/// Counts of leads (OVR-4).
#[derive(Debug, Clone, Default)]
pub struct LeadCounts {
    /// All leads.
    pub received: u64,
    /// Leads with a reaction.
    pub answered: u64,
    /// Leads with a reaction by the deadline.
    pub in_time: u64,
    /// Leads with a reaction after the deadline.
    pub late: u64,
    /// Leads without a reaction whose deadline is past.
    pub overdue: u64,
    /// Leads that reached level 1, including those that reached level 2.
    pub level_1: u64,
    /// Leads that reached level 2.
    pub level_2: u64,
    /// Won.
    pub won: u64,
    /// Lost.
    pub lost: u64,
    /// The response time of each lead with a reaction, in seconds of opening hours.
    responses: Vec<u64>,
    /// The answers to further messages, which the other counts leave out.
    pub further: FurtherCounts,
}

/// Counts of further messages that waited for an answer (OVR-4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FurtherCounts {
    /// All of them.
    pub received: u64,
    /// Those with an answer.
    pub answered: u64,
    /// Those with an answer by the deadline.
    pub in_time: u64,
    /// Those with an answer after the deadline.
    pub late: u64,
    /// Those without an answer whose deadline is past.
    pub overdue: u64,
    /// Those that reached level 1, including those that reached level 2.
    pub level_1: u64,
    /// Those that reached level 2.
    pub level_2: u64,
    /// The number of answers in each of [`RESPONSE_BUCKETS`], and of those with a longer response time.
    pub response_times: [u64; RESPONSE_BUCKETS.len() + 1],
}

impl FurtherCounts {
    fn count(&mut self, facts: &LeadFacts, now: DateTime<Utc>) {
        let FurtherAnswers { in_time, late, times, levels, .. } = &facts.further;
        self.level_1 += u64::from(levels[0]);
        self.level_2 += u64::from(levels[1]);
        self.answered += facts.further.answered();
        self.received += facts.further.answered() + u64::from(facts.further_waits);
        self.in_time += u64::from(*in_time);
        self.late += u64::from(*late);
        self.overdue += u64::from(facts.further_waits && facts.deadline.is_some_and(|deadline| deadline < now));
        for (sum, number) in self.response_times.iter_mut().zip(times) {
            *sum += u64::from(*number);
        }
    }

    /// The number of messages whose deadline was met or missed.
    pub fn judged(&self) -> u64 {
        self.in_time + self.late + self.overdue
    }
}

impl LeadCounts {
    fn count(&mut self, facts: &LeadFacts, now: DateTime<Utc>) {
        self.received += 1;
        self.further.count(facts, now);
        match facts.response {
            Some(response) => {
                self.answered += 1;
                self.in_time += u64::from(response.in_time == Some(true));
                self.late += u64::from(response.in_time == Some(false));
                self.responses.push(response.working_seconds);
            }
            None => self.overdue += u64::from(facts.deadline.is_some_and(|deadline| deadline < now)),
        }
        self.level_1 += u64::from(facts.level >= 1);
        self.level_2 += u64::from(facts.level >= 2);
        self.won += u64::from(facts.status == Status::Won);
        self.lost += u64::from(matches!(facts.status, Status::Lost(_)));
    }

    /// The number of leads whose deadline was met or missed. Leads with a future deadline or none do not count.
    pub fn judged(&self) -> u64 {
        self.in_time + self.late + self.overdue
    }

    /// The number of leads without a reaction.
    pub fn unanswered(&self) -> u64 {
        self.received - self.answered
    }

    /// Returns the number of leads with a reaction in each of [`RESPONSE_BUCKETS`], and of those with a longer response time.
    pub fn response_times(&self) -> [u64; RESPONSE_BUCKETS.len() + 1] {
        let mut numbers = [0; RESPONSE_BUCKETS.len() + 1];
        for seconds in &self.responses {
            numbers[response_bucket(*seconds)] += 1;
        }
        numbers
    }

    /// Returns the response time, in working minutes to one decimal, that `percent` of the leads with a reaction did not exceed (nearest
    /// rank). `None` if no lead has a reaction.
    pub fn percentile(&mut self, percent: usize) -> Option<f64> {
        let rank = (self.responses.len() * percent).div_ceil(100).checked_sub(1)?;
        let (_, seconds, _) = self.responses.select_nth_unstable(rank);
        Some((*seconds as f64 / 6.0).round() / 10.0)
    }
}

/// The lead overview: counts of all leads, and by user, source and dealer. A lead without an owner counts for no user.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct LeadTally {
    pub all: LeadCounts,
    pub users: BTreeMap<UserId, LeadCounts>,
    pub sources: BTreeMap<String, LeadCounts>,
    pub dealers: BTreeMap<DealerId, LeadCounts>,
}

impl LeadTally {
    /// Counts one more lead, at `now`.
    pub fn count(&mut self, facts: &LeadFacts, now: DateTime<Utc>) {
        self.all.count(facts, now);
        if let Some(owner) = &facts.owner {
            self.users.entry(owner.clone()).or_default().count(facts, now);
        }
        self.sources.entry(caseless(&facts.source)).or_default().count(facts, now);
        self.dealers.entry(facts.dealer.clone()).or_default().count(facts, now);
    }
}
