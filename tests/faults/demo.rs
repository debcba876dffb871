//! A fresh demo gives the same answers each time, and continues after a kill.

use super::kill::Run;
use crate::support::world::NORDSTERN;
use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn answer(request: RequestBuilder) -> Value {
    request.send().await.unwrap().json().await.unwrap()
}

/// The requests of the README and more, without an `Idempotency-Key` where ids come from the demo's sequence.
async fn walk_through(run: &Run) -> Vec<Value> {
    let (client, url) = (client(), &run.url);
    let token = run.token(&client, json!({"user": "ingo.brandt"})).await;
    let group_admin = run.token(&client, json!({"user": "gina.group"})).await;
    let post = |path: &str, body: Value| client.post(format!("{url}{path}")).bearer_auth(&token).json(&body);
    let get = |path: &str| client.get(format!("{url}{path}")).bearer_auth(&token);
    let leads = format!("/dealers/{NORDSTERN}/leads");

    let mut answers = vec![answer(get(&leads)).await];
    let enquiry = json!({"type": "used_car", "contact": {"first_name": "Tom", "phone": "0171 2345678"}});
    let lead = answer(post(&leads, enquiry)).await;
    let id = lead["id"].as_str().unwrap().to_owned();
    answers.push(lead);
    answers.push(answer(post(&leads, json!({"type": "spaceship", "contact": {"email": "jana"}}))).await);
    answers.push(answer(post(&format!("/leads/{id}/comments"), json!({"text": "Calls back"}))).await);
    let event = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-24T10:00:00+01:00"});
    answers.push(answer(post(&format!("/leads/{id}/events"), event)).await);
    let visit = json!({"customer": {"name": "Jana", "email": "j@example.com"}, "kind": "showroom", "at": "2026-11-25T10:00:00+01:00"});
    answers.push(answer(post(&format!("/dealers/{NORDSTERN}/appointments"), visit)).await);
    let queued = json!({"attributes": {"dealer": NORDSTERN}, "body": {"contact": {"email": "queue@example.com"}}});
    answers.push(answer(post("/_local/queues/partner-leads", queued)).await);
    answers.push(answer(post("/_local/clock", json!({"advance_minutes": 2880}))).await);
    answers.push(answer(get(&leads)).await);
    answers.push(answer(get(&format!("/leads/{id}"))).await);
    answers.push(answer(get(&format!("/leads/{id}/timeline"))).await);
    answers.push(answer(client.get(format!("{url}/users")).bearer_auth(&group_admin)).await);
    answers.push(answer(get("/_local/outbox")).await);
    answers.iter().map(|answer| without_run(answer, url)).collect()
}

/// INT-3: the first page, the reference and the link of a problem answer a browser that has no token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn int_3_the_pages_of_the_local_run_answer_without_a_token() {
    let data = tempfile::tempdir().unwrap();
    let (run, client) = (Run::start(data.path()), client());
    let token = run.token(&client, json!({"user": "ingo.brandt"})).await;
    let leads = client.post(format!("{}/dealers/{NORDSTERN}/leads", run.url)).bearer_auth(&token);
    let problem = answer(leads.json(&json!({"contact": {"email": "jana"}}))).await;
    let link = problem["rule_url"].as_str().unwrap();
    assert_eq!(problem["errors"][0]["rule_url"], link);
    let (page, _) = link.split_once('#').unwrap();
    for (path, media_type, part) in [
        ("/reference/api", "text/html", "swagger"),
        ("/openapi.json", "application/json", "\"/leads/{id}\""),
        ("/reference", "text/html", "href=\"/reference/rules\""),
        (page, "text/html", "<a id=\"INT-3\">"),
        ("/reference/decisions/intake", "text/html", "id=\"lead-numbers\""),
        ("/reference/openapi.json", "application/json", "\"/leads/{id}\""),
    ] {
        let reply = client.get(format!("{}{path}", run.url)).send().await.unwrap();
        let kind = reply.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(reply.status() == 200 && kind.starts_with(media_type), "{path}: {} {kind}", reply.status());
        assert!(reply.text().await.unwrap().contains(part), "{path} lacks {part}");
    }
    let missing = client.get(format!("{}/reference/none", run.url)).send().await.unwrap();
    assert_eq!((missing.status().as_u16(), &missing.headers()["content-type"]), (404, &"application/problem+json".parse().unwrap()));
}

