//! Answers from the notice of the mail server on: the thread and the record of the mail.

use super::{START, Written, answered_by_anna, notices, received, reply_to};
use crate::support::world::{ADMIN, NORDSTERN, World, dealer};
use forecourt_domain::base::MailId;
use forecourt_domain::mail::{IncomingMail, MailOutcome};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;

async fn receive(world: &World, to: &[&str], written: &Written) -> MailId {
    let to: Vec<String> = to.iter().map(|one| (*one).to_owned()).collect();
    let (id, _) = world.system.receive_mail(written.raw().as_bytes(), &to).await.unwrap();
    world.system.settle().await;
    id
}

async fn record(world: &World, id: &MailId) -> Option<IncomingMail> {
    let loaded = world.store.load(&world.scope(), &Load::of([Key::IncomingMail(id.clone(), dealer(NORDSTERN))])).await.unwrap();
    loaded.incoming_mail(id, &dealer(NORDSTERN)).cloned()
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

/// DIS-5, INT-7: an answer to a closed lead makes a new lead at its dealer. A forged code leads nowhere.
#[tokio::test]
async fn dis_5_a_received_answer_to_a_closed_lead_makes_a_new_lead() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let forged = format!("{id}-abcdefghjkmn.demo-group@in.example.com");
    let nothing = receive(&world, &[&forged], &Written::to(&forged)).await;
    assert!(record(&world, &nothing).await.is_none() && received(&world, id).await.is_empty());
    world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "price"})).await;
    let before = leads(&world).await;
    let closed = receive(&world, &[&reply_to(&mail)], &Written::to(&reply_to(&mail))).await;
    let outcome = record(&world, &closed).await.unwrap().outcome;
    assert!(matches!(&outcome, MailOutcome::Leads { leads, .. } if *leads != [id]), "{outcome:?}");
    assert_eq!((leads(&world).await, received(&world, id).await.len()), (before + 1, 0));
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
