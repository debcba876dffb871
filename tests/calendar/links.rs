//! Links that show events in other calendars (CAL-6), and the revocation of an invitation (CAL-8).

use crate::calendar::views::{call, plan, titles};
use crate::support::appointments::made;
use crate::support::world::{ADMIN, CONSOLE_URL, NORDSTERN, Reply, Request, World, enquiry, gateway_event};
use aws_lambda_events::encodings::Body;
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn feed(world: &World, who: &str, body: &Value) -> String {
    let made = world.post(who, "/calendar-feeds", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("/link").strip_prefix("https://desk.example").unwrap().to_owned()
}

/// Fetches a feed as a calendar program does.
async fn fetch(world: &World, path: &str, tag: &str) -> (i64, HeaderMap, String) {
    let request = Request::get("", path).headers(&[("accept", "text/calendar"), ("if-none-match", tag)]);
    let event = gateway_event(&world.tokens, request).unwrap();
    let answer = world.system.http(event).await;
    let Some(Body::Text(text)) = answer.body else { panic!("no body") };
    (answer.status_code, answer.headers, text)
}

fn entries(text: &str) -> Vec<icalendar::Event> {
    let calendar: icalendar::Calendar = text.parse().unwrap();
    calendar.components.iter().filter_map(|component| component.as_event().cloned()).collect()
}

fn property(event: &icalendar::Event, name: &str) -> String {
    icalendar::Component::property_value(event, name).unwrap_or_default().to_owned()
}

/// CAL-6: a feed is unchanged until an event changes, and then contains the change.
#[tokio::test]
async fn cal_6_a_feed_is_unchanged_until_an_event_changes_and_then_contains_the_change() {
    let world = World::new().await;
    let body = json!({"type": "used_car", "source": "website", "vehicle": {"make": "Opel", "model": "Corsa"},
        "contact": {"last_name": "Petersen, Jana; \\ \"J\"", "phone": "0171 2345678", "email": "jana@example.com"}});
    let id = world.lead(&body).await;
    plan(&world, id, &call("Call, first; now", "2026-11-25T09:00:00Z")).await;
    let drive = plan(&world, id, &json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-12-10T09:00:00Z"})).await;
    plan(&world, id, &call("too far ahead", "2027-05-23T00:00:00Z")).await;
    plan(&world, id, &call("too long ago", "2026-10-23T00:00:00Z")).await;
    plan(&world, id, &call("long ago", "2026-10-25T00:30:00Z")).await;
    let link = feed(&world, "anna.vogt", &json!({})).await;
    let (status, headers, text) = fetch(&world, &link, "").await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/calendar; charset=utf-8"), "{text}");
    let shown = entries(&text);
    let summaries: Vec<String> = shown.iter().map(|event| property(event, "SUMMARY")).collect();
    let name = "Petersen, Jana; \\ \"J\"";
    assert_eq!(summaries, ["long ago", "Call, first; now", "Drive"].map(|title| format!("{title} · {name}")));
    let about = property(&shown[1], "DESCRIPTION");
    assert!(
        about.contains("Opel Corsa") && about.contains(&id.spoken()) && about.ends_with(&format!("{CONSOLE_URL}/desk/leads/{id}")),
        "{about}"
    );
    assert!(!text.contains("2345678") && !text.contains("jana@"), "no more of the contact than a name: {text}");
    assert!(text.contains("DTSTART;TZID=Europe/Berlin:20261125T100000\r\n"), "{text}");
    // On that night 02:30 occurs twice in local time: the first is written in local time, the second in UTC.
    assert!(text.contains("DTSTART;TZID=Europe/Berlin:20261025T023000\r\n") && text.contains("DTEND:20261025T013000Z\r\n"), "{text}");
    let zone = &text[text.find("BEGIN:VTIMEZONE").unwrap()..text.find("END:VTIMEZONE").unwrap()];
    assert!(!zone.contains("UID") && !zone.contains("DTSTAMP") && text.matches("BEGIN:VTIMEZONE").count() == 1, "{zone}");
    assert!(text.lines().all(|line| line.len() <= 76) && text.matches("\r\n").count() == text.lines().count(), "{text}");
    let uids: BTreeSet<String> = shown.iter().map(|event| property(event, "UID")).collect();
    assert_eq!(uids.len(), 3);

    // Later on the same day the feed is unchanged, so no body is sent.
    let tag = headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(headers["cache-control"], "private, no-cache");
    world.advance_to("2026-11-23T15:00:00Z").await;
    assert_eq!(fetch(&world, &link, "").await.2, text);
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".into()] {
        let (status, headers, body) = fetch(&world, &link, &known).await;
        assert_eq!((status, body.as_str(), headers["etag"].to_str().unwrap()), (304, "", tag.as_str()));
    }
    // A moved or cancelled event is the same entry with a higher sequence number.
    let path = format!("/leads/{id}/events/{drive}");
    world.post(ADMIN, &format!("{path}/time"), &json!({"at": "2027-03-28T08:00:00Z"})).await;
    let (status, headers, text) = fetch(&world, &link, &tag).await;
    let moved = entries(&text).into_iter().find(|event| property(event, "SUMMARY").starts_with("Drive")).unwrap();
    assert_eq!((status, property(&moved, "SEQUENCE").as_str(), property(&moved, "DTSTAMP").as_str()), (200, "1", "20261123T150000Z"));
    assert!(text.contains("DTSTART:20270328T020000\r\n"), "the zone says when clocks change in 2027: {text}");
    assert_ne!(headers["etag"].to_str().unwrap(), tag);
    world.call(Request::delete(ADMIN, &path)).await;
    let off = entries(&fetch(&world, &link, "").await.2).into_iter().find(|event| property(event, "SUMMARY").starts_with("Drive")).unwrap();
    assert_eq!((property(&off, "SEQUENCE").as_str(), property(&off, "STATUS").as_str()), ("2", "CANCELLED"));
    assert_eq!(property(&off, "UID"), property(&moved, "UID"));
}

/// CAL-6, ACC-1: a feed has appointments without a lead, too: those of its person, with the customer's name and no more. A move and a
/// cancellation change the same entry.
#[tokio::test]
async fn cal_6_a_feed_has_appointments_without_a_lead() {
    let world = World::new().await;
    let visit = |name: &str, user: &str| {
        let customer = json!({"name": name, "phone": "0171 2345678", "email": "karl@example.com"});
        json!({"customer": customer, "kind": "showroom", "at": "2026-11-25T09:00:00Z", "user": user})
    };
    let karl = made(&world, ADMIN, &visit("Karl", "ben.krause")).await;
    made(&world, ADMIN, &visit("Otto", "anna.vogt")).await;
    let link = feed(&world, "ben.krause", &json!({})).await;
    let shown = async || {
        let (status, _, text) = fetch(&world, &link, "").await;
        assert_eq!(status, 200, "{text}");
        assert!(!text.contains("2345678") && !text.contains("karl@"), "no more of the customer than a name: {text}");
        let mut entries = entries(&text);
        assert_eq!(entries.len(), 1, "{text}");
        entries.remove(0)
    };
    let first = shown().await;
    assert_eq!(property(&first, "SUMMARY"), "Showroom Appointment · Karl");
    assert_eq!(property(&first, "DESCRIPTION"), format!("{CONSOLE_URL}/desk/appointments/{karl}"));
    world.advance_to("2026-11-23T15:00:00Z").await;
    world.post(ADMIN, &format!("/appointments/{karl}/time"), &json!({"at": "2026-11-25T11:00:00Z"})).await;
    let moved = shown().await;
    assert_eq!((property(&moved, "UID"), property(&moved, "SEQUENCE")), (property(&first, "UID"), "1".to_owned()));
    assert!(property(&moved, "DTSTART").ends_with("20261125T120000"), "{moved:?}");
    world.post(ADMIN, &format!("/appointments/{karl}/cancellation"), &json!({})).await;
    let off = shown().await;
    assert_eq!((property(&off, "UID"), property(&off, "STATUS")), (property(&first, "UID"), "CANCELLED".to_owned()));
}

/// CAL-6: a feed shows only events that its user can access at that time.
#[tokio::test]
async fn cal_6_a_feed_contains_only_events_that_its_user_can_access_now() {
    let world = World::new().await;
    let (anna, ben) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await);
    plan(&world, anna, &call("of anna", "2026-11-24T08:00:00Z")).await;
    plan(&world, ben, &call("of ben", "2026-11-24T09:00:00Z")).await;
    let shown = async |link: &str| -> Vec<String> {
        let (status, _, text) = fetch(&world, link, "").await;
        assert_eq!(status, 200, "{text}");
        entries(&text).iter().map(|event| property(event, "SUMMARY")).collect()
    };
    let dealers = feed(&world, ADMIN, &json!({"dealer": NORDSTERN})).await;
    let of_ben = feed(&world, ADMIN, &json!({"user": "ben.krause"})).await;
    let annas = feed(&world, "anna.vogt", &json!({"dealer": NORDSTERN})).await;
    assert_eq!(shown(&dealers).await, ["of anna · a", "of ben · b"]);
    assert_eq!(shown(&of_ben).await, ["of ben · b"]);
    assert_eq!(shown(&annas).await, ["of anna · a"]);
    world.post(ADMIN, &format!("/leads/{anna}/assignment"), &json!({"user": "ben.krause"})).await;
    assert_eq!(shown(&annas).await, Vec::<String>::new());
    assert_eq!(shown(&of_ben).await, ["of anna · a", "of ben · b"]);
    for (who, body, fault) in [
        ("anna.vogt", json!({"user": "ben.krause"}), "user CAL-6"),
        ("anna.vogt", json!({"dealer": NORDSTERN, "user": "ben.krause"}), "user CAL-6"),
        (ADMIN, json!({"user": "nobody.here"}), "user CAL-6"),
        (ADMIN, json!({"dealer": "harbour-cars-demo"}), "dealer CAL-6"),
        (ADMIN, json!({"dealer": "No Dealer"}), "dealer CAL-6"),
    ] {
        assert_eq!(world.post(who, "/calendar-feeds", &body).await.faults(), [fault], "{body}");
    }
    for (who, status) in [("chris.center", 403), ("partner:portal-demo", 403), ("", 401)] {
        assert_eq!(world.post(who, "/calendar-feeds", &json!({})).await.status, status, "{who}");
    }
    // When the user loses access to the dealer, the dealer's link stops working. When the user is deleted, the user's own link stops too.
    let ida = json!({"name": "Ida Falk", "email": "ida@example.com", "language": "de", "role": "dealer_admin", "dealers": [NORDSTERN]});
    world.call(Request::put("gina.group", "/users/ida.falk").json(&ida)).await;
    let (hers, all) = (feed(&world, "ida.falk", &json!({})).await, feed(&world, "ida.falk", &json!({"dealer": NORDSTERN})).await);
    assert_eq!((shown(&hers).await.len(), shown(&all).await.len()), (0, 2));
    let mut elsewhere = ida;
    elsewhere["dealers"] = json!([]);
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&elsewhere).version(1)).await.status, 200);
    assert_eq!((fetch(&world, &hers, "").await.0, fetch(&world, &all, "").await.0), (200, 404));
    assert_eq!(world.call(Request::delete("gina.group", "/users/ida.falk").json(&json!({})).version(2)).await.status, 200);
    assert_eq!(fetch(&world, &hers, "").await.0, 404);
    // The links stay dead when the user returns to the group.
    elsewhere["dealers"] = json!([NORDSTERN]);
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&elsewhere).version(3)).await.status, 200);
    assert_eq!((fetch(&world, &hers, "").await.0, fetch(&world, &all, "").await.0), (404, 404));
    assert_eq!(world.get("ida.falk", "/calendar-feeds").await.body["feeds"], json!([]));
    // So does a link that shows another user's calendar, when that user leaves.
    let of_ben = feed(&world, ADMIN, &json!({"user": "ben.krause"})).await;
    let of_ben_here = feed(&world, ADMIN, &json!({"dealer": NORDSTERN, "user": "ben.krause"})).await;
    assert_eq!((fetch(&world, &of_ben, "").await.0, fetch(&world, &of_ben_here, "").await.0), (200, 200));
    world.settings(|s| s.members.retain(|member| member.user.as_str() != "ben.krause")).await;
    assert_eq!(world.call(Request::delete("gina.group", "/users/ben.krause").json(&json!({})).version(1)).await.status, 200);
    assert_eq!((fetch(&world, &of_ben, "").await.0, fetch(&world, &of_ben_here, "").await.0), (404, 404));
}

