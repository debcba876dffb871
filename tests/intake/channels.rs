//! Telephone numbers and e-mail addresses as people type them (INT-3).

use crate::support::world::{ADMIN, NORDSTERN, Request, World};
use forecourt_domain::base::text::visible;
use forecourt_domain::base::{Country, Email, Phone};
use serde_json::{Value, json};

fn cases(about: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../cases/channels.json")).unwrap();
    all[about].as_array().unwrap().clone()
}

/// INT-3: a number ends where a note, an extension or another number begins. A doubtful one is not read.
#[test]
fn int_3_a_telephone_number_ends_where_a_note_an_extension_or_another_number_begins() {
    let mut wrong = Vec::new();
    for case in cases("telephone") {
        let country = Country::try_from(case["country"].as_str().unwrap().to_owned()).unwrap();
        let typed = visible(case["typed"].as_str().unwrap(), ' ');
        let read = Phone::read_all(&typed, country);
        let numbers: Vec<&str> = read.iter().filter_map(|phone| phone.e164.as_deref()).collect();
        let wanted: Vec<&str> = match case["e164_all"].as_array() {
            Some(all) => all.iter().filter_map(Value::as_str).collect(),
            None => case["e164"].as_str().into_iter().collect(),
        };
        let first = Phone::read(&typed, country);
        let is_right = numbers == wanted
            && case["note"].as_str().is_none_or(|note| read[0].note.as_deref() == Some(note))
            && case["extension"].as_str() == read[0].extension.as_deref()
            && (first.typed == typed && first.e164.as_deref() == wanted.first().copied());
        if !is_right {
            wrong.push(format!("{typed}: {read:?}"));
        }
        // A client that reads a contact and sends it back changes nothing.
        for phone in &read {
            let again = Phone::read_all(&phone.typed, country);
            if again.len() != 1 || again[0].channel() != phone.channel() {
                wrong.push(format!("{typed} read again as {}: {again:?}", phone.typed));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// INT-3: a telephone field can hold any text. Each number keeps a part of the text, is read again as the same number, and a text that is
/// too long is not read.
#[test]
fn int_3_a_telephone_field_can_hold_any_text() {
    let parts = [
        "0171 2345678",
        "+49",
        "(0)",
        "06221",
        "4511",
        "312-555-0147",
        "1-800-",
        "FLOWERS",
        "ext",
        "x22",
        "DW 12",
        "18-20",
        "18:30",
        "Uhr",
        "h",
        "od.",
        "/",
        "(",
        ")",
        "+",
        "-",
        " ",
        ";",
        ",",
        "\u{300}",
        "ß",
        "１２３",
        "٣",
        "\u{a0}",
        "#",
        "K",
        "İ",
        "🚗",
        "nach",
        "1",
        "00",
        "tel:",
        "=",
    ];
    let mut random = fastrand::Rng::with_seed(14);
    for _ in 0..4_000 {
        let text: String = (0..random.usize(1..9)).map(|_| parts[random.usize(..parts.len())]).collect();
        let country = Country::try_from(["DE", "US", "NL", "GB", "IT"][random.usize(..5)].to_owned()).unwrap();
        for phone in Phone::read_all(&text, country).iter().filter(|phone| phone.e164.is_some()) {
            let again = Phone::read_all(&phone.typed, country);
            assert_eq!(again.iter().map(Phone::channel).collect::<Vec<_>>(), [phone.channel()], "{text:?}: {phone:?}");
        }
    }
    let long = format!("0171 2345678 {}", "( 1".repeat(100_000));
    assert_eq!(Phone::read(&long, Country::US).e164, None);
}

fn adf(id: &str, channels: &str) -> String {
    format!(
        "<adf><prospect><id source=\"portal\">{id}</id><vehicle><make>Opel</make></vehicle><customer><contact><name>Ute Tipp</name>\
         {channels}</contact></customer></prospect></adf>"
    )
}

/// INT-3: in ADF an address that cannot be read is kept and flagged, and what is beyond doubt is corrected and flagged. The lead of an
/// unread address is corrected by a person.
#[tokio::test]
async fn int_3_an_address_in_adf_is_corrected_or_kept_as_text_and_always_flagged() {
    for (index, case) in cases("adf_address").iter().enumerate() {
        let world = World::new().await;
        let typed = case["email"].as_str().unwrap();
        let escaped = typed.replace('<', "&lt;").replace('>', "&gt;");
        let reply = world.adf(NORDSTERN, adf(&format!("m-{index}"), &format!("<email>{escaped}</email>")).as_bytes()).await;
        assert_eq!(reply.status, 201, "{typed}: {}", reply.body);
        let page = world.get(ADMIN, &format!("/leads/{}", reply.text("/id"))).await.body;
        let last = &page["enquiry"];
        let wanted = case["expect"].as_str().unwrap().strip_prefix("201, ").unwrap();
        let (read, unread) = match wanted {
            "kept as text, flagged" => (Value::Null, json!([typed])),
            address => (json!([address]), Value::Null),
        };
        assert_eq!((&last["contact"]["emails"], &last["contact"]["unread_emails"]), (&read, &unread), "{typed}: {last}");
        assert_eq!(last["flags"][0]["field"], "contact.email", "{typed}: {last}");
    }
    for typed in ["E-Mail: kim@example.com", "mailto:kim@example.com?subject=Corsa", "\"Kim\" <kim@example.com>;", "<kim@example.com>"] {
        let read = Email::read_all(typed);
        assert_eq!(read.len(), 1, "{typed}");
        let (email, is_corrected) = read[0].clone().unwrap();
        assert_eq!((email.as_str(), is_corrected), ("kim@example.com", true), "{typed}");
    }
    assert_eq!(Email::read_all("a@example.com; b@example.com").len(), 2);
    for typed in ["kim@example,com", "kim at example.com", "kim@@example.com", "kim@example", "@example.com"] {
        assert!(Email::read_all(typed).iter().all(Result::is_err), "{typed}");
    }
}

/// INT-3, LEAD-7: a prospect whose only channel cannot be read is a lead, and a correction by a person makes it reachable. A prospect
/// without any channel is refused.
#[tokio::test]
async fn int_3_a_lead_whose_only_channel_cannot_be_read_is_corrected_by_a_person() {
    let world = World::new().await;
    assert_eq!(world.adf(NORDSTERN, adf("none", "").as_bytes()).await.faults(), ["contact INT-3"]);
    let made = world.adf(NORDSTERN, adf("typo", "<email>ute.tipp@example,com</email>").as_bytes()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let lead = made.text("/id").to_owned();
    let contact = format!("/leads/{lead}/contacts/000001");
    let json = [("content-type", "application/json")];
    let patch = async |body: Value| world.call(Request::patch(ADMIN, &contact).headers(&json).body(body.to_string().as_bytes())).await;
    let named = patch(json!({"first_name": "Uta"})).await;
    assert_eq!((named.status, &named.body["contacts"][0]["unread_emails"]), (200, &json!(["ute.tipp@example,com"])), "{}", named.body);
    let write = json!({"medium": "email", "subject": "Corsa", "text": "Guten Tag"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/communications"), &write).await.status, 409, "there is no address to write to");
    let corrected = patch(json!({"emails": ["ute.tipp@example.com"]})).await;
    assert_eq!((corrected.status, corrected.body["contacts"][0].get("unread_emails")), (200, None), "{}", corrected.body);
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/communications"), &write).await.status, 201);
    let again = world.adf(NORDSTERN, adf("again", "<email>ute.tipp@example.com</email>").as_bytes()).await;
    assert_eq!((again.status, again.text("/id")), (200, lead.as_str()), "the corrected address is known");
}

/// INT-3: an address with umlauts is one mailbox in both spellings and in both Unicode forms. Mail servers get Punycode, people see
/// Unicode.
#[tokio::test]
async fn int_3_an_address_with_umlauts_is_one_mailbox_in_every_spelling() {
    let world = World::new().await;
    let mut leads = std::collections::BTreeSet::new();
    for (index, pair) in cases("one_mailbox").iter().enumerate() {
        for (which, address) in pair.as_array().unwrap().iter().enumerate() {
            let body = json!({"external_id": format!("{index}-{which}"), "contact": {"last_name": "Rüter", "email": address}});
            let reply = world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &body).await;
            leads.insert(reply.text("/id").to_owned());
            let query: String = address.as_str().unwrap().bytes().map(|byte| format!("%{byte:02X}")).collect();
            let found = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?q={query}")).await;
            assert_eq!(found.body["leads"].as_array().unwrap().len(), 1, "{address}: {}", found.body);
        }
    }
    assert_eq!(leads.len(), 1, "{leads:?}");
    let [one, other] = [0, 1].map(|which| Email::parse(cases("two_mailboxes")[which].as_str().unwrap()).unwrap());
    assert!(!one.is_same(&other), "{other} is Punycode of another name");
    let lead = leads.pop_first().unwrap();
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await.body;
    assert_eq!(page["contacts"][0]["emails"], json!(["info@blumen-rüter.example"]));
    let write = json!({"medium": "email", "subject": "Corsa", "text": "Guten Tag"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/communications"), &write).await.status, 201);
    world.system.settle().await;
    let mails = world.system.mailbox.mails();
    let mail = mails.iter().find(|mail| mail.subject == "Corsa").unwrap();
    assert_eq!(mail.to, "info@xn--blumen-rter-0hb.example");
    let mime = String::from_utf8(mail.mime("desk@desk.example").unwrap()).unwrap();
    assert!(mime.contains("<info@xn--blumen-rter-0hb.example>") && !mime.contains("rüter.example"), "{mime}");
    let written = world.get(ADMIN, &format!("/leads/{lead}/communications")).await.body.to_string();
    assert!(written.contains("info@blumen-rüter.example"), "{written}");
}

/// INT-3, SET-4, SET-7: an address to which no mail can be sent is refused where a person enters it, with the reason.
#[tokio::test]
async fn int_3_an_address_that_no_mail_can_be_sent_to_is_refused_where_it_is_entered() {
    let world = World::new().await;
    let address = "jörg@example.com";
    let json = [("content-type", "application/json")];
    let contact = json!({"last_name": "Weiß", "email": address});
    let enquiry = world.post("partner:portal-demo", &format!("/dealers/{NORDSTERN}/leads"), &json!({"contact": contact})).await;
    let lead = world.lead(&crate::support::world::enquiry("weiss")).await;
    let corrected = json!({"emails": [address]}).to_string();
    let corrected =
        world.call(Request::patch(ADMIN, &format!("/leads/{lead}/contacts/000001")).headers(&json).body(corrected.as_bytes())).await;
    let appointment = json!({"customer": {"name": "Jörg", "email": address}, "kind": "showroom", "at": "2026-11-25T10:00:00+01:00"});
    let appointment = world.post(ADMIN, &format!("/dealers/{NORDSTERN}/appointments"), &appointment).await;
    let mut user = world.get(ADMIN, "/users/ben.krause").await;
    let etag = user.headers["etag"].to_str().unwrap().to_owned();
    user.body["email"] = json!(address);
    let kept = ["name", "email", "language", "role", "rights", "dealers", "notices"];
    let body: serde_json::Map<String, Value> = kept.iter().map(|name| ((*name).to_owned(), user.body[*name].clone())).collect();
    let headers = [("content-type", "application/json"), ("if-match", etag.as_str())];
    let user = world
        .call(Request::put("gina.group", "/users/ben.krause").headers(&headers).body(Value::Object(body).to_string().as_bytes()))
        .await;
    for (reply, field) in
        [(&enquiry, "contact.email INT-3"), (&corrected, "emails INT-3"), (&appointment, "customer.email INT-3"), (&user, "email SET-7")]
    {
        assert_eq!((reply.status, reply.faults()), (422, vec![field.to_owned()]), "{}", reply.body);
        assert!(reply.body.to_string().contains("no mail can be sent to"), "{}", reply.body);
    }
    let mailbox = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mailbox")).await;
    let etag = mailbox.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", etag.as_str())];
    let body = json!({"lead_address": "verkäufe@nordstern.example", "forward_to": address}).to_string();
    let reply = world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/mailbox")).headers(&headers).body(body.as_bytes())).await;
    assert_eq!(reply.faults(), ["forward_to SET-4", "lead_address SET-4"], "{}", reply.body);
}
