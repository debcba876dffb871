//! The choice of the recipient in the forms of messages (LEAD-3, LEAD-7, MSG-1).

use super::messages::communications;
use crate::support::console::{Desk, shows};
use crate::support::world::{ADMIN, NORDSTERN, Request, enquiry};
use forecourt_domain::base::LeadId;
use serde_json::json;

/// Returns the recipients of the messages of a lead, sorted.
async fn recipients(desk: &Desk, lead: LeadId) -> Vec<String> {
    let sent = communications(&desk.world, lead).await;
    let mut all: Vec<String> = sent.iter().map(|message| message["to"].as_str().unwrap_or_default().to_owned()).collect();
    all.sort();
    all
}

/// LEAD-3, LEAD-7: the form offers the addresses of all contacts, the one that gets an answer first; a stopped one cannot be chosen.
#[tokio::test]
async fn lead_7_the_form_offers_the_addresses_of_all_contacts() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = world.lead(&enquiry("petersen")).await;
    let kim = json!({"last_name": "Kim", "emails": ["kim@example.com", "k2@example.com"], "phones": [{"number": "0171 9876543"}]});
    let made = world.post(ADMIN, &format!("/leads/{lead}/contacts"), &kim).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.headers["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let text =
        json!({"kind": "canned", "medium": "email", "language": "de", "name": "Frei", "subject": "S", "text": "{{ greeting }} Frei."});
    assert_eq!(world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/texts/frei")).json(&text)).await.status, 201);
    let stop = json!({"address": "+491719876543", "reason": "stopped"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/stops"), &stop).await.status, 200);

    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/email");
    let shown = admin.get(&form).await;
    let place = |text: &str| shown.text.find(text).unwrap_or_else(|| panic!("{text}: {}", shown.text));
    let second = format!("<option value=\"{id} k2@example.com\">Kim, k2@example.com</option>");
    assert!(place("000001 petersen@example.com\" selected>") < place("Kim, kim@example.com</option>"), "{}", shown.text);
    assert!(place("Kim, kim@example.com</option>") < place(&second));

    // The page of the contacts leads to the form with the chosen address; a canned answer has the name of the chosen contact.
    let contacts = admin.get(&format!("/desk/leads/{lead}?tab=contacts")).await;
    let link = format!("/desk/leads/{lead}/email?recipient={id}%20k2%40example.com");
    let link = [link.clone(), link.replace("%20", "+")].into_iter().find(|link| contacts.text.contains(link.as_str()));
    let link = link.unwrap_or_else(|| panic!("{}", contacts.text));
    assert!(admin.get(&link).await.text.contains(&second.replace("\">", "\" selected>")));
    let to = format!("{id} k2@example.com");
    let typed = [("medium", "email"), ("purpose", "contract"), ("subject", ""), ("text", ""), ("recipient", &to)];
    let inserted = admin.send(&form, &[&typed[..], &[("do", "insert"), ("canned", "frei")]].concat()).await;
    let written = inserted.text.split("<textarea").nth(1).unwrap().split("</textarea>").next().unwrap();
    assert!(
        written.contains("Kim") && written.contains("Frei.") && inserted.text.contains("k2@example.com\" selected>"),
        "{}",
        inserted.text
    );
    let typed =
        [("medium", "email"), ("purpose", "contract"), ("subject", "S"), ("text", "Guten Tag"), ("recipient", to.as_str()), ("key", "k")];
    assert_eq!(admin.send(&form, &typed).await.status, 303);
    world.system.settle().await;
    let sent = world.system.mailbox.mails().into_iter().rfind(|mail| mail.text.contains("Guten Tag")).unwrap();
    assert_eq!(sent.to, "k2@example.com");

    // A number to which messages are stopped is shown with the reason, and is not chosen.
    let form = format!("/desk/leads/{lead}/sms");
    let number = format!("{id} +491719876543");
    let stopped = admin.get(&format!("{form}?recipient={}", number.replace('+', "%2B").replace(' ', "%20"))).await;
    let option = stopped.text.split("<option value=\"").find(|option| option.starts_with(&number)).map(str::to_owned);
    let option = option.unwrap_or_else(|| panic!("{}", stopped.text));
    assert!(option.contains(" disabled>") && option.contains("Der Kunde wünscht keine SMS") && !option.contains(" selected"), "{option}");
    let typed = [("medium", "sms"), ("purpose", "contract"), ("text", "Guten Tag"), ("recipient", number.as_str()), ("key", "k")];
    let refused = admin.send(&form, &typed).await;
    assert!(refused.text.contains("role=\"alert\"") && refused.text.contains("Guten Tag</textarea>"), "{}", refused.text);
    assert!(world.system.mailbox.sms().iter().all(|text| text.to != "+491719876543"));
}

/// LEAD-3: without a possible recipient nobody else is chosen in silence: the form says why, and the user chooses.
#[tokio::test]
async fn lead_3_a_stopped_default_recipient_is_not_replaced_in_silence() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let mut body = enquiry("petersen");
    body["contact"]["phone"] = json!("0171 2345678");
    let lead = world.lead(&body).await;
    let kim = json!({"last_name": "Kim", "phones": [{"number": "0171 9876543"}]});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/contacts"), &kim).await.status, 201);
    let stop = json!({"address": "+491712345678", "reason": "stopped"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/stops"), &stop).await.status, 200);
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/sms");
    let shown = admin.get(&form).await;
    assert!(shown.text.contains("SMS an diese Nummer") && shown.text.contains("<option value=\"\"></option>"), "{}", shown.text);
    assert!(!shown.text.contains(" selected>Kim"), "{}", shown.text);
    // Neither without a choice nor without the input a text message goes to somebody.
    for further in [&[("recipient", "")][..], &[]] {
        let typed = [&[("medium", "sms"), ("purpose", "contract"), ("text", "Hallo"), ("key", "k")][..], further].concat();
        let refused = admin.send(&form, &typed).await;
        assert!(refused.status != 303 && refused.text.contains("role=\"alert\""), "{}", refused.text);
    }
    assert!(world.system.mailbox.sms().is_empty());
}

/// LEAD-3, DESK-4: a message does not reach another contact than the form named: if the recipient is not possible any more, the form comes
/// back.
#[tokio::test]
async fn lead_3_a_message_goes_to_no_other_contact_than_the_form_named() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = world.lead(&enquiry("petersen")).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/email");
    shows(&admin.get(&form).await, &["<option value=\"000001 petersen@example.com\" selected>"]);
    let made = world.post(ADMIN, &format!("/leads/{lead}/contacts"), &json!({"last_name": "Kim", "emails": ["kim@example.com"]})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let kim = made.body["contacts"].as_array().unwrap().iter().find(|contact| contact["name"] == "Kim").unwrap()["id"].clone();
    let path = format!("/leads/{lead}/contacts/{}", kim.as_str().unwrap());
    assert_eq!(world.call(Request::patch(ADMIN, &path).json(&json!({"main": true}))).await.status, 200);
    let typed = |name: &'static str, to: &'static str, key: &'static str| {
        [("medium", "email"), ("purpose", "contract"), ("subject", "S"), ("text", "Vertraulich"), (name, to), ("key", key)]
    };
    // A page of an earlier release names the address alone.
    let moved = admin.send(&form, &typed("to", "petersen@example.com", "k1")).await;
    shows(&moved, &["Der Empfänger hat sich geändert", "role=\"alert\"", "kim@example.com", "Vertraulich</textarea>"]);
    assert!(communications(world, lead).await.is_empty(), "nothing is sent");
    // Another main contact does not change to whom a form goes that is open.
    assert_eq!(admin.send(&form, &typed("recipient", "000001 petersen@example.com", "k2")).await.status, 303);
    world.system.settle().await;
    assert_eq!(recipients(&desk, lead).await, ["petersen@example.com"]);
    let corrected = Request::patch(ADMIN, &format!("/leads/{lead}/contacts/000001")).json(&json!({"emails": ["jana@example.com"]}));
    assert_eq!(world.call(corrected).await.status, 200);
    let moved = admin.send(&form, &typed("recipient", "000001 petersen@example.com", "k3")).await;
    shows(&moved, &["Der Empfänger hat sich geändert", "jana@example.com", "<option value=\"\"></option>"]);
    let open = admin.send(&form, &typed("recipient", "", "k4")).await;
    shows(&open, &["Wählen Sie einen Empfänger", "role=\"alert\"", "Vertraulich</textarea>"]);
    assert_eq!(communications(world, lead).await.len(), 1, "nothing more is sent");
    assert_eq!(admin.send(&form, &typed("recipient", "000001 jana@example.com", "k5")).await.status, 303);
    world.system.settle().await;
    assert_eq!(recipients(&desk, lead).await, ["jana@example.com", "petersen@example.com"]);
}
