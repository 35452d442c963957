//! What is kept too long is erased: requests for whose people nobody has done anything for 24 months (design §8).

use std::collections::BTreeMap;

use super::requests;
use crate::clock::Instant;
use crate::db::requests::{self as stored, StoredRequest};
use crate::db::{Conn, Db, DbError, Failure, Turn};
use crate::domain::Reach;
use crate::domain::ids::RequestId;
use crate::limits;

/// The verb under which a request is erased whose time is over.
pub const ERASE: &str = "eraseRequest";

/// How many requests are over, by department and by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(BTreeMap<(String, String), usize>);

impl Report {
    fn count(&mut self, request: &StoredRequest) {
        let department = request.department().as_str().to_owned();
        let entry = self.0.entry((department, request.outcome().to_owned())).or_default();
        *entry = entry.saturating_add(1);
    }

    /// How many in all.
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// Department, what became of them, how many.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.0.iter().map(|((department, outcome), count)| (department.as_str(), outcome.as_str(), *count))
    }
}

/// The instant before which the last act for somebody lies 24 months back.
pub fn over_before(now: Instant) -> Instant {
    let months = chrono::Months::new(limits::RETENTION_MONTHS);
    now.utc().checked_sub_months(months).map_or(now, Instant::new)
}

/// What is over now, and would be erased.
pub fn over(db: &Db) -> Result<Report, DbError> {
    db.read(|conn| {
        let before = over_before(db.pulse(conn)?.now);
        let (mut report, mut after) = (Report::default(), None);
        loop {
            let some = stored::created_before(conn, before, after)?;
            let Some(last) = some.last() else { return Ok(report) };
            after = Some(*last);
            for id in some {
                if let Some(request) = over_of(conn, id, before)? {
                    report.count(&request);
                }
            }
        }
    })
}

/// A request, if its time is over.
fn over_of(conn: &mut Conn, id: RequestId, before: Instant) -> Result<Option<StoredRequest>, DbError> {
    match stored::last_act(conn, id)? {
        Some(at) if at >= before => Ok(None),
        _ => match stored::find(conn, Reach::Everything, id) {
            Ok(request) => Ok(Some(request)),
            // Erased meanwhile, or its key is gone.
            Err(DbError::NotFound) => Ok(None),
            Err(error) => Err(error),
        },
    }
}

/// Erases what is over, one request a turn, so that nobody waits for it; `write` runs each.
pub fn erase_what_is_over(
    db: &Db,
    write: impl Fn(&dyn Fn(&mut Turn<'_>) -> Result<Option<StoredRequest>, Failure>) -> Result<Option<StoredRequest>, Failure>,
) -> Result<Report, Failure> {
    let before = over_before(db.read(|conn| db.pulse(conn))?.now);
    let (mut report, mut after) = (Report::default(), None);
    loop {
        let some = db.read(|conn| stored::created_before(conn, before, after))?;
        let Some(last) = some.last() else { return Ok(report) };
        after = Some(*last);
        for id in some {
            if db.read(|conn| over_of(conn, id, before))?.is_none() {
                continue;
            }
            if let Some(erased) = write(&|turn| erase(turn, id))? {
                report.count(&erased);
            }
        }
    }
}

/// Erases a request, if its time is still over in this turn; as it stood before.
fn erase(turn: &mut Turn<'_>, id: RequestId) -> Result<Option<StoredRequest>, Failure> {
    let Some(before) = over_of(turn.conn, id, over_before(turn.now))? else { return Ok(None) };
    requests::forget(turn, before.clone(), None)?;
    Ok(Some(before))
}
