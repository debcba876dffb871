//! The parts of a dealer's settings, each with its own routes (SET-1 to SET-6, SET-10).

use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, Request, World, enquiry};
use serde_json::{Value, json};

#[tokio::test]
async fn set_10_every_part_of_the_settings_is_read_and_replaced_separately() {
    let world = World::new().await;
    let parts = [
        "opening-hours",
        "holidays",
        "escalation",
        "mailbox",
        "configuration",
        "pool",
        "distribution-groups",
        "routing-rules",
        "deadline-rules",
        "absences",
        "limits",
        "follow-up-settings",
    ];
    for part in parts {
        let read = world.get(ADMIN, &of_dealer(part)).await;
        assert_eq!((read.status, &read.headers["etag"]), (200, &"\"1\"".parse().unwrap()), "{part}");
        // Writing back the content that was read is accepted and changes nothing.
        let same = world.call(Request::put(ADMIN, &of_dealer(part)).json(&read.body["settings"]).version(1)).await;
        assert_eq!((same.status, &same.body["version"]), (200, &json!(1)), "{part}: {}", same.body);
        assert_eq!(world.call(Request::put(ADMIN, &of_dealer(part)).json(&read.body["settings"])).await.status, 428);
        let unknown = world.call(Request::put(ADMIN, &of_dealer(part)).json(&json!({"colour": "red"})).version(1)).await;
        assert_eq!(unknown.faults(), ["colour API-1"], "{part}");
        assert_eq!(world.get("anna.vogt", &of_dealer(part)).await.status, 403);
    }
    for (part, body, fault) in [
        ("opening-hours", json!({"zone": "Europe/Berlin", "hours": {"mon": [["18:00", "08:00"]]}}), "hours.mon[0] SET-1"),
        ("opening-hours", json!({"zone": null}), "zone SET-1"),
        (
            "holidays",
            json!({"days_off": [{"from": "2026-12-27", "to": "2026-12-25", "name": "x", "kind": "public_holiday"}]}),
            "days_off[0] SET-2",
        ),
        ("escalation", json!({"level_1": 100_000}), "level_1 SET-3"),
        ("mailbox", json!({"lead_address": "a@example.com", "forward_to": "A@example.com"}), "forward_to SET-4"),
        ("configuration", json!({"admin_user": "nobody"}), "admin_user SET-5"),
        ("configuration", json!({"admin_user": null}), "admin_user SET-10"),
        ("pool", json!({"pool": {"user": "helga.stern"}}), "pool DIS-9"),
        ("routing-rules", json!({"routing_rules": [{"group": "opel"}]}), "routing_rules[0].group DIS-3"),
    ] {
        let reply = world.call(Request::put(ADMIN, &of_dealer(part)).json(&body).version(1)).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![fault.to_owned()]), "{part} {body}: {}", reply.body);
    }
}

/// SET-10, API-1: the errors of a part are returned at once: an unknown field does not hide an invalid value.
#[tokio::test]
async fn set_10_an_unknown_field_of_a_part_hides_no_other_error() {
    let world = World::new().await;
    for (part, body, faults) in [
        ("escalation", json!({"level_1": 100_000, "levle_2": 5}), ["levle_2 API-1", "level_1 SET-3"]),
        ("configuration", json!({"admin_user": "nobody", "colour": "red"}), ["colour API-1", "admin_user SET-5"]),
    ] {
        let reply = world.call(Request::put(ADMIN, &of_dealer(part)).json(&body).version(1)).await;
        assert_eq!((reply.status, reply.faults()), (422, faults.map(str::to_owned).to_vec()), "{part}: {}", reply.body);
    }
}

