//! Security of the sign-in: providers that are not the configured one, the twin of the local run, and addresses that lead elsewhere.

use crate::support::console::{BEGUN, Desk, SESSION, URL};
use crate::support::world::{ADMIN, NORDSTERN, World, enquiry};
use crate::support::{files, root};
use async_trait::async_trait;
use axum::body::Bytes;
use forecourt_console::api::Api;
use forecourt_console::sign_in::SignIn;
use forecourt_console::{Console, Http, NoAnswer, Parts};
use forecourt_local::gateway::{self, Incoming};
use forecourt_local::provider;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::sync::Arc;

const ISSUER: &str = "https://id.example";

/// A network whose only answer is a discovery document.
struct Discovery(Value);

#[async_trait]
impl Http for Discovery {
    async fn send(&self, _: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NoAnswer> {
        Ok(http::Response::new(self.0.to_string().into_bytes()))
    }
}

/// A console at `url`, with a provider that publishes this document.
fn console(world: &World, url: &str, document: Value) -> Console {
    let http = Arc::new(Discovery(document));
    Console::new(Parts {
        api: Api::new(http.clone(), url),
        http,
        url: url.to_owned(),
        store: world.store.clone(),
        sign_in: SignIn::new(ISSUER, "console", &[]),
        clock: world.system.platform.clock.clone(),
        wall: world.system.platform.wall.clone(),
        upload_origin: "https://files.example".to_owned(),
    })
}

fn document(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": "https://login.example/authorize",
        "token_endpoint": "https://login.example/token",
        "end_session_endpoint": "https://bye.example/logout",
    })
}

/// Returns status, headers and cookies of the answer to GET.
async fn get(console: &Console, path: &str) -> (i64, HeaderMap, Vec<String>) {
    let uri = path.parse().unwrap();
    let event = gateway::open_event(Incoming { uri: &uri, headers: HeaderMap::new(), body: &Bytes::new() });
    let answer = console.handle(event).await;
    (answer.status_code, answer.headers, answer.cookies)
}

/// DESK-1: the document of another issuer sends nobody anywhere. A slash at the end makes no other issuer.
#[tokio::test]
async fn only_the_document_of_the_configured_issuer_is_used() {
    let world = World::new().await;
    for (issuer, status) in
        [("https://evil.example", 502), ("https://id.example.evil.example", 502), (ISSUER, 303), ("https://id.example/", 303)]
    {
        let (got, headers, cookies) = get(&console(&world, URL, document(issuer)), "/desk/sign-in").await;
        assert_eq!(got, status, "{issuer}");
        assert_eq!((headers.contains_key("location"), cookies.is_empty()), (status == 303, status == 502), "{issuer}");
    }
    let (status, _, _) = get(&console(&world, URL, json!({"error": "not_found"})), "/desk/sign-in").await;
    assert_eq!(status, 502);
}

/// DESK-1: forms may lead to the hosts of the provider, as a browser checks each redirect; scripts may reach the uploads, and no more.
#[tokio::test]
async fn the_policy_names_the_hosts_of_the_provider_and_of_the_uploads() {
    let world = World::new().await;
    let console = console(&world, URL, document(ISSUER));
    get(&console, "/desk/sign-in").await;
    let (status, headers, _) = get(&console, "/desk/signed-out").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    let parts: Vec<&str> = policy.split("; ").collect();
    let wanted = [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self' https://files.example",
        "form-action 'self' https://bye.example https://id.example https://login.example",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ];
    assert_eq!((status, parts.as_slice()), (200, wanted.as_slice()));
}

/// DESK-1: without https the cookies have neither the prefix nor `Secure`, which browsers would refuse, but all else.
#[tokio::test]
async fn cookies_of_a_console_without_https_are_still_not_readable_by_scripts() {
    let world = World::new().await;
    let (_, _, cookies) = get(&console(&world, "http://127.0.0.1:3000", document(ISSUER)), "/desk/sign-in").await;
    let parts: Vec<&str> = cookies[0].split("; ").collect();
    assert!(parts[0].starts_with("desk-sign-in="), "{cookies:?}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(parts.contains(&part), "{part}: {cookies:?}");
    }
    assert!(!parts.contains(&"Secure") && cookies.len() == 1, "{cookies:?}");
}

/// DESK-1: an answer that names another issuer completes nothing, even with the right state and a good code.
#[tokio::test]
async fn the_answer_of_another_provider_is_not_taken() {
    let desk = Desk::new().await;
    let mut browser = desk.browser();
    let back = browser.callback(ADMIN, "/desk/").await;
    assert!(back.contains("&iss="), "{back}");
    let (before, rest) = back.split_once("iss=").unwrap();
    let (_, after) = rest.split_once('&').unwrap();
    for issuer in ["https%3A%2F%2Fevil.example", "https%3A%2F%2Fevil.example&code=other"] {
        let refused = browser.get(&format!("{before}iss={issuer}&{after}")).await;
        assert_eq!((refused.status, browser.jar.contains_key(SESSION)), (400, false), "{}", refused.text);
    }
    // The code was not spent. A provider that does not name itself is taken, too.
    assert_eq!(browser.get(&format!("{before}{after}")).await.status, 303);
    assert!(browser.jar.contains_key(SESSION));
}

