//! The answer (design §3.3–3.4): who can take these people, in the order that suits them best, each with its reasons.
//!
//! This file owns tiers, order, counts, warnings, and the plain engine, which the index must equal. It never looks at a clock: all
//! instants come with the request.

use std::cmp::Reverse;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::codes::{
    Code as _, Condition, Criterion, DistanceBand, Door, Kind, Offer, Rule, Setting, Stage, Step, Tier, UnlawfulCondition, Warning,
};
use crate::facts::{Facts, VacancyFacts, View};
use crate::geo::{arc_km, direction, in_parts};
use crate::packed::{Languages, Set, ShortList, SmallSet};
use crate::policy::{Policy, Values};
use crate::relax::{Relaxation, relaxations};
use crate::request::Person;
use crate::rules::{Query, RuleSet};
use crate::score::Scorer;
use crate::unit::{AgeRange, Children, MINOR_AGE_MAX};
use crate::values::{Day, DayNumber, Department, Language};

/// What [`crate::Snapshot::answer`] answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// The id of the request.
    pub request_id: Uuid,
    /// The version of the policy.
    pub policy_version: String,
    /// How many units were judged: all.
    pub evaluated: u64,
    /// How many units are eligible.
    pub eligible: u64,
    /// How many units a phone call could make eligible.
    pub to_verify: u64,
    /// The best units, in order.
    pub proposals: Vec<Proposal>,
    /// For each rule, how many units fail this rule.
    pub failed: RuleCounts,
    /// For each rule, how many units fail this rule and no other.
    pub failed_alone: RuleCounts,
    /// What each wish would open; empty also where relaxations were not asked for.
    pub relaxations: Vec<Relaxation>,
}

/// A unit proposed for a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// The id of the unit.
    pub unit_id: Uuid,
    /// The id of the vacancy that is offered.
    pub vacancy_id: Uuid,
    /// Whether the proposal stands or wants a call first.
    pub tier: Tier,
    /// Σ weight·value / Σ weight, in [0, 1].
    pub score: f64,
    /// The criteria that count; their contributions add up to the score.
    pub criteria: Criteria,
    /// The rules a phone call has to settle.
    pub to_verify: RuleSet,
    /// The lawful conditions of the unit.
    pub conditions: ShortList<Condition>,
    /// The conditions of the unit that no law allows.
    pub unlawful_conditions: ShortList<UnlawfulCondition>,
    /// The steps before admission.
    pub steps: ShortList<Step>,
    /// Who can open the unit.
    pub doors: ShortList<Door>,
    /// How far the unit is.
    pub distance_band: DistanceBand,
    /// What to know about the proposal.
    pub warnings: SmallSet<Warning>,
}

/// What whoever is shown a proposal may know of its place beside its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceOffered {
    /// What sort of place the unit is.
    pub kind: Kind,
    /// The department of the unit.
    pub department: Department,
    /// The day on which the vacancy has to be empty again; none for one that is open-ended.
    pub until: Option<Day>,
    /// When the vacancy was last confirmed, in whole seconds since the beginning of 1970.
    pub confirmed_at_s: i64,
    /// The first day on which the vacancy is free.
    pub from: Day,
    /// How many days an admission takes.
    pub admission_days: u16,
    /// Who lives there.
    pub setting: Setting,
    /// The adults that the unit takes, by age in years; none where it takes none.
    pub adult_ages: Option<AgeRange>,
    /// The children that the unit takes with a parent; none where it takes none.
    pub children: Option<Children>,
    /// What the unit offers.
    pub offers: Set<Offer>,
    pub(crate) languages: Languages,
}

impl PlaceOffered {
    /// The languages spoken there, in the order of their codes.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let registry = given::registry();
    /// let proposal = &registry.best(&given::query(), 1)[0];
    /// let offered = registry.offered(proposal.unit_id, proposal.vacancy_id).unwrap();
    /// assert!(offered.languages().all(|language| given::unit().languages.contains(language)));
    /// assert_eq!(offered.languages().count(), given::unit().languages.iter().count());
    /// ```
    pub fn languages(&self) -> impl Iterator<Item = Language> + use<> {
        self.languages.iter()
    }
}

