//! What quotas count (design §5): uses of the last 24 hours, different records shown in them, and beds that are held now. Each is one statement, so
//! that a turn stays short.

use std::collections::HashSet;

use diesel::dsl::sum;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::append::append;
use super::schema::quota_uses::{self, dsl};
use super::schema::records_shown::{self, dsl as shown};
use super::schema::referrals;
use super::types::{Coded, Guid};
use super::{Conn, DbError, on_backend};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId, QuotaUseId, StructureId};
use crate::domain::quota::{Batch, Likeness, Used, WINDOW, Watched, Whose};
use crate::domain::{By, ReferralState};
use crate::limits;

/// A use as it is written.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = quota_uses, treat_none_as_default_value = false)]
pub struct NewUse {
    id: QuotaUseId,
    kind: Coded<Watched>,
    account_id: Option<AccountId>,
    organisation_id: OrganisationId,
    weight: i32,
    likeness: Option<Vec<u8>>,
    at: Instant,
}

impl NewUse {
    /// So many uses at once, of rankings with what they are alike in.
    pub fn new(what: Watched, by: By, weight: u32, likeness: Option<Likeness>, at: Instant) -> Self {
        Self {
            id: QuotaUseId::new(),
            kind: Coded(what),
            account_id: by.account,
            organisation_id: by.organisation,
            weight: i32::try_from(weight).unwrap_or(i32::MAX),
            likeness: likeness.map(|likeness| likeness.to_vec()),
            at,
        }
    }

    /// The same under an id that says which batch it belongs to.
    pub fn under(self, id: QuotaUseId) -> Self {
        Self { id, ..self }
    }

    /// How much of something it is.
    pub(super) fn weight_of(&self, what: Watched) -> u32 {
        if self.kind.0 == what { u32::try_from(self.weight).unwrap_or(0) } else { 0 }
    }
}

/// The uses of somebody in the last 24 hours, as a part of a statement.
macro_rules! uses {
    ($what:expr, $since:expr, $whose:expr) => {
        quota_uses::table
            .filter(dsl::kind.eq(Coded($what)))
            .filter(dsl::at.gt($since))
            .filter($whose)
            .select(sum(dsl::weight))
            .single_value()
    };
}

/// The beds that somebody holds now without the word of who answers, in the same way.
macro_rules! beds {
    ($whose:expr) => {
        referrals::table
            .filter(referrals::held)
            .filter(referrals::by_phone.or(referrals::state.eq_any(UNANSWERED)))
            .filter($whose)
            .select(sum(referrals::beds))
            .single_value()
    };
}

/// The states in which nobody has answered.
const UNANSWERED: [Coded<ReferralState>; 2] = [Coded(ReferralState::Asked), Coded(ReferralState::Acknowledged)];

fn count(sum: Option<i64>) -> u32 {
    u32::try_from(sum.unwrap_or(0)).unwrap_or(u32::MAX)
}

/// How much of something was used in the last 24 hours.
pub fn used(conn: &mut Conn, now: Instant, by: By, what: Watched) -> Result<Used, DbError> {
    let (since, account, organisation) = (now.plus(-WINDOW), by.account, by.organisation);
    let (account, organisation): (Option<i64>, Option<i64>) = on_backend!(conn, |c| diesel::select((
        uses!(what, since, dsl::account_id.eq(account)),
        uses!(what, since, dsl::organisation_id.eq(organisation)),
    ))
    .get_result(c))?;
    Ok(Used { account: count(account), organisation: count(organisation) })
}

