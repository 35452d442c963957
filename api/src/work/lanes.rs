//! Work by kinds: each has a task of its own, so that none waits for another, and none ends with it. A mail server that hangs stops no webhook and no
//! expiry, nor does a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use matcher::Code as _;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant as Ticks, timeout};

use super::{Desk, forget_old, given_up, perform, tallies, upkeep, webhooks};
use crate::commands::time;
use crate::db::jobs::{self, JobKind, TakenJob};
use crate::db::{DbError, Failure};
use crate::limits;

/// Work of a kind, kept going.
type Lane = Pin<Box<dyn Future<Output = ()>>>;

/// All of it, until the instance is told to stop: then what is being done is ended, and nothing more is taken.
pub async fn run(desk: Desk) {
    let mut lanes = vec![
        every(&desk, limits::TICK, "what is due", |desk| time::keep(&desk.service)),
        every(&desk, limits::FORGET, "forgetting what is old", forget_old),
        every(&desk, limits::SWEEP, "the sweep of a day", |desk| upkeep::sweep(&desk.service)),
        every(&desk, limits::TALLY, "writing down what was counted", |desk| {
            tallies::write_down(&desk.service).map_err(Failure::from)
        }),
        lane(&desk, "webhooks", webhooks::run),
    ];
    lanes.extend(JobKind::ALL.iter().map(|kind| lane(&desk, kind.as_str(), move |desk| jobs_of(desk, *kind))));
    join_all(lanes).await;
}

fn lane<F: Future<Output = ()> + 'static>(desk: &Desk, what: &'static str, begin: impl Fn(Desk) -> F + 'static) -> Lane {
    Box::pin(keep_going(desk.clone(), what, begin))
}

fn every(desk: &Desk, pause: Duration, what: &'static str, work: fn(&Desk) -> Result<(), Failure>) -> Lane {
    lane(desk, what, move |desk| again_and_again(desk, pause, what, work))
}

/// Keeps something going until it ends by itself, as it does where the instance is told to stop: in a task of its own, so that where it stumbles nothing
/// else does. Then it is begun anew. It ends with whoever waits for this.
pub async fn keep_going<F: Future<Output = ()> + 'static>(desk: Desk, what: &'static str, begin: impl Fn(Desk) -> F) {
    loop {
        let mut task = JoinSet::new();
        task.spawn_local(begin(desk.clone()));
        match task.join_next().await {
            Some(Err(error)) => tracing::error!(%error, "{what}: stumbled, and is begun anew"),
            Some(Ok(())) | None => return,
        }
        if is_told_to_stop_within(&desk, limits::TICK).await {
            return;
        }
    }
}

/// Does one thing again and again. Where it fails, or stumbles, the next time is as if nothing had been.
async fn again_and_again(desk: Desk, pause: Duration, what: &'static str, work: fn(&Desk) -> Result<(), Failure>) {
    loop {
        let doing = desk.clone();
        let next = match spawn_blocking(move || work(&doing)).await {
            Ok(Ok(())) => pause,
            Ok(Err(error)) => {
                tracing::warn!(?error, "{what} waits for the next time");
                after_a_failure(pause)
            }
            Err(error) => {
                tracing::error!(%error, "{what} stumbled");
                after_a_failure(pause)
            }
        };
        if is_told_to_stop_within(&desk, next).await {
            return;
        }
    }
}

/// How soon something is tried again that failed: a database that was away for a minute costs no day of what is done once a day.
pub fn after_a_failure(pause: Duration) -> Duration {
    pause.min(limits::FORGET)
}

/// Waits so long, or until the instance is told to stop; whether it is.
async fn is_told_to_stop_within(desk: &Desk, pause: Duration) -> bool {
    timeout(pause, desk.service.live().told_to_stop()).await.is_ok()
}

/// Does the jobs of a kind as they come, so many at once.
async fn jobs_of(desk: Desk, kind: JobKind) {
    let (mut under_way, mut doing) = (Vec::<TakenJob>::new(), FuturesUnordered::new());
    let mut renewed = Ticks::now();
    loop {
        let stops = desk.service.live().is_stopping();
        if stops && under_way.is_empty() {
            return;
        }
        let room = kind.at_once().saturating_sub(under_way.len());
        for job in taken(&desk, kind, room).await {
            let desk = desk.clone();
            under_way.push(job);
            doing.push(async move {
                let work = spawn_blocking(move || settle(&desk, &job, attempt(&desk, &job)));
                match timeout(limits::JOB_PATIENCE, work).await {
                    Ok(Ok(Ok(()))) => {}
                    Ok(Ok(Err(error))) => {
                        tracing::warn!(job = %job.id, ?error, "what became of a job is not written down: it is done again")
                    }
                    Ok(Err(error)) => tracing::error!(job = %job.id, %error, "a job stumbled"),
                    Err(_late) => {
                        tracing::error!(job = %job.id, "a job does not come to its end: it is left to itself, and tried again")
                    }
                }
                job.id
            });
        }
        if renewed.elapsed() >= limits::JOB_RENEWED {
            renewed = Ticks::now();
            renew(&desk, under_way.clone()).await;
        }
        if under_way.is_empty() {
            is_told_to_stop_within(&desk, limits::TICK).await;
        } else if let Ok(Some(done)) = timeout(limits::TICK, doing.next()).await {
            under_way.retain(|job| job.id != done);
        }
    }
}

