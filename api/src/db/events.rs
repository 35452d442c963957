//! The log of commands: one event a record that a command changed, in the transaction that did it, without personal data.
//!
//! It is the audit trail, the feed of the engine's snapshot, and enough to rebuild where every bed and referral stands. It only grows.

use std::collections::HashMap;
use std::ops::Range;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use matcher::{Code as _, Door};
use serde_json::{Value, json};
use uuid::Uuid;

use super::access_log::{LogFilter, place};
use super::chain::{ChainKey, Link, Log};
use super::schema::{event_head, events, referrals, requests, structures, units};
use super::types::{Coded, Document, Guid};
use super::{Author, Conn, DbError, MultiBackend, organisations};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId, ReferralId, RequestId, SessionId, UnitId};
use crate::domain::{About, By, Encounter, Followed, Reach, Record, RecordKind};
use crate::paging::{Cursor, Order, PageLimit, behind};

/// Under which name an encounter stands in what an event says.
const ENCOUNTER: &str = "encounter";

/// What an event says: all that its hash is over.
#[derive(Debug, Insertable, Queryable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub(super) struct Said {
    position: i64,
    at: Instant,
    account_id: Option<AccountId>,
    command: String,
    /// As text: while a release is rolled out a newer program writes kinds that this one does not know.
    record_kind: String,
    record_id: Guid,
    by_organisation_id: Option<OrganisationId>,
    organisation_id: Option<OrganisationId>,
    addressee_id: Option<OrganisationId>,
    place_organisation_id: Option<OrganisationId>,
    encounter: bool,
    stand_in_id: Option<OrganisationId>,
    detail: Document<Value>,
}

type SaidColumns = (
    events::position,
    events::at,
    events::account_id,
    events::command,
    events::record_kind,
    events::record_id,
    events::by_organisation_id,
    events::organisation_id,
    events::addressee_id,
    events::place_organisation_id,
    events::encounter,
    events::stand_in_id,
    events::detail,
);

const SAID: SaidColumns = (
    events::position,
    events::at,
    events::account_id,
    events::command,
    events::record_kind,
    events::record_id,
    events::by_organisation_id,
    events::organisation_id,
    events::addressee_id,
    events::place_organisation_id,
    events::encounter,
    events::stand_in_id,
    events::detail,
);

/// An event as it is written.
#[derive(Debug, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub(super) struct NewEvent {
    #[diesel(embed)]
    said: Said,
    pub(super) hash: Vec<u8>,
    #[diesel(skip_insertion)]
    record: Record,
}

/// An event as it stands in the log, whoever put it there: nothing but the key says that the service did.
#[derive(Queryable)]
pub(super) struct Row {
    said: Said,
    hash: Option<Vec<u8>>,
}

/// An event as it was written.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Its place in the log: from 1, without gaps, in the order of commit.
    pub position: i64,
    /// When.
    pub at: Instant,
    /// By which client.
    pub account: Option<AccountId>,
    /// By which organisation.
    pub by: Option<OrganisationId>,
    /// The command.
    pub command: String,
    /// Which record.
    pub record: Record,
    /// Whose record it is.
    pub organisation: Option<OrganisationId>,
    /// The organisation that answers, of a referral; the other side, of a link.
    pub addressee: Option<OrganisationId>,
    /// Who runs the place, where people come to it through the door of another.
    pub place: Option<OrganisationId>,
    /// Who is told of an encounter beside the coordination.
    pub stand_in: Option<OrganisationId>,
    /// How the record stands since.
    pub detail: Value,
    /// What the coordination is told of an encounter.
    pub encounter: Option<Value>,
    /// Whether a role of whoever lists it reads it, and not only that there was an encounter; of what is listed for nobody it is
    /// so.
    pub is_followed: bool,
}

/// What an event tells who follows the log.
#[derive(Clone, Debug)]
pub struct Change {
    /// The operationId, or the service's own verb.
    pub command: String,
    /// Which record.
    pub record: Record,
    /// Whose.
    pub organisation: Option<OrganisationId>,
    /// How it stands since.
    pub detail: Value,
}

