//! A hash that stays the same for ever.

/// Returns the FNV-1a hash of a text: stable over versions, unlike the standard library's hasher. Stored keys depend on it.
pub fn stable_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
