//! *Journaux*: who read what, who did what, and whether both logs are as they were written. For auditors; their own reading is noted too.

use std::collections::BTreeMap;

use actix_web::web::Data;
use chrono::{NaiveDate, NaiveTime, TimeDelta, TimeZone as _};
use matcher::{Code as _, Department};
use maud::{Markup, html};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use super::{Page, Viewer, answer, local_time, words};
use crate::clock::{Instant, zone};
use crate::commands::Service;
use crate::db::access_log::{self, LogFilter, StoredAccess};
use crate::db::anchors::Anchors;
use crate::db::events::{self, StoredEvent};
use crate::db::evidence::{self, Report};
use crate::db::{Conn, DbError, Reading, Verdict, organisations};
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::{Record, RecordKind};
use crate::limits::RECORDS_SHOWN;
use crate::paging::{self, Cursor, Order, PageLimit, position_as_id};
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::operations::{ShowLogs, VerifyLogs};

/// Which log, and what of it. A field that is left empty narrows nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogsQuery {
    #[serde(default)]
    journal: Log,
    #[serde(default, deserialize_with = "given")]
    organisme: Option<OrganisationId>,
    #[serde(default, deserialize_with = "given")]
    compte: Option<AccountId>,
    #[serde(default, deserialize_with = "given")]
    sorte: Option<RecordKind>,
    #[serde(default, deserialize_with = "given")]
    fiche: Option<Uuid>,
    #[serde(default, deserialize_with = "given")]
    operation: Option<String>,
    #[serde(default, deserialize_with = "given")]
    du: Option<NaiveDate>,
    #[serde(default, deserialize_with = "given")]
    au: Option<NaiveDate>,
    #[serde(default)]
    avant: Option<Cursor>,
}

/// One of the two logs.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
enum Log {
    /// Who was shown what.
    #[default]
    #[serde(rename = "lectures")]
    Reads,
    /// Who did what.
    #[serde(rename = "actes")]
    Commands,
}

impl Log {
    fn as_str(self) -> &'static str {
        match self {
            Self::Reads => "lectures",
            Self::Commands => "actes",
        }
    }
}

/// What a field says; nothing where it is empty, as a form sends it.
fn given<'de, D: Deserializer<'de>, T: for<'t> Deserialize<'t>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read: serde::de::value::StrDeserializer<'_, D::Error> = serde::de::IntoDeserializer::into_deserializer(text);
    T::deserialize(read).map(Some)
}

impl LogsQuery {
    /// The filter, its days being those of the reader.
    fn filter(&self, here: Department) -> LogFilter {
        let midnight = |day: NaiveDate| {
            zone(here).from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest().map(|at| Instant::new(at.to_utc()))
        };
        LogFilter {
            organisation: self.organisme,
            account: self.compte,
            kind: self.sorte,
            record: self.fiche,
            operation: self.operation.clone(),
            since: self.du.and_then(midnight),
            until: self.au.and_then(|day| midnight(day.checked_add_signed(TimeDelta::days(1))?)),
        }
    }

    /// The address of the same reading, with one thing changed.
    fn with(&self, field: &str, value: &str) -> String {
        let text = |value: Option<String>| value.unwrap_or_default();
        let fields = [
            ("journal", self.journal.as_str().to_owned()),
            ("organisme", text(self.organisme.map(|id| id.to_string()))),
            ("compte", text(self.compte.map(|id| id.to_string()))),
            ("sorte", text(self.sorte.map(|kind| kind.as_str().to_owned()))),
            ("fiche", text(self.fiche.map(|id| id.to_string()))),
            ("operation", text(self.operation.clone())),
            ("du", text(self.du.map(|day| day.to_string()))),
            ("au", text(self.au.map(|day| day.to_string()))),
        ];
        let mut address = form_urlencoded::Serializer::new(String::new());
        for (name, known) in fields.iter().filter(|(name, known)| *name != field && !known.is_empty()) {
            address.append_pair(name, known);
        }
        address.append_pair(field, value);
        format!("/journaux?{}", address.finish())
    }
}

/// An entry of either log, as a line of the page.
struct Line {
    position: i64,
    at: Instant,
    organisation: Option<OrganisationId>,
    account: Option<AccountId>,
    operation: String,
    kind: RecordKind,
    records: Vec<Uuid>,
}

