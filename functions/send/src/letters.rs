//! Letters to customers: leased, checked again, sent at most once, and recorded with the appointment in one transaction (MSG-1, APT-3).

use crate::budgets::budgets;
use crate::carrier::{Sms, Undelivered};
use crate::customer_link::booked_by;
use crate::mail::{Addressee, Envelope, Mail};
use crate::reports::Reported;
use crate::sender::Sender;
use crate::tag::{MailTags, Tagged};
use crate::texts::LetterSubject;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Admission, Appointment, LetterClaim};
use forecourt_domain::base::{ChannelKey, DealerId, EventId, Language, LeadId, Medium, Purpose, ReportKind, Subject};
use forecourt_domain::bookings::BookingWatch;
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::{Letter, Report, SuppressionReason, unwanted};
use forecourt_domain::settings::Dealer;
use forecourt_domain::texts::DealerTexts;
use forecourt_edge::auth::link::{self, UnsubscribeLink};
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::lead::enquiry_key;
use forecourt_edge::usecase::letter::salesperson_of;
use forecourt_edge::usecase::{letter, thread};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded, Secret};

/// The id of a mail that a mail server refused, because it has none of a provider.
const REFUSED: &str = "refused";

/// A leased letter with the data to write it.
pub(crate) struct ClaimedLetter {
    scope: Scope,
    pub(crate) letter: Letter,
    pub(crate) dealer: Dealer,
    pub(crate) appointment: Option<Appointment>,
    /// The lead's event that represents the appointment.
    pub(crate) event: Option<CalendarEvent>,
    pub(crate) lead: Option<Lead>,
    /// The dealer's own texts.
    texts: Option<DealerTexts>,
    /// The link to the customer's page of the appointment.
    page: Option<String>,
    /// The name of the salesperson of the appointment.
    salesperson: String,
    to: Destination,
    due: Option<DateTime<Utc>>,
}

/// The destination of a letter.
pub(crate) enum Destination {
    /// A mail address.
    Mail(Addressee),
    /// A telephone number in E.164, and the language of its customer.
    Phone(String, Language),
}

impl Destination {
    /// The mail address or telephone number.
    pub(crate) fn address(&self) -> &str {
        match self {
            Destination::Mail(to) => to.address.as_str(),
            Destination::Phone(number, _) => number,
        }
    }

    /// The keys of what is stored about the address.
    pub(crate) fn channels(&self, secret: &Secret, scope: &Scope) -> Vec<ChannelKey> {
        match self {
            Destination::Mail(to) => letter::mail_channels(secret, scope, &to.address),
            Destination::Phone(number, _) => vec![secret.channel(scope, number)],
        }
    }

    fn medium(&self) -> Medium {
        match self {
            Destination::Mail(_) => Medium::Email,
            Destination::Phone(..) => Medium::Sms,
        }
    }
}

impl Sender {
    /// Sends a letter that is due, and records its delivery state.
    pub(crate) async fn send_letter(&self, wake_up: &WakeUp, subject: &Subject, cause: &str) -> Result<(), Failure> {
        let Some(claimed) = self.claim_letter(wake_up, subject, cause).await? else { return Ok(()) };
        let now = self.platform.clock.now();
        let delivered = Box::pin(self.deliver(&claimed, now)).await;
        if let Err(undelivered) = &delivered {
            // The provider's message names the customer: it is stored with the letter and not logged.
            tracing::warn!(function = self.platform.function, about = wake_up.about(), retry = ?undelivered.retry(), "letter not delivered");
        } else {
            self.platform.metrics.note_lag(Metric::SendLag, claimed.due, now);
        }
        let letter = match delivered {
            Err(Undelivered::Refused(why)) => return self.record_refused(wake_up, &claimed, &why.to_string(), now).await,
            Ok(provider_id) => claimed.letter.sent(provider_id, now),
            Err(undelivered) => claimed.letter.failed(undelivered.why(), undelivered.retry(), now),
        };
        if letter.undelivered_since().is_some() {
            self.platform.metrics.note(Metric::MailFailed, &[1.0], now);
        }
        // If recording fails, the letter counts as unclear: use the long retry budget.
        let load = Load::of(own_keys(subject, cause)).with_long_retry();
        let rule = |loaded: &Loaded, _| {
            if loaded.letter(subject, cause).is_none_or(|stored| stored.state != claimed.letter.state) {
                return Ok((None, ()));
            }
            let notified = appointment(subject, loaded).and_then(|appointment| appointment.with_notification(&letter));
            let decision = Decision::default().with(Item::Letter(Box::new(letter.clone())));
            Ok((Some(decision.with_some(notified.map(|appointment| Item::Appointment(Box::new(appointment))))), ()))
        };
        self.platform.store.decide(&wake_up.scope(), load, rule).await
    }

