//! The shared question: how things stand, asked once for all who wait for it, and begun after they came.
//!
//! It is nobody's request: who asked may be gone, the others still get their answer. It is bounded in time.

use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::db::{Conn, Db, DbError, Pulse};
use crate::limits;

/// Where the question is asked.
pub enum Question {
    /// On the thread that needs the answer: of a file in the memory of this machine it is there sooner than another thread would be.
    Here(Box<Mutex<Option<Conn>>>),
    /// On a thread of its own, with a connection of its own, for all who came since it was last asked.
    Shared(mpsc::UnboundedSender<oneshot::Sender<Answer>>),
}

type Answer = Result<Pulse, String>;

impl Question {
    /// A place to ask; its thread ends with it.
    pub fn new(db: &Db) -> Result<Self, DbError> {
        if db.is_local() {
            return Ok(Self::Here(Box::default()));
        }
        let (asked, waiting) = mpsc::unbounded_channel();
        let db = db.clone();
        std::thread::Builder::new()
            .name("question".to_owned())
            .spawn(move || answer_all(&db, waiting))
            .map_err(DbError::unavailable)?;
        Ok(Self::Shared(asked))
    }

    /// Asks, or joins those who are about to.
    pub async fn ask(&self, db: &Db) -> Result<Pulse, DbError> {
        match self {
            Self::Here(conn) => {
                let mut conn = conn.try_lock_for(limits::QUESTION_WAIT).ok_or_else(|| DbError::Busy("too many ask".to_owned()))?;
                once(db, &mut conn)
            }
            Self::Shared(asked) => {
                let (answer, answered) = oneshot::channel();
                let gone = || DbError::unavailable("nobody asks the database how it stands");
                asked.send(answer).map_err(|_gone| gone())?;
                match timeout(limits::QUESTION_WAIT, answered).await {
                    Ok(Ok(answer)) => answer.map_err(DbError::unavailable),
                    Ok(Err(_gone)) => Err(gone()),
                    Err(_elapsed) => Err(DbError::unavailable("no answer in time")),
                }
            }
        }
    }
}

/// Asks over a connection that is kept; one that fails is given up, and where it was kept since long another is tried at once.
fn once(db: &Db, kept: &mut Option<Conn>) -> Result<Pulse, DbError> {
    if let Some(conn) = kept {
        match db.pulse(conn) {
            Ok(pulse) => return Ok(pulse),
            Err(error) => tracing::debug!(%error, "the connection of the shared question is given up"),
        }
        *kept = None;
    }
    let mut conn = db.connect()?;
    let pulse = db.pulse(&mut conn)?;
    *kept = Some(conn);
    Ok(pulse)
}

fn answer_all(db: &Db, mut waiting: mpsc::UnboundedReceiver<oneshot::Sender<Answer>>) {
    let mut kept = None;
    while let Some(first) = waiting.blocking_recv() {
        let mut all = vec![first];
        while let Ok(next) = waiting.try_recv() {
            all.push(next);
        }
        let began = Instant::now();
        let answer = once(db, &mut kept).map_err(|error| error.to_string());
        tracing::trace!(waiting = all.len(), took_us = began.elapsed().as_micros(), "the shared question");
        for one in all {
            // Who does not wait any more has no use for it.
            drop(one.send(answer.clone()));
        }
    }
}
