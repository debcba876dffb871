//! The salesperson of an appointment is notified of what others do, reminded, and gets the list of the day (APT-7).

use crate::support::appointments::{appointment, made, seen};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_send::mail::Mail;
use serde_json::{Value, json};

pub(super) const ANNA: &str = "anna.vogt";
pub(super) const BEN: &str = "ben.krause";
const WHEN: &str = "2026-11-26T10:00:00+01:00";

pub(super) fn to(world: &World, who: &str) -> Vec<Mail> {
    world.system.mailbox.mails().into_iter().filter(|mail| mail.to.split('@').next() == Some(who)).collect()
}

/// The mails about appointments to a user, each as `day time beginning of the subject`.
pub(super) async fn notices(world: &World, who: &str) -> Vec<String> {
    world.system.settle().await;
    let about = |mail: &Mail| {
        let begin = mail.subject.split(':').next().unwrap_or_default().to_owned();
        let known = ["Neuer Termin", "Termin ", "Gleich", "Ihr Termin heute", "Ihre "].iter().any(|start| begin.starts_with(start));
        known.then(|| format!("{} {begin}", mail.at.format("%d %H:%M")))
    };
    to(world, who).iter().filter_map(about).collect()
}

pub(super) async fn book(world: &World, by: &str, customer: &str, user: &str, when: &str) -> String {
    let mut body = appointment(customer, when);
    body["user"] = json!(user);
    made(world, by, &body).await
}

pub(super) async fn act(world: &World, who: &str, id: &str, path: &str, body: &Value) {
    let reply = world.post(who, &format!("/appointments/{id}/{path}"), body).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
}

pub(super) async fn correct(world: &World, who: &str, id: &str, body: &Value) -> Reply {
    let tag = world.get(who, &format!("/appointments/{id}")).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let reply = world.call(Request::patch(who, &format!("/appointments/{id}")).headers(&headers).body(body.to_string().as_bytes())).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

/// APT-7: the owner of a lead is notified of an appointment that somebody else makes with another salesperson, with a link that the owner
/// can open. An own appointment, and one with the owner as the salesperson, need no such notice.
#[tokio::test]
async fn apt_7_the_owner_of_a_lead_is_notified_of_an_appointment_with_a_colleague() {
    for world in [World::new().await, World::delivering_twice().await] {
        let lead = world.lead(&enquiry("jana")).await;
        assert_eq!(world.page(lead).await.lead.owner.unwrap().as_str(), ANNA);
        let visit = |user: &str, at: &str| json!({"lead": lead, "kind": "showroom", "at": at, "user": user});
        made(&world, ADMIN, &visit(BEN, WHEN)).await;
        assert_eq!(notices(&world, ANNA).await, ["23 09:00 Termin Ihres Leads"]);
        assert_eq!(notices(&world, BEN).await, ["23 09:00 Neuer Termin"]);
        let mail = to(&world, ANNA).pop().unwrap();
        assert!(mail.text.contains("mit Ben Krause") && mail.text.contains(&format!("/desk/leads/{lead}")), "{}", mail.text);
        made(&world, ANNA, &visit(BEN, "2026-11-26T12:00:00+01:00")).await;
        made(&world, ADMIN, &visit(ANNA, "2026-11-26T14:00:00+01:00")).await;
        assert_eq!(notices(&world, ANNA).await, ["23 09:00 Termin Ihres Leads", "23 09:00 Neuer Termin"]);
        // An event that is an appointment is one, too.
        let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-27T10:00:00+01:00", "user": BEN});
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.status, 201);
        assert_eq!(notices(&world, ANNA).await.last().unwrap(), "23 09:00 Termin Ihres Leads");
        // A lead that has another owner by the opening: the former one need not know.
        world.advance_to("2026-11-23T20:00:00Z").await;
        made(&world, ADMIN, &visit(BEN, "2026-11-27T14:00:00+01:00")).await;
        world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "clara.henning"})).await;
        let before = notices(&world, ANNA).await.len();
        world.advance_to("2026-11-24T08:00:00Z").await;
        let new: Vec<String> = notices(&world, ANNA).await.split_off(before);
        assert!(new.iter().all(|notice| !notice.contains("Leads")), "{new:?}");
    }
}

