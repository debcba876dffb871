//! What holds on every page: its fields are in the OpenAPI document, nothing stored becomes markup, foreign dealers do not exist.

use crate::support::console::{Browser, Desk, Page};
use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use forecourt_console::addresses;
use http::Method;
use serde_json::{Value, json};

/// The forms of each address with a name of a form in it, and the last parts that follow it.
const FORMS: &[(&str, &[&str])] = &[
    ("/desk/leads/{id}/{form}", &["comment", "event", "task", "deadline", "assignment", "status", "contact", "reaction", "claim"]),
    ("/desk/group/people/{user}/{form}", &["edit", "remove"]),
    ("/desk/group/webhooks/{webhook}/{form}", &["edit", "on", "off", "secret", "redelivery", "remove"]),
    ("/desk/me/absences/{dealer}/{form}", &["days", "hours"]),
    ("/desk/me/absences/{dealer}/{form}/{place}", &["remove"]),
];
/// The seller whose own pages are visited.
const SELLER: &str = "anna.vogt";
/// A text that becomes markup, or ends an attribute, on a page that does not escape it.
const SCRIPT: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

/// Ids of things that exist.
struct Things {
    names: Vec<(&'static str, String)>,
}

impl Things {
    /// Makes one of each.
    async fn make(world: &World) -> Self {
        let hook = json!({"url": "https://dms.example/hooks", "events": ["lead.created", "lead.assigned"]});
        let webhook = world.post("gina.group", "/webhooks", &hook).await.text("/id").to_owned();
        let lead = world.lead(&script_everywhere()).await;
        world.system.settle().await;
        let deliveries = world.get("gina.group", &format!("/webhooks/{webhook}/deliveries")).await;
        let delivery = deliveries.text("/deliveries/0/id").to_owned();
        let feed = world.post(SELLER, "/calendar-feeds", &json!({})).await.text("/id").to_owned();
        let away = format!("/dealers/{NORDSTERN}/users/{SELLER}/absences");
        let version = world.get(SELLER, &away).await.body["version"].as_u64().unwrap();
        let absences = json!({"absences": [{"from": "2026-12-21", "until": "2026-12-23", "deputy": "ben.krause"}]});
        let away = world.call(Request::put(SELLER, &away).json(&absences).version(version)).await;
        assert_eq!(away.status, 200, "{}", away.body);
        let names = vec![
            ("dealer", NORDSTERN.to_owned()),
            ("id", lead.to_string()),
            ("user", SELLER.to_owned()),
            ("webhook", webhook),
            ("delivery", delivery),
            ("feed", feed),
            ("place", "0".to_owned()),
        ];
        assert!(names.iter().all(|(_, id)| !id.is_empty()), "{names:?}");
        Self { names }
    }

