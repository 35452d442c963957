//! Telephones that an organisation remembers: the code that somebody who is signed in reads out, the page of a link on which it is typed, what
//! such a telephone does with the referral of that link, and the lists on which it is ended.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, web};
use matcher::{Code as _, Day, Department};
use maud::{Markup, html};

use super::credentials::refused;
use super::mailed_link;
use super::session::{Fields, PhoneHash, PhoneSecret, Reached};
use super::{Page, Viewer, answer, browsers, see, words};
use crate::commands::remembered_phones::{self as commands, Act, Newcomer};
use crate::commands::sign_in::NotBelieved;
use crate::commands::{Order, Said, Service};
use crate::db::referrals::{self, ReferralView};
use crate::db::remembered_phones::RememberedPhone;
use crate::db::{Author, Conn, Failure, Reading, Turn};
use crate::domain::ids::{ReferralId, RememberedPhoneId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::referral::{Acceptance, AfterStay, DeclinationByLink, EndOfStay, StayEnd};
use crate::domain::{By, Denied, Faults as _, Reach, ReferralState, Refusal, RefusalCode, Text};
use crate::live::Live;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::http::mailed_links::{LinkToken, OpenedLink};
use crate::web::http::referrals::ReferralRecord;
use crate::web::operations::{
    AcceptByRememberedPhone, AffirmByRememberedPhone, DeclineByRememberedPhone, EndRememberedPhone, EndStayByRememberedPhone,
    ForgetOwnPhone, GivePhoneCode, Operation, RecordArrivalByRememberedPhone, RecordNoShowByRememberedPhone, RememberPhone,
};
use crate::web::problem::{Code, Problem};
use crate::web::throttle::Throttle;
use words::remembered_phone as said;

/// Reasons that a no of a remembered telephone gives in words.
const IN_WORDS: [RefusalCode; 2] = [RefusalCode::CareNotAvailable, RefusalCode::Other];

/// The part of a link's page that a telephone opens: how to have it remembered; on one that is, what else it may do.
pub fn on_link(viewer: &Viewer, path: &str, opened: &OpenedLink, refused: Option<(&str, &Fields)>) -> Markup {
    match &opened.phone {
        Some(phone) => html! {
            section.card {
                p { (said::REMEMBERED) " " (words::moment(phone.expires_at, opened.department)) " · " (phone.label) }
                @if opened.answers { (further(viewer, path, opened)) }
            }
        },
        None => html! {
            section.card {
                details open[refused.is_some()] {
                    summary { (said::REMEMBER) }
                    p.hint { (said::REMEMBER_LEAD) }
                    form method="post" action=(format!("{path}/telephone")) { (viewer.hidden()) (fields(refused)) button type="submit" { (said::REMEMBER) } }
                }
            }
        },
    }
}

fn fields(refused: Option<(&str, &Fields)>) -> Markup {
    let typed = |name: &str| refused.and_then(|(_, fields)| fields.text(name)).unwrap_or_default();
    let why = refused.map(|(why, _)| why);
    html! {
        div.field {
            label for="phone_code" { (said::CODE) }
            input #phone_code name="code" type="text" value=(typed("code")) autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="20" required aria-invalid=[why.map(|_| "true")] aria-describedby=[why.map(|_| "phone_why")];
            @if let Some(why) = why { span.error #phone_why role="alert" { (why) } }
        }
        div.field {
            label for="phone_label" { (said::NAME) }
            input #phone_label name="label" type="text" value=(typed("label")) autocomplete="off" maxlength="100" aria-describedby="phone_label_hint";
            span.hint #phone_label_hint { (said::NAME_HINT) }
        }
    }
}

/// What a remembered telephone may do with a referral beside what any link does.
fn further(viewer: &Viewer, path: &str, opened: &OpenedLink) -> Markup {
    let referral = &opened.referral;
    let is_open = matches!(referral.state, ReferralState::Asked | ReferralState::Acknowledged);
    let button = |act: &str, text: &str| html! { form method="post" action=(format!("{path}/{act}")) { (viewer.hidden()) button type="submit" { (text) } } };
    html! {
        @if referral.by_phone && referral.contradicted_at.is_none() { (button("exact", words::IT_IS_SO.text())) }
        @if referral.state == ReferralState::Confirmed {
            div.actions { (button("arrivee", words::ARRIVED.text())) (button("absence", words::NOT_COME.text())) }
        }
        @if referral.state == ReferralState::Arrived { (end_of_stay(viewer, path)) }
        @if is_open && referral.safety_call.is_none() { (yes_with(viewer, path)) }
        @if referral.state.is_open() && !referral.by_phone && referral.safety_call.is_none() { (no_in_words(viewer, path)) }
    }
}

fn yes_with(viewer: &Viewer, path: &str) -> Markup {
    html! {
        details {
            summary { (said::YES_WITH) }
            form method="post" action=(format!("{path}/oui-avec")) {
                (viewer.hidden())
                div.field { label for="interview_on" { (said::INTERVIEW) } input #interview_on name="interview_on" type="date"; }
                div.field { label for="travel_on" { (said::JOURNEY) } input #travel_on name="travel_on" type="date"; }
                div.field { label for="meeting_point" { (said::MEETING) } input #meeting_point name="meeting_point" type="text" maxlength="300"; }
                button.strong type="submit" { (words::YES) }
            }
        }
    }
}

fn no_in_words(viewer: &Viewer, path: &str) -> Markup {
    html! {
        details {
            summary { (said::NO_IN_WORDS) }
            form method="post" action=(format!("{path}/non-avec")) {
                (viewer.hidden())
                div.field { label for="no_code" { (words::WHY_NO) } select #no_code name="code" { @for code in IN_WORDS { option value=(code.as_str()) { (words::label(code)) } } } }
                div.field { label for="no_text" { (said::IN_WORDS) } input #no_text name="text" type="text" maxlength="500" required; }
                button type="submit" { (words::NO) }
            }
        }
    }
}

fn end_of_stay(viewer: &Viewer, path: &str) -> Markup {
    html! {
        details {
            summary { (words::END_STAY) }
            form method="post" action=(format!("{path}/fin")) {
                (viewer.hidden())
                label { (words::END_STAY) " " select name="reason" { @for end in StayEnd::ALL { option value=(end.as_str()) { (words::label(*end)) } } } }
                label { (words::AFTER_STAY) " " select name="request" { @for after in AfterStay::ALL { option value=(after.as_str()) { (words::label(*after)) } } } }
                button type="submit" { (words::END_STAY) }
            }
        }
    }
}

/// Has the telephone remembered that a link is open on, by the code that was read out to it.
pub async fn remember(
    request: HttpRequest,
    viewer: Viewer,
    service: Data<Service>,
    around: (Data<Throttle>, Data<Reached>),
    token: LinkToken,
    fields: Fields,
) -> Page {
    let ((throttle, reached), path, secret) = (around, mailed_link::path(&token), PhoneSecret::new()?);
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let named = fields.text("label").map_or_else(|| browsers::named(agent), ToOwned::to_owned);
    // A browser that says nothing of itself is a telephone all the same.
    let named = if named.is_empty() { words::TELEPHONE.text().to_owned() } else { named };
    let label = Text::try_from(named).map_err(|_why| said::NAME_NOT_RIGHT.text());
    let made = match label {
        Ok(label) => {
            let code = fields.text("code").and_then(|typed| OneTimeCode::try_from(typed.to_owned()).ok());
            let (link, from) = (token.code(), throttle.place(&request));
            let newcomer = Newcomer { link, code, secret_hash: secret.hash(), label, from };
            commands::remember(&service, RememberPhone::SPEC.id, newcomer).await?.map_err(|why| (why, said::NOT_RIGHT.text()))
        }
        Err(why) => Err((NotBelieved::Wrong, why)),
    };
    match made {
        Ok(_phone) => {
            let mut response = see(&path);
            response.add_cookie(&secret.cookie(&reached)).map_err(Problem::internal)?;
            Ok(response)
        }
        Err((why, wrong)) => {
            let opened = mailed_link::whole_of(&service, token, RememberPhone::SPEC.id, PhoneHash(None)).await?;
            // Too many tries are told as everywhere; what is wrong is told of this code.
            let told = |text: &str| if matches!(why, NotBelieved::Wrong) { wrong.to_owned() } else { text.to_owned() };
            let page = |text: &str| mailed_link::not_remembered(&viewer, &service, &path, &opened, (&told(text), &fields));
            refused(&viewer, &service, words::LINK_TITLE.text(), why, page).await
        }
    }
}

/// Gives a command on the referral of a link, on a telephone that its addressee remembers; then the page again.
async fn give<P: Operation>(service: &Service, token: LinkToken, phone: PhoneHash, act: Act) -> Page {
    // Who has no such telephone signs in.
    let secret_hash = phone.0.ok_or(Denied::SessionNeeded)?;
    let (pulse, path, code) = (service.pulse().await?, mailed_link::path(&token), token.code());
    let by = token.by(service, pulse, P::SPEC.id).await?;
    let order = Order { by, command: P::SPEC.id, key: None, about: None, said: Said::default() };
    let reach = Reach::running(by.organisation);
    let find = move |conn: &mut Conn, id| referrals::view(conn, reach, pulse.now, ReferralId(id));
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::act(turn, live.policy(), &code, &secret_hash, &act);
    let show = move |reading: &mut Reading<'_>, view: ReferralView| Ok(ReferralRecord::show(reading, view, reach)?);
    service.command(order, run, find, show).await?;
    Ok(see(&path))
}

/// Yes, with the days of an interview and of the journey, and where the people are met.
pub async fn accept(service: Data<Service>, token: LinkToken, phone: PhoneHash, fields: Fields) -> Page {
    let meeting_point = match fields.text("meeting_point") {
        Some(typed) => {
            Some(Text::try_from(typed.to_owned()).map_err(|why| Problem::field(Code::InvalidBody, "meeting_point", why))?)
        }
        None => None,
    };
    let (interview_on, travel_on) = (day(&fields, "interview_on")?, day(&fields, "travel_on")?);
    let said = Acceptance { interview_on, travel_on, meeting_point, ..Acceptance::default() };
    let faults = said.faults();
    if !faults.is_empty() {
        return Err(Denied::Contradiction(faults).into());
    }
    give::<AcceptByRememberedPhone>(&service, token, phone, Act::Accept(said)).await
}

fn chosen<T: matcher::Code>(fields: &Fields, name: &str) -> Result<T, Problem> {
    fields.chosen(name).ok_or_else(|| Problem::field(Code::InvalidBody, name, "is none of the choices"))
}

fn day(fields: &Fields, name: &str) -> Result<Option<Day>, Problem> {
    let read = |typed: &str| typed.parse().ok().and_then(|day| Day::new(day).ok());
    let wrong = || Problem::field(Code::InvalidBody, name, "is no day");
    fields.text(name).map(|typed| read(typed).ok_or_else(wrong)).transpose()
}

/// No, in words.
pub async fn decline(service: Data<Service>, token: LinkToken, phone: PhoneHash, fields: Fields) -> Page {
    let text = Text::try_from(fields.text("text").unwrap_or_default().to_owned());
    let text = Some(text.map_err(|why| Problem::field(Code::InvalidBody, "text", why))?);
    let refusal = Refusal { text, ..Refusal::by_structure(chosen(&fields, "code")?) };
    let faults = refusal.faults_below("refusal");
    if !faults.is_empty() {
        return Err(Denied::Contradiction(faults).into());
    }
    give::<DeclineByRememberedPhone>(&service, token, phone, Act::Decline(DeclinationByLink { refusal })).await
}

/// What was written down after a phone call is so.
pub async fn affirm(service: Data<Service>, token: LinkToken, phone: PhoneHash, _fields: Fields) -> Page {
    give::<AffirmByRememberedPhone>(&service, token, phone, Act::Affirm).await
}

/// They have arrived.
pub async fn record_arrival(service: Data<Service>, token: LinkToken, phone: PhoneHash, _fields: Fields) -> Page {
    give::<RecordArrivalByRememberedPhone>(&service, token, phone, Act::RecordArrival).await
}

/// They did not come.
pub async fn record_no_show(service: Data<Service>, token: LinkToken, phone: PhoneHash, _fields: Fields) -> Page {
    give::<RecordNoShowByRememberedPhone>(&service, token, phone, Act::RecordNoShow).await
}

/// They have left.
pub async fn end_stay(service: Data<Service>, token: LinkToken, phone: PhoneHash, fields: Fields) -> Page {
    let (reason, request): (StayEnd, AfterStay) = (chosen(&fields, "reason")?, chosen(&fields, "request")?);
    give::<EndStayByRememberedPhone>(&service, token, phone, Act::EndStay(EndOfStay { by_phone: false, reason, request })).await
}

/// Of *Mon compte*: the button that makes a code, for who answers, and the telephones that were given one.
pub fn of_account(viewer: &Viewer, phones: &[(RememberedPhone, String)], may_give: bool, here: Department) -> Markup {
    html! {
        @if may_give || !phones.is_empty() { h2 { (said::PHONES) } }
        @if may_give {
            form.card method="post" action="/compte/telephones" {
                (viewer.hidden())
                p { (said::GIVE_LEAD) }
                button type="submit" { (said::GIVE) }
            }
        }
        @if !phones.is_empty() {
            ul.sessions { @for (phone, _) in phones { li.card { (one(viewer, phone, None, &format!("/compte/telephones/{}/fin", phone.id), here)) } } }
        }
    }
}

/// Of *Comptes*: the telephones of an organisation.
pub fn of_organisation(viewer: &Viewer, phones: &[(RememberedPhone, String)], here: Department) -> Markup {
    html! {
        h2 { (said::PHONES) }
        @if phones.is_empty() { p { (said::NONE_YET) } }
        ul.plain {
            @for (phone, giver) in phones { li.card { (one(viewer, phone, Some(giver), &format!("/comptes/telephones/{}/fin", phone.id), here)) } }
        }
    }
}

fn one(viewer: &Viewer, phone: &RememberedPhone, giver: Option<&str>, end: &str, here: Department) -> Markup {
    let at = |instant| words::moment(instant, here);
    html! {
        p.name { strong { (phone.label) } }
        p.hint {
            @if let Some(giver) = giver { (said::GIVEN_BY) " " (giver) " · " }
            (words::SINCE) " " (at(phone.created_at)) " · " (said::UNTIL) " " (at(phone.expires_at)) " · " (words::LAST_USED) " " (at(phone.last_used_at))
        }
        form method="post" action=(end) { (viewer.hidden()) button type="submit" { (said::FORGET) span.unseen { " " (phone.label) } } }
    }
}

/// Makes a code, and shows it this once.
pub async fn give_code(viewer: Viewer, actor: Actor<GivePhoneCode>, service: Data<Service>, _fields: Fields) -> Page {
    let caller = actor.caller();
    let code = run(&actor, &service, move |turn| commands::give_code(turn, caller)).await?;
    let content = html! {
        p { (said::YOUR_CODE) }
        p.card { samp.secret { (code.spelt()) } }
        p { (said::CODE_LEAD) }
        p { a.button href="/compte" { (words::OWN_ACCOUNT) } }
    };
    answer(&viewer, said::GIVE.text(), &content)
}

/// Ends a telephone that somebody gave its code to.
pub async fn forget_own(actor: Actor<ForgetOwnPhone>, service: Data<Service>, id: Id, _fields: Fields) -> Page {
    let (caller, id) = (actor.caller(), RememberedPhoneId(id.0));
    run(&actor, &service, move |turn| commands::forget_own(turn, caller, id)).await?;
    Ok(see("/compte"))
}

/// Ends a telephone of an organisation.
pub async fn forget(actor: Actor<EndRememberedPhone>, service: Data<Service>, id: Id, _fields: Fields) -> Page {
    let (reach, id) = (actor.reach(), RememberedPhoneId(id.0));
    let phone = run(&actor, &service, move |turn| commands::forget(turn, reach, id)).await?;
    Ok(back(&phone))
}

fn back(phone: &RememberedPhone) -> HttpResponse {
    see(&format!("/comptes/{}", phone.organisation))
}

async fn run<P: Operation, T: Send + 'static>(
    actor: &Actor<P>,
    service: &Service,
    work: impl Fn(&mut Turn<'_>) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Problem> {
    let (author, service) = (Author { by: Some(By::from(actor.caller())), command: P::SPEC.id }, service.clone());
    let done = web::block(move || service.write(author, work)).await;
    Ok(done.map_err(Problem::internal)??)
}
