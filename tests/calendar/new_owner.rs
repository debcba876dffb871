//! When a lead gets another owner, the reserved times of its planned events move to that owner (CAL-7).

use crate::support::invitations::taken;
use crate::support::invitations::{book, drive, invited};
use crate::support::world::{ADMIN, NORDSTERN, Request, World, at, enquiry};
use forecourt_domain::base::{AppointmentId, LeadId, UserId};
use forecourt_domain::settings::{Member, PoolSettings};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;

async fn assign(world: &World, who: &str, lead: LeadId, to: serde_json::Value) {
    let given = world.post(who, &format!("/leads/{lead}/assignment"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
}

async fn call(world: &World, who: &str, lead: LeadId, at: &str) {
    let body = json!({"title": "Call", "type": "phone_outbound", "at": at});
    let reply = world.post(who, &format!("/leads/{lead}/events"), &body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
}

async fn owner(world: &World, lead: LeadId) -> String {
    world.page(lead).await.lead.owner.unwrap().to_string()
}

/// CAL-7: customers cannot double-book the new owner, and the previous owner's time becomes free.
#[tokio::test]
async fn cal_7_reassigning_a_lead_moves_the_reserved_time_to_the_new_owner() {
    let world = World::new().await;
    let slot = "2026-12-08T07:00:00Z";
    let ((a, link_a), (b, link_b), (c, link_c)) =
        (invited(&world, "jana", &drive()).await, invited(&world, "lena", &drive()).await, invited(&world, "piet", &drive()).await);
    for (lead, user) in [(a, "greta.sommer"), (b, "greta.sommer"), (c, "david.roth")] {
        assign(&world, ADMIN, lead, json!({"user": user})).await;
    }
    assert_eq!(book(&world, &link_a, slot).await.status, 201);
    assert_eq!(book(&world, &link_b, slot).await.status, 409, "greta is taken");
    assign(&world, ADMIN, a, json!({"user": "david.roth"})).await;
    assert_eq!(book(&world, &link_c, slot).await.status, 409, "david is taken");
    assert_eq!(book(&world, &link_b, slot).await.status, 201, "greta is free");
    let lead = world.page(a).await.lead;
    assert_eq!(lead.calendar_transfer_pending_since, None, "it was done in the same commit");
    // The appointment's salesperson changes too; the customer is not notified.
    let appointment = AppointmentId::of_event(a, &world.events(a).await[0].id);
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Appointment(appointment.clone())])).await.unwrap();
    assert_eq!(loaded.appointment(&appointment).unwrap().user, lead.owner);
    // Staff are never refused: david now has two events at the same time.
    assign(&world, ADMIN, b, json!({"user": "david.roth"})).await;
    assert_eq!((taken(&world, "greta.sommer", "2026-12-08").await, taken(&world, "david.roth", "2026-12-08").await), (0, 8));
    world.system.settle().await;
    assert_eq!(world.mails().iter().filter(|mail| mail.contains(" jana: ")).count(), 1);
}

/// CAL-7: an event without reserved time reserves none for the new owner. Events of another user and past events do not move.
#[tokio::test]
async fn cal_7_only_the_reserved_future_time_of_the_previous_owner_moves() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let events = format!("/leads/{lead}/events");
    for body in [
        json!({"title": "A note", "type": "notes"}),
        json!({"title": "Today", "type": "notes", "date": "2026-11-23"}),
        json!({"title": "Clara's", "type": "phone_outbound", "at": "2026-11-23T09:30:00Z", "user": "clara.henning"}),
        json!({"title": "Soon over", "type": "phone_outbound", "at": "2026-11-23T09:45:00Z"}),
        json!({"title": "To come", "type": "phone_outbound", "at": "2026-11-23T15:00:00Z"}),
    ] {
        let reply = world.post(ADMIN, &events, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
    }
    world.advance_to("2026-11-23T11:00:00Z").await;
    assign(&world, ADMIN, lead, json!({"user": "ben.krause"})).await;
    let day = async |user| taken(&world, user, "2026-11-23").await;
    assert_eq!((day("anna.vogt").await, day("ben.krause").await, day("clara.henning").await), (4, 4, 4));
}

