//! Sign-in by OpenID Connect: authorization code with PKCE.
//!
//! The browser keeps state and verifier in a cookie of ten minutes until the provider sends it back, so nothing is stored before somebody
//! is known. The access token comes from the provider over TLS and goes to the API, which validates it with each request and names the
//! user; so the console needs no other statement of the provider about the user.

mod provider;

pub use provider::{ProviderFault, SignIn};

use provider::Callback;

use crate::api::{Ask, Unanswered};
use crate::console::{Console, Trouble};
use crate::reply::Reply;
use crate::session::{SESSION, Session};
use crate::visit::Visit;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use forecourt_edge::routes::Operation;
use forecourt_store::chain;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The path of the sign-in.
pub(crate) const PATH: &str = "/desk/sign-in";
/// The path to which the provider sends the browser back.
pub(crate) const CALLBACK: &str = "/desk/sign-in/callback";
/// The page of a visitor without a page to go to. No address ends with a slash: gateways differ in how they read it.
pub(crate) const HOME: &str = "/desk";
/// The beginning of every other page.
const PAGES: &str = "/desk/";
/// The cookie of a sign-in that has begun.
const BEGUN: &str = "desk-sign-in";
/// Time in which a sign-in must be completed.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);
/// The longest address to which a visitor returns, in bytes.
const LONGEST: usize = 1_500;
/// A token is renewed this long before it expires.
const EARLY: TimeDelta = TimeDelta::seconds(60);

/// A sign-in that has begun.
#[derive(Serialize, Deserialize)]
struct Begun {
    state: String,
    verifier: String,
    to: String,
}

/// Whether an address is a page of the console, so that a link to the sign-in cannot send a visitor to another site.
pub(crate) fn is_own_page(address: &str) -> bool {
    let plain = address.len() <= LONGEST && address.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\');
    let path = address.split(['?', '#']).next().unwrap_or_default();
    // Browsers read `%2e%2e` like `..`: such a path leaves the console. A name with a slash or a control character in it is no page.
    let is_name = |name: Cow<'_, str>| !matches!(&*name, "." | "..") && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\'));
    let has_names = path.split('/').all(|name| is_name(percent_decode_str(name).decode_utf8_lossy()));
    plain && address.starts_with(PAGES) && !address.contains("//") && has_names && !address.starts_with(PATH)
}

/// The address of the sign-in that leads to `to`.
pub(crate) fn address(to: &str) -> String {
    match is_own_page(to) {
        true => format!("{PATH}?{}", form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish()),
        false => PATH.to_owned(),
    }
}

/// Sends the browser to the provider.
pub(crate) async fn begin(console: &Console, visit: &Visit) -> Result<Reply, Trouble> {
    let to = visit.query.get("to").filter(|to| is_own_page(to)).unwrap_or(HOME).to_owned();
    let (url, state, verifier) = console.sign_in.begin(&*console.http, &console.address_of(CALLBACK)).await?;
    let begun = serde_json::to_vec(&Begun { state, verifier, to }).unwrap_or_default();
    let cookie = console.sessions.cookie(BEGUN, &URL_SAFE_NO_PAD.encode(begun), PATIENCE);
    Ok(Reply::redirect(url).cookie(&cookie))
}

