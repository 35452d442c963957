//! The registry at one moment, indexed so that the best of a million units are found in well under a millisecond.
//!
//! Units that are alike and lie near each other share a [`block`] ([`layout`]), and a few blocks a [`shelf`], on which each property is a
//! row of slots ([`columns`]), so that a rule is a few instructions for the 256 units of a block, or for all of a shelf at once
//! ([`filter`]), and a limit of distance is most often settled for many at once ([`ground`]). Only the units that pass are scored, and only
//! those in full that may be among the best ([`best`]). What an id stands for is found in a [`directory`]. The rules and scores behind all
//! this are the plain engine's ([`crate::rules`], [`crate::score`]), and the answers are its answers ([`Snapshot::answer_plainly`]), always.
//!
//! Shelves and blocks are shared between snapshots and copied when they change: who changes a snapshot of their own disturbs no reader of
//! another.

mod best;
mod bits;
mod block;
mod change;
mod columns;
mod directory;
mod filter;
mod ground;
mod promise;
mod sphere;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrayvec::ArrayVec;
use uuid::Uuid;

use self::best::{Best, MostFirst};
use self::bits::{BLOCKS, ROW, Row, SLOTS, Slot};
use self::block::{Bay, Block, Eight, Heads, Shelf, full_blocks, neighbours};
use self::directory::{Address, Directory};
use self::filter::{Filter, Scattered, Sift, Told};
use self::ground::Ground;
use self::promise::{Freshness, Promise, freshness_by_hour};
use self::sphere::Span;
use crate::codes::{Code as _, Rule};
use crate::facts::{Prepared, View};
use crate::packed::ones;
use crate::policy::Policy;
use crate::rank::{Proposal, Ranking, RuleCounts, answer_plainly, count};
use crate::relax::relaxations;
use crate::rules::Query;
use crate::score::Scorer;
use crate::sieve::{Sought, Traits};
use crate::unit::{Fault, Unit};

/// The registry at one moment, ready to be asked. Cloning shares the units; a clone can then be changed while others ask the original.
#[derive(Clone, Debug)]
pub struct Snapshot {
    policy: Arc<Policy>,
    /// Values of freshness by the hour.
    freshness: Arc<Freshness>,
    shelves: Vec<Arc<Shelf>>,
    heads: Heads,
    /// How far from the centre of its cell a site may be at most, in km.
    reach_km: f64,
    ids: Directory,
    structures: Directory,
    housed: Directory,
    len: usize,
}

impl Snapshot {
    /// An empty registry under a policy.
    pub fn new(policy: Policy) -> Self {
        let empty = || Directory::of(std::iter::empty());
        Self {
            freshness: Arc::new(freshness_by_hour(&policy)),
            policy: Arc::new(policy),
            shelves: Vec::new(),
            heads: Heads::default(),
            reach_km: 0.0,
            ids: empty(),
            structures: empty(),
            housed: empty(),
            len: 0,
        }
    }

