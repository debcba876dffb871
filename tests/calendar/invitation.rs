//! The customer picks, moves and cancels a slot by a link (CAL-7, CAL-8).

use crate::support::invitations::{book, browse, cancel, drive, free, invited, taken};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, enquiry};
use forecourt_domain::settings::CapacityDraft;
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// CAL-8: a customer books, moves and cancels by the link, and the seller is notified.
#[tokio::test]
async fn cal_8_a_customer_books_moves_and_cancels_and_the_seller_is_notified() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    let offer = world.get("", &link).await;
    assert_eq!(offer.status, 200, "{}", offer.body);
    assert_eq!((offer.text("/dealer"), offer.text("/standing"), &offer.body["minutes"]), ("Autohaus Nordstern", "open", &json!(60)));
    let slots = free(&offer);
    // It is 10:00 in Berlin; slots must be booked at least an hour ahead, and the lunch break is closed.
    assert_eq!(slots[..2], ["2026-11-23T10:00:00Z".to_owned(), "2026-11-23T10:30:00Z".into()]);
    assert!(!slots.contains(&"2026-11-23T11:00:00Z".to_owned()), "{slots:?}");
    let booked = book(&world, &link, "2026-11-24T10:00:00+01:00").await;
    assert_eq!(
        (booked.status, booked.text("/standing"), booked.text("/booking/from")),
        (201, "booked", "2026-11-24T09:00:00Z"),
        "{}",
        booked.body
    );
    assert_eq!(book(&world, &link, "2026-11-24T09:00:00Z").await.status, 200, "it is booked so already");
    assert_eq!(taken(&world, "anna.vogt", "2026-11-24").await, 4);
    let lead = world.get(ADMIN, &format!("/leads/{id}")).await;
    // An appointment stops the response clock (ESC-7).
    assert_eq!(lead.text("/reaction/kind"), "appointment");
    let timeline = lead.body["timeline"].as_array().unwrap();
    let last = timeline.last().unwrap();
    assert_eq!((last["by"].as_str(), last["events"][0]["what"].as_str()), (Some("customer"), Some("event_scheduled")), "{last}");
    assert_eq!(timeline.iter().filter(|entry| entry["events"][0]["what"] == "event_scheduled").count(), 1);
    let moved = book(&world, &link, "2026-11-24T14:00:00Z").await;
    assert_eq!((moved.status, moved.text("/booking/from"), &moved.body["booking"]["sequence"]), (200, "2026-11-24T14:00:00Z", &json!(1)));
    world.system.settle().await;
    let cancelled = cancel(&world, &link).await;
    assert_eq!((cancelled.status, cancelled.text("/standing"), &cancelled.body["booking"]), (200, "cancelled", &Value::Null));
    assert_eq!(cancel(&world, &link).await.status, 200, "it is cancelled already");
    assert_eq!(taken(&world, "anna.vogt", "2026-11-24").await, 0);
    let again = book(&world, &link, "2026-11-24T14:00:00Z").await;
    // A second appointment, and therefore a separate entry in the customer's calendar.
    assert_eq!((again.status, &again.body["booking"]["sequence"]), (201, &json!(0)));
    let events = world.get(ADMIN, &format!("/leads/{id}/events")).await;
    let states: Vec<&str> = events.body["events"].as_array().unwrap().iter().map(|event| event["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["incomplete", "deleted"]);
    world.system.settle().await;
    let mut notices: Vec<String> = world
        .mails()
        .into_iter()
        .filter(|mail| mail.contains("anna.vogt") && (mail.contains("gebucht") || mail.contains("verschoben") || mail.contains("abgesagt")))
        .collect();
    notices.sort();
    let number = id.spoken();
    // No notice goes out for the first booking, because it was moved at the same moment.
    assert_eq!(
        notices,
        [
            format!("11-23 09:00:00 anna.vogt: jana hat den Termin am 24.11.2026, 15:00 Uhr abgesagt: Probefahrt, Anfrage {number}"),
            format!("11-23 09:00:00 anna.vogt: jana hat den Termin auf den 24.11.2026, 15:00 Uhr verschoben: Probefahrt, Anfrage {number}"),
            format!("11-23 09:00:00 anna.vogt: jana hat einen Termin am 24.11.2026, 15:00 Uhr gebucht: Probefahrt, Anfrage {number}"),
        ]
    );
}

/// CAL-8: staff move the event and the customer sees the new time. Once it has begun, the customer cannot change it.
#[tokio::test]
async fn cal_8_the_customer_sees_a_time_that_staff_changed_and_cannot_change_a_begun_appointment() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    assert_eq!(book(&world, &link, "2026-11-24T14:00:00Z").await.status, 201);
    let events = world.get(ADMIN, &format!("/leads/{id}/events")).await;
    let planned = events.body["events"].as_array().unwrap().iter().find(|event| event["state"] == "incomplete");
    let event = planned.unwrap()["id"].as_str().unwrap();
    let staff = world.post(ADMIN, &format!("/leads/{id}/events/{event}/time"), &json!({"at": "2026-11-24T12:45:00Z"})).await;
    assert_eq!(staff.status, 200, "{}", staff.body);
    assert_eq!(world.get("", &link).await.text("/booking/from"), "2026-11-24T12:45:00Z");
    world.advance_to("2026-11-24T12:50:00Z").await;
    for reply in [cancel(&world, &link).await, book(&world, &link, "2026-11-25T09:00:00Z").await] {
        assert_eq!((reply.status, reply.text("/type")), (409, "urn:forecourt:problem:conflict"), "{}", reply.body);
    }
    assert_eq!(world.get("", &link).await.text("/standing"), "over");
}

