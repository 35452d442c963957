//! The pages: the same query functions and the same commands as the JSON API, as HTML that works without scripts.
//!
//! Nothing about a person stands in a title, an address or a cache. What a page says stands in [`words`].

pub mod accounts;
pub mod ask;
pub mod assets;
pub mod browsers;
pub mod credentials;
pub mod documentation;
pub mod doors;
pub mod dossier;
pub mod form;
pub mod four_eyes;
pub mod home;
pub mod homes;
pub mod household;
pub mod keeping_up;
pub mod line;
pub mod local_time;
pub mod logs;
pub mod mailed_link;
pub mod map;
pub mod moves;
pub mod organisations;
pub mod own_account;
pub mod places;
pub mod proposals;
pub mod quotas;
pub use proposals::paper as places_sheet;
pub use proposals::sheet as search_sheet;
pub mod recap;
pub mod referrals;
pub mod registry;
pub mod remembered_phone;
pub mod request;
pub mod said;
pub mod session;
pub mod sheets;
pub mod sign_in;
pub mod switch;
pub mod vouching;
pub mod week;
pub mod words;
pub mod zones;

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::{DefaultHeaders, Next};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse};
use maud::{DOCTYPE, Markup, html};

use super::auth::Known;
use super::oidc::Provider;
use super::operations;
use super::problem::{Code, Problem};
use crate::db::accounts::SignedInAs;
use crate::domain::{Caller, Role};
use crate::language::Language;
use crate::telemetry;
use session::Secret;
use words::Phrase;

/// What a page answers.
pub type Page = Result<HttpResponse, Problem>;

/// Nothing but what this service itself serves runs, styles or is sent to; and nobody frames a page.
pub fn policy() -> DefaultHeaders {
    DefaultHeaders::new().add((
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ))
}

/// Who looks at a page.
pub struct Viewer {
    /// Who is signed in.
    pub caller: Option<Caller>,
    /// By what name, and for whom.
    pub name: Option<Arc<SignedInAs>>,
    /// The browser's secret.
    pub secret: Secret,
    /// The path of the page.
    pub path: String,
}

impl FromRequest for Viewer {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Known>().map(|known| known.caller);
        let secret = Secret::from_request(request, payload).into_inner();
        let name = request.extensions().get::<Arc<SignedInAs>>().cloned();
        let path = request.path().to_owned();
        std::future::ready(secret.map(|secret| Self { caller, name, secret, path }))
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

    /// How a link of the navigation is marked: whether it leads to this page, or to what this page is a part of.
    fn current(&self, path: &str) -> Option<&'static str> {
        match self.path.strip_prefix(path)? {
            "" => Some("page"),
            below => below.starts_with('/').then_some("true"),
        }
    }
}

/// A whole page. The title names the page and nothing of what is on it.
pub fn page(viewer: &Viewer, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(Language::current().code()) {
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
                    form method="post" action="/quitter" data-quit=(assets::NEUTRAL) { button.quit type="submit" { (words::QUIT) } }
                }
                main #contenu { h1 { (title) } (content) }
                footer { (switch::link()) p { (words::FOOTER) } }
            }
        }
    }
}

fn navigation(viewer: &Viewer) -> Markup {
    let Some(caller) = viewer.caller else { return html! {} };
    const SCREENS: [(&[Role], &str, Phrase); 9] = [
        (&[Role::Referent, Role::Partner], "/demande", words::ASK),
        (&[Role::Referent, Role::Partner], "/demandes", words::MY_REQUESTS),
        (&[Role::Provider], "/places", words::PLACES),
        (&[Role::Provider], "/structures", words::homes::NAV),
        (&[Role::Referent, Role::Partner, Role::Provider, Role::Regulator], "/orientations", words::REFERRALS),
        (&[Role::Referent, Role::Regulator, Role::Coordinator], "/registre", words::registry::TITLE),
        (&[Role::Manager, Role::Administrator], "/comptes", words::ACCOUNTS),
        (&[Role::Coordinator, Role::Administrator], "/portes", words::doors::TITLE),
        (&[Role::Auditor], "/journaux", words::LOGS),
    ];
    let links = SCREENS.iter().filter(|(roles, ..)| roles.iter().any(|role| caller.is(*role)));
    html! {
        nav aria-label=(words::NAV) {
            ul {
                @for (_, path, name) in links { li { a href=(path) aria-current=[viewer.current(path)] { (name) } } }
                li { a href="/compte" aria-current=[viewer.current("/compte")] { (words::OWN_ACCOUNT) } }
            }
        }
        @if let Some(name) = &viewer.name { p.who { (name.label) " · " (name.organisation) } }
        form.out method="post" action="/deconnexion" { (viewer.hidden()) button.plain type="submit" { (words::SIGN_OUT) } }
    }
}

