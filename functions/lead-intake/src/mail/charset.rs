//! Turns the bytes of a part into text, by the declared character set and by the bytes themselves.

use crate::adf::decode::mixed;
use encoding_rs::{Encoding, UTF_8};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Returns the text of bytes whose character set is declared as `label`. Never fails.
///
/// Valid UTF-8 with characters outside ASCII is almost never a coincidence, so it overrides the declaration. Bytes that are not valid in a
/// declared Unicode encoding, or have no declaration, are read as windows-1252.
pub(super) fn text(bytes: &[u8], label: Option<&str>) -> String {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(length..).unwrap_or_default()).0.into_owned();
    }
    let label = label.map(|label| label.trim().to_ascii_lowercase()).filter(|label| !label.is_empty());
    let declared = label.as_deref().and_then(|label| Encoding::for_label(label.as_bytes()));
    // A stateful encoding consists of ASCII bytes.
    let is_stateful = label.as_deref().is_some_and(|label| label.starts_with("iso-2022") || label.starts_with("utf-7"));
    if !is_stateful && declared.is_none_or(Encoding::is_ascii_compatible) && std::str::from_utf8(bytes).is_ok() {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    match (declared, label) {
        (Some(encoding), _) if encoding != UTF_8 => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        (None, Some(label)) => charset_decoder(label.as_bytes()).map_or_else(|| mixed(bytes).0, |decode| decode(bytes)),
        _ => mixed(bytes).0,
    }
}
