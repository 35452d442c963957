//! The registry at one moment, indexed: the best of a million units are found in well under a millisecond.
//!
//! This room owns the index and what is asked of it. The answers are those of the plain engine ([`crate::rules`], [`crate::score`],
//! [`Snapshot::answer_plainly`]), byte for byte; the index never decides a rule or a score by itself, it only spares asking. The
//! glossary at the head of the crate has each technique by its usual name.
//!
//! Files, from the ground up: `bits` (sets of slots), `sphere` (distances), `columns` (properties), `block` (which units lie where),
//! `ground` and `filter` (rules), `promise` and `best` (scores), `directory` (ids, and counts known beforehand), `change` (updates); here are the questions and the
//! counts.

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
use self::bits::{BLOCKS, Bits, ROW, Row, SLOTS, Slot};
use self::block::{Bay, Block, Eight, Heads, Shelf, full_blocks, neighbours};
use self::directory::{Address, Census, Directory};
use self::filter::{Filter, Scattered, Sift, Told};
use self::ground::Ground;
use self::promise::{Freshness, Promise, freshness_by_hour};
use self::sphere::Span;
use crate::codes::{Code as _, Rule};
use crate::facts::{Prepared, View};
use crate::packed::ones;
use crate::policy::Policy;
use crate::rank::{PlaceOffered, Proposal, Ranking, RuleCounts, answer_plainly, count};
use crate::relax::relaxations;
use crate::rules::Query;
use crate::score::Scorer;
use crate::sieve::{Sought, Traits};
use crate::unit::{Fault, Unit};

/// A registry at one moment, ready to be asked.
///
/// Cloning a snapshot shares the units; the clone can then be changed while others ask the original.
///
/// ```
/// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
/// let before = given::registry();
/// let mut after = before.clone();
/// after.remove(given::unit().id);
/// assert_eq!((before.len(), after.len()), (1, 0));
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    policy: Arc<Policy>,
    /// The value of the criterion `freshness` by whole hours since the confirmation.
    freshness: Arc<Freshness>,
    shelves: Vec<Arc<Shelf>>,
    /// One head for each block, in the order of the blocks.
    heads: Heads,
    /// How far from the centre of its cell a unit may be at most, in km.
    reach_km: f64,
    /// Units by their own id, by their structure's, and by the ids of the requests they house.
    ids: Directory,
    structures: Directory,
    housed: Directory,
    /// None as long as there are few blocks: counting those takes less time than asking a census.
    census: Option<Arc<Census>>,
    len: usize,
}

