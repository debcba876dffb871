//! Notices about bookings that cannot take place as planned, until somebody has decided about each (APT-9): leased, one mail for each
//! recipient, recorded.

use crate::carrier::Undelivered;
use crate::mail::{Addressee, Envelope};
use crate::sender::Sender;
use chrono::TimeDelta;
use forecourt_domain::base::{DealerId, UserId};
use forecourt_domain::bookings::{AHEAD, BookingWatch, Notices, Undecided};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::Retry;
use forecourt_domain::settings::Dealer;
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::bookings::{AffectedBooking, affected_bookings};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded, fingerprint};
use std::collections::{BTreeMap, BTreeSet};

/// When given bookings that were not reported are reported again: those that did not fit, and those whose mail was not accepted.
const AGAIN: TimeDelta = TimeDelta::minutes(5);

/// The most bookings in one mail.
const MAX_BOOKINGS: usize = 100;

/// The recipients whose mail was accepted, each with the places of the bookings, and whether another mail must be sent again.
#[derive(Default)]
struct Sent {
    reached: Vec<(UserId, BTreeSet<usize>)>,
    missed: bool,
}

impl Sender {
    /// Sends the notices that are due about a dealer's bookings, and plans the next ones.
    pub(crate) async fn notify_of_bookings(&self, wake_up: &WakeUp, id: &DealerId) -> Result<(), Failure> {
        let (now, scope) = (self.platform.clock.now(), wake_up.scope());
        let keys = || [Key::BookingWatch(id.clone()), Key::Dealer(id.clone())];
        let claim = |loaded: &Loaded, _| {
            let leased = loaded.booking_watch(id).and_then(|watch| watch.claim(now)).zip(loaded.dealer(id).cloned());
            Ok((leased.as_ref().map(|(watch, _)| stored(watch.clone())), leased))
        };
        let Some((leased, dealer)) = self.platform.store.decide(&scope, Load::of(keys()), claim).await? else { return Ok(()) };
        let reported = Box::pin(self.notify_of_given(wake_up, &dealer, &leased)).await?;
        let again = leased.given_wait_until(&dealer.settings, now).unwrap_or(now + AGAIN);
        let found = affected_bookings(&self.platform, &scope, &dealer, (now, now + AHEAD), now).await?;
        let undecided: Vec<Undecided> = found.iter().map(AffectedBooking::undecided).collect();
        let after = match leased.notices(&dealer.settings, &undecided, now) {
            Notices::At(opening) => leased.waiting(opening),
            Notices::Now(notices) => {
                let sent = self.mail_bookings(wake_up, &dealer, &found, notices).await?;
                leased.after(&dealer.settings, &undecided, &sent.reached, sent.missed, self.platform.clock.now())
            }
        };
        let record = |loaded: &Loaded, _| {
            // A change of settings that restarted the watch in the meantime keeps its due time, and the notices that were sent.
            let stored_watch = loaded.booking_watch(id);
            let restarted = stored_watch.filter(|stored| **stored != leased);
            let watch = restarted.map_or_else(
                || after.clone(),
                |BookingWatch { due, leased, hands_over_until, .. }| BookingWatch {
                    due: *due,
                    leased: *leased,
                    hands_over_until: *hands_over_until,
                    ..after.clone()
                },
            );
            Ok((stored_watch.map(|stored_watch| stored(watch.without_given(stored_watch, &reported, again))), ()))
        };
        self.platform.store.decide(&scope, Load::of([Key::BookingWatch(id.clone())]).with_long_retry(), record).await
    }

    /// Sends one mail to each recipient.
    async fn mail_bookings(
        &self,
        wake_up: &WakeUp,
        dealer: &Dealer,
        found: &[AffectedBooking],
        notices: BTreeMap<UserId, BTreeSet<usize>>,
    ) -> Result<Sent, Failure> {
        let mut sent = Sent::default();
        if notices.is_empty() {
            return Ok(sent);
        }
        let people = self.people(wake_up, found).await?;
        for (recipient, places) in notices {
            let Some(to) = self.reader_of_bookings(wake_up, dealer, &recipient).await? else {
                tracing::warn!(function = self.platform.function, about = wake_up.about(), "no recipient is left for a notice of bookings");
                sent.reached.push((recipient, places));
                continue;
            };
            let now = self.platform.clock.now();
            let bookings: Vec<&AffectedBooking> = places.iter().take(MAX_BOOKINGS).filter_map(|place| found.get(*place)).collect();
            let mail_id = mail_id(dealer, &recipient, &bookings, now);
            let mail = self.texts.bookings(Envelope { id: &mail_id, to: &to, dealer, now }, &bookings, &people);
            let carried = match mail {
                Ok(mail) => self.carrier.carry(&mail).await,
                Err(e) => Err(Undelivered::Never(e.into())),
            };
            match carried.map_err(|undelivered| undelivered.retry()) {
                Ok(_) => sent.reached.push((recipient, places)),
                Err(retry) => {
                    tracing::warn!(function = self.platform.function, about = wake_up.about(), ?retry, "notice of bookings not delivered");
                    if retry == Retry::Never {
                        self.platform.metrics.note(Metric::MailFailed, &[1.0], now);
                        sent.reached.push((recipient, places));
                    } else {
                        sent.missed = true;
                    }
                }
            }
        }
        Ok(sent)
    }

    /// Returns the address of a recipient or, if that user has left the group, of the fallback user or the administrator. The mail is sent
    /// even if the recipient's notices are off, because a customer would come in vain.
    pub(crate) async fn reader_of_bookings(
        &self,
        wake_up: &WakeUp,
        dealer: &Dealer,
        recipient: &UserId,
    ) -> Result<Option<Addressee>, Failure> {
        let settings = &dealer.settings;
        for id in [Some(recipient), settings.fallback_user.as_ref(), Some(&settings.admin_user)].into_iter().flatten() {
            let user = self.platform.store.user(&wake_up.group, id).await?;
            if let Some(user) = user.filter(|user| user.is_here()) {
                return Ok(Some(Addressee::of(&user)));
            }
        }
        Ok(None)
    }

    /// Returns the names of the persons of the bookings.
    async fn people(&self, wake_up: &WakeUp, found: &[AffectedBooking]) -> Result<BTreeMap<UserId, String>, Failure> {
        let ids: BTreeSet<UserId> = found.iter().filter_map(|booking| booking.user.clone()).collect();
        let ids: Vec<UserId> = ids.into_iter().collect();
        let users = self.platform.store.cached_users(&wake_up.scope(), &ids).await?;
        Ok(users.iter().map(|user| (user.id.clone(), user.name.clone())).collect())
    }
}

/// Returns the id of a mail: the same for the same bookings on the same day.
fn mail_id(dealer: &Dealer, recipient: &UserId, bookings: &[&AffectedBooking], now: chrono::DateTime<chrono::Utc>) -> String {
    let of = |booking: &&AffectedBooking| format!("{:?}", booking.undecided());
    let about: Vec<String> = bookings.iter().map(of).collect();
    let name = format!("{} {recipient} {} {}", dealer.id, dealer.settings.calendar.date_of(now), about.join(" "));
    format!("bookings-{}", fingerprint(name.as_bytes()))
}

fn stored(watch: BookingWatch) -> Decision {
    Decision::default().with(Item::BookingWatch(watch))
}
