//! `havre plan`: beds for many requests at once, from files to standard output, with exact values.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use matcher::{Effort, Policy, Progress, Query};

use anyhow::{Context as _, Result, anyhow};

use super::rank::{Read, read};
use super::{complain, print};

/// Arguments of `havre plan`.
#[derive(Args)]
pub struct PlanArgs {
    /// Units, one JSON object a line
    #[arg(long, value_name = "UNITS.jsonl")]
    units: PathBuf,
    /// Requests, one JSON object a line
    #[arg(long, value_name = "REQUESTS.jsonl")]
    requests: PathBuf,
    /// Answer the best plan found in so many seconds, instead of searching for as long as that can better or prove it
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    time_limit: Option<Duration>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// After this long one wants to see that something happens.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line on standard error that appears when the work has taken longer than a second.
struct Line {
    bar: ProgressBar,
    since: Instant,
    shown: Instant,
}

impl Line {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        Self { bar, since: Instant::now(), shown: Instant::now() }
    }

    /// Shows how far the plan is, a few times a second.
    fn show(&mut self, progress: Progress) {
        if self.since.elapsed() < PATIENCE || self.shown.elapsed() < Duration::from_millis(100) {
            return;
        }
        self.shown = Instant::now();
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_message(format!("worth {:.2}, at most {:.2}", progress.objective, progress.bound));
        self.bar.tick();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Prints the plan; bad lines go to standard error and make the exit code 1.
pub fn run(args: &PlanArgs, policy: Policy) -> Result<ExitCode> {
    let started = Instant::now();
    let Read { registry, requests, bad, load: _ } = read(&args.units, &args.requests, policy)?;
    for line in &bad {
        complain(&line.0);
    }
    let queries = requests.into_iter().map(|request| Query::new(request, registry.policy()));
    let queries: Vec<Query> =
        queries.collect::<Result<_, _>>().map_err(|faults| anyhow!("a request passed its check and failed it: {faults:?}"))?;
    let mut line = Line::new();
    let mut stop = |progress| {
        line.show(progress);
        args.time_limit.is_some_and(|limit| started.elapsed() >= limit)
    };
    let plan = registry.plan(&queries, &mut Effort::new(u64::MAX, &mut stop));
    drop(line);
    let text = serde_json::to_string(&plan)?;
    print(&format!("{text}\n"))?;
    std::io::stdout().flush().context("cannot print")?;
    Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
