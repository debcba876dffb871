//! The diary of a dealer: events and appointments by their times (CAL-6).

use crate::calendar::views::{call, plan};
use crate::support::appointments::{made, make};
use crate::support::dealers::{move_to_dealer, of_dealer};
use crate::support::world::{ADMIN, Reply, World};
use forecourt_domain::base::LeadId;
use serde_json::{Value, json};

const DAY: &str = "date=2026-11-24";

async fn diary(world: &World, who: &str, query: &str) -> Reply {
    world.get(who, &of_dealer(&format!("diary?{query}"))).await
}

/// Returns the entries of a page, each as time, customer, salesperson and state.
async fn entries(world: &World, who: &str, query: &str) -> Vec<String> {
    let reply = diary(world, who, query).await;
    assert_eq!(reply.status, 200, "{who} {query}: {}", reply.body);
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or("-").to_owned();
    let line = |entry: &Value| ["at", "customer", "user", "state"].map(|name| text(entry, name)).join(" ");
    reply.body["entries"].as_array().unwrap().iter().map(line).collect()
}

fn body(name: &str, phone: &str) -> Value {
    json!({"type": "used_car", "source": "website", "vehicle": {"make": "Opel", "model": "Corsa", "year": 2023},
        "contact": {"last_name": name, "email": format!("{name}@example.com"), "phone": phone}})
}

fn without_lead(name: &str, at: &str) -> Value {
    json!({"customer": {"name": name, "phone": "0172 3456789"}, "kind": "showroom", "at": at, "user": "ben.krause"})
}

const KARL: &str = "2026-11-24T08:00:00Z Karl ben.krause incomplete";
const CALL: &str = "2026-11-24T09:00:00Z jana anna.vogt incomplete";
const CLARA: &str = "2026-11-24T10:00:00Z kim clara.henning incomplete";
const VISIT: &str = "2026-11-24T11:00:00Z jana anna.vogt incomplete";

/// Returns a world with four entries on the 24th: an appointment without a lead, a call of Anna, a call of Clara for Ben's lead, and an
/// appointment of Anna's lead. Returns also the leads and the two appointments.
async fn filled() -> (World, [LeadId; 2], [String; 2]) {
    let world = World::new().await;
    let jana = world.lead(&body("jana", "0171 2345678")).await;
    let kim = world.lead(&body("kim", "0171 2345679")).await;
    plan(&world, jana, &call("Call her", "2026-11-24T09:00:00Z")).await;
    let mut for_clara = call("Clara calls", "2026-11-24T10:00:00Z");
    for_clara["user"] = json!("clara.henning");
    plan(&world, kim, &for_clara).await;
    let karl = made(&world, ADMIN, &without_lead("Karl", "2026-11-24T08:00:00Z")).await;
    let visit = made(&world, ADMIN, &json!({"lead": jana, "kind": "showroom", "at": "2026-11-24T11:00:00Z"})).await;
    (world, [jana, kim], [karl, visit])
}

/// CAL-6, APT-1: the diary has events and appointments by their times, an appointment with a lead once, each with its customer, telephone
/// number, vehicle and salesperson.
#[tokio::test]
async fn cal_6_the_diary_shows_events_and_appointments_by_their_times() {
    let (world, [jana, _], [karl, visit]) = filled().await;
    assert_eq!(entries(&world, ADMIN, DAY).await, [KARL, CALL, CLARA, VISIT]);
    let page = diary(&world, ADMIN, DAY).await.body;
    assert_eq!((&page["first"], &page["last"], &page["zone"]), (&json!("2026-11-24"), &json!("2026-11-24"), &json!("Europe/Berlin")));
    assert_eq!((&page["from"], &page["until"]), (&json!("2026-11-23T23:00:00Z"), &json!("2026-11-24T23:00:00Z")));
    let without = json!({"appointment": karl, "type": "visit_inbound", "kind": "showroom", "at": "2026-11-24T08:00:00Z",
        "until": "2026-11-24T09:00:00Z", "state": "incomplete", "customer": "Karl", "phone": "0172 3456789",
        "phone_e164": "+491723456789", "user": "ben.krause"});
    assert_eq!(page["entries"][0], without);
    let phone = json!(["0171 2345678", "+491712345678"]);
    for (entry, kind, appointment) in [(1, Value::Null, Value::Null), (3, json!("showroom"), json!(visit))] {
        let entry = &page["entries"][entry];
        assert_eq!((&entry["kind"], &entry["appointment"], &entry["lead"]), (&kind, &appointment, &json!(jana)), "{entry}");
        assert_eq!(json!([entry["phone"], entry["phone_e164"]]), phone, "{entry}");
        assert_eq!((&entry["vehicle"], entry["event"].is_string()), (&json!("2023 Opel Corsa"), true), "{entry}");
    }
    assert_eq!((&page["entries"][1]["title"], &page["entries"][1]["type"]), (&json!("Call her"), &json!("phone_outbound")));
    // Without a date it is today's; the last minute of a day belongs to it in the dealer's zone.
    made(&world, ADMIN, &without_lead("Late", "2026-11-25T22:59:00Z")).await;
    assert_eq!(entries(&world, ADMIN, "").await, Vec::<String>::new());
    assert_eq!(entries(&world, ADMIN, "days=2").await, [KARL, CALL, CLARA, VISIT]);
    assert_eq!(entries(&world, ADMIN, "date=2026-11-25").await, ["2026-11-25T22:59:00Z Late ben.krause incomplete"]);
    assert_eq!(entries(&world, ADMIN, "date=2026-11-26&days=7").await, Vec::<String>::new());
    assert_eq!(entries(&world, ADMIN, "date=2026-11-23&days=7&user=clara.henning").await, [CLARA]);
    assert_eq!(entries(&world, ADMIN, "date=2026-11-24&user=ben.krause").await, [KARL]);
}