/// The same, and how many beds are held, in one statement.
pub fn used_and_held(conn: &mut Conn, now: Instant, by: By, what: Watched) -> Result<(Used, Used), DbError> {
    let (since, account, organisation) = (now.plus(-WINDOW), by.account, by.organisation);
    type Sums = (Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    let (used_account, used_organisation, held_account, held_organisation): Sums = on_backend!(conn, |c| diesel::select((
        uses!(what, since, dsl::account_id.eq(account)),
        uses!(what, since, dsl::organisation_id.eq(organisation)),
        beds!(referrals::held_by_id.eq(account)),
        beds!(referrals::held_for_id.eq(organisation)),
    ))
    .get_result(c))?;
    let used = Used { account: count(used_account), organisation: count(used_organisation) };
    Ok((used, Used { account: count(held_account), organisation: count(held_organisation) }))
}

/// How many beds are held now on no word but the asker's own.
pub fn held(conn: &mut Conn, by: By) -> Result<Used, DbError> {
    let (account, organisation) = (by.account, by.organisation);
    let (account, organisation): (Option<i64>, Option<i64>) = on_backend!(conn, |c| diesel::select((
        beds!(referrals::held_by_id.eq(account)),
        beds!(referrals::held_for_id.eq(organisation)),
    ))
    .get_result(c))?;
    Ok(Used { account: count(account), organisation: count(organisation) })
}

/// How often an account has asked nearly the same in the last 24 hours.
pub fn alike(conn: &mut Conn, now: Instant, account: AccountId, likeness: Likeness) -> Result<u32, DbError> {
    let alike = dsl::quota_uses
        .filter(dsl::account_id.eq(account))
        .filter(dsl::at.gt(now.plus(-WINDOW)))
        .filter(dsl::likeness.eq(likeness.to_vec()))
        .select(sum(dsl::weight));
    Ok(count(alike.first::<Option<i64>>(conn)?))
}

/// What was used of something by everybody in the last 24 hours.
pub fn of_all(conn: &mut Conn, now: Instant, what: Watched) -> Result<Vec<(By, u32)>, DbError> {
    let recent = dsl::quota_uses.filter(dsl::kind.eq(Coded(what))).filter(dsl::at.gt(now.plus(-WINDOW)));
    let rows: Vec<(Option<AccountId>, OrganisationId, Option<i64>)> = recent
        .group_by((dsl::account_id, dsl::organisation_id))
        .select((dsl::account_id, dsl::organisation_id, sum(dsl::weight)))
        .load(conn)?;
    Ok(rows.into_iter().map(|(account, organisation, sum)| (By { account, organisation }, count(sum))).collect())
}

/// The batches in which uses of something were written of late.
pub fn batches(conn: &mut Conn, now: Instant, what: Watched) -> Result<HashSet<Batch>, DbError> {
    let recent = dsl::quota_uses.filter(dsl::kind.eq(Coded(what))).filter(dsl::at.gt(now.plus(-limits::BATCHES_READ)));
    let ids: Vec<QuotaUseId> = recent.select(dsl::id).load(conn)?;
    Ok(ids.into_iter().map(Batch::of).collect())
}

/// When so many more fit again into what somebody may use; `used` of it was in the last 24 hours.
pub fn room_at(conn: &mut Conn, now: Instant, by: By, (what, whose): (Watched, Whose), to_go: u32) -> Result<Instant, DbError> {
    let recent = dsl::quota_uses
        .filter(dsl::kind.eq(Coded(what)))
        .filter(dsl::at.gt(now.plus(-WINDOW)))
        .filter(dsl::organisation_id.eq(by.organisation))
        .order(dsl::at)
        .select((dsl::at, dsl::weight))
        .into_boxed();
    let recent = match whose {
        Whose::Account => recent.filter(dsl::account_id.eq(by.account)),
        Whose::Organisation => recent,
    };
    let rows: Vec<(Instant, i32)> = recent.load(conn)?;
    Ok(goes_at(now, rows.into_iter().map(|(at, weight)| (at, u32::try_from(weight).unwrap_or(0))), to_go))
}

/// When so many of some uses, the oldest first, have grown too old to count.
fn goes_at(now: Instant, uses: impl Iterator<Item = (Instant, u32)>, to_go: u32) -> Instant {
    let mut gone = 0_u32;
    for (at, weight) in uses {
        gone = gone.saturating_add(weight);
        if to_go <= gone {
            return at.plus(WINDOW);
        }
    }
    now.plus(WINDOW)
}

/// When time next frees a bed that somebody holds.
pub fn bed_free_at(conn: &mut Conn, now: Instant, by: By, whose: Whose) -> Result<Instant, DbError> {
    let held = referrals::table
        .filter(referrals::held)
        .filter(referrals::held_for_id.eq(by.organisation))
        .filter(referrals::by_phone.or(referrals::state.eq_any(UNANSWERED)))
        .filter(referrals::due_at.is_not_null())
        .order(referrals::due_at)
        .select(referrals::due_at)
        .into_boxed();
    let held = match whose {
        Whose::Account => held.filter(referrals::held_by_id.eq(by.account)),
        Whose::Organisation => held,
    };
    let due: Option<Option<Instant>> = held.first(conn).optional()?;
    Ok(due.flatten().unwrap_or_else(|| now.plus(WINDOW)))
}

/// Writes uses, in a transaction that takes no turn among writers.
pub fn write_down(conn: &mut Conn, uses: Vec<NewUse>) -> Result<(), DbError> {
    append(conn, Vec::new(), Vec::new(), None, Vec::new(), uses)
}

/// The homes whose contact was shown in the last 24 hours to an account, and to its organisation, each with when that was last, the oldest first.
pub struct ContactsShown {
    rows: Vec<(Guid, AccountId, Instant)>,
    account: Option<AccountId>,
}

/// Those of somebody.
pub fn contacts_shown(conn: &mut Conn, now: Instant, by: By) -> Result<ContactsShown, DbError> {
    let rows = shown::records_shown
        .filter(shown::organisation_id.eq(by.organisation))
        .filter(shown::kind.eq(Coded(Watched::ContactsShown)))
        .filter(shown::at.gt(now.plus(-WINDOW)))
        .order(shown::at)
        .select((shown::record_id, shown::account_id, shown::at))
        .load(conn)?;
    Ok(ContactsShown { rows, account: by.account })
}

impl ContactsShown {
    fn of(&self, whose: Whose) -> impl Iterator<Item = (StructureId, Instant)> + '_ {
        let counts = move |account: &AccountId| whose == Whose::Organisation || Some(*account) == self.account;
        self.rows.iter().filter(move |(_, account, _)| counts(account)).map(|(record, _, at)| (StructureId(record.0), *at))
    }

    /// Those of the account, or of its organisation.
    pub fn homes(&self, whose: Whose) -> HashSet<StructureId> {
        self.of(whose).map(|(structure, _)| structure).collect()
    }

    /// When there is room for one more, where so many may be shown.
    pub fn room_at(&self, now: Instant, whose: Whose, most: u32) -> Instant {
        // Each counts from when it was shown last.
        let mut last: Vec<(StructureId, Instant)> = Vec::new();
        for (structure, at) in self.of(whose) {
            last.retain(|(known, _)| *known != structure);
            last.push((structure, at));
        }
        let to_go = count(i64::try_from(last.len()).ok()).saturating_add(1).saturating_sub(most);
        goes_at(now, last.into_iter().map(|(_, at)| (at, 1)), to_go.max(1))
    }
}

