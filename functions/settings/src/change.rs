//! The only way to change a dealer's settings: with `If-Match`, checked as a whole, recorded in the history (SET-10).

use forecourt_domain::base::{DealerId, Refusal};
use forecourt_domain::decision::Decision;
use forecourt_domain::rules::settings;
use forecourt_domain::settings::{Dealer, Settings};
use forecourt_edge::Platform;
use forecourt_edge::http::{Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// Returns the versions that `If-Match` lists.
///
/// # Errors
/// 428 if the header is missing.
pub(crate) fn required_versions(call: &Call) -> Result<Vec<u64>, Problem> {
    call.if_match()?
        .ok_or_else(|| Problem::precondition_required("If-Match header required: send the ETag of the version that you read (SET-10)"))
}

/// Saves the settings that `make` returns, if the stored version is one of `versions`. Returns the dealer after the change.
pub(crate) async fn save(
    platform: &Platform,
    call: &Call,
    id: &DealerId,
    versions: &[u64],
    make: impl Fn(&Dealer) -> Result<Settings, Refusal> + Send + Sync,
) -> Result<Dealer, Failure> {
    let named = |loaded: &Loaded| -> Vec<Key> {
        let Some(before) = loaded.dealer(id) else { return Vec::new() };
        let Ok(after) = make(before) else { return Vec::new() };
        let users = settings::newcomers(&before.settings, &after).cloned().map(Key::User);
        users.chain(settings::new_sites(&before.settings, &after).cloned().map(Key::Dealer)).collect()
    };
    let load = Load::of([Key::Dealer(id.clone()), Key::Recompute(id.clone())]).then(named);
    let rule = |loaded: &Loaded, _| {
        let before = loaded.dealer(id).ok_or(Refusal::NotFound("dealer"))?;
        let entered = make(before)?;
        let settings = entered.clone().without_ended_absences(call.now);
        // A repeat after a lost answer finds the settings changed already, and succeeds.
        if before.settings == entered || before.settings == settings {
            return Ok((None, before.clone()));
        }
        if !versions.contains(&before.version) {
            return Err(Refusal::Stale { current: before.version });
        }
        settings::allowed(&before.settings, &settings, &call.scope)?;
        settings::agreed(id, &before.settings, &settings, |site| loaded.dealer(site))?;
        let welcomed = settings::welcome(id, &before.settings, &settings, |user| loaded.user(user))?;
        let (decision, after) = settings::save(id, Some(before), settings, call.scope.actor(), call.now);
        Ok((Some(welcomed.into_iter().fold(decision, Decision::with)), after))
    };
    platform.store.decide(&call.scope, load, rule).await
}
