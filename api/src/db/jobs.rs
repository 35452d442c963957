//! Jobs: work that follows from a command, written in its transaction and done at least once, by whichever instance takes it.

use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::schema::jobs::{self, dsl};
use super::types::{Document, Guid, Instant};
use super::{DbError, Tx};
use crate::limits;

/// What is to be done. Ids only: what a mail says is looked up when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Tell someone about a referral by mail.
    Mail {
        /// The referral.
        referral: Guid,
        /// What there is to tell.
        about: MailAbout,
    },
}

/// What a mail tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailAbout {
    /// To the addressee: a question has come.
    Asked,
    /// To who must act: two thirds of the time have passed.
    Reminder,
    /// To who asked: an answer has come.
    Answered,
    /// To who asked: nobody acted in time.
    Expired,
}

/// A job that was taken.
#[derive(Clone, Debug, Queryable)]
pub struct TakenJob {
    /// Its id.
    pub id: Guid,
    /// What is to be done.
    pub task: Document<Job>,
    /// How often it was taken, this time included.
    pub tries: i32,
}

/// Adds a job, to be done at once.
pub fn enqueue(tx: &mut Tx<'_>, job: Job) -> Result<(), DbError> {
    diesel::insert_into(jobs::table)
        .values((
            dsl::id.eq(Guid::new()),
            dsl::task.eq(Document(job)),
            dsl::run_at.eq(tx.now),
            dsl::tries.eq(0),
            dsl::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Takes some jobs that are due: nobody else takes them until the lease is over. Writers take turns, so no two take the same.
pub fn take(tx: &mut Tx<'_>) -> Result<Vec<TakenJob>, DbError> {
    let due: Vec<Guid> = dsl::jobs
        .filter(dsl::run_at.le(tx.now))
        .order((dsl::run_at, dsl::id))
        .limit(limits::JOBS_BATCH)
        .select(dsl::id)
        .load(tx.conn)?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(dsl::jobs.filter(dsl::id.eq_any(due.clone())))
        .set((dsl::run_at.eq(tx.now.plus(limits::JOB_LEASE)), dsl::tries.eq(dsl::tries + 1)))
        .execute(tx.conn)?;
    Ok(dsl::jobs.filter(dsl::id.eq_any(due)).order(dsl::id).select((dsl::id, dsl::task, dsl::tries)).load(tx.conn)?)
}

/// Whether any job is due.
pub fn any_due(conn: &mut super::Conn, now: Instant) -> Result<bool, DbError> {
    Ok(diesel::select(diesel::dsl::exists(dsl::jobs.filter(dsl::run_at.le(now)))).get_result(conn)?)
}

/// The job is done, or given up.
pub fn finish(tx: &mut Tx<'_>, id: Guid) -> Result<(), DbError> {
    diesel::delete(dsl::jobs.find(id)).execute(tx.conn)?;
    Ok(())
}

/// The job failed: it is tried again after a pause that grows with each try.
pub fn put_back(tx: &mut Tx<'_>, job: &TakenJob) -> Result<(), DbError> {
    let pause = TimeDelta::seconds(1_i64 << job.tries.clamp(0, 20)).min(limits::JOB_PAUSE_MAX);
    diesel::update(dsl::jobs.find(job.id)).set(dsl::run_at.eq(tx.now.plus(pause))).execute(tx.conn)?;
    Ok(())
}
