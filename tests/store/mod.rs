//! Tests of what the store relies on in DynamoDB, and of the cost of operations.

pub(crate) mod another_release;
pub(crate) mod contract;
pub(crate) mod cost;
pub(crate) mod groups;
pub(crate) mod relay;
pub(crate) mod stored_form;