/// How many different records of a kind an account was shown in the last 24 hours.
pub fn different(conn: &mut Conn, now: Instant, account: AccountId, what: Watched) -> Result<u32, DbError> {
    let recent = shown::records_shown
        .filter(shown::account_id.eq(account))
        .filter(shown::kind.eq(Coded(what)))
        .filter(shown::at.gt(now.plus(-WINDOW)));
    Ok(count(Some(recent.count().get_result(conn)?)))
}

/// Remembers that an account was shown these now.
pub fn remember(
    conn: &mut Conn,
    now: Instant,
    (account, organisation): (AccountId, OrganisationId),
    what: Watched,
    records: impl IntoIterator<Item = uuid::Uuid>,
) -> Result<(), DbError> {
    for record in records {
        let row = (
            shown::account_id.eq(account),
            shown::kind.eq(Coded(what)),
            shown::record_id.eq(Guid(record)),
            shown::organisation_id.eq(organisation),
            shown::at.eq(now),
        );
        on_backend!(&mut *conn, |c| diesel::insert_into(records_shown::table)
            .values(row)
            .on_conflict((shown::account_id, shown::kind, shown::record_id))
            .do_update()
            .set(shown::at.eq(excluded(shown::at)))
            .execute(c))?;
    }
    Ok(())
}

/// Forgets what counts no more.
pub fn forget_old(conn: &mut Conn, now: Instant) -> Result<(), DbError> {
    let old = now.plus(-WINDOW);
    diesel::delete(dsl::quota_uses.filter(dsl::at.le(old))).execute(conn)?;
    diesel::delete(shown::records_shown.filter(shown::at.le(old))).execute(conn)?;
    Ok(())
}
