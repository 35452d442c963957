//! *Mon compte*: where one is signed in, and an end to that; another password, another telephone.

use actix_web::web::Data;
use maud::{Markup, html};

use super::credentials::{change_password_form, change_telephone_form, chosen_telephone, new_paper, refused};
use super::session::{Current, Fields};
use super::{Page, Viewer, answer, local_time, remembered_phone, see, words};
use crate::clock::Instant;
use crate::commands::Service;
use crate::commands::own_account::{self as commands, OwnAccount, Owner, Proof};
use crate::commands::sign_in::NotBelieved;
use crate::db::sessions::OwnSession;
use crate::db::{Author, Failure, Reading, Turn};
use crate::domain::ids::SessionId;
use crate::domain::password::Password;
use crate::domain::second_factor::SecondFactor;
use crate::domain::{By, Caller, Role};
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::operations::{
    ChangePassword, ChangeSecondFactor, EndOtherSessions, EndSession, Operation, ShowChangeSecondFactor, ShowOwnAccount,
};
use crate::web::problem::Problem;
use matcher::Department;

async fn own<P: Operation>(actor: &Actor<P>, service: &Service) -> Result<OwnAccount, Problem> {
    let caller = actor.caller();
    Ok(service.read(actor.access(), actor.pulse(), move |reading: &mut Reading<'_>| commands::show(reading, caller)).await?)
}

/// Shows it.
pub async fn show(viewer: Viewer, actor: Actor<ShowOwnAccount>, current: Current, service: Data<Service>) -> Page {
    let here = local_time::here(&actor, &service).await?;
    let account = own(&actor, &service).await?;
    answer(&viewer, words::OWN_ACCOUNT.text(), &content(&viewer, &account, current.0, here, None))
}

fn content(viewer: &Viewer, account: &OwnAccount, current: SessionId, here: Department, why: Option<&str>) -> Markup {
    html! {
        @if let Some(address) = &account.address { p { (words::ADDRESS) " " strong { (address) } } }
        h2 { (words::SESSIONS) }
        ul.sessions { @for session in &account.sessions { li.card { (one(viewer, session, current, here)) } } }
        @if account.sessions.len() > 1 {
            form method="post" action="/compte/sessions/fin" { (viewer.hidden()) button type="submit" { (words::END_OTHERS) } }
        }
        (remembered_phone::of_account(viewer, &account.phones, may_give(viewer), here))
        @if let Some(left) = account.recovery_codes {
            h2 { (words::TELEPHONE) }
            p { (words::recovery_codes_left(left)) }
            p { a.button href="/compte/second-facteur" { (words::CHANGE_TELEPHONE) } }
            h2 { (words::PASSWORD) }
            (change_password_form(viewer, why))
        } @else {
            p.hint { (words::NO_LOCAL_ACCOUNT) }
        }
    }
}

/// Whether somebody may give a telephone a code: it does nothing that they could not do themselves.
fn may_give(viewer: &Viewer) -> bool {
    viewer.caller.is_some_and(|caller| caller.is(Role::Provider) || caller.is(Role::Regulator))
}

fn one(viewer: &Viewer, session: &OwnSession, current: SessionId, here: Department) -> Markup {
    let at = |instant: Instant| words::moment(instant, here);
    let is_this = session.id == current;
    let named = if session.browser.is_empty() { words::BROWSER_UNKNOWN.text() } else { session.browser.as_str() };
    html! {
        p.name { strong { (named) } @if is_this { " · " (words::THIS_SESSION) } }
        p.hint { (words::SINCE) " " (at(session.created_at)) " · " (words::LAST_USED) " " (at(session.last_used_at)) }
        @if !is_this {
            form method="post" action=(format!("/compte/sessions/{}/fin", session.id)) {
                (viewer.hidden())
                button type="submit" { (words::END_SESSION) span.unseen { " " (named) } }
            }
        }
    }
}

/// Runs a command about one's own sessions: to do it twice changes nothing more.
async fn end<P: Operation>(
    actor: &Actor<P>,
    service: &Service,
    work: impl Fn(&mut Turn<'_>, Caller) -> Result<(), Failure> + Send + 'static,
) -> Page {
    let (caller, service) = (actor.caller(), service.clone());
    let author = Author { by: Some(By::from(caller)), command: P::SPEC.id };
    let ended = actix_web::web::block(move || service.write(author, |turn| work(turn, caller))).await;
    ended.map_err(Problem::internal)??;
    Ok(see("/compte"))
}

/// Ends one of one's own sessions.
pub async fn end_session(actor: Actor<EndSession>, service: Data<Service>, id: Id, _fields: Fields) -> Page {
    let id = SessionId(id.0);
    end(&actor, &service, move |turn, caller| commands::end_session(turn, caller, id)).await
}

/// Ends all of them but this one.
pub async fn end_others(actor: Actor<EndOtherSessions>, current: Current, service: Data<Service>, _fields: Fields) -> Page {
    end(&actor, &service, move |turn, caller| commands::end_other_sessions(turn, caller, current.0)).await
}

fn proof(fields: &Fields) -> Proof {
    Proof { password: Password::typed(fields.untouched("password")), code: SecondFactor::typed(fields.untouched("code")) }
}

fn owner<P: Operation>(actor: &Actor<P>, current: &Current) -> Owner {
    Owner { caller: actor.caller(), session: current.0, command: P::SPEC.id }
}

/// Changes the password.
pub async fn change_password(
    viewer: Viewer,
    actor: Actor<ChangePassword>,
    current: Current,
    service: Data<Service>,
    fields: Fields,
) -> Page {
    let account = own(&actor, &service).await?;
    let address = account.address.clone().unwrap_or_default();
    let chosen = Password::typed(fields.untouched("new_password"));
    match commands::change_password(&service, owner(&actor, &current), proof(&fields), chosen, &address).await? {
        Ok(()) => Ok(see("/compte")),
        Err(why) => {
            let here = local_time::here(&actor, &service).await?;
            let form = |text: &str| content(&viewer, &account, current.0, here, Some(text));
            refused(&viewer, &service, words::OWN_ACCOUNT.text(), why, form).await
        }
    }
}

/// Shows what a new telephone takes.
pub async fn show_second_factor(viewer: Viewer, actor: Actor<ShowChangeSecondFactor>, service: Data<Service>) -> Page {
    let account = own(&actor, &service).await?;
    let (Some(address), Some(_)) = (&account.address, account.recovery_codes) else { return Ok(see("/compte")) };
    answer(&viewer, words::CHANGE_TELEPHONE.text(), &change_telephone_form(&viewer, None, address, None)?)
}

/// Changes the telephone, and shows the new codes on paper.
pub async fn change_second_factor(
    viewer: Viewer,
    actor: Actor<ChangeSecondFactor>,
    current: Current,
    service: Data<Service>,
    fields: Fields,
) -> Page {
    let account = own(&actor, &service).await?;
    let address = account.address.unwrap_or_default();
    let shown = fields.text("new_code").unwrap_or_default();
    let changed = match chosen_telephone(&fields) {
        Some(totp) => commands::change_second_factor(&service, owner(&actor, &current), proof(&fields), totp, shown).await?,
        None => Err(NotBelieved::Wrong),
    };
    match changed {
        Ok(made) => Ok(new_paper(&viewer, &made)),
        Err(why) => {
            let form = |text: &str| change_telephone_form(&viewer, Some(&fields), &address, Some(text)).unwrap_or_default();
            refused(&viewer, &service, words::CHANGE_TELEPHONE.text(), why, form).await
        }
    }
}
