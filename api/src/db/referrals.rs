//! Referrals: where each stands, and what is overdue.

use diesel::prelude::*;
use diesel::sql_types::Bool;
use matcher::Door;

use super::schema::referrals::{self, dsl};
use super::types::{Coded, Document, Guid, Instant};
use super::{Conn, DbError, MultiBackend, Tx};
use crate::auth::Party;
use crate::domain::referral::Course;
use crate::domain::{Referral, ReferralState};
use crate::paging::{Cursor, PageLimit};

#[derive(Queryable)]
struct Row {
    id: Guid,
    request_id: Guid,
    organisation_id: Guid,
    unit_id: Guid,
    vacancy_id: Guid,
    addressee_id: Guid,
    door: Coded<Door>,
    state: Coded<ReferralState>,
    beds: i32,
    held: bool,
    held_when_asked: bool,
    by_phone: bool,
    deadline: Option<Instant>,
    remind_at: Option<Instant>,
    expected_arrival: Option<Instant>,
    course: Document<Course>,
    created_at: Instant,
    updated_at: Instant,
}

/// The columns that change in the life of a referral.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = referrals)]
#[diesel(treat_none_as_null = true)]
struct Form {
    state: Coded<ReferralState>,
    beds: i32,
    held: bool,
    by_phone: bool,
    deadline: Option<Instant>,
    remind_at: Option<Instant>,
    expected_arrival: Option<Instant>,
    course: Document<Course>,
    updated_at: Instant,
}

impl Form {
    fn new(referral: &Referral) -> Result<Self, DbError> {
        Ok(Self {
            state: Coded(referral.state),
            beds: i32::try_from(referral.beds).map_err(DbError::damaged)?,
            held: referral.held,
            by_phone: referral.by_phone,
            deadline: referral.deadline,
            remind_at: referral.remind_at,
            expected_arrival: referral.expected_arrival,
            course: Document(referral.course.clone()),
            updated_at: referral.updated_at,
        })
    }
}

impl TryFrom<Row> for Referral {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.id,
            request: row.request_id,
            organisation: row.organisation_id,
            unit: row.unit_id,
            vacancy: row.vacancy_id,
            addressee: row.addressee_id,
            door: row.door.0,
            state: row.state.0,
            beds: u32::try_from(row.beds).map_err(DbError::damaged)?,
            held: row.held,
            held_when_asked: row.held_when_asked,
            by_phone: row.by_phone,
            deadline: row.deadline,
            remind_at: row.remind_at,
            expected_arrival: row.expected_arrival,
            course: row.course.0,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn all(rows: Vec<Row>) -> Result<Vec<Referral>, DbError> {
    rows.into_iter().map(TryInto::try_into).collect()
}

/// What a list of referrals is narrowed by; all that is given must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReferralFilter {
    /// Only in this state.
    pub state: Option<ReferralState>,
    /// Only those that are open, or only those that are not.
    pub open: Option<bool>,
    /// Only of this request.
    pub request: Option<Guid>,
    /// Only to this unit.
    pub unit: Option<Guid>,
}

