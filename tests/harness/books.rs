//! The books of a service, read past it: rows by SQL of our own, so that a test can say whether what clients were told is true, whole
//! and once. All SQL of the tests of servers stands here.

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};

use super::servers::Database;

enum Conn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

/// A connection that reads.
pub struct Books(Conn);

/// A referral as its row has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferralRow {
    pub state: String,
    pub held: bool,
    pub beds: i64,
    pub vacancy: String,
}

/// What is remembered of a command under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    pub client: String,
    pub record: String,
}

impl Books {
    /// An error where the database is away.
    pub fn open(database: &Database) -> diesel::ConnectionResult<Self> {
        let url = database.url();
        Ok(Self(match url.strip_prefix("sqlite:") {
            None => Conn::Pg(PgConnection::establish(&url)?),
            Some(path) => {
                let mut sqlite = SqliteConnection::establish(path)?;
                sqlite.batch_execute("PRAGMA busy_timeout = 30000").unwrap();
                Conn::Sqlite(sqlite)
            }
        }))
    }

    /// How many vacancies break the promise at this moment: they hold less than nothing or more than they have, or not what their
    /// referrals hold.
    pub fn broken_promises(&mut self) -> diesel::QueryResult<usize> {
        let broken = "SELECT {v.id} AS line FROM vacancies v WHERE v.held < 0 OR v.held > v.beds OR v.held <>
            (SELECT coalesce(sum(r.beds), 0) FROM referrals r WHERE r.vacancy_id = v.id AND r.held)";
        Ok(self.lines(broken)?.len())
    }

    /// Positions of events, and the position the service believes to be the last.
    pub fn positions(&mut self) -> (Vec<i64>, i64) {
        let positions = self.numbers("SELECT position || '' AS line FROM events ORDER BY position");
        (positions, self.numbers("SELECT position || '' AS line FROM event_head")[0])
    }

    /// Keys by which commands are remembered.
    pub fn keys(&mut self) -> BTreeMap<String, KeyRow> {
        let rows = self.all("SELECT key || ' ' || {account_id} || ' ' || {record_id} AS line FROM idempotency_keys");
        rows.into_iter().map(|[key, client, record]| (key, KeyRow { client, record })).collect()
    }

    pub fn referrals(&mut self) -> BTreeMap<String, ReferralRow> {
        let sql =
            "SELECT {id} || ' ' || state || ' ' || CASE WHEN held THEN 1 ELSE 0 END || ' ' || beds || ' ' || {vacancy_id} AS line
            FROM referrals";
        let rows = self.all(sql).into_iter();
        rows.map(|[id, state, held, beds, vacancy]| {
            (id, ReferralRow { state, held: held == "1", beds: beds.parse().unwrap(), vacancy })
        })
        .collect()
    }

    /// States of requests.
    pub fn requests(&mut self) -> BTreeMap<String, String> {
        self.all("SELECT {id} || ' ' || state AS line FROM requests").into_iter().map(|[id, state]| (id, state)).collect()
    }

    /// `(beds, held)` of vacancies.
    pub fn vacancies(&mut self) -> BTreeMap<String, (i64, i64)> {
        let rows = self.all("SELECT {id} || ' ' || beds || ' ' || held AS line FROM vacancies");
        rows.into_iter().map(|[id, beds, held]| (id, (beds.parse().unwrap(), held.parse().unwrap()))).collect()
    }

    /// Refusals, by their referrals.
    pub fn refusals(&mut self) -> BTreeSet<String> {
        self.all("SELECT {referral_id} AS line FROM refusals").into_iter().map(|[referral]| referral).collect()
    }

    fn numbers(&mut self, sql: &str) -> Vec<i64> {
        self.lines(sql).unwrap().iter().map(|line| line.parse().unwrap()).collect()
    }

    fn all<const N: usize>(&mut self, sql: &str) -> Vec<[String; N]> {
        let fields = |line: String| -> [String; N] {
            line.split(' ').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap_or_else(|fields| panic!("{fields:?}"))
        };
        self.lines(sql).unwrap().into_iter().map(fields).collect()
    }

    /// Rows of one column `line`. `{column}` is an id as text, the same on both databases: 32 hexadecimal digits.
    fn lines(&mut self, sql: &str) -> diesel::QueryResult<Vec<String>> {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text)]
            line: String,
        }
        let (before, after) = match self.0 {
            Conn::Pg(_) => ("replace(CAST(", " AS text), '-', '')"),
            Conn::Sqlite(_) => ("lower(hex(", "))"),
        };
        let query = diesel::sql_query(sql.replace('{', before).replace('}', after));
        let lines: Vec<Line> = match &mut self.0 {
            Conn::Pg(pg) => query.load(pg)?,
            Conn::Sqlite(sqlite) => query.load(sqlite)?,
        };
        Ok(lines.into_iter().map(|row| row.line).collect())
    }
}

/// An id as the books write it.
pub fn plain(id: &str) -> String {
    id.replace('-', "")
}
