//! The contacts of a lead: several contacts with one main contact, corrections, and recognition (LEAD-7, INT-6).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::{Email, LeadId};
use forecourt_domain::enquiry::ContactPreferences;
use serde_json::{Value, json};

async fn patch(world: &World, path: &str, body: &Value) -> Reply {
    world.call(Request::patch(ADMIN, path).json(body)).await
}

fn names(reply: &Reply) -> Vec<String> {
    reply.body["contacts"].as_array().unwrap().iter().map(|contact| contact["name"].as_str().unwrap().to_owned()).collect()
}

async fn found(world: &World, query: &str) -> usize {
    let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?q={query}")).await;
    page.body["leads"].as_array().unwrap().len()
}

async fn reached(world: &World, id: LeadId) -> ContactPreferences {
    let page = world.page(id).await;
    page.lead.reached(page.enquiry.as_ref()).unwrap()
}

/// Sends an enquiry with the given contact. Returns the status and the lead: 201 for a new lead, 200 if the enquiry was added to an
/// existing one.
async fn send_enquiry(world: &World, contact: &Value) -> (u16, String) {
    let body = json!({"type": "used_car", "source": "website", "contact": contact});
    let reply = world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &body).await;
    (reply.status, reply.text("/id").to_owned())
}

#[tokio::test]
async fn lead_7_a_corrected_contact_is_found_by_old_and_new_channels() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}/contacts");
    let before = world.get(ADMIN, &format!("/leads/{id}")).await.body;
    assert_eq!(before["contacts"][0]["emails"], json!(["petersen@example.com"]), "whom the enquiry names");
    let first = format!("{path}/{}", before["contacts"][0]["id"].as_str().unwrap());
    let body = json!({"first_name": "Jana", "emails": ["Jana@Example.com"], "phones": [{"number": "0171 2345678", "type": "mobile"}], "replaces": "former"});
    let corrected = patch(&world, &first, &body).await;
    assert_eq!((corrected.status, names(&corrected)), (200, vec!["Jana petersen".to_owned()]), "{}", corrected.body);
    assert_eq!(corrected.body["contacts"][0]["phones"][0]["e164"], "+491712345678");
    assert_eq!(patch(&world, &first, &body).await.headers["etag"], corrected.headers["etag"], "so already");
    let page = world.get(ADMIN, &format!("/leads/{id}")).await.body;
    assert_eq!((&page["contact"], &page["enquiry"]["contact"]["last_name"]), (&json!("Jana petersen"), &json!("petersen")));
    let recorded = &page["timeline"].as_array().unwrap().last().unwrap()["events"];
    assert_eq!((&recorded[0]["what"], &recorded[0]["before"]["emails"]), (&json!("contact_changed"), &json!(["petersen@example.com"])));
    assert_eq!(recorded.as_array().unwrap().len(), 1, "no clash");
    // The contact is found by each old and new channel in a search, and recognised by each in an enquiry.
    for query in ["0171%202345678", "jana@example.com", "petersen@example.com", "jana"] {
        assert_eq!(found(&world, query).await, 1, "{query}");
    }
    for contact in [json!({"phone": "+49 171 2345678"}), json!({"email": "jana@example.com"}), json!({"email": "petersen@example.com"})] {
        assert_eq!(send_enquiry(&world, &contact).await, (200, id.to_string()), "{contact}");
    }
    let reached = world.page(id).await.lead.reached(None).unwrap();
    assert_eq!(
        (reached.email, reached.phone.unwrap().e164.unwrap()),
        (Some(Email::parse("Jana@example.com").unwrap()), "+491712345678".into())
    );
    // An empty field removes the value; an absent field keeps it.
    let less = patch(&world, &first, &json!({"first_name": "", "phones": []})).await;
    assert_eq!((names(&less), &less.body["contacts"][0]["phones"]), (vec!["petersen".to_owned()], &Value::Null));
    let both = json!(["Jana@example.com", "petersen@example.com"]);
    assert_eq!(less.body["contacts"][0]["emails"], both, "with the former address, from which an enquiry was added");
}

