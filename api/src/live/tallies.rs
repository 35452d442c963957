//! Rankings of people who are not stored, counted in memory: nothing is asked of the database for one, and what was counted is written down every
//! few seconds, when the sums of the other instances are read. So on several instances an account may go beyond its quota by what it sends in
//! that time, which the limits of requests bound.

use std::collections::HashMap;

use matcher::QuotaNumbers;
use parking_lot::Mutex;

use crate::clock::Instant;
use crate::domain::By;
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::quota::{Likeness, Used, WINDOW, Watched, Whose, beyond};

/// Whose quota was refused.
type Refused = (Watched, Option<AccountId>, OrganisationId);

/// What an instance has counted.
#[derive(Default)]
pub struct Tallies(Mutex<Counted>);

/// So many rankings of somebody that are alike.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// Whose.
    pub by: By,
    /// What they are alike in.
    pub likeness: Likeness,
    /// How many.
    pub count: u32,
}

#[derive(Default)]
struct Counted {
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
    fn used(&self, by: By) -> Used {
        let mut used = Used {
            account: by.account.and_then(|id| self.accounts.get(&id).copied()).unwrap_or(0),
            organisation: self.organisations.get(&by.organisation).copied().unwrap_or(0),
        };
        let fresh = self.fresh.iter().map(|((account, organisation, _), count)| (*account, *organisation, *count));
        let on_the_way = self.on_the_way.iter().map(|tally| (tally.by.account, tally.by.organisation, tally.count));
        for (account, organisation, count) in fresh.chain(on_the_way) {
            if by.account.is_some() && account == by.account {
                used.account = used.account.saturating_add(count);
            }
            if organisation == by.organisation {
                used.organisation = used.organisation.saturating_add(count);
            }
        }
        used
    }
}

impl Tallies {
    /// Counts one ranking of somebody; or counts nothing, and says whose quota is used up.
    pub fn take(&self, by: By, likeness: Likeness, numbers: QuotaNumbers) -> Option<Whose> {
        let mut counted = self.0.lock();
        let refused = beyond(counted.used(by), 1, numbers);
        if refused.is_none() {
            let count = counted.fresh.entry((by.account, by.organisation, likeness)).or_default();
            *count = count.saturating_add(1);
        }
        refused
    }

    /// What is to be written down now; it counts on until [`Tallies::written`] is called, and comes again where that never is.
    pub fn begin(&self) -> Vec<Tally> {
        let mut counted = self.0.lock();
        let fresh = std::mem::take(&mut counted.fresh).into_iter();
        let fresh: Vec<_> = fresh
            .map(|((account, organisation, likeness), count)| Tally { by: By { account, organisation }, likeness, count })
            .collect();
        counted.on_the_way.extend(fresh);
        counted.on_the_way.clone()
    }

    /// It is written, and these are the sums since.
    pub fn written(&self, sums: &[(By, u32)]) {
        let mut counted = self.0.lock();
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
        let mut counted = self.0.lock();
        counted.refused.retain(|_, at| now < at.plus(WINDOW));
        let is_first = !counted.refused.contains_key(&of);
        counted.refused.entry(of).or_insert(now);
        is_first
    }
}
