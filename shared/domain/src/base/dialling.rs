//! Reads the digits of one telephone number as they are dialled in a country, and numbers that are written as words.

use crate::base::Country;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType};

pub(super) const PLUS: [char; 2] = ['+', '＋'];

/// Countries besides those of the North American plan in which numbers are advertised as words.
const VANITY: [&str; 8] = ["DE", "AT", "CH", "AU", "NZ", "GB", "IE", "NL"];

/// Words that are a note even where a vanity number has its letters.
const NOT_VANITY: [&str; 10] = ["CELL", "HOME", "WORK", "MOBILE", "OFFICE", "EXT", "CALL", "TEXT", "AFTER", "BEFORE"];

pub(super) fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '０'..='９' | '٠'..='٩' | '۰'..='۹')
}

/// Returns whether `c` can occur between the digits of one number.
pub(super) fn is_filler(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{A0}' | '\u{202F}' | '\u{2007}' | '\u{2009}' | '-' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '[' | ']')
}

/// Reads digits as they are dialled in `country`.
pub(super) fn dialled(text: &str, country: Country) -> Option<PhoneNumber> {
    let digits = digits_of(text);
    // Digits that begin with the country's code are an international number without its plus, if people dial a trunk prefix in front of
    // the national one.
    if !text.contains(PLUS) && calling_code(country).is_some_and(|code| digits.starts_with(&code)) {
        let number = PhoneNumber::parse(format!("+{digits}"), country.region()).ok().filter(PhoneNumber::is_valid);
        if number
            .as_ref()
            .is_some_and(|number| digits_of(&number.format_as(PhoneNumberFormat::National)) != number.get_national_significant_number())
        {
            return number;
        }
    }
    PhoneNumber::parse(text, country.region()).ok().filter(PhoneNumber::is_valid)
}

/// Returns whether `number` was typed in full: with `+`, or as people dial it within its country.
pub(super) fn is_complete(text: &str, number: &PhoneNumber) -> bool {
    let digits = digits_of(text);
    text.contains(PLUS) || digits.starts_with("00") || digits.ends_with(&digits_of(&number.format_as(PhoneNumberFormat::National)))
}

pub(super) fn digits_of(text: &str) -> String {
    PHONE_NUMBER_UTIL.normalize_digits_only(text)
}

/// Returns the calling code of a country. `None` if the code names no country that has one.
pub(super) fn calling_code(country: Country) -> Option<String> {
    PHONE_NUMBER_UTIL.get_country_code_for_region(country.region()?).map(|code| code.to_string())
}

fn is_north_american(country: Country) -> bool {
    calling_code(country).is_some_and(|code| code == "1")
}

/// Reads a number whose last digits are written as letters, such as `1-800-FLOWERS`.
/// Returns also its end.
pub(super) fn vanity(text: &str, start: usize, country: Country) -> Option<(PhoneNumber, usize)> {
    let north_american = is_north_american(country);
    let known = north_american || VANITY.contains(&country.as_str());
    let letters = start + text[start..].find(char::is_alphabetic).filter(|_| known)?;
    let front = &text[start..letters];
    if !front.chars().all(|c| is_digit(c) || is_filler(c) || matches!(c, '(' | ')' | '+')) || dialled(front, country).is_some() {
        return None;
    }
    let token = |from: usize| from + text[from..].find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len() - from);
    let mut end = token(letters);
    let upper = |text: &str| !text.contains(|c: char| c.is_lowercase());
    while let Some(more) = text[end..].strip_prefix(' ').filter(|more| more.starts_with(|c: char| c.is_ascii_uppercase())) {
        let next = token(text.len() - more.len());
        if !upper(&text[letters..next]) {
            break;
        }
        end = next;
    }
    let word = &text[letters..end];
    if NOT_VANITY.contains(&word.to_uppercase().as_str()) || word.chars().filter(char::is_ascii_alphabetic).count() < 3 {
        return None;
    }
    let mut digits: String = [front, word].concat().chars().filter_map(on_keypad).collect();
    let national = if north_american { digits.strip_prefix('1').unwrap_or(&digits).len() } else { 0 };
    let written = if front.contains('+') { format!("+{digits}") } else { digits.clone() };
    // Letters behind the tenth digit are not dialled.
    if north_american && national > 10 {
        digits.truncate(digits.len() - (national - 10));
    }
    let dial = if north_american { digits } else { written };
    let number = PhoneNumber::parse(dial, country.region()).ok().filter(PhoneNumber::is_valid)?;
    let service = matches!(
        number.get_type(),
        PhoneNumberType::TollFree
            | PhoneNumberType::SharedCost
            | PhoneNumberType::PremiumRate
            | PhoneNumberType::PersonalNumber
            | PhoneNumberType::UAN
    );
    let fits = if north_american { service || (national == 10 && upper(word)) } else { service && upper(word) };
    fits.then_some((number, end))
}

/// Returns the digit of a key.
fn on_keypad(c: char) -> Option<char> {
    Some(match c.to_ascii_uppercase() {
        digit @ '0'..='9' => digit,
        'A'..='C' => '2',
        'D'..='F' => '3',
        'G'..='I' => '4',
        'J'..='L' => '5',
        'M'..='O' => '6',
        'P'..='S' => '7',
        'T'..='V' => '8',
        'W'..='Z' => '9',
        _ => return None,
    })
}
