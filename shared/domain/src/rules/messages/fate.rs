//! The effects of the provider's reports about sent mails, and the stops of messages to an address (MSG-1).

use crate::access::Scope;
use crate::appointment::Appointment;
use crate::base::{Actor, ChannelKey, DealerId, ElementId, Email, Medium, Purpose, Refusal, ReportKind, Right, StopReason, Subject};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::lead::{AddressStopped, Event, Lead, TimelineAction};
use crate::messages::{AddressState, Letter, Message, Report, Stop, Unwanted, unwanted};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// A report about a letter, with the items that it may change.
#[derive(Debug, Clone, Copy)]
pub struct ReportContext<'a> {
    /// The letter.
    pub letter: &'a Letter,
    /// The provider's id of the mail that the report is about.
    pub message_id: &'a str,
    /// The report.
    pub report: &'a Report,
    /// The address to which that mail was sent.
    pub address: &'a Email,
    /// Its HMAC.
    pub key: &'a ChannelKey,
    /// What is stored about the address.
    pub state: Option<&'a AddressState>,
    /// The appointment, if the letter is about one.
    pub appointment: Option<&'a Appointment>,
    /// The lead of the letter or of its appointment, with its dealer.
    pub lead: Option<(&'a Lead, &'a Dealer)>,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// Records a report of the provider: on the letter, if it is about the latest mail of the letter; as a stop of mail to the address, if the
/// address does not work or the customer complained; and on the timeline, if the mail did not arrive or was unwanted. A new stop notifies
/// the owner of the lead. `None` if the report adds nothing, as a repeated one.
pub fn report(context: ReportContext<'_>) -> Option<Decision> {
    let ReportContext { letter, message_id, report, address, key, state, appointment, lead, now } = context;
    let reported = letter.reported(message_id, address, report);
    let stop = report.kind.stops().and_then(|kind| {
        let stop = Stop { kind, dealer: None, at: report.at, by: Actor::System, detail: report.detail.clone(), lead: None };
        AddressState::with_stop(state, key, stop)
    });
    let failed = report.kind.is_failure();
    let is_new = reported.is_some() || stop.is_some();
    let noted = reported.as_ref().zip(appointment).and_then(|(letter, appointment)| {
        // An unclear letter is known to be sent now.
        let sent = appointment.with_notification(letter);
        let returned = matches!(report.kind, ReportKind::Bounced | ReportKind::Returned | ReportKind::Rejected);
        let unsent = returned.then(|| sent.as_ref().unwrap_or(appointment).with_notification_returned(letter)).flatten();
        unsent.or(sent).filter(|after| after != appointment)
    });
    let mut decision = Decision::default();
    if let Some((lead, dealer)) = lead.filter(|_| failed && is_new) {
        let element = matches!(letter.subject, Subject::Lead(_)).then(|| ElementId::parse(&letter.cause).ok()).flatten();
        let event = Event::MailReturned { kind: report.kind, to: address.to_string(), element, detail: report.detail.clone() };
        let lead = lead.touched(now);
        let notice = stop.is_some().then(|| {
            let complained = report.kind == ReportKind::Complained;
            Item::Message(Message::unreachable(&lead, dealer, address.to_string(), complained, now))
        });
        decision = commit(lead, Actor::System, vec![event], now).with_some(notice);
    }
    decision = decision.with_some(noted.map(|appointment| Item::Appointment(Box::new(appointment))));
    decision = decision.with_some(reported.map(|letter| Item::Letter(Box::new(letter))));
    decision = decision.with_some(stop.map(Item::AddressState));
    Some(decision).filter(|decision| !decision.items.is_empty())
}

/// An address of a lead's contact, with what is stored about it.
#[derive(Debug, Clone, Copy)]
pub struct LeadAddress<'a> {
    /// The address or number.
    pub address: &'a str,
    /// The medium that uses it.
    pub medium: Medium,
    /// Its HMAC.
    pub key: &'a ChannelKey,
    /// What is stored about it.
    pub state: Option<&'a AddressState>,
}

/// The dealer whose messages a stop concerns: the customer answers one dealer's text messages, and the other reasons concern all.
fn dealer_of_stop(kind: StopReason, dealer: &DealerId) -> Option<DealerId> {
    (kind == StopReason::Stopped).then(|| dealer.clone())
}

/// Stops messages to an address of the customer, because the customer asked for it. `None` if they are stopped for this reason already.
///
/// # Errors
/// 422 if a user cannot record this reason, or not for an address of this medium.
pub fn stop(input: LeadInput<'_>, address: LeadAddress<'_>, kind: StopReason, note: Option<String>) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    match (kind, address.medium) {
        (StopReason::Stopped, Medium::Sms) | (StopReason::Unsubscribed, Medium::Email) => {}
        (StopReason::Stopped, _) => {
            return Err(Refusal::field("address", "MSG-1", "must be a telephone number if the reason is stopped"));
        }
        (StopReason::Unsubscribed, _) => {
            return Err(Refusal::field("address", "MSG-1", "must be an e-mail address if the reason is unsubscribed"));
        }
        _ => return Err(Refusal::field("reason", "MSG-1", "must be stopped or unsubscribed")),
    }
    let of = dealer_of_stop(kind, &dealer.id);
    let stop = Stop { kind, dealer: of, at: now, by: by.clone(), detail: note.clone(), lead: Some(lead.id) };
    let stopped = AddressState::with_stop(address.state, address.key, stop);
    let event = Event::AddressStop(AddressStopped { action: TimelineAction::Added, kind, to: address.address.to_owned(), note });
    Ok(stopped.map(|state| commit(lead.touched(now), by.clone(), vec![event], now).with(Item::AddressState(state))))
}

