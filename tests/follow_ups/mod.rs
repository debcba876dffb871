//! Tests of service follow-ups (FUP).

mod chain;
mod permission;
mod records;
mod settings;

use crate::support::world::{NORDSTERN, World};
use forecourt_domain::base::DealerId;
use forecourt_domain::settings::Dealer;
use forecourt_store::Load;
use forecourt_store::keys::Key;

/// Returns the dealer of the tests.
async fn settings_of(world: &World) -> Dealer {
    let id = DealerId::parse(NORDSTERN).unwrap();
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Dealer(id.clone())])).await.unwrap();
    loaded.dealer(&id).unwrap().clone()
}
