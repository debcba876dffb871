//! The mail server of a dealer: only the operator sees the name of its secret, and it is checked before it is saved (SET-4).

use crate::dealer::current;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, Refusal, Right};
use forecourt_domain::settings::{Dealer, DealerSettings, Settings};
use forecourt_edge::Platform;
use forecourt_edge::http::Call;
use forecourt_store::Failure;
use serde_json::{Value, json};

/// The setting that only the operator sees.
const SECRET: &str = "mail_server_secret";

/// Whether a caller sees a setting.
pub(crate) fn is_shown(field: &str, scope: &Scope) -> bool {
    field != SECRET || scope.needs(Right::Operate).is_ok()
}

/// Returns settings as a caller may see them.
pub(crate) fn shown(mut settings: Value, scope: &Scope) -> Value {
    settings.as_object_mut().into_iter().for_each(|fields| fields.retain(|name, _| is_shown(name, scope)));
    settings
}

/// Returns the body of a change of all settings with the setting that the caller does not see, so that it stays.
pub(crate) fn kept(mut body: Value, before: &DealerSettings, scope: &Scope) -> Value {
    if let (false, Some(secret), Some(fields)) = (is_shown(SECRET, scope), &before.mail_server_secret, body.as_object_mut()) {
        fields.entry(SECRET).or_insert_with(|| json!(secret));
    }
    body
}

/// Checks the mail server that a change enters: that it answers, takes the credentials, and takes mail from their sender address. Does not
/// connect if the version is outdated, the body is invalid, or the caller may not change the mail server.
///
/// # Errors
/// 422 with the setting that has to change; 503 if the credentials cannot be read now.
pub(crate) async fn check(
    platform: &Platform,
    call: &Call,
    (id, body): (&DealerId, &Value),
    versions: &[u64],
    make: impl Fn(&Dealer) -> Result<Settings, Refusal>,
) -> Result<(), Failure> {
    let is_entered = ["mail_server", SECRET].iter().any(|name| body.get(*name).is_some_and(|value| !value.is_null()));
    if !is_entered || call.scope.needs(Right::Operate).is_err() {
        return Ok(());
    }
    let before = current(platform, call, id).await?;
    let after = make(&before).ok().filter(|_| versions.contains(&before.version)).and_then(|after| after.own_mail_server());
    let Some(server) = after.filter(|server| before.settings.own_mail_server().as_ref() != Some(server)) else { return Ok(()) };
    match platform.mail_servers.check(&server).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(unusable)) => Err(Refusal::field(unusable.field(), "SET-4", unusable.to_string()).into()),
        Err(cause) => Err(Failure::Unavailable(cause)),
    }
}
