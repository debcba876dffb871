//! The link in the letters about an appointment, by which its customer confirms, reschedules or cancels it (APT-8, APT-12).

use crate::support::appointments::{WHEN, appointment, made, seen};
use crate::support::invitations::{book, browse, cancel, drive, free, invited, taken};
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{AppointmentId, Medium};
use forecourt_domain::settings::CapacityDraft;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use http::Method;
use serde_json::{Value, json};

const NEW: &str = "2026-11-26T13:00:00Z";

/// Returns the paths of the links in the mails to a customer, oldest first.
pub(super) fn links(world: &World, name: &str) -> Vec<String> {
    let line = |text: &str| text.lines().find_map(|line| line.trim().strip_prefix("https://desk.example")).map(str::to_owned);
    mails_to(world, name).into_iter().filter_map(|(mail, _)| line(&mail.text)).collect()
}

fn with(user: &str) -> Value {
    let mut body = appointment("jana", WHEN);
    body["user"] = json!(user);
    body
}

/// Returns the world, the appointment without a lead, and the link in its confirmation.
pub(super) async fn booked() -> (World, String, String) {
    let world = World::new().await;
    let id = made(&world, ADMIN, &with("anna.vogt")).await;
    world.system.settle().await;
    let link = links(&world, "jana").remove(0);
    (world, id, link)
}

pub(super) async fn stored(world: &World, id: &str) -> Appointment {
    let id = id.parse().unwrap();
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Appointment(AppointmentId::clone(&id))])).await.unwrap();
    loaded.appointment(&id).unwrap().clone()
}

async fn confirm(world: &World, link: &str) -> Reply {
    world.post("", &format!("{link}/confirmation"), &json!({})).await
}

fn history(page: &Reply) -> Vec<(String, String)> {
    let text = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
    page.body["history"].as_array().unwrap().iter().map(|change| (text(change, "what"), text(change, "by"))).collect()
}

/// APT-8: an appointment without a lead is moved and cancelled by the link in its letters; the customer gets letters, the salesperson
/// notices, and the cancellation has the customer's side.
#[tokio::test]
async fn apt_8_a_customer_moves_and_cancels_an_appointment_without_a_lead_by_the_link_in_a_letter() {
    let (world, id, link) = booked().await;
    let offer = world.get("", &link).await;
    assert_eq!((offer.status, offer.text("/standing"), offer.text("/booking/from")), (200, "booked", "2026-11-25T09:00:00Z"));
    let slots = free(&offer);
    assert!(slots.contains(&NEW.to_owned()) && !slots.contains(&"2026-11-25T09:00:00Z".to_owned()), "{slots:?}");
    let moved = book(&world, &link, NEW).await;
    assert_eq!((moved.status, moved.text("/booking/from")), (200, NEW), "{}", moved.body);
    assert_eq!(book(&world, &link, NEW).await.status, 200, "it has this time already");
    let page = seen(&world, &id).await;
    assert_eq!(page.text("/at"), NEW);
    assert_eq!((taken(&world, "anna.vogt", "2026-11-25").await, taken(&world, "anna.vogt", "2026-11-26").await), (0, 4));
    let notices: Vec<String> = world.mails().into_iter().filter(|mail| mail.contains("anna.vogt: Termin verschoben")).collect();
    assert_eq!(notices.len(), 1, "{:?}", world.mails());
    // The letter about the new time has the same link, and the link still works.
    assert_eq!(links(&world, "jana"), [link.clone(), link.clone()]);
    let cancelled = cancel(&world, &link).await;
    assert_eq!((cancelled.status, cancelled.text("/standing"), cancelled.text("/closed/why")), (200, "cancelled", "unavailable"));
    assert_eq!(cancel(&world, &link).await.status, 200, "it is cancelled already");
    assert_eq!(book(&world, &link, "2026-11-27T09:00:00Z").await.status, 409);
    let page = seen(&world, &id).await;
    assert_eq!((page.text("/state"), page.text("/cancellation/side")), ("cancelled", "customer"), "{}", page.body);
    let of = |what: &str, by: &str| (what.to_owned(), by.to_owned());
    assert_eq!(history(&page)[1..], [of("moved", "customer"), of("cancelled", "customer")]);
    assert!(world.mails().iter().any(|mail| mail.contains("anna.vogt: Termin abgesagt")), "{:?}", world.mails());
    let texts: Vec<String> = world.system.mailbox.mails().into_iter().map(|mail| mail.text).collect();
    for words in ["- verschoben vom Kunden, bisher", "- abgesagt vom Kunden"] {
        assert!(texts.iter().any(|text| text.contains(words)), "{words}: {texts:?}");
    }
    assert_eq!(taken(&world, "anna.vogt", "2026-11-26").await, 0);
    // A letter about a cancellation has no link.
    let last = mails_to(&world, "jana").pop().unwrap().0;
    assert!(last.subject.starts_with("Absage") && !last.text.contains("/i/"), "{}", last.text);
}

