//! Reports of the provider about mails that it accepted: bounces, complaints, deliveries (MSG-1).
//!
//! Reports come late, doubled and in any order. Each is recorded once; a report about an earlier mail of a letter leaves the letter as it
//! is, and still stops mail to an address that does not work.

use crate::letters::{lead_of, own_keys};
use crate::sender::Sender;
use crate::ses_event::SesEvent;
use crate::tag::{MailTags, Tagged};
use aws_lambda_events::sqs::SqsMessage;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Actor, ChannelKey, Email, ReportKind, StopReason, Subject};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::{AddressState, Letter, LetterState, Report, Stop};
use forecourt_domain::rules::messages::fate::{ReportContext, report};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// The result of a report about a letter.
#[derive(PartialEq, Eq)]
enum Outcome {
    Recorded,
    /// The letter does not exist.
    Unknown,
    /// The sender has not recorded yet that the provider accepted the mail.
    TooEarly,
}

/// A report about a mail, with the address to which the mail was sent.
pub(crate) struct Reported<'a> {
    pub(crate) report: &'a Report,
    pub(crate) message_id: &'a str,
    pub(crate) address: &'a Email,
    pub(crate) key: ChannelKey,
}

impl Reported<'_> {
    /// Returns the load of the items that the report about a letter may change.
    pub(crate) fn load_with<'a>(&self, subject: &'a Subject, cause: &str) -> Load<'a> {
        let lead = if let Subject::Lead(lead) = subject { Some(Key::Lead(*lead)) } else { None };
        let first = own_keys(subject, cause).into_iter().chain(lead).chain([Key::AddressState(self.key.clone())]);
        Load::of(first).then(|loaded| {
            let Some(lead) = lead_of(subject, loaded) else { return Vec::new() };
            let dealer = loaded.lead(lead).map(|lead| Key::Dealer(lead.dealer.clone()));
            [Key::Lead(lead)].into_iter().chain(dealer).collect()
        })
    }

    /// Decides what the report changes. `letter` is the letter with the result of the attempt that the report is about.
    pub(crate) fn decided(&self, letter: &Letter, loaded: &Loaded, now: DateTime<Utc>) -> Option<Decision> {
        let subject = &letter.subject;
        let lead = lead_of(subject, loaded).and_then(|lead| loaded.lead(lead));
        report(ReportContext {
            letter,
            message_id: self.message_id,
            report: self.report,
            address: self.address,
            key: &self.key,
            state: loaded.address_state(&self.key),
            appointment: if let Subject::Appointment(id) = subject { loaded.appointment(id) } else { None },
            lead: lead.and_then(|lead| Some((lead, loaded.dealer(&lead.dealer)?))),
            now,
        })
    }
}

/// The message that SES publishes to a topic when it becomes the destination of events.
const GREETING: &str = "Successfully validated SNS topic for Amazon SES event publishing.";

/// Whether the message comes from SES and is not a wake-up.
pub(crate) fn is_event(message: &SqsMessage) -> bool {
    let body = message.body.as_deref().unwrap_or_default();
    body.trim() == GREETING || SesEvent::read(body).is_some()
}

impl Sender {
    /// Records an event of SES. Returns the subject for the log: ids only.
    pub(crate) async fn record_report(&self, message: &SqsMessage) -> Result<String, Failure> {
        let secret = self.platform.store.secret();
        let Some(event) = message.body.as_deref().and_then(SesEvent::read) else { return Ok("nothing to record".into()) };
        let tagged = MailTags::read(secret, &event.mail.tags);
        // A bounce can name another recipient than ours, if the mailbox forwards. The address that we wrote to is the one that fails.
        let address = event.mail.destination.first().and_then(|address| Email::parse(address).ok());
        let (Some((scope, tagged)), Some(address)) = (tagged, address) else {
            tracing::warn!(function = self.platform.function, "a report about an unknown mail is left out");
            return Ok("unknown mail".into());
        };
        let Some(report) = event.report() else { return Ok("nothing to record".into()) };
        let key = secret.channel(&scope, &address.key());
        let reported = Reported { report: &report, message_id: &event.mail.message_id, address: &address, key };
        match &tagged {
            Tagged::Letter(subject, cause) => {
                match self.report_on_letter(&scope, (subject, cause), &reported).await? {
                    Outcome::Recorded => {}
                    Outcome::Unknown => tracing::warn!(function = self.platform.function, "a report about an unknown letter is left out"),
                    Outcome::TooEarly => return Err(Failure::Unavailable("the letter is still being sent".into())),
                }
                Ok(match subject {
                    Subject::Lead(lead) => format!("lead {lead}"),
                    Subject::Appointment(id) => format!("appointment {id}"),
                })
            }
            Tagged::User(user) => {
                self.report_on_user(&scope, &reported).await?;
                Ok(format!("user {user}"))
            }
        }
    }

    async fn report_on_letter(&self, scope: &Scope, letter: (&Subject, &str), reported: &Reported<'_>) -> Result<Outcome, Failure> {
        let ((subject, cause), now) = (letter, self.platform.clock.now());
        let rule = |loaded: &Loaded, _| {
            let Some(stored) = loaded.letter(subject, cause) else { return Ok((None, Outcome::Unknown)) };
            if matches!(stored.state, LetterState::Sending { .. }) {
                return Ok((None, Outcome::TooEarly));
            }
            Ok((reported.decided(stored, loaded, now), Outcome::Recorded))
        };
        let load = reported.load_with(subject, cause);
        Box::pin(self.platform.store.decide(scope, load, rule)).await
    }

    /// Records that the address of a user does not work, or works again. Notices are sent to it all the same.
    pub(crate) async fn report_on_user(&self, scope: &Scope, reported: &Reported<'_>) -> Result<(), Failure> {
        let Report { kind, at, detail } = reported.report;
        let now = self.platform.clock.now();
        let rule = |loaded: &Loaded, _| {
            let before = loaded.address_state(&reported.key);
            let after = match kind.stops() {
                Some(kind) => {
                    let stop = Stop { kind, dealer: None, at: *at, by: Actor::System, detail: detail.clone(), lead: None };
                    AddressState::with_stop(before, &reported.key, stop)
                }
                None if *kind == ReportKind::Delivered => before.and_then(|state| {
                    let older = state.stops.iter().find(|stop| stop.kind == StopReason::Bounced && stop.at < *at);
                    older.and_then(|stop| state.without_stop(stop, &Actor::System, now))
                }),
                None => None,
            };
            Ok((after.map(|state| Decision::default().with(Item::AddressState(state))), ()))
        };
        self.platform.store.decide(scope, Load::of([Key::AddressState(reported.key.clone())]), rule).await
    }
}
