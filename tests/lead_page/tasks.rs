//! Tasks of a lead, and the list of tasks and deadlines (LEAD-4).

use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use forecourt_domain::settings::Member;
use forecourt_store::Cursor;
use serde_json::{Value, json};

fn task(title: &str, start: &str) -> Value {
    json!({"title": title, "start": start, "minutes": 30})
}

fn task_for(title: &str, start: &str, assignee: &str) -> Value {
    json!({"title": title, "start": start, "minutes": 30, "assignee": assignee})
}

/// Returns all pages of the list as titles; a deadline without a title is shown by its name.
async fn listed(world: &World, who: &str, query: &str) -> Vec<String> {
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(who, &format!("/dealers/{NORDSTERN}/tasks?{query}{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let tasks = page.body["tasks"].as_array().unwrap();
        titles.extend(tasks.iter().map(|todo| todo["title"].as_str().or(todo["id"].as_str()).unwrap().to_owned()));
        match page.body["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", next.replace('#', "%23")),
            None => return titles,
        }
    }
}

async fn event_names(world: &World, lead: &str) -> Vec<String> {
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await.body;
    let events = page["timeline"].as_array().unwrap().iter().flat_map(|entry| entry["events"].as_array().unwrap().clone());
    events.map(|event| event["what"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn lead_4_a_task_is_created_changed_completed_reopened_and_deleted_with_timeline_entries() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await.to_string();
    let path = format!("/leads/{id}/tasks");
    let made = world.post("anna.vogt", &path, &task(" Photograph the car ", "2026-11-24T10:00:00+01:00")).await;
    assert_eq!(made.status, 201, "{}", made.body);
    for (field, wanted) in [
        ("title", json!("Photograph the car")),
        ("start", json!("2026-11-24T09:00:00Z")),
        ("end", json!("2026-11-24T09:30:00Z")),
        ("minutes", json!(30)),
        ("assignee", json!("anna.vogt")),
        ("follows_owner", json!(true)),
        ("state", json!("open")),
        ("overdue", json!(false)),
    ] {
        assert_eq!(made.body[field], wanted, "{field}");
    }
    let one = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(world.get(ADMIN, &format!("/leads/{id}")).await.body["open_tasks"][0]["title"], "Photograph the car");
    let changed = world.call(Request::patch(ADMIN, &one).json(&json!({"minutes": 45, "assignee": "ben.krause"}))).await;
    assert_eq!(
        (changed.status, &changed.body["assignee"], &changed.body["end"]),
        (200, &json!("ben.krause"), &json!("2026-11-24T09:45:00Z"))
    );
    // Ben may not see the lead, but can read and complete his task.
    assert_eq!(world.get("ben.krause", &format!("/leads/{id}")).await.status, 404);
    assert_eq!(listed(&world, "ben.krause", "").await, ["Photograph the car"]);
    let shown = world.get("ben.krause", &format!("/dealers/{NORDSTERN}/tasks")).await;
    let person = ["contact", "phone", "email"].map(|field| &shown.body["tasks"][0][field]);
    assert_eq!(person, [&Value::Null; 3], "the person belongs to the lead");
    let link = shown.text("/tasks/0/link").to_owned();
    let read = world.get("ben.krause", &link).await;
    assert_eq!((read.status, read.text("/title"), &read.headers["etag"]), (200, "Photograph the car", &changed.headers["etag"]));
    let others = [("clara.henning", 404), ("anna.vogt", 200), ("chris.center", 403)];
    for (who, status) in others {
        assert_eq!(world.get(who, &link).await.status, status, "{who}");
    }
    let done = world.post("ben.krause", &format!("{one}/completion"), &json!({"note": "eight pictures"})).await;
    assert_eq!((done.status, done.text("/state"), done.text("/note")), (200, "done", "eight pictures"), "{}", done.body);
    assert_eq!(done.headers["etag"], world.post("ben.krause", &format!("{one}/completion"), &json!({})).await.headers["etag"], "once");
    assert_eq!(listed(&world, "ben.krause", "").await, Vec::<String>::new());
    assert_eq!(world.call(Request::patch(ADMIN, &one).json(&json!({"minutes": 5}))).await.status, 409);
    let completion = format!("{one}/completion");
    assert_eq!(world.call(Request::delete("ben.krause", &completion).json(&json!({}))).await.text("/state"), "open");
    assert_eq!(listed(&world, "ben.krause", "").await, ["Photograph the car"]);
    assert_eq!(world.call(Request::delete(ADMIN, &one).json(&json!({}))).await.text("/state"), "deleted");
    assert_eq!(world.post(ADMIN, &completion, &json!({})).await.status, 409);
    let tasks = world.get(ADMIN, &path).await.body["tasks"].clone();
    assert_eq!((tasks.as_array().unwrap().len(), &tasks[0]["state"]), (1, &json!("deleted")));
    assert_eq!(event_names(&world, &id).await[2..], ["task_added", "task_changed", "task_completed", "task_reopened", "task_deleted"]);
}

/// LEAD-4, LEAD-6: the list shows tasks and deadlines together by date, in pages of any size, and leaves out completed tasks and met
/// deadlines.
#[tokio::test]
async fn lead_4_the_list_shows_tasks_and_deadlines_together_by_date() {
    let world = World::new().await;
    // Anna's and Ben's leads have first-contact deadlines at 11:00 UTC.
    let (a, b) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await);
    for (lead, body) in [
        (a, task("own early", "2026-11-23T09:30:00Z")),
        (a, task_for("Ben for Anna", "2026-11-23T12:00:00Z", "ben.krause")),
        (b, task("Ben's own", "2026-11-23T10:00:00Z")),
        (b, task_for("Anna for Ben", "2026-11-25T12:00:00Z", "anna.vogt")),
    ] {
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/tasks"), &body).await.status, 201);
    }
    let deadline = json!({"title": "offer", "at": "2026-11-24T09:00:00Z"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{a}/deadlines"), &deadline).await.status, 201);
    let all = ["own early", "Ben's own", "first-contact", "first-contact", "Ben for Anna", "offer", "Anna for Ben"];
    for limit in [1, 2, 3, 100] {
        assert_eq!(listed(&world, ADMIN, &format!("limit={limit}")).await, all, "{limit} on a page");
    }
    assert_eq!(listed(&world, ADMIN, "owner=anna.vogt").await, ["own early", "first-contact", "offer", "Anna for Ben"]);
    assert_eq!(listed(&world, "anna.vogt", "").await, ["own early", "first-contact", "offer", "Anna for Ben"], "her own, as on her board");
    assert_eq!(listed(&world, "anna.vogt", "owner=ben.krause").await, Vec::<String>::new());
    let half_open = "from=2026-11-23T12:00:00Z&until=2026-11-24T09:00:00Z";
    assert_eq!(listed(&world, ADMIN, half_open).await, ["Ben for Anna"], "until is not in it, from is");
    assert_eq!(listed(&world, ADMIN, "from=2026-11-23T11:30:00Z&until=2026-11-24T09:00:00.001Z").await, ["Ben for Anna", "offer"]);
    assert_eq!(listed(&world, ADMIN, "from=2026-11-24T09:00:00Z&until=2026-11-24T09:00:00Z").await, Vec::<String>::new());
    let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/tasks")).await.body["tasks"].clone();
    let of = |title: &str| page.as_array().unwrap().iter().find(|todo| todo["title"] == title).unwrap().clone();
    let offer = of("offer");
    assert_eq!((&offer["kind"], &offer["minutes"], &offer["link"]), (&json!("deadline"), &Value::Null, &json!(format!("/leads/{a}"))));
    let for_anna = of("Ben for Anna");
    assert_eq!((&for_anna["contact"], &for_anna["assignee"], &for_anna["number"]), (&json!("a"), &json!("ben.krause"), &json!(a.spoken())));
    world.post(ADMIN, &format!("/leads/{a}/reactions"), &json!({"kind": "reply"})).await;
    world.advance_to("2026-11-24T10:00:00Z").await;
    let page = world.get("anna.vogt", &format!("/dealers/{NORDSTERN}/tasks")).await.body["tasks"].clone();
    let overdue: Vec<&Value> = page.as_array().unwrap().iter().filter(|todo| todo["overdue"] == true).map(|todo| &todo["title"]).collect();
    assert_eq!(overdue, [&json!("own early"), &json!("offer")], "the first-contact deadline is met");
}

/// LEAD-4: a task without another assignee goes to each new owner of the lead, however the owner changes. The tasks of a closed lead stay
/// open.
#[tokio::test]
async fn lead_4_a_task_of_the_owner_follows_the_lead_and_a_task_of_another_assignee_stays() {
    let world = World::new().await;
    let id = world.lead(&enquiry("a")).await;
    for body in [task("follows", "2026-11-24T09:00:00Z"), task_for("stays", "2026-11-24T10:00:00Z", "anna.vogt")] {
        world.post(ADMIN, &format!("/leads/{id}/tasks"), &body).await;
    }
    world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "ben.krause"})).await;
    assert_eq!(listed(&world, "anna.vogt", "").await, ["stays"]);
    assert_eq!(listed(&world, "ben.krause", "").await, ["first-contact", "follows"]);
    world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "won"})).await;
    assert_eq!(listed(&world, "ben.krause", "").await, ["follows"]);
    let tasks = world.get("ben.krause", &format!("/leads/{id}/tasks")).await.body["tasks"].clone();
    let assignees: Vec<&Value> = tasks.as_array().unwrap().iter().map(|task| &task["assignee"]).collect();
    assert_eq!(assignees, [&json!("anna.vogt"), &json!("ben.krause")]);
    // Assigned to the lead's owner again.
    let stays = format!("/leads/{id}/tasks/{}", tasks[0]["id"].as_str().unwrap());
    assert_eq!(world.call(Request::patch("ben.krause", &stays).json(&json!({"assignee": ""}))).await.text("/assignee"), "ben.krause");
    assert_eq!(listed(&world, "ben.krause", "").await, ["follows", "stays"]);
}

