//! `havre admin init`: the first administrator of a database without any account.

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;

use super::client::give;
use super::explained;
use crate::commands::accounts;
use crate::db::Db;
use crate::domain::token::{new_token, token_hash};
use crate::domain::{Email, Text};

/// Whom to invite.
#[derive(Args)]
pub struct InitArgs {
    /// The administrator's mail address
    #[arg(long)]
    email: String,
    /// The administrator's name
    #[arg(long)]
    name: String,
    /// The name of the administrator's organisation, which is created as the coordination if it is not there
    #[arg(long, default_value = "Coordination nationale")]
    organisation: String,
}

/// Invites the first administrator, and gives the link of the invitation, which is shown this once.
pub fn init(db: &Db, args: &InitArgs, base: &str) -> Result<String> {
    let wrong = |argument: &'static str| move |why: String| anyhow!(why).context(argument);
    let organisation = Text::<200>::try_from(args.organisation.clone()).map_err(wrong("--organisation"))?;
    let label = Text::<100>::try_from(args.name.clone()).map_err(wrong("--name"))?;
    let email = Email::try_from(args.email.clone()).map_err(wrong("--email"))?;
    if !email.checks() {
        bail!("--email: {} is no address that a mail can be sent to", email.as_str());
    }
    let code = new_token().context("no randomness to make a link of")?;
    let hash = token_hash(&code);
    let invited =
        give(db, "inviteAccount", |turn| accounts::invite_first_administrator(turn, &organisation, (&label, &email), &hash));
    match invited.map_err(explained)? {
        Some(_) => Ok(format!("{base}/invitation/{code}")),
        None => bail!("there are accounts already: an administrator or a manager invites others on the page `Comptes`"),
    }
}
