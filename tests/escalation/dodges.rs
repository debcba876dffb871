//! A seller who tries everything to keep a lead from the supervisor (ESC-12).

use crate::support::world::{NORDSTERN, at, dealer_of};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::{Actor, EventId, LostReason, ReactionKind, Refusal, StepKind, UserId};
use forecourt_domain::bookings::Despite;
use forecourt_domain::calendar::EventTime;
use forecourt_domain::decision::{Decision, LeadInput};
use forecourt_domain::hours::{Calendar, DayOff, DayOffKind};
use forecourt_domain::lead::{Lead, Plan, Waiting};
use forecourt_domain::rules::calendar::{CalendarContext, NewEvent, schedule};
use forecourt_domain::rules::distribution::{ByHand, to_user};
use forecourt_domain::rules::lead::reaction::{self, ClosingOutcome, Logged, StatusChange};
use forecourt_domain::rules::lead::{escalate, first_contact, recompute};
use forecourt_domain::settings::{Dealer, DealerSettings};
use forecourt_domain::slots::Day;
use forecourt_local::demo;
use proptest::{collection, prelude::*};
use serde_json::json;

/// One thing that the owner does, or that happens at the dealer. None of them answers the customer.
#[derive(Debug, Clone)]
enum Trick {
    Wait(i64),
    /// Moves the deadline to so many minutes from now.
    Move(i64),
    Close(bool),
    Reopen,
    /// Hands the lead to this member, who plays the same game.
    HandOver(usize),
    /// A day off so many days from today, and whether the open leads are recomputed at once.
    DayOff(i64, bool),
    /// Enters a test drive so many minutes ago.
    PastDrive(i64),
    Missed,
    NotMade,
}

fn trick() -> impl Strategy<Value = Trick> {
    prop_oneof![
        4 => (1..2_000i64).prop_map(Trick::Wait),
        4 => (1..4_000i64).prop_map(Trick::Move),
        2 => any::<bool>().prop_map(Trick::Close),
        3 => Just(Trick::Reopen),
        2 => (0..7usize).prop_map(Trick::HandOver),
        1 => (0..9i64, any::<bool>()).prop_map(|(days, now)| Trick::DayOff(days, now)),
        1 => (1..5_000i64).prop_map(Trick::PastDrive),
        1 => Just(Trick::Missed),
        1 => Just(Trick::NotMade),
    ]
}

struct Game {
    lead: Lead,
    dealer: Dealer,
    now: DateTime<Utc>,
    events: u32,
}

impl Game {
    fn start() -> Self {
        let demo = demo::group().unwrap().dealers.into_iter().find(|dealer| dealer.id.as_str() == NORDSTERN).unwrap();
        let dealer = Dealer { id: demo.id, ..dealer_of(&demo.settings) };
        let now = at("2026-11-23T09:00:00Z");
        let mut lead: Lead = serde_json::from_value(json!({
            "id": "4829130576", "version": 1, "dealer": NORDSTERN, "status": "in_progress", "owner": "anna.vogt", "assignment": 1,
            "type": "used_car", "source": "website", "contact": "Jana", "arrived": now.timestamp_millis(), "updated": now.timestamp_millis(),
            "policy": 1, "origin": {"key": "k", "body": "b"}
        }))
        .unwrap();
        lead.plan = plan(&dealer, now);
        Self { lead, dealer, now, events: 0 }
    }

    fn input<'a>(&'a self, by: &'a Actor) -> LeadInput<'a> {
        LeadInput { lead: &self.lead, dealer: &self.dealer, by, now: self.now }
    }

    fn take(&mut self, decision: Option<&Decision>) {
        if let Some(lead) = decision.and_then(Decision::lead) {
            self.lead = lead.clone();
        }
    }

    /// Lets time pass, with every wake-up of the lead.
    fn pass(&mut self, until: DateTime<Utc>) {
        // The slots of planned events move to a new owner within seconds.
        self.lead.calendar_transfer_pending_since = None;
        while let Some(Waiting::Escalate(due)) =
            self.lead.waits_for().filter(|waits| matches!(waits, Waiting::Escalate(at) if *at <= until))
        {
            self.now = self.now.max(due);
            let Some(decision) = escalate(&self.lead, &self.dealer, &|_| None, self.now) else { break };
            self.take(Some(&decision));
        }
        self.now = until;
    }

