//! Requests kept apart: two referents, each at a request of their own, exchange a one-time code by phone. Neither learns more of the
//! other's request than that it is there.

use actix_web::HttpResponse;
use actix_web::web::Data;
use rand::TryRngCore as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answers;
use crate::app::{App, Command};
use crate::auth::{Actor, HandleRequests};
use crate::db::keep_apart::{self, StoredCode, StoredLink};
use crate::db::requests;
use crate::db::types::{Guid, Instant};
use crate::domain::{Faults, RecordKind, RequestState};
use crate::error::{Code, Problem};
use crate::extract::{Body, Id, IdempotencyKey, Params, TwoIds};
use crate::paging::{Cursor, Page, PageLimit};
use crate::{limits, schemas};

/// A code that links a request to another.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeepApartCodeRecord {
    /// Its id (UUIDv7).
    id: Uuid,
    /// The request it is of.
    request_id: Uuid,
    /// The code, to be read out to the other referent; null in every answer but the first: it is shown once.
    #[schema(required, value_type = Option<schemas::OneTimeCode>)]
    code: Option<String>,
    /// Until when it is good.
    #[schema(value_type = schemas::Timestamp)]
    expires_at: Instant,
    /// When it was used; null while it was not.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    used_at: Option<Instant>,
    /// When it was made.
    #[schema(value_type = schemas::Timestamp)]
    created_at: Instant,
}

/// A link between the request and one it is kept apart from.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeepApartLinkRecord {
    /// Its id (UUIDv7); the same on both sides.
    id: Uuid,
    /// When it was made.
    #[schema(value_type = schemas::Timestamp)]
    created_at: Instant,
    /// When it was ended; null while it holds.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    ended_at: Option<Instant>,
}

impl From<StoredLink> for KeepApartLinkRecord {
    fn from(link: StoredLink) -> Self {
        Self { id: link.id.0, created_at: link.created_at, ended_at: link.ended_at }
    }
}

/// A code that another referent has read out.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepApartCode {
    /// The code; capitals, hyphens and blanks do not matter.
    #[schema(value_type = String, example = "7Q4M-0XKD-2NVA", pattern = "^[0-9A-Za-z]([ -]?[0-9A-Za-z]){11}$")]
    code: OneTimeCode,
}

impl Faults for KeepApartCode {
    fn faults(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// Letters and digits that are not mistaken for each other on the phone (Crockford's base 32).
const LETTERS: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'M', 'N', 'P', 'Q', 'R',
    'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
];

/// Twelve letters: sixty random bits, good for a day and for one use.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct OneTimeCode(String);

impl OneTimeCode {
    fn new() -> Result<Self, Problem> {
        let mut bytes = [0_u8; 12];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(Problem::internal)?;
        Ok(Self(bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32))).collect()))
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    fn spelt(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }
}

impl TryFrom<String> for OneTimeCode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || "must be a code of 12 letters and digits, such as 7Q4M-0XKD-2NVA".to_owned();
        let mut code = String::new();
        let mut may_part = false;
        for letter in text.chars() {
            match letter.to_ascii_uppercase() {
                '-' | ' ' if may_part => may_part = false,
                letter if letter.is_ascii_alphanumeric() => {
                    code.push(match letter {
                        'O' => '0',
                        'I' | 'L' => '1',
                        other => other,
                    });
                    may_part = true;
                }
                _ => return Err(wrong()),
            }
        }
        if may_part && code.len() == 12 { Ok(Self(code)) } else { Err(wrong()) }
    }
}

/// Create a keep-apart code
///
/// A code for one use within 24 hours, to be given to the referent of people these must not meet. It is shown once.
#[utoipa::path(post, path = "/api/v1/requests/{request_id}/keep-apart-codes", operation_id = "createKeepApartCode", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey),
    responses((status = 201, description = "The code was made.", body = KeepApartCodeRecord)))]
pub async fn create_code(
    actor: Actor<HandleRequests>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (request, organisation) = (Guid(id.0), actor.organisation());
    let command = Command::new(&actor, "createKeepApartCode", RecordKind::KeepApart, Some(request), &[]).under(key);
    let code = OneTimeCode::new()?;
    let (hash, new) = (code.hash(), Guid::new());
    let stored = app
        .command(
            command,
            move |tx| {
                refuse_closed(requests::find(tx.conn, organisation, request)?.state)?;
                let expires_at = tx.now.plus(limits::KEEP_APART_CODE_VALID);
                keep_apart::insert_code(tx, new, request, &hash, expires_at)?;
                Ok(new)
            },
            |conn, id| Ok(keep_apart::find_code(conn, id)?),
        )
        .await?;
    let StoredCode { id, request, expires_at, used_at, created_at } = stored;
    // A replay answers with the record of the first call, whose code nobody knows any more.
    let code = (id == new).then(|| code.spelt());
    let record = KeepApartCodeRecord { id: id.0, request_id: request.0, code, expires_at, used_at, created_at };
    answers::created(&record, &record.id, format!("/api/v1/requests/{request}/keep-apart-links"))
}

