//! Appointments of customers with an open lead are linked to it (APT-8).

use crate::support::appointments::{make, seen};
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::{AppointmentOrigin, LeadId};
use futures::future::join_all;
use serde_json::{Value, json};

const WHEN: &str = "2026-11-25T14:00:00+01:00";

async fn world() -> World {
    let world = World::new().await;
    world
        .settings(|s| {
            s.appointments.origins =
                [AppointmentOrigin::Forecourt, AppointmentOrigin::ContactCentre, AppointmentOrigin::DealerSystem].into();
        })
        .await;
    world
}

/// An appointment of a customer who is reached by e-mail only.
fn body(name: &str, at: &str) -> Value {
    json!({"customer": {"name": name, "email": format!("{name}@example.com")}, "kind": "showroom", "at": at, "user": "ben.krause"})
}

fn lead_of(reply: &Reply) -> Option<LeadId> {
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.body["lead"].as_str().map(|lead| lead.parse().unwrap())
}

/// APT-8, ESC-7, CAL-6: the appointment of a customer with exactly one open lead becomes an event of the lead, stops its response clock and
/// is on its page. Its salesperson stays the one whom the request names.
#[tokio::test]
async fn apt_8_an_appointment_is_linked_to_the_only_open_lead_of_its_customer() {
    let world = world().await;
    let lead = world.lead(&enquiry("jana")).await;
    assert!(world.page(lead).await.lead.clock_runs());
    let made = make(&world, "chris.center", &body("jana", WHEN)).await;
    assert_eq!(lead_of(&made), Some(lead));
    let stored = world.page(lead).await.lead;
    assert!(!stored.clock_runs() && stored.planned.len() == 1, "{:?}", stored.planned);
    let events = world.get(ADMIN, &format!("/leads/{lead}/events")).await;
    assert_eq!((&events.body["events"][0]["id"], events.text("/events/0/user")), (&made.body["event"], "ben.krause"), "{}", events.body);
    let page = seen(&world, made.text("/id")).await;
    assert_eq!((page.text("/lead"), page.text("/user")), (lead.to_string().as_str(), "ben.krause"));
    // It works as an appointment with a named lead does.
    let moved = world.post(ADMIN, &format!("/appointments/{}/time", made.text("/id")), &json!({"at": "2026-11-25T16:00:00+01:00"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(world.events(lead).await[0].at.to_rfc3339(), "2026-11-25T15:00:00+00:00");
    let gone = world.post(ADMIN, &format!("/appointments/{}/cancellation", made.text("/id")), &json!({})).await;
    assert_eq!((gone.status, world.page(lead).await.lead.planned.len()), (200, 0), "{}", gone.body);
}

/// APT-8, INT-6: nothing is linked if the request refuses it, if the lead is closed, of another dealer or of another person on the same
/// number, for a workshop booking, and for a visit in the past.
#[tokio::test]
async fn apt_8_other_leads_are_not_linked() {
    let world = world().await;
    let shared = |name: &str| json!({"type": "used_car", "source": "website", "contact": {"first_name": name, "last_name": name, "phone": "030 1234567"}});
    let lead = world.lead(&shared("Otto")).await;
    let with_phone = |name: &str| json!({"customer": {"name": name, "phone": "030 1234567"}, "kind": "showroom", "at": WHEN});
    assert_eq!(lead_of(&make(&world, ADMIN, &with_phone("Paula Paula")).await), None, "another person on the same number");
    let not = |change: fn(&mut Value)| {
        let mut body = with_phone("Otto Otto");
        change(&mut body);
        body
    };
    for body in [
        not(|body| body["link"] = json!(false)),
        not(|body| body["kind"] = json!("workshop")),
        not(|body| body["at"] = json!("2026-11-22T10:00:00+01:00")),
    ] {
        assert_eq!(lead_of(&make(&world, ADMIN, &body).await), None, "{body}");
    }
    let elsewhere = world.post(ADMIN, "/dealers/autohaus-suedkreuz-demo/appointments", &with_phone("Otto Otto")).await;
    assert!(elsewhere.status == 404 || elsewhere.body["lead"].is_null(), "{}", elsewhere.body);
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "price"})).await.status, 200);
    assert_eq!(lead_of(&make(&world, ADMIN, &with_phone("Otto Otto")).await), None, "the lead is closed");
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "in_progress"})).await.status, 200);
    assert_eq!(lead_of(&make(&world, ADMIN, &with_phone("Otto Otto")).await), Some(lead));
    let wrong = not(|body| body["link"] = json!("no"));
    assert_eq!(make(&world, ADMIN, &wrong).await.faults(), ["link INT-3"]);
}

