//! The HTTP server of the local run, on 127.0.0.1 only.

use crate::folder::LINKED;
use crate::gateway::{self, Incoming, Matched};
use crate::mail_in::{DropFolder, MAX_MAIL};
use crate::start::{self, Started};
use crate::throttle::Throttle;
use crate::{control, engine, log, openapi, provider};
use anyhow::{Context as _, anyhow, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::any;
use forecourt_console::MOST_WITH_FILE;
use forecourt_domain::elements::MAX_BYTES;
use forecourt_edge::http::{MAX_BODY, Problem};
use forecourt_store::{Secret, Store};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use std::collections::HashMap;
use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The options of the command line.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// The data folder.
    pub data: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 3000, data: ".forecourt".into() }
    }
}

/// The path of the page on which every route can be tried.
const TRY: &str = "/reference/api/";

struct Gateway {
    started: Started,
    document: String,
    reference: Arc<utoipa_swagger_ui::Config<'static>>,
    throttle: Throttle,
    /// The address of the local run.
    url: String,
}

/// Starts the system and serves requests until the process ends. Prints the address on standard output.
///
/// # Errors
/// What could not be started.
pub async fn run(options: Options) -> anyhow::Result<()> {
    std::fs::create_dir_all(&options.data).with_context(|| format!("cannot create {}", options.data.display()))?;
    let _lock = lock(&options.data)?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await;
    let listener = listener.with_context(|| format!("cannot listen on 127.0.0.1:{} (choose another port with --port)", options.port))?;
    let url = format!("http://{}", listener.local_addr().context("no address")?);

    let started = start::start(&options.data, &url).await?;
    let document = openapi::document().to_pretty_json().context("the OpenAPI document cannot be written")?;
    let reference = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
    start::print_banner(&url, &options.data, &started);
    let system = started.system.clone();
    let mut dropped = DropFolder::open(options.data.join("mail-in")).with_context(|| format!("cannot use {}", options.data.display()))?;
    let receiver = system.clone();
    tokio::spawn(async move { system.run().await });
    tokio::spawn(async move {
        loop {
            if let Err(e) = dropped.take(&receiver).await {
                tracing::warn!(problem = %e, "the folder of dropped mails cannot be read");
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });
    let gateway = Arc::new(Gateway { started, document, reference, throttle: Throttle::default(), url });
    // One byte over the functions' limit, so that their own problem answers a larger body. Files may be larger.
    let uploads = usize::try_from(MAX_BYTES).map_or(MAX_BODY, |bytes| bytes + 1);
    let app = Router::new()
        .route(&format!("{LINKED}{{token}}"), any(linked).layer(DefaultBodyLimit::max(uploads)))
        .route("/_local/mail", any(answer).layer(DefaultBodyLimit::max(MAX_MAIL + 1)))
        .route("/desk/{*page}", any(answer).layer(DefaultBodyLimit::max(MOST_WITH_FILE + 1)))
        .fallback(answer)
        .layer(DefaultBodyLimit::max(MAX_BODY + 1))
        .layer(axum::middleware::from_fn(logged))
        .with_state(gateway);
    axum::serve(listener, app).await.context("the server stopped")
}

/// Opens the table of an existing data folder for a command. No other process can use the folder as long as the file is kept.
///
/// # Errors
/// If the folder has no table, or another process uses the folder.
pub fn open_table(data: &Path) -> anyhow::Result<(Store, std::fs::File)> {
    let table = data.join("table.sqlite");
    if !table.is_file() {
        bail!("{} is not a data folder of a local run (name the folder with --data)", data.display());
    }
    let lock = lock(data)?;
    // Nothing that a command writes derives from the secret.
    Ok((Store::new(engine::client(engine::start(Some(&table))?), "forecourt", Secret::new(&[])), lock))
}

/// Locks the data folder: two processes on it would overwrite each other's data.
///
/// # Errors
/// If another process has locked it, or the folder does not exist.
fn lock(data: &Path) -> anyhow::Result<std::fs::File> {
    let path = data.join("lock");
    let file = std::fs::File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    file.try_lock().map_err(|e| match e {
        TryLockError::WouldBlock => anyhow!("{} is in use by another process (choose another folder with --data)", data.display()),
        TryLockError::Error(e) => anyhow::Error::new(e).context(format!("cannot lock {}", path.display())),
    })?;
    Ok(file)
}

/// Writes the log line of a request.
async fn logged(request: Request, next: Next) -> Response {
    let (method, path, began) = (request.method().clone(), request.uri().path().to_owned(), std::time::Instant::now());
    let response = next.run(request).await;
    log::request(&method, &path, response.status(), began.elapsed());
    response
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
    if path == "/" || path == "/desk" || path.starts_with("/desk/") {
        return console(gateway, &method, Incoming { uri: &uri, headers, body: &body }).await;
    }
    if method == Method::GET && path == TRY.trim_end_matches('/') {
        return Redirect::permanent(TRY).into_response();
    }
    if method == Method::GET && path.starts_with(TRY) {
        return file(&gateway, &path);
    }
    match gateway::route(&method, &path) {
        Matched::Route(route, parts) => call_function(gateway, route, parts, Incoming { uri: &uri, headers, body: &body }).await,
        Matched::OtherMethods(methods) => {
            let problem = Problem::new("method", "Method not allowed", 405, format!("{path} takes {methods}"));
            let mut response = gateway::problem(&problem);
            if let Ok(methods) = methods.parse() {
                response.headers_mut().insert(header::ALLOW, methods);
            }
            response
        }
        Matched::Nothing if path.starts_with("/_local") && from_another_site(&headers) => gateway::problem(&Problem::new(
            "cross-site",
            "Cross-site request refused",
            403,
            "a page of another site may not use the local run",
        )),
        Matched::Nothing if path.starts_with(provider::PATH) => {
            provider::answer(gateway.started.provider(), &gateway.url, &method, &uri, &body)
        }
        Matched::Nothing if path.starts_with("/_local") => control::answer(&gateway.started, &method, &uri, &body).await,
        Matched::Nothing if method == Method::GET => file(&gateway, &path),
        Matched::Nothing => gateway::problem(&Problem::no_route()),
    }
}

/// Answers a request to a signed link, as S3 does.
async fn linked(
    State(gateway): State<Arc<Gateway>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let Ok(body) = body else { return gateway::problem(&Problem::too_large(usize::try_from(MAX_BYTES).unwrap_or(usize::MAX))) };
    if !from_this_machine(&headers) {
        return gateway::problem(&misdirected());
    }
    gateway.started.folder.linked(&method, uri.path(), &headers, &body)
}

/// Calls the console. Its cookies belong to one host name, so a page under another one leads to it.
async fn console(gateway: Arc<Gateway>, method: &Method, request: Incoming<'_>) -> Response {
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(|host| format!("http://{host}"));
    if *method == Method::GET && host.is_some_and(|host| host != gateway.url) {
        let address = request.uri.path_and_query().map_or("/", |address| address.as_str());
        return Redirect::temporary(&format!("{}{address}", gateway.url)).into_response();
    }
    let mut event = gateway::open_event(request);
    event.request_context.http.method = method.clone();
    event.request_context.request_id = Some(gateway.started.requests.next_id().to_string());
    let work = tokio::spawn(async move { gateway.started.console.handle(event).await });
    match work.await {
        Ok(answer) => gateway::response(answer),
        Err(e) => {
            tracing::error!(problem = %e, "the console panicked");
            gateway::problem(&Problem::internal("see the log", None))
        }
    }
}

/// Calls the function of the route. The function completes even if the client disconnects, as in the cloud.
async fn call_function(
    gateway: Arc<Gateway>,
    route: &'static forecourt_edge::routes::Route,
    parts: HashMap<String, String>,
    request: Incoming<'_>,
) -> Response {
    if let Err(problem) = gateway.throttle.take(route, std::time::Instant::now()) {
        return gateway::problem(&problem);
    }
    let mut event = match gateway::event(&gateway.started.tokens, route, parts, request) {
        Ok(event) => event,
        Err(problem) => return gateway::problem(&problem),
    };
    event.request_context.request_id = Some(gateway.started.requests.next_id().to_string());
    let work = tokio::spawn(async move { gateway.started.system.http(event).await });
    match work.await {
        Ok(answer) => gateway::response(answer),
        Err(e) => {
            tracing::error!(problem = %e, "a handler panicked");
            gateway::problem(&Problem::internal("see the log", None))
        }
    }
}

/// Refuses host names that another site points at this machine (DNS rebinding).
fn from_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn misdirected() -> Problem {
    Problem::new("misdirected", "Misdirected request", 421, "the local run answers only as localhost or 127.0.0.1")
}

/// Whether a browser sent this request for a page of another site.
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
    let page = path.strip_prefix(TRY).map(|page| utoipa_swagger_ui::serve(page, gateway.reference.clone()));
    match page {
        Some(Ok(Some(file))) => (StatusCode::OK, [(header::CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response(),
        _ => gateway::problem(&Problem::no_route()),
    }
}
