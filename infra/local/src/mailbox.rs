//! The local twin of SES and of the dealers' mail servers: stores mails in a folder, as `.eml` for a mail program and as JSON for
//! `GET /_local/outbox`. It also stores text messages and webhook calls. Nothing leaves the machine.

use crate::folder::write_whole;
use crate::mail_events::MailEvent;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use forecourt_domain::settings::MailServer;
use forecourt_edge::mail_server::{Account, AccountFault, MailServers, Unusable};
use forecourt_send::Call;
use forecourt_send::mail::Mail;
use forecourt_send::{Carrier, NoAnswer, Sms, Undelivered};
use forecourt_store::Cause;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Stores everything that is sent.
pub struct Mailbox {
    folder: Option<PathBuf>,
    mails: Mutex<Vec<Mail>>,
    sms: Mutex<Vec<Sms>>,
    calls: Mutex<Vec<Call>>,
    /// The status that the receiver at a URL returns; 204 for other URLs.
    statuses: Mutex<HashMap<String, u16>>,
    /// Events about mails, each with the time at which it is delivered.
    events: Mutex<Vec<(DateTime<Utc>, String)>>,
    /// The ids of mails that were sent again after a crash, one entry per repeat.
    repeats: Mutex<Vec<String>>,
    /// The secrets with the credentials for mail servers: a folder with one file `NAME.json` for each.
    secrets: Option<PathBuf>,
}

impl Mailbox {
    /// A mailbox in memory for tests. It lists repeated mails too.
    pub fn in_memory() -> Self {
        Self {
            folder: None,
            mails: Mutex::default(),
            sms: Mutex::default(),
            calls: Mutex::default(),
            statuses: Mutex::default(),
            events: Mutex::default(),
            repeats: Mutex::default(),
            secrets: None,
        }
    }

    /// Reads the credentials for mail servers in a folder. A mail server answers if its secret is there: like SES, it is this mailbox.
    pub fn with_secrets(self, folder: PathBuf) -> Self {
        Self { secrets: Some(folder), ..self }
    }

    /// A mailbox in a folder. It counts a repeated mail and does not store it twice. SES has no such memory: if a sender crashes between
    /// the response of SES and its own record, a recipient may get the same mail twice.
    ///
    /// # Errors
    /// If the folder cannot be created or read.
    pub fn open(folder: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let (mut mails, mut sms): (Vec<Mail>, Vec<Sms>) = Default::default();
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "json") {
                let written = std::fs::read(path)?;
                mails.extend(serde_json::from_slice::<Mail>(&written).ok());
                sms.extend(serde_json::from_slice::<Sms>(&written).ok());
            }
        }
        mails.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        sms.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(Self { folder: Some(folder), mails: Mutex::new(mails), sms: Mutex::new(sms), ..Self::in_memory() })
    }

    /// Returns every mail, oldest first, with the number of its repeats since the start.
    pub fn listed(&self) -> Vec<serde_json::Value> {
        let repeats = self.repeats.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = |mail: &Mail| {
            let mut listed = serde_json::json!(mail);
            listed["repeats"] = repeats.iter().filter(|id| **id == mail.id).count().into();
            listed
        };
        self.mails().iter().map(listed).collect()
    }

    /// Returns every text message, oldest first.
    pub fn sms(&self) -> Vec<Sms> {
        self.sms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns every call to a webhook since the start, oldest first, including failed calls.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the status that the receiver at `url` returns from now on.
    pub fn set_status(&self, url: String, status: u16) {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner).insert(url, status);
    }

    /// Adds an event about the mail with this id, as SES publishes it at `now`. Returns whether there is such a mail with tags.
    pub fn report(&self, id: &str, event: MailEvent, now: DateTime<Utc>) -> bool {
        let mail = self.mails().into_iter().rfind(|mail| mail.id == id && mail.tags.is_some() && mail.mail_server.is_none());
        if let Some(mail) = &mail {
            self.put_event(now, event.about(mail, &provider_id(id), now).to_string());
        }
        mail.is_some()
    }

    /// Adds an event that is delivered at `at`.
    pub(crate) fn put_event(&self, at: DateTime<Utc>, body: String) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push((at, body));
    }

    /// Takes the events that are due at `now`, at most `room`.
    pub(crate) fn take_events(&self, now: DateTime<Utc>, room: usize) -> Vec<String> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut *events).into_iter().partition(|(at, _)| *at <= now);
        let mut due = due.into_iter();
        let taken = due.by_ref().take(room).map(|(_, body)| body).collect();
        events.extend(due.chain(later));
        taken
    }

    /// Returns when the next event is delivered.
    pub(crate) fn next_event(&self) -> Option<DateTime<Utc>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(at, _)| *at).min()
    }

    /// Returns every mail, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The id that the provider gives a mail or a text message.
fn provider_id(id: &str) -> String {
    format!("local-{id}")
}

#[async_trait]
impl Carrier for Mailbox {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        let later = |e: std::io::Error| Undelivered::Later(e.into());
        if let Some(folder) = &self.folder {
            let path = folder.join(format!("{}.json", mail.id));
            if path.exists() {
                self.repeats.lock().unwrap_or_else(PoisonError::into_inner).push(mail.id.clone());
            } else {
                write_whole(&path.with_extension("eml"), &mail.mime("no-reply@forecourt.example").map_err(later)?).map_err(later)?;
                let listed = serde_json::to_vec(mail).map_err(|e| Undelivered::Never(e.into()))?;
                write_whole(&path, &listed).map_err(later)?;
                self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
            }
        } else {
            self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
        }
        // Only SES reports.
        if let Some(event) = MailEvent::simulated(&mail.to).filter(|_| mail.tags.is_some() && mail.mail_server.is_none()) {
            self.put_event(mail.at, event.about(mail, &provider_id(&mail.id), mail.at).to_string());
        }
        Ok(provider_id(&mail.id))
    }

    async fn call(&self, call: &Call) -> Result<u16, NoAnswer> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
        Ok(self.statuses.lock().unwrap_or_else(PoisonError::into_inner).get(&call.url).copied().unwrap_or(204))
    }

    async fn carry_sms(&self, sms: &Sms) -> Result<String, Undelivered> {
        let later = |e: std::io::Error| Undelivered::Later(e.into());
        if let Some(folder) = &self.folder {
            let written = serde_json::to_vec(sms).map_err(|e| Undelivered::Never(e.into()))?;
            write_whole(&folder.join(format!("{}.json", sms.id)), &written).map_err(later)?;
        }
        self.sms.lock().unwrap_or_else(PoisonError::into_inner).push(sms.clone());
        Ok(provider_id(&sms.id))
    }
}

#[async_trait]
impl MailServers for Mailbox {
    async fn check(&self, server: &MailServer) -> Result<Result<(), Unusable>, Cause> {
        let file = self.secrets.as_ref().map(|folder| folder.join(format!("{}.json", server.secret)));
        let account = match file.map(std::fs::read_to_string) {
            Some(Ok(secret)) => Account::read(&secret).map(drop),
            Some(Err(e)) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
            Some(Err(_)) | None => Err(AccountFault::Missing),
        };
        Ok(account.map_err(Unusable::Account))
    }
}
