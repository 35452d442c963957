//! Who takes part.

use super::four_eyes;
use crate::db::organisations::{self, StoredOrganisation};
use crate::db::{Failure, Turn};
use crate::domain::denied::What;
use crate::domain::four_eyes::Split;
use crate::domain::ids::OrganisationId;
use crate::domain::{Contact, Denied, Organisation, Reach, Seen};

/// Adds an organisation. What it is, what it answers for and its address wait for a second person's word: until then it is a partner.
pub fn create(turn: &mut Turn<'_>, declared: &Organisation) -> Result<StoredOrganisation, Failure> {
    let split = Split::of_new(declared);
    let stored = organisations::insert(turn, OrganisationId::new(), &split.now)?;
    turn.note(&stored);
    four_eyes::wait_for_all(turn, stored.id, &split)?;
    Ok(stored)
}

/// Replaces what is declared of an organisation. What takes away counts at once; another kind or address, a door or a department more wait for a
/// second person's word.
pub fn update(
    turn: &mut Turn<'_>,
    id: OrganisationId,
    seen: &Seen,
    declared: &Organisation,
) -> Result<StoredOrganisation, Failure> {
    let before = organisations::find(turn.conn, id)?;
    seen.check(&before.declared)?;
    let split = Split::of_edit(&before.declared, declared);
    let stored = organisations::update(turn, before, &split.now)?;
    turn.note(&stored);
    four_eyes::wait_for_all(turn, stored.id, &split)?;
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
