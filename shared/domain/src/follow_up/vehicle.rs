//! The vehicle of a follow-up: its number plate and vehicle identification number, checked and compared (FUP-1).

use crate::base::text::letters;
use crate::enquiry::{Flag, Vehicle};

/// The number of characters of a vehicle identification number (ISO 3779).
const VIN: usize = 17;

/// The place of the check digit, from 0.
const CHECK_DIGIT: usize = 8;

/// The weights of the characters (49 CFR 565.15).
const WEIGHTS: [u32; VIN] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// A finding about a vehicle identification number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VinFinding {
    /// It does not have 17 characters.
    Length,
    /// It has a character other than letters and digits, or I, O or Q.
    Character,
    /// Its check digit is wrong. The check digit is mandatory in North America and China only.
    CheckDigit,
}

/// Checks a vehicle identification number.
///
/// # Errors
/// The finding.
pub fn check_vin(vin: &str) -> Result<(), VinFinding> {
    let characters: Vec<char> = vin.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    if characters.len() != VIN {
        return Err(VinFinding::Length);
    }
    let values: Option<Vec<u32>> = characters.iter().map(|c| value(*c)).collect();
    let values = values.ok_or(VinFinding::Character)?;
    let rest = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum::<u32>() % 11;
    let expected = if rest == 10 { 'X' } else { char::from_digit(rest, 10).unwrap_or('X') };
    if characters[CHECK_DIGIT] == expected { Ok(()) } else { Err(VinFinding::CheckDigit) }
}

/// Returns the value of a character. `None` if it is none of a vehicle identification number.
fn value(c: char) -> Option<u32> {
    match c {
        '0'..='9' => c.to_digit(10),
        'A'..='H' => Some(u32::from(c) - u32::from('A') + 1),
        'J'..='N' => Some(u32::from(c) - u32::from('J') + 1),
        'P' => Some(7),
        'R' => Some(9),
        'S'..='Z' => Some(u32::from(c) - u32::from('S') + 2),
        _ => None,
    }
}

/// The least and most letters and digits of a number plate.
const PLATE: std::ops::RangeInclusive<usize> = 2..=10;

/// Returns the flags of a vehicle. A plate or a number with a fault is kept, because the work is real: a user corrects it.
pub(crate) fn flags(vehicle: &Vehicle) -> Vec<Flag> {
    let mut flags = Vec::new();
    let mut flag = |field: &str, detail: &str| flags.push(Flag { field: field.to_owned(), detail: detail.to_owned() });
    match vehicle.vin.as_deref().map(check_vin) {
        Some(Err(VinFinding::Length)) => flag("vehicle.vin", "does not have the 17 characters of a vehicle identification number"),
        Some(Err(VinFinding::Character)) => flag("vehicle.vin", "has a character that no vehicle identification number has"),
        Some(Err(VinFinding::CheckDigit)) => {
            flag("vehicle.vin", "has a wrong check digit; compare it with the papers, unless the maker uses none");
        }
        Some(Ok(())) | None => {}
    }
    if let Some(plate) = &vehicle.plate
        && (!PLATE.contains(&letters(plate).chars().count()) || !plate.chars().all(is_of_plate))
    {
        flag("vehicle.plate", "does not look like a number plate");
    }
    flags
}

fn is_of_plate(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ' ' | '-' | '.' | '·')
}

/// Returns the texts by which a vehicle is recognised: the vehicle identification number and the plate, without case, spaces and signs.
pub fn identities(vehicle: &Vehicle) -> Vec<String> {
    let known = |name: &str, text: &Option<String>| {
        let text = text.as_deref().map(letters).filter(|text| !text.is_empty());
        text.map(|text| format!("{name}={text}"))
    };
    [known("vin", &vehicle.vin), known("plate", &vehicle.plate)].into_iter().flatten().collect()
}
