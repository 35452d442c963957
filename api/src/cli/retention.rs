//! `havre retention`: erases requests whose time is over, or says which would be.

use anyhow::Result;

use super::{explained, print};
use crate::commands::retention;
use crate::db::{Author, Db, DbError, requests};

/// Prints how many requests are over, by department and by what became of them; and, where they are erased, that statistics count what they
/// counted before.
pub fn run(db: &Db, dry_run: bool) -> Result<()> {
    let report = if dry_run {
        retention::over(db)?
    } else {
        let erased = retention::erase_what_is_over(db, |erase| Ok(db.write(Author::service(retention::ERASE), erase)?.value));
        erased.map_err(explained)?
    };
    let mut text = String::new();
    for (department, outcome, count) in report.lines() {
        text.push_str(&format!("{department}\t{outcome}\t{count}\n"));
    }
    let what = if dry_run { "would be erased" } else { "were erased" };
    text.push_str(&format!("{} requests {what}: 24 months have passed since the last act for their people\n", report.total()));
    let counted: usize = db.read(requests::statistics).map_err(|error: DbError| error)?.values().sum();
    text.push_str(&format!("statistics count {counted} requests, erased or not\n"));
    print(&text)
}
