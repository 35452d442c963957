//! What is known of all units without looking at a block: where the units of an id lie ([`Directory`], a hash index), and how many units
//! each rule sees as what ([`Census`], a histogram).
//!
//! This file owns addresses, their shards, and these counts. A change tells it of every unit that comes and goes; it never looks at a block.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::bits::Slot;
use crate::codes::{Code as _, Offer, Rule};
use crate::facts::{Facts, Minors};
use crate::rules::Query;
use crate::unit::{MINOR_AGE_MAX, YOUNG_ADULT_AGE_MAX};
use crate::values::{Age, Land};

/// How many entries a shard has on average at most: a change copies one shard.
const SHARD_ENTRIES: usize = 512;

/// Where a unit lies: the number of a block, and the slot in that block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address(u32);

impl Address {
    pub(super) fn new(block: usize, slot: Slot) -> Self {
        Self(u32::try_from(block).unwrap_or(u32::MAX >> 8) << 8 | u32::from(slot))
    }

    pub(super) fn block(self) -> usize {
        usize::try_from(self.0 >> 8).unwrap_or(usize::MAX)
    }

    pub(super) fn slot(self) -> Slot {
        self.0.to_le_bytes()[0]
    }
}

/// Addresses by a hash of an id. An address that is found may belong to another id of the same hash: the caller compares the ids.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    /// One shard for each range of hashes, the entries of a shard in order.
    shards: Vec<Arc<Vec<(u32, Address)>>>,
    len: usize,
}

impl Directory {
    /// A directory of these entries.
    pub(super) fn of(entries: impl Iterator<Item = (Uuid, Address)>) -> Self {
        Self::of_hashed(entries.map(|(id, address)| (hash(id), address)).collect())
    }

    fn of_hashed(mut entries: Vec<(u32, Address)>) -> Self {
        entries.sort_unstable();
        let count = entries.len().div_ceil(SHARD_ENTRIES).next_power_of_two();
        let mut directory = Self { shards: Vec::with_capacity(count), len: entries.len() };
        let mut rest = entries.as_slice();
        for nth in 0..count {
            let (shard, behind) = rest.split_at(rest.partition_point(|(hash, _)| shard_of(*hash, count) <= nth));
            directory.shards.push(Arc::new(shard.to_vec()));
            rest = behind;
        }
        directory
    }

    /// Where the units of an id may lie.
    pub(super) fn find(&self, id: Uuid) -> impl Iterator<Item = Address> {
        let hash = hash(id);
        let shard = self.shards.get(shard_of(hash, self.shards.len())).map(|shard| shard.as_slice()).unwrap_or_default();
        let from = shard.partition_point(|(known, _)| *known < hash);
        shard.iter().skip(from).take_while(move |(known, _)| *known == hash).map(|(_, address)| *address)
    }

    /// Adds an entry, unless it is there already.
    pub(super) fn insert(&mut self, id: Uuid, address: Address) {
        let entry = (hash(id), address);
        if let Some(shard) = self.shard_mut(entry.0)
            && let Err(at) = shard.binary_search(&entry)
        {
            shard.insert(at, entry);
            self.len += 1;
        }
        if self.len > self.shards.len() * SHARD_ENTRIES * 2 {
            *self = Self::of_hashed(self.shards.iter().flat_map(|shard| shard.iter().copied()).collect());
        }
    }

    /// Takes an entry out, if it is there.
    pub(super) fn remove(&mut self, id: Uuid, address: Address) {
        let entry = (hash(id), address);
        if let Some(shard) = self.shard_mut(entry.0)
            && let Ok(at) = shard.binary_search(&entry)
        {
            shard.remove(at);
            self.len -= 1;
        }
    }

    fn shard_mut(&mut self, hash: u32) -> Option<&mut Vec<(u32, Address)>> {
        let count = self.shards.len();
        self.shards.get_mut(shard_of(hash, count)).map(Arc::make_mut)
    }

    /// How many bytes the directory takes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let entries: usize = self.shards.iter().map(|shard| shard.capacity()).sum();
        entries * size_of::<(u32, Address)>() + self.shards.capacity() * size_of::<Arc<Vec<(u32, Address)>>>()
    }
}

fn shard_of(hash: u32, count: usize) -> usize {
    let count = u64::try_from(count).unwrap_or(1);
    usize::try_from((u64::from(hash) * count) >> 32).unwrap_or(0)
}

