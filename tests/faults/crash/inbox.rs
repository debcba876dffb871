//! The journey of a dealer's inbox: mails are forwarded and reported, become leads by hand, and wait for the administrator.

use super::cloud::Cloud;
use super::group::{BOSS, NORTH, WEST};
use super::journey::{post, until};
use crate::support::world::{MAIL_DOMAIN, Reply, Request};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, Email, GroupId};
use forecourt_domain::settings::DealerSettings;
use forecourt_local::demo;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;

/// Sets the addresses of the dealer in the north.
async fn addresses(cloud: &Cloud) {
    let (store, scope) = (cloud.undisturbed(), Scope::keys_only(GroupId::parse("demo-group").unwrap()));
    let dealer = DealerId::parse(NORTH).unwrap();
    let loaded = store.load(&scope, &Load::of([Key::Dealer(dealer.clone())])).await.unwrap();
    let mut settings: DealerSettings = (*loaded.dealer(&dealer).unwrap().settings).clone();
    settings.forward_to = Some(Email::parse("copies@desk.example").unwrap());
    settings.unparsed_mail_to = Some(Email::parse("reports@desk.example").unwrap());
    demo::save(&store, &scope, &dealer, &settings.check().unwrap(), cloud.clock.now()).await.unwrap();
}

/// A letter is forwarded; a newsletter is forwarded and reported, and a user makes a lead of it; another one is handled. At the other
/// dealer a newsletter waits, and the administrator is notified at the opening, which is at midnight.
pub async fn inbox(cloud: &Cloud) -> Vec<Reply> {
    addresses(cloud).await;
    let address = |dealer: &str| format!("{dealer}.demo-group@{MAIL_DOMAIN}");
    let letter =
        "From: Karl <karl@example.com>\r\nSubject: Corsa\r\nMessage-ID: <l-1@example.com>\r\n\r\nDear Sir,\r\nis it still for sale?\r\n";
    let newsletter = |id: &str| {
        format!(
            "From: News <newsletter@{id}.example>\r\nReply-To: Nora <nora@{id}.example>\r\nSubject: Newsletter November\r\nMessage-ID: <{id}@example.com>\r\n\
             List-Unsubscribe: <https://{id}.example>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Id: <{id}.example>\r\nPrecedence: bulk\r\n\r\n\
             Unsubscribe from this newsletter\r\n"
        )
    };
    cloud.receive_mail("letter", &[&address(NORTH)], letter.as_bytes());
    cloud.receive_mail("news-1", &[&address(NORTH)], newsletter("news-1").as_bytes());
    cloud.receive_mail("news-2", &[&address(NORTH)], newsletter("news-2").as_bytes());
    cloud.receive_mail("news-3", &[&address(WEST)], newsletter("news-3").as_bytes());
    // The reports are sent before anybody decides, whatever fails.
    until(cloud, "2026-11-23T22:40:00Z").await;
    let path = |dealer: &str, id: &str| format!("/dealers/{dealer}/mails/{id}");
    let body = json!({"type": "used_car", "contact": {"last_name": "Nord", "email": "nora@example.com"}});
    let made = post(cloud, BOSS, &format!("{}/lead", path(NORTH, "news-1")), "k-1", &body).await;
    let done = post(cloud, BOSS, &format!("{}/completion", path(NORTH, "news-2")), "k-2", &json!({})).await;
    until(cloud, "2026-11-23T23:40:00Z").await;
    let waiting = cloud.request(&Request::get(BOSS, &path(WEST, "news-3"))).await;
    let handled = post(cloud, BOSS, &format!("{}/completion", path(WEST, "news-3")), "k-3", &json!({})).await;
    until(cloud, "2026-11-24T02:00:00Z").await;
    vec![made, done, waiting, handled]
}
