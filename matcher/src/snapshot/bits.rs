//! Sets of slots, one bit a unit ([`Bits`], a bitmap), and numbers by their binary digits ([`Numbers`], a bit-sliced index).
//!
//! One instruction answers for 64 units or more. This file knows neither units nor rules.

use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not};

use wide::u8x16;

/// How many units a block holds at most.
pub(super) const SLOTS: usize = 256;
/// How many words of 64 bits hold a bit for each slot of a block.
pub(super) const WORDS: usize = SLOTS / 64;
/// How many blocks stand side by side on a shelf.
pub(super) const BLOCKS: usize = 4;
/// How many words hold a bit for each slot of a shelf.
pub(super) const ROW: usize = BLOCKS * WORDS;
/// How many slots share a ball.
pub(super) const GROUP: usize = 32;
pub(super) const GROUPS: usize = SLOTS / GROUP;

/// The number of a unit within its block.
pub(super) type Slot = u8;

/// Maps each of eight values. `array::map` gives the same, but the compiler often makes a loop of it, and straight code of this.
pub(super) fn of_each<T: Copy, U>(eight: [T; 8], of: impl Fn(T) -> U) -> [U; 8] {
    let [a, b, c, d, e, f, g, h] = eight;
    [of(a), of(b), of(c), of(d), of(e), of(f), of(g), of(h)]
}

/// A set of slots: of one block, or of all blocks of a shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits<const W: usize = WORDS>([u64; W]);

/// A set of slots of a shelf.
pub(super) type Row = Bits<ROW>;

impl<const W: usize> Bits<W> {
    pub(super) const NONE: Self = Self([0; W]);
    pub(super) const ALL: Self = Self([u64::MAX; W]);

    pub(super) fn is_empty(self) -> bool {
        self.0.iter().fold(0, |any, word| any | word) == 0
    }

    pub(super) fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// `V` words, from the word of this index on.
    pub(super) fn cut<const V: usize>(&self, from: usize) -> Bits<V> {
        self.0.get(from..).and_then(<[u64]>::first_chunk).map_or(Bits::NONE, |words| Bits(*words))
    }

    /// The slots of one block of a shelf.
    pub(super) fn block(&self, nth: usize) -> Bits {
        self.cut(nth * WORDS)
    }

    /// Sets the slots of one block of a shelf.
    pub(super) fn put_block(&mut self, nth: usize, bits: Bits) {
        if let Some(words) = self.0.get_mut(nth * WORDS..).and_then(<[u64]>::first_chunk_mut) {
            *words = bits.0;
        }
    }
}

impl Bits {
    /// The first `count` slots.
    pub(super) fn first(count: usize) -> Self {
        let mut bits = Self::NONE;
        for (word, from) in bits.0.iter_mut().zip((0..).step_by(64)) {
            let filled = count.saturating_sub(from).min(64);
            *word = if filled == 64 { u64::MAX } else { (1 << filled) - 1 };
        }
        bits
    }

    /// Puts a slot in, or takes it out.
    pub(super) fn put(&mut self, slot: Slot, holds: bool) {
        let mask = 1 << (slot % 64);
        if let Some(word) = self.0.get_mut(usize::from(slot / 64)) {
            *word = if holds { *word | mask } else { *word & !mask };
        }
    }

    /// Puts a slot in where `holds` is true.
    pub(super) fn add_if(&mut self, slot: Slot, holds: bool) {
        if let Some(word) = self.0.get_mut(usize::from(slot / 64)) {
            *word |= u64::from(holds) << (slot % 64);
        }
    }

    pub(super) fn contains(&self, slot: Slot) -> bool {
        self.0.get(usize::from(slot / 64)).is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }

    /// Calls `work` for each slot, the lowest first.
    pub(super) fn for_each(self, mut work: impl FnMut(Slot)) {
        for (from, mut word) in (0..=Slot::MAX).step_by(64).zip(self.0) {
            while word != 0 {
                let [nth, ..] = word.trailing_zeros().to_le_bytes();
                work(from | nth);
                word &= word - 1;
            }
        }
    }

    /// Calls `work` for eight slots at a time, the lowest first, with how many of the eight are meant: the last call may fill up with
    /// others.
    pub(super) fn for_eights(self, mut work: impl FnMut([Slot; 8], usize)) {
        let (mut eight, mut count) = ([0; 8], 0);
        self.for_each(|slot| {
            if let Some(at) = eight.get_mut(count) {
                *at = slot;
            }
            count += 1;
            if count == eight.len() {
                work(eight, count);
                count = 0;
            }
        });
        if count > 0 {
            work(eight, count);
        }
    }

    /// The slots to which this number belongs.
    pub(super) fn where_equal(of_slots: &[u8; SLOTS], number: u8) -> Self {
        let mut bits = Self::NONE;
        for (word, of_word) in bits.0.iter_mut().zip(of_slots.as_chunks::<64>().0) {
            for (sixteen, shift) in of_word.as_chunks().0.iter().zip((0..).step_by(16)) {
                *word |= u64::from(u8x16::from(*sixteen).simd_eq(u8x16::splat(number)).to_bitmask()) << shift;
            }
        }
        bits
    }

