//! Quotes.

use crate::base::text::is_line;
use crate::base::{Fault, MAX_MONEY, Money};
use crate::elements::require_vehicle;
use crate::enquiry::Vehicle;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The vehicle. Its condition is always set.
    pub vehicle: Vehicle,
    /// The total price.
    pub price: Money,
    /// The lines that add up to the price, at most 30. Empty if there is only a price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// The last day on which the quote is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
    /// Notes, up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// A quote as a user enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteDraft {
    /// The vehicle.
    pub vehicle: Vehicle,
    /// The total price. `None` if it is missing or invalid.
    pub price: Option<Money>,
    /// The lines that add up to the price.
    pub lines: Vec<Line>,
    /// The last day on which the quote is valid.
    pub valid_until: Option<NaiveDate>,
    /// Notes.
    pub notes: Option<String>,
}

/// A line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// 1 to 200 characters.
    pub text: String,
    /// The amount in the smallest unit of the price's currency; negative for a deduction.
    pub amount: i64,
}

/// The maximum number of lines of a quote.
const LINES: usize = 30;

impl Quote {
    /// Creates a quote that a user enters. `faults` are the faults of its fields; this checks the quote as a whole.
    ///
    /// # Errors
    /// The faults of the fields and of the whole.
    pub fn entered(draft: QuoteDraft, mut faults: Vec<Fault>) -> Result<Self, Vec<Fault>> {
        let QuoteDraft { vehicle, price, lines, valid_until, notes } = draft;
        require_vehicle(&vehicle, &mut faults);
        if vehicle.condition.is_none() && !faults.iter().any(|fault| fault.field == "vehicle.condition") {
            faults.push(Fault::new("vehicle.condition", "LEAD-2", "must be new or used"));
        }
        if lines.len() > LINES {
            faults.push(Fault::new("lines", "LEAD-2", format!("must have at most {LINES} lines")));
        }
        for (i, line) in lines.iter().enumerate() {
            if !is_line(&line.text, 200) {
                faults.push(Fault::new(format!("lines[{i}].text"), "LEAD-2", "must be 1 to 200 characters in one line"));
            }
            if !(-MAX_MONEY..=MAX_MONEY).contains(&line.amount) {
                faults.push(Fault::new(format!("lines[{i}].amount"), "LEAD-2", format!("must be from -{MAX_MONEY} to {MAX_MONEY}")));
            }
        }
        // The sum is compared only if every line is valid.
        let sums = faults.is_empty() && !lines.is_empty();
        let sum: i128 = lines.iter().map(|line| i128::from(line.amount)).sum();
        if let Some(price) = price.filter(|price| sums && i128::from(price.amount) != sum) {
            let detail = format!("must equal the sum of the lines, {sum}, not {}", price.amount);
            faults.push(Fault::new("price.amount", "LEAD-2", detail));
        }
        if price.is_none() && !faults.iter().any(|fault| fault.field.starts_with("price")) {
            faults.push(Fault::new("price", "LEAD-2", "is required"));
        }
        match price {
            Some(price) if faults.is_empty() => Ok(Self { vehicle, price, lines, valid_until, notes }),
            _ => Err(faults),
        }
    }

    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.vehicle.line(), self.price)
    }
}
