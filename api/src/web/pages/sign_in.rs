//! Signing in: with a password and a second factor, through the provider, or with a link for one use.

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::assets::NEUTRAL;
use super::credentials::{digest, notice, refused};
use super::session::{Acquaintance, Current, Fields, Reached, Secret, Untied};
use super::{Page, Viewer, answer, answer_with, browsers, see, words};
use crate::commands::Service;
use crate::commands::sign_in::{self as commands, Arrival, Attempt};
use crate::db::Author;
use crate::db::identities;
use crate::db::sessions::{self, NewSession};
use crate::domain::By;
use crate::domain::password::Password;
use crate::domain::second_factor::SecondFactor;
use crate::language::Language;
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::oidc::{NotProved, Provider};
use crate::web::operations::{Operation as _, Quit, ResumeForm, SignOut, is_form_behind_a_session};
use crate::web::problem::Problem;
use crate::web::throttle::Throttle;

/// Asks who it is.
pub async fn show(viewer: Viewer, provider: Data<Option<Provider>>) -> Page {
    answer(&viewer, words::SIGN_IN.text(), &forms(&viewer, provider.as_ref().as_ref(), None, None))
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

/// Fields that are typed again rather than carried along in a page.
const SECRET: [&str; 4] = ["password", "new_password", "code", "new_code"];

/// What the fields of an unfinished form are called while they are carried along.
const TYPED: &str = "typed.";

impl Unfinished {
    /// Of the fields of a form, without those that tie it to its page: the next page has its own.
    pub fn new(to: String, fields: &Fields) -> Self {
        // A code beside a password is a secret; alone it is one of the codes of the field, such as the reason of a no.
        let asks_for_secrets = fields.has("password") || fields.has("new_password");
        let is_secret = |name: &str| asks_for_secrets && SECRET.contains(&name);
        let typed = fields.each().filter(|(name, _)| !["form", "key"].contains(name) && !is_secret(name));
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
pub fn again(viewer: &Viewer, provider: Option<&Provider>, unfinished: &Unfinished) -> HttpResponse {
    let content = forms(viewer, provider, None, Some(unfinished));
    answer_with(StatusCode::UNAUTHORIZED, viewer, words::SIGN_IN.text(), &content)
}

/// What follows a sign-in that kept a form: one tap, and it is sent as it was. In between whoever signed in can see that it is theirs.
fn go_on(viewer: &Viewer, unfinished: &Unfinished) -> Page {
    let content = html! {
        p { (words::GO_ON_LEAD) }
        form.card method="post" action=(unfinished.to) {
            (viewer.hidden())
            @for (name, value) in &unfinished.typed { input type="hidden" name=(name) value=(value); }
            button.strong type="submit" { (words::GO_ON) }
        }
    };
    answer(viewer, words::SIGN_IN.text(), &content)
}

/// The ways in: through the provider where there is one, and with a local account. A form that is not finished goes along.
fn forms(viewer: &Viewer, provider: Option<&Provider>, why: Option<&str>, unfinished: Option<&Unfinished>) -> Markup {
    html! {
        @if unfinished.is_some() { div.notice role="status" { p { (words::SESSION_OVER) } } }
        @if let Some(why) = why { (notice(why)) }
        @if let Some(provider) = provider { (through_provider(viewer, provider, unfinished)) }
        form.card method="post" action="/connexion" {
            (viewer.hidden())
            @if let Some(unfinished) = unfinished { (unfinished.carry()) }
            h2 { (words::LOCAL_ACCOUNT) }
            div.field { label for="address" { (words::ADDRESS) } input #address name="address" type="email" autocomplete="username" required; }
            div.field { label for="password" { (words::PASSWORD) } input #password name="password" type="password" autocomplete="current-password" required; }
            div.field {
                label for="code" { (words::SECOND_FACTOR) }
                p.hint #code-why { (words::SECOND_FACTOR_WHY) }
                input #code name="code" type="text" autocomplete="one-time-code" spellcheck="false" aria-describedby="code-why" required;
            }
            button type="submit" { (words::ENTER) }
            p { a href="/mot-de-passe-oublie" { (words::PASSWORD_FORGOTTEN) } }
        }
        p.hint { (words::SIGN_IN_HINT) }
    }
}

/// The way through the provider. With a form that is not finished it opens beside this page, which keeps the form: it would not come back from
/// there.
pub fn through_provider(viewer: &Viewer, provider: &Provider, unfinished: Option<&Unfinished>) -> Markup {
    html! {
        form.card method="post" action="/connexion/fournisseur" target=[unfinished.map(|_| "_blank")] {
            (viewer.hidden())
            h2 { (words::through(provider.name())) }
            @if unfinished.is_some() { p.hint { (words::PROVIDER_BESIDE) } }
            button.strong type="submit" { (words::go_through(provider.name())) }
        }
        @if let Some(unfinished) = unfinished {
            form.card method="post" action="/connexion/reprise" {
                (unfinished.carry())
                button type="submit" { (words::BACK_FROM_PROVIDER) }
            }
        }
    }
}

/// Goes on with a form that this page kept while somebody signed in beside it.
pub async fn resume(request: HttpRequest, viewer: Viewer, _actor: Actor<ResumeForm>, fields: Untied) -> Page {
    match Unfinished::carried(&request, &fields.0) {
        Some(unfinished) => go_on(&viewer, &unfinished),
        None => Ok(see("/")),
    }
}

/// The session that a browser is to have, under a new secret: one from before signing in may be known to somebody else.
pub fn arrival(request: &HttpRequest, viewer: &Viewer, id_token: Option<String>) -> Result<(Secret, Arrival), Problem> {
    let secret = Secret::new()?;
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let session = NewSession { secret_hash: secret.hash(), browser: browsers::named(agent), id_token };
    Ok((secret, Arrival { before: viewer.secret.hash(), session }))
}

/// Signs in with a local account. Whoever does goes on with the form that was kept, if there is one.
pub async fn with_password(
    request: HttpRequest,
    viewer: Viewer,
    service: Data<Service>,
    reached: Data<Reached>,
    shared: (Data<Throttle>, Data<Option<Provider>>),
    fields: Fields,
) -> Page {
    let (throttle, provider) = shared;
    let (secret, arrival) = arrival(&request, &viewer, None)?;
    let (known, since) = (Acquaintance::of(&request, &reached), Acquaintance::new()?);
    let attempt = Attempt {
        address: fields.text("address").unwrap_or_default().to_owned(),
        password: Password::typed(fields.untouched("password")),
        code: SecondFactor::typed(fields.untouched("code")),
        from: throttle.place(&request),
        known_by: known.map(|known| known.hash()),
        known_since: since.hash(),
    };
    let unfinished = Unfinished::carried(&request, &fields);
    let signed_in = match commands::with_password(&service, attempt, arrival).await? {
        Ok(signed_in) => signed_in,
        Err(why) => {
            let content = |text: &str| forms(&viewer, provider.as_ref().as_ref(), Some(text), unfinished.as_ref());
            return refused(&viewer, &service, words::SIGN_IN.text(), why, content).await;
        }
    };
    let mut response = match unfinished {
        Some(unfinished) => {
            let viewer = Viewer { caller: Some(signed_in.session.caller), name: None, secret: secret.clone(), ..viewer };
            go_on(&viewer, &unfinished)?
        }
        None => see("/"),
    };
    response.add_cookie(&secret.cookie(&reached)).map_err(Problem::internal)?;
    if signed_in.is_new_here {
        response.add_cookie(&since.cookie(&reached)).map_err(Problem::internal)?;
    }
    Ok(response)
}

/// A page that leads to another site at once, and by a link where it does not. No redirect: `form-action` would stop one that leaves this host.
fn leads_to(url: &str, viewer: &Viewer, title: &str, link: &str) -> HttpResponse {
    let content = html! {
        meta http-equiv="refresh" content=(format!("0; url={url}"));
        p { a.button href=(url) rel="noreferrer" { (link) } }
    };
    answer_with(StatusCode::OK, viewer, title, &content)
}

/// Sends a browser to the provider.
pub async fn to_provider(viewer: Viewer, service: Data<Service>, provider: Data<Option<Provider>>, _fields: Fields) -> Page {
    let Some(provider) = provider.as_ref() else { return Ok(see("/connexion")) };
    let sent = match provider.begin().await {
        Ok(sent) => sent,
        Err(why) => return not_proved(&viewer, provider, &why),
    };
    let (now, state, browser) = (service.pulse().await?.now, digest(&sent.state), viewer.secret.hash());
    let service = service.clone();
    let keep = web::block(move || service.db().write_beside(|conn| identities::keep(conn, now, &state, &browser, &sent.pending)));
    keep.await.map_err(Problem::internal)??;
    Ok(leads_to(&sent.url, &viewer, words::SIGN_IN.text(), &words::go_through(provider.name())))
}

/// What the provider sends a browser back with.
#[derive(Debug, Deserialize)]
pub struct Returned {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    /// Who sends it, where the provider says so (RFC 9207).
    iss: Option<String>,
}

/// Signs in whoever comes back from the provider, in the browser that went there.
pub async fn from_provider(
    request: HttpRequest,
    viewer: Viewer,
    service: Data<Service>,
    shared: (Data<Reached>, Data<Option<Provider>>),
    returned: Params<Returned>,
) -> Page {
    let (reached, provider) = shared;
    let Some(provider) = provider.as_ref() else { return Ok(see("/connexion")) };
    let Params(Returned { code, state, error, iss }) = returned;
    let (now, state, browser) = (service.pulse().await?.now, digest(&state.unwrap_or_default()), viewer.secret.hash());
    let of = service.clone();
    let taken = web::block(move || of.db().write_beside(|conn| identities::take(conn, now, &state, &browser))).await;
    let Some(sent) = taken.map_err(Problem::internal)?? else {
        let why = NotProved::Rejected("there is no such sign-in of this browser".to_owned());
        return not_proved(&viewer, provider, &why);
    };
    if iss.is_some_and(|iss| !provider.is(&iss)) {
        return not_proved(&viewer, provider, &NotProved::Rejected("another provider sends it".to_owned()));
    }
    let Some(code) = code else {
        let why =
            NotProved::Rejected(error.unwrap_or_default().chars().filter(|letter| letter.is_ascii_graphic()).take(100).collect());
        return not_proved(&viewer, provider, &why);
    };
    let proved = match provider.finish(code, sent).await {
        Ok(proved) => proved,
        Err(why) => return not_proved(&viewer, provider, &why),
    };
    let (secret, arrival) = arrival(&request, &viewer, Some(proved.id_token))?;
    let (identity, service) = (proved.identity, service.clone());
    let author = Author::service("signIn");
    let begun = web::block(move || service.write(author, |turn| commands::by_identity(turn, &identity, &arrival))).await;
    match begun.map_err(Problem::internal)?? {
        Some(_session) => enter(&secret, &reached),
        None => {
            let content = html! { (notice(words::NOBODY_HERE.text())) p { (words::NOBODY_HERE_WHOM) } p { a.button href="/connexion" { (words::SIGN_IN) } } };
            Ok(answer_with(StatusCode::FORBIDDEN, &viewer, words::SIGN_IN.text(), &content))
        }
    }
}

/// Why the provider's word does not sign anybody in; local accounts go on.
fn not_proved(viewer: &Viewer, provider: &Provider, why: &NotProved) -> Page {
    tracing::warn!(%why, "nobody signs in through the provider");
    let (status, text) = match why {
        NotProved::Unreachable(_) => (StatusCode::SERVICE_UNAVAILABLE, words::PROVIDER_AWAY.text()),
        NotProved::Rejected(_) => (StatusCode::UNPROCESSABLE_ENTITY, words::PROVIDER_REFUSED.text()),
        NotProved::OneFactor(_) => (StatusCode::UNPROCESSABLE_ENTITY, words::PROVIDER_ONE_FACTOR.text()),
        NotProved::NoAddress => (StatusCode::UNPROCESSABLE_ENTITY, words::PROVIDER_NO_ADDRESS.text()),
    };
    Ok(answer_with(status, viewer, words::SIGN_IN.text(), &forms(viewer, Some(provider), Some(text), None)))
}

/// Asks whoever opens a link to press a button: a mail program or a preview that opens it must not use it up.
pub async fn show_link(viewer: Viewer, code: Path<String>) -> Page {
    let content = html! {
        p { (words::LINK_LEAD) }
        form.card method="post" action=(format!("/connexion/{code}")) { (viewer.hidden()) button type="submit" { (words::ENTER) } }
    };
    answer(&viewer, words::SIGN_IN.text(), &content)
}

/// Signs in whom the link was made for.
pub async fn with_link(
    request: HttpRequest,
    viewer: Viewer,
    service: Data<Service>,
    reached: Data<Reached>,
    code: Path<String>,
    _fields: Fields,
) -> Page {
    let (secret, arrival) = arrival(&request, &viewer, None)?;
    let (hash, service) = (digest(&code), service.clone());
    let author = Author::service("signIn");
    let begun = web::block(move || service.write(author, |turn| commands::by_link(turn, &hash, &arrival))).await;
    match begun.map_err(Problem::internal)?? {
        Some(_session) => enter(&secret, &reached),
        None => Ok(link_over(&viewer)),
    }
}

/// What is shown of a link that was used, has run out, or never was.
pub fn link_over(viewer: &Viewer) -> HttpResponse {
    let content = html! { (notice(words::LINK_OVER.text())) p { a.button href="/connexion" { (words::SIGN_IN) } } };
    answer_with(StatusCode::UNPROCESSABLE_ENTITY, viewer, words::SIGN_IN.text(), &content)
}

/// On to the first page, under the secret of the new session.
fn enter(secret: &Secret, reached: &Reached) -> Page {
    let mut response = see("/");
    response.add_cookie(&secret.cookie(reached)).map_err(Problem::internal)?;
    Ok(response)
}

/// Signs out, here and at the provider.
pub async fn out(
    viewer: Viewer,
    current: Option<Current>,
    service: Data<Service>,
    shared: (Data<Reached>, Data<Option<Provider>>),
    _fields: Fields,
) -> Page {
    let (reached, provider) = shared;
    let elsewhere = match (provider.as_ref(), current) {
        (Some(provider), Some(Current(session))) => {
            let of = service.clone();
            let found = web::block(move || of.db().read(|conn| sessions::id_token(conn, session))).await;
            match found.map_err(Problem::internal)?? {
                Some(id_token) => provider.end_session_url(&id_token).await,
                None => None,
            }
        }
        _ => None,
    };
    end(&viewer, &service, SignOut::SPEC.id).await?;
    let secret = Secret::new()?;
    let cookie = secret.cookie(&reached);
    let nobody = Viewer { caller: None, name: None, secret, ..viewer };
    let mut response = match elsewhere {
        Some(url) => leads_to(&url, &nobody, words::SIGNED_OUT.text(), words::SIGN_OUT_THERE.text()),
        None => see("/connexion"),
    };
    response.add_cookie(&cookie).map_err(Problem::internal)?;
    Ok(response)
}

/// Leaves at once: the session is over, the browser forgets what it kept, and shows a page that anyone may have been looking at. It asks for no
/// token of a form: an old page must let go too, and a form of another site has no session to end (the cookie is `SameSite`).
pub async fn quit(viewer: Viewer, service: Data<Service>, reached: Data<Reached>) -> Page {
    end(&viewer, &service, Quit::SPEC.id).await?;
    // No redirect: `form-action` would stop one that leaves this host.
    let page = html! {
        (DOCTYPE)
        html lang=(Language::current().code()) {
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
    let ended = web::block(move || service.write(author, |turn| commands::out(turn, &hash))).await;
    ended.map_err(Problem::internal)??;
    Ok(())
}
