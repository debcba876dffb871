//! Appointments under changes from outside: misspelt fields, leads of other users, new settings, times in the past (APT-3, APT-5).

use crate::support::appointments::{WHEN, appointment, made, make, seen};
use crate::support::letters::{letters, mails_to};
use crate::support::pingbacks::{ping, real, secret, sent};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, enquiry};
use forecourt_domain::appointment::LetterClaim;
use forecourt_domain::base::{AppointmentOrigin, Medium, PartnerId};
use forecourt_domain::messages::{Letter, LetterKind, Retry};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};

async fn corrected(world: &World, id: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("if-match", "*")];
    world.call(Request::patch(ADMIN, &format!("/appointments/{id}")).headers(&headers).body(body.to_string().as_bytes())).await
}

/// API-1: a misspelt field is refused, in the request of a user and of another system.
#[tokio::test]
async fn api_1_unknown_fields_of_an_appointment_are_refused_from_users_and_systems() {
    let world = World::new().await;
    let mut body = appointment("jana", WHEN);
    body["customer"]["refuse"] = json!(["email"]);
    let refused = make(&world, ADMIN, &body).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["customer.refuse API-1".to_owned()]), "{}", refused.body);
    let mut typo = appointment("jana", WHEN);
    typo["usr"] = json!("anna.vogt");
    assert_eq!(make(&world, ADMIN, &typo).await.faults(), ["usr API-1"]);
    body["usr"] = json!("anna.vogt");
    body["external_id"] = json!("c-1");
    let of_system = make(&world, "partner:centre-demo", &body).await;
    assert_eq!((of_system.status, of_system.faults()), (422, vec!["usr API-1".to_owned(), "customer.refuse API-1".to_owned()]));
    assert!(of_system.body.to_string().contains("known fields are name, email, phone, language, refuses"), "{}", of_system.body);
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    let wrong = corrected(&world, &id, &json!({"customer": {"refuse": ["email"]}})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["customer.refuse API-1".to_owned()]), "{}", wrong.body);
}

/// LEAD-9, ACC-1: if the lead is outside the user's scope, its appointment does not show the contact's address either.
#[tokio::test]
async fn lead_9_an_appointment_hides_the_contacts_address_if_the_lead_is_out_of_scope() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "anna.vogt"})).await;
    let id = made(&world, ADMIN, &json!({"lead": lead, "kind": "showroom", "at": WHEN, "user": "ben.krause"})).await;
    assert_eq!(seen(&world, &id).await.text("/letters/0/to"), "jana@example.com");
    assert_eq!(world.get("ben.krause", &format!("/leads/{lead}")).await.status, 404);
    let page = world.get("ben.krause", &format!("/appointments/{id}")).await;
    assert_eq!((page.status, page.text("/letters/0/fate"), page.body["letters"][0].get("to")), (200, "sent", None), "{}", page.body);
}

