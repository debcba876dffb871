//! Searches the lists of the group for leads, appointments and mails of a contact. Erasures and access files use it (PRV-2, PRV-4).

use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{ChannelKey, DealerId, LeadId};
use forecourt_domain::directory::KnownName;
use forecourt_domain::enquiry::Person;
use forecourt_domain::privacy::{ErasureCursor, ErasureTarget};
use forecourt_domain::reports::Period;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::usecase::directory::channels;
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of, found};
use forecourt_store::keys::Key;
use forecourt_store::{DealerLeads, Failure, LeadRow, Listing, Load, Paging, Partition};
use futures::future::try_join_all;
use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// The number of leads that a page of the search finds.
const FOUND: usize = 20;
/// The number of pages of lists that are read at once.
const TOGETHER: usize = 8;

/// A lead whose row names the contact.
enum Found {
    /// The contact is a contact of the lead.
    Target(ErasureTarget),
    /// This release cannot read the lead.
    Unreadable(LeadId),
    /// The contact is none of the lead's contacts, or the lead is newer than the order.
    Other,
}

/// The leads of a page of a search.
#[derive(Default)]
pub(crate) struct FoundLeads {
    /// The leads with the contact.
    pub(crate) targets: Vec<ErasureTarget>,
    /// The leads that this release cannot read, although their rows name the contact.
    pub(crate) unreadable: Vec<LeadId>,
    /// The place of the next page. `None` after the last one.
    pub(crate) next: Option<ErasureCursor>,
}

/// A contact whom the lists of the group are searched for.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) scope: &'a Scope,
    /// The keys by which the directory knew the contact.
    pub(crate) channels: &'a BTreeSet<ChannelKey>,
    /// The record of the directory, if it is also that of other contacts.
    pub(crate) shared_record: Option<&'a ChannelKey>,
    /// When the order was given: newer leads and appointments are not part of it.
    pub(crate) ordered: DateTime<Utc>,
    pub(crate) now: DateTime<Utc>,
}

/// Logs that an order or an export leaves a lead out.
pub(crate) fn warn_unreadable(lead: LeadId) {
    let about = lead.to_string();
    tracing::warn!(function = "export", about, "a lead cannot be read and is left out; `forecourt migrate` prints the reason");
}

