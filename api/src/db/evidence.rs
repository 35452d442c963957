//! What `havre verify` knows: whether both logs are as they were written, and whether the records stand as the log of commands says that
//! they must.
//!
//! Each event says how its record stands since. So what the last events say, put together, is how beds, referrals, requests, homes, powers and
//! the organisations' own powers stand now; a row that stands otherwise was written by nobody's command. What quotas have counted of a day is held
//! against both logs too (`uses.rs`). The walk holds a batch of rows of a log in memory, and a line for each record.

mod uses;

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use matcher::Code as _;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::access_log::Entry;
use super::anchors::Anchors;
use super::chain::{Verdict, walk};
use super::events::{Row, Standing};
use super::schema::{anchor_mails, referrals, requests, structures, units, vacancies};
use super::types::Guid;
use super::{Conn, DbError, accounts, on_backend, organisations, webhooks};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::vouching::VouchingState;
use crate::domain::{By, Noted, RecordKind, ReferralState};
use crate::limits;
use uses::Uses;

/// What was found.
#[derive(Debug)]
pub struct Report {
    /// Of the log of commands.
    pub events: Verdict,
    /// Of the log of reads.
    pub reads: Verdict,
    /// Of the records, where the log of commands is as it was written: nothing is held against one that is not.
    pub records: Option<Records>,
}

impl Report {
    /// Whether all is as it was written.
    pub fn is_sound(&self) -> bool {
        let logs = [self.events, self.reads].iter().all(|verdict| matches!(verdict, Verdict::Sound(_)));
        logs && self.records.as_ref().is_some_and(|records| records.amiss == 0)
    }
}

/// How the records stand to what the events say.
#[derive(Debug, Default)]
pub struct Records {
    /// How many were compared.
    pub compared: usize,
    /// How many stand otherwise.
    pub amiss: usize,
    /// The first of those, at most [`limits::DIFFERENCES_NAMED`].
    pub named: Vec<Difference>,
}

impl Records {
    fn add(&mut self, difference: Difference) {
        self.amiss = self.amiss.saturating_add(1);
        if self.named.len() < limits::DIFFERENCES_NAMED {
            self.named.push(difference);
        }
    }
}

/// A record that stands otherwise than the events say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What kind of record.
    pub kind: RecordKind,
    /// Which.
    pub id: Uuid,
    /// How it stands; none where it is not there.
    pub stands: Option<String>,
    /// How it must stand; none where no event tells of it.
    pub told: Option<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, id) = (self.kind.as_str(), self.id);
        match (&self.stands, &self.told) {
            (Some(stands), Some(told)) => write!(f, "{kind} {id} stands as {stands}; by the events it is {told}"),
            (Some(stands), None) => write!(f, "{kind} {id} stands as {stands}; no event tells of it"),
            (None, Some(told)) => write!(f, "{kind} {id} is not there; by the events it is {told}"),
            (None, None) => write!(f, "{kind} {id}"),
        }
    }
}

/// Walks both logs, looks for what was anchored, and holds the records against what the events say, all as of one moment, which is now.
///
/// # Errors
/// Where the database or the key store cannot be asked; what is wrong with a row is no error but the answer.
pub fn verify(conn: &mut Conn, anchors: &Anchors, now: Instant) -> Result<Report, DbError> {
    let (mut told, mut uses) = (Told::default(), Uses::new(now));
    let events = walk::<Row>(conn, anchors, |row| {
        // The row of a newer program is sound like any other; of its record this one knows nothing.
        let Some(event) = row.standing() else { return };
        uses.hear(&event, told.is_first(&event));
        told.hear(&event);
    })?;
    let reads = walk::<Entry>(conn, anchors, |row| {
        let (operation, by, at) = row.reading();
        uses.read(operation, by, at);
    })?;
    let records = match events {
        Verdict::Sound(_) => {
            let mut found = told.compare(conn)?;
            // Of a log of reads that somebody has written to, what stands before that is heard.
            uses.compare(conn, &mut found)?;
            Some(found)
        }
        Verdict::Broken(..) => None,
    };
    Ok(Report { events, reads, records })
}

