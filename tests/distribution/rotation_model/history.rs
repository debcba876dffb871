//! A random history of a dealer (users, changes of settings, incoming leads) and the naive model of the rotation.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The time between the starts of two rounds, in milliseconds.
pub const ROUND: u64 = 60_000;
pub const ADMIN: &str = "boss";
/// The types of leads. The first routing rule matches the first type, the second rule the first two. The last type goes through the whole
/// rotation.
pub const KINDS: [&str; 3] = ["new_car", "used_car", "service"];

/// The maximum number of users.
pub const PEOPLE: UserNumber = 7;

/// A user by number. The numbers are in the order of the names.
pub type UserNumber = u8;
/// A distribution group by number; `None` is the dealer's whole rotation.
pub type Lane = Option<usize>;

/// A history. All its events follow from this value, so it can be replayed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RotationHistory {
    /// Decides how the calls interleave.
    pub seed: u64,
    pub shop: Shop,
    pub rounds: Vec<Round>,
}

/// The events of one round. Each number is a delay in milliseconds after the start of the round.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Round {
    pub leads: Vec<SentEnquiry>,
    /// The changes are saved one after the other.
    pub changes: Vec<(u64, Change)>,
    /// The times when `assign` receives the waiting leads, and whether it receives them twice.
    pub wakes: Vec<(u64, bool)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SentEnquiry {
    pub after: u64,
    /// An index into [`KINDS`].
    pub kind: usize,
    /// The delay of a second delivery, if there is one.
    pub again: Option<u64>,
    /// The enquiry has an `Idempotency-Key` and no external id.
    pub keyed: bool,
}

/// The dealer's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shop {
    pub people: BTreeMap<UserNumber, Person>,
    pub fallback: Option<UserNumber>,
    /// Which of the two routing rules exist.
    pub rules: [bool; 2],
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub receives: bool,
    pub groups: [bool; 2],
    /// The absence, from and until, in milliseconds of the history.
    pub away: Option<(u64, u64)>,
    #[serde(default = "one")]
    pub weight: u8,
}

fn one() -> u8 {
    1
}

/// A change of the settings. A change without effect is not saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Change {
    Hire(UserNumber, [bool; 2]),
    Weight(UserNumber, u8),
    Leave(UserNumber),
    /// Toggles `receives_leads`.
    Receives(UserNumber),
    /// Joins or leaves a group.
    Group(UserNumber, usize),
    /// Is absent: the start in milliseconds after the start of the round, and the duration in milliseconds.
    Away(UserNumber, u64, u64),
    Back(UserNumber),
    Fallback(Option<UserNumber>),
    /// Creates or removes a routing rule.
    Rule(usize),
}

pub fn name(who: UserNumber) -> String {
    format!("p{who}")
}

impl Change {
    fn made(&self, shop: &Shop, round: u64) -> Shop {
        let mut shop = shop.clone();
        match *self {
            Change::Hire(who, groups) => {
                shop.people.entry(who).or_insert(Person { receives: true, groups, away: None, weight: 1 });
            }
            Change::Leave(who) => {
                shop.people.remove(&who);
                shop.fallback = shop.fallback.filter(|fallback| *fallback != who);
            }
            Change::Weight(who, weight) => shop.of(who, |person| person.weight = weight),
            Change::Receives(who) => shop.of(who, |person| person.receives = !person.receives),
            Change::Group(who, group) => shop.of(who, |person| person.groups[group] = !person.groups[group]),
            Change::Away(who, after, long) => shop.of(who, |person| person.away = Some((round + after, round + after + long))),
            Change::Back(who) => shop.of(who, |person| person.away = None),
            Change::Fallback(who) => shop.fallback = who.filter(|who| shop.people.contains_key(who)),
            Change::Rule(rule) => shop.rules[rule] = !shop.rules[rule],
        }
        shop
    }
}

impl RotationHistory {
    /// Returns the settings of each version, oldest first, and for each change the version that it creates, or `None` if it changes
    /// nothing.
    pub fn versions(&self) -> (Vec<Shop>, Vec<Vec<Option<u64>>>) {
        let mut shops = vec![self.shop.clone()];
        let mut made = Vec::new();
        for (i, round) in self.rounds.iter().enumerate() {
            made.push(Vec::new());
            for (_, change) in &round.changes {
                let before = &shops[shops.len() - 1];
                let after = change.made(before, i as u64 * ROUND);
                let saved = after != *before;
                if saved {
                    shops.push(after);
                }
                made[i].push(saved.then_some(shops.len() as u64));
            }
        }
        (shops, made)
    }
}

impl Shop {
    fn of(&mut self, who: UserNumber, change: impl FnOnce(&mut Person)) {
        self.people.get_mut(&who).map(change);
    }

    /// Returns the settings as `PUT` accepts them. `at` formats a time of the history.
    pub fn settings(&self, at: impl Fn(u64) -> String) -> Value {
        let group = |i: usize| format!("group-{i}");
        let members = self.people.iter().map(|(who, person)| {
            let absences: Vec<Value> = person.away.iter().map(|(from, until)| json!({"from": at(*from), "until": at(*until)})).collect();
            let groups: Vec<String> = (0..2).filter(|i| person.groups[*i]).map(group).collect();
            json!({"user": name(*who), "receives_leads": person.receives, "groups": groups, "absences": absences, "weight": person.weight})
        });
        let rules = (0..2).filter(|i| self.rules[*i]).map(|i| json!({"group": group(i), "when": {"types": KINDS[..=i]}}));
        json!({
            "name": "A model", "country": "DE", "language": "de", "admin_user": ADMIN, "fallback_user": self.fallback.map(name),
            "calendar": {"zone": "Europe/Berlin", "hours": {"mon": [["08:00", "18:00"]]}},
            "members": members.chain([json!({"user": ADMIN})]).collect::<Vec<_>>(),
            "distribution_groups": [group(0), group(1)], "routing_rules": rules.collect::<Vec<_>>(),
        })
    }

