//! Who calls: checked before anything of a request is read, against what is known of callers as of a moment after the request came.
//!
//! What an operation needs stands in its handler's signature as [`Actor<P>`]; no handler checks a role by hand.

use std::marker::PhantomData;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};

use super::operations::{Operation, Who};
use super::pages::session::Secret;
use super::problem::{Code, Problem};
use crate::commands::Service;
use crate::db::Pulse;
use crate::db::access_log::Access;
use crate::domain::ids::OrganisationId;
use crate::domain::token::{is_miscopied, token_hash};
use crate::domain::{By, Caller, Reach, Roles, Scope};

/// Who calls, and how things stood when that was looked up.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Who.
    pub caller: Caller,
    /// The shared question's answer.
    pub pulse: Pulse,
}

/// A caller who may do `P`.
pub struct Actor<P> {
    known: Known,
    /// Those of its roles that may do `P`.
    roles: Roles,
    operation: PhantomData<P>,
}

impl<P: Operation> Actor<P> {
    /// The caller of a request, if its role may do `P`.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let known = request.extensions().get::<Known>().copied().ok_or_else(unauthenticated)?;
        Self::known(known)
    }

    fn known(known: Known) -> Result<Self, Problem> {
        let admitted = match P::SPEC.who {
            Who::Roles(admitted) => admitted,
            Who::Anyone | Who::Mailed => return Ok(Self { known, roles: known.caller.roles, operation: PhantomData }),
        };
        let opened = known.caller.roles_for(P::SPEC.scopes).ok_or_else(|| scope_missing(P::SPEC.scopes))?;
        let roles = opened.shared(admitted.iter().copied().collect());
        if roles.is_empty() {
            let (has, needs) = (names(known.caller.roles.iter()), names(admitted.iter().copied()));
            return Err(Problem::new(Code::RoleNotAllowed, format!("This token has the role {has}; this needs one of: {needs}.")));
        }
        Ok(Self { known, roles, operation: PhantomData })
    }

    /// Who it is.
    pub fn caller(&self) -> Caller {
        self.known.caller
    }

    /// The organisation it acts for.
    pub fn organisation(&self) -> OrganisationId {
        self.known.caller.organisation
    }

    /// Whose records it reaches.
    pub fn reach(&self) -> Reach {
        Reach::of(self.known.caller, self.roles)
    }

    /// How things stood when it was looked up, which was after the request came.
    pub fn pulse(&self) -> Pulse {
        self.known.pulse
    }

    /// What is noted of what it reads.
    pub fn access(&self) -> Access {
        Access { by: By::from(self.known.caller), operation: P::SPEC.id }
    }
}

impl<P: Operation> FromRequest for Actor<P> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

fn scope_missing(opening: &[Scope]) -> Problem {
    let needs =
        if opening.is_empty() { "is for people".to_owned() } else { format!("needs one of: {}", names(opening.iter().copied())) };
    Problem::new(Code::ScopeMissing, format!("This token is bound to scopes; this {needs}."))
}

fn names<C: matcher::Code>(codes: impl Iterator<Item = C>) -> String {
    codes.map(C::as_str).collect::<Vec<_>>().join(", ")
}

fn unauthenticated() -> Problem {
    Problem::new(Code::Unauthenticated, "Send `Authorization: Bearer` and the secret of a tool.")
}

/// Why nobody was recognised though a token was sent, where that is not the caller's fault.
pub struct NotRecognised(Problem);

/// Why somebody is a stranger, to be told once they are counted.
struct Stranger(Problem);

/// Remembers whose token a request has. It turns nobody away: strangers have limits before they have an answer.
pub async fn recognise<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    match identify(&request).await {
        Ok(known) => drop(request.extensions_mut().insert(known)),
        Err(problem) if problem.code() == Code::Unauthenticated => drop(request.extensions_mut().insert(Stranger(problem))),
        Err(problem) => drop(request.extensions_mut().insert(NotRecognised(problem))),
    }
    next.call(request).await
}

/// Lets only requests pass whose caller was recognised.
pub async fn authenticate<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody + use<B>>, actix_web::Error> {
    if request.extensions().contains::<Known>() {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    // One after the other: each holds what belongs to the request until its statement ends.
    let away = request.extensions_mut().remove::<NotRecognised>().map(|why| why.0);
    let stranger = request.extensions_mut().remove::<Stranger>().map(|why| why.0);
    let problem = away.or(stranger).unwrap_or_else(unauthenticated);
    // Answered, not raised: an error would pass by the headers that every answer gets.
    Ok(request.error_response(problem).map_into_right_body())
}

async fn identify(request: &ServiceRequest) -> Result<Known, Problem> {
    let token = bearer(request.headers()).ok_or_else(unauthenticated)?;
    if is_miscopied(token) {
        return Err(Problem::new(Code::Unauthenticated, "A letter of this secret is missing or wrong: copy it again, whole."));
    }
    let hash = token_hash(token);
    let service = service(request)?;
    let pulse = service.pulse().await?;
    let holder = service.live().holder(&hash, pulse.now).ok_or_else(unauthenticated)?;
    service.note_use(&hash, holder, pulse.now);
    Ok(Known { caller: holder.caller, pulse })
}

/// What the service shares with its handlers.
pub fn service(request: &ServiceRequest) -> Result<&web::Data<Service>, Problem> {
    request.app_data::<web::Data<Service>>().ok_or_else(|| Problem::internal("the server was built without its service"))
}

/// Whose secret came with a request, to be looked up again while its answer goes on.
pub enum Credential {
    /// The hash of a tool's secret.
    Tool([u8; 32]),
    /// The hash of the secret of a browser.
    Browser([u8; 32]),
}

impl Credential {
    /// The secret of a tool.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        bearer(request.headers()).map(|token| Self::Tool(token_hash(token))).ok_or_else(unauthenticated)
    }

    /// What a browser is known by.
    pub fn of_browser(secret: &Secret) -> Self {
        Self::Browser(secret.hash())
    }

    /// The caller as it stands now, if it still may do `P`. Whoever is signed in is not kept so by this.
    pub async fn again<P: Operation>(&self, service: &Service) -> Result<Actor<P>, Problem> {
        let pulse = service.pulse().await?;
        let caller = match self {
            Self::Tool(hash) => service.live().holder(hash, pulse.now).map(|holder| holder.caller),
            Self::Browser(hash) => match service.live().signed_in(hash, pulse.now) {
                Some(session) if service.is_in_use(session, pulse.now).await? => Some(session.caller),
                Some(_) | None => None,
            },
        };
        Actor::known(Known { caller: caller.ok_or_else(unauthenticated)?, pulse })
    }
}

fn bearer(headers: &header::HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
