//! The pages: the same query functions and the same commands as the JSON API, as HTML that works without scripts.
//!
//! Nothing about a person stands in a title, an address or a cache. What a page says stands in [`words`].

pub mod ask;
pub mod assets;
pub mod by_link;
pub mod map;
pub mod places;
pub mod proposals;
pub mod referrals;
pub mod session;
pub mod sign_in;
pub mod words;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::web::{ServiceConfig, get, post, resource};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, Resource};
use maud::{DOCTYPE, Markup, html};

use crate::auth::Identity;
use crate::domain::Role;
use crate::error::{Code, Problem};
use session::Secret;

/// What a page answers.
pub type Page = Result<HttpResponse, Problem>;

/// Adds every page.
pub fn configure(config: &mut ServiceConfig) {
    let page = |path: &str, build: fn(Resource) -> Resource| {
        build(resource(path)).wrap(policy()).wrap(from_fn(explain)).wrap(from_fn(session::recognise))
    };
    config
        .service(page("/", |it| it.route(get().to(home))))
        .service(page("/connexion", |it| it.route(get().to(sign_in::show)).route(post().to(sign_in::with_token))))
        .service(page("/connexion/{code}", |it| it.route(get().to(sign_in::show_link)).route(post().to(sign_in::with_link))))
        .service(page("/deconnexion", |it| it.route(post().to(sign_in::out))))
        .service(page("/demande", |it| it.route(get().to(ask::show)).route(post().to(ask::submit))))
        .service(page("/demandes/{request_id}", |it| it.route(get().to(proposals::show))))
        .service(page("/demandes/{request_id}/orientations", |it| it.route(post().to(proposals::ask_place))))
        .service(page("/demandes/{request_id}/clore", |it| it.route(post().to(referrals::close_request))))
        .service(page("/places", |it| it.route(get().to(places::show))))
        .service(page("/places/{vacancy_id}", |it| it.route(post().to(places::change))))
        .service(page("/groupes/{unit_id}/places", |it| it.route(post().to(places::declare))))
        .service(page("/orientations", |it| it.route(get().to(referrals::show))))
        .service(page("/orientations/{referral_id}", |it| it.route(post().to(referrals::change))))
        .service(page("/lien/{token}", |it| it.route(get().to(by_link::show)).route(post().to(by_link::confirm))))
        .service(page("/communes", |it| it.route(get().to(ask::suggest))));
    assets::configure(config);
}

/// Answers whatever has no page. Comes last, since it takes every path.
pub fn configure_nowhere(config: &mut ServiceConfig) {
    let nowhere = resource("/{tail:.*}").to(nowhere).wrap(policy()).wrap(from_fn(explain)).wrap(from_fn(session::recognise));
    config.service(nowhere);
}

async fn nowhere() -> Page {
    Err(Problem::new(Code::NoSuchPath, "See /docs for the paths there are."))
}

/// Nothing but what this service itself serves runs, styles or is sent to; and nobody frames a page.
fn policy() -> DefaultHeaders {
    DefaultHeaders::new().add((
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ))
}

/// Who looks at a page.
pub struct Viewer {
    /// Who is signed in.
    pub identity: Option<Identity>,
    /// The browser's secret.
    pub secret: Secret,
}

impl FromRequest for Viewer {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let identity = request.extensions().get::<Identity>().copied();
        let secret = Secret::from_request(request, payload).into_inner();
        std::future::ready(secret.map(|secret| Self { identity, secret }))
    }
}

impl Viewer {
    /// What every form carries: the token of the browser, and a key under which it is done once.
    pub fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="form" value=(self.secret.form_token());
            input type="hidden" name="key" value=(session::new_key());
        }
    }
}

/// A whole page. The title names the page and nothing of what is on it.
pub fn page(viewer: &Viewer, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words::LANGUAGE) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · " (words::HAVRE) }
                link rel="stylesheet" href=(assets::STYLE.path());
                link rel="icon" href="data:,";
                script src=(assets::SCRIPT.path()) defer {}
            }
            body {
                a.skip href="#contenu" { (words::SKIP) }
                header {
                    a.brand href="/" { (words::HAVRE) }
                    (navigation(viewer))
                    a.quit href=(assets::NEUTRAL) rel="noreferrer" data-quit="" { (words::QUIT) }
                }
                main #contenu { h1 { (title) } (content) }
                footer { p { (words::FOOTER) } }
            }
        }
    }
}

