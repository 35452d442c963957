//! Who calls, and what they may do. Tokens are checked before anything of a request is read; what an operation needs stands in its
//! handler's signature as [`Actor<P>`].

use std::marker::PhantomData;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, ResponseError as _, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::db;
use crate::db::events::{By, EventSight};
use crate::db::types::Guid;
use crate::domain::{RecordKind, Role};
use crate::error::{Code, Problem};

/// A token's holder.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The client the token belongs to.
    pub client: Guid,
    /// The organisation it acts for.
    pub organisation: Guid,
    /// What it may do.
    pub role: Role,
}

/// Something a role may do. The table of `permissions!` is the whole of it.
pub trait Permission: 'static {
    /// The roles that may.
    const ROLES: &'static [Role];
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident: [$($role:ident),*];)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl Permission for $name {
            const ROLES: &'static [Role] = &[$(Role::$role),*];
        }
    )*};
}

permissions! {
    /// Read organisations.
    ReadOrganisations: [Referent, Provider, Regulator, Coordinator, Partner, Administrator];
    /// Create and edit organisations.
    EditOrganisations: [Administrator];
    /// Read one structure and its contact; a provider only its own.
    ReadStructure: [Referent, Provider, Regulator, Coordinator];
    /// List structures; a provider only its own. A referent reaches a structure from a proposal, never by leafing through all.
    ListStructures: [Provider, Coordinator];
    /// Create and edit structures of the own organisation.
    EditStructures: [Provider];
    /// Read the profiles of units; a provider only its own.
    ReadUnits: [Referent, Provider, Regulator, Coordinator, Partner];
    /// Create and edit units of the own organisation.
    EditUnits: [Provider];
    /// Read vacancies with their numbers; a provider only its own.
    ReadVacancies: [Referent, Provider, Regulator, Coordinator];
    /// Declare, change, confirm and withdraw vacancies of the own organisation.
    DeclareVacancies: [Provider];
    /// Keep requests of the own organisation, rank units for them, ask for places and confirm them.
    HandleRequests: [Referent, Partner];
    /// Plan requests and read plans: of the own organisation, or for the coordination any, by their ids and without their detail.
    MakePlans: [Referent, Coordinator, Partner];
    /// Read the referrals of the own organisation's requests, or those addressed to it.
    ReadReferrals: [Referent, Provider, Regulator, Partner];
    /// Say that a referral has been seen.
    AcknowledgeReferrals: [Provider, Regulator];
    /// Answer a referral; those who asked only write down what was said on the phone.
    AnswerReferrals: [Referent, Provider, Regulator, Partner];
    /// Search communes.
    SearchCommunes: [Referent, Provider, Regulator, Coordinator, Partner, Auditor, Administrator];
    /// Read the log of commands, as far as it is one's own.
    ReadEvents: [Referent, Provider, Regulator, Coordinator, Partner, Auditor, Administrator];
    /// Read the log of reads.
    ReadAccessLog: [Auditor];
}

/// A caller who may do `P`.
pub struct Actor<P> {
    identity: Identity,
    permission: PhantomData<P>,
}

/// Whose registry records a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Those of its organisation.
    Own(Guid),
    /// All, but confidential sites by their department only.
    Departments,
    /// All, with the cell of a confidential site.
    Cells,
}

/// Whose requests a caller plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestSight {
    /// Those of its organisation.
    Own(Guid),
    /// All, by their ids, for its organisation; nothing of what they say.
    Ids(Guid),
}

/// On which side of a referral a caller stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Its organisation asks.
    Asking(Guid),
    /// Its organisation answers.
    Addressed(Guid),
}

impl Sight {
    /// Whether this sight shows the cell of a confidential site.
    pub fn shows_cells(self) -> bool {
        match self {
            Self::Own(_) | Self::Cells => true,
            Self::Departments => false,
        }
    }
}

impl<P> Actor<P> {
    /// Who it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Who it is, as the log names it.
    pub fn by(&self) -> By {
        self.identity.into()
    }

    /// The organisation it acts for.
    pub fn organisation(&self) -> Guid {
        self.identity.organisation
    }

