//! Requests, each seen by its own organisation alone.

use diesel::prelude::*;
use matcher::{Department, Stage, Urgency};

use super::schema::referrals;
use super::schema::requests::{self, dsl};
use super::types::{Coded, Document, Guid, Instant};
use super::{Conn, DbError, Tx};
use crate::auth::RequestSight;
use crate::domain::{Request, RequestState};
use crate::paging::{Cursor, PageLimit};

#[derive(Queryable)]
struct Row {
    id: Guid,
    organisation_id: Guid,
    state: Coded<RequestState>,
    _stage: String,
    _urgency: String,
    _department: String,
    content: Document<Request>,
    created_at: Instant,
    updated_at: Instant,
    closed_at: Option<Instant>,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = requests)]
struct Form {
    stage: Coded<Stage>,
    urgency: Coded<Urgency>,
    department: String,
    content: Document<Request>,
    updated_at: Instant,
}

impl Form {
    fn new(declared: &Request, now: Instant) -> Self {
        Self {
            stage: Coded(declared.stage),
            urgency: Coded(declared.urgency),
            department: declared.department().as_str().to_owned(),
            content: Document(declared.clone()),
            updated_at: now,
        }
    }
}

/// A request as it is stored.
#[derive(Clone, Debug)]
pub struct StoredRequest {
    /// Its id.
    pub id: Guid,
    /// The organisation whose request it is.
    pub organisation: Guid,
    /// Where it stands.
    pub state: RequestState,
    /// When it was created: seniority counts from here.
    pub created_at: Instant,
    /// When it was last edited.
    pub updated_at: Instant,
    /// When it was closed, if it was.
    pub closed_at: Option<Instant>,
    /// What is declared.
    pub declared: Request,
}

impl From<Row> for StoredRequest {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            organisation: row.organisation_id,
            state: row.state.0,
            created_at: row.created_at,
            updated_at: row.updated_at,
            closed_at: row.closed_at,
            declared: row.content.0,
        }
    }
}

/// What a list of requests is narrowed by; all that is given must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestFilter {
    /// Only in this state.
    pub state: Option<RequestState>,
    /// Only for this stage.
    pub stage: Option<Stage>,
    /// Only of this urgency.
    pub urgency: Option<Urgency>,
    /// Only from this department.
    pub department: Option<Department>,
}

/// Adds an open request of an organisation.
pub fn insert(tx: &mut Tx<'_>, id: Guid, organisation: Guid, declared: &Request, created_at: Instant) -> Result<(), DbError> {
    diesel::insert_into(requests::table)
        .values((
            dsl::id.eq(id),
            dsl::organisation_id.eq(organisation),
            dsl::state.eq(Coded(RequestState::Open)),
            dsl::created_at.eq(created_at),
            Form::new(declared, tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Replaces what is declared of a request.
pub fn update(tx: &mut Tx<'_>, id: Guid, declared: &Request) -> Result<(), DbError> {
    diesel::update(dsl::requests.find(id)).set(Form::new(declared, tx.now)).execute(tx.conn)?;
    Ok(())
}

/// Puts a request into a state; into `closed` by [`close`].
pub fn set_state(tx: &mut Tx<'_>, id: Guid, state: RequestState) -> Result<(), DbError> {
    diesel::update(dsl::requests.find(id)).set((dsl::state.eq(Coded(state)), dsl::updated_at.eq(tx.now))).execute(tx.conn)?;
    Ok(())
}

/// Closes a request that is not closed, and says whether it was open until now.
pub fn close(tx: &mut Tx<'_>, id: Guid) -> Result<bool, DbError> {
    let closed = diesel::update(dsl::requests.find(id).filter(dsl::state.ne(Coded(RequestState::Closed))))
        .set((dsl::state.eq(Coded(RequestState::Closed)), dsl::closed_at.eq(Some(tx.now)), dsl::updated_at.eq(tx.now)))
        .execute(tx.conn)?;
    Ok(closed > 0)
}

/// One request, whosever: for what follows from a referral.
pub fn find_any(conn: &mut Conn, id: Guid) -> Result<StoredRequest, DbError> {
    Ok(dsl::requests.find(id).first::<Row>(conn)?.into())
}

/// One request of an organisation.
pub fn find(conn: &mut Conn, organisation: Guid, id: Guid) -> Result<StoredRequest, DbError> {
    Ok(dsl::requests.filter(dsl::organisation_id.eq(organisation)).filter(dsl::id.eq(id)).first::<Row>(conn)?.into())
}

/// Requests of these ids with their organisations and states, as far as a sight reaches them.
pub fn states(conn: &mut Conn, sight: RequestSight, ids: &[Guid]) -> Result<Vec<(Guid, Guid, RequestState)>, DbError> {
    let mut query =
        dsl::requests.filter(dsl::id.eq_any(ids.to_vec())).select((dsl::id, dsl::organisation_id, dsl::state)).into_boxed();
    if let RequestSight::Own(organisation) = sight {
        query = query.filter(dsl::organisation_id.eq(organisation));
    }
    let found: Vec<(Guid, Guid, Coded<RequestState>)> = query.load(conn)?;
    Ok(found.into_iter().map(|(id, organisation, state)| (id, organisation, state.0)).collect())
}

/// The open requests of an organisation for which no bed is held, by id; at most so many.
pub fn without_bed(conn: &mut Conn, organisation: Guid, at_most: i64) -> Result<Vec<Guid>, DbError> {
    let holding = referrals::table.filter(referrals::held).select(referrals::request_id);
    let open = dsl::requests.filter(dsl::organisation_id.eq(organisation)).filter(dsl::state.eq(Coded(RequestState::Open)));
    let open = open.filter(dsl::id.ne_all(holding));
    Ok(open.order(dsl::id).limit(at_most).select(dsl::id).load(conn)?)
}

/// The requests of a plan, whosever: for the engine.
pub fn of_plan(conn: &mut Conn, plan: Guid) -> Result<Vec<StoredRequest>, DbError> {
    use super::schema::plan_requests;
    let ids = plan_requests::table.filter(plan_requests::plan_id.eq(plan)).select(plan_requests::request_id);
    let found: Vec<Row> = dsl::requests.filter(dsl::id.eq_any(ids)).order(dsl::id).load(conn)?;
    Ok(found.into_iter().map(Into::into).collect())
}

/// A page of the requests of an organisation, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    organisation: Guid,
    filter: RequestFilter,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredRequest>, DbError> {
    let mut query = dsl::requests.filter(dsl::organisation_id.eq(organisation)).order(dsl::id).limit(limit.one_more()).into_boxed();
    if let Some(Cursor(after)) = after {
        query = query.filter(dsl::id.gt(Guid(after)));
    }
    if let Some(state) = filter.state {
        query = query.filter(dsl::state.eq(Coded(state)));
    }
    if let Some(stage) = filter.stage {
        query = query.filter(dsl::stage.eq(Coded(stage)));
    }
    if let Some(urgency) = filter.urgency {
        query = query.filter(dsl::urgency.eq(Coded(urgency)));
    }
    if let Some(department) = filter.department {
        query = query.filter(dsl::department.eq(department.as_str().to_owned()));
    }
    Ok(query.load::<Row>(conn)?.into_iter().map(Into::into).collect())
}
