//! Resolves the names of servers that users entered. Only public addresses are returned, and the connection uses these addresses, so that a
//! name cannot lead into the system's own network (APT-6, SET-4).

use async_trait::async_trait;
use forecourt_domain::base::is_public;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Resolves host names.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Returns all addresses of `name`.
    ///
    /// # Errors
    /// If the name cannot be resolved.
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
pub struct System;

#[async_trait]
impl Resolver for System {
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 443)).await?.map(|address| address.ip()).collect())
    }
}

/// The reason why a name has no usable address.
#[derive(Debug, thiserror::Error)]
pub enum NoAddress {
    /// It cannot be resolved.
    #[error("the host name cannot be resolved")]
    Unknown(#[source] std::io::Error),
    /// One of its addresses is not public.
    #[error("the host name resolves to an address that is not public")]
    Private,
}

/// Returns the addresses of `name`.
///
/// # Errors
/// [`NoAddress`] if the name is unknown, or if any of its addresses is not public.
pub async fn public_addresses(resolver: &dyn Resolver, name: &str) -> Result<Vec<IpAddr>, NoAddress> {
    let found = resolver.resolve(name).await.map_err(NoAddress::Unknown)?;
    if found.iter().all(|address| is_public(*address)) { Ok(found) } else { Err(NoAddress::Private) }
}

/// Finds the addresses to which a connection to a server is made.
#[async_trait]
pub trait HostAddresses: Send + Sync {
    /// Returns the addresses of a host, the preferred first.
    ///
    /// # Errors
    /// [`NoAddress`] if it has none that may be used.
    async fn of(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoAddress>;
}

/// The addresses on the public internet.
pub struct PublicAddresses(pub Arc<dyn Resolver>);

#[async_trait]
impl HostAddresses for PublicAddresses {
    async fn of(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoAddress> {
        let mut found = public_addresses(&*self.0, host).await?;
        // A function may have no IPv6.
        found.sort_by_key(IpAddr::is_ipv6);
        Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }
}