impl Sought<'_> {
    /// Returns the dealer whose list is read next, and the one after it. `None` after the last one.
    pub(crate) async fn dealer(&self, cursor: Option<&ErasureCursor>) -> Result<Option<(Arc<Dealer>, Option<DealerId>)>, Failure> {
        let dealers = self.platform.store.dealers(self.scope).await?;
        let place = cursor.map_or(Some(0), |cursor| dealers.iter().position(|dealer| *dealer >= cursor.dealer));
        let Some(id) = place.and_then(|place| dealers.get(place)) else { return Ok(None) };
        let next = place.and_then(|place| dealers.get(place + 1)).cloned();
        let dealer = self.platform.store.dealer(self.scope, id).await?;
        Ok(dealer.map(|dealer| (dealer, next)))
    }

    /// Returns the leads of a page of a dealer's list whose rows name the contact, and the place of the next page.
    pub(crate) async fn leads(&self, cursor: Option<&ErasureCursor>) -> Result<FoundLeads, Failure> {
        let Some((dealer, next)) = self.dealer(cursor).await? else { return Ok(FoundLeads::default()) };
        let wanted = |row: &LeadRow| {
            let own = row.facts.contact_id.as_ref().is_some_and(|key| self.channels.contains(key));
            own || row.facts.other_channels.iter().any(|key| self.channels.contains(key))
        };
        let after = cursor.and_then(|cursor| cursor.after.as_deref());
        let paging = Paging { now: self.now, cursor: after, limit: FOUND, from: None, at_once: Some(1_000) };
        let page = self.platform.store.leads(DealerLeads { scope: self.scope, dealer: &dealer }, paging, wanted).await?;
        let here = page.cursor.map(|after| ErasureCursor { dealer: dealer.id.clone(), partition: None, after: Some(after) });
        let next = here.or_else(|| next.map(|dealer| ErasureCursor { dealer, partition: None, after: None }));
        let mut found = FoundLeads { next, ..FoundLeads::default() };
        for lead in try_join_all(page.leads.iter().map(|row| self.lead(row.facts.id))).await? {
            match lead {
                Found::Target(target) => found.targets.push(target),
                Found::Unreadable(lead) => found.unreadable.push(lead),
                Found::Other => {}
            }
        }
        Ok(found)
    }

    /// Finds the contacts of a lead that the keys identify.
    async fn lead(&self, id: LeadId) -> Result<Found, Failure> {
        let load = Load::of([Key::Lead(id), Key::Entry(id, 1)]).then(|loaded| {
            let dealer = loaded.lead(id).map(|lead| Key::Dealer(lead.dealer.clone()));
            [enquiry_key(loaded, id)].into_iter().chain(dealer).collect()
        });
        let loaded = match self.platform.store.load(self.scope, &load).await {
            Ok(loaded) => loaded,
            Err(Failure::Broken(_)) => {
                warn_unreadable(id);
                return Ok(Found::Unreadable(id));
            }
            Err(failure) => return Err(failure),
        };
        if loaded.entry(id, 1).is_some_and(|entry| entry.at > self.ordered) {
            return Ok(Found::Other);
        }
        let Ok((lead, dealer)) = found(&loaded, id) else { return Ok(Found::Other) };
        let people = lead.known_people(enquiry_of(&loaded, lead)).into_iter();
        let contacts: BTreeSet<_> = people.filter(|one| self.has(dealer, &one.person)).map(|one| one.id).collect();
        Ok(if contacts.is_empty() { Found::Other } else { Found::Target(ErasureTarget { lead: id, contacts }) })
    }

    /// Returns the appointments of a page of a dealer's list that are wanted, and the place of the next page.
    pub(crate) async fn appointments(
        &self,
        cursor: Option<&ErasureCursor>,
        wanted: impl Fn(&Dealer, &Appointment) -> bool,
    ) -> Result<(Vec<Appointment>, Option<ErasureCursor>), Failure> {
        let Some((dealer, next)) = self.dealer(cursor).await? else { return Ok((Vec::new(), None)) };
        let here = cursor.filter(|cursor| cursor.dealer == dealer.id);
        let partitions = Partition::all(Listing::Appointments, &dealer.id, Period::default(), dealer.since, self.now);
        let named = here.and_then(|cursor| cursor.partition.as_deref());
        let place = named.map_or(Some(0), |name| partitions.iter().position(|partition| partition.name() >= name));
        let following = next.map(|dealer| ErasureCursor { dealer, partition: None, after: None });
        let Some((place, partition)) = place.and_then(|place| Some((place, partitions.get(place)?))) else {
            return Ok((Vec::new(), following));
        };
        let after = here.and_then(|cursor| cursor.after.as_deref()).filter(|_| named == Some(partition.name()));
        let page = self.platform.store.rows::<Appointment>(self.scope, partition, after).await?;
        let at = |name: &str, after| ErasureCursor { dealer: dealer.id.clone(), partition: Some(name.to_owned()), after };
        let next = match (page.more, partitions.get(place + 1)) {
            (Some(more), _) => Some(at(partition.name(), Some(more))),
            (None, Some(next)) => Some(at(next.name(), None)),
            (None, None) => following,
        };
        Ok((page.rows.into_iter().filter(|appointment| wanted(&dealer, appointment)).collect(), next))
    }

    /// Returns the wanted appointments of all dealers' lists, the latest months first, from at most `most` pages, and whether there are
    /// more pages.
    pub(crate) async fn latest_appointments(
        &self,
        most: usize,
        wanted: impl Fn(&Dealer, &Appointment) -> bool,
    ) -> Result<(Vec<Appointment>, bool), Failure> {
        let store = &self.platform.store;
        let ids = store.dealers(self.scope).await?;
        let dealers = store.cached_dealers(self.scope, &ids).await?;
        let of_dealer = |dealer: Arc<Dealer>| {
            let partitions = Partition::all(Listing::Appointments, &dealer.id, Period::default(), dealer.since, self.now);
            partitions.into_iter().map(move |partition| (dealer.clone(), partition, None::<String>))
        };
        let mut waiting: VecDeque<_> = dealers.into_iter().flat_map(of_dealer).collect();
        waiting.make_contiguous().sort_by_key(|(_, partition, _)| Reverse(partition.ends()));
        let (mut found, mut left) = (Vec::new(), most);
        while left > 0 && !waiting.is_empty() {
            let next: Vec<_> = waiting.drain(..waiting.len().min(left).min(TOGETHER)).collect();
            left -= next.len();
            let pages = next.iter().map(|(_, partition, after)| store.rows::<Appointment>(self.scope, partition, after.as_deref()));
            let pages = pages.collect::<Vec<_>>();
            for (page, (dealer, partition, _)) in try_join_all(pages).await?.into_iter().zip(next) {
                found.extend(page.rows.into_iter().filter(|appointment| wanted(&dealer, appointment)));
                if page.more.is_some() {
                    waiting.push_front((dealer, partition, page.more));
                }
            }
        }
        Ok((found, !waiting.is_empty()))
    }

    /// Whether the customer of an appointment is the contact, and the appointment is not newer than the order.
    pub(crate) fn is_customer(&self, dealer: &Dealer, appointment: &Appointment) -> bool {
        appointment.created <= self.ordered && self.has_customer(dealer, appointment)
    }

    /// Whether the customer of an appointment is the contact, at any time.
    pub(crate) fn has_customer(&self, dealer: &Dealer, appointment: &Appointment) -> bool {
        // A record that stays is also that of other customers.
        let own = appointment.customer_id.as_ref().filter(|key| self.shared_record != Some(*key));
        if own.is_some_and(|key| self.channels.contains(key)) {
            return true;
        }
        let reached = &appointment.reached;
        let person = Person {
            last_name: KnownName::of_text(&appointment.customer).map(|_| appointment.customer.clone()),
            emails: reached.email.iter().cloned().collect(),
            phones: reached.phone.iter().cloned().collect(),
            ..Person::default()
        };
        own.is_none() && self.has(dealer, &person)
    }

    /// Whether the keys identify a person.
    pub(crate) fn has(&self, dealer: &Dealer, person: &Person) -> bool {
        channels(self.platform, self.scope, dealer, person).identifying().any(|key| self.channels.contains(&key))
    }
}
