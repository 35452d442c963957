//! Requests: their content is private, what stands beside it is for lists.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Bool;
use matcher::{Code as _, Day, Department, Stage, Urgency};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::jobs::Job;
use super::schema::referrals;
use super::schema::requests::{self, dsl};
use super::sealed::{Place, Sealed};
use super::types::{Coded, Document, Guid};
use super::{Conn, DbError, MultiBackend, Private, Turn, keys};
use crate::clock::{Instant, civil};
use crate::domain::ids::{OrganisationId, PlanId, ReferralId, RequestId};
use crate::domain::request::{ClosingReason, Duties, Note};
use crate::domain::retention::{ACTS, Remains};
use crate::domain::separation::Separated;
use crate::domain::{About, Alias, Noted, Reach, Request, RequestState};
use crate::limits;
use crate::paging::{Cursor, Order, PageLimit, behind};

#[derive(Queryable)]
pub(super) struct Row {
    id: RequestId,
    organisation_id: OrganisationId,
    state: Coded<RequestState>,
    stage: Coded<Stage>,
    urgency: Coded<Urgency>,
    department: String,
    first_day: chrono::NaiveDate,
    _nights: i32,
    content: Option<Sealed<Content>>,
    remains: Option<Document<Remains>>,
    created_at: Instant,
    updated_at: Instant,
    closed_at: Option<Instant>,
    alias: String,
    close_reason: Option<Coded<ClosingReason>>,
    lent_to_id: Option<OrganisationId>,
    lent_until: Option<Instant>,
    _remind_at: Option<Instant>,
    erased_at: Option<Instant>,
}

/// What is sealed of a request with the key of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Content {
    declared: Request,
    notes: Vec<Note>,
    duties: Duties,
    #[serde(default)]
    separated: Vec<Separated>,
}

impl Content {
    fn sealed(self, id: RequestId) -> Result<Sealed<Self>, DbError> {
        // A row is written only while its key is there: one whose key is gone is erased and found by nobody.
        Sealed::with_key_of(id, content_of(id), &self)?.ok_or(DbError::NotFound)
    }
}

