//! The setting of a dealer's mail server: who sets and sees it, and the check before it is saved (SET-4).

use crate::support::smtp::{PASSWORD, SECRET, SILENCE, STARTTLS, SmtpServer, TLS, client, client_by, limits};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, engine, gateway_event, reply_of};
use async_trait::async_trait;
use forecourt_domain::settings::MailServer;
use forecourt_edge::Platform;
use forecourt_edge::mail_server::{Account, AccountFault, Limits, MailServers};
use forecourt_edge::resolver::{PublicAddresses, Resolver};
use forecourt_local::mailbox::Mailbox;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

const OPERATOR: &str = "otto.operator";

fn of_dealer(part: &str) -> String {
    format!("/dealers/{NORDSTERN}/{part}")
}

/// Sends a request to the function, which finds the server at every address.
async fn ask(world: &World, servers: Arc<dyn MailServers>, request: Request) -> Reply {
    let platform = Platform { mail_servers: servers, ..world.system.platform.of("settings") };
    reply_of(forecourt_settings::handle(&platform, gateway_event(&world.tokens, request).unwrap()).await)
}

async fn version(world: &World) -> u64 {
    world.get(OPERATOR, &of_dealer("configuration")).await.body["version"].as_u64().unwrap()
}

fn entered(server: &str, secret: &str) -> Value {
    json!({"mail_server": server, "mail_server_secret": secret})
}

#[tokio::test]
async fn set_4_only_the_operator_sets_a_mail_server_and_sees_its_secret() {
    let (world, server) = (World::new().await, SmtpServer::start(true).await);
    let smtp: Arc<dyn MailServers> = Arc::new(client(&server, limits()));
    let put = |who: &str, body: &Value, version| Request::put(who, &of_dealer("configuration")).json(body).version(version);
    for who in [ADMIN, "gina.group"] {
        let reply = ask(&world, smtp.clone(), put(who, &entered(TLS, SECRET), 1)).await;
        assert_eq!((reply.status, reply.text("/right"), reply.faults()), (403, "operate", vec!["mail_server SET-4".to_owned()]), "{who}");
    }
    assert_eq!(server.connections(), 0, "nobody else makes the system connect anywhere");
    let saved = ask(&world, smtp.clone(), put(OPERATOR, &entered(TLS, SECRET), 1)).await;
    assert_eq!((saved.status, saved.text("/settings/mail_server_secret")), (200, SECRET), "{}", saved.body);
    assert!(server.taken().is_empty(), "the check sends no mail");
    for path in ["configuration", "settings", "settings/history"] {
        let (own, admins) = (world.get(OPERATOR, &of_dealer(path)).await, world.get(ADMIN, &of_dealer(path)).await);
        assert!(own.status == 200 && own.body.to_string().contains("mail_server_secret"), "{path}: {}", own.body);
        assert!(admins.status == 200 && !admins.body.to_string().contains("mail_server_secret"), "{path}: {}", admins.body);
    }
    assert_eq!(world.get("anna.vogt", &of_dealer("configuration")).await.status, 403);
    // The administrator can still change everything else, in parts and as a whole.
    for path in ["configuration", "settings"] {
        let mut body = world.get(ADMIN, &of_dealer(path)).await.body["settings"].clone();
        body["from_name"] = json!(format!("Nordstern {path}"));
        let changed = world.call(Request::put(ADMIN, &of_dealer(path)).json(&body).version(version(&world).await)).await;
        assert_eq!(changed.status, 200, "{path}: {}", changed.body);
        assert_eq!(world.get(OPERATOR, &of_dealer("configuration")).await.text("/settings/mail_server_secret"), SECRET, "{path}");
    }
    let now = version(&world).await;
    let reply = world.call(put(ADMIN, &json!({"mail_server_secret": "another"}), now)).await;
    assert_eq!((reply.status, reply.faults()), (403, vec!["mail_server_secret SET-4".to_owned()]), "{}", reply.body);
    let removed = world.call(put(OPERATOR, &json!({"mail_server": null, "mail_server_secret": null}), now)).await;
    assert_eq!((removed.status, &removed.body["settings"]["mail_server"]), (200, &Value::Null), "{}", removed.body);
}

