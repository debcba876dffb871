//! Races: two concurrent actions, whatever the order of their calls, end as if one had happened after the other.

use super::cloud::{Cloud, Setting, Wakes};
use super::gate::Gate;
use super::journey::{CENTRES, NORTH, POND, SOUTH, WEST, enquiry, lead, post};
use super::judge::End;
use super::pingback::{ping, sign};
use super::{Bug, GROUP};
use crate::support::world::{Reply, at};
use http::Method;
use serde_json::{Value, json};

/// An action at ten o'clock.
#[derive(Debug, Clone)]
enum Move {
    /// An enquiry with this idempotency key.
    Lead(&'static str),
    /// A user's request about the lead of nine o'clock: path, key and body.
    Post(&'static str, &'static str, Value),
    /// An enquiry of a person at a dealer: dealer, idempotency key and name.
    Asks(&'static str, &'static str, &'static str),
    /// The administrator's change of the first version of settings or a user: method, path and body.
    Save(Method, &'static str, Value),
    /// The customer with this invitation books twelve o'clock.
    Book(usize),
    /// A user claims the first lead of the pond's pool.
    Claim(&'static str),
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

fn to(target: Value) -> Move {
    Move::Post("assignment", "k-t", target)
}

fn races() -> Vec<(&'static str, Move, Move)> {
    let (told, made) = (
        || json!({"type": "appointment.cancelled", "external_id": "c-1", "at": "2026-11-23T09:59:58Z"}),
        || json!({"external_id": "c-1", "customer": {"name": "Jana", "email": "jana@example.com"}, "kind": "showroom", "at": "2026-11-24T09:00:00Z"}),
    );
    let contact = json!({"last_name": "jana", "emails": ["jana@example.com"]});
    let slower = json!({"level_1": 90, "reminder": 20, "level_2": 30, "level_2_resubmission": 15});
    let without_ben = || Move::Save(Method::DELETE, "/dealers/north/users/ben", Value::Null);
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
        ("an appointment is made and its cancellation told", Move::Make(made()), Move::Ping(told())),
        ("two customers who book one slot", Move::Book(0), Move::Book(1)),
        ("one customer who books twice", Move::Book(0), Move::Book(0)),
        ("two enquiries of one person", Move::Asks(NORTH, "k-1", "jana"), Move::Asks(NORTH, "k-2", "jana")),
        ("two enquiries of one person at two dealers", Move::Asks(NORTH, "k-1", "jana"), Move::Asks(WEST, "k-2", "jana")),
        ("a contact is added and asks", Move::Post("contacts", "k-c", contact), Move::Asks(NORTH, "k-1", "jana")),
        ("later deadlines and an enquiry", Move::Save(Method::PUT, "/dealers/north/escalation", slower), Move::Lead("k-1")),
        ("a member leaves and an enquiry", without_ben(), Move::Lead("k-1")),
        ("a member leaves and is given a lead", without_ben(), to(json!({"user": "ben"}))),
        (
            "a user leaves the group and becomes a member",
            Move::Save(Method::DELETE, "/users/hugo", Value::Null),
            Move::Save(Method::PUT, "/dealers/north/users/hugo", json!({"receives_leads": true})),
        ),
        ("made by queue, and its cancellation told by queue", Move::Queue(json!({"appointment": made()})), Move::Queue(told())),
    ]
}

/// What exists at ten o'clock.
struct Scene {
    /// A lead in the north, an hour old.
    first: Reply,
    /// A lead in the pond's pool.
    pooled: Reply,
    /// The links of two invitations in the west, which has one seller. Empty if nobody books.
    links: Vec<String>,
}

impl Scene {
    async fn new(cloud: &Cloud, books: bool) -> Self {
        let first = lead(cloud, NORTH, "k-0", &enquiry("first")).await;
        let pooled = lead(cloud, POND, "k-p", &enquiry("pooled")).await;
        let mut links = Vec::new();
        for name in ["ida", "otto"].into_iter().filter(|_| books) {
            let invited = lead(cloud, WEST, &format!("k-{name}"), &enquiry(name)).await;
            let path = format!("/leads/{}/invitations", invited.text("/id"));
            let made = post(cloud, "boss", &path, &format!("k-i-{name}"), &json!({"type": "booked_test_drive", "title": "Corsa"})).await;
            links.push(made.text("/link").strip_prefix("https://desk.example").unwrap().to_owned());
        }
        Self { first, pooled, links }
    }
}

async fn make(cloud: &Cloud, scene: &Scene, what: &Move) -> Option<Reply> {
    let json = ("content-type", "application/json");
    match what {
        Move::Lead(key) => Some(lead(cloud, NORTH, key, &enquiry(key)).await),
        Move::Asks(dealer, key, name) => Some(lead(cloud, dealer, key, &enquiry(name)).await),
        Move::Save(method, path, body) => {
            let body = if body.is_null() { String::new() } else { body.to_string() };
            Some(cloud.request(method.clone(), "boss", path, &[json, ("if-match", "\"1\"")], body.as_bytes()).await)
        }
        Move::Book(customer) => {
            let (path, body) = (format!("{}/booking", scene.links[*customer]), json!({"from": "2026-11-23T12:00:00Z"}));
            let reply = cloud.request(Method::POST, "", &path, &[json], body.to_string().as_bytes()).await;
            // A repeat finds the slot booked already.
            Some(Reply { status: if reply.status == 201 { 200 } else { reply.status }, ..reply })
        }
        Move::Post(path, key, body) => Some(post(cloud, "boss", &format!("/leads/{}/{path}", scene.first.text("/id")), key, body).await),
        Move::Claim(who) => Some(post(cloud, who, &format!("/leads/{}/claim", scene.pooled.text("/id")), who, &json!({})).await),
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
enum Order {
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
        let setting = Setting { gate: Gate::new(Vec::new(), seed, false), wakes: Wakes::AsSent, bug, retries: 0, at_once, lagging: false };
        let cloud = Cloud::new(setting, &GROUP, "2026-11-23T09:00:00Z").await;
        sign(&cloud).await;
        let scene = &Scene::new(&cloud, matches!(a, Move::Book(_))).await;
        cloud.pass_until(at("2026-11-23T09:59:59Z")).await;
        cloud.clock.freeze_at(at("2026-11-23T10:00:00Z"));
        let (x, y) = match order {
            Order::SideBySide(_) => tokio::join!(make(&cloud, scene, a), make(&cloud, scene, b)),
            Order::AThenB => (make(&cloud, scene, a).await, make(&cloud, scene, b).await),
            Order::BThenA => {
                let y = make(&cloud, scene, b).await;
                (make(&cloud, scene, a).await, y)
            }
        };
        cloud.pass_until(at("2026-11-24T10:00:00Z")).await;
        End::of(&cloud, &[x, y].into_iter().flatten().collect::<Vec<_>>())
    })
}

/// Returns the first interleaving whose end differs from the ends of both orders. `None` if there is none.
fn lost_race(name: &str, a: &Move, b: &Move, seeds: u64, bug: Option<Bug>) -> Option<String> {
    let orders = [play(a, b, Order::AThenB, None), play(a, b, Order::BThenA, None)];
    (0..seeds).find_map(|seed| {
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

/// DIS-2, ESC-7, ESC-8, INT-5: each pair of actions is serializable in 60 interleavings of their calls.
#[test]
fn dis_2_each_pair_of_concurrent_actions_is_serializable() {
    let lost: Vec<String> = races().iter().filter_map(|(name, a, b)| lost_race(name, a, b, 60, None)).collect();
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// The harness itself: the races detect a write without a condition.
#[test]
fn the_races_detect_a_write_without_a_condition() {
    for bug in [Bug::RotationOutsideTheUnit, Bug::DroppedCondition] {
        let noticed = races().iter().find_map(|(name, a, b)| lost_race(name, a, b, 60, Some(bug)));
        println!("{bug:?}: {}", noticed.as_deref().unwrap_or("nothing"));
        assert!(noticed.is_some(), "{bug:?} went unnoticed");
    }
}