/// What a criterion adds to a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CriterionShare {
    /// Which criterion.
    pub name: Criterion,
    /// The weight of the criterion.
    pub weight: f64,
    /// The value of the criterion, in [0, 1].
    pub value: f64,
    /// weight·value / Σ weight.
    pub contribution: f64,
}

/// The criteria that count for a proposal, in the order of the contract.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Criteria {
    /// The weight of each criterion, 0 where it does not count.
    weights: Values,
    values: Values,
}

impl Criteria {
    /// What each criterion adds to the score.
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

    /// What one criterion adds to the score; none for a criterion that does not count.
    ///
    /// ```
    /// use matcher::Criterion;
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    ///
    /// let best = &given::registry().best(&given::query(), 1)[0];
    /// assert_eq!(best.criteria.get(Criterion::Readiness).unwrap().value, 1.0);
    /// assert!(best.criteria.get(Criterion::Offers).is_none(), "no offer is wished for");
    /// ```
    pub fn get(&self, criterion: Criterion) -> Option<CriterionShare> {
        self.iter().find(|share| share.name == criterion)
    }

    /// The sum of the contributions.
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
    /// The number of units for a rule.
    ///
    /// ```
    /// use matcher::Rule;
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    ///
    /// let mut registry = given::registry();
    /// let mut unit = given::unit();
    /// unit.vacancies.clear();
    /// registry.insert(unit).unwrap();
    /// assert_eq!(registry.rank(&given::query(), 20).failed.get(Rule::Capacity), 1);
    /// ```
    pub fn get(&self, rule: Rule) -> u64 {
        self.iter().find(|(known, _)| *known == rule).map_or(0, |(_, count)| count)
    }

    /// The rules that have a number above 0, in the order of the contract.
    pub fn iter(&self) -> impl Iterator<Item = (Rule, u64)> {
        Rule::ALL.iter().copied().zip(self.0).filter(|(_, count)| *count > 0)
    }

    pub(crate) fn add(&mut self, rule: Rule, units: u64) {
        if let Some(count) = self.of(rule) {
            *count += units;
        }
    }

    fn of(&mut self, rule: Rule) -> Option<&mut u64> {
        usize::try_from(rule.index()).ok().and_then(|index| self.0.get_mut(index))
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

/// A unit that may be proposed, with the best of its vacancies.
pub(crate) struct Candidate<'a> {
    unit: &'a Facts,
    offer: Offered<'a>,
    arc_km: f64,
    to_verify: RuleSet,
    far: bool,
}

/// A vacancy that fits, with its score and the values behind the score.
struct Offered<'a> {
    vacancy: &'a VacancyFacts,
    /// The day on which a stay would start.
    start: DayNumber,
    values: Values,
    score: f64,
    /// The score rounded to 9 decimals.
    billionths: u32,
}

/// How good a candidate is, or can be at most, its id left out; the least rank is the best. Candidates to verify come last, among equals
/// those far for today, then those of the lower score. A rank is one number, which sorts fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u64);

/// What orders candidates; the least is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Standing {
    pub(crate) rank: Rank,
    id: (u64, u64),
}

impl Rank {
    /// How many bits [`Rank::coarse`] has.
    pub(crate) const COARSE_BITS: u32 = 22;

    /// The rank that every candidate reaches.
    pub(crate) const WORST: Self = Self(u64::MAX);
    const TO_VERIFY: u64 = 1 << 33;
    const FAR: u64 = 1 << 32;

    pub(crate) fn new(to_verify: bool, far: bool, billionths: u32) -> Self {
        Self(Self::class(to_verify, far) | u64::from(!billionths))
    }

    /// The rank in fewer bits: the same or a little better.
    pub(crate) fn coarse(self) -> u64 {
        const BITS: u32 = 34;
        self.0.min((1 << BITS) - 1) >> (BITS - Self::COARSE_BITS)
    }