/// CAL-7: times also move when a lead is assigned at another dealer, by distribution, from the pool, or to the next in turn.
#[tokio::test]
async fn cal_7_reserved_time_moves_with_a_lead_by_every_kind_of_assignment() {
    let world = World::new().await;
    let day = "2026-11-25";
    let lead = world.lead(&enquiry("jana")).await;
    call(&world, ADMIN, lead, "2026-11-25T14:00:00Z").await;
    assign(&world, "gina.group", lead, json!({"dealer": "harbour-cars-demo"})).await;
    // The lead has no owner yet when this event is planned.
    call(&world, "gina.group", lead, "2026-11-25T16:00:00Z").await;
    world.system.settle().await;
    let there = owner(&world, lead).await;
    assert_eq!((taken(&world, "anna.vogt", day).await, taken(&world, &there, day).await), (0, 8));
    assert_eq!(world.page(lead).await.lead.calendar_transfer_pending_since, None);

    let passed = world.lead(&enquiry("lena")).await;
    let first = owner(&world, passed).await;
    world.settings(|settings| settings.reassign_after = 30).await;
    let passed_on = world.lead(&enquiry("otto")).await;
    let second = owner(&world, passed_on).await;
    call(&world, ADMIN, passed, "2026-11-25T12:00:00Z").await;
    call(&world, ADMIN, passed_on, "2026-11-25T12:00:00Z").await;
    world.advance_to("2026-11-23T09:31:00Z").await;
    let third = owner(&world, passed_on).await;
    assert_ne!(second, third);
    let days = (taken(&world, &first, day).await, taken(&world, &second, day).await, taken(&world, &third, day).await);
    assert_eq!(days, (4, 0, 4));

    world
        .settings(|settings| {
            settings.reassign_after = 0;
            settings.members.iter_mut().for_each(|member| member.receives_leads = false);
            let user: UserId = "pool.nordstern".parse().unwrap();
            let pool: Member = serde_json::from_value(json!({"user": user, "assignable": false, "supervisor": "helga.stern"})).unwrap();
            settings.members.push(pool);
            settings.pool = Some(PoolSettings { user, oldest_only: false });
        })
        .await;
    let pooled = world.lead(&enquiry("piet")).await;
    assert_eq!(owner(&world, pooled).await, "pool.nordstern");
    call(&world, ADMIN, pooled, "2026-11-26T12:00:00Z").await;
    let claimed = world.call(Request::post("ben.krause", &format!("/leads/{pooled}/claim"))).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    assert_eq!((taken(&world, "pool.nordstern", "2026-11-26").await, taken(&world, "ben.krause", "2026-11-26").await), (0, 4));
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 3);
}

/// CAL-7: events that do not fit into the commit are moved by the next one, even if each takes two days of both users and is an appointment
/// with webhooks.
#[tokio::test]
async fn cal_7_the_maximum_of_planned_events_moves_to_the_new_owner_in_several_commits() {
    let world = World::new().await;
    let hook = json!({"url": "https://hooks.example.com/in", "events": ["lead.assigned", "appointment.moved"]});
    assert_eq!(world.post("gina.group", "/webhooks", &hook).await.status, 201);
    let lead = world.lead(&enquiry("jana")).await;
    // 00:30 in Berlin.
    let starts: Vec<_> = (0..18).map(|i| at("2026-12-01T23:30:00Z") + chrono::TimeDelta::days(2 * i)).collect();
    for start in &starts {
        let body = json!({"title": "Test drive", "type": "booked_test_drive", "at": start});
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &body).await.status, 201);
    }
    let version = world.page(lead).await.lead.version;
    assign(&world, ADMIN, lead, json!({"user": "ben.krause"})).await;
    assert!(world.page(lead).await.lead.calendar_transfer_pending_since.is_some(), "there is more of it");
    world.system.settle().await;
    let after = world.page(lead).await.lead;
    assert_eq!((after.calendar_transfer_pending_since, after.version), (None, version + 1));
    for start in starts {
        for date in [start, start + chrono::TimeDelta::hours(1)] {
            let date = date.date_naive().to_string();
            assert_eq!((taken(&world, "anna.vogt", &date).await, taken(&world, "ben.krause", &date).await), (0, 2), "{date}");
        }
    }
}
