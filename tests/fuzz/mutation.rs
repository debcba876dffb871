//! Changes of samples that keep most of their structure: lines are moved, repeated and replaced by those of other samples, parts are nested
//! and encoded in another way.

use fastrand::Rng;

/// The longest input.
pub const MAX_BYTES: usize = 64 * 1024;

/// Pieces of all formats, complete and broken.
const WORDS: [&str; 74] = [
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\u{0}",
    "\u{1E}",
    "\u{1F}",
    "\u{A0}",
    "\u{200B}",
    "\u{202E}",
    "\u{2028}",
    "\u{FEFF}",
    "ü",
    "ß",
    "'",
    "\"",
    "<",
    ">",
    "&",
    "=",
    "+",
    "-",
    "@",
    ",",
    ";",
    ":",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "null",
    "1e400",
    "-0",
    "\\ud800",
    "\"type\":",
    "\"contact\":{}",
    "\n\n",
    "--b\n",
    "--b--\n",
    "> ",
    "-- \n",
    "On 1 Jan 2026, Ada <a@b.example> wrote:\n",
    "---------- Forwarded message ---------\n",
    "Von: Ada <a@b.example>\nGesendet: heute\nAn: x@y.example\nBetreff: Auto\n\n",
    "Subject: =?utf-8?b?Cg0=?=\n",
    "=?utf-8?q?=0D=0ABcc:_x?=",
    "Content-Type: message/rfc822\n",
    "Content-Type: multipart/mixed; boundary=b\n",
    "Content-Type: text/html; charset=utf-16\n",
    "Content-Transfer-Encoding: base64\n",
    "Content-Transfer-Encoding: quoted-printable\n",
    "Auto-Submitted: auto-replied\n",
    "List-Unsubscribe: <x>\n",
    "References: <a@b> <c@d>\n",
    "Name: Ada\n",
    "E-Mail: ada@example.com\n",
    "Telefon: 0171 2345678\n",
    "Nachricht:\n",
    "Fahrzeug\tGolf\n",
    "<table><tr><td>Naam</td><td>Ada</td></tr></table>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&#x10FFFF;",
    "<adf>",
    "</adf>",
    "<prospect>",
    "</prospect>",
    "<customer><contact><email>a@b.example</email></contact></customer>",
    "<!DOCTYPE a [",
    "=C3=BC=\n",
];

/// Returns a changed copy of a sample. `others` are samples from which lines are taken.
pub fn changed(sample: &[u8], others: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..rng.usize(1..6) {
        change(&mut bytes, others, rng);
        bytes.truncate(MAX_BYTES);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, others: &[Vec<u8>], rng: &mut Rng) {
    match rng.u8(0..14) {
        0 => bytes.truncate(rng.usize(0..=bytes.len())),
        1 => {
            let from = span(bytes.len(), 60, rng);
            bytes.drain(from);
        }
        2..=4 => {
            let word = WORDS[rng.usize(..WORDS.len())].as_bytes();
            let at = span(bytes.len(), 8, rng);
            bytes.splice(at, word.iter().copied());
        }
        5 => {
            let repeated = bytes[span(bytes.len(), 200, rng)].repeat(rng.usize(2..40));
            let at = rng.usize(0..=bytes.len());
            bytes.splice(at..at, repeated);
        }
        6 => {
            if !bytes.is_empty() {
                let at = rng.usize(..bytes.len());
                bytes[at] = rng.u8(..);
            }
        }
        7 | 8 => move_lines(bytes, rng),
        9 | 10 => {
            let Some(other) = rng.choice(others) else { return };
            let lines = lines(other);
            let taken = &lines[span(lines.len(), 8, rng)];
            let at = start_of_line(bytes, rng);
            bytes.splice(at..at, taken.concat());
        }
        11 => *bytes = wrapped(bytes, rng),
        12 => *bytes = encoded(bytes, rng),
        _ => {
            let changed: Vec<u8> = match rng.bool() {
                true => String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect(),
                false => bytes.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect(),
            };
            *bytes = changed;
        }
    }
}

/// Returns a range of at most `most` positions.
fn span(length: usize, most: usize, rng: &mut Rng) -> std::ops::Range<usize> {
    let from = rng.usize(0..=length);
    from..(from + rng.usize(0..=most)).min(length)
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn start_of_line(bytes: &[u8], rng: &mut Rng) -> usize {
    let lines = lines(bytes);
    lines[..rng.usize(0..=lines.len())].iter().map(Vec::len).sum()
}

/// Removes lines, and puts them at another place or nowhere, once or several times.
fn move_lines(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let mut all = lines(bytes);
    let from = span(all.len(), 12, rng);
    let moved: Vec<Vec<u8>> = if rng.bool() { all.drain(from).collect() } else { all[from].to_vec() };
    let at = rng.usize(0..=all.len());
    let repeated = std::iter::repeat_n(moved, rng.usize(0..3)).flatten();
    all.splice(at..at, repeated.collect::<Vec<_>>());
    *bytes = all.concat();
}

/// Returns a mail that has the bytes as an attached mail, as a part, or below a further header.
fn wrapped(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let kind = *rng
        .choice(&["message/rfc822", "text/plain", "text/html", "application/octet-stream", "multipart/alternative; boundary=b"])
        .unwrap();
    let head =
        "From: Ada <ada@example.com>\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=outer\n\n--outer\n\nSee below\n--outer\n";
    [format!("{head}Content-Type: {kind}\n\n").as_bytes(), bytes, b"\n--outer--\n"].concat()
}

/// Returns a mail whose body is encoded as base64 or as quoted-printable.
fn encoded(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let end = bytes.windows(2).position(|two| two == b"\n\n").map_or(0, |at| at + 1);
    let (head, body) = bytes.split_at(end);
    let (name, body) = match rng.bool() {
        true => ("base64", base64(body)),
        false => ("quoted-printable", body.iter().map(|byte| format!("={byte:02X}")).collect()),
    };
    [head, format!("Content-Transfer-Encoding: {name}\n\n{body}").as_bytes()].concat()
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let all = three.iter().fold(0usize, |all, byte| all << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        let signs = (0..4).map(move |at| if at > three.len() { '=' } else { char::from(SIGNS[all >> (18 - 6 * at) & 63]) });
        signs.collect::<String>()
    };
    bytes.chunks(57).map(|line| line.chunks(3).map(group).collect::<String>() + "\n").collect()
}
