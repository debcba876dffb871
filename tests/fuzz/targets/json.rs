//! The fuzz target `json`.

#![no_main]

forecourt_fuzz::target!("json");
