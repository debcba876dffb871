//! Reads the secrets that a function needs from Secrets Manager, once, when it starts.

use crate::environment::{Missing, setting};
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use forecourt_store::{Cause, KeyRing, Purpose, Secret};
use futures::FutureExt as _;
use futures::future::{try_join, try_join_all};
use std::collections::BTreeMap;

/// The field of a document of keys that names the key that signs.
const CURRENT: &str = "current";
/// The field that ends the validity of signatures of the first secret.
const FIRST: &str = "first";
const ENDED: &str = "ended";

/// The secrets that a function needs.
#[derive(Debug, Clone, Copy)]
pub enum Needs {
    /// None.
    Nothing,
    /// The channel secret, and the keys of these purposes.
    Keys(&'static [Purpose]),
}

/// A function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// A setting is not in its environment.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// A secret cannot be used.
    #[error("the secret {name} cannot be used")]
    Secret {
        /// The secret's ARN or variable.
        name: String,
        /// The reason.
        #[source]
        fault: SecretFault,
    },
}

/// The reason why a secret cannot be used, without any part of its keys.
#[derive(Debug, thiserror::Error)]
pub enum SecretFault {
    /// Secrets Manager did not return it.
    #[error("it cannot be read")]
    Unreadable(#[source] Cause),
    /// It is binary.
    #[error("it is not text")]
    NotText,
    /// It is one key, the channel secret or the only key of a purpose, and too short.
    #[error("it must have at least {shortest} bytes", shortest = Secret::SHORTEST)]
    TooShort,
    /// It begins like a JSON object, and is not a JSON object of texts.
    #[error("it must be a JSON object of texts")]
    NotTexts,
    /// The field `first` has another value than `ended`.
    #[error("{first} must be {ended}, or left out", first = FIRST, ended = ENDED)]
    First,
    /// The field `current` is missing.
    #[error("{current} must name the key that signs", current = CURRENT)]
    NoCurrent,
    /// The field `current` names no key.
    #[error("{current} must be the id of one of the keys", current = CURRENT)]
    UnknownCurrent,
    /// A key has an invalid id.
    #[error("the id of a key must be 1 to {longest} characters of a-z, 0-9 and '-'", longest = KeyRing::LONGEST_ID)]
    InvalidId,
    /// The key with this id is too short.
    #[error("the key {0} must have at least {shortest} bytes", shortest = Secret::SHORTEST)]
    KeyTooShort(String),
}

/// Returns the variable with the ARN of the keys of a purpose.
fn variable(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Links => "LINK_KEYS_ARN",
        Purpose::PingBacks => "PING_BACK_KEYS_ARN",
        Purpose::Webhooks => "WEBHOOK_KEYS_ARN",
        Purpose::Origins => "ORIGIN_KEYS_ARN",
    }
}

/// Reads the secrets that the function needs. A purpose without a variable uses the channel secret.
pub(super) async fn read(config: &SdkConfig, needs: Needs) -> Result<Secret, CannotStart> {
    let Needs::Keys(purposes) = needs else { return Ok(Secret::none()) };
    let client = &Client::new(config);
    let rings = purposes.iter().filter_map(|purpose| Some((*purpose, setting(variable(*purpose)).ok()?)));
    let rings = rings.map(|(purpose, name)| async move {
        let read = ring(&value(client, &name).await?);
        let (ring, first_too) = read.map_err(|fault| CannotStart::Secret { name, fault })?;
        Ok::<_, CannotStart>((purpose, ring, first_too))
    });
    let (first, rings) = try_join(channel_secret(client), try_join_all(rings)).await?;
    if first.len() < Secret::SHORTEST {
        return Err(CannotStart::Secret { name: "CHANNEL_SECRET".to_owned(), fault: SecretFault::TooShort });
    }
    let secret = Secret::new(first.as_bytes());
    Ok(rings.into_iter().fold(secret, |secret, (purpose, ring, first_too)| secret.with_keys(purpose, ring, first_too)))
}

/// Returns the channel secret: the value of `CHANNEL_SECRET`, else of the secret that `CHANNEL_SECRET_ARN` names.
async fn channel_secret(client: &Client) -> Result<String, CannotStart> {
    match setting("CHANNEL_SECRET") {
        Ok(value) => Ok(value),
        Err(_) => value(client, &setting("CHANNEL_SECRET_ARN")?).await,
    }
}

async fn value(client: &Client, name: &str) -> Result<String, CannotStart> {
    let failed = |fault| CannotStart::Secret { name: name.to_owned(), fault };
    let read = client.get_secret_value().secret_id(name).send().boxed().await;
    let read = read.map_err(|e| failed(SecretFault::Unreadable(e.into())))?;
    read.secret_string.ok_or_else(|| failed(SecretFault::NotText))
}

/// Reads the keys of a purpose: `{"current":"2","1":"…","2":"…"}`. `current` names the key that signs; the others are valid. Returns also
/// whether signatures of the first secret are valid: they are, unless the field `first` is `ended`. A text that is no JSON object is one
/// key without an id.
///
/// # Errors
/// The reason why the text cannot be used.
pub fn ring(text: &str) -> Result<(KeyRing, bool), SecretFault> {
    let long_enough = |key: &str| key.len() >= Secret::SHORTEST;
    if !text.trim_start().starts_with('{') {
        return if long_enough(text) { Ok((KeyRing::new("", text.as_bytes()), true)) } else { Err(SecretFault::TooShort) };
    }
    let mut keys: BTreeMap<String, String> = serde_json::from_str(text).map_err(|_| SecretFault::NotTexts)?;
    let first_too = match keys.remove(FIRST).as_deref() {
        None => true,
        Some(ENDED) => false,
        Some(_) => return Err(SecretFault::First),
    };
    let current = keys.remove(CURRENT).ok_or(SecretFault::NoCurrent)?;
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    for (id, key) in &keys {
        if id.is_empty() || id.len() > KeyRing::LONGEST_ID || !id.chars().all(known) {
            return Err(SecretFault::InvalidId);
        }
        if !long_enough(key) {
            return Err(SecretFault::KeyTooShort(id.clone()));
        }
    }
    let signs = keys.remove(&current).ok_or(SecretFault::UnknownCurrent)?;
    let ring = keys.iter().fold(KeyRing::new(&current, signs.as_bytes()), |ring, (id, key)| ring.with(id, key.as_bytes()));
    Ok((ring, first_too))
}
