//! Overview of leads (OVR-2).

use crate::base::{DealerId, Status, UserId};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What is counted of a lead, and filters look at.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadFacts {
    /// Of which dealer.
    pub dealer: DealerId,
    /// When it came to its dealer.
    pub received: DateTime<Utc>,
    /// Who works it.
    pub owner: Option<UserId>,
    /// Where the customer asked.
    pub source: String,
    /// In progress, won or lost.
    pub status: Status,
    /// The first answer of all.
    pub response: Option<Response>,
    /// The deadline of one that has no answer, before anybody moved it by hand.
    pub deadline: Option<DateTime<Utc>>,
    /// How far it has ever escalated: 0, 1 or 2.
    pub level: u8,
}

/// The first answer to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// Seconds of the dealer's opening hours since it came in.
    pub working_seconds: u64,
    /// Whether it came by the deadline that the lead had then; none: it had none.
    pub in_time: Option<bool>,
}

/// What leads come to (OVR-4).
#[derive(Debug, Clone, Default)]
pub struct LeadCounts {
    /// All of them.
    pub received: u64,
    /// Those with an answer.
    pub answered: u64,
    /// Answered by the deadline.
    pub in_time: u64,
    /// Answered after the deadline.
    pub late: u64,
    /// Without an answer, and the deadline is past.
    pub overdue: u64,
    /// Those that reached level 1, those that went on to level 2 among them.
    pub level_1: u64,
    /// Those that reached level 2.
    pub level_2: u64,
    /// Won.
    pub won: u64,
    /// Lost.
    pub lost: u64,
    /// Working seconds until the first answer, of each that has one.
    responses: Vec<u64>,
}

impl LeadCounts {
    fn count(&mut self, facts: &LeadFacts, now: DateTime<Utc>) {
        self.received += 1;
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

    /// Those whose deadline has been decided: met or missed. What waits within its deadline, and what has none, is not among them.
    pub fn judged(&self) -> u64 {
        self.in_time + self.late + self.overdue
    }

    /// The response time, in working minutes to one decimal, that `percent` of the answered leads did not exceed (the nearest rank).
    /// `None`: none is answered.
    pub fn percentile(&mut self, percent: usize) -> Option<f64> {
        let rank = (self.responses.len() * percent).div_ceil(100).checked_sub(1)?;
        let (_, seconds, _) = self.responses.select_nth_unstable(rank);
        Some((*seconds as f64 / 6.0).round() / 10.0)
    }
}

/// What leads come to, all of them and by user, source and dealer. One without an owner is of no user.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct LeadTally {
    pub all: LeadCounts,
    pub users: BTreeMap<UserId, LeadCounts>,
    pub sources: BTreeMap<String, LeadCounts>,
    pub dealers: BTreeMap<DealerId, LeadCounts>,
}

impl LeadTally {
    /// Counts one more, `now`.
    pub fn count(&mut self, facts: &LeadFacts, now: DateTime<Utc>) {
        self.all.count(facts, now);
        if let Some(owner) = &facts.owner {
            self.users.entry(owner.clone()).or_default().count(facts, now);
        }
        self.sources.entry(facts.source.trim().to_lowercase()).or_default().count(facts, now);
        self.dealers.entry(facts.dealer.clone()).or_default().count(facts, now);
    }
}
