//! The values with which the form of a change begins: those of the object, as users type them.

use super::{Field, Kind};
use crate::view::{Zoned, money};
use crate::visit::Pairs;
use chrono::DateTime;
use serde_json::Value as Json;

/// Returns the values that an object of the API has for the fields of a form.
pub(crate) fn values_of(fields: &[Field], object: &Json, zoned: &Zoned) -> Pairs {
    let mut values = Pairs::default();
    let writing = Writing { whole: object, zoned };
    writing.add(fields, object, "", &mut values);
    values
}

struct Writing<'a> {
    whole: &'a Json,
    zoned: &'a Zoned,
}

impl Writing<'_> {
    fn add(&self, fields: &[Field], object: &Json, within: &str, values: &mut Pairs) {
        for field in fields {
            let name = format!("{within}{}", field.name);
            let value = at(object, field.name);
            match field.kind {
                Kind::Group(fields) => self.add(fields, value, &format!("{name}."), values),
                Kind::Rows(fields, _) => {
                    for (row, value) in value.as_array().into_iter().flatten().enumerate() {
                        self.add(fields, value, &format!("{name}.{row}."), values);
                    }
                }
                Kind::Money => {
                    let code = value["currency"].as_str().unwrap_or_default();
                    if let (Some(amount), Some(currency)) = (value["amount"].as_i64(), money::currency(code)) {
                        values.0.push((format!("{name}.amount"), money::write(amount, currency, self.zoned.language)));
                        values.0.push((format!("{name}.currency"), code.to_owned()));
                    }
                }
                Kind::Several | Kind::HiddenList => {
                    let texts = value.as_array().into_iter().flatten().filter_map(Json::as_str);
                    values.0.extend(texts.map(|text| (name.clone(), text.to_owned())));
                }
                _ => {
                    if let Some(text) = self.text(field.kind, value) {
                        values.0.push((name, text));
                    }
                }
            }
        }
    }

    fn text(&self, kind: Kind, value: &Json) -> Option<String> {
        match (kind, value) {
            (Kind::Time, Json::String(at)) => Some(self.zoned.input(DateTime::parse_from_rfc3339(at).ok()?.to_utc())),
            (Kind::Amount(currency), Json::Number(amount)) => {
                let currency = money::currency(at(self.whole, currency).as_str()?)?;
                Some(money::write(amount.as_i64()?, currency, self.zoned.language))
            }
            (Kind::List, Json::Array(lines)) => Some(lines.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("\n")),
            (Kind::Tick, Json::Bool(set)) => set.then(|| "on".to_owned()),
            (_, Json::String(text)) => Some(text.clone()),
            (_, Json::Number(number)) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// Returns the value at a path such as `price.currency`; `null` if there is none.
fn at<'a>(object: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(object, |place, name| &place[name])
}
