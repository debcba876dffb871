//! The answers to further messages of a customer, which reports judge apart from the first answer (INT-6, OVR-4).

use crate::base::is_default;
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
    /// The messages that reached level 1, and those that reached level 2, except the latest one.
    #[serde(skip_serializing_if = "is_default")]
    pub levels: [u32; 2],
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
        let levels = self.further_levels();
        self.note_level();
        self.further = FurtherAnswers { since: Some(since), levels, ..self.further_answers() };
    }

    /// The highest level that the present response clock has reached.
    pub(crate) fn clock_level(&self) -> u8 {
        self.level().max(self.terms.reached)
    }

    /// The highest level that the lead reached before its first answer, or after a reopening; levels of further messages do not count.
    pub fn first_level(&self) -> u8 {
        match (self.first_level, self.further.since) {
            (None, None) => self.highest_level(),
            // An earlier release did not keep it apart.
            (None, Some(_)) => self.escalated,
            (Some(level), None) => level.max(self.clock_level()),
            (Some(level), Some(_)) => level,
        }
    }

    /// The further messages that reached level 1, and those that reached level 2.
    pub fn further_levels(&self) -> [u32; 2] {
        let [first, second] = self.further.levels;
        let level = self.further.since.map_or(0, |_| self.clock_level());
        [first + u32::from(level >= 1), second + u32::from(level >= 2)]
    }

    /// Keeps the level of the first answer, because the next clock belongs to another message or to a reopening.
    pub(crate) fn note_level(&mut self) {
        self.first_level = Some(self.first_level());
    }
}
