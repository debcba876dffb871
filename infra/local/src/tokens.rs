//! Access tokens of the local run. They are signed with a secret of the data folder and checked like API Gateway's JWT authorizer does.
//! They use real time.

use anyhow::Context as _;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Validity of a token in seconds: 12 hours.
const LIFETIME: i64 = 12 * 60 * 60;
const ISSUER: &str = "forecourt-local";

/// Issues and checks tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Tokens {
    /// Signs tokens with `secret`.
    pub fn new(secret: &[u8]) -> Self {
        Self { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret) }
    }

    /// Returns a token with these claims, and its expiry in seconds since 1970. Adds the claims for issuer and times.
    ///
    /// # Errors
    /// If the token cannot be signed.
    pub fn issue(&self, claims: &[(&str, &str)]) -> anyhow::Result<(String, i64)> {
        let now = chrono::Utc::now().timestamp();
        let mut all =
            Map::from_iter([("iss".to_owned(), json!(ISSUER)), ("iat".to_owned(), json!(now)), ("exp".to_owned(), json!(now + LIFETIME))]);
        all.extend(claims.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        let token = encode(&Header::new(Algorithm::HS256), &all, &self.encoding).context("the token cannot be signed")?;
        Ok((token, now + LIFETIME))
    }

    /// Returns the claims of a valid token as text, as API Gateway passes them on.
    ///
    /// # Errors
    /// The reason why the token is invalid.
    pub fn check(&self, token: &str) -> Result<HashMap<String, String>, &'static str> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        let why = |e: jsonwebtoken::errors::Error| match e.kind() {
            ErrorKind::ExpiredSignature => "it has expired",
            ErrorKind::InvalidSignature => "its signature is wrong",
            ErrorKind::InvalidIssuer | ErrorKind::MissingRequiredClaim(_) => "it has another issuer",
            _ => "it cannot be read",
        };
        let claims = decode::<Map<String, Value>>(token, &self.decoding, &validation).map_err(why)?.claims;
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(claims.into_iter().map(|(name, value)| (name, text(value))).collect())
    }
}
