//! Lists of leads: filters and search (LEAD-8).

use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::directory::{Channel, Contact};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::{Value, json};

async fn found(world: &World, who: &str, query: &str) -> Vec<String> {
    let page = world.get(who, &format!("/dealers/{NORDSTERN}/leads?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.body);
    let mut names: Vec<String> =
        page.body["leads"].as_array().unwrap().iter().map(|row| row["contact"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn enquiry_of(name: &str, kind: &str, source: &str, phone: &str, plate: &str) -> Value {
    json!({"type": kind, "source": source, "contact": {"last_name": name, "email": format!("{}@example.com", name.to_lowercase().replace(|c: char| !c.is_ascii(), "x")), "phone": phone},
        "trade_in": {"make": "Opel", "plate": plate}})
}

#[tokio::test]
async fn lead_8_lists_are_filtered_and_searched_within_the_users_scope() {
    let world = World::new().await;
    let first = world.lead(&enquiry_of("Petersen", "used_car", "website", "0171 2345678", "KI-JP 4711")).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    world.lead(&enquiry_of("Öztürk", "new_car", "Portal", "0171 2345679", "B MW 1")).await;
    world.lead(&enquiry_of("Peters", "service", "website", "0171 2345670", "HH-A 99")).await;
    world.advance_to("2026-11-23T11:30:00Z").await;
    for (query, wanted) in [
        ("type=new_car", vec!["Öztürk"]),
        ("source=WEBSITE", vec!["Peters", "Petersen"]),
        ("source=website&type=service", vec!["Peters"]),
        ("from=2026-11-23T09:30:00Z", vec!["Peters", "Öztürk"]),
        ("until=2026-11-23T09:30:00Z", vec!["Petersen"]),
        ("overdue=true", vec!["Petersen"]),
        ("overdue=false", vec!["Peters", "Öztürk"]),
        ("q=peters", vec!["Peters", "Petersen"]),
        ("q=%C3%96ZT", vec!["Öztürk"]),
        ("q=ki%20jp4711", vec!["Petersen"]),
        ("q=%2B49%20171%202345679", vec!["Öztürk"]),
        ("q=0171/2345670", vec!["Peters"]),
        ("q=Petersen@Example.com", vec!["Petersen"]),
        ("q=nobody", vec![]),
    ] {
        assert_eq!(found(&world, ADMIN, query).await, wanted, "{query}");
    }
    for number in [first.to_string(), first.spoken()] {
        assert_eq!(found(&world, ADMIN, &format!("q={number}")).await, ["Petersen"]);
    }
    // A seller finds only leads that the seller may see.
    assert_eq!(found(&world, "anna.vogt", "q=peters").await, ["Petersen"]);
    assert_eq!(found(&world, "ben.krause", "q=peters").await, Vec::<String>::new());
    for query in ["type=boat", "overdue=maybe", "from=tomorrow", "q=x", "colour=red"] {
        assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?{query}")).await.status, 422, "{query}");
    }
    let all = "status=open&type=boat&owner=A%20B&from=tomorrow&until=later&overdue=maybe";
    let reply = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?{all}")).await;
    let faults = ["status", "type", "owner", "from", "until", "overdue"].map(|name| format!("{name} LEAD-8"));
    assert_eq!(reply.faults(), faults, "all are named at once: {}", reply.body);
}

/// LEAD-8, API-1: an empty, unknown or repeated parameter of a list does not hide the errors of the others.
#[tokio::test]
async fn lead_8_all_invalid_parameters_of_a_list_are_named_at_once() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let of_dealer = |list: &str| format!("/dealers/{NORDSTERN}/{list}");
    // The parameters that are unknown, empty or repeated, and those with an invalid value, against the rule of the list.
    for (path, unclear, rule, invalid) in [
        (
            of_dealer("leads?owner=&status=open&colour=red&type=van&type=boat&q=x&limit=0&from=tomorrow"),
            vec!["colour", "owner", "type"],
            "LEAD-8",
            vec!["status", "from", "limit", "q"],
        ),
        (of_dealer("leads?owner=&q=peters"), vec!["owner"], "LEAD-8", vec![]),
        (
            of_dealer("board?owner=&overdue=maybe&limit=1000&from=2026-11-25T10:00:00Z&until=2026-11-24T10:00:00Z"),
            vec!["owner"],
            "LEAD-8",
            vec!["limit", "overdue", "until"],
        ),
        (of_dealer("board?from=2026-11-25&until=2026-11-24&statsu=won"), vec!["statsu"], "LEAD-8", vec!["until"]),
        (of_dealer("tasks?owner=A%20B&from=&until=later&limit=x"), vec!["from"], "LEAD-4", vec!["limit", "owner", "until"]),
        (of_dealer("calendar?view=year&date=today&limit=251&user="), vec!["user"], "CAL-6", vec!["view", "date", "limit"]),
        (of_dealer("undelivered?limit=0&since=today"), vec!["since"], "MSG-1", vec!["limit"]),
        (format!("/leads/{id}/timeline?limit=0&cursor=x"), vec![], "LEAD-2", vec!["limit", "cursor"]),
        (format!("/leads/{id}/tasks?limit=0&cursor=x"), vec![], "LEAD-4", vec!["limit", "cursor"]),
        (format!("/leads/{id}/events?limit=0&cursor=x"), vec![], "CAL-1", vec!["limit", "cursor"]),
        ("/users?after=A%20B&dealer=C%20D".to_owned(), vec![], "SET-7", vec!["after", "dealer"]),
        ("/overview/leads?user=&received_from=today&colour=red".to_owned(), vec!["colour", "user"], "OVR-4", vec!["received_from"]),
        ("/overview/leads?received_to=today&received_from=".to_owned(), vec!["received_from"], "OVR-4", vec!["received_until"]),
    ] {
        let reply = world.get(ADMIN, &path).await;
        let expected = unclear.iter().map(|name| format!("{name} API-1")).chain(invalid.iter().map(|name| format!("{name} {rule}")));
        assert_eq!((reply.status, reply.faults()), (422, expected.collect()), "{path}: {}", reply.body);
    }
}

/// API-2: the ends of a range are dates in the dealer's time zone, which are whole days, or instants.
#[tokio::test]
async fn api_2_a_range_takes_dates_and_instants() {
    let world = World::new().await;
    world.lead(&enquiry_of("Petersen", "used_car", "website", "0171 2345678", "")).await;
    for (query, number) in [
        ("from=2026-11-23&until=2026-11-23", 1),
        ("from=2026-11-24", 0),
        ("until=2026-11-22", 0),
        ("from=2026-11-22T23:00:00Z&until=2026-11-24", 1),
        ("from=2026-11-23&until=2026-11-22T23:00:00Z", 0),
        ("from=2026-11-23T00:00:00+01:00", 1),
        ("until=2026-11-23T00:00:00+01:00", 0),
    ] {
        assert_eq!(found(&world, ADMIN, query).await.len(), number, "{query}");
    }
    for (path, until) in [
        (format!("/dealers/{NORDSTERN}/leads"), "until"),
        (format!("/dealers/{NORDSTERN}/board"), "until"),
        (format!("/dealers/{NORDSTERN}/board"), "created_until"),
        (format!("/dealers/{NORDSTERN}/tasks"), "until"),
        ("/overview/appointments".into(), "created_until"),
        ("/overview/appointments".into(), "created_to"),
        ("/overview/appointments".into(), "appointment_until"),
        ("/overview/leads".into(), "received_until"),
        ("/overview/leads".into(), "received_to"),
    ] {
        for bound in ["2026-11-23", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00%2B01:00", "2026-11-23T10:00:00+01:00"] {
            let reply = world.get("gina.group", &format!("{path}?{until}={bound}")).await;
            assert_eq!(reply.status, 200, "{path} {until} {bound}: {}", reply.body);
        }
        assert_eq!(world.get("gina.group", &format!("{path}?{until}=2026-1-5")).await.status, 422, "{path} {until}");
    }
    let both = world.get("gina.group", "/overview/leads?received_to=2026-11-23&received_until=2026-11-23").await;
    assert_eq!(both.faults(), ["received_to API-1"], "{}", both.body);
}

/// LEAD-8: a search for any channel of a contact finds all of the contact's leads.
#[tokio::test]
async fn lead_8_a_search_by_any_channel_finds_all_leads_of_a_contact() {
    let world = World::new().await;
    let id = world.lead(&enquiry_of("Petersen", "used_car", "website", "0171 2345678", "")).await;
    world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "price"})).await;
    let mut by_phone = enquiry_of("J. Petersen", "used_car", "website", "0171 2345678", "");
    by_phone["contact"].as_object_mut().unwrap().remove("email");
    world.lead(&by_phone).await;
    for query in ["q=petersen@example.com", "q=01712345678"] {
        assert_eq!(found(&world, ADMIN, query).await, ["J. Petersen", "Petersen"], "{query}");
    }
}

/// LEAD-8, INT-6: a search finds a lead by the name or a channel of any of its contacts. A channel that several contacts share finds the
/// leads of all of them.
#[tokio::test]
async fn lead_8_a_lead_is_found_by_each_of_its_contacts_and_a_shared_channel_finds_all() {
    let world = World::new().await;
    let a = world.lead(&enquiry_of("Petersen", "used_car", "website", "0171 2345678", "")).await;
    let b = world.lead(&enquiry_of("Kim", "used_car", "website", "0171 2345670", "")).await;
    // Kim's enquiry has Petersen's telephone number. In the directory the number stays with Petersen.
    let again = enquiry_of("Kim", "used_car", "website", "0171 2345678", "");
    assert_eq!(world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &again).await.text("/id"), b.to_string());
    assert_eq!(found(&world, ADMIN, "q=01712345678").await, ["Kim", "Petersen"]);
    assert_eq!(found(&world, ADMIN, "q=kim@example.com").await, ["Kim"]);
    assert_eq!(
        [found(&world, "anna.vogt", "q=01712345678").await, found(&world, "ben.krause", "q=01712345678").await],
        [["Petersen"], ["Kim"]]
    );
    let contacts = |lead: forecourt_domain::base::LeadId| format!("/leads/{lead}/contacts");
    let eva = json!({"first_name": "Eva", "last_name": "Meier", "emails": ["eva@example.com"], "phones": [{"number": "0172 9999999"}]});
    let eva = world.post(ADMIN, &contacts(a), &eva).await;
    let shared = json!({"last_name": "Sohn", "emails": ["petersen@example.com", "sohn@example.com"]});
    assert_eq!((eva.status, world.post(ADMIN, &contacts(b), &shared).await.status), (201, 201));
    for (query, wanted) in [
        ("q=meier", vec!["Petersen"]),
        ("q=EVA%20MEI", vec!["Petersen"]),
        ("q=eva@example.com", vec!["Petersen"]),
        ("q=0172/9999999", vec!["Petersen"]),
        ("q=sohn", vec!["Kim"]),
        ("q=sohn@example.com", vec!["Kim"]),
        ("q=petersen@example.com", vec!["Kim", "Petersen"]),
        ("q=nobody@example.com", vec![]),
    ] {
        assert_eq!(found(&world, ADMIN, query).await, wanted, "{query}");
    }
    assert_eq!(found(&world, "anna.vogt", "q=sohn").await, Vec::<String>::new());
    // The list shows the new main contact. The former main contact's name still finds the lead; after that contact is removed, only the
    // address does.
    let eva = eva.headers["location"].to_str().unwrap().to_owned();
    let json_type = [("content-type", "application/json")];
    let main = world.call(Request::patch(ADMIN, &eva).headers(&json_type).body(br#"{"main": true}"#)).await;
    assert_eq!(main.status, 200, "{}", main.body);
    assert_eq!(found(&world, ADMIN, "q=petersen").await, ["Eva Meier"]);
    let first = format!("{}/000001", contacts(a));
    assert_eq!(world.call(Request::delete(ADMIN, &first).headers(&json_type)).await.status, 200);
    assert_eq!(found(&world, ADMIN, "q=petersen").await, Vec::<String>::new());
    assert_eq!(found(&world, ADMIN, "q=petersen@example.com").await, ["Eva Meier", "Kim"]);
}

/// LEAD-8, INT-5: after an enquiry is resent, a search finds its lead by the new content.
#[tokio::test]
async fn lead_8_a_search_finds_a_lead_by_the_content_of_a_resent_enquiry() {
    let world = World::new().await;
    let adf = |status: &str, phone: &str| {
        format!(
            "<adf><prospect status=\"{status}\"><id source=\"portal\">77</id><customer><contact><name>Jana</name><email>r@example.com</email><phone>{phone}</phone></contact></customer></prospect></adf>"
        )
    };
    assert_eq!(world.adf(NORDSTERN, adf("new", "0171 2345678").as_bytes()).await.status, 201);
    assert_eq!(world.adf(NORDSTERN, adf("resend", "0171 2345679").as_bytes()).await.status, 200);
    for query in ["q=01712345678", "q=01712345679", "q=r@example.com"] {
        assert_eq!(found(&world, ADMIN, query).await, ["Jana"], "{query}");
    }
}

/// LEAD-8: search results by channel are paged like any list. If the directory has not all leads of a channel, the search reads the list
/// of leads.
#[tokio::test]
async fn lead_8_a_search_by_channel_finds_every_lead_even_if_the_directory_is_incomplete() {
    let world = World::new().await;
    for (hour, name) in ["One", "Two", "Three"].into_iter().enumerate() {
        let id = world.lead(&json!({"type": "used_car", "contact": {"last_name": name, "email": "jana@example.com"}})).await;
        world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "price"})).await;
        world.advance_to(&format!("2026-11-23T1{hour}:00:00Z")).await;
    }
    let pages = async || {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?q=jana@example.com&limit=1{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            names.extend(page.body["leads"].as_array().unwrap().iter().map(|row| row["contact"].as_str().unwrap().to_owned()));
            match page.body["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return names,
            }
        }
    };
    assert_eq!(pages().await, ["Three", "Two", "One"]);
    let channel = world.store.secret().channel(&world.scope(), "jana@example.com");
    let key = Key::Channel(channel.clone());
    for forgets in [
        |known: &Contact| Contact { leads: known.leads[2..].to_vec(), and_more: true, ..known.clone() },
        |known: &Contact| Contact { leads: Vec::new(), and_more: false, ..known.clone() },
    ] {
        let rule = |loaded: &Loaded, _| {
            let Some(Channel::Contact(known)) = loaded.channel(&channel) else { panic!("no record") };
            Ok((Some(Decision::default().with(Item::Channel(channel.clone(), Channel::Contact(forgets(known))))), ()))
        };
        world.store.decide(&world.scope(), Load::of([key.clone()]), rule).await.unwrap();
        assert_eq!(pages().await, ["Three", "Two", "One"]);
    }
    assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?q=jana@example.com&cursor=x")).await.status, 422);
}

