//! Help: pages of problems, what an empty page offers, the tour, the glossary, the list of exports that were begun.

use crate::support::console::{Desk, Page};
use crate::support::world::{ADMIN, NORDSTERN, enquiry};
use crate::support::{files, root};
use forecourt_console::text_keys;
use http::Method;

/// The page of Today at the demo's German dealer.
fn today() -> String {
    format!("/desk/d/{NORDSTERN}/today")
}

/// The title of a page without the frame.
fn title(page: &Page) -> &str {
    page.text.split_once("<title>").and_then(|(_, rest)| rest.split_once(" · Forecourt")).map_or("", |(title, _)| title)
}

/// The address of the next screen of the tour. `None` on the last one, and without a tour.
fn next_step(page: &Page) -> Option<String> {
    let (_, rest) = page.text.split_once("<aside class=\"tour\"")?;
    let (aside, _) = rest.split_once("</aside>")?;
    let (_, rest) = aside.split_once("<a class=\"button\" href=\"")?;
    rest.split('"').next().map(str::to_owned)
}

/// DESK-2, DESK-3: a right that is missing is named in the user's language, whichever the browser's is.
#[tokio::test]
async fn lead_9_a_page_that_needs_a_right_names_it_in_the_users_language_and_leads_back() {
    let desk = Desk::new().await;
    let mut anna = desk.signed_in("anna.vogt").await;
    anna.language = "nl";
    let from = format!("{}{}", crate::support::console::URL, today());
    let refused = anna.request(Method::GET, "/desk/group/webhooks", &[("referer", &from)], "").await;
    assert_eq!(refused.status, 403);
    for part in ["<html lang=\"de\">", "Webhooks verwalten", "Bitten Sie den Administrator"] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    assert!(!refused.text.contains("manage_webhooks") && refused.text.contains(&format!("href=\"{}\"", today())), "{}", refused.text);
    // A page of another site is no way back.
    let refused = anna.request(Method::GET, "/desk/group/webhooks", &[("referer", "https://evil.example/desk/x")], "").await;
    assert!(!refused.text.contains("evil"), "{}", refused.text);
}

/// DESK-1, DESK-3: without a session, the language is the browser's.
#[tokio::test]
async fn the_pages_of_a_sign_in_that_fails_are_in_the_browsers_language_and_offer_another_one() {
    let desk = Desk::new().await;
    for (language, words) in [("de", "Anmelden"), ("nl", "Aanmelden"), ("en", "Sign in")] {
        let mut browser = desk.browser();
        browser.language = language;
        let lost = browser.get("/desk/sign-in/callback?state=x&code=y").await;
        assert!(lost.status == 400 && lost.text.contains(&format!("<html lang=\"{language}\">")), "{}", lost.text);
        assert!(lost.text.contains("href=\"/desk/sign-in\"") && lost.text.contains(words), "{}", lost.text);
    }
}

/// A problem that the script asks for is a part of a page, and one that does not exist is not explained in English.
#[tokio::test]
async fn a_problem_fits_into_the_dialog_that_asked_for_it() {
    let desk = Desk::new().await;
    let mut anna = desk.signed_in("anna.vogt").await;
    let missing = anna.request(Method::GET, "/desk/leads/4829130576", &[("x-desk", "part")], "").await;
    assert!(missing.status == 404 && !missing.text.contains("<html") && missing.text.contains("<h1>"), "{}", missing.text);
    assert!(!missing.text.contains("there is no such"), "{}", missing.text);
    assert_eq!(title(&anna.get("/desk/nothing").await), "Diese Seite gibt es nicht");
}

/// DESK-3, DESK-4: a refused field is explained in German.
#[tokio::test]
async fn a_refused_field_is_explained_in_the_users_language() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let mut browser = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/event");
    let typed = [("title", "Anruf"), ("type", "phone_outbound"), ("at", "2066-11-24T10:00"), ("key", "k1")];
    let refused = browser.send(&form, &typed).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("zehn Jahre") && !refused.text.contains("ten years"), "{}", refused.text);
}

/// An empty Today offers what the reader may do, and nothing else.
#[tokio::test]
async fn an_empty_page_says_what_the_reader_can_do_first() {
    let desk = Desk::new().await;
    for (who, parts, absent) in [
        ("anna.vogt", vec!["/desk/me\""], vec!["settings/mailbox", "appointments/new", "/desk/group/overview\""]),
        (ADMIN, vec!["settings/mailbox", "settings/users"], vec!["/desk/group/overview\"", "appointments/new"]),
        ("hugo.office", vec!["/desk/group/overview\""], vec!["settings/mailbox", "beside a lead", "Add tasks"]),
        ("chris.center", vec!["/find\"", "appointments/new"], vec!["settings/mailbox", "beside a lead"]),
    ] {
        let mut browser = desk.signed_in(who).await;
        let page = browser.get(&today()).await;
        let (_, main) = page.text.split_once("<main").unwrap();
        for part in parts {
            assert!(main.contains(part), "{who} lacks {part}: {main}");
        }
        for part in absent {
            assert!(!main.contains(part), "{who} sees {part}: {main}");
        }
        let tasks = browser.get(&format!("/desk/d/{NORDSTERN}/tasks")).await;
        assert_eq!(tasks.status, if who == "chris.center" { 403 } else { 200 }, "{who}");
    }
    // One character finds nothing, which is no problem of the page.
    let short = desk.signed_in(ADMIN).await.get(&format!("/desk/d/{NORDSTERN}/find?q=x")).await;
    assert_eq!(short.status, 200, "{}", short.text);
}

