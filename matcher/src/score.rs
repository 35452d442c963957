//! The score (design §3.3): criteria with values in [0, 1], weighed by urgency.

use chrono::NaiveDate;

use crate::codes::{Code as _, Criterion, Offer, Stage, Wish};
use crate::facts::Facts;
use crate::packed::{Languages, Set};
use crate::policy::Policy;
use crate::request::{MINOR_AGE_MAX, Person};
use crate::rules::Query;
use crate::unit::Vacancy;
use crate::values::Moment;

/// Rarer places that a household does not need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spares {
    /// Those that take minors without a parent.
    pub(crate) minors: bool,
    /// Those without steps.
    pub(crate) step_free: bool,
    /// Those that take children.
    pub(crate) children: bool,
}

/// What scores units for a query: which criteria count, at which weight, and what of the request they look at. All that is the same for
/// every unit is worked out here, once.
pub(crate) struct Scorer<'a> {
    query: &'a Query,
    policy: &'a Policy,
    /// The weight of each criterion, 0 where it does not count.
    weights: Values,
    /// The same over their sum: the part of the score that each decides.
    shares: Values,
    wished: Set<Offer>,
    wished_languages: Languages,
    spares: Spares,
    next_stage: Option<Stage>,
    near_18: bool,
}

/// One number for each criterion, in the order of the contract.
pub(crate) type Values = [f64; Criterion::ALL.len()];

impl<'a> Scorer<'a> {
    pub(crate) fn new(query: &'a Query, policy: &'a Policy) -> Self {
        let request = &query.request;
        let wished: Set<Offer> = request.wished.iter().collect();
        let step_free = wished.contains(Offer::StepFree) || query.required.contains(Offer::StepFree);
        let mut scorer = Self {
            query,
            policy,
            weights: Values::default(),
            shares: Values::default(),
            wished,
            wished_languages: request.wished_languages.iter().collect(),
            spares: Spares {
                minors: query.lone_minors().next().is_none(),
                step_free: !step_free,
                children: request.household.iter().all(Person::is_adult),
            },
            next_stage: match request.stage {
                Stage::Emergency => Some(Stage::Stabilisation),
                Stage::Stabilisation => Some(Stage::Integration),
                Stage::Integration => None,
            },
            near_18: query.lone_minors().any(is_near_18),
        };
        for (nth, criterion) in Criterion::ALL.iter().enumerate() {
            let weight = if scorer.counts(*criterion) { scorer.weight(*criterion) } else { 0.0 };
            if let Some(known) = scorer.weights.get_mut(nth) {
                *known = weight;
            }
        }
        let total: f64 = scorer.weights.iter().sum();
        scorer.shares = scorer.weights.map(|weight| weight / total);
        scorer
    }

    /// The weight of each criterion, 0 where it does not count.
    pub(crate) fn weights(&self) -> Values {
        self.weights
    }

    /// The weighed mean of the values.
    pub(crate) fn score(&self, values: &Values) -> f64 {
        self.shares.iter().zip(values).map(|(share, value)| share * value).sum()
    }

    /// The part of the score that a criterion decides.
    pub(crate) fn share(&self, criterion: Criterion) -> f64 {
        usize::try_from(criterion.place()).ok().and_then(|place| self.shares.get(place)).copied().unwrap_or(0.0)
    }

    pub(crate) fn wished(&self) -> Set<Offer> {
        self.wished
    }

    pub(crate) fn wished_languages(&self) -> Languages {
        self.wished_languages
    }

    /// The stage after this one, and how many parts make up `continuity`.
    pub(crate) fn continuity_parts(&self) -> (Option<Stage>, usize) {
        (self.next_stage, usize::from(self.next_stage.is_some()) + usize::from(self.near_18))
    }

    /// What this household does not need and leaves to others.
    pub(crate) fn spares(&self) -> Spares {
        self.spares
    }

    /// The most that a score changes with a kilometre.
    pub(crate) fn steepest_per_km(&self) -> f64 {
        // The derivative of 1/(1 + x²) is steepest at x = 1/√3.
        const STEEPEST: f64 = 0.65;
        let constants = self.policy.distance();
        let half_km = match self.query.request.distance.wish {
            Wish::StayNear => constants.stay_near_half_km,
            Wish::MoveAway => constants.move_away_half_km,
            Wish::Indifferent => constants.indifferent_half_km,
        };
        STEEPEST * self.share(Criterion::Distance) / half_km
    }

    fn weight(&self, criterion: Criterion) -> f64 {
        let request = &self.query.request;
        match (criterion, request.distance.wish) {
            (Criterion::Distance, Wish::Indifferent) => self.policy.distance().indifferent_weight,
            _ => self.policy.weight(request.urgency, criterion),
        }
    }

    /// Whether there is anything to count, for whichever unit.
    fn counts(&self, criterion: Criterion) -> bool {
        match criterion {
            Criterion::Offers => !self.wished.is_empty(),
            Criterion::Languages => self.wished_languages.len() > 0,
            Criterion::Cover => self.query.request.stage == Stage::Emergency,
            Criterion::Avoidance => self.query.avoids(),
            Criterion::Continuity => self.next_stage.is_some() || self.near_18,
            Criterion::Distance
            | Criterion::Specialisation
            | Criterion::Readiness
            | Criterion::Freshness
            | Criterion::Conditions
            | Criterion::Fit => true,
        }
    }

