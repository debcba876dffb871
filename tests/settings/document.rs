//! A dealer's settings over HTTP (SET).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use serde_json::{Value, json};

fn path() -> String {
    format!("/dealers/{NORDSTERN}/settings")
}

async fn put(world: &World, who: &str, version: u64, body: &Value) -> Reply {
    let seen = format!("\"{version}\"");
    let headers = [("content-type", "application/json"), ("if-match", seen.as_str())];
    world.call(Request::put(who, &path()).headers(&headers).body(body.to_string().as_bytes())).await
}

async fn settings(world: &World) -> Value {
    world.get(ADMIN, &path()).await.body["settings"].clone()
}

fn with(settings: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = settings.clone();
    match pointer.rsplit_once('/') {
        Some((parent, name)) => changed.pointer_mut(parent).unwrap()[name] = value,
        None => panic!("not a pointer"),
    }
    changed
}

#[tokio::test]
async fn set_10_a_change_requires_the_current_version_and_is_recorded() {
    let world = World::new().await;
    let read = world.get(ADMIN, &path()).await;
    assert_eq!((read.status, &read.headers["etag"], read.body["version"].as_u64()), (200, &"\"1\"".parse().unwrap(), Some(1)));
    let read = read.body["settings"].clone();
    let longer = with(&read, "/escalation/level_1", json!(240));
    let changed = put(&world, ADMIN, 1, &longer).await;
    assert_eq!((changed.status, changed.body["version"].as_u64()), (200, Some(2)), "{}", changed.body);
    assert_eq!(changed.body["settings"], longer);
    // The same change again, as after a lost response, has no effect.
    assert_eq!(put(&world, ADMIN, 1, &longer).await.body["version"], 2);
    let lost = put(&world, ADMIN, 1, &with(&read, "/name", json!("Nordstern"))).await;
    assert_eq!((lost.status, lost.body["current_version"].as_u64()), (412, Some(2)));
    assert_eq!(settings(&world).await, longer);
    world.system.clock.freeze_at(crate::support::world::at("2026-11-23T09:05:00Z"));
    assert_eq!(put(&world, "gina.group", 2, &with(&longer, "/name", json!("Nordstern"))).await.status, 200);

    let history = world.get(ADMIN, &format!("{}/history", path())).await;
    let result: Vec<Value> = history.body["changes"].as_array().unwrap().iter().take(2).cloned().collect();
    let level_1 = |n: u32| json!({"level_1": n, "reminder": 30, "level_2": 1440, "level_2_resubmission": 1440});
    assert_eq!(
        result,
        [
            json!({"version": 3, "at": "2026-11-23T09:05:00Z", "by": "user:gina.group",
                "fields": [{"field": "name", "before": "Autohaus Nordstern", "after": "Nordstern"}]}),
            json!({"version": 2, "at": "2026-11-23T09:00:00Z", "by": "user:ingo.brandt",
                "fields": [{"field": "escalation", "before": level_1(120), "after": level_1(240)}]}),
        ]
    );
    assert_eq!(history.body["changes"].as_array().unwrap().len(), 3);
    let earlier = world.get(ADMIN, &format!("{}/history?before=2", path())).await;
    assert_eq!(earlier.body["changes"][0]["by"], "system");
    // A lead that arrives now has the new deadline.
    assert_eq!(
        world.page(world.lead(&enquiry("jana")).await).await.lead.deadline(),
        Some(crate::support::world::at("2026-11-23T14:05:00Z"))
    );
}

