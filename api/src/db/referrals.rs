//! Referrals: where each stands, and what is overdue.

use diesel::helper_types::InnerJoinQuerySource;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use matcher::{Beds, Day, Department, Door};
use serde::{Deserialize, Serialize};

use super::refusals::{Recorded, StoredRefusal};
use super::requests::{Row as RequestRow, StoredRequest};
use super::schema::referrals::{self, dsl};
use super::schema::{addresses_shown, requests};
use super::sealed::{Place, Sealed};
use super::types::{Coded, Document};
use super::{Conn, DbError, MultiBackend, Turn, keys};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId, ReferralId, RequestId, UnitId, VacancyId};
use crate::domain::referral::{Course, CourseWords, LastStep};
use crate::domain::{
    About, By, Noted, Parties, Reach, Referral, ReferralState, Refusal, RefusalCode, RefusalParty, SafetyCall, Side, Sides,
};
use crate::paging::{Cursor, Order, PageLimit, behind};

#[derive(Queryable)]
struct Row {
    id: ReferralId,
    request_id: RequestId,
    organisation_id: OrganisationId,
    unit_id: UnitId,
    vacancy_id: VacancyId,
    addressee_id: OrganisationId,
    place_organisation_id: OrganisationId,
    door: Coded<Door>,
    state: Coded<ReferralState>,
    beds: i32,
    held: bool,
    held_when_asked: bool,
    by_phone: bool,
    deadline: Option<Instant>,
    _due_at: Option<Instant>,
    remind_at: Option<Instant>,
    expected_arrival: Option<Instant>,
    course: Document<Course>,
    last_step: Option<Document<LastStep>>,
    words: Option<Sealed<Words>>,
    created_at: Instant,
    updated_at: Instant,
    held_by_id: Option<AccountId>,
    held_for_id: Option<OrganisationId>,
}

/// What was said in words on the way of a referral, now and before its last step: sealed with the key of its request, and gone with it.
#[derive(Debug, Serialize, Deserialize)]
struct Words {
    now: CourseWords,
    before: Option<CourseWords>,
}

impl Words {
    fn is_silent(&self) -> bool {
        self.now == CourseWords::default() && self.before.as_ref().is_none_or(|before| *before == CourseWords::default())
    }
}

fn words_of(id: ReferralId) -> Place {
    Place { table: "referrals", column: "words", row: id.0 }
}

/// The columns that change in the life of a referral.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = referrals, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
struct Columns {
    unit_id: UnitId,
    vacancy_id: VacancyId,
    place_organisation_id: OrganisationId,
    state: Coded<ReferralState>,
    beds: i32,
    held: bool,
    by_phone: bool,
    deadline: Option<Instant>,
    due_at: Option<Instant>,
    remind_at: Option<Instant>,
    expected_arrival: Option<Instant>,
    course: Document<Course>,
    last_step: Option<Document<LastStep>>,
    words: Option<Sealed<Words>>,
    updated_at: Instant,
    held_by_id: Option<AccountId>,
    held_for_id: Option<OrganisationId>,
}

impl Columns {
    fn new(referral: &Referral) -> Result<Self, DbError> {
        let (mut course, mut last) = (referral.course.clone(), referral.last.clone());
        let words = Words { now: course.take_words(), before: last.as_mut().map(|last| last.before.course.take_words()) };
        // Where the key is gone nothing is kept of what was said: the people are forgotten.
        let words = if words.is_silent() { None } else { Sealed::with_key_of(referral.request, words_of(referral.id), &words)? };
        Ok(Self {
            unit_id: referral.unit,
            vacancy_id: referral.vacancy,
            place_organisation_id: referral.place,
            state: Coded(referral.state),
            beds: i32::try_from(referral.beds).map_err(DbError::damaged)?,
            held: referral.held,
            by_phone: referral.by_phone,
            deadline: referral.deadline,
            due_at: referral.due_at(),
            remind_at: referral.remind_at,
            expected_arrival: referral.expected_arrival,
            course: Document(course),
            last_step: last.map(Document),
            words,
            updated_at: referral.updated_at,
            held_by_id: referral.held_by.and_then(|by| by.account),
            held_for_id: referral.held_by.map(|by| by.organisation),
        })
    }
}

