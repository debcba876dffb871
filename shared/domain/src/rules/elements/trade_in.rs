//! Creates trade-ins from the vehicles that an enquiry offers (INT-4).

use crate::base::Actor;
use crate::elements::{Content, Element, as_enquired, enquired_id};
use crate::enquiry::{Enquiry, VEHICLES};
use crate::lead::{Event, Lead};
use chrono::{DateTime, Utc};

/// Creates the trade-ins of the enquiry that the current version of `lead` received. Returns the timeline events and the elements.
pub(crate) fn enquired(lead: &mut Lead, enquiry: &Enquiry, by: &Actor, now: DateTime<Utc>) -> (Vec<Event>, Vec<Element>) {
    let elements = enquiry.trade_ins.iter().enumerate().filter_map(|(i, vehicle)| {
        let content = Content::TradeIn(as_enquired(vehicle));
        Some(Element::new(enquired_id(lead.version, i)?, lead.id, content, by, now))
    });
    let elements: Vec<Element> = elements.collect();
    elements.iter().for_each(|element| lead.counts.add(element.content.kind()));
    (elements.iter().map(Element::added).collect(), elements)
}

/// Updates the trade-ins when the same enquiry is sent again with new content. Trade-ins that a user has changed or removed stay unchanged.
pub(crate) fn enquired_again(
    lead: &mut Lead,
    known: [Option<&Element>; VEHICLES],
    enquiry: &Enquiry,
    by: &Actor,
    now: DateTime<Utc>,
) -> (Vec<Event>, Vec<Element>) {
    let (mut timeline, mut elements) = (Vec::new(), Vec::new());
    for (i, known) in known.into_iter().enumerate() {
        let offered = enquiry.trade_ins.get(i).map(|vehicle| Content::TradeIn(as_enquired(vehicle)));
        let untouched = known.filter(|element| element.removed.is_none() && element.is_enquired());
        let (event, element) = match (known, untouched, offered) {
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
                (event, element.with_content(content, now))
            }
            (_, Some(element), None) => {
                let (kind, title) = (element.content.kind(), element.content.title());
                lead.counts.take(kind);
                (Event::ElementRemoved { kind, element: element.id.clone(), title }, element.gone(by, now))
            }
            _ => continue,
        };
        timeline.push(event);
        elements.push(element);
    }
    (timeline, elements)
}
