//! The tools of an organisation: what they are bound to, and the secrets they prove themselves with, two at once while one takes the other's place.
//!
//! Its manager makes and renews them. An administrator may end what any organisation has, and makes none: it would read cases by it.

use super::people::{leave, tell};
use super::webhooks;
use crate::db::accounts::{self, NewAccount, StoredAccount, StoredSecret};
use crate::db::jobs::AccountMail;
use crate::db::{Conn, DbError, Failure, Turn, organisations};
use crate::domain::denied::What;
use crate::domain::ids::{AccountId, OrganisationId, SecretId};
use crate::domain::{About, AccountKind, Denied, NewApiClient, Noted, Reach, Renewal, Role, Scopes};
use crate::limits;

/// A tool with its secrets.
#[derive(Clone, Debug)]
pub struct Tool {
    /// The account.
    pub account: StoredAccount,
    /// Its secrets that were not ended, oldest first.
    pub secrets: Vec<StoredSecret>,
    /// The secret that this very command made: nobody can be shown another.
    pub made: Option<SecretId>,
}

impl Noted for Tool {
    fn about(&self) -> About {
        self.account.about()
    }
}

/// Makes a tool of an organisation, with the hash of its first secret.
pub fn create(
    turn: &mut Turn<'_>,
    reach: Reach,
    organisation: OrganisationId,
    new: &NewApiClient,
    secret_hash: &[u8; 32],
) -> Result<Tool, Failure> {
    if reach.manages() != Some(organisation) {
        return Err(Denied::NotFound(What::Record).into());
    }
    organisations::find(turn.conn, organisation)?;
    let by = turn.author().by.and_then(|by| by.account);
    let scopes: Scopes = new.scopes.0.iter().copied().collect();
    let account = NewAccount {
        organisation,
        kind: AccountKind::Tool,
        label: new.label.as_str(),
        email: None,
        roles: Default::default(),
        scopes: Some(scopes),
        created_by: by,
        until: None,
    };
    let made = accounts::insert(turn, &account)?.account;
    let expires_at = turn.from_now(new.valid_days.span());
    let secret = accounts::add_secret(turn, made, secret_hash, by, Some(expires_at))?;
    done(turn, made, Some(secret))
}

/// Makes another secret; the one before goes on until it is ended or has run out.
pub fn rotate(
    turn: &mut Turn<'_>,
    reach: Reach,
    id: AccountId,
    renewal: &Renewal,
    secret_hash: &[u8; 32],
) -> Result<Tool, Failure> {
    let before = standing(turn, reach, id)?;
    if reach.manages() != Some(before.account.caller.organisation) {
        return Err(Denied::NotFound(What::Record).into());
    }
    // It may have a role that no manager gives.
    if before.account.caller.scopes.is_none() {
        return Err(Denied::MadeByOperator.into());
    }
    let good = before.secrets.iter().filter(|secret| secret.expires_at.is_none_or(|end| turn.now < end));
    if good.count() >= limits::SECRETS_AT_ONCE {
        return Err(Denied::TooManySecrets.into());
    }
    let (by, expires_at) = (turn.author().by.and_then(|by| by.account), turn.from_now(renewal.valid_days.span()));
    let secret = accounts::add_secret(turn, id, secret_hash, by, Some(expires_at))?;
    done(turn, id, Some(secret))
}

/// Ends one secret of a tool: the next call with it is refused.
pub fn end_secret(turn: &mut Turn<'_>, reach: Reach, id: AccountId, secret: SecretId) -> Result<Tool, Failure> {
    let before = standing(turn, reach, id)?;
    if !before.secrets.iter().any(|known| known.id == secret) {
        return Err(Denied::SecretEnded.into());
    }
    accounts::end_secret(turn, secret)?;
    done(turn, id, None)
}

/// Ends a tool and its webhooks: its next call is refused, and nothing is sent for it.
pub fn revoke(turn: &mut Turn<'_>, reach: Reach, id: AccountId) -> Result<Tool, Failure> {
    let before = standing(turn, reach, id)?;
    let command = turn.author().command;
    let is_operator_s = before.account.caller.scopes.is_none();
    let account = leave(turn, before.account, command)?;
    webhooks::end_all_of(turn, id)?;
    if is_operator_s {
        // Whoever runs the service made it, and hears of its end by those who speak to them.
        tell(turn, None, &[Role::Administrator], AccountMail::OperatorToolRevoked)?;
    }
    Ok(Tool { account, ..before })
}

/// A tool that the caller keeps; one that has ended too.
pub fn find(conn: &mut Conn, reach: Reach, id: AccountId) -> Result<Tool, DbError> {
    let account = accounts::kept(conn, reach, AccountKind::Tool, id)?;
    let secrets = accounts::secrets(conn, &[id])?;
    Ok(Tool { account, secrets, made: None })
}

fn standing(turn: &mut Turn<'_>, reach: Reach, id: AccountId) -> Result<Tool, Failure> {
    let found = find(turn.conn, reach, id)?;
    if found.account.ended_at.is_some() { Err(Denied::AccountEnded.into()) } else { Ok(found) }
}

fn done(turn: &mut Turn<'_>, id: AccountId, made: Option<SecretId>) -> Result<Tool, Failure> {
    let tool = Tool { account: accounts::stored(turn.conn, id)?, secrets: accounts::secrets(turn.conn, &[id])?, made };
    turn.note(&tool);
    Ok(tool)
}
