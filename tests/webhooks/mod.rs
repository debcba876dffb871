//! Tests of webhooks to other systems (APT-6).

pub(crate) mod deliveries;
pub(crate) mod endpoints;
pub(crate) mod events;
mod receiver_down;
