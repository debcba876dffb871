//! The part of the faults that one run plays.

use super::cloud::WakeUpTreatment;
use super::{CrashCase, Journey, cases, play};
use crate::support::gate::{Call, Fault, Strike};
use std::collections::BTreeSet;

/// The parts of the faults of a call. A run plays one part of each.
const PARTS: usize = 3;
/// The parts of the cases of a turn, and of the interleavings of a race. A run plays one part of each.
const SHARES: usize = 9;
/// The number of turns. Together they play every case.
const TURNS: usize = PARTS * SHARES;

/// The part of the cases that a run plays. `None` for all cases.
#[derive(Debug, Clone, Copy)]
pub struct Turn(Option<usize>);

impl Turn {
    pub const ALL: Self = Self(None);

    /// Returns the turn of this run: `CRASH_TURN` (0 to 26), which CI changes from commit to commit. With `CRASH_ALL` all cases are
    /// played.
    pub fn current() -> Self {
        if std::env::var_os("CRASH_ALL").is_some() {
            return Self::ALL;
        }
        Self::of(std::env::var_os("CRASH_TURN").map(|turn| turn.to_string_lossy().into_owned()).as_deref())
    }

    /// Reads `CRASH_TURN`. Panics if it is no turn: a run must not play other cases than those that were asked for.
    fn of(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self(Some(0)) };
        match text.parse() {
            Ok(turn) if turn < TURNS => Self(Some(turn)),
            _ => panic!("CRASH_TURN must be 0 to 26, and is {text:?}"),
        }
    }

    /// Whether the case with this number is played.
    pub fn takes(self, number: usize) -> bool {
        self.0.is_none_or(|turn| number % PARTS == turn % PARTS)
    }

    /// Whether the interleaving with this seed is played.
    pub fn plays(self, seed: u64) -> bool {
        self.0.is_none_or(|turn| seed % SHARES as u64 == (turn % SHARES) as u64)
    }

    /// Returns a ninth of the cases of this turn. Nine turns that have the same cases play different ninths of them.
    pub fn share(self, cases: Vec<CrashCase>) -> Vec<CrashCase> {
        let is_played = |place: usize| self.0.is_none_or(|turn| place % SHARES == turn / PARTS);
        cases.into_iter().enumerate().filter_map(|(place, case)| is_played(place).then_some(case)).collect()
    }

    /// Returns the faults of this turn, each with its call. Every call has a fault in every turn: a call with at least three faults has a
    /// third of them, and one with fewer always has its first. A run plays a [`share`](Self::share) of them.
    pub fn strikes(self, calls: &[Call], wanted: impl Fn(&Fault) -> bool) -> Vec<Strike> {
        let (mut number, mut strikes) = (0, Vec::new());
        for call in calls {
            let faults: Vec<Fault> = call.faults().into_iter().filter(|fault| wanted(fault)).collect();
            for (place, fault) in faults.iter().enumerate() {
                let is_always_met = place == 0 && faults.len() < PARTS;
                if is_always_met || self.takes(number) {
                    strikes.push((call.to_string(), *fault));
                }
                number += usize::from(!is_always_met);
            }
        }
        strikes
    }
}

impl Journey {
    /// Whether the journey meets a fault. An export waits for its index, and the morning check of an inbox reads one hours later.
    pub fn meets(self, fault: Fault) -> bool {
        fault != Fault::LaggingIndex || !matches!(self, Journey::Export | Journey::Inbox)
    }

    /// Returns the treatments of wake-ups with which the journey is played, beside that as they were sent.
    pub fn treatments(self) -> &'static [WakeUpTreatment] {
        match self {
            Journey::Access
            | Journey::Appointment
            | Journey::Bulk
            | Journey::Erasure
            | Journey::Export
            | Journey::Inbox
            | Journey::Retention => &[WakeUpTreatment::Lost, WakeUpTreatment::Doubled, WakeUpTreatment::Early],
            _ => &[],
        }
    }
}

/// In the case lists of the journeys, each call meets a fault in each turn, and the turns together play every fault.
#[test]
fn every_call_meets_a_fault_in_every_turn() {
    for journey in Journey::ALL.into_iter().chain(Journey::SHORT).chain([Journey::Export]) {
        let calls = play(&CrashCase::of(journey), false).calls;
        let strikes = |turn: Turn| cases(turn, journey, &calls).into_iter().flat_map(|case| case.strikes).collect::<Vec<Strike>>();
        let named = |strikes: &[Strike]| strikes.iter().map(|(call, fault)| format!("{call} {fault:?}")).collect::<BTreeSet<_>>();
        let met = |strikes: &[Strike]| strikes.iter().map(|(call, _)| call.clone()).collect::<BTreeSet<_>>();
        let all = strikes(Turn::ALL);
        assert_eq!(all.len(), calls.iter().flat_map(Call::faults).filter(|fault| journey.meets(*fault)).count(), "{journey:?}");
        let turns = ["0", "1", "2"].map(|turn| strikes(Turn::of(Some(turn))));
        for strikes in &turns {
            assert_eq!(met(strikes), met(&all), "{journey:?}");
            println!("{journey:?}: {} of {} cases", strikes.len(), all.len());
            assert!(strikes.len() * 2 < all.len(), "{journey:?}: {} of {}", strikes.len(), all.len());
        }
        assert_eq!(turns.iter().flat_map(|strikes| named(strikes)).collect::<BTreeSet<_>>(), named(&all), "{journey:?}");
    }
}

/// The turns together play every case of a journey, and each plays a small part.
#[test]
fn the_turns_play_every_case_of_a_journey() {
    for journey in [Journey::Day, Journey::Erasure, Journey::Export] {
        let calls = play(&CrashCase::of(journey), false).calls;
        let played = |turn: Turn| turn.share(cases(turn, journey, &calls)).iter().map(CrashCase::to_string).collect::<BTreeSet<_>>();
        let all = played(Turn::ALL);
        let turns: Vec<BTreeSet<String>> = (0..TURNS).map(|turn| played(Turn::of(Some(&turn.to_string())))).collect();
        for cases in &turns {
            assert!(cases.len() * 10 < all.len(), "{} of {}", cases.len(), all.len());
        }
        assert_eq!(turns.into_iter().flatten().collect::<BTreeSet<_>>(), all, "{journey:?}");
    }
}

#[test]
fn crash_turn_is_0_to_26() {
    assert!(Turn::of(None).takes(0) && Turn::of(Some("2")).takes(5) && !Turn::of(Some("2")).takes(3) && Turn::of(Some("26")).takes(5));
    for text in ["27", "-1", "", " 1", "one"] {
        let panic = std::panic::catch_unwind(|| Turn::of(Some(text))).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), &format!("CRASH_TURN must be 0 to 26, and is {text:?}"));
    }
}
