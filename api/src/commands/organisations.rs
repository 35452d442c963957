//! Who takes part.

use crate::db::organisations::{self, StoredOrganisation};
use crate::db::{Failure, Turn};
use crate::domain::ids::OrganisationId;
use crate::domain::{Organisation, Seen};

/// Adds an organisation.
pub fn create(turn: &mut Turn<'_>, declared: &Organisation) -> Result<StoredOrganisation, Failure> {
    let stored = organisations::insert(turn, OrganisationId::new(), declared)?;
    turn.note(&stored);
    Ok(stored)
}

/// Replaces what is declared of an organisation.
pub fn update(
    turn: &mut Turn<'_>,
    id: OrganisationId,
    seen: &Seen,
    declared: &Organisation,
) -> Result<StoredOrganisation, Failure> {
    let before = organisations::find(turn.conn, id)?;
    seen.check(&before.declared)?;
    let stored = organisations::update(turn, before, declared)?;
    turn.note(&stored);
    Ok(stored)
}
