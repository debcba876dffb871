//! The canary: a person with a mark in every field goes through the whole system and is erased. Afterwards the mark is nowhere (PRV-2).

use super::{GROUP_ADMIN, bucket, erased, order, table};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at};
use chrono::Days;
use forecourt_domain::base::{Email, LeadId};
use http::Method;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The mark. No other text has it.
pub(super) const MARK: &str = "zzqxcanary";

pub(super) fn marked(text: &str) -> String {
    format!("{text} {MARK}")
}

pub(super) fn has_mark(text: &str) -> bool {
    text.to_lowercase().contains(MARK)
}

/// Collects what the functions log.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects the log of this thread while the guards live.
    pub(super) fn collected() -> (Self, impl Sized) {
        let log = Self::default();
        let to = log.clone();
        let subscriber = tracing_subscriber::fmt().json().with_max_level(LevelFilter::DEBUG).with_writer(move || to.clone()).finish();
        // With one subscriber alone, the subscriber of another thread can decide what is logged here.
        let second = tracing_subscriber::registry().set_default();
        (log, (subscriber.set_default(), second))
    }

    /// Checks that something was logged, and that the mark was not.
    pub(super) fn is_clean(&self) {
        let log = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        assert!(!log.is_empty() && !has_mark(&log), "{}", log.lines().find(|line| has_mark(line)).unwrap_or_default());
    }
}

/// Checks that neither the table nor the bucket has the mark.
pub(super) async fn is_nowhere(world: &World) {
    let after = table(world).await;
    let left: Vec<&str> = after.iter().filter(|item| has_mark(item)).map(|item| &item[..item.len().min(900)]).collect();
    assert!(left.is_empty(), "{} items still have the mark:\n{}", left.len(), left.join("\n"));
    let left: Vec<String> = bucket(world).into_iter().filter(|file| has_mark(file)).map(|file| file.chars().take(200).collect()).collect();
    assert!(left.is_empty(), "files still have the mark: {left:?}");
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) async fn sent(world: &World, who: &str, path: &str, body: &Value) -> Reply {
    let reply = world.post(who, path, body).await;
    assert!((200..300).contains(&reply.status), "{who} {path}: {} {}", reply.status, reply.body);
    reply
}

fn vehicle() -> Value {
    json!({"make": marked("Opel"), "model": marked("Astra"), "vin": format!("W0L{MARK}"), "plate": format!("B-{MARK}"),
        "colour": marked("red"), "remarks": marked("one owner"), "mileage": marked("50000 km"), "stock_number": marked("17")})
}

/// An enquiry with the mark in every field.
pub(super) fn enquiry(message: &str) -> Value {
    let consent = json!({"channel": "telephone", "purpose": "advertising", "status": "granted", "text": marked("I agree to calls.")});
    json!({"type": "used_car", "source": "website", "external_id": format!("x-{MARK}-{}", message.len()), "consents": [consent],
        "contact": {"first_name": marked("Jana"), "middle_name": marked("M."), "last_name": marked("Petersen"), "company": marked("Petersen KG"),
            "email": format!("{MARK}@example.com"), "phone": "+49 171 2345678", "street": marked("Hauptstraße 1"), "city": marked("Berlin"),
            "postcode": "10115", "language": "de"},
        "vehicle": vehicle(), "trade_in": vehicle(), "message": message})
}

/// A text that stays larger than 4 KB when it is compressed, so that its raw input goes into the bucket.
pub(super) fn long_text() -> String {
    let mut rng = fastrand::Rng::with_seed(7);
    let noise: String = (0..9_000).map(|_| rng.alphanumeric()).collect();
    format!("{MARK} {noise}")
}

/// Uploads a document. Returns its id.
async fn document(world: &World, lead: LeadId) -> String {
    let bytes = format!("%PDF-1.7 {MARK}").into_bytes();
    let body = json!({"title": marked("Driving licence"), "content_type": "application/pdf", "bytes": bytes.len()});
    let made = sent(world, "gina.group", &format!("/leads/{lead}/documents"), &body).await;
    let mut headers = http::HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, "application/pdf".parse().unwrap());
    let link = made.text("/upload/url").strip_prefix("https://desk.example").unwrap().to_owned();
    assert_eq!(world.bucket.linked(&Method::PUT, &link, &headers, &bytes.into()).status().as_u16(), 200);
    let at = made.headers["location"].to_str().unwrap().to_owned();
    sent(world, "gina.group", &format!("{at}/completion"), &json!({})).await;
    at.rsplit('/').next().unwrap().to_owned()
}

