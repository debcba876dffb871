//! The attempts of a notice whose sender stopped without a result (MSG-1).

use crate::support::world::{NORDSTERN, World, at, dealer, enquiry};
use forecourt_domain::messages::{Message, MessageClaim, MessageState};

/// MSG-1: only attempts without an answer count against the eight; known failures count against the three days.
#[tokio::test]
async fn msg_1_eight_stopped_senders_end_a_notice_and_known_failures_do_not_count() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let page = world.page(id).await;
    let dealer = world.store.dealer(&world.scope(), &dealer(NORDSTERN)).await.unwrap().unwrap();
    let now = at("2026-11-23T09:10:00Z");
    let claim = |attempts, unclear| {
        let state = MessageState::Sending { until: now, attempts, unclear, batch: None };
        let leased = Message { state, ..page.messages[0].clone() };
        match leased.claim(Some(&page.lead), &dealer, now).unwrap() {
            MessageClaim::Send(message, _) | MessageClaim::Settle(message) => message.state,
        }
    };
    let again = claim(10, 0);
    assert!(matches!(again, MessageState::Sending { attempts: 11, unclear: 1, .. }), "{again:?}");
    let again = claim(40, 6);
    assert!(matches!(again, MessageState::Sending { attempts: 41, unclear: 7, .. }), "{again:?}");
    let failed = claim(40, 7);
    assert!(matches!(&failed, MessageState::Failed { why, .. } if why == "no answer in eight attempts; it may have arrived"), "{failed:?}");
    let failed = claim(71, 0);
    assert!(matches!(&failed, MessageState::Failed { why, .. } if why == "every attempt failed"), "{failed:?}");
}
