//! The local twin of the identity provider: authorization code with PKCE, and a page on which to choose the person. It asks for no
//! password, as nobody but this machine can reach it.

use crate::demo::GroupData;
use crate::gateway;
use crate::tokens::Tokens;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::environment::TokenClaims;
use forecourt_edge::http::Problem;
use http::{Method, StatusCode, Uri, header};
use minijinja::{Environment, Value, context};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::Mutex;

/// The path of the provider.
pub const PATH: &str = "/_local/sign-in";
/// The client id of the console.
pub const CLIENT: &str = "console";
/// Validity of a code.
const CODE_LIFE: TimeDelta = TimeDelta::minutes(5);
/// The page with the people of the demo.
const PAGE: &str = include_str!("provider.html");

/// The codes that were issued and not used.
#[derive(Default)]
pub struct Codes(Mutex<HashMap<String, Code>>);

/// The provider.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    /// The group whose people can sign in.
    pub group: &'a GroupData,
    /// Signs the tokens.
    pub tokens: &'a Tokens,
    /// The claims that name the user and the group.
    pub claims: &'a TokenClaims,
    /// The codes.
    pub codes: &'a Codes,
}

impl Provider<'_> {
    /// Returns a token of a user, as an identity provider issues it to a person, and its expiry in seconds since 1970.
    ///
    /// # Errors
    /// If the token cannot be signed.
    pub fn user_token(&self, user: &str) -> anyhow::Result<(String, i64)> {
        let names = self.claims;
        self.tokens.issue(&[("sub", user), (names.user.as_str(), user), (names.group.as_str(), self.group.group.as_str())])
    }
}

struct Code {
    user: String,
    challenge: String,
    callback: String,
    issued: DateTime<Utc>,
}

type Fields = HashMap<String, String>;

/// Answers a request below [`PATH`]; `url` is the address of the local run.
pub fn answer(provider: Provider<'_>, url: &str, method: &Method, uri: &Uri, body: &[u8]) -> Response {
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    let pairs = |text: &[u8]| -> Fields { form_urlencoded::parse(text).into_owned().collect() };
    match (method, path.strip_prefix(PATH).unwrap_or_default()) {
        (&Method::GET, "/.well-known/openid-configuration") => json_of(
            StatusCode::OK,
            &json!({
                "issuer": format!("{url}{PATH}"),
                "authorization_endpoint": format!("{url}{PATH}/authorize"),
                "token_endpoint": format!("{url}{PATH}/token"),
                "end_session_endpoint": format!("{url}{PATH}/sign-out"),
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
            }),
        ),
        (&Method::GET, "/authorize") => match checked(url, &pairs(query.as_bytes())) {
            Ok(request) => choices(provider, &request),
            Err(why) => gateway::problem(&Problem::malformed(why)),
        },
        (&Method::POST, "/authorize") => match checked(url, &pairs(body)) {
            Ok(request) => issue(provider, url, &request),
            Err(why) => gateway::problem(&Problem::malformed(why)),
        },
        (&Method::POST, "/token") => match token(provider, &pairs(body)) {
            Ok(token) => json_of(StatusCode::OK, &token),
            Err(why) => json_of(StatusCode::BAD_REQUEST, &json!({"error": "invalid_grant", "error_description": why})),
        },
        (&Method::GET, "/sign-out") => match pairs(query.as_bytes()).get("post_logout_redirect_uri").filter(|to| is_own(url, to)) {
            Some(to) => Redirect::to(to).into_response(),
            None => gateway::problem(&Problem::malformed("post_logout_redirect_uri must be a page of the local run")),
        },
        _ => gateway::problem(&Problem::no_route()),
    }
}

fn json_of(status: StatusCode, value: &serde_json::Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], value.to_string()).into_response()
}

fn is_own(url: &str, address: &str) -> bool {
    address.strip_prefix(url).is_some_and(|path| path.starts_with('/'))
}

