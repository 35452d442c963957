//! Blocks: 256 units that are alike and lie near each other; shelves of four blocks; and the heads that stand for blocks.
//!
//! This file owns where a unit's facts, vacancies and guests lie, which units share a block, and the zone map ([`Heads`]) that lets most
//! blocks be passed over. It never looks at a query.

use std::sync::Arc;

use arrayvec::ArrayVec;
use uuid::Uuid;

use super::bits::{BLOCKS, Bits, GROUP, ROW, SLOTS, Slot, WORDS};
use super::columns::{Columns, Part};
use super::promise::{Gist, Gists};
use super::sphere::{BALLS, Ball, Balls, Directions};
use crate::facts::{Facts, Prepared, VacancyFacts, View};
use crate::geo::{Direction, direction};
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

    /// Replaces a unit.
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
        Bits::where_equal(&self.departments, department.index())
    }

    fn fill(&mut self, slot: Slot, unit: &Prepared) {
        splice(&mut self.vacancies, &mut self.vacancy_ends, usize::from(slot), &unit.vacancies);
        self.house(slot, &unit.houses);
        let to = direction(unit.facts.at);
        self.directions.put(slot, to);
        self.ball = self.ball.with(to);
        self.traits = self.traits.with(Traits::of(unit.view()));
        if let Some(department) = self.departments.get_mut(usize::from(slot)) {
            *department = unit.facts.department.index();
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
    let start = |end: u32| usize::try_from(end).unwrap_or(usize::MAX);
    ends.get(at..).and_then(<[u32]>::first_chunk).map_or(0..0, |[from, to]| start(*from)..start(*to))
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

// ---------------------------------------------------------------------------------------------------------------------
// Shelves: four blocks side by side

/// Blocks side by side. They are shared with snapshots that hold the same.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    blocks: ArrayVec<Arc<Block>, BLOCKS>,
    columns: Columns,
}

/// A block, or all blocks of a shelf, with the columns of their units.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'a, const W: usize> {
    /// The number of the first block.
    pub(super) first: usize,
    pub(super) blocks: &'a [Arc<Block>],
    pub(super) columns: Part<'a, W>,
}

/// One block with its columns.
#[derive(Clone, Copy)]
pub(super) struct Bay<'a> {
    /// Its number.
    pub(super) nth: usize,
    pub(super) block: &'a Arc<Block>,
    pub(super) columns: Part<'a, WORDS>,
}

impl<'a> From<Bay<'a>> for Stretch<'a, WORDS> {
    fn from(bay: Bay<'a>) -> Self {
        Self { first: bay.nth, blocks: std::slice::from_ref(bay.block), columns: bay.columns }
    }
}

impl Shelf {
    /// A shelf with nothing on it.
    pub(super) fn new() -> Self {
        Self { blocks: ArrayVec::new(), columns: Columns::new() }
    }

    pub(super) fn blocks(&self) -> &[Arc<Block>] {
        &self.blocks
    }

    /// Puts a block of these units behind the others. Nothing happens on a full shelf.
    pub(super) fn push(&mut self, units: &[Prepared]) {
        let nth = self.blocks.len();
        if self.blocks.try_push(Arc::new(Block::of(units))).is_ok() {
            self.write(nth, units);
        }
    }

    /// Replaces a block by one of these units. What was told of slots behind its last unit stays in the columns: nobody asks.
    pub(super) fn put(&mut self, nth: usize, units: &[Prepared]) {
        if let Some(block) = self.blocks.get_mut(nth) {
            *block = Arc::new(Block::of(units));
            self.write(nth, units);
        }
    }

    fn write(&mut self, nth: usize, units: &[Prepared]) {
        (0..=Slot::MAX).zip(units).for_each(|(slot, unit)| self.columns.put(nth, slot, unit));
        self.columns.shrink_to_fit();
    }

    /// Adds a unit to a block, behind the others, and says where; nothing happens in a full one.
    pub(super) fn add(&mut self, nth: usize, unit: &Prepared) -> Option<Slot> {
        let slot = Arc::make_mut(self.blocks.get_mut(nth)?).push(unit)?;
        self.columns.put(nth, slot, unit);
        Some(slot)
    }

    /// Replaces a unit.
    pub(super) fn replace(&mut self, nth: usize, slot: Slot, unit: &Prepared) {
        if let Some(block) = self.blocks.get_mut(nth).map(Arc::make_mut) {
            block.replace(slot, unit);
            self.columns.put(nth, slot, unit);
        }
    }

    /// Takes a unit out of a block. The last one takes its slot.
    pub(super) fn swap_remove(&mut self, nth: usize, slot: Slot) {
        if let Some(block) = self.blocks.get_mut(nth).map(Arc::make_mut) {
            block.swap_remove(slot);
            if let Some(moved) = block.prepared(slot) {
                self.columns.put(nth, slot, &moved);
            }
        }
    }

    /// All blocks, of which the first has this number.
    pub(super) fn stretch(&self, first: usize) -> Stretch<'_, ROW> {
        Stretch { first, blocks: &self.blocks, columns: self.columns.of_all() }
    }

    /// One of the blocks, by its number among those of all shelves.
    pub(super) fn bay(&self, nth: usize) -> Option<Bay<'_>> {
        Some(Bay { nth, block: self.blocks.get(nth % BLOCKS)?, columns: self.columns.of(nth % BLOCKS) })
    }

    /// Bytes of it and of all that is on it.
    pub(super) fn bytes(&self) -> usize {
        let blocks: usize = self.blocks.iter().map(|block| size_of::<Block>() + block.bytes()).sum();
        size_of::<Self>() + self.columns.bytes() + blocks
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Heads: the zone map

/// The heads of the blocks, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    eights: Vec<Eight>,
    len: usize,
}