/// Mixes all bits of an id (the finaliser of MurmurHash3): the first bits of a UUIDv7 are a clock, and alike.
fn hash(id: Uuid) -> u32 {
    let (high, low) = id.as_u64_pair();
    let mut mixed = high.rotate_left(32) ^ low;
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    let [.., a, b, c, d] = (mixed ^ mixed >> 33).to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

// ---------------------------------------------------------------------------------------------------------------------
// The census

/// The rules that each look at one thing about a unit, of which there are few kinds.
const RULES: [Rule; 8] = [
    Rule::Gender,
    Rule::Age,
    Rule::UnaccompaniedMinor,
    Rule::Children,
    Rule::Household,
    Rule::Setting,
    Rule::Stage,
    Rule::Crossing,
];

/// The most kinds of units that are asked about one by one; where a rule sees more kinds, blocks are faster.
const KINDS: usize = 64;

/// No fewer than there are languages.
const LANGUAGES: usize = 192;

/// A histogram of the registry: how many units each rule sees as what.
#[derive(Clone, Debug)]
pub(super) struct Census {
    units: u64,
    kinds: [BTreeMap<u64, Kind>; RULES.len()],
    offers: [u64; Offer::ALL.len()],
    /// How many units speak each language, or interpret.
    languages: [u64; LANGUAGES],
}

/// Units that are alike to a rule.
#[derive(Clone, Debug)]
struct Kind {
    /// The facts of one unit that was among them.
    like: Facts,
    units: u64,
}

impl Census {
    /// A census of no unit.
    pub(super) fn new() -> Self {
        Self { units: 0, kinds: Default::default(), offers: [0; Offer::ALL.len()], languages: [0; LANGUAGES] }
    }

    /// Counts a unit.
    pub(super) fn add(&mut self, facts: &Facts) {
        self.units += 1;
        for (rule, kinds) in RULES.iter().zip(&mut self.kinds) {
            kinds.entry(seen_by(*rule, facts)).or_insert(Kind { like: *facts, units: 0 }).units += 1;
        }
        self.change(facts, |units| units + 1);
    }

    /// Counts a unit no more.
    pub(super) fn remove(&mut self, facts: &Facts) {
        self.units -= 1;
        for (rule, kinds) in RULES.iter().zip(&mut self.kinds) {
            let key = seen_by(*rule, facts);
            if let Some(kind) = kinds.get_mut(&key) {
                kind.units -= 1;
                if kind.units == 0 {
                    kinds.remove(&key);
                }
            }
        }
        self.change(facts, |units| units - 1);
    }

    /// Changes what is counted by offer and by language.
    fn change(&mut self, facts: &Facts, by: impl Fn(u64) -> u64) {
        for (offer, units) in Offer::ALL.iter().zip(&mut self.offers) {
            *units = if facts.offers.contains(*offer) { by(*units) } else { *units };
        }
        let interpreted = facts.offers.contains(Offer::Interpreting);
        let mut change = |language: usize| {
            if let Some(units) = self.languages.get_mut(language) {
                *units = by(*units);
            }
        };
        if interpreted {
            (0..LANGUAGES).for_each(&mut change);
        } else {
            facts.languages.indexes().map(usize::from).for_each(&mut change);
        }
    }

    /// How many units fail a rule; none where only blocks can tell.
    pub(super) fn failing(&self, query: &Query, rule: Rule) -> Option<u64> {
        match rule {
            Rule::RequiredOffer => self.without(&self.offers, query.required.iter().map(|offer| offer.index())),
            Rule::RequiredLanguage => self.without(&self.languages, query.required_languages.indexes().map(u32::from)),
            rule => {
                let (_, kinds) = RULES.iter().zip(&self.kinds).find(|(known, _)| **known == rule)?;
                let failing = || kinds.values().filter(|kind| query.fails(rule, &kind.like)).map(|kind| kind.units).sum();
                (kinds.len() <= KINDS).then(failing)
            }
        }
    }

    /// How many units lack the one thing that is asked for; none where several things are.
    fn without(&self, having: &[u64], mut asked: impl Iterator<Item = u32>) -> Option<u64> {
        let (one, other) = (asked.next()?, asked.next());
        let having = usize::try_from(one).ok().and_then(|index| having.get(index))?;
        other.is_none().then(|| self.units - having)
    }

    /// Whether two units count alike.
    pub(super) fn alike(one: &Facts, other: &Facts) -> bool {
        RULES.iter().all(|rule| seen_by(*rule, one) == seen_by(*rule, other))
            && one.offers.bits() == other.offers.bits()
            && one.languages == other.languages
    }

    /// About how many bytes the census takes on the heap.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.kinds.iter().map(BTreeMap::len).sum::<usize>() * size_of::<(u64, Kind)>()
    }
}

/// The ages of which some adults may be young adults of the unit and are not taken otherwise, one bit each.
fn young_ages(facts: &Facts, otherwise: impl Fn(u8) -> bool) -> u32 {
    let ages = (MINOR_AGE_MAX + 1..=YOUNG_ADULT_AGE_MAX).zip(0..);
    ages.filter(|(age, _)| facts.young_adults(Some(*age)).is_some() && !otherwise(*age)).fold(0, |bits, (_, nth)| bits | 1 << nth)
}

/// What a rule sees of a unit. Units that a rule answers alike had better look alike to it, so that there are few kinds.
fn seen_by(rule: Rule, facts: &Facts) -> u64 {
    /// Above what else stands in a number: genders take three bits, ages eight.
    const YOUNG: u32 = 8;
    let seen = match rule {
        Rule::Gender => {
            let young = |minors: Minors| young_ages(facts, |_| facts.genders.holds_all_of(minors.genders)) << YOUNG;
            facts.minors.map_or([facts.genders.bits(), u8::MAX.into()], |minors| {
                [facts.genders.bits() | young(minors), minors.genders.bits()]
            })
        }
        Rule::Age => {
            let young = young_ages(facts, |age| facts.adult_ages.is_some_and(|ages| ages.takes(age))) << YOUNG;
            facts.adult_ages.map_or([u8::MAX.into(), young], |ages| {
                [ages.min.get().into(), u32::from(ages.max.map_or(u8::MAX, Age::get)) | young]
            })
        }
        Rule::UnaccompaniedMinor => {
            facts.lone_minors().map_or([u32::MAX; 2], |minors| [minors.min_age.into(), minors.max_age.into()])
        }
        Rule::Children => facts.children.map_or([u32::MAX; 2], |children| {
            [children.max_age.get().into(), children.boys_max_age.map_or(u8::MAX.into(), |age| age.get().into())]
        }),
        Rule::Household => [facts.max_household, facts.couples.into()],
        Rule::Setting => [facts.setting.index(), 0],
        Rule::Stage => [facts.stages.bits(), 0],
        Rule::Crossing => match facts.department.land() {
            Land::Mainland => [0, 0],
            Land::Corsica => [1, 0],
            Land::Overseas(department) => [2, department.index().into()],
        },
        _ => [0; 2],
    };
    let [one, other] = seen.map(u64::from);
    one << u32::BITS | other
}
