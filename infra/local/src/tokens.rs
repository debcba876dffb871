//! Access tokens of the local run. They are signed with a secret of the data folder, and checked and passed on as API Gateway's JWT
//! authorizer does. They use real time.

use anyhow::Context as _;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Validity of a token in seconds: 12 hours.
const LIFETIME: i64 = 12 * 60 * 60;
const ISSUER: &str = "forecourt-local";
/// The scope that tokens need unless another one is set.
const SCOPE: &str = "forecourt";

/// Issues and checks tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    scope: String,
}

impl Tokens {
    /// Signs tokens with `secret`.
    pub fn new(secret: &[u8]) -> Self {
        Self { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret), scope: SCOPE.into() }
    }

    /// Requires the scope `scope`; none if it is empty.
    #[must_use]
    pub fn with_scope(self, scope: String) -> Self {
        Self { scope, ..self }
    }

    /// Returns a token with these claims and the scope, and its expiry in seconds since 1970. Adds the claims for issuer and times.
    ///
    /// # Errors
    /// If the token cannot be signed.
    pub fn issue(&self, claims: &[(&str, &str)]) -> anyhow::Result<(String, i64)> {
        let scope = ("scope", self.scope.as_str());
        self.sign(std::iter::once(&scope).chain(claims).map(|(name, value)| ((*name).to_owned(), json!(value))).collect())
    }

    /// Returns a token with these claims, and its expiry in seconds since 1970. Its issuer and times replace those of `claims`.
    ///
    /// # Errors
    /// If the token cannot be signed.
    pub fn sign(&self, mut claims: Map<String, Value>) -> anyhow::Result<(String, i64)> {
        let now = chrono::Utc::now().timestamp();
        claims.extend([("iss".to_owned(), json!(ISSUER)), ("iat".to_owned(), json!(now)), ("exp".to_owned(), json!(now + LIFETIME))]);
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).context("the token cannot be signed")?;
        Ok((token, now + LIFETIME))
    }

    /// Returns the claims of a valid token as text, as API Gateway passes them on.
    ///
    /// # Errors
    /// The reason why the token is invalid.
    pub fn check(&self, token: &str) -> anyhow::Result<HashMap<String, String>> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        // Nobody else uses this issuer, so it has no audiences.
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "iss"]);
        let decoded = decode::<Map<String, Value>>(token, &self.decoding, &validation).map_err(|e| {
            let fault = match e.kind() {
                ErrorKind::ExpiredSignature => "it has expired",
                ErrorKind::InvalidSignature => "its signature is wrong",
                ErrorKind::InvalidIssuer | ErrorKind::MissingRequiredClaim(_) => "it has another issuer",
                _ => "it cannot be read",
            };
            anyhow::Error::new(e).context(fault)
        })?;
        Ok(decoded.claims.into_iter().map(|(name, value)| (name, flattened(&value))).collect())
    }

    /// Returns the scope that a token with these claims lacks. API Gateway reads `scope` and `scp`. `None` if it has it, or none is
    /// required.
    pub fn lacks_scope(&self, claims: &HashMap<String, String>) -> Option<&str> {
        let of = |name: &str| claims.get(name).map(|text| text.trim_start_matches('[').trim_end_matches(']').split_whitespace());
        let has = ["scope", "scp"].into_iter().filter_map(of).flatten().any(|scope| scope == self.scope);
        Some(self.scope.as_str()).filter(|scope| !scope.is_empty() && !has)
    }
}

/// Returns a claim as API Gateway passes it on: a list as `[a b]`, everything else as its text.
fn flattened(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("[{}]", values.iter().map(flattened).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}
