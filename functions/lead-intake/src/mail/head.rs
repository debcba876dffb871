//! The headers of a message or a part.

use super::charset;
use super::text::one_line;
use mail_parser::{Address, ContentType, Header, HeaderValue, MessageParser};

/// The headers, in order. The text values are those of the mail; only encoded words were decoded.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    headers: Vec<Header<'static>>,
}

impl Head {
    /// Reads the headers at the start of a message or part, at most `limit` bytes, and returns them with the offset of the body.
    pub(super) fn read(bytes: &[u8], limit: usize) -> (Self, usize) {
        let body = body_offset(bytes);
        let block = bytes.get(..body.min(limit)).unwrap_or(bytes);
        // A header without a line end would be lost, and raw letters outside ASCII are read by their encoding.
        let mut block = charset::text(block, None).replace('\0', " ");
        block.push_str("\n\n");
        let message = MessageParser::new().parse_headers(block.as_bytes());
        let headers = message.map(|message| message.headers().iter().map(|header| header.clone().into_owned()).collect());
        (Self { headers: headers.unwrap_or_default() }, body)
    }

    /// Returns the values of a header, first to last.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a HeaderValue<'static>> {
        self.headers.iter().filter(move |header| header.name.as_str().eq_ignore_ascii_case(name)).map(|header| &header.value)
    }

    /// Returns whether the header exists, even if it is empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// Returns the first value of a header as one line. `None` if it is empty.
    pub(super) fn line(&self, name: &str) -> Option<String> {
        self.lines(name).into_iter().next()
    }

    /// Returns the values of a header, each as one line.
    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        self.values(name).take(super::MAX_ADDRESSES).filter_map(text_of).filter_map(|text| one_line(&text)).collect()
    }

    /// Returns the ids of a header: without angle brackets.
    pub(super) fn ids(&self, name: &str) -> Vec<String> {
        let each = |value: &HeaderValue<'static>| match value {
            HeaderValue::Text(text) => vec![text.to_string()],
            HeaderValue::TextList(texts) => texts.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        let ids = self.values(name).flat_map(each).filter_map(|id| one_line(&id));
        ids.filter(|id| id.len() <= 998).take(super::MAX_ADDRESSES).collect()
    }

    /// Returns the addresses of a header, each with its display name.
    pub(super) fn addresses(&self, name: &str) -> Vec<(Option<String>, String)> {
        let lists = self.values(name).filter_map(HeaderValue::as_address);
        let all = lists.flat_map(Address::iter).filter_map(|address| {
            let bare = one_line(address.address.as_deref()?)?;
            Some((address.name.as_deref().and_then(one_line), bare))
        });
        all.take(super::MAX_ADDRESSES).collect()
    }

    /// Returns the time of the `Date` header as seconds since 1970.
    pub(super) fn date(&self) -> Option<i64> {
        let date = self.values("Date").find_map(HeaderValue::as_datetime)?;
        date.is_valid().then(|| date.to_timestamp())
    }

    fn structured(&self, name: &'static str) -> Option<&ContentType<'static>> {
        self.values(name).find_map(HeaderValue::as_content_type)
    }

    /// Returns the media type in lower case: `text/plain` if the header is missing.
    pub(super) fn media_type(&self) -> String {
        let Some(kind) = self.structured("Content-Type") else { return "text/plain".to_owned() };
        let name = |text: &str| text.trim().to_ascii_lowercase();
        match (name(kind.ctype()), kind.subtype().map(name)) {
            (kind, Some(subtype)) => format!("{kind}/{subtype}"),
            (kind, None) if kind == "text" => "text/plain".to_owned(),
            _ => "application/octet-stream".to_owned(),
        }
    }

    /// Returns a parameter of the media type.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.structured("Content-Type")?.attribute(name)
    }

    /// Returns the disposition in lower case: `inline`, `attachment`.
    pub(super) fn disposition(&self) -> Option<String> {
        self.structured("Content-Disposition").map(|disposition| disposition.ctype().to_ascii_lowercase())
    }

    /// Returns the name of the file.
    pub(super) fn file_name(&self) -> Option<String> {
        let by_disposition = self.structured("Content-Disposition").and_then(|value| value.attribute("filename"));
        let name = by_disposition.or_else(|| self.parameter("name"))?;
        // Many mail programs put encoded words into parameters, which the standard does not allow.
        let decoded = name.contains("=?").then(|| Self::read(format!("Subject: {name}\n").as_bytes(), 4096).0.line("Subject")).flatten();
        one_line(&decoded.unwrap_or_else(|| name.to_owned()))
    }

    /// Returns the transfer encoding in lower case.
    pub(super) fn transfer_encoding(&self) -> String {
        self.line("Content-Transfer-Encoding").unwrap_or_default().trim().to_ascii_lowercase()
    }
}

fn text_of(value: &HeaderValue<'static>) -> Option<String> {
    match value {
        HeaderValue::Text(text) => Some(text.to_string()),
        HeaderValue::TextList(texts) => Some(texts.join(" ")),
        HeaderValue::Address(address) => {
            let each = address.iter().map(|one| one.address.as_deref().or(one.name.as_deref()).unwrap_or_default().to_owned());
            Some(each.collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

/// Returns the offset behind the first empty line. Empty lines before the first header are skipped.
fn body_offset(bytes: &[u8]) -> usize {
    let mut at = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    while let Some(end) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n')) {
        at += end + 1;
        match bytes.get(at..) {
            Some([b'\n', ..]) => return at + 1,
            Some([b'\r', b'\n', ..]) => return at + 2,
            _ => {}
        }
    }
    bytes.len()
}
