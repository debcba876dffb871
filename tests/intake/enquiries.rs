//! An enquiry becomes a lead (INT-1 to INT-4, INT-9, LEAD-6).

use crate::support::world::{NORDSTERN, World, at, enquiry};
use forecourt_domain::lead::{Event, RawStorage};
use serde_json::json;
use std::io::Read as _;

/// INT-1, INT-4, INT-9: a JSON enquiry becomes a lead with a number, an owner and a deadline.
#[tokio::test]
async fn int_1_a_json_enquiry_is_a_lead_with_number_owner_and_deadline() {
    let world = World::new().await;
    let body = json!({
        "source": "website", "external_id": "w-1", "type": "new_car",
        "contact": {"first_name": "Jana", "last_name": "Petersen", "email": "Jana@Example.com", "phone": "0171 2345678", "language": "de-DE"},
        "vehicle": {"make": "Opel", "model": "Corsa", "year": 2026, "condition": "new"},
        "trade_in": {"make": "VW", "model": "Polo", "mileage": "74000 km"},
        "message": "Hallo,\nnoch da?", "requested_at": "2026-11-23T09:55:00+01:00", "unknown_field": {"is": "ignored"}
    });
    let reply = world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let id = reply.text("/id").to_owned();
    assert_eq!(reply.headers["location"], format!("/leads/{id}"));
    assert_eq!(reply.text("/number").replace('-', ""), id);
    assert_eq!(reply.text("/owner"), "anna.vogt");
    assert_eq!(reply.text("/deadline"), "2026-11-23T11:00:00Z");

    let page = world.get("anna.vogt", &format!("/leads/{id}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    insta::with_settings!({sort_maps => true}, {
        insta::assert_json_snapshot!(page.body["enquiry"]);
    });
    assert_eq!(page.text("/vehicle"), "2026 Opel Corsa");
    assert_eq!(page.body["deadline"]["seconds_left"], 7200);
}

/// API-1: a `dealer` in the body has no effect over HTTP. It is flagged, unless it is the addressed dealer.
#[tokio::test]
async fn api_1_a_dealer_in_the_body_that_is_not_the_addressed_one_is_flagged() {
    let world = World::new().await;
    for (name, dealer, flagged) in
        [("a", json!(NORDSTERN), false), ("b", json!("harbour-cars-demo"), true), ("c", json!("no id"), true), ("d", json!(7), true)]
    {
        let mut body = enquiry(name);
        body["dealer"] = dealer;
        let reply = world.post("partner:portal-demo", &format!("/dealers/{NORDSTERN}/leads"), &body).await;
        assert_eq!((reply.status, reply.text("/dealer")), (201, NORDSTERN), "{}", reply.body);
        let mut flags = reply.body["flags"].as_array().into_iter().flatten();
        let detail = flags.find(|flag| flag["field"] == "dealer").map(|flag| flag["detail"].clone());
        let no_effect = json!("is not the dealer to which the enquiry was sent; it has no effect");
        assert_eq!(detail, flagged.then_some(no_effect), "{name}: {}", reply.body);
    }
}

#[tokio::test]
async fn int_2_the_raw_input_of_any_size_is_stored_and_linked() {
    let world = World::new().await;
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'#' + ((state >> 33) % 90) as u8)
    };
    let noise: String = (0..9_000).map(|_| random()).collect();
    for message in ["short".to_owned(), noise] {
        let mut body = enquiry(&format!("raw-{}", message.len()));
        body["message"] = json!(message);
        let page = world.page(world.lead(&body).await).await;
        let raw = page.timeline[0].raw.clone().unwrap();
        assert_eq!(raw.media_type, "application/json");
        let deflated = match raw.storage {
            RawStorage::Here(bytes) => {
                assert_eq!(message, "short");
                bytes
            }
            RawStorage::InBucket(name) => {
                assert_ne!(message, "short");
                world.system.platform.files.get(&name).await.unwrap().unwrap()
            }
        };
        let mut text = String::new();
        flate2::read::ZlibDecoder::new(&deflated[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, body.to_string());
    }
}

