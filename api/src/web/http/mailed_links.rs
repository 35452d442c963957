//! What the holder of a link in a mail may do without an account: open the referral it was sent about, confirm its vacancy, take back what
//! its addressee did, and contradict what was written down for it.

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use matcher::Policy;
use serde::Serialize;
use utoipa::ToSchema;

use super::referrals::ReferralRecord;
use super::vacancies::VacancyRecord;
use crate::clock::Instant;
use crate::commands::{Order, Said, Service, mailed_links as commands};
use crate::db::referrals::{self, ReferralView};
use crate::db::vacancies::{self, StoredVacancy};
use crate::db::{Conn, Failure, Pulse, Reading, Turn};
use crate::domain::ids::{ReferralId, VacancyId};
use crate::domain::referral::Undo;
use crate::domain::{By, Reach, Referral};
use crate::live::Live;
use crate::web::answers;
use crate::web::extract::OptionalBody;
use crate::web::operations::{ConfirmVacancyByLink, ContradictReferralByLink, OpenLink, Operation as _, UndoReferralByLink};
use crate::web::problem::Problem;

/// What a link opens.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedLink {
    /// Until when it is good.
    pub expires_at: Instant,
    /// The referral, with what its addressee needs to answer.
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

    /// For whom the link was sent: its holder has no client.
    async fn by(&self, service: &Service, pulse: Pulse, operation: &'static str) -> Result<By, Problem> {
        let token = self.0.clone();
        let find = move |reading: &mut Reading<'_>| {
            let by = sent_to(&commands::referral_of(reading.conn, reading.now, &token)?.0);
            Ok((by, by))
        };
        Ok(service.read_for(operation, pulse, find).await?)
    }
}

fn sent_to(referral: &Referral) -> By {
    By { account: None, organisation: referral.addressee }
}

/// Open a link
///
/// The referral that a mail was about, with what its addressee needs to answer (ages in bands), and its vacancy. Opening changes nothing: mail programs open links by
/// themselves. The read is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The token at the end of the link.", max_length = 200)),
    responses((status = 200, description = "What it opens.", body = OpenedLink)))]
pub async fn open(service: Data<Service>, token: LinkToken) -> Result<HttpResponse, Problem> {
    answers::json(&opened(&service, token, OpenLink::SPEC.id).await?)
}

/// What a link opens, with the read noted.
pub async fn opened(service: &Service, token: LinkToken, operation: &'static str) -> Result<OpenedLink, Problem> {
    let find = move |reading: &mut Reading<'_>| {
        let opened = commands::open(reading.conn, reading.now, &token.0)?;
        let by = sent_to(&opened.referral.referral);
        let referral = ReferralRecord::show_by_link(reading, opened.referral)?;
        let (expires_at, vacancy, may_confirm) = (opened.expires_at, opened.vacancy.into(), opened.may_confirm);
        Ok((by, OpenedLink { expires_at, referral, vacancy, may_confirm }))
    };
    Ok(service.read_for(operation, service.pulse().await?, find).await?)
}

/// Confirm a vacancy by a link
///
/// Says in one call that the vacancy that is asked for is still as declared; for a link that was sent to those who run the place. Said twice it
/// says the same; it needs no key.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The token at the end of the link.", max_length = 200)),
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn confirm_vacancy(service: Data<Service>, token: LinkToken) -> Result<HttpResponse, Problem> {
    let stored = confirmed(&service, token).await?;
    answers::record(&VacancyRecord::from(stored), &stored.declared())
}

/// Take the last command back by a link
///
/// The addressee of the link takes back the last command that it has given on the referral, as `undoReferral` does. Said twice it is refused;
/// it needs no key.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The token at the end of the link.", max_length = 200)),
    request_body = Option<Undo>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn undo(service: Data<Service>, token: LinkToken, body: OptionalBody<Undo>) -> Result<HttpResponse, Problem> {
    let run = move |turn: &mut Turn<'_>, policy: &Policy, token: &str| commands::undo(turn, policy, token, &body.value);
    let record = give(&service, token, UndoReferralByLink::SPEC.id, run).await?;
    answers::record(&record, &record)
}

/// Say by a link that what came by phone is not so
///
/// The addressee of the link contradicts what those who asked have written down for it, as `contradictReferral` does. Said twice it is refused;
/// it needs no key.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The token at the end of the link.", max_length = 200)),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn contradict(service: Data<Service>, token: LinkToken) -> Result<HttpResponse, Problem> {
    let record = contradicted(&service, token).await?;
    answers::record(&record, &record)
}

/// Contradicts what was written down for the addressee of a link.
pub async fn contradicted(service: &Service, token: LinkToken) -> Result<ReferralRecord, Problem> {
    give(service, token, ContradictReferralByLink::SPEC.id, commands::contradict).await
}

/// Gives a command on the referral of a link as its addressee.
async fn give(
    service: &Service,
    token: LinkToken,
    command: &'static str,
    run: impl Fn(&mut Turn<'_>, &Policy, &str) -> Result<ReferralView, Failure> + Send + 'static,
) -> Result<ReferralRecord, Problem> {
    let pulse = service.pulse().await?;
    let by = token.by(service, pulse, command).await?;
    let order = Order { by, command, key: None, about: None, said: Said::default() };
    let find = move |conn: &mut Conn, id| referrals::view(conn, Reach::running(by.organisation), pulse.now, ReferralId(id));
    let run = move |turn: &mut Turn<'_>, live: &Live| run(turn, live.policy(), &token.0);
    let show = |reading: &mut Reading<'_>, view: ReferralView| Ok(ReferralRecord::show_by_link(reading, view)?);
    Ok(service.command(order, run, find, show).await?)
}

/// Confirms the vacancy a link was sent about.
pub async fn confirmed(service: &Service, token: LinkToken) -> Result<StoredVacancy, Problem> {
    let (pulse, command) = (service.pulse().await?, ConfirmVacancyByLink::SPEC.id);
    let by = token.by(service, pulse, command).await?;
    let order = Order { by, command, key: None, about: None, said: Said::default() };
    let find = move |conn: &mut Conn, id| vacancies::find(conn, Reach::running(by.organisation), VacancyId(id));
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::confirm_vacancy(turn, &token.0);
    Ok(service.command(order, run, find, |_: &mut Reading<'_>, stored: StoredVacancy| Ok(stored)).await?)
}
