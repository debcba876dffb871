//! The open leads of an appointment's customer, found by the contact directory (APT-8).

use crate::creation::person;
use crate::view::knows_leads;
use chrono::{DateTime, Utc};
use forecourt_domain::access::{AccessEvent, AccessRecord, Scope};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Actor, AppointmentKind, AppointmentOrigin, LeadId, Refusal, Right};
use forecourt_domain::bookings::Despite;
use forecourt_domain::decision::{Item, LeadInput};
use forecourt_domain::directory::{ChannelKind, Contact, find_person};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::appointment::{self, AppointmentContext, ChangedAppointment, Customer};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::Call;
use forecourt_edge::usecase::directory::{self, PersonChannels, leads_of};
use forecourt_edge::usecase::lead::{days_of, enquiry_key, enquiry_of};
use forecourt_edge::usecase::pool;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use serde::Serialize;
use utoipa::ToSchema;

/// An open lead of the customer to which the appointment can be linked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProposedLeadView {
    /// Id of the lead.
    pub id: String,
    /// The lead's number in the form that people read out.
    pub number: String,
    /// The vehicle asked for; empty if none is known.
    pub vehicle: String,
    /// The status: `in_progress`.
    pub status: &'static str,
    /// When the enquiry arrived.
    pub created_at: DateTime<Utc>,
}

impl ProposedLeadView {
    pub(crate) fn of(lead: &Lead) -> Self {
        let (id, number) = (lead.id.to_string(), lead.id.spoken());
        Self { id, number, vehicle: lead.vehicle.clone(), status: lead.status.name(), created_at: lead.arrived }
    }
}

/// The search for the open leads of a customer at a dealer.
#[derive(Clone, Copy)]
pub(crate) struct LeadFinder<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) scope: &'a Scope,
    /// The channels of the customer.
    pub(crate) channels: &'a PersonChannels,
}

/// Whether an appointment is linked to an open lead of its customer. A workshop booking belongs to no enquiry, and a past appointment
/// answers none.
pub(crate) fn is_linked(kind: AppointmentKind, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    kind != AppointmentKind::Workshop && at > now
}

impl LeadFinder<'_> {
    /// Returns the customer's record in the directory.
    fn record(&self, loaded: &Loaded) -> Option<Contact> {
        let found = find_person(&directory::known(loaded, self.channels), self.channels.name.as_ref(), "")?;
        // The record of a person who is not known yet lists no leads.
        Some(found.contact)
    }

    /// Returns the leads that the record lists: the latest ones, at any dealer.
    fn listed(record: &Contact, dealer: &Dealer) -> Vec<LeadId> {
        let latest = record.latest.get(&dealer.id).copied().filter(|latest| !record.leads.contains(latest));
        latest.into_iter().chain(leads_of(record, None)).collect()
    }

    /// Returns the keys that the search needs next, as far as they follow from `loaded`: the channels, the record, at most 26 leads, and
    /// the enquiries of those whose main contact is another person.
    pub(crate) fn keys(&self, loaded: &Loaded, dealer: &Dealer) -> Vec<Key> {
        let mut keys: Vec<Key> = self.channels.keys().chain(directory::records(loaded, self.channels)).collect();
        if let Some(record) = self.record(loaded) {
            let listed = Self::listed(&record, dealer);
            keys.extend(listed.iter().copied().map(Key::Lead));
            let others = listed.iter().filter_map(|id| loaded.lead(*id));
            let others = others.filter(|lead| lead.takes_appointment(dealer) && lead.contact_id.as_ref() != Some(&record.id));
            keys.extend(others.map(|lead| enquiry_key(loaded, lead.id)));
        }
        keys
    }

    /// Returns the open leads of the customer at `dealer`, newest first.
    pub(crate) fn open_leads<'l>(&self, loaded: &'l Loaded, dealer: &Dealer) -> Vec<&'l Lead> {
        let Some(record) = self.record(loaded) else { return Vec::new() };
        let listed = Self::listed(&record, dealer).into_iter().filter_map(|id| loaded.lead(id));
        let fits = |lead: &&Lead| {
            lead.takes_appointment(dealer) && (lead.contact_id.as_ref() == Some(&record.id) || self.is_contact_of(lead, loaded, dealer))
        };
        let mut leads: Vec<&Lead> = listed.filter(fits).collect();
        leads.sort_by_key(|lead| std::cmp::Reverse((lead.arrived, lead.id)));
        leads
    }

    /// Whether the customer is a contact of the lead: with a channel of the customer, and a name that agrees. A shared number with another
    /// name is another person (INT-6).
    fn is_contact_of(&self, lead: &Lead, loaded: &Loaded, dealer: &Dealer) -> bool {
        lead.people(enquiry_of(loaded, lead)).iter().any(|contact| {
            let theirs = directory::channels(self.platform, self.scope, dealer, &contact.person);
            let agrees = self.channels.name.as_ref().zip(theirs.name.as_ref()).is_none_or(|(own, their)| own.agrees(their));
            let mut personal = theirs.all.iter().filter(|channel| channel.kind != ChannelKind::Switchboard);
            agrees && personal.any(|channel| self.channels.has(&channel.key))
        })
    }
}

