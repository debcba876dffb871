//! Bytes to text: byte order mark, UTF-16, the declared character set, or the likeliest one.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far in the declaration and the pattern of UTF-16 are looked for.
const HEAD: usize = 1024;

/// The text of a document, and a remark if its bytes were not what they should have been.
///
/// Never fails: what no character set explains is replaced by U+FFFD and remarked upon.
pub(super) fn decode(bytes: &[u8]) -> (String, Option<String>) {
    let marked = Encoding::for_bom(bytes).map(|(encoding, length)| (encoding, bytes.get(length..).unwrap_or_default()));
    let (encoding, body) = marked.or_else(|| wide(bytes).map(|encoding| (encoding, bytes))).unwrap_or((UTF_8, bytes));
    if encoding != UTF_8 {
        return whole(encoding, body);
    }
    let declared = declared(body);
    match std::str::from_utf8(body) {
        Ok(text) => {
            // Multi-byte UTF-8 does not come about by chance: it is believed against the declaration.
            let other = declared.filter(|d| !text.is_ascii() && !is_unicode(d));
            (text.to_owned(), other.map(|d| format!("declared as {}, but it is UTF-8 and was read as such", d.name())))
        }
        Err(_) => match declared.filter(|d| !is_unicode(d)) {
            Some(encoding) => whole(encoding, body),
            None => mixed(body),
        },
    }
}

fn is_unicode(encoding: &'static Encoding) -> bool {
    encoding == UTF_8 || encoding == UTF_16LE || encoding == UTF_16BE || !encoding.is_ascii_compatible()
}

fn whole(encoding: &'static Encoding, bytes: &[u8]) -> (String, Option<String>) {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    (text.into_owned(), broken.then(|| format!("bytes that are not {} were replaced by \u{FFFD}", encoding.name())))
}

/// UTF-16 without a mark: mostly ASCII, so that every other byte is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let enough = (head.len() / 4).max(2);
    match (zeros(0), zeros(1)) {
        (even, odd) if odd >= enough && even * 8 < odd => Some(UTF_16LE),
        (even, odd) if even >= enough && odd * 8 < even => Some(UTF_16BE),
        _ => None,
    }
}

/// The character set that the XML declaration names, if it is a known one.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(bytes)).to_ascii_lowercase();
    let declaration = head.split_once("<?xml")?.1.split('>').next()?;
    let label = declaration.split_once("encoding")?.1;
    let label = label.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let label = label.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c)).next()?;
    Encoding::for_label(label.as_bytes())
}

/// Pieces of two character sets put together by somebody: what is UTF-8 is read as that, every other byte as windows-1252.
fn mixed(bytes: &[u8]) -> (String, Option<String>) {
    let mut text = String::with_capacity(bytes.len());
    let mut others = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        others += chunk.invalid().len();
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    (text, Some(format!("{others} bytes are not UTF-8 and were read as windows-1252")))
}