    /// Returns the addresses of a screen with these ids, once for each of its forms.
    fn addresses(&self, path: &'static str) -> Vec<String> {
        let filled = |path: &str| self.names.iter().fold(path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        let all: Vec<String> = match FORMS.iter().find(|(known, _)| *known == path) {
            Some((_, forms)) => forms.iter().map(|form| filled(&path.replace("{form}", form))).collect(),
            None => vec![filled(path)],
        };
        assert!(all.iter().all(|address| !address.contains('{')), "add a good value, or the forms of {path}, to this file: {all:?}");
        all
    }
}

/// An enquiry with a script in every field of text.
fn script_everywhere() -> Value {
    let vehicle = json!({"make": SCRIPT, "model": SCRIPT, "trim": SCRIPT, "colour": SCRIPT, "remarks": SCRIPT, "stock_number": "GW-1"});
    json!({
        "type": "used_car", "source": SCRIPT, "external_id": SCRIPT, "message": SCRIPT, "vehicle": vehicle, "trade_in": vehicle,
        "contact": {"first_name": SCRIPT, "last_name": SCRIPT, "company": SCRIPT, "street": SCRIPT, "city": SCRIPT,
            "email": "jana@example.com", "phone": format!("0171 2345678 {SCRIPT}")},
    })
}

/// Fills every list of a lead with texts that hold a script.
async fn elements_with_script(desk: &Desk, lead: &str) {
    let path = |part: &str| format!("/leads/{lead}/{part}");
    let vehicle = json!({"make": SCRIPT, "model": SCRIPT});
    let price = json!({"amount": 100, "currency": "EUR"});
    for (part, body) in [
        ("comments", json!({"text": SCRIPT})),
        ("events", json!({"title": SCRIPT, "type": "phone_outbound", "at": "2026-11-24T09:00:00+01:00", "notes": SCRIPT})),
        ("tasks", json!({"title": SCRIPT, "start": "2026-11-24T09:00:00+01:00", "minutes": 30})),
        ("deadlines", json!({"title": SCRIPT, "at": "2026-11-25T09:00:00+01:00"})),
        ("quotes", json!({"vehicle": vehicle, "price": price, "notes": SCRIPT, "lines": [{"text": SCRIPT, "amount": 100}]})),
        ("test-drives", json!({"vehicle": vehicle, "at": "2026-11-25T09:00:00+01:00", "notes": SCRIPT})),
        ("trade-ins", json!({"vehicle": vehicle, "notes": SCRIPT})),
        ("contacts", json!({"last_name": SCRIPT, "company": SCRIPT, "emails": ["second@example.com"]})),
    ] {
        let made = desk.world.post(ADMIN, &path(part), &body).await;
        assert_eq!(made.status, 201, "{part}: {}", made.body);
    }
}

/// The browser of a person who sees the screen.
fn visitor<'b, 'd>(path: &str, own: &'b mut Browser<'d>, group: &'b mut Browser<'d>) -> &'b mut Browser<'d> {
    if path.starts_with("/desk/me") { own } else { group }
}

/// Checks what holds for every page of HTML.
fn check(page: &Page) {
    let at = &page.address;
    assert!(!page.text.contains("<script>") && !page.text.contains("<img src=x"), "{at}: a stored text is markup: {}", page.text);
    assert!(!page.text.contains("\"'>"), "{at}: a stored text ends an attribute: {}", page.text);
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
#[tokio::test]
async fn every_screen_has_documented_fields_three_requests_and_no_stored_markup() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    let lead = things.names.iter().find(|(name, _)| *name == "id").unwrap().1.clone();
    elements_with_script(&desk, &lead).await;
    let (mut own, mut group) = (desk.signed_in(SELLER).await, desk.signed_in("gina.group").await);
    let mut escaped = 0;
    for path in addresses().into_iter().filter(|(method, _)| *method == "GET").map(|(_, path)| path) {
        for address in things.addresses(path) {
            desk.asked();
            let page = visitor(path, &mut own, &mut group).get(&address).await;
            assert!(matches!(page.status, 200 | 303), "{address}: {} {}", page.status, page.text);
            check(&page);
            let asked: Vec<String> = desk.asked().into_iter().filter(|asked| asked != "GET /me").collect();
            assert!(asked.len() <= 3, "{address} asks {asked:?}");
            escaped += page.text.matches("&lt;script&gt;").count();
        }
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
    let (mut own, mut group) = (desk.signed_in(SELLER).await, desk.signed_in("gina.group").await);
    for path in addresses().into_iter().filter(|(method, _)| *method == "GET").map(|(_, path)| path) {
        for address in things.addresses(path) {
            desk.asked();
            let page = visitor(path, &mut own, &mut group).request(Method::HEAD, &address, &[], "").await;
            assert_eq!((page.status, page.text.as_str()), (200, ""), "{address}");
            let asked: Vec<String> = desk.asked().into_iter().filter(|asked| asked != "GET /me").collect();
            assert_eq!(asked, Vec::<String>::new(), "{address}");
        }
    }
    assert_eq!(own.request(Method::HEAD, "/desk/nothing", &[], "").await.status, 404);
    assert_eq!(desk.browser().request(Method::HEAD, "/desk/me", &[], "").await.status, 303, "without a session");
}

/// ACC-2: every page and every form of a dealer or a lead is 404 for a person of another dealer.
#[tokio::test]
async fn acc_2_the_pages_of_a_foreign_dealer_do_not_exist() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    let mut foreign = desk.signed_in("alice.moore").await;
    let mut visited = 0;
    for (method, path) in addresses().into_iter().filter(|(_, path)| path.contains("{dealer}") || path.contains("{id}")) {
        for address in things.addresses(path) {
            let page = if method == "GET" { foreign.get(&address).await } else { foreign.send(&address, &[("key", "k")]).await };
            assert_eq!(page.status, 404, "{method} {address}: {}", page.text);
            assert!(!page.text.contains("script&gt;"), "{address}");
            visited += 1;
        }
    }
    assert!(visited > 10, "{visited}");
}

/// ACC-1: what a role may not do is not offered, and refused if it is asked for anyway.
#[tokio::test]
async fn acc_1_the_group_is_offered_to_those_who_may_see_it() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    for (who, people, webhooks, log, exports) in [
        (SELLER, 403, 403, 403, 403),
        (ADMIN, 200, 403, 403, 403),
        ("gina.group", 200, 200, 200, 403),
        ("hugo.office", 200, 403, 403, 200),
        ("chris.center", 403, 403, 403, 403),
        ("otto.operator", 200, 403, 200, 403),
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
        ] {
            let page = browser.get(address).await;
            assert_eq!(page.status, status, "{who} {address}: {}", page.text);
            if people == 200 {
                let tabs = browser.get("/desk/group/people").await;
                assert_eq!(tabs.text.contains(&format!("href=\"{address}\"")), status == 200, "{who} {address}");
            }
        }
        let person = browser.get(&things.addresses("/desk/group/people/{user}")[0]).await;
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
        for address in things.addresses(path) {
            let page = if method == "GET" { browser.get(&address).await } else { browser.send(&address, &[("key", "k")]).await };
            assert_eq!((page.status, page.text.as_str()), (303, ""), "{method} {address}");
            assert!(page.header("location").starts_with("/desk/sign-in"), "{method} {address}");
        }
    }
    assert_eq!(browser.request(Method::DELETE, "/desk/me", &[], "").await.status, 403);
}
