//! The journey over the limits of letters, text messages and enquiries (SET-12).

use super::cloud::Cloud;
use super::group::{BOSS, NORTH, POND, SENDER};
use super::journey::{enquiry, lead, post, settings, until};
use crate::support::world::Reply;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{GroupId, Partner, PartnerId};
use forecourt_domain::settings::SendingLimits;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Lowers the limits: one letter to a recipient in a day, one text message in an hour, and one enquiry of the portal in a minute.
async fn lower(cloud: &Cloud) {
    let store = cloud.undisturbed();
    let group = GroupId::parse("demo-group").unwrap();
    let scope = Scope::keys_only(group.clone());
    let portal = PartnerId::parse("portal-demo").unwrap();
    settings(cloud, NORTH, |settings| {
        settings.limits = SendingLimits { letters_per_recipient: 1, text_messages_per_hour: 1, ..settings.limits.clone() };
    })
    .await;
    let loaded = store.load(&scope, &Load::of([Key::Partner(portal.clone())])).await.unwrap();
    let portal = loaded.partner(&portal).unwrap().clone();
    store.put_partner(&group, &Partner { enquiries_per_minute: 1, ..portal }, SENDER).await.unwrap();
}

fn with_phone(name: &str, phone: &str) -> Value {
    let mut enquiry = enquiry(name);
    enquiry["contact"]["phone"] = json!(phone);
    enquiry
}

/// Returns the largest number of units in one window.
fn most<W: Ord>(windows: impl Iterator<Item = W>) -> usize {
    let mut counts: BTreeMap<W, usize> = BTreeMap::new();
    windows.for_each(|window| *counts.entry(window).or_default() += 1);
    counts.into_values().max().unwrap_or_default()
}

/// A second letter to a customer waits for the next morning, and a second text message of the dealer for the next hour. The portal sends
/// ten times its limit; the next enquiry is refused and sent again in another minute, and a message waits in the queue meanwhile.
pub async fn limits(cloud: &Cloud) -> Vec<Reply> {
    lower(cloud).await;
    let nora = lead(cloud, NORTH, "k-1", &with_phone("nora", "0171 2345678")).await;
    until(cloud, "2026-11-23T09:02:00Z").await;
    let olaf = lead(cloud, NORTH, "k-2", &with_phone("olaf", "0171 2345679")).await;
    let write = async |to: &Reply, key: &str, body: Value| {
        post(cloud, BOSS, &format!("/leads/{}/communications", to.text("/id")), key, &body).await
    };
    let mail = |subject: &str| json!({"medium": "email", "subject": subject, "text": "Guten Tag"});
    let text = || json!({"medium": "sms", "text": "Bis Freitag!"});
    // A notice that fails at first is sent again before the seller reacts.
    until(cloud, "2026-11-23T09:08:00Z").await;
    let mut replies = vec![write(&nora, "k-3", mail("Corsa")).await, write(&olaf, "k-4", text()).await];
    until(cloud, "2026-11-23T09:13:00Z").await;
    replies.extend([write(&nora, "k-5", mail("Astra")).await, write(&nora, "k-6", text()).await]);
    until(cloud, "2026-11-23T09:20:00Z").await;
    // The pool's user gets no notices: mails with several of them could be composed in many ways.
    for i in 0..9 {
        replies.push(lead(cloud, POND, &format!("k-p{i}"), &enquiry("petra")).await);
    }
    // If the response of the enquiry that reaches the limit is lost, its repeat is refused until the minute is over.
    let tenth = async || lead(cloud, POND, "k-p9", &enquiry("petra")).await;
    let reached = tenth().await;
    let last = async || lead(cloud, POND, "k-p10", &enquiry("petra")).await;
    let refused = last().await;
    // A process that ends can lose an enquiry of the count, so that this one is below the limit.
    let undisturbed = cloud.gate.injected() == 0;
    assert!(refused.status == 429 || (refused.status == 201 && !undisturbed), "{} {}", refused.status, refused.body);
    assert!(reached.status == 201 || (reached.status == 429 && !undisturbed), "{} {}", reached.status, reached.body);
    let mut queued = enquiry("quinn");
    queued["external_id"] = json!("q-1");
    cloud.enqueue(&queued.to_string());
    until(cloud, "2026-11-23T09:30:00Z").await;
    replies.push(if reached.status == 429 { tenth().await } else { reached });
    replies.push(last().await);
    until(cloud, "2026-11-24T08:00:00Z").await;
    let between = cloud.between();
    let letters = between.mails.iter().filter(|mail| mail.to == "nora@example.com").map(|mail| mail.at.date_naive());
    assert!(most(letters) <= 1, "two letters to a recipient in a day");
    assert!(most(between.sms.iter().map(|sms| sms.at.timestamp().div_euclid(3_600))) <= 1, "two text messages in an hour");
    drop(between);
    replies.extend([nora, olaf]);
    replies
}
