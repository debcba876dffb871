//! Security of sessions: what the table and the log reveal, which sessions end, and what a user without rights sees.

use super::things::{GROUP, OFFICE, SELLER};
use crate::support::console::{BEGUN, Desk, SESSION};
use crate::support::world::{ADMIN, NORDSTERN, Request, engine as address, enquiry};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use forecourt_local::engine;
use forecourt_store::{SessionKey, StoredSession};
use futures::StreamExt as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Sessions of one user in the table: with their tokens, more than a page of a query.
const MANY: usize = 600;
/// The last seconds of a session, in which its tokens are renewed.
const LATE: i64 = 12 * 3_600 - 30;
/// How each token begins.
const TOKEN: &str = "eyJ";

fn leads() -> String {
    format!("/desk/d/{NORDSTERN}/leads")
}

/// Returns the name of the session of a cookie.
fn key(cookie: &str) -> SessionKey {
    let (owner, _) = cookie.split_once('.').unwrap();
    SessionKey { owner: owner.to_owned(), hash: URL_SAFE_NO_PAD.encode(&Sha256::digest(cookie)[..16]) }
}

/// DESK-1: the table reveals neither a token nor a cookie.
#[tokio::test]
async fn a_copy_of_the_table_opens_no_session() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(ADMIN).await;
    let (_, random) = browser.jar[SESSION].split_once('.').unwrap();
    let stored = desk.world.store.session(&key(&browser.jar[SESSION])).await.unwrap().expect("the session is stored");
    assert!(stored.sealed.len() > 100 && stored.ends > Utc::now() + TimeDelta::hours(11));
    let client = engine::client(address());
    let mut pages = client.scan().table_name(&desk.world.table).into_paginator().send();
    let (mut seen, mut sessions) = (0, 0);
    while let Some(page) = pages.next().await {
        for item in page.unwrap().items() {
            seen += 1;
            sessions += usize::from(item["pk"].as_s().is_ok_and(|pk| pk.starts_with("SESSION#")));
            for value in item.values() {
                let text = match value {
                    AttributeValue::S(text) => text.clone(),
                    AttributeValue::B(bytes) => String::from_utf8_lossy(bytes.as_ref()).into_owned(),
                    _ => continue,
                };
                assert!(!text.contains(TOKEN) && !text.contains(random) && !text.contains("\"access\""), "{item:?}");
            }
        }
    }
    assert!(seen > 10 && sessions == 1, "{seen} items, {sessions} sessions");
    // The sealed tokens are of no use under another name.
    let other = desk.signed_in("chris.center").await;
    desk.world.store.renew_session(&key(&other.jar[SESSION]), &stored).await.unwrap();
    assert_eq!(other.clone().get(&leads()).await.status, 303);
}

/// DESK-1: a renewal of the tokens does not bring back a session that was ended in the meantime.
#[tokio::test]
async fn a_session_that_was_ended_stays_ended() {
    let desk = Desk::new().await;
    let store = &desk.world.store;
    let name = SessionKey { owner: "owner".into(), hash: "hash".into() };
    let session = StoredSession { sealed: vec![1], ends: Utc::now() + TimeDelta::hours(1) };
    assert!(!store.renew_session(&name, &session).await.unwrap());
    store.save_session(&name, &session).await.unwrap();
    let renewed = StoredSession { sealed: vec![2], ..session.clone() };
    assert!(store.renew_session(&name, &renewed).await.unwrap());
    assert_eq!(store.session(&name).await.unwrap(), Some(renewed.clone()));
    store.end_session(&name).await.unwrap();
    assert!(!store.renew_session(&name, &renewed).await.unwrap());
    assert_eq!(store.session(&name).await.unwrap(), None);
}

/// DESK-1: the cookie that a browser had before its user signed in again opens nothing.
#[tokio::test]
async fn a_sign_in_replaces_the_session_of_the_browser() {
    let desk = Desk::new().await;
    let mut browser = desk.signed_in(ADMIN).await;
    let mut stolen = browser.clone();
    let phone = desk.signed_in(ADMIN).await;
    assert_eq!(stolen.get(&leads()).await.status, 200);
    let page = browser.sign_in(ADMIN, "/desk/sign-in").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_ne!(browser.jar[SESSION], stolen.jar[SESSION]);
    assert_eq!(stolen.get(&leads()).await.status, 303);
    assert_eq!(phone.clone().get(&leads()).await.status, 200, "another browser keeps its session");
}

