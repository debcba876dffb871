//! The saved views of a user (ACC-5).

use super::me::revalidate;
use super::users::ida;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World};
use forecourt_domain::base::UserId;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};

const ANNA: &str = "anna.vogt";
const OVERDUE: &str = "/me/views/overdue";

fn overdue() -> Value {
    json!({"name": "Overdue used cars", "screen": "leads", "query": "overdue=true&type=used_car", "pinned": true, "dealer": NORDSTERN})
}

async fn put(world: &World, who: &str, path: &str, body: &Value) -> Reply {
    world.call(Request::put(who, path).json(body)).await
}

async fn views(world: &World, who: &str) -> Vec<Value> {
    let reply = world.get(who, "/me/views").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["views"].as_array().unwrap().clone()
}

#[tokio::test]
async fn acc_5_a_user_saves_changes_and_deletes_a_view() {
    let world = World::new().await;
    assert_eq!(views(&world, ANNA).await, Vec::<Value>::new());
    let created = put(&world, ANNA, OVERDUE, &overdue()).await;
    assert_eq!((created.status, &created.headers["etag"]), (201, &"\"1\"".parse().unwrap()), "{}", created.body);
    let mut shown = overdue();
    (shown["id"], shown["version"]) = (json!("overdue"), json!(1));
    assert_eq!((&created.body, views(&world, ANNA).await), (&shown, vec![shown.clone()]));

    // A change needs the version that it is based on. What GET returned may be sent back.
    let mut renamed = shown.clone();
    (renamed["name"], renamed["pinned"]) = (json!("Late"), json!(false));
    assert_eq!(put(&world, ANNA, OVERDUE, &renamed).await.status, 428);
    let stale = world.call(Request::put(ANNA, OVERDUE).json(&renamed).version(7)).await;
    assert_eq!((stale.status, &stale.body["current_version"]), (412, &json!(1)));
    let changed = world.call(Request::put(ANNA, OVERDUE).json(&renamed).version(1)).await;
    assert_eq!((changed.status, changed.text("/name"), &changed.body["version"]), (200, "Late", &json!(2)), "{}", changed.body);
    assert_eq!(world.call(Request::put(ANNA, "/me/views/new").json(&overdue()).version(1)).await.status, 412, "there is no such view");

    // A field that is left out has its default.
    let week = put(&world, ANNA, "/me/views/week", &json!({"name": "This week", "screen": "tasks"})).await;
    let expected = json!({"id": "week", "version": 3, "name": "This week", "screen": "tasks", "query": "", "pinned": false});
    assert_eq!((week.status, &week.body), (201, &expected));

    assert_eq!(world.call(Request::delete(ANNA, OVERDUE)).await.status, 428);
    assert_eq!(world.call(Request::delete(ANNA, OVERDUE).version(1)).await.status, 412);
    let left = world.call(Request::delete(ANNA, OVERDUE).version(2)).await;
    assert_eq!((left.status, &left.body), (200, &json!({"views": [expected]})));
    assert_eq!(world.call(Request::delete(ANNA, OVERDUE).version(2)).await.status, 404);
    // A version is never used again: a page that shows the deleted view cannot change the new one.
    let again = put(&world, ANNA, OVERDUE, &overdue()).await;
    assert_eq!((again.status, &again.body["version"]), (201, &json!(5)));
}

/// ACC-5: a repeated request changes nothing. Reading costs one unit, saving one read and one write.
#[tokio::test]
async fn acc_5_the_same_put_twice_changes_nothing() {
    let world = World::new().await;
    let view = json!({"name": "This week", "screen": "board", "query": "owner=anna.vogt"});
    world.get(ANNA, "/me").await;
    let before = world.store.spent();
    assert_eq!(put(&world, ANNA, "/me/views/week", &view).await.status, 201);
    let (saved, before) = (world.store.spent().since(before), world.store.spent());
    let again = put(&world, ANNA, "/me/views/week", &view).await;
    assert_eq!((again.status, &again.body["version"]), (200, &json!(1)));
    let (repeated, before) = (world.store.spent().since(before), world.store.spent());
    assert_eq!(views(&world, ANNA).await.len(), 1);
    let read = world.store.spent().since(before);
    println!("saved: {saved:?}\nrepeated: {repeated:?}\nread: {read:?}");
    assert_eq!((saved.calls, saved.write_units), (2, 1.0));
    assert_eq!((repeated.calls, repeated.write_units), (1, 0.0));
    assert_eq!((read.calls, read.read_units), (1, 1.0));
}

#[tokio::test]
async fn acc_5_an_unchanged_list_is_304_without_a_body() {
    let world = World::new().await;
    put(&world, ANNA, OVERDUE, &overdue()).await;
    let tag = world.get(ANNA, "/me/views").await.headers["etag"].to_str().unwrap().to_owned();
    let (status, _, body) = revalidate(&world, ANNA, "/me/views", &tag).await;
    assert_eq!((status, body.as_str()), (304, ""));
    put(&world, ANNA, "/me/views/week", &json!({"name": "This week", "screen": "tasks"})).await;
    assert_eq!(revalidate(&world, ANNA, "/me/views", &tag).await.0, 200);
}

