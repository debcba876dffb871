//! Answers to the text message that reminds of an appointment (MSG-3).

use crate::base::{AppointmentId, ChannelKey, DealerId};
use crate::messages::AddressState;
use chrono::{DateTime, Utc};
use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

/// The answer to the question whether the customer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The customer comes.
    Yes,
    /// The customer does not come.
    No,
}

/// Words for yes in English, German and Dutch.
const YES: [&str; 4] = ["y", "yes", "j", "ja"];
/// Words for no.
const NO: [&str; 4] = ["n", "no", "nein", "nee"];

impl Reply {
    /// Returns the answer of a text that is nothing but one of the words, in any case and with any punctuation. A word that is repeated
    /// counts once. `None` if the text has anything else: "Yes, but later" is no answer.
    pub fn of(text: &str) -> Option<Self> {
        let text = const { ComposingNormalizerBorrowed::new_nfkc() }.normalize(text).to_lowercase();
        let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let first = words.next()?;
        let is_one = words.all(|word| word == first);
        match () {
            () if !is_one => None,
            () if YES.contains(&first) => Some(Self::Yes),
            () if NO.contains(&first) => Some(Self::No),
            () => None,
        }
    }
}

/// An appointment about which a number was asked, so that an answer finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedVisit {
    /// The appointment.
    pub appointment: AppointmentId,
    /// The dealer whose number sent the text message.
    pub dealer: DealerId,
    /// When the visit begins: later answers are none.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
}

impl AddressState {
    /// The maximum number of remembered questions.
    const MOST_ASKED: usize = 20;

    /// Returns the state of a number that is asked about an appointment. `before` is `None` if nothing is stored.
    pub fn with_question(before: Option<&Self>, key: &ChannelKey, question: AskedVisit, now: DateTime<Utc>) -> Self {
        let mut state = before.cloned().unwrap_or_else(|| Self::new(key));
        state.asked.retain(|known| known.until > now && known.appointment != question.appointment);
        state.asked.push(question);
        state.asked.drain(..state.asked.len().saturating_sub(Self::MOST_ASKED));
        state
    }

    /// Returns the appointments to come about which a dealer asked this number.
    pub fn asked_by(&self, dealer: &DealerId, now: DateTime<Utc>) -> impl Iterator<Item = &AppointmentId> {
        self.asked.iter().filter(move |asked| asked.dealer == *dealer && asked.until > now).map(|asked| &asked.appointment)
    }
}