/// LEAD-9, INT-5, LEAD-4: tasks need the right to work the lead and the current version, repeats have no effect, and invalid tasks are
/// refused.
#[tokio::test]
async fn lead_4_task_changes_require_the_right_and_current_version_and_repeats_have_no_effect() {
    let world = World::new().await;
    let id = world.lead(&enquiry("a")).await;
    let path = format!("/leads/{id}/tasks");
    let body = task("Call", "2026-11-24T09:00:00Z");
    for (who, status) in [("ben.krause", 404), ("alice.moore", 404), ("rival.seller", 404), ("chris.center", 403), ("hugo.office", 403)] {
        assert_eq!(world.post(who, &path, &body).await.status, status, "{who}");
    }
    let keyed = [("idempotency-key", "k")];
    let first = world.call(Request::post("anna.vogt", &path).json(&body).headers(&keyed)).await;
    world.post(ADMIN, &path, &task("Another", "2026-11-24T09:00:00Z")).await;
    let again = world.call(Request::post("anna.vogt", &path).json(&body).headers(&keyed)).await;
    assert_eq!((again.status, &again.headers["location"], &again.body["title"]), (201, &first.headers["location"], &json!("Call")));
    assert_eq!(world.get(ADMIN, &path).await.body["tasks"].as_array().unwrap().len(), 2);
    let one = first.headers["location"].to_str().unwrap();
    for (who, status) in [("ben.krause", 404), ("alice.moore", 404), ("rival.seller", 404), ("chris.center", 403), ("hugo.office", 403)] {
        assert_eq!(world.post(who, &format!("{one}/completion"), &json!({})).await.status, status, "{who}");
        assert_eq!(world.call(Request::delete(who, one).json(&json!({}))).await.status, status, "{who}");
        assert_eq!(world.call(Request::patch(who, one).json(&json!({"minutes": 5}))).await.status, status, "{who}");
    }
    let stale = [("if-match", "\"1\"")];
    assert_eq!(world.call(Request::patch(ADMIN, one).json(&json!({"minutes": 5})).headers(&stale)).await.status, 412);
    assert_eq!(world.call(Request::delete(ADMIN, one).json(&json!({})).headers(&stale)).await.status, 412);
    assert_eq!(world.post(ADMIN, &format!("{path}/000099/completion"), &json!({})).await.status, 404);
    for (body, faults) in [
        (json!({}), vec!["title LEAD-4", "start LEAD-4", "minutes LEAD-4"]),
        (
            json!({"title": " ", "start": "2046-01-01T00:00:00Z", "minutes": 0, "assignee": "alice.moore"}),
            vec!["title LEAD-4", "start LEAD-4", "minutes LEAD-4", "assignee LEAD-4"],
        ),
        (json!({"title": 5, "start": "soon", "minutes": "x", "assignee": "A B"}), vec!["assignee LEAD-4", "start LEAD-4", "minutes INT-3"]),
    ] {
        assert_eq!(world.post(ADMIN, &path, &body).await.faults(), faults, "{body}");
    }
    let tasks = format!("/dealers/{NORDSTERN}/tasks");
    for (who, status) in [("alice.moore", 404), ("chris.center", 403), ("hugo.office", 200)] {
        assert_eq!(world.get(who, &tasks).await.status, status, "{who}");
    }
    let of_rival = world.get("rival.seller", &tasks).await;
    assert_eq!(of_rival.body, json!({"tasks": []}), "a dealer of another group that is called the same");
    let of_board = format!("cursor={}", Cursor::new("work", "L#000000000000000#1").encode());
    for query in ["limit=0", "cursor=x", "cursor=K%23", &of_board, "owner=A%20B", "from=now", "done=true"] {
        assert_eq!(world.get(ADMIN, &format!("{tasks}?{query}")).await.status, 422, "{query}");
    }
    for n in 0..18 {
        assert_eq!(world.post(ADMIN, &path, &task(&n.to_string(), "2026-11-24T09:00:00Z")).await.status, 201);
    }
    assert_eq!(world.post(ADMIN, &path, &body).await.status, 409, "twenty open ones at most");
    let (mut seen, mut cursor) = (0, String::new());
    loop {
        let page = world.get(ADMIN, &format!("{path}?limit=8{cursor}")).await.body;
        seen += page["tasks"].as_array().unwrap().len();
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, 20);
}

