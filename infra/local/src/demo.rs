//! The demo: a group with four dealers in four countries, and a few leads. Also reads such a group from a file.

use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Actor, DealerId, GroupId, Partner};
use forecourt_domain::people::User;
use forecourt_domain::rules::settings;
use forecourt_domain::settings::Settings;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Store};
use serde::Deserialize;

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
    pub settings: Settings,
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
pub fn group() -> Result<GroupData, serde_json::Error> {
    serde_json::from_str(JSON)
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

impl GroupData {
    /// Writes the users, partners and dealers that the table does not have. What it has stays as people changed it.
    ///
    /// # Errors
    /// If the table is unavailable.
    pub async fn load_missing_into(&self, store: &Store, now: DateTime<Utc>) -> Result<(), Failure> {
        let scope = Scope::keys_only(self.group.clone());
        for user in &self.users {
            if store.user(&self.group, &user.id).await?.is_none() {
                store.put_user(&self.group, user).await?;
            }
        }
        for PartnerData { partner, sender_id } in &self.partners {
            if store.partner(&self.group, &partner.id).await?.is_none() {
                store.put_partner(&self.group, partner, sender_id).await?;
            }
        }
        for dealer in &self.dealers {
            if store.dealer(&scope, &dealer.id).await?.is_none() {
                save(store, &scope, &dealer.id, &dealer.settings, now).await?;
            }
        }
        Ok(())
    }

    /// Writes the group. A dealer whose stored settings differ gets a new version.
    ///
    /// # Errors
    /// If the table is unavailable.
    pub async fn load_into(&self, store: &Store, now: DateTime<Utc>) -> Result<(), Failure> {
        let scope = Scope::keys_only(self.group.clone());
        for user in &self.users {
            store.put_user(&self.group, user).await?;
        }
        for PartnerData { partner, sender_id } in &self.partners {
            store.put_partner(&self.group, partner, sender_id).await?;
        }
        for dealer in &self.dealers {
            save(store, &scope, &dealer.id, &dealer.settings, now).await?;
        }
        Ok(())
    }
}

/// Saves a dealer's settings as the next version, unless they are unchanged.
///
/// # Errors
/// If the table is unavailable.
pub async fn save(store: &Store, scope: &Scope, id: &DealerId, settings: &Settings, now: DateTime<Utc>) -> Result<(), Failure> {
    let rule = |loaded: &forecourt_store::Loaded, _| {
        let before = loaded.dealer(id);
        if before.is_some_and(|dealer| dealer.settings == *settings) {
            return Ok((None, ()));
        }
        Ok((Some(settings::save(id, before, settings.clone(), Actor::System, now).0), ()))
    };
    store.decide(scope, Load::of([Key::Dealer(id.clone()), Key::Recompute(id.clone())]), rule).await
}
