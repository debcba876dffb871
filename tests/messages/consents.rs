//! Consents with their proof, the one rule that decides whether a customer may be contacted, and unsubscribing by the link of a mail
//! (PRV-6).

use crate::support::world::{ADMIN, PUBLIC_URL, Reply, Request, World, at};
use forecourt_domain::base::{Actor, ConsentSource, ConsentStatus, ContactChannel, LeadId, Purpose, StopReason};
use forecourt_domain::messages::{Consent, Stop, Unwanted, may_contact};
use forecourt_send::mail::Mail;
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

const SELLER: &str = "anna.vogt";
pub(crate) const JANA: &str = "jana@example.com";

pub(super) fn consent(channel: ContactChannel, purpose: Purpose, status: ConsentStatus, minute: i64) -> Consent {
    let at = at("2026-11-23T09:00:00Z") + chrono::TimeDelta::minutes(minute);
    let (source, by) = (ConsentSource::Form, Actor::Customer);
    Consent { channel, purpose, status, at, source, text: None, text_hash: None, by, lead: None, document: None }
}

fn stop(kind: StopReason) -> Stop {
    Stop { kind, dealer: None, at: at("2026-11-23T09:00:00Z"), by: Actor::Customer, detail: None, lead: None }
}

/// PRV-6: the whole table of channel, purpose and declaration, without stops.
#[test]
fn prv_6_a_declaration_permits_what_the_law_permits() {
    use ConsentStatus::{Granted, Unknown, Withdrawn};
    for channel in ContactChannel::ALL {
        for status in [None, Some(Unknown), Some(Granted), Some(Withdrawn)] {
            for purpose in [Purpose::Contract, Purpose::Service, Purpose::Advertising] {
                let consents: Vec<Consent> = status.map(|status| consent(channel, purpose, status, 0)).into_iter().collect();
                let wanted = match (purpose, status) {
                    (Purpose::Contract, _) | (_, Some(Granted)) => Ok(()),
                    (_, Some(Withdrawn)) => Err(Unwanted::Withdrawn),
                    (Purpose::Service, _) => Ok(()),
                    _ if channel == ContactChannel::Letter => Ok(()),
                    _ => Err(Unwanted::NotGranted),
                };
                assert_eq!(may_contact(channel, purpose, &consents, []), wanted, "{channel:?} {purpose:?} {status:?}");
            }
        }
    }
}

/// PRV-6, MSG-1: each stop concerns its channel; unsubscribing leaves the messages of a contract.
#[test]
fn prv_6_a_stop_concerns_its_channel_and_purpose() {
    use StopReason::{Bounced, Complained, Stopped, Unsubscribed};
    for channel in ContactChannel::ALL {
        for purpose in [Purpose::Contract, Purpose::Service, Purpose::Advertising] {
            let granted = [consent(channel, purpose, ConsentStatus::Granted, 0)];
            for reason in [Bounced, Complained, Stopped, Unsubscribed, StopReason::Unknown] {
                let stops = match reason {
                    Bounced | Complained => channel == ContactChannel::Email,
                    Unsubscribed => channel == ContactChannel::Email && purpose != Purpose::Contract,
                    Stopped => channel == ContactChannel::Sms,
                    StopReason::Unknown => false,
                };
                let wanted = if stops { Err(Unwanted::Stopped(reason)) } else { Ok(()) };
                assert_eq!(may_contact(channel, purpose, &granted, [&stop(reason)]), wanted, "{channel:?} {purpose:?} {reason:?}");
            }
        }
    }
    let both = [stop(Bounced), stop(Complained)];
    assert_eq!(may_contact(ContactChannel::Email, Purpose::Contract, &[], &both), Err(Unwanted::Stopped(Complained)));
}

