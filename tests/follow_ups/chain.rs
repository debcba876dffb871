//! The chain of contact methods as a state machine (FUP-1, FUP-3, FUP-4, FUP-8).

use crate::support::world::at;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use forecourt_domain::base::{AppointmentId, ContactChannel, Refusal};
use forecourt_domain::follow_up::{CallResult, Chain, ChainContext, ChainEnd, ChainState, MethodEnd, OpenStep, Outcome, SkipReason};
use forecourt_domain::hours::{Calendar, Interval, OpeningHours, TimeOfDay, Week};
use forecourt_domain::settings::{FollowUpSettings, MethodStep};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn calendar() -> Calendar {
    let time = |hour: u16| TimeOfDay::from_minutes(hour * 60).unwrap();
    let day = || vec![Interval { from: time(9), to: time(18) }];
    let hours = OpeningHours::new(Week { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), ..Week::default() }).unwrap();
    Calendar::new(chrono_tz::Europe::Berlin, hours, Vec::new(), BTreeMap::new()).unwrap()
}

/// A dealer, a follow-up that is due on a date, and what its contact permits.
struct Desk {
    settings: FollowUpSettings,
    calendar: Calendar,
    due: NaiveDate,
    now: DateTime<Utc>,
    refused: BTreeMap<&'static str, SkipReason>,
}

impl Desk {
    /// Monday, 23 November 2026, 10:00 in Berlin.
    fn new(due: &str) -> Self {
        let (settings, now) = (FollowUpSettings::default(), at("2026-11-23T09:00:00Z"));
        Self { settings, calendar: calendar(), due: due.parse().unwrap(), now, refused: BTreeMap::new() }
    }