/// Eight heads: what some units of each block have and all of them are, a ball around them, and how many they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eight {
    pub(super) traits: [Traits; BALLS],
    pub(super) balls: Balls,
    pub(super) lens: [u16; BALLS],
}

impl Eight {
    const NONE: Self = Self { traits: [Traits::NOBODY; BALLS], balls: Balls::NONE, lens: [0; BALLS] };

    /// A bit for each whose traits are such.
    pub(super) fn which(&self, such: impl Fn(Traits) -> bool) -> u32 {
        self.traits.iter().rev().fold(0, |those, traits| those << 1 | u32::from(such(*traits)))
    }
}

impl Heads {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Makes room for one more.
    pub(super) fn add(&mut self) {
        self.len += 1;
        if self.eights.len() < self.len.div_ceil(BALLS) {
            self.eights.push(Eight::NONE);
        }
    }

    /// Puts in what a block is now.
    pub(super) fn put(&mut self, nth: usize, block: &Block) {
        if let Some(eight) = self.eights.get_mut(nth / BALLS) {
            eight.balls.put(nth % BALLS, block.ball);
            if let (Some(traits), Some(len)) = (eight.traits.get_mut(nth % BALLS), eight.lens.get_mut(nth % BALLS)) {
                (*traits, *len) = (block.traits, u16::try_from(block.len()).unwrap_or(u16::MAX));
            }
        }
    }

    pub(super) fn traits(&self, nth: usize) -> Option<Traits> {
        self.eights.get(nth / BALLS)?.traits.get(nth % BALLS).copied()
    }

    /// By eights, with the number of the first of each.
    pub(super) fn eights(&self) -> impl Iterator<Item = (usize, &Eight)> {
        (0..self.len).step_by(BALLS).zip(&self.eights)
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.eights.capacity() * size_of::<Eight>()
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Which units share a block

/// Where a unit is, what it is, and its number.
type Sited = (Direction, Traits, usize);

/// Parts units into lists that each have room in a block and whose units are like each other and lie near each other: first by what
/// tells most, as long as both parts fill some blocks, then by halving again and again along the widest axis; `first` says how many of so
/// many go to the first half.
pub(super) fn neighbours(units: Vec<Prepared>, first: impl Fn(usize) -> usize) -> Vec<Vec<Prepared>> {
    let sited = units.iter().enumerate().map(|(nth, unit)| (direction(unit.facts.at), Traits::of(unit.view()), nth));
    let mut sited: Vec<Sited> = sited.collect();
    let mut units: Vec<_> = units.into_iter().map(Some).collect();
    let mut take = |nth: usize| units.get_mut(nth).and_then(Option::take);
    // Of few units, blocks of their own soon are most of them.
    let enough = (sited.len() / 4).clamp(1, 4 * SLOTS);
    let (mut parts, mut done) = (vec![(sited.as_mut_slice(), 0)], Vec::new());
    while let Some((part, told)) = parts.pop() {
        if part.len() <= SLOTS {
            lay_out(part);
            done.push(part.iter().filter_map(|(_, _, nth)| take(*nth)).collect());
        } else if let Some(tells) = Traits::TELLING.get(told) {
            // Stable, so that units stay in the order of their numbers; of yes and no it is a walk or two.
            part.sort_by_key(|(_, traits, _)| tells(*traits));
            let without = part.partition_point(|(_, traits, _)| !tells(*traits));
            if without.min(part.len() - without) < enough {
                parts.push((part, told + 1));
            } else {
                let (without, with) = part.split_at_mut(without);
                parts.extend([(with, told + 1), (without, told + 1)]);
            }
        } else {
            let (near, far) = halve(part, first(part.len()));
            parts.extend([(far, told), (near, told)]);
        }
    }
    done
}

/// Lays out the units of a block so that those of each group of slots lie near each other.
fn lay_out(sited: &mut [Sited]) {
    if sited.len() > GROUP {
        let (near, far) = halve(sited, sited.len().div_ceil(GROUP) / 2 * GROUP);
        lay_out(near);
        lay_out(far);
    }
}

/// Parts units along the widest axis, so many to one side.
fn halve(sited: &mut [Sited], first: usize) -> (&mut [Sited], &mut [Sited]) {
    let axis = widest(sited);
    let along = |to: &Direction| to.get(axis).copied().unwrap_or(0.0);
    sited.select_nth_unstable_by(first, |(one, _, nth), (other, _, mth)| along(one).total_cmp(&along(other)).then(nth.cmp(mth)));
    sited.split_at_mut(first)
}

/// The half that fills whole blocks.
pub(super) fn full_blocks(units: usize) -> usize {
    units.div_ceil(SLOTS) / 2 * SLOTS
}

/// The axis along which units lie farthest apart.
fn widest(sited: &[Sited]) -> usize {
    let spread = |axis: usize| {
        let along = sited.iter().filter_map(|(to, ..)| to.get(axis).copied());
        let (least, greatest) =
            along.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), at| (least.min(at), greatest.max(at)));
        greatest - least
    };
    (0..3).max_by(|one, other| spread(*one).total_cmp(&spread(*other))).unwrap_or(0)
}