pub(super) fn any_consents() -> impl Strategy<Value = Vec<Consent>> {
    let status = prop_oneof![Just(ConsentStatus::Granted), Just(ConsentStatus::Withdrawn), Just(ConsentStatus::Unknown)];
    let channel = proptest::sample::select(ContactChannel::ALL.to_vec());
    let purpose = proptest::sample::select(Purpose::OF_CONSENT.to_vec());
    proptest::collection::vec((channel, purpose, status, 0_i64..50), 0..12)
        .prop_map(|all| all.into_iter().map(|(channel, purpose, status, minute)| consent(channel, purpose, status, minute)).collect())
}

proptest! {
    /// PRV-6: the order in which declarations are recorded makes no difference if their times differ; a declaration about another channel
    /// or purpose has no effect; a further stop permits nothing; messages of a contract need no consent.
    #[test]
    fn prv_6_the_latest_declaration_of_the_channel_and_purpose_decides(consents in any_consents(), reasons in proptest::collection::vec(0..4_usize, 0..3)) {
        let mut consents = consents;
        consents.sort_by_key(|consent| consent.at);
        consents.dedup_by_key(|consent| consent.at);
        let kinds = [StopReason::Bounced, StopReason::Complained, StopReason::Stopped, StopReason::Unsubscribed];
        let stops: Vec<Stop> = reasons.into_iter().map(|place| stop(kinds[place])).collect();
        for channel in ContactChannel::ALL {
            prop_assert!(may_contact(channel, Purpose::Contract, &consents, []).is_ok());
            for purpose in Purpose::OF_CONSENT {
                let decided = may_contact(channel, purpose, &consents, &stops);
                let reversed: Vec<Consent> = consents.iter().rev().cloned().collect();
                prop_assert_eq!(may_contact(channel, purpose, &reversed, &stops), decided);
                let own: Vec<Consent> = consents.iter().filter(|one| one.channel == channel && one.purpose == purpose).cloned().collect();
                prop_assert_eq!(may_contact(channel, purpose, &own, &stops), decided);
                if may_contact(channel, purpose, &consents, []).is_err() {
                    prop_assert!(decided.is_err());
                }
                let refused = own.iter().cloned().chain([consent(channel, purpose, ConsentStatus::Withdrawn, 100)]).collect::<Vec<_>>();
                prop_assert!(may_contact(channel, purpose, &refused, &stops).is_err());
            }
        }
    }
}

pub(crate) async fn lead_of(world: &World, name: &str) -> LeadId {
    let contact = json!({"last_name": name, "email": JANA, "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    lead
}

pub(crate) async fn write(world: &World, lead: LeadId, purpose: &str, medium: &str) -> Reply {
    let body = json!({"medium": medium, "subject": if medium == "email" { json!("Winterreifen") } else { Value::Null }, "text": "Guten Tag", "purpose": purpose});
    let reply = world.post(SELLER, &format!("/leads/{lead}/communications"), &body).await;
    world.system.settle().await;
    reply
}

pub(crate) async fn declare(world: &World, lead: LeadId, body: &Value) -> Reply {
    world.post(SELLER, &format!("/leads/{lead}/contacts/000001/consents"), body).await
}

pub(crate) async fn consents(world: &World, lead: LeadId) -> Vec<Value> {
    let reply = world.get(SELLER, &format!("/leads/{lead}/consents")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["consents"].as_array().unwrap().clone()
}

pub(crate) fn granted(channel: &str) -> Value {
    json!({"channel": channel, "purpose": "advertising", "status": "granted", "source": "form", "text": "I agree to offers."})
}

pub(crate) fn last_mail(world: &World) -> Mail {
    world.system.mailbox.mails().into_iter().rfind(|mail| mail.subject == "Winterreifen").unwrap()
}

/// PRV-6: advertising needs the consent of the person, which counts for each lead of the group; service and contract do not.
#[tokio::test]
async fn prv_6_advertising_needs_the_consent_of_the_person() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    for medium in ["email", "sms"] {
        let refused = write(&world, lead, "advertising", medium).await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-6"), "{}", refused.body);
        assert_eq!(write(&world, lead, "service", medium).await.status, 201);
        assert_eq!(write(&world, lead, "contract", medium).await.status, 201);
    }
    let wrong = write(&world, lead, "spam", "email").await;
    assert_eq!(wrong.faults(), ["purpose PRV-6"], "{}", wrong.body);
    let recorded = declare(&world, lead, &granted("email")).await;
    assert_eq!(recorded.status, 200, "{}", recorded.body);
    assert_eq!(declare(&world, lead, &granted("email")).await.status, 200);
    let listed = consents(&world, lead).await;
    let facts = json!([listed[0]["address"], listed[0]["channel"], listed[0]["status"], listed[0]["text"], listed[0]["by"]]);
    assert_eq!((listed.len(), facts), (1, json!([JANA, "email", "granted", "I agree to offers.", "user:anna.vogt"])), "{listed:?}");
    let sent = write(&world, lead, "advertising", "email").await;
    assert_eq!((sent.status, sent.text("/purpose")), (201, "advertising"), "{}", sent.body);
    assert_eq!(write(&world, lead, "advertising", "sms").await.status, 409, "the consent is for e-mail");
    // It is the person's, not the lead's.
    world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "won"})).await;
    let other = lead_of(&world, "Petersen").await;
    assert_ne!(lead, other);
    assert_eq!((consents(&world, other).await.len(), write(&world, other, "advertising", "email").await.status), (1, 201));
}

