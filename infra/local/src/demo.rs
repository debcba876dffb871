//! The demo: a group with four dealers in four countries, and a few leads. Also reads such a group from a file.

use anyhow::{anyhow, ensure};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Actor, DealerId, Fault, GroupId, Partner, Refusal, Right, Role};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::people::User;
use forecourt_domain::privacy::Retention;
use forecourt_domain::rules::settings;
use forecourt_domain::settings::{Dealer, DealerSettings, NumberChange, Settings};
use forecourt_edge::formats::json::read_known;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, LeadAddressName, Load, Loaded, Store, number_claims, number_keys};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// A group as in `demo.json`. Reading checks the settings by the same rules as the API.
#[derive(Debug, Clone, Deserialize)]
pub struct GroupData {
    /// Id of the group.
    pub group: GroupId,
    /// The group's dealers.
    pub dealers: Vec<DealerData>,
    /// The group's users.
    pub users: Vec<User>,
    /// The group's partners.
    pub partners: Vec<PartnerData>,
}

/// A dealer in the file.
#[derive(Debug, Clone, Deserialize)]
pub struct DealerData {
    /// Id of the dealer.
    pub id: DealerId,
    /// The dealer's settings.
    #[serde(deserialize_with = "checked")]
    pub settings: Settings,
}

/// Reads settings and checks them by this release's rules. Stored settings are read without that check.
fn checked<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Settings, D::Error> {
    DealerSettings::deserialize(deserializer)?.check().map_err(|faults| serde::de::Error::custom(in_words(&faults)))
}

fn in_words(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
}

/// A partner in the file.
#[derive(Debug, Clone, Deserialize)]
pub struct PartnerData {
    /// The partner itself.
    pub partner: Partner,
    /// The identity that its messages on the queue have.
    pub sender_id: String,
}

/// The file of the demo group.
pub(crate) const JSON: &str = include_str!("demo.json");

/// Returns the demo group.
///
/// # Errors
/// If the file breaks a rule of the settings.
pub fn group() -> anyhow::Result<GroupData> {
    read(JSON)
}

/// Sample enquiries: a dealer and the JSON body of the request.
pub const SAMPLES: [(&str, &str); 4] = [
    (
        "autohaus-nordstern-demo",
        r#"{"source":"website","external_id":"sample-1","type":"used_car","contact":{"first_name":"Jana","last_name":"Petersen","email":"jana.petersen@example.com","language":"de"},"vehicle":{"make":"Opel","model":"Corsa","year":2023},"message":"Ist der Wagen noch da?"}"#,
    ),
    (
        "lakeside-motors-demo",
        r#"{"source":"cars-portal","external_id":"sample-2","type":"new_car","contact":{"first_name":"Sam","last_name":"Ortiz","phone":"(312) 867-5309"},"vehicle":{"make":"Ford","model":"Bronco","condition":"new"},"message":"What would a lease cost?"}"#,
    ),
    (
        "harbour-cars-demo",
        r#"{"source":"website","external_id":"sample-3","type":"test_drive","contact":{"first_name":"Priya","last_name":"Shah","email":"priya.shah@example.com"},"vehicle":{"make":"MG","model":"MG4"}}"#,
    ),
    (
        "grachten-autos-demo",
        r#"{"source":"occasions","external_id":"sample-4","type":"trade_in","contact":{"first_name":"Sanne","last_name":"Bakker","email":"sanne.bakker@example.com","language":"nl"},"trade_in":{"make":"Volkswagen","model":"Polo","year":2018,"mileage":"74000 km"}}"#,
    ),
];

/// Reads a group from the text of a file.
///
/// # Errors
/// Fields, roles and rights that this release does not know, values that cannot be read, and settings that break a rule.
pub fn read(text: &str) -> anyhow::Result<GroupData> {
    let data: GroupData = read_known(text.as_bytes()).map_err(|refusal| match refusal {
        Refusal::Invalid(faults) => anyhow!(in_words(&faults)),
        other => other.into(),
    })?;
    let unknown = unknown_names(&data.users);
    ensure!(unknown.is_empty(), "{}", unknown.join("; "));
    let shared = shared_addresses(&data.dealers);
    ensure!(shared.is_empty(), "{}", shared.join("; "));
    Ok(data)
}

