//! Lists of values with their texts, for the fields of forms.

use crate::api::Data;
use crate::view::Language;
use forecourt_domain::base::{EVENT_TYPES, NO_SHOW_REASONS};

/// Values with their texts.
pub(super) type Choices = Vec<(String, String)>;

/// The types of events: those that every dealer has, and the dealer's own.
pub(super) fn event_types(language: Language, dealer: Option<&Data>) -> Choices {
    let text = |value: &str| language.text(&format!("label.type_of_event.{value}")).unwrap_or(value).to_owned();
    let every = EVENT_TYPES.iter().map(|(value, _)| ((*value).to_owned(), text(value)));
    every.chain(own(dealer, "event_types")).collect()
}

/// The reasons of a no-show: those that every dealer has, and the dealer's own.
pub(super) fn no_show_reasons(language: Language, dealer: Option<&Data>) -> Choices {
    let text = |value: &str| language.text(&format!("label.reason.{value}")).unwrap_or(value).to_owned();
    let every = NO_SHOW_REASONS.iter().map(|value| ((*value).to_owned(), text(value)));
    every.chain(own(dealer, "no_show_reasons")).collect()
}

/// The dealer's own values of a list, which have no other text.
fn own(dealer: Option<&Data>, list: &str) -> Choices {
    let values = dealer.map(|dealer| dealer.get(list).items()).unwrap_or_default();
    values.iter().filter_map(|value| value.json().as_str()).map(|value| (value.to_owned(), value.to_owned())).collect()
}

/// The languages of the console, and `present` if it is another one.
pub(super) fn languages(language: Language, present: &str) -> Choices {
    let text = |tag: &str| language.text(&format!("label.group_language.{tag}")).unwrap_or(tag).to_owned();
    let own = Language::ALL.map(Language::tag);
    let other = Some(present).filter(|tag| !tag.is_empty() && !own.contains(tag));
    own.into_iter().chain(other).map(|tag| (tag.to_owned(), text(tag))).collect()
}

/// The present people of a dealer.
pub(super) fn people(dealer: Option<&Data>) -> Choices {
    let people = dealer.map(|dealer| dealer.get("people").items()).unwrap_or_default();
    let present = people.iter().filter(|person| person.json()["former"] != true);
    present.map(|person| (person.text("id").to_owned(), person.text("name").to_owned())).collect()
}