/// CAL-8: an altered, foreign or expired link gets the same 404 response, which reveals nothing.
#[tokio::test]
async fn cal_8_an_altered_foreign_or_expired_link_gets_the_same_404_response() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &json!({"type": "Booked Test Drive", "expires_in_days": 2})).await;
    let answers = |reply: Reply| (reply.status, reply.text("/detail").to_owned());
    let gone = (404, "this link is invalid or has expired".to_owned());
    for at in 3..link.len() {
        let mut spoilt = link.clone().into_bytes();
        spoilt[at] = if spoilt[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(answers(world.get("", std::str::from_utf8(&spoilt).unwrap()).await), gone, "{at}");
    }
    assert_eq!(answers(world.get("", &link[..link.len() - 1]).await), gone);
    assert_eq!(answers(world.get("", "/i/x").await), gone);
    // Tokens signed with another secret or for another purpose, for an unknown invitation, and for another group's lead.
    let text = format!("demo-group/{id}/abcdefghijklmnop/{}", at("2027-01-01T00:00:00Z").timestamp());
    let foreign = forecourt_store::Secret::new(b"another secret of the tests");
    let rival = text.replace("demo-group", "rival-group");
    let own = world.store.secret();
    for token in [
        foreign.sign("invitation", &text),
        own.sign("something else", &text),
        own.sign("invitation", &text),
        own.sign("invitation", &rival),
    ] {
        let link = format!("/i/{token}");
        assert_eq!(answers(world.get("", &link).await), gone);
        assert_eq!(answers(book(&world, &link, "2026-11-24T09:00:00Z").await), gone);
        assert_eq!(answers(cancel(&world, &link).await), gone);
    }
    assert_eq!(book(&world, &link, "2026-11-24T09:00:00Z").await.status, 201);
    world.advance_to("2026-11-25T09:00:00Z").await;
    assert_eq!(answers(world.get("", &link).await), gone);
    let (status, headers, page) = browse(&world, Method::GET, &link, "nl-BE, de;q=0.5", "").await;
    assert!(status == 404 && page.contains("Deze link is niet geldig") && page.contains("lang=\"nl\""), "{page}");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    // A link grants no access to other operations, which require a token.
    for (who, status) in [("ben.krause", 404), ("hugo.office", 403), ("", 401)] {
        assert_eq!(world.post(who, &format!("/leads/{id}/invitations"), &drive()).await.status, status, "{who}");
    }
    let wrong = json!({"type": "party", "expires_in_days": 61, "user": "nobody", "title": "x".repeat(201)});
    let wrong = world.post(ADMIN, &format!("/leads/{id}/invitations"), &wrong).await;
    assert_eq!(
        (wrong.status, wrong.faults()),
        (422, ["type CAL-1", "title CAL-8", "user CAL-8", "expires_in_days CAL-8"].map(str::to_owned).to_vec())
    );
}

