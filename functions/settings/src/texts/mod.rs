//! A dealer's own texts (MSG-2).

mod history;
mod preview;
mod view;

pub use history::{TextChangeView, TextHistoryView};
pub use view::{
    OwnTextView, ShortestTextView, TextBody, TextKindView, TextPreviewBody, TextPreviewView, TextView, TextsView, VariableView,
};

use crate::body;
use crate::change::required_versions;
use forecourt_domain::base::{DealerId, Refusal, Right, TextId};
use forecourt_domain::texts::{CheckedText, DealerText, DealerTexts, TextKind};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};

/// A request about the texts of a dealer.
pub(crate) async fn operate(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let dealer: DealerId = call.part("dealer", "dealer")?;
    match call.operation {
        Operation::ListTexts => list(platform, call, &dealer).await,
        Operation::ReadText => read(platform, call, &dealer).await,
        Operation::TextHistory => history::read(platform, call, &dealer).await,
        Operation::PreviewText => preview::preview(platform, call, &dealer).await,
        Operation::TestText => preview::test(platform, call, &dealer).await,
        Operation::SaveText => save(platform, call, &dealer).await,
        _ => remove(platform, call, &dealer).await,
    }
}

fn texts_of(loaded: &Loaded, dealer: &DealerId) -> Result<DealerTexts, Refusal> {
    loaded.dealer(dealer).ok_or(Refusal::NotFound("dealer"))?;
    Ok(loaded.dealer_texts(dealer).cloned().unwrap_or_else(|| DealerTexts::none(dealer.clone())))
}

fn load_of(dealer: &DealerId) -> Load<'static> {
    Load::of([Key::Dealer(dealer.clone()), Key::DealerTexts(dealer.clone())])
}

/// Checks that the sender may change the texts of the dealer.
fn may_change(call: &Call, dealer: &DealerId) -> Result<(), Refusal> {
    call.scope.needs(Right::ChangeSettings)?;
    call.scope.reaches(dealer)
}

/// Returns the texts that the sender may read: all, or the canned answers of a user who may read leads.
async fn readable(platform: &Platform, call: &Call, dealer: &DealerId) -> Result<Vec<DealerText>, Problem> {
    let all = call.scope.needs(Right::ReadSettings);
    if all.is_err() && call.scope.needs(Right::ReadLeads).is_err() {
        all?;
    }
    call.scope.reaches(dealer)?;
    let loaded = platform.store.load(&call.scope, &load_of(dealer)).await?;
    let all = call.scope.needs(Right::ReadSettings).is_ok();
    Ok(texts_of(&loaded, dealer)?.texts.into_iter().filter(|text| all || text.kind == TextKind::Canned).collect())
}

async fn list(platform: &Platform, call: &Call, dealer: &DealerId) -> Result<Answer, Problem> {
    Ok(Answer::new(200, &TextsView::of(&readable(platform, call, dealer).await?))?.about(dealer))
}

async fn read(platform: &Platform, call: &Call, dealer: &DealerId) -> Result<Answer, Problem> {
    let id: TextId = call.part("text", "text")?;
    let texts = readable(platform, call, dealer).await?;
    answer(200, texts.iter().find(|text| text.id == id).ok_or(Refusal::NotFound("text"))?)
}

fn answer(status: u16, text: &DealerText) -> Result<Answer, Problem> {
    Ok(Answer::new(status, &TextView::of(text))?.header("etag", format!("\"{}\"", text.version)).about(&text.id))
}

/// Creates a text without `If-Match`, or changes an existing text with it. A repeat finds the text as requested, and changes nothing.
async fn save(platform: &Platform, call: &Call, dealer: &DealerId) -> Result<Answer, Problem> {
    may_change(call, dealer)?;
    let id: Result<TextId, _> = call.part::<String>("text", "text")?.parse();
    let id = id.map_err(|e| Refusal::field("text", "MSG-2", e.to_string()))?;
    let body: TextBody = body::read(body::writable(call, &["id", "version", "changed_at", "changed_by"])?, "MSG-2")?;
    let CheckedText { kind, medium, language, lead_type, name, subject, text } = body.check().map_err(Problem::invalid)?;
    let (by, changed) = (call.scope.actor(), call.now);
    let new = DealerText { id, version: 0, kind, medium, language, lead_type, name, subject, text, changed, by };
    let versions = call.if_match()?;
    let saved = platform.store.decide(&call.scope, load_of(dealer), |loaded, _| {
        let texts = texts_of(loaded, dealer)?;
        let (decision, after) = texts.with(new.clone())?;
        if decision.is_none() {
            return Ok((None, Some((after, 200))));
        }
        match (texts.get(&new.id), &versions) {
            (Some(_), None) => Ok((None, None)),
            (Some(before), Some(versions)) if !versions.contains(&before.version) => Err(Refusal::Stale { current: before.version }),
            (None, Some(_)) => Err(Refusal::Stale { current: 0 }),
            (before, _) => Ok((decision, Some((after, if before.is_some() { 200 } else { 201 })))),
        }
    });
    let Some((text, status)) = saved.await? else {
        return Err(Problem::precondition_required(
            "If-Match header required: this text exists, send the ETag of the version that you read (SET-10)",
        ));
    };
    answer(status, &text)
}

async fn remove(platform: &Platform, call: &Call, dealer: &DealerId) -> Result<Answer, Problem> {
    may_change(call, dealer)?;
    let id: TextId = call.part("text", "text")?;
    let versions = required_versions(call)?;
    let left = platform.store.decide(&call.scope, load_of(dealer), |loaded, _| {
        let texts = texts_of(loaded, dealer)?;
        let (decision, left) = texts.without(&id, call.now, call.scope.actor())?;
        match texts.get(&id) {
            Some(text) if !versions.contains(&text.version) => Err(Refusal::Stale { current: text.version }),
            _ => Ok((Some(decision), left)),
        }
    });
    Ok(Answer::new(200, &TextsView::of(&left.await?.texts))?.about(&id))
}