/// APT-7: each change by somebody else reaches the salesperson once, at once, with everything that is needed for the visit.
#[tokio::test]
async fn apt_7_the_salesperson_is_notified_of_what_others_do_with_an_appointment() {
    for world in [World::new().await, World::delivering_twice().await] {
        let id = book(&world, "chris.center", "jana", ANNA, WHEN).await;
        assert_eq!(notices(&world, ANNA).await, ["23 09:00 Neuer Termin"]);
        let mail = to(&world, ANNA).pop().unwrap();
        let console = format!("https://console.example/desk/appointments/{id}");
        for part in ["jana", "0171 2345678", "26.11.2026", "10:00", "Chris", console.as_str()] {
            assert!(mail.text.contains(part), "{part}: {}", mail.text);
        }
        act(&world, ADMIN, &id, "time", &json!({"at": "2026-11-26T11:00:00+01:00"})).await;
        assert_eq!(notices(&world, ANNA).await.last().unwrap(), "23 09:00 Termin verschoben");
        assert!(to(&world, ANNA).pop().unwrap().text.contains("bisher"), "the former time");
        correct(&world, ADMIN, &id, &json!({"notes": "Brings the old car"})).await;
        assert_eq!(notices(&world, ANNA).await.last().unwrap(), "23 09:00 Termin berichtigt");
        assert!(to(&world, ANNA).pop().unwrap().text.contains("Brings the old car"));
        correct(&world, ADMIN, &id, &json!({"user": BEN})).await;
        assert_eq!(notices(&world, BEN).await, ["23 09:00 Termin für Sie"]);
        assert_eq!(notices(&world, ANNA).await.last().unwrap(), "23 09:00 Termin abgegeben");
        act(&world, "chris.center", &id, "cancellation", &json!({"reason": "illness", "side": "customer", "note": "Calls again"})).await;
        assert_eq!(notices(&world, BEN).await.last().unwrap(), "23 09:00 Termin abgesagt");
        let mail = to(&world, BEN).pop().unwrap();
        for part in ["Die Absage kommt vom Kunden", "Grund: Krankheit", "Notiz: Calls again"] {
            assert!(mail.text.contains(part), "{part}: {}", mail.text);
        }
        act(&world, "chris.center", &id, "reopening", &json!({})).await;
        assert_eq!(notices(&world, BEN).await.last().unwrap(), "23 09:00 Termin gilt wieder");
        let (anna, ben) = (notices(&world, ANNA).await.len(), notices(&world, BEN).await.len());
        assert_eq!((anna, ben), (4, 3), "each once");
        // What the salesperson does is no news.
        act(&world, BEN, &id, "time", &json!({"at": "2026-11-26T12:00:00+01:00"})).await;
        act(&world, BEN, &id, "cancellation", &json!({})).await;
        assert_eq!(notices(&world, BEN).await.len(), ben);
        let page = seen(&world, &id).await;
        let settled: Vec<(&str, &str, &str)> = page.body["salesperson_notices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["what"].as_str().unwrap(), one["to"].as_str().unwrap(), one["fate"].as_str().unwrap()))
            .collect();
        assert_eq!(settled.first(), Some(&("made", ANNA, "sent")), "{settled:?}");
        assert_eq!((settled.len(), settled.last()), (7, Some(&("reopened", BEN, "sent"))), "{settled:?}");
        assert_eq!(
            world.get("chris.center", &format!("/appointments/{id}")).await.body["salesperson_notices"].as_array().unwrap().len(),
            7
        );
    }
}

/// APT-7: partners do not learn who was notified; their changes reach the salesperson.
#[tokio::test]
async fn apt_7_a_partners_appointment_reaches_the_salesperson() {
    let world = World::new().await;
    let mut body = appointment("jana", WHEN);
    (body["external_id"], body["user"]) = (json!("c-1"), json!(ANNA));
    let id = made(&world, "partner:centre-demo", &body).await;
    assert_eq!(notices(&world, ANNA).await, ["23 09:00 Neuer Termin"]);
    assert!(to(&world, ANNA).pop().unwrap().text.contains("vereinbart von einem anderen System"));
    let page = world.get("partner:centre-demo", &format!("/appointments/{id}")).await;
    assert_eq!((page.status, &page.body["salesperson_notices"]), (200, &Value::Null), "{}", page.body);
}

/// APT-7: without a salesperson the dealer's supervisor learns of the appointment, and the person who gets it later is notified.
#[tokio::test]
async fn apt_7_an_appointment_without_a_salesperson_reaches_the_supervisor() {
    let world = World::new().await;
    let id = made(&world, "chris.center", &appointment("jana", WHEN)).await;
    world.system.settle().await;
    let mails: Vec<Mail> = world.system.mailbox.mails().into_iter().filter(|mail| mail.subject.starts_with("Neuer Termin")).collect();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].text.contains("noch niemanden"), "{}", mails[0].text);
    correct(&world, ADMIN, &id, &json!({"user": ANNA})).await;
    assert_eq!(notices(&world, ANNA).await, ["23 09:00 Termin für Sie"]);
}