/// INT-2: an invalid prospect is reported, and the other prospects of the document become leads.
#[tokio::test]
async fn int_2_an_invalid_prospect_is_reported_and_the_others_become_leads() {
    let world = World::new().await;
    let prospect = |id: &str, contact: &str| {
        format!("<prospect><id source=\"portal\">{id}</id><customer><contact>{contact}</contact></customer></prospect>")
    };
    let xml = format!(
        "<?adf version=\"1.0\"?><adf>{}{}{}</adf>",
        prospect("1", "<name>A</name><email>a@example.com</email>"),
        prospect("2", "<name>Nobody can be reached</name>"),
        prospect("3", "<name>C</name><phone>030 901820</phone>")
    );
    let reply = world.adf(NORDSTERN, xml.as_bytes()).await;
    assert_eq!(reply.status, 207, "{}", reply.body);
    let statuses: Vec<_> = reply.body["results"].as_array().unwrap().iter().map(|r| r["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 422, 201]);
    assert_eq!(reply.body["results"][1]["problem"]["errors"][0]["rule"], "INT-3");
    assert_eq!(world.list("ingo.brandt", NORDSTERN).await.len(), 2);
}

/// INT-3: values of ADF that cannot be parsed are kept as text and flagged.
#[tokio::test]
async fn int_3_unreadable_adf_values_are_kept_as_text_and_flagged() {
    let world = World::new().await;
    let xml = "<adf><prospect><requestdate>someday</requestdate><customer><contact><name part=\"full\">Otto Normal</name>\
               <phone type=\"voice\">call me at work</phone><email>not an address</email></contact></customer></prospect></adf>";
    let reply = world.adf(NORDSTERN, xml.as_bytes()).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let flagged: Vec<_> = reply.body["flags"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap()).collect();
    assert_eq!(flagged, ["contact.email", "contact.phone", "requested_at"]);
    let page = world.page(reply.text("/id").parse().unwrap()).await;
    let Event::Received { enquiry } = &page.timeline[0].events[0] else { panic!() };
    assert_eq!(enquiry.contact.phones[0].typed, "call me at work");
    assert_eq!(enquiry.contact.phones[0].e164, None);
}

/// INT-2: a date without a zone is read in the dealer's zone.
#[tokio::test]
async fn int_2_adf_dates_without_a_zone_are_read_in_the_dealers_zone() {
    let world = World::new().await;
    for (dealer, written, meant) in [
        (NORDSTERN, "2026-11-20T14:30:00", "2026-11-20T13:30:00Z"),
        ("lakeside-motors-demo", "11/20/2026 02:30 PM", "2026-11-20T20:30:00Z"),
        ("grachten-autos-demo", "20-11-2026 14:30", "2026-11-20T13:30:00Z"),
    ] {
        let xml = format!(
            "<adf><prospect><requestdate>{written}</requestdate><customer><contact><email>d@example.com</email></contact></customer></prospect></adf>"
        );
        let reply = world.adf(dealer, xml.as_bytes()).await;
        let page = world.page(reply.text("/id").parse().unwrap()).await;
        let Event::Received { enquiry } = &page.timeline[0].events[0] else { panic!() };
        assert_eq!(enquiry.requested_at, Some(at(meant)), "{written}");
    }
}

/// INT-1: partners may send the same bodies by queue. Only the invalid messages go to the dead-letter queue.
#[tokio::test]
async fn int_1_only_invalid_queue_messages_of_partners_go_to_the_dead_letter_queue() {
    let world = World::new().await;
    // The sender chooses the session name of a role, so the session name is ignored.
    world.enqueue("m1", "AIDADEMOPORTAL:a-session", Some(NORDSTERN), &enquiry("one").to_string());
    world.enqueue("m2", "AIDADEMOPORTAL", Some(NORDSTERN), "{\"contact\": ");
    world.enqueue("m3", "AIDADEMOPORTAL", None, "<adf><prospect><customer><contact><email>x@example.com</email></contact></customer><vendor><id>lakeside-motors-demo</id></vendor></prospect></adf>");
    world.enqueue("m4", "AIDASOMEBODYELSE", Some(NORDSTERN), &enquiry("two").to_string());
    world.enqueue("m5", "AIDADEMOPORTAL", Some("rival-dealer"), &enquiry("three").to_string());
    world.system.settle().await;
    assert_eq!(world.list("ingo.brandt", NORDSTERN).await.len(), 1);
    assert_eq!(world.list("dan.rivera", "lakeside-motors-demo").await.len(), 1);
    let dead: Vec<_> = world.system.queue.dead().unwrap().into_iter().map(|m| m.id).collect();
    assert_eq!(dead, ["m2", "m4", "m5"]);
    assert_eq!(world.list("rival.seller", "rival-dealer").await.len(), 0);

    // Redriven messages are processed again; the lead that was created is not created twice.
    assert_eq!(world.system.queue.redrive().unwrap(), 3);
    world.system.settle().await;
    assert_eq!(world.system.queue.dead().unwrap().len(), 3);
}

#[tokio::test]
async fn lead_6_without_level_1_there_is_no_deadline() {
    let world = World::new().await;
    world.settings(|s| s.escalation.level_1 = 0).await;
    let id = world.lead(&enquiry("calm")).await;
    assert_eq!(world.page(id).await.lead.plan, None);
    world.advance_to("2026-12-23T09:00:00Z").await;
    assert_eq!(world.mails(), ["11-23 09:00:00 anna.vogt: Neue Anfrage ".to_owned() + &id.spoken() + ": calm"]);
}

/// INT-4: if a lead number is already used, another one is chosen.
#[tokio::test]
async fn int_4_a_second_attempt_returns_another_lead_number() {
    let world = World::new().await;
    // Attempt 0 returns the number that the lead already has; attempt 1 must return another one.
    let first = world.lead(&enquiry("first")).await;
    let origin = world.page(first).await.lead.origin.key;
    let secret = world.store.secret();
    assert_eq!(secret.lead_number(&world.scope(), &origin, 0), first);
    assert_ne!(secret.lead_number(&world.scope(), &origin, 1), first);
}

#[tokio::test]
async fn int_3_the_same_address_in_other_case_is_one_channel() {
    let world = World::new().await;
    let xml = "<adf><prospect><customer><contact><name>Bob</name><email>a1@x.de</email><email>Bob@x.de</email><email>bob@x.de</email>\
               <phone>030 901820</phone><phone>+49 30 901820</phone></contact></customer></prospect></adf>";
    let reply = world.adf(NORDSTERN, xml.as_bytes()).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let page = world.page(reply.text("/id").parse().unwrap()).await;
    let Event::Received { enquiry } = &page.timeline[0].events[0] else { panic!() };
    assert_eq!((enquiry.contact.emails.len(), enquiry.contact.phones.len()), (2, 1));
}

/// LEAD-2: a timeline larger than one page of the database is read completely.
#[tokio::test]
async fn lead_2_a_timeline_of_more_than_a_megabyte_is_read_completely() {
    let world = World::new().await;
    let noise = |seed: u64| -> String {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from_u32(0x4E00 + (state >> 33) as u32 % 0x5000).unwrap()
        };
        (0..9_000).map(|_| next()).collect()
    };
    let adf = |n: u64| {
        let status = if n == 0 { "new" } else { "resend" };
        let remarks: String = (0..5)
            .map(|i| {
                format!(
                    "<vehicle><make>M</make><comments>{}</comments></vehicle>",
                    &noise(100 * n + i).chars().take(1900).collect::<String>()
                )
            })
            .collect();
        format!(
            "<adf><prospect status=\"{status}\"><id source=\"p\">77</id>{remarks}<customer><contact><email>r@example.com</email></contact><comments>v{n} {}</comments></customer></prospect></adf>",
            noise(n)
        )
    };
    let mut id = String::new();
    for n in 0..=20 {
        let reply = world.adf(NORDSTERN, adf(n).as_bytes()).await;
        assert!(matches!(reply.status, 200 | 201), "{}", reply.body);
        id = reply.text("/id").to_owned();
    }
    let before = world.store.spent();
    let page = world.get("anna.vogt", &format!("/leads/{id}")).await;
    assert!(world.store.spent().since(before).calls > 2, "the history fits one read: this test proves nothing");
    assert_eq!((page.body["timeline"].as_array().unwrap().len(), &page.body["version"]), (21, &json!(21)));
    assert!(page.text("/enquiry/message").starts_with("v20 "));
    assert_eq!(world.adf(NORDSTERN, adf(21).as_bytes()).await.status, 422);
}
