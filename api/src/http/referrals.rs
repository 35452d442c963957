//! Referrals as they are read: by those who ask and by the addressee, each with what is theirs to see.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Day, Door, Gender, Language, Minority, Nights, Offer, Stage, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answers;
use crate::app::App;
use crate::auth::{Actor, Party, ReadReferrals};
use crate::clock::civil;
use crate::db::access_log::Access;
use crate::db::referrals::{self, ReferralFilter};
use crate::db::types::{Guid, Instant};
use crate::db::{Conn, DbError, refusals, requests, units, vacancies};
use crate::domain::referral::{Override, ReferralWarning, StayEnd};
use crate::domain::{RecordKind, Referral, ReferralState, Refusal, Request, Shared, Vacancy};
use crate::error::Problem;
use crate::extract::{Id, Params};
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;

/// A referral: a request put to a place.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferralRecord {
    /// Its id (UUIDv7).
    pub id: Uuid,
    /// The request.
    pub request_id: Uuid,
    /// The organisation that asks.
    pub organisation_id: Uuid,
    /// The organisation that answers: that of the structure, or the regulator registered for the door.
    pub addressee_id: Uuid,
    /// The unit.
    pub unit_id: Uuid,
    /// The vacancy.
    pub vacancy_id: Uuid,
    /// The door it goes through.
    #[schema(value_type = schemas::Door)]
    pub door: Door,
    /// Where it stands.
    #[schema(value_type = schemas::ReferralState)]
    pub state: ReferralState,
    /// How many beds it needs.
    #[schema(minimum = 1)]
    pub beds: u32,
    /// Whether they are held now.
    pub held: bool,
    /// Whether the last answer came by phone and was written down by those who asked.
    pub by_phone: bool,
    /// When it expires unless who must act does; null once it cannot.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    pub deadline: Option<Instant>,
    /// The day of an interview before admission.
    #[schema(required, value_type = Option<schemas::Day>)]
    pub interview_on: Option<Day>,
    /// The day of the journey.
    #[schema(required, value_type = Option<schemas::Day>)]
    pub travel_on: Option<Day>,
    /// When the people are expected.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    pub expected_arrival: Option<Instant>,
    /// What the addressee needs to answer, as far as it may be shown.
    pub asks_for: AsksFor,
    /// Rules that were let pass, and why; null for the addressee.
    #[schema(required)]
    pub overrides: Option<Vec<Override>>,
    /// Why it came to nothing; null while it has not, and for the addressee when it was withdrawn.
    #[schema(required)]
    pub refusal: Option<Refusal>,
    /// Why the stay ended; null while it has not.
    #[schema(required, value_type = Option<schemas::StayEnd>)]
    pub end_reason: Option<StayEnd>,
    /// For the place, once the stay is over: the vacancy it may declare now, ready to be sent. Nothing is free until it is.
    #[schema(required)]
    pub offered_declaration: Option<OfferedDeclaration>,
    /// What to know about it.
    #[schema(value_type = Vec<schemas::ReferralWarning>)]
    pub warnings: Vec<ReferralWarning>,
    /// When it was created.
    #[schema(value_type = schemas::Timestamp)]
    pub created_at: Instant,
    /// When the addressee had seen it.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    pub acknowledged_at: Option<Instant>,
    /// When the addressee agreed.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    pub accepted_at: Option<Instant>,
    /// When those who asked confirmed.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    pub confirmed_at: Option<Instant>,
    /// When the people arrived.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    pub arrived_at: Option<Instant>,
    /// When it came to its end, whichever.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    pub ended_at: Option<Instant>,
    /// When it last changed.
    #[schema(value_type = schemas::Timestamp)]
    pub updated_at: Instant,
}

/// What a household asks for.
#[derive(Debug, Serialize, ToSchema)]
pub struct AsksFor {
    /// How many people.
    #[schema(minimum = 1)]
    pub people: u32,
    /// Whether two adults of the household are a couple.
    pub couple: bool,
    /// The stage looked for.
    #[schema(value_type = schemas::Stage)]
    pub stage: Stage,
    /// How soon.
    #[schema(value_type = schemas::Urgency)]
    pub urgency: Urgency,
    /// The first day a bed is needed.
    #[schema(value_type = schemas::Day)]
    pub first_day: Day,
    /// How many nights are wished for.
    #[schema(value_type = schemas::Nights)]
    pub nights: Nights,
    /// Who they are; null where it is not shared, or no more.
    #[schema(required)]
    pub household: Option<Vec<PersonAsked>>,
    /// What the place must offer; null where it is not shared, or no more.
    #[schema(required, value_type = Option<Vec<schemas::Offer>>)]
    pub required: Option<Vec<Offer>>,
    /// What the place had better offer; null where it is not shared, or no more.
    #[schema(required, value_type = Option<Vec<schemas::Offer>>)]
    pub wished: Option<Vec<Offer>>,
    /// The languages they need or wish to speak; null where it is not shared, or no more.
    #[schema(required, value_type = Option<Vec<schemas::Language>>)]
    pub languages: Option<Vec<Language>>,
}

