//! Opens the data folder and builds the system from it. A new folder gets the demo: its group, its clock, and a few leads.

use crate::clock::{self, DEMO_START, VirtualClock};
use crate::demo::{self, GroupData, SAMPLES};
use crate::folder::{Folder, Links, write_whole};
use crate::gateway::{self, Incoming, Matched};
use crate::ids::Sequence;
use crate::mail_in;
use crate::mailbox::Mailbox;
use crate::partner_queue::PartnerQueue;
use crate::provider::{self, Codes, Provider};
use crate::tokens::Tokens;
use crate::{Parts, System, control, engine};
use anyhow::{Context as _, anyhow, bail};
use axum::body::Bytes;
use forecourt_console::api::Api;
use forecourt_console::sign_in::SignIn;
use forecourt_console::{Client, Console};
use forecourt_domain::base::MailDomain;
use forecourt_edge::Ids;
use forecourt_edge::environment::TokenClaims;
use forecourt_store::{Secret, Store, fingerprint};
use http::{HeaderMap, Method, Uri, header};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

/// The channel secret of a new data folder. Lead numbers and other ids derive from it, so it is the same in every folder: the examples of
/// the documentation are repeatable. It protects nothing here, as `/_local/token` gives anybody on this machine a token.
const DEMO_SECRET: &[u8] = b"the demo's ids derive from this";

/// A system that is ready to answer, and the other values that its HTTP server needs.
pub(crate) struct Started {
    pub(crate) system: Arc<System>,
    pub(crate) folder: Arc<Folder>,
    pub(crate) demo: GroupData,
    pub(crate) tokens: Tokens,
    /// The ids of requests.
    pub(crate) requests: Sequence,
    /// The codes of the local identity provider.
    pub(crate) codes: Codes,
    pub(crate) console: Console,
}

impl Started {
    /// Returns the identity provider.
    pub(crate) fn provider(&self) -> Provider<'_> {
        Provider { group: &self.demo, tokens: &self.tokens, claims: &self.system.platform.token_claims, codes: &self.codes }
    }
}

/// Builds the system from the data folder `data`, which is reached at `url`.
///
/// # Errors
/// What could not be started.
pub(crate) async fn start(data: &Path, url: &str) -> anyhow::Result<Started> {
    let in_folder = || format!("cannot use the data folder {}", data.display());
    let (clock_file, table_file) = (data.join("clock"), data.join("table.sqlite"));
    let clock = match table_file.exists() || clock_file.exists() {
        true => VirtualClock::stored_in(clock_file),
        false => VirtualClock::starting_at(DEMO_START, clock_file).with_context(in_folder)?,
    };
    let secret = Secret::new(&secret(data, "channel-secret", || DEMO_SECRET.to_vec()).with_context(in_folder)?);
    let store = Store::new(engine::client(engine::start(Some(&table_file))?), "forecourt", secret);
    store.make_table().await.with_context(in_folder)?;

    let links = Links { public_url: url.to_owned(), secret: store.secret().clone(), clock: clock.clone() };
    let folder = Arc::new(Folder { path: data.join("bucket"), links: Some(links) });
    let ids = Sequence::open(data.join("ids")).with_context(in_folder)?;
    let parts = Parts {
        store,
        clock: clock.clone(),
        ids: Ids::from_source(move || ids.next_id()),
        files: folder.clone(),
        uploads: folder.clone(),
        mailbox: Arc::new(Mailbox::open(data.join("outbox")).with_context(in_folder)?.with_secrets(data.join("mail-servers"))),
        queue: PartnerQueue::open(data.join("queue"), clock.clone()).with_context(in_folder)?,
        appointments: PartnerQueue::open(data.join("appointments"), clock.clone()).with_context(in_folder)?,
        public_url: url.to_owned(),
        console_url: url.to_owned(),
        token_claims: TokenClaims::from_environment(),
        mail_domain: Some(mail_domain()?),
        mails: PartnerQueue::open(data.join("mails"), clock.clone()).with_context(in_folder)?,
        texts: PartnerQueue::open(data.join("texts"), clock.clone()).with_context(in_folder)?,
        twice: false,
    };
    let system = Arc::new(System::new(parts)?);
    let random = || [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].iter().flat_map(|id| id.as_bytes().to_vec()).collect();
    let tokens = Tokens::new(&self::secret(data, "token-secret", random).with_context(in_folder)?);
    // As in a stack, an empty scope means that none is required.
    let tokens = match std::env::var("TOKEN_SCOPE") {
        Ok(scope) => tokens.with_scope(scope),
        Err(_) => tokens,
    };
    let demo = demo::group().context("the demo data breaks a rule")?;
    load_demo(&data.join("demo"), &system, &demo, &tokens).await?;
    system.restore_agenda().await.context("the scheduled work cannot be read")?;
    let requests = Sequence::open(data.join("requests")).with_context(in_folder)?;
    let http = Arc::new(Client::default());
    let console = Console::new(forecourt_console::Parts {
        api: Api::new(http.clone(), url),
        http,
        url: url.to_owned(),
        store: system.platform.store.clone(),
        sign_in: SignIn::new(&format!("{url}{}", provider::PATH), provider::CLIENT, &[]),
        clock: system.platform.clock.clone(),
        wall: system.platform.wall.clone(),
        upload_origin: String::new(),
    });
    Ok(Started { system, folder, demo, tokens, requests, codes: Codes::default(), console })
}

