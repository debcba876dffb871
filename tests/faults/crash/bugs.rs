//! Seeded bugs: wrong versions of the system. They check the harness, which must detect each of them.

use super::between::{Message, record};
use super::cloud::Cloud;
use crate::support::gate::Process;
use crate::support::wire::WriteBug;
use aws_lambda_events::sqs::SqsBatchResponse;
use forecourt_domain::decision::Item;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::lead::escalate;
use forecourt_edge::Platform;
use forecourt_send::mail::Mail;
use forecourt_store::Load;
use forecourt_store::keys::{Key, WakeUp};
use serde_json::json;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Bug {
    /// Leads and their timelines are written without a check of the version. Both checks are dropped, because either one alone would
    /// detect the conflict.
    DroppedCondition,
    /// The rotation is read outside the unit, so its write has no condition.
    RotationOutsideTheUnit,
    /// Leads are written without `due_at`, so the sweep cannot find them.
    LostDueAt,
    /// Escalate sends the mail before it commits.
    MailBeforeCommit,
    /// Escalate trusts the wake-up and does not check that the lead still waits for an answer.
    TrustedWakeUp,
    /// The times of users are written without a condition, so that two bookings can take one slot.
    UnguardedSlots,
    /// The directory is written without a condition, so that two enquiries of one new contact can make two leads.
    UnguardedContacts,
    /// The sender takes a letter without a response for one that was not accepted.
    LetterSentAgain,
    /// The sender takes a webhook without a response for one that was delivered.
    WebhookForgotten,
    /// The export takes an upload that failed for one that succeeded.
    PartForgotten,
}

impl Bug {
    /// Returns the store's part of the bug. `None` if the store works correctly.
    pub fn write_bug(self) -> Option<WriteBug> {
        match self {
            Bug::DroppedCondition => Some(WriteBug::Unguarded(&[("", "@"), ("", "T#")])),
            Bug::RotationOutsideTheUnit => Some(WriteBug::Unguarded(&[("", "R")])),
            Bug::UnguardedSlots => Some(WriteBug::Unguarded(&[("#S#", "@")])),
            Bug::UnguardedContacts => Some(WriteBug::Unguarded(&[("#C#", "@")])),
            Bug::LostDueAt => Some(WriteBug::Unlisted),
            Bug::MailBeforeCommit | Bug::TrustedWakeUp | Bug::LetterSentAgain | Bug::WebhookForgotten | Bug::PartForgotten => None,
        }
    }

    /// Handles a batch wrongly if this bug changes the function; otherwise handles it correctly.
    pub async fn handle(
        self,
        cloud: &Cloud,
        process: &Arc<Process>,
        platform: &Platform,
        messages: &[Message],
    ) -> Option<SqsBatchResponse> {
        if messages.first().is_none_or(|message| message.queue != "escalate") {
            return None;
        }
        match self {
            Bug::MailBeforeCommit => {
                let event = json!({"Records": messages.iter().map(record).collect::<Vec<_>>()});
                for message in messages {
                    mail_first(cloud, process, platform, &serde_json::from_str(&message.body).unwrap()).await;
                }
                Some(forecourt_escalate::handle(platform, serde_json::from_value(event).unwrap()).await)
            }
            Bug::TrustedWakeUp => {
                for message in messages {
                    fire_at_once(platform, &serde_json::from_str(&message.body).unwrap()).await;
                }
                Some(SqsBatchResponse::default())
            }
            _ => None,
        }
    }
}

fn unit(wake_up: &WakeUp) -> Load<'static> {
    Load::of(wake_up.target.lead().map(Key::Lead).into_iter().chain([Key::Dealer(wake_up.dealer.clone())]))
}

fn lead_of<'a>(loaded: &'a forecourt_store::Loaded, wake_up: &WakeUp) -> Option<&'a Lead> {
    loaded.lead(wake_up.target.lead()?)
}

async fn mail_first(cloud: &Cloud, process: &Arc<Process>, platform: &Platform, wake_up: &WakeUp) {
    let now = platform.clock.now();
    let Ok(loaded) = platform.store.load(&wake_up.scope(), &unit(wake_up)).await else { return };
    let decision =
        lead_of(&loaded, wake_up).zip(loaded.dealer(&wake_up.dealer)).and_then(|(lead, dealer)| escalate(lead, dealer, &|_| None, now));
    for item in decision.into_iter().flat_map(|decision| decision.items) {
        if let Item::Message(message) = item {
            let mail = Mail {
                reply_to: None,
                in_reply_to: None,
                references: Vec::new(),
                id: format!("{}.{}", wake_up.about(), message.cause),
                to_name: String::new(),
                to: "somebody".into(),
                from_name: String::new(),
                at: now,
                subject: String::new(),
                html: String::new(),
                auto_reply: false,
                by_user: false,
                unsubscribe: None,
                attachments: Vec::new(),
                tags: None,
                mail_server: None,
                text: format!("{} early\n/leads/{}", message.cause, wake_up.about()),
            };
            // The harness allows a repeated mail to a sender that claims first. This sender does not claim, so the allowance must not
            // apply.
            let _ = cloud.sender(process, platform).carrier.carry(&mail).await;
            process.recorded();
        }
    }
}

async fn fire_at_once(platform: &Platform, wake_up: &WakeUp) {
    let now = platform.clock.now();
    let rule = |loaded: &forecourt_store::Loaded, _| {
        let lead = lead_of(loaded, wake_up).map(|lead| Lead { reaction: None, ..lead.clone() });
        Ok((lead.zip(loaded.dealer(&wake_up.dealer)).and_then(|(lead, dealer)| escalate(&lead, dealer, &|_| None, now)), ()))
    };
    let _ = platform.store.decide(&wake_up.scope(), unit(wake_up), rule).await;
}
