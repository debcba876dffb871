//! The claims of a token that name its sender. Identity providers name them differently, so that their names are settings (ACC-2).

use super::optional_setting;
use std::collections::HashMap;

/// The claims that name the client that got a token.
const CLIENT: [&str; 4] = ["client_id", "cid", "azp", "appid"];
/// The claims that name the client itself where a token has no user.
const SUBJECT: [&str; 3] = ["sub", "oid", "preferred_username"];

/// The names of the claims from which the sender of a request is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// The claim with a user's subject or id. Defaults to `sub`.
    pub user: String,
    /// The claim with the id of the group. Defaults to `group`.
    pub group: String,
    /// The claim with the id of a partner. Defaults to `partner`.
    pub partner: String,
}

impl Default for TokenClaims {
    fn default() -> Self {
        Self { user: "sub".into(), group: "group".into(), partner: "partner".into() }
    }
}

/// The sender that a token names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// A user, by the subject or id.
    User(&'a str),
    /// A partner, by the id.
    Partner(&'a str),
}

/// The reason why a token names no sender (ACC-2).
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenFault {
    #[error("the token has no claim `{0}`, which names the group")]
    NoGroup(String),
    #[error("the claim `{0}` of the token has several values: it must have one")]
    SeveralValues(String),
    #[error("the token names a user (`{user}`) and a partner (`{partner}`): it must name one of them")]
    TwoSenders { user: String, partner: String },
    #[error("the token has neither a claim `{user}`, which names a user, nor `{partner}`, which names a partner")]
    NoSender { user: String, partner: String },
}

impl TokenClaims {
    /// Reads the names from the environment: `TOKEN_USER_CLAIM`, `TOKEN_GROUP_CLAIM` and `TOKEN_PARTNER_CLAIM`.
    pub fn from_environment() -> Self {
        let Self { user, group, partner } = Self::default();
        Self {
            user: optional_setting("TOKEN_USER_CLAIM").unwrap_or(user),
            group: optional_setting("TOKEN_GROUP_CLAIM").unwrap_or(group),
            partner: optional_setting("TOKEN_PARTNER_CLAIM").unwrap_or(partner),
        }
    }

    /// Returns the group and the sender that the claims name.
    ///
    /// # Errors
    /// The fault of the token: a claim that is missing or has several values, or a user and a partner in one token.
    pub(crate) fn read<'a>(&self, claims: &'a HashMap<String, String>) -> Result<(&'a str, Named<'a>), TokenFault> {
        let Self { user, group, partner } = self;
        let group = only(claims, group)?.ok_or_else(|| TokenFault::NoGroup(group.clone()))?;
        let for_client = is_for_client(claims);
        // In a person's token the client is the application that they use, not the sender.
        let partner_value = if CLIENT.contains(&partner.as_str()) && !for_client { None } else { only(claims, partner)? };
        let client_only = for_client && partner_value.is_some() && SUBJECT.contains(&user.as_str());
        let user_value = if client_only { None } else { only(claims, user)? };
        match (user_value, partner_value) {
            // A user who can edit the claim of the partner must not become one.
            (Some(_), Some(_)) => Err(TokenFault::TwoSenders { user: user.clone(), partner: partner.clone() }),
            (Some(user), None) => Ok((group, Named::User(user))),
            (None, Some(partner)) => Ok((group, Named::Partner(partner))),
            (None, None) => Err(TokenFault::NoSender { user: user.clone(), partner: partner.clone() }),
        }
    }
}

/// Returns the only value of a claim. API Gateway passes a list on as `[a b]`. `None` if the claim is missing or empty.
fn only<'a>(claims: &'a HashMap<String, String>, name: &str) -> Result<Option<&'a str>, TokenFault> {
    let Some(text) = claims.get(name).map(|text| text.trim()) else { return Ok(None) };
    let Some(list) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
        return Ok(Some(text).filter(|text| !text.is_empty()));
    };
    let mut values = list.split_whitespace();
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Err(TokenFault::SeveralValues(name.to_owned())),
        (first, _) => Ok(first),
    }
}

/// Whether a client got the token for itself (the grant `client_credentials`), so that its subject is no person. No user can set these
/// claims.
fn is_for_client(claims: &HashMap<String, String>) -> bool {
    let claim = |name: &str| claims.get(name).map(String::as_str);
    let subject = claim("sub");
    let names_subject = |client: &str| {
        // Cognito and Okta, as RFC 9068 recommends; then Auth0; then Keycloak.
        subject == Some(client)
            || subject.and_then(|subject| subject.strip_suffix("@clients")) == Some(client)
            || claim("preferred_username").and_then(|name| name.strip_prefix("service-account-")) == Some(client)
    };
    // Entra: an application's own token has no scope. In a person's token the subject differs from the object id, except in External ID and
    // Azure AD B2C.
    let of_entra = subject.is_some() && subject == claim("oid") && claim("scp").is_none();
    of_entra || CLIENT.into_iter().filter_map(claim).any(names_subject)
}
