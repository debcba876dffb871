//! A browser at the console, without a network: the console's requests go to the gateway of the local run and to its identity provider.

use super::world::{CONSOLE_URL, World};
use async_trait::async_trait;
use aws_lambda_events::encodings::Body;
use axum::body::Bytes;
use axum::response::Response;
use chrono::{TimeDelta, Utc};
use forecourt_console::api::{Api, Shapes};
use forecourt_console::sign_in::SignIn;
use forecourt_console::{Console, Http, NoAnswer, Parts};
use forecourt_edge::Clock;
use forecourt_edge::environment::TokenClaims;
use forecourt_local::demo::{self, GroupData};
use forecourt_local::gateway::{self, Incoming, Matched};
use forecourt_local::provider::{self, Codes, Provider};
use forecourt_local::tokens::Tokens;
use forecourt_local::{System, openapi};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// The address of console, API and provider.
pub const URL: &str = CONSOLE_URL;
/// The cookie of a session.
pub const SESSION: &str = "__Host-desk";
/// The cookie of a sign-in that has begun.
pub const BEGUN: &str = "__Host-desk-sign-in";
/// The most redirects that a browser follows.
const REDIRECTS: usize = 6;

/// The network: the API and the provider.
struct Network {
    system: Arc<System>,
    tokens: Arc<Tokens>,
    people: GroupData,
    claims: TokenClaims,
    codes: Codes,
    /// Whether the provider answers no request.
    down: AtomicBool,
    /// The requests whose answers arrive as a page of HTML, by the beginning of `GET /me`.
    garbled: Mutex<Option<&'static str>>,
    /// The requests that were sent to the API, as `GET /me`.
    asked: Mutex<Vec<String>>,
}

impl Network {
    /// Answers a request to the provider.
    async fn provider(&self, method: &Method, uri: &Uri, body: &[u8]) -> http::Response<Vec<u8>> {
        if self.down.load(Ordering::Relaxed) {
            return http::Response::builder().status(503).body(Vec::new()).unwrap();
        }
        let provider = Provider { group: &self.people, tokens: &self.tokens, claims: &self.claims, codes: &self.codes };
        whole(provider::answer(provider, URL, method, uri, body)).await
    }
}

async fn whole(response: Response) -> http::Response<Vec<u8>> {
    let (parts, body) = response.into_parts();
    http::Response::from_parts(parts, axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec())
}

#[async_trait]
impl Http for Network {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NoAnswer> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        if path.starts_with(provider::PATH) {
            return Ok(self.provider(&parts.method, &parts.uri, &body).await);
        }
        let asked = format!("{} {path}", parts.method);
        let garbled = self.garbled.lock().unwrap().is_some_and(|start| asked.starts_with(start));
        self.asked.lock().unwrap().push(asked);
        let Matched::Route(route, names) = gateway::route(&parts.method, path) else {
            return Ok(whole(gateway::problem(&forecourt_edge::http::Problem::no_route())).await);
        };
        let body = Bytes::from(body);
        let incoming = Incoming { uri: &parts.uri, headers: parts.headers.clone(), body: &body };
        let mut answer = whole(match gateway::event(&self.tokens, route, names, incoming) {
            Ok(event) => gateway::response(self.system.http(event).await),
            Err(problem) => gateway::problem(&problem),
        })
        .await;
        if garbled {
            *answer.body_mut() = b"<html><h1>It works!</h1></html>".to_vec();
        }
        Ok(answer)
    }
}

/// The console on a world.
pub struct Desk {
    pub world: World,
    pub shapes: Arc<Shapes>,
    console: Console,
    network: Arc<Network>,
    /// The console's real time runs ahead by this, in seconds.
    ahead: Arc<AtomicI64>,
}

/// What a browser got.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The `Set-Cookie` headers.
    pub cookies: Vec<String>,
    /// The address at which the browser arrived.
    pub address: String,
}

impl Page {
    /// Whether a browser saves the answer as a file.
    pub fn is_file(&self) -> bool {
        self.header("content-disposition").starts_with("attachment")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the value of the first field with this name.
    pub fn value(&self, name: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\""))?;
        let (tag, _) = rest.split_once('>')?;
        Some(tag.split_once("value=\"")?.1.split_once('"')?.0.to_owned())
    }
}

/// Checks that a page was answered, and has these texts.
pub fn shows(page: &Page, texts: &[&str]) {
    assert_eq!(page.status, 200, "{} {}", page.address, page.text);
    for text in texts {
        assert!(page.text.contains(text), "{} lacks {text}: {}", page.address, page.text);
    }
}

/// Checks that a page has none of these texts.
pub fn lacks(page: &Page, texts: &[&str]) {
    for text in texts {
        assert!(!page.text.contains(text), "{} has {text}: {}", page.address, page.text);
    }
}

impl Desk {
    pub async fn new() -> Self {
        Self::on(World::new().await)
    }