#[tokio::test]
async fn cal_8_the_page_books_moves_and_cancels_without_a_script() {
    let world = World::new().await;
    let (_, link) = invited(&world, "jana", &drive()).await;
    let (status, headers, page) = browse(&world, Method::GET, &link, "en", "").await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-store");
    let csp = headers["content-security-policy"].to_str().unwrap();
    assert!(csp.starts_with("default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"), "{csp}");
    assert!(
        page.contains("Test drive") && page.contains("Autohaus Nordstern") && page.contains("<legend>Tuesday, 24 November</legend>"),
        "{page}"
    );
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"), "nothing from elsewhere");
    let token = link.strip_prefix("/i/").unwrap();
    assert!(page.contains(&format!("action=\"{token}/booking\"")), "{page}");
    let form = |from: &str| format!("from={}", from.replace('+', "%2B").replace(':', "%3A"));
    let slot = "2026-11-24T09:00:00+00:00";
    assert!(page.contains(&slot.replace('+', "&#x2b;")) || page.contains(slot), "{page}");
    let (status, headers, _) = browse(&world, Method::POST, &format!("{link}/booking"), "en", &form(slot)).await;
    assert_eq!((status, headers["location"].to_str().unwrap()), (303, format!("../{token}").as_str()));
    let (_, _, page) = browse(&world, Method::GET, &link, "de", "").await;
    assert!(page.contains("Ihr Termin ist gebucht") && page.contains("Dienstag, 24. November, 10:00 bis 11:00"), "{page}");
    // Another customer wants the same slot.
    let other = invited_with(&world, "piet", "anna.vogt").await;
    let (status, _, page) = browse(&world, Method::POST, &format!("{other}/booking"), "nl", &form(slot)).await;
    assert!(
        status == 409 && page.contains("role=\"alert\"") && page.contains("Dit tijdstip is helaas niet meer beschikbaar"),
        "{status} {page}"
    );
    let other = other.strip_prefix("/i/").unwrap();
    assert!(page.contains(&format!("action=\"../{other}/booking\"")) && !page.contains("value=\"2026-11-24T09:00:00"), "{page}");
    let (status, ..) = browse(&world, Method::POST, &format!("{link}/cancellation"), "en", "").await;
    assert_eq!(status, 303);
    let (_, _, page) = browse(&world, Method::GET, &format!("{link}?from=2026-11-26"), "en", "").await;
    assert!(page.contains("role=\"status\"") && page.contains("has been cancelled") && !page.contains("24 November</legend>"), "{page}");
    let (status, _, page) = browse(&world, Method::GET, &format!("{link}?from=x"), "en", "").await;
    assert!(status == 422 && page.contains("Something went wrong"), "{page}");
}

async fn invited_with(world: &World, name: &str, user: &str) -> String {
    invited(world, name, &json!({"type": "booked_test_drive", "user": user})).await.1
}

