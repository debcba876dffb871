//! The elements of a lead: trade-ins, quotes, test drives, comments (LEAD-1, LEAD-2, LEAD-9).

use crate::support::invitations::{book, cancel, invited};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::{LeadId, UserId};
use forecourt_domain::elements::ElementKind;
use proptest::prelude::*;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

pub(crate) async fn patch(world: &World, who: &str, path: &str, body: &Value, version: Option<u64>) -> Reply {
    let seen = version.map(|version| format!("\"{version}\""));
    let headers: Vec<(&str, &str)> = [JSON].into_iter().chain(seen.as_deref().map(|seen| ("if-match", seen))).collect();
    world.call(Request::patch(who, path).headers(&headers).body(body.to_string().as_bytes())).await
}

async fn delete(world: &World, who: &str, path: &str) -> Reply {
    world.call(Request::delete(who, path)).await
}

/// Returns the elements in a list of the lead.
async fn listed(world: &World, lead: LeadId, kind: ElementKind) -> Vec<Value> {
    let list = world.get(ADMIN, &format!("/leads/{lead}/{}?limit=100", kind.path())).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.body["elements"].as_array().unwrap().clone()
}

/// Returns the events on the timeline.
async fn timeline_events(world: &World, lead: LeadId) -> Vec<Value> {
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    page.body["timeline"].as_array().unwrap().iter().flat_map(|entry| entry["events"].as_array().unwrap().clone()).collect()
}

pub(crate) fn quote() -> Value {
    json!({"vehicle": {"condition": "new", "make": "Opel", "model": "Corsa"}, "price": {"amount": 2_249_000, "currency": "EUR"},
        "lines": [{"text": "Corsa 1.2", "amount": 2_349_000}, {"text": "Discount", "amount": -100_000}], "valid_until": "2026-12-31"})
}

pub(crate) fn drive(time: &str) -> Value {
    json!({"vehicle": {"make": "Opel", "model": "Corsa", "stock_number": "GW-1138"}, "at": time})
}

/// LEAD-2: a quote from creation to removal, with ETag, merge patch and history.
#[tokio::test]
async fn lead_2_a_quote_is_created_changed_and_removed_and_the_timeline_records_it() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/quotes");
    let headers = [JSON, ("idempotency-key", "one")];
    let made = async |body: &Value| world.call(Request::post("anna.vogt", &path).headers(&headers).body(body.to_string().as_bytes())).await;
    let (one, again) = (made(&quote()).await, made(&quote()).await);
    assert_eq!((one.status, again.status, one.text("/id")), (201, 201, again.text("/id")), "{}", one.body);
    assert_eq!(made(&json!({})).await.status, 422);
    let at = one.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(at, format!("{path}/{}", one.text("/id")));
    assert_eq!((one.headers["etag"].to_str().unwrap(), one.text("/by")), ("\"1\"", "user:anna.vogt"));
    // In a patch, an absent field keeps the value and null removes it. The rules apply to the result.
    let patched = patch(&world, "anna.vogt", &at, &json!({"valid_until": null, "vehicle": {"trim": "GS"}}), Some(1)).await;
    assert_eq!((patched.status, &patched.body["valid_until"], patched.text("/vehicle/model")), (200, &Value::Null, "Corsa"));
    assert_eq!((patched.text("/vehicle/trim"), patched.body["version"].as_u64()), ("GS", Some(2)));
    assert_eq!(patch(&world, ADMIN, &at, &json!({"notes": "x"}), Some(1)).await.status, 412);
    let wrong = patch(&world, ADMIN, &at, &json!({"price": {"amount": 1}}), Some(2)).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["price.amount LEAD-2".to_owned()]));
    // A patch without a change has no effect.
    assert_eq!(patch(&world, ADMIN, &at, &json!({"vehicle": {"trim": "GS"}}), None).await.body["version"], 2);
    let removed = delete(&world, ADMIN, &at).await;
    assert_eq!((removed.status, removed.text("/removed_by")), (200, "user:ingo.brandt"), "{}", removed.body);
    assert_eq!(delete(&world, ADMIN, &at).await.body["version"], 3, "removed once");
    assert_eq!(patch(&world, ADMIN, &at, &json!({"notes": "x"}), None).await.status, 409);
    assert!(listed(&world, id, ElementKind::Quote).await.is_empty());
    assert_eq!(world.get(ADMIN, &at).await.text("/removed_by"), "user:ingo.brandt", "and can be opened from the timeline");
    let timeline_events = timeline_events(&world, id).await;
    let of_quote: Vec<_> = timeline_events.iter().filter(|event| event["kind"] == "quote").collect();
    let what: Vec<_> = of_quote.iter().map(|event| (event["what"].as_str().unwrap(), event["title"].as_str().unwrap())).collect();
    let line = "Opel Corsa GS: 22490.00 EUR";
    assert_eq!(what, [("element_added", "Opel Corsa: 22490.00 EUR"), ("element_changed", line), ("element_removed", line)]);
    assert_eq!(of_quote[1]["before"]["valid_until"], "2026-12-31");
}

