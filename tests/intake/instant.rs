//! The instant answer to a new enquiry (LEAD-3, MSG-2).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, dealer_of, enquiry};
use forecourt_domain::base::{Actor, Email, LeadId, PartnerId};
use forecourt_domain::decision::Item;
use forecourt_domain::enquiry::{Enquiry, LeadType, Person};
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_domain::rules::lead::intake::{Arrival, IntakeOutcome, StoredState, receive};
use forecourt_local::demo;
use forecourt_send::mail::Mail;
use serde_json::{Value, json};

async fn answering(world: &World) {
    world.settings(|settings| settings.instant_answer.on = true).await;
}

fn answers(world: &World) -> Vec<Mail> {
    world.system.mailbox.mails().into_iter().filter(|mail| mail.id.ends_with(".instant-answer")).collect()
}

/// Returns the communications of a lead: medium, delivery state and reason of each.
async fn shown(world: &World, lead: LeadId) -> Vec<Value> {
    let list = world.get(ADMIN, &format!("/leads/{lead}/communications")).await;
    let line = |element: &Value| json!([element["instant"], element["by"], element["fate"], element["why"]]);
    list.body["elements"].as_array().unwrap().iter().map(line).collect()
}

/// LEAD-3, ESC-7: a new enquiry is answered once, at night too. The answer is shown, is no reaction and changes no clock.
#[tokio::test]
async fn lead_3_a_new_enquiry_is_answered_once_at_any_hour_and_the_clock_runs_on() {
    let world = World::delivering_twice().await;
    world.advance_to("2026-11-23T22:00:00Z").await;
    let silent = world.lead(&enquiry("silent")).await;
    assert_eq!(shown(&world, silent).await, Vec::<Value>::new(), "it is off by default");
    answering(&world).await;
    let mut body = enquiry("petersen");
    body["external_id"] = json!("e-1");
    body["contact"]["language"] = json!("de");
    body["vehicle"] = json!({"make": "Opel", "model": "Corsa", "year": 2021});
    let lead = world.lead(&body).await;
    for _ in 0..2 {
        assert_eq!(world.lead(&body).await, lead, "a doubled enquiry");
    }
    world.system.settle().await;
    let mails = answers(&world);
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("petersen@example.com", "Ihre Anfrage bei Autohaus Nordstern"));
    for part in
        ["Guten Tag petersen,", "  Fahrzeug: 2021 Opel Corsa\n", &lead.spoken(), "Mo–Fr 08:00–12:30", "während unserer Öffnungszeiten"]
    {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    let mime = String::from_utf8(mail.mime("desk@forecourt.example").unwrap()).unwrap();
    for header in ["Auto-Submitted: auto-replied\r\n", "X-Auto-Response-Suppress: All\r\n", "multipart/alternative"] {
        assert!(mime.contains(header), "{header}: {mime}");
    }
    assert_eq!(shown(&world, lead).await, [json!([true, "system", "sent", null])]);
    let page = world.page(lead).await.lead;
    let plain = world.page(silent).await.lead;
    assert!(page.reaction.is_none() && page.clock_runs() && page.counts.communications == 1);
    assert_eq!(page.deadline(), plain.deadline());
    // A further enquiry of the same person is no new lead.
    assert_eq!(world.lead(&enquiry("petersen")).await, lead);
    world.system.settle().await;
    assert_eq!(answers(&world).len(), 1);
    // The steps of the escalation happen as without the answer.
    world.advance_to("2026-11-24T12:00:00Z").await;
    assert_eq!((world.page(lead).await.lead.level(), world.page(silent).await.lead.level()), (1, 1));
}

