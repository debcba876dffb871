//! Notices about events that one request gave to users (CAL-10).

use crate::decision::Item;
use crate::lead::merged;
use crate::messages::{BulkContext, Message, Notice};
use chrono::{DateTime, Utc};

/// Whether an item is a notice about an event that was given to a user.
pub fn is_given_notice(item: &Item) -> bool {
    matches!(item, Item::Message(message) if matches!(message.notice, Notice::EventGiven { .. }))
}

/// Takes the notices about events that were given to users out of the items of one commit, and puts one notice for each reader into their
/// place if there are several (CAL-10).
pub fn with_given_together(items: Vec<Item>, now: DateTime<Utc>) -> Vec<Item> {
    let (given, mut others): (Vec<Item>, Vec<Item>) = items.into_iter().partition(is_given_notice);
    let messages: Vec<Message> =
        given.into_iter().filter_map(|item| if let Item::Message(message) = item { Some(message) } else { None }).collect();
    let notices = messages.iter().filter_map(Message::as_bulk).fold(Vec::new(), merged);
    for notice in notices {
        let mut own = messages.iter().filter(|message| message.reader == notice.to && message.dealer == notice.dealer);
        let Some(first) = own.next() else { continue };
        let context = match &first.notice {
            Notice::EventGiven { title, by, .. } => BulkContext { title: Some(title.clone()), by: by.clone(), note: None },
            _ => BulkContext::default(),
        };
        let message = if notice.count > 1 { Message::bulk(&notice, &first.cause, context, now) } else { Some(first.clone()) };
        others.extend(message.map(Item::Message));
    }
    others
}