/// LEAD-2: all validation errors of an element are returned at once, by field.
#[tokio::test]
async fn lead_2_all_invalid_fields_of_an_element_are_returned_at_once() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let cases = [
        (
            "quotes",
            json!({"vehicle": {"make": "Opel"}, "lines": [{"text": " ", "amount": "x"}], "valid_until": "31.12.2026"}),
            vec!["lines[0].amount LEAD-2", "valid_until LEAD-2", "vehicle.condition LEAD-2", "lines[0].text LEAD-2", "price LEAD-2"],
        ),
        (
            "quotes",
            json!({"vehicle": {"condition": "used"}, "price": {"amount": -1, "currency": "EURO"}}),
            vec!["price.amount LEAD-2", "price.currency LEAD-2"],
        ),
        ("quotes", json!({"vehicle": {"condition": "used"}}), vec!["price LEAD-2"]),
        ("trade-ins", json!({}), vec!["vehicle LEAD-2"]),
        (
            "trade-ins",
            json!({"vehicle": {"year": 1066}, "asked": {"amount": 1.5, "currency": "EUR"}, "offered": "much"}),
            vec!["vehicle.year INT-4", "asked.amount LEAD-2", "offered INT-3"],
        ),
        ("test-drives", json!({"at": "tomorrow"}), vec!["vehicle LEAD-2", "at LEAD-2"]),
        ("test-drives", json!({"vehicle": {"make": "Opel"}, "at": "2026-11-25T10:00:00Z", "user": "alice.moore"}), vec!["user CAL-1"]),
        ("comments", json!({"text": " "}), vec!["text LEAD-2"]),
        ("comments", json!({"text": "a".repeat(2_001)}), vec!["text LEAD-2"]),
        (
            "documents",
            json!({"title": "", "content_type": "pdf", "bytes": 30_000_000}),
            vec!["title LEAD-2", "content_type LEAD-2", "bytes LEAD-2"],
        ),
    ];
    for (path, body, faults) in cases {
        let reply = world.post(ADMIN, &format!("/leads/{id}/{path}"), &body).await;
        assert_eq!((reply.status, reply.faults()), (422, faults.into_iter().map(str::to_owned).collect()), "{path} {body}");
    }
    assert!(world.page(id).await.lead.counts.is_empty(), "nothing was made");
}