/// Gives the customer `jana` two open leads: the second one is reopened while the first one is in progress.
async fn two_leads(world: &World) -> [LeadId; 2] {
    let first = world.lead(&enquiry("jana")).await;
    let status = |lead: LeadId| format!("/leads/{lead}/status");
    assert_eq!(world.post(ADMIN, &status(first), &json!({"status": "lost", "reason": "price"})).await.status, 200);
    world.advance_to("2026-11-23T09:05:00Z").await;
    let second = world.lead(&enquiry("jana")).await;
    assert_ne!(first, second);
    assert_eq!(world.post(ADMIN, &status(first), &json!({"status": "in_progress"})).await.status, 200);
    [first, second]
}

/// APT-8, ACC-1: of several open leads none is linked; those that the requester may see are proposed, for the contact centre with nothing
/// but number, vehicle, status and time, and its look is in the access log. The chosen one is linked by a correction.
#[tokio::test]
async fn apt_8_several_open_leads_are_proposed() {
    let world = world().await;
    let [first, second] = two_leads(&world).await;
    let ids = |reply: &Reply| -> Vec<String> {
        let all = reply.body["proposed_leads"].as_array().cloned().unwrap_or_default();
        all.iter().map(|lead| lead["id"].as_str().unwrap().to_owned()).collect()
    };
    let made = make(&world, "chris.center", &body("jana", WHEN)).await;
    assert_eq!((lead_of(&made), ids(&made)), (None, vec![second.to_string(), first.to_string()]), "{}", made.body);
    let fields: Vec<&String> = made.body["proposed_leads"][0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["created_at", "id", "number", "status", "vehicle"], "{}", made.body);
    let log = world.get("gina.group", "/access-log").await;
    let searched: Vec<&Value> = log.body["records"].as_array().unwrap().iter().filter(|record| record["what"] == "lead_search").collect();
    assert_eq!(
        (searched.len(), &searched[0]["searched_by"], searched[0]["leads"].as_array().unwrap().len()),
        (1, &json!("appointment"), 2)
    );
    // A partner that finds no leads sees nothing of them, and neither does a colleague who may not see them.
    let mut of_partner = body("jana", WHEN);
    of_partner["external_id"] = json!("d-1");
    assert!(ids(&make(&world, "partner:dms-demo", &of_partner).await).is_empty());
    let owners = [first, second].map(|lead| world.page(lead));
    let owners: Vec<String> = join_all(owners).await.into_iter().map(|page| page.lead.owner.unwrap().to_string()).collect();
    let stranger = ["anna.vogt", "ben.krause", "clara.henning"].into_iter().find(|user| !owners.contains(&(*user).to_owned())).unwrap();
    assert!(ids(&make(&world, stranger, &body("jana", WHEN)).await).is_empty());
    // The page of the appointment proposes them too. The admin chooses.
    let id = made.text("/id");
    let page = seen(&world, id).await;
    assert_eq!(ids(&page).len(), 2, "{}", page.body);
    let link = |who: &'static str, lead: String, extra: Value| {
        let mut body = json!({"lead": lead});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let request = Request::patch(who, &format!("/appointments/{id}")).json(&body).headers(&[("if-match", "*")]);
        let world = &world;
        async move { world.call(request).await }
    };
    assert_eq!(link(ADMIN, first.to_string(), json!({"notes": "x"})).await.faults(), ["lead APT-8"]);
    assert_eq!(link(ADMIN, "5959221503".into(), json!({})).await.faults(), ["lead APT-1"]);
    // The contact centre reads the number out to choose.
    let number = made.text("/proposed_leads/1/number").to_owned();
    let linked = link("chris.center", number.clone(), json!({})).await;
    assert_eq!((linked.status, linked.text("/lead")), (200, first.to_string().as_str()), "{}", linked.body);
    assert_eq!((world.events(first).await.len(), ids(&seen(&world, id).await).len()), (1, 0));
    // The slot of the salesperson is taken once.
    assert_eq!(crate::support::invitations::taken(&world, "ben.krause", "2026-11-25").await % 4, 0);
    let again = link(ADMIN, number, json!({})).await;
    assert_eq!((again.status, world.events(first).await.len()), (200, 1), "{}", again.body);
    assert_eq!(link(ADMIN, second.to_string(), json!({})).await.status, 409);
    let letters =
        seen(&world, id).await.body["letters"].as_array().unwrap().iter().filter(|letter| letter["says"] == "confirmation").count();
    assert!(letters <= 2, "the link notifies nobody again");
}