/// Returns a fault for each dealer whose lead address an earlier dealer of the file has (SET-4).
fn shared_addresses(dealers: &[DealerData]) -> Vec<String> {
    let address = |dealer: &DealerData| dealer.settings.lead_address.clone();
    let shared = dealers.iter().enumerate().filter_map(|(place, dealer)| {
        let own = address(dealer)?;
        let other = dealers[..place].iter().find(|other| address(other).is_some_and(|address| address.is_same(&own)))?;
        Some(format!("dealer {}: lead_address must be unique: dealer {} has {own} (SET-4)", dealer.id, other.id))
    });
    shared.collect()
}

/// Returns the users' roles and rights that this release does not know. Stored users are read without that check.
fn unknown_names(users: &[User]) -> Vec<String> {
    let fault = |user: &User, field: &str, names: &[&str]| format!("user {}: unknown {field}, known: {}", user.id, names.join(", "));
    let roles = users.iter().filter(|user| user.role == Role::Unknown).map(|user| fault(user, "role", &Role::NAMES));
    let rights = users.iter().filter(|user| user.rights.contains(&Right::Unknown));
    let rights = rights.map(|user| fault(user, "rights", &Right::ALL.map(Right::name)));
    roles.chain(rights).collect()
}

/// A difference between the table and a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The dealer, user, partner or queue identity.
    pub of: String,
    /// The field.
    pub field: String,
    /// Its value in the table as JSON; `None` if it is not set.
    pub stored: Option<Value>,
    /// Its value in the file.
    pub file: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "not set".to_owned(), Value::to_string);
        write!(f, "{}: {}: {} becomes {}", self.of, self.field, value(&self.stored), value(&self.file))
    }
}

/// Returns the fields in which two values differ.
fn differences(of: &str, stored: &impl Serialize, file: &impl Serialize) -> Vec<Difference> {
    let (stored, file) = (json!(stored), json!(file));
    let names: BTreeSet<&String> = [&stored, &file].into_iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
    let of = |field: &String| Difference {
        of: of.to_owned(),
        field: field.clone(),
        stored: stored.get(field).cloned(),
        file: file.get(field).cloned(),
    };
    names.into_iter().map(of).filter(|difference| difference.stored != difference.file).collect()
}

impl GroupData {
    /// Creates the users, partners and dealers that the table does not have, and changes no others: a user who left does not come back.
    /// Returns the number of created items.
    ///
    /// # Errors
    /// If the table is unavailable.
    pub async fn load_into(&self, store: &Store, now: DateTime<Utc>) -> Result<usize, Failure> {
        let mut created = 0;
        for user in &self.users {
            created += usize::from(store.add_user(&self.group, user).await?);
        }
        for PartnerData { partner, sender_id } in &self.partners {
            created += usize::from(store.add_partner(&self.group, partner, sender_id).await?);
        }
        for dealer in &self.dealers {
            created += usize::from(create(store, &self.scope(), &dealer.id, &dealer.settings, now).await?);
        }
        Ok(created)
    }

    /// Returns the stored values that [`overwrite`](Self::overwrite) would change.
    ///
    /// # Errors
    /// If the table is unavailable.
    pub async fn differences(&self, store: &Store) -> Result<Vec<Difference>, Failure> {
        let users = self.users.iter().map(|user| Key::User(user.id.clone()));
        let partners = self.partners.iter().map(|data| Key::Partner(data.partner.id.clone()));
        let dealers = self.dealers.iter().map(|dealer| Key::Dealer(dealer.id.clone()));
        let stored = store.load(&self.scope(), &Load::of(users.chain(partners).chain(dealers))).await?;
        let mut found = Vec::new();
        for user in &self.users {
            let Some(before) = stored.user(&user.id) else { continue };
            found.extend(differences(&format!("user {}", user.id), before, &User { version: before.version, ..user.clone() }));
        }
        for PartnerData { partner, sender_id } in &self.partners {
            if let Some(before) = stored.partner(&partner.id) {
                found.extend(differences(&format!("partner {}", partner.id), before, partner));
            }
            if let Some(before) = store.sender(sender_id).await? {
                let file = json!({"group": self.group, "partner": partner.id});
                found.extend(differences(&format!("queue identity {sender_id}"), &*before, &file));
            }
        }
        for dealer in &self.dealers {
            let Some(before) = stored.dealer(&dealer.id) else { continue };
            found.extend(differences(&format!("dealer {}", dealer.id), &before.settings, &dealer.settings));
        }
        Ok(found)
    }

