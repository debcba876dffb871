//! Edge cases of an invitation: no free slot, a form without a slot, a repeat, a move to another dealer (CAL-8).

use crate::support::invitations::{book, browse, cancel, drive, free, invited};
use crate::support::world::{ADMIN, Request, World, enquiry};
use forecourt_domain::base::Actor;
use forecourt_domain::calendar::Rescheduled;
use forecourt_domain::decision::{Decision, Item};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use http::Method;
use serde_json::json;

/// Checks that the link offers no slot, and that page, API and booking give the same reason.
async fn assert_offers_no_slot(world: &World, link: &str, why: &str, words: &str) {
    let english = [("accept-language", "en"), ("content-type", "application/json")];
    let offer = world.call(Request::get("", link).headers(&english)).await;
    assert_eq!((offer.status, offer.text("/closed/why"), free(&offer).len()), (200, why, 0), "{}", offer.body);
    assert!(offer.text("/closed/text").contains(words) && offer.text("/closed/text").contains("Autohaus Nordstern"), "{}", offer.body);
    let body = json!({"from": "2026-11-27T09:00:00Z"}).to_string();
    let refused = world.call(Request::post("", &format!("{link}/booking")).headers(&english).body(body.as_bytes())).await;
    assert_eq!((refused.status, refused.text("/detail")), (409, offer.text("/closed/text")), "{}", refused.body);
    let (status, _, page) = browse(world, Method::GET, link, "en", "").await;
    assert!(status == 200 && page.contains(words) && !page.contains("type=\"radio\""), "{page}");
    assert!(!page.contains("You can choose another time."), "{page}");
    let (status, _, page) = browse(world, Method::POST, &format!("{link}/booking"), "en", "from=2026-11-27T09:00:00Z").await;
    assert_eq!((status, page.matches(words).count()), (409, 2), "in its title and as an alert: {page}");
    assert!(page.contains("role=\"alert\"") && !page.contains("no longer available"), "{page}");
}

/// CAL-8: if the lead has the maximum number of planned events, the link offers no slot.
#[tokio::test]
async fn cal_8_a_link_offers_no_slot_if_the_lead_has_the_maximum_of_planned_events() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    for n in 0..18 {
        let event = json!({"title": format!("Call {n}"), "type": "phone_outbound", "at": format!("2026-12-{:02}T09:00:00Z", n + 1)});
        assert_eq!(world.post(ADMIN, &format!("/leads/{id}/events"), &event).await.status, 201);
    }
    assert_offers_no_slot(&world, &link, "unavailable", "Online booking is not available").await;
    let (_, _, page) = browse(&world, Method::GET, &link, "de", "").await;
    assert!(page.contains("rufen Sie uns an: Autohaus Nordstern"), "{page}");
}

/// CAL-8: a link offers no slot after the maximum number of bookings or moves.
#[tokio::test]
async fn cal_8_a_link_offers_no_slot_after_the_maximum_of_bookings_or_moves() {
    let world = World::new().await;
    let (_, link) = invited(&world, "jana", &drive()).await;
    for n in 0..20 {
        assert_eq!(book(&world, &link, "2026-11-27T09:00:00Z").await.status, 201, "{n}");
        if n > 17 {
            let (_, _, page) = browse(&world, Method::GET, &link, "en", "").await;
            assert_eq!(page.contains("You can choose another time with this link"), n < 19, "{n}: {page}");
        }
        assert_eq!(cancel(&world, &link).await.status, 200);
    }
    assert_offers_no_slot(&world, &link, "too_often", "changed too many times").await;
    // A booking can be moved at most a hundred times.
    let (piet, link) = invited(&world, "piet", &drive()).await;
    assert_eq!(book(&world, &link, "2026-11-27T10:00:00Z").await.status, 201);
    let mut event = world.events(piet).await.remove(0);
    let before = Rescheduled { from: event.at, at: event.created, by: Actor::Customer };
    event.rescheduled = vec![before; 99];
    let load = Load::of([Key::Event(piet, event.id.clone())]);
    let moved = |_: &Loaded, _| Ok((Some(Decision::default().with(Item::Event(Box::new(event.clone())))), ()));
    world.store.decide(&world.scope(), load, moved).await.unwrap();
    let last = book(&world, &link, "2026-11-26T09:00:00Z").await;
    assert_eq!(last.status, 200, "{}", last.body);
    assert_offers_no_slot(&world, &link, "too_often", "changed too many times").await;
    assert_eq!(cancel(&world, &link).await.text("/standing"), "cancelled");
    assert_eq!(book(&world, &link, "2026-11-26T09:00:00Z").await.status, 201);
}

