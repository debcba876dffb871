//! Appointments are created, moved, cancelled and attended by users and other systems, and customers are notified (APT-1 to APT-4, ACC-1).

use crate::support::appointments::{WHEN, appointment, made, make, seen};
use crate::support::dealers::of_dealer;
use crate::support::invitations::taken;
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::AppointmentOrigin;
use forecourt_local::partner_queue::Queued;
use serde_json::{Value, json};

async fn keyed(world: &World, path: &str, key: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    world.call(Request::post(ADMIN, path).headers(&headers).body(body.to_string().as_bytes())).await
}

/// ACC-1: the role of a user or partner decides whether it can create, read and change an appointment.
#[tokio::test]
async fn acc_1_roles_limit_creating_reading_and_changing_appointments() {
    let world = World::at("2026-11-25T08:00:00Z").await;
    let mut body = appointment("jana", WHEN);
    body["user"] = json!("anna.vogt");
    let of_anna = made(&world, ADMIN, &body).await;
    let by_centre = made(&world, "chris.center", &body).await;
    let mut other = body.clone();
    other["external_id"] = json!("c-1");
    let of_partner = made(&world, "partner:centre-demo", &other).await;
    let table = [
        // The columns: the user, then the statuses of creating, of reading and of marking an appointment of anna.vogt, and of reading the
        // partner's.
        ("anna.vogt", 201, 200, 200, 200),
        ("ben.krause", 201, 404, 404, 404),
        ("helga.stern", 201, 200, 200, 200),
        ("ingo.brandt", 201, 200, 200, 200),
        ("gina.group", 201, 200, 200, 200),
        ("hugo.office", 403, 200, 403, 200),
        ("chris.center", 201, 200, 200, 200),
        ("otto.operator", 403, 403, 403, 403),
        ("alice.moore", 404, 404, 404, 404),
        ("dan.rivera", 404, 404, 404, 404),
        ("rival.seller", 422, 404, 404, 404),
        ("partner:centre-demo", 201, 404, 404, 200),
        ("partner:dms-demo", 422, 404, 404, 404),
        ("partner:portal-demo", 403, 403, 403, 403),
        ("", 401, 401, 401, 401),
    ];
    for (who, makes, reads, marks, reads_partners) in table {
        let got = [
            make(&world, who, &body).await.status,
            world.get(who, &format!("/appointments/{of_anna}")).await.status,
            world.post(who, &format!("/appointments/{of_anna}/attendance"), &json!({"attendance": "completed"})).await.status,
            world.get(who, &format!("/appointments/{of_partner}")).await.status,
        ];
        assert_eq!(got, [makes, reads, marks, reads_partners], "{who}");
    }
    let page = seen(&world, &by_centre).await;
    assert_eq!((page.text("/origin"), page.text("/team"), page.text("/by")), ("forecourt", "contact_centre", "user:chris.center"));
    let page = seen(&world, &of_partner).await;
    let from = (page.text("/origin"), page.text("/team"), page.text("/by"), page.text("/external_id"));
    assert_eq!(from, ("contact_centre", "contact_centre", "partner:centre-demo", "c-1"));
    assert_eq!(world.get("otto.operator", &format!("/appointments/{of_anna}")).await.text("/right"), "read_appointments");
    // The supervisor of anna.vogt sees hers, and so does the creator of an appointment. If no user is named, the seller who creates it is
    // the salesperson.
    let own = made(&world, "ben.krause", &appointment("kim", WHEN)).await;
    assert_eq!(seen(&world, &own).await.text("/user"), "ben.krause");
    body["user"] = json!("anna.vogt");
    let for_anna = made(&world, "ben.krause", &body).await;
    // Overview and single reads show the same appointments. Only head office may export.
    for who in ["anna.vogt", "ben.krause", "helga.stern", "ingo.brandt", "gina.group", "hugo.office", "chris.center", "alice.moore"] {
        let overview = world.get(who, "/overview/appointments").await;
        let rows: Vec<&str> = overview.body["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        for id in [&of_anna, &by_centre, &of_partner, &own, &for_anna] {
            let single = world.get(who, &format!("/appointments/{id}")).await.status == 200;
            assert_eq!(rows.contains(&id.as_str()), single, "{who} {id}");
        }
        let export = world.post(who, "/exports", &json!({"what": "appointments"})).await;
        assert_eq!(export.status == 403, who != "hugo.office", "{who} {}", export.body);
    }
}

