//! A plan in work: households in slots, always as the problem allows, and moves that better it (ejection chains).
//!
//! This file owns what is taken and what is free. A draft never breaks the problem, whatever is tried: [`Problem::allows`] holds
//! throughout.
#![expect(clippy::as_conversions, clippy::indexing_slicing, reason = "indexes are u32 to be compact, and made here within range")]

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::effort::Effort;
use super::kernel::Kernel;
use super::problem::{Edge, Index, Problem};

/// How many of a household's slots are tried at each step of a chain of moves.
const TRIED: usize = 8;

/// How many moves a chain has at most, the first included.
const CHAIN: u32 = 2;

/// A share of a pairing up to this far from 0 or 1 is whole.
pub(crate) const WHOLE: f64 = 1e-4;

/// A share this small is no reason to assign it.
const ROUNDED_DOWN: f64 = 0.1;

/// Less than this is no gain but rounding, as a share of the greatest value: those of a chain may be of any size. Taken for a gain,
/// moves would go round and round.
const NO_GAIN: f64 = 1e-11;

/// A plan in work: who is assigned to which slot.
#[derive(Clone)]
pub(crate) struct Draft<'a> {
    problem: &'a Problem,
    /// The edge each household takes.
    taken: Vec<Option<Edge>>,
    free: Vec<u32>,
    guests: Vec<Vec<Index>>,
}

/// What was done, to be undone: a household and the edge it had before.
type Journal = Vec<(Index, Option<Edge>)>;

/// What to do: households and the edges they take.
type Moves = Vec<(Index, Option<Edge>)>;

impl<'a> Draft<'a> {
    /// A draft in which nobody is assigned.
    pub(crate) fn new(problem: &'a Problem) -> Self {
        Self {
            problem,
            taken: vec![None; problem.households()],
            free: problem.slots.iter().map(|slot| slot.beds).collect(),
            guests: vec![Vec::new(); problem.slots.len()],
        }
    }

    /// The slot of each household.
    pub(crate) fn slots(&self) -> Vec<Option<Index>> {
        self.taken.iter().map(|edge| edge.map(|edge| edge.slot)).collect()
    }

    /// The sum of values, in the order of the households.
    pub(crate) fn worth(&self) -> f64 {
        // An empty sum of floats is −0.
        0.0 + self.taken.iter().flatten().map(|edge| edge.value).sum::<f64>()
    }

    /// The plan that shares of pairings suggest: the whole ones, then the largest, then what is left; and with chains of moves for
    /// those whom the shares tear.
    pub(crate) fn rounded(problem: &'a Problem, kernel: &Kernel, shares: &[f64], effort: &mut Effort<'_>) -> Self {
        let mut order: Vec<usize> = (0..shares.len()).filter(|at| shares[*at] > ROUNDED_DOWN).collect();
        let weight = |at: usize| if shares[at] > 1.0 - WHOLE { f64::INFINITY } else { shares[at] * kernel.pairings[at].value };
        order.sort_by(|one, other| weight(*other).total_cmp(&weight(*one)).then(one.cmp(other)));
        let mut draft = Self::new(problem);
        let mut torn = BTreeSet::new();
        for at in order {
            let pairing = kernel.pairings[at];
            if draft.is_out(pairing.household) {
                draft.put(pairing.household, Some(Edge { slot: pairing.slot, value: pairing.value }));
            }
            if shares[at] < 1.0 - WHOLE {
                torn.insert(pairing.household);
            }
        }
        draft.fill();
        draft.improve(&torn.into_iter().collect::<Vec<_>>(), effort);
        draft
    }

    /// Whether a household has no slot.
    pub(crate) fn is_out(&self, household: Index) -> bool {
        self.taken[household as usize].is_none()
    }

    /// Who is in a slot.
    pub(crate) fn guests(&self, slot: Index) -> &[Index] {
        &self.guests[slot as usize]
    }

    /// Whether a household could move into a slot as things are.
    pub(crate) fn takes(&self, household: Index, slot: Index) -> bool {
        self.free[slot as usize] >= self.problem.people[household as usize] && self.in_the_way(household, slot).next().is_none()
    }

