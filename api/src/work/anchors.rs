//! Anchors of both logs, laid outside of the database: in a file on another disk, on standard output, in a mail a day to the auditors.
//!
//! Whoever writes the database may cut rows from the end of a log, and of that nothing shows within it. They cannot take back what was laid
//! outside. What is written behind the last anchor may be cut unseen: that is five minutes or a thousand rows at most (design §6).

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant as Ticks;

use parking_lot::Mutex;
use tokio::task::spawn_blocking;

use crate::db::anchors::{self, Anchor, Anchors};
use crate::db::jobs::{AccountMail, Job};
use crate::db::{Db, DbError, Log, accounts, evidence, jobs};
use crate::domain::Role;
use crate::limits;

/// Where a deployment lays anchors.
#[derive(Clone, Debug, Default)]
pub struct AnchorPlaces {
    /// A file that only grows, which whoever writes the database cannot change.
    pub file: Option<PathBuf>,
    /// Whether they go to standard output, which somebody else collects.
    pub standard_output: bool,
}

impl AnchorPlaces {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.file.is_some() || self.standard_output
    }
}

/// What lays the anchors of an instance.
pub struct Anchoring {
    db: Db,
    places: AnchorPlaces,
    laid: Mutex<Laid>,
}

/// What was laid.
#[derive(Default)]
struct Laid {
    last: Vec<Anchor>,
    at: Option<Ticks>,
    /// The last line of the file is not whole: the next begins on a new one.
    is_torn: bool,
}

impl Anchoring {
    /// Opens the file, if there is to be one, and looks for the last anchors in it: what was cut while nothing ran is missed at the start.
    ///
    /// # Errors
    /// Where the file cannot be read and written.
    pub fn new(db: &Db, places: AnchorPlaces) -> std::io::Result<Self> {
        let mut laid = Laid::default();
        if let Some(path) = &places.file {
            let (known, is_torn) = last_in(db, path)?;
            laid.last = Log::ALL.iter().filter_map(|log| known.newest(*log)).collect();
            laid.is_torn = is_torn;
        }
        Ok(Self { db: db.clone(), places, laid: Mutex::new(laid) })
    }

    /// Lays anchors where it is time, and says whether.
    ///
    /// # Errors
    /// Where the database does not answer, or a place takes none.
    pub fn lay_if_due(&self) -> anyhow::Result<bool> {
        let heads = anchors::heads(&self.db)?;
        let mut laid = self.laid.lock();
        let is_late = laid.at.is_none_or(|at| at.elapsed() >= limits::ANCHOR_EVERY);
        let are_many = |head: &Anchor| {
            let last = laid.last.iter().find(|last| last.log == head.log).map_or(0, |last| last.position);
            head.position.saturating_sub(last) >= limits::ANCHOR_ROWS
        };
        if !is_late && !heads.iter().any(are_many) {
            return Ok(false);
        }
        self.lay_these(&mut laid, heads)?;
        Ok(true)
    }

    /// Lays anchors now: at a stop nothing is left behind the last.
    ///
    /// # Errors
    /// Where the database does not answer, or a place takes none.
    pub fn lay(&self) -> anyhow::Result<()> {
        let heads = anchors::heads(&self.db)?;
        self.lay_these(&mut self.laid.lock(), heads)
    }

    fn lay_these(&self, laid: &mut Laid, heads: [Anchor; 2]) -> anyhow::Result<()> {
        for last in &laid.last {
            if !self.db.read(|conn| anchors::stands(conn, last))? {
                tracing::error!(
                    log = %last.log, row = last.position, anchored_at = %last.at,
                    "THIS ROW IS NOT THE ONE THAT WAS ANCHORED: the log was cut or written anew. Run `havre verify --anchors`, and keep the file"
                );
            }
        }
        let lines = heads.iter().map(|anchor| anchor.line(self.db.keys())).collect::<Result<Vec<_>, DbError>>()?;
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        if let Some(path) = &self.places.file {
            let begun = if laid.is_torn { format!("\n{text}") } else { text.clone() };
            // Until all of it is there, the next try begins on a line of its own.
            laid.is_torn = true;
            let mut file = open(path)?;
            file.write_all(begun.as_bytes())?;
            file.sync_all()?;
            laid.is_torn = false;
        }
        if self.places.standard_output {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
        (laid.last, laid.at) = (heads.into(), Some(Ticks::now()));
        Ok(())
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    File::options().read(true).append(true).create(true).mode(0o600).open(path)
}

/// The anchors near the end of a file, and whether its last line is not whole.
fn last_in(db: &Db, path: &Path) -> std::io::Result<(Anchors, bool)> {
    let mut file = open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(limits::ANCHORS_LOOKED_BACK)))?;
    let (mut tail, mut known) = (Vec::new(), Anchors::default());
    file.read_to_end(&mut tail)?;
    known.read(db.keys(), BufReader::new(tail.as_slice()))?;
    Ok((known, tail.last().is_some_and(|last| *last != b'\n')))
}

/// Lays anchors again and again, until it is dropped.
pub async fn run(anchoring: Arc<Anchoring>) {
    loop {
        let one = Arc::clone(&anchoring);
        let pause = match spawn_blocking(move || one.lay_if_due()).await {
            Ok(Ok(_)) => limits::ANCHOR_LOOK,
            Ok(Err(error)) => {
                tracing::error!(%error, "the logs could not be anchored: what is written now may be cut unseen");
                limits::ANCHOR_AGAIN
            }
            Err(error) => {
                tracing::error!(%error, "the anchoring of the logs stumbled");
                limits::ANCHOR_AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Has anchors mailed to the auditors, once a day whichever instance comes first: they are kept where nobody who runs the service reaches.
///
/// # Errors
/// Where the database does not answer.
pub fn mail_to_auditors(db: &Db) -> Result<(), DbError> {
    let now = db.read(|conn| db.pulse(conn))?.now;
    db.write_beside(|conn| {
        if !evidence::claim_mail(conn, now)? {
            return Ok(());
        }
        for auditor in accounts::people_with(conn, None, &[Role::Auditor])? {
            jobs::insert_beside(conn, now, Job::TellAccount { account: Some(auditor), about: AccountMail::Anchors })?;
        }
        Ok(())
    })
}

/// The lines that such a mail holds, as the logs end when it is written.
pub(super) fn lines(db: &Db) -> Result<String, DbError> {
    let heads = anchors::heads(db)?;
    let lines = heads.iter().map(|anchor| anchor.line(db.keys())).collect::<Result<Vec<_>, DbError>>()?;
    Ok(lines.join("\n"))
}