/// APT-2: the origin follows from the sender, and each dealer chooses the origins that it accepts.
#[tokio::test]
async fn apt_2_the_sender_determines_the_origin_and_each_dealer_chooses_accepted_origins() {
    let world = World::new().await;
    let mut body = appointment("jana", WHEN);
    body["external_id"] = json!("d-1");
    // No sender can name another origin.
    let mut named = body.clone();
    named["origin"] = json!("contact_centre");
    assert_eq!(make(&world, "partner:dms-demo", &named).await.faults(), ["origin API-1"]);
    let refused = make(&world, "partner:dms-demo", &body).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["origin APT-2".to_owned()]), "{}", refused.body);
    world.settings(|s| s.appointments.origins = [AppointmentOrigin::DealerSystem].into()).await;
    let id = made(&world, "partner:dms-demo", &body).await;
    assert_eq!(seen(&world, &id).await.text("/origin"), "dealer_system");
    for who in [ADMIN, "partner:centre-demo"] {
        let other = appointment("jana", WHEN);
        assert_eq!(make(&world, who, &other).await.faults(), ["origin APT-2"], "{who}");
    }
}

/// APT-2: telephone and e-mail appointments of the dealer's own system are acknowledged and counted once, but not stored.
#[tokio::test]
async fn apt_2_telephone_and_email_appointments_of_a_dealer_system_are_counted_and_not_stored() {
    let world = World::new().await;
    world.settings(|s| s.appointments.origins = [AppointmentOrigin::DealerSystem, AppointmentOrigin::Forecourt].into()).await;
    let call = |id: &str, kind: &str| {
        let mut body = appointment("jana", WHEN);
        (body["external_id"], body["kind"]) = (json!(id), json!(kind));
        body
    };
    for (id, kind) in [("t-1", "telephone"), ("t-1", "telephone"), ("m-1", "email"), ("t-2", "telephone")] {
        let reply = make(&world, "partner:dms-demo", &call(id, kind)).await;
        assert_eq!((reply.status, &reply.body["processed"]), (200, &json!(false)), "{}", reply.body);
    }
    assert_eq!(make(&world, "partner:dms-demo", &call("t-1", "email")).await.status, 422, "the same name for something else");
    let count = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/appointments/unprocessed")).await;
    assert_eq!((&count.body["telephone"], &count.body["email"]), (&json!(2), &json!(1)), "{}", count.body);
    assert_eq!(world.get("partner:dms-demo", &format!("/dealers/{NORDSTERN}/appointments/unprocessed")).await.status, 403);
    world.system.settle().await;
    assert!(mails_to(&world, "jana").is_empty());
    // Appointments of the same kinds that users create are processed.
    let mut here = appointment("kim", WHEN);
    here["kind"] = json!("telephone");
    made(&world, ADMIN, &here).await;
}

