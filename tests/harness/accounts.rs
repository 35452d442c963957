//! Accounts to begin with: of several roles, or bound to scopes.

use api::db::Author;
use api::db::accounts::{self, NewAccount};
use api::domain::ids::OrganisationId;
use api::domain::token::{new_token, token_hash};
use api::domain::{AccountKind, Role, Scope};
use chrono::TimeDelta;

use super::{Caller, TestApp};

impl TestApp {
    /// A caller of an organisation in several roles, as the operator makes it.
    pub fn in_roles(&self, organisation: OrganisationId, roles: &[Role]) -> Caller {
        self.made(organisation, roles, None, None, None)
    }

    /// A tool of an organisation that is bound to these scopes.
    pub fn tool(&self, organisation: OrganisationId, scopes: &[Scope]) -> Caller {
        self.made(organisation, &[], Some(scopes), None, None)
    }

    /// The same whose account, or whose secret, is good for so long.
    pub fn tool_until(&self, organisation: OrganisationId, account: Option<TimeDelta>, secret: Option<TimeDelta>) -> Caller {
        self.made(organisation, &[], Some(&[Scope::Registry]), account, secret)
    }

    fn made(
        &self,
        organisation: OrganisationId,
        roles: &[Role],
        scopes: Option<&[Scope]>,
        until: Option<TimeDelta>,
        expires: Option<TimeDelta>,
    ) -> Caller {
        let token = new_token().unwrap();
        let made = self.db().write(Author::service("createApiClient"), |turn| {
            let new = NewAccount {
                organisation,
                kind: AccountKind::Tool,
                label: "Outil fictif",
                email: None,
                roles: roles.iter().copied().collect(),
                scopes: scopes.map(|scopes| scopes.iter().copied().collect()),
                created_by: None,
                until: until.map(|span| turn.from_now(span)),
            };
            let made = accounts::insert(turn, &new)?;
            let expires_at = expires.map(|span| turn.from_now(span));
            accounts::add_secret(turn, made.account, &token_hash(&token), None, expires_at)?;
            turn.note(&made);
            Ok::<_, api::db::Failure>(())
        });
        made.unwrap();
        self.with_token(&token)
    }
}
