//! Who takes part in a simulation: tools of every role, made in the database of a deployment that is there to be tried.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use matcher::{Department, Door};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cli::seed::load_records;
use crate::cli::{client, explained, print};
use crate::commands::accounts;
use crate::db::{Db, DbError, organisations};
use crate::domain::ids::OrganisationId;
use crate::domain::token::{new_token, token_hash};
use crate::domain::{Contact, List, Organisation, OrganisationKind, Role, Text};
use crate::seed::Registry;

/// Arguments of `havre simulate accounts`.
#[derive(Args)]
pub struct AccountsArgs {
    /// How many accounts to make
    #[arg(value_name = "N", default_value_t = 3_000)]
    count: usize,
}

/// One of those who take part, as a line of the file that `havre simulate accounts` writes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) organisation_id: Uuid,
    pub(super) role: Role,
    pub(super) token: String,
}

/// Of a hundred accounts, how many have which role. The rest goes to those who orient and those who house, as in the field.
const SHARES: [(Role, usize); 5] =
    [(Role::Regulator, 8), (Role::Coordinator, 1), (Role::Auditor, 1), (Role::Partner, 2), (Role::Referent, 40)];

/// Accounts made in one turn.
const AT_ONCE: usize = 100;

/// Makes the accounts and prints a line for each, with its token. A SIAO and a 115 are made for each department, and regulators for all of
/// France, where the registry has no SIAO.
pub fn make(db: &Db, args: &AccountsArgs) -> Result<()> {
    let all = || db.read(organisations::all).map_err(|error: DbError| error);
    if !all()?.iter().any(|found| found.declared.kind == OrganisationKind::Siao) {
        load_records(db, &Registry { organisations: orienting()?, ..Registry::default() })?;
    }
    let found = all()?;
    let of = |kind: OrganisationKind| -> Vec<(Uuid, Text<200>)> {
        let of_kind = found.iter().filter(|found| found.declared.kind == kind);
        of_kind.map(|found| (found.id.0, found.declared.name.clone())).collect()
    };
    let mut wanted = Vec::new();
    let mut left = args.count;
    for (role, share) in SHARES {
        let count = (args.count * share).div_ceil(100).min(left);
        left -= count;
        wanted.extend(among(&of(kind_of(role)), role, count)?);
    }
    wanted.extend(among(&of(OrganisationKind::Association), Role::Provider, left)?);
    for some in wanted.chunks(AT_ONCE) {
        print(&lines(db, some)?)?;
    }
    Ok(())
}

fn kind_of(role: Role) -> OrganisationKind {
    match role {
        Role::Referent => OrganisationKind::Siao,
        Role::Regulator => OrganisationKind::Regulator,
        Role::Coordinator | Role::Auditor | Role::Administrator | Role::Partner => OrganisationKind::Coordination,
        Role::Provider | Role::Manager => OrganisationKind::Association,
    }
}

type Wanted = (Role, Uuid, Text<200>);

/// So many accounts of a role, spread over these organisations.
fn among(organisations: &[(Uuid, Text<200>)], role: Role, count: usize) -> Result<Vec<Wanted>> {
    if organisations.is_empty() && count > 0 {
        bail!(
            "the registry has no organisation of the kind `{}`: load one first, such as by `havre seed`",
            matcher::Code::as_str(kind_of(role))
        );
    }
    Ok(organisations.iter().cycle().take(count).map(|(id, name)| (role, *id, name.clone())).collect())
}

/// Makes these in one turn; their lines.
fn lines(db: &Db, wanted: &[Wanted]) -> Result<String> {
    let tokens: Vec<_> = wanted.iter().map(|_| new_token()).collect::<Result<_, _>>().context("no randomness to make tokens of")?;
    client::give(db, "addClient", |turn| {
        for ((role, _, name), token) in wanted.iter().zip(&tokens) {
            accounts::add_client(turn, name, *role, &token_hash(token))?;
        }
        Ok(())
    })
    .map_err(explained)?;
    let mut lines = String::new();
    for ((role, organisation_id, _), token) in wanted.iter().zip(tokens) {
        lines.push_str(&serde_json::to_string(&Account { organisation_id: *organisation_id, role: *role, token })?);
        lines.push('\n');
    }
    Ok(lines)
}

/// A SIAO and a 115 for each department, and who keeps the other doors for all of France.
fn orienting() -> Result<Vec<(OrganisationId, Organisation)>> {
    let organisation = |name: String, kind, doors: Vec<Door>, departments: Vec<Department>| -> Result<_> {
        let name = Text::try_from(name).map_err(anyhow::Error::msg)?;
        let (doors, departments) = (List(doors), List(departments));
        let declared = Organisation { name, kind, orients: false, doors, departments, contact: Contact::default() };
        Ok((OrganisationId(Uuid::now_v7()), declared))
    };
    let mut made = Vec::new();
    for code in Department::ALL {
        let department: Department = code.parse().map_err(|_unknown| anyhow!("{code} is no department"))?;
        made.push(organisation(format!("SIAO synthétique {code}"), OrganisationKind::Siao, Vec::new(), vec![department])?);
        made.push(organisation(
            format!("115 synthétique {code}"),
            OrganisationKind::Regulator,
            vec![Door::Samu115],
            vec![department],
        )?);
    }
    for (name, door) in [("Ac.Sé", Door::Acse), ("protection de l'enfance", Door::ChildProtection), ("asile", Door::Asylum)] {
        let name = format!("Régulation synthétique {name}");
        made.push(organisation(name, OrganisationKind::Regulator, vec![door], Vec::new())?);
    }
    Ok(made)
}

/// Reads the file again.
pub(super) fn read(file: &Path) -> Result<Vec<Account>> {
    let unreadable = || format!("--accounts {}", file.display());
    let lines = BufReader::new(File::open(file).with_context(unreadable)?).lines();
    let accounts =
        lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect::<Result<Vec<Account>>>().with_context(unreadable)?;
    for role in [Role::Referent, Role::Provider, Role::Auditor] {
        if !accounts.iter().any(|account| account.role == role) {
            bail!(
                "{}: there is no account with the role {}; `havre simulate accounts` makes some of each",
                file.display(),
                matcher::Code::as_str(role)
            );
        }
    }
    Ok(accounts)
}
