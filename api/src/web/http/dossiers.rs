//! What is held about the people of one request, for their referent to read with them (design §8). It holds nothing of third persons and no
//! contact of a home, and no mail ever carries it.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Department, Door, Kind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::commands::Service;
use crate::db::requests::{self, StoredRequest};
use crate::db::{DbError, Reading, referrals, units};
use crate::domain::ids::{ReferralId, RequestId, UnitId};
use crate::domain::{Alias, Reach, ReferralState, Request, RequestState, Text};
use crate::limits;
use crate::schemas;
use crate::web::answers;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::operations::GetDossier;
use crate::web::problem::Problem;

/// What is held about the people of one request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dossier {
    /// The request.
    pub request_id: RequestId,
    /// A word and a number by which people speak of it.
    pub alias: Alias,
    /// Where it stands.
    pub state: RequestState,
    /// When it was created.
    pub created_at: Instant,
    /// What is declared of the people and their wishes: without the person in charge, and without the homes that are excluded.
    pub declared: Request,
    /// What those have written down in whose hands it was, oldest first.
    pub notes: Vec<DossierNote>,
    /// Which places were asked, oldest first.
    pub asked: Vec<AskedPlace>,
    /// Whether it is read together with child protection: a minor is without a parent.
    pub with_child_protection: bool,
    /// When it is erased if nobody does anything more for these people.
    pub kept_until: Instant,
}

/// A note.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierNote {
    /// When it was written.
    pub at: Instant,
    /// What it says.
    #[schema(value_type = crate::domain::text::NoteText)]
    pub text: Text<2000>,
}

/// A place that was asked: neither which home, nor where it is, nor how it is reached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DossierPlace)] // views have an `AskedPlace` of their own, and a name in the document is one schema
pub struct AskedPlace {
    /// The referral.
    pub referral_id: ReferralId,
    /// When it was asked.
    pub at: Instant,
    /// What sort of place.
    #[schema(value_type = schemas::Kind)]
    pub kind: Kind,
    /// In which department.
    #[schema(value_type = schemas::Department)]
    pub department: Department,
    /// Through which door.
    #[schema(value_type = schemas::Door)]
    pub door: Door,
    /// What became of it.
    pub state: ReferralState,
}

impl Dossier {
    /// Reads it, and notes the reading.
    pub fn read(reading: &mut Reading<'_>, reach: Reach, id: RequestId) -> Result<Self, DbError> {
        let stored = requests::find(reading.conn, reach, id)?;
        let last_act = requests::last_act(reading.conn, id)?.unwrap_or(stored.created_at);
        let asked = asked_places(reading, id)?;
        let today = stored.today(reading.now)?;
        let StoredRequest { alias, state, created_at, declared, notes, .. } = stored.clone();
        let declared = stored.seen_by(reach, declared.show(reading)).without_third_persons();
        let notes = notes.show(reading).into_iter().map(|note| DossierNote { at: note.at, text: note.text }).collect();
        let months = chrono::Months::new(limits::RETENTION_MONTHS);
        let kept_until = last_act.utc().checked_add_months(months).map_or(last_act, Instant::new);
        let with_child_protection = !declared.lone_minors_known(today).is_empty();
        Ok(Self { request_id: id, alias, state, created_at, declared, notes, asked, with_child_protection, kept_until })
    }
}

fn asked_places(reading: &mut Reading<'_>, id: RequestId) -> Result<Vec<AskedPlace>, DbError> {
    let asked = referrals::of_request(reading.conn, id)?;
    let ids: Vec<UnitId> = asked.iter().map(|referral| referral.unit).collect();
    let found = units::of_ids(reading.conn, &ids)?;
    let place = |referral: crate::domain::Referral| {
        let unit = found.iter().find(|unit| unit.id == referral.unit)?;
        Some(AskedPlace {
            referral_id: referral.id,
            at: referral.created_at,
            kind: unit.declared.kind,
            department: unit.structure.department,
            door: referral.door,
            state: referral.state,
        })
    };
    Ok(asked.into_iter().filter_map(place).collect())
}

/// Read what is held about the people of a request
///
/// For their referent, who reads it with them; of a minor who is without a parent, together with child protection. Nothing of third persons and
/// no contact of a home is in it. The reading is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "requests", params(("request_id" = uuid::Uuid, Path, description = "Id of the request.")),
    responses((status = 200, description = "What is held.", body = Dossier)))]
pub async fn get(actor: Actor<GetDossier>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let (reach, id) = (actor.reach(), RequestId(id.0));
    let dossier = service.read(actor.access(), actor.pulse(), move |reading| Ok(Dossier::read(reading, reach, id)?)).await?;
    answers::json(&dossier)
}
