//! `havre verify`: walks both logs, looks for what was anchored, holds the records against what the events say, and says whether what is
//! sealed can be opened.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;

use super::{complain, explained, print};
use crate::db::anchors::Anchors;
use crate::db::evidence::{self, Records, Report};
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
    let mut said = Said { code: ExitCode::SUCCESS };
    let mut known = Anchors::default();
    for path in &args.anchors {
        read(db, path, &mut known, &mut said)?;
    }
    let report = db.read(|conn| evidence::verify(conn, &known))?;
    said.logs(&report)?;
    said.anchors(&known, &report, !args.anchors.is_empty())?;
    match &report.records {
        Some(records) => said.records(records)?,
        None => said.wrong("records: not compared, for the log of commands is not as it was written"),
    }
    said.keys(db)?;
    Ok(said.code)
}

/// Adds the anchors of a file.
fn read(db: &Db, path: &PathBuf, known: &mut Anchors, said: &mut Said) -> Result<()> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("--anchors {name}"))?;
    known.read(db.keys(), BufReader::new(file)).with_context(|| format!("--anchors {name}"))?;
    for line in known.forged.drain(..) {
        said.wrong(&format!("anchors: line {line} of {name} was changed, or is none of this service's"));
    }
    for line in known.torn.drain(..) {
        print(&format!("anchors: line {line} of {name} is not whole: a crash may have cut it short. It is left out\n"))?;
    }
    Ok(())
}

/// What is said, and whether anything of it is wrong.
struct Said {
    code: ExitCode,
}

impl Said {
    fn wrong(&mut self, line: &str) {
        complain(line);
        self.code = ExitCode::FAILURE;
    }

    fn logs(&mut self, report: &Report) -> Result<()> {
        for (log, verdict) in [(Log::Events, report.events), (Log::AccessLog, report.reads)] {
            match verdict {
                Verdict::Sound(rows) => print(&format!("{log}: {rows} rows, each as it was written\n"))?,
                Verdict::Broken(row, wrong) => {
                    self.wrong(&format!("{log}: row {row} {}; so may be all behind it", wrong.said()));
                }
            }
        }
        Ok(())
    }

    /// What of each log is anchored, and what is not.
    fn anchors(&self, known: &Anchors, report: &Report, given: bool) -> Result<()> {
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

    fn records(&mut self, records: &Records) -> Result<()> {
        if records.amiss == 0 {
            return print(&format!("records: {} stand as the events say\n", records.compared));
        }
        for difference in &records.named {
            self.wrong(&format!("records: {difference}"));
        }
        let (amiss, named) = (records.amiss, records.named.len());
        self.wrong(&format!("records: {amiss} of {} stand otherwise than the events say; {named} are named", records.compared));
        Ok(())
    }

    fn keys(&mut self, db: &Db) -> Result<()> {
        let (sealed, lacking) = keys_of_requests(db)?;
        if lacking.is_empty() {
            return print(&format!("keys: {sealed} requests are sealed, each has its key\n"));
        }
        let ids: Vec<_> = lacking.iter().map(ToString::to_string).collect();
        self.wrong(&format!(
            "keys: {} of {sealed} sealed requests have none and read as erased: {}. Restore the key store if that was not meant",
            lacking.len(),
            ids.join(" ")
        ));
        Ok(())
    }
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