/// PRV-6: a consent without the text that the customer saw is refused, and so are an unknown contact, an address of somebody else, a time
/// in the future and a document that the lead does not have.
#[tokio::test]
async fn prv_6_a_consent_needs_its_proof() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    let with = |field: &str, value: Value| {
        let mut body = granted("email");
        body[field] = value;
        body
    };
    for (field, value) in [
        ("text", Value::Null),
        ("channel", json!("fax")),
        ("purpose", json!("contract")),
        ("status", json!("perhaps")),
        ("source", json!("link")),
        ("at", json!("2026-11-23T09:00:01Z")),
        ("at", json!("yesterday")),
        ("address", json!("other@example.com")),
        ("address", json!("+491712345678")),
        ("document", json!("d1")),
    ] {
        let refused = declare(&world, lead, &with(field, value.clone())).await;
        assert_eq!((refused.status, refused.faults().len()), (422, 1), "{field} {value}: {}", refused.body);
        assert!(refused.faults()[0].starts_with(field), "{}", refused.body);
    }
    let stranger = world.post(SELLER, &format!("/leads/{lead}/contacts/000002/consents"), &granted("email")).await;
    assert_eq!(stranger.status, 404, "{}", stranger.body);
    for (who, status) in [("greta.sommer", 404), ("rival.seller", 404), ("hugo.office", 403)] {
        let path = format!("/leads/{lead}/contacts/000001/consents");
        assert_eq!(world.post(who, &path, &granted("email")).await.status, status, "{who}");
    }
    assert!(consents(&world, lead).await.is_empty());
    let letter = declare(&world, lead, &granted("letter")).await;
    assert_eq!(letter.status, 200, "{}", letter.body);
    let phone = declare(&world, lead, &granted("telephone")).await;
    assert_eq!(phone.status, 200, "{}", phone.body);
    let listed: Vec<Value> = consents(&world, lead).await.iter().map(|one| json!([one["channel"], one["address"]])).collect();
    assert_eq!(listed, [json!(["letter", JANA]), json!(["telephone", "+491712345678"])]);
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!(page.body["timeline"].to_string().matches("consent_recorded").count(), 2);
}

pub(crate) fn link_of(mail: &Mail) -> String {
    mail.unsubscribe.as_deref().unwrap().strip_prefix(PUBLIC_URL).unwrap().to_owned()
}

pub(crate) const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

pub(crate) async fn one_click(world: &World, link: &str) -> Reply {
    world.call(Request::new(Method::POST, "", link).headers(&FORM).body(b"List-Unsubscribe=One-Click")).await
}

