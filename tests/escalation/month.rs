//! A month of a dealer in virtual time.

use crate::support::world::{ADMIN, NORDSTERN, World, at, enquiry};
use chrono::TimeDelta;
use forecourt_domain::hours::Calendar;
use forecourt_local::demo;
use serde_json::json;
use std::time::Instant;

/// ESC-1, ESC-3, ESC-5, ESC-6: over nights, Sundays, a day off and the end of summer time (25 October 2026), every lead has an owner, every
/// step fires at the time of the rules, and mail goes out only in opening hours. The test needs no real waiting time.
#[tokio::test]
async fn esc_a_simulated_month_fires_every_step_on_time_and_mails_only_in_opening_hours() {
    let world = World::at("2026-10-05T06:00:00Z").await;
    let day_off = || serde_json::from_value(json!({"from": "2026-10-21", "name": "Betriebsausflug", "kind": "company_holiday"})).unwrap();
    world
        .settings(|s| {
            let c = &s.calendar;
            s.calendar = Calendar::new(c.zone(), c.hours().clone(), vec![day_off()], c.special_hours().clone()).unwrap();
        })
        .await;
    let started = Instant::now();
    let mut leads = Vec::new();
    for day in 0..31_i64 {
        // Leads come in alternately at night and in the late morning; every third one is answered at once.
        let hour = if day % 2 == 0 { 23 } else { 10 };
        let now = at("2026-10-05T00:00:00Z") + TimeDelta::days(day) + TimeDelta::hours(hour) + TimeDelta::seconds(day * 7);
        world.system.advance_to(now).await;
        let id = world.lead(&enquiry(&format!("day-{day}"))).await;
        if day % 3 == 0 {
            let reply = world.post(ADMIN, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
            assert_eq!(reply.status, 200);
        }
        leads.push(id);
    }
    world.advance_to("2026-11-05T06:00:00Z").await;
    let took = started.elapsed();

    let calendar = demo::group().unwrap().dealers.into_iter().find(|d| d.id.as_str() == NORDSTERN).unwrap().settings.calendar.clone();
    let mut levels = [0; 3];
    for id in &leads {
        let lead = world.page(*id).await.lead;
        assert!(lead.owner.is_some());
        levels[usize::from(lead.level())] += 1;
        for step in lead.plan.iter().flat_map(|plan| plan.steps()) {
            assert!(step.fired.is_none_or(|fired| fired == step.at), "{step:?}");
        }
    }
    // 11 of 31 leads are answered, the last one among them; all others have reached level 2.
    assert_eq!(levels, [11, 0, 20]);
    for mail in world.system.mailbox.mails() {
        assert!(calendar.is_open_or_closing(mail.at), "{} at {}", mail.subject, mail.at);
        assert_ne!(mail.at.date_naive(), at("2026-10-21T00:00:00Z").date_naive());
    }
    // The night of Saturday, 24 October: it is already Sunday in Berlin, and the clocks go back. The deadline is two working hours into
    // Monday, in winter time.
    let over_dst = world.page(leads[20]).await.lead;
    assert_eq!((over_dst.arrived, over_dst.deadline()), (at("2026-10-25T23:02:20Z"), Some(at("2026-10-26T09:00:00Z"))));
    println!("a month of 31 leads and {} mails took {took:?}", world.system.mailbox.mails().len());
    // The test takes less than a second on an idle machine; the bound leaves room for other load.
    assert!(took.as_secs_f64() < 30.0, "{took:?}");
}
