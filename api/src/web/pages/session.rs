//! Who is signed in on the pages: a cookie with a secret, of which the database keeps a hash; and the token that each form carries.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};
use std::pin::Pin;
use uuid::Uuid;

use crate::commands::Said;
use crate::domain::ids::SessionId;
use crate::limits;
use crate::web::arrival::unread;
use crate::web::auth::{Known, service};
use crate::web::extract::IdempotencyKey;
use crate::web::pages::{self, keeping_up};
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

    /// What takes the cookie back.
    pub fn removal(reached: &Reached) -> Cookie<'static> {
        let mut cookie = Self(String::new()).cookie(reached);
        cookie.make_removal();
        cookie
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

    fn phone_name(self) -> &'static str {
        if self.by_tls { "__Host-havre-telephone" } else { "havre-telephone" }
    }

    /// What remembers the language that was chosen in a browser.
    pub(super) fn language_name(self) -> &'static str {
        if self.by_tls { "__Host-havre-langue" } else { "havre-langue" }
    }

    fn acquaintance_name(self) -> &'static str {
        if self.by_tls { "__Host-havre-connu" } else { "havre-connu" }
    }
}

/// How the browser of a request reaches the service.
pub(super) fn reached(request: &ServiceRequest) -> Result<Reached, Problem> {
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
    let (secret, is_new, reached) = match secret(&request) {
        Ok(known) => known,
        Err(problem) => return Ok(request.error_response(problem).map_into_right_body()),
    };
    request.extensions_mut().insert(secret.clone());
    if !is_new && let Err(problem) = signed_in(&request, &secret).await {
        // A page like any other refusal, though nobody knows who reads it.
        let request = request.into_parts().0;
        let page = pages::refused(&request, &problem).unwrap_or_else(|| HttpResponse::from_error(problem));
        return Ok(ServiceResponse::new(request, page).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    if is_new && !response.headers().contains_key(header::SET_COOKIE) {
        response.response_mut().add_cookie(&secret.cookie(&reached))?;
    }
    Ok(response.map_into_left_body())
}

/// The secret of the browser, and whether it is new.
fn secret(request: &ServiceRequest) -> Result<(Secret, bool, Reached), Problem> {
    let reached = reached(request)?;
    match request.cookie(reached.cookie_name()) {
        Some(cookie) => Ok((Secret(cookie.value().to_owned()), false, reached)),
        None => Ok((Secret::new()?, true, reached)),
    }
}

/// Remembers who is signed in under a secret, if anyone.
async fn signed_in(request: &ServiceRequest, secret: &Secret) -> Result<(), Problem> {
    let service = service(request)?;
    let pulse = service.pulse().await?;
    let hash = secret.hash();
    let Some(session) = service.live().signed_in(&hash, pulse.now) else { return Ok(()) };
    let is_good = if keeping_up::looks_again(request.request()) {
        service.is_in_use(session, pulse.now).await?
    } else {
        service.keep_using(hash, session, pulse.now).await?
    };
    if is_good {
        request.extensions_mut().insert(Known { caller: session.caller, pulse });
        request.extensions_mut().insert(session.id);
        if let Some(name) = service.live().name(session.caller.account) {
            request.extensions_mut().insert(name);
        }
    }
    Ok(())
}

/// The session that a page is seen in.
pub struct Current(pub SessionId);

impl FromRequest for Current {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.extensions().get::<SessionId>().copied();
        std::future::ready(id.map(Self).ok_or_else(|| Problem::new(Code::Unauthenticated, "Sign in.")))
    }
}

/// What a browser is known by to whoever has signed in with it: guesses from elsewhere do not count against it.
pub struct Acquaintance(Secret);

impl Acquaintance {
    /// A new one.
    pub fn new() -> Result<Self, Problem> {
        Secret::new().map(Self)
    }

    /// That of a browser, if it has one.
    pub fn of(request: &HttpRequest, reached: &Reached) -> Option<Self> {
        request.cookie(reached.acquaintance_name()).map(|cookie| Self(Secret(cookie.value().to_owned())))
    }

    /// What the database keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        self.0.hash()
    }

    /// As a cookie that outlives the session.
    pub fn cookie(&self, reached: &Reached) -> Cookie<'static> {
        let mut cookie = self.0.cookie(reached);
        cookie.set_name(reached.acquaintance_name());
        cookie.set_max_age(actix_web::cookie::time::Duration::seconds(limits::BROWSER_KNOWN.num_seconds()));
        cookie
    }
}

