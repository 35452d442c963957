//! `havre admin init|pending|approve`: the first administrator of a database without any account; and a second person's word, where there is one
//! administrator alone: the operator's shell is that person (design §5).

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use matcher::{Code as _, Policy};

use super::client::give;
use super::explained;
use crate::commands::{accounts, four_eyes};
use crate::db::{Db, DbError, organisations, pending_changes};
use crate::domain::ids::PendingChangeId;
use crate::domain::token::{new_token, token_hash};
use crate::domain::{Email, Text};
use crate::paging::PageLimit;

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

/// One line a change that waits: id, sort, organisation, since when, whether somebody has given a second word, when it counts.
pub fn pending(db: &Db) -> Result<String> {
    let found = db.read(|conn| -> Result<_, DbError> {
        let names = organisations::names(conn)?;
        Ok((pending_changes::waiting(conn, None, PageLimit::most())?, names))
    })?;
    let mut lines = String::new();
    for change in found.0 {
        let approved = change.approved_at.map_or("waits".to_owned(), |at| at.to_string());
        let due = change.due_at.map_or("-".to_owned(), |at| at.to_string());
        let of = found.1.get(&change.organisation).cloned().unwrap_or_default();
        let fields =
            [change.id.to_string(), change.change.kind().as_str().to_owned(), of, change.asked_at.to_string(), approved, due];
        lines.push_str(&fields.join("\t"));
        lines.push('\n');
    }
    Ok(lines)
}

/// Gives the second word on a change.
pub fn approve(db: &Db, policy: &Policy, id: PendingChangeId) -> Result<String> {
    let approved = give(db, "approveChange", |turn| four_eyes::approve_by_operator(turn, policy, id)).map_err(explained)?;
    Ok(match (approved.outcome, approved.due_at) {
        (Some(_), _) => "it counts from now on\n".to_owned(),
        (None, Some(at)) => format!("it counts on {at}\n"),
        (None, None) => "it counts once its address is proved\n".to_owned(),
    })
}
