//! The fuzz target `labels`.

#![no_main]

forecourt_fuzz::target!("labels");
