//! What wakes a page that keeps up: that something has happened which its reader reads of in the feed, and nothing of what. The page asks for itself then,
//! as it does every few seconds where this is not there.

use std::time::Duration;

use actix_web::web::Data;

use super::Page;
use super::session::Secret;
use crate::commands::Service;
use crate::db::events;
use crate::limits;
use crate::web::auth::{Actor, Credential};
use crate::web::going_on::{GoingOn, Left, Source};
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
    const GATHERS: Duration = limits::MOVES_GATHER;

    async fn read(&mut self, from: &GoingOn, text: &mut String) -> Result<Left, Problem> {
        let actor: Actor<FollowMoves> = from.caller().await?;
        let (after, now) = (self.after, actor.pulse().position);
        if now <= after {
            return Ok(Left::Nothing);
        }
        let (db, reach) = (from.service().db().clone(), actor.reach());
        // In line with all others who wait for the database: open pages are many, and must not keep who commands from it.
        let any = move || Ok(db.read(|conn| events::any_behind(conn, reach, after))?);
        if from.service().waiting(any).await? {
            text.push_str("data:\n\n");
        }
        self.after = now;
        Ok(Left::Nothing)
    }
}
