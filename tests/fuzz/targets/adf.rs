//! The fuzz target `adf`.

#![no_main]

forecourt_fuzz::target!("adf");
