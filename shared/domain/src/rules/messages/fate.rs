//! What happens after a mail was sent: reports of the provider, and the stops of messages to an address (MSG-1).

use crate::access::Scope;
use crate::appointment::Appointment;
use crate::base::{Actor, ChannelKey, DealerId, ElementId, Email, Medium, Refusal, ReportKind, Right, StopReason, Subject};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::lead::{Event, Lead, TimelineAction};
use crate::messages::{AddressState, Letter, Message, Report, Stop};
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
        let stop = Stop { kind, dealer: None, at: report.at, by: Actor::System, detail: report.detail.clone() };
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
    /// Its HMAC.
    pub key: &'a ChannelKey,
    /// What is stored about it.
    pub state: Option<&'a AddressState>,
}

/// The dealer whose messages a stop concerns: the customer answers one dealer's text messages, and the other reasons concern all.
pub fn dealer_of_stop(kind: StopReason, dealer: &DealerId) -> Option<DealerId> {
    (kind == StopReason::Stopped).then(|| dealer.clone())
}

/// Stops messages to an address of the customer, because the customer asked for it. `None` if they are stopped for this reason already.
///
/// # Errors
/// 422 if a user cannot record this reason.
pub fn stop(input: LeadInput<'_>, address: LeadAddress<'_>, kind: StopReason, note: Option<String>) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    if !matches!(kind, StopReason::Stopped | StopReason::Unsubscribed) {
        return Err(Refusal::field("reason", "MSG-1", "must be stopped or unsubscribed"));
    }
    let stop = Stop { kind, dealer: dealer_of_stop(kind, &dealer.id), at: now, by: by.clone(), detail: note.clone() };
    let stopped = AddressState::with_stop(address.state, address.key, stop);
    let event = Event::AddressStop { action: TimelineAction::Added, kind, to: address.address.to_owned(), note };
    Ok(stopped.map(|state| commit(lead.touched(now), by.clone(), vec![event], now).with(Item::AddressState(state))))
}

/// Whether the caller, who may work on the lead, may lift a stop for this reason.
pub fn may_lift(kind: StopReason, lead: &Lead, dealer: &Dealer, scope: &Scope) -> bool {
    let supervises = || scope.user_id() == Some(dealer.settings.supervisor_of(lead.owner.as_ref()));
    kind != StopReason::Complained || supervises() || scope.needs(Right::ChangeSettings).is_ok()
}

/// Refuses a message that a user writes to an address to which messages are stopped. It must not count as an answer to the customer.
///
/// # Errors
/// 409 with the reason, and what the user can do.
pub fn not_stopped(state: Option<&AddressState>, medium: Medium, dealer: &DealerId) -> Result<(), Refusal> {
    let detail = match state.and_then(|state| state.forbids(medium, dealer)) {
        None => return Ok(()),
        Some(StopReason::Bounced) => {
            "an earlier mail to this address came back; correct the address, or lift the stop if the address is right"
        }
        Some(StopReason::Complained) => {
            "the customer marked an earlier mail as unwanted; the supervisor of the owner or an administrator may lift the stop"
        }
        Some(_) => "the customer wants no text messages; lift the stop if the customer wants them again",
    };
    Err(Refusal::conflict("MSG-1", detail))
}

/// Permits messages to an address again. A complaint is lifted by those who decide for the owner: the owner's supervisor, or a user with
/// the right to change settings.
///
/// # Errors
/// 404 if the address does not have this stop; 403 if the caller may not lift it.
pub fn lift(input: LeadInput<'_>, address: LeadAddress<'_>, kind: StopReason, scope: &Scope) -> Result<Decision, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let lifted = address.state.and_then(|state| state.without_stop(kind, dealer_of_stop(kind, &dealer.id).as_ref(), by, now));
    let lifted = lifted.ok_or(Refusal::NotFound("stop"))?;
    if !may_lift(kind, lead, dealer, scope) {
        let detail = "the customer complained about a mail; only the supervisor of the owner or an administrator may permit mail again";
        return Err(Refusal::not_allowed(Right::ChangeSettings, "MSG-1", detail));
    }
    let event = Event::AddressStop { action: TimelineAction::Deleted, kind, to: address.address.to_owned(), note: None };
    Ok(commit(lead.touched(now), by.clone(), vec![event], now).with(Item::AddressState(lifted)))
}
