//! Sessions: the browser has a random cookie, the table has the tokens, encrypted with a key that derives from the cookie.
//!
//! Neither the table nor its backups reveal a token, and the cookie alone is worth nothing without the table. A session ends after twelve
//! hours, or when its user signs out, in this browser or everywhere.

mod seal;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use cookie::{Cookie, SameSite};
use forecourt_store::{Failure, SessionKey, Store, StoredSession};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use seal::{open, sealed};
use serde::{Deserialize, Serialize};

/// The life of a session.
const LIFETIME: TimeDelta = TimeDelta::hours(12);
/// The sessions that a user has at most, of all browsers. Another sign-in ends the oldest one.
const MOST: usize = 50;
/// Bytes of the random part of a cookie.
const RANDOM: usize = 32;
/// Bytes of a hash in a cookie or a key.
const SHORT: usize = 16;

/// The tokens of a session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// The access token, which the API takes.
    pub access: String,
    /// When the access token expires; `None` if the provider does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<DateTime<Utc>>,
    /// Gets a new access token; `None` if the provider gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<String>,
}

/// A session that a cookie opened.
pub struct Session {
    key: SessionKey,
    cookie: String,
    ends: DateTime<Utc>,
    /// Its tokens.
    pub tokens: Tokens,
}

/// The sessions of the console. They use real time.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    /// Whether the console is reached by https, so that the cookie may be bound to it.
    secure: bool,
}

impl Sessions {
    /// Sessions in `store`, of a console at `console_url`.
    pub fn new(store: Store, console_url: &str) -> Self {
        Self { store, secure: console_url.starts_with("https://") }
    }

    /// The name of the cookie `name`: with the prefix that makes browsers refuse it from other hosts and over http.
    pub(crate) fn cookie_name(&self, name: &str) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// Makes a cookie for all pages of the console; of no value deletes it.
    pub(crate) fn cookie(&self, name: &str, value: &str, life: TimeDelta) -> Cookie<'static> {
        let cookie = Cookie::build((self.cookie_name(name), value.to_owned())).path("/").http_only(true).secure(self.secure);
        // `Strict` would hide the session from a visitor who follows a link in a mail.
        let cookie = cookie.same_site(SameSite::Lax);
        cookie.max_age(cookie::time::Duration::seconds(if value.is_empty() { 0 } else { life.num_seconds() })).build()
    }

    /// Starts a session of the user with a new cookie, which it returns.
    ///
    /// # Errors
    /// [`Failure`] of the store.
    pub(crate) async fn start(&self, group: &str, user: &str, tokens: &Tokens, now: DateTime<Utc>) -> Result<Cookie<'static>, Failure> {
        let mut random = [0_u8; RANDOM];
        SystemRandom::new().fill(&mut random).map_err(|_| Failure::Broken("no random numbers".into()))?;
        let owner = hash(format!("{group}#{user}").as_bytes());
        let cookie = format!("{owner}.{}", URL_SAFE_NO_PAD.encode(random));
        let key = SessionKey { owner, hash: hash(cookie.as_bytes()) };
        self.store.end_oldest_sessions(&key.owner, MOST - 1).await?;
        self.store.save_session(&key, &stored(&key, &cookie, now + LIFETIME, tokens)?).await?;
        Ok(self.cookie(SESSION, &cookie, LIFETIME))
    }

    /// Ends the session of the cookie `old` if it is of the same user as `new`: a sign-in replaces the session that the browser had.
    ///
    /// # Errors
    /// [`Failure`] of the store.
    pub(crate) async fn replace(&self, old: &str, new: &str) -> Result<(), Failure> {
        match key_of(old).zip(key_of(new)).filter(|(old, new)| old.owner == new.owner && old != new) {
            Some((old, _)) => self.store.end_session(&old).await,
            None => Ok(()),
        }
    }

    /// Opens the session of a cookie. `None` if there is none, it has ended, or the cookie is not its own.
    ///
    /// # Errors
    /// [`Failure`] of the store.
    pub(crate) async fn open(&self, cookie: &str, now: DateTime<Utc>) -> Result<Option<Session>, Failure> {
        let Some(key) = key_of(cookie) else { return Ok(None) };
        Ok(self.store.session(&key).await?.and_then(|stored| unlocked(key, cookie, &stored, now)))
    }

    /// The same for half the read units. The session may have ended moments ago, so nothing may be shown by it.
    ///
    /// # Errors
    /// [`Failure`] of the store.
    pub(crate) async fn glance(&self, cookie: &str, now: DateTime<Utc>) -> Result<Option<Session>, Failure> {
        let Some(key) = key_of(cookie) else { return Ok(None) };
        Ok(self.store.session_glance(&key).await?.and_then(|stored| unlocked(key, cookie, &stored, now)))
    }

    /// Returns the session with new tokens. `None` if it was ended while they were asked for: a sign-out is final.
    ///
    /// # Errors
    /// [`Failure`] of the store.
    pub(crate) async fn renew(&self, session: Session, tokens: Tokens) -> Result<Option<Session>, Failure> {
        let renewed = stored(&session.key, &session.cookie, session.ends, &tokens)?;
        let exists = self.store.renew_session(&session.key, &renewed).await?;
        Ok(exists.then_some(Session { tokens, ..session }))
    }

    /// Ends a session, or with `everywhere` all sessions of its user.
    ///
    /// # Errors
    /// [`Failure`] of the store.
    pub(crate) async fn end(&self, session: &Session, everywhere: bool) -> Result<(), Failure> {
        match everywhere {
            true => self.store.end_sessions(&session.key.owner).await.map(|_| ()),
            false => self.store.end_session(&session.key).await,
        }
    }
}

/// Encrypts the tokens of a session.
fn stored(key: &SessionKey, cookie: &str, ends: DateTime<Utc>, tokens: &Tokens) -> Result<StoredSession, Failure> {
    let text = serde_json::to_vec(tokens).map_err(|e| Failure::Broken(e.into()))?;
    let sealed = sealed(cookie, &key.hash, text).ok_or_else(|| Failure::Broken("the tokens cannot be encrypted".into()))?;
    Ok(StoredSession { sealed, ends })
}

/// The name of the session of a cookie. `None` if no session has such a cookie.
fn key_of(cookie: &str) -> Option<SessionKey> {
    let (owner, _) = cookie.split_once('.').filter(|(owner, _)| is_hash(owner))?;
    Some(SessionKey { owner: owner.to_owned(), hash: hash(cookie.as_bytes()) })
}

/// Opens a stored session. `None` if it has ended, or if the cookie is not its own.
fn unlocked(key: SessionKey, cookie: &str, stored: &StoredSession, now: DateTime<Utc>) -> Option<Session> {
    let bytes = open(cookie, &key.hash, &stored.sealed).filter(|_| stored.ends > now)?;
    let tokens = serde_json::from_slice(&bytes).ok()?;
    Some(Session { key, cookie: cookie.to_owned(), ends: stored.ends, tokens })
}

/// The name of the session's cookie.
pub(crate) const SESSION: &str = "desk";

/// A hash of 16 bytes as 22 letters, digits, `-` and `_`.
pub(crate) fn hash(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, bytes).as_ref()[..SHORT])
}

fn is_hash(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == SHORT)
}
