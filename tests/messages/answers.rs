//! Answers to the text message that reminds of an appointment: yes confirms it, no notifies the salesperson (MSG-3, APT-12).

use crate::support::appointments::{WHEN, appointment, made, seen};
use crate::support::world::{ADMIN, NORDSTERN, World};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{AppointmentId, LeadId, Medium};
use forecourt_domain::messages::Reply;
use forecourt_local::text_in::CustomerText;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;

/// The number of the dealer.
const OWN: &str = "+4915299999901";
const JANA: &str = "+491712345678";
const REMINDED: &str = "2026-11-24T13:00:00Z";

async fn world() -> World {
    let world = World::new().await;
    world
        .settings(|settings| {
            settings.text_number = Some(OWN.to_owned());
            settings.appointments.media = [Medium::Email, Medium::Sms].into();
        })
        .await;
    world
}

async fn receive(world: &World, text: &str, id: &str) {
    world.system.receive_text(&CustomerText { from: JANA, to: OWN, text, id }).unwrap();
    world.system.settle().await;
}

async fn stored(world: &World, id: &str) -> Appointment {
    let id: AppointmentId = id.parse().unwrap();
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Appointment(id.clone())])).await.unwrap();
    loaded.appointment(&id).unwrap().clone()
}

async fn lead_of_jana(world: &World) -> LeadId {
    let contact = json!({"last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"});
    world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await
}

/// Returns a lead with an appointment, after its reminder.
async fn reminded(world: &World) -> (LeadId, String) {
    let lead = lead_of_jana(world).await;
    let id = made(world, ADMIN, &json!({"lead": lead, "kind": "showroom", "at": WHEN, "user": "anna.vogt"})).await;
    world.advance_to(REMINDED).await;
    (lead, id)
}

/// Returns the texts of the customer in the conversation, in the order of the alphabet.
async fn texts(world: &World, lead: LeadId) -> Vec<String> {
    let list = world.get(ADMIN, &format!("/leads/{lead}/communications")).await;
    let all = list.body["elements"].as_array().unwrap().iter().filter(|element| element["received"].is_object());
    let mut texts: Vec<String> = all.map(|element| element["text"].as_str().unwrap_or_default().to_owned()).collect();
    texts.sort();
    texts
}

fn notices(world: &World, words: &str) -> usize {
    world.mails().iter().filter(|mail| mail.contains(words)).count()
}

/// MSG-3: one word answers, in three languages, in any case and with any punctuation.
#[test]
fn msg_3_one_word_is_an_answer_and_a_sentence_is_none() {
    for text in ["Y", "yes", "J!", " ja. ", "„Ja“", "JA JA", "Ｙ"] {
        assert_eq!(Reply::of(text), Some(Reply::Yes), "{text}");
    }
    for text in ["N", "no", "Nein!", "NEE", "n."] {
        assert_eq!(Reply::of(text), Some(Reply::No), "{text}");
    }
    for text in ["", "Ja, aber später", "ja nein", "yesterday", "no thanks", "1", "stop", "Jan"] {
        assert_eq!(Reply::of(text), None, "{text}");
    }
}

/// MSG-3, APT-12: the reminder asks, and yes confirms. The answer is in the conversation, needs no response, and counts once.
#[tokio::test]
async fn msg_3_yes_confirms_the_appointment_and_needs_no_response() {
    let world = world().await;
    let (lead, id) = reminded(&world).await;
    let sms: Vec<String> = world.system.mailbox.sms().iter().map(|sms| sms.text.clone()).collect();
    let asks: Vec<bool> = sms.iter().map(|text| text.ends_with("\nPasst der Termin? Bitte antworten Sie mit J oder N.")).collect();
    assert_eq!(asks, [false, true], "{sms:?}");
    let mails = world.mails().len();
    for _ in 0..2 {
        receive(&world, "Ja!", "m-1").await;
    }
    let confirmed = stored(&world, &id).await.customer_confirmed.unwrap();
    assert_eq!((confirmed.way.name(), confirmed.by.to_string().as_str()), ("text", "customer"));
    assert_eq!(texts(&world, lead).await, ["Ja!"]);
    assert_eq!(world.mails().len(), mails, "nobody is notified: {:?}", world.mails());
    // Any other text is a further message, which the owner is notified of.
    receive(&world, "Ja, aber wo kann ich parken?", "m-2").await;
    assert_eq!(texts(&world, lead).await.len(), 2);
    assert!(world.mails().len() > mails, "{:?}", world.mails());
}

