//! Rights over the group: limits, records and mails (ACC-1).

use super::users::ida;
use crate::support::world::{ADMIN, CONSOLE_URL, NORDSTERN, Request, World};
use serde_json::{Value, json};

/// ACC-1: nobody changes their own role or grants rights to themselves, not even the operator.
#[tokio::test]
async fn acc_1_nobody_changes_their_own_role_or_adds_to_their_own_rights() {
    let world = World::new().await;
    for (who, role, other) in [("otto.operator", "operator", "group_admin"), ("gina.group", "group_admin", "head_office")] {
        let own = world.get(who, &format!("/users/{who}")).await;
        let mut user =
            json!({"name": "New Name", "email": own.body["email"], "language": "en", "role": other, "dealers": own.body["dealers"]});
        let refused = world.call(Request::put(who, &format!("/users/{who}")).json(&user).version(1)).await;
        assert_eq!((refused.status, refused.faults()), (422, vec!["role ACC-1".to_owned()]), "{who}: {}", refused.body);
        user["role"] = json!(role);
        user["rights"] = json!(["read_leads"]);
        let refused = world.call(Request::put(who, &format!("/users/{who}")).json(&user).version(1)).await;
        assert_eq!((refused.status, refused.faults()), (422, vec!["rights ACC-1".to_owned()]), "{who}: {}", refused.body);
        user["rights"] = json!([]);
        assert_eq!(
            world.call(Request::put(who, &format!("/users/{who}")).json(&user).version(1)).await.status,
            200,
            "the rest is one's own"
        );
    }
}

/// ACC-1: making a head office, a group admin or a partner's secret, and granting rights over leads, is recorded and mailed to each admin
/// of the group. Other changes are not.
#[tokio::test]
async fn acc_1_rights_over_the_group_are_recorded_and_mailed_to_its_admins() {
    let world = World::delivering_twice().await;
    let with = |role: &str, rights: Value| {
        let mut user = ida();
        user["role"] = json!(role);
        user["rights"] = rights;
        user
    };
    let changes = [
        ("seller", json!([])),
        ("dealer_admin", json!([])),
        ("head_office", json!([])),
        ("head_office", json!(["manage_webhooks"])),
        ("head_office", json!([])),
        ("contact_centre", json!([])),
        ("seller", json!(["read_settings"])),
        ("operator", json!(["read_leads"])),
        // The overview has the names of all customers with an appointment.
        ("operator", json!(["read_overview"])),
        ("group_admin", json!([])),
    ];
    for (version, (role, rights)) in changes.into_iter().enumerate() {
        let mut request = Request::put("otto.operator", "/users/ida.falk").json(&with(role, rights));
        if version > 0 {
            request = request.version(version as u64);
        }
        let saved = world.call(request).await;
        assert!([200, 201].contains(&saved.status), "{role}: {}", saved.body);
        world.system.settle().await;
        world.system.clock.freeze_at(world.system.clock.now() + chrono::TimeDelta::seconds(1));
    }
    assert_eq!(world.post("otto.operator", "/partners/portal-demo/signing-secret", &json!({})).await.status, 201);
    world.system.settle().await;
    let log = world.get("gina.group", "/access-log").await;
    let records: Vec<String> = log.body["records"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|record| {
            assert_eq!(record["by"], "user:otto.operator");
            let of = |field: &str| record.get(field).map(|value| format!(" {field} {value}")).unwrap_or_default();
            format!("{}{}{}{}{}", record["what"].as_str().unwrap(), of("role"), of("rights"), of("dealers"), of("notified"))
        })
        .collect();
    assert_eq!(
        records,
        [
            // The operator may not read leads, so that access to a dealer's leads is recorded too.
            r#"granted role "seller" dealers ["autohaus-nordstern-demo"]"#,
            // A dealer admin sees the leads of all sellers.
            r#"granted role "dealer_admin" dealers ["autohaus-nordstern-demo"]"#,
            r#"granted role "head_office" notified ["gina.group"]"#,
            r#"granted role "head_office" rights ["manage_webhooks"] notified ["gina.group"]"#,
            r#"granted role "contact_centre" notified ["gina.group"]"#,
            r#"granted role "seller" dealers ["autohaus-nordstern-demo"]"#,
            r#"granted role "operator" rights ["read_leads"] notified ["gina.group"]"#,
            r#"granted role "operator" rights ["read_overview"] notified ["gina.group"]"#,
            r#"granted role "group_admin" notified ["gina.group","ida.falk"]"#,
            r#"partner_secret notified ["gina.group","ida.falk"]"#,
        ]
    );
    let mails: Vec<_> = world.system.mailbox.mails().into_iter().filter(|mail| mail.from_name == "Forecourt").collect();
    let to_gina: Vec<&str> = mails.iter().filter(|mail| mail.to.starts_with("gina.group")).map(|mail| mail.subject.as_str()).collect();
    assert_eq!(to_gina, ["New rights for Ida Falk"; 6].into_iter().chain(["New secret for portal-demo"]).collect::<Vec<_>>());
    assert_eq!(mails.len(), 9, "each admin once, although every wake-up comes twice");
    assert!(mails.iter().all(|mail| mail.text.ends_with(&format!("{CONSOLE_URL}/desk/group/access-log"))), "{:?}", mails[0]);
    assert!(mails[1].text.contains("manage_webhooks") && mails[1].text.contains("Otto Operator"), "{}", mails[1].text);
}

