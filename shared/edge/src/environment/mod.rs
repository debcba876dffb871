//! The settings in a function's environment.

mod token_claims;

pub(crate) use token_claims::Named;
pub use token_claims::TokenClaims;

/// A setting that a function needs is not in its environment.
#[derive(Debug)]
pub struct Missing(pub(crate) &'static str);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the environment variable {} is not set", self.0)
    }
}
impl std::error::Error for Missing {}

/// Reads a setting.
///
/// # Errors
/// [`Missing`] if the variable is absent or empty.
pub fn setting(name: &'static str) -> Result<String, Missing> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(Missing(name))
}
