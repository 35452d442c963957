//! The log of commands: one event a record that a command changed, in the transaction that did it, without personal data.
//!
//! It is the audit trail, the feed of the engine's snapshot, and enough to rebuild where every bed and referral stands. It only grows.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use matcher::Code as _;
use serde_json::{Value, json};

use super::chain::{self, Verdict};
use super::schema::{event_head, events};
use super::types::{Coded, Document, Guid, Instant};
use super::{Conn, DbError, Tx};
use crate::auth::Identity;
use crate::domain::RecordKind;
use crate::paging::{Cursor, PageLimit};

#[derive(Insertable)]
#[diesel(table_name = events)]
struct NewEvent<'a> {
    position: i64,
    at: Instant,
    client_id: Option<Guid>,
    command: &'a str,
    record_kind: &'a str,
    record_id: Guid,
    by_organisation_id: Option<Guid>,
    organisation_id: Option<Guid>,
    addressee_id: Option<Guid>,
    detail: Document<Value>,
    hash: Vec<u8>,
}

#[derive(Queryable)]
struct Row {
    position: i64,
    at: Instant,
    client_id: Option<Guid>,
    command: String,
    record_kind: Coded<RecordKind>,
    record_id: Guid,
    by_organisation_id: Option<Guid>,
    organisation_id: Option<Guid>,
    addressee_id: Option<Guid>,
    detail: Option<Document<Value>>,
    hash: Option<Vec<u8>>,
}

/// Who gives a command.
#[derive(Clone, Copy, Debug)]
pub struct By {
    /// The client; none for the holder of a link.
    pub client: Option<Guid>,
    /// The organisation.
    pub organisation: Guid,
}

impl From<Identity> for By {
    fn from(identity: Identity) -> Self {
        Self { client: Some(identity.client), organisation: identity.organisation }
    }
}

/// Who did what to which record.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Who; none for the command line and for what time does.
    pub by: Option<By>,
    /// The operationId, or the verb of the command line or of the service itself.
    pub command: &'static str,
    /// What kind of record.
    pub kind: RecordKind,
    /// Which record.
    pub record: Guid,
}

/// An event as it was written.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Its place in the log: from 1, without gaps, in the order of commit.
    pub position: i64,
    /// When.
    pub at: Instant,
    /// By which client.
    pub client: Option<Guid>,
    /// By which organisation.
    pub by: Option<Guid>,
    /// The command.
    pub command: String,
    /// What kind of record.
    pub kind: RecordKind,
    /// Which record.
    pub record: Guid,
    /// How the record stands since.
    pub detail: Value,
}

