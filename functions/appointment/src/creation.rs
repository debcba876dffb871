//! Creation of an appointment: one read, one transaction (APT-1, APT-2).

use crate::body::{AppointmentBody, AppointmentRequest};
use crate::view::{AppointmentCounted, AppointmentMade, knows_leads};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, External, Unprocessed};
use forecourt_domain::base::{Actor, AppointmentId, AppointmentOrigin, DealerId, Fault, LeadId, Refusal, Right, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::enquiry::{ContactPreferences, NameParts, Person};
use forecourt_domain::lead::Lead;
use forecourt_domain::people::ReceivedRequest;
use forecourt_domain::rules::appointment::{self, AppointmentContext, Customer, NewAppointment, make};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::appointment::id_of;
use forecourt_edge::usecase::appointment::in_pool;
use forecourt_edge::usecase::directory::{self, PersonChannels};
use forecourt_edge::usecase::lead::days_of;
use forecourt_edge::usecase::pool;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, fingerprint, short};

/// A request to create an appointment, from HTTP or the queue.
pub(crate) struct Creation {
    pub(crate) scope: Scope,
    pub(crate) dealer: DealerId,
    pub(crate) body: AppointmentBody,
    pub(crate) key: Option<String>,
    pub(crate) now: DateTime<Utc>,
}

/// The result of a creation.
pub(crate) enum Outcome {
    Created(AppointmentMade),
    Counted(AppointmentCounted),
}

/// A checked creation with everything that the rule needs.
struct CheckedCreation {
    scope: Scope,
    by: Actor,
    new: NewAppointment,
    lead: Option<LeadId>,
    /// Whether the lead is that of the sender's own receipt.
    by_receipt: bool,
    channels: PersonChannels,
    /// Key of the request, if the id of the appointment does not derive from it.
    request: Option<String>,
    dealer: DealerId,
    now: DateTime<Utc>,
    real: DateTime<Utc>,
}

impl Creation {
    /// Creates the appointment once. Returns also whether the request is a repeat.
    pub(crate) async fn run(self, platform: &Platform) -> Result<(Outcome, bool), Failure> {
        let (origin, team) = self.scope.makes_appointments()?;
        self.scope.reaches(&self.dealer)?;
        let known = platform.store.dealer(&self.scope, &self.dealer).await?.ok_or(Refusal::NotFound("dealer"))?;
        let (request, mut faults) = self.body.check(known.settings.country);
        let by = self.scope.actor();
        let partner = if let Actor::Partner(partner) = &by { Some(partner.clone()) } else { None };
        let external_id = request.as_ref().and_then(|request| request.external_id.clone());
        if external_id.is_some() && partner.is_none() {
            faults.push(Fault::new("external_id", "APT-2", "is only for partners' systems; users send an Idempotency-Key"));
        }
        // All faults are reported at once. If the body has none, the rule checks the faults that depend on current settings.
        if let Some(request) = request.as_ref().filter(|_| !faults.is_empty()) {
            faults.extend(appointment::faults(origin, request.user.as_ref(), request.at, &known, self.now));
        }
        let Some(wanted) = request.filter(|_| faults.is_empty()) else { return Err(Refusal::Invalid(faults).into()) };
        let secret = platform.store.secret();
        let request_hash = body_hash(&self.dealer, &wanted)?;
        let by_key = self.key.map(|key| secret.name(&self.scope, &["appointment-request", &format!("{by:?}"), self.dealer.as_str(), &key]));
        let external = partner.zip(external_id).map(|(partner, id)| External { partner, id });
        let id = match (&external, &by_key) {
            (Some(External { partner, id }), _) => id_of(platform, &self.scope, partner, id)?,
            (None, Some(name)) => AppointmentId::parse(&short(name)).map_err(|e| Failure::Broken(e.into()))?,
            (None, None) => AppointmentId::parse(&short(&platform.ids.next())).map_err(|e| Failure::Broken(e.into()))?,
        };
        let AppointmentRequest { customer, kind, at, user, lead, enquiry, notes, .. } = wanted;
        let by_receipt = enquiry.is_some();
        let lead = match &enquiry {
            Some(receipt) => of_receipt(platform, &self.scope, &self.dealer, receipt).await?,
            None => lead,
        };
        let channels = directory::channels(platform, &self.scope, &known, &person(&customer));
        let own = user.is_none() && lead.is_none();
        let user = user.or_else(|| self.scope.seller().filter(|seller| own && assignable(&known, seller)).cloned());
        let new = NewAppointment { id, customer, kind, at, user, notes, origin, team, external, request_hash };
        let request = by_key.filter(|_| new.external.is_some() || new.is_unprocessed());
        let checked = CheckedCreation {
            scope: self.scope,
            by,
            new,
            lead,
            by_receipt,
            channels,
            request,
            dealer: self.dealer,
            now: self.now,
            real: platform.wall.now(),
        };
        if checked.new.is_unprocessed() { checked.count(platform).await } else { checked.make(platform).await }
    }
}

