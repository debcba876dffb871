//! Ids that every fresh data folder makes in the same order, so that examples are repeatable. A folder never makes the same id twice.

use crate::folder::write_whole;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// How many numbers one write of the file reserves. After a restart, those not used are skipped.
const BLOCK: u64 = 100;
/// Multiplier of a sequence that visits every 64-bit value once (Weyl sequence, golden ratio).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Numbers 0, 1, 2 …, of which the file stores how many are reserved.
#[derive(Clone)]
pub struct Sequence(Arc<Mutex<Counters>>);

struct Counters {
    file: PathBuf,
    next: u64,
    reserved: u64,
}

impl Sequence {
    /// Continues the sequence in `file` after the last reserved number; starts at 0 without the file.
    ///
    /// # Errors
    /// If the file exists and is not readable as a number.
    pub fn open(file: PathBuf) -> std::io::Result<Self> {
        let reserved = match std::fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().map_err(|_| std::io::Error::other(format!("{} contains no number", file.display())))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => 0,
            Err(e) => return Err(e),
        };
        Ok(Self(Arc::new(Mutex::new(Counters { file, next: reserved, reserved }))))
    }

    /// Returns the next number. `None` if the file cannot be written: a number that is not reserved could come again after a restart.
    pub fn next_number(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.next == state.reserved {
            let reserved = state.reserved + BLOCK;
            write_whole(&state.file, reserved.to_string().as_bytes())
                .map_err(|e| tracing::error!(file = %state.file.display(), problem = %e, "the position of the ids cannot be stored"))
                .ok()?;
            state.reserved = reserved;
        }
        state.next += 1;
        Some(state.next - 1)
    }

    /// Returns the next number as an id that looks random; a truly random one if the file cannot be written.
    pub fn next_id(&self) -> Uuid {
        self.next_number().map_or_else(Uuid::new_v4, |number| {
            uuid::Builder::from_random_bytes((u128::from(mixed(number)) << 64 | u128::from(mixed(!number))).to_be_bytes()).into_uuid()
        })
    }
}

/// Spreads consecutive numbers over 64 bits (the finalizer of SplitMix64). Different numbers stay different.
fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(STEP);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
