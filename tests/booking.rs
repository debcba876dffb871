//! What was booked by an invitation is the customer's to move and to cancel until it begins (CAL-8).

use crate::invitation::{book, browse, cancel, drive, free, invited};
use crate::letters::told;
use crate::world::{ADMIN, World, enquiry};
use forecourt_domain::letter::Medium;
use http::Method;
use serde_json::{Value, json};

/// What the mails to a customer say, by their subjects' first words.
fn written(world: &World, name: &str) -> Vec<(String, String)> {
    told(world, name).into_iter().map(|(mail, _)| (mail.subject, mail.text)).collect()
}

#[tokio::test]
async fn cal_8_what_is_booked_is_moved_and_cancelled_until_it_begins_by_the_link_in_its_letters() {
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
    // The link has expired, and is good until the appointment begins.
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
        page.contains("until Monday, 30 November") && page.contains("please ask the dealer") && !page.contains("by this link"),
        "{page}"
    );
    world.advance_to("2026-11-29T12:00:00Z").await;
    let cancelled = cancel(&world, &link).await;
    assert_eq!((cancelled.status, cancelled.text("/standing"), free(&cancelled).len()), (200, "cancelled", 0), "{}", cancelled.body);
    // It was too old for another one; what became of the last it says until that would have begun.
    let again = book(&world, &link, "2026-12-01T09:00:00Z").await;
    assert_eq!((again.status, free(&again).len()), (409, 0), "{}", again.body);
    let (status, _, page) = browse(&world, Method::GET, &link, "en", "").await;
    assert!(status == 200 && page.contains("is cancelled") && page.contains("ask the dealer") && !page.contains("/booking\""), "{page}");
    world.advance_to("2026-11-30T09:00:00Z").await;
    for gone in [world.get("", &link).await, cancel(&world, &link).await, book(&world, &link, "2026-12-01T09:00:00Z").await] {
        assert_eq!((gone.status, gone.text("/detail")), (404, "this link is not good, or not any more"));
    }
    assert_eq!(world.get(ADMIN, &invitations).await.text("/invitations/0/standing"), "expired");
    // Each letter but the last says where, by either medium.
    let mails = written(&world, "jana");
    let subjects: Vec<&str> = mails.iter().map(|(subject, _)| subject.split(" am ").next().unwrap()).collect();
    assert_eq!(subjects, ["Ihr Termin", "Ihr Termin ist jetzt", "Erinnerung: Ihr Termin", "Ihr Termin"]);
    let with: Vec<bool> =
        mails.iter().map(|(_, text)| text.contains(&format!("absagen können Sie ihn hier:\n{}\n", made.text("/link")))).collect();
    assert_eq!(with, [true, true, true, false], "{mails:?}");
    let texts: Vec<bool> = world.system.mailbox.sms().iter().map(|sms| sms.text.ends_with(&format!(" {}", made.text("/link")))).collect();
    assert_eq!(texts, [true, true, true, false]);
}

/// CAL-8: what ends a link is that staff revoke it; letters then hold none, as those of what staff have made.
#[tokio::test]
async fn cal_8_a_revoked_link_is_in_no_letter_and_what_staff_make_has_none() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    book(&world, &link, "2026-11-26T09:00:00Z").await;
    world.system.settle().await;
    let listed = world.get(ADMIN, &format!("/leads/{id}/invitations")).await;
    let path = format!("/leads/{id}/invitations/{}", listed.text("/invitations/0/id"));
    assert_eq!(world.call(Method::DELETE, ADMIN, &path, &[], b"").await.status, 200);
    let other = world.lead(&enquiry("piet")).await;
    let staffs = json!({"title": "Test drive", "type": "booked_test_drive", "at": "2026-11-26T09:00:00Z"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{other}/events"), &staffs).await.status, 201);
    world.advance_to("2026-11-25T12:00:00Z").await;
    let links = |name: &str| -> Vec<bool> { written(&world, name).iter().map(|(_, text)| text.contains("/i/")).collect() };
    assert_eq!((links("jana"), links("piet")), (vec![true, false], vec![false, false]));
    assert_eq!(world.get("", &link).await.status, 404);
}

/// CAL-8: an event that staff move goes on to be the customer's, by the link's own time or by its own, whichever is later.
#[tokio::test]
async fn cal_8_a_link_lasts_as_long_as_what_staff_make_of_the_booking() {
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
    // Staff call it off: the customer sees so, and no slot.
    let deleted = world.call(Method::DELETE, ADMIN, &format!("/leads/{id}/events/{event}"), &[], b"").await;
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    let offer = world.get("", &link).await;
    assert_eq!((offer.text("/standing"), &offer.body["booking"], free(&offer).len()), ("cancelled", &Value::Null, 0));
}
