//! A booking by invitation can be moved and cancelled by the customer until it begins (CAL-8).

use crate::support::invitations::{book, browse, cancel, drive, free, invited};
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, Request, World, enquiry};
use forecourt_domain::base::Medium;
use http::Method;
use icalendar::Component as _;
use serde_json::{Value, json};

/// Returns the subject and text of each mail to a customer.
fn written(world: &World, name: &str) -> Vec<(String, String)> {
    mails_to(world, name).into_iter().map(|(mail, _)| (mail.subject, mail.text)).collect()
}

/// CAL-8: the link in the letters moves and cancels the booking until it begins.
#[tokio::test]
async fn cal_8_the_link_in_the_letters_moves_and_cancels_a_booking_until_it_begins() {
    let world = World::new().await;
    world.settings(|s| s.appointments.media = [Medium::Email, Medium::Sms].into()).await;
    let mut enquiry = enquiry("jana");
    enquiry["contact"]["phone"] = json!("0171 2345678");
    let id = world.lead(&enquiry).await;
    let invitations = format!("/leads/{id}/invitations");
    let made = world.post(ADMIN, &invitations, &json!({"type": "booked_test_drive", "expires_in_days": 1})).await;
    let link = made.text("/link").strip_prefix("https://desk.example").unwrap().to_owned();
    assert_eq!(world.get("", &link).await.text("/expires_at"), "2026-11-24T09:00:00Z");
    assert_eq!(book(&world, &link, "2026-11-27T09:00:00Z").await.status, 201);
    // The link has passed its own expiry but is valid until the appointment begins.
    world.advance_to("2026-11-24T10:00:00Z").await;
    let offer = world.get("", &link).await;
    assert_eq!((offer.status, offer.text("/standing"), offer.text("/expires_at")), (200, "booked", "2026-11-27T09:00:00Z"));
    assert!(!free(&offer).is_empty());
    let listed = world.get(ADMIN, &invitations).await;
    assert_eq!((listed.text("/invitations/0/standing"), listed.text("/invitations/0/link")), ("booked", made.text("/link")));
    let moved = book(&world, &link, "2026-11-30T09:00:00Z").await;
    assert_eq!((moved.status, moved.text("/expires_at")), (200, "2026-11-30T09:00:00Z"), "{}", moved.body);
    let (_, _, page) = browse(&world, Method::GET, &link, "en", "").await;
    assert!(
        page.contains("until Monday, 30 November")
            && page.contains("please contact the dealership")
            && !page.contains("choose another time with this link"),
        "{page}"
    );
    world.advance_to("2026-11-29T12:00:00Z").await;
    let cancelled = cancel(&world, &link).await;
    assert_eq!((cancelled.status, cancelled.text("/standing"), free(&cancelled).len()), (200, "cancelled", 0), "{}", cancelled.body);
    // The link is too old for a new booking. Until the cancelled appointment would have begun, it shows the cancellation.
    let again = book(&world, &link, "2026-12-01T09:00:00Z").await;
    assert_eq!((again.status, free(&again).len()), (409, 0), "{}", again.body);
    let (status, _, page) = browse(&world, Method::GET, &link, "en", "").await;
    assert!(
        status == 200
            && page.contains("has been cancelled")
            && page.contains("call us: Autohaus Nordstern")
            && !page.contains("/booking\""),
        "{page}"
    );
    world.advance_to("2026-11-30T09:00:00Z").await;
    for gone in [world.get("", &link).await, cancel(&world, &link).await, book(&world, &link, "2026-12-01T09:00:00Z").await] {
        assert_eq!((gone.status, gone.text("/detail")), (404, "this link is invalid or has expired"));
    }
    assert_eq!(world.get(ADMIN, &invitations).await.text("/invitations/0/standing"), "expired");
    // Each letter except the last contains the link, by both media.
    let mails = written(&world, "jana");
    let subjects: Vec<&str> = mails.iter().map(|(subject, _)| subject.split(" am ").next().unwrap()).collect();
    assert_eq!(subjects, ["Ihr Termin", "Ihr neuer Termin", "Erinnerung: Ihr Termin", "Absage: Ihr Termin"]);
    let with: Vec<bool> =
        mails.iter().map(|(_, text)| text.contains(&format!("verschieben oder absagen:\n{}\n", made.text("/link")))).collect();
    assert_eq!(with, [true, true, true, false], "{mails:?}");
    let texts: Vec<bool> = world
        .system
        .mailbox
        .sms()
        .iter()
        .map(|sms| sms.text.lines().next().unwrap().ends_with(&format!(" {}", made.text("/link"))))
        .collect();
    assert_eq!(texts, [true, true, true, false]);
}

