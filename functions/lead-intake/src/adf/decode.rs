//! Decodes bytes to text by byte order mark, UTF-16 pattern, declared character set, or the most likely one.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes searched for the XML declaration and the pattern of UTF-16.
const HEAD: usize = 1024;

/// Returns the text of a document, and a remark if its bytes do not match the declared character set.
///
/// Never fails: bytes that cannot be decoded are replaced by U+FFFD, with a remark.
pub(crate) fn decode(bytes: &[u8]) -> (String, Option<String>) {
    let marked = Encoding::for_bom(bytes).map(|(encoding, length)| (encoding, bytes.get(length..).unwrap_or_default()));
    let (encoding, body) = marked.or_else(|| utf16(bytes).map(|encoding| (encoding, bytes))).unwrap_or((UTF_8, bytes));
    if encoding != UTF_8 {
        return whole(encoding, body);
    }
    let declared = declared(body);
    match std::str::from_utf8(body) {
        Ok(text) => {
            // Valid multi-byte UTF-8 is almost never a coincidence, so it overrides the declaration.
            let other = declared.filter(|d| !text.is_ascii() && !is_unicode(d));
            (text.to_owned(), other.map(|d| format!("declared as {}, but read as UTF-8 because it is valid UTF-8", d.name())))
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
    (text.into_owned(), broken.then(|| format!("bytes that are not valid {} were replaced by \u{FFFD}", encoding.name())))
}

/// Detects UTF-16 without a byte order mark: mostly ASCII, so every other byte is zero.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let enough = (head.len() / 4).max(2);
    match (zeros(0), zeros(1)) {
        (even, odd) if odd >= enough && even * 8 < odd => Some(UTF_16LE),
        (even, odd) if even >= enough && odd * 8 < even => Some(UTF_16BE),
        _ => None,
    }
}

/// Returns the character set of the XML declaration. `None` if it is unknown or absent.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(bytes)).to_ascii_lowercase();
    let declaration = head.split_once("<?xml")?.1.split('>').next()?;
    let label = declaration.split_once("encoding")?.1;
    let label = label.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let label = label.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c)).next()?;
    Encoding::for_label(label.as_bytes())
}

/// Decodes a mixture of two character sets: valid UTF-8 as UTF-8, every other byte as windows-1252.
pub(crate) fn mixed(bytes: &[u8]) -> (String, Option<String>) {
    let mut text = String::with_capacity(bytes.len());
    let mut others = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        others += chunk.invalid().len();
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    (text, Some(format!("{others} bytes are not UTF-8 and were read as windows-1252")))
}