fn navigation(viewer: &Viewer) -> Markup {
    let Some(identity) = viewer.identity else { return html! {} };
    let links: &[(&str, &str)] = match identity.role {
        Role::Referent | Role::Partner => &[("/demande", words::ASK), ("/orientations", words::REFERRALS)],
        Role::Provider => &[("/places", words::PLACES), ("/orientations", words::REFERRALS)],
        Role::Regulator => &[("/orientations", words::REFERRALS)],
        Role::Coordinator | Role::Auditor | Role::Administrator => &[],
    };
    html! {
        nav aria-label=(words::NAV) { ul { @for (path, name) in links { li { a href=(path) { (name) } } } } }
        form.out method="post" action="/deconnexion" { (viewer.hidden()) button.plain type="submit" { (words::SIGN_OUT) } }
    }
}

/// A page as an answer.
pub fn answer(viewer: &Viewer, title: &str, content: &Markup) -> Page {
    Ok(html_response(StatusCode::OK, page(viewer, title, content)))
}

/// The same for a form that has to be corrected.
pub fn answer_to_correct(viewer: &Viewer, title: &str, content: &Markup) -> Page {
    Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, page(viewer, title, content)))
}

fn html_response(status: StatusCode, page: Markup) -> HttpResponse {
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.into_string())
}

/// On to another page, with what was sent left behind.
pub fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// Takes each role to its first screen.
async fn home(viewer: Viewer) -> Page {
    match viewer.identity.map(|identity| identity.role) {
        None => Ok(see("/connexion")),
        Some(Role::Referent | Role::Partner) => Ok(see("/demande")),
        Some(Role::Provider) => Ok(see("/places")),
        Some(Role::Regulator) => Ok(see("/orientations")),
        Some(Role::Coordinator | Role::Auditor | Role::Administrator) => {
            let content = html! { p { (words::ROLE_HOME_TEXT) } p { a.button href="/docs/" { (words::API_DOCS) } } };
            answer(&viewer, words::ROLE_HOME, &content)
        }
    }
}

/// Shows a refusal or a failure as a page that helps; who is not signed in is asked to.
async fn explain<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = next.call(request).await?;
    let for_people = !response.request().path().starts_with("/api");
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned().filter(|_| for_people);
    let Some(problem) = problem else {
        return Ok(response.map_into_left_body());
    };
    if problem.code() == Code::Unauthenticated {
        return Ok(response.into_response(see("/connexion")).map_into_right_body());
    }
    let viewer = Viewer::from_request(response.request(), &mut Payload::None).into_inner()?;
    let shown = refusal(&viewer, &problem);
    Ok(response.into_response(shown).map_into_right_body())
}

/// The page of a refusal.
pub fn refusal(viewer: &Viewer, problem: &Problem) -> HttpResponse {
    let (title, text) = match problem.code() {
        Code::NotFound | Code::NoSuchPath | Code::InvalidParameter => (words::NOT_FOUND_TITLE, words::NOT_FOUND_TEXT),
        Code::RoleNotAllowed => (words::ERROR_TITLE, words::FORBIDDEN_TEXT),
        Code::FormExpired => (words::ERROR_TITLE, words::FORM_EXPIRED_TEXT),
        Code::Unavailable | Code::CommandInProgress => (words::ERROR_TITLE, words::UNAVAILABLE_TEXT),
        Code::NoBedLeft | Code::VacancyWithdrawn => (words::ERROR_TITLE, words::NO_BED_TEXT),
        Code::NotEligible => (words::ERROR_TITLE, words::NOT_ELIGIBLE_TEXT),
        Code::TooManyReferrals | Code::TooManyHolds => (words::ERROR_TITLE, words::TOO_MANY_TEXT),
        Code::AssessmentMissing => (words::ERROR_TITLE, words::ASSESSMENT_TEXT),
        Code::LinkExpired => (words::ERROR_TITLE, words::LINK_OVER),
        code if code.as_str().starts_with("referral_") => (words::ERROR_TITLE, words::STATE_CHANGED_TEXT),
        _ => (words::ERROR_TITLE, words::ERROR_BACK),
    };
    let content = html! {
        div.notice role="alert" {
            p { (text) }
            @if !problem.rules().is_empty() { ul { @for rule in problem.rules() { li { (words::label(*rule)) } } } }
        }
        p.hint { (words::ERROR_NUMBER) " " code { (problem.code().as_str()) } }
        p { a.button href="/" { (words::HAVRE) } }
    };
    html_response(problem.code().status(), page(viewer, title, &content))
}
