//! A dealer's own texts: saved with a check, selected by language and lead type, previewed, tested (MSG-2).

use crate::support::appointments::{WHEN, appointment, made};
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, Reply, Request, World, enquiry};
use forecourt_domain::base::{Medium, UserId};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};

const TEXTS: &str = "/dealers/autohaus-nordstern-demo/texts";
const ANNA: &str = "anna.vogt";

fn text(kind: &str, language: &str, body: &str) -> Value {
    json!({"kind": kind, "medium": "email", "language": language, "name": format!("{kind} {language}"),
        "subject": "{{ dealer }}: {{ vehicle }}", "text": body})
}

async fn save(world: &World, id: &str, body: &Value) -> Reply {
    world.call(Request::put(ADMIN, &format!("{TEXTS}/{id}")).json(body)).await
}

/// MSG-2, API-1: clients take `.` and `..` out of a path, so that a text with such an id could be neither read nor removed.
#[tokio::test]
async fn msg_2_a_text_has_an_id_that_a_path_can_name() {
    let world = World::new().await;
    for id in [".", ".."] {
        let refused = save(&world, id, &text("canned", "de", "Text")).await;
        assert_eq!((refused.status, refused.faults()), (422, vec!["text MSG-2".to_owned()]), "{id}: {}", refused.body);
        assert!(id.parse::<forecourt_domain::base::DealerId>().is_err() && id.parse::<UserId>().is_err());
        // What an earlier release stored can be read.
        assert_eq!(UserId::try_from(id.to_owned()).unwrap().as_str(), id);
    }
    assert_eq!(save(&world, "...", &text("canned", "de", "Text")).await.status, 201);
}

#[tokio::test]
async fn msg_2_a_dealer_saves_changes_and_removes_a_text() {
    let world = World::new().await;
    let empty = world.get(ADMIN, TEXTS).await;
    assert_eq!((empty.status, &empty.body["texts"], empty.body["kinds"].as_array().unwrap().len()), (200, &json!([]), 6));
    let instant = &empty.body["kinds"][4];
    assert_eq!(
        (&instant["kind"], &instant["media"], &instant["own"][1]["language"]),
        (&json!("instant_answer"), &json!(["email"]), &json!("de"))
    );
    assert_eq!(instant["variables"][0]["name"], "greeting");

    let created = save(&world, "late", &text("canned", "de", "{{ greeting }}\r\n\r\nwir melden uns.")).await;
    assert_eq!((created.status, &created.headers["etag"]), (201, &"\"1\"".parse().unwrap()), "{}", created.body);
    assert_eq!((created.text("/text"), created.text("/changed_by")), ("{{ greeting }}\n\nwir melden uns.", "user:ingo.brandt"));
    // A repeat changes nothing. What GET returned may be sent back, with the version.
    assert_eq!(save(&world, "late", &created.body).await.body, created.body);
    let mut renamed = created.body.clone();
    renamed["name"] = json!("Später");
    assert_eq!(save(&world, "late", &renamed).await.status, 428);
    let path = format!("{TEXTS}/late");
    let stale = world.call(Request::put(ADMIN, &path).json(&renamed).version(7)).await;
    assert_eq!((stale.status, &stale.body["current_version"]), (412, &json!(1)));
    let changed = world.call(Request::put(ADMIN, &path).json(&renamed).version(1)).await;
    assert_eq!((changed.status, changed.text("/name"), &changed.body["version"]), (200, "Später", &json!(2)), "{}", changed.body);

    // Of two texts for the same letters, it would be unclear which is used.
    assert_eq!(save(&world, "a", &text("reminder", "de", "x")).await.status, 201);
    let rival = save(&world, "b", &text("reminder", "de", "y")).await;
    assert_eq!((rival.status, rival.faults()), (422, vec!["kind MSG-2".to_owned()]));
    let mut other = text("reminder", "de", "y");
    other["lead_type"] = json!("used_car");
    assert_eq!(save(&world, "b", &other).await.status, 201);
    let wrong = save(&world, "c", &text("reminder", "de", "{% include 'x' %}")).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["text MSG-2".to_owned()]));
    assert!(wrong.text("/errors/0/detail").starts_with("line 1, character 1: {% is not permitted"), "{}", wrong.body);
    let unknown =
        save(&world, "c", &json!({"kind": "canned", "medium": "email", "language": "de", "name": "n", "text": "t", "subjekt": "s"})).await;
    assert_eq!(unknown.faults(), ["subjekt API-1"], "{}", unknown.body);

    assert_eq!(world.call(Request::delete(ADMIN, &path)).await.status, 428);
    assert_eq!(world.call(Request::delete(ADMIN, &path).version(1)).await.status, 412);
    let left = world.call(Request::delete(ADMIN, &path).version(2)).await;
    assert_eq!((left.status, left.body["texts"].as_array().unwrap().len()), (200, 2));
    assert_eq!(world.get(ADMIN, &path).await.status, 404);
    assert_eq!(world.call(Request::delete(ADMIN, &path).version(2)).await.status, 404);
}

