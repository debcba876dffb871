//! The body of a cancellation of an appointment or an event (APT-11).

use crate::formats::json::{Loose, Text, note};
use forecourt_domain::base::text::is_line;
use forecourt_domain::base::{Cancellation, CancellationSide, Fault, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

/// Why something is cancelled, and from which side.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "illness", "side": "customer"}))]
pub struct CancellationBody {
    /// The reason: `no_interest`, `bought_elsewhere`, `no_time`, `illness`, `vehicle_not_available`, `staff_not_available`,
    /// `entered_in_error`, `lead_closed`, `other`, or a reason that the dealer has added (APT-11).
    #[schema(value_type = Option<String>, example = "illness")]
    reason: Loose<Text>,
    /// The side from which the cancellation comes: `customer` or `dealer`.
    #[schema(value_type = Option<String>, example = "customer")]
    side: Loose<Text>,
    /// A note, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

impl CancellationBody {
    /// Checks all fields at once. The dealer's reasons are checked by the rule.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with a fault per field.
    pub fn check(self) -> Result<Cancellation, Refusal> {
        let mut faults = Vec::new();
        let reason = reason(self.reason, &mut faults);
        let side = side(self.side, &mut faults);
        let note = note(self.note, "note", &mut faults);
        if faults.is_empty() { Ok(Cancellation { reason, side, note }) } else { Err(Refusal::Invalid(faults)) }
    }
}

/// Returns a reason of at most 200 characters in one line. `None` if it is blank.
pub(crate) fn reason(text: Loose<Text>, faults: &mut Vec<Fault>) -> Option<String> {
    let reason = text.text("reason", faults)?.trim().to_owned();
    if !reason.is_empty() && !is_line(&reason, 200) {
        faults.push(Fault::new("reason", "APT-11", "must be at most 200 characters in one line"));
    }
    Some(reason).filter(|reason| !reason.is_empty())
}

/// Returns the side that a text names. `None` if it is blank.
pub(crate) fn side(text: Loose<Text>, faults: &mut Vec<Fault>) -> Option<CancellationSide> {
    let name = text.text("side", faults)?.trim().to_owned();
    let side = CancellationSide::NAMES.iter().find(|(known, _)| *known == name).map(|(_, side)| *side);
    if side.is_none() && !name.is_empty() {
        faults.push(Fault::new("side", "APT-11", "must be customer or dealer"));
    }
    side
}
