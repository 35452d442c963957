//! Where the units of an id lie: a hash index, used for the ids of units, of structures and of requests that are housed.
//!
//! This file owns addresses and their shards. It never looks at a unit.

use std::sync::Arc;

use uuid::Uuid;

use super::bits::Slot;

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
