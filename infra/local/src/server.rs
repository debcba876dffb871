//! The local run: everything in one process, on 127.0.0.1 only.

use crate::demo::{self, GroupData, SAMPLES};
use crate::folder::{Folder, LINKED, Links};
use crate::gateway::{self, Incoming, Matched};
use crate::mailbox::Mailbox;
use crate::partner_queue::PartnerQueue;
use crate::tokens::Tokens;
use crate::{Parts, System, clock::VirtualClock, control, engine, openapi, reference};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use forecourt_domain::elements::MOST_BYTES;
use forecourt_edge::http::{MAX_BODY, Problem};
use forecourt_store::{NewTable, Secret, Store};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the command line says.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0: any that is free.
    pub port: u16,
    /// Where everything is kept.
    pub data: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 3000, data: ".forecourt".into() }
    }
}

struct Gateway {
    system: Arc<System>,
    folder: Arc<Folder>,
    demo: GroupData,
    tokens: Tokens,
    document: String,
    reference: Arc<utoipa_swagger_ui::Config<'static>>,
}

/// A secret of this machine, made at the first start.
fn secret(data: &Path, name: &str) -> std::io::Result<Vec<u8>> {
    let path = data.join(name);
    if let Ok(bytes) = std::fs::read(&path) {
        return Ok(bytes);
    }
    let bytes: Vec<u8> = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].iter().flat_map(|id| id.as_bytes().to_vec()).collect();
    crate::folder::write_whole(&path, &bytes)?;
    Ok(bytes)
}

/// Starts everything and serves until the process ends. Says on standard output where it listens.
///
/// # Errors
/// What could not be started, in words.
pub async fn run(options: Options) -> Result<(), String> {
    let told = |what: &str| {
        let what = what.to_owned();
        move |e: std::io::Error| format!("{what}: {e}")
    };
    std::fs::create_dir_all(&options.data).map_err(told(&format!("cannot make {}", options.data.display())))?;
    let _lock = lock(&options.data)?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await;
    let listener = listener.map_err(told(&format!("cannot listen on 127.0.0.1:{} (--port chooses another)", options.port)))?;
    let address = listener.local_addr().map_err(told("no address"))?;
    let url = format!("http://{address}");

    let engine = engine::start(Some(&options.data.join("table.sqlite")))?;
    let store =
        Store::new(engine::client(engine), "forecourt", Secret::new(&secret(&options.data, "channel-secret").map_err(told("no secret"))?));
    let clock = VirtualClock::kept_in(options.data.join("clock"));
    let table = store.make_table().await.map_err(|e| e.to_string())?;
    let demo = demo::group().map_err(|e| format!("the demo data breaks a rule: {e}"))?;
    demo.load_into(&store, clock.now()).await.map_err(|e| e.to_string())?;
    let links = Links { public_url: url.clone(), secret: store.secret().clone(), clock: clock.clone() };
    let folder = Arc::new(Folder { path: options.data.join("bucket"), links: Some(links) });
    let parts = Parts {
        store,
        clock,
        files: folder.clone(),
        uploads: folder.clone(),
        mailbox: Arc::new(Mailbox::open(options.data.join("outbox")).map_err(told("cannot open the outbox"))?),
        queue: PartnerQueue::open(options.data.join("queue")).map_err(told("cannot open the queue"))?,
        appointments: PartnerQueue::open(options.data.join("appointments")).map_err(told("cannot open the queue"))?,
        public_url: url.clone(),
        twice: false,
    };
    let system = Arc::new(System::new(parts)?);
    system.remember().await.map_err(|e| e.to_string())?;
    let tokens = Tokens::new(&secret(&options.data, "token-secret").map_err(told("no secret"))?);
    if table == NewTable::Made {
        samples(&system, &tokens).await?;
    }
    let running = system.clone();
    tokio::spawn(async move { running.run().await });

    let document = openapi::document().to_pretty_json().map_err(|e| e.to_string())?;
    let reference = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
    banner(&url, &options.data);
    let gateway = Arc::new(Gateway { system, folder, demo, tokens, document, reference });
    // One byte over what the functions take: they say so as a problem. What goes to the bucket may be larger.
    let uploads = usize::try_from(MOST_BYTES).map_or(MAX_BODY, |bytes| bytes + 1);
    let app = Router::new()
        .route(&format!("{LINKED}{{token}}"), any(linked).layer(DefaultBodyLimit::max(uploads)))
        .fallback(answer)
        .layer(DefaultBodyLimit::max(MAX_BODY + 1))
        .with_state(gateway);
    axum::serve(listener, app).await.map_err(told("the server stopped"))
}

/// Two processes on one folder would overwrite each other.
fn lock(data: &Path) -> Result<std::fs::File, String> {
    let path = data.join("lock");
    let file = std::fs::File::create(&path).map_err(|e| format!("cannot make {}: {e}", path.display()))?;
    file.try_lock().map_err(|_| format!("{} is in use by another run (--data chooses another)", data.display()))?;
    Ok(file)
}

