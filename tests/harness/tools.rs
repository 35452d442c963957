//! Programs of others that tests need: found, or left out by name; under `make test` nothing may be left out.

use std::io::Write as _;
use std::path::PathBuf;

/// Says once that something is not tested here, and how to have it; a failure under `make test`.
pub fn left_out(what: &str, package: &str) {
    assert!(std::env::var_os("HAVRE_TEST_ALL").is_none(), "{what} is missing: run `make deps`");
    // Past the capture of test output: whoever runs the tests has to see it.
    std::io::stderr().write_all(format!("left out: {what} (install the package `{package}`)\n").as_bytes()).unwrap();
}

/// The folders where programs are looked for.
pub fn path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// A program of a Debian package; none where it is not installed.
pub fn find(program: &str, package: &str) -> Option<PathBuf> {
    let found = path().into_iter().chain([PathBuf::from("/usr/bin")]).map(|folder| folder.join(program)).find(|file| file.exists());
    if found.is_none() {
        left_out(program, package);
    }
    found
}

/// Says what a test has found, for whoever runs it with `--nocapture`.
#[expect(clippy::print_stdout, reason = "a table that a person asked to see")]
pub fn show(text: &str) {
    println!("{text}");
}
