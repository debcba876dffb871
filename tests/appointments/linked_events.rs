//! An appointment that is a calendar event follows the event, and its customer is notified (APT-1, APT-3, CAL-8).

use crate::support::world::{ADMIN, Request, World, at, enquiry};
use forecourt_domain::appointment::{Appointment, Attended};
use forecourt_domain::base::{AppointmentId, AppointmentKind, AppointmentOrigin, AppointmentTeam, EventId, LeadId, Subject};
use forecourt_domain::messages::{Letter, LetterState, SuppressionReason};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;

async fn drive(world: &World, lead: LeadId, at: &str) -> EventId {
    let body = json!({"title": "Test drive", "type": "Booked Test Drive", "at": at});
    let reply = world.post(ADMIN, &format!("/leads/{lead}/events"), &body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.text("/id").parse().unwrap()
}

async fn appointment(world: &World, lead: LeadId, event: &EventId) -> Appointment {
    let id = AppointmentId::of_event(lead, event);
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Appointment(id.clone())])).await.unwrap();
    loaded.appointment(&id).unwrap().clone()
}

async fn letter(world: &World, lead: LeadId, event: &EventId, cause: &str) -> Letter {
    let subject = Subject::Appointment(AppointmentId::of_event(lead, event));
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Letter(subject.clone(), cause.into())])).await.unwrap();
    loaded.letter(&subject, cause).unwrap().clone()
}

/// Returns the mails to jana.
fn mails_to_jana(world: &World) -> Vec<String> {
    world.mails().into_iter().filter(|mail| mail.contains(" jana: ")).map(|mail| mail.replace(" – Autohaus Nordstern", "")).collect()
}

#[tokio::test]
async fn apt_1_a_booked_test_drive_is_one_appointment_that_follows_its_event() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let event = drive(&world, lead, "2026-11-26T10:00:00+01:00").await;
    let made = appointment(&world, lead, &event).await;
    assert_eq!((made.kind, made.origin, made.team), (AppointmentKind::TestDrive, AppointmentOrigin::Forecourt, AppointmentTeam::Dealer));
    assert_eq!((made.customer.as_str(), made.at, made.sequence), ("jana", at("2026-11-26T09:00:00Z"), 0));
    assert_eq!(made.user, world.page(lead).await.lead.owner, "the owner of the lead");
    let events = format!("/leads/{lead}/events/{event}");
    assert_eq!(world.post(ADMIN, &format!("{events}/time"), &json!({"at": "2026-11-27T10:00:00+01:00"})).await.status, 200);
    let moved = appointment(&world, lead, &event).await;
    assert_eq!((moved.at, moved.sequence, moved.moved.len()), (at("2026-11-27T09:00:00Z"), 1, 1));
    world.advance_to("2026-11-27T10:00:00Z").await;
    assert_eq!(world.post(ADMIN, &format!("{events}/completion"), &json!({})).await.status, 200);
    let done = appointment(&world, lead, &event).await;
    assert_eq!((done.attendance.is, done.attendance.as_of), (Attended::Completed, Some(at("2026-11-27T10:00:00Z"))));
    let missed = drive(&world, lead, "2026-11-27T15:00:00+01:00").await;
    let no_show = json!({"reason": "did_not_come", "follow_up": {"title": "Another try", "type": "booked_test_drive", "at": "2026-11-30T10:00:00+01:00"}});
    let ended = world.post(ADMIN, &format!("/leads/{lead}/events/{missed}/no-show"), &no_show).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    assert_eq!(appointment(&world, lead, &missed).await.attendance.is, Attended::NoShow);
    let next: EventId = ended.text("/follow_up/id").parse().unwrap();
    assert_eq!(appointment(&world, lead, &next).await.attendance.is, Attended::Unknown);
    // A telephone call planned by staff is not an appointment.
    let call = world.post(ADMIN, &format!("/leads/{lead}/events"), &json!({"title": "Call", "type": "phone_outbound"})).await;
    let id = AppointmentId::of_event(lead, &call.text("/id").parse().unwrap());
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Appointment(id.clone())])).await.unwrap();
    assert_eq!(loaded.appointment(&id), None);
}

