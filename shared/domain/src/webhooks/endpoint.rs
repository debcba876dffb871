//! Checks the address of a webhook.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

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
    let address = match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let own = ["localhost", "local", "internal", "home.arpa"];
            let inside = own.iter().any(|own| name == *own || name.strip_suffix(own).is_some_and(|rest| rest.ends_with('.')));
            if !name.contains('.') || inside {
                return Err(BadEndpoint::PrivateHost);
            }
            None
        }
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        None => return Err(BadEndpoint::NoHost),
    };
    if address.is_some_and(|address| !is_public(address)) {
        return Err(BadEndpoint::PrivateHost);
    }
    Ok(url.into())
}

/// Whether an address belongs to the public internet (IANA's registries of special-purpose addresses).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The address ranges that are not public, with their prefix lengths.
const V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !V4.iter().any(|(range, bits)| (u32::from(address) ^ u32::from(*range)) >> (32 - bits) == 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match (a, b) {
        // An IPv4 address inside an IPv6 address: mapped, translated (RFC 6052), 6to4.
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0xffff) => v4(g, h),
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => v4(g, h),
        (0x2002, _) => v4(b, c),
        // IETF protocols, Teredo, benchmarks, ORCHID.
        (0x2001, 0..=0x1ff) => false,
        // Documentation.
        (0x2001, 0xdb8) | (0x3fff, 0..=0xfff) => false,
        // Of the rest, only this eighth is allocated.
        _ => a >> 13 == 1,
    }
}
