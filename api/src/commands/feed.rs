//! What a caller is told of the log of commands: the one place where that is decided, for lists, live updates and webhooks alike.

use serde_json::{Value, json};

use crate::clock::Instant;
use crate::db::events::{self, EventFilter, StoredEvent};
use crate::db::{Conn, DbError};
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::{Caller, Reach, Record, RecordKind, Role, Scope};
use crate::paging::{Page, PageLimit, position_as_id};

/// The commands by which a referral is stopped, and which those who ask are told in its place.
const STOP: &str = "stopReferral";
const DECLINE: &str = "declineReferral";

/// The scopes that let a tool follow events.
pub const SCOPES: &[Scope] = &[Scope::Events];

/// Whose feed it is.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    /// What they reach.
    pub reach: Reach,
    /// The organisation they act for.
    pub own: OrganisationId,
}

/// An event as somebody is told it.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its place in the log.
    pub position: i64,
    /// When.
    pub at: Instant,
    /// The command.
    pub command: String,
    /// By which organisation, where that is told.
    pub by: Option<OrganisationId>,
    /// By which of its accounts, where that is told.
    pub account: Option<AccountId>,
    /// Which record.
    pub record: Record,
    /// How it stands since.
    pub detail: Value,
}

impl Feed {
    /// That of a tool, in all roles that its scopes open; none where they open none.
    pub fn of_tool(caller: Caller) -> Option<Self> {
        let roles = caller.roles_for(SCOPES)?;
        // An auditor's reading is noted, and a tool that reads by itself shows it to nobody.
        if roles.is_empty() || roles.contains(Role::Auditor) {
            return None;
        }
        Some(Self { reach: Reach::of(caller, roles), own: caller.organisation })
    }

    /// What of the log behind a position is theirs to read, and up to which it was looked at.
    pub fn behind(&self, conn: &mut Conn, filter: EventFilter, after: i64, limit: PageLimit) -> Result<(Page<Told>, i64), DbError> {
        // Whatever of them the caller reads, those up to here were looked at.
        let head = events::head(conn)?;
        let found = events::list(conn, self.reach, filter, after..head, limit)?;
        let page = Page::cut(found, limit, |event: &StoredEvent| position_as_id(event.position));
        let looked_at = match (&page.next_cursor, page.items.last()) {
            (Some(_), Some(last)) => last.position,
            _ => head.max(after),
        };
        Ok((page.map(|event| self.told(event)), looked_at))
    }

    /// The last position behind one at which something is theirs to read; none where nothing is.
    pub fn last_behind(&self, conn: &mut Conn, after: i64) -> Result<Option<i64>, DbError> {
        events::last_behind(conn, self.reach, after)
    }

    /// The event at a position, where it is theirs to read.
    pub fn at(&self, conn: &mut Conn, position: i64) -> Result<Option<Told>, DbError> {
        let only = position.saturating_sub(1)..position;
        let found = events::list(conn, self.reach, EventFilter::default(), only, PageLimit::most())?;
        Ok(found.into_iter().next().map(|event| self.told(event)))
    }

    /// An event as it is told. Those who ask are told nothing of whom their people must not meet: not that there was an encounter, and not that
    /// it was the coordination that stopped a referral. Nor does one side of a link learn which organisation is on the other.
    fn told(&self, event: StoredEvent) -> Told {
        let (reach, own) = (self.reach, self.own);
        let (audits, coordinates) = (reach.audits(), reach.coordinates().is_some());
        let answers = reach.provides().or(reach.keeps()).is_some() && event.addressee == Some(own);
        let stopped = event.command == STOP && !audits && !coordinates && !answers;
        // Nor does anybody below the rung of its contact learn whose a home is.
        let hides_author =
            matches!(event.record.kind, RecordKind::KeepApart | RecordKind::Structure | RecordKind::Unit | RecordKind::Vacancy);
        // Who runs it learns who declared on its word.
        let is_own_home = event.record.kind != RecordKind::KeepApart && event.organisation == Some(own);
        let (command, by) = match event.by {
            _ if stopped => (DECLINE.to_owned(), event.addressee),
            by => (event.command.clone(), by.filter(|by| !hides_author || audits || *by == own || is_own_home)),
        };
        let hears = audits || coordinates || (reach.keeps().is_some() && reach.keeps() == event.stand_in);
        // Of a record that is none of theirs, who hears of an encounter reads that and no more.
        let reads = event.encounter.is_none() || !hears || event.is_followed;
        let mut detail = if reads { event.detail } else { json!({}) };
        if let (Value::Object(fields), Some(encounter)) = (&mut detail, event.encounter.filter(|_| hears)) {
            fields.insert("encounter".to_owned(), encounter);
        }
        let account = event.account.filter(|_| audits || event.by == Some(own));
        Told { position: event.position, at: event.at, command, by, account, record: event.record, detail }
    }
}
