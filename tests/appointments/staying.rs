//! Appointments that stay at their dealer when their lead goes to another one (APT-10).

use super::arrival::history;
use super::notices::{ANNA, BEN, act, notices};
use super::transfers::{HARBOUR, TO_COME, letters, visit};
use crate::support::appointments::{make, seen};
use crate::support::dealers::of_dealer;
use crate::support::invitations::{book, browse, cancel, drive, invited};
use crate::support::world::{ADMIN, NORDSTERN, Reply, World, enquiry};
use forecourt_domain::base::AppointmentOrigin;
use http::Method;
use serde_json::{Value, json};

async fn transfer(world: &World, lead: &str, appointments: Option<&str>) -> Reply {
    let mut body = json!({"dealer": HARBOUR});
    if let Some(choice) = appointments {
        body["appointments"] = json!(choice);
    }
    let reply = world.post("gina.group", &format!("/leads/{lead}/assignment"), &body).await;
    assert_eq!((reply.status, reply.text("/dealer")), (200, HARBOUR), "{}", reply.body);
    reply
}

/// Returns the ids of the appointments in a dealer's diary of the day.
async fn diary(world: &World, dealer: &str, date: &str) -> Vec<String> {
    let page = world.get("gina.group", &format!("/dealers/{dealer}/diary?date={date}")).await;
    let entries = page.body["entries"].as_array().unwrap_or_else(|| panic!("{}", page.body)).iter();
    entries.filter_map(|entry| entry["appointment"].as_str().map(str::to_owned)).collect()
}

/// APT-10, APT-3, APT-7: with `stay` the appointment takes place at the former dealer without its lead. It keeps its salesperson, its time
/// and the customer's addresses; nobody gets a notice or a letter, and the customer is reminded as before.
#[tokio::test]
async fn apt_10_an_appointment_stays_without_its_lead_and_nobody_is_notified() {
    for user in [BEN, ANNA] {
        let world = World::delivering_twice().await;
        let (lead, id) = visit(&world, Some(user), TO_COME).await;
        let other = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-27T10:00:00+01:00"});
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &other).await.status, 201);
        let before = (letters(&world).await.len(), notices(&world, user).await);
        transfer(&world, &lead, Some("stay")).await;
        let page = seen(&world, &id).await;
        let stays = (page.text("/dealer"), page.text("/state"), page.text("/user"), page.text("/at"));
        assert_eq!(stays, (NORDSTERN, "booked", user, "2026-11-26T09:00:00Z"), "{}", page.body);
        assert_eq!((&page.body["lead"], page.text("/customer/email")), (&Value::Null, "jana@example.com"), "{}", page.body);
        assert_eq!(history(&page), [format!("made user:{ADMIN}"), "unlinked user:gina.group".to_owned()], "{}", page.body);
        assert_eq!(page.body["history"][1]["from_lead"], json!(lead));
        assert_eq!((letters(&world).await.len(), notices(&world, user).await), before, "nobody is notified");
        // The lead has gone on with its other events, and has answered its customer as before.
        let at_lead = world.page(lead.parse().unwrap()).await.lead;
        let planned: Vec<Option<&str>> = at_lead.planned.iter().map(|planned| planned.kind.as_deref()).collect();
        assert_eq!((planned, at_lead.reaction.is_some()), (vec![Some("phone_outbound")], true));
        let ended = world.get("gina.group", &format!("/leads/{lead}/events")).await;
        let ended = ended.body["events"].as_array().unwrap().iter().find(|event| event["state"] == "deleted").unwrap().clone();
        assert_eq!(ended["reason"], "stayed_at_dealer", "{ended}");
        let timeline = world.get("gina.group", &format!("/leads/{lead}/timeline")).await.body.to_string();
        assert!(timeline.contains("event_stayed") && !timeline.contains("event_deleted"), "{timeline}");
        let event = ended["id"].as_str().unwrap();
        let reopened = world.post("gina.group", &format!("/leads/{lead}/events/{event}/reopening"), &json!({})).await;
        assert_eq!((reopened.status, reopened.text("/rule")), (409, "APT-10"), "{}", reopened.body);
        // The time stays reserved once, and the diary has the appointment at its dealer only.
        assert_eq!(diary(&world, NORDSTERN, "2026-11-26").await, [id.as_str()]);
        assert_eq!(diary(&world, HARBOUR, "2026-11-26").await, Vec::<String>::new());
        let second = json!({"customer": {"name": "Otto", "email": "otto@example.com"}, "kind": "showroom", "at": TO_COME, "user": user});
        let second = make(&world, ADMIN, &second).await;
        assert_eq!(second.body["warnings"][0]["what"], "double_booked", "{}", second.body);
        // The customer is reminded, and the salesperson moves and cancels it as any other.
        world.advance_to("2026-11-25T15:00:00Z").await;
        let (subject, text) = letters(&world).await.pop().unwrap();
        assert!(subject.starts_with("Erinnerung") && text.contains("Autohaus Nordstern"), "{subject}: {text}");
        act(&world, user, &id, "time", &json!({"at": "2026-11-27T10:00:00+01:00"})).await;
        act(&world, user, &id, "cancellation", &json!({})).await;
        assert!(letters(&world).await.pop().unwrap().0.starts_with("Absage"));
        assert_eq!(world.events(lead.parse().unwrap()).await.len(), 2, "the lead has nothing of it");
    }
}