/// How all stands, told by the log alone.
#[derive(Default)]
struct Told {
    vacancies: HashMap<Uuid, Beds>,
    referrals: HashMap<Uuid, Asked>,
    /// Of all others the words that a row is compared by.
    others: HashMap<(RecordKind, Uuid), Box<str>>,
    /// Structures whose number another has given too.
    contested: HashSet<Uuid>,
}

/// What is told of a vacancy.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Beds {
    unit_id: Uuid,
    beds: i64,
    /// Follows from the referrals, whatever an event of the vacancy says.
    held: i64,
    withdrawn: bool,
}

impl Beds {
    fn words(self) -> String {
        let Self { unit_id, beds, held, withdrawn } = self;
        format!("beds {beds}, held {held}, withdrawn {withdrawn}, unit {unit_id}")
    }
}

/// What is told of a referral.
#[derive(Clone, Debug, Deserialize)]
struct Asked {
    request_id: Uuid,
    unit_id: Uuid,
    vacancy_id: Uuid,
    state: ReferralState,
    beds: i64,
    held: bool,
    by_phone: bool,
    #[serde(skip)]
    sides: [Option<OrganisationId>; 2],
    /// Whose commands have had its beds held: of one of them they are held, and count in that quota.
    #[serde(skip)]
    holders: Vec<Option<By>>,
}

impl Asked {
    fn words(self) -> String {
        let Self { request_id, unit_id, vacancy_id, state, beds, held, by_phone, sides: [organisation, addressee], holders } = self;
        let of = |organisation: Option<OrganisationId>| organisation.map(|id| id.to_string()).unwrap_or_default();
        let (state, organisation, addressee) = (state.as_str(), of(organisation), of(addressee));
        let held_by = match holders.first().filter(|_| held) {
            Some(Some(By { account: Some(account), .. })) => format!(" by {account}"),
            Some(Some(By { organisation, .. })) => format!(" for {organisation}"),
            _ => String::new(),
        };
        format!(
            "{state}, beds {beds}, held {held}{held_by}, by phone {by_phone}, vacancy {vacancy_id}, unit {unit_id}, request {request_id}, \
             of {organisation} to {addressee}"
        )
    }
}

/// What is told of a unit.
#[derive(Deserialize)]
struct OfUnit {
    structure_id: Uuid,
    ended: bool,
    /// Whether somebody vouches for it: what is matched hangs on it.
    vouching: VouchingState,
}

impl OfUnit {
    fn words(&self) -> String {
        format!("ended {}, {} by whoever vouches, structure {}", self.ended, self.vouching.as_str(), self.structure_id)
    }
}

fn words_of_structure(organisation: Option<OrganisationId>, ended: bool) -> String {
    format!("ended {ended}, organisation {}", organisation.map(|id| id.to_string()).unwrap_or_default())
}

fn with_number(words: &str, contested: bool) -> String {
    format!("{words}, number contested {contested}")
}

/// The verbs of these are told to whoever had the request, who has it no more.
const END_LENDING: [&str; 3] = ["endLending", "withdrawAgreement", "eraseRequest"];

fn words_of_request(organisation: Option<OrganisationId>, state: &str, lent_to: Option<OrganisationId>) -> String {
    let of = |id: Option<OrganisationId>| id.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
    format!("{state}, organisation {}, lent to {}", of(organisation), of(lent_to))
}

impl Told {
    /// Whether no event told of this record before.
    fn is_first(&self, event: &Standing<'_>) -> bool {
        match event.kind {
            RecordKind::Referral => !self.referrals.contains_key(&event.id),
            kind => !self.others.contains_key(&(kind, event.id)),
        }
    }

