//! A dealer with `lead_tracking_only` sends nothing to customers (SET-5).

use crate::support::appointments::{appointment, made, make, seen};
use crate::support::invitations::{book, browse, cancel, drive, free, invited};
use crate::support::letters::{letters, mails_to};
use crate::support::pingbacks::{ping, secret};
use crate::support::world::{ADMIN, NORDSTERN, World, enquiry};
use forecourt_local::partner_queue::Queued;
use http::Method;
use serde_json::json;

async fn track_only(world: &World) {
    world.settings(|settings| settings.lead_tracking_only = true).await;
}

fn to_customers(world: &World) -> usize {
    world.system.mailbox.mails().iter().filter(|mail| mail.to.ends_with("@example.com")).count()
}

/// SET-5, APT-3: appointments are stored on every way in; their letters are recorded as suppressed, with the reason.
#[tokio::test]
async fn set_5_with_tracking_only_an_appointment_is_stored_and_its_letters_are_suppressed() {
    let world = World::new().await;
    track_only(&world).await;
    let by_user = made(&world, ADMIN, &appointment("jana", "2026-11-25T10:00:00+01:00")).await;
    let mut body = appointment("otto", "2026-11-25T11:00:00+01:00");
    body["external_id"] = json!("q-1");
    let body = body;
    let message = json!({"appointment": body, "dealer": NORDSTERN}).to_string();
    let sent = Queued { id: "m-1".into(), sender: "AIDADEMOCENTRE".into(), body: message, ..Queued::default() };
    world.system.appointments.put(&sent).unwrap();
    world.system.settle().await;
    assert_eq!(letters(&seen(&world, &by_user).await)[0], "confirmation email suppressed tracking_only");
    // A ping-back that moves the appointment sends nothing either.
    let mut external = appointment("lena", "2026-11-25T12:00:00+01:00");
    external["external_id"] = json!("c-9");
    let id = make(&world, "partner:centre-demo", &external).await.text("/id").to_owned();
    let secret = secret(&world, &json!({})).await;
    let moved = json!({"type": "appointment.moved", "external_id": "c-9", "at": "2026-11-23T09:00:00Z", "to": "2026-11-26T12:00:00+01:00"});
    assert_eq!(ping(&world, &secret, "p-1", &moved).await.status, 200);
    let after = letters(&seen(&world, &id).await);
    assert!(after.contains(&"moved email suppressed tracking_only".to_owned()), "{after:?}");
    world.advance_to("2026-11-27T12:00:00Z").await;
    let after = letters(&seen(&world, &by_user).await);
    assert!(after.contains(&"reminder email suppressed tracking_only".to_owned()), "{after:?}");
    let of_queue = make(&world, "partner:centre-demo", &body).await;
    assert_eq!((of_queue.status, of_queue.headers.get("idempotent-replay").is_some()), (201, true), "the queue's appointment is stored");
    let after = letters(&seen(&world, of_queue.text("/id")).await);
    assert!(after.iter().filter(|letter| letter.ends_with("suppressed tracking_only")).count() >= 2, "{after:?}");
    assert_eq!(to_customers(&world), 0, "{:?}", world.mails());
}

/// SET-5, CAL-8: no invitation is made, and the link of an earlier one offers nothing; a booking can still be cancelled, in silence.
#[tokio::test]
async fn set_5_with_tracking_only_there_are_no_invitations_and_no_bookings() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    let (_, booked) = invited(&world, "otto", &drive()).await;
    let slots = free(&world.get("", &booked).await);
    assert_eq!(book(&world, &booked, &slots[0]).await.status, 201);
    world.system.settle().await;
    let before = to_customers(&world);
    track_only(&world).await;
    let refused = world.post(ADMIN, &format!("/leads/{id}/invitations"), &drive()).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "CAL-8"), "{}", refused.body);
    assert!(refused.text("/detail").contains("lead_tracking_only"), "{}", refused.body);
    // The settings that a page shows may be a minute old; a booking reads the current ones.
    let refused = book(&world, &link, &slots[1]).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(book(&world, &booked, &slots[2]).await.status, 409, "moving the booking would be confirmed");
    let (status, _, page) = browse(&world, Method::GET, &link, "de", "").await;
    assert!(status == 200 && !page.contains("name=\"from\""), "{status} {page}");
    assert_eq!(cancel(&world, &booked).await.status, 200);
    world.advance_to("2026-11-30T09:00:00Z").await;
    assert_eq!(to_customers(&world), before, "{:?}", world.mails());
}

/// SET-5, MSG-1: a letter that was queued before the switch is suppressed when it is claimed; sending it again is refused.
#[tokio::test]
async fn set_5_a_letter_queued_before_the_switch_is_suppressed() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let mail = json!({"medium": "email", "subject": "Ihre Anfrage", "text": "Guten Tag"});
    let made = world.post(ADMIN, &format!("/leads/{id}/communications"), &mail).await;
    assert_eq!((made.status, made.text("/fate")), (201, "queued"), "{}", made.body);
    track_only(&world).await;
    world.system.settle().await;
    let shown = world.get(ADMIN, &format!("/leads/{id}/communications/{}", made.text("/id"))).await;
    assert_eq!((shown.text("/fate"), shown.text("/why")), ("suppressed", "tracking_only"), "{}", shown.body);
    assert!(mails_to(&world, "jana").is_empty());
    let refused = world.post(ADMIN, &format!("/leads/{id}/communications"), &mail).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "LEAD-3"), "{}", refused.body);
}
