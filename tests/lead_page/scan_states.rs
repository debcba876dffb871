//! The state of the malware scan beside each file (LEAD-2).

use super::document_content::Scanned;
use crate::support::documents::uploaded;
use crate::support::world::{Request, World, enquiry};
use serde_json::{Value, json};

/// LEAD-2: lists, messages and the options of a message have the state of each file until it can be opened; a removed file has none.
#[tokio::test]
async fn lead_2_every_file_has_the_state_of_its_scan_until_it_can_be_opened() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let document = uploaded(&world, lead, "Vertrag", b"%PDF-1.7 a contract").await;
    let letter = json!({"medium": "email", "subject": "S", "text": "T", "attachments": [document]});
    let files = Scanned::of(&world, None);
    let get = async |path: String| {
        let reply = files.call(&world, Request::get("anna.vogt", &path)).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.body
    };
    let announced = json!({"title": "Later", "content_type": "application/pdf", "bytes": 9});
    assert_eq!(world.post("anna.vogt", &format!("/leads/{lead}/documents"), &announced).await.status, 201);
    let post = Request::post("anna.vogt", &format!("/leads/{lead}/communications")).json(&letter);
    let sent = files.call(&world, post).await;
    assert_eq!((sent.status, sent.text("/files/0/scan")), (201, "pending"), "{}", sent.body);
    let message = sent.text("/id").to_owned();
    let states = async || {
        let documents = get(format!("/leads/{lead}/documents")).await;
        let messages = get(format!("/leads/{lead}/communications")).await;
        let one = get(format!("/leads/{lead}/communications/{message}")).await;
        let options = get(format!("/leads/{lead}/message-options")).await;
        let scan = |list: &Value, id: &str| {
            let list = list.as_array().unwrap_or_else(|| panic!("{list}"));
            list.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{id}: {list:?}"))["scan"].clone()
        };
        let later = documents["elements"].as_array().unwrap().iter().find(|one| one["title"] == "Later").unwrap();
        assert_eq!(later["scan"], Value::Null, "there is no file yet");
        [
            scan(&documents["elements"], &document),
            scan(&messages["elements"][0]["files"], &document),
            scan(&one["files"], &document),
            scan(&options["documents"], &document),
        ]
    };
    for (tag, state) in [
        (None, json!("pending")),
        (Some("THREATS_FOUND"), json!("threat")),
        (Some("UNSUPPORTED"), json!("unreadable")),
        (Some("FAILED"), json!("unreadable")),
        (Some("NO_THREATS_FOUND"), Value::Null),
    ] {
        *files.tag.lock().unwrap() = tag;
        assert_eq!(states().await, [(); 4].map(|()| state.clone()), "{tag:?}");
    }
    *files.tag.lock().unwrap() = Some("THREATS_FOUND");
    let removed = files.call(&world, Request::delete("anna.vogt", &format!("/leads/{lead}/documents/{document}"))).await;
    assert_eq!((removed.status, &removed.body["scan"]), (200, &Value::Null), "{}", removed.body);
    let messages = get(format!("/leads/{lead}/communications")).await;
    let file = &messages["elements"][0]["files"][0];
    assert_eq!((&file["state"], &file["scan"]), (&json!("removed"), &Value::Null), "{file}");
}

/// LEAD-3, ESC-7: a message with a file that the scan refuses is no answer: it is refused, and the clock runs on. A repeat of a message
/// that was accepted before the verdict gets its answer.
#[tokio::test]
async fn lead_3_a_message_with_a_file_that_the_scan_refuses_is_no_answer() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let document = uploaded(&world, lead, "Vertrag", b"%PDF-1.7 a contract").await;
    let letter = json!({"medium": "email", "subject": "S", "text": "T", "attachments": [document]});
    let path = format!("/leads/{lead}/communications");
    let files = Scanned::of(&world, None);
    for tag in ["THREATS_FOUND", "UNSUPPORTED"] {
        *files.tag.lock().unwrap() = Some(tag);
        let refused = files.call(&world, Request::post("anna.vogt", &path).json(&letter)).await;
        assert_eq!((refused.status, refused.faults()), (422, vec!["attachments[0] LEAD-3".to_owned()]), "{}", refused.body);
        assert!(world.page(lead).await.lead.reaction.is_none());
    }
    *files.tag.lock().unwrap() = None;
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-1")];
    let body = letter.to_string();
    let send = async || files.call(&world, Request::post("anna.vogt", &path).headers(&headers).body(body.as_bytes())).await;
    assert_eq!(send().await.status, 201);
    *files.tag.lock().unwrap() = Some("THREATS_FOUND");
    assert_eq!(send().await.status, 201);
}
