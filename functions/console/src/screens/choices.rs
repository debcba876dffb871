//! Lists of values with their texts, for the fields of forms.

use crate::api::Data;
use crate::view::Language;
use forecourt_domain::base::EVENT_TYPES;

/// Values with their texts.
pub(super) type Choices = Vec<(String, String)>;

/// The types of events that every dealer has.
pub(super) fn event_types(language: Language) -> Choices {
    texts(language, "type_of_event", &EVENT_TYPES.map(|(value, _)| value))
}

/// Values with the texts `label.KIND.VALUE`.
pub(super) fn texts(language: Language, kind: &str, values: &[&str]) -> Choices {
    let text = |value: &str| language.text(&format!("label.{kind}.{value}")).unwrap_or(value).to_owned();
    values.iter().map(|value| ((*value).to_owned(), text(value))).collect()
}

/// The people of a dealer.
pub(super) fn people(dealer: Option<&Data>) -> Choices {
    named(&dealer.map(|dealer| dealer.get("people")).unwrap_or_default())
}

/// The ids and names of a list.
pub(super) fn named(list: &Data) -> Choices {
    list.items().iter().map(|item| (item.text("id").to_owned(), item.text("name").to_owned())).collect()
}
