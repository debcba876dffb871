//! A trade-in: a vehicle of the customer's that the dealer may take in part payment (LEAD-2). Those of an enquiry are elements like all others,
//! so that they are counted, valued and removed as these are.

use super::{Content, Element};
use crate::access::Actor;
use crate::enquiry::{Enquiry, VEHICLES, Vehicle};
use crate::ids::ElementId;
use crate::lead::Lead;
use crate::money::Money;
use crate::refusal::Fault;
use crate::timeline::Event;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A trade-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TradeIn {
    /// The vehicle with plate and mileage.
    pub vehicle: Vehicle,
    /// What the customer asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Money>,
    /// What the dealer offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Money>,
    /// In words, up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// As the enquiry has it: nobody has changed it here, so that an enquiry sent again may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enquired: bool,
}

/// A vehicle that says nothing of itself is none.
pub(super) fn says_which(vehicle: &Vehicle, faults: &mut Vec<Fault>) {
    if *vehicle == Vehicle::default() && faults.is_empty() {
        faults.push(Fault::new("vehicle", "LEAD-2", "must say which vehicle it is"));
    }
}

impl TradeIn {
    /// A trade-in that a user enters.
    ///
    /// # Errors
    /// The faults of its fields.
    pub fn entered(
        vehicle: Vehicle,
        [asked, offered]: [Option<Money>; 2],
        notes: Option<String>,
        mut faults: Vec<Fault>,
    ) -> Result<Self, Vec<Fault>> {
        says_which(&vehicle, &mut faults);
        if faults.is_empty() { Ok(Self { vehicle, asked, offered, notes, enquired: false }) } else { Err(faults) }
    }

    pub(super) fn title(&self) -> String {
        let plate = self.vehicle.plate.as_ref().map(|plate| format!(" ({plate})")).unwrap_or_default();
        let offered = self.offered.as_ref().map(|offered| format!(": {offered}")).unwrap_or_default();
        format!("{}{plate}{offered}", self.vehicle.line())
    }
}

/// The trade-ins of the enquiry that `lead` takes in as its present version: what the timeline says, and the elements.
pub(crate) fn enquired(lead: &mut Lead, enquiry: &Enquiry, by: &Actor, now: DateTime<Utc>) -> (Vec<Event>, Vec<Element>) {
    let elements = enquiry.trade_ins.iter().enumerate().filter_map(|(i, vehicle)| {
        let content = Content::TradeIn(as_enquired(vehicle));
        Some(Element::new(enquired_id(lead.version, i)?, lead.id, content, by, now))
    });
    let elements: Vec<Element> = elements.collect();
    elements.iter().for_each(|element| lead.counts.add(element.content.kind()));
    (elements.iter().map(Element::added).collect(), elements)
}

/// The same enquiry was sent again with another state of things: its trade-ins follow, but for those that somebody has changed or removed.
pub(crate) fn enquired_again(
    lead: &mut Lead,
    known: [Option<&Element>; VEHICLES],
    enquiry: &Enquiry,
    by: &Actor,
    now: DateTime<Utc>,
) -> (Vec<Event>, Vec<Element>) {
    let (mut told, mut elements) = (Vec::new(), Vec::new());
    for (i, known) in known.into_iter().enumerate() {
        let says = enquiry.trade_ins.get(i).map(|vehicle| Content::TradeIn(as_enquired(vehicle)));
        let untouched = known.filter(|element| element.removed.is_none() && element.is_enquired());
        let (event, element) = match (known, untouched, says) {
            (None, _, Some(content)) => {
                let Some(id) = enquired_id(1, i) else { continue };
                let element = Element::new(id, lead.id, content, by, now);
                lead.counts.add(element.content.kind());
                (element.added(), element)
            }
            (_, Some(element), Some(content)) if element.content != content => {
                let (kind, title) = (content.kind(), content.title());
                let before = Box::new(element.content.clone());
                let event = Event::ElementChanged { kind, element: element.id.clone(), title, text: None, before };
                (event, element.saying(content, now))
            }
            (_, Some(element), None) => {
                let (kind, title) = (element.content.kind(), element.content.title());
                lead.counts.take(kind);
                (Event::ElementRemoved { kind, element: element.id.clone(), title }, element.gone(by, now))
            }
            _ => continue,
        };
        told.push(event);
        elements.push(element);
    }
    (told, elements)
}

fn as_enquired(vehicle: &Vehicle) -> TradeIn {
    TradeIn { vehicle: vehicle.clone(), asked: None, offered: None, notes: None, enquired: true }
}

impl Element {
    fn is_enquired(&self) -> bool {
        matches!(&self.content, Content::TradeIn(trade_in) if trade_in.enquired)
    }

    /// The names of the trade-ins of a lead's first enquiry.
    pub fn enquired_ids() -> impl Iterator<Item = ElementId> {
        (0..VEHICLES).filter_map(|i| enquired_id(1, i))
    }
}

/// The name of the `i`-th trade-in of the enquiry that a version of a lead took in.
fn enquired_id(version: u64, i: usize) -> Option<ElementId> {
    ElementId::parse(&format!("enquiry-{version}-{i}")).ok()
}