    /// One event more.
    fn hear(&mut self, event: &Standing<'_>) {
        let says = |name: &str| event.detail.get(name) == Some(&Value::Bool(true));
        match event.kind {
            RecordKind::Vacancy => {
                let Ok(now) = Beds::deserialize(event.detail) else { return };
                let held = self.vacancies.get(&event.id).map_or(0, |before| before.held);
                self.vacancies.insert(event.id, Beds { held, ..now });
            }
            RecordKind::Referral => {
                if let Ok(now) = Asked::deserialize(event.detail) {
                    let before = self.referrals.get(&event.id);
                    let was_held = before.is_some_and(|before| before.held);
                    let mut holders = before.map(|before| before.holders.clone()).unwrap_or_default();
                    if now.held && !was_held && !holders.contains(&event.by) {
                        holders.push(event.by);
                    }
                    self.put(event.id, Asked { sides: [event.organisation, event.addressee], holders, ..now });
                }
            }
            RecordKind::Request => {
                let state = event.detail.get("state").and_then(Value::as_str).unwrap_or_default();
                let lent_to = event.addressee.filter(|_| !END_LENDING.contains(&event.command));
                self.keep(event, words_of_request(event.organisation, state, lent_to));
            }
            RecordKind::Unit => {
                if let Ok(unit) = OfUnit::deserialize(event.detail) {
                    self.keep(event, unit.words());
                }
            }
            RecordKind::Structure => self.keep(event, words_of_structure(event.organisation, says("ended"))),
            RecordKind::Notice => {
                if says("registration_contested") {
                    self.contested.insert(event.id);
                } else if event.detail.get("registration_contested").is_some() {
                    self.contested.remove(&event.id);
                }
            }
            RecordKind::Webhook => self.keep(event, words(event.organisation, event.detail)),
            // An event of an account that says nothing of its powers changes none.
            RecordKind::Account | RecordKind::Organisation if event.detail.get("kind").is_some() => {
                self.keep(event, words(event.organisation, event.detail));
            }
            RecordKind::Account
            | RecordKind::Organisation
            | RecordKind::Session
            | RecordKind::KeepApart
            | RecordKind::Plan
            | RecordKind::PlanConfirmation
            | RecordKind::Event
            | RecordKind::Access
            | RecordKind::RememberedPhone
            | RecordKind::PendingChange
            | RecordKind::DoorContact
            | RecordKind::Alert => {}
        }
    }

    fn keep(&mut self, event: &Standing<'_>, words: String) {
        self.others.insert((event.kind, event.id), words.into());
    }

    /// What a referral does to beds: it holds those of its vacancy or does not, and an arrival takes them out.
    fn put(&mut self, id: Uuid, now: Asked) {
        let (vacancy_id, state, beds, held) = (now.vacancy_id, now.state, now.beds, now.held);
        let before = self.referrals.insert(id, now);
        if let Some(before) = before.as_ref().filter(|before| before.held)
            && let Some(vacancy) = self.vacancies.get_mut(&before.vacancy_id)
        {
            vacancy.held = vacancy.held.saturating_sub(before.beds);
        }
        let Some(vacancy) = self.vacancies.get_mut(&vacancy_id) else { return };
        if held {
            vacancy.held = vacancy.held.saturating_add(beds);
        }
        // Whoever comes back to a stay that had ended sleeps in beds that were taken out before.
        let arrives = state == ReferralState::Arrived
            && !before.is_some_and(|before| matches!(before.state, ReferralState::Arrived | ReferralState::Ended));
        if arrives {
            vacancy.beds = vacancy.beds.saturating_sub(beds);
            vacancy.withdrawn |= vacancy.beds == 0;
        }
    }

    /// Holds what was told against how the records stand.
    fn compare(mut self, conn: &mut Conn) -> Result<Records, DbError> {
        let mut found = Records::default();
        self.vacancies_stand(conn, &mut found)?;
        self.referrals_stand(conn, &mut found)?;
        let (mut all, read) = (Vec::new(), &mut found);
        look(&mut all, RecordKind::Request, requests_now(conn), read)?;
        look(&mut all, RecordKind::Unit, units_now(conn), read)?;
        look(&mut all, RecordKind::Structure, structures_now(conn), read)?;
        look(&mut all, RecordKind::Account, accounts_now(conn), read)?;
        look(&mut all, RecordKind::Organisation, organisations_now(conn), read)?;
        look(&mut all, RecordKind::Webhook, webhooks_now(conn), read)?;
        for (kind, id, stands) in all {
            let told = self.others.remove(&(kind, id)).map(String::from);
            let told = match kind {
                RecordKind::Structure => told.map(|told| with_number(&told, self.contested.contains(&id))),
                _ => told,
            };
            found.hold(kind, id, stands, told);
        }
        let vacancies = self.vacancies.into_iter().map(|(id, beds)| (RecordKind::Vacancy, id, beds.words()));
        let referrals = self.referrals.into_iter().map(|(id, asked)| (RecordKind::Referral, id, asked.words()));
        let others = self.others.into_iter().map(|((kind, id), words)| (kind, id, words.into()));
        // In an order of their own: who reads two reports compares them.
        let mut gone: Vec<(RecordKind, Uuid, String)> = vacancies.chain(referrals).chain(others).collect();
        gone.sort_unstable();
        gone.into_iter().for_each(|(kind, id, told)| found.add(Difference { kind, id, stands: None, told: Some(told) }));
        Ok(found)
    }

