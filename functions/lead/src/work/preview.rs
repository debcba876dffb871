//! How a text message would be sent: its encoding and parts (LEAD-3).

use forecourt_domain::base::text::is_text;
use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_domain::messages::TextParts;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text message that is not sent yet.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"text": "Bis Freitag!"}))]
pub struct MessagePreviewBody {
    /// Text: 1 to 1,000 characters.
    #[schema(value_type = String, max_length = 1_000)]
    text: Loose<Text>,
}

/// How a text message would be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagePreviewView {
    /// `gsm`: the 7-bit alphabet. `ucs2`: 16 bits for each character.
    pub encoding: &'static str,
    /// Number of parts. The provider charges each part.
    pub parts: usize,
    /// Units that the text takes: characters, but `^ { } [ ] ~ | € \` take two in `gsm`, and emoji two or more in `ucs2`.
    pub units: usize,
    /// Units that fit into the number of parts.
    pub room: usize,
    /// The characters because of which the encoding is `ucs2`, each once. Without them it would be `gsm`.
    pub forcing: Vec<char>,
}

impl MessagePreviewView {
    fn of(text: &str) -> Self {
        let TextParts { encoding, units, parts, forcing } = TextParts::of(text);
        let (single, part) = encoding.sizes();
        let room = if parts.len() == 1 { single } else { part * parts.len() };
        Self { encoding: encoding.name(), parts: parts.len(), units, room, forcing: forcing.into_iter().collect() }
    }
}

/// `POST /leads/{id}/communications/preview`.
pub(super) async fn preview(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let text = call.json::<MessagePreviewBody>()?.text.text("text", &mut Vec::new()).unwrap_or_default().trim().to_owned();
    if !is_text(&text, 1_000) {
        return Err(Refusal::field("text", "LEAD-3", "must be 1 to 1000 characters without control characters").into());
    }
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Lead(id)])).await?;
    lead::readable(platform, call, loaded.lead(id)).await?;
    Ok(Answer::new(200, &MessagePreviewView::of(&text))?.about(&id))
}