/// APT-10, OVR-1: a visit that has begun, or whose customer has arrived, stays with the dealer where it takes place, without a choice. Its
/// attendance is recorded and counted there.
#[tokio::test]
async fn apt_10_a_visit_stays_where_it_took_place() {
    for arrives in [false, true] {
        let world = World::new().await;
        let (lead, id) = visit(&world, Some(BEN), TO_COME).await;
        if arrives {
            world.advance_to("2026-11-26T08:30:00Z").await;
            act(&world, ADMIN, &id, "arrival", &json!({})).await;
        } else {
            world.advance_to("2026-11-26T09:30:00Z").await;
        }
        transfer(&world, &lead, None).await;
        world.advance_to("2026-11-26T10:30:00Z").await;
        let page = seen(&world, &id).await;
        assert_eq!((page.text("/dealer"), page.text("/user"), &page.body["lead"]), (NORDSTERN, BEN, &Value::Null), "{}", page.body);
        assert_eq!(page.body["arrived_at"].is_string(), arrives);
        act(&world, BEN, &id, "attendance", &json!({"attendance": "completed"})).await;
        // The boxes count attendance from the next day on.
        world.advance_to("2026-11-27T09:00:00Z").await;
        for (dealer, total, completed) in [(NORDSTERN, 1, 1), (HARBOUR, 0, 0)] {
            let counts = world.get("gina.group", &format!("/overview/appointments?dealer={dealer}")).await.body;
            assert_eq!(counts["appointments"]["total"], total, "{counts}");
            assert_eq!(counts["attendance"]["completed"]["number"], completed, "{counts}");
        }
    }
}

