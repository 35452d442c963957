//! Asking: one place or several at once, with or without holding a bed. Each place is asked by a command of its own, so that one that has just
//! been taken stops no other.

use actix_web::web::Data;
use matcher::{Rule, Urgency};
use uuid::Uuid;

use crate::commands::{Service, referrals as commands};
use crate::db::{Conn, Reading, Turn, referrals};
use crate::domain::denied::What;
use crate::domain::ids::{ReferralId, RequestId, VacancyId};
use crate::domain::referral::NewReferral;
use crate::domain::{Denied, Text};
use crate::limits::{WAVE, WAVE_IMMEDIATE};
use crate::live::Live;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::operations::CreateReferral;
use crate::web::pages::session::Fields;
use crate::web::pages::{explained, words};
use crate::web::problem::{Code, Problem};

/// How many places are asked at once: more where people need a bed today.
pub fn wave(urgency: Urgency) -> usize {
    match urgency {
        Urgency::Immediate => WAVE_IMMEDIATE,
        Urgency::Urgent | Urgency::Planned => WAVE,
    }
}

/// What a button wants of which places.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The vacancies, each once, in the order of the page.
    pub vacancies: Vec<Uuid>,
    /// Whether a bed is to be held.
    pub hold: bool,
    /// Whether this was a button of one place.
    pub one: bool,
    /// What else was ticked when that button was pressed.
    pub still_ticked: Vec<Uuid>,
}

impl Wanted {
    /// As a form says it; none where its button asks nobody.
    pub fn of(fields: &Fields) -> Result<Option<Self>, Problem> {
        let of_button = |name: &str| fields.text(name).map(|value| vec![value]);
        let ticked = || fields.all("vacancy").collect::<Vec<_>>();
        let (values, hold, one) = match (fields.text("hold"), fields.text("ask"), fields.text("action")) {
            (Some(_), ..) => (of_button("hold").unwrap_or_default(), true, true),
            (None, Some("first"), _) | (None, None, Some("first")) => (fields.all("first").collect(), false, false),
            (None, Some("ticked"), _) | (None, None, Some("ticked")) => (ticked(), false, false),
            (None, Some(_), _) => (of_button("ask").unwrap_or_default(), false, true),
            (None, None, Some("hold")) => (ticked().into_iter().take(1).collect(), true, true),
            (None, None, Some(_)) => (ticked().into_iter().take(1).collect(), false, true),
            (None, None, None) => return Ok(None),
        };
        let vacancies = each_once(values)?;
        if one && vacancies.is_empty() {
            return Err(Denied::NotFound(What::Vacancy).into());
        }
        let mut still_ticked = if one { each_once(ticked())? } else { Vec::new() };
        still_ticked.retain(|vacancy| !vacancies.contains(vacancy));
        Ok(Some(Self { vacancies, hold, one, still_ticked }))
    }
}

fn each_once(values: Vec<&str>) -> Result<Vec<Uuid>, Denied> {
    let mut vacancies: Vec<Uuid> = Vec::new();
    for value in values {
        let id = Uuid::try_parse(value).map_err(|_error| Denied::NotFound(What::Vacancy))?;
        if !vacancies.contains(&id) {
            vacancies.push(id);
        }
    }
    Ok(vacancies)
}

/// A place that could not be asked.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Which.
    pub vacancy: Uuid,
    /// Why, in words.
    pub because: &'static str,
    /// The rules that it fails.
    pub rules: Vec<Rule>,
    /// The code of the refusal.
    pub code: Code,
}

/// What came of a question to several places.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many are asked.
    pub asked: usize,
    /// Those that could not be.
    pub refused: Vec<Refused>,
    /// Those that are not asked yet: they wait for the next wave, still ticked.
    pub left: Vec<Uuid>,
}

/// Puts a request to these places, each by a command of its own under a key of its own: a repeat asks nobody twice. What stops one is said of
/// that one.
pub async fn ask_all(
    service: &Data<Service>,
    actor: &Actor<CreateReferral>,
    fields: &Fields,
    request: RequestId,
    wanted: &Wanted,
    at_once: usize,
) -> Result<Outcome, Problem> {
    let mut outcome = Outcome { left: wanted.vacancies.iter().skip(at_once).copied().collect(), ..Outcome::default() };
    for vacancy in wanted.vacancies.iter().take(at_once) {
        match ask(service, actor, fields, request, (*vacancy, wanted.hold), None).await? {
            None => outcome.asked += 1,
            Some(refused) => outcome.refused.push(refused),
        }
    }
    Ok(outcome)
}

/// Puts a request to one place; what stands in the way where something does that the reader can do something about.
pub async fn ask(
    service: &Data<Service>,
    actor: &Actor<CreateReferral>,
    fields: &Fields,
    request: RequestId,
    (vacancy, hold): (Uuid, bool),
    override_reason: Option<Text<500>>,
) -> Result<Option<Refused>, Problem> {
    let asked = NewReferral { hold, override_reason, ..NewReferral::of(VacancyId(vacancy)) };
    let (reach, now) = (actor.reach(), actor.pulse().now);
    let order = order(actor, Some(request.0), fields.said(), fields.key_of(&vacancy.to_string())?);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::create(turn, live.policy(), reach, request, &asked);
    let find = move |conn: &mut Conn, id| referrals::view(conn, reach, now, ReferralId(id));
    let done = service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from);
    let Err(problem) = done else { return Ok(None) };
    // A place that was proposed fits; where there is no bed any more somebody was faster.
    let is_taken = problem.rules() == [Rule::Capacity];
    let because = match problem.code() {
        Code::NotEligible if is_taken => words::JUST_TAKEN.text(),
        Code::NoBedLeft | Code::VacancyWithdrawn => words::JUST_TAKEN.text(),
        Code::NotEligible => words::NOT_ELIGIBLE_TEXT.text(),
        Code::TooManyReferrals | Code::TooManyHolds => words::TOO_MANY_TEXT.text(),
        Code::AlreadyAsked => words::proposals::ASKED_BEFORE.text(),
        Code::NoHoldBeforeAnswer => words::NO_HOLD_BEFORE_ANSWER.text(),
        Code::NotFound => words::proposals::GONE.text(),
        Code::RequestPlaced => explained(&problem).1,
        _ => return Err(problem),
    };
    let rules = if is_taken { Vec::new() } else { problem.rules().to_vec() };
    Ok(Some(Refused { vacancy, because, rules, code: problem.code() }))
}
