//! Bulk actions on many leads (LEAD-10).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use serde_json::{Value, json};

/// Leads of one owner.
async fn leads_of(world: &World, owner: &str, names: &[&str]) -> Vec<LeadId> {
    let mut leads = Vec::new();
    for name in names {
        let lead = world.lead(&enquiry(name)).await;
        world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": owner})).await;
        leads.push(lead);
    }
    world.system.settle().await;
    leads
}

async fn bulk(world: &World, who: &str, body: &Value) -> Reply {
    world.post(who, "/bulk-actions", body).await
}

fn statuses(reply: &Reply) -> Vec<u64> {
    reply.body["results"].as_array().unwrap_or_else(|| panic!("{}", reply.body)).iter().map(|row| row["status"].as_u64().unwrap()).collect()
}

/// The subjects of the mails since a moment.
fn subjects(world: &World, before: usize) -> Vec<String> {
    world.mails()[before..].iter().map(|mail| mail[15..].to_owned()).collect()
}

#[tokio::test]
async fn lead_10_each_lead_has_its_own_result_with_the_rights_of_the_single_request() {
    let world = World::new().await;
    let own = leads_of(&world, "ben.krause", &["jana", "piet"]).await;
    let other = leads_of(&world, "clara.henning", &["maria"]).await[0];
    let body = json!({"leads": [own[0], other, "1234567890", "nonsense", own[1], own[0]], "event": {"title": "Ask", "type": "sms"}});
    let reply = bulk(&world, "ben.krause", &body).await;
    assert_eq!((reply.status, reply.text("/state"), statuses(&reply)), (200, "done", vec![201, 404, 404, 404, 201]), "{}", reply.body);
    assert_eq!((&reply.body["succeeded"], &reply.body["failed"], &reply.body["done"]), (&json!(2), &json!(3), &json!(5)));
    assert_eq!(reply.text("/results/1/problem/type"), "urn:forecourt:problem:not-found");
    assert_eq!(world.events(own[0]).await.len(), 1);
    assert!(world.events(other).await.is_empty());
    // A right that is missing refuses the whole request, as it would each single one.
    for (who, body) in [
        ("hugo.office", json!({"leads": [other], "event": {"title": "Ask", "type": "sms"}})),
        ("hugo.office", json!({"leads": [other], "reassign": {"to": "distribution"}})),
    ] {
        let refused = bulk(&world, who, &body).await;
        assert_eq!(refused.status, 403, "{who}: {}", refused.body);
    }
    // Other users do not see the action.
    let id = reply.text("/id");
    for path in [format!("/bulk-actions/{id}"), format!("/bulk-actions/{id}/results"), "/bulk-actions/unknown".to_owned()] {
        assert_eq!(world.get("clara.henning", &path).await.status, 404, "{path}");
    }
    assert_eq!(world.get("ben.krause", &format!("/bulk-actions/{id}")).await.body["succeeded"], 2);
}

#[tokio::test]
async fn lead_10_faults_of_the_request_name_their_fields() {
    let world = World::new().await;
    for (body, faults) in [
        (json!({"event": {"title": "a", "type": "sms"}}), vec!["leads"]),
        (json!({"leads": [], "event": {"title": "a", "type": "sms"}}), vec!["leads"]),
        (json!({"leads": ["1234567890"]}), vec!["complete"]),
        (json!({"leads": ["1234567890"], "complete": {}, "move": {"date": "2026-11-25"}}), vec!["complete"]),
        (json!({"leads": ["1234567890"], "filter": {"dealer": NORDSTERN}, "complete": {}}), vec!["filter"]),
        (json!({"leads": ["1234567890"], "move": {"at": "soon"}}), vec!["move.at"]),
        (json!({"leads": ["1234567890"], "move": {"at": "0001-01-01T10:00:00Z"}}), vec!["move.at"]),
        (json!({"leads": ["1234567890"], "move": {"date": "2050-01-01"}}), vec!["move.date"]),
        (json!({"leads": ["1234567890"], "event": {"title": "a", "type": "sms", "date": "2050-01-01"}}), vec!["event.date"]),
        (json!({"leads": ["1234567890"], "reassign": {"to": "moon"}}), vec!["reassign.to"]),
        (json!({"leads": ["1234567890"], "status": {"status": "lost"}}), vec!["status.reason"]),
        (json!({"leads": ["1234567890"], "complete": {"events": "some"}}), vec!["complete.events"]),
        (json!({"filter": {"status": "won"}, "complete": {}}), vec!["filter.dealer"]),
        (json!({"filter": {"dealer": NORDSTERN, "status": "sold"}, "complete": {}}), vec!["filter.status"]),
        (json!({"filter": {"dealer": NORDSTERN, "action_type": "dance"}, "complete": {}}), vec!["filter.action_type"]),
    ] {
        let reply = bulk(&world, ADMIN, &body).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.body);
        let found: Vec<&str> = reply.body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(found, faults, "{body}: {}", reply.body);
    }
    let unknown = bulk(&world, ADMIN, &json!({"filter": {"dealer": "rival-cars", "status": "won"}, "complete": {}})).await;
    assert_eq!(unknown.status, 404, "{}", unknown.body);
}

