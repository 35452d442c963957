//! What wakes a page that keeps up: that something has happened which its reader reads of in the feed, and nothing of what. The page asks for itself then,
//! as it does every few seconds where this is not there.

use actix_web::web::Data;
use tokio::task::spawn_blocking;

use super::Page;
use super::session::Secret;
use crate::commands::Service;
use crate::db::{DbError, events};
use crate::web::auth::{Actor, Credential};
use crate::web::going_on::{GoingOn, Source};
use crate::web::operations::FollowMoves;
use crate::web::problem::Problem;

/// Says when to look.
pub async fn follow(actor: Actor<FollowMoves>, service: Data<Service>, secret: Secret) -> Page {
    let going_on = GoingOn::of(&service, Credential::of_browser(&secret), actor.caller().account)?;
    Ok(going_on.answer(Moves { after: actor.pulse().position }))
}

/// What has happened since.
struct Moves {
    after: i64,
}

impl Source for Moves {
    async fn read(&mut self, from: &GoingOn, text: &mut String) -> Result<(), Problem> {
        let actor: Actor<FollowMoves> = from.caller().await?;
        let (after, now) = (self.after, actor.pulse().position);
        if now <= after {
            return Ok(());
        }
        let (db, reach) = (from.service().db().clone(), actor.reach());
        let any = spawn_blocking(move || db.read(|conn| -> Result<bool, DbError> { events::any_behind(conn, reach, after) }));
        if any.await.map_err(Problem::internal)?? {
            text.push_str("data:\n\n");
        }
        self.after = now;
        Ok(())
    }
}
