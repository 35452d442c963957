//! What makes the two logs tamper-evident: each row carries a keyed hash over itself and the hash of the row before.
//!
//! The key is made of one in the key store, which is wrapped by the master key: whoever writes the database has neither, and so can change,
//! insert or move no row that still fits. What they can do unseen is to cut rows from the end: those that were anchored outside
//! ([`super::anchors`]) are missed all the same. [`walk`] finds the first row that is wrong, and says how.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::anchors::Anchors;
use super::{Conn, DbError, keys};
use crate::clock::Instant;

/// One of the two logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// What was done.
    Events,
    /// What was read.
    AccessLog,
}

impl Log {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Events, Self::AccessLog];

    /// The name of its table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::AccessLog => "access_log",
        }
    }

    /// The log of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|log| log.name() == name)
    }
}

impl std::fmt::Display for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What the rows of one log are chained with: of each log another key, so that no row of the one fits into the other.
#[derive(Clone)]
pub(super) struct ChainKey(Hmac<Sha256>);

impl ChainKey {
    /// Made of 32 bytes that stand in no database in the clear.
    pub(super) fn new(bytes: &[u8]) -> Result<Self, DbError> {
        Hmac::new_from_slice(bytes).map(Self).map_err(DbError::damaged)
    }

    /// The hash of a row: over the hash before it (nothing for the first) and the row's fields, each with its length, so that no two rows
    /// have the same bytes.
    pub(super) fn hash(&self, before: Option<&[u8]>, fields: &[&[u8]]) -> Vec<u8> {
        let mut hashed = self.0.clone();
        for field in std::iter::once(&before.unwrap_or_default()).chain(fields) {
            let length = u64::try_from(field.len()).unwrap_or(u64::MAX);
            hashed.update(&length.to_be_bytes());
            hashed.update(field);
        }
        hashed.finalize().into_bytes().to_vec()
    }
}

/// A row of a log, as far as the chain goes.
pub(super) trait Link: Sized {
    /// Which log.
    const LOG: Log;

    /// Its place: from 1, without gaps.
    fn position(&self) -> i64;

    /// When it was written.
    fn at(&self) -> Instant;

    /// The hash that it carries; none where somebody has taken it away.
    fn hash(&self) -> Option<&[u8]>;

    /// The hash that it would have at a position, behind the row of a hash.
    fn chained(&self, key: &ChainKey, position: i64, before: Option<&[u8]>) -> Vec<u8>;

    /// The rows behind a position in their order, at most so many.
    fn behind(conn: &mut Conn, position: i64, at_most: i64) -> Result<Vec<Self>, DbError>;

    /// The position and the hash of the last row, as they stand beside the log.
    fn head(conn: &mut Conn) -> Result<(i64, Option<Vec<u8>>), DbError>;
}

/// How a row of a log is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It does not say what was written, or nobody wrote it who had the key.
    Changed,
    /// It carries no hash.
    Unhashed,
    /// It cannot be read as a row of this log.
    Unreadable,
    /// It is not there.
    Removed,
    /// It is not there, and those behind it have moved up.
    Closed,
    /// It was put between two others.
    Inserted,
    /// It stands where the next one stood.
    Swapped,
    /// It and all behind it are gone from the end.
    Cut,
    /// It was written after the anchor that covers its place: what stood here was cut, and written anew.
    Rewritten,
    /// The log is whole, and what stands beside it as its last row is another.
    Head,
}

impl Wrong {
    /// What happened to the row, behind "row 12 ".
    pub fn said(self) -> &'static str {
        match self {
            Self::Changed => "was changed after it was written, or was not written by this service",
            Self::Unhashed => "carries no hash",
            Self::Unreadable => "cannot be read: it was changed after it was written",
            Self::Removed => "was removed",
            Self::Closed => "was removed, and those behind it were moved up",
            Self::Inserted => "was inserted",
            Self::Swapped => "was swapped with the next",
            Self::Cut => "and all behind it were cut from the end",
            Self::Rewritten => "was written after it had been anchored: what stood from here on was cut, and written anew",
            Self::Head => "stands beside the log as its last, and is not",
        }
    }
}

/// What a walk along a log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every row is as it was written, up to this many.
    Sound(i64),
    /// The first row that is not, and how; all behind it may be wrong too.
    Broken(i64, Wrong),
}

/// Rows that are looked at together: what is held of a log in memory at once.
const AT_ONCE: i64 = 1_000;

