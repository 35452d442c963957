//! Anchors: signed heads of the logs, laid down where whoever writes the database cannot reach (a file on another disk, standard output, a
//! mail to the auditors). What was anchored cannot be cut unseen (design §6, "Evidence outside").
//!
//! An anchor is one line of text, so that it is found again among others: `havre-anchor LOG POSITION INSTANT HASH MAC`.

use std::collections::BTreeMap;
use std::io::BufRead;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;

use super::access_log::Entry;
use super::chain::{Link as _, Log};
use super::events::Row;
use super::{Conn, Db, DbError, Keys};
use crate::clock::Instant;

/// How the line of an anchor begins.
const MARK: &str = "havre-anchor";

/// The head of a log at an instant: all that was written by then stands up to this position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Which log.
    pub log: Log,
    /// The position of its last row; 0 where it has none.
    pub position: i64,
    /// The hash of that row; nothing where it has none.
    pub hash: Vec<u8>,
    /// When it was looked at.
    pub at: Instant,
}

impl Anchor {
    /// Its line, signed; without an end of line.
    ///
    /// # Errors
    /// Where a key cannot be used.
    pub fn line(&self, keys: &Keys) -> Result<String, DbError> {
        let said = self.said();
        let mac = keys.hash("anchor", said.as_bytes())?;
        Ok(format!("{said} {}", URL_SAFE_NO_PAD.encode(mac)))
    }

    fn said(&self) -> String {
        let hash = if self.hash.is_empty() { "-".to_owned() } else { URL_SAFE_NO_PAD.encode(&self.hash) };
        format!("{MARK} {} {} {} {hash}", self.log, self.position, self.at)
    }

    /// The anchor in a line, whatever stands before and behind it, with what it is signed by; none where it is not whole.
    fn parse(line: &str) -> Option<(Self, Vec<u8>)> {
        let (_, rest) = line.rsplit_once(MARK)?;
        let mut words = rest.split_ascii_whitespace();
        let log = Log::named(words.next()?)?;
        let position = words.next()?.parse().ok().filter(|position| *position >= 0)?;
        let at = Instant::new(DateTime::parse_from_rfc3339(words.next()?).ok()?.to_utc());
        let hash = match words.next()? {
            "-" => Vec::new(),
            hash => URL_SAFE_NO_PAD.decode(hash).ok()?,
        };
        let mac = URL_SAFE_NO_PAD.decode(words.next()?.trim_end_matches(['"', '\'', '<', '}', ','])).ok()?;
        Some((Self { log, position, hash, at }, mac))
    }
}

/// How both logs end now.
pub fn heads(db: &Db) -> Result<[Anchor; 2], DbError> {
    db.read(|conn| {
        // The clock is read last: nothing that the heads cover was written after it.
        let (events, reads) = (Row::head(conn)?, Entry::head(conn)?);
        let at = db.pulse(conn)?.now;
        let anchor = |log, (position, hash): (i64, Option<Vec<u8>>)| Anchor { log, position, hash: hash.unwrap_or_default(), at };
        Ok([anchor(Log::Events, events), anchor(Log::AccessLog, reads)])
    })
}

/// Whether the row that an anchor names still stands where it stood.
pub fn stands(conn: &mut Conn, anchor: &Anchor) -> Result<bool, DbError> {
    if anchor.position == 0 {
        return Ok(true);
    }
    let before = anchor.position.saturating_sub(1);
    let hash = match anchor.log {
        Log::Events => Row::behind(conn, before, 1)?.first().map(|row| (row.position(), row.hash().map(<[u8]>::to_vec))),
        Log::AccessLog => Entry::behind(conn, before, 1)?.first().map(|row| (row.position(), row.hash().map(<[u8]>::to_vec))),
    };
    Ok(hash == Some((anchor.position, Some(anchor.hash.clone()))))
}

/// Anchors that were laid, by their place.
#[derive(Debug, Default)]
pub struct Anchors {
    /// Of each place and hash that was anchored, when that was first.
    laid: BTreeMap<(Log, i64, Vec<u8>), Instant>,
    /// The last of each log.
    last: BTreeMap<Log, (Instant, i64)>,
    /// Lines that claim to be anchors and are signed by somebody else.
    pub forged: Vec<u64>,
    /// Lines that are not whole: a write that a crash cut short, or one that somebody has changed.
    pub torn: Vec<u64>,
}

impl Anchors {
    /// Adds those that stand among the lines of a text: an anchor file, what went to standard output, a mail.
    ///
    /// # Errors
    /// Where the text cannot be read, or a key cannot be used.
    pub fn read(&mut self, keys: &Keys, mut text: impl BufRead) -> std::io::Result<()> {
        let (mut bytes, mut number) = (Vec::new(), 0_u64);
        while text.read_until(b'\n', &mut bytes)? > 0 {
            number = number.saturating_add(1);
            let line = String::from_utf8_lossy(&bytes);
            if line.contains(MARK) {
                self.take(keys, &line, number).map_err(std::io::Error::other)?;
            }
            bytes.clear();
        }
        Ok(())
    }

    fn take(&mut self, keys: &Keys, line: &str, number: u64) -> Result<(), DbError> {
        let Some((anchor, mac)) = Anchor::parse(line) else {
            self.torn.push(number);
            return Ok(());
        };
        if keys.hash("anchor", anchor.said().as_bytes())? != mac {
            self.forged.push(number);
            return Ok(());
        }
        let last = self.last.entry(anchor.log).or_insert((anchor.at, anchor.position));
        *last = (*last).max((anchor.at, anchor.position));
        let first = self.laid.entry((anchor.log, anchor.position, anchor.hash)).or_insert(anchor.at);
        *first = (*first).min(anchor.at);
        Ok(())
    }

    /// How many places of a log were anchored.
    pub fn count(&self, log: Log) -> usize {
        self.laid.keys().filter(|(of, _, _)| *of == log).count()
    }

    /// When a log was last anchored, and at which position.
    pub fn last(&self, log: Log) -> Option<(Instant, i64)> {
        self.last.get(&log).copied()
    }

    /// The last of each log, as an anchor.
    pub fn newest(&self, log: Log) -> Option<Anchor> {
        let (at, position) = self.last(log)?;
        let (_, _, hash) = self.at(log, position).next()?.0;
        Some(Anchor { log, position, hash: hash.clone(), at })
    }

    fn at(&self, log: Log, position: i64) -> impl Iterator<Item = (&(Log, i64, Vec<u8>), &Instant)> {
        self.laid.range((log, position, Vec::new())..(log, position.saturating_add(1), Vec::new()))
    }

    /// Whether a position of a log was anchored.
    pub(super) fn holds(&self, log: Log, position: i64) -> bool {
        self.at(log, position).next().is_some()
    }

    /// When another row was anchored at a position than the one of this hash.
    pub(super) fn contradicts(&self, log: Log, position: i64, hash: Option<&[u8]>) -> Option<Instant> {
        self.at(log, position).find(|((_, _, anchored), _)| Some(anchored.as_slice()) != hash).map(|(_, at)| *at)
    }

    /// When the first position behind one was anchored, if any was.
    pub(super) fn first_behind(&self, log: Log, position: i64) -> Option<Instant> {
        let behind = (log, position.saturating_add(1), Vec::new())..;
        self.laid.range(behind).next().filter(|((of, _, _), _)| *of == log).map(|(_, at)| *at)
    }
}
