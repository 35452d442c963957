//! Jobs: work that follows from a command, written in its transaction and done at least once, by whichever instance takes it.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::jobs::{self, dsl};
use super::types::{Coded, Document, sql};
use super::{Conn, DbError, on_backend};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, JobId, PendingChangeId, ReferralId, RequestId, StructureId, UnitId};
use crate::domain::quota::{Alert, AlertLevel};
use crate::limits;

/// What is to be done. Ids only: what a mail says is looked up when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Tell someone about a referral by mail.
    Mail {
        /// The referral.
        referral: ReferralId,
        /// What there is to tell.
        about: MailAbout,
    },
    /// Tell those in whose hands a request is that something has still to be done for its people.
    RemindOfRequest {
        /// The request.
        request: RequestId,
    },
    /// Take the key of a request away that was erased.
    ForgetKey {
        /// The request.
        request: RequestId,
    },
    /// Tell the coordination, and out of its hours the 115, that a referral brings people near each other who are kept apart.
    Encounter {
        /// The referral.
        referral: ReferralId,
    },
    /// Tell the owner of an account something about it by mail; of no account nothing, which takes as long as it took to ask for it.
    TellAccount {
        /// The account.
        account: Option<AccountId>,
        /// What there is to tell.
        about: AccountMail,
    },
    /// Tell managers, auditors or the coordination of the use of an account, once a day, and note it.
    RaiseAlert {
        /// What there is to tell.
        alert: Alert,
    },
    /// Tell the coordination of an alert by mail.
    AlertCoordination {
        /// Why it is told.
        level: AlertLevel,
    },
    /// Send a code to the address that an organisation would have.
    ProveAddress {
        /// The change that waits.
        change: PendingChangeId,
    },
    /// Tell the address that an organisation has that it would have another.
    TellOldAddress {
        /// The change that waits.
        change: PendingChangeId,
    },
    /// Send a code to the contact address of a home, where it is not proved.
    ProveContact {
        /// The structure.
        structure: StructureId,
    },
    /// Judge again the referrals and stays that an edit of a unit touches, behind one.
    Reevaluate {
        /// The unit.
        unit: UnitId,
        /// The last that was judged.
        after: ReferralId,
    },
}

matcher::codes! {
    /// What sort of work a job is: each has threads of its own and waits for no other.
    pub enum JobKind: "kind of job" {
        /// Noting an alert.
        Alert = "alert",
        /// Judging again what an edit touches.
        Judging = "judging",
        /// Taking keys away.
        Keys = "keys",
        /// A mail.
        Mail = "mail",
    }
}

impl JobKind {
    /// How many of it an instance does at once.
    pub fn at_once(self) -> usize {
        match self {
            Self::Mail => limits::JOBS_AT_ONCE.mail,
            Self::Judging => limits::JOBS_AT_ONCE.judging,
            Self::Keys => limits::JOBS_AT_ONCE.keys,
            Self::Alert => limits::JOBS_AT_ONCE.alert,
        }
    }
}

impl Job {
    /// What sort of work it is.
    pub fn kind(self) -> JobKind {
        match self {
            Self::RaiseAlert { .. } => JobKind::Alert,
            Self::Reevaluate { .. } => JobKind::Judging,
            Self::ForgetKey { .. } => JobKind::Keys,
            Self::Mail { .. }
            | Self::RemindOfRequest { .. }
            | Self::Encounter { .. }
            | Self::TellAccount { .. }
            | Self::AlertCoordination { .. }
            | Self::ProveAddress { .. }
            | Self::TellOldAddress { .. }
            | Self::ProveContact { .. } => JobKind::Mail,
        }
    }
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
    /// To the addressee: since an edit the place no longer suits the people.
    NoLongerFits,
    /// To who asked: the same.
    NoLongerFitsForAsker,
    /// To who asked: the addressee wishes to be called.
    CallBack,
    /// To who asked: there is a yes, and what was to be confirmed by it is not.
    NotConfirmed,
    /// To the addressee: people are coming.
    Coming,
    /// To the addressee: those who were expected do not come any more.
    NotComing,
    /// To the addressee: something was written down for it after a phone call.
    WrittenDown,
    /// To who asked: the addressee says that what was written down is not so.
    Contradicted,
    /// To who asked: the regulator has put it to another unit.
    Moved,
    /// To the home of a unit: those who were expected there do not come, the regulator has put them elsewhere.
    ComingElsewhere(UnitId),
    /// Beds that were held without an answer are free again.
    HoldEnded(Reader),
    /// Those who were expected are late: did they come?
    Overdue(Reader),
    /// The last command was taken back.
    Undone(Reader),
}

