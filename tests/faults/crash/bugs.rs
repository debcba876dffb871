//! Wrong ways to build the system. The harness is worth something only if it notices each of them.

use super::cloud::{Cloud, Message, record};
use super::gate::Process;
use super::wire::Miswritten;
use aws_lambda_events::sqs::SqsBatchResponse;
use forecourt_domain::decision::Item;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::lead::escalate;
use forecourt_edge::Platform;
use forecourt_send::mail::Mail;
use forecourt_store::Load;
use forecourt_store::keys::{Key, Look};
use serde_json::json;
use std::sync::Arc;

/// A seeded bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Bug {
    /// Leads and their timelines are written without looking whether somebody else has changed them. (Without the one guard the other still holds.)
    DroppedCondition,
    /// The rotation is read outside the unit: nothing guards its write.
    RotationOutsideTheUnit,
    /// Leads have no `due_at` for the sweep to find.
    LostDueAt,
    /// Escalate mails first and commits then.
    MailBeforeCommit,
    /// Escalate takes the wake-up's word that the lead still waits for an answer.
    TrustedWakeUp,
}

impl Bug {
    /// How the store goes wrong, where it is the store.
    pub fn miswritten(self) -> Option<Miswritten> {
        match self {
            Bug::DroppedCondition => Some(Miswritten::Unguarded(&["@", "T#"])),
            Bug::RotationOutsideTheUnit => Some(Miswritten::Unguarded(&["R"])),
            Bug::LostDueAt => Some(Miswritten::Unlisted),
            Bug::MailBeforeCommit | Bug::TrustedWakeUp => None,
        }
    }

    /// Handles a batch in the wrong way, where this bug has one for it.
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
            Bug::DroppedCondition | Bug::RotationOutsideTheUnit | Bug::LostDueAt => None,
        }
    }
}

fn unit(look: &Look) -> Load<'static> {
    Load::of(look.thing.lead().map(Key::Lead).into_iter().chain([Key::Dealer(look.dealer.clone())]))
}

fn lead_of<'a>(loaded: &'a forecourt_store::Loaded, look: &Look) -> Option<&'a Lead> {
    loaded.lead(look.thing.lead()?)
}

async fn mail_first(cloud: &Cloud, process: &Arc<Process>, platform: &Platform, look: &Look) {
    let now = platform.clock.now();
    let Ok(loaded) = platform.store.load(&look.scope(), &unit(look)).await else { return };
    let decision = lead_of(&loaded, look).zip(loaded.dealer(&look.dealer)).and_then(|(lead, dealer)| escalate(lead, dealer, None, now));
    for item in decision.into_iter().flat_map(|decision| decision.items) {
        if let Item::Message(message) = item {
            let mail = Mail {
                reply_to: None,
                id: format!("{}.{}", look.about(), message.cause),
                to_name: String::new(),
                to: "somebody".into(),
                from_name: String::new(),
                at: now,
                subject: String::new(),
                attachments: Vec::new(),
                text: format!("{} early\n/leads/{}", message.cause, look.about()),
            };
            // What the harness forgives a sender that claims first, it must not forgive here.
            let _ = cloud.sender(process, platform).carrier.carry(&mail).await;
            process.recorded();
        }
    }
}

async fn fire_at_once(platform: &Platform, look: &Look) {
    let now = platform.clock.now();
    let rule = |loaded: &forecourt_store::Loaded, _| {
        let lead = lead_of(loaded, look).map(|lead| Lead { reaction: None, ..lead.clone() });
        Ok((lead.zip(loaded.dealer(&look.dealer)).and_then(|(lead, dealer)| escalate(&lead, dealer, None, now)), ()))
    };
    let _ = platform.store.decide(&look.scope(), unit(look), rule).await;
}
