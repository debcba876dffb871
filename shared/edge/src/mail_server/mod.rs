//! The mail servers of dealers that do not send by SES (SET-4): their credentials, the check when one is entered, and the SMTP dialogue.

mod account;
mod smtp;

pub use account::{Account, AccountFault, Accounts, NoAccount, SecretsManager};
pub use smtp::{Limits, Refused, Roots, Smtp};

use crate::resolver::NoAddress;
use async_trait::async_trait;
use forecourt_domain::settings::MailServer;
use forecourt_store::Cause;

/// The reason why a mail server cannot be used. The texts have no words of the server, because an answer to credentials could repeat them.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The secret has no usable credentials.
    #[error(transparent)]
    Account(AccountFault),
    /// The secret cannot be read now.
    #[error("the secret with the credentials cannot be read")]
    Unreadable(#[source] Cause),
    /// The host has no address that may be used.
    #[error(transparent)]
    Address(NoAddress),
    /// There is no connection, or it ended.
    #[error("the mail server does not answer")]
    Unreachable(#[source] Cause),
    /// The dialogue takes too long.
    #[error("the mail server does not answer in time")]
    TimedOut,
    /// There is no TLS, no STARTTLS, or no certificate for the host.
    #[error("the mail server has no valid certificate for its host, or does not offer the encryption that its address names")]
    Insecure,
    /// It cannot sign anybody in with a name and a password.
    #[error("the mail server has no sign-in with a name and a password")]
    NoSignIn,
    /// It refuses the name or the password.
    #[error("the mail server refuses the credentials ({0})")]
    Credentials(u16),
    /// It refuses the sender address.
    #[error("the mail server refuses the sender address of the credentials ({0})")]
    Sender(u16),
    /// It refuses connections of this system for good (5xx).
    #[error("the mail server refuses connections from Forecourt ({0})")]
    Connection(u16),
    /// It answers that it is busy (4xx).
    #[error("the mail server takes no mail now ({0})")]
    Busy(u16),
    /// Its reply is not SMTP.
    #[error("the server does not speak SMTP")]
    NoSmtp,
}

impl Unusable {
    /// The setting that has to change.
    pub fn field(&self) -> &'static str {
        match self {
            Unusable::Account(_) | Unusable::Unreadable(_) | Unusable::Credentials(_) | Unusable::Sender(_) => "mail_server_secret",
            _ => "mail_server",
        }
    }
}

/// Checks mail servers.
#[async_trait]
pub trait MailServers: Send + Sync {
    /// Connects to a server, signs in, and asks whether it takes mail from the sender address. Sends no mail.
    ///
    /// # Errors
    /// If the credentials cannot be read now. The result inside is the reason why the server cannot be used.
    async fn check(&self, server: &MailServer) -> Result<Result<(), Unusable>, Cause>;
}

/// The mail servers of a function that checks none.
pub struct Unchecked;

#[async_trait]
impl MailServers for Unchecked {
    async fn check(&self, _: &MailServer) -> Result<Result<(), Unusable>, Cause> {
        Err("this function checks no mail servers".into())
    }
}
