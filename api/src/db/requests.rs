//! Requests: their content is private, what stands beside it is for lists.

use diesel::prelude::*;
use diesel::sql_types::Bool;
use matcher::{Code as _, Department, Stage, Urgency};
use serde_json::json;

use super::schema::referrals;
use super::schema::requests::{self, dsl};
use super::types::{Coded, Document};
use super::{Conn, DbError, MultiBackend, Private, Turn};
use crate::clock::Instant;
use crate::domain::ids::{OrganisationId, PlanId, RequestId};
use crate::domain::{About, Noted, Reach, Request, RequestState};
use crate::paging::{Cursor, PageLimit};

#[derive(Queryable)]
pub(super) struct Row {
    id: RequestId,
    organisation_id: OrganisationId,
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
#[diesel(table_name = requests, treat_none_as_default_value = false)]
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
    pub id: RequestId,
    /// The organisation whose request it is.
    pub organisation: OrganisationId,
    /// Where it stands.
    pub state: RequestState,
    /// When it was created: seniority counts from here.
    pub created_at: Instant,
    /// When it was last edited.
    pub updated_at: Instant,
    /// When it was closed, if it was.
    pub closed_at: Option<Instant>,
    /// What is declared: it tells of people.
    pub declared: Private<Request>,
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
            declared: Private::new(row.id, row.content.0),
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

impl Noted for StoredRequest {
    fn about(&self) -> About {
        About::of(self.id, self.organisation).standing(json!({"state": self.state.as_str()}))
    }
}

/// Adds an open request of an organisation.
pub fn insert(
    turn: &mut Turn<'_>,
    id: RequestId,
    organisation: OrganisationId,
    declared: &Request,
    created_at: Instant,
) -> Result<StoredRequest, DbError> {
    let state = RequestState::Open;
    diesel::insert_into(requests::table)
        .values((
            dsl::id.eq(id),
            dsl::organisation_id.eq(organisation),
            dsl::state.eq(Coded(state)),
            dsl::created_at.eq(created_at),
            Form::new(declared, turn.now),
        ))
        .execute(turn.conn)?;
    let declared = Private::new(id, declared.clone());
    Ok(StoredRequest { id, organisation, state, created_at, updated_at: turn.now, closed_at: None, declared })
}

/// Replaces what is declared of a request.
pub fn update(turn: &mut Turn<'_>, stored: StoredRequest, declared: &Request) -> Result<StoredRequest, DbError> {
    diesel::update(dsl::requests.find(stored.id)).set(Form::new(declared, turn.now)).execute(turn.conn)?;
    Ok(StoredRequest { declared: Private::new(stored.id, declared.clone()), updated_at: turn.now, ..stored })
}

/// Puts a request into a state; into `closed` by [`close`].
pub fn set_state(turn: &mut Turn<'_>, stored: StoredRequest, state: RequestState) -> Result<StoredRequest, DbError> {
    diesel::update(dsl::requests.find(stored.id))
        .set((dsl::state.eq(Coded(state)), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(StoredRequest { state, updated_at: turn.now, ..stored })
}

/// Puts a request back into a state that it was in before.
pub fn put_back(turn: &mut Turn<'_>, stored: StoredRequest, state: RequestState) -> Result<StoredRequest, DbError> {
    let closed_at = stored.closed_at.filter(|_| state == RequestState::Closed);
    diesel::update(dsl::requests.find(stored.id))
        .set((dsl::state.eq(Coded(state)), dsl::closed_at.eq(closed_at), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(StoredRequest { state, closed_at, updated_at: turn.now, ..stored })
}

/// Closes a request.
pub fn close(turn: &mut Turn<'_>, stored: StoredRequest) -> Result<StoredRequest, DbError> {
    let (state, closed_at) = (RequestState::Closed, Some(turn.now));
    diesel::update(dsl::requests.find(stored.id))
        .set((dsl::state.eq(Coded(state)), dsl::closed_at.eq(closed_at), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(StoredRequest { state, closed_at, updated_at: turn.now, ..stored })
}

type Condition = Box<dyn BoxableExpression<requests::table, MultiBackend, SqlType = Bool>>;

/// The requests that a reach gives whole: those of who asks.
fn of_reach(reach: Reach) -> Condition {
    match reach {
        Reach::Asking(organisation) => Box::new(dsl::organisation_id.eq(organisation)),
        Reach::Everything => Box::new(true.into_sql::<Bool>()),
        Reach::Running(_) | Reach::Keeping(_) | Reach::Coordinating(_) | Reach::Administering(_) | Reach::Auditing(_) => {
            Box::new(false.into_sql::<Bool>())
        }
    }
}

/// One request, if the reach gives it.
pub fn find(conn: &mut Conn, reach: Reach, id: RequestId) -> Result<StoredRequest, DbError> {
    Ok(dsl::requests.filter(dsl::id.eq(id)).filter(of_reach(reach)).first::<Row>(conn)?.into())
}

/// Requests of these ids with their organisations and states: those the reach gives, and for the coordination any.
pub fn states(conn: &mut Conn, reach: Reach, ids: &[RequestId]) -> Result<Vec<(RequestId, OrganisationId, RequestState)>, DbError> {
    let query = dsl::requests.filter(dsl::id.eq_any(ids.to_vec()));
    let query = match reach {
        Reach::Coordinating(_) => query.into_boxed(),
        _ => query.filter(of_reach(reach)).into_boxed(),
    };
    let found: Vec<(RequestId, OrganisationId, Coded<RequestState>)> =
        query.select((dsl::id, dsl::organisation_id, dsl::state)).load(conn)?;
    Ok(found.into_iter().map(|(id, organisation, state)| (id, organisation, state.0)).collect())
}

/// The open requests of an organisation for which no bed is held, by id; at most so many.
pub fn without_bed(conn: &mut Conn, organisation: OrganisationId, at_most: i64) -> Result<Vec<RequestId>, DbError> {
    let holding = referrals::table.filter(referrals::held).select(referrals::request_id);
    let open = dsl::requests.filter(dsl::organisation_id.eq(organisation)).filter(dsl::state.eq(Coded(RequestState::Open)));
    let open = open.filter(dsl::id.ne_all(holding));
    Ok(open.order(dsl::id).limit(at_most).select(dsl::id).load(conn)?)
}

/// The requests of a plan, whosever: for the engine.
pub fn of_plan(conn: &mut Conn, plan: PlanId) -> Result<Vec<StoredRequest>, DbError> {
    use super::schema::plan_requests;
    let ids = plan_requests::table.filter(plan_requests::plan_id.eq(plan)).select(plan_requests::request_id);
    let found: Vec<Row> = dsl::requests.filter(dsl::id.eq_any(ids)).order(dsl::id).load(conn)?;
    Ok(found.into_iter().map(Into::into).collect())
}

/// A page of the requests that a reach gives, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: RequestFilter,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredRequest>, DbError> {
    let mut query = dsl::requests.filter(of_reach(reach)).order(dsl::id).limit(limit.one_more()).into_boxed();
    if let Some(Cursor(after)) = after {
        query = query.filter(dsl::id.gt(RequestId(after)));
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