/// A page as an answer.
pub fn answer(viewer: &Viewer, title: &str, content: &Markup) -> Page {
    Ok(html_response(StatusCode::OK, page(viewer, title, content)))
}

/// The same for a form that has to be corrected.
pub fn answer_to_correct(viewer: &Viewer, title: &str, content: &Markup) -> Page {
    Ok(answer_with(StatusCode::UNPROCESSABLE_ENTITY, viewer, title, content))
}

/// A page as an answer of a status.
pub fn answer_with(status: StatusCode, viewer: &Viewer, title: &str, content: &Markup) -> HttpResponse {
    html_response(status, page(viewer, title, content))
}

fn html_response(status: StatusCode, page: Markup) -> HttpResponse {
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.into_string())
}

/// On to another page, with what was sent left behind.
pub fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// Shows a refusal or a failure as a page that helps; who is not signed in is asked to. What tools are answered stays as it is.
pub async fn explain<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id = telemetry::request_id(request.request());
    let mut request = request;
    if let Some(unfinished) = unfinished(&mut request).await {
        let viewer = Viewer::from_request(request.request(), &mut Payload::None).into_inner()?;
        let provider = request.app_data::<Data<Option<Provider>>>().cloned();
        let provider = provider.as_ref().and_then(|provider| provider.as_ref().as_ref());
        let page = sign_in::again(&viewer, provider, &unfinished);
        return Ok(request.into_response(page).map_into_right_body());
    }
    let response = next.call(request).await?;
    let for_people = !response.request().path().starts_with("/api");
    let Some(problem) = Problem::of(&response).filter(|_| for_people) else {
        return Ok(response.map_into_left_body());
    };
    if problem.code() == Code::Unauthenticated {
        return Ok(response.into_response(see("/connexion")).map_into_right_body());
    }
    problem.log(response.request());
    let viewer = Viewer::from_request(response.request(), &mut Payload::None).into_inner()?;
    let shown = refusal(&viewer, &problem, &id.to_string());
    Ok(response.into_response(shown).map_into_right_body())
}

/// A form of this browser that came when its session had ended: who sent it signs in and goes on, and nothing has to be typed again.
async fn unfinished(request: &mut ServiceRequest) -> Option<sign_in::Unfinished> {
    let is_form = request.method() == Method::POST && !request.extensions().contains::<Known>();
    let path = request.path().to_owned();
    if !is_form || !operations::is_form_behind_a_session(request.match_pattern().as_deref()) {
        return None;
    }
    // A form that another site made, or another browser, is not gone on with.
    let fields = request.extract::<session::Fields>().await.ok()?;
    Some(sign_in::Unfinished::new(path, &fields))
}

/// A refusal that comes before [`explain`]: a page for people; nothing for tools, who are answered as ever.
pub fn refused(request: &HttpRequest, problem: &Problem) -> Option<HttpResponse> {
    if request.path().starts_with("/api") {
        return None;
    }
    let viewer = Viewer::from_request(request, &mut Payload::None).into_inner().ok()?;
    problem.log(request);
    Some(refusal(&viewer, problem, &telemetry::request_id(request).to_string()))
}

/// Whether a field is among those that are wrong.
fn names(problem: &Problem, pointer: &str) -> bool {
    problem.wrong_fields().any(|(wrong, _)| wrong == pointer)
}

