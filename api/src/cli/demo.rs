//! `havre demo`: the demonstration registry in a database, a token for each role, and what to try with them.

use std::path::PathBuf;

use matcher::Code as _;

use anyhow::Result;

use super::{client, seed};
use crate::db::Db;
use crate::domain::{Caller, Role};
use crate::seed::demo::{FIRST_REQUEST, registry};

/// The organisation each role's token acts for: one of the demonstration registry whose records make it worth trying.
fn organisation(role: Role) -> &'static str {
    match role {
        Role::Referent => "SIAO fictif de Paris",
        Role::Provider => "Association fictive Les Amarres",
        Role::Regulator => "Coordination Ac.Sé (fictive)",
        Role::Coordinator | Role::Auditor | Role::Administrator => "Coordination nationale fictive",
        Role::Manager => "Association fictive Les Amarres",
        Role::Partner => "Outil partenaire fictif Passerelle",
    }
}

/// A token, and whom it is for.
type Made = (Role, String, Caller);

/// A database with the demonstration registry, and a new token for each role.
pub struct Demo {
    db: Db,
    tokens: Vec<Made>,
}

impl Demo {
    /// Loads the registry where the database is new, and makes the tokens.
    pub fn prepare(db: &Db, is_new: bool) -> Result<Self> {
        if is_new {
            seed::load_records(db, &registry(db.clock().now()).map_err(anyhow::Error::msg)?)?;
        }
        let mut tokens: Vec<Made> = Vec::new();
        for role in Role::ALL {
            let (token, caller) = client::make(db, organisation(*role), *role)?;
            tokens.push((*role, token, caller));
        }
        Ok(Self { db: db.clone(), tokens })
    }

    /// What to try, once it is served at `base`; `kept` is the file that stays.
    pub fn what_to_try(&self, base: &str, kept: Option<PathBuf>) -> Result<String> {
        Ok(what_to_try(base, &self.tokens, &screens(&self.db, &self.tokens, base)?, kept))
    }
}

/// The roles that have a screen of their own, with what it is.
const SCREENS: [(Role, &str); 7] = [
    (Role::Referent, "ask for a place"),
    (Role::Provider, "declare places, answer"),
    (Role::Regulator, "answer for a door"),
    (Role::Manager, "people and tools of one organisation (/comptes)"),
    (Role::Administrator, "organisations (/comptes)"),
    (Role::Auditor, "who did and who read what (/journaux)"),
    (Role::Coordinator, "what there is, where and for whom (/registre)"),
];

fn screens(db: &Db, tokens: &[Made], base: &str) -> Result<String> {
    let mut text = String::new();
    for (role, what) in SCREENS {
        let Some((_, _, caller)) = tokens.iter().find(|(of, ..)| *of == role) else { continue };
        text.push_str(&format!("{what}: {}\n", client::sign_in_link(db, caller.account, base)?));
    }
    Ok(text)
}

fn what_to_try(base: &str, tokens: &[Made], screens: &str, kept: Option<PathBuf>) -> String {
    let mut text = format!("Havre, demonstration: an invented registry, on {base}\n");
    text.push_str(&match kept {
        Some(file) => format!("kept in {}; the tokens below are new and add to those of earlier starts\n", file.display()),
        None => "kept in a temporary folder that goes when this stops\n".to_owned(),
    });
    text.push_str(&format!("\nThe screens; each link signs in once:\n{screens}"));
    text.push_str(&format!("\ndocumentation: {base}/docs/   OpenAPI: {base}/api/v1/openapi.json\n\nA token for each role:\n"));
    for (role, token, _) in tokens {
        text.push_str(&format!("{}: {token}\n", role.as_str()));
    }
    let referent = tokens.iter().find(|(role, ..)| *role == Role::Referent).map(|(_, token, _)| token.as_str()).unwrap_or_default();
    text.push_str(&format!(
        "\nPlaces for a woman who needs shelter tonight near Paris and must not be in Seine-Saint-Denis:\n\
         curl --silent --show-error --request POST --header 'Authorization: Bearer {referent}' '{base}/api/v1/requests/{FIRST_REQUEST}/rank?top=3'\n\n\
         Stop with Ctrl-C.\n"
    ));
    text
}
