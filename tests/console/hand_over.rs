//! The users of a dealer at a glance, and the forms that hand over work.

use crate::support::console::{Browser, Desk, Page};
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use forecourt_domain::settings::PoolSettings;
use serde_json::{Value, json};

const ANNA: &str = "anna.vogt";

/// Makes a lead of `owner`.
async fn lead_of(world: &World, owner: &str) -> String {
    let id = world.lead(&enquiry(&owner.replace('.', ""))).await;
    let given = world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": owner})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    id.to_string()
}

async fn owner(world: &World, lead: &str) -> String {
    world.get(ADMIN, &format!("/leads/{lead}")).await.text("/owner").to_owned()
}

async fn version(world: &World) -> u64 {
    world.get(ADMIN, &of_dealer("users")).await.body["version"].as_u64().unwrap()
}

/// Changes a part of the dealer's users.
async fn put(world: &World, rest: &str, body: &Value) {
    let request = Request::put(ADMIN, &of_dealer(rest)).json(body).version(version(world).await);
    let saved = world.call(request).await;
    assert_eq!(saved.status, 200, "{rest}: {}", saved.body);
}

/// Follows a form to the progress of its order.
async fn progress(browser: &mut Browser<'_>, sent: &Page, done: &str) -> Page {
    let to = sent.header("location").to_owned();
    assert_eq!(sent.status, 303, "{}", sent.text);
    assert!(to.starts_with(&format!("/desk/d/{NORDSTERN}/settings/hand-overs/")) && to.ends_with(done), "{to}");
    browser.get(&to).await
}

/// Returns the row of a user in the list.
fn row<'a>(page: &'a Page, user: &str) -> &'a str {
    let (_, rest) = page.text.split_once(&format!(".user\" value=\"{user}\">")).unwrap_or_else(|| panic!("{user}: {}", page.text));
    rest.split_once("</tr>").unwrap().0
}

/// DIS-13, SET-7: the list of users has presence with its reason, load, weight and limit; those who get leads come first, by name.
#[tokio::test]
async fn dis_13_the_users_of_a_dealer_are_seen_with_presence_load_and_limits() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_of(world, ANNA).await;
    put(world, "users/anna.vogt", &json!({"max_open": 1, "weight": 3})).await;
    world.advance_to("2026-11-23T09:05:00Z").await;
    put(world, "users/ben.krause/absences", &json!({"absences": [{"from": "2026-11-23", "until": "2026-11-25", "deputy": ANNA}]})).await;
    put(world, "users/clara.henning/availability", &json!({"hours": {"tue": [["09:00", "12:00"]]}})).await;
    let busy = Request::put("david.roth", &of_dealer("users/david.roth/busy")).json(&json!({"minutes": 30}));
    assert_eq!(world.call(busy).await.status, 200);
    let mut ingo = desk.signed_in(ADMIN).await;
    ingo.language = "de";
    let address = format!("/desk/d/{NORDSTERN}/settings/users");
    let page = ingo.get(&address).await;
    for (user, texts) in [
        (ANNA, vec!["Anwesend", "1 von 1 (voll)", "value=\"3\""]),
        ("ben.krause", vec!["Abwesend bis", "Vertretung: Anna Vogt"]),
        ("clara.henning", vec!["Außerhalb der eigenen Zeiten"]),
        ("david.roth", vec!["Beschäftigt bis", "10:35"]),
    ] {
        let row = row(&page, user);
        for text in texts {
            assert!(row.contains(text), "{user} {text}: {row}");
        }
        for link in ["/work", "/availability"] {
            assert!(row.contains(&format!("{address}/{user}{link}\"")), "{user} {link}: {row}");
        }
    }
    // Helga and Ingo get no leads from the rotation.
    let place = |user: &str| page.text.find(&format!(".user\" value=\"{user}\">")).unwrap();
    assert!(place("greta.sommer") < place("helga.stern") && place("helga.stern") < place(ADMIN), "{}", page.text);
    let work = ingo.get(&format!("{address}/{ANNA}/work")).await;
    assert!(work.text.contains("1 Lead") && work.text.contains(&format!("/desk/leads/{lead}")), "{}", work.text);
    // The numbers are changed in the list. An empty one removes the limit.
    let mut fields: Vec<(String, String)> = vec![("do".to_owned(), "save".to_owned())];
    fields.push(("version".to_owned(), page.value("version").unwrap()));
    let users = world.get(ADMIN, &of_dealer("users")).await;
    for (n, user) in users.body["users"].as_array().unwrap().iter().enumerate().rev() {
        let mut add = |name: &str, value: &str| fields.push((format!("users.{n}{name}"), value.to_owned()));
        add("", "row");
        add(".user", user["user"].as_str().unwrap());
        for switch in ["receives_leads", "assignable"] {
            if user[switch] == true {
                add(&format!(".{switch}"), "on");
            }
        }
        add(".supervisor", user["supervisor"].as_str().unwrap_or_default());
        let is_greta = user["user"] == "greta.sommer";
        add(".weight", if is_greta { "11" } else { "2" });
        add(".max_open", "");
    }
    let mut sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let refused = ingo.send(&address, &sent).await;
    assert!(refused.status == 422 && row(&refused, "greta.sommer").contains("class=\"error\""), "{}", refused.text);
    assert!(row(&refused, ANNA).contains("1 von 1 (voll)"), "shown beside the same person: {}", refused.text);
    sent.iter_mut().filter(|(_, value)| *value == "11").for_each(|(_, value)| *value = "10");
    let saved = ingo.send(&address, &sent).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let users = world.get(ADMIN, &of_dealer("users")).await;
    let of = |user: &str| users.body["users"].as_array().unwrap().iter().find(|one| one["user"] == user).unwrap().clone();
    assert_eq!((&of("greta.sommer")["weight"], &of(ANNA)["weight"], &of(ANNA)["max_open"]), (&json!(10), &json!(2), &json!(null)));
}

