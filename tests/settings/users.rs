//! Users of a group, and their settings at each dealer (SET-7, DIS-4, ACC-1).

use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use serde_json::{Value, json};

pub fn ida() -> Value {
    json!({"name": "Ida Falk", "email": "ida@example.com", "mobile": "+49 171 2345678", "language": "de", "role": "seller", "dealers": [NORDSTERN]})
}

#[tokio::test]
async fn set_7_a_group_admin_creates_users_and_a_dealer_admin_adds_them_to_the_dealer() {
    let world = World::new().await;
    let created = world.call(Request::put("gina.group", "/users/ida.falk").json(&ida())).await;
    assert_eq!(
        (created.status, created.text("/mobile"), &created.headers["etag"]),
        (201, "+491712345678", &"\"1\"".parse().unwrap()),
        "{}",
        created.body
    );
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&ida())).await.status, 200, "it is so already");
    let mut renamed = ida();
    renamed["name"] = json!("Ida Falk-Sommer");
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&renamed)).await.status, 428);
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&renamed).version(7)).await.status, 412);
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&renamed).version(1)).await.body["version"], 2);

    // Ida becomes a member of the dealer and takes turns from then on.
    let part = json!({"receives_leads": true, "assignable": true, "supervisor": "helga.stern"});
    let joined = world.call(Request::put(ADMIN, &of_dealer("users/ida.falk")).json(&part).version(1)).await;
    assert_eq!((joined.status, &joined.body["gets_leads_now"]), (200, &json!(true)), "{}", joined.body);
    let shown = world.get(ADMIN, &of_dealer("users")).await;
    let all: Vec<&str> = shown.body["users"].as_array().unwrap().iter().map(|user| user["user"].as_str().unwrap()).collect();
    assert_eq!((all.len(), shown.body["users"][9]["name"].as_str()), (10, Some("Ida Falk-Sommer")));
    let listed = world.get("gina.group", "/users/ida.falk").await;
    assert_eq!(listed.body["at"][NORDSTERN]["receives_leads"], json!(true));

    // Ida cannot be deleted while she is a member of a dealer. After the deletion her token is invalid.
    let leaves = world.call(Request::delete("gina.group", "/users/ida.falk").json(&json!({})).version(2)).await;
    assert_eq!(leaves.status, 409, "{}", leaves.body);
    let mut elsewhere = renamed.clone();
    elsewhere["dealers"] = json!([]);
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&elsewhere).version(2)).await.faults(), ["dealers SET-7"]);
    assert_eq!(world.call(Request::delete(ADMIN, &of_dealer("users/ida.falk")).json(&json!({})).version(2)).await.status, 200);
    assert_eq!(world.get("ida.falk", &of_dealer("leads")).await.status, 200);
    assert_eq!(world.call(Request::delete("gina.group", "/users/ida.falk").json(&json!({})).version(2)).await.status, 200);
    assert_eq!(world.get("ida.falk", &of_dealer("leads")).await.status, 401);
    assert!(!world.get("gina.group", "/users").await.body["users"].to_string().contains("ida.falk"));
}

