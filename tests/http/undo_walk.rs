//! Taking back, walked through the whole table of states: every way a referral can go, and after each step what may follow it, what takes it
//! back, and what does not any more (design §4).

use api::domain::{ReferralState, Role};
use matcher::Code as _;
use serde_json::{Value, json};

use crate::harness::bodies::{request, with};
use crate::harness::{Answer, Caller, TestApp, on_both};
use crate::states::{Cell, column};

/// The commands that may follow in a state, each with the state it leads to; but those that take back.
fn followers(state: &str) -> Vec<(Cell, &'static str)> {
    let state = *ReferralState::ALL.iter().find(|known| known.as_str() == state).unwrap();
    let cells = column(state).into_iter().filter(|cell| !["undo", "revive", "contradict"].contains(&cell.command));
    cells.filter_map(|cell| Some((cell, cell.leads_to?))).collect()
}

/// Every way from a question on, as far as it goes.
fn ways() -> Vec<Vec<(Cell, &'static str)>> {
    let mut ways: Vec<Vec<(Cell, &'static str)>> = Vec::new();
    let mut open: Vec<Vec<(Cell, &'static str)>> = vec![Vec::new()];
    while let Some(way) = open.pop() {
        let state = way.last().map_or("asked", |(_, state)| *state);
        for step in followers(state) {
            let longer: Vec<_> = way.iter().copied().chain([step]).collect();
            open.push(longer.clone());
            ways.push(longer);
        }
    }
    ways
}

/// One who asks, one who answers, and a request that is put to two places.
struct Walk<'a> {
    app: &'a TestApp,
    referent: Caller,
    provider: Caller,
    vacancies: [String; 2],
    path: String,
    sibling: String,
}

/// How both referrals and their beds stand.
type Standing = (String, String, bool, bool, String, (u64, u64), (u64, u64));

impl<'a> Walk<'a> {
    async fn new(app: &'a TestApp, vacancies: &[String; 2]) -> Self {
        let (referent, provider) = (app.other(Role::Referent), app.own(Role::Provider));
        let request = referent.post("requests", &with(request(), json!({}))).await.expect(201).id();
        let ask = async |vacancy: &String, hold: bool| {
            let body = json!({"vacancy_id": vacancy, "hold": hold});
            format!("referrals/{}", referent.post(&format!("requests/{request}/referrals"), &body).await.expect(201).id())
        };
        let (path, sibling) = (ask(&vacancies[0], false).await, ask(&vacancies[1], true).await);
        Self { app, referent, provider, vacancies: vacancies.clone(), path, sibling }
    }

    fn giver(&self, cell: &Cell) -> &Caller {
        if cell.by == "referent" { &self.referent } else { &self.provider }
    }

    async fn send(&self, caller: &Caller, path: &str, body: Option<Value>) -> Answer {
        match body {
            Some(body) => caller.post(path, &body).await,
            None => caller.command(path).await,
        }
    }

    async fn give(&self, (cell, leads_to): (Cell, &str)) {
        let body = match cell.command {
            "decline" => Some(json!({"refusal": {"party": "structure", "code": "no_staff"}})),
            "confirm" => Some(self.app.arrival_in(3)),
            "end" => Some(json!({"reason": "moved_on", "request": "open"})),
            _ => None,
        };
        let answer = self.send(self.giver(&cell), &format!("{}/{}", self.path, cell.command), body).await;
        assert_eq!(answer.expect(200).body["state"], leads_to, "{}", cell.command);
    }

    async fn standing(&self) -> Standing {
        let one = self.referent.get(&self.path).await.expect(200).body;
        let other = self.referent.get(&self.sibling).await.expect(200).body;
        let request = self.referent.get(&format!("requests/{}", one["request_id"].as_str().unwrap())).await.expect(200).body;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let holds = |record: &Value| record["held"].as_bool().unwrap();
        let beds = (self.app.beds(&self.vacancies[0]).await, self.app.beds(&self.vacancies[1]).await);
        (text(&one["state"]), text(&other["state"]), holds(&one), holds(&other), text(&request["state"]), beds.0, beds.1)
    }

    /// Gives a command and takes it back: all stands as before it, and is taken back once. The other organisation takes nothing back: had it, all
    /// would stand as before already.
    async fn there_and_back(&self, before: &Standing, step: (Cell, &str), which: &str) {
        self.give(step).await;
        let undo = format!("{}/undo", self.path);
        let (giver, stranger) =
            if step.0.by == "referent" { (&self.referent, &self.provider) } else { (&self.provider, &self.referent) };
        stranger.command(&undo).await.refused(403, "role_not_allowed");
        assert_ne!(self.standing().await, *before, "{which}");
        giver.command(&undo).await.expect(200);
        for caller in [giver, stranger] {
            caller.command(&undo).await.refused(409, "undo_too_late");
        }
        assert_eq!(self.standing().await, *before, "{which}");
    }

    /// Something is done to the other referral of the request, where something may be.
    async fn touches_the_sibling(&self) -> bool {
        match self.standing().await.1.as_str() {
            "asked" => {
                self.provider.command(&format!("{}/acknowledge", self.sibling)).await.expect(200);
                true
            }
            "superseded" => {
                let revived = self.referent.command(&format!("{}/revive", self.sibling)).await;
                // Who is housed looks for no other place.
                if revived.status == 409 {
                    revived.refused(409, "request_placed");
                    return false;
                }
                revived.expect(200);
                true
            }
            other => panic!("the sibling is {other}"),
        }
    }
}

on_both! {
    async fn every_command_is_taken_back_in_every_order_with_what_may_follow(app: TestApp) {
        let vacancies = [app.vacancy(400).await, app.vacancy(400).await];
        let ways = ways();
        assert!(ways.len() >= 25, "{}", ways.len());
        for way in &ways {
            let which = way.iter().map(|(cell, _)| cell.command).collect::<Vec<_>>().join(" > ");
            let walk = Walk::new(&app, &vacancies).await;
            let (last, first) = way.split_last().unwrap();
            for step in first {
                walk.give(*step).await;
            }
            let state = first.last().map_or("asked", |(_, state)| *state);
            // The last of the way, then all else that may stand in its place; each is taken back, and the next is given all the same.
            let before = walk.standing().await;
            walk.there_and_back(&before, *last, &which).await;
            for other in followers(state) {
                walk.there_and_back(&before, other, &format!("{which}, then {}", other.0.command)).await;
            }
            walk.give(*last).await;
            if walk.touches_the_sibling().await {
                let stood = walk.standing().await;
                walk.giver(&last.0).command(&format!("{}/undo", walk.path)).await.refused(409, "undo_too_late");
                assert_eq!(walk.standing().await, stood, "{which}: something was built on it");
            }
            // Left open they would hold their beds for the ways to come.
            for path in [&walk.path, &walk.sibling] {
                walk.referent.command(&format!("{path}/withdraw")).await;
            }
        }
        app.ignore_mails();
    }
}