    /// A registry of these units. Of several of one id the last counts. Units that contradict themselves are left out and returned, with
    /// all that is wrong with each ([`Unit::faults`]).
    pub fn of(policy: Policy, units: impl IntoIterator<Item = Unit>) -> (Self, Vec<(Uuid, Vec<Fault>)>) {
        let mut refused = Vec::new();
        let mut prepared = Vec::new();
        for unit in units {
            let id = unit.id;
            match Prepared::new(unit) {
                Ok(unit) => prepared.push(unit),
                Err(faults) => refused.push((id, faults)),
            }
        }
        let prepared = last_of_each(prepared);
        let mut snapshot = Self::new(policy);
        snapshot.len = prepared.len();
        snapshot.reach_km = prepared.iter().map(|unit| f64::from(unit.facts.reach_km)).fold(0.0, f64::max);
        neighbours(prepared, full_blocks).iter().for_each(|units| snapshot.push_block(units));
        snapshot.ids = Directory::of(snapshot.addressed().map(|(address, view)| (view.facts.id, address)));
        snapshot.structures = Directory::of(snapshot.addressed().map(|(address, view)| (view.facts.structure_id, address)));
        let housed = snapshot.addressed().flat_map(|(address, view)| view.houses.iter().map(move |request| (*request, address)));
        snapshot.housed = Directory::of(housed);
        (snapshot, refused)
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether there is a unit of this id.
    pub fn contains(&self, id: Uuid) -> bool {
        self.address(id).is_some()
    }

    /// The whole answer (design §3.4): every unit judged and counted, the best `top` explained, and what a wish would open.
    pub fn answer(&self, query: &Query, top: usize) -> Ranking {
        let mut ranking = self.rank(query, top);
        let filter = self.filter(query);
        let alone = |rule| ranking.failed_alone.get(rule) > 0;
        ranking.relaxations =
            relaxations(query, &self.policy, ranking.eligible == 0, alone, |changed| self.opens(&filter, &self.filter(changed)));
        ranking
    }

    /// The same without relaxations: that list is empty.
    pub fn rank(&self, query: &Query, top: usize) -> Ranking {
        let filter = self.filter(query);
        let scorer = Scorer::new(query, &self.policy);
        let promise = Promise::new(query, &self.policy, &scorer, &self.freshness);
        let mut best = Best::new(&filter, &self.policy, &scorer, &promise, top);
        let mut tally = Tally::new(&filter);
        let (mut eligible, mut to_verify) = (0, 0);
        let sought = Sought::of(query);
        let room = self.heads.len().min(SLOTS / 4);
        let (mut standing, mut later) = (Vec::with_capacity(room), Vec::with_capacity(room));
        for (first, eight) in self.heads.eights() {
            let span = eight.balls.span(filter.ground.from());
            let (glances, promised) = (filter.glances(&sought, eight, span), promise.of_any(eight, span));
            let of_shelves = promised.as_chunks::<BLOCKS>().0.iter().zip(eight.lens.as_chunks().0);
            let shelves = (first..).step_by(BLOCKS).zip(self.shelves.iter().skip(first / BLOCKS));
            for ((first, shelf), (promised, lens)) in shelves.zip(of_shelves) {
                let mut sift = Sift::new(&filter, shelf.stretch(first), &glances);
                let live = Row::first_of_each(*lens);
                if sift.all_fail_twice() {
                    tally.add_all(&mut sift, live);
                    continue;
                }
                let (stand, verify) = tally.sift(&mut sift, live);
                if !stand.is_empty() {
                    eligible += u64::from(stand.count());
                    let bays = (first..).zip(promised).enumerate().map(|(at, (nth, promised))| (*promised, nth, stand.block(at)));
                    standing.extend(bays.filter(|(_, _, stand)| !stand.is_empty()));
                }
                if !verify.is_empty() {
                    to_verify += u64::from(verify.count());
                    let bays = (first..).enumerate().take(BLOCKS).map(|(at, nth)| (nth, verify.block(at)));
                    later.extend(bays.filter(|(_, verify)| !verify.is_empty()));
                }
            }
        }
        for (promised, at) in MostFirst::of(standing.iter().map(|(promised, ..)| *promised).zip(0..)) {
            let Some((_, nth, stand)) = standing.get(at) else { continue };
            let Some(bay) = self.bay(*nth) else { continue };
            if best.excludes(promised, false) {
                break;
            }
            let among = best.may_hold(bay, filter.span(bay), *stand, false);
            best.consider(bay, among, false);
        }
        // Units to verify come after all that are eligible.
        if eligible < count(top) {
            for (nth, verify) in later {
                let Some(bay) = self.bay(nth) else { continue };
                best.consider(bay, verify, true);
            }
        }
        let (failed, failed_alone) = tally.by_rule();
        Ranking {
            request_id: query.request.id,
            policy_version: self.policy.version().to_owned(),
            evaluated: count(self.len),
            eligible,
            to_verify,
            proposals: best.proposals(),
            failed,
            failed_alone,
            relaxations: Vec::new(),
        }
    }

    /// [`Snapshot::answer`] as an API shows it (design §3.6, §4): values rounded to 0.1, so that they tell no distance; rules counted, and what
    /// a wish would open, as if nobody were to be kept apart, so that none of these numbers tells where someone is housed.
    pub fn shown(&self, query: &Query, top: usize) -> Ranking {
        if query.request.keep_apart.is_empty() {
            return self.answer(query, top).rounded();
        }
        let Ranking { failed, failed_alone, relaxations, .. } = self.answer(&query.with_nobody_apart(), 0);
        Ranking { failed, failed_alone, relaxations, ..self.rank(query, top).rounded() }
    }

    /// The proposals alone, without counting anything: for those who want the last microsecond.
    pub fn best(&self, query: &Query, top: usize) -> Vec<Proposal> {
        let filter = self.filter(query);
        let scorer = Scorer::new(query, &self.policy);
        let promise = Promise::new(query, &self.policy, &scorer, &self.freshness);
        let mut best = Best::new(&filter, &self.policy, &scorer, &promise, top);
        let mut eligible = 0;
        let mut later = Vec::new();
        let sought = Sought::of(query);
        for (promised, nth) in self.most_promising_first(&filter, &promise, |traits| sought.may_find(traits)) {
            let Some(bay) = self.bay(nth) else { continue };
            if best.excludes(promised, false) {
                break;
            }
            let span = filter.span(bay);
            let among = best.may_hold(bay, span, bay.block.live(), false);
            let (stand, verify) = filter.sifted(bay, span, among);
            eligible += u64::from(stand.count());
            best.consider(bay, stand, false);
            if !verify.is_empty() {
                later.push((bay, verify));
            }
        }
        // Units to verify come after all that are eligible. Where anyone was passed over, there are enough of those.
        if eligible < count(top) && filter.may_verify() {
            let to_verify = Sought::to_verify(query);
            later.into_iter().for_each(|(bay, verify)| best.consider(bay, verify, true));
            let not_yet = |traits| to_verify.may_find(traits) && !sought.may_find(traits);
            for (promised, nth) in self.most_promising_first(&filter, &promise, not_yet) {
                let Some(bay) = self.bay(nth) else { continue };
                if best.excludes(promised, true) {
                    break;
                }
                let (_, verify) = filter.sifted(bay, filter.span(bay), bay.block.live());
                best.consider(bay, verify, true);
            }
        }
        best.proposals()
    }

    /// The same answer as [`Snapshot::answer`], by looking at one unit after the other: slow, and easy to see right. The index is tested
    /// against it.
    pub fn answer_plainly(&self, query: &Query, top: usize) -> Ranking {
        answer_plainly(query, &self.policy, self.views(), top)
    }

    /// Bytes that the units and their index take, policy left out.
    pub fn bytes(&self) -> usize {
        let shelves: usize = self.shelves.iter().map(|shelf| shelf.bytes()).sum();
        let lists = self.shelves.capacity() * size_of::<Arc<Shelf>>() + self.heads.bytes();
        shelves + lists + self.ids.bytes() + self.structures.bytes() + self.housed.bytes()
    }

    /// The units, in no order.
    pub(crate) fn views(&self) -> impl Iterator<Item = View<'_>> + Clone {
        self.blocks().flat_map(|block| block.views())
    }

