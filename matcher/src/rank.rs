//! The answer (design §3.3–3.4): every unit judged, those that can take the people in the order that suits them best, each with its reasons.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::codes::{
    Code as _, Codes, Condition, Criterion, DistanceBand, Door, Rule, Stage, Step, Tier, UnlawfulCondition, Urgency, Warning,
};
use crate::policy::Policy;
use crate::request::MINOR_AGE_MAX;
use crate::rules::{PreparedUnit, Query, RuleSet};
use crate::score::{Counted, UnitValues, days_between, hours_between, score, total_weight};
use crate::unit::{Fault, Unit, Vacancy};
use crate::values::later;

/// The registry at one moment, ready to be asked. Cloning shares the units.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) policy: Policy,
    /// By id, which is the last word of the order.
    pub(crate) units: BTreeMap<Uuid, Arc<PreparedUnit>>,
}

/// What [`Snapshot::rank`] answers.
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
    /// What a wish would open; this engine names none yet, and says so with an empty list.
    pub relaxations: [(); 0],
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
    pub conditions: Codes<Condition>,
    /// Its conditions that no law allows.
    pub unlawful_conditions: Codes<UnlawfulCondition>,
    /// The steps before admission.
    pub steps: Codes<Step>,
    /// Who can open it.
    pub doors: Codes<Door>,
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts(BTreeMap<Rule, u64>);

impl RuleCounts {
    /// The number of a rule.
    pub fn get(&self, rule: Rule) -> u64 {
        self.0.get(&rule).copied().unwrap_or(0)
    }

    /// The rules with a number, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Rule, u64)> + '_ {
        self.0.iter().map(|(rule, count)| (*rule, *count))
    }

    fn add(&mut self, rule: Rule) {
        *self.0.entry(rule).or_default() += 1;
    }
}

impl Serialize for RuleCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (rule, count) in self.iter() {
            map.serialize_entry(rule.as_str(), &count)?;
        }
        map.end()
    }
}

/// A unit that may be proposed, with what orders it.
struct Candidate<'a> {
    unit: &'a PreparedUnit,
    vacancy: &'a Vacancy,
    counted: Vec<Counted>,
    distance_km: f64,
    to_verify: RuleSet,
    far: bool,
    /// The score rounded to 9 decimals, in billionths.
    rank_score: i64,
}

impl Candidate<'_> {
    fn order(&self) -> (bool, bool, Reverse<i64>, Uuid) {
        (!self.to_verify.is_empty(), self.far, Reverse(self.rank_score), self.unit.unit.id)
    }
}

impl Snapshot {
    /// An empty registry under a policy.
    pub fn new(policy: Policy) -> Self {
        Self { policy, units: BTreeMap::new() }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Adds a unit, in place of the one of the same id if there is one.
    ///
    /// # Errors
    /// All that contradicts itself in the unit ([`Unit::faults`]); the registry stays as it was.
    pub fn insert(&mut self, unit: Unit) -> Result<(), Vec<Fault>> {
        let prepared = PreparedUnit::new(unit)?;
        self.units.insert(prepared.unit.id, Arc::new(prepared));
        Ok(())
    }

    /// Takes a unit out, and says whether it was there.
    pub fn remove(&mut self, id: Uuid) -> bool {
        self.units.remove(&id).is_some()
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The unit of this id.
    pub fn unit(&self, id: Uuid) -> Option<&Unit> {
        self.units.get(&id).map(|prepared| &prepared.unit)
    }

    /// Judges every unit for a request and explains the best `top`.
    pub fn rank(&self, query: &Query, top: usize) -> Ranking {
        let (mut failed_counts, mut alone_counts) = (RuleCounts::default(), RuleCounts::default());
        let mut candidates = Vec::new();
        for unit in self.units.values() {
            let distance_km = query.distance_km(unit);
            let failed = query.failed(unit, distance_km);
            for rule in failed.iter() {
                failed_counts.add(rule);
                if failed.len() == 1 {
                    alone_counts.add(rule);
                }
            }
            if query.phone_settles(failed) {
                candidates.extend(self.candidate(query, unit, distance_km, failed));
            }
        }
        let to_verify = candidates.iter().filter(|candidate| !candidate.to_verify.is_empty()).count();
        let eligible = candidates.len() - to_verify;
        candidates.sort_by_cached_key(Candidate::order);
        candidates.truncate(top);
        Ranking {
            request_id: query.request.id,
            policy_version: self.policy.version().to_owned(),
            evaluated: count(self.units.len()),
            eligible: count(eligible),
            to_verify: count(to_verify),
            proposals: candidates.into_iter().map(|candidate| self.proposal(query, candidate)).collect(),
            failed: failed_counts,
            failed_alone: alone_counts,
            relaxations: [],
        }
    }

    /// The unit with the best of its fitting vacancies: the best score, then the earliest, then the lowest id.
    fn candidate<'a>(&self, query: &Query, unit: &'a PreparedUnit, distance_km: f64, failed: RuleSet) -> Option<Candidate<'a>> {
        let values = UnitValues::new(query, &self.policy, unit, distance_km);
        let fitting = unit.unit.vacancies.iter().filter(|vacancy| query.fits(&unit.unit, vacancy));
        let scored = fitting.map(|vacancy| {
            let counted = values.counted(vacancy);
            (billionths(score(&counted)), vacancy, counted)
        });
        let best = scored.min_by_key(|(rank_score, vacancy, _)| (Reverse(*rank_score), vacancy.from, vacancy.id));
        best.map(|(rank_score, vacancy, counted)| Candidate {
            unit,
            vacancy,
            counted,
            distance_km,
            to_verify: failed,
            far: query.request.urgency == Urgency::Immediate && distance_km > self.policy.far_km(),
            rank_score,
        })
    }

