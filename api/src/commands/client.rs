//! `havre client add|list|revoke`: the tokens of those who call the service.

use matcher::Code as _;
use uuid::Uuid;

use crate::auth::{new_token, token_hash};
use crate::db::events::{self, Event};
use crate::db::types::Guid;
use crate::db::{Db, DbError, Tx, clients, organisations, sessions};
use crate::domain::List;
use crate::domain::{Organisation, OrganisationKind, RecordKind, Role, Text};
use crate::limits;

/// Makes a token for an organisation, which is created if there is none of this name, and gives it back.
pub fn add(db: &Db, organisation: &str, role: Role) -> Result<String, String> {
    let name = Text::<200>::try_from(organisation.to_owned()).map_err(|why| format!("--organisation {why}"))?;
    let token = new_token().map_err(|error| format!("no randomness to make a token of: {error}"))?;
    let hash = token_hash(&token);
    db.write(|tx| {
        let organisation = match organisations::id_by_name(tx.conn, name.as_str())? {
            Some(id) => id,
            None => create_organisation(tx, &name, role)?,
        };
        let client = clients::insert(tx, organisation, role, &hash)?;
        events::record(tx, Event { by: None, command: "addClient", kind: RecordKind::ApiClient, record: client })
    })
    .map_err(|error: DbError| error.to_string())?;
    Ok(token)
}

fn create_organisation(tx: &mut Tx<'_>, name: &Text<200>, role: Role) -> Result<Guid, DbError> {
    let kind = match role {
        Role::Referent => OrganisationKind::Siao,
        Role::Provider => OrganisationKind::Association,
        Role::Regulator => OrganisationKind::Regulator,
        Role::Partner => OrganisationKind::Partner,
        Role::Coordinator | Role::Auditor | Role::Administrator => OrganisationKind::Coordination,
    };
    let id = Guid::new();
    let declared =
        Organisation { name: name.clone(), kind, doors: List(Vec::new()), departments: List(Vec::new()), phone: None, email: None };
    organisations::insert(tx, id, &declared)?;
    events::record(tx, Event { by: None, command: "createOrganisation", kind: RecordKind::Organisation, record: id })?;
    Ok(id)
}

/// Makes a link that signs a client in on the pages, once, and gives it back.
pub fn sign_in_link(db: &Db, client: Uuid, base: &str) -> Result<String, String> {
    let code = new_token().map_err(|error| format!("no randomness to make a link of: {error}"))?;
    let hash = token_hash(&code);
    db.write(|tx| {
        clients::must_be_good(tx.conn, Guid(client))?;
        sessions::insert_link(tx, Guid(client), &hash, tx.now.plus(limits::SIGN_IN_LINK_VALID))
    })
    .map_err(|error: DbError| match error {
        DbError::NotFound => format!("no client {client} that is not revoked; `havre client list` shows them"),
        other => other.to_string(),
    })?;
    Ok(format!("{base}/connexion/{code}"))
}

/// One line a client: id, role, since when, until when, organisation. Never a token: only its hash is kept.
pub fn list(db: &Db) -> Result<String, String> {
    let clients = db.read(clients::list).map_err(|error: DbError| error.to_string())?;
    let mut lines = String::new();
    for client in clients {
        let revoked = client.revoked_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let fields =
            [client.id.to_string(), client.role.0.as_str().to_owned(), client.created_at.to_string(), revoked, client.organisation];
        lines.push_str(&fields.join("\t"));
        lines.push('\n');
    }
    Ok(lines)
}

/// Revokes a client's token: its next call is refused.
pub fn revoke(db: &Db, id: Uuid) -> Result<(), String> {
    db.write(|tx| {
        clients::revoke(tx, Guid(id))?;
        events::record(tx, Event { by: None, command: "revokeClient", kind: RecordKind::ApiClient, record: Guid(id) })
    })
    .map_err(|error: DbError| match error {
        DbError::NotFound => format!("no client {id} that is not revoked; `havre client list` shows them"),
        other => other.to_string(),
    })
}