    /// Returns the lane of a lead of this type (DIS-3).
    pub fn lane(&self, kind: usize) -> Lane {
        (0..2).find(|rule| self.rules[*rule] && kind <= *rule)
    }

    fn is_away(&self, who: UserNumber, at: u64) -> bool {
        self.people[&who].away.is_some_and(|(from, until)| from <= at && at < until)
    }

    pub fn weight(&self, who: UserNumber) -> i64 {
        self.people[&who].weight.into()
    }

    /// Whether the users of a lane have different weights.
    pub fn is_weighted(&self, lane: Lane) -> bool {
        self.circle(lane).windows(2).any(|pair| self.weight(pair[0]) != self.weight(pair[1]))
    }

    /// Returns the users who take turns in a lane, ordered by name.
    pub fn circle(&self, lane: Lane) -> Vec<UserNumber> {
        let takes = |person: &Person| person.receives && lane.is_none_or(|group| person.groups[group]);
        self.people.iter().filter(|(_, person)| takes(person)).map(|(who, _)| *who).collect()
    }

    /// Returns the users who are eligible for a lead of the lane at this time.
    pub fn eligible(&self, lane: Lane, at: u64) -> Vec<UserNumber> {
        self.circle(lane).into_iter().filter(|who| !self.is_away(*who, at)).collect()
    }

    /// Returns the user whose turn follows that of `last`, and the absent users who were passed over (DIS-1, DIS-4).
    pub fn turn(&self, lane: Lane, last: Option<UserNumber>, at: u64) -> (Option<UserNumber>, Vec<UserNumber>) {
        let circle = self.circle(lane);
        let next = circle.iter().position(|who| Some(*who) > last).unwrap_or(0);
        let mut passed_over = Vec::new();
        for i in 0..circle.len() {
            let who = circle[(next + i) % circle.len()];
            if !self.is_away(who, at) {
                return (Some(who), passed_over);
            }
            passed_over.push(who);
        }
        (None, passed_over)
    }

    /// Returns the owner of a lead for which nobody is eligible (DIS-6), and the fallback user if that user is absent.
    pub fn fallback(&self, at: u64) -> (String, Option<UserNumber>) {
        match self.fallback {
            Some(who) if self.is_away(who, at) => (ADMIN.into(), Some(who)),
            Some(who) => (name(who), None),
            None => (ADMIN.into(), None),
        }
    }
}

fn user_number() -> impl Strategy<Value = UserNumber> {
    0..PEOPLE
}

/// The delay and the duration of an absence. It begins and ends while leads of a round come in, or between rounds.
fn absence() -> impl Strategy<Value = (u64, u64)> {
    let after = prop::sample::select(vec![0, 6, 15, 40, ROUND, ROUND + 9]);
    (after, prop::sample::select(vec![10, 30, ROUND, 2 * ROUND + 12, 1_000_000]))
}

fn person() -> impl Strategy<Value = Person> {
    let away = prop::option::weighted(0.25, absence().prop_map(|(from, long)| (from, from + long)));
    let of = |(receives, groups, away, weight)| Person { receives, groups, away, weight };
    (prop::bool::weighted(0.85), any::<[bool; 2]>(), away, weight()).prop_map(of)
}

fn weight() -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(1_u8), 1 => 1_u8..=10]
}

fn shop() -> impl Strategy<Value = Shop> {
    let fallback = prop::option::of(any::<prop::sample::Index>());
    (prop::collection::btree_map(user_number(), person(), 2..=6), fallback, any::<[bool; 2]>()).prop_map(|(people, fallback, rules)| {
        let fallback = fallback.map(|fallback| *fallback.get(&people.keys().copied().collect::<Vec<_>>()));
        Shop { people, fallback, rules }
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => (user_number(), any::<[bool; 2]>()).prop_map(|(who, groups)| Change::Hire(who, groups)),
        1 => (user_number(), weight()).prop_map(|(who, weight)| Change::Weight(who, weight)),
        2 => user_number().prop_map(Change::Leave),
        2 => user_number().prop_map(Change::Receives),
        2 => (user_number(), 0_usize..2).prop_map(|(who, group)| Change::Group(who, group)),
        5 => (user_number(), absence()).prop_map(|(who, (after, long))| Change::Away(who, after, long)),
        2 => user_number().prop_map(Change::Back),
        2 => prop::option::of(user_number()).prop_map(Change::Fallback),
        1 => (0_usize..2).prop_map(Change::Rule),
    ]
}

fn sent() -> impl Strategy<Value = SentEnquiry> {
    let after = prop_oneof![Just(0), 0_u64..10];
    (after, 0..KINDS.len(), prop::option::weighted(0.2, 0_u64..40), any::<bool>()).prop_map(|(after, kind, again, keyed)| SentEnquiry {
        after,
        kind,
        again,
        keyed,
    })
}

fn round() -> impl Strategy<Value = Round> {
    let changes = prop::collection::vec((0_u64..30, change()), 0..=2);
    let wakes = prop::collection::vec((10_u64..120, any::<bool>()), 0..=2);
    (prop::collection::vec(sent(), 1..=7), changes, wakes).prop_map(|(leads, changes, wakes)| Round { leads, changes, wakes })
}

pub fn history() -> impl Strategy<Value = RotationHistory> {
    (any::<u64>().no_shrink(), shop(), prop::collection::vec(round(), 1..=3)).prop_map(|(seed, shop, rounds)| RotationHistory {
        seed,
        shop,
        rounds,
    })
}
