//! Bookings under an absence, on a closed day, or with a person who has left: listed, notified, and held until somebody decides (APT-9).

use crate::support::appointments::{appointment, made, seen};
use crate::support::letters::{letters, mails_to};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, dealer, enquiry};
use chrono::TimeDelta;
use forecourt_domain::bookings::{BookingWatch, Impediment, Notices, Undecided};
use forecourt_local::demo;
use serde_json::{Value, json};

pub(super) fn of_dealer(path: &str) -> String {
    format!("/dealers/{NORDSTERN}/{path}")
}

/// Makes an appointment of a customer with a user.
pub(super) async fn booked(world: &World, customer: &str, user: &str, at: &str) -> String {
    let mut body = appointment(customer, at);
    body["user"] = json!(user);
    made(world, ADMIN, &body).await
}

pub(super) async fn put(world: &World, who: &str, path: &str, version: u64, body: &Value) -> Reply {
    let reply = world.call(Request::put(who, &of_dealer(path)).json(body).version(version)).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply
}

/// Returns the affected bookings of an answer as `customer why`.
pub(super) fn affected(reply: &Reply) -> Vec<String> {
    let all = reply.body["bookings_affected"].as_array().cloned().unwrap_or_default();
    all.iter().map(|b| format!("{} {}", b["customer"].as_str().unwrap(), b["why"].as_str().unwrap())).collect()
}

