//! The dealer's own layouts of mails.

use super::{leads, received};
use crate::support::world::{ADMIN, NORDSTERN, Request, World};
use serde_json::{Value, json};

async fn mailbox(world: &World, layouts: Value) -> crate::support::world::Reply {
    let path = format!("/dealers/{NORDSTERN}/mailbox");
    let version = world.get(ADMIN, &path).await.body["version"].as_u64().unwrap();
    world.call(Request::put(ADMIN, &path).version(version).json(&json!({"mail_layouts": layouts}))).await
}

/// INT-1: a mail is read by the dealer's own layouts.
#[tokio::test]
async fn int_1_a_mail_is_read_by_the_dealers_own_layouts() {
    let world = World::new().await;
    let labels = json!({"Wer": "full_name", "Erreicht man unter": "phone", "Was": "message", "Altes Auto": "trade_in.vehicle"});
    let saved = mailbox(&world, json!([{"source": "Campaign", "senders": ["@forms.example"], "labels": labels}])).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    assert_eq!(saved.body["settings"]["mail_layouts"][0]["labels"], labels);
    let raw =
        "From: form@mail.forms.example\r\nSubject: Form\r\n\r\nWer: Ada Example\nErreicht man unter: 0171 2345678\nWas: Ist er noch da?\n";
    let page = world.page(leads(&received(&world, raw).await)[0]).await;
    let enquiry = page.enquiry.unwrap();
    assert_eq!((enquiry.source.as_str(), enquiry.contact.last_name.as_deref()), ("Campaign", Some("Example")));
    assert_eq!(enquiry.message.as_deref(), Some("Ist er noch da?"));
    // The mailbox without the field keeps them, and `null` removes them.
    assert_eq!(mailbox(&world, Value::Null).await.body["settings"]["mail_layouts"], json!([]));
}

/// INT-1: a layout that can never be used is refused, by field.
#[tokio::test]
async fn int_1_a_layout_that_cannot_be_used_is_refused() {
    let world = World::new().await;
    let refused = async |layout: Value| mailbox(&world, json!([layout])).await.faults();
    assert_eq!(refused(json!({"source": " ", "senders": []})).await, ["mail_layouts[0].senders INT-1", "mail_layouts[0].source INT-1"]);
    assert_eq!(refused(json!({"source": "S", "senders": ["a b", "s.example"]})).await, ["mail_layouts[0].senders[0] INT-1"]);
    assert_eq!(refused(json!({"source": "S", "senders": ["s.example"], "labels": {"?": "make"}})).await, ["mail_layouts[0].labels INT-1"]);
    assert_eq!(
        refused(json!({"source": "S", "senders": ["s.example"], "labels": {"Wer": "who"}})).await,
        ["mail_layouts[0].labels.Wer INT-1"]
    );
    let many: Vec<Value> = (0..201).map(|n| json!({"source": format!("S{n}"), "senders": ["s.example"]})).collect();
    assert_eq!(mailbox(&world, json!(many)).await.faults(), ["mail_layouts INT-1"]);
    let other = refused(json!({"source": "S", "senders": ["s.example"], "sender": "x"})).await;
    assert!(other[0].starts_with("mail_layouts[0].sender"), "{other:?}");
}
