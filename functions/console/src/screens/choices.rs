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

/// The languages of the console, and `present` if it is another one.
pub(super) fn languages(language: Language, present: &str) -> Choices {
    let text = |tag: &str| language.text(&format!("label.group_language.{tag}")).unwrap_or(tag).to_owned();
    let own = Language::ALL.map(Language::tag);
    let other = Some(present).filter(|tag| !tag.is_empty() && !own.contains(tag));
    own.into_iter().chain(other).map(|tag| (tag.to_owned(), text(tag))).collect()
}

/// The people of a dealer.
pub(super) fn people(dealer: Option<&Data>) -> Choices {
    named(&dealer.map(|dealer| dealer.get("people")).unwrap_or_default())
}

/// The ids and names of a list.
fn named(list: &Data) -> Choices {
    list.items().iter().map(|item| (item.text("id").to_owned(), item.text("name").to_owned())).collect()
}
