//! What a link in a mail opens in a browser, without an account: which home is asked, by whom, for whom; yes, no with its reason, call me back;
//! and what is free there. Nothing is changed by opening it, nor from a page that is not as things stand.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use matcher::Policy;
use maud::{Markup, html};
use uuid::Uuid;

use super::keeping_up::{self, Has};
use super::line::needful::{self, Clocks, phone};
use super::referrals::addressee::safety;
use super::referrals::call;
use super::referrals::forms::{self, Form, Refused, Wrong, of_refusal, stays_on_page};
use super::session::{Fields, PhoneHash};
use super::{Page, Viewer, answer, answer_with, remembered_phone, see, words};
use crate::commands::Service;
use crate::domain::ReferralState;
use crate::domain::mailed_link::{CountByLink, TakenByLink};
use crate::domain::referral::{Acknowledgement, DeclinationByLink, Undo};
use crate::web::http::mailed_links::{self, LinkToken, OpenedLink};
use crate::web::operations::{Operation as _, ShowMailedLink};
use crate::web::problem::{Code, Problem};

/// There is one referral on the page: its forms need no id to be told apart.
const HERE: Uuid = Uuid::nil();

/// Shows the referral as its addressee sees it, with what can be said of it now; or that nothing has changed since the browser looked.
pub async fn show(viewer: Viewer, service: Data<Service>, token: LinkToken, has: Has, phone: PhoneHash) -> Page {
    let path = path(&token);
    let opened = mailed_links::opened_unless(&service, token, ShowMailedLink::SPEC.id, phone.0, move |tag| has.is(tag)).await?;
    let Some((opened, tag)) = opened else { return Ok(keeping_up::unchanged()) };
    let link = Link { viewer: &viewer, path: &path, opened: &opened, refused: None, policy: service.live().policy() };
    let summary = words::mailed_link::summary(opened.answers, words::label(opened.referral.state));
    let content = keeping_up::region(tag.as_str(), &path, usize::from(opened.answers), &summary, &link.whole(None));
    keeping_up::tagged(answer(&viewer, words::LINK_TITLE.text(), &html! { (content) (more()) })?, tag.as_str())
}

/// The whole link, to be shown again by a form of it that did not go through.
pub async fn whole_of(
    service: &Service,
    token: LinkToken,
    operation: &'static str,
    phone: PhoneHash,
) -> Result<OpenedLink, Problem> {
    let opened = mailed_links::opened_unless(service, token, operation, phone.0, |_tag| false).await?;
    opened.map(|(opened, _tag)| opened).ok_or_else(|| Problem::internal("a link is shown whole"))
}

/// The page where a telephone was not remembered: why, and what was typed.
pub fn not_remembered(viewer: &Viewer, service: &Service, path: &str, opened: &OpenedLink, refused: (&str, &Fields)) -> Markup {
    let link = Link { viewer, path, opened, refused: None, policy: service.live().policy() };
    html! { (link.whole(Some(refused))) (more()) }
}

/// The page again, with a form that did not go through.
async fn again(sent: &Sent<'_>, status: StatusCode, refused: &Refused<'_>) -> Page {
    let (viewer, service, path) = (sent.viewer, sent.service, path(&sent.token));
    let opened = whole_of(service, sent.token.clone(), ShowMailedLink::SPEC.id, sent.phone).await?;
    let link = Link { viewer, path: &path, opened: &opened, refused: Some(refused), policy: service.live().policy() };
    let content = html! {
        div.notice role="alert" { p { (words::FIX_FIELDS) " " a href=(format!("#{}", refused.anchor())) { (refused.first()) } } }
        (link.whole(None)) (more())
    };
    Ok(answer_with(status, viewer, words::LINK_TITLE.text(), &content))
}

/// Where a link stands.
pub fn path(token: &LinkToken) -> String {
    format!("/lien/{}", token.as_str())
}

/// What needs an account.
fn more() -> Markup {
    html! { p { a.button href="/connexion" { (words::SIGN_IN) } } }
}

/// The page as it is drawn.
struct Link<'l> {
    viewer: &'l Viewer,
    path: &'l str,
    opened: &'l OpenedLink,
    refused: Option<&'l Refused<'l>>,
    policy: &'l Policy,
}

