//! A shelf: the few blocks that stand side by side, with the properties of their units in rows that reach across all of them. Whoever
//! looks for the best looks into one block after the other; whoever counts asks a whole shelf at once.

use std::sync::Arc;

use arrayvec::ArrayVec;

use super::bits::{BLOCKS, ROW, Slot, WORDS};
use super::block::Block;
use super::columns::{Columns, Part};
use crate::facts::Prepared;

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

    /// Puts a block of these units in place of another. What was told of slots behind its last unit stays in the columns: nobody asks.
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

    /// Puts a unit in place of another.
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