/// A refusal in the words of the pages: its title and its text.
fn explained(problem: &Problem) -> (&'static str, &'static str) {
    match problem.code() {
        Code::NotFound | Code::NoSuchPath | Code::InvalidParameter => (words::NOT_FOUND_TITLE.text(), words::NOT_FOUND_TEXT.text()),
        Code::RoleNotAllowed | Code::ScopeMissing => (words::ERROR_TITLE.text(), words::FORBIDDEN_TEXT.text()),
        Code::FormExpired => (words::ERROR_TITLE.text(), words::FORM_EXPIRED_TEXT.text()),
        Code::Unavailable | Code::KeysUnavailable | Code::RateLimited | Code::BodyTooSlow => {
            (words::ERROR_TITLE.text(), words::UNAVAILABLE_TEXT.text())
        }
        Code::QuotaExceeded => (words::quotas::TITLE.text(), words::quotas::TEXT.text()),
        Code::OutcomeUnknown => (words::ERROR_TITLE.text(), words::OUTCOME_UNKNOWN_TEXT.text()),
        Code::NoBedLeft | Code::VacancyWithdrawn => (words::JUST_TAKEN_TITLE.text(), words::NO_BED_TEXT.text()),
        Code::NotEligible => (words::ERROR_TITLE.text(), words::NOT_ELIGIBLE_TEXT.text()),
        Code::TooManyReferrals | Code::TooManyHolds => (words::ERROR_TITLE.text(), words::TOO_MANY_TEXT.text()),
        Code::KeptApart => (words::ERROR_TITLE.text(), words::KEPT_APART_TEXT.text()),
        Code::AssessmentMissing => (words::ERROR_TITLE.text(), words::ASSESSMENT_TEXT.text()),
        Code::AuthorityNotTold => (words::ERROR_TITLE.text(), words::AUTHORITY_TEXT.text()),
        Code::LinkExpired => (words::ERROR_TITLE.text(), words::MAIL_LINK_OVER.text()),
        Code::EtagMismatch => (words::ERROR_TITLE.text(), words::OLD_PAGE_TEXT.text()),
        Code::RoleNotGiven => (words::ERROR_TITLE.text(), words::ROLE_NOT_GIVEN_TEXT.text()),
        Code::EmailTaken => (words::ERROR_TITLE.text(), words::EMAIL_TAKEN_TEXT.text()),
        Code::WebhookEnded | Code::WebhookNotDisabled => (words::ERROR_TITLE.text(), words::webhooks::CHANGED_TEXT.text()),
        Code::AccountEnded | Code::SecretEnded => (words::ERROR_TITLE.text(), words::ACCOUNT_ENDED_TEXT.text()),
        Code::InvitationAccepted => (words::ERROR_TITLE.text(), words::INVITATION_ACCEPTED_TEXT.text()),
        Code::TooManySecrets => (words::ERROR_TITLE.text(), words::TOO_MANY_SECRETS_TEXT.text()),
        Code::InvalidBody if names(problem, "/roles") => (words::ERROR_TITLE.text(), words::NO_ROLE_TEXT.text()),
        Code::InvalidBody if names(problem, "/scopes") => (words::ERROR_TITLE.text(), words::NO_SCOPE_TEXT.text()),
        Code::BedsHeld => (words::ERROR_TITLE.text(), words::places::BEDS_HELD.text()),
        Code::TooManyVacancies => (words::ERROR_TITLE.text(), words::TOO_MANY_VACANCIES_TEXT.text()),
        Code::Contradiction if names(problem, "/beds") => (words::ERROR_TITLE.text(), words::BEYOND_PLACES_TEXT.text()),
        Code::Contradiction if names(problem, "/until") => (words::ERROR_TITLE.text(), words::DATES_TEXT.text()),
        code if code.as_str().starts_with("referral_") => (words::ERROR_TITLE.text(), words::STATE_CHANGED_TEXT.text()),
        Code::UndoTooLate => (words::ERROR_TITLE.text(), words::UNDO_TOO_LATE_TEXT.text()),
        _ => (words::ERROR_TITLE.text(), words::ERROR_BACK.text()),
    }
}

/// The page of a refusal.
fn refusal(viewer: &Viewer, problem: &Problem, id: &str) -> HttpResponse {
    let (title, text) = explained(problem);
    let content = html! {
        div.notice role="alert" {
            p { (text) }
            @if let Some(quota) = problem.quota() { (quotas::exceeded(quota)) }
            @if !problem.rules().is_empty() { ul { @for rule in problem.rules() { li { (words::label(*rule)) } } } }
        }
        p.hint { (words::ERROR_NUMBER) " " code { (problem.code().as_str()) " " (id) } }
        p { a.button href="/" { (words::HAVRE) } }
    };
    html_response(problem.code().status(), page(viewer, title, &content))
}
