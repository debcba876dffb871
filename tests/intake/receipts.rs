//! Senders who may not read leads: they get a receipt, and nothing of the lead (INT-5, ACC-1).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use serde_json::{Value, json};

const PORTAL: &str = "partner:portal-demo";

fn leads() -> String {
    format!("/dealers/{NORDSTERN}/leads")
}

fn named(name: &str, id: &str) -> Value {
    let mut body = enquiry(name);
    body["external_id"] = json!(id);
    body
}

fn adf(id: &str, email: &str, resend: bool, comments: &str) -> Vec<u8> {
    let status = if resend { " status=\"resend\"" } else { "" };
    format!(
        "<adf><prospect{status}><id source=\"portal\">{id}</id><customer><contact><name>Jana</name><email>{email}</email></contact>\
         <comments>{comments}</comments></customer></prospect></adf>"
    )
    .into_bytes()
}

async fn send_adf(world: &World, who: &str, body: &[u8]) -> Reply {
    world.call(Request::post(who, &leads()).headers(&[("content-type", "application/adf+xml")]).body(body)).await
}

/// Returns all that the sender can compare: status, headers and body, without the receipt's own id.
fn seen(reply: &Reply) -> (u16, Vec<(String, String)>, Value) {
    let receipt = reply.text("/receipt").to_owned();
    let text = |value: &str| if receipt.is_empty() { value.to_owned() } else { value.replace(&receipt, "RECEIPT") };
    let mut headers: Vec<(String, String)> =
        reply.headers.iter().map(|(name, value)| (name.to_string(), text(value.to_str().unwrap()))).collect();
    headers.sort();
    let mut body = reply.body.clone();
    body.as_object_mut().unwrap().remove("request_id");
    (reply.status, headers, serde_json::from_str(&text(&body.to_string())).unwrap())
}

/// ACC-1, INT-5: the answer to a portal is the same for a known and an unknown person, also to a repeat, a changed repeat and a new key.
#[tokio::test]
async fn acc_1_a_portal_cannot_tell_a_known_person_from_an_unknown_one() {
    let world = World::new().await;
    let known = world.post(ADMIN, &leads(), &enquiry("jana")).await.text("/id").to_owned();
    let keyed = async |key: &str, body: &Value| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        world.call(Request::post(PORTAL, &leads()).headers(&headers).body(body.to_string().as_bytes())).await
    };
    let mut answers = Vec::new();
    for (name, key) in [("jana", "j"), ("karl", "k")] {
        let mut changed = named(name, name);
        changed["message"] = json!("something else");
        let steps = [
            keyed(&format!("{key}1"), &named(name, name)).await,
            keyed(&format!("{key}1"), &named(name, name)).await,
            keyed(&format!("{key}2"), &named(name, name)).await,
            // The second key is remembered too.
            keyed(&format!("{key}2"), &named(name, &format!("{name}-2"))).await,
            keyed(&format!("{key}3"), &changed).await,
        ];
        assert_eq!(steps.each_ref().map(|reply| reply.status), [201, 201, 201, 422, 422], "{name}");
        let receipt = steps[0].text("/receipt").to_owned();
        assert_eq!(steps[0].headers["location"], format!("/enquiries/{receipt}"));
        assert_eq!(steps[1].headers["idempotent-replay"], "true");
        answers.push(steps.map(|reply| seen(&reply)));
        let shown = world.get(PORTAL, &format!("/enquiries/{receipt}")).await;
        assert_eq!((shown.status, &shown.body), (200, &steps_body(&answers[answers.len() - 1][0], &receipt)));
        for who in ["partner:dms-demo", ADMIN, "chris.center", "rival.seller"] {
            assert_eq!(world.get(who, &format!("/enquiries/{receipt}")).await.status, 404, "{who}");
        }
    }
    assert_eq!(answers[0], answers[1]);
    let fields: Vec<&str> = answers[0][0].2.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["dealer", "receipt", "received_at"]);
    // Jana's enquiry is on her lead, and Karl has a lead of his own.
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 2);
    assert_eq!(world.page(known.parse().unwrap()).await.timeline.len(), 2);
}

fn steps_body((_, _, body): &(u16, Vec<(String, String)>, Value), receipt: &str) -> Value {
    serde_json::from_str(&body.to_string().replace("RECEIPT", receipt)).unwrap()
}