/// CAL-8: of 64 customers who compete for the last places, exactly as many as there are places get one. The others are shown free slots,
/// and nobody is asked to retry.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cal_8_64_concurrent_customers_get_exactly_the_last_places() {
    let world = Arc::new(World::new().await);
    let capacity = CapacityDraft { per_slot: Some(2), per_day: Some(3), ..CapacityDraft::default() };
    world.settings(|s| s.capacity = capacity).await;
    let links = join_all((0..64).map(|n| {
        let world = world.clone();
        async move { invited_with(&world, &format!("customer{n}"), "anna.vogt").await }
    }))
    .await;
    // Half of them want one slot, half another one, on a day with three places.
    let tries = links.iter().enumerate().map(|(n, link)| {
        let (world, link) = (world.clone(), link.clone());
        let from = ["2026-11-24T09:00:00Z", "2026-11-24T14:00:00Z"][n % 2];
        tokio::spawn(async move { (from, book(&world, &link, from).await) })
    });
    let mut got: BTreeMap<&str, u32> = BTreeMap::new();
    for done in join_all(tries).await {
        let (from, reply) = done.unwrap();
        match reply.status {
            201 => *got.entry(from).or_default() += 1,
            409 => {
                let free = free(&reply);
                assert!(!free.is_empty() && free.iter().all(|slot| !slot.starts_with("2026-11-24") || slot != from), "{free:?}");
            }
            other => panic!("{other} {}", reply.body),
        }
    }
    assert_eq!(got.values().sum::<u32>(), 3, "{got:?}");
    assert!(got.values().all(|many| *many <= 2), "{got:?}");
    assert_eq!(taken(&world, "anna.vogt", "2026-11-24").await, 12);
}

/// CAL-7: an event of staff occupies its slot and is never refused.
#[tokio::test]
async fn cal_7_slots_of_staff_events_are_not_offered() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    for _ in 0..2 {
        let event = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-24T09:15:00Z"});
        assert_eq!(world.post(ADMIN, &format!("/leads/{id}/events"), &event).await.status, 201);
    }
    let slots = free(&world.get("", &link).await);
    let day: Vec<&String> = slots.iter().filter(|slot| slot.starts_with("2026-11-24")).collect();
    assert_eq!(day[..3], ["2026-11-24T07:00:00Z", "2026-11-24T07:30:00Z", "2026-11-24T08:00:00Z"]);
    assert_eq!(day[3], "2026-11-24T10:30:00Z");
    let lost = book(&world, &link, "2026-11-24T09:30:00Z").await;
    assert_eq!((lost.status, free(&lost)), (409, slots));
}

/// CAL-7: on the days when clocks change, the slots on offer follow the dealer's local time.
#[tokio::test]
async fn cal_7_slots_follow_the_local_time_on_both_days_of_a_clock_change() {
    for (now, day, last, next) in [
        ("2027-03-26T09:00:00Z", "2027-03-27", "2027-03-27T11:00:00Z", "2027-03-29T06:00:00Z"),
        ("2026-10-23T08:00:00Z", "2026-10-24", "2026-10-24T10:00:00Z", "2026-10-26T07:00:00Z"),
    ] {
        let world = World::at(now).await;
        let (_, link) = invited(&world, "jana", &drive()).await;
        let slots = free(&world.get("", &link).await);
        // Saturday until 13:00 and Monday from 8:00, in local time before and after the change.
        let of_day: Vec<&String> = slots.iter().filter(|slot| slot.starts_with(day)).collect();
        assert_eq!(of_day.last().unwrap().as_str(), last);
        assert_eq!(slots.iter().find(|slot| slot[..10] > *day).unwrap(), next);
    }
    // When clocks go back at night, the repeated hour is offered twice.
    let world = World::at("2026-10-24T08:00:00Z").await;
    world
        .settings(|s| {
            let hours = json!({"zone": "Europe/Berlin", "hours": {"sun": [["00:00", "05:00"]]}});
            s.calendar = serde_json::from_value(hours).unwrap();
            s.capacity.step = Some(60);
        })
        .await;
    let (_, link) = invited(&world, "jana", &drive()).await;
    let night: Vec<String> = free(&world.get("", &link).await).into_iter().filter(|slot| slot < &"2026-10-26".to_owned()).collect();
    let hours: Vec<&str> = night.iter().map(|slot| &slot[8..13]).collect();
    assert_eq!(hours, ["24T22", "24T23", "25T00", "25T01", "25T02", "25T03"], "six hours, since one comes twice");
    let (_, _, page) = browse(&world, Method::GET, &link, "en", "").await;
    assert!(page.contains("02:00 (CEST)") && page.contains("02:00 (CET)"), "{page}");
}