/// Which events a caller reads.
#[derive(Clone, Copy, Debug)]
pub enum EventSight {
    /// All.
    All,
    /// Those about records of these kinds.
    Kinds(&'static [RecordKind]),
    /// Those about records of these kinds that are the organisation's, or addressed to it.
    Own(Guid, &'static [RecordKind]),
}

/// Waits until it is this transaction's turn to write: on PostgreSQL the row every event moves on, on SQLite nothing, since
/// `BEGIN IMMEDIATE` has waited already.
pub(super) fn take_turn(conn: &mut Conn) -> Result<(), DbError> {
    if let Conn::Pg(pg) = conn {
        event_head::table.select(event_head::position).for_update().get_result::<i64>(pg)?;
    }
    Ok(())
}

/// Writes an event, then those that [`follow`] has put behind it.
pub fn record(tx: &mut Tx<'_>, event: Event) -> Result<(), DbError> {
    write(tx, event)?;
    for event in std::mem::take(&mut tx.following) {
        write(tx, event)?;
    }
    Ok(())
}

/// Puts an event behind the one this transaction's command will write: another record changed because of it.
pub fn follow(tx: &mut Tx<'_>, event: Event) {
    tx.following.push(event);
}

fn write(tx: &mut Tx<'_>, event: Event) -> Result<(), DbError> {
    let (last, before): (i64, Option<Vec<u8>>) =
        event_head::table.select((event_head::position, event_head::hash)).get_result(tx.conn)?;
    let about = about(tx.conn, event.kind, event.record)?;
    let position = last.saturating_add(1);
    let mut new = NewEvent {
        position,
        at: tx.now,
        client_id: event.by.and_then(|by| by.client),
        command: event.command,
        record_kind: event.kind.as_str(),
        record_id: event.record,
        by_organisation_id: event.by.map(|by| by.organisation),
        organisation_id: about.organisation,
        addressee_id: about.addressee,
        detail: Document(about.detail),
        hash: Vec::new(),
    };
    new.hash = new.link(before.as_deref());
    diesel::update(event_head::table)
        .set((event_head::position.eq(position), event_head::hash.eq(Some(new.hash.clone()))))
        .execute(tx.conn)?;
    diesel::insert_into(events::table).values(new).execute(tx.conn)?;
    Ok(())
}

impl NewEvent<'_> {
    fn link(&self, before: Option<&[u8]>) -> Vec<u8> {
        let id = |id: Option<Guid>| id.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default();
        chain::link(
            before,
            &[
                &self.position.to_be_bytes(),
                self.at.to_string().as_bytes(),
                &id(self.client_id),
                self.command.as_bytes(),
                self.record_kind.as_bytes(),
                self.record_id.0.as_bytes(),
                &id(self.by_organisation_id),
                &id(self.organisation_id),
                &id(self.addressee_id),
                canonical(&self.detail.0).as_bytes(),
            ],
        )
    }
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

/// Whose a record is, and how it stands.
struct About {
    organisation: Option<Guid>,
    addressee: Option<Guid>,
    detail: Value,
}

fn about(conn: &mut Conn, kind: RecordKind, record: Guid) -> Result<About, DbError> {
    use super::schema::{api_clients, plan_confirmations, plans, requests, structures, units};
    let of = |organisation: Guid, detail: Value| About { organisation: Some(organisation), addressee: None, detail };
    Ok(match kind {
        RecordKind::Organisation => of(record, json!({})),
        RecordKind::ApiClient => {
            of(api_clients::table.find(record).select(api_clients::organisation_id).get_result(conn)?, json!({}))
        }
        RecordKind::Structure => {
            of(structures::table.find(record).select(structures::organisation_id).get_result(conn)?, json!({}))
        }
        RecordKind::Unit => {
            let (owner, structure): (Guid, Guid) = units::table
                .inner_join(structures::table)
                .filter(units::id.eq(record))
                .select((structures::organisation_id, structures::id))
                .get_result(conn)?;
            of(owner, json!({"structure_id": structure}))
        }
        RecordKind::Request => {
            let (owner, state): (Guid, String) =
                requests::table.find(record).select((requests::organisation_id, requests::state)).get_result(conn)?;
            of(owner, json!({"state": state}))
        }
        RecordKind::Vacancy => about_vacancy(conn, record)?,
        RecordKind::Referral => about_referral(conn, record)?,
        RecordKind::KeepApart => about_keep_apart(conn, record)?,
        RecordKind::Plan => {
            let (owner, state): (Guid, String) =
                plans::table.find(record).select((plans::organisation_id, plans::state)).get_result(conn)?;
            of(owner, json!({"state": state}))
        }
        RecordKind::PlanConfirmation => {
            let (owner, plan): (Guid, Guid) = plan_confirmations::table
                .find(record)
                .select((plan_confirmations::organisation_id, plan_confirmations::plan_id))
                .get_result(conn)?;
            of(owner, json!({"plan_id": plan}))
        }
    })
}

fn about_vacancy(conn: &mut Conn, record: Guid) -> Result<About, DbError> {
    use super::schema::{structures, units, vacancies};
    let (owner, unit, beds, held, withdrawn): (Guid, Guid, i32, i32, Option<Instant>) = vacancies::table
        .inner_join(units::table.inner_join(structures::table))
        .filter(vacancies::id.eq(record))
        .select((structures::organisation_id, vacancies::unit_id, vacancies::beds, vacancies::held, vacancies::withdrawn_at))
        .get_result(conn)?;
    let detail = json!({"unit_id": unit, "beds": beds, "held": held, "withdrawn": withdrawn.is_some()});
    Ok(About { organisation: Some(owner), addressee: None, detail })
}

fn about_referral(conn: &mut Conn, record: Guid) -> Result<About, DbError> {
    use super::schema::referrals::dsl;
    let (owner, addressee): (Guid, Guid) =
        dsl::referrals.find(record).select((dsl::organisation_id, dsl::addressee_id)).get_result(conn)?;
    let (request, unit, vacancy, state, beds, held): (Guid, Guid, Guid, String, i32, bool) = dsl::referrals
        .find(record)
        .select((dsl::request_id, dsl::unit_id, dsl::vacancy_id, dsl::state, dsl::beds, dsl::held))
        .get_result(conn)?;
    let detail = json!({"request_id": request, "unit_id": unit, "vacancy_id": vacancy, "state": state, "beds": beds, "held": held});
    Ok(About { organisation: Some(owner), addressee: Some(addressee), detail })
}

/// A code is its request's; a link is that of both requests.
fn about_keep_apart(conn: &mut Conn, record: Guid) -> Result<About, DbError> {
    use super::schema::{keep_apart_codes, keep_apart_links, requests};
    let requests: Vec<Guid> =
        match keep_apart_codes::table.find(record).select(keep_apart_codes::request_id).first(conn).optional()? {
            Some(request) => vec![request],
            None => {
                let (low, high): (Guid, Guid) = keep_apart_links::table
                    .find(record)
                    .select((keep_apart_links::low_request_id, keep_apart_links::high_request_id))
                    .first(conn)?;
                vec![low, high]
            }
        };
    let owners: Vec<Guid> = requests::table.filter(requests::id.eq_any(requests)).select(requests::organisation_id).load(conn)?;
    Ok(About { organisation: owners.first().copied(), addressee: owners.get(1).copied(), detail: json!({}) })
}

/// The position of the last event.
pub fn head(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(event_head::table.select(event_head::position).get_result(conn)?)
}

/// A page of the events a caller reads, in order, and one more if there is one.
pub fn list(conn: &mut Conn, sight: EventSight, after: Option<Cursor>, limit: PageLimit) -> Result<Vec<StoredEvent>, DbError> {
    let mut query = events::table.order(events::position).limit(limit.one_more()).into_boxed();
    if let Some(after) = after {
        query = query.filter(events::position.gt(after.position()));
    }
    let of = |kinds: &'static [RecordKind]| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
    query = match sight {
        EventSight::All => query,
        EventSight::Kinds(kinds) => query.filter(events::record_kind.eq_any(of(kinds))),
        EventSight::Own(organisation, kinds) => {
            let concerns = events::organisation_id.eq(organisation).or(events::addressee_id.eq(organisation));
            query.filter(concerns.assume_not_null()).filter(events::record_kind.eq_any(of(kinds)))
        }
    };
    Ok(query.load::<Row>(conn)?.into_iter().map(StoredEvent::from).collect())
}

impl From<Row> for StoredEvent {
    fn from(row: Row) -> Self {
        Self {
            position: row.position,
            at: row.at,
            client: row.client_id,
            by: row.by_organisation_id,
            command: row.command,
            kind: row.record_kind.0,
            record: row.record_id,
            detail: row.detail.map_or_else(|| json!({}), |detail| detail.0),
        }
    }
}

/// Walks the log from its beginning and checks every hash and that none is missing. Rows older than the chain are let pass.
pub fn verify(conn: &mut Conn) -> Result<Verdict, DbError> {
    const AT_ONCE: i64 = 1_000;
    let (head, head_hash): (i64, Option<Vec<u8>>) =
        event_head::table.select((event_head::position, event_head::hash)).get_result(conn)?;
    let (mut last, mut before): (i64, Option<Vec<u8>>) = (0, None);
    loop {
        let rows: Vec<Row> = events::table.filter(events::position.gt(last)).order(events::position).limit(AT_ONCE).load(conn)?;
        if rows.is_empty() {
            let sound = last == head && before == head_hash;
            return Ok(if sound { Verdict::Sound(last) } else { Verdict::Broken(last.saturating_add(1)) });
        }
        for row in rows {
            let expected = last.saturating_add(1);
            let older = row.hash.is_none() && before.is_none();
            if row.position != expected || !(older || row.hash.as_ref() == Some(&row.as_new().link(before.as_deref()))) {
                return Ok(Verdict::Broken(expected));
            }
            (last, before) = (row.position, row.hash);
        }
    }
}

impl Row {
    /// As it was when it was written, for its hash.
    fn as_new(&self) -> NewEvent<'_> {
        NewEvent {
            position: self.position,
            at: self.at,
            client_id: self.client_id,
            command: &self.command,
            record_kind: self.record_kind.0.as_str(),
            record_id: self.record_id,
            by_organisation_id: self.by_organisation_id,
            organisation_id: self.organisation_id,
            addressee_id: self.addressee_id,
            detail: self.detail.clone().unwrap_or(Document(json!({}))),
            hash: Vec::new(),
        }
    }
}

/// Which units the events behind a position may have changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Changed {
    /// These, each once.
    Units(Vec<Guid>),
    /// A site has moved: who lives near whom may have changed anywhere.
    Anything,
}

