//! The start of a follow-up plan, for a single lead and in bulk (CAL-11).

use crate::Platform;
use crate::formats::json::{Loose, Text};
use crate::http::{Call, Problem};
use crate::usecase::lead::{self, LeadContext, LeadRequest, enquiry_key, enquiry_of};
use crate::usecase::letter::{stops, stops_keys};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Fault, LeadId, Medium, PlanId, Refusal};
use forecourt_domain::enquiry::ContactPreferences;
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::AddressState;
use forecourt_domain::rules::lead::follow_up::{self, PlanCustomer};
use forecourt_store::keys::Key;
use forecourt_store::{Loaded, Secret};
use serde::Deserialize;
use utoipa::ToSchema;

/// The plan to start.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"id": "new-car"}))]
pub struct PlanStartBody {
    /// Id of a follow-up plan of the dealer for leads of this type.
    #[schema(value_type = String, max_length = 64, example = "new-car")]
    id: Loose<Text>,
}

impl PlanStartBody {
    /// Checks the field.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] names the fault.
    pub fn check(self) -> Result<PlanId, Refusal> {
        let mut faults = Vec::new();
        let id = self.id.text("id", &mut faults);
        match id.as_deref().map(|id| PlanId::parse(id.trim())) {
            Some(Ok(id)) if faults.is_empty() => return Ok(id),
            Some(Err(e)) => faults.push(Fault::new("id", "CAL-11", e.to_string())),
            None if faults.is_empty() => faults.push(Fault::new("id", "CAL-11", "is required")),
            _ => {}
        }
        Err(Refusal::Invalid(faults))
    }
}

/// The customer of a lead, as a plan reaches them.
pub struct ReachedCustomer {
    name: String,
    reached: ContactPreferences,
    email: Option<AddressState>,
    phone: Option<AddressState>,
}

impl ReachedCustomer {
    /// Returns the keys of what [`ReachedCustomer::of`] needs, as far as the lead is loaded.
    pub fn keys(secret: &Secret, scope: &Scope, id: LeadId, loaded: &Loaded) -> Vec<Key> {
        let Some(lead) = loaded.lead(id) else { return Vec::new() };
        let reached = addressee(lead, loaded).map(|(_, reached)| reached).unwrap_or_default();
        let stops = [Medium::Email, Medium::Sms].into_iter().flat_map(|medium| stops_keys(secret, scope, medium, &reached));
        stops.chain([enquiry_key(loaded, id)]).collect()
    }

    /// Returns the contact who gets the next letter of the lead. `None` if the lead no longer has this contact.
    pub fn of(secret: &Secret, scope: &Scope, lead: &Lead, loaded: &Loaded) -> Option<Self> {
        let (name, reached) = addressee(lead, loaded)?;
        let state = |medium| stops(secret, scope, (medium, &reached), loaded);
        let (email, phone) = (state(Medium::Email), state(Medium::Sms));
        Some(Self { name, reached, email, phone })
    }

    /// Returns the customer for the rules.
    pub fn as_customer(&self) -> PlanCustomer<'_> {
        PlanCustomer { name: &self.name, reached: &self.reached, email: self.email.as_ref(), phone: self.phone.as_ref() }
    }
}

fn addressee(lead: &Lead, loaded: &Loaded) -> Option<(String, ContactPreferences)> {
    lead.addressee(&lead.latest_enquirer(), enquiry_of(loaded, lead))
}

/// Starts a plan on the lead of the request. Returns the lead after it.
///
/// # Errors
/// The refusal or failure as a problem.
pub async fn start(platform: &Platform, call: &Call, plan: &PlanId) -> Result<Lead, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let (secret, by) = (platform.store.secret(), call.scope.actor());
    let also = |loaded: &Loaded| ReachedCustomer::keys(secret, &call.scope, id, loaded);
    let rule = |context: LeadContext<'_>| {
        let customer = ReachedCustomer::of(secret, &call.scope, context.lead, context.loaded);
        follow_up::start(context.input(&by, call.now), plan, customer.as_ref().map(ReachedCustomer::as_customer)).map(Some)
    };
    lead::change(LeadRequest::of(platform, call, id), &also, rule, |lead, _, _| lead.clone()).await
}
