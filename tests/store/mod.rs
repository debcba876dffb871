//! What the store expects of DynamoDB, and what operations cost.

pub(crate) mod contract;
pub(crate) mod cost;
pub(crate) mod relay;
pub(crate) mod stored_form;
