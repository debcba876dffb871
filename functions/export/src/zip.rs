//! The structure of a ZIP file (APPNOTE 6.3.10) that several processes write one after the other. The size of an entry need not be known
//! before its content. A file of more than 4 GB or 65,534 entries gets the records of ZIP64.

use flate2::{Compress, CompressError, FlushCompress};
use forecourt_domain::reports::UnfinishedSheet;

/// An entry: name, offset, checksum and sizes of a file.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) at: u64,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    /// Whether checksum and sizes follow the content because they were unknown before it.
    pub(crate) streamed: bool,
}

/// Version 2.0 is needed for deflated content.
const VERSION: u16 = 20;
/// Version 4.5 is needed for ZIP64.
const VERSION_64: u16 = 45;
/// Bit 11: the name is UTF-8.
const UTF_8: u16 = 0x800;
/// Bytes of output for which the compressor gets room at a time.
const CHUNK: usize = 64 * 1_024;
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
    pub(crate) fn stored(name: &str, at: u64, bytes: &[u8]) -> Self {
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self { name: name.into(), at, crc: crc32fast::hash(bytes), packed: size, size, streamed: false }
    }

    /// Returns flags and compression method.
    fn flags_and_method(&self) -> [u16; 2] {
        let utf_8 = if self.name.is_ascii() { 0 } else { UTF_8 };
        if self.streamed { [8 | utf_8, 8] } else { [utf_8, 0] }
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
pub(crate) fn write_directory(out: &mut Vec<u8>, at: u64, entries: &[Entry]) {
    let begin = out.len();
    entries.iter().for_each(|entry| list(out, entry));
    let size = (out.len() - begin) as u64;
    write_end(out, at, size, entries.len() as u64);
}

/// Writes the record of an entry in the central directory.
pub(crate) fn list(out: &mut Vec<u8>, entry: &Entry) {
    let small = u32::try_from(entry.at).ok();
    let version = if small.is_some() { VERSION } else { VERSION_64 };
    put32(out, &[0x0201_4b50]);
    put16(out, &[version, version]);
    put16(out, &entry.flags_and_method());
    put16(out, &[0, DATE]);
    put32(out, &[entry.crc, entry.packed, entry.size]);
    put16(out, &[entry.name.len() as u16, if small.is_some() { 0 } else { 12 }, 0, 0, 0]);
    put32(out, &[0, small.unwrap_or(u32::MAX)]);
    out.extend_from_slice(entry.name.as_bytes());
    if small.is_none() {
        put16(out, &[1, 8]);
        out.extend_from_slice(&entry.at.to_le_bytes());
    }
}

/// Writes the end of a file whose central directory has this offset, size and number of entries.
pub(crate) fn write_end(out: &mut Vec<u8>, at: u64, size: u64, entries: u64) {
    let put64 = |out: &mut Vec<u8>, values: &[u64]| values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
    let is_large = at >= u64::from(u32::MAX) || entries >= u64::from(u16::MAX);
    if is_large {
        put32(out, &[0x0606_4b50]);
        put64(out, &[44]);
        put16(out, &[VERSION_64, VERSION_64]);
        put32(out, &[0, 0]);
        put64(out, &[entries, entries, size, at]);
        put32(out, &[0x0706_4b50, 0]);
        put64(out, &[at + size]);
        put32(out, &[1]);
    }
    let number = if is_large { u16::MAX } else { entries as u16 };
    put32(out, &[0x0605_4b50]);
    put16(out, &[0, 0, number, number]);
    put32(out, &if is_large { [u32::MAX; 2] } else { [size as u32, at as u32] });
    put16(out, &[0]);
}

/// Compresses a part of an entry's content, and counts it.
pub(crate) fn deflate(
    packer: &mut Compress,
    content: &mut UnfinishedSheet,
    bytes: &[u8],
    out: &mut Vec<u8>,
    how: FlushCompress,
) -> Result<(), CompressError> {
    let before = out.len();
    let mut crc = crc32fast::Hasher::new_with_initial(content.crc);
    crc.update(bytes);
    content.crc = crc.finalize();
    content.size += bytes.len() as u64;
    let begun = packer.total_in();
    loop {
        out.reserve(CHUNK);
        let done = (packer.total_in() - begun) as usize;
        packer.compress_vec(&bytes[done..], out, how)?;
        let taken = (packer.total_in() - begun) as usize == bytes.len();
        // Spare capacity means that the compressor has no more output.
        if taken && out.len() < out.capacity() {
            break;
        }
    }
    content.packed += (out.len() - before) as u64;
    Ok(())
}
