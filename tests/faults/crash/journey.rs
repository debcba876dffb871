//! The journeys: sequences of requests by users, customers and partners.

use super::cloud::Cloud;
use super::group::{BOSS, NORTH, POND, PORTAL, SOUTH, WEST};
use super::{
    access, bounce, bulk, erasure, inbox, limits, linked, mail_in, mornings, office, pingback, plans, retention, texts, thread, unmarked,
    visits,
};
use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{Reply, Request, at};
use chrono::TimeDelta;
use forecourt_domain::access::Scope;
use forecourt_domain::base::DealerId;
use forecourt_domain::settings::DealerSettings;
use forecourt_local::demo;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A journey: its start time and its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Journey {
    /// One day at two dealers: leads by HTTP and by queue are answered, moved and closed; one lead stays unanswered.
    Day,
    /// Users claim leads from a pool, and a contact sends a second enquiry.
    Pool,
    /// The settings change while leads are open: deadlines move, a lead goes to the next seller, a planned event falls due, a turn is
    /// given back, and a trade-in is forwarded to the trade-in address.
    Change,
    /// Users send requests without an idempotency key. No repeat is recognised by its key, so the store must recognise its own commits.
    Keyless,
    /// The dealer answers the new lead automatically. Two documents are uploaded; one is removed again.
    Documents,
    /// A customer is invited, books, moves and cancels, and gets a letter each time.
    Invitation,
    /// The customer of an appointment confirms, reschedules and cancels it by the link of a letter.
    CustomerLink,
    /// Appointments of three months are exported while new ones are created.
    Export,
    /// An appointment of the contact centre: created and moved by queue, moved by staff, reminded, and completed by a ping-back. A
    /// webhook is notified.
    Appointment,
    /// Users work on a lead: events in bulk, tasks, deadlines, contacts, letters by e-mail and text message, and calls.
    Work,
    /// Admins create, change and remove a user, a webhook and a calendar feed, and take a user off a dealer.
    Administration,
    /// A user with leads, a task and events is taken off a dealer; another one loses the right to work leads.
    Leavers,
    /// A partner's signing secret is replaced while the partner reports on an appointment.
    Partner,
    /// Letters, text messages and enquiries go over their limits.
    Limits,
    /// An access file of a contact with two leads is written, downloaded and deleted.
    Access,
    /// A contact with two leads is erased; one of the leads keeps another contact.
    Erasure,
    /// Closed leads are erased a month later; one of them is under a legal hold.
    Retention,
    /// The events of leads are moved and completed in bulk, and the leads reassigned: at once, and as a job of two pages.
    Bulk,
    /// A follow-up plan makes an event, sends a mail and stops when the customer asks again; another one runs to its end.
    Plans,
    /// A customer answers by mail, with files, and the seller answers in the thread.
    Thread,
    /// Mails arrive: of a portal, of a customer, with two enquiries, for two dealers, and twice.
    MailIn,
    /// Mails are forwarded and reported; a user makes a lead of one, and another waits for the administrator.
    Inbox,
    /// A letter to a customer bounces, and is sent again to the corrected address. A customer complains about another one.
    Bounce,
    /// A salesperson gets the list of the day. One appointment is taken from the salesperson before, and one is cancelled.
    Mornings,
    /// Nobody marks two visits: the rule makes no-shows of them, and the supervisor gets one in the list of the day. One customer
    /// arrives, and one visit is marked.
    Unmarked,
    /// Appointments of customers with open leads are linked to them; one lead leaves the pool.
    Linked,
    /// A customer answers by text message, stops text messages and permits them again; another one becomes a lead.
    Texts,
    /// A customer unsubscribes by the link of a mail, subscribes again, and unsubscribes.
    Unsubscribe,
    /// Enquiries arrive after closing. Their held notices go out together in the morning; one of them is obsolete by then.
    Night,
}

