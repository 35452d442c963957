//! `havre verify`: walks both logs and says whether each row is as it was written.

use std::process::ExitCode;

use anyhow::Result;

use super::{complain, print};
use crate::db::{Db, DbError, Verdict, access_log, events};

/// Prints how many rows of each log are sound; names the first that is not, and then the exit code is 1.
pub fn run(db: &Db) -> Result<ExitCode> {
    let verdicts =
        db.read(|conn| Ok::<_, DbError>([("events", events::verify(conn)?), ("access_log", access_log::verify(conn)?)]))?;
    let mut code = ExitCode::SUCCESS;
    for (log, verdict) in verdicts {
        match verdict {
            Verdict::Sound(rows) => print(&format!("{log}: {rows} rows, each as it was written\n"))?,
            Verdict::Broken(position) => {
                complain(&format!(
                    "{log}: row {position} was changed, removed or added after it was written; so may be all behind it"
                ));
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
