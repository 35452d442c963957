//! In which language a page is answered: the one that was chosen on it, else what the browser prefers, else French; and the way to the other.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::{AcceptLanguage, CONTENT_LANGUAGE, CONTENT_TYPE, Header as _, HeaderValue, VARY};
use actix_web::middleware::Next;
use maud::{Markup, html};
use tokio::task_local;

use super::session::{Reached, reached};
use super::{see, words};
use crate::language::Language;
use crate::limits;

/// The parameter of an address by which a page is asked for in a language, from then on.
const CHOOSES: &str = "affichage";

task_local! {
    /// Where the page being answered is, as the way back to it; none of an answer to a form, which would be lost.
    static HERE: Option<String>;
}

/// Answers each page in the language of its reader; takes down a choice, and leads back to where it was made.
pub async fn speak<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody + use<B>>, actix_web::Error> {
    let reached = match reached(&request) {
        Ok(reached) => reached,
        Err(problem) => return Ok(request.error_response(problem).map_into_right_body()),
    };
    if let Some((language, back)) = choice(&request) {
        let mut response = see(&back);
        response.add_cookie(&cookie(language, reached))?;
        return Ok(request.into_response(response).map_into_right_body());
    }
    let language = of(&request, reached);
    let comes_back = request.method().is_safe() && is_of_this_host(request.path());
    let here = comes_back.then(|| address(request.uri()));
    let mut response = language.during(HERE.scope(here, next.call(request))).await?;
    let headers = response.headers_mut();
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"text/html"));
    // The documentation of the API is in English for everybody.
    if is_page && !headers.contains_key(CONTENT_LANGUAGE) {
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
        headers.append(VARY, HeaderValue::from_static("accept-language, cookie"));
    }
    Ok(response.map_into_left_body())
}

/// The language of a reader.
fn of(request: &ServiceRequest, reached: Reached) -> Language {
    let chosen = request.cookie(reached.language_name()).and_then(|cookie| Language::of_code(cookie.value()));
    chosen.or_else(|| preferred(request)).unwrap_or_default()
}

/// The first of ours among those that a browser prefers, in its order.
fn preferred(request: &ServiceRequest) -> Option<Language> {
    let ranked = AcceptLanguage::parse(request).ok()?.ranked();
    ranked.into_iter().find_map(|wanted| Language::of_code(wanted.item()?.primary_language()))
}

/// A language that is asked for by the address of a page, and the address without that.
fn choice(request: &ServiceRequest) -> Option<(Language, String)> {
    if !request.method().is_safe() || !is_of_this_host(request.path()) {
        return None;
    }
    let asked = pairs(request.uri()).find(|(name, _)| name == CHOOSES)?.1;
    Some((Language::of_code(&asked)?, address(request.uri())))
}

/// Whether browsers take a path for one of this host: `//elsewhere` they do not.
fn is_of_this_host(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\')
}

/// The path and the query of an address, without a choice.
fn address(uri: &Uri) -> String {
    with_query(uri.path(), pairs(uri))
}

fn pairs(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned()
}

fn with_query(path: &str, pairs: impl Iterator<Item = (String, String)>) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs.filter(|(name, _)| name != CHOOSES)).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The choice as a cookie: it tells a language and nothing else.
fn cookie(language: Language, reached: Reached) -> Cookie<'static> {
    let kept = actix_web::cookie::time::Duration::seconds(limits::LANGUAGE_KEPT.num_seconds());
    let (name, secure) = (reached.language_name(), reached.by_tls);
    Cookie::build(name, language.code()).path("/").http_only(true).secure(secure).same_site(SameSite::Lax).max_age(kept).finish()
}

/// The way to the same page in the other language.
pub fn link() -> Markup {
    let Ok(Some(here)) = HERE.try_with(Clone::clone) else { return html! {} };
    let (other, name) = match Language::current() {
        Language::French => (Language::English, words::ENGLISH.text()),
        Language::English => (Language::French, words::FRENCH.text()),
    };
    let sign = if here.contains('?') { '&' } else { '?' };
    html! { a.tongue href=(format!("{here}{sign}{CHOOSES}={}", other.code())) lang=(other.code()) hreflang=(other.code()) { (name) } }
}