impl NewEvent {
    /// An event at a position, behind the one of this hash.
    pub(super) fn new(key: &ChainKey, position: i64, at: Instant, author: Author, about: About, before: Option<&[u8]>) -> Self {
        let said = Said {
            position,
            at,
            account_id: author.by.and_then(|by| by.account),
            command: author.command.to_owned(),
            record_kind: about.record.kind.as_str().to_owned(),
            record_id: Guid(about.record.id),
            by_organisation_id: author.by.map(|by| by.organisation),
            organisation_id: about.organisation,
            addressee_id: about.addressee,
            place_organisation_id: about.place,
            encounter: about.encounter.is_some(),
            stand_in_id: about.encounter.as_ref().and_then(|encounter| encounter.stand_in),
            detail: Document(with_encounter(about.detail, about.encounter.as_ref())),
        };
        let hash = said.chained(key, position, before);
        Self { said, hash, record: about.record }
    }

    /// What it tells who follows the log.
    pub(super) fn change(&self) -> Change {
        let (command, detail) = (self.said.command.clone(), self.said.detail.0.clone());
        Change { command, record: self.record, organisation: self.said.organisation_id, detail }
    }
}

impl Said {
    fn chained(&self, key: &ChainKey, position: i64, before: Option<&[u8]>) -> Vec<u8> {
        let organisation = |id: Option<OrganisationId>| id.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default();
        key.hash(
            before,
            &[
                &position.to_be_bytes(),
                self.at.to_string().as_bytes(),
                &self.account_id.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default(),
                self.command.as_bytes(),
                self.record_kind.as_bytes(),
                self.record_id.0.as_bytes(),
                &organisation(self.by_organisation_id),
                &organisation(self.organisation_id),
                &organisation(self.addressee_id),
                &organisation(self.place_organisation_id),
                &[u8::from(self.encounter)],
                &organisation(self.stand_in_id),
                canonical(&self.detail.0).as_bytes(),
            ],
        )
    }
}

impl Link for Row {
    const LOG: Log = Log::Events;

    fn position(&self) -> i64 {
        self.said.position
    }

    fn at(&self) -> Instant {
        self.said.at
    }

    fn hash(&self) -> Option<&[u8]> {
        self.hash.as_deref()
    }

    fn chained(&self, key: &ChainKey, position: i64, before: Option<&[u8]>) -> Vec<u8> {
        self.said.chained(key, position, before)
    }

    fn behind(conn: &mut Conn, position: i64, at_most: i64) -> Result<Vec<Self>, DbError> {
        let behind = events::table.filter(events::position.gt(position)).order(events::position).limit(at_most);
        Ok(behind.select((SAID, events::hash.nullable())).load(conn)?)
    }

    fn head(conn: &mut Conn) -> Result<(i64, Option<Vec<u8>>), DbError> {
        Ok(event_head::table.select((event_head::position, event_head::hash)).get_result(conn)?)
    }
}

impl Row {
    /// How a record stands since, as the event says it: to be held against how it stands. None of a kind that only a newer program knows.
    pub(super) fn standing(&self) -> Option<Standing<'_>> {
        Some(Standing {
            command: &self.said.command,
            at: self.said.at,
            by: self.said.by_organisation_id.map(|organisation| By { account: self.said.account_id, organisation }),
            kind: RecordKind::from_code(&self.said.record_kind)?,
            id: self.said.record_id.0,
            organisation: self.said.organisation_id,
            addressee: self.said.addressee_id,
            detail: &self.said.detail.0,
        })
    }
}

/// How a record stands since an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing<'e> {
    /// The command.
    pub(super) command: &'e str,
    /// When.
    pub(super) at: Instant,
    /// Whose command; none: the service by itself, or the operator's shell.
    pub(super) by: Option<By>,
    /// What kind of record.
    pub(super) kind: RecordKind,
    /// Which.
    pub(super) id: Uuid,
    /// Whose.
    pub(super) organisation: Option<OrganisationId>,
    /// Who answers.
    pub(super) addressee: Option<OrganisationId>,
    /// How it stands.
    pub(super) detail: &'e Value,
}

/// What the coordination reads of an encounter stands with how the record stands: one row more would be seen by whoever counts rows.
fn with_encounter(mut detail: Value, encounter: Option<&Encounter>) -> Value {
    if let (Value::Object(fields), Some(encounter)) = (&mut detail, encounter) {
        fields.insert(ENCOUNTER.to_owned(), encounter.detail());
    }
    detail
}