/// CAL-8: an event type that the dealer removed is not offered, but an existing booking of this type can be moved.
#[tokio::test]
async fn cal_8_a_removed_event_type_is_not_offered_but_its_bookings_can_be_moved() {
    let world = World::new().await;
    world.settings(|s| s.event_types = vec!["Beratung".into()]).await;
    let (_, early) = invited(&world, "jana", &json!({"type": "beratung"})).await;
    let (_, late) = invited(&world, "piet", &json!({"type": "beratung"})).await;
    assert_eq!(book(&world, &early, "2026-11-26T09:00:00Z").await.status, 201);
    world.settings(|s| s.event_types = Vec::new()).await;
    assert_offers_no_slot(&world, &late, "unavailable", "Online booking is not available").await;
    assert_eq!(book(&world, &early, "2026-11-26T14:00:00Z").await.status, 200);
    let (_, _, page) = browse(&world, Method::GET, &early, "en", "").await;
    assert!(!page.contains("You can choose another time with this link"), "{page}");
}

/// CAL-8: the customer of a lost lead can cancel, but not book.
#[tokio::test]
async fn cal_8_the_customer_of_a_lost_lead_can_cancel_but_not_book() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    assert_eq!(book(&world, &link, "2026-11-26T09:00:00Z").await.status, 201);
    world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "price", "appointments": "keep"})).await;
    assert_offers_no_slot(&world, &link, "unavailable", "Online booking is not available").await;
    assert_eq!(browse(&world, Method::POST, &format!("{link}/cancellation"), "en", "").await.0, 303);
    assert_offers_no_slot(&world, &link, "unavailable", "Online booking is not available").await;
    // The customer of a won lead may still book, for example the handover.
    for status in ["in_progress", "won"] {
        world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": status})).await;
    }
    let won = world.get(ADMIN, &format!("/leads/{id}")).await;
    assert_eq!(won.text("/status"), "won", "{}", won.body);
    assert_eq!(book(&world, &link, "2026-11-26T09:00:00Z").await.status, 201);
}

/// CAL-8: the whole request is validated before anything changes.
#[tokio::test]
async fn cal_8_a_refused_request_changes_nothing() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    let body = json!({"from": "2026-11-26T09:00:00Z"});
    let refused = world.post("", &format!("{link}/booking?from=garbage"), &body).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["from CAL-8".to_owned()]), "{}", refused.body);
    assert_eq!((world.get("", &link).await.text("/standing"), world.events(id).await.len()), ("open", 0));
    assert_eq!(book(&world, &link, "2026-11-26T09:00:00Z").await.status, 201);
    let refused = world.call(Request::delete("", &format!("{link}/booking?from=garbage"))).await;
    assert_eq!((refused.status, world.get("", &link).await.text("/standing")), (422, "booked"), "{}", refused.body);
    let (status, _, page) = browse(&world, Method::POST, &format!("{link}/cancellation?from=garbage"), "en", "").await;
    assert_eq!((status, world.get("", &link).await.text("/standing")), (422, "booked"), "{page}");
    // The error page makes no statement about changes, because after a failure it cannot know them, and it links back to the invitation.
    let token = link.strip_prefix("/i/").unwrap();
    assert!(page.replace("&#x2f;", "/").contains(&format!("href=\"../{token}\"")) && !page.contains("Nothing was changed"), "{page}");
}

/// CAL-8: a form without a valid slot is refused and shows the free slots again.
#[tokio::test]
async fn cal_8_a_form_without_a_valid_slot_is_refused_and_shows_the_free_slots() {
    let world = World::new().await;
    let (_, link) = invited(&world, "jana", &drive()).await;
    for body in ["", "from=", "from=noon"] {
        let (status, _, page) = browse(&world, Method::POST, &format!("{link}/booking"), "", body).await;
        assert!(status == 422 && page.contains("role=\"alert\">Bitte wählen Sie zuerst einen Termin."), "{body}: {page}");
        assert!(page.contains("lang=\"de\"") && page.contains("Autohaus Nordstern") && page.contains("<fieldset>"), "{body}: {page}");
        assert!(page.contains(&format!("action=\"../{}/booking\"", link.strip_prefix("/i/").unwrap())), "{body}: {page}");
    }
    assert_eq!(world.post("", &format!("{link}/booking"), &json!({})).await.faults(), ["from CAL-8"]);
}

