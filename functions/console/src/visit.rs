//! A request of a browser.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use cookie::Cookie;
use http::{HeaderMap, Method, header};

/// The header with which the script asks for the changed part of a page.
pub(crate) const PART: &str = "x-desk";

/// The largest form without a file, in bytes: as much as the API takes.
const MOST: usize = forecourt_edge::http::MAX_BODY;
/// The largest form with a file, in bytes: what the functions' limit of 6 MB leaves of it in base64.
pub const MOST_WITH_FILE: usize = 4_500_000;

/// The request of a browser for a page, or a form that it sends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visit {
    /// The method.
    pub(crate) method: Method,
    /// The path.
    pub(crate) path: String,
    /// The parameters of the address, in order.
    pub(crate) query: Pairs,
    /// The fields of a form, in order.
    pub(crate) form: Pairs,
    /// The body of a form with a file, as it was sent; empty for other forms.
    pub(crate) body: Vec<u8>,
    /// Whether the body is larger than a form may be. It is not read then.
    pub(crate) is_too_large: bool,
    headers: HeaderMap,
}

/// Names with values in the order in which they were sent. A name may occur several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl Pairs {
    /// Parses `application/x-www-form-urlencoded`.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Returns the first value of a name, without spaces around it. `None` if it is missing or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Returns all values of a name that are not empty.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether the name was sent, even if it is empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Writes the pairs as `application/x-www-form-urlencoded`, without the names `left_out` and without empty values.
    pub(crate) fn encode_without(&self, left_out: &[&str]) -> String {
        let kept = self.0.iter().filter(|(name, value)| !left_out.contains(&name.as_str()) && !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }
}

impl Visit {
    /// Reads the event of the gateway. A body that is no form is ignored.
    pub(crate) fn read(event: ApiGatewayV2httpRequest) -> Self {
        let method = event.request_context.http.method;
        let text = event.body.unwrap_or_default();
        let body = match event.is_base64_encoded {
            true => base64::engine::general_purpose::STANDARD.decode(&text).unwrap_or_default(),
            false => text.into_bytes(),
        };
        let mut headers = event.headers;
        // The gateway takes the cookies out of the headers.
        if let Some(cookies) = event.cookies.filter(|cookies| !cookies.is_empty())
            && let Ok(value) = cookies.join("; ").parse()
        {
            headers.insert(header::COOKIE, value);
        }
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let has_file = media_type.starts_with("multipart/form-data");
        let is_too_large = body.len() > if has_file { MOST_WITH_FILE } else { MOST };
        let body = if is_too_large { Vec::new() } else { body };
        Self {
            method,
            path: event.raw_path.unwrap_or_default(),
            query: Pairs::parse(event.raw_query_string.unwrap_or_default().as_bytes()),
            form: if has_file { Pairs::default() } else { Pairs::parse(&body) },
            body: if has_file { body } else { Vec::new() },
            is_too_large,
            headers,
        }
    }

    /// Returns a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        all.flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .find(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned())
    }

    /// Whether the script asks for the part of the page that changes.
    pub(crate) fn wants_part(&self) -> bool {
        self.header(PART).is_some()
    }

    /// Whether the browser sent a form for a page of this site. Browsers set both headers, and a page cannot change them.
    pub(crate) fn is_of_this_site(&self, own_origin: &str) -> bool {
        match (self.header("sec-fetch-site"), self.header("origin")) {
            (Some(site), _) if site != "same-origin" => false,
            (_, Some(origin)) => origin == own_origin,
            (Some(_), None) => true,
            (None, None) => false,
        }
    }

    /// Returns the address of this page with its parameters.
    pub(crate) fn address(&self) -> String {
        self.address_without(&[])
    }

    /// The same without the parameters `left_out`.
    pub(crate) fn address_without(&self, left_out: &[&str]) -> String {
        match self.query.encode_without(left_out) {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }
}
