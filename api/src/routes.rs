//! Every route of the service, on one screen. What needs no token stands first; all else passes [`authenticate`].

use actix_web::ResponseError as _;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig, resource, scope};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::auth::authenticate;
use crate::error::{Code, Problem};
use crate::http::{
    communes, events, health, keep_apart, links, organisations, plan_confirmations, plans, rankings, referral_commands, referrals,
    requests, structures, units, vacancies,
};
use crate::{openapi, pages};

/// Adds every route.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/api/v1/health").get(health::health).wrap(from_fn(explain_not_allowed)))
        .service(resource("/api/v1/readiness").get(health::readiness).wrap(from_fn(explain_not_allowed)))
        .service(resource("/api/v1/openapi.json").get(openapi::serve).wrap(from_fn(explain_not_allowed)))
        .service(resource("/api/v1/links/{token}").get(links::open).wrap(from_fn(explain_not_allowed)))
        .service(resource("/api/v1/links/{token}/confirm-vacancy").post(links::confirm_vacancy).wrap(from_fn(explain_not_allowed)))
        .service(
            scope("/api/v1")
                .service(resource("/organisations").get(organisations::list).post(organisations::create))
                .service(resource("/organisations/{organisation_id}").get(organisations::get).put(organisations::update))
                .service(resource("/structures").get(structures::list).post(structures::create))
                .service(resource("/structures/{structure_id}").get(structures::get).put(structures::update))
                .service(resource("/structures/{structure_id}/units").post(units::create))
                .service(resource("/units").get(units::list))
                .service(resource("/units/{unit_id}").get(units::get).put(units::update))
                .service(resource("/units/{unit_id}/vacancies").get(vacancies::list).post(vacancies::declare))
                .service(resource("/vacancies/{vacancy_id}").get(vacancies::get).put(vacancies::update))
                .service(resource("/vacancies/{vacancy_id}/confirm").post(vacancies::confirm))
                .service(resource("/vacancies/{vacancy_id}/withdraw").post(vacancies::withdraw))
                .service(resource("/vacancies/{vacancy_id}/taken-elsewhere").post(vacancies::taken_elsewhere))
                .service(resource("/requests").get(requests::list).post(requests::create))
                .service(resource("/requests/{request_id}").get(requests::get).put(requests::update))
                .service(resource("/requests/{request_id}/close").post(requests::close))
                .service(resource("/requests/{request_id}/rank").post(rankings::for_request))
                .service(resource("/rank").post(rankings::ad_hoc))
                .service(resource("/requests/{request_id}/keep-apart-codes").post(keep_apart::create_code))
                .service(resource("/requests/{request_id}/keep-apart-links").get(keep_apart::list).post(keep_apart::create_link))
                .service(resource("/requests/{request_id}/keep-apart-links/{link_id}/end").post(keep_apart::end_link))
                .service(resource("/requests/{request_id}/referrals").post(referral_commands::create))
                .service(resource("/referrals").get(referrals::list))
                .service(resource("/referrals/{referral_id}").get(referrals::get))
                .service(resource("/referrals/{referral_id}/acknowledge").post(referral_commands::acknowledge))
                .service(resource("/referrals/{referral_id}/accept").post(referral_commands::accept))
                .service(resource("/referrals/{referral_id}/decline").post(referral_commands::decline))
                .service(resource("/referrals/{referral_id}/confirm").post(referral_commands::confirm))
                .service(resource("/referrals/{referral_id}/arrival").post(referral_commands::record_arrival))
                .service(resource("/referrals/{referral_id}/no-show").post(referral_commands::record_no_show))
                .service(resource("/referrals/{referral_id}/withdraw").post(referral_commands::withdraw))
                .service(resource("/referrals/{referral_id}/end").post(referral_commands::end_stay))
                .service(resource("/plans").post(plans::create))
                .service(resource("/plans/{plan_id}").get(plans::get))
                .service(resource("/plans/{plan_id}/confirm").post(plan_confirmations::confirm))
                .service(resource("/communes").get(communes::search))
                .service(resource("/events").get(events::list))
                .service(resource("/access-log").get(events::list_reads))
                .default_service(web::to(no_such_path))
                .wrap(from_fn(authenticate))
                .wrap(from_fn(explain_not_allowed)),
        )
        .configure(pages::configure)
        .service(resource("/docs").get(async || web::Redirect::to("/docs/")))
        .service(SwaggerUi::new("/docs/{tail:.*}").config(Config::from("/api/v1/openapi.json")))
        .configure(pages::configure_nowhere);
}

async fn no_such_path() -> Result<&'static str, Problem> {
    Err(Problem::new(Code::NoSuchPath, "See /docs for the paths there are."))
}

/// Gives the framework's bare 405 a body like that of every other refusal; its `Allow` stays.
async fn explain_not_allowed<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody + use<B>>, actix_web::Error> {
    let response = next.call(request).await?;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return Ok(response.map_into_left_body());
    }
    let allow = response.headers().get_all(header::ALLOW).filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ");
    let problem = Problem::new(Code::MethodNotAllowed, format!("Use one of: {allow}.")).with_allow(allow);
    Ok(response.into_response(problem.error_response()).map_into_right_body())
}
