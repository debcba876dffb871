//! The fuzz targets with the compiler of the product: samples, inputs of earlier findings, and changed samples. `tests/fuzz/run` runs the
//! same targets with libFuzzer.

mod mutation;
mod properties;
mod samples;

use crate::support::processor::processor_time;
use crate::support::root;
use fastrand::Rng;
use samples::Target;
use std::time::{Duration, Instant};

/// The number of changed samples of a target in one run without `FUZZ_SECONDS`.
const CASES: u64 = 200;
/// The most processor time for one input. The slowest of the samples needs a hundredth of it.
const LONGEST: Duration = Duration::from_secs(20);

/// Plays the samples of a target, then changed ones: the same ones each time, or with `FUZZ_SECONDS` others for that long.
fn play(name: &str) {
    let target = Target::named(name);
    let samples = target.samples(&root());
    assert!(samples.len() >= 3, "{name} has {} samples", samples.len());
    samples.iter().for_each(|sample| check(target, sample));
    let seconds: Option<u64> = std::env::var("FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let mut rng = seconds.map_or_else(|| Rng::with_seed(17), |_| Rng::new());
    let (started, mut cases) = (Instant::now(), 0);
    while seconds.map_or(cases < CASES, |seconds| started.elapsed() < Duration::from_secs(seconds)) {
        check(target, &mutation::changed(rng.choice(&samples).unwrap(), &samples, &mut rng));
        cases += 1;
    }
    println!("{name}: {} samples and {cases} changed samples in {:?}", samples.len(), started.elapsed());
}

/// Checks an input. If the property does not hold, the input is kept in a file.
fn check(target: &Target, input: &[u8]) {
    let timed = || {
        let before = processor_time();
        (target.property)(input);
        let used = processor_time() - before;
        assert!(used < LONGEST, "{used:?} for an input of {} bytes", input.len());
    };
    let Err(panic) = std::panic::catch_unwind(timed) else { return };
    let folder = root().join("target/fuzz/findings").join(target.name);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(forecourt_store::fingerprint(input));
    std::fs::write(&file, input).unwrap();
    println!("{}: the input is in {}", target.name, file.display());
    std::panic::resume_unwind(panic);
}

#[test]
fn int_2_any_adf_is_read_or_refused() {
    play("adf");
}

#[test]
fn int_7_any_mail_is_a_lead_or_has_a_reason() {
    play("mail");
}

#[test]
fn int_1_any_labelled_text_is_read_within_the_limits() {
    play("labels");
}

#[test]
fn int_3_any_json_is_read_or_refused() {
    play("json");
}

#[test]
fn exp_1_any_cells_are_written_without_formulas() {
    play("csv");
}

/// The mutation makes inputs of every kind: most are changed, none is too long, and the same seed makes the same input.
#[test]
fn changed_samples_are_bounded_and_repeatable() {
    let samples = Target::named("mail").samples(&root());
    let all = |seed| {
        let mut rng = Rng::with_seed(seed);
        (0..200).map(|_| mutation::changed(rng.choice(&samples).unwrap(), &samples, &mut rng)).collect::<Vec<_>>()
    };
    let changed = all(1);
    assert_eq!(changed, all(1));
    assert!(changed.iter().all(|input| input.len() <= mutation::MAX_BYTES));
    assert!(changed.iter().filter(|input| !samples.contains(input)).count() > 180);
}
