//! `havre demo`: the service on a new SQLite file with the demonstration registry, and what to try.

use std::path::PathBuf;

use matcher::Code as _;

use anyhow::{Context as _, Result, bail};

use super::{client, print, seed, serve_app};
use crate::app::App;
use crate::config::Config;
use crate::db::{DatabaseUrl, Db};
use crate::domain::{Caller, Role};
use crate::seed::demo::{FIRST_REQUEST, registry};

/// The organisation each role's token acts for: one of the demonstration registry whose records make it worth trying.
fn organisation(role: Role) -> &'static str {
    match role {
        Role::Referent => "SIAO fictif de Paris",
        Role::Provider => "Association fictive Les Amarres",
        Role::Regulator => "Coordination Ac.Sé (fictive)",
        Role::Coordinator | Role::Auditor | Role::Administrator => "Coordination nationale fictive",
        Role::Partner => "Outil partenaire fictif Passerelle",
    }
}

/// A token, and whom it is for.
type Made = (Role, String, Caller);

/// Serves the demonstration until told to stop.
pub fn run(keep: Option<PathBuf>, config: &Config) -> Result<()> {
    if !config.bind.ip().is_loopback() {
        bail!("HAVRE_BIND is wrong: `demo` prints its tokens, so it listens on loopback only, not on {}", config.bind);
    }
    // The folder goes with this guard when the service stops.
    let temporary = tempfile::tempdir().context("no temporary folder")?;
    let folder = keep.clone().unwrap_or_else(|| temporary.path().to_path_buf());
    std::fs::create_dir_all(&folder).with_context(|| format!("--keep {}", folder.display()))?;
    let file = folder.join("havre.sqlite");
    let is_new = !file.exists();
    let app = App::configured(&Config { database_url: DatabaseUrl::Sqlite(file.clone()), ..config.clone() })?;
    if is_new {
        let now = app.db().clock().now();
        seed::load_records(app.db(), &registry(now).map_err(anyhow::Error::msg)?)?;
    }
    let mut tokens: Vec<Made> = Vec::new();
    for role in Role::ALL {
        let (token, caller) = client::make(app.db(), organisation(*role), *role)?;
        tokens.push((*role, token, caller));
    }
    let kept = keep.map(|_| file);
    let db = app.db().clone();
    serve_app(app, config, |application| {
        let base = format!("http://{}", application.address());
        print(&what_to_try(&base, &tokens, &screens(&db, &tokens, &base)?, kept))
    })
}

/// The roles that have a screen of their own, with what it is.
const SCREENS: [(Role, &str); 3] =
    [(Role::Referent, "ask for a place"), (Role::Provider, "declare places, answer"), (Role::Regulator, "answer for a door")];

fn screens(db: &Db, tokens: &[Made], base: &str) -> Result<String> {
    let mut text = String::new();
    for (role, what) in SCREENS {
        let Some((_, _, caller)) = tokens.iter().find(|(of, ..)| *of == role) else { continue };
        text.push_str(&format!("{what}: {}\n", client::sign_in_link(db, caller.client, base)?));
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
