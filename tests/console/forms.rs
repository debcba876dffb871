//! Forms: sent once, problems beside their fields, nothing typed is lost, no change of somebody else is overwritten.

use crate::support::console::{Browser, Desk, Page};
use crate::support::world::{ADMIN, NORDSTERN, World, enquiry};
use serde_json::json;

async fn comments(world: &World, lead: &str) -> usize {
    world.get(ADMIN, &format!("/leads/{lead}/comments")).await.body["elements"].as_array().unwrap().len()
}

/// Returns the text of the error beside a field.
fn error<'a>(page: &'a Page, field: &str) -> &'a str {
    let mark = format!("id=\"form-{field}-error\">");
    let (_, rest) = page.text.split_once(&mark).unwrap_or_else(|| panic!("no error beside {field}: {}", page.text));
    assert!(page.text.contains(&format!("aria-describedby=\"form-{field}-error\"")), "{field}");
    rest.split_once("</p>").unwrap().0
}

/// DESK-4.
#[tokio::test]
async fn int_5_a_form_that_is_sent_twice_is_carried_out_once() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let mut browser = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/comment");
    let (first, second) = (browser.get(&form).await.value("key").unwrap(), browser.get(&form).await.value("key").unwrap());
    assert_ne!(first, second, "each form has a key of its own");
    for _ in 0..2 {
        let sent = browser.send(&form, &[("text", "Called, will come on Friday"), ("key", &first)]).await;
        assert_eq!((sent.status, sent.header("location")), (303, &*format!("/desk/leads/{lead}?done=comment")));
    }
    assert_eq!(comments(&desk.world, &lead).await, 1);
    let shown = browser.get(&format!("/desk/leads/{lead}?done=comment")).await;
    assert!(shown.text.contains("role=\"status\""), "{}", shown.text);
    // The key of another form is another comment; the same key with another text is refused and kept.
    browser.send(&form, &[("text", "Called, will come on Friday"), ("key", &second)]).await;
    assert_eq!(comments(&desk.world, &lead).await, 2);
    let other = browser.send(&form, &[("text", "Another text"), ("key", &second)]).await;
    assert!(other.status >= 400 && other.text.contains("Another text"), "{} {}", other.status, other.text);
    assert!(other.text.contains("Dieses Formular wurde schon mit anderen Angaben ausgeführt."), "{}", other.text);
    assert_ne!(other.value("key"), Some(second), "the corrected form is not the repeat of another one");
    assert_eq!(comments(&desk.world, &lead).await, 2);
}

/// DESK-4.
#[tokio::test]
async fn desk_4_a_form_within_a_page_that_is_sent_twice_is_carried_out_once() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let mut browser = desk.signed_in(ADMIN).await;
    let address = format!("/desk/leads/{lead}");
    let (first, second) = (browser.get(&address).await.value("key").unwrap(), browser.get(&address).await.value("key").unwrap());
    assert!(first.len() > 20 && first != second, "{first} {second}");
    for key in [&first, &first, &second] {
        let sent = browser.send(&format!("{address}/comment"), &[("text", "Asks for the plate"), ("key", key)]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
    }
    assert_eq!(comments(&desk.world, &lead).await, 2);
}

/// DESK-4.
#[tokio::test]
async fn a_problem_is_shown_beside_its_field_and_what_was_typed_stays() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let mut browser = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/event");
    let before = desk.world.events(lead.parse().unwrap()).await.len();
    // The API finds the missing title, after the console could read all values.
    let typed = [("title", ""), ("type", "phone_outbound"), ("at", "2026-11-24T10:00"), ("notes", "Ask for <the> plate"), ("key", "k1")];
    let refused = browser.send(&form, &typed).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(!error(&refused, "title").is_empty() && refused.text.contains("aria-invalid=\"true\""));
    assert!(refused.text.contains("Ask for &lt;the&gt; plate") && refused.text.contains("value=\"2026-11-24T10:00\""), "{}", refused.text);
    assert_eq!(refused.text.matches("class=\"error\"").count(), 1, "{}", refused.text);
    // The console itself cannot read a time, and an hour that the clocks skip.
    for (at, status) in [("soon", 422), ("2027-03-28T02:30", 422), ("2026-11-24T10:00", 303)] {
        let sent = browser.send(&form, &[("title", "Call"), ("type", "phone_outbound"), ("at", at), ("key", at)]).await;
        assert_eq!(sent.status, status, "{at}: {}", sent.text);
        if status == 422 {
            assert!(!error(&sent, "at").is_empty());
        }
    }
    assert_eq!(desk.world.events(lead.parse().unwrap()).await.len(), before + 1);
}

