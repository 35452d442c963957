//! The score (design §3.3): criteria with values in [0, 1], weighed by urgency.
//!
//! This file owns what each criterion is worth. It never decides whether a unit is eligible, and gives the same bits for the same input.

use crate::codes::{Code as _, Criterion, Gender, Offer, Stage, Wish};
use crate::facts::{Facts, VacancyFacts};
use crate::packed::{Languages, Set, SmallSet};
use crate::policy::{Policy, Values};
use crate::request::Person;
use crate::rules::Query;
use crate::unit::MINOR_AGE_MAX;
use crate::values::DayNumber;

/// Rarer beds that a household does not need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spares {
    /// Beds for minors without a parent.
    pub(crate) minors: bool,
    /// Beds without a step on the way in.
    pub(crate) step_free: bool,
    /// Beds for children.
    pub(crate) children: bool,
}

/// A query, made ready to score units: which criteria count, at which weight, and what they look at. What is the same for every unit is
/// worked out once.
pub(crate) struct Scorer<'a> {
    query: &'a Query,
    policy: &'a Policy,
    /// The weight of each criterion, 0 where it does not count.
    weights: Values,
    /// The weights over their sum: the part of the score that each criterion decides.
    shares: Values,
    wished: Set<Offer>,
    wished_count: f64,
    wished_languages: Languages,
    wished_languages_count: f64,
    spares: Spares,
    next_stage: Option<Stage>,
    /// The genders of the lone minors near 18, or of unknown age; none where there is no such minor.
    near_18: SmallSet<Gender>,
}

impl<'a> Scorer<'a> {
    pub(crate) fn new(query: &'a Query, policy: &'a Policy) -> Self {
        let request = &query.request;
        let wished: Set<Offer> = request.wished.iter().collect();
        let wished_languages: Languages = request.wished_languages.iter().collect();
        let step_free = wished.contains(Offer::StepFree) || query.required.contains(Offer::StepFree);
        let next_stage = match request.stage {
            Stage::Emergency => Some(Stage::Stabilisation),
            Stage::Stabilisation => Some(Stage::Integration),
            Stage::Integration => None,
        };
        let near_18: SmallSet<Gender> = query.lone_minors().filter(|minor| is_near_18(minor)).map(|minor| minor.gender).collect();
        let mut weights = policy.weights(request.urgency);
        for (weight, criterion) in weights.iter_mut().zip(Criterion::ALL) {
            let counts = match criterion {
                Criterion::Offers => !wished.is_empty(),
                Criterion::Languages => wished_languages.len() > 0,
                Criterion::Cover => request.stage == Stage::Emergency,
                Criterion::Avoidance => query.avoids(),
                Criterion::Continuity => next_stage.is_some() || !near_18.is_empty(),
                Criterion::Distance
                | Criterion::Specialisation
                | Criterion::Readiness
                | Criterion::Freshness
                | Criterion::Conditions
                | Criterion::Fit => true,
            };
            *weight = match (counts, criterion, request.distance.wish) {
                (false, ..) => 0.0,
                (true, Criterion::Distance, Wish::Indifferent) => policy.distance().indifferent_weight,
                (true, ..) => *weight,
            };
        }
        let total: f64 = weights.iter().sum();
        Self {
            query,
            policy,
            weights,
            shares: weights.map(|weight| weight / total),
            wished,
            wished_count: wished.len().into(),
            wished_languages,
            wished_languages_count: wished_languages.len().into(),
            spares: Spares {
                minors: query.lone_minors().next().is_none(),
                step_free: !step_free,
                children: request.household.iter().all(Person::is_adult),
            },
            next_stage,
            near_18,
        }
    }

    /// The weight of each criterion, 0 where it does not count.
    pub(crate) fn weights(&self) -> Values {
        self.weights
    }

    /// The weighed mean of the values.
    pub(crate) fn score(&self, values: &Values) -> f64 {
        let mut parts = self.shares;
        for (part, value) in parts.iter_mut().zip(values) {
            *part *= value;
        }
        // Sums in pairs need not wait for each other.
        let [a, b, c, d, e, f, g, h, i, j, k] = parts;
        ((a + b) + (c + d)) + ((e + f) + (g + h)) + ((i + j) + k)
    }

    /// The part of the score that a criterion decides.
    pub(crate) fn share(&self, criterion: Criterion) -> f64 {
        usize::try_from(criterion.index()).ok().and_then(|index| self.shares.get(index)).copied().unwrap_or(0.0)
    }

