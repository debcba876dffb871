//! Sessions: whose they are, when they end, and from where forms may come.

use crate::support::console::{Desk, SESSION, URL};
use crate::support::world::{ADMIN, NORDSTERN, enquiry};
use http::Method;

const HOUR: i64 = 3_600;

fn leads() -> String {
    format!("/desk/d/{NORDSTERN}/leads")
}

/// DESK-1.
#[tokio::test]
async fn a_cookie_that_somebody_else_chose_never_becomes_a_session() {
    let desk = Desk::new().await;
    let mut victim = desk.browser();
    for planted in ["chosen", "AAAAAAAAAAAAAAAAAAAAAA.chosen", ".", ""] {
        victim.jar.insert(SESSION.to_owned(), planted.to_owned());
        let asked = victim.get(&leads()).await;
        assert_eq!(asked.status, 303, "{planted}");
        assert!(asked.header("location").starts_with("/desk/sign-in"), "{}", asked.header("location"));
        victim.sign_in(ADMIN, &leads()).await;
        assert_ne!(victim.jar[SESSION], planted);
        let mut attacker = desk.browser();
        attacker.jar.insert(SESSION.to_owned(), planted.to_owned());
        assert_eq!(attacker.get(&leads()).await.status, 303, "{planted}");
    }
    // The attacker's own session in the victim's browser is not the one that the victim's sign-in gets.
    let attacker = desk.signed_in("chris.center").await;
    let mut victim = desk.browser();
    victim.jar.insert(SESSION.to_owned(), attacker.jar[SESSION].clone());
    victim.sign_in(ADMIN, "/desk/sign-in").await;
    assert_ne!(victim.jar[SESSION], attacker.jar[SESSION]);
    assert!(victim.get("/desk/me").await.text.contains("Ingo Brandt"));
    assert!(attacker.clone().get("/desk/me").await.text.contains("Chris"));
}

/// DESK-1.
#[tokio::test]
async fn a_changed_cookie_opens_no_session() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(ADMIN).await;
    let other = desk.signed_in("chris.center").await;
    let (owner, random) = browser.jar[SESSION].split_once('.').unwrap();
    let (other_owner, _) = other.jar[SESSION].split_once('.').unwrap();
    for forged in
        [format!("{owner}.{}A", &random[..random.len() - 2]), format!("{other_owner}.{random}"), owner.to_owned(), format!("{owner}.")]
    {
        let mut forger = browser.clone();
        forger.jar.insert(SESSION.to_owned(), forged.clone());
        assert_eq!(forger.get(&leads()).await.status, 303, "{forged}");
    }
    assert_eq!(browser.clone().get(&leads()).await.status, 200);
}

/// DESK-1.
#[tokio::test]
async fn an_expired_session_asks_for_the_sign_in_and_returns_to_the_page() {
    let desk = Desk::new().await;
    let mut browser = desk.signed_in(ADMIN).await;
    // The access token ends with the session: it is renewed before.
    desk.wait(12 * HOUR - 30);
    assert_eq!(browser.get(&leads()).await.status, 200);
    desk.wait(60);
    let asked = browser.get(&leads()).await;
    assert_eq!((asked.status, asked.header("location")), (303, &*format!("/desk/sign-in?to=%2Fdesk%2Fd%2F{NORDSTERN}%2Fleads")));
    // The script must not follow to another site. It gets a status by which it loads the page anew.
    let part = browser.request(Method::GET, &leads(), &[("x-desk", "part")], "").await;
    assert_eq!((part.status, part.header("location")), (401, ""));
    assert_eq!(browser.sign_in(ADMIN, &leads()).await.status, 200);
}

/// DESK-1.
#[tokio::test]
async fn signing_out_ends_one_session_and_signing_out_everywhere_ends_all_of_the_user() {
    let desk = Desk::new().await;
    let (mut phone, mut computer, mut other) = (desk.signed_in(ADMIN).await, desk.signed_in(ADMIN).await, desk.signed_in(ADMIN).await);
    let mut colleague = desk.signed_in("anna.vogt").await;
    let kept = phone.clone();
    let sent = phone.send("/desk/sign-out", &[]).await;
    let arrived = phone.follow(sent).await;
    assert_eq!((arrived.status, arrived.address.as_str()), (200, "/desk/signed-out"));
    assert!(!phone.jar.contains_key(SESSION));
    assert_eq!(kept.clone().get(&leads()).await.status, 303, "the cookie alone opens nothing");
    assert_eq!(computer.get(&leads()).await.status, 200);
    computer.send("/desk/sign-out", &[("everywhere", "1")]).await;
    assert_eq!(other.get(&leads()).await.status, 303);
    assert_eq!(colleague.get(&leads()).await.status, 200);
    // Without a session, the sign-out is no error.
    assert_eq!(phone.send("/desk/sign-out", &[]).await.status, 303);
}

/// DESK-1.
#[tokio::test]
async fn a_form_of_another_site_is_refused_and_changes_nothing() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut browser = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/comment");
    for headers in [
        vec![],
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "http://console.example")],
        vec![("origin", "https://console.example.evil.example")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("sec-fetch-site", "none")],
        vec![("origin", URL), ("sec-fetch-site", "cross-site")],
        vec![("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
    ] {
        for path in [form.as_str(), "/desk/sign-out"] {
            let refused = browser.request(Method::POST, path, &headers, "text=forged&everywhere=1").await;
            assert_eq!(refused.status, 403, "{path} {headers:?}");
        }
    }
    let comments = desk.world.get(ADMIN, &format!("/leads/{lead}/comments")).await;
    assert_eq!(comments.body["elements"].as_array().map(Vec::len), Some(0), "{}", comments.body);
    assert_eq!(browser.get(&leads()).await.status, 200, "still signed in");
    assert_eq!(browser.send(&form, &[("text", "own"), ("key", "k")]).await.status, 303);
}
