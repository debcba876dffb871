//! Notices to the salesperson of an appointment (APT-7): leased, one mail for each person, recorded.

use crate::carrier::Undelivered;
use crate::mail::{Addressee, Envelope};
use crate::sender::Sender;
use crate::texts::VisitMail;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, BriefingClaim, MorningList, NoticeFate, SalesChange, SalesMail, SalesMailSent};
use forecourt_domain::base::{AppointmentId, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::Retry;
use forecourt_domain::people::User;
use forecourt_domain::settings::Dealer;
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::people::Names;
use forecourt_edge::usecase::visits::{Visit, visits};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded, fingerprint};
use std::sync::Arc;

/// The most users who are tried as the reader of a notice.
const MOST_TRIED: usize = 5;

/// The reader of a mail for a salesperson.
pub(crate) enum SalesReader {
    /// This user reads it.
    User(Arc<User>),
    /// Nobody wants it.
    Off,
}

impl Sender {
    /// Sends the notices that are due about an appointment, and plans the next ones and the list of the day.
    pub(crate) async fn notify_salesperson(&self, wake_up: &WakeUp, id: &AppointmentId) -> Result<(), Failure> {
        let (now, scope) = (self.platform.clock.now(), wake_up.scope());
        let load = Load::of([Key::Appointment(id.clone())]).then(|loaded| {
            let Some(Appointment { dealer, briefing, .. }) = loaded.appointment(id) else { return Vec::new() };
            let others = briefing.pending.iter().filter_map(|notice| notice.dealer.clone().map(Key::Dealer));
            [Key::Dealer(dealer.clone()), Key::MorningList(dealer.clone())].into_iter().chain(others).collect()
        });
        let claim = |loaded: &Loaded, _| {
            let found = loaded.appointment(id).and_then(|appointment| Some((appointment, loaded.dealer(&appointment.dealer)?)));
            let claimed =
                found.and_then(|(appointment, dealer)| Some((appointment, dealer, appointment.claim_briefing(&dealer.settings, now)?)));
            let Some((appointment, dealer, claimed)) = claimed else { return Ok((None, None)) };
            let settings = &dealer.settings;
            let lists = appointment.is_to_be_listed(now) && settings.appointments.morning_list;
            let list = || MorningList::planned(loaded.morning_list(&dealer.id), &dealer.id, &settings.calendar, appointment.at, now);
            let list = if lists { list() } else { None };
            let (after, mails) = match claimed {
                BriefingClaim::Settle(after) => (after, Vec::new()),
                BriefingClaim::Send(after, mails) => (after, mails),
            };
            let decision = Decision::default().with(Item::Appointment(after)).with_some(list.map(Item::MorningList));
            // The former salesperson is found in the settings of the former dealer.
            let of = |mail: &SalesMail| mail.dealer.as_ref().and_then(|former| loaded.dealer(former)).unwrap_or(dealer).clone();
            let mails: Vec<(Dealer, SalesMail)> = mails.into_iter().map(|mail| (of(&mail), mail)).collect();
            Ok((Some(decision), Some((dealer.clone(), mails))))
        };
        let Some((dealer, mails)) = self.platform.store.decide(&scope, load, claim).await? else { return Ok(()) };
        if mails.is_empty() {
            return Ok(());
        }
        let read = visits(&self.platform, &scope, std::slice::from_ref(id)).await?.pop();
        // An erasure since the claim has ended the notices (PRV-2).
        let Some(visit) = read.filter(|visit| visit.appointment.briefing.leased && !visit.is_erased()) else { return Ok(()) };
        let mut sent = Vec::new();
        for (dealer, mail) in mails {
            // The lead may have another owner since.
            let of_lead = mail.changes.iter().any(|change| change.what == SalesChange::MadeForLead);
            let owner = visit.lead.as_ref().and_then(|lead| lead.owner.as_ref());
            if of_lead && owner != mail.person.as_ref() && visit.appointment.user != mail.person {
                sent.push(SalesMailSent { mail, to: None, result: Ok(NoticeFate::Off) });
                continue;
            }
            sent.extend(self.send_to_readers(wake_up, &dealer, &visit, mail).await?);
        }
        // If recording fails, the mails are sent again: use the long retry budget.
        let record = |loaded: &Loaded, _| {
            let stored = loaded.appointment(id).map(|stored| stored.with_briefing_sent(&sent, &dealer.settings, self.platform.clock.now()));
            Ok((stored.map(|stored| Decision::default().with(Item::Appointment(Box::new(stored)))), ()))
        };
        self.platform.store.decide(&scope, Load::of([Key::Appointment(id.clone())]).with_long_retry(), record).await
    }