/// The units that the events behind `position` may have changed. A referral changes who is housed in the whole area of its unit.
pub fn units_changed_since(conn: &mut Conn, position: i64) -> Result<Changed, DbError> {
    use super::schema::{referrals, structures, units, vacancies};
    let moved = events::table
        .filter(events::position.gt(position))
        .filter(events::record_kind.eq(RecordKind::Structure.as_str()))
        .filter(events::command.eq("updateStructure"));
    if diesel::select(diesel::dsl::exists(moved)).get_result(conn)? {
        return Ok(Changed::Anything);
    }
    let of_kind = |kind: RecordKind| {
        events::table
            .filter(events::position.gt(position.into_sql::<BigInt>()))
            .filter(events::record_kind.eq(kind.as_str()))
            .select(events::record_id)
    };
    let mut changed: Vec<Guid> = of_kind(RecordKind::Unit).load(conn)?;
    changed.extend(
        vacancies::table
            .filter(vacancies::id.eq_any(of_kind(RecordKind::Vacancy)))
            .select(vacancies::unit_id)
            .load::<Guid>(conn)?,
    );
    let areas: Vec<String> = referrals::table
        .inner_join(units::table.inner_join(structures::table))
        .filter(referrals::id.eq_any(of_kind(RecordKind::Referral)))
        .select(structures::area)
        .distinct()
        .load(conn)?;
    if !areas.is_empty() {
        let near = units::table.inner_join(structures::table).filter(structures::area.eq_any(areas)).select(units::id);
        changed.extend(near.load::<Guid>(conn)?);
    }
    changed.sort_unstable();
    changed.dedup();
    Ok(Changed::Units(changed))
}
