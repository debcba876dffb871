//! Finds the telephone numbers in a field: where each one begins and ends, its extension and its note.

use crate::base::Country;
use crate::base::dialling::{PLUS, dialled, digits_of, is_complete, is_digit, is_filler, vanity};
use rlibphonenumber::{PhoneNumber, PhoneNumberFormat};
use std::ops::Range;

/// One number of a field.
pub(super) struct Piece {
    /// The part of the field that belongs to it. A number that was typed without its area code is completed. If the part alone would be
    /// read as another number, it is the number in E.164.
    pub(super) typed: String,
    pub(super) e164: String,
    pub(super) extension: Option<String>,
    pub(super) note: Option<String>,
}

/// The words that introduce an extension.
const EXTENSION: [&str; 18] = [
    "extension",
    "extn",
    "ext",
    "x",
    "durchwahl",
    "dw",
    "apparat",
    "app",
    "nebenstelle",
    "nst",
    "toestel",
    "tst",
    "doorkiesnummer",
    "poste",
    "interno",
    "int",
    "anexo",
    "#",
];

/// The words and signs between two numbers.
const BETWEEN: [&str; 22] = [
    "oder",
    "od",
    "o",
    "or",
    "of",
    "ou",
    "und",
    "u",
    "and",
    "en",
    "et",
    "bzw",
    "sowie",
    "resp",
    "alternativ",
    "auch",
    "/",
    "&",
    ",",
    ";",
    "|",
    "+",
];

/// The words behind a time of day.
const OF_TIME: [&str; 9] = ["uhr", "h", "u", "uur", "am", "pm", "a", "p", "o'clock"];

/// The longest field that is read, in characters. The time for reading grows with the square of the length.
const LONGEST: usize = 100;

/// Returns the numbers of a field, in their order. Empty if there is none, if it is doubtful where the first one ends, or if the field is
/// longer than 100 characters.
pub(super) fn numbers(text: &str, country: Country) -> Vec<Piece> {
    if text.chars().nth(LONGEST).is_some() {
        return Vec::new();
    }
    let mut pieces = read(text, country);
    for piece in &mut pieces {
        let again = read(&piece.typed, country);
        let is_same = again.len() == 1 && (&again[0].e164, &again[0].extension) == (&piece.e164, &piece.extension);
        if !is_same {
            // The words around it could be read as another number. A client that sends the number back must not change it.
            let extension = piece.extension.as_ref().map(|extension| format!(" ext {extension}")).unwrap_or_default();
            piece.typed = format!("{}{extension}", piece.e164);
        }
    }
    pieces
}

fn read(text: &str, country: Country) -> Vec<Piece> {
    let mut found: Vec<Found> = Vec::new();
    let mut from = 0;
    while let Some(next) = next(text, from, found.last(), country) {
        from = next.end;
        found.push(next);
    }
    pieces(text, &found)
}

/// A number and its place in the field.
struct Found {
    number: PhoneNumber,
    extension: Option<String>,
    /// The digits themselves.
    at: Range<usize>,
    /// The end of the extension, else of the digits.
    end: usize,
    /// Whether the area code was taken from the number before.
    completed: bool,
}

/// Assigns the text between the numbers: words before a separator belong to the number before it, words behind it to the next number.
fn pieces(text: &str, found: &[Found]) -> Vec<Piece> {
    let mut begins = 0;
    let mut all = Vec::with_capacity(found.len());
    for (index, one) in found.iter().enumerate() {
        let next = found.get(index + 1).map_or(text.len(), |next| next.at.start);
        let (ends, then) = if next == text.len() && index + 1 == found.len() { (next, next) } else { parted(text, one.end..next) };
        let before = text[begins..one.at.start].trim();
        let behind = text[one.end..ends].trim();
        let note = [before, behind].into_iter().filter(|part| part.chars().any(char::is_alphanumeric)).collect::<Vec<_>>().join(" ");
        let typed = match one.completed {
            true => [one.number.format_as(PhoneNumberFormat::National).into_owned(), note.clone()].join(" ").trim().to_owned(),
            false => text[begins..ends].trim().to_owned(),
        };
        let e164 = one.number.format_as(PhoneNumberFormat::E164).into_owned();
        all.push(Piece { typed, e164, extension: one.extension.clone(), note: Some(note).filter(|note| !note.is_empty()) });
        begins = then;
    }
    all
}