/// The domain of `MAIL_DOMAIN`, or that of the local run.
fn mail_domain() -> anyhow::Result<MailDomain> {
    let domain = std::env::var("MAIL_DOMAIN").ok().filter(|text| !text.is_empty());
    MailDomain::parse(domain.as_deref().unwrap_or(mail_in::DOMAIN)).context("MAIL_DOMAIN is no domain")
}

/// The secret in the file `name`, which is made with `new` if it is missing.
fn secret(data: &Path, name: &str, new: impl FnOnce() -> Vec<u8>) -> std::io::Result<Vec<u8>> {
    let path = data.join(name);
    if let Ok(bytes) = std::fs::read(&path) {
        return Ok(bytes);
    }
    let bytes = new();
    write_whole(&path, &bytes)?;
    Ok(bytes)
}

/// Adds the items of this release's demo that the table lacks, and leaves changed items. The file `loaded` stores which demo was loaded
/// last, once it is complete, so that a start after a kill completes it and other starts skip it.
async fn load_demo(loaded: &Path, system: &System, demo: &GroupData, tokens: &Tokens) -> anyhow::Result<()> {
    let current = fingerprint(demo::JSON.as_bytes());
    if std::fs::read_to_string(loaded).is_ok_and(|before| before == current) {
        return Ok(());
    }
    demo.load_into(&system.platform.store, system.clock.now()).await.context("the demo data cannot be written")?;
    load_samples(system, tokens).await?;
    write_whole(loaded, current.as_bytes()).with_context(|| format!("cannot write {}", loaded.display()))
}

/// Sends the sample leads as a portal would, and lets them be distributed. Each has an external id, so a repeat makes no second lead.
async fn load_samples(system: &System, tokens: &Tokens) -> anyhow::Result<()> {
    let (token, _) = tokens.issue(&control::partner_claims(&system.platform.token_claims, "demo-group", "portal-demo"))?;
    for (dealer, body) in SAMPLES {
        let path = format!("/dealers/{dealer}/leads");
        let uri = path.parse::<Uri>().context("the path of a sample is invalid")?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        let bearer = format!("Bearer {token}").parse::<http::HeaderValue>().context("the token is invalid")?;
        headers.insert(header::AUTHORIZATION, bearer);
        let Matched::Route(route, parts) = gateway::route(&Method::POST, &path) else { bail!("no route for samples") };
        let request = Incoming { uri: &uri, headers, body: &Bytes::from_static(body.as_bytes()) };
        let event = gateway::event(tokens, route, parts, request).map_err(|problem| anyhow!(problem.detail))?;
        let status = system.http(event).await.status_code;
        // In a folder of an older release, people may have changed the settings that the sample needs.
        if status != 201 {
            tracing::warn!(dealer, status, "a sample lead was refused");
        }
    }
    system.settle().await;
    Ok(())
}

/// Prints the address of the system and commands to try, in one write, so that no log line comes in between.
pub(crate) fn print_banner(url: &str, data: &Path, started: &Started) {
    // Standard output may be closed.
    let _ = std::io::stdout().write_all(banner(url, data, &clock_in_words(started)).as_bytes());
}

/// The demo's clock, in the zone of its first dealer: `Mon 23 Nov 2026 07:30 in Europe/Berlin (6 days behind real time)`.
fn clock_in_words(started: &Started) -> String {
    let clock = &started.system.clock;
    let zone = started.demo.dealers.first().map(|dealer| dealer.settings.calendar.zone());
    let now = match zone {
        Some(zone) => format!("{} in {zone}", clock.now().with_timezone(&zone).format("%a %-d %b %Y %H:%M")),
        None => clock.now().format("%a %-d %b %Y %H:%M UTC").to_string(),
    };
    format!("{now} ({})", clock::difference(clock.offset()))
}

fn banner(url: &str, data: &Path, clock: &str) -> String {
    format!(
        "Forecourt listens on {url}\n\
         \n\
         Console     {url}/            sign in as a person of the demo\n\
         Reference   {url}/reference   the rules, and every route to read and to try\n\
         Data        {}        kept over restarts; remove it to start afresh\n\
         Mail in     {}/mail-in    drop a mail there as an .eml file\n\
         Clock       {clock}\n\
         \n\
         Try:\n\
         TOKEN=$(curl -s {url}/_local/token -d '{{\"user\":\"ingo.brandt\"}}' | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/')\n\
         curl -s {url}/dealers/autohaus-nordstern-demo/leads -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n\
         \x20    -d '{{\"type\":\"used_car\",\"contact\":{{\"first_name\":\"Jana\",\"phone\":\"0171 2345678\"}},\"message\":\"Ist der Wagen noch da?\"}}'\n\
         curl -s {url}/_local/clock -d '{{\"advance_minutes\":1440}}'      move the clock forward by a day\n\
         curl -s {url}/_local/outbox                                    list the mails that were sent\n\n",
        data.display(),
        data.display()
    )
}
