//! Every cell of state × command × caller of a referral, from one table a person can read (design §4).

use actix_web::http::Method;
use api::domain::{ReferralState, Role};
use matcher::Code as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Side, TestApp, on_both};

/// Rows are commands with who gives them, columns the states they are given in; a cell is the state they lead to, `-` a refusal that names
/// the state. `giver` is the organisation that gave the last command, which here led to the state: what it takes back is where it stood before.
/// What is written down after a phone call leads where the same without one does; `contradict` is for that alone (see [`check_steps`]).
const TABLE: &str = "
command     by        | asked        acknowledged accepted  confirmed   arrived   ended   declined superseded no_show   turned_away withdrawn expired
acknowledge addressee | acknowledged -            -         -           -         -       -        -          -         -           -         -
accept      addressee | accepted     accepted     -         -           -         -       -        -          -         -           -         -
decline     addressee | declined     declined     declined  declined    -         -       -        -          -         -           -         -
confirm     referent  | -            -            confirmed -           -         -       -        -          -         -           -         -
arrival     addressee | -            -            -         arrived     -         -       -        -          -         -           -         -
no-show     addressee | -            -            -         no_show     -         -       -        -          -         -           -         -
turned-away referent  | -            -            -         turned_away -         -       -        -          -         -           -         -
withdraw    referent  | withdrawn    withdrawn    withdrawn withdrawn   -         -       -        -          -         -           -         -
end         addressee | -            -            -         -           ended     -       -        -          -         -           -         -
undo        giver     | -            asked        asked     accepted    confirmed arrived asked    -          confirmed confirmed   asked     -
revive      referent  | -            -            -         -           -         -       -        asked      -         -           -         -
contradict  addressee | -            -            -         -           -         -       -        -          -         -           -         -
";

/// The commands of the addressee that those who asked may write down after a phone call.
const BY_PHONE: [&str; 5] = ["accept", "decline", "arrival", "no-show", "end"];

/// Whether a referral holds its beds in a state that a command has led to.
fn holds(state: &str) -> bool {
    ["accepted", "confirmed"].contains(&state)
}

#[derive(Clone, Copy)]
pub struct Cell {
    pub command: &'static str,
    pub by: &'static str,
    pub leads_to: Option<&'static str>,
}

impl Cell {
    /// The code with which it is refused in a state.
    fn refusal(&self, state: ReferralState) -> String {
        match self.command {
            "undo" => "undo_too_late".to_owned(),
            "contradict" => "nothing_to_contradict".to_owned(),
            _ => format!("referral_{state}"),
        }
    }
}

/// The column of a state.
pub fn column(state: ReferralState) -> Vec<Cell> {
    let mut rows = TABLE.trim().lines().map(|line| line.split_once('|').unwrap());
    let at = rows.next().unwrap().1.split_whitespace().position(|name| name == state.as_str()).unwrap();
    rows.map(|(left, right)| {
        let mut left = left.split_whitespace();
        let (command, by) = (left.next().unwrap(), left.next().unwrap());
        let cell = right.split_whitespace().nth(at).unwrap();
        Cell { command, by, leads_to: (cell != "-").then_some(cell) }
    })
    .collect()
}

fn body(app: &TestApp, command: &str, by_phone: bool) -> Option<Value> {
    let mut body = match command {
        "decline" => json!({"refusal": {"party": "structure", "code": "no_staff"}}),
        "confirm" => app.arrival_in(3),
        "end" => json!({"reason": "rehoused", "request": "closed"}),
        _ if by_phone => json!({}),
        _ => return None,
    };
    if by_phone {
        body["by_phone"] = true.into();
    }
    Some(body)
}

/// Who may give a command at all, whatever the state: by role, and whether it came by phone.
fn may(cell: &Cell, role: Role, by_phone: bool) -> bool {
    let (addressee, referent) = match cell.by {
        "addressee" => (true, by_phone && BY_PHONE.contains(&cell.command)),
        "referent" => (false, true),
        // Both sides are of one organisation here; `tests/http/referral_life.rs` has two.
        _ => (true, true),
    };
    match role {
        Role::Provider | Role::Regulator => addressee && !by_phone,
        Role::Referent | Role::Partner => referent,
        Role::Coordinator | Role::Auditor | Role::Administrator | Role::Manager => false,
    }
}

