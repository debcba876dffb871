//! The recipient of a message: the contacts of the lead with their addresses, of which the user chooses one (LEAD-3, LEAD-7).

use crate::api::Data;
use crate::view::Language;
use crate::visit::Pairs;
use forecourt_domain::base::ContactId;
use minijinja::{Value, context};
use serde_json::{Value as Json, json};

/// The input with the recipient: the id of the contact and the address.
const NAME: &str = "recipient";

/// The addresses of a medium to which a message of a lead can go.
pub(super) struct Recipients {
    all: Vec<Data>,
    chosen: Option<usize>,
    /// Whether the recipient in the form is not possible any more.
    pub(super) has_moved: bool,
    /// Whether the form was sent without a recipient.
    pub(super) is_open: bool,
}

/// Returns the contact whom a form or an address names as the recipient.
pub(super) fn contact(values: &Pairs) -> Option<&str> {
    let (contact, _) = values.get(NAME)?.split_once(' ')?;
    ContactId::parse(contact).is_ok().then_some(contact)
}

impl Recipients {
    /// Returns the recipients for a form that is shown. An address that names a recipient who is not possible names none.
    pub(super) fn of_address(options: &Data, medium: &str, query: &Pairs) -> Self {
        match Self::of(options, medium, query) {
            named if !named.has_moved => named,
            _ => Self::of(options, medium, &Pairs::default()),
        }
    }

    /// Returns the recipients of a medium, with the one that `values` name, else the one who gets an answer. Somebody else is never chosen
    /// instead of a recipient to whom no message is sent.
    pub(super) fn of(options: &Data, medium: &str, values: &Pairs) -> Self {
        let all: Vec<Data> = options.each("recipients").filter(|each| each.text("medium") == medium).collect();
        // A browser does not send a choice that is not possible, and the message would go to somebody else.
        let is_possible = |each: &Data| each.get("refused").is_null();
        let is_named = |each: &Data| values.get(NAME) == Some(value_of(each).as_str()) && is_possible(each);
        // A page of an earlier release names the address alone.
        let is_address = |each: &Data| values.get("to") == Some(each.text("address"));
        let is_usual = |each: &Data| is_default(each) && is_possible(each);
        let (chosen, is_asked) = match (values.has(NAME), values.get("to")) {
            (true, _) => (all.iter().position(is_named), values.get(NAME).is_some()),
            (false, Some(_)) => (all.iter().position(|each| is_default(each) && is_address(each)), true),
            (false, None) => (all.iter().position(is_usual), false),
        };
        let (has_moved, is_open) = (is_asked && chosen.is_none(), values.has(NAME) && !is_asked && !all.is_empty());
        Self { all, chosen, has_moved, is_open }
    }

    /// Returns the chosen recipient.
    pub(super) fn chosen(&self) -> Option<&Data> {
        self.all.get(self.chosen?)
    }

    /// Names the chosen recipient in the body of a message. Without a choice, the API decides.
    pub(super) fn put_in(&self, body: &mut Json) {
        if let Some(chosen) = self.chosen() {
            (body["contact"], body["to"]) = (json!(chosen.text("contact")), json!(chosen.text("address")));
        }
    }

    /// The recipients for the template: each with the reason if no message is sent to it.
    pub(super) fn shown(&self, language: Language) -> Value {
        let line = |(place, each): (usize, &Data)| {
            let refused = each.text("refused");
            let why = language.text(&format!("label.purpose_refused.{refused}"));
            let text = format!("{}, {}", each.text("name"), each.text("address"));
            let text = why.map_or(text.clone(), |why| format!("{text} – {why}"));
            context! { value => value_of(each), text, refused => !refused.is_empty(), chosen => self.chosen == Some(place) }
        };
        let usual = self.all.iter().find(|each| is_default(each)).map(Data::value);
        context! { all => self.all.iter().enumerate().map(line).collect::<Vec<_>>(), to => self.chosen().map(Data::value), usual }
    }
}

fn is_default(recipient: &Data) -> bool {
    recipient.get("default").json() == true
}

fn value_of(recipient: &Data) -> String {
    format!("{} {}", recipient.text("contact"), recipient.text("address"))
}
