//! Answers from the notice of the mail server on: the thread and the record of the mail.

use super::{START, Written, answered_by_anna, notices, received, reply_to};
use crate::support::mails::find;
use crate::support::world::{ADMIN, NORDSTERN, World, at, dealer};
use forecourt_domain::base::{LeadId, MailId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::{IncomingMail, MailOutcome};
use forecourt_domain::rules::lead::thread::MOST_COMMUNICATIONS;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::json;

pub(super) async fn receive(world: &World, to: &[&str], written: &Written) -> MailId {
    receive_raw(world, to, written.raw().as_bytes()).await
}

pub(super) async fn receive_raw(world: &World, to: &[&str], raw: &[u8]) -> MailId {
    let to: Vec<String> = to.iter().map(|one| (*one).to_owned()).collect();
    let (id, _) = world.system.receive_mail(raw, &to).await.unwrap();
    world.system.settle().await;
    id
}

pub(super) async fn record(world: &World, id: &MailId) -> Option<IncomingMail> {
    find(world, id, NORDSTERN).await
}

/// Stores a lead with this number of communications.
async fn with_communications(world: &World, id: LeadId, number: u32) {
    let rule = |loaded: &Loaded, _| {
        let mut lead = loaded.lead(id).unwrap().touched(world.system.clock.now());
        lead.counts.communications = number;
        Ok((Some(Decision::default().with(Item::Lead(Box::new(lead)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::Lead(id)]), rule).await.unwrap();
}

async fn leads(world: &World) -> usize {
    world.list(ADMIN, NORDSTERN).await.len()
}

/// LEAD-3: an answer that also went to the dealer's address joins its lead, makes no lead, and has one record. The raw mail is on the lead.
#[tokio::test]
async fn lead_3_a_received_answer_joins_its_lead_and_makes_no_other() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let before = leads(&world).await;
    let (reply, own) = (reply_to(&mail), format!("{NORDSTERN}.demo-group@in.example.com"));
    let written = Written::to(&reply);
    let first = receive(&world, &[&own, &reply], &written).await;
    let record_of = record(&world, &first).await.unwrap();
    assert_eq!((record_of.outcome, record_of.report), (MailOutcome::Answer { lead: id }, None));
    let again = receive(&world, &[&own], &written.clone().header(&format!("References: <{}>", mail.references[0]))).await;
    assert_eq!(record(&world, &again).await.unwrap().outcome, MailOutcome::Answer { lead: id });
    assert_eq!((received(&world, id).await.len(), leads(&world).await, notices(&world).len()), (1, before, 1));
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    let entry =
        page.body["timeline"].as_array().unwrap().iter().find(|entry| entry["events"][0]["what"] == "mail_received").unwrap().clone();
    assert!(entry["raw"].is_string(), "{entry}");
}

/// DIS-5, INT-7: an answer to a closed lead makes a new lead at its dealer. One with a code that is not valid is an enquiry there, too, and
/// is no answer of the lead: the key of the code may have been removed.
#[tokio::test]
async fn dis_5_a_received_answer_to_a_closed_lead_makes_a_new_lead() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let invalid = format!("{id}-abcdefghjkmn.demo-group@in.example.com");
    let other = Written { from: "kai@else.example".into(), id: "kai@else.example".into(), ..Written::to(&invalid) };
    let enquiry = receive(&world, &[&invalid], &other).await;
    let outcome = record(&world, &enquiry).await.unwrap().outcome;
    assert!(matches!(&outcome, MailOutcome::Leads { leads, .. } if *leads != [id]), "{outcome:?}");
    assert!(received(&world, id).await.is_empty());
    world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "price"})).await;
    let before = leads(&world).await;
    let closed = receive(&world, &[&reply_to(&mail)], &Written::to(&reply_to(&mail))).await;
    let outcome = record(&world, &closed).await.unwrap().outcome;
    assert!(matches!(&outcome, MailOutcome::Leads { leads, .. } if *leads != [id]), "{outcome:?}");
    assert_eq!((leads(&world).await, received(&world, id).await.len()), (before + 1, 0));
}

/// INT-7: an answer to a lead that does not exist is an enquiry if the group has one dealer. Otherwise it stays in the bucket, and the
/// metric counts it once.
#[tokio::test]
async fn int_7_an_answer_to_a_lead_that_does_not_exist_goes_to_the_only_dealer() {
    let world = World::at(START).await;
    let settings = json!({"name": "Lone", "country": "DE", "language": "de", "admin_user": "lone.seller",
        "calendar": {"zone": "Europe/Berlin", "hours": {"mon": [["08:00", "18:00"]]}},
        "members": [{"user": "lone.seller", "receives_leads": true, "assignable": true}]});
    let user = json!({"id": "lone.seller", "name": "Lone", "email": "a@lone.example", "language": "de", "role": "group_admin",
        "dealers": ["lone-dealer"], "notices": true});
    let lone = json!({"group": "lone-group", "dealers": [{"id": "lone-dealer", "settings": settings}], "users": [user], "partners": []});
    let lone: forecourt_local::demo::GroupData = serde_json::from_value(lone).unwrap();
    lone.load_into(&world.store, at("2026-01-01T00:00:00Z")).await.unwrap();
    let to = "4829130576-abcdefghjkmn.lone-group@in.example.com";
    let only = receive(&world, &[to], &Written::to(to)).await;
    let scope = forecourt_domain::access::Scope::keys_only("lone-group".parse().unwrap());
    let key = Key::IncomingMail(only, dealer("lone-dealer"));
    assert!(world.store.load(&scope, &Load::of([key.clone()])).await.unwrap().holds(&key));
    let nobody = "4829130576-abcdefghjkmn.demo-group@in.example.com";
    let notes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let to = notes.clone();
    let metrics = forecourt_edge::metrics::Metrics::to("t", move |line| to.lock().unwrap().push(line.to_owned()));
    let platform = forecourt_edge::Platform { metrics, ..world.system.platform.of("lead-intake") };
    let raw = Written::to(nobody).raw();
    let (id, _) = world.system.receive_mail(raw.as_bytes(), &[nobody.to_owned()]).await.unwrap();
    let body = world.system.mails.waiting().unwrap().remove(0).body;
    let event = json!({"Records": [{"messageId": "1", "body": body}]});
    let response = forecourt_lead_intake::mail_in::messages(&platform, serde_json::from_value(event).unwrap()).await;
    assert!(response.batch_item_failures.is_empty() && record(&world, &id).await.is_none());
    let counted = notes.lock().unwrap().iter().filter(|line| line.contains("MailWithoutDealer")).count();
    assert_eq!(counted, 1);
}

