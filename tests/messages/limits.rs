//! The limits of letters and text messages, and links in names (SET-12, MSG-2).

use crate::support::appointments::{WHEN, appointment, made, seen};
use crate::support::dealers::of_dealer;
use crate::support::letters::{letters, mails_to};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, enquiry};
use async_trait::async_trait;
use chrono::TimeDelta;
use forecourt_domain::base::{Budget, Country, LeadId, Medium, Usage, Window, has_link};
use forecourt_send::mail::Mail;
use forecourt_send::texts::Texts;
use forecourt_send::{Carrier, Sender, Undelivered};
use serde_json::{Value, json};
use std::sync::Arc;

async fn mail(world: &World, lead: LeadId, subject: &str) {
    let body = json!({"medium": "email", "subject": subject, "text": "Guten Tag"});
    let reply = world.post(ADMIN, &format!("/leads/{lead}/communications"), &body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
}

async fn text(world: &World, lead: LeadId) -> Reply {
    world.post(ADMIN, &format!("/leads/{lead}/communications"), &json!({"medium": "sms", "text": "Bis Freitag!"})).await
}

async fn lead_with_phone(world: &World, name: &str, phone: &str) -> LeadId {
    world.lead(&json!({"type": "used_car", "source": "website", "contact": {"last_name": name, "phone": phone}})).await
}

/// Returns the times of the mails to `name`.
fn times(world: &World, name: &str) -> Vec<String> {
    mails_to(world, name).iter().map(|(_, line)| line[..11].to_owned()).collect()
}

/// SET-12: a letter over the limit of its recipient waits for a later day, and is not sent at night. A message that is delivered twice
/// takes one share.
#[tokio::test]
async fn set_12_a_letter_over_the_limit_of_its_recipient_waits_for_the_next_morning() {
    for world in [World::new().await, World::delivering_twice().await] {
        world.settings(|s| s.limits.letters_per_recipient = 2).await;
        let lead = world.lead(&enquiry("jana")).await;
        let other = world.lead(&enquiry("karl")).await;
        for i in 1..=5 {
            mail(&world, lead, &format!("Angebot {i}")).await;
        }
        mail(&world, other, "Angebot").await;
        world.system.settle().await;
        assert_eq!((times(&world, "jana").len(), times(&world, "karl").len()), (2, 1), "each recipient has a limit of its own");
        world.advance_to("2026-11-25T12:00:00Z").await;
        assert_eq!(times(&world, "jana")[2..], ["11-24 07:00", "11-24 07:00", "11-25 07:00"]);
        let sent: std::collections::BTreeSet<String> = mails_to(&world, "jana").into_iter().map(|(mail, _)| mail.subject).collect();
        assert_eq!(sent.len(), 5, "{sent:?}");
    }
}

/// SET-12: a tag in the address is no other recipient, and the limit counts the letters of all leads.
#[tokio::test]
async fn set_12_the_limit_of_a_recipient_counts_all_leads_and_tags() {
    let world = World::new().await;
    world.settings(|s| s.limits.letters_per_recipient = 2).await;
    let body = |address: &str| json!({"type": "used_car", "source": "website", "contact": {"last_name": address, "email": address}});
    for address in ["jana@example.com", "Jana+1@Example.com", "jana+2@example.com"] {
        let lead = world.lead(&body(address)).await;
        mail(&world, lead, "Angebot").await;
    }
    world.system.settle().await;
    let to_jana = |mail: &Mail| mail.to.to_lowercase().starts_with("jana") && mail.to.to_lowercase().ends_with("@example.com");
    assert_eq!(world.system.mailbox.mails().iter().filter(|mail| to_jana(mail)).count(), 2);
    world.advance_to("2026-11-24T12:00:00Z").await;
    assert_eq!(world.system.mailbox.mails().iter().filter(|mail| to_jana(mail)).count(), 3);
}

/// SET-12: the dealer's own lead address has no limit, because it receives the letters of all customers without an address.
#[tokio::test]
async fn set_12_the_dealers_own_lead_address_has_no_limit() {
    let world = World::new().await;
    world.settings(|s| s.limits.letters_per_recipient = 2).await;
    let own = "leads@autohaus-nordstern-demo.example";
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": {"last_name": "Ohne", "email": own}})).await;
    for i in 1..=4 {
        mail(&world, lead, &format!("Angebot {i}")).await;
    }
    world.system.settle().await;
    assert_eq!(world.system.mailbox.mails().iter().filter(|mail| mail.to == own).count(), 4);
}

/// SET-12, MSG-1: a letter whose turn does not come within three days fails and is listed. Sent again by hand, it takes another share.
#[tokio::test]
async fn set_12_a_letter_that_would_wait_for_more_than_three_days_fails_and_is_listed() {
    let world = World::new().await;
    world.settings(|s| s.limits.letters_per_recipient = 1).await;
    let lead = world.lead(&enquiry("jana")).await;
    for i in 1..=5 {
        mail(&world, lead, &format!("Angebot {i}")).await;
    }
    world.system.settle().await;
    let list = async || {
        let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/undelivered")).await;
        page.body["messages"].as_array().unwrap().clone()
    };
    let failed = list().await;
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0]["why"].as_str().unwrap().ends_with("(SET-12)"), "{failed:?}");
    world.advance_to("2026-11-26T12:00:00Z").await;
    assert_eq!(times(&world, "jana").len(), 4);
    world.advance_to("2026-11-27T12:00:00Z").await;
    let again = format!("/dealers/{NORDSTERN}/undelivered/{}/resend", failed[0]["id"].as_str().unwrap());
    assert_eq!(world.post(ADMIN, &again, &json!({})).await.status, 202);
    world.system.settle().await;
    assert_eq!((times(&world, "jana").len(), list().await.len()), (5, 0));
    mail(&world, lead, "Angebot 6").await;
    world.system.settle().await;
    assert_eq!(times(&world, "jana").len(), 5, "the letter that was sent again is today's one");
}

