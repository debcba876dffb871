//! An enquiry for a vehicle at another site (INT-10), and the copy of a trade-in enquiry for the dealer's buyer (INT-8).

use crate::support::world::{ADMIN, CONSOLE_URL, NORDSTERN, Request, World, dealer, enquiry};
use forecourt_domain::settings::Settings;
use serde_json::{Value, json};

const HARBOUR: &str = "harbour-cars-demo";
/// A user who may read the leads of both dealers.
const GROUP_ADMIN: &str = "gina.group";

fn at_site(name: &str, site: &str) -> Value {
    let mut enquiry = enquiry(name);
    enquiry["vehicle"] = json!({"make": "MG", "model": "MG4", "site": site});
    enquiry
}

async fn sent(world: &World, body: &Value) -> (String, String) {
    let reply = world.post(GROUP_ADMIN, &format!("/dealers/{NORDSTERN}/leads"), body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    (reply.text("/dealer").to_owned(), reply.text("/owner").to_owned())
}

/// INT-10: with `rules_of_vehicle_location`, the routing rules of the vehicle's site apply.
#[tokio::test]
async fn int_10_the_routing_rules_of_the_vehicle_site_apply_if_the_dealer_sets_it() {
    let world = World::new().await;
    assert_eq!(sent(&world, &at_site("a", HARBOUR)).await.0, NORDSTERN, "not unless it is set");
    world.settings(|s| s.rules_of_vehicle_location = true).await;
    assert_eq!(sent(&world, &at_site("z", HARBOUR)).await.0, NORDSTERN, "Harbour has not agreed");
    // Harbour has a routing rule for this make, and the rule's group.
    let demo = forecourt_local::demo::group().unwrap();
    let harbour = demo.dealers.into_iter().find(|d| d.id.as_str() == HARBOUR).unwrap();
    let mut draft = (*harbour.settings).clone();
    draft.distribution_groups = serde_json::from_value(json!(["mg"])).unwrap();
    draft.routing_rules = serde_json::from_value(json!([{"group": "mg", "when": {"makes": ["mg"], "sites": [HARBOUR]}}])).unwrap();
    draft
        .members
        .iter_mut()
        .filter(|m| m.user.as_str() == "oliver.reed")
        .for_each(|m| m.groups = draft.distribution_groups.iter().cloned().collect());
    draft.accepts_enquiries_from = [dealer(NORDSTERN)].into();
    let settings: Settings = draft.check().unwrap();
    forecourt_local::demo::save(&world.store, &world.scope(), &dealer(HARBOUR), &settings, world.system.clock.now()).await.unwrap();

    let enquiry_there = at_site("b", HARBOUR);
    let found = world.post("gina.group", &format!("/dealers/{NORDSTERN}/dry-run"), &json!({"lead": enquiry_there})).await;
    assert_eq!((found.text("/owner"), found.text("/rule"), found.text("/group")), ("oliver.reed", "DIS-3", "mg"), "{}", found.body);
    assert_eq!(sent(&world, &enquiry_there).await, (HARBOUR.to_owned(), "oliver.reed".to_owned()));
    assert_eq!(sent(&world, &at_site("c", "nowhere")).await.0, NORDSTERN, "nobody knows the site");
    assert_eq!(sent(&world, &at_site("d", "Not an id!")).await.0, NORDSTERN);
    assert_eq!(sent(&world, &at_site("e", NORDSTERN)).await.0, NORDSTERN);
    // The timeline shows the dealer that received it, and a repeat returns the same lead.
    let mut named = at_site("f", HARBOUR);
    named["external_id"] = json!("f-1");
    let path = format!("/dealers/{NORDSTERN}/leads");
    let (first, again) = (world.post(GROUP_ADMIN, &path, &named).await, world.post(GROUP_ADMIN, &path, &named).await);
    assert_eq!((first.text("/id"), &first.body), (again.text("/id"), &again.body));
    let page = world.get("gina.group", &format!("/leads/{}", first.text("/id"))).await;
    let sited = page.body["timeline"][0]["events"].as_array().unwrap().iter().find(|e| e["what"] == "sited").unwrap().clone();
    assert_eq!(sited["came_in_at"], NORDSTERN, "{sited}");
}

/// INT-10, INT-6: when an enquiry is added to a lead of the vehicle's site, the timeline also shows the dealer that received it.
#[tokio::test]
async fn int_10_the_timeline_shows_the_dealer_that_received_an_added_enquiry() {
    let world = World::new().await;
    world.settings(|s| s.rules_of_vehicle_location = true).await;
    world.settings_of(HARBOUR, |s| s.accepts_enquiries_from = [dealer(NORDSTERN)].into()).await;
    let path = format!("/dealers/{NORDSTERN}/leads");
    let first = world.post(GROUP_ADMIN, &path, &at_site("a", HARBOUR)).await;
    let added = world.post(GROUP_ADMIN, &path, &at_site("a", HARBOUR)).await;
    assert_eq!((added.status, added.text("/id")), (200, first.text("/id")));
    let page = world.get("gina.group", &format!("/leads/{}", first.text("/id"))).await;
    assert_eq!(page.body["timeline"].to_string().matches("sited").count(), 2, "{}", page.body["timeline"]);
}

/// INT-10: a site is found by id, name and aliases, in upper or lower case, if its dealer has agreed. Another site is noted on the
/// timeline.
#[tokio::test]
async fn int_10_a_site_is_found_by_its_names_and_an_unknown_one_is_on_the_timeline() {
    let world = World::new().await;
    let configuration = format!("/dealers/{NORDSTERN}/configuration");
    let site = json!({"dealer": HARBOUR, "aliases": ["Hafen", "Filiale 2"]});
    let save = async |version: u64, sites: Value| {
        let headers = [("content-type", "application/json"), ("if-match", &*format!("\"{version}\""))];
        let body = json!({"admin_user": ADMIN, "rules_of_vehicle_location": true, "vehicle_sites": sites});
        world.call(Request::put(ADMIN, &configuration).headers(&headers).body(body.to_string().as_bytes())).await
    };
    // A dealer that has not agreed, and one that does not exist, cannot be named as a site.
    for other in [HARBOUR, "nowhere", NORDSTERN] {
        let refused = save(1, json!([{"dealer": other}])).await;
        assert_eq!(
            (refused.status, refused.faults()),
            (422, vec!["vehicle_sites[0].dealer INT-10".to_owned()]),
            "{other}: {}",
            refused.body
        );
    }
    world.settings_of(HARBOUR, |s| s.accepts_enquiries_from = [dealer(NORDSTERN)].into()).await;
    assert_eq!(save(1, json!([site, {"dealer": HARBOUR}])).await.faults(), ["vehicle_sites[1].dealer INT-10"]);
    let saved = save(1, json!([site])).await;
    assert_eq!((saved.status, &saved.body["settings"]["vehicle_sites"]), (200, &json!([site])), "{}", saved.body);
    for (i, name) in [HARBOUR, "HARBOUR-cars-demo", "hafen", "Filiale  2", "Harbour Cars"].into_iter().enumerate() {
        let reply = world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &at_site(&format!("s{i}"), name)).await;
        let lead = world.page(reply.text("/id").parse().unwrap()).await;
        assert_eq!(lead.lead.dealer.as_str(), HARBOUR, "{name}");
    }
    // When the agreement ends, other settings can still be saved, and the enquiries stay here.
    world.settings_of(HARBOUR, |s| s.accepts_enquiries_from = [].into()).await;
    let mut renamed = site.clone();
    renamed["aliases"] = json!(["Hafen"]);
    assert_eq!(save(2, json!([renamed])).await.status, 200);
    world.system.clock.freeze_at(crate::support::world::at("2026-11-23T09:05:00Z"));
    for (i, (name, noted)) in [("Hafen", true), ("Mond", true), (NORDSTERN, false), ("autohaus nordstern", false)].into_iter().enumerate() {
        let id = world.lead(&at_site(&format!("u{i}"), name)).await;
        let page = world.page(id).await;
        assert_eq!(page.lead.dealer.as_str(), NORDSTERN, "{name}");
        let shown = world.get(ADMIN, &format!("/leads/{id}")).await.body["timeline"][0]["events"].clone();
        let site = shown.as_array().unwrap().iter().find(|event| event["what"] == "unknown_site").map(|event| event["site"].clone());
        assert_eq!(site, noted.then(|| json!(name)), "{shown}");
    }
}

