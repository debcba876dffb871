//! Several people on one channel, one person on several, and channels that were corrected (INT-6, LEAD-7).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World};
use http::Method;
use serde_json::{Value, json};

const GRACHTEN: &str = "grachten-autos-demo";

fn case(about: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../cases/channels.json")).unwrap();
    all[about].clone()
}

async fn enquire(world: &World, dealer: &str, contact: &Value) -> (u16, String) {
    let body = json!({"type": "used_car", "source": "website", "contact": contact});
    let reply = world.post("gina.group", &format!("/dealers/{dealer}/leads"), &body).await;
    (reply.status, reply.text("/id").to_owned())
}

async fn patch(world: &World, lead: &str, contact: &str, body: &Value) -> Reply {
    let path = format!("/leads/{lead}/contacts/{contact}");
    let reply = world
        .call(Request::patch("gina.group", &path).headers(&[("content-type", "application/json")]).body(body.to_string().as_bytes()))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

async fn clashes(world: &World, lead: &str) -> Vec<Value> {
    let page = world.get("gina.group", &format!("/leads/{lead}")).await.body;
    let entries = page["timeline"].as_array().unwrap().clone();
    let events = entries.iter().flat_map(|entry| entry["events"].as_array().unwrap().clone());
    events.filter(|event| event["what"] == "contact_clash").map(|event| event["channel"].clone()).collect()
}

async fn found(world: &World, dealer: &str, query: &str) -> Vec<String> {
    let page = world.get("gina.group", &format!("/dealers/{dealer}/leads?q={}", query.replace('+', "%2B").replace(' ', "%20"))).await;
    let mut leads: Vec<String> = page.body["leads"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    leads.sort();
    leads
}

/// Writes an e-mail from a lead. Returns the addresses that received it.
async fn written(world: &World, lead: &str, subject: &str) -> Vec<String> {
    let write = json!({"medium": "email", "subject": subject, "text": "Hello"});
    let reply = world.post("gina.group", &format!("/leads/{lead}/communications"), &write).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    world.system.settle().await;
    world.system.mailbox.mails().iter().filter(|mail| mail.subject == subject).map(|mail| mail.to.clone()).collect()
}

/// INT-6: two people on one telephone are two leads, and both say so. Each of them is known again by the number with the name, and an
/// answer goes to the person who asked.
#[tokio::test]
async fn int_6_two_people_on_one_telephone_are_two_people_and_both_leads_note_it() {
    let world = World::new().await;
    let case = case("one_telephone_two_people");
    let (first, second) = (&case["first"], &case["second"]);
    let (_, piet) = enquire(&world, GRACHTEN, first).await;
    let (status, monique) = enquire(&world, GRACHTEN, second).await;
    assert_eq!(status, 201);
    assert_ne!(piet, monique);
    for lead in [&piet, &monique] {
        assert_eq!(clashes(&world, lead).await, [json!("+31206245555")], "{lead}");
    }
    assert_eq!(written(&world, &monique, "To Monique").await, ["monique@example.net"]);
    assert_eq!(written(&world, &piet, "To Piet").await, ["piet@example.net"]);
    for (contact, lead) in [
        (json!({"first_name": "M.", "last_name": "AARTS", "phone": "020 6245555"}), &monique),
        (json!({"last_name": "Kruse", "phone": "020 6245555"}), &piet),
        (json!({"first_name": "Monique", "last_name": "Aarts", "email": "monique@example.net", "phone": "020 6245555"}), &monique),
        (json!({"phone": "020 6245555"}), &piet),
    ] {
        assert_eq!(enquire(&world, GRACHTEN, &contact).await, (200, lead.clone()), "{contact}");
    }
    for (lead, email) in [(&piet, "piet@example.net"), (&monique, "monique@example.net")] {
        let main = &world.get("gina.group", &format!("/leads/{lead}")).await.body["contacts"][0];
        assert_eq!((&main["main"], &main["emails"][0]), (&json!(true), &json!(email)), "a further enquiry keeps the main contact: {main}");
    }
    assert_eq!(clashes(&world, &piet).await.len(), 1, "the clash is noted once");
    let mut both = vec![piet.clone(), monique.clone()];
    both.sort();
    assert_eq!(found(&world, GRACHTEN, "020 6245555").await, both, "a search by the number finds both");
    // A third person with the same last name and no address is a person, too.
    let karl = json!({"first_name": "Karl", "last_name": "Kruse", "phone": "020 6245555"});
    let (status, third) = enquire(&world, GRACHTEN, &karl).await;
    assert_eq!(status, 201);
    assert_eq!(enquire(&world, GRACHTEN, &karl).await, (200, third));
}

/// LEAD-7, INT-6: a correction to a telephone that somebody else uses, too, is noted on both leads, also if the number is not the other
/// person's first channel.
#[tokio::test]
async fn lead_7_a_correction_to_the_telephone_of_somebody_else_is_noted_on_both_leads() {
    let world = World::new().await;
    let case = case("one_telephone_two_people");
    let (_, piet) = enquire(&world, GRACHTEN, &case["first"]).await;
    let (_, other) = enquire(&world, GRACHTEN, &json!({"first_name": "Eva", "last_name": "Smit", "email": "eva@example.net"})).await;
    patch(&world, &other, "000001", &json!({"phones": [{"number": "020 6245555"}]})).await;
    for lead in [&piet, &other] {
        assert_eq!(clashes(&world, lead).await, [json!("+31206245555")], "{lead}");
    }
    let eva = json!({"first_name": "Eva", "last_name": "Smit", "phone": "020 6245555"});
    assert_eq!(enquire(&world, GRACHTEN, &eva).await, (200, other.clone()));
    // A third person keeps the number with the own name.
    let (_, third) = enquire(&world, GRACHTEN, &json!({"first_name": "Jan", "last_name": "Vos", "phone": "020 6245555"})).await;
    patch(&world, &other, "000001", &json!({"first_name": "Jan", "last_name": "Vos"})).await;
    let jan = json!({"first_name": "Jan", "last_name": "Vos", "phone": "020 6245555"});
    assert_eq!(enquire(&world, GRACHTEN, &jan).await, (200, third));
}

/// INT-6: by telephone it is the same person if the names agree, or if one side has no name and no e-mail address differs.
#[tokio::test]
async fn int_6_a_telephone_number_identifies_a_person_together_with_the_name() {
    let base = json!({"first_name": "Jörg", "last_name": "Müller", "email": "joerg@example.com", "phone": "0171 2345678"});
    for (contact, is_same) in [
        (json!({"first_name": "Joerg", "last_name": "MUELLER"}), true),
        (json!({"first_name": "J.", "last_name": "Muller"}), true),
        (json!({"last_name": "Müller"}), true),
        (json!({"last_name": "Jörg Müller"}), true),
        (json!({"first_name": "Müller", "last_name": "Jörg"}), true),
        (json!({"first_name": "Jörg", "last_name": "Müller", "email": "other@example.com"}), true),
        (json!({}), true),
        (json!({"email": "joerg@example.com"}), true),
        (json!({"email": "other@example.com"}), false),
        (json!({"first_name": "Eva", "last_name": "Müller"}), false),
        (json!({"first_name": "Eva"}), false),
        (json!({"first_name": "Jörg", "last_name": "Meier"}), false),
        (json!({"company": "Blumen Rüter"}), false),
    ] {
        let world = World::new().await;
        let (_, lead) = enquire(&world, NORDSTERN, &base).await;
        let mut enquired = contact.clone();
        enquired["phone"] = json!("+49 171 2345678");
        let (status, other) = enquire(&world, NORDSTERN, &enquired).await;
        assert_eq!((status == 200, other == lead), (is_same, is_same), "{contact}");
    }
}

/// INT-3, INT-6: an extension is part of whose number it is. A search by the switchboard's number finds every extension.
#[tokio::test]
async fn int_6_two_extensions_of_one_switchboard_are_two_people() {
    let world = World::new().await;
    let buyer = |extension: &str| json!({"company": "Blumen Rüter", "phone": format!("06221 4511 DW {extension}")});
    let (_, one) = enquire(&world, NORDSTERN, &buyer("12")).await;
    let (status, two) = enquire(&world, NORDSTERN, &buyer("13")).await;
    assert_eq!(status, 201);
    assert_eq!(enquire(&world, NORDSTERN, &buyer("12")).await, (200, one.clone()));
    assert_eq!(enquire(&world, NORDSTERN, &buyer("13")).await, (200, two.clone()));
    assert_eq!(found(&world, NORDSTERN, "06221 4511 DW 12").await, std::slice::from_ref(&one));
    let mut both = vec![one.clone(), two];
    both.sort();
    assert_eq!(found(&world, NORDSTERN, "06221 4511").await, both);
    let page = world.get(ADMIN, &format!("/leads/{one}")).await.body;
    assert_eq!(page["contacts"][0]["phones"], json!([{"typed": "06221 4511 DW 12", "e164": "+4962214511", "extension": "12"}]));
    let sms = json!({"medium": "sms", "text": "Hello"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{one}/communications"), &sms).await.status, 409, "no text message reaches an extension");
}

/// INT-6: the sender of an enquiry is a contact of the lead to which it is added, and the answer goes to the channel of that enquiry.
#[tokio::test]
async fn int_6_who_asks_is_a_contact_of_the_lead_and_the_answer_goes_to_the_channel_of_the_enquiry() {
    let world = World::new().await;
    let jana = json!({"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"});
    let (_, lead) = enquire(&world, NORDSTERN, &jana).await;
    let work = json!({"first_name": "Jana", "last_name": "Petersen", "email": "jana@work.example", "phone": "0171 2345678"});
    assert_eq!(enquire(&world, NORDSTERN, &work).await, (200, lead.clone()));
    assert_eq!(written(&world, &lead, "To work").await, ["jana@work.example"]);
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await.body;
    assert_eq!(page["contacts"].as_array().unwrap().len(), 1);
    assert_eq!(page["contacts"][0]["emails"], json!(["jana@example.com", "jana@work.example"]));
    // Her husband uses her address.
    let karl = json!({"first_name": "Karl", "last_name": "Petersen", "email": "jana@example.com"});
    assert_eq!(enquire(&world, NORDSTERN, &karl).await, (200, lead.clone()));
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await.body;
    let names: Vec<&str> = page["contacts"].as_array().unwrap().iter().map(|contact| contact["name"].as_str().unwrap()).collect();
    assert_eq!((names, &page["contact"]), (vec!["Jana Petersen", "Karl Petersen"], &json!("Jana Petersen")));
    assert_eq!(page["contacts"][1]["answers_to"], json!({"email": "jana@example.com"}));
    assert_eq!(page["contacts"][0].get("answers_to"), None);
    assert_eq!(written(&world, &lead, "To Karl").await, ["jana@example.com"]);
    let mails = world.system.mailbox.mails();
    assert_eq!(mails.iter().find(|mail| mail.subject == "To Karl").unwrap().to_name, "Karl Petersen");
    // A letter that is written before another enquiry goes to the person whom it answers.
    let write = json!({"medium": "email", "subject": "Still to Karl", "text": "Hello"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/communications"), &write).await.status, 201);
    assert_eq!(enquire(&world, NORDSTERN, &work).await.0, 200);
    world.system.settle().await;
    let mails = world.system.mailbox.mails();
    let mail = mails.iter().find(|mail| mail.subject == "Still to Karl").unwrap();
    assert_eq!((mail.to.as_str(), mail.to_name.as_str()), ("jana@example.com", "Karl Petersen"));
    assert_eq!(written(&world, &lead, "To work again").await, ["jana@work.example"]);
    // A user chooses the main contact.
    patch(&world, &lead, page["contacts"][0]["id"].as_str().unwrap(), &json!({"main": true})).await;
    assert_eq!(written(&world, &lead, "To Jana").await, ["jana@example.com"]);
}

/// INT-5, INT-6: a sender corrects the contact of its enquiry by sending it again, also after another person's enquiry was added to the
/// lead. A contact that a user has corrected stays unchanged.
#[tokio::test]
async fn int_5_a_resend_corrects_the_contact_of_its_enquiry_and_no_other() {
    let world = World::new().await;
    let adf = |id: &str, status: &str, name: &str, channels: &str| {
        format!(
            "<adf><prospect status=\"{status}\"><id source=\"portal\">{id}</id><vehicle><make>Opel</make></vehicle><customer><contact><name>{name}</name>\
             {channels}</contact></customer></prospect></adf>"
        )
    };
    let send = async |id: &str, status: &str, name: &str, channels: &str| {
        let reply = world.adf(NORDSTERN, adf(id, status, name, channels).as_bytes()).await;
        (reply.status, reply.text("/id").to_owned())
    };
    let (_, lead) = send("1", "new", "Jana Petersen", "<email>jana@example.com</email><phone>0171 2345678</phone>").await;
    assert_eq!(send("2", "new", "Karl Lang", "<email>jana@example.com</email>").await, (200, lead.clone()));
    assert_eq!(send("3", "new", "Jana Petersen", "<email>jana@work.example</email><phone>0171 2345678</phone>").await, (200, lead.clone()));
    assert_eq!(
        send("1", "resend", "Jana Petersen", "<email>jana@example.com</email><phone>0171 9999999</phone>").await,
        (200, lead.clone())
    );
    let contacts = world.get(ADMIN, &format!("/leads/{lead}")).await.body["contacts"].clone();
    let numbers: Vec<&str> = contacts[0]["phones"].as_array().unwrap().iter().map(|phone| phone["e164"].as_str().unwrap()).collect();
    assert_eq!((numbers, &contacts[0]["emails"]), (vec!["+491719999999"], &json!(["jana@example.com", "jana@work.example"])));
    assert_eq!((&contacts[1]["name"], &contacts[1]["emails"]), (&json!("Karl Lang"), &json!(["jana@example.com"])));
    patch(&world, &lead, "000001", &json!({"phones": [{"number": "0171 5555555"}]})).await;
    assert_eq!(send("1", "resend", "Jana Petersen", "<email>jana@example.com</email><phone>0171 8888888</phone>").await.0, 200);
    let contacts = world.get(ADMIN, &format!("/leads/{lead}")).await.body["contacts"].clone();
    assert_eq!(contacts[0]["phones"][0]["e164"], "+491715555555", "{contacts}");
}

/// INT-6: however often a person asks from another address, and however many people use one address, an answer goes to the person who
/// asked.
#[tokio::test]
async fn int_6_an_answer_goes_to_the_person_who_asked_however_many_asked_before() {
    let world = World::new().await;
    let phone = "0171 2345678";
    let jana = |email: &str| json!({"first_name": "Jana", "last_name": "Petersen", "email": email, "phone": phone});
    let (_, lead) = enquire(&world, NORDSTERN, &jana("jana@example.com")).await;
    for number in 0..7 {
        let email = format!("jana{number}@example.com");
        assert_eq!(enquire(&world, NORDSTERN, &jana(&email)).await, (200, lead.clone()));
        assert_eq!(written(&world, &lead, &format!("To {email}")).await, [email]);
    }
    for number in 0..25 {
        let name = format!("Guest{}", char::from(b'a' + number));
        let guest = json!({"first_name": name, "last_name": name, "email": "jana@example.com"});
        assert_eq!(enquire(&world, NORDSTERN, &guest).await, (200, lead.clone()));
    }
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await.body;
    assert_eq!(page["contacts"].as_array().unwrap().len(), 20);
    let write = json!({"medium": "email", "subject": "To nobody", "text": "Hello"});
    let refused = world.post(ADMIN, &format!("/leads/{lead}/communications"), &write).await;
    assert_eq!(refused.status, 409, "there is no room for the last guest, and nobody else gets the answer: {}", refused.body);
    let detail = refused.text("/detail");
    assert!(detail.ends_with("make the contact who gets the letter the main contact (LEAD-7)"), "{detail}");
    patch(&world, &lead, page["contacts"][0]["id"].as_str().unwrap(), &json!({"main": true})).await;
    assert_eq!(written(&world, &lead, "To Jana").await, ["jana@example.com"]);
}

/// LEAD-7, INT-6: an address that a user corrects never was the contact's: the person whose address it is gets a lead of its own.
#[tokio::test]
async fn lead_7_a_corrected_address_no_longer_leads_to_the_lead() {
    let world = World::new().await;
    let case = case("corrected_address");
    let (wrong, right) = (&case["lead"], &case["corrected_to"]);
    let (_, sanne) = enquire(&world, GRACHTEN, &json!({"first_name": "Sanne", "last_name": "Bakker", "email": wrong})).await;
    patch(&world, &sanne, "000001", &json!({"emails": [right]})).await;
    let (status, sven) = enquire(&world, GRACHTEN, &case["then_asks"]).await;
    assert_eq!(status, 201);
    assert_ne!(sanne, sven);
    assert!(clashes(&world, &sven).await.is_empty());
    for (email, lead) in [(wrong, &sven), (right, &sanne)] {
        assert_eq!(enquire(&world, GRACHTEN, &json!({"email": email})).await, (200, lead.clone()), "{email}");
        assert!(found(&world, GRACHTEN, email.as_str().unwrap()).await.contains(lead));
    }
    assert_eq!(written(&world, &sanne, "To Sanne").await, [right.as_str().unwrap()]);
    assert_eq!(written(&world, &sven, "To Sven").await, [wrong.as_str().unwrap()]);
    // Sven's address was wrong, too: the next person is a third one.
    patch(&world, &sven, "000001", &json!({"emails": ["sven@example.net"]})).await;
    let (status, third) = enquire(&world, GRACHTEN, &case["then_asks"]).await;
    assert_eq!((status, third != sven && third != sanne), (201, true));
    assert_eq!(enquire(&world, GRACHTEN, &json!({"email": "sven@example.net"})).await, (200, sven));
}

/// LEAD-7: a former channel goes on leading to the person, a channel that another contact has stays, and a correction can be taken back.
#[tokio::test]
async fn lead_7_a_former_channel_and_the_channel_of_another_contact_stay() {
    let world = World::new().await;
    let jana = json!({"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"});
    let (_, lead) = enquire(&world, NORDSTERN, &jana).await;
    let by_phone = json!({"last_name": "Petersen", "phone": "0171 2345678"});
    // A number that is an alias: former, then back, then wrong.
    patch(&world, &lead, "000001", &json!({"phones": [{"number": "0171 9999999"}], "replaces": "former"})).await;
    assert_eq!(enquire(&world, NORDSTERN, &by_phone).await, (200, lead.clone()), "she had the number before");
    patch(&world, &lead, "000001", &json!({"phones": [{"number": "0171 9999999"}], "replaces": "wrong"})).await;
    let (status, other) = enquire(&world, NORDSTERN, &by_phone).await;
    assert_eq!((status, other != lead), (201, true), "the number never was hers");
    // The address that holds the record: given up, taken by nobody, taken back.
    patch(&world, &lead, "000001", &json!({"emails": ["typo@example.com"]})).await;
    patch(&world, &lead, "000001", &json!({"emails": ["jana@example.com"]})).await;
    assert_eq!(enquire(&world, NORDSTERN, &json!({"email": "jana@example.com"})).await, (200, lead.clone()));
    let (status, typo) = enquire(&world, NORDSTERN, &json!({"email": "typo@example.com"})).await;
    assert_eq!((status, typo != lead), (201, true));
    // Another contact has the address, here or on another lead of the record.
    let added = world.post(ADMIN, &format!("/leads/{lead}/contacts"), &json!({"first_name": "Eva", "emails": ["jana@example.com"]})).await;
    assert_eq!(added.status, 201, "{}", added.body);
    patch(&world, &lead, "000001", &json!({"emails": ["new@example.com"]})).await;
    assert_eq!(enquire(&world, NORDSTERN, &json!({"email": "jana@example.com"})).await, (200, lead.clone()));
    let lost = world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "price"})).await;
    assert_eq!(lost.status, 200);
    let (status, later) =
        enquire(&world, NORDSTERN, &json!({"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com"})).await;
    assert_eq!(status, 201);
    patch(&world, &later, "000001", &json!({"emails": ["newer@example.com"]})).await;
    assert_eq!(enquire(&world, NORDSTERN, &json!({"email": "jana@example.com"})).await, (200, later), "Eva has it on the lost lead");
    // The choice is for corrections only.
    for (method, path, word) in [(Method::POST, "contacts", "former"), (Method::PATCH, "contacts/000001", "maybe")] {
        let body = json!({"emails": ["x@example.com"], "replaces": word}).to_string();
        let headers = [("content-type", "application/json")];
        let reply = world.call(Request::new(method, ADMIN, &format!("/leads/{lead}/{path}")).headers(&headers).body(body.as_bytes())).await;
        assert_eq!(reply.faults(), ["replaces LEAD-7"], "{}", reply.body);
    }
}