/// LEAD-9: the response names the missing right. A lead out of scope is not found. Only its author and moderators may change a comment.
#[tokio::test]
async fn lead_9_elements_follow_read_and_work_rights_and_only_authors_or_moderators_change_comments() {
    let world = World::new().await;
    // Ben is a seller who may see Anna's leads.
    world
        .settings(|draft| {
            let anna = draft.members.iter_mut().find(|member| member.user.as_str() == "anna.vogt").unwrap();
            anna.supervisor = Some(UserId::parse("ben.krause").unwrap());
        })
        .await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/comments");
    let body = json!({"text": "Wants winter tyres"});
    let at = format!("{path}/{}", world.post("anna.vogt", &path, &body).await.text("/id"));
    for (who, status, right) in
        [("hugo.office", 403, "work_leads"), ("greta.sommer", 404, ""), ("alice.moore", 404, ""), ("rival.seller", 404, "")]
    {
        for reply in [
            world.post(who, &path, &body).await,
            patch(&world, who, &at, &body, None).await,
            delete(&world, who, &at).await,
            world.post(who, &format!("/leads/{id}/documents/x/completion"), &json!({})).await,
        ] {
            assert_eq!((reply.status, reply.text("/right")), (status, right), "{who} {}", reply.body);
        }
    }
    for (who, status) in [("hugo.office", 200), ("ben.krause", 200), ("greta.sommer", 404), ("rival.seller", 404), ("chris.center", 403)] {
        assert_eq!((world.get(who, &path).await.status, world.get(who, &at).await.status), (status, status), "{who}");
    }
    let reply = patch(&world, "ben.krause", &at, &json!({"text": "No"}), None).await;
    assert_eq!((reply.status, reply.text("/right")), (403, "moderate_comments"));
    assert_eq!(delete(&world, "ben.krause", &at).await.status, 403);
    assert_eq!(patch(&world, "anna.vogt", &at, &json!({"text": "Wants four"}), None).await.text("/text"), "Wants four");
    assert_eq!(delete(&world, ADMIN, &at).await.status, 200);
    let timeline_events = timeline_events(&world, id).await;
    let comment: Vec<_> = timeline_events.iter().filter(|event| event["kind"] == "comment").map(|event| &event["text"]).collect();
    assert_eq!(comment, [&json!("Wants winter tyres"), &json!("Wants four"), &Value::Null]);
    assert_eq!(world.get(ADMIN, &format!("{path}/unknown")).await.status, 404);
}

/// LEAD-2, CAL-1, ESC-7: a test drive is a calendar event. It takes the seller's time, and both are cancelled together.
#[tokio::test]
async fn lead_2_a_test_drive_is_one_calendar_event_in_the_same_commit() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/test-drives");
    let made = world.post("anna.vogt", &path, &drive("2026-11-24T10:00:00+01:00")).await;
    assert_eq!((made.status, made.text("/state"), made.text("/at")), (201, "incomplete", "2026-11-24T09:00:00Z"), "{}", made.body);
    let (page, events) = (world.page(id).await, world.events(id).await);
    assert_eq!((page.timeline.len(), events.len(), page.lead.planned.len()), (2, 1, 1), "one commit");
    assert!(page.lead.reaction.is_some() && events[0].taken.is_some());
    assert_eq!((events[0].kind.as_str(), events[0].title.as_str()), ("booked_test_drive", "Opel Corsa"));
    // Time and outcome are changed only on the event.
    let (at, event) = (format!("{path}/{}", made.text("/id")), format!("/leads/{id}/events/{}", made.text("/event")));
    world.post("anna.vogt", &format!("{event}/time"), &json!({"at": "2026-11-24T11:00:00+01:00"})).await;
    assert_eq!(world.get(ADMIN, &at).await.text("/at"), "2026-11-24T10:00:00Z");
    let wrong = patch(&world, ADMIN, &at, &json!({"at": "2026-11-24T12:00:00Z"}), None).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["at LEAD-2".to_owned()]));
    let other = patch(&world, ADMIN, &at, &json!({"vehicle": {"model": "Astra"}}), None).await;
    assert_eq!((other.text("/vehicle/model"), other.text("/vehicle/make")), ("Astra", "Opel"));
    let removed = delete(&world, "anna.vogt", &at).await;
    assert_eq!((removed.status, removed.text("/state")), (200, "deleted"), "{}", removed.body);
    let (page, events) = (world.page(id).await, world.events(id).await);
    assert_eq!((page.lead.planned.len(), events[0].taken.is_some(), page.lead.counts.test_drives), (0, false, 0));
    // A test drive that took place stays on the calendar with its outcome.
    let made = world.post("anna.vogt", &path, &drive("2026-11-23T09:30:00+01:00")).await;
    let event = format!("/leads/{id}/events/{}", made.text("/event"));
    assert_eq!(world.post("anna.vogt", &format!("{event}/completion"), &json!({})).await.status, 200);
    assert_eq!(listed(&world, id, ElementKind::TestDrive).await[0]["state"], "completed");
    assert_eq!(delete(&world, "anna.vogt", &format!("{path}/{}", made.text("/id"))).await.text("/state"), "completed");
}