/// Whether the caller, who may work on the lead, decides for its owner: the supervisor of the owner, or a user with the right to change
/// settings.
pub(super) fn decides_for_owner(lead: &Lead, dealer: &Dealer, scope: &Scope) -> bool {
    scope.user_id() == Some(dealer.settings.supervisor_of(lead.owner.as_ref())) || scope.needs(Right::ChangeSettings).is_ok()
}

/// Whether the customer or a user of another dealer made the stop. `origin` is the lead with which it was recorded, if that still exists;
/// without one, it is of the dealer whose member recorded it.
fn is_foreign(stop: &Stop, origin: Option<&Lead>, dealer: &Dealer) -> bool {
    match (&stop.by, origin) {
        (Actor::System, _) => false,
        (Actor::User(_), Some(lead)) => lead.dealer != dealer.id,
        (Actor::User(user), None) => dealer.settings.member(user).is_none() && *user != dealer.settings.admin_user,
        (Actor::Customer | Actor::Partner(_) | Actor::Unknown, _) => true,
    }
}

/// Whether the caller, who may work on the lead, may lift a stop. A complaint, and a stop that the customer or a user of another dealer
/// made, are lifted by those who decide for the owner. `origin` is the lead with which the stop was recorded, if that still exists.
pub fn may_lift(stop: &Stop, origin: Option<&Lead>, (lead, dealer): (&Lead, &Dealer), scope: &Scope) -> bool {
    let is_protected = stop.kind == StopReason::Complained || is_foreign(stop, origin, dealer);
    !is_protected || decides_for_owner(lead, dealer, scope)
}

/// Refuses a message that a user writes to an address to which messages are stopped, or for a purpose to which the customer did not agree
/// (PRV-6). It must not count as an answer to the customer.
///
/// # Errors
/// 409 with the reason, and what the user can do.
pub fn not_stopped(state: Option<&AddressState>, medium: Medium, purpose: Purpose, dealer: &DealerId) -> Result<(), Refusal> {
    let (rule, detail) = match unwanted(state, medium, purpose, dealer) {
        None => return Ok(()),
        Some(Unwanted::Stopped(StopReason::Bounced)) => {
            ("MSG-1", "an earlier mail to this address came back; correct the address, or lift the stop if the address is right")
        }
        Some(Unwanted::Stopped(StopReason::Complained)) => {
            ("MSG-1", "the customer marked an earlier mail as unwanted; the supervisor of the owner or an administrator may lift the stop")
        }
        Some(Unwanted::Stopped(StopReason::Unsubscribed)) => (
            "PRV-6",
            "the customer unsubscribed from advertising and service mails; lift the stop and record the consent if the customer wants them again",
        ),
        Some(Unwanted::Stopped(_)) => ("MSG-1", "the customer wants no text messages; lift the stop if the customer wants them again"),
        Some(Unwanted::Withdrawn) => {
            ("PRV-6", "the customer refused messages of this purpose; record a new consent if the customer wants them")
        }
        Some(Unwanted::NotGranted) => ("PRV-6", "the customer did not agree to advertising; record the consent first"),
    };
    Err(Refusal::conflict(rule, detail))
}

/// The end of a stop that a user asks for.
#[derive(Debug, Clone, Copy)]
pub struct LiftRequest<'a> {
    /// The stop.
    pub stop: &'a Stop,
    /// The lead with which the stop was recorded, if that still exists.
    pub origin: Option<&'a Lead>,
    /// How the customer asked for messages again.
    pub note: Option<&'a str>,
    /// The caller.
    pub scope: &'a Scope,
}

/// Ends a stop of an address, if [`may_lift`] lets the caller. The end of a stop that the customer or a user of another dealer made needs a
/// note. The other stops of the address stay.
///
/// # Errors
/// 404 if the address does not have this stop; 403 if the caller may not lift it; 422 if the note is missing.
pub fn lift(input: LeadInput<'_>, address: LeadAddress<'_>, request: LiftRequest<'_>) -> Result<Decision, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let LiftRequest { stop, origin, note, scope } = request;
    let missing = || Refusal::NotFound("stop");
    let state = address.state.ok_or_else(missing)?;
    let is_foreign = is_foreign(stop, origin, dealer);
    if !may_lift(stop, origin, (lead, dealer), scope) {
        let detail = match is_foreign {
            true => {
                "the customer or another dealer stopped these messages; only the supervisor of the owner or an administrator may permit them again"
            }
            false => "the customer complained about a mail; only the supervisor of the owner or an administrator may permit mail again",
        };
        return Err(Refusal::not_allowed(Right::ChangeSettings, "MSG-1", detail));
    }
    if is_foreign && note.is_none() {
        return Err(Refusal::field("note", "MSG-1", "is required: how the customer asked for messages again"));
    }
    let lifted = state.without_stop(stop, by, now).ok_or_else(missing)?;
    let note = note.map(str::to_owned);
    let event =
        Event::AddressStop(AddressStopped { action: TimelineAction::Deleted, kind: stop.kind, to: address.address.to_owned(), note });
    Ok(commit(lead.touched(now), by.clone(), vec![event], now).with(Item::AddressState(lifted)))
}
