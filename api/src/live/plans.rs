//! Plans between who asks for them and who searches: an instance searches for those it stored itself.
//!
//! Nobody's plans keep others waiting: an organisation has one place in the queue, the shortest of those who wait comes first, and what is large
//! has a lane of its own, so that small ones are searched for beside it.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{Notify, oneshot};

use crate::db::events::Change;
use crate::domain::RecordKind;
use crate::domain::ids::{OrganisationId, PlanId};
use crate::limits;

/// What searches one plan after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// For plans of at most [`limits::PLAN_SMALL`] requests.
    Small,
    /// For all others.
    Large,
}

impl Lane {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Small, Self::Large];

    fn takes(self, plan: &Asked) -> bool {
        match self {
            Self::Small => plan.requests <= limits::PLAN_SMALL,
            Self::Large => plan.requests > limits::PLAN_SMALL,
        }
    }
}

/// A plan that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which.
    pub id: PlanId,
    /// By whom.
    pub organisation: OrganisationId,
    /// Over how many requests.
    pub requests: usize,
}

/// Those that wait, and whose are being searched for.
#[derive(Default)]
struct Queue {
    /// In the order in which they were asked for.
    waiting: Vec<Asked>,
    searching: HashSet<OrganisationId>,
}

impl Queue {
    /// The one that is next in a lane: of each organisation of which none is being searched for its oldest, of these the shortest, of equals the
    /// oldest.
    fn next(&mut self, lane: Lane) -> Option<Asked> {
        let mut seen: HashSet<OrganisationId> = self.searching.clone();
        let heads = self.waiting.iter().enumerate().filter(|(_, plan)| seen.insert(plan.organisation));
        let (at, _) = heads.filter(|(_, plan)| lane.takes(plan)).min_by_key(|(at, plan)| (plan.requests, *at))?;
        let next = self.waiting.remove(at);
        self.searching.insert(next.organisation);
        Some(next)
    }
}

/// The plans of an instance.
#[derive(Default)]
pub struct Plans {
    queue: Mutex<Queue>,
    /// Something has come, or gone, in the small lane and in the large one.
    news: [Notify; 2],
    is_searched: Mutex<bool>,
    waiting: Mutex<HashMap<PlanId, Vec<oneshot::Sender<()>>>>,
}

impl Plans {
    /// Passes on the plans that a commit has stored. Called by the commit itself, whether or not anybody waits for its answer: a plan that is
    /// stored is searched for.
    pub(super) fn asked(&self, changes: &[Change]) {
        let is_running = |change: &&Change| {
            change.record.kind == RecordKind::Plan && change.detail.get("state").and_then(Value::as_str) == Some("running")
        };
        for change in changes.iter().filter(is_running) {
            let requests = change.detail.get("requests").and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
            let Some(organisation) = change.organisation else { continue };
            let requests = requests.unwrap_or(usize::MAX);
            self.queue.lock().waiting.push(Asked { id: PlanId(change.record.id), organisation, requests });
            self.tell();
        }
    }

    fn tell(&self) {
        self.news.iter().for_each(Notify::notify_one);
    }

    /// Whether nobody searches for this instance's plans yet; from then on somebody does.
    pub fn begin_search(&self) -> bool {
        !std::mem::replace(&mut *self.is_searched.lock(), true)
    }

    /// How many wait, and how many are being searched for.
    pub fn standing(&self) -> (usize, usize) {
        let queue = self.queue.lock();
        (queue.waiting.len(), queue.searching.len())
    }

    /// Waits for the next plan of a lane.
    pub async fn next(&self, lane: Lane) -> Asked {
        let [small, large] = &self.news;
        let news = match lane {
            Lane::Small => small,
            Lane::Large => large,
        };
        loop {
            if let Some(next) = self.queue.lock().next(lane) {
                return next;
            }
            news.notified().await;
        }
    }

    /// Resolves when a plan is there or has failed.
    pub fn end_of(&self, id: PlanId) -> oneshot::Receiver<()> {
        let (done, is_done) = oneshot::channel();
        self.waiting.lock().entry(id).or_default().push(done);
        is_done
    }

    /// A plan is there or has failed: its organisation's next may be searched for.
    pub fn ended(&self, plan: Asked) {
        self.queue.lock().searching.remove(&plan.organisation);
        self.tell();
        for waiting in self.waiting.lock().remove(&plan.id).unwrap_or_default() {
            waiting.send(()).unwrap_or_default();
        }
    }
}
