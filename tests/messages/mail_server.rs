//! Mail of a dealer with a mail server of its own (SET-4, MSG-1).

use crate::support::smtp::{FROM, PASSWORD, SECRET, SILENCE, STARTTLS, SmtpServer, TLS, client, limits};
use crate::support::world::{ADMIN, NORDSTERN, World, at, enquiry};
use forecourt_domain::base::LeadId;
use forecourt_domain::messages::Retry;
use forecourt_domain::settings::MailServer;
use forecourt_edge::mail_server::Limits;
use forecourt_edge::metrics::Metrics;
use forecourt_send::mail::Mail;
use forecourt_send::relayed::Relayed;
use forecourt_send::texts::Texts;
use forecourt_send::{Carrier, Sender, Undelivered};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A world whose sender sends the mail of dealers with a mail server to `server`, and counts the metrics.
struct Desk {
    world: World,
    sender: Sender,
    metrics: Arc<Mutex<Vec<Value>>>,
}

impl Desk {
    async fn new(server: &SmtpServer, address: &str, limits: Limits) -> Self {
        let world = World::new().await;
        world.settings(|s| (s.mail_server, s.mail_server_secret) = (Some(address.to_owned()), Some(SECRET.to_owned()))).await;
        let (metrics, smtp) = (Arc::new(Mutex::new(Vec::new())), Arc::new(client(server, limits)));
        let to = metrics.clone();
        let counted = Metrics::to("a-table", move |line| to.lock().unwrap().push(serde_json::from_str(line).unwrap()));
        let carrier = Arc::new(Relayed { other: world.system.mailbox.clone(), smtp, metrics: counted });
        let texts = Arc::new(Texts::new(world.system.platform.console.clone()).unwrap());
        let sender = Sender { platform: world.system.platform.of("send"), carrier, texts };
        Self { world, sender, metrics }
    }

    /// Sends everything that is due now.
    async fn send(&self) {
        self.world.system.agenda.lose_everything();
        for (_, wake_up) in self.world.store.due(self.world.system.clock.now(), 100).await.unwrap() {
            let event = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": json!(wake_up).to_string()}]})).unwrap();
            self.sender.handle(event).await;
        }
    }

