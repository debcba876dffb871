//! A day, week or month of a calendar (CAL-6).

use crate::support::appointments::made;
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, Reply, Request, World, enquiry};
use chrono::{Datelike as _, NaiveDate, TimeDelta};
use forecourt_domain::base::LeadId;
use serde_json::{Value, json};

pub fn call(title: &str, time: &str) -> Value {
    json!({"title": title, "type": "phone_outbound", "at": time})
}

pub async fn plan(world: &World, lead: LeadId, body: &Value) -> String {
    let made = world.post(ADMIN, &format!("/leads/{lead}/events"), body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("/id").to_owned()
}

async fn calendar(world: &World, who: &str, query: &str) -> Reply {
    world.get(who, &of_dealer(&format!("calendar?{query}"))).await
}

/// Returns the titles in a calendar view.
pub async fn titles(world: &World, who: &str, query: &str) -> Vec<String> {
    let reply = calendar(world, who, query).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["events"].as_array().unwrap().iter().map(|event| event["title"].as_str().unwrap().to_owned()).collect()
}

/// Returns the titles of all pages of a view.
async fn paged(world: &World, query: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = calendar(world, ADMIN, &format!("{query}&limit=2{cursor}")).await;
        let events = page.body["events"].as_array().unwrap();
        assert!(events.len() <= 2, "{}", page.body);
        all.extend(events.iter().map(|event| event["title"].as_str().unwrap().to_owned()));
        match page.body["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Times around midnight in Berlin, which is 23:00 UTC of the day before in winter and 22:00 UTC in summer. Months, weeks and days begin
/// there. Clocks change on the 28th.
const TIMES: [&str; 10] = [
    "2026-11-30T22:59:59Z",
    "2026-11-30T23:00:00Z",
    "2026-12-01T08:00:00Z",
    "2026-12-06T22:59:00Z",
    "2026-12-06T23:00:00Z",
    "2026-12-31T22:59:59Z",
    "2026-12-31T23:00:00Z",
    "2027-03-27T23:30:00Z",
    "2027-03-28T21:59:00Z",
    "2027-03-28T22:00:00Z",
];

/// Returns a world with an event at each of [`TIMES`], and the lead of these events.
async fn world_with_events() -> (World, LeadId) {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    for time in TIMES {
        plan(&world, id, &call(time, time)).await;
    }
    (world, id)
}

/// CAL-6: days, weeks and months begin at midnight in the dealer's zone.
#[tokio::test]
async fn cal_6_days_weeks_and_months_begin_at_midnight_in_the_dealers_zone() {
    let (world, id) = world_with_events().await;
    for (query, wanted) in [
        ("view=day&date=2026-11-30", &TIMES[..1]),
        ("view=day&date=2026-12-01", &TIMES[1..3]),
        ("view=week&date=2026-12-01", &TIMES[..4]),
        ("view=week&date=2026-12-06", &TIMES[..4]),
        ("date=2026-12-07", &TIMES[4..5]),
        ("view=month&date=2026-11-15", &TIMES[..1]),
        ("view=month&date=2026-12-31", &TIMES[1..6]),
        ("view=day&date=2027-03-28", &TIMES[7..9]),
        ("view=day&date=2027-03-29", &TIMES[9..]),
        ("view=month&date=2027-02-01", &[][..]),
    ] {
        assert_eq!(titles(&world, ADMIN, query).await, wanted, "{query}");
        assert_eq!(paged(&world, query).await, wanted, "{query}");
    }
    let week = calendar(&world, ADMIN, "view=week&date=2026-12-06").await;
    assert_eq!((week.text("/first"), week.text("/last"), week.text("/zone")), ("2026-11-30", "2026-12-06", "Europe/Berlin"));
    assert_eq!((week.text("/from"), week.text("/until")), ("2026-11-29T23:00:00Z", "2026-12-06T23:00:00Z"));
    let event = &week.body["events"][2];
    assert_eq!(
        (event["lead"].as_str(), event["contact"].as_str(), event["user"].as_str(), event["until"].as_str()),
        (Some(id.to_string().as_str()), Some("jana"), Some("anna.vogt"), Some("2026-12-01T09:00:00Z")),
        "{event}"
    );
    // Without a date the view is today's week.
    world.advance_to("2026-12-01T09:00:00Z").await;
    assert_eq!(titles(&world, ADMIN, "").await, TIMES[..4]);
}

/// CAL-6: each date belongs to one week and one month: no event is lost or shown twice.
#[tokio::test]
async fn cal_6_no_event_is_lost_or_shown_twice_between_weeks_or_months() {
    let (world, _) = world_with_events().await;
    let mut first = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    let mut by_month = Vec::new();
    while first.year() < 2027 || first.month() < 5 {
        by_month.extend(titles(&world, ADMIN, &format!("view=month&date={first}")).await);
        first = first.checked_add_months(chrono::Months::new(1)).unwrap();
    }
    let (mut by_week, mut day) = (Vec::new(), NaiveDate::from_ymd_opt(2026, 11, 4).unwrap());
    while day.year() < 2027 || day.month() < 5 {
        by_week.extend(titles(&world, ADMIN, &format!("view=week&date={day}")).await);
        day += TimeDelta::days(7);
    }
    assert_eq!((by_month, by_week), (TIMES.map(str::to_owned).to_vec(), TIMES.map(str::to_owned).to_vec()));
}

/// CAL-6: a cursor is valid only for its own view: not for another day, another dealer, or a period that begins where this one ends.
#[tokio::test]
async fn cal_6_a_cursor_is_valid_only_for_its_own_view() {
    let (world, _) = world_with_events().await;
    let cursor = calendar(&world, ADMIN, "view=month&date=2026-12-01&limit=1").await.text("/cursor").to_owned();
    assert_eq!(titles(&world, ADMIN, &format!("view=month&date=2026-12-24&cursor={cursor}")).await, TIMES[2..6]);
    for query in ["view=month&date=2027-01-01", "view=month&date=2026-11-01", "view=week&date=2026-12-01", "view=day&date=2026-12-01"] {
        let reply = calendar(&world, ADMIN, &format!("{query}&cursor={cursor}")).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["cursor CAL-6".to_owned()]), "{query}");
    }
    let elsewhere = format!("/dealers/grachten-autos-demo/calendar?view=month&date=2026-12-01&cursor={cursor}");
    assert_eq!(world.get("gina.group", &elsewhere).await.faults(), ["cursor CAL-6"], "in the same zone");
}

/// CAL-6: an invalid query is refused and names the parameter.
#[tokio::test]
async fn cal_6_an_invalid_view_is_refused_naming_the_parameter() {
    let world = World::new().await;
    for (query, fault) in [
        ("view=year", "view CAL-6"),
        ("date=yesterday", "date CAL-6"),
        ("date=1999-12-31", "date CAL-6"),
        ("date=9999-12-31", "date CAL-6"),
        ("user=Not%20one", "user CAL-6"),
        ("deleted=perhaps", "deleted CAL-6"),
        ("limit=251", "limit CAL-6"),
        ("cursor=AAAA", "cursor CAL-6"),
        ("day=2026-11-25", "day API-1"),
    ] {
        let reply = calendar(&world, ADMIN, query).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![fault.to_owned()]), "{query}");
    }
}