    /// The offers that had better be there.
    pub(crate) fn wished(&self) -> Set<Offer> {
        self.wished
    }

    /// The languages that had better be spoken.
    pub(crate) fn wished_languages(&self) -> Languages {
        self.wished_languages
    }

    /// The stage after that of the request, and how many parts make up `continuity`.
    pub(crate) fn continuity_parts(&self) -> (Option<Stage>, u32) {
        (self.next_stage, u32::from(self.next_stage.is_some()) + u32::from(!self.near_18.is_empty()))
    }

    /// The rarer beds that this household leaves to others.
    pub(crate) fn spares(&self) -> Spares {
        self.spares
    }

    /// The most that a score changes within a kilometre.
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

    /// The value of each criterion for a unit at this distance in km. The value of a criterion that does not count, or that depends on
    /// the vacancy, means nothing. `avoided`: the unit may be in a zone to avoid.
    pub(crate) fn of_unit(&self, unit: &Facts, distance_km: f64, avoided: bool) -> Values {
        let offers = || unit.offers.shared_with(self.wished);
        let languages = || unit.languages.shared_with(self.wished_languages);
        [
            self.distance(distance_km),
            self.specialisation(unit),
            if self.wished_count > 0.0 { f64::from(offers()) / self.wished_count } else { 0.0 },
            if self.wished_languages_count > 0.0 { f64::from(languages()) / self.wished_languages_count } else { 0.0 },
            0.0,
            0.0,
            0.0,
            1.0 / (1.0 + f64::from(unit.conditions.len())),
            f64::from(u8::from(!avoided)),
            self.fit(unit),
            self.continuity(unit),
        ]
    }

    /// The value of each criterion for a vacancy of the unit, in which a stay starts on this day.
    pub(crate) fn of_vacancy(&self, of_unit: &Values, vacancy: &VacancyFacts, start: DayNumber) -> Values {
        let [distance, specialisation, offers, languages, _, _, _, conditions, avoidance, fit, continuity] = *of_unit;
        let readiness = self.readiness(start);
        let cover = self.cover(vacancy, start);
        let freshness = self.policy.freshness().value(self.query.at.hours_since(vacancy.confirmed_at()));
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

    fn readiness(&self, start: DayNumber) -> f64 {
        let days_late = start - self.query.asked_day;
        if days_late == 0 { 1.0 } else { 1.0 - f64::from(days_late) / f64::from(self.query.tolerance_days) }
    }

    fn cover(&self, vacancy: &VacancyFacts, start: DayNumber) -> f64 {
        if vacancy.is_open_ended() {
            return 1.0;
        }
        (f64::from(vacancy.until - start) / f64::from(self.query.nights)).clamp(0.0, 1.0)
    }

    /// The value of `fit`: each rarity of the unit that this household does not need costs a third, so that rarer beds stay free for
    /// others.
    fn fit(&self, unit: &Facts) -> f64 {
        let spared = [
            self.spares.minors && unit.minors.is_some(),
            self.spares.step_free && unit.offers.contains(Offer::StepFree),
            self.spares.children && unit.children.is_some(),
        ];
        1.0 - f64::from(spared.into_iter().map(u8::from).sum::<u8>()) / 3.0
    }

    /// The value of `continuity`, the mean of what applies: the unit serves the next stage; minors who come of age could stay.
    fn continuity(&self, unit: &Facts) -> f64 {
        let next = self.next_stage.map(|next| unit.stages.contains(next));
        let stays = (!self.near_18.is_empty()).then(|| self.keeps_those_who_come_of_age(unit));
        match (next, stays) {
            (Some(one), Some(other)) => f64::from(u8::from(one) + u8::from(other)) / 2.0,
            (Some(holds), None) | (None, Some(holds)) => f64::from(u8::from(holds)),
            (None, None) => 0.0,
        }
    }

    /// Whether the lone minors near 18, or of unknown age, could stay: all of them as adults, or all of them as young adults.
    fn keeps_those_who_come_of_age(&self, unit: &Facts) -> bool {
        let as_adults =
            unit.adult_ages.is_some_and(|ages| ages.takes(MINOR_AGE_MAX + 1)) && unit.genders.holds_all_of(self.near_18);
        as_adults || unit.minors.is_some_and(|beds| beds.reaches_18() && beds.genders.holds_all_of(self.near_18))
    }
}

fn is_near_18(minor: &Person) -> bool {
    minor.counted_age().is_none_or(|age| age >= MINOR_AGE_MAX - 1)
}
