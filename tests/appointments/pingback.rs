//! Ping-backs: other systems report on appointments that they made. Ping-backs are signed, and may come twice, late or out of order (APT-4,
//! APT-5).

use crate::support::appointments::{appointment, make};
use crate::support::pingbacks::{PATH, attended, external, ping, real, secret, sent};
use crate::support::world::{ADMIN, Request, World, enquiry};
use base64::Engine as _;
use forecourt_domain::base::PartnerId;
use forecourt_store::{WebhookSecret, keys::Key};
use serde_json::{Value, json};

async fn seen(world: &World, id: &str) -> Value {
    world.get(ADMIN, &format!("/appointments/{id}")).await.body
}

/// APT-4: signatures follow Standard Webhooks.
#[test]
fn apt_4_signatures_follow_standard_webhooks() {
    // The published example of Standard Webhooks.
    let key = base64::engine::general_purpose::STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let example = WebhookSecret::new(&key).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
    assert_eq!(example, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    let store = forecourt_store::Secret::new(b"a secret of the tests");
    let scope = forecourt_domain::access::Scope::keys_only("demo-group".parse().unwrap());
    let secret = store.webhook(&scope, &"centre-demo".parse().unwrap(), "name").unwrap();
    let signature = secret.sign("id", "1700000000", b"{}");
    assert!(secret.text().starts_with("whsec_") && secret.text().len() == 6 + 44);
    assert!(signature.starts_with("v1,") && signature.len() == 3 + 44);
    assert!(secret.verifies(&format!("v1,AAAA v2,x {signature}"), "id", "1700000000", b"{}"), "one of several is enough");
    let other = store.webhook(&scope, &"centre-demo".parse().unwrap(), "another").unwrap();
    for bad in [
        String::new(),
        "v1,".into(),
        "v1".into(),
        signature[3..].to_owned(),
        signature[..40].to_owned(),
        other.sign("id", "1700000000", b"{}"),
    ] {
        assert!(!secret.verifies(&bad, "id", "1700000000", b"{}"), "{bad}");
    }
    assert!(!secret.verifies(&signature, "ie", "1700000000", b"{}") && !secret.verifies(&signature, "id", "1700000001", b"{}"));
}

/// APT-4: a ping-back is applied once, and a repeat gets the first response.
#[tokio::test]
async fn apt_4_a_ping_back_is_applied_once_and_a_repeat_gets_the_first_response() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    let id = external(&world, "c-1").await;
    let body = attended("c-1", "2026-11-23T08:30:00Z");
    let first = ping(&world, &secret, "m1", &body).await;
    assert_eq!((first.status, first.text("/outcome"), first.text("/appointment")), (200, "applied", id.as_str()), "{}", first.body);
    assert_eq!(seen(&world, &id).await["attendance"], "completed");
    // A user corrects the attendance in between. The repeat gets the first response and changes nothing.
    world.post(ADMIN, &format!("/appointments/{id}/attendance"), &json!({"attendance": "no_show"})).await;
    let again = ping(&world, &secret, "m1", &body).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let (timestamp, text) = ((real() - 200).to_string(), body.to_string());
    let late = sent(&world, PATH, ["m1", &timestamp, &secret.sign("m1", &timestamp, text.as_bytes())], &text).await;
    assert_eq!((late.status, &late.body), (200, &first.body), "signed anew, as senders do when they try again");
    assert_eq!(seen(&world, &id).await["attendance"], "no_show");
    let other = ping(&world, &secret, "m1", &attended("c-1", "2026-11-23T08:40:00Z")).await;
    assert_eq!((other.status, other.text("/type")), (422, "urn:forecourt:problem:reused"));
    assert_eq!(ping(&world, &secret, "m2", &body).await.text("/outcome"), "known");
    // A correctly signed but invalid body is refused with its errors.
    let empty =
        ping(&world, &secret, "m3", &json!({"type": "appointment.moved", "external_id": "c-1", "at": "2027-06-01T00:00:00Z"})).await;
    assert_eq!((empty.status, empty.faults()), (422, vec!["at APT-5".to_owned(), "to APT-5".into()]), "{}", empty.body);
}