/// Everything that staff do on a lead.
pub(super) async fn work(world: &World, lead: LeadId) {
    let on = |what: &str| format!("/leads/{lead}/{what}");
    sent(world, ADMIN, &on("comments"), &json!({"text": marked("wants winter tyres")})).await;
    sent(world, ADMIN, &on("trade-ins"), &json!({"vehicle": vehicle()})).await;
    let wanted = json!({"make": marked("Opel"), "model": marked("Corsa"), "condition": "new"});
    let quote = json!({"vehicle": wanted, "price": {"amount": 100, "currency": "EUR"}, "lines": [{"text": marked("Car"), "amount": 100}]});
    sent(world, ADMIN, &on("quotes"), &quote).await;
    sent(world, ADMIN, &on("test-drives"), &json!({"vehicle": wanted, "at": "2026-11-26T15:00:00+01:00"})).await;
    sent(world, ADMIN, &on("communications"), &json!({"medium": "email", "subject": marked("Your car"), "text": marked("Dear Jana")}))
        .await;
    sent(world, ADMIN, &on("communications"), &json!({"medium": "sms", "text": marked("Call me")})).await;
    sent(world, ADMIN, &on("communications"), &json!({"medium": "call", "note": marked("was there"), "reached": true})).await;
    sent(world, ADMIN, &on("reactions"), &json!({"kind": "call_missed", "note": marked("no answer")})).await;
    sent(world, ADMIN, &on("tasks"), &json!({"title": marked("Photograph"), "start": "2026-11-25T10:00:00+01:00", "minutes": 30})).await;
    sent(world, ADMIN, &on("deadlines"), &json!({"title": marked("Send the offer"), "at": "2026-11-27T17:00:00+01:00"})).await;
    let call = json!({"title": marked("Call"), "type": "phone_outbound", "at": "2026-11-24T10:00:00+01:00", "notes": marked("after five")});
    let event = sent(world, ADMIN, &on("events"), &call).await;
    sent(
        world,
        ADMIN,
        &on(&format!("events/{}/no-show", event.text("/id"))),
        &json!({"reason": "not_reached", "note": marked("voice mail")}),
    )
    .await;
    sent(world, ADMIN, &on("events"), &json!({"title": marked("Visit"), "type": "visit_inbound", "at": "2026-11-27T10:00:00+01:00"})).await;
    events(world, lead).await;
    sent(world, ADMIN, &on("assignment"), &json!({"user": "anna.vogt", "note": marked("knows her")})).await;
    let document = document(world, lead).await;
    let consent = json!({"channel": "email", "purpose": "advertising", "status": "granted", "source": "letter",
        "text": marked("I agree to news."), "document": document});
    sent(world, ADMIN, &on("contacts/000001/consents"), &consent).await;
    let invited = sent(world, ADMIN, &on("invitations"), &json!({"type": "booked_test_drive", "title": marked("Drive")})).await;
    let link = invited.text("/link").strip_prefix("https://desk.example").unwrap().to_owned();
    let offer = world.get("", &link).await;
    sent(world, "", &format!("{link}/booking"), &json!({"from": offer.body["free"][0]["from"]})).await;
}

/// An event of a lead is corrected, and cancelled with a note. Another one is reopened.
async fn events(world: &World, lead: LeadId) {
    let call = json!({"title": marked("Call"), "type": "phone_outbound", "at": "2026-11-25T11:00:00+01:00", "notes": marked("at home")});
    for again in [false, true] {
        let path = format!("/leads/{lead}/events/{}", sent(world, ADMIN, &format!("/leads/{lead}/events"), &call).await.text("/id"));
        let corrected = world.call(Request::patch(ADMIN, &path).json(&json!({"title": marked("Ring"), "notes": marked("at work")}))).await;
        assert_eq!(corrected.status, 200, "{}", corrected.body);
        let why = json!({"reason": "illness", "side": "customer", "note": marked("has the flu")});
        sent(world, ADMIN, &format!("{path}/cancellation"), &why).await;
        if again {
            sent(world, ADMIN, &format!("{path}/reopening"), &json!({})).await;
        }
    }
}