    /// The console of a world, compared with the OpenAPI document of this release.
    pub fn on(world: World) -> Self {
        let network = Arc::new(Network {
            system: world.system.clone(),
            tokens: world.tokens.clone(),
            people: demo::group().unwrap(),
            claims: TokenClaims::default(),
            codes: Codes::default(),
            down: AtomicBool::new(false),
            garbled: Mutex::default(),
            asked: Mutex::default(),
        });
        let ahead = Arc::new(AtomicI64::new(0));
        let shift = ahead.clone();
        let shapes = Shapes::parse(&openapi::document().to_pretty_json().unwrap()).unwrap();
        let console = Console::new(Parts {
            http: network.clone(),
            api: Api::new(network.clone(), URL).compared_with(shapes.clone()),
            url: URL.to_owned(),
            store: world.store.clone(),
            sign_in: SignIn::new(&format!("{URL}{}", provider::PATH), provider::CLIENT, &[]),
            clock: world.system.platform.clock.clone(),
            wall: Clock::from_fn(move || Utc::now() + TimeDelta::seconds(shift.load(Ordering::Relaxed))),
            upload_origin: "https://files.example".to_owned(),
        });
        Self { world, shapes, console, network, ahead }
    }

    /// Lets real time pass for the console.
    pub fn wait(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Lets the provider answer nothing, or answer again.
    pub fn provider_is_down(&self, down: bool) {
        self.network.down.store(down, Ordering::Relaxed);
    }

    /// Lets the API carry out the requests that begin so, as `GET /leads`, but answer them with a page of HTML.
    pub fn garbles(&self, start: Option<&'static str>) {
        *self.network.garbled.lock().unwrap() = start;
    }

    /// Takes the requests that the API got since the last call.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.network.asked.lock().unwrap())
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser<'_> {
        Browser { desk: self, jar: BTreeMap::new(), language: "en" }
    }

    /// A browser in which a person of the demo is signed in.
    pub async fn signed_in(&self, user: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let page = browser.sign_in(user, "/desk/").await;
        assert!(browser.jar.contains_key(SESSION), "{} {}", page.status, page.text);
        browser
    }
    /// The same with pages in a language, which the person chooses.
    pub async fn speaking(&self, user: &str, language: &str) -> Browser<'_> {
        let mut browser = self.signed_in(user).await;
        let form = browser.get("/desk/me/details").await;
        let fields = [("language", language), ("version", &form.value("version").unwrap()), ("key", language)];
        let sent = browser.send("/desk/me/details", &fields).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        browser
    }
}

/// A browser: it keeps cookies and follows redirects.
#[derive(Clone)]
pub struct Browser<'a> {
    desk: &'a Desk,
    pub jar: BTreeMap<String, String>,
    pub language: &'static str,
}

impl Browser<'_> {
    /// Sends one request to the console, or to the provider, and follows no redirect.
    pub async fn request(&mut self, method: Method, address: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let uri: Uri = address.strip_prefix(URL).unwrap_or(address).parse().unwrap();
        if uri.path().starts_with(provider::PATH) {
            let response = self.desk.network.provider(&method, &uri, body.as_bytes()).await;
            let text = String::from_utf8_lossy(response.body()).into_owned();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            return Page { status, headers, text, cookies: Vec::new(), address: uri.to_string() };
        }
        let mut sent = HeaderMap::new();
        let cookies = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let own = [("cookie", cookies.as_str()), ("accept-language", self.language)];
        for (name, value) in own.iter().chain(headers).filter(|(_, value)| !value.is_empty()) {
            sent.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let body = Bytes::copy_from_slice(body.as_bytes());
        let mut event = gateway::open_event(Incoming { uri: &uri, headers: sent, body: &body });
        event.request_context.http.method = method;
        let answer = self.desk.console.handle(event).await;
        for cookie in &answer.cookies {
            self.keep(cookie);
        }
        let text = match answer.body {
            // Templates write `/` as a reference, which a browser reads as `/`.
            Some(Body::Text(text)) => text.replace("&#x2f;", "/"),
            _ => String::new(),
        };
        let status = answer.status_code.try_into().unwrap();
        Page { status, headers: answer.headers, text, cookies: answer.cookies, address: uri.to_string() }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        if cookie.contains("Max-Age=0") {
            self.jar.remove(name);
        } else {
            self.jar.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Gets an address, without following a redirect.
    pub async fn get(&mut self, address: &str) -> Page {
        self.request(Method::GET, address, &[], "").await
    }

    /// Opens an address as a person does: follows redirects up to a page.
    pub async fn open(&mut self, address: &str) -> Page {
        let page = self.get(address).await;
        self.follow(page).await
    }

    /// Sends a form of a page of the console, without following the redirect.
    pub async fn send(&mut self, address: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [("origin", URL), ("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
        self.request(Method::POST, address, &headers, &body).await
    }

    pub async fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..REDIRECTS {
            let to = page.header(header::LOCATION.as_str()).to_owned();
            if to.is_empty() {
                return page;
            }
            page = self.get(&to).await;
        }
        panic!("more than {REDIRECTS} redirects: {}", page.address)
    }

    /// Opens an address, chooses the person on the page of the provider, and returns the page at which the browser arrives.
    pub async fn sign_in(&mut self, user: &str, address: &str) -> Page {
        let back = self.callback(user, address).await;
        self.open(&back).await
    }

    /// The same up to the address to which the provider sends the browser back.
    pub async fn callback(&mut self, user: &str, address: &str) -> String {
        let choice = self.open(address).await;
        let (_, query) = choice.address.split_once('?').unwrap_or_else(|| panic!("no page of the provider: {}", choice.address));
        let mut fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        fields.push(("user".to_owned(), user.to_owned()));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let sent = self.request(Method::POST, &format!("{}/authorize", provider::PATH), &[], &body).await;
        sent.header("location").to_owned()
    }
}
