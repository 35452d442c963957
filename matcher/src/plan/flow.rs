//! Beds as a flow: the best plan where a household may be split over slots and nobody is kept apart, with prices that prove it.
//!
//! Successive shortest paths with potentials. Where every household is one person nothing is ever split, and this is the plan itself;
//! elsewhere it is a bound, and its prices say which beds are sought after.
#![expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "places in lists are u32 to be compact, and made here within range"
)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::effort::Effort;
use super::problem::{Index, Problem};

const NOBODY: Index = Index::MAX;

/// How many of a household's best slots are put in order at first; more follow when the search asks for them.
const SORTED_AT_FIRST: usize = 8;

/// A bed in this slot for one person of the household.
#[derive(Clone, Copy)]
struct Arc {
    value: f64,
    slot: Index,
}

/// People of a household in a slot.
#[derive(Clone, Copy)]
struct Stay {
    household: Index,
    people: u32,
}

/// The way to get somewhere, as far as it is known.
#[derive(Clone, Copy)]
enum Exit {
    /// The household that seeks, or what is left of it, stays without.
    Stay,
    /// This household leaves this slot.
    Leave(Index, Index),
    /// This slot has a free bed.
    Free(Index),
}

/// A flow of people into beds and its dual prices.
pub(crate) struct Flow {
    supply: Vec<u32>,
    free: Vec<u32>,
    beds: Vec<u32>,
    first_arc: Vec<usize>,
    arcs: Vec<Arc>,
    /// Up to where the arcs of each household are in descending order, and none after is better.
    sorted: Vec<usize>,
    /// What one more bed of a slot would be worth; 0 where one is free.
    pub(crate) price: Vec<f64>,
    /// What is left to each person of a household of the value after the price.
    rent: Vec<f64>,
    stays: Vec<Vec<Stay>>,
    search: Search,
}

/// The memory of one search, kept to be used again.
struct Search {
    /// The least cost to reach a slot; infinite when not seen.
    cost: Vec<f64>,
    /// From which household it was reached.
    via: Vec<Index>,
    /// From which slot a household was reached; [`NOBODY`] for the one that seeks.
    from: Vec<Index>,
    seen_slots: Vec<Index>,
    /// Households reached, with their cost.
    seen: Vec<(Index, f64)>,
    is_seen: Vec<bool>,
    /// Slots by cost; costs are never negative, so their bits order as they do.
    heap: BinaryHeap<Reverse<(u64, Index)>>,
    best: f64,
    exit: Exit,
}

impl Flow {
    /// The flow of a problem, with nobody placed yet.
    pub(crate) fn new(problem: &Problem) -> Self {
        let households = problem.households();
        let mut first_arc = Vec::with_capacity(households + 1);
        let mut arcs = Vec::with_capacity(problem.edges.len());
        first_arc.push(0);
        for household in 0..households {
            let people = f64::from(problem.people[household]);
            arcs.extend(problem.edges(household).iter().map(|edge| Arc { value: edge.value / people, slot: edge.slot }));
            first_arc.push(arcs.len());
        }
        let slots = problem.slots.len();
        let beds: Vec<u32> = problem.slots.iter().map(|slot| slot.beds).collect();
        Self {
            supply: problem.people.clone(),
            free: beds.clone(),
            beds,
            sorted: first_arc[..households].to_vec(),
            first_arc,
            arcs,
            price: vec![0.0; slots],
            rent: vec![0.0; households],
            stays: vec![Vec::new(); slots],
            search: Search {
                cost: vec![f64::INFINITY; slots],
                via: vec![NOBODY; slots],
                from: vec![NOBODY; households],
                seen_slots: Vec::new(),
                seen: Vec::new(),
                is_seen: vec![false; households],
                heap: BinaryHeap::new(),
                best: f64::INFINITY,
                exit: Exit::Free(NOBODY),
            },
        }
    }

