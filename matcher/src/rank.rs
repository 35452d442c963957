//! The answer (design §3.3–3.4): who can take these people, in the order that suits them best, each with its reasons.

use std::cmp::{Ordering, Reverse};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::codes::{
    Code as _, Condition, Criterion, DistanceBand, Door, Rule, Stage, Step, Tier, UnlawfulCondition, Urgency, Warning,
};
use crate::facts::View;
use crate::packed::{ShortList, place};
use crate::policy::Policy;
use crate::relax::{Relaxation, relaxations};
use crate::request::MINOR_AGE_MAX;
use crate::rules::{Query, RuleSet};
use crate::score::{Scorer, days_between, hours_between};
use crate::unit::Vacancy;
use crate::values::later;

/// What [`crate::Snapshot::answer`] answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// The request.
    pub request_id: Uuid,
    /// The version of the policy.
    pub policy_version: String,
    /// How many units were judged: all.
    pub evaluated: u64,
    /// How many are eligible.
    pub eligible: u64,
    /// How many a phone call could make eligible.
    pub to_verify: u64,
    /// The best, in order.
    pub proposals: Vec<Proposal>,
    /// For each rule, how many units fail it.
    pub failed: RuleCounts,
    /// For each rule, how many units fail it and no other.
    pub failed_alone: RuleCounts,
    /// What a wish would open; empty also where that was not asked for.
    pub relaxations: Vec<Relaxation>,
}

/// A unit for a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// The unit.
    pub unit_id: Uuid,
    /// The vacancy that is offered.
    pub vacancy_id: Uuid,
    /// Whether it stands or wants a call first.
    pub tier: Tier,
    /// Σ weight·value / Σ weight, in [0, 1].
    pub score: f64,
    /// The criteria that count; their contributions add up to the score.
    pub criteria: Vec<CriterionShare>,
    /// The rules a phone call has to settle.
    pub to_verify: Vec<Rule>,
    /// Its lawful conditions.
    pub conditions: ShortList<Condition>,
    /// Its conditions that no law allows.
    pub unlawful_conditions: ShortList<UnlawfulCondition>,
    /// The steps before admission.
    pub steps: ShortList<Step>,
    /// Who can open it.
    pub doors: ShortList<Door>,
    /// How far it is.
    pub distance_band: DistanceBand,
    /// What to know about it.
    pub warnings: Vec<Warning>,
}

/// What a criterion adds to a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CriterionShare {
    /// Which criterion.
    pub name: Criterion,
    /// Its weight.
    pub weight: f64,
    /// Its value, in [0, 1].
    pub value: f64,
    /// weight·value / Σ weight.
    pub contribution: f64,
}

/// A number of units for each rule, in the order of the rules; zeros are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts([u64; Rule::ALL.len()]);

impl RuleCounts {
    /// The number of a rule.
    pub fn get(&self, rule: Rule) -> u64 {
        self.iter().find(|(known, _)| *known == rule).map_or(0, |(_, count)| count)
    }

    /// The rules with a number, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Rule, u64)> {
        Rule::ALL.iter().copied().zip(self.0).filter(|(_, count)| *count > 0)
    }

    pub(crate) fn add(&mut self, rule: Rule, units: u64) {
        if let Some(count) = self.of(rule) {
            *count += units;
        }
    }

    fn hide(&mut self, rule: Rule) {
        if let Some(count) = self.of(rule) {
            *count = 0;
        }
    }

    fn of(&mut self, rule: Rule) -> Option<&mut u64> {
        usize::try_from(place(rule)).ok().and_then(|place| self.0.get_mut(place))
    }
}

impl Serialize for RuleCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.iter().count()))?;
        for (rule, count) in self.iter() {
            map.serialize_entry(rule.as_str(), &count)?;
        }
        map.end()
    }
}