/// Returns the findings about bookings as `kind customer`.
pub(super) async fn findings(world: &World) -> Vec<String> {
    let reply = world.get(ADMIN, &of_dealer("settings/findings")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let all = reply.body["findings"].as_array().unwrap().iter().filter(|finding| !finding["booking"].is_null());
    all.map(|f| format!("{} {}", f["kind"].as_str().unwrap(), f["booking"]["customer"].as_str().unwrap())).collect()
}

/// Returns the mails about bookings that were sent so far, as `day time to: subject`.
pub(super) fn notices(world: &World) -> Vec<String> {
    let about = |mail: &&String| mail.contains("Entscheidung") || mail.contains("decision");
    world.mails().iter().filter(about).map(|mail| mail[..5].to_owned() + &mail[14..]).collect()
}

fn subjects(world: &World, customer: &str) -> Vec<String> {
    mails_to(world, customer).into_iter().map(|(_, line)| line).collect()
}

async fn act(world: &World, id: &str, path: &str, body: &Value) -> Reply {
    let reply = world.post(ADMIN, &format!("/appointments/{id}/{path}"), body).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply
}

/// APT-9, DIS-4: a seller's absence lists the bookings below it. The deputy gets one mail for the change, the supervisor one each day from
/// the second open day before, and the customers get nothing until somebody decides: another person, kept, cancelled, another time.
#[tokio::test]
async fn apt_9_bookings_under_an_absence_are_listed_notified_and_held_until_each_is_decided() {
    let world = World::delivering_twice().await;
    world.settings(|s| s.fallback_user = Some("clara.henning".parse().unwrap())).await;
    let jana = booked(&world, "jana", "anna.vogt", "2026-11-25T10:00:00+01:00").await;
    let karl = booked(&world, "karl", "anna.vogt", "2026-11-26T10:00:00+01:00").await;
    let lena = booked(&world, "lena", "anna.vogt", "2026-11-26T11:00:00+01:00").await;
    let mona = booked(&world, "mona", "anna.vogt", "2026-11-26T12:00:00+01:00").await;
    booked(&world, "other", "ben.krause", "2026-11-25T10:00:00+01:00").await;
    booked(&world, "later", "anna.vogt", "2026-12-03T10:00:00+01:00").await;
    let away = json!({"absences": [{"from": "2026-11-25", "until": "2026-11-27", "deputy": "ben.krause"}]});
    let saved = put(&world, "anna.vogt", "users/anna.vogt/absences", 2, &away).await;
    assert_eq!(affected(&saved), ["jana absence", "karl absence", "lena absence", "mona absence"], "{}", saved.body);
    let first = &saved.body["bookings_affected"][0];
    assert_eq!((first["user_name"].as_str(), first["phone"].as_str()), (Some("Anna Vogt"), Some("0171 2345678")), "{first}");
    assert_eq!((first["appointment"].as_str(), saved.body["bookings_affected_count"].as_u64()), (Some(jana.as_str()), Some(4)));
    // The answer can be sent back, and a repeat affects nothing anew.
    let again = put(&world, "anna.vogt", "users/anna.vogt/absences", 3, &saved.body).await;
    assert_eq!((affected(&again), &again.body["version"]), (vec![], &json!(3)));
    let all = ["jana", "karl", "lena", "mona"].map(|name| format!("booking_without_person {name}"));
    assert_eq!(findings(&world).await, all);

    // Monday, the second open day before Wednesday: the deputy is notified of all, the supervisor of the first.
    world.advance_to("2026-11-23T10:00:00Z").await;
    let monday =
        ["11-23 ben.krause: 4 Termine brauchen eine Entscheidung", "11-23 helga.stern: Entscheidung nötig: Showroom-Termin mit jana"];
    let sent = notices(&world);
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent.iter().all(|mail| monday.iter().any(|wanted| mail.starts_with(&wanted[..wanted.find(": ").unwrap()]))), "{sent:?}");
    let mail = world.system.mailbox.mails().into_iter().rfind(|mail| mail.to.starts_with("ben.krause")).unwrap();
    assert!(mail.text.contains("karl, 0171 2345678") && mail.text.contains("Anna Vogt ist dann abwesend"), "{}", mail.text);
    assert!(mail.text.contains(&format!("/desk/appointments/{karl}")), "{}", mail.text);

    // Tuesday: the last open day before Wednesday, the second last before Thursday. The fallback user is also notified of the first.
    world.advance_to("2026-11-24T12:00:00Z").await;
    let tuesday: Vec<String> = notices(&world).split_off(2);
    assert_eq!(tuesday.len(), 2, "{tuesday:?}");
    assert!(tuesday.iter().any(|mail| mail.starts_with("11-24 helga.stern: 4 Termine")), "{tuesday:?}");
    assert!(
        tuesday.iter().any(|mail| mail.starts_with("11-24 clara.henning: Entscheidung nötig:") && mail.contains("jana")),
        "{tuesday:?}"
    );
    let page = seen(&world, &jana).await;
    assert_eq!(
        (page.text("/affected"), letters(&page)),
        ("absence", vec!["confirmation email sent".into(), "reminder email queued".into()])
    );
    assert_eq!(subjects(&world, "jana").len(), 1, "no reminder on its day: {:?}", subjects(&world, "jana"));
    assert_eq!(subjects(&world, "other").len(), 2, "another seller's customer is reminded");

    // One goes to another person, one is kept, one is cancelled, one is moved.
    let version = page.body["version"].as_u64().unwrap();
    let given = Request::patch(ADMIN, &format!("/appointments/{jana}")).json(&json!({"user": "ben.krause"})).version(version);
    assert_eq!(world.call(given).await.status, 200);
    let kept = act(&world, &karl, "keep", &json!({})).await;
    let last = kept.body["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((last["what"].as_str(), last["by"].as_str()), (Some("kept"), Some("user:ingo.brandt")), "{}", kept.body);
    assert_eq!(act(&world, &karl, "keep", &json!({})).await.body["version"], kept.body["version"], "a repeat changes nothing");
    act(&world, &lena, "cancellation", &json!({})).await;
    act(&world, &mona, "time", &json!({"at": "2026-12-01T10:00:00+01:00"})).await;
    assert_eq!(findings(&world).await, Vec::<String>::new());
    world.advance_to("2026-11-26T18:00:00Z").await;
    assert_eq!(notices(&world).len(), 4, "decided: {:?}", notices(&world));
    for (customer, id) in [("jana", &jana), ("karl", &karl)] {
        let page = seen(&world, id).await;
        assert_eq!(page.body["reminded"]["email"], true, "{customer}: {}", page.body);
        assert_eq!(subjects(&world, customer).len(), 2, "{:?}", subjects(&world, customer));
    }
    assert_eq!(subjects(&world, "lena").len(), 2, "confirmation and cancellation: {:?}", subjects(&world, "lena"));
    assert_eq!(subjects(&world, "mona").len(), 2, "confirmation and move: {:?}", subjects(&world, "mona"));
    let moved = world.post(ADMIN, &format!("/appointments/{karl}/keep"), &json!({})).await;
    assert_eq!((moved.status, moved.text("/rule")), (409, "APT-9"), "a past appointment: {}", moved.body);
}

/// APT-9: an absence that is removed frees its bookings without a decision. A later absence needs one of its own.
#[tokio::test]
async fn apt_9_a_booking_is_free_again_if_the_absence_is_removed() {
    let world = World::new().await;
    let jana = booked(&world, "jana", "anna.vogt", "2026-11-26T10:00:00+01:00").await;
    let away = json!({"absences": [{"user": "anna.vogt", "from": "2026-11-26", "until": "2026-11-26"}]});
    let saved = put(&world, ADMIN, "absences", 1, &away).await;
    assert_eq!(affected(&saved), ["jana absence"]);
    world.advance_to("2026-11-25T10:00:00Z").await;
    assert_eq!(subjects(&world, "jana").len(), 1, "{:?}", subjects(&world, "jana"));
    let removed = put(&world, ADMIN, "absences", 2, &json!({"absences": []})).await;
    assert_eq!((affected(&removed), findings(&world).await), (vec![], vec![]));
    let before = notices(&world).len();
    world.advance_to("2026-11-26T08:00:00Z").await;
    assert_eq!(seen(&world, &jana).await.body["reminded"]["email"], true);
    assert_eq!(notices(&world).len(), before, "{:?}", notices(&world));
}

/// APT-9, SET-2: days off of a file and special hours list the bookings on them. The person of the booking is notified. A booking at a time
/// that was closed already when it was made takes place.
#[tokio::test]
async fn apt_9_bookings_on_an_imported_day_off_or_outside_new_hours_need_a_decision() {
    let world = World::new().await;
    let evening = booked(&world, "evening", "anna.vogt", "2026-11-26T20:00:00+01:00").await;
    let jana = booked(&world, "jana", "anna.vogt", "2026-11-27T10:00:00+01:00").await;
    booked(&world, "karl", "anna.vogt", "2026-11-28T12:00:00+01:00").await;
    let file = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261101T000000Z\r\nDTSTART;VALUE=DATE:20261127\r\nDTEND;VALUE=DATE:20261128\r\nSUMMARY:Umzug\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let import = Request::post(ADMIN, &of_dealer("holidays/import")).headers(&[("content-type", "text/calendar")]);
    let imported = world.call(import.body(file.as_bytes()).version(1)).await;
    assert_eq!((imported.status, affected(&imported)), (200, vec!["jana day_off".to_owned()]), "{}", imported.body);
    let short = json!({"special_hours": {"2026-11-28": [["09:00", "11:00"]]}});
    assert_eq!(affected(&put(&world, ADMIN, "holidays", 2, &short).await), ["karl closed"]);
    assert_eq!(findings(&world).await, ["booking_while_closed jana", "booking_while_closed karl"]);
    let details = world.get(ADMIN, &of_dealer("settings/findings")).await;
    assert!(details.body.to_string().contains("with jana (0171 2345678) on 2026-11-27 10:00: this date is a day off"), "{}", details.body);
    world.advance_to("2026-11-26T19:30:00Z").await;
    assert_eq!(seen(&world, &evening).await.body["reminded"]["email"], true, "made in the evening on purpose");
    assert_eq!(subjects(&world, "jana").len(), 1, "held: {:?}", subjects(&world, "jana"));
    assert!(notices(&world)[0].starts_with("11-23 anna.vogt: 2 Termine"), "{:?}", notices(&world));
    act(&world, &jana, "keep", &json!({})).await;
    world.advance_to("2026-11-27T08:30:00Z").await;
    assert_eq!(seen(&world, &jana).await.body["reminded"]["email"], true);
    // A shorter week affects what was booked before it.
    booked(&world, "lena", "anna.vogt", "2026-12-02T17:00:00+01:00").await;
    let mut hours = world.get(ADMIN, &of_dealer("opening-hours")).await.body["settings"].take();
    hours["hours"]["wed"] = json!([["08:00", "12:30"]]);
    assert_eq!(affected(&put(&world, ADMIN, "opening-hours", 3, &hours).await), ["lena closed"]);
}

/// APT-9, SET-7: the bookings of a member who is removed are listed, and go to somebody else (DIS-12).
#[tokio::test]
async fn apt_9_the_bookings_of_a_removed_member_are_listed_and_handed_over() {
    let world = World::new().await;
    booked(&world, "jana", "anna.vogt", "2026-11-27T10:00:00+01:00").await;
    let removed = world.call(Request::delete(ADMIN, &of_dealer("users/anna.vogt")).version(1)).await;
    assert_eq!((removed.status, affected(&removed)), (200, vec!["jana leaver".to_owned()]), "{}", removed.body);
    assert_eq!(findings(&world).await, ["booking_without_person jana"]);
    // The booking is handed over with the other work of the former member, so nobody has to decide about it.
    world.advance_to("2026-11-23T10:00:00Z").await;
    assert_eq!((findings(&world).await, notices(&world)), (Vec::<String>::new(), Vec::new()));
}

/// APT-9, CAL-4: a planned event of a lead is a booking, too. The deputy keeps it before the absence begins, and the timeline names the
/// author. The absent user cannot keep it.
#[tokio::test]
async fn apt_9_a_planned_event_of_a_lead_is_kept_by_the_deputy_and_the_timeline_shows_it() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let owner = world.page(lead).await.lead.owner.unwrap().to_string();
    let events = format!("/leads/{lead}/events");
    let call = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-26T10:00:00+01:00"});
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-26T11:00:00+01:00"});
    let mut ids = Vec::new();
    for body in [&call, &drive] {
        let made = world.post(&owner, &events, body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        ids.push(made.text("/id").to_owned());
    }
    let away = json!({"absences": [{"from": "2026-11-26", "until": "2026-11-26", "deputy": "greta.sommer"}]});
    let saved = put(&world, &owner, &format!("users/{owner}/absences"), 1, &away).await;
    let titles: Vec<&str> = saved.body["bookings_affected"].as_array().unwrap().iter().map(|b| b["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Call", "Drive"], "{}", saved.body);
    for id in &ids {
        let own = world.post(&owner, &format!("{events}/{id}/keep"), &json!({})).await;
        assert_eq!((own.status, own.text("/rule")), (409, "APT-9"), "{}", own.body);
        for path in [format!("/leads/{lead}"), format!("{events}/{id}")] {
            assert_eq!(world.get("greta.sommer", &path).await.status, 200, "{path}");
        }
        let other = world.post("greta.sommer", &format!("/leads/{lead}/reactions"), &json!({"kind": "reply"})).await;
        assert_eq!(other.status, 404, "the deputy decides, and works on the lead from the absence on: {}", other.body);
        let kept = world.post("greta.sommer", &format!("{events}/{id}/keep"), &json!({})).await;
        assert_eq!((kept.status, kept.text("/state")), (200, "incomplete"), "{}", kept.body);
    }
    assert_eq!(findings(&world).await, Vec::<String>::new());
    let timeline = world.get(&owner, &format!("/leads/{lead}/timeline")).await;
    assert_eq!(timeline.body.to_string().matches("event_kept").count(), 2, "{}", timeline.body);
    // The customer of the test drive is reminded as planned.
    world.advance_to("2026-11-26T09:00:00Z").await;
    assert!(subjects(&world, "jana").iter().any(|mail| mail.starts_with("11-25")), "{:?}", subjects(&world, "jana"));
    // Another seller does not learn of the lead.
    let refused = world.post("felix.lang", &format!("{events}/{}/keep", ids[0]), &json!({})).await;
    assert_eq!(refused.status, if owner == "felix.lang" { 200 } else { 404 }, "{}", refused.body);
}

/// APT-9, ACC-1: a user who may change settings and may not read appointments or leads gets only the number of bookings.
#[tokio::test]
async fn apt_9_a_user_who_may_not_read_bookings_gets_only_their_number() {
    let world = World::new().await;
    booked(&world, "jana", "anna.vogt", "2026-11-27T10:00:00+01:00").await;
    let away = json!({"absences": [{"user": "anna.vogt", "from": "2026-11-27", "until": "2026-11-27"}]});
    let saved = put(&world, "otto.operator", "absences", 1, &away).await;
    assert_eq!((affected(&saved), &saved.body["bookings_affected_count"]), (vec![], &json!(1)), "{}", saved.body);
    assert!(!saved.body.to_string().contains("jana"), "{}", saved.body);
    let findings = world.get("otto.operator", &of_dealer("settings/findings")).await;
    assert!(!findings.body.to_string().contains("jana"), "{}", findings.body);
    assert_eq!(world.post("ben.krause", "/appointments/none/keep", &json!({})).await.status, 404);
}

/// APT-9, ESC-6: a notice waits for the opening, unless the booking begins before staff could read it.
#[tokio::test]
async fn apt_9_a_notice_waits_for_the_opening_unless_the_booking_begins_first() {
    for (at, day, first) in [("2026-12-01T10:00:00+01:00", "2026-12-01", "11-30"), ("2026-11-30T08:00:00+01:00", "2026-11-30", "11-28")] {
        // Saturday evening.
        let world = World::at("2026-11-28T19:00:00Z").await;
        booked(&world, "jana", "anna.vogt", at).await;
        let away = json!({"absences": [{"user": "anna.vogt", "from": day, "until": day}]});
        assert_eq!(affected(&put(&world, ADMIN, "absences", 1, &away).await), ["jana absence"]);
        world.advance_to("2026-11-29T18:00:00Z").await;
        assert_eq!(notices(&world).len(), usize::from(first == "11-28"), "{at}: {:?}", notices(&world));
        world.advance_to("2026-11-30T07:30:00Z").await;
        assert!(notices(&world)[0].starts_with(&format!("{first} helga.stern:")), "{at}: {:?}", notices(&world));
    }
}

/// APT-9: a booking that is made under an absence is in the findings at once, and its held reminder starts the notices.
#[tokio::test]
async fn apt_9_a_booking_made_under_an_absence_starts_the_notices_with_its_reminder() {
    let world = World::new().await;
    let away = json!({"absences": [{"user": "anna.vogt", "from": "2026-11-27", "until": "2026-11-27"}]});
    put(&world, ADMIN, "absences", 1, &away).await;
    world.advance_to("2026-11-23T09:30:00Z").await;
    booked(&world, "jana", "anna.vogt", "2026-11-27T10:00:00+01:00").await;
    assert_eq!(findings(&world).await, ["booking_without_person jana"]);
    world.advance_to("2026-11-26T10:00:00Z").await;
    assert_eq!(subjects(&world, "jana").len(), 1, "the confirmation: {:?}", subjects(&world, "jana"));
    assert!(notices(&world)[0].starts_with("11-26 helga.stern:"), "{:?}", notices(&world));
}

/// APT-9, ACC-1: the deputy of a coming absence reads the booking, moves, cancels or keeps it. Another seller does not see it.
#[tokio::test]
async fn apt_9_the_deputy_of_a_coming_absence_decides_about_its_bookings() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for (customer, hour) in [("jana", "10"), ("karl", "11"), ("lena", "12"), ("mona", "13")] {
        ids.push(booked(&world, customer, "anna.vogt", &format!("2026-12-03T{hour}:00:00+01:00")).await);
    }
    let read = async |who: &str, id: &str| world.get(who, &format!("/appointments/{id}")).await.status;
    assert_eq!(read("ben.krause", &ids[0]).await, 404);
    let away = json!({"absences": [{"from": "2026-12-01", "until": "2026-12-04", "deputy": "ben.krause"}]});
    assert_eq!(affected(&put(&world, "anna.vogt", "users/anna.vogt/absences", 1, &away).await).len(), 4);
    assert_eq!((read("ben.krause", &ids[0]).await, read("greta.sommer", &ids[0]).await), (200, 404));
    let own = world.post("anna.vogt", &format!("/appointments/{}/keep", ids[0]), &json!({})).await;
    assert_eq!((own.status, own.text("/rule")), (409, "APT-9"), "{}", own.body);
    assert_eq!(world.post("greta.sommer", &format!("/appointments/{}/keep", ids[0]), &json!({})).await.status, 404);
    for (id, path, body) in
        [(&ids[0], "keep", json!({})), (&ids[1], "cancellation", json!({})), (&ids[2], "time", json!({"at": "2026-12-08T10:00:00+01:00"}))]
    {
        let done = world.post("ben.krause", &format!("/appointments/{id}/{path}"), &body).await;
        assert_eq!(done.status, 200, "{path}: {}", done.body);
    }
    let version = seen(&world, &ids[3]).await.body["version"].as_u64().unwrap();
    let given = Request::patch("ben.krause", &format!("/appointments/{}", ids[3])).json(&json!({"user": "ben.krause"}));
    let given = world.call(given.version(version)).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert_eq!(findings(&world).await, Vec::<String>::new());
    // Who kept the booking still reads it.
    assert_eq!(read("ben.krause", &ids[0]).await, 200);
}