/// Adds a referral.
pub fn insert(tx: &mut Tx<'_>, referral: &Referral) -> Result<(), DbError> {
    diesel::insert_into(referrals::table)
        .values((
            dsl::id.eq(referral.id),
            dsl::request_id.eq(referral.request),
            dsl::organisation_id.eq(referral.organisation),
            dsl::unit_id.eq(referral.unit),
            dsl::vacancy_id.eq(referral.vacancy),
            dsl::addressee_id.eq(referral.addressee),
            dsl::door.eq(Coded(referral.door)),
            dsl::held_when_asked.eq(referral.held_when_asked),
            dsl::created_at.eq(referral.created_at),
            Form::new(referral)?,
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Writes what has changed of a referral.
pub fn update(tx: &mut Tx<'_>, referral: &Referral) -> Result<(), DbError> {
    diesel::update(dsl::referrals.find(referral.id)).set(Form::new(referral)?).execute(tx.conn)?;
    Ok(())
}

type Condition = Box<dyn BoxableExpression<referrals::table, MultiBackend, SqlType = Bool>>;

/// What a party sees: what it asked or is to answer; and a place also who comes to it and stays through the door of a regulator.
fn of_party(party: Party) -> Condition {
    use super::schema::{structures, units};
    const PRESENT: [Coded<ReferralState>; 3] =
        [Coded(ReferralState::Confirmed), Coded(ReferralState::Arrived), Coded(ReferralState::Ended)];
    match party {
        Party::Asking(organisation) => Box::new(dsl::organisation_id.eq(organisation)),
        Party::Addressed(organisation) => {
            let own =
                units::table.inner_join(structures::table).filter(structures::organisation_id.eq(organisation)).select(units::id);
            Box::new(dsl::addressee_id.eq(organisation).or(dsl::state.eq_any(PRESENT).and(dsl::unit_id.eq_any(own))))
        }
    }
}

/// One referral of a party.
pub fn find(conn: &mut Conn, party: Party, id: Guid) -> Result<Referral, DbError> {
    dsl::referrals.filter(dsl::id.eq(id)).filter(of_party(party)).first::<Row>(conn)?.try_into()
}

/// One referral, for the service itself: mails and their links.
pub fn find_any(conn: &mut Conn, id: Guid) -> Result<Referral, DbError> {
    dsl::referrals.find(id).first::<Row>(conn)?.try_into()
}

/// A page of the referrals of a party, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    party: Party,
    filter: ReferralFilter,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<Referral>, DbError> {
    let mut query = dsl::referrals.filter(of_party(party)).order(dsl::id).limit(limit.one_more()).into_boxed();
    if let Some(Cursor(after)) = after {
        query = query.filter(dsl::id.gt(Guid(after)));
    }
    if let Some(state) = filter.state {
        query = query.filter(dsl::state.eq(Coded(state)));
    }
    if let Some(open) = filter.open {
        query = if open { query.filter(dsl::deadline.is_not_null()) } else { query.filter(dsl::deadline.is_null()) };
    }
    if let Some(request) = filter.request {
        query = query.filter(dsl::request_id.eq(request));
    }
    if let Some(unit) = filter.unit {
        query = query.filter(dsl::unit_id.eq(unit));
    }
    all(query.load(conn)?)
}

/// The open referrals of a request, oldest first.
pub fn open_of_request(conn: &mut Conn, request: Guid) -> Result<Vec<Referral>, DbError> {
    all(dsl::referrals.filter(dsl::request_id.eq(request)).filter(dsl::deadline.is_not_null()).order(dsl::id).load(conn)?)
}

/// Which of these requests hold a bed.
pub fn holding(conn: &mut Conn, requests: &[Guid]) -> Result<Vec<Guid>, DbError> {
    let held = dsl::referrals.filter(dsl::held).filter(dsl::request_id.eq_any(requests.to_vec()));
    Ok(held.select(dsl::request_id).load(conn)?)
}

/// Whether anything is overdue.
pub fn any_overdue(conn: &mut Conn, now: Instant) -> Result<bool, DbError> {
    Ok(diesel::select(diesel::dsl::exists(dsl::referrals.filter(dsl::deadline.le(now)))).get_result(conn)?)
}

/// What is overdue, longest first; `at_most` of it where a number is given.
pub fn overdue(conn: &mut Conn, now: Instant, at_most: Option<i64>) -> Result<Vec<Referral>, DbError> {
    let mut query = dsl::referrals.filter(dsl::deadline.le(now)).order((dsl::deadline, dsl::id)).into_boxed();
    if let Some(at_most) = at_most {
        query = query.limit(at_most);
    }
    all(query.load(conn)?)
}

/// Whether a reminder is due.
pub fn any_to_remind(conn: &mut Conn, now: Instant) -> Result<bool, DbError> {
    Ok(diesel::select(diesel::dsl::exists(dsl::referrals.filter(dsl::remind_at.le(now)))).get_result(conn)?)
}

/// Those for which a reminder is due.
pub fn to_remind(conn: &mut Conn, now: Instant, at_most: i64) -> Result<Vec<Referral>, DbError> {
    all(dsl::referrals.filter(dsl::remind_at.le(now)).order((dsl::remind_at, dsl::id)).limit(at_most).load(conn)?)
}

/// The requests that are held or housed, with the area of the unit: in all areas, or in those of `units`.
pub(super) fn housed(conn: &mut Conn, units: Option<&[Guid]>) -> Result<Vec<(String, Guid)>, DbError> {
    use super::schema::{structures, units as unit_table};
    let mut query = referrals::table
        .inner_join(unit_table::table.inner_join(structures::table))
        .filter(dsl::held.eq(true).or(dsl::state.eq(Coded(ReferralState::Arrived))))
        .select((structures::area, dsl::request_id))
        .distinct()
        .into_boxed();
    if let Some(units) = units {
        let areas: Vec<String> = unit_table::table
            .inner_join(structures::table)
            .filter(unit_table::id.eq_any(units.to_vec()))
            .select(structures::area)
            .distinct()
            .load(conn)?;
        query = query.filter(structures::area.eq_any(areas));
    }
    Ok(query.load(conn)?)
}