/// LEAD-4, LEAD-8: a range that ends before it starts is refused with 422 and causes no server error.
#[tokio::test]
async fn lead_8_a_reversed_range_is_refused_naming_the_field() {
    let world = World::new().await;
    for (list, fault) in [("tasks", "until LEAD-4"), ("board", "until LEAD-8"), ("leads", "until LEAD-8")] {
        let reversed = "from=2027-01-01T00:00:00Z&until=2026-01-01T00:00:00Z";
        let reply = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/{list}?{reversed}")).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![fault.to_owned()]), "{}", reply.body);
    }
}

/// LEAD-8, LEAD-4: the open work of a user who was removed from a dealer stays on the dealer's lists for everyone with access, until the
/// user returns or the work is reassigned.
#[tokio::test]
async fn lead_8_open_work_of_a_removed_user_stays_on_the_dealers_lists() {
    let world = World::new().await;
    let (a, b) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await);
    for (lead, body) in [(a, task("own", "2026-11-24T09:00:00Z")), (b, task_for("given", "2026-11-24T10:00:00Z", "anna.vogt"))] {
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/tasks"), &body).await.status, 201);
    }
    let board = async |who: &str| {
        let page = world.get(who, &format!("/dealers/{NORDSTERN}/board")).await.body["leads"].clone();
        page.as_array().unwrap().iter().map(|row| row["contact"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let both = std::collections::BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    let path = format!("/dealers/{NORDSTERN}/users/anna.vogt");
    let all = ["first-contact", "first-contact", "own", "given"];
    assert_eq!((board(ADMIN).await, listed(&world, ADMIN, "").await), (both.clone(), all.map(str::to_owned).to_vec()));
    assert_eq!(world.call(Request::delete(ADMIN, &path).json(&json!({})).headers(&[("if-match", "\"1\"")])).await.status, 200);
    assert_eq!((board(ADMIN).await, listed(&world, ADMIN, "").await), (both.clone(), all.map(str::to_owned).to_vec()));
    assert_eq!(board("ben.krause").await, std::collections::BTreeSet::from(["b".to_owned()]), "who supervises nobody sees no more");
    // After the user has returned, each entry appears once.
    let part = json!({"receives_leads": true, "assignable": true});
    let back = world.call(Request::put(ADMIN, &path).json(&part).headers(&[("if-match", "\"2\"")])).await;
    assert_eq!(back.status, 200, "{}", back.body);
    assert_eq!((board(ADMIN).await, listed(&world, ADMIN, "").await), (both, all.map(str::to_owned).to_vec()));
}

/// LEAD-4, LEAD-8: the end of a range is exclusive, as in all lists. A cursor of another range causes no server error.
#[tokio::test]
async fn lead_8_the_end_of_a_range_is_exclusive() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let event = json!({"title": "Call her", "type": "phone_outbound", "at": "2026-11-25T10:00:00Z"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &event).await.status, 201);
    let board = async |query: &str| {
        let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/board?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.body);
        page.body["leads"].as_array().unwrap().len()
    };
    assert_eq!(board("from=2026-11-25T10:00:00Z&until=2026-11-25T11:00:00Z").await, 1);
    assert_eq!(board("from=2026-11-25T09:00:00Z&until=2026-11-25T10:00:00Z").await, 0);
    assert_eq!(board("until=2026-11-25T10:00:00.001Z").await, 1);
    let leads =
        async |query: &str| world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?{query}")).await.body["leads"].as_array().unwrap().len();
    assert_eq!([leads("until=2026-11-23T09:00:00Z").await, leads("from=2026-11-23T09:00:00Z").await], [0, 1]);
    let later = crate::support::world::at("2126-11-25T10:00:00Z").timestamp_millis();
    let cursor = |list: &str, prefix: &str, name: &str| Cursor::new(list, format!("{prefix}#{later:015}#{lead}{name}")).encode();
    assert_eq!(board(&format!("until=2026-11-25T10:00:00Z&cursor={}", cursor("work", "L", ""))).await, 0);
    assert_eq!(
        listed(&world, ADMIN, &format!("until=2026-11-25T10:00:00Z&cursor={}", cursor("tasks", "K", "#000009"))).await,
        Vec::<String>::new()
    );
}