/// ACC-1, INT-5: a portal's `resend` of its own enquiry is answered alike, whether the enquiry made a lead or was added to one, up to the
/// limit.
#[tokio::test]
async fn acc_1_a_portals_resend_is_answered_alike_for_known_and_unknown_people() {
    let world = World::new().await;
    let known = world.post(ADMIN, &leads(), &enquiry("jana")).await.text("/id").to_owned();
    let mut answers = Vec::new();
    for name in ["jana", "karl"] {
        let email = format!("{name}@example.com");
        let mut of_one = Vec::new();
        of_one.push(seen(&send_adf(&world, PORTAL, &adf(name, &email, false, "first")).await));
        for i in 0..21 {
            of_one.push(seen(&send_adf(&world, PORTAL, &adf(name, &email, true, &format!("text {i}"))).await));
        }
        // The first content comes again, late: it changes nothing.
        of_one.push(seen(&send_adf(&world, PORTAL, &adf(name, &email, false, "first")).await));
        answers.push(of_one);
    }
    assert_eq!(answers[0], answers[1]);
    let statuses: Vec<u16> = answers[0].iter().map(|(status, ..)| *status).collect();
    assert!(statuses[..21].iter().all(|status| *status == 201), "{statuses:?}");
    assert_eq!(statuses[21..], [422, 201]);
    assert_eq!(world.get(ADMIN, &format!("/leads/{known}")).await.text("/enquiry/message"), "text 19");
}

/// ACC-1: the contact centre, and a seller whose enquiry goes to a colleague, get a receipt; a user who may read the lead gets the lead.
#[tokio::test]
async fn acc_1_a_reader_of_the_lead_gets_the_lead_and_a_colleague_gets_a_receipt() {
    let world = World::new().await;
    let answer = async |who: &str, name: &str| {
        let reply = world.post(who, &leads(), &enquiry(name)).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        (reply.text("/owner").to_owned(), !reply.text("/receipt").is_empty())
    };
    assert_eq!(answer("anna.vogt", "a").await, ("anna.vogt".into(), false));
    assert_eq!(answer("anna.vogt", "b").await, (String::new(), true), "it is Ben's");
    assert_eq!(answer("anna.vogt", "b").await, (String::new(), true), "it was added to Ben's");
    assert_eq!(answer("chris.center", "c").await, (String::new(), true));
    assert!(!answer(ADMIN, "d").await.1);
    let added = world.post(ADMIN, &leads(), &enquiry("b")).await;
    assert_eq!((added.status, added.text("/owner")), (200, "ben.krause"));
}

/// INT-5, ACC-1: a user changes a lead by `resend` only with the right to work it. Otherwise it is an enquiry of the user's own.
#[tokio::test]
async fn int_5_a_resend_by_a_user_without_the_lead_replaces_nothing() {
    let world = World::new().await;
    let first = send_adf(&world, ADMIN, &adf("77", "jana@example.com", false, "one")).await;
    let lead = first.text("/id").to_owned();
    assert_eq!(first.text("/owner"), "anna.vogt");
    let stolen = adf("77", "thief@example.com", true, "two");
    for who in ["ben.krause", "chris.center"] {
        let mut receipts = Vec::new();
        for _ in 0..2 {
            let reply = send_adf(&world, who, &stolen).await;
            assert_eq!((reply.status, reply.text("/id") == lead), (201, false), "{who}: {}", reply.body);
            receipts.push((reply.text("/id").to_owned(), reply.text("/receipt").to_owned()));
        }
        assert_eq!(receipts[0], receipts[1], "a repeat");
    }
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!((page.text("/enquiry/message"), page.text("/enquiry/contact/emails/0")), ("one", "jana@example.com"), "{}", page.body);
    assert_eq!(page.body["version"], 1);
    // The id alone reveals nothing to a colleague either: another content under it is not refused.
    let guessed = send_adf(&world, "ben.krause", &adf("77", "jana@example.com", false, "mine")).await;
    assert_eq!((guessed.status, guessed.text("/id")), (201, ""), "{}", guessed.body);
    // The owner may change it, and so may the administrator.
    assert_eq!(send_adf(&world, "anna.vogt", &adf("77", "jana@example.com", true, "three")).await.status, 200);
    assert_eq!(world.get(ADMIN, &format!("/leads/{lead}")).await.text("/enquiry/message"), "three");
}