/// LEAD-3, SET-4: only the chosen sources are answered, in the words of the dealer for the type of the lead.
#[tokio::test]
async fn lead_3_the_dealer_chooses_the_sources_and_the_words_of_instant_answers() {
    let world = World::new().await;
    let path = format!("/dealers/{NORDSTERN}/mailbox");
    let before = world.get(ADMIN, &path).await;
    assert_eq!(before.body["settings"]["instant_answer"], json!({"on": false}));
    let put = async |body: Value, reply: &Reply| {
        world.call(Request::put(ADMIN, &path).json(&body).version(reply.body["version"].as_u64().unwrap())).await
    };
    let wrong = put(json!({"instant_answer": {"on": true, "sources": ["fair", " x"], "colour": 1}}), &before).await;
    assert_eq!(
        (wrong.status, wrong.faults()),
        (422, vec!["instant_answer.colour API-1".to_owned(), "instant_answer.sources[1] SET-4".to_owned()]),
        "{}",
        wrong.body
    );
    let saved = put(json!({"instant_answer": {"on": true, "sources": ["Fair"]}}), &before).await;
    assert_eq!((saved.status, &saved.body["settings"]["instant_answer"]["sources"]), (200, &json!(["Fair"])), "{}", saved.body);
    let text = json!({"kind": "instant_answer", "medium": "email", "language": "en", "lead_type": "service", "name": "service",
        "subject": "Your service", "text": "{{ customer }}: we call you.\nhttps://nordstern.example/hours"});
    assert_eq!(world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/texts/service")).json(&text)).await.status, 201);
    let send = async |name: &str, source: &str, kind: &str| {
        let mut body = enquiry(name);
        (body["source"], body["type"], body["contact"]["language"]) = (json!(source), json!(kind), json!("en"));
        world.lead(&body).await;
    };
    send("other", "website", "service").await;
    send("service", "fair", "service").await;
    send("used", "FAIR", "used_car").await;
    send("link.example.com", "fair", "service").await;
    world.system.settle().await;
    let sent = answers(&world);
    let to = |name: &str| sent.iter().find(|mail| mail.to == format!("{name}@example.com")).unwrap();
    assert_eq!(
        (to("service").subject.as_str(), to("service").text.as_str()),
        ("Your service", "service: we call you.\nhttps://nordstern.example/hours")
    );
    assert!(to("used").subject == "Your enquiry to Autohaus Nordstern" && to("used").text.starts_with("Dear used,"), "{sent:?}");
    // Without the name, the line with it is left out.
    let link = to("link.example.com");
    assert!(
        link.text.starts_with("https://nordstern.example/hours") && link.to_name.is_empty() && !link.html.contains("link."),
        "no link from an enquiry: {link:?}"
    );
    assert_eq!(sent.len(), 3);
}

/// LEAD-3, MSG-1, SET-5: what the settings forbid is recorded as suppressed. Nobody without an address, and no user's entry, is answered.
#[tokio::test]
async fn lead_3_an_instant_answer_that_must_not_be_sent_is_suppressed_or_not_made() {
    let world = World::new().await;
    answering(&world).await;
    world.settings(|settings| settings.send_external_mail = false).await;
    let switched = world.lead(&enquiry("a")).await;
    world
        .settings(|settings| {
            settings.send_external_mail = true;
            settings.lead_tracking_only = true;
        })
        .await;
    let tracking = world.lead(&enquiry("b")).await;
    world.settings(|settings| settings.lead_tracking_only = false).await;
    let no_address = world.lead(&json!({"type": "used_car", "contact": {"last_name": "c", "phone": "0171 2345678"}})).await;
    world.settings(|settings| settings.lead_address = Some(Email::parse("leads@nordstern.example").unwrap())).await;
    let mut own = enquiry("d");
    own["contact"]["email"] = json!("leads@nordstern.example");
    let own = world.lead(&own).await;
    let entered = world.post(ADMIN, &format!("/dealers/{NORDSTERN}/leads"), &enquiry("e")).await;
    let entered: LeadId = entered.text("/id").parse().unwrap();
    world.system.settle().await;
    assert_eq!(shown(&world, switched).await, [json!([true, "system", "suppressed", "switched"])]);
    assert_eq!(shown(&world, tracking).await, [json!([true, "system", "suppressed", "tracking_only"])]);
    for lead in [no_address, own, entered] {
        assert_eq!(shown(&world, lead).await, Vec::<Value>::new());
    }
    assert_eq!(answers(&world).len(), 0);
}

/// LEAD-3, SET-12: an address gets one instant answer a day, so that two programs that answer each other stop.
#[tokio::test]
async fn lead_3_two_programs_that_answer_each_other_stop_after_one_mail_a_day() {
    let world = World::new().await;
    answering(&world).await;
    let send = async |name: &str, tag: &str| {
        let mut body = enquiry(name);
        body["contact"]["email"] = json!(format!("robot{tag}@example.com"));
        let lead = world.lead(&body).await;
        world.system.settle().await;
        // A closed lead makes the next enquiry a new lead.
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "other"})).await.status, 200);
        world.system.settle().await;
        lead
    };
    let first = send("Robot", "").await;
    let second = send("Robot", "").await;
    let tagged = send("Other", "+x").await;
    assert_ne!(first, second);
    assert_eq!(shown(&world, second).await, [json!([true, "system", "suppressed", "limit"])]);
    assert_eq!(shown(&world, tagged).await, [json!([true, "system", "suppressed", "limit"])]);
    world.advance_to("2026-11-24T09:00:00Z").await;
    let third = send("Robot", "").await;
    assert_eq!(shown(&world, third).await, [json!([true, "system", "sent", null])]);
    assert_eq!(answers(&world).len(), 2);
}