/// DESK-4.
#[tokio::test]
async fn set_10_the_form_of_an_older_version_overwrites_nothing() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let mut browser = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/status");
    let shown = browser.get(&form).await;
    let (version, key) = (shown.value("version").unwrap(), shown.value("key").unwrap());
    for colleague in ["clara.henning", "david.roth"] {
        let assigned = desk.world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": colleague})).await;
        assert_eq!(assigned.status, 200, "{}", assigned.body);
    }
    let lost = [("status", "lost"), ("reason", "price"), ("version", &*version), ("key", &*key)];
    let refused = browser.send(&form, &lost).await;
    assert_eq!(refused.status, 412, "{}", refused.text);
    assert!(refused.text.contains("role=\"alert\""), "{}", refused.text);
    assert_eq!(desk.world.get(ADMIN, &format!("/leads/{lead}")).await.text("/status"), "in_progress");
    // The form that is shown now is based on the current version.
    let (version, key) = (refused.value("version").unwrap(), refused.value("key").unwrap());
    let sent = browser.send(&form, &[("status", "lost"), ("reason", "price"), ("version", &*version), ("key", &*key)]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    assert_eq!(desk.world.get(ADMIN, &format!("/leads/{lead}")).await.text("/status"), "lost");
}

/// APT-10: the form of a transfer names the appointments to come and asks what becomes of them.
#[tokio::test]
async fn apt_10_the_form_of_a_transfer_asks_about_appointments_to_come() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let drive = json!({"title": "Test drive", "type": "booked_test_drive", "at": "2026-11-26T10:00:00+01:00"});
    assert_eq!(desk.world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.status, 201);
    let mut browser = desk.signed_in("gina.group").await;
    let form = format!("/desk/leads/{lead}/transfer");
    let shown = browser.get(&form).await;
    assert!(shown.text.contains("name=\"appointments\"") && shown.text.contains("value=\"move\""), "{}", shown.text);
    let sent = async |browser: &mut Browser<'_>, appointments: &str, key: &str| {
        let version = desk.world.page(lead.parse().unwrap()).await.lead.version.to_string();
        let dealer = ("dealer", "harbour-cars-demo");
        browser.send(&form, &[dealer, ("appointments", appointments), ("version", &*version), ("key", key)]).await
    };
    let refused = sent(&mut browser, "", "k1").await;
    assert!(refused.status == 409 && refused.text.contains("2026-11-26 10:00 (Test drive)"), "{}: {}", refused.status, refused.text);
    let moved = sent(&mut browser, "move", "k2").await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    assert_eq!(desk.world.page(lead.parse().unwrap()).await.lead.dealer.as_str(), "harbour-cars-demo");
}

/// DESK-4: nothing is saved on a version that the sender did not see.
#[tokio::test]
async fn set_10_settings_without_a_version_are_reviewed_and_not_saved() {
    let desk = Desk::new().await;
    let mut browser = desk.signed_in(ADMIN).await;
    let form = format!("/desk/d/{NORDSTERN}/settings/escalation");
    let version = browser.get(&form).await.value("version").unwrap();
    let reviewed = browser.send(&form, &[("level_1", "7"), ("do", "save")]).await;
    assert_eq!(reviewed.status, 409, "{}", reviewed.text);
    assert_eq!(reviewed.value("version").as_deref(), Some(&*version));
    assert_eq!(browser.get(&form).await.value("version").as_deref(), Some(&*version), "nothing was saved");
}

/// DESK-2.
#[tokio::test]
async fn a_form_that_does_not_exist_and_a_refused_right_are_pages() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let mut reader = desk.signed_in("hugo.office").await;
    assert_eq!(reader.get(&format!("/desk/leads/{lead}/nothing")).await.status, 404);
    let mut admin = desk.signed_in(ADMIN).await;
    for (thing, status) in
        [("contacts/000001/contact-change", 200), ("contacts/000099/contact-change", 404), ("deadlines/000099/deadline-met", 404)]
    {
        assert_eq!(admin.get(&format!("/desk/leads/{lead}/{thing}")).await.status, status, "{thing}");
    }
    let refused = reader.send(&format!("/desk/leads/{lead}/comment"), &[("text", "May I?"), ("key", "k")]).await;
    assert!(refused.status == 403 && refused.text.contains("May I?") && refused.text.contains("role=\"alert\""), "{}", refused.text);
    assert_eq!(comments(&desk.world, &lead).await, 0);
}

/// DESK-4: a user who cancels the next form does not get the sentence of the former one again.
#[tokio::test]
async fn the_page_to_which_a_cancelled_form_leads_says_of_nothing_that_it_was_done() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let mut browser = desk.signed_in(ADMIN).await;
    let page = browser.get(&format!("/desk/leads/{lead}?tab=contacts&done=comment")).await;
    assert!(page.text.contains("data-done") && page.text.contains("back=%2Fdesk%2Fleads"), "{}", page.text);
    assert!(page.text.contains("%3Ftab%3Dcontacts") && !page.text.contains("done%3D"), "{}", page.text);
}
