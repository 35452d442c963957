//! `havre demo`: the service on a new SQLite file with the demonstration registry, and what to try.

use std::path::PathBuf;

use matcher::Code as _;

use super::{client, print, seed, serve_app};
use crate::app::App;
use crate::auth::token_hash;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{DatabaseUrl, Db, DbError, clients};
use crate::domain::Role;
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

/// Serves the demonstration until told to stop.
pub fn run(keep: Option<PathBuf>, config: &Config) -> Result<(), String> {
    if !config.bind.ip().is_loopback() {
        return Err(format!(
            "HAVRE_BIND is wrong: `demo` prints its tokens, so it listens on loopback only, not on {}",
            config.bind
        ));
    }
    // The folder goes with this guard when the service stops.
    let temporary = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let folder = keep.clone().unwrap_or_else(|| temporary.path().to_path_buf());
    std::fs::create_dir_all(&folder).map_err(|error| format!("--keep {}: {error}", folder.display()))?;
    let file = folder.join("havre.sqlite");
    let is_new = !file.exists();
    let app = App::open(
        &DatabaseUrl::Sqlite(file.clone()),
        config.policy()?,
        Clock::default(),
        config.mailer.clone(),
        &config.public_url,
    )
    .map_err(|error| error.to_string())?;
    if is_new {
        let now = app.db().clock().now();
        seed::load_records(app.db(), &registry(now)?)?;
    }
    let tokens = Role::ALL
        .iter()
        .map(|role| Ok((*role, client::add(app.db(), organisation(*role), *role)?)))
        .collect::<Result<Vec<_>, String>>()?;
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

fn screens(db: &Db, tokens: &[(Role, String)], base: &str) -> Result<String, String> {
    let mut text = String::new();
    for (role, what) in SCREENS {
        let Some((_, token)) = tokens.iter().find(|(of, _)| *of == role) else { continue };
        let hash = token_hash(token);
        let found = db.read(|conn| clients::by_token_hash(conn, &hash)).map_err(|error: DbError| error.to_string())?;
        let client = found.ok_or("a token that was just made is not there")?.client;
        text.push_str(&format!("{what}: {}\n", client::sign_in_link(db, client.0, base)?));
    }
    Ok(text)
}

fn what_to_try(base: &str, tokens: &[(Role, String)], screens: &str, kept: Option<PathBuf>) -> String {
    let mut text = format!("Havre, demonstration: an invented registry, on {base}\n");
    text.push_str(&match kept {
        Some(file) => format!("kept in {}; the tokens below are new and add to those of earlier starts\n", file.display()),
        None => "kept in a temporary folder that goes when this stops\n".to_owned(),
    });
    text.push_str(&format!("\nThe screens; each link signs in once:\n{screens}"));
    text.push_str(&format!("\ndocumentation: {base}/docs/   OpenAPI: {base}/api/v1/openapi.json\n\nA token for each role:\n"));
    for (role, token) in tokens {
        text.push_str(&format!("{}: {token}\n", role.as_str()));
    }
    let referent = tokens.iter().find(|(role, _)| *role == Role::Referent).map(|(_, token)| token.as_str()).unwrap_or_default();
    text.push_str(&format!(
        "\nPlaces for a woman who needs shelter tonight near Paris and must not be in Seine-Saint-Denis:\n\
         curl --silent --show-error --request POST --header 'Authorization: Bearer {referent}' '{base}/api/v1/requests/{FIRST_REQUEST}/rank?top=3'\n\n\
         Stop with Ctrl-C.\n"
    ));
    text
}