/// DESK-1: a link with a state of its own, or with none, signs nobody in, and a cookie that somebody planted proves nothing.
#[tokio::test]
async fn a_sign_in_that_another_site_forges_is_not_completed() {
    let desk = Desk::new().await;
    let attackers = desk.browser().callback("chris.center", "/desk/").await;
    let code = attackers.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let mut victim = desk.browser();
    victim.get("/desk/sign-in").await;
    for query in [
        format!("code={code}"),
        format!("code={code}&state="),
        format!("code={code}&state=undefined"),
        format!("code={code}&state[]=a"),
        "error=access_denied".to_owned(),
    ] {
        assert_eq!(victim.get(&format!("/desk/sign-in/callback?{query}")).await.status, 400, "{query}");
    }
    for planted in ["", "e30", "bnVsbA", "eyJzdGF0ZSI6IiJ9", "not base64"] {
        victim.jar.insert(BEGUN.to_owned(), planted.to_owned());
        assert_eq!(victim.get(&format!("/desk/sign-in/callback?code={code}&state=")).await.status, 400, "{planted}");
    }
    assert!(!victim.jar.contains_key(SESSION));
}

/// DESK-1: the provider of the local run insists on PKCE and on its own addresses, so that the tests prove what a real one demands.
#[tokio::test]
async fn the_local_provider_gives_no_code_without_a_challenge_and_no_token_without_its_verifier() {
    let desk = Desk::new().await;
    let mut browser = desk.browser();
    let begun = browser.get("/desk/sign-in").await;
    let address = begun.header("location").strip_prefix(URL).unwrap().to_owned();
    assert_eq!(browser.get(&address).await.status, 200);
    for (from, to) in [
        ("code_challenge_method=S256", "code_challenge_method=plain"),
        ("code_challenge_method=S256", ""),
        ("redirect_uri=https%3A%2F%2Fconsole.example%2F", "redirect_uri=https%3A%2F%2Fconsole.example.evil.example%2F"),
        ("client_id=console", "client_id=other"),
        ("response_type=code", "response_type=token"),
    ] {
        let changed = address.replacen(from, to, 1);
        assert_ne!(changed, address, "{from}");
        assert_eq!(browser.get(&changed).await.status, 400, "{to}");
    }
    let back = browser.callback(ADMIN, "/desk/").await;
    let code = back.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let callback = "https%3A%2F%2Fconsole.example%2Fdesk%2Fsign-in%2Fcallback";
    let body = format!("grant_type=authorization_code&code={code}&redirect_uri={callback}&code_verifier=");
    let refused = browser.request(Method::POST, &format!("{}/token", provider::PATH), &[], &body).await;
    assert!(refused.status == 400 && !refused.text.contains("access_token"), "{}", refused.text);
}

/// DESK-1: no function is built with the local run, so its provider, which asks for no password, cannot be deployed.
#[test]
fn the_local_provider_is_part_of_no_function() {
    let mut functions = 0;
    for part in ["functions", "shared"] {
        for folder in std::fs::read_dir(root().join(part)).unwrap() {
            let file = folder.unwrap().path().join("Cargo.toml");
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(!text.contains("forecourt-local") && !text.contains("infra/local"), "{}", file.display());
            functions += usize::from(part == "functions");
        }
    }
    assert!(functions > 10, "{functions}");
    let code = files(&root().join("functions/console/src"), "rs").into_iter().map(|file| std::fs::read_to_string(file).unwrap());
    let code: Vec<String> = code.collect();
    assert!(code.iter().any(|text| text.contains("setting(\"ISSUER\")?")), "the issuer has no default");
    assert!(code.iter().all(|text| !text.contains("/_local")), "no address of the local run");
}

/// DESK-1: the pages that an address names with `back=` and `list=` are pages of the console.
#[tokio::test]
async fn no_link_of_a_page_leads_where_its_address_says() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut browser = desk.signed_in(ADMIN).await;
    let evil = [
        "https://evil.example/",
        "//evil.example",
        "/%5Cevil.example",
        "%09//evil.example",
        "https:evil.example",
        "javascript:alert(1)//evil",
        "data:text/html,evil",
        "/desk/%2e%2e/evil",
        "/desk/..%2fevil",
        "/desk//evil.example",
        "/desk/%0d%0aevil:%20a",
        "/desk/\u{2028}evil",
    ];
    for (number, address) in evil.into_iter().enumerate() {
        let encoded: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
        for page in [
            format!("/desk/leads/{lead}?list={encoded}"),
            format!("/desk/leads/{lead}/comment?back={encoded}"),
            format!("/desk/leads/{lead}/document?back={encoded}"),
            format!("/desk/d/{NORDSTERN}/leads/plan?leads={lead}&back={encoded}"),
            format!("/desk/d/{NORDSTERN}/views/new?screen=leads&query=status%3Dwon&back={encoded}"),
        ] {
            let shown = browser.get(&page).await;
            assert_eq!(shown.status, 200, "{page}");
            let links =
                shown.text.split(['"', '>']).filter(|part| part.contains("evil") && !part.contains("back=") && !part.contains("list="));
            assert_eq!(links.collect::<Vec<_>>(), Vec::<&str>::new(), "{page}");
        }
        let key = format!("key-{number}");
        let form = [("text", "a"), ("back", address), ("key", key.as_str())];
        let sent = browser.send(&format!("/desk/leads/{lead}/comment"), &form).await;
        assert_eq!((sent.status, sent.header("location")), (303, &*format!("/desk/leads/{lead}?done=comment")), "{address}");
        // A form of a visitor whose session has ended leads to the sign-in, and from there to no other site.
        let mut ended = desk.browser();
        let asked = ended.send(&format!("/desk/leads/{lead}/comment?back={encoded}"), &[("key", "k")]).await;
        assert_eq!((asked.status, asked.header("location")), (303, "/desk/sign-in"), "{address}");
    }
}