/// LEAD-3, SET-4: the mail of a user or of a program is not forwarded; a customer's is. A mail with a virus is recorded with the reason.
#[tokio::test]
async fn set_4_only_the_answer_of_a_customer_is_forwarded() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.settings(|s| s.forward_to = Some(forecourt_domain::base::Email::parse("other@dms.example").unwrap())).await;
    let address = reply_to(&mail);
    let own = Written { from: "anna.vogt@autohaus-nordstern-demo.example".into(), id: "a@x.example".into(), ..Written::to(&address) };
    let automatic = Written { id: "b@x.example".into(), ..Written::to(&address) }.header("Auto-Submitted: auto-replied");
    for (written, forwards) in [(own, false), (automatic, false), (Written::to(&address), true)] {
        let mail = receive(&world, &[&address], &written).await;
        let record = record(&world, &mail).await.unwrap();
        assert_eq!((record.outcome, record.forward.is_some()), (MailOutcome::Answer { lead: id }, forwards), "{}", written.id);
    }
    let virus = Written { id: "v@x.example".into(), ..Written::to(&address) }.header("X-SES-Virus-Verdict: FAIL");
    let virus = receive(&world, &[&address], &virus).await;
    let outcome = record(&world, &virus).await.unwrap().outcome;
    assert!(matches!(&outcome, MailOutcome::NoLead { reason, .. } if reason == "virus"), "{outcome:?}");
    assert_eq!(received(&world, id).await.len(), 3);
}

/// LEAD-3, INT-7: a lead with 500 communications takes no further mail. The mail is open in the inbox with the reason, and is forwarded.
#[tokio::test]
async fn lead_3_a_mail_for_which_its_lead_has_no_room_is_open_in_the_inbox() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.settings(|s| s.forward_to = Some(forecourt_domain::base::Email::parse("other@dms.example").unwrap())).await;
    let address = reply_to(&mail);
    assert_eq!(MOST_COMMUNICATIONS, 500);
    with_communications(&world, id, MOST_COMMUNICATIONS - 1).await;
    let last = receive(&world, &[&address], &Written::to(&address)).await;
    assert_eq!(record(&world, &last).await.unwrap().outcome, MailOutcome::Answer { lead: id });
    let (before, leads_before) = (world.page(id).await.lead, leads(&world).await);
    assert_eq!(before.counts.communications, 500);
    let own = format!("{NORDSTERN}.demo-group@in.example.com");
    let further = Written { id: "two@mail.example.com".into(), body: "Und die Winterreifen?".into(), ..Written::to(&address) };
    let full = receive(&world, &[&own, &address], &further).await;
    let record = record(&world, &full).await.unwrap();
    assert!(matches!(&record.outcome, MailOutcome::NoLead { reason, .. } if reason == "full_lead"), "{:?}", record.outcome);
    assert!(record.forward.is_some() && record.report.is_some() && record.is_open(), "{record:?}");
    let inbox = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails?state=open")).await;
    assert_eq!((inbox.status, inbox.body["mails"].as_array().unwrap().len()), (200, 1), "{}", inbox.body);
    assert_eq!((inbox.text("/mails/0/id"), inbox.text("/mails/0/state")), (full.as_str(), "open"), "{}", inbox.body);
    assert_eq!((world.page(id).await.lead, received(&world, id).await.len(), leads(&world).await), (before, 1, leads_before));
}

/// INT-9: a received answer costs the calls of the answer and those of its record; the object is read once.
#[tokio::test]
async fn int_9_a_received_answer_costs_five_calls() {
    let world = World::at(START).await;
    let (_, mail) = answered_by_anna(&world).await;
    let address = reply_to(&mail);
    receive(&world, &[&address], &Written { id: "warm@x.example".into(), ..Written::to(&address) }).await;
    let to = [address.clone()];
    world.system.receive_mail(Written::to(&address).raw().as_bytes(), &to).await.unwrap();
    let before = world.store.spent();
    world.system.step().await;
    let spent = world.store.spent().since(before);
    println!("a received answer: {spent:?}");
    assert_eq!(spent.calls, 5);
}