/// PRV-6: advertising and service mails have the link in text, HTML and headers; others do not. The link names nobody.
#[tokio::test]
async fn prv_6_service_mails_have_a_link_to_unsubscribe() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    write(&world, lead, "contract", "email").await;
    assert_eq!(last_mail(&world).unsubscribe, None);
    assert!(!String::from_utf8(last_mail(&world).mime("desk@example.com").unwrap()).unwrap().contains("List-Unsubscribe"));
    write(&world, lead, "service", "email").await;
    let mail = last_mail(&world);
    let link = mail.unsubscribe.clone().unwrap();
    assert!(mail.text.contains(&link) && mail.html.contains(&link), "{}", mail.text);
    let mime = String::from_utf8(mail.mime("desk@example.com").unwrap()).unwrap();
    let flat = mime.replace("\r\n ", " ").replace("\r\n\t", " ");
    assert!(flat.contains(&format!("List-Unsubscribe: <{link}>")), "{mime}");
    assert!(flat.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{mime}");
    let token = link.rsplit('/').next().unwrap();
    let text = world.store.secret().verified("unsubscribe", token).unwrap();
    for personal in ["jana", "example.com", "Petersen", "1712345678"] {
        assert!(!text.contains(personal) && !link.contains(personal), "{text}");
    }
}

/// PRV-6: opening the link changes nothing, as often as programs open it. One click unsubscribes once, in both forms of RFC 8058. The mails
/// of the enquiry are still sent, and the seller sees why others are not.
#[tokio::test]
async fn prv_6_only_a_click_unsubscribes_and_a_repeat_is_the_same() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    declare(&world, lead, &granted("email")).await;
    write(&world, lead, "advertising", "email").await;
    let link = link_of(&last_mail(&world));
    for accept in ["*/*", "application/json"] {
        let opened = world.call(Request::get("", &link).headers(&[("accept", accept)])).await;
        assert_eq!(opened.status, 200, "{}", opened.body);
    }
    for body in ["", "List-Unsubscribe=", "List-Unsubscribe=Two-Clicks", "x=One-Click"] {
        let refused = world.call(Request::new(Method::POST, "", &link).headers(&FORM).body(body.as_bytes())).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
    }
    assert_eq!(world.get("", &link).await.body["subscribed"], json!(true));
    world.advance_to("2026-11-23T09:10:00Z").await;
    let first = one_click(&world, &link).await;
    assert_eq!((first.status, &first.body["subscribed"]), (200, &json!(false)), "{}", first.body);
    let again = one_click(&world, &link).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let parts = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let parts =
        Request::new(Method::POST, "", &link).headers(&[("content-type", "multipart/form-data; boundary=b")]).body(parts.as_bytes());
    assert_eq!(world.call(parts).await.body, first.body);
    let stops = world.get(SELLER, &format!("/leads/{lead}/stops")).await;
    assert_eq!(
        json!([stops.body["stops"][0]["reason"], stops.body["stops"][0]["by"]]),
        json!(["unsubscribed", "customer"]),
        "{}",
        stops.body
    );
    let listed = consents(&world, lead).await;
    assert!(
        listed.len() == 2 && listed.iter().all(|one| one["status"] == "withdrawn" && one["source"] == "link" && one["text"].is_string()),
        "{listed:?}"
    );
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!(page.body["timeline"].to_string().matches("address_stopped").count(), 1);
    for purpose in ["advertising", "service"] {
        let refused = write(&world, lead, purpose, "email").await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-6"), "{}", refused.body);
    }
    assert_eq!(write(&world, lead, "contract", "email").await.status, 201);
}