#[tokio::test]
async fn set_10_a_change_without_a_version_is_refused() {
    let world = World::new().await;
    let read = settings(&world).await;
    let headers = [("content-type", "application/json")];
    let reply = world.call(Request::put(ADMIN, &path()).headers(&headers).body(read.to_string().as_bytes())).await;
    assert_eq!((reply.status, reply.text("/type")), (428, "urn:forecourt:problem:precondition-required"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_10_one_of_many_concurrent_changes_of_a_version_succeeds() {
    let world = World::new().await;
    let read = settings(&world).await;
    let (world, read) = (&world, &read);
    let all = (0..16).map(|i| async move { put(world, ADMIN, 1, &with(read, "/name", json!(format!("Nordstern {i}")))).await.status });
    let mut statuses = futures::future::join_all(all).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [&[200][..], &[412; 15]].concat());
    assert_eq!(world.get(ADMIN, &format!("{}/history", path())).await.body["changes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn set_1_invalid_settings_are_refused_naming_the_fields_and_change_nothing() {
    let world = World::new().await;
    let read = settings(&world).await;
    let members = |change: Value| {
        let mut changed = read.clone();
        changed["members"][0].as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        changed
    };
    let absent = |from: &str, until: &str, deputy: &str| members(json!({"absences": [{"from": from, "until": until, "deputy": deputy}]}));
    let (early, late) = ("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z");
    for (body, faults) in [
        (with(&read, "/nmae", json!("x")), vec!["nmae API-1"]),
        (members(json!({"recieves_leads": true})), vec!["members[0].recieves_leads API-1"]),
        (with(&read, "/calendar/hours/mon", json!([["18:00", "08:00"]])), vec!["calendar.hours.mon[0] SET-1"]),
        (
            with(
                &with(&read, "/calendar/special_hours", json!({"2026-12-24": [["12:00", "09:00"]]})),
                "/calendar/hours/tue",
                json!([["09:00", "09:00"]]),
            ),
            vec!["calendar.hours.tue[0] SET-1", "calendar.special_hours.2026-12-24[0] SET-1"],
        ),
        (with(&read, "/relay_domains", json!(["@portal.example", " x "])), vec!["relay_domains[0] INT-6", "relay_domains[1] INT-6"]),
        (with(&read, "/calendar/days_off/0/name", json!("a\u{7}")), vec!["calendar.days_off[0].name SET-2"]),
        (with(&read, "/calendar/zone", json!("Europe/Atlantis")), vec!["calendar.zone SET-1"]),
        (with(&read, "/escalation/level_1", json!(-1)), vec!["escalation.level_1 SET-10"]),
        (with(&read, "/escalation/level_1", json!(100_000)), vec!["escalation.level_1 SET-3"]),
        (with(&read, "/calendar/hours", json!({})), vec!["escalation.level_1 SET-3"]),
        (with(&read, "/admin_user", json!("nobody")), vec!["admin_user SET-5"]),
        (absent(late, early, "ben.krause"), vec!["members[0].absences[0].until SET-7"]),
        (absent(early, late, "anna.vogt"), vec!["members[0].absences[0].deputy DIS-4"]),
        (with(&with(&read, "/fallback_user", json!("nobody")), "/name", json!("")), vec!["name SET-4", "fallback_user SET-5"]),
        (with(&read, "/pool", json!({"user": "helga.stern"})), vec!["pool DIS-9"]),
    ] {
        let reply = put(&world, ADMIN, 1, &body).await;
        assert_eq!((reply.status, reply.faults()), (422, faults.into_iter().map(str::to_owned).collect()), "{}", reply.body);
    }
    for body in ["", "[]", "{\"name\": 1", "{\"name\": \"a\", \"name\": \"b\"}"] {
        let headers = [("content-type", "application/json"), ("if-match", "\"1\"")];
        assert_eq!(world.call(Request::put(ADMIN, &path()).headers(&headers).body(body.as_bytes())).await.status, 400, "{body}");
    }
    assert_eq!(settings(&world).await, read);
}

/// SET-10: a missing field, a wrong type and an unknown value are described in plain words, with the path of the field.
#[tokio::test]
async fn set_10_a_field_that_cannot_be_read_is_described_in_plain_words() {
    let world = World::new().await;
    let read = settings(&world).await;
    let absent = |absence: Value| with(&read, "/members/0/absences", json!([absence]));
    let day_off = |field: &str, value: Value| {
        let mut day = json!({"from": "2026-12-24", "name": "Inventur", "kind": "company_holiday"});
        day[field] = value;
        json!([day])
    };
    let time = "must be a time with a UTC offset such as 2026-12-24T12:30:00+01:00";
    let whole = "must be a whole number from 0 to 86400";
    for (body, field, detail) in [
        (absent(json!({"until": "2026-12-02T00:00:00Z"})), "members[0].absences[0].from", "is required".to_owned()),
        (absent(json!({"from": 7, "until": "2026-12-02T00:00:00Z"})), "members[0].absences[0].from", time.to_owned()),
        (
            absent(json!({"from": "tomorrow", "until": "2026-12-02T00:00:00Z"})),
            "members[0].absences[0].from",
            format!("{time}, or a date such as 2026-12-24"),
        ),
        (with(&read, "/members", json!({"user": "anna.vogt"})), "members", "must be a list".to_owned()),
        (with(&read, "/escalation", json!("never")), "escalation", "must be an object".to_owned()),
        (with(&read, "/escalation/level_1", json!(-1)), "escalation.level_1", whole.to_owned()),
        (with(&read, "/escalation/level_1", json!("1, expected an hour")), "escalation.level_1", whole.to_owned()),
        (with(&read, "/members/0/assignable", json!("yes")), "members[0].assignable", "must be true or false".to_owned()),
        (with(&read, "/name", json!(["Nordstern"])), "name", "must be text".to_owned()),
        (with(&read, "/calendar/zone", json!("Europe/Atlantis")), "calendar.zone", "must be a time zone such as Europe/Berlin".to_owned()),
        (with(&read, "/calendar/hours/mon", json!([["08:00"]])), "calendar.hours.mon[0]", "must be a list of 2 entries".to_owned()),
        (
            with(&read, "/calendar/hours/mon", json!([["08:00", "12:00", "13:00"]])),
            "calendar.hours.mon[0]",
            "must be a list of 2 entries".to_owned(),
        ),
        (with(&read, "/calendar/days_off", day_off("kind", json!({}))), "calendar.days_off[0].kind", "must be text".to_owned()),
        (
            with(&read, "/calendar/days_off", day_off("kind", json!({"public_holiday": null}))),
            "calendar.days_off[0].kind",
            "must be text".to_owned(),
        ),
        (with(&read, "/calendar", json!("always")), "calendar", "must be an object".to_owned()),
    ] {
        let reply = put(&world, ADMIN, 1, &body).await;
        let found = (reply.text("/errors/0/field").to_owned(), reply.text("/errors/0/detail").to_owned());
        assert_eq!((reply.status, found), (422, (field.to_owned(), detail)), "{}", reply.body);
    }
    let unknown = put(&world, ADMIN, 1, &with(&read, "/nmae", json!("x"))).await;
    assert_eq!(unknown.faults(), ["nmae API-1"]);
    assert!(unknown.text("/errors/0/detail").starts_with("is unknown; known fields are "), "{}", unknown.body);
}

#[tokio::test]
async fn acc_1_only_admins_change_settings_and_only_at_their_own_dealers() {
    let world = World::new().await;
    let read = settings(&world).await;
    let changed = with(&read, "/name", json!("x"));
    for (who, see, change) in
        [("anna.vogt", 403, 403), ("partner:portal-demo", 403, 403), ("hugo.office", 200, 403), ("rival.seller", 200, 412), ("", 401, 401)]
    {
        assert_eq!(world.get(who, &path()).await.status, see, "{who}");
        assert_eq!(put(&world, who, 7, &changed).await.status, change, "{who}");
    }
    // The rival group has a dealer with the same name, and its users see the settings of their own dealer.
    assert_eq!(world.get("rival.seller", &path()).await.text("/settings/name"), "Rival");
    let elsewhere = "/dealers/harbour-cars-demo/settings";
    assert_eq!(world.get(ADMIN, elsewhere).await.status, 404);
    assert_eq!(world.get("gina.group", elsewhere).await.status, 200);
    assert_eq!(world.get("gina.group", "/dealers/nowhere/settings/history").await.status, 404);
    assert_eq!(settings(&world).await, read);
}

#[tokio::test]
async fn set_8_risky_settings_are_reported_and_not_refused() {
    let world = World::new().await;
    let read = settings(&world).await;
    let findings = async || -> Vec<String> {
        let found = world.get(ADMIN, &format!("{}/findings", path())).await;
        found.body["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| format!("{} {}", f["kind"].as_str().unwrap(), f["field"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(findings().await, Vec::<String>::new());
    let mut alone = with(&read, "/escalation/level_1", json!(3_000));
    alone.as_object_mut().unwrap().remove("fallback_user");
    for member in alone["members"].as_array_mut().unwrap().iter_mut().skip(1) {
        member["receives_leads"] = json!(false);
    }
    alone["members"][0].as_object_mut().unwrap().remove("supervisor");
    alone["distribution_groups"] = json!(["opel"]);
    assert_eq!(put(&world, "gina.group", 1, &alone).await.status, 200);
    let wanted = [
        "level_1_too_long escalation.level_1",
        "no_supervisor members[0].supervisor",
        "nobody_above members[8].supervisor",
        "solo_distribution members",
        "empty_group distribution_groups[0]",
        "no_fallback fallback_user",
    ];
    assert_eq!(findings().await, wanted);
    let away = with(&alone, "/members/0/absences", json!([{"from": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}]));
    assert_eq!(put(&world, ADMIN, 2, &away).await.status, 200);
    assert!(findings().await.contains(&"nobody_eligible members".to_owned()));
}

async fn dry_run(world: &World, who: &str, body: &Value) -> Reply {
    world.post(who, &format!("/dealers/{NORDSTERN}/dry-run"), body).await
}

/// API-1: a dry run shows the fields of the enquiry that are unknown. Its own unknown fields are refused.
#[tokio::test]
async fn api_1_a_dry_run_flags_unknown_fields_of_the_enquiry() {
    let world = World::new().await;
    let lead = json!({"contact": {"email": "jana@example.com"}, "vehicel": {"make": "Opel"}});
    let reply = dry_run(&world, ADMIN, &json!({"lead": lead})).await;
    assert_eq!((reply.status, reply.text("/flags/0/field")), (200, "vehicel"), "{}", reply.body);
    assert_eq!(dry_run(&world, ADMIN, &json!({"lead": lead, "at": "2026-11-24"})).await.faults(), ["at API-1"]);
}

/// SET-9: a dry run returns the owner, the rule, and the deadlines with the counted hours. It changes nothing.
#[tokio::test]
async fn set_9_a_dry_run_returns_the_owner_the_rule_and_the_deadlines() {
    let world = World::new().await;
    let dry_run_body = json!({"received_at": "2026-11-28T12:30:00+01:00", "lead": enquiry("jana")});
    for _ in 0..2 {
        let result = dry_run(&world, ADMIN, &dry_run_body).await;
        let wanted = json!({
            "dealer": NORDSTERN, "becomes": "lead", "owner": "anna.vogt", "rule": "DIS-1", "group": null, "passed_over": [],
            "deadlines": {
                "reminder": {"due": "2026-11-30T08:00:00Z", "happens_at": "2026-11-30T08:00:00Z"},
                "level_1": {"due": "2026-11-30T08:30:00Z", "happens_at": "2026-11-30T08:30:00Z"},
                "level_2": {"due": "2026-12-01T08:30:00Z", "happens_at": "2026-12-01T08:30:00Z"},
                "counted": [
                    {"from": "2026-11-28T11:30:00Z", "until": "2026-11-28T12:00:00Z"},
                    {"from": "2026-11-30T07:00:00Z", "until": "2026-11-30T08:30:00Z"},
                ],
            },
        });
        assert_eq!((result.status, &result.body), (200, &wanted));
    }
    assert_eq!(world.list(ADMIN, NORDSTERN).await, Vec::<Value>::new());
    // A real lead gets the owner of the dry run.
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(world.page(id).await.lead.owner.unwrap().as_str(), "anna.vogt");
    let again = dry_run(&world, ADMIN, &json!({"lead": enquiry("jana")})).await;
    assert_eq!((again.text("/becomes"), again.text("/lead"), again.text("/owner")), ("added", id.spoken().as_str(), "anna.vogt"));
    assert_eq!(dry_run(&world, ADMIN, &json!({"lead": enquiry("other")})).await.text("/owner"), "ben.krause");
}

#[tokio::test]
async fn set_9_a_dry_run_returns_the_skipped_users_and_the_invalid_fields() {
    let world = World::new().await;
    let away = json!([{"from": "2026-12-01T00:00:00Z", "until": "2026-12-08T00:00:00Z"}]);
    world.settings(|s| s.members[0].absences = serde_json::from_value(away).unwrap()).await;
    let result = dry_run(&world, ADMIN, &json!({"received_at": "2026-12-02T09:00:00Z", "lead": enquiry("jana")})).await;
    assert_eq!((result.text("/owner"), &result.body["passed_over"]), ("ben.krause", &json!([{"user": "anna.vogt", "reason": "absent"}])));
    let wrong = dry_run(&world, ADMIN, &json!({"lead": {"type": "spaceship", "contact": {}}})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["lead.type INT-4".to_owned(), "lead.contact INT-3".to_owned()]));
    let wrong = dry_run(&world, ADMIN, &json!({"received_at": "tomorrow"})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["received_at SET-9".to_owned(), "lead SET-9".to_owned()]));
    assert_eq!(dry_run(&world, "anna.vogt", &json!({"lead": enquiry("jana")})).await.status, 403);
}

/// SET-9, ACC-1: a dry run shows an existing contact's lead only to users who may see leads. If the enquiry is added to a lead, the
/// counted hours are those of its running deadline.
#[tokio::test]
async fn set_9_a_dry_run_shows_existing_leads_only_to_users_who_may_see_them() {
    let world = World::new().await;
    world.lead(&enquiry("jana")).await;
    let dry_run_body = json!({"received_at": "2026-12-24T17:30:00Z", "lead": enquiry("jana")});
    let result = dry_run(&world, ADMIN, &dry_run_body).await;
    assert_eq!((result.text("/becomes"), result.text("/deadlines/level_1/due")), ("added", "2026-11-23T11:00:00Z"));
    assert_eq!(result.body["deadlines"]["counted"], json!([{"from": "2026-11-23T09:00:00Z", "until": "2026-11-23T11:00:00Z"}]));
    let result = dry_run(&world, "otto.operator", &dry_run_body).await;
    assert_eq!((result.status, result.text("/becomes"), result.body.get("lead")), (200, "lead", None), "{}", result.body);
    // A seller who may read settings sees neither the lead of a colleague nor, when it is closed, that its owner gets the next one.
    world.lead(&enquiry("karl")).await;
    let ben = json!({"name": "Ben Krause", "email": "ben@example.com", "language": "de", "role": "seller", "rights": ["read_settings"],
        "dealers": [NORDSTERN]});
    let headers = [("content-type", "application/json"), ("if-match", "\"1\"")];
    assert_eq!(
        world.call(Request::put("gina.group", "/users/ben.krause").headers(&headers).body(ben.to_string().as_bytes())).await.status,
        200
    );
    let of_colleague = dry_run(&world, "ben.krause", &dry_run_body).await;
    assert_eq!((of_colleague.text("/becomes"), of_colleague.text("/owner")), ("lead", "clara.henning"), "{}", of_colleague.body);
    let own = dry_run(&world, "ben.krause", &json!({"lead": enquiry("karl")})).await;
    assert_eq!((own.text("/becomes"), own.text("/owner")), ("added", "ben.krause"));
    // For a dealer out of scope, the dry run returns only that the lead would go there.
    world.settings(|s| s.rules_of_vehicle_location = true).await;
    let nordstern = crate::support::world::dealer(NORDSTERN);
    world.settings_of("harbour-cars-demo", |s| s.accepts_enquiries_from = [nordstern].into()).await;
    let mut elsewhere = enquiry("jana");
    elsewhere["vehicle"] = json!({"make": "MG", "site": "harbour-cars-demo"});
    let result = dry_run(&world, ADMIN, &json!({"lead": elsewhere})).await;
    assert_eq!(
        (result.text("/dealer"), &result.body["owner"], &result.body["deadlines"]),
        ("harbour-cars-demo", &Value::Null, &Value::Null)
    );
    let wrong = dry_run(&world, ADMIN, &json!({"recieved_at": "2026-12-24T17:30:00Z", "lead": enquiry("x")})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["recieved_at API-1".to_owned()]));
}

/// SET-9: real leads get the results of the dry run, also with an absence, a turn that was given back, and a pool.
#[tokio::test]
async fn set_9_real_leads_get_the_results_of_the_dry_run() {
    let world = World::new().await;
    let away = json!([{"from": "2026-11-23T00:00:00Z", "until": "2026-11-24T00:00:00Z"}]);
    world
        .settings(|s| {
            s.members[1].absences = serde_json::from_value(away).unwrap();
            s.spam_gives_turn_back = true;
        })
        .await;
    let mut seen = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let result = dry_run(&world, ADMIN, &json!({"lead": enquiry(name)})).await;
        let id = world.lead(&enquiry(name)).await;
        let page = world.page(id).await;
        let why = json!(page.timeline[0].events.last().unwrap())["why"].clone();
        assert_eq!((result.text("/owner"), &result.body["rule"]), (page.lead.owner.as_ref().unwrap().as_str(), &why["rule"]));
        let passed = why.get("passed_over").cloned().unwrap_or(json!([]));
        assert_eq!((&result.body["passed_over"], result.text("/deadlines/level_1/due")), (&passed, "2026-11-23T11:00:00Z"));
        seen.push(result.text("/rule").to_owned());
        if name == "b" {
            world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "spam"})).await;
        }
    }
    assert_eq!(seen, ["DIS-1", "DIS-1", "DIS-10", "DIS-1"]);
    world
        .settings(|s| {
            s.members.iter_mut().for_each(|m| m.receives_leads = false);
            s.pool = Some(serde_json::from_value(json!({"user": "anna.vogt"})).unwrap());
        })
        .await;
    let result = dry_run(&world, ADMIN, &json!({"lead": enquiry("e")})).await;
    assert_eq!((result.text("/owner"), result.text("/rule")), ("anna.vogt", "DIS-8"));
    assert_eq!(world.page(world.lead(&enquiry("e")).await).await.lead.owner.unwrap().as_str(), "anna.vogt");
}
