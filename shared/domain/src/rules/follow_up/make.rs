//! The creation of a follow-up (FUP-1).

use crate::base::text::{caseless, is_line};
use crate::base::{Actor, ChannelKey, ContactChannel, Country, Fault, FollowUpId, Refusal};
use crate::decision::{Decision, Item};
use crate::enquiry::{Person, RawContact, Vehicle};
use crate::follow_up::{Chain, ChainContext, FollowUp, FollowUpClaim, ServiceVisit, SkipReason, flags, identities};
use crate::settings::Dealer;
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::collections::BTreeSet;

/// The most days that the due date can be in the past, or in the future: a year, and two.
const PAST: u64 = 366;
const FUTURE: u64 = 2 * 366;

/// A follow-up to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewFollowUp {
    /// Its id, which derives from the sender's own id or from vehicle, job and due date.
    pub id: FollowUpId,
    /// The sender's own id, up to 200 characters.
    pub external_id: Option<String>,
    /// The contact.
    pub contact: Person,
    /// The contact's record in the directory, or the channel that would be it.
    pub contact_id: Option<ChannelKey>,
    /// The vehicle.
    pub vehicle: Vehicle,
    /// The type of the job as typed.
    pub job: String,
    /// The due date.
    pub due: NaiveDate,
    /// The earlier work on the vehicle.
    pub history: Vec<ServiceVisit>,
}

/// Checks a contact by the rules of the intake. It needs an e-mail address, a telephone number or a postal address.
///
/// # Errors
/// Every fault; their paths begin with `contact`.
pub fn read_contact(contact: &RawContact, country: Country) -> Result<Person, Vec<Fault>> {
    let person = contact.judged(country)?;
    if person.has_channel() || (person.street.is_some() && person.city.is_some()) {
        return Ok(person);
    }
    let detail = "must have an e-mail address, a telephone number, or a postal address with street and city";
    Err(vec![Fault::new("contact", "FUP-1", detail)])
}

impl NewFollowUp {
    /// Returns every fault that depends on the dealer's settings and the date.
    pub fn faults(&self, dealer: &Dealer, now: DateTime<Utc>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let settings = &dealer.settings.follow_ups;
        if settings.job_type(&self.job).is_none() {
            faults.push(Fault::new("job_type", "FUP-1", format!("must be one of {}", settings.job_names().join(", "))));
        }
        let today = dealer.settings.calendar.date_of(now);
        let first = today.checked_sub_days(Days::new(PAST)).unwrap_or(today);
        let last = today.checked_add_days(Days::new(FUTURE)).unwrap_or(today);
        if !(first..=last).contains(&self.due) {
            faults.push(Fault::new("due", "FUP-1", format!("must be from {first} to {last}: at most a year past and two years ahead")));
        }
        if identities(&self.vehicle).is_empty() {
            faults.push(Fault::new("vehicle", "FUP-1", "must have a plate or a vin"));
        }
        if self.external_id.as_deref().is_some_and(|id| !is_line(id, 200)) {
            faults.push(Fault::new("external_id", "FUP-1", "must be 1 to 200 characters in one line"));
        }
        if self.history.len() > FollowUp::VISITS {
            faults.push(Fault::new("history", "FUP-1", format!("must have at most {} entries", FollowUp::VISITS)));
        }
        for (i, visit) in self.history.iter().enumerate() {
            if visit.date > today {
                faults.push(Fault::new(format!("history[{i}].date"), "FUP-1", "must not be in the future"));
            }
        }
        faults
    }

    /// Whether `known`, which has the same id, has the same content, so that this is a repeat.
    pub fn is_repeat_of(&self, known: &FollowUp) -> bool {
        known.due == self.due && caseless(&known.job) == caseless(&self.job) && identities(&known.vehicle) == identities(&self.vehicle)
    }
}

/// Creates a follow-up with the claims on its vehicle and job. `claims` are the hashes of its [`identities`] with the job, each with the
/// follow-up that is stored under the hash, if any. `None` if it exists.
///
/// # Errors
/// 409 if another follow-up for the vehicle and job is open, or if the id was used for another vehicle, job or due date; 422 with every
/// fault.
pub fn make(
    new: &NewFollowUp,
    dealer: &Dealer,
    (known, claims): (Option<&FollowUp>, &[(String, Option<&FollowUp>)]),
    permits: &dyn Fn(ContactChannel) -> Result<(), SkipReason>,
    (by, now): (&Actor, DateTime<Utc>),
) -> Result<Option<(FollowUp, Decision)>, Refusal> {
    if let Some(known) = known {
        if known.erased.is_some() {
            return Err(Refusal::conflict("PRV-2", "the contact of this follow-up was erased"));
        }
        let detail = format!("the id is that of the follow-up {} with another vehicle, job or due date", known.id);
        return if new.is_repeat_of(known) { Ok(None) } else { Err(Refusal::conflict("FUP-1", detail)) };
    }
    let faults = new.faults(dealer, now);
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let settings = &dealer.settings.follow_ups;
    let job = settings.job_type(&new.job).unwrap_or(&new.job).to_owned();
    if let Some(open) = claims.iter().filter_map(|(_, claimed)| *claimed).find(|claimed| claimed.is_open()) {
        let detail = format!("the vehicle has an open follow-up for {job}: {}, due on {}", open.id, open.due);
        return Err(Refusal::conflict("FUP-1", detail));
    }
    let context = ChainContext { settings, job: &job, due: new.due, calendar: &dealer.settings.calendar, permits, now };
    let chain = Chain::begin(&context);
    let mut history = new.history.clone();
    history.sort_by_key(|visit| std::cmp::Reverse(visit.date));
    let follow_up = FollowUp {
        id: new.id.clone(),
        dealer: dealer.id.clone(),
        external_id: new.external_id.clone(),
        by: by.clone(),
        created: now,
        contact: new.contact.clone(),
        contact_id: new.contact_id.clone(),
        vehicle: new.vehicle.clone(),
        flags: flags(&new.vehicle),
        job,
        due: new.due,
        history,
        chain,
        wrong_numbers: BTreeSet::new(),
        contacts: Vec::new(),
        notes: Vec::new(),
        clearable: None,
        erased: None,
        version: 1,
        updated: now,
    };
    let claim = |(key, _): &(String, _)| Item::FollowUpClaim(FollowUpClaim { key: key.clone(), follow_up: new.id.clone() });
    let decision = claims.iter().map(claim).fold(Decision::default().with(Item::FollowUp(Box::new(follow_up.clone()))), Decision::with);
    Ok(Some((follow_up, decision)))
}
