//! The score (design §3.3): criteria with values in [0, 1], weighed by urgency.

use chrono::{NaiveDate, TimeDelta};

use crate::codes::{Code as _, Codes, Criterion, Kind, Offer, Stage, Wish};
use crate::policy::Policy;
use crate::request::MINOR_AGE_MAX;
use crate::rules::{PreparedUnit, Query};
use crate::unit::{Unit, Vacancy};
use crate::values::Moment;

/// How one criterion counts in a proposal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counted {
    pub(crate) criterion: Criterion,
    pub(crate) weight: f64,
    pub(crate) value: f64,
}

/// The criteria that count for a unit, but for those that depend on the vacancy.
pub(crate) struct UnitValues<'a> {
    query: &'a Query,
    policy: &'a Policy,
    unit: &'a PreparedUnit,
    distance_km: f64,
}

impl<'a> UnitValues<'a> {
    pub(crate) fn new(query: &'a Query, policy: &'a Policy, unit: &'a PreparedUnit, distance_km: f64) -> Self {
        Self { query, policy, unit, distance_km }
    }

    /// The criteria that count for an offer of this vacancy, in the order of the contract.
    pub(crate) fn counted(&self, vacancy: &Vacancy) -> Vec<Counted> {
        Criterion::ALL
            .iter()
            .filter_map(|criterion| {
                let weight = self.weight(*criterion);
                let value = if weight > 0.0 { self.value(*criterion, vacancy) } else { None };
                value.map(|value| Counted { criterion: *criterion, weight, value })
            })
            .collect()
    }

    fn weight(&self, criterion: Criterion) -> f64 {
        let request = &self.query.request;
        match (criterion, request.distance.wish) {
            (Criterion::Distance, Wish::Indifferent) => self.policy.distance().indifferent_weight,
            _ => self.policy.weight(request.urgency, criterion),
        }
    }

    /// The value of a criterion; none when it does not count.
    fn value(&self, criterion: Criterion, vacancy: &Vacancy) -> Option<f64> {
        let (query, unit) = (self.query, &self.unit.unit);
        let request = &query.request;
        match criterion {
            Criterion::Distance => Some(self.distance()),
            Criterion::Specialisation => Some(self.specialisation()),
            Criterion::Offers => share(&request.wished, &unit.offers),
            Criterion::Languages => share(&request.wished_languages, &unit.languages),
            Criterion::Readiness => Some(self.readiness(vacancy)),
            Criterion::Cover => (request.stage == Stage::Emergency).then(|| self.cover(vacancy)),
            Criterion::Freshness => Some(self.freshness(vacancy)),
            Criterion::Conditions => Some(1.0 / (1.0 + number(unit.conditions.len()))),
            Criterion::Avoidance => query.avoids().then(|| if query.may_be_in_avoided(self.unit) { 0.0 } else { 1.0 }),
            Criterion::Fit => Some(self.fit()),
            Criterion::Continuity => self.continuity(),
        }
    }

    fn distance(&self) -> f64 {
        let constants = self.policy.distance();
        let near = |km: f64, half_km: f64| 1.0 / (1.0 + (km / half_km).powi(2));
        match self.query.request.distance.wish {
            Wish::StayNear => near(self.distance_km, constants.stay_near_half_km),
            Wish::MoveAway => 1.0 - near(self.distance_km.min(constants.move_away_enough_km), constants.move_away_half_km),
            Wish::Indifferent => near(self.distance_km, constants.indifferent_half_km),
        }
    }

    fn specialisation(&self) -> f64 {
        let unit = &self.unit.unit;
        let related = matches!(unit.kind, Kind::Acse | Kind::SpecialisedHome | Kind::SpecialisedFlat | Kind::SecureMinorsCentre);
        match (unit.specialised, related) {
            (true, _) => 1.0,
            (false, true) => self.policy.related_specialisation(),
            (false, false) => 0.0,
        }
    }

    fn readiness(&self, vacancy: &Vacancy) -> f64 {
        let wait = days_between(self.query.asked_day, self.query.start(&self.unit.unit, vacancy));
        match self.query.tolerance_days {
            0 => 1.0,
            tolerance => 1.0 - wait / f64::from(tolerance),
        }
    }

