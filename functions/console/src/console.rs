//! The console as a whole: from a browser's request to its response.

use crate::api::{Api, ApiProblem, Unanswered};
use crate::forms::{self, texts_of};
use crate::http::Http;
use crate::reply::Reply;
use crate::screens::live::{self, Poll};
use crate::screens::{self, Page};
use crate::session::Sessions;
use crate::sign_in::{self, SignIn};
use crate::view::{self, Language, Plain, sentence};
use crate::visit::Visit;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_edge::Clock;
use forecourt_store::{Failure, Store, chain};
use http::Method;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest time for a page, which may ask the API several times: a little less than the function has.
const TIMEOUT: Duration = Duration::from_secs(24);

/// The parts of a [`Console`].
pub struct Parts {
    /// The client for the API and the provider.
    pub http: Arc<dyn Http>,
    /// The API.
    pub api: Api,
    /// The URL of the console, as browsers know it.
    pub url: String,
    /// The table, for sessions only.
    pub store: Store,
    /// The identity provider.
    pub sign_in: SignIn,
    /// The clock of the pages. It is virtual in the local run.
    pub clock: Clock,
    /// Real time, for sessions and tokens.
    pub wall: Clock,
    /// The origins to which the browser may upload documents.
    pub upload_origin: String,
}

/// The console.
pub struct Console {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) api: Api,
    pub(crate) sessions: Sessions,
    pub(crate) sign_in: SignIn,
    pub(crate) clock: Clock,
    pub(crate) wall: Clock,
    url: String,
    upload_origin: String,
    pub(crate) people: screens::PeopleCache,
}

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The page took too long.
    #[error("no answer in time")]
    Late,
    /// There is no such page.
    #[error("no such page")]
    NoPage,
    /// The API refused or failed.
    #[error(transparent)]
    Api(#[from] Unanswered),
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] sign_in::ProviderFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Failure),
    /// A template failed, which is a bug.
    #[error("a template failed: {0:#}")]
    Template(#[from] minijinja::Error),
    /// The sign-in took too long, or another page started it.
    #[error("the sign-in is not known")]
    SignInLost,
    /// The provider or the person refused the sign-in.
    #[error("the sign-in was refused")]
    SignInRefused,
    /// The provider knows the person, but Forecourt does not.
    #[error("no user")]
    NoUser,
    /// The user lacks the right to which the page belongs.
    #[error("a right is missing")]
    Forbidden,
    /// A form is larger than any that a page has.
    #[error("a form that is too large")]
    TooLarge,
    /// The user has no dealer, or no right to a screen.
    #[error("the user has no screen")]
    NoScreen,
    /// A page of another site sent a form.
    #[error("a form of another site")]
    ForeignForm,
}

impl Trouble {
    /// Something that does not exist, or no longer.
    pub(crate) fn not_found() -> Self {
        Unanswered::Problem(Box::new(ApiProblem { status: 404, ..ApiProblem::default() })).into()
    }
}