#[tokio::test]
async fn lead_10_next_actions_and_overdue_events_are_completed_and_moved_but_no_appointment_is() {
    let world = World::new().await;
    let leads = leads_of(&world, "ben.krause", &["jana", "piet", "maria", "emil"]).await;
    let plan = async |lead: LeadId, kind: &str, at: &str| {
        let reply = world.post(ADMIN, &format!("/leads/{lead}/events"), &json!({"title": kind, "type": kind, "at": at})).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
    };
    for at in ["2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "2026-11-25T09:00:00Z"] {
        plan(leads[0], "sms", at).await;
    }
    plan(leads[1], "sms", "2026-11-24T09:00:00Z").await;
    plan(leads[2], "booked_test_drive", "2026-11-24T09:00:00Z").await;
    let next = bulk(&world, "ben.krause", &json!({"leads": leads, "complete": {"note": "done"}})).await;
    assert_eq!(statuses(&next), [200, 200, 409, 409], "{}", next.body);
    assert_eq!(next.text("/results/2/problem/rule"), "CAL-3");
    let open = async |lead: LeadId| world.events(lead).await.iter().filter(|event| event.state.name() == "incomplete").count();
    assert_eq!((open(leads[0]).await, open(leads[1]).await, open(leads[2]).await), (2, 0, 1));
    let overdue = bulk(&world, "ben.krause", &json!({"leads": leads, "complete": {"events": "overdue"}})).await;
    assert_eq!(statuses(&overdue), [200, 200, 200, 200], "{}", overdue.body);
    assert_eq!((open(leads[0]).await, open(leads[2]).await), (1, 1), "the later event and the appointment stay");
    let moved = bulk(&world, "ben.krause", &json!({"leads": leads, "move": {"at": "2026-11-26T10:00:00Z"}})).await;
    assert_eq!(statuses(&moved), [200, 409, 200, 409], "{}", moved.body);
    let (first, drive) = (world.events(leads[0]).await, world.events(leads[2]).await);
    assert_eq!(first.last().unwrap().at.to_rfc3339(), "2026-11-26T10:00:00+00:00");
    assert_eq!(drive[0].at.to_rfc3339(), "2026-11-26T10:00:00+00:00");
}

/// LEAD-10, APT-8: the rows of plans and moves have the warnings that the single requests have.
#[tokio::test]
async fn lead_10_rows_of_plans_and_moves_have_their_warnings() {
    let world = World::new().await;
    let leads = leads_of(&world, "ben.krause", &["jana", "piet"]).await;
    let what = |reply: &Reply| -> Vec<Vec<String>> {
        let rows = reply.body["results"].as_array().unwrap_or_else(|| panic!("{}", reply.body));
        let of = |row: &Value| {
            let warnings = row["warnings"].as_array().cloned().unwrap_or_default();
            warnings.iter().map(|warning| warning["what"].as_str().unwrap().to_owned()).collect()
        };
        rows.iter().map(of).collect()
    };
    let event = json!({"title": "Visit", "type": "visit_inbound", "at": "2026-11-26T10:00:00+01:00"});
    let planned = bulk(&world, ADMIN, &json!({"leads": leads, "event": event})).await;
    assert_eq!((statuses(&planned), what(&planned)), (vec![201, 201], vec![vec![], vec!["double_booked".to_owned()]]), "{}", planned.body);
    let id = planned.text("/id");
    let again = world.get(ADMIN, &format!("/bulk-actions/{id}/results")).await;
    assert_eq!(what(&again), what(&planned), "the stored results have them, too");
    let moved = bulk(&world, ADMIN, &json!({"leads": [leads[0]], "move": {"at": "2026-11-29T10:00:00+01:00"}})).await;
    assert_eq!(what(&moved), [["closed".to_owned()]], "{}", moved.body);
    let together = bulk(&world, ADMIN, &json!({"leads": leads, "move": {"at": "2026-11-27T10:00:00+01:00"}})).await;
    assert_eq!(what(&together), [vec![], vec!["double_booked".to_owned()]], "{}", together.body);
}