/// CAL-8, APT-8: a revoked link is invalid and no later letter contains it. Letters about appointments that staff created have their own
/// link.
#[tokio::test]
async fn cal_8_letters_contain_no_revoked_link_and_an_own_link_for_appointments_by_staff() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    book(&world, &link, "2026-11-26T09:00:00Z").await;
    world.system.settle().await;
    let listed = world.get(ADMIN, &format!("/leads/{id}/invitations")).await;
    let path = format!("/leads/{id}/invitations/{}", listed.text("/invitations/0/id"));
    assert_eq!(world.call(Request::delete(ADMIN, &path)).await.status, 200);
    let other = world.lead(&enquiry("piet")).await;
    let staffs = json!({"title": "Test drive", "type": "booked_test_drive", "at": "2026-11-26T09:00:00Z"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{other}/events"), &staffs).await.status, 201);
    world.advance_to("2026-11-25T12:00:00Z").await;
    let links = |name: &str| -> Vec<bool> { written(&world, name).iter().map(|(_, text)| text.contains("/i/")).collect() };
    assert_eq!((links("jana"), links("piet")), (vec![true, false], vec![true, true]));
    assert_eq!(world.get("", &link).await.status, 404);
}

/// CAL-8: when staff move a booking, the customer can still change it, until the later of the link's expiry and the event's start.
#[tokio::test]
async fn cal_8_a_link_stays_valid_until_a_booking_moved_by_staff_begins() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &json!({"type": "booked_test_drive", "expires_in_days": 3})).await;
    book(&world, &link, "2026-11-24T09:00:00Z").await;
    let event = world.events(id).await[0].id.clone();
    let to = async |at: &str| world.post(ADMIN, &format!("/leads/{id}/events/{event}/time"), &json!({"at": at})).await.status;
    assert_eq!(to("2026-12-24T09:00:00Z").await, 200);
    assert_eq!(world.get("", &link).await.text("/expires_at"), "2026-12-24T09:00:00Z");
    world.advance_to("2026-11-28T09:00:00Z").await;
    assert_eq!(to("2026-11-28T10:00:00Z").await, 200);
    assert_eq!(world.get("", &link).await.text("/expires_at"), "2026-11-28T10:00:00Z");
    // When staff cancel the event, the customer sees the cancellation and no slots.
    let deleted = world.call(Request::delete(ADMIN, &format!("/leads/{id}/events/{event}"))).await;
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    let offer = world.get("", &link).await;
    assert_eq!((offer.text("/standing"), &offer.body["booking"], free(&offer).len()), ("cancelled", &Value::Null, 0));
}

