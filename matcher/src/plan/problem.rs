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
    /// How many people can sleep in the slot at most.
    pub beds: u32,
    /// The structure: two households to be kept apart share no structure…
    pub structure: u32,
    /// …and no cell.
    pub cell: u32,
}

/// What it is worth that a household has a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The index of the slot.
    pub slot: u32,
    /// What the assignment is worth; positive and finite.
    pub value: f64,
}

/// An assignment problem: every household gets one slot or none, in a slot there are no more people than beds, households to be kept
/// apart are in slots of different structures and cells, and the sum of values is to be greatest.
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
    ///
    /// ```
    /// use matcher::{Edge, Effort, Problem, Slot};
    ///
    /// let mut problem = Problem::new(vec![Slot { beds: 1, structure: 0, cell: 0 }]);
    /// problem.add_household(1, [Edge { slot: 0, value: 2.0 }]);
    /// let better = problem.add_household(1, [Edge { slot: 0, value: 3.0 }]);
    /// let mut never = |_| false;
    /// let solution = problem.solve(&mut Effort::new(u64::MAX, &mut never));
    /// assert!(solution.is_optimal() && problem.allows(&solution.slots));
    /// assert_eq!((better, solution.slots, solution.objective), (1, vec![None, Some(0)], 3.0));
    /// ```
    pub fn new(slots: Vec<Slot>) -> Self {
        Self { slots, first_edge: vec![0], ..Self::default() }
    }

    /// Adds a household of so many people with the slots that it may take, and says the household's index.
    ///
    /// An edge that can never be used is left out: one to a slot that is unknown, named before or has too few beds, or of a value that is
    /// not above zero.
    ///
    /// ```
    /// use matcher::{Edge, Problem, Slot};
    ///
    /// let mut problem = Problem::new(vec![Slot { beds: 1, structure: 0, cell: 0 }]);
    /// assert_eq!(problem.add_household(2, [Edge { slot: 0, value: 1.0 }]), 0);
    /// assert!(problem.edges(0).is_empty(), "two people do not fit one bed");
    /// ```
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
    ///
    /// ```
    /// use matcher::{Edge, Problem, Slot};
    ///
    /// let mut problem = Problem::new(vec![Slot { beds: 2, structure: 0, cell: 0 }]);
    /// let [one, other] = [1.0, 2.0].map(|value| problem.add_household(1, [Edge { slot: 0, value }]));
    /// problem.keep_apart(one, other);
    /// assert!(!problem.allows(&[Some(0), Some(0)]));
    /// ```
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

    /// The edges of a household, by slot.
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

    /// Whether the problem allows these assignments; `slots` holds the slot of each household.
    ///
    /// ```
    /// use matcher::{Edge, Problem, Slot};
    ///
    /// let mut problem = Problem::new(vec![Slot { beds: 1, structure: 0, cell: 0 }]);
    /// problem.add_household(1, [Edge { slot: 0, value: 1.0 }]);
    /// problem.add_household(1, [Edge { slot: 0, value: 1.0 }]);
    /// assert!(problem.allows(&[None, Some(0)]));
    /// assert!(!problem.allows(&[Some(0), Some(0)]), "one bed for two");
    /// ```
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

    /// What a household in a slot is worth, if the household may take the slot.
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