    /// Records that a mail server refused the address of a letter: as a bounce of the provider (MSG-1). `why` has its words.
    async fn record_refused(&self, wake_up: &WakeUp, claimed: &ClaimedLetter, why: &str, now: DateTime<Utc>) -> Result<(), Failure> {
        let Destination::Mail(to) = &claimed.to else { return Ok(()) };
        let (Letter { subject, cause, .. }, report) = (&claimed.letter, Report::new(ReportKind::Bounced, now, Some(why)));
        let key = self.platform.store.secret().channel(&claimed.scope, &to.address.key());
        let reported = Reported { report: &report, message_id: REFUSED, address: &to.address, key };
        let rule = |loaded: &Loaded, _| {
            let ours = loaded.letter(subject, cause).is_some_and(|stored| stored.state == claimed.letter.state);
            let refused = ours.then(|| reported.decided(&claimed.letter.sent(REFUSED.to_owned(), now), loaded, now)).flatten();
            Ok((refused, ()))
        };
        Box::pin(self.platform.store.decide(&wake_up.scope(), reported.load_with(subject, cause).with_long_retry(), rule)).await
    }

    async fn claim_letter(&self, wake_up: &WakeUp, subject: &Subject, cause: &str) -> Result<Option<ClaimedLetter>, Failure> {
        let (now, scope) = (self.platform.clock.now(), wake_up.scope());
        let load = Load::of(own_keys(subject, cause).into_iter().chain([Key::Dealer(wake_up.dealer.clone())])).then(|loaded| {
            let lead = lead_of(subject, loaded).into_iter().flat_map(|lead| [Key::Lead(lead), enquiry_key(loaded, lead)]);
            let invitation = booked_by(subject, loaded).map(|(lead, invitation)| Key::Invitation(lead, invitation));
            let event = event_of(subject, loaded).map(|(lead, event)| Key::Event(lead, event));
            let budgets = self.budget_keys(wake_up, loaded, (subject, cause), now);
            let dealer = loaded.dealer(&dealer_of(wake_up, subject, loaded));
            let held =
                appointment(subject, loaded).zip(dealer).filter(|(booking, dealer)| booking.affected(&dealer.settings, now).is_some());
            let budgets = budgets.into_iter().chain(held.map(|(_, dealer)| Key::BookingWatch(dealer.id.clone())));
            // A letter about a lead has its text.
            let texts = appointment(subject, loaded).map(|booking| Key::DealerTexts(booking.dealer.clone()));
            let budgets = budgets.chain(texts);
            let budgets = budgets.chain(appointment(subject, loaded).and_then(|booking| booking.user.clone()).map(Key::User));
            let erasure = lead_of(subject, loaded).and_then(|lead| loaded.lead(lead)).and_then(|lead| lead.erasure.clone());
            let budgets = budgets.chain(erasure.map(Key::Erasure));
            lead.chain([Key::Dealer(dealer_of(wake_up, subject, loaded))]).chain(event).chain(invitation).chain(budgets).collect()
        });
        let rule = |loaded: &Loaded, _| {
            let nothing = (None, None);
            let dealer = loaded.dealer(&dealer_of(wake_up, subject, loaded));
            let (Some(letter), Some(dealer)) = (loaded.letter(subject, cause), dealer) else { return Ok((None, nothing)) };
            let appointment = appointment(subject, loaded);
            let lead = lead_of(subject, loaded).and_then(|lead| loaded.lead(lead));
            let decided = |letter: Letter| Decision::default().with(Item::Letter(Box::new(letter)));
            let leased = match letter.claim(appointment, &dealer.settings, now) {
                None => return Ok((None, nothing)),
                Some(LetterClaim::Settle(settled)) => {
                    // A booking is also affected if its lead goes to an absent owner: the letter that is held starts the notices.
                    let held = appointment.is_some_and(|booking| booking.affected(&dealer.settings, now).is_some());
                    let watch = loaded.booking_watch(&dealer.id);
                    let starts =
                        held && loaded.requested(&Key::BookingWatch(dealer.id.clone())) && watch.is_none_or(|watch| watch.due.is_none());
                    let watch = starts.then(|| Item::BookingWatch(BookingWatch::started(watch, &dealer.id, now)));
                    return Ok((Some(decided(settled).with_some(watch)), nothing));
                }
                Some(LetterClaim::Send(leased)) => leased,
            };
            if let Some(why) = letter.outdated_instant(lead, &dealer.settings, now) {
                return Ok((Some(decided(letter.suppressed(why, now))), nothing));
            }
            if letter.is_of_ended_plan(lead) {
                return Ok((Some(decided(letter.suppressed(SuppressionReason::NoLongerSo, now))), nothing));
            }
            // The contact may be erased from the lead only some minutes after the order (PRV-2).
            let is_erased = is_being_erased(lead, loaded);
            let to = if is_erased { None } else { recipient(&leased, appointment, lead, loaded, dealer) };
            let to = permitted(to, dealer);
            let to = to.and_then(|to| self.unstopped(&scope, (to, letter.purpose), loaded, dealer));
            let (leased, to) = match to.and_then(|to| Ok((leased.addressed(to.address(), appointment)?, to))) {
                Err(why) => return Ok((Some(decided(letter.suppressed(why, now))), nothing)),
                Ok(leased) => leased,
            };
            let budgets = budgets(self.platform.store.secret(), &scope, dealer, (&to, letter.instant));
            let shares = letter.shares(&budgets, |name| loaded.usage(name), now);
            let used = |decision: Decision| shares.used.iter().cloned().map(Item::Usage).fold(decision, Decision::with);
            match shares.admission {
                Admission::Now => {}
                // An automatic answer of tomorrow would be of no use.
                Admission::At(_) | Admission::Never if letter.instant => {
                    return Ok((Some(decided(letter.suppressed(SuppressionReason::Limit, now))), nothing));
                }
                Admission::At(from) => {
                    let waiting = Letter { counted: shares.counted.clone(), ..letter.waiting(from, appointment, &dealer.settings) };
                    return Ok((Some(used(decided(waiting))), (None, Some(dealer.id.clone()))));
                }
                Admission::Never => return Ok((Some(decided(letter.over_budget(now))), (None, Some(dealer.id.clone())))),
            }
            let leased = Letter { counted: shares.counted.clone(), ..leased };
            let (due, dealer) = (letter.due(), dealer.clone());
            // Until the result is known, the customer counts as possibly notified.
            let notifying = appointment.and_then(|appointment| appointment.with_notification_leased(&leased));
            let asked = self.question(&scope, (&leased, appointment), (&to, loaded), now).map(Item::AddressState);
            let notifying = notifying.map(|appointment| Item::Appointment(Box::new(appointment)));
            let decision = used(decided(leased.clone())).with_some(notifying).with_some(asked);
            let (appointment, lead) = (appointment.cloned(), lead.cloned());
            let event = event_of(subject, loaded).and_then(|(lead, event)| loaded.event(lead, &event)).cloned();
            let page = self.page_of(&scope, subject, &to, loaded);
            let salesperson = appointment.as_ref().map(|booking| salesperson_of(booking, &dealer, loaded)).unwrap_or_default().to_owned();
            let texts = loaded.dealer_texts(&dealer.id).cloned();
            let letter = leased;
            let claimed =
                ClaimedLetter { scope: scope.clone(), letter, dealer, appointment, event, lead, texts, page, salesperson, to, due };
            Ok((Some(decision), (Some(claimed), None)))
        };
        let (claimed, over_budget) = Box::pin(self.platform.store.decide(&scope, load, rule)).await?;
        if let Some(dealer) = over_budget {
            // The operator changes the limits of a dealer (SET-12).
            let (group, dealer) = (wake_up.group.as_str(), dealer.as_str());
            tracing::warn!(function = self.platform.function, group, dealer, about = wake_up.about(), "a limit of letters is used up");
            self.platform.metrics.note(Metric::OverBudget, &[1.0], now);
        }
        Ok(claimed)
    }