fn banner(url: &str, data: &Path) {
    use std::io::Write as _;
    // Nobody may be reading.
    let _ = writeln!(
        std::io::stdout(),
        "Forecourt listens on {url}\n\
         \n\
         Reference   {url}/            every route, to read and to try\n\
         Data        {}        kept over restarts; remove it to start afresh\n\
         \n\
         Try:\n\
         TOKEN=$(curl -s {url}/_local/token -d '{{\"user\":\"ingo.brandt\"}}' | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/')\n\
         curl -s {url}/dealers/autohaus-nordstern-demo/leads -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n\
         \x20    -d '{{\"type\":\"used_car\",\"contact\":{{\"first_name\":\"Jana\",\"phone\":\"0171 2345678\"}},\"message\":\"Ist der Wagen noch da?\"}}'\n\
         curl -s {url}/_local/clock -d '{{\"advance_minutes\":1440}}'      move the time on\n\
         curl -s {url}/_local/outbox                                    what was mailed\n",
        data.display()
    );
}

/// A few leads to look at, through the front door.
async fn samples(system: &System, tokens: &Tokens) -> Result<(), String> {
    let (token, _) = tokens.issue(&[("sub", "portal-demo"), ("partner", "portal-demo"), ("group", "demo-group")])?;
    for (dealer, body) in SAMPLES {
        let path = format!("/dealers/{dealer}/leads");
        let uri: Uri = path.parse().map_err(|_| "a sample has no path".to_owned())?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().map_err(|_| "no token".to_owned())?);
        let Matched::Route(route, parts) = gateway::route(&Method::POST, &path) else { return Err("no route for samples".into()) };
        let event = gateway::event(tokens, route, parts, Incoming { uri: &uri, headers, body: &Bytes::from_static(body.as_bytes()) })
            .map_err(|p| p.detail)?;
        let answer = system.http(event).await;
        if answer.status_code != 201 {
            return Err(format!("a sample lead was refused: {:?}", answer.body));
        }
    }
    Ok(())
}

async fn answer(
    State(gateway): State<Arc<Gateway>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let Ok(body) = body else { return gateway::problem(&Problem::too_large(MAX_BODY)) };
    if !from_this_machine(&headers) {
        return gateway::problem(&misdirected());
    }
    let path = uri.path().to_owned();
    match gateway::route(&method, &path) {
        Matched::Route(route, parts) => handed_on(gateway, route, parts, uri, headers, body).await,
        Matched::OtherMethods(methods) => {
            let problem = Problem::new("method", "Method not allowed", 405, format!("{path} takes {methods}"));
            let mut response = gateway::problem(&problem);
            if let Ok(methods) = methods.parse() {
                response.headers_mut().insert(header::ALLOW, methods);
            }
            response
        }
        Matched::Nothing if path.starts_with("/_local") && from_another_site(&headers) => {
            gateway::problem(&Problem::new("cross-site", "Not from another site", 403, "a page of another site may not work this machine"))
        }
        Matched::Nothing if path.starts_with("/_local") => {
            control::answer(&gateway.system, &gateway.demo, &gateway.tokens, &method, &path, &body).await
        }
        Matched::Nothing if method == Method::GET => file(&gateway, &path),
        Matched::Nothing => gateway::problem(&nothing()),
    }
}

/// What a signed link is good for, as the bucket would answer it.
async fn linked(
    State(gateway): State<Arc<Gateway>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let Ok(body) = body else { return gateway::problem(&Problem::too_large(usize::try_from(MOST_BYTES).unwrap_or(usize::MAX))) };
    if !from_this_machine(&headers) {
        return gateway::problem(&misdirected());
    }
    gateway.folder.linked(&method, uri.path(), &headers, &body)
}

/// The work goes on if the client goes away: a lead half taken in would be a lead lost to its sender.
async fn handed_on(
    gateway: Arc<Gateway>,
    route: &'static forecourt_edge::routes::Route,
    parts: HashMap<String, String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let event = match gateway::event(&gateway.tokens, route, parts, Incoming { uri: &uri, headers, body: &body }) {
        Ok(event) => event,
        Err(problem) => return gateway::problem(&problem),
    };
    let work = tokio::spawn(async move { gateway.system.http(event).await });
    match work.await {
        Ok(answer) => gateway::response(answer),
        Err(e) => {
            tracing::error!(problem = %e, "a handler panicked");
            gateway::problem(&Problem::internal("see the log", None))
        }
    }
}

/// A page on another host that points its name at this machine gets nothing.
fn from_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn misdirected() -> Problem {
    Problem::new("misdirected", "Not for this host", 421, "the local run answers as localhost or 127.0.0.1 only")
}

/// What a browser sends for a page that is not ours.
fn from_another_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let ours = text("host").map(|host| format!("http://{host}"));
    let foreign_origin = text("origin").is_some_and(|origin| Some(origin) != ours.as_deref());
    foreign_origin || text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

fn file(gateway: &Gateway, path: &str) -> Response {
    if path == "/openapi.json" {
        return (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], gateway.document.clone()).into_response();
    }
    if let Some(page) = reference::page(path) {
        return (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response();
    }
    match utoipa_swagger_ui::serve(path.trim_start_matches('/'), gateway.reference.clone()) {
        Ok(Some(file)) => (StatusCode::OK, [(header::CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response(),
        _ => gateway::problem(&nothing()),
    }
}

fn nothing() -> Problem {
    Problem::no_route()
}
