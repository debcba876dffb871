//! The list of the day's appointments for each salesperson (APT-7): leased, one mail for each salesperson, each recorded.

use crate::briefings::SalesReader;
use crate::carrier::Undelivered;
use crate::mail::{Addressee, Envelope};
use crate::sender::Sender;
use crate::texts::DayMail;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{LeftList, MorningList, UNMARKED_DAYS};
use forecourt_domain::base::{DealerId, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::Retry;
use forecourt_domain::settings::Dealer;
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::people::Names;
use forecourt_edge::usecase::visits::{Visit, visits_between};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded, fingerprint};
use futures::try_join;
use std::collections::BTreeMap;

/// The longest day of a clock: one on which summer time ends.
const LONGEST_DAY: TimeDelta = TimeDelta::hours(26);

/// The list of one salesperson.
#[derive(Default)]
pub(crate) struct DayList {
    /// The visits of the day.
    pub(crate) visits: Vec<Visit>,
    /// The visits of earlier days whose attendance nobody has recorded; only in the list of a supervisor.
    pub(crate) unmarked: Vec<Visit>,
}

/// The result of an attempt to send the lists of a day.
#[derive(Default)]
struct Sent {
    /// The lists that must be sent later: one that was not accepted, and that of a salesperson whose own hours begin later, but before the
    /// first visit.
    left: Vec<LeftList>,
    /// Whether visits have no recorded attendance, so that the next open day has a list.
    again: bool,
}

impl Sender {
    /// Sends the lists of the day to the salespersons of a dealer who have appointments, and plans the next lists.
    pub(crate) async fn send_lists(&self, wake_up: &WakeUp, id: &DealerId) -> Result<(), Failure> {
        let (now, scope) = (self.platform.clock.now(), wake_up.scope());
        let claim = |loaded: &Loaded, _| {
            let found = loaded.morning_list(id).zip(loaded.dealer(id));
            let claimed = found.and_then(|(list, dealer)| Some((list.claim(&dealer.settings.calendar, now)?, dealer.clone())));
            Ok(match claimed {
                Some(((leased, day), dealer)) => (Some(stored(leased.clone())), Some((leased, day, dealer))),
                None => (None, None),
            })
        };
        let load = Load::of([Key::MorningList(id.clone()), Key::Dealer(id.clone())]);
        let Some((leased, day, dealer)) = self.platform.store.decide(&scope, load, claim).await? else { return Ok(()) };
        let Some(day) = day else { return Ok(()) };
        let used = leased.days.contains(&day) && dealer.settings.appointments.morning_list;
        let Sent { left, again } = if used { self.send_lists_of(wake_up, &dealer, (&leased, day)).await? } else { Sent::default() };
        let calendar = &dealer.settings.calendar;
        let record = |stored: &MorningList| {
            let now = self.platform.clock.now();
            let stored = if again { stored.with_next_day(calendar, now) } else { stored.clone() };
            stored.done(day, &left, calendar, now)
        };
        self.record_list(wake_up, id, record).await
    }

