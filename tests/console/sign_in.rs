//! The sign-in: back to the page that was asked for, and to no other site.

use crate::support::console::{BEGUN, Desk, SESSION, URL};
use crate::support::world::{ADMIN, NORDSTERN, Request, enquiry};
use http::Method;
use serde_json::json;

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// DESK-1.
#[tokio::test]
async fn the_sign_in_leads_to_the_very_page_that_was_asked_for() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    for page in [format!("/desk/leads/{lead}"), format!("/desk/d/{NORDSTERN}/leads?status=won&q=a%26b")] {
        let mut browser = desk.browser();
        let arrived = browser.sign_in(ADMIN, &page).await;
        assert_eq!((arrived.status, &arrived.address), (200, &page));
    }
    // The home has one address.
    for other in ["/", "/desk/"] {
        assert_eq!(desk.browser().get(other).await.header("location"), "/desk");
    }
    // Without a page, the first screen of the user's dealer.
    let arrived = desk.browser().sign_in(ADMIN, "/").await;
    assert!(arrived.status == 200 && arrived.address.starts_with(&format!("/desk/d/{NORDSTERN}/")), "{}", arrived.address);
}

/// DESK-1.
#[tokio::test]
async fn the_sign_in_leads_to_no_other_site() {
    let desk = Desk::new().await;
    for to in [
        "https://evil.example/",
        "//evil.example/desk/",
        "/\\evil.example",
        "\\\\evil.example",
        "/desk/\\evil.example",
        "/desk//evil.example",
        "/desk/../../evil",
        "/desk/..",
        "/desk/%2e%2e/reference",
        "/desk/.%2E/reference?a=b",
        "/desk/d/%2e/leads",
        "/desk/..%2freference",
        "/desk/a%5cb",
        "/desk/%0d%0aset-cookie:%20a=b",
        "/desk/\r\nset-cookie: a=b",
        "/desk/\tevil",
        "javascript:alert(1)",
        "console.example.evil.example/desk/",
        "/deskevil",
        "/reference",
        "/desk/sign-in?to=https://evil.example",
        "/desk/ me",
        "/desk/ü",
    ] {
        let mut browser = desk.browser();
        let back = browser.callback(ADMIN, &format!("/desk/sign-in?to={}", encoded(to))).await;
        let done = browser.get(&back).await;
        assert_eq!((done.status, done.header("location")), (303, "/desk"), "{to:?}");
    }
    // The same holds for the page to which a form leads.
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut browser = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/comment");
    let shown = browser.get(&format!("{form}?back={}", encoded("https://evil.example/"))).await;
    assert_eq!(shown.status, 200);
    // Links of the page may carry its address. None leads away.
    let named: Vec<&str> = shown.text.split('"').filter(|part| part.contains("evil")).collect();
    assert!(named.iter().all(|part| part.starts_with("/desk/") && part.contains("back=")), "{named:?}");
    let sent = browser.send(&form, &[("text", "a"), ("back", "//evil.example"), ("key", "k1")]).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*format!("/desk/leads/{lead}?done=comment")));
}

/// DESK-1.
#[tokio::test]
async fn a_sign_in_is_completed_only_by_the_browser_that_began_it() {
    let desk = Desk::new().await;
    let mut victim = desk.browser();
    // The attacker's own answer of the provider, as a link.
    let attackers = desk.browser().callback("chris.center", "/desk/").await;
    let refused = victim.get(&attackers).await;
    assert_eq!((refused.status, victim.jar.contains_key(SESSION)), (400, false), "{}", refused.text);
    // Also if the victim's browser has begun a sign-in of its own.
    let own = victim.callback(ADMIN, "/desk/").await;
    let refused = victim.get(&attackers).await;
    assert_eq!((refused.status, victim.jar.contains_key(SESSION)), (400, false), "the state is another");
    let state = own.split_once("state=").unwrap().1.to_owned();
    let forged = format!("/desk/sign-in/callback?code=forged&state={state}");
    assert_eq!((victim.get(&forged).await.status, victim.jar.contains_key(SESSION)), (502, false), "the provider does not know the code");
    assert_eq!(victim.get(&format!("/desk/sign-in/callback?error=access_denied&state={state}")).await.status, 403);
    assert_eq!(victim.get("/desk/sign-in/callback").await.status, 400);
    // Its own answer works, once.
    assert_eq!(victim.get(&own).await.status, 303);
    assert!(victim.jar.contains_key(SESSION) && !victim.jar.contains_key(BEGUN));
    assert_eq!(victim.get(&own).await.status, 400, "once");
}

/// PKCE: a stolen code is useless without the verifier in the browser's cookie.
#[tokio::test]
async fn a_stolen_code_is_useless_in_another_sign_in() {
    let desk = Desk::new().await;
    let stolen = desk.browser().callback(ADMIN, "/desk/").await;
    let code = stolen.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let mut thief = desk.browser();
    let own = thief.callback("chris.center", "/desk/").await;
    let state = own.split_once("state=").unwrap().1.to_owned();
    let tried = thief.get(&format!("/desk/sign-in/callback?code={code}&state={state}")).await;
    assert_eq!((tried.status, thief.jar.contains_key(SESSION)), (502, false), "{}", tried.text);
}

#[tokio::test]
async fn the_cookies_are_bound_to_the_console() {
    let desk = Desk::new().await;
    let mut browser = desk.browser();
    let begun = browser.get("/desk/sign-in").await;
    let back = browser.callback(ADMIN, "/desk/").await;
    let done = browser.get(&back).await;
    let page = browser.open("/desk/").await;
    let cookies: Vec<&String> = begun.cookies.iter().chain(&done.cookies).chain(&page.cookies).collect();
    assert!(cookies.len() >= 3, "{cookies:?}");
    for cookie in cookies {
        let has = |part: &str| cookie.split("; ").any(|one| one == part);
        assert!(cookie.starts_with("__Host-") && has("HttpOnly") && has("Secure") && has("SameSite=Lax") && has("Path=/"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let challenge = begun.header("location");
    assert!(challenge.starts_with(URL) && challenge.contains("code_challenge_method=S256"), "{challenge}");
}

#[tokio::test]
async fn a_person_whom_only_the_provider_knows_gets_a_page_that_says_so() {
    let desk = Desk::new().await;
    let hugo = desk.world.get("gina.group", "/users/hugo.office").await;
    let removed = Request::delete("gina.group", "/users/hugo.office").json(&json!({})).version(hugo.body["version"].as_u64().unwrap());
    assert_eq!(desk.world.call(removed).await.status, 200);
    let mut browser = desk.browser();
    let arrived = browser.sign_in("hugo.office", "/desk/").await;
    assert_eq!((arrived.status, browser.jar.contains_key(SESSION)), (403, false), "{}", arrived.text);
    // HEAD is answered like GET, and other methods are no pages.
    assert_eq!(browser.request(Method::HEAD, "/", &[], "").await.status, 303);
}
