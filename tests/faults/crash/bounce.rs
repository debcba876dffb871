//! The journey over reports of the provider about mails (MSG-1).

use super::cloud::Cloud;
use super::group::{BOSS, NORTH};
use super::journey::{enquiry, lead, post, until};
use super::judge::letters;
use crate::support::world::{Reply, Request};
use forecourt_local::mail_events::MailEvent;
use serde_json::json;

/// Puts a report about the mail to `to` on the queue, twice, as SES may do.
fn report(cloud: &Cloud, to: &str, event: MailEvent) {
    let now = cloud.clock.now();
    let mut between = cloud.between();
    let mail = between.mails.iter().rfind(|mail| mail.to == to).cloned();
    let mail = mail.unwrap_or_else(|| panic!("no mail to {to}"));
    let body = event.about(&mail, &format!("provider-{}", mail.id), now).to_string();
    for _ in 0..2 {
        between.put("send", body.clone(), now);
    }
}

/// Sends a letter again by hand if its first sender ended before it sent the letter.
async fn send_again_if_lost(cloud: &Cloud, lead: &Reply, letter: &Reply, to: &str) {
    if cloud.between().mails.iter().any(|mail| mail.to == to) {
        return;
    }
    let path = format!("/dealers/{NORTH}/undelivered/letter-lead-{}~{}/resend", lead.text("/id"), letter.text("/id"));
    let again = cloud.request(&Request::post(BOSS, &path)).await;
    assert_eq!(again.status, 202, "{}", again.body);
}

/// A letter to Nora bounces. Her address is corrected, and the letter is sent again and arrives. Olaf complains about his letter; a boss
/// permits mail to him again.
pub async fn bounce(cloud: &Cloud) -> Vec<Reply> {
    let nora = lead(cloud, NORTH, "k-1", &enquiry("nora")).await;
    until(cloud, "2026-11-23T09:02:00Z").await;
    let olaf = lead(cloud, NORTH, "k-2", &enquiry("olaf")).await;
    until(cloud, "2026-11-23T09:08:00Z").await;
    let write = async |to: &Reply, key: &str| {
        let mail = json!({"medium": "email", "subject": "Corsa", "text": "Guten Tag"});
        post(cloud, BOSS, &format!("/leads/{}/communications", to.text("/id")), key, &mail).await
    };
    let mut replies = vec![write(&nora, "k-3").await, write(&olaf, "k-4").await];
    let letter = replies[0].text("/id").to_owned();
    // A letter whose first attempt fails is sent again.
    until(cloud, "2026-11-23T09:16:00Z").await;
    send_again_if_lost(cloud, &nora, &replies[0], "nora@example.com").await;
    send_again_if_lost(cloud, &olaf, &replies[1], "olaf@example.com").await;
    until(cloud, "2026-11-23T09:24:00Z").await;
    report(cloud, "nora@example.com", MailEvent::Delivery);
    report(cloud, "nora@example.com", MailEvent::Bounce);
    report(cloud, "olaf@example.com", MailEvent::Complaint);
    until(cloud, "2026-11-23T09:32:00Z").await;
    let id = nora.text("/id");
    let body = json!({"emails": ["nora.new@example.com"]}).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-5")];
    let contact = format!("/leads/{id}/contacts/000001");
    replies.push(cloud.request(&Request::patch(BOSS, &contact).headers(&headers).body(body.as_bytes())).await);
    let again = format!("/dealers/{NORTH}/undelivered/letter-lead-{id}~{letter}/resend");
    replies.push(post(cloud, BOSS, &again, "k-6", &json!({})).await);
    until(cloud, "2026-11-23T09:40:00Z").await;
    send_again_if_lost(cloud, &nora, &replies[0], "nora.new@example.com").await;
    until(cloud, "2026-11-23T09:48:00Z").await;
    report(cloud, "nora.new@example.com", MailEvent::Delivery);
    until(cloud, "2026-11-23T09:56:00Z").await;
    let stops = cloud.request(&Request::get(BOSS, &format!("/leads/{}/stops", olaf.text("/id")))).await;
    let stop = stops.text("/stops/0/id").to_owned();
    let lifted = Request::delete(BOSS, &format!("/leads/{}/stops/{stop}", olaf.text("/id"))).headers(&[("idempotency-key", "k-7")]);
    replies.push(cloud.request(&lifted).await);
    until(cloud, "2026-11-23T10:04:00Z").await;
    replies.extend([nora, olaf]);
    replies
}

/// MSG-1: a letter that was sent to one address twice is a fault, also if it is sent to another address now.
#[test]
fn msg_1_a_letter_that_was_sent_twice_to_one_address_is_a_fault() {
    let stored =
        json!({"pk": "g#L#1", "home": {"lead": "1"}, "cause": "7", "medium": "email", "to": "new@example.com", "fate": {"is": "sent"}});
    let faults = |sent: &[&str]| letters(std::slice::from_ref(&stored), &sent.iter().map(|to| ("1.7", *to)).collect::<Vec<_>>(), 0);
    assert_eq!(faults(&["new@example.com"]), [""; 0]);
    assert_eq!(faults(&["old@example.com", "new@example.com"]), [""; 0], "sent again after the address was corrected");
    assert_eq!(faults(&["old@example.com", "old@example.com", "new@example.com"]), ["sent 2 times to old@example.com: 1 7"]);
    assert_eq!(faults(&["new@example.com", "new@example.com"]), ["sent 2 times to new@example.com: 1 7", "sent 2 times though sent: 1 7"]);
    assert_eq!(faults(&["old@example.com"]), ["sent 0 times though sent: 1 7"]);
}
