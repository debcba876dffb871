//! Security of forms and files: requests that are no form of a page, sizes, and headers for caches.

use super::things::SELLER;
use crate::support::console::{Desk, URL};
use crate::support::world::{ADMIN, NORDSTERN, enquiry};
use forecourt_console::{MOST_WITH_FILE, addresses};
use http::Method;

/// The headers of a form of a page.
const OWN: [(&str, &str); 2] = [("origin", URL), ("sec-fetch-site", "same-origin")];

/// DESK-1: no address with an effect takes it from GET, whatever the address says: a link or a picture changes nothing.
#[tokio::test]
async fn a_link_carries_out_no_form() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut browser = desk.signed_in(ADMIN).await;
    let before = desk.world.get(ADMIN, &format!("/leads/{lead}")).await;
    for query in [
        format!("/desk/leads/{lead}/comment?text=forged&key=k1"),
        format!("/desk/leads/{lead}/status?status=lost&reason=price&key=k2&version=1"),
        format!("/desk/leads/{lead}/claim?key=k3"),
        format!("/desk/leads/{lead}/document/announcement?title=a&content_type=application%2Fpdf&bytes=1&key=k4"),
        format!("/desk/d/{NORDSTERN}/leads/plan?leads={lead}&event.title=a&event.type=sms&event.at=2026-11-24&key=k5"),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let page = browser.request(method.clone(), &query, &OWN, "").await;
            assert!(matches!(page.status, 200 | 404), "{method} {query}: {}", page.status);
        }
    }
    assert_eq!(browser.get("/desk/sign-out?everywhere=1").await.status, 404);
    // A form that was sent under another method, by a name in it, is none.
    for headers in [("x-http-method-override", "POST"), ("x-method-override", "POST")] {
        browser.request(Method::GET, &format!("/desk/leads/{lead}/comment"), &[headers], "text=forged&key=k&_method=POST").await;
    }
    let after = desk.world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!((&after.body["version"], &after.body["counts"]), (&before.body["version"], &before.body["counts"]));
    assert_eq!(desk.world.get(ADMIN, &format!("/leads/{lead}/comments")).await.body["elements"].as_array().map(Vec::len), Some(0));
}

/// DESK-1: every address that takes a form refuses that of another site, in each encoding that a page can send without asking.
#[tokio::test]
async fn every_form_of_another_site_is_refused_in_every_encoding() {
    let desk = Desk::new().await;
    let mut browser = desk.signed_in(ADMIN).await;
    let encodings = ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=b", ""];
    let mut refused = 0;
    for path in addresses().into_iter().filter(|(method, _)| *method == "POST").map(|(_, path)| path).chain(["/desk/sign-out".to_owned()]) {
        desk.asked();
        for encoding in encodings {
            for from in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "same-site"), ("sec-fetch-site", "")] {
                let path = path.replace(['{', '}'], "");
                let page = browser.request(Method::POST, &path, &[from, ("content-type", encoding)], "text=a&key=k").await;
                assert_eq!(page.status, 403, "{path} {encoding} {from:?}");
                refused += 1;
            }
        }
        assert_eq!(desk.asked(), Vec::<String>::new(), "{path} asks the API nothing");
    }
    assert!(refused > 300, "{refused}");
    // Other methods are refused in the same way, and are no pages.
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        assert_eq!(browser.request(method.clone(), "/desk/me", &[("origin", "https://evil.example")], "").await.status, 403, "{method}");
        assert_eq!(browser.request(method.clone(), "/desk/me", &OWN, "").await.status, 404, "{method}");
    }
}

/// DESK-4: a form that is larger than any of a page is refused with a page, before anything is asked of the API.
#[tokio::test]
async fn a_form_has_a_size() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut browser = desk.signed_in(ADMIN).await;
    let address = format!("/desk/leads/{lead}/comment");
    browser.get(&address).await;
    desk.asked();
    let urlencoded = ("content-type", "application/x-www-form-urlencoded");
    let multipart = ("content-type", "multipart/form-data; boundary=b");
    for (media_type, size) in [(urlencoded, 1_048_577), (multipart, MOST_WITH_FILE + 1)] {
        let body = format!("key=k&text={}", "a".repeat(size));
        let page = browser.request(Method::POST, &address, &[OWN[0], OWN[1], media_type], &body).await;
        assert!(page.status == 413 && page.text.contains("<h1>") && page.text.len() < 10_000, "{}", page.status);
        assert_eq!(desk.asked(), Vec::<String>::new());
    }
    // The largest form is read, and refused by the API for its text. What was typed comes back.
    let body = format!("key=k&text={}", "a".repeat(1_000_000));
    let page = browser.request(Method::POST, &address, &[OWN[0], OWN[1], urlencoded], &body).await;
    assert!(page.status == 422 && page.text.len() > 1_000_000, "{}", page.status);
    // Many fields, or many parameters, cost no more than their bytes.
    let many = "lines.0.text=a&".repeat(60_000);
    let page = browser.request(Method::POST, &format!("/desk/leads/{lead}/quote"), &[OWN[0], OWN[1], urlencoded], &many).await;
    assert_eq!(page.status, 422, "{}", page.text);
    let page = browser.get(&format!("/desk/d/{NORDSTERN}/leads?{}", "a=b&".repeat(2_000))).await;
    assert!(matches!(page.status, 200 | 422), "{}", page.status);
}

/// DESK-1: a cache keeps no page, also not for the part that a script asks for, and every file for good.
#[tokio::test]
async fn no_cache_keeps_a_page() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut browser = desk.signed_in(SELLER).await;
    for address in ["/desk/me".to_owned(), format!("/desk/d/{NORDSTERN}/leads"), format!("/desk/leads/{lead}"), "/desk/nothing".to_owned()]
    {
        for headers in [vec![], vec![("x-desk", "part")]] {
            let page = browser.request(Method::GET, &address, &headers, "").await;
            assert_eq!(page.header("cache-control"), "no-store", "{address} {headers:?}");
            assert!(page.header("vary").contains("cookie"), "{address}: {}", page.header("vary"));
        }
    }
    let first = browser.get("/desk/me").await;
    let part = browser.request(Method::GET, "/desk/me", &[("x-desk", "part")], "").await;
    let unchanged = browser.request(Method::GET, "/desk/me", &[("x-desk", "part"), ("if-none-match", part.header("etag"))], "").await;
    assert_eq!((unchanged.status, unchanged.text.as_str(), unchanged.header("cache-control")), (304, "", "no-store"));
    // The tag of a whole page is not that of its part, and that of another reader is of no use.
    let whole = browser.request(Method::GET, "/desk/me", &[("x-desk", "part"), ("if-none-match", first.header("etag"))], "").await;
    assert_eq!(whole.status, 200);
    let mut other = desk.signed_in(ADMIN).await;
    let theirs = other.request(Method::GET, "/desk/me", &[("x-desk", "part"), ("if-none-match", part.header("etag"))], "").await;
    assert!(theirs.status == 200 && theirs.text.contains("<h1>"), "{}", theirs.status);
    for file in first.text.split('"').filter(|part| part.starts_with("/desk/assets/")) {
        let kept = desk.browser().get(file).await;
        assert_eq!((kept.status, kept.header("cache-control")), (200, "public, max-age=31536000, immutable"), "{file}");
        assert!(kept.cookies.is_empty(), "{file}");
    }
}
