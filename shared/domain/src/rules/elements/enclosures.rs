//! The attachments of an e-mail: a quote, documents of the lead, and the sheet of its vehicle (LEAD-3, SET-4).

use crate::base::{ElementId, Fault, Refusal};
use crate::elements::{Content, Document, Element, Form};
use crate::enquiry::{Condition, Vehicle};
use crate::messages::Enclosed;
use crate::settings::DealerSettings;

/// The maximum number of attached documents.
pub const MAX_DOCUMENTS: usize = 10;

/// The maximum size of the attached documents together, in bytes. A mail has 10 MB, and its attachments grow by a third.
pub const MAX_DOCUMENT_BYTES: u64 = 7_000_000;

/// The stored items that an e-mail can attach.
#[derive(Debug, Clone, Default)]
pub struct Enclosures<'a> {
    /// The quote that the request names.
    pub quote: Option<&'a Element>,
    /// The documents that the request names, as far as they exist.
    pub documents: Vec<&'a Element>,
    /// The vehicle of the lead's enquiry.
    pub vehicle: Option<&'a Vehicle>,
}

impl Enclosures<'_> {
    /// Returns the attached quote in its current state.
    pub(super) fn quote(&self, form: Form) -> Result<Box<Enclosed>, Refusal> {
        let here = self.quote.filter(|element| element.removed.is_none());
        match here.map(|element| &element.content) {
            Some(Content::Quote(quote)) if quote.vehicle.condition == Some(Condition::New) => {
                Ok(Box::new(Enclosed { quote: quote.clone(), form }))
            }
            Some(_) => Err(Refusal::field("quote", "LEAD-3", "must be for a new vehicle")),
            None => Err(Refusal::field("quote", "LEAD-3", "must be a quote of this lead")),
        }
    }

    /// Checks the documents that the request names: each must be an uploaded document of the lead, and together they must fit into a mail.
    pub(super) fn check(&self, wanted: &[ElementId]) -> Result<(), Refusal> {
        let mut faults = Vec::new();
        let mut attached: Vec<(usize, &Document)> = Vec::new();
        for (i, id) in wanted.iter().enumerate() {
            let mut fault = |detail: &str| faults.push(Fault::new(format!("attachments[{i}]"), "LEAD-3", detail));
            let element = self.documents.iter().find(|element| element.id == *id && element.removed.is_none());
            match element.map(|element| &element.content) {
                Some(Content::Document(document)) if document.uploaded.is_some() => attached.push((i, document)),
                Some(Content::Document(_)) => fault("must be uploaded completely before it can be attached"),
                _ => fault("must be the id of a document of this lead"),
            }
            if wanted.iter().take(i).any(|earlier| earlier == id) {
                fault("is listed twice");
            }
        }
        let total: u64 = attached.iter().map(|(_, document)| document.bytes).sum();
        if let Some((i, largest)) = attached.iter().max_by_key(|(_, document)| document.bytes).filter(|_| total > MAX_DOCUMENT_BYTES) {
            let detail = format!(
                "makes the mail too large: this document has {}, and all attachments have {} together; at most {} fit into a mail",
                megabytes(largest.bytes),
                megabytes(total),
                megabytes(MAX_DOCUMENT_BYTES)
            );
            faults.push(Fault::new(format!("attachments[{i}]"), "LEAD-3", detail));
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
    }

    /// Whether the vehicle sheet can be attached.
    pub fn has_sheet(&self, settings: &DealerSettings) -> bool {
        self.sheet(settings).is_ok()
    }

    /// Returns the vehicle whose sheet is attached.
    pub(super) fn sheet(&self, settings: &DealerSettings) -> Result<Box<Vehicle>, Refusal> {
        if settings.expose.is_none() {
            return Err(Refusal::field("expose", "SET-4", "is possible only if the dealer's setting expose names the vehicle sheet"));
        }
        let vehicle = self.vehicle.filter(|vehicle| !vehicle.headline().is_empty());
        let vehicle = vehicle.ok_or_else(|| Refusal::field("expose", "SET-4", "is possible only if the enquiry names a vehicle"))?;
        Ok(Box::new(vehicle.clone()))
    }
}

/// Writes a size in megabytes with one decimal, rounded up.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