/// ACC-1: notices show leads, so that the operator changes nobody's address unseen. Users who may read leads, and the user's own changes,
/// are not recorded.
#[tokio::test]
async fn acc_1_another_address_for_notices_by_an_actor_who_may_not_read_leads_is_recorded() {
    let world = World::new().await;
    for (version, who, user) in [
        (1, "otto.operator", "anna.vogt"),
        (2, "gina.group", "anna.vogt"),
        (1, "otto.operator", "gina.group"),
        (1, "otto.operator", "otto.operator"),
    ] {
        let before = world.get(who, &format!("/users/{user}")).await.body;
        let mut after = json!({"email": format!("{who}@elsewhere.example")});
        for field in ["name", "language", "role", "rights", "dealers"] {
            after[field] = before[field].clone();
        }
        let saved = world.call(Request::put(who, &format!("/users/{user}")).json(&after).version(version)).await;
        assert_eq!(saved.status, 200, "{}", saved.body);
        world.system.clock.freeze_at(world.system.clock.now() + chrono::TimeDelta::seconds(1));
    }
    let log = world.get("gina.group", "/access-log").await;
    let records: Vec<_> = log.body["records"].as_array().unwrap().iter().map(|record| (&record["user"], &record["dealers"])).collect();
    assert_eq!(records, [(&json!("gina.group"), &Value::Null), (&json!("anna.vogt"), &json!([NORDSTERN]))], "{}", log.body);
}

/// ACC-1: an address in capital letters is the same mailbox, so that nothing is recorded.
#[tokio::test]
async fn acc_1_another_spelling_of_the_same_mailbox_is_no_other_address() {
    let world = World::new().await;
    for user in ["hugo.office", "gina.group"] {
        let path = format!("/users/{user}");
        let mut after = world.get("otto.operator", &path).await.body;
        after["email"] = json!(after["email"].as_str().unwrap().to_uppercase());
        let saved = world.call(Request::put("otto.operator", &path).json(&after).version(1)).await;
        assert_eq!((saved.status, &saved.body["version"]), (200, &json!(2)), "{}", saved.body);
    }
    let log = world.get("gina.group", "/access-log").await;
    assert_eq!(log.body["records"], json!([]), "{}", log.body);
}

/// ACC-1: the operator cannot keep a notice from a group admin by another e-mail address or role: the former address gets a mail of that.
#[tokio::test]
async fn acc_1_a_changed_group_admin_is_notified_at_the_former_address() {
    let world = World::new().await;
    let before = world.get("gina.group", "/users/gina.group").await.body;
    let gina = |field: &str, value: &str| {
        let mut user = json!({"name": before["name"], "email": before["email"], "language": "en", "role": "group_admin", "dealers": []});
        user[field] = json!(value);
        user
    };
    let to = |address: &str| {
        let mails = world.system.mailbox.mails().into_iter().filter(|mail| mail.to == address && mail.from_name == "Forecourt");
        mails.map(|mail| mail.subject).collect::<Vec<_>>()
    };
    let own = before["email"].as_str().unwrap();
    let changes = [("email", "otto@example.net"), ("email", own), ("role", "seller"), ("role", "group_admin")];
    for (version, (field, value)) in (1..).zip(changes) {
        let request = Request::put("otto.operator", "/users/gina.group").json(&gina(field, value));
        let saved = world.call(request.version(version)).await;
        assert_eq!(saved.status, 200, "{field}: {}", saved.body);
        world.system.settle().await;
        world.system.clock.freeze_at(world.system.clock.now() + chrono::TimeDelta::seconds(1));
    }
    let changed = "Change of the group admin Gina Group";
    assert_eq!(to(own), [changed, changed, "New rights for Gina Group"]);
    assert_eq!(to("otto@example.net"), [changed], "the way back is one more change of the address");
    let log = world.get("gina.group", "/access-log").await;
    let records: Vec<&str> = log.body["records"].as_array().unwrap().iter().map(|record| record["what"].as_str().unwrap()).collect();
    assert_eq!(records, ["granted", "admin_changed", "admin_changed", "admin_changed"]);
    assert_eq!((&log.body["records"][1]["user"], &log.body["records"][1]["notified"]), (&json!("gina.group"), &json!(["gina.group"])));
}

