//! Tests of the mail reader: samples, rules and properties.

mod hostile;
mod properties;
mod render;
mod rules;
mod samples;

use std::path::PathBuf;

/// Returns the folder of the samples.
fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../events/lead-intake/mail"))
}

/// Returns every sample with its name, ordered by name.
fn every_sample() -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect();
    found.sort();
    found
}
