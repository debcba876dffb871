//! Money: an amount in a currency's smallest unit.

use crate::base::Fault;
pub use iso_currency::Currency;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// In the currency's smallest unit: 1,790,000 is 17,900 EUR, but 1,790,000 JPY. From minus [`MAX_MONEY`] to [`MAX_MONEY`].
    pub amount: i64,
    /// The currency; ISO 4217 in JSON.
    pub currency: Currency,
}

/// The largest amount, in the smallest unit.
pub const MAX_MONEY: i64 = 100_000_000_000;

impl Money {
    /// Reads an amount from 0 to [`MAX_MONEY`]. Adds faults with the path `field` if it is not valid.
    pub fn read(amount: Option<i64>, currency: Option<&str>, field: &str, faults: &mut Vec<Fault>) -> Option<Self> {
        let amount = amount.filter(|amount| (0..=MAX_MONEY).contains(amount));
        if amount.is_none() {
            let detail = format!("must be a whole number of the currency's smallest unit, from 0 to {MAX_MONEY}");
            faults.push(Fault::new(format!("{field}.amount"), "LEAD-2", detail));
        }
        let currency = currency.and_then(|code| Currency::from_code(&code.trim().to_ascii_uppercase()));
        if currency.is_none() {
            faults.push(Fault::new(format!("{field}.currency"), "LEAD-2", "must be a currency of ISO 4217, such as EUR"));
        }
        Some(Self { amount: amount?, currency: currency? })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.currency.exponent().unwrap_or(0));
        let sign = if self.amount < 0 { "-" } else { "" };
        let unit = 10_u64.pow(u32::try_from(digits).unwrap_or(0));
        let (whole, rest) = (self.amount.unsigned_abs() / unit, self.amount.unsigned_abs() % unit);
        let code = self.currency.code();
        if digits == 0 { write!(f, "{sign}{whole} {code}") } else { write!(f, "{sign}{whole}.{rest:0digits$} {code}") }
    }
}
