//! Webhooks may connect only to addresses on the public internet (APT-6).

use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use crate::webhooks::events::{sender, wake_up};
use async_trait::async_trait;
use forecourt_domain::base::is_public;
use forecourt_domain::webhooks::endpoint;
use forecourt_edge::resolver::Resolver;
use forecourt_send::Call;
use forecourt_send::https::Https;
use forecourt_send::mail::Mail;
use forecourt_send::{Carrier, NoAnswer, Undelivered};
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;

/// Private and reserved addresses.
const INSIDE: &[&str] = &[
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.9.9.9",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
];

/// Public addresses, most of them next to a reserved block.
const OUTSIDE: &[&str] = &[
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700::1",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
];

fn has_public_address(text: &&str) -> bool {
    is_public(text.parse::<IpAddr>().unwrap())
}

#[test]
fn apt_6_private_and_reserved_addresses_are_not_public() {
    assert_eq!(INSIDE.iter().copied().filter(has_public_address).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn apt_6_other_addresses_are_public() {
    assert_eq!(OUTSIDE.iter().copied().filter(|text| !has_public_address(text)).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn apt_6_an_endpoint_must_be_https_on_the_public_internet_in_any_notation() {
    let refused = [
        "http://dms.example/",
        "ftp://dms.example/",
        "dms.example",
        "https://",
        "https://localhost/",
        "https://localhost./",
        "https://a.localhost/",
        "https://intranet/",
        "https://printer.local/",
        "https://db.internal/",
        "https://u:p@dms.example/",
        "https://u@dms.example/",
        "https://dms.example/#x",
        "https://dms.example:22/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://１２７.0.0.1/",
    ];
    assert_eq!(refused.iter().filter(|url| endpoint(url).is_ok()).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(endpoint(&format!("https://dms.example/{}", "x".repeat(500))).is_err());
    for (url, kept) in
        [("https://DMS.example", "https://dms.example/"), ("https://dms.example:8443/a?b=c", "https://dms.example:8443/a?b=c")]
    {
        assert_eq!(endpoint(url).as_deref(), Ok(kept));
    }
    assert_eq!(endpoint("https://8.8.8.8/x").as_deref(), Ok("https://8.8.8.8/x"));
}

/// A resolver that returns another address than at the check, as in a DNS rebinding attack.
struct Rebinding(Vec<IpAddr>);

#[async_trait]
impl Resolver for Rebinding {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(self.0.clone())
    }
}

struct OverHttps(Https);

#[async_trait]
impl Carrier for OverHttps {
    async fn carry(&self, _: &Mail) -> Result<String, Undelivered> {
        Err(Undelivered::Later("for the test".into()))
    }

    async fn call(&self, call: &Call) -> Result<u16, NoAnswer> {
        self.0.send(call).await
    }
}

#[tokio::test]
async fn apt_6_a_host_name_with_a_private_address_is_not_connected_to() {
    let world = World::new().await;
    // A listener at the private address. It must see no connection.
    let inside = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://dms.example:{}/", inside.local_addr().unwrap().port());
    let made = world.post("gina.group", "/webhooks", &json!({"url": url, "events": ["lead.created"]})).await;
    world.lead(&enquiry("jana")).await;
    // One public address among them does not make the name acceptable.
    let addresses = ["127.0.0.1", "93.184.215.14"].map(|address| address.parse().unwrap()).to_vec();
    let sender = sender(&world, Arc::new(OverHttps(Https::new(Arc::new(Rebinding(addresses))))));
    let event = json!({"Records": [{"messageId": "1", "body": json!(wake_up(&world).await).to_string()}]});
    assert!(sender.handle(serde_json::from_value(event).unwrap()).await.batch_item_failures.is_empty());
    let shown = world.get("gina.group", &format!("/webhooks/{}", made.text("/id"))).await;
    assert!(shown.text("/failing/last").contains("an address that is not public"), "{}", shown.body);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(20), inside.accept()).await.is_err(), "nobody called");
}

/// APT-6, ACC-1: a partner's webhook has only events of the partner's own appointments, and nothing of a lead.
#[tokio::test]
async fn apt_6_a_partners_webhook_contains_nothing_of_a_lead() {
    let world = World::new().await;
    let url = crate::webhooks::events::URL;
    let all = json!(["lead.created", "appointment.created"]);
    let refused = world.post("gina.group", "/webhooks", &json!({"url": url, "events": all, "partner": "centre-demo"})).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["events APT-6".to_owned()]), "{}", refused.body);
    let of = |partner: &str| json!({"url": url, "events": ["appointment.created"], "partner": partner});
    assert_eq!(world.post("gina.group", "/webhooks", &of("nobody")).await.faults(), ["partner APT-6"]);
    let made = world.post("gina.group", "/webhooks", &of("centre-demo")).await;
    assert_eq!((made.status, made.text("/partner")), (201, "centre-demo"), "{}", made.body);
    let path = format!("/webhooks/{}", made.text("/id"));
    let headers = [("content-type", "application/json"), ("if-match", "\"1\"")];
    for (change, fault) in [(json!({"events": all}), "events APT-6"), (json!({"partner": "dms-demo"}), "partner APT-6")] {
        let reply = world.call(Request::patch("gina.group", &path).headers(&headers).body(change.to_string().as_bytes())).await;
        assert_eq!(reply.faults(), [fault], "{}", reply.body);
    }
    let lead = world.lead(&enquiry("jana")).await;
    let visits = format!("/dealers/{NORDSTERN}/appointments");
    let visit = json!({"lead": lead, "kind": "showroom", "at": "2026-11-25T10:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &visits, &visit).await.status, 201);
    let mut own = visit;
    own["external_id"] = json!("c-1");
    let own = world.post("partner:centre-demo", &visits, &own).await;
    assert_eq!(own.status, 201, "{}", own.body);
    world.system.settle().await;
    let calls = world.system.mailbox.calls();
    assert_eq!(calls.len(), 1, "only its own appointment");
    let sent: serde_json::Value = serde_json::from_str(&calls[0].body).unwrap();
    assert_eq!((&sent["data"]["appointment"], sent["data"].get("lead")), (&own.body["id"], None), "{sent}");
    // A seller who may manage webhooks does not read every lead, and so cannot subscribe to them.
    let seller = json!({"name": "Ben", "email": "ben@example.com", "language": "de", "role": "seller", "rights": ["manage_webhooks"], "dealers": [NORDSTERN]});
    let changed = world.call(Request::put("gina.group", "/users/ben.krause").headers(&headers).body(seller.to_string().as_bytes())).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let own = json!({"url": url, "events": ["lead.created"], "dealers": [NORDSTERN]});
    assert_eq!(world.post("ben.krause", "/webhooks", &own).await.faults(), ["events APT-6"]);
    // Nor can the seller direct the events of an existing webhook elsewhere, but can switch it off.
    let made = world.post("gina.group", "/webhooks", &own).await;
    let path = format!("/webhooks/{}", made.text("/id"));
    let elsewhere = json!({"url": "https://elsewhere.example/hook"});
    let change = async |body: &serde_json::Value| {
        world.call(Request::patch("ben.krause", &path).headers(&headers).body(body.to_string().as_bytes())).await
    };
    assert_eq!(change(&elsewhere).await.faults(), ["events APT-6"]);
    assert_eq!(change(&json!({"state": "off"})).await.status, 200);
}

/// SET-10: a repeated change is no conflict. Only the first one raises the version, also with the version that it began with.
#[tokio::test]
async fn apt_6_a_repeated_change_of_a_webhook_returns_the_webhook_and_keeps_its_version() {
    let world = World::new().await;
    let webhook = json!({"url": crate::webhooks::events::URL, "events": ["lead.created"]});
    let path = format!("/webhooks/{}", world.post("gina.group", "/webhooks", &webhook).await.text("/id"));
    let patch = async |body: serde_json::Value| {
        let headers = [("content-type", "application/json"), ("if-match", "\"1\"")];
        world.call(Request::patch("gina.group", &path).headers(&headers).body(body.to_string().as_bytes())).await
    };
    for _ in 0..2 {
        let changed = patch(json!({"url": "https://dms.example/new", "state": "off"})).await;
        assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    }
    let other = patch(json!({"url": "https://dms.example/other"})).await;
    assert_eq!((other.status, &other.body["current_version"]), (412, &json!(2)), "{}", other.body);
}
