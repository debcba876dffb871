//! A demo group with four dealers in four countries.

use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Actor, DealerId, GroupId, Partner};
use forecourt_domain::people::User;
use forecourt_domain::rules::settings;
use forecourt_domain::settings::Settings;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Store};
use serde::Deserialize;

/// A group's data as a file has it. Settings pass the same judgement as those that come over HTTP.
#[derive(Debug, Clone, Deserialize)]
pub struct GroupData {
    /// Which group.
    pub group: GroupId,
    /// Its dealers.
    pub dealers: Vec<DealerData>,
    /// Its users.
    pub users: Vec<User>,
    /// Its partners.
    pub partners: Vec<PartnerData>,
}

/// A dealer.
#[derive(Debug, Clone, Deserialize)]
pub struct DealerData {
    /// Which dealer.
    pub id: DealerId,
    /// Its settings.
    pub settings: Settings,
}

/// A partner.
#[derive(Debug, Clone, Deserialize)]
pub struct PartnerData {
    /// The partner.
    pub partner: Partner,
    /// The identity under which it sends to the queue.
    pub sender_id: String,
}

/// The demo group.
///
/// # Errors
/// When the file breaks a rule of the settings.
pub fn group() -> Result<GroupData, serde_json::Error> {
    serde_json::from_str(include_str!("demo.json"))
}

/// Sample enquiries: the dealer, and a body as a client would send it.
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
    /// Writes the group, where it is not there yet or differs; a dealer whose settings differ gets a new version.
    ///
    /// # Errors
    /// When the table is out of reach.
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

/// Saves a dealer's settings as the next version, unless they are so already.
///
/// # Errors
/// When the table is out of reach.
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