/// SET-3: the durations that are left out keep their values, none is longer than 60 days, level 1 needs opening hours, and without level 1
/// a lead has no deadline and no step.
#[tokio::test]
async fn set_3_durations_have_limits_and_0_or_null_turns_a_step_off() {
    let world = World::new().await;
    let path = of_dealer("escalation");
    let put = async |version, body| world.call(Request::put(ADMIN, &path).json(&body).version(version)).await;
    assert_eq!(put(1, json!({"level_1": 45, "reminder": 0})).await.body["version"], 2);
    let read = world.get(ADMIN, &path).await.body["settings"].clone();
    assert_eq!(read, json!({"level_1": 45, "reminder": 0, "level_2": 1440, "level_2_resubmission": 1440}));
    assert_eq!(put(2, json!({"level_1": null, "level_2": 60})).await.body["version"], 3);
    let read = world.get(ADMIN, &path).await.body["settings"].clone();
    assert_eq!(read, json!({"level_1": 0, "reminder": 0, "level_2": 60, "level_2_resubmission": 1440}));

    let names = ["level_1", "reminder", "level_2", "level_2_resubmission"];
    for name in names {
        let reply = put(3, json!({name: 86_401})).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![format!("{name} SET-3")]), "{}", reply.body);
    }
    let longest = json!({"level_1": 86_400, "reminder": 86_400, "level_2": 86_400, "level_2_resubmission": 86_400});
    assert_eq!(put(3, longest).await.body["version"], 4);
    let too_long = put(4, json!({"level_1": 86_401, "reminder": 86_401, "level_2": 86_401, "level_2_resubmission": 86_401})).await;
    assert_eq!(too_long.faults(), names.map(|name| format!("{name} SET-3")));

    let on = json!({"level_1": 120, "reminder": 30, "level_2": 1440, "level_2_resubmission": 1440});
    assert_eq!(put(4, on).await.body["version"], 5);

    // Level 1 needs opening hours. Without level 1 none are needed.
    let hours = json!({"zone": "Europe/Berlin", "hours": {}});
    let put_hours = async |version| world.call(Request::put(ADMIN, &of_dealer("opening-hours")).json(&hours).version(version)).await;
    let refused = put_hours(5).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.faults().iter().any(|fault| fault.ends_with("escalation.level_1 SET-3")), "{}", refused.body);
    let with_deadline = world.lead(&enquiry("Before")).await;
    assert!(world.page(with_deadline).await.lead.deadline().is_some());
    assert_eq!(put(5, json!({"level_1": 0})).await.body["version"], 6);
    let accepted = put_hours(6).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    let without = world.page(world.lead(&enquiry("After")).await).await.lead;
    assert_eq!((without.deadline(), without.plan), (None, None));
}

/// SET-10: a field that a part leaves out keeps its value, `null` is its default, and the whole answer of `GET` can be sent back.
#[tokio::test]
async fn set_10_a_part_keeps_fields_that_are_left_out_and_takes_what_get_returns() {
    let world = World::new().await;
    let put = async |part: &str, version, body: &Value| world.call(Request::put(ADMIN, &of_dealer(part)).json(body).version(version)).await;
    let set = put("configuration", 1, &json!({"from_name": "Nordstern Verkauf", "spam_gives_turn_back": true})).await;
    assert_eq!((set.status, set.text("/settings/from_name")), (200, "Nordstern Verkauf"), "{}", set.body);
    let kept = put("configuration", 2, &json!({"from_name": null})).await;
    assert_eq!((&kept.body["settings"]["from_name"], &kept.body["settings"]["spam_gives_turn_back"]), (&Value::Null, &json!(true)));
    assert_eq!(kept.body["settings"]["admin_user"], set.body["settings"]["admin_user"]);
    assert_eq!(put("absences", 3, &json!({})).await.body["version"], 3);
    let parts = [
        "opening-hours",
        "holidays",
        "escalation",
        "mailbox",
        "configuration",
        "appointment-settings",
        "pool",
        "limits",
        "follow-up-settings",
    ];
    for part in
        parts.into_iter().chain(["distribution-groups", "routing-rules", "deadline-rules", "absences", "settings", "users/anna.vogt"])
    {
        let read = world.get(ADMIN, &of_dealer(part)).await.body;
        let same = put(part, 3, &read).await;
        assert_eq!((same.status, &same.headers["etag"]), (200, &"\"3\"".parse().unwrap()), "{part}: {}", same.body);
    }
    // The capacity shows the values in force, defaults included; sent back, they are the dealer's own.
    let read = world.get(ADMIN, &of_dealer("capacity")).await.body;
    let same = put("capacity", 3, &read).await;
    assert_eq!((same.status, &same.body["settings"]), (200, &read["settings"]));
    let user = world.get("gina.group", "/users/anna.vogt").await.body;
    let same = world.call(Request::put("gina.group", "/users/anna.vogt").json(&user).version(1)).await;
    assert_eq!((same.status, &same.body), (200, &user), "{}", same.body);
}

/// API-2: an absence from date to date lasts until the end of the last day in the dealer's time zone.
#[tokio::test]
async fn api_2_an_absence_takes_dates_and_instants() {
    let world = World::new().await;
    let away = json!({"absences": [{"from": "2026-12-01", "until": "2026-12-04"}]});
    let set = world.call(Request::put(ADMIN, &of_dealer("users/anna.vogt/absences")).json(&away).version(1)).await;
    let instants = json!([{"from": "2026-11-30T23:00:00Z", "until": "2026-12-04T23:00:00Z"}]);
    assert_eq!((set.status, &set.body["absences"]), (200, &instants), "{}", set.body);
}

