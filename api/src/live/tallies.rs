//! Rankings of people who are not stored, counted in memory: nothing is asked of the database for one, and what was counted is written down every
//! few seconds, when the sums of the other instances are read.
//!
//! With Redis each instance also tells the others of what it counts, at once and without waiting ([`super::elsewhere`]): that can only refuse, and an
//! account goes beyond its quota by no more than what is on its way at the same moment. While Redis is away it may go beyond by what it sends
//! elsewhere between two writings down, which the limits of requests bound.

use std::collections::{HashMap, HashSet};

use matcher::QuotaNumbers;
use parking_lot::Mutex;

use super::hub::Hub;
use crate::clock::Instant;
use crate::domain::By;
use crate::domain::ids::{AccountId, OrganisationId, QuotaUseId};
use crate::domain::quota::{Batch, Likeness, Used, WINDOW, Watched, Whose, beyond};

/// Whose quota was refused.
type Refused = (Watched, Option<AccountId>, OrganisationId);

/// What an instance has counted.
pub struct Tallies {
    counted: Mutex<Counted>,
    /// What the others have, where instances meet.
    hub: Option<Hub>,
}

/// So many rankings of somebody that are alike.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// Its row, if it is written now; another each time that is tried, of the same batch.
    pub id: QuotaUseId,
    /// Whose.
    pub by: By,
    /// What they are alike in.
    pub likeness: Likeness,
    /// How many.
    pub count: u32,
}

struct Counted {
    /// What is fresh will be written down under this.
    batch: Batch,
    /// The number of the row that had an id last.
    last: u32,
    /// Not written down yet.
    fresh: HashMap<(Option<AccountId>, OrganisationId, Likeness), u32>,
    /// Those that are just being written down: they count until the sums are read that hold them.
    on_the_way: Vec<Tally>,
    /// The sums of the last 24 hours as they were last read, of accounts and of organisations.
    accounts: HashMap<AccountId, u32>,
    organisations: HashMap<OrganisationId, u32>,
    /// When a refusal was told of.
    refused: HashMap<Refused, Instant>,
}

impl Counted {
    fn new() -> Self {
        Self {
            batch: Batch::new(),
            last: 0,
            fresh: HashMap::new(),
            on_the_way: Vec::new(),
            accounts: HashMap::new(),
            organisations: HashMap::new(),
            refused: HashMap::new(),
        }
    }

    /// What was counted of somebody before the batch at hand.
    fn earlier(&self, by: By) -> Used {
        let read = Used {
            account: by.account.and_then(|id| self.accounts.get(&id).copied()).unwrap_or(0),
            organisation: self.organisations.get(&by.organisation).copied().unwrap_or(0),
        };
        let on_the_way = self.on_the_way.iter().map(|tally| (tally.by, tally.count));
        read.with(sum(by, on_the_way))
    }

    /// What was counted of somebody in the batch at hand.
    fn fresh(&self, by: By) -> Used {
        let fresh = self.fresh.iter();
        sum(by, fresh.map(|((account, organisation, _), count)| (By { account: *account, organisation: *organisation }, *count)))
    }

    fn next_id(&mut self, batch: Batch) -> QuotaUseId {
        self.last = self.last.wrapping_add(1);
        batch.id(self.last)
    }
}

/// How much of these counts for somebody.
fn sum(by: By, counts: impl Iterator<Item = (By, u32)>) -> Used {
    let mut used = Used::default();
    for (whose, count) in counts {
        if by.account.is_some() && whose.account == by.account {
            used.account = used.account.saturating_add(count);
        }
        if whose.organisation == by.organisation {
            used.organisation = used.organisation.saturating_add(count);
        }
    }
    used
}

impl Tallies {
    /// Nothing yet; the others are told of what is counted where there is a way to them.
    pub fn new(hub: Option<&Hub>) -> Self {
        Self { counted: Mutex::new(Counted::new()), hub: hub.cloned() }
    }

    /// Counts one ranking of somebody; or counts nothing, and says whose quota is used up. It waits for nobody.
    pub fn take(&self, by: By, likeness: Likeness, numbers: QuotaNumbers, now: Instant) -> Option<Whose> {
        let mut counted = self.counted.lock();
        let fresh = counted.fresh(by);
        let refused = beyond(fresh.with(self.all_but_fresh(&counted, by, now)), 1, numbers);
        if refused.is_some() {
            return refused;
        }
        let count = counted.fresh.entry((by.account, by.organisation, likeness)).or_default();
        *count = count.saturating_add(1);
        let batch = counted.batch;
        drop(counted);
        if let Some(hub) = &self.hub {
            hub.tell_counted(batch, by, fresh.and(1));
        }
        None
    }

    /// How much somebody has used, as far as this instance knows.
    pub fn used(&self, by: By, now: Instant) -> Used {
        let counted = self.counted.lock();
        counted.fresh(by).with(self.all_but_fresh(&counted, by, now))
    }

    /// All but the batch at hand. What was heard is looked at while what was read is locked: nothing is ever in both.
    fn all_but_fresh(&self, counted: &Counted, by: By, now: Instant) -> Used {
        let elsewhere = self.hub.as_ref().map(|hub| hub.counted_elsewhere(by, now));
        counted.earlier(by).with(elsewhere.unwrap_or_default())
    }

    /// What is to be written down now; it counts on until [`Tallies::written`] is called, and comes again where that never is.
    pub fn begin(&self) -> Vec<Tally> {
        let mut counted = self.counted.lock();
        let mut tallies = std::mem::take(&mut counted.on_the_way);
        for tally in &mut tallies {
            // Where nobody knows whether it was written, its row may be there.
            tally.id = counted.next_id(Batch::of(tally.id));
        }
        let (batch, fresh) = (std::mem::replace(&mut counted.batch, Batch::new()), std::mem::take(&mut counted.fresh));
        for ((account, organisation, likeness), count) in fresh {
            tallies.push(Tally { id: counted.next_id(batch), by: By { account, organisation }, likeness, count });
        }
        counted.on_the_way.clone_from(&tallies);
        tallies
    }

    /// It is written, and these are the sums since, with the batches that are in them.
    pub fn written(&self, sums: &[(By, u32)], batches: HashSet<Batch>, now: Instant) {
        let mut counted = self.counted.lock();
        if let Some(hub) = &self.hub {
            hub.has_read(batches, now);
        }
        counted.on_the_way.clear();
        (counted.accounts, counted.organisations) = (HashMap::new(), HashMap::new());
        for (by, sum) in sums {
            if let Some(account) = by.account {
                let known = counted.accounts.entry(account).or_default();
                *known = known.saturating_add(*sum);
            }
            let known = counted.organisations.entry(by.organisation).or_default();
            *known = known.saturating_add(*sum);
        }
    }

    /// Whether a refusal is the first of its kind within a day, as far as this instance knows.
    pub fn first_refusal(&self, of: Refused, now: Instant) -> bool {
        let mut counted = self.counted.lock();
        counted.refused.retain(|_, at| now < at.plus(WINDOW));
        let is_first = !counted.refused.contains_key(&of);
        counted.refused.entry(of).or_insert(now);
        is_first
    }
}