#[tokio::test]
async fn lead_7_a_lead_has_several_contacts_and_one_of_them_is_main() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}/contacts");
    let wife = json!({"first_name": "Eva", "last_name": "Petersen", "emails": ["eva@example.com"], "language": "en"});
    let added = world.post("anna.vogt", &path, &wife).await;
    assert_eq!((added.status, names(&added)), (201, vec!["petersen".to_owned(), "Eva Petersen".to_owned()]), "{}", added.body);
    assert_eq!(send_enquiry(&world, &json!({"email": "eva@example.com"})).await, (200, id.to_string()), "she is known by her own address");
    let eva = added.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(reached(&world, id).await.email, Some(Email::parse("petersen@example.com").unwrap()));
    let main = patch(&world, &eva, &json!({"main": true})).await;
    assert_eq!((names(&main), &main.body["contacts"][0]["main"]), (vec!["Eva Petersen".to_owned(), "petersen".to_owned()], &json!(true)));
    let to = reached(&world, id).await;
    assert_eq!((to.email.unwrap().to_string(), to.language.unwrap().as_str()), ("eva@example.com".to_owned(), "en"));
    let row = world.list(ADMIN, NORDSTERN).await;
    assert_eq!(row[0]["contact"], "Eva Petersen", "the list says so");
    assert_eq!(patch(&world, &eva, &json!({"main": false})).await.faults(), ["main LEAD-7"]);
    assert_eq!(world.call(Request::delete(ADMIN, &eva).json(&json!({}))).await.status, 409, "the main one stays");
    let gone = world.call(Request::delete(ADMIN, &format!("{path}/000001")).json(&json!({}))).await;
    assert_eq!((gone.status, names(&gone)), (200, vec!["Eva Petersen".to_owned()]));
    let again = world.call(Request::delete(ADMIN, &format!("{path}/000001")).json(&json!({}))).await;
    assert_eq!((again.status, &again.headers["etag"]), (200, &gone.headers["etag"]), "once");
    assert_eq!(world.call(Request::delete(ADMIN, &format!("{path}/000077")).json(&json!({}))).await.status, 404);
    let page = world.get(ADMIN, &format!("/leads/{id}")).await.body;
    let what: Vec<Value> = page["timeline"].as_array().unwrap().iter().skip(1).map(|entry| entry["events"][0]["what"].clone()).collect();
    assert_eq!(json!(what), json!(["contact_added", "added", "contact_changed", "contact_removed"]));
    for n in 0..9 {
        assert_eq!(world.post(ADMIN, &path, &json!({"emails": [format!("n{n}@example.com")]})).await.status, 201);
    }
    assert_eq!(world.post(ADMIN, &path, &json!({"emails": ["n9@example.com"]})).await.status, 409, "ten at most");
}

/// LEAD-7, INT-6: a channel that belongs to another contact is noted on the lead, and the contacts are not merged. A lead whose contact
/// had no record gets one.
#[tokio::test]
async fn lead_7_a_channel_of_another_contact_is_noted_and_the_contacts_are_not_merged() {
    let world = World::new().await;
    let (one, two) = (world.lead(&enquiry("one")).await, world.lead(&enquiry("two")).await);
    let path = format!("/leads/{one}/contacts/000001");
    let clash = patch(&world, &path, &json!({"emails": ["one@example.com", "two@example.com", "new@example.com"]})).await;
    assert_eq!(clash.status, 200, "{}", clash.body);
    let events = world.get(ADMIN, &format!("/leads/{one}")).await.body["timeline"][1]["events"].clone();
    assert_eq!(events[1]["what"], "contact_clash", "{events}");
    assert_eq!(send_enquiry(&world, &json!({"email": "two@example.com"})).await, (200, two.to_string()), "still the other's");
    assert_eq!(send_enquiry(&world, &json!({"email": "new@example.com"})).await, (200, one.to_string()));
    // A second correction does not note the same clash again.
    patch(&world, &path, &json!({"last_name": "Eins"})).await;
    let page = world.get(ADMIN, &format!("/leads/{one}")).await.body;
    assert_eq!(page["timeline"].to_string().matches("contact_clash").count(), 1);
    // The address of a mail relay identifies nobody. The contact's own address does.
    world.settings(|draft| draft.relay_domains = vec!["relay.example".into()]).await;
    let relayed = world.lead(&json!({"source": "website", "contact": {"last_name": "Drei", "email": "x7@relay.example"}})).await;
    assert_eq!(world.page(relayed).await.lead.contact_id, None);
    patch(&world, &format!("/leads/{relayed}/contacts/000001"), &json!({"emails": ["drei@example.com"]})).await;
    assert_eq!(send_enquiry(&world, &json!({"email": "drei@example.com"})).await, (200, relayed.to_string()));
    assert_eq!(found(&world, "drei@example.com").await, 1);
}

/// LEAD-7, INT-5: a resent enquiry changes the enquiry and keeps the corrections of users.
#[tokio::test]
async fn lead_7_a_resent_enquiry_keeps_the_corrections_of_users() {
    let world = World::new().await;
    let sample = |status: &str, name: &str| {
        format!(
            "<?adf version=\"1.0\"?><adf><prospect{status}><id sequence=\"1\" source=\"s\">x-1</id><requestdate>2026-11-23T09:00:00+01:00</requestdate>\
             <vehicle><make>Opel</make><model>Corsa</model></vehicle><customer><contact><name>{name}</name><email>j@example.com</email></contact></customer></prospect></adf>"
        )
    };
    let id = world.adf(NORDSTERN, sample("", "Jnaa").as_bytes()).await.text("/id").to_owned();
    patch(&world, &format!("/leads/{id}/contacts/000001"), &json!({"first_name": "", "last_name": "Jana"})).await;
    // It brings nothing new, so that it gets the first response.
    assert_eq!(world.adf(NORDSTERN, sample(" status=\"resend\"", "Jnaa").as_bytes()).await.status, 201);
    let page = world.get(ADMIN, &format!("/leads/{id}")).await.body;
    assert_eq!((&page["contact"], &page["contacts"][0]["name"]), (&json!("Jana"), &json!("Jana")));
}

