//! Lists of values with their texts, for the fields of forms.

use crate::api::Data;
use crate::view::Language;
use forecourt_domain::base::{CANCELLATION_REASONS, EVENT_TYPES, LEAD_CLOSED, NO_SHOW_REASONS};

/// Values with their texts.
pub(super) type Choices = Vec<(String, String)>;

/// Returns values with their texts `label.KIND.VALUE`. A value without a text is its own.
pub(super) fn labelled<'a>(language: Language, kind: &str, values: impl IntoIterator<Item = &'a str>) -> Choices {
    let text = |value: &str| language.text(&format!("label.{kind}.{value}")).unwrap_or(value).to_owned();
    values.into_iter().map(|value| (value.to_owned(), text(value))).collect()
}

/// Returns the types of events: those that every dealer has, and the dealer's own.
pub(super) fn event_types(language: Language, dealer: Option<&Data>) -> Choices {
    let mut types = labelled(language, "type_of_event", EVENT_TYPES.iter().map(|(value, _)| *value));
    types.extend(own(dealer, "event_types"));
    types
}

/// Returns the reasons of a no-show: those that every dealer has, and the dealer's own.
pub(super) fn no_show_reasons(language: Language, dealer: Option<&Data>) -> Choices {
    let mut reasons = labelled(language, "reason", NO_SHOW_REASONS);
    reasons.extend(own(dealer, "no_show_reasons"));
    reasons
}

/// Returns the reasons of a cancellation: those that every dealer has, and the dealer's own.
pub(super) fn cancellation_reasons(language: Language, dealer: Option<&Data>) -> Choices {
    let mut reasons = labelled(language, "reason", CANCELLATION_REASONS.into_iter().filter(|reason| *reason != LEAD_CLOSED));
    reasons.extend(own(dealer, "cancellation_reasons"));
    reasons
}

/// Returns the dealer's own values of a list, which have no other text.
fn own(dealer: Option<&Data>, list: &str) -> Choices {
    let values = dealer.map(|dealer| dealer.get(list).items()).unwrap_or_default();
    values.iter().filter_map(|value| value.json().as_str()).map(|value| (value.to_owned(), value.to_owned())).collect()
}

/// Returns the languages of the console, and `present` if it is another one.
pub(super) fn languages(language: Language, present: &str) -> Choices {
    let own = Language::ALL.map(Language::tag);
    let other = Some(present).filter(|tag| !tag.is_empty() && !own.contains(tag));
    labelled(language, "group_language", own.into_iter().chain(other))
}

/// Returns the people of a dealer, without former ones. A form keeps a former one who is its present value.
pub(super) fn people(dealer: Option<&Data>) -> Choices {
    let people = dealer.map(|dealer| dealer.get("people").items()).unwrap_or_default();
    people.iter().filter(|person| person.get("former").json() != true).map(named).collect()
}

/// Returns the id and the name of a person or a dealer.
pub(super) fn named(object: &Data) -> (String, String) {
    (object.text("id").to_owned(), object.text("name").to_owned())
}