impl TryFrom<Row> for Referral {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (mut course, mut last) = (row.course.0, row.last_step.map(|step| step.0));
        let words = row.words.map(|words| words.opened_of(row.request_id, words_of(row.id))).transpose()?.flatten();
        if let Some(words) = words {
            course.put_words(words.now);
            if let (Some(last), Some(before)) = (&mut last, words.before) {
                last.before.course.put_words(before);
            }
        }
        Ok(Self {
            id: row.id,
            request: row.request_id,
            organisation: row.organisation_id,
            unit: row.unit_id,
            vacancy: row.vacancy_id,
            addressee: row.addressee_id,
            place: row.place_organisation_id,
            door: row.door.0,
            state: row.state.0,
            beds: u32::try_from(row.beds).map_err(DbError::damaged)?,
            held: row.held,
            held_by: row.held_for_id.map(|organisation| By { account: row.held_by_id, organisation }),
            held_when_asked: row.held_when_asked,
            by_phone: row.by_phone,
            deadline: row.deadline,
            remind_at: row.remind_at,
            expected_arrival: row.expected_arrival,
            course,
            last,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The states in which a referral is open, as they are stored.
const OPEN: [Coded<ReferralState>; 4] = {
    let [one, two, three, four] = ReferralState::OPEN;
    [Coded(one), Coded(two), Coded(three), Coded(four)]
};

fn all(rows: Vec<Row>) -> Result<Vec<Referral>, DbError> {
    let worded: Vec<RequestId> = rows.iter().filter(|row| row.words.is_some()).map(|row| row.request_id).collect();
    if !worded.is_empty() {
        keys::current()?.remember(&worded)?;
    }
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
    pub request: Option<RequestId>,
    /// Only to this unit.
    pub unit: Option<UnitId>,
    /// Only those that changed then or since.
    pub updated_since: Option<Instant>,
    /// In which order.
    pub order: Order,
}

/// Adds a referral.
pub fn insert(turn: &mut Turn<'_>, referral: &Referral) -> Result<(), DbError> {
    diesel::insert_into(referrals::table)
        .values((
            dsl::id.eq(referral.id),
            dsl::request_id.eq(referral.request),
            dsl::organisation_id.eq(referral.organisation),
            dsl::addressee_id.eq(referral.addressee),
            dsl::door.eq(Coded(referral.door)),
            dsl::held_when_asked.eq(referral.held_when_asked),
            dsl::created_at.eq(referral.created_at),
            Columns::new(referral)?,
        ))
        .execute(turn.conn)?;
    Ok(())
}

/// Erases what was said in words on the referrals of a request: the rules that were let pass stay, and why does not.
pub fn erase_texts(turn: &mut Turn<'_>, request: RequestId) -> Result<(), DbError> {
    for mut referral in of_request(turn.conn, request)? {
        if referral.erase_texts() {
            update(turn, &referral)?;
        }
    }
    Ok(())
}

/// Writes what has changed of a referral.
pub fn update(turn: &mut Turn<'_>, referral: &Referral) -> Result<(), DbError> {
    diesel::update(dsl::referrals.find(referral.id)).set(Columns::new(referral)?).execute(turn.conn)?;
    Ok(())
}

type Condition<From> = Box<dyn BoxableExpression<From, MultiBackend, SqlType = Bool>>;
type WithRequest = InnerJoinQuerySource<referrals::table, requests::table>;

/// The referrals that a reach gives: what it asked, for requests of its own or lent to it, or is to answer; and a place also who comes to it and stays through the door of a regulator.
macro_rules! of_reach {
    ($reach:expr, $lent_to:expr) => {{
        use super::schema::{structures, units};
        const PRESENT: [Coded<ReferralState>; 3] =
            [Coded(ReferralState::Confirmed), Coded(ReferralState::Arrived), Coded(ReferralState::Ended)];
        let reach: Reach = $reach;
        let mut reached: Condition<_> = Box::new(matches!(reach, Reach::Everything).into_sql::<Bool>());
        if let Some(organisation) = reach.asks() {
            reached = Box::new(reached.or(dsl::organisation_id.eq(organisation)).or($lent_to(organisation)));
        }
        if let Some(organisation) = reach.provides() {
            let own =
                units::table.inner_join(structures::table).filter(structures::organisation_id.eq(organisation)).select(units::id);
            reached = Box::new(reached.or(dsl::state.eq_any(PRESENT).and(dsl::unit_id.eq_any(own))));
        }
        if let Some(organisation) = reach.provides().or(reach.keeps()) {
            reached = Box::new(reached.or(dsl::addressee_id.eq(organisation)));
        }
        reached
    }};
}

fn of_reach(reach: Reach) -> Condition<referrals::table> {
    of_reach!(reach, |organisation: OrganisationId| {
        let lent = requests::lent_to_id.is_not_null().and(requests::lent_to_id.assume_not_null().eq(organisation));
        dsl::request_id.eq_any(requests::table.filter(lent).select(requests::id))
    })
}

fn of_reach_with_request(reach: Reach) -> Condition<WithRequest> {
    of_reach!(reach, |organisation: OrganisationId| {
        requests::lent_to_id.is_not_null().and(requests::lent_to_id.assume_not_null().eq(organisation))
    })
}

/// One referral, if the reach gives it.
pub fn find(conn: &mut Conn, reach: Reach, id: ReferralId) -> Result<Referral, DbError> {
    dsl::referrals.filter(dsl::id.eq(id)).filter(of_reach(reach)).first::<Row>(conn)?.try_into()
}

/// One referral with its request, in one statement, if the reach gives it.
pub fn with_request(conn: &mut Conn, reach: Reach, id: ReferralId) -> Result<(Referral, StoredRequest), DbError> {
    let found = dsl::referrals.inner_join(requests::table).filter(dsl::id.eq(id)).filter(of_reach_with_request(reach));
    let (referral, request) = found.first::<(Row, RequestRow)>(conn)?;
    Ok((referral.try_into()?, request.try_into()?))
}

/// The same, and whether its people are kept apart from anybody, in the same statement.
pub fn with_request_and_links(conn: &mut Conn, reach: Reach, id: ReferralId) -> Result<(Referral, StoredRequest, bool), DbError> {
    use super::schema::keep_apart_links::{self, dsl as links};
    let own = links::low_request_id.eq(dsl::request_id).or(links::high_request_id.eq(dsl::request_id));
    let is_linked = diesel::dsl::exists(keep_apart_links::table.filter(links::ended_at.is_null()).filter(own));
    let found = dsl::referrals.inner_join(requests::table).filter(dsl::id.eq(id)).filter(of_reach_with_request(reach));
    let columns = (referrals::all_columns, requests::all_columns, is_linked);
    let (referral, request, is_linked) = found.select(columns).first::<(Row, RequestRow, bool)>(conn)?;
    Ok((referral.try_into()?, request.try_into()?, is_linked))
}

/// The units that a request was put to, whatever became of it.
pub fn units_asked(conn: &mut Conn, request: RequestId) -> Result<Vec<UnitId>, DbError> {
    Ok(dsl::referrals.filter(dsl::request_id.eq(request)).select(dsl::unit_id).load(conn)?)
}

/// A referral with what belongs to it.
#[derive(Clone, Debug)]
pub struct ReferralView {
    /// The referral.
    pub referral: Referral,
    /// Its request.
    pub request: StoredRequest,
    /// Why it came to nothing, if it did and may be told.
    pub refusal: Option<Refusal>,
    /// To the addressee, where the record says `safety`: what those who asked read in its stead.
    pub told: Option<Refusal>,
    /// To the addressee, where somebody whom these people must not meet is there or near: whom it calls before it answers.
    pub safety_call: Option<SafetyCall>,
    /// Once the stay is over, for the place: the vacancy it may declare.
    pub offered: Option<Offered>,
}

impl ReferralView {
    /// One that has just been asked: nothing has been said of it yet.
    pub fn asked(referral: Referral, request: StoredRequest) -> Self {
        Self { referral, request, refusal: None, told: None, safety_call: None, offered: None }
    }

    /// On which sides of it a reach stands.
    pub fn sides(&self, reach: Reach) -> Sides {
        reach.sides(parties(&self.referral, &self.request))
    }
}

/// Who stands on the sides of a referral.
pub fn parties(referral: &Referral, request: &StoredRequest) -> Parties {
    let lent_to = request.lent.map(|(organisation, _)| organisation);
    Parties { asking: referral.organisation, lent_to, addressee: referral.addressee }
}

impl Noted for ReferralView {
    fn about(&self) -> About {
        self.referral.about()
    }
}

/// A referral with what belongs to it, as a reach gives it.
pub fn view(conn: &mut Conn, reach: Reach, now: Instant, id: ReferralId) -> Result<ReferralView, DbError> {
    let (referral, request) = with_request(conn, reach, id)?;
    view_of(conn, reach, now, referral, request)
}

/// The same of one that is at hand.
pub fn view_of(
    conn: &mut Conn,
    reach: Reach,
    now: Instant,
    referral: Referral,
    request: StoredRequest,
) -> Result<ReferralView, DbError> {
    let sides = reach.sides(parties(&referral, &request));
    let (refusal, told) = refusal_told(conn, sides.seen_from(), &referral)?;
    let answers = sides.addressed && reach.organisation() == Some(referral.addressee);
    let safety_call =
        if answers && referral.concerns_its_addressee() { super::keep_apart::safety_call(conn, now, &referral)? } else { None };
    let offered = match (reach.provides(), referral.state) {
        (Some(organisation), ReferralState::Ended) => offered(conn, organisation, &referral)?,
        _ => None,
    };
    Ok(ReferralView { referral, request, refusal, told, safety_call, offered })
}

/// Why a referral came to nothing, as far as a side may be told; and to the addressee, what those who asked read in its stead.
fn refusal_told(conn: &mut Conn, side: Side, referral: &Referral) -> Result<(Option<Refusal>, Option<Refusal>), DbError> {
    // What the people said is for those who asked, and for who said it in their stead.
    let is_told = |refusal: &Refusal| side == Side::Asking || refusal.party != RefusalParty::Person || !referral.by_phone;
    let stored = match (side, referral.state) {
        (_, state) if state.is_open() || matches!(state, ReferralState::Arrived | ReferralState::Ended) => None,
        // What the people told those who asked stays with them.
        (Side::Addressed, ReferralState::Withdrawn) => None,
        _ => super::refusals::of_referral(conn, referral.id)?.filter(|stored| is_told(&stored.said)),
    };
    Ok(match stored {
        Some(StoredRefusal { said, recorded: Recorded::AsSafety }) if side == Side::Addressed => {
            (Some(Refusal::by_system(RefusalCode::Safety)), Some(said))
        }
        other => (other.map(|stored| stored.said), None),
    })
}

/// What a place may declare once a stay is over: the beds that it took.
#[derive(Clone, Debug)]
pub struct Offered {
    /// How many.
    pub beds: Beds,
    /// Where: the civil time of its days.
    pub department: Department,
    /// The day they were to be empty anyway.
    pub until: Option<Day>,
}

/// The beds of a stay that is over. Offered to the place itself, which declares, and not to a regulator.
fn offered(conn: &mut Conn, organisation: OrganisationId, referral: &Referral) -> Result<Option<Offered>, DbError> {
    let (unit, before) = super::units::of_vacancy(conn, referral.vacancy)?;
    if unit.structure.organisation != organisation {
        return Ok(None);
    }
    let beds = Beds::new(referral.beds).map_err(DbError::damaged)?;
    Ok(Some(Offered { beds, department: unit.structure.department, until: before.until }))
}

/// Marks that an account is shown the address of the place of a referral. Says whether it could: each is shown it once.
pub fn mark_address_shown(turn: &mut Turn<'_>, id: ReferralId, account: AccountId) -> Result<bool, DbError> {
    let shown = addresses_shown::table.filter(addresses_shown::referral_id.eq(id)).filter(addresses_shown::account_id.eq(account));
    if diesel::select(diesel::dsl::exists(shown)).get_result(turn.conn)? {
        return Ok(false);
    }
    diesel::insert_into(addresses_shown::table)
        .values((
            addresses_shown::referral_id.eq(id),
            addresses_shown::account_id.eq(account),
            addresses_shown::shown_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(true)
}

/// A page of the referrals that a reach gives, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: ReferralFilter,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<Referral>, DbError> {
    let query = dsl::referrals.filter(of_reach(reach)).limit(limit.one_more()).into_boxed();
    let mut query = behind!(query, dsl::id, ReferralId, after, filter.order);
    if let Some(since) = filter.updated_since {
        query = query.filter(dsl::updated_at.ge(since));
    }
    if let Some(state) = filter.state {
        query = query.filter(dsl::state.eq(Coded(state)));
    }
    if let Some(open) = filter.open {
        query = if open { query.filter(dsl::state.eq_any(OPEN)) } else { query.filter(dsl::state.ne_all(OPEN)) };
    }
    if let Some(request) = filter.request {
        query = query.filter(dsl::request_id.eq(request));
    }
    if let Some(unit) = filter.unit {
        query = query.filter(dsl::unit_id.eq(unit));
    }
    all(query.load(conn)?)
}

/// The last command on each of these, where there is one.
pub fn last_steps(conn: &mut Conn, ids: &[ReferralId]) -> Result<Vec<(ReferralId, LastStep)>, DbError> {
    let query = dsl::referrals.filter(dsl::id.eq_any(ids.to_vec())).select((dsl::id, dsl::last_step));
    let found: Vec<(ReferralId, Option<Document<LastStep>>)> = query.load(conn)?;
    Ok(found.into_iter().filter_map(|(id, last)| Some((id, last?.0))).collect())
}

/// Where the open referrals of some requests stand.
pub fn open_of_requests(conn: &mut Conn, requests: &[RequestId]) -> Result<Vec<(RequestId, ReferralState)>, DbError> {
    let open = dsl::referrals.filter(dsl::request_id.eq_any(requests.to_vec())).filter(dsl::state.eq_any(OPEN)).order(dsl::id);
    let found: Vec<(RequestId, Coded<ReferralState>)> = open.select((dsl::request_id, dsl::state)).load(conn)?;
    Ok(found.into_iter().map(|(request, state)| (request, state.0)).collect())
}

/// The open referrals of a request, oldest first.
pub fn open_of_request(conn: &mut Conn, request: RequestId) -> Result<Vec<Referral>, DbError> {
    all(dsl::referrals.filter(dsl::request_id.eq(request)).filter(dsl::state.eq_any(OPEN)).order(dsl::id).load(conn)?)
}

/// The referrals of a request, open or not, oldest first.
pub fn of_request(conn: &mut Conn, request: RequestId) -> Result<Vec<Referral>, DbError> {
    all(dsl::referrals.filter(dsl::request_id.eq(request)).order(dsl::id).load(conn)?)
}

/// The referrals to a unit that may lead to a stay or are one, oldest first.
pub fn under_way_in(conn: &mut Conn, unit: UnitId) -> Result<Vec<Referral>, DbError> {
    use ReferralState::{Accepted, Acknowledged, Arrived, Asked, Confirmed};
    let states = [Asked, Acknowledged, Accepted, Confirmed, Arrived].map(Coded);
    all(dsl::referrals.filter(dsl::unit_id.eq(unit)).filter(dsl::state.eq_any(states)).order(dsl::id).load(conn)?)
}

/// The stays of a request that go on, oldest first.
pub fn stays_of_request(conn: &mut Conn, request: RequestId) -> Result<Vec<Referral>, DbError> {
    let arrived = dsl::referrals.filter(dsl::request_id.eq(request)).filter(dsl::state.eq(Coded(ReferralState::Arrived)));
    all(arrived.order(dsl::id).load(conn)?)
}

/// The open referrals to some units and the stays there, with their requests, behind one of them; at most so many.
pub fn standing_at(
    conn: &mut Conn,
    units: &[UnitId],
    after: Option<ReferralId>,
    at_most: i64,
) -> Result<Vec<(Referral, StoredRequest)>, DbError> {
    let stands = dsl::state.eq_any(OPEN).or(dsl::state.eq(Coded(ReferralState::Arrived)));
    let mut query = dsl::referrals
        .inner_join(requests::table)
        .filter(dsl::unit_id.eq_any(units.to_vec()))
        .filter(stands)
        .order(dsl::id)
        .limit(at_most)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    let found: Vec<(Row, RequestRow)> = query.load(conn)?;
    super::requests::remember_keys(found.iter().map(|(_, request)| request))?;
    found.into_iter().map(|(referral, request)| Ok((referral.try_into()?, request.try_into()?))).collect()
}

/// Which of these requests hold a bed.
pub fn holding(conn: &mut Conn, requests: &[RequestId]) -> Result<Vec<RequestId>, DbError> {
    let held = dsl::referrals.filter(dsl::held).filter(dsl::request_id.eq_any(requests.to_vec()));
    Ok(held.select(dsl::request_id).load(conn)?)
}

/// Whether time has anything to do to any of them.
pub fn any_due(conn: &mut Conn, now: Instant) -> Result<bool, DbError> {
    Ok(diesel::select(diesel::dsl::exists(dsl::referrals.filter(dsl::due_at.le(now)))).get_result(conn)?)
}

/// How many referrals hold beds, and how many beds.
pub fn all_held(conn: &mut Conn) -> Result<(i64, i64), DbError> {
    let columns = (diesel::dsl::count_star(), diesel::dsl::sum(referrals::beds));
    let (holds, beds): (i64, Option<i64>) = referrals::table.filter(referrals::held).select(columns).first(conn)?;
    Ok((holds, beds.unwrap_or(0)))
}

/// Those to which time does something by now, longest due first; `at_most` of them where a number is given.
pub fn due(conn: &mut Conn, now: Instant, at_most: Option<i64>) -> Result<Vec<Referral>, DbError> {
    let mut query = dsl::referrals.filter(dsl::due_at.le(now)).order((dsl::due_at, dsl::id)).into_boxed();
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
