//! What the rules and the criteria need to know of a unit, in few bytes: 128 a unit, 40 a vacancy.
//!
//! This file owns these layouts. It never decides a rule.

use uuid::Uuid;

use crate::codes::{Codes, Condition, Door, Gender, Kind, Offer, Setting, Stage, Step, UnlawfulCondition};
use crate::geo::{Cell, Location, single};
use crate::packed::{Languages, Set, ShortList, SmallSet};
use crate::unit::{AgeRange, Children, Fault, MINOR_AGE_MAX, Unit, Vacancy};
use crate::values::{Day, DayNumber, Department, Instant, Point};

/// A unit without its vacancies and without whom it houses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) id: Uuid,
    pub(crate) structure_id: Uuid,
    /// The point of the unit, or the centre of its cell.
    pub(crate) at: Point,
    /// How far from `at` the unit may be, in km, rounded up; 0 for a point.
    pub(crate) reach_km: f32,
    /// The cell of a confidential unit.
    pub(crate) cell: Option<Cell>,
    pub(crate) languages: Languages,
    pub(crate) offers: Set<Offer>,
    pub(crate) stages: SmallSet<Stage>,
    pub(crate) genders: SmallSet<Gender>,
    pub(crate) minors: Option<Minors>,
    pub(crate) doors: ShortList<Door>,
    pub(crate) conditions: ShortList<Condition>,
    pub(crate) unlawful_conditions: ShortList<UnlawfulCondition>,
    pub(crate) steps: ShortList<Step>,
    pub(crate) max_household: u32,
    pub(crate) admission_days: u16,
    pub(crate) adult_ages: Option<AgeRange>,
    pub(crate) children: Option<Children>,
    pub(crate) kind: Kind,
    pub(crate) department: Department,
    pub(crate) setting: Setting,
    pub(crate) couples: bool,
    pub(crate) specialised: bool,
    pub(crate) removal_only: bool,
}

/// The minors that a unit takes without a parent, and the young adults whom it keeps beside them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Minors {
    pub(crate) genders: SmallSet<Gender>,
    pub(crate) min_age: u8,
    pub(crate) max_age: u8,
}

impl Minors {
    /// Whether an age in years lies within the range.
    pub(crate) fn takes_age(self, age: u8) -> bool {
        self.min_age <= age && age <= self.max_age
    }

    /// Whether those who come of age there may stay as young adults.
    pub(crate) fn reaches_18(self) -> bool {
        self.max_age > MINOR_AGE_MAX
    }
}

/// A vacancy, with days as numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VacancyFacts {
    pub(crate) id: Uuid,
    pub(crate) beds: u32,
    pub(crate) from: DayNumber,
    /// The day on which the vacancy ends, or [`VacancyFacts::OPEN_ENDED`].
    pub(crate) until: DayNumber,
    // The instant of the confirmation; an `Instant` would take more room.
    confirmed_s: i64,
    confirmed_ns: u32,
}

/// A unit as the rules and the criteria look at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) vacancies: &'a [VacancyFacts],
    pub(crate) houses: &'a [Uuid],
}

/// A unit on its own, prepared for the index.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) facts: Facts,
    pub(crate) vacancies: Vec<VacancyFacts>,
    pub(crate) houses: Vec<Uuid>,
}

const _: () = assert!(size_of::<Facts>() <= 128 && size_of::<VacancyFacts>() <= 40, "a registry may hold a million units");

impl VacancyFacts {
    /// The day on which an open-ended vacancy ends.
    pub(crate) const OPEN_ENDED: DayNumber = DayNumber::MAX;

    fn of(vacancy: &Vacancy) -> Self {
        let confirmed_at = vacancy.confirmed_at.instant();
        Self {
            id: vacancy.id,
            beds: vacancy.beds.get(),
            from: vacancy.from.number(),
            until: vacancy.until.map_or(Self::OPEN_ENDED, Day::number),
            confirmed_s: confirmed_at.seconds,
            confirmed_ns: confirmed_at.nanoseconds,
        }
    }

    pub(crate) fn is_open_ended(&self) -> bool {
        self.until == Self::OPEN_ENDED
    }

    /// The first day on which it is free.
    pub(crate) fn from(&self) -> Option<Day> {
        Day::of_number(self.from)
    }

