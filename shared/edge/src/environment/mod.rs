//! The settings in a function's environment.

mod console_links;
mod token_claims;

pub use console_links::ConsoleLinks;
use forecourt_domain::base::MailDomain;
use std::sync::Arc;
pub(crate) use token_claims::Named;
pub use token_claims::TokenClaims;

/// A setting that a function needs is not in its environment.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct Missing(pub(crate) &'static str);

/// Reads a setting.
///
/// # Errors
/// [`Missing`] if the variable is absent or empty.
pub fn setting(name: &'static str) -> Result<String, Missing> {
    optional_setting(name).ok_or(Missing(name))
}

/// Reads the domain at which dealers receive mail, `MAIL_DOMAIN`. `None` if it is absent or no domain: the stack then receives no mail.
pub fn mail_domain() -> Option<Arc<MailDomain>> {
    let text = optional_setting("MAIL_DOMAIN")?;
    let read = MailDomain::parse(&text);
    if let Err(e) = &read {
        tracing::warn!(problem = %e, "MAIL_DOMAIN is no domain");
    }
    read.ok().map(Arc::new)
}

/// Reads a setting that a function can do without; `None` if the variable is absent or empty.
pub fn optional_setting(name: &'static str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