/// SET-4: the credentials are in no item, answer or problem.
#[tokio::test]
async fn set_4_the_credentials_are_stored_and_shown_nowhere() {
    let (world, server) = (World::new().await, SmtpServer::start(true).await);
    let smtp: Arc<dyn MailServers> = Arc::new(client(&server, limits()));
    let put = |secret: &str| Request::put(OPERATOR, &of_dealer("configuration")).json(&entered(TLS, secret)).version(1);
    server.replies("AUTH", "535 5.7.8 Kennwort-7-Zwiebel is wrong");
    let mut answers = Vec::new();
    for secret in ["wrong", "formless", "nameless", SECRET] {
        answers.push(ask(&world, smtp.clone(), put(secret)).await);
    }
    server.recovers();
    answers.push(ask(&world, smtp.clone(), put(SECRET)).await);
    assert_eq!(answers.iter().map(|reply| reply.status).collect::<Vec<_>>(), [422, 422, 422, 422, 200]);
    answers.push(world.get(OPERATOR, &of_dealer("settings/history")).await);
    let stored = forecourt_local::engine::client(engine()).scan().table_name(&world.table).send().await.unwrap();
    assert!(stored.last_evaluated_key.is_none(), "the whole table");
    let stored: Vec<String> = stored.items().iter().map(|item| format!("{item:?}")).collect();
    assert!(stored.iter().any(|item| item.contains("mail_server_secret")));
    for text in stored.iter().cloned().chain(answers.iter().map(|reply| reply.body.to_string())) {
        assert!(!text.contains("Zwiebel"), "{text}");
    }
    let account = Account::read(&format!(r#"{{"username":"post@nordstern.example","password":"{PASSWORD}"}}"#)).unwrap();
    assert!(!format!("{account:?}").contains("Zwiebel"));
}

#[tokio::test]
async fn set_4_a_mail_server_that_does_not_take_mail_is_refused() {
    let world = World::new().await;
    let attempt = async |address: &str, secret: &str, (command, reply): (&'static str, &'static str)| {
        let server = SmtpServer::start(address == TLS).await;
        server.replies(command, reply);
        let request = Request::put(OPERATOR, &of_dealer("configuration")).json(&entered(address, secret)).version(1);
        ask(&world, Arc::new(client(&server, limits())), request).await
    };
    for (address, secret, answer, field) in [
        (TLS, SECRET, ("connect", ""), "mail_server"),
        (TLS, SECRET, ("EHLO", "500 what"), "mail_server"),
        (TLS, SECRET, ("EHLO", "250 nothing"), "mail_server"),
        (TLS, SECRET, ("EHLO", "421 too many"), "mail_server"),
        (STARTTLS, SECRET, ("EHLO", "250 AUTH PLAIN"), "mail_server"),
        ("smtps://smtp.elsewhere.example", SECRET, ("-", ""), "mail_server"),
        (TLS, "wrong", ("-", ""), "mail_server_secret"),
        (TLS, "absent", ("-", ""), "mail_server_secret"),
        (TLS, "formless", ("-", ""), "mail_server_secret"),
        (TLS, "nameless", ("-", ""), "mail_server_secret"),
        (TLS, SECRET, ("MAIL", "553 5.7.1 not yours"), "mail_server_secret"),
    ] {
        let reply = attempt(address, secret, answer).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![format!("{field} SET-4")]), "{address} {secret} {answer:?}: {}", reply.body);
    }
    for (answer, text) in [("500 what", "refuses connections"), ("421 too many", "takes no mail now")] {
        let reply = attempt(TLS, SECRET, ("EHLO", answer)).await;
        assert!(reply.text("/errors/0/detail").contains(text), "{answer}: {}", reply.body);
    }
    let silent = SmtpServer::start(true).await;
    silent.replies("EHLO", SILENCE);
    let hasty = Limits { check: Duration::from_millis(200), ..limits() };
    let request = Request::put(OPERATOR, &of_dealer("configuration")).json(&entered(TLS, SECRET)).version(1);
    let reply = ask(&world, Arc::new(client(&silent, hasty)), request).await;
    assert!(reply.status == 422 && reply.text("/errors/0/detail").contains("in time"), "{}", reply.body);
    assert_eq!(attempt(TLS, "down", ("-", "")).await.status, 503, "the credentials cannot be read now");
    assert_eq!(version(&world).await, 1, "nothing was saved");
    for address in [TLS, STARTTLS] {
        let now = version(&world).await;
        let server = SmtpServer::start(address == TLS).await;
        let request = Request::put(OPERATOR, &of_dealer("configuration")).json(&entered(address, SECRET)).version(now);
        let saved = ask(&world, Arc::new(client(&server, limits())), request).await;
        assert_eq!((saved.status, saved.text("/settings/mail_server")), (200, address), "{}", saved.body);
    }
}

