//! Choosing a password and a second factor: with an invitation, when the password is forgotten, or because one wants another.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;
use sha2::{Digest as _, Sha256};

use super::session::{Fields, Reached};
use super::sign_in::{arrival, link_over, through_provider};
use super::{Page, Viewer, answer, answer_with, words};
use crate::commands::Service;
use crate::commands::sign_in::{self as commands, NotBelieved, SetUp};
use crate::domain::LinkPurpose;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::password::{Password, WeakPassword};
use crate::domain::second_factor::{SecondFactor, TotpSecret};
use crate::web::oidc::Provider;
use crate::web::problem::Problem;
use crate::web::throttle::Throttle;

/// What is kept of a code of a link.
pub fn digest(code: &str) -> [u8; 32] {
    Sha256::digest(code.as_bytes()).into()
}

/// Something that has to be read before going on.
pub fn notice(text: &str) -> Markup {
    html! { div.notice role="alert" { p { (text) } } }
}

/// The page of a form whose sender was not believed; `content` makes it of what there is to say.
pub async fn refused(viewer: &Viewer, service: &Service, title: &str, why: NotBelieved, content: impl Fn(&str) -> Markup) -> Page {
    let text = match why {
        NotBelieved::LinkOver => return Ok(link_over(viewer)),
        NotBelieved::Wrong => words::NOT_BELIEVED.text(),
        NotBelieved::Weak(WeakPassword::Short) => words::PASSWORD_SHORT.text(),
        NotBelieved::Weak(WeakPassword::Long) => words::PASSWORD_LONG.text(),
        NotBelieved::Weak(WeakPassword::Common) => words::PASSWORD_COMMON.text(),
        NotBelieved::TooMany(until) => {
            let left = until.utc() - service.pulse().await?.now.utc();
            let text = words::too_many_tries(left.num_minutes().saturating_add(1).max(1));
            let mut response = answer_with(StatusCode::TOO_MANY_REQUESTS, viewer, title, &content(&text));
            let seconds = header::HeaderValue::from(left.num_seconds().saturating_add(1).max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            return Ok(response);
        }
    };
    Ok(answer_with(StatusCode::UNPROCESSABLE_ENTITY, viewer, title, &content(text)))
}

/// A field for a password that is to be chosen: pasted and shown as anybody likes.
fn new_password(name: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (words::NEW_PASSWORD) }
            p.hint id=(format!("{name}-why")) { (words::NEW_PASSWORD_WHY) }
            input id=(name) name=(name) type="password" autocomplete="new-password" aria-describedby=(format!("{name}-why")) required;
        }
    }
}

/// A field for a code of the telephone, or one from paper.
fn code(name: &str, label: &str, why: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            p.hint id=(format!("{name}-why")) { (why) }
            input id=(name) name=(name) type="text" autocomplete="one-time-code" spellcheck="false" aria-describedby=(format!("{name}-why")) required;
        }
    }
}

/// What a telephone takes: as a picture, as text, and as a link for the telephone this page is seen on. The secret goes along in the form, so
/// that nothing is kept of who only looked.
fn telephone(totp: &TotpSecret, account: &str) -> Result<Markup, Problem> {
    let url = totp.url(account).ok_or_else(|| Problem::internal("a second factor has no address"))?;
    let picture =
        QrCode::new(url.as_bytes()).map_err(Problem::internal)?.render::<svg::Color<'_>>().min_dimensions(220, 220).build();
    // Without the declaration that a picture of its own begins with; with what it shows, for who does not see it.
    let picture = picture.split_once("<svg").map_or("", |(_, rest)| rest);
    let secret = totp.base32();
    let letters: Vec<char> = secret.chars().collect();
    let spelt = letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ");
    Ok(html! {
        input type="hidden" name="secret" value=(secret);
        p { (words::TELEPHONE_LEAD) }
        div.qr { (PreEscaped(format!("<svg role=\"img\" aria-label=\"{}\"{picture}", words::TELEPHONE_PICTURE.text()))) }
        p { (words::TELEPHONE_BY_HAND) " " samp.secret { (spelt) } }
        p { a href=(url) { (words::TELEPHONE_HERE) } }
    })
}

/// The secret that a form carried, or a new one.
fn carried(fields: Option<&Fields>) -> Result<TotpSecret, Problem> {
    match fields.and_then(|fields| fields.text("secret")).and_then(TotpSecret::from_base32) {
        Some(totp) => Ok(totp),
        None => TotpSecret::new().map_err(Problem::internal),
    }
}

