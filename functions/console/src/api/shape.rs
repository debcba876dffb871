//! The shape of answers by the OpenAPI document. Only tests use it: it records each field that a screen reads and the document lacks.

use forecourt_edge::routes::Operation;
use serde_json::Value as Json;
use std::sync::{Arc, Mutex};

/// The OpenAPI document, and the faults that were found.
#[derive(Debug)]
pub struct Shapes {
    document: Json,
    faults: Mutex<Vec<String>>,
}

/// The schemas that a part of an answer may have; none if the document leaves it open.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    shapes: Arc<Shapes>,
    place: String,
    schemas: Vec<Json>,
}

impl Shapes {
    /// The shapes of a document.
    ///
    /// # Errors
    /// If it is no JSON.
    pub fn parse(document: &str) -> Result<Arc<Self>, serde_json::Error> {
        Ok(Arc::new(Self { document: serde_json::from_str(document)?, faults: Mutex::default() }))
    }

    /// Returns the faults so far.
    pub fn faults(&self) -> Vec<String> {
        self.faults.lock().map(|faults| faults.clone()).unwrap_or_default()
    }

    pub(super) fn of_answer(self: &Arc<Self>, operation: Operation, status: u16) -> Shape {
        let id = operation.id();
        let paths = self.document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
        let mut operations = paths.filter_map(Json::as_object).flat_map(|path| path.values());
        let schema = operations.find(|operation| operation["operationId"] == id.as_str());
        let schema = schema.map(|operation| operation["responses"][status.to_string()]["content"]["application/json"]["schema"].clone());
        let schema = schema.filter(|schema| !schema.is_null());
        let shape = Shape { shapes: self.clone(), place: id, schemas: Vec::new() };
        Shape { schemas: schema.map(|schema| shape.resolved(&schema)).unwrap_or_default(), ..shape }
    }
}

impl Shape {
    /// The schemas of which a schema consists, without references.
    fn resolved(&self, schema: &Json) -> Vec<Json> {
        if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/schemas/")) {
            return self.resolved(&self.shapes.document["components"]["schemas"][name]);
        }
        let several = ["allOf", "oneOf", "anyOf"].iter().find_map(|kind| schema[kind].as_array());
        match several {
            Some(schemas) => schemas.iter().flat_map(|schema| self.resolved(schema)).collect(),
            None => vec![schema.clone()],
        }
    }

    /// The shape of a field. Records a fault if no schema has it.
    pub(super) fn field(&self, name: &str) -> Shape {
        let of = |schema: &Json| {
            let known = schema["properties"].get(name).or_else(|| schema.get("additionalProperties").filter(|any| any.is_object()));
            known.map(|schema| self.resolved(schema))
        };
        let found: Vec<Vec<Json>> = self.schemas.iter().filter_map(of).collect();
        let is_open = |schema: &Json| {
            schema["type"] == "object" && schema["properties"].is_null() || schema.as_object().is_some_and(|s| s.is_empty())
        };
        let place = format!("{}.{name}", self.place);
        if found.is_empty()
            && !self.schemas.is_empty()
            && !self.schemas.iter().any(is_open)
            && let Ok(mut faults) = self.shapes.faults.lock()
        {
            faults.push(format!("the document has no field {place}"));
        }
        Shape { shapes: self.shapes.clone(), place, schemas: found.concat() }
    }

    /// The shape of an element of a list.
    pub(super) fn element(&self) -> Shape {
        let schemas = self.schemas.iter().filter_map(|schema| schema.get("items")).flat_map(|items| self.resolved(items)).collect();
        Shape { shapes: self.shapes.clone(), place: format!("{}[]", self.place), schemas }
    }
}