fn assignable(dealer: &Dealer, user: &UserId) -> bool {
    dealer.settings.member(user).is_some_and(|member| member.assignable)
}

/// The customer as a person of the contact directory.
pub(crate) fn person(customer: &Customer) -> Person {
    let ContactPreferences { email, phone, .. } = customer.reached.clone();
    let NameParts { first, last, .. } = customer.name.as_deref().map(NameParts::of_full).unwrap_or_default();
    Person {
        first_name: first,
        last_name: last,
        emails: email.into_iter().collect(),
        phones: phone.into_iter().collect(),
        ..Person::default()
    }
}

/// Hash of the request's content, by which a repeat with another body is recognised.
fn body_hash(dealer: &DealerId, wanted: &AppointmentRequest) -> Result<String, Failure> {
    let AppointmentRequest { customer, kind, at, user, lead, enquiry, notes, .. } = wanted;
    let all = (dealer, &customer.name, &customer.reached, kind, at.timestamp_millis(), user, lead, notes);
    let all = match enquiry {
        Some(receipt) => serde_json::to_vec(&(all, receipt)),
        // Hashes outlive releases: without a receipt they stay as they were before there were receipts.
        None => serde_json::to_vec(&all),
    };
    Ok(fingerprint(&all.map_err(|e| Failure::Broken(e.into()))?))
}

/// Returns the lead of the sender's own enquiry to this dealer. `None` if the lead is no longer at this dealer: the appointment is then
/// made without it, because the response must not show where the lead is (ACC-1).
async fn of_receipt(platform: &Platform, scope: &Scope, dealer: &DealerId, receipt: &str) -> Result<Option<LeadId>, Failure> {
    let lead = |loaded: &Loaded| {
        let own = loaded.enquiry_receipt(receipt).filter(|own| own.by == scope.actor() && own.dealer == *dealer);
        own.map(|own| own.lead)
    };
    let load = Load::of([Key::EnquiryReceipt(receipt.to_owned())]).then(|loaded| lead(loaded).map(Key::Lead).into_iter().collect());
    let loaded = platform.store.load(scope, &load).await?;
    let unknown = || Refusal::field("enquiry", "APT-1", format!("must be the receipt of an enquiry that you sent to {dealer}"));
    let lead = lead(&loaded).ok_or_else(unknown)?;
    Ok(loaded.lead(lead).filter(|lead| lead.dealer == *dealer).map(|lead| lead.id))
}

impl CheckedCreation {
    async fn make(self, platform: &Platform) -> Result<(Outcome, bool), Failure> {
        let Self { new, lead, channels, .. } = &self;
        let keys = [Key::Appointment(new.id.clone()), Key::PendingReports(new.id.clone()), Key::Dealer(self.dealer.clone())].into_iter();
        let keys = keys.chain(lead.iter().flat_map(|lead| [Key::Lead(*lead), Key::Entry(*lead, 1)])).chain(channels.keys());
        let keys = keys.chain(self.request.clone().map(Key::ReceivedRequest));
        let checked = &self;
        let load = Load::of(keys).with_long_retry().then(|loaded| {
            let days = days_of(|days| {
                let dealer = loaded.dealer(&checked.dealer)?;
                make(&checked.context(dealer, loaded, days), checked.new.clone(), loaded.pending_reports(&checked.new.id)).ok()
            });
            let pool = checked.lead.into_iter().flat_map(|lead| pool::keys(loaded, lead));
            directory::records(loaded, &checked.channels).into_iter().chain(days).chain(pool).collect()
        });
        let created =
            |appointment: &Appointment| Outcome::Created(AppointmentMade::of(appointment, &self.dealer, knows_leads(&self.scope)));
        let rule = |loaded: &Loaded, _| {
            let sent = checked.sent_before(loaded)?;
            if let Some(before) = loaded.appointment(&checked.new.id) {
                if before.request_hash.as_ref() != Some(&checked.new.request_hash) {
                    let why = "this id was used before with another body; to change the appointment, send a report on it";
                    return Err(Refusal::Reused(why.into()));
                }
                return Ok((checked.remembered(sent), (created(before), true)));
            }
            let dealer = loaded.dealer(&checked.dealer).ok_or(Refusal::NotFound("dealer"))?;
            checked.check_lead(dealer, loaded)?;
            let mut new = checked.new.clone();
            new.customer.known = directory::known(loaded, &checked.channels);
            let days = |user: &UserId, date| loaded.day(user, date);
            let context = checked.context(dealer, loaded, &days);
            let changed = make(&context, new, loaded.pending_reports(&checked.new.id))?;
            let changed = in_pool(changed, &context, loaded, &checked.scope)?;
            let mut decision = changed.decision;
            decision.items.extend(checked.remembered(sent).into_iter().flat_map(|decision| decision.items));
            Ok((Some(decision), (created(&changed.appointment), false)))
        };
        platform.store.decide(&self.scope, load, rule).await
    }