/// APT-4: every invalid signature gets the same response, so the response gives no hint.
#[tokio::test]
async fn apt_4_every_invalid_signature_gets_the_same_response() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    let id = external(&world, "c-1").await;
    let (now, body) = (real(), attended("c-1", "2026-11-23T08:30:00Z").to_string());
    let sign = |id: &str, timestamp: i64, body: &str| secret.sign(id, &timestamp.to_string(), body.as_bytes());
    let good = sign("m1", now, &body);
    let scope = forecourt_domain::access::Scope::keys_only("rival-group".parse().unwrap());
    let foreign =
        world.store.secret().webhook(&scope, &"centre-demo".parse().unwrap(), "x").unwrap().sign("m1", &now.to_string(), body.as_bytes());
    let nobody = PATH.replace("centre-demo", "nobody");
    let unsigned = PATH.replace("centre-demo", "dms-demo");
    let spoilt = body.replace("attended", "missed ");
    let mut tampered = good.clone().into_bytes();
    tampered[10] = if tampered[10] == b'A' { b'B' } else { b'A' };
    let tampered = String::from_utf8(tampered).unwrap();
    let (old, ahead) = (now - 400, now + 400);
    let dotted = format!("{}.5", now - 9);
    let cases = [
        (PATH, "m2", now.to_string(), good.clone(), &body),
        (PATH, "m1", (now + 1).to_string(), good.clone(), &body),
        (PATH, "m1", now.to_string(), good.clone(), &spoilt),
        (PATH, "m1", now.to_string(), tampered, &body),
        (PATH, "m1", now.to_string(), foreign, &body),
        (PATH, "m1", now.to_string(), good.replace("v1,", "v2,"), &body),
        (PATH, "m1", old.to_string(), good.clone(), &body),
        (PATH, "m1", ahead.to_string(), good.clone(), &body),
        (PATH, "m1", format!("+{now}"), secret.sign("m1", &format!("+{now}"), body.as_bytes()), &body),
        (PATH, "m1", dotted.clone(), secret.sign("m1", &dotted, body.as_bytes()), &body),
        (PATH, "m.1", now.to_string(), sign("m.1", now, &body), &body),
        (PATH, "", now.to_string(), good.clone(), &body),
        (PATH, "m1", String::new(), good.clone(), &body),
        (PATH, "m1", now.to_string(), String::new(), &body),
        (&nobody, "m1", now.to_string(), good.clone(), &body),
        (&unsigned, "m1", now.to_string(), good.clone(), &body),
        ("/pingbacks/rival-group/centre-demo", "m1", now.to_string(), good.clone(), &body),
        ("/pingbacks/NOBODY/centre-demo", "m1", now.to_string(), good.clone(), &body),
    ];
    let mut answers = Vec::new();
    for (path, id, timestamp, signature, body) in &cases {
        let reply = sent(&world, path, [id, timestamp, signature], body).await;
        let mut answer = reply.body.clone();
        assert!(answer.as_object_mut().unwrap().remove("request_id").is_some());
        answers.push((reply.status, answer, reply.headers.clone()));
    }
    assert_eq!(answers[0].0, 401);
    for (case, answer) in cases.iter().zip(&answers) {
        assert_eq!(answer, &answers[0], "{case:?}");
    }
    // A sender that has the secret learns that its clock is wrong.
    for wrong in [old, ahead] {
        let reply = sent(&world, PATH, ["m1", &wrong.to_string(), &sign("m1", wrong, &body)], &body).await;
        assert_eq!(reply.status, 401, "{}", reply.body);
        assert!(reply.text("/detail").contains(&format!("webhook-timestamp {wrong} is more than five minutes from ")), "{}", reply.body);
    }
    assert_eq!(seen(&world, &id).await["attendance"], "unknown");
    assert_eq!(sent(&world, PATH, ["m1", &now.to_string(), &good], &body).await.status, 200, "a valid signature stays valid");
}