/// Everything that reads the data of the person, as `user path`.
fn reads(lead: LeadId, appointment: &str) -> Vec<(&'static str, String)> {
    let of_lead = ["", "/timeline", "/events", "/tasks", "/raw", "/invitations", "/communications", "/documents", "/comments"];
    let of_dealer =
        ["/leads", "/undelivered", "/calendar?from=2026-11-23&until=2026-12-23", "/tasks", "/diary?from=2026-11-23&until=2026-12-23"];
    let lead = of_lead.map(|rest| (ADMIN, format!("/leads/{lead}{rest}")));
    let dealer = of_dealer.map(|rest| (ADMIN, format!("/dealers/{NORDSTERN}{rest}")));
    let group = [
        (GROUP_ADMIN, format!("/appointments/{appointment}")),
        (GROUP_ADMIN, "/overview/appointments".to_owned()),
        (GROUP_ADMIN, "/overview/leads".to_owned()),
        (GROUP_ADMIN, "/erasures".to_owned()),
        (GROUP_ADMIN, "/access-log".to_owned()),
    ];
    lead.into_iter().chain(dealer).chain(group).collect()
}

/// Two appointments have a salesperson, and notices. `to_come` is cancelled with a note and reopened, the other one stays cancelled.
async fn briefed(world: &World, path: &str, to_come: &str, mut visit: Value) {
    visit["user"] = json!("anna.vogt");
    visit.as_object_mut().unwrap().remove("external_id");
    let second = sent(world, ADMIN, path, &visit).await.text("/id").to_owned();
    let why = json!({"reason": "illness", "side": "customer", "note": marked("has the flu")});
    for id in [to_come, &second] {
        sent(world, ADMIN, &format!("/appointments/{id}/cancellation"), &why).await;
    }
    sent(world, ADMIN, &format!("/appointments/{to_come}/reopening"), &json!({})).await;
    let read = world.get(ADMIN, &format!("/appointments/{to_come}")).await;
    let headers = [("content-type", "application/json"), ("if-match", read.headers["etag"].to_str().unwrap())];
    let body = json!({"user": "anna.vogt"}).to_string();
    let given = Request::patch(ADMIN, &format!("/appointments/{to_come}")).headers(&headers).body(body.as_bytes());
    assert_eq!(world.call(given).await.status, 200);
    let briefing = world.get(ADMIN, &format!("/appointments/{second}")).await;
    assert!(has_mark(&briefing.body["cancellation"].to_string()), "{}", briefing.body);
}

#[test]
fn prv_2_the_canary_is_found_nowhere_after_the_erasure() {
    // The future of the whole way is larger than the stack of a test.
    let way = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(canary());
    std::thread::Builder::new().stack_size(64 << 20).spawn(way).unwrap().join().unwrap();
}