/// Completes a sign-in, and sends the browser to the page that it asked for.
pub(crate) async fn complete(console: &Console, visit: &Visit) -> Result<Reply, Trouble> {
    let cookie = visit.cookie(&console.sessions.cookie_name(BEGUN)).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let begun = cookie.and_then(|bytes| serde_json::from_slice::<Begun>(&bytes).ok());
    // Without the cookie somebody else may have started the sign-in, or it took too long.
    let Some(begun) = begun.filter(|begun| visit.query.get("state") == Some(&begun.state)) else { return Err(Trouble::SignInLost) };
    // The answer of another provider must not get here: its code would be sent to ours.
    if visit.query.get("iss").is_some_and(|issuer| issuer.trim_end_matches('/') != console.sign_in.issuer) {
        return Err(Trouble::SignInLost);
    }
    let Some(code) = visit.query.get("code") else {
        // The address is the browser's: only a name of an error is logged.
        let is_name = |text: &&str| text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let error = visit.query.get("error").filter(is_name);
        tracing::warn!(error, "the provider refused a sign-in");
        return Err(Trouble::SignInRefused);
    };
    let now = console.wall.now();
    let answer = Callback { address: console.address_of(CALLBACK), code: code.to_owned(), verifier: begun.verifier };
    let tokens = console.sign_in.complete(&*console.http, answer, now).await?;
    // The session needs the user only, not all dealers.
    let me = match console.api.call(&tokens.access, Operation::ReadMe, Ask::default()).await {
        Ok(me) => me,
        // The provider knows them, Forecourt does not.
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 401 | 403 | 404) => {
            tracing::warn!(detail = problem.detail, "a signed-in person is no user");
            return Err(Trouble::NoUser);
        }
        Err(other) => return Err(other.into()),
    };
    let session = console.sessions.start(me.text("group"), me.text("id"), &tokens, now).await?;
    if let Some(old) = visit.cookie(&console.sessions.cookie_name(SESSION)) {
        console.sessions.replace(&old, session.value()).await?;
    }
    let done = console.sessions.cookie(BEGUN, "", PATIENCE);
    Ok(Reply::redirect(if is_own_page(&begun.to) { begun.to } else { HOME.to_owned() }).cookie(&session).cookie(&done))
}

/// Returns the session of a visitor with a valid access token. `None` if they must sign in.
pub(crate) async fn session(console: &Console, visit: &Visit) -> Result<Option<Session>, Trouble> {
    let Some(cookie) = visit.cookie(&console.sessions.cookie_name(SESSION)) else { return Ok(None) };
    let now = console.wall.now();
    let Some(session) = console.sessions.open(&cookie, now).await? else { return Ok(None) };
    if session.tokens.expires.is_none_or(|expires| now + EARLY < expires) {
        return Ok(Some(session));
    }
    let serves = |session: &Session| session.tokens.expires.is_none_or(|expires| now < expires);
    let Some(refresh) = session.tokens.refresh.clone() else { return Ok(Some(session).filter(serves)) };
    let fault = match console.sign_in.refresh(&*console.http, refresh, now).await {
        Ok(tokens) => return Ok(console.sessions.renew(session, tokens).await?),
        Err(fault) => fault,
    };
    // Another request of this browser may have renewed them at the same time, or be about to store them. Until it expires, the former token
    // is as good as before; a session that was ended in the meantime stays ended.
    let Some(stored) = console.sessions.open(&cookie, now).await? else { return Ok(None) };
    if stored.tokens == session.tokens {
        tracing::warn!(cause = chain(&fault), "the tokens of a session were not renewed");
    }
    Ok(Some(stored).filter(serves))
}

/// Returns the session of a visitor for a poll, for half the read units of [`session`]. It may have ended moments ago, so nothing may be
/// shown by it. `None` also if its access token must be renewed.
pub(crate) async fn glance(console: &Console, visit: &Visit) -> Result<Option<Session>, Trouble> {
    let Some(cookie) = visit.cookie(&console.sessions.cookie_name(SESSION)) else { return Ok(None) };
    let now = console.wall.now();
    let session = console.sessions.glance(&cookie, now).await?;
    Ok(session.filter(|session| session.tokens.expires.is_none_or(|expires| now + EARLY < expires)))
}

/// Ends the session, or all sessions of the user, and leads to the provider's sign-out if it has one. It needs no valid access token.
pub(crate) async fn end(console: &Console, visit: &Visit) -> Result<Reply, Trouble> {
    if let Some(cookie) = visit.cookie(&console.sessions.cookie_name(SESSION))
        && let Some(session) = console.sessions.open(&cookie, console.wall.now()).await?
    {
        console.sessions.end(&session, visit.form.has("everywhere")).await?;
    }
    let to = console.sign_in.sign_out_url(&*console.http, &console.address_of("/desk/signed-out")).await;
    Ok(Reply::redirect(to).cookie(&console.sessions.cookie(SESSION, "", TimeDelta::zero())))
}