impl Journey {
    pub const ALL: [Journey; 4] = [Journey::Day, Journey::Night, Journey::Pool, Journey::Change];
    /// Further journeys whose ends are snapshots.
    pub const SHORT: [Journey; 24] = [
        Journey::Plans,
        Journey::Bulk,
        Journey::Linked,
        Journey::Mornings,
        Journey::Unmarked,
        Journey::Keyless,
        Journey::Documents,
        Journey::Invitation,
        Journey::CustomerLink,
        Journey::Appointment,
        Journey::Work,
        Journey::Administration,
        Journey::Leavers,
        Journey::Partner,
        Journey::Limits,
        Journey::Access,
        Journey::Erasure,
        Journey::Retention,
        Journey::Thread,
        Journey::MailIn,
        Journey::Inbox,
        Journey::Bounce,
        Journey::Texts,
        Journey::Unsubscribe,
    ];

    pub fn begins(self) -> &'static str {
        match self {
            Journey::Day
            | Journey::Keyless
            | Journey::Pool
            | Journey::Change
            | Journey::Documents
            | Journey::Invitation
            | Journey::CustomerLink
            | Journey::Export
            | Journey::Appointment
            | Journey::Work
            | Journey::Administration
            | Journey::Leavers
            | Journey::Partner
            | Journey::Limits
            | Journey::Access
            | Journey::Bulk
            | Journey::Plans
            | Journey::Mornings
            | Journey::Unmarked
            | Journey::Linked
            | Journey::Erasure
            | Journey::Retention
            | Journey::Bounce
            | Journey::Texts
            | Journey::Unsubscribe
            | Journey::Thread
            | Journey::MailIn => "2026-11-23T09:00:00Z",
            Journey::Inbox => "2026-11-23T22:15:00Z",
            Journey::Night => "2026-11-23T16:35:00Z",
        }
    }

    /// Plays the journey. Returns the response to each request.
    pub async fn play(self, cloud: &Cloud) -> Vec<Reply> {
        match self {
            Journey::Day => Box::pin(day(cloud)).await,
            Journey::Night => Box::pin(night(cloud)).await,
            Journey::Keyless => Box::pin(keyless(cloud)).await,
            Journey::Export => Box::pin(export(cloud)).await,
            Journey::Pool => Box::pin(pool(cloud)).await,
            Journey::Change => Box::pin(change(cloud)).await,
            Journey::Documents => Box::pin(documents(cloud)).await,
            Journey::Invitation => Box::pin(visits::invitation(cloud)).await,
            Journey::CustomerLink => Box::pin(visits::customer_link(cloud)).await,
            Journey::Appointment => Box::pin(visits::appointments(cloud)).await,
            Journey::Work => Box::pin(office::work(cloud)).await,
            Journey::Administration => Box::pin(office::administration(cloud)).await,
            Journey::Leavers => Box::pin(office::leavers(cloud)).await,
            Journey::Partner => Box::pin(pingback::partner(cloud)).await,
            Journey::Limits => Box::pin(limits::limits(cloud)).await,
            Journey::Thread => Box::pin(thread::thread(cloud)).await,
            Journey::MailIn => Box::pin(mail_in::mail_in(cloud)).await,
            Journey::Inbox => Box::pin(inbox::inbox(cloud)).await,
            Journey::Bounce => Box::pin(bounce::bounce(cloud)).await,
            Journey::Bulk => Box::pin(bulk::bulk(cloud)).await,
            Journey::Access => Box::pin(access::access(cloud)).await,
            Journey::Plans => Box::pin(plans::plans(cloud)).await,
            Journey::Mornings => Box::pin(mornings::mornings(cloud)).await,
            Journey::Unmarked => Box::pin(unmarked::unmarked(cloud)).await,
            Journey::Linked => Box::pin(linked::linked(cloud)).await,
            Journey::Erasure => Box::pin(erasure::erasure(cloud)).await,
            Journey::Retention => Box::pin(retention::retention(cloud)).await,
            Journey::Texts => Box::pin(texts::texts(cloud)).await,
            Journey::Unsubscribe => Box::pin(texts::unsubscribe(cloud)).await,
        }
    }
}

pub async fn post(cloud: &Cloud, who: &str, path: &str, key: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    cloud.request(&Request::post(who, path).headers(&headers).body(body.to_string().as_bytes())).await
}

pub async fn lead(cloud: &Cloud, dealer: &str, key: &str, body: &Value) -> Reply {
    let mut reply = post(cloud, PORTAL, &format!("/dealers/{dealer}/leads"), key, body).await;
    // The portal gets a receipt. The journey continues with the lead's id.
    let id = reply.text("/receipt").to_owned();
    let scope = Scope::keys_only("demo-group".parse().unwrap());
    let loaded = cloud.undisturbed().load(&scope, &Load::of([Key::EnquiryReceipt(id.clone())])).await.unwrap();
    if let Some(receipt) = loaded.enquiry_receipt(&id) {
        reply.body["id"] = json!(receipt.lead);
    }
    reply
}