/// Returns where the words between two numbers are parted: the end of the first part, and the beginning of the second.
fn parted(text: &str, between: Range<usize>) -> (usize, usize) {
    let words = words(text, between.clone());
    let separator = words.iter().rfind(|word| BETWEEN.contains(&folded(&text[(*word).clone()]).as_str()));
    separator.map_or((between.end, between.end), |word| (word.start, word.end))
}

/// Returns the words of a range; each sign that parts numbers is a word of its own.
fn words(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (at, c) in text[within.clone()].char_indices() {
        let at = within.start + at;
        let sign = matches!(c, '/' | '&' | ',' | ';' | '|' | '+');
        match all.last_mut().filter(|_| open && !sign && !c.is_whitespace()) {
            Some(word) => word.end = at + c.len_utf8(),
            None if c.is_whitespace() => {}
            None => all.push(at..at + c.len_utf8()),
        }
        open = !sign && !c.is_whitespace();
    }
    all
}

fn folded(word: &str) -> String {
    word.trim_matches(['.', ':', '(', ')']).to_lowercase()
}

/// Finds the next number from `from` on. `before` is the number in front of it, whose area code a short number shares.
fn next(text: &str, from: usize, before: Option<&Found>, country: Country) -> Option<Found> {
    let mut from = from;
    while let Some(start) = start(text, from) {
        let run = run(text, start);
        if let Some((number, end)) = vanity(text, start, country).filter(|_| before.is_none()) {
            return Some(Found { number, extension: None, at: start..end, end, completed: false });
        }
        let end = ended(text, start, run, country);
        let own = end.and_then(|end| Some((dialled(&text[start..end], country)?, end)));
        let own = own.filter(|(number, end)| before.is_none() || is_complete(&text[start..*end], number));
        if let Some((number, end)) = own {
            let (extension, behind) = extension(text, end).map_or((None, end), |(digits, end)| (Some(digits), end));
            return Some(Found { number, extension, at: start..end, end: behind, completed: false });
        }
        // Only the first digits of a field can be its number: a later number must be complete, or follow "or".
        let before = before?;
        let end = before_time(text, start, run);
        if is_parted(text, before.end..start)
            && let Some(number) = completed(&text[start..end], before, country)
        {
            return Some(Found { number, extension: None, at: start..end, end, completed: true });
        }
        from = run.max(start + 1);
    }
    None
}

/// Returns where the first digits from `from` on begin, with their `+` or bracket.
fn start(text: &str, from: usize) -> Option<usize> {
    let digit = from + text[from..].find(is_digit)?;
    let before = text[from..digit].trim_end_matches(' ');
    let opened = before.strip_suffix('(').unwrap_or(before);
    let plus = opened.strip_suffix(PLUS).or_else(|| before.strip_suffix(PLUS));
    let bare = plus.map_or(opened, |plus| plus.strip_suffix('(').unwrap_or(plus));
    Some(from + bare.len()).filter(|at| *at < digit).map(|at| at + text[at..].find(|c: char| c != ' ').unwrap_or(0)).or(Some(digit))
}

/// Returns the end of the characters of which a number can consist.
fn run(text: &str, start: usize) -> usize {
    let mut end = start;
    for (at, c) in text[start..].char_indices() {
        let at = start + at;
        let in_number =
            is_digit(c) || is_filler(c) || matches!(c, '/' | '(' | ')') || (matches!(c, '+' | '＋') && !text[start..at].contains(is_digit));
        let opens_words = c == '(' && text[start..at].contains(is_digit) && !is_digits_in_brackets(&text[at..]);
        if !in_number || opens_words {
            break;
        }
        if is_digit(c) {
            end = at + c.len_utf8();
        }
    }
    end
}

/// Returns whether the bracket at the beginning holds only digits, such as an area code.
fn is_digits_in_brackets(text: &str) -> bool {
    let inner = text[1..].split_once(')').map(|(inner, _)| inner.trim());
    inner.is_some_and(|inner| !inner.is_empty() && inner.chars().all(|c| is_digit(c) || c == ' '))
}

/// Returns the end of the number that begins at `start` within the characters up to `run`. `None` if the end is doubtful.
fn ended(text: &str, start: usize, run: usize, country: Country) -> Option<usize> {
    let run = before_time(text, start, run);
    let is_number = |end: usize| dialled(&text[start..end], country).is_some();
    // A bracket or a slash behind a complete number begins something else.
    for (at, c) in text[start..run].char_indices() {
        let end = start + text[start..start + at].trim_end_matches(|c| !is_digit(c)).len();
        if matches!(c, '(' | '/') && end > start && is_number(end) {
            return Some(end);
        }
    }
    if is_number(run) {
        return if has_hours(text, start, run, is_number) { None } else { Some(run) };
    }
    // Two complete numbers with only a space between them.
    let second = |at: &usize| {
        let end = start + text[start..*at].trim_end_matches(|c| !is_digit(c)).len();
        is_number(end) && dialled(&text[*at..run], country).is_some_and(|number| is_complete(&text[*at..run], &number))
    };
    let gaps = text[start..run].match_indices(' ').map(|(at, _)| start + at + 1);
    let first = gaps.filter(|at| text[*at..].starts_with(is_digit)).find(second)?;
    Some(start + text[start..first].trim_end_matches(|c| !is_digit(c)).len())
}

