//! Invalid input is refused with all errors at once and never causes a server error.

use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use forecourt_edge::routes::{self, Access};
use http::Method;
use proptest::prelude::*;
use serde_json::json;

fn leads() -> String {
    format!("/dealers/{NORDSTERN}/leads")
}

#[tokio::test]
async fn int_3_all_invalid_fields_are_returned_at_once() {
    let world = World::new().await;
    let body = json!({
        "source": "s".repeat(101), "external_id": {"not": "text"}, "type": "spaceship",
        "contact": {"first_name": "a\u{0}b", "email": "not-an-address", "phone": "12", "language": "klingon!"},
        "vehicle": {"year": 1492, "condition": "rusty"}, "message": "m".repeat(10_001), "requested_at": "yesterday"
    });
    let reply = world.post("partner:portal-demo", &leads(), &body).await;
    assert_eq!(reply.status, 422);
    let mut faults = reply.faults();
    faults.sort();
    assert_eq!(
        faults,
        [
            "contact.email INT-3",
            "contact.first_name INT-3",
            "contact.language INT-4",
            "contact.phone INT-3",
            "external_id INT-3",
            "message INT-3",
            "requested_at INT-3",
            "source INT-3",
            "type INT-4",
            "vehicle.condition INT-4",
            "vehicle.year INT-4",
        ]
    );
    assert_eq!(world.list("ingo.brandt", NORDSTERN).await.len(), 0);
}

/// INT-3: a time that can be read but makes no sense is refused for that reason.
#[tokio::test]
async fn int_3_the_time_of_an_enquiry_must_make_sense() {
    let world = World::new().await;
    for (time, detail) in [
        ("yesterday", "must be a time with a UTC offset, such as 2026-11-23T09:30:00+01:00"),
        ("1990-01-01T00:00:00Z", "must be a time in the years 2000 to 2099"),
    ] {
        let body = json!({"contact": {"email": "jana@example.com"}, "requested_at": time});
        let reply = world.post("partner:portal-demo", &leads(), &body).await;
        let fault = (reply.text("/errors/0/field"), reply.text("/errors/0/detail"));
        assert_eq!((reply.status, fault), (422, ("requested_at", detail)), "{}", reply.body);
    }
}

#[tokio::test]
async fn int_3_a_contact_without_a_channel_is_refused() {
    let world = World::new().await;
    for body in [
        json!({}),
        json!({"contact": {}}),
        json!({"contact": {"first_name": "Jana", "email": "", "phone": null}}),
        json!({"contact": null}),
    ] {
        let reply = world.post("partner:portal-demo", &leads(), &body).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["contact INT-3".to_owned()]), "{body}");
    }
    let reply = world.post("partner:portal-demo", &leads(), &json!({"contact": "Jana"})).await;
    assert_eq!((reply.status, reply.faults()), (422, vec!["contact INT-3".to_owned()]));
}

/// API-1: unknown fields are kept and flagged in enquiries, because systems may send more fields than the API defines. Elsewhere they are
/// refused, because they may be misspelt.
#[tokio::test]
async fn api_1_unknown_fields_are_flagged_in_enquiries_and_refused_elsewhere() {
    let world = World::new().await;
    let contact = json!({"last_name": "Petersen", "phone": "+49 30 901820", "mood": "good"});
    let id = world.lead(&json!({"contact": contact, "colour": "red"})).await;
    let lead = format!("/leads/{id}");
    let page = world.get(ADMIN, &lead).await.body.to_string();
    for field in ["\"colour\"", "\"contact.mood\""] {
        assert!(page.contains(field), "{field} is not flagged: {page}");
    }
    assert_eq!(world.get(ADMIN, &format!("{lead}/raw")).await.body["colour"], "red");
    let comment = world.post(ADMIN, &format!("{lead}/comments"), &json!({"text": "Wants winter tyres"})).await;
    let comment = format!("{lead}/comments/{}", comment.body["id"].as_str().unwrap());
    let before = world.get(ADMIN, &lead).await.body;
    for (method, path, body) in [
        (Method::POST, format!("{lead}/tasks"), json!({"title": "Photograph it", "start": "2026-11-25T10:00:00Z", "minutes": 30})),
        (Method::POST, format!("{lead}/deadlines"), json!({"title": "Send the offer", "at": "2026-11-25T17:00:00Z"})),
        (Method::POST, format!("{lead}/contacts"), json!({"last_name": "Kim", "phones": [{"number": "+49 30 901821"}]})),
        (Method::POST, format!("{lead}/reactions"), json!({"kind": "reply"})),
        (Method::POST, format!("{lead}/assignment"), json!({"user": "jonas.weber"})),
        (Method::POST, format!("{lead}/status"), json!({"status": "won"})),
        (Method::POST, format!("{lead}/comments"), json!({"text": "Black ones"})),
        (Method::PATCH, comment, json!({"text": "Black ones"})),
        (Method::POST, format!("{lead}/events"), json!({"title": "Call", "type": "phone_outbound"})),
    ] {
        let mut misspelt = body.clone();
        misspelt["asignee"] = json!("ben.krause");
        let reply = world.call(Request::new(method, ADMIN, &path).body(misspelt.to_string().as_bytes())).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["asignee API-1".to_owned()]), "{path}");
    }
    assert_eq!(world.get(ADMIN, &lead).await.body, before);
}