/// MSG-2, ACC-1: users who may change settings edit texts; sellers read the canned ones; others read none.
#[tokio::test]
async fn msg_2_each_role_reads_and_changes_the_texts_that_it_may() {
    let world = World::new().await;
    assert_eq!(save(&world, "late", &text("canned", "de", "x")).await.status, 201);
    assert_eq!(save(&world, "moved", &text("moved", "de", "x")).await.status, 201);
    let ids = |reply: &Reply| {
        reply.body["texts"].as_array().unwrap().iter().map(|text| text["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&world.get(ANNA, TEXTS).await), ["late"]);
    assert_eq!(world.get(ANNA, &format!("{TEXTS}/late")).await.status, 200);
    assert_eq!(world.get(ANNA, &format!("{TEXTS}/moved")).await.status, 404);
    assert_eq!(ids(&world.get("hugo.office", TEXTS).await), ["late", "moved"]);
    assert_eq!(world.get("partner:portal-demo", TEXTS).await.text("/right"), "read_settings");
    // A seller of another dealer finds nothing, whatever the id.
    assert_eq!(world.get("alice.moore", TEXTS).await.status, 404);
    for who in [ANNA, "hugo.office", "partner:portal-demo"] {
        let put = world.call(Request::put(who, &format!("{TEXTS}/new")).json(&text("canned", "de", "x"))).await;
        assert_eq!((put.status, put.text("/right")), (403, "change_settings"), "{who}");
        assert_eq!(world.call(Request::delete(who, &format!("{TEXTS}/late")).version(1)).await.status, 403);
        for operation in ["preview", "test"] {
            assert_eq!(world.post(who, &format!("{TEXTS}/{operation}"), &text("canned", "de", "x")).await.status, 403, "{who} {operation}");
        }
    }
    assert_eq!(world.call(Request::put("dan.rivera", &format!("{TEXTS}/new")).json(&text("canned", "de", "x"))).await.status, 404);
}

/// MSG-2, APT-3: a letter has the dealer's text for the language and the type of the lead, else the one for the language, else Forecourt's.
#[tokio::test]
async fn msg_2_a_letter_has_the_dealers_text_for_its_language_and_lead_type() {
    let world = World::new().await;
    world.settings(|s| s.appointments.media = [Medium::Email, Medium::Sms].into()).await;
    let confirmed = |name: &'static str, language: &'static str, lead_type: &'static str| {
        let world = &world;
        async move {
            let mut body = enquiry(name);
            body["type"] = json!(lead_type);
            body["vehicle"] = json!({"make": "Opel", "model": "Corsa"});
            let lead = world.lead(&body).await;
            let mut booking = appointment(name, WHEN);
            booking["lead"] = json!(lead);
            booking["customer"]["language"] = json!(language);
            made(world, ADMIN, &booking).await;
            world.system.settle().await;
            mails_to(world, name).pop().unwrap().0
        }
    };
    let own = confirmed("vera", "de", "used_car").await;
    assert!(own.subject.starts_with("Ihr Termin am") && own.text.contains("  Fahrzeug: Opel Corsa\n"), "{own:?}");
    assert_eq!(
        save(&world, "all", &text("confirmation", "de", "{{ greeting }}\n\nbis {{ time }}!\nFahrzeug: {{ vehicle }}")).await.status,
        201
    );
    let mut used = text("confirmation", "de", "Gebraucht: {{ about }}");
    used["lead_type"] = json!("used_car");
    assert_eq!(save(&world, "used", &used).await.status, 201);
    let mut sms = text("confirmation", "de", "{{ dealer }}: bis {{ time }}, {{ customer }}");
    (sms["medium"], sms["subject"]) = (json!("sms"), json!(""));
    assert_eq!(save(&world, "sms", &sms).await.status, 201);
    let of_type = confirmed("wanda", "de", "used_car").await;
    assert_eq!(of_type.subject, "Autohaus Nordstern: Opel Corsa");
    assert!(of_type.text.starts_with("Gebraucht: ") && of_type.text.ends_with(", Opel Corsa\n"), "{of_type:?}");
    let of_language = confirmed("xaver", "de", "new_car").await;
    assert!(of_language.text.starts_with("Guten Tag xaver,\n\nbis 25.11.2026"), "{of_language:?}");
    assert!(of_language.html.contains("<p>Guten Tag xaver,</p>") && of_language.html.contains("lang=\"de\""), "{}", of_language.html);
    let other = confirmed("yvonne", "nl", "used_car").await;
    assert!(other.subject.starts_with("Uw afspraak op"), "{other:?}");
    let sms = world.system.mailbox.sms();
    assert!(sms.iter().any(|sms| sms.text.starts_with("Autohaus Nordstern: bis ") && sms.text.ends_with(", xaver")), "{sms:?}");
}

/// MSG-2: a preview has the values of a lead or an appointment that the requester may read, or samples.
#[tokio::test]
async fn msg_2_a_preview_has_values_that_the_requester_may_read() {
    let world = World::new().await;
    let mut body = enquiry("petersen");
    body["vehicle"] = json!({"make": "Opel", "model": "Astra"});
    let lead = world.lead(&body).await;
    let preview = async |draft: &Value| world.post(ADMIN, &format!("{TEXTS}/preview"), draft).await;
    let mut draft = text("instant_answer", "en", "{{ greeting }}\n\nAbout {{ vehicle }}, no. {{ number }}\n{{ hours }}");
    draft.as_object_mut().unwrap().remove("name");
    let sample = preview(&draft).await;
    assert_eq!((sample.status, sample.text("/subject")), (200, "Autohaus Nordstern: 2021 Opel Corsa"), "{}", sample.body);
    let hours = "Mon–Fri 08:00–12:30 + 13:30–18:00, Sat 09:00–13:00";
    assert_eq!(sample.text("/text"), format!("Dear Jana Petersen,\n\nAbout 2021 Opel Corsa, no. 482-913-0576\n{hours}"));
    assert!(sample.text("/html").contains("<p>Dear Jana Petersen,</p>"));
    draft["lead"] = json!(lead);
    let of_lead = preview(&draft).await;
    assert!(of_lead.text("/text").starts_with(&format!("Dear petersen,\n\nAbout Opel Astra, no. {}", lead.spoken())), "{}", of_lead.body);
    // Of a lead out of reach, not even its existence is shown.
    draft["lead"] = json!("0000000001");
    assert_eq!(preview(&draft).await.status, 404);
    draft["lead"] = json!("x");
    assert_eq!(preview(&draft).await.faults(), ["lead MSG-2"]);

    let id = made(&world, ADMIN, &appointment("olga", WHEN)).await;
    let mut draft = text("reminder", "de", "{{ greeting }} {{ time }}\n{{ page }}");
    draft["subject"] = json!("{{ appointment }}");
    draft["appointment"] = json!(id);
    let booked = preview(&draft).await;
    assert_eq!(booked.status, 200, "{}", booked.body);
    assert!(booked.text("/text").starts_with("Guten Tag olga, 25.11.2026"), "{}", booked.body);
    draft["appointment"] = json!("unknown");
    assert_eq!(preview(&draft).await.status, 404);
    draft["kind"] = json!("canned");
    assert!(preview(&draft).await.faults().contains(&"text MSG-2".to_owned()));
    // A text message has no subject and no HTML.
    let sms = json!({"kind": "cancelled", "medium": "sms", "language": "en", "text": "{{ dealer }} {{ time }}\n{{ page }}"});
    let sms = preview(&sms).await;
    assert_eq!((sms.status, &sms.body["html"], sms.text("/text").lines().count()), (200, &Value::Null, 1), "{}", sms.body);
    world.system.settle().await;
    assert!(world.system.mailbox.mails().iter().all(|mail| !mail.to.starts_with("ingo")), "a preview sends nothing");
}

/// MSG-2, SET-12: a test goes to the requester's own address, once for each request, and at most fifty times a day.
#[tokio::test]
async fn msg_2_a_test_goes_to_the_requesters_own_address_within_a_limit() {
    let world = World::delivering_twice().await;
    let path = format!("{TEXTS}/test");
    let draft = text("canned", "de", "{{ greeting }}\n\nbis bald. {{ seller }}");
    let mut named = draft.clone();
    named["to"] = json!("stranger@example.com");
    assert_eq!(world.post(ADMIN, &path, &named).await.faults(), ["to API-1"]);
    let sent = world.post(ADMIN, &path, &draft).await;
    assert_eq!((sent.status, sent.text("/subject")), (202, "Autohaus Nordstern: 2021 Opel Corsa"), "{}", sent.body);
    assert_eq!(world.post(ADMIN, &path, &text("canned", "de", "{% x %}")).await.status, 422);
    world.system.settle().await;
    let mails: Vec<_> = world.system.mailbox.mails().into_iter().filter(|mail| mail.id.starts_with("test-")).collect();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), (sent.text("/sent_to"), "Autohaus Nordstern: 2021 Opel Corsa"));
    assert!(mail.text.starts_with("Guten Tag Jana Petersen,\n\nbis bald. Ingo Brandt"), "{mail:?}");
    let user = UserId::parse(ADMIN).unwrap();
    let loaded = world.store.load(&world.scope(), &Load::of([Key::TestMail(user.clone())])).await.unwrap();
    let stored = loaded.test_mail(&user).unwrap();
    assert_eq!((stored.due, stored.subject.as_str(), stored.text.as_str()), (None, "", ""), "its text may name a customer");
    for _ in 1..50 {
        assert_eq!(world.post(ADMIN, &path, &draft).await.status, 202);
    }
    let over = world.post(ADMIN, &path, &draft).await;
    assert_eq!((over.status, over.text("/rule"), over.headers.contains_key("retry-after")), (429, "SET-12", true), "{}", over.body);
    world.advance_to("2026-11-24T09:00:00Z").await;
    assert_eq!(world.post(ADMIN, &path, &draft).await.status, 202);
}

