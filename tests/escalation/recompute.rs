//! A change of hours or durations moves the deadlines of open leads (SET-11).

use crate::support::world::{ADMIN, NORDSTERN, Request, World, at, dealer, enquiry};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{LeadId, StepKind};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::{Event, Lead};
use forecourt_domain::settings::Recompute;
use forecourt_store::keys::{Key, WakeUpTarget};
use forecourt_store::{Load, Loaded};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

async fn change(world: &World, part: &str, version: u64, body: &Value) {
    let seen = format!("\"{version}\"");
    let headers = [("content-type", "application/json"), ("if-match", seen.as_str())];
    let reply =
        world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/{part}")).headers(&headers).body(body.to_string().as_bytes())).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

async fn lead(world: &World, id: LeadId) -> Lead {
    world.page(id).await.lead
}

async fn job(world: &World) -> Recompute {
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Recompute(dealer(NORDSTERN))])).await.unwrap();
    loaded.recompute(&dealer(NORDSTERN)).unwrap().clone()
}

fn due(lead: &Lead, kind: StepKind) -> DateTime<Utc> {
    lead.plan.as_ref().unwrap().step(kind).unwrap().due
}

/// Returns shorter hours: the dealer closes at 11:30 and opens at 9:00. The tests start on Monday at 10:00 in Berlin.
fn shorter_hours() -> Value {
    let day = json!([["09:00", "11:30"]]);
    json!({"zone": "Europe/Berlin", "hours": {"mon": day, "tue": day, "wed": day, "thu": day, "fri": day}})
}

#[tokio::test]
async fn set_11_a_change_of_hours_moves_the_deadlines_of_open_leads_within_two_minutes() {
    let world = World::new().await;
    let (open, answered, closed) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await, world.lead(&enquiry("c")).await);
    world.post(ADMIN, &format!("/leads/{answered}/reactions"), &json!({"kind": "reply"})).await;
    world.post(ADMIN, &format!("/leads/{closed}/status"), &json!({"status": "lost", "reason": "price"})).await;
    let before = (lead(&world, answered).await.deadline(), lead(&world, closed).await.deadline());
    world.advance_to("2026-11-23T09:10:00Z").await;
    change(&world, "opening-hours", 1, &shorter_hours()).await;
    world.advance_to("2026-11-23T09:12:00Z").await;
    // 90 minutes until 11:30, and 30 the next morning.
    let moved = lead(&world, open).await;
    assert_eq!(moved.deadline(), Some(at("2026-11-24T08:30:00Z")));
    assert_eq!(due(&moved, StepKind::Reminder), at("2026-11-24T08:00:00Z"));
    assert_eq!((lead(&world, answered).await.deadline(), lead(&world, closed).await.deadline()), before, "their clocks do not run");
    let timeline_events = world.page(open).await.timeline.into_iter().flat_map(|entry| entry.events);
    assert_eq!(timeline_events.filter(|event| matches!(event, Event::DeadlineMoved { .. })).count(), 1);
    let row = world.list(ADMIN, NORDSTERN).await.into_iter().find(|row| row["id"] == json!(open.to_string())).unwrap();
    assert_eq!(row["deadline"], "2026-11-24T08:30:00Z", "the list says so too");
    assert_eq!(job(&world).await.due, None);
    // The old timers do nothing.
    world.advance_to("2026-11-24T07:59:00Z").await;
    assert_eq!(lead(&world, open).await.level(), 0);
    world.advance_to("2026-11-24T08:31:00Z").await;
    assert_eq!(lead(&world, open).await.level(), 1);
}

/// SET-11: a deadline that moves to an earlier time fires when it is due, or at once if it is past; it does not wait for the old timer.
#[tokio::test]
async fn set_11_a_deadline_moved_to_an_earlier_time_does_not_wait_for_the_old_timer() {
    let world = World::new().await;
    let id = world.lead(&enquiry("a")).await;
    world.advance_to("2026-11-23T09:10:00Z").await;
    change(&world, "escalation", 1, &json!({"level_1": 20, "reminder": 5, "level_2": 60, "level_2_resubmission": 60})).await;
    world.advance_to("2026-11-23T09:16:00Z").await;
    let plan = lead(&world, id).await.plan.unwrap();
    assert_eq!(plan.step(StepKind::Reminder).unwrap().fired, Some(at("2026-11-23T09:15:00Z")));
    world.advance_to("2026-11-23T09:20:00Z").await;
    assert_eq!(lead(&world, id).await.level(), 1);
}

/// SET-11: steps that have fired keep their times, and later steps count from them.
#[tokio::test]
async fn set_11_fired_steps_keep_their_times() {
    let world = World::new().await;
    let id = world.lead(&enquiry("a")).await;
    world.advance_to("2026-11-23T11:30:00Z").await;
    let before = lead(&world, id).await;
    assert_eq!(before.level(), 1);
    change(&world, "escalation", 1, &json!({"level_1": 300, "reminder": 60, "level_2": 120})).await;
    world.advance_to("2026-11-23T11:32:00Z").await;
    let after = lead(&world, id).await;
    let fired = |lead: &Lead| -> Vec<_> { lead.plan.as_ref().unwrap().steps().iter().filter(|s| s.fired.is_some()).copied().collect() };
    assert_eq!(fired(&after), fired(&before));
    assert_eq!(due(&after, StepKind::Level2), at("2026-11-23T13:00:00Z"), "two hours after level 1");
}

