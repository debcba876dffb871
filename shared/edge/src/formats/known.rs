//! Parsed JSON whose unknown fields are reported together with the fields that are known in their place.

use forecourt_domain::base::Fault;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};
use std::cell::RefCell;

/// A field that the target type does not have.
#[derive(Debug, Clone, PartialEq)]
pub struct UnknownField {
    /// The path of the field: `contact.phones[1].colour`.
    pub path: String,
    /// The fields that the target type has in this place.
    pub known: &'static [&'static str],
}

impl UnknownField {
    /// Returns the fault of the field (API-1).
    pub fn fault(self) -> Fault {
        unknown(self.path, self.known)
    }
}

/// Returns the fault of the unknown field `path`, which names the `known` fields in its place (API-1).
pub fn unknown(path: impl Into<String>, known: &[&str]) -> Fault {
    let known = match known {
        [] => "no field is known here".to_owned(),
        known => format!("known fields are {}", known.join(", ")),
    };
    Fault::new(path, "API-1", format!("is unknown; {known}"))
}

/// Returns the fault of the field or parameter `path`, which is the former name of `now`, if both are given (API-1).
pub fn former(path: impl Into<String>, now: &str) -> Fault {
    Fault::new(path, "API-1", format!("is the former name of {now}; must be given once"))
}

/// A deserializer of parsed JSON that collects unknown fields.
pub(crate) struct Known<'a> {
    value: Value,
    path: String,
    unknown: &'a RefCell<Vec<UnknownField>>,
}

impl<'a> Known<'a> {
    /// Creates the deserializer of a whole document.
    pub(crate) fn new(value: Value, unknown: &'a RefCell<Vec<UnknownField>>) -> Self {
        Self { value, path: String::new(), unknown }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

impl<'de> Deserializer<'de> for Known<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let unknown = self.unknown;
        match std::mem::take(&mut self.value) {
            Value::Object(fields) => {
                let field = |(name, value): (String, Value)| {
                    let path = self.path_of(&name);
                    (name, Known { value, path, unknown })
                };
                visitor.visit_map(MapDeserializer::new(fields.into_iter().map(field)))
            }
            Value::Array(values) => {
                let item = |(place, value): (usize, Value)| Known { value, path: format!("{}[{place}]", self.path), unknown };
                let length = values.len();
                let mut items = SeqDeserializer::<_, Error>::new(values.into_iter().enumerate().map(item));
                let read = visitor.visit_seq(&mut items)?;
                // A list of a fixed length leaves the entries after its last one.
                items.end().map(|()| read).map_err(|_| Error::invalid_length(length, &"fewer elements in array"))
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.value {
            Value::Object(object) => {
                let others = object.keys().filter(|name| !fields.contains(&name.as_str()));
                let others = others.map(|name| UnknownField { path: self.path_of(name), known: fields });
                self.unknown.borrow_mut().extend(others);
                self.deserialize_any(visitor)
            }
            // The visitor would read a list as the fields in the order of the type.
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            // The visitor would read an object as a variant and its content. The enums of bodies are names alone.
            Value::Object(_) => Err(Error::invalid_type(Unexpected::Map, &"a string")),
            value => value.deserialize_enum(name, variants, visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Array(values) if values.len() != length => {
                let expected = format!("a tuple of size {length}");
                Err(Error::invalid_length(values.len(), &expected.as_str()))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Known<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