fn content_of(id: RequestId) -> Place {
    Place { table: "requests", column: "content", row: id.0 }
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = requests, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
struct Columns {
    stage: Coded<Stage>,
    urgency: Coded<Urgency>,
    department: String,
    first_day: chrono::NaiveDate,
    nights: i32,
    content: Sealed<Content>,
    updated_at: Instant,
    remind_at: Option<Instant>,
}

impl Columns {
    fn new(id: RequestId, content: Content, state: RequestState, now: Instant) -> Result<Self, DbError> {
        let declared = &content.declared;
        Ok(Self {
            stage: Coded(declared.stage),
            urgency: Coded(declared.urgency),
            department: declared.department().as_str().to_owned(),
            first_day: declared.first_day.get(),
            nights: i32::try_from(declared.nights.get()).map_err(DbError::damaged)?,
            updated_at: now,
            remind_at: content.duties.remind_at(state),
            content: content.sealed(id)?,
        })
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
    /// Why, if it was and somebody said so.
    pub close_reason: Option<ClosingReason>,
    /// By what people speak of it.
    pub alias: Alias,
    /// In whose hands it is, and until when, if its organisation has lent it.
    pub lent: Option<(OrganisationId, Instant)>,
    /// What its organisation has still to do.
    pub duties: Duties,
    /// When what it said of the people was erased, if it was.
    pub erased_at: Option<Instant>,
    /// What is declared: it tells of people.
    pub declared: Private<Request>,
    /// What those have written down in whose hands it was.
    pub notes: Private<Vec<Note>>,
    /// Requests of people who were of its household.
    pub separated: Vec<Separated>,
}

impl StoredRequest {
    /// What is sealed of it.
    fn content(&self) -> Content {
        Content {
            declared: self.declared.unshown().clone(),
            notes: self.notes.unshown().clone(),
            duties: self.duties.clone(),
            separated: self.separated.clone(),
        }
    }

    /// Where its people are.
    pub fn department(&self) -> Department {
        self.declared.unshown().department()
    }

    /// What became of it: the reason for closing, or where it stands.
    pub fn outcome(&self) -> &'static str {
        self.close_reason.map_or_else(|| self.state.as_str(), |reason| reason.as_str())
    }

    /// Today where its people are.
    pub fn today(&self, now: Instant) -> Result<Day, DbError> {
        today(self.declared.unshown(), now)
    }

    /// What is declared, as a reach shows it: the number in the files of its organisation is for no other.
    pub fn seen_by(&self, reach: Reach, declared: Request) -> Request {
        match reach.organisation() {
            Some(organisation) if organisation != self.organisation => declared.for_another(),
            _ => declared,
        }
    }
}

/// Today where the people of a request are.
pub fn today(declared: &Request, now: Instant) -> Result<Day, DbError> {
    Day::new(civil(now, declared.department()).date_naive()).map_err(DbError::damaged)
}

impl TryFrom<Row> for StoredRequest {
    type Error = DbError;

    /// Opens what is sealed of it. Where that was erased, or its key is gone, which is the same, only what stands in the clear is left.
    fn try_from(row: Row) -> Result<Self, DbError> {
        let id = row.id;
        let opened = match &row.content {
            Some(sealed) if row.erased_at.is_none() => sealed.opened_of(id, content_of(id))?,
            Some(_) | None => None,
        };
        let erased_at = if opened.is_some() { None } else { Some(row.erased_at.unwrap_or(row.updated_at)) };
        let Content { declared, notes, duties, separated } = match opened {
            Some(content) => content,
            None => row.left()?,
        };
        Ok(Self {
            id,
            organisation: row.organisation_id,
            state: row.state.0,
            created_at: row.created_at,
            updated_at: row.updated_at,
            closed_at: row.closed_at,
            close_reason: row.close_reason.map(|reason| reason.0),
            alias: Alias::stored(row.alias),
            lent: row.lent_to_id.zip(row.lent_until),
            duties,
            erased_at,
            declared: Private::new(id, declared),
            notes: Private::new(id, notes),
            separated,
        })
    }
}

impl Row {
    /// What is left of one whose content is gone.
    fn left(&self) -> Result<Content, DbError> {
        let department = self.department.parse::<Department>().map_err(DbError::damaged)?;
        let people = self.remains.as_ref().map_or(1, |remains| remains.0.people);
        let people = usize::try_from(people).map_err(DbError::damaged)?;
        let day = Day::new(self.first_day).map_err(DbError::damaged)?;
        let declared = Request::left(department, self.stage.0, self.urgency.0, people, day);
        let declared = declared.ok_or_else(|| DbError::damaged("nothing to leave of a request"))?;
        Ok(Content { declared, notes: Vec::new(), duties: Duties::default(), separated: Vec::new() })
    }
}

/// Opens many, whose keys are read together.
fn all(rows: Vec<Row>) -> Result<Vec<StoredRequest>, DbError> {
    remember_keys(&rows)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Reads the keys that these rows are opened with, together.
pub(super) fn remember_keys<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Result<(), DbError> {
    let sealed = rows.into_iter().filter(|row| row.erased_at.is_none() && row.content.is_some());
    keys::current()?.remember(&sealed.map(|row| row.id).collect::<Vec<_>>())
}

/// One that was not erased.
fn not_erased(row: Row) -> Result<StoredRequest, DbError> {
    let stored = StoredRequest::try_from(row)?;
    if stored.erased_at.is_none() { Ok(stored) } else { Err(DbError::NotFound) }
}

/// What a list of requests is narrowed by; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    /// Only the one of this alias.
    pub alias: Option<Alias>,
    /// Only in this state.
    pub state: Option<RequestState>,
    /// Only for this stage.
    pub stage: Option<Stage>,
    /// Only of this urgency.
    pub urgency: Option<Urgency>,
    /// Only from this department.
    pub department: Option<Department>,
    /// Only those that changed then or since.
    pub updated_since: Option<Instant>,
    /// In which order.
    pub order: Order,
}

impl Noted for StoredRequest {
    fn about(&self) -> About {
        let about = About::of(self.id, self.organisation).standing(json!({"state": self.state.as_str()}));
        match self.lent {
            Some((borrower, _)) => about.addressed_to(borrower),
            None => about,
        }
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
    let duties = Duties::default().after(None, declared, turn.now, today(declared, turn.now)?);
    let alias = free_alias(turn)?;
    // The key is there before the row. One whose row never came is swept after a day.
    keys::current()?.make_for(&[id])?;
    let content = Content { declared: declared.clone(), notes: Vec::new(), duties: duties.clone(), separated: Vec::new() };
    diesel::insert_into(requests::table)
        .values((
            dsl::id.eq(id),
            dsl::organisation_id.eq(organisation),
            dsl::state.eq(Coded(state)),
            dsl::created_at.eq(created_at),
            dsl::alias.eq(alias.as_str()),
            Columns::new(id, content, state, turn.now)?,
        ))
        .execute(turn.conn)?;
    Ok(StoredRequest {
        id,
        organisation,
        state,
        created_at,
        updated_at: turn.now,
        closed_at: None,
        close_reason: None,
        alias,
        lent: None,
        duties,
        erased_at: None,
        declared: Private::new(id, declared.clone()),
        notes: Private::new(id, Vec::new()),
        separated: Vec::new(),
    })
}

/// An alias that chance gives, of no request that is open or placed, nor closed so lately that people still speak of it. Nobody else draws
/// one meanwhile: writers take turns.
fn free_alias(turn: &mut Turn<'_>) -> Result<Alias, DbError> {
    for _ in 0..limits::ALIAS_DRAWS {
        let drawn: Vec<Alias> = (0..limits::ALIASES_DRAWN).map(|_| Alias::draw()).collect();
        let taken = in_use(turn, drawn.iter().map(|alias| alias.as_str().to_owned()).collect())?;
        if let Some(free) = drawn.into_iter().find(|alias| !taken.iter().any(|taken| taken == alias.as_str())) {
            return Ok(free);
        }
    }
    Err(DbError::damaged("no alias is free"))
}

/// Which of these aliases people may still mean a request by.
fn in_use(turn: &mut Turn<'_>, aliases: Vec<String>) -> Result<Vec<String>, DbError> {
    let rests = turn.from_now(-limits::ALIAS_RESTS);
    let in_use = dsl::requests.filter(dsl::alias.eq_any(aliases)).filter(dsl::closed_at.is_null().or(dsl::closed_at.gt(rests)));
    Ok(in_use.select(dsl::alias).load(turn.conn)?)
}

/// Replaces what is declared of a request.
pub fn update(turn: &mut Turn<'_>, stored: StoredRequest, declared: &Request) -> Result<StoredRequest, DbError> {
    let today = today(declared, turn.now)?;
    let duties = stored.duties.after(Some(stored.declared.unshown()), declared, turn.now, today);
    let content = Content { declared: declared.clone(), duties: duties.clone(), ..stored.content() };
    let form = Columns::new(stored.id, content, stored.state, turn.now)?;
    diesel::update(dsl::requests.find(stored.id)).set(form).execute(turn.conn)?;
    Ok(StoredRequest { declared: Private::new(stored.id, declared.clone()), duties, updated_at: turn.now, ..stored })
}

/// Puts a request into a state; into `closed` by [`close`], and out of it by [`reopen`].
pub fn set_state(turn: &mut Turn<'_>, stored: StoredRequest, state: RequestState) -> Result<StoredRequest, DbError> {
    diesel::update(dsl::requests.find(stored.id))
        .set((dsl::state.eq(Coded(state)), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(StoredRequest { state, updated_at: turn.now, ..stored })
}

/// Puts a request back into a state that it was in before.
pub fn put_back(turn: &mut Turn<'_>, stored: StoredRequest, state: RequestState) -> Result<StoredRequest, DbError> {
    let closed_at = stored.closed_at.filter(|_| state == RequestState::Closed);
    let close_reason = stored.close_reason.filter(|_| state == RequestState::Closed);
    diesel::update(dsl::requests.find(stored.id))
        .set((
            dsl::state.eq(Coded(state)),
            dsl::closed_at.eq(closed_at),
            dsl::close_reason.eq(close_reason.map(Coded)),
            dsl::remind_at.eq(stored.duties.remind_at(state)),
            dsl::updated_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(StoredRequest { state, closed_at, close_reason, updated_at: turn.now, ..stored })
}

/// Closes a request; without a reason where its stay ended, which has one of its own.
pub fn close(turn: &mut Turn<'_>, stored: StoredRequest, reason: Option<ClosingReason>) -> Result<StoredRequest, DbError> {
    let (state, closed_at) = (RequestState::Closed, Some(turn.now));
    diesel::update(dsl::requests.find(stored.id))
        .set((
            dsl::state.eq(Coded(state)),
            dsl::closed_at.eq(closed_at),
            dsl::close_reason.eq(reason.map(Coded)),
            dsl::remind_at.eq(None::<Instant>),
            dsl::updated_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(StoredRequest { state, closed_at, close_reason: reason, updated_at: turn.now, ..stored })
}

/// Opens a closed request again, with the seniority it has; under another alias where its own was given to another meanwhile.
pub fn reopen(turn: &mut Turn<'_>, stored: StoredRequest, state: RequestState) -> Result<StoredRequest, DbError> {
    let others = dsl::requests.filter(dsl::alias.eq(stored.alias.as_str())).filter(dsl::id.ne(stored.id));
    let others = others.filter(dsl::state.ne(Coded(RequestState::Closed)));
    let is_taken: bool = diesel::select(diesel::dsl::exists(others)).get_result(turn.conn)?;
    let alias = if is_taken { free_alias(turn)? } else { stored.alias.clone() };
    let today = stored.today(turn.now)?;
    let duties = Duties::default().after(None, stored.declared.unshown(), turn.now, today);
    let content = Content { duties: duties.clone(), ..stored.content() }.sealed(stored.id)?;
    diesel::update(dsl::requests.find(stored.id))
        .set((
            dsl::state.eq(Coded(state)),
            dsl::alias.eq(alias.as_str()),
            dsl::closed_at.eq(None::<Instant>),
            dsl::close_reason.eq(None::<Coded<ClosingReason>>),
            dsl::content.eq(Some(content)),
            dsl::remind_at.eq(duties.remind_at(state)),
            dsl::updated_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(StoredRequest { state, alias, closed_at: None, close_reason: None, duties, updated_at: turn.now, ..stored })
}

/// Gives a request another alias.
pub fn change_alias(turn: &mut Turn<'_>, stored: StoredRequest) -> Result<StoredRequest, DbError> {
    let alias = free_alias(turn)?;
    let form = (dsl::alias.eq(alias.as_str()), dsl::updated_at.eq(turn.now));
    diesel::update(dsl::requests.find(stored.id)).set(form).execute(turn.conn)?;
    Ok(StoredRequest { alias, updated_at: turn.now, ..stored })
}

/// Lends a request until an instant, or ends its lending.
pub fn lend(turn: &mut Turn<'_>, stored: StoredRequest, lent: Option<(OrganisationId, Instant)>) -> Result<StoredRequest, DbError> {
    let (to, until) = lent.unzip();
    let form = (dsl::lent_to_id.eq(to), dsl::lent_until.eq(until), dsl::updated_at.eq(turn.now));
    diesel::update(dsl::requests.find(stored.id)).set(form).execute(turn.conn)?;
    Ok(StoredRequest { lent, updated_at: turn.now, ..stored })
}

/// In whose hands a request is that was lent.
pub fn lent_to(conn: &mut Conn, id: RequestId) -> Result<Option<OrganisationId>, DbError> {
    Ok(dsl::requests.find(id).select(dsl::lent_to_id).first(conn)?)
}

/// The requests whose lending is over, longest first; `at_most` of them where a number is given.
pub fn lent_too_long(conn: &mut Conn, now: Instant, at_most: Option<i64>) -> Result<Vec<StoredRequest>, DbError> {
    let mut query = dsl::requests.filter(dsl::lent_until.le(now)).order((dsl::lent_until, dsl::id)).into_boxed();
    if let Some(at_most) = at_most {
        query = query.limit(at_most);
    }
    all(query.load(conn)?)
}

/// Whether any lending is over.
pub fn any_lent_too_long(conn: &mut Conn, now: Instant) -> Result<bool, DbError> {
    Ok(diesel::select(diesel::dsl::exists(dsl::requests.filter(dsl::lent_until.le(now)))).get_result(conn)?)
}

/// Adds a note.
pub fn add_note(turn: &mut Turn<'_>, stored: StoredRequest, note: Note) -> Result<StoredRequest, DbError> {
    let mut notes = stored.notes.unshown().clone();
    notes.push(note);
    let content = Content { notes: notes.clone(), ..stored.content() }.sealed(stored.id)?;
    let form = (dsl::content.eq(Some(content)), dsl::updated_at.eq(turn.now));
    diesel::update(dsl::requests.find(stored.id)).set(form).execute(turn.conn)?;
    Ok(StoredRequest { notes: Private::new(stored.id, notes), updated_at: turn.now, ..stored })
}

/// Writes down of which others the people of a request were separated.
pub fn separate(turn: &mut Turn<'_>, stored: StoredRequest, from: &[Separated]) -> Result<StoredRequest, DbError> {
    let mut separated = stored.separated.clone();
    separated.extend_from_slice(from);
    let content = Content { separated: separated.clone(), ..stored.content() }.sealed(stored.id)?;
    let form = (dsl::content.eq(Some(content)), dsl::updated_at.eq(turn.now));
    diesel::update(dsl::requests.find(stored.id)).set(form).execute(turn.conn)?;
    Ok(StoredRequest { separated, updated_at: turn.now, ..stored })
}

/// Erases what a request says of its people, and closes it: nothing is left in its row but how many they are, and its key is taken away once
/// this is written (`Job::ForgetKey`).
pub fn erase(turn: &mut Turn<'_>, stored: StoredRequest, reason: Option<ClosingReason>) -> Result<StoredRequest, DbError> {
    let closed_at = stored.closed_at.or(Some(turn.now));
    let close_reason = stored.close_reason.or(reason);
    let declared = stored.declared.unshown();
    let people = declared.household.0.len();
    let left = Request::left(declared.department(), declared.stage, declared.urgency, people, declared.first_day);
    let left = left.ok_or_else(|| DbError::damaged("nothing to leave of a request"))?;
    let outcome = close_reason.map_or_else(|| stored.state.as_str(), |reason| reason.as_str());
    let remains = Remains::of(declared, outcome);
    diesel::update(dsl::requests.find(stored.id))
        .set((
            dsl::content.eq(None::<Sealed<Content>>),
            dsl::remains.eq(Some(Document(remains))),
            dsl::state.eq(Coded(RequestState::Closed)),
            dsl::closed_at.eq(closed_at),
            dsl::close_reason.eq(close_reason.map(Coded)),
            dsl::remind_at.eq(None::<Instant>),
            dsl::lent_to_id.eq(None::<OrganisationId>),
            dsl::lent_until.eq(None::<Instant>),
            dsl::erased_at.eq(Some(turn.now)),
            dsl::updated_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    turn.enqueue(Job::ForgetKey { request: stored.id });
    Ok(StoredRequest {
        state: RequestState::Closed,
        closed_at,
        close_reason,
        lent: None,
        duties: Duties::default(),
        erased_at: Some(turn.now),
        updated_at: turn.now,
        declared: Private::new(stored.id, left),
        notes: Private::new(stored.id, Vec::new()),
        separated: Vec::new(),
        ..stored
    })
}

/// Whether a reminder is due.
pub fn any_to_remind(conn: &mut Conn, now: Instant) -> Result<bool, DbError> {
    Ok(diesel::select(diesel::dsl::exists(dsl::requests.filter(dsl::remind_at.le(now)))).get_result(conn)?)
}

/// Those for which a reminder is due.
pub fn to_remind(conn: &mut Conn, now: Instant, at_most: i64) -> Result<Vec<StoredRequest>, DbError> {
    let due = dsl::requests.filter(dsl::remind_at.le(now)).order((dsl::remind_at, dsl::id)).limit(at_most);
    all(due.load(conn)?)
}

/// Writes down that the reminders of a request which are due have gone out.
pub fn set_reminded(turn: &mut Turn<'_>, stored: StoredRequest) -> Result<StoredRequest, DbError> {
    let duties = stored.duties.reminded(turn.now);
    let remind_at = dsl::remind_at.eq(duties.remind_at(stored.state));
    if stored.erased_at.is_some() {
        diesel::update(dsl::requests.find(stored.id)).set(remind_at).execute(turn.conn)?;
    } else {
        let content = Content { duties: duties.clone(), ..stored.content() }.sealed(stored.id)?;
        diesel::update(dsl::requests.find(stored.id)).set((dsl::content.eq(Some(content)), remind_at)).execute(turn.conn)?;
    }
    Ok(StoredRequest { duties, ..stored })
}

type Condition = Box<dyn BoxableExpression<requests::table, MultiBackend, SqlType = Bool>>;

/// The requests that a reach gives whole: those of who asks, and those that are lent to them. One that came to its hour is lent no more:
/// what time does comes before whoever looks.
fn of_reach(reach: Reach) -> Condition {
    match reach.asks() {
        Some(organisation) => {
            let lent = dsl::lent_to_id.is_not_null().and(dsl::lent_to_id.assume_not_null().eq(organisation));
            Box::new(dsl::organisation_id.eq(organisation).or(lent))
        }
        None => Box::new(matches!(reach, Reach::Everything).into_sql::<Bool>()),
    }
}

/// One request, if the reach gives it and it was not erased.
pub fn find(conn: &mut Conn, reach: Reach, id: RequestId) -> Result<StoredRequest, DbError> {
    let found = dsl::requests.filter(dsl::id.eq(id)).filter(of_reach(reach)).filter(dsl::erased_at.is_null());
    not_erased(found.first(conn)?)
}

/// What stands of a request beside what is sealed, and says nothing of anyone: what a mail may say.
#[derive(Clone, Debug)]
pub struct InTheClear {
    /// By what people speak of it.
    pub alias: Alias,
    /// How soon.
    pub urgency: Urgency,
    /// From which day.
    pub first_day: chrono::NaiveDate,
}

/// What stands of a request in the clear.
pub fn in_the_clear(conn: &mut Conn, id: RequestId) -> Result<InTheClear, DbError> {
    type Columns = (String, Coded<Urgency>, chrono::NaiveDate);
    let (alias, urgency, first_day): Columns =
        dsl::requests.find(id).select((dsl::alias, dsl::urgency, dsl::first_day)).first(conn)?;
    Ok(InTheClear { alias: Alias::stored(alias), urgency: urgency.0, first_day })
}

/// What is left of one that was erased.
pub fn find_erased(conn: &mut Conn, reach: Reach, id: RequestId) -> Result<StoredRequest, DbError> {
    let found = dsl::requests.filter(dsl::id.eq(id)).filter(of_reach(reach)).filter(dsl::erased_at.is_not_null());
    found.first::<Row>(conn)?.try_into()
}

/// Requests of these ids with their organisations and states: those the reach gives, and for the coordination any.
pub fn states(conn: &mut Conn, reach: Reach, ids: &[RequestId]) -> Result<Vec<(RequestId, OrganisationId, RequestState)>, DbError> {
    let query = dsl::requests.filter(dsl::id.eq_any(ids.to_vec()));
    let query = match reach.coordinates() {
        Some(_) => query.into_boxed(),
        None => query.filter(of_reach(reach)).into_boxed(),
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
    let found = all(dsl::requests.filter(dsl::id.eq_any(ids)).filter(dsl::erased_at.is_null()).order(dsl::id).load(conn)?)?;
    Ok(found.into_iter().filter(|request| request.erased_at.is_none()).collect())
}

/// A page of the requests that a reach gives, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: RequestFilter,
    mut after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredRequest>, DbError> {
    let whole = usize::try_from(limit.one_more()).unwrap_or(usize::MAX);
    let mut page = Vec::new();
    loop {
        let rows = rows(conn, reach, &filter, after, limit)?;
        let (is_last, last) = (rows.len() < whole, rows.last().map(|row| row.id));
        // One whose key is gone is erased: it leaves no gap in a page.
        page.extend(all(rows)?.into_iter().filter(|request| request.erased_at.is_none()));
        page.truncate(whole);
        if is_last || page.len() == whole {
            return Ok(page);
        }
        after = last.map(|id| Cursor(id.0));
    }
}

fn rows(
    conn: &mut Conn,
    reach: Reach,
    filter: &RequestFilter,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<Row>, DbError> {
    let known = dsl::requests.filter(of_reach(reach)).filter(dsl::erased_at.is_null());
    let query = known.limit(limit.one_more()).into_boxed();
    let mut query = behind!(query, dsl::id, RequestId, after, filter.order);
    if let Some(alias) = &filter.alias {
        query = query.filter(dsl::alias.eq(alias.as_str().to_owned()));
    }
    if let Some(since) = filter.updated_since {
        query = query.filter(dsl::updated_at.ge(since));
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
    Ok(query.load(conn)?)
}

/// Some of the requests that were created before an instant and are not erased, behind one, in order.
pub fn created_before(conn: &mut Conn, before: Instant, after: Option<RequestId>) -> Result<Vec<RequestId>, DbError> {
    let known = dsl::requests.filter(dsl::created_at.lt(before)).filter(dsl::erased_at.is_null());
    some_ids(conn, known.select(dsl::id).into_boxed(), after)
}

type Ids = requests::BoxedQuery<'static, MultiBackend, super::types::sql::Guid>;

fn some_ids(conn: &mut Conn, query: Ids, after: Option<RequestId>) -> Result<Vec<RequestId>, DbError> {
    let query = match after {
        Some(after) => query.filter(dsl::id.gt(after)),
        None => query,
    };
    Ok(query.order(dsl::id).limit(limits::OVERDUE_BATCH).load(conn)?)
}

/// Some of the requests that have sealed content, behind one, in order.
pub fn sealed(conn: &mut Conn, after: Option<RequestId>) -> Result<Vec<RequestId>, DbError> {
    some_ids(conn, dsl::requests.filter(dsl::content.is_not_null()).select(dsl::id).into_boxed(), after)
}

/// Which of these requests have sealed content.
pub fn sealed_of(conn: &mut Conn, ids: &[RequestId]) -> Result<Vec<RequestId>, DbError> {
    let sealed = dsl::requests.filter(dsl::content.is_not_null()).filter(dsl::id.eq_any(ids.to_vec()));
    Ok(sealed.select(dsl::id).load(conn)?)
}

/// When somebody last did something for the people of a request, as the log has it; none before the log began.
pub fn last_act(conn: &mut Conn, id: RequestId) -> Result<Option<Instant>, DbError> {
    use super::schema::events;
    let of_request = referrals::table.filter(referrals::request_id.eq(id)).select(referrals::id);
    let mut records: Vec<Guid> = of_request.load::<ReferralId>(conn)?.into_iter().map(|referral| Guid(referral.0)).collect();
    records.push(Guid(id.0));
    let acts = events::table
        .filter(events::record_id.eq_any(records))
        .filter(events::command.eq_any(ACTS))
        // What time does has nobody's name.
        .filter(events::by_organisation_id.is_not_null());
    Ok(acts.order(events::position.desc()).select(events::at).first(conn).optional()?)
}

/// What statistics count: department, stage, urgency, what became of it, genders, minors.
pub type Counted = [String; 6];

/// How many requests there are of each kind, erased ones as they were counted before.
pub fn statistics(conn: &mut Conn) -> Result<BTreeMap<Counted, usize>, DbError> {
    let (mut counts, mut after) = (BTreeMap::new(), None::<RequestId>);
    loop {
        let mut query = dsl::requests.order(dsl::id).limit(limits::OVERDUE_BATCH).into_boxed();
        if let Some(after) = after {
            query = query.filter(dsl::id.gt(after));
        }
        let rows: Vec<Row> = query.load(conn)?;
        let Some(last) = rows.last() else { return Ok(counts) };
        after = Some(last.id);
        remember_keys(&rows)?;
        for row in rows {
            let kept = row.remains.as_ref().map(|remains| remains.0.clone());
            let (department, stage, urgency) = (row.department.clone(), row.stage.0.as_str(), row.urgency.0.as_str());
            let stored = StoredRequest::try_from(row)?;
            let remains = kept.unwrap_or_else(|| Remains::of(stored.declared.unshown(), stored.outcome()));
            let (gender, minors) = (remains.gender.as_str().to_owned(), remains.minors.as_str().to_owned());
            let counted = [department, stage.to_owned(), urgency.to_owned(), remains.outcome, gender, minors];
            let count: &mut usize = counts.entry(counted).or_default();
            *count = count.saturating_add(1);
        }
    }
}
