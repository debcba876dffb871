//! The request body of reactions.

use forecourt_domain::base::{Fault, ReactionKind, Refusal};
use forecourt_domain::rules::lead::reaction::Logged;
use forecourt_edge::formats::json::{Loose, Text, note};
use serde::Deserialize;
use utoipa::ToSchema;

/// The seller's reaction.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"kind": "call_reached", "note": "comes by on Friday"}))]
pub struct ReactionBody {
    /// `reply`, `call_reached` or `contact_made`, which stop the response clock (ESC-7); `call_missed`, which does not.
    #[schema(value_type = String, example = "reply")]
    kind: Loose<Text>,
    /// `true` if the customer called or came in. In a pool with `oldest_only` such a lead can be claimed although it is not the oldest
    /// (DIS-8).
    #[schema(value_type = Option<bool>)]
    inbound: Loose<bool>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

fn checked<T>(value: Option<T>, faults: Vec<Fault>) -> Result<T, Refusal> {
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(Refusal::Invalid(faults)),
    }
}

impl ReactionBody {
    pub(crate) fn check(self) -> Result<(Logged, Option<String>), Refusal> {
        let mut faults = Vec::new();
        let note = note(self.note, "note", &mut faults);
        let inbound = self.inbound.take("inbound", "true or false", &mut faults) == Some(true);
        let reaction = if inbound { Logged::Inbound } else { Logged::Reaction };
        let kind = match self.kind.text("kind", &mut faults).as_deref() {
            Some("reply") => Some(Logged::Reaction(ReactionKind::Reply)),
            Some("call_reached") => Some(reaction(ReactionKind::CallReached)),
            Some("contact_made") => Some(reaction(ReactionKind::ContactMade)),
            Some("call_missed") => Some(Logged::CallMissed),
            _ => {
                faults.push(Fault::new("kind", "ESC-7", "must be reply, call_reached, contact_made or call_missed"));
                None
            }
        };
        checked(kind, faults).map(|kind| (kind, note))
    }
}
