//! How a snapshot takes a change: a unit that comes, changes or goes.
//!
//! This file owns what a change copies: one block, the columns of its shelf, one shard of each directory, and the
//! census. It never changes what another
//! snapshot holds, and never answers a query.

use std::sync::Arc;

use uuid::Uuid;

use super::Snapshot;
use super::bits::{BLOCKS, Slot};
use super::block::{Bay, Shelf, neighbours};
use super::directory::{Address, Census};
use crate::facts::{Facts, Prepared};
use crate::geo::{direction, single};
use crate::sieve::Traits;
use crate::unit::{Fault, Unit};

/// Up to how many blocks there is no census.
const FEW_BLOCKS: usize = 16;

impl Snapshot {
    /// Adds a unit; a unit of the same id that is there already is replaced.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let mut registry = given::registry();
    /// let mut unit = given::unit();
    /// unit.vacancies.clear();
    /// registry.insert(unit).expect("nothing in it contradicts itself");
    /// assert_eq!((registry.len(), registry.rank(&given::query(), 20).eligible), (1, 0));
    /// ```
    ///
    /// # Errors
    /// All faults of the unit ([`Unit::faults`]); the registry stays as it was.
    pub fn insert(&mut self, unit: Unit) -> Result<(), Vec<Fault>> {
        let unit = Prepared::new(unit)?;
        self.reach_km = self.reach_km.max(unit.facts.reach_km.into());
        let before = self.address(unit.facts.id);
        self.recount(before.as_ref().map(|(_, before)| &before.facts), Some(&unit.facts));
        match before {
            Some((address, before)) if before.facts.at == unit.facts.at && self.has_its_like(address, &unit) => {
                self.change(address.block(), |shelf, nth| shelf.replace(nth, address.slot(), &unit));
                if before.facts.structure_id != unit.facts.structure_id || before.houses != unit.houses {
                    self.forget(address, &before);
                    self.remember(address, &unit);
                }
            }
            before => {
                if let Some((address, _)) = before {
                    self.take_out(address);
                }
                self.put(unit);
                self.take_census();
            }
        }
        Ok(())
    }

    /// Takes a unit out, and says whether the unit was there.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let mut registry = given::registry();
    /// assert!(registry.remove(given::unit().id));
    /// assert!(!registry.remove(given::unit().id));
    /// ```
    pub fn remove(&mut self, id: Uuid) -> bool {
        let address = self.address(id);
        if let Some((address, before)) = &address {
            self.recount(Some(&before.facts), None);
            self.take_out(*address);
        }
        address.is_some()
    }

    /// Whether the traits of the block at an address cover those of a unit: the block then promises no more for having the unit in it.
    fn has_its_like(&self, address: Address, unit: &Prepared) -> bool {
        self.heads.traits(address.block()).is_some_and(|traits| traits.covers(Traits::of(unit.view())))
    }

    /// Counts a unit as it is now, and no more as it was before.
    fn recount(&mut self, before: Option<&Facts>, now: Option<&Facts>) {
        if let (Some(before), Some(now)) = (before, now)
            && Census::alike(before, now)
        {
            return;
        }
        if let Some(census) = self.census.as_mut().map(Arc::make_mut) {
            before.into_iter().for_each(|before| census.remove(before));
            now.into_iter().for_each(|now| census.add(now));
        }
    }

    /// Takes a census of all units, once there are enough blocks.
    pub(super) fn take_census(&mut self) {
        if self.census.is_none() && self.heads.len() > FEW_BLOCKS {
            let mut census = Census::new();
            self.views().for_each(|view| census.add(view.facts));
            self.census = Some(Arc::new(census));
        }
    }

    /// Changes the block of this number. `work` gets the shelf and the index of the block on the shelf; the head of the block follows.
    fn change(&mut self, nth: usize, work: impl FnOnce(&mut Shelf, usize)) {
        if let Some(shelf) = self.shelves.get_mut(nth / BLOCKS).map(Arc::make_mut) {
            work(shelf, nth % BLOCKS);
            if let Some(block) = shelf.blocks().get(nth % BLOCKS) {
                self.heads.put(nth, block);
            }
        }
    }

