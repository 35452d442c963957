//! Who is signed in on the pages: a cookie with a secret, of which the database keeps a hash; and the token that each form carries.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};
use std::pin::Pin;
use uuid::Uuid;

use crate::commands::Said;
use crate::limits;
use crate::web::auth::{Known, service};
use crate::web::extract::IdempotencyKey;
use crate::web::problem::{Code, Problem};

/// The secret of a browser. It says nobody until a session is begun under it; forms are tied to it from the first page on.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    pub fn new() -> Result<Self, Problem> {
        let mut bytes = [0_u8; 32];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(Problem::internal)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What the database keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// What each form of this browser carries: a page of another site can send a form, but not read this.
    pub fn form_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::new().chain_update(b"havre form ").chain_update(self.0.as_bytes()).finalize())
    }

    /// As a cookie: for this host alone, unseen by scripts, never sent by another site's form; over TLS where there is TLS.
    pub fn cookie(&self, reached: &Reached) -> Cookie<'static> {
        let (name, secure) = (reached.cookie_name(), reached.by_tls);
        Cookie::build(name, self.0.clone()).path("/").http_only(true).secure(secure).same_site(SameSite::Lax).finish()
    }
}

/// How browsers reach the service.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// Over TLS, by whoever stands in front.
    pub by_tls: bool,
}

impl Reached {
    /// The prefix makes browsers refuse the cookie from anyone but this very host; it asks for TLS.
    fn cookie_name(self) -> &'static str {
        if self.by_tls { "__Host-havre" } else { "havre" }
    }
}

fn reached(request: &ServiceRequest) -> Result<Reached, Problem> {
    let reached = request.app_data::<web::Data<Reached>>().map(|reached| *reached.get_ref());
    reached.ok_or_else(|| Problem::internal("the server was built without knowing how it is reached"))
}

impl FromRequest for Secret {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let secret = request.extensions().get::<Self>().cloned();
        std::future::ready(secret.ok_or_else(|| Problem::internal("a page was reached past `recognise`")))
    }
}

/// Gives each browser a secret and says who is signed in under it, if anyone.
pub async fn recognise<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody + use<B>>, actix_web::Error> {
    match recognised(&request).await {
        Ok((secret, is_new, reached)) => {
            request.extensions_mut().insert(secret.clone());
            let mut response = next.call(request).await?;
            if is_new && !response.headers().contains_key(header::SET_COOKIE) {
                response.response_mut().add_cookie(&secret.cookie(&reached))?;
            }
            Ok(response.map_into_left_body())
        }
        Err(problem) => Ok(request.error_response(problem).map_into_right_body()),
    }
}

/// The secret of the browser, and whether it is new; who is signed in under it is remembered.
async fn recognised(request: &ServiceRequest) -> Result<(Secret, bool, Reached), Problem> {
    let reached = reached(request)?;
    let Some(cookie) = request.cookie(reached.cookie_name()) else { return Ok((Secret::new()?, true, reached)) };
    let secret = Secret(cookie.value().to_owned());
    let service = service(request)?;
    let pulse = service.pulse().await?;
    if let Some(caller) = service.live().signed_in(&secret.hash(), pulse.now) {
        request.extensions_mut().insert(Known { caller, pulse });
    }
    Ok((secret, false, reached))
}

/// The fields of a form that was sent from a page of this browser.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first value of a field, without blanks around it; none when it is empty or not there.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether a box is ticked or a button of this name was pressed.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// All values of a field.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(field, value)| field == name && !value.trim().is_empty()).map(|(_, value)| value.trim())
    }

    /// What was typed and chosen, without what only ties it to its page, and without its buttons.
    pub fn typed(&self) -> impl Iterator<Item = (&str, &str)> {
        let typed =
            self.0.iter().filter(|(name, value)| !matches!(name.as_str(), "form" | "key" | "add" | "edit") && !value.is_empty());
        typed.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What the form says, without what only ties it to its page.
    pub fn said(&self) -> Said {
        let fields = self.0.iter().filter(|(name, _)| name != "form" && name != "key");
        Said::values(fields.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]))
    }

    /// The key under which what the form asks for is done once, however often it is sent.
    pub fn key(&self) -> Result<IdempotencyKey, Problem> {
        let key = self.text("key").ok_or_else(form_expired)?;
        IdempotencyKey::of_form(key)
    }
}

fn form_expired() -> Problem {
    Problem::new(Code::FormExpired, "Reload the page and send the form again.")
}

impl FromRequest for Fields {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let expected = request.extensions().get::<Secret>().map(Secret::form_token);
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes.await.map_err(|error| Problem::new(Code::UnreadableBody, error.to_string()))?;
            if bytes.len() > limits::FORM_BYTES_MAX {
                return Err(Problem::new(Code::BodyTooLarge, "The form is larger than a form is."));
            }
            let fields = Self(form_urlencoded::parse(&bytes).into_owned().collect());
            // Hashes are compared, so how long it takes tells nothing of the token.
            let same = |token: &str| expected.as_deref().is_some_and(|expected| Sha256::digest(expected) == Sha256::digest(token));
            if fields.text("form").is_some_and(same) { Ok(fields) } else { Err(form_expired()) }
        })
    }
}

/// A new key for a form.
pub fn new_key() -> Uuid {
    Uuid::now_v7()
}