/// What a remembered telephone has in its cookie: it opens nothing but together with the link of a mail.
pub struct PhoneSecret(Secret);

impl PhoneSecret {
    /// A new one.
    pub fn new() -> Result<Self, Problem> {
        Secret::new().map(Self)
    }

    /// What the database keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        self.0.hash()
    }

    /// As a cookie that lasts as long as the telephone is remembered.
    pub fn cookie(&self, reached: &Reached) -> Cookie<'static> {
        let mut cookie = self.0.cookie(reached);
        cookie.set_name(reached.phone_name());
        cookie.set_max_age(actix_web::cookie::time::Duration::seconds(limits::PHONE_REMEMBERED.num_seconds()));
        cookie
    }
}

/// The hash of what a remembered telephone has, if this is one or was.
#[derive(Clone, Copy, Default)]
pub struct PhoneHash(pub Option<[u8; 32]>);

impl FromRequest for PhoneHash {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(reached) = request.app_data::<web::Data<Reached>>() else {
            return std::future::ready(Err(Problem::internal("the server was built without knowing how it is reached")));
        };
        let cookie = request.cookie(reached.phone_name());
        std::future::ready(Ok(Self(cookie.map(|cookie| Secret(cookie.value().to_owned()).hash()))))
    }
}

/// The fields of a form that was sent from a page of this browser.
pub struct Fields(Vec<(String, String)>);

/// The fields of a form that is tied to no page, because it is from before somebody signed in elsewhere. Only for what is shown back to whoever
/// sent it; that nobody else did rests on the cookie's `SameSite` alone.
pub struct Untied(pub Fields);

impl FromRequest for Untied {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move { Fields::parse(&bytes.await.map_err(unreadable)?).map(Self) })
    }
}

impl Fields {
    fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > limits::FORM_BYTES_MAX {
            return Err(Problem::new(Code::BodyTooLarge, "The form is larger than a form is."));
        }
        Ok(Self(form_urlencoded::parse(bytes).into_owned().collect()))
    }

    /// What is stored, as if it had been typed: what a form begins with.
    pub fn begun_with(stored: Vec<(String, String)>) -> Self {
        Self(stored)
    }

    /// What stands in a field as it was typed, blanks and all: a password.
    pub fn untouched(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }

    /// The first value of a field, without blanks around it; none when it is empty or not there.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The code that was chosen in a field; none where it is none of the choices.
    pub fn chosen<T: matcher::Code>(&self, name: &str) -> Option<T> {
        let given = self.text(name)?;
        T::ALL.iter().copied().find(|code| code.as_str() == given)
    }

    /// Whether a box is ticked or a button of this name was pressed.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// All values of a field.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(field, value)| field == name && !value.trim().is_empty()).map(|(_, value)| value.trim())
    }

    /// Each field with what stands in it, in their order.
    pub fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
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

    /// The same for one of several buttons of a form: each is done once, whichever was pressed before it on a page that was gone back to.
    pub fn key_of(&self, button: &str) -> Result<IdempotencyKey, Problem> {
        let key = self.text("key").ok_or_else(form_expired)?;
        IdempotencyKey::of_form(&format!("{key}.{button}"))
    }

    /// The key under which what the form asks for is done once, however often it is sent.
    pub fn key(&self) -> Result<IdempotencyKey, Problem> {
        let key = self.text("key").ok_or_else(form_expired)?;
        IdempotencyKey::of_form(key)
    }
}

fn unreadable(error: actix_web::Error) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(error) => unread(error),
        None => Problem::new(Code::UnreadableBody, error.to_string()),
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
            let fields = Self::parse(&bytes.await.map_err(unreadable)?)?;
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
