//! The fuzz target `csv`.

#![no_main]

forecourt_fuzz::target!("csv");
