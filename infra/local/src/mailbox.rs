//! SES's local twin: mail goes into a folder, as `.eml` for a mail program and as JSON for `GET /_local/outbox`. Webhooks are kept here, too, and answered
//! as told; nothing leaves the machine.

use crate::folder::write_whole;
use async_trait::async_trait;
use forecourt_send::Call;
use forecourt_send::mail::Mail;
use forecourt_send::{Carrier, Sms, Undelivered};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The folder, and what is in it.
pub struct Mailbox {
    folder: Option<PathBuf>,
    mails: Mutex<Vec<Mail>>,
    sms: Mutex<Vec<Sms>>,
    calls: Mutex<Vec<Call>>,
    /// What receivers of webhooks answer, by their addresses; 204 where nothing else was told.
    answers: Mutex<HashMap<String, u16>>,
    /// Ids of mails that were in the folder already when they were handed over.
    again: Mutex<Vec<String>>,
}

impl Mailbox {
    /// A mailbox in memory, which takes every mail, repeats too: what the tests count.
    pub fn in_memory() -> Self {
        Self {
            folder: None,
            mails: Mutex::default(),
            sms: Mutex::default(),
            calls: Mutex::default(),
            answers: Mutex::default(),
            again: Mutex::default(),
        }
    }

    /// A mailbox in a folder. A mail that is in it already is not put there again, but counted: SES has no such memory, and where a sender
    /// is lost between SES's answer and its own record, a reader may get the same mail twice.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
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

    /// Every mail with how often it was handed over since the start: more than once only where a sender was lost in between.
    pub fn listed(&self) -> Vec<serde_json::Value> {
        let again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = |mail: &Mail| {
            let mut listed = serde_json::json!(mail);
            listed["handed_over_again"] = again.iter().filter(|id| **id == mail.id).count().into();
            listed
        };
        self.mails().iter().map(listed).collect()
    }

    /// Every text message, oldest first.
    pub fn sms(&self) -> Vec<Sms> {
        self.sms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every attempt to tell a webhook since the start, oldest first: those too that were answered with a failure.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on the receiver at `url` answers with `status`.
    pub fn answer(&self, url: String, status: u16) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(url, status);
    }

    /// Every mail, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Carrier for Mailbox {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        let later = |e: std::io::Error| Undelivered::Later(e.to_string());
        if let Some(folder) = &self.folder {
            let path = folder.join(format!("{}.json", mail.id));
            if path.exists() {
                self.again.lock().unwrap_or_else(PoisonError::into_inner).push(mail.id.clone());
            } else {
                write_whole(&path.with_extension("eml"), &mail.mime("no-reply@forecourt.example").map_err(later)?).map_err(later)?;
                let listed = serde_json::to_vec(mail).map_err(|e| Undelivered::Never(e.to_string()))?;
                write_whole(&path, &listed).map_err(later)?;
                self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
            }
        } else {
            self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
        }
        Ok(format!("local-{}", mail.id))
    }

    async fn call(&self, call: &Call) -> Result<u16, String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
        Ok(self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&call.url).copied().unwrap_or(204))
    }

    async fn carry_sms(&self, sms: &Sms) -> Result<String, Undelivered> {
        let later = |e: std::io::Error| Undelivered::Later(e.to_string());
        if let Some(folder) = &self.folder {
            let written = serde_json::to_vec(sms).map_err(|e| Undelivered::Never(e.to_string()))?;
            write_whole(&folder.join(format!("{}.json", sms.id)), &written).map_err(later)?;
        }
        self.sms.lock().unwrap_or_else(PoisonError::into_inner).push(sms.clone());
        Ok(format!("local-{}", sms.id))
    }
}