/// DIS-12: the form that removes a user shows the work, and offers who can take it over; then the progress is shown.
#[tokio::test]
async fn dis_12_a_removal_shows_the_work_and_hands_it_to_a_chosen_person() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_of(world, ANNA).await;
    put(world, "users/clara.henning/absences", &json!({"absences": [{"from": "2026-11-23", "until": "2026-11-25"}]})).await;
    let mut ingo = desk.signed_in(ADMIN).await;
    let address = format!("/desk/d/{NORDSTERN}/settings/users/{ANNA}/removal");
    let form = ingo.get(&address).await;
    assert!(form.text.contains("1 Lead") && form.text.contains(&format!("/desk/leads/{lead}")), "{}", form.text);
    for (target, offered) in
        [("distribution", true), ("user:ben.krause", true), ("user:clara.henning", false), ("user:anna.vogt", false), ("pool", false)]
    {
        assert_eq!(form.text.contains(&format!("<option value=\"{target}\"")), offered, "{target}: {}", form.text);
    }
    let version = form.value("version").unwrap();
    let refused = ingo.send(&address, &[("hand_over", "user:ingo.brandt"), ("version", &version), ("key", "k1")]).await;
    assert!(refused.status == 422 && refused.text.contains("form-hand_over-error"), "{}", refused.text);
    assert!(refused.text.contains("1 Lead"), "the work is still shown: {}", refused.text);
    assert_eq!(ingo.send(&address, &[("version", &version), ("key", "k2")]).await.status, 422);
    let sent = ingo.send(&address, &[("hand_over", "user:ben.krause"), ("version", &version), ("key", "k3")]).await;
    let running = progress(&mut ingo, &sent, "?done=settings_remove_user").await;
    for text in ["data-live", "0 von 1", "Anna Vogt", "Ben Krause", "Ingo Brandt"] {
        assert!(running.text.contains(text), "{text}: {}", running.text);
    }
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!(owner(world, &lead).await, "ben.krause");
    let done = ingo.get(&running.address).await;
    assert!(done.text.contains("1 von 1") && !done.text.contains("data-live"), "{}", done.text);
    assert!(!done.text.contains("Noch bei dieser Person"), "all has moved: {}", done.text);
    let list = ingo.get(&format!("/desk/d/{NORDSTERN}/settings/hand-overs")).await;
    let order = running.address.split('?').next().unwrap();
    assert!(list.text.contains(&format!("href=\"{order}\"")) && list.text.contains("Erledigt"), "{}", list.text);
    assert_eq!(ingo.get(&address).await.status, 404, "the user is gone");
    let again = ingo.send(&address, &[("hand_over", "user:ben.krause"), ("version", &version), ("key", "k3")]).await;
    assert_eq!(again.header("location").split('?').next(), Some(order), "{}", again.text);
}

