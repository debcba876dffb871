//! The steps of a random history of a dealer: enquiries, assignments, absences, leavers, and changes of the settings.

use proptest::prelude::*;

/// A user by position in [`super::stage::PEOPLE`].
pub type Person = usize;
/// A lead by position in the order of arrival, modulo their number.
pub type Nth = usize;

/// One step. A step that the system refuses changes nothing.
#[derive(Debug, Clone)]
pub enum Step {
    /// An enquiry of a contact, who may be known, for the first or the second lane.
    Enquire(usize, bool),
    /// The latest enquiry comes once more.
    Repeat,
    /// A lead goes to a user, whatever stands against it.
    Assign(Nth, Person),
    /// A lead goes to the other dealer, or back from there.
    Transfer(Nth),
    Close(Nth, Outcome),
    Reopen(Nth),
    React(Nth, Person),
    Claim(Nth, Person),
    /// A user is absent: hours from now, duration in hours, deputy, and whether the leads are handed over.
    Away(Person, (i64, i64), Option<Person>, bool),
    Back(Person),
    /// Everybody is absent for some hours, except this user.
    Holiday(Option<Person>, i64),
    /// The user is absent on all days of the week from Monday to this one.
    Weekly(Person, usize),
    /// The user works in the morning, in the afternoon, or whenever the dealer is open.
    Hours(Person, Option<bool>),
    Busy(Person, i64),
    Limit(Person, Option<u32>),
    Weight(Person, u8),
    Receives(Person),
    Assignable(Person),
    Supervisor(Person, Option<Person>),
    Fallback(Option<Person>),
    OutsideOwnHours(bool),
    /// The user is taken off the dealer. The work goes to the distribution, or to another user.
    Leave(Person, Option<Person>),
    Join(Person),
    /// The dealer gets a pool of this user, or none.
    Pool(Option<Person>),
    /// Minutes pass.
    Pass(i64),
}

#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    Won,
    Spam,
    Price,
}

fn person() -> impl Strategy<Value = Person> {
    0_usize..super::stage::PEOPLE.len()
}

fn seller() -> impl Strategy<Value = Person> {
    0_usize..super::stage::SELLERS
}

fn nth() -> impl Strategy<Value = Nth> {
    0_usize..40
}

/// Any step.
pub fn step() -> impl Strategy<Value = Step> {
    let outcome = prop::sample::select(vec![Outcome::Won, Outcome::Spam, Outcome::Price]);
    let long = prop::sample::select(vec![2_i64, 9, 30, 24 * 10, 24 * 40]);
    let work = prop_oneof![
        8 => (0_usize..14, any::<bool>()).prop_map(|(contact, lane)| Step::Enquire(contact, lane)),
        1 => Just(Step::Repeat),
        3 => (nth(), person()).prop_map(|(lead, who)| Step::Assign(lead, who)),
        2 => nth().prop_map(Step::Transfer),
        3 => (nth(), outcome).prop_map(|(lead, outcome)| Step::Close(lead, outcome)),
        2 => nth().prop_map(Step::Reopen),
        1 => (nth(), person()).prop_map(|(lead, who)| Step::React(lead, who)),
        2 => (nth(), person()).prop_map(|(lead, who)| Step::Claim(lead, who)),
        4 => prop::sample::select(vec![5_i64, 45, 180, 24 * 60]).prop_map(Step::Pass),
    ];
    let people = prop_oneof![
        5 => (person(), (0_i64..3, long), prop::option::of(person()), any::<bool>())
            .prop_map(|(who, when, deputy, hands)| Step::Away(who, when, deputy, hands)),
        2 => person().prop_map(Step::Back),
        3 => (prop::option::of(person()), 2_i64..30).prop_map(|(who, long)| Step::Holiday(who, long)),
        1 => (person(), 0_usize..5).prop_map(|(who, day)| Step::Weekly(who, day)),
        2 => (person(), prop::option::of(any::<bool>())).prop_map(|(who, hours)| Step::Hours(who, hours)),
        1 => (person(), 10_i64..300).prop_map(|(who, minutes)| Step::Busy(who, minutes)),
        4 => (seller(), prop::option::weighted(0.8, 1_u32..4)).prop_map(|(who, most)| Step::Limit(who, most)),
        1 => (seller(), 1_u8..=10).prop_map(|(who, weight)| Step::Weight(who, weight)),
        2 => person().prop_map(Step::Receives),
        1 => person().prop_map(Step::Assignable),
        2 => (person(), prop::option::of(person())).prop_map(|(who, above)| Step::Supervisor(who, above)),
        1 => prop::option::of(person()).prop_map(Step::Fallback),
        2 => prop::bool::weighted(0.7).prop_map(Step::OutsideOwnHours),
        3 => (seller(), prop::option::of(person())).prop_map(|(who, to)| Step::Leave(who, to)),
        3 => seller().prop_map(Step::Join),
        3 => prop::option::of(seller()).prop_map(Step::Pool),
    ];
    prop_oneof![3 => work, 2 => people]
}

/// The steps that take turns or change who can get one, without limits: each turn of a new lead follows the shares.
pub fn fair_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (100_usize..10_000, Just(false)).prop_map(|(contact, lane)| Step::Enquire(contact, lane)),
        4 => Just(Step::Repeat),
        4 => nth().prop_map(Step::Transfer),
        1 => (seller(), (Just(0_i64), Just(2_i64)), Just(None), Just(false))
            .prop_map(|(who, when, deputy, hands)| Step::Away(who, when, deputy, hands)),
        1 => seller().prop_map(Step::Back),
        1 => (seller(), 1_u8..=10).prop_map(|(who, weight)| Step::Weight(who, weight)),
        2 => (nth(), seller()).prop_map(|(lead, who)| Step::Assign(lead, who)),
        1 => (nth(), Just(Outcome::Price)).prop_map(|(lead, outcome)| Step::Close(lead, outcome)),
    ]
}
