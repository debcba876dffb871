//! An SMTP server in the process of the tests, with TLS, and the client that finds it.

use async_trait::async_trait;
use forecourt_edge::mail_server::{Account, AccountFault, Accounts, Limits, NoAccount, Roots, Smtp};
use forecourt_edge::resolver::{HostAddresses, NoAddress};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

/// The server with TLS from the first byte, and the one with STARTTLS. The certificate is for this host.
pub const TLS: &str = "smtps://smtp.nordstern.example:465";
pub const STARTTLS: &str = "smtp://smtp.nordstern.example:587";
/// The name of the secret, and what is in it.
pub const SECRET: &str = "nordstern";
pub const PASSWORD: &str = "Kennwort-7-Zwiebel";
pub const FROM: &str = "post@nordstern.example";
/// The credentials as the server gets them: the username and the password in base64 (PLAIN).
const CREDENTIALS: &str = "AHBvc3RAbm9yZHN0ZXJuLmV4YW1wbGUAS2VubndvcnQtNy1ad2llYmVs";

/// In place of a reply: the server says nothing more, and keeps the connection.
pub const SILENCE: &str = "silence";

/// A mail that the server accepted.
#[derive(Debug, Clone)]
pub struct Taken {
    pub from: String,
    pub to: String,
    pub mime: String,
}

#[derive(Default)]
struct State {
    taken: Vec<Taken>,
    /// The commands, each with whether the connection was encrypted.
    commands: Vec<(bool, String)>,
    connections: usize,
    /// Replies in place of the usual ones, by command; an empty one closes the connection.
    replies: Vec<(&'static str, &'static str)>,
    tls: bool,
    offers_starttls: bool,
}

/// An SMTP server on this machine.
#[derive(Clone)]
pub struct SmtpServer {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("certificates/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap()))
}

impl SmtpServer {
    /// Starts a server that speaks TLS from the first byte, or offers STARTTLS.
    pub async fn start(tls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = Arc::new(Mutex::new(State { tls, offers_starttls: true, ..State::default() }));
        let server = Self { address: listener.local_addr().unwrap(), state };
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                own.state.lock().unwrap().connections += 1;
                let own = own.clone();
                tokio::spawn(async move { own.serve(stream).await });
            }
        });
        server
    }

    /// Replies to a command in this way from now on: `AUTH`, `MAIL`, `RCPT`, `DATA`, `.` for the end of a mail, or `connect`.
    pub fn replies(&self, command: &'static str, reply: &'static str) {
        self.state.lock().unwrap().replies.push((command, reply));
    }

    /// Replies as usual from now on.
    pub fn recovers(&self) {
        self.state.lock().unwrap().replies.clear();
    }

    pub fn without_starttls(&self) {
        self.state.lock().unwrap().offers_starttls = false;
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }

    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    pub fn commands(&self) -> Vec<(bool, String)> {
        self.state.lock().unwrap().commands.clone()
    }

    fn reply(&self, command: &str, usual: &str) -> String {
        let state = self.state.lock().unwrap();
        state.replies.iter().rfind(|(known, _)| *known == command).map_or(usual, |(_, reply)| *reply).to_owned()
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        if self.reply("connect", "220").is_empty() {
            return None;
        }
        if self.state.lock().unwrap().tls {
            let stream = acceptor().accept(stream).await.ok()?;
            self.talk(BufStream::new(stream), (true, true)).await;
            return None;
        }
        let plain = self.talk(BufStream::new(stream), (false, true)).await?;
        let stream = acceptor().accept(plain.into_inner()).await.ok()?;
        self.talk(BufStream::new(stream), (true, false)).await;
        None
    }

    /// Has the dialogue. Returns the stream if the client asked for encryption.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut stream: BufStream<S>,
        (encrypted, greets): (bool, bool),
    ) -> Option<BufStream<S>> {
        let (mut from, mut to) = (String::new(), String::new());
        if greets {
            say(&mut stream, "220 smtp.nordstern.example ready").await?;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_owned();
            self.state.lock().unwrap().commands.push((encrypted, line.clone()));
            let command = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let address = || line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address).to_owned();
            let usual = match command.as_str() {
                "EHLO" if encrypted => "250-smtp.nordstern.example\r\n250 AUTH PLAIN LOGIN".to_owned(),
                "EHLO" if self.state.lock().unwrap().offers_starttls => "250-smtp.nordstern.example\r\n250 STARTTLS".to_owned(),
                "EHLO" => "250-smtp.nordstern.example\r\n250 AUTH PLAIN LOGIN".to_owned(),
                "STARTTLS" => {
                    say(&mut stream, "220 go ahead").await?;
                    return Some(stream);
                }
                "AUTH" if line == format!("AUTH PLAIN {CREDENTIALS}") => "235 2.7.0 welcome".to_owned(),
                "AUTH" => "535 5.7.8 wrong".to_owned(),
                "MAIL" => {
                    from = address();
                    "250 2.1.0 ok".to_owned()
                }
                "RCPT" => {
                    to = address();
                    "250 2.1.5 ok".to_owned()
                }
                "DATA" => "354 go ahead".to_owned(),
                "QUIT" => "221 bye".to_owned(),
                _ => "502 5.5.2 unknown".to_owned(),
            };
            let reply = self.reply(&command, &usual);
            if reply == SILENCE {
                return std::future::pending().await;
            }
            if reply.is_empty() {
                return None;
            }
            say(&mut stream, &reply).await?;
            if command == "DATA" && reply.starts_with("354") {
                let mime = body(&mut stream).await?;
                let reply = self.reply(".", "250 2.0.0 queued");
                if reply.starts_with("250") || reply.is_empty() || reply == SILENCE {
                    self.state.lock().unwrap().taken.push(Taken { from: from.clone(), to: to.clone(), mime });
                }
                if reply == SILENCE {
                    return std::future::pending().await;
                }
                if reply.is_empty() {
                    return None;
                }
                say(&mut stream, &reply).await?;
            }
        }
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>, reply: &str) -> Option<()> {
    stream.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

/// Reads a mail up to the line with a dot.
async fn body<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>) -> Option<String> {
    let mut mime = String::new();
    while !mime.ends_with("\r\n.\r\n") {
        let byte = stream.read_u8().await.ok()?;
        mime.push(byte as char);
    }
    Some(mime.trim_end_matches(".\r\n").replace("\r\n..", "\r\n."))
}

