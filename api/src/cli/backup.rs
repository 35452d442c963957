//! `havre backup` and `havre restore`: an embedded registry and its keys, copied while the service runs, and put back. Both say of what they
//! wrote whether it is whole; a copy that nobody has looked at is none.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{complain, print, verify};
use crate::clock::Clock;
use crate::db::backup::Files;
use crate::db::{DatabaseUrl, KeySettings};

/// Where a deployment keeps what is copied, as it is configured.
pub struct Home {
    /// The registry.
    pub registry: DatabaseUrl,
    /// Its keys.
    pub keys: KeySettings,
}

/// Where copies go.
#[derive(Args, Debug)]
pub struct BackupArgs {
    /// The folder for the copy of the registry
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The folder for the copy of its keys, another one: who is to be forgotten is, once no copy of their key is older than 30 days
    #[arg(long, value_name = "DIR")]
    keys_to: PathBuf,
}

/// Which copies come back.
#[derive(Args, Debug)]
pub struct RestoreArgs {
    /// A copy of the registry
    registry: PathBuf,
    /// The copy of its keys that was made with it, or a later one: what is gone there stays erased
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
}

const ON_POSTGRES: &str = "on PostgreSQL: copy both databases with its own tools, the registry before its keys, such as by \
     pg_dump --format=custom; README.md says how, and how they come back";

/// Copies the registry, then its keys, and verifies the copies.
pub fn backup(home: &Home, args: &BackupArgs, clock: Clock) -> Result<ExitCode> {
    let Some(files) = Files::of(&home.registry, &home.keys)? else { bail!("`backup` does nothing {ON_POSTGRES}") };
    for folder in [&args.to, &args.keys_to] {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    if args.to.canonicalize()? == args.keys_to.canonicalize()? {
        bail!("--keys-to names the same folder as --to: keys are kept apart from what they open, and for 30 days at most");
    }
    let at = clock.now().utc().format("%Y%m%dT%H%M%SZ");
    let copies =
        Files { registry: args.to.join(format!("havre-{at}.sqlite")), keys: args.keys_to.join(format!("havre-{at}.keys")) };
    let parts = copies.ending_in(".part");
    files.copy_to(&parts)?;
    if are_sound(home, &parts, &files.keys, clock)? {
        parts.rename_to(&copies).context("the copies are whole and cannot be named")?;
        print(&format!("copied: {}\nits keys: {}\n", copies.registry.display(), copies.keys.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    complain(&format!("the copies are kept for a look: {}, {}", parts.registry.display(), parts.keys.display()));
    Ok(ExitCode::FAILURE)
}

/// Verifies copies, and puts them where the configuration looks for them. What is there already is never touched.
pub fn restore(home: &Home, args: &RestoreArgs, clock: Clock) -> Result<ExitCode> {
    let Some(files) = Files::of(&home.registry, &home.keys)? else { bail!("`restore` does nothing {ON_POSTGRES}") };
    for file in [&files.registry, &files.keys] {
        if file.exists() {
            bail!("{} is there already: stop the service, and move it away first", file.display());
        }
    }
    let parts = files.ending_in(".part");
    let copies = Files { registry: args.registry.clone(), keys: args.keys.clone() };
    copies.copy_to(&parts)?;
    if are_sound(home, &parts, &files.keys, clock)? {
        parts.rename_to(&files).context("the copies are whole and cannot be put in place")?;
        print(&format!("restored: {}\n", files.registry.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    parts.remove();
    Ok(ExitCode::FAILURE)
}

/// Opens the copies and says what `verify` finds in them: whether they may be used. Copies that cannot be opened do not stay. A request
/// without its key is told and no fault: its people were forgotten between the two copies, and stay so.
fn are_sound(home: &Home, copies: &Files, at_home: &Path, clock: Clock) -> Result<bool> {
    let look = || -> Result<bool> {
        let db = copies.open(&home.keys, at_home, clock)?;
        verify::keys(&db)?;
        verify::logs(&db)
    };
    let found = look();
    if found.is_err() {
        copies.remove();
    }
    found
}
