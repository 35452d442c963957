//! A block: a few hundred units that lie near each other, each property a set of slots, so that a rule is a few instructions for all.

use uuid::Uuid;

use super::bits::{Bits, Numbers, SLOTS, Slot};
use super::promise::{Gist, Gists};
use super::sphere::{Ball, Directions};
use crate::codes::{Code as _, Gender, Offer, Setting, Stage};
use crate::facts::{Facts, Prepared, VacancyFacts, View};
use crate::geo::direction;
use crate::sieve::Traits;
use crate::values::{DayNumber, Department, Land};

/// Vacancies of a unit that have columns; units with more are looked at one by one.
const LANES: usize = 4;
/// Days are told from this long before the block's first vacancy was confirmed: then those some months around it have their high bits in common.
const DAYS_BEFORE: DayNumber = 1_152;

/// Units with their vacancies, and their properties in columns. Slots are filled from the first on.
#[derive(Clone, Debug)]
pub(super) struct Block {
    facts: Vec<Facts>,
    vacancies: Vec<VacancyFacts>,
    /// Where the vacancies of each unit end.
    vacancy_ends: Vec<u32>,
    /// Whom units house, by slot; few house anyone who is looked for.
    houses: Vec<Uuid>,
    housing: Vec<Slot>,
    pub(super) columns: Columns,
    pub(super) directions: Box<Directions>,
    pub(super) gists: Box<Gists>,
    pub(super) ball: Ball,
    /// What some of its units have and all of them are.
    pub(super) traits: Traits,
}

impl Block {
    /// A block of these units, as many as there are slots at most.
    pub(super) fn of(units: &[Prepared]) -> Self {
        let directions: Vec<_> = units.iter().map(|unit| direction(unit.facts.at)).collect();
        let mut block = Self {
            facts: Vec::with_capacity(units.len()),
            vacancies: Vec::with_capacity(units.iter().map(|unit| unit.vacancies.len()).sum()),
            vacancy_ends: Vec::with_capacity(units.len()),
            houses: Vec::new(),
            housing: Vec::new(),
            columns: Columns::new(),
            directions: Box::new(Directions::of(&directions)),
            gists: Box::default(),
            ball: Ball::around(directions.iter().copied()),
            traits: Traits::NOBODY,
        };
        for unit in units {
            block.push(unit);
        }
        block.columns.lanes.shrink_to_fit();
        block.columns.languages.shrink_to_fit();
        block.columns.lands.shrink_to_fit();
        block
    }

    pub(super) fn len(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.facts.len() >= SLOTS
    }

    pub(super) fn live(&self) -> Bits {
        Bits::first(self.facts.len())
    }