/// The answer with times to the minute, and without what differs between runs: the address, the age of a lead in seconds, calendar
/// files, which hold the second when they were made, and the hash at the end of the id of a notice to a salesperson, which has the
/// milliseconds of the changes.
fn without_run(answer: &Value, url: &str) -> Value {
    match answer {
        Value::String(text) => match DateTime::parse_from_rfc3339(text) {
            Ok(time) => time.with_timezone(&Utc).format("%Y-%m-%dT%H:%MZ").to_string().into(),
            Err(_) if text.starts_with("visit-") => text[..text.len() - 22].into(),
            Err(_) => text.replace(url, "URL").into(),
        },
        Value::Array(values) => values.iter().map(|value| without_run(value, url)).collect(),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !name.ends_with("seconds") && !name.starts_with("seconds") && *name != "content");
            Value::Object(kept.map(|(name, value)| (name.clone(), without_run(value, url))).collect())
        }
        other => other.clone(),
    }
}

/// Both demos start at the full minute, and a walk-through takes seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_fresh_demos_give_the_same_responses() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());

    let (one, other) = (Run::start(one.path()), Run::start(other.path()));
    let (one, other) = (walk_through(&one).await, walk_through(&other).await);

    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert_eq!(one[0]["leads"][0]["received_at"], "2026-11-23T06:30Z");
}

/// After a kill the clock goes on and no id comes again; what people changed stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_continues_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let (client, mut ids, mut before) = (client(), BTreeSet::new(), DateTime::<Utc>::MIN_UTC);

    for round in 0..3 {
        let run = Run::start(data.path());
        let token = run.token(&client, json!({"user": "ingo.brandt"})).await;
        let hours = format!("{}/dealers/{NORDSTERN}/opening-hours", run.url);
        let found = client.get(&hours).bearer_auth(&token).send().await.unwrap();
        let version = found.headers()["etag"].to_str().unwrap().to_owned();
        let found: Value = found.json().await.unwrap();
        if round == 0 {
            let changed = client
                .put(&hours)
                .bearer_auth(&token)
                .header("if-match", version)
                .json(&json!({"hours": {"mon": [["10:00", "12:00"]]}, "zone": "Europe/Berlin"}));
            assert_eq!(changed.send().await.unwrap().status(), 200);
        } else {
            assert!(found.to_string().contains("10:00") && !found.to_string().contains("13:30"), "the change is lost: {found}");
        }
        let leads = format!("{}/dealers/{NORDSTERN}/leads", run.url);
        for _ in 0..3 {
            let body = json!({"contact": {"email": "same@example.com"}});
            answer(client.post(&leads).bearer_auth(&token).json(&body)).await;
            let problem = answer(client.post(&leads).bearer_auth(&token).json(&json!({"type": "spaceship"}))).await;
            assert!(ids.insert(problem["request_id"].as_str().unwrap().to_owned()), "{problem} has an id that was used before");
            let visit = json!({"customer": {"name": "J", "email": "j@example.com"}, "kind": "showroom", "at": "2026-12-02T10:30:00+01:00"});
            let visit = answer(client.post(format!("{}/dealers/{NORDSTERN}/appointments", run.url)).bearer_auth(&token).json(&visit)).await;
            assert!(ids.insert(visit["id"].as_str().unwrap().to_owned()), "{visit} has an id that was used before");
        }
        let clock = answer(client.post(format!("{}/_local/clock", run.url)).json(&json!({"advance_minutes": 60}))).await;
        let now: DateTime<Utc> = clock["now"].as_str().unwrap().parse().unwrap();
        assert!(now > before, "the clock went back to {now}");
        before = now;
    }

    assert!(before < "2026-11-23T10:30:00Z".parse::<DateTime<Utc>>().unwrap(), "the clock lost its place: {before}");
}