/// ACC-1: a dealer's own system can name only leads of its own intake. For other leads the response is the same as for unknown ones.
#[tokio::test]
async fn acc_1_a_dealer_system_creates_appointments_only_for_leads_of_its_own_intake() {
    let world = World::new().await;
    world.settings(|s| s.appointments.origins = [AppointmentOrigin::DealerSystem].into()).await;
    let of = |lead: &str| json!({"external_id": format!("d-{lead}"), "lead": lead, "kind": "showroom", "at": WHEN});
    let foreign = world.lead(&enquiry("jana")).await.to_string();
    let elsewhere = world.post("gina.group", "/dealers/lakeside-motors-demo/leads", &enquiry("kim")).await.text("/id").to_owned();
    let mut answers = Vec::new();
    for lead in [&foreign, &elsewhere] {
        let mut refused = make(&world, "partner:dms-demo", &of(lead)).await;
        refused.body.as_object_mut().unwrap().remove("request_id");
        answers.push((refused.status, refused.faults(), refused.body));
    }
    assert_eq!((answers[0].0, &answers[0].1), (422, &vec!["lead APT-1".to_owned()]), "{answers:?}");
    assert_eq!(answers[0], answers[1]);
    // It names its own enquiry by the receipt, and learns nothing of the lead.
    let own = world.post("partner:dms-demo", &format!("/dealers/{NORDSTERN}/leads"), &enquiry("mara")).await;
    let lead = world.lead_of(&own).await;
    let customer = json!({"name": "Mara", "email": "mara@example.com"});
    let by = |receipt: &str| json!({"external_id": "d-r", "enquiry": receipt, "customer": customer, "kind": "showroom", "at": WHEN});
    let portal = world.send(&enquiry("sam")).await;
    for foreign in [portal.text("/receipt"), "nothing"] {
        assert_eq!(make(&world, "partner:dms-demo", &by(foreign)).await.faults(), ["enquiry APT-1"]);
    }
    let visit = make(&world, "partner:dms-demo", &by(own.text("/receipt"))).await;
    assert_eq!((visit.status, visit.body.get("event")), (201, None), "{}", visit.body);
    let path = format!("/appointments/{}", visit.text("/id"));
    let shown = world.get("partner:dms-demo", &path).await;
    assert_eq!(
        (&shown.body["lead"], &shown.body["event"], &shown.body["user"]),
        (&json!(null), &json!(null), &json!(null)),
        "{}",
        shown.body
    );
    assert_eq!(world.get(ADMIN, &path).await.text("/lead"), lead.to_string());
    // When the lead has moved to another dealer, the appointment is made without it, and the answer is the same.
    world.post("gina.group", &format!("/leads/{lead}/assignment"), &json!({"dealer": "harbour-cars-demo", "appointments": "move"})).await;
    let again = make(&world, "partner:dms-demo", &by(own.text("/receipt"))).await;
    assert_eq!((again.status, &again.body), (201, &visit.body), "the first answer, which does not show where the lead is");
    // It still reads and moves its appointment, and reports that the customer has cancelled it.
    assert_eq!(world.get(ADMIN, &path).await.status, 404, "the appointment is at the other dealer");
    let shown = world.get("partner:dms-demo", &path).await;
    assert_eq!((shown.status, shown.text("/dealer")), (200, NORDSTERN), "{}", shown.body);
    let version = shown.body["version"].as_u64().unwrap();
    let seller = world.call(Request::patch("partner:dms-demo", &path).json(&json!({"user": "no.body"})).version(version)).await;
    assert!(seller.faults() == ["user APT-1"] && !seller.body.to_string().contains("harbour"), "{}", seller.body);
    let moved = world.post("partner:dms-demo", &format!("{path}/time"), &json!({"at": "2026-11-26T10:00:00+01:00"})).await;
    assert_eq!((moved.status, moved.text("/dealer")), (200, NORDSTERN), "{}", moved.body);
    // The history names no user of the other dealer.
    let event = format!("/leads/{lead}/events/{}/time", visit.text("/id"));
    let by_user = world.post("sophie.clarke", &event, &json!({"at": "2026-11-26T11:00:00+01:00"})).await;
    assert_eq!(by_user.status, 200, "{}", by_user.body);
    let shown = world.get("partner:dms-demo", &path).await;
    assert_eq!((shown.text("/at"), shown.text("/history/2/by")), ("2026-11-26T10:00:00Z", "user"), "{}", shown.body);
    assert!(!shown.body.to_string().contains("sophie"), "{}", shown.body);
    assert_eq!(world.get("gina.group", &path).await.text("/history/2/by"), "user:sophie.clarke");
    assert_eq!(world.post("gina.group", "/partners/dms-demo/signing-secret", &json!({})).await.status, 201);
    let dms = PartnerId::parse("dms-demo").unwrap();
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Signing(dms.clone())])).await.unwrap();
    let secret = world.store.secret().webhook(&world.scope(), &dms, &loaded.signing(&dms).unwrap().current).unwrap();
    world.advance_to("2026-11-23T09:05:00Z").await;
    let report = json!({"type": "appointment.cancelled", "external_id": "d-r", "at": "2026-11-23T09:04:00Z"}).to_string();
    let timestamp = real().to_string();
    let signature = secret.sign("m-1", &timestamp, report.as_bytes());
    let reported = sent(&world, "/pingbacks/demo-group/dms-demo", ["m-1", &timestamp, &signature], &report).await;
    assert_eq!((reported.status, reported.text("/outcome")), (200, "applied"), "{}", reported.body);
    assert_eq!(world.get("gina.group", &path).await.text("/state"), "cancelled");
    let mut later = by(own.text("/receipt"));
    later["external_id"] = json!("d-s");
    let later = make(&world, "partner:dms-demo", &later).await;
    assert_eq!((later.status, later.body.as_object().unwrap().len()), (201, visit.body.as_object().unwrap().len()), "{}", later.body);
}

