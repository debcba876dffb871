//! No data is lost when the process is killed.

use crate::support::world::NORDSTERN;
use chrono::Datelike as _;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// A running process of the local run, killed when dropped.
pub(super) struct Run {
    child: Child,
    pub(super) url: String,
    _stdout: BufReader<std::process::ChildStdout>,
}

impl Run {
    /// Starts the local run in the folder `data`. Its log goes to `data/log`.
    pub(super) fn start(data: &std::path::Path) -> Self {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(data.join("log")).unwrap();
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_forecourt-under-test")).arg("0").arg(data).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut first = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut first).unwrap();
        let url = first.trim().rsplit(' ').next().unwrap().to_owned();
        Self { child, url, _stdout: stdout }
    }

    pub(super) async fn token(&self, client: &reqwest::Client, who: Value) -> String {
        let reply: Value = client.post(format!("{}/_local/token", self.url)).json(&who).send().await.unwrap().json().await.unwrap();
        reply["token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends leads concurrently and kills the process in the middle of them. Adds the ids of the leads that were answered with 201.
async fn send_until_killed(run: Run, client: &reqwest::Client, round: usize, answered: &Mutex<BTreeSet<String>>) {
    let (url, token) = (run.url.clone(), run.token(client, json!({"user": "gina.group"})).await);
    let (run, done) = (Mutex::new(run), AtomicUsize::new(0));
    let sends = (0..400).map(|i| {
        let (url, token, done, run) = (&url, &token, &done, &run);
        async move {
            let body = json!({"external_id": format!("{round}-{i}"), "contact": {"email": format!("c{round}-{i}@example.com")}});
            let sent = client.post(format!("{url}/dealers/{NORDSTERN}/leads")).bearer_auth(token).json(&body).send().await;
            let Ok(reply) = sent else { return };
            assert!(reply.status() == 201, "{}", reply.status());
            let Ok(reply) = reply.json::<Value>().await else { return };
            answered.lock().unwrap().insert(reply["id"].as_str().unwrap().to_owned());
            // The kill happens in the middle of the load.
            if done.fetch_add(1, SeqCst) == 150 {
                run.lock().unwrap().child.kill().unwrap();
            }
        }
    });
    stream::iter(sends).buffer_unordered(16).collect::<Vec<_>>().await;
    assert!(done.load(SeqCst) < 400, "it was killed too late to matter");
}

/// Returns the leads of [`NORDSTERN`] by their ids.
async fn listed_leads(run: &Run, client: &reqwest::Client, token: &str) -> BTreeMap<String, Value> {
    let (mut listed, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let url = format!("{}/dealers/{NORDSTERN}/leads?limit=100{cursor}", run.url);
        let page: Value = client.get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap();
        for lead in page["leads"].as_array().unwrap() {
            listed.insert(lead["id"].as_str().unwrap().to_owned(), lead.clone());
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return listed,
        }
    }
}

/// Counts the notices of the outbox by lead, kind and recipient. Also returns the number of mails that were sent again.
async fn notices(run: &Run, client: &reqwest::Client) -> (BTreeMap<String, usize>, u64) {
    let outbox: Value = client.get(format!("{}/_local/outbox", run.url)).send().await.unwrap().json().await.unwrap();
    let mut notices: BTreeMap<String, usize> = BTreeMap::new();
    let mut repeats = 0;
    for mail in outbox["mails"].as_array().unwrap() {
        repeats += mail["repeats"].as_u64().unwrap();
        for part in mail["text"].as_str().unwrap().split("\n\n") {
            if let Some(at) = part.find("/leads/") {
                let id = &part[at + 7..at + 17];
                let kind = part.lines().next().unwrap().split(&[' ', ':'][..]).next().unwrap();
                *notices.entry(format!("{id} {kind} to {}", mail["to"].as_str().unwrap())).or_default() += 1;
            }
        }
    }
    (notices, repeats)
}

/// INT-9, MSG-1, ESC-10: the process is killed under load and restarted. Every lead that was answered with 201 is stored and has an
/// owner, every due step still happens, and nobody is notified twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn int_9_a_kill_under_load_loses_no_acknowledged_lead_and_repeats_no_notice() {
    let data = tempfile::tempdir().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answered: Mutex<BTreeSet<String>> = Mutex::default();
    // A Monday on which Nordstern is open and which no day off follows within a week. It does not depend on today's date.
    let monday = a_monday_without_days_off();
    for round in 0..2 {
        let run = Run::start(data.path());
        if round == 0 {
            let moved = client.post(format!("{}/_local/clock", run.url)).json(&json!({"now": monday})).send().await.unwrap();
            assert_eq!(moved.status(), 200);
        }
        send_until_killed(run, &client, round, &answered).await;
    }
    let answered = answered.into_inner().unwrap();

    let run = Run::start(data.path());
    let token = run.token(&client, json!({"user": "gina.group"})).await;
    // Long enough for every step and every held mail.
    let moved = client.post(format!("{}/_local/clock", run.url)).json(&json!({"advance_minutes": 6 * 1440})).send().await.unwrap();
    assert_eq!(moved.status(), 200);
    let listed = listed_leads(&run, &client, &token).await;
    for id in &answered {
        let lead = listed.get(id).unwrap_or_else(|| panic!("lead {id} is lost"));
        assert!(lead["owner"].is_string(), "{lead}");
        assert_eq!(lead["level"], 2, "{lead}");
    }
    let (notices, repeats) = notices(&run, &client).await;
    let twice: Vec<_> = notices.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.is_empty(), "notified twice: {twice:?}");
    // Only mails that a killed sender had claimed are sent again, with the same id: at most four batches of ten for each kill.
    assert!(repeats <= 2 * 40, "{repeats} mails were sent again");
    for id in &answered {
        assert!(notices.keys().any(|notice| notice.starts_with(&format!("{id} Stufe"))), "nobody was notified of level 2 of {id}");
    }
}

fn a_monday_without_days_off() -> String {
    let mut day = chrono::Utc::now().date_naive() + chrono::Days::new(1);
    let near_the_holidays = |day: chrono::NaiveDate| matches!((day.month(), day.day()), (12, 14..) | (1, ..=4));
    while day.weekday() != chrono::Weekday::Mon || near_the_holidays(day) {
        day = day.succ_opt().unwrap();
    }
    format!("{day}T09:00:00Z")
}

/// PRV-1: no log line contains a customer's name, whether the requests succeed or fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prv_1_no_log_line_contains_customer_data() {
    let data = tempfile::tempdir().unwrap();
    let run = Run::start(data.path());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let token = run.token(&client, json!({"partner": "portal-demo"})).await;
    let admin = run.token(&client, json!({"user": "gina.group"})).await;
    let json = json!({"contact": {"first_name": "Zzyzx", "email": "zzyzx@zzyzx.example", "phone": "0171 2345678"}, "message": "Zzyzx"})
        .to_string();
    let adf = "<adf><prospect><customer><contact><name>Zzyzx</name><email>zzyzx@zzyzx.example</email></contact><comments>Zzyzx</comments></customer></prospect></adf>";
    let bodies = [
        json.clone(),
        adf.to_owned(),
        json.replace("zzyzx@zzyzx.example", "zzyzx zzyzx"),
        json.replace("\"message\"", "\"zzyzx\":1,\"zzyzx\""),
        "{\"zzyzx\": zzyzx".to_owned(),
        adf.replace("</adf>", "<zzyzx"),
    ];
    let leads = format!("{}/dealers/{NORDSTERN}/leads", run.url);
    for body in &bodies {
        for media in ["application/json", "application/adf+xml"] {
            client.post(&leads).bearer_auth(&token).header("content-type", media).body(body.clone()).send().await.unwrap();
        }
        let queued = json!({"body": body, "attributes": {"dealer": NORDSTERN}});
        client.post(format!("{}/_local/queues/partner-leads", run.url)).json(&queued).send().await.unwrap();
    }
    let page: Value = client.get(&leads).bearer_auth(&admin).send().await.unwrap().json().await.unwrap();
    let id = page["leads"][0]["id"].as_str().unwrap();
    let note = json!({"kind": "call_missed", "note": "Zzyzx"});
    client.post(format!("{}/leads/{id}/reactions", run.url)).bearer_auth(&admin).json(&note).send().await.unwrap();
    let moved = client.post(format!("{}/_local/clock", run.url)).json(&json!({"advance_minutes": 6 * 1440})).send().await.unwrap();
    assert_eq!(moved.status(), 200);
    let log = std::fs::read_to_string(data.path().join("log")).unwrap();
    assert!(log.lines().count() > 30 && log.contains(id), "the log says too little for this test to mean anything");
    let leaked: Vec<_> = log.lines().filter(|line| line.to_lowercase().contains("zzyzx") || line.contains("2345678")).collect();
    assert!(leaked.is_empty(), "{leaked:#?}");
    // The line of a request has the group and the partner, but no user. The names of the token's claims do not matter.
    let requests: Vec<_> = log.lines().filter(|line| line.contains("group=demo-group") && line.contains("route=")).collect();
    assert!(requests.iter().any(|line| line.contains("partner=portal-demo")), "{log}");
    assert!(!requests.is_empty() && requests.iter().all(|line| !line.contains("gina.group")), "{requests:#?}");
}

/// A page of another site cannot move the clock or read the outbox, even if its host name resolves to this machine (DNS rebinding).
#[tokio::test]
async fn the_local_run_refuses_requests_from_another_site() {
    let data = tempfile::tempdir().unwrap();
    let run = Run::start(data.path());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let clock = || client.post(format!("{}/_local/clock", run.url)).body(r#"{"advance_minutes": 0}"#);
    for (header, value, status) in [
        ("origin", "https://evil.example", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("host", "evil.example", 421),
        ("origin", run.url.as_str(), 200),
        ("sec-fetch-site", "same-origin", 200),
    ] {
        let reply = clock().header(header, value).send().await.unwrap();
        assert_eq!(reply.status(), status, "{header}: {value}");
    }
}