/// APT-8, ACC-1: a partner's appointment is linked, and the partner notices nothing: neither the lead, nor its users, nor that there is
/// one.
#[tokio::test]
async fn apt_8_a_partner_does_not_notice_the_link() {
    let world = world().await;
    let lead = world.lead(&enquiry("jana")).await;
    let of = |name: &str, user: Option<&str>| {
        // The person is free at both times.
        let mut body = body(name, if name == "jana" { WHEN } else { "2026-11-25T16:00:00+01:00" });
        (body["external_id"], body["user"]) = (json!(format!("d-{name}-{user:?}")), json!(user));
        body
    };
    for user in [Some("clara.henning"), None] {
        let linked = make(&world, "partner:dms-demo", &of("jana", user)).await;
        let plain = make(&world, "partner:dms-demo", &of("unknown", user)).await;
        let keys = |reply: &Reply| -> Vec<String> { reply.body.as_object().unwrap().keys().cloned().collect() };
        assert_eq!((linked.status, keys(&linked)), (201, keys(&plain)), "{} {}", linked.body, plain.body);
        let read = async |reply: &Reply| world.get("partner:dms-demo", &format!("/appointments/{}", reply.text("/id"))).await;
        let (linked_page, plain_page) = (read(&linked).await, read(&plain).await);
        assert_eq!(keys(&linked_page), keys(&plain_page), "{} {}", linked_page.body, plain_page.body);
        for field in ["user", "lead", "event", "state", "dealer"] {
            assert_eq!(linked_page.body[field], plain_page.body[field], "{field}");
        }
        let patch = json!({"lead": lead});
        let answers = [&linked, &plain].map(|made| {
            let request = Request::patch("partner:dms-demo", &format!("/appointments/{}", made.text("/id"))).json(&patch);
            world.call(request.headers(&[("if-match", "*")]))
        });
        let answers = join_all(answers).await;
        assert_eq!((answers[0].status, &answers[0].body["errors"]), (422, &answers[1].body["errors"]), "{}", answers[0].body);
        assert_eq!(seen(&world, linked.text("/id")).await.text("/lead"), lead.to_string());
    }
}

/// APT-8, INT-5: a repeat gets the same answer and links once; two appointments at once are both linked; a lead that is closed or erased at
/// the same moment gets none.
#[tokio::test]
async fn apt_8_repeats_and_races_link_once() {
    let world = world().await;
    let lead = world.lead(&enquiry("jana")).await;
    let path = of_dealer("appointments");
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-1")];
    let keyed = || world.call(Request::post(ADMIN, &path).headers(&headers).body(body("jana", WHEN).to_string().as_bytes()));
    let replies = join_all((0..3).map(|_| keyed())).await;
    for reply in &replies {
        assert_eq!((reply.status, &reply.body), (201, &replies[0].body));
    }
    assert_eq!(world.events(lead).await.len(), 1);
    let at_once: Vec<Value> = (0..3).map(|n| body("jana", &format!("2026-11-26T1{n}:00:00+01:00"))).collect();
    let made = join_all(at_once.iter().map(|body| world.post(ADMIN, &path, body))).await;
    assert!(made.iter().all(|reply| lead_of(reply) == Some(lead)));
    assert_eq!(world.events(lead).await.len(), 4);
    for round in 0..4 {
        let name = format!("race{round}");
        let lead = world.lead(&enquiry(&name)).await;
        let close = json!({"status": "lost", "reason": "price", "appointments": "keep"});
        let (status, appointment) = (format!("/leads/{lead}/status"), body(&name, WHEN));
        let (closed, made) = futures::join!(world.post(ADMIN, &status, &close), world.post(ADMIN, &path, &appointment));
        assert_eq!((closed.status, made.status), (200, 201), "{} {}", closed.body, made.body);
        // Linked before it was closed, or not at all: an appointment and its event agree.
        assert_eq!(world.events(lead).await.len(), usize::from(lead_of(&made).is_some()));
    }
    let erased = world.lead(&enquiry("erased")).await;
    let ordered = world.post("gina.group", "/erasures", &json!({"lead": erased, "reason": "requested"})).await;
    assert!((200..300).contains(&ordered.status), "{}", ordered.body);
    assert_eq!(lead_of(&make(&world, ADMIN, &body("erased", WHEN)).await), None);
}

/// APT-8, ACC-1: the contact centre finds a lead by number, name or telephone with its status, and books for it by its number.
#[tokio::test]
async fn apt_8_the_contact_centre_finds_a_lead_to_book_for() {
    let world = world().await;
    let contact = json!({"type": "used_car", "source": "website", "contact": {"first_name": "Jana", "last_name": "Petersen", "phone": "030 7654321"}});
    let lead = world.lead(&contact).await;
    for term in [json!({"number": lead}), json!({"name": "Jana Petersen"}), json!({"phone": "030 7654321"})] {
        let found = world.post("chris.center", &format!("/dealers/{NORDSTERN}/lead-search"), &term).await;
        let found = &found.body["leads"][0];
        assert_eq!((&found["status"], &found["id"]), (&json!("in_progress"), &Value::Null), "{found}");
        assert!(found["phone"].is_null() && found["email"].is_null(), "{found}");
        let booked = json!({"lead": found["number"], "kind": "showroom", "at": WHEN, "despite": []});
        let booked = make(&world, "chris.center", &booked).await;
        assert!(booked.status == 201 || booked.status == 409, "{}", booked.body);
    }
    assert_eq!(world.events(lead).await.len(), 1, "the second booking doubles the first one");
}