/// The codes on paper, which are shown this once.
fn paper(viewer: &Viewer, made: &[OneTimeCode]) -> HttpResponse {
    let content = html! {
        p { (words::PAPER_LEAD) }
        ul.card.paper { @for code in made { li { samp { (code.spelt()) } } } }
        p { a.button href="/" { (words::PAPER_KEPT) } }
    };
    answer_with(StatusCode::OK, viewer, words::PAPER.text(), &content)
}

/// What somebody who was invited sees: the way through the provider where there is one, and a form for who has none.
struct SetUpForm<'f> {
    viewer: &'f Viewer,
    provider: Option<&'f Provider>,
    path: &'f str,
    address: &'f str,
}

impl SetUpForm<'_> {
    fn content(&self, totp: &TotpSecret, why: Option<&str>) -> Result<Markup, Problem> {
        let Self { viewer, provider, path, address } = *self;
        Ok(html! {
            @if let Some(why) = why { (notice(why)) }
            @if let Some(provider) = provider { (through_provider(viewer, provider, None)) }
            p { (words::SET_UP_LEAD) " " strong { (address) } }
            form.card method="post" action=(path) {
                (viewer.hidden())
                // Where a browser keeps passwords, it keeps this one under the address.
                input.unseen type="email" name="address" value=(address) autocomplete="username" readonly tabindex="-1" aria-label=(words::ADDRESS);
                (new_password("new_password"))
                h2 { (words::TELEPHONE) }
                (telephone(totp, address)?)
                (code("code", words::TELEPHONE_CODE.text(), words::TELEPHONE_CODE_WHY.text()))
                button.strong type="submit" { (words::SET_UP) }
            }
        })
    }
}

/// Asks somebody who was invited for a password and a telephone.
pub async fn show_set_up(
    request: HttpRequest,
    viewer: Viewer,
    service: Data<Service>,
    provider: Data<Option<Provider>>,
    link: Path<String>,
) -> Page {
    let holder = commands::holder(&service, LinkPurpose::Invitation, digest(&link)).await?;
    let Some((_, address)) = holder else { return Ok(link_over(&viewer)) };
    let form = SetUpForm { viewer: &viewer, provider: provider.as_ref().as_ref(), path: request.path(), address: &address };
    answer(&viewer, words::SET_UP_TITLE.text(), &form.content(&carried(None)?, None)?)
}

/// Makes the account of whoever was invited theirs, signs them in, and shows their codes on paper.
pub async fn set_up(
    request: HttpRequest,
    viewer: Viewer,
    service: Data<Service>,
    shared: (Data<Reached>, Data<Option<Provider>>),
    link: Path<String>,
    fields: Fields,
) -> Page {
    let (reached, provider) = shared;
    let totp = carried(Some(&fields))?;
    let holder = commands::holder(&service, LinkPurpose::Invitation, digest(&link)).await?;
    let Some((_, address)) = holder else { return Ok(link_over(&viewer)) };
    let (secret, arrival) = arrival(&request, &viewer, None)?;
    let chosen = SetUp {
        password: Password::typed(fields.untouched("new_password")),
        totp: totp.clone(),
        code: fields.text("code").unwrap_or_default().to_owned(),
    };
    match commands::set_up(&service, digest(&link), chosen, arrival).await? {
        Ok((session, made)) => {
            let cookie = secret.cookie(&reached);
            let mut response = paper(&Viewer { caller: Some(session.caller), name: None, secret, ..viewer }, &made);
            response.add_cookie(&cookie).map_err(Problem::internal)?;
            Ok(response)
        }
        Err(why) => {
            let form = SetUpForm { viewer: &viewer, provider: provider.as_ref().as_ref(), path: request.path(), address: &address };
            let content = |text: &str| form.content(&totp, Some(text)).unwrap_or_default();
            refused(&viewer, &service, words::SET_UP_TITLE.text(), why, content).await
        }
    }
}

