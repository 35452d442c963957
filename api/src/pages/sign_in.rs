//! Signing in: with a link for one use, or with a pasted token.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use maud::{Markup, html};
use sha2::{Digest as _, Sha256};

use super::session::{Fields, Secret};
use super::{Page, Viewer, answer, answer_to_correct, see, words};
use crate::app::App;
use crate::auth::token_hash;
use crate::db::types::Guid;
use crate::db::{DbError, clients, sessions};
use crate::error::Problem;
use crate::limits;

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
pub async fn with_token(viewer: Viewer, app: Data<App>, fields: Fields) -> Page {
    let hash = token_hash(fields.text("token").unwrap_or_default());
    let identity = app.look_up(move |conn| clients::by_token_hash(conn, &hash)).await?;
    match identity {
        Some(identity) => begin(&app, move |_| Ok(Some(identity.client))).await,
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
pub async fn with_link(viewer: Viewer, app: Data<App>, code: Path<String>, _fields: Fields) -> Page {
    let hash: [u8; 32] = Sha256::digest(code.as_bytes()).into();
    let answered = begin(&app, move |tx| sessions::use_link(tx, &hash)).await?;
    if answered.headers().contains_key(actix_web::http::header::SET_COOKIE) {
        return Ok(answered);
    }
    let content =
        html! { div.notice role="alert" { p { (words::LINK_OVER) } } p { a.button href="/connexion" { (words::SIGN_IN) } } };
    answer_to_correct(&viewer, words::SIGN_IN, &content)
}

/// Begins a session under a new secret: one from before signing in may be known to someone else.
async fn begin(
    app: &Data<App>,
    client: impl Fn(&mut crate::db::Tx<'_>) -> Result<Option<Guid>, DbError> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let secret = Secret::new()?;
    let (hash, db) = (secret.hash(), app.db().clone());
    let begun = actix_web::web::block(move || {
        db.write(|tx| {
            let Some(client) = client(tx)? else { return Ok(false) };
            sessions::begin(tx, client, &hash, tx.now.plus(limits::SESSION_VALID))?;
            Ok::<_, DbError>(true)
        })
    })
    .await
    .map_err(Problem::internal)??;
    let mut response = see("/");
    if begun {
        response.add_cookie(&secret.cookie(app)).map_err(Problem::internal)?;
    }
    Ok(response)
}

/// Signs out.
pub async fn out(viewer: Viewer, app: Data<App>, _fields: Fields) -> Page {
    let (hash, db) = (viewer.secret.hash(), app.db().clone());
    actix_web::web::block(move || db.write(|tx| sessions::end(tx, &hash))).await.map_err(Problem::internal)??;
    let mut response = see("/connexion");
    response.add_cookie(&Secret::new()?.cookie(&app)).map_err(Problem::internal)?;
    Ok(response)
}
