//! Timers, queues, mail and files behind the gate.

use super::between::Between;
use super::bugs::Bug;
use super::cloud::WakeUpTreatment as Treatment;
use crate::support::gate::Process;
use async_trait::async_trait;
use aws_lambda_events::sqs::SqsMessage;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::GroupId;
use forecourt_edge::files::{Download, Head, Upload, Verdict};
use forecourt_edge::queue::partner::{DeadLetter, PartnerQueue};
use forecourt_local::clock::VirtualClock;
use forecourt_send::{Carrier, NoAnswer, Undelivered, mail};
use forecourt_store::Failure;
use forecourt_store::keys::WakeUp;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Shared = Arc<Mutex<Between>>;

fn unavailable() -> Failure {
    Failure::Unavailable("for the test".into())
}

pub struct WakeUpSender {
    pub process: Arc<Process>,
    pub between: Shared,
    pub clock: VirtualClock,
    pub treatment: Treatment,
}

impl WakeUpSender {
    /// Returns the times at which a wake-up planned for `at` is delivered.
    fn delivery_times(&self, between: &mut Between, at: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let now = self.clock.now();
        match self.treatment {
            Treatment::AsSent | Treatment::Lost => vec![at],
            Treatment::Doubled => vec![at, at + TimeDelta::seconds(70)],
            Treatment::Early => vec![(at - TimeDelta::minutes(3)).max(now)],
            Treatment::LateInAnyOrder(_) => vec![at + between.random_delay()],
        }
    }
}

#[async_trait]
impl forecourt_outbox::WakeUps for WakeUpSender {
    /// A queue may accept a part of a batch, so each message passes the gate by itself.
    async fn send(&self, batch: &[(WakeUp, TimeDelta)]) -> Vec<Result<(), Failure>> {
        let mut results = Vec::new();
        for (wake_up, delay) in batch {
            let body = json!(wake_up).to_string();
            let put = || {
                let mut between = self.between.lock().unwrap();
                for at in self.delivery_times(&mut between, self.clock.now() + *delay) {
                    between.put(wake_up.kind.queue(), body.clone(), at);
                }
            };
            results.push(self.process.call("tell", &body, put, unavailable).await);
        }
        results
    }

    async fn set_timer(&self, wake_up: &WakeUp, at: DateTime<Utc>) -> Result<(), Failure> {
        let body = json!(wake_up).to_string();
        let set = || {
            let mut between = self.between.lock().unwrap();
            for (i, comes) in self.delivery_times(&mut between, at).into_iter().enumerate() {
                between.set_timer(format!("{}-{i}", wake_up.timer_name(at)), comes, wake_up.kind.queue(), body.clone());
            }
        };
        self.process.call("set_timer", &body, set, unavailable).await
    }
}

/// A partners' queue that returns every message after its own time; the simulation counts the deliveries.
pub struct Partners;

#[async_trait]
impl PartnerQueue for Partners {
    async fn wait(&self, _: &SqsMessage, _: TimeDelta) -> Result<(), Failure> {
        Ok(())
    }

    async fn put_back(&self, _: &SqsMessage, _: &GroupId, _: &str) -> Result<(), Failure> {
        Err(unavailable())
    }

    async fn move_to_dead_letters(&self, _: &SqsMessage, _: &DeadLetter) -> Result<(), Failure> {
        Err(unavailable())
    }
}

pub struct Mail {
    pub process: Arc<Process>,
    pub between: Shared,
    pub bug: Option<Bug>,
}

#[async_trait]
impl Carrier for Mail {
    async fn carry(&self, mail: &mail::Mail) -> Result<String, Undelivered> {
        let took = AtomicBool::new(false);
        let taken = || {
            took.store(true, SeqCst);
            self.process.mail_taken();
            self.between.lock().unwrap().mails.push(mail.clone());
            format!("provider-{}", mail.id)
        };
        // If there is no response, the mail may have been sent. A refusal means that it was not.
        let failed = || {
            if took.load(SeqCst) && self.bug != Some(Bug::LetterSentAgain) {
                Undelivered::Unclear("no answer".into())
            } else {
                Undelivered::Later("for the test".into())
            }
        };
        self.process.call("carry", &mail.id, taken, failed).await
    }

    async fn carry_sms(&self, sms: &forecourt_send::Sms) -> Result<String, Undelivered> {
        let took = AtomicBool::new(false);
        let taken = || {
            took.store(true, SeqCst);
            self.process.mail_taken();
            self.between.lock().unwrap().sms.push(sms.clone());
            format!("provider-{}", sms.id)
        };
        let failed =
            || if took.load(SeqCst) { Undelivered::Unclear("no answer".into()) } else { Undelivered::Later("for the test".into()) };
        self.process.call("carry_sms", &sms.id, taken, failed).await
    }

