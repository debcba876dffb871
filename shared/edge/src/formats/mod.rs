//! Formats that two or more functions read or write.

pub mod ical;
pub mod json;
mod known;
pub mod packed;
pub mod shape;
pub mod vehicle;
