//! `havre match`: the engine alone, from files to standard output, with exact values.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use matcher::{Policy, Proposal, Query, Request, Snapshot, Unit};
use serde::Serialize;
use uuid::Uuid;

use anyhow::{Context as _, Result, anyhow, bail};

use super::{complain, timings};
use crate::limits::TOP_DEFAULT;
use crate::seed::files::{BadLine, Lines, read_lines};

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
    /// Leave out all counts and what a wish would open: the proposals alone
    #[arg(long)]
    no_counts: bool,
    /// Print how fast the engine answered, as the last line of standard error
    #[arg(long)]
    timings: bool,
}

/// An answer without counts.
#[derive(Serialize)]
struct Proposed<'a> {
    request_id: Uuid,
    policy_version: &'a str,
    proposals: &'a [Proposal],
}

/// What two files hold: what is right in them, and what is wrong.
pub struct Read {
    pub registry: Snapshot,
    pub requests: Vec<Request>,
    pub bad: Vec<BadLine>,
    /// How long it took to read the units and to index them.
    pub load: Duration,
}

/// Reads a file of units and one of requests.
pub fn read(units: &Path, requests: &Path, policy: Policy) -> Result<Read> {
    let started = Instant::now();
    let unreadable = || units.display().to_string();
    let mut lines = Lines::<Unit>::open(units).with_context(unreadable)?;
    let (registry, refused) = Snapshot::of(policy, lines.by_ref());
    if !refused.is_empty() {
        bail!("units passed their check and failed it: {refused:?}");
    }
    let bad_units = lines.finish().with_context(unreadable)?;
    let load = started.elapsed();
    let (requests, bad_requests) = read_lines::<Request>(requests).with_context(|| requests.display().to_string())?;
    Ok(Read { registry, requests, bad: [bad_units, bad_requests].concat(), load })
}

/// Prints one answer a line, in the order of request ids; bad lines go to standard error and make the exit code 1.
pub fn run(args: &MatchArgs, policy: Policy) -> Result<ExitCode> {
    let Read { registry, mut requests, bad, load } = read(&args.units, &args.requests, policy)?;
    for line in &bad {
        complain(&line.0);
    }
    requests.sort_by_key(|request| request.id);
    let timings = args.timings.then(|| timings::measure(&registry, &requests, args.top, load)).transpose()?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for request in requests {
        let query = Query::new(request, registry.policy())
            .map_err(|faults| anyhow!("a request passed its check and failed it: {faults:?}"))?;
        let line = if args.no_counts {
            let proposals = registry.best(&query, args.top);
            let policy_version = registry.policy().version();
            serde_json::to_string(&Proposed { request_id: query.request().id, policy_version, proposals: &proposals })
        } else {
            serde_json::to_string(&registry.answer(&query, args.top))
        };
        match writeln!(out, "{}", line?) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            result => result.context("cannot print")?,
        }
    }
    out.flush().context("cannot print")?;
    if let Some(timings) = timings {
        complain(&serde_json::to_string(&timings)?);
    }
    Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