/// One person, as far as an addressee needs to know.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonAsked {
    /// As the person says it.
    #[schema(value_type = schemas::Gender)]
    pub gender: Gender,
    /// Whether of age.
    #[schema(value_type = schemas::Minority)]
    pub minority: Minority,
    /// In completed years; null when unknown.
    #[schema(required, minimum = 0, maximum = 150)]
    pub age: Option<u8>,
    /// A parent is in the household and the link is established.
    pub with_parent: bool,
}

/// A vacancy that may be declared.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferedDeclaration {
    /// The unit to declare it for.
    pub unit_id: Uuid,
    /// The body of `declareVacancy`.
    pub vacancy: Vacancy,
}

impl AsksFor {
    /// Those who asked see all; the addressee what the person agreed to, as long as they may come or are there.
    fn new(request: &Request, referral: &Referral, party: Party) -> Self {
        let concerns = referral.state.is_open() || referral.state == ReferralState::Arrived;
        let people = referral.beds;
        let shared = |what| match party {
            Party::Asking(_) => true,
            Party::Addressed(_) => concerns && request.legal_basis.shares(what),
        };
        let household = request.household.0.iter().map(|person| PersonAsked {
            gender: person.gender,
            minority: person.minority,
            age: person.age.map(matcher::Age::get),
            with_parent: person.with_parent,
        });
        let languages = request.required_languages.0.iter().chain(&request.wished_languages.0).copied();
        Self {
            people,
            couple: request.couple,
            stage: request.stage,
            urgency: request.urgency,
            first_day: request.first_day,
            nights: request.nights,
            household: shared(Shared::Household).then(|| household.collect()),
            required: shared(Shared::Needs).then(|| request.required.0.clone()),
            wished: shared(Shared::Needs).then(|| request.wished.0.clone()),
            languages: shared(Shared::Languages).then(|| languages.collect()),
        }
    }
}

/// A referral with what belongs to it, as a party sees it.
pub fn record(conn: &mut Conn, party: Party, now: Instant, referral: Referral) -> Result<ReferralRecord, DbError> {
    let request = requests::find_any(conn, referral.request)?.declared;
    let refusal = match (party, referral.state) {
        (_, state) if state.is_open() => None,
        // What the people told those who asked stays with them.
        (Party::Addressed(_), ReferralState::Withdrawn) => None,
        _ => refusals::of_referral(conn, referral.id)?,
    };
    let offered_declaration = match party {
        Party::Addressed(organisation) if referral.state == ReferralState::Ended => offered(conn, organisation, now, &referral)?,
        Party::Addressed(_) | Party::Asking(_) => None,
    };
    let guardian_missing = request.lone_minors_known().any(|known| !known.is_some_and(|known| known.guardian_appointed));
    Ok(ReferralRecord {
        id: referral.id.0,
        request_id: referral.request.0,
        organisation_id: referral.organisation.0,
        addressee_id: referral.addressee.0,
        unit_id: referral.unit.0,
        vacancy_id: referral.vacancy.0,
        door: referral.door,
        state: referral.state,
        beds: referral.beds,
        held: referral.held,
        by_phone: referral.by_phone,
        deadline: referral.deadline,
        interview_on: referral.course.interview_on,
        travel_on: referral.course.travel_on,
        expected_arrival: referral.expected_arrival,
        asks_for: AsksFor::new(&request, &referral, party),
        overrides: matches!(party, Party::Asking(_)).then_some(referral.course.overrides),
        refusal,
        end_reason: referral.course.end_reason,
        offered_declaration,
        warnings: if guardian_missing { vec![ReferralWarning::GuardianMissing] } else { Vec::new() },
        created_at: referral.created_at,
        acknowledged_at: referral.course.acknowledged_at,
        accepted_at: referral.course.accepted_at,
        confirmed_at: referral.course.confirmed_at,
        arrived_at: referral.course.arrived_at,
        ended_at: referral.course.ended_at,
        updated_at: referral.updated_at,
    })
}