/// APT-3: a customer who allows a medium later gets one confirmation and one reminder by it, although the choice changes several times.
#[tokio::test]
async fn apt_3_a_medium_allowed_later_sends_one_confirmation_and_one_reminder() {
    let world = World::new().await;
    world.settings(|s| s.appointments.media = [Medium::Email, Medium::Sms].into()).await;
    let mut body = appointment("jana", WHEN);
    body["customer"]["refuses"] = json!(["sms"]);
    let id = made(&world, ADMIN, &body).await;
    for refuses in [json!([]), json!(["sms"]), json!([])] {
        assert_eq!(corrected(&world, &id, &json!({"customer": {"refuses": refuses}})).await.status, 200);
        world.system.settle().await;
    }
    world.advance_to("2026-11-25T08:30:00Z").await;
    let all = letters(&seen(&world, &id).await);
    let count = |line: &str| all.iter().filter(|letter| *letter == line).count();
    let counts =
        ["confirmation sms sent", "confirmation sms suppressed already_told", "reminder sms sent", "reminder email sent"].map(count);
    assert_eq!(counts, [1, 1, 1, 1], "{all:?}");
    assert_eq!(world.system.mailbox.sms().len(), 2);
}

/// APT-3: a queued reminder follows the settings that apply when it is due.
#[tokio::test]
async fn apt_3_queued_reminders_follow_new_settings() {
    let world = World::new().await;
    world.settings(|s| s.appointments.media = [Medium::Email, Medium::Sms].into()).await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    let later = made(&world, ADMIN, &appointment("mara", "2026-11-27T10:00:00+01:00")).await;
    world
        .settings(|s| {
            s.appointments.media = [Medium::Email].into();
            s.appointments.reminder_hours = 2;
        })
        .await;
    world.advance_to("2026-11-24T12:00:00Z").await;
    assert_eq!(letters(&seen(&world, &id).await)[2..], ["reminder email queued", "reminder sms suppressed not_used"]);
    world.advance_to("2026-11-25T08:00:00Z").await;
    assert_eq!(letters(&seen(&world, &id).await)[2], "reminder email sent");
    assert!(mails_to(&world, "jana")[1].1.starts_with("11-25 07:00"), "two hours before");
    world.settings(|s| s.appointments.reminder_hours = 0).await;
    world.advance_to("2026-11-27T08:00:00Z").await;
    assert_eq!(letters(&seen(&world, &later).await)[2..], ["reminder email suppressed not_used", "reminder sms suppressed not_used"]);
}

/// APT-3: a user cannot move a future appointment to a past time. When another system does so, the customer is notified.
#[tokio::test]
async fn apt_3_only_another_system_can_move_to_a_past_time_and_the_customer_is_notified() {
    let world = World::at("2026-11-23T16:17:00Z").await;
    let secret = secret(&world, &json!({})).await;
    let mut body = appointment("jana", "2026-11-23T19:00:00+01:00");
    body["external_id"] = json!("c-1");
    let id = made(&world, "partner:centre-demo", &body).await;
    world.system.settle().await;
    let refused = world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-23T09:00:00+01:00"})).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["at APT-3".to_owned()]), "{}", refused.body);
    let moved = json!({"type": "appointment.moved", "external_id": "c-1", "at": "2026-11-23T16:10:00Z", "to": "2026-11-16T09:00:00Z"});
    assert_eq!(ping(&world, &secret, "m1", &moved).await.text("/outcome"), "applied");
    let page = seen(&world, &id).await;
    assert_eq!(letters(&page), ["confirmation email sent", "moved email sent"]);
    assert_eq!(mails_to(&world, "jana").len(), 2);
}

/// APT-5: the latest report also applies to a lead's appointment, after more than a hundred moves.
#[tokio::test]
async fn apt_5_the_latest_of_more_than_a_hundred_moves_applies() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    let lead = world.lead(&enquiry("jana")).await;
    let body = json!({"lead": lead, "kind": "showroom", "at": WHEN, "external_id": "c-1"});
    let id = made(&world, "partner:centre-demo", &body).await;
    for i in 0..102 {
        let (reported, to) = (at("2026-11-20T09:00:00Z"), at("2026-11-26T09:00:00Z"));
        let (reported, to) = (reported + chrono::TimeDelta::minutes(i), to + chrono::TimeDelta::minutes(i));
        let moved = json!({"type": "appointment.moved", "external_id": "c-1", "at": reported, "to": to});
        let reply = ping(&world, &secret, &format!("m{i}"), &moved).await;
        assert_eq!((reply.status, reply.text("/outcome")), (200, "applied"), "{i}: {}", reply.body);
    }
    let page = world.get(ADMIN, &format!("/appointments/{id}")).await;
    assert_eq!(page.text("/at"), "2026-11-26T10:41:00Z");
    let events = world.events(lead).await;
    assert_eq!((events[0].at, events[0].rescheduled.len()), (at("2026-11-26T10:41:00Z"), 100));
}

