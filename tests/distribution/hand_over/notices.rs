//! The notices of a hand-over: of leads, of tasks and of bookings (DIS-12).

use super::{ANNA, absent, leads_of, remove};
use crate::support::appointments::{appointment, made};
use crate::support::world::{ADMIN, World};
use serde_json::json;

/// Returns the mails to a user after the first `skipped` of all mails, each as subject and text.
fn mails_to(world: &World, user: &str, skipped: usize) -> Vec<String> {
    let mails = world.system.mailbox.mails();
    let to_user = mails.iter().skip(skipped).filter(|mail| mail.to.split('@').next() == Some(user));
    to_user.map(|mail| format!("{}\n{}", mail.subject, mail.text)).collect()
}

fn count(world: &World) -> usize {
    world.system.mailbox.mails().len()
}

/// DIS-12, DIS-7: the supervisor gets one mail with the leads that were handed over, and the new owner one that says whose work it is. It
/// does not call the leads new.
#[tokio::test]
async fn dis_12_the_supervisor_and_the_new_owner_are_notified_of_handed_over_leads() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 3).await;
    world.advance_to("2026-11-23T09:02:00Z").await;
    let before = count(&world);
    assert_eq!(remove(&world, ANNA, "?hand_over=user:ben.krause").await.status, 200);
    world.advance_to("2026-11-23T09:08:00Z").await;
    let helga = mails_to(&world, "helga.stern", before);
    assert_eq!(helga.len(), 1, "{helga:?}");
    let ben = mails_to(&world, "ben.krause", before);
    assert_eq!(ben.len(), 1, "{ben:?}");
    for id in &own {
        assert!(helga[0].contains(&format!("Weitergegeben: Anfrage {} ", id.spoken())), "{}", helga[0]);
        assert!(ben[0].contains(&format!("An Sie übergeben: Anfrage {} ", id.spoken())), "{}", ben[0]);
    }
    assert_eq!(helga[0].matches("Grund: die Arbeit von Anna Vogt wurde übergeben (durch Ingo Brandt)").count(), 3, "{}", helga[0]);
    assert_eq!(ben[0].matches("Grund: die Arbeit von Anna Vogt wurde übergeben").count(), 3, "{}", ben[0]);
    assert!(!ben[0].contains("Neue Anfrage") && !ben[0].contains("überfällig"), "{}", ben[0]);
    // The user who orders the hand-over, and the one who left, need no notice.
    assert_eq!((mails_to(&world, ADMIN, before).len(), mails_to(&world, ANNA, before).len()), (0, 0));
}

/// DIS-12: a user who returns is notified of the leads that come back, and the substitute that they have gone.
#[tokio::test]
async fn dis_12_a_return_is_notified_as_such() {
    let world = World::new().await;
    leads_of(&world, ANNA, 1).await;
    let hand_over = json!({"to": "user:ben.krause", "back": true});
    let away = json!([{"from": "2026-11-24", "until": "2026-12-01", "hand_over": hand_over}]);
    assert_eq!(absent(&world, ANNA, &away).await.status, 200);
    world.advance_to("2026-12-01T20:00:00Z").await;
    let before = count(&world);
    world.advance_to("2026-12-02T09:00:00Z").await;
    let anna = mails_to(&world, ANNA, before).join("\n");
    assert!(
        anna.contains("An Sie zurückgegeben") && anna.contains("Grund: Rückgabe nach der Abwesenheit, bisher bei Ben Krause"),
        "{anna}"
    );
    assert!(!anna.contains("Neue Anfrage"), "{anna}");
    let ben = mails_to(&world, "ben.krause", before).join("\n");
    assert!(ben.contains("Weitergegeben") && ben.contains("Grund: Anna Vogt ist zurück"), "{ben}");
}

/// DIS-12, APT-1: the new persons of a leaver's bookings and the supervisor get one mail with the times and customers, and the appointment
/// shows the change in its history.
#[tokio::test]
async fn dis_12_the_new_persons_and_the_supervisor_are_notified_of_moved_bookings() {
    let world = World::new().await;
    let other = leads_of(&world, "ben.krause", 1).await[0];
    let event = json!({"title": "Übergabe", "type": "delivery", "at": "2026-11-25T10:00:00Z", "user": ANNA});
    assert_eq!(world.post(ADMIN, &format!("/leads/{other}/events"), &event).await.status, 201);
    let task = json!({"title": "Fotos machen", "start": "2026-11-24T10:00:00Z", "minutes": 30, "assignee": ANNA});
    assert_eq!(world.post(ADMIN, &format!("/leads/{other}/tasks"), &task).await.status, 201);
    let mut visit = appointment("vera", "2026-11-26T10:00:00+01:00");
    visit["user"] = json!(ANNA);
    let visit = made(&world, ADMIN, &visit).await;
    world.advance_to("2026-11-23T09:02:00Z").await;
    let before = count(&world);
    assert_eq!(remove(&world, ANNA, "").await.status, 200);
    world.advance_to("2026-11-23T09:10:00Z").await;
    let ben = mails_to(&world, "ben.krause", before);
    let booked: Vec<&String> = ben.iter().filter(|mail| mail.contains("Termin")).collect();
    assert_eq!(booked.len(), 1, "{ben:?}");
    assert!(booked[0].contains("Übergabe") && booked[0].contains("jetzt Ben Krause, bisher Anna Vogt"), "{}", booked[0]);
    assert!(ben.iter().any(|mail| mail.contains("Aufgabe für Sie: Fotos machen")), "{ben:?}");
    // Helga gets the visit, and is the supervisor: both are in one mail.
    let helga = mails_to(&world, "helga.stern", before);
    let booked: Vec<&String> = helga.iter().filter(|mail| mail.contains("Termine")).collect();
    assert_eq!(booked.len(), 1, "{helga:?}");
    assert!(booked[0].contains("Übergabe") && booked[0].contains("jetzt Helga Stern, bisher Anna Vogt"), "{}", booked[0]);
    let seen = world.get(ADMIN, &format!("/appointments/{visit}")).await;
    let last = seen.body["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["what"], &last["from_user"], &last["by"]), (&json!("given"), &json!(ANNA), &json!("user:ingo.brandt")), "{last}");
    // Nothing is reported twice, also not with the next check of the bookings.
    let after = count(&world);
    world.advance_to("2026-11-23T10:00:00Z").await;
    assert!(world.system.mailbox.mails().iter().skip(after).all(|mail| !mail.text.contains("bisher Anna Vogt")), "{:?}", world.mails());
}