/// The addresses of hosts: every host of the settings is this server.
struct Here(SocketAddr);

#[async_trait]
impl HostAddresses for Here {
    async fn of(&self, _: &str, _: u16) -> Result<Vec<SocketAddr>, NoAddress> {
        Ok(vec![self.0])
    }
}

/// The secrets, of which the server knows one.
pub struct Secrets;

#[async_trait]
impl Accounts for Secrets {
    async fn account(&self, name: &str) -> Result<Account, NoAccount> {
        let secret = match name {
            SECRET => format!(r#"{{"username":"{FROM}","password":"{PASSWORD}"}}"#),
            "wrong" => format!(r#"{{"username":"{FROM}","password":"Falsch-9-Zwiebel"}}"#),
            "formless" => "Kennwort-7-Zwiebel".to_owned(),
            "nameless" => r#"{"username":"post","password":"Kennwort-7-Zwiebel"}"#.to_owned(),
            "down" => return Err(NoAccount::Unreadable("Secrets Manager is down".into())),
            _ => return Err(AccountFault::Missing.into()),
        };
        Ok(Account::read(&secret)?)
    }
}

/// The time limits of tests, with servers that do not rest.
pub fn limits() -> Limits {
    Limits { rest: Duration::ZERO, ..Limits::default() }
}

/// A client that finds the server at every address, and trusts the authority of its certificate only.
pub fn client(server: &SmtpServer, limits: Limits) -> Smtp {
    client_by(Arc::new(Here(server.address)), limits)
}

/// A client that finds servers by these addresses.
pub fn client_by(addresses: Arc<dyn HostAddresses>, limits: Limits) -> Smtp {
    Smtp::new(Arc::new(Secrets), addresses, Roots::Only(include_bytes!("certificates/ca.pem").to_vec()), limits)
}
