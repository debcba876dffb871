//! The partners' queue: temporary failures are retried, a dead letter states its reason and sender, and the clock counts from when the
//! partner sent the message (INT-1, ESC-1).

use crate::support::world::{NORDSTERN, World, at, enquiry};
use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::{GroupId, StepKind};
use forecourt_edge::queue::partner::{self, DeadLetter, FULL, ORIGIN, Origin, PartnerQueue};
use forecourt_local::partner_queue::Queued;
use forecourt_store::Failure;
use serde_json::{Value, json};
use std::sync::Mutex;

/// Records what becomes of the messages.
#[derive(Default)]
struct QueueRecorder {
    pauses: Mutex<Vec<TimeDelta>>,
    dead: Mutex<Vec<DeadLetter>>,
    /// The messages that were put back: id, group, and the proof of the origin.
    back: Mutex<Vec<(String, String, String)>>,
    /// Whether the queue takes no message back.
    full: bool,
}

#[async_trait]
impl PartnerQueue for QueueRecorder {
    async fn wait(&self, _: &SqsMessage, pause: TimeDelta) -> Result<(), Failure> {
        self.pauses.lock().unwrap().push(pause);
        Ok(())
    }

    async fn put_back(&self, message: &SqsMessage, group: &GroupId, origin: &str) -> Result<(), Failure> {
        if self.full {
            return Err(Failure::Unavailable("the queue is full".into()));
        }
        let id = message.message_id.clone().unwrap_or_default();
        self.back.lock().unwrap().push((id, group.to_string(), origin.to_owned()));
        Ok(())
    }