/// Returns the end of the digits in front of a time of day such as `18 Uhr`, `18-20h` or `18:30`. Without one it is `run`.
fn before_time(text: &str, start: usize, run: usize) -> usize {
    let behind = &text[run..];
    let word: String = behind.trim_start().chars().take_while(|c| c.is_alphabetic() || *c == '\'').collect();
    let minutes = behind.strip_prefix(':').is_some_and(|rest| rest.starts_with(is_digit));
    if !minutes && !OF_TIME.contains(&word.to_lowercase().as_str()) {
        return run;
    }
    let digits = |text: &str| text.len() - text.trim_end_matches(is_digit).len();
    let mut end = run;
    // Up to two times, each of one or two digits, and minutes behind a point.
    for _ in 0..2 {
        let front = &text[start..end];
        let (mut count, mut rest) = (digits(front), front.trim_end_matches(is_digit));
        if count == 2 && rest.ends_with('.') && matches!(digits(&rest[..rest.len() - 1]), 1 | 2) {
            rest = &rest[..rest.len() - 1];
            (count, rest) = (digits(rest), rest.trim_end_matches(is_digit));
        }
        if !matches!(count, 1 | 2) {
            return run;
        }
        let bare = rest.trim_end_matches([' ', '-', '\u{2013}']);
        end = start + bare.len();
        if !rest.trim_end_matches(' ').ends_with(['-', '\u{2013}']) {
            return if rest.ends_with([' ', '(']) { end } else { run };
        }
    }
    end
}

/// Returns whether the number ends with two groups that can be hours (`18-20`) behind a number that is complete without them.
fn has_hours(text: &str, start: usize, run: usize, is_number: impl Fn(usize) -> bool) -> bool {
    let Some((front, hours)) = text[start..run].rsplit_once(' ') else { return false };
    let Some((from, until)) = hours.split_once(['-', '\u{2013}']) else { return false };
    let hour = |text: &str| text.parse::<u8>().ok().filter(|hour| (6..=24).contains(hour) && text.len() <= 2);
    let before = start + front.trim_end_matches(|c| !is_digit(c)).len();
    hour(from).zip(hour(until)).is_some_and(|(from, until)| from < until) && is_number(before)
}

/// Returns the extension at `from` and its end.
fn extension(text: &str, from: usize) -> Option<(String, usize)> {
    let behind = text[from..].trim_start_matches([' ', ',', ';', '(', '\u{A0}', '-']);
    let lower = behind.to_lowercase();
    if lower.len() != behind.len() {
        return None;
    }
    let word = EXTENSION.iter().find(|word| lower.starts_with(**word) && !lower[word.len()..].starts_with(char::is_alphabetic))?;
    let rest = behind[word.len()..].trim_start_matches(['.', ':', '=', ' ', '-']);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let after = &rest[digits.len()..];
    let end = text.len() - after.strip_prefix(')').unwrap_or(after).len();
    ((1..=7).contains(&digits.len()) && !after.starts_with(char::is_alphanumeric)).then_some((digits, end))
}

/// Returns whether a separator is the last word in front of a further number.
fn is_parted(text: &str, between: Range<usize>) -> bool {
    words(text, between).last().is_some_and(|word| BETWEEN.contains(&folded(&text[word.clone()]).as_str()))
}

/// Reads a number that was typed without the area code of the number before it.
fn completed(text: &str, before: &Found, country: Country) -> Option<PhoneNumber> {
    let own = digits_of(text);
    let code = before.number.get_length_of_geographical_area_code();
    if own.len() < 5 || code == 0 {
        return None;
    }
    let national = before.number.get_national_significant_number();
    let whole = before.number.format_as(PhoneNumberFormat::E164);
    let prefix = whole.strip_suffix(national.as_str())?;
    PhoneNumber::parse(format!("{prefix}{}{own}", national.get(..code)?), country.region()).ok().filter(PhoneNumber::is_valid)
}