/// APT-7: the supervisor has an appointment without a salesperson in the own list of the day, and is reminded of it.
#[tokio::test]
async fn apt_7_an_appointment_without_a_salesperson_is_not_forgotten_on_its_day() {
    let world = World::new().await;
    world.settings(|s| s.appointments.appointment_reminder_minutes = 60).await;
    made(&world, "chris.center", &appointment("jana", WHEN)).await;
    book(&world, "chris.center", "lena", "helga.stern", "2026-11-26T15:00:00+01:00").await;
    world.advance_to("2026-11-26T13:30:00Z").await;
    let helga = notices(&world, "helga.stern").await;
    assert_eq!(helga[2..], ["26 07:00 Ihre 2 Termine heute", "26 08:00 Gleich", "26 13:00 Gleich"], "{helga:?}");
    let list = to(&world, "helga.stern").into_iter().find(|mail| mail.subject.starts_with("Ihre 2")).unwrap();
    assert_eq!(list.text.matches("noch ohne Person").count(), 1, "{}", list.text);
    assert!(list.text.find("jana").unwrap() < list.text.find("noch ohne Person").unwrap(), "{}", list.text);
}

/// APT-7: at night notices wait for the opening and say the present state in one mail; what has become pointless is not sent.
#[tokio::test]
async fn apt_7_notices_wait_for_the_opening_and_are_combined() {
    let world = World::at("2026-11-23T20:00:00Z").await;
    let moved = book(&world, "chris.center", "jana", ANNA, WHEN).await;
    act(&world, "chris.center", &moved, "time", &json!({"at": "2026-11-26T12:00:00+01:00"})).await;
    let cancelled = book(&world, "chris.center", "lena", ANNA, WHEN).await;
    act(&world, "chris.center", &cancelled, "cancellation", &json!({})).await;
    let passed = book(&world, "chris.center", "kai", ANNA, WHEN).await;
    correct(&world, "chris.center", &passed, &json!({"user": BEN})).await;
    assert_eq!(notices(&world, ANNA).await.len() + notices(&world, BEN).await.len(), 0, "closed");
    // It begins before the opening: the notice does not wait.
    book(&world, "chris.center", "mona", ANNA, "2026-11-24T07:00:00+01:00").await;
    assert_eq!(notices(&world, ANNA).await, ["23 20:00 Neuer Termin"]);
    world.advance_to("2026-11-24T07:10:00Z").await;
    let anna = notices(&world, ANNA).await;
    assert_eq!(anna.len(), 2, "{anna:?}");
    assert!(anna[1].starts_with("24 07:0") && anna[1].ends_with("Neuer Termin"), "{anna:?}");
    let mail = to(&world, ANNA).pop().unwrap();
    assert!(mail.subject.contains("12:00") && mail.text.contains("verschoben von"), "the present time: {} {}", mail.subject, mail.text);
    let ben = notices(&world, BEN).await;
    assert!(ben.len() == 1 && ben[0].ends_with("Termin für Sie"), "{ben:?}");
}

