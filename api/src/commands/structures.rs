//! Homes, written by the association that runs them.

use matcher::Policy;
use serde::Serialize;
use serde_json::json;

use super::vouching::Voucher;
use super::{keep_apart, reevaluation, vouching};
use crate::db::jobs::Job;
use crate::db::structures::{self, StoredStructure};
use crate::db::{Conn, DbError, Failure, Turn, units};
use crate::domain::ids::{OrganisationId, StructureId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::structure::RegistrationDecision;
use crate::domain::{About, Denied, Noted, Reach, Record, RecordKind, Seen, Site, Structure};

/// Adds a structure of an organisation, where its commune says.
pub fn create(turn: &mut Turn<'_>, organisation: OrganisationId, declared: &Structure) -> Result<StoredStructure, Failure> {
    let site = site(declared)?;
    let made = structures::insert(turn, StructureId::new(), organisation, declared, site)?;
    let stored = structures::find(turn.conn, Reach::Everything, made.id)?;
    turn.note(&stored);
    if declared.trafficking_contact.email.is_some() {
        turn.enqueue(Job::ProveContact { structure: stored.id });
    }
    contest(turn, stored)
}

/// Somebody gives the code that came to the contact address: from now on mails go there.
pub fn prove_contact(turn: &mut Turn<'_>, reach: Reach, id: StructureId, code: &OneTimeCode) -> Result<StoredStructure, Failure> {
    let before = standing(structures::find(turn.conn, reach, id)?)?;
    if before.contact_proved {
        return Err(Denied::ChangeDecided.into());
    }
    if !before.is_proved_by(code)? {
        return Err(Denied::CodeNotValid.into());
    }
    let stored = structures::prove_contact(turn, before)?;
    turn.note(&stored);
    Ok(stored)
}

/// Replaces what is declared of a structure; whoever is on their way there or housed is judged again. `declared_before` is what of it the caller's view shows, and so what its tag is made of.
pub fn update<D: Serialize>(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: StructureId,
    seen: &Seen,
    declared_before: impl Fn(&StoredStructure) -> D,
    declared: &Structure,
) -> Result<StoredStructure, Failure> {
    let before = standing(structures::find(turn.conn, reach, id)?)?;
    seen.check(&declared_before(&before))?;
    let site = site(declared)?;
    let is_elsewhere = before.home.unshown().commune != declared.commune;
    let is_reached_elsewhere = before.home.unshown().contact.email != declared.trafficking_contact.email;
    let mut stored = structures::update(turn, before, declared, site)?;
    if is_reached_elsewhere {
        stored = structures::unprove_contact(turn, stored)?;
        turn.enqueue(Job::ProveContact { structure: id });
    }
    if is_elsewhere || stored.has_moved() {
        vouching::leave(turn, id)?;
    }
    let met = if stored.has_moved() { keep_apart::moved(turn, id)? } else { None };
    keep_apart::note(turn, &stored, met);
    reevaluation::of_structure(turn, policy, id)?;
    contest(turn, stored)
}

/// A FINESS or SIRET names one structure within an organisation. Where another organisation has given it too, whoever gave it is answered as
/// if nobody had: else anyone could ask which registered establishment is a hidden home. Neither is matched from now on, and the coordination
/// is told (design §5). An edit takes nothing of that back.
fn contest(turn: &mut Turn<'_>, stored: StoredStructure) -> Result<StoredStructure, Failure> {
    let same = structures::of_the_same_number(turn.conn, &stored)?;
    if same.iter().any(|other| other.organisation == stored.organisation) {
        return Err(Denied::NumberTaken.into());
    }
    if same.is_empty() {
        return Ok(stored);
    }
    let stored = structures::set_contested(turn, stored, true, false)?;
    for other in same {
        let other = structures::set_contested(turn, other, true, false)?;
        turn.note_as(CONTEST, &Contested { structure: other.id, with: Some(stored.id), contested: true });
    }
    turn.note_as(CONTEST, &Contested { structure: stored.id, with: None, contested: true });
    Ok(stored)
}

/// The verb under which the coordination hears of a number that two organisations give.
const CONTEST: &str = "contestRegistration";

/// What the coordination hears of it: which structures, and never the number.
#[derive(Clone, Copy, Debug)]
pub struct Contested {
    /// The structure.
    pub structure: StructureId,
    /// The one that gave the number last.
    pub with: Option<StructureId>,
    /// Whether it is left out of rankings since.
    pub contested: bool,
}

impl Noted for Contested {
    fn about(&self) -> About {
        About {
            record: Record { kind: RecordKind::Notice, id: self.structure.0 },
            organisation: None,
            addressee: None,
            place: None,
            encounter: None,
            detail: json!({"structure_id": self.structure, "with_structure_id": self.with, "registration_contested": self.contested}),
        }
    }
}

/// Somebody who may vouch for the home has decided whether the number of a structure is its own: if so it is matched again, if not it stays out.
pub fn resolve(turn: &mut Turn<'_>, reach: Reach, id: StructureId, said: &RegistrationDecision) -> Result<Contested, Failure> {
    let before = structures::find(turn.conn, Reach::Everything, id)?;
    let units = units::of_structure(turn.conn, id)?;
    let before = standing(Voucher::of(turn.conn, reach)?.must_reach(before, &units)?)?;
    if !before.contested {
        return Err(Denied::NotContested.into());
    }
    let stored = structures::set_contested(turn, before, !said.right, true)?;
    let decided = Contested { structure: stored.id, with: None, contested: stored.contested };
    turn.note(&decided);
    Ok(decided)
}

/// How a structure stands that was decided on.
pub fn decided(conn: &mut Conn, id: StructureId) -> Result<Contested, DbError> {
    let stored = structures::find(conn, Reach::Everything, id)?;
    Ok(Contested { structure: id, with: None, contested: stored.contested })
}

/// A structure that has not ended.
pub(super) fn standing(structure: StoredStructure) -> Result<StoredStructure, Denied> {
    if structure.ended_at.is_none() { Ok(structure) } else { Err(Denied::StructureEnded) }
}

fn site(declared: &Structure) -> Result<Site, Denied> {
    declared.site().map_err(|wrong| Denied::Contradiction(vec![wrong]))
}