/// Walks a log from its beginning and looks whether each row is as it was written, whether none is missing, and whether those that were
/// anchored are there. Gives every row that is to `each`.
pub(super) fn walk<L: Link>(conn: &mut Conn, anchors: &Anchors, mut each: impl FnMut(&L)) -> Result<Verdict, DbError> {
    let key = keys::current()?.chain(L::LOG);
    let (head, head_hash) = L::head(conn)?;
    let (mut last, mut before): (i64, Option<Vec<u8>>) = (0, None);
    let mut anchored = 0;
    loop {
        let rows: Vec<L> = match L::behind(conn, last, AT_ONCE) {
            Err(error) if error.is_of_one_record() => return unreadable::<L>(conn, &key, last, before),
            rows => rows?,
        };
        if rows.is_empty() {
            break;
        }
        for (place, row) in rows.iter().enumerate() {
            let expected = last.saturating_add(1);
            if !fits(&key, row, expected, before.as_deref()) {
                let wrong = match rows.get(place..place.saturating_add(3)) {
                    Some(some) => how(&key, some, expected, before.as_deref()),
                    // The next rows stand in the next batch.
                    None => how(&key, &L::behind(conn, last, 3).unwrap_or_default(), expected, before.as_deref()),
                };
                return Ok(Verdict::Broken(expected, wrong));
            }
            (last, before) = (expected, row.hash().map(<[u8]>::to_vec));
            if let Some(at) = anchors.contradicts(L::LOG, last, before.as_deref()) {
                let first = first_since::<L>(conn, anchored, last, at)?;
                return Ok(Verdict::Broken(first.unwrap_or(last), Wrong::Rewritten));
            }
            if anchors.holds(L::LOG, last) {
                anchored = last;
            }
            each(row);
        }
    }
    end::<L>(conn, anchors, (last, before), (head, head_hash), anchored)
}

/// Whether a log that is sound as far as it goes also ends where it did.
fn end<L: Link>(
    conn: &mut Conn,
    anchors: &Anchors,
    (last, hash): (i64, Option<Vec<u8>>),
    (head, head_hash): (i64, Option<Vec<u8>>),
    anchored: i64,
) -> Result<Verdict, DbError> {
    if let Some(at) = anchors.first_behind(L::LOG, last) {
        // Some may have been written since the cut.
        let first = first_since::<L>(conn, anchored, last, at)?;
        return Ok(match first {
            Some(first) => Verdict::Broken(first, Wrong::Rewritten),
            None => Verdict::Broken(last.saturating_add(1), Wrong::Cut),
        });
    }
    Ok(match (head > last, last == head && hash == head_hash) {
        (true, _) => Verdict::Broken(last.saturating_add(1), Wrong::Cut),
        (false, true) => Verdict::Sound(last),
        (false, false) => Verdict::Broken(head, Wrong::Head),
    })
}

/// The first row of some that cannot be read all at once.
fn unreadable<L: Link>(conn: &mut Conn, key: &ChainKey, mut last: i64, mut before: Option<Vec<u8>>) -> Result<Verdict, DbError> {
    loop {
        let expected = last.saturating_add(1);
        match L::behind(conn, last, 1) {
            Err(error) if error.is_of_one_record() => return Ok(Verdict::Broken(expected, Wrong::Unreadable)),
            Err(error) => return Err(error),
            Ok(rows) => match rows.first() {
                Some(row) if fits(key, row, expected, before.as_deref()) => {
                    (last, before) = (expected, row.hash().map(<[u8]>::to_vec));
                }
                _ => return Ok(Verdict::Broken(expected, how(key, &rows, expected, before.as_deref()))),
            },
        }
    }
}

/// Whether a row is the one of this place.
fn fits<L: Link>(key: &ChainKey, row: &L, position: i64, before: Option<&[u8]>) -> bool {
    row.position() == position && row.hash().is_some_and(|hash| hash == row.chained(key, position, before))
}

/// What happened to the first of some rows, which is not the one that should stand at this position.
fn how<L: Link>(key: &ChainKey, rows: &[L], position: i64, before: Option<&[u8]>) -> Wrong {
    let Some(row) = rows.first() else { return Wrong::Removed };
    if row.position() != position {
        return Wrong::Removed;
    }
    let Some(hash) = row.hash() else { return Wrong::Unhashed };
    // Whether a row carries the hash that it would have at another place.
    let would_fit = |row: &L, position: i64, before: Option<&[u8]>| row.hash() == Some(&*row.chained(key, position, before));
    let next_place = position.saturating_add(1);
    let Some(next) = rows.get(1) else { return Wrong::Changed };
    if would_fit(next, position, before) {
        return if would_fit(row, next_place, next.hash()) { Wrong::Swapped } else { Wrong::Inserted };
    }
    // The row carries a hash that the next was chained to, though at another place.
    if would_fit(next, next_place.saturating_add(1), Some(hash)) { Wrong::Closed } else { Wrong::Changed }
}

/// The first row behind a position, up to another, that was written after an instant.
fn first_since<L: Link>(conn: &mut Conn, mut after: i64, until: i64, at: Instant) -> Result<Option<i64>, DbError> {
    loop {
        let rows = L::behind(conn, after, AT_ONCE)?;
        let Some(last) = rows.last().map(L::position) else { return Ok(None) };
        if let Some(row) = rows.iter().find(|row| row.position() <= until && row.at() > at) {
            return Ok(Some(row.position()));
        }
        if last >= until {
            return Ok(None);
        }
        after = last;
    }
}