/// API-1: an operation without a body refuses fields, and one without parameters refuses parameters.
#[tokio::test]
async fn api_1_fields_and_parameters_that_an_operation_does_not_have_are_refused() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let claim = world.post(ADMIN, &format!("/leads/{id}/claim"), &json!({"reason": "mine"})).await;
    assert_eq!((claim.status, claim.faults()), (422, vec!["reason API-1".to_owned()]), "{}", claim.body);
    let read = world.get(ADMIN, &format!("/leads/{id}?view=short")).await;
    assert_eq!((read.status, read.faults()), (422, vec!["view API-1".to_owned()]), "{}", read.body);
    let misspelt = world.get(ADMIN, &format!("{}?statsu=won", leads())).await;
    assert!(misspelt.text("/errors/0/detail").starts_with("is unknown; known parameters are status, owner, "), "{}", misspelt.body);
}

/// API-1: every operation with parameters refuses an unknown one.
#[tokio::test]
async fn api_1_every_operation_with_parameters_refuses_an_unknown_one() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await.to_string();
    let routes: Vec<_> = routes::all().filter(|route| route.access == Access::Token && !route.query.is_empty()).collect();
    assert!(routes.len() > 20, "{}", routes.len());
    for route in routes {
        let path =
            route.path.replace("{dealer}", NORDSTERN).replace("{id}", &id).replace("{user}", "anna.vogt").replace("{webhook}", "none");
        let who = if path.starts_with("/exports") { "hugo.office" } else { "gina.group" };
        let request = Request::new(route.method.parse().unwrap(), who, &format!("{path}?colour=red"));
        let reply = world.call(request.headers(&[("content-type", "text/calendar")])).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["colour API-1".to_owned()]), "{} {path}: {}", route.method, reply.body);
    }
}

/// API-3: a POST without a body is a POST of `{}`.
#[tokio::test]
async fn api_3_a_post_without_a_body_is_a_post_of_an_empty_object() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let json = [("content-type", "application/json")];
    for (path, headers) in [
        (leads(), &json[..]),
        (format!("/leads/{id}/status"), &json[..]),
        (format!("/leads/{id}/reactions"), &[]),
        (format!("/leads/{id}/events"), &[]),
        ("/exports".into(), &[]),
    ] {
        let who = if path == "/exports" { "hugo.office" } else { ADMIN };
        let object = world.call(Request::post(who, &path).headers(headers).body(b"{}")).await;
        for body in ["", "   ", "\r\n"] {
            let empty = world.call(Request::post(who, &path).headers(headers).body(body.as_bytes())).await;
            assert_eq!((empty.status, empty.faults()), (422, object.faults()), "{path} {body:?}: {}", empty.body);
        }
    }
    // Clients such as `curl -d ''` name the type of a form.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for (path, fault) in [(leads(), "contact INT-3"), (format!("/leads/{id}/reactions"), "kind ESC-7")] {
        for headers in [&form[..], &[]] {
            let empty = world.call(Request::post(ADMIN, &path).headers(headers)).await;
            assert_eq!((empty.status, empty.faults()), (422, vec![fault.to_owned()]), "{path}: {}", empty.body);
        }
    }
    // A task is completed without a note, and thus without a body.
    let task = json!({"title": "Call", "start": "2026-11-25T10:00:00Z", "minutes": 10});
    let task = world.post(ADMIN, &format!("/leads/{id}/tasks"), &task).await;
    let done = world.call(Request::post(ADMIN, &format!("/leads/{id}/tasks/{}/completion", task.text("/id")))).await;
    assert_eq!(done.status, 200, "{}", done.body);
}

