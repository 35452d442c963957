//! What tells whether a block matters, of all blocks side by side: most do not.

use super::block::Block;
use super::sphere::{BALLS, Balls};
use crate::sieve::Traits;

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