    fn proposal(&self, query: &Query, candidate: Candidate<'_>) -> Proposal {
        let unit = &candidate.unit.unit;
        let total = total_weight(&candidate.counted);
        let criteria: Vec<_> = candidate
            .counted
            .iter()
            .map(|counted| CriterionShare {
                name: counted.criterion,
                weight: counted.weight,
                value: counted.value,
                contribution: counted.weight * counted.value / total,
            })
            .collect();
        Proposal {
            unit_id: unit.id,
            vacancy_id: candidate.vacancy.id,
            tier: if candidate.to_verify.is_empty() { Tier::Eligible } else { Tier::ToVerify },
            score: total_score(&criteria),
            criteria,
            to_verify: candidate.to_verify.iter().collect(),
            conditions: unit.conditions.clone(),
            unlawful_conditions: unit.unlawful_conditions.clone(),
            steps: unit.steps.clone(),
            doors: unit.doors.clone(),
            distance_band: band(candidate.distance_km),
            warnings: self.warnings(query, &candidate),
        }
    }

    fn warnings(&self, query: &Query, candidate: &Candidate<'_>) -> Vec<Warning> {
        let request = query.request();
        let vacancy = candidate.vacancy;
        let start = query.start(&candidate.unit.unit, vacancy);
        let last = later(start, request.nights.get());
        let lone_minor = query.lone_minors().next().is_some();
        Warning::ALL
            .iter()
            .copied()
            .filter(|warning| match warning {
                Warning::StaleVacancy => hours_between(vacancy.confirmed_at, request.at) > self.policy.stale_hours(),
                Warning::ShortCover => {
                    request.stage == Stage::Emergency
                        && vacancy.until.is_some_and(|until| days_between(start, until.get()) < f64::from(request.nights.get()))
                }
                Warning::AgeUnknown => request.household.iter().any(|person| person.age.is_none()),
                Warning::Turns18DuringStay => request
                    .household
                    .iter()
                    .any(|person| person.turns_18_on.is_some_and(|day| start < day.get() && day.get() <= last)),
                Warning::MayTurn18 => {
                    query.lone_minors().any(|minor| minor.counted_age() == Some(MINOR_AGE_MAX) && minor.turns_18_on.is_none())
                }
                Warning::UnverifiedLink => lone_minor && request.household.iter().any(|person| person.is_adult()),
                Warning::FarForToday => candidate.far,
            })
            .collect()
    }
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
        self.failed.0.remove(&Rule::KeepApart);
        self.failed_alone.0.remove(&Rule::KeepApart);
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
fn billionths(score: f64) -> i64 {
    (score * 1e9).round() as i64
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
