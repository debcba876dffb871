//! An answer of the API, for templates and for screens.

use super::shape::Shape;
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use serde_json::Value as Json;
use std::sync::Arc;

/// A part of an answer.
#[derive(Debug, Clone, Default)]
pub struct Data {
    json: Json,
    shape: Option<Shape>,
    etag: Option<String>,
    unchanged: bool,
}

impl Data {
    pub(super) fn new(json: Json, shape: Option<Shape>) -> Self {
        Self { json, shape, etag: None, unchanged: false }
    }

    pub(super) fn with_etag(self, etag: Option<String>, unchanged: bool) -> Self {
        Self { etag, unchanged, ..self }
    }

    /// Adds the elements of the list `name` of `more`, which is the next page of this answer.
    pub(super) fn extend(&mut self, name: &str, mut more: Data) {
        let more = more.json.get_mut(name).map(Json::take);
        if let (Some(Json::Array(all)), Some(Json::Array(more))) = (self.json.get_mut(name), more) {
            all.extend(more);
        }
    }

    /// Returns the answer with the field `name` of another one.
    #[must_use]
    pub(crate) fn with_field_of(mut self, name: &str, other: &Data) -> Self {
        if let (Some(field), Some(value)) = (self.json.get_mut(name), other.json.get(name)) {
            *field = value.clone();
        }
        self
    }

    /// The version of the object: the ETag of the answer without its quotation marks.
    pub(crate) fn version(&self) -> Option<String> {
        self.etag.as_deref().map(|etag| etag.trim_matches('"').to_owned())
    }

    /// Whether the API answered that nothing changed.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.unchanged
    }

    /// Returns a field; `null` if it is absent.
    pub(crate) fn get(&self, name: &str) -> Data {
        let shape = self.shape.as_ref().map(|shape| shape.field(name));
        Data::new(self.json.get(name).cloned().unwrap_or_default(), shape)
    }

    /// Returns the text of a field; empty if it is absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        if let Some(shape) = &self.shape {
            shape.field(name);
        }
        self.json.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    /// Returns the elements; none if it is no list.
    pub(crate) fn items(&self) -> Vec<Data> {
        let shape = self.shape.as_ref().map(Shape::element);
        self.json.as_array().into_iter().flatten().map(|item| Data::new(item.clone(), shape.clone())).collect()
    }

    /// Returns the elements of the list `name` one by one, so that a long one is not copied as a whole.
    pub(crate) fn each(&self, name: &str) -> impl Iterator<Item = Data> {
        let shape = self.shape.as_ref().map(|shape| shape.field(name).element());
        let items = self.json.get(name).and_then(Json::as_array).into_iter().flatten();
        items.map(move |item| Data::new(item.clone(), shape.clone()))
    }

    /// Whether it is a list that contains the text.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.json.as_array().is_some_and(|items| items.iter().any(|item| item.as_str() == Some(text)))
    }

    /// Whether it is absent or `null`.
    pub(crate) fn is_null(&self) -> bool {
        self.json.is_null()
    }

    /// The plain JSON.
    pub(crate) fn json(&self) -> &Json {
        &self.json
    }

    /// The value for a template.
    pub(crate) fn value(&self) -> Value {
        match &self.json {
            Json::Object(_) | Json::Array(_) => Value::from_object(self.clone()),
            Json::Null => Value::from(()),
            Json::Bool(flag) => Value::from(*flag),
            Json::String(text) => Value::from(text.as_str()),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Value::from(whole),
                (None, decimal) => Value::from(decimal.unwrap_or_default()),
            },
        }
    }
}

impl Object for Data {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.json.is_array() { ObjectRepr::Seq } else { ObjectRepr::Map }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if let Some(name) = key.as_str() {
            return self.json.is_object().then(|| self.get(name)).filter(|data| !data.is_null()).map(|data| data.value());
        }
        let item = self.json.as_array()?.get(key.as_usize()?)?.clone();
        Some(Data::new(item, self.shape.as_ref().map(Shape::element)).value())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.json {
            Json::Array(items) => Enumerator::Seq(items.len()),
            Json::Object(fields) => Enumerator::Values(fields.keys().map(Value::from).collect()),
            _ => Enumerator::NonEnumerable,
        }
    }
}
