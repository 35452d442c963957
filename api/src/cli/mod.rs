//! The subcommands of the program `havre`: one file each, parse → do → print. Which of them runs, and what is served, is said above.

pub mod admin;
pub mod backup;
pub mod client;
pub mod demo;
pub mod keys;
pub mod plan;
pub mod policy;
pub mod rank;
pub mod retention;
pub mod seed;
pub mod simulate;
pub mod timings;
pub mod verify;

use std::io::Write as _;

use anyhow::{Context as _, Result, anyhow};

use crate::db::Failure;

/// Prints to standard output; a reader who left early is no failure.
pub fn print(text: &str) -> Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot print"),
    }
}

/// What the operator is told of a failure.
pub(crate) fn explained(failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Db(error) => error.into(),
        Failure::Denied(denied) => anyhow!("{denied:?}"),
    }
}

/// Writes a line to standard error. Where even that fails, there is nobody left to tell.
pub fn complain(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}
