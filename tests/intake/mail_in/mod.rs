//! Received mails, from the notice of the mail server to the lead, or to the record with the reason (INT-1, INT-7, INT-10).

mod addresses;
mod calls;
mod customers;
mod dealers;
mod documents;
mod first_message;
mod instant;
mod layouts;
mod local;
mod notices;
mod raw;
mod readable;
mod repeats;
mod samples;

use crate::support::mails::find as record;
use crate::support::world::{NORDSTERN, World};
use forecourt_domain::base::{LeadId, MailId};
use forecourt_domain::mail::{IncomingMail, MailOutcome};
use forecourt_lead_intake::mail_in::FOLDER;
use serde_json::json;

/// Returns the address of a dealer of the demo group.
fn address(dealer: &str) -> String {
    format!("{dealer}.demo-group@in.example.com")
}

/// Receives a mail for recipients as SES does, and handles it. Returns its id.
async fn receive(world: &World, to: &[&str], raw: impl AsRef<[u8]>) -> MailId {
    let to: Vec<String> = to.iter().map(|one| (*one).to_owned()).collect();
    let (id, _) = world.system.receive_mail(raw.as_ref(), &to).await.unwrap();
    world.system.step().await;
    id
}

/// Receives a mail for [`NORDSTERN`], and returns its record.
pub(super) async fn received(world: &World, raw: impl AsRef<[u8]>) -> IncomingMail {
    let id = receive(world, &[&address(NORDSTERN)], raw).await;
    record(world, &id, NORDSTERN).await.unwrap()
}

/// Returns the leads of a record.
pub(super) fn leads(mail: &IncomingMail) -> Vec<LeadId> {
    match &mail.outcome {
        MailOutcome::Leads { leads, .. } => leads.clone(),
        other => panic!("no lead: {other:?}"),
    }
}

/// Returns the reason of a mail without a lead.
fn reason(mail: &IncomingMail) -> &str {
    match &mail.outcome {
        MailOutcome::NoLead { reason, .. } => reason,
        other => panic!("not without a lead: {other:?}"),
    }
}

/// A letter from a person.
fn letter(from: &str, headers: &str) -> String {
    format!("From: Jana Petersen <{from}>\r\nSubject: Corsa\r\n{headers}\r\nGuten Tag,\nist der Corsa noch da?\nJana Petersen\n")
}

/// A portal's mail with labelled text.
fn portal(id: &str, email: &str) -> String {
    format!(
        "From: Portal <noreply@portal.example>\r\nTo: leads@autohaus-nordstern-demo.example\r\nSubject: Anfrage\r\n\
         Message-ID: <{id}@portal.example>\r\n\r\n\
         Name: Jana Petersen\nE-Mail: {email}\nTelefon: 0171 2345678\nMarke: Opel\nModell: Corsa\nNachricht: Ist der Wagen noch da?\n"
    )
}

/// Returns the body of a queue message with this notice of SES.
fn notice(object: &str, recipients: &[&str], more: &serde_json::Value) -> String {
    let mut content = json!({
        "notificationType": "Received",
        "mail": {"timestamp": "2026-11-23T08:59:30.000Z", "source": "a@example.com", "messageId": "m-1", "destination": recipients,
            "commonHeaders": {"from": ["Jana <jana@example.com>"], "subject": "Corsa"}},
        "receipt": {"timestamp": "2026-11-23T08:59:30.000Z", "recipients": recipients,
            "action": {"type": "S3", "bucketName": "b", "objectKeyPrefix": FOLDER, "objectKey": object}},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        content["receipt"][name] = value.clone();
    }
    json!({"Type": "Notification", "MessageId": "s", "Message": content.to_string()}).to_string()
}
