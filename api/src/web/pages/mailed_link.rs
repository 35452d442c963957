//! What a link in a mail opens in a browser, without an account: which home is asked, by whom, for whom; yes, no with its reason, call me back;
//! and what is free there. Nothing is changed by opening it, nor from a page that is not as things stand.

use actix_web::web::Data;
use matcher::{Code as _, Department};
use maud::{Markup, html};

use super::referrals::{chosen, reasons, who_asks};
use super::session::{Fields, PhoneHash};
use super::{Page, Viewer, answer, local_time, remembered_phone, see, words};
use crate::clock::Instant;
use crate::commands::Service;
use crate::domain::mailed_link::{CountByLink, TakenByLink};
use crate::domain::referral::{Acknowledgement, CallBack, CallBackKind, DeclinationByLink, Undo};
use crate::domain::{ContactNumber, Denied, Phone, ReferralState, Refusal, SafetyCall};
use crate::web::http::mailed_links::{self, LinkToken, OpenedLink};
use crate::web::operations::{Operation as _, ShowMailedLink};
use crate::web::problem::{Code, Problem};

/// Shows the referral as its addressee sees it, with what can be said of it now.
pub async fn show(viewer: Viewer, service: Data<Service>, token: LinkToken, phone: PhoneHash) -> Page {
    let path = path(&token);
    let opened = mailed_links::opened(&service, token, ShowMailedLink::SPEC.id, phone.0).await?;
    answer(&viewer, words::LINK_TITLE, &content(&viewer, &path, &opened, None))
}

/// The page; `refused` is why the telephone was not remembered just now, and what was typed.
pub fn content(viewer: &Viewer, path: &str, opened: &OpenedLink, refused: Option<(&str, &Fields)>) -> Markup {
    html! {
        section.card {
            h2 { (words::LINK_FOR) " " (opened.place.name.as_str()) ", " (words::label(opened.place.kind)) }
            (who_asks(&opened.referral))
            (asked_by(opened))
        }
        @if opened.answers { (to_answer(viewer, path, opened)) } @else { (answered(viewer, path, opened)) }
        (beds(viewer, path, opened))
        (remembered_phone::on_link(viewer, path, opened, refused))
        p { a.button href="/connexion" { (words::SIGN_IN) } }
    }
}

/// Where a link stands.
pub fn path(token: &LinkToken) -> String {
    format!("/lien/{}", token.as_str())
}

/// Who asks, at which number, and until when an answer is awaited by the clock of the place.
fn asked_by(opened: &OpenedLink) -> Markup {
    html! {
        p {
            (opened.asked_by.name.as_str())
            @if let Some(in_charge) = &opened.referral.asks_for.in_charge { ", " (in_charge.as_str()) }
            (numbers(&opened.asked_by.numbers))
        }
        @if let Some(at) = opened.referral.deadline.filter(|_| opened.answers) { p.deadline { (words::BEFORE) " " (at_place(opened, at)) } }
    }
}

fn at_place(opened: &OpenedLink, at: Instant) -> Markup {
    let place = opened.department;
    html! { time datetime=(at) { (local_time::moment(at, place, Department::PARIS)) } }
}

/// Numbers that can be tapped and read out.
fn numbers(numbers: &[ContactNumber]) -> Markup {
    html! { @for number in numbers { " ☎\u{a0}" a href=(format!("tel:{}", number.phone.as_str())) { (number.phone.as_read()) } } }
}

/// Yes, no with its reason, call me back; what was written down for the addressee, to contradict. No yes where it would bring people near each
/// other who must not meet.
fn to_answer(viewer: &Viewer, path: &str, opened: &OpenedLink) -> Markup {
    let referral = &opened.referral;
    let is_open = matches!(referral.state, ReferralState::Asked | ReferralState::Acknowledged);
    html! {
        section.card {
            @if let Some(call) = &referral.safety_call { (safety(call)) }
            @if referral.by_phone && referral.contradicted_at.is_none() {
                p { (words::WRITTEN_DOWN) " " strong { (words::label(referral.state)) } }
                form method="post" action=(format!("{path}/inexact")) { (viewer.hidden()) button type="submit" { (words::NOT_SO) } }
            } @else {
                p { strong { (words::label(referral.state)) } }
            }
            @if is_open {
                @if referral.safety_call.is_none() {
                    form.actions method="post" action=(format!("{path}/oui")) { (viewer.hidden()) button.strong type="submit" { (words::YES) } }
                }
                @if referral.state == ReferralState::Asked {
                    details {
                        summary.button { (words::CALL_ME) }
                        form method="post" action=(format!("{path}/rappel")) {
                            (viewer.hidden())
                            label { (words::CALL_NUMBER) " " input type="tel" name="phone" autocomplete="tel" inputmode="tel"; }
                            button type="submit" { (words::CALL_ME) }
                        }
                    }
                }
            }
            @if referral.state.is_open() && !referral.by_phone {
                details.no {
                    summary.button { (words::NO) }
                    form.reasons method="post" action=(format!("{path}/non")) {
                        (viewer.hidden())
                        p { (words::WHY_NO) }
                        @for code in reasons(referral) { button type="submit" name="code" value=(code.as_str()) { (words::label(code)) } }
                    }
                }
            }
        }
    }
}

/// What the addressee has answered, which it may still take back.
fn answered(viewer: &Viewer, path: &str, opened: &OpenedLink) -> Markup {
    html! {
        section.card role="status" {
            p { (words::YOU_ANSWERED) " " strong { (words::label(opened.referral.state)) } }
            form.actions method="post" action=(format!("{path}/annuler")) {
                (viewer.hidden())
                button type="submit" { (words::UNDO_ANSWER) }
                span.hint { (words::UNDO_UNTIL) " " (at_place(opened, opened.expires_at)) }
            }
        }
    }
}

