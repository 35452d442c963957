//! What can be told of a unit, or of many at once, from a few bits, before any rule is asked: the zone map's summary (a signature).
//!
//! This file owns the summary and what a query seeks in it. The sieve lets through every eligible unit and few others; it never lets an
//! eligible one fall.

use arrayvec::ArrayVec;

use crate::codes::{Code as _, Offer, Rule, Setting, Stage};
use crate::facts::View;
use crate::packed::Set;
use crate::rules::Query;
use crate::values::Land;

/// What a unit has and is; or what some and what all of many units have and are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    /// A bit for each thing a household may need, set where some unit has it…
    has: u64,
    /// …and where all units have it.
    all_have: u64,
    /// A bit for each thing a household may not bear, set where all units are so…
    is: u32,
    /// …and where some unit is.
    some_are: u32,
}

/// What a household needs of an eligible unit, and what the household does not bear.
#[derive(Clone, Debug)]
pub(crate) struct Sought {
    /// What all rules want together.
    all: Wants,
    /// What each rule wants; what two rules may look for is left out.
    of_rules: ArrayVec<(Rule, Wants), 10>,
}

/// What a rule wants of a unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wants {
    /// Without one of these no unit passes the rule.
    needs: u64,
    /// With all of these, and nothing that is shunned, a unit passes for certain; [`Wants::NEVER_ENOUGH`] where more is wanted.
    enough: u64,
    shuns: u32,
}

impl Wants {
    /// What no unit has: traits leave one bit unused.
    const NEVER_ENOUGH: u64 = u64::MAX;

    /// Whether a unit, or one of many, of these traits may pass the rule. If not, each of them fails it.
    pub(crate) fn may_find(self, traits: Traits) -> bool {
        self.needs & !traits.has == 0 && self.shuns & traits.is == 0
    }

    /// Whether a unit, or each of many, of these traits passes the rule for certain.
    pub(crate) fn surely_finds(self, traits: Traits) -> bool {
        self.enough & !traits.all_have == 0 && self.shuns & traits.some_are == 0
    }
}

// The bits of `has`. The lowest are the offers, by index.
/// From this bit on: the genders of the adults of some age whom the unit takes, be it as young adults only.
const SOME_GENDERS: u32 = 24;
/// The unit takes adults of some age, be it as young adults only.
const SOME_ADULTS: u64 = 1 << 28;
const SPECIALISED: u64 = 1 << 30;
const RELATED: u64 = 1 << 31;
const STAGES: u32 = 32;
const GENDERS: u32 = 36;
const LONE_GENDERS: u32 = 40;
const CHILDREN: u64 = 1 << 44;
const COUPLES: u64 = 1 << 45;
const ADULTS: u64 = 1 << 46;
const VACANCY: u64 = 1 << 47;
/// From this bit on: room for 2, 3, … 17 people.
const PEOPLE: u32 = 48;
const PEOPLE_MAX: u32 = 16;

// The bits of `is`. The lowest are the settings, by index.
const REMOVAL: u32 = 1 << 4;
/// From this bit on: the lands.
const LANDS: u32 = 8;

const _: () = assert!(Offer::ALL.len() <= 24);

impl Traits {
    /// The traits of no unit at all: nothing that a household needs, and all that it may not bear.
    pub(crate) const NOBODY: Self = Self { has: 0, all_have: u64::MAX, is: u32::MAX, some_are: 0 };

