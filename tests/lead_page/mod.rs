//! Tests of a lead's page: elements, tasks, deadlines, contacts, lists (LEAD).

mod attachments;
mod bulk;
pub(crate) mod communication;
pub(crate) mod contacts;
pub(crate) mod deadlines;
pub(crate) mod document_content;
pub(crate) mod documents;
pub(crate) mod elements;
pub(crate) mod header;
pub(crate) mod lists;
mod message_options;
pub(crate) mod names;
pub(crate) mod past_dates;
pub(crate) mod raw;
mod scan_states;
pub(crate) mod tasks;
mod thread;