/// CAL-6, ACC-1, LEAD-9: a reader sees the events that their calendar shows and the appointments that they may open. The telephone number
/// of a lead is for those who see the lead.
#[tokio::test]
async fn cal_6_the_diary_shows_no_more_than_the_calendar_and_the_appointments() {
    let (world, ..) = filled().await;
    for (who, wanted) in [
        ("anna.vogt", vec![CALL, VISIT]),
        ("ben.krause", vec![KARL, CLARA]),
        ("clara.henning", vec![CLARA]),
        ("hugo.office", vec![KARL, CALL, CLARA, VISIT]),
        ("chris.center", vec![KARL, VISIT]),
        ("david.roth", vec![]),
    ] {
        assert_eq!(entries(&world, who, DAY).await, wanted, "{who}");
    }
    let of_clara = diary(&world, "clara.henning", DAY).await.body["entries"][0].clone();
    assert_eq!((&of_clara["title"], &of_clara["vehicle"], of_clara.get("phone")), (&json!("Clara calls"), &json!("2023 Opel Corsa"), None));
    assert_eq!(diary(&world, "ben.krause", DAY).await.body["entries"][1]["phone"], "0171 2345679");
    let of_centre = diary(&world, "chris.center", DAY).await.body["entries"][1].clone();
    assert_eq!(["title", "vehicle", "phone"].map(|name| of_centre.get(name)), [None; 3], "{of_centre}");
    for (who, status) in [("otto.operator", 403), ("partner:centre-demo", 403), ("partner:dms-demo", 403), ("alice.moore", 404), ("", 401)]
    {
        assert_eq!(diary(&world, who, DAY).await.status, status, "{who}");
    }
    assert_eq!(entries(&world, "rival.seller", DAY).await, Vec::<String>::new(), "another group has a dealer of the same name");
}