    fn vacancies_stand(&mut self, conn: &mut Conn, found: &mut Records) -> Result<(), DbError> {
        type Now = (Guid, Guid, i32, i32, bool);
        let mut after = None;
        loop {
            let query = vacancies::table.order(vacancies::id).limit(AT_ONCE).into_boxed();
            let query = if let Some(after) = after { query.filter(vacancies::id.gt(Guid(after))) } else { query };
            let columns =
                (vacancies::id, vacancies::unit_id, vacancies::beds, vacancies::held, vacancies::withdrawn_at.is_not_null());
            let rows: Vec<Now> = query.select(columns).load(conn)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.0.0);
            for (id, unit, beds, held, withdrawn) in rows {
                let stands = Beds { unit_id: unit.0, beds: beds.into(), held: held.into(), withdrawn };
                let told = self.vacancies.remove(&id.0).map(Beds::words);
                found.hold(RecordKind::Vacancy, id.0, stands.words(), told);
            }
        }
    }

    fn referrals_stand(&mut self, conn: &mut Conn, found: &mut Records) -> Result<(), DbError> {
        type Holder = (Option<AccountId>, Option<OrganisationId>);
        type Now = ((Guid, Guid, Guid, Guid), (OrganisationId, OrganisationId), (String, i32, bool, bool), Holder);
        let mut after = None;
        loop {
            let query = referrals::table.order(referrals::id).limit(AT_ONCE).into_boxed();
            let query = if let Some(after) = after { query.filter(referrals::id.gt(Guid(after))) } else { query };
            let ids = (referrals::id, referrals::request_id, referrals::unit_id, referrals::vacancy_id);
            let sides = (referrals::organisation_id, referrals::addressee_id);
            let standing = (referrals::state, referrals::beds, referrals::held, referrals::by_phone);
            let holder = (referrals::held_by_id, referrals::held_for_id);
            let rows: Vec<Now> = query.select((ids, sides, standing, holder)).load(conn)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.0.0.0);
            for ((id, request, unit, vacancy), (organisation, addressee), (state, beds, held, by_phone), (account, of)) in rows {
                let holder = of.map(|organisation| By { account, organisation });
                let told = self.referrals.remove(&id.0).map(|mut told| {
                    // Who took a step back holds nothing by it: beds stay with one of those who have held them.
                    told.holders.sort_unstable_by_key(|known| *known != holder);
                    told.words()
                });
                let (sides, holders) = ([Some(organisation), Some(addressee)], vec![holder]);
                let stands = <ReferralState as matcher::Code>::from_code(&state).map(|state| {
                    let (request_id, unit_id, vacancy_id) = (request.0, unit.0, vacancy.0);
                    Asked { request_id, unit_id, vacancy_id, state, beds: beds.into(), held, by_phone, sides, holders }.words()
                });
                found.hold(RecordKind::Referral, id.0, stands.unwrap_or(state), told);
            }
        }
    }
}

impl Records {
    /// Holds one record against what was told of it.
    fn hold(&mut self, kind: RecordKind, id: Uuid, stands: String, told: Option<String>) {
        self.compared = self.compared.saturating_add(1);
        if told.as_deref() != Some(&stands) {
            self.add(Difference { kind, id, stands: Some(stands), told });
        }
    }
}

