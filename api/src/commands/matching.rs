//! How stored records become what the engine is asked, and what its verdict on a single place means for a command.

use matcher::{HouseholdSize, Moment, Policy, Query, Rule, RuleSet};
use uuid::Uuid;

use crate::clock::{Instant, civil};
use crate::db::plans::StoredPlan;
use crate::db::requests::StoredRequest;
use crate::db::units::StoredUnit;
use crate::db::vacancies::StoredVacancy;
use crate::db::{Conn, DbError, Failure, Keys, keep_apart, refusals};
use crate::domain::ids::RequestId;
use crate::domain::quota::Likeness;
use crate::domain::referral::{Override, Referral};
use crate::domain::request::{RequestWarning, coming_of_age_faults};
use crate::domain::{AdHocRequest, Denied, Side, Text, days, night};

/// A stored request as a question to the engine now, with what its refusals exclude. Of whom its people must not meet the engine is told
/// nothing (design §4).
pub fn query(conn: &mut Conn, policy: &Policy, stored: &StoredRequest, now: Instant) -> Result<Query, Failure> {
    let declared = stored.declared.unshown();
    let department = declared.department();
    let at = night::asked_at(moment(now, department)?, declared.urgency, policy);
    let mut request = declared.as_matched(stored.id.0, at, moment(stored.created_at, department)?);
    let excluded = refusals::in_force(conn, stored.id, at.day())?;
    request.refused_units.extend(excluded.units);
    request.refused_structures.extend(excluded.structures);
    ask(request, policy)
}

/// By what rankings that ask nearly the same are known: the department, who the people are, the stage and the urgency, as a keyed hash. Whoever
/// watches where somebody was placed asks again and again for people who fit there, and may move the point a little.
pub fn likeness(keys: &Keys, request: &matcher::Request) -> Result<Likeness, DbError> {
    use matcher::Code as _;
    let mut people: Vec<String> =
        request.household.iter().map(|person| format!("{} {}", person.gender.as_str(), person.minority.as_str())).collect();
    people.sort_unstable();
    let (stage, urgency) = (request.stage.as_str(), request.urgency.as_str());
    let alike = format!("{} {stage} {urgency} {}", request.place.department, people.join(","));
    let hash = keys.hash("likeness", alike.as_bytes())?;
    hash.first_chunk().copied().ok_or_else(|| DbError::damaged("a hash is too short"))
}

/// Which requests of a plan are kept apart from which others of it: those of one organisation, which knows of both (design §4).
pub fn apart_in(conn: &mut Conn, plan: &StoredPlan) -> Result<Vec<(RequestId, RequestId)>, DbError> {
    let owner = |request: &RequestId| plan.requests.get(request).map(|planned| planned.organisation);
    let mut links = keep_apart::within_plan(conn, plan.id)?;
    links.retain(|(one, other)| owner(one).is_some() && owner(one) == owner(other));
    Ok(links)
}

/// The same question with those of its plan that its people are kept apart from. It goes to the search for plans alone.
pub fn kept_apart(query: Query, policy: &Policy, apart: &[(RequestId, RequestId)]) -> Result<Query, Failure> {
    let own = query.request().id;
    let others = apart.iter().filter_map(|(one, other)| match own {
        id if id == one.0 => Some(other.0),
        id if id == other.0 => Some(one.0),
        _ => None,
    });
    let others: Vec<Uuid> = others.collect();
    if others.is_empty() {
        return Ok(query);
    }
    ask(matcher::Request { keep_apart: others, ..query.request().clone() }, policy)
}

/// A request that is not stored as a question to the engine: at the instant it gives, or now.
pub fn ad_hoc(policy: &Policy, declared: &AdHocRequest, now: Instant) -> Result<Query, Failure> {
    let at = match declared.at {
        Some(at) => at,
        None => moment(now, declared.department())?,
    };
    let mut faults = coming_of_age_faults(&declared.household.0, &[], at.civil_day());
    let at = night::asked_at(at, declared.urgency, policy);
    faults.extend(days::long_past(declared.first_day, at.day()).map(|why| ("first_day".to_owned(), why)));
    if !faults.is_empty() {
        return Err(Denied::Contradiction(faults).into());
    }
    let id = declared.id.unwrap_or_else(Uuid::now_v7);
    ask(declared.as_matched(id, at, declared.created_at.unwrap_or(at)), policy)
}