    /// Sends the lists of `day`: to each salesperson the visits of the day, and to each supervisor also the visits of earlier days whose
    /// attendance nobody has recorded (APT-12).
    async fn send_lists_of(&self, wake_up: &WakeUp, dealer: &Dealer, (list, day): (&MorningList, NaiveDate)) -> Result<Sent, Failure> {
        let (now, scope, calendar) = (self.platform.clock.now(), wake_up.scope(), &dealer.settings.calendar);
        let (mut found, mut past) = try_join!(
            visits_between(&self.platform, &scope, dealer, (now, now + LONGEST_DAY)),
            visits_between(&self.platform, &scope, dealer, (now - TimeDelta::days(UNMARKED_DAYS), now)),
        )?;
        found.retain(|visit| calendar.date_of(visit.appointment.at) == day);
        let mut lists: BTreeMap<UserId, DayList> = BTreeMap::new();
        for visit in found {
            // A visit without a salesperson is in the list of the supervisor.
            let user = visit.appointment.user.clone().unwrap_or_else(|| dealer.settings.supervisor_of(None).clone());
            if list.is_open(&user, day) {
                lists.entry(user).or_default().visits.push(visit);
            }
        }
        past.retain(|visit| visit.appointment.is_unmarked(&dealer.settings, now) && calendar.date_of(visit.appointment.at) < day);
        let again = !past.is_empty();
        for visit in past {
            let supervisor = dealer.settings.supervisor_of(visit.appointment.user.as_ref()).clone();
            if list.is_open(&supervisor, day) {
                lists.entry(supervisor).or_default().unmarked.push(visit);
            }
        }
        let mut left = Vec::new();
        for (salesperson, visits) in lists {
            let back = dealer.settings.back_on_duty(&salesperson, now);
            let first = visits.visits.iter().map(|visit| visit.appointment.at).min();
            if let Some(back) = back.filter(|back| calendar.date_of(*back) == day && first.is_some_and(|first| *back < first)) {
                left.push(LeftList::Until(back));
            } else if self.send_list(wake_up, dealer, (&salesperson, day), &visits).await? {
                // Each list is recorded by itself, so that a sender that stops sends at most one of them again.
                self.record_list(wake_up, &dealer.id, |stored| stored.with_settled([&salesperson], day)).await?;
            } else {
                left.push(LeftList::Missed);
            }
        }
        Ok(Sent { left, again })
    }

    /// Sends the list of one salesperson. Returns whether it is settled: it was accepted, nobody wants it, or it can never be sent.
    async fn send_list(
        &self,
        wake_up: &WakeUp,
        dealer: &Dealer,
        (salesperson, day): (&UserId, NaiveDate),
        list: &DayList,
    ) -> Result<bool, Failure> {
        let now: DateTime<Utc> = self.platform.clock.now();
        let SalesReader::User(reader) =
            self.reader_for(wake_up, dealer, (salesperson, dealer.settings.first_reader(salesperson, now)), now).await?
        else {
            return Ok(true);
        };
        let of_unmarked = list.unmarked.iter().filter_map(|visit| visit.appointment.user.clone());
        let names = Names::of(&self.platform, &wake_up.scope(), of_unmarked.chain([salesperson.clone()])).await?;
        let scope = Scope::user(wake_up.group.clone(), (*reader).clone());
        let instead_of = (*salesperson != reader.id).then(|| names.name(salesperson));
        let id = format!("day-{}", fingerprint(format!("{} {salesperson} {} {day}", dealer.id, reader.id).as_bytes()));
        let addressee = Addressee::of(&reader);
        let day_mail = DayMail { list, names: &names, scope: &scope, instead_of: instead_of.as_deref() };
        let carried = match self.texts.day(Envelope { id: &id, to: &addressee, dealer, now }, &day_mail) {
            Ok(mail) => self.carrier.carry(&mail).await,
            Err(e) => Err(Undelivered::Never(e.into())),
        };
        let Err(retry) = carried.map_err(|undelivered| undelivered.retry()) else { return Ok(true) };
        tracing::warn!(function = self.platform.function, about = wake_up.about(), ?retry, "list of the day not delivered");
        if retry == Retry::Never {
            self.platform.metrics.note(Metric::MailFailed, &[1.0], now);
        }
        Ok(retry == Retry::Never)
    }

    /// Changes the stored state of a dealer's lists.
    async fn record_list(&self, wake_up: &WakeUp, id: &DealerId, change: impl Fn(&MorningList) -> MorningList) -> Result<(), Failure> {
        let record = |loaded: &Loaded, _| Ok((loaded.morning_list(id).map(|list| stored(change(list))), ()));
        let load = Load::of([Key::MorningList(id.clone())]).with_long_retry();
        self.platform.store.decide(&wake_up.scope(), load, record).await
    }
}

fn stored(list: MorningList) -> Decision {
    Decision::default().with(Item::MorningList(list))
}