/// Returns the leads that the requester may see, as proposals. A partner other than the contact centre's system sees none.
pub(crate) fn proposed(scope: &Scope, leads: &[&Lead], dealer: &Dealer, now: DateTime<Utc>) -> Vec<ProposedLeadView> {
    let reads = scope.needs(Right::ReadLeads).is_ok();
    let sees = |lead: &&&Lead| knows_leads(scope) && (!reads || scope.needs_on(Right::ReadLeads, lead, &dealer.settings, now).is_ok());
    leads.iter().filter(sees).map(|lead| ProposedLeadView::of(lead)).collect()
}

/// Returns the record of the access log for a requester who may find leads but not read them: the response shows which open leads a
/// customer has, as a search does (ACC-1). `None` if it shows none.
pub(crate) fn search_record(scope: &Scope, dealer: &Dealer, found: Vec<LeadId>, (id, at): (String, DateTime<Utc>)) -> Option<Item> {
    let finds = knows_leads(scope) && scope.needs(Right::ReadLeads).is_err() && !found.is_empty();
    let event = AccessEvent::LeadSearch { dealer: dealer.id.clone(), term: "appointment".to_owned(), found };
    finds.then(|| Item::AccessRecord(Box::new(AccessRecord { id, at, by: scope.actor(), event, notice: None })))
}

/// Refuses a lead that the requester may not use: users need to see it, the contact centre may use every lead of the dealer, and a
/// dealer's own system the leads that it sent (ACC-1). The refusal does not reveal whether the lead exists.
pub(crate) fn may_use(scope: &Scope, id: LeadId, dealer: &Dealer, loaded: &Loaded, now: DateTime<Utc>) -> Result<(), Refusal> {
    let (by, origin) = (scope.actor(), scope.makes_appointments()?.0);
    let may_use = |lead: &&Lead| {
        let reads = scope.needs(Right::ReadLeads).is_ok();
        if origin == AppointmentOrigin::DealerSystem {
            return loaded.entry(lead.id, 1).is_some_and(|entry| entry.by == by);
        }
        !reads || scope.needs_on(Right::ReadLeads, lead, &dealer.settings, now).is_ok()
    };
    let here = loaded.lead(id).filter(|lead| lead.dealer == dealer.id).filter(may_use);
    here.map(|_| ()).ok_or_else(|| Refusal::field("lead", "APT-1", format!("must be a lead of {}", dealer.id)))
}

/// Returns the leads that a user who may read leads can choose for an appointment without one. Reads nothing if it has a lead, is over or
/// is cancelled.
pub(crate) async fn proposals(
    platform: &Platform,
    scope: &Scope,
    appointment: &Appointment,
    dealer: &Dealer,
    now: DateTime<Utc>,
) -> Result<Vec<ProposedLeadView>, Failure> {
    let works = scope.user_id().is_some() && scope.needs(Right::ReadLeads).is_ok() && scope.needs(Right::WorkAppointments).is_ok();
    let open = appointment.lead.is_none() && !appointment.state.is_cancelled() && is_linked(appointment.kind, appointment.at, now);
    if !works || !open {
        return Ok(Vec::new());
    }
    let channels = channels_of(platform, scope, appointment, dealer);
    let finder = LeadFinder { platform, scope, channels: &channels };
    let load = Load::of(channels.keys()).then(|loaded| finder.keys(loaded, dealer));
    let loaded = platform.store.load(scope, &load).await?;
    Ok(proposed(scope, &finder.open_leads(&loaded, dealer), dealer, now))
}