/// Checks the parameters of an authorization request.
fn checked(url: &str, fields: &Fields) -> Result<Fields, String> {
    let wanted = [("client_id", CLIENT), ("response_type", "code"), ("code_challenge_method", "S256")];
    if let Some((name, value)) = wanted.into_iter().find(|(name, value)| fields.get(*name).map(String::as_str) != Some(*value)) {
        return Err(format!("{name} must be {value}"));
    }
    if !fields.get("redirect_uri").is_some_and(|to| is_own(url, to)) {
        return Err("redirect_uri must be a page of the local run".into());
    }
    Ok(fields.clone())
}

/// Shows the page with the people of the demo.
fn choices(provider: Provider<'_>, request: &Fields) -> Response {
    let users = provider.group.users.iter().map(|user| {
        let dealers: Vec<String> = user.dealers.iter().map(ToString::to_string).collect();
        context! { id => user.id.to_string(), name => user.name.clone(), role => user.role.name().replace('_', " "), dealers }
    });
    let hidden = Value::from_pairs(request.iter().filter(|(name, _)| *name != "user").map(|(name, value)| (name.clone(), value.clone())));
    // The name ends with `.html`, so values are escaped.
    let page = Environment::new().render_named_str(
        "provider.html",
        PAGE,
        context! { action => format!("{PATH}/authorize"), hidden, users => users.collect::<Vec<_>>() },
    );
    match page {
        Ok(page) => Html(page).into_response(),
        Err(e) => gateway::problem(&Problem::internal("the page cannot be written", Some(e.to_string()))),
    }
}

/// Issues a code for the chosen person, and sends the browser back with it and the issuer (RFC 9207).
fn issue(provider: Provider<'_>, url: &str, request: &Fields) -> Response {
    let field = |name: &str| request.get(name).cloned().unwrap_or_default();
    let user = field("user");
    if !provider.group.users.iter().any(|known| known.id.as_str() == user) {
        return gateway::problem(&Problem::malformed("user must be a person of the demo"));
    }
    let (code, now) = (uuid::Uuid::new_v4().simple().to_string(), Utc::now());
    if let Ok(mut codes) = provider.codes.0.lock() {
        codes.retain(|_, code| now - code.issued < CODE_LIFE);
        codes.insert(code.clone(), Code { user, challenge: field("code_challenge"), callback: field("redirect_uri"), issued: now });
    }
    let (issuer, state) = (format!("{url}{PATH}"), field("state"));
    let pairs = [("code", code.as_str()), ("iss", issuer.as_str()), ("state", state.as_str())];
    let back = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Redirect::to(&format!("{}?{back}", field("redirect_uri"))).into_response()
}

/// Exchanges a code or a refresh token for an access token.
fn token(provider: Provider<'_>, fields: &Fields) -> Result<serde_json::Value, String> {
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let user = match field("grant_type") {
        "authorization_code" => {
            let code = provider.codes.0.lock().ok().and_then(|mut codes| codes.remove(field("code")));
            let code = code.filter(|code| Utc::now() - code.issued < CODE_LIFE).ok_or("the code is unknown, used or expired")?;
            if URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier"))) != code.challenge || field("redirect_uri") != code.callback {
                return Err("the verifier or the redirect_uri is another".into());
            }
            code.user
        }
        "refresh_token" => {
            let claims = provider.tokens.check(field("refresh_token")).map_err(|e| e.to_string())?;
            claims.get("refresh").cloned().ok_or("this is no refresh token")?
        }
        other => return Err(format!("the grant type {other} is unknown")),
    };
    let (access, ends) = provider.user_token(&user).map_err(|e| format!("{e:#}"))?;
    let refresh = json!({"refresh": user});
    let (refresh, _) = provider.tokens.sign(refresh.as_object().cloned().unwrap_or_default()).map_err(|e| format!("{e:#}"))?;
    Ok(json!({"access_token": access, "token_type": "Bearer", "expires_in": ends - Utc::now().timestamp(), "refresh_token": refresh}))
}
