//! Bookings that are reopened, or moved, to a time at which their person is absent: somebody is asked at once (APT-9).

use super::under_absence::{booked, notices, put};
use crate::support::world::{ADMIN, World, enquiry};
use serde_json::json;

/// APT-9: a reopened and a moved appointment, and a moved event of a lead, start the notices as other changes do.
#[tokio::test]
async fn apt_9_a_booking_that_comes_under_an_absence_is_notified_at_once() {
    let world = World::new().await;
    let reopened = booked(&world, "jana", "anna.vogt", "2026-12-03T10:00:00+01:00").await;
    let moved = booked(&world, "karl", "anna.vogt", "2026-12-01T10:00:00+01:00").await;
    let lead = world.lead(&enquiry("lena")).await;
    world.system.settle().await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "anna.vogt"})).await.status, 200);
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-12-01T12:00:00+01:00"});
    let event = world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.text("/id").to_owned();
    let at = |day: u32| json!({"at": format!("2026-12-0{day}T14:00:00+01:00")});
    let act = async |path: String, body| {
        let reply = world.post(ADMIN, &path, &body).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    };
    act(format!("/appointments/{reopened}/cancellation"), json!({})).await;
    let away = json!({"absences": [{"user": "anna.vogt", "from": "2026-12-03", "until": "2026-12-04", "deputy": "ben.krause"}]});
    put(&world, ADMIN, "absences", 1, &away).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    assert_eq!(notices(&world), Vec::<String>::new());
    act(format!("/appointments/{reopened}/reopening"), json!({})).await;
    world.advance_to("2026-11-23T11:00:00Z").await;
    let names = |customer: &str| {
        let mails =
            world.system.mailbox.mails().into_iter().filter(|mail| mail.to.starts_with("ben.krause") && mail.text.contains(customer));
        mails.filter(|mail| mail.text.contains("dann abwesend")).count()
    };
    assert_eq!([names("jana"), names("karl"), names("lena")], [1, 0, 0], "{:?}", notices(&world));
    act(format!("/appointments/{moved}/time"), at(3)).await;
    world.advance_to("2026-11-23T12:00:00Z").await;
    assert_eq!([names("jana"), names("karl"), names("lena")], [1, 1, 0], "{:?}", notices(&world));
    act(format!("/leads/{lead}/events/{event}/time"), at(4)).await;
    world.advance_to("2026-11-23T13:00:00Z").await;
    assert_eq!([names("jana"), names("karl"), names("lena")], [1, 1, 1], "{:?}", notices(&world));
}
