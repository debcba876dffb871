//! Reads the secrets that a function needs from Secrets Manager, once, when it starts.

use crate::environment::{Missing, setting};
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use forecourt_store::{KeyRing, Purpose, Secret};
use futures::FutureExt as _;
use futures::future::{try_join, try_join_all};
use std::collections::BTreeMap;

/// The field of a document of keys that names the key that signs.
const CURRENT: &str = "current";
/// The field that ends the validity of what the first secret signed.
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
#[derive(Debug)]
pub enum CannotStart {
    /// A setting is not in its environment.
    Missing(Missing),
    /// A secret cannot be read.
    Secret {
        /// The secret's ARN.
        name: String,
        /// The reason, without any part of the secret.
        why: String,
    },
}

impl std::fmt::Display for CannotStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(missing) => missing.fmt(f),
            Self::Secret { name, why } => write!(f, "the secret {name} cannot be used: {why}"),
        }
    }
}
impl std::error::Error for CannotStart {}

impl From<Missing> for CannotStart {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
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

/// Reads what the function needs. A purpose without a variable uses the channel secret.
pub(super) async fn read(config: &SdkConfig, needs: Needs) -> Result<Secret, CannotStart> {
    let Needs::Keys(purposes) = needs else { return Ok(Secret::none()) };
    let client = &Client::new(config);
    let rings = purposes.iter().filter_map(|purpose| Some((*purpose, setting(variable(*purpose)).ok()?)));
    let rings = rings.map(|(purpose, name)| async move {
        let read = ring(&value(client, &name).await?);
        let (ring, first_too) = read.map_err(|why| CannotStart::Secret { name, why })?;
        Ok::<_, CannotStart>((purpose, ring, first_too))
    });
    let (first, rings) = try_join(channel_secret(client), try_join_all(rings)).await?;
    if first.len() < Secret::SHORTEST {
        return Err(Missing("CHANNEL_SECRET (at least 16 bytes)").into());
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
    let failed = |why: String| CannotStart::Secret { name: name.to_owned(), why };
    let read = client.get_secret_value().secret_id(name).send().boxed().await;
    let read = read.map_err(|e| failed(DisplayErrorContext(e).to_string()))?;
    read.secret_string.ok_or_else(|| failed("it is not text".into()))
}

/// Reads the keys of a purpose: `{"current":"2","1":"…","2":"…"}`. `current` names the key that signs; the others are valid. Returns also whether
/// what the first secret signed is valid: it is, unless the field `first` is `ended`. A text that is no JSON object is one key without an id.
///
/// # Errors
/// The reason why the text cannot be used; it has no part of a key.
pub fn ring(text: &str) -> Result<(KeyRing, bool), String> {
    let long_enough = |key: &str| key.len() >= Secret::SHORTEST;
    if !text.trim_start().starts_with('{') {
        return if long_enough(text) { Ok((KeyRing::new("", text.as_bytes()), true)) } else { Err(too_short("it")) };
    }
    let mut keys: BTreeMap<String, String> = serde_json::from_str(text).map_err(|_| "it must be a JSON object of texts".to_owned())?;
    let first_too = match keys.remove(FIRST).as_deref() {
        None => true,
        Some(ENDED) => false,
        Some(_) => return Err(format!("{FIRST} must be {ENDED}, or left out")),
    };
    let current = keys.remove(CURRENT).ok_or_else(|| format!("{CURRENT} must name the key that signs"))?;
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    for (id, key) in &keys {
        if id.is_empty() || id.len() > KeyRing::LONGEST_ID || !id.chars().all(known) {
            return Err(format!("the id of a key must be 1 to {} characters of a-z, 0-9 and '-'", KeyRing::LONGEST_ID));
        }
        if !long_enough(key) {
            return Err(too_short(&format!("the key {id}")));
        }
    }
    let signs = keys.remove(&current).ok_or_else(|| format!("{CURRENT} must be the id of one of the keys"))?;
    let ring = keys.iter().fold(KeyRing::new(&current, signs.as_bytes()), |ring, (id, key)| ring.with(id, key.as_bytes()));
    Ok((ring, first_too))
}

fn too_short(what: &str) -> String {
    format!("{what} must have at least {} bytes", Secret::SHORTEST)
}
