//! `havre match`: the engine alone, from files to standard output, with exact values.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use matcher::{Query, Request, Snapshot, Unit};

use super::complain;
use crate::config::Config;
use crate::limits::TOP_DEFAULT;
use crate::seed::files::{BadLine, read_lines};

/// Arguments of `havre match`.
#[derive(Args)]
pub struct MatchArgs {
    /// Units, one JSON object a line
    #[arg(long, value_name = "UNITS.jsonl")]
    units: PathBuf,
    /// Requests, one JSON object a line
    #[arg(long, value_name = "REQUESTS.jsonl")]
    requests: PathBuf,
    /// Proposals of each answer at most
    #[arg(long, value_name = "K", default_value_t = TOP_DEFAULT)]
    top: usize,
}

/// What two files hold: what is right in them, and what is wrong.
pub struct Read {
    pub registry: Snapshot,
    pub requests: Vec<Request>,
    pub bad: Vec<BadLine>,
}

/// Reads a file of units and one of requests.
pub fn read(units: &Path, requests: &Path, config: &Config) -> Result<Read, String> {
    let policy = config.policy()?;
    let (units, bad_units) = read_lines::<Unit>(units).map_err(|error| format!("{}: {error}", units.display()))?;
    let (requests, bad_requests) = read_lines::<Request>(requests).map_err(|error| format!("{}: {error}", requests.display()))?;
    let mut registry = Snapshot::new(policy);
    for unit in units {
        registry.insert(unit).map_err(|faults| format!("a unit passed its check and failed it: {faults:?}"))?;
    }
    Ok(Read { registry, requests, bad: [bad_units, bad_requests].concat() })
}

/// Prints one answer a line, in the order of request ids; bad lines go to standard error and make the exit code 1.
pub fn run(args: &MatchArgs, config: &Config) -> Result<ExitCode, String> {
    let Read { registry, mut requests, bad } = read(&args.units, &args.requests, config)?;
    for line in &bad {
        complain(&line.0);
    }
    requests.sort_by_key(|request| request.id);
    let mut out = BufWriter::new(std::io::stdout().lock());
    for request in requests {
        let query = Query::new(request, registry.policy())
            .map_err(|faults| format!("a request passed its check and failed it: {faults:?}"))?;
        let line = serde_json::to_string(&registry.rank(&query, args.top)).map_err(|error| error.to_string())?;
        match writeln!(out, "{line}") {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            result => result.map_err(|error| format!("cannot print: {error}"))?,
        }
    }
    out.flush().map_err(|error| format!("cannot print: {error}"))?;
    Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