/// APT-3: the customer gets a confirmation at once and one reminder for the current time.
#[tokio::test]
async fn apt_3_the_customer_gets_a_confirmation_at_once_and_one_reminder_for_the_current_time() {
    for world in [World::new().await, World::delivering_twice().await] {
        let lead = world.lead(&enquiry("jana")).await;
        let event = drive(&world, lead, "2026-11-26T10:00:00+01:00").await;
        world.system.settle().await;
        assert_eq!(mails_to_jana(&world), ["11-23 09:00:00 jana: Ihr Termin am 26.11.2026, 10:00 Uhr"]);
        let mail = world.system.mailbox.mails().into_iter().find(|mail| mail.to.starts_with("jana")).unwrap();
        let file = String::from_utf8(mail.attachments[0].content.clone()).unwrap();
        let read: icalendar::Calendar = file.parse().unwrap();
        assert_eq!(read.property_value("METHOD"), Some("REQUEST"));
        assert!(
            file.contains(&format!("UID:{lead}-{event}@forecourt")) && file.contains("DTSTART;TZID=Europe/Berlin:20261126T100000"),
            "{file}"
        );
        world.post(ADMIN, &format!("/leads/{lead}/events/{event}/time"), &json!({"at": "2026-11-27T21:30:00+01:00"})).await;
        world.advance_to("2026-11-27T18:59:59Z").await;
        // A day before the new time it is night, so the reminder waits for the morning.
        let confirmed =
            ["11-23 09:00:00 jana: Ihr Termin am 26.11.2026, 10:00 Uhr", "11-23 09:00:00 jana: Ihr neuer Termin am 27.11.2026, 21:30 Uhr"];
        let reminded = "11-27 07:00:00 jana: Erinnerung: Ihr Termin am 27.11.2026, 21:30 Uhr";
        assert_eq!(mails_to_jana(&world), [&confirmed[..], &[reminded]].concat());
        let stale = letter(&world, lead, &event, "reminder-0-email").await;
        assert!(matches!(stale.state, LetterState::Suppressed { why: SuppressionReason::NoLongerSo, .. }), "{stale:?}");
        let told_of = appointment(&world, lead, &event).await;
        assert!(told_of.confirmed.email && told_of.reminded.email && !told_of.confirmed.sms);
    }
}

/// APT-3: after a cancellation the customer gets a notice and no reminder.
#[tokio::test]
async fn apt_3_a_cancelled_appointment_notifies_the_customer_and_is_not_reminded() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let event = drive(&world, lead, "2026-11-26T10:00:00+01:00").await;
    world.system.settle().await;
    let gone = world.call(Request::delete(ADMIN, &format!("/leads/{lead}/events/{event}"))).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    world.advance_to("2026-11-27T09:00:00Z").await;
    assert_eq!(mails_to_jana(&world)[1..], ["11-23 09:00:00 jana: Absage: Ihr Termin am 26.11.2026, 10:00 Uhr"]);
    assert!(appointment(&world, lead, &event).await.state.is_cancelled());
    let mail = world.system.mailbox.mails().into_iter().rfind(|mail| mail.to.starts_with("jana")).unwrap();
    let file = String::from_utf8(mail.attachments[0].content.clone()).unwrap();
    assert!(file.contains("METHOD:CANCEL") && file.contains("SEQUENCE:1") && file.contains("STATUS:CANCELLED"), "{file}");
}

/// MSG-1: with `send_external_mail` off, each message is recorded as suppressed.
#[tokio::test]
async fn msg_1_with_external_mail_off_each_letter_is_recorded_as_suppressed() {
    let world = World::new().await;
    world.settings(|settings| settings.send_external_mail = false).await;
    let lead = world.lead(&enquiry("jana")).await;
    let event = drive(&world, lead, "2026-11-26T10:00:00+01:00").await;
    world.advance_to("2026-11-27T09:00:00Z").await;
    assert_eq!(mails_to_jana(&world), Vec::<String>::new());
    for cause in ["confirmation-0-email", "reminder-0-email"] {
        let letter = letter(&world, lead, &event, cause).await;
        assert!(matches!(letter.state, LetterState::Suppressed { why: SuppressionReason::Switched, .. }), "{letter:?}");
    }
    assert!(appointment(&world, lead, &event).await.confirmed.is_none());
}

/// APT-3: text messages go only to customers with a number, and only if the dealer enabled them.
#[tokio::test]
async fn apt_3_sms_is_sent_only_to_customers_with_a_number_and_only_if_the_dealer_enabled_it() {
    let world = World::new().await;
    let own = json!({"media": ["email", "sms"], "reminder_hours": 3});
    let seen = world.get(ADMIN, &format!("/dealers/{}/appointment-settings", crate::support::world::NORDSTERN)).await;
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    let path = format!("/dealers/{}/appointment-settings", crate::support::world::NORDSTERN);
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let bad = json!({"quiet_until": "21:00", "reminder_hours": 999}).to_string();
    let refused = world.call(Request::put(ADMIN, &path).headers(&headers).body(bad.as_bytes())).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["reminder_hours APT-3".into(), "quiet_until APT-3".into()]));
    let saved = world.call(Request::put(ADMIN, &path).headers(&headers).body(own.to_string().as_bytes())).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let mut with_number = enquiry("jana");
    with_number["contact"]["phone"] = json!("0171 2345678");
    let (reached, unreached) = (world.lead(&with_number).await, world.lead(&enquiry("lena")).await);
    let event = drive(&world, reached, "2026-11-24T10:00:00+01:00").await;
    let other = drive(&world, unreached, "2026-11-24T15:00:00+01:00").await;
    world.advance_to("2026-11-24T18:00:00Z").await;
    let sent = world.system.mailbox.sms();
    assert!(
        sent.iter().all(|sms| sms.text.contains(". https://desk.example/i/") && sms.text.ends_with("\nIhr Kontakt: Anna Vogt")),
        "{sent:?}"
    );
    let before_link = |text: &str| text.split(" https://").next().unwrap().to_owned();
    let texts: Vec<(String, String)> = sent.into_iter().map(|sms| (sms.to, before_link(&sms.text))).collect();
    let number = "+491712345678".to_owned();
    assert_eq!(
        texts,
        [
            (number.clone(), "Autohaus Nordstern: Ihr Termin am 24.11.2026, 10:00 Uhr (Probefahrt).".to_owned()),
            // Three hours before the appointment is earlier than 08:00, so the reminder waits until then.
            (number, "Autohaus Nordstern: Erinnerung: Ihr Termin am 24.11.2026, 10:00 Uhr (Probefahrt).".into()),
        ]
    );
    let unsent = letter(&world, unreached, &other, "reminder-0-sms").await;
    assert!(matches!(unsent.state, LetterState::Suppressed { why: SuppressionReason::NoAddress, .. }), "{unsent:?}");
    let notified = appointment(&world, reached, &event).await;
    assert!(notified.confirmed.sms && notified.reminded.sms && notified.reminded.email);
}

