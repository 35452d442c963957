//! The whole loop, as a partner's tool in Rust would go through it.

use std::collections::BTreeSet;
use std::env::var;
use std::error::Error;

use chrono::{TimeDelta, Utc};
use havre_client::apis::communes_api::{SearchCommunesParams, search_communes};
use havre_client::apis::configuration::Configuration;
use havre_client::apis::logs_api::{ListEventsParams, list_events};
use havre_client::apis::rankings_api::{RankAdHocParams, RankForRequestParams, rank_ad_hoc, rank_for_request};
use havre_client::apis::referrals_api::{
    AcceptReferralParams, AcknowledgeReferralParams, ConfirmReferralParams, CreateReferralParams, RecordArrivalParams,
    accept_referral, acknowledge_referral, confirm_referral, create_referral, record_arrival,
};
use havre_client::apis::requests_api::{CreateRequestParams, create_request};
use havre_client::apis::units_api::{GetUnitParams, get_unit};
use havre_client::models::{AdHocRequest, Confirmation, NewReferral, Place, ReferralState, Relaxation, Request};
use serde_json::Value;
use uuid::Uuid;

type Done<T> = Result<T, Box<dyn Error>>;

fn caller(role: &str) -> Done<Configuration> {
    let token = Some(var(format!("HAVRE_{role}"))?);
    Ok(Configuration { base_path: var("HAVRE_BASE")?, bearer_access_token: token, ..Configuration::new() })
}

fn key() -> String {
    Uuid::new_v4().to_string()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done<()> {
    let mut bodies: Value = serde_json::from_str(&std::fs::read_to_string(var("HAVRE_BODIES")?)?)?;
    let (referent, provider) = (caller("REFERENT")?, caller("PROVIDER")?);

    let found = search_communes(&referent, SearchCommunesParams { q: "paris".to_owned() }).await?;
    let paris = found.items.first().ok_or("Paris is not there")?;
    let place = Place::new(paris.department, paris.point.lat, paris.point.lon);

    // Too near: what would open more is told, in the form of its wish.
    let mut near: AdHocRequest = serde_json::from_value(bodies["rankAdHoc"].take())?;
    near.place = Box::new(place.clone());
    near.distance.max_km = Some(Some(1.0));
    let opened = rank_ad_hoc(&referent, RankAdHocParams { ad_hoc_request: near, top: None }).await?.relaxations;
    let is_farther = |change: &Relaxation| matches!(change, Relaxation::MaxKmRelaxation(change) if change.from == Some(1.0));
    assert!(opened.iter().any(is_farther), "{opened:?}");

    let mut wanted: Request = serde_json::from_value(bodies["createRequest"].take())?;
    wanted.place = Box::new(place.clone());
    let request = create_request(&referent, CreateRequestParams { idempotency_key: key(), request: wanted }).await?;
    assert_eq!(*request.place, place);
    let request_id = request.id.to_string();
    let ranking = rank_for_request(&referent, RankForRequestParams { request_id: request_id.clone(), top: Some(50) }).await?;
    let mut own = None;
    for proposal in ranking.proposals {
        if own.is_none() && get_unit(&provider, GetUnitParams { unit_id: proposal.unit_id.to_string() }).await.is_ok() {
            own = Some(proposal);
        }
    }
    let own = own.ok_or("the provider has no place among the proposals")?;

    let new_referral = NewReferral { hold: Some(true), ..NewReferral::new(own.vacancy_id) };
    let asked = create_referral(&referent, CreateReferralParams { request_id, idempotency_key: key(), new_referral }).await?;
    assert!(asked.held && asked.state == ReferralState::Asked, "{asked:?}");
    let referral_id = asked.id.to_string();
    let seen = AcknowledgeReferralParams { referral_id: referral_id.clone(), idempotency_key: key(), acknowledgement: None };
    assert_eq!(acknowledge_referral(&provider, seen).await?.state, ReferralState::Acknowledged);
    let yes = AcceptReferralParams { referral_id: referral_id.clone(), idempotency_key: key(), acceptance: None };
    assert_eq!(accept_referral(&provider, yes).await?.state, ReferralState::Accepted);
    let confirmation = Confirmation::new((Utc::now() + TimeDelta::hours(2)).fixed_offset());
    let coming = ConfirmReferralParams { referral_id: referral_id.clone(), idempotency_key: key(), confirmation };
    assert_eq!(confirm_referral(&referent, coming).await?.state, ReferralState::Confirmed);
    let there = RecordArrivalParams { referral_id, idempotency_key: key(), report: None };
    assert_eq!(record_arrival(&provider, there).await?.state, ReferralState::Arrived);

    let (mut told, mut cursor) = (BTreeSet::new(), None);
    while !told.contains("recordArrival") {
        let page = list_events(&referent, ListEventsParams { cursor, after: None, record_kind: None, record_id: None, limit: None }).await?;
        told.extend(page.items.iter().filter(|event| event.record_id == asked.id).map(|event| event.command.clone()));
        if page.items.is_empty() {
            break;
        }
        cursor = Some(page.next_cursor);
    }
    for command in ["createReferral", "acceptReferral", "confirmReferral", "recordArrival"] {
        assert!(told.contains(command), "{told:?}");
    }
    println!("from a commune to an arrival, {} events read", told.len());
    Ok(())
}