#[tokio::test]
async fn a_malformed_body_is_refused_with_400() {
    let world = World::new().await;
    let json = [
        "{",
        "[]",
        "\"text\"",
        "null",
        "{\"contact\": {\"email\": \"a@example.com\"}} trailing",
        "{\"contact\": {\"email\": \"a@example.com\", \"email\": \"b@example.com\"}}",
        "{\"a\": 1, \"a\": 1}",
        "{\"a\": \"\u{1}\"}",
    ];
    for body in json {
        let reply = world
            .call(Request::post("partner:portal-demo", &leads()).headers(&[("content-type", "application/json")]).body(body.as_bytes()))
            .await;
        assert_eq!((reply.status, reply.text("/type")), (400, "urn:forecourt:problem:malformed"), "{body}: {}", reply.body);
    }
    let deep = "[".repeat(100_000);
    let reply = world
        .call(Request::post("partner:portal-demo", &leads()).headers(&[("content-type", "application/json")]).body(deep.as_bytes()))
        .await;
    assert_eq!(reply.status, 400);
    let xml: [&[u8]; 5] = [
        b"",
        b"<adf>",
        b"<html><body>no</body></html>",
        b"<!DOCTYPE adf [<!ENTITY a \"b\">]><adf><prospect/></adf>",
        b"<adf><prospect><customer><contact><email>a@example.com</email>",
    ];
    for body in xml {
        let reply = world.adf(NORDSTERN, body).await;
        assert_eq!(reply.status, 400, "{}: {}", String::from_utf8_lossy(body), reply.body);
    }
    let latin = world
        .call(
            Request::post("partner:portal-demo", &leads())
                .headers(&[("content-type", "application/json")])
                .body(b"{\"message\": \"\xFC\"}"),
        )
        .await;
    assert_eq!(latin.status, 400);
}

/// INT-3: a body that is not JSON is refused with the place of the error, in words of the API.
#[tokio::test]
async fn int_3_a_body_that_is_not_json_is_refused_with_the_place_of_the_error() {
    let world = World::new().await;
    let deep = "[".repeat(200);
    for (body, detail) in [
        ("{\"a\":", "the body is not JSON: it ends too early, at line 1, column 5"),
        ("{\n\"a\" 1}", "the body is not JSON: the error is at line 2, column 5"),
        ("{\"a\": 1,\n\"a\": 2}", "the body is not the expected JSON: the key \"a\" occurs twice in one object, at line 2, column 3"),
        (deep.as_str(), "the body is nested too deeply, at line 1, column 128"),
    ] {
        let request = Request::post("partner:portal-demo", &leads()).headers(&[("content-type", "application/json")]);
        let reply = world.call(request.body(body.as_bytes())).await;
        assert_eq!((reply.status, reply.text("/detail")), (400, detail), "{body}");
    }
}

