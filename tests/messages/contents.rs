//! What notices say of deadlines, and what they hide from a reader without access to the lead (DIS-7, LEAD-4, LEAD-9).

use crate::support::world::{ADMIN, CONSOLE_URL, NORDSTERN, World, enquiry};
use forecourt_send::mail::Mail;
use serde_json::json;

fn last_to(world: &World, user: &str) -> Mail {
    let mails = world.system.mailbox.mails();
    mails.iter().rev().find(|mail| mail.to.split('@').next() == Some(user)).cloned().unwrap_or_else(|| panic!("{:?}", world.mails()))
}

/// DIS-7: the deadline was at 12:00 in Berlin, and the new owner has until 12:25.
#[tokio::test]
async fn dis_7_the_notice_of_a_new_owner_states_the_end_of_the_time_to_act() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T10:55:00Z").await;
    let path = format!("/leads/{id}/assignment");
    assert_eq!(world.post(ADMIN, &path, &json!({"user": "clara.henning"})).await.status, 200);
    world.advance_to("2026-11-23T11:05:00Z").await;
    let given = last_to(&world, "clara.henning");
    assert!(given.text.contains("zu beantworten bis") && given.text.contains("12:25"), "{given:?}");
    assert_eq!(world.post(ADMIN, &path, &json!({"user": "david.roth"})).await.status, 200);
    world.system.settle().await;
    let late = last_to(&world, "david.roth");
    // Half an hour of working time: 25 minutes before the break, five after it.
    assert!(!late.subject.contains("überfällig") && late.text.contains("13:35"), "the deadline is past, the time to act is not: {late:?}");
    // Clara has had her time: the lead is overdue for her.
    world.advance_to("2026-11-23T12:45:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 1);
    assert_eq!(world.post(ADMIN, &path, &json!({"user": "clara.henning"})).await.status, 200);
    world.system.settle().await;
    let overdue = last_to(&world, "clara.henning");
    assert!(overdue.subject.contains("überfällig") && overdue.text.contains("12:00"), "{overdue:?}");
}

/// DIS-7, LEAD-6: an answered lead has no time by which it must be answered.
#[tokio::test]
async fn dis_7_notices_of_an_answered_lead_state_no_deadline() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:10:00Z").await;
    assert_eq!(world.post("anna.vogt", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status, 200);
    world.advance_to("2026-11-23T09:20:00Z").await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "ben.krause"})).await.status, 200);
    world.system.settle().await;
    for user in ["anna.vogt", "ben.krause", "helga.stern"] {
        let mail = last_to(&world, user);
        assert!(mail.text.contains("jana") && !mail.text.contains("zu beantworten bis"), "{mail:?}");
    }
}

/// LEAD-4, LEAD-9: a task for a user without access to the lead names no customer, and links the list of tasks.
#[tokio::test]
async fn lead_4_the_notice_of_a_task_hides_the_customer_from_a_reader_without_access() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let task = |assignee: &str| json!({"title": "Prepare the car", "start": "2026-11-24T09:00:00Z", "minutes": 30, "assignee": assignee});
    for assignee in ["ben.krause", "helga.stern"] {
        assert_eq!(world.post("anna.vogt", &format!("/leads/{id}/tasks"), &task(assignee)).await.status, 201);
    }
    world.system.settle().await;
    let (ben, helga) = (last_to(&world, "ben.krause"), last_to(&world, "helga.stern"));
    let link = format!("{CONSOLE_URL}/desk/d/{NORDSTERN}/tasks");
    for mail in [&ben, &helga] {
        assert!(mail.subject.contains("Prepare the car") && mail.text.contains(&link), "{mail:?}");
    }
    for hidden in ["jana".to_owned(), id.to_string(), id.spoken()] {
        assert!(!ben.text.to_lowercase().contains(&hidden) && !ben.subject.to_lowercase().contains(&hidden), "{ben:?}");
    }
    assert!(helga.text.contains("jana"), "the supervisor sees the lead: {helga:?}");
    assert_eq!(world.get("ben.krause", &format!("/leads/{id}")).await.status, 404);
}

/// MSG-2: the notice of a new enquiry has what the seller needs for the first call; a further enquiry has its own message.
#[tokio::test]
async fn msg_2_the_notice_of_an_enquiry_has_telephone_message_vehicle_deadline_and_link() {
    let world = World::new().await;
    let mut body = enquiry("petersen");
    body["contact"]["phone"] = json!("0171 2345678");
    body["vehicle"] = json!({"make": "Opel", "model": "Corsa"});
    body["message"] = json!(format!("Ist er noch da?\n\nIch zahle bar. {}", "x".repeat(400)));
    let id = world.lead(&body).await;
    world.system.settle().await;
    let mail = last_to(&world, "anna.vogt");
    let link = format!("{CONSOLE_URL}/desk/leads/{id}");
    for part in
        ["petersen", "Opel Corsa", "zu beantworten bis", "Telefon: 0171 2345678", "Nachricht: Ist er noch da? Ich zahle bar. xxx", &link]
    {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    let message = mail.text.lines().find(|line| line.contains("Nachricht:")).unwrap();
    assert!(message.ends_with("x…") && message.chars().count() < 320, "{message}");
    assert!(mail.html.contains(&format!("<a href=\"{link}\">")) && mail.html.contains("Telefon: 0171 2345678"), "{}", mail.html);
    body["message"] = json!("Und ein <b>Astra</b>?");
    assert_eq!(world.lead(&body).await, id);
    world.system.settle().await;
    let added = last_to(&world, "anna.vogt");
    assert!(added.text.contains("Nachricht: Und ein <b>Astra</b>?") && !added.text.contains("zahle bar"), "{added:?}");
    assert!(added.html.contains("Und ein &lt;b&gt;Astra&lt;/b&gt;?"), "{}", added.html);
}