    pub(super) fn view(&self, slot: Slot) -> Option<View<'_>> {
        let at = usize::from(slot);
        let houses = || self.houses.get(self.housed_in(slot));
        Some(View {
            facts: self.facts.get(at)?,
            vacancies: part(&self.vacancies, &self.vacancy_ends, at),
            houses: self.columns.housing.contains(slot).then(houses).flatten().unwrap_or_default(),
        })
    }

    pub(super) fn views(&self) -> impl Iterator<Item = View<'_>> + Clone {
        (0..=Slot::MAX).map_while(|slot| self.view(slot))
    }

    /// The unit, to be put elsewhere.
    pub(super) fn prepared(&self, slot: Slot) -> Option<Prepared> {
        let view = self.view(slot)?;
        Some(Prepared { facts: *view.facts, vacancies: view.vacancies.to_vec(), houses: view.houses.to_vec() })
    }

    /// Adds a unit behind the others and says where; nothing happens in a full block.
    pub(super) fn push(&mut self, unit: &Prepared) -> Option<Slot> {
        let slot = Slot::try_from(self.facts.len()).ok()?;
        self.facts.push(unit.facts);
        self.vacancy_ends.push(end(&self.vacancies));
        self.fill(slot, unit);
        Some(slot)
    }

    /// Puts a unit in place of another.
    pub(super) fn replace(&mut self, slot: Slot, unit: &Prepared) {
        if let Some(facts) = self.facts.get_mut(usize::from(slot)) {
            *facts = unit.facts;
            self.fill(slot, unit);
        }
    }

    /// Takes a unit out. The last one takes its slot.
    pub(super) fn swap_remove(&mut self, slot: Slot) {
        let Some(last) = self.facts.len().checked_sub(1).and_then(|last| Slot::try_from(last).ok()) else { return };
        if let Some(moved) = self.prepared(last)
            && last != slot
        {
            self.replace(slot, &moved);
        }
        splice(&mut self.vacancies, &mut self.vacancy_ends, usize::from(last), &[]);
        self.house(last, &[]);
        self.facts.pop();
        self.vacancy_ends.pop();
    }

    fn fill(&mut self, slot: Slot, unit: &Prepared) {
        splice(&mut self.vacancies, &mut self.vacancy_ends, usize::from(slot), &unit.vacancies);
        self.house(slot, &unit.houses);
        let to = direction(unit.facts.at);
        self.directions.put(slot, to);
        self.ball = self.ball.with(to);
        self.traits = self.traits.with(Traits::of(unit.view()));
        self.columns.put(slot, unit);
        self.gists.put(slot, Gist::of(unit.view()));
    }

    /// Where those whom a unit houses stand among all.
    fn housed_in(&self, slot: Slot) -> std::ops::Range<usize> {
        self.housing.partition_point(|housing| *housing < slot)..self.housing.partition_point(|housing| *housing <= slot)
    }

    fn house(&mut self, slot: Slot, houses: &[Uuid]) {
        let range = self.housed_in(slot);
        if !range.is_empty() || !houses.is_empty() {
            self.houses.splice(range.clone(), houses.iter().copied());
            self.housing.splice(range, std::iter::repeat_n(slot, houses.len()));
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        fn of<T>(list: &Vec<T>) -> usize {
            list.capacity() * size_of::<T>()
        }
        of(&self.facts)
            + of(&self.vacancies)
            + of(&self.vacancy_ends)
            + of(&self.houses)
            + of(&self.housing)
            + size_of::<Gists>()
            + size_of::<Directions>()
            + of(&self.columns.lanes)
            + of(&self.columns.languages)
            + size_of_val(&*self.columns.departments)
            + of(&self.columns.lands)
    }
}

fn end<T>(all: &[T]) -> u32 {
    u32::try_from(all.len()).unwrap_or(u32::MAX)
}

fn range(ends: &[u32], at: usize) -> std::ops::Range<usize> {
    let end = |at: usize| ends.get(at).and_then(|end| usize::try_from(*end).ok()).unwrap_or(0);
    at.checked_sub(1).map_or(0, end)..end(at)
}

/// What one of many owns of a list that they share.
fn part<'a, T>(all: &'a [T], ends: &[u32], at: usize) -> &'a [T] {
    all.get(range(ends, at)).unwrap_or_default()
}

/// Gives one of many another part of the list that they share.
fn splice<T: Clone>(all: &mut Vec<T>, ends: &mut [u32], at: usize, new: &[T]) {
    let old = range(ends, at);
    let before = old.len();
    if new.is_empty() && before == 0 {
        return;
    }
    all.splice(old, new.iter().cloned());
    for end in ends.iter_mut().skip(at) {
        let moved = usize::try_from(*end).unwrap_or(0) + new.len() - before;
        *end = u32::try_from(moved).unwrap_or(u32::MAX);
    }
}

/// The properties of a block's units.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    genders: [Bits; Gender::ALL.len()],
    stages: [Bits; Stage::ALL.len()],
    settings: [Bits; Setting::ALL.len()],
    offers: [Bits; Offer::ALL.len()],
    pub(super) couples: Bits,
    pub(super) specialised: Bits,
    /// Those of a kind that knows trafficking.
    pub(super) related: Bits,
    /// Those that only take people who leave their region.
    pub(super) removal: Bits,
    pub(super) adults: Bits,
    pub(super) adult_min: Numbers<8>,
    pub(super) adult_max: Numbers<8>,
    /// Those that take minors without a parent, as they say…
    pub(super) minors: Bits,
    minor_genders: [Bits; Gender::ALL.len()],
    /// …and as the law lets them.
    pub(super) lone_minors: Bits,
    pub(super) minor_min: Numbers<5>,
    pub(super) minor_max: Numbers<5>,
    pub(super) children: Bits,
    pub(super) child_max: Numbers<5>,
    pub(super) boy_max: Numbers<5>,
    pub(super) household: Numbers<4>,
    pub(super) admission: Numbers<12>,
    /// Those that house someone who is looked for.
    housing: Bits,
    languages: Vec<(u8, Bits)>,
    /// Of each slot that holds a unit. In one block there are often many, and one seldom asks for one.
    departments: Box<[u8; SLOTS]>,
    lands: Vec<(Land, Bits)>,
    /// The first vacancy of each unit, the second, and so on.
    pub(super) lanes: Vec<Lane>,
    /// Units with more vacancies than there may be lanes.
    pub(super) more: Bits,
    /// The day from which days are told, from the beginning of the common era; none as long as there is no vacancy.
    first_day: Option<DayNumber>,
}

