//! The purpose of a message in the forms that write one (PRV-6).

use crate::support::console::{Desk, Page, lacks, shows};
use crate::support::mails::answer;
use crate::support::world::{ADMIN, World};
use forecourt_console::{Language, translated};
use forecourt_domain::base::LeadId;
use serde_json::json;

const PLAIN: &str = "Subject: AW: Ihr Angebot\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nJa, gerne am Samstag!\r\n";

async fn lead(world: &World) -> LeadId {
    let contact = json!({"last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    lead
}

/// Returns the purposes that a form offers, with the chosen one.
fn offered(page: &Page) -> (Vec<String>, String) {
    let (_, select) = page.text.split_once("name=\"purpose\"").unwrap_or_else(|| panic!("no purpose: {}", page.text));
    let select = select.split("</select>").next().unwrap();
    let options: Vec<&str> = select.split("<option value=\"").skip(1).collect();
    let value = |option: &str| option.split('"').next().unwrap().to_owned();
    let chosen = options.iter().find(|option| option.contains(" selected")).map(|option| value(option)).unwrap_or_default();
    (options.into_iter().map(value).collect(), chosen)
}

/// PRV-6: each form of a message asks for its purpose. Nothing but a choice of the user makes it another one than that of an answer, and
/// the form names the reason for which a message of a purpose is refused.
#[tokio::test]
async fn prv_6_each_form_of_a_message_asks_for_its_purpose() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead(world).await;
    let mail = answer(world, lead, "Jana Petersen <jana@example.com>", PLAIN).await;
    let mut admin = desk.signed_in(ADMIN).await;
    for form in
        [format!("/desk/leads/{lead}/email"), format!("/desk/leads/{lead}/sms"), format!("/desk/leads/{lead}/communications/{mail}/answer")]
    {
        for address in [form.clone(), format!("{form}?purpose=advertising")] {
            let shown = admin.get(&address).await;
            assert_eq!(
                offered(&shown),
                (["contract", "service", "advertising"].map(str::to_owned).to_vec(), "contract".to_owned()),
                "{address}"
            );
            shows(&shown, &["Werbung – wird nicht gesendet: Der Kunde hat nicht zugestimmt oder widersprochen"]);
            lacks(&shown, &["Service – ", "is_advertising"]);
        }
    }
    let stop = json!({"address": "jana@example.com", "reason": "unsubscribed"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/stops"), &stop).await.status, 200);
    let shown = admin.get(&format!("/desk/leads/{lead}/email")).await;
    shows(&shown, &["Service – wird nicht gesendet: Der Kunde hat sich abgemeldet", ">Anfrage oder Vertrag</option>"]);
    for (language, texts) in [
        ("en", ["Advertising – not sent: the customer unsubscribed", "Purpose of the message"]),
        ("nl", ["Reclame – wordt niet verstuurd: de klant heeft zich afgemeld", "Doel van het bericht"]),
    ] {
        shows(&desk.speaking(ADMIN, language).await.get(&format!("/desk/leads/{lead}/email")).await, &texts);
    }
}

/// PRV-6: advertising is sent if the user confirms it and the customer agreed to it. Without the confirmation nothing is asked of the API,
/// and without consent it is refused with the reason. What was typed stays each time.
#[tokio::test]
async fn prv_6_advertising_is_confirmed_and_needs_the_consent() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead(world).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/email");
    let key = admin.get(&form).await.value("key").unwrap();
    let typed =
        [("medium", "email"), ("purpose", "advertising"), ("subject", "Angebot"), ("text", "Jetzt günstig!"), ("key", key.as_str())];
    let confirmed = [&typed[..], &[("is_advertising", "true")]].concat();
    desk.asked();
    let asks = admin.send(&form, &typed).await;
    shows(&asks, &["name=\"is_advertising\"", "als Werbung gekennzeichnet", "value=\"advertising\" selected", "Jetzt günstig!"]);
    assert!(desk.asked().iter().all(|asked| asked.starts_with("GET ")), "nothing is sent");
    let refused = admin.send(&form, &confirmed).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let why = translated(Language::German, "the customer did not agree to advertising; record the consent first").unwrap();
    for text in [why.as_str(), "value=\"advertising\" selected", "Jetzt günstig!", "name=\"is_advertising\" value=\"true\" checked"] {
        assert!(refused.text.contains(text), "{text}: {}", refused.text);
    }
    let contact = world.get(ADMIN, &format!("/leads/{lead}")).await.text("/contacts/0/id").to_owned();
    let declared = json!({"channel": "email", "purpose": "advertising", "status": "granted", "source": "form", "text": "Ja, gern.",
        "address": "jana@example.com", "at": world.system.clock.now()});
    let recorded = world.post(ADMIN, &format!("/leads/{lead}/contacts/{contact}/consents"), &declared).await;
    assert!(recorded.status < 300, "{}", recorded.body);
    let form_again = admin.get(&form).await;
    lacks(&form_again, &["Werbung – "]);
    // The consent does not make it silent.
    shows(&admin.send(&form, &typed).await, &["name=\"is_advertising\""]);
    let sent = admin.send(&form, &confirmed).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let list = world.get(ADMIN, &format!("/leads/{lead}/communications")).await;
    assert_eq!(list.body["elements"][0]["purpose"], "advertising");
    shows(&admin.get(&format!("/desk/leads/{lead}?tab=thread")).await, &["· Werbung"]);
}

/// PRV-6: service messages need no confirmation, and an answer is of the purpose of answers.
#[tokio::test]
async fn prv_6_a_service_message_is_sent_as_such() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead(world).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/sms");
    let key = admin.get(&form).await.value("key").unwrap();
    let typed = [("medium", "sms"), ("purpose", "service"), ("text", "Ihr Wagen ist fertig."), ("key", key.as_str())];
    assert_eq!(admin.send(&form, &typed).await.status, 303);
    let list = world.get(ADMIN, &format!("/leads/{lead}/communications")).await;
    assert_eq!((&list.body["elements"][0]["medium"], &list.body["elements"][0]["purpose"]), (&json!("sms"), &json!("service")));
}
