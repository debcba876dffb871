//! Creation of an appointment: one read, one transaction (APT-1, APT-2).

use crate::body::{AppointmentBody, AppointmentRequest};
use crate::linking::{self, LeadFinder};
use crate::view::{AppointmentCounted, AppointmentMade, knows_leads};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, External, Unprocessed};
use forecourt_domain::base::{Actor, AppointmentId, DealerId, Fault, LeadId, Refusal, Right, UserId};
use forecourt_domain::bookings::{Despite, Warning};
use forecourt_domain::decision::{Decision, Item, LeadInput};
use forecourt_domain::enquiry::{ContactPreferences, NameParts, Person};
use forecourt_domain::lead::Lead;
use forecourt_domain::people::ReceivedRequest;
use forecourt_domain::rules::appointment::{self, AppointmentContext, ChangedAppointment, Customer, NewAppointment, make};
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::LoadDay;
use forecourt_edge::Platform;
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::appointment::id_of;
use forecourt_edge::usecase::appointment::in_pool;
use forecourt_edge::usecase::directory::{self, PersonChannels};
use forecourt_edge::usecase::lead::days_of;
use forecourt_edge::usecase::pool;
use forecourt_edge::usecase::warnings::warnings;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, fingerprint, short};
use std::collections::BTreeSet;

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
    /// Whether it is linked to an open lead of the customer.
    links: bool,
    despite: Despite,
    /// The id of the record of a search in the access log.
    search: String,
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
        let AppointmentRequest { customer, kind, at, user, lead, enquiry, notes, despite, link, .. } = wanted;
        let links = link && lead.is_none() && enquiry.is_none() && linking::is_linked(kind, at, self.now);
        let by_receipt = enquiry.is_some();
        let lead = match &enquiry {
            Some(receipt) => of_receipt(platform, &self.scope, &self.dealer, receipt).await?,
            None => lead,
        };
        let channels = directory::channels(platform, &self.scope, &known, &person(&customer));
        let own = user.is_none() && lead.is_none();
        let user = user.or_else(|| self.scope.seller().filter(|seller| own && assignable(&known, seller)).cloned());
        let new = NewAppointment {
            id,
            customer,
            kind,
            at,
            user,
            notes,
            origin,
            team,
            external,
            linked: false,
            leaves_clock: false,
            request_hash,
            follows: None,
        };
        let request = by_key.filter(|_| new.external.is_some() || new.is_unprocessed());
        let checked = CheckedCreation {
            scope: self.scope,
            by,
            new,
            lead,
            by_receipt,
            links,
            despite,
            search: platform.ids.next(),
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
    let AppointmentRequest { customer, kind, at, user, lead, enquiry, notes, link, .. } = wanted;
    let all = (dealer, &customer.name, &customer.reached, kind, at.timestamp_millis(), user, lead, notes);
    // Hashes outlive releases: without a receipt or `link` they stay as they were before there were such fields. The accepted warnings are
    // no part of the appointment.
    let all = match (enquiry, link) {
        (Some(receipt), _) => serde_json::to_vec(&(all, receipt)),
        (None, true) => serde_json::to_vec(&all),
        (None, false) => serde_json::to_vec(&(all, link)),
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

/// The lead of a new appointment.
#[derive(Default)]
struct LeadChoice<'a> {
    lead: Option<&'a Lead>,
    /// Whether it was found by the customer's channels.
    linked: bool,
    /// The open leads of the customer, if there are several.
    several: Vec<&'a Lead>,
}

impl CheckedCreation {
    /// Returns the lead that the request names, or the only open lead of the customer.
    fn choice<'a>(&self, platform: &Platform, dealer: &Dealer, loaded: &'a Loaded) -> LeadChoice<'a> {
        if !self.links {
            return LeadChoice { lead: self.lead.and_then(|lead| loaded.lead(lead)), ..LeadChoice::default() };
        }
        let found = self.finder(platform).open_leads(loaded, dealer);
        match found[..] {
            [only] => LeadChoice { lead: Some(only), linked: true, several: Vec::new() },
            _ => LeadChoice { several: found, ..LeadChoice::default() },
        }
    }

    fn finder<'a>(&'a self, platform: &'a Platform) -> LeadFinder<'a> {
        LeadFinder { platform, scope: &self.scope, channels: &self.channels }
    }

    /// Returns the appointment to make of the chosen lead. `loaded` has the pool of the lead.
    fn new_of(&self, choice: &LeadChoice<'_>, dealer: &Dealer, loaded: &Loaded) -> NewAppointment {
        let stays = |lead: &Lead| pool::stays((lead, dealer), self.new.user.as_ref(), loaded, &self.scope);
        let leaves_clock = choice.linked && choice.lead.is_some_and(stays);
        let customer = Customer { known: directory::known(loaded, &self.channels), ..self.new.customer.clone() };
        NewAppointment { customer, linked: choice.linked, leaves_clock, ..self.new.clone() }
    }

    async fn make(self, platform: &Platform) -> Result<(Outcome, bool), Failure> {
        let Self { new, lead, channels, .. } = &self;
        let keys = [Key::Appointment(new.id.clone()), Key::PendingReports(new.id.clone()), Key::Dealer(self.dealer.clone())].into_iter();
        let keys = keys.chain(lead.iter().flat_map(|lead| [Key::Lead(*lead), Key::Entry(*lead, 1)])).chain(channels.keys());
        let keys = keys.chain(self.request.clone().map(Key::ReceivedRequest));
        let logs = self.links && self.scope.needs(Right::ReadLeads).is_err();
        let keys = keys.chain(logs.then(|| Key::AccessRecord(self.now, self.search.clone())));
        let checked = &self;
        let load = Load::of(keys).with_long_retry().then(|loaded| {
            let Some(dealer) = loaded.dealer(&checked.dealer) else { return Vec::new() };
            let choice = checked.choice(platform, dealer, loaded);
            let new = checked.new_of(&choice, dealer, loaded);
            let days = days_of(|days| {
                // What is refused at the end is read as if it were accepted, so that the refusal names everything.
                let context = AppointmentContext { despite: Despite::UNSTATED, ..checked.context(dealer, &choice, days) };
                make(&context, new, loaded.pending_reports(&checked.new.id)).ok()
            });
            let pool = choice.lead.into_iter().flat_map(|lead| pool::keys(loaded, lead.id));
            let links = checked.links.then(|| checked.finder(platform).keys(loaded, dealer)).into_iter().flatten();
            directory::records(loaded, &checked.channels).into_iter().chain(links).chain(days).chain(pool).collect()
        });
        let rule = |loaded: &Loaded, _| {
            let sent = checked.sent_before(loaded)?;
            let dealer = loaded.dealer(&checked.dealer).ok_or(Refusal::NotFound("dealer"))?;
            let choice = checked.choice(platform, dealer, loaded);
            let new = checked.new_of(&choice, dealer, loaded);
            let days = |user: &UserId, date| loaded.day(user, date);
            let context = checked.context(dealer, &choice, &days);
            let pending = loaded.pending_reports(&checked.new.id);
            if let Some(before) = loaded.appointment(&checked.new.id) {
                if before.request_hash.as_ref() != Some(&checked.new.request_hash) {
                    let why = "this id was used before with another body; to change the appointment, send a report on it";
                    return Err(Refusal::Reused(why.into()));
                }
                let unlinked = LeadChoice { lead: before.lead.and_then(|lead| loaded.lead(lead)), ..LeadChoice::default() };
                let context = AppointmentContext { despite: Despite::UNSTATED, ..checked.context(dealer, &unlinked, &days) };
                let warnings = make(&context, new, pending).map(|again| again.decision.warnings).unwrap_or_default();
                let made = checked.view(before, &warnings, &LeadChoice { several: choice.several, ..unlinked }, dealer);
                return Ok((checked.remembered(sent), (Outcome::Created(made), true)));
            }
            checked.check_lead(dealer, loaded)?;
            let changed = make(&context, new, pending)?;
            let warnings = changed.decision.warnings.clone();
            let changed = match choice.lead.filter(|_| choice.linked) {
                Some(lead) => {
                    let input = LeadInput { lead, dealer, by: &checked.by, now: checked.now };
                    let decision = pool::booked(changed.decision, input, checked.new.user.as_ref(), loaded, &checked.scope);
                    ChangedAppointment { decision, ..changed }
                }
                None => in_pool(changed, &context, loaded, &checked.scope)?,
            };
            let shown = checked.view(&changed.appointment, &warnings, &choice, dealer);
            let found = choice.several.iter().copied().chain(choice.lead.filter(|_| choice.linked)).map(|lead| lead.id).collect();
            let searched = linking::search_record(&checked.scope, dealer, found, (checked.search.clone(), checked.now));
            let mut decision = changed.decision.with_some(searched);
            decision.items.extend(checked.remembered(sent).into_iter().flat_map(|decision| decision.items));
            Ok((Some(decision), (Outcome::Created(shown), false)))
        };
        platform.store.decide(&self.scope, load, rule).await
    }

    /// Returns the answer about the appointment.
    fn view(&self, made: &Appointment, found: &BTreeSet<Warning>, choice: &LeadChoice<'_>, dealer: &Dealer) -> AppointmentMade {
        let several: &[&Lead] = if made.lead.is_none() { &choice.several } else { &[] };
        AppointmentMade {
            warnings: warnings(found),
            proposed_leads: linking::proposed(&self.scope, several, dealer, self.now),
            ..AppointmentMade::of(made, &self.dealer, self.shows_lead(made, choice.lead, dealer))
        }
    }

    /// Whether the answer has the lead. A user who may not read a lead that the request did not name learns of it as little as a partner
    /// does, unless the user is the salesperson (ACC-1).
    fn shows_lead(&self, made: &Appointment, lead: Option<&Lead>, dealer: &Dealer) -> bool {
        let reads = self.scope.needs(Right::ReadLeads).is_ok();
        let own = made.user.is_some() && made.user.as_ref() == self.scope.user_id();
        let readable = || lead.is_some_and(|lead| self.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, self.now).is_ok());
        knows_leads(&self.scope) && (!reads || made.linked.is_none() || own || readable())
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

    fn context<'a>(&'a self, dealer: &'a Dealer, choice: &LeadChoice<'a>, days: LoadDay<'a>) -> AppointmentContext<'a> {
        AppointmentContext { dealer, lead: choice.lead, event: None, days, by: &self.by, despite: &self.despite, now: self.now }
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

    /// Refuses a lead that the requester may not use. A lead that was found by the customer's channels is not named by the requester.
    fn check_lead(&self, dealer: &Dealer, loaded: &Loaded) -> Result<(), Refusal> {
        match self.lead {
            Some(id) if self.by_receipt && loaded.lead(id).is_some_and(|lead| lead.dealer == dealer.id) => Ok(()),
            Some(id) => linking::may_use(&self.scope, id, dealer, loaded, self.now),
            None => Ok(()),
        }
    }
}
