//! What a signed link in a mail opens in a browser, without an account: the referral, its vacancy to confirm, and what was
//! written down for its addressee to contradict.

use actix_web::web::Data;
use maud::html;

use super::referrals::who_asks;
use super::session::Fields;
use super::{Page, Viewer, answer, see, words};
use crate::commands::Service;
use crate::web::http::mailed_links::{self, LinkToken};
use crate::web::operations::{Operation as _, ShowMailedLink};

/// Shows the referral as its addressee sees it.
pub async fn show(viewer: Viewer, service: Data<Service>, token: LinkToken) -> Page {
    let path = format!("/lien/{}", token.as_str());
    let opened = mailed_links::opened(&service, token, ShowMailedLink::SPEC.id).await?;
    let content = html! {
        section.card { (who_asks(&opened.referral)) p.hint { (words::LINK_ANSWER) } }
        @if opened.referral.by_phone && opened.referral.contradicted_at.is_none() {
            section.card {
                p { (words::WRITTEN_DOWN) " " strong { (words::label(opened.referral.state)) } }
                form method="post" action=(format!("{path}/inexact")) { (viewer.hidden()) button type="submit" { (words::NOT_SO) } }
            }
        }
        section.card {
            h2 { (words::BEDS_TONIGHT) }
            p { strong { (opened.vacancy.beds) } " " (words::HELD) " " (opened.vacancy.held) }
            @if opened.may_confirm {
                form method="post" action=(path) { (viewer.hidden()) button type="submit" { (words::STILL_TRUE) } }
            }
        }
        p { a.button href="/connexion" { (words::SIGN_IN) } }
    };
    answer(&viewer, words::LINK_TITLE, &content)
}

/// Confirms the vacancy.
pub async fn confirm(service: Data<Service>, token: LinkToken, _fields: Fields) -> Page {
    let path = format!("/lien/{}", token.as_str());
    mailed_links::confirmed(&service, token).await?;
    Ok(see(&path))
}

/// Says that what was written down after a phone call is not so.
pub async fn contradict(service: Data<Service>, token: LinkToken, _fields: Fields) -> Page {
    let path = format!("/lien/{}", token.as_str());
    mailed_links::contradicted(&service, token).await?;
    Ok(see(&path))
}