#[tokio::test]
async fn lead_10_a_bulk_reassignment_sends_one_mail_to_each_reader() {
    let world = World::new().await;
    let names: Vec<String> = (0..30).map(|n| format!("n{n}")).collect();
    let leads = leads_of(&world, "ben.krause", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let before = world.mails().len();
    let reply = bulk(&world, ADMIN, &json!({"leads": leads, "reassign": {"user": "clara.henning", "note": "on holiday"}})).await;
    assert!(statuses(&reply).iter().all(|status| *status == 200), "{}", reply.body);
    assert_eq!(reply.text("/results/7/owner"), "clara.henning");
    world.advance_to("2026-11-23T09:10:00Z").await;
    let mut mails = subjects(&world, before);
    mails.sort();
    assert_eq!(
        mails,
        [
            "ben.krause: 30 Anfragen sind jetzt bei anderen Personen",
            "clara.henning: 30 Anfragen wurden Ihnen zugewiesen",
            "helga.stern: 30 Anfragen sind jetzt bei anderen Personen",
        ]
    );
    let mail = world.system.mailbox.mails().into_iter().find(|mail| mail.subject.contains("Ihnen zugewiesen")).unwrap();
    assert!(mail.text.contains(&leads[0].spoken()) && mail.text.contains("und 10 weitere"), "{}", mail.text);
    assert!(mail.text.contains("Notiz: on holiday") && mail.text.contains("Ingo Brandt"), "{}", mail.text);
    // To the distribution: nobody gets the lead that they had.
    let spread = bulk(&world, ADMIN, &json!({"leads": leads[..7], "reassign": {"to": "distribution"}})).await;
    let owners: Vec<&Value> = spread.body["results"].as_array().unwrap().iter().map(|row| &row["owner"]).collect();
    assert!(owners.iter().all(|owner| owner.is_string() && *owner != "clara.henning"), "{}", spread.body);
    let pool = bulk(&world, ADMIN, &json!({"leads": leads[..1], "reassign": {"to": "pool"}})).await;
    assert_eq!((statuses(&pool), pool.text("/results/0/problem/rule")), (vec![409], "DIS-8"), "{}", pool.body);
}

/// LEAD-10, ESC-6: the mail of the morning names customer and telephone number of each lead, without the leads that were answered or
/// assigned anew in the evening. Without any lead there is no mail.
#[tokio::test]
async fn lead_10_the_mail_of_a_bulk_action_names_customers_and_leaves_out_what_is_not_true_any_more() {
    let world = World::at("2026-11-23T19:00:00Z").await;
    let mut leads = Vec::new();
    for (name, phone) in [("jana", "0171 2345671"), ("piet", "0171 2345672"), ("maria", "0171 2345673")] {
        let mut body = enquiry(name);
        body["contact"]["phone"] = json!(phone);
        leads.push(world.lead(&body).await);
    }
    world.system.settle().await;
    let given = bulk(&world, ADMIN, &json!({"leads": leads, "reassign": {"user": "clara.henning"}})).await;
    assert!(statuses(&given).iter().all(|status| *status == 200), "{}", given.body);
    let answered = world.post("clara.henning", &format!("/leads/{}/reactions", leads[1]), &json!({"kind": "reply"})).await;
    assert!(answered.status < 300, "{}", answered.body);
    world.post(ADMIN, &format!("/leads/{}/assignment", leads[2]), &json!({"user": "ben.krause"})).await;
    world.advance_to("2026-11-24T09:00:00Z").await;
    let to_clara = |words: &str| {
        let mails = world.system.mailbox.mails().into_iter();
        mails.filter(|mail| mail.to.starts_with("clara.henning") && mail.subject.contains(words)).collect::<Vec<_>>()
    };
    let mail = to_clara("zugewiesen").pop().expect("a mail");
    assert!(mail.text.contains("jana, +491712345671"), "{}", mail.text);
    assert!(!mail.text.contains("piet") && !mail.text.contains("maria"), "{}", mail.text);
}

#[tokio::test]
async fn lead_10_a_status_with_an_appointment_to_come_needs_the_choice_for_that_lead_only() {
    let world = World::new().await;
    let leads = leads_of(&world, "ben.krause", &["jana", "piet"]).await;
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-26T09:00:00Z"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{}/events", leads[1]), &drive).await.status, 201);
    let won = bulk(&world, "ben.krause", &json!({"leads": leads, "status": {"status": "won"}})).await;
    assert_eq!(statuses(&won), [200, 409], "{}", won.body);
    assert_eq!(won.text("/results/1/problem/obstacles/0/what"), "appointment");
    let lost = json!({"leads": leads, "status": {"status": "lost", "reason": "price", "appointments": "cancel"}});
    let lost = bulk(&world, "ben.krause", &lost).await;
    assert_eq!(statuses(&lost), [409, 200], "{}", lost.body);
    assert_eq!(world.page(leads[1]).await.lead.status.name(), "lost");
}