/// DIS-12: a person leaves the group, and the work goes over in the same step. A person who is still in charge of others stays.
#[tokio::test]
async fn dis_12_a_person_who_leaves_the_group_hands_over_the_work() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_of(world, ANNA).await;
    // A planned absence with a hand-over ends with the membership. It asks for no target of its own.
    let planned = json!({"from": "2026-12-07", "until": "2026-12-18", "hand_over": {"to": "distribution"}});
    put(world, "users/anna.vogt/absences", &json!({"absences": [planned]})).await;
    let trial = Request::delete("gina.group", &format!("/users/{ANNA}?dry_run=true&hand_over=distribution"));
    let version = world.get("gina.group", &format!("/users/{ANNA}")).await.body["version"].as_u64().unwrap();
    let trial = world.call(trial.version(version)).await;
    let absent = trial.body["hand_overs"].as_array().unwrap().iter().find(|order| order["reason"] == "absent").unwrap().clone();
    assert_eq!((&absent["state"], &absent["holds"]), (&json!("cancelled"), &json!(null)), "{}", trial.body);
    let mut gina = desk.signed_in("gina.group").await;
    let refused = gina.get("/desk/group/people/helga.stern/remove").await;
    assert!(refused.status == 200 && refused.text.contains("cannot be handed over yet"), "{}", refused.text);
    let address = format!("/desk/group/people/{ANNA}/remove");
    let form = gina.get(&address).await;
    assert!(form.text.contains("1 lead") && form.text.contains("<option value=\"user:ben.krause\""), "{}", form.text);
    let version = form.value("version").unwrap();
    let sent = gina.send(&address, &[("hand_over", "user:ben.krause"), ("version", &version), ("key", "k1")]).await;
    let running = progress(&mut gina, &sent, "?done=group_remove_person").await;
    assert!(running.text.contains("Gina"), "the reader has a name: {}", running.text);
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!(owner(world, &lead).await, "ben.krause");
    assert!(world.get("gina.group", &format!("/users/{ANNA}")).await.body["left"].is_string());
}

/// DIS-12: a change of a person that takes work away asks who gets it, and changes nothing before. Another change asks nothing.
#[tokio::test]
async fn dis_12_a_change_that_takes_work_away_asks_who_gets_it() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_of(world, ANNA).await;
    let mut gina = desk.signed_in("gina.group").await;
    let address = format!("/desk/group/people/{ANNA}/edit");
    let form = gina.get(&address).await;
    assert!(!form.text.contains("name=\"hand_over\""), "{}", form.text);
    let version = form.value("version").unwrap();
    let person = |role: &'static str, more: &[(&'static str, &'static str)]| {
        let fields = [("name", "Anna Maria Vogt"), ("email", "anna@example.com"), ("language", "de"), ("role", role), ("notices", "on")];
        [&fields[..], more].concat()
    };
    let stays = [("dealers", NORDSTERN), ("version", version.as_str()), ("key", "k1")];
    let named = person("seller", &[]).into_iter().chain(stays).collect::<Vec<_>>();
    let sent = gina.send(&address, &named).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/desk/group/people/anna.vogt?done=group_person"), "{}", sent.text);
    // The head office reads leads and works on none.
    let version = gina.get(&address).await.value("version").unwrap();
    let office = [("dealers", NORDSTERN), ("version", version.as_str()), ("key", "k2")];
    let office: Vec<(&str, &str)> = person("head_office", &[]).into_iter().chain(office).collect();
    let asked = gina.send(&address, &office).await;
    assert!(asked.status == 200 && asked.text.contains("name=\"hand_over\"") && asked.text.contains("1 lead"), "{}", asked.text);
    assert!(asked.text.contains("value=\"Anna Maria Vogt\"") && asked.value("version").as_deref() == Some(&*version), "{}", asked.text);
    assert_eq!(world.get("gina.group", &format!("/users/{ANNA}")).await.text("/role"), "seller", "nothing was changed");
    // A wrong target is refused beside its field. The work and the targets are still shown.
    let wrong: Vec<(&str, &str)> = office.iter().copied().chain([("hand_over", "user:ingo.brandt")]).collect();
    let refused = gina.send(&address, &wrong).await;
    assert!(refused.status == 422 && refused.text.contains("form-hand_over-error"), "{}", refused.text);
    assert!(refused.text.contains("1 lead") && refused.text.contains("<option value=\"user:ben.krause\""), "{}", refused.text);
    assert!(!refused.text.contains(">user:ingo.brandt<"), "{}", refused.text);
    let chosen: Vec<(&str, &str)> = office.iter().copied().chain([("hand_over", "user:ben.krause")]).collect();
    let sent = gina.send(&address, &chosen).await;
    progress(&mut gina, &sent, "?done=group_person").await;
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!(owner(world, &lead).await, "ben.krause");
}