#[tokio::test]
async fn acc_1_rights_are_granted_only_by_users_who_have_them() {
    let world = World::new().await;
    for (who, status) in [(ADMIN, 403), ("anna.vogt", 403), ("hugo.office", 403), ("chris.center", 403), ("otto.operator", 201)] {
        let reply = world.call(Request::put(who, "/users/ida.falk").json(&ida())).await;
        assert_eq!(reply.status, status, "{who}: {}", reply.body);
    }
    let with = |field: &str, value: Value| {
        let mut user = ida();
        user[field] = value;
        user
    };
    for (body, faults) in [
        (with("role", json!("operator")), vec!["role ACC-1"]),
        (with("rights", json!(["operate"])), vec!["rights ACC-1"]),
        (with("rights", json!(["fly"])), vec!["rights SET-7"]),
        (with("email", json!("ida")), vec!["email SET-7"]),
        (with("mobile", json!("0171 2345678")), vec!["mobile SET-7"]),
        (with("dealers", json!(["nowhere"])), vec!["dealers SET-7"]),
        (with("name", json!(" ")), vec!["name SET-7"]),
        (
            json!({"name": " ", "email": "ida@example.com", "language": "de", "role": "king", "dealers": ["nowhere"]}),
            vec!["name SET-7", "role SET-7", "dealers SET-7"],
        ),
        (with("nmae", json!("x")), vec!["nmae API-1"]),
    ] {
        let reply = world.call(Request::put("gina.group", "/users/ida.falk").json(&body).version(1)).await;
        assert_eq!((reply.status, reply.faults()), (422, faults.into_iter().map(str::to_owned).collect()), "{body}: {}", reply.body);
    }
    let mut several = with("rights", json!(["fly", "read_settings"]));
    (several["role"], several["mobile"]) = (json!("pilot"), json!("0171 2345678"));
    let reply = world.call(Request::put("gina.group", "/users/ida.falk").json(&several).version(1)).await;
    assert_eq!((reply.status, reply.faults()), (422, ["mobile", "rights", "role"].map(|field| format!("{field} SET-7")).to_vec()));
    // A seller with the additional right to read settings.
    assert_eq!(world.get("ida.falk", &of_dealer("settings")).await.status, 403);
    let given = world.call(Request::put("gina.group", "/users/ida.falk").json(&with("rights", json!(["read_settings"]))).version(1)).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert_eq!(world.get("ida.falk", &of_dealer("settings")).await.status, 200);
    // Users cannot remove their own access, and only an operator may change an operator.
    let gina = world.get("gina.group", "/users/gina.group").await;
    let mut seller = ida();
    seller["email"] = gina.body["email"].clone();
    assert_eq!(world.call(Request::put("gina.group", "/users/gina.group").json(&seller).version(1)).await.faults(), ["role ACC-1"]);
    assert_eq!(world.call(Request::delete("gina.group", "/users/gina.group").json(&json!({})).version(1)).await.status, 409);
    assert_eq!(world.call(Request::delete("gina.group", "/users/otto.operator").json(&json!({})).version(1)).await.status, 403);
    assert_eq!(world.call(Request::put("gina.group", "/users/otto.operator").json(&ida()).version(1)).await.status, 403);
}

/// SET-7, ACC-1: a dealer admin lists the users of own dealers, a group admin all users, in pages.
#[tokio::test]
async fn acc_1_the_user_list_contains_only_users_in_scope() {
    let world = World::new().await;
    let ids = |reply: &Reply| -> Vec<String> {
        reply.body["users"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
    };
    let own = ids(&world.get(ADMIN, "/users").await);
    assert!(own.contains(&"anna.vogt".to_owned()) && !own.contains(&"alice.moore".to_owned()), "{own:?}");
    let all = ids(&world.get("gina.group", "/users").await);
    assert!(all.contains(&"alice.moore".to_owned()) && all.is_sorted(), "{all:?}");
    let there = ids(&world.get("gina.group", "/users?dealer=harbour-cars-demo").await);
    assert!(there.contains(&"oliver.reed".to_owned()) && !there.contains(&"anna.vogt".to_owned()));
    assert_eq!(world.get(ADMIN, "/users?dealer=harbour-cars-demo").await.status, 404);
    assert_eq!(world.get(ADMIN, "/users/alice.moore").await.status, 404);
    assert_eq!(world.get("anna.vogt", "/users").await.status, 403);
    assert_eq!(world.get("rival.seller", "/users/anna.vogt").await.status, 404);
}

#[tokio::test]
async fn set_7_only_users_who_work_at_a_dealer_can_become_its_members() {
    let world = World::new().await;
    let part = json!({"receives_leads": true});
    // The fault is the same for an unknown user and for a user of another dealer.
    for (who, detail) in [("nobody.known", "does not work at"), ("alice.moore", "does not work at")] {
        let reply = world.call(Request::put(ADMIN, &of_dealer(&format!("users/{who}"))).json(&part).version(1)).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["user SET-7".to_owned()]), "{}", reply.body);
        assert!(reply.text("/detail").contains(detail), "{}", reply.body);
    }
}

