//! A block: a few hundred units that are alike and lie near each other. Their properties stand in the columns of its shelf.

use uuid::Uuid;

use super::bits::{Bits, SLOTS, Slot};
use super::promise::{Gist, Gists};
use super::sphere::{Ball, Directions};
use crate::facts::{Facts, Prepared, VacancyFacts, View};
use crate::geo::direction;
use crate::sieve::Traits;
use crate::values::Department;

/// Units with their vacancies. Slots are filled from the first on.
#[derive(Clone, Debug)]
pub(super) struct Block {
    facts: Vec<Facts>,
    vacancies: Vec<VacancyFacts>,
    /// Where the vacancies of the first unit begin, then where those of each end.
    vacancy_ends: Vec<u32>,
    /// Whom units house, by slot; few house anyone who is looked for.
    houses: Vec<Uuid>,
    housing: Vec<Slot>,
    /// The slots of those that house someone who is looked for.
    has_housed: Bits,
    /// Of each slot that holds a unit. There are often many, and one seldom asks for one.
    departments: Box<[u8; SLOTS]>,
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
            vacancy_ends: Vec::with_capacity(units.len() + 1),
            houses: Vec::new(),
            housing: Vec::new(),
            has_housed: Bits::NONE,
            departments: Box::new([0; SLOTS]),
            directions: Box::new(Directions::of(&directions)),
            gists: Box::default(),
            ball: Ball::around(directions.iter().copied()),
            traits: Traits::NOBODY,
        };
        block.vacancy_ends.push(0);
        for unit in units {
            block.push(unit);
        }
        block.houses.shrink_to_fit();
        block.housing.shrink_to_fit();
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
        let (facts, vacancies) = self.offered(slot)?;
        let houses = || self.houses.get(self.housed_in(slot));
        Some(View { facts, vacancies, houses: self.has_housed.contains(slot).then(houses).flatten().unwrap_or_default() })
    }

    /// The unit and its vacancies, whomever it houses.
    pub(super) fn offered(&self, slot: Slot) -> Option<(&Facts, &[VacancyFacts])> {
        let at = usize::from(slot);
        Some((self.facts.get(at)?, self.vacancies.get(range(&self.vacancy_ends, at)).unwrap_or_default()))
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

    /// The slots in a department, perhaps among others.
    pub(super) fn department(&self, department: Department) -> Bits {
        Bits::where_equal(&self.departments, department.place())
    }

    fn fill(&mut self, slot: Slot, unit: &Prepared) {
        splice(&mut self.vacancies, &mut self.vacancy_ends, usize::from(slot), &unit.vacancies);
        self.house(slot, &unit.houses);
        let to = direction(unit.facts.at);
        self.directions.put(slot, to);
        self.ball = self.ball.with(to);
        self.traits = self.traits.with(Traits::of(unit.view()));
        if let Some(department) = self.departments.get_mut(usize::from(slot)) {
            *department = unit.facts.department.place();
        }
        self.gists.put(slot, Gist::of(unit.view()));
    }

    /// Where those whom a unit houses stand among all.
    fn housed_in(&self, slot: Slot) -> std::ops::Range<usize> {
        self.housing.partition_point(|housing| *housing < slot)..self.housing.partition_point(|housing| *housing <= slot)
    }

    fn house(&mut self, slot: Slot, houses: &[Uuid]) {
        self.has_housed.put(slot, !houses.is_empty());
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
            + size_of_val(&*self.departments)
    }
}

fn end<T>(all: &[T]) -> u32 {
    u32::try_from(all.len()).unwrap_or(u32::MAX)
}

/// Where in a list that many share stands what one of them owns.
fn range(ends: &[u32], at: usize) -> std::ops::Range<usize> {
    let place = |end: u32| usize::try_from(end).unwrap_or(usize::MAX);
    ends.get(at..).and_then(<[u32]>::first_chunk).map_or(0..0, |[from, to]| place(*from)..place(*to))
}

/// Gives one of many another part of the list that they share.
fn splice<T: Clone>(all: &mut Vec<T>, ends: &mut [u32], at: usize, new: &[T]) {
    let old = range(ends, at);
    let before = old.len();
    if new.is_empty() && before == 0 {
        return;
    }
    all.splice(old, new.iter().cloned());
    for end in ends.iter_mut().skip(at + 1) {
        let moved = usize::try_from(*end).unwrap_or(0) + new.len() - before;
        *end = u32::try_from(moved).unwrap_or(u32::MAX);
    }
}
