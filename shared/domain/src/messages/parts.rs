//! The encoding and the parts of a text message (LEAD-3). The tables and sizes are those of 3GPP TS 23.038 and TS 23.040.

use std::collections::BTreeSet;

/// The basic table of the 7-bit alphabet without the escape, one septet each.
const BASIC: &str =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: an escape and a septet each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The encoding of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The 7-bit alphabet: 160 septets in a single message, 153 in each part of a longer one.
    Gsm,
    /// UCS-2: 70 units of 16 bits in a single message, 67 in each part of a longer one.
    Ucs2,
}

impl Encoding {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Gsm => "gsm",
            Encoding::Ucs2 => "ucs2",
        }
    }

    /// The units of a single message, and those of each part of a longer one: its header takes the rest.
    pub fn sizes(self) -> (usize, usize) {
        match self {
            Encoding::Gsm => (160, 153),
            Encoding::Ucs2 => (70, 67),
        }
    }
}

/// The parts into which a text message is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextParts {
    /// The encoding.
    pub encoding: Encoding,
    /// The number of septets or 16-bit units of the text.
    pub units: usize,
    /// The text of each part. A character is never divided.
    pub parts: Vec<String>,
    /// The characters that the 7-bit alphabet lacks, each once.
    pub forcing: BTreeSet<char>,
}

impl TextParts {
    /// Divides a text.
    pub fn of(text: &str) -> Self {
        let forcing: BTreeSet<char> = text.chars().filter(|c| septets(*c).is_none()).collect();
        let encoding = if forcing.is_empty() { Encoding::Gsm } else { Encoding::Ucs2 };
        let width = |c: char| match encoding {
            Encoding::Gsm => septets(c).unwrap_or_default(),
            Encoding::Ucs2 => c.len_utf16(),
        };
        let units = text.chars().map(width).sum();
        let (single, part) = encoding.sizes();
        if units <= single {
            return Self { encoding, units, parts: vec![text.to_owned()], forcing };
        }
        let (mut parts, mut used) = (vec![String::new()], 0);
        for c in text.chars() {
            if used + width(c) > part {
                parts.push(String::new());
                used = 0;
            }
            used += width(c);
            if let Some(last) = parts.last_mut() {
                last.push(c);
            }
        }
        Self { encoding, units, parts, forcing }
    }
}

/// Returns the number of septets of a character. `None` if the 7-bit alphabet lacks it.
fn septets(c: char) -> Option<usize> {
    match c {
        c if BASIC.contains(c) => Some(1),
        c if EXTENSION.contains(c) => Some(2),
        _ => None,
    }
}
