//! What is done once a day: requests whose time is over and keys that nothing is sealed with are swept, auditors are mailed how the logs end.

use super::anchors;
use crate::clock::Instant;
use crate::commands::{Service, retention};
use crate::db::{Author, Db, Failure, requests, structures};
use crate::domain::ids::RequestId;
use crate::limits;

/// Sweeps all of it, and says in the log how much it was. Any number of instances may, at any time.
pub fn sweep(service: &Service) -> Result<(), Failure> {
    let erased = retention::erase_what_is_over(service.db(), |erase| service.write(Author::service(retention::ERASE), erase))?;
    for (department, outcome, requests) in erased.lines() {
        tracing::info!(department, outcome, requests, "requests were erased: 24 months have passed since the last act");
    }
    let (keys, generations) = sweep_keys(service.db())?;
    if keys > 0 || !generations.is_empty() {
        tracing::info!(keys, ?generations, "keys were swept: nothing was sealed with them");
    }
    anchors::mail_to_auditors(service.db())?;
    let lacking = lacking_keys(service.db())?;
    if !lacking.is_empty() {
        tracing::error!(requests = ?lacking, "these requests have no key: they read as erased; restore the key store if that was not meant");
    }
    Ok(())
}

/// Takes the keys away of requests that are not there, or are erased, a day after they were made; and keys of the deployment that are not the
/// newest and seal nothing. Says how many, and which.
pub fn sweep_keys(db: &Db) -> Result<(usize, Vec<i32>), Failure> {
    let now = db.read(|conn| db.pulse(conn))?.now;
    let before = now.plus(-limits::KEYS_SWEPT_AFTER);
    let gone = without_row(db, before)?;
    db.keys().forget(&gone)?;
    let in_use = if db.keys().status()?.generations.len() > 1 { db.read(structures::generations)? } else { Vec::new() };
    let generations = if in_use.is_empty() { Vec::new() } else { db.keys().end_generations(before, &in_use)? };
    Ok((gone.len(), generations))
}

/// The requests that have a key, made before an instant, and nothing that it opens.
pub fn without_row(db: &Db, before: Instant) -> Result<Vec<RequestId>, Failure> {
    let (mut gone, mut after) = (Vec::new(), None);
    loop {
        let some = db.keys().requests_with_key(after, before)?;
        let Some(last) = some.last() else { return Ok(gone) };
        after = Some(*last);
        let sealed = db.read(|conn| requests::sealed_of(conn, &some))?;
        gone.extend(some.into_iter().filter(|request| !sealed.contains(request)));
    }
}

/// The requests that are sealed and have no key.
pub fn lacking_keys(db: &Db) -> Result<Vec<RequestId>, Failure> {
    let (mut lacking, mut after) = (Vec::new(), None);
    loop {
        let some = db.read(|conn| requests::sealed(conn, after))?;
        let Some(last) = some.last() else { return Ok(lacking) };
        after = Some(*last);
        lacking.extend(db.keys().lacking(&some)?);
    }
}
