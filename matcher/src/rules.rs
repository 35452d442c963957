//! The rules (design §3.2): which of them a unit fails for a request; all of them, not only the first.
//!
//! This file owns what each rule says; the index asks the same rules of many units at once and must agree. A rule never looks at a score,
//! a clock or another unit.

use crate::codes::{Code as _, Gender, Offer, Rule, Setting, Stage, Urgency, Wish, ZoneLevel};
use crate::facts::{Facts, Prepared, VacancyFacts, View};
use crate::geo::{ARC_MARGIN_KM, Direction, direction, distance_km};
use crate::packed::{Languages, Set};
use crate::policy::Policy;
use crate::request::{DangerZone, Person, Request};
use crate::unit::{Fault, MINOR_AGE_MAX, Unit};
use crate::values::{Day, DayNumber, Instant, Point};

/// A set of rules.
pub type RuleSet = Set<Rule>;

/// A request, checked, with what is worked out of it once.
///
/// ```
/// use matcher::{Policy, Query};
/// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
///
/// let mut request = given::request();
/// request.household.clear();
/// let faults = Query::new(request, &Policy::embedded()).unwrap_err();
/// assert_eq!(faults[0].field, "household");
/// ```
#[derive(Clone, Debug)]
pub struct Query {
    pub(crate) request: Request,
    pub(crate) at: Instant,
    /// The later of the first day and the day of the request.
    pub(crate) asked_day: DayNumber,
    pub(crate) tolerance_days: DayNumber,
    /// The day of the request, from which days of admission are counted.
    pub(crate) at_day: DayNumber,
    /// The last day a stay may start.
    pub(crate) latest_start: DayNumber,
    /// How many nights a vacancy must last.
    pub(crate) needed_nights: DayNumber,
    /// How many nights are wished for.
    pub(crate) nights: DayNumber,
    /// How many people the household has.
    pub(crate) people: u32,
    pub(crate) required: Set<Offer>,
    pub(crate) required_languages: Languages,
    pub(crate) place: Point,
    pub(crate) from: Direction,
    /// Whether removal is accepted, in so many words or by the wish to move away.
    accepts_removal: bool,
    removal_km: f64,
    /// A unit farther than this is far for today; none where it need not be today.
    far_km: Option<f64>,
}

impl Query {
    /// Checks and prepares a request.
    ///
    /// ```
    /// use matcher::{Policy, Query};
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    ///
    /// let query = Query::new(given::request(), &Policy::embedded()).expect("nothing in it contradicts itself");
    /// assert_eq!(query.request().household.len(), 1);
    /// ```
    ///
    /// # Errors
    /// All faults of the request ([`Request::faults`]).
    pub fn new(request: Request, policy: &Policy) -> Result<Self, Vec<Fault>> {
        let faults = request.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let days = |count: u32| DayNumber::try_from(count).unwrap_or(DayNumber::MAX);
        let at_day = request.at.civil_day().number();
        let asked_day = request.first_day.number().max(at_day);
        let tolerance_days = days(policy.tolerance_days(request.urgency));
        let nights = days(request.nights.get());
        let place = Point { lat: request.place.lat, lon: request.place.lon };
        Ok(Self {
            at: request.at.instant(),
            asked_day,
            tolerance_days,
            at_day,
            latest_start: asked_day.saturating_add(tolerance_days),
            needed_nights: if request.stage == Stage::Emergency { 1 } else { nights },
            nights,
            people: u32::try_from(request.household.len()).unwrap_or(u32::MAX),
            required: request.required.iter().collect(),
            required_languages: request.required_languages.iter().collect(),
            place,
            from: direction(place),
            accepts_removal: request.accepts_removal || request.distance.wish == Wish::MoveAway,
            removal_km: policy.removal_km(),
            far_km: (request.urgency == Urgency::Immediate).then(|| policy.far_km()),
            request,
        })
    }

    /// The request of the query.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The later of the first day and the day of the request.
    pub(crate) fn asked(&self) -> Day {
        self.request.first_day.max(self.request.at.civil_day())
    }

    /// Whether removal is accepted, in so many words or by the wish to move away.
    pub(crate) fn accepts_removal(&self) -> bool {
        self.accepts_removal
    }

