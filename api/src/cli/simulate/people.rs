//! What people do all day: those who ask for a place, those who answer for one, and those who plan for many.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::accounts::Account;
use super::calls::{Calls, Command, Outcome};
use super::readers::items;
use super::world::{Waiting, World, soon, text};
use crate::domain::Role;

/// How long somebody looks whether there is an answer: deadlines of a simulation are a minute or some.
const WAITS: Duration = Duration::from_secs(90);

/// Between two looks.
const LOOKS_EVERY: Duration = Duration::from_millis(1_500);

/// Places asked for one after the other before somebody gives up.
const PLACES_MAX: usize = 3;

/// Households that are planned for together, on an ordinary day.
const PLANNED: usize = 6;

/// Gives a command about a referral or another record.
async fn act(calls: &Calls, by: &Account, operation: &'static str, path: &str, body: Option<Value>) -> Outcome {
    calls.give(by, Command { operation, path, body: body.as_ref() }).await
}

/// A household comes, and somebody looks for a place until there is one, or gives up.
pub(super) async fn look_for_a_place(world: Rc<World>) -> Option<()> {
    let (calls, by) = (&world.calls, world.any(Role::Referent)?);
    let body = world.request().ok()?;
    let request = act(calls, &by, "createRequest", "requests", Some(body)).await.done()?;
    let request = text(&request, "id").to_owned();
    for _ in 0..PLACES_MAX {
        let Some(referral) = ask(&world, &by, &request).await else { break };
        if go_on(&world, &by, &referral).await {
            return Some(());
        }
    }
    act(calls, &by, "closeRequest", &format!("requests/{request}/close"), Some(json!({"reason": "other"}))).await.done()?;
    Some(())
}

/// Ranks, and asks for one of the first places that fit, where somebody else was not faster.
async fn ask(world: &World, by: &Account, request: &str) -> Option<Value> {
    let ranking = world.calls.rank(by, "rankForRequest", &format!("requests/{request}/rank?top=20"), None).await?;
    let proposals = ranking.get("proposals").and_then(Value::as_array)?;
    let mut fit: Vec<&str> = proposals
        .iter()
        .filter(|proposal| text(proposal, "tier") == "eligible")
        .map(|proposal| text(proposal, "vacancy_id"))
        .collect();
    fit.truncate(5);
    for _ in 0..2 {
        let vacancy = world.one_of(&fit)?;
        let body = json!({"vacancy_id": vacancy, "hold": world.chance(70)});
        let asked = act(&world.calls, by, "createReferral", &format!("requests/{request}/referrals"), Some(body)).await;
        if let Outcome::Done(referral) = asked {
            world.leave(&referral);
            return Some(referral);
        }
    }
    None
}

/// Waits for the answer and goes on by it; whether there is a place in the end.
async fn go_on(world: &World, by: &Account, referral: &Value) -> bool {
    let (calls, id) = (&world.calls, text(referral, "id"));
    let of = |end: &str| format!("referrals/{id}/{end}");
    if world.chance(10) {
        // Somebody answered the telephone: so it is written down, and the home may say that it is not so.
        if act(calls, by, "acceptReferral", &of("accept"), Some(json!({"by_phone": true}))).await.done().is_some() {
            world.leave(referral);
        }
    }
    let state = wait(world, by, id, &["asked", "acknowledged"]).await;
    if state != "accepted" || world.chance(8) {
        if state == "accepted" || state == "asked" {
            drop(act(calls, by, "withdrawReferral", &of("withdraw"), None).await);
        }
        return false;
    }
    let confirmed = act(calls, by, "confirmReferral", &of("confirm"), Some(json!({"expected_arrival": soon()}))).await;
    if confirmed.done().is_none() {
        return false;
    }
    if world.chance(5) {
        drop(act(calls, by, "undoReferral", &of("undo"), None).await);
        drop(act(calls, by, "confirmReferral", &of("confirm"), Some(json!({"expected_arrival": soon()}))).await);
    }
    world.leave(referral);
    let state = wait(world, by, id, &["confirmed", "accepted"]).await;
    if state == "arrived" && world.chance(60) {
        world.leave(referral);
    }
    ["arrived", "ended"].contains(&state.as_str())
}

/// Looks at a referral until it stands otherwise than in these states; how it stands then.
async fn wait(world: &World, by: &Account, id: &str, states: &[&str]) -> String {
    let (since, mut state) = (Instant::now(), String::new());
    while since.elapsed() < WAITS {
        if let Some(now) = world.calls.read(by, "getReferral", &format!("referrals/{id}")).await {
            state = text(&now, "state").to_owned();
            if !states.contains(&state.as_str()) || world.is_over.get() {
                break;
            }
        }
        sleep(LOOKS_EVERY).await;
    }
    state
}