/// One vacancy of each unit that has so many. Days are told from the block's first.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// Beds, up to the greatest that is told; 0 where there is no vacancy.
    pub(super) beds: Numbers<4>,
    pub(super) from: Numbers<12>,
    /// Where it is open-ended; the numbers that follow say nothing there.
    pub(super) open: Bits,
    pub(super) until: Numbers<12>,
    /// Days from `from` to `until`.
    pub(super) length: Numbers<10>,
    /// `until`, less the days of admission.
    pub(super) until_admitted: Numbers<12>,
}

/// People up to whom columns tell whether there is room.
pub(super) const PEOPLE_MAX: u32 = Numbers::<4>::MAX;

impl Columns {
    fn new() -> Self {
        Self {
            genders: [Bits::NONE; Gender::ALL.len()],
            stages: [Bits::NONE; Stage::ALL.len()],
            settings: [Bits::NONE; Setting::ALL.len()],
            offers: [Bits::NONE; Offer::ALL.len()],
            couples: Bits::NONE,
            specialised: Bits::NONE,
            related: Bits::NONE,
            removal: Bits::NONE,
            adults: Bits::NONE,
            adult_min: Numbers::new(),
            adult_max: Numbers::new(),
            minors: Bits::NONE,
            minor_genders: [Bits::NONE; Gender::ALL.len()],
            lone_minors: Bits::NONE,
            minor_min: Numbers::new(),
            minor_max: Numbers::new(),
            children: Bits::NONE,
            child_max: Numbers::new(),
            boy_max: Numbers::new(),
            household: Numbers::new(),
            admission: Numbers::new(),
            housing: Bits::NONE,
            languages: Vec::new(),
            departments: Box::new([0; SLOTS]),
            lands: Vec::new(),
            lanes: Vec::new(),
            more: Bits::NONE,
            first_day: None,
        }
    }

    pub(super) fn gender(&self, gender: Gender) -> Bits {
        nth(&self.genders, gender.place())
    }

    pub(super) fn minor_gender(&self, gender: Gender) -> Bits {
        nth(&self.minor_genders, gender.place())
    }

    pub(super) fn stage(&self, stage: Stage) -> Bits {
        nth(&self.stages, stage.place())
    }

    pub(super) fn setting(&self, setting: Setting) -> Bits {
        nth(&self.settings, setting.place())
    }

    pub(super) fn offer(&self, offer: Offer) -> Bits {
        nth(&self.offers, offer.place())
    }

    pub(super) fn language(&self, language: u8) -> Bits {
        of(&self.languages, language)
    }

    pub(super) fn department(&self, department: Department) -> Bits {
        Bits::where_equal(&self.departments, department.place())
    }

    pub(super) fn land(&self, land: Land) -> Bits {
        of(&self.lands, land)
    }

    /// A day as the columns tell it; none where they do not reach.
    pub(super) fn day(&self, day: DayNumber) -> Option<u32> {
        let number = u32::try_from(day.checked_sub(self.first_day?)?).ok()?;
        (number < Numbers::<12>::MAX).then_some(number)
    }

