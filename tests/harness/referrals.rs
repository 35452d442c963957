//! Referrals to begin with, brought to any state by the commands that lead there.

use api::domain::{ReferralState, Role};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::bodies::{request, vacancy, with};
use super::{Answer, TestApp};

impl TestApp {
    /// A vacancy of so many beds at a place of the own organisation.
    pub async fn vacancy(&self, beds: u32) -> String {
        let site = self.site().await;
        let body = with(vacancy(), json!({"beds": beds}));
        self.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &body).await.expect(201).id()
    }

    /// A request of the own organisation: a woman in Lyon, tonight.
    pub async fn request(&self) -> String {
        self.own(Role::Referent).post("requests", &request()).await.expect(201).id()
    }

    /// Puts a request of the own organisation to a vacancy.
    pub async fn ask(&self, request: &str, vacancy: &str, more: Value) -> Answer {
        let body = with(json!({"vacancy_id": vacancy}), more);
        self.own(Role::Referent).post(&format!("requests/{request}/referrals"), &body).await
    }

    /// A referral of a new request to the vacancy, in a state; `expired` moves the clock.
    pub async fn referral_in(&self, vacancy: &str, state: ReferralState) -> String {
        let request = self.request().await;
        let referral = self.ask(&request, vacancy, json!({})).await.expect(201).id();
        let path = format!("referrals/{referral}");
        let (referent, provider) = (self.own(Role::Referent), self.own(Role::Provider));
        let accept = async || drop(provider.command(&format!("{path}/accept")).await.expect(200));
        let confirm = async || {
            accept().await;
            drop(referent.post(&format!("{path}/confirm"), &self.arrival_in(1)).await.expect(200));
        };
        let arrive = async || {
            confirm().await;
            drop(provider.command(&format!("{path}/arrival")).await.expect(200));
        };
        match state {
            ReferralState::Asked => {}
            ReferralState::Acknowledged => drop(provider.command(&format!("{path}/acknowledge")).await.expect(200)),
            ReferralState::Accepted => accept().await,
            ReferralState::Confirmed => confirm().await,
            ReferralState::Arrived => arrive().await,
            ReferralState::Ended => {
                arrive().await;
                let body = json!({"reason": "moved_on", "request": "open"});
                provider.post(&format!("{path}/end"), &body).await.expect(200);
            }
            ReferralState::Declined => {
                let body = json!({"refusal": {"party": "structure", "code": "full"}});
                provider.post(&format!("{path}/decline"), &body).await.expect(200);
            }
            ReferralState::Superseded => {
                // A vacancy is asked for once.
                let elsewhere = self.vacancy(1).await;
                let other = self.ask(&request, &elsewhere, json!({})).await.expect(201).id();
                provider.command(&format!("referrals/{other}/accept")).await.expect(200);
                referent.post(&format!("referrals/{other}/confirm"), &self.arrival_in(1)).await.expect(200);
                referent.command(&format!("referrals/{other}/withdraw")).await.expect(200);
            }
            ReferralState::NoShow => {
                confirm().await;
                provider.command(&format!("{path}/no-show")).await.expect(200);
            }
            ReferralState::TurnedAway => {
                confirm().await;
                referent.command(&format!("{path}/turned-away")).await.expect(200);
            }
            ReferralState::Withdrawn => drop(referent.command(&format!("{path}/withdraw")).await.expect(200)),
            ReferralState::Expired => self.clock().advance(TimeDelta::hours(2)),
        }
        referral
    }

    /// A lending to the other organisation, for so many hours.
    pub fn lending_for(&self, hours: i64) -> Value {
        let until = self.clock().now().plus(TimeDelta::hours(hours));
        json!({"organisation_id": self.other(Role::Referent).identity().organisation, "until": until.to_string()})
    }

    /// A confirmation of an arrival so many hours from now.
    pub fn arrival_in(&self, hours: i64) -> Value {
        let at = self.clock().now().plus(TimeDelta::hours(hours));
        json!({"expected_arrival": at.to_string()})
    }

    /// A vacancy's `(beds, held)`.
    pub async fn beds(&self, vacancy: &str) -> (u64, u64) {
        let record = self.own(Role::Provider).get(&format!("vacancies/{vacancy}")).await.expect(200).body;
        (record["beds"].as_u64().unwrap(), record["held"].as_u64().unwrap())
    }
}