/// JSON with its names in order: PostgreSQL keeps what a document says, not how it was written.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut named: Vec<_> = fields.iter().map(|(name, value)| format!("{name:?}:{}", canonical(value))).collect();
            named.sort_unstable();
            format!("{{{}}}", named.join(","))
        }
        other => other.to_string(),
    }
}

/// The position of the last event.
pub fn head(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(event_head::table.select(event_head::position).get_result(conn)?)
}

/// When the first event behind a position was written; none where there is none.
pub fn at_behind(conn: &mut Conn, position: i64) -> Result<Option<Instant>, DbError> {
    let behind = events::table.filter(events::position.gt(position)).order(events::position);
    Ok(behind.select(events::at).first(conn).optional()?)
}

/// The kinds of record that this program can speak of. What a newer one has written of others is passed over by whoever reads or follows a log, and
/// is there for whoever asks the newer one.
pub(super) fn known_kinds() -> Vec<Coded<RecordKind>> {
    RecordKind::ALL.iter().copied().map(Coded).collect()
}

/// Whether a reach reads anything behind a position, or is told of it as a SIAO.
pub fn any_behind(conn: &mut Conn, reach: Reach, position: i64) -> Result<bool, DbError> {
    Ok(last_behind(conn, reach, position)?.is_some())
}

/// The last position behind one at which a reach reads something, or is told of it as a SIAO.
pub fn last_behind(conn: &mut Conn, reach: Reach, position: i64) -> Result<Option<i64>, DbError> {
    let behind = events::table.filter(events::position.gt(position)).filter(events::record_kind.eq_any(known_kinds()));
    let last = behind.select(events::position).order(events::position.desc()).limit(1).into_boxed();
    let last = match told_as_siao(conn, reach)? {
        Some(told) => last.filter(followed(reach).or(told)),
        None => last.filter(followed(reach)),
    };
    Ok(last.first(conn).optional()?)
}

/// What a list of events is narrowed by; all that is given must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventFilter {
    /// Only of records of this kind.
    pub kind: Option<RecordKind>,
    /// Only of this record.
    pub record: Option<Uuid>,
}

/// Of these commands a SIAO is told where they are about a `siao` door of its department: questions and refusals (design §4).
const TOLD_TO_SIAO: [&str; 3] = ["createReferral", "confirmPlan", "declineReferral"];

/// A page of the events a caller reads, in order, and one more if there is one: of those behind the first position, up to the last.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: EventFilter,
    positions: Range<i64>,
    limit: PageLimit,
) -> Result<Vec<StoredEvent>, DbError> {
    let within = events::position.gt(positions.start).and(events::position.le(positions.end));
    let read = events::table
        .filter(within)
        .filter(events::record_kind.eq_any(known_kinds()))
        .order(events::position)
        .limit(limit.one_more());
    let mut query = read.select((SAID, own(reach, filter.kind), by_role(reach))).into_boxed();
    if let Some(record) = filter.record {
        query = query.filter(events::record_id.eq(Guid(record)));
    }
    // A notice is told of what stands in the log once, of a referral: nobody's turn is longer for it.
    let wants_notices = filter.kind.is_none_or(|kind| kind == RecordKind::Notice);
    query = match told_as_siao(conn, reach)?.filter(|_| wants_notices) {
        Some(told) => query.filter(own(reach, filter.kind).or(told)),
        None => query.filter(own(reach, filter.kind)),
    };
    let rows: Vec<(Said, Option<bool>, Option<bool>)> = query.load(conn)?;
    let told = rows.iter().filter(|(_, is_own, _)| *is_own != Some(true)).filter_map(|(said, ..)| said.unit()).collect();
    let departments = departments(conn, told)?;
    let event = |(said, is_own, by_role): (Said, Option<bool>, Option<bool>)| match is_own {
        Some(true) => Ok(StoredEvent { is_followed: by_role == Some(true), ..said.try_into()? }),
        Some(false) | None => said.into_notice(&departments),
    };
    rows.into_iter().map(event).collect()
}