/// CAL-8: the calendar file keeps one entry whose sequence number increases.
#[tokio::test]
async fn cal_8_the_calendar_file_keeps_one_entry_with_an_increasing_sequence() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &json!({"type": "booked_test_drive", "title": "Probefahrt, Corsa; rot"})).await;
    let file = async || browse(&world, Method::GET, &format!("{link}/booking.ics"), "de", "").await;
    assert_eq!(file().await.0, 404);
    book(&world, &link, "2027-01-11T09:00:00Z").await;
    assert_eq!(file().await.0, 404, "too far ahead to be booked");
    book(&world, &link, "2026-11-24T09:00:00Z").await;
    let (status, headers, text) = file().await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/calendar; charset=utf-8; method=PUBLISH"));
    let property = |text: &str, name: &str| {
        let calendar: icalendar::Calendar = text.parse().unwrap();
        let event = calendar.components.iter().find_map(|component| component.as_event()).unwrap().clone();
        icalendar::Component::property_value(&event, name).unwrap_or_default().to_owned()
    };
    assert!(
        text.contains("METHOD:PUBLISH\r\n")
            && !text.contains("ATTENDEE")
            && text.contains("DTSTART;TZID=Europe/Berlin:20261124T100000\r\n"),
        "{text}"
    );
    assert!(
        text.contains("BEGIN:VTIMEZONE\r\n")
            && text.contains("DTSTART:20261025T030000\r\n")
            && text.contains("DTSTART:20270328T020000\r\n"),
        "{text}"
    );
    assert!(text.contains("SUMMARY:Probefahrt\\, Corsa\\; rot"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 76), "{text}");
    let uid = property(&text, "UID");
    assert_eq!((property(&text, "SEQUENCE").as_str(), property(&text, "STATUS").as_str()), ("0", "CONFIRMED"));
    book(&world, &link, "2026-11-24T14:00:00Z").await;
    let (_, _, text) = file().await;
    assert_eq!((property(&text, "SEQUENCE").as_str(), property(&text, "UID") == uid), ("1", true));
    cancel(&world, &link).await;
    let (_, headers, text) = file().await;
    assert_eq!((property(&text, "SEQUENCE").as_str(), property(&text, "STATUS").as_str()), ("2", "CANCELLED"));
    assert!(text.contains("METHOD:CANCEL\r\n") && headers["content-type"].to_str().unwrap().ends_with("method=CANCEL"), "{text}");
    assert_eq!(world.events(id).await.len(), 1);
}

/// CAL-8: the same `Idempotency-Key` returns the same link, and after the lead is reassigned, bookings are made with the new owner.
#[tokio::test]
async fn cal_8_an_invitation_is_created_once_and_books_with_the_leads_new_owner() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let path = format!("/leads/{id}/invitations");
    let made = async || world.call(Request::post(ADMIN, &path).headers(&headers).body(drive().to_string().as_bytes())).await;
    let (one, two) = (made().await, made().await);
    assert_eq!((one.status, two.status, one.text("/link")), (201, 201, two.text("/link")));
    let link = one.text("/link").strip_prefix("https://desk.example").unwrap().to_owned();
    book(&world, &link, "2026-11-24T09:00:00Z").await;
    world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "ben.krause"})).await;
    assert_eq!((taken(&world, "anna.vogt", "2026-11-24").await, taken(&world, "ben.krause", "2026-11-24").await), (0, 4));
    assert_eq!(book(&world, &link, "2026-11-24T10:00:00Z").await.status, 200);
    assert_eq!((taken(&world, "anna.vogt", "2026-11-24").await, taken(&world, "ben.krause", "2026-11-24").await), (0, 4));
    // No slot of a lost lead can be booked, but a booking can be cancelled.
    world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "price", "appointments": "keep"})).await;
    assert_eq!(book(&world, &link, "2026-11-24T09:00:00Z").await.status, 409);
    assert_eq!(cancel(&world, &link).await.text("/standing"), "cancelled");
    assert_eq!(taken(&world, "ben.krause", "2026-11-24").await, 0);
    assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads")).await.status, 200);
}