    /// A unit farther than this is removal, in km.
    pub(crate) fn removal_km(&self) -> f64 {
        self.removal_km
    }

    /// The minors of the household without a parent.
    pub(crate) fn lone_minors(&self) -> impl Iterator<Item = &Person> {
        self.request.household.iter().filter(|person| person.is_lone_minor())
    }

    /// The adults of the household.
    pub(crate) fn adults(&self) -> impl Iterator<Item = &Person> {
        self.request.household.iter().filter(|person| person.is_adult())
    }

    /// The minors of the household with a parent.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Person> {
        self.request.household.iter().filter(|person| person.is_child())
    }

    /// Whether a vacancy takes everyone, soon enough and long enough.
    pub(crate) fn fits(&self, unit: &Facts, vacancy: &VacancyFacts) -> bool {
        self.fitting_start(unit, vacancy).is_some()
    }

    /// The day a stay in a vacancy would start, where it takes everyone, soon enough and long enough.
    pub(crate) fn fitting_start(&self, unit: &Facts, vacancy: &VacancyFacts) -> Option<DayNumber> {
        let VacancyFacts { beds, from, until, .. } = *vacancy;
        let (start, fits) = self.stay(unit.admission_days, beds, from, until);
        fits.then_some(start)
    }

    /// The day a stay would start in so many beds from one day until another, and whether that suits.
    pub(crate) fn stay(&self, admission_days: u16, beds: u32, from: DayNumber, until: DayNumber) -> (DayNumber, bool) {
        let start = self.asked_day.max(from).max(self.at_day + DayNumber::from(admission_days));
        // An open-ended vacancy ends after every day. Branches would be hard to predict here: there is none.
        (start, (beds >= self.people) & (start <= self.latest_start) & (until >= start + self.needed_nights))
    }

    /// Distance in km from the place of the request to the unit, or to the centre of its cell.
    pub(crate) fn distance_km(&self, unit: &Facts) -> f64 {
        distance_km(self.place, unit.at)
    }

    /// A unit farther than this is far for today, in km; none where it need not be today.
    pub(crate) fn far_km(&self) -> Option<f64> {
        self.far_km
    }

    /// Whether the unit is far for today, given its distance by the faster way.
    pub(crate) fn is_far_for_today(&self, unit: &Facts, arc_km: f64) -> bool {
        self.far_km.is_some_and(|far| self.settled_km(unit, arc_km, &[far]) > far)
    }

    /// A distance in km by the faster way, or the exact one where the faster way lies within its margin of one of these limits.
    pub(crate) fn settled_km(&self, unit: &Facts, arc_km: f64, limits_km: &[f64]) -> f64 {
        let near = limits_km.iter().any(|limit| (arc_km - limit).abs() < ARC_MARGIN_KM);
        if near { self.distance_km(unit) } else { arc_km }
    }

    /// Judges one unit that need not be in any registry: the rules that it fails.
    ///
    /// ```
    /// use matcher::Rule;
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    ///
    /// let mut unit = given::unit();
    /// assert!(given::query().judge(unit.clone()).unwrap().is_empty());
    /// unit.vacancies.clear();
    /// assert!(given::query().judge(unit).unwrap().contains(Rule::Capacity));
    /// ```
    ///
    /// # Errors
    /// All faults of the unit ([`Unit::faults`]).
    pub fn judge(&self, unit: Unit) -> Result<RuleSet, Vec<Fault>> {
        let prepared = Prepared::new(unit)?;
        Ok(self.failed(prepared.view(), self.distance_km(&prepared.facts)))
    }

    /// The rules that the unit fails, given its distance in km.
    pub(crate) fn failed(&self, view: View<'_>, distance_km: f64) -> RuleSet {
        let (request, unit) = (&self.request, view.facts);
        let mut failed = RuleSet::default();
        for rule in Rule::ALL {
            failed.add_if(self.fails(*rule, unit), *rule);
        }
        failed.add_if(!view.vacancies.iter().any(|vacancy| self.fits(unit, vacancy)), Rule::Capacity);
        failed = failed.with(self.failed_for_place(unit, distance_km));
        failed.add_if(view.houses.iter().any(|housed| request.keep_apart.contains(housed)), Rule::KeepApart);
        failed.add_if(
            request.refused_units.contains(&unit.id) || request.refused_structures.contains(&unit.structure_id),
            Rule::AlreadyRefused,
        );
        failed
    }

    /// The rules that a phone call has to settle, for a unit that fails no others.
    pub(crate) fn to_verify(&self, unit: &Facts) -> RuleSet {
        let mut failed = RuleSet::default();
        for rule in Rule::ALL.iter().filter(|rule| self.may_be_verified(**rule)) {
            failed.add_if(self.fails(*rule, unit), *rule);
        }
        self.add_danger(unit, &mut failed);
        failed
    }

    /// The rules that the unit fails for where it is, given its distance in km.
    pub(crate) fn failed_for_place(&self, unit: &Facts, distance_km: f64) -> RuleSet {
        let mut failed = RuleSet::default();
        failed.add_if(!self.accepts_removal && (unit.is_removal() || distance_km > self.removal_km), Rule::RemovalConsent);
        failed.add_if(self.fails_distance(distance_km), Rule::Distance);
        self.add_danger(unit, &mut failed);
        failed
    }

    /// Whether a unit fails a rule that looks at what the unit is and whom it takes. Of the rules that look at where the unit is, at its
    /// vacancies, at whom it houses or at its id, the answer is always no.
    pub(crate) fn fails(&self, rule: Rule, unit: &Facts) -> bool {
        let request = &self.request;
        match rule {
            Rule::Gender => self.fails_gender(unit),
            Rule::Age => self.fails_age(unit),
            Rule::UnaccompaniedMinor => self.fails_unaccompanied_minor(unit),
            Rule::Children => self.children().any(|child| !takes_child(unit, child)),
            Rule::Household => self.people > unit.max_household || (request.couple && !unit.couples),
            Rule::Setting => {
                !request.living_with.is_empty() && !request.living_with.contains(unit.setting) && unit.setting != Setting::Alone
            }
            Rule::Stage => !unit.stages.contains(request.stage),
            Rule::Crossing => !request.accepts_crossing && request.place.department.land() != unit.department.land(),
            Rule::RequiredOffer => !unit.offers.holds_all_of(self.required),
            Rule::RequiredLanguage => {
                !unit.offers.contains(Offer::Interpreting) && !unit.languages.holds_all_of(self.required_languages)
            }
            Rule::Capacity
            | Rule::RemovalConsent
            | Rule::DangerZone
            | Rule::DangerZoneUnsure
            | Rule::Distance
            | Rule::KeepApart
            | Rule::AlreadyRefused => false,
        }
    }

    fn fails_gender(&self, unit: &Facts) -> bool {
        let as_young =
            |adult: &Person| unit.young_adults(adult.counted_age()).is_some_and(|beds| beds.genders.contains(adult.gender));
        let adult_fails = self.adults().any(|adult| !unit.genders.contains(adult.gender) && !as_young(adult));
        let lone_minor_fails =
            unit.minors.is_some_and(|minors| self.lone_minors().any(|minor| !minors.genders.contains(minor.gender)));
        adult_fails || lone_minor_fails
    }

    fn fails_age(&self, unit: &Facts) -> bool {
        let mut no_young = self.adults().map(Person::counted_age).filter(|age| unit.young_adults(*age).is_none());
        no_young.any(|age| match unit.adult_ages {
            None => true,
            Some(ages) => age.is_some_and(|age| !ages.takes(age)),
        })
    }

    fn fails_unaccompanied_minor(&self, unit: &Facts) -> bool {
        self.lone_minors().any(|minor| match unit.lone_minors() {
            None => true,
            Some(taken) => minor.counted_age().is_some_and(|age| !taken.takes_age(age)),
        })
    }

    fn fails_distance(&self, distance_km: f64) -> bool {
        let distance = &self.request.distance;
        match distance.wish {
            Wish::StayNear => distance.max_km.is_some_and(|max| distance_km > max.get()),
            Wish::MoveAway => distance.min_km.is_some_and(|min| distance_km < min.get()),
            Wish::Indifferent => false,
        }
    }

    /// Adds the rule that the unit fails for the forbidden zones, if it fails one.
    fn add_danger(&self, unit: &Facts, failed: &mut RuleSet) {
        let mut unsure = false;
        for zone in self.zones(ZoneLevel::Forbidden) {
            match presence(unit, zone) {
                Presence::Certain => return failed.add_if(true, Rule::DangerZone),
                Presence::Unsure => unsure = true,
                Presence::None => {}
            }
        }
        failed.add_if(unsure, Rule::DangerZoneUnsure);
    }

    /// The danger zones of a level.
    pub(crate) fn zones(&self, level: ZoneLevel) -> impl Iterator<Item = &DangerZone> {
        self.request.danger_zones.iter().filter(move |zone| zone.level == level)
    }

    /// Whether there is a zone to avoid.
    pub(crate) fn avoids(&self) -> bool {
        self.zones(ZoneLevel::Avoid).next().is_some()
    }

    /// Whether the unit is, or may be, in a zone to avoid.
    pub(crate) fn may_be_in_avoided(&self, unit: &Facts) -> bool {
        self.zones(ZoneLevel::Avoid).any(|zone| presence(unit, zone) != Presence::None)
    }

    /// Whether all these rules are such that a phone call can settle them, at this urgency.
    pub(crate) fn phone_settles(&self, failed: RuleSet) -> bool {
        failed.iter().all(|rule| self.may_be_verified(rule))
    }

    /// Whether a phone call can settle that a unit fails this rule, at the urgency of the request (design §3.2).
    ///
    /// ```
    /// use matcher::Rule;
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    ///
    /// assert!(given::query().may_be_verified(Rule::Stage));
    /// assert!(!given::query().may_be_verified(Rule::Gender));
    /// ```
    pub fn may_be_verified(&self, rule: Rule) -> bool {
        match rule {
            Rule::DangerZoneUnsure => true,
            Rule::Stage | Rule::Household | Rule::RequiredOffer | Rule::RequiredLanguage => {
                matches!(self.request.urgency, Urgency::Immediate | Urgency::Urgent)
            }
            Rule::Capacity
            | Rule::Gender
            | Rule::Age
            | Rule::UnaccompaniedMinor
            | Rule::Children
            | Rule::Setting
            | Rule::RemovalConsent
            | Rule::Crossing
            | Rule::DangerZone
            | Rule::Distance
            | Rule::KeepApart
            | Rule::AlreadyRefused => false,
        }
    }
}