impl From<StoredAccess> for Line {
    fn from(read: StoredAccess) -> Self {
        let StoredAccess { position, at, by, operation, kind, records } = read;
        Self { position, at, organisation: Some(by.organisation), account: by.account, operation, kind, records }
    }
}

impl From<StoredEvent> for Line {
    fn from(event: StoredEvent) -> Self {
        let StoredEvent { position, at, account, by, command, record, .. } = event;
        Self { position, at, organisation: by, account, operation: command, kind: record.kind, records: vec![record.id] }
    }
}

/// The names of organisations.
type Names = BTreeMap<OrganisationId, String>;

/// Shows a page of a log, the newest entries first.
pub async fn show(viewer: Viewer, actor: Actor<ShowLogs>, service: Data<Service>, query: Params<LogsQuery>) -> Page {
    let here = local_time::here(&actor, &service).await?;
    let asked = query.0;
    let (filter, log, before) = (asked.filter(here), asked.journal, asked.avant);
    let find = move |reading: &mut Reading<'_>| {
        let limit = PageLimit::default();
        let found: Vec<Line> = match log {
            Log::Reads => of(access_log::list(reading.conn, &filter, Order::Newest, before, limit)?),
            Log::Commands => of(events::audit(reading.conn, &filter, Order::Newest, before, limit)?),
        };
        let page = paging::Page::cut(found, limit, |line: &Line| position_as_id(line.position));
        let kind = if log == Log::Reads { RecordKind::Access } else { RecordKind::Event };
        page.items.iter().for_each(|line| reading.shows(Record { kind, id: position_as_id(line.position) }));
        Ok((page, names(reading.conn)?))
    };
    let (page, names) = service.read(actor.access(), actor.pulse(), find).await?;
    let content = html! {
        p { (words::LOGS_LEAD) }
        nav aria-label=(words::LOGS_WHICH) {
            ul.tabs {
                @for (log, name) in [(Log::Reads, words::LOG_OF_READS.text()), (Log::Commands, words::LOG_OF_COMMANDS.text())] {
                    li { a href=(asked.with("journal", log.as_str())) aria-current=[(log == asked.journal).then_some("page")] { (name) } }
                }
                li { a href="/journaux/verification" { (words::VERIFY_LOGS) } }
            }
        }
        (filters(&asked, &names))
        (lines(&asked, &page.items, &names, here))
        @if let Some(older) = &page.next_cursor { p { a.button href=(asked.with("avant", older)) { (words::OLDER_ENTRIES) } } }
    };
    answer(&viewer, words::LOGS.text(), &content)
}

fn of<T: Into<Line>>(entries: Vec<T>) -> Vec<Line> {
    entries.into_iter().map(Into::into).collect()
}

fn names(conn: &mut Conn) -> Result<Names, DbError> {
    organisations::names(conn)
}

fn filters(asked: &LogsQuery, names: &Names) -> Markup {
    let (first, last) = (asked.du.map(|day| day.to_string()), asked.au.map(|day| day.to_string()));
    html! {
        form.filters method="get" action="/journaux" {
            input type="hidden" name="journal" value=(asked.journal.as_str());
            div.row {
                label { (words::ORGANISATION) " " select name="organisme" {
                    option value="" { (words::ALL_OF_THEM) }
                    @for (id, name) in names { option value=(id) selected[asked.organisme == Some(*id)] { (name) } }
                } }
                label { (words::RECORD_KIND) " " select name="sorte" {
                    option value="" { (words::ALL_OF_THEM) }
                    @for kind in RecordKind::ALL { option value=(kind.as_str()) selected[asked.sorte == Some(*kind)] { (words::label(*kind)) } }
                } }
                label { (words::OPERATION) " " input type="text" name="operation" value=[asked.operation.as_deref()] maxlength="60" autocapitalize="none" spellcheck="false"; }
                label { (words::ACCOUNT_ID) " " input type="text" name="compte" value=[asked.compte.map(|id| id.to_string())] maxlength="36" spellcheck="false"; }
                label { (words::RECORD_ID) " " input type="text" name="fiche" value=[asked.fiche.map(|id| id.to_string())] maxlength="36" spellcheck="false"; }
                label { (words::FIRST_DAY_OF) " " input type="date" name="du" value=[first]; }
                label { (words::LAST_DAY_OF) " " input type="date" name="au" value=[last]; }
                div.actions {
                    button type="submit" { (words::FILTER) }
                    a href=(format!("/journaux?journal={}", asked.journal.as_str())) { (words::NO_FILTER) }
                }
            }
        }
    }
}

