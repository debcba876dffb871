//! Hours outside the own weekly ones are no absence: the salesperson gets the notices and the list of the day (APT-7, DIS-13).

use super::notices::{BEN, act, book, notices, to};
use crate::support::world::{ADMIN, Request, World};
use serde_json::json;

const HELGA: &str = "helga.stern";

/// Ben works from 11 to 18 every day but Sunday.
async fn from_eleven(world: &World) {
    let day = json!([["11:00", "18:00"]]);
    let week = json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day});
    let hours = serde_json::from_value(week).unwrap();
    world.settings(|s| s.members.iter_mut().find(|member| member.user.as_str() == BEN).unwrap().hours = Some(hours)).await;
}

/// APT-7: the notice and the list wait for the own hours of the salesperson, and nobody else gets them.
#[tokio::test]
async fn apt_7_notices_and_lists_wait_for_the_own_hours_of_the_salesperson() {
    let world = World::at("2026-11-23T20:00:00Z").await;
    from_eleven(&world).await;
    book(&world, "chris.center", "jana", BEN, "2026-11-24T15:00:00+01:00").await;
    let own = book(&world, BEN, "lena", BEN, "2026-11-27T11:15:00+01:00").await;
    world.advance_to("2026-11-24T09:59:00Z").await;
    assert_eq!([notices(&world, BEN).await, notices(&world, HELGA).await], [Vec::<String>::new(), Vec::new()]);
    world.advance_to("2026-11-24T10:05:00Z").await;
    // The notice comes up to two minutes after the list, or with it.
    let mut ben = notices(&world, BEN).await;
    ben.sort();
    assert_eq!((ben.len(), ben[0].as_str()), (2, "24 10:00 Ihr Termin heute"), "{ben:?}");
    assert!(ben[1].starts_with("24 10:0") && ben[1].ends_with("Neuer Termin"), "{ben:?}");
    // Before the own hours, a visit that begins within them is cancelled.
    world.advance_to("2026-11-27T07:34:00Z").await;
    act(&world, "chris.center", &own, "cancellation", &json!({})).await;
    world.advance_to("2026-11-27T10:04:00Z").await;
    let ben = notices(&world, BEN).await;
    assert_eq!(ben.len(), 3, "{ben:?}");
    assert!(ben[2].starts_with("27 10:0") && ben[2].ends_with("Termin abgesagt"), "{ben:?}");
    assert_eq!(notices(&world, HELGA).await, Vec::<String>::new());
}

/// APT-7: a notice that cannot wait for the own hours goes to the salesperson and the supervisor; a list goes to the salesperson.
#[tokio::test]
async fn apt_7_a_visit_before_the_own_hours_is_notified_at_once() {
    for world in [World::at("2026-11-24T07:34:00Z").await, World::delivering_twice().await] {
        world.advance_to("2026-11-24T07:34:00Z").await;
        from_eleven(&world).await;
        let early = book(&world, "chris.center", "jana", BEN, "2026-11-24T10:00:00+01:00").await;
        assert_eq!(notices(&world, BEN).await, ["24 07:34 Neuer Termin"]);
        assert_eq!(notices(&world, HELGA).await, ["24 07:34 Neuer Termin"]);
        assert!(to(&world, HELGA).iter().any(|mail| mail.text.contains("weil Ben Krause nicht da ist")));
        act(&world, HELGA, &early, "cancellation", &json!({})).await;
        assert_eq!(notices(&world, BEN).await.len(), 2);
        assert_eq!(notices(&world, HELGA).await.len(), 1, "the author knows it");
        let page = world.get(HELGA, &format!("/appointments/{early}")).await;
        let settled = page.body["salesperson_notices"].as_array().unwrap();
        assert!(settled.iter().all(|notice| notice["fate"] == "sent"), "no copy for the author is no notice: {}", page.body);
        book(&world, BEN, "lena", BEN, "2026-11-25T09:00:00+01:00").await;
        world.advance_to("2026-11-25T07:30:00Z").await;
        assert_eq!(notices(&world, BEN).await.last().unwrap(), "25 07:00 Ihr Termin heute");
        assert_eq!(notices(&world, HELGA).await.len(), 1);
    }
}

/// APT-7, DIS-4: if the supervisor has switched notices off, the next substitute gets the copy.
#[tokio::test]
async fn apt_7_the_copy_goes_to_the_next_substitute_who_reads_notices() {
    let world = World::at("2026-11-24T07:34:00Z").await;
    from_eleven(&world).await;
    assert_eq!(world.call(Request::patch(HELGA, "/me").json(&json!({"notices": false})).version(1)).await.status, 200);
    book(&world, "chris.center", "jana", BEN, "2026-11-24T10:00:00+01:00").await;
    assert_eq!(notices(&world, BEN).await, ["24 07:34 Neuer Termin"]);
    assert_eq!([notices(&world, HELGA).await, notices(&world, ADMIN).await], [vec![], vec!["24 07:34 Neuer Termin".to_owned()]]);
}