/// APT-10, CAL-8: the link of an invitation by which the customer booked opens the appointment that stayed: it shows the booking, and the
/// customer confirms, moves and cancels it.
#[tokio::test]
async fn apt_10_the_link_of_an_invitation_opens_the_appointment_that_stayed() {
    let world = World::new().await;
    let (lead, link) = invited(&world, "jana", &drive()).await;
    assert_eq!(book(&world, &link, "2026-11-26T09:00:00Z").await.status, 201);
    world.system.settle().await;
    transfer(&world, &lead.to_string(), Some("stay")).await;
    let shown = world.get("", &link).await;
    let booking = (shown.text("/dealer"), shown.text("/standing"), shown.text("/booking/from"));
    assert_eq!(booking, ("Autohaus Nordstern", "booked", "2026-11-26T09:00:00Z"), "{}", shown.body);
    let (_, _, page) = browse(&world, Method::GET, &link, "de", "").await;
    assert!(page.contains("26. November"), "{page}");
    let confirmed = world.post("", &format!("{link}/confirmation"), &json!({})).await;
    assert_eq!((confirmed.status, &confirmed.body["confirmed"]), (200, &json!(true)), "{}", confirmed.body);
    let moved = book(&world, &link, "2026-11-26T13:00:00Z").await;
    assert_eq!((moved.status, moved.text("/booking/from")), (200, "2026-11-26T13:00:00Z"), "{}", moved.body);
    let all = world.get(ADMIN, &of_dealer("diary?date=2026-11-26")).await;
    let entry = &all.body["entries"][0];
    assert_eq!((&entry["at"], entry.get("lead"), entry.get("event")), (&json!("2026-11-26T13:00:00Z"), None, None), "{}", all.body);
    let cancelled = cancel(&world, &link).await;
    assert_eq!((cancelled.status, cancelled.text("/standing")), (200, "cancelled"), "{}", cancelled.body);
    assert_eq!(cancelled.body["booking"], Value::Null);
}

/// APT-10: a transfer that cancels the appointment to come leaves the visit of the same day where it takes place, and the calendar of the
/// person is free again where it was cancelled only.
#[tokio::test]
async fn apt_10_a_transfer_cancels_what_is_to_come_and_leaves_what_has_begun() {
    let world = World::new().await;
    let (lead, first) = visit(&world, Some(BEN), TO_COME).await;
    let second = json!({"lead": lead, "kind": "showroom", "at": "2026-11-26T15:00:00+01:00", "user": BEN});
    let second = make(&world, ADMIN, &second).await.text("/id").to_owned();
    world.advance_to("2026-11-26T09:30:00Z").await;
    transfer(&world, &lead, Some("cancel")).await;
    assert_eq!((seen(&world, &first).await.text("/state"), seen(&world, &second).await.text("/state")), ("booked", "cancelled"));
    let free = async |at: &str| {
        let made = make(
            &world,
            ADMIN,
            &json!({"customer": {"name": "Otto", "email": "otto@example.com"}, "kind": "showroom", "at": at, "user": BEN}),
        )
        .await;
        made.body.get("warnings").is_none()
    };
    assert!(free("2026-11-26T15:00:00+01:00").await && !free("2026-11-26T10:45:00+01:00").await);
}

/// APT-10, ACC-1: the partner that made an appointment does not notice that its lead has gone to another dealer: it sees neither the lead,
/// nor its salesperson, nor the telephone number that only the lead had.
#[tokio::test]
async fn apt_10_a_partner_does_not_notice_that_an_appointment_stayed() {
    let world = World::new().await;
    world.settings(|s| s.appointments.origins = [AppointmentOrigin::Forecourt, AppointmentOrigin::DealerSystem].into()).await;
    let mut customer = enquiry("jana");
    customer["contact"]["phone"] = json!("0171 2345678");
    let lead = world.lead(&customer).await.to_string();
    let body = json!({"external_id": "d-1", "customer": {"name": "jana", "email": "jana@example.com"}, "kind": "showroom", "at": TO_COME});
    let made = make(&world, "partner:dms-demo", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.text("/id").to_owned();
    assert_eq!(seen(&world, &id).await.text("/lead"), lead);
    let read = async || world.get("partner:dms-demo", &format!("/appointments/{id}")).await.body;
    let before = read().await;
    transfer(&world, &lead, Some("stay")).await;
    assert_eq!(seen(&world, &id).await.text("/customer/phone"), "0171 2345678");
    let after = read().await;
    for field in ["customer", "user", "dealer", "lead", "event", "state", "history"] {
        assert_eq!(after[field], before[field], "{field}: {after}");
    }
}