fn lines(asked: &LogsQuery, lines: &[Line], names: &Names, here: Department) -> Markup {
    if lines.is_empty() {
        return html! { div.notice { p { (words::NO_ENTRY) } } };
    }
    html! {
        div.wide tabindex="0" role="region" aria-label=(words::LOGS) {
            table {
                thead { tr { @for name in [words::WHEN.text(), words::WHO_DID.text(), words::OPERATION.text(), words::RECORDS.text()] { th scope="col" { (name) } } } }
                tbody { @for line in lines { (one(asked, line, names, here)) } }
            }
        }
    }
}

fn one(asked: &LogsQuery, line: &Line, names: &Names, here: Department) -> Markup {
    html! {
        tr {
            td { (words::moment(line.at, here)) br; span.hint { "n° " (line.position) } }
            td {
                @match line.organisation {
                    Some(id) => a href=(asked.with("organisme", &id.to_string())) { (names.get(&id).map_or("?", String::as_str)) },
                    None => (words::BY_ITSELF),
                }
                @if let Some(account) = line.account { br; a.id href=(asked.with("compte", &account.to_string())) { (account) } }
                @else if line.organisation.is_some() { br; span.hint { (words::BY_LINK) } }
            }
            td { a href=(asked.with("operation", &line.operation)) { code { (line.operation) } } }
            td {
                (words::label(line.kind))
                @let (shown, more) = line.records.split_at(line.records.len().min(RECORDS_SHOWN));
                (records(asked, shown))
                @if !more.is_empty() { details { summary { (words::request::and_more(more.len())) } (records(asked, more)) } }
            }
        }
    }
}

fn records(asked: &LogsQuery, records: &[Uuid]) -> Markup {
    html! { ul.plain { @for record in records { li { a.id href=(asked.with("fiche", &record.to_string())) { (record) } } } } }
}

/// Walks both logs from their beginning, says whether each row is as it was written, and whether the records stand as the log of commands
/// says: what `havre verify` does, but for what was anchored elsewhere.
pub async fn verify(viewer: Viewer, actor: Actor<VerifyLogs>, service: Data<Service>) -> Page {
    let find = move |reading: &mut Reading<'_>| Ok(evidence::verify(reading.conn, &Anchors::default(), reading.now)?);
    let Report { events, reads, records } = service.read(actor.access(), actor.pulse(), find).await?;
    let content = html! {
        @for (log, verdict) in [(words::LOG_OF_COMMANDS, events), (words::LOG_OF_READS, reads)] {
            section.card {
                h2 { (log) }
                @match verdict {
                    Verdict::Sound(rows) => p { strong { (words::LOG_SOUND) } " " (words::rows(rows)) " " span.hint { (words::logs::NOT_ANCHORED) } },
                    Verdict::Broken(row, wrong) => div.notice role="alert" {
                        p { strong { (words::LOG_BROKEN) } " n° " (row) ". " (words::logs::wrong(wrong)) " " (words::LOG_BROKEN_TEXT) }
                    },
                }
            }
        }
        section.card {
            h2 { (words::logs::RECORDS) }
            @match &records {
                Some(records) if records.amiss == 0 => p { strong { (words::LOG_SOUND) } " " (words::logs::compared(records.compared)) },
                Some(records) => div.notice role="alert" {
                    p { strong { (words::logs::amiss(records.amiss)) } }
                    ul { @for one in &records.named { li { (words::label(one.kind)) " " span.id { (one.id) } } } }
                },
                None => p { (words::logs::RECORDS_NOT_COMPARED) },
            }
        }
        p { a.button href="/journaux" { (words::LOGS) } }
    };
    answer(&viewer, words::VERIFY_LOGS.text(), &content)
}
