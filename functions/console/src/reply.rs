//! A response to a browser.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::io::Write as _;
use std::string::FromUtf8Error;

/// A shorter body is not compressed.
const SMALL: usize = 1_000;

/// A response.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    status: u16,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    cookies: Vec<String>,
}

impl Reply {
    /// A page.
    pub(crate) fn html(status: u16, body: String) -> Self {
        Self { status, body: body.into_bytes(), ..Self::default() }.header("content-type", "text/html; charset=utf-8")
    }

    /// An answer to the script.
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, body: body.to_string().into_bytes(), ..Self::default() }.header("content-type", "application/json")
    }

    /// A file of the console itself. Its address names its content, so browsers keep it.
    pub(crate) fn file(media_type: &'static str, body: &'static [u8]) -> Self {
        let reply = Self { status: 200, body: body.to_vec(), ..Self::default() };
        reply.header("content-type", media_type).header("cache-control", "public, max-age=31536000, immutable")
    }

    /// A file that the browser saves and never shows, named by ASCII characters without quotation marks.
    pub(crate) fn attachment(media_type: &str, name: &str, body: Vec<u8>) -> Self {
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
        let reply = Self { status: 200, body, ..Self::default() }.header("content-type", media_type);
        reply.header("content-disposition", format!("attachment; filename=\"{name}\""))
    }

    /// A response without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Another page: the browser gets it with GET.
    pub(crate) fn redirect(to: impl Into<String>) -> Self {
        Self::empty(303).header("location", to)
    }

    /// Where it redirects to.
    pub(crate) fn location(&self) -> Option<&str> {
        self.headers.iter().find(|(name, _)| *name == "location").map(|(_, value)| value.as_str())
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets a cookie.
    pub(crate) fn cookie(mut self, cookie: &cookie::Cookie<'_>) -> Self {
        self.cookies.push(cookie.to_string());
        self
    }

    /// The status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Writes the response, compressed if the browser takes gzip.
    pub(crate) fn write(self, policy: &str, gzip: bool) -> ApiGatewayV2httpResponse {
        let mut headers = HeaderMap::new();
        let fixed = [
            ("cache-control", "no-store"),
            ("content-security-policy", policy),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("x-robots-tag", "noindex, nofollow"),
            ("vary", "cookie, accept-encoding, accept-language"),
        ];
        for (name, value) in fixed.into_iter().chain(self.headers.iter().map(|(name, value)| (*name, value.as_str()))) {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let mut response = ApiGatewayV2httpResponse::default();
        response.status_code = i64::from(self.status);
        response.cookies = self.cookies;
        let packed = if gzip && self.body.len() > SMALL { packed(&self.body) } else { None };
        if packed.is_some() {
            headers.insert(http::header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        // Bytes that are no text travel in base64.
        let text = packed.map_or_else(|| String::from_utf8(self.body).map_err(FromUtf8Error::into_bytes), Err);
        response.is_base64_encoded = text.is_err();
        response.body = Some(Body::Text(text.unwrap_or_else(|bytes| base64::engine::general_purpose::STANDARD.encode(bytes))));
        response.headers = headers;
        response
    }
}

fn packed(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}
