//! The schema of the table, for the local run and the tests. `infra/template.yaml` has the same one for the cloud.

use crate::reads::unavailable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
};

/// The indexes: name, hash and range attribute, and the attribute that is projected with the keys.
const INDEXES: [(&str, &str, &str, Option<&str>); 3] =
    [("list", "lpk", "lsk", Some("row")), ("work", "wpk", "wsk", Some("row")), ("due", "dpk", "dsk", None)];

/// Whether the table was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewTable {
    /// It was created.
    Made,
    /// It existed.
    Found,
}

impl Store {
    /// Creates the table unless it exists.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn make_table(&self) -> Result<NewTable, Failure> {
        let build = |e: aws_sdk_dynamodb::error::BuildError| Failure::Broken(e.into());
        let keys = |hash: &str, range: &str| -> Result<Vec<KeySchemaElement>, Failure> {
            [(hash, KeyType::Hash), (range, KeyType::Range)]
                .into_iter()
                .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(build))
                .collect()
        };
        let mut request = self
            .client
            .create_table()
            .table_name(&*self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys("pk", "sk")?));
        let names = ["pk", "sk"].into_iter().chain(INDEXES.iter().flat_map(|(_, hash, range, _)| [*hash, *range]));
        for name in names {
            let attribute =
                AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().map_err(build)?;
            request = request.attribute_definitions(attribute);
        }
        for (name, hash, range, carried) in INDEXES {
            let projection = match carried {
                Some(attribute) => Projection::builder().projection_type(ProjectionType::Include).non_key_attributes(attribute),
                None => Projection::builder().projection_type(ProjectionType::KeysOnly),
            };
            let index =
                GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys(hash, range)?)).projection(projection.build());
            request = request.global_secondary_indexes(index.build().map_err(build)?);
        }
        match request.send().await {
            Ok(_) => Ok(NewTable::Made),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => Ok(NewTable::Found),
            Err(e) => Err(unavailable(e)),
        }
    }
}
