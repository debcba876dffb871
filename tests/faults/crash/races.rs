//! Races: two concurrent actions, whatever the order of their calls, end as if one had happened after the other.

use super::cloud::{Cloud, Setting, WakeUpTreatment};
use super::group::{CENTRES, NORTH, POND, SOUTH, WEST};
use super::journey::{enquiry, lead, post};
use super::judge::End;
use super::pingback::{ping, sign};
use super::turn::Turn;
use super::{Bug, GROUP};
use crate::support::gate::Gate;
use crate::support::world::{Reply, Request, at};
use http::Method;
use serde_json::{Value, json};

/// An action at ten o'clock.
#[derive(Debug, Clone)]
pub enum Move {
    /// An enquiry with this idempotency key.
    Lead(&'static str),
    /// A user's request about the lead of nine o'clock: path, key and body.
    Post(&'static str, &'static str, Value),
    /// The group admin takes a user off a dealer and removes the user, or changes a part of the settings: method, path, version and body.
    Set(Method, String, u64, Value),
    /// An enquiry of a new person with this idempotency key.
    Contact(&'static str),
    /// A user adds a contact with one e-mail address to the first lead, or to the one in the pool.
    Reach(&'static str, bool),
    /// The customer of the first or the second invitation books this slot.
    Book(usize, &'static str),
    /// A user claims the first lead of the pond's pool.
    Claim(&'static str),
    /// The group admin changes the visit: the last part of the path, key and body.
    Visit(&'static str, &'static str, Value),
    /// The group admin gives the visit to this user.
    Person(&'static str),
    /// The contact centre's system creates this appointment.
    Make(Value),
    /// The contact centre's system creates or reports on an appointment by queue.
    Queue(Value),
    /// The contact centre's system sends a ping-back.
    Ping(Value),
    /// Everything due is delivered: the lead's level 1 and all queued messages.
    Deliver,
    /// A queue delivers everything due twice.
    DeliverTwice,
}

fn reaction() -> Move {
    Move::Post("reactions", "k-r", json!({"kind": "reply"}))
}

pub fn to(target: Value) -> Move {
    Move::Post("assignment", "k-t", target)
}

/// The slot for which two customers compete.
const SLOT: &str = "2026-11-23T12:00:00Z";

fn leaver(user: &str) -> Move {
    Move::Set(Method::DELETE, format!("/dealers/{NORTH}/users/{user}"), 1, json!({}))
}

fn slower() -> Move {
    Move::Set(Method::PUT, format!("/dealers/{NORTH}/escalation"), 1, json!({"level_1": 90, "reminder": 20, "level_2": 30}))
}

fn races() -> Vec<(&'static str, Move, Move)> {
    let (cancelled, made) = (
        || json!({"type": "appointment.cancelled", "external_id": "c-1", "at": "2026-11-23T09:59:58Z"}),
        || json!({"external_id": "c-1", "customer": {"name": "Jana", "email": "jana@example.com"}, "kind": "showroom", "at": "2026-11-24T09:00:00Z"}),
    );
    let later = |at: &str| Move::Visit("time", "k-v", json!({"at": at}));
    let off = || Move::Visit("cancellation", "k-c", json!({}));
    let stay = || to(json!({"dealer": SOUTH, "appointments": "stay"}));
    let lost = || Move::Post("status", "k-s", json!({"status": "lost", "reason": "price"}));
    vec![
        ("two enquiries for one rotation", Move::Lead("k-1"), Move::Lead("k-2")),
        ("the same enquiry twice", Move::Lead("k-1"), Move::Lead("k-1")),
        ("the same reaction twice", reaction(), reaction()),
        ("an answer and level 1", reaction(), Move::Deliver),
        ("closing and level 1", lost(), Move::Deliver),
        ("given to another and level 1", to(json!({"user": "cara"})), Move::Deliver),
        ("moved to another dealer and level 1", to(json!({"dealer": SOUTH})), Move::Deliver),
        ("moved to another dealer and answered", to(json!({"dealer": WEST})), reaction()),
        ("moved to two dealers", to(json!({"dealer": WEST})), Move::Post("assignment", "k-u", json!({"dealer": SOUTH}))),
        ("an answer and closing", reaction(), lost()),
        ("level 1 twice", Move::Deliver, Move::DeliverTwice),
        ("two who take one lead out of the pool", Move::Claim("pia"), Move::Claim("paul")),
        ("taken out of the pool and level 1", Move::Claim("pia"), Move::Deliver),
        ("an appointment is made and its cancellation reported", Move::Make(made()), Move::Ping(cancelled())),
        ("two enquiries of a new person", Move::Contact("k-1"), Move::Contact("k-2")),
        ("one new address for contacts of two leads", Move::Reach("k-1", false), Move::Reach("k-2", true)),
        ("two bookings of one slot", Move::Book(0, SLOT), Move::Book(1, SLOT)),
        ("a visit gets another salesperson and is moved", Move::Person("cara"), later("2026-11-24T11:00:00Z")),
        ("a visit gets another salesperson and is cancelled", Move::Person("cara"), off()),
        ("a visit gets two salespersons", Move::Person("cara"), Move::Person("ben")),
        ("a visit is moved and cancelled", later("2026-11-24T11:00:00Z"), off()),
        ("a visit stays without its lead and is moved", stay(), later("2026-11-24T11:00:00Z")),
        ("a visit stays without its lead and is cancelled", stay(), off()),
        ("a slower escalation and an enquiry", slower(), Move::Lead("k-1")),
        ("a slower escalation and level 1", slower(), Move::Deliver),
        // Leavers who hold no lead. Those who hold leads are judged by their final state: `leavers`.
        ("a leaver and an enquiry", leaver("cara"), Move::Lead("k-1")),
        ("a leaver and an assignment to another", leaver("cara"), to(json!({"user": "ben"}))),
        ("made by queue, and its cancellation reported by queue", Move::Queue(json!({"appointment": made()})), Move::Queue(cancelled())),
    ]
}

/// What exists when the two actions begin.
pub struct Before {
    first: Reply,
    pooled: Reply,
    /// The paths of two invitations. Empty unless an action books.
    invitations: Vec<String>,
    /// The id of a visit of anna. `None` unless an action changes it.
    visit: Option<String>,
}

impl Before {
    pub async fn of(cloud: &Cloud, books: bool) -> Self {
        let first = lead(cloud, NORTH, "k-0", &enquiry("first")).await;
        let pooled = lead(cloud, POND, "k-p", &enquiry("pooled")).await;
        let mut invitations = Vec::new();
        for key in ["k-x", "k-y"].into_iter().filter(|_| books) {
            let invited = lead(cloud, WEST, key, &enquiry(key)).await;
            let body = json!({"type": "booked_test_drive", "title": "Corsa"});
            let made = post(cloud, "boss", &format!("/leads/{}/invitations", invited.text("/id")), &format!("{key}-i"), &body).await;
            invitations.push(made.text("/link").strip_prefix("https://desk.example").unwrap().to_owned());
        }
        Self { first, pooled, invitations, visit: None }
    }

    /// Adds a visit, of the first lead or without a lead.
    async fn with_visit(mut self, cloud: &Cloud, of_lead: bool) -> Self {
        let mut body = json!({"customer": {"name": "Visitor", "email": "visitor@example.com"}, "kind": "showroom",
            "at": "2026-11-24T09:00:00Z", "user": "anna"});
        if of_lead {
            body["lead"] = self.first.body["id"].clone();
        }
        let made = post(cloud, "boss", &format!("/dealers/{NORTH}/appointments"), "k-visit", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        self.visit = Some(made.text("/id").to_owned());
        self
    }
}

pub async fn make(cloud: &Cloud, before: &Before, what: &Move) -> Option<Reply> {
    let Before { first, pooled, invitations, visit } = before;
    let visit = format!("/appointments/{}", visit.as_deref().unwrap_or_default());
    match what {
        Move::Set(method, path, version, body) => {
            Some(cloud.request(&Request::new(method.clone(), "boss", path).json(body).version(*version)).await)
        }
        Move::Contact(key) => Some(lead(cloud, NORTH, key, &enquiry("stranger")).await),
        Move::Reach(key, is_pooled) => {
            let path = format!("/leads/{}/contacts", if *is_pooled { pooled } else { first }.text("/id"));
            Some(post(cloud, "boss", &path, key, &json!({"last_name": "Nord", "emails": ["nord@example.com"]})).await)
        }
        Move::Book(of, slot) => {
            let path = format!("{}/booking", invitations[*of]);
            Some(cloud.request(&Request::post("", &path).json(&json!({"from": slot}))).await)
        }
        Move::Lead(key) => Some(lead(cloud, NORTH, key, &enquiry(key)).await),
        Move::Post(path, key, body) => Some(post(cloud, "boss", &format!("/leads/{}/{path}", first.text("/id")), key, body).await),
        Move::Claim(who) => Some(post(cloud, who, &format!("/leads/{}/claim", pooled.text("/id")), who, &json!({})).await),
        Move::Visit(path, key, body) => Some(post(cloud, "boss", &format!("{visit}/{path}"), key, body).await),
        Move::Person(user) => {
            let (headers, body) = ([("content-type", "application/json"), ("if-match", "*")], json!({"user": user}).to_string());
            Some(cloud.request(&Request::patch("boss", &visit).headers(&headers).body(body.as_bytes())).await)
        }
        Move::Make(body) => Some(post(cloud, CENTRES, &format!("/dealers/{NORTH}/appointments"), "k-m", body).await),
        Move::Ping(body) => Some(ping(cloud, body).await),
        Move::Queue(body) => {
            cloud.enqueue_appointment(body);
            cloud.deliver_due().await;
            None
        }
        Move::Deliver => {
            cloud.deliver_due().await;
            None
        }
        Move::DeliverTwice => {
            cloud.deliver_again();
            cloud.deliver_due().await;
            None
        }
    }
}

/// The order of two actions.
#[derive(Clone, Copy)]
pub enum Order {
    AThenB,
    BThenA,
    /// Concurrently; the seed chooses the order call by call.
    SideBySide(u64),
}

fn play(a: &Move, b: &Move, order: Order, bug: Option<Bug>) -> End {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let seed = if let Order::SideBySide(seed) = order { Some(seed) } else { None };
        let at_once = if seed.is_some() { 3 } else { 1 };
        let setting =
            Setting { gate: Gate::new(Vec::new(), seed, false), wakes: WakeUpTreatment::AsSent, bug, retries: 0, at_once, lagging: false };
        let cloud = Cloud::new(setting, &GROUP, "2026-11-23T09:00:00Z").await;
        sign(&cloud).await;
        let books = [a, b].iter().any(|action| matches!(action, Move::Book(..)));
        let before = Before::of(&cloud, books).await;
        let stays = [a, b].iter().any(|action| matches!(action, Move::Post(_, _, body) if body["appointments"] == "stay"));
        let before = &match [a, b].iter().any(|action| matches!(action, Move::Visit(..) | Move::Person(_))) {
            true => before.with_visit(&cloud, stays).await,
            false => before,
        };
        cloud.pass_until(at("2026-11-23T09:59:59Z")).await;
        cloud.clock.freeze_at(at("2026-11-23T10:00:00Z"));
        let (x, y) = match order {
            Order::SideBySide(_) => tokio::join!(make(&cloud, before, a), make(&cloud, before, b)),
            Order::AThenB => (make(&cloud, before, a).await, make(&cloud, before, b).await),
            Order::BThenA => {
                let y = make(&cloud, before, b).await;
                (make(&cloud, before, a).await, y)
            }
        };
        cloud.pass_until(at("2026-11-24T10:00:00Z")).await;
        End::of(&cloud, &[x, y].into_iter().flatten().collect::<Vec<_>>())
    })
}

/// Returns the first interleaving of this turn whose end differs from the ends of both orders. `None` if there is none.
fn lost_race((name, a, b): &(&str, Move, Move), turn: Turn, bug: Option<Bug>) -> Option<String> {
    let orders = [play(a, b, Order::AThenB, None), play(a, b, Order::BThenA, None)];
    (0..60).filter(|seed| turn.plays(*seed)).find_map(|seed| {
        let end = play(a, b, Order::SideBySide(seed), bug);
        let wrong: Vec<_> = orders.iter().map(|order| end.against(order)).collect();
        wrong.iter().all(|wrong| !wrong.is_empty()).then(|| {
            format!(
                "{name}, seed {seed}: as against one order\n    {}\n  and the other\n    {}",
                wrong[0].join("\n    "),
                wrong[1].join("\n    ")
            )
        })
    })
}

/// DIS-2, ESC-7, ESC-8, INT-5: each pair of actions is serializable in the interleavings of their calls. The turns together play 60.
#[test]
fn dis_2_each_pair_of_concurrent_actions_is_serializable() {
    let lost: Vec<String> = races().iter().filter_map(|race| lost_race(race, Turn::current(), None)).collect();
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// The harness itself: the races detect a write without a condition.
#[test]
fn the_races_detect_a_write_without_a_condition() {
    let seeded = [
        (Bug::RotationOutsideTheUnit, "two enquiries for one rotation"),
        (Bug::DroppedCondition, "an answer and level 1"),
        (Bug::UnguardedSlots, "two bookings of one slot"),
        (Bug::UnguardedContacts, "one new address for contacts of two leads"),
    ];
    for (bug, name) in seeded {
        let race = races().into_iter().find(|(race, ..)| *race == name).unwrap();
        let noticed = lost_race(&race, Turn::ALL, Some(bug));
        println!("{bug:?}: {}", noticed.as_deref().unwrap_or("nothing"));
        assert!(noticed.is_some(), "{bug:?} went unnoticed");
    }
}