/// CAL-6: the pages contain every entry once. A cursor is valid only for its own days, and every invalid parameter is named.
#[tokio::test]
async fn cal_6_the_diary_is_paged_in_the_order_of_time() {
    let (world, ..) = filled().await;
    for limit in 1..=4 {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = format!("{DAY}&limit={limit}{cursor}");
            let page = entries(&world, ADMIN, &query).await;
            assert!(page.len() <= limit, "{page:?}");
            all.extend(page);
            match diary(&world, ADMIN, &query).await.body["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(all, [KARL, CALL, CLARA, VISIT], "{limit}");
    }
    let cursor = diary(&world, ADMIN, &format!("{DAY}&limit=1")).await.text("/cursor").to_owned();
    let of_calendar = world.get(ADMIN, &of_dealer(&format!("calendar?view=day&{DAY}&limit=1"))).await.text("/cursor").to_owned();
    for (query, faults) in [
        (format!("date=2026-11-25&cursor={cursor}"), vec!["cursor CAL-6"]),
        (format!("{DAY}&days=2&cursor={cursor}"), vec!["cursor CAL-6"]),
        (format!("{DAY}&cursor={of_calendar}"), vec!["cursor CAL-6"]),
        ("date=tomorrow&days=8&limit=0&user=A".to_owned(), vec!["date CAL-6", "days CAL-6", "user CAL-6", "limit CAL-6"]),
        ("date=1999-12-31".to_owned(), vec!["date CAL-6"]),
        ("view=day".to_owned(), vec!["view API-1"]),
    ] {
        let reply = diary(&world, ADMIN, &query).await;
        assert_eq!((reply.status, reply.faults()), (422, faults.into_iter().map(str::to_owned).collect()), "{query}");
    }
}

/// CAL-6, APT-3, APT-4, DIS-7: an entry follows its appointment to another time, state and dealer. Cancelled ones are shown on request.
#[tokio::test]
async fn cal_6_the_diary_follows_an_appointment_to_its_new_time_state_and_dealer() {
    let (world, [jana, _], [karl, visit]) = filled().await;
    let moved = world.post(ADMIN, &format!("/appointments/{karl}/time"), &json!({"at": "2026-11-24T12:00:00Z"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let at_noon = "2026-11-24T12:00:00Z Karl ben.krause incomplete";
    assert_eq!(entries(&world, ADMIN, DAY).await, [CALL, CLARA, VISIT, at_noon]);
    for id in [&karl, &visit] {
        assert_eq!(world.post(ADMIN, &format!("/appointments/{id}/cancellation"), &json!({})).await.status, 200);
    }
    assert_eq!(entries(&world, ADMIN, DAY).await, [CALL, CLARA]);
    let deleted = [VISIT, at_noon].map(|entry| entry.replace("incomplete", "deleted"));
    assert_eq!(entries(&world, ADMIN, &format!("{DAY}&deleted=true")).await, [CALL, CLARA, deleted[0].as_str(), deleted[1].as_str()]);
    let otto = made(&world, ADMIN, &without_lead("Otto", "2026-11-24T13:00:00Z")).await;
    world.advance_to("2026-11-24T13:30:00Z").await;
    assert_eq!(world.post(ADMIN, &format!("/appointments/{otto}/attendance"), &json!({"attendance": "no_show"})).await.status, 200);
    assert_eq!(entries(&world, ADMIN, DAY).await, [CALL, CLARA, "2026-11-24T13:00:00Z Otto ben.krause no_show"]);
    move_to_dealer(&world, &jana.to_string(), "harbour-cars-demo").await;
    assert_eq!(entries(&world, ADMIN, DAY).await, [CLARA, "2026-11-24T13:00:00Z Otto ben.krause no_show"]);
    let there = world.get("gina.group", "/dealers/harbour-cars-demo/diary?date=2026-11-24").await;
    assert_eq!((there.text("/entries/0/title"), there.body["entries"].as_array().unwrap().len()), ("Call her", 1), "{}", there.body);
}

/// CAL-6, SET-2, DIS-4: days off and absences of the reader's users are marked on every day that they touch.
#[tokio::test]
async fn cal_6_the_diary_marks_days_off_and_absences() {
    let world = World::new().await;
    let away = json!([{"from": "2026-12-24T11:00:00Z", "until": "2026-12-27T23:00:00Z"}]);
    world
        .settings(|settings| {
            let anna = settings.members.iter_mut().find(|member| member.user.as_str() == "anna.vogt").unwrap();
            anna.absences = serde_json::from_value(away).unwrap();
        })
        .await;
    let marks = async |who: &str, query: &str| -> Vec<(String, String)> {
        let page = diary(&world, who, query).await.body;
        let of = |mark: &Value| {
            (mark["title"].as_str().or(mark["user"].as_str()).unwrap().to_owned(), mark["from"].as_str().unwrap().to_owned())
        };
        page["all_day"].as_array().unwrap().iter().map(of).collect()
    };
    let named = |name: &str, from: &str| (name.to_owned(), from.to_owned());
    let absence = named("anna.vogt", "2026-12-24T11:00:00Z");
    let christmas = named("Erster Weihnachtstag", "2026-12-24T23:00:00Z");
    let second = named("Zweiter Weihnachtstag", "2026-12-25T23:00:00Z");
    assert_eq!(marks(ADMIN, "date=2026-12-24").await, std::slice::from_ref(&absence));
    assert_eq!(marks(ADMIN, "date=2026-12-24&days=3").await, [absence.clone(), christmas.clone(), second]);
    assert_eq!(marks("ben.krause", "date=2026-12-25").await, std::slice::from_ref(&christmas));
    assert_eq!(marks(ADMIN, "date=2026-12-25&user=ben.krause").await, std::slice::from_ref(&christmas));
    assert_eq!(marks("anna.vogt", "date=2026-12-25&limit=1").await, [absence, christmas]);
    assert!(marks(ADMIN, "date=2026-12-23").await.is_empty());
}

/// CAL-6: the cost of a day: two parallel reads of the indexes, the items, and the enquiries with the appointments of events.
#[tokio::test]
async fn cal_6_a_day_of_the_diary_costs_four_calls() {
    let (world, ..) = filled().await;
    entries(&world, ADMIN, DAY).await;
    let before = world.store.spent();
    entries(&world, ADMIN, DAY).await;
    let spent = world.store.spent().since(before);
    println!("a day of the diary: {spent:?}");
    assert_eq!(spent.calls, 4);
    // An appointment without a lead costs one unit more to create than before it had an entry by its time.
    let before = world.store.spent();
    let made = make(&world, ADMIN, &without_lead("Karl", "2026-11-26T08:00:00Z")).await;
    assert_eq!(made.status, 201, "{}", made.body);
    println!("an appointment without a lead: {:?}", world.store.spent().since(before));
}