    /// Counts an appointment that is not processed (APT-2), once.
    async fn count(mut self, platform: &Platform) -> Result<(Outcome, bool), Failure> {
        // The partner's id recognises a repeat; only a hash of it is stored.
        if self.new.external.is_some() {
            self.request = Some(platform.store.secret().name(&self.scope, &["unprocessed", self.new.id.as_str()]));
        }
        let checked = &self;
        let keys = [Key::Dealer(self.dealer.clone()), Key::Unprocessed(self.dealer.clone())];
        let load = Load::of(keys.into_iter().chain(self.request.clone().map(Key::ReceivedRequest))).with_long_retry();
        let rule = |loaded: &Loaded, _| {
            let dealer = loaded.dealer(&checked.dealer).ok_or(Refusal::NotFound("dealer"))?;
            let faults = checked.new.faults(dealer, checked.now);
            if !faults.is_empty() {
                return Err(Refusal::Invalid(faults));
            }
            if checked.sent_before(loaded)? {
                return Ok((None, true));
            }
            let count = Unprocessed::with(loaded.unprocessed(&checked.dealer), &checked.dealer, checked.new.kind, checked.now);
            let decision = checked.remembered(false).unwrap_or_default().with(Item::Unprocessed(count));
            Ok((Some(decision), false))
        };
        let repeated = platform.store.decide(&self.scope, load, rule).await?;
        if !repeated {
            platform.metrics.note(Metric::AppointmentsNotProcessed, &[1.0], self.now);
        }
        Ok((Outcome::Counted(AppointmentCounted::new()), repeated))
    }

    fn context<'a>(&'a self, dealer: &'a Dealer, loaded: &'a Loaded, days: forecourt_domain::slots::LoadDay<'a>) -> AppointmentContext<'a> {
        let lead = self.lead.and_then(|lead| loaded.lead(lead));
        AppointmentContext { dealer, lead, event: None, days, by: &self.by, now: self.now }
    }

    /// Whether the request is a repeat.
    fn sent_before(&self, loaded: &Loaded) -> Result<bool, Refusal> {
        let received = self.request.as_ref().and_then(|key| loaded.received_request(key));
        Ok(ReceivedRequest::repeats(received, &self.new.request_hash, self.real)?.is_some_and(|_| true))
    }

    /// The item that remembers the request, if it has a key of its own.
    fn remembered(&self, sent: bool) -> Option<Decision> {
        let key = self.request.clone().filter(|_| !sent)?;
        let answer = self.new.id.to_string();
        let received = ReceivedRequest { key, body: self.new.request_hash.clone(), answer, until: self.real + ReceivedRequest::KEPT };
        Some(Decision::default().with(Item::ReceivedRequest(received)))
    }

    /// Refuses a lead that the requester may not use: users need to see it, the contact centre may use every lead of the dealer, and a
    /// dealer's own system the leads that it sent (ACC-1). The refusal does not reveal whether the lead exists.
    fn check_lead(&self, dealer: &Dealer, loaded: &Loaded) -> Result<(), Refusal> {
        let Some(id) = self.lead else { return Ok(()) };
        let may_use = |lead: &&Lead| {
            if self.by_receipt {
                return true;
            }
            let reads = self.scope.needs(Right::ReadLeads).is_ok();
            if self.new.origin == AppointmentOrigin::DealerSystem {
                return loaded.entry(lead.id, 1).is_some_and(|entry| entry.by == self.by);
            }
            !reads || self.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, self.now).is_ok()
        };
        let here = loaded.lead(id).filter(|lead| lead.dealer == dealer.id).filter(may_use);
        here.map(|_| ()).ok_or_else(|| Refusal::field("lead", "APT-1", format!("must be a lead of {}", dealer.id)))
    }
}
