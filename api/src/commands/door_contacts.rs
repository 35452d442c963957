//! The public numbers of the doors: the coordination and administrators keep them right.

use matcher::Department;

use crate::clock::civil;
use crate::db::{Failure, Turn, door_contacts, organisations};
use crate::domain::Seen;
use crate::domain::doors::{DoorContact, KnownDoor, Verified};
use crate::domain::ids::{DoorContactId, OrganisationId};

/// Replaces what is declared of a public number. Who gives it, or gives the same again, has made sure of it today, by the clock of its department.
pub fn update(
    turn: &mut Turn<'_>,
    id: DoorContactId,
    own: OrganisationId,
    seen: &Seen,
    declared: &DoorContact,
) -> Result<KnownDoor, Failure> {
    let before = door_contacts::find(turn.conn, id)?;
    seen.check(&before.declared)?;
    let on = civil(turn.now, before.department.unwrap_or(Department::PARIS)).date_naive();
    let verified = match declared.phone {
        Some(_) => Some(Verified { on, by: organisations::find(turn.conn, own)?.declared.name.as_str().to_owned() }),
        None => None,
    };
    let known = door_contacts::update(turn, KnownDoor { declared: declared.clone(), verified, ..before })?;
    turn.note(&known);
    Ok(known)
}
