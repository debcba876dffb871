//! Compresses content, such as raw input (zlib).

use flate2::read::ZlibDecoder;
use flate2::{Compression, write::ZlibEncoder};
use forecourt_store::Failure;
use std::io::{Read as _, Write as _};

/// The maximum size of unpacked content in bytes. A body has at most 1 MiB, but can be longer in UTF-8.
const MAX_CONTENT: u64 = 8 * 1_048_576;

/// Compresses `content`.
///
/// # Errors
/// [`Failure::Broken`] if the compression fails.
pub fn pack(content: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(content).and_then(|()| deflate.finish()).map_err(|e| Failure::Broken(e.into()))
}

/// Returns the content that [`pack`] compressed.
///
/// # Errors
/// [`Failure::Broken`] if `packed` is damaged, or the content exceeds the maximum size.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    let read = ZlibDecoder::new(packed).take(MAX_CONTENT + 1).read_to_end(&mut content).map_err(|e| Failure::Broken(e.into()))?;
    if read as u64 > MAX_CONTENT {
        return Err(Failure::Broken("the unpacked content is too long".into()));
    }
    Ok(content)
}