/// CAL-6: ended events are shown; deleted ones only on request.
#[tokio::test]
async fn cal_6_ended_events_are_shown_and_deleted_events_only_on_request() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let mut events = Vec::new();
    for (n, title) in ["done", "missed", "off", "moved"].into_iter().enumerate() {
        events.push(plan(&world, id, &call(title, &format!("2026-11-24T{:02}:00:00Z", 8 + n))).await);
    }
    let path = |n: usize, rest: &str| format!("/leads/{id}/events/{}{rest}", events[n]);
    world.post(ADMIN, &path(0, "/completion"), &json!({"note": "x".repeat(2_000)})).await;
    world.post(ADMIN, &path(1, "/no-show"), &json!({"reason": "did_not_come"})).await;
    world.call(Request::delete(ADMIN, &path(2, ""))).await;
    world.post(ADMIN, &path(3, "/time"), &json!({"at": "2026-12-24T10:00:00Z"})).await;
    assert_eq!(titles(&world, ADMIN, "view=day&date=2026-11-24").await, ["done", "missed"]);
    assert_eq!(titles(&world, ADMIN, "view=month&date=2026-12-24").await, ["moved"]);
    let all = calendar(&world, ADMIN, "view=month&deleted=true").await;
    let states: Vec<&str> = all.body["events"].as_array().unwrap().iter().map(|event| event["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["completed", "no_show", "deleted"]);
    // The lead's list of events contains everything that the calendar row contains, and more.
    let events = world.events(id).await;
    assert_eq!((events.len(), events[3].rescheduled.len(), events[0].title.as_str()), (4, 1, "done"));
}

/// ACC-1, CAL-6: visibility follows the rules for leads. An event with a user belongs to that user; an event without one belongs to the
/// current owner of the lead.
#[tokio::test]
async fn cal_6_a_seller_sees_own_events_and_those_of_deputised_and_supervised_users() {
    let world = World::new().await;
    let (anna, ben) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await);
    plan(&world, anna, &call("of anna", "2026-11-24T08:00:00Z")).await;
    plan(&world, ben, &call("of ben", "2026-11-24T09:00:00Z")).await;
    let mut for_clara = call("clara for ben", "2026-11-24T10:00:00Z");
    for_clara["user"] = json!("clara.henning");
    plan(&world, ben, &for_clara).await;
    let day = "view=day&date=2026-11-24";
    assert_eq!(titles(&world, ADMIN, day).await, ["of anna", "of ben", "clara for ben"]);
    assert_eq!(titles(&world, "anna.vogt", day).await, ["of anna"]);
    assert_eq!(titles(&world, "clara.henning", day).await, ["clara for ben"]);
    // Ben sees this event because the lead is his, but it is not on his own calendar.
    assert_eq!(titles(&world, "ben.krause", day).await, ["of ben", "clara for ben"]);
    assert_eq!(titles(&world, "ben.krause", &format!("{day}&user=ben.krause")).await, ["of ben"]);
    assert_eq!(titles(&world, ADMIN, &format!("{day}&user=clara.henning")).await, ["clara for ben"]);
    assert_eq!(titles(&world, "anna.vogt", &format!("{day}&user=ben.krause")).await, Vec::<String>::new());
    // A deputy sees the events of the absent user, and a supervisor who is a seller sees those of the supervised user.
    world
        .settings(|s| {
            let away = json!([{"from": "2026-11-23T00:00:00Z", "until": "2026-11-27T00:00:00Z", "deputy": "david.roth"}]);
            s.members.iter_mut().find(|m| m.user.as_str() == "ben.krause").unwrap().absences = serde_json::from_value(away).unwrap();
            s.members.iter_mut().find(|m| m.user.as_str() == "anna.vogt").unwrap().supervisor = Some("elif.yilmaz".parse().unwrap());
        })
        .await;
    assert_eq!(titles(&world, "david.roth", day).await, ["of ben", "clara for ben"]);
    assert_eq!(titles(&world, "elif.yilmaz", day).await, ["of anna"]);
    for (who, status) in [("chris.center", 403), ("otto.operator", 403), ("alice.moore", 404), ("", 401), ("hugo.office", 200)] {
        assert_eq!(calendar(&world, who, day).await.status, status, "{who}");
    }
    assert_eq!(titles(&world, "rival.seller", day).await, Vec::<String>::new(), "another group has a dealer of the same name");
    // After reassignment, the planned events belong to the new owner at once.
    world.post(ADMIN, &format!("/leads/{anna}/assignment"), &json!({"user": "greta.sommer"})).await;
    assert_eq!(titles(&world, "greta.sommer", day).await, ["of anna"]);
    assert_eq!(titles(&world, "anna.vogt", day).await, Vec::<String>::new());
}

