//! Notices of leads in the pool to the users who may claim them (DIS-8).

use chrono::{DateTime, Utc};
use forecourt_domain::base::UserId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::{Lead, is_pooled};
use forecourt_domain::messages::{Message, Notice};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};

/// Notices in one commit: a transaction is limited to a hundred items.
const TOGETHER: usize = 90;

/// For each claimed notice to the pool user, queues one notice for each assignable user who is present.
pub(crate) async fn notify_assignable(
    platform: &Platform,
    wake_up: &WakeUp,
    claimed: impl Iterator<Item = (&Message, &Lead, &Dealer)>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    for (message, lead, dealer) in claimed {
        let settings = &dealer.settings;
        if !matches!(message.notice, Notice::Assigned { .. }) || !is_pooled(lead, settings) {
            continue;
        }
        let assignable =
            settings.members.iter().filter(|m| m.assignable && settings.is_present(&m.user, now) && lead.owner.as_ref() != Some(&m.user));
        let readers: Vec<UserId> = assignable.map(|member| member.user.clone()).collect();
        for readers in readers.chunks(TOGETHER) {
            let notices: Vec<Message> = readers.iter().map(|reader| Message::pooled(lead, reader.clone(), now)).collect();
            let keys = notices.iter().map(|notice| Key::Message(notice.lead, notice.cause.clone()));
            let rule = |loaded: &Loaded, _| {
                let new = notices.iter().filter(|notice| loaded.message(notice.lead, &notice.cause).is_none());
                let items: Vec<Item> = new.cloned().map(Item::Message).collect();
                Ok((Decision::of(items), ()))
            };
            platform.store.decide(&wake_up.scope(), Load::of(keys).with_long_retry(), rule).await?;
        }
    }
    Ok(())
}
