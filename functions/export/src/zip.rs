//! The frame of a ZIP file (APPNOTE 6.3.10) that is written from its beginning to its end, by one process after another: what is packed in an entry need not
//! be known before it.

/// An entry: what a file in it is called, where it begins, and what it came to.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) at: u32,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    /// Whether crc and sizes stand behind it, since they were not known before it.
    pub(crate) streamed: bool,
}

/// Version 2.0 unpacks what is deflated.
const VERSION: u16 = 20;
/// No time: the first day that the format knows.
const DATE: u16 = 0x21;

fn put16(out: &mut Vec<u8>, values: &[u16]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}

impl Entry {
    /// An entry at `at` that holds `bytes` as they are.
    pub(crate) fn stored(name: &str, at: u32, bytes: &[u8]) -> Self {
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self { name: name.into(), at, crc: crc32fast::hash(bytes), packed: size, size, streamed: false }
    }

    /// Flags and method.
    fn way(&self) -> [u16; 2] {
        if self.streamed { [8, 8] } else { [0, 0] }
    }

    /// What stands before its content.
    pub(crate) fn begin(&self, out: &mut Vec<u8>) {
        put32(out, &[0x0403_4b50]);
        put16(out, &[VERSION]);
        put16(out, &self.way());
        put16(out, &[0, DATE]);
        put32(out, &if self.streamed { [0; 3] } else { [self.crc, self.packed, self.size] });
        put16(out, &[self.name.len() as u16, 0]);
        out.extend_from_slice(self.name.as_bytes());
    }

    /// What stands behind the content of one that is streamed.
    pub(crate) fn end(&self, out: &mut Vec<u8>) {
        put32(out, &[0x0807_4b50, self.crc, self.packed, self.size]);
    }
}

/// The directory, which begins at `at` and ends the file.
pub(crate) fn directory(out: &mut Vec<u8>, at: u32, entries: &[Entry]) {
    let begin = out.len();
    for entry in entries {
        put32(out, &[0x0201_4b50]);
        put16(out, &[VERSION, VERSION]);
        put16(out, &entry.way());
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