impl Console {
    /// A console of these parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { http, api, url, store, sign_in, clock, wall, upload_origin } = parts;
        let url = url.trim_end_matches('/').to_owned();
        let sessions = Sessions::new(store, &url);
        Self { http, api, sessions, sign_in, clock, wall, url, upload_origin, people: screens::PeopleCache::default() }
    }

    /// The content security policy: nothing but files of the console itself, no script or style in a page, no frames.
    fn policy(&self) -> String {
        let (uploads, provider) = (&self.upload_origin, Vec::from_iter(self.sign_in.origins()).join(" "));
        format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self' {uploads}; \
             form-action 'self' {provider}; base-uri 'none'; frame-ancestors 'none'"
        )
    }

    /// Returns the address of a page with scheme and host.
    pub(crate) fn address_of(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Answers a request of a browser, and writes one log line.
    pub async fn handle(&self, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        let started = Instant::now();
        let request_id = event.request_context.request_id.clone().unwrap_or_default();
        let visit = Visit::read(event);
        let mut language = Language::wanted(visit.header("accept-language").unwrap_or_default());
        let answer = tokio::time::timeout(TIMEOUT, Box::pin(self.answer(&visit, &mut language))).await;
        let reply = match answer.unwrap_or(Err(Trouble::Late)) {
            Ok(reply) => reply,
            Err(trouble) => self.explain(&visit, &trouble, language, &request_id),
        };
        let (status, ms) = (reply.status(), started.elapsed().as_millis() as u64);
        tracing::info!(function = "console", request_id, method = %visit.method, path = visit.path, status, ms, "request");
        let gzip = visit.header("accept-encoding").is_some_and(|accepted| accepted.contains("gzip"));
        reply.write(&self.policy(), gzip)
    }

    /// Answers a request. `language` is that of the browser, and becomes that of the user.
    async fn answer(&self, visit: &Visit, language: &mut Language) -> Result<Reply, Trouble> {
        if let Some(file) = view::asset(&visit.path) {
            return Ok(file);
        }
        if visit.method != Method::GET && visit.method != Method::HEAD && !visit.is_of_this_site(&self.url) {
            return Err(Trouble::ForeignForm);
        }
        if visit.is_too_large {
            return Err(Trouble::TooLarge);
        }
        match (visit.method.as_str(), visit.path.as_str()) {
            ("GET" | "HEAD", "/" | "/desk/") => return Ok(Reply::redirect(sign_in::HOME)),
            ("GET", sign_in::PATH) => return sign_in::begin(self, visit).await,
            ("GET", sign_in::CALLBACK) => return sign_in::complete(self, visit).await,
            ("POST", "/desk/sign-out") => return sign_in::end(self, visit).await,
            ("GET", "/desk/signed-out") => return Plain { status: 200, name: "signed_out", ..Plain::default() }.render(*language),
            _ => {}
        }
        let news = match Box::pin(live::poll(self, visit)).await {
            Poll::Unchanged(reply) => return Ok(reply),
            Poll::Changed(news) => news,
        };
        let session = sign_in::session(self, visit).await?;
        let Some(session) = session else { return self.sign_in_first(visit, *language) };
        let opened = Box::pin(Page::open(self, visit, &session, news)).await;
        *language = self.people.language_of(&session).unwrap_or(*language);
        match opened {
            Err(Trouble::Api(Unanswered::Problem(problem))) if problem.status == 401 => {
                self.people.forget(&session);
                self.sign_in_first(visit, *language)
            }
            other => other,
        }
    }

    /// Leads to the sign-in, and back to this page after it. The script gets 401: it must not follow to another site. What was typed in a
    /// form stays on a page from which it can be sent after the sign-in.
    fn sign_in_first(&self, visit: &Visit, language: Language) -> Result<Reply, Trouble> {
        if visit.wants_part() {
            return Ok(Reply::empty(401));
        }
        if visit.form.0.iter().any(|(name, value)| !forms::OWN.contains(&name.as_str()) && !value.trim().is_empty()) {
            return view::again(language, visit);
        }
        let back = || visit.query.get("back").or_else(|| visit.form.get("back")).unwrap_or(sign_in::HOME).to_owned();
        let to = if visit.method == Method::GET { visit.address() } else { back() };
        Ok(Reply::redirect(sign_in::address(&to)))
    }

    /// The page of a problem: what happened, and what the visitor can do.
    fn explain(&self, visit: &Visit, trouble: &Trouble, language: Language, request_id: &str) -> Reply {
        let (status, name) = match trouble {
            Trouble::NoPage => (404, "no_page"),
            Trouble::Forbidden => (403, "forbidden"),
            Trouble::ForeignForm => (403, "foreign_form"),
            Trouble::TooLarge => (413, "too_large"),
            Trouble::SignInLost => (400, "sign_in_lost"),
            Trouble::SignInRefused => (403, "sign_in_refused"),
            Trouble::NoUser => (403, "no_user"),
            Trouble::NoScreen => (403, "no_screen"),
            Trouble::Api(Unanswered::Problem(problem)) => match problem.status {
                403 => (403, "forbidden"),
                404 => (404, "not_found"),
                410 => (410, "gone"),
                409 | 412 => (409, "changed"),
                413 => (413, "too_large"),
                429 => (429, "too_many"),
                400..=499 => (problem.status, "refused"),
                _ => (502, "failed"),
            },
            Trouble::Api(_) | Trouble::Late => (502, "no_answer"),
            Trouble::Provider(_) => (502, "provider"),
            Trouble::Store(_) => (502, "failed"),
            Trouble::Template(_) => (500, "failed"),
        };
        if status >= 500 {
            tracing::error!(request_id, cause = chain(trouble), path = visit.path, "a page failed");
        }
        let problem = match trouble {
            Trouble::Api(Unanswered::Problem(problem)) => Some(problem),
            _ => None,
        };
        // Something that does not exist is explained by the page itself, and so are faults of the system.
        let detail = problem.filter(|problem| !problem.detail.is_empty() && !matches!(problem.status, 404 | 412 | 429 | 500..));
        let here = visit.address();
        let can_repeat = visit.method == Method::GET && matches!(name, "changed" | "too_many" | "no_answer" | "failed");
        let from = visit.header("referer").and_then(|from| from.strip_prefix(self.url.as_str()));
        let back = visit.query.get("back").or_else(|| visit.form.get("back")).or(from);
        let page = Plain {
            status,
            name,
            detail: detail.map(|problem| sentence(&texts_of(problem, language).join(" "))),
            again: Some(here.as_str()).filter(|here| can_repeat && sign_in::is_own_page(here)),
            back: back.filter(|back| sign_in::is_own_page(back) && *back != here),
            request: problem.map(|problem| problem.request_id.as_str()).filter(|id| !id.is_empty()).or(Some(request_id)),
            part: visit.wants_part(),
        };
        page.render(language).unwrap_or_else(|_| Reply::empty(500))
    }
}