    async fn call(&self, call: &forecourt_send::Call) -> Result<u16, NoAnswer> {
        let taken = || {
            self.between.lock().unwrap().hooks.push(call.clone());
            200
        };
        let called = self.process.call("hook", &call.webhook_id, taken, || NoAnswer::Connection("for the test".into())).await;
        if self.bug == Some(Bug::WebhookForgotten) { called.or(Ok(200)) } else { called }
    }
}

pub struct Files {
    pub process: Arc<Process>,
    pub between: Shared,
    pub bug: Option<Bug>,
}

#[async_trait]
impl forecourt_edge::files::Files for Files {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        let put = || drop(self.between.lock().unwrap().files.insert(name.to_owned(), bytes));
        self.process.call("put_file", name, put, unavailable).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let get = || self.between.lock().unwrap().files.get(name).cloned();
        self.process.call("get_file", name, get, unavailable).await
    }

    async fn head(&self, name: &str, most: u64) -> Result<Option<Head>, Failure> {
        let head = || {
            let beginning = |bytes: &Vec<u8>| Head {
                size: bytes.len() as u64,
                bytes: bytes.iter().copied().take(most as usize).collect(),
                mark: forecourt_store::fingerprint(bytes),
            };
            self.between.lock().unwrap().files.get(name).map(beginning)
        };
        self.process.call("head_of_file", name, head, unavailable).await
    }

    async fn copy(&self, from: &str, to: &str, mark: &str) -> Result<bool, Failure> {
        let copy = || {
            let files = &mut self.between.lock().unwrap().files;
            let Some(bytes) = files.get(from).cloned() else { return true };
            let same = forecourt_store::fingerprint(&bytes) == mark;
            if same {
                files.insert(to.to_owned(), bytes);
            }
            same
        };
        self.process.call("copy_file", to, copy, unavailable).await
    }

    async fn verdict(&self, name: &str) -> Result<Verdict, Failure> {
        self.process.call("verdict", name, || Verdict::NotScanned, unavailable).await
    }

    async fn remove(&self, name: &str) -> Result<(), Failure> {
        let remove = || drop(self.between.lock().unwrap().files.remove(name));
        self.process.call("remove_file", name, remove, unavailable).await
    }

    async fn erase(&self, name: &str) -> Result<(), Failure> {
        let erase = || drop(self.between.lock().unwrap().files.remove(name));
        self.process.call("erase_file", name, erase, unavailable).await
    }

    async fn names(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let names = || self.between.lock().unwrap().files.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        self.process.call("names_of_files", prefix, names, unavailable).await
    }

    async fn upload_link(&self, upload: Upload<'_>, _: Duration) -> Result<String, Failure> {
        Ok(format!("https://bucket.example/{}", upload.name))
    }

    async fn download_link(&self, download: Download<'_>, _: Duration) -> Result<String, Failure> {
        Ok(format!("https://bucket.example/{}", download.name))
    }
}

/// The uploaded parts by number, under the name of the final file. As in S3, all parts belong to one upload.
pub type Parts = BTreeMap<u32, Vec<u8>>;

#[async_trait]
impl forecourt_edge::files::Uploads for Files {
    async fn begin(&self, name: &str, _: &str) -> Result<String, Failure> {
        let begin = || {
            let uploads = &mut self.between.lock().unwrap().uploads;
            let upload = format!("upload-{}", uploads.len());
            uploads.insert(upload.clone(), Parts::new());
            upload
        };
        self.process.call("begin_upload", name, begin, unavailable).await
    }

    async fn part(&self, name: &str, upload: &str, number: u32, bytes: Vec<u8>) -> Result<String, Failure> {
        let mark = forecourt_store::fingerprint(&bytes);
        let keep = || {
            self.between.lock().unwrap().uploads.get_mut(upload).unwrap().insert(number, bytes);
            mark.clone()
        };
        let uploaded = self.process.call("upload_part", name, keep, unavailable).await;
        if self.bug == Some(Bug::PartForgotten) { uploaded.or(Ok(mark)) } else { uploaded }
    }

    async fn finish(&self, name: &str, upload: &str, parts: &[(u32, String)]) -> Result<(), Failure> {
        let finish = || {
            let mut between = self.between.lock().unwrap();
            let Some(kept) = between.uploads.remove(upload) else { return assert!(between.files.contains_key(name)) };
            assert!(parts.is_sorted_by_key(|(number, _)| number), "parts are named in order");
            let part = |(number, mark): &(u32, String)| {
                assert_eq!(*mark, forecourt_store::fingerprint(&kept[number]), "a part was written over");
                kept[number].clone()
            };
            let file = parts.iter().flat_map(part).collect();
            between.files.insert(name.to_owned(), file);
        };
        self.process.call("finish_upload", name, finish, unavailable).await
    }

    async fn abandon(&self, name: &str, upload: &str) -> Result<(), Failure> {
        let abandon = || drop(self.between.lock().unwrap().uploads.remove(upload));
        self.process.call("abandon_upload", name, abandon, unavailable).await
    }
}
