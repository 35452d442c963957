//! Rankings that were counted in memory, written down every few seconds, and what others have written meanwhile.

use std::collections::{HashMap, HashSet};

use crate::clock::Instant;
use crate::commands::{Service, quotas as told};
use crate::db::quotas::{self, NewUse};
use crate::db::{Conn, DbError};
use crate::domain::By;
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::quota::{Alert, Batch, Used, Watched};
use crate::live::tallies::Tally;

/// Writes down what this instance has counted, and reads the sums of all.
pub fn write_down(service: &Service) -> Result<(), DbError> {
    let (db, tallies) = (service.db(), service.live().tallies());
    let counted = tallies.begin();
    let now = db.read(|conn| db.pulse(conn))?.now;
    let (sums, batches) = if counted.is_empty() {
        db.read(|conn| of_all(conn, now))?
    } else {
        db.write_beside(|conn| -> Result<_, DbError> {
            let before = Sums::of(&quotas::of_all(conn, now, Watched::RankingsOther)?);
            let alike = tell_of_alike(conn, service, now, &counted)?;
            let uses = counted.iter().map(|Tally { id, by, likeness, count }| {
                NewUse::new(Watched::RankingsOther, *by, *count, Some(*likeness), now).under(*id)
            });
            quotas::write_down(conn, uses.collect())?;
            let (after, batches) = of_all(conn, now)?;
            let alerts = reached(service, &counted, &before, &Sums::of(&after));
            told::tell(conn, now, alerts.into_iter().chain(alike).collect())?;
            Ok((after, batches))
        })?
    };
    tallies.written(&sums, batches, now);
    Ok(())
}

/// What is written down: the sums by whom, and the batches that are in them.
type Written = (Vec<(By, u32)>, HashSet<Batch>);

/// The sums of all, with their batches. The batches are read last: one that is written between the two goes uncounted until the next
/// time; the other way round it would count twice.
fn of_all(conn: &mut Conn, now: Instant) -> Result<Written, DbError> {
    let sums = quotas::of_all(conn, now, Watched::RankingsOther)?;
    Ok((sums, quotas::batches(conn, now, Watched::RankingsOther)?))
}

/// Sums by account and by organisation.
struct Sums {
    accounts: HashMap<AccountId, u32>,
    organisations: HashMap<OrganisationId, u32>,
}

impl Sums {
    fn of(rows: &[(By, u32)]) -> Self {
        let mut sums = Self { accounts: HashMap::new(), organisations: HashMap::new() };
        for (by, sum) in rows {
            if let Some(account) = by.account {
                let known = sums.accounts.entry(account).or_default();
                *known = known.saturating_add(*sum);
            }
            let known = sums.organisations.entry(by.organisation).or_default();
            *known = known.saturating_add(*sum);
        }
        sums
    }

    fn used(&self, by: By) -> Used {
        Used {
            account: by.account.and_then(|id| self.accounts.get(&id).copied()).unwrap_or(0),
            organisation: self.organisations.get(&by.organisation).copied().unwrap_or(0),
        }
    }
}

/// What there is to tell of quotas; what is told twice is written once.
fn reached(service: &Service, counted: &[Tally], before: &Sums, after: &Sums) -> Vec<Alert> {
    let numbers = service.live().policy().quotas().rankings_other;
    let mut alerts: Vec<Alert> = Vec::new();
    for Tally { by, .. } in counted {
        let used = (before.used(*by), after.used(*by));
        for alert in Alert::of_quota(Watched::RankingsOther, by.account, by.organisation, used, numbers) {
            if !alerts.contains(&alert) {
                alerts.push(alert);
            }
        }
    }
    alerts
}

/// What there is to tell of rankings that ask nearly the same, before these are written.
fn tell_of_alike(conn: &mut Conn, service: &Service, now: Instant, counted: &[Tally]) -> Result<Vec<Alert>, DbError> {
    let what = Watched::RankingsAlike;
    let Some(from) = what.unusual_from(service.live().policy().unusual()) else { return Ok(Vec::new()) };
    let mut alerts = Vec::new();
    for Tally { by, likeness, count, .. } in counted {
        let Some(account) = by.account else { continue };
        let before = quotas::alike(conn, now, account, *likeness)?;
        alerts.extend(Alert::of_unusual(what, account, by.organisation, (before, before.saturating_add(*count)), from));
    }
    Ok(alerts)
}
