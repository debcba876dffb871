//! The properties of the readers and writers of untrusted data: one function for each fuzz target. It panics if a property does not hold.

mod adf;
mod csv;
mod enquiry;
mod json;
mod labels;
mod mail;

pub use adf::adf;
pub use csv::csv;
pub use json::json;
pub use labels::labels;
pub use mail::mail;
