//! The SMTP dialogue with a dealer's mail server (RFC 5321, RFC 4954, RFC 8314). Without TLS, only EHLO and STARTTLS are written.

use super::account::{Account, AccountFault, Accounts, NoAccount, SecretsManager};
use super::{MailServers, Unusable};
use crate::environment::Missing;
use crate::resolver::{HostAddresses, PublicAddresses, System};
use async_trait::async_trait;
use aws_config::SdkConfig;
use forecourt_domain::base::text::shortened;
use forecourt_domain::settings::{MailSecurity, MailServer};
use forecourt_store::Cause;
use lettre::address::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// The longest words of a server that are kept, in characters.
const LONGEST_WORDS: usize = 300;
/// The reply to accepted credentials, to `DATA`, and to the mail itself.
const SIGNED_IN: u16 = 235;
const GO_AHEAD: u16 = 354;
const ACCEPTED: u16 = 250;

/// The certificate authorities by which servers are checked.
#[derive(Clone, Default)]
pub enum Roots {
    /// Those of the operating system.
    #[default]
    System,
    /// Only this one, in PEM.
    Only(Vec<u8>),
}

/// The time limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a connection to one address.
    pub connect: Duration,
    /// For a check, with the credentials.
    pub check: Duration,
    /// For one mail, from the credentials to the server's answer.
    pub send: Duration,
    /// For which credentials are kept in memory.
    pub account: Duration,
    /// For which nothing more is sent to a server that could not be used, or gave no answer to a mail, so that it does not delay the mail
    /// of other dealers.
    pub rest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(4), check: seconds(8), send: seconds(15), account: seconds(300), rest: seconds(60) }
    }
}

/// The reason why a mail was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The server cannot be used. A later attempt may succeed.
    #[error(transparent)]
    Unusable(Unusable),
    /// The server could not be used a moment ago, so that nothing was attempted.
    #[error("the mail server could not be used a moment ago")]
    Resting,
    /// The server takes this mail later.
    #[error("the mail server takes the mail later: {0}")]
    Later(String),
    /// The address of the recipient does not work.
    #[error("{0}")]
    Recipient(String),
    /// The server refuses this mail for good.
    #[error("the mail server refuses the mail: {0}")]
    Mail(String),
    /// The mail was sent and got no answer.
    #[error("the mail server gave no answer")]
    Unclear(#[source] Cause),
}

/// Sends mail by SMTP.
pub struct Smtp {
    accounts: Arc<dyn Accounts>,
    addresses: Arc<dyn HostAddresses>,
    roots: Roots,
    limits: Limits,
    hosts: Mutex<HashMap<String, TlsParameters>>,
    known: Mutex<HashMap<String, (Instant, Account)>>,
    /// The servers that could not be used, with the end of their rest.
    resting: Mutex<Vec<(Instant, MailServer)>>,
}

impl Smtp {
    /// Creates a client.
    pub fn new(accounts: Arc<dyn Accounts>, addresses: Arc<dyn HostAddresses>, roots: Roots, limits: Limits) -> Self {
        Self { accounts, addresses, roots, limits, hosts: Mutex::default(), known: Mutex::default(), resting: Mutex::default() }
    }