/// DIS-7, CAL-6: planned events move to the other dealer with their lead. Ended events stay on the lead's page only.
#[tokio::test]
async fn cal_6_planned_events_move_to_another_dealer_with_their_lead() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let mut named = call("ben is to call", "2026-11-24T10:00:00Z");
    named["user"] = json!("ben.krause");
    plan(&world, id, &named).await;
    let done = plan(&world, id, &call("done", "2026-11-24T11:00:00Z")).await;
    world.post(ADMIN, &format!("/leads/{id}/events/{done}/completion"), &json!({})).await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let body = json!({"dealer": "harbour-cars-demo"}).to_string();
    for _ in 0..2 {
        let moved =
            world.call(Request::post("gina.group", &format!("/leads/{id}/assignment")).headers(&headers).body(body.as_bytes())).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    world.system.settle().await;
    let there = world.get("gina.group", "/dealers/harbour-cars-demo/calendar?view=day&date=2026-11-24").await;
    let owner = world.page(id).await.lead.owner.unwrap();
    assert_eq!(there.body["events"].as_array().unwrap().len(), 1, "{}", there.body);
    assert_eq!((there.text("/events/0/title"), there.text("/events/0/user")), ("ben is to call", owner.as_str()));
    assert_eq!(titles(&world, ADMIN, "view=day&date=2026-11-24&deleted=true").await, Vec::<String>::new());
    assert_eq!(world.events(id).await.len(), 2);
}