/// APT-3: the commit that claims a reminder also writes the appointment, so a simultaneous cancellation causes a conflict.
#[test]
fn apt_3_claiming_a_reminder_also_writes_the_appointment() {
    let appointment = crate::support::stored_appointments::appointment("a", NORDSTERN, at("2026-11-23T09:00:00Z"));
    let now = at("2026-11-24T09:00:00Z");
    let letter = Letter::of_appointment(&appointment, LetterKind::Reminder, Medium::Email, now, now);
    let dealer = forecourt_local::demo::group().unwrap().dealers.into_iter().find(|dealer| dealer.id.as_str() == NORDSTERN).unwrap();
    let Some(LetterClaim::Send(leased)) = letter.claim(Some(&appointment), &dealer.settings, now) else { panic!("it is due") };
    let leased = leased.addressed("jana@example.com", Some(&appointment)).unwrap();
    let claimed = appointment.with_notification_leased(&leased).expect("the claim is an appointment's, too");
    assert!(leased.clone().addressed("jana@example.com", Some(&claimed)).is_err(), "another reminder there is one too many");
    let failed = claimed.with_notification(&leased.failed("no answer".into(), Retry::Later, now)).unwrap();
    assert!(failed.reminding.is_empty(), "what failed may be tried again");
}

/// LEAD-7, INT-6: an address that a correction of an appointment replaces never was the customer's, unless the request says that it was, or
/// a contact of a lead has it.
#[tokio::test]
async fn lead_7_a_corrected_address_of_an_appointment_no_longer_leads_to_the_customer() {
    for (replaces, known_lead, leads_there) in
        [(None, false, false), (Some("wrong"), false, false), (Some("former"), false, true), (None, true, true)]
    {
        let world = World::new().await;
        let jana = |email: &str| json!({"first_name": "Jana", "last_name": "Petersen", "email": email, "phone": "0171 2345678"});
        let enquire = async |contact: Value| {
            let body = json!({"type": "used_car", "contact": contact});
            let reply = world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &body).await;
            (reply.status, reply.text("/id").to_owned())
        };
        let mut lead = String::new();
        if known_lead {
            lead = enquire(jana("typo@example.com")).await.1;
        }
        let customer = json!({"name": "Jana Petersen", "email": "typo@example.com", "phone": "0171 2345678"});
        let id = made(&world, ADMIN, &json!({"customer": customer, "kind": "showroom", "at": WHEN, "link": false})).await;
        let mut change = json!({"customer": {"email": "jana@example.com"}});
        if let Some(replaces) = replaces {
            change["replaces"] = json!(replaces);
        }
        let changed = corrected(&world, &id, &change).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        if !known_lead {
            lead = enquire(jana("jana@example.com")).await.1;
        }
        assert_eq!(enquire(json!({"email": "jana@example.com"})).await, (200, lead.clone()), "{replaces:?}");
        let (status, other) = enquire(json!({"first_name": "Tilo", "last_name": "Yport", "email": "typo@example.com"})).await;
        assert_eq!((status == 200, other == lead), (leads_there, leads_there), "{replaces:?} {known_lead}");
        let bad = corrected(&world, &id, &json!({"replaces": "maybe"})).await;
        assert_eq!(bad.faults(), ["replaces LEAD-7"], "{}", bad.body);
    }
}

/// INT-6: an appointment that is passed on to another customer leaves the channels of the former customer alone.
#[tokio::test]
async fn int_6_an_appointment_with_another_customer_leaves_the_channels_of_the_former_one() {
    let world = World::new().await;
    let customer_of = async |id: &str| {
        let page = world.store.appointment_page(&world.scope(), &id.parse().unwrap()).await.unwrap().unwrap();
        page.appointment.customer_id
    };
    let body = |name: &str, email: &str| json!({"customer": {"name": name, "email": email}, "kind": "showroom", "at": WHEN});
    let id = made(&world, ADMIN, &body("Jana Petersen", "jana@example.com")).await;
    let jana = customer_of(&id).await;
    let change = json!({"customer": {"name": "Karl Lang", "email": "karl@example.com"}});
    assert_eq!(corrected(&world, &id, &change).await.status, 200);
    assert_ne!(customer_of(&id).await, jana);
    assert_eq!(customer_of(&made(&world, ADMIN, &body("Jana Petersen", "jana@example.com")).await).await, jana);
}