/// LEAD-1, LEAD-2: a lead has at most 100 elements of each kind.
#[tokio::test]
async fn lead_2_a_lead_has_at_most_a_hundred_comments() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/comments");
    let mut last = String::new();
    for i in 0..100 {
        let made = world.post(ADMIN, &path, &json!({"text": format!("{i}")})).await;
        assert_eq!(made.status, 201);
        last = made.text("/id").to_owned();
    }
    assert_eq!(world.post(ADMIN, &path, &json!({"text": "one more"})).await.status, 409);
    assert_eq!(listed(&world, id, ElementKind::Comment).await.len(), 100);
    assert_eq!(delete(&world, ADMIN, &format!("{path}/{last}")).await.status, 200);
    assert_eq!(world.post(ADMIN, &path, &json!({"text": "one more"})).await.status, 201);
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/quotes"), &quote()).await.status, 201, "each kind by itself");
}

/// LEAD-1, APT-1: the header counts each active test drive once, however it was created and wherever it is cancelled.
#[tokio::test]
async fn lead_1_each_active_test_drive_counts_once() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &json!({"type": "booked_test_drive"})).await;
    let (path, events) = (format!("/leads/{id}/test-drives"), format!("/leads/{id}/events"));
    let count = async || world.get(ADMIN, &format!("/leads/{id}")).await.body["counts"]["test_drives"].as_u64().unwrap();
    let made = world.post("anna.vogt", &path, &drive("2026-11-24T10:00:00+01:00")).await;
    assert_eq!(count().await, 1, "with its event, once");
    // The customer cancels and books again.
    assert_eq!(book(&world, &link, "2026-11-24T14:00:00Z").await.status, 201);
    assert_eq!(count().await, 2);
    assert_eq!(cancel(&world, &link).await.status, 200);
    assert_eq!(count().await, 1);
    assert_eq!(book(&world, &link, "2026-11-25T14:00:00Z").await.status, 201);
    assert_eq!(count().await, 2);
    // Created as a calendar event, as a follow-up of an event, and as an appointment.
    let event = world.post(ADMIN, &events, &json!({"title": "x", "type": "phone_outbound"})).await.text("/id").to_owned();
    let next = json!({"follow_up": {"title": "x", "type": "Booked Test Drive", "at": "2026-11-26T09:00:00Z"}});
    let followed = world.post(ADMIN, &format!("{events}/{event}/completion"), &next).await;
    assert_eq!((followed.status, count().await), (200, 3), "{}", followed.body);
    let appointment = json!({"lead": id.to_string(), "kind": "test_drive", "at": "2026-11-26T12:00:00Z"});
    let appointment = world.post(ADMIN, &format!("/dealers/{NORDSTERN}/appointments"), &appointment).await;
    assert_eq!((appointment.status, count().await), (201, 4), "{}", appointment.body);
    let off = format!("/appointments/{}/cancellation", appointment.text("/id"));
    assert_eq!((world.post(ADMIN, &off, &json!({})).await.status, count().await), (200, 3));
    // A moved test drive is counted once; a missed one still counts.
    let follow_up = format!("{events}/{}", followed.text("/follow_up/id"));
    assert_eq!(world.post(ADMIN, &format!("{follow_up}/time"), &json!({"at": "2026-11-23T10:00:00Z"})).await.status, 200);
    assert_eq!(world.post(ADMIN, &format!("{follow_up}/no-show"), &json!({"reason": "did_not_come"})).await.status, 200);
    assert_eq!(count().await, 3);
    // After its event is cancelled it no longer counts. Its removal afterwards does not reduce the count again.
    assert_eq!(delete(&world, ADMIN, &format!("{events}/{}", made.text("/event"))).await.status, 200);
    assert_eq!(count().await, 2);
    assert_eq!(delete(&world, ADMIN, &format!("{path}/{}", made.text("/id"))).await.status, 200);
    assert_eq!(count().await, 2);
    let driven = world.post("anna.vogt", &path, &drive("2026-11-23T09:30:00+01:00")).await;
    assert_eq!(world.post(ADMIN, &format!("{events}/{}/completion", driven.text("/event")), &json!({})).await.status, 200);
    assert_eq!(count().await, 3);
    assert_eq!(delete(&world, ADMIN, &format!("{path}/{}", driven.text("/id"))).await.status, 200);
    assert_eq!(count().await, 2, "removed");
}