    /// Returns the keys of the budgets and of the stops of a letter that is about to be sent, as far as its recipient is known.
    fn budget_keys(&self, wake_up: &WakeUp, loaded: &Loaded, (subject, cause): (&Subject, &str), now: DateTime<Utc>) -> Vec<Key> {
        let dealer = loaded.dealer(&dealer_of(wake_up, subject, loaded));
        let (Some(letter), Some(dealer)) = (loaded.letter(subject, cause), dealer) else { return Vec::new() };
        let appointment = appointment(subject, loaded);
        let Some(LetterClaim::Send(letter)) = letter.claim(appointment, &dealer.settings, now) else { return Vec::new() };
        let lead = lead_of(subject, loaded).and_then(|lead| loaded.lead(lead));
        let Some(to) = recipient(&letter, appointment, lead, loaded, dealer) else { return Vec::new() };
        let (secret, scope) = (self.platform.store.secret(), wake_up.scope());
        let names = budgets(secret, &scope, dealer, (&to, letter.instant)).into_iter().map(|(name, _)| Key::Usage(name));
        names.chain(to.channels(secret, &scope).into_iter().map(Key::AddressState)).collect()
    }

    /// Returns the destination unless messages to it are stopped, or the customer does not want messages of the purpose (MSG-1, PRV-6).
    fn unstopped(
        &self,
        scope: &Scope,
        (to, purpose): (Destination, Purpose),
        loaded: &Loaded,
        dealer: &Dealer,
    ) -> Result<Destination, SuppressionReason> {
        let state = letter::state_of(&to.channels(self.platform.store.secret(), scope), loaded);
        match unwanted(state.as_ref(), to.medium(), purpose, &dealer.id) {
            Some(why) => Err(why.into()),
            None => Ok(to),
        }
    }