    /// Creates the client of a function: credentials from Secrets Manager, and servers on the public internet.
    ///
    /// # Errors
    /// If a setting is missing.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, Missing> {
        let accounts = Arc::new(SecretsManager::from_environment(config)?);
        Ok(Self::new(accounts, Arc::new(PublicAddresses(Arc::new(System))), Roots::System, Limits::default()))
    }

    /// The longest time that one mail may take.
    pub fn longest_send(&self) -> Duration {
        self.limits.send
    }

    /// Sends one mail to one recipient and returns its sender address. `message` gets the sender address and returns the MIME form.
    ///
    /// # Errors
    /// [`Refused`] has the reason.
    pub async fn send(
        &self,
        server: &MailServer,
        to: &str,
        message: impl FnOnce(&str) -> std::io::Result<Vec<u8>>,
    ) -> Result<String, Refused> {
        if self.rests(server) {
            return Err(Refused::Resting);
        }
        let sent = Box::pin(self.send_now(server, to, message)).await;
        if let Err(Refused::Unusable(Unusable::Credentials(_) | Unusable::Sender(_))) = &sent {
            // They may have changed.
            self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&server.secret);
        }
        if let Err(Refused::Unusable(_) | Refused::Unclear(_)) = &sent {
            self.resting.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now() + self.limits.rest, server.clone()));
        }
        sent
    }

    async fn send_now(
        &self,
        server: &MailServer,
        to: &str,
        message: impl FnOnce(&str) -> std::io::Result<Vec<u8>>,
    ) -> Result<String, Refused> {
        let end = Instant::now() + self.limits.send;
        let ready = async {
            let account = self.known_account(&server.secret).await.map_err(|e| match e {
                NoAccount::Fault(fault) => Refused::Unusable(Unusable::Account(fault)),
                NoAccount::Unreadable(cause) => Refused::Unusable(Unusable::Unreadable(cause)),
            })?;
            let from = account.from.wire();
            // Without an extension, an address is ASCII. The parser refuses line ends and spaces.
            let to: Address = to.parse().ok().filter(|_| to.is_ascii()).ok_or_else(|| Refused::Mail("the address is not ASCII".into()))?;
            let message = message(&from).map_err(|e| Refused::Mail(e.to_string()))?;
            let mut connection = self.signed_in(server, &account).await.map_err(Refused::Unusable)?;
            connection.command(Rcpt::new(to, vec![])).await.map_err(|e| refused(&e, true))?;
            let reply = connection.command(Data).await.map_err(|e| refused(&e, false))?;
            match has_code(&reply, GO_AHEAD) {
                true => Ok((connection, message, from)),
                false => Err(Refused::Unusable(Unusable::NoSmtp)),
            }
        };
        let ready = timeout_at(end, Box::pin(ready)).await.map_err(|_| Refused::Unusable(Unusable::TimedOut))?;
        let (mut connection, message, from) = ready?;
        let reply = timeout_at(end, connection.message(&message)).await.map_err(|e| Refused::Unclear(e.into()))?;
        match reply {
            Ok(reply) if has_code(&reply, ACCEPTED) => {}
            Ok(_) => return Err(Refused::Unclear("an unexpected reply".into())),
            Err(e) if e.status().is_some() => return Err(refused(&e, false)),
            Err(e) => return Err(Refused::Unclear(e.into())),
        }
        // The mail is delivered: how the connection ends changes nothing.
        let _ = timeout_at(end.min(Instant::now() + Duration::from_secs(1)), connection.quit()).await;
        Ok(from)
    }

    /// Connects, encrypts, signs in, and names the sender.
    async fn signed_in(&self, server: &MailServer, account: &Account) -> Result<AsyncSmtpConnection, Unusable> {
        let addresses = self.addresses.of(&server.host, server.port).await.map_err(Unusable::Address)?;
        let tls = self.tls(&server.host)?;
        let hello = ClientId::Domain(account.domain());
        let at_once = (server.security == MailSecurity::Tls).then(|| tls.clone());
        let encrypted = at_once.is_some();
        let connect = AsyncSmtpConnection::connect_tokio1(&*addresses, Some(self.limits.connect), &hello, at_once, None);
        let mut connection = Box::pin(connect).await.map_err(|e| unreachable_or_insecure(e, encrypted))?;
        if !encrypted {
            if !connection.can_starttls() {
                return Err(Unusable::Insecure);
            }
            Box::pin(connection.starttls(tls, &hello)).await.map_err(|e| unreachable_or_insecure(e, true))?;
        }
        if !connection.is_encrypted() {
            return Err(Unusable::Insecure);
        }
        let credentials = Credentials::new(account.username.clone(), account.password.clone());
        let reply = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(|e| match status(&e) {
            Some(code) if e.is_permanent() => Unusable::Credentials(code),
            Some(code) => Unusable::Busy(code),
            None if e.is_client() => Unusable::NoSignIn,
            None => Unusable::Unreachable("the connection ended at the sign-in".into()),
        })?;
        // A reply that was sent ahead, before the encryption, is not the reply to the credentials.
        if !has_code(&reply, SIGNED_IN) {
            return Err(Unusable::NoSmtp);
        }
        let from = account.from.wire().parse().map_err(|_| Unusable::Account(AccountFault::From))?;
        connection.command(Mail::new(Some(from), vec![])).await.map_err(|e| match status(&e) {
            Some(code) if e.is_permanent() => Unusable::Sender(code),
            Some(code) => Unusable::Busy(code),
            None => Unusable::Unreachable(e.into()),
        })?;
        Ok(connection)
    }

    /// Returns the parameters for a host. They are kept, because they hold every certificate authority.
    fn tls(&self, host: &str) -> Result<TlsParameters, Unusable> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(host) {
            return Ok(known.clone());
        }
        let builder = TlsParameters::builder(host.to_owned());
        let builder = match &self.roots {
            Roots::System => builder,
            Roots::Only(pem) => builder
                .certificate_store(CertificateStore::None)
                .add_root_certificate(Certificate::from_pem(pem).map_err(|_| Unusable::Insecure)?),
        };
        let built = builder.build_rustls().map_err(|_| Unusable::Insecure)?;
        hosts.insert(host.to_owned(), built.clone());
        Ok(built)
    }

    async fn known_account(&self, name: &str) -> Result<Account, NoAccount> {
        let now = Instant::now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some((_, account)) = known.filter(|(until, _)| *until > now) {
            return Ok(account);
        }
        let account = self.accounts.account(name).await?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), (now + self.limits.account, account.clone()));
        Ok(account)
    }

    fn rests(&self, server: &MailServer) -> bool {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.retain(|(until, _)| *until > Instant::now());
        resting.iter().any(|(_, known)| known == server)
    }
}

