//! Lists of values with their texts, for the fields of forms.

use crate::api::Data;
use crate::view::Language;
use forecourt_domain::base::EVENT_TYPES;

/// Values with their texts.
pub(super) type Choices = Vec<(String, String)>;

/// The types of events that every dealer has.
pub(super) fn event_types(language: Language) -> Choices {
    let text = |value: &str| language.text(&format!("label.type_of_event.{value}")).unwrap_or(value).to_owned();
    EVENT_TYPES.iter().map(|(value, _)| ((*value).to_owned(), text(value))).collect()
}

/// The people of a dealer.
pub(super) fn people(dealer: Option<&Data>) -> Choices {
    named(&dealer.map(|dealer| dealer.get("people")).unwrap_or_default())
}

/// The ids and names of a list.
fn named(list: &Data) -> Choices {
    list.items().iter().map(|item| (item.text("id").to_owned(), item.text("name").to_owned())).collect()
}
