//! What quotas must have counted, by the logs: whoever writes the database could take uses back, their own or another's, and do more in a day than a
//! quota lets them. Each command of an account that counts has left its event at the instant of its use, each export its rows in the log of reads.
//!
//! Not held against the logs is what leaves no row of its own in them: rankings, contacts, and what is put again.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::TimeDelta;
use diesel::prelude::*;
use matcher::Code as _;
use uuid::Uuid;

use super::super::events::Standing;
use super::super::schema::quota_uses::{self, dsl};
use super::super::types::Coded;
use super::super::{Conn, DbError};
use super::{Difference, Records};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::quota::{WINDOW, Watched};
use crate::domain::{By, RecordKind};

/// Uses that old are forgotten, by a clock that need not be quite this one's.
const SLACK: TimeDelta = TimeDelta::minutes(10);

/// What an account used of something at an instant.
type Use = (&'static str, AccountId, OrganisationId, Instant);

/// The commands that store requests, each new one counting once.
const STORE: [&str; 3] = ["createRequest", "copyRequest", "splitRequest"];

/// What was used of late, told by the logs alone.
pub(super) struct Uses {
    since: Instant,
    told: HashMap<Use, u32>,
    links: HashSet<Uuid>,
}

impl Uses {
    /// Nothing told yet, as of now.
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now.plus(SLACK - WINDOW), told: HashMap::new(), links: HashSet::new() }
    }

    /// One event more; `is_first` where no event told of its record before.
    pub(super) fn hear(&mut self, event: &Standing<'_>, is_first: bool) {
        let is_new_link = event.kind == RecordKind::KeepApart && self.links.insert(event.id);
        let used = match (event.kind, event.command) {
            (RecordKind::Request, command) if is_first && STORE.contains(&command) => Watched::RequestsStored,
            (RecordKind::Referral, _) if is_first => Watched::ReferralsAsked,
            (RecordKind::Plan, "createPlan") => Watched::Plans,
            (RecordKind::KeepApart, "createKeepApartLink") if is_new_link => Watched::Links,
            (RecordKind::KeepApart, "endKeepApartLink" | "endAnyKeepApartLink") => Watched::Links,
            _ => return,
        };
        self.add(used, event.by, event.at);
    }

    /// One row of the log of reads more. Those of one reading are of one instant.
    pub(super) fn read(&mut self, operation: &str, by: By, at: Instant) {
        if operation == "registryExport" && self.since < at {
            let Some(account) = by.account else { return };
            self.told.insert((Watched::Exports.as_str(), account, by.organisation, at), 1);
        }
    }

    /// What the service does by itself, and who comes by a link in a mail, is bound to no account's quota.
    fn add(&mut self, what: Watched, by: Option<By>, at: Instant) {
        let Some((account, organisation)) = by.and_then(|by| by.account.zip(Some(by.organisation))) else { return };
        if self.since < at {
            let told = self.told.entry((what.as_str(), account, organisation, at)).or_default();
            *told = told.saturating_add(1);
        }
    }

    /// Holds what was told against what is written down: more may be, for what was contradicted counts once more, and less never.
    pub(super) fn compare(self, conn: &mut Conn, found: &mut Records) -> Result<(), DbError> {
        let rebuilt =
            [Watched::RequestsStored, Watched::ReferralsAsked, Watched::Plans, Watched::Links, Watched::Exports].map(Coded);
        let recent = quota_uses::table.filter(dsl::at.gt(self.since)).filter(dsl::kind.eq_any(rebuilt));
        let columns = (dsl::kind, dsl::account_id, dsl::organisation_id, dsl::at, dsl::weight);
        type Row = (Coded<Watched>, Option<AccountId>, OrganisationId, Instant, i32);
        let rows: Vec<Row> = recent.select(columns).load(conn)?;
        let mut written: HashMap<Use, u32> = HashMap::new();
        for (kind, account, organisation, at, weight) in rows {
            let Some(account) = account else { continue };
            let sum = written.entry((kind.0.as_str(), account, organisation, at)).or_default();
            *sum = sum.saturating_add(u32::try_from(weight).unwrap_or(0));
        }
        let mut of_account: BTreeMap<(AccountId, &'static str), (u32, u32)> = BTreeMap::new();
        for (key, told) in self.told {
            let stands = written.get(&key).copied().unwrap_or(0).min(told);
            let sums = of_account.entry((key.1, key.0)).or_default();
            (sums.0, sums.1) = (sums.0.saturating_add(stands), sums.1.saturating_add(told));
        }
        for ((account, what), (stands, told)) in of_account {
            found.compared = found.compared.saturating_add(1);
            if stands < told {
                let words = |number: u32| format!("used of {what}: {number}");
                let (stands, told) = (Some(words(stands)), Some(words(told)));
                found.add(Difference { kind: RecordKind::Account, id: account.0, stands, told });
            }
        }
        Ok(())
    }
}
