//! The structure of a ZIP file (APPNOTE 6.3.10) that several processes write one after the other. The size of an entry need not be known
//! before its content.

/// An entry: name, offset, checksum and sizes of a file.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) at: u32,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    /// Whether checksum and sizes follow the content because they were unknown before it.
    pub(crate) streamed: bool,
}

/// Version 2.0 is needed for deflated content.
const VERSION: u16 = 20;
/// The first day of the format; entries have no time of their own.
const DATE: u16 = 0x21;

fn put16(out: &mut Vec<u8>, values: &[u16]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}

impl Entry {
    /// Returns an entry at offset `at` with uncompressed `bytes`.
    pub(crate) fn stored(name: &str, at: u32, bytes: &[u8]) -> Self {
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self { name: name.into(), at, crc: crc32fast::hash(bytes), packed: size, size, streamed: false }
    }

    /// Returns flags and compression method.
    fn flags_and_method(&self) -> [u16; 2] {
        if self.streamed { [8, 8] } else { [0, 0] }
    }

    /// Writes the header before the content.
    pub(crate) fn write_header(&self, out: &mut Vec<u8>) {
        put32(out, &[0x0403_4b50]);
        put16(out, &[VERSION]);
        put16(out, &self.flags_and_method());
        put16(out, &[0, DATE]);
        put32(out, &if self.streamed { [0; 3] } else { [self.crc, self.packed, self.size] });
        put16(out, &[self.name.len() as u16, 0]);
        out.extend_from_slice(self.name.as_bytes());
    }

    /// Writes the data descriptor after the content of a streamed entry.
    pub(crate) fn write_descriptor(&self, out: &mut Vec<u8>) {
        put32(out, &[0x0807_4b50, self.crc, self.packed, self.size]);
    }
}

/// Writes the central directory at offset `at`, which ends the file.
pub(crate) fn write_directory(out: &mut Vec<u8>, at: u32, entries: &[Entry]) {
    let begin = out.len();
    for entry in entries {
        put32(out, &[0x0201_4b50]);
        put16(out, &[VERSION, VERSION]);
        put16(out, &entry.flags_and_method());
        put16(out, &[0, DATE]);
        put32(out, &[entry.crc, entry.packed, entry.size]);
        put16(out, &[entry.name.len() as u16, 0, 0, 0, 0]);
        put32(out, &[0, entry.at]);
        out.extend_from_slice(entry.name.as_bytes());
    }
    let size = (out.len() - begin) as u32;
    put32(out, &[0x0605_4b50]);
    put16(out, &[0, 0, entries.len() as u16, entries.len() as u16]);
    put32(out, &[size, at]);
    put16(out, &[0]);
}
