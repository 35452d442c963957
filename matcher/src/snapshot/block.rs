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

/// Up to 256 units with their vacancies. Slots are filled from the first on.
#[derive(Clone, Debug)]
pub(super) struct Block {
    facts: Vec<Facts>,
    vacancies: Vec<VacancyFacts>,
    /// Where the vacancies of the first unit begin, then where the vacancies of each unit end.
    vacancy_ends: Vec<u32>,
    /// The requests that units house, in the order of slots…
    houses: Vec<Uuid>,
    /// …the slot of each of these…
    housing: Vec<Slot>,
    /// …and the slots that house any request.
    has_housed: Bits,
    /// The department of each slot, by index. A row for each department would be much memory for what is seldom asked.
    departments: Box<[u8; SLOTS]>,
    pub(super) directions: Box<Directions>,
    pub(super) gists: Box<Gists>,
    pub(super) ball: Ball,
    /// What some units of the block have and all of them are.
    pub(super) traits: Traits,
}

impl Block {
    /// A block of these units, at most as many as there are slots.
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

    /// The slots that hold a unit.
    pub(super) fn live(&self) -> Bits {
        Bits::first(self.facts.len())
    }

    pub(super) fn view(&self, slot: Slot) -> Option<View<'_>> {
        let (facts, vacancies) = self.offered(slot)?;
        let houses = || self.houses.get(self.housed_in(slot));
        Some(View { facts, vacancies, houses: self.has_housed.contains(slot).then(houses).flatten().unwrap_or_default() })
    }

    /// The unit of a slot and its vacancies; whom the unit houses is left out.
    pub(super) fn offered(&self, slot: Slot) -> Option<(&Facts, &[VacancyFacts])> {
        let at = usize::from(slot);
        Some((self.facts.get(at)?, self.vacancies.get(range(&self.vacancy_ends, at)).unwrap_or_default()))
    }

    pub(super) fn views(&self) -> impl Iterator<Item = View<'_>> + Clone {
        (0..=Slot::MAX).map_while(|slot| self.view(slot))
    }

    /// The unit of a slot, on its own.
    pub(super) fn prepared(&self, slot: Slot) -> Option<Prepared> {
        let view = self.view(slot)?;
        Some(Prepared { facts: *view.facts, vacancies: view.vacancies.to_vec(), houses: view.houses.to_vec() })
    }

    /// Adds a unit behind the others and says in which slot; in a full block nothing happens.
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

    /// Takes out the unit of a slot. The last unit of the block takes the slot.
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

    /// The slots in a department; slots without a unit may be among them.
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

    /// Where the requests that a unit houses stand in `houses`.
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

    /// How many bytes the block takes on the heap.
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

/// Where the entries of one owner stand in a list that several owners share.
fn range(ends: &[u32], at: usize) -> std::ops::Range<usize> {
    let start = |end: u32| usize::try_from(end).unwrap_or(usize::MAX);
    ends.get(at..).and_then(<[u32]>::first_chunk).map_or(0..0, |[from, to]| start(*from)..start(*to))
}

/// Replaces the entries of one owner in a list that several owners share.
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

/// Blocks side by side, with one set of columns: rows reach across all four blocks. Snapshots that hold the same block share it.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    blocks: ArrayVec<Arc<Block>, BLOCKS>,
    columns: Columns,
}

/// One block, or all blocks of a shelf, with the columns of their units: what a rule is asked of.
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
    /// The number of the block.
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

    /// Adds a block of these units behind the others; on a full shelf nothing happens.
    pub(super) fn push(&mut self, units: &[Prepared]) {
        let nth = self.blocks.len();
        if self.blocks.try_push(Arc::new(Block::of(units))).is_ok() {
            self.write(nth, units);
        }
    }

    /// Replaces a block by one of these units. What the columns hold of slots behind the last unit stays: nobody asks.
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

    /// Adds a unit to a block, behind the others, and says in which slot; in a full block nothing happens.
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

    /// Takes a unit out of a block. The last unit of the block takes the slot.
    pub(super) fn swap_remove(&mut self, nth: usize, slot: Slot) {
        if let Some(block) = self.blocks.get_mut(nth).map(Arc::make_mut) {
            block.swap_remove(slot);
            if let Some(moved) = block.prepared(slot) {
                self.columns.put(nth, slot, &moved);
            }
        }
    }

    /// All blocks of the shelf; the first has this number.
    pub(super) fn stretch(&self, first: usize) -> Stretch<'_, ROW> {
        Stretch { first, blocks: &self.blocks, columns: self.columns.of_all() }
    }

    /// One block of the shelf, by its number among the blocks of all shelves.
    pub(super) fn bay(&self, nth: usize) -> Option<Bay<'_>> {
        Some(Bay { nth, block: self.blocks.get(nth % BLOCKS)?, columns: self.columns.of(nth % BLOCKS) })
    }

    /// How many bytes the shelf takes, its blocks included.
    pub(super) fn bytes(&self) -> usize {
        let blocks: usize = self.blocks.iter().map(|block| size_of::<Block>() + block.bytes()).sum();
        size_of::<Self>() + self.columns.bytes() + blocks
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Heads: the zone map

/// The zone map: one head for each block, in the order of the blocks, eight side by side.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    eights: Vec<Eight>,
    len: usize,
}