/// Returns the channels of the customer of an appointment.
fn channels_of(platform: &Platform, scope: &Scope, appointment: &Appointment, dealer: &Dealer) -> PersonChannels {
    let customer = Customer { name: Some(appointment.customer.clone()), reached: appointment.reached.clone(), known: Vec::new() };
    directory::channels(platform, scope, dealer, &person(&customer))
}

/// A request that links an appointment to a lead.
pub(crate) struct LinkRequest<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) call: &'a Call,
    /// The id of the record of the search in the access log.
    pub(crate) search: String,
}

impl LinkRequest<'_> {
    /// Returns the keys that [`Self::link`] needs: the lead with its first entry, the leads of the customer, the pool, the days of the
    /// salesperson, and the record of the access log.
    pub(crate) fn keys(&self, loaded: &Loaded, appointment: &Appointment, id: LeadId, by: &Actor) -> Vec<Key> {
        let Call { scope, now, .. } = self.call;
        let Some(dealer) = loaded.dealer(&appointment.dealer) else { return Vec::new() };
        let days = loaded.lead(id).into_iter().flat_map(|lead| {
            days_of(|days| {
                let context = AppointmentContext { dealer, lead: Some(lead), event: None, days, by, despite: Despite::UNSTATED, now: *now };
                appointment::link(&context, appointment, false)
            })
        });
        let channels = channels_of(self.platform, scope, appointment, dealer);
        let finder = LeadFinder { platform: self.platform, scope, channels: &channels };
        let own = [Key::Lead(id), Key::Entry(id, 1), Key::AccessRecord(*now, self.search.clone())];
        own.into_iter().chain(finder.keys(loaded, dealer)).chain(pool::keys(loaded, id)).chain(days).collect()
    }

    /// Links the appointment to the lead `id`. `loaded` has the items of [`Self::keys`].
    ///
    /// # Errors
    /// 422 if the requester may not use the lead. A partner other than the contact centre's system names leads with a new appointment only:
    /// it must not notice that an appointment has a lead (ACC-1). 409 if the lead is of another customer, or if the salesperson may not
    /// take it before the oldest lead of the pool.
    pub(crate) fn link(
        &self,
        (context, before): (&AppointmentContext<'_>, &Appointment),
        id: LeadId,
        loaded: &Loaded,
    ) -> Result<Option<ChangedAppointment>, Refusal> {
        let AppointmentContext { dealer, by, now, .. } = *context;
        let scope = &self.call.scope;
        if !knows_leads(scope) {
            return Err(Refusal::field("lead", "APT-1", format!("must be a lead of {}", before.made_at())));
        }
        may_use(scope, id, dealer, loaded, now)?;
        let lead = loaded.lead(id).ok_or(Refusal::NotFound("lead"))?;
        let user = before.user.as_ref();
        let stays = pool::stays((lead, dealer), user, loaded, scope);
        let Some(linked) = appointment::link(&AppointmentContext { lead: Some(lead), ..*context }, before, stays)? else {
            return Ok(None);
        };
        let channels = channels_of(self.platform, scope, before, dealer);
        let finder = LeadFinder { platform: self.platform, scope, channels: &channels };
        if !finder.open_leads(loaded, dealer).iter().any(|open| open.id == id) {
            let why = "the lead is of another customer; correct the customer of the appointment, or choose a lead of this customer";
            return Err(Refusal::conflict("APT-8", why));
        }
        pool::check_order((lead, dealer), user, loaded, scope)?;
        let ChangedAppointment { decision, appointment } = linked;
        let decision = pool::booked(decision, LeadInput { lead, dealer, by, now }, user, loaded, scope);
        let decision = decision.with_some(search_record(scope, dealer, vec![id], (self.search.clone(), now)));
        Ok(Some(ChangedAppointment { decision, appointment }))
    }
}
