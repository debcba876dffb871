//! Visits on the screens: to mark, arrived, confirmed by the customer, moved after a no-show (APT-12).

use crate::support::appointments::{appointment, made, seen};
use crate::support::console::{Desk, lacks, shows};
use crate::support::world::{ADMIN, NORDSTERN};
use serde_json::json;

const ANNA: &str = "anna.vogt";

async fn booked(desk: &Desk, name: &str, at: &str) -> String {
    let mut body = appointment(name, at);
    body["user"] = json!(ANNA);
    made(&desk.world, ADMIN, &body).await
}

/// APT-12: the salesperson and the supervisor have the visits to mark on the first screen, each with a button for a customer who came and
/// the form with the reason for one who did not; nobody else has them. A mark takes the visit off the list.
#[tokio::test]
async fn apt_12_the_first_screen_has_the_visits_to_mark() {
    let desk = Desk::new().await;
    let jana = booked(&desk, "jana", "2026-11-23T10:30:00+01:00").await;
    let karl = booked(&desk, "karl", "2026-11-23T10:45:00+01:00").await;
    booked(&desk, "lena", "2026-11-23T17:00:00+01:00").await;
    desk.world.advance_to("2026-11-23T11:00:00Z").await;
    let today = format!("/desk/d/{NORDSTERN}/today");
    let mut anna = desk.speaking(ANNA, "en").await;
    let page = anna.get(&today).await;
    shows(&page, &["2 visits to mark", &format!("/desk/appointments/{karl}/attendance?attendance=no_show")]);
    lacks(&desk.speaking("ben.krause", "en").await.get(&today).await, &["2 visits to mark"]);
    shows(&desk.speaking("helga.stern", "de").await.get(&today).await, &["2 Besuche zu vermerken", "Anna Vogt"]);
    let form = format!("/desk/appointments/{jana}/attendance");
    let sent = anna.send(&form, &[("attendance", "completed"), ("key", "k-1"), ("back", &today)]).await;
    assert_eq!((sent.status, seen(&desk.world, &jana).await.text("/attendance")), (303, "completed"), "{}", sent.text);
    let dialog = anna.get(&format!("/desk/appointments/{karl}/attendance?attendance=no_show")).await;
    assert!(dialog.text.contains("value=\"no_show\" selected") || dialog.text.contains("value=\"no_show\" checked"), "{}", dialog.text);
    let form = format!("/desk/appointments/{karl}/attendance");
    anna.send(&form, &[("attendance", "no_show"), ("reason", "did_not_come"), ("key", "k-2"), ("back", &today)]).await;
    lacks(&anna.get(&today).await, &["1 visit to mark", "2 visits to mark"]);
}

/// APT-12: the page of an appointment and the day record an arrival and a confirmation, and take them back, in each language.
#[tokio::test]
async fn apt_12_the_page_records_arrival_and_confirmation() {
    for (language, confirmed, there, history) in [
        ("en", "Confirmed by the customer", "Arrived 10:00", "Arrival taken back"),
        ("de", "Vom Kunden bestätigt", "Da seit 10:00", "Ankunft zurückgenommen"),
        ("nl", "Door de klant bevestigd", "Aanwezig sinds 10:00", "Aankomst teruggenomen"),
    ] {
        let desk = Desk::new().await;
        let id = booked(&desk, "jana", "2026-11-23T10:30:00+01:00").await;
        let path = format!("/desk/appointments/{id}");
        let mut anna = desk.speaking(ANNA, language).await;
        shows(&anna.get(&path).await, &[&format!("{path}/confirm\""), &format!("action=\"{path}/arrive\"")]);
        let key = |name: &'static str| [("key", name)];
        assert_eq!(anna.send(&format!("{path}/confirm"), &key("k-1")).await.status, 303);
        shows(&anna.get(&path).await, &[confirmed, &format!("{path}/confirm-undo\"")]);
        shows(&anna.get(&format!("/desk/d/{NORDSTERN}/today")).await, &[&format!("action=\"{path}/arrive\"")]);
        assert_eq!(anna.send(&format!("{path}/arrive"), &key("k-2")).await.status, 303);
        shows(&anna.get(&path).await, &[there, &format!("{path}/arrival-undo\"")]);
        lacks(&anna.get(&format!("/desk/d/{NORDSTERN}/today")).await, &["/arrive\""]);
        assert_eq!(anna.send(&format!("{path}/arrival-undo"), &key("k-3")).await.status, 303);
        assert_eq!(anna.send(&format!("{path}/confirm-undo"), &key("k-4")).await.status, 303);
        let page = anna.get(&path).await;
        shows(&page, &[history]);
        lacks(&page, &[there]);
    }
}

/// APT-12: the move after a no-show leads on to the new appointment, and both pages name each other. A rule in the history has a name.
#[tokio::test]
async fn apt_12_the_pages_of_a_no_show_and_its_next_appointment_name_each_other() {
    let desk = Desk::new().await;
    desk.world.settings(|s| s.appointments.no_show_after_hours = 1).await;
    let id = booked(&desk, "jana", "2026-11-23T10:30:00+01:00").await;
    desk.world.advance_to("2026-11-23T14:00:00Z").await;
    let mut anna = desk.speaking(ANNA, "en").await;
    let path = format!("/desk/appointments/{id}");
    shows(&anna.get(&path).await, &["Rule: nobody recorded the visit", "Nobody recorded the visit", "A move makes a new appointment"]);
    let sent = anna.send(&format!("{path}/move"), &[("at", "2026-11-26T10:00"), ("key", "k-1")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let next = seen(&desk.world, &id).await.text("/followed_by").to_owned();
    shows(&anna.get(&path).await, &[&format!("/desk/appointments/{next}\"")]);
    shows(&anna.get(&format!("/desk/appointments/{next}")).await, &[&format!("{path}\""), "Follows an appointment"]);
}