/// The tour leads through the screens of each role, each of which the role may see, until the user ends it.
#[tokio::test]
async fn the_tour_leads_each_role_through_its_screens_until_it_is_ended() {
    let desk = Desk::new().await;
    for (who, steps) in [("anna.vogt", 5), (ADMIN, 5), ("gina.group", 5), ("hugo.office", 4), ("chris.center", 3), ("otto.operator", 2)] {
        let mut browser = desk.signed_in(who).await;
        let mut page = browser.open("/desk/").await;
        let mut seen = 1;
        while let Some(next) = next_step(&page) {
            page = browser.get(&next).await;
            assert_eq!(page.status, 200, "{who} {next}: {}", page.text);
            seen += 1;
        }
        assert_eq!(seen, steps, "{who}: {}", page.text);
        let ended = browser.send("/desk/help/tour", &[("state", "off"), ("back", &page.address)]).await;
        assert_eq!((ended.status, ended.header("location")), (303, &*page.address), "{who}");
        assert!(!browser.open("/desk/").await.text.contains("class=\"tour\""), "{who}");
        // The same user may begin it again.
        browser.send("/desk/help/tour", &[("state", "on")]).await;
        assert!(browser.open("/desk/").await.text.contains("class=\"tour\""), "{who}");
    }
}

/// Every term that a page links to is in the glossary, and every rule that the glossary names exists.
#[tokio::test]
async fn every_term_that_a_page_links_to_is_explained() {
    let desk = Desk::new().await;
    let page = desk.signed_in(ADMIN).await.get("/desk/help").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let mut linked = 0;
    for file in files(&root().join("functions/console/src"), "html") {
        let text = std::fs::read_to_string(&file).unwrap();
        for term in text.split("{{ help(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.text.contains(&format!("<dt id=\"{term}\">")), "{}: {term}", file.display());
            linked += 1;
        }
    }
    assert!(linked > 20, "{linked}");
    let terms = text_keys()["en"].iter().filter(|key| key.starts_with("help.term.") && key.ends_with(".title")).count();
    assert_eq!(page.text.matches("<dt id=\"").count(), terms);
    let rules = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    for rule in page.text.split("/reference/rules#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(rules.contains(&format!("<a id=\"{rule}\"></a>")), "{rule}");
    }
    // A manager also finds the settings with the sentences beside their fields; a seller does not see them.
    assert!(page.text.contains("id=\"part-escalation\""), "{}", page.text);
    assert!(!desk.signed_in("anna.vogt").await.get("/desk/help").await.text.contains("id=\"part-escalation\""));
}

/// EXP-3: an export that is being prepared is found again.
#[tokio::test]
async fn exp_3_an_export_that_was_begun_is_in_the_list_of_its_user() {
    let desk = Desk::new().await;
    let mut hugo = desk.signed_in("hugo.office").await;
    let list = "/desk/group/exports";
    let mut begun = Vec::new();
    for key in ["k1", "k2", "k3"] {
        let sent = hugo.send(&format!("{list}/new/leads"), &[("format", "csv"), ("key", key)]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        begun.push(sent.header("location").split('?').next().unwrap().to_owned());
    }
    desk.asked();
    let page = hugo.get(list).await;
    let asked: Vec<String> = desk.asked().into_iter().filter(|asked| asked != "GET /me").collect();
    assert!(asked.len() <= 3, "{asked:?}");
    for address in &begun {
        assert!(page.text.contains(&format!("href=\"{address}\"")), "{address}: {}", page.text);
    }
    // Also in another browser.
    let mut elsewhere = desk.signed_in("hugo.office").await;
    assert!(elsewhere.get(list).await.text.contains(&begun[0]));
}

/// EXP-1, EXP-2: an administrator of a dealer that allows it finds the downloads, exports in the form of the own country, and does not see
/// the log of head office.
#[tokio::test]
async fn exp_1_an_administrator_exports_the_own_dealer_and_sees_no_log() {
    let desk = Desk::new().await;
    desk.world.settings(|settings| settings.own_exports = true).await;
    let list = "/desk/group/exports";
    let mut admin = desk.signed_in("ingo.brandt").await;
    assert!(admin.get("/desk/group/people").await.text.contains(list));
    let page = admin.get(list).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(!page.text.contains("<table"), "{}", page.text);
    let form = admin.get(&format!("{list}/new/leads")).await;
    assert!(form.text.contains("csv_semicolon") && !form.text.contains("harbour-cars-demo"), "{}", form.text);
    let sent = admin.send(&format!("{list}/new/leads"), &[("format", "csv_semicolon")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let page = admin.get(sent.header("location")).await;
    assert!(page.text.contains("CSV mit Semikolons"), "{}", page.text);
}