    fn addressed(&self) -> impl Iterator<Item = (Address, View<'_>)> {
        self.blocks()
            .enumerate()
            .flat_map(|(nth, block)| (0..=Slot::MAX).zip(block.views()).map(move |(slot, view)| (Address::new(nth, slot), view)))
    }

    fn blocks(&self) -> impl Iterator<Item = &Block> + Clone {
        self.shelves.iter().flat_map(|shelf| shelf.blocks()).map(AsRef::as_ref)
    }

    fn bay(&self, nth: usize) -> Option<Bay<'_>> {
        self.shelves.get(nth / BLOCKS)?.bay(nth)
    }

    fn view(&self, address: Address) -> Option<View<'_>> {
        self.bay(address.block())?.block.view(address.slot())
    }

    fn address(&self, id: Uuid) -> Option<(Address, Prepared)> {
        let address = self.ids.find(id).find(|address| self.view(*address).is_some_and(|view| view.facts.id == id))?;
        Some((address, self.bay(address.block())?.block.prepared(address.slot())?))
    }

    fn filter<'a>(&self, query: &'a Query) -> Filter<'a> {
        let request = &query.request;
        let houses = |id: &Uuid, view: View<'_>| view.houses.contains(id);
        let kept_apart = self.scattered(&self.housed, &request.keep_apart, houses);
        let mut refused = self.scattered(&self.ids, &request.refused_units, |id, view| view.facts.id == *id);
        for (block, slots) in
            self.scattered(&self.structures, &request.refused_structures, |id, view| view.facts.structure_id == *id)
        {
            *refused.entry(block).or_default() |= slots;
        }
        Filter::new(query, Ground::new(query, self.reach_km), kept_apart, refused)
    }

    /// The slots that a directory names for these ids, as far as they are meant.
    fn scattered(&self, directory: &Directory, ids: &[Uuid], is: impl Fn(&Uuid, View<'_>) -> bool) -> Scattered {
        let mut slots: Scattered = BTreeMap::new();
        for id in ids {
            for address in directory.find(*id).filter(|address| self.view(*address).is_some_and(|view| is(id, view))) {
                slots.entry(address.block()).or_default().put(address.slot(), true);
            }
        }
        slots
    }

    /// The numbers of the blocks that matter by what their units have and are and by where they are, with what the score of any of those is
    /// at most.
    fn most_promising_first(&self, filter: &Filter<'_>, promise: &Promise<'_>, matter: impl Fn(Traits) -> bool) -> MostFirst {
        let mut promised = Vec::with_capacity(self.heads.len().min(SLOTS / 4));
        self.mattering(filter, matter, |first, eight, span, those| {
            let of_any = promise.of_any(eight, span);
            promised.extend(
                (first..).zip(of_any).filter(|(nth, _)| those >> (nth - first) & 1 == 1).map(|(nth, of_any)| (of_any, nth)),
            );
        });
        MostFirst::of(promised)
    }

    /// Does something with the heads of which some matter, by what their units have and are and by where they are: with the number of the
    /// first of each eight, and a bit for each that matters.
    fn mattering(&self, filter: &Filter<'_>, matter: impl Fn(Traits) -> bool, mut work: impl FnMut(usize, &Eight, Span, u32)) {
        for (first, eight) in self.heads.eights() {
            let those = eight.which(&matter);
            if those != 0 {
                let span = eight.balls.span(filter.ground.from());
                let those = those & !filter.ground.leaves_out(span);
                if those != 0 {
                    work(first, eight, span, those);
                }
            }
        }
    }

    /// How many units are eligible for a changed query and not as asked.
    fn opens(&self, asked: &Filter<'_>, changed: &Filter<'_>) -> u64 {
        let sought = Sought::of(changed.query);
        let mut opened = 0;
        self.mattering(
            changed,
            |traits| sought.may_find(traits),
            |first, _, _, those| {
                let those = ones(those.into()).filter_map(|nth| usize::try_from(nth).ok()).map(|nth| first + nth);
                for bay in those.filter_map(|nth| self.bay(nth)) {
                    let span = changed.span(bay);
                    let (now, _) = changed.sifted(bay, span, bay.block.live());
                    if !now.is_empty() {
                        let (before, _) = asked.sifted(bay, span, now);
                        opened += u64::from((now & !before).count());
                    }
                }
            },
        );
        opened
    }
}

