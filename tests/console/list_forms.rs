//! The list forms of the settings: what a form does not show stays in each row.

use crate::support::console::{Desk, Page};
use crate::support::world::{NORDSTERN, World};
use forecourt_domain::settings::DealerSettings;
use serde_json::{Value, json};

const GROUP: &str = "gina.group";

/// Settings in which every list has two entries with all of their fields.
fn fill(settings: &mut DealerSettings) {
    let mut whole = json!(&*settings);
    let when = |source: &str| {
        json!({"sources": [source], "types": ["used_car", "service"], "makes": ["Opel"], "condition": "used", "sites": ["Spandau"],
            "postcodes": ["101"], "languages": ["de"]})
    };
    whole["distribution_groups"] = json!(["new-cars", "used-cars"]);
    whole["routing_rules"] =
        json!([{"group": "used-cars", "when": when("mobile.de")}, {"group": "new-cars", "when": {"types": ["new_car"]}}]);
    whole["deadline_rules"] =
        json!([{"level_1": 15, "reminder": 5, "level_2": 60, "when": when("mobile.de")}, {"level_1": 600, "when": {"makes": ["BMW"]}}]);
    let step = |day: u32| json!({"day": day, "type": "email_outbound", "title": "Write", "text": "still-there", "purpose": "contract"});
    whole["follow_up_plans"] = json!([
        {"id": "all", "name": "All", "types": ["used_car", "service"], "starts": "after_answer", "steps": [step(1), step(3)]},
        {"id": "new", "name": "New", "starts": "by_hand", "steps": [{"day": 0, "type": "phone_outbound", "title": "Call"}]},
    ]);
    whole["mail_layouts"] = json!([
        {"source": "Website", "senders": ["a.example", "b.example"], "labels": {"Anliegen": "message", "Tausch": "trade_in.vehicle"}},
        {"source": "Portal", "senders": ["c.example"]},
    ]);
    whole["instant_answer"] = json!({"on": true, "sources": ["mobile.de"]});
    whole["vehicle_sites"] = json!([{"dealer": "harbour-cars-demo", "aliases": ["Hafen", "Harbour"]}, {"dealer": "lakeside-motors-demo"}]);
    whole["calendar"]["special_hours"] = json!({"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []});
    for member in whole["members"].as_array_mut().unwrap() {
        let fields = member.as_object_mut().unwrap();
        if fields["user"] == "anna.vogt" {
            fields.extend(all_fields_of_a_user().as_object().unwrap().clone());
        }
    }
    *settings = serde_json::from_value(whole).unwrap();
}

fn all_fields_of_a_user() -> Value {
    json!({
        "groups": ["new-cars", "used-cars"], "weight": 3, "max_open": 40,
        "hours": {"mon": [["08:00", "12:00"], ["13:00", "17:00"]], "tue": [["08:00", "12:00"]]},
        "weekly_absences": [{"day": "wed", "deputy": "ben.krause"}, {"day": "thu"}],
        "absences": [
            {"from": "2026-12-06T23:00:00Z", "until": "2026-12-20T23:00:00Z", "deputy": "ben.krause",
                "hand_over": {"to": "user:ben.krause", "back": true}},
            {"from": "2027-01-10T08:00:00Z", "until": "2027-01-25T11:30:00Z", "hand_over": {"to": "distribution", "back": false}},
        ],
    })
}

fn plain(text: &str) -> String {
    [("&quot;", "\""), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |t, (a, b)| t.replace(a, b))
}

/// The inputs of the form of a part, as a browser sends them.
fn inputs(page: &Page) -> Vec<(String, String)> {
    assert_eq!(page.status, 200, "{}", page.text);
    let (_, form) = page.text.split_once("class=\"settings\">").unwrap_or_else(|| panic!("no form: {}", page.text));
    let (form, _) = form.split_once("</form>").unwrap();
    let (mut found, mut list) = (Vec::new(), String::new());
    for (tag, after) in form.split('<').skip(1).filter_map(|tag| tag.split_once('>')) {
        let attribute = |name: &str| {
            let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
            rest.split('"').next().map(plain)
        };
        let name = attribute("name").unwrap_or_default();
        match tag.split_whitespace().next().unwrap_or_default() {
            "input" if attribute("type").as_deref() != Some("checkbox") => found.push((name, attribute("value").unwrap_or_default())),
            "input" if tag.contains(" checked") => found.push((name, attribute("value").unwrap_or_else(|| "on".to_owned()))),
            "textarea" => found.push((name, plain(after))),
            "select" => list = name,
            "option" if tag.contains(" selected") => found.push((list.clone(), attribute("value").unwrap_or_default())),
            _ => {}
        }
    }
    assert!(found.iter().any(|(name, _)| name == "version"), "{form}");
    found
}

/// Sends the inputs of a form with the button `pressed`, and with other values of some of them. An empty value takes an input away.
async fn send(desk: &Desk, address: &str, pressed: &[&str], other: &[(&str, &str)]) -> Page {
    let mut browser = desk.signed_in(GROUP).await;
    let mut page = browser.get(address).await;
    for (step, button) in pressed.iter().enumerate() {
        let mut fields = inputs(&page);
        if step + 1 == pressed.len() {
            fields.retain(|(name, _)| other.iter().all(|(changed, _)| changed != name));
            fields
                .extend(other.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        fields.push(("do".to_owned(), (*button).to_owned()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        page = browser.send(address, &fields).await;
    }
    page
}

async fn stored(world: &World) -> Value {
    world.get(GROUP, &format!("/dealers/{NORDSTERN}/settings")).await.body["settings"].take()
}

fn place_of(settings: &Value, user: &str) -> usize {
    settings["members"].as_array().unwrap().iter().position(|member| member["user"] == user).unwrap()
}

/// The addresses of the forms with a list, by the part of the settings.
const LISTS: [&str; 10] =
    ["days-off", "deadline-rules", "users", "absences", "pool", "groups", "routing", "configuration", "capacity", "mailbox"];

/// DESK-4: a form that is sent as it was shown changes nothing, and says so.
#[tokio::test]
async fn set_10_a_list_form_that_is_sent_unchanged_changes_nothing() {
    let desk = Desk::new().await;
    desk.world.settings(fill).await;
    let before = stored(&desk.world).await;
    let base = format!("/desk/d/{NORDSTERN}/settings");
    let users = [format!("{base}/users/anna.vogt"), format!("{base}/users/anna.vogt/week")];
    for address in LISTS.iter().map(|part| format!("{base}/{part}")).chain(users) {
        let page = send(&desk, &address, &["save"], &[]).await;
        assert!(page.status == 200 && page.text.contains("You changed nothing."), "{address}: {} {}", page.status, page.text);
    }
    assert_eq!(stored(&desk.world).await, before);
}

/// A change in a form: the part, the buttons, other values of inputs, and what it changes in the settings.
type Change<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)], &'a dyn Fn(&mut Value));

/// SET-10, DESK-4: a change of one field of one row leaves all other fields of all rows as they are, also those that the form does not
/// show.
#[tokio::test]
async fn set_10_a_change_of_one_row_keeps_every_other_field_of_every_row() {
    let desk = Desk::new().await;
    desk.world.settings(fill).await;
    let anna = place_of(&stored(&desk.world).await, "anna.vogt");
    let switch = format!("users.{anna}.assignable");
    let swapped = |list: &str, settings: &mut Value| settings[list].as_array_mut().unwrap().swap(0, 1);
    let switched = [(switch.as_str(), "")];
    let cases: [Change<'_>; 12] = [
        ("absences", &["save"], &[("absences.0.until", "2026-12-22")], &|s| {
            s["members"][anna]["absences"][0]["until"] = json!("2026-12-22T23:00:00Z");
        }),
        ("absences", &["remove:absences.0", "save"], &[], &|s| drop(s["members"][anna]["absences"].as_array_mut().unwrap().remove(0))),
        ("routing", &["down:routing_rules.0", "save"], &[], &|s| swapped("routing_rules", s)),
        ("deadline-rules", &["up:deadline_rules.1", "save"], &[], &|s| swapped("deadline_rules", s)),
        ("deadline-rules", &["save"], &[("deadline_rules.1.level_1", "20")], &|s| s["deadline_rules"][1]["level_1"] = json!(20)),
        ("plans", &["up:follow_up_plans.1", "save"], &[], &|s| swapped("follow_up_plans", s)),
        ("plans", &["save"], &[("follow_up_plans.1.steps.1.day", "5")], &|s| s["follow_up_plans"][1]["steps"][1]["day"] = json!(5)),
        ("configuration", &["save"], &[("vehicle_sites.1.aliases", "See")], &|s| s["vehicle_sites"][1]["aliases"] = json!(["See"])),
        ("mailbox", &["save"], &[("mail_layouts.0.labels.1.value", "plate")], &|s| {
            s["mail_layouts"][0]["labels"]["Tausch"] = json!("plate");
        }),
        ("mailbox", &["remove:mail_layouts.0", "save"], &[], &|s| drop(s["mail_layouts"].as_array_mut().unwrap().remove(0))),
        ("users", &["save"], &switched, &|s| s["members"][anna]["assignable"] = json!(false)),
        ("users/anna.vogt", &["save"], &[("assignable", "on")], &|s| s["members"][anna]["assignable"] = json!(true)),
    ];
    for (part, pressed, other, change) in cases {
        let mut expected = stored(&desk.world).await;
        change(&mut expected);
        let page = send(&desk, &format!("/desk/d/{NORDSTERN}/settings/{part}"), pressed, other).await;
        assert!(matches!(page.status, 200 | 303) && !page.text.contains("class=\"error\""), "{part}: {} {}", page.status, page.text);
        assert_eq!(stored(&desk.world).await, expected, "{part} {pressed:?}");
    }
}

/// DIS-12: the list of absences shows what happens to the leads, and the history has it in words.
#[tokio::test]
async fn dis_12_the_list_of_absences_shows_the_hand_over() {
    let desk = Desk::new().await;
    desk.world.settings(fill).await;
    let mut browser = desk.signed_in(GROUP).await;
    let page = browser.get(&format!("/desk/d/{NORDSTERN}/settings/absences")).await;
    for text in ["to Ben Krause, and back on return", "by distribution"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let history = browser.get(&format!("/desk/d/{NORDSTERN}/settings/history")).await;
    assert!(history.text.contains("Hand-over: to Ben Krause, and back on return"), "{}", history.text);
}

/// What comes back with a row is the sender's, and may be anything.
#[tokio::test]
async fn a_row_with_anything_kept_is_refused_or_saved_and_never_fails() {
    let desk = Desk::new().await;
    desk.world.settings(fill).await;
    for kept in ["[1]", "null", "{", "{\"when\":\"x\",\"from\":[],\"user\":{}}", "{\"unknown\":1}", "\"x\""] {
        for (part, row) in [("absences", "absences.0"), ("routing", "routing_rules.0")] {
            let address = format!("/desk/d/{NORDSTERN}/settings/{part}");
            let page = send(&desk, &address, &["save"], &[(&format!("{row}.kept"), kept)]).await;
            assert!(page.status < 500, "{part} {kept}: {} {}", page.status, page.text);
        }
    }
}