#[tokio::test]
async fn set_4_a_mail_server_is_on_the_public_internet_and_at_a_port_of_mail() {
    let world = World::new().await;
    let refused = [
        "smtp.nordstern.example",
        "https://smtp.nordstern.example",
        "smtps://",
        "smtps://user:pass@smtp.nordstern.example",
        "smtps://smtp.nordstern.example/x",
        "smtps://smtp.nordstern.example:",
        "smtps://smtp.nordstern.example:+465",
        "smtps://smtp.nordstern.example:22",
        "smtps://smtp.nordstern.example:70000",
        "smtp://localhost:2525",
        "smtp://relay.internal:2525",
        "smtp://intranet:2525",
        "smtp://127.0.0.1:2525",
        "smtp://0x7f.1:2525",
        "smtp://2130706433:2525",
        "smtp://169.254.169.254:2525",
        "smtp://10.0.0.5:587",
        "smtp://[::1]:587",
        "smtp://[::ffff:169.254.169.254]:587",
    ];
    for address in refused {
        let reply = world.call(Request::put(OPERATOR, &of_dealer("configuration")).json(&entered(address, SECRET)).version(1)).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["mail_server SET-4".to_owned()]), "{address}: {}", reply.body);
        assert!(!reply.body.to_string().contains("user:pass"), "{}", reply.body);
    }
    let alone = json!({"mail_server": TLS});
    let reply = world.call(Request::put(OPERATOR, &of_dealer("configuration")).json(&alone).version(1)).await;
    assert_eq!((reply.status, reply.faults()), (422, vec!["mail_server_secret SET-4".to_owned()]), "{}", reply.body);
    for secret in ["", "Nordstern", "../channel", "a/b", "x".repeat(65).as_str()] {
        let reply = world.call(Request::put(OPERATOR, &of_dealer("configuration")).json(&entered(TLS, secret)).version(1)).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["mail_server_secret SET-4".to_owned()]), "{secret}: {}", reply.body);
    }
    let parsed = |address: &str| MailServer::parse(address, SECRET).map(|server| (server.host, server.port));
    assert_eq!(parsed("smtps://SMTP.nordstern.example."), Ok(("smtp.nordstern.example".to_owned(), 465)));
    assert_eq!(parsed("smtp://bücher.example"), Ok(("xn--bcher-kva.example".to_owned(), 587)));
    assert_eq!(parsed("smtp://[2606:4700::1]:25"), Ok(("2606:4700::1".to_owned(), 25)));
}

/// A resolver that returns private addresses among others.
struct Rebinding(Vec<IpAddr>);

#[async_trait]
impl Resolver for Rebinding {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(self.0.clone())
    }
}