/// APT-7: a change that is taken back before the opening is no news.
#[tokio::test]
async fn apt_7_changes_that_are_taken_back_at_night_notify_nobody() {
    let world = World::new().await;
    let moved = book(&world, ANNA, "jana", ANNA, WHEN).await;
    let cancelled = book(&world, ANNA, "lena", ANNA, "2026-11-26T12:00:00+01:00").await;
    let given = book(&world, ANNA, "kai", ANNA, "2026-11-26T14:00:00+01:00").await;
    world.advance_to("2026-11-23T20:00:00Z").await;
    act(&world, ADMIN, &moved, "time", &json!({"at": "2026-11-26T09:00:00+01:00"})).await;
    act(&world, ADMIN, &moved, "time", &json!({"at": WHEN})).await;
    act(&world, ADMIN, &cancelled, "cancellation", &json!({})).await;
    act(&world, ADMIN, &cancelled, "reopening", &json!({})).await;
    correct(&world, ADMIN, &given, &json!({"user": BEN})).await;
    correct(&world, ADMIN, &given, &json!({"user": ANNA})).await;
    world.advance_to("2026-11-24T08:00:00Z").await;
    assert_eq!(notices(&world, ANNA).await, Vec::<String>::new());
    assert_eq!(notices(&world, BEN).await, Vec::<String>::new());
    // A move that stays is news.
    act(&world, ADMIN, &moved, "time", &json!({"at": "2026-11-26T09:00:00+01:00"})).await;
    assert_eq!(notices(&world, ANNA).await, ["24 08:00 Termin verschoben"]);
}

/// APT-7, DIS-4, ACC-6: the deputy of an absent salesperson gets the notice; users who switched notices off get none.
#[tokio::test]
async fn apt_7_the_deputy_gets_the_notices_of_an_absent_salesperson() {
    let world = World::new().await;
    let absence = json!({"absences": [{"user": ANNA, "from": "2026-11-23", "until": "2026-11-24", "deputy": BEN}]});
    let version = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/absences")).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", version.as_str())];
    let put = Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/absences")).headers(&headers).body(absence.to_string().as_bytes());
    let saved = world.call(put).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let id = book(&world, "chris.center", "jana", ANNA, WHEN).await;
    assert_eq!((notices(&world, ANNA).await.len(), notices(&world, BEN).await), (0, vec!["23 09:00 Neuer Termin".to_owned()]));
    assert!(to(&world, BEN).iter().any(|mail| mail.text.contains("nicht da ist")));
    // The deputy moves it: nobody else needs a notice now.
    act(&world, BEN, &id, "time", &json!({"at": "2026-11-26T11:00:00+01:00"})).await;
    assert_eq!((notices(&world, ANNA).await.len(), notices(&world, BEN).await.len()), (0, 1));
    assert_eq!(world.call(Request::patch("felix.lang", "/me").json(&json!({"notices": false})).version(1)).await.status, 200);
    let off = book(&world, "chris.center", "lena", "felix.lang", WHEN).await;
    assert_eq!(notices(&world, "felix.lang").await.len(), 0);
    assert_eq!(seen(&world, &off).await.text("/salesperson_notices/0/fate"), "off");
}

