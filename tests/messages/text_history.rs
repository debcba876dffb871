//! The history of a dealer's texts: one entry for each change, with the text before and after (MSG-2).

use crate::support::world::{ADMIN, Reply, Request, World};
use serde_json::{Value, json};

const DEALER: &str = "/dealers/autohaus-nordstern-demo";
const HISTORY: &str = "/dealers/autohaus-nordstern-demo/text-history";

fn canned(text: &str) -> Value {
    json!({"kind": "canned", "medium": "sms", "language": "de", "name": "Später", "text": text})
}

async fn save(world: &World, text: &str, version: Option<u64>) -> Reply {
    let request = Request::put(ADMIN, &format!("{DEALER}/texts/late")).json(&canned(text));
    world.call(if let Some(version) = version { request.version(version) } else { request }).await
}

/// MSG-2, SET-10: each change has its author, its time, and the text before and after; a repeat and a refused change have none.
#[tokio::test]
async fn msg_2_each_change_of_a_text_is_in_the_history() {
    let world = World::new().await;
    assert_eq!(world.get(ADMIN, HISTORY).await.body, json!({"changes": []}));
    let created = save(&world, "eins", None).await;
    assert_eq!(save(&world, "eins", None).await.status, 200);
    assert_eq!(save(&world, "neun", Some(7)).await.status, 412);
    let changed = save(&world, "zwei", Some(1)).await;
    assert_eq!(world.call(Request::delete(ADMIN, &format!("{DEALER}/texts/late")).version(2)).await.status, 200);
    let history = world.get(ADMIN, HISTORY).await;
    let [removed, second, first] = history.body["changes"].as_array().unwrap().as_slice() else { panic!("{}", history.body) };
    assert_eq!(*first, json!({"version": 1, "at": first["at"], "by": "user:ingo.brandt", "after": created.body}));
    assert_eq!(*second, json!({"version": 2, "at": second["at"], "by": "user:ingo.brandt", "before": created.body, "after": changed.body}));
    assert_eq!(*removed, json!({"version": 3, "at": removed["at"], "by": "user:ingo.brandt", "before": changed.body}));
    assert_eq!(first["at"], created.body["changed_at"]);
}

/// MSG-2: the history is read page by page, by those who read settings.
#[tokio::test]
async fn msg_2_the_history_of_texts_has_pages_and_needs_the_right() {
    let world = World::new().await;
    assert_eq!(save(&world, "0", None).await.status, 201);
    for version in 1..21 {
        assert_eq!(save(&world, &version.to_string(), Some(version)).await.status, 200);
    }
    let first = world.get(ADMIN, HISTORY).await;
    assert_eq!((first.body["changes"].as_array().unwrap().len(), &first.body["before"]), (20, &json!(2)));
    let last = world.get(ADMIN, &format!("{HISTORY}?before=2")).await;
    assert_eq!((last.body["changes"].as_array().unwrap().len(), &last.body["before"]), (1, &Value::Null), "{}", last.body);
    assert_eq!(world.get("hugo.office", HISTORY).await.status, 200);
    assert_eq!(world.get("anna.vogt", HISTORY).await.text("/right"), "read_settings");
    assert_eq!(world.get("dan.rivera", HISTORY).await.status, 404);
    assert_eq!(world.get(ADMIN, &format!("{HISTORY}?before=x")).await.status, 422);
}