/// Somebody is near whom these people must not meet: the coordination is called before anything is answered.
pub fn safety(call: &SafetyCall) -> Markup {
    html! { p.warning { strong { (words::SAFETY_CALL) } " " (call.name.as_str()) (numbers(&call.numbers)) } }
}

/// How many beds there are: one more, one less, as many, one of them taken. Each says what the page showed.
fn beds(viewer: &Viewer, path: &str, opened: &OpenedLink) -> Markup {
    let vacancy = &opened.vacancy;
    let (beds, held) = (vacancy.beds, vacancy.held);
    html! {
        section.card {
            h2 { (words::BEDS_TONIGHT) }
            p { strong { (beds) } @if held > 0 { " · " (words::HELD) " " (held) } }
            @if opened.may_confirm && vacancy.withdrawn_at.is_none() {
                form.actions method="post" action=(path) {
                    (viewer.hidden())
                    input type="hidden" name="from" value=(beds);
                    button.step type="submit" formaction=(format!("{path}/nombre")) name="tap" value="less" aria-label=(words::ONE_LESS) disabled[beds <= 1 || beds <= held] { "−" }
                    button.step type="submit" formaction=(format!("{path}/nombre")) name="tap" value="more" aria-label=(words::ONE_MORE) { "+" }
                    button type="submit" { (words::STILL_TRUE) }
                    button type="submit" formaction=(format!("{path}/ailleurs")) disabled[beds <= held] { (words::TAKEN_ELSEWHERE) }
                }
            }
        }
    }
}

/// Yes.
pub async fn accept(service: Data<Service>, token: LinkToken, _fields: Fields) -> Page {
    let path = path(&token);
    mailed_links::accepted(&service, token).await?;
    Ok(see(&path))
}

/// No, for a reason that needs no more words than its own.
pub async fn decline(service: Data<Service>, token: LinkToken, fields: Fields) -> Page {
    let path = path(&token);
    let refusal = Refusal::by_structure(chosen(&fields, "code")?);
    let faults = refusal.faults_below("refusal");
    if !faults.is_empty() {
        return Err(Denied::Contradiction(faults).into());
    }
    mailed_links::declined(&service, token, DeclinationByLink { refusal }).await?;
    Ok(see(&path))
}

/// Call me back, at this number where one is given.
pub async fn acknowledge(service: Data<Service>, token: LinkToken, fields: Fields) -> Page {
    let path = path(&token);
    let wrong = |why: &str| Problem::field(Code::InvalidBody, "phone", why.to_owned());
    let phone = fields.text("phone").map(|typed| Phone::try_from(typed.to_owned())).transpose().map_err(|why| wrong(&why))?;
    if phone.as_ref().is_some_and(|phone| !phone.checks()) {
        return Err(wrong("is no telephone number"));
    }
    let call_back = Some(CallBack { kind: CallBackKind::CallUs, at: None, phone });
    mailed_links::acknowledged(&service, token, Acknowledgement { call_back }).await?;
    Ok(see(&path))
}

/// Takes the answer back. The question is open again, and another mail brings its link.
pub async fn undo(viewer: Viewer, service: Data<Service>, token: LinkToken, _fields: Fields) -> Page {
    mailed_links::undone(&service, token, Undo::default()).await?;
    let content =
        html! { div.notice role="status" { p { (words::LINK_UNDONE) } } p { a.button href="/connexion" { (words::SIGN_IN) } } };
    answer(&viewer, words::LINK_TITLE, &content)
}

/// Says that what was written down after a phone call is not so.
pub async fn contradict(viewer: Viewer, service: Data<Service>, token: LinkToken, _fields: Fields) -> Page {
    mailed_links::contradicted(&service, token).await?;
    let content =
        html! { div.notice role="status" { p { (words::LINK_UNDONE) } } p { a.button href="/connexion" { (words::SIGN_IN) } } };
    answer(&viewer, words::LINK_TITLE, &content)
}

/// Confirms the vacancy as the page showed it.
pub async fn confirm(service: Data<Service>, token: LinkToken, fields: Fields) -> Page {
    let path = path(&token);
    mailed_links::confirmed(&service, token, Some(seen_beds(&fields)?)).await?;
    Ok(see(&path))
}

/// One bed more or less than the page showed.
pub async fn count(service: Data<Service>, token: LinkToken, fields: Fields) -> Page {
    let path = path(&token);
    let from = seen_beds(&fields)?;
    let to = match fields.text("tap") {
        Some("less") => from.saturating_sub(1),
        Some("more") => from.saturating_add(1),
        _ => return Err(Problem::new(Code::InvalidBody, "There is no such button.")),
    };
    mailed_links::counted(&service, token, CountByLink { from, to }).await?;
    Ok(see(&path))
}

/// Somebody who did not come through Havre has one of the beds that the page showed.
pub async fn taken_elsewhere(service: Data<Service>, token: LinkToken, fields: Fields) -> Page {
    let path = path(&token);
    mailed_links::taken(&service, token, TakenByLink { from: seen_beds(&fields)? }).await?;
    Ok(see(&path))
}

fn seen_beds(fields: &Fields) -> Result<u32, Problem> {
    let seen = fields.text("from").and_then(|beds| beds.parse().ok());
    seen.ok_or_else(|| Problem::new(Code::InvalidBody, "The form does not say what its page showed."))
}
