//! The limit of the declarations that are stored of an address (PRV-6).

use super::consents::{any_consents, consent};
use crate::support::world::at;
use forecourt_domain::base::{ChannelKey, ConsentSource, ConsentStatus, ContactChannel, Purpose};
use forecourt_domain::messages::{AddressState, Consent};
use proptest::prelude::*;

proptest! {
    /// PRV-6: the limit of stored declarations changes no status, in whatever order they arrive; of the declarations of a source, the
    /// earliest that do not hold make room.
    #[test]
    fn prv_6_the_limit_keeps_what_holds(
        all in proptest::collection::vec((any_consents(), any::<bool>()), 10..40),
    ) {
        let mut consents = Vec::new();
        for (round, (some, by_link)) in all.into_iter().enumerate() {
            for one in some {
                // Every declaration has another time; the order of arrival is not that of the times.
                let (place, minute) = (consents.len(), (one.at - at("2026-11-23T09:00:00Z")).num_minutes());
                let later = at("2026-11-23T09:00:00Z") + chrono::TimeDelta::seconds(minute * 3600 + place as i64);
                let source = if by_link && round % 2 == 0 { ConsentSource::Link } else { ConsentSource::Form };
                consents.push(Consent { at: later, source, ..one });
            }
        }
        let key = ChannelKey("a".repeat(16));
        let mut state: Option<AddressState> = None;
        for one in &consents {
            state = AddressState::with_consents(state.as_ref(), &key, [one.clone()]).or(state);
        }
        let kept = state.map(|state| state.consents).unwrap_or_default();
        prop_assert_eq!(kept.len(), consents.len().min(100));
        for channel in ContactChannel::ALL {
            for purpose in Purpose::OF_CONSENT {
                let latest = |all: &[Consent]| all.iter().filter(|one| one.channel == channel && one.purpose == purpose).max_by_key(|one| one.at).cloned();
                prop_assert_eq!(latest(&kept), latest(&consents));
            }
        }
    }
}

/// PRV-6: the only withdrawal by a link holds although a hundred declarations about other things follow, and the earliest of the others
/// makes room, not the first that was stored.
#[test]
fn prv_6_the_only_withdrawal_by_a_link_stays() {
    let key = ChannelKey("a".repeat(16));
    let withdrawn =
        Consent { source: ConsentSource::Link, ..consent(ContactChannel::Email, Purpose::Advertising, ConsentStatus::Withdrawn, 500) };
    let granted = consent(ContactChannel::Email, Purpose::Advertising, ConsentStatus::Granted, 400);
    let earliest = consent(ContactChannel::Sms, Purpose::Service, ConsentStatus::Granted, 1);
    let others = (2..102).map(|minute| consent(ContactChannel::Sms, Purpose::Service, ConsentStatus::Granted, minute));
    let all = [granted.clone(), withdrawn.clone()].into_iter().chain(others).chain([earliest.clone()]);
    let state = AddressState::with_consents(None, &key, all).unwrap();
    assert_eq!(state.consents.len(), 100);
    assert!(state.consents.contains(&withdrawn) && state.consents.contains(&granted) && !state.consents.contains(&earliest));
}