/// INT-3: an e-mail address that cannot be read is refused with the reason.
#[tokio::test]
async fn int_3_the_fault_of_an_email_address_is_described_in_plain_words() {
    let world = World::new().await;
    for (email, reason) in [
        ("jana", "it has no @"),
        ("@example.com", "nothing is before the @"),
        ("jana@", "nothing is after the @"),
        ("jana@example", "the part after the @ must have a dot, as in example.com"),
        ("jana@example..com", "a dot after the @ has no name before or after it"),
        ("jana petersen@example.com", "it has a space, a sign or a dot where none is allowed"),
        ("jana@[192.0.2.1]", "the part after the @ must be a name, not an IP address"),
    ] {
        let reply = world.post("partner:portal-demo", &leads(), &json!({"contact": {"email": email, "phone": "030 901820"}})).await;
        let fault = (reply.text("/errors/0/field"), reply.text("/errors/0/detail"));
        assert_eq!((reply.status, fault), (422, ("contact.email", &*format!("is not an e-mail address: {reason}"))), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_gets_413_and_one_of_another_type_415() {
    let world = World::new().await;
    let large = vec![b' '; 1_048_577];
    for media in ["application/json", "application/adf+xml"] {
        let reply = world.call(Request::post("partner:portal-demo", &leads()).headers(&[("content-type", media)]).body(&large)).await;
        assert_eq!(reply.status, 413);
    }
    for media in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let reply = world.call(Request::post("partner:portal-demo", &leads()).headers(&[("content-type", media)]).body(b"{}")).await;
        assert_eq!(reply.status, 415);
    }
    let part = Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/escalation")).version(1);
    assert_eq!(world.call(part.headers(&[("content-type", "text/plain")]).body(b"{}")).await.status, 415);
    let parameters = [("content-type", "Application/JSON; charset=utf-8")];
    let reply =
        world.call(Request::post("partner:portal-demo", &leads()).headers(&parameters).body(enquiry("jana").to_string().as_bytes())).await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn unknown_resources_get_404_and_invalid_queries_422() {
    let world = World::new().await;
    let body = enquiry("jana");
    for dealer in ["nowhere", "rival-dealer", "UPPER", "a%23b", "%00"] {
        assert_eq!(world.post("partner:portal-demo", &format!("/dealers/{dealer}/leads"), &body).await.status, 404, "{dealer}");
    }
    for lead in ["0000000000", "nonsense", "%F0%9F%92%A9", "99999999999999999999"] {
        assert_eq!(world.get("ingo.brandt", &format!("/leads/{lead}")).await.status, 404, "{lead}");
    }
    for query in ["limit=0", "limit=101", "limit=x", "status=open", "cursor=%00", "cursor=MjAyNi0xMX", "owner=A%20B", "overdue=1"] {
        let reply = world.get("ingo.brandt", &format!("{}?{query}", leads())).await;
        assert_eq!(reply.status, 422, "{query}: {}", reply.body);
    }
}

#[tokio::test]
async fn lead_1_changes_with_invalid_fields_are_refused_naming_the_fields() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    for (what, body, fault) in [
        ("reactions", json!({}), "kind ESC-7"),
        ("reactions", json!({"kind": "automatic_reply"}), "kind ESC-7"),
        ("reactions", json!({"kind": "reply", "note": "n".repeat(2001)}), "note LEAD-2"),
        ("status", json!({"status": "lost"}), "reason LEAD-1"),
        ("status", json!({"status": "won", "reason": "price"}), "reason LEAD-1"),
        ("status", json!({"status": "closed"}), "status LEAD-1"),
        ("assignment", json!({}), "user DIS-7"),
        ("assignment", json!({"user": "nobody"}), "user DIS-7"),
        ("assignment", json!({"user": "ingo.brandt"}), "user DIS-7"),
        ("assignment", json!({"user": "anna.vogt", "dealer": "harbour-cars-demo"}), "dealer DIS-7"),
        ("assignment", json!({"dealer": "rival-dealer"}), "dealer DIS-7"),
    ] {
        let reply = world.post("ingo.brandt", &format!("/leads/{id}/{what}"), &body).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![fault.to_owned()]), "{what} {body}: {}", reply.body);
    }
    assert_eq!(world.page(id).await.lead.version, 1);
}