    /// The households assigned too near for this one.
    fn in_the_way(&self, household: Index, slot: Index) -> impl Iterator<Item = Index> + '_ {
        let apart = self.problem.apart[household as usize].iter().copied();
        apart.filter(move |other| self.taken[*other as usize].is_some_and(|theirs| self.problem.near(slot, theirs.slot)))
    }

    /// Assigns a household to this edge if nothing stands in the way, or takes it out.
    pub(crate) fn put(&mut self, household: Index, edge: Option<Edge>) {
        let people = self.problem.people[household as usize];
        if let Some(old) = self.taken[household as usize].take() {
            self.free[old.slot as usize] += people;
            self.guests[old.slot as usize].retain(|guest| *guest != household);
        }
        if let Some(new) = edge.filter(|edge| self.takes(household, edge.slot)) {
            self.free[new.slot as usize] -= people;
            self.guests[new.slot as usize].push(household);
            self.taken[household as usize] = Some(new);
        }
    }

    /// Assigns the households without a slot to the best one that is open to them, the most valuable first. Afterwards nobody is left
    /// out to whom a slot is open.
    pub(crate) fn fill(&mut self) {
        let mut order: Vec<_> = (0..self.taken.len()).filter(|household| self.taken[*household].is_none()).collect();
        let best = |household: usize| self.problem.edges(household).iter().fold(0.0, |best: f64, edge| best.max(edge.value));
        order.sort_by_cached_key(|household| Reverse(best(*household).to_bits()));
        for household in order {
            let open = self.best_open(household as Index, 0.0);
            self.put(household as Index, open);
        }
    }

    fn best_open(&self, household: Index, above: f64) -> Option<Edge> {
        let edges = self.problem.edges(household as usize).iter().filter(|edge| edge.value > above);
        edges.filter(|edge| self.takes(household, edge.slot)).copied().max_by(by_value)
    }

    /// Chains of moves that begin with one of these households, until none gains or effort is spent.
    pub(crate) fn improve(&mut self, households: &[Index], effort: &mut Effort<'_>) {
        let mut again = true;
        while again {
            again = false;
            for household in households.iter().map(|household| *household as usize) {
                let now = self.taken[household].map_or(0.0, |edge| edge.value);
                if now >= self.problem.edges(household).iter().fold(0.0, |best: f64, edge| best.max(edge.value)) {
                    continue;
                }
                if !effort.step() {
                    return;
                }
                let mut journal = Journal::new();
                let gain = self.settle(household as Index, CHAIN, &mut journal);
                again |= gain > 0.0;
            }
        }
    }

    /// Finds a household the slot that gains most, those counted whom it ejects, and moves them all; says what was gained, which is
    /// never less than nothing.
    fn settle(&mut self, household: Index, chain: u32, journal: &mut Journal) -> f64 {
        let now = self.taken[household as usize].map_or(0.0, |edge| edge.value);
        let mut best: Option<(f64, Moves)> = None;
        for edge in self.tried(household, now) {
            if chain == 0 && !self.takes(household, edge.slot) {
                continue;
            }
            let mark = journal.len();
            let gain = self.enter(household, edge, chain, journal) - now;
            if gain > best.as_ref().map_or(NO_GAIN * self.problem.most_value, |(gain, _)| *gain) {
                best = Some((gain, journal[mark..].iter().map(|(moved, _)| (*moved, self.taken[*moved as usize])).collect()));
            }
            self.undo(journal.drain(mark..).collect());
        }
        let Some((gain, moves)) = best else { return 0.0 };
        for (household, _) in &moves {
            self.note(*household, None, journal);
        }
        for (household, edge) in &moves {
            self.note(*household, *edge, journal);
        }
        gain
    }

    /// The edges worth more than this that are worth a try: the best few, and the best that is open.
    fn tried(&self, household: Index, now: f64) -> Vec<Edge> {
        let edges = self.problem.edges(household as usize).iter();
        let mut tried: Vec<Edge> = edges.filter(|edge| edge.value > now).copied().collect();
        if tried.len() > TRIED {
            tried.select_nth_unstable_by(TRIED, |one, other| by_value(other, one));
            let open = tried[TRIED..].iter().filter(|edge| self.takes(household, edge.slot)).copied().max_by(by_value);
            tried.truncate(TRIED);
            tried.extend(open);
        }
        tried.sort_unstable_by(|one, other| by_value(other, one));
        tried
    }

    /// Moves a household in, whoever has to go, and settles those; says what that is worth.
    fn enter(&mut self, household: Index, edge: Edge, chain: u32, journal: &mut Journal) -> f64 {
        let mut ejected: Vec<Index> = self.in_the_way(household, edge.slot).collect();
        let mut worth = edge.value - ejected.iter().map(|other| self.eject(*other, journal)).sum::<f64>();
        self.eject(household, journal);
        while let Some(other) = self.cheapest_guest(edge.slot, self.problem.people[household as usize]) {
            worth -= self.eject(other, journal);
            ejected.push(other);
        }
        self.note(household, Some(edge), journal);
        ejected.into_iter().map(|other| self.settle(other, chain.saturating_sub(1), journal)).fold(worth, |sum, gain| sum + gain)
    }

    /// Whom to eject first so that so many beds are free: the one of least value who frees them all, else of least value a bed; none
    /// when they are free.
    fn cheapest_guest(&self, slot: Index, beds: u32) -> Option<Index> {
        let short = beds.checked_sub(self.free[slot as usize]).filter(|short| *short > 0)?;
        let cost = |guest: Index| {
            let people = self.problem.people[guest as usize];
            let value = self.taken[guest as usize].map_or(0.0, |edge| edge.value);
            (people < short, if people < short { value / f64::from(people) } else { value })
        };
        let order = |one: &Index, other: &Index| {
            let (first, second) = (cost(*one), cost(*other));
            first.0.cmp(&second.0).then(first.1.total_cmp(&second.1)).then(one.cmp(other))
        };
        self.guests[slot as usize].iter().copied().min_by(order)
    }

    /// Takes a household out and says what its slot was worth.
    fn eject(&mut self, household: Index, journal: &mut Journal) -> f64 {
        let worth = self.taken[household as usize].map_or(0.0, |edge| edge.value);
        self.note(household, None, journal);
        worth
    }

    fn note(&mut self, household: Index, edge: Option<Edge>, journal: &mut Journal) {
        journal.push((household, self.taken[household as usize]));
        self.put(household, edge);
    }

    /// Takes back all that these entries tell of.
    fn undo(&mut self, entries: Journal) {
        for (household, _) in &entries {
            self.put(*household, None);
        }
        // What a household had before all is in its first entry; an empty slot then stays as it is.
        for (household, before) in entries.into_iter().rev() {
            self.put(household, before);
        }
    }
}

fn by_value(one: &Edge, other: &Edge) -> std::cmp::Ordering {
    one.value.total_cmp(&other.value).then(other.slot.cmp(&one.slot))
}
