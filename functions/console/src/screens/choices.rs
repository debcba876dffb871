//! Lists of values with their texts, for the fields of forms.

use crate::api::Data;
use crate::view::Language;
use forecourt_domain::base::EVENT_TYPES;

/// Values with their texts.
pub(super) type Choices = Vec<(String, String)>;

/// Returns values with their texts `label.KIND.VALUE`. A value without a text is its own.
pub(super) fn labelled<'a>(language: Language, kind: &str, values: impl IntoIterator<Item = &'a str>) -> Choices {
    let text = |value: &str| language.text(&format!("label.{kind}.{value}")).unwrap_or(value).to_owned();
    values.into_iter().map(|value| (value.to_owned(), text(value))).collect()
}

/// Returns the types of events that every dealer has.
pub(super) fn event_types(language: Language) -> Choices {
    labelled(language, "type_of_event", EVENT_TYPES.iter().map(|(value, _)| *value))
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