/// ACC-1: a group admin who is removed gets a mail of that.
#[tokio::test]
async fn acc_1_a_removed_group_admin_is_notified() {
    let world = World::new().await;
    let removed = world.call(Request::delete("otto.operator", "/users/gina.group").json(&json!({})).version(1)).await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    world.system.settle().await;
    let mails: Vec<_> = world.system.mailbox.mails().into_iter().filter(|mail| mail.to.starts_with("gina.group")).collect();
    assert_eq!(mails.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), ["Change of the group admin Gina Group"]);
    assert!(mails[0].text.contains("Otto Operator"), "{}", mails[0].text);
}

/// ACC-1: a dealer admin pages through own users only. Neither a page's length nor its cursor shows that there are others.
#[tokio::test]
async fn acc_1_the_pages_of_users_show_nothing_of_others() {
    let world = World::new().await;
    let group = forecourt_domain::base::GroupId::parse("demo-group").unwrap();
    for i in 0..130 {
        let dealer = if i % 2 == 0 { NORDSTERN } else { "harbour-cars-demo" };
        let user = json!({"id": format!("user-{i:03}"), "name": "U", "email": format!("u{i}@example.com"), "language": "de", "role": "seller",
            "dealers": [dealer], "notices": true});
        world.store.put_user(&group, &serde_json::from_value(user).unwrap()).await.unwrap();
    }
    let (mut seen, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = world.get(ADMIN, &format!("/users{after}")).await;
        let users = page.body["users"].as_array().unwrap().clone();
        seen.extend(users.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        pages += 1;
        match page.body["after"].as_str() {
            Some(next) => {
                assert_eq!((users.len(), Some(next)), (50, seen.last().map(String::as_str)), "a full page, and a cursor that it shows");
                after = format!("?after={next}");
            }
            None => break,
        }
    }
    assert!(seen.is_sorted() && seen.iter().filter(|id| id.starts_with("user-")).count() == 65 && pages == 2, "{pages} {seen:?}");
}

/// LEAD-9: a user who has left is as unknown to managers without access as any other user.
#[tokio::test]
async fn lead_9_a_former_user_of_another_dealer_is_not_found() {
    let world = World::new().await;
    let mut there = ida();
    there["dealers"] = json!(["harbour-cars-demo"]);
    world.call(Request::put("gina.group", "/users/ida.falk").json(&there)).await;
    let manager = json!({"name": "Ben", "email": "ben@example.com", "language": "de", "role": "seller", "rights": ["manage_users"], "dealers": [NORDSTERN]});
    assert_eq!(world.call(Request::put("gina.group", "/users/ben.krause").json(&manager).version(1)).await.status, 200);
    for _ in 0..2 {
        assert_eq!(world.call(Request::delete("ben.krause", "/users/ida.falk").json(&json!({})).version(1)).await.status, 404);
        assert_eq!(world.call(Request::delete("gina.group", "/users/ida.falk").json(&json!({})).version(1)).await.status, 200);
    }
    let mut own =
        json!({"name": "New", "email": "new@example.com", "language": "de", "role": "seller", "dealers": ["lakeside-motors-demo"]});
    let known = world.call(Request::put("ben.krause", "/users/new.user").json(&own)).await;
    own["dealers"] = json!(["no-such-dealer"]);
    let unknown = world.call(Request::put("ben.krause", "/users/new.user").json(&own)).await;
    assert_eq!((known.status, known.text("/errors/0/rule")), (422, "ACC-1"));
    assert_eq!(
        known.body["errors"].to_string().replace("lakeside-motors-demo", "X"),
        unknown.body["errors"].to_string().replace("no-such-dealer", "X")
    );
    assert_eq!(world.get("ben.krause", "/access-log").await.status, 404);
    // A group admin may read leads: only the right to manage users is recorded, and no access to a dealer.
    let log = world.get("gina.group", "/access-log").await;
    assert_eq!(
        (log.body["records"].as_array().unwrap().len(), &log.body["records"][0]["rights"]),
        (1, &json!(["manage_users"])),
        "{}",
        log.body
    );
}