    /// Places everyone for whom it is worth it. Those with most to gain first: they are seldom moved again.
    /// What is not done when the effort is spent is left: the prices then bound less tightly.
    pub(crate) fn solve(&mut self, effort: &mut Effort<'_>) {
        let mut order: Vec<(u64, Index)> = Vec::with_capacity(self.supply.len());
        for household in 0..self.supply.len() {
            let arcs = &self.arcs[self.first_arc[household]..self.first_arc[household + 1]];
            let most = arcs.iter().fold(0.0, |most: f64, arc| most.max(arc.value));
            order.push((most.to_bits(), household as Index));
        }
        order.sort_by_key(|(value, household)| (Reverse(*value), *household));
        for (_, household) in order {
            if !effort.step() {
                return;
            }
            self.place(household);
        }
    }

    /// Who sleeps where: household, slot and how many people of it.
    pub(crate) fn stays(&self) -> impl Iterator<Item = (Index, Index, u32)> + '_ {
        let slots = self.stays.iter().enumerate();
        slots.flat_map(|(slot, stays)| stays.iter().map(move |stay| (stay.household, slot as Index, stay.people)))
    }

    /// What each person of a household would gain most if each bed cost its price, whatever rounding did to the flow.
    pub(crate) fn rents(&self) -> Vec<f64> {
        let rents = (0..self.supply.len()).map(|household| {
            let arcs = &self.arcs[self.first_arc[household]..self.first_arc[household + 1]];
            arcs.iter().fold(0.0, |best: f64, arc| best.max(arc.value - self.price[arc.slot as usize]))
        });
        rents.collect()
    }

    /// An upper bound by the prices: all rents and what all beds cost.
    pub(crate) fn bound(&self) -> f64 {
        let rents = self.rents().into_iter().zip(&self.supply).map(|(rent, people)| rent * f64::from(*people));
        let beds = self.price.iter().zip(&self.beds).map(|(price, beds)| price * f64::from(*beds));
        rents.sum::<f64>() + beds.sum::<f64>()
    }

    /// Puts more arcs of a household in order, unless all are; says whether there were more.
    fn sort_more(&mut self, household: usize) -> bool {
        let (sorted, end) = (self.sorted[household], self.first_arc[household + 1]);
        let more = (sorted - self.first_arc[household]).max(SORTED_AT_FIRST);
        let rest = &mut self.arcs[sorted..end];
        let order = |one: &Arc, other: &Arc| other.value.total_cmp(&one.value).then(one.slot.cmp(&other.slot));
        let taken = more.min(rest.len());
        if taken < rest.len() {
            rest.select_nth_unstable_by(taken, order);
        }
        rest[..taken].sort_unstable_by(order);
        self.sorted[household] = sorted + taken;
        taken > 0
    }

    /// Finds beds for all people of a household.
    fn place(&mut self, household: Index) {
        let mut left = self.supply[household as usize];
        let arcs = &self.arcs[self.first_arc[household as usize]..self.first_arc[household as usize + 1]];
        let rent = arcs.iter().fold(0.0, |most: f64, arc| most.max(arc.value - self.price[arc.slot as usize]));
        self.rent[household as usize] = rent;
        while left > 0 && self.rent[household as usize] > 0.0 {
            self.find(household);
            left -= self.follow(household, left);
        }
    }

    /// The cheapest way for one more person of this household: to a free bed, or to someone who leaves.
    fn find(&mut self, household: Index) {
        self.search.best = self.rent[household as usize];
        self.search.exit = Exit::Stay;
        self.search.from[household as usize] = NOBODY;
        self.reach(household, 0.0);
        while let Some(Reverse((bits, slot))) = self.search.heap.pop() {
            let cost = f64::from_bits(bits);
            if cost >= self.search.best {
                break;
            }
            if cost > self.search.cost[slot as usize] {
                continue;
            }
            for nth in 0..self.stays[slot as usize].len() {
                let other = self.stays[slot as usize][nth].household;
                if self.search.is_seen[other as usize] {
                    continue;
                }
                self.search.from[other as usize] = slot;
                self.reach(other, cost);
            }
        }
        self.reprice();
    }

    /// Looks at where else a household could go that is reached at this cost.
    fn reach(&mut self, household: Index, cost: f64) {
        self.search.is_seen[household as usize] = true;
        self.search.seen.push((household, cost));
        let total = cost + self.rent[household as usize];
        let mut at = self.first_arc[household as usize];
        loop {
            let Search { cost: costs, via, seen_slots, heap, best, exit, .. } = &mut self.search;
            for arc in &self.arcs[at..self.sorted[household as usize]] {
                // Prices are not negative, so no arc from here on can lead to a better exit.
                if total - arc.value >= *best {
                    return;
                }
                let slot = arc.slot as usize;
                // Rounding must not make a step gain: it would be taken round and round.
                let there = (total + self.price[slot] - arc.value).max(cost);
                if there >= *best || there >= costs[slot] {
                    continue;
                }
                if costs[slot].is_infinite() {
                    seen_slots.push(arc.slot);
                }
                costs[slot] = there;
                via[slot] = household;
                if self.free[slot] > 0 {
                    (*best, *exit) = (there, Exit::Free(arc.slot));
                    continue;
                }
                // The sooner a way out is known, the less is looked at.
                for guest in &self.stays[slot] {
                    let leaving = there + self.rent[guest.household as usize];
                    if leaving < *best {
                        (*best, *exit) = (leaving, Exit::Leave(guest.household, arc.slot));
                    }
                }
                heap.push(Reverse((there.to_bits(), arc.slot)));
            }
            at = self.sorted[household as usize];
            if !self.sort_more(household as usize) {
                return;
            }
        }
    }

    /// Moves prices and rents so that the way found costs nothing and no other costs less.
    fn reprice(&mut self) {
        let Search { cost, seen, seen_slots, is_seen, heap, best, .. } = &mut self.search;
        for slot in seen_slots.drain(..) {
            let slot = slot as usize;
            if cost[slot] < *best {
                self.price[slot] += *best - cost[slot];
            }
            cost[slot] = f64::INFINITY;
        }
        for (household, cost) in seen.drain(..) {
            is_seen[household as usize] = false;
            if cost < *best {
                self.rent[household as usize] = (self.rent[household as usize] - (*best - cost)).max(0.0);
            }
        }
        heap.clear();
    }

    /// Moves as many people as can go along the way found, at most `left`, and says how many; all of them when they stay without.
    fn follow(&mut self, seeker: Index, left: u32) -> u32 {
        let (last, mut people) = match self.search.exit {
            Exit::Stay => {
                self.rent[seeker as usize] = 0.0;
                return left;
            }
            Exit::Leave(household, slot) => (slot, left.min(self.people_in(household, slot))),
            Exit::Free(slot) => (slot, left.min(self.free[slot as usize])),
        };
        let mut household = self.search.via[last as usize];
        while household != seeker {
            let slot = self.search.from[household as usize];
            people = people.min(self.people_in(household, slot));
            household = self.search.via[slot as usize];
        }
        match self.search.exit {
            Exit::Leave(household, slot) => self.leave(household, slot, people),
            Exit::Free(slot) => self.free[slot as usize] -= people,
            Exit::Stay => {}
        }
        let mut slot = last;
        loop {
            let household = self.search.via[slot as usize];
            self.stay(household, slot, people);
            if household == seeker {
                return people;
            }
            slot = self.search.from[household as usize];
            self.leave(household, slot, people);
        }
    }

    fn people_in(&self, household: Index, slot: Index) -> u32 {
        self.stays[slot as usize].iter().find(|stay| stay.household == household).map_or(0, |stay| stay.people)
    }

    fn stay(&mut self, household: Index, slot: Index, people: u32) {
        let stays = &mut self.stays[slot as usize];
        match stays.iter_mut().find(|stay| stay.household == household) {
            Some(stay) => stay.people += people,
            None => stays.push(Stay { household, people }),
        }
    }

    fn leave(&mut self, household: Index, slot: Index, people: u32) {
        let stays = &mut self.stays[slot as usize];
        if let Some(at) = stays.iter().position(|stay| stay.household == household) {
            stays[at].people -= people;
            if stays[at].people == 0 {
                stays.swap_remove(at);
            }
        }
    }
}