#[tokio::test]
async fn set_7_switches_are_changed_in_the_view_and_groups_on_the_user() {
    let world = World::new().await;
    let users = of_dealer("users");
    let off =
        json!({"users": [{"user": "anna.vogt", "receives_leads": false}, {"user": "ben.krause", "assignable": false, "supervisor": null}]});
    let seen = world.call(Request::patch(ADMIN, &users).json(&off).version(1)).await;
    assert_eq!(
        (seen.status, &seen.body["users"][0]["gets_leads_now"], &seen.body["users"][1]["supervisor"]),
        (200, &json!(false), &Value::Null)
    );
    assert_eq!(world.page(world.lead(&enquiry("jana")).await).await.lead.owner.unwrap().as_str(), "ben.krause");
    for (body, faults) in [
        (json!({"users": [{"user": "anna.vogt", "groups": []}]}), "users[0].groups SET-7"),
        (json!({"users": [{"user": "alice.moore", "assignable": true}]}), "users[0].user SET-7"),
        (json!({"users": [{"user": "anna.vogt", "fly": true}]}), "users[0].fly API-1"),
        (json!({}), "users SET-7"),
    ] {
        let reply = world.call(Request::patch(ADMIN, &users).json(&body).version(2)).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![faults.to_owned()]), "{}", reply.body);
    }
    // A group admin creates distribution groups; they are assigned on the user (DIS-3).
    let groups = json!({"distribution_groups": ["opel"]});
    let refused = world.call(Request::put(ADMIN, &of_dealer("distribution-groups")).json(&groups).version(2)).await;
    assert_eq!(
        (refused.status, refused.text("/right"), refused.faults()),
        (403, "manage_groups", vec!["distribution_groups DIS-3".to_owned()])
    );
    assert_eq!(world.call(Request::put("otto.operator", &of_dealer("distribution-groups")).json(&groups).version(2)).await.status, 200);
    let part = json!({"receives_leads": true, "assignable": true, "supervisor": "helga.stern", "groups": ["opel"]});
    let given = world.call(Request::put(ADMIN, &of_dealer("users/anna.vogt")).json(&part).version(3)).await;
    assert_eq!((given.status, &given.body["groups"]), (200, &json!(["opel"])), "{}", given.body);
    let still = Request::put("gina.group", &of_dealer("distribution-groups")).json(&json!({"distribution_groups": null})).version(4);
    let still = world.call(still).await;
    assert_eq!(still.faults(), ["members[0].groups DIS-3"]);
}

#[tokio::test]
async fn dis_4_a_user_sets_own_absences_and_not_those_of_another_user() {
    let world = World::new().await;
    let own = of_dealer("users/anna.vogt/absences");
    let away = json!({"absences": [{"from": "2026-11-23T00:00:00Z", "until": "2026-11-30T00:00:00Z", "deputy": "ben.krause"}]});
    assert_eq!(world.call(Request::put("ben.krause", &own).json(&away).version(1)).await.status, 403);
    let saved = world.call(Request::put("anna.vogt", &own).json(&away).version(1)).await;
    assert_eq!((saved.status, &saved.body["absences"]), (200, &away["absences"]), "{}", saved.body);
    assert_eq!(world.get("anna.vogt", &own).await.headers["etag"], "\"2\"");
    let (first, second) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await);
    assert_eq!(world.page(first).await.lead.owner.unwrap().as_str(), "ben.krause", "she gets nothing, and her deputy no turn for it");
    assert_eq!(world.page(second).await.lead.owner.unwrap().as_str(), "clara.henning");
    // All absences of a dealer at once. An error names the position in the request.
    let all = world.get(ADMIN, &of_dealer("absences")).await;
    assert_eq!(all.body["settings"]["absences"][0]["user"], "anna.vogt");
    let wrong = json!({"absences": [
        {"user": "ben.krause", "from": "2026-12-01T00:00:00Z", "until": "2026-12-02T00:00:00Z"},
        {"user": "anna.vogt", "from": "2026-12-02T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
    ]});
    assert_eq!(world.call(Request::put(ADMIN, &of_dealer("absences")).json(&wrong).version(2)).await.faults(), ["absences[1].until SET-7"]);
    let nobody = json!({"absences": [{"user": "nobody", "from": "2026-12-01T00:00:00Z", "until": "2026-12-02T00:00:00Z"}]});
    assert_eq!(world.call(Request::put(ADMIN, &of_dealer("absences")).json(&nobody).version(2)).await.faults(), ["absences[0].user SET-7"]);
}