/// DESK-1: a user has at most fifty sessions, and signing out everywhere ends any number of them.
#[tokio::test]
async fn nobody_keeps_thousands_of_sessions() {
    let desk = Desk::new().await;
    let mut browser = desk.signed_in(ADMIN).await;
    let owner = key(&browser.jar[SESSION]).owner;
    let saves = (0..MANY).map(|number| {
        let (store, owner) = (desk.world.store.clone(), owner.clone());
        // Older than the session of the browser.
        let ends = Utc::now() + TimeDelta::seconds(i64::try_from(number).unwrap());
        async move {
            let session = StoredSession { sealed: vec![7; 4_000], ends };
            store.save_session(&SessionKey { owner, hash: format!("many-{number:05}") }, &session).await.unwrap();
        }
    });
    futures::stream::iter(saves).buffer_unordered(20).collect::<Vec<()>>().await;
    // Each sign-in ends those that it reads, apart from the youngest.
    for _ in 0..4 {
        desk.signed_in(ADMIN).await;
    }
    assert_eq!(browser.get(&leads()).await.status, 200, "only the oldest ones were ended");
    assert_eq!(desk.world.store.end_oldest_sessions(&owner, 50).await.unwrap(), 0, "at most fifty are left");
    let newest = desk.signed_in(ADMIN).await;
    browser.send("/desk/sign-out", &[("everywhere", "1")]).await;
    assert_eq!(desk.world.store.end_sessions(&owner).await.unwrap(), 0, "none is left");
    assert_eq!(newest.clone().get(&leads()).await.status, 303);
}

/// DESK-1: a token that cannot be renewed serves until it expires, so that neither a provider that is silent for a moment nor another
/// request that renews it at the same time ends the session. After that, the session leads to the sign-in.
#[tokio::test]
async fn tokens_that_cannot_be_renewed_serve_until_they_expire() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let comment = format!("/desk/leads/{lead}/comment");
    let (mut browser, mut other) = (desk.signed_in(ADMIN).await, desk.signed_in(ADMIN).await);
    let mut copy = other.clone();
    desk.wait(LATE);
    desk.provider_is_down(true);
    assert_eq!(browser.get(&leads()).await.status, 200);
    assert_eq!(browser.send(&comment, &[("text", "a"), ("key", "k")]).await.status, 303);
    // A sign-out is final all the same.
    other.send("/desk/sign-out", &[]).await;
    assert_eq!(copy.get(&leads()).await.status, 303);
    desk.wait(60);
    let page = browser.get(&leads()).await;
    assert!(page.status == 303 && page.header("location").starts_with("/desk/sign-in?to="), "{} {}", page.status, page.text);
    let page = browser.send(&comment, &[("text", "a"), ("key", "k")]).await;
    assert!(page.status == 401 && page.text.contains("href=\"/desk/sign-in\""), "a form neither: {} {}", page.status, page.text);
    desk.provider_is_down(false);
    browser.sign_in(ADMIN, &leads()).await;
    assert_eq!(browser.get(&leads()).await.status, 200);
}