/// The beds of a stay that is over, from today in the civil time of the unit, until the day they were to be empty if that is to come.
/// Offered to the place itself, which declares, and not to a regulator.
fn offered(conn: &mut Conn, organisation: Guid, now: Instant, referral: &Referral) -> Result<Option<OfferedDeclaration>, DbError> {
    let unit = units::find(conn, crate::auth::Sight::Departments, referral.unit)?;
    if unit.structure.organisation != organisation {
        return Ok(None);
    }
    let before = vacancies::find(conn, crate::auth::Sight::Departments, referral.vacancy)?;
    let today = Day::new(civil(now, unit.structure.declared.department).date_naive()).map_err(DbError::damaged)?;
    let beds = matcher::Beds::new(referral.beds).map_err(DbError::damaged)?;
    let until = before.until.filter(|until| today < *until);
    Ok(Some(OfferedDeclaration { unit_id: referral.unit.0, vacancy: Vacancy { beds, from: today, until } }))
}

/// What a list of referrals is narrowed by; all that is given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReferralQuery {
    /// Only in this state.
    #[param(value_type = Option<schemas::ReferralState>, required = false, nullable = false)]
    state: Option<ReferralState>,
    /// `true`: only those that can still lead to a stay; `false`: only the others.
    #[param(required = false, nullable = false)]
    open: Option<bool>,
    /// Only of this request.
    #[param(required = false, nullable = false)]
    request_id: Option<Uuid>,
    /// Only to this unit.
    #[param(required = false, nullable = false)]
    unit_id: Option<Uuid>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(value_type = Option<schemas::Cursor>, required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<schemas::PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// Read a referral
///
/// As it stands now; one past its deadline is expired. The read is noted in the log of reads.
#[utoipa::path(get, path = "/api/v1/referrals/{referral_id}", operation_id = "getReferral", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral.")),
    responses((status = 200, description = "The referral.", body = ReferralRecord)))]
pub async fn get(actor: Actor<ReadReferrals>, app: Data<App>, id: Id) -> Result<HttpResponse, Problem> {
    let (party, clock) = (actor.party(), app.db().clone());
    let access = Access {
        client: Some(actor.identity().client),
        organisation: actor.organisation(),
        operation: "getReferral",
        kind: RecordKind::Request,
    };
    let record = app
        .read_logged(access, move |conn| {
            let referral = referrals::find(conn, party, Guid(id.0))?;
            let request = referral.request;
            let now = clock.now(conn)?;
            Ok((record(conn, party, now, referral)?, vec![request]))
        })
        .await?;
    answers::record(&record, &record)
}

/// List referrals
///
/// Those of the caller's requests, or those addressed to it, and for a place whoever comes to it through a regulator's door, that all the given filters let through, oldest first, a page at a time. The
/// read of each is noted in the log of reads.
#[utoipa::path(get, path = "/api/v1/referrals", operation_id = "listReferrals", tag = "referrals", params(ReferralQuery),
    responses((status = 200, description = "A page of referrals.", body = Page<ReferralRecord>)))]
pub async fn list(actor: Actor<ReadReferrals>, app: Data<App>, params: Params<ReferralQuery>) -> Result<HttpResponse, Problem> {
    let ReferralQuery { state, open, request_id, unit_id, cursor, limit } = params.0;
    let (party, clock) = (actor.party(), app.db().clone());
    let filter = ReferralFilter { state, open, request: request_id.map(Guid), unit: unit_id.map(Guid) };
    let access = Access {
        client: Some(actor.identity().client),
        organisation: actor.organisation(),
        operation: "listReferrals",
        kind: RecordKind::Request,
    };
    let page = app
        .read_logged(access, move |conn| {
            let now = clock.now(conn)?;
            let found = referrals::list(conn, party, filter, cursor, limit)?;
            let page = Page::cut(found, limit, |referral: &Referral| referral.id.0);
            let read = page.items.iter().map(|referral| referral.request).collect();
            let next_cursor = page.next_cursor;
            let items = page.items.into_iter().map(|referral| record(conn, party, now, referral)).collect::<Result<_, _>>()?;
            Ok((Page::<ReferralRecord> { items, next_cursor }, read))
        })
        .await?;
    Ok(HttpResponse::Ok().json(page))
}
