//! Follow-ups as records: creation, outcomes, clear and notes, and the lists (FUP-1, FUP-3, FUP-4, FUP-6).

use super::settings_of;
use crate::support::world::{NORDSTERN, World, at};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::{Actor, ContactChannel, DealerId, FollowUpId, Phone, Refusal, UserId};
use forecourt_domain::decision::Item;
use forecourt_domain::enquiry::{Person, Vehicle};
use forecourt_domain::follow_up::{ChainState, FollowUp, Outcome, SkipReason, VinFinding, check_vin, identities};
use forecourt_domain::rules::follow_up::{NewFollowUp, OutcomeContext, add_note, clear, make, record};
use forecourt_domain::settings::Dealer;
use forecourt_store::keys::{FollowUpList, Key};
use forecourt_store::{FollowUpQuery, Load};

fn user(name: &str) -> Actor {
    Actor::User(UserId::parse(name).unwrap())
}

fn now() -> DateTime<Utc> {
    at("2026-11-23T09:00:00Z")
}

fn new(id: &str, dealer: &Dealer) -> NewFollowUp {
    let vehicle = Vehicle { plate: Some("HH-AB 123".into()), make: Some("Opel".into()), ..Vehicle::default() };
    let contact = Person {
        last_name: Some("Petersen".into()),
        phones: vec![Phone::read("0171 2345678", dealer.settings.country)],
        ..Person::default()
    };
    NewFollowUp {
        id: FollowUpId::parse(id).unwrap(),
        external_id: None,
        contact,
        contact_id: None,
        vehicle,
        job: "mot".into(),
        due: "2026-12-01".parse().unwrap(),
        history: Vec::new(),
    }
}

/// Permits calls and letters.
fn permits(follow_up: Option<&FollowUp>, method: ContactChannel) -> Result<(), SkipReason> {
    let is_wrong = follow_up.is_some_and(|follow_up| follow_up.wrong_numbers.contains("+491712345678"));
    match method {
        ContactChannel::Telephone if is_wrong => Err(SkipReason::WrongNumber),
        ContactChannel::Telephone | ContactChannel::Letter => Ok(()),
        _ => Err(SkipReason::NotGranted),
    }
}

fn made(new: &NewFollowUp, dealer: &Dealer) -> Result<FollowUp, Refusal> {
    let claims = [("hash".to_owned(), None)];
    make(new, dealer, (None, &claims), &|method| permits(None, method), (&user("chris.center"), now())).map(|made| made.unwrap().0)
}

/// Calls `act` as a user, some minutes after the beginning.
fn as_user<T>(dealer: &Dealer, name: &str, minutes: i64, act: impl FnOnce(&OutcomeContext<'_>) -> T) -> T {
    let by = user(name);
    let permits = |follow_up: &FollowUp, method| permits(Some(follow_up), method);
    act(&OutcomeContext { dealer, permits: &permits, by: &by, now: now() + TimeDelta::minutes(minutes) })
}

fn outcome(dealer: &Dealer, before: &FollowUp, minutes: i64, outcome: &Outcome) -> FollowUp {
    as_user(dealer, "chris.center", minutes, |context| record(context, before, outcome)).unwrap().unwrap()
}

fn rule_of<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    match result {
        Err(Refusal::Conflict { rule, .. }) => rule,
        other => panic!("{other:?}"),
    }
}

fn on(follow_up: &FollowUp) -> Option<&'static str> {
    follow_up.chain.step().map(|step| step.method.name())
}