/// APT-8: an appointment of a lead and a booked test drive are events, which follow; the timeline names the customer.
#[tokio::test]
async fn apt_8_the_event_of_a_lead_follows_the_customer() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let visit = made(&world, ADMIN, &json!({"lead": lead, "kind": "showroom", "at": WHEN})).await;
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-27T10:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.status, 201);
    world.system.settle().await;
    let mut found = links(&world, "jana");
    assert_eq!(found.len(), 2, "{found:?}");
    if world.get("", &found[0]).await.text("/booking/from") != "2026-11-25T09:00:00Z" {
        found.reverse();
    }
    let (first, second) = (&found[0], &found[1]);
    assert_eq!(book(&world, first, NEW).await.status, 200);
    assert_eq!(cancel(&world, second).await.text("/standing"), "cancelled");
    world.system.settle().await;
    let events = world.get(ADMIN, &format!("/leads/{lead}/events")).await;
    let mut states: Vec<(&str, &str)> =
        events.body["events"].as_array().unwrap().iter().map(|e| (e["type"].as_str().unwrap(), e["state"].as_str().unwrap())).collect();
    states.sort_unstable();
    assert_eq!(states, [("booked_test_drive", "deleted"), ("visit_inbound", "incomplete")]);
    assert_eq!(seen(&world, &visit).await.text("/at"), NEW);
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    let by_customer: Vec<&str> = page.body["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["by"] == "customer")
        .map(|entry| entry["events"][0]["what"].as_str().unwrap())
        .collect();
    assert_eq!(by_customer, ["event_rescheduled", "event_deleted"]);
}

/// APT-12: the customer confirms by the link of a letter and by that of an invitation; a move ends the confirmation.
#[tokio::test]
async fn apt_12_a_customer_confirms_by_the_link_and_a_move_ends_it() {
    let (world, id, link) = booked().await;
    assert_eq!(world.get("", &link).await.body.get("confirmed"), None);
    for _ in 0..2 {
        let confirmed = confirm(&world, &link).await;
        assert_eq!((confirmed.status, &confirmed.body["confirmed"]), (200, &json!(true)), "{}", confirmed.body);
    }
    let way = stored(&world, &id).await.customer_confirmed.unwrap();
    assert_eq!((way.way.name(), way.by.to_string().as_str()), ("link", "customer"));
    assert_eq!(book(&world, &link, NEW).await.body.get("confirmed"), None);
    assert_eq!(stored(&world, &id).await.past_confirmations.len(), 1);
    assert_eq!(cancel(&world, &link).await.status, 200);
    assert_eq!(confirm(&world, &link).await.status, 409);
    // By invitation: one link for everything, before and after the booking.
    let (_, invitation) = invited(&world, "piet", &drive()).await;
    assert_eq!(confirm(&world, &invitation).await.status, 404);
    assert_eq!(book(&world, &invitation, "2026-11-27T09:00:00Z").await.status, 201);
    world.system.settle().await;
    assert_eq!(links(&world, "piet"), std::slice::from_ref(&invitation));
    assert_eq!(confirm(&world, &invitation).await.body["confirmed"], json!(true));
    assert_eq!(world.get("", &invitation).await.body["confirmed"], json!(true));
    assert_eq!(cancel(&world, &invitation).await.status, 200);
    assert_eq!(confirm(&world, &invitation).await.status, 409);
}