    fn cover(&self, vacancy: &Vacancy) -> f64 {
        let start = self.query.start(&self.unit.unit, vacancy);
        vacancy
            .until
            .map_or(1.0, |until| (days_between(start, until.get()) / f64::from(self.query.request.nights.get())).clamp(0.0, 1.0))
    }

    fn freshness(&self, vacancy: &Vacancy) -> f64 {
        let constants = self.policy.freshness();
        let hours = hours_between(vacancy.confirmed_at, self.query.request.at);
        if hours <= constants.fresh_hours { 1.0 } else { 0.5_f64.powf((hours - constants.fresh_hours) / constants.half_life_hours) }
    }

    /// Rarer places are kept for those who need them: each that this household does not need costs a third.
    fn fit(&self) -> f64 {
        let (request, unit) = (&self.query.request, &self.unit.unit);
        let spared = [
            unit.unaccompanied_minors.is_some() && self.query.lone_minors().next().is_none(),
            unit.offers.contains(Offer::StepFree)
                && !request.required.contains(Offer::StepFree)
                && !request.wished.contains(Offer::StepFree),
            unit.children.is_some() && request.household.iter().all(|person| person.is_adult()),
        ];
        1.0 - number(spared.into_iter().filter(|spared| *spared).count()) / 3.0
    }

    fn continuity(&self) -> Option<f64> {
        let parts = [self.serves_next_stage(), self.keeps_those_who_come_of_age()];
        let counted: Vec<f64> = parts.into_iter().flatten().map(|holds| if holds { 1.0 } else { 0.0 }).collect();
        (!counted.is_empty()).then(|| counted.iter().sum::<f64>() / number(counted.len()))
    }

    fn serves_next_stage(&self) -> Option<bool> {
        let next = match self.query.request.stage {
            Stage::Emergency => Stage::Stabilisation,
            Stage::Stabilisation => Stage::Integration,
            Stage::Integration => return None,
        };
        Some(self.unit.unit.stages.contains(next))
    }

    /// Whether the lone minors near 18, or of unknown age, could stay as adults. None when there are none.
    fn keeps_those_who_come_of_age(&self) -> Option<bool> {
        let unit: &Unit = &self.unit.unit;
        let mut near_18 =
            self.query.lone_minors().filter(|minor| minor.counted_age().is_none_or(|age| age >= MINOR_AGE_MAX - 1)).peekable();
        near_18.peek()?;
        let takes_18 = unit.adult_ages.is_some_and(|ages| ages.takes(MINOR_AGE_MAX + 1));
        Some(takes_18 && near_18.all(|minor| PreparedUnit::takes_gender(&unit.genders, minor.gender)))
    }
}

/// The weighed mean of the values.
pub(crate) fn score(counted: &[Counted]) -> f64 {
    let total = total_weight(counted);
    counted.iter().map(|counted| counted.weight * counted.value / total).sum()
}

pub(crate) fn total_weight(counted: &[Counted]) -> f64 {
    counted.iter().map(|counted| counted.weight).sum()
}

/// The share of what is wished that is there; none when nothing is wished.
fn share<T: Copy + Eq>(wished: &Codes<T>, there: &Codes<T>) -> Option<f64> {
    let found = wished.iter().filter(|code| there.contains(*code)).count();
    (!wished.is_empty()).then(|| number(found) / number(wished.len()))
}

/// Days from one day to another, negative when it lies before.
pub(crate) fn days_between(from: NaiveDate, to: NaiveDate) -> f64 {
    to.signed_duration_since(from).as_seconds_f64() / TimeDelta::days(1).as_seconds_f64()
}

/// Hours from one instant to another, negative when it lies before.
pub(crate) fn hours_between(from: Moment, to: Moment) -> f64 {
    to.get().signed_duration_since(from.get()).as_seconds_f64() / TimeDelta::hours(1).as_seconds_f64()
}

/// A count as a number; counts here are of codes and stay far below what f64 holds exactly.
fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
