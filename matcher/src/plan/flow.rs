//! Beds as a minimum-cost flow: the best plan where a household may be split over slots and nobody is kept apart, with prices that
//! prove it.
//!
//! Successive shortest paths with potentials. Where every household is one person nothing is split, and the flow is the plan itself;
//! elsewhere it is a bound, and its prices say which beds are sought after. Whichever are fewer, people or beds, are the seekers: each
//! path seats one of them, and of the hosts some stay free to the end, so that paths are short.
#![expect(clippy::as_conversions, clippy::indexing_slicing, reason = "indexes are u32 to be compact, and made here within range")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::effort::Effort;
use super::problem::{Index, Problem};

const NOBODY: Index = Index::MAX;

/// How many of a seeker's best hosts are put in order at first; more follow where the search asks for them.
const SORTED_AT_FIRST: usize = 8;

/// What it is worth that one person, or one bed, of a seeker is with a host.
#[derive(Clone, Copy)]
struct Arc {
    value: f64,
    host: Index,
}

/// How many people, or beds, of a seeker are with a host.
#[derive(Clone, Copy)]
struct Stay {
    seeker: Index,
    people: u32,
}

/// Where an augmenting path ends.
#[derive(Clone, Copy)]
enum Exit {
    /// The seeker stays without.
    Stay,
    /// This seeker leaves this host.
    Leave(Index, Index),
    /// This host has room.
    Free(Index),
}

/// A flow of people into beds, with its dual prices.
pub(crate) struct Flow {
    /// Whether slots seek households, since there are more people than beds.
    turned: bool,
    supply: Vec<u32>,
    free: Vec<u32>,
    first_arc: Vec<usize>,
    arcs: Vec<Arc>,
    /// How many arcs of each seeker are in descending order; no later arc is better.
    sorted: Vec<usize>,
    /// What room for one more with each host would be worth; 0 where there is room.
    price: Vec<f64>,
    /// What each seeker gains after the price, for each person or bed.
    rent: Vec<f64>,
    stays: Vec<Vec<Stay>>,
    search: Search,
}

/// The memory of one search, kept to be used again.
struct Search {
    /// The least cost to reach each host; infinite for a host not seen.
    cost: Vec<f64>,
    /// The seeker from which each host was reached.
    via: Vec<Index>,
    /// The host from which each seeker was reached; [`NOBODY`] for the seeker whose turn it is.
    from: Vec<Index>,
    seen_hosts: Vec<Index>,
    /// Seekers reached, with their cost.
    seen: Vec<(Index, f64)>,
    is_seen: Vec<bool>,
    /// Hosts by cost; a cost is never negative, so costs compare like their bits.
    heap: BinaryHeap<Reverse<(u64, Index)>>,
    best: f64,
    exit: Exit,
}

/// What a person of each household in a bed of each slot is worth: household, slot, value.
fn worth_of_one(problem: &Problem) -> impl Iterator<Item = (usize, Index, f64)> {
    (0..problem.households()).flat_map(|household| {
        let people = f64::from(problem.people[household]);
        problem.edges(household).iter().map(move |edge| (household, edge.slot, edge.value / people))
    })
}

impl Flow {
    /// The flow of a problem, with nobody seated yet.
    pub(crate) fn new(problem: &Problem) -> Self {
        let people = problem.people.clone();
        let beds: Vec<u32> = problem.slots.iter().map(|slot| slot.beds).collect();
        let all = |of: &[u32]| of.iter().map(|one| u64::from(*one)).sum::<u64>();
        let turned = all(&people) > all(&beds);
        let (supply, free) = if turned { (beds, people) } else { (people, beds) };
        let ends = |(household, slot, value): (usize, Index, f64)| {
            if turned { (slot as usize, Arc { value, host: household as Index }) } else { (household, Arc { value, host: slot }) }
        };
        let (seekers, hosts) = (supply.len(), free.len());
        let mut first_arc = vec![0; seekers + 1];
        worth_of_one(problem).map(ends).for_each(|(seeker, _)| first_arc[seeker + 1] += 1);
        for seeker in 0..seekers {
            first_arc[seeker + 1] += first_arc[seeker];
        }
        let mut arcs = vec![Arc { value: 0.0, host: NOBODY }; problem.edges.len()];
        let mut next = first_arc.clone();
        for (seeker, arc) in worth_of_one(problem).map(ends) {
            arcs[next[seeker]] = arc;
            next[seeker] += 1;
        }
        Self {
            turned,
            supply,
            free,
            sorted: first_arc[..seekers].to_vec(),
            first_arc,
            arcs,
            price: vec![0.0; hosts],
            rent: vec![0.0; seekers],
            stays: vec![Vec::new(); hosts],
            search: Search {
                cost: vec![f64::INFINITY; hosts],
                via: vec![NOBODY; hosts],
                from: vec![NOBODY; seekers],
                seen_hosts: Vec::new(),
                seen: Vec::new(),
                is_seen: vec![false; seekers],
                heap: BinaryHeap::new(),
                best: f64::INFINITY,
                exit: Exit::Free(NOBODY),
            },
        }
    }

