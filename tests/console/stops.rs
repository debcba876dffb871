//! The stops of messages to a customer's addresses, beside the contact (MSG-1).

use crate::support::console::{Browser, Desk, Page};
use crate::support::world::{ADMIN, World};
use forecourt_domain::base::LeadId;
use serde_json::json;

const SELLER: &str = "anna.vogt";
/// Addresses of SES's simulator: a mail to the first one bounces, the reader of the second one complains.
const DEAD: &str = "bounce+jana@simulator.amazonses.com";
const ANNOYED: &str = "complaint+jana@simulator.amazonses.com";

async fn lead_with(world: &World, email: &str) -> LeadId {
    let contact = json!({"last_name": "Petersen", "email": email, "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    let mine = world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": SELLER})).await;
    assert!(mine.status < 500, "{}", mine.body);
    lead
}

async fn write(world: &World, lead: LeadId) -> u16 {
    let letter = json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag"});
    let reply = world.post(SELLER, &format!("/leads/{lead}/communications"), &letter).await;
    world.system.settle().await;
    reply.status
}

async fn contacts(browser: &mut Browser<'_>, lead: LeadId) -> Page {
    browser.get(&format!("/desk/leads/{lead}?tab=contacts")).await
}

/// Returns the address of the form that lifts the first stop.
fn lifts(page: &Page) -> Option<String> {
    let (_, rest) = page.text.split_once("/stops/")?;
    let (before, _) = page.text.split_once("/stops/")?;
    let start = before.rsplit('"').next()?;
    Some(format!("{start}/stops/{}", rest.split(['?', '"']).next()?))
}

/// MSG-1: a bounced address shows its stop with reason, time and the words of the provider. Writing to it is refused in words that name the
/// way out, what was typed stays, and after the lift the message is sent.
#[tokio::test]
async fn msg_1_a_stop_is_shown_beside_the_contact_and_lifted() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_with(world, DEAD).await;
    assert_eq!(write(world, lead).await, 201);
    let mut seller = desk.signed_in(SELLER).await;
    let page = contacts(&mut seller, lead).await;
    for text in ["E-Mail kommt zurück", "Forecourt", "550 5.1.1 user unknown", "Stopp aufheben"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    // The form says so before anything is typed, and the refusal is understandable.
    let form = format!("/desk/leads/{lead}/email");
    let shown = seller.get(&form).await;
    assert!(shown.text.contains(DEAD) && shown.text.contains("weil eine frühere E-Mail zurückkam"), "{}", shown.text);
    let key = shown.value("key").unwrap();
    let typed =
        [("medium", "email"), ("purpose", "contract"), ("subject", "Noch etwas"), ("text", "Der Wagen ist da."), ("key", key.as_str())];
    let refused = seller.send(&form, &typed).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    for text in ["role=\"alert\"", "Der Wagen ist da.", "Noch etwas", "?tab=contacts"] {
        assert!(refused.text.contains(text), "{text}: {}", refused.text);
    }
    assert!(refused.text.matches("heben Sie den Stopp auf").count() >= 1 && !refused.text.contains("MSG-1"), "{}", refused.text);
    // The lift is confirmed; a second one finds it lifted.
    let lift = lifts(&page).unwrap();
    let confirm = seller.get(&lift).await;
    assert!(confirm.status == 200 && confirm.text.contains("wenn die Adresse stimmt") && confirm.text.contains(DEAD), "{}", confirm.text);
    let key = confirm.value("key").unwrap();
    for _ in 0..2 {
        let lifted = seller.send(&lift, &[("key", &key)]).await;
        let to = format!("/desk/leads/{lead}?tab=contacts&done=lift");
        assert_eq!((lifted.status, lifted.header("location")), (303, &*to), "{}", lifted.text);
    }
    assert_eq!(seller.get(&lift).await.status, 404, "there is nothing to lift");
    assert!(lifts(&contacts(&mut seller, lead).await).is_none());
    let sent = seller.send(&form, &typed).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
}

/// MSG-1: a complaint is lifted by an administrator, not by the seller, who sees why.
#[tokio::test]
async fn msg_1_a_complaint_is_not_offered_to_the_seller() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_with(world, ANNOYED).await;
    assert_eq!(write(world, lead).await, 201);
    let mut seller = desk.signed_in(SELLER).await;
    let page = contacts(&mut seller, lead).await;
    assert!(
        page.text.contains("E-Mail als unerwünscht gemeldet") && page.text.contains("oder ein Administrator kann ihn"),
        "{}",
        page.text
    );
    assert_eq!(lifts(&page), None);
    let mut admin = desk.signed_in(ADMIN).await;
    let lift = lifts(&contacts(&mut admin, lead).await).unwrap();
    let refused = seller.send(&lift, &[("key", "k")]).await;
    assert!(refused.status == 403 && refused.text.contains("role=\"alert\""), "{} {}", refused.status, refused.text);
    assert_eq!(admin.send(&lift, &[("key", "k")]).await.status, 303);
    assert_eq!(write(world, lead).await, 201);
}

/// MSG-1: a user records that the customer wants no text messages, or no marketing mail, with a note. A seller of nobody's lead cannot.
#[tokio::test]
async fn msg_1_a_user_stops_messages_at_the_wish_of_the_customer() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_with(world, "jana@example.com").await;
    let mut seller = desk.signed_in(SELLER).await;
    let page = contacts(&mut seller, lead).await;
    assert!(page.text.contains(&format!("/desk/leads/{lead}/stop?contact=")), "{}", page.text);
    let form = format!("/desk/leads/{lead}/stop");
    let shown = seller.get(&form).await;
    for choice in ["jana@example.com: keine Werbung per E-Mail", "+491712345678: keine SMS"] {
        assert!(shown.text.contains(choice), "{choice}: {}", shown.text);
    }
    let empty = seller.send(&form, &[("address", ""), ("note", "Am Telefon"), ("key", "k0")]).await;
    assert!(empty.status == 422 && empty.text.contains("id=\"form-address-error\"") && empty.text.contains("Am Telefon"), "{}", empty.text);
    for (address, key) in [("+491712345678", "k1"), ("+491712345678", "k1"), ("jana@example.com", "k2")] {
        let sent = seller.send(&form, &[("address", address), ("note", "Am Telefon"), ("key", key)]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
    }
    let stops = world.get(SELLER, &format!("/leads/{lead}/stops")).await;
    let reasons: Vec<&str> = stops.body["stops"].as_array().unwrap().iter().map(|stop| stop["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["unsubscribed", "stopped"], "{}", stops.body);
    let page = contacts(&mut seller, lead).await;
    for text in ["Keine SMS", "Keine Werbung per E-Mail", "Anna Vogt", "Am Telefon"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    // The form of a text message says it; an e-mail of a seller is no marketing.
    let sms = seller.get(&format!("/desk/leads/{lead}/sms")).await;
    assert!(sms.text.contains("weil der Kunde keine wünscht"), "{}", sms.text);
    let mail = seller.get(&format!("/desk/leads/{lead}/email")).await;
    assert!(mail.text.contains("jana@example.com") && !mail.text.contains("note bad"), "{}", mail.text);
    let mut reader = desk.signed_in("hugo.office").await;
    let page = contacts(&mut reader, lead).await;
    assert!(page.text.contains("No text messages") && lifts(&page).is_none() && !page.text.contains("/stop?contact="), "{}", page.text);
    let mut other = desk.signed_in("greta.sommer").await;
    assert_eq!(other.get(&form).await.status, 404);
}