    fn with<T>(&self, act: impl FnOnce(&ChainContext<'_>) -> T) -> T {
        let permits = |method: ContactChannel| self.refused.get(method.name()).map_or(Ok(()), |why| Err(*why));
        let Self { settings, calendar, due, now, .. } = self;
        act(&ChainContext { settings, job: "MOT", due: *due, calendar, permits: &permits, now: *now })
    }

    fn begin(&self) -> Chain {
        self.with(Chain::begin)
    }

    fn after(&self, chain: &Chain, outcome: &Outcome) -> Chain {
        self.with(|context| chain.after(outcome, context)).unwrap().unwrap()
    }

    fn refusal(&self, chain: &Chain, outcome: &Outcome) -> String {
        match self.with(|context| chain.after(outcome, context)) {
            Err(Refusal::Conflict { rule, .. }) => rule.to_owned(),
            other => panic!("{outcome:?} is not refused: {other:?}"),
        }
    }
}

fn on(chain: &Chain) -> (&'static str, String) {
    let OpenStep { method, from, .. } = chain.step().unwrap_or_else(|| panic!("{chain:?}"));
    (method.name(), from.with_timezone(&chrono_tz::Europe::Berlin).format("%a %d %b %H:%M").to_string())
}

fn end(chain: &Chain) -> &ChainEnd {
    let ChainState::Ended { why, .. } = &chain.state else { panic!("{chain:?}") };
    why
}

fn booked() -> Outcome {
    Outcome::Booked(AppointmentId::parse("visit").unwrap())
}

#[test]
fn fup_1_each_method_begins_on_an_open_day_its_lead_days_before_the_due_date() {
    // Due on Thursday, 7 January 2027: text message on 10 December, e-mail on 17, telephone on 24, letter on 31.
    let mut desk = Desk::new("2027-01-07");
    let chain = desk.begin();
    assert_eq!(on(&chain), ("sms", "Thu 10 Dec 09:00".into()));
    assert_eq!(chain.status(desk.now), "waiting");
    assert_eq!(desk.refusal(&chain, &Outcome::Sent), "FUP-1");
    desk.now = at("2026-12-10T10:00:00Z");
    assert_eq!(chain.status(desk.now), "listed");
    let chain = desk.after(&chain, &Outcome::Sent);
    assert_eq!(on(&chain), ("email", "Thu 17 Dec 09:00".into()));
    desk.now = at("2026-12-17T10:00:00Z");
    let chain = desk.after(&chain, &Outcome::Sent);
    assert_eq!(on(&chain), ("telephone", "Thu 24 Dec 09:00".into()));
    desk.now = at("2026-12-24T10:00:00Z");
    assert_eq!(chain.status(desk.now), "awaiting_call");
    // A due date on a Saturday: the step waits for Monday.
    assert_eq!(on(&Desk::new("2027-01-09").begin()), ("sms", "Mon 14 Dec 09:00".into()));
}

#[test]
fn fup_1_a_chain_that_is_late_begins_now_and_keeps_the_gap_between_two_contacts() {
    let desk = Desk::new("2025-12-01");
    let chain = desk.begin();
    assert_eq!(on(&chain), ("sms", "Mon 23 Nov 10:00".into()));
    let chain = desk.after(&chain, &Outcome::Sent);
    assert_eq!(on(&chain), ("email", "Thu 26 Nov 09:00".into()));
    // At night it begins with the next opening.
    let night = Desk { now: at("2026-11-27T22:00:00Z"), ..Desk::new("2026-11-30") };
    assert_eq!(on(&night.begin()), ("sms", "Mon 30 Nov 09:00".into()));
}

#[test]
fn fup_8_a_method_that_is_not_allowed_is_skipped_and_the_reason_is_recorded() {
    let mut desk = Desk::new("2026-11-25");
    desk.refused = BTreeMap::from([("sms", SkipReason::NotGranted), ("email", SkipReason::Stopped)]);
    let chain = desk.begin();
    assert_eq!(on(&chain), ("telephone", "Mon 23 Nov 10:00".into()));
    let skipped: Vec<_> = chain.past.iter().map(|past| (past.method, past.why)).collect();
    assert_eq!(
        skipped,
        [
            (ContactChannel::Sms, MethodEnd::Skipped(SkipReason::NotGranted)),
            (ContactChannel::Email, MethodEnd::Skipped(SkipReason::Stopped))
        ]
    );
    // The consent that is withdrawn later counts too, and an objection ends the chain.
    desk.refused.insert("telephone", SkipReason::NotGranted);
    assert_eq!(on(&desk.after(&chain, &Outcome::Checked)).0, "letter");
    let objects = Desk { refused: BTreeMap::from([("telephone", SkipReason::OptedOut)]), ..Desk::new("2026-11-25") };
    assert_eq!(end(&objects.after(&chain, &Outcome::Checked)), &ChainEnd::OptedOut);
    let nobody = ["sms", "email", "telephone", "letter"].map(|method| (method, SkipReason::NoAddress));
    let chain = Desk { refused: BTreeMap::from(nobody), ..Desk::new("2026-11-25") }.begin();
    assert_eq!((end(&chain), chain.past.len()), (&ChainEnd::Exhausted, 4));
}

#[test]
fn fup_3_the_outcomes_of_a_call() {
    let mut desk = Desk::new("2026-11-25");
    desk.settings.methods.retain(|step| matches!(step.method, ContactChannel::Telephone | ContactChannel::Letter));
    let called = desk.begin();
    assert_eq!((on(&called).0, called.status(desk.now)), ("telephone", "awaiting_call"));
    desk.now += TimeDelta::minutes(5);
    let later = desk.after(&called, &Outcome::Unavailable);
    assert_eq!((on(&later), later.status(desk.now)), (("telephone", "Mon 23 Nov 10:05".into()), "unavailable"));
    let back = desk.after(&called, &Outcome::CallBack(at("2026-11-28T10:00:00Z")));
    // Saturday is not an open day.
    assert_eq!((on(&back), back.status(desk.now)), (("telephone", "Mon 30 Nov 09:00".into()), "call_back"));
    for outcome in [Outcome::WrongNumber, Outcome::NextMethod] {
        assert_eq!(on(&desk.after(&called, &outcome)), ("letter", "Tue 24 Nov 09:00".into()), "{outcome:?}");
    }
    assert_eq!(end(&desk.after(&called, &Outcome::Declined("price".into()))), &ChainEnd::Declined("price".into()));
    assert_eq!(desk.refusal(&called, &Outcome::Sent), "FUP-3");
    // If telephone is the last method, both leave as exhausted.
    desk.settings.methods.truncate(1);
    for outcome in [Outcome::WrongNumber, Outcome::NextMethod] {
        assert_eq!(end(&desk.after(&called, &outcome)), &ChainEnd::Exhausted, "{outcome:?}");
    }
    // The last attempt leaves the list too, and no further call back is possible.
    desk.settings.max_attempts = 2;
    assert_eq!(end(&desk.after(&later, &Outcome::Unavailable)), &ChainEnd::Exhausted);
    assert_eq!(desk.refusal(&later, &Outcome::CallBack(at("2026-11-28T10:00:00Z"))), "FUP-3");
    let past = desk.with(|context| called.after(&Outcome::CallBack(desk.now), context));
    assert!(matches!(past, Err(Refusal::Invalid(_))), "{past:?}");
}

#[test]
fn fup_3_4_a_booking_leaves_the_list_until_the_appointment_is_cancelled() {
    let mut desk = Desk::new("2026-11-25");
    let open = desk.begin();
    let visit = desk.after(&open, &booked());
    assert_eq!(visit.status(desk.now), "booked");
    for outcome in [booked(), Outcome::Sent, Outcome::NextMethod, Outcome::Declined("price".into()), Outcome::Withdrawn] {
        assert_eq!(desk.refusal(&visit, &outcome), "FUP-4", "{outcome:?}");
    }
    assert_eq!(desk.after(&visit, &Outcome::Cancelled), open);
    assert_eq!(desk.refusal(&open, &Outcome::Cancelled), "FUP-3");
    // A customer who comes after the last method is booked too, and a cancellation does not bring a method back.
    desk.settings.methods.truncate(1);
    let exhausted = desk.after(&open, &Outcome::Sent);
    assert_eq!(end(&exhausted), &ChainEnd::Exhausted);
    let visit = desk.after(&exhausted, &booked());
    assert_eq!(end(&desk.after(&visit, &Outcome::Cancelled)), &ChainEnd::Exhausted);
    assert_eq!(end(&desk.after(&visit, &Outcome::OptedOut)), &ChainEnd::OptedOut);
}

const METHODS: [ContactChannel; 4] = ContactChannel::ALL;

/// What happens in a walk: an outcome, the minutes that pass before, and what the contact permits from then on.
#[derive(Debug, Clone)]
struct Move {
    outcome: Outcome,
    minutes: i64,
    permits: Option<(usize, Option<SkipReason>)>,
    /// The chain of the dealer from then on, as places in [`METHODS`].
    chain: Option<Vec<usize>>,
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Sent),
        1 => Just(booked()),
        2 => Just(Outcome::Cancelled),
        1 => Just(Outcome::Declined("price".into())),
        1 => Just(Outcome::OptedOut),
        6 => Just(Outcome::Unavailable),
        3 => (1_i64..400).prop_map(|days| Outcome::CallBack(at("2026-11-23T09:00:00Z") + TimeDelta::days(days))),
        3 => Just(Outcome::WrongNumber),
        3 => Just(Outcome::NextMethod),
        1 => Just(Outcome::Withdrawn),
        4 => Just(Outcome::Checked),
    ]
}