/// SET-11: a new day off moves the deadlines, and so does level 1 that is turned off and on again.
#[tokio::test]
async fn set_11_a_day_off_and_turning_level_1_off_or_on_move_open_deadlines() {
    let world = World::new().await;
    let id = world.lead(&enquiry("a")).await;
    change(
        &world,
        "holidays",
        1,
        &json!({"days_off": [{"from": "2026-11-23", "to": "2026-11-24", "name": "Umzug", "kind": "company_holiday"}]}),
    )
    .await;
    world.advance_to("2026-11-23T09:02:00Z").await;
    assert_eq!(lead(&world, id).await.deadline(), Some(at("2026-11-25T09:00:00Z")));
    change(&world, "escalation", 2, &json!({"level_1": 0})).await;
    world.advance_to("2026-11-23T09:04:00Z").await;
    assert_eq!(lead(&world, id).await.deadline(), None);
    change(&world, "holidays", 3, &json!({"days_off": []})).await;
    change(&world, "escalation", 4, &json!({"level_1": 60})).await;
    world.advance_to("2026-11-23T09:06:00Z").await;
    assert_eq!(lead(&world, id).await.deadline(), Some(at("2026-11-23T10:00:00Z")));
    // A change that affects no deadline starts no job.
    let before = job(&world).await;
    change(&world, "mailbox", 5, &json!({"forward_to": "boss@example.com"})).await;
    world.advance_to("2026-11-23T09:08:00Z").await;
    assert_eq!(job(&world).await, before);
}

/// SET-11: a job whose stored cursor has the form of another release starts again from the first page.
#[tokio::test]
async fn set_11_a_job_with_the_cursor_of_another_release_starts_again() {
    let world = World::new().await;
    let open = world.lead(&enquiry("a")).await;
    change(&world, "opening-hours", 1, &shorter_hours()).await;
    let job_key = Key::Recompute(dealer(NORDSTERN));
    let rule = |loaded: &Loaded, _| {
        let stored = loaded.recompute(&dealer(NORDSTERN)).unwrap().clone();
        let earlier = Recompute { cursor: Some("2026-11~001795424400000#7519698644".to_owned()), ..stored };
        Ok((Some(Decision::default().with(Item::Recompute(earlier))), ()))
    };
    world.store.decide(&world.scope(), Load::of([job_key]), rule).await.unwrap();
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!(lead(&world, open).await.deadline(), Some(at("2026-11-24T08:30:00Z")));
    assert_eq!((job(&world).await.due, job(&world).await.cursor), (None, None));
}

/// SET-11: 5,000 open leads are recomputed page by page, although all state in memory is lost repeatedly.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_11_five_thousand_open_leads_are_recomputed_page_by_page_despite_lost_memory() {
    const LEADS: usize = 5_000;
    let world = &World::new().await;
    let ids: Vec<LeadId> =
        stream::iter(0..LEADS).map(|i| async move { world.lead(&enquiry(&format!("c{i}"))).await }).buffered(16).collect().await;
    world.system.agenda.lose_everything();
    // Some leads are answered or reach level 1 before the change reaches them.
    world.post(ADMIN, &format!("/leads/{}/reactions", ids[0]), &json!({"kind": "reply"})).await;
    change(world, "opening-hours", 1, &shorter_hours()).await;
    let (mut turned, mut cursors) = (0, Vec::new());
    while job(world).await.due.is_some() {
        let state = job(world).await;
        cursors.push(state.cursor.clone());
        world.system.agenda.lose_everything();
        world.system.clock.freeze_at(state.due.unwrap());
        // The sweep finds only the due job; then all state in memory is lost.
        let wake_ups = world.store.due(state.due.unwrap(), 20_000).await.unwrap();
        let wake_up = wake_ups
            .into_iter()
            .find(|(_, wake_up)| matches!(wake_up.target, WakeUpTarget::Dealer {}))
            .expect("the table says that the job is due")
            .1;
        let message = json!({"Records": [{"messageId": "1", "body": json!(wake_up).to_string()}]});
        let platform = world.system.platform.of("escalate");
        // The queue delivers the message twice.
        for _ in 0..2 {
            let done = forecourt_escalate::handle(&platform, serde_json::from_value(message.clone()).unwrap()).await;
            assert_eq!(done.batch_item_failures.len(), 0);
        }
        turned += 1;
        assert!(turned < 200, "it never ends");
    }
    cursors.dedup();
    assert!(cursors.len() >= LEADS / 100, "{} pages only", cursors.len());
    let read = stream::iter(ids.iter().skip(1))
        .map(|id| async move { world.store.load(&world.scope(), &Load::of([Key::Lead(*id)])).await.unwrap() });
    let moved: Vec<_> = read.buffered(16).collect().await;
    let deadlines =
        moved.iter().zip(&ids[1..]).filter(|(loaded, id)| loaded.lead(**id).unwrap().deadline() == Some(at("2026-11-24T08:30:00Z")));
    assert_eq!(deadlines.count(), LEADS - 1);
    assert_eq!(lead(world, ids[0]).await.deadline(), Some(at("2026-11-23T11:00:00Z")), "it was answered");
    assert_eq!(
        moved.iter().zip(&ids[1..]).filter(|(loaded, id)| loaded.lead(**id).unwrap().version != 2).count(),
        0,
        "each was moved once"
    );
}