/// LEAD-3: an answer that could not be sent at once is not sent after the seller's, nor half a day late.
#[tokio::test]
async fn lead_3_an_instant_answer_is_not_sent_late() {
    let world = World::new().await;
    answering(&world).await;
    let answered = world.lead(&enquiry("a")).await;
    let late = world.lead(&enquiry("b")).await;
    world.system.agenda.lose_everything();
    assert_eq!(world.post(ADMIN, &format!("/leads/{answered}/reactions"), &json!({"kind": "reply"})).await.status, 200);
    world.system.clock.freeze_at(at("2026-11-23T09:30:00Z"));
    world.system.outbox.sweep().await.unwrap();
    world.system.settle().await;
    assert_eq!(shown(&world, answered).await, [json!([true, "system", "suppressed", "no_longer_so"])]);
    assert_eq!(shown(&world, late).await, [json!([true, "system", "sent", null])]);
    let later = world.lead(&enquiry("c")).await;
    world.system.agenda.lose_everything();
    world.system.clock.freeze_at(at("2026-11-23T21:31:00Z"));
    world.system.outbox.sweep().await.unwrap();
    world.system.settle().await;
    assert_eq!(shown(&world, later).await, [json!([true, "system", "suppressed", "too_late"])]);
}

/// LEAD-3: an enquiry that a program wrote, spam and a forged sender get no automatic answer.
#[test]
fn lead_3_an_automatic_enquiry_is_not_answered_automatically() {
    let settings = demo::group().unwrap().dealers.into_iter().find(|dealer| dealer.id.as_str() == NORDSTERN).unwrap().settings;
    let mut settings = (*settings).clone();
    settings.instant_answer.on = true;
    let dealer = dealer_of(&settings);
    let letters = |automatic: bool, by: Actor| {
        let contact =
            Person { last_name: Some("Jana".into()), emails: vec![Email::parse("jana@example.com").unwrap()], ..Person::default() };
        let enquiry = Enquiry {
            source: "website".into(),
            provider: None,
            external_id: None,
            lead_type: LeadType::UsedCar,
            contact,
            vehicles: Vec::new(),
            trade_ins: Vec::new(),
            message: None,
            requested_at: None,
            consents: Vec::new(),
            flags: Vec::new(),
        };
        let arrival = Arrival {
            enquiry,
            origin: "o".into(),
            body: "b".into(),
            receipt: None,
            request: None,
            attachments: Vec::new(),
            mail: None,
            raw: Raw { media_type: String::new(), storage: RawStorage::Here(Vec::new()) },
            by,
            resend: false,
            automatic,
            mailbox: None,
            unknown_site: None,
            sent: at("2026-11-23T09:00:00Z"),
            at: at("2026-11-23T09:00:00Z"),
        };
        let outcome = receive(&arrival, LeadId::from_bits(1), StoredState::default(), &dealer, &|_| None).unwrap();
        let IntakeOutcome::New(decision) = outcome else { panic!("{outcome:?}") };
        decision.items.iter().filter(|item| matches!(item, Item::Letter(_))).count()
    };
    assert_eq!(letters(false, Actor::Partner(PartnerId::parse("portal").unwrap())), 1);
    assert_eq!(letters(false, Actor::System), 1);
    assert_eq!(letters(true, Actor::System), 0);
}