/// DESK-1, ACC-1: a session of a user who was removed, or who lost a right, shows nothing more.
#[tokio::test]
async fn acc_1_what_is_taken_from_a_user_is_gone_at_the_next_request() {
    let desk = Desk::new().await;
    let (mut office, mut seller) = (desk.signed_in(OFFICE).await, desk.signed_in("helga.stern").await);
    let settings = format!("/desk/d/{NORDSTERN}/settings");
    assert_eq!(office.get("/desk/group/dealers").await.status, 200);
    assert_eq!(seller.get(&settings).await.status, 200);
    let hugo = desk.world.get(GROUP, "/users/hugo.office").await;
    let removal = Request::delete(GROUP, "/users/hugo.office").json(&json!({})).version(hugo.body["version"].as_u64().unwrap());
    assert_eq!(desk.world.call(removal).await.status, 200);
    let asked = office.get(&leads()).await;
    assert!(asked.status == 303 && asked.header("location").starts_with("/desk/sign-in"), "{} {}", asked.status, asked.text);
    // This page shows only the user's own dealers, for which the API is not asked.
    assert_eq!(office.get("/desk/group/dealers").await.status, 303);
    let arrived = office.sign_in(OFFICE, "/desk/").await;
    assert_eq!(arrived.status, 403, "{}", arrived.text);
    let mut helga = desk.world.get(GROUP, "/users/helga.stern").await;
    let version = helga.body["version"].as_u64().unwrap();
    let fields = helga.body.as_object_mut().unwrap();
    fields.retain(|name, _| ["name", "email", "language", "rights", "dealers", "notices"].contains(&name.as_str()));
    fields.insert("role".to_owned(), json!("seller"));
    let changed = desk.world.call(Request::put(GROUP, "/users/helga.stern").json(&helga.body).version(version)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(seller.get(&settings).await.status, 403);
}

/// ACC-1, DESK-2: the menu offers what a role may see. The rest is refused when its address is typed, forms before they are filled in.
#[tokio::test]
async fn acc_1_what_a_role_is_not_offered_is_refused_when_asked_for_anyway() {
    let desk = Desk::new().await;
    let at = |name: &str| format!("/desk/d/{NORDSTERN}/{name}");
    let screens = ["today", "leads", "board", "tasks", "calendar", "appointments", "overview", "settings"];
    // Each form with those who may not send it.
    let (sellers, centre, operator) = (SELLER, "chris.center", "otto.operator");
    let forms = [
        ("/desk/group/new-person".to_owned(), vec![sellers, ADMIN, OFFICE, centre]),
        ("/desk/group/new-webhook".to_owned(), vec![sellers, ADMIN, OFFICE, centre, operator]),
        ("/desk/group/partners".to_owned(), vec![sellers, ADMIN, OFFICE, centre]),
        ("/desk/group/dealers".to_owned(), vec![sellers, centre]),
        (format!("/desk/group/people/{SELLER}/edit"), vec![sellers, ADMIN, OFFICE, centre]),
        ("/desk/group/exports/new/leads".to_owned(), vec![sellers, ADMIN, GROUP, centre, operator]),
        ("/desk/group/privacy".to_owned(), vec![sellers, ADMIN, OFFICE, centre, operator]),
        (at("settings/dry-run"), vec![sellers, centre]),
        (at("settings/import"), vec![sellers, OFFICE, centre]),
        (at("settings/add-user"), vec![sellers, OFFICE, centre]),
        (at("appointments/new"), vec![OFFICE, operator]),
        (at("leads/plan"), vec![OFFICE, centre, operator]),
    ];
    for who in [sellers, ADMIN, GROUP, OFFICE, centre, operator] {
        let mut browser = desk.signed_in(who).await;
        let first = browser.open("/desk/").await;
        assert_eq!(first.status, 200, "{who}: {}", first.text);
        for screen in screens {
            let offered = first.text.contains(&format!("href=\"{}\" data-key", at(screen)));
            let status = browser.get(&at(screen)).await.status;
            assert_eq!(status, if offered { 200 } else { 403 }, "{who}: {screen}");
        }
        for (form, refused) in &forms {
            let shown = browser.get(form).await;
            assert_eq!(shown.status, if refused.contains(&who) { 403 } else { 200 }, "{who}: {form}");
        }
    }
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut office = desk.signed_in(OFFICE).await;
    assert_eq!(office.get(&format!("/desk/leads/{lead}")).await.status, 200);
    for form in ["comment", "status", "assignment", "document"] {
        assert_eq!(office.get(&format!("/desk/leads/{lead}/{form}")).await.status, 403, "{form}");
    }
}

/// The lines of a log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// DESK-1: the log of the console names pages and statuses. It has no token, cookie, code or typed text.
#[tokio::test]
async fn the_log_has_no_secret_and_no_customer() {
    let lines = Lines::default();
    let to = lines.clone();
    let log = tracing_subscriber::fmt().json().with_max_level(LevelFilter::INFO).with_writer(move || to.clone()).finish();
    // With one subscriber alone, the subscriber of another thread can decide what is logged here.
    let _second = tracing_subscriber::registry().set_default();
    let guard = log.set_default();
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana-secret")).await;
    let mut browser = desk.browser();
    let back = browser.callback(ADMIN, "/desk/").await;
    let begun = browser.jar[BEGUN].clone();
    let code = back.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    browser.get(&back).await;
    let cookie = browser.jar[SESSION].clone();
    browser.get(&format!("{}?q=jana-secret", leads())).await;
    browser.get(&format!("/desk/d/{NORDSTERN}/find?q=jana-secret")).await;
    browser.send(&format!("/desk/leads/{lead}/comment"), &[("text", "jana-secret"), ("key", "k")]).await;
    browser.send(&format!("/desk/leads/{lead}/event"), &[("title", "jana-secret"), ("key", "k")]).await;
    // Failures: a replayed answer of the provider, and a provider that is down.
    browser.get(&back).await;
    let again = browser.callback(ADMIN, "/desk/sign-in").await;
    let state = again.split_once("state=").unwrap().1.to_owned();
    browser.get(&format!("/desk/sign-in/callback?error=jana-secret%0Aforged&state={state}")).await;
    browser.get(&format!("/desk/sign-in/callback?code={code}&state={state}")).await;
    drop(guard);
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let pages: Vec<&str> = log.lines().filter(|line| line.contains("\"console\"")).collect();
    assert!(pages.len() >= 8 && pages.iter().any(|line| line.contains("/desk/sign-in/callback")), "{log}");
    assert!(log.contains("a page failed") && log.contains("the provider refused a sign-in"), "{log}");
    let random = cookie.split_once('.').unwrap().1;
    for secret in [TOKEN, &begun, &code, random, &state, "jana-secret", "forged"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