    /// The traits of a unit.
    pub(crate) fn of(view: View<'_>) -> Self {
        let unit = view.facts;
        let beds = view.vacancies.iter().map(|vacancy| vacancy.beds).max();
        let mut has = u64::from(unit.offers.bits())
            | u64::from(unit.stages.bits()) << STAGES
            | u64::from(unit.genders.bits()) << GENDERS
            | beds.map_or(0, |beds| VACANCY | room(beds.min(unit.max_household)));
        if let Some(minors) = unit.lone_minors() {
            has |= u64::from(minors.genders.bits()) << LONE_GENDERS;
        }
        let young_adults = unit.minors.filter(|minors| minors.reaches_18());
        has |= u64::from(young_adults.map_or(unit.genders, |minors| minors.genders.with(unit.genders)).bits()) << SOME_GENDERS;
        let more = [
            (unit.specialised, SPECIALISED),
            (unit.is_related(), RELATED),
            (unit.children.is_some(), CHILDREN),
            (unit.couples, COUPLES),
            (unit.adult_ages.is_some(), ADULTS),
            (unit.adult_ages.is_some() || young_adults.is_some(), SOME_ADULTS),
        ];
        for (holds, bit) in more {
            has |= if holds { bit } else { 0 };
        }
        let removal = if unit.is_removal() { REMOVAL } else { 0 };
        let is = 1 << unit.setting.index() | removal | land(unit.department.land());
        Self { has, all_have: has, is, some_are: is }
    }

    /// The traits of these units and those together.
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            has: self.has | other.has,
            all_have: self.all_have & other.all_have,
            is: self.is & other.is,
            some_are: self.some_are | other.some_are,
        }
    }

    /// Whether adding units of the other traits changes nothing that a household could find here.
    pub(crate) fn covers(self, other: Self) -> bool {
        other.has & !self.has == 0 && self.is & !other.is == 0
    }

    /// The offers that some unit has, a bit for each, by index.
    pub(crate) fn offers(self) -> u32 {
        u32::try_from(self.has & ((1 << Offer::ALL.len()) - 1)).unwrap_or(0)
    }

    /// Whether some unit only takes people who leave their region.
    pub(crate) fn some_are_removal(self) -> bool {
        self.some_are & REMOVAL != 0
    }

    /// Whether some unit serves a stage.
    pub(crate) fn serves(self, stage: Stage) -> bool {
        self.has & 1 << (STAGES + stage.index()) != 0
    }

    /// The greatest specialisation of any unit: 2 for a specialised one, 1 for a related kind, 0.
    pub(crate) fn specialisation(self) -> usize {
        match (self.has & SPECIALISED, self.has & RELATED) {
            (0, 0) => 0,
            (0, _) => 1,
            _ => 2,
        }
    }

    /// The traits that most queries tell units apart by: units are kept together by these.
    pub(crate) const TELLING: [fn(Self) -> bool; 8] = [
        |traits| traits.has & VACANCY != 0,
        |traits| traits.has & SPECIALISED != 0,
        |traits| traits.has & 1 << GENDERS != 0,
        |traits| traits.has & 1 << (GENDERS + 1) != 0,
        |traits| traits.has & 1 << STAGES != 0,
        |traits| traits.has & 1 << (STAGES + 1) != 0,
        |traits| traits.has & 1 << (STAGES + 2) != 0,
        |traits| traits.has >> LONE_GENDERS & 0b111 != 0,
    ];
}

impl Sought {
    /// What an eligible unit has, and what it is not.
    pub(crate) fn of(query: &Query) -> Self {
        Self::where_all(query, |_| true)
    }

    /// What a unit that is eligible or to verify has, and what it is not.
    pub(crate) fn to_verify(query: &Query) -> Self {
        Self::where_all(query, |rule| !query.may_be_verified(rule))
    }