    /// On which side of referrals it stands.
    pub fn party(&self) -> Party {
        match self.identity.role {
            Role::Provider | Role::Regulator => Party::Addressed(self.identity.organisation),
            Role::Referent | Role::Partner | Role::Coordinator | Role::Auditor | Role::Administrator => {
                Party::Asking(self.identity.organisation)
            }
        }
    }

    /// Whose requests it plans.
    pub fn request_sight(&self) -> RequestSight {
        match self.identity.role {
            Role::Coordinator => RequestSight::Ids(self.identity.organisation),
            Role::Referent | Role::Partner | Role::Provider | Role::Regulator | Role::Auditor | Role::Administrator => {
                RequestSight::Own(self.identity.organisation)
            }
        }
    }

    /// Which events it reads.
    pub fn event_sight(&self) -> EventSight {
        use RecordKind::{ApiClient, KeepApart, Organisation, Plan, PlanConfirmation, Referral, Request, Structure, Unit, Vacancy};
        match self.identity.role {
            Role::Auditor => EventSight::All,
            Role::Coordinator => EventSight::Kinds(&[Organisation, Structure, Unit, Vacancy]),
            Role::Administrator => EventSight::Kinds(&[Organisation, ApiClient]),
            Role::Referent | Role::Partner => {
                EventSight::Own(self.identity.organisation, &[Request, Referral, KeepApart, Plan, PlanConfirmation])
            }
            Role::Provider => EventSight::Own(self.identity.organisation, &[Structure, Unit, Vacancy, Referral]),
            Role::Regulator => EventSight::Own(self.identity.organisation, &[Referral]),
        }
    }

    /// Whose registry records it sees.
    pub fn sight(&self) -> Sight {
        match self.identity.role {
            Role::Provider => Sight::Own(self.identity.organisation),
            Role::Coordinator => Sight::Cells,
            Role::Referent | Role::Regulator | Role::Partner | Role::Auditor | Role::Administrator => Sight::Departments,
        }
    }
}

impl<P: Permission> FromRequest for Actor<P> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

impl<P: Permission> Actor<P> {
    /// The caller of a request, if its role may do `P`.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let identity = request.extensions().get::<Identity>().copied();
        match identity {
            None => Err(unauthenticated()),
            Some(identity) if P::ROLES.contains(&identity.role) => Ok(Self { identity, permission: PhantomData }),
            Some(identity) => Err(Problem::new(
                Code::RoleNotAllowed,
                format!(
                    "This token has the role {}; this needs one of: {}.",
                    identity.role,
                    P::ROLES.iter().map(|role| matcher::Code::as_str(*role)).collect::<Vec<_>>().join(", ")
                ),
            )),
        }
    }
}

fn unauthenticated() -> Problem {
    Problem::new(Code::Unauthenticated, "Send `Authorization: Bearer` and a token made by `havre client add`.")
}

/// Lets only requests with a valid token pass, and remembers whose it is.
pub async fn authenticate<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody + use<B>>, actix_web::Error> {
    match identify(&request).await {
        Ok(identity) => {
            request.extensions_mut().insert(identity);
            Ok(next.call(request).await?.map_into_left_body())
        }
        // Answered, not raised: an error would pass by the headers that every answer gets.
        Err(problem) => Ok(request.into_response(problem.error_response()).map_into_right_body()),
    }
}

async fn identify(request: &ServiceRequest) -> Result<Identity, Problem> {
    let app = request.app_data::<web::Data<App>>().ok_or_else(|| Problem::internal("the service was built without its App"))?;
    let hash = bearer(request).map(token_hash).ok_or_else(unauthenticated)?;
    app.look_up(move |conn| db::clients::by_token_hash(conn, &hash)).await?.ok_or_else(unauthenticated)
}

fn bearer(request: &ServiceRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What the database keeps of a token. Tokens are 256 random bits, so a plain hash is enough: there is nothing to guess.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A new token. The prefix lets secret scanners find one that was committed by mistake.
pub fn new_token() -> Result<String, rand::rand_core::OsError> {
    let mut secret = [0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut secret)?;
    Ok(format!("hvr_{}", URL_SAFE_NO_PAD.encode(secret)))
}
