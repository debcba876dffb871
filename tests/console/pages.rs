//! What holds on every page: its fields are in the OpenAPI document, nothing stored becomes markup, foreign dealers do not exist.

use super::things::{GROUP, OFFICE, SELLER, Things};
use crate::support::console::{Browser, Desk, Page};
use crate::support::world::ADMIN;
use forecourt_console::addresses;
use http::Method;
use std::collections::BTreeMap;

/// The person who sees a screen.
fn visitor(address: &str) -> &'static str {
    match address {
        _ if address.starts_with("/desk/me") => SELLER,
        _ if address.starts_with("/desk/group/exports") => OFFICE,
        _ => GROUP,
    }
}

/// A browser for each visitor.
async fn signed_in(desk: &Desk) -> BTreeMap<&'static str, Browser<'_>> {
    let mut browsers = BTreeMap::new();
    for who in [SELLER, GROUP, OFFICE] {
        browsers.insert(who, desk.signed_in(who).await);
    }
    browsers
}

/// Checks what holds for every page of HTML.
fn check(page: &Page) {
    let at = &page.address;
    // A browser saves a file, and does not show it.
    if !page.is_file() {
        assert!(!page.text.contains("<script>") && !page.text.contains("<img src=x"), "{at}: a stored text is markup: {}", page.text);
        assert!(!page.text.contains("\"'>"), "{at}: a stored text ends an attribute: {}", page.text);
    }
    for inline in [" style=", " onclick=", " onload=", " onsubmit=", " onchange=", "<style", "javascript:"] {
        assert!(!page.text.contains(inline), "{at}: the policy forbids {inline}");
    }
    assert_eq!(page.header("cache-control"), "no-store", "{at}");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{at}: {policy}");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{at}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("strict-transport-security", "max-age=31536000"),
    ] {
        assert_eq!(page.header(name), value, "{at}");
    }
}

/// Every address: it answers, with at most three requests to the API, fields that the document has, and no markup of others.
/// DESK-5: the browser of the test has no script.
#[tokio::test]
async fn every_screen_has_documented_fields_three_requests_and_no_stored_markup() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    let mut browsers = signed_in(&desk).await;
    let mut escaped = 0;
    let tabs = ["?tab=thread", "?tab=follow-up", "?tab=contacts", "/raw?communication={communications}"];
    let tabs = tabs.map(|tab| format!("/desk/leads/{{id}}{tab}"));
    let screens = addresses().into_iter().filter(|(method, _)| *method == "GET").map(|(_, path)| path);
    for address in screens.chain(tabs).map(|path| things.address(&path)) {
        desk.asked();
        let page = browsers.get_mut(visitor(&address)).unwrap().get(&address).await;
        // Nothing waits for an approval.
        let is_none = address.ends_with("/first-contact-approve") && page.status == 404;
        assert!(is_none || matches!(page.status, 200 | 303), "{address}: {} {}", page.status, page.text);
        check(&page);
        let asked: Vec<String> = desk.asked().into_iter().filter(|asked| asked != "GET /me").collect();
        assert!(asked.len() <= 3, "{address} asks {asked:?}");
        escaped += page.text.matches("&lt;script&gt;").count();
    }
    assert!(escaped > 20, "only {escaped} texts were shown");
    assert_eq!(desk.shapes.faults(), Vec::<String>::new());
}

/// A page of a problem, a redirect and a file have the same headers.
#[tokio::test]
async fn headers_are_the_same_on_problems_and_redirects_and_files_are_kept() {
    let desk = Desk::new().await;
    let mut browser = desk.signed_in(ADMIN).await;
    for address in ["/desk/leads/1", "/desk/nothing", "/desk/", "/desk/sign-in/callback", "/desk/signed-out", "/"] {
        check(&browser.get(address).await);
    }
    let page = browser.get("/desk/me").await;
    check(&page);
    let files: Vec<&str> = page.text.split('"').filter(|part| part.starts_with("/desk/assets/")).collect();
    assert!(files.iter().any(|file| file.ends_with(".css")) && files.iter().any(|file| file.ends_with(".js")), "{files:?}");
    for file in files {
        let file = desk.browser().get(file).await;
        assert_eq!((file.status, file.header("cache-control")), (200, "public, max-age=31536000, immutable"));
        assert_eq!(file.header("x-content-type-options"), "nosniff");
    }
}