/// APT-7: appointments of leads are notified in the same way; the vehicle and the lead's number are for users who see the lead.
#[tokio::test]
async fn apt_7_an_appointment_of_a_lead_names_its_vehicle() {
    let world = World::new().await;
    let mut wanted = enquiry("jana");
    wanted["contact"]["phone"] = json!("0171 5555555");
    wanted["vehicle"] = json!({"make": "Opel", "model": "Corsa"});
    let lead = world.lead(&wanted).await;
    world.system.settle().await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": ANNA})).await.status, 200);
    let drive = json!({"title": "Probefahrt", "type": "booked_test_drive", "at": WHEN});
    let made = world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(notices(&world, ANNA).await, ["23 09:00 Neuer Termin"]);
    let mail = to(&world, ANNA).into_iter().rfind(|mail| mail.subject.starts_with("Neuer Termin")).unwrap();
    assert!(mail.text.contains("Opel Corsa") && mail.text.contains("0171 5555555"), "{}", mail.text);
    let event = format!("/leads/{lead}/events/{}", made.text("/id"));
    let given = world.call(Request::patch(ADMIN, &event).json(&json!({"user": BEN}))).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let mail = {
        assert_eq!(notices(&world, BEN).await, ["23 09:00 Termin für Sie"]);
        to(&world, BEN).into_iter().rfind(|mail| mail.subject.starts_with("Termin für Sie")).unwrap()
    };
    assert!(mail.text.contains("Opel Corsa") && mail.text.contains("0171 5555555"), "{}", mail.text);
    assert_eq!(world.get(BEN, &format!("/leads/{lead}")).await.status, 404, "ben does not see the lead");
    let shown = |reply: &Reply, at: &str| (reply.text(&format!("{at}/phone")).to_owned(), reply.text(&format!("{at}/vehicle")).to_owned());
    let wanted = ("0171 5555555".to_owned(), "Opel Corsa".to_owned());
    let diary = world.get(BEN, &format!("/dealers/{NORDSTERN}/diary?date=2026-11-26")).await;
    assert_eq!(shown(&diary, "/entries/0"), wanted, "{}", diary.body);
    let made = diary.text("/entries/0/appointment");
    assert_eq!(shown(&world.get(BEN, &format!("/appointments/{made}")).await, ""), wanted);
    // Neither another colleague nor the contact centre learns them.
    for who in ["felix.lang", "chris.center"] {
        let page = world.get(who, &format!("/appointments/{made}")).await;
        assert_eq!((&page.body["phone"], &page.body["vehicle"]), (&Value::Null, &Value::Null), "{who}: {}", page.body);
    }
    // The salesperson's own event, and one that the lead's owner makes.
    let own = json!({"title": "Probefahrt", "type": "booked_test_drive", "at": "2026-11-27T10:00:00+01:00"});
    assert_eq!(world.post(ANNA, &format!("/leads/{lead}/events"), &own).await.status, 201);
    assert_eq!(notices(&world, ANNA).await.len(), 2, "made and given away");
}

/// APT-7: the reminder comes once, before the time that counts, and only if the dealer wants it.
#[tokio::test]
async fn apt_7_the_salesperson_is_reminded_before_the_appointment() {
    let world = World::new().await;
    let path = format!("/dealers/{NORDSTERN}/appointment-settings");
    let tag = world.get(ADMIN, &path).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let put = async |body: &Value| world.call(Request::put(ADMIN, &path).headers(&headers).body(body.to_string().as_bytes())).await;
    assert_eq!(put(&json!({"appointment_reminder_minutes": 1441})).await.faults(), ["appointment_reminder_minutes APT-7"]);
    let id = book(&world, ANNA, "jana", ANNA, WHEN).await;
    let gone = book(&world, ANNA, "lena", ANNA, "2026-11-26T10:30:00+01:00").await;
    let saved = put(&json!({"appointment_reminder_minutes": 45, "morning_list": false})).await;
    assert_eq!((saved.status, &saved.body["settings"]["morning_list"]), (200, &json!(false)), "{}", saved.body);
    act(&world, ANNA, &id, "time", &json!({"at": "2026-11-26T14:00:00+01:00"})).await;
    act(&world, ANNA, &gone, "cancellation", &json!({})).await;
    world.advance_to("2026-11-26T12:14:00Z").await;
    assert_eq!(notices(&world, ANNA).await, Vec::<String>::new(), "the former time and the cancelled one remind nobody");
    world.advance_to("2026-11-26T13:30:00Z").await;
    assert_eq!(notices(&world, ANNA).await, ["26 12:15 Gleich"]);
    // An appointment that is made within these minutes needs no reminder.
    book(&world, ANNA, "kai", ANNA, "2026-11-26T15:00:00+01:00").await;
    world.advance_to("2026-11-26T14:30:00Z").await;
    assert_eq!(notices(&world, ANNA).await.len(), 1);
}

