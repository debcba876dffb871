//! Mail of the dealer's own side in a thread: letters that come back or go to another dealer, colleagues, mailboxes, full leads.

use super::handler::{receive, record};
use super::{START, Written, answered_by_anna, notices, received, reply_to};
use crate::support::mails::find;
use crate::support::world::{ADMIN, NORDSTERN, World, at};
use forecourt_domain::base::{Email, LeadId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::elements::ElementKind;
use forecourt_domain::mail::{IncomingMail, MailOutcome, OWN_MAIL};
use forecourt_domain::rules::lead::thread::MOST_COMMUNICATIONS;
use forecourt_lead_intake::mail::{OwnMark, envelope};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;

const HARBOUR: &str = "harbour-cars-demo";

fn own_address(dealer: &str) -> String {
    format!("{dealer}.demo-group@in.example.com")
}

fn reason(mail: &IncomingMail) -> &str {
    if let MailOutcome::NoLead { reason, .. } = &mail.outcome { reason } else { panic!("{:?}", mail.outcome) }
}

/// INT-7, LEAD-3: a letter that a seller wrote is an enquiry at another dealer, whose answer joins the seller's lead. The letter is no
/// enquiry at its own dealer, and does not answer itself.
#[tokio::test]
async fn int_7_a_letter_of_a_seller_is_an_enquiry_at_another_dealer_only() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let raw = mail.mime("desk@desk.example").unwrap();
    let read = envelope(&raw);
    assert_eq!((read.own, read.is_automatic()), (OwnMark::Letter(id), false), "a person wrote it");
    let reply = reply_to(&mail);
    for to in [own_address(NORDSTERN), reply.clone()] {
        let back = super::handler::receive_raw(&world, &[&to], &raw).await;
        let back = record(&world, &back).await.unwrap();
        assert_eq!((reason(&back), back.forward.is_none(), back.report.is_none()), (OWN_MAIL, true, true), "{to}");
    }
    assert!(received(&world, id).await.is_empty() && notices(&world).is_empty());
    let there = super::handler::receive_raw(&world, &[&own_address(HARBOUR)], &raw).await;
    let there = find(&world, &there, HARBOUR).await.unwrap();
    let MailOutcome::Leads { leads, .. } = &there.outcome else { panic!("{:?}", there.outcome) };
    let other = world.page(leads[0]).await.lead;
    assert_eq!((other.dealer.as_str(), other.email.map(|email| email.to_string())), (HARBOUR, Some(reply.clone())));
    // The seller of the other dealer answers.
    world.advance_to("2026-11-23T10:00:00Z").await;
    let answer = json!({"medium": "email", "subject": "Ja", "text": "Der Wagen ist da."});
    let made = world.post("gina.group", &format!("/leads/{}/communications", leads[0]), &answer).await;
    assert_eq!(made.status, 201, "{}", made.body);
    world.system.settle().await;
    let sent = world.system.mailbox.mails().into_iter().rfind(|sent| sent.to == reply).unwrap();
    let joined = super::handler::receive_raw(&world, &[&reply], &sent.mime("desk@desk.example").unwrap()).await;
    assert_eq!(record(&world, &joined).await.unwrap().outcome, MailOutcome::Answer { lead: id });
    assert_eq!(received(&world, id).await[0]["received"]["automatic"], json!(false));
    assert!(world.page(id).await.lead.clock_runs());
    assert_eq!(notices(&world).len(), 1);
}

/// INT-7: a message that no person wrote, which arrives at a reply address only, has a record at the lead's dealer.
#[tokio::test]
async fn int_7_mail_of_the_system_at_a_reply_address_has_a_record() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    for mark in ["4829130576.instant-answer", "4829130576.assigned-1", "inbox-report-x"] {
        let written = Written { id: format!("{mark}@x.example"), ..Written::to(&reply_to(&mail)) };
        let own = receive(&world, &[&reply_to(&mail)], &written.header(&format!("X-Forecourt-Mail: {mark}"))).await;
        assert_eq!(reason(&record(&world, &own).await.unwrap()), OWN_MAIL, "{mark}");
    }
    assert!(received(&world, id).await.is_empty());
}

/// LEAD-3, ESC-7: a colleague is recognised at a dealer with hundreds of users, and the administrator who is no member. A mailbox of the
/// dealer is no customer either.
#[tokio::test]
async fn lead_3_own_people_and_mailboxes_are_no_customers() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world
        .settings(|s| {
            let anna = s.members.iter().position(|member| member.user.as_str() == "anna.vogt").unwrap();
            let anna = s.members.remove(anna);
            s.members.extend((0..150).map(|n| serde_json::from_value(json!({"user": format!("a.user{n}")})).unwrap()));
            s.members.push(anna);
            s.forward_to = Some(Email::parse("dms@nordstern.example").unwrap());
            s.unparsed_mail_to = Some(Email::parse("office@nordstern.example").unwrap());
        })
        .await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let address = reply_to(&mail);
    let from = [
        "anna.vogt@autohaus-nordstern-demo.example",
        "dms@nordstern.example",
        "Office@nordstern.example",
        "leads@autohaus-nordstern-demo.example",
    ];
    for sender in from {
        let written = Written { from: sender.into(), id: format!("{sender}.x"), ..Written::to(&address) };
        let joined = receive(&world, &[&address], &written).await;
        let joined = record(&world, &joined).await.unwrap();
        assert_eq!((joined.outcome, joined.forward), (MailOutcome::Answer { lead: id }, None), "{sender}");
    }
    assert!(!world.page(id).await.lead.clock_runs() && notices(&world).is_empty());
    assert!(received(&world, id).await.iter().all(|mail| mail["received"]["from_known"] == json!(true)));
}

/// LEAD-3, SET-4: a mail to a lead with the maximum of communications has a record with the reason. Only a customer's is forwarded, so that
/// two programs do not go on.
#[tokio::test]
async fn lead_3_a_mail_to_a_full_lead_is_forwarded_only_if_a_customer_wrote_it() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.settings(|s| s.forward_to = Some(Email::parse("other@dms.example").unwrap())).await;
    fill(&world, id).await;
    let address = reply_to(&mail);
    let colleague = Written { from: "anna.vogt@autohaus-nordstern-demo.example".into(), id: "a@x".into(), ..Written::to(&address) };
    let program = Written { id: "b@x.example".into(), ..Written::to(&address) }.header("Auto-Submitted: auto-replied");
    for (written, forwards) in [(colleague, false), (program, false), (Written::to(&address), true)] {
        let full = receive(&world, &[&address], &written).await;
        let full = record(&world, &full).await.unwrap();
        assert_eq!((reason(&full), full.forward.is_some()), ("full_lead", forwards), "{}", written.id);
    }
    let list = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails")).await;
    assert_eq!(list.body["mails"][0]["outcome"]["reason"], json!("full_lead"));
}

/// Gives a lead the maximum of communications.
async fn fill(world: &World, id: LeadId) {
    let rule = |loaded: &forecourt_store::Loaded, _| {
        let mut lead = loaded.lead(id).unwrap().touched(at(START));
        while lead.counts.of(ElementKind::Communication) < MOST_COMMUNICATIONS {
            lead.counts.communications += 1;
        }
        Ok((Some(Decision::default().with(Item::Lead(Box::new(lead)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::Lead(id)]), rule).await.unwrap();
}
