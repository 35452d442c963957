//! What those who take part share: who they are, chance, and what waits for somebody's act.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use anyhow::{Context as _, Result};
use chrono::{Days, TimeDelta};
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::accounts::Account;
use super::calls::Calls;
use crate::clock::Clock;
use crate::domain::Role;
use crate::seed::synthetic;

/// Households that ask again and again.
const HOUSEHOLDS: usize = 2_000;

/// What the API asks of a household; what else the engine's own requests say follows from the records, or is not told it.
const ASKED: [&str; 16] = [
    "household",
    "couple",
    "stage",
    "urgency",
    "nights",
    "place",
    "distance",
    "accepts_removal",
    "accepts_crossing",
    "danger_zones",
    "required",
    "required_languages",
    "wished",
    "wished_languages",
    "living_with",
    "separated",
];

/// A referral that somebody of its addressee is to do something about.
pub(super) struct Waiting {
    pub(super) referral: String,
    pub(super) addressee: Uuid,
}

/// All that is shared.
pub(super) struct World {
    pub(super) calls: Rc<Calls>,
    by_role: BTreeMap<Role, Vec<Account>>,
    by_organisation: BTreeMap<Uuid, Vec<Account>>,
    chance: RefCell<ChaCha8Rng>,
    households: Vec<Map<String, Value>>,
    waiting: RefCell<VecDeque<Waiting>>,
    /// Whether the day is over: nobody waits for anybody any more.
    pub(super) is_over: Cell<bool>,
}

impl World {
    pub(super) fn of(calls: Rc<Calls>, accounts: Vec<Account>, seed: u64) -> Result<Rc<Self>> {
        let (mut by_role, mut by_organisation) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for account in accounts {
            if matches!(account.role, Role::Provider | Role::Regulator) {
                by_organisation.entry(account.organisation_id).or_default().push(account.clone());
            }
            by_role.entry(account.role).or_default().push(account);
        }
        let households = synthetic::requests(HOUSEHOLDS, seed).map(|request| Ok(household(serde_json::to_value(request)?)));
        Ok(Rc::new(Self {
            calls,
            by_role,
            by_organisation,
            chance: RefCell::new(ChaCha8Rng::seed_from_u64(seed)),
            households: households.collect::<Result<_>>()?,
            waiting: RefCell::default(),
            is_over: Cell::default(),
        }))
    }

    /// Whether what happens so often of a hundred times happens now.
    pub(super) fn chance(&self, percent: u32) -> bool {
        self.chance.borrow_mut().random_range(0..100) < percent
    }

    /// A number from 0 to below another.
    pub(super) fn below(&self, end: usize) -> usize {
        self.chance.borrow_mut().random_range(0..end.max(1))
    }

    /// One of these.
    pub(super) fn one_of<'t, T>(&self, these: &'t [T]) -> Option<&'t T> {
        these.choose(&mut *self.chance.borrow_mut())
    }

    /// Somebody with a role, if there is anybody.
    pub(super) fn any(&self, role: Role) -> Option<Account> {
        self.one_of(self.by_role.get(&role)?).cloned()
    }

    /// Somebody of an organisation who may answer for it.
    pub(super) fn anybody_of(&self, organisation: Uuid) -> Option<Account> {
        self.one_of(self.by_organisation.get(&organisation)?).cloned()
    }

    /// The first so many accounts with a role.
    pub(super) fn some(&self, role: Role, count: usize) -> Vec<Account> {
        self.by_role.get(&role).into_iter().flatten().take(count).cloned().collect()
    }

    /// A household that asks, today, not to be stored.
    pub(super) fn household(&self) -> Result<Value> {
        let mut body = self.one_of(&self.households).context("there are households")?.clone();
        body.insert("first_day".to_owned(), json!(today(0)));
        Ok(Value::Object(body))
    }

    /// The same to be stored, for which somebody was told what is kept.
    pub(super) fn request(&self) -> Result<Value> {
        let mut body = self.household()?;
        let information =
            json!({"state": "given", "day": today(-1), "language": "en", "interpreter": true, "shared": ["wishes", "languages"]});
        if let Some(body) = body.as_object_mut() {
            body.insert("information".to_owned(), information);
        }
        Ok(body)
    }

    /// Leaves a referral to its addressee.
    pub(super) fn leave(&self, referral: &Value) {
        let text = |name: &str| referral.get(name).and_then(Value::as_str);
        let found = text("id").zip(text("addressee_id").and_then(|id| id.parse().ok()));
        if let Some((id, addressee)) = found {
            self.waiting.borrow_mut().push_back(Waiting { referral: id.to_owned(), addressee });
        }
    }

    /// Takes up the one that has waited longest.
    pub(super) fn take(&self) -> Option<Waiting> {
        self.waiting.borrow_mut().pop_front()
    }
}

/// A day so many days from today, by the calendar of Paris.
fn today(from_now: i64) -> String {
    let today = Clock::default().now().utc().with_timezone(&chrono_tz::Europe::Paris).date_naive();
    let day = if from_now < 0 { today.checked_sub_days(Days::new(from_now.unsigned_abs())) } else { Some(today) };
    day.unwrap_or(today).to_string()
}

/// When people are expected who leave now.
pub(super) fn soon() -> String {
    Clock::default().now().plus(TimeDelta::minutes(30)).utc().to_rfc3339()
}

fn household(request: Value) -> Map<String, Value> {
    let Value::Object(mut request) = request else { return Map::new() };
    request.retain(|name, value| ASKED.contains(&name.as_str()) && !value.is_null());
    request
}

/// A text of an answer.
pub(super) fn text<'v>(answer: &'v Value, name: &str) -> &'v str {
    answer.get(name).and_then(Value::as_str).unwrap_or_default()
}
