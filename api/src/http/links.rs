//! What the holder of a signed link may do without an account: open the referral it was sent about, and confirm its vacancy.

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::referrals::{ReferralRecord, record};
use super::vacancies::{VacancyRecord, refuse_withdrawn};
use crate::app::{App, Command};
use crate::auth::{Party, Sight};
use crate::db::access_log::Access;
use crate::db::events::By;
use crate::db::types::{Guid, Instant};
use crate::db::{Conn, DbError, link_keys, referrals, units, vacancies};
use crate::domain::{RecordKind, Referral};
use crate::error::{Code, Problem};
use crate::links::Opens;
use crate::schemas;

/// What a link opens.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedLink {
    /// Until when it is good.
    #[schema(value_type = schemas::Timestamp)]
    pub expires_at: Instant,
    /// The referral, as its addressee sees it.
    pub referral: ReferralRecord,
    /// The vacancy that is asked for.
    pub vacancy: VacancyRecord,
    /// Whether it may be confirmed by this link: not by a regulator's.
    pub may_confirm: bool,
}

/// The token of a link, not yet verified.
pub struct LinkToken(String);

impl FromRequest for LinkToken {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(request.match_info().get("token").unwrap_or_default().to_owned())))
    }
}

impl LinkToken {
    /// The token as it stands in the link.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The referral it opens. One that was never signed is not there; one that was good once says so.
    fn referral(&self, conn: &mut Conn, now: Instant) -> Result<(Referral, Instant), Problem> {
        let key = link_keys::find(conn)?;
        let opens = key.and_then(|key| Opens::verify(&key, &self.0)).ok_or_else(|| Problem::not_found("link"))?;
        if opens.expires_at <= now {
            return Err(Problem::new(Code::LinkExpired, "Sign in to open the referral; a later mail brings a new link."));
        }
        Ok((referrals::find_any(conn, opens.referral)?, opens.expires_at))
    }
}

/// Open a link
///
/// The referral that a mail was about, as its addressee sees it, with its vacancy. Opening changes nothing: mail programs open links by
/// themselves. The read is noted in the log of reads.
#[utoipa::path(get, path = "/api/v1/links/{token}", operation_id = "openLink", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The token at the end of the link.", max_length = 200)),
    responses((status = 200, description = "What it opens.", body = OpenedLink)))]
pub async fn open(app: Data<App>, token: LinkToken) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(opened(&app, token).await?))
}

/// What a link opens, with the read noted.
pub async fn opened(app: &App, token: LinkToken) -> Result<OpenedLink, Problem> {
    let clock = app.db().clone();
    let (referral, expires_at) = app
        .read(move |conn| {
            let now = clock.now(conn)?;
            token.referral(conn, now)
        })
        .await?;
    let access = Access { client: None, organisation: referral.addressee, operation: "openLink", kind: RecordKind::Request };
    let clock = app.db().clone();
    app.read_logged(access, move |conn| {
        let now = clock.now(conn)?;
        let referral = referrals::find_any(conn, referral.id)?;
        let vacancy = VacancyRecord::from(vacancies::find(conn, Sight::Departments, referral.vacancy)?);
        let (request, may_confirm) = (referral.request, runs_the_place(conn, &referral)?);
        let referral = record(conn, Party::Addressed(referral.addressee), now, referral)?;
        Ok((OpenedLink { expires_at, referral, vacancy, may_confirm }, vec![request]))
    })
    .await
}

/// Whether a referral is addressed to those who run the place, and not to a regulator.
fn runs_the_place(conn: &mut Conn, referral: &Referral) -> Result<bool, DbError> {
    Ok(units::find(conn, Sight::Departments, referral.unit)?.structure.organisation == referral.addressee)
}

/// Confirm a vacancy by a link
///
/// Says in one call that the vacancy that is asked for is still as declared; for a link that was sent to those who run the place. Said twice it says the same; it needs no key.
#[utoipa::path(post, path = "/api/v1/links/{token}/confirm-vacancy", operation_id = "confirmVacancyByLink", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The token at the end of the link.", max_length = 200)),
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn confirm_vacancy(app: Data<App>, token: LinkToken) -> Result<HttpResponse, Problem> {
    let clock = app.db().clone();
    let referral = app
        .read(move |conn| {
            let now = clock.now(conn)?;
            let (referral, _) = token.referral(conn, now)?;
            if runs_the_place(conn, &referral)? {
                Ok(referral)
            } else {
                Err(Problem::new(Code::RoleNotAllowed, "Only the organisation that runs the place says what is free there."))
            }
        })
        .await?;
    let by = By { client: None, organisation: referral.addressee };
    let command = Command::without_key(by, "confirmVacancyByLink", RecordKind::Vacancy);
    let vacancy: Guid = referral.vacancy;
    let stored = app
        .command(
            command,
            move |tx| {
                refuse_withdrawn(&vacancies::find(tx.conn, Sight::Departments, vacancy)?)?;
                vacancies::confirm(tx, vacancy)?;
                Ok(vacancy)
            },
            move |conn, id| Ok(vacancies::find(conn, Sight::Departments, id)?),
        )
        .await?;
    super::answers::record(&VacancyRecord::from(stored), &stored.declared())
}