/// CAL-3, CAL-5: one commit completes all planned events of a lead, however many, with the reserved days and the webhook events.
#[tokio::test]
async fn cal_5_closing_a_lead_completes_the_maximum_of_planned_events() {
    let world = World::new().await;
    let hook = json!({"url": "https://hooks.example.com/in", "events": ["lead.status_changed", "appointment.attended"]});
    let made = world.post("gina.group", "/webhooks", &hook).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let lead = world.lead(&enquiry("jana")).await;
    let mut full = 0;
    // 00:30 in Berlin: each event takes two of the UTC days in which reserved time is stored.
    let starts = (0..40).map(|i| at("2026-12-01T23:30:00Z") + chrono::TimeDelta::days(2 * i));
    for start in starts {
        let body = json!({"title": "Visit", "type": "visit_inbound", "at": start});
        match world.post(ADMIN, &format!("/leads/{lead}/events"), &body).await.status {
            201 => full += 1,
            status => {
                assert_eq!(status, 409);
                break;
            }
        }
    }
    assert!((10..40).contains(&full), "{full}");
    let closed = world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "won", "complete_events": "all"})).await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    let events = world.get(ADMIN, &format!("/leads/{lead}/events")).await;
    assert!(events.body["events"].as_array().unwrap().iter().all(|event| event["state"] == "completed"));
}

/// DIS-7, APT-1: a future appointment moves to the new dealer with its lead, and its customer is reminded in the new dealer's name.
#[tokio::test]
async fn apt_1_a_future_appointment_moves_with_its_lead_to_another_dealer() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let event = drive(&world, lead, "2026-11-26T15:00:00+01:00").await;
    world.system.settle().await;
    let moved = world
        .post("gina.group", &format!("/leads/{lead}/assignment"), &json!({"dealer": "harbour-cars-demo", "appointments": "move"}))
        .await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.advance_to("2026-11-26T13:00:00Z").await;
    let there = appointment(&world, lead, &event).await;
    assert_eq!(there.dealer.as_str(), "harbour-cars-demo");
    assert_eq!((there.user.is_some(), &there.user), (true, &world.page(lead).await.lead.owner), "the owner of the lead there");
    let overview = world.get("hugo.office", "/overview/appointments?dealer=harbour-cars-demo").await;
    assert_eq!(overview.body["appointments"]["total"], 1, "{}", overview.body);
    let id = there.id;
    assert_eq!(world.get(ADMIN, &format!("/appointments/{id}")).await.status, 404);
    let reminder = world.system.mailbox.mails().into_iter().rfind(|mail| mail.to.starts_with("jana")).unwrap();
    assert_eq!((reminder.at, reminder.from_name.as_str()), (at("2026-11-25T14:00:00Z"), "Harbour Cars"), "{}", reminder.subject);
}

/// APT-3, DIS-7: after the move, the reminder follows the new dealer's hours, and the customer is notified of the new dealer.
#[tokio::test]
async fn apt_3_after_a_move_to_another_dealer_the_reminder_follows_that_dealers_hours() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    // By Berlin's hours the reminder would come on the morning of the appointment, when it is 01:00 at night in Chicago.
    let event = drive(&world, lead, "2026-11-25T20:30:00+01:00").await;
    world.system.settle().await;
    let moved = world
        .post("gina.group", &format!("/leads/{lead}/assignment"), &json!({"dealer": "lakeside-motors-demo", "appointments": "move"}))
        .await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.advance_to("2026-11-25T18:00:00Z").await;
    let mails = world.system.mailbox.mails();
    let notified: Vec<_> = mails.iter().filter(|mail| mail.to.starts_with("jana")).map(|mail| (mail.at, mail.from_name.as_str())).collect();
    let (here, there) = ("Autohaus Nordstern", "Lakeside Motors");
    assert_eq!(notified, [(at("2026-11-23T09:00:00Z"), here), (at("2026-11-23T09:00:00Z"), there), (at("2026-11-24T19:30:00Z"), there)]);
    let stale = letter(&world, lead, &event, "reminder-0-email").await;
    assert!(matches!(stale.state, LetterState::Suppressed { why: SuppressionReason::NoLongerSo, .. }), "{stale:?}");
}
