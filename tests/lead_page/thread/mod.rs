//! The mail thread of a lead: reply addresses, answers that join their lead, and answers to them (LEAD-3, INT-6).

mod attachments;
mod authors;
mod effects;
mod handler;
mod outgoing;
mod own;
mod recognition;

use crate::support::world::{ADMIN, Reply, World, enquiry};
use forecourt_domain::base::{GroupId, LeadId};
use forecourt_lead_intake::mail::{self, Layouts};
use forecourt_lead_intake::mail_in::{Answered, ArrivedMail, answered_lead};
use forecourt_send::mail::Mail;
use serde_json::{Value, json};

/// When the tests begin: Monday, 10:00 in Berlin.
const START: &str = "2026-11-23T09:00:00Z";

/// A mail as its sender writes it.
#[derive(Debug, Clone)]
struct Written {
    from: String,
    to: String,
    subject: String,
    id: String,
    headers: String,
    body: String,
}

impl Written {
    /// A mail of the customer to an address.
    fn to(address: &str) -> Self {
        Self {
            from: "Jana Petersen <petersen@example.com>".into(),
            to: address.into(),
            subject: "AW: Ihr Angebot".into(),
            id: "one@mail.example.com".into(),
            headers: String::new(),
            body: "Ja, gerne am Samstag!\r\n\r\nAm 23.11.2026 um 10:00 schrieb Autohaus <desk@example.com>:\r\n> Guten Tag,\r\n".into(),
        }
    }

    fn header(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }

    fn raw(&self) -> String {
        let Self { from, to, subject, id, headers, body } = self;
        let content = if headers.contains("Content-Type") { "" } else { "Content-Type: text/plain; charset=utf-8\r\n" };
        format!(
            "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\nDate: Mon, 23 Nov 2026 11:00:00 +0100\r\n\
             MIME-Version: 1.0\r\n{headers}{content}\r\n{body}"
        )
    }
}

/// Passes a mail to the reader and to the thread, as the handler of incoming mail does.
async fn receive_as(world: &World, written: &Written, object: &str, group: &str) -> Answered {
    let raw = written.raw();
    let read = mail::read(raw.as_bytes(), Layouts::standard());
    let group = GroupId::parse(group).unwrap();
    let recipients = [written.to.clone()];
    let received = world.system.clock.now();
    let arrived = ArrivedMail { group: &group, recipients: &recipients, mail: &read, object, received };
    answered_lead(&world.system.platform.of("lead-intake"), arrived).await.unwrap()
}

async fn receive(world: &World, written: &Written) -> Answered {
    let answered = receive_as(world, written, "mail/one", "demo-group").await;
    world.system.settle().await;
    answered
}

/// Returns the lead of Jana Petersen, to whom Anna has written.
async fn answered_by_anna(world: &World) -> (LeadId, Mail) {
    let id = world.lead(&enquiry("petersen")).await;
    let made = write(world, id, &json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag,\n\nanbei."})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    world.system.settle().await;
    (id, to_customer(world).pop().unwrap())
}

async fn write(world: &World, lead: LeadId, body: &Value) -> Reply {
    world.post(ADMIN, &format!("/leads/{lead}/communications"), body).await
}

fn to_customer(world: &World) -> Vec<Mail> {
    world.system.mailbox.mails().into_iter().filter(|mail| mail.to == "petersen@example.com").collect()
}

fn reply_to(mail: &Mail) -> String {
    mail.reply_to.clone().unwrap()
}

/// Returns the received mails of a lead, newest first.
async fn received(world: &World, lead: LeadId) -> Vec<Value> {
    let list = world.get(ADMIN, &format!("/leads/{lead}/communications")).await;
    list.body["elements"].as_array().unwrap().iter().filter(|element| !element["received"].is_null()).cloned().collect()
}

/// Returns the notices that the contact answered, as `time recipient`.
fn notices(world: &World) -> Vec<String> {
    let answered = ["hat geantwortet", "has answered", "heeft geantwoord", "Antwort von", "Answer from", "Antwoord van"];
    world
        .mails()
        .into_iter()
        .filter(|line| answered.iter().any(|text| line.contains(text)))
        .map(|line| line[..14].to_owned() + line[14..].split(':').next().unwrap())
        .collect()
}
