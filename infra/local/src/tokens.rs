//! Tokens for the local run: signed with a secret of this machine, checked as API Gateway's JWT authorizer does.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// How long a token is good for: 12 hours of real time.
const LIFETIME: i64 = 12 * 60 * 60;
const ISSUER: &str = "forecourt-local";

/// Makes and checks tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Tokens {
    /// Tokens signed with `secret`.
    pub fn new(secret: &[u8]) -> Self {
        Self { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret) }
    }

    /// A token with these claims besides issuer and times; and when it ends, in seconds since 1970.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn issue(&self, claims: &[(&str, &str)]) -> Result<(String, i64), String> {
        let now = chrono::Utc::now().timestamp();
        let mut all =
            Map::from_iter([("iss".to_owned(), json!(ISSUER)), ("iat".to_owned(), json!(now)), ("exp".to_owned(), json!(now + LIFETIME))]);
        all.extend(claims.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        encode(&Header::new(Algorithm::HS256), &all, &self.encoding).map(|token| (token, now + LIFETIME)).map_err(|e| e.to_string())
    }

    /// The claims of a good token, flattened to text as API Gateway hands them on.
    ///
    /// # Errors
    /// Why it is not good.
    pub fn check(&self, token: &str) -> Result<HashMap<String, String>, &'static str> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        let why = |e: jsonwebtoken::errors::Error| match e.kind() {
            ErrorKind::ExpiredSignature => "it has expired",
            ErrorKind::InvalidSignature => "its signature is wrong",
            ErrorKind::InvalidIssuer | ErrorKind::MissingRequiredClaim(_) => "it was not issued here",
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
