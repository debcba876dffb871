//! The whole system for one test.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use axum::body::Bytes;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, GroupId, LeadId, MailDomain};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::settings::{Dealer, DealerSettings, Settings};
use forecourt_edge::http::Problem;
use forecourt_local::clock::VirtualClock;
use forecourt_local::demo::{self, GroupData};
use forecourt_local::folder::{Folder, Links};
use forecourt_local::gateway::{self, Incoming, Matched};
use forecourt_local::mailbox::Mailbox;
use forecourt_local::partner_queue::{PartnerQueue, Queued};
use forecourt_local::tokens::Tokens;
use forecourt_local::{Parts, System, engine};
use forecourt_send::mail::Mail;
use forecourt_store::keys::Key;
use forecourt_store::{LeadPage, Load, Secret, Store};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

/// The dealer of most tests: Berlin, 08:00-12:30 and 13:30-18:00, Saturday 09:00-13:00, seven sellers.
pub const NORDSTERN: &str = "autohaus-nordstern-demo";
/// The base URL of links for customers and partners.
pub const PUBLIC_URL: &str = "https://desk.example";
/// The URL of the console, with which links for staff begin.
pub const CONSOLE_URL: &str = "https://console.example";
/// The domain at which the dealers receive mail.
pub const MAIL_DOMAIN: &str = "in.example.com";
/// The dealer admin of [`NORDSTERN`].
pub const ADMIN: &str = "ingo.brandt";

/// The whole system, with its own table and a virtual clock.
pub struct World {
    pub system: Arc<System>,
    pub tokens: Arc<Tokens>,
    pub store: Store,
    /// The name of its table.
    pub table: String,
    pub bucket: Arc<Folder>,
    _folder: tempfile::TempDir,
}

/// The response to a request.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the invalid fields of a problem response, each with the rule that it breaks.
    pub fn faults(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["rule"].as_str().unwrap())).collect()
    }
}

/// Parses an RFC 3339 timestamp.
pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// Returns the database engine that all tests share; each test has its own table. The engine is embedded unless `ENGINE` holds an address.
pub fn engine() -> SocketAddr {
    static ENGINE: OnceLock<SocketAddr> = OnceLock::new();
    *ENGINE.get_or_init(|| match std::env::var("ENGINE") {
        Ok(address) => address.parse().unwrap(),
        Err(_) => engine::start(None).unwrap(),
    })
}