/// DIS-8: users who may claim a pool lead are notified of it only if the pool user's notices are on.
#[tokio::test]
async fn dis_8_assignable_users_are_notified_of_a_pool_lead_only_if_the_pool_user_has_notices_on() {
    let world = World::new().await;
    let pool = |notices: bool| json!({"name": "Pool", "email": "pool@example.com", "language": "de", "role": "seller", "dealers": [NORDSTERN], "notices": notices});
    assert_eq!(world.call(Request::put("gina.group", "/users/pool.nordstern").json(&pool(false))).await.status, 201);
    let part = json!({"supervisor": "helga.stern"});
    assert_eq!(world.call(Request::put(ADMIN, &of_dealer("users/pool.nordstern")).json(&part).version(1)).await.status, 200);
    world.settings(|s| s.members.iter_mut().for_each(|m| m.receives_leads = false)).await;
    let on = json!({"pool": {"user": "pool.nordstern"}});
    assert_eq!(world.call(Request::put(ADMIN, &of_dealer("pool")).json(&on).version(3)).await.status, 200);
    world.lead(&enquiry("a")).await;
    world.system.settle().await;
    assert_eq!(world.mails(), Vec::<String>::new());

    assert_eq!(world.call(Request::put("gina.group", "/users/pool.nordstern").json(&pool(true)).version(1)).await.status, 200);
    let away = json!({"absences": [{"from": "2026-11-23T00:00:00Z", "until": "2026-11-30T00:00:00Z"}]});
    assert_eq!(world.call(Request::put("anna.vogt", &of_dealer("users/anna.vogt/absences")).json(&away).version(4)).await.status, 200);
    let id = world.lead(&enquiry("b")).await;
    world.system.settle().await;
    let mut overdue_notices: Vec<String> =
        world.mails().iter().filter(|m| m.contains("Pool")).map(|m| m.split([' ', ':']).nth(4).unwrap().to_owned()).collect();
    overdue_notices.sort();
    let wanted = ["ben.krause", "clara.henning", "david.roth", "elif.yilmaz", "felix.lang", "greta.sommer", "helga.stern"];
    assert_eq!(overdue_notices, wanted, "{:?}", world.mails());
    // If the lead is claimed before its notices are sent, no further user is notified.
    world.system.settle().await;
    assert_eq!(world.page(id).await.messages.len(), 8, "one for each, and the pool user's own");
}

/// DIS-4, DIS-6: while the only user in the rotation is absent, new leads do not go to the deputy. The deputy sees and works the existing
/// leads.
#[tokio::test]
async fn dis_4_a_deputy_joins_no_rotation() {
    let world = World::new().await;
    world
        .settings(|s| {
            s.members.iter_mut().skip(1).for_each(|m| m.receives_leads = false);
            s.fallback_user = None;
        })
        .await;
    let before = world.lead(&enquiry("a")).await;
    let away = json!({"absences": [{"from": "2026-11-23T09:00:00Z", "until": "2026-11-30T00:00:00Z", "deputy": "ben.krause"}]});
    assert_eq!(world.call(Request::put("anna.vogt", &of_dealer("users/anna.vogt/absences")).json(&away).version(2)).await.status, 200);
    let meanwhile = world.lead(&enquiry("b")).await;
    assert_eq!(world.page(meanwhile).await.lead.owner.unwrap().as_str(), "ingo.brandt", "the administrator account");
    assert_eq!(world.get("ben.krause", &format!("/leads/{before}")).await.status, 200);
    assert_eq!(world.get("clara.henning", &format!("/leads/{before}")).await.status, 404);
    world.advance_to("2026-11-23T11:30:00Z").await;
    let overdue: Vec<String> = world.mails().into_iter().filter(|m| m.contains("Überfällig") && m.contains(&before.spoken())).collect();
    assert!(overdue.len() == 1 && overdue[0].contains("ben.krause"), "the deputy gets the notices: {overdue:?}");
}

/// SET-7, ESC-6, DIS-12: the leads of a user who was removed, and the notices about them, go to somebody else.
#[tokio::test]
async fn set_7_notices_about_the_leads_of_a_removed_user_go_to_the_next_owner() {
    let world = World::new().await;
    let id = world.lead(&enquiry("a")).await;
    assert_eq!(world.call(Request::delete(ADMIN, &of_dealer("users/anna.vogt")).json(&json!({})).version(1)).await.status, 200);
    world.advance_to("2026-11-23T11:01:00Z").await;
    let overdue_notices: Vec<String> = world.mails().into_iter().filter(|m| m.contains("Überfällig") && m.contains(&id.spoken())).collect();
    assert!(overdue_notices.len() == 1 && overdue_notices[0].contains("ben.krause"), "{:?}", world.mails());
}