/// LEAD-2, CAL-1: the lists of a lead are paged, newest first. A cursor is valid only for its own list and lead.
#[tokio::test]
async fn lead_2_lists_of_a_lead_are_paged_newest_first() {
    let world = World::new().await;
    let (id, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("kim")).await);
    for n in 0..7 {
        world.post(ADMIN, &format!("/leads/{id}/comments"), &json!({"text": format!("{n}")})).await;
        let at = format!("2026-12-{:02}T09:00:00Z", 10 + n);
        world.post(ADMIN, &format!("/leads/{id}/events"), &json!({"title": format!("{n}"), "type": "phone_outbound", "at": at})).await;
        world.post(ADMIN, &format!("/leads/{id}/invitations"), &json!({"type": "booked_test_drive", "title": format!("{n}")})).await;
        world.advance_to(&format!("2026-11-23T09:{:02}:00Z", n + 1)).await;
    }
    for (list, rows, field) in [("comments", "elements", "text"), ("events", "events", "title"), ("invitations", "invitations", "title")] {
        let path = format!("/leads/{id}/{list}");
        let (mut got, mut cursor, mut pages) = (String::new(), String::new(), 0);
        loop {
            let page = world.get(ADMIN, &format!("{path}?limit=3{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            got.extend(page.body[rows].as_array().unwrap().iter().map(|row| row[field].as_str().unwrap()));
            pages += 1;
            let Some(next) = page.body["cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((got.as_str(), pages), ("6543210", 3), "{list}");
        for elsewhere in [format!("/leads/{other}/{list}"), format!("/leads/{id}/quotes")] {
            assert_eq!(world.get(ADMIN, &format!("{elsewhere}?limit=3{cursor}")).await.status, 422);
        }
        for query in ["limit=0", "limit=101", "cursor=x", "page=2"] {
            assert_eq!(world.get(ADMIN, &format!("{path}?{query}")).await.status, 422, "{query}");
        }
    }
}

/// LEAD-2: a lead with more data than one read returns (1 MB) is shown completely.
#[tokio::test]
async fn lead_2_a_lead_with_megabytes_of_events_is_shown_completely() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let template = {
        let event = json!({"title": "Call", "type": "phone_outbound", "at": "2026-12-10T09:00:00Z"});
        assert_eq!(world.post(ADMIN, &format!("/leads/{id}/events"), &event).await.status, 201);
        world.events(id).await.remove(0)
    };
    for batch in 0..10 {
        let events = (0..20).map(|n| {
            let name = world.store.secret().channel(&world.scope(), &format!("{batch}-{n}")).0.to_lowercase();
            let name = name.chars().filter(char::is_ascii_alphanumeric).take(16).collect::<String>();
            let big = forecourt_domain::calendar::CalendarEvent {
                id: name.parse().unwrap(),
                notes: Some("x".repeat(20_000)),
                due: None,
                ..template.clone()
            };
            Item::Event(Box::new(big))
        });
        let items: Vec<Item> = events.collect();
        let keys = items.iter().map(|item| if let Item::Event(event) = item { Key::Event(id, event.id.clone()) } else { panic!() });
        let rule = |_: &Loaded, _| Ok((Some(Decision { items: items.clone(), ..Decision::default() }), ()));
        world.store.decide(&world.scope(), Load::of(keys.collect::<Vec<_>>()), rule).await.unwrap();
    }
    let mut names: Vec<String> = world.events(id).await.into_iter().map(|event| event.id.to_string()).collect();
    names.dedup();
    assert_eq!(names.len(), 201);
    let page = world.get(ADMIN, &format!("/leads/{id}/events")).await;
    assert_eq!((page.body["events"].as_array().unwrap().len(), page.body["cursor"].is_string()), (50, true));
}
