//! The answers to further messages of a customer, which reports judge apart from the first answer (INT-6, OVR-4).

use crate::lead::{Lead, Reaction};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The longest response time of each bucket of the distribution, in minutes of opening hours. One more bucket has all longer times (OVR-4).
pub const RESPONSE_BUCKETS: [u64; 7] = [15, 30, 60, 120, 240, 480, 1_440];

/// Returns the bucket of a response time in seconds of opening hours.
pub fn response_bucket(seconds: u64) -> usize {
    RESPONSE_BUCKETS.iter().position(|minutes| seconds <= minutes * 60).unwrap_or(RESPONSE_BUCKETS.len())
}

/// The answers to further messages: those that started a response deadline of their own because the message before was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FurtherAnswers {
    /// When the latest further message was sent. Its answer counts from here. `None` if there is none.
    #[serde(with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// The answers by their deadline.
    pub in_time: u32,
    /// The answers after their deadline.
    pub late: u32,
    /// The number of answers in each bucket of response times.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<u32>,
}

impl FurtherAnswers {
    /// The number of answers.
    pub fn answered(&self) -> u64 {
        self.times.iter().map(|number| u64::from(*number)).sum()
    }

    fn with(mut self, answer: &Reaction) -> Self {
        let bucket = response_bucket(answer.working_seconds.max(0).unsigned_abs());
        self.times.resize(self.times.len().max(bucket + 1), 0);
        self.times[bucket] += 1;
        self.in_time += u32::from(answer.in_time() == Some(true));
        self.late += u32::from(answer.in_time() == Some(false));
        self
    }
}

impl Lead {
    /// The answers to further messages, including that of the latest one. Their response times count from the messages.
    pub fn further_answers(&self) -> FurtherAnswers {
        let latest = self.reaction.as_ref().filter(|_| self.further.since.is_some());
        latest.map_or_else(|| self.further.clone(), |answer| self.further.clone().with(answer))
    }

    /// Whether a further message waits for its answer.
    pub fn further_waits(&self) -> bool {
        self.further.since.is_some() && self.clock_runs()
    }

    /// Counts the answer to the latest further message before the next one starts its deadline at `since`.
    pub(crate) fn asked_again(&mut self, since: DateTime<Utc>) {
        self.further = FurtherAnswers { since: Some(since), ..self.further_answers() };
    }
}