/// SET-4: a name that resolves to an address in the system's own network gets no connection, neither when it is saved nor later.
#[tokio::test]
async fn set_4_a_name_with_a_private_address_is_not_connected_to() {
    let (world, inside) = (World::new().await, SmtpServer::start(true).await);
    let address = format!("smtps://smtp.nordstern.example:{}", inside.address.port());
    for addresses in [vec!["127.0.0.1"], vec!["93.184.215.14", "169.254.169.254"], vec!["fd00::1"]] {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let smtp = Arc::new(client_by(Arc::new(PublicAddresses(Arc::new(Rebinding(addresses)))), limits()));
        let request = Request::put(OPERATOR, &of_dealer("configuration")).json(&entered(&address, SECRET)).version(1);
        let reply = ask(&world, smtp.clone(), request).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["mail_server SET-4".to_owned()]), "{}", reply.body);
        let sent = smtp.send(&MailServer::parse(&address, SECRET).unwrap(), "jana@example.com", |_| Ok(Vec::new())).await;
        assert!(sent.unwrap_err().to_string().contains("not public"));
    }
    assert_eq!(inside.connections(), 0);
}

/// SET-4: the name of a host that an earlier release stored has no effect, and keeps nobody from changing other settings.
#[tokio::test]
async fn set_4_the_host_that_an_earlier_release_stored_has_no_effect() {
    let world = World::new().await;
    world.settings(|s| s.mail_server = Some("smtp.old.example".to_owned())).await;
    let now = version(&world).await;
    let body = json!({"from_name": "Nordstern Verkauf"});
    let changed = world.call(Request::put(ADMIN, &of_dealer("configuration")).json(&body).version(now)).await;
    assert_eq!((changed.status, changed.text("/settings/mail_server")), (200, "smtp.old.example"), "{}", changed.body);
    let stored = forecourt_domain::settings::DealerSettings::own_mail_server;
    world.settings(|s| assert_eq!(stored(s), None)).await;
}

#[test]
fn set_4_the_sender_address_is_that_of_the_credentials() {
    let read = |secret: &str| Account::read(secret).map(|account| account.from.to_string());
    assert_eq!(read(r#"{"username":"post@a.example","password":"p"}"#).as_deref(), Ok("post@a.example"));
    assert_eq!(read(r#"{"username":"key","password":"p","from":"post@a.example"}"#).as_deref(), Ok("post@a.example"));
    assert_eq!(read(r#"{"username":"key","password":"p","from":"nobody"}"#), Err(AccountFault::From));
    for formless in [
        r#"{"username":"key","password":"p"}"#,
        r#"{"username":"a@b.example"}"#,
        r#"{"username":"a@b.example","password":"p\r\nQUIT"}"#,
        "[]",
        "",
    ] {
        assert_eq!(read(formless), Err(AccountFault::Form), "{formless}");
    }
}

/// SET-4: the local run has a mail server for each secret in its data folder. Its mails are in the outbox, and nothing leaves the machine.
#[tokio::test]
async fn set_4_a_mail_server_of_the_local_run_answers_if_its_secret_is_in_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("nordstern.json"), r#"{"username":"post@nordstern.example","password":"p"}"#).unwrap();
    std::fs::write(folder.path().join("formless.json"), "p").unwrap();
    let mailbox = Arc::new(Mailbox::in_memory().with_secrets(folder.path().to_owned()));
    let world = World::new().await;
    let attempt = async |secret: &str| {
        let request = Request::put(OPERATOR, &of_dealer("configuration")).json(&entered(TLS, secret)).version(1);
        ask(&world, mailbox.clone(), request).await.status
    };
    assert_eq!([attempt("absent").await, attempt("formless").await, attempt(SECRET).await], [422, 422, 200]);
    let notice = world.lead(&crate::support::world::enquiry("jana")).await;
    world.system.settle().await;
    let sent = world.system.mailbox.mails().into_iter().find(|mail| mail.text.contains(&notice.to_string())).unwrap();
    assert_eq!(sent.mail_server.map(|server| server.host).as_deref(), Some("smtp.nordstern.example"));
}
