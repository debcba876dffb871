//! The identity provider: its endpoints by discovery, its tokens by OAuth 2.

use crate::http::{Http, NoAnswer};
use crate::session::Tokens;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AsyncHttpClient, AuthUrl, AuthorizationCode, ClientId, CsrfToken, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RefreshToken, Scope, TokenResponse as _, TokenUrl,
};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The longest time for an answer of the provider: less than the API's, since a page asks the API after it.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The parameters of the sign-in, and what the provider publishes about itself.
pub struct SignIn {
    /// The provider's issuer: the base of its discovery document.
    pub issuer: String,
    /// The id of the console as a client of the provider. It is a public client: PKCE takes the place of a secret.
    pub client: String,
    /// The scopes of the access token, beside `openid`.
    pub scopes: Vec<String>,
    /// The API for which the token is meant, for providers that need to know (Auth0).
    pub audience: Option<String>,
    /// Where the browser signs out of the provider; discovery if it is absent. `{to}` and `{client}` are replaced.
    pub sign_out: Option<String>,
    endpoints: OnceCell<Endpoints>,
}

#[derive(Debug, Deserialize)]
struct Endpoints {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    end_session_endpoint: Option<String>,
}

/// The client of the token requests.
struct Requests<'a>(&'a dyn Http);

impl<'c> AsyncHttpClient<'c> for Requests<'_> {
    type Error = NoAnswer;
    type Future = BoxFuture<'c, Result<HttpResponse, NoAnswer>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(send(self.0, request))
    }
}

/// What the provider's answer has, and what the sign-in kept for it.
pub(super) struct Callback {
    /// The address to which the provider sent the browser.
    pub(super) address: String,
    /// The code that stands for the tokens.
    pub(super) code: String,
    /// The verifier of PKCE.
    pub(super) verifier: String,
}