    /// The value of each criterion for a unit at this distance in km; of one that does not count, or that depends on the vacancy, whatever.
    /// `avoided`: the unit may be in a zone to avoid.
    pub(crate) fn of_unit(&self, unit: &Facts, distance_km: f64, avoided: bool) -> Values {
        let share = |found: u32, wished: u32| f64::from(found) / f64::from(wished.max(1));
        [
            self.distance(distance_km),
            self.specialisation(unit),
            share(unit.offers.shared_with(self.wished), self.wished.len()),
            share(unit.languages.shared_with(self.wished_languages), self.wished_languages.len()),
            0.0,
            0.0,
            0.0,
            1.0 / (1.0 + f64::from(unit.conditions.len())),
            f64::from(u8::from(!avoided)),
            self.fit(unit),
            self.continuity(unit),
        ]
    }

    /// The same for one of its vacancies, in which a stay starts on this day.
    pub(crate) fn of_vacancy(&self, of_unit: &Values, vacancy: &Vacancy, start: NaiveDate) -> Values {
        let [distance, specialisation, offers, languages, _, _, _, conditions, avoidance, fit, continuity] = *of_unit;
        let readiness = self.readiness(start);
        let cover = self.cover(vacancy, start);
        let freshness = self.policy.freshness().value(hours_between(vacancy.confirmed_at, self.query.request.at));
        [distance, specialisation, offers, languages, readiness, cover, freshness, conditions, avoidance, fit, continuity]
    }

    fn distance(&self, km: f64) -> f64 {
        let constants = self.policy.distance();
        let near = |km: f64, half_km: f64| 1.0 / (1.0 + (km / half_km).powi(2));
        match self.query.request.distance.wish {
            Wish::StayNear => near(km, constants.stay_near_half_km),
            Wish::MoveAway => 1.0 - near(km.min(constants.move_away_enough_km), constants.move_away_half_km),
            Wish::Indifferent => near(km, constants.indifferent_half_km),
        }
    }

    fn specialisation(&self, unit: &Facts) -> f64 {
        match (unit.specialised, unit.is_related()) {
            (true, _) => 1.0,
            (false, true) => self.policy.related_specialisation(),
            (false, false) => 0.0,
        }
    }

    fn readiness(&self, start: NaiveDate) -> f64 {
        match self.query.tolerance_days {
            0 => 1.0,
            _ if start == self.query.asked_day => 1.0,
            tolerance => 1.0 - days_between(self.query.asked_day, start) / f64::from(tolerance),
        }
    }

    fn cover(&self, vacancy: &Vacancy, start: NaiveDate) -> f64 {
        vacancy
            .until
            .map_or(1.0, |until| (days_between(start, until.get()) / f64::from(self.query.request.nights.get())).clamp(0.0, 1.0))
    }

    /// Rarer places are kept for those who need them: each that this household does not need costs a third.
    fn fit(&self, unit: &Facts) -> f64 {
        let spared = [
            self.spares.minors && unit.minors.is_some(),
            self.spares.step_free && unit.offers.contains(Offer::StepFree),
            self.spares.children && unit.children.is_some(),
        ];
        1.0 - f64::from(spared.into_iter().map(u8::from).sum::<u8>()) / 3.0
    }

    /// The mean of what applies: that the unit serves the next stage, and that those who come of age could stay.
    fn continuity(&self, unit: &Facts) -> f64 {
        let next = self.next_stage.map(|next| unit.stages.contains(next));
        let stays = self.near_18.then(|| self.keeps_those_who_come_of_age(unit));
        let applies = [next, stays].into_iter().flatten();
        let (holds, parts) = applies.fold((0_u8, 0_u8), |(holds, parts), holding| (holds + u8::from(holding), parts + 1));
        f64::from(holds) / f64::from(parts.max(1))
    }

    /// Whether the lone minors near 18, or of unknown age, could stay as adults.
    fn keeps_those_who_come_of_age(&self, unit: &Facts) -> bool {
        let takes_18 = unit.adult_ages.is_some_and(|ages| ages.takes(MINOR_AGE_MAX + 1));
        takes_18 && self.query.lone_minors().filter(|minor| is_near_18(minor)).all(|minor| unit.genders.contains(minor.gender))
    }
}

fn is_near_18(minor: &Person) -> bool {
    minor.counted_age().is_none_or(|age| age >= MINOR_AGE_MAX - 1)
}

/// Days from one day to another, negative when it lies before.
pub(crate) fn days_between(from: NaiveDate, to: NaiveDate) -> f64 {
    i32::try_from(to.signed_duration_since(from).num_days()).map_or(f64::INFINITY, f64::from)
}

const SECONDS_AN_HOUR: f64 = 3600.0;

/// Hours from one instant to another, negative when it lies before.
pub(crate) fn hours_between(from: Moment, to: Moment) -> f64 {
    to.get().signed_duration_since(from.get()).as_seconds_f64() / SECONDS_AN_HOUR
}