/// Keep a request apart from another
///
/// Uses a code that the referent of the other request has read out. From then on neither household is proposed, nor let into, a place
/// where the other is housed or held, nor one near it. Both referents see the link, and nothing of the other's request.
#[utoipa::path(post, path = "/api/v1/requests/{request_id}/keep-apart-links", operation_id = "createKeepApartLink", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey), request_body = KeepApartCode,
    responses((status = 201, description = "They are kept apart.", body = KeepApartLinkRecord)))]
pub async fn create_link(
    actor: Actor<HandleRequests>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
    body: Body<KeepApartCode>,
) -> Result<HttpResponse, Problem> {
    let (request, organisation) = (Guid(id.0), actor.organisation());
    let command = Command::new(&actor, "createKeepApartLink", RecordKind::KeepApart, Some(request), &body.sent).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                refuse_closed(requests::find(tx.conn, organisation, request)?.state)?;
                let other = keep_apart::use_code(tx, &body.value.code.hash())?;
                let other = other.filter(|other| *other != request).ok_or_else(not_valid)?;
                for side in [request, other] {
                    let links = keep_apart::of_request(tx.conn, side)?;
                    if let Some(link) = links.iter().find(|link| [request, other].contains(&link.other)) {
                        return Ok(link.id);
                    }
                    if i64::try_from(links.len()).unwrap_or(i64::MAX) >= limits::KEEP_APART_LINKS_MAX {
                        let most = limits::KEEP_APART_LINKS_MAX;
                        return Err(Problem::new(Code::TooManyLinks, format!("At most {most}; end some.")).into());
                    }
                }
                let id = Guid::new();
                keep_apart::insert_link(tx, id, request, other)?;
                Ok(id)
            },
            move |conn, id| Ok(keep_apart::find_link(conn, request, id)?),
        )
        .await?;
    let record = KeepApartLinkRecord::from(stored);
    answers::created(&record, &record.id, format!("/api/v1/requests/{request}/keep-apart-links"))
}

/// End a keep-apart link
///
/// For both sides. The record stays.
#[utoipa::path(post, path = "/api/v1/requests/{request_id}/keep-apart-links/{link_id}/end", operation_id = "endKeepApartLink",
    tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), ("link_id" = Uuid, Path, description = "Id of the link."),
        schemas::CommandKey),
    responses((status = 200, description = "The link, ended.", body = KeepApartLinkRecord)))]
pub async fn end_link(
    actor: Actor<HandleRequests>,
    app: Data<App>,
    ids: TwoIds,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (request, link, organisation) = (Guid(ids.0), Guid(ids.1), actor.organisation());
    let command = Command::new(&actor, "endKeepApartLink", RecordKind::KeepApart, Some(link), &[]).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                requests::find(tx.conn, organisation, request)?;
                if keep_apart::find_link(tx.conn, request, link)?.ended_at.is_some() {
                    return Err(Problem::new(Code::LinkEnded, "It no longer keeps anyone apart.").into());
                }
                keep_apart::end_link(tx, link)?;
                Ok(link)
            },
            move |conn, id| Ok(keep_apart::find_link(conn, request, id)?),
        )
        .await?;
    let record = KeepApartLinkRecord::from(stored);
    answers::record(&record, &record.id)
}

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LinkQuery {
    /// Where the page begins: `next_cursor` of the page before.
    #[param(value_type = Option<schemas::Cursor>, required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<schemas::PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// List the keep-apart links of a request
///
/// Those that hold, oldest first, a page at a time.
#[utoipa::path(get, path = "/api/v1/requests/{request_id}/keep-apart-links", operation_id = "listKeepApartLinks", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), LinkQuery),
    responses((status = 200, description = "A page of links.", body = Page<KeepApartLinkRecord>)))]
pub async fn list(
    actor: Actor<HandleRequests>,
    app: Data<App>,
    id: Id,
    params: Params<LinkQuery>,
) -> Result<HttpResponse, Problem> {
    let LinkQuery { cursor, limit } = params.0;
    let (request, organisation) = (Guid(id.0), actor.organisation());
    let links = app
        .read(move |conn| {
            requests::find(conn, organisation, request)?;
            keep_apart::of_request(conn, request)
        })
        .await?;
    let after = links.into_iter().filter(|link| cursor.is_none_or(|Cursor(after)| after < link.id.0));
    let records = after.map(KeepApartLinkRecord::from).collect();
    Ok(HttpResponse::Ok().json(Page::cut(records, limit, |record: &KeepApartLinkRecord| record.id)))
}

fn refuse_closed(state: RequestState) -> Result<(), Problem> {
    match state {
        RequestState::Open | RequestState::Placed => Ok(()),
        RequestState::Closed => Err(Problem::new(Code::RequestClosed, "It was closed. Create a new request.")),
    }
}

fn not_valid() -> Problem {
    Problem::field(Code::CodeNotValid, "code", "no such code, or it was used, has run out, or is of this very request")
}