/// SET-12, APT-3: a letter that waits is checked again when its turn comes.
#[tokio::test]
async fn set_12_a_waiting_letter_that_is_no_longer_true_is_not_sent() {
    let world = World::new().await;
    world.settings(|s| s.limits.letters_per_recipient = 1).await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    world.system.settle().await;
    world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-27T10:00:00+01:00"})).await;
    assert!(letters(&seen(&world, &id).await).contains(&"moved email queued".to_owned()));
    world.post(ADMIN, &format!("/appointments/{id}/cancellation"), &json!({})).await;
    world.advance_to("2026-11-25T12:00:00Z").await;
    let page = seen(&world, &id).await;
    assert!(letters(&page).contains(&"moved email suppressed no_longer_so".to_owned()), "{:?}", letters(&page));
    assert_eq!(times(&world, "jana"), ["11-23 09:00", "11-25 07:00"], "the confirmation and the cancellation");
}

/// A provider that takes no more messages for now.
struct Busy;

#[async_trait]
impl Carrier for Busy {
    async fn carry(&self, _: &Mail) -> Result<String, Undelivered> {
        Err(Undelivered::Busy("slow down".into()))
    }
}

/// SET-12, MSG-1: a further attempt of a letter takes no second share.
#[tokio::test]
async fn set_12_a_further_attempt_takes_no_second_share() {
    let world = World::new().await;
    world.settings(|s| s.limits.letters_per_recipient = 1).await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    world.system.agenda.lose_everything();
    let texts = Arc::new(Texts::new(world.system.platform.console.clone()).unwrap());
    let sender = Sender { platform: world.system.platform.of("send"), carrier: Arc::new(Busy), texts };
    let wake_up = json!({"kind": "deliver", "group": "demo-group", "dealer": NORDSTERN,
        "home": {"appointment": id}, "letter": "confirmation-0-email"});
    let event = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": wake_up.to_string()}]})).unwrap();
    assert_eq!(sender.handle(event).await.batch_item_failures.len(), 0);
    world.advance_to("2026-11-23T09:10:00Z").await;
    assert_eq!(times(&world, "jana").len(), 1);
    assert!(times(&world, "jana")[0].starts_with("11-23 09:0"), "{:?}", times(&world, "jana"));
}

/// SET-12: a dealer's text messages over its limit wait for the next hour.
#[tokio::test]
async fn set_12_text_messages_over_the_dealers_limit_wait_for_the_next_hour() {
    let world = World::new().await;
    world.settings(|s| s.limits.text_messages_per_hour = 2).await;
    for i in 0..5 {
        let lead = lead_with_phone(&world, &format!("N{i}"), &format!("0171 234567{i}")).await;
        assert_eq!(text(&world, lead).await.status, 201);
    }
    world.system.settle().await;
    let sent = || world.system.mailbox.sms().len();
    assert_eq!(sent(), 2);
    world.advance_to("2026-11-23T10:00:30Z").await;
    assert_eq!(sent(), 4);
    world.advance_to("2026-11-23T11:00:30Z").await;
    assert_eq!(sent(), 5);
}

