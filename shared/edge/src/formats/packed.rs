//! Compressed content (zlib), such as raw input.

use flate2::read::ZlibDecoder;
use flate2::{Compression, write::ZlibEncoder};
use forecourt_store::Failure;
use std::io::{Read as _, Write as _};

/// The largest content that [`unpack`] returns, in bytes. Bodies are at most 1 MiB; decoded to UTF-8 they can be longer.
const MOST: u64 = 8 * 1_048_576;

/// Compresses `content`.
///
/// # Errors
/// [`Failure::Broken`] if that fails.
pub fn pack(content: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(content).and_then(|()| deflate.finish()).map_err(|e| Failure::Broken(e.into()))
}

/// Returns the content that [`pack`] compressed.
///
/// # Errors
/// [`Failure::Broken`] if `packed` is damaged.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    ZlibDecoder::new(packed).take(MOST).read_to_end(&mut content).map_err(|e| Failure::Broken(e.into()))?;
    Ok(content)
}