/// ACC-1: users with the right to manage users can grant only rights that they have, within their own dealers, and cannot change users
/// with more rights.
#[tokio::test]
async fn acc_1_a_user_grants_only_own_rights_and_changes_no_user_with_more_rights() {
    let world = World::new().await;
    let helga = json!({"name": "Helga Stern", "email": "helga@example.com", "language": "de", "role": "dealer_admin",
        "rights": ["manage_users"], "dealers": [NORDSTERN]});
    assert_eq!(world.call(Request::put("gina.group", "/users/helga.stern").json(&helga).version(1)).await.status, 200);
    let stranger = json!({"name": "x", "email": "x@example.com", "language": "en", "role": "seller", "dealers": ["lakeside-motors-demo"]});
    for (path, body, status) in
        [("/users/dan.rivera", stranger.clone(), 404), ("/users/new.one", stranger, 422), ("/users/gina.group", ida(), 404)]
    {
        let reply = world.call(Request::put("helga.stern", path).json(&body)).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
    }
    let mut higher = helga.clone();
    higher["role"] = json!("group_admin");
    assert_eq!(world.call(Request::put("helga.stern", "/users/helga.stern").json(&higher).version(2)).await.faults(), ["role ACC-1"]);
    higher = helga;
    higher["dealers"] = json!([NORDSTERN, "lakeside-motors-demo"]);
    assert_eq!(world.call(Request::put("helga.stern", "/users/helga.stern").json(&higher).version(2)).await.faults(), ["dealers ACC-1"]);
    assert_eq!(world.call(Request::delete("helga.stern", "/users/dan.rivera").json(&json!({})).version(1)).await.status, 404);
    // Helga cannot change a user at her dealer who has more rights.
    let mut boss = ida();
    boss["role"] = json!("group_admin");
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&boss)).await.status, 201);
    assert_eq!(world.call(Request::put("helga.stern", "/users/ida.falk").json(&ida()).version(1)).await.status, 403);
    // Helga can change the other users of her dealer.
    let mut anna = ida();
    anna["name"] = json!("Anna Vogt");
    assert_eq!(world.call(Request::put("helga.stern", "/users/anna.vogt").json(&anna).version(1)).await.status, 200);
}

/// SET-10: every change of a user is recorded with author, time, old and new values.
#[tokio::test]
async fn set_10_every_change_of_a_user_is_recorded() {
    let world = World::new().await;
    let mut user = ida();
    world.call(Request::put("gina.group", "/users/ida.falk").json(&user)).await;
    world.system.clock.freeze_at(crate::support::world::at("2026-11-23T09:30:00Z"));
    user["rights"] = json!(["read_settings"]);
    world.call(Request::put("otto.operator", "/users/ida.falk").json(&user).version(1)).await;
    let history = world.get("gina.group", "/users/ida.falk/history").await;
    let latest = json!({"version": 2, "at": "2026-11-23T09:30:00Z", "by": "user:otto.operator",
        "fields": [{"field": "rights", "before": null, "after": ["read_settings"]}]});
    assert_eq!(history.body["changes"][0], latest, "{}", history.body);
    assert_eq!((&history.body["changes"][1]["by"], history.body["changes"].as_array().unwrap().len()), (&json!("user:gina.group"), 2));
    assert_eq!(world.get("anna.vogt", "/users/ida.falk/history").await.status, 403);
    let upper = world.call(Request::put("gina.group", "/users/Ida").json(&ida())).await;
    assert_eq!((upper.status, upper.faults()), (422, vec!["user SET-7".to_owned()]));
}

/// SET-10: a change of a user keeps optional fields that it leaves out, and `null` is their default. A user who returns has none of them.
#[tokio::test]
async fn set_10_a_change_of_a_user_keeps_the_fields_that_it_leaves_out() {
    let world = World::new().await;
    let put =
        async |version: u64, body: &Value| world.call(Request::put("gina.group", "/users/ida.falk").json(body).version(version)).await;
    let optional = |reply: &Reply| ["mobile", "rights", "notices"].map(|name| reply.body[name].clone());
    let mut user = ida();
    (user["rights"], user["notices"]) = (json!(["read_settings"]), json!(false));
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&user)).await.status, 201);
    let mut renamed = json!({"name": "Ida Falk-Sommer"});
    for name in ["email", "language", "role", "dealers"] {
        renamed[name] = user[name].clone();
    }
    let kept = put(1, &renamed).await;
    assert_eq!((kept.status, kept.text("/name")), (200, "Ida Falk-Sommer"), "{}", kept.body);
    assert_eq!(optional(&kept), [json!("+491712345678"), json!(["read_settings"]), json!(false)]);
    assert_eq!(world.get("ida.falk", &of_dealer("settings")).await.status, 200);
    let mut reset = renamed.clone();
    for name in ["mobile", "rights", "notices"] {
        reset[name] = Value::Null;
    }
    let defaults = [Value::Null, json!([]), json!(true)];
    assert_eq!(optional(&put(2, &reset).await), defaults);
    assert_eq!(put(3, &user).await.status, 200);
    assert_eq!(world.call(Request::delete("gina.group", "/users/ida.falk").json(&json!({})).version(4)).await.status, 200);
    let back = put(5, &renamed).await;
    assert_eq!((back.status, optional(&back)), (200, defaults), "{}", back.body);
}