    /// All slots of these groups, a bit for each group.
    pub(super) fn of_groups(groups: u32) -> Self {
        const GROUP_FULL: u64 = (1 << GROUP) - 1;
        let mut bits = Self::NONE;
        for (nth, word) in (0_u32..).step_by(2).zip(&mut bits.0) {
            let (low, high) = (u64::from(groups >> nth & 1), u64::from(groups >> (nth + 1) & 1));
            *word = (low * GROUP_FULL) | (high * (GROUP_FULL << GROUP));
        }
        bits
    }

    /// The slots of a group, a bit for each.
    pub(super) fn group(self, nth: usize) -> u32 {
        let word = self.0.get(nth / 2).copied().unwrap_or(0);
        let [a, b, c, d, ..] = (word >> (nth % 2 * GROUP)).to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// Adds slots of a group, a bit for each.
    pub(super) fn put_group(&mut self, nth: usize, slots: u32) {
        if let Some(word) = self.0.get_mut(nth / 2) {
            *word |= u64::from(slots) << (nth % 2 * GROUP);
        }
    }
}

impl<const W: usize> Default for Bits<W> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<const W: usize> BitAnd for Bits<W> {
    type Output = Self;

    fn bitand(mut self, other: Self) -> Self {
        self &= other;
        self
    }
}

impl<const W: usize> BitAndAssign for Bits<W> {
    fn bitand_assign(&mut self, other: Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= other;
        }
    }
}

impl<const W: usize> BitOr for Bits<W> {
    type Output = Self;

    fn bitor(mut self, other: Self) -> Self {
        self |= other;
        self
    }
}

impl<const W: usize> BitOrAssign for Bits<W> {
    fn bitor_assign(&mut self, other: Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
    }
}

impl<const W: usize> Not for Bits<W> {
    type Output = Self;

    fn not(self) -> Self {
        Self(self.0.map(|word| !word))
    }
}

impl Row {
    /// The first slots of each block, as many as `counts` says.
    pub(super) fn first_of_each(counts: [u16; BLOCKS]) -> Self {
        if counts.iter().all(|count| usize::from(*count) == SLOTS) {
            return Self::ALL;
        }
        let mut row = Self::NONE;
        for (nth, count) in counts.into_iter().enumerate() {
            row.put_block(nth, Bits::first(count.into()));
        }
        row
    }

    /// Puts a slot of one block in, or takes it out.
    pub(super) fn put_in(&mut self, nth: usize, slot: Slot, holds: bool) {
        let mut block = self.block(nth);
        block.put(slot, holds);
        self.put_block(nth, block);
    }
}

/// A bit-sliced index: a number for each slot, from 0 to 2^`N` − 1, in `N` planes, one a binary digit, the highest digit first.
///
/// `least` and `greatest` bound all numbers that were ever put in. A number above the greatest possible is taken for the greatest.
#[derive(Clone, Debug)]
pub(super) struct Numbers<const N: usize> {
    planes: [Row; N],
    least: u32,
    greatest: u32,
}

impl<const N: usize> Numbers<N> {
    pub(super) const MAX: u32 = (1 << N) - 1;

    pub(super) fn new() -> Self {
        Self { planes: [Row::NONE; N], least: u32::MAX, greatest: 0 }
    }

    /// Numbers for use where slots are asked about that no number was put in for: their number is 0.
    pub(super) fn zeros() -> Self {
        Self { least: 0, ..Self::new() }
    }

    /// Sets the number of a slot of one block.
    pub(super) fn put(&mut self, nth: usize, slot: Slot, number: u32) {
        let number = number.min(Self::MAX);
        (self.least, self.greatest) = (self.least.min(number), self.greatest.max(number));
        for (plane, bit) in self.planes.iter_mut().rev().zip(0..) {
            plane.put_in(nth, slot, number >> bit & 1 == 1);
        }
    }

    /// The slots whose number is `bound` or more, from the word of this index on.
    pub(super) fn at_least<const W: usize>(&self, from: usize, bound: u32) -> Bits<W> {
        bound.checked_sub(1).map_or(Bits::ALL, |below| self.above(from, below))
    }

    /// The slots whose number is `bound` or less, from the word of this index on.
    pub(super) fn at_most<const W: usize>(&self, from: usize, bound: u32) -> Bits<W> {
        !self.above(from, bound)
    }

    /// The slots whose number is greater than `bound`.
    ///
    /// Digits are read from the lowest up. Where `bound` has a 1, a number stays greater if it has a 1 too; where `bound` has a 0, a
    /// number that has a 1 becomes greater.
    fn above<const W: usize>(&self, from: usize, bound: u32) -> Bits<W> {
        if bound >= self.greatest {
            return Bits::NONE;
        }
        if bound < self.least {
            return Bits::ALL;
        }
        // Above these digits all numbers are alike, and so is the bound, which lies between the least and the greatest.
        let telling = u32::BITS - (self.least ^ self.greatest).leading_zeros();
        let mut above = Bits::NONE;
        let mut bits = bound;
        for (plane, _) in self.planes.iter().rev().zip(0..telling) {
            if bits & 1 == 1 {
                above &= plane.cut(from);
            } else {
                above |= plane.cut(from);
            }
            bits >>= 1;
        }
        above
    }
}