#[async_trait]
impl MailServers for Smtp {
    async fn check(&self, server: &MailServer) -> Result<Result<(), Unusable>, Cause> {
        let checked = async {
            let account = match self.accounts.account(&server.secret).await {
                Ok(account) => account,
                Err(NoAccount::Fault(fault)) => return Ok(Err(Unusable::Account(fault))),
                Err(NoAccount::Unreadable(cause)) => return Err(cause),
            };
            let mut connection = match self.signed_in(server, &account).await {
                Ok(connection) => connection,
                Err(unusable) => return Ok(Err(unusable)),
            };
            let _ = timeout(Duration::from_secs(1), connection.quit()).await;
            Ok(Ok(()))
        };
        timeout(self.limits.check, Box::pin(checked)).await.unwrap_or(Ok(Err(Unusable::TimedOut)))
    }
}

fn status(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

fn has_code(reply: &Response, code: u16) -> bool {
    u16::from(reply.code()) == code
}

fn unreachable_or_insecure(error: Error, encrypting: bool) -> Unusable {
    let of_tls = std::iter::successors(error.source(), |error| (*error).source());
    let of_tls = of_tls.filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(|e| e.kind() == std::io::ErrorKind::InvalidData);
    match status(&error) {
        Some(code) if error.is_permanent() => Unusable::Connection(code),
        Some(code) => Unusable::Busy(code),
        None if error.is_tls() || (encrypting && of_tls) => Unusable::Insecure,
        None if error.is_response() => Unusable::NoSmtp,
        None => Unusable::Unreachable(error.into()),
    }
}

/// Classifies the answer to the recipient or to the mail. A reply of 4xx is temporary. One of 5xx is about the address if its extended code
/// says so (RFC 3463: a bad address, a disabled mailbox), or if it has none, answers the recipient and is 550, 551 or 553; otherwise about
/// the mail.
fn refused(error: &Error, answers_recipient: bool) -> Refused {
    let Some(code) = status(error) else {
        return Refused::Unusable(Unusable::Unreachable("the connection ended".into()));
    };
    let words = shortened(&error.source().map(ToString::to_string).unwrap_or_default(), LONGEST_WORDS);
    let reply = format!("{code} {words}");
    if !error.is_permanent() {
        return Refused::Later(reply);
    }
    let extended = words.split_whitespace().next().filter(|word| {
        let numbers: Vec<&str> = word.split('.').collect();
        numbers.len() == 3 && numbers.iter().all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let of_address = match extended {
        Some(extended) => ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"].contains(&extended),
        None => answers_recipient && matches!(code, 550 | 551 | 553),
    };
    if of_address { Refused::Recipient(reply) } else { Refused::Mail(reply) }
}