    async fn write(&self, lead: LeadId, purpose: &str) {
        let body = json!({"medium": "email", "subject": "Probefahrt", "text": "Guten Tag", "purpose": purpose});
        let reply = self.world.post(ADMIN, &format!("/leads/{lead}/communications"), &body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
    }

    async fn undelivered(&self) -> Vec<Value> {
        let reply = self.world.get(ADMIN, &format!("/dealers/{NORDSTERN}/undelivered")).await;
        reply.body["messages"].as_array().unwrap().clone()
    }

    fn failures(&self) -> usize {
        self.metrics.lock().unwrap().iter().filter(|line| line.get("MailServerFailed").is_some()).count()
    }
}

fn server(address: &str) -> MailServer {
    MailServer::parse(address, SECRET).unwrap()
}

fn mail(address: &str) -> Mail {
    let body = json!({"id": "m-1", "to_name": "Jana", "to": "jana@example.com", "from_name": "Desk", "at": at("2026-11-23T09:00:00Z"),
        "subject": "Hello", "text": "Hello\n.\n..two dots", "mail_server": server(address)});
    serde_json::from_value(body).unwrap()
}

/// SET-4: the mails of a dealer with a mail server, to staff and to customers, go there with the dealer's From name and the headers of the
/// thread. Those of other dealers go by SES.
#[tokio::test]
async fn set_4_notices_and_letters_of_a_dealer_go_to_its_mail_server() {
    let server = SmtpServer::start(true).await;
    let desk = Desk::new(&server, TLS, limits()).await;
    desk.world.settings(|s| s.from_name = Some("Autohaus Nordstern Verkauf".to_owned())).await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let other = desk.world.post("gina.group", "/dealers/harbour-cars-demo/leads", &enquiry("olga")).await;
    assert_eq!(other.status, 201, "{}", other.body);
    desk.send().await;
    desk.write(lead, "service").await;
    desk.send().await;
    let (taken, by_ses) = (server.taken(), desk.world.system.mailbox.mails());
    assert!(!by_ses.is_empty() && by_ses.iter().all(|mail| mail.mail_server.is_none()), "the notice of the other dealer");
    let letter = taken.iter().find(|mail| mail.to == "jana@example.com").unwrap();
    assert!(taken.iter().any(|mail| mail.to != "jana@example.com"), "a notice to staff");
    for mail in &taken {
        assert_eq!(mail.from, FROM);
        assert!(mail.mime.contains("From: \"Autohaus Nordstern Verkauf\" <post@nordstern.example>"), "{}", mail.mime);
        assert!(mail.mime.contains("@nordstern.example>\r\n") && mail.mime.contains("Message-ID: <"), "{}", mail.mime);
    }
    let flat = letter.mime.replace("\r\n ", " ").replace("\r\n\t", " ");
    for header in ["Reply-To: <", "References: <", "List-Unsubscribe: <https://", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"] {
        assert!(flat.contains(header), "{header}: {flat}");
    }
    let page = desk.world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert!(page.body.to_string().contains("\"sent\"") && desk.undelivered().await.is_empty(), "{}", page.body);
    // Without the setting, the letters that are not sent yet go by SES.
    desk.write(lead, "contract").await;
    desk.world.settings(|s| (s.mail_server, s.mail_server_secret) = (None, None)).await;
    desk.send().await;
    assert_eq!(
        (server.taken().len(), desk.world.system.mailbox.mails().iter().filter(|mail| mail.to == "jana@example.com").count()),
        (taken.len(), 1)
    );
}

/// MSG-1: while the mail server cannot be used, nothing is lost, and after its recovery each letter is sent once.
#[tokio::test]
async fn msg_1_a_letter_waits_for_the_mail_server_and_is_sent_once() {
    let server = SmtpServer::start(true).await;
    let desk = Desk::new(&server, TLS, limits()).await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    desk.write(lead, "contract").await;
    for (command, reply) in
        [("connect", ""), ("AUTH", "535 5.7.8 changed"), ("MAIL", "550 5.7.1 not yours"), ("RCPT", "451 4.7.1 greylisted"), ("RCPT", "")]
    {
        server.replies(command, reply);
        desk.send().await;
        let now = desk.world.system.clock.now();
        desk.world.system.clock.freeze_at(now + chrono::TimeDelta::minutes(65));
        server.recovers();
        assert_eq!((server.taken().len(), desk.undelivered().await.len()), (0, 0), "{command}");
    }
    // A greylisted letter is no fault of the server.
    assert!(desk.failures() >= 4, "{}", desk.failures());
    desk.send().await;
    desk.send().await;
    let to_jana = server.taken().iter().filter(|mail| mail.to == "jana@example.com").count();
    assert_eq!((to_jana, desk.undelivered().await.len()), (1, 0));
    assert!(desk.world.system.mailbox.mails().is_empty(), "nothing went by SES in between");
}

/// MSG-1: an address that the mail server refuses for good is recorded as a bounce: on the lead, on the timeline, and as a stop.
#[tokio::test]
async fn msg_1_an_address_that_the_mail_server_refuses_has_bounced() {
    let server = SmtpServer::start(false).await;
    let desk = Desk::new(&server, STARTTLS, limits()).await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    desk.send().await;
    server.replies("RCPT", "550 5.1.1 <jana@example.com> no such mailbox");
    desk.write(lead, "contract").await;
    desk.send().await;
    let undelivered = desk.undelivered().await;
    assert_eq!((undelivered.len(), &undelivered[0]["state"]), (1, &json!("bounced")), "{undelivered:?}");
    let page = desk.world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert!(page.body["timeline"].to_string().contains("no such mailbox"), "{}", page.body["timeline"]);
    let body = json!({"medium": "email", "subject": "Noch einmal", "text": "Guten Tag"});
    let refused = desk.world.post(ADMIN, &format!("/leads/{lead}/communications"), &body).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
    // The notice to the owner about it is refused, too: it is a finding of the dealer.
    desk.send().await;
    let findings = desk.world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings/findings")).await;
    assert!(findings.body.to_string().contains("notices_returned"), "{}", findings.body);
    assert_eq!(desk.failures(), 0, "the server works");
}

/// What an attempt means, by the point of the dialogue at which it ends.
#[tokio::test]
async fn msg_1_only_a_mail_without_an_answer_is_unclear() {
    let attempt = async |command: &'static str, reply: &'static str| {
        let server = SmtpServer::start(true).await;
        server.replies(command, reply);
        let smtp = Arc::new(client(&server, limits()));
        let carrier = Relayed { other: Arc::new(forecourt_local::mailbox::Mailbox::in_memory()), smtp, metrics: Metrics::nowhere() };
        carrier.carry(&mail(TLS)).await
    };
    for (command, reply, retry) in [
        ("RCPT", "554 5.7.1 relay access denied", Retry::Never),
        ("RCPT", "452 4.2.2 mailbox full", Retry::Later),
        ("RCPT", "550 no such user", Retry::Never),
        ("DATA", "451 4.3.0 try again", Retry::Later),
        ("DATA", "250 ok", Retry::Later),
        (".", "554 5.6.0 rejected", Retry::Never),
        (".", "550 rejected as spam", Retry::Never),
        (".", "421 4.3.2 shutting down", Retry::Later),
        (".", "", Retry::Unclear),
        (".", "354 what", Retry::Unclear),
        ("AUTH", "250 ok", Retry::Later),
        ("AUTH", "454 4.7.0 later", Retry::Later),
        ("EHLO", "500 what", Retry::Later),
    ] {
        let failed = attempt(command, reply).await.unwrap_err();
        assert_eq!(failed.retry(), retry, "{command} {reply}: {}", failed.why());
        assert!(!format!("{failed:?} {}", failed.why()).contains(PASSWORD));
        assert_eq!(matches!(failed, Undelivered::Refused(_)), reply == "550 no such user", "{command} {reply}");
    }
    let server = SmtpServer::start(true).await;
    let smtp = Arc::new(client(&server, limits()));
    let carrier = Relayed { other: Arc::new(forecourt_local::mailbox::Mailbox::in_memory()), smtp, metrics: Metrics::nowhere() };
    assert_eq!(carrier.carry(&mail(TLS)).await.unwrap(), "m-1@nordstern.example");
    assert!(server.taken()[0].mime.contains("Hello\r\n.\r\n..two dots"), "{}", server.taken()[0].mime);
    let hostile = Mail { to: "jana@example.com>\r\nRCPT TO:<all@example.com".to_owned(), ..mail(TLS) };
    assert_eq!(carrier.carry(&hostile).await.unwrap_err().retry(), Retry::Never);
    assert!(server.commands().iter().all(|(_, line)| !line.contains("all@example.com")));
    assert!(carrier.longest_send() <= Duration::from_secs(15));
}

/// SET-4: a server that could not be used is left alone for a while, so that it does not delay the mail of other dealers. Nothing was
/// attempted, so that no attempt is used up.
#[tokio::test]
async fn set_4_a_mail_server_that_cannot_be_used_rests() {
    let server = SmtpServer::start(true).await;
    server.replies("connect", "");
    let smtp = Arc::new(client(&server, Limits { rest: Duration::from_secs(3_600), ..limits() }));
    let carrier = Relayed { other: Arc::new(forecourt_local::mailbox::Mailbox::in_memory()), smtp, metrics: Metrics::nowhere() };
    assert_eq!(carrier.carry(&mail(TLS)).await.unwrap_err().retry(), Retry::Later);
    let attempted = server.connections();
    assert_eq!(carrier.carry(&mail(TLS)).await.unwrap_err().retry(), Retry::Busy);
    assert_eq!(server.connections(), attempted);
    let of_ses = Mail { mail_server: None, ..mail(TLS) };
    assert_eq!(carrier.carry(&of_ses).await.unwrap(), "local-m-1");
}

/// SET-4: an attempt ends at its time limit, and a server that gave no answer to a mail rests too.
#[tokio::test]
async fn set_4_a_silent_mail_server_ends_the_attempt_and_rests() {
    for (command, limit, retry) in [("EHLO", 200, Retry::Later), (".", 2_000, Retry::Unclear)] {
        let server = SmtpServer::start(true).await;
        server.replies(command, SILENCE);
        let limits = Limits { send: Duration::from_millis(limit), rest: Duration::from_secs(3_600), ..limits() };
        let smtp = Arc::new(client(&server, limits));
        let carrier = Relayed { other: Arc::new(forecourt_local::mailbox::Mailbox::in_memory()), smtp, metrics: Metrics::nowhere() };
        let failed = carrier.carry(&mail(TLS)).await.unwrap_err();
        assert_eq!(failed.retry(), retry, "{command}: {}", failed.why());
        assert_eq!(carrier.carry(&mail(TLS)).await.unwrap_err().retry(), Retry::Busy, "{command}");
    }
}

/// SET-4: the log line of a secret that cannot be read names the secret, and not the server.
#[tokio::test]
async fn set_4_an_unreadable_secret_is_not_reported_as_a_silent_server() {
    let server = SmtpServer::start(true).await;
    let down = MailServer::parse(TLS, "down").unwrap();
    let refused = client(&server, limits()).send(&down, "jana@example.com", |_| Ok(Vec::new())).await.unwrap_err();
    assert_eq!((refused.to_string().as_str(), server.connections()), ("the secret with the credentials cannot be read", 0));
}

/// SET-4: without encryption nothing is written but the request for it.
#[tokio::test]
async fn set_4_credentials_and_mails_are_sent_only_encrypted() {
    let server = SmtpServer::start(false).await;
    let smtp = client(&server, limits());
    let to = |address: &'static str| (MailServer::parse(address, SECRET).unwrap(), "jana@example.com");
    let (starttls, jana) = to(STARTTLS);
    smtp.send(&starttls, jana, |from| mail(STARTTLS).mime(from)).await.unwrap();
    let before: Vec<String> = server.commands().into_iter().filter(|(encrypted, _)| !encrypted).map(|(_, line)| line).collect();
    assert_eq!(before, ["EHLO nordstern.example", "STARTTLS"]);
    // A server that offers no encryption, and one that should speak TLS at once, get nothing else.
    server.without_starttls();
    smtp.send(&starttls, jana, |from| mail(STARTTLS).mime(from)).await.unwrap_err();
    smtp.send(&to(TLS).0, jana, |from| mail(TLS).mime(from)).await.unwrap_err();
    let known = ["EHLO nordstern.example", "STARTTLS", "QUIT"];
    let plain = server.commands().into_iter().filter(|(encrypted, _)| !encrypted).map(|(_, line)| line);
    assert!(plain.clone().all(|line| known.contains(&line.as_str()) || line.contains('\u{fffd}')), "{:?}", plain.collect::<Vec<_>>());
    assert_eq!(server.taken().len(), 1);
    // The certificate must be for the host.
    let elsewhere = SmtpServer::start(true).await;
    let other = MailServer::parse("smtps://smtp.elsewhere.example", SECRET).unwrap();
    let refused = client(&elsewhere, limits()).send(&other, jana, |from| mail(TLS).mime(from)).await.unwrap_err();
    assert!(refused.to_string().contains("no valid certificate"), "{refused}");
    assert!(elsewhere.commands().is_empty(), "{:?}", elsewhere.commands());
}