async fn canary() {
    let (log, _guards) = Log::collected();
    let world = World::new().await;
    world
        .settings(|settings| {
            settings.trade_in_cc_email = Some(Email::parse("buyer@desk.example").unwrap());
            settings.appointments.appointment_reminder_minutes = 60;
        })
        .await;
    sent(&world, GROUP_ADMIN, "/webhooks", &json!({"url": "https://dms.example/hooks", "events": ["lead.created", "appointment.created"]}))
        .await;

    // The person asks twice, comes once by a partner's queue, and gets an appointment from the contact centre.
    let lead = world.lead(&enquiry(&marked("Is it still there?"))).await;
    world.system.settle().await;
    assert_eq!(world.lead(&enquiry(&long_text())).await, lead, "the second enquiry is added to the lead");
    world.enqueue("m-1", "portal-demo", Some(NORDSTERN), &enquiry(&marked("by queue")).to_string());
    let xml = format!(
        "<?adf version=\"1.0\"?><adf><prospect><requestdate>2026-11-23T09:00:00+01:00</requestdate><vehicle><make>{MARK}</make></vehicle>\
         <customer><contact><name part=\"full\">Jana {MARK}</name><email>{MARK}@example.com</email><phone>0171 2345678</phone></contact><comments>{MARK}</comments>\
         </customer><vendor><vendorname>x</vendorname></vendor></prospect></adf>"
    );
    world.adf(NORDSTERN, xml.as_bytes()).await;
    world.system.settle().await;
    work(&world, lead).await;
    let customer = json!({"name": format!("Jana {MARK}"), "email": format!("{MARK}@example.com"), "phone": "0171 2345678"});
    let visit = |when: &str, id: &str| json!({"customer": customer, "kind": "showroom", "at": when, "notes": marked("coffee"), "external_id": format!("c-{MARK}-{id}")});
    let path = format!("/dealers/{NORDSTERN}/appointments");
    let past = sent(&world, "partner:centre-demo", &path, &visit("2026-11-23T12:00:00+01:00", "1")).await.text("/id").to_owned();
    let to_come = sent(&world, "partner:centre-demo", &path, &visit("2026-12-01T10:00:00+01:00", "2")).await.text("/id").to_owned();
    briefed(&world, &path, &to_come, visit("2026-11-25T09:00:00+01:00", "3")).await;
    world.advance_to("2026-11-24T09:00:00Z").await;
    let export = sent(&world, "hugo.office", "/exports", &json!({"what": "leads"})).await.text("/id").to_owned();
    world.advance_to("2026-11-24T09:05:00Z").await;
    sent(&world, "chris.center", &format!("/dealers/{NORDSTERN}/lead-search"), &json!({"email": format!("{MARK}@example.com")})).await;

    let before = table(&world).await;
    let kinds = |items: &[String]| items.iter().filter(|item| has_mark(item)).count();
    assert!(kinds(&before) > 20, "the mark is in {} items only", kinds(&before));
    assert!(bucket(&world).iter().filter(|file| has_mark(file)).count() >= 3, "document, raw input and export");
    let (overview, leads) =
        (world.get(GROUP_ADMIN, "/overview/appointments?limit=0").await, world.get(GROUP_ADMIN, "/overview/leads").await);

    let mails = world.system.mailbox.mails().len();
    let receipt = erased(&world, lead, Some("000001")).await;
    assert!(!has_mark(&receipt.to_string()), "{receipt}");
    assert_eq!(receipt["erased"]["documents"], 1, "{receipt}");
    assert!(receipt["erased"]["cancelled"].as_u64().unwrap() >= 2, "{receipt}");

    is_nowhere(&world).await;
    for (who, path) in reads(lead, &to_come) {
        let reply = world.get(who, &path).await;
        assert!(reply.status < 500 && !has_mark(&reply.body.to_string()), "{who} {path}: {}", reply.body);
    }
    // Errors do not quote anything either, and neither do later steps.
    let again = order(&world, lead, None).await;
    assert_eq!((again.status, has_mark(&again.body.to_string())), (409, false), "{}", again.body);
    let due = world.store.due(at("2026-11-24T09:00:00Z") + Days::new(4_000), usize::MAX).await.unwrap();
    assert!(!has_mark(&serde_json::to_string(&due.iter().map(|(_, wake_up)| wake_up).collect::<Vec<_>>()).unwrap()), "{due:?}");
    let gone = world.get("hugo.office", &format!("/exports/{export}")).await;
    assert_eq!((gone.text("/state"), gone.text("/deleted_by")), ("expired", "erasure"), "{}", gone.body);
    world.advance_to("2026-12-02T09:00:00Z").await;
    let later: Vec<String> =
        world.system.mailbox.mails()[mails..].iter().map(|mail| format!("{} {} {}", mail.to, mail.subject, mail.text)).collect();
    assert!(later.iter().all(|mail| !has_mark(mail)), "a message was sent after the erasure: {later:?}");
    assert!(!table(&world).await.iter().any(|item| has_mark(item)), "a later step stored the mark again");
    log.is_clean();

    // The counts stay, except those of what the erasure has closed and cancelled.
    let now = world.get(GROUP_ADMIN, "/overview/appointments?limit=0").await;
    for count in ["/appointments/total", "/appointments/customers"] {
        assert!(overview.body.pointer(count).is_some_and(|count| count.as_u64() > Some(0)), "{count}: {}", overview.body);
        assert_eq!(now.body.pointer(count), overview.body.pointer(count), "{count}: {} {}", overview.body, now.body);
    }
    let now = world.get(GROUP_ADMIN, "/overview/leads").await;
    assert_eq!(now.body["leads"]["received"], leads.body["leads"]["received"], "{}", now.body);
    assert_eq!(world.get(GROUP_ADMIN, &format!("/appointments/{past}")).await.text("/state"), "booked");
    let cancelled = world.call(Request::get(GROUP_ADMIN, &format!("/appointments/{to_come}"))).await;
    assert_eq!(
        (cancelled.text("/state"), cancelled.body["letters"].as_array().map(Vec::len)),
        ("cancelled", Some(0)),
        "{}",
        cancelled.body
    );
}