fn offered(name: &str) -> Value {
    let mut enquiry = enquiry(name);
    enquiry["type"] = json!("trade_in");
    enquiry["trade_in"] = json!({"make": "Volkswagen", "model": "Polo", "year": 2018, "mileage": "74000 km"});
    enquiry
}

/// INT-8: a trade-in enquiry without a vehicle of the dealer's is also mailed to the trade-in address, with a PDF sheet.
#[tokio::test]
async fn int_8_a_trade_in_enquiry_without_a_vehicle_is_mailed_to_the_trade_in_address_with_a_sheet() {
    let world = World::at("2026-11-22T22:00:00Z").await;
    world.settings(|s| s.trade_in_cc_email = Some(forecourt_domain::base::Email::parse("ankauf@example.com").unwrap())).await;
    let id = world.lead(&offered("jana")).await;
    let mut wants = offered("otto");
    wants["vehicle"] = json!({"make": "Opel"});
    world.lead(&wants).await;
    world.lead(&enquiry("nothing-offered")).await;
    world.system.settle().await;
    let mails: Vec<_> = world.system.mailbox.mails().into_iter().filter(|mail| mail.to == "ankauf@example.com").collect();
    assert_eq!(mails.len(), 1, "at once, at night too, and only where no vehicle is asked for");
    let (mail, sheet) = (&mails[0], &mails[0].attachments[0]);
    let link = format!("{CONSOLE_URL}/desk/leads/{id}");
    assert!(mail.subject.contains(&id.spoken()) && mail.text.contains(&link), "{}", mail.text);
    assert_eq!((sheet.name.as_str(), sheet.media_type.as_str()), (&*format!("{id}.pdf"), "application/pdf"));
    let pdf = lopdf::Document::load_mem(&sheet.content).unwrap();
    let text = pdf.extract_text(&[1]).unwrap();
    for word in ["Volkswagen", "Polo", "74000 km", "jana@example.com", &link] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    assert!(String::from_utf8_lossy(&mail.mime("no-reply@example.com").unwrap()).contains("application/pdf"));
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    let found = page.body["messages"].as_array().unwrap().iter().find(|m| m["about"] == "trade_in").unwrap().clone();
    assert_eq!((&found["fate"], &found["to"]), (&json!("sent"), &json!("ankauf@example.com")));
}

/// INT-6, INT-8: a trade-in enquiry that is added to a lead is also sent to the trade-in address, once.
#[tokio::test]
async fn int_8_a_trade_in_added_to_a_lead_is_mailed_to_the_trade_in_address_once() {
    let world = World::delivering_twice().await;
    world.lead(&enquiry("jana")).await;
    world.settings(|s| s.trade_in_cc_email = Some(forecourt_domain::base::Email::parse("ankauf@example.com").unwrap())).await;
    let mut again = offered("jana");
    again["external_id"] = json!("second");
    for _ in 0..2 {
        assert_eq!(world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &again).await.status, 200);
    }
    world.system.settle().await;
    assert_eq!(world.system.mailbox.mails().iter().filter(|mail| mail.to == "ankauf@example.com").count(), 1);
}