/// CAL-6, ACC-1: a user with another subject may be another person, so that the calendar links of the previous person end.
#[tokio::test]
async fn cal_6_a_feed_ends_when_its_user_gets_another_subject() {
    let world = World::new().await;
    let ida = |name: &str, subject: Value| {
        let mut user = json!({"name": name, "email": "ida@example.com", "language": "de", "role": "seller", "dealers": [NORDSTERN]});
        user["subject"] = subject;
        user
    };
    let save = async |body: Value, version: u64| {
        let saved = world.call(Request::put("gina.group", "/users/ida.falk").json(&body).version(version)).await;
        assert_eq!(saved.status, 200, "{}", saved.body);
    };
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&ida("Ida Falk", Value::Null))).await.status, 201);
    // Tokens name the user by the id, by a subject, by another one, and by the id again.
    let (one, two) = (json!("auth0|1"), json!("auth0|2"));
    for (version, who, before, after) in
        [(1, "ida.falk", &Value::Null, &one), (3, "auth0|1", &one, &two), (5, "auth0|2", &two, &Value::Null)]
    {
        let link = feed(&world, who, &json!({})).await;
        save(ida(&format!("Ida {version}"), before.clone()), version).await;
        assert_eq!(fetch(&world, &link, "").await.0, 200, "the same person with another name");
        save(ida(&format!("Ida {version}"), after.clone()), version + 1).await;
        assert_eq!(fetch(&world, &link, "").await.0, 404, "{before} became {after}");
    }
    assert_eq!(world.get("ida.falk", "/calendar-feeds").await.body["feeds"], json!([]));
}

