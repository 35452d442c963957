//! Plans between who asks for them and who searches: an instance searches for those it stored itself.

use std::collections::HashMap;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::db::events::Change;
use crate::domain::RecordKind;
use crate::domain::ids::PlanId;

/// The plans of an instance.
pub struct Plans {
    asked: mpsc::UnboundedSender<PlanId>,
    to_search: Mutex<Option<mpsc::UnboundedReceiver<PlanId>>>,
    waiting: Mutex<HashMap<PlanId, Vec<oneshot::Sender<()>>>>,
}

impl Default for Plans {
    fn default() -> Self {
        let (asked, to_search) = mpsc::unbounded_channel();
        Self { asked, to_search: Mutex::new(Some(to_search)), waiting: Mutex::default() }
    }
}

impl Plans {
    /// Passes on the plans that a commit has stored. Called by the commit itself, whether or not anybody waits for its answer: a plan that is
    /// stored is searched for.
    pub(super) fn asked(&self, changes: &[Change]) {
        let is_running = |change: &&Change| {
            change.record.kind == RecordKind::Plan && change.detail.get("state").and_then(Value::as_str) == Some("running")
        };
        for change in changes.iter().filter(is_running) {
            // Nobody searches where the service does not run: on the command line.
            self.asked.send(PlanId(change.record.id)).unwrap_or_default();
        }
    }

    /// The plans that are to be searched for, in their order; given once, to who searches.
    pub fn to_search(&self) -> Option<mpsc::UnboundedReceiver<PlanId>> {
        self.to_search.lock().take()
    }

    /// Resolves when a plan is there or has failed.
    pub fn end_of(&self, id: PlanId) -> oneshot::Receiver<()> {
        let (done, is_done) = oneshot::channel();
        self.waiting.lock().entry(id).or_default().push(done);
        is_done
    }

    /// A plan is there or has failed.
    pub fn ended(&self, id: PlanId) {
        for waiting in self.waiting.lock().remove(&id).unwrap_or_default() {
            waiting.send(()).unwrap_or_default();
        }
    }
}
