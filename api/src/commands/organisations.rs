//! Who takes part.

use crate::db::organisations::{self, StoredOrganisation};
use crate::db::{Failure, Turn};
use crate::domain::denied::What;
use crate::domain::ids::OrganisationId;
use crate::domain::{Contact, Denied, Organisation, Reach, Seen};

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

/// Replaces how the caller's own organisation is reached; `seen` is what was seen of the whole organisation.
pub fn update_contact(
    turn: &mut Turn<'_>,
    reach: Reach,
    id: OrganisationId,
    seen: &Seen,
    contact: &Contact,
) -> Result<StoredOrganisation, Failure> {
    if reach.organisation() != Some(id) {
        return Err(Denied::NotFound(What::Record).into());
    }
    let before = organisations::find(turn.conn, id)?;
    let declared = Organisation { contact: contact.clone(), ..before.declared };
    update(turn, id, seen, &declared)
}