#[tokio::test]
async fn acc_5_a_view_is_checked() {
    let world = World::new().await;
    let with = |field: &str, value: Value| {
        let mut view = overdue();
        view[field] = value;
        view
    };
    for (body, faults) in [
        (with("name", json!(" ")), vec!["name ACC-5"]),
        (with("name", json!("n".repeat(61))), vec!["name ACC-5"]),
        (with("name", json!("two\nlines")), vec!["name ACC-5"]),
        (with("screen", json!("kanban")), vec!["screen ACC-5"]),
        (with("screen", json!("unknown")), vec!["screen ACC-5"]),
        (with("query", json!("q".repeat(1_001))), vec!["query ACC-5"]),
        (with("query", json!("?status=won")), vec!["query ACC-5"]),
        (with("query", json!("status=won#top")), vec!["query ACC-5"]),
        (with("pinned", json!("yes")), vec!["pinned ACC-5"]),
        (with("dealer", json!("harbour-cars-demo")), vec!["dealer ACC-5"]),
        (with("dealer", json!("No Dealer")), vec!["dealer ACC-5"]),
        (with("colour", json!("red")), vec!["colour API-1"]),
        (json!({"screen": "leads"}), vec!["name ACC-5"]),
        (json!({"name": "", "screen": "", "query": "#", "dealer": "x"}), vec!["name ACC-5", "screen ACC-5", "query ACC-5", "dealer ACC-5"]),
    ] {
        let reply = put(&world, ANNA, OVERDUE, &body).await;
        assert_eq!((reply.status, reply.faults()), (422, faults.into_iter().map(str::to_owned).collect()), "{body}: {}", reply.body);
    }
    let id = put(&world, ANNA, "/me/views/UPPER", &overdue()).await;
    assert_eq!((id.status, id.faults()), (422, vec!["view ACC-5".to_owned()]));
    assert_eq!(views(&world, ANNA).await.len(), 0);
    let longest = json!({"name": "ü".repeat(60), "screen": "overview", "query": "q".repeat(1_000), "dealer": null});
    assert_eq!(put(&world, ANNA, OVERDUE, &longest).await.status, 201);
    // A user of the whole group may name every dealer that exists.
    assert_eq!(put(&world, "gina.group", OVERDUE, &with("dealer", json!("harbour-cars-demo"))).await.status, 201);
    assert_eq!(put(&world, "gina.group", "/me/views/b", &with("dealer", json!("nowhere"))).await.faults(), ["dealer ACC-5"]);
}

#[tokio::test]
async fn acc_5_a_user_has_at_most_50_views() {
    let world = World::new().await;
    for number in 0..50 {
        assert_eq!(put(&world, ANNA, &format!("/me/views/v{number}"), &overdue()).await.status, 201, "{number}");
    }
    let refused = put(&world, ANNA, "/me/views/v50", &overdue()).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "ACC-5"), "{}", refused.body);
    let mut renamed = overdue();
    renamed["name"] = json!("First");
    assert_eq!(world.call(Request::put(ANNA, "/me/views/v0").json(&renamed).version(1)).await.status, 200);
    assert_eq!(views(&world, ANNA).await.len(), 50);
}

/// ACC-5, ACC-2: views are visible only to their user. Partners have none.
#[tokio::test]
async fn acc_5_only_the_user_sees_a_view() {
    let world = World::new().await;
    assert_eq!(put(&world, ANNA, OVERDUE, &overdue()).await.status, 201);
    for who in ["ben.krause", ADMIN, "gina.group", "rival.seller"] {
        assert_eq!(views(&world, who).await, Vec::<Value>::new(), "{who}");
        assert_eq!(world.call(Request::delete(who, OVERDUE).version(1)).await.status, 404, "{who}");
    }
    let own = json!({"name": "Mine", "screen": "leads"});
    assert_eq!(put(&world, "ben.krause", OVERDUE, &own).await.status, 201, "an id counts for its user only");
    assert_eq!(views(&world, ANNA).await[0]["name"], "Overdue used cars");
    for (who, status) in [("partner:portal-demo", 403), ("", 401)] {
        assert_eq!(world.get(who, "/me/views").await.status, status, "{who}");
        assert_eq!(put(&world, who, OVERDUE, &own).await.status, status, "{who}");
        assert_eq!(world.call(Request::delete(who, OVERDUE).version(1)).await.status, status, "{who}");
    }
}

/// ACC-5, SET-7: the views of a user who leaves are removed, and do not come back with the user.
#[tokio::test]
async fn acc_5_views_are_removed_with_their_user() {
    let world = World::new().await;
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&ida())).await.status, 201);
    assert_eq!(put(&world, "ida.falk", OVERDUE, &overdue()).await.status, 201);
    assert_eq!(world.call(Request::delete("gina.group", "/users/ida.falk").version(1)).await.status, 200);
    assert_eq!(world.get("ida.falk", "/me/views").await.status, 401);
    let id: UserId = "ida.falk".parse().unwrap();
    let loaded = world.store.load(&world.scope(), &Load::of([Key::SavedViews(id.clone())])).await.unwrap();
    assert!(loaded.saved_views(&id).unwrap().views.is_empty());
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&ida()).version(2)).await.status, 200);
    assert_eq!(views(&world, "ida.falk").await, Vec::<Value>::new());
}
