//! Received mails: records as the intake stores them, with the raw mail in the bucket.

use super::world::{NORDSTERN, World, dealer};
use chrono::{DateTime, Utc};
use forecourt_domain::base::MailId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::{IncomingMail, MailOutcome, MailStep, MailVerdicts};
use forecourt_edge::files::Files as _;
use forecourt_store::{Load, Loaded};

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