#[tokio::test]
async fn fup_1_bad_input_gets_a_clear_answer() {
    let dealer = settings_of(&World::new().await).await;
    let faults = |change: &dyn Fn(&mut NewFollowUp)| {
        let mut new = new("f1", &dealer);
        change(&mut new);
        match made(&new, &dealer) {
            Err(Refusal::Invalid(faults)) => faults.iter().map(|fault| format!("{} {}", fault.field, fault.rule)).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(faults(&|new| new.job = "wash".into()), ["job_type FUP-1"]);
    assert_eq!(faults(&|new| new.due = "2025-11-20".parse().unwrap()), ["due FUP-1"]);
    assert_eq!(faults(&|new| new.due = "2126-12-01".parse().unwrap()), ["due FUP-1"]);
    assert_eq!(faults(&|new| new.vehicle = Vehicle::default()), ["vehicle FUP-1"]);
    let overdue = NewFollowUp { due: "2025-11-25".parse().unwrap(), ..new("f1", &dealer) };
    let overdue = made(&overdue, &dealer).unwrap();
    assert_eq!((overdue.job.as_str(), overdue.listed(now())), ("MOT", Some(ContactChannel::Telephone)));
    // A wrong plate or check digit is flagged, not refused.
    let odd = Vehicle { vin: Some("1M8GDM9AXKP042789".into()), plate: Some("?".into()), ..Vehicle::default() };
    let flagged = made(&NewFollowUp { vehicle: odd, ..new("f1", &dealer) }, &dealer).unwrap();
    assert_eq!(flagged.flags.iter().map(|flag| flag.field.as_str()).collect::<Vec<_>>(), ["vehicle.vin", "vehicle.plate"]);
}

#[test]
fn fup_1_the_check_digit_of_a_vehicle_number_is_checked() {
    for (vin, found) in [
        ("1M8GDM9AXKP042788", Ok(())),
        ("11111111111111111", Ok(())),
        ("1m8gdm9a xkp042788", Ok(())),
        ("1M8GDM9AXKP042789", Err(VinFinding::CheckDigit)),
        ("1M8GDM9AXKP04278", Err(VinFinding::Length)),
        ("1M8GDM9AXKP04278O", Err(VinFinding::Character)),
    ] {
        assert_eq!(check_vin(vin), found, "{vin}");
    }
    let vehicle = |plate: &str| Vehicle { plate: Some(plate.into()), ..Vehicle::default() };
    assert_eq!(identities(&vehicle("hh ab-123")), identities(&vehicle("HH-AB 123")));
}

#[tokio::test]
async fn fup_1_a_vehicle_has_one_open_follow_up_for_a_job_and_a_repeat_changes_nothing() {
    let dealer = settings_of(&World::new().await).await;
    let first = made(&new("f1", &dealer), &dealer).unwrap();
    let again = |new: &NewFollowUp, known: Option<&FollowUp>, claimed: Option<&FollowUp>| {
        let claims = [("hash".to_owned(), claimed)];
        make(new, &dealer, (known, &claims), &|method| permits(None, method), (&user("chris.center"), now()))
    };
    assert_eq!(again(&new("f1", &dealer), Some(&first), Some(&first)).unwrap(), None);
    let other = NewFollowUp { job: "Service".into(), ..new("f1", &dealer) };
    assert_eq!(rule_of(again(&other, Some(&first), None)), "FUP-1");
    let second = again(&new("f2", &dealer), None, Some(&first));
    assert!(second.as_ref().is_err_and(|refusal| refusal.to_string().contains("f1")), "{second:?}");
    // After the end of the first one, the next year's is possible.
    let ended = outcome(&dealer, &first, 1, &Outcome::Declined("price".into()));
    assert!(again(&new("f2", &dealer), None, Some(&ended)).unwrap().is_some());
}

#[tokio::test]
async fn fup_3_each_outcome_is_recorded_with_its_user_and_a_wrong_number_is_not_called_again() {
    let dealer = settings_of(&World::new().await).await;
    let first = made(&new("f1", &dealer), &dealer).unwrap();
    assert_eq!((on(&first), first.chain.past.len()), (Some("telephone"), 2));
    let wrong = outcome(&dealer, &first, 1, &Outcome::WrongNumber);
    assert_eq!((on(&wrong), wrong.wrong_numbers.len()), (Some("letter"), 1));
    let passed = outcome(&dealer, &first, 1, &Outcome::NextMethod);
    assert_eq!((on(&passed), passed.wrong_numbers.len()), (Some("letter"), 0));
    let declined = outcome(&dealer, &first, 1, &Outcome::Declined("PRICE".into()));
    let [past] = &declined.contacts[..] else { panic!("{declined:?}") };
    assert_eq!((past.outcome.as_str(), past.reason.as_deref(), &past.by), ("declined", Some("price"), &user("chris.center")));
    assert_eq!((past.method, declined.version), (Some(ContactChannel::Telephone), 2));
    let unknown = as_user(&dealer, "chris.center", 1, |context| record(context, &first, &Outcome::Declined("no idea".into())));
    assert!(matches!(&unknown, Err(Refusal::Invalid(faults)) if faults[0].field == "reason"), "{unknown:?}");
}

#[tokio::test]
async fn fup_4_clear_takes_back_the_entries_of_this_call_only() {
    let dealer = settings_of(&World::new().await).await;
    let first = made(&new("f1", &dealer), &dealer).unwrap();
    for taken in [Outcome::Declined("price".into()), Outcome::Unavailable, Outcome::WrongNumber, Outcome::NextMethod] {
        let after = outcome(&dealer, &first, 1, &taken);
        let cleared = as_user(&dealer, "chris.center", 2, |context| clear(context, &after)).unwrap().unwrap();
        assert_eq!((&cleared.chain, &cleared.wrong_numbers), (&first.chain, &first.wrong_numbers), "{taken:?}");
        assert!(cleared.contacts[0].cleared);
        assert_eq!(as_user(&dealer, "chris.center", 3, |context| clear(context, &cleared)).unwrap(), None);
        assert_eq!(rule_of(as_user(&dealer, "ingo.brandt", 2, |context| clear(context, &after))), "FUP-4");
        assert_eq!(rule_of(as_user(&dealer, "chris.center", 32, |context| clear(context, &after))), "FUP-4");
    }
    let visit = forecourt_domain::base::AppointmentId::parse("visit").unwrap();
    let booked = outcome(&dealer, &first, 1, &Outcome::Booked(visit));
    assert_eq!(rule_of(as_user(&dealer, "chris.center", 2, |context| clear(context, &booked))), "FUP-4");
    let back = outcome(&dealer, &booked, 3, &Outcome::Cancelled);
    assert_eq!((on(&back), back.contacts.len()), (Some("telephone"), 2));
}

#[tokio::test]
async fn fup_6_notes_are_kept_with_author_and_time() {
    let dealer = settings_of(&World::new().await).await;
    let first = made(&new("f1", &dealer), &dealer).unwrap();
    let noted = as_user(&dealer, "chris.center", 1, |context| add_note(context, &first, " Prefers mornings ")).unwrap();
    assert_eq!((noted.notes[0].text.as_str(), &noted.notes[0].by), ("Prefers mornings", &user("chris.center")));
    let long = "x".repeat(2_001);
    for text in [" ", long.as_str()] {
        assert!(matches!(as_user(&dealer, "chris.center", 1, |context| add_note(context, &first, text)), Err(Refusal::Invalid(_))));
    }
}

async fn save(world: &World, follow_up: &FollowUp) {
    let decision = forecourt_domain::decision::Decision::default().with(Item::FollowUp(Box::new(follow_up.clone())));
    let load = Load::of([Key::FollowUp(follow_up.id.clone())]);
    world.store.decide(&world.scope(), load, |_, _| Ok((Some(decision.clone()), ()))).await.unwrap();
}

/// FUP-1: a follow-up is on the list of one method, in the order in which they are worked, and each list has its count.
#[tokio::test]
async fn fup_1_the_lists_have_each_follow_up_once_and_page_by_page() {
    let world = World::new().await;
    let dealer = settings_of(&world).await;
    let id = DealerId::parse(NORDSTERN).unwrap();
    let all: Vec<FollowUp> = (0..5).map(|number| made(&new(&format!("f{number}"), &dealer), &dealer).unwrap()).collect();
    for (minute, follow_up) in (0_i64..).zip(&all) {
        let mut follow_up = follow_up.clone();
        let ChainState::Open(step) = &mut follow_up.chain.state else { panic!("{follow_up:?}") };
        step.from += TimeDelta::minutes(10 - minute);
        save(&world, &follow_up).await;
    }
    let ended = outcome(&dealer, &all[4], 1, &Outcome::Declined("price".into()));
    save(&world, &ended).await;
    let scope = world.scope();
    let by = now() + TimeDelta::minutes(9);
    let (mut names, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let list = FollowUpList::Method(ContactChannel::Telephone);
        let page = FollowUpQuery { dealer: &id, list, by: Some(by), cursor: cursor.as_deref(), limit: 2 };
        let (found, next) = world.store.follow_ups(&scope, page, |_| true).await.unwrap();
        names.extend(found.into_iter().map(|follow_up| follow_up.id.to_string()));
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["f3", "f2", "f1"]);
    let counts = world.store.follow_up_counts(&scope, &id, by, 100).await.unwrap();
    assert_eq!(counts.map(|(_, count)| count), [0, 0, 3, 0]);
}