/// MSG-3: no does not cancel; it ends the confirmation, the salesperson is notified, and the page has the notice.
#[tokio::test]
async fn msg_3_no_notifies_the_salesperson_and_cancels_nothing() {
    let world = world().await;
    let (lead, id) = reminded(&world).await;
    receive(&world, "J", "m-1").await;
    receive(&world, "Nein", "m-2").await;
    let after = stored(&world, &id).await;
    assert!(!after.state.is_cancelled() && after.customer_confirmed.is_none());
    assert_eq!(after.past_confirmations.len(), 1);
    assert_eq!(notices(&world, "anna.vogt: Kunde antwortet Nein: "), 1, "{:?}", world.mails());
    assert_eq!(texts(&world, lead).await, ["J", "Nein"]);
    let page = seen(&world, &id).await;
    let last = page.body["salesperson_notices"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["what"], &last["fate"]), (&json!("declined"), &json!("sent")), "{}", page.body);
}

/// MSG-3: the appointment keeps a "no"; a second one changes nothing, and a confirmation after it notifies the salesperson.
#[tokio::test]
async fn msg_3_a_no_is_kept_and_a_yes_after_it_notifies_the_salesperson() {
    let world = world().await;
    let (_, id) = reminded(&world).await;
    receive(&world, "N", "m-1").await;
    let declined = stored(&world, &id).await;
    assert!(declined.is_declined());
    receive(&world, "Nein", "m-2").await;
    assert_eq!(stored(&world, &id).await.declines, declined.declines);
    assert_eq!(notices(&world, "anna.vogt: Kunde antwortet Nein: "), 1, "{:?}", world.mails());
    receive(&world, "J", "m-3").await;
    let confirmed = stored(&world, &id).await;
    assert!(confirmed.customer_confirmed.is_some() && !confirmed.is_declined());
    assert_eq!(notices(&world, "anna.vogt: Termin doch bestätigt: "), 1, "{:?}", world.mails());
    receive(&world, "N", "m-4").await;
    let moved = world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-27T10:00:00+01:00"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert!(!stored(&world, &id).await.is_declined());
    let page = seen(&world, &id).await;
    // All changes but the first have the same time.
    let mut whats: Vec<&str> = page.body["history"].as_array().unwrap().iter().map(|change| change["what"].as_str().unwrap()).collect();
    whats.sort_unstable();
    assert_eq!(whats, ["confirmation_taken_back", "confirmed", "declined", "declined", "made", "moved"], "{}", page.body);
}