    async fn deliver(&self, claimed: &ClaimedLetter, now: DateTime<Utc>) -> Result<String, Undelivered> {
        let ClaimedLetter { scope, letter, dealer, appointment, event, lead, texts, page, salesperson, to, .. } = claimed;
        let about = LetterSubject {
            appointment: appointment.as_ref(),
            event: event.as_ref(),
            lead: lead.as_ref(),
            page: page.as_deref(),
            salesperson,
            texts: texts.as_ref(),
        };
        let id = match &letter.subject {
            Subject::Lead(lead) => format!("{lead}.{}", letter.cause),
            Subject::Appointment(id) => format!("{id}.{}", letter.cause),
        };
        match to {
            Destination::Mail(to) => {
                let envelope = Envelope { id: &id, to, dealer, now };
                let mut mail = self.texts.letter(envelope, letter, about).map_err(|e| Undelivered::Never(e.into()))?;
                if let Some(lead) = lead {
                    self.put_in_thread(&mut mail, scope, lead.id, letter);
                }
                let tagged = Tagged::Letter(letter.subject.clone(), letter.cause.clone());
                mail.tags = MailTags::of(self.platform.store.secret(), scope, &tagged);
                mail.attachments = self.attachments(claimed, to, scope).await?;
                mail.auto_reply = letter.instant;
                mail.by_user = letter.is_by_user();
                if let Subject::Lead(lead) = letter.subject
                    && !letter.purpose.is_contract()
                {
                    let key = self.platform.store.secret().channel(scope, &to.address.key());
                    let link = UnsubscribeLink { dealer: dealer.id.clone(), key, lead };
                    mail = mail.with_unsubscription(link::of_unsubscription(&self.platform, scope.group(), &link), &to.language, dealer);
                }
                self.carrier.carry(&mail).await
            }
            Destination::Phone(number, language) => {
                let text = self.texts.sms(dealer, letter, about, language).map_err(|e| Undelivered::Never(e.into()))?;
                let from = dealer.settings.text_number.clone();
                self.carrier.carry_sms(&Sms { id, to: number.clone(), from, text, at: now }).await
            }
        }
    }
}