/// ACC-1, INT-5: the answer to a repeat with the same `Idempotency-Key` is the receipt again, also under the id of a lead that the sender
/// may not read.
#[tokio::test]
async fn acc_1_a_repeated_key_under_the_id_of_another_users_lead_shows_no_lead() {
    let world = World::new().await;
    let first = send_adf(&world, ADMIN, &adf("77", "jana@example.com", false, "one")).await;
    assert_eq!((first.status, first.text("/owner")), (201, "anna.vogt"));
    for who in ["david.roth", "chris.center"] {
        // Jana is known: her enquiry is added to the lead of Anna. Karl has a lead of Ben.
        for (email, resend) in [("jana@example.com", false), ("jana@example.com", true), ("karl@example.com", true)] {
            let body = adf("77", email, resend, &format!("of {who}, {email}, {resend}"));
            let key = format!("{email}-{resend}");
            let headers = [("content-type", "application/adf+xml"), ("idempotency-key", key.as_str())];
            let mut receipts = std::collections::BTreeSet::new();
            for again in [false, true, true] {
                let reply = world.call(Request::post(who, &leads()).headers(&headers).body(&body)).await;
                assert_eq!((reply.status, reply.text("/id")), (201, ""), "{who} {key}: {}", reply.body);
                assert_eq!(reply.headers.contains_key("idempotent-replay"), again, "{who} {key}");
                receipts.insert(reply.text("/receipt").to_owned());
            }
            assert!(receipts.len() == 1 && !receipts.contains(""), "{who} {key}: {receipts:?}");
            let other = adf("77", email, resend, "another body");
            let refused = world.call(Request::post(who, &leads()).headers(&headers).body(&other)).await;
            assert_eq!((refused.status, refused.text("/rule")), (422, "INT-5"), "{who} {key}: {}", refused.body);
        }
    }
}

/// INT-5: a repeat gets the first answer, also if its sender can no longer read the lead: it makes no second enquiry.
#[tokio::test]
async fn int_5_a_repeat_gets_the_first_answer_after_the_lead_has_a_new_owner() {
    let world = World::new().await;
    let first = world.post("anna.vogt", &leads(), &named("jana", "77")).await;
    let added = world.post("anna.vogt", &leads(), &named("jana", "78")).await;
    let lead = first.text("/id").to_owned();
    assert_eq!((first.status, added.status, added.text("/id"), first.text("/owner")), (201, 200, lead.as_str(), "anna.vogt"));
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "ben.krause"})).await.status, 200);
    let entries = world.page(lead.parse().unwrap()).await.timeline.len();
    for (id, answer) in [("77", &first), ("78", &added)] {
        let again = world.post("anna.vogt", &leads(), &named("jana", id)).await;
        assert_eq!((again.status, &again.body), (answer.status, &answer.body), "{id}");
        assert_eq!(again.headers["idempotent-replay"], "true", "{id}");
    }
    assert_eq!(world.page(lead.parse().unwrap()).await.timeline.len(), entries);
    // To another sender who may not read it, the same id names an enquiry of their own.
    let other = world.post("clara.henning", &leads(), &named("jana", "77")).await;
    assert_eq!((other.status, other.text("/id")), (201, ""), "{}", other.body);
    // Another content under the id changes nothing of the lead any more.
    let new = String::from_utf8(adf("77", "jana@example.com", true, "new")).unwrap().replace("portal", "website");
    let resent = send_adf(&world, "anna.vogt", new.as_bytes()).await;
    assert_eq!((resent.status, resent.text("/id")), (201, ""), "{}", resent.body);
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    let mut events = page.body["timeline"].as_array().unwrap().iter().flat_map(|entry| entry["events"].as_array().unwrap());
    assert!(events.clone().count() > 3 && events.all(|event| event["what"] != "resent"), "{}", page.body);
}

/// INT-2: each prospect of a document has its own receipt.
#[tokio::test]
async fn int_2_each_prospect_of_a_document_has_a_receipt_of_its_own() {
    let world = World::new().await;
    let prospect = |name: &str| {
        format!("<prospect><customer><contact><name>{name}</name><email>{name}@example.com</email></contact></customer></prospect>")
    };
    let bad = "<prospect><customer><contact><name>Nobody</name></contact></customer></prospect>";
    let reply = send_adf(&world, PORTAL, format!("<adf>{}{bad}{}</adf>", prospect("a"), prospect("b")).as_bytes()).await;
    let results = reply.body["results"].as_array().unwrap();
    let receipts: Vec<bool> = results.iter().map(|result| result["enquiry"]["receipt"].is_string()).collect();
    assert_eq!((reply.status, receipts), (207, vec![true, false, true]), "{}", reply.body);
    assert!(results.iter().all(|result| result.get("lead").is_none()));
}

