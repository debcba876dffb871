//! Received mails: records as the intake stores them, with the raw mail in the bucket.

use super::world::{ADMIN, NORDSTERN, World, dealer};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{LeadId, MailId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::{IncomingMail, MailOutcome, MailStep, MailVerdicts};
use forecourt_edge::files::Files as _;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::json;

/// A letter of a customer.
pub const LETTER: &str = "From: Jana Petersen <jana@example.com>\r\nTo: leads@autohaus-nordstern-demo.example\r\nSubject: Corsa\r\n\
                          Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIs the red Corsa still there?\r\n";

pub fn newsletter() -> MailOutcome {
    MailOutcome::NoLead { reason: "newsletter".into(), detail: "the mail is a newsletter: it has List-Unsubscribe".into() }
}

pub fn no_lead(reason: &str) -> MailOutcome {
    MailOutcome::NoLead { reason: reason.into(), detail: format!("the mail is no lead: {reason}") }
}

/// Returns the record of a mail as the intake stores it.
pub fn record(id: &str, raw: &[u8], outcome: MailOutcome, now: DateTime<Utc>) -> IncomingMail {
    let without_lead = outcome.is_without_lead();
    IncomingMail {
        id: MailId::parse(id).unwrap(),
        dealer: dealer(NORDSTERN),
        received: now,
        from: Some("jana@example.com".into()),
        reply_to: None,
        subject: Some("Corsa".into()),
        bytes: raw.len() as u64,
        object: format!("raw/mail/{id}"),
        verdicts: MailVerdicts::default(),
        outcome,
        marked: false,
        forward: Some(MailStep::due_at(now)),
        report: without_lead.then(|| MailStep::due_at(now)),
        handled: None,
        erased: None,
        version: 1,
    }
}

/// Stores a record and its raw mail.
pub async fn store(world: &World, mail: IncomingMail, raw: &[u8]) {
    world.bucket.put(&mail.object, raw.to_vec()).await.unwrap();
    let rule = |_: &Loaded, _| Ok((Some(Decision::default().with(Item::IncomingMail(Box::new(mail.clone())))), ()));
    world.system.platform.store.decide(&world.scope(), Load::of([]), rule).await.unwrap();
}

/// Stores a mail that arrives now.
pub async fn arrive(world: &World, id: &str, outcome: MailOutcome) {
    store(world, record(id, LETTER.as_bytes(), outcome, world.system.clock.now()), LETTER.as_bytes()).await;
}

/// Lets somebody answer a mail that a user writes to the customer of a lead. `rest` is the mail after its addresses. Returns the id of the
/// received e-mail.
pub async fn answer(world: &World, lead: LeadId, from: &str, rest: &str) -> String {
    let written = json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag, anbei das Angebot."});
    let wrote = world.post(ADMIN, &format!("/leads/{lead}/communications"), &written).await;
    assert_eq!(wrote.status, 201, "{}", wrote.body);
    world.system.settle().await;
    let mails = world.system.mailbox.mails();
    let to = mails.iter().rev().find_map(|mail| mail.reply_to.clone().filter(|to| to.starts_with(&lead.to_string()))).unwrap();
    let raw = format!(
        "From: {from}\r\nTo: {to}\r\nMessage-ID: <{}@mail.example.com>\r\nDate: Mon, 23 Nov 2026 11:00:00 +0100\r\nMIME-Version: 1.0\r\n{rest}",
        mails.len()
    );
    world.system.receive_mail(raw.as_bytes(), &[to]).await.unwrap();
    world.system.settle().await;
    let list = world.get(ADMIN, &format!("/leads/{lead}/communications")).await;
    let received = list.body["elements"].as_array().unwrap().iter().find(|element| !element["received"].is_null());
    received.unwrap_or_else(|| panic!("{}", list.body))["id"].as_str().unwrap().to_owned()
}

/// Returns the stored record of a mail for a dealer of the demo group.
pub async fn find(world: &World, id: &MailId, of: &str) -> Option<IncomingMail> {
    let loaded = world.store.load(&world.scope(), &Load::of([Key::IncomingMail(id.clone(), dealer(of))])).await.unwrap();
    loaded.incoming_mail(id, &dealer(of)).cloned()
}
