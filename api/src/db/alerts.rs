//! Alerts: what managers, auditors and the coordination are told of the use of an account or of a whole organisation.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::schema::alerts::{self, dsl};
use super::types::Coded;
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, AlertId, OrganisationId};
use crate::domain::quota::{Alert, AlertLevel, WINDOW, Watched};

#[derive(Insertable, Queryable)]
#[diesel(table_name = alerts, treat_none_as_default_value = false)]
struct Row {
    id: AlertId,
    about: Coded<Watched>,
    level: Coded<AlertLevel>,
    account_id: Option<AccountId>,
    organisation_id: OrganisationId,
    used: i32,
    most: i32,
    at: Instant,
}

/// An alert as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct StoredAlert {
    /// Its id.
    pub id: AlertId,
    /// What it tells.
    pub alert: Alert,
    /// When.
    pub at: Instant,
}

impl From<Row> for StoredAlert {
    fn from(row: Row) -> Self {
        let number = |number: i32| u32::try_from(number).unwrap_or(0);
        let alert = Alert {
            about: row.about.0,
            level: row.level.0,
            account: row.account_id,
            organisation: row.organisation_id,
            used: number(row.used),
            most: number(row.most),
        };
        Self { id: row.id, alert, at: row.at }
    }
}

/// Writes an alert; none where the same was told of the same within a day. What went on beyond a quota is told each time.
pub fn raise(turn: &mut Turn<'_>, alert: &Alert) -> Result<Option<AlertId>, DbError> {
    if alert.level != AlertLevel::WentOn {
        let same = dsl::alerts
            .filter(dsl::organisation_id.eq(alert.organisation))
            .filter(dsl::at.gt(turn.from_now(-WINDOW)))
            .filter(dsl::about.eq(Coded(alert.about)))
            .filter(dsl::level.eq(Coded(alert.level)))
            .select(dsl::account_id);
        let told: Vec<Option<AccountId>> = same.load(turn.conn)?;
        if told.contains(&alert.account) {
            return Ok(None);
        }
    }
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let row = Row {
        id: AlertId::new(),
        about: Coded(alert.about),
        level: Coded(alert.level),
        account_id: alert.account,
        organisation_id: alert.organisation,
        used: number(alert.used),
        most: number(alert.most),
        at: turn.now,
    };
    let id = row.id;
    diesel::insert_into(alerts::table).values(row).execute(turn.conn)?;
    Ok(Some(id))
}

/// What an organisation was told of late, the newest first.
pub fn of_organisation(
    conn: &mut Conn,
    now: Instant,
    organisation: OrganisationId,
    kept: TimeDelta,
    at_most: i64,
) -> Result<Vec<StoredAlert>, DbError> {
    let recent = dsl::alerts
        .filter(dsl::organisation_id.eq(organisation))
        .filter(dsl::at.gt(now.plus(-kept)))
        .filter(dsl::about.ne(Coded(Watched::Encounters)))
        .order((dsl::at.desc(), dsl::id.desc()))
        .limit(at_most);
    let rows: Vec<Row> = recent.load(conn)?;
    Ok(rows.into_iter().map(StoredAlert::from).collect())
}

/// Forgets alerts that are no longer shown; their events stand.
pub fn forget_old(conn: &mut Conn, now: Instant, kept: TimeDelta) -> Result<(), DbError> {
    diesel::delete(dsl::alerts.filter(dsl::at.le(now.plus(-kept)))).execute(conn)?;
    Ok(())
}