/// APT-4: signatures use real time, because the virtual clock may stand still or be ahead.
#[tokio::test]
async fn apt_4_signatures_use_real_time_and_secrets_can_be_rotated() {
    let world = World::new().await;
    let first = secret(&world, &json!({})).await;
    external(&world, "c-1").await;
    world.advance_to("2026-12-23T09:00:00Z").await;
    let body = attended("c-1", "2026-11-25T09:30:00Z");
    assert_eq!(ping(&world, &first, "m1", &body).await.status, 200);
    let second = secret(&world, &json!({"previous_good_for_hours": 1})).await;
    assert_eq!((ping(&world, &first, "m2", &body).await.status, ping(&world, &second, "m3", &body).await.status), (200, 200));
    let third = secret(&world, &json!({"previous_good_for_hours": 0})).await;
    let statuses = [&first, &second, &third].map(|secret| ping(&world, secret, "m4", &body));
    assert_eq!(futures::future::join_all(statuses).await.iter().map(|reply| reply.status).collect::<Vec<_>>(), [401, 401, 200]);
    // Only some roles may create a secret, and it is shown again only to a repeat of the same request.
    for (who, status) in [(ADMIN, 403), ("hugo.office", 403), ("partner:centre-demo", 403), ("rival.seller", 404), ("otto.operator", 201)] {
        assert_eq!(world.post(who, "/partners/centre-demo/signing-secret", &json!({})).await.status, status, "{who}");
    }
    let keyed = [("content-type", "application/json"), ("idempotency-key", "k1")];
    let path = "/partners/centre-demo/signing-secret";
    let made = world.call(Request::post("gina.group", path).headers(&keyed).body(b"{}")).await;
    let again = world.call(Request::post("gina.group", path).headers(&keyed).body(b"{}")).await;
    assert_eq!((again.body, again.headers["idempotent-replay"].as_bytes()), (made.body.clone(), &b"true"[..]));
    assert_eq!(world.call(Request::post("gina.group", path).headers(&keyed).body(br#"{"previous_good_for_hours":1}"#)).await.status, 422);
    // A repeat that comes after a newer secret was created creates none and does not show the old one.
    assert_eq!(world.post("gina.group", path, &json!({"previous_good_for_hours": 0})).await.status, 201);
    let late = world.call(Request::post("gina.group", path).headers(&keyed).body(b"{}")).await;
    assert_eq!((late.status, late.body.get("secret")), (409, None), "{}", late.body);
    let many = world.post("gina.group", path, &json!({"previous_good_for_hours": 1000})).await;
    assert_eq!(many.faults(), ["previous_good_for_hours APT-4"]);
    // The secret is neither stored nor shown elsewhere, and cannot be derived without the system's own secret.
    let partner = PartnerId::parse("centre-demo").unwrap();
    let loaded = world.store.load(&world.scope(), &forecourt_store::Load::of([Key::Signing(partner.clone())])).await.unwrap();
    assert!(!format!("{:?}", loaded.signing(&partner)).contains(&made.text("/secret")[6..]));
}

/// APT-4: each secret is valid until its own time ends, although newer ones are created. At most four are valid at once.
#[tokio::test]
async fn apt_4_each_signing_secret_keeps_its_own_grace_period() {
    let world = World::new().await;
    external(&world, "c-1").await;
    let first = secret(&world, &json!({})).await;
    let second = secret(&world, &json!({"previous_good_for_hours": 48})).await;
    let third = secret(&world, &json!({"previous_good_for_hours": 1})).await;
    let fourth = secret(&world, &json!({"previous_good_for_hours": 2})).await;
    let body = attended("c-1", "2026-11-23T08:30:00Z");
    for (i, one) in [&first, &second, &third, &fourth].into_iter().enumerate() {
        assert_eq!(ping(&world, one, &format!("m{i}"), &body).await.status, 200, "{i}");
    }
    let path = "/partners/centre-demo/signing-secret";
    let full = world.post("gina.group", path, &json!({"previous_good_for_hours": 2})).await;
    assert_eq!(full.status, 409, "{}", full.body);
    // Without a grace period all earlier secrets end at once. This is for a leaked secret.
    let last = secret(&world, &json!({"previous_good_for_hours": 0})).await;
    for (one, status) in [(&first, 401), (&second, 401), (&third, 401), (&fourth, 401), (&last, 200)] {
        assert_eq!(ping(&world, one, "m9", &body).await.status, status);
    }
}

/// APT-5: the same ping-backs in any order end in the same state, also for the lead's event, and also if some arrive before the appointment
/// exists.
#[tokio::test]
async fn apt_5_ping_backs_in_any_order_end_in_the_same_state_of_appointment_and_event() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    let lead = world.lead(&enquiry("jana")).await;
    let mut ends = Vec::new();
    for order in orders(4) {
        let name = format!("e-{order:?}");
        let refusals = [
            json!({"type": "appointment.moved", "external_id": name, "at": "2026-11-22T10:00:00Z", "to": "2026-11-26T09:00:00Z"}),
            json!({"type": "appointment.cancelled", "external_id": name, "at": "2026-11-22T11:00:00Z"}),
            json!({"type": "appointment.moved", "external_id": name, "at": "2026-11-22T12:00:00Z", "to": "2026-11-22T12:30:00Z"}),
            json!({"type": "appointment.missed", "external_id": name, "at": "2026-11-22T13:00:00Z", "reason": "did_not_come"}),
        ];
        let made = async || {
            let body = json!({"lead": lead, "kind": "showroom", "at": "2026-11-25T09:00:00Z", "external_id": name});
            let made = make(&world, "partner:centre-demo", &body).await;
            assert_eq!(made.status, 201, "{}", made.body);
            (made.text("/id").to_owned(), made.text("/event").to_owned())
        };
        // The appointment is created before the first ping-back, between two, or after the last.
        let position = order[0] + order[1].min(2);
        let mut named = None;
        for (i, which) in order.iter().enumerate() {
            if i == position {
                named = Some(made().await);
            }
            let reply = ping(&world, &secret, &format!("{name}-{i}"), &refusals[*which]).await;
            assert_eq!(reply.status, 200, "{}", reply.body);
        }
        let (id, event) = match named {
            Some(named) => named,
            None => made().await,
        };
        let page = seen(&world, &id).await;
        let events = world.get(ADMIN, &format!("/leads/{lead}/events")).await;
        let event = events.body["events"].as_array().unwrap().iter().find(|e| e["id"] == json!(event)).unwrap().clone();
        ends.push(json!([page["at"], page["state"], page["attendance"], page["reason"], event["at"], event["state"], event["reason"]]));
    }
    let wanted = json!(["2026-11-22T12:30:00Z", "booked", "no_show", "did_not_come", "2026-11-22T12:30:00Z", "no_show", "did_not_come"]);
    assert!(ends.iter().all(|end| *end == wanted), "{ends:?}");
    let lead = world.page(lead).await.lead;
    assert!(lead.planned.is_empty(), "nothing is left to be done: {:?}", lead.planned);
    assert_eq!(crate::support::invitations::taken(&world, lead.owner.unwrap().as_str(), "2026-11-22").await, 0);
}

fn orders(of: usize) -> Vec<Vec<usize>> {
    if of == 0 {
        return vec![Vec::new()];
    }
    let put = |rest: Vec<usize>| {
        (0..of).map(move |at| {
            let mut order = rest.clone();
            order.insert(at, of - 1);
            order
        })
    };
    orders(of - 1).into_iter().flat_map(put).collect()
}

/// APT-5: when a partner's clock is ahead, a repeated message does not undo a later change by staff, under any message id or by any route.
#[tokio::test]
async fn apt_5_a_repeat_from_a_clock_that_is_ahead_does_not_undo_a_later_change_by_staff() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    let lead = world.lead(&enquiry("jana")).await;
    let body = json!({"lead": lead, "kind": "showroom", "at": "2026-11-25T09:00:00Z", "external_id": "c-1"});
    let made = make(&world, "partner:centre-demo", &body).await;
    let (id, event) = (made.text("/id").to_owned(), made.text("/event").to_owned());
    let ahead =
        |kind: &str, to: &str| json!({"type": format!("appointment.{kind}"), "external_id": "c-1", "at": "2026-11-23T11:00:00Z", "to": to});
    let moved = ahead("moved", "2026-11-26T09:00:00Z");
    assert_eq!(ping(&world, &secret, "m1", &moved).await.text("/outcome"), "applied");
    // Staff move it on the calendar half an hour before the time that the partner's message states.
    world.advance_to("2026-11-23T10:30:00Z").await;
    let time = json!({"at": "2026-11-27T09:00:00Z"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events/{event}/time"), &time).await.status, 200);
    for (id_of_message, when) in [("m2", "2026-11-23T10:45:00Z"), ("m3", "2026-11-23T12:00:00Z")] {
        world.advance_to(when).await;
        assert_eq!(ping(&world, &secret, id_of_message, &moved).await.text("/outcome"), "known");
        assert_eq!(seen(&world, &id).await["at"], "2026-11-27T09:00:00Z");
    }
    // After a cancellation on the calendar, neither the same message nor an older one reinstates the appointment.
    assert_eq!(world.call(Request::delete(ADMIN, &format!("/leads/{lead}/events/{event}"))).await.status, 200);
    for (i, message) in
        [&moved, &json!({"type": "appointment.moved", "external_id": "c-1", "at": "2026-11-23T10:20:00Z", "to": "2026-11-28T09:00:00Z"})]
            .into_iter()
            .enumerate()
    {
        assert_eq!(ping(&world, &secret, &format!("n{i}"), message).await.text("/outcome"), "known");
        assert_eq!(seen(&world, &id).await["state"], "cancelled");
    }
    // A newer report of the partner reinstates it, and the cancellation stays in the history.
    world.advance_to("2026-11-23T13:00:00Z").await;
    let anew = json!({"type": "appointment.moved", "external_id": "c-1", "at": "2026-11-23T12:30:00Z", "to": "2026-11-28T09:00:00Z"});
    assert_eq!(ping(&world, &secret, "o1", &anew).await.text("/outcome"), "applied");
    let page = seen(&world, &id).await;
    let happened: Vec<&str> = page["history"].as_array().unwrap().iter().map(|h| h["what"].as_str().unwrap()).collect();
    assert_eq!((page["state"].as_str(), happened), (Some("booked"), vec!["made", "moved", "moved", "cancelled", "moved", "reinstated"]));
}

/// APT-4: attendance is refused for a future visit, and attendance reported for a visit does not apply after it is moved.
#[tokio::test]
async fn apt_4_attendance_is_refused_for_a_future_visit_and_does_not_apply_after_a_move() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    let mut body = appointment("jana", "2026-11-25T15:00:00+01:00");
    body["external_id"] = json!("c-1");
    let id = make(&world, "partner:centre-demo", &body).await.text("/id").to_owned();
    world.settings(|s| s.appointments.reminder_hours = 3).await;
    let path = format!("/appointments/{id}");
    let mark = async |is: &str| world.post(ADMIN, &format!("{path}/attendance"), &json!({"attendance": is})).await;
    for is in ["completed", "no_show"] {
        let refused = mark(is).await;
        assert_eq!((refused.status, refused.faults()), (422, vec!["attendance APT-4".to_owned()]), "{}", refused.body);
    }
    assert_eq!(mark("unknown").await.status, 200, "which says nothing of it");
    // An early ping-back is kept and answered `too_early`, because the move that explains it may still arrive.
    let early = ping(&world, &secret, "m1", &attended("c-1", "2026-11-23T08:30:00Z")).await;
    assert_eq!((early.status, early.text("/outcome"), early.text("/detail").is_empty()), (200, "too_early", false), "{}", early.body);
    assert_eq!(ping(&world, &secret, "m2", &attended("c-1", "2026-11-23T08:30:00Z")).await.text("/outcome"), "too_early");
    assert_eq!(seen(&world, &id).await["attendance"], "unknown");
    let moved = |at: &str, to: &str| json!({"type": "appointment.moved", "external_id": "c-1", "at": at, "to": to});
    assert_eq!(ping(&world, &secret, "m3", &moved("2026-11-23T07:00:00Z", "2026-11-23T08:00:00Z")).await.text("/outcome"), "applied");
    assert_eq!(seen(&world, &id).await["attendance"], "completed");
    // After another move the attendance is unknown, and a repeat of the earlier report has no effect.
    let there = world.post("partner:centre-demo", &format!("{path}/time"), &json!({"at": "2026-11-25T15:00:00+01:00"})).await;
    assert_eq!((there.status, there.text("/attendance")), (200, "unknown"), "{}", there.body);
    ping(&world, &secret, "m4", &attended("c-1", "2026-11-23T08:30:00Z")).await;
    assert_eq!(seen(&world, &id).await["attendance"], "unknown");
    // On the day of the visit attendance is accepted, because customers come early. A customer who has come is not reminded.
    world.advance_to("2026-11-24T23:00:00Z").await;
    let came = mark("completed").await;
    assert_eq!((came.status, came.text("/attendance")), (200, "completed"), "{}", came.body);
    world.advance_to("2026-11-25T14:00:00Z").await;
    let page = world.get(ADMIN, &path).await;
    let reminders: Vec<&Value> = page.body["letters"].as_array().unwrap().iter().filter(|letter| letter["says"] == "reminder").collect();
    assert!(!reminders.is_empty() && reminders.iter().all(|letter| letter["why"] == "no_longer_so"), "{reminders:?}");
    let happened: Vec<&str> = page.body["history"].as_array().unwrap().iter().map(|h| h["what"].as_str().unwrap()).collect();
    assert_eq!(
        happened.iter().filter(|what| **what == "completed").count(),
        2,
        "the attendance at the first time is recorded: {happened:?}"
    );
    // The same holds for an event that is an appointment.
    let lead = world.lead(&enquiry("kim")).await;
    let drive = world
        .post(
            ADMIN,
            &format!("/leads/{lead}/events"),
            &json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-26T10:00:00+01:00"}),
        )
        .await;
    let event = format!("/leads/{lead}/events/{}", drive.text("/id"));
    for (deed, body) in [("completion", json!({})), ("no-show", json!({"reason": "did_not_come"}))] {
        let refused = world.post(ADMIN, &format!("{event}/{deed}"), &body).await;
        assert_eq!((refused.status, refused.faults()), (422, vec!["attendance APT-4".to_owned()]), "{}", refused.body);
    }
}
