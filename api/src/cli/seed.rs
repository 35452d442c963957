//! `havre seed`: load the demonstration registry or a folder of files into the database, or write a synthetic registry to files.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use anyhow::{Context as _, Result, bail};

use super::complain;
use crate::db::{Author, Db};
use crate::limits;
use crate::seed::files::{self, read_lines};
use crate::seed::{Registry, demo};

/// Arguments of `havre seed`.
#[derive(Args)]
pub struct SeedArgs {
    /// Write a synthetic national registry of this many units, and requests, to --out
    #[arg(long, value_name = "N", requires = "out", conflicts_with = "from")]
    pub synthetic: Option<usize>,
    /// How many requests go with them instead of a thousandth, at least a hundred
    #[arg(long, value_name = "N", requires = "synthetic")]
    pub requests: Option<usize>,
    /// The seed of chance: the same one writes the same bytes
    #[arg(long, value_name = "S", default_value_t = 1, requires = "synthetic")]
    pub seed: u64,
    /// The folder to write units.jsonl and requests.jsonl to
    #[arg(long, value_name = "DIR", requires = "synthetic")]
    pub out: Option<PathBuf>,
    /// Load units.jsonl and requests.jsonl of this folder instead of the demonstration registry
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
}

/// A progress bar on standard error that appears when the work has taken longer than a second.
struct Progress {
    bar: ProgressBar,
    since: Instant,
}

impl Progress {
    fn of(total: usize) -> Self {
        let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}") {
            bar.set_style(style);
        }
        Self { bar, since: Instant::now() }
    }

    fn add(&self, done: u64) {
        if self.bar.is_hidden() && self.since.elapsed() > Duration::from_secs(1) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Writes a synthetic registry.
pub fn write(args: &SeedArgs) -> Result<()> {
    let (Some(count), Some(out)) = (args.synthetic, &args.out) else {
        bail!("--synthetic needs --out");
    };
    let requests = args.requests.unwrap_or_else(|| files::synthetic_requests(count));
    let progress = Progress::of(count.saturating_add(requests));
    files::write_synthetic(out, count, requests, args.seed, |done| progress.add(done)).with_context(|| out.display().to_string())
}

/// Loads a registry.
pub fn load(args: &SeedArgs, db: &Db) -> Result<()> {
    let registry = match &args.from {
        None => demo::registry(db.clock().now()).map_err(anyhow::Error::msg)?,
        Some(folder) => {
            let unreadable = || folder.display().to_string();
            let (units, bad_units) = read_lines(&folder.join("units.jsonl")).with_context(unreadable)?;
            let (requests, bad_requests) = read_lines(&folder.join("requests.jsonl")).with_context(unreadable)?;
            let bad = [bad_units, bad_requests].concat();
            for line in &bad {
                complain(&line.0);
            }
            if !bad.is_empty() {
                bail!("{} lines are wrong; nothing was loaded", bad.len());
            }
            files::registry(units, requests).map_err(anyhow::Error::msg)?
        }
    };
    load_records(db, &registry)
}

/// Loads a registry's records in transactions of [`limits::LOAD_BATCH`]; into a database that has none of them.
pub fn load_records(db: &Db, registry: &Registry) -> Result<()> {
    let progress = Progress::of(registry.len());
    // Together, and not one by one while a turn is held.
    db.keys().make_for(&registry.requests.iter().map(|(id, ..)| *id).collect::<Vec<_>>())?;
    for batch in registry.records().chunks(limits::LOAD_BATCH) {
        db.write(Author::service("seed"), |turn| batch.iter().try_for_each(|record| record.load(turn))).map_err(|failure| {
            let why = "loading stopped; a registry is loaded once, into a database that has none of its records";
            anyhow::anyhow!("{why}: {failure:?}")
        })?;
        progress.add(u64::try_from(batch.len()).unwrap_or(0));
    }
    Ok(())
}