/// The provider did not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum ProviderFault {
    /// No answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// Discovery failed.
    #[error("the discovery document of {issuer} cannot be used")]
    Discovery {
        /// The issuer.
        issuer: String,
        /// The reason.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// It gave no token.
    #[error("the provider gave no token")]
    NoToken(#[source] Box<dyn Error + Send + Sync>),
}

impl SignIn {
    /// A sign-in of `client` with the provider `issuer`, for tokens with these scopes.
    pub fn new(issuer: &str, client: &str, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().filter(|scope| !scope.is_empty()).map(|scope| (*scope).to_owned()).collect();
        let issuer = issuer.trim_end_matches('/').to_owned();
        Self { issuer, client: client.to_owned(), scopes, audience: None, sign_out: None, endpoints: OnceCell::new() }
    }

    async fn endpoints(&self, http: &dyn Http) -> Result<&Endpoints, ProviderFault> {
        let load = async {
            let url = format!("{}/.well-known/openid-configuration", self.issuer);
            let fault = |cause: Box<dyn Error + Send + Sync>| ProviderFault::Discovery { issuer: self.issuer.clone(), cause };
            let request = http::Request::get(url).header("accept", "application/json").body(Vec::new()).map_err(|e| fault(e.into()))?;
            let response = send(http, request).await?;
            let found: Endpoints = serde_json::from_slice(response.body()).map_err(|e| fault(e.into()))?;
            match found.issuer.trim_end_matches('/') == self.issuer {
                true => Ok(found),
                false => Err(fault(format!("it is the document of {}", found.issuer).into())),
            }
        };
        self.endpoints.get_or_try_init(|| load).await
    }

    /// Returns the address of the provider's sign-in, with the state and the verifier that complete it.
    pub(crate) async fn begin(&self, http: &dyn Http, callback: &str) -> Result<(String, String, String), ProviderFault> {
        let fault = |cause: oauth2::url::ParseError| ProviderFault::Discovery { issuer: self.issuer.clone(), cause: cause.into() };
        let endpoints = self.endpoints(http).await?;
        let client = BasicClient::new(ClientId::new(self.client.clone()))
            .set_auth_uri(AuthUrl::new(endpoints.authorization_endpoint.clone()).map_err(fault)?)
            .set_redirect_uri(RedirectUrl::new(callback.to_owned()).map_err(fault)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let scopes = std::iter::once("openid").chain(self.scopes.iter().map(String::as_str)).map(|scope| Scope::new(scope.to_owned()));
        let mut request = client.authorize_url(CsrfToken::new_random).add_scopes(scopes).set_pkce_challenge(challenge);
        if let Some(audience) = &self.audience {
            request = request.add_extra_param("audience", audience.clone());
        }
        let (url, state) = request.url();
        Ok((url.into(), state.into_secret(), verifier.into_secret()))
    }

    /// Returns the origins of the provider to which a form may lead: the sign-out is a form, and so is what leads to a new sign-in after
    /// the session has ended. Its endpoints may be on another host than its issuer.
    pub(crate) fn origins(&self) -> BTreeSet<String> {
        let found = self.endpoints.get();
        let found = found.map(|found| [Some(&found.authorization_endpoint), found.end_session_endpoint.as_ref()]).into_iter().flatten();
        let urls = found.flatten().chain(self.sign_out.as_ref()).chain([&self.issuer]);
        urls.filter_map(|url| Some(url::Url::parse(url).ok()?.origin().ascii_serialization())).collect()
    }

    /// Exchanges a code for tokens.
    pub(super) async fn complete(&self, http: &dyn Http, callback: Callback, now: DateTime<Utc>) -> Result<Tokens, ProviderFault> {
        let Callback { address, code, verifier } = callback;
        let fault = |cause: oauth2::url::ParseError| ProviderFault::Discovery { issuer: self.issuer.clone(), cause: cause.into() };
        let token = TokenUrl::new(self.endpoints(http).await?.token_endpoint.clone()).map_err(fault)?;
        let client = BasicClient::new(ClientId::new(self.client.clone()))
            .set_auth_type(oauth2::AuthType::RequestBody)
            .set_token_uri(token)
            .set_redirect_uri(RedirectUrl::new(address).map_err(fault)?);
        let request = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let answer = request.request_async(&Requests(http)).await;
        Ok(tokens(&answer.map_err(|e| ProviderFault::NoToken(e.into()))?, None, now))
    }

    /// Gets new tokens.
    pub(crate) async fn refresh(&self, http: &dyn Http, refresh: String, now: DateTime<Utc>) -> Result<Tokens, ProviderFault> {
        let fault = |cause: oauth2::url::ParseError| ProviderFault::Discovery { issuer: self.issuer.clone(), cause: cause.into() };
        let token = TokenUrl::new(self.endpoints(http).await?.token_endpoint.clone()).map_err(fault)?;
        let client = BasicClient::new(ClientId::new(self.client.clone())).set_auth_type(oauth2::AuthType::RequestBody).set_token_uri(token);
        let old = RefreshToken::new(refresh.clone());
        let answer = client.exchange_refresh_token(&old).request_async(&Requests(http)).await;
        Ok(tokens(&answer.map_err(|e| ProviderFault::NoToken(e.into()))?, Some(refresh), now))
    }

    /// Returns the address at which the browser signs out of the provider and comes back to `to`; `to` itself if the provider has none.
    pub(crate) async fn sign_out_url(&self, http: &dyn Http, to: &str) -> String {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        if let Some(url) = &self.sign_out {
            return url.replace("{to}", &encoded(to)).replace("{client}", &encoded(&self.client));
        }
        match self.endpoints(http).await.ok().and_then(|endpoints| endpoints.end_session_endpoint.as_ref()) {
            Some(url) => format!("{url}?client_id={}&post_logout_redirect_uri={}", encoded(&self.client), encoded(to)),
            None => to.to_owned(),
        }
    }
}

/// Sends a request to the provider.
async fn send(http: &dyn Http, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    tokio::time::timeout(TIMEOUT, http.send(request)).await.unwrap_or_else(|late| Err(NoAnswer::new(host, late)))
}

/// The tokens of an answer. A provider that does not rotate refresh tokens sends none with a refresh: the old one stays.
fn tokens(answer: &BasicTokenResponse, old_refresh: Option<String>, now: DateTime<Utc>) -> Tokens {
    let life = answer.expires_in().and_then(|life| TimeDelta::from_std(life).ok());
    Tokens {
        access: answer.access_token().secret().clone(),
        expires: life.map(|life| now + life),
        refresh: answer.refresh_token().map(|token| token.secret().clone()).or(old_refresh),
    }
}
