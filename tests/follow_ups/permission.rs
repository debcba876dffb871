//! Which contact methods a customer allows (FUP-8).

use super::settings_of;
use crate::support::world::{NORDSTERN, World, at};
use forecourt_domain::base::{
    Actor, ChannelKey, ConsentSource, ConsentStatus, ContactChannel, Country, DealerId, Email, Phone, Purpose, StopReason,
};
use forecourt_domain::enquiry::Person;
use forecourt_domain::follow_up::{Permission, SkipReason};
use forecourt_domain::messages::{AddressState, Consent, Stop};
use forecourt_domain::settings::DealerSettings;
use std::collections::BTreeSet;

fn jana() -> Person {
    Person {
        last_name: Some("Petersen".into()),
        emails: vec![Email::parse("jana@example.com").unwrap()],
        phones: vec![Phone::read("0171 2345678", Country::try_from("DE".to_owned()).unwrap())],
        street: Some("Hafenstr. 1".into()),
        city: Some("Hamburg".into()),
        ..Person::default()
    }
}

fn state(consents: &[(ContactChannel, ConsentStatus)]) -> AddressState {
    let consent = |(channel, status): &(ContactChannel, ConsentStatus)| Consent {
        channel: *channel,
        purpose: Purpose::Service,
        status: *status,
        at: at("2026-11-23T09:00:00Z"),
        source: ConsentSource::Form,
        text: None,
        text_hash: None,
        by: Actor::Customer,
        lead: None,
        document: None,
    };
    AddressState::with_consents(None, &ChannelKey("key".into()), consents.iter().map(consent)).unwrap()
}

fn stopped(state: &AddressState, kind: StopReason) -> AddressState {
    let stop = Stop { kind, dealer: None, at: at("2026-11-23T09:00:00Z"), by: Actor::Customer, detail: None, lead: None };
    AddressState::with_stop(Some(state), &ChannelKey("key".into()), stop).unwrap()
}

struct Case {
    contact: Person,
    email: Option<AddressState>,
    phone: Option<AddressState>,
    wrong: BTreeSet<String>,
    settings: DealerSettings,
}

impl Case {
    /// Returns the answer for text message, e-mail, telephone and letter.
    fn of(&self) -> [Result<(), SkipReason>; 4] {
        let dealer = DealerId::parse(NORDSTERN).unwrap();
        let Self { contact, email, phone, wrong, settings } = self;
        let permission =
            Permission { contact, wrong_numbers: wrong, email: email.as_ref(), phone: phone.as_ref(), dealer: &dealer, settings };
        [ContactChannel::Sms, ContactChannel::Email, ContactChannel::Telephone, ContactChannel::Letter].map(|method| permission.of(method))
    }
}

#[tokio::test]
async fn fup_8_only_letters_need_no_consent_and_an_objection_stops_every_method() {
    use ConsentStatus::{Granted, Withdrawn};
    use ContactChannel::{Email, Letter, Sms, Telephone};
    let settings = settings_of(&World::new().await).await.settings;
    let case = |email, phone| Case { contact: jana(), email, phone, wrong: BTreeSet::new(), settings: (*settings).clone() };
    let no = Err(SkipReason::NotGranted);
    assert_eq!(case(None, None).of(), [no, no, no, Ok(())]);
    let email = state(&[(Email, Granted)]);
    let phone = state(&[(Sms, Granted), (Telephone, Granted)]);
    let both = || case(Some(email.clone()), Some(phone.clone()));
    assert_eq!(both().of(), [Ok(()); 4]);
    assert_eq!(case(None, Some(state(&[(Telephone, Granted)]))).of(), [no, no, Ok(()), Ok(())]);
    // A mail that came back stops mails only; what the customer causes stops every method.
    let bounced = case(Some(stopped(&email, StopReason::Bounced)), Some(phone.clone()));
    assert_eq!(bounced.of(), [Ok(()), Err(SkipReason::Stopped), Ok(()), Ok(())]);
    let out = [Err(SkipReason::OptedOut); 4];
    for kind in [StopReason::Complained, StopReason::Unsubscribed] {
        assert_eq!(case(Some(stopped(&email, kind)), Some(phone.clone())).of(), out, "{kind:?}");
    }
    assert_eq!(case(Some(email.clone()), Some(stopped(&phone, StopReason::Stopped))).of(), out);
    for channel in [Email, Sms, Telephone, Letter] {
        assert_eq!(case(Some(state(&[(channel, Withdrawn)])), Some(phone.clone())).of(), out, "{channel:?}");
    }
    // What a contact lacks is skipped.
    let bare = Case { contact: Person { street: None, emails: Vec::new(), phones: Vec::new(), ..jana() }, ..both() };
    let (no_number, no_address) = (Err(SkipReason::NoNumber), Err(SkipReason::NoAddress));
    assert_eq!(bare.of(), [no_number, no_address, no_number, no_address]);
    let wrong = Case { wrong: BTreeSet::from(["+491712345678".to_owned()]), ..both() };
    assert_eq!(wrong.of(), [Err(SkipReason::WrongNumber), Ok(()), Err(SkipReason::WrongNumber), Ok(())]);
    // A dealer that sends nothing to customers still calls them.
    let silent = Case { settings: DealerSettings { lead_tracking_only: true, ..(*settings).clone() }, ..both() };
    let not_sent = Err(SkipReason::NotSent);
    assert_eq!(silent.of(), [not_sent, not_sent, Ok(()), not_sent]);
}
