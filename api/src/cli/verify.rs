//! `havre verify`: walks both logs and says whether each row is as it was written, and whether what is sealed can be opened.

use std::process::ExitCode;

use anyhow::Result;

use super::{complain, explained, print};
use crate::db::{Db, DbError, Verdict, access_log, events, requests};
use crate::domain::ids::RequestId;
use crate::work::upkeep;

/// Prints how many rows of each log are sound; names the first that is not, and then the exit code is 1.
pub fn run(db: &Db) -> Result<ExitCode> {
    let (logs, keys) = (logs(db)?, keys(db)?);
    Ok(if logs && keys { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether each row of both logs is as it was written; says so, or names the first that is not.
pub fn logs(db: &Db) -> Result<bool> {
    let verdicts =
        db.read(|conn| Ok::<_, DbError>([("events", events::verify(conn)?), ("access_log", access_log::verify(conn)?)]))?;
    let mut sound = true;
    for (log, verdict) in verdicts {
        match verdict {
            Verdict::Sound(rows) => print(&format!("{log}: {rows} rows, each as it was written\n"))?,
            Verdict::Broken(position) => {
                complain(&format!(
                    "{log}: row {position} was changed, removed or added after it was written; so may be all behind it"
                ));
                sound = false;
            }
        }
    }
    Ok(sound)
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