/// Whether nobody has begun to mail the anchors of this day yet; then it is begun.
pub fn claim_mail(conn: &mut Conn, now: Instant) -> Result<bool, DbError> {
    let mail = (anchor_mails::day.eq(now.utc().date_naive()), anchor_mails::created_at.eq(now));
    let claimed = on_backend!(conn, |c| diesel::insert_into(anchor_mails::table).values(mail).on_conflict_do_nothing().execute(c))?;
    Ok(claimed > 0)
}

/// Rows that are looked at together.
const AT_ONCE: i64 = 5_000;

type Now = Vec<(Uuid, String)>;

/// Adds the records of a kind. Where a row of its table is none that this service writes, that is what is wrong with it.
fn look(
    all: &mut Vec<(RecordKind, Uuid, String)>,
    kind: RecordKind,
    now: Result<Now, DbError>,
    found: &mut Records,
) -> Result<(), DbError> {
    match now {
        Ok(now) => all.extend(now.into_iter().map(|(id, words)| (kind, id, words))),
        Err(error) if error.is_of_one_record() => {
            found.add(Difference { kind, id: Uuid::nil(), stands: Some(format!("what cannot be read ({error})")), told: None });
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn requests_now(conn: &mut Conn) -> Result<Now, DbError> {
    type Now = (Guid, OrganisationId, String, Option<OrganisationId>);
    let columns = (requests::id, requests::organisation_id, requests::state, requests::lent_to_id);
    let rows: Vec<Now> = requests::table.select(columns).load(conn)?;
    let words = |(id, organisation, state, lent_to): Now| (id.0, words_of_request(Some(organisation), &state, lent_to));
    Ok(rows.into_iter().map(words).collect())
}

fn units_now(conn: &mut Conn) -> Result<Now, DbError> {
    type Now = (Guid, Guid, bool, (bool, bool));
    let vouched = (units::first_vouched_at.is_not_null(), units::vouched_at.is_not_null());
    let rows: Vec<Now> =
        units::table.select((units::id, units::structure_id, units::ended_at.is_not_null(), vouched)).load(conn)?;
    let words = |(id, structure, ended, vouched): Now| {
        let vouching = match vouched {
            (false, _) => VouchingState::Never,
            (true, true) => VouchingState::Vouched,
            (true, false) => VouchingState::Again,
        };
        (id.0, OfUnit { structure_id: structure.0, ended, vouching }.words())
    };
    Ok(rows.into_iter().map(words).collect())
}

fn structures_now(conn: &mut Conn) -> Result<Now, DbError> {
    let columns = (structures::id, structures::organisation_id, structures::ended_at.is_not_null(), structures::contested);
    let rows: Vec<(Guid, OrganisationId, bool, bool)> = structures::table.select(columns).load(conn)?;
    let words = |(id, organisation, ended, contested): (Guid, OrganisationId, bool, bool)| {
        (id.0, with_number(&words_of_structure(Some(organisation), ended), contested))
    };
    Ok(rows.into_iter().map(words).collect())
}

fn accounts_now(conn: &mut Conn) -> Result<Now, DbError> {
    let all = accounts::all(conn)?;
    Ok(all.iter().map(|account| (account.caller.account.0, words_now(account))).collect())
}

fn organisations_now(conn: &mut Conn) -> Result<Now, DbError> {
    let all = organisations::all(conn)?;
    Ok(all.iter().map(|organisation| (organisation.id.0, words_now(organisation))).collect())
}

fn webhooks_now(conn: &mut Conn) -> Result<Now, DbError> {
    let all = webhooks::all(conn)?;
    Ok(all.iter().map(|webhook| (webhook.id.0, words_now(webhook))).collect())
}

/// What an event would say of a record that was noted now.
fn words_now(record: &impl Noted) -> String {
    let about = record.about();
    words(about.organisation, &about.detail)
}

/// What an event says of a record, in words: `name value`, by name. Of an account not which roles its organisation gives it today, which no
/// command on the account decides.
fn words(organisation: Option<OrganisationId>, detail: &Value) -> String {
    let mut said: Vec<String> = detail.as_object().into_iter().flatten().map(|(name, value)| format!("{name} {value}")).collect();
    said.retain(|said| !said.starts_with("roles "));
    said.extend(organisation.map(|id| format!("organisation {id}")));
    said.sort_unstable();
    said.join(", ")
}
