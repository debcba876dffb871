//! A ZIP file that is written entry by entry and slice by slice (PRV-4).
//!
//! As in a workbook, every slice ends its compression at a byte boundary and refers to no earlier data. What the next slice needs is in
//! [`AccessOutput`]; the records of the complete entries are carried behind the bytes that are too few for a part.

use crate::zip::{Entry, deflate, list, write_end};
use flate2::{Compress, Compression, FlushCompress};
use forecourt_domain::privacy::{AccessOutput, UnfinishedEntry};
use forecourt_domain::reports::UnfinishedSheet;
use forecourt_store::Failure;

/// Bytes of text that are compressed at a time.
const CHUNK: usize = 64 * 1_024;

/// A ZIP file that continues where the previous slice ended.
pub(crate) struct Archive {
    /// The bytes that are not yet part of the upload.
    out: Vec<u8>,
    /// The offset of `out` in the file.
    base: u64,
    /// The records of the complete entries for the central directory.
    listed: Vec<u8>,
    entries: u64,
    open: Option<UnfinishedEntry>,
    /// Text of the open entry that is not yet compressed.
    text: String,
    packer: Compress,
}

/// What a slice has written.
pub(crate) struct Written {
    /// The bytes that are not yet part of the upload.
    pub(crate) bytes: Vec<u8>,
    /// The records of the complete entries. Empty once the file is complete.
    pub(crate) listed: Vec<u8>,
}

impl Archive {
    /// Continues a file. `carried` holds what the previous slice has carried.
    ///
    /// # Errors
    /// [`Failure::Broken`] if the carried bytes are not those of `written`.
    pub(crate) fn resume(written: &AccessOutput, mut carried: Vec<u8>) -> Result<Self, Failure> {
        let listed = usize::try_from(written.listed).ok().and_then(|listed| carried.len().checked_sub(listed));
        let listed = carried.split_off(listed.ok_or_else(|| broken("its carried bytes are incomplete"))?);
        let base = written.bytes.checked_sub(carried.len() as u64).ok_or_else(|| broken("it has more carried bytes than bytes"))?;
        let packer = Compress::new(Compression::default(), false);
        Ok(Self { out: carried, base, listed, entries: written.entries, open: written.open.clone(), text: String::new(), packer })
    }

    /// Returns the number of bytes that are not yet part of the upload.
    pub(crate) fn len(&self) -> usize {
        self.out.len() + self.text.len()
    }

    /// Returns whether an entry is open.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Adds a complete entry. Files such as photographs and mails with attachments are compressed already, so it is stored as it is.
    ///
    /// # Errors
    /// [`Failure::Broken`] if an entry is open.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        if self.open.is_some() {
            return Err(broken("another entry is open"));
        }
        let entry = Entry::stored(name, self.offset(), bytes);
        entry.write_header(&mut self.out);
        self.out.extend_from_slice(bytes);
        self.complete(&entry);
        Ok(())
    }

    /// Begins an entry of text, whose items follow.
    ///
    /// # Errors
    /// [`Failure::Broken`] if an entry is open.
    pub(crate) fn open(&mut self, name: &str, beginning: &str) -> Result<(), Failure> {
        if self.open.is_some() {
            return Err(broken("another entry is open"));
        }
        let content = UnfinishedSheet { at: self.offset(), ..UnfinishedSheet::default() };
        let open = UnfinishedEntry { name: name.to_owned(), content };
        entry_of(&open)?.write_header(&mut self.out);
        self.open = Some(open);
        self.packer.reset();
        self.text.push_str(beginning);
        Ok(())
    }

    /// Adds an item to the open entry, on a line of its own. A comma separates it from the item before.
    ///
    /// # Errors
    /// [`Failure::Broken`] if no entry is open.
    pub(crate) fn item(&mut self, item: &str) -> Result<(), Failure> {
        let open = self.open.as_mut().ok_or_else(|| broken("no entry is open"))?;
        self.text.push_str(if open.content.rows == 0 { "\n" } else { ",\n" });
        open.content.rows += 1;
        self.text.push_str(item);
        if self.text.len() >= CHUNK { self.pack(FlushCompress::None) } else { Ok(()) }
    }

    /// Ends the open entry.
    ///
    /// # Errors
    /// [`Failure::Broken`] if no entry is open.
    pub(crate) fn close(&mut self, end: &str) -> Result<(), Failure> {
        self.text.push_str(end);
        self.pack(FlushCompress::Finish)?;
        let entry = entry_of(&self.open.take().ok_or_else(|| broken("no entry is open"))?)?;
        entry.write_descriptor(&mut self.out);
        self.complete(&entry);
        Ok(())
    }

    /// Ends a slice so that another process can continue, and records in `written` what it needs.
    ///
    /// # Errors
    /// [`Failure::Broken`] if the text cannot be compressed.
    pub(crate) fn pause(mut self, written: &mut AccessOutput) -> Result<Written, Failure> {
        if self.open.is_some() {
            self.pack(FlushCompress::Sync)?;
        }
        (written.bytes, written.listed) = (self.offset(), self.listed.len() as u64);
        (written.entries, written.open) = (self.entries, self.open);
        Ok(Written { bytes: self.out, listed: self.listed })
    }

    /// Ends the file, and records its size in `written`.
    ///
    /// # Errors
    /// [`Failure::Broken`] if an entry is open.
    pub(crate) fn finish(mut self, written: &mut AccessOutput) -> Result<Written, Failure> {
        if self.open.is_some() {
            return Err(broken("an entry is open"));
        }
        let (at, listed) = (self.offset(), std::mem::take(&mut self.listed));
        self.out.extend_from_slice(&listed);
        write_end(&mut self.out, at, listed.len() as u64, self.entries);
        self.pause(written)
    }

    /// Returns the offset of the next byte in the file.
    fn offset(&self) -> u64 {
        self.base + self.out.len() as u64
    }

    fn complete(&mut self, entry: &Entry) {
        list(&mut self.listed, entry);
        self.entries += 1;
    }

    /// Compresses the pending text.
    fn pack(&mut self, how: FlushCompress) -> Result<(), Failure> {
        let open = self.open.as_mut().ok_or_else(|| broken("no entry is open"))?;
        deflate(&mut self.packer, &mut open.content, self.text.as_bytes(), &mut self.out, how).map_err(|e| broken(&e.to_string()))?;
        self.text.clear();
        Ok(())
    }
}

fn broken(why: &str) -> Failure {
    Failure::Broken(format!("the access file cannot be written: {why}").into())
}

fn entry_of(open: &UnfinishedEntry) -> Result<Entry, Failure> {
    let small = |bytes: u64| u32::try_from(bytes).map_err(|_| broken("an entry is larger than 4 GB"));
    let UnfinishedSheet { at, crc, packed, size, .. } = open.content;
    Ok(Entry { name: open.name.clone(), at, crc, packed: small(packed)?, size: small(size)?, streamed: true })
}
