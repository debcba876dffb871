//! Lines without the holes that empty values leave (MSG-2).

use super::template::{Part, Variable};

/// A sign of a line, or the value of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Sign(char),
    Value(&'a str),
}

/// A part of a line between separators, with the separator before it.
#[derive(Default)]
struct Clause<'a> {
    separator: String,
    pieces: Vec<Piece<'a>>,
}

/// The separators of clauses.
const SEPARATORS: [&str; 6] = [", ", "; ", " · ", " | ", " – ", " - "];
/// The signs that end a sentence.
const ENDS: [char; 3] = ['.', '!', '?'];
/// The most letters of a shortened label, such as `Tel.` or `Str.`.
const LABEL: usize = 4;

/// Writes a line of which a part of the variables is empty: without the brackets, clauses and sentences whose variables are all empty, and
/// without doubled spaces. `Call {{ phone }}, or visit us: {{ address }}.` becomes `Call 030 123.` if the address is empty.
pub(super) fn without_holes<'a>(line: &[Part], value: impl Fn(Variable) -> &'a str) -> String {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for part in line {
        match part {
            Part::Text(text) => pieces.extend(text.chars().map(Piece::Sign)),
            Part::Variable(variable) => pieces.push(Piece::Value(value(*variable))),
        }
    }
    let mut clauses = clauses(&without_brackets(pieces));
    let end = clauses.last().and_then(|last| last.pieces.iter().rev().find_map(sign)).filter(|sign| ENDS.contains(sign));
    clauses.retain(|clause| !is_empty(&clause.pieces));
    let mut written = String::new();
    for (i, clause) in clauses.iter().enumerate() {
        if i > 0 {
            written.push_str(&clause.separator);
        }
        written.extend(clause.pieces.iter().map(|piece| match piece {
            Piece::Sign(sign) => sign.to_string(),
            Piece::Value(text) => (*text).to_owned(),
        }));
    }
    let mut written = squeezed(&written);
    if let Some(end) = end.filter(|_| !written.is_empty() && !written.ends_with(ENDS)) {
        written.push(end);
    }
    written
}

fn sign(piece: &Piece<'_>) -> Option<char> {
    if let Piece::Sign(sign) = piece { Some(*sign) } else { None }
}

/// Whether pieces have values, and all of them are empty.
fn is_empty(pieces: &[Piece<'_>]) -> bool {
    let mut values = pieces.iter().filter_map(|piece| if let Piece::Value(text) = piece { Some(text) } else { None }).peekable();
    values.peek().is_some() && values.all(|text| text.is_empty())
}

/// Returns the pieces without the brackets in which all values are empty.
fn without_brackets(pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let mut out: Vec<Piece<'_>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        out.push(piece);
        let open = match piece {
            Piece::Sign(')') => '(',
            Piece::Sign(']') => '[',
            _ => continue,
        };
        let from = out.iter().rposition(|piece| *piece == Piece::Sign(open));
        if let Some(from) = from.filter(|from| out.get(*from..).is_some_and(is_empty)) {
            out.truncate(from);
        }
    }
    out
}

/// Splits a line at separators, and after the end of a sentence. The separators in values do not count.
fn clauses<'a>(pieces: &[Piece<'a>]) -> Vec<Clause<'a>> {
    let mut all = vec![Clause::default()];
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        let begins = |separator: &&&str| separator.chars().enumerate().all(|(i, c)| pieces.get(at + i) == Some(&Piece::Sign(c)));
        let after_end = *piece == Piece::Sign(' ') && at > 0 && pieces.get(at - 1).and_then(sign).is_some_and(|sign| ENDS.contains(&sign));
        let after_end = after_end && !all.last().is_some_and(|clause| is_label(clause, pieces.get(at + 1)));
        let separator = if after_end { Some(" ") } else { SEPARATORS.iter().find(begins).copied() };
        match separator {
            Some(separator) => {
                all.push(Clause { separator: separator.to_owned(), pieces: Vec::new() });
                at += separator.chars().count();
            }
            None => {
                all.last_mut().into_iter().for_each(|clause| clause.pieces.push(*piece));
                at += 1;
            }
        }
    }
    all
}

/// Whether a clause so far is a shortened label of the value that follows, such as `Tel.`, and no sentence.
fn is_label(clause: &Clause<'_>, next: Option<&Piece<'_>>) -> bool {
    let signs: Option<String> = clause.pieces.iter().map(sign).collect();
    let word = signs.as_deref().and_then(|signs| signs.trim().strip_suffix('.'));
    matches!(next, Some(Piece::Value(_)))
        && word.is_some_and(|word| word.chars().count() <= LABEL && word.chars().all(char::is_alphanumeric))
}

/// Returns the text without doubled spaces, and without spaces before a sign that ends a clause. The indentation stays.
fn squeezed(text: &str) -> String {
    let indentation: String = text.chars().take_while(|c| *c == ' ').collect();
    let mut out = String::with_capacity(text.len());
    for c in text.trim_start_matches(' ').chars() {
        if c == ' ' && out.ends_with([' ', '\n']) {
            continue;
        }
        if [',', '.', ';', ')', ']'].contains(&c) && out.ends_with(' ') {
            out.pop();
        }
        out.push(c);
    }
    format!("{indentation}{}", out.trim_end())
}