/// Somebody of a home, or of who keeps its door, takes up what waits longest.
pub(super) async fn answer(world: Rc<World>, waiting: Waiting) -> Option<()> {
    let (calls, by) = (&world.calls, world.anybody_of(waiting.addressee)?);
    calls.read(&by, "listReferrals", "referrals?open=true&limit=20").await?;
    let referral = calls.read(&by, "getReferral", &format!("referrals/{}", waiting.referral)).await?;
    let of = |end: &str| format!("referrals/{}/{end}", waiting.referral);
    match text(&referral, "state") {
        "asked" | "acknowledged" => answer_question(&world, &by, &referral).await,
        "accepted" if referral.get("by_phone").is_some_and(|by_phone| *by_phone != json!([])) => {
            let (operation, end) =
                if world.chance(30) { ("contradictReferral", "contradict") } else { ("affirmReferral", "affirm") };
            drop(act(calls, &by, operation, &of(end), None).await);
        }
        "confirmed" if world.chance(90) => {
            act(calls, &by, "recordArrival", &of("arrival"), None).await.done()?;
            if world.chance(4) {
                drop(act(calls, &by, "undoReferral", &of("undo"), None).await);
                drop(act(calls, &by, "recordArrival", &of("arrival"), None).await);
            }
        }
        "confirmed" => drop(act(calls, &by, "recordNoShow", &of("no-show"), None).await),
        "arrived" => end_stay(&world, &by, &waiting.referral).await?,
        _ => {}
    }
    Some(())
}

async fn answer_question(world: &World, by: &Account, referral: &Value) {
    let (calls, id) = (&world.calls, text(referral, "id"));
    let of = |end: &str| format!("referrals/{id}/{end}");
    match world.below(100) {
        0..70 => {
            let accepted = act(calls, by, "acceptReferral", &of("accept"), None).await;
            if accepted.done().is_some() && world.chance(4) {
                drop(act(calls, by, "undoReferral", &of("undo"), None).await);
                world.leave(referral);
            }
        }
        70..85 => {
            let refusal = json!({"refusal": {"party": "structure", "code": "group_balance", "effect": "exclude_unit"}});
            drop(act(calls, by, "declineReferral", &of("decline"), Some(refusal)).await);
        }
        85..92 => {
            drop(act(calls, by, "acknowledgeReferral", &of("acknowledge"), None).await);
            world.leave(referral);
        }
        // Nobody is there: the deadline will tell.
        _ => {}
    }
}

/// Ends a stay, and declares the beds that it offers back.
async fn end_stay(world: &World, by: &Account, id: &str) -> Option<()> {
    let body = json!({"reason": "rehoused", "request": "closed"});
    let ended = act(&world.calls, by, "endStay", &format!("referrals/{id}/end"), Some(body)).await.done()?;
    let offered = ended.get("offered_declaration").filter(|offered| !offered.is_null())?;
    let path = format!("units/{}/vacancies", text(offered, "unit_id"));
    act(&world.calls, by, "declareVacancy", &path, offered.get("vacancy").cloned()).await.done()?;
    Some(())
}

/// Somebody of a home goes through what it has declared, and says that it still stands.
pub(super) async fn confirm_vacancies(world: Rc<World>) -> Option<()> {
    let (calls, by) = (&world.calls, world.any(Role::Provider)?);
    let page = calls.read(&by, "listOwnVacancies", "vacancies?limit=50").await?;
    let standing: Vec<&Value> = items(&page).filter(|vacancy| text(vacancy, "withdrawn_at").is_empty()).collect();
    let vacancy = text(world.one_of(&standing)?, "id");
    act(calls, &by, "confirmVacancy", &format!("vacancies/{vacancy}/confirm"), None).await.done()?;
    Some(())
}

/// Somebody asks what there is, and stores nothing.
pub(super) async fn rank(world: Rc<World>) -> Option<()> {
    let by = world.any(Role::Referent)?;
    let body = world.household().ok()?;
    world.calls.rank(&by, "rankAdHoc", "rank?top=20", Some(&body)).await?;
    Some(())
}

/// Others read.
pub(super) async fn look_around(world: Rc<World>) -> Option<()> {
    let (role, operation, path) = match world.below(5) {
        0 => (Role::Coordinator, "listUnits", "units?limit=50"),
        1 => (Role::Partner, "countUnits", "units/counts"),
        2 => (Role::Auditor, "listAccessLog", "access-log?limit=50"),
        3 => (Role::Provider, "listStructures", "structures?limit=50"),
        _ => (Role::Referent, "listRequests", "requests?limit=50"),
    };
    world.calls.read(&world.any(role)?, operation, path).await?;
    Some(())
}

/// Many come at once, and one plan is made for all of them.
pub(super) async fn plan(world: Rc<World>, households: Option<usize>) -> Option<()> {
    let (calls, by) = (&world.calls, world.any(Role::Referent)?);
    let mut requests = Vec::new();
    for _ in 0..households.unwrap_or(PLANNED) {
        let stored = act(calls, &by, "createRequest", "requests", Some(world.request().ok()?)).await.done()?;
        requests.push(text(&stored, "id").to_owned());
    }
    let mut plan = act(calls, &by, "createPlan", "plans", Some(json!({"request_ids": requests}))).await.done()?;
    let (since, id) = (Instant::now(), text(&plan, "id").to_owned());
    while text(&plan, "state") == "running" && since.elapsed() < WAITS && !world.is_over.get() {
        sleep(LOOKS_EVERY).await;
        plan = calls.read(&by, "getPlan", &format!("plans/{id}")).await?;
    }
    let confirmed = act(calls, &by, "confirmPlan", &format!("plans/{id}/confirm"), None).await.done()?;
    for line in confirmed.get("lines").and_then(Value::as_array).into_iter().flatten() {
        let referral = text(line, "referral_id");
        if let Some(referral) = calls.read(&by, "getReferral", &format!("referrals/{referral}")).await {
            world.leave(&referral);
        }
    }
    Some(())
}
