//! Settings as a client writes them: every unknown field, and every rule that they break, is named.

use forecourt_domain::dealer::{Draft, Settings};
use forecourt_domain::refusal::{Fault, Refusal};

/// Reads settings.
///
/// # Errors
/// 400 for what is no JSON; 422 names each field that is unknown, of another type, or against a rule.
pub(crate) fn read(body: &[u8]) -> Result<Settings, Refusal> {
    // Whatever JSON leaves open is refused first.
    let value: serde_json::Value = forecourt_edge::json::read(body)?;
    let mut faults = Vec::new();
    let mut unknown = |path: serde_ignored::Path<'_>| faults.push(Fault::new(path.to_string(), "SET-10", "is not known here"));
    let read: Result<Draft, _> = serde_path_to_error::deserialize(serde_ignored::Deserializer::new(value, &mut unknown));
    match read {
        Ok(draft) => match draft.check() {
            Ok(settings) if faults.is_empty() => Ok(settings),
            Ok(_) => Err(Refusal::Invalid(faults)),
            Err(broken) => Err(Refusal::Invalid(faults.into_iter().chain(broken).collect())),
        },
        Err(e) => {
            let field = Some(e.path().to_string()).filter(|path| path != ".").unwrap_or_else(|| "settings".into());
            let rule = if field.starts_with("calendar") { "SET-1" } else { "SET-10" };
            faults.push(Fault::new(field, rule, e.into_inner().to_string()));
            Err(Refusal::Invalid(faults))
        }
    }
}