/// APT-8: a program that opens the link changes nothing. The page has forms; a form that is sent twice acts once.
#[tokio::test]
async fn apt_8_opening_the_link_changes_nothing_and_the_page_has_forms() {
    let (world, id, link) = booked().await;
    world
        .settings(|s| {
            s.location.street = Some("Elbchaussee 12".into());
            (s.location.postcode, s.location.town) = (Some("22763".into()), Some("Hamburg".into()));
            s.location.map_link = Some("https://maps.example.com/a?b=1&c".into());
            s.location.phone = Some("040 123456".into());
        })
        .await;
    let before = stored(&world, &id).await;
    for path in [link.clone(), format!("{link}/booking.ics")] {
        assert_eq!(browse(&world, Method::GET, &path, "de", "").await.0, 200);
    }
    assert_eq!(stored(&world, &id).await, before);
    let (status, headers, page) = browse(&world, Method::GET, &link, "de", "").await;
    assert_eq!((status, headers["referrer-policy"].to_str().unwrap()), (200, "no-referrer"));
    for part in [
        "Termin bestätigen",
        "Elbchaussee 12, 22763 Hamburg",
        "href=\"https:&#x2f;&#x2f;maps.example.com&#x2f;a?b=1&amp;c\"",
        "href=\"tel:+4940123456\"",
        "Besuch",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("jana"), "the page does not name the customer: {page}");
    let key = page.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    for _ in 0..2 {
        let (status, headers, _) = browse(&world, Method::POST, &format!("{link}/confirmation"), "de", &format!("key={key}")).await;
        assert_eq!((status, headers["location"].to_str().unwrap()), (303, format!("../{}", link.rsplit('/').next().unwrap()).as_str()));
    }
    let (_, _, page) = browse(&world, Method::GET, &link, "nl", "").await;
    assert!(page.contains("U hebt deze afspraak bevestigd.") && !page.contains("/confirmation\""), "{page}");
    let (_, _, file) = browse(&world, Method::GET, &format!("{link}/booking.ics"), "de", "").await;
    let file = file.replace("\r\n ", "");
    assert!(file.contains("LOCATION:Autohaus Nordstern\\, Elbchaussee 12\\, 22763 Hamburg\\, DE"), "{file}");
}