    /// What a unit that fails none of the rules that `counts` is true of has, and what it is not.
    fn where_all(query: &Query, counts: impl Fn(Rule) -> bool) -> Self {
        let request = &query.request;
        let (mut taken, mut surely_taken, mut ages, mut children) = (0, 0, 0, 0);
        for person in &request.household {
            let gender = |of: u32| 1 << (of + person.gender.index());
            let (needed, enough) = match (person.is_adult(), person.is_child()) {
                (true, _) if person.may_be_young_adult() => {
                    ages |= SOME_ADULTS;
                    (gender(SOME_GENDERS), gender(GENDERS))
                }
                (true, _) => {
                    ages |= ADULTS;
                    (gender(GENDERS), gender(GENDERS))
                }
                (_, true) => {
                    children = CHILDREN;
                    (0, 0)
                }
                // A unit that takes no such minor fails `gender` or `unaccompanied_minor`: one of the two.
                _ => (gender(LONE_GENDERS), gender(LONE_GENDERS)),
            };
            (taken, surely_taken) = (taken | needed, surely_taken | enough);
        }
        let couples = if request.couple { COUPLES } else { 0 };
        let crossing = if request.accepts_crossing { 0 } else { !land(request.place.department.land()) >> LANDS << LANDS };
        let borne: Set<Setting> = request.living_with.iter().chain([Setting::Alone]).collect();
        let settings: Set<Setting> = Setting::ALL.iter().copied().collect();
        let setting = if request.living_with.is_empty() { 0 } else { settings.bits() & !borne.bits() };
        let needs = |needs| Wants { needs, enough: Wants::NEVER_ENOUGH, shuns: 0 };
        let shuns = |shuns| Wants { needs: 0, enough: Wants::NEVER_ENOUGH, shuns };
        let only = |wants: Wants| Wants { enough: wants.needs, ..wants };
        // Lands overseas may share a bit.
        let told_apart = !matches!(request.place.department.land(), Land::Overseas(_));
        // Too few beds fail one rule, too small a unit another.
        let people = if counts(Rule::Household) { room(query.people) & room(PEOPLE_MAX) } else { 0 };
        let of_rules = [
            (Rule::Capacity, needs(VACANCY)),
            (Rule::Gender, Wants { enough: surely_taken, ..needs(taken) }),
            (Rule::Age, needs(ages)),
            (Rule::Children, needs(children)),
            (Rule::Household, needs(couples)),
            (Rule::Stage, only(needs(1 << (STAGES + request.stage.index())))),
            (Rule::RequiredOffer, only(needs(query.required.bits().into()))),
            (Rule::Setting, only(shuns(setting))),
            (Rule::Crossing, if told_apart { only(shuns(crossing)) } else { shuns(crossing) }),
            (Rule::RemovalConsent, shuns(if query.accepts_removal() { 0 } else { REMOVAL })),
        ];
        let counts = |(rule, wants): &(Rule, Wants)| (wants.needs != 0 || wants.shuns != 0) && counts(*rule);
        let of_rules: ArrayVec<_, _> = of_rules.into_iter().filter(counts).collect();
        let all = of_rules.iter().fold(needs(people), |all, (_, of_rule): &(Rule, Wants)| Wants {
            needs: all.needs | of_rule.needs,
            shuns: all.shuns | of_rule.shuns,
            ..all
        });
        Self { all, of_rules }
    }

    /// Whether a unit, or one of many, of these traits may be what is sought.
    pub(crate) fn may_find(&self, traits: Traits) -> bool {
        self.all.may_find(traits)
    }

    /// What each rule wants, as far as traits tell; `gender` stands for `unaccompanied_minor` too.
    pub(crate) fn of_rules(&self) -> impl Iterator<Item = (Rule, Wants)> {
        self.of_rules.iter().copied()
    }
}

/// A bit for each number of people, from 2 on, for which there is room.
fn room(people: u32) -> u64 {
    let bits = people.clamp(1, PEOPLE_MAX) - 1;
    ((1 << bits) - 1) << PEOPLE
}

/// The bit of a land.
fn land(land: Land) -> u32 {
    let nth = match land {
        Land::Mainland => 0,
        Land::Corsica => 1,
        // Departments overseas share bits, if there were ever more of them: the rules tell them apart.
        Land::Overseas(department) => 2 + department.as_str().bytes().last().map_or(0, |digit| u32::from(digit % 10)),
    };
    1 << (LANDS + nth)
}