/// CAL-8: the page states the expiry of the link.
#[tokio::test]
async fn cal_8_the_page_states_the_expiry_of_the_link() {
    let world = World::new().await;
    let (_, link) = invited(&world, "jana", &drive()).await;
    let (_, _, page) = browse(&world, Method::GET, &link, "en", "").await;
    assert!(page.contains("This link is valid until Monday, 7 December, 10:00."), "{page}");
}

/// INT-5: a late repeat books nothing after the customer has cancelled, and neither does a form that is sent again.
#[tokio::test]
async fn int_5_a_customers_request_is_carried_out_once() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    let send = async |method, path: &str, key: &str, from: &str| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        let body = json!({"from": from}).to_string();
        world.call(Request::new(method, "", &format!("{link}{path}")).headers(&headers).body(body.as_bytes())).await
    };
    let (early, late) = ("2026-11-26T09:00:00Z", "2026-11-26T14:00:00Z");
    let first = send(Method::POST, "/booking", "a", early).await;
    assert!(first.status == 201 && !first.headers.contains_key("idempotent-replay"), "{}", first.body);
    let moved = send(Method::POST, "/booking", "b", late).await;
    assert_eq!((moved.status, moved.text("/booking/from")), (200, late));
    let again = send(Method::POST, "/booking", "a", early).await;
    assert_eq!((again.status, again.text("/booking/from")), (201, late), "{}", again.body);
    assert_eq!(again.headers["idempotent-replay"], "true");
    let other = send(Method::POST, "/booking", "a", "2026-11-26T08:00:00Z").await;
    assert_eq!((other.status, other.text("/type")), (422, "urn:forecourt:problem:reused"), "{}", other.body);
    assert_eq!(send(Method::DELETE, "/booking", "c", early).await.text("/standing"), "cancelled");
    for (key, from) in [("a", early), ("b", late)] {
        let again = send(Method::POST, "/booking", key, from).await;
        assert_eq!((again.text("/standing"), &again.headers["idempotent-replay"]), ("cancelled", &"true".parse().unwrap()), "{key}");
    }
    assert_eq!(world.events(id).await.len(), 1);
    // The form of each page has its own key. The same form with another slot is a different request.
    let (_, _, page) = browse(&world, Method::GET, &link, "en", "").await;
    let key = page.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let submit = async |from: &str| browse(&world, Method::POST, &format!("{link}/booking"), "en", &format!("key={key}&from={from}")).await;
    assert_eq!(submit(early).await.0, 303);
    assert_eq!(submit(late).await.0, 303);
    assert_eq!(world.get("", &link).await.text("/booking/from"), late);
    assert_eq!(cancel(&world, &link).await.status, 200);
    let (status, headers, _) = submit(early).await;
    assert_eq!((status, &headers["idempotent-replay"]), (303, &"true".parse().unwrap()));
    assert_eq!((world.get("", &link).await.text("/standing"), world.events(id).await.len()), ("cancelled", 2));
    let (_, _, fresh) = browse(&world, Method::GET, &link, "en", "").await;
    assert!(!fresh.contains(&key), "another page, another key");
    // A form without a key is accepted.
    assert_eq!(browse(&world, Method::POST, &format!("{link}/booking"), "en", &format!("from={early}")).await.0, 303);
    assert_eq!(world.get("", &link).await.text("/booking/from"), early);
}

/// CAL-8: when the lead moves to another dealer, the calendar file gets a higher sequence number.
#[tokio::test]
async fn cal_8_the_calendar_file_gets_a_higher_sequence_when_the_lead_moves_to_another_dealer() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    assert_eq!(book(&world, &link, "2026-11-26T09:00:00Z").await.status, 201);
    let file = async || browse(&world, Method::GET, &format!("{link}/booking.ics"), "de", "").await.2;
    let before = file().await;
    assert!(before.contains("SEQUENCE:0") && before.contains("DTSTAMP:20261123T090000Z") && before.contains("Nordstern"), "{before}");
    world.advance_to("2026-11-24T10:00:00Z").await;
    let moved =
        world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"dealer": "harbour-cars-demo", "appointments": "move"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let after = file().await;
    assert!(after.contains("SEQUENCE:1") && after.contains("DTSTAMP:20261124T100000Z") && !after.contains("Nordstern"), "{after}");
    // The customer is notified, with the same version of the same entry.
    world.system.settle().await;
    let letters = world.system.mailbox.mails().into_iter().flat_map(|mail| mail.attachments).filter(|file| file.name.ends_with(".ics"));
    let last = String::from_utf8(letters.collect::<Vec<_>>().pop().unwrap().content).unwrap();
    assert!(last.contains("SEQUENCE:1") && last.contains("DTSTAMP:20261124T100000Z"), "{last}");
    cancel(&world, &link).await;
    assert!(file().await.contains("SEQUENCE:2"));
}