    /// Creates the missing items and resets all others to the file. A dealer whose settings differ gets a new version, with an entry in its
    /// history.
    ///
    /// # Errors
    /// If the table is unavailable.
    pub async fn overwrite(&self, store: &Store, now: DateTime<Utc>) -> Result<(), Failure> {
        for user in &self.users {
            store.put_user(&self.group, user).await?;
        }
        for PartnerData { partner, sender_id } in &self.partners {
            store.put_partner(&self.group, partner, sender_id).await?;
        }
        for dealer in &self.dealers {
            save(store, &self.scope(), &dealer.id, &dealer.settings, now).await?;
        }
        Ok(())
    }

    fn scope(&self) -> Scope {
        Scope::keys_only(self.group.clone())
    }
}

/// Creates a dealer, unless it is stored. Returns whether it was created.
async fn create(store: &Store, scope: &Scope, id: &DealerId, settings: &Settings, now: DateTime<Utc>) -> Result<bool, Failure> {
    let rule = |loaded: &Loaded, _| match loaded.dealer(id) {
        Some(_) => Ok((None, false)),
        None => Ok((Some(saved(scope, loaded, id, (settings, now))?), true)),
    };
    store.decide(scope, items(scope, id, settings), rule).await
}

/// Saves a dealer's settings as the next version, unless they are unchanged.
///
/// # Errors
/// If the table is unavailable.
pub async fn save(store: &Store, scope: &Scope, id: &DealerId, settings: &Settings, now: DateTime<Utc>) -> Result<(), Failure> {
    let rule = |loaded: &Loaded, _| match loaded.dealer(id) {
        Some(dealer) if dealer.settings == *settings => Ok((None, ())),
        _ => Ok((Some(saved(scope, loaded, id, (settings, now))?), ())),
    };
    store.decide(scope, items(scope, id, settings), rule).await
}

/// The items that a change of a dealer's settings reads.
fn items<'a>(scope: &'a Scope, id: &'a DealerId, settings: &'a Settings) -> Load<'a> {
    let address = settings.lead_address.as_ref().map(LeadAddressName::new);
    let claim = move |loaded: &Loaded| {
        let number = NumberChange::of(scope.group(), id, loaded.dealer(id).map(|before| &*before.settings), settings);
        address.iter().flat_map(|address| address.keys(loaded)).chain(number_keys(number, loaded)).collect::<Vec<_>>()
    };
    let keys = [Key::Dealer(id.clone()), Key::Recompute(id.clone()), Key::Retention(id.clone())];
    Load::of(keys.into_iter().chain(claim(&Loaded::default()))).then(claim)
}

/// Returns the decision that stores the settings, with the dealer's claims on its lead address and its number.
fn saved(scope: &Scope, loaded: &Loaded, id: &DealerId, (settings, now): (&Settings, DateTime<Utc>)) -> Result<Decision, Refusal> {
    let before: Option<&Dealer> = loaded.dealer(id);
    let address = settings.lead_address.as_ref().map(LeadAddressName::new);
    let claim = address.as_ref().map(|address| address.claim(loaded).claimed(id, before)).transpose();
    let claim = claim.map_err(|fault| Refusal::Invalid(vec![fault]))?.flatten();
    let number = NumberChange::of(scope.group(), id, before.map(|before| &*before.settings), settings);
    let numbers = number_claims(number, loaded)?;
    let (decision, after) = settings::save(id, before, settings.clone(), Actor::System, now);
    let retention = Retention::started(loaded.retention(id), &after, now).map(|job| Item::Retention(Box::new(job)));
    let decision = numbers.into_iter().fold(decision, Decision::with);
    Ok(decision.with_some(claim.map(Item::LeadAddress)).with_some(retention))
}