/// Whether a unit takes a child: the age of the child is known and within the limit, or the limit is 17.
fn takes_child(unit: &Facts, child: &Person) -> bool {
    let Some(children) = unit.children else { return false };
    let limit = match (child.gender, children.boys_max_age) {
        (Gender::Male, Some(boys)) => boys.get(),
        _ => children.max_age.get(),
    };
    child.counted_age().unwrap_or(MINOR_AGE_MAX) <= limit
}

/// Whether a unit is in a zone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The unit is outside.
    None,
    /// The cell of the unit reaches into the zone.
    Unsure,
    /// The unit is inside.
    Certain,
}

/// Whether a unit is in a zone, exactly.
pub(crate) fn presence(unit: &Facts, zone: &DangerZone) -> Presence {
    if let Some(department) = zone.department {
        return if department == unit.department { Presence::Certain } else { Presence::None };
    }
    let (Some(centre), Some(radius)) = (zone.centre, zone.radius_km) else { return Presence::None };
    let (distance, radius) = (distance_km(centre, unit.at), radius.get());
    let Some(cell) = unit.cell else {
        return if distance <= radius { Presence::Certain } else { Presence::None };
    };
    // The exact reach takes longer to work out, and most often its bounds decide.
    let (at_least, at_most) = unit.reach_bounds_km();
    if distance > radius + at_most {
        return Presence::None;
    }
    if distance + at_most <= radius {
        return Presence::Certain;
    }
    if distance + at_least > radius && distance <= radius + at_least {
        return Presence::Unsure;
    }
    let reach = cell.reach_km();
    if distance + reach <= radius {
        Presence::Certain
    } else if distance <= radius + reach {
        Presence::Unsure
    } else {
        Presence::None
    }
}