/// API-2: a day off has the names of other ranges. The former name of its last day is still taken.
#[tokio::test]
async fn api_2_a_day_off_lasts_until_its_last_day() {
    let world = World::new().await;
    let put = async |version: u64, part: Value| world.call(Request::put(ADMIN, &of_dealer("holidays")).json(&part).version(version)).await;
    let days = |fields: &[(&str, &str)]| {
        let mut day = json!({"from": "2026-12-28", "name": "Betriebsferien", "kind": "company_holiday"});
        fields.iter().for_each(|(name, value)| day[*name] = json!(value));
        json!({"days_off": [day]})
    };
    let shown = days(&[("until", "2026-12-30")])["days_off"].clone();
    let set = put(1, days(&[("to", "2026-12-30")])).await;
    assert_eq!((set.status, &set.body["settings"]["days_off"]), (200, &shown), "{}", set.body);
    let same = put(2, days(&[("until", "2026-12-30")])).await;
    assert_eq!((same.status, &same.body["version"]), (200, &json!(2)), "{}", same.body);
    assert_eq!(world.get(ADMIN, &of_dealer("settings")).await.body["settings"]["calendar"]["days_off"], shown);
    let history = world.get(ADMIN, &of_dealer("settings/history")).await.body;
    assert_eq!(history["changes"][0]["fields"][0]["after"]["days_off"], shown, "{history}");
    let date = "must be a date such as 2026-12-24";
    for (part, field, detail) in [
        (days(&[("until", "2026-12-30"), ("to", "2026-12-30")]), "days_off[0].to", "is the former name of until; must be given once"),
        (days(&[("until", "30.12.2026")]), "days_off[0].until", date),
        (days(&[("from", "2026-12-28T00:00:00Z")]), "days_off[0].from", date),
        (json!({"special_hours": {"24.12.2026": []}}), "special_hours.24.12.2026", date),
        (days(&[("last", "2026-12-30")]), "days_off[0].last", "is unknown; known fields are from, until, name, kind"),
    ] {
        let refused = put(2, part).await;
        let fault = (refused.text("/errors/0/field"), refused.text("/errors/0/detail"));
        assert_eq!((refused.status, fault), (422, (field, detail)), "{}", refused.body);
    }
}

/// SET-4, SET-5: only the operator may change the mail server and lead tracking.
#[tokio::test]
async fn set_5_only_the_operator_changes_the_mail_server_and_lead_tracking() {
    let world = World::new().await;
    let read = world.get(ADMIN, &of_dealer("configuration")).await.body["settings"].clone();
    for (field, value) in [("mail_server", json!("mail.example.com")), ("lead_tracking_only", json!(true))] {
        let mut changed = read.clone();
        changed[field] = value;
        for who in [ADMIN, "gina.group"] {
            let reply = world.call(Request::put(who, &of_dealer("configuration")).json(&changed).version(1)).await;
            assert_eq!((reply.status, reply.text("/right")), (403, "operate"), "{who} {field}");
            assert!(reply.faults()[0].starts_with(field), "{}", reply.body);
        }
    }
    let mut changed = read;
    changed["lead_tracking_only"] = json!(true);
    assert_eq!(world.call(Request::put("otto.operator", &of_dealer("configuration")).json(&changed).version(1)).await.status, 200);
}

const CALENDAR: [(&str, &str); 2] = [("content-type", "text/calendar"), ("if-match", "\"1\"")];

#[tokio::test]
async fn set_2_the_import_adds_a_national_calendar_once_and_refuses_an_invalid_one_with_its_line() {
    let world = World::new().await;
    let path = of_dealer("holidays/import?from=2026-12-01&until=2027-12-31&transparent=true");
    let file = include_bytes!("holidays/german-holidays.ics");
    let done = world.call(Request::post(ADMIN, &path).headers(&CALENDAR).body(file)).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let (imported, known) = (done.body["imported"].as_u64().unwrap(), done.body["known"].as_u64().unwrap());
    assert!(imported > 5 && known >= 1, "{}", done.body);
    assert!(done.body["settings"]["days_off"].to_string().contains("2027-10-03"), "{}", done.body);
    // A repeated import, as after a lost response, adds no day twice.
    let again = world.call(Request::post(ADMIN, &path).headers(&CALENDAR).body(file)).await;
    assert_eq!((again.status, &again.body["imported"], &again.body["version"]), (200, &json!(0), &done.body["version"]), "{}", again.body);
    let broken = String::from_utf8_lossy(file).replacen("DTSTART;VALUE=DATE:2026", "DTSTART;VALUE=DATE:2026-99", 1);
    let at = broken.lines().position(|line| line.contains("2026-99")).unwrap() + 1;
    let refused = world.call(Request::post(ADMIN, &path).headers(&CALENDAR).body(broken.as_bytes())).await;
    assert_eq!((refused.status, refused.faults()), (422, vec![format!("line {at} SET-2")]), "{}", refused.body);
    let json = [("content-type", "application/json"), ("if-match", "\"2\"")];
    assert_eq!(world.call(Request::post(ADMIN, &path).headers(&json).body(file)).await.status, 415);
    assert_eq!(world.call(Request::post(ADMIN, &path).headers(&[("content-type", "text/calendar")]).body(file)).await.status, 428);
}

