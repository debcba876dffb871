//! Large numbers of appointments: the cost of an overview of 200,000 and of an export of a million. CI does not run these tests; run them
//! by hand:
//! `cargo test -p forecourt-tests bulk -- --ignored --nocapture --test-threads 1`.

use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{Request, at, gateway_event, reply_of};
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, GroupId};
use forecourt_edge::metrics::Metrics;
use forecourt_edge::{Clock, Platform};
use forecourt_export::Exporter;
use forecourt_local::clock::VirtualClock;
use forecourt_local::demo;
use forecourt_local::folder::{Folder, Links};
use forecourt_local::tokens::Tokens;
use forecourt_store::{Secret, Store};
use futures::{StreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

const NOW: &str = "2026-11-23T09:00:00Z";
const MONTHS: u32 = 11;

/// An engine in memory with the demo group's dealers and appointments of eleven months.
struct Bulk {
    folder: tempfile::TempDir,
    client: Client,
    store: Store,
    tokens: Tokens,
}

impl Bulk {
    async fn with(rows: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let client = forecourt_local::engine::client(forecourt_local::engine::start(None).unwrap());
        let store = Store::new(client.clone(), "bulk", Secret::new(b"a secret of the tests"));
        store.make_table().await.unwrap();
        demo::group().unwrap().load_into(&store, at("2026-01-01T00:00:00Z")).await.unwrap();
        let bulk = Self { folder, client, store, tokens: Tokens::new(b"a secret of the tests") };
        let started = Instant::now();
        bulk.fill(rows).await;
        println!("{rows} appointments written in {:?}", started.elapsed());
        bulk
    }

    /// Copies one appointment that was saved through the store, so that all items have the format that the functions write.
    async fn fill(&self, rows: usize) {
        let scope = Scope::keys_only(GroupId::parse("demo-group").unwrap());
        let dealers: Vec<DealerId> = demo::group().unwrap().dealers.into_iter().map(|dealer| dealer.id).collect();
        let mut pattern = appointment("pattern", dealers[0].as_str(), at("2026-02-01T00:00:00Z"));
        pattern.customer = "Jana Petersen-Müller".into();
        save(&self.store, &scope, &pattern).await;
        let key = HashMap::from([("pk", "demo-group#A#pattern"), ("sk", "@")]);
        let key = key.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text.into()))).collect();
        let item = self.client.get_item().table_name("bulk").set_key(Some(key)).send().await.unwrap().item.unwrap();
        let span = (at(NOW) - at("2026-01-05T00:00:00Z")).num_seconds();
        let batches: Vec<Vec<usize>> = (0..rows).collect::<Vec<_>>().chunks(25).map(<[usize]>::to_vec).collect();
        stream::iter(batches)
            .for_each_concurrent(8, |batch| {
                let puts = batch.into_iter().map(|i| {
                    let created = at("2026-01-05T00:00:00Z") + TimeDelta::seconds((i as i64 * 7_919) % span);
                    let item = copy(&item, i, &dealers[i % dealers.len()], created);
                    WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
                });
                let write = self.client.batch_write_item().request_items("bulk", puts.collect());
                async move { assert!(write.send().await.unwrap().unprocessed_items().is_none_or(HashMap::is_empty)) }
            })
            .await;
    }

    fn platform(&self, function: &'static str) -> (Platform, Arc<Folder>) {
        let clock = VirtualClock::frozen_at(at(NOW));
        let links = Links { public_url: "https://desk.example".into(), secret: self.store.secret().clone(), clock: clock.clone() };
        let bucket = Arc::new(Folder { path: self.folder.path().join("bucket"), links: Some(links) });
        let clock = Clock::from_fn(move || clock.now());
        let public_url = "https://desk.example".into();
        let platform = Platform {
            function,
            store: self.store.clone(),
            clock,
            wall: Clock::real(),
            ids: forecourt_edge::Ids::random(),
            files: bucket.clone(),
            public_url,
            console: Default::default(),
            metrics: Metrics::nowhere(),
            mail_domain: None,
            token_claims: Arc::default(),
            mail_servers: Arc::new(forecourt_edge::mail_server::Unchecked),
        };
        (platform, bucket)
    }

    fn event(&self, method: &Method, path: &str, body: &Value) -> aws_lambda_events::apigw::ApiGatewayV2httpRequest {
        gateway_event(&self.tokens, Request::new(method.clone(), "hugo.office", path).json(body)).unwrap()
    }
}

fn copy(item: &HashMap<String, AttributeValue>, i: usize, dealer: &DealerId, created: DateTime<Utc>) -> HashMap<String, AttributeValue> {
    let text = |text: String| AttributeValue::S(text);
    let number = |number: i64| AttributeValue::N(number.to_string());
    let id = format!("b{i:07}");
    let mut item = item.clone();
    item.insert("pk".into(), text(format!("demo-group#A#{id}")));
    item.insert("lpk".into(), text(format!("demo-group#D#{dealer}#A#{}-{:02}", created.year(), created.month())));
    item.insert("lsk".into(), text(format!("{:015}#{id}", created.timestamp_millis())));
    let Some(AttributeValue::M(row)) = item.get_mut("row") else { panic!("no row") };
    row.insert("id".into(), text(id));
    row.insert("dealer".into(), text(dealer.to_string()));
    row.insert("created".into(), number(created.timestamp_millis()));
    row.insert("at".into(), number((created + TimeDelta::days(3)).timestamp_millis()));
    row.insert("customer_id".into(), text(format!("customer-{:017}", i % 60_000)));
    item
}

