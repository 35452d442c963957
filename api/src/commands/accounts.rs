//! Who may call: tokens, and links of the operator's that sign in once.

use matcher::Code as _;

use super::webhooks;
use crate::db::accounts::NewAccount;
use crate::db::{Failure, Turn, accounts, links, organisations};
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::{AccountKind, Caller, Contact, Email, LinkPurpose, List, Organisation, OrganisationKind, Role, Text};
use crate::limits;

/// Makes a tool of an organisation that acts in a role, on the operator's word; the organisation is created if there is none of this name. Of
/// the secret the hash is kept.
pub fn add_client(turn: &mut Turn<'_>, organisation: &Text<200>, role: Role, token_hash: &[u8; 32]) -> Result<Caller, Failure> {
    let organisation = find_or_create(turn, organisation, role)?;
    let new = NewAccount {
        organisation,
        kind: AccountKind::Tool,
        label: role.as_str(),
        email: None,
        roles: [role].into_iter().collect(),
        scopes: None,
        created_by: None,
        until: None,
    };
    let caller = accounts::insert(turn, &new)?;
    accounts::add_secret(turn, caller.account, token_hash, None, None)?;
    let made = accounts::stored(turn.conn, caller.account)?;
    turn.note_as("addClient", &made);
    Ok(caller)
}

/// An organisation of the kind that most often has this role.
fn of_role(name: &Text<200>, role: Role) -> Organisation {
    let kind = match role {
        Role::Referent => OrganisationKind::Siao,
        Role::Provider | Role::Manager => OrganisationKind::Association,
        Role::Regulator => OrganisationKind::Regulator,
        Role::Partner => OrganisationKind::Partner,
        Role::Coordinator | Role::Auditor | Role::Administrator => OrganisationKind::Coordination,
    };
    Organisation {
        name: name.clone(),
        kind,
        orients: false,
        doors: List(Vec::new()),
        departments: List(Vec::new()),
        contact: Contact::default(),
    }
}

/// Invites the first administrator, for an organisation that is created as the coordination if there is none of this name, and keeps the hash
/// of the link's code. None where there is any account already: whoever has one invites the others.
pub fn invite_first_administrator(
    turn: &mut Turn<'_>,
    organisation: &Text<200>,
    (label, email): (&Text<100>, &Email),
    code_hash: &[u8; 32],
) -> Result<Option<Caller>, Failure> {
    if accounts::any(turn.conn)? {
        return Ok(None);
    }
    let organisation = find_or_create(turn, organisation, Role::Administrator)?;
    let new = NewAccount {
        organisation,
        kind: AccountKind::Person,
        label: label.as_str(),
        email: Some(email),
        roles: [Role::Administrator].into_iter().collect(),
        scopes: None,
        created_by: None,
        until: None,
    };
    let invited = accounts::insert(turn, &new)?;
    let until = turn.from_now(limits::INVITATION_VALID);
    links::insert_for_account(turn, LinkPurpose::Invitation, organisation, invited.account, code_hash, until)?;
    let made = accounts::stored(turn.conn, invited.account)?;
    turn.note_as("inviteAccount", &made);
    Ok(Some(invited))
}

fn find_or_create(turn: &mut Turn<'_>, name: &Text<200>, role: Role) -> Result<OrganisationId, Failure> {
    if let Some(id) = organisations::id_by_name(turn.conn, name)? {
        return Ok(id);
    }
    let created = organisations::insert(turn, OrganisationId::new(), &of_role(name, role))?;
    turn.note_as("createOrganisation", &created);
    Ok(created.id)
}

/// Revokes a client: its next call is refused, its sessions are over, and so are its webhooks.
pub fn revoke_client(turn: &mut Turn<'_>, id: AccountId) -> Result<(), Failure> {
    accounts::end(turn, id)?;
    let ended = accounts::stored(turn.conn, id)?;
    turn.note_as("revokeClient", &ended);
    webhooks::end_all_of(turn, id)
}

/// Keeps the hash of a link that signs a client in, once.
pub fn make_sign_in_link(turn: &mut Turn<'_>, client: AccountId, code_hash: &[u8; 32]) -> Result<(), Failure> {
    let caller = accounts::find(turn.conn, client)?;
    let until = turn.from_now(limits::SIGN_IN_LINK_VALID);
    Ok(links::insert_for_account(turn, LinkPurpose::SignIn, caller.organisation, client, code_hash, until)?)
}