fn adf(status: &str, message: &str, trade_ins: &[&str]) -> Vec<u8> {
    let vehicle = |model: &&str| format!("<vehicle interest=\"trade-in\"><make>VW</make><model>{model}</model></vehicle>");
    let vehicles: String = trade_ins.iter().map(vehicle).collect();
    format!(
        "<adf><prospect status=\"{status}\"><id source=\"portal\">P-1</id>\
         <vehicle interest=\"buy\"><make>Opel</make><model>Corsa</model></vehicle>{vehicles}\
         <customer><contact><name>Jana</name><email>jana@example.com</email></contact><comments>{message}</comments></customer></prospect></adf>"
    )
    .into_bytes()
}

/// LEAD-1, LEAD-2, INT-5, INT-6: the trade-in of an enquiry is an element like any other. A resent enquiry updates it unless users have
/// changed it.
#[tokio::test]
async fn lead_2_trade_ins_of_an_enquiry_are_listed_and_a_resend_keeps_those_that_users_changed() {
    let world = World::new().await;
    let reply = world.adf(NORDSTERN, &adf("new", "one", &["Polo", "Golf"])).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let id: LeadId = reply.text("/id").parse().unwrap();
    let models = async || -> Vec<String> {
        let all = listed(&world, id, ElementKind::TradeIn).await;
        let count = world.get(ADMIN, &format!("/leads/{id}")).await.body["counts"]["trade_ins"].as_u64().unwrap();
        assert_eq!(count, all.len() as u64);
        all.iter().rev().map(|element| element["vehicle"]["model"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(models().await, ["Polo", "Golf"]);
    assert_eq!(listed(&world, id, ElementKind::TradeIn).await[0]["by"], "user:gina.group");
    // The same enquiry again changes nothing.
    assert_eq!(world.adf(NORDSTERN, &adf("new", "one", &["Polo", "Golf"])).await.status, 201);
    assert_eq!(models().await, ["Polo", "Golf"]);
    let offered = json!({"offered": {"amount": 450_000, "currency": "EUR"}});
    let first = format!("/leads/{id}/trade-ins/enquiry-1-0");
    assert_eq!(patch(&world, ADMIN, &first, &offered, Some(1)).await.body["enquired"], false);
    // A user has changed the first trade-in, so it stays. The second is replaced and a third is added; then both are removed.
    assert_eq!(world.adf(NORDSTERN, &adf("resend", "two", &["Up", "Passat", "Touran"])).await.status, 200);
    assert_eq!(models().await, ["Polo", "Passat", "Touran"]);
    assert_eq!(world.adf(NORDSTERN, &adf("resend", "three", &[])).await.status, 200);
    assert_eq!(models().await, ["Polo"]);
    // A resent enquiry does not restore a trade-in that a user removed.
    assert_eq!(delete(&world, ADMIN, &first).await.status, 200);
    assert_eq!(world.adf(NORDSTERN, &adf("resend", "four", &["Polo"])).await.status, 200);
    assert_eq!(models().await, Vec::<String>::new());
    // The contact sends another enquiry with another trade-in.
    let again = json!({"type": "used_car", "contact": {"last_name": "Jana", "email": "jana@example.com"}, "trade_in": {"make": "VW", "model": "Fox"}});
    let added = world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &again).await;
    assert_eq!((added.status, added.text("/id")), (200, id.to_string().as_str()));
    assert_eq!(models().await, ["Fox"]);
}

/// An action on one of the elements.
#[derive(Debug, Clone)]
enum ElementAction {
    Add(ElementKind),
    Change(usize),
    Remove(usize),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// LEAD-1: the header's counts equal the lists, and the timeline has one entry for each change.
    #[test]
    fn lead_1_header_counts_equal_the_lists(actions in proptest::collection::vec(prop_oneof![
        3 => proptest::sample::select(vec![ElementKind::TradeIn, ElementKind::Quote, ElementKind::TestDrive, ElementKind::Comment, ElementKind::Document]).prop_map(ElementAction::Add),
        1 => (0..6_usize).prop_map(ElementAction::Change),
        1 => (0..6_usize).prop_map(ElementAction::Remove),
    ], 1..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let id = world.lead(&enquiry("jana")).await;
            let mut made: Vec<(ElementKind, String, bool)> = Vec::new();
            for (i, action) in actions.iter().enumerate() {
                let before = world.page(id).await.timeline.len();
                let changes = match action {
                    ElementAction::Add(kind) => {
                        let body = match kind {
                            ElementKind::TradeIn => json!({"vehicle": {"make": "VW"}}),
                            ElementKind::Quote => quote(),
                            ElementKind::TestDrive => drive("2026-11-25T10:00:00+01:00"),
                            ElementKind::Comment => json!({"text": "a"}),
                            ElementKind::Communication => json!({"medium": "call", "reached": true}),
                            ElementKind::Document => json!({"title": "a", "content_type": "text/plain", "bytes": 1}),
                        };
                        let path = format!("/leads/{id}/{}", kind.path());
                        let reply = world.post(ADMIN, &path, &body).await;
                        assert_eq!(reply.status, 201, "{}", reply.body);
                        made.push((*kind, format!("{path}/{}", reply.text("/id")), true));
                        true
                    }
                    ElementAction::Change(n) => {
                        let Some((kind, path, here)) = made.get(*n) else { continue };
                        let body = match kind {
                            ElementKind::Comment => json!({"text": format!("b{i}")}),
                            ElementKind::Communication => json!({"medium": "call", "reached": true}),
                            ElementKind::Document => json!({"title": format!("b{i}")}),
                            _ => json!({"vehicle": {"model": format!("b{i}")}}),
                        };
                        assert_eq!(patch(&world, ADMIN, path, &body, None).await.status, if *here { 200 } else { 409 });
                        *here
                    }
                    ElementAction::Remove(n) => {
                        let Some((_, path, here)) = made.get_mut(*n) else { continue };
                        assert_eq!(delete(&world, ADMIN, path).await.status, 200);
                        std::mem::replace(here, false)
                    }
                };
                assert_eq!(world.page(id).await.timeline.len(), before + usize::from(changes), "{action:?}");
            }
            let counts = world.get(ADMIN, &format!("/leads/{id}")).await.body["counts"].clone();
            for (kind, name) in [
                (ElementKind::TradeIn, "trade_ins"), (ElementKind::Quote, "quotes"), (ElementKind::TestDrive, "test_drives"), (ElementKind::Comment, "comments"),
                (ElementKind::Document, "documents"),
            ] {
                let wanted = made.iter().filter(|(of, _, here)| *of == kind && *here).count();
                assert_eq!((counts[name].as_u64(), listed(&world, id, kind).await.len()), (Some(wanted as u64), wanted), "{name}");
            }
        });
    }
}