/// Returns the processor seconds of the engine's threads and of all other threads of this process.
fn processor() -> (f64, f64) {
    let (mut engine, mut others) = (0.0, 0.0);
    for thread in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let Ok(stat) = std::fs::read_to_string(thread.path().join("stat")) else { continue };
        let (name, fields) = stat.rsplit_once(')').unwrap();
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().map(|field| field.parse::<f64>().unwrap()).sum();
        // Threads of the engine's runtime are named after it, the test's own thread after the test.
        *(if name.contains("tokio") || name.contains("engine") { &mut engine } else { &mut others }) += ticks / 100.0;
    }
    (engine, others)
}

/// Returns a memory figure of the process, such as the peak or the current size, in kilobytes.
fn kilobytes(of: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find_map(|line| line.strip_prefix(of)).unwrap().trim().trim_end_matches(" kB").trim().parse().unwrap()
}

#[tokio::test]
#[ignore = "200,000 rows"]
async fn bulk_an_overview_of_200_000_appointments() {
    let bulk = Bulk::with(200_000).await;
    let (platform, _) = bulk.platform("overview");
    for path in ["/overview/appointments", "/overview/appointments?limit=0", "/overview/appointments?created_from=2026-11-01&limit=100"] {
        let before = bulk.store.spent();
        let (started, used) = (Instant::now(), processor());
        let reply = reply_of(forecourt_overview::handle(&platform, bulk.event(&Method::GET, path, &Value::Null)).await);
        let (engine, ours) = processor();
        println!("{path}: {:?}, {:?}, {}", started.elapsed(), bulk.store.spent().since(before), reply.body["appointments"]);
        println!("    processor: {:.2} s, and {:.2} s of the engine", ours - used.1, engine - used.0);
        assert_eq!(reply.status, 200);
    }
    println!("months of a dealer: {MONTHS}");
}

/// Exports everything and checks that the file has each row once. Returns the progress after each slice.
async fn exported(bulk: &Bulk, rows: usize, format: &str, part: Option<usize>) -> Vec<u64> {
    let (platform, bucket) = bulk.platform("export");
    let mut exporter = Exporter::new(platform, bucket.clone());
    exporter.part = part.unwrap_or(exporter.part);
    let reply = reply_of(exporter.request(bulk.event(&Method::POST, "/exports", &json!({"what": "appointments", "format": format}))).await);
    assert_eq!(reply.status, 202, "{}", reply.body);
    let id = reply.text("/id").to_owned();
    let wake_up = json!({"kind": "export", "group": "demo-group", "dealer": "autohaus-nordstern-demo", "export": id});
    let (mut progress, mut done, started) = (Vec::new(), false, Instant::now());
    while !done {
        let now = at(NOW) + TimeDelta::seconds(2) + TimeDelta::milliseconds(progress.len() as i64);
        exporter.platform.clock = Clock::from_fn(move || now);
        let event: SqsEvent = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": wake_up.to_string()}]})).unwrap();
        assert!(exporter.messages(event).await.batch_item_failures.is_empty());
        let state = reply_of(exporter.request(bulk.event(&Method::GET, &format!("/exports/{id}"), &Value::Null)).await).body;
        progress.push(state["progress"].as_u64().unwrap());
        done = state["state"] == "done";
    }
    println!(
        "{format}: {} slices in {:?}; at most {} MB (with the engine)",
        progress.len(),
        started.elapsed(),
        kilobytes("VmHWM:") / 1_024
    );
    let path = bulk.folder.path().join(format!("bucket/exports/demo-group/{id}.{format}"));
    // Keeps the file for a check with another program.
    if let Ok(folder) = std::env::var("KEEP") {
        std::fs::copy(&path, std::path::Path::new(&folder).join(format!("export.{format}"))).unwrap();
    }
    let file = std::fs::File::open(path).unwrap();
    println!("{} bytes", file.metadata().unwrap().len());
    if format == "xlsx" {
        return progress;
    }
    let mut ids = vec![false; rows];
    for record in csv::Reader::from_reader(std::io::BufReader::new(file)).records() {
        if let Some(i) = record.unwrap()[0].strip_prefix('b').and_then(|i| i.parse::<usize>().ok()) {
            assert!(!std::mem::replace(&mut ids[i], true), "{i} is doubled");
        }
    }
    assert!(ids.iter().all(|there| *there), "a row is missing");
    progress
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a million rows"]
async fn bulk_an_export_of_a_million_appointments() {
    let rows = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let bulk = Bulk::with(rows).await;
    for format in ["csv", "xlsx"] {
        // Resets the peak, so that the memory used for filling does not count.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        println!("held before: {} MB", kilobytes("VmRSS:") / 1_024);
        exported(&bulk, rows, format, None).await;
    }
}

/// OVR-3, EXP-3: the grid has at most 5,000 rows. The boxes and the exported file have no limit.
#[tokio::test]
async fn ovr_3_the_grid_has_at_most_5000_rows_and_boxes_and_file_have_no_limit() {
    let bulk = Bulk::with(5_200).await;
    let (platform, _) = bulk.platform("overview");
    let body = reply_of(forecourt_overview::handle(&platform, bulk.event(&Method::GET, "/overview/appointments", &Value::Null)).await).body;
    let rows = body["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &body["truncated"], &body["appointments"]["total"]), (5_000, &json!(true), &json!(5_201)));
    let made: Vec<&str> = rows.iter().map(|row| row["created_at"].as_str().unwrap()).collect();
    assert!(made.is_sorted_by(|a, b| a >= b), "newest first");
    let ids: std::collections::BTreeSet<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 5_000);
    let progress = exported(&bulk, 5_200, "csv", Some(100_000)).await;
    assert!(progress.len() > 5 && progress.is_sorted() && progress.last() == Some(&100), "{progress:?}");
}