/// APT-1, CAL-7, ESC-7: an appointment of a lead is an event on the lead's calendar, and the two always agree.
#[tokio::test]
async fn apt_1_an_appointment_of_a_lead_and_its_calendar_event_always_agree() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let body = json!({"lead": lead, "kind": "showroom", "at": WHEN});
    assert_eq!(make(&world, "ben.krause", &body).await.faults(), ["lead APT-1"], "not a lead that he sees");
    assert_eq!(world.post("sophie.clarke", "/dealers/harbour-cars-demo/appointments", &body).await.faults(), ["lead APT-1"]);
    let id = made(&world, "chris.center", &body).await;
    let page = seen(&world, &id).await;
    assert_eq!((page.text("/lead"), page.text("/customer/name"), page.text("/user")), (lead.to_string().as_str(), "jana", "anna.vogt"));
    assert_eq!(mails_to(&world, "jana").len(), 1, "by the lead's own address");
    let event = page.text("/event").to_owned();
    assert_eq!(taken(&world, "anna.vogt", "2026-11-25").await, 4);
    assert_eq!(world.get(ADMIN, &format!("/leads/{lead}")).await.text("/reaction/kind"), "appointment");
    let events = async || world.get(ADMIN, &format!("/leads/{lead}/events")).await.body["events"].clone();
    assert_eq!((&events().await[0]["id"], &events().await[0]["title"]), (&json!(event), &json!("Showroom Appointment")));
    // Moving the appointment moves the event, and moving the event moves the appointment.
    let moved = world.post("chris.center", &format!("/appointments/{id}/time"), &json!({"at": "2026-11-26T10:00:00+01:00"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!((&events().await[0]["at"], taken(&world, "anna.vogt", "2026-11-25").await), (&json!("2026-11-26T09:00:00Z"), 0));
    world.post(ADMIN, &format!("/leads/{lead}/events/{event}/time"), &json!({"at": "2026-11-27T10:00:00+01:00"})).await;
    assert_eq!(seen(&world, &id).await.text("/at"), "2026-11-27T09:00:00Z");
    world.advance_to("2026-11-27T12:00:00Z").await;
    for (attendance, state) in [("no_show", "no_show"), ("completed", "completed"), ("unknown", "incomplete"), ("completed", "completed")] {
        let reply = world.post(ADMIN, &format!("/appointments/{id}/attendance"), &json!({"attendance": attendance})).await;
        assert_eq!((reply.status, reply.text("/attendance")), (200, attendance), "{}", reply.body);
        assert_eq!(events().await[0]["state"], json!(state));
    }
    // An appointment that was made on the calendar or by the customer is changed there, except for its attendance.
    let drive =
        world.post(ADMIN, &format!("/leads/{lead}/events"), &json!({"title": "Drive", "type": "booked_test_drive", "at": WHEN})).await;
    let drive_id = format!("{lead}-{}", drive.text("/id"));
    let refused = world.post(ADMIN, &format!("/appointments/{drive_id}/cancellation"), &json!({})).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text("/detail").contains(&format!("/leads/{lead}/events/{}", drive.text("/id"))), "{}", refused.body);
    assert_eq!(world.call(Request::patch(ADMIN, &format!("/appointments/{id}")).json(&json!({"notes": "x"})).version(9)).await.status, 412);
    let came = world.post(ADMIN, &format!("/appointments/{drive_id}/attendance"), &json!({"attendance": "completed"})).await;
    assert_eq!((came.status, came.text("/attendance")), (200, "completed"), "{}", came.body);
    let done = events().await.as_array().unwrap().iter().filter(|event| event["state"] == "completed").count();
    assert_eq!(done, 2);
}

/// INT-5: a repeated request returns the same appointment and the first response.
#[tokio::test]
async fn int_5_a_repeated_appointment_request_gets_the_first_response() {
    let world = World::new().await;
    let path = format!("/dealers/{NORDSTERN}/appointments");
    let first = keyed(&world, &path, "k1", &appointment("jana", WHEN)).await;
    let id = first.text("/id").to_owned();
    world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-26T10:00:00+01:00"})).await;
    let again = keyed(&world, &path, "k1", &appointment("jana", WHEN)).await;
    assert_eq!((again.status, &again.body, again.headers["idempotent-replay"].to_str().unwrap()), (201, &first.body, "true"));
    assert_eq!(again.headers["location"].to_str().unwrap(), format!("/appointments/{id}"));
    assert_eq!(keyed(&world, &path, "k1", &appointment("kim", WHEN)).await.status, 422);
    let mut external = appointment("jana", WHEN);
    external["external_id"] = json!("c-1");
    let first = make(&world, "partner:centre-demo", &external).await;
    assert_eq!(make(&world, "partner:centre-demo", &external).await.body, first.body);
    external["at"] = json!("2026-11-26T10:00:00+01:00");
    let other = make(&world, "partner:centre-demo", &external).await;
    assert_eq!((other.status, other.text("/type")), (422, "urn:forecourt:problem:reused"));
    // A change that is repeated after other changes is not applied again.
    let time = format!("/appointments/{id}/time");
    let there = json!({"at": "2026-11-27T10:00:00+01:00"});
    keyed(&world, &time, "m1", &there).await;
    for day in 10..31 {
        keyed(&world, &time, &format!("n{day}"), &json!({"at": format!("2026-12-{day}T10:00:00+01:00")})).await;
    }
    let again = keyed(&world, &time, "m1", &there).await;
    assert_eq!((again.text("/at"), again.headers["idempotent-replay"].to_str().unwrap()), ("2026-12-30T09:00:00Z", "true"));
    assert_eq!(keyed(&world, &time, "m1", &json!({"at": WHEN})).await.status, 422);
}

/// INT-6, OVR-1: customers are counted as persons: by e-mail address, and by telephone number if the names agree.
#[tokio::test]
async fn int_6_customers_with_a_common_channel_are_one_person() {
    let world = World::new().await;
    let person = json!({"type": "used_car", "contact": {"last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"}});
    let lead = world.lead(&person).await;
    let known = world.page(lead).await.lead.contact_id;
    let who = async |customer: Value| {
        let id = made(&world, ADMIN, &json!({"customer": customer, "kind": "showroom", "at": WHEN})).await;
        let page = world.store.appointment_page(&world.scope(), &id.parse().unwrap()).await.unwrap().unwrap();
        page.appointment.customer_id
    };
    assert_eq!(who(json!({"name": "Jana", "email": "JANA@example.com"})).await, known);
    assert_eq!(who(json!({"name": "Jana Petersen", "phone": "+491712345678"})).await, known, "an alias leads to the record");
    assert_ne!(who(json!({"name": "Karl Lang", "phone": "+491712345678"})).await, known, "somebody else on the same telephone");
    // A prefix belongs to the last name in an enquiry and in an appointment, also where two people share the telephone.
    for (first, last) in [("Piet", "Kruse"), ("Jan", "van der Berg")] {
        let lead =
            world.lead(&json!({"type": "used_car", "contact": {"first_name": first, "last_name": last, "phone": "0171 6666666"}})).await;
        let person = world.page(lead).await.lead.contact_id;
        for name in [format!("{first} {last}"), format!("{first} {last} -"), format!("{last}, {first}")] {
            assert_eq!(who(json!({"name": name, "phone": "0171 6666666"})).await, person, "{name}");
        }
    }
    let stranger = who(json!({"name": "Kim", "email": "kim@example.com"})).await;
    assert!(stranger.is_some() && stranger != known);
    assert_eq!(who(json!({"name": "Kim", "email": "kim@example.com", "phone": "0171 9999999"})).await, stranger);
    // A request with both channels has joined them, for appointments and for enquiries. Two customers without a common channel remain two.
    assert_eq!(who(json!({"name": "KIM", "phone": "0171 9999999"})).await, stranger);
    let kim = json!({"type": "used_car", "contact": {"last_name": "Kim", "phone": "0171 9999999"}});
    let lead = world.lead(&kim).await;
    assert_eq!(world.page(lead).await.lead.contact_id, stranger);
    let (by_mail, by_phone) =
        (who(json!({"name": "Lou", "email": "lou@example.com"})).await, who(json!({"name": "Lou", "phone": "0171 8888888"})).await);
    assert!(by_mail != by_phone && by_mail != stranger);
    // A correction updates the directory too: the number now belongs to Mia, who made her appointment by mail.
    let mia = made(&world, ADMIN, &json!({"customer": {"name": "Mia", "email": "mia@example.com"}, "kind": "showroom", "at": WHEN})).await;
    let number = json!({"customer": {"phone": "0171 7777777"}});
    assert_eq!(world.call(Request::patch(ADMIN, &format!("/appointments/{mia}")).json(&number).version(1)).await.status, 200);
    let by_number = who(json!({"name": "Mia", "phone": "0171 7777777"})).await;
    assert_eq!(by_number, who(json!({"name": "Mia", "email": "mia@example.com"})).await);
}

/// APT-1: all errors of a request are returned at once, and a correction requires the version.
#[tokio::test]
async fn apt_1_all_errors_are_returned_at_once_and_a_correction_requires_the_version() {
    let world = World::new().await;
    let bad = json!({"customer": {"email": "jana", "phone": "12", "refuses": ["fax"]}, "kind": "x", "at": "soon", "user": "hugo.office"});
    let reply = make(&world, ADMIN, &bad).await;
    let wanted = ["customer.email INT-3", "customer.phone INT-3", "customer.refuses APT-3", "kind APT-1", "at APT-1"];
    assert_eq!((reply.status, reply.faults()), (422, wanted.map(str::to_owned).to_vec()), "{}", reply.body);
    let mut nobody = appointment("jana", WHEN);
    nobody["customer"] = json!({"name": "Jana"});
    assert_eq!(make(&world, ADMIN, &nobody).await.faults(), ["customer INT-3"]);
    let mut far = appointment("jana", "2050-01-01T00:00:00Z");
    far["user"] = json!("hugo.office");
    assert_eq!(make(&world, ADMIN, &far).await.faults(), ["user APT-1", "at APT-1"]);
    let mut body = appointment("jana", WHEN);
    body["user"] = json!("anna.vogt");
    let id = made(&world, ADMIN, &body).await;
    let path = format!("/appointments/{id}");
    let change = json!({"user": "ben.krause", "notes": "brings the old car", "customer": {"phone": "", "email": "j@example.com"}});
    assert_eq!(world.call(Request::patch(ADMIN, &path).json(&change)).await.status, 428);
    assert_eq!(world.call(Request::patch(ADMIN, &path).json(&change).version(7)).await.status, 412);
    let changed = world.call(Request::patch(ADMIN, &path).json(&change).version(1)).await;
    assert_eq!(
        (changed.status, changed.text("/user"), changed.text("/customer/email"), &changed.body["customer"]["phone"]),
        (200, "ben.krause", "j@example.com", &Value::Null)
    );
    assert_eq!((taken(&world, "anna.vogt", "2026-11-25").await, taken(&world, "ben.krause", "2026-11-25").await), (0, 4));
    assert_eq!(world.get("anna.vogt", &path).await.status, 404);
    let bad = world.call(Request::patch(ADMIN, &path).json(&json!({"customer": {"email": ""}})).version(2)).await;
    assert_eq!(bad.faults(), ["customer INT-3"]);
    let reason = world.post(ADMIN, &format!("{path}/attendance"), &json!({"attendance": "no_show", "reason": "martians"})).await;
    assert_eq!(reason.faults(), ["reason CAL-4"]);
    // A workshop booking is made like any other appointment.
    let mut workshop = appointment("kim", WHEN);
    workshop["kind"] = json!("workshop");
    made(&world, ADMIN, &workshop).await;
    assert_eq!(world.get(ADMIN, &of_dealer("appointment-settings")).await.status, 200);
}

/// APT-2: partners can send the same by queue, in any order. Only an invalid message goes to the dead-letter queue.
#[tokio::test]
async fn apt_2_partners_send_appointments_and_reports_by_queue_in_any_order() {
    let world = World::new().await;
    let put = |id: &str, sender: &str, dealer: Option<&str>, body: &Value| {
        let attributes = dealer.map(|dealer| ("dealer".to_owned(), dealer.to_owned())).into_iter().collect();
        let message = Queued { id: id.into(), sender: sender.into(), body: body.to_string(), attributes, ..Queued::default() };
        world.system.appointments.put(&message).unwrap();
    };
    let mut body = appointment("jana", WHEN);
    body["external_id"] = json!("q-1");
    let message = json!({"appointment": body, "dealer": NORDSTERN});
    put(
        "m0",
        "AIDADEMOCENTRE",
        None,
        &json!({"type": "appointment.moved", "external_id": "q-1", "at": "2026-11-22T10:00:00Z", "to": "2026-11-22T10:30:00Z"}),
    );
    put("m1", "AIDADEMOCENTRE:session", None, &message);
    put("m2", "AIDADEMOCENTRE", Some(NORDSTERN), &message);
    put("m3", "AIDADEMOCENTRE", None, &json!({"type": "appointment.attended", "external_id": "q-1", "at": "2026-11-22T11:00:00Z"}));
    let mut unnamed = message.clone();
    unnamed["appointment"].as_object_mut().unwrap().remove("external_id");
    put("b1", "AIDADEMOCENTRE", None, &unnamed);
    put("b2", "AIDADEMOPORTAL", None, &message);
    put("b3", "AIDANOBODY", None, &message);
    put("b4", "AIDADEMOCENTRE", Some("rival-dealer"), &message);
    put("b5", "AIDADEMOCENTRE", None, &json!({"type": "appointment.vanished", "external_id": "q-1", "at": "2026-11-22T11:00:00Z"}));
    world.system.settle().await;
    let dead: Vec<String> = world.system.appointments.dead().unwrap().into_iter().map(|message| message.id).collect();
    assert_eq!(dead, ["b1", "b2", "b3", "b4", "b5"]);
    let same = make(&world, "partner:centre-demo", &body).await;
    assert_eq!((same.status, same.headers.get("idempotent-replay").is_some()), (201, true), "HTTP and queue are one door");
    let page = seen(&world, same.text("/id")).await;
    assert_eq!((page.text("/at"), page.text("/attendance"), mails_to(&world, "jana").len()), ("2026-11-22T10:30:00Z", "completed", 0));
}

/// APT-1, APT-3: the appointment's own data can be corrected even if it is an event. The same commit changes the salesperson of both.
#[tokio::test]
async fn apt_1_correcting_an_appointment_of_a_lead_also_changes_the_user_of_its_event() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": WHEN});
    let drive = world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await;
    let here = made(&world, ADMIN, &json!({"lead": lead, "kind": "showroom", "at": "2026-11-26T10:00:00+01:00"})).await;
    let events = async || world.get(ADMIN, &format!("/leads/{lead}/events")).await.body["events"].clone();
    for (id, event, day) in [(format!("{lead}-{}", drive.text("/id")), 1, "2026-11-25"), (here, 0, "2026-11-26")] {
        let path = format!("/appointments/{id}");
        let page = seen(&world, &id).await;
        assert_eq!((page.text("/user"), taken(&world, "anna.vogt", day).await), ("anna.vogt", 4));
        let change = json!({"user": "ben.krause", "notes": "by train", "customer": {"refuses": ["email"]}});
        let changed = world.call(Request::patch(ADMIN, &path).json(&change).version(1)).await;
        assert_eq!((changed.status, changed.text("/user"), changed.text("/notes")), (200, "ben.krause", "by train"), "{}", changed.body);
        assert_eq!((&changed.body["customer"]["refuses"], changed.text("/at")), (&json!(["email"]), page.text("/at")));
        assert_eq!((taken(&world, "anna.vogt", day).await, taken(&world, "ben.krause", day).await), (0, 4));
        assert_eq!((&events().await[event]["user"], &events().await[event]["state"]), (&json!("ben.krause"), &json!("incomplete")));
        assert_eq!(
            world.call(Request::patch(ADMIN, &path).json(&json!({"user": "hugo.office"})).version(2)).await.faults(),
            ["user APT-1"]
        );
        let elsewhere = world
            .call(Request::patch(ADMIN, &path).json(&json!({"at": WHEN, "state": "cancelled", "attendance": "completed"})).version(2))
            .await;
        assert_eq!(elsewhere.faults(), ["at APT-1", "state APT-1", "attendance APT-1"]);
        // Without a user, the appointment belongs to the owner of the lead.
        let back = world.call(Request::patch(ADMIN, &path).json(&json!({"user": ""})).version(2)).await;
        assert_eq!(
            (back.status, back.text("/user"), &events().await[event]["user"]),
            (200, "anna.vogt", &json!("anna.vogt")),
            "{}",
            back.body
        );
    }
    let timeline = world.get(ADMIN, &format!("/leads/{lead}/timeline")).await;
    assert_eq!(timeline.body.to_string().matches("event_given").count(), 4, "{}", timeline.body);
    // A customer who refuses mail gets no reminder by mail.
    world.advance_to("2026-11-26T12:00:00Z").await;
    assert_eq!(mails_to(&world, "jana").len(), 2, "two confirmations, no reminder");
}