/// A unit that may be proposed, with what orders it.
pub(crate) struct Candidate<'a> {
    view: View<'a>,
    vacancy: &'a Vacancy,
    distance_km: f64,
    /// Whether it may be in a zone to avoid.
    avoided: bool,
    to_verify: RuleSet,
    far: bool,
    /// The score rounded to 9 decimals, in billionths.
    rank_score: i64,
}

impl<'a> Candidate<'a> {
    /// The unit with the best of its fitting vacancies: the best score, then the earliest, then the lowest id. None when none fits.
    pub(crate) fn new(
        query: &Query,
        policy: &Policy,
        scorer: &Scorer<'_>,
        view: View<'a>,
        distance_km: f64,
        avoided: bool,
        to_verify: RuleSet,
    ) -> Option<Self> {
        let fitting = view.vacancies.iter().filter(|vacancy| query.fits(view.facts, vacancy));
        let scored = fitting.map(|vacancy| (billionths(scorer.score(view.facts, vacancy, distance_km, avoided)), vacancy));
        let (rank_score, vacancy) = scored.min_by_key(|(rank_score, vacancy)| (Reverse(*rank_score), vacancy.from, vacancy.id))?;
        let far = query.request.urgency == Urgency::Immediate && distance_km > policy.far_km();
        Some(Self { view, vacancy, distance_km, avoided, to_verify, far, rank_score })
    }

    /// What orders it before its id does; the least is the best.
    pub(crate) fn standing(&self) -> (bool, bool, Reverse<i64>) {
        (!self.to_verify.is_empty(), self.far, Reverse(self.rank_score))
    }
}

impl Ord for Candidate<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.standing().cmp(&other.standing()).then(self.view.facts.id.cmp(&other.view.facts.id))
    }
}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate<'_> {}

/// The plain engine: judges one unit after the other by every rule, scores those that may be proposed and sorts them all. What it answers
/// is right by reading it; what an index answers is right by being the same.
pub(crate) fn answer_plainly<'a>(
    query: &Query,
    policy: &Policy,
    units: impl Iterator<Item = View<'a>> + Clone,
    top: usize,
) -> Ranking {
    let (mut failed_counts, mut alone_counts) = (RuleCounts::default(), RuleCounts::default());
    let scorer = Scorer::new(query, policy);
    let mut candidates = Vec::new();
    let mut evaluated = 0;
    for view in units.clone() {
        evaluated += 1;
        let distance_km = query.distance_km(view.facts);
        let failed = query.failed(view, distance_km);
        for rule in failed.iter() {
            failed_counts.add(rule, 1);
            if failed.len() == 1 {
                alone_counts.add(rule, 1);
            }
        }
        if query.phone_settles(failed) {
            let avoided = query.may_be_in_avoided(view.facts);
            candidates.extend(Candidate::new(query, policy, &scorer, view, distance_km, avoided, failed));
        }
    }
    let to_verify = candidates.iter().filter(|candidate| !candidate.to_verify.is_empty()).count();
    let eligible = candidates.len() - to_verify;
    candidates.sort_unstable();
    candidates.truncate(top);
    let takes = |query: &Query, view: View<'_>| query.failed(view, query.distance_km(view.facts)).is_empty();
    let opens = |changed: &Query| count(units.clone().filter(|view| takes(changed, *view) && !takes(query, *view)).count());
    Ranking {
        request_id: query.request.id,
        policy_version: policy.version().to_owned(),
        evaluated,
        eligible: count(eligible),
        to_verify: count(to_verify),
        proposals: candidates.iter().map(|candidate| proposal(query, policy, &scorer, candidate)).collect(),
        failed: failed_counts,
        failed_alone: alone_counts,
        relaxations: relaxations(query, policy, eligible == 0, |_| true, opens),
    }
}