/// SET-12, LEAD-3, APT-3: a dealer sends text messages to its own country and its neighbours, unless its settings name countries.
#[tokio::test]
async fn set_12_text_messages_go_to_the_dealers_countries_only() {
    let world = World::new().await;
    world.settings(|s| s.appointments.media = [Medium::Email, Medium::Sms].into()).await;
    let german = lead_with_phone(&world, "Petersen", "0171 2345678").await;
    let polish = lead_with_phone(&world, "Nowak", "+48 512 345 678").await;
    let american = lead_with_phone(&world, "Moore", "+1 312 867 5310").await;
    assert_eq!((text(&world, german).await.status, text(&world, polish).await.status), (201, 201));
    let refused = text(&world, american).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "SET-12"), "{}", refused.body);
    let mut body = appointment("alice", WHEN);
    body["customer"]["phone"] = json!("+1 312 867 5310");
    let id = made(&world, ADMIN, &body).await;
    assert_eq!(letters(&seen(&world, &id).await)[..2], ["confirmation email sent", "confirmation sms suppressed country"]);
    world.settings(|s| s.limits.text_message_countries = Some(vec![Country::US])).await;
    assert_eq!((text(&world, german).await.status, text(&world, american).await.status), (409, 201));
    world.system.settle().await;
    let mut numbers: Vec<String> = world.system.mailbox.sms().into_iter().map(|sms| sms.to).collect();
    numbers.sort();
    assert_eq!(numbers, ["+13128675310", "+48512345678", "+491712345678"]);
}

/// SET-12: a dealer's admin chooses the countries. The operator alone changes the numbers.
#[tokio::test]
async fn set_12_the_operator_changes_the_limits_and_the_admin_the_countries() {
    let world = World::new().await;
    let path = of_dealer("limits");
    let defaults = json!({"letters_per_recipient": 20, "text_messages_per_hour": 200, "text_message_countries": null});
    assert_eq!(world.get(ADMIN, &path).await.body["settings"], defaults);
    let with = |name: &str, value: Value| {
        let mut body = defaults.clone();
        body[name] = value;
        body
    };
    for (name, value) in [("letters_per_recipient", json!(30)), ("text_messages_per_hour", json!(500))] {
        let refused = world.call(Request::put(ADMIN, &path).json(&with(name, value)).version(1)).await;
        assert_eq!((refused.status, refused.text("/right"), refused.faults()), (403, "operate", vec![format!("{name} SET-12")]));
    }
    for (name, value) in [
        ("letters_per_recipient", json!(0)),
        ("letters_per_recipient", json!(1_001)),
        ("text_messages_per_hour", json!(0)),
        ("text_messages_per_hour", json!(100_001)),
    ] {
        let invalid = world.call(Request::put("otto.operator", &path).json(&with(name, value)).version(1)).await;
        assert_eq!((invalid.status, invalid.faults()), (422, vec![format!("{name} SET-12")]), "{}", invalid.body);
    }
    let unknown = world.call(Request::put(ADMIN, &path).json(&with("text_message_countries", json!(["DE", "QQ"]))).version(1)).await;
    assert_eq!(unknown.faults(), ["text_message_countries[1] SET-12"], "{}", unknown.body);
    let italy = with("text_message_countries", json!(["DE", "IT"]));
    let kept = world.call(Request::put(ADMIN, &path).json(&italy).version(1)).await;
    assert_eq!((kept.status, &kept.body["settings"]), (200, &italy), "{}", kept.body);
    let raised = world.call(Request::put("otto.operator", &path).json(&with("letters_per_recipient", json!(30))).version(2)).await;
    assert_eq!((raised.status, &raised.body["settings"]["letters_per_recipient"]), (200, &json!(30)), "{}", raised.body);
}

/// MSG-2, INT-4: a name with a link is stored and flagged, and no letter has it: neither in the greeting nor in a header or an attachment.
/// The same holds for the vehicle, whose text comes from the enquiry too.
#[tokio::test]
async fn msg_2_a_link_in_a_name_is_flagged_and_never_in_a_letter() {
    let world = World::new().await;
    let body = json!({"type": "used_car", "source": "website", "vehicle": {"make": "Opel", "model": "evil.example.com/corsa"},
        "contact": {"first_name": "Gewinn", "last_name": "https://evil.example/x", "email": "jana@example.com", "language": "de"}});
    let sent = world.send(&body).await;
    let flagged: Vec<&str> = sent.body["flags"].as_array().unwrap().iter().map(|flag| flag["field"].as_str().unwrap()).collect();
    assert_eq!(flagged, ["contact.last_name"]);
    let lead = world.lead_of(&sent).await;
    assert!(world.page(lead).await.lead.contact.contains("evil"), "staff see the name as it was sent");
    made(&world, ADMIN, &json!({"lead": lead.to_string(), "kind": "showroom", "at": WHEN})).await;
    world.system.settle().await;
    let mails = mails_to(&world, "jana");
    assert_eq!(mails.len(), 1);
    let letter = &mails[0].0;
    assert!(letter.text.starts_with("Guten Tag,\n"), "{}", letter.text);
    let files: Vec<String> = letter.attachments.iter().map(|file| String::from_utf8_lossy(&file.content).into_owned()).collect();
    let written = String::from_utf8(letter.mime("noreply@desk.example").unwrap()).unwrap();
    for part in files.iter().chain([&written, &letter.text, &letter.subject, &letter.to_name]) {
        assert!(!part.contains("evil"), "{part}");
    }
    assert!(written.contains("jana@example.com"));
}

