//! The pages of the overview's appointments (OVR-3).

use crate::reports::overview::{CHICAGO, LONDON};
use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{NORDSTERN, World, at};
use forecourt_domain::appointment::PreviousDealer;
use forecourt_domain::base::AppointmentKind;
use serde_json::{Value, json};

/// The ids of the appointments that [`filled`] stores, in each order.
const ORDERS: [(&str, [&str; 6]); 4] = [
    ("created_desc", ["e", "c", "d", "f", "b", "a"]),
    ("created_asc", ["a", "b", "f", "c", "d", "e"]),
    ("appointment_desc", ["d", "f", "a", "b", "c", "e"]),
    ("appointment_asc", ["c", "e", "b", "a", "f", "d"]),
];

/// Returns a world with six appointments of three months and dealers, and one of the workshop. `c` and `d` were created at the same time,
/// `c` and `e` take place at the same time, `b` was created at the first moment of a month, and `f` came from another dealer.
async fn filled() -> World {
    let world = World::new().await;
    for (id, dealer, created, time) in [
        ("a", NORDSTERN, "2026-09-30T12:00:00Z", "2026-11-25T09:00:00Z"),
        ("b", CHICAGO, "2026-10-01T00:00:00Z", "2026-11-24T09:00:00Z"),
        ("c", NORDSTERN, "2026-11-02T08:00:00Z", "2026-11-23T09:00:00Z"),
        ("d", LONDON, "2026-11-02T08:00:00Z", "2026-12-01T09:00:00Z"),
        ("e", NORDSTERN, "2026-11-20T08:00:00Z", "2026-11-23T09:00:00Z"),
        ("f", NORDSTERN, "2026-10-15T08:00:00Z", "2026-11-26T09:00:00Z"),
        ("w", NORDSTERN, "2026-11-03T08:00:00Z", "2026-11-24T08:00:00Z"),
    ] {
        let mut one = appointment(id, dealer, at(created));
        one.at = at(time);
        match id {
            "f" => {
                one.left =
                    vec![PreviousDealer { dealer: LONDON.parse().unwrap(), at: at("2026-11-01T08:00:00Z"), by: None, language: None }]
            }
            "w" => one.kind = AppointmentKind::Workshop,
            _ => {}
        }
        save(&world.store, &world.scope(), &one).await;
    }
    world
}

async fn page(world: &World, who: &str, query: &str) -> Value {
    let reply = world.get(who, &format!("/overview/appointments?{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    reply.body
}

fn ids(page: &Value) -> Vec<&str> {
    page["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
}

/// OVR-3: the rows are paged in each order, and each page counts everything. Rows of the same time are ordered by id.
#[tokio::test]
async fn ovr_3_the_grid_is_paged_in_each_order_and_the_boxes_count_everything() {
    let world = filled().await;
    for (order, wanted) in ORDERS {
        for limit in [1, 4, 5, 6] {
            let (mut shown, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
            loop {
                let page = page(&world, "hugo.office", &format!("sort={order}&limit={limit}{cursor}")).await;
                let all = (&page["appointments"]["total"], &page["truncated"]);
                assert_eq!(all, (&json!(6), &json!(limit < 6)), "{order} {limit}");
                shown.extend(ids(&page).into_iter().map(str::to_owned));
                pages += 1;
                let Some(next) = page["cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!((shown, pages), (wanted.map(str::to_owned).to_vec(), 6_usize.div_ceil(limit)), "{order} {limit}");
        }
    }
    let none = page(&world, "hugo.office", "sort=appointment_asc&limit=0").await;
    assert_eq!((ids(&none), none.get("cursor")), (vec![], None));
}

/// OVR-3: without `sort`, the newest come first. Filters and rights apply to the pages, and a new appointment does not move the next page.
#[tokio::test]
async fn ovr_3_a_page_continues_after_its_cursor_whatever_is_created_meanwhile() {
    let world = filled().await;
    let first = page(&world, "hugo.office", "limit=2").await;
    assert_eq!(first, page(&world, "hugo.office", "limit=2&sort=created_desc").await);
    assert_eq!(ids(&first), ["e", "c"]);
    save(&world.store, &world.scope(), &appointment("z", NORDSTERN, at("2026-11-22T08:00:00Z"))).await;
    let next = page(&world, "hugo.office", &format!("limit=2&cursor={}", first["cursor"].as_str().unwrap())).await;
    assert_eq!((ids(&next), &next["appointments"]["total"]), (vec!["d", "f"], &json!(7)));
    let of_dealer = format!("dealer={NORDSTERN}&sort=appointment_asc&limit=2");
    let first = page(&world, "hugo.office", &of_dealer).await;
    let next = page(&world, "hugo.office", &format!("{of_dealer}&cursor={}", first["cursor"].as_str().unwrap())).await;
    assert_eq!((ids(&first), ids(&next)), (vec!["c", "e"], vec!["z", "a"]));
    // Anna sees her own appointments at her dealer.
    let own = page(&world, "anna.vogt", "sort=created_asc").await;
    assert_eq!((ids(&own), own.get("cursor")), (vec!["a", "f", "c", "e", "z"], None));
}

/// OVR-3: a cursor is valid for its own order only, and every invalid parameter is named.
#[tokio::test]
async fn ovr_3_a_cursor_of_another_order_is_refused() {
    let world = filled().await;
    let cursor = page(&world, "hugo.office", "sort=appointment_asc&limit=2").await["cursor"].as_str().unwrap().to_owned();
    for (query, faults) in [
        (format!("sort=appointment_desc&cursor={cursor}"), vec!["cursor OVR-3"]),
        (format!("cursor={cursor}"), vec!["cursor OVR-3"]),
        ("cursor=x".to_owned(), vec!["cursor OVR-3"]),
        (format!("sort=newest&limit=5001&user=A&cursor={cursor}"), vec!["user OVR-2", "limit OVR-3", "sort OVR-3"]),
    ] {
        let reply = world.get("hugo.office", &format!("/overview/appointments?{query}")).await;
        assert_eq!((reply.status, reply.faults()), (422, faults.into_iter().map(str::to_owned).collect()), "{query}");
    }
}