pub fn enquiry(name: &str) -> Value {
    json!({"type": "used_car", "source": "website", "contact": {"last_name": name, "email": format!("{name}@example.com")}})
}

/// Changes the settings of a dealer, undisturbed by faults.
pub async fn settings(cloud: &Cloud, dealer: &str, change: impl FnOnce(&mut DealerSettings)) {
    let (store, scope) = (cloud.undisturbed(), Scope::keys_only("demo-group".parse().unwrap()));
    let dealer = DealerId::parse(dealer).unwrap();
    let loaded = store.load(&scope, &Load::of([Key::Dealer(dealer.clone())])).await.unwrap();
    let mut settings: DealerSettings = (*loaded.dealer(&dealer).unwrap().settings).clone();
    change(&mut settings);
    demo::save(&store, &scope, &dealer, &settings.check().unwrap(), cloud.clock.now()).await.unwrap();
}

pub async fn until(cloud: &Cloud, time: &str) {
    cloud.pass_until(at(time)).await;
}

/// Exports the appointments and saves one more meanwhile. The file has each appointment that existed at the request exactly once.
async fn export(cloud: &Cloud) -> Vec<Reply> {
    let store = cloud.undisturbed();
    let scope = Scope::keys_only("demo-group".parse().unwrap());
    let mut ids = BTreeSet::new();
    for i in 0..60 {
        let (dealer, made) = ([NORTH, WEST][i % 2], at("2026-09-20T08:00:00Z") + TimeDelta::hours(25 * i as i64));
        let one = appointment(&format!("a{i:02}"), dealer, made);
        save(&store, &scope, &one).await;
        ids.insert(one.id.to_string());
    }
    let body = json!({"what": "appointments", "filter": {"dealer": [NORTH, WEST], "created_from": "2026-09-01"}});
    let started = post(cloud, "hugo", "/exports", "k-x", &body).await;
    save(&store, &scope, &appointment("late", NORTH, at("2026-11-23T09:00:01Z"))).await;
    until(cloud, "2026-11-23T11:00:00Z").await;
    let path = format!("/exports/{}", started.text("/id"));
    let done = cloud.request(&Request::get("hugo", &path)).await;
    let file = cloud.between().files.get(&format!("exports/demo-group/{}.csv", started.text("/id"))).cloned().unwrap_or_default();
    let rows: Vec<String> = csv::Reader::from_reader(&file[..]).records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(rows.len(), ids.len(), "rows are missing or doubled");
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), ids);
    until(cloud, "2026-11-24T12:00:00Z").await;
    assert!(cloud.between().files.keys().all(|name| name.contains(".csv.")), "the file is gone after a day");
    vec![started, done]
}

async fn day(cloud: &Cloud) -> Vec<Reply> {
    let full = json!({"source": "website", "external_id": "a-1", "type": "used_car",
        "contact": {"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"}, "message": "Ist er noch da?"});
    let answered = lead(cloud, NORTH, "k-a", &full).await;
    until(cloud, "2026-11-23T09:10:00Z").await;
    cloud.enqueue(&large_adf());
    cloud.enqueue("{ this is no enquiry");
    until(cloud, "2026-11-23T09:25:00Z").await;
    let reacted = post(cloud, BOSS, &format!("/leads/{}/reactions", answered.text("/id")), "k-r", &json!({"kind": "reply"})).await;
    until(cloud, "2026-11-23T09:30:00Z").await;
    let given = lead(cloud, NORTH, "k-c", &enquiry("carl")).await;
    until(cloud, "2026-11-23T09:50:00Z").await;
    let by_hand =
        post(cloud, BOSS, &format!("/leads/{}/assignment", given.text("/id")), "k-h", &json!({"user": "ben", "note": "knows him"})).await;
    // By now the lead from the queue and this one have reached level 2.
    until(cloud, "2026-11-23T12:30:00Z").await;
    let moved = lead(cloud, NORTH, "k-d", &enquiry("dora")).await;
    until(cloud, "2026-11-23T12:45:00Z").await;
    let away = post(cloud, BOSS, &format!("/leads/{}/assignment", moved.text("/id")), "k-m", &json!({"dealer": WEST})).await;
    until(cloud, "2026-11-23T13:05:00Z").await;
    let closed =
        post(cloud, BOSS, &format!("/leads/{}/status", moved.text("/id")), "k-s", &json!({"status": "lost", "reason": "price"})).await;
    until(cloud, "2026-11-23T15:30:00Z").await;
    let list = cloud.request(&Request::get(BOSS, &format!("/dealers/{NORTH}/leads"))).await;
    let page = cloud.request(&Request::get(BOSS, &format!("/leads/{}", given.text("/id")))).await;
    vec![answered, reacted, given, by_hand, moved, away, closed, list, page]
}