/// The units without those of whose id there is another behind them.
fn last_of_each(units: Vec<Prepared>) -> Vec<Prepared> {
    let mut ids: Vec<_> = units.iter().map(|unit| unit.facts.id).zip(0_usize..).collect();
    ids.sort_unstable();
    let followed = ids.windows(2).filter_map(|pair| match pair {
        [(one, nth), (other, _)] if one == other => Some(*nth),
        _ => None,
    });
    let followed: BTreeSet<_> = followed.collect();
    units.into_iter().zip(0..).filter(|(_, nth)| !followed.contains(nth)).map(|(unit, _)| unit).collect()
}

/// How many units fail each rule, and each alone.
struct Tally {
    /// In the order in which the filter asks them, the hard ones first.
    rules: ArrayVec<Count, { Rule::ALL.len() }>,
    hard: usize,
}

/// How many units fail a rule.
struct Count {
    rule: Rule,
    failed: u64,
    alone: u64,
}

impl Tally {
    fn new(filter: &Filter<'_>) -> Self {
        let count = |rule| Count { rule, failed: 0, alone: 0 };
        Self { rules: filter.rules().map(count).collect(), hard: filter.hard.len() }
    }

    /// Counts what fails of these slots, none of which is to verify and all of which fail two rules or more.
    fn add_all(&mut self, sift: &mut Sift<'_, ROW>, live: Row) {
        for count in &mut self.rules {
            count.failed += u64::from(failing(sift, count.rule, live).map_or(0, Row::count));
        }
    }

    /// Counts what fails of these slots, and says which are eligible and which to verify.
    fn sift(&mut self, sift: &mut Sift<'_, ROW>, live: Row) -> (Row, Row) {
        let mut failed: ArrayVec<(usize, Row), { Rule::ALL.len() }> = ArrayVec::new();
        let (mut once, mut twice, mut hard) = (Row::NONE, Row::NONE, None);
        for (nth, count) in self.rules.iter_mut().enumerate() {
            if nth == self.hard {
                hard = Some(once);
            }
            let Some(fails) = failing(sift, count.rule, live) else { continue };
            count.failed += u64::from(fails.count());
            twice |= once & fails;
            once |= fails;
            failed.push((nth, fails));
        }
        let alone = once & !twice;
        if !alone.is_empty() {
            for (nth, fails) in failed {
                let of_rule = fails & alone;
                if let Some(count) = self.rules.get_mut(nth).filter(|_| !of_rule.is_empty()) {
                    count.alone += u64::from(of_rule.count());
                }
            }
        }
        (live & !once, once & !hard.unwrap_or(once))
    }

    /// The counts by rule: of those that fail it, and of those that fail it alone.
    fn by_rule(&self) -> (RuleCounts, RuleCounts) {
        let (mut failed, mut alone) = (RuleCounts::default(), RuleCounts::default());
        for count in &self.rules {
            failed.add(count.rule, count.failed);
            alone.add(count.rule, count.alone);
        }
        (failed, alone)
    }
}

/// Of these slots those that fail a rule, if any does.
fn failing(sift: &mut Sift<'_, ROW>, rule: Rule, live: Row) -> Option<Row> {
    match sift.told(rule) {
        Told::None => None,
        Told::All => Some(live),
        Told::Nothing => Some(sift.fails(rule, live) & live).filter(|fails| !fails.is_empty()),
    }
}
