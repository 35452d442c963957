//! Who holds which token and who is signed in, by the hashes the database keeps: followed like units, so that a revoked token is refused by the
//! next request on every instance.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::clock::Instant;
use crate::db::accounts::{Holder, SignedInAs};
use crate::db::events::{self, Change, Touches};
use crate::db::sessions::{self, Session, Which};
use crate::db::{Conn, Db, DbError, Pulse, accounts};
use crate::domain::ids::{AccountId, SessionId};
use crate::limits;

/// All callers, as they stood at a position.
#[derive(Default)]
pub struct Callers {
    known: RwLock<Known>,
    /// Held while what changed is read, so that one thread does it and the others wait for its result.
    catching_up: Mutex<()>,
}

#[derive(Default)]
struct Known {
    position: i64,
    is_read: bool,
    tokens: HashMap<Vec<u8>, Holder>,
    sessions: HashMap<Vec<u8>, Session>,
    /// The names of who is signed in.
    names: HashMap<AccountId, Arc<SignedInAs>>,
    /// Commits of this instance that touch no caller and came here before those that precede them: where each begins and ends.
    ahead: BTreeMap<i64, i64>,
}

impl Callers {
    /// As of which event; before the first where nothing was read yet.
    pub fn position(&self) -> i64 {
        let known = self.known.read();
        if known.is_read { known.position } else { -1 }
    }

    /// Who holds the secret of this hash: nobody once it has run out.
    pub fn holder(&self, secret_hash: &[u8; 32], now: Instant) -> Option<Holder> {
        let known = self.known.read();
        let holder = known.tokens.get(secret_hash.as_slice()).copied();
        holder.filter(|holder| holder.expires_at.is_none_or(|end| now < end))
    }

    /// The session with the secret of this hash: none once its time is over. Whether it was left unused for too long the database knows, where
    /// what is known here is old: another instance may have seen it used.
    pub fn signed_in(&self, secret_hash: &[u8; 32], now: Instant) -> Option<Session> {
        self.known.read().sessions.get(secret_hash.as_slice()).filter(|session| now < session.expires_at).copied()
    }

    /// A secret was used, and that is written.
    pub fn secret_used(&self, secret_hash: &[u8; 32], now: Instant) {
        if let Some(holder) = self.known.write().tokens.get_mut(secret_hash.as_slice()) {
            holder.last_used_at = holder.last_used_at.max(Some(now));
        }
    }

    /// By what name an account that is signed in is known.
    pub fn name(&self, account: AccountId) -> Option<Arc<SignedInAs>> {
        self.known.read().names.get(&account).cloned()
    }

    /// A session was used, and that was written.
    pub fn used(&self, secret_hash: &[u8; 32], now: Instant) {
        if let Some(session) = self.known.write().sessions.get_mut(secret_hash.as_slice()) {
            session.last_used_at = session.last_used_at.max(now);
        }
    }

    /// A commit of this instance: where it touches no caller, what is known stays as it is and is as new as the commit.
    pub fn committed(&self, after: i64, changes: &[Change]) {
        let touches =
            |change: &Change| matches!(change.touches(), Touches::Organisation(_) | Touches::Account(_) | Touches::Session(_));
        if changes.iter().any(touches) {
            return;
        }
        let mut known = self.known.write();
        known.ahead.insert(after, after.saturating_add(i64::try_from(changes.len()).unwrap_or(0)));
        let known = &mut *known;
        while let Some(entry) = known.ahead.first_entry().filter(|entry| *entry.key() <= known.position) {
            known.position = known.position.max(entry.remove());
        }
    }

    /// Reads what changed, in one transaction together with its position, unless it is as new already.
    pub fn catch_up(&self, db: &Db, position: i64) -> Result<(), DbError> {
        let _one_at_a_time = self.catching_up.lock();
        let (is_read, behind) = {
            let known = self.known.read();
            (known.is_read, known.position)
        };
        if is_read && position <= behind {
            return Ok(());
        }
        let (head, read) = db.read(|conn| -> Result<_, DbError> {
            let Pulse { position: head, now, .. } = db.pulse(conn)?;
            if !is_read || head.saturating_sub(behind) > limits::CATCH_UP_MAX {
                let (tokens, sessions) = (accounts::holders(conn, None)?, sessions::good(conn, Which::All)?);
                return Ok((head, Read { of: None, tokens, names: names_of(conn, &sessions)?, sessions, now }));
            }
            let (mut of_accounts, mut of_sessions) = (Vec::new(), Vec::new());
            for change in events::changes_since(conn, behind)? {
                match change.touches() {
                    // What it gives its people and tools may have changed.
                    Touches::Organisation(id) => of_accounts.extend(accounts::ids_of(conn, id)?),
                    Touches::Account(id) => of_accounts.push(id),
                    Touches::Session(id) => of_sessions.push(id),
                    Touches::Nothing | Touches::Unit(_) | Touches::Everything | Touches::Doors => {}
                }
            }
            let tokens = if of_accounts.is_empty() { Vec::new() } else { accounts::holders(conn, Some(&of_accounts))? };
            let mut sessions = if of_sessions.is_empty() { Vec::new() } else { sessions::good(conn, Which::Ids(&of_sessions))? };
            if !of_accounts.is_empty() {
                sessions.extend(sessions::good(conn, Which::Accounts(&of_accounts))?);
            }
            let names = names_of(conn, &sessions)?;
            Ok((head, Read { of: Some((of_accounts, of_sessions)), tokens, names, sessions, now }))
        })?;
        self.known.write().take_over(head, read);
        Ok(())
    }
}

fn names_of(conn: &mut Conn, sessions: &[(Vec<u8>, Session)]) -> Result<Vec<(AccountId, SignedInAs)>, DbError> {
    let accounts: Vec<AccountId> = sessions.iter().map(|(_, session)| session.caller.account).collect();
    if accounts.is_empty() { Ok(Vec::new()) } else { accounts::names(conn, &accounts) }
}

/// What was read.
struct Read {
    /// Of whom; none: of all.
    of: Option<(Vec<AccountId>, Vec<SessionId>)>,
    tokens: Vec<(Vec<u8>, Holder)>,
    sessions: Vec<(Vec<u8>, Session)>,
    names: Vec<(AccountId, SignedInAs)>,
    /// When: sessions that are over are forgotten.
    now: Instant,
}

impl Known {
    fn take_over(&mut self, head: i64, read: Read) {
        match read.of {
            None => {
                self.tokens.clear();
                self.sessions.clear();
            }
            // Of whom has changed, what was read stands in place of what was known: who was ended is signed in nowhere.
            Some((accounts, sessions)) => {
                self.tokens.retain(|_, holder| !accounts.contains(&holder.caller.account));
                self.sessions.retain(|_, session| !sessions.contains(&session.id) && !accounts.contains(&session.caller.account));
            }
        }
        self.tokens.extend(read.tokens);
        self.sessions.extend(read.sessions);
        self.sessions.retain(|_, session| read.now < session.expires_at);
        self.names.extend(read.names.into_iter().map(|(account, name)| (account, Arc::new(name))));
        let standing: HashSet<AccountId> = self.sessions.values().map(|session| session.caller.account).collect();
        self.names.retain(|account, _| standing.contains(account));
        (self.position, self.is_read) = (head.max(self.position), true);
    }
}