/// PRV-6: subscribing again by the link restores the consent that was there, and makes no new one. A forged link is unknown.
#[tokio::test]
async fn prv_6_subscribing_again_restores_what_was_there() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    declare(&world, lead, &granted("email")).await;
    write(&world, lead, "service", "email").await;
    let link = link_of(&last_mail(&world));
    for minute in [10, 20] {
        world.advance_to(&format!("2026-11-23T09:{minute}:00Z")).await;
        one_click(&world, &link).await;
        assert_eq!(write(&world, lead, "advertising", "email").await.status, 409);
        world.advance_to(&format!("2026-11-23T09:{minute}:30Z")).await;
        let back = world.call(Request::new(Method::POST, "", &format!("{link}/resubscription")).headers(&FORM)).await;
        assert_eq!((back.status, &back.body["subscribed"]), (200, &json!(true)), "{}", back.body);
        let status = |purpose: &str, all: &[Value]| all.iter().find(|one| one["purpose"] == purpose).unwrap()["status"].clone();
        let listed = consents(&world, lead).await;
        assert_eq!((status("advertising", &listed), status("service", &listed)), (json!("granted"), json!("unknown")));
        assert_eq!(write(&world, lead, "advertising", "email").await.status, 201);
    }
    let forged = format!("{}x", link);
    for method in [Method::GET, Method::POST] {
        let refused = world.call(Request::new(method, "", &forged).headers(&FORM).body(b"List-Unsubscribe=One-Click")).await;
        assert_eq!(refused.status, 404, "{}", refused.body);
    }
    // The link of an invitation is none of a mail.
    let invited = world.post(SELLER, &format!("/leads/{lead}/invitations"), &json!({"type": "booked_test_drive"})).await;
    let token = invited.text("/link").rsplit('/').next().unwrap().to_owned();
    assert_eq!(one_click(&world, &format!("/u/{token}")).await.status, 404);
}

/// PRV-6, MSG-1: a mail that waits when the customer unsubscribes is not sent, and a person decides about it.
#[tokio::test]
async fn prv_6_a_waiting_mail_is_not_sent_after_the_customer_unsubscribed() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    write(&world, lead, "service", "email").await;
    let link = link_of(&last_mail(&world));
    let sent = world.system.mailbox.mails().len();
    let body = json!({"medium": "email", "subject": "Winterreifen", "text": "Noch einmal", "purpose": "service"});
    world.post(SELLER, &format!("/leads/{lead}/communications"), &body).await;
    one_click(&world, &link).await;
    world.system.settle().await;
    let list = world.get(SELLER, &format!("/leads/{lead}/communications")).await;
    let waiting = list.body["elements"].as_array().unwrap().iter().find(|element| element["text"] == "Noch einmal").unwrap();
    assert_eq!(json!([waiting["fate"], waiting["why"]]), json!(["suppressed", "unsubscribed"]), "{}", list.body);
    assert_eq!(world.system.mailbox.mails().len(), sent);
}

/// PRV-6, MSG-2: the page is in the reader's language, has a button, and says what goes on.
#[tokio::test]
async fn prv_6_the_page_has_a_button() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    write(&world, lead, "service", "email").await;
    let link = link_of(&last_mail(&world));
    let page = async |method: Method, path: &str, language: &str| {
        let headers = [("accept", "text/html"), ("accept-language", language), FORM[0]];
        let request = Request::new(method, "", path).headers(&headers).body(b"List-Unsubscribe=One-Click");
        let event = crate::support::world::gateway_event(&world.tokens, request).unwrap();
        let answer = world.system.http(event).await;
        assert_eq!(answer.status_code, 200);
        let Some(aws_lambda_events::encodings::Body::Text(text)) = answer.body else { panic!("no page") };
        text
    };
    for (language, button) in [("en", "Unsubscribe"), ("de", "Abmelden"), ("nl", "Afmelden")] {
        let text = page(Method::GET, &link, language).await;
        assert!(text.contains(&format!("<button>{button}</button>")) && text.contains("method=\"post\""), "{text}");
        assert!(!text.contains("jana"), "the page names nobody");
    }
    let ended = page(Method::POST, &link, "de").await;
    assert!(ended.contains("Wieder anmelden") && ended.contains("/resubscription\""), "{ended}");
    let listed = consents(&world, lead).await;
    assert!(listed[0]["text"].as_str().unwrap().contains("abbestellen"), "the proof is the text of the page: {listed:?}");
    let back = page(Method::POST, &format!("{link}/resubscription"), "nl").await;
    assert!(back.contains("<button>Afmelden</button>"), "{back}");
}
