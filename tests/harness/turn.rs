//! Another writer, who keeps the turn until a test lets it go: what is begun meanwhile waits.

use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use api::db::{Author, DbError, access_log};

use super::TestApp;

/// The turn to write, and that to note a reading, in the hands of another. They are let go when this is dropped.
pub struct TurnOfAnother {
    let_go: Option<mpsc::Sender<()>>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for TurnOfAnother {
    fn drop(&mut self) {
        drop(self.let_go.take());
        drop(self.writer.take().map(JoinHandle::join));
    }
}

impl TestApp {
    /// Another writer takes the turn, and keeps it.
    pub fn turn_of_another(&self) -> TurnOfAnother {
        let ((let_go, kept), (begun, has_begun)) = (mpsc::channel::<()>(), mpsc::channel());
        let db = self.db().clone();
        let writer = std::thread::spawn(move || {
            let written = db.write(Author::service("keepTurn"), |turn| {
                access_log::queue_up(turn.conn)?;
                let _ = begun.send(());
                // Nothing is ever said: it is heard that the test has let go.
                let _ = kept.recv();
                Ok::<_, DbError>(())
            });
            drop(written.unwrap());
        });
        has_begun.recv().unwrap();
        TurnOfAnother { let_go: Some(let_go), writer: Some(writer) }
    }

    /// How many wait for a turn: on SQLite in a queue of this instance, on PostgreSQL for a row.
    pub fn waiting_for_a_turn(&self) -> usize {
        if self.url().starts_with("sqlite:") {
            return self.db().load().waiting_for_turn;
        }
        let waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        usize::try_from(self.count(waiting)).unwrap()
    }

    /// Waits until as many do.
    pub async fn until_so_many_wait(&self, count: usize) {
        for _ in 0..12_000 {
            if self.waiting_for_a_turn() >= count {
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{count} were to wait for a turn, there are {}", self.waiting_for_a_turn());
    }
}