/// APT-9, DIS-13: other hours of a user and the end of memberships list the bookings, and the notices start.
#[tokio::test]
async fn apt_9_other_hours_of_a_user_and_the_end_of_a_membership_list_the_bookings() {
    let world = World::new().await;
    let jana = booked(&world, "jana", "anna.vogt", "2026-11-26T10:00:00+01:00").await;
    let hours = json!({"hours": {"mon": [["08:00", "18:00"]], "tue": [["08:00", "18:00"]]}});
    let saved = put(&world, "anna.vogt", "users/anna.vogt/availability", 1, &hours).await;
    assert_eq!(affected(&saved), ["jana absence"], "{}", saved.body);
    let again = put(&world, "anna.vogt", "users/anna.vogt/availability", 2, &saved.body).await;
    assert_eq!((affected(&again), &again.body["version"]), (vec![], &json!(2)));
    world.advance_to("2026-11-23T10:00:00Z").await;
    assert!(notices(&world)[0].starts_with("11-23 helga.stern:"), "{:?}", notices(&world));
    // Hours are no absence: the user may come for this customer.
    let kept = act_as(&world, "anna.vogt", &jana, "keep").await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    let karl = booked(&world, "karl", "ben.krause", "2026-11-26T10:00:00+01:00").await;
    for query in ["?hand_over=distribution&dry_run=true", "?hand_over=distribution"] {
        let path = format!("/users/ben.krause{query}");
        let gone = world.call(Request::delete("gina.group", &path).json(&json!({})).version(1)).await;
        assert_eq!((gone.status, affected(&gone)), (200, vec!["karl leaver".to_owned()]), "{query}: {}", gone.body);
        let first = &gone.body["bookings_affected"][0];
        assert_eq!((first["dealer"].as_str(), first["appointment"].as_str()), (Some(NORDSTERN), Some(karl.as_str())), "{first}");
    }
}