/// CAL-8, RFC 5546: a mailed calendar file names the customer as attendee, a fetched one names nobody. Both are the same entry with
/// increasing versions.
#[tokio::test]
async fn cal_8_a_mailed_calendar_file_names_the_customer_and_a_downloaded_one_has_no_attendee() {
    let world = World::new().await;
    let hours = json!({"durations": {"visit_outbound": 90}});
    world.settings(|s| s.capacity = serde_json::from_value(hours.clone()).unwrap()).await;
    let mut enquiry = enquiry("jana");
    enquiry["contact"] = json!({"first_name": "Jana \"JP\"", "last_name": "Petersen; von: und, zu Löwenstein-Wertheim-Freudenberg-Rosenberg",
        "email": "jana+50%off@example.com"});
    let id = world.lead(&enquiry).await;
    let made = world.post(ADMIN, &format!("/leads/{id}/invitations"), &json!({"type": "visit_outbound"})).await;
    let link = made.text("/link").strip_prefix("https://desk.example").unwrap().to_owned();
    let mut fetched = Vec::new();
    for from in ["2026-11-26T09:00:00Z", "2026-11-27T09:00:00Z"] {
        book(&world, &link, from).await;
        world.system.settle().await;
        fetched.push(browse(&world, Method::GET, &format!("{link}/booking.ics"), "de", "").await.2);
    }
    cancel(&world, &link).await;
    world.system.settle().await;
    fetched.push(browse(&world, Method::GET, &format!("{link}/booking.ics"), "de", "").await.2);
    let mails: Vec<_> = world.system.mailbox.mails().into_iter().filter(|mail| mail.to.starts_with("jana+")).collect();
    let mailed: Vec<String> = mails.iter().map(|mail| String::from_utf8(mail.attachments[0].content.clone()).unwrap()).collect();
    let types: Vec<&str> = mails.iter().map(|mail| mail.attachments[0].media_type.rsplit_once("method=").unwrap().1).collect();
    assert_eq!(types, ["REQUEST", "REQUEST", "CANCEL"]);
    for (n, (mailed, fetched)) in mailed.iter().zip(&fetched).enumerate() {
        let calendars = [mailed, fetched].map(|text| text.parse::<icalendar::Calendar>().unwrap());
        let methods = calendars.each_ref().map(|calendar| calendar.property_value("METHOD").unwrap().to_owned());
        assert_eq!(methods, [["REQUEST", "PUBLISH"], ["REQUEST", "PUBLISH"], ["CANCEL", "CANCEL"]][n]);
        let events = calendars.each_ref().map(|calendar| calendar.components.iter().find_map(|part| part.as_event()).unwrap().clone());
        for name in ["UID", "SEQUENCE", "DTSTART", "DTEND", "STATUS", "ORGANIZER", "DTSTAMP", "SUMMARY"] {
            assert_eq!(events[0].property_value(name), events[1].property_value(name), "{name}");
        }
        assert_eq!(events[0].property_value("SEQUENCE"), Some(n.to_string().as_str()));
        assert_eq!(events[0].property_value("SUMMARY"), Some("Hausbesuch · Autohaus Nordstern"));
        let whole = mailed.replace("\r\n ", "");
        let minutes = if n == 0 { "DTEND;TZID=Europe/Berlin:20261126T113000" } else { "DTEND;TZID=Europe/Berlin:20261127T113000" };
        assert!(
            whole.contains(minutes) && whole.contains("ORGANIZER;CN=Autohaus Nordstern:mailto:leads@autohaus-nordstern-demo.example"),
            "{whole}"
        );
        let attendee = whole.lines().find(|line| line.starts_with("ATTENDEE")).unwrap();
        let name = "CN=\"Jana 'JP' Petersen; von: und, zu Löwenstein-Wertheim-Freudenberg-Rosenberg\"";
        let (parameters, address) = attendee.rsplit_once(":mailto:").unwrap();
        assert!(parameters.contains(name) && parameters.contains(";RSVP=FALSE") && parameters.contains(";PARTSTAT=ACCEPTED"), "{attendee}");
        assert_eq!(address, "jana+50%25off@example.com");
        assert!(!fetched.contains("ATTENDEE") && mailed.lines().all(|line| line.len() <= 75), "{mailed}");
    }
    // If the dealer has no address for replies, the file names no attendee.
    world.settings(|s| s.lead_address = None).await;
    book(&world, &link, "2026-11-26T09:00:00Z").await;
    world.system.settle().await;
    let last = world.system.mailbox.mails().into_iter().rfind(|mail| mail.to.starts_with("jana+")).unwrap();
    let text = String::from_utf8(last.attachments[0].content.clone()).unwrap();
    assert!(text.contains("METHOD:PUBLISH") && !text.contains("ATTENDEE") && text.contains("ORGANIZER"), "{text}");
}

/// CAL-8, APT-7: the mails about a customer's booking, move and cancellation have the number and the vehicle, also for a salesperson who
/// may not see the lead.
#[tokio::test]
async fn cal_8_the_notices_of_a_customers_booking_have_the_number_and_the_vehicle() {
    let world = World::new().await;
    let mut wanted = enquiry("jana");
    wanted["contact"]["phone"] = json!("0171 5555555");
    wanted["vehicle"] = json!({"make": "Opel", "model": "Corsa"});
    let id = world.lead(&wanted).await;
    world.system.settle().await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "anna.vogt"})).await.status, 200);
    let made = world.post(ADMIN, &format!("/leads/{id}/invitations"), &drive()).await;
    let link = made.text("/link").strip_prefix("https://desk.example").unwrap().to_owned();
    let latest = async |user: &str, what: &str| {
        world.system.settle().await;
        let is_meant = |mail: &forecourt_send::mail::Mail| mail.to.starts_with(user) && mail.subject.contains(what);
        world.system.mailbox.mails().into_iter().rfind(is_meant).unwrap_or_else(|| panic!("{user} {what}: {:?}", world.mails())).text
    };
    assert_eq!(book(&world, &link, "2026-11-24T14:00:00Z").await.status, 201);
    let text = latest("anna.vogt", "gebucht").await;
    assert!(text.contains("5555555") && text.contains("Opel Corsa"), "{text}");
    let events = world.get(ADMIN, &format!("/leads/{id}/events")).await;
    let event = events.text("/events/0/id");
    let given = world.call(Request::patch(ADMIN, &format!("/leads/{id}/events/{event}")).json(&json!({"user": "ben.krause"}))).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert_eq!(book(&world, &link, "2026-11-24T15:00:00Z").await.status, 200);
    let text = latest("ben.krause", "verschoben").await;
    assert!(text.contains("5555555") && text.contains("Opel Corsa") && !text.contains("website"), "{text}");
    assert_eq!(cancel(&world, &link).await.status, 200);
    let text = latest("ben.krause", "abgesagt").await;
    assert!(!text.contains("5555555"), "the visit of a colleague's customer does not take place: {text}");
}