    /// Sends one mail about an appointment to the person whom it is meant for, or to the substitute. If only the own hours of the person
    /// have not begun, it goes to both: the visit can begin before. If one of them must be tried again, so must the other one.
    async fn send_to_readers(
        &self,
        wake_up: &WakeUp,
        dealer: &Dealer,
        visit: &Visit,
        mail: SalesMail,
    ) -> Result<Vec<SalesMailSent>, Failure> {
        let (now, settings) = (self.platform.clock.now(), &dealer.settings);
        let meant_for = mail.meant_for(settings).clone();
        let copied = !mail.changes.is_empty() && settings.is_off_duty(&meant_for, now);
        let substitute = Some(settings.recipient_for(&meant_for, now)).filter(|user| copied && **user != meant_for);
        let first = settings.first_reader(&meant_for, now);
        let mut sent = vec![self.send_to_salesperson(wake_up, dealer, visit, (&mail, first)).await?];
        // Nobody gets the notices of a user who has switched them off.
        if let Some(substitute) = substitute.filter(|_| sent.iter().all(|one| one.to.is_some())) {
            // A copy that nobody gets is no second notice.
            let copy = self.send_to_salesperson(wake_up, dealer, visit, (&mail, substitute)).await?;
            sent.extend(Some(copy).filter(|copy| copy.to.is_some()));
        }
        let again = |one: &SalesMailSent| one.result.is_err_and(|retry| retry != Retry::Never);
        if sent.iter().any(again) {
            sent.retain(again);
        }
        Ok(sent)
    }

    /// Sends one mail about an appointment to `first`, or to the next one who reads it.
    async fn send_to_salesperson(
        &self,
        wake_up: &WakeUp,
        dealer: &Dealer,
        visit: &Visit,
        (mail, first): (&SalesMail, &UserId),
    ) -> Result<SalesMailSent, Failure> {
        let now = self.platform.clock.now();
        let meant_for = mail.meant_for(&dealer.settings).clone();
        // The author of every change knows them all.
        let knows = |user: &UserId| !mail.changes.is_empty() && mail.changes.iter().all(|change| change.by.user() == Some(user));
        let reader = match self.reader_for(wake_up, dealer, (&meant_for, first), now).await? {
            SalesReader::User(reader) if !knows(&reader.id) => reader,
            SalesReader::User(_) | SalesReader::Off => {
                return Ok(SalesMailSent { mail: mail.clone(), to: None, result: Ok(NoticeFate::Off) });
            }
        };
        let authors = mail.changes.iter().filter_map(|change| change.by.user()).chain(&visit.appointment.user).chain([&meant_for]);
        let names = Names::of(&self.platform, &wake_up.scope(), authors.cloned()).await?;
        let scope = Scope::user(wake_up.group.clone(), (*reader).clone());
        let about = fingerprint(format!("{:?}", mail.changes).as_bytes());
        let id = format!("visit-{}-{}-{}-{about}", visit.appointment.id, reader.id, visit.appointment.at.timestamp());
        let addressee = Addressee::of(&reader);
        let of = VisitMail { mail, visit, names: &names, scope: &scope, instead_of: Some(&meant_for).filter(|meant| **meant != reader.id) };
        let carried = match self.texts.visit(Envelope { id: &id, to: &addressee, dealer, now }, &of) {
            Ok(written) => self.carrier.carry(&written).await,
            Err(e) => Err(Undelivered::Never(e.into())),
        };
        let result = carried.map(|_| NoticeFate::Sent).map_err(|undelivered| undelivered.retry());
        if let Err(retry) = result {
            tracing::warn!(function = self.platform.function, about = wake_up.about(), ?retry, "notice of an appointment not delivered");
            if retry == Retry::Never {
                self.platform.metrics.note(Metric::MailFailed, &[1.0], now);
            }
        }
        Ok(SalesMailSent { mail: mail.clone(), to: Some(reader.id.clone()), result })
    }

    /// Returns the reader of a notice for `meant_for`: `first` or, if that user does not read it, the next substitute who reads notices
    /// (DIS-4). Hours outside the own weekly ones are no absence: the notices have waited for these hours if they could. A user who has
    /// switched notices off gets none of the own work, and neither does anybody else.
    pub(crate) async fn reader_for(
        &self,
        wake_up: &WakeUp,
        dealer: &Dealer,
        (meant_for, first): (&UserId, &UserId),
        now: DateTime<Utc>,
    ) -> Result<SalesReader, Failure> {
        let settings = &dealer.settings;
        let mut tried: Vec<&UserId> = Vec::new();
        let mut next = Some(first);
        while let Some(id) = next.filter(|_| tried.len() < MOST_TRIED) {
            let user = self.platform.store.user(&wake_up.group, id).await?.filter(|user| user.is_here());
            match user {
                Some(user) if user.notices => return Ok(SalesReader::User(user)),
                Some(_) if id == meant_for => return Ok(SalesReader::Off),
                _ => tried.push(id),
            }
            next = settings.recipient_after(meant_for, &tried, now).filter(|id| !tried.contains(id));
        }
        Ok(SalesReader::Off)
    }
}