async fn pool(cloud: &Cloud) -> Vec<Reply> {
    let first = lead(cloud, POND, "k-1", &enquiry("nina")).await;
    let second = lead(cloud, POND, "k-2", &enquiry("otto")).await;
    let claim =
        async |who: &str, of: &Reply, key: &str| post(cloud, who, &format!("/leads/{}/claim", of.text("/id")), key, &json!({})).await;
    let too_new = claim("paul", &second, "k-3").await;
    let taken = claim("pia", &first, "k-4").await;
    until(cloud, "2026-11-23T09:15:00Z").await;
    let mut again = enquiry("nina");
    again["message"] = json!("Und gibt es ihn auch in Rot?");
    let added = lead(cloud, POND, "k-5", &again).await;
    // The time of the new owner ends before the reminder.
    until(cloud, "2026-11-23T09:18:00Z").await;
    let next = claim("paul", &second, "k-6").await;
    until(cloud, "2026-11-23T09:35:00Z").await;
    let answered = post(cloud, "pia", &format!("/leads/{}/reactions", first.text("/id")), "k-7", &json!({"kind": "reply"})).await;
    until(cloud, "2026-11-23T09:55:00Z").await;
    // The new enquiry follows an answer, so it starts a deadline of its own.
    let once_more = lead(cloud, POND, "k-8", &enquiry("nina")).await;
    until(cloud, "2026-11-23T15:00:00Z").await;
    vec![first, second, too_new, taken, added, next, answered, once_more]
}

async fn change(cloud: &Cloud) -> Vec<Reply> {
    let put = async |part: &str, version: &str, body: Value| {
        let headers = [("content-type", "application/json"), ("if-match", version)];
        cloud.request(&Request::put(BOSS, &format!("/dealers/{NORTH}/{part}")).headers(&headers).body(body.to_string().as_bytes())).await
    };
    let answered = lead(cloud, NORTH, "k-1", &enquiry("nora")).await;
    let passed_on = lead(cloud, NORTH, "k-2", &enquiry("olaf")).await;
    let answer = async |of: &Reply, key: &str| {
        post(cloud, BOSS, &format!("/leads/{}/reactions", of.text("/id")), key, &json!({"kind": "reply"})).await
    };
    until(cloud, "2026-11-23T09:02:00Z").await;
    let slower = put("escalation", "\"1\"", json!({"level_1": 90, "reminder": 20, "level_2": 30, "level_2_resubmission": 15})).await;
    let configuration =
        json!({"admin_user": BOSS, "reassign_after": 20, "spam_gives_turn_back": true, "trade_in_cc_email": "buyer@desk.example"});
    let configured = put("configuration", "\"2\"", configuration).await;
    // By now the deadlines have moved, even if the recomputation was late.
    until(cloud, "2026-11-23T09:14:00Z").await;
    let mut replies = vec![slower, configured, answer(&answered, "k-3").await];
    let events = format!("/leads/{}/events", answered.text("/id"));
    let plan = json!({"title": "Call her", "type": "phone_outbound", "at": "2026-11-23T09:40:00Z"});
    let planned = post(cloud, BOSS, &events, "k-4", &plan).await;
    let soon = json!({"title": "Write her", "type": "email_outbound", "at": "2026-11-23T09:30:00Z"});
    // Anna plans it for herself, so that no notice of it is due: a late one would find the event completed.
    let done = post(cloud, "anna", &events, "k-5", &soon).await;
    until(cloud, "2026-11-23T09:16:00Z").await;
    let follow_up = json!({"follow_up": {"title": "Ask her", "type": "sms", "at": "2026-11-23T13:00:00Z"}});
    replies.push(post(cloud, BOSS, &format!("{events}/{}/completion", done.text("/id")), "k-6", &follow_up).await);
    let spam = lead(cloud, NORTH, "k-7", &enquiry("spam")).await;
    replies
        .push(post(cloud, BOSS, &format!("/leads/{}/status", spam.text("/id")), "k-8", &json!({"status": "lost", "reason": "spam"})).await);
    until(cloud, "2026-11-23T09:17:00Z").await;
    let mut offer = enquiry("paula");
    offer["trade_in"] = json!({"make": "Opel", "model": "Corsa"});
    let offered = lead(cloud, NORTH, "k-9", &offer).await;
    replies.push(answer(&offered, "k-10").await);
    until(cloud, "2026-11-23T12:00:00Z").await;
    replies.extend([answered, passed_on, planned, done, spam, offered]);
    replies
}