/// DIS-12: the review of another pool shows the leads that wait there, and hands them over when it is saved.
#[tokio::test]
async fn dis_12_a_pool_that_is_switched_off_hands_over_its_leads() {
    let desk = Desk::new().await;
    let world = &desk.world;
    world
        .settings(|settings| {
            settings.members.iter_mut().for_each(|member| member.receives_leads = false);
            settings.pool = Some(PoolSettings { user: "helga.stern".parse().unwrap(), oldest_only: false });
        })
        .await;
    let lead = world.lead(&enquiry("jana")).await.to_string();
    let mut ingo = desk.signed_in(ADMIN).await;
    let address = format!("/desk/d/{NORDSTERN}/settings/pool");
    let version = ingo.get(&address).await.value("version").unwrap();
    let review = ingo.send(&address, &[("do", "review"), ("version", &version), ("pool.user", "")]).await;
    assert!(review.status == 200 && review.text.contains("name=\"hand_over\""), "{}", review.text);
    assert!(!review.text.contains("<option value=\"pool\""), "there is no pool any more: {}", review.text);
    assert!(review.text.contains("Aufgaben und Termine bleiben") && review.text.contains("1 Lead"), "{}", review.text);
    let same = [("do", "review"), ("version", &*version), ("pool.user", "helga.stern"), ("pool.oldest_only", "on")];
    let other = ingo.send(&address, &same).await;
    assert!(other.status == 200 && !other.text.contains("name=\"hand_over\""), "{}", other.text);
    let save = [("do", "save"), ("version", &*version), ("pool.user", ""), ("hand_over", "user:ben.krause")];
    let sent = ingo.send(&address, &save).await;
    progress(&mut ingo, &sent, "?done=settings").await;
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!(owner(world, &lead).await, "ben.krause");
}

/// DIS-12: the progress of an order is found below many others.
#[tokio::test]
async fn dis_12_an_order_below_a_hundred_others_has_a_page() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let users = ["anna.vogt", "ben.krause", "clara.henning", "david.roth", "greta.sommer"];
    for user in users {
        let day = |n: u32| format!("2027-{:02}-{:02}", 1 + n / 14, 1 + 2 * (n % 14));
        let planned = |n| json!({"from": day(n), "until": day(n), "hand_over": {"to": "distribution"}});
        put(world, &format!("users/{user}/absences"), &json!({"absences": (0..21).map(planned).collect::<Vec<_>>()})).await;
    }
    let mut found = world.get(ADMIN, &of_dealer("hand-overs?limit=100")).await;
    let cursor = found.text("/cursor").to_owned();
    found = world.get(ADMIN, &of_dealer(&format!("hand-overs?limit=100&cursor={cursor}"))).await;
    let last = found.body["hand_overs"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let page = desk.signed_in(ADMIN).await.get(&format!("/desk/d/{NORDSTERN}/settings/hand-overs/{last}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
}

/// DIS-12: a pool whose user has tasks and no leads hands over nothing, and the review asks for no target.
#[tokio::test]
async fn dis_12_a_pool_without_leads_asks_for_no_target() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_of(world, ANNA).await;
    let task = json!({"title": "Call back", "start": "2026-11-24T10:00:00+01:00", "minutes": 30, "assignee": "helga.stern"});
    let task = world.post(ADMIN, &format!("/leads/{lead}/tasks"), &task).await;
    assert_eq!(task.status, 201, "{}", task.body);
    world
        .settings(|settings| {
            settings.members.iter_mut().for_each(|member| member.receives_leads = false);
            settings.pool = Some(PoolSettings { user: "helga.stern".parse().unwrap(), oldest_only: false });
        })
        .await;
    let mut ingo = desk.signed_in(ADMIN).await;
    let address = format!("/desk/d/{NORDSTERN}/settings/pool");
    let version = ingo.get(&address).await.value("version").unwrap();
    let review = ingo.send(&address, &[("do", "review"), ("version", &version), ("pool.user", "")]).await;
    assert!(review.status == 200 && !review.text.contains("name=\"hand_over\""), "{}", review.text);
}
