//! The plan as numbers: households that need beds, slots that have some, what each pairing is worth and who must be kept apart.
//!
//! Nothing here knows housing. Everything is named by an index into a list, and the order of the lists is the caller's: the solver breaks
//! ties by it, so whoever sorts by id gets the same answer whatever the order of input.
#![expect(clippy::as_conversions, clippy::indexing_slicing, reason = "indexes are u32 to be compact, and made here within range")]

use std::ops::Range;

/// An index into a list.
pub(crate) type Index = u32;

/// Beds that can be let together, and where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// How many people sleep there at most.
    pub beds: u32,
    /// Two households to be kept apart share neither this…
    pub structure: u32,
    /// …nor this.
    pub cell: u32,
}

/// A household of so many people in this slot is worth so much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The index of the slot.
    pub slot: u32,
    /// What the assignment is worth; positive and finite.
    pub value: f64,
}

/// An assignment problem: every household gets one slot or none, in a slot there are no more people than beds, households to be kept apart
/// are in slots of different structures and cells, and the sum of values is to be greatest.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    pub(crate) people: Vec<u32>,
    pub(crate) slots: Vec<Slot>,
    first_edge: Vec<usize>,
    pub(crate) edges: Vec<Edge>,
    /// The greatest value there is.
    pub(crate) most_value: f64,
    /// For each household those to be kept apart from it, in order.
    pub(crate) apart: Vec<Vec<Index>>,
}

impl Problem {
    /// A problem over these slots, with no household yet.
    pub fn new(slots: Vec<Slot>) -> Self {
        Self { slots, first_edge: vec![0], ..Self::default() }
    }

    /// Adds a household of so many people with the slots it may take, and says the household's index.
    ///
    /// Left out is what can never be: a slot that is unknown, named before or has too few beds, a value that is not above zero.
    pub fn add_household(&mut self, people: u32, edges: impl IntoIterator<Item = Edge>) -> u32 {
        let household = self.people.len();
        let from = self.edges.len();
        let beds = |edge: &Edge| self.slots.get(edge.slot as usize).map_or(0, |slot| slot.beds);
        let people = people.max(1);
        self.edges.extend(edges.into_iter().filter(|edge| edge.value > 0.0 && edge.value.is_finite() && people <= beds(edge)));
        if !self.edges[from..].is_sorted_by(|one, other| one.slot < other.slot) {
            let mut tail = self.edges.split_off(from);
            tail.sort_by_key(|edge| edge.slot);
            tail.dedup_by_key(|edge| edge.slot);
            self.edges.append(&mut tail);
        }
        self.most_value = self.edges[from..].iter().fold(self.most_value, |most, edge| most.max(edge.value));
        self.people.push(people);
        self.first_edge.push(self.edges.len());
        self.apart.push(Vec::new());
        household as u32
    }

    /// Says that two households must be kept apart. A household is not kept apart from itself; what is said twice counts once.
    pub fn keep_apart(&mut self, one: u32, other: u32) {
        if one == other || one.max(other) as usize >= self.people.len() {
            return;
        }
        for (one, other) in [(one, other), (other, one)] {
            let apart = &mut self.apart[one as usize];
            if let Err(at) = apart.binary_search(&other) {
                apart.insert(at, other);
            }
        }
    }

    /// How many households there are.
    pub fn households(&self) -> usize {
        self.people.len()
    }

    /// The slots.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// How many people a household has.
    pub fn people(&self, household: usize) -> u32 {
        self.people[household]
    }

    /// What the household may take, by slot.
    pub fn edges(&self, household: usize) -> &[Edge] {
        &self.edges[self.edge_range(household)]
    }

    /// The households to be kept apart from this one, in order.
    pub fn apart(&self, household: usize) -> &[u32] {
        &self.apart[household]
    }

    pub(crate) fn edge_range(&self, household: usize) -> Range<usize> {
        self.first_edge[household]..self.first_edge[household + 1]
    }

    /// Whether two slots are too near for households that must be kept apart.
    pub(crate) fn near(&self, one: Index, other: Index) -> bool {
        let (one, other) = (self.slots[one as usize], self.slots[other as usize]);
        one.structure == other.structure || one.cell == other.cell
    }

    /// Whether assignments are such as the problem allows; `slots` holds each household's.
    pub fn allows(&self, slots: &[Option<u32>]) -> bool {
        let mut taken = vec![0_u64; self.slots.len()];
        slots.len() == self.households()
            && slots.iter().enumerate().all(|(household, slot)| {
                slot.is_none_or(|slot| {
                    let Some(beds) = self.slots.get(slot as usize).map(|slot| u64::from(slot.beds)) else { return false };
                    taken[slot as usize] += u64::from(self.people[household]);
                    taken[slot as usize] <= beds
                        && self.value(household, slot).is_some()
                        && self.apart[household]
                            .iter()
                            .all(|other| slots[*other as usize].is_none_or(|theirs| !self.near(slot, theirs)))
                })
            })
    }

    /// What a household in a slot is worth, if it may take it.
    pub fn value(&self, household: usize, slot: u32) -> Option<f64> {
        let edges = self.edges(household);
        edges.binary_search_by_key(&slot, |edge| edge.slot).ok().map(|at| edges[at].value)
    }

    /// What assignments are worth together, added up in the order of the households.
    pub fn worth(&self, slots: &[Option<u32>]) -> f64 {
        // An empty sum of floats is −0.
        0.0 + slots.iter().enumerate().filter_map(|(household, slot)| self.value(household, (*slot)?)).sum::<f64>()
    }
}