/// SET-4, SET-5: a dealer's admin sets the addresses and the From name, which mail then uses. A forwarding address that would cause a
/// mail loop is refused.
#[tokio::test]
async fn set_4_a_dealer_admin_sets_the_from_name_and_addresses() {
    let world = World::new().await;
    let mailbox = json!({"lead_address": "leads@nordstern.example", "forward_to": "boss@nordstern.example", "expose": "Nordstern kurz", "relay_domains": ["portal.example"],
        "mail_layouts": []});
    let kept = world.call(Request::put(ADMIN, &of_dealer("mailbox")).json(&mailbox).version(1)).await;
    let mut shown = mailbox.clone();
    shown["instant_answer"] = json!({"on": false});
    shown["unparsed_mail_to"] = json!(null);
    assert_eq!((kept.status, &kept.body["settings"]), (200, &shown), "{}", kept.body);
    let mut configuration = world.get(ADMIN, &of_dealer("configuration")).await.body["settings"].clone();
    configuration["from_name"] = json!("Nordstern Verkauf");
    configuration["unparsed_mail_to"] = json!("rest@nordstern.example");
    configuration["send_external_mail"] = json!(false);
    let kept = world.call(Request::put(ADMIN, &of_dealer("configuration")).json(&configuration).version(2)).await;
    assert_eq!((kept.status, &kept.body["settings"]), (200, &configuration), "{}", kept.body);
    for (field, rule) in [("unparsed_mail_to", "INT-7"), ("trade_in_cc_email", "INT-8")] {
        let mut circle = configuration.clone();
        circle[field] = json!("Leads@nordstern.example");
        let refused = world.call(Request::put(ADMIN, &of_dealer("configuration")).json(&circle).version(3)).await;
        assert_eq!(refused.faults(), [format!("{field} {rule}")]);
    }
    world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    assert_eq!(world.system.mailbox.mails()[0].from_name, "Nordstern Verkauf");
}

/// SET-4: what the system sends to the forwarding target, `unparsed_mail_to` and `trade_in_cc_email` cannot come back by the mail domain.
#[tokio::test]
async fn set_4_no_target_of_the_dealers_mail_is_at_the_mail_domain() {
    let world = World::new().await;
    let faults = ["forward_to SET-4", "unparsed_mail_to INT-7", "trade_in_cc_email INT-8"];
    let put = async |part: &str, body: &Value| world.call(Request::put(ADMIN, &of_dealer(part)).json(body).version(1)).await;
    for address in ["other@in.example.com", "Harbour-Cars-Demo.Demo-Group@IN.EXAMPLE.COM"] {
        for (part, fault) in [("mailbox", faults[0]), ("configuration", faults[1]), ("configuration", faults[2])] {
            let (field, _) = fault.split_once(' ').unwrap();
            let refused = put(part, &json!({field: address})).await;
            assert_eq!((refused.status, refused.faults()), (422, vec![fault.to_owned()]), "{field} {address}: {}", refused.body);
        }
        let mut all = world.get(ADMIN, &of_dealer("settings")).await.body["settings"].clone();
        for field in ["forward_to", "unparsed_mail_to", "trade_in_cc_email"] {
            all[field] = json!(address);
        }
        let refused = put("settings", &all).await;
        assert_eq!((refused.status, refused.faults()), (422, faults.map(str::to_owned).to_vec()), "{address}: {}", refused.body);
    }
    let elsewhere = put("mailbox", &json!({"forward_to": "other@example.com"})).await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.body);
}

#[tokio::test]
async fn set_2_an_import_for_an_invalid_period_is_refused() {
    let world = World::new().await;
    let file = include_bytes!("holidays/german-holidays.ics");
    for query in ["from=%2B262142-06-01", "from=-1000-01-01", "from=2026-01-01&to=2025-01-01", "from=2026-01-01&to=2099-01-01", "from=x"] {
        let reply = world.call(Request::post(ADMIN, &of_dealer(&format!("holidays/import?{query}"))).headers(&CALENDAR).body(file)).await;
        assert_eq!(reply.status, 422, "{query}: {}", reply.body);
    }
}
