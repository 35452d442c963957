//! Who may call: tokens, and links of the operator's that sign in once.

use crate::db::{Failure, Turn, accounts, links, organisations};
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::{Caller, Contact, LinkPurpose, List, Organisation, OrganisationKind, Role, Text};
use crate::limits;

/// Makes a client of an organisation, which is created if there is none of this name. Of its token the hash is kept.
pub fn add_client(turn: &mut Turn<'_>, organisation: &Text<200>, role: Role, token_hash: &[u8; 32]) -> Result<Caller, Failure> {
    let organisation = match organisations::id_by_name(turn.conn, organisation)? {
        Some(id) => id,
        None => {
            let created = organisations::insert(turn, OrganisationId::new(), &of_role(organisation, role))?;
            turn.note_as("createOrganisation", &created);
            created.id
        }
    };
    let caller = accounts::insert(turn, organisation, role, token_hash)?;
    turn.note_as("addClient", &caller);
    Ok(caller)
}

/// An organisation of the kind that most often has this role.
fn of_role(name: &Text<200>, role: Role) -> Organisation {
    let kind = match role {
        Role::Referent => OrganisationKind::Siao,
        Role::Provider => OrganisationKind::Association,
        Role::Regulator => OrganisationKind::Regulator,
        Role::Partner => OrganisationKind::Partner,
        Role::Coordinator | Role::Auditor | Role::Administrator => OrganisationKind::Coordination,
    };
    Organisation { name: name.clone(), kind, doors: List(Vec::new()), departments: List(Vec::new()), contact: Contact::default() }
}

/// Revokes a client: its next call is refused, and its sessions are over.
pub fn revoke_client(turn: &mut Turn<'_>, id: AccountId) -> Result<(), Failure> {
    let caller = accounts::find(turn.conn, id)?;
    accounts::revoke(turn, id)?;
    turn.note_as("revokeClient", &caller);
    Ok(())
}

/// Keeps the hash of a link that signs a client in, once.
pub fn make_sign_in_link(turn: &mut Turn<'_>, client: AccountId, code_hash: &[u8; 32]) -> Result<(), Failure> {
    let caller = accounts::find(turn.conn, client)?;
    let until = turn.from_now(limits::SIGN_IN_LINK_VALID);
    Ok(links::insert_for_account(turn, LinkPurpose::SignIn, caller.organisation, client, code_hash, until)?)
}