/// APT-8: the link ends with the beginning of the visit, with another address of the customer, and if somebody alters it.
#[tokio::test]
async fn apt_8_a_link_ends_with_the_visit_and_with_another_address() {
    let (world, id, link) = booked().await;
    for at in 3..link.len() {
        let mut spoilt = link.clone().into_bytes();
        spoilt[at] = if spoilt[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(world.get("", std::str::from_utf8(&spoilt).unwrap()).await.status, 404, "{at}");
    }
    let headers = [("content-type", "application/json"), ("if-match", "*")];
    let correct = async |customer: Value| {
        let body = json!({"customer": customer}).to_string();
        let reply = world.call(Request::patch(ADMIN, &format!("/appointments/{id}")).headers(&headers).body(body.as_bytes())).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        world.system.settle().await;
    };
    correct(json!({"name": "jana", "email": "other@example.com"})).await;
    for reply in [world.get("", &link).await, cancel(&world, &link).await, book(&world, &link, NEW).await, confirm(&world, &link).await] {
        assert_eq!((reply.status, reply.text("/detail")), (404, "this link is invalid or has expired"), "{}", reply.body);
    }
    let other = links(&world, "other").remove(0);
    assert_eq!(world.get("", &other).await.status, 200);
    correct(json!({"name": "jana", "email": "jana@example.com"})).await;
    assert_eq!((world.get("", &link).await.status, world.get("", &other).await.status), (200, 404));
    // From the beginning of the visit on, the link shows and changes nothing; on the next day it is invalid.
    world.settings(|s| s.location.phone = Some("040 123456".into())).await;
    world.advance_to("2026-11-25T09:00:00Z").await;
    let page = world.get("", &link).await;
    assert_eq!((page.status, page.text("/standing"), page.text("/closed/why")), (200, "over", "over"), "{}", page.body);
    assert_eq!(browse(&world, Method::GET, &format!("{link}/booking.ics"), "de", "").await.0, 200);
    let before = stored(&world, &id).await;
    for reply in [cancel(&world, &link).await, book(&world, &link, NEW).await, confirm(&world, &link).await] {
        assert_eq!(reply.status, 409, "{}", reply.body);
    }
    assert_eq!(stored(&world, &id).await, before);
    world.advance_to("2026-11-25T22:59:00Z").await;
    let (status, _, page) = browse(&world, Method::GET, &link, "de", "").await;
    assert_eq!(status, 200);
    assert!(page.contains("hat bereits begonnen") && page.contains("href=\"tel:+4940123456\"") && !page.contains("<form"), "{page}");
    assert!(!page.contains("gültig bis"), "{page}");
    world.advance_to("2026-11-25T23:00:00Z").await;
    for reply in [world.get("", &link).await, cancel(&world, &link).await, book(&world, &link, NEW).await, confirm(&world, &link).await] {
        assert_eq!(reply.status, 404, "{}", reply.body);
    }
}

/// APT-8, CAL-8: one page confirms and then cancels: each form is a request of its own. Without free times it has the number to call.
#[tokio::test]
async fn apt_8_one_page_confirms_and_then_cancels() {
    let (world, id, link) = booked().await;
    world.settings(|s| (s.lead_tracking_only, s.location.phone) = (true, Some("040 123456".into()))).await;
    let (_, _, page) = browse(&world, Method::GET, &link, "de", "").await;
    assert!(page.contains("Bitte rufen Sie uns an: Autohaus Nordstern, 040 123456."), "{page}");
    assert!(page.contains("Passt der Termin?"), "{page}");
    let key = page.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    for form in ["confirmation", "cancellation", "cancellation"] {
        let (status, _, page) = browse(&world, Method::POST, &format!("{link}/{form}"), "de", &format!("key={key}")).await;
        assert_eq!(status, 303, "{form}: {page}");
    }
    let page = seen(&world, &id).await;
    assert_eq!(page.text("/state"), "cancelled");
    // All changes have the same time.
    let mut changes: Vec<String> = history(&page).into_iter().map(|(what, _)| what).collect();
    changes.sort_unstable();
    assert_eq!(changes, ["cancelled", "confirmed", "made"], "{}", page.body);
}

/// APT-8, CAL-7: a customer takes only slots that are free for customers, and each move counts for the day.
#[tokio::test]
async fn apt_8_a_move_by_the_customer_keeps_to_the_capacity() {
    let (world, _, link) = booked().await;
    world.settings(|s| s.capacity = CapacityDraft { per_day: Some(1), ..CapacityDraft::default() }).await;
    for (at, why) in
        [("2026-11-26T13:10:00Z", "no slot begins"), ("2026-11-23T09:15:00Z", "no slot begins"), ("2026-12-31T09:00:00Z", "too far ahead")]
    {
        let refused = book(&world, &link, at).await;
        assert!(refused.status == 409 && refused.text("/detail").contains(why), "{at}: {}", refused.body);
    }
    let mut other = with("anna.vogt");
    other["customer"] = json!({"name": "piet", "email": "piet@example.com"});
    other["at"] = json!("2026-11-27T10:00:00+01:00");
    made(&world, ADMIN, &other).await;
    world.system.settle().await;
    let piet = links(&world, "piet").remove(0);
    assert_eq!(book(&world, &link, "2026-11-27T09:00:00Z").await.status, 409, "the time of another customer");
    assert_eq!(book(&world, &link, "2026-11-26T13:00:00Z").await.status, 200);
    let full = book(&world, &piet, "2026-11-26T09:00:00Z").await;
    assert!(full.status == 409 && full.text("/detail").contains("fully booked"), "{}", full.body);
    // Without a salesperson nobody's time is known, so the customer confirms, cancels or calls.
    let nobody = made(&world, ADMIN, &appointment("kim", WHEN)).await;
    assert_eq!(stored(&world, &nobody).await.user, None);
    world.system.settle().await;
    let link = links(&world, "kim").remove(0);
    let offer = world.get("", &link).await;
    assert_eq!((offer.text("/standing"), offer.text("/closed/why"), free(&offer).len()), ("booked", "unavailable", 0));
    assert_eq!(confirm(&world, &link).await.status, 200);
}

/// SET-5, APT-8: with lead_tracking_only no letter and so no link goes out; an earlier link offers no time and still cancels.
#[tokio::test]
async fn set_5_with_tracking_only_a_link_offers_no_time() {
    let (world, _, link) = booked().await;
    world.settings(|s| s.lead_tracking_only = true).await;
    let offer = world.get("", &link).await;
    assert_eq!((offer.status, offer.text("/closed/why"), free(&offer).len()), (200, "unavailable", 0), "{}", offer.body);
    assert_eq!(book(&world, &link, NEW).await.status, 409);
    assert_eq!(cancel(&world, &link).await.text("/standing"), "cancelled");
}

/// APT-3, APT-8: letters name address, map, telephone and salesperson if they are known. A text message has its own link.
#[tokio::test]
async fn apt_3_letters_say_where_and_with_whom() {
    let (world, _, _) = booked().await;
    let bare = mails_to(&world, "jana").remove(0).0.text;
    assert!(bare.contains("Ihr Kontakt: Anna Vogt") && !bare.contains("Telefon") && !bare.contains("\n\n\n"), "{bare}");
    world
        .settings(|s| {
            (s.location.street, s.location.town) = (Some("Elbchaussee 12".into()), Some("Hamburg".into()));
            (s.location.phone, s.location.map_link) = (Some("040 123456".into()), Some("https://maps.example.com/x".into()));
            s.appointments.media = [Medium::Email, Medium::Sms].into();
        })
        .await;
    let mut body = with("anna.vogt");
    body["customer"] = json!({"name": "mia", "email": "mia@example.com", "phone": "0171 7654321"});
    made(&world, ADMIN, &body).await;
    world.system.settle().await;
    let (mail, _) = mails_to(&world, "mia").remove(0);
    let wanted = "  Besuch\n  25.11.2026, 10:00 Uhr\n  Autohaus Nordstern\n  Elbchaussee 12, Hamburg\n  https://maps.example.com/x\n  Ihr Kontakt: Anna Vogt\n  Telefon: 040 123456\n\nHier können Sie Ihren Termin bestätigen, verschieben oder absagen:\nhttps://desk.example/i/";
    assert!(mail.text.contains(wanted), "{}", mail.text);
    assert!(mail.html.contains("<a href=\"https://maps.example.com/x\">"), "{}", mail.html);
    let sms = world.system.mailbox.sms().pop().unwrap().text;
    assert!(sms.ends_with("\nElbchaussee 12, Hamburg\nIhr Kontakt: Anna Vogt\nTelefon: 040 123456"), "{sms}");
    let link = sms.split_whitespace().find_map(|word| word.strip_prefix("https://desk.example")).unwrap();
    assert_eq!(world.get("", link).await.status, 200);
    // A customer does not come for a telephone call.
    let mut call = appointment("kim", "2026-11-26T10:00:00+01:00");
    call["kind"] = json!("telephone");
    made(&world, ADMIN, &call).await;
    world.system.settle().await;
    let text = mails_to(&world, "kim").remove(0).0.text;
    assert!(text.contains("Telefon: 040 123456") && !text.contains("Elbchaussee") && !text.contains("maps.example"), "{text}");
}

/// SET-4: the location is checked with its fields; a part of it is enough, and a street without a town is not.
#[tokio::test]
async fn set_4_the_location_of_a_dealer_is_checked() {
    let world = World::new().await;
    let path = format!("/dealers/{NORDSTERN}/settings");
    let before = world.get(ADMIN, &path).await;
    let put = async |location: Value| {
        let read = world.get(ADMIN, &path).await;
        let mut settings = read.body["settings"].clone();
        settings["location"] = location;
        world.call(Request::put(ADMIN, &path).json(&settings).version(read.body["version"].as_u64().unwrap())).await
    };
    assert_eq!(before.body["settings"].get("location"), None);
    for (location, fault) in [
        (json!({"street": "Elbchaussee 12"}), "location.town SET-4"),
        (json!({"town": "a\nb"}), "location.town SET-4"),
        (json!({"town": "www.evil.com"}), "location.town SET-4"),
        (json!({"town": "Hamburg", "street": "https://evil.example/x"}), "location.street SET-4"),
        (json!({"phone": "call me"}), "location.phone SET-4"),
        (json!({"phone": "040 123456<script>"}), "location.phone SET-4"),
        (json!({"phone": "040 123456 or www.evil.com"}), "location.phone SET-4"),
        (json!({"map_link": "http://maps.example.com"}), "location.map_link SET-4"),
        (json!({"map_link": "https://localhost/x"}), "location.map_link SET-4"),
        (json!({"map_link": "https://192.168.1.1/x"}), "location.map_link SET-4"),
        (json!({"map_link": "https://maps.example.com/ x"}), "location.map_link SET-4"),
        (json!({"map_link": "https://user@maps.example.com/"}), "location.map_link SET-4"),
        (json!({"city": "Hamburg"}), "location.city API-1"),
    ] {
        let refused = put(location.clone()).await;
        assert_eq!((refused.status, refused.faults()), (422, vec![fault.to_owned()]), "{location}: {}", refused.body);
    }
    for phone in ["040 123456", "+49 (0) 40 / 123456-0", "(040) 123456 ext. 12"] {
        let saved = put(json!({"phone": phone})).await;
        assert_eq!((saved.status, saved.text("/settings/location/phone")), (200, phone), "{}", saved.body);
    }
    let absent = put(Value::Null).await;
    assert_eq!((absent.status, absent.body["settings"].get("location")), (200, None), "{}", absent.body);
    let saved = put(json!({"town": "Hamburg", "map_link": "https://www.openstreetmap.org/#map=18/53.5/9.9"})).await;
    assert_eq!((saved.status, saved.text("/settings/location/town")), (200, "Hamburg"), "{}", saved.body);
}

/// APT-3: the page of an appointment states why a letter was not written, for each kind and medium.
#[tokio::test]
async fn apt_3_the_page_states_why_a_letter_was_not_written() {
    let world = World::new().await;
    world.settings(|s| s.appointments.media = [Medium::Email, Medium::Sms].into()).await;
    let unsent = |page: &Reply| -> Vec<String> {
        let text = |letter: &Value, name: &str| letter[name].as_str().unwrap().to_owned();
        let letters = page.body.get("not_written").and_then(Value::as_array).cloned().unwrap_or_default();
        letters.iter().map(|l| format!("{} {} {}", text(l, "says"), text(l, "medium"), text(l, "why"))).collect()
    };
    let mut body = appointment("jana", WHEN);
    body["customer"]["refuses"] = json!(["sms"]);
    let id = made(&world, ADMIN, &body).await;
    assert_eq!(unsent(&seen(&world, &id).await), ["confirmation sms refused", "reminder sms refused"]);
    let soon = made(&world, ADMIN, &appointment("piet", "2026-11-23T16:00:00+01:00")).await;
    assert_eq!(unsent(&seen(&world, &soon).await), ["reminder email too_late", "reminder sms too_late"]);
    world.settings(|s| (s.appointments.media, s.appointments.reminder_hours) = ([Medium::Email].into(), 0)).await;
    let quiet = made(&world, ADMIN, &appointment("kim", WHEN)).await;
    assert_eq!(unsent(&seen(&world, &quiet).await), ["confirmation sms not_used", "reminder email not_used", "reminder sms not_used"]);
    let cancelled = world.post(ADMIN, &format!("/appointments/{quiet}/cancellation"), &json!({})).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!(unsent(&seen(&world, &quiet).await), ["cancelled sms not_used"]);
}
