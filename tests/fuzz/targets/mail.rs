//! The fuzz target `mail`.

#![no_main]

forecourt_fuzz::target!("mail");
