//! The credentials for a mail server. They are in a secret, and nowhere else.

use crate::environment::{Missing, setting};
use async_trait::async_trait;
use aws_config::SdkConfig;
use forecourt_domain::base::Email;
use forecourt_store::Cause;
use serde::Deserialize;
use std::fmt;

/// The credentials for a mail server, with the address that it sends from.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name by which the system signs in.
    pub username: String,
    /// The password.
    pub password: String,
    /// The sender address.
    pub from: Email,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account")
    }
}

/// The reason why a secret has no usable credentials, without any part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountFault {
    /// There is no such secret.
    #[error("there is no secret with this name")]
    Missing,
    /// It has another form.
    #[error("the secret must be a JSON object with the texts username and password, and from if the username is no e-mail address")]
    Form,
    /// It has no usable sender address.
    #[error("the field from of the secret must be an e-mail address, or be left out if the username is one")]
    From,
}

/// The reason why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum NoAccount {
    /// The secret has none. Another attempt has the same result.
    #[error(transparent)]
    Fault(#[from] AccountFault),
    /// The secret cannot be read now.
    #[error("the secret cannot be read")]
    Unreadable(#[source] Cause),
}

/// The form of a secret.
#[derive(Deserialize)]
struct Stored {
    username: String,
    password: String,
    from: Option<String>,
}

impl Account {
    /// Reads a secret: `{"username":"…","password":"…"}`. The sender address is its field `from`, else the username.
    ///
    /// # Errors
    /// [`AccountFault`] has the reason.
    pub fn read(secret: &str) -> Result<Self, AccountFault> {
        let Stored { username, password, from } = serde_json::from_str(secret).map_err(|_| AccountFault::Form)?;
        let visible = |text: &str| !text.is_empty() && !text.contains(char::is_control);
        if !visible(&username) || !visible(&password) {
            return Err(AccountFault::Form);
        }
        let address =
            Email::parse(from.as_deref().unwrap_or(&username)).ok().filter(|from| from.is_deliverable() && from.wire().is_ascii());
        let from = address.ok_or(if from.is_some() { AccountFault::From } else { AccountFault::Form })?;
        Ok(Self { username, password, from })
    }

    /// The domain of the sender address.
    pub(super) fn domain(&self) -> String {
        let wire = self.from.wire();
        wire.rsplit_once('@').map_or_else(|| wire.clone(), |(_, domain)| domain.to_owned())
    }
}

/// Finds credentials by the names of their secrets.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Returns the credentials of a secret.
    ///
    /// # Errors
    /// [`NoAccount`] has the reason.
    async fn account(&self, name: &str) -> Result<Account, NoAccount>;
}

/// The secrets of the stack in Secrets Manager.
pub struct SecretsManager {
    client: aws_sdk_secretsmanager::Client,
    /// The beginning of the names of all secrets with credentials. The function may read these only.
    prefix: String,
}

impl SecretsManager {
    /// Creates the client. The variable `MAIL_SERVER_SECRETS` has the beginning of the names.
    ///
    /// # Errors
    /// If the variable is missing.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, Missing> {
        Ok(Self { client: aws_sdk_secretsmanager::Client::new(config), prefix: setting("MAIL_SERVER_SECRETS")? })
    }
}

#[async_trait]
impl Accounts for SecretsManager {
    async fn account(&self, name: &str) -> Result<Account, NoAccount> {
        let read = self.client.get_secret_value().secret_id(format!("{}{name}", self.prefix)).send();
        let read = Box::pin(read).await.map_err(|e| match e.as_service_error() {
            // A secret that is scheduled for deletion is an invalid request.
            Some(error) if error.is_resource_not_found_exception() || error.is_invalid_request_exception() => {
                NoAccount::Fault(AccountFault::Missing)
            }
            _ => NoAccount::Unreadable(e.into()),
        })?;
        Ok(Account::read(read.secret_string().ok_or(AccountFault::Form)?)?)
    }
}