/// What the owner of an account is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountMail {
    /// A link by which a new password is chosen; it is made when the mail is written.
    PasswordLink,
    /// The password was changed.
    PasswordChanged,
    /// The telephone and the codes on paper were changed.
    SecondFactorChanged,
    /// Somebody signed in with a code from paper.
    RecoveryCodeUsed,
    /// An invitation to the account, with a link that is made when the mail is written.
    Invitation,
    /// To a manager: tools go on whose secrets somebody was shown who has left.
    ToolsLeft,
    /// To a manager: an administrator has invited somebody to the organisation, or has changed what somebody of it may.
    ByAdministrator,
    /// To a manager: somebody on duty has invited a replacement.
    ReplacementInvited,
    /// To administrators and auditors: somebody was made administrator, auditor, coordinator or manager, or is it no more.
    PowersChanged,
    /// To administrators: a tool that the operator made was revoked.
    OperatorToolRevoked,
    /// To a manager: something of their organisation is nearly used up, used up, goes on beyond it, or is unusual.
    Alert(AlertLevel),
    /// To auditors: the reading of an account is unusual.
    UnusualReading,
    /// To administrators: a change waits for a second person's word.
    ChangeWaits,
    /// To a manager: an administrator would have somebody manage the organisation beside them, which waits.
    ManagerWaits,
    /// To who asked for a change: a second person gave their word.
    ChangeApproved,
    /// To who asked for a change: another administrator said no.
    ChangeRejected,
    /// To a manager: a webhook of their organisation was disabled, since nothing could be delivered.
    WebhookDisabled,
    /// To auditors, once a day: how both logs end, signed, to be kept where nobody who runs the service reaches.
    Anchors,
}

/// Who reads what both sides are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// Who asked.
    Asker,
    /// Who answers.
    Addressee,
}

impl Reader {
    /// Both sides.
    pub const BOTH: [Self; 2] = [Self::Asker, Self::Addressee];
}

/// A job that was taken.
#[derive(Clone, Copy, Debug)]
pub struct TakenJob {
    /// Its id.
    pub id: JobId,
    /// What is to be done; none where this program does not know it: a newer one wrote it, and does it.
    pub task: Option<Job>,
    /// How often it was taken, this time included. By it whoever took it knows that nobody else has since.
    pub tries: i32,
}

/// A job as it is written.
#[derive(Debug, Insertable)]
#[diesel(table_name = jobs, treat_none_as_default_value = false)]
pub(super) struct NewJob {
    id: JobId,
    task: Document<Job>,
    run_at: Instant,
    tries: i32,
    created_at: Instant,
    kind: Coded<JobKind>,
}

impl NewJob {
    /// One to be done at once.
    pub(super) fn new(job: Job, now: Instant) -> Self {
        Self { id: JobId::new(), task: Document(job), run_at: now, tries: 0, created_at: now, kind: Coded(job.kind()) }
    }
}

/// Adds work that follows from no command, in a transaction that takes no turn.
pub fn insert_beside(conn: &mut Conn, now: Instant, job: Job) -> Result<(), DbError> {
    diesel::insert_into(jobs::table).values(NewJob::new(job, now)).execute(conn)?;
    Ok(())
}