/// Jobs that were taken to be done now; none where there is no room, or the database is away.
async fn taken(desk: &Desk, kind: JobKind, room: usize) -> Vec<TakenJob> {
    if room == 0 {
        return Vec::new();
    }
    let desk = desk.clone();
    match spawn_blocking(move || take(&desk, kind, room)).await {
        Ok(Ok(jobs)) => return jobs,
        Ok(Err(error)) => tracing::warn!(%error, kind = kind.as_str(), "jobs wait for the next time"),
        Err(error) => tracing::error!(%error, kind = kind.as_str(), "taking jobs stumbled"),
    }
    Vec::new()
}

/// Takes jobs to be done now; an instance that stops takes up nothing, and leaves them to another.
fn take(desk: &Desk, kind: JobKind, at_most: usize) -> Result<Vec<TakenJob>, DbError> {
    if desk.service.live().is_stopping() {
        return Ok(Vec::new());
    }
    let db = desk.service.db();
    // Looked for before anything is locked: most often there is nothing.
    let (now, any) = db.read(|conn| -> Result<_, DbError> {
        let now = db.pulse(conn)?.now;
        Ok((now, jobs::any_due(conn, now, kind)?))
    })?;
    if any { db.write_beside(|conn| jobs::take(conn, now, kind, at_most)) } else { Ok(Vec::new()) }
}

async fn renew(desk: &Desk, under_way: Vec<TakenJob>) {
    if under_way.is_empty() {
        return;
    }
    let db = desk.service.db().clone();
    let renew = move || {
        db.write_beside(|conn| -> Result<(), DbError> {
            let now = db.pulse(conn)?.now;
            under_way.iter().try_for_each(|job| jobs::renew(conn, now, job))
        })
    };
    if let Ok(Err(error)) = spawn_blocking(renew).await {
        tracing::warn!(%error, "jobs under way are not renewed: another instance may do them too");
    }
}

/// Does all jobs that are due now, kind by kind, on this thread: for whoever waits for that.
pub fn do_jobs(desk: &Desk) -> Result<(), Failure> {
    for kind in JobKind::ALL {
        loop {
            let jobs = take(desk, *kind, TOGETHER)?;
            if jobs.is_empty() {
                break;
            }
            for job in jobs {
                settle(desk, &job, attempt(desk, &job))?;
            }
        }
    }
    Ok(())
}

/// Jobs that one thread takes at once.
const TOGETHER: usize = 100;

/// Does a job. One that panics has failed, as any other that fails.
fn attempt(desk: &Desk, job: &TakenJob) -> Result<(), String> {
    kept(|| {
        let db = desk.service.db();
        let now = db.read(|conn| db.pulse(conn)).map_err(|error: DbError| error.to_string())?.now;
        perform(desk, now, job)
    })
}

/// What some work says, be it a panic.
pub fn kept(work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_said| Err("it panicked".to_owned()))
}

/// Writes down what became of a job: done, tried again later, or given up.
fn settle(desk: &Desk, job: &TakenJob, done: Result<(), String>) -> Result<(), Failure> {
    let db = desk.service.db();
    match done {
        Ok(()) => {}
        Err(why) if job.tries < limits::JOB_TRIES_MAX => {
            tracing::warn!(job = %job.id, tries = job.tries, %why, "a job is tried again later");
            return db.write_beside(|conn| {
                let now = db.pulse(conn)?.now;
                Ok(jobs::put_back(conn, now, job)?)
            });
        }
        Err(why) => {
            tracing::error!(job = %job.id, task = ?job.task, %why, "a job is given up");
            desk.service.live().metrics().job_given_up();
            match given_up(desk, job) {
                Ok(()) => {}
                // They come back: whoever takes the job then gives it up.
                Err(Failure::Db(away @ (DbError::Unavailable(_) | DbError::KeysUnavailable(_)))) => return Err(away.into()),
                // What cannot be read today cannot be read tomorrow, and the job would be given up for ever.
                Err(failure) => {
                    tracing::error!(job = %job.id, ?failure, "what a job leaves behind that is given up is not written down")
                }
            }
        }
    }
    db.write_beside(|conn| Ok(jobs::finish(conn, job)?))
}