/// EXP-2, ACC-1: HEAD, which mail programs and checkers of links send, has no effect: no download and no search is logged.
#[tokio::test]
async fn exp_2_head_of_a_page_asks_the_api_for_nothing() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    let mut browsers = signed_in(&desk).await;
    for address in addresses().into_iter().filter(|(method, _)| *method == "GET").map(|(_, path)| things.address(&path)) {
        desk.asked();
        let page = browsers.get_mut(visitor(&address)).unwrap().request(Method::HEAD, &address, &[], "").await;
        assert_eq!((page.status, page.text.as_str()), (200, ""), "{address}");
        let asked: Vec<String> = desk.asked().into_iter().filter(|asked| asked != "GET /me").collect();
        assert_eq!(asked, Vec::<String>::new(), "{address}");
    }
    let own = browsers.get_mut(SELLER).unwrap();
    assert_eq!(own.request(Method::HEAD, "/desk/nothing", &[], "").await.status, 404);
    assert_eq!(desk.browser().request(Method::HEAD, "/desk/me", &[], "").await.status, 303, "without a session");
}

/// ACC-2: every page and every form of a dealer or a lead is 404 for a person of another dealer.
/// DESK-2.
#[tokio::test]
async fn acc_2_the_pages_of_a_foreign_dealer_do_not_exist() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    let mut foreign = desk.signed_in("alice.moore").await;
    let mut visited = 0;
    for (method, path) in addresses().into_iter().filter(|(_, path)| path.contains("{dealer}") || path.contains("{id}")) {
        let address = things.address(&path);
        let page = if method == "GET" { foreign.get(&address).await } else { foreign.send(&address, &[("key", "k")]).await };
        // The pages of the group need a right that no person of a dealer has.
        let expected = if address.starts_with("/desk/group/") { 403 } else { 404 };
        assert_eq!(page.status, expected, "{method} {address}: {}", page.text);
        assert!(!page.text.contains("script&gt;"), "{address}");
        visited += 1;
    }
    assert!(visited > 10, "{visited}");
}

/// ACC-1: what a role may not do is not offered, and refused if it is asked for anyway.
/// DESK-2.
#[tokio::test]
async fn acc_1_the_group_is_offered_to_those_who_may_see_it() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    for (who, people, webhooks, log, exports, privacy) in [
        (SELLER, 403, 403, 403, 403, 403),
        (ADMIN, 200, 403, 403, 403, 403),
        ("gina.group", 200, 200, 200, 403, 200),
        ("hugo.office", 200, 403, 403, 200, 403),
        ("chris.center", 403, 403, 403, 403, 403),
        ("otto.operator", 200, 403, 200, 403, 403),
    ] {
        let mut browser = desk.signed_in(who).await;
        let menu = browser.get("/desk/me").await;
        // The contact centre reads the overviews of several dealers, which are parts of the group too.
        let offered = people == 200 || webhooks == 200 || who == "chris.center";
        assert_eq!(menu.text.contains("\"/desk/group\""), offered, "{who}");
        for (address, status) in [
            ("/desk/group/people", people),
            ("/desk/group/webhooks", webhooks),
            ("/desk/group/access-log", log),
            ("/desk/group/exports", exports),
            ("/desk/group/privacy", privacy),
        ] {
            let page = browser.get(address).await;
            assert_eq!(page.status, status, "{who} {address}: {}", page.text);
            if people == 200 {
                let tabs = browser.get("/desk/group/people").await;
                assert_eq!(tabs.text.contains(&format!("href=\"{address}\"")), status == 200, "{who} {address}");
            }
        }
        let person = browser.get(&things.address("/desk/group/people/{user}")).await;
        let offered = person.text.contains("/edit\"");
        assert_eq!(offered, matches!(who, "gina.group" | "otto.operator"), "{who}");
    }
}

/// A page without a session shows nothing, and leads to the sign-in.
#[tokio::test]
async fn no_page_is_shown_without_a_session() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    let mut browser = desk.browser();
    for (method, path) in addresses() {
        let address = things.address(&path);
        let page = if method == "GET" { browser.get(&address).await } else { browser.send(&address, &[("key", "k")]).await };
        assert_eq!((page.status, page.text.as_str()), (303, ""), "{method} {address}");
        assert!(page.header("location").starts_with("/desk/sign-in"), "{method} {address}");
    }
    assert_eq!(browser.request(Method::DELETE, "/desk/me", &[], "").await.status, 403);
}