    fn put(&mut self, slot: Slot, unit: &Prepared) {
        let facts = &unit.facts;
        put_each(&mut self.genders, slot, |gender| facts.genders.contains(gender));
        put_each(&mut self.stages, slot, |stage| facts.stages.contains(stage));
        put_each(&mut self.settings, slot, |setting: Setting| setting == facts.setting);
        put_each(&mut self.offers, slot, |offer| facts.offers.contains(offer));
        self.couples.put(slot, facts.couples);
        self.specialised.put(slot, facts.specialised);
        self.related.put(slot, facts.is_related());
        self.removal.put(slot, facts.is_removal());
        self.adults.put(slot, facts.adult_ages.is_some());
        if let Some(ages) = facts.adult_ages {
            self.adult_min.put(slot, ages.min.get().into());
            self.adult_max.put(slot, ages.max.map_or(Numbers::<8>::MAX, |max| max.get().into()));
        }
        self.minors.put(slot, facts.minors.is_some());
        self.lone_minors.put(slot, facts.lone_minors().is_some());
        put_each(&mut self.minor_genders, slot, |gender| facts.minors.is_some_and(|minors| minors.genders.contains(gender)));
        if let Some(minors) = facts.minors {
            self.minor_min.put(slot, minors.min_age.into());
            self.minor_max.put(slot, minors.max_age.into());
        }
        self.children.put(slot, facts.children.is_some());
        if let Some(children) = facts.children {
            self.child_max.put(slot, children.max_age.get().into());
            self.boy_max.put(slot, children.boys_max_age.unwrap_or(children.max_age).get().into());
        }
        self.household.put(slot, facts.max_household);
        self.admission.put(slot, facts.admission_days.into());
        self.housing.put(slot, !unit.houses.is_empty());
        put_only(&mut self.languages, slot, facts.languages.places());
        if let Some(department) = self.departments.get_mut(usize::from(slot)) {
            *department = facts.department.place();
        }
        put_only(&mut self.lands, slot, std::iter::once(facts.department.land()));
        self.put_vacancies(slot, unit);
    }

    fn put_vacancies(&mut self, slot: Slot, unit: &Prepared) {
        if let Some(first) = unit.vacancies.first() {
            self.first_day.get_or_insert(first.confirmed_at().day() - DAYS_BEFORE);
        }
        self.more.put(slot, unit.vacancies.len() > LANES);
        while self.lanes.len() < unit.vacancies.len().min(LANES) {
            self.lanes.push(Lane::new());
        }
        let first_day = self.first_day.unwrap_or(0);
        for (nth, lane) in self.lanes.iter_mut().enumerate() {
            lane.put(slot, unit.vacancies.get(nth), first_day, unit.facts.admission_days);
        }
    }
}

impl Lane {
    fn new() -> Self {
        Self {
            beds: Numbers::zeros(),
            from: Numbers::new(),
            open: Bits::NONE,
            until: Numbers::new(),
            length: Numbers::new(),
            until_admitted: Numbers::new(),
        }
    }

    fn put(&mut self, slot: Slot, vacancy: Option<&VacancyFacts>, first_day: DayNumber, admission_days: u16) {
        let Some(vacancy) = vacancy else { return self.beds.put(slot, 0) };
        let told = |days: DayNumber| u32::try_from(days).unwrap_or(0);
        self.beds.put(slot, vacancy.beds);
        self.from.put(slot, told(vacancy.from - first_day));
        self.open.put(slot, vacancy.is_open_ended());
        if !vacancy.is_open_ended() {
            self.until.put(slot, told(vacancy.until - first_day));
            self.length.put(slot, told(vacancy.until - vacancy.from));
            self.until_admitted.put(slot, told(vacancy.until - first_day - DayNumber::from(admission_days)));
        }
    }
}

fn nth(columns: &[Bits], place: u32) -> Bits {
    usize::try_from(place).ok().and_then(|place| columns.get(place)).copied().unwrap_or(Bits::NONE)
}

fn of<K: PartialEq>(columns: &[(K, Bits)], key: K) -> Bits {
    columns.iter().find(|(known, _)| *known == key).map_or(Bits::NONE, |(_, bits)| *bits)
}

fn put_each<T: crate::codes::Code>(columns: &mut [Bits], slot: Slot, holds: impl Fn(T) -> bool) {
    for (column, code) in columns.iter_mut().zip(T::ALL) {
        column.put(slot, holds(*code));
    }
}

/// Puts a slot into the columns of these keys and out of all others.
fn put_only<K: PartialEq>(columns: &mut Vec<(K, Bits)>, slot: Slot, keys: impl Iterator<Item = K>) {
    for (_, bits) in columns.iter_mut() {
        bits.put(slot, false);
    }
    for key in keys {
        match columns.iter_mut().find(|(known, _)| *known == key) {
            Some((_, bits)) => bits.put(slot, true),
            None => {
                let mut bits = Bits::NONE;
                bits.put(slot, true);
                columns.push((key, bits));
            }
        }
    }
}