async fn check_column(app: &TestApp, vacancy: &str, state: ReferralState) {
    let referral = app.referral_in(vacancy, state).await;
    for cell in column(state) {
        let path = format!("referrals/{referral}/{}", cell.command);
        let phones: &[bool] = if BY_PHONE.contains(&cell.command) { &[false, true] } else { &[false] };
        for (role, by_phone) in Role::ALL.iter().flat_map(|role| phones.iter().map(move |phone| (*role, *phone))) {
            for side in [Side::Other, Side::Own] {
                let allowed = may(&cell, role, by_phone) && side == Side::Own;
                if allowed && cell.leads_to.is_some() {
                    continue;
                }
                let (key, bytes) =
                    (uuid::Uuid::now_v7().to_string(), body(app, cell.command, by_phone).map(|body| body.to_string().into_bytes()));
                let answer = app.caller(role, side).send(Method::POST, &path, &[("idempotency-key", &key)], bytes).await;
                let which = format!("{} from {state} as {role} ({side:?}, by phone: {by_phone}): {}", cell.command, answer.text);
                if allowed {
                    assert_eq!(answer.status, 409, "{which}");
                    assert_eq!(answer.body["code"], cell.refusal(state), "{which}");
                } else {
                    let contradicts = by_phone && matches!(role, Role::Provider | Role::Regulator) && side == Side::Own;
                    let expected: &[u16] = if contradicts { &[409] } else { &[403, 404] };
                    assert!(expected.contains(&answer.status.as_u16()), "{which}");
                }
            }
        }
        let after = app.own(Role::Referent).get(&format!("referrals/{referral}")).await.expect(200).body;
        assert_eq!(after["state"], state.as_str(), "a refused command has changed something");
        check_steps(app, vacancy, state, &cell, phones).await;
    }
}

/// Each caller who may give the command gives it to a referral of its own, takes it back, and gives it again; what came by phone is then
/// contradicted by the addressee. Each time all stands as the table says, beds too.
async fn check_steps(app: &TestApp, vacancy: &str, state: ReferralState, cell: &Cell, phones: &[bool]) {
    let Some(leads_to) = cell.leads_to else { return };
    for (role, by_phone) in Role::ALL.iter().flat_map(|role| phones.iter().map(move |phone| (*role, *phone))) {
        if !may(cell, role, by_phone) {
            continue;
        }
        let referral = format!("referrals/{}", app.referral_in(vacancy, state).await);
        let (caller, before) = (app.own(role), app.beds(vacancy).await);
        let give = async || {
            let path = format!("{referral}/{}", cell.command);
            let answer = match body(app, cell.command, by_phone) {
                Some(body) => caller.post(&path, &body).await,
                None => caller.command(&path).await,
            };
            let record = answer.expect(200).body;
            assert_eq!((&record["state"], &record["by_phone"]), (&json!(leads_to), &json!(by_phone)), "{path} as {role}");
            stands(app, vacancy, &record, (before, state.as_str()), leads_to).await;
        };
        give().await;
        let stood = async |answer: Answer| {
            let record = answer.expect(200).body;
            assert_eq!(record["state"], state.as_str(), "{record}");
            assert_eq!((app.beds(vacancy).await, &record["held"]), (before, &json!(holds(state.as_str()))), "as before: {record}");
            assert_eq!(record["deadline"].is_null(), !lapses(state.as_str()), "{record}");
        };
        // What is put again is withdrawn, and what is taken back stays so.
        if !["undo", "revive"].contains(&cell.command) {
            stood(caller.command(&format!("{referral}/undo")).await).await;
            caller.command(&format!("{referral}/undo")).await.refused(409, "undo_too_late");
            give().await;
        }
        let contradicted = app.own(Role::Provider).command(&format!("{referral}/contradict")).await;
        if by_phone {
            stood(contradicted).await;
        } else {
            contradicted.refused(409, "nothing_to_contradict");
        }
        // Left open it would hold its beds until the end of the test.
        app.own(Role::Referent).command(&format!("{referral}/withdraw")).await;
    }
}

/// Whether a referral in a state expires when nobody acts.
fn lapses(state: &str) -> bool {
    ["asked", "acknowledged", "accepted"].contains(&state)
}

/// A record, and the beds, after a step from a state to another.
async fn stands(app: &TestApp, vacancy: &str, record: &Value, (before, from): ((u64, u64), &str), to: &str) {
    assert_eq!(record["held"], holds(to), "{record}");
    assert_eq!(record["deadline"].is_null(), !lapses(to), "{record}");
    let (beds, held) = before;
    // Taken back, those who had moved in are only expected.
    let beds = if to == "arrived" && from == "confirmed" {
        beds - 1
    } else if to == "confirmed" && from == "arrived" {
        beds + 1
    } else {
        beds
    };
    assert_eq!(app.beds(vacancy).await, (beds, held + u64::from(holds(to)) - u64::from(holds(from))), "{record}");
}

on_both! {
    async fn every_cell_of_the_table_holds(app: TestApp) {
        let vacancy = app.vacancy(200).await;
        for state in ReferralState::ALL {
            check_column(&app, &vacancy, *state).await;
        }
        app.ignore_mails();
    }
}

#[test]
fn the_table_has_every_state() {
    let header = TABLE.trim().lines().next().unwrap();
    let columns: Vec<_> = header.split_once('|').unwrap().1.split_whitespace().collect();
    let states: Vec<_> = ReferralState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(columns, states);
}