/// APT-7: each salesperson gets one list of the day at the opening, also if every message is delivered twice.
#[tokio::test]
async fn apt_7_each_salesperson_gets_the_list_of_the_day_once() {
    for world in [World::new().await, World::delivering_twice().await] {
        let lead = world.lead(&enquiry("lena")).await;
        world.system.settle().await;
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": ANNA})).await.status, 200);
        let drive = json!({"title": "Probefahrt", "type": "booked_test_drive", "at": "2026-11-25T15:00:00+01:00"});
        assert_eq!(world.post(ANNA, &format!("/leads/{lead}/events"), &drive).await.status, 201);
        book(&world, ANNA, "jana", ANNA, "2026-11-25T10:00:00+01:00").await;
        let cancelled = book(&world, ANNA, "kai", ANNA, "2026-11-25T11:00:00+01:00").await;
        act(&world, ANNA, &cancelled, "cancellation", &json!({})).await;
        book(&world, BEN, "mona", BEN, "2026-11-25T09:00:00+01:00").await;
        book(&world, ANNA, "nora", ANNA, "2026-11-26T09:00:00+01:00").await;
        let call = json!({"title": "Anruf", "type": "phone_outbound", "at": "2026-11-25T12:00:00+01:00"});
        assert_eq!(world.post(ANNA, &format!("/leads/{lead}/events"), &call).await.status, 201);
        world.advance_to("2026-11-25T06:59:00Z").await;
        assert_eq!(notices(&world, ANNA).await, Vec::<String>::new());
        world.advance_to("2026-11-25T17:30:00Z").await;
        assert_eq!(notices(&world, ANNA).await, ["25 07:00 Ihre 2 Termine heute"]);
        assert_eq!(notices(&world, BEN).await, ["25 07:00 Ihr Termin heute"]);
        let list = to(&world, ANNA).into_iter().rfind(|mail| mail.subject.starts_with("Ihre 2")).unwrap();
        let (first, second) = (list.text.find("jana").unwrap(), list.text.find("lena").unwrap());
        assert!(
            first < second && !list.text.contains("kai") && !list.text.contains("nora") && !list.text.contains("Anruf"),
            "{}",
            list.text
        );
        world.advance_to("2026-11-26T09:00:00Z").await;
        assert_eq!(notices(&world, ANNA).await[1..], ["26 07:00 Ihr Termin heute"]);
    }
}

/// APT-7: the list follows the opening hours of the moment: a day off that was entered later has none, and a later opening delays it.
#[tokio::test]
async fn apt_7_the_list_of_the_day_follows_the_present_opening_hours() {
    let world = World::new().await;
    book(&world, ANNA, "jana", ANNA, "2026-11-25T15:00:00+01:00").await;
    book(&world, ANNA, "lena", ANNA, "2026-11-26T15:00:00+01:00").await;
    world.advance_to("2026-11-25T05:00:00Z").await;
    let off = serde_json::from_value(json!([{"from": "2026-11-25", "name": "Umzug", "kind": "company_holiday"}])).unwrap();
    world.settings(|s| s.calendar = s.calendar.with_days_off(off)).await;
    world.advance_to("2026-11-25T18:00:00Z").await;
    assert_eq!(notices(&world, ANNA).await, Vec::<String>::new());
    let path = format!("/dealers/{NORDSTERN}/holidays");
    let tag = world.get(ADMIN, &path).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let late = json!({"special_hours": {"2026-11-26": [["10:00", "18:00"]]}});
    assert_eq!(world.call(Request::put(ADMIN, &path).headers(&headers).body(late.to_string().as_bytes())).await.status, 200);
    world.advance_to("2026-11-26T10:00:00Z").await;
    assert_eq!(notices(&world, ANNA).await, ["26 09:00 Ihr Termin heute"]);
}

/// APT-7, DIS-4: the deputy gets the list of an absent salesperson; a closed day has none.
#[tokio::test]
async fn apt_7_the_list_of_an_absent_salesperson_goes_to_the_deputy() {
    let world = World::new().await;
    book(&world, ANNA, "jana", ANNA, "2026-11-25T10:00:00+01:00").await;
    book(&world, ANNA, "lena", ANNA, "2026-11-29T10:00:00+01:00").await;
    let absence = json!({"absences": [{"user": ANNA, "from": "2026-11-25", "until": "2026-11-25", "deputy": BEN}]});
    let tag = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/absences")).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let put = Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/absences")).headers(&headers).body(absence.to_string().as_bytes());
    assert_eq!(world.call(put).await.status, 200);
    world.advance_to("2026-11-25T08:00:00Z").await;
    assert_eq!(
        (notices(&world, ANNA).await.len(), notices(&world, BEN).await),
        (0, vec!["25 07:00 Termin von Anna Vogt heute".to_owned()])
    );
    world.advance_to("2026-11-30T08:00:00Z").await;
    assert_eq!(notices(&world, ANNA).await, Vec::<String>::new(), "Sunday has no opening");
}
