//! Reads ZIP files with another program than the one that wrote them.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

/// The entries of a file by their names.
pub type Entries = BTreeMap<String, Vec<u8>>;

/// Reads a ZIP file. Each entry must have its own name.
pub fn unpacked(file: Vec<u8>) -> Entries {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut entries = Entries::new();
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert!(entries.insert(entry.name().to_owned(), bytes).is_none(), "{} is there twice", entry.name());
    }
    entries
}