/// A candidate as it is answered.
pub(crate) fn proposal(query: &Query, policy: &Policy, scorer: &Scorer<'_>, candidate: &Candidate<'_>) -> Proposal {
    let unit = candidate.view.facts;
    let counted = scorer.counted(unit, candidate.vacancy, candidate.distance_km, candidate.avoided);
    let mut criteria = Vec::with_capacity(Criterion::ALL.len());
    criteria.extend(counted.map(|counted| CriterionShare {
        name: counted.criterion,
        weight: counted.weight,
        value: counted.value,
        contribution: counted.contribution,
    }));
    Proposal {
        unit_id: unit.id,
        vacancy_id: candidate.vacancy.id,
        tier: if candidate.to_verify.is_empty() { Tier::Eligible } else { Tier::ToVerify },
        score: total_score(&criteria),
        criteria,
        to_verify: candidate.to_verify.iter().collect(),
        conditions: unit.conditions,
        unlawful_conditions: unit.unlawful_conditions,
        steps: unit.steps,
        doors: unit.doors,
        distance_band: band(candidate.distance_km),
        warnings: warnings(query, policy, candidate),
    }
}

fn warnings(query: &Query, policy: &Policy, candidate: &Candidate<'_>) -> Vec<Warning> {
    let request = query.request();
    let vacancy = candidate.vacancy;
    let start = query.start(candidate.view.facts, vacancy);
    let last = later(start, request.nights.get());
    let lone_minor = query.lone_minors().next().is_some();
    Warning::ALL
        .iter()
        .copied()
        .filter(|warning| match warning {
            Warning::StaleVacancy => hours_between(vacancy.confirmed_at, request.at) > policy.stale_hours(),
            Warning::ShortCover => {
                request.stage == Stage::Emergency
                    && vacancy.until.is_some_and(|until| days_between(start, until.get()) < f64::from(request.nights.get()))
            }
            Warning::AgeUnknown => request.household.iter().any(|person| person.age.is_none()),
            Warning::Turns18DuringStay => {
                request.household.iter().any(|person| person.turns_18_on.is_some_and(|day| start < day.get() && day.get() <= last))
            }
            Warning::MayTurn18 => {
                query.lone_minors().any(|minor| minor.counted_age() == Some(MINOR_AGE_MAX) && minor.turns_18_on.is_none())
            }
            Warning::UnverifiedLink => lone_minor && request.household.iter().any(|person| person.is_adult()),
            Warning::FarForToday => candidate.far,
        })
        .collect()
}

impl Ranking {
    /// The same as an API shows it (design §3.6): values rounded to 0.1 and the scores of those, so that they tell no distance,
    /// and no count that could tell where someone is housed.
    pub fn for_display(mut self) -> Self {
        for proposal in &mut self.proposals {
            let total: f64 = proposal.criteria.iter().map(|share| share.weight).sum();
            for share in &mut proposal.criteria {
                share.value = (share.value * 10.0).round() / 10.0;
                share.contribution = share.weight * share.value / total;
            }
            proposal.score = total_score(&proposal.criteria);
        }
        for counts in [&mut self.failed, &mut self.failed_alone] {
            counts.hide(Rule::KeepApart);
        }
        self
    }
}

/// The contributions added up, without the last bit by which rounding may push a perfect score above 1.
fn total_score(criteria: &[CriterionShare]) -> f64 {
    criteria.iter().map(|share| share.contribution).sum::<f64>().min(1.0)
}

fn band(km: f64) -> DistanceBand {
    match km {
        km if km < 10.0 => DistanceBand::Under10,
        km if km < 30.0 => DistanceBand::From10,
        km if km < 75.0 => DistanceBand::From30,
        km if km < 150.0 => DistanceBand::From75,
        km if km < 300.0 => DistanceBand::From150,
        _ => DistanceBand::From300,
    }
}

#[expect(clippy::as_conversions, reason = "a score lies in [0, 1], so its billionths fit; there is no other way from f64 to i64")]
pub(crate) fn billionths(score: f64) -> i64 {
    (score * 1e9).round() as i64
}

/// About the score of so many billionths.
#[expect(clippy::as_conversions, reason = "a score in billionths is far below what f64 holds exactly, and need not be exact here")]
pub(crate) fn unrounded(billionths: i64) -> f32 {
    (billionths as f64 / 1e9) as f32
}

pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