/// SET-7: one request changes the switches at several dealers, each with its own version.
#[tokio::test]
async fn set_7_one_request_changes_the_switches_at_several_dealers() {
    let world = World::new().await;
    let body = json!({"dealers": [
        {"dealer": NORDSTERN, "version": 1, "users": [{"user": "anna.vogt", "receives_leads": false}]},
        {"dealer": "harbour-cars-demo", "version": 7, "users": [{"user": "oliver.reed", "receives_leads": false}]},
        {"dealer": "harbour-cars-demo", "users": []},
        {"dealer": "nowhere", "version": 1, "users": []},
        {"dealer": NORDSTERN, "version": 2, "users": [{"user": "ben.krause", "receives_leads": "x"}]}
    ]});
    let reply = world.call(Request::patch("gina.group", "/users").json(&body)).await;
    let statuses: Vec<u64> = reply.body["results"].as_array().unwrap().iter().map(|r| r["status"].as_u64().unwrap()).collect();
    assert_eq!((reply.status, statuses), (207, vec![200, 412, 428, 404, 422]), "{}", reply.body);
    assert_eq!(reply.body["results"][4]["problem"]["errors"][0]["field"], "users[0].receives_leads");
    let own = world.call(Request::patch(ADMIN, "/users").json(&body)).await;
    assert_eq!(own.body["results"][1]["status"], 404, "out of reach");
    assert_eq!(world.call(Request::patch("anna.vogt", "/users").json(&body)).await.status, 403);
    for (body, faults) in [
        (json!({"dealers": [], "x": 1}), vec!["x API-1"]),
        (json!({"dealers": []}), vec!["dealers SET-7"]),
        (json!({"dealers": [NORDSTERN]}), vec!["dealers[0] SET-7"]),
        (json!({"dealers": [{"dealer": NORDSTERN, "version": "2", "users": []}]}), vec!["dealers[0].version SET-7"]),
        (json!({"dealers": [{"dealer": NORDSTERN, "version": 2, "users": [], "user": []}]}), vec!["dealers[0].user API-1"]),
    ] {
        let refused = world.call(Request::patch(ADMIN, "/users").json(&body)).await;
        assert_eq!((refused.status, refused.faults()), (422, faults.into_iter().map(str::to_owned).collect()), "{body}: {}", refused.body);
    }
    assert_eq!(world.call(Request::delete(ADMIN, &of_dealer("users/nobody")).json(&json!({})).version(2)).await.status, 404);
    let unknown = json!({"users": [{"user": "anna.vogt", "assignable": true}], "foo": 1});
    assert_eq!(world.call(Request::patch(ADMIN, &of_dealer("users")).json(&unknown).version(2)).await.faults(), ["foo API-1"]);
}

/// ACC-1: users can grant each right that they have, even if a seller's role includes rights that they lack.
#[tokio::test]
async fn acc_1_a_user_who_manages_users_can_grant_each_own_right() {
    let world = World::new().await;
    let hugo = json!({"name": "Hugo", "email": "hugo@example.com", "language": "en", "role": "head_office", "rights": ["manage_users"], "dealers": []});
    assert_eq!(world.call(Request::put("gina.group", "/users/hugo.office").json(&hugo).version(1)).await.status, 200);
    let seller = |rights: Value| json!({"name": "x", "email": "x@example.com", "language": "en", "role": "head_office", "rights": rights, "dealers": []});
    let given = world.call(Request::put("hugo.office", "/users/new.one").json(&seller(json!(["read_settings"])))).await;
    assert_eq!(given.status, 201, "{}", given.body);
    let refused = world.call(Request::put("hugo.office", "/users/new.two").json(&seller(json!(["work_leads"])))).await;
    assert_eq!(refused.faults(), ["rights ACC-1"]);
}
