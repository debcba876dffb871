//! The dealer that a request is about: its stored settings, and an answer that carries their version.

use forecourt_domain::base::{DealerId, Refusal};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};

/// Reads the current dealer from the table: a client that is about to change it must not get a cached version.
pub(crate) async fn current(platform: &Platform, call: &Call, id: &DealerId) -> Result<Dealer, Failure> {
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Dealer(id.clone())])).await?;
    Ok(loaded.dealer(id).cloned().ok_or(Refusal::NotFound("dealer"))?)
}

/// An answer about a dealer, with the version of its settings as the ETag.
pub(crate) fn answer(dealer: &Dealer, view: &impl serde::Serialize) -> Result<Answer, Problem> {
    Ok(Answer::new(200, view)?.header("etag", format!("\"{}\"", dealer.version)).about(&dealer.id))
}