impl Link<'_> {
    /// All of it; `not_remembered` is why the telephone was not remembered just now, and what was typed.
    fn whole(&self, not_remembered: Option<(&str, &Fields)>) -> Markup {
        let opened = self.opened;
        html! {
            section.card {
                h2 { (words::LINK_FOR) " " (opened.place.name.as_str()) ", " (words::label(opened.place.kind)) }
                p.needful { (needful::line(&opened.referral, self.policy, self.clocks())) }
                (self.asked_by())
                @for warning in &opened.referral.warnings { p.warning { (words::label(*warning)) } }
                @if opened.answers { (self.to_answer()) } @else { (self.answered()) }
            }
            (self.beds())
            (remembered_phone::on_link(self.viewer, self.path, opened, not_remembered))
        }
    }

    /// The reader's clock is nobody's: that of the place is named.
    fn clocks(&self) -> Clocks {
        Clocks { now: self.opened.now, place: self.opened.department, here: self.opened.department }
    }

    fn form<'f>(&'f self, act: &'static str) -> Form<'f> {
        Form::about(self.viewer, HERE, act, act, self.refused).below(self.path)
    }

    /// Who asks, at which number, and until when an answer is awaited by the clock of the place.
    fn asked_by(&self) -> Markup {
        let (opened, clocks) = (self.opened, self.clocks());
        html! {
            p {
                (opened.asked_by.name.as_str())
                @if let Some(in_charge) = &opened.referral.asks_for.in_charge { ", " (in_charge.as_str()) }
                @for number in &opened.asked_by.numbers { " " (phone(&number.phone)) }
            }
            @if let Some(at) = opened.referral.deadline.filter(|_| opened.answers) {
                p.deadline { (words::BEFORE) " " (clocks.until(at)) " (" (words::clock_of(opened.department)) ")" }
            }
        }
    }

    /// Yes, no with its reason, call me back; what was written down for the addressee, to contradict. No yes where it would bring people near each
    /// other who must not meet.
    fn to_answer(&self) -> Markup {
        let referral = &self.opened.referral;
        let is_open = matches!(referral.state, ReferralState::Asked | ReferralState::Acknowledged);
        html! {
            @if let Some(call) = &referral.safety_call { (safety(call)) }
            @if referral.by_phone && referral.contradicted_at.is_none() {
                p.warning { (words::WRITTEN_DOWN) " " strong { (words::label(referral.state)) } }
                (self.form("inexact").tap(words::NOT_SO.text(), false))
            }
            (self.call())
            div.answers {
                @if is_open && referral.safety_call.is_none() { (self.form("oui").tap(words::YES.text(), true)) }
                @if referral.state.is_open() && !referral.by_phone { (self.no(is_open)) }
                @if referral.state == ReferralState::Asked {
                    (self.form("rappel").folded(words::orientations::CALL_ME.text(), &forms::call_fields(&self.form("rappel"), false)))
                }
            }
        }
    }

    /// A no; to people who count on the place it says first what will follow.
    fn no(&self, is_question: bool) -> Markup {
        let form = self.form("non");
        let fields = forms::refusal_fields(&form, &self.opened.referral);
        if is_question {
            return form.folded(words::orientations::NO.text(), &fields);
        }
        form.folded(
            words::orientations::NO_AFTER_ALL.text(),
            &html! { p.hint { (words::orientations::NO_AFTER_ALL_LEAD) } (fields) },
        )
    }

    /// That the addressee waits for a call.
    fn call(&self) -> Markup {
        let call = &self.opened.referral.call_back;
        html! { @if let Some(call) = call { p.call { (words::orientations::YOU_ASKED_FOR_CALL) @if let Some(number) = &call.phone { " " (phone(number)) } } } }
    }

    /// What the addressee has answered, which it may still take back.
    fn answered(&self) -> Markup {
        let (opened, form) = (self.opened, self.form("annuler"));
        html! {
            p { (words::YOU_ANSWERED) " " strong { (words::label(opened.referral.state)) } @if let Some(refusal) = &opened.referral.refusal { " (" (words::label(refusal.code)) ")" } }
            p { (words::mailed_link::WHAT_FOLLOWS) }
            form.tap id=(form.id()) method="post" action=(form.action()) {
                (form.head())
                button type="submit" { (words::UNDO_ANSWER) }
                " " span.hint { (words::UNDO_UNTIL) " " (self.clocks().until(opened.expires_at)) }
            }
        }
    }

    /// How many beds there are: one more, one less, as many, one of them taken. Each says what the page showed.
    fn beds(&self) -> Markup {
        let (vacancy, path) = (&self.opened.vacancy, self.path);
        let (beds, held) = (vacancy.beds, vacancy.held);
        html! {
            section.card {
                h2 { (words::BEDS_TONIGHT) }
                p { strong { (beds) } @if held > 0 { " · " (words::HELD) " " (held) } }
                @if self.opened.may_confirm && vacancy.withdrawn_at.is_none() {
                    form.actions method="post" action=(path) {
                        (self.viewer.hidden())
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
}

/// A form that was sent, on its way back to the page where it did not go through.
struct Sent<'s> {
    viewer: &'s Viewer,
    service: &'s Service,
    token: LinkToken,
    phone: PhoneHash,
    fields: &'s Fields,
    form: &'static str,
}

impl Sent<'_> {
    /// On to the page; or the form again, with what is wrong.
    async fn answered<T>(self, done: Result<T, Problem>, known: &[(&str, Wrong)]) -> Page {
        match done {
            Ok(_) => Ok(see(&path(&self.token))),
            // What a later step, or an old page, stands in the way of is no fault of the form.
            Err(problem) if stays_on_page(&problem) && problem.code() != Code::EtagMismatch => {
                let refused = Refused::by(&problem, HERE, self.form, self.fields, known);
                again(&self, problem.code().status(), &refused).await
            }
            Err(problem) => Err(problem),
        }
    }

    async fn wrong(self, wrong: Vec<Wrong>) -> Page {
        let refused = Refused::new(HERE, self.form, self.fields, wrong);
        again(&self, StatusCode::UNPROCESSABLE_ENTITY, &refused).await
    }
}

/// Yes.
pub async fn accept(viewer: Viewer, service: Data<Service>, token: LinkToken, phone: PhoneHash, fields: Fields) -> Page {
    let done = mailed_links::accepted(&service, token.clone()).await;
    Sent { viewer: &viewer, service: &service, token, phone, fields: &fields, form: "oui" }.answered(done, &[]).await
}

/// No, with its reason.
pub async fn decline(viewer: Viewer, service: Data<Service>, token: LinkToken, phone: PhoneHash, fields: Fields) -> Page {
    let sent = Sent { viewer: &viewer, service: &service, token: token.clone(), phone, fields: &fields, form: "non" };
    match forms::refusal(&fields) {
        Ok(refusal) => {
            let done = mailed_links::declined(&service, token, DeclinationByLink { refusal }).await;
            sent.answered(done, &of_refusal()).await
        }
        Err(wrong) => sent.wrong(wrong).await,
    }
}

/// Call me back, at this number where one is given.
pub async fn acknowledge(viewer: Viewer, service: Data<Service>, token: LinkToken, phone: PhoneHash, fields: Fields) -> Page {
    let sent = Sent { viewer: &viewer, service: &service, token: token.clone(), phone, fields: &fields, form: "rappel" };
    match call(&fields, matcher::Department::PARIS) {
        Ok(call) => {
            let done = mailed_links::acknowledged(&service, token, Acknowledgement { call_back: Some(call) }).await;
            sent.answered(done, &[]).await
        }
        Err(wrong) => sent.wrong(wrong).await,
    }
}

/// Takes the answer back. The question is open again, and another mail brings its link.
pub async fn undo(viewer: Viewer, service: Data<Service>, token: LinkToken, _fields: Fields) -> Page {
    mailed_links::undone(&service, token, Undo::default()).await?;
    undone(&viewer)
}

/// Says that what was written down after a phone call is not so.
pub async fn contradict(viewer: Viewer, service: Data<Service>, token: LinkToken, _fields: Fields) -> Page {
    mailed_links::contradicted(&service, token).await?;
    undone(&viewer)
}

fn undone(viewer: &Viewer) -> Page {
    let content =
        html! { div.notice role="status" { p { (words::LINK_UNDONE) } } p { a.button href="/connexion" { (words::SIGN_IN) } } };
    answer(viewer, words::LINK_TITLE.text(), &content)
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