async fn act_as(world: &World, who: &str, id: &str, path: &str) -> Reply {
    world.post(who, &format!("/appointments/{id}/{path}"), &json!({})).await
}

/// APT-9, DIS-12: bookings of a user who left wait for the hand-over, but not those of the next two hours.
#[test]
fn apt_9_a_booking_that_begins_soon_does_not_wait_for_a_hand_over() {
    let settings = demo::group().unwrap().dealers.remove(0).settings;
    let now = at("2026-11-23T16:45:00Z");
    let watch = BookingWatch::started_with_hand_over(None, &dealer(NORDSTERN), now);
    assert_eq!(watch.due, Some(at("2026-11-23T16:46:00Z")));
    let booking = |time: &str| Undecided {
        id: time.to_owned(),
        user: Some("gone".parse().unwrap()),
        at: at(time),
        until: at(time) + TimeDelta::hours(1),
        why: Impediment::Leaver,
    };
    let undecided = [booking("2026-11-23T18:00:00Z"), booking("2026-11-24T08:00:00Z")];
    let Notices::Now(notices) = watch.notices(&settings, &undecided, at("2026-11-23T16:46:00Z")) else { panic!("the dealer is open") };
    let places: Vec<usize> = notices.values().flatten().copied().collect();
    assert!(!places.is_empty() && places.iter().all(|place| *place == 0), "{notices:?}");
    let reached: Vec<_> = notices.into_iter().collect();
    let after = watch.after(&settings, &undecided, &reached, false, at("2026-11-23T16:46:00Z"));
    assert_eq!((after.due, after.hands_over_until), (Some(at("2026-11-23T17:15:00Z")), Some(at("2026-11-23T17:15:00Z"))));
    let Notices::At(opening) = after.notices(&settings, &undecided, at("2026-11-23T17:15:00Z")) else { panic!("it is closed") };
    assert!(opening < undecided[1].at, "{opening}");
}