/// What to know about a stored request now.
pub fn warnings(stored: &StoredRequest, now: Instant) -> Result<Vec<RequestWarning>, DbError> {
    Ok(stored.declared.unshown().warnings(stored.today(now)?))
}

/// A request as a question to the engine.
pub fn ask(request: matcher::Request, policy: &Policy) -> Result<Query, Failure> {
    Query::new(request, policy)
        .map_err(|faults| Denied::Contradiction(faults.into_iter().map(|fault| (fault.field, fault.why)).collect()).into())
}

/// An instant in the civil time of a department, as the engine reads it.
pub fn moment(at: Instant, department: matcher::Department) -> Result<Moment, DbError> {
    Moment::new(civil(at, department)).map_err(DbError::damaged)
}

/// The rules that one vacancy of a unit fails for a request, if `beds` of it are free. A household that has grown since it was `people`
/// fails none by that alone: neither the beds nor the size of a household that the unit takes have to be more than they had to be then.
pub fn failed(
    query: &Query,
    (unit, vacancy): (&StoredUnit, &StoredVacancy),
    (beds, people): (u32, u32),
) -> Result<RuleSet, DbError> {
    let now = u32::try_from(query.request().household.len()).unwrap_or(u32::MAX);
    let beds = if people <= beds { beds.max(now) } else { beds };
    let mut matched = unit.as_matched(vacancy.as_matched(beds)?.into_iter().collect());
    if people <= matched.max_household.get() && matched.max_household.get() < now {
        matched.max_household = HouseholdSize::new(now).map_err(DbError::damaged)?;
    }
    query.judge(matched).map_err(|faults| DbError::damaged(format!("unit {}: {faults:?}", unit.id)))
}

/// Lets a referral pass whose unit fails these rules, or refuses it (design §4): what a phone call can settle, and `distance`, may be
/// overridden with a reason, now or earlier; nothing else.
pub fn let_pass(
    query: &Query,
    failed: RuleSet,
    referral: &mut Referral,
    reason: Option<&Text<500>>,
    side: Side,
) -> Result<(), Denied> {
    let rules: Vec<Rule> = failed.iter().filter(|rule| !referral.overrides(*rule)).collect();
    if rules.is_empty() {
        return Ok(());
    }
    let may_pass = rules.iter().all(|rule| *rule == Rule::Distance || query.may_be_verified(*rule));
    match reason {
        Some(reason) if may_pass => {
            referral.course.overrides.push(Override { rules, reason: Some(reason.clone()) });
            Ok(())
        }
        _ => Err(Denied::NotEligible(rules.into_iter().filter(|rule| may_be_told(*rule, side)).collect())),
    }
}

/// Whether someone may be told that a place fails this rule for a request: those who wrote it all, the addressee and the coordination, which
/// plans requests it does not see, nothing of the dangers of these people, nor of whom they must not meet.
fn may_be_told(rule: Rule, side: Side) -> bool {
    side == Side::Asking || tells_nothing_of_dangers(rule)
}

/// Whether that a place fails this rule for a request tells nothing of the dangers of its people, their wishes, or whom they must not meet.
pub fn tells_nothing_of_dangers(rule: Rule) -> bool {
    match rule {
        Rule::DangerZone | Rule::DangerZoneUnsure | Rule::KeepApart | Rule::AlreadyRefused | Rule::Distance => false,
        Rule::Capacity
        | Rule::Gender
        | Rule::Age
        | Rule::UnaccompaniedMinor
        | Rule::Children
        | Rule::Household
        | Rule::Setting
        | Rule::Stage
        | Rule::RemovalConsent
        | Rule::Crossing
        | Rule::RequiredOffer
        | Rule::RequiredLanguage => true,
    }
}
