//! The names of people who are not users of the lead's dealer (ACC-4).

use crate::support::console::Desk;
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use serde_json::{Value, json};

/// Returns the people whom a response names.
fn people(reply: &Reply) -> Vec<&str> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["people"].as_array().into_iter().flatten().map(|person| person["name"].as_str().unwrap()).collect()
}

async fn name(world: &World, user: &str) -> String {
    world.get("gina.group", &format!("/users/{user}")).await.text("/name").to_owned()
}

#[tokio::test]
async fn acc_4_a_lead_and_its_timeline_name_people_who_are_not_users_of_the_dealer() {
    let world = World::new().await;
    let lead = format!("/leads/{}", world.lead(&enquiry("jana")).await);
    assert_eq!(world.get(ADMIN, &lead).await.body["people"], Value::Null, "the dealer's own users are in GET /me");
    assert_eq!(world.post("gina.group", &format!("{lead}/comments"), &json!({"text": "Well done"})).await.status, 201);
    let task = json!({"title": "Photograph it", "start": "2026-11-24T10:00:00Z", "minutes": 30, "assignee": "greta.sommer"});
    assert_eq!(world.post(ADMIN, &format!("{lead}/tasks"), &task).await.status, 201);
    let gina = name(&world, "gina.group").await;
    assert_eq!(people(&world.get(ADMIN, &lead).await), [gina.as_str()]);
    // A former user is named too.
    world.settings(|settings| settings.members.retain(|member| member.user.as_str() != "greta.sommer")).await;
    let both = [gina.as_str(), "Greta Sommer"];
    assert_eq!(people(&world.get(ADMIN, &lead).await), both);
    assert_eq!(people(&world.get(ADMIN, &format!("{lead}/timeline")).await), both);
    // The names are cached: the page costs one read, as without them.
    let before = world.store.spent();
    world.get(ADMIN, &lead).await;
    assert_eq!(world.store.spent().since(before).calls, 1);
}

#[tokio::test]
async fn acc_4_an_appointment_names_its_author_and_a_partner_gets_no_names() {
    let world = World::new().await;
    let at = "2026-11-24T10:00:00+01:00";
    let body = json!({"customer": {"name": "Jana Petersen", "email": "jana@example.com"}, "kind": "showroom", "at": at});
    let made = world.post("chris.center", &of_dealer("appointments"), &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/appointments/{}", made.text("/id"));
    assert_eq!(people(&world.get(ADMIN, &path).await), [name(&world, "chris.center").await]);
    let mut of_partner = body.clone();
    of_partner["external_id"] = json!("c-1");
    let made = world.post("partner:centre-demo", &of_dealer("appointments"), &of_partner).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/appointments/{}", made.text("/id"));
    let shown = world.get("gina.group", &path).await;
    let moved = Request::post("gina.group", &format!("{path}/time")).json(&json!({"at": "2026-11-25T10:00:00+01:00"}));
    let moved = world.call(moved.version(shown.body["version"].as_u64().unwrap())).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(people(&world.get(ADMIN, &path).await), [name(&world, "gina.group").await]);
    assert_eq!(world.get("partner:centre-demo", &path).await.body["people"], Value::Null);
}

#[tokio::test]
async fn acc_4_histories_name_their_authors() {
    let world = World::new().await;
    let escalation = world.get("gina.group", &of_dealer("escalation")).await;
    let mut body = escalation.body.clone();
    body["settings"]["reminder"] = json!(45);
    let version = escalation.body["version"].as_u64().unwrap();
    let saved = world.call(Request::put("gina.group", &of_dealer("escalation")).json(&body).version(version)).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let gina = name(&world, "gina.group").await;
    assert_eq!(people(&world.get(ADMIN, &of_dealer("settings/history")).await), [gina.as_str()]);
    let mut anna = world.get("gina.group", "/users/anna.vogt").await.body;
    anna["language"] = json!("nl");
    let version = anna["version"].as_u64().unwrap();
    assert_eq!(world.call(Request::put("gina.group", "/users/anna.vogt").json(&anna).version(version)).await.status, 200);
    assert!(people(&world.get(ADMIN, "/users/anna.vogt/history").await).contains(&gina.as_str()));
}

/// ACC-4: the console shows the names, not the ids.
#[tokio::test]
async fn acc_4_the_page_of_a_lead_shows_people_by_name() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    assert_eq!(desk.world.post("gina.group", &format!("/leads/{lead}/comments"), &json!({"text": "Well done"})).await.status, 201);
    let gina = name(&desk.world, "gina.group").await;
    let mut browser = desk.signed_in(ADMIN).await;
    for page in [format!("/desk/leads/{lead}"), format!("/desk/leads/{lead}/timeline")] {
        let page = browser.get(&page).await;
        assert!(page.status == 200 && page.text.contains(&gina) && !page.text.contains("gina.group"), "{}", page.text);
    }
    assert!(browser.get(&format!("/desk/d/{NORDSTERN}/leads")).await.status == 200);
}
