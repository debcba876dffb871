//! Checks the address of a webhook.

use crate::base::is_public_host;
use url::Url;

/// The maximum length of an address in characters.
const LONGEST: usize = 500;

/// The reason why an address is no valid webhook address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadEndpoint {
    /// The address is too long.
    #[error("must be at most {max} characters long", max = LONGEST)]
    TooLong,
    /// It is no URL.
    #[error("must be an address such as https://example.com/hooks")]
    NoUrl(#[source] url::ParseError),
    /// The scheme is not https.
    #[error("must begin with https://")]
    NotHttps,
    /// It contains more than host, port, path and query.
    #[error("must have no user, password or fragment")]
    ExtraParts,
    /// The port is a system port other than 443.
    #[error("must have port 443 or a port from 1024 on")]
    SystemPort,
    /// There is no host.
    #[error("must have a host")]
    NoHost,
    /// The host is a private name or address.
    #[error("must have a host on the public internet")]
    PrivateHost,
}

/// Checks an address: https, port 443 or a port from 1024 on, no user and no fragment. If the host is an IP address, it must be public.
/// Each delivery resolves and checks a host name again.
///
/// # Errors
/// [`BadEndpoint`] has the reason.
pub fn endpoint(text: &str) -> Result<String, BadEndpoint> {
    if text.len() > LONGEST {
        return Err(BadEndpoint::TooLong);
    }
    let url = Url::parse(text).map_err(BadEndpoint::NoUrl)?;
    if url.scheme() != "https" {
        return Err(BadEndpoint::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(BadEndpoint::ExtraParts);
    }
    if url.port().is_some_and(|port| port < 1024) {
        return Err(BadEndpoint::SystemPort);
    }
    if !is_public_host(&url.host().ok_or(BadEndpoint::NoHost)?) {
        return Err(BadEndpoint::PrivateHost);
    }
    Ok(url.into())
}
