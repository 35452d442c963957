//! `havre verify`: walks both logs, looks for what was anchored, holds the records against what the events say, and says whether what is
//! sealed can be opened.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;

use super::{complain, explained, print};
use crate::db::anchors::Anchors;
use crate::db::evidence::{self, Report};
use crate::db::{Db, Log, Verdict, requests};
use crate::domain::ids::RequestId;
use crate::work::upkeep;

/// What is looked for.
#[derive(Args)]
pub struct VerifyArgs {
    /// A file with anchors among its lines: that of HAVRE_ANCHOR_FILE, what went to standard output, a mail; may be given several times
    #[arg(long, value_name = "FILE")]
    anchors: Vec<PathBuf>,
}

/// Prints how many rows of each log are sound, how the records stand, and what may have been cut unseen; names what is wrong, and then the exit
/// code is 1.
pub fn run(db: &Db, args: &VerifyArgs) -> Result<ExitCode> {
    let (mut known, mut honest) = (Anchors::default(), true);
    for path in &args.anchors {
        honest &= read(db, path, &mut known)?;
    }
    let report = db.read(|conn| evidence::verify(conn, &known, db.clock().now()))?;
    let logs = say_logs(&report)?;
    say_anchors(&known, &report, !args.anchors.is_empty())?;
    let (records, keys) = (say_records(&report)?, keys(db)?);
    Ok(if honest && logs && records && keys { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether each row of both logs is as it was written and the records stand as the events say; says so, or names what is not.
pub fn logs(db: &Db) -> Result<bool> {
    let report = db.read(|conn| evidence::verify(conn, &Anchors::default(), db.clock().now()))?;
    Ok(say_logs(&report)? & say_records(&report)?)
}

/// Adds the anchors of a file, and says whether all of them are this service's.
fn read(db: &Db, path: &Path, known: &mut Anchors) -> Result<bool> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("--anchors {name}"))?;
    known.read(db.keys(), BufReader::new(file)).with_context(|| format!("--anchors {name}"))?;
    for line in known.torn.drain(..) {
        print(&format!("anchors: line {line} of {name} is not whole: a crash may have cut it short. It is left out\n"))?;
    }
    let mut honest = true;
    for line in known.forged.drain(..) {
        complain(&format!("anchors: line {line} of {name} was changed, or is none of this service's"));
        honest = false;
    }
    Ok(honest)
}

fn say_logs(report: &Report) -> Result<bool> {
    let mut sound = true;
    for (log, verdict) in [(Log::Events, report.events), (Log::AccessLog, report.reads)] {
        match verdict {
            Verdict::Sound(rows) => print(&format!("{log}: {rows} rows, each as it was written\n"))?,
            Verdict::Broken(row, wrong) => {
                complain(&format!("{log}: row {row} {}; so may be all behind it", wrong.said()));
                sound = false;
            }
        }
    }
    Ok(sound)
}

/// What of each log is anchored, and what is not.
fn say_anchors(known: &Anchors, report: &Report, given: bool) -> Result<()> {
    for (log, verdict) in [(Log::Events, report.events), (Log::AccessLog, report.reads)] {
        let Verdict::Sound(rows) = verdict else { continue };
        match known.last(log) {
            Some((at, position)) => print(&format!(
                "{log}: {} places are anchored, the last at row {position} on {at}; rows behind it may have been cut unseen, {} are there\n",
                known.count(log),
                rows.saturating_sub(position)
            ))?,
            None if given => print(&format!("{log}: no anchor of it was found; rows may have been cut from its end unseen\n"))?,
            None => print(&format!("{log}: without --anchors rows may have been cut from its end unseen\n"))?,
        }
    }
    Ok(())
}

fn say_records(report: &Report) -> Result<bool> {
    let Some(records) = &report.records else {
        complain("records: not compared, for the log of commands is not as it was written");
        return Ok(false);
    };
    if records.amiss == 0 {
        print(&format!("records: {} stand as the events say\n", records.compared))?;
        return Ok(true);
    }
    records.named.iter().for_each(|difference| complain(&format!("records: {difference}")));
    let (amiss, named) = (records.amiss, records.named.len());
    complain(&format!("records: {amiss} of {} stand otherwise than the events say; {named} are named", records.compared));
    Ok(false)
}

/// Whether every sealed request has its key; says so, or which read as erased.
pub fn keys(db: &Db) -> Result<bool> {
    let (sealed, lacking) = keys_of_requests(db)?;
    if lacking.is_empty() {
        print(&format!("keys: {sealed} requests are sealed, each has its key\n"))?;
    } else {
        let ids: Vec<_> = lacking.iter().map(ToString::to_string).collect();
        complain(&format!(
            "keys: {} of {sealed} sealed requests have none and read as erased: {}. Restore the key store if that was not meant",
            lacking.len(),
            ids.join(" ")
        ));
    }
    Ok(lacking.is_empty())
}

/// How many requests are sealed, and which of them have no key.
fn keys_of_requests(db: &Db) -> Result<(usize, Vec<RequestId>)> {
    let (mut count, mut after) = (0_usize, None);
    loop {
        let some = db.read(|conn| requests::sealed(conn, after))?;
        let Some(last) = some.last() else { break };
        after = Some(*last);
        count = count.saturating_add(some.len());
    }
    Ok((count, upkeep::lacking_keys(db).map_err(explained)?))
}
