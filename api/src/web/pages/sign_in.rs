//! Signing in: with a link for one use, or with a pasted token.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest as _, Sha256};

use super::assets::NEUTRAL;
use super::session::{Fields, Reached, Secret};
use super::{Page, Viewer, answer, answer_to_correct, answer_with, see, words};
use crate::commands::Service;
use crate::commands::accounts::{self, Knock};
use crate::db::Author;
use crate::domain::token::token_hash;
use crate::domain::{By, Caller};
use crate::web::operations::{Operation as _, Quit, SignOut, is_form_behind_a_session};
use crate::web::problem::Problem;

/// Asks for a token.
pub async fn show(viewer: Viewer) -> Page {
    answer(&viewer, words::SIGN_IN, &token_form(&viewer, false, None))
}

/// A form that was sent when its session had ended.
pub struct Unfinished {
    /// Where it was sent.
    to: String,
    /// What stood in it.
    typed: Vec<(String, String)>,
}

/// The field that says where an unfinished form goes.
const TO: &str = "to";

/// What the fields of an unfinished form are called while they are carried along.
const TYPED: &str = "typed.";

impl Unfinished {
    /// Of the fields of a form, without those that tie it to its page: the next page has its own.
    pub fn new(to: String, fields: &Fields) -> Self {
        let typed = fields.each().filter(|(name, _)| !["form", "key"].contains(name));
        Self { to, typed: typed.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }

    /// As the sign-in form carried it along; none where it carried none, or one that goes where no form goes.
    fn carried(request: &HttpRequest, fields: &Fields) -> Option<Self> {
        let to = fields.text(TO)?;
        let pattern = request.resource_map().match_pattern(to);
        if !is_form_behind_a_session(pattern.as_deref()) {
            return None;
        }
        let typed = fields.each().filter_map(|(name, value)| Some((name.strip_prefix(TYPED)?.to_owned(), value.to_owned())));
        Some(Self { to: to.to_owned(), typed: typed.collect() })
    }

    /// As hidden fields of the sign-in form.
    fn carry(&self) -> Markup {
        html! {
            input type="hidden" name=(TO) value=(self.to);
            @for (name, value) in &self.typed { input type="hidden" name=(format!("{TYPED}{name}")) value=(value); }
        }
    }
}

/// Asks to sign in again and keeps what was typed.
pub fn again(viewer: &Viewer, unfinished: &Unfinished) -> HttpResponse {
    answer_with(StatusCode::UNAUTHORIZED, viewer, words::SIGN_IN, &token_form(viewer, false, Some(unfinished)))
}

/// What follows a sign-in that kept a form: one tap, and it is sent as it was. In between whoever signed in can see that it is theirs.
fn go_on(secret: Secret, caller: Caller, reached: &Reached, unfinished: &Unfinished) -> Page {
    let cookie = secret.cookie(reached);
    let viewer = Viewer { caller: Some(caller), secret };
    let content = html! {
        p { (words::GO_ON_LEAD) }
        form.card method="post" action=(unfinished.to) {
            (viewer.hidden())
            @for (name, value) in &unfinished.typed { input type="hidden" name=(name) value=(value); }
            button.strong type="submit" { (words::GO_ON) }
        }
    };
    let mut response = answer(&viewer, words::SIGN_IN, &content)?;
    response.add_cookie(&cookie).map_err(Problem::internal)?;
    Ok(response)
}

fn token_form(viewer: &Viewer, wrong: bool, unfinished: Option<&Unfinished>) -> Markup {
    html! {
        @if unfinished.is_some() { div.notice role="status" { p { (words::SESSION_OVER) } } }
        p { (words::SIGN_IN_LEAD) }
        @if wrong { div.notice role="alert" { p { (words::WRONG_TOKEN) } } }
        form.card method="post" action="/connexion" {
            (viewer.hidden())
            @if let Some(unfinished) = unfinished { (unfinished.carry()) }
            label for="token" { (words::TOKEN) }
            input #token name="token" type="password" autocomplete="current-password" required;
            button type="submit" { (words::ENTER) }
        }
    }
}

/// Signs in the holder of a token, who goes on with the form that was kept, if there is one.
pub async fn with_token(
    request: HttpRequest,
    viewer: Viewer,
    service: Data<Service>,
    reached: Data<Reached>,
    fields: Fields,
) -> Page {
    let hash = token_hash(fields.text("token").unwrap_or_default());
    let now = service.pulse().await?.now;
    let unfinished = Unfinished::carried(&request, &fields);
    let holder = service.live().holder(&hash, now).map(|holder| holder.caller);
    let begun = match holder {
        Some(caller) => begin(&service, Knock::Holder(caller.account)).await?.map(|secret| (secret, caller)),
        None => None,
    };
    match (begun, unfinished) {
        (Some((secret, caller)), Some(unfinished)) => go_on(secret, caller, &reached, &unfinished),
        (Some((secret, _)), None) => enter(&secret, &reached),
        (None, unfinished) => answer_to_correct(&viewer, words::SIGN_IN, &token_form(&viewer, true, unfinished.as_ref())),
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
    if let Some(secret) = begin(&service, Knock::Link(hash)).await? {
        return enter(&secret, &reached);
    }
    let content =
        html! { div.notice role="alert" { p { (words::LINK_OVER) } } p { a.button href="/connexion" { (words::SIGN_IN) } } };
    answer_to_correct(&viewer, words::SIGN_IN, &content)
}

/// Begins a session under a new secret: one from before signing in may be known to someone else. None where nobody may sign in.
async fn begin(service: &Service, knock: Knock) -> Result<Option<Secret>, Problem> {
    let secret = Secret::new()?;
    let (hash, service) = (secret.hash(), service.clone());
    let author = Author::service("signIn");
    let begun = web::block(move || service.write(author, |turn| accounts::sign_in(turn, knock, &hash))).await;
    Ok(begun.map_err(Problem::internal)??.map(|_session| secret))
}

/// On to the first page, under the secret of the new session.
fn enter(secret: &Secret, reached: &Reached) -> Page {
    let mut response = see("/");
    response.add_cookie(&secret.cookie(reached)).map_err(Problem::internal)?;
    Ok(response)
}

/// Signs out.
pub async fn out(viewer: Viewer, service: Data<Service>, reached: Data<Reached>, _fields: Fields) -> Page {
    end(&viewer, &service, SignOut::SPEC.id).await?;
    let mut response = see("/connexion");
    response.add_cookie(&Secret::new()?.cookie(&reached)).map_err(Problem::internal)?;
    Ok(response)
}

/// Leaves at once: the session is over, the browser forgets what it kept, and shows a page that anyone may have been looking at. It asks for no
/// token of a form: an old page must let go too, and a form of another site has no session to end (the cookie is `SameSite`).
pub async fn quit(viewer: Viewer, service: Data<Service>, reached: Data<Reached>) -> Page {
    end(&viewer, &service, Quit::SPEC.id).await?;
    // No redirect: `form-action` would stop one that leaves this host.
    let page = html! {
        (DOCTYPE)
        html lang=(words::LANGUAGE) {
            head {
                meta charset="utf-8";
                title { (words::NEUTRAL_TITLE) }
                meta http-equiv="refresh" content=(format!("0; url={NEUTRAL}"));
            }
            body { p { a href=(NEUTRAL) rel="noreferrer" { (words::NEUTRAL_TITLE) } } }
        }
    };
    let mut response = HttpResponse::Ok();
    response.content_type("text/html; charset=utf-8").insert_header(("Clear-Site-Data", "\"cache\", \"storage\""));
    response.cookie(Secret::removal(&reached));
    Ok(response.body(page.into_string()))
}

/// Ends the session of a browser, if it has one.
async fn end(viewer: &Viewer, service: &Service, command: &'static str) -> Result<(), Problem> {
    let Some(caller) = viewer.caller else { return Ok(()) };
    let (hash, service) = (viewer.secret.hash(), service.clone());
    let author = Author { by: Some(By::from(caller)), command };
    let ended = web::block(move || service.write(author, |turn| accounts::sign_out(turn, &hash))).await;
    ended.map_err(Problem::internal)??;
    Ok(())
}
