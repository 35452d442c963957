//! `havre`: see `havre --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::program::run()
}