    /// Seats all seekers for whom that is worth it, those with most to gain first: they are seldom moved again.
    /// What is not done when the effort is spent is left: the prices then bound less tightly.
    pub(crate) fn solve(&mut self, effort: &mut Effort<'_>) {
        let mut order: Vec<(u64, Index)> = Vec::with_capacity(self.supply.len());
        for seeker in 0..self.supply.len() {
            let most = self.arcs_of(seeker).iter().fold(0.0, |most: f64, arc| most.max(arc.value));
            order.push((most.to_bits(), seeker as Index));
        }
        order.sort_by_key(|(value, seeker)| (Reverse(*value), *seeker));
        for (_, seeker) in order {
            if !effort.step() {
                return;
            }
            self.seat(seeker);
        }
    }

    /// Who sleeps where: household, slot, and how many people of the household.
    pub(crate) fn stays(&self) -> impl Iterator<Item = (Index, Index, u32)> + '_ {
        self.stays.iter().enumerate().flat_map(move |(host, stays)| {
            stays.iter().map(move |stay| {
                let host = host as Index;
                if self.turned { (host, stay.seeker, stay.people) } else { (stay.seeker, host, stay.people) }
            })
        })
    }

    /// What one more bed of each slot would be worth; 0 where one is free.
    pub(crate) fn prices(&self) -> &[f64] {
        if self.turned { &self.rent } else { &self.price }
    }

    /// What each person of a household would gain most if each bed cost its price, whatever rounding did to the flow.
    pub(crate) fn rents(&self, problem: &Problem) -> Vec<f64> {
        let prices = self.prices();
        let mut rents = vec![0.0_f64; problem.households()];
        for (household, slot, value) in worth_of_one(problem) {
            rents[household] = rents[household].max(value - prices[slot as usize]);
        }
        rents
    }

    /// An upper bound by the prices: all rents and what all beds cost.
    pub(crate) fn bound(&self, problem: &Problem) -> f64 {
        let rents = self.rents(problem).into_iter().zip(&problem.people).map(|(rent, people)| rent * f64::from(*people));
        let beds = self.prices().iter().zip(&problem.slots).map(|(price, slot)| price * f64::from(slot.beds));
        rents.sum::<f64>() + beds.sum::<f64>()
    }

    fn arcs_of(&self, seeker: usize) -> &[Arc] {
        &self.arcs[self.first_arc[seeker]..self.first_arc[seeker + 1]]
    }

    /// Puts more arcs of a seeker in order, unless all are; says whether there were more.
    fn sort_more(&mut self, seeker: usize) -> bool {
        let (sorted, end) = (self.sorted[seeker], self.first_arc[seeker + 1]);
        let more = (sorted - self.first_arc[seeker]).max(SORTED_AT_FIRST);
        let rest = &mut self.arcs[sorted..end];
        let order = |one: &Arc, other: &Arc| other.value.total_cmp(&one.value).then(one.host.cmp(&other.host));
        let taken = more.min(rest.len());
        if taken < rest.len() {
            rest.select_nth_unstable_by(taken, order);
        }
        rest[..taken].sort_unstable_by(order);
        self.sorted[seeker] = sorted + taken;
        taken > 0
    }

    /// Finds hosts for all people, or all beds, of a seeker.
    fn seat(&mut self, seeker: Index) {
        let mut left = self.supply[seeker as usize];
        let rent =
            self.arcs_of(seeker as usize).iter().fold(0.0, |most: f64, arc| most.max(arc.value - self.price[arc.host as usize]));
        self.rent[seeker as usize] = rent;
        while left > 0 && self.rent[seeker as usize] > 0.0 {
            self.find(seeker);
            left -= self.follow(seeker, left);
        }
    }

    /// The cheapest way for one more of this seeker: to a host with room, or to one whom someone leaves.
    fn find(&mut self, seeker: Index) {
        self.search.best = self.rent[seeker as usize];
        self.search.exit = Exit::Stay;
        self.search.from[seeker as usize] = NOBODY;
        self.reach(seeker, 0.0);
        while let Some(Reverse((bits, host))) = self.search.heap.pop() {
            let cost = f64::from_bits(bits);
            if cost >= self.search.best {
                break;
            }
            if cost > self.search.cost[host as usize] {
                continue;
            }
            for nth in 0..self.stays[host as usize].len() {
                let other = self.stays[host as usize][nth].seeker;
                if self.search.is_seen[other as usize] {
                    continue;
                }
                self.search.from[other as usize] = host;
                self.reach(other, cost);
            }
        }
        self.reprice();
    }

    /// Looks at where else a seeker could go that is reached at this cost.
    fn reach(&mut self, seeker: Index, cost: f64) {
        self.search.is_seen[seeker as usize] = true;
        self.search.seen.push((seeker, cost));
        let total = cost + self.rent[seeker as usize];
        let mut at = self.first_arc[seeker as usize];
        loop {
            let Search { cost: costs, via, seen_hosts, heap, best, exit, .. } = &mut self.search;
            for arc in &self.arcs[at..self.sorted[seeker as usize]] {
                // Prices are not negative, so no arc from here on can lead to a better exit.
                if total - arc.value >= *best {
                    return;
                }
                let host = arc.host as usize;
                // Rounding must not make a step gain: it would be taken round and round.
                let there = (total + self.price[host] - arc.value).max(cost);
                if there >= *best || there >= costs[host] {
                    continue;
                }
                if costs[host].is_infinite() {
                    seen_hosts.push(arc.host);
                }
                costs[host] = there;
                via[host] = seeker;
                if self.free[host] > 0 {
                    (*best, *exit) = (there, Exit::Free(arc.host));
                    continue;
                }
                // The sooner a way out is known, the less is looked at.
                for guest in &self.stays[host] {
                    let leaving = there + self.rent[guest.seeker as usize];
                    if leaving < *best {
                        (*best, *exit) = (leaving, Exit::Leave(guest.seeker, arc.host));
                    }
                }
                heap.push(Reverse((there.to_bits(), arc.host)));
            }
            at = self.sorted[seeker as usize];
            if !self.sort_more(seeker as usize) {
                return;
            }
        }
    }

    /// Moves prices and rents so that the way found costs nothing and no other costs less.
    fn reprice(&mut self) {
        let Search { cost, seen, seen_hosts, is_seen, heap, best, .. } = &mut self.search;
        for host in seen_hosts.drain(..) {
            let host = host as usize;
            if cost[host] < *best {
                self.price[host] += *best - cost[host];
            }
            cost[host] = f64::INFINITY;
        }
        for (seeker, cost) in seen.drain(..) {
            is_seen[seeker as usize] = false;
            if cost < *best {
                self.rent[seeker as usize] = (self.rent[seeker as usize] - (*best - cost)).max(0.0);
            }
        }
        heap.clear();
    }

    /// Moves as many as can go along the way found, at most `left`, and says how many; all of them when they stay without.
    fn follow(&mut self, first: Index, left: u32) -> u32 {
        let (last, mut people) = match self.search.exit {
            Exit::Stay => {
                self.rent[first as usize] = 0.0;
                return left;
            }
            Exit::Leave(seeker, host) => (host, left.min(self.people_in(seeker, host))),
            Exit::Free(host) => (host, left.min(self.free[host as usize])),
        };
        let mut seeker = self.search.via[last as usize];
        while seeker != first {
            let host = self.search.from[seeker as usize];
            people = people.min(self.people_in(seeker, host));
            seeker = self.search.via[host as usize];
        }
        match self.search.exit {
            Exit::Leave(seeker, host) => self.leave(seeker, host, people),
            Exit::Free(host) => self.free[host as usize] -= people,
            Exit::Stay => {}
        }
        let mut host = last;
        loop {
            let seeker = self.search.via[host as usize];
            self.stay(seeker, host, people);
            if seeker == first {
                return people;
            }
            host = self.search.from[seeker as usize];
            self.leave(seeker, host, people);
        }
    }

    fn people_in(&self, seeker: Index, host: Index) -> u32 {
        self.stays[host as usize].iter().find(|stay| stay.seeker == seeker).map_or(0, |stay| stay.people)
    }

    fn stay(&mut self, seeker: Index, host: Index, people: u32) {
        let stays = &mut self.stays[host as usize];
        match stays.iter_mut().find(|stay| stay.seeker == seeker) {
            Some(stay) => stay.people += people,
            None => stays.push(Stay { seeker, people }),
        }
    }

    fn leave(&mut self, seeker: Index, host: Index, people: u32) {
        let stays = &mut self.stays[host as usize];
        if let Some(at) = stays.iter().position(|stay| stay.seeker == seeker) {
            stays[at].people -= people;
            if stays[at].people == 0 {
                stays.swap_remove(at);
            }
        }
    }
}
