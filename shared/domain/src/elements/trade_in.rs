//! Trade-ins.

use crate::base::{ElementId, Fault, Money};
use crate::elements::{Content, Element};
use crate::enquiry::{VEHICLES, Vehicle};
use serde::{Deserialize, Serialize};

/// A trade-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TradeIn {
    /// The vehicle with plate and mileage.
    pub vehicle: Vehicle,
    /// The price that the customer asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Money>,
    /// The price that the dealer offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Money>,
    /// Notes, up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Whether no user has changed it since the enquiry. Only then does an enquiry that is sent again change it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enquired: bool,
}

impl TradeIn {
    /// Creates a trade-in that a user enters.
    ///
    /// # Errors
    /// The faults of its fields.
    pub fn entered(
        vehicle: Vehicle,
        [asked, offered]: [Option<Money>; 2],
        notes: Option<String>,
        mut faults: Vec<Fault>,
    ) -> Result<Self, Vec<Fault>> {
        require_vehicle(&vehicle, &mut faults);
        if faults.is_empty() { Ok(Self { vehicle, asked, offered, notes, enquired: false }) } else { Err(faults) }
    }

    pub(crate) fn title(&self) -> String {
        let plate = self.vehicle.plate.as_ref().map(|plate| format!(" ({plate})")).unwrap_or_default();
        let offered = self.offered.as_ref().map(|offered| format!(": {offered}")).unwrap_or_default();
        format!("{}{plate}{offered}", self.vehicle.line())
    }
}

/// Adds a fault if no field of the vehicle is set.
pub(crate) fn require_vehicle(vehicle: &Vehicle, faults: &mut Vec<Fault>) {
    if *vehicle == Vehicle::default() && faults.is_empty() {
        faults.push(Fault::new("vehicle", "LEAD-2", "must identify the vehicle"));
    }
}

pub(crate) fn as_enquired(vehicle: &Vehicle) -> TradeIn {
    TradeIn { vehicle: vehicle.clone(), asked: None, offered: None, notes: None, enquired: true }
}

impl Element {
    pub(crate) fn is_enquired(&self) -> bool {
        matches!(&self.content, Content::TradeIn(trade_in) if trade_in.enquired)
    }

    /// Returns the ids of the trade-ins of a lead's first enquiry.
    pub fn enquired_ids() -> impl Iterator<Item = ElementId> {
        (0..VEHICLES).filter_map(|i| enquired_id(1, i))
    }
}

/// Returns the id of the `i`-th trade-in of the enquiry that created this version of a lead.
pub(crate) fn enquired_id(version: u64, i: usize) -> Option<ElementId> {
    ElementId::parse(&format!("enquiry-{version}-{i}")).ok()
}
