//! One of each thing that an address of the console can name, with a script in every text.

use crate::support::appointments::{WHEN, appointment, made};
use crate::support::mails::{answer, record, store};
use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use base64::Engine as _;
use chrono::TimeDelta;
use forecourt_domain::mail::{IncomingMail, MailOutcome, MailStep, MailStepState};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The seller whose own pages are visited.
pub(super) const SELLER: &str = "anna.vogt";
/// The person of the group who sees all other pages.
pub(super) const GROUP: &str = "gina.group";
/// The person of the head office, who exports.
pub(super) const OFFICE: &str = "hugo.office";
/// A text that becomes markup, or ends an attribute, on a page that does not escape it.
pub(super) const SCRIPT: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

/// Ids of things that exist, by the names in addresses.
pub(super) struct Things {
    names: BTreeMap<&'static str, String>,
}

impl Things {
    /// Makes one of each.
    pub(super) async fn make(world: &World) -> Self {
        // Before there is an export: an erasure deletes the files of earlier exports.
        let erased = world.lead(&enquiry("otto")).await;
        let erasure = created(world, GROUP, "/erasures", &json!({"lead": erased, "reason": "requested"})).await;
        world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(1)).await;
        let held = json!({"lead": world.lead(&enquiry("karl")).await, "reason": "authority"});
        let hold = created(world, GROUP, "/legal-holds", &held).await;
        let hook = json!({"url": "https://dms.example/hooks", "events": ["lead.created", "lead.assigned"]});
        let webhook = created(world, GROUP, "/webhooks", &hook).await;
        let lead = world.lead(&script_everywhere()).await.to_string();
        world.system.settle().await;
        let deliveries = world.get(GROUP, &format!("/webhooks/{webhook}/deliveries")).await;
        let feed = created(world, SELLER, "/calendar-feeds", &json!({})).await;
        let away = format!("/dealers/{NORDSTERN}/users/{SELLER}/absences");
        let version = world.get(SELLER, &away).await.body["version"].as_u64().unwrap();
        let absences = json!({"absences": [{"from": "2026-12-21", "until": "2026-12-23", "deputy": "ben.krause"}]});
        let saved = world.call(Request::put(SELLER, &away).json(&absences).version(version)).await;
        assert_eq!(saved.status, 200, "{}", saved.body);
        let order = hand_over(world).await;
        text(world).await;
        let view = json!({"name": "<script>", "screen": "leads", "query": "overdue=true", "pinned": true, "dealer": NORDSTERN});
        let saved = world.call(Request::put(GROUP, "/me/views/mine").json(&view)).await;
        assert_eq!(saved.status, 201, "{}", saved.body);
        let mut booked = appointment("karl", WHEN);
        booked["notes"] = json!(SCRIPT);
        booked["customer"]["name"] = json!(SCRIPT);
        let mut names = BTreeMap::from([
            ("appointment", made(world, ADMIN, &booked).await),
            ("export", created(world, OFFICE, "/exports", &json!({"what": "leads", "filter": {"dealer": [NORDSTERN]}})).await),
            ("delivery", deliveries.text("/deliveries/0/id").to_owned()),
            ("dealer", NORDSTERN.to_owned()),
            ("lead", lead.clone()),
            ("id", lead.clone()),
            ("user", SELLER.to_owned()),
            ("view", "mine".to_owned()),
            ("place", "0".to_owned()),
            ("webhook", webhook),
            ("feed", feed),
            ("order", order),
            ("text", "late".to_owned()),
            ("mail", mail(world).await),
            ("erasure", erasure),
            ("bulk", bulk(world).await),
            ("hold", hold),
        ]);
        for (part, body) in parts_with_script() {
            names.insert(part, created(world, ADMIN, &format!("/leads/{lead}/{part}"), &body).await);
        }
        names.insert("communications", received(world, &lead).await);
        let stop = json!({"address": "jana@example.com", "reason": "unsubscribed", "note": SCRIPT});
        let stopped = world.post(ADMIN, &format!("/leads/{lead}/stops"), &stop).await;
        assert_eq!(stopped.status, 200, "{}", stopped.body);
        names.insert("stop", world.get(ADMIN, &format!("/leads/{lead}/stops")).await.text("/stops/0/id").to_owned());
        // These two answer with the lead.
        let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
        for (part, last) in [("contact", "/contacts/0/id"), ("contacts", "/contacts/1/id"), ("deadlines", "/deadlines/1/id")] {
            names.insert(part, page.text(last).to_owned());
        }
        let of_contact = json!({"lead": lead, "contact": names["contact"]});
        names.insert("access_file", created(world, GROUP, "/access-files", &of_contact).await);
        let consent = json!({"channel": "email", "purpose": "advertising", "status": "granted", "source": "form", "text": SCRIPT});
        let recorded = world.post(ADMIN, &format!("/leads/{lead}/contacts/{}/consents", names["contact"]), &consent).await;
        assert_eq!(recorded.status, 200, "{}", recorded.body);
        // The jobs write the export and the access file.
        world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(1)).await;
        assert!(names.values().all(|id| !id.is_empty()), "{names:?}");
        Self { names }
    }

    /// Returns an address with these ids.
    pub(super) fn address(&self, path: &str) -> String {
        let id = match path {
            _ if path.starts_with("/desk/appointments/") => "{appointment}",
            _ if path.starts_with("/desk/group/exports/") => "{export}",
            _ => "{id}",
        };
        let path = path.replace("{id}", id);
        let filled = self.names.iter().fold(path, |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        assert!(!filled.contains('{'), "make one of the things in {filled}");
        filled
    }
}