#[tokio::test]
async fn lead_10_a_filter_selects_the_leads_of_the_list() {
    let world = World::new().await;
    let ben = leads_of(&world, "ben.krause", &["jana", "piet"]).await;
    let clara = leads_of(&world, "clara.henning", &["maria"]).await;
    let sms = json!({"title": "Ask", "type": "sms", "user": "david.roth", "at": "2026-11-25T09:00:00Z"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{}/events", ben[0]), &sms).await.status, 201);
    // LEAD-8: the list and the board filter by type and person of the next action.
    for (query, found) in [
        ("action_type=sms", vec![ben[0]]),
        ("action_type=SMS&action_user=david.roth", vec![ben[0]]),
        ("action_user=ben.krause", vec![]),
        ("action_type=delivery", vec![]),
    ] {
        for list in ["leads", "board"] {
            let reply = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/{list}?{query}")).await;
            let ids: Vec<String> =
                reply.body["leads"].as_array().unwrap().iter().map(|lead| lead["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(ids, found.iter().map(ToString::to_string).collect::<Vec<_>>(), "{list} {query}");
        }
    }
    let all = json!({"filter": {"dealer": NORDSTERN, "owner": "ben.krause"}, "complete": {"events": "overdue"}});
    let reply = bulk(&world, ADMIN, &all).await;
    assert_eq!((reply.body["total"].as_u64(), statuses(&reply)), (Some(2), vec![200, 200]), "{}", reply.body);
    // A seller selects only leads that they see.
    let own = bulk(&world, "clara.henning", &json!({"filter": {"dealer": NORDSTERN}, "complete": {"events": "overdue"}})).await;
    assert_eq!(own.text("/results/0/lead"), clara[0].to_string(), "{}", own.body);
    assert_eq!(own.body["total"], 1);
    let none = bulk(&world, ADMIN, &json!({"filter": {"dealer": NORDSTERN, "status": "won"}, "complete": {}})).await;
    assert_eq!((none.status, none.text("/state"), none.body["results"].as_array().map(Vec::len)), (200, "done", Some(0)), "{}", none.body);
}

/// LEAD-10, INT-5: more than 500 leads are a job. It is carried out once, however often it is requested.
#[tokio::test]
async fn lead_10_many_leads_are_a_job_with_progress_and_pages_of_results() {
    let world = World::new().await;
    let leads = leads_of(&world, "ben.krause", &["jana", "piet"]).await;
    let mut named: Vec<String> = (0..600).map(|n| format!("{}", 2_000_000_000_u64 + n)).collect();
    named[3] = leads[0].to_string();
    named[599] = leads[1].to_string();
    let body = json!({"leads": named, "event": {"title": "Ask", "type": "sms", "user": "david.roth", "at": "2026-11-25T09:00:00Z"}});
    let send = async || {
        let request = Request::post(ADMIN, "/bulk-actions").json(&body).headers(&[("idempotency-key", "a job")]);
        world.call(request).await
    };
    let before = world.mails().len();
    let first = send().await;
    assert_eq!((first.status, first.text("/state"), first.body.get("results")), (202, "running", None), "{}", first.body);
    let id = first.text("/id").to_owned();
    assert_eq!(first.headers["location"], format!("/bulk-actions/{id}"));
    let again = send().await;
    assert_eq!((again.text("/id"), again.headers["idempotent-replay"].to_str().unwrap()), (id.as_str(), "true"), "{}", again.body);
    world.advance_to("2026-11-23T09:05:00Z").await;
    let done = world.get(ADMIN, &format!("/bulk-actions/{id}")).await;
    assert_eq!((done.text("/state"), &done.body["done"], &done.body["succeeded"]), ("done", &json!(600), &json!(2)), "{}", done.body);
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(ADMIN, &format!("/bulk-actions/{id}/results{cursor}")).await;
        rows.extend(page.body["results"].as_array().unwrap().clone());
        match page.body["cursor"].as_str() {
            Some(next) => cursor = format!("?cursor={next}"),
            None => break,
        }
    }
    let order: Vec<&str> = rows.iter().map(|row| row["lead"].as_str().unwrap()).collect();
    assert_eq!(order, named);
    assert_eq!((rows[3]["status"].as_u64(), rows[4]["status"].as_u64(), rows[599]["status"].as_u64()), (Some(201), Some(404), Some(201)));
    assert_eq!((world.events(leads[0]).await.len(), world.events(leads[1]).await.len()), (1, 1));
    assert_eq!(subjects(&world, before), ["david.roth: 2 Kalendereinträge wurden für Sie geplant: Ask"]);
    let other =
        Request::post(ADMIN, "/bulk-actions").json(&json!({"leads": ["1"], "complete": {}})).headers(&[("idempotency-key", "a job")]);
    assert_eq!(world.call(other).await.status, 422, "the key belongs to another request");
}

/// LEAD-10: the rights of the user at the time of each page count.
#[tokio::test]
async fn lead_10_a_job_of_a_user_who_left_changes_nothing_more() {
    let world = World::new().await;
    let lead = leads_of(&world, "ben.krause", &["jana"]).await[0];
    let mut named: Vec<String> = (0..600).map(|n| format!("{}", 2_000_000_000_u64 + n)).collect();
    named[0] = lead.to_string();
    let body = json!({"leads": named, "event": {"title": "Ask", "type": "sms"}});
    let reply = world.call(Request::post("ben.krause", "/bulk-actions").json(&body)).await;
    assert_eq!(reply.status, 202, "{}", reply.body);
    let version = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/users")).await.body["version"].as_u64().unwrap();
    let path = format!("/dealers/{NORDSTERN}/users/ben.krause");
    let gone = world.call(Request::delete(ADMIN, &path).json(&json!({})).version(version)).await;
    assert!(gone.status < 300, "{}", gone.body);
    world.advance_to("2026-11-23T09:10:00Z").await;
    assert!(world.events(lead).await.is_empty());
}

/// ACC-1, ACC-2, LEAD-9: each role has the rights of the single request, and no request reaches another group's lead.
#[tokio::test]
async fn lead_10_each_role_has_the_rights_of_the_single_request() {
    let world = World::new().await;
    let lead = leads_of(&world, "ben.krause", &["jana"]).await[0];
    let body = json!({"leads": [lead], "complete": {"events": "overdue"}});
    for (who, status, row) in [
        ("ben.krause", 200, Some(200)),
        ("clara.henning", 200, Some(404)),
        ("helga.stern", 200, Some(200)),
        ("gina.group", 200, Some(200)),
        ("alice.moore", 200, Some(404)),
        ("rival.seller", 200, Some(404)),
        ("hugo.office", 403, None),
        ("chris.center", 403, None),
        ("otto.operator", 403, None),
        ("partner:portal-demo", 403, None),
        ("", 401, None),
    ] {
        let reply = bulk(&world, who, &body).await;
        assert_eq!((reply.status, reply.body["results"][0]["status"].as_u64()), (status, row), "{who}: {}", reply.body);
    }
}