#[test]
fn msg_2_links_are_distinguished_from_names() {
    let links = [
        "https://evil.example/x",
        "Gewinn www.evil.example",
        "evil.com",
        "EVIL.COM",
        "Jana evil.de/x",
        "t.co/abc",
        "bit．ly/abc",
        "jana@example.com",
        "mailto:jana@example.com",
        "shop.xn--p1ai",
        "(evil.shop)",
        "evil.com:8080",
        "Dr.evil.com",
        "evil.com!",
        "→evil.com←",
        "*evil.com*",
        "«evil.com»",
        "Gewinn…evil.com",
        "Gewinn..evil.com",
        "Gewinn=evil.com&x",
        "mein_evil.com",
        "evil.com-",
        "evil.su",
        "evil.zip",
        "evil.finance/x",
        "evil.gs",
        "evil.рф",
        "evil.中国/x",
        "jana@evil.schule",
    ];
    for name in links {
        assert!(has_link(name), "{name}");
    }
    for name in [
        "Dr. Vogt",
        "Dr.Vogt",
        "Prof.Dr.med. Weiß",
        "J.R.R. Tolkien",
        "J.de Vries",
        "Dr.de Boer",
        "St.Pauli",
        "Vogt GmbH & Co.KG",
        "Vogt e.K.",
        "Smit B.V.",
        "Rossi S.p.A.",
        "Anna-Lena O’Brien",
        "Müller/Schmidt",
        "Jana, 2. Etage",
        "Jana (Fa.Vogt)",
        "Dr.-Ing. Weiß",
        "Vogt & Söhne e.V.!",
        "VW ID.3 1.5 TSI",
        "Jana @ Vogt",
        "Autohaus@Vogt",
        "Anna...",
        "",
    ] {
        assert!(!has_link(name), "{name}");
    }
}

#[test]
fn set_12_neighbours_are_mutual_and_numbers_have_a_country() {
    let country = |code: &str| Country::try_from(code.to_owned()).unwrap();
    for (one, other) in [("DE", "PL"), ("DE", "CH"), ("US", "CA"), ("GB", "IE"), ("NL", "BE"), ("AT", "LI"), ("DK", "SE")] {
        assert!(country(one).is_neighbour_of(country(other)) && country(other).is_neighbour_of(country(one)), "{one} {other}");
    }
    for (one, other) in [("DE", "IT"), ("DE", "DE"), ("GB", "NL"), ("US", "GB"), ("NL", "FR")] {
        assert!(!country(one).is_neighbour_of(country(other)), "{one} {other}");
    }
    for (number, code) in [("+491712345678", Some("DE")), ("+13128675310", Some("US")), ("+48512345678", Some("PL")), ("12", None)] {
        assert_eq!(Country::of_number(number).map(|country| country.as_str().to_owned()).as_deref(), code, "{number}");
    }
}

/// SET-12: no window has more units than its budget, no unit lies in the past, and a window is filled before the next one.
#[test]
fn set_12_a_budget_fills_window_after_window() {
    for window in [Window::Minute, Window::Hour, Window::Day] {
        let budget = Budget { most: 3, window };
        let (mut now, mut usage, mut taken) = (at("2026-11-23T09:59:30Z"), None, std::collections::BTreeMap::new());
        for step in 0..40 {
            let (next, from) = Usage::take(usage.as_ref(), "a", budget, now);
            assert!(from >= now);
            assert_eq!(window.end(from), next.until);
            *taken.entry(next.until).or_insert(0) += 1;
            usage = Some(next);
            now += TimeDelta::seconds(step % 7);
        }
        assert!(taken.values().all(|units| *units <= 3), "{taken:?}");
        let later = now + TimeDelta::days(60);
        assert_eq!(Usage::take(usage.as_ref(), "a", budget, later).1, later, "a window that is over holds nothing back");
    }
}