/// CAL-6, ACC-1: the calendar has appointments without a lead among the events, for those who may open them, and follows them.
#[tokio::test]
async fn cal_6_the_calendar_has_appointments_without_a_lead_among_the_events() {
    let world = World::new().await;
    let jana = world.lead(&enquiry("jana")).await;
    plan(&world, jana, &call("Call her", "2026-11-24T09:00:00Z")).await;
    let visit = |name: &str, user: &str, at: &str| json!({"customer": {"name": name, "email": "visit@example.com"}, "kind": "showroom", "at": at, "user": user});
    let karl = made(&world, ADMIN, &visit("Karl", "ben.krause", "2026-11-24T08:00:00Z")).await;
    let otto = made(&world, ADMIN, &visit("Otto", "anna.vogt", "2026-11-24T10:00:00Z")).await;
    let all = ["Showroom Appointment", "Call her", "Showroom Appointment"];
    for view in ["view=day&date=2026-11-24", "view=week&date=2026-11-24", "view=month&date=2026-11-24"] {
        assert_eq!(titles(&world, ADMIN, view).await, all, "{view}");
        assert_eq!(paged(&world, view).await, all, "{view}");
    }
    let day = "view=day&date=2026-11-24";
    let entry = calendar(&world, ADMIN, day).await.body["events"][0].clone();
    let wanted = json!({"id": karl, "lead": null, "appointment": karl, "contact": "Karl", "vehicle": "", "title": "Showroom Appointment",
        "type": "visit_inbound", "at": "2026-11-24T08:00:00Z", "until": "2026-11-24T09:00:00Z", "user": "ben.krause",
        "state": "incomplete"});
    assert_eq!(entry, wanted);
    // Each seller sees the own ones, and the calendar of a person has that person's.
    for (who, query, count) in [("ben.krause", day, 1), ("anna.vogt", day, 2), ("clara.henning", day, 0)] {
        assert_eq!(titles(&world, who, query).await.len(), count, "{who}");
    }
    assert_eq!(titles(&world, ADMIN, &format!("{day}&user=anna.vogt")).await.len(), 2);
    // An appointment that moves or is cancelled does so here, too.
    world.post(ADMIN, &format!("/appointments/{karl}/time"), &json!({"at": "2026-11-24T11:00:00Z"})).await;
    world.post(ADMIN, &format!("/appointments/{otto}/cancellation"), &json!({})).await;
    let states = async |query: &str| {
        let events = calendar(&world, ADMIN, query).await.body["events"].clone();
        let line = |event: &Value| format!("{} {}", event["contact"].as_str().unwrap(), event["state"].as_str().unwrap());
        events.as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(states(day).await, ["jana incomplete", "Karl incomplete"]);
    assert_eq!(states(&format!("{day}&deleted=true")).await, ["jana incomplete", "Otto deleted", "Karl incomplete"]);
}

/// CAL-6: the cost of the calendar. docs/costs.md has the same figures.
#[tokio::test]
async fn cal_6_scheduling_an_event_costs_16_write_units_and_a_month_view_4_read_units() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let other = world.lead(&enquiry("other")).await;
    world.system.settle().await;
    plan(&world, other, &call("warm", "2026-11-24T07:00:00Z")).await;
    let before = world.store.spent();
    let event = plan(&world, id, &call("cost", "2026-11-24T08:00:00Z")).await;
    let scheduled = world.store.spent().since(before);
    let path = format!("/leads/{id}/events/{event}");
    let before = world.store.spent();
    world.post(ADMIN, &format!("{path}/completion"), &json!({})).await;
    let completed = world.store.spent().since(before);
    titles(&world, ADMIN, "view=week").await;
    let before = world.store.spent();
    titles(&world, ADMIN, "view=month&date=2026-11-23").await;
    let view = world.store.spent().since(before);
    println!("scheduled: {scheduled:?}\ncompleted: {completed:?}\na month: {view:?}");
    // Lead, entry, event and day: 8 units. The lead's rows in the list and in the work index move: 3. The event's due time and calendar
    // row: 2. The notice to the owner, whom somebody else gives the event: 3.
    assert_eq!((scheduled.calls, scheduled.write_units), (3, 16.0));
    assert_eq!(completed.write_units, 13.0);
    assert_eq!(view.calls, 4, "two months, the appointments, and the leads");
    assert!(view.read_units <= 4.0, "{view:?}");
}
