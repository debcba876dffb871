//! What a customer sees of a change of the dealer: the page of an older letter, and the letters about it (APT-3, APT-12).

use super::customer_link::{booked, stored};
use crate::support::appointments::{appointment, made, seen};
use crate::support::invitations::browse;
use crate::support::world::{ADMIN, World};
use forecourt_domain::base::Medium;
use http::Method;
use serde_json::{Value, json};

/// Returns the value of a hidden field of the form that confirms.
fn hidden(page: &str, name: &str) -> String {
    let form = page.split("/confirmation\"").nth(1).unwrap_or_else(|| panic!("no form: {page}"));
    form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap().replace("&#x2b;", "+")
}

/// APT-12: a page that is older than the latest move confirms nothing: it comes again with the present time and the one before, and that
/// page confirms.
#[tokio::test]
async fn apt_12_a_page_that_is_older_than_a_move_confirms_nothing_and_asks_again() {
    let (world, id, link) = booked().await;
    let (_, _, old) = browse(&world, Method::GET, &link, "de", "").await;
    assert!(!old.contains("Die Zeit hat sich geändert"), "{old}");
    let fields = |page: &str| {
        let from = form_urlencoded::byte_serialize(hidden(page, "from").as_bytes()).collect::<String>();
        format!("key={}&from={from}", hidden(page, "key"))
    };
    let moved = world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-26T14:00:00+01:00"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let path = format!("{link}/confirmation");
    let (status, _, again) = browse(&world, Method::POST, &path, "de", &fields(&old)).await;
    assert_eq!(status, 409, "{again}");
    for part in ["Der Termin hat sich geändert", "Die Zeit hat sich geändert", "25. November, 10:00", "26. November", "14:00"] {
        assert!(again.contains(part), "{part}: {again}");
    }
    assert!(stored(&world, &id).await.customer_confirmed.is_none());
    let (status, _, page) = browse(&world, Method::POST, &path, "de", &fields(&again)).await;
    assert_eq!(status, 303, "{page}");
    assert!(stored(&world, &id).await.customer_confirmed.is_some());
    let (_, _, page) = browse(&world, Method::GET, &link, "de", "").await;
    assert!(page.contains("Sie haben diesen Termin bestätigt") && !page.contains("Die Zeit hat sich geändert"), "{page}");
}

/// APT-3: after a move the page of an appointment states why the letter about it was not written.
#[tokio::test]
async fn apt_3_the_page_states_why_the_letter_about_a_move_was_not_written() {
    let world = World::new().await;
    world.settings(|s| s.appointments.media = [Medium::Email, Medium::Sms].into()).await;
    let mut body = appointment("jana", "2026-11-25T10:00:00+01:00");
    body["customer"]["refuses"] = json!(["sms"]);
    let id = made(&world, ADMIN, &body).await;
    let moved = world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-26T10:00:00+01:00"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let text = |letter: &Value, name: &str| letter[name].as_str().unwrap().to_owned();
    let page = seen(&world, &id).await;
    let unsent: Vec<String> = page.body["not_written"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| format!("{} {} {}", text(l, "says"), text(l, "medium"), text(l, "why")))
        .collect();
    assert_eq!(unsent, ["moved sms refused", "reminder sms refused"], "{}", page.body);
}

/// APT-3: the calendar file of a telephone appointment has no place: nobody comes to the dealer.
#[tokio::test]
async fn apt_3_the_calendar_file_of_a_telephone_appointment_has_no_place() {
    for (kind, has_place) in [("telephone", false), ("showroom", true)] {
        let world = World::new().await;
        let mut body = appointment("jana", "2026-11-25T10:00:00+01:00");
        (body["kind"], body["user"]) = (json!(kind), json!("anna.vogt"));
        made(&world, ADMIN, &body).await;
        world.system.settle().await;
        let link = super::customer_link::links(&world, "jana").remove(0);
        let (_, _, file) = browse(&world, Method::GET, &format!("{link}/booking.ics"), "de", "").await;
        assert_eq!(file.contains("LOCATION"), has_place, "{file}");
    }
}
