//! Fuzz targets: the readers and writers of untrusted data, their properties, and changes of samples. docs/testing.md explains them.

pub mod mutation;
pub mod properties;
pub mod samples;
#[path = "../support"]
mod support {
    pub(crate) mod mail_limits;
}

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::path::Path;
use std::sync::LazyLock;

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The most bytes that a property may allocate in all for one byte of its input, and for an empty input.
const ALLOCATED: (usize, usize) = (20_000, 20_000_000);

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

static SAMPLES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| samples::TARGETS.iter().flat_map(|target| target.samples(Path::new(ROOT))).collect());

/// Puts the samples of a target into its corpus, before libFuzzer reads the corpus.
pub fn put_samples(name: &str) {
    let folder = Path::new(ROOT).join("target/fuzz/corpus").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (number, sample) in samples::Target::named(name).samples(Path::new(ROOT)).iter().enumerate() {
        std::fs::write(folder.join(format!("sample-{number}")), sample).unwrap();
    }
}

/// Checks the property of a target, and that its memory is in proportion to the input.
pub fn check(name: &str, bytes: &[u8]) {
    let region = Region::new(MEMORY);
    (samples::Target::named(name).property)(bytes);
    let allocated = region.change().bytes_allocated;
    assert!(allocated <= bytes.len() * ALLOCATED.0 + ALLOCATED.1, "{allocated} bytes were allocated for an input of {}", bytes.len());
}

/// Changes an input: by its structure, or as libFuzzer does.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut rng = fastrand::Rng::with_seed(seed.into());
    if rng.u8(0..3) > 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let changed = mutation::changed(&data[..size], &SAMPLES, &mut rng);
    let size = changed.len().min(max_size);
    data[..size].copy_from_slice(&changed[..size]);
    size
}

/// Makes the program of a target.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        libfuzzer_sys::fuzz_target!(init: $crate::put_samples($name), |bytes: &[u8]| { $crate::check($name, bytes) });
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { $crate::mutate(data, size, max_size, seed) });
    };
}
