//! The SMTP server that sends a dealer's mail in place of SES (SET-4).

use crate::base::{Fault, is_public_host};
use crate::settings::DealerSettings;
use serde::{Deserialize, Serialize};
use url::Host;

/// The maximum length of [`DealerSettings::mail_server`], in characters.
pub(super) const LONGEST: usize = 253;
/// The maximum length of the name of a secret, in characters.
const LONGEST_NAME: usize = 64;

/// How a connection to a mail server is encrypted. A connection without encryption does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the first byte: `smtps://`.
    Tls,
    /// Plain SMTP that switches to TLS before anything else (STARTTLS): `smtp://`. A server without it is not used.
    StartTls,
}

/// The SMTP server that sends a dealer's mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServer {
    /// The host: a name, or an address (IPv6 without brackets). Its certificate must be for it.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: MailSecurity,
    /// The name of the secret with the credentials. The credentials are in no item.
    pub secret: String,
}

/// The reason why an address is not that of a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMailServer {
    /// It has another form.
    #[error("must be smtps://HOST:PORT (TLS) or smtp://HOST:PORT (STARTTLS), such as smtps://smtp.example.com:465")]
    Form,
    /// The port is one of another service.
    #[error("must have port 25, 465, 587 or a port from 1024 on")]
    Port,
    /// The host is a private name or address.
    #[error("must have a host on the public internet")]
    PrivateHost,
}

impl MailServer {
    /// Reads the address of a server: `smtps://HOST`, `smtp://HOST`, each with or without a port. `secret` names the credentials.
    ///
    /// # Errors
    /// [`BadMailServer`] has the reason.
    pub fn parse(address: &str, secret: &str) -> Result<Self, BadMailServer> {
        let (security, rest) = match (address.strip_prefix("smtps://"), address.strip_prefix("smtp://")) {
            (Some(rest), _) => (MailSecurity::Tls, rest),
            (None, Some(rest)) => (MailSecurity::StartTls, rest),
            (None, None) => return Err(BadMailServer::Form),
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
                (host, Some(port).filter(|_| digits).ok_or(BadMailServer::Form)?.parse().map_err(|_| BadMailServer::Port)?)
            }
            _ => (rest, if security == MailSecurity::Tls { 465 } else { 587 }),
        };
        if !matches!(port, 25 | 465 | 587 | 1024..) {
            return Err(BadMailServer::Port);
        }
        // The host of a URL: `0x7f.1` is 127.0.0.1, and names are in Punycode. A user, a password or a path is no host.
        let host = Host::parse(host).map_err(|_| BadMailServer::Form)?;
        if !is_public_host(&host) {
            return Err(BadMailServer::PrivateHost);
        }
        let host = match host {
            Host::Domain(name) => name.trim_end_matches('.').to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        Ok(Self { host, port, security, secret: secret.to_owned() })
    }
}

/// Whether a text can be the name of a secret with credentials.
fn is_secret_name(name: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(known)
}

impl DealerSettings {
    /// Returns the server that sends the dealer's mail. `None` if the stack's own sends it, also for the name of a host that an earlier
    /// release stored without effect.
    pub fn own_mail_server(&self) -> Option<MailServer> {
        MailServer::parse(self.mail_server.as_deref()?, self.mail_server_secret.as_deref()?).ok()
    }

    /// Returns the faults of the mail server. A text without a secret that is no address has no effect: earlier releases stored such texts.
    pub(super) fn mail_server_faults(&self) -> Vec<Fault> {
        let bad = |address: &String| MailServer::parse(address, "").err();
        let fault = |field: &str, detail: String| Fault::new(field, "SET-4", detail);
        let name =
            || fault("mail_server_secret", format!("must be the name of a secret: 1 to {LONGEST_NAME} characters of a-z, 0-9 and '-'"));
        match (&self.mail_server, &self.mail_server_secret) {
            (None, None) => Vec::new(),
            (None, Some(_)) => vec![fault("mail_server_secret", "is used only with mail_server; set both, or neither".to_owned())],
            (Some(address), None) => {
                let missing = || fault("mail_server_secret", "is required with mail_server: the secret with the credentials".to_owned());
                if bad(address).is_none() { vec![missing()] } else { Vec::new() }
            }
            (Some(address), Some(secret)) => {
                let address = bad(address).map(|bad| fault("mail_server", bad.to_string()));
                let secret = (!is_secret_name(secret)).then(name);
                address.into_iter().chain(secret).collect()
            }
        }
    }
}