impl Snapshot {
    /// An empty registry under a policy.
    ///
    /// ```
    /// use matcher::{Policy, Snapshot};
    ///
    /// assert!(Snapshot::new(Policy::embedded()).is_empty());
    /// ```
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
            census: None,
            len: 0,
        }
    }

    /// A registry of these units. Of several units of one id the last counts. A unit that contradicts itself is left out and returned,
    /// with all its faults ([`Unit::faults`]).
    ///
    /// ```
    /// use matcher::{Policy, Snapshot};
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    ///
    /// let mut wrong = given::unit();
    /// wrong.id = uuid::Uuid::from_u128(7);
    /// wrong.genders = [].into_iter().collect();
    /// let (registry, refused) = Snapshot::of(Policy::embedded(), [given::unit(), wrong]);
    /// assert_eq!(registry.len(), 1);
    /// assert_eq!(refused[0].1[0].field, "genders");
    /// ```
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
        snapshot.take_census();
        (snapshot, refused)
    }

    /// The policy of the registry.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no unit.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether there is a unit of this id.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// assert!(given::registry().contains(given::unit().id));
    /// ```
    pub fn contains(&self, id: Uuid) -> bool {
        self.address(id).is_some()
    }

    /// What whoever is shown a proposal may know of its place beside its reasons; none where the unit or its vacancy has gone.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let registry = given::registry();
    /// let proposal = &registry.best(&given::query(), 1)[0];
    /// let offered = registry.offered(proposal.unit_id, proposal.vacancy_id).unwrap();
    /// assert_eq!(offered.department, given::unit().department);
    /// ```
    pub fn offered(&self, unit: Uuid, vacancy: Uuid) -> Option<PlaceOffered> {
        let view = self.ids.find(unit).filter_map(|address| self.view(address)).find(|view| view.facts.id == unit)?;
        let vacancy = view.vacancies.iter().find(|known| known.id == vacancy)?;
        Some(PlaceOffered {
            kind: view.facts.kind,
            department: view.facts.department,
            until: vacancy.until(),
            confirmed_at_s: vacancy.confirmed_at().seconds,
            from: vacancy.from()?,
            admission_days: view.facts.admission_days,
            setting: view.facts.setting,
            adult_ages: view.facts.adult_ages,
            children: view.facts.children,
            offers: view.facts.offers,
            languages: view.facts.languages,
        })
    }

    /// The whole answer (design §3.4): every unit is judged and counted, the best `top` are explained, and each wish says what it
    /// would open.
    ///
    /// ```
    /// use matcher::{Km, Policy, Query, RelaxedWish};
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    ///
    /// let mut request = given::request();
    /// request.distance.max_km = Some(Km::new(1.0)?); // the room is farther than that
    /// let query = Query::new(request, &Policy::embedded()).unwrap();
    /// let ranking = given::registry().answer(&query, 20);
    /// assert_eq!((ranking.eligible, ranking.relaxations[0].wish), (0, RelaxedWish::MaxKm));
    /// # Ok::<(), String>(())
    /// ```
    pub fn answer(&self, query: &Query, top: usize) -> Ranking {
        let mut ranking = self.rank(query, top);
        let filter = self.filter(query);
        let alone = |rule| ranking.failed_alone.get(rule) > 0;
        ranking.relaxations =
            relaxations(query, &self.policy, ranking.eligible == 0, alone, |changed| self.opens(&filter, &self.filter(changed)));
        ranking
    }

    /// The answer without relaxations: that list is empty.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let ranking = given::registry().rank(&given::query(), 20);
    /// assert_eq!((ranking.evaluated, ranking.eligible), (1, 1));
    /// assert_eq!(ranking.proposals[0].unit_id, given::unit().id);
    /// ```
    pub fn rank(&self, query: &Query, top: usize) -> Ranking {
        let filter = self.filter(query);
        let scorer = Scorer::new(query, &self.policy);
        let promise = Promise::new(query, &self.policy, &scorer, &self.freshness);
        let mut best = Best::new(&filter, &self.policy, &scorer, &promise, top);
        let Counted { tally, eligible, to_verify, standing, later } = self.counted(&filter, &promise);
        for (promised, at) in MostFirst::of(standing.iter().map(|part| part.promised).zip(0..)) {
            let Some((part, bay)) = standing.get(at).and_then(|part| Some((part, self.bay(part.nth)?))) else { continue };
            if best.excludes(promised, false) {
                break;
            }
            let among = best.may_hold(bay, filter.span(bay), part.slots, false);
            best.consider(bay, among, promised, false);
        }
        // Units to verify come after all eligible ones.
        if eligible < count(top) {
            for Part { promised, nth, slots } in later {
                let Some(bay) = self.bay(nth) else { continue };
                best.consider(bay, slots, promised, true);
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

    /// The counts of all units by rule, and the slots that are eligible or to verify: every rule is asked of every shelf.
    fn counted(&self, filter: &Filter<'_>, promise: &Promise<'_>) -> Counted {
        let room = self.heads.len().min(SLOTS / 4);
        let (mut tally, mut eligible, mut to_verify) = (Tally::new(filter, |rule| self.failing(filter, rule)), 0, 0);
        let (mut standing, mut later) = (Vec::with_capacity(room), Vec::with_capacity(room));
        let sought = Sought::of(filter.query);
        for (first, eight) in self.heads.eights() {
            let span = eight.balls.span(filter.ground.from());
            let (glances, promised) = (filter.glances(&sought, eight, span), promise.of_any(eight, span));
            let of_shelves = promised.as_chunks::<BLOCKS>().0.iter().zip(eight.lens.as_chunks().0);
            let shelves = (first..).step_by(BLOCKS).zip(self.shelves.iter().skip(first / BLOCKS));
            for ((first, shelf), (promised, lens)) in shelves.zip(of_shelves) {
                let mut sift = Sift::new(filter, shelf.stretch(first), &glances);
                let live = Row::first_of_each(*lens);
                if sift.all_fail_twice() {
                    tally.add_all(&mut sift, live);
                    continue;
                }
                let (stand, verify) = tally.sift(&mut sift, live);
                for (slots, units, parts) in [(stand, &mut eligible, &mut standing), (verify, &mut to_verify, &mut later)] {
                    if !slots.is_empty() {
                        *units += u64::from(slots.count());
                        let blocks = (first..).zip(promised).enumerate();
                        let blocks = blocks.map(|(at, (nth, promised))| Part { promised: *promised, nth, slots: slots.block(at) });
                        parts.extend(blocks.filter(|part| !part.slots.is_empty()));
                    }
                }
            }
        }
        Counted { tally, eligible, to_verify, standing, later }
    }

    /// [`Snapshot::answer`] as an API shows it (design §3.6, §4).
    ///
    /// Values are rounded to 0.1, so that no value tells a distance.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let ranking = given::registry().shown(&given::query(), 20);
    /// let tenths = ranking.proposals[0].criteria.iter().map(|share| share.value * 10.0);
    /// assert!(tenths.into_iter().all(|tenths| (tenths - tenths.round()).abs() < 1e-9));
    /// ```
    pub fn shown(&self, query: &Query, top: usize) -> Ranking {
        self.answer(query, top).rounded()
    }

    /// The proposals of [`Snapshot::rank`] alone, without counting anything: what is asked where microseconds matter.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let registry = given::registry();
    /// assert_eq!(registry.best(&given::query(), 20), registry.rank(&given::query(), 20).proposals);
    /// ```
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
            best.consider(bay, stand, promised, false);
            if !verify.is_empty() {
                later.push((bay, verify, promised));
            }
        }
        // Units to verify come after all eligible ones. Where the loop above has stopped early, enough eligible units are found.
        if eligible < count(top) && filter.may_verify() {
            let to_verify = Sought::to_verify(query);
            later.into_iter().for_each(|(bay, verify, promised)| best.consider(bay, verify, promised, true));
            let not_yet = |traits| to_verify.may_find(traits) && !sought.may_find(traits);
            for (promised, nth) in self.most_promising_first(&filter, &promise, not_yet) {
                let Some(bay) = self.bay(nth) else { continue };
                if best.excludes(promised, true) {
                    break;
                }
                let (_, verify) = filter.sifted(bay, filter.span(bay), bay.block.live());
                best.consider(bay, verify, promised, true);
            }
        }
        best.proposals()
    }

    /// The answer of [`Snapshot::answer`] by looking at one unit after the other: slow, and easy to see right. The index is tested
    /// against this function.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let registry = given::registry();
    /// assert_eq!(registry.answer_plainly(&given::query(), 20), registry.answer(&given::query(), 20));
    /// ```
    pub fn answer_plainly(&self, query: &Query, top: usize) -> Ranking {
        answer_plainly(query, &self.policy, self.views(), top)
    }

    /// How many bytes the units and their index take, the policy left out.
    pub fn bytes(&self) -> usize {
        let shelves: usize = self.shelves.iter().map(|shelf| shelf.bytes()).sum();
        let lists = self.shelves.capacity() * size_of::<Arc<Shelf>>() + self.heads.bytes();
        let census = self.census.as_ref().map_or(0, |census| census.bytes());
        shelves + lists + self.ids.bytes() + self.structures.bytes() + self.housed.bytes() + census
    }

    /// The units, in no order.
    pub(crate) fn views(&self) -> impl Iterator<Item = View<'_>> + Clone {
        self.blocks().flat_map(|block| block.views())
    }

    /// The units, each with its address.
    fn addressed(&self) -> impl Iterator<Item = (Address, View<'_>)> {
        self.blocks()
            .enumerate()
            .flat_map(|(nth, block)| (0..=Slot::MAX).zip(block.views()).map(move |(slot, view)| (Address::new(nth, slot), view)))
    }

    fn blocks(&self) -> impl Iterator<Item = &Block> + Clone {
        self.shelves.iter().flat_map(|shelf| shelf.blocks()).map(AsRef::as_ref)
    }

    /// The block of this number, with its columns.
    fn bay(&self, nth: usize) -> Option<Bay<'_>> {
        self.shelves.get(nth / BLOCKS)?.bay(nth)
    }

    fn view(&self, address: Address) -> Option<View<'_>> {
        self.bay(address.block())?.block.view(address.slot())
    }

    /// The unit of this id, and where it lies.
    fn address(&self, id: Uuid) -> Option<(Address, Prepared)> {
        let address = self.ids.find(id).find(|address| self.view(*address).is_some_and(|view| view.facts.id == id))?;
        Some((address, self.bay(address.block())?.block.prepared(address.slot())?))
    }

    /// The query as blocks are asked.
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

    /// The slots that a directory finds for these ids. `is` tells a unit that is meant from one whose id has the same hash.
    fn scattered(&self, directory: &Directory, ids: &[Uuid], is: impl Fn(&Uuid, View<'_>) -> bool) -> Scattered {
        let mut slots: Scattered = BTreeMap::new();
        for id in ids {
            for address in directory.find(*id).filter(|address| self.view(*address).is_some_and(|view| is(id, view))) {
                slots.entry(address.block()).or_default().put(address.slot(), true);
            }
        }
        slots
    }

    /// The numbers of the blocks that matter ([`Snapshot::mattering`]), each with what the score of any unit of the block is at most.
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

    /// Calls `work` for each eight heads of which some matter, by the traits of their units and by where those are: with the number of
    /// the first head, and a bit for each head that matters.
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

    /// How many units fail a rule, where that is known without looking at blocks.
    fn failing(&self, filter: &Filter<'_>, rule: Rule) -> Option<u64> {
        filter.failing(rule).or_else(|| self.census.as_ref()?.failing(filter.query, rule))
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

/// The units, of several of one id only the last.
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

/// What [`Snapshot::counted`] gives.
struct Counted {
    tally: Tally,
    eligible: u64,
    to_verify: u64,
    /// The slots that are eligible, by block; empty blocks are left out.
    standing: Vec<Part>,
    /// The slots that are to verify, by block; empty blocks are left out.
    later: Vec<Part>,
}

/// Some slots of the block with this number, and what the score of any unit of the block is at most.
struct Part {
    promised: f32,
    nth: usize,
    slots: Bits,
}

/// How many units fail each rule, and each alone.
struct Tally {
    /// The rules in the order in which the filter asks them, those that no phone call settles first.
    rules: ArrayVec<Count, { Rule::ALL.len() }>,
    /// How many rules no phone call settles.
    hard: usize,
}

/// How many units fail a rule, and how many fail no other.
struct Count {
    rule: Rule,
    failed: u64,
    alone: u64,
    /// Whether `failed` is known without counting.
    known: bool,
}

impl Tally {
    /// A tally that has counted nothing. `known` says how many units fail a rule, where that need not be counted.
    fn new(filter: &Filter<'_>, known: impl Fn(Rule) -> Option<u64>) -> Self {
        let count = |rule| {
            let failed = known(rule);
            Count { rule, failed: failed.unwrap_or(0), alone: 0, known: failed.is_some() }
        };
        Self { rules: filter.rules().map(count).collect(), hard: filter.hard.len() }
    }

    /// Counts the live slots of a shelf by the rules they fail, where all of them fail two rules or more and none is to verify.
    fn add_all(&mut self, sift: &mut Sift<'_, ROW>, live: Row) {
        for count in self.rules.iter_mut().filter(|count| !count.known) {
            count.failed += u64::from(failing(sift, count.rule, live).map_or(0, Row::count));
        }
    }

    /// Counts the live slots of a shelf by the rules they fail, and says which are eligible and which to verify.
    fn sift(&mut self, sift: &mut Sift<'_, ROW>, live: Row) -> (Row, Row) {
        let mut failed: ArrayVec<(usize, Row), { Rule::ALL.len() }> = ArrayVec::new();
        let (mut once, mut twice, mut hard) = (Row::NONE, Row::NONE, None);
        for (nth, count) in self.rules.iter_mut().enumerate() {
            if nth == self.hard {
                hard = Some(once);
            }
            let Some(fails) = failing(sift, count.rule, live) else { continue };
            if !count.known {
                count.failed += u64::from(fails.count());
            }
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

    /// How many units fail each rule, and how many fail each rule alone.
    fn by_rule(&self) -> (RuleCounts, RuleCounts) {
        let (mut failed, mut alone) = (RuleCounts::default(), RuleCounts::default());
        for count in &self.rules {
            failed.add(count.rule, count.failed);
            alone.add(count.rule, count.alone);
        }
        (failed, alone)
    }
}

/// The live slots that fail a rule; none where no slot does.
fn failing(sift: &mut Sift<'_, ROW>, rule: Rule, live: Row) -> Option<Row> {
    match sift.told(rule) {
        Told::None => None,
        Told::All => Some(live),
        Told::Nothing => Some(sift.fails(rule, live) & live).filter(|fails| !fails.is_empty()),
    }
}
