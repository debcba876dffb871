//! The settings in a function's environment.

mod console_links;
mod token_claims;

pub use console_links::ConsoleLinks;
pub(crate) use token_claims::Named;
pub use token_claims::TokenClaims;

use forecourt_domain::base::{BadMailDomain, MailDomain};

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

/// Reads the domain at which the stack receives mail. `None` if `MAIL_DOMAIN` is absent or empty: the stack receives no mail.
///
/// # Errors
/// [`BadMailDomain`] if it is no domain.
pub fn mail_domain() -> Result<Option<MailDomain>, BadMailDomain> {
    optional_setting("MAIL_DOMAIN").map(|domain| MailDomain::parse(&domain)).transpose()
}

/// Reads a setting that a function can do without; `None` if the variable is absent or empty.
pub fn optional_setting(name: &'static str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