/// A request to the gateway, without body unless one is set.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    who: String,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Request {
    /// `who` is a user, `partner:…`, or empty for an anonymous request.
    pub fn new(method: Method, who: &str, path: &str) -> Self {
        Self { method, who: who.to_owned(), path: path.to_owned(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    pub fn get(who: &str, path: &str) -> Self {
        Self::new(Method::GET, who, path)
    }

    pub fn post(who: &str, path: &str) -> Self {
        Self::new(Method::POST, who, path)
    }

    pub fn put(who: &str, path: &str) -> Self {
        Self::new(Method::PUT, who, path)
    }

    pub fn patch(who: &str, path: &str) -> Self {
        Self::new(Method::PATCH, who, path)
    }

    pub fn delete(who: &str, path: &str) -> Self {
        Self::new(Method::DELETE, who, path)
    }

    pub fn headers(mut self, headers: &[(&str, &str)]) -> Self {
        for (name, value) in headers {
            self.headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        self
    }

    /// Changes only the given version.
    pub fn version(self, version: u64) -> Self {
        let tag = format!("\"{version}\"");
        self.headers(&[("if-match", tag.as_str())])
    }

    pub fn body(mut self, body: &[u8]) -> Self {
        self.body = Bytes::copy_from_slice(body);
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.headers(&[("content-type", "application/json")]).body(body.to_string().as_bytes())
    }
}

/// Builds the event of a request as the gateway sends it.
pub fn gateway_event(tokens: &Tokens, request: Request) -> Result<ApiGatewayV2httpRequest, Problem> {
    let Request { method, who, path, mut headers, body } = request;
    if !who.is_empty() {
        let group = if who.starts_with("rival") { "rival-group" } else { "demo-group" };
        let claims = match who.strip_prefix("partner:") {
            Some(partner) => vec![("sub", partner), ("client_id", partner), ("partner", partner), ("group", group)],
            None => vec![("sub", who.as_str()), ("group", group)],
        };
        let (token, _) = tokens.issue(&claims).unwrap();
        headers.insert(http::header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
    }
    let uri: Uri = path.parse().unwrap();
    let Matched::Route(route, parts) = gateway::route(&method, uri.path()) else { panic!("no route for {method} {path}") };
    gateway::event(tokens, route, parts, Incoming { uri: &uri, headers, body: &body })
}

/// Parses a response. Checks that a browser does not guess its type, and uses https.
pub fn reply_of(answer: ApiGatewayV2httpResponse) -> Reply {
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
    let Some(Body::Text(text)) = answer.body else { panic!("no body") };
    Reply { status: answer.status_code.try_into().unwrap(), headers: answer.headers, body: serde_json::from_str(&text).unwrap() }
}

/// Returns the body of an enquiry with its own e-mail address.
pub fn enquiry(name: &str) -> Value {
    json!({"type": "used_car", "source": "website", "contact": {"last_name": name, "email": format!("{name}@example.com")}})
}

impl World {
    /// Starts at Monday, 23 November 2026, 10:00 in Berlin.
    pub async fn new() -> Self {
        Self::at("2026-11-23T09:00:00Z").await
    }

    pub async fn at(now: &str) -> Self {
        Self::built(engine::client(engine()), now, (false, Some(MAIL_DOMAIN))).await
    }

    /// A system without a mail domain.
    pub async fn without_mail(now: &str) -> Self {
        Self::built(engine::client(engine()), now, (false, None)).await
    }

    /// Delivers every message between the functions twice.
    pub async fn delivering_twice() -> Self {
        Self::built(engine::client(engine()), "2026-11-23T09:00:00Z", (true, Some(MAIL_DOMAIN))).await
    }

    /// Uses the table behind the given client.
    pub async fn on(client: aws_sdk_dynamodb::Client) -> Self {
        Self::built(client, "2026-11-23T09:00:00Z", (false, Some(MAIL_DOMAIN))).await
    }

    async fn built(client: aws_sdk_dynamodb::Client, now: &str, (twice, mail_domain): (bool, Option<&str>)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let table = format!("t-{}", folder.path().file_name().unwrap().to_string_lossy().trim_start_matches('.'));
        let store = Store::new(client, &table, Secret::new(b"a secret of the tests"));
        store.make_table().await.unwrap();
        let clock = VirtualClock::frozen_at(at(now));
        demo::group().unwrap().load_into(&store, at("2026-01-01T00:00:00Z")).await.unwrap();
        rival_group().load_into(&store, at("2026-01-01T00:00:00Z")).await.unwrap();
        let links = Links { public_url: PUBLIC_URL.to_owned(), secret: store.secret().clone(), clock: clock.clone() };
        let bucket = Arc::new(Folder { path: folder.path().join("bucket"), links: Some(links) });
        let parts = Parts {
            store: store.clone(),
            clock: clock.clone(),
            ids: forecourt_edge::Ids::random(),
            files: bucket.clone(),
            uploads: bucket.clone(),
            mailbox: Arc::new(Mailbox::in_memory()),
            queue: PartnerQueue::open(folder.path().join("queue"), clock.clone()).unwrap(),
            public_url: PUBLIC_URL.to_owned(),
            console_url: CONSOLE_URL.to_owned(),
            appointments: PartnerQueue::open(folder.path().join("appointments"), clock.clone()).unwrap(),
            token_claims: forecourt_edge::environment::TokenClaims::default(),
            mail_domain: mail_domain.map(|domain| MailDomain::parse(domain).unwrap()),
            mails: PartnerQueue::open(folder.path().join("mails"), clock.clone()).unwrap(),
            texts: PartnerQueue::open(folder.path().join("texts"), clock.clone()).unwrap(),
            twice,
        };
        let system = Arc::new(System::new(parts).unwrap());
        Self { system, tokens: Arc::new(Tokens::new(b"a secret of the tests")), store, table, bucket, _folder: folder }
    }

    pub fn scope(&self) -> Scope {
        Scope::keys_only(GroupId::parse("demo-group").unwrap())
    }

    /// Sends a request through the gateway.
    pub async fn call(&self, request: Request) -> Reply {
        match gateway_event(&self.tokens, request) {
            Ok(event) => reply_of(self.system.http(event).await),
            Err(problem) => Reply { status: problem.status, headers: HeaderMap::new(), body: json!(problem) },
        }
    }

    pub async fn post(&self, who: &str, path: &str, body: &Value) -> Reply {
        self.call(Request::post(who, path).headers(&[("content-type", "application/json")]).body(body.to_string().as_bytes())).await
    }

    pub async fn get(&self, who: &str, path: &str) -> Reply {
        self.call(Request::get(who, path)).await
    }

    /// Sends an enquiry to [`NORDSTERN`] as a portal does.
    pub async fn send(&self, body: &Value) -> Reply {
        let reply = self.post("partner:portal-demo", &format!("/dealers/{NORDSTERN}/leads"), body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply
    }

    /// Sends an enquiry to [`NORDSTERN`] as a portal does, and returns its lead.
    pub async fn lead(&self, body: &Value) -> LeadId {
        let reply = self.send(body).await;
        self.lead_of(&reply).await
    }

    /// Returns the lead of an enquiry whose sender got a receipt.
    pub async fn lead_of(&self, reply: &Reply) -> LeadId {
        let id = reply.text("/receipt").to_owned();
        let loaded = self.store.load(&self.scope(), &Load::of([Key::EnquiryReceipt(id.clone())])).await.unwrap();
        loaded.enquiry_receipt(&id).unwrap_or_else(|| panic!("no receipt: {}", reply.body)).lead
    }

    /// Sends an ADF document as a user who may read every lead.
    pub async fn adf(&self, dealer: &str, xml: &[u8]) -> Reply {
        self.call(
            Request::post("gina.group", &format!("/dealers/{dealer}/leads")).headers(&[("content-type", "application/adf+xml")]).body(xml),
        )
        .await
    }

    pub async fn page(&self, lead: LeadId) -> LeadPage {
        self.store.lead_page(&self.scope(), lead, 10_000).await.unwrap().unwrap()
    }

    /// Returns the calendar events of a lead, ordered by time.
    pub async fn events(&self, lead: LeadId) -> Vec<CalendarEvent> {
        self.store.events(&self.scope(), lead).await.unwrap()
    }

    pub async fn advance_to(&self, text: &str) {
        self.system.advance_to(at(text)).await;
    }

    /// Returns the mails sent so far as `time to: subject`.
    pub fn mails(&self) -> Vec<String> {
        let line = |mail: &Mail| format!("{} {}: {}", mail.at.format("%m-%d %H:%M:%S"), mail.to.split('@').next().unwrap(), mail.subject);
        self.system.mailbox.mails().iter().map(line).collect()
    }

    /// Changes the settings of [`NORDSTERN`].
    pub async fn settings(&self, change: impl FnOnce(&mut DealerSettings)) {
        self.settings_of(NORDSTERN, change).await;
    }

    /// Changes the settings of a dealer.
    pub async fn settings_of(&self, dealer: &str, change: impl FnOnce(&mut DealerSettings)) {
        let demo = demo::group().unwrap();
        let dealer = demo.dealers.into_iter().find(|d| d.id.as_str() == dealer).unwrap();
        let current = self.store.load(&self.scope(), &Load::of([Key::Dealer(dealer.id.clone())])).await.unwrap();
        let mut draft: DealerSettings = (*current.dealer(&dealer.id).unwrap().settings).clone();
        change(&mut draft);
        let settings: Settings = draft.check().unwrap();
        demo::save(&self.store, &self.scope(), &dealer.id, &settings, self.system.clock.now()).await.unwrap();
    }

    /// Puts a message on the partner queue as the demo portal does.
    pub fn enqueue(&self, id: &str, sender: &str, dealer: Option<&str>, body: &str) {
        let attributes = dealer.map(|d| ("dealer".to_owned(), d.to_owned())).into_iter().collect();
        let message = Queued { id: id.into(), sender: sender.into(), body: body.into(), attributes, ..Queued::default() };
        self.system.queue.put(&message).unwrap();
    }

    /// Returns all leads of a dealer, read page by page.
    pub async fn list(&self, who: &str, dealer: &str) -> Vec<Value> {
        let (mut leads, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(who, &format!("/dealers/{dealer}/leads?limit=100{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            leads.extend(page.body["leads"].as_array().unwrap().iter().cloned());
            match page.body["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return leads,
            }
        }
    }
}

pub fn dealer(id: &str) -> DealerId {
    DealerId::parse(id).unwrap()
}

/// Returns a dealer with these settings, which are not checked.
pub fn dealer_of(settings: &DealerSettings) -> Dealer {
    serde_json::from_value(json!({"id": "d", "version": 1, "since": 0, "settings": settings})).unwrap()
}

/// Returns another group on the same table. Users of the demo group must not see its data.
fn rival_group() -> GroupData {
    let hours = json!({"mon": [["08:00", "18:00"]]});
    let settings = json!({"name": "Rival", "country": "DE", "language": "de", "calendar": {"zone": "Europe/Berlin", "hours": hours},
        "members": [{"user": "rival.seller", "receives_leads": true, "assignable": true}], "admin_user": "rival.seller"});
    serde_json::from_value(json!({
        "group": "rival-group",
        "dealers": [{"id": "rival-dealer", "settings": settings}, {"id": NORDSTERN, "settings": settings}],
        "users": [{"id": "rival.seller", "name": "Rival", "email": "rival@rival.example", "language": "de", "role": "group_admin",
                   "dealers": ["rival-dealer"], "notices": true}],
        "partners": []
    }))
    .unwrap()
}