/// CAL-6: an altered, foreign or revoked link gets the same 404 response.
#[tokio::test]
async fn cal_6_an_altered_foreign_or_revoked_feed_link_gets_the_same_404_response() {
    let world = World::new().await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let made = async |body: &Value| {
        world.call(Request::post("anna.vogt", "/calendar-feeds").headers(&headers).body(body.to_string().as_bytes())).await
    };
    let (one, two) = (made(&json!({})).await, made(&json!({})).await);
    assert_eq!((one.status, two.status, one.text("/link")), (201, 201, two.text("/link")));
    assert_eq!(made(&json!({"dealer": NORDSTERN})).await.status, 422, "the key named another request");
    let (id, link) = (one.text("/id").to_owned(), one.text("/link").strip_prefix("https://desk.example").unwrap().to_owned());
    let listed = world.get("anna.vogt", "/calendar-feeds").await;
    assert_eq!((listed.body["feeds"].as_array().unwrap().len(), listed.text("/feeds/0/link")), (1, one.text("/link")));
    assert_eq!(world.get("ben.krause", "/calendar-feeds").await.body["feeds"], json!([]));
    let gone = async |link: &str| {
        let (status, _, body) = fetch(&world, link, "").await;
        assert!(status == 404 && body.contains("this link is invalid or has expired"), "{status} {body}");
    };
    let token = link.strip_prefix("/c/").unwrap().strip_suffix("/calendar.ics").unwrap();
    for at in (0..token.len()).step_by(5) {
        let mut spoilt = token.to_owned().into_bytes();
        spoilt[at] = if spoilt[at] == b'A' { b'B' } else { b'A' };
        gone(&format!("/c/{}/calendar.ics", String::from_utf8(spoilt).unwrap())).await;
    }
    // Tokens with our signature but for another purpose, another group, another user, another time, or incomplete.
    let created = world.system.clock.now().timestamp_millis();
    let own = world.store.secret();
    for (purpose, text) in [
        ("invitation", format!("demo-group/anna.vogt/{id}/{created}")),
        ("calendar", format!("rival-group/anna.vogt/{id}/{created}")),
        ("calendar", format!("demo-group/ben.krause/{id}/{created}")),
        ("calendar", format!("demo-group/anna.vogt/{id}/{}", created + 1)),
        ("calendar", format!("demo-group/anna.vogt/{id}")),
    ] {
        gone(&format!("/c/{}/calendar.ics", own.sign(purpose, &text))).await;
    }
    assert_eq!(world.get("", &format!("/i/{token}")).await.status, 404, "it is no invitation");
    let delete = async |who: &str| world.call(Request::delete(who, &format!("/calendar-feeds/{id}"))).await;
    assert_eq!(delete("ben.krause").await.status, 404);
    assert_eq!(fetch(&world, &link, "").await.0, 200);
    let left = delete("anna.vogt").await;
    assert_eq!((left.status, &left.body["feeds"], delete("anna.vogt").await.status), (200, &json!([]), 404));
    gone(&link).await;
    // The request that created the link is repeated: it creates a new link, and the old link stays invalid.
    world.advance_to("2026-11-23T09:00:01Z").await;
    let again = made(&json!({})).await;
    assert_eq!((again.status, again.text("/id")), (201, id.as_str()));
    assert_ne!(again.text("/link"), one.text("/link"));
    gone(&link).await;
    for _ in 1..20 {
        feed(&world, "anna.vogt", &json!({})).await;
    }
    assert_eq!(world.post("anna.vogt", "/calendar-feeds", &json!({})).await.status, 409);
}