    fn class(to_verify: bool, far: bool) -> u64 {
        let (last, later) = (if to_verify { Self::TO_VERIFY } else { 0 }, if far { Self::FAR } else { 0 });
        last | later
    }

    /// About the best rank that a candidate of at most this score can have.
    pub(crate) fn at_best(to_verify: bool, far: bool, score: f32) -> Self {
        Self::new(to_verify, far, about_in_billionths(score))
    }

    /// About the least score with which a candidate may reach this rank; none where no score is enough.
    pub(crate) fn least_score(self, to_verify: bool) -> Option<f32> {
        let lacking = self.0.checked_sub(Self::class(to_verify, false))?;
        // A bar so low that it takes no score at all, every candidate reaches.
        Some(u32::try_from(lacking).map_or(0.0, |lacking| about_in_ones(!lacking)))
    }
}

impl<'a> Candidate<'a> {
    /// The unit with the best of its fitting vacancies: that of the best score, then the earliest, then that of the lowest id. None
    /// where no vacancy fits. `avoided`: the unit may be in a zone to avoid.
    pub(crate) fn new(
        query: &Query,
        scorer: &Scorer<'_>,
        (unit, vacancies): (&'a Facts, &'a [VacancyFacts]),
        arc_km: f64,
        avoided: bool,
        to_verify: RuleSet,
    ) -> Option<Self> {
        let of_unit = scorer.of_unit(unit, arc_km, avoided);
        let mut best: Option<Offered<'_>> = None;
        for vacancy in vacancies {
            let Some(start) = query.fitting_start(unit, vacancy) else { continue };
            let values = scorer.of_vacancy(&of_unit, vacancy, start);
            let score = scorer.score(&values);
            let offered = Offered { vacancy, start, values, score, billionths: in_billionths(score) };
            if best.as_ref().is_none_or(|best| offered.order() < best.order()) {
                best = Some(offered);
            }
        }
        let far = query.is_far_for_today(unit, arc_km);
        best.map(|offer| Self { unit, offer, arc_km, to_verify, far })
    }

    /// The score with the vacancy that is offered.
    pub(crate) fn score(&self) -> f64 {
        self.offer.score
    }

    /// What orders the candidate among others.
    pub(crate) fn standing(&self) -> Standing {
        let rank = Rank::new(!self.to_verify.is_empty(), self.far, self.offer.billionths);
        Standing { rank, id: self.unit.id.as_u64_pair() }
    }
}

impl Offered<'_> {
    /// What orders the vacancies of a unit; the least is the best.
    fn order(&self) -> impl Ord + use<> {
        (Reverse(self.billionths), self.vacancy.from, self.vacancy.id)
    }
}

/// The plain engine: judges one unit after the other by every rule, scores those that may be proposed, and sorts them all. The answer
/// of the plain engine is right by reading this function; the answer of the index is right by being the same.
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
            let arc_km = arc_km(query.from, in_parts(direction(view.facts.at)));
            candidates.extend(Candidate::new(query, &scorer, (view.facts, view.vacancies), arc_km, avoided, failed));
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

/// What turns candidates into proposals, with what is the same for all of them.
pub(crate) struct Proposer<'a> {
    query: &'a Query,
    policy: &'a Policy,
    weights: Values,
    /// The warnings that the household brings along to any unit.
    everywhere: SmallSet<Warning>,
    /// The days on which someone comes of age.
    come_of_age: Vec<DayNumber>,
}

