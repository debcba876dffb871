//! The metrics on which alarms depend.

use crate::support::world::{ADMIN, NORDSTERN, Request, World, at, enquiry};
use async_trait::async_trait;
use forecourt_edge::Platform;
use forecourt_edge::metrics::{Metric, Metrics, NAMESPACE};
use forecourt_send::mail::Mail;
use forecourt_send::texts::Texts;
use forecourt_send::{Carrier, Sender, Undelivered};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use strum::VariantArray as _;

type Lines = Arc<Mutex<Vec<Value>>>;

fn with_recorded_metrics(platform: &Platform) -> (Platform, Lines) {
    let lines = Lines::default();
    let to = lines.clone();
    let metrics = Metrics::to("a-table", move |line| to.lock().unwrap().push(serde_json::from_str(line).unwrap()));
    (Platform { metrics, ..platform.clone() }, lines)
}

fn event(wake_up: &Value) -> aws_lambda_events::sqs::SqsEvent {
    serde_json::from_value(json!({"Records": [{"messageId": "1", "body": wake_up.to_string()}]})).unwrap()
}

/// ESC-8: the delay of each step is written as a metric in CloudWatch's embedded format.
#[tokio::test]
async fn esc_8_the_delay_of_each_step_is_a_metric() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    // The reminder was due at 11:30 in Berlin.
    world.system.clock.freeze_at(at("2026-11-23T10:40:00Z"));
    let (platform, lines) = with_recorded_metrics(&world.system.platform);
    let wake_up = json!({"kind": "escalate", "group": "demo-group", "dealer": NORDSTERN, "lead": id});
    for _ in 0..2 {
        forecourt_escalate::handle(&platform, event(&wake_up)).await;
    }
    let wanted = json!({
        "_aws": {"Timestamp": 1_795_430_400_000_i64, "CloudWatchMetrics": [
            {"Namespace": "Forecourt", "Dimensions": [["Table"]], "Metrics": [{"Name": "EscalationLag", "Unit": "Seconds"}]}]},
        "Table": "a-table",
        "EscalationLag": [600.0],
    });
    assert_eq!(*lines.lock().unwrap(), [wanted], "the second wake-up found nothing to do");
}

/// DIS-1, ESC-10: the time that a lead waited for its owner and the overdue items that the sweep found are metrics.
#[tokio::test]
async fn esc_10_assignment_delay_and_overdue_items_are_metrics() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"dealer": "harbour-cars-demo"})).await;
    world.system.agenda.lose_everything();
    world.system.clock.freeze_at(at("2026-11-23T09:10:00Z"));
    let (platform, lines) = with_recorded_metrics(&world.system.platform);
    let mut outbox = world.system.outbox.clone();
    outbox.platform = platform.clone();
    outbox.sweep().await.unwrap();
    let wake_up = json!({"kind": "assign", "group": "demo-group", "dealer": "harbour-cars-demo", "lead": id});
    forecourt_assign::handle(&platform, event(&wake_up)).await;
    let records: Vec<(String, Value)> = lines
        .lock()
        .unwrap()
        .iter()
        .map(|line| {
            let name = line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"].as_str().unwrap().to_owned();
            let values = line[&name].clone();
            (name, values)
        })
        .collect();
    let records: Vec<_> = records.iter().map(|(name, values)| (name.as_str(), values.clone())).collect();
    // The former owner and the supervisor have not been notified either.
    assert_eq!(records, [("Overdue", json!([3.0])), ("OldestOverdue", json!([600.0])), ("AssignLag", json!([600.0]))]);
}

/// A provider that refuses every mail.
struct Refusing;

#[async_trait]
impl Carrier for Refusing {
    async fn carry(&self, _: &Mail) -> Result<String, Undelivered> {
        Err(Undelivered::Never("rejected".into()))
    }
}

/// A provider that accepts no mail for days.
struct Down;

#[async_trait]
impl Carrier for Down {
    async fn carry(&self, _: &Mail) -> Result<String, Undelivered> {
        Err(Undelivered::Later("down".into()))
    }
}

/// MSG-1: a mail that failed permanently raises an alarm, once.
#[tokio::test]
async fn msg_1_a_permanently_failed_mail_is_a_metric() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let (platform, lines) = with_recorded_metrics(&world.system.platform);
    let texts = Arc::new(Texts::new(world.system.platform.console.clone()).unwrap());
    let sender = Sender { platform, carrier: Arc::new(Refusing), texts };
    let wake_up = json!({"kind": "send", "group": "demo-group", "dealer": NORDSTERN, "lead": id, "message": "assigned-1"});
    for _ in 0..2 {
        assert_eq!(sender.handle(event(&wake_up)).await.batch_item_failures.len(), 0);
    }
    let records: Vec<Value> = lines.lock().unwrap().iter().map(|line| line["MailFailed"].clone()).collect();
    assert_eq!(records, [json!([1.0])]);
}

/// MSG-1, ACC-1: a notice to the group's admins that is not sent again raises the alarm, once: if the provider refuses it, and if the
/// attempts of three days fail.
#[tokio::test]
async fn msg_1_a_permanently_failed_notice_to_admins_is_a_metric() {
    for (carrier, least) in [(Arc::new(Refusing) as Arc<dyn Carrier>, 1), (Arc::new(Down), 10)] {
        let world = World::new().await;
        let user = json!({"name": "Nina Neu", "email": "nina@example.com", "language": "en", "role": "head_office", "dealers": []});
        let made = world.call(Request::put("gina.group", "/users/nina.neu").json(&user)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let (platform, lines) = with_recorded_metrics(&world.system.platform);
        let store = platform.store.clone();
        let sender = Sender { platform, carrier, texts: Arc::new(Texts::new(world.system.platform.console.clone()).unwrap()) };
        let mut attempts = 0;
        // The group has no other work.
        while let Some((due, wake_up)) = store.due(at("2026-12-31T00:00:00Z"), 1).await.unwrap().pop() {
            assert!(lines.lock().unwrap().is_empty(), "attempt {attempts} was the last one");
            world.system.clock.freeze_at(due.max(world.system.clock.now()));
            assert_eq!(sender.handle(event(&json!(wake_up))).await.batch_item_failures.len(), 0);
            attempts += 1;
        }
        assert!(attempts >= least, "{attempts}");
        let records: Vec<Value> = lines.lock().unwrap().iter().map(|line| line["MailFailed"].clone()).collect();
        assert_eq!(records, [json!([1.0])]);
    }
}

/// The template's alarms and dashboard use metrics that the code writes.
#[test]
fn the_metrics_of_the_template_match_the_code() {
    let template = include_str!("../../infra/template.yaml");
    assert!(template.contains(&format!("Namespace: {NAMESPACE}\n")));
    for metric in Metric::VARIANTS {
        assert!(template.contains(&format!("[\"{NAMESPACE}\",\"{}\",\"Table\"", metric.name())), "{metric:?} is not on the dashboard");
    }
    for alarmed in [Metric::EscalationLag, Metric::OldestOverdue, Metric::MailFailed] {
        assert!(template.contains(&format!("Namespace: {NAMESPACE}\n      MetricName: {}\n", alarmed.name())), "{alarmed:?}");
    }
}