/// Carries out a bulk action of a lead that does not exist. Returns its id.
async fn bulk(world: &World) -> String {
    let done = world.post(GROUP, "/bulk-actions", &json!({"leads": [SCRIPT], "complete": {}})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    done.text("/id").to_owned()
}

async fn created(world: &World, who: &str, path: &str, body: &Value) -> String {
    let made = world.post(who, path, body).await;
    assert!(matches!(made.status, 201 | 202), "{path}: {}", made.body);
    made.text("/id").to_owned()
}

/// Makes a user of the dealer, and removes the user again. Returns the order that hands over the work.
async fn hand_over(world: &World) -> String {
    let nina = json!({"name": SCRIPT, "email": "nina@example.com", "language": "de", "role": "seller", "dealers": [NORDSTERN]});
    let saved = world.call(Request::put(GROUP, "/users/nina.neu").json(&nina)).await;
    assert_eq!(saved.status, 201, "{}", saved.body);
    let path = format!("/dealers/{NORDSTERN}/users/nina.neu");
    let version = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/users")).await.body["version"].as_u64().unwrap();
    let added = world.call(Request::put(ADMIN, &path).json(&json!({})).version(version)).await;
    assert_eq!(added.status, 200, "{}", added.body);
    let removed = world.call(Request::delete(ADMIN, &path).json(&json!({})).version(version + 1)).await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    removed.text("/hand_overs/0/id").to_owned()
}

/// A script, encoded for a header of a mail.
fn word() -> String {
    format!("=?utf-8?b?{}?=", base64::engine::general_purpose::STANDARD.encode(SCRIPT))
}

/// A mail with a script in its subject, its text and the name of its file, without addresses. The texts are encoded.
fn content() -> String {
    let (word, encoded) = (word(), base64::engine::general_purpose::STANDARD.encode(SCRIPT));
    format!(
        "Subject: {word}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--b\r\n\
         Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"{word}\"\r\n\r\n%PDF\r\n--b--\r\n"
    )
}

/// Lets the customer of a lead answer with a script in every text. Returns the id of the answer.
async fn received(world: &World, lead: &str) -> String {
    answer(world, lead.parse().unwrap(), &format!("{} <jana@example.com>", word()), &content()).await
}

/// Saves a text with a script in every field, and changes it once.
async fn text(world: &World) {
    let path = format!("/dealers/{NORDSTERN}/texts/late");
    let body = |text: &str| json!({"kind": "moved", "medium": "email", "language": "de", "name": SCRIPT, "subject": SCRIPT, "text": text});
    let saved = world.call(Request::put(ADMIN, &path).json(&body(SCRIPT))).await;
    assert_eq!(saved.status, 201, "{}", saved.body);
    let changed = world.call(Request::put(ADMIN, &path).json(&body(&format!("{SCRIPT} {{{{ customer }}}}\n{SCRIPT}"))).version(1)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
}

/// Stores a mail with a script in every text. In its raw form the texts are encoded.
async fn mail(world: &World) -> String {
    let now = world.system.clock.now();
    let raw = format!("From: {} <jana@example.com>\r\nMIME-Version: 1.0\r\n{}", word(), content());
    let outcome = MailOutcome::NoLead { reason: SCRIPT.into(), detail: SCRIPT.into() };
    let failed = MailStep { due: None, state: MailStepState::Failed { at: now, why: SCRIPT.into() }, ..MailStep::due_at(now) };
    let mail = IncomingMail {
        from: Some(SCRIPT.into()),
        subject: Some(SCRIPT.into()),
        forward: Some(failed.clone()),
        report: Some(failed),
        ..record("m1", raw.as_bytes(), outcome, now)
    };
    store(world, mail, raw.as_bytes()).await;
    "m1".to_owned()
}

/// An enquiry with a script in every field of text.
fn script_everywhere() -> Value {
    let vehicle = json!({"make": SCRIPT, "model": SCRIPT, "trim": SCRIPT, "colour": SCRIPT, "remarks": SCRIPT, "stock_number": "GW-1"});
    json!({
        "type": "used_car", "source": SCRIPT, "external_id": SCRIPT, "message": SCRIPT, "vehicle": vehicle, "trade_in": vehicle,
        "contact": {"first_name": SCRIPT, "last_name": SCRIPT, "company": SCRIPT, "street": SCRIPT, "city": SCRIPT,
            "email": "jana@example.com", "phone": format!("0171 2345678 {SCRIPT}")},
    })
}

/// An entry of every list of a lead, by the part of its address.
fn parts_with_script() -> Vec<(&'static str, Value)> {
    let vehicle = json!({"make": SCRIPT, "model": SCRIPT, "condition": "used"});
    let price = json!({"amount": 100, "currency": "EUR"});
    vec![
        ("comments", json!({"text": SCRIPT})),
        ("events", json!({"title": SCRIPT, "type": "phone_outbound", "at": "2026-11-24T09:00:00+01:00", "notes": SCRIPT})),
        ("tasks", json!({"title": SCRIPT, "start": "2026-11-24T09:00:00+01:00", "minutes": 30})),
        ("deadlines", json!({"title": SCRIPT, "at": "2026-11-25T09:00:00+01:00"})),
        ("quotes", json!({"vehicle": vehicle, "price": price, "notes": SCRIPT, "lines": [{"text": SCRIPT, "amount": 100}]})),
        ("test-drives", json!({"vehicle": vehicle, "at": "2026-11-25T09:00:00+01:00", "notes": SCRIPT})),
        ("trade-ins", json!({"vehicle": vehicle, "notes": SCRIPT})),
        ("contacts", json!({"last_name": SCRIPT, "company": SCRIPT, "emails": ["second@example.com"]})),
        ("communications", json!({"medium": "email", "subject": SCRIPT, "text": SCRIPT})),
        ("documents", json!({"title": SCRIPT, "content_type": "application/pdf", "bytes": 100})),
        ("invitations", json!({"type": "visit_inbound", "title": SCRIPT})),
    ]
}