fn forgotten_form(viewer: &Viewer, why: Option<&str>) -> Markup {
    html! {
        @if let Some(why) = why { (notice(why)) }
        p { (words::FORGOTTEN_LEAD) }
        form.card method="post" action="/mot-de-passe-oublie" {
            (viewer.hidden())
            div.field { label for="address" { (words::ADDRESS) } input #address name="address" type="email" autocomplete="username" required; }
            button type="submit" { (words::FORGOTTEN_SEND) }
        }
    }
}

/// Asks for the address of whoever forgot a password.
pub async fn show_forgotten(viewer: Viewer) -> Page {
    answer(&viewer, words::FORGOTTEN.text(), &forgotten_form(&viewer, None))
}

/// Has a link mailed, and says the same whether or not there is such an account.
pub async fn forgotten(
    request: HttpRequest,
    viewer: Viewer,
    service: Data<Service>,
    throttle: Data<Throttle>,
    fields: Fields,
) -> Page {
    let typed = fields.text("address").unwrap_or_default().to_owned();
    match commands::forget_password(&service, typed, throttle.place(&request)).await? {
        Ok(()) => {
            let content = html! { div.notice role="status" { p { (words::FORGOTTEN_SENT) } } };
            answer(&viewer, words::FORGOTTEN.text(), &content)
        }
        Err(why) => refused(&viewer, &service, words::FORGOTTEN.text(), why, |text| forgotten_form(&viewer, Some(text))).await,
    }
}

fn choose_form(viewer: &Viewer, path: &str, why: Option<&str>) -> Markup {
    html! {
        @if let Some(why) = why { (notice(why)) }
        form.card method="post" action=(path) {
            (viewer.hidden())
            (new_password("new_password"))
            (code("code", words::SECOND_FACTOR.text(), words::SECOND_FACTOR_WHY.text()))
            button.strong type="submit" { (words::CHOOSE_PASSWORD) }
        }
    }
}

/// Asks whoever opens the mailed link for a new password. To open it does not use it up.
pub async fn show_choose(request: HttpRequest, viewer: Viewer) -> Page {
    answer(&viewer, words::CHOOSE_PASSWORD.text(), &choose_form(&viewer, request.path(), None))
}

/// Puts the new password in place. Whoever chose it signs in with it.
pub async fn choose(request: HttpRequest, viewer: Viewer, service: Data<Service>, link: Path<String>, fields: Fields) -> Page {
    let chosen = Password::typed(fields.untouched("new_password"));
    let code = SecondFactor::typed(fields.untouched("code"));
    match commands::choose_password(&service, digest(&link), chosen, code).await? {
        Ok(()) => {
            let content = html! { div.notice role="status" { p { (words::PASSWORD_CHOSEN) } } p { a.button href="/connexion" { (words::SIGN_IN) } } };
            answer(&viewer, words::CHOOSE_PASSWORD.text(), &content)
        }
        Err(why) => {
            refused(&viewer, &service, words::CHOOSE_PASSWORD.text(), why, |text| choose_form(&viewer, request.path(), Some(text)))
                .await
        }
    }
}

/// The form by which somebody changes their telephone.
pub fn change_telephone_form(
    viewer: &Viewer,
    fields: Option<&Fields>,
    address: &str,
    why: Option<&str>,
) -> Result<Markup, Problem> {
    Ok(html! {
        @if let Some(why) = why { (notice(why)) }
        p { (words::CHANGE_TELEPHONE_LEAD) }
        form.card method="post" action="/compte/second-facteur" {
            (viewer.hidden())
            (proof())
            h2 { (words::NEW_TELEPHONE) }
            (telephone(&carried(fields)?, address)?)
            (code("new_code", words::TELEPHONE_CODE.text(), words::TELEPHONE_CODE_WHY.text()))
            button.strong type="submit" { (words::CHANGE_TELEPHONE) }
        }
    })
}

/// Both factors, typed again.
fn proof() -> Markup {
    html! {
        div.field {
            label for="password" { (words::PASSWORD_NOW) }
            input #password name="password" type="password" autocomplete="current-password" required;
        }
        (code("code", words::SECOND_FACTOR.text(), words::SECOND_FACTOR_WHY.text()))
    }
}

/// The form by which somebody changes their password.
pub fn change_password_form(viewer: &Viewer, why: Option<&str>) -> Markup {
    html! {
        @if let Some(why) = why { (notice(why)) }
        form.card method="post" action="/compte/mot-de-passe" {
            (viewer.hidden())
            (proof())
            (new_password("new_password"))
            button type="submit" { (words::CHANGE_PASSWORD) }
        }
    }
}

/// The secret that the form of a new telephone carried, which has to be there.
pub fn chosen_telephone(fields: &Fields) -> Option<TotpSecret> {
    TotpSecret::from_base32(fields.text("secret")?)
}

/// The codes on paper that go with a new telephone.
pub fn new_paper(viewer: &Viewer, made: &[OneTimeCode]) -> HttpResponse {
    paper(viewer, made)
}
