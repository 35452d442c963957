//! Signing in: with a link for one use, or with a pasted token.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path};
use maud::{Markup, html};
use sha2::{Digest as _, Sha256};

use super::session::{Fields, Reached, Secret};
use super::{Page, Viewer, answer, answer_to_correct, see, words};
use crate::commands::Service;
use crate::commands::accounts::{self, Knock};
use crate::db::Author;
use crate::domain::By;
use crate::domain::token::token_hash;
use crate::web::operations::{Operation as _, SignOut};
use crate::web::problem::Problem;

/// Asks for a token.
pub async fn show(viewer: Viewer) -> Page {
    answer(&viewer, words::SIGN_IN, &token_form(&viewer, false))
}

fn token_form(viewer: &Viewer, wrong: bool) -> Markup {
    html! {
        p { (words::SIGN_IN_LEAD) }
        @if wrong { div.notice role="alert" { p { (words::WRONG_TOKEN) } } }
        form.card method="post" action="/connexion" {
            (viewer.hidden())
            label for="token" { (words::TOKEN) }
            input #token name="token" type="password" autocomplete="current-password" required;
            button type="submit" { (words::ENTER) }
        }
    }
}

/// Signs in the holder of a token.
pub async fn with_token(viewer: Viewer, service: Data<Service>, reached: Data<Reached>, fields: Fields) -> Page {
    let hash = token_hash(fields.text("token").unwrap_or_default());
    service.pulse().await?;
    let begun = match service.live().holder(&hash) {
        Some(caller) => begin(&service, &reached, Knock::Holder(caller.client)).await?,
        None => None,
    };
    match begun {
        Some(signed_in) => Ok(signed_in),
        None => answer_to_correct(&viewer, words::SIGN_IN, &token_form(&viewer, true)),
    }
}

/// Asks whoever opens a link to press a button: a mail program or a preview that opens it must not use it up.
pub async fn show_link(viewer: Viewer, code: Path<String>) -> Page {
    let content = html! {
        p { (words::LINK_LEAD) }
        form.card method="post" action=(format!("/connexion/{code}")) { (viewer.hidden()) button type="submit" { (words::ENTER) } }
    };
    answer(&viewer, words::SIGN_IN, &content)
}

/// Signs in whom the link was made for.
pub async fn with_link(
    viewer: Viewer,
    service: Data<Service>,
    reached: Data<Reached>,
    code: Path<String>,
    _fields: Fields,
) -> Page {
    let hash: [u8; 32] = Sha256::digest(code.as_bytes()).into();
    if let Some(signed_in) = begin(&service, &reached, Knock::Link(hash)).await? {
        return Ok(signed_in);
    }
    let content =
        html! { div.notice role="alert" { p { (words::LINK_OVER) } } p { a.button href="/connexion" { (words::SIGN_IN) } } };
    answer_to_correct(&viewer, words::SIGN_IN, &content)
}

/// Begins a session under a new secret: one from before signing in may be known to someone else. None where nobody may sign in.
async fn begin(service: &Service, reached: &Reached, knock: Knock) -> Result<Option<HttpResponse>, Problem> {
    let secret = Secret::new()?;
    let (hash, service) = (secret.hash(), service.clone());
    let author = Author::service("signIn");
    let begun = web::block(move || service.write(author, |turn| accounts::sign_in(turn, knock, &hash))).await;
    if begun.map_err(Problem::internal)??.is_none() {
        return Ok(None);
    }
    let mut response = see("/");
    response.add_cookie(&secret.cookie(reached)).map_err(Problem::internal)?;
    Ok(Some(response))
}

/// Signs out.
pub async fn out(viewer: Viewer, service: Data<Service>, reached: Data<Reached>, _fields: Fields) -> Page {
    let (hash, service) = (viewer.secret.hash(), service.clone());
    let author = Author { by: viewer.caller.map(By::from), command: SignOut::SPEC.id };
    let ended = web::block(move || service.write(author, |turn| accounts::sign_out(turn, &hash))).await;
    ended.map_err(Problem::internal)??;
    let mut response = see("/connexion");
    response.add_cookie(&Secret::new()?.cookie(&reached)).map_err(Problem::internal)?;
    Ok(response)
}