/// CAL-8: the creator of an invitation sees its state and can revoke it. A booking made by it is kept.
#[tokio::test]
async fn cal_8_an_invitation_can_be_listed_and_revoked() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/invitations");
    let invite = async |days: u32| world.post(ADMIN, &path, &json!({"type": "booked_test_drive", "expires_in_days": days})).await;
    let (short, open) = (invite(1).await, invite(14).await);
    world.advance_to("2026-11-23T09:00:01Z").await;
    let taken = invite(14).await;
    let link = |reply: &Reply| reply.text("/link").strip_prefix("https://desk.example").unwrap().to_owned();
    assert_eq!(world.post("", &format!("{}/booking", link(&taken)), &json!({"from": "2026-11-25T09:00:00Z"})).await.status, 201);
    world.advance_to("2026-11-24T10:00:00Z").await;
    let standing = async |of: &Reply| {
        let listed = world.get("anna.vogt", &path).await;
        assert_eq!(listed.status, 200, "{}", listed.body);
        let all = listed.body["invitations"].as_array().unwrap().clone();
        let one = all.iter().find(|one| one["id"] == of.body["id"]).unwrap().clone();
        assert_eq!(all.len(), 3);
        (one["standing"].as_str().unwrap().to_owned(), one["link"].as_str().map(str::to_owned))
    };
    assert_eq!(world.get(ADMIN, &path).await.text("/invitations/0/id"), taken.text("/id"), "the newest first");
    assert_eq!(standing(&short).await, ("expired".into(), None));
    assert_eq!(standing(&open).await, ("open".into(), Some(open.text("/link").to_owned())));
    assert_eq!(standing(&taken).await, ("booked".into(), Some(taken.text("/link").to_owned())));
    let revoke = async |who: &str, of: &Reply| world.call(Request::delete(who, &format!("{path}/{}", of.text("/id")))).await;
    for (who, status) in [("ben.krause", 404), ("hugo.office", 403), ("", 401)] {
        assert_eq!(revoke(who, &taken).await.status, status, "{who}");
    }
    for _ in 0..2 {
        let revoked = revoke("anna.vogt", &taken).await;
        assert_eq!((revoked.status, revoked.text("/standing"), &revoked.body["link"]), (200, "revoked", &Value::Null), "{}", revoked.body);
    }
    assert_eq!(standing(&taken).await, ("revoked".into(), None));
    let gone = |reply: Reply| (reply.status, reply.text("/detail").to_owned());
    let expired = gone(world.get("", &link(&short)).await);
    assert_eq!(expired.0, 404);
    assert_eq!(gone(world.get("", &link(&taken)).await), expired);
    assert_eq!(gone(world.post("", &format!("{}/booking", link(&taken)), &json!({"from": "2026-11-26T09:00:00Z"})).await), expired);
    assert_eq!(gone(world.call(Request::delete("", &format!("{}/booking", link(&taken)))).await), expired);
    assert_eq!(titles(&world, ADMIN, "view=day&date=2026-11-25").await, ["Booked Test Drive"]);
    let timeline = world.get(ADMIN, &format!("/leads/{id}")).await;
    let timeline_text = timeline.body["timeline"].to_string();
    assert_eq!(timeline_text.matches("invitation_revoked").count(), 1, "{timeline_text}");
    let unknown = world.call(Request::delete(ADMIN, &format!("{path}/none"))).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(world.get("ben.krause", &path).await.status, 404);
    assert_eq!(world.get(ADMIN, &format!("{path}?before=x")).await.faults(), ["before API-1"]);
}
