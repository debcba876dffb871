//! The one way to change a dealer's settings: by who saw their version, judged as a whole, kept in the history (SET-10).

use forecourt_domain::base::{DealerId, Refusal};
use forecourt_domain::decision::Decision;
use forecourt_domain::rules::settings;
use forecourt_domain::settings::{Dealer, Settings};
use forecourt_edge::Platform;
use forecourt_edge::http::{Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// The version that the asker saw.
///
/// # Errors
/// 428 where they do not say.
pub(crate) fn seen(call: &Call) -> Result<Vec<u64>, Problem> {
    call.if_match()?.ok_or_else(|| Problem::precondition_required("send the ETag of what you saw as If-Match (SET-10)"))
}

/// Saves what `make` makes of the settings, if they still are what the asker saw. Returns the dealer as it is then.
pub(crate) async fn save(
    platform: &Platform,
    call: &Call,
    id: &DealerId,
    seen: &[u64],
    make: impl Fn(&Dealer) -> Result<Settings, Refusal> + Send + Sync,
) -> Result<Dealer, Failure> {
    let newcomers = |loaded: &Loaded| -> Vec<Key> {
        let Some(before) = loaded.dealer(id) else { return Vec::new() };
        let Ok(after) = make(before) else { return Vec::new() };
        settings::newcomers(&before.settings, &after).cloned().map(Key::User).collect()
    };
    let load = Load::of([Key::Dealer(id.clone()), Key::Recompute(id.clone())]).then(newcomers);
    let rule = |loaded: &Loaded, _| {
        let before = loaded.dealer(id).ok_or(Refusal::NotFound("dealer"))?;
        let settings = make(before)?;
        // A repeat of a change whose answer was lost finds what it wanted.
        if before.settings == settings {
            return Ok((None, before.clone()));
        }
        if !seen.contains(&before.version) {
            return Err(Refusal::Stale { current: before.version });
        }
        settings::allowed(&before.settings, &settings, &call.scope)?;
        let welcomed = settings::welcome(id, &before.settings, &settings, |user| loaded.user(user))?;
        let (decision, after) = settings::save(id, Some(before), settings, call.scope.actor(), call.now);
        Ok((Some(welcomed.into_iter().fold(decision, Decision::with)), after))
    };
    platform.store.decide(&call.scope, load, rule).await
}
