//! The sheet of the vehicle of an enquiry as a PDF for the customer (SET-4), in the customer's language (MSG-2).

use crate::mail::{Addressee, Attachment};
use crate::pdf::{PdfError, Section, Sheet, written};
use crate::quote::{date_text, vehicle_rows, words_of};
use crate::trade_in::section;
use chrono::{DateTime, Utc};
use forecourt_domain::base::has_link;
use forecourt_domain::enquiry::Vehicle;
use forecourt_domain::settings::Dealer;
use forecourt_domain::texts::text_language;

/// Writes the PDF for a mail to `to`. The dealer's setting `expose` is its title. Price and remarks are left out: the sender of an
/// enquiry wrote them, and the sheet is the dealer's.
///
/// # Errors
/// If the PDF cannot be written.
pub(crate) fn attachment(vehicle: &Vehicle, to: &Addressee, dealer: &Dealer, at: DateTime<Utc>) -> Result<Attachment, PdfError> {
    let words = words_of(&to.language);
    let mileage = match text_language(&to.language) {
        "de" | "nl" => "Kilometerstand",
        _ => "Mileage",
    };
    let title = dealer.settings.expose.clone().unwrap_or_else(|| words.vehicle.to_owned());
    let mut rows = vehicle_rows(vehicle, words);
    // Below the year.
    rows.insert(3, (mileage, vehicle.mileage.clone()));
    let rows = rows.into_iter().map(|(label, value)| (label, value.filter(|value| !has_link(value)))).collect();
    let sections: Vec<Section> = [section(words.vehicle, rows)].into_iter().filter(|section| !section.rows.is_empty()).collect();
    let day = at.with_timezone(&dealer.settings.calendar.zone()).date_naive();
    let sheet = Sheet {
        title: title.clone(),
        arrival: date_text(day, &to.language),
        dealer: dealer.settings.name.clone(),
        language: text_language(&to.language).to_owned(),
        sections,
        link: None,
        footer: dealer.settings.name.clone(),
        at,
    };
    let name: String = title.chars().map(|c| if matches!(c, '/' | '\\' | ':' | '"') { '-' } else { c }).collect();
    Ok(Attachment { name: format!("{name}.pdf"), media_type: "application/pdf".into(), content: written(&sheet)? })
}