    fn play(&mut self, trick: &Trick) {
        let owner = self.lead.owner.clone().unwrap();
        let by = Actor::User(owner);
        let done = match trick {
            Trick::Wait(minutes) => return self.pass(self.now + TimeDelta::minutes(*minutes)),
            Trick::Move(minutes) => first_contact::move_to(self.input(&by), self.now + TimeDelta::minutes(*minutes), false),
            Trick::Close(won) => self.close(&by, if *won { ClosingOutcome::Won } else { ClosingOutcome::Lost(LostReason::Spam) }),
            Trick::Reopen => self.close(&by, ClosingOutcome::Reopened),
            Trick::HandOver(member) => to_user(self.input(&by), &self.by_hand(*member), &|_| None),
            Trick::DayOff(days, now) => {
                self.day_off(*days);
                Ok(recompute(&self.lead, &self.dealer, self.now).filter(|_| *now))
            }
            Trick::PastDrive(minutes) => Ok(self.past_drive(&by, *minutes)),
            Trick::Missed => reaction::log(self.input(&by), Logged::CallMissed, None).map(Some),
            Trick::NotMade => reaction::log(self.input(&by), Logged::NoContact, None).map(Some),
        };
        // A refused trick changes nothing.
        self.take(done.unwrap_or_default().as_ref());
        self.pass(self.now);
    }

    fn by_hand(&self, member: usize) -> ByHand {
        ByHand { user: self.dealer.settings.members[member].user.clone(), despite: Vec::new(), may_exceed: false, note: None }
    }

    fn close(&self, by: &Actor, outcome: ClosingOutcome) -> Result<Option<Decision>, Refusal> {
        reaction::close(self.input(by), StatusChange { outcome, agreed: false, note: None }, &|_| None)
    }

    fn day_off(&mut self, days: i64) {
        let calendar = &self.dealer.settings.calendar;
        let date = self.now.date_naive() + TimeDelta::days(days);
        let off = DayOff { from: date, to: None, name: "off".into(), kind: DayOffKind::CompanyHoliday };
        let days_off = calendar.days_off().iter().cloned().chain([off]).collect();
        let calendar = Calendar::new(calendar.zone(), calendar.hours().clone(), days_off, calendar.special_hours().clone()).unwrap();
        let settings: DealerSettings = DealerSettings { calendar, ..(*self.dealer.settings).clone() };
        self.dealer.settings = settings.check().unwrap();
        self.dealer.version += 1;
    }

    fn past_drive(&mut self, by: &Actor, minutes: i64) -> Option<Decision> {
        self.events += 1;
        let days = |user: &UserId, date| Some(Day::empty(user.clone(), date));
        let context = CalendarContext { lead: &self.lead, dealer: &self.dealer, days: &days, by, now: self.now };
        let new = NewEvent {
            id: EventId::parse(&format!("e{:015}", self.events)).unwrap(),
            title: "Drive".into(),
            kind: "booked_test_drive".into(),
            when: EventTime::At(self.now - TimeDelta::minutes(minutes)),
            notes: None,
            user: None,
            booked: false,
            appointment: None,
            follows: None,
            despite: Despite::Unstated,
        };
        schedule(&context, new).ok()
    }

    /// The latest time of level 2: by the first deadline and every day off that was entered meanwhile.
    fn latest(&self) -> DateTime<Utc> {
        let due = plan(&self.dealer, self.lead.arrived).unwrap().step(StepKind::Level2).unwrap().due;
        self.dealer.settings.calendar.next_opening(due).unwrap()
    }

    /// Checks that the supervisor has been notified if it is time. A step that fires in a closed lead is not lost.
    fn check(&self) -> Result<(), TestCaseError> {
        let running = self.lead.clock_runs();
        let closed = self.lead.reaction.as_ref().is_some_and(|r| matches!(r.kind, ReactionKind::Won | ReactionKind::Lost));
        prop_assert!(running || closed, "nothing answered the customer");
        prop_assert!(!running || self.now < self.latest() || self.lead.level() == 2, "unanswered and not escalated: {:?}", self.lead.plan);
        Ok(())
    }
}

fn plan(dealer: &Dealer, start: DateTime<Utc>) -> Option<Plan> {
    Plan::new(dealer.settings.escalation, &dealer.settings.calendar, start.into()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// ESC-12: whatever a seller does with deadlines, status, events and other sellers, level 2 fires for every lead in progress and
    /// unanswered past its first deadline; once, and never early.
    #[test]
    fn esc_12_level_2_fires_whatever_a_cheating_seller_does(tricks in collection::vec(trick(), 1..40)) {
        let mut game = Game::start();
        let earliest = game.lead.plan.as_ref().unwrap().step(StepKind::Level2).unwrap().due;
        let mut fired = None;
        for trick in &tricks {
            game.play(trick);
            game.check()?;
            let level_2 = game.lead.plan.as_ref().unwrap().step(StepKind::Level2).unwrap().fired;
            prop_assert!(fired.is_none() || fired == level_2, "once");
            fired = level_2;
        }
        // At last the seller reopens the lead and leaves it alone.
        game.play(&Trick::Reopen);
        let end = game.now.max(game.latest());
        game.pass(end);
        game.check()?;
        let fired = game.lead.plan.as_ref().unwrap().step(StepKind::Level2).unwrap().fired;
        prop_assert!(fired.is_some_and(|at| at >= earliest && at <= end), "{:?}", fired);
    }
}