/// The departments of units: one question for a whole page.
fn departments(conn: &mut Conn, of: Vec<UnitId>) -> Result<HashMap<UnitId, String>, DbError> {
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let found = units::table.inner_join(structures::table).filter(units::id.eq_any(of));
    let rows: Vec<(UnitId, String)> = found.select((units::id, structures::department)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// The events that a reach reads as they stand, of a kind where one is given.
fn own(reach: Reach, kind: Option<RecordKind>) -> Condition {
    match kind {
        Some(kind) => Box::new(followed(reach).and(events::record_kind.eq(Coded(kind)))),
        None => followed(reach),
    }
}

/// What a SIAO is told of the `siao` doors of the departments it names; nothing to anyone else, nor to who follows no notices.
fn told_as_siao(conn: &mut Conn, reach: Reach) -> Result<Option<Condition>, DbError> {
    let mut follows = reach.follows().into_iter();
    let follows_notices =
        |followed: Followed| followed.kinds.is_some_and(|kinds| kinds.contains(&RecordKind::Notice)) && followed.of.is_some();
    let Some(organisation) = reach.organisation().filter(|_| follows.any(follows_notices)) else { return Ok(None) };
    let departments = organisations::departments_of_siao(conn, organisation)?;
    if departments.is_empty() {
        return Ok(None);
    }
    let at_its_doors = referrals::table
        .inner_join(units::table.inner_join(structures::table))
        .filter(referrals::door.eq(Coded(Door::Siao)))
        .filter(structures::department.eq_any(departments))
        .select(referrals::id);
    let told = events::record_kind.eq(Coded(RecordKind::Referral)).and(events::command.eq_any(TOLD_TO_SIAO));
    Ok(Some(Box::new(told.and(events::record_id.eq_any(at_its_doors)).nullable())))
}

/// What was done to a request and its referrals, newest first, at most so many: for those in whose hands it is, who have found it.
pub fn of_request(conn: &mut Conn, request: RequestId, asked: &[ReferralId], at_most: i64) -> Result<Vec<StoredEvent>, DbError> {
    let mut records: Vec<Guid> = asked.iter().map(|referral| Guid(referral.0)).collect();
    records.push(Guid(request.0));
    let kinds = [Coded(RecordKind::Request), Coded(RecordKind::Referral)];
    let done = events::table.filter(events::record_id.eq_any(records)).filter(events::record_kind.eq_any(kinds));
    let rows: Vec<Said> = done.order(events::position.desc()).limit(at_most).select(SAID).load(conn)?;
    rows.into_iter().map(StoredEvent::try_from).collect()
}

/// A page of the whole log, for who audits it, and one more if there is one.
pub fn audit(
    conn: &mut Conn,
    filter: &LogFilter,
    order: Order,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredEvent>, DbError> {
    let known = events::table.filter(events::record_kind.eq_any(known_kinds()));
    let query = known.select(SAID).limit(limit.one_more()).into_boxed();
    let mut query = behind!(query, events::position, place, after, order);
    if let Some(organisation) = filter.organisation {
        query = query.filter(events::by_organisation_id.eq(organisation));
    }
    if let Some(account) = filter.account {
        query = query.filter(events::account_id.eq(account));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(events::record_kind.eq(Coded(kind)));
    }
    if let Some(record) = filter.record {
        query = query.filter(events::record_id.eq(Guid(record)));
    }
    if let Some(command) = &filter.operation {
        query = query.filter(events::command.eq(command.clone()));
    }
    if let Some(since) = filter.since {
        query = query.filter(events::at.ge(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(events::at.lt(until));
    }
    query.load::<Said>(conn)?.into_iter().map(StoredEvent::try_from).collect()
}

type Condition = Box<dyn BoxableExpression<events::table, MultiBackend, SqlType = Nullable<Bool>>>;

/// The events that a reach reads: what each of its roles follows, and encounters of which it hears.
fn followed(reach: Reach) -> Condition {
    let mut all = by_role(reach);
    // Of encounters the coordination hears whatever record they befall; out of its hours, who stands in for it.
    if reach.coordinates().is_some() {
        all = Box::new(all.or(events::encounter.nullable()));
    }
    if let Some(own) = reach.keeps() {
        all = Box::new(all.or(events::stand_in_id.eq(own)));
    }
    all
}

/// The events that are read for a role, all that they say.
fn by_role(reach: Reach) -> Condition {
    let mut all: Condition = Box::new(false.into_sql::<Bool>().nullable());
    for Followed { kinds, of, sides, comes, borrows, addressed_only } in reach.follows() {
        let mut one: Condition = Box::new(true.into_sql::<Bool>().nullable());
        if let Some(kinds) = kinds {
            let kinds: Vec<Coded<RecordKind>> = kinds.into_iter().map(Coded).collect();
            one = Box::new(one.and(events::record_kind.eq_any(kinds)));
        }
        if let Some(organisation) = of {
            // Of a referral it concerns one role of an organisation that it asks, and another that it is asked.
            let is_other = || events::record_kind.ne(Coded(RecordKind::Referral)).nullable();
            let own = events::organisation_id.eq(organisation).and(is_other().or(sides.asking.into_sql::<Bool>().nullable()));
            let addressed = events::addressee_id.eq(organisation).and(is_other().or(sides.addressed.into_sql::<Bool>().nullable()));
            let concerns = own.or(addressed);
            // Who comes to a place concerns those who run it, and nobody else of their organisation. While a request is lent to it, what becomes of its referrals is its own to know.
            let borrowed = requests::table.filter(requests::lent_to_id.eq(organisation)).select(requests::id);
            let of_borrowed = referrals::table.filter(referrals::request_id.eq_any(borrowed)).select(referrals::id);
            let of_borrowed = events::record_kind.eq(Coded(RecordKind::Referral)).and(events::record_id.eq_any(of_borrowed));
            one = if addressed_only {
                Box::new(one.and(events::addressee_id.eq(organisation)))
            } else if borrows {
                Box::new(one.and(concerns.or(of_borrowed)))
            } else if comes {
                Box::new(one.and(concerns.or(events::place_organisation_id.eq(organisation))))
            } else {
                Box::new(one.and(concerns))
            };
        }
        all = Box::new(all.or(one));
    }
    all
}

impl TryFrom<Said> for StoredEvent {
    type Error = DbError;

    fn try_from(row: Said) -> Result<Self, DbError> {
        let kind = row.record_kind.parse().map_err(DbError::damaged)?;
        let mut detail = row.detail.0;
        let encounter = detail.as_object_mut().and_then(|fields| fields.remove(ENCOUNTER));
        Ok(Self {
            position: row.position,
            at: row.at,
            account: row.account_id,
            by: row.by_organisation_id,
            command: row.command,
            record: Record { kind, id: row.record_id.0 },
            organisation: row.organisation_id,
            addressee: row.addressee_id,
            place: row.place_organisation_id,
            stand_in: row.stand_in_id,
            detail,
            encounter,
            is_followed: true,
        })
    }
}

impl Said {
    /// The unit that it names.
    fn unit(&self) -> Option<UnitId> {
        let named = self.detail.0.get("unit_id").and_then(Value::as_str);
        named.and_then(|id| Uuid::try_parse(id).ok()).map(UnitId)
    }

    /// What a SIAO is told of it: where, and what happened, without people.
    fn into_notice(self, departments: &HashMap<UnitId, String>) -> Result<StoredEvent, DbError> {
        let place = self.unit().and_then(|unit| Some((unit, departments.get(&unit)?)));
        let (unit, department) = place.ok_or(DbError::NotFound)?;
        let state = self.detail.0.get("state").cloned().unwrap_or_default();
        let detail = json!({"unit_id": unit, "department": department, "state": state});
        let record = Record { kind: RecordKind::Notice, id: self.record_id.0 };
        Ok(StoredEvent { record, detail, account: None, ..self.try_into()? })
    }
}

/// What the events behind a position tell, in their order. A kind that only a newer program knows changes nothing of what this one remembers: were it
/// no event but a failure, every instance of a release would stop at the first that the next one writes.
pub fn changes_since(conn: &mut Conn, position: i64) -> Result<Vec<Change>, DbError> {
    type Told = (String, String, Guid, Option<OrganisationId>, Document<Value>);
    let columns = (events::command, events::record_kind, events::record_id, events::organisation_id, events::detail);
    let behind = events::table.filter(events::position.gt(position)).order(events::position);
    let rows: Vec<Told> = behind.select(columns).load(conn)?;
    let change = |(command, kind, id, organisation, detail): Told| {
        let record = Record { kind: RecordKind::from_code(&kind)?, id: id.0 };
        Some(Change { command, record, organisation, detail: detail.0 })
    };
    Ok(rows.into_iter().filter_map(change).collect())
}

/// What an edit elsewhere brings for a referral that stands where it stood.
const JUDGED_AGAIN: &str = "reevaluateReferral";

/// What someone has done to records behind a position and not at `at`, which is the instant of the command at that position: to each its
/// kind and how it stands since. What time does is not among it, nor that a
/// referral was judged again.
pub fn done_since(conn: &mut Conn, position: i64, at: Instant, records: &[Uuid]) -> Result<Vec<(RecordKind, Value)>, DbError> {
    let rows: Vec<(Coded<RecordKind>, Document<Value>)> = events::table
        .filter(events::record_id.eq_any(records.iter().copied().map(Guid).collect::<Vec<_>>()))
        .filter(events::record_kind.eq_any(known_kinds()))
        .filter(events::position.gt(position))
        .filter(events::at.ne(at))
        .filter(events::by_organisation_id.is_not_null())
        .filter(events::command.ne(JUDGED_AGAIN))
        .order(events::position)
        .select((events::record_kind, events::detail))
        .load(conn)?;
    Ok(rows.into_iter().map(|(kind, detail)| (kind.0, detail.0)).collect())
}

/// Commands by which an answer, an arrival or an end is written down that came by phone.
const WRITTEN_DOWN: [&str; 5] = ["acceptReferral", "declineReferral", "recordArrival", "recordNoShow", "endStay"];

/// Who wrote down last, on a referral, what may have come by phone.
pub fn wrote_down(conn: &mut Conn, referral: ReferralId) -> Result<Option<By>, DbError> {
    let written = events::table
        .filter(events::record_id.eq(Guid(referral.0)))
        .filter(events::command.eq_any(WRITTEN_DOWN))
        .order(events::position.desc())
        .select((events::account_id, events::by_organisation_id));
    let found: Option<(Option<AccountId>, Option<OrganisationId>)> = written.first(conn).optional()?;
    Ok(found.and_then(|(account, organisation)| Some(By { account, organisation: organisation? })))
}

impl Change {
    fn id(&self, name: &str) -> Option<Uuid> {
        self.detail.get(name).and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok())
    }

    fn says(&self, name: &str) -> bool {
        self.detail.get(name).is_some_and(|said| said == true)
    }

    /// What it may change of what the engine sees.
    pub fn touches(&self) -> Touches {
        let unit = |id: Option<Uuid>| id.map_or(Touches::Everything, |id| Touches::Unit(UnitId(id)));
        match self.record.kind {
            RecordKind::Unit => Touches::Unit(UnitId(self.record.id)),
            RecordKind::Vacancy => unit(self.id("unit_id")),
            RecordKind::Referral => unit(self.id("unit_id")),
            // A site that moves takes its units along.
            RecordKind::Structure if self.says("site_moved") => Touches::Everything,
            // A structure goes out of rankings, or comes back.
            RecordKind::Notice if self.detail.get("registration_contested").is_some() => Touches::Everything,
            RecordKind::Account => Touches::Account(AccountId(self.record.id)),
            RecordKind::Session => Touches::Session(SessionId(self.record.id)),
            RecordKind::Organisation => Touches::Organisation(OrganisationId(self.record.id)),
            RecordKind::DoorContact => Touches::Doors,
            RecordKind::Structure
            | RecordKind::Request
            | RecordKind::KeepApart
            | RecordKind::Plan
            | RecordKind::PlanConfirmation
            | RecordKind::Event
            | RecordKind::Access
            | RecordKind::RememberedPhone
            | RecordKind::Alert
            | RecordKind::PendingChange
            | RecordKind::Webhook
            | RecordKind::Notice => Touches::Nothing,
        }
    }
}

/// What of an instance's memory an event may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touches {
    /// Nothing.
    Nothing,
    /// One unit.
    Unit(UnitId),
    /// Any unit.
    Everything,
    /// What an organisation gives its people and tools.
    Organisation(OrganisationId),
    /// Who holds a token.
    Account(AccountId),
    /// Who is signed in.
    Session(SessionId),
    /// The public numbers of the doors.
    Doors,
}