/// APT-3, MSG-2: text messages about an appointment are in the language of the lead's contact, as its mails are.
#[tokio::test]
async fn apt_3_text_messages_have_the_language_of_the_contact_of_the_lead() {
    let world = world().await;
    let contact = json!({"last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678", "language": "en"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    let id = made(&world, ADMIN, &json!({"lead": lead, "kind": "showroom", "at": WHEN})).await;
    world.system.settle().await;
    let moved = world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-25T11:00:00+01:00"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.system.settle().await;
    world.advance_to(REMINDED).await;
    let sms: Vec<String> = world.system.mailbox.sms().iter().map(|sms| sms.text.clone()).collect();
    let english: Vec<bool> = sms.iter().map(|text| text.contains("appointment") && !text.contains("Termin")).collect();
    assert_eq!(english, [true, true, true], "{sms:?}");
    assert!(sms[2].ends_with("\nDoes the time suit you? Please reply Y or N."), "{sms:?}");
}

/// MSG-3: an answer is about an appointment without a lead, too, and then makes no lead.
#[tokio::test]
async fn msg_3_an_answer_about_an_appointment_without_a_lead_makes_no_lead() {
    let world = world().await;
    let mut body = appointment("jana", WHEN);
    body["user"] = json!("anna.vogt");
    let id = made(&world, ADMIN, &body).await;
    world.advance_to(REMINDED).await;
    receive(&world, "ja", "m-1").await;
    assert!(stored(&world, &id).await.customer_confirmed.is_some());
    let leads = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads")).await;
    assert_eq!(leads.body["leads"], json!([]), "{}", leads.body);
}

/// MSG-3: before the reminder, a word is a text message as any other; after a move, it is not about the appointment. With two appointments
/// that are not answered it confirms neither.
#[tokio::test]
async fn msg_3_a_word_about_two_appointments_confirms_neither() {
    let world = world().await;
    let lead = lead_of_jana(&world).await;
    let first = made(&world, ADMIN, &json!({"lead": lead, "kind": "showroom", "at": WHEN})).await;
    receive(&world, "ja", "m-0").await;
    assert!(stored(&world, &first).await.customer_confirmed.is_none(), "it was not asked yet");
    let second = made(&world, ADMIN, &json!({"lead": lead, "kind": "test_drive", "at": "2026-11-25T15:00:00+01:00"})).await;
    world.advance_to("2026-11-24T15:00:00Z").await;
    receive(&world, "ja", "m-1").await;
    for id in [&first, &second] {
        assert!(stored(&world, id).await.customer_confirmed.is_none());
    }
    let moved = world.post(ADMIN, &format!("/appointments/{first}/time"), &json!({"at": "2026-11-27T10:00:00+01:00"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.system.settle().await;
    receive(&world, "ja", "m-2").await;
    assert!(stored(&world, &first).await.customer_confirmed.is_none(), "it was asked about another time");
    assert!(stored(&world, &second).await.customer_confirmed.is_some());
    assert_eq!(texts(&world, lead).await, ["ja", "ja", "ja"]);
}

/// MSG-3, APT-7: of two appointments without a lead a word confirms none and makes no lead. Both salespersons are notified, once. Then the
/// word is about the one that is not answered.
#[tokio::test]
async fn msg_3_an_unclear_word_notifies_the_salespersons_and_makes_no_lead() {
    let world = world().await;
    let mut ids = Vec::new();
    for (user, at) in [("anna.vogt", WHEN), ("ben.krause", "2026-11-25T11:00:00+01:00")] {
        let mut body = appointment("jana", at);
        body["user"] = json!(user);
        ids.push(made(&world, ADMIN, &body).await);
    }
    world.advance_to(REMINDED).await;
    for id in ["m-1", "m-2"] {
        receive(&world, "Y", id).await;
    }
    for id in &ids {
        assert!(stored(&world, id).await.customer_confirmed.is_none());
        let page = seen(&world, id).await;
        let last = page.body["salesperson_notices"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["what"], &last["fate"]), (&json!("answered_yes"), &json!("sent")), "{}", page.body);
    }
    for user in ["anna.vogt", "ben.krause"] {
        assert_eq!(notices(&world, &format!("{user}: Unklares Ja des Kunden: ")), 1, "{:?}", world.mails());
    }
    // Anna has asked: her appointment takes place.
    let confirmed = world.post("anna.vogt", &format!("/appointments/{}/confirmation", ids[0]), &json!({})).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    receive(&world, "nein", "m-3").await;
    assert!(stored(&world, &ids[0]).await.customer_confirmed.is_some());
    assert!(stored(&world, &ids[1]).await.is_declined());
    let leads = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads")).await;
    assert_eq!(leads.body["leads"], json!([]), "{}", leads.body);
}

/// MSG-3, INT-7: a word of a sender who was asked nothing and has no lead waits in the inbox and makes no lead.
#[tokio::test]
async fn msg_3_a_word_without_a_question_waits_in_the_inbox() {
    let world = world().await;
    receive(&world, "Ja", "m-1").await;
    let leads = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads")).await;
    assert_eq!(leads.body["leads"], json!([]), "{}", leads.body);
    let mails = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails")).await;
    assert_eq!(mails.body["mails"].as_array().unwrap().len(), 1, "{}", mails.body);
}