/// LEAD-9, INT-3, INT-5, SET-10: changes of contacts need the right to work the lead and the current version, repeats have no effect, and
/// invalid data is refused.
#[tokio::test]
async fn lead_7_contact_changes_require_the_right_and_current_version_and_repeats_have_no_effect() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}/contacts");
    let body = json!({"last_name": "Zwei", "emails": ["zwei@example.com"]});
    for (who, status) in [("ben.krause", 404), ("alice.moore", 404), ("rival.seller", 404), ("chris.center", 403), ("hugo.office", 403)] {
        assert_eq!(world.post(who, &path, &body).await.status, status, "{who}");
        assert_eq!(world.call(Request::patch(who, &format!("{path}/000001")).json(&body)).await.status, status, "{who}");
        assert_eq!(world.call(Request::delete(who, &format!("{path}/000001")).json(&json!({}))).await.status, status, "{who}");
    }
    let keyed = [("idempotency-key", "k")];
    let first = world.call(Request::post("anna.vogt", &path).json(&body).headers(&keyed)).await;
    let again = world.call(Request::post("anna.vogt", &path).json(&body).headers(&keyed)).await;
    assert_eq!((again.status, &again.headers["location"], &again.body), (201, &first.headers["location"], &first.body));
    let stale = [("if-match", "\"1\"")];
    assert_eq!(
        world.call(Request::patch(ADMIN, &format!("{path}/000001")).json(&json!({"city": "Kiel"})).headers(&stale)).await.status,
        412
    );
    for (body, faults) in [
        (json!({}), vec!["emails INT-3"]),
        (
            json!({"emails": ["nothing"], "phones": [{"number": "12"}], "language": "?"}),
            vec!["language INT-4", "emails INT-3", "phones INT-3"],
        ),
        (json!({"first_name": "x".repeat(101), "emails": ["a@example.com"]}), vec!["first_name INT-3"]),
        (json!({"emails": "a@example.com", "phones": [12], "main": "yes"}), vec!["emails INT-3", "phones INT-3", "main INT-3"]),
        (json!({"emails": (0..6).map(|n| format!("n{n}@example.com")).collect::<Vec<_>>()}), vec!["emails INT-3"]),
    ] {
        assert_eq!(world.post(ADMIN, &path, &body).await.faults(), faults, "{body}");
    }
    assert_eq!(patch(&world, &format!("{path}/000001"), &json!({"emails": []})).await.faults(), ["emails INT-3"]);
    assert_eq!(patch(&world, &format!("{path}/000077"), &json!({"city": "Kiel"})).await.status, 404);
}

/// Rows of leads, tasks and deadlines have the number and the address of the main contact: as the enquiry names them, as a user corrects
/// them, and those of another main contact.
#[tokio::test]
async fn lead_8_rows_have_the_number_and_the_address_of_the_main_contact() {
    let world = World::new().await;
    let mut sent = enquiry("petersen");
    sent["contact"]["phone"] = json!("0171 2345678");
    let id = world.lead(&sent).await;
    let task = json!({"title": "Photograph it", "start": "2026-11-24T09:00:00Z", "minutes": 30, "assignee": "ben.krause"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/tasks"), &task).await.status, 201);
    let shown = async || -> [Value; 2] {
        let mut rows = Vec::new();
        for (list, name) in [("leads", "leads"), ("board", "leads"), ("tasks", "tasks")] {
            let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/{list}")).await.body;
            rows.extend(page[name].as_array().unwrap().iter().map(|row| [row["phone"].clone(), row["email"].clone()]));
        }
        assert_eq!(rows.len(), 4, "the list, the board, the first-contact deadline and the task");
        assert!(rows.iter().all(|row| *row == rows[0]), "{rows:?}");
        rows[0].clone()
    };
    assert_eq!(shown().await, [json!("+491712345678"), json!("petersen@example.com")]);
    let corrected = json!({"phones": [{"number": "0171 7654321"}], "emails": ["jana@example.com"], "replaces": "former"});
    assert_eq!(patch(&world, &format!("/leads/{id}/contacts/000001"), &corrected).await.status, 200);
    assert_eq!(shown().await, [json!("+491717654321"), json!("jana@example.com")]);
    let wife = json!({"first_name": "Eva", "last_name": "Petersen", "emails": ["eva@example.com"], "main": true});
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/contacts"), &wife).await.status, 201);
    assert_eq!(shown().await, [Value::Null, json!("eva@example.com")]);
}