async fn keyless(cloud: &Cloud) -> Vec<Reply> {
    let new = lead(cloud, NORTH, "k-1", &enquiry("karl")).await;
    until(cloud, "2026-11-23T09:20:00Z").await;
    let path = format!("/leads/{}/reactions", new.text("/id"));
    let missed = json!({"kind": "call_missed", "note": "nobody there"});
    let json = [("content-type", "application/json")];
    let called = cloud.request(&Request::post(BOSS, &path).headers(&json).body(missed.to_string().as_bytes())).await;
    let page = cloud.request(&Request::get(BOSS, &format!("/leads/{}", new.text("/id")))).await;
    vec![new, called, page]
}

async fn documents(cloud: &Cloud) -> Vec<Reply> {
    settings(cloud, NORTH, |settings| settings.instant_answer.on = true).await;
    let new = lead(cloud, NORTH, "k-1", &enquiry("karl")).await;
    let path = format!("/leads/{}/documents", new.text("/id"));
    let mut replies = Vec::new();
    for key in ["stays", "goes"] {
        let made = post(cloud, BOSS, &path, key, &json!({"title": key, "content_type": "text/plain", "bytes": key.len()})).await;
        let at = format!("{path}/{}", made.text("/id"));
        let upload = made.text("/upload/url").strip_prefix("https://bucket.example/").unwrap().to_owned();
        cloud.between().files.insert(upload, key.as_bytes().to_vec());
        replies.push(post(cloud, BOSS, &format!("{at}/completion"), &format!("{key}-up"), &json!({})).await);
        if key == "goes" {
            replies.push(cloud.request(&Request::delete(BOSS, &at)).await);
        }
    }
    replies
}

async fn night(cloud: &Cloud) -> Vec<Reply> {
    let in_time = lead(cloud, SOUTH, "k-i", &enquiry("ida")).await;
    until(cloud, "2026-11-23T17:20:00Z").await;
    let mut replies = vec![in_time];
    for name in ["fritz", "gerd", "hanna"] {
        replies.push(lead(cloud, SOUTH, &format!("k-{name}"), &enquiry(name)).await);
    }
    until(cloud, "2026-11-23T18:00:00Z").await;
    replies.push(post(cloud, BOSS, &format!("/leads/{}/reactions", replies[2].text("/id")), "k-r", &json!({"kind": "reply"})).await);
    until(cloud, "2026-11-24T12:00:00Z").await;
    replies
}

/// Returns an ADF document that is too large to be stored beside the lead, even when compressed.
fn large_adf() -> String {
    let mut dice = fastrand::Rng::with_seed(1);
    let comments: String = (0..9_000).map(|_| dice.alphanumeric()).collect();
    format!(
        "<?xml version=\"1.0\"?><adf><prospect><id sequence=\"1\" source=\"portal\">b-1</id><requestdate>2026-11-23T10:10:00+01:00</requestdate>\
         <vehicle interest=\"buy\" status=\"used\"><year>2020</year><make>Opel</make><model>Corsa</model></vehicle><customer><contact>\
         <name part=\"full\">Bea Adler</name><email>bea@example.com</email></contact><comments>{comments}</comments></customer>\
         <vendor><contact><name part=\"full\">North</name></contact></vendor></prospect></adf>"
    )
}