/// ACC-1: the search has the id of a lead that the user may read, and of no other.
#[tokio::test]
async fn acc_1_a_found_lead_has_its_id_if_the_user_may_read_it() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let owner = world.get("gina.group", &format!("/leads/{lead}")).await.text("/owner").to_owned();
    let colleague = if owner == "anna.vogt" { "ben.krause" } else { "anna.vogt" };
    for who in [owner.as_str(), colleague] {
        let mut user = world.get("gina.group", &format!("/users/{who}")).await.body;
        user["rights"] = json!(["find_leads"]);
        let version = user["version"].as_u64().unwrap();
        let given = world.call(Request::put("gina.group", &format!("/users/{who}")).json(&user).version(version)).await;
        assert_eq!(given.status, 200, "{}", given.body);
    }
    let id = json!(lead.to_string());
    for (who, wanted) in [("gina.group", &id), (owner.as_str(), &id), (colleague, &Value::Null), ("chris.center", &Value::Null)] {
        let found = world.post(who, &format!("/dealers/{NORDSTERN}/lead-search"), &json!({"number": lead})).await;
        assert_eq!(
            (found.text("/leads/0/number"), &found.body["leads"][0]["id"]),
            (lead.spoken().as_str(), wanted),
            "{who}: {}",
            found.body
        );
        let opened = world.get(who, &format!("/leads/{lead}")).await.status;
        assert_eq!(opened == 200, !wanted.is_null(), "{who}: {opened}");
    }
}

/// ACC-1: the contact centre finds a lead by an exact value, sees four facts, and each search is in the log. There is no list.
#[tokio::test]
async fn acc_1_the_contact_centre_finds_a_lead_by_an_exact_value_and_each_search_is_logged() {
    let world = World::new().await;
    let body = json!({"type": "used_car", "vehicle": {"make": "Opel", "model": "Corsa"},
        "contact": {"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"}});
    let lead = world.lead(&body).await;
    world.lead(&enquiry("karl")).await;
    let path = format!("/dealers/{NORDSTERN}/lead-search");
    let wanted = json!({"leads": [{"number": lead.spoken(), "name": "Jana Petersen", "vehicle": "Opel Corsa",
        "status": "in_progress", "salesperson": "anna.vogt", "salesperson_name": "Anna Vogt"}], "more": false});
    for who in ["chris.center", "partner:centre-demo"] {
        for term in [
            json!({"number": lead.spoken()}),
            json!({"number": lead}),
            json!({"email": "Jana@Example.com"}),
            json!({"phone": "+49 171 2345678"}),
            json!({"name": "jana  PETERSEN"}),
            json!({"name": "Petersen, Jána"}),
        ] {
            let found = world.post(who, &path, &term).await;
            assert_eq!((found.status, &found.body["leads"]), (200, &wanted["leads"]), "{who} {term}: {}", found.body);
        }
    }
    for none in
        [json!({"name": "Petersen"}), json!({"name": "Jana"}), json!({"email": "jana@example.org"}), json!({"number": "000-000-0001"})]
    {
        assert_eq!(world.post("chris.center", &path, &none).await.body["leads"], json!([]), "{none}");
    }
    for (bad, field) in [
        (json!({}), "number"),
        (json!({"name": "Jana Petersen", "number": lead}), "number"),
        (json!({"number": "12"}), "number"),
        (json!({"email": "jana"}), "email"),
        (json!({"phone": "12"}), "phone"),
        (json!({"name": " "}), "name"),
    ] {
        assert_eq!(world.post("chris.center", &path, &bad).await.faults(), [format!("{field} ACC-1")], "{bad}");
    }
    for who in ["anna.vogt", "otto.operator", "hugo.office", PORTAL, "partner:dms-demo"] {
        let reply = world.post(who, &path, &json!({"number": lead})).await;
        assert_eq!((reply.status, reply.text("/right")), (403, "find_leads"), "{who}");
    }
    assert_eq!(world.post("rival.seller", &path, &json!({"number": lead})).await.body["leads"], json!([]));
    let log = world.get("gina.group", "/access-log?limit=100").await;
    let records = log.body["records"].as_array().unwrap();
    assert_eq!(records.len(), 16, "{}", log.body);
    assert!(!log.body.to_string().contains("jana"), "the values are not stored");
    let of_number: Vec<&Value> =
        records.iter().filter(|record| record["searched_by"] == "number" && record["leads"][0] == json!(lead)).collect();
    assert_eq!(of_number.len(), 4);
    let by: std::collections::BTreeSet<&str> = of_number.iter().map(|record| record["by"].as_str().unwrap()).collect();
    assert_eq!(by.into_iter().collect::<Vec<_>>(), ["partner:centre-demo", "user:chris.center"]);
    // The operator manages users, but does not learn which leads were found.
    let of_operator = world.get("otto.operator", "/access-log?limit=1").await;
    assert_eq!((of_operator.status, of_operator.body["records"][0].get("leads")), (200, None), "{}", of_operator.body);
    assert!(of_operator.body["cursor"].is_string());
    assert_eq!(world.get(ADMIN, "/access-log").await.status, 403);
}
