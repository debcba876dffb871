//! Amounts of money: the API has them in the currency's smallest unit, people as decimal numbers.

use super::Language;
use forecourt_domain::base::Currency;

/// Returns the currency of a code such as `EUR`.
pub(crate) fn currency(code: &str) -> Option<Currency> {
    Currency::from_code(&code.trim().to_ascii_uppercase())
}

/// Returns the currency that people of a country usually pay with: the pound in Great Britain, the euro where it is not known.
pub(crate) fn usual(country: &str) -> &'static str {
    match country {
        "GB" => "GBP",
        "CH" | "LI" => "CHF",
        "US" => "USD",
        "DK" => "DKK",
        "SE" => "SEK",
        "NO" => "NOK",
        "PL" => "PLN",
        "CZ" => "CZK",
        "HU" => "HUF",
        _ => "EUR",
    }
}

fn digits(currency: Currency) -> usize {
    usize::from(currency.exponent().unwrap_or(0))
}

fn decimal_sign(language: Language) -> char {
    if language == Language::English { '.' } else { ',' }
}

/// Reads a decimal number such as `17.900,50`, `17,900.50`, `17900` or `-100`. The last sign before fewer than three digits is the decimal
/// sign; the others group the digits. `None` if it is none, or finer than the currency's smallest unit.
pub(crate) fn read(text: &str, currency: Currency) -> Option<i64> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’')).collect();
    let (negative, plain) = match plain.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, plain.as_str()),
    };
    let is_decimal = |at: &usize| plain.len() - at - 1 != 3;
    let (whole, rest) = match plain.rfind(['.', ',']).filter(is_decimal) {
        Some(at) => (&plain[..at], &plain[at + 1..]),
        None => (plain, ""),
    };
    let whole: String = whole.chars().filter(|c| !matches!(c, '.' | ',')).collect();
    let digits = digits(currency);
    let all_digits = whole.chars().chain(rest.chars()).all(|c| c.is_ascii_digit());
    if !all_digits || whole.is_empty() || rest.len() > digits {
        return None;
    }
    let amount: i64 = format!("{whole}{rest:0<digits$}").parse().ok()?;
    Some(if negative { -amount } else { amount })
}

/// Writes an amount as users type it: `17900,50`.
pub(crate) fn write(amount: i64, currency: Currency, language: Language) -> String {
    joined(amount, currency, decimal_sign(language), None)
}

/// Writes an amount as users read it: `17.900,50 EUR`.
pub(crate) fn shown(amount: i64, currency: Currency, language: Language) -> String {
    let group = if language == Language::English { ',' } else { '.' };
    format!("{}\u{a0}{}", joined(amount, currency, decimal_sign(language), Some(group)), currency.code())
}

fn joined(amount: i64, currency: Currency, decimal: char, group: Option<char>) -> String {
    let digits = digits(currency);
    let all = format!("{:0>width$}", amount.unsigned_abs(), width = digits + 1);
    let (whole, rest) = all.split_at(all.len() - digits);
    let mut text = String::from(if amount < 0 { "-" } else { "" });
    for (place, digit) in whole.chars().enumerate() {
        if let Some(group) = group.filter(|_| place > 0 && (whole.len() - place).is_multiple_of(3)) {
            text.push(group);
        }
        text.push(digit);
    }
    if digits > 0 {
        text.push(decimal);
        text.push_str(rest);
    }
    text
}
