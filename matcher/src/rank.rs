//! The answer (design §3.3–3.4): who can take these people, in the order that suits them best, each with its reasons.

use std::cmp::Reverse;

use chrono::NaiveDate;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::codes::{
    Code as _, Condition, Criterion, DistanceBand, Door, Rule, Stage, Step, Tier, UnlawfulCondition, Urgency, Warning,
};
use crate::facts::View;
use crate::packed::{ShortList, SmallSet};
use crate::policy::Policy;
use crate::relax::{Relaxation, relaxations};
use crate::request::{MINOR_AGE_MAX, Person};
use crate::rules::{Query, RuleSet};
use crate::score::{Scorer, Values, days_between, hours_between};
use crate::unit::Vacancy;
use crate::values::{Day, later};

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
    pub criteria: Criteria,
    /// The rules a phone call has to settle.
    pub to_verify: RuleSet,
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
    pub warnings: SmallSet<Warning>,
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

/// The criteria that count for a proposal, in the order of the contract.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Criteria {
    /// 0 where one does not count.
    weights: Values,
    values: Values,
}

impl Criteria {
    /// What each adds to the score.
    pub fn iter(&self) -> impl Iterator<Item = CriterionShare> {
        let total: f64 = self.weights.iter().sum();
        let all = Criterion::ALL.iter().zip(self.weights).zip(self.values);
        all.filter(|((_, weight), _)| *weight > 0.0).map(move |((name, weight), value)| CriterionShare {
            name: *name,
            weight,
            value,
            contribution: weight / total * value,
        })
    }

    /// What one adds, if it counts.
    pub fn get(&self, criterion: Criterion) -> Option<CriterionShare> {
        self.iter().find(|share| share.name == criterion)
    }

    /// The contributions added up.
    fn score(&self) -> f64 {
        at_most_one(self.iter().map(|share| share.contribution).sum())
    }
}

impl Serialize for Criteria {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
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
        usize::try_from(rule.place()).ok().and_then(|place| self.0.get_mut(place))
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
    /// The day a stay in it would start.
    start: NaiveDate,
    distance_km: f64,
    to_verify: RuleSet,
    far: bool,
    values: Values,
    score: f64,
    /// The score rounded to 9 decimals, in billionths.
    rank_score: i64,
}

/// What orders candidates; the least is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Standing {
    pub(crate) to_verify: bool,
    /// Far for today.
    pub(crate) far: bool,
    /// In billionths.
    pub(crate) score: Reverse<i64>,
    id: Uuid,
}

impl<'a> Candidate<'a> {
    /// The unit with the best of its fitting vacancies: the best score, then the earliest, then the lowest id. None when none fits.
    /// `avoided`: it may be in a zone to avoid.
    pub(crate) fn new(
        query: &Query,
        policy: &Policy,
        scorer: &Scorer<'_>,
        view: View<'a>,
        distance_km: f64,
        avoided: bool,
        to_verify: RuleSet,
    ) -> Option<Self> {
        let of_unit = scorer.of_unit(view.facts, distance_km, avoided);
        let mut best: Option<Self> = None;
        for vacancy in view.vacancies {
            let Some(start) = query.fitting_start(view.facts, vacancy) else { continue };
            let values = scorer.of_vacancy(&of_unit, vacancy, start);
            let score = scorer.score(&values);
            let rank_score = billionths(score);
            let order = |score: i64, vacancy: &Vacancy| (Reverse(score), vacancy.from, vacancy.id);
            if best.as_ref().is_none_or(|best| order(rank_score, vacancy) < order(best.rank_score, best.vacancy)) {
                let far = query.request.urgency == Urgency::Immediate && distance_km > policy.far_km();
                best = Some(Self { view, vacancy, start, distance_km, to_verify, far, values, score, rank_score });
            }
        }
        best
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing { to_verify: !self.to_verify.is_empty(), far: self.far, score: Reverse(self.rank_score), id: self.view.facts.id }
    }
}

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
    candidates.sort_unstable_by_key(Candidate::standing);
    candidates.truncate(top);
    let takes = |query: &Query, view: View<'_>| query.failed(view, query.distance_km(view.facts)).is_empty();
    let proposer = Proposer::new(query, policy, &scorer);
    let opens = |changed: &Query| count(units.clone().filter(|view| takes(changed, *view) && !takes(query, *view)).count());
    Ranking {
        request_id: query.request.id,
        policy_version: policy.version().to_owned(),
        evaluated,
        eligible: count(eligible),
        to_verify: count(to_verify),
        proposals: candidates.iter().map(|candidate| proposer.proposal(candidate)).collect(),
        failed: failed_counts,
        failed_alone: alone_counts,
        relaxations: relaxations(query, policy, eligible == 0, |_| true, opens),
    }
}

