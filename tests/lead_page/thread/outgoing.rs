//! Mails to customers: the reply address of the lead, and the thread.

use super::{START, answered_by_anna, reply_to, to_customer, write};
use crate::support::world::{ADMIN, World, enquiry};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{GroupId, LeadId};
use forecourt_domain::elements::reply_subject;
use forecourt_store::{KeyRing, Purpose, Secret};
use serde_json::json;

/// LEAD-3: answers go to an address of the lead, and the mail names the id of its thread. Without a mail domain nothing changes.
#[tokio::test]
async fn lead_3_a_mail_to_a_customer_names_the_reply_address_and_the_thread_of_its_lead() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let code = world.store.secret().reply_code(&world.scope(), id);
    assert_eq!(reply_to(&mail), format!("{id}-{code}.demo-group@in.example.com"));
    assert_eq!((mail.references.clone(), mail.in_reply_to.clone()), (vec![format!("{id}.{code}@in.example.com")], None));
    let mime = String::from_utf8(mail.mime("desk@desk.example").unwrap()).unwrap();
    assert!(mime.contains(&format!("References: <{id}.{code}@in.example.com>\r\n")) && mime.contains("Reply-To: "), "{mime}");
    // Every mail of the lead has the same thread.
    write(&world, id, &json!({"medium": "email", "subject": "Noch etwas", "text": "Hallo"})).await;
    world.system.settle().await;
    assert_eq!(to_customer(&world).pop().unwrap().references, mail.references);
    let plain = World::without_mail(START).await;
    let (_, mail) = answered_by_anna(&plain).await;
    assert_eq!((mail.references.len(), mail.in_reply_to), (0, None));
    assert!(mail.reply_to.is_none_or(|address| !address.contains("in.example.com")));
}

/// LEAD-3, APT-3: a letter about an appointment of a lead has the reply address of the lead; without a lead it has none.
#[tokio::test]
async fn lead_3_a_letter_about_an_appointment_of_a_lead_has_the_reply_address_of_the_lead() {
    let world = World::at(START).await;
    let id = world.lead(&enquiry("petersen")).await;
    let event = json!({"type": "booked_test_drive", "title": "Corsa", "at": "2026-11-27T10:00:00+01:00"});
    let made = world.post(ADMIN, &format!("/leads/{id}/events"), &event).await;
    assert_eq!(made.status, 201, "{}", made.body);
    world.system.settle().await;
    let confirmation = to_customer(&world).pop().unwrap();
    let code = world.store.secret().reply_code(&world.scope(), id);
    assert_eq!(reply_to(&confirmation), format!("{id}-{code}.demo-group@in.example.com"));
}

/// LEAD-3: only the code of the lead and of its group is valid, in upper and lower case, and with every key that is still valid.
#[test]
fn lead_3_a_reply_code_is_valid_for_its_lead_and_group_and_for_every_valid_key() {
    let scope = |group: &str| Scope::keys_only(GroupId::parse(group).unwrap());
    let (lead, other): (LeadId, LeadId) = ("4829130576".parse().unwrap(), "4829130577".parse().unwrap());
    let first = Secret::new(b"the first secret of a stack");
    let old = first.reply_code(&scope("one"), lead);
    assert!(old.len() == 12 && old.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{old}");
    assert!(first.is_reply_code(&scope("one"), lead, &old) && first.is_reply_code(&scope("one"), lead, &old.to_uppercase()));
    for (group, lead, code) in [("one", other, old.as_str()), ("two", lead, &old), ("one", lead, &old[..11]), ("one", lead, "")] {
        assert!(!first.is_reply_code(&scope(group), lead, code), "{group} {lead} {code}");
    }
    let ring = || KeyRing::new("2", b"the second key of the links").with("1", b"the first key of the links!");
    let rotated = first.clone().with_keys(Purpose::Links, ring(), true);
    let new = rotated.reply_code(&scope("one"), lead);
    assert_ne!(new, old);
    assert!(rotated.is_reply_code(&scope("one"), lead, &new) && rotated.is_reply_code(&scope("one"), lead, &old));
    let ended = first.with_keys(Purpose::Links, ring(), false);
    assert!(ended.is_reply_code(&scope("one"), lead, &new) && !ended.is_reply_code(&scope("one"), lead, &old));
}

/// LEAD-3: the subject of an answer begins with `Re:` once, and is one line.
#[test]
fn lead_3_the_subject_of_an_answer_begins_with_re_once() {
    let lead: LeadId = "4829130576".parse().unwrap();
    for (subject, expected) in [
        ("Ihr Angebot", "Re: Ihr Angebot"),
        ("AW: RE: Antw: Ihr Angebot", "Re: Ihr Angebot"),
        ("re:re:  Ihr Angebot", "Re: Ihr Angebot"),
        ("Reifen: Preis?", "Re: Reifen: Preis?"),
        ("", "Re: 482-913-0576"),
        ("Re: ", "Re: 482-913-0576"),
        ("Hallo\r\nBcc: victim@example.com", "Re: Hallo  Bcc: victim@example.com"),
        ("Ä", "Re: Ä"),
    ] {
        assert_eq!(reply_subject(subject, lead), expected);
    }
    let long = reply_subject(&"Ä".repeat(500), lead);
    assert!(long.chars().count() == 200 && long.ends_with('…'), "{long}");
}
