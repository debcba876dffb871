//! The forms of bookings: free times, warnings, and the leads of a customer (APT-8).

use crate::support::console::{Browser, Desk, Page};
use crate::support::world::{ADMIN, NORDSTERN, enquiry};
use serde_json::json;

const NEW: [(&str, &str); 5] = [
    ("customer.name", "Jana"),
    ("customer.email", "jana@example.com"),
    ("kind", "showroom"),
    ("at", "2026-11-25T10:00"),
    ("user", "anna.vogt"),
];

/// Sends a form with the version and the key that its page has.
async fn fill_in(browser: &mut Browser<'_>, address: &str, fields: &[(&str, &str)]) -> Page {
    let shown = browser.get(address).await;
    assert_eq!(shown.status, 200, "{address}: {}", shown.text);
    let hidden = ["version", "key"].map(|name| (name, shown.value(name).unwrap_or_default()));
    let hidden = hidden.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, value.as_str()));
    let all: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
    browser.send(address, &all).await
}

/// APT-8: the form of a new appointment shows the free times and takes the one that is picked. A booking with warnings comes back with them
/// and with what was typed, and is made with the button that books anyway.
#[tokio::test]
async fn apt_8_the_form_shows_free_times_and_warnings() {
    let desk = Desk::new().await;
    let form = format!("/desk/d/{NORDSTERN}/appointments/new");
    let mut admin = desk.signed_in(ADMIN).await;
    let shown = admin.get(&form).await;
    assert!(shown.text.contains("Freie Zeiten") && shown.text.contains("name=\"pick\""), "{}", shown.text);
    assert!(!shown.text.contains("despite"), "nothing speaks against it yet");
    let other = [("at", "2026-11-27T10:00"), ("user", "ben.krause"), ("kind", "test_drive"), ("do", "free"), ("notes", "Bring <it>")];
    let typed = fill_in(&mut admin, &form, &other).await;
    assert!(typed.text.contains("2026-11-27T07:00:00Z ben.krause") && typed.text.contains("Bring &lt;it&gt;"), "{}", typed.text);
    let picked = fill_in(&mut admin, &form, &[("pick", "2026-11-27T07:00:00Z ben.krause"), ("notes", "Bring it")]).await;
    assert!(picked.text.contains("value=\"2026-11-27T08:00\"") && picked.text.contains("Bring it"), "{}", picked.text);
    assert!(picked.text.contains("value=\"ben.krause\" selected"), "{}", picked.text);
    let made = fill_in(&mut admin, &form, &NEW).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let mut english = desk.signed_in("gina.group").await;
    for (reader, texts) in [
        (&mut admin, ["hat zu dieser Zeit schon", "Trotzdem buchen"]),
        (&mut english, ["has another event or appointment at this time", "Book anyway"]),
    ] {
        let refused = fill_in(reader, &form, &NEW).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert!(texts.iter().all(|text| refused.text.contains(text)), "{}", refused.text);
        assert!(refused.text.contains("name=\"despite\" value=\"double_booked\"") && refused.text.contains("2026-11-25T10:00"));
    }
    let anyway: Vec<(&str, &str)> = NEW.into_iter().chain([("despite", "double_booked")]).collect();
    assert_eq!(fill_in(&mut admin, &form, &anyway).await.status, 303);
    let all = desk.world.get(ADMIN, "/overview/appointments").await;
    assert_eq!(all.body["appointments"]["total"], 2, "{}", all.body);
    // The move and the events of a lead warn in the same way.
    let id = all.text("/rows/0/id");
    let sunday = fill_in(&mut admin, &format!("/desk/appointments/{id}/move"), &[("at", "2026-11-29T10:00")]).await;
    assert!(sunday.status == 409 && sunday.text.contains("value=\"closed\""), "{} {}", sunday.status, sunday.text);
    let lead = desk.world.lead(&enquiry("otto")).await;
    let event = [("title", "Anruf"), ("type", "phone_outbound"), ("at", "2026-11-29T10:00"), ("user", "anna.vogt")];
    let event = fill_in(&mut admin, &format!("/desk/leads/{lead}/event"), &event).await;
    assert!(event.status == 409 && event.text.contains("value=\"closed\""), "{} {}", event.status, event.text);
    assert_eq!(desk.shapes.faults(), Vec::<String>::new());
}

/// APT-8: the page of an appointment proposes the customer's open leads and links it to the chosen one. It shows the vehicle, the number
/// and the notes of the history.
#[tokio::test]
async fn apt_8_the_page_of_an_appointment_proposes_leads() {
    let desk = Desk::new().await;
    let mut body = enquiry("jana");
    body["vehicle"] = json!({"make": "Opel", "model": "Corsa"});
    body["contact"]["phone"] = json!("030 7654321");
    let lead = desk.world.lead(&body).await;
    let unlinked = json!({"customer": {"name": "jana", "email": "jana@example.com"}, "kind": "showroom", "at": "2026-11-25T14:00:00+01:00",
        "user": "anna.vogt", "link": false});
    let made = desk.world.post(ADMIN, &format!("/dealers/{NORDSTERN}/appointments"), &unlinked).await;
    let page = format!("/desk/appointments/{}", made.text("/id"));
    let mut admin = desk.signed_in(ADMIN).await;
    let shown = admin.get(&page).await;
    assert!(shown.text.contains("Offene Leads dieses Kunden") && shown.text.contains("Corsa"), "{}", shown.text);
    let number = format!("{lead}");
    let linked = fill_in(&mut admin, &format!("{page}/link"), &[("lead", &number)]).await;
    assert_eq!(linked.status, 303, "{}", linked.text);
    let shown = admin.get(&page).await;
    assert!(shown.text.contains("030 7654321") && shown.text.contains("Corsa") && !shown.text.contains("Offene Leads"), "{}", shown.text);
    let cancelled = fill_in(&mut admin, &format!("{page}/cancel"), &[("note", "Hat <angerufen>")]).await;
    assert_eq!(cancelled.status, 303, "{}", cancelled.text);
    let history = admin.get(&page).await;
    assert_eq!(history.text.matches("Hat &lt;angerufen&gt;").count(), 2, "beside the state and in the history: {}", history.text);
    // The contact centre finds the lead, and books for it by its number.
    let mut centre = desk.signed_in("chris.center").await;
    let found = centre.get(&format!("/desk/d/{NORDSTERN}/find?q={lead}")).await;
    assert!(found.text.contains(&format!("/desk/d/{NORDSTERN}/appointments/new?lead=")), "{}", found.text);
    assert_eq!(desk.shapes.faults(), Vec::<String>::new());
}