/// LEAD-4, DIS-7: when a lead goes to another dealer, a task of an assignee who does not work there goes to the new owner.
#[tokio::test]
async fn lead_4_a_task_goes_to_the_new_owner_if_its_assignee_does_not_work_at_the_new_dealer() {
    let world = World::new().await;
    let harbour = "harbour-cars-demo";
    let lead = world.lead(&enquiry("jana")).await;
    let tasks = format!("/leads/{lead}/tasks");
    let mut made = Vec::new();
    for body in [
        task_for("Photo", "2026-12-01T10:00:00Z", "felix.lang"),
        task("Wash", "2026-12-01T11:00:00Z"),
        task_for("Done", "2026-12-01T12:00:00Z", "felix.lang"),
    ] {
        let reply = world.post(ADMIN, &tasks, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        made.push(reply.headers["location"].to_str().unwrap().to_owned());
    }
    assert_eq!(world.post("felix.lang", &format!("{}/completion", made[2]), &json!({})).await.status, 200);
    assert_eq!(listed(&world, "felix.lang", "").await, ["Photo"]);
    let moved = world.post("gina.group", &format!("/leads/{lead}/assignment"), &json!({"dealer": harbour})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(listed(&world, "felix.lang", "").await, Vec::<String>::new());
    assert_eq!(world.post("felix.lang", &format!("{}/completion", made[0]), &json!({})).await.status, 404, "it is his no more");
    world.system.settle().await;
    let page = world.get("gina.group", &format!("/leads/{lead}")).await.body;
    let owner = page["owner"].as_str().unwrap();
    let there = async || {
        let page = world.get(owner, &format!("/dealers/{harbour}/tasks?from=2026-12-01T00:00:00Z")).await.body["tasks"].clone();
        let line = |todo: &Value| format!("{} {}", todo["title"].as_str().unwrap(), todo["assignee"].as_str().unwrap());
        page.as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(there().await, [format!("Photo {owner}"), format!("Wash {owner}")]);
    let entry = page["timeline"].as_array().unwrap().iter().find(|entry| entry["events"][0]["what"] == "moved").unwrap();
    let further: Vec<&Value> = entry["events"].as_array().unwrap()[1..].iter().collect();
    assert_eq!(
        (further.len(), &further[0]["what"], &further[0]["title"], &further[0]["assignee"]),
        (1, &json!("task_changed"), &json!("Photo"), &Value::Null)
    );
    assert!(further[0]["before"]["assignee"].is_string(), "the former assignee: {}", further[0]);
    // A task that was completed at the former dealer is assigned to the new owner when it is reopened.
    let reopened = world.call(Request::delete(owner, &format!("{}/completion", made[2])).json(&json!({}))).await;
    assert_eq!(
        (reopened.status, reopened.text("/assignee"), &reopened.body["follows_owner"]),
        (200, owner, &json!(true)),
        "{}",
        reopened.body
    );
    assert_eq!(there().await.len(), 3);
}

/// LEAD-4, DIS-7: an assignee who works at both dealers keeps the task.
#[tokio::test]
async fn lead_4_an_assignee_who_works_at_both_dealers_keeps_the_task() {
    let world = World::new().await;
    world
        .settings(|draft| {
            let member = Member { user: "amelia.hart".parse().unwrap(), ..draft.members[0].clone() };
            draft.members.push(member);
        })
        .await;
    let lead = world.lead(&enquiry("jana")).await;
    let task = task_for("Photo", "2026-12-01T10:00:00Z", "amelia.hart");
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/tasks"), &task).await.status, 201);
    let moved = world.post("gina.group", &format!("/leads/{lead}/assignment"), &json!({"dealer": "harbour-cars-demo"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let mine = world.get("amelia.hart", "/dealers/harbour-cars-demo/tasks?owner=amelia.hart&from=2026-12-01T00:00:00Z").await.body["tasks"]
        .clone();
    assert_eq!((mine[0]["title"].clone(), mine.as_array().unwrap().len()), (json!("Photo"), 1));
    let page = world.get("gina.group", &format!("/leads/{lead}")).await.body;
    let moved = page["timeline"].as_array().unwrap().iter().find(|entry| entry["events"][0]["what"] == "moved").unwrap();
    assert_eq!(moved["events"].as_array().unwrap().len(), 1, "nothing about the task has changed");
}

/// LEAD-4, DIS-7: a lead with the maximum of tasks and events goes to another dealer in one commit, and webhooks are notified.
#[tokio::test]
async fn dis_7_a_lead_with_the_maximum_of_tasks_and_events_moves_to_another_dealer() {
    let world = World::new().await;
    let hook = json!({"url": "https://hooks.example.com/in", "events": ["lead.assigned", "appointment.moved", "appointment.cancelled"]});
    assert_eq!(world.post("gina.group", "/webhooks", &hook).await.status, 201);
    let lead = world.lead(&enquiry("jana")).await;
    for i in 0..20 {
        let body = task_for(&format!("task {i}"), "2026-12-01T12:00:00Z", "felix.lang");
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/tasks"), &body).await.status, 201);
    }
    for i in 0..18 {
        let at = crate::support::world::at("2026-12-01T23:30:00Z") + chrono::TimeDelta::days(2 * i);
        let body = json!({"title": "Test drive", "type": "booked_test_drive", "at": at});
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &body).await.status, 201);
    }
    let assignment = format!("/leads/{lead}/assignment");
    let refused = world.post("gina.group", &assignment, &json!({"dealer": "harbour-cars-demo", "appointments": "cancel"})).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "APT-10"), "{}", refused.body);
    let moved = world.post("gina.group", &assignment, &json!({"dealer": "harbour-cars-demo", "appointments": "move"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(listed(&world, "felix.lang", "").await, Vec::<String>::new());
    let open = world.get("gina.group", &format!("/leads/{lead}")).await.body["open_tasks"].clone();
    assert_eq!(open.as_array().unwrap().len(), 20);
}