/// MSG-2: page, letter, calendar file and the seller's notice use the same name for an appointment, each in its reader's language.
#[tokio::test]
async fn msg_2_page_letter_calendar_file_and_notice_use_the_same_name_for_an_appointment() {
    let world = World::new().await;
    world.settings(|s| s.event_types = vec!["Beratung".into()]).await;
    for (kind, name) in [("visit_outbound", "Hausbesuch"), ("delivery", "Fahrzeugübergabe"), ("beratung", "Beratung"), ("sms", "Termin")] {
        let (_, link) = invited(&world, &format!("k{}", &kind[..3]), &json!({"type": kind})).await;
        let (_, _, page) = browse(&world, Method::GET, &link, "de", "").await;
        assert!(page.contains(&format!("<h1>{name}</h1>")), "{name}: {page}");
        let slot = free(&world.get("", &link).await).pop().unwrap();
        assert_eq!(book(&world, &link, &slot).await.status, 201);
        world.system.settle().await;
        let mails = world.system.mailbox.mails();
        let who = format!("k{}", &kind[..3]);
        let letter = mails.iter().find(|mail| mail.to.starts_with(&who)).unwrap();
        let notice = mails.iter().find(|mail| mail.subject.starts_with(&format!("{who} hat einen Termin"))).unwrap();
        assert!(letter.text.contains(&format!("  {name}\n")), "{}", letter.text);
        let file = String::from_utf8(letter.attachments[0].content.clone()).unwrap();
        assert!(file.contains(&format!("SUMMARY:{name} · Autohaus Nordstern")), "{file}");
        // If the type has no name of its own, the seller's notice states the type.
        let label = if kind == "sms" { "SMS" } else { name };
        assert!(notice.subject.contains(&format!(": {label}, Anfrage")), "{}", notice.subject);
    }
}

/// CAL-1, LEAD-2, LEAD-4: a title without visible characters is refused.
#[tokio::test]
async fn cal_1_a_title_without_visible_characters_is_refused() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let bodies = |title: &str| {
        [
            ("events", "title CAL-1", json!({"title": title, "type": "notes"})),
            ("invitations", "title CAL-8", json!({"title": title, "type": "booked_test_drive"})),
            ("tasks", "title LEAD-4", json!({"title": title, "start": "2026-11-24T09:00:00Z", "minutes": 30})),
            ("documents", "title LEAD-2", json!({"title": title, "content_type": "application/pdf", "bytes": 1000})),
        ]
    };
    for title in ["\u{200B}", "\u{200B} \u{2060}\u{AD}", "\u{3164}", "\u{2800}\u{FE0F}", "\u{E0041}"] {
        // Invisible characters are removed, and an invitation without a title is accepted.
        let removed = title.chars().all(|c| !matches!(c, '\u{3164}' | '\u{2800}'));
        for (what, fault, body) in bodies(title).into_iter().filter(|(what, ..)| *what != "invitations" || !removed) {
            let refused = world.post(ADMIN, &format!("/leads/{id}/{what}"), &body).await;
            assert_eq!((refused.status, refused.faults()), (422, vec![fault.to_owned()]), "{what} {title:?}: {}", refused.body);
        }
    }
    // Such a character is allowed if it joins or formats visible ones.
    for title in ["👨\u{200D}👩\u{200D}👧", "\u{200F}שלום", "❤\u{FE0F}"] {
        for (what, _, body) in bodies(title) {
            let made = world.post(ADMIN, &format!("/leads/{id}/{what}"), &body).await;
            assert!(matches!(made.status, 200 | 201), "{what} {title:?}: {}", made.body);
        }
    }
}
