//! The search of the contact centre: by an exact number, e-mail address, telephone number or full name, and logged (ACC-1).

use forecourt_domain::access::{AccessEvent, AccessRecord};
use forecourt_domain::base::text::is_same_name;
use forecourt_domain::base::{ChannelKey, DealerId, Email, Fault, LeadId, Phone, Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::directory::{contact_of, pointed};
use forecourt_store::keys::Key;
use forecourt_store::{DealerLeads, Failure, LeadList, LeadRow, Load, Paging};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The highest number of leads in a result. There is no next page, because a search is not a list.
const MOST: usize = 10;

/// A search for leads by one exact value: exactly one field is set.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"number": "482-913-0576"}))]
pub struct LeadSearchBody {
    /// The lead's number, with or without dashes.
    #[schema(value_type = Option<String>, example = "482-913-0576")]
    number: Loose<Text>,
    /// An e-mail address of the contact.
    #[schema(value_type = Option<String>)]
    email: Loose<Text>,
    /// A telephone number of the contact, as dialled from the dealer's country, or with `+`.
    #[schema(value_type = Option<String>)]
    phone: Loose<Text>,
    /// The full name of the contact, in upper or lower case, with or without accents.
    #[schema(value_type = Option<String>)]
    name: Loose<Text>,
}

/// The result of a search.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundLeadsView {
    /// The leads that match, newest first, at most ten.
    pub leads: Vec<FoundLeadView>,
    /// Whether there may be more; search by the number instead.
    pub more: bool,
}

/// A lead that a search found.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundLeadView {
    /// Id of the lead, if you may read it; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The lead's number in the form that people read out.
    pub number: String,
    /// Name of the contact.
    pub name: String,
    /// The vehicle asked for.
    pub vehicle: String,
    /// The status: `in_progress`, `won` or `lost`. An appointment is made for a lead in progress.
    pub status: &'static str,
    /// Id of the salesperson; `null` while the lead has none.
    pub salesperson: Option<String>,
    /// Name of the salesperson.
    pub salesperson_name: Option<String>,
}

/// The value that is searched for.
enum Term {
    Number(LeadId),
    Email(String),
    Phone(String),
    Name(String),
}

impl Term {
    fn name(&self) -> &'static str {
        match self {
            Term::Number(_) => "number",
            Term::Email(_) => "email",
            Term::Phone(_) => "phone",
            Term::Name(_) => "name",
        }
    }
}

impl LeadSearchBody {
    fn check(self, dealer: &Dealer) -> Result<Term, Refusal> {
        let mut faults = Vec::new();
        let mut text = |name, value: Loose<Text>| value.text(name, &mut faults).map(|text| text.trim().to_owned());
        let (number, email) = (text("number", self.number), text("email", self.email));
        let (phone, name) = (text("phone", self.phone), text("name", self.name));
        if !faults.is_empty() {
            return Err(Refusal::Invalid(faults));
        }
        let fault = |field, detail: &str| Refusal::Invalid(vec![Fault::new(field, "ACC-1", detail)]);
        match (number, email, phone, name) {
            (Some(text), None, None, None) => {
                text.parse().map(Term::Number).map_err(|_| fault("number", "must be a lead's number: ten digits, with or without dashes"))
            }
            (None, Some(text), None, None) => {
                let email = Email::parse(&text).map_err(|_| fault("email", "must be an e-mail address"))?;
                Ok(Term::Email(email.key()))
            }
            (None, None, Some(text), None) => {
                let phone = Phone::read(&text, dealer.settings.country).channel();
                phone
                    .map(Term::Phone)
                    .ok_or_else(|| fault("phone", "must be a telephone number that can be dialled from the dealer's country"))
            }
            (None, None, None, Some(text)) => {
                let full = (2..=200).contains(&text.chars().count());
                full.then_some(Term::Name(text)).ok_or_else(|| fault("name", "must be a full name of 2 to 200 characters"))
            }
            _ => Err(fault("number", "exactly one of number, email, phone and name must be set")),
        }
    }
}

/// `POST /dealers/{dealer}/lead-search`: the search is stored in the access log before it is answered.
pub(crate) async fn find(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::FindLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let term = call.json::<LeadSearchBody>()?.check(&dealer)?;
    let LeadList { leads, cursor } = found(platform, call, &dealer, &term).await?;
    let record = AccessRecord {
        id: platform.ids.next(),
        at: call.now,
        by: call.scope.actor(),
        event: AccessEvent::LeadSearch {
            dealer: id.clone(),
            term: term.name().to_owned(),
            found: leads.iter().map(|row| row.facts.id).collect(),
        },
        notice: None,
    };
    let load = Load::of([Key::AccessRecord(record.at, record.id.clone())]);
    let rule = |_: &forecourt_store::Loaded, _| Ok((Some(Decision::default().with(Item::AccessRecord(Box::new(record.clone())))), ()));
    platform.store.decide(&call.scope, load, rule).await?;
    let mut view = FoundLeadsView { leads: Vec::with_capacity(leads.len()), more: cursor.is_some() };
    let may_read = call.scope.needs(Right::ReadLeads).is_ok();
    for row in &leads {
        let may_read = may_read && call.scope.sees_leads_of(row.facts.owner.as_ref(), &dealer.settings, call.now);
        let owner = match &row.facts.owner {
            Some(owner) => platform.store.user(call.scope.group(), owner).await?,
            None => None,
        };
        view.leads.push(FoundLeadView {
            id: may_read.then(|| row.facts.id.to_string()),
            number: row.facts.id.spoken(),
            name: row.facts.contact.clone(),
            vehicle: row.facts.vehicle.clone(),
            status: row.facts.status.name(),
            salesperson: row.facts.owner.as_ref().map(ToString::to_string),
            salesperson_name: owner.map(|user| user.name.clone()),
        });
    }
    Ok(Answer::new(200, &view)?.about(&id))
}

/// Returns the dealer's leads that match, newest first.
async fn found(platform: &Platform, call: &Call, dealer: &Dealer, term: &Term) -> Result<LeadList, Failure> {
    let (scope, store) = (&call.scope, &platform.store);
    let list = DealerLeads { scope, dealer };
    let paging = Paging { now: call.now, cursor: None, limit: MOST, from: None, at_once: None };
    let channel = match term {
        Term::Number(lead) => return store.leads_by_number(list, [*lead], paging, |_| true).await,
        Term::Name(name) => {
            let named = |text: &String| is_same_name(text, name);
            return store.leads(list, paging, |row| named(&row.facts.contact) || row.others.iter().any(named)).await;
        }
        Term::Email(channel) | Term::Phone(channel) => store.secret().channel(scope, channel),
    };
    let load = Load::of([Key::Channel(channel.clone())]);
    let loaded = store.load(scope, &load.then(|loaded| pointed(loaded, &channel).map(Key::Channel).into_iter().collect())).await?;
    let contact = contact_of(&loaded, &channel);
    let record: Option<&ChannelKey> = contact.as_ref().map(|contact| &contact.id);
    let wanted =
        |row: &LeadRow| record.is_some_and(|id| row.facts.contact_id.as_ref() == Some(id)) || row.facts.other_channels.contains(&channel);
    match contact.as_ref().map(|contact| contact.all_leads()) {
        Some(Some(leads)) => store.leads_by_number(list, leads.iter().copied(), paging, wanted).await,
        // A channel that no contact has may still lead to a lead: a relay that many customers share.
        _ => store.leads(list, paging, wanted).await,
    }
}
