//! What can go wrong with a database, told apart once: constraints by name, what may be tried again, what is out of reach.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::MayRetry;
use crate::domain::Denied;
use crate::domain::denied::What;

/// An error of the database layer.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No such row.
    #[error("no such row")]
    NotFound,
    /// A constraint of the schema refused the write.
    #[error("constraint {0:?} refused the write")]
    Constraint(Constraint),
    /// Another transaction was in the way; the same work may succeed at once.
    #[error("two transactions were in each other's way: {0}")]
    Conflict(String),
    /// The turn to write did not come in time.
    #[error("the database stayed busy: {0}")]
    Busy(String),
    /// A commit was sent and no answer came: it was carried out or it was not.
    #[error("the outcome of a commit is not known: {0}")]
    OutcomeUnknown(String),
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The key store cannot be reached, or lacks what every deployment has: nothing that is sealed is opened.
    #[error("{0}")]
    KeysUnavailable(String),
    /// A migration could not be applied.
    #[error("a migration failed: {0}")]
    Migration(String),
    /// A later program has migrated the database: this one does not know what it would do there.
    #[error(
        "a later program has migrated this database ({0} is unknown here): start that program, or restore a backup of before its migration; \
         instances of this one that run already go on"
    )]
    SchemaTooNew(String),
    /// A stored value that this program would not have written.
    #[error("a stored value is damaged: {0}")]
    Damaged(String),
    /// Anything else: a bug of ours, or a damaged database.
    #[error(transparent)]
    Other(DieselError),
}

impl DbError {
    /// Whether it tells of what stands in one record, and so of no other and of no database that is away.
    pub fn is_of_one_record(&self) -> bool {
        matches!(self, Self::Damaged(_) | Self::Other(DieselError::DeserializationError(_)))
    }
}

/// The constraints whose refusal means something to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Two organisations may not share a name, nor have names that read the same.
    OrganisationName,
    /// `0 <= held <= beds` of a vacancy.
    VacancyHeld,
}

impl Constraint {
    const ALL: [Self; 2] = [Self::OrganisationName, Self::VacancyHeld];

    /// How PostgreSQL and SQLite name it: the constraint's name, and what SQLite's message holds.
    fn names(self) -> [&'static str; 2] {
        match self {
            Self::OrganisationName => ["organisations_name_key", "organisations.name_key"],
            Self::VacancyHeld => ["vacancies_held", "vacancies_held"],
        }
    }
}

impl DbError {
    /// The database cannot be reached, and why, on one line.
    pub fn unavailable(why: impl std::fmt::Display) -> Self {
        Self::Unavailable(why.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The key store cannot be used, and why, on one line.
    pub fn keys_unavailable(why: impl std::fmt::Display) -> Self {
        Self::KeysUnavailable(why.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// A stored value is not what this program writes, and why.
    pub fn damaged(why: impl std::fmt::Display) -> Self {
        Self::Damaged(why.to_string())
    }

    /// A migration failed, and why.
    pub fn migration(why: impl std::fmt::Display) -> Self {
        Self::Migration(why.to_string())
    }
}

impl MayRetry for DbError {
    fn may_retry(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}

impl From<DieselError> for DbError {
    fn from(error: DieselError) -> Self {
        let DieselError::DatabaseError(kind, info) = &error else {
            return match error {
                DieselError::NotFound => Self::NotFound,
                DieselError::BrokenTransactionManager => Self::unavailable(error),
                // Diesel asks PostgreSQL once a connection how it numbers types: every one of ours is there, so it is the connection that is not.
                DieselError::SerializationError(ref why) if why.to_string().contains("type oid") => Self::unavailable(error),
                other => Self::Other(other),
            };
        };
        let message = info.message();
        match kind {
            DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::CheckViolation => {
                let name = info.constraint_name().unwrap_or_default();
                let known = Constraint::ALL
                    .into_iter()
                    .find(|constraint| constraint.names().iter().any(|text| name == *text || message.contains(text)));
                known.map_or(Self::Other(error), Self::Constraint)
            }
            DatabaseErrorKind::SerializationFailure => Self::Conflict(message.to_owned()),
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => Self::unavailable(message),
            // Neither database has a kind of its own for these; the words are those of their sources.
            _ if message.contains("deadlock detected") => Self::Conflict(message.to_owned()),
            _ if ["database is locked", "database is busy", "lock timeout"].iter().any(|words| message.contains(words)) => {
                Self::Busy(message.to_owned())
            }
            _ if [
                "terminating connection",
                "server closed the connection",
                "shutting down",
                "starting up",
                "read-only transaction",
            ]
            .iter()
            .any(|words| message.contains(words)) =>
            {
                Self::unavailable(message)
            }
            _ => Self::Other(error),
        }
    }
}

/// What a command or a reading may end with: a refusal, or an error of the database, kept apart so that it can be tried again.
#[derive(Debug)]
pub enum Failure {
    /// Refused.
    Denied(Denied),
    /// The database's error.
    Db(DbError),
}

/// Whether a constraint refuses is known only when the row is written: here, once, it becomes the refusal it means.
impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NotFound => Self::Denied(Denied::NotFound(What::Record)),
            DbError::Constraint(Constraint::OrganisationName) => Self::Denied(Denied::NameTaken),
            DbError::Constraint(Constraint::VacancyHeld) => Self::Denied(Denied::FewerThanHeld),
            other => Self::Db(other),
        }
    }
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        DbError::from(error).into()
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl MayRetry for Failure {
    fn may_retry(&self) -> bool {
        matches!(self, Self::Db(error) if error.may_retry())
    }
}