    /// Puts a block of these units behind the others.
    pub(super) fn push_block(&mut self, units: &[Prepared]) {
        let nth = self.heads.len();
        if nth.is_multiple_of(BLOCKS) {
            self.shelves.push(Arc::new(Shelf::new()));
        }
        self.heads.add();
        self.change(nth, |shelf, _| shelf.push(units));
    }

    /// Adds a unit to the nearest block whose traits cover the unit's; to the nearest block of all, where no block's do.
    fn put(&mut self, unit: Prepared) {
        self.len += 1;
        let to = direction(unit.facts.at);
        let traits = Traits::of(unit.view());
        let heads = self.heads.eights().flat_map(|(_, eight)| eight.traits.into_iter().zip(eight.balls.offsets(to.map(single))));
        let strange = heads.take(self.heads.len()).map(|(its, offset)| (!its.covers(traits), offset)).enumerate();
        let nearest = strange
            .min_by(|(_, (strange, offset)), (_, (stranger, farther))| strange.cmp(stranger).then(offset.total_cmp(farther)));
        match nearest.and_then(|(nth, _)| self.bay(nth)).map(|bay| (bay.nth, bay.block.is_full())) {
            None => self.append(&[unit]),
            Some((nth, false)) => {
                let mut slot = None;
                self.change(nth, |shelf, nth| slot = shelf.add(nth, &unit));
                if let Some(slot) = slot {
                    self.remember(Address::new(nth, slot), &unit);
                }
            }
            Some((nth, true)) => self.divide(nth, unit),
        }
    }

    /// Parts a full block in two, which makes room for one more unit.
    fn divide(&mut self, nth: usize, unit: Prepared) {
        let Some(block) = self.bay(nth).map(|bay| Arc::clone(bay.block)) else { return };
        let mut units: Vec<_> = (0..=Slot::MAX).map_while(|slot| block.prepared(slot)).collect();
        for (slot, unit) in (0..=Slot::MAX).zip(&units) {
            self.forget(Address::new(nth, slot), unit);
        }
        units.push(unit);
        let middle = units.len() / 2;
        let mut halves = neighbours(units, |_| middle).into_iter();
        let (one, other) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
        self.change(nth, |shelf, nth| shelf.put(nth, &one));
        for (slot, unit) in (0..=Slot::MAX).zip(&one) {
            self.remember(Address::new(nth, slot), unit);
        }
        self.append(&other);
    }

    /// Adds a block of these units, which are in no directory yet.
    fn append(&mut self, units: &[Prepared]) {
        let nth = self.heads.len();
        self.push_block(units);
        for (slot, unit) in (0..=Slot::MAX).zip(units) {
            self.remember(Address::new(nth, slot), unit);
        }
    }

    /// Takes out the unit at an address. The last unit of the block takes the slot.
    fn take_out(&mut self, address: Address) {
        let Some(Bay { block, .. }) = self.bay(address.block()) else { return };
        let last = block.len().checked_sub(1).and_then(|last| Slot::try_from(last).ok());
        let (Some(last), Some(gone)) = (last, block.prepared(address.slot())) else { return };
        let moved = block.prepared(last).filter(|_| last != address.slot());
        self.forget(address, &gone);
        if let Some(moved) = &moved {
            self.forget(Address::new(address.block(), last), moved);
        }
        self.change(address.block(), |shelf, nth| shelf.swap_remove(nth, address.slot()));
        if let Some(moved) = &moved {
            self.remember(address, moved);
        }
        self.len -= 1;
    }

    /// Enters a unit into the directories.
    fn remember(&mut self, address: Address, unit: &Prepared) {
        self.ids.insert(unit.facts.id, address);
        self.structures.insert(unit.facts.structure_id, address);
        unit.houses.iter().for_each(|request| self.housed.insert(*request, address));
    }

    /// Takes a unit out of the directories.
    fn forget(&mut self, address: Address, unit: &Prepared) {
        self.ids.remove(unit.facts.id, address);
        self.structures.remove(unit.facts.structure_id, address);
        unit.houses.iter().for_each(|request| self.housed.remove(*request, address));
    }
}