/// Takes jobs of a kind that are due, some at a time: nobody else takes them until the lease is over. On PostgreSQL whoever takes some passes over
/// those that another is just taking; on SQLite the transaction keeps all others out. It is no turn: nothing is told of jobs.
pub fn take(conn: &mut Conn, now: Instant, kind: JobKind, at_most: usize) -> Result<Vec<TakenJob>, DbError> {
    let at_most = i64::try_from(at_most).unwrap_or(i64::MAX);
    let due = dsl::jobs.filter(dsl::kind.eq(Coded(kind))).filter(dsl::run_at.le(now));
    let due = due.order((dsl::run_at, dsl::id)).limit(at_most).select(dsl::id);
    let due: Vec<JobId> = match conn {
        Conn::Pg(pg) => due.for_update().skip_locked().load(pg)?,
        Conn::Sqlite(sqlite) => due.load(sqlite)?,
    };
    if due.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(dsl::jobs.filter(dsl::id.eq_any(due.clone())))
        .set((dsl::run_at.eq(now.plus(limits::JOB_LEASE)), dsl::tries.eq(dsl::tries + 1)))
        .execute(conn)?;
    let taken = dsl::jobs.filter(dsl::id.eq_any(due)).order(dsl::id).select((dsl::id, dsl::task, dsl::tries));
    let rows: Vec<(JobId, Document<Value>, i32)> = taken.load(conn)?;
    let taken =
        |(id, task, tries): (JobId, Document<Value>, i32)| TakenJob { id, task: serde_json::from_value(task.0).ok(), tries };
    Ok(rows.into_iter().map(taken).collect())
}

/// Whether any job of a kind is due.
pub fn any_due(conn: &mut Conn, now: Instant, kind: JobKind) -> Result<bool, DbError> {
    let due = dsl::jobs.filter(dsl::kind.eq(Coded(kind))).filter(dsl::run_at.le(now));
    Ok(diesel::select(diesel::dsl::exists(due)).get_result(conn)?)
}

/// How the jobs of one kind stand.
#[derive(Clone, Debug, QueryableByName)]
pub struct Queue {
    /// The kind, as [`JobKind`] has it.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// How many are due and nobody's.
    #[diesel(sql_type = BigInt)]
    pub due: i64,
    /// How many somebody has taken, or are tried again later.
    #[diesel(sql_type = BigInt)]
    pub taken_or_later: i64,
    /// Since when the oldest that is due has been.
    #[diesel(sql_type = Nullable<sql::Instant>)]
    pub due_since: Option<Instant>,
}

/// How the jobs stand, kind by kind.
pub fn queues(conn: &mut Conn, now: Instant) -> Result<Vec<Queue>, DbError> {
    let sql = "SELECT kind, count(*) FILTER (WHERE run_at <= $1) AS due, \
               count(*) FILTER (WHERE run_at > $1) AS taken_or_later, min(run_at) FILTER (WHERE run_at <= $1) AS due_since \
               FROM jobs GROUP BY 1 ORDER BY 1";
    Ok(on_backend!(conn, |c| diesel::sql_query(sql).bind::<sql::Instant, _>(now).load(c))?)
}

/// A job that is under way is left to whoever does it for another lease, unless somebody else has taken it since.
pub fn renew(conn: &mut Conn, now: Instant, job: &TakenJob) -> Result<(), DbError> {
    let own = dsl::jobs.filter(dsl::id.eq(job.id)).filter(dsl::tries.eq(job.tries));
    diesel::update(own).set(dsl::run_at.eq(now.plus(limits::JOB_LEASE))).execute(conn)?;
    Ok(())
}

/// The job is done, or given up.
pub fn finish(conn: &mut Conn, job: &TakenJob) -> Result<(), DbError> {
    diesel::delete(dsl::jobs.find(job.id)).execute(conn)?;
    Ok(())
}

/// The job failed: it is tried again after a pause that grows with each try, unless somebody else has taken it since.
pub fn put_back(conn: &mut Conn, now: Instant, job: &TakenJob) -> Result<(), DbError> {
    let pause = TimeDelta::seconds(1_i64 << job.tries.clamp(0, 20)).min(limits::JOB_PAUSE_MAX);
    let own = dsl::jobs.filter(dsl::id.eq(job.id)).filter(dsl::tries.eq(job.tries));
    diesel::update(own).set(dsl::run_at.eq(now.plus(pause))).execute(conn)?;
    Ok(())
}