/// Eight heads: of each block the traits, a ball around its units, and how many units there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eight {
    pub(super) traits: [Traits; BALLS],
    pub(super) balls: Balls,
    pub(super) lens: [u16; BALLS],
}

impl Eight {
    const NONE: Self = Self { traits: [Traits::NOBODY; BALLS], balls: Balls::NONE, lens: [0; BALLS] };

    /// A bit for each head whose traits are such.
    pub(super) fn which(&self, such: impl Fn(Traits) -> bool) -> u32 {
        self.traits.iter().rev().fold(0, |those, traits| those << 1 | u32::from(such(*traits)))
    }
}

impl Heads {
    /// How many heads there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Makes room for one more head.
    pub(super) fn add(&mut self) {
        self.len += 1;
        if self.eights.len() < self.len.div_ceil(BALLS) {
            self.eights.push(Eight::NONE);
        }
    }

    /// Writes the head of a block as the block is now.
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

    /// The heads by eights, each with the number of its first head.
    pub(super) fn eights(&self) -> impl Iterator<Item = (usize, &Eight)> {
        (0..self.len).step_by(BALLS).zip(&self.eights)
    }

    /// How many bytes the heads take on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.eights.capacity() * size_of::<Eight>()
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Which units share a block

/// Where a unit is, its traits, and its index in the list of units.
type Sited = (Direction, Traits, usize);

/// Parts units into lists that have room in a block each, of units that are alike and lie near each other.
///
/// Units are parted by the traits that tell most, as long as both parts fill some blocks; then lists are halved along their widest axis,
/// as a k-d tree is built. `first` says how many of so many units go to the first half.
pub(super) fn neighbours(units: Vec<Prepared>, first: impl Fn(usize) -> usize) -> Vec<Vec<Prepared>> {
    let sited = units.iter().enumerate().map(|(nth, unit)| (direction(unit.facts.at), Traits::of(unit.view()), nth));
    let mut sited: Vec<Sited> = sited.collect();
    let mut units: Vec<_> = units.into_iter().map(Some).collect();
    let mut take = |nth: usize| units.get_mut(nth).and_then(Option::take);
    // In a small registry a part of its own would soon be most blocks.
    let enough = (sited.len() / 4).clamp(1, 4 * SLOTS);
    let (mut parts, mut done) = (vec![(sited.as_mut_slice(), 0)], Vec::new());
    while let Some((part, told)) = parts.pop() {
        if part.len() <= SLOTS {
            lay_out(part);
            done.push(part.iter().filter_map(|(_, _, nth)| take(*nth)).collect());
        } else if let Some(tells) = Traits::TELLING.get(told) {
            // A stable sort keeps units in the order of their indexes; for yes and no it takes a pass or two.
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

/// Orders the units of a block so that the units of each group of 32 slots lie near each other.
fn lay_out(sited: &mut [Sited]) {
    if sited.len() > GROUP {
        let (near, far) = halve(sited, sited.len().div_ceil(GROUP) / 2 * GROUP);
        lay_out(near);
        lay_out(far);
    }
}

/// Parts units along the widest axis, `first` of them to one side.
fn halve(sited: &mut [Sited], first: usize) -> (&mut [Sited], &mut [Sited]) {
    let axis = widest(sited);
    let along = |to: &Direction| to.get(axis).copied().unwrap_or(0.0);
    sited.select_nth_unstable_by(first, |(one, _, nth), (other, _, mth)| along(one).total_cmp(&along(other)).then(nth.cmp(mth)));
    sited.split_at_mut(first)
}

/// About half of so many units, in whole blocks.
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
