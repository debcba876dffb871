//! Checks that the README's two commands build each dependency only once.

use std::collections::BTreeSet;
use std::process::Command;

/// Returns the packages and features that a cargo command resolves, as `cargo tree` prints them.
fn resolved(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p} [{f}]"])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).filter(|line| !line.is_empty()).collect()
}

/// A feature that only the tests enable makes `cargo test --workspace` build packages again that `cargo run` has built. With the AWS SDKs
/// this takes minutes.
#[test]
fn cargo_run_and_cargo_test_resolve_the_same_features() {
    // `cargo run` selects the default members without dev-dependencies; `cargo test --workspace` selects everything.
    let run = resolved(&["--edges", "no-dev"]);
    let test = resolved(&["--workspace"]);
    assert!(run.len() > 300, "{} packages", run.len());
    let again: Vec<_> = test.difference(&run).collect();
    assert!(
        again.is_empty(),
        "cargo test --workspace would build these again. Make the dev-dependency that enables the features a dependency of a default member: {again:#?}"
    );
}