/// No text field accepts control characters. Invisible characters, such as direction marks, are removed (INT-3, LEAD-2 to LEAD-7, CAL-1,
/// CAL-8, APT-1).
#[tokio::test]
async fn lead_2_control_characters_are_refused_and_invisible_characters_removed_in_every_text() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let at = "2026-11-25T10:00:00+01:00";
    let bad = "ab\u{7}cd";
    for (path, body, fault) in [
        ("tasks", json!({"title": bad, "start": at, "minutes": 5}), "title LEAD-4"),
        ("deadlines", json!({"title": bad, "at": at}), "title LEAD-6"),
        ("deadlines/first-contact/completion", json!({"note": bad}), "note LEAD-2"),
        ("events", json!({"title": bad, "type": "visit_inbound"}), "title CAL-1"),
        ("events", json!({"title": "Visit", "type": "visit_inbound", "notes": bad}), "notes LEAD-2"),
        ("test-drives", json!({"vehicle": {"make": "Opel"}, "title": bad, "at": at}), "title CAL-1"),
        ("test-drives", json!({"vehicle": {"make": bad}, "at": at}), "vehicle.make INT-3"),
        ("invitations", json!({"type": "visit_inbound", "title": bad}), "title CAL-8"),
        ("documents", json!({"title": bad, "content_type": "application/pdf", "bytes": 5}), "title LEAD-2"),
        ("comments", json!({"text": bad}), "text LEAD-2"),
        ("communications", json!({"medium": "email", "subject": bad, "text": "Hello"}), "subject LEAD-3"),
        ("communications", json!({"medium": "email", "subject": "Hello", "text": bad}), "text LEAD-3"),
        ("communications", json!({"medium": "sms", "text": bad}), "text LEAD-3"),
        ("contacts", json!({"last_name": bad, "emails": ["a@example.com"]}), "last_name INT-3"),
        ("reactions", json!({"kind": "reply", "note": bad}), "note LEAD-2"),
        ("status", json!({"status": "won", "note": bad}), "note LEAD-2"),
    ] {
        let reply = world.post("ingo.brandt", &format!("/leads/{id}/{path}"), &body).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![fault.to_owned()]), "{path} {body}: {}", reply.body);
    }
    let customer = json!({"customer": {"name": bad, "email": "a@example.com"}, "kind": "showroom", "at": at});
    assert_eq!(world.post("ingo.brandt", &format!("/dealers/{NORDSTERN}/appointments"), &customer).await.faults(), ["customer.name APT-1"]);
    assert_eq!(world.page(id).await.lead.version, 1);
    for mark in ['\u{202E}', '\u{2066}', '\u{FEFF}', '\u{200F}', '\u{200B}'] {
        let typed = format!("{mark}שלום{mark} Opel");
        let task = world.post("ingo.brandt", &format!("/leads/{id}/tasks"), &json!({"title": typed, "start": at, "minutes": 5})).await;
        assert_eq!((task.status, task.text("/title")), (201, "שלום Opel"), "{mark:?}: {}", task.body);
        let comment = world.post("ingo.brandt", &format!("/leads/{id}/comments"), &json!({"text": typed})).await;
        assert_eq!((comment.status, comment.text("/text")), (201, "שלום Opel"), "{mark:?}: {}", comment.body);
    }
}

/// Arbitrary bytes never cause a server error.
#[test]
fn arbitrary_bytes_never_cause_a_server_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let good = enquiry("jana").to_string().into_bytes();
    let mangled = (any::<prop::sample::Index>(), any::<Vec<u8>>(), any::<prop::sample::Index>()).prop_map(move |(from, put, upto)| {
        let mut body = good.clone();
        let (from, upto) = (from.index(body.len()), upto.index(body.len()));
        body.splice(from.min(upto)..from.max(upto), put);
        body
    });
    let adf: Vec<u8> = b"<adf><prospect><customer><contact><email>a@example.com</email></contact></customer></prospect></adf>".to_vec();
    let xml = (any::<prop::sample::Index>(), any::<Vec<u8>>()).prop_map(move |(at, put)| {
        let mut body = adf.clone();
        let at = at.index(body.len());
        body.splice(at..at, put);
        body
    });
    proptest!(ProptestConfig::with_cases(150), |(json in mangled, xml in xml)| {
        for (media, body) in [("application/json", &json), ("text/xml", &xml)] {
            let reply = runtime.block_on(world.call(Request::post("partner:portal-demo", &leads()).headers(&[("content-type", media)]).body(body)));
            prop_assert!(reply.status < 500, "{}", reply.body);
        }
    });
}