    async fn move_to_dead_letters(&self, _: &SqsMessage, letter: &DeadLetter) -> Result<(), Failure> {
        self.dead.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

/// Returns a full batch of the demo's portal, with the given message groups.
fn full_batch(groups: [Option<&str>; FULL], deliveries: u32) -> SqsEvent {
    let record = |(number, group): (usize, &Option<&str>)| {
        let mut attributes =
            json!({"SenderId": "AIDADEMOPORTAL", "SentTimestamp": "1795424400000", "ApproximateReceiveCount": deliveries.to_string()});
        if let Some(group) = group {
            attributes["MessageGroupId"] = json!(group);
        }
        json!({"messageId": number.to_string(), "receiptHandle": "r", "body": "{}", "attributes": attributes, "eventSource": "aws:sqs",
            "messageAttributes": {}})
    };
    serde_json::from_value(json!({"Records": groups.iter().enumerate().map(record).collect::<Vec<_>>()})).unwrap()
}

/// INT-1: in a backlog a message whose message group is missing or wrong is put back under its sender's group, with its origin. The
/// others are handled. A message that was delivered before, or that the queue does not take back, is handled, too.
#[tokio::test]
async fn int_1_in_a_backlog_messages_are_sorted_by_the_groups_of_their_senders() {
    let world = World::new().await;
    let handled = async |recorder: &QueueRecorder, event: SqsEvent| {
        let ids = Mutex::new(Vec::new());
        let handle = |message: SqsMessage| {
            ids.lock().unwrap().push(message.message_id.unwrap_or_default());
            async { Ok(String::new()) }
        };
        let response = partner::each(&world.system.platform, recorder, event, handle).await;
        assert!(response.batch_item_failures.is_empty());
        ids.into_inner().unwrap()
    };
    let mut groups = [Some("demo-group"); 10];
    (groups[3], groups[7]) = (None, Some("rival-group"));
    let recorder = QueueRecorder::default();
    let ids = handled(&recorder, full_batch(groups, 1)).await;
    assert_eq!(ids, ["0", "1", "2", "4", "5", "6", "8", "9"]);
    let mut back = recorder.back.lock().unwrap().clone();
    back.sort();
    assert_eq!(
        back.iter().map(|(id, group, _)| (id.as_str(), group.as_str())).collect::<Vec<_>>(),
        [("3", "demo-group"), ("7", "demo-group")]
    );
    let mut copy = event(&json!({"SenderId": "AROAFORECOURT", "MessageGroupId": "demo-group"}), "{}").records.remove(0);
    copy.message_attributes
        .insert(ORIGIN.to_owned(), serde_json::from_value(json!({"stringValue": back[0].2, "dataType": "String"})).unwrap());
    let origin = Origin::of(&world.system.platform, &copy);
    assert_eq!((origin.sender.as_str(), origin.sent), ("AIDADEMOPORTAL", DateTime::from_timestamp_millis(1_795_424_400_000)));

    assert_eq!(handled(&QueueRecorder::default(), full_batch([None; 10], 2)).await.len(), 10, "delivered before");
    assert_eq!(handled(&QueueRecorder { full: true, ..QueueRecorder::default() }, full_batch([None; 10], 1)).await.len(), 10);
    let mut some = full_batch([None; 10], 1);
    some.records.truncate(9);
    assert_eq!(handled(&QueueRecorder::default(), some).await.len(), 9, "there is no backlog");
}

/// INT-1: the batches of both partners' queues can be full. With smaller batches no function would notice a backlog.
#[test]
fn int_1_a_full_batch_is_as_large_as_the_template_allows() {
    let template = include_str!("../../infra/template.yaml");
    for queue in ["PartnerQueue", "AppointmentQueue"] {
        let source = format!("            Queue: !GetAtt {queue}.Arn\n            BatchSize: {FULL}\n");
        assert!(template.contains(&source), "{source}");
    }
}

fn event(attributes: &Value, body: &str) -> SqsEvent {
    let record = json!({"messageId": "m", "receiptHandle": "m", "body": body, "attributes": attributes, "eventSource": "aws:sqs",
        "messageAttributes": {"dealer": {"stringValue": NORDSTERN, "dataType": "String"}}});
    serde_json::from_value(json!({ "Records": [record] })).unwrap()
}

/// INT-1: a message with a temporary failure is retried for at least twelve hours before it becomes a dead letter.
#[tokio::test]
async fn int_1_a_temporary_failure_of_twelve_hours_needs_nobodys_help() {
    let world = World::new().await;
    let recorder = QueueRecorder::default();
    let mut deliveries = 0;
    while recorder.dead.lock().unwrap().is_empty() {
        deliveries += 1;
        let attributes = json!({"SenderId": "AIDADEMOPORTAL", "ApproximateReceiveCount": deliveries.to_string()});
        let unavailable = async |_| Err(Failure::Unavailable("the table throttles".into()));
        let response = partner::each(&world.system.platform, &recorder, event(&attributes, "{}"), unavailable).await;
        // The dead letter is a copy: the message itself is acknowledged.
        assert_eq!(response.batch_item_failures.len(), recorder.pauses.lock().unwrap().len().saturating_sub(deliveries - 1));
        assert!(deliveries < 1_000);
    }
    let pauses = recorder.pauses.lock().unwrap().clone();
    assert_eq!(
        (pauses[0], pauses[1], *pauses.iter().max().unwrap()),
        (TimeDelta::seconds(30), TimeDelta::minutes(1), TimeDelta::minutes(15))
    );
    assert!(pauses.iter().sum::<TimeDelta>() >= TimeDelta::hours(12));
    assert!(recorder.dead.lock().unwrap()[0].why.contains("the table throttles"));
}

/// INT-1: while the function cannot run, SQS itself counts a delivery after each visibility timeout. Its own limit of deliveries comes
/// after twelve hours of that.
#[test]
fn int_1_a_function_that_is_down_for_twelve_hours_makes_no_dead_letters() {
    let template = include_str!("../../infra/template.yaml");
    for queue in ["PartnerQueue", "AppointmentQueue"] {
        let (_, resource) = template.split_once(&format!("\n  {queue}:\n")).unwrap();
        let number = |name: &str| -> i64 {
            let (_, after) = resource.split_once(&format!("{name}: ")).unwrap();
            after.lines().next().unwrap().parse().unwrap()
        };
        let (timeout, deliveries) = (number("VisibilityTimeout"), number("maxReceiveCount"));
        assert!(TimeDelta::seconds(timeout * deliveries) >= TimeDelta::hours(12), "{queue}: {timeout} s, {deliveries} deliveries");
    }
}

/// INT-1: deliveries while the function could not run do not shorten the twelve hours. A message that was delivered a hundred times within
/// some hours waits after a temporary failure, and does not become a dead letter.
#[tokio::test]
async fn int_1_deliveries_to_a_function_that_was_down_do_not_shorten_the_twelve_hours() {
    let world = World::new().await;
    for (hours, is_dead) in [(3, false), (11, false), (13, true)] {
        let first = world.system.platform.clock.now() - TimeDelta::hours(hours);
        let attributes = json!({"SenderId": "AIDADEMOPORTAL", "ApproximateReceiveCount": "100",
            "ApproximateFirstReceiveTimestamp": first.timestamp_millis().to_string()});
        let recorder = QueueRecorder::default();
        let unavailable = async |_| Err(Failure::Unavailable("the table throttles".into()));
        partner::each(&world.system.platform, &recorder, event(&attributes, "{}"), unavailable).await;
        assert_eq!(!recorder.dead.lock().unwrap().is_empty(), is_dead, "after {hours} hours");
        assert_eq!(recorder.pauses.lock().unwrap().is_empty(), is_dead, "after {hours} hours");
    }
}

/// INT-1: a refused message becomes a dead letter at once with the reason. It keeps its sender and the time at which it was sent.
#[tokio::test]
async fn int_1_a_dead_letter_says_why_and_keeps_its_origin() {
    let world = World::new().await;
    let dead = |body: &str, attributes: &Value| {
        let (body, attributes) = (body.to_owned(), attributes.clone());
        let world = &world;
        async move {
            let recorder = QueueRecorder::default();
            let response = forecourt_lead_intake::messages(&world.system.platform, &recorder, event(&attributes, &body)).await;
            assert!(response.batch_item_failures.is_empty() && recorder.pauses.lock().unwrap().is_empty());
            recorder.dead.lock().unwrap().remove(0)
        }
    };
    let portal = json!({"SenderId": "AIDADEMOPORTAL:s", "SentTimestamp": at("2026-11-23T08:00:00Z").timestamp_millis().to_string()});
    let letter = dead(r#"{"contact": {"last_name": "A"}}"#, &portal).await;
    assert!(letter.why.contains("contact") && letter.why.contains("INT-3"), "{}", letter.why);
    assert_eq!(letter.sender, "AIDADEMOPORTAL");
    // The attributes on AWS: none is empty, and the sender can be read without the proof.
    let sent = event(&portal, "{}");
    let message = &sent.records[0];
    let expected = [("why", &*letter.why), ("origin", &*letter.origin), ("sender", "AIDADEMOPORTAL"), ("dealer", NORDSTERN)];
    assert_eq!(letter.attributes(message), expected);
    let nameless = DeadLetter { sender: String::new(), ..letter.clone() };
    assert_eq!(nameless.attributes(message), [expected[0], expected[1], expected[3]]);
    let stranger = dead(&enquiry("x").to_string(), &json!({"SenderId": "AIDASTRANGER"})).await;
    assert_eq!((stranger.sender.as_str(), stranger.why.as_str()), ("AIDASTRANGER", "there is no such queue sender"));
    // Two enquiries, of which the second is refused: the reason names its place.
    let prospect = |contact: &str| format!("<prospect><customer><contact>{contact}</contact></customer></prospect>");
    let two = format!("<adf>{}{}</adf>", prospect("<email>a@example.com</email>"), prospect("<name>Nobody</name>"));
    assert!(dead(&two, &portal).await.why.starts_with("enquiries[1].contact"), "{}", dead(&two, &portal).await.why);
    // The true reason of another kind of refusal.
    let named = |name: &str| json!({"external_id": "e-1", "contact": {"last_name": name, "email": "e@example.com"}});
    world.lead(&named("first")).await;
    let reused = dead(&named("second").to_string(), &portal).await;
    assert!(reused.why.contains("was used before with another body"), "{}", reused.why);
    // Redriven, the queue names the function as the sender. The proof names the partner, but only for this body.
    let platform = &world.system.platform;
    let mut redriven =
        event(&json!({"SenderId": "AROAFUNCTION:x", "SentTimestamp": "1795500000000"}), r#"{"contact": {"last_name": "A"}}"#);
    let proof = serde_json::from_value(json!({"stringValue": letter.origin, "dataType": "String"})).unwrap();
    redriven.records[0].message_attributes.insert(ORIGIN.into(), proof);
    let origin = Origin::of(platform, &redriven.records[0]);
    assert_eq!((origin.sender.as_str(), origin.sent), ("AIDADEMOPORTAL", Some(at("2026-11-23T08:00:00Z"))));
    let recorder = QueueRecorder::default();
    forecourt_lead_intake::messages(platform, &recorder, redriven.clone()).await;
    assert_eq!(recorder.dead.lock().unwrap()[0].sender, "AIDADEMOPORTAL", "a dead letter of a redriven message");
    redriven.records[0].body = Some("{}".into());
    assert_eq!(Origin::of(platform, &redriven.records[0]).sender, "AROAFUNCTION");
}

fn sent(world: &World, id: &str, at: DateTime<Utc>, name: &str) {
    let attributes = [("dealer".to_owned(), NORDSTERN.to_owned())].into();
    let body = enquiry(name).to_string();
    let message = Queued { id: id.into(), sender: "AIDADEMOPORTAL".into(), body, attributes, sent: Some(at), ..Queued::default() };
    world.system.queue.put(&message).unwrap();
}

/// ESC-1, OVR-4: the clock and the figures count from when the partner sent it; the steps leave the reminder's time after the arrival.
#[tokio::test]
async fn esc_1_the_clock_of_a_lead_that_waited_in_the_queue_counts_from_when_it_was_sent() {
    // Monday, 16:00 in Berlin. The dealer opens at 8:00 and gives 120 working minutes, and a reminder 30 minutes before.
    let world = World::at("2026-11-23T15:00:00Z").await;
    sent(&world, "m1", at("2026-11-23T07:30:00Z"), "late");
    sent(&world, "m2", at("2026-11-23T14:50:00Z"), "fresh");
    world.system.settle().await;
    let leads = world.list("ingo.brandt", NORDSTERN).await;
    let of = |name: &str| leads.iter().find(|lead| lead["contact"] == name).unwrap()["id"].as_str().unwrap().parse().unwrap();
    let (late, fresh) = (world.page(of("late")).await.lead, world.page(of("fresh")).await.lead);
    assert_eq!((late.arrived, late.received), (at("2026-11-23T07:30:00Z"), Some(at("2026-11-23T15:00:00Z"))));
    assert_eq!(late.deadline(), Some(at("2026-11-23T09:30:00Z")), "the deadline is over on arrival");
    let steps = |lead: &forecourt_domain::lead::Lead| {
        lead.plan.as_ref().unwrap().steps().iter().map(|step| (step.kind, step.at)).collect::<Vec<_>>()
    };
    let day_later = at("2026-11-24T09:30:00Z");
    assert_eq!(steps(&late), [(StepKind::Level1, at("2026-11-23T15:30:00Z")), (StepKind::Level2, day_later)]);
    assert_eq!(fresh.deadline(), Some(at("2026-11-23T16:50:00Z")));
    assert_eq!(steps(&fresh)[..2], [(StepKind::Reminder, at("2026-11-23T16:20:00Z")), (StepKind::Level1, at("2026-11-23T16:50:00Z"))]);
    // A change of the settings leaves the seller the same time.
    world.settings(|s| s.escalation.level_1 = 60).await;
    world.advance_to("2026-11-23T15:29:00Z").await;
    assert_eq!(world.page(late.id).await.lead.level(), 0);
    world.advance_to("2026-11-23T15:31:00Z").await;
    assert_eq!(world.page(late.id).await.lead.level(), 1);
    world.post("ingo.brandt", &format!("/leads/{}/reactions", late.id), &json!({"kind": "reply"})).await;
    let answered = world.page(late.id).await.lead;
    let reaction = answered.reaction.unwrap();
    assert_eq!((reaction.in_time(), reaction.clock_seconds), (Some(false), 8 * 3_600 + 60));
}
