//! Sets and short lists of codes in a few bytes, since a registry may hold a million units.
//!
//! This file owns these layouts; assertions check that the lists of codes fit them. It knows no rule.

use std::fmt;
use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use crate::codes::{Code, Codes, Condition, Door, Gender, Offer, Rule, Setting, Stage, Step, UnlawfulCondition, Warning};
use crate::values::Language;

/// The indexes of the bits that are set, from the lowest on.
pub(crate) fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let nth = word.trailing_zeros();
        word &= word.checked_sub(1)?;
        Some(nth)
    })
}

/// A set of codes of a list that is no longer than `B` has bits.
pub struct Set<T, B = u32> {
    bits: B,
    of: PhantomData<T>,
}

/// A set of codes of a list of at most eight.
pub type SmallSet<T> = Set<T, u8>;

impl<T: Code, B: Copy + Into<u32>> Set<T, B> {
    /// One bit for each code, by the code's index.
    pub(crate) fn bits(self) -> u32 {
        self.bits.into()
    }

    /// Whether the code is in the set.
    pub fn contains(self, code: T) -> bool {
        self.bits() & (1 << code.index()) != 0
    }

    /// How many codes both sets share.
    pub(crate) fn shared_with(self, other: Self) -> u32 {
        (self.bits() & other.bits()).count_ones()
    }

    /// Whether all codes of the other set are in this one.
    pub(crate) fn holds_all_of(self, other: Self) -> bool {
        other.bits() & !self.bits() == 0
    }

    /// How many codes there are.
    pub fn len(self) -> u32 {
        self.bits().count_ones()
    }

    /// Whether there is no code.
    pub fn is_empty(self) -> bool {
        self.bits() == 0
    }

    /// The codes, in the order of the contract.
    pub fn iter(self) -> impl Iterator<Item = T> + use<T, B> {
        ones(self.bits().into()).filter_map(|nth| T::ALL.get(usize::try_from(nth).ok()?)).copied()
    }
}

impl<T: Code, B: Copy + Into<u32> + TryFrom<u32> + Default> Set<T, B> {
    /// The set with one more code, where `holds` is true.
    pub(crate) fn with_if(self, holds: bool, code: T) -> Self {
        Self::of_bits(self.bits() | u32::from(holds) << code.index())
    }

    /// The codes of either set.
    pub fn with(self, other: Self) -> Self {
        Self::of_bits(self.bits() | other.bits())
    }

    /// The codes that are in both sets.
    pub fn shared(self, other: Self) -> Self {
        Self::of_bits(self.bits() & other.bits())
    }

    pub(crate) fn add_if(&mut self, holds: bool, code: T) {
        *self = self.with_if(holds, code);
    }
}

impl<T, B: TryFrom<u32> + Default> Set<T, B> {
    fn of_bits(bits: u32) -> Self {
        // The bits fit: the assertions below say so.
        Self { bits: B::try_from(bits).unwrap_or_default(), of: PhantomData }
    }
}

impl<T, B: Default> Default for Set<T, B> {
    fn default() -> Self {
        Self { bits: B::default(), of: PhantomData }
    }
}

impl<T, B: PartialEq> PartialEq for Set<T, B> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<T: Code + Serialize, B: Copy + Into<u32>> Serialize for Set<T, B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<T: Code, B: TryFrom<u32> + Default> FromIterator<T> for Set<T, B> {
    fn from_iter<I: IntoIterator<Item = T>>(codes: I) -> Self {
        Self::of_bits(codes.into_iter().fold(0, |bits, code| bits | 1 << code.index()))
    }
}

impl<T, B: Eq> Eq for Set<T, B> {}

impl<T, B: Copy> Clone for Set<T, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, B: Copy> Copy for Set<T, B> {}

impl<T: Code, B: Copy + Into<u32>> fmt::Debug for Set<T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

const _: () = assert!(Offer::ALL.len() <= 32 && Rule::ALL.len() <= 32, "a set has room for 32 codes");
const _: () = assert!(
    Stage::ALL.len() <= 8 && Gender::ALL.len() <= 8 && Setting::ALL.len() <= 8 && Warning::ALL.len() <= 8,
    "a small set has room for eight codes"
);

/// A set of languages: one bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Languages([u64; 3]);

impl Languages {
    pub(crate) fn shared_with(self, other: Self) -> u32 {
        self.0.iter().zip(other.0).map(|(one, other)| (one & other).count_ones()).sum()
    }

    pub(crate) fn holds_all_of(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(one, other)| other & !one == 0)
    }

    pub(crate) fn len(self) -> u32 {
        self.0.iter().map(|bits| bits.count_ones()).sum()
    }

    /// The languages, in the order of their codes.
    pub(crate) fn iter(self) -> impl Iterator<Item = Language> + use<> {
        self.indexes().filter_map(Language::of_index)
    }

    /// The indexes of the languages in the list of all.
    pub(crate) fn indexes(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX)
            .step_by(64)
            .zip(self.0)
            .flat_map(|(from, word)| ones(word).filter_map(move |nth| u8::try_from(nth).ok()?.checked_add(from)))
    }
}

impl FromIterator<Language> for Languages {
    fn from_iter<I: IntoIterator<Item = Language>>(languages: I) -> Self {
        let mut bits = [0_u64; 3];
        for language in languages {
            let index = language.index();
            if let Some(word) = bits.get_mut(usize::from(index / 64)) {
                *word |= 1 << (index % 64);
            }
        }
        Self(bits)
    }
}

/// Up to eight codes of a list of at most fifteen, in the order in which they were given.
pub struct ShortList<T> {
    /// Four bits for each: the index of the code in the list of all, plus one, since 0 is the end.
    nibbles: u32,
    of: PhantomData<T>,
}

impl<T: Code> ShortList<T> {
    /// The codes, each once, in the order given.
    pub fn iter(self) -> impl Iterator<Item = T> {
        let mut left = self.nibbles;
        std::iter::from_fn(move || {
            let index = usize::try_from(left & 0xf).unwrap_or(0);
            left >>= 4;
            index.checked_sub(1).and_then(|index| T::ALL.get(index)).copied()
        })
    }

    /// How many codes there are.
    pub fn len(self) -> u32 {
        (u32::BITS - self.nibbles.leading_zeros()).div_ceil(4)
    }

    /// Whether there is no code.
    pub fn is_empty(self) -> bool {
        self.nibbles == 0
    }
}

impl<T: Code> From<&Codes<T>> for ShortList<T> {
    fn from(codes: &Codes<T>) -> Self {
        let nibbles = codes.iter().zip((0..32).step_by(4)).fold(0, |nibbles, (code, shift)| nibbles | (code.index() + 1) << shift);
        Self { nibbles, of: PhantomData }
    }
}

impl<T> Clone for ShortList<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ShortList<T> {}

impl<T> PartialEq for ShortList<T> {
    fn eq(&self, other: &Self) -> bool {
        self.nibbles == other.nibbles
    }
}

impl<T: Code> fmt::Debug for ShortList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Code + Serialize> Serialize for ShortList<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

const _: () = assert!(
    Door::ALL.len() <= 8 && Condition::ALL.len() <= 8 && UnlawfulCondition::ALL.len() <= 8 && Step::ALL.len() <= 8,
    "a short list has room for eight codes"
);
