//! Notices about bookings that a hand-over gave to other persons: one mail to each new person, and one to the supervisor (DIS-12).

use crate::carrier::Undelivered;
use crate::mail::Envelope;
use crate::sender::Sender;
use forecourt_domain::base::UserId;
use forecourt_domain::bookings::BookingWatch;
use forecourt_domain::messages::Retry;
use forecourt_domain::settings::{Dealer, GivenBooking};
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::bookings::AffectedBooking;
use forecourt_edge::usecase::given_bookings::given_bookings;
use forecourt_edge::usecase::people::Names;
use forecourt_store::keys::WakeUp;
use forecourt_store::{Failure, fingerprint};
use std::collections::{BTreeMap, BTreeSet};

/// The most bookings in one mail. The others follow in the next one.
const MAX_BOOKINGS: usize = 100;

impl Sender {
    /// Sends the notices of given bookings. Returns the bookings that are done; none if a mail must be sent again, or the dealer is closed.
    pub(crate) async fn notify_of_given(
        &self,
        wake_up: &WakeUp,
        dealer: &Dealer,
        watch: &BookingWatch,
    ) -> Result<Vec<GivenBooking>, Failure> {
        let (now, scope, settings) = (self.platform.clock.now(), wake_up.scope(), &dealer.settings);
        if watch.given.is_empty() || watch.given_wait_until(settings, now).is_some() {
            return Ok(Vec::new());
        }
        let given: Vec<GivenBooking> = watch.given.iter().take(MAX_BOOKINGS).cloned().collect();
        let found = given_bookings(&self.platform, &scope, dealer, &given, now).await?;
        let mut recipients: BTreeMap<UserId, BTreeSet<usize>> = BTreeMap::new();
        for (place, (given, booking)) in found.iter().enumerate() {
            let supervisor = given.supervisor.as_ref().filter(|supervisor| settings.member(supervisor).is_some());
            let supervisor = supervisor.unwrap_or_else(|| settings.supervisor_of(Some(&given.from)));
            for user in booking.user.iter().chain([supervisor]).map(|user| settings.recipient_for(user, now)) {
                if given.by.user() != Some(user) {
                    recipients.entry(user.clone()).or_default().insert(place);
                }
            }
        }
        let mentioned: Vec<UserId> = found.iter().flat_map(|(given, booking)| booking.user.iter().chain([&given.from])).cloned().collect();
        let names = Names::of(&self.platform, &scope, mentioned).await?;
        let mut missed = false;
        for (recipient, places) in recipients {
            let bookings: Vec<&(GivenBooking, AffectedBooking)> = places.iter().filter_map(|place| found.get(*place)).collect();
            missed |= !self.mail_given(wake_up, (dealer, &recipient), &bookings, &names).await?;
        }
        Ok(if missed { Vec::new() } else { given })
    }

    /// Sends one mail. Returns whether it is done: it was accepted, or will never be.
    async fn mail_given(
        &self,
        wake_up: &WakeUp,
        (dealer, recipient): (&Dealer, &UserId),
        bookings: &[&(GivenBooking, AffectedBooking)],
        names: &Names,
    ) -> Result<bool, Failure> {
        let Some(to) = self.reader_of_bookings(wake_up, dealer, recipient).await? else {
            tracing::warn!(
                function = self.platform.function,
                about = wake_up.about(),
                "no recipient is left for a notice of given bookings"
            );
            return Ok(true);
        };
        let now = self.platform.clock.now();
        let about: Vec<String> = bookings.iter().map(|(given, booking)| format!("{given:?} {:?}", booking.undecided())).collect();
        let id = format!("given-{}", fingerprint(format!("{} {recipient} {}", dealer.id, about.join(" ")).as_bytes()));
        let carried = match self.texts.given(Envelope { id: &id, to: &to, dealer, now }, recipient, bookings, names) {
            Ok(mail) => self.carrier.carry(&mail).await,
            Err(e) => Err(Undelivered::Never(e.into())),
        };
        let Err(retry) = carried.map_err(|undelivered| undelivered.retry()) else { return Ok(true) };
        tracing::warn!(function = self.platform.function, about = wake_up.about(), ?retry, "notice of given bookings not delivered");
        if retry == Retry::Never {
            self.platform.metrics.note(Metric::MailFailed, &[1.0], now);
        }
        Ok(retry == Retry::Never)
    }
}
