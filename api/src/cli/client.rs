//! `havre client add|list|link|revoke`: the tokens of those who call the service.

use anyhow::{Context as _, Result, anyhow};

use super::explained;
use crate::commands::accounts;
use crate::db::{Author, Db, DbError, Failure, Turn, accounts as stored};
use crate::domain::ids::AccountId;
use crate::domain::token::{new_token, token_hash};
use crate::domain::{Caller, Denied, Role, Text};

/// Gives a command of the operator's.
pub(super) fn give<T>(db: &Db, command: &'static str, work: impl Fn(&mut Turn<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
    Ok(db.write(Author::service(command), work)?.value)
}

/// Makes a token for an organisation, which is created if there is none of this name, and gives it back.
pub fn add(db: &Db, organisation: &str, role: Role) -> Result<String> {
    Ok(make(db, organisation, role)?.0)
}

/// The same, with whom it is for.
pub fn make(db: &Db, organisation: &str, role: Role) -> Result<(String, Caller)> {
    let name = Text::<200>::try_from(organisation.to_owned()).map_err(anyhow::Error::msg).context("--organisation")?;
    let token = new_token().context("no randomness to make a token of")?;
    let hash = token_hash(&token);
    let caller = give(db, "addClient", |turn| accounts::add_client(turn, &name, role, &hash)).map_err(explained)?;
    Ok((token, caller))
}

/// Makes a link that signs a client in on the pages, once, and gives it back.
pub fn sign_in_link(db: &Db, client: AccountId, base: &str) -> Result<String> {
    let code = new_token().context("no randomness to make a link of")?;
    let hash = token_hash(&code);
    give(db, "makeSignInLink", |turn| accounts::make_sign_in_link(turn, client, &hash))
        .map_err(|failure| known(failure, client))?;
    Ok(format!("{base}/connexion/{code}"))
}

fn known(failure: Failure, client: AccountId) -> anyhow::Error {
    match failure {
        Failure::Denied(Denied::NotFound(_)) => {
            anyhow!("no client {client} that is not revoked; `havre client list` shows them")
        }
        other => explained(other),
    }
}

/// One line a client: id, role or scopes, since when, until when, organisation. Never a token: only its hash is kept.
pub fn list(db: &Db) -> Result<String> {
    let clients = db.read(stored::list_tools).map_err(|error: DbError| error)?;
    let mut lines = String::new();
    for client in clients {
        let ended = client.ended_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let may = match client.scopes {
            Some(scopes) => codes(scopes.iter()),
            None => codes(client.roles.iter()),
        };
        let fields = [client.id.to_string(), may, client.created_at.to_string(), ended, client.organisation];
        lines.push_str(&fields.join("\t"));
        lines.push('\n');
    }
    Ok(lines)
}

fn codes<C: matcher::Code>(codes: impl Iterator<Item = C>) -> String {
    codes.map(C::as_str).collect::<Vec<_>>().join(",")
}

/// Revokes a client's token: its next call is refused.
pub fn revoke(db: &Db, id: AccountId) -> Result<()> {
    give(db, "revokeClient", |turn| accounts::revoke_client(turn, id)).map_err(|failure| known(failure, id))
}