impl Sender {
    /// Makes the answer to a mail about a lead join the lead (LEAD-3): it goes to the lead's reply address, and names the id of the lead's
    /// thread. SES replaces the id of each mail, so the thread has an id of its own, which answers repeat.
    fn put_in_thread(&self, mail: &mut Mail, scope: &Scope, lead: LeadId, letter: &Letter) {
        if let Some(address) = thread::reply_address(&self.platform, scope, lead) {
            mail.reply_to = Some(address.wire());
        }
        mail.in_reply_to.clone_from(&letter.in_reply_to);
        mail.references = thread::id(&self.platform, scope, lead).into_iter().chain(letter.in_reply_to.clone()).collect();
    }
}

/// The keys of the letter and of its appointment.
pub(crate) fn own_keys(subject: &Subject, cause: &str) -> Vec<Key> {
    let appointment = match subject {
        Subject::Appointment(id) => Some(Key::Appointment(id.clone())),
        Subject::Lead(_) => None,
    };
    appointment.into_iter().chain([Key::Letter(subject.clone(), cause.to_owned())]).collect()
}

pub(crate) fn appointment<'a>(subject: &Subject, loaded: &'a Loaded) -> Option<&'a Appointment> {
    match subject {
        Subject::Appointment(id) => loaded.appointment(id),
        Subject::Lead(_) => None,
    }
}

/// The lead's event that represents the appointment.
fn event_of(subject: &Subject, loaded: &Loaded) -> Option<(LeadId, EventId)> {
    let appointment = appointment(subject, loaded)?;
    appointment.lead.zip(appointment.event.clone())
}

/// The dealer that sends the letter: the current dealer of the appointment.
fn dealer_of(wake_up: &WakeUp, subject: &Subject, loaded: &Loaded) -> DealerId {
    appointment(subject, loaded).map_or_else(|| wake_up.dealer.clone(), |appointment| appointment.dealer.clone())
}

pub(crate) fn lead_of(subject: &Subject, loaded: &Loaded) -> Option<LeadId> {
    match subject {
        Subject::Lead(lead) => Some(*lead),
        Subject::Appointment(_) => appointment(subject, loaded)?.lead,
    }
}

/// Whether the erasure of a contact of the lead is ordered and not done.
fn is_being_erased(lead: Option<&Lead>, loaded: &Loaded) -> bool {
    let order = lead.and_then(|lead| lead.erasure.as_deref()).and_then(|id| loaded.erasure(id));
    order.is_some_and(|order| order.done_at.is_none())
}

/// The current recipient, in the letter's medium.
fn recipient(
    letter: &Letter,
    appointment: Option<&Appointment>,
    lead: Option<&Lead>,
    loaded: &Loaded,
    dealer: &Dealer,
) -> Option<Destination> {
    let (name, reached) = letter::recipient(letter, appointment, lead, loaded);
    let of_dealer = || appointment.map_or(&dealer.settings.language, |appointment| appointment.language_at(dealer)).clone();
    let language = reached.language.unwrap_or_else(of_dealer);
    match letter.medium {
        Medium::Email => Some(Destination::Mail(Addressee::customer(name, reached.email?, language))),
        Medium::Sms => Some(Destination::Phone(reached.phone?.texted()?.to_owned(), language)),
        // A release that has this medium sends the letter.
        Medium::Unknown => None,
    }
}

/// Returns the destination if the dealer sends letters there (SET-12).
///
/// # Errors
/// The reason why it sends none.
fn permitted(to: Option<Destination>, dealer: &Dealer) -> Result<Destination, SuppressionReason> {
    match to {
        None => Err(SuppressionReason::NoAddress),
        Some(Destination::Phone(number, _)) if !dealer.settings.may_text(&number) => Err(SuppressionReason::Country),
        Some(to) => Ok(to),
    }
}