/// What answers candidates, with what is the same for each of them.
pub(crate) struct Proposer<'a> {
    query: &'a Query,
    policy: &'a Policy,
    weights: Values,
    /// Warnings that the household brings along, wherever it goes.
    everywhere: SmallSet<Warning>,
}

impl<'a> Proposer<'a> {
    pub(crate) fn new(query: &'a Query, policy: &'a Policy, scorer: &Scorer<'_>) -> Self {
        let household = || query.request.household.iter();
        let lone_minor = query.lone_minors().next().is_some();
        let brought = |warning: &Warning| match warning {
            Warning::AgeUnknown => household().any(|person| person.age.is_none()),
            Warning::MayTurn18 => {
                query.lone_minors().any(|minor| minor.counted_age() == Some(MINOR_AGE_MAX) && minor.turns_18_on.is_none())
            }
            Warning::UnverifiedLink => lone_minor && household().any(Person::is_adult),
            Warning::StaleVacancy | Warning::ShortCover | Warning::Turns18DuringStay | Warning::FarForToday => false,
        };
        let everywhere = Warning::ALL.iter().copied().filter(brought).collect();
        Self { query, policy, weights: scorer.weights(), everywhere }
    }

    /// A candidate as it is answered.
    pub(crate) fn proposal(&self, candidate: &Candidate<'_>) -> Proposal {
        let unit = candidate.view.facts;
        Proposal {
            unit_id: unit.id,
            vacancy_id: candidate.vacancy.id,
            tier: if candidate.to_verify.is_empty() { Tier::Eligible } else { Tier::ToVerify },
            score: at_most_one(candidate.score),
            criteria: Criteria { weights: self.weights, values: candidate.values },
            to_verify: candidate.to_verify,
            conditions: unit.conditions,
            unlawful_conditions: unit.unlawful_conditions,
            steps: unit.steps,
            doors: unit.doors,
            distance_band: band(candidate.distance_km),
            warnings: self.warnings(candidate),
        }
    }

    fn warnings(&self, candidate: &Candidate<'_>) -> SmallSet<Warning> {
        let request = &self.query.request;
        let (vacancy, start, nights) = (candidate.vacancy, candidate.start, request.nights.get());
        let comes_of_age = |day: Day| start < day.get() && day.get() <= later(start, nights);
        let there = [
            (Warning::StaleVacancy, hours_between(vacancy.confirmed_at, request.at) > self.policy.stale_hours()),
            (
                Warning::ShortCover,
                request.stage == Stage::Emergency
                    && vacancy.until.is_some_and(|until| days_between(start, until.get()) < f64::from(nights)),
            ),
            (Warning::Turns18DuringStay, request.household.iter().any(|person| person.turns_18_on.is_some_and(comes_of_age))),
            (Warning::FarForToday, candidate.far),
        ];
        there.into_iter().fold(self.everywhere, |warnings, (warning, holds)| warnings.with_if(holds, warning))
    }
}

impl Ranking {
    /// The same as an API shows it (design §3.6): values rounded to 0.1 and the scores of those, so that they tell no distance,
    /// and no count that could tell where someone is housed.
    pub fn for_display(mut self) -> Self {
        for proposal in &mut self.proposals {
            proposal.criteria.values = proposal.criteria.values.map(|value| (value * 10.0).round() / 10.0);
            proposal.score = proposal.criteria.score();
        }
        for counts in [&mut self.failed, &mut self.failed_alone] {
            counts.hide(Rule::KeepApart);
        }
        self
    }
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

/// A score without the last bit by which rounding may push a perfect one above 1.
fn at_most_one(score: f64) -> f64 {
    score.min(1.0)
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