    /// The day on which it ends; none for one that is open-ended.
    pub(crate) fn until(&self) -> Option<Day> {
        if self.is_open_ended() { None } else { Day::of_number(self.until) }
    }

    pub(crate) fn confirmed_at(&self) -> Instant {
        Instant { seconds: self.confirmed_s, nanoseconds: self.confirmed_ns }
    }
}

impl Prepared {
    /// Prepares a unit.
    ///
    /// # Errors
    /// All faults of the unit.
    pub(crate) fn new(unit: Unit) -> Result<Self, Vec<Fault>> {
        let faults = unit.faults();
        if faults.is_empty() {
            Ok(Self {
                facts: Facts::of(&unit),
                vacancies: unit.vacancies.iter().map(VacancyFacts::of).collect(),
                houses: unit.houses,
            })
        } else {
            Err(faults)
        }
    }

    pub(crate) fn view(&self) -> View<'_> {
        View { facts: &self.facts, vacancies: &self.vacancies, houses: &self.houses }
    }
}

impl Facts {
    fn of(unit: &Unit) -> Self {
        let (at, reach_km, cell) = match unit.location {
            Location::Point(point) => (point, 0.0, None),
            Location::Cell(cell) => (cell.centre(), rounded_up(cell.reach_km()), Some(cell)),
        };
        let minors = unit.unaccompanied_minors.as_ref().map(|minors| Minors {
            genders: taken(&minors.genders),
            min_age: minors.min_age.get(),
            max_age: minors.max_age.get(),
        });
        Self {
            id: unit.id,
            structure_id: unit.structure_id,
            at,
            reach_km,
            cell,
            languages: unit.languages.iter().collect(),
            offers: unit.offers.iter().collect(),
            stages: unit.stages.iter().collect(),
            genders: taken(&unit.genders),
            minors,
            doors: ShortList::from(&unit.doors),
            conditions: ShortList::from(&unit.conditions),
            unlawful_conditions: ShortList::from(&unit.unlawful_conditions),
            steps: ShortList::from(&unit.steps),
            max_household: unit.max_household.get(),
            // At most ten years of days.
            admission_days: u16::try_from(unit.admission_days.get()).unwrap_or(u16::MAX),
            adult_ages: unit.adult_ages,
            children: unit.children,
            kind: unit.kind,
            department: unit.department,
            setting: unit.setting,
            couples: unit.couples,
            specialised: unit.specialised,
            removal_only: unit.removal_only,
        }
    }

    /// The H3 cell of resolution 5 in which the unit lies.
    pub(crate) fn area(&self) -> Cell {
        self.cell.map_or_else(|| Cell::around(self.at), Cell::coarse)
    }

    /// Whether the unit only takes people who leave their region, whatever the distance.
    pub(crate) fn is_removal(&self) -> bool {
        self.removal_only || self.kind == Kind::Acse
    }

    /// The bounds between which the reach of the unit lies, in km.
    pub(crate) fn reach_bounds_km(&self) -> (f64, f64) {
        let at_least = if self.cell.is_some() { self.reach_km.next_down().next_down() } else { 0.0 };
        (at_least.into(), self.reach_km.into())
    }

    /// Whether the unit is of a kind that knows trafficking, made for it or not.
    pub(crate) fn is_related(&self) -> bool {
        matches!(self.kind, Kind::Acse | Kind::SpecialisedHome | Kind::SpecialisedFlat | Kind::SecureMinorsCentre)
    }

    /// The beds in which an adult of this age is a young adult of the unit (design §3.1); none where the adult is not, or of unknown age.
    pub(crate) fn young_adults(&self, age: Option<u8>) -> Option<Minors> {
        self.minors.filter(|minors| age.is_some_and(|age| minors.takes_age(age)))
    }

    /// The minors that the unit takes without a parent: none in a hotel or at Ac.Sé, whatever the unit says (design §3.2).
    pub(crate) fn lone_minors(&self) -> Option<Minors> {
        self.minors.filter(|_| !matches!(self.kind, Kind::Hotel | Kind::Acse))
    }
}

fn rounded_up(km: f64) -> f32 {
    single(km).next_up()
}

/// The genders that a list takes: `other` also where both `female` and `male` are taken.
fn taken(genders: &Codes<Gender>) -> SmallSet<Gender> {
    let both = genders.contains(Gender::Female) && genders.contains(Gender::Male);
    genders.iter().chain(both.then_some(Gender::Other)).collect()
}
