//! A repeated enquiry is one lead; a repeated request is carried out once (INT-5).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::lead::Event;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

fn leads() -> String {
    format!("/dealers/{NORDSTERN}/leads")
}

async fn send(world: &World, who: &str, key: &str, body: &Value) -> Reply {
    world.call(Request::post(who, &leads()).headers(&[JSON, ("idempotency-key", key)]).body(body.to_string().as_bytes())).await
}

/// Sends a request of the dealer's admin with the `Idempotency-Key` `key`.
async fn post(world: &World, path: &str, key: &str, body: &Value) -> Reply {
    world.call(Request::post(ADMIN, path).headers(&[JSON, ("idempotency-key", key)]).body(body.to_string().as_bytes())).await
}

fn is_repeat(reply: &Reply) -> bool {
    reply.headers.contains_key("idempotent-replay")
}

/// INT-5: a repeat gets the first response, although the lead has changed since.
#[tokio::test]
async fn int_5_a_repeat_gets_the_first_response_although_the_lead_has_changed() {
    let world = World::new().await;
    let first = send(&world, "gina.group", "k1", &enquiry("jana")).await;
    assert_eq!(first.status, 201);
    let id = first.text("/id").to_owned();
    let moved = world.post("ingo.brandt", &format!("/leads/{id}/assignment"), &json!({"user": "greta.sommer"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.advance_to("2026-11-24T09:00:00Z").await;
    let again = send(&world, "gina.group", "k1", &enquiry("jana")).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.headers["idempotent-replay"], "true");
    assert_eq!(world.list("ingo.brandt", NORDSTERN).await.len(), 1);
}

/// INT-5: a key that is reused with another body is refused, and no lead is created.
#[tokio::test]
async fn int_5_a_key_reused_with_another_body_is_refused_and_creates_no_lead() {
    let world = World::new().await;
    let mut with_id = enquiry("sam");
    with_id["external_id"] = json!("x-1");
    for (key, body) in [("k1", enquiry("jana")), ("k2", with_id)] {
        assert_eq!(send(&world, "gina.group", key, &body).await.status, 201);
        let mut other = body.clone();
        other["message"] = json!("something else");
        let refused = send(&world, "gina.group", key, &other).await;
        assert_eq!((refused.status, refused.text("/type")), (422, "urn:forecourt:problem:reused"), "{}", refused.body);
    }
    assert_eq!(world.list("ingo.brandt", NORDSTERN).await.len(), 2);
}

/// INT-5: an idempotency key is also checked if the enquiry has an external id.
#[tokio::test]
async fn int_5_an_idempotency_key_is_checked_in_addition_to_an_external_id() {
    let world = World::new().await;
    let body = |id: &str| {
        let mut body = enquiry("jana");
        body["external_id"] = json!(id);
        body
    };
    let first = send(&world, "gina.group", "k1", &body("x-1")).await;
    // The key or the id alone finds the same lead; the key with another id is a different request.
    assert_eq!(send(&world, "gina.group", "k2", &body("x-1")).await.text("/id"), first.text("/id"));
    assert_eq!(send(&world, "gina.group", "k1", &body("x-1")).await.text("/id"), first.text("/id"));
    assert_eq!(send(&world, "gina.group", "k1", &body("x-2")).await.status, 422);
}

/// INT-5: keys and external ids of different senders are independent.
#[tokio::test]
async fn int_5_keys_of_different_senders_are_independent() {
    let world = World::new().await;
    let portal = send(&world, "gina.group", "k1", &enquiry("jana")).await;
    let person = send(&world, "ingo.brandt", "k1", &enquiry("karl")).await;
    assert_eq!((portal.status, person.status), (201, 201));
    assert_ne!(portal.text("/id"), person.text("/id"));
}

/// INT-5: white space and the order of fields do not make a different enquiry.
#[tokio::test]
async fn int_5_white_space_and_field_order_do_not_make_a_different_enquiry() {
    let world = World::new().await;
    let texts = [
        r#"{"external_id":"x","type":"other","contact":{"email":"a@example.com"}}"#,
        r#"{ "contact": {"email": " a@EXAMPLE.com "}, "type": "other", "external_id": "x" }"#,
    ];
    let mut ids = Vec::new();
    for text in texts {
        ids.push(world.call(Request::post("gina.group", &leads()).headers(&[JSON]).body(text.as_bytes())).await.text("/id").to_owned());
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn int_5_an_adf_resend_updates_the_lead_that_it_names() {
    let world = World::new().await;
    let adf = |status: &str, comment: &str| {
        format!(
            "<adf><prospect status=\"{status}\"><id source=\"portal\">77</id><vehicle status=\"used\"><make>Opel</make></vehicle><customer><contact><email>r@example.com</email></contact><comments>{comment}</comments></customer><provider><name>Portal</name></provider></prospect></adf>"
        )
    };
    let send = async |key: &str, status: &str, comment: &str| {
        let headers = [("content-type", "application/adf+xml"), ("idempotency-key", key)];
        let reply = world.call(Request::post("gina.group", &leads()).headers(&headers).body(adf(status, comment).as_bytes())).await;
        (reply.status, reply.text("/id").to_owned())
    };
    let (status, id) = send("k1", "new", "one").await;
    assert_eq!(status, 201);
    assert_eq!(send("k2", "new", "two").await.0, 422);
    assert_eq!(send("k3", "resend", "two").await, (200, id.clone()));
    assert_eq!(send("k4", "resend", "three").await, (200, id.clone()));
    // A repeat of each, in any order, changes nothing and returns the first response.
    assert_eq!(send("k3", "resend", "two").await, (200, id.clone()));
    assert_eq!(send("k1", "new", "one").await, (201, id.clone()));
    assert_eq!(send("k4", "resend", "three").await, (200, id.clone()));
    assert_eq!(send("k5", "new", "one").await, (201, id.clone()));
    assert_eq!(world.page(id.parse().unwrap()).await.lead.version, 3);
    // A new request that restores an earlier text is carried out.
    assert_eq!(send("k6", "resend", "two").await, (200, id.clone()));
    let message = world.get("ingo.brandt", &format!("/leads/{id}")).await.text("/enquiry/message").to_owned();
    assert_eq!(message, "two");
    let page = world.page(id.parse().unwrap()).await;
    let resent = page.timeline.iter().flat_map(|e| &e.events).filter(|e| matches!(e, Event::Resent { .. })).count();
    assert_eq!(resent, 3);
}

#[tokio::test]
async fn int_5_a_reaction_sent_twice_with_one_key_is_logged_once() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/reactions");
    let log = async |body: &str| {
        world.call(Request::post("anna.vogt", &path).headers(&[JSON, ("idempotency-key", "r1")]).body(body.as_bytes())).await
    };
    let first = log(r#"{"kind": "call_missed"}"#).await;
    let again = log(r#"{"kind": "call_missed"}"#).await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.body["version"], again.body["version"]);
    assert_eq!(log(r#"{"kind": "reply"}"#).await.status, 422);
    assert_eq!(world.page(id).await.timeline.len(), 2);
}

#[tokio::test]
async fn set_10_a_change_based_on_an_older_version_is_refused() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let etag = world.get("anna.vogt", &format!("/leads/{id}")).await.headers["etag"].to_str().unwrap().to_owned();
    let path = format!("/leads/{id}/reactions");
    let log =
        async || world.call(Request::post("anna.vogt", &path).headers(&[JSON, ("if-match", &etag)]).body(br#"{"kind": "reply"}"#)).await;
    assert_eq!(log().await.status, 200);
    let stale = log().await;
    assert_eq!((stale.status, &stale.body["current_version"]), (412, &json!(2)));
}

/// INT-5: a key that was used for one dealer is refused for another dealer, and the first lead is not shown.
#[tokio::test]
async fn int_5_a_key_reused_for_another_dealer_is_refused_and_does_not_show_the_first_lead() {
    let world = World::new().await;
    assert_eq!(send(&world, "gina.group", "k1", &enquiry("jana")).await.status, 201);
    let headers = [JSON, ("idempotency-key", "k1")];
    let body = enquiry("jana").to_string();
    let other = world.call(Request::post("gina.group", "/dealers/harbour-cars-demo/leads").headers(&headers).body(body.as_bytes())).await;
    assert_eq!((other.status, other.text("/type")), (422, "urn:forecourt:problem:reused"));
}

/// INT-5: a repeated assignment gets the same response, although it moved the lead out of the user's scope.
#[tokio::test]
async fn int_5_a_repeated_assignment_gets_the_same_response_although_the_lead_left_the_scope() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/assignment");
    for (who, body) in [("anna.vogt", r#"{"user": "ben.krause"}"#), ("ingo.brandt", r#"{"dealer": "harbour-cars-demo"}"#)] {
        let headers = [JSON, ("idempotency-key", "a1")];
        let first = world.call(Request::post(who, &path).headers(&headers).body(body.as_bytes())).await;
        let again = world.call(Request::post(who, &path).headers(&headers).body(body.as_bytes())).await;
        assert_eq!((first.status, again.status, &again.body["version"]), (200, 200, &first.body["version"]), "{}", again.body);
        assert_eq!(world.get(who, &format!("/leads/{id}")).await.status, 404);
    }
}

/// SET-10: `If-Match` accepts a list of versions and `*`.
#[tokio::test]
async fn set_10_if_match_may_name_several_versions() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/reactions");
    for (tags, status) in [("\"7\", \"8\"", 412), ("\"1\", W/\"8\"", 200), ("*", 200), ("nonsense", 422)] {
        let reply =
            world.call(Request::post("anna.vogt", &path).headers(&[JSON, ("if-match", tags)]).body(br#"{"kind": "call_missed"}"#)).await;
        assert_eq!(reply.status, status, "{tags}");
    }
}

/// INT-5: a repeat at the first dealer gets the first response, although the lead has moved to another dealer.
#[tokio::test]
async fn int_5_a_repeat_at_the_first_dealer_gets_the_first_response_after_the_lead_has_moved() {
    let world = World::new().await;
    let first = send(&world, "gina.group", "k1", &enquiry("jana")).await;
    let path = format!("/leads/{}/assignment", first.text("/id"));
    assert_eq!(world.post("ingo.brandt", &path, &json!({"dealer": "harbour-cars-demo"})).await.status, 200);
    assert_eq!(send(&world, "gina.group", "k1", &enquiry("jana")).await.body, first.body);
}

/// INT-5: a key that first comes with a repeat of an external id is stored too.
#[tokio::test]
async fn int_5_a_key_first_sent_with_a_repeat_is_stored() {
    let world = World::new().await;
    let body = |id: &str| {
        let mut body = enquiry("jana");
        body["external_id"] = json!(id);
        body
    };
    assert_eq!(send(&world, "gina.group", "k1", &body("x-1")).await.status, 201);
    assert_eq!(send(&world, "gina.group", "k2", &body("x-1")).await.status, 201);
    assert_eq!(send(&world, "gina.group", "k2", &body("x-2")).await.status, 422);
}

/// INT-5: redriving a message from the dead-letter queue creates no second lead.
#[tokio::test]
async fn int_5_a_redriven_message_creates_no_second_lead() {
    let world = World::new().await;
    let good = "<prospect><customer><contact><name>A</name><email>a@example.com</email></contact></customer></prospect>";
    let bad = "<prospect><customer><contact><name>Nobody can be reached</name></contact></customer></prospect>";
    world.enqueue("m1", "AIDADEMOPORTAL", Some(NORDSTERN), &format!("<adf>{good}{bad}</adf>"));
    for _ in 0..3 {
        world.system.settle().await;
        assert_eq!(world.list("ingo.brandt", NORDSTERN).await.len(), 1);
        assert_eq!(world.system.queue.redrive().unwrap(), 1);
    }
    // The same enquiry for another dealer is a different enquiry.
    world.enqueue("m2", "AIDADEMOPORTAL", Some("harbour-cars-demo"), &format!("<adf>{good}</adf>"));
    world.system.settle().await;
    assert_eq!(world.list("sophie.clarke", "harbour-cars-demo").await.len(), 1);
}

/// INT-5: when one document holds several versions of an enquiry, all are applied in order, once.
#[tokio::test]
async fn int_5_several_versions_of_an_enquiry_in_one_document_are_applied_in_order_once() {
    let world = World::new().await;
    let prospect = |status: &str, comment: &str| {
        format!(
            "<prospect status=\"{status}\"><id source=\"portal\">78</id><customer><contact><email>r@example.com</email></contact><comments>{comment}</comments></customer></prospect>"
        )
    };
    let headers = [("content-type", "application/adf+xml"), ("idempotency-key", "k1")];
    let send = async |xml: String| world.call(Request::post("gina.group", &leads()).headers(&headers).body(xml.as_bytes())).await;
    let document = format!("<adf>{}{}{}</adf>", prospect("new", "one"), prospect("resend", "two"), prospect("resend", "three"));
    for _ in 0..2 {
        let reply = send(document.clone()).await;
        let statuses: Vec<_> = reply.body["results"].as_array().unwrap().iter().map(|r| r["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [201, 200, 200], "{}", reply.body);
    }
    let lead = world.list("ingo.brandt", NORDSTERN).await.remove(0);
    let page = world.get("ingo.brandt", &format!("/leads/{}", lead["id"].as_str().unwrap())).await;
    assert_eq!((page.text("/enquiry/message"), &page.body["version"]), ("three", &json!(3)));
}

/// INT-5, MSG-1: every change of a lead is carried out once within thirty days, although other changes happen in between. The response to a
/// repeat is marked as a repeat.
#[tokio::test]
async fn int_5_every_change_of_a_lead_is_carried_out_once_and_its_repeat_is_marked() {
    let world = World::new().await;
    let mut body = enquiry("jana");
    body["contact"]["phone"] = json!("0171 2345678");
    let lead = world.lead(&body).await;
    let keyed = async |path: &str, key: &str, body: &Value| post(&world, &format!("/leads/{lead}/{path}"), key, body).await;
    let task = json!({"title": "Wash", "start": "2026-11-25T10:00:00+01:00", "minutes": 30});
    let deadline = json!({"title": "Offer", "at": "2026-11-25T10:00:00+01:00"});
    let event = json!({"title": "Call her", "type": "phone_outbound", "at": "2026-11-25T10:00:00+01:00"});
    let at = |made: &Reply| made.headers["location"].to_str().unwrap().trim_start_matches(&format!("/leads/{lead}/")).to_owned();
    let done = at(&keyed("tasks", "done-task", &task).await);
    let met = at(&keyed("deadlines", "met", &deadline).await);
    let held = at(&keyed("events", "held", &event).await);
    let requests = [
        (201, "tasks", task),
        (201, "contacts", json!({"last_name": "Kim", "emails": ["kim@example.com"]})),
        (201, "deadlines", deadline),
        (201, "comments", json!({"text": "first"})),
        (201, "events", event),
        (201, "invitations", json!({"type": "booked_test_drive"})),
        (201, "communications", json!({"medium": "sms", "text": "Hello"})),
        (201, "documents", json!({"title": "Order", "content_type": "application/pdf", "bytes": 3})),
        (200, "reactions", json!({"kind": "call_missed"})),
        (200, "contact-made", json!({"made": false})),
        (200, "assignment", json!({"user": "ben.krause"})),
        (200, &*format!("{done}/completion"), json!({"note": "clean"})),
        (200, &*format!("{met}/completion"), json!({})),
        (200, &*format!("{held}/completion"), json!({})),
        (200, "status", json!({"status": "lost", "reason": "price"})),
        (200, "status", json!({"status": "in_progress"})),
    ];
    let mut first = Vec::new();
    for (i, (status, path, body)) in requests.iter().enumerate() {
        let reply = keyed(path, &format!("k{i}"), body).await;
        assert_eq!((reply.status, reply.headers.get("idempotent-replay")), (*status, None), "{path}: {}", reply.body);
        first.push(reply);
    }
    let comment = at(&first[3]);
    let tag = [JSON, ("if-match", "\"1\"")];
    let path = format!("/leads/{lead}/{comment}");
    assert_eq!(world.call(Request::patch(ADMIN, &path).headers(&tag).body(br#"{"text": "second"}"#)).await.status, 200);
    // The task is reopened in between: a repeat of its completion does not complete it again.
    assert_eq!(world.call(Request::delete(ADMIN, &format!("/leads/{lead}/{done}/completion")).headers(&[JSON])).await.status, 200);
    world.system.settle().await;
    world.advance_to("2026-12-20T09:00:00Z").await;
    let before = world.page(lead).await;
    for (key, ((status, path, body), first)) in requests.iter().zip(&first).enumerate() {
        let again = keyed(path, &format!("k{key}"), body).await;
        let says = again.headers.get("idempotent-replay").map(|says| says.to_str().unwrap());
        assert_eq!((again.status, says), (*status, Some("true")), "{path}: {}", again.body);
        assert_eq!(again.headers.get("location"), first.headers.get("location"), "{path}");
        let (key, text) = (format!("k{key}"), format!("{body} "));
        let headers = [JSON, ("idempotency-key", &*key)];
        let other = world.call(Request::post(ADMIN, &format!("/leads/{lead}/{path}")).headers(&headers).body(text.as_bytes())).await;
        assert_eq!((other.status, other.text("/type")), (422, "urn:forecourt:problem:reused"), "{path}: {}", other.body);
    }
    world.system.settle().await;
    let after = world.page(lead).await;
    assert_eq!((after.lead.version, after.timeline.len()), (before.lead.version, before.timeline.len()));
    assert_eq!(world.get(ADMIN, &path).await.text("/text"), "second");
    assert_eq!(world.system.mailbox.sms().len(), 1);
}

/// INT-5: a bulk request is marked as a repeat only if the event was already created for all of its leads.
#[tokio::test]
async fn int_5_a_bulk_request_is_marked_as_a_repeat_only_if_all_its_events_exist() {
    let world = World::new().await;
    let (lead, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("sam")).await);
    let event = json!({"title": "Call her", "type": "phone_outbound", "at": "2026-11-25T10:00:00+01:00"});
    let bulk = |leads: &[String]| json!({"leads": leads, "event": event});
    let (one, both) = (bulk(&[lead.to_string()]), bulk(&[lead.to_string(), other.to_string()]));
    let marked = async |body: &Value| is_repeat(&post(&world, "/events", "bulk", body).await);
    assert_eq!([marked(&one).await, marked(&one).await], [false, true]);
    assert_eq!(post(&world, "/events", "bulk", &both).await.body["results"][0]["status"], 422, "another request");
}

/// INT-5: after thirty days a key is free, but an item whose id derives from the key is still found.
#[tokio::test]
async fn int_5_after_thirty_days_a_key_is_free_but_its_item_is_still_found() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let (comments, reactions) = (format!("/leads/{lead}/comments"), format!("/leads/{lead}/reactions"));
    let (text, missed) = (json!({"text": "first"}), json!({"kind": "call_missed"}));
    let send = async || (post(&world, &comments, "k1", &text).await, post(&world, &reactions, "k2", &missed).await);
    let (first, called) = send().await;
    assert_eq!((first.status, is_repeat(&first), called.status, is_repeat(&called)), (201, false, 200, false));
    let path = first.headers["location"].to_str().unwrap();
    let tag = [JSON, ("if-match", "\"1\"")];
    assert_eq!(world.call(Request::patch(ADMIN, path).headers(&tag).body(br#"{"text": "second"}"#)).await.status, 200);
    world.advance_to("2026-12-20T09:00:00Z").await;
    let (comment, missed) = send().await;
    assert_eq!((is_repeat(&comment), is_repeat(&missed)), (true, true));
    world.advance_to("2026-12-29T09:00:00Z").await;
    let (comment, missed) = send().await;
    assert_eq!((is_repeat(&comment), is_repeat(&missed)), (true, false));
    assert_eq!((comment.text("/id"), comment.text("/text")), (first.text("/id"), "second"));
}

/// INT-5: a request that had nothing to change is remembered, so a later repeat changes nothing.
#[tokio::test]
async fn int_5_a_request_that_changed_nothing_is_stored_and_its_repeat_changes_nothing() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let task = json!({"title": "Wash", "start": "2026-11-25T10:00:00+01:00", "minutes": 30});
    let made = world.post(ADMIN, &format!("/leads/{lead}/tasks"), &task).await;
    let completion = format!("{}/completion", made.headers["location"].to_str().unwrap());
    assert_eq!(world.post(ADMIN, &completion, &json!({})).await.text("/state"), "done");
    let keyed = async || world.call(Request::post(ADMIN, &completion).headers(&[JSON, ("idempotency-key", "k")]).body(b"{}")).await;
    assert_eq!(keyed().await.text("/state"), "done");
    assert_eq!(world.call(Request::delete(ADMIN, &completion).headers(&[JSON])).await.text("/state"), "open");
    let again = keyed().await;
    assert_eq!((again.text("/state"), again.headers["idempotent-replay"].as_bytes()), ("open", &b"true"[..]));
}

/// ACC-1, LEAD-9: when a lead has left the user's scope, a repeat shows only the state that the request itself left.
#[tokio::test]
async fn lead_9_a_repeat_does_not_show_later_changes_outside_the_users_scope() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "away")];
    let path = format!("/leads/{lead}/assignment");
    let body = json!({"dealer": "harbour-cars-demo"}).to_string();
    assert_eq!(world.call(Request::post(ADMIN, &path).headers(&headers).body(body.as_bytes())).await.status, 200);
    assert_eq!(
        world.call(Request::post(ADMIN, &path).headers(&headers).body(body.as_bytes())).await.status,
        200,
        "nothing has happened since"
    );
    assert_eq!(world.post("gina.group", &format!("/leads/{lead}/comments"), &json!({"text": "ours"})).await.status, 201);
    assert_eq!(world.call(Request::post(ADMIN, &path).headers(&headers).body(body.as_bytes())).await.status, 404);
}