fn chains() -> impl Strategy<Value = Vec<usize>> {
    (1_usize..5).prop_flat_map(|most| Just((0..4).collect::<Vec<_>>()).prop_shuffle().prop_map(move |all| all[..most].to_vec()))
}

fn moves() -> impl Strategy<Value = Move> {
    let skip = prop_oneof![
        3 => Just(None),
        2 => Just(Some(SkipReason::NotGranted)),
        1 => Just(Some(SkipReason::Stopped)),
    ];
    let permits = proptest::option::weighted(0.3, (0_usize..4, skip));
    (outcomes(), 0_i64..40_000, permits, proptest::option::weighted(0.1, chains())).prop_map(|(outcome, minutes, permits, chain)| Move {
        outcome,
        minutes,
        permits,
        chain,
    })
}

fn set_chain(desk: &mut Desk, chain: &[usize]) {
    let step = |(i, place): (usize, &usize)| MethodStep { method: METHODS[*place], lead_days: 30 - 7 * u32::try_from(i).unwrap() };
    desk.settings.methods = chain.iter().enumerate().map(step).collect();
}

/// Checks one state after another. Returns the methods that have been left.
fn check(desk: &Desk, before: Option<&Chain>, after: &Chain, left: &mut BTreeSet<&'static str>) {
    let methods: Vec<&str> = after.past.iter().map(|past| past.method.name()).collect();
    assert_eq!(methods.iter().collect::<BTreeSet<_>>().len(), methods.len(), "a method comes twice: {after:?}");
    if let Some(step) = after.step() {
        assert!(!left.contains(step.method.name()), "it is back on a list that it has left: {after:?}");
        let stays = before.and_then(Chain::step).is_some_and(|known| known.method == step.method);
        let returns = before.is_some_and(|before| before.appointment().is_some());
        let again = step.last_call == Some(CallResult::Unavailable);
        assert!(stays || returns || again || desk.calendar.is_open(step.from), "it begins outside the opening hours: {after:?}");
        assert!(stays || returns || !desk.refused.contains_key(step.method.name()), "the method is not allowed: {after:?}");
    }
    left.extend(methods);
    if let Some(before) = before {
        assert_eq!(after.past[..before.past.len()], before.past[..], "the record of the past is kept");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// FUP-1, FUP-3, FUP-4, FUP-8: whatever happens, a follow-up is in exactly one state and on one list at most; it never comes back to a
    /// list that it has left; no method begins that is not allowed; an end is final, an exhausted chain excepted; and a chain that is
    /// worked ends.
    #[test]
    fn fup_1_3_4_8_random_walks_keep_the_invariants(chain in chains(), days in -360_i64..400, walk in proptest::collection::vec(moves(), 0..60)) {
        let mut desk = Desk::new("2026-11-23");
        desk.due += TimeDelta::days(days);
        set_chain(&mut desk, &chain);
        let mut state = desk.begin();
        let mut left = BTreeSet::new();
        check(&desk, None, &state, &mut left);
        let mut final_end = None;
        for Move { outcome, minutes, permits, chain } in walk {
            desk.now += TimeDelta::minutes(minutes);
            match permits {
                Some((place, Some(why))) => drop(desk.refused.insert(METHODS[place].name(), why)),
                Some((place, None)) => drop(desk.refused.remove(METHODS[place].name())),
                None => {}
            }
            chain.iter().for_each(|chain| set_chain(&mut desk, chain));
            let Ok(Some(next)) = desk.with(|context| state.after(&outcome, context)) else { continue };
            prop_assert!(final_end.is_none(), "{final_end:?} was final: {next:?}");
            prop_assert!(outcome != Outcome::Sent || !desk.refused.contains_key(state.step().unwrap().method.name()));
            check(&desk, Some(&state), &next, &mut left);
            if matches!(&next.state, ChainState::Ended { why, .. } if *why != ChainEnd::Exhausted) {
                final_end = Some(next.clone());
            }
            state = next;
        }
        // Everybody works what is left: it ends after a limited number of outcomes.
        let most = 4 * (desk.settings.max_attempts + 1);
        let mut number = 0;
        while !matches!(state.state, ChainState::Ended { .. }) {
            desk.now += TimeDelta::days(400);
            let outcomes = [Outcome::Cancelled, Outcome::Checked, Outcome::Sent, Outcome::Unavailable, Outcome::NextMethod];
            let next = outcomes.iter().find_map(|outcome| desk.with(|context| state.after(outcome, context)).ok().flatten());
            state = next.expect("a state that cannot be left");
            number += 1;
            prop_assert!(number <= most, "{number} outcomes, and it has not ended: {state:?}");
        }
    }

    /// FUP-8: after an objection nobody is contacted again, whatever is recorded.
    #[test]
    fn fup_8_an_opted_out_contact_is_never_contacted_again(days in -360_i64..400, walk in proptest::collection::vec(moves(), 0..20), rest in proptest::collection::vec(outcomes(), 0..20)) {
        let mut desk = Desk::new("2026-11-23");
        desk.due += TimeDelta::days(days);
        let mut state = desk.begin();
        for Move { outcome, minutes, .. } in walk {
            desk.now += TimeDelta::minutes(minutes);
            state = desk.with(|context| state.after(&outcome, context)).ok().flatten().unwrap_or(state);
        }
        desk.refused = METHODS.iter().map(|method| (method.name(), SkipReason::OptedOut)).collect();
        for outcome in [Outcome::Checked].into_iter().chain(rest) {
            let before = state.step().cloned();
            state = desk.with(|context| state.after(&outcome, context)).ok().flatten().unwrap_or(state);
            // A cancellation returns to a step, which the next check ends.
            let returns = outcome == Outcome::Cancelled;
            prop_assert!(state.step().is_none() || returns || state.step() == before.as_ref(), "{outcome:?} {state:?}");
            if returns {
                state = desk.with(|context| state.after(&Outcome::Checked, context)).unwrap().unwrap_or(state);
            }
            prop_assert!(state.step().is_none(), "{outcome:?} {state:?}");
        }
    }
}