/// LEAD-3, MSG-2: a seller gets the canned answers for the lead's type, filled, with those in the customer's language first.
#[tokio::test]
async fn lead_3_canned_answers_are_filled_with_the_values_of_the_lead() {
    let world = World::new().await;
    for (id, language, lead_type) in [("a", "en", None), ("b", "de", None), ("c", "de", Some("used_car")), ("d", "de", Some("service"))] {
        let mut body = text("canned", language, "{{ greeting }}\n{{ vehicle }}\n{{ seller }}, {{ number }}");
        body["lead_type"] = json!(lead_type);
        body["name"] = json!(id);
        assert_eq!(save(&world, id, &body).await.status, 201);
    }
    assert_eq!(save(&world, "moved", &text("moved", "de", "x")).await.status, 201);
    let mut body = enquiry("petersen");
    body["contact"]["language"] = json!("de");
    body["vehicle"] = json!({"make": "https://evil.example"});
    let lead = world.lead(&body).await;
    let path = format!("/leads/{lead}/canned-answers");
    let found = world.get(ANNA, &path).await;
    let ids: Vec<&str> = found.body["answers"].as_array().unwrap().iter().map(|answer| answer["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["b", "c", "a"], "{}", found.body);
    assert_eq!(found.text("/answers/0/text"), format!("Guten Tag petersen,\nAnna Vogt, {}", lead.spoken()));
    assert_eq!(found.text("/answers/0/subject"), "Autohaus Nordstern");
    assert_eq!(world.get("greta.sommer", &path).await.status, 404);
    assert_eq!(world.get("partner:portal-demo", &path).await.text("/right"), "read_leads");
    // The seller edits it and sends it as any message.
    let edited = json!({"medium": "email", "subject": "Corsa", "text": found.text("/answers/0/text")});
    assert_eq!(world.post(ANNA, &format!("/leads/{lead}/communications"), &edited).await.status, 201);
}

/// MSG-2: a line whose variables are all empty is left out, so the preview has the text for a customer of whom little is known. A text of
/// which nothing would remain then is refused.
#[tokio::test]
async fn msg_2_the_preview_has_the_text_without_the_optional_values() {
    let world = World::new().await;
    let preview = |draft: Value| {
        let world = &world;
        async move { world.post(ADMIN, &format!("{TEXTS}/preview"), &draft).await }
    };
    let mut draft = text("instant_answer", "en", "{{ greeting }}\n\nThe {{ vehicle }} is reserved.\nSee you soon.");
    draft["subject"] = json!("Your enquiry: {{ vehicle }}");
    let shown = preview(draft).await;
    assert!(shown.text("/text").contains("The 2021 Opel Corsa is reserved."), "{}", shown.body);
    assert_eq!(shown.body["shortest"], json!({"subject": "Your enquiry", "text": "Hello,\n\nSee you soon."}), "{}", shown.body);
    // A text that no value is left out of is not shown twice.
    let mut same = text("instant_answer", "en", "We call you back.");
    same["subject"] = json!("{{ dealer }}");
    let same = preview(same).await;
    assert_eq!((same.status, same.body.get("shortest")), (200, None), "{}", same.body);
    for body in ["{{ vehicle }}", "The {{ vehicle }} is here.\n\nDear {{ customer }}"] {
        let refused = save(&world, "empty", &text("instant_answer", "en", body)).await;
        assert_eq!((refused.status, refused.text("/errors/0/field")), (422, "text"), "{}", refused.body);
    }
}

/// MSG-2: a preview without an appointment names its kind in the language of the text, as letters do.
#[tokio::test]
async fn msg_2_a_preview_names_the_kind_of_the_appointment_in_words() {
    let world = World::new().await;
    for (language, name) in [("de", "Probefahrt"), ("en", "Test drive"), ("nl", "Proefrit")] {
        let draft = text("reminder", language, "{{ appointment }}");
        let shown = world.post(ADMIN, &format!("{TEXTS}/preview"), &draft).await;
        assert_eq!(shown.text("/text"), name, "{}", shown.body);
    }
}
