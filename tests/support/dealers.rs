//! Dealers of the tests.

use super::world::{NORDSTERN, World, dealer};
use forecourt_domain::settings::DealerSettings;
use forecourt_local::demo;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;

/// Returns a path of the dealer [`NORDSTERN`].
pub fn of_dealer(rest: &str) -> String {
    format!("/dealers/{NORDSTERN}/{rest}")
}

/// Creates a dealer with the settings of the dealer in London.
pub async fn create_dealer(world: &World, id: &str) {
    let (model, id) = (dealer("harbour-cars-demo"), dealer(id));
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Dealer(model.clone())])).await.unwrap();
    // No two dealers have one lead address.
    let draft = DealerSettings { lead_address: None, ..(*loaded.dealer(&model).unwrap().settings).clone() };
    demo::save(&world.store, &world.scope(), &id, &draft.check().unwrap(), world.system.clock.now()).await.unwrap();
}

pub async fn move_to_dealer(world: &World, lead: &str, dealer: &str) {
    let moved = world.post("gina.group", &format!("/leads/{lead}/assignment"), &json!({"dealer": dealer, "appointments": "move"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
}
