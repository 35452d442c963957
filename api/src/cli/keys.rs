//! `havre keys status|rotate`: how the keys stand, and new ones in the place of old ones while instances serve.

use anyhow::Result;

use super::{complain, explained, print};
use crate::db::{Db, DbError, credentials, structures, units, webhooks};
use crate::limits;
use crate::work::upkeep;

/// Says by which master key keys are wrapped, how old the deployment's are, and which are missing or too many.
pub fn status(db: &Db) -> Result<()> {
    let status = db.keys().status()?;
    let mut text = format!("master key in force: {}\n", status.master);
    for (name, count) in &status.by_master {
        text.push_str(&format!("wrapped by {name}: {count} keys\n"));
    }
    for (generation, made_at) in &status.generations {
        text.push_str(&format!("key of the deployment, generation {generation}: made {made_at}\n"));
    }
    let now = db.read(|conn| db.pulse(conn)).map_err(|error: DbError| error)?.now;
    let lacking = upkeep::lacking_keys(db).map_err(explained)?;
    let too_many = upkeep::without_row(db, now.plus(limits::KEYS_SWEPT_AFTER)).map_err(explained)?;
    text.push_str(&format!("requests without their key, which read as erased: {}\n", lacking.len()));
    text.push_str(&format!("keys of requests that are not there: {}, each swept a day after it was made\n", too_many.len()));
    print(&text)
}

/// Wraps every key with the first of the master keys, makes a new key of the deployment and seals with it whatever an older one has sealed. An
/// older one is swept a day later, when no instance can seal with it any more.
pub fn rotate(db: &Db) -> Result<()> {
    let mut wrapped = 0_usize;
    loop {
        let some = db.keys().wrap_some_again()?;
        if some == 0 {
            break;
        }
        wrapped = wrapped.saturating_add(some);
        complain(&format!("{wrapped} keys wrapped anew"));
    }
    let generation = db.keys().begin_generation()?;
    // Twice: what an instance has written with the old key meanwhile is found by the second walk, and by the sweep after a day.
    let mut sealed = 0_usize;
    for _walk in 0..2 {
        sealed = sealed
            .saturating_add(walk("structures", |after| db.write_beside(|conn| structures::seal_again(conn, generation, after)))?);
        sealed = sealed.saturating_add(walk("addresses", |after| {
            db.write_beside(|conn| structures::seal_addresses_again(conn, generation, after))
        })?);
        let of_accounts = walk("second factors", |after| db.write_beside(|conn| credentials::seal_again(conn, generation, after)))?;
        sealed = sealed.saturating_add(of_accounts);
        let of_units = walk("units", |after| db.write_beside(|conn| units::seal_again(conn, generation, after)))?;
        sealed = sealed.saturating_add(of_units);
        let of_webhooks = walk("webhooks", |after| db.write_beside(|conn| webhooks::seal_again(conn, generation, after)))?;
        sealed = sealed.saturating_add(of_webhooks);
    }
    print(&format!(
        "{wrapped} keys are wrapped by the master key {}; {sealed} records are sealed by generation {generation} of the deployment's key\n",
        db.keys().status()?.master
    ))
}

/// Walks a table batch by batch and says how far it is; gives how many were sealed again.
fn walk<Id>(table: &str, some: impl Fn(Option<Id>) -> Result<(Option<Id>, usize), DbError>) -> Result<usize> {
    let (mut after, mut count) = (None, 0_usize);
    loop {
        let (last, sealed) = some(after)?;
        count = count.saturating_add(sealed);
        if sealed > 0 {
            complain(&format!("{count} {table} sealed anew"));
        }
        match last {
            Some(last) => after = Some(last),
            None => return Ok(count),
        }
    }
}