impl<'a> Proposer<'a> {
    pub(crate) fn new(query: &'a Query, policy: &'a Policy, scorer: &Scorer<'_>) -> Self {
        let household = &query.request.household;
        let is_17 = |minor: &Person| minor.counted_age() == Some(MINOR_AGE_MAX) && minor.turns_18_on.is_none();
        let lone_minor = query.lone_minors().next().is_some();
        let everywhere = SmallSet::default()
            .with_if(household.iter().any(|person| person.age.is_none()), Warning::AgeUnknown)
            .with_if(query.lone_minors().any(is_17), Warning::MayTurn18)
            .with_if(lone_minor && household.iter().any(Person::is_adult), Warning::UnverifiedLink);
        let come_of_age = household.iter().filter_map(|person| person.turns_18_on).map(Day::number).collect();
        Self { query, policy, weights: scorer.weights(), everywhere, come_of_age }
    }

    /// The proposal of a candidate.
    pub(crate) fn proposal(&self, candidate: &Candidate<'_>) -> Proposal {
        let unit = candidate.unit;
        Proposal {
            unit_id: unit.id,
            vacancy_id: candidate.offer.vacancy.id,
            tier: if candidate.to_verify.is_empty() { Tier::Eligible } else { Tier::ToVerify },
            score: at_most_one(candidate.offer.score),
            criteria: Criteria { weights: self.weights, values: candidate.offer.values },
            to_verify: candidate.to_verify,
            conditions: unit.conditions,
            unlawful_conditions: unit.unlawful_conditions,
            steps: unit.steps,
            doors: unit.doors,
            distance_band: band(self.query.settled_km(unit, candidate.arc_km, &BAND_LIMITS_KM)),
            warnings: self.warnings(candidate),
        }
    }

    fn warnings(&self, candidate: &Candidate<'_>) -> SmallSet<Warning> {
        let request = &self.query.request;
        let Offered { vacancy, start, .. } = candidate.offer;
        let (nights, last) = (self.query.nights, start.saturating_add(self.query.nights));
        let stale = self.query.at.hours_since(vacancy.confirmed_at()) > self.policy.stale_hours();
        let short = request.stage == Stage::Emergency && !vacancy.is_open_ended() && vacancy.until - start < nights;
        self.everywhere
            .with_if(stale, Warning::StaleVacancy)
            .with_if(short, Warning::ShortCover)
            .with_if(self.come_of_age.iter().any(|day| start < *day && *day <= last), Warning::Turns18DuringStay)
            .with_if(candidate.far, Warning::FarForToday)
    }
}

impl Ranking {
    /// The ranking with values rounded to 0.1 and scores made of these, so that no number tells a distance (design §3.6).
    pub(crate) fn rounded(mut self) -> Self {
        for proposal in &mut self.proposals {
            proposal.criteria.values = proposal.criteria.values.map(|value| (value * 10.0).round() / 10.0);
            proposal.score = proposal.criteria.score();
        }
        self
    }
}

/// The distances at which one band ends and the next begins, in km.
const BAND_LIMITS_KM: [f64; 5] = [10.0, 30.0, 75.0, 150.0, 300.0];

/// The band of a distance.
fn band(km: f64) -> DistanceBand {
    let passed = BAND_LIMITS_KM.iter().filter(|limit| km >= **limit).count();
    DistanceBand::ALL.get(passed).copied().unwrap_or(DistanceBand::From300)
}

const _: () = assert!(BAND_LIMITS_KM.len() + 1 == DistanceBand::ALL.len(), "each limit has a band on either side");

/// A score of at most 1: rounding may push a perfect one above by its last bit.
fn at_most_one(score: f64) -> f64 {
    score.min(1.0)
}

/// A score in billionths, rounded.
#[expect(
    clippy::as_conversions,
    reason = "a score lies in [0, 1], so its billionths fit; there is no other way from f64 to an integer"
)]
fn in_billionths(score: f64) -> u32 {
    (score * 1e9 + 0.5) as u32
}

#[expect(clippy::as_conversions, reason = "what is about a score lies in [0, 2]; there is no other way from f32 to an integer")]
fn about_in_billionths(score: f32) -> u32 {
    (score * 1e9) as u32
}

#[expect(clippy::as_conversions, reason = "it need not be exact, and there is no other way from u32 to f32")]
fn about_in_ones(billionths: u32) -> f32 {
    billionths as f32 / 1e9
}

pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
