//! What is done with a request from its page: the commands of the API, each by a form.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::{Days, NaiveTime};
use matcher::{Code as _, Department, Moment};
use maud::html;
use uuid::Uuid;

use super::forms::APART;
use super::parts::on_one_line;
use super::{Editing, Open, again, back, before};
use crate::clock::{Instant, civil, zone};
use crate::commands::{Service, keep_apart, requests as commands};
use crate::db::keep_apart as links;
use crate::db::requests::{self, StoredRequest};
use crate::db::{Conn, DbError, Failure, Reading, Turn};
use crate::domain::ids::{KeepApartCodeId, KeepApartLinkId, OrganisationId, RequestId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::request::{AuthorityTold, Lending, MinorsAuthority, NewNote};
use crate::domain::separation::{Bond, HouseholdPart, PlaceInHousehold, Splitting};
use crate::domain::{Faults as _, List, Reach, Request, Seen, Tag, Text};
use crate::limits::LENT_UNTIL_HOUR;
use crate::live::Live;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::{Id, TwoIds};
use crate::web::operations::{
    AddNote, ChangeAlias, CopyRequest, CreateKeepApartCode, CreateKeepApartLink, EndKeepApartLink, EndLending, LendRequest,
    Operation, ReopenRequest, SplitRequest, UpdateRequest, WithdrawAgreement,
};
use crate::web::pages::session::Fields;
use crate::web::pages::{Page, Viewer, answer, local_time, see, words};
use crate::web::problem::{Code, Problem};

/// Gives a command on a request.
async fn give<P: Operation>(
    actor: &Actor<P>,
    service: &Service,
    id: Id,
    fields: &Fields,
    run: impl Fn(&mut Turn<'_>, &Live, Reach, RequestId) -> Result<StoredRequest, Failure> + Send + 'static,
) -> Result<RequestId, Problem> {
    let (reach, about) = (actor.reach(), RequestId(id.0));
    let order = order(actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, live: &Live| run(turn, live, reach, about);
    // Whoever gave it back reaches it no more.
    let find = move |conn: &mut Conn, id| commands::find_given_back(conn, reach, RequestId(id));
    Ok(service.command(order, run, find, |_: &mut Reading<'_>, stored| Ok(stored.id)).await?)
}

/// Hands it over to a colleague, or takes it over. It replaces nothing but who is in charge, whatever else has changed meanwhile.
pub async fn hand_over(actor: Actor<UpdateRequest>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let request = RequestId(id.0);
    let known = before(&actor, &service, request).await?.declared;
    let label = fields.text("in_charge").and_then(|label| Text::try_from(label.to_owned()).ok());
    let label = label.ok_or_else(|| Problem::field(Code::InvalidBody, "in_charge", "is no label"))?;
    let seen = Seen::Tags(vec![Tag::of(&known).as_str().to_owned()]);
    let declared = Request { in_charge: Some(label), ..known };
    let run = move |turn: &mut Turn<'_>, live: &Live, reach, id| commands::update(turn, live.policy(), reach, id, &seen, &declared);
    Ok(back(give(&actor, &service, id, &fields, run).await?, "a-faire"))
}

/// Reopens it.
pub async fn reopen(actor: Actor<ReopenRequest>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    Ok(back(give(&actor, &service, id, &fields, |turn, _, reach, id| commands::reopen(turn, reach, id)).await?, "a-faire"))
}

/// Gives it another alias.
pub async fn change_alias(actor: Actor<ChangeAlias>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    Ok(back(give(&actor, &service, id, &fields, |turn, _, reach, id| commands::change_alias(turn, reach, id)).await?, "contenu"))
}

/// Copies it, and goes on to the copy.
pub async fn copy(actor: Actor<CopyRequest>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    Ok(back(give(&actor, &service, id, &fields, |turn, _, reach, id| commands::copy(turn, reach, id)).await?, "contenu"))
}

/// Adds a note.
pub async fn add_note(viewer: Viewer, actor: Actor<AddNote>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let text = fields.text("note").map(|text| Text::try_from(on_one_line(text)));
    let Some(Ok(text)) = text else {
        let wrong = vec![("note".to_owned(), words::request::too_long(2000))];
        let open = Open { editing: Some(Editing::Note), typed: Some(&fields), wrong, notice: None };
        return again(&viewer, &actor, &service, RequestId(id.0), StatusCode::UNPROCESSABLE_ENTITY, open).await;
    };
    let said = NewNote { text };
    Ok(back(
        give(&actor, &service, id, &fields, move |turn, _, reach, id| commands::add_note(turn, reach, id, &said)).await?,
        "notes",
    ))
}

/// Lends it: for the night, or until the hour that was typed.
pub async fn lend(viewer: Viewer, actor: Actor<LendRequest>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let (reach, request, now) = (actor.reach(), RequestId(id.0), actor.pulse().now);
    let find = move |reading: &mut Reading<'_>| Ok(requests::find(reading.conn, reach, request)?.department());
    let place = service.read(actor.access(), actor.pulse(), find).await?;
    let to = fields.text("organisation_id").and_then(|id| Uuid::try_parse(id).ok()).map(OrganisationId);
    let until = match fields.text("until") {
        Some(typed) => local_time::typed(typed, place).ok(),
        None => morning(now, place),
    };
    let refused = || {
        let wrong = vec![("until".to_owned(), words::request::LEND_WRONG.text().to_owned())];
        Open { editing: Some(Editing::Lending), typed: Some(&fields), wrong, notice: None }
    };
    let (Some(organisation_id), Some(until)) = (to, until) else {
        return again(&viewer, &actor, &service, request, StatusCode::UNPROCESSABLE_ENTITY, refused()).await;
    };
    let said = Lending { organisation_id, until };
    match give(&actor, &service, id, &fields, move |turn, _, reach, id| commands::lend(turn, reach, id, &said)).await {
        Ok(id) => Ok(back(id, "contenu")),
        Err(problem) if problem.code() == Code::Contradiction => {
            again(&viewer, &actor, &service, request, problem.code().status(), refused()).await
        }
        Err(problem) => Err(problem),
    }
}

/// The next morning by the clock of a place: until then a request is lent for the night.
fn morning(now: Instant, place: Department) -> Option<Moment> {
    let here = civil(now, place).naive_local();
    let hour = NaiveTime::from_hms_opt(LENT_UNTIL_HOUR, 0, 0)?;
    let day = if here.time() < hour { here.date() } else { here.date().checked_add_days(Days::new(1))? };
    use chrono::TimeZone as _;
    let at = zone(place).from_local_datetime(&day.and_time(hour)).earliest()?;
    Moment::new(at.fixed_offset()).ok()
}

/// Takes it back, or gives it back.
pub async fn end_lending(actor: Actor<EndLending>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let own = actor.organisation();
    let (reach, request) = (actor.reach(), RequestId(id.0));
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::end_lending(turn, reach, request);
    let find = move |conn: &mut Conn, id| commands::find_given_back(conn, reach, RequestId(id));
    let is_own = service.command(order, run, find, move |_: &mut Reading<'_>, stored| Ok(stored.organisation == own)).await?;
    // Whoever has given it back sees it no more.
    Ok(if is_own { back(request, "contenu") } else { see("/demandes") })
}

/// The person takes back what she agreed to: everything is erased.
pub async fn withdraw_agreement(actor: Actor<WithdrawAgreement>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    if !fields.has("sure") {
        return Err(Problem::field(Code::InvalidBody, "sure", "must be ticked: nothing of it can be undone"));
    }
    let (reach, request) = (actor.reach(), RequestId(id.0));
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::withdraw_agreement(turn, reach, request);
    let find = move |conn: &mut Conn, id| commands::find_erased(conn, reach, RequestId(id));
    service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await?;
    Ok(see("/demandes"))
}

/// Makes a code, which is shown once, on a page of its own.
pub async fn create_code(
    viewer: Viewer,
    actor: Actor<CreateKeepApartCode>,
    service: Data<Service>,
    id: Id,
    fields: Fields,
) -> Page {
    let (request, reach) = (RequestId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let (new, code) = (KeepApartCodeId::new(), OneTimeCode::new().map_err(Problem::internal)?);
    let spelt = code.spelt();
    let run = move |turn: &mut Turn<'_>, _: &Live| keep_apart::create_code(turn, reach, request, new, &code);
    let find = move |conn: &mut Conn, id| keep_apart::find_code(conn, reach, KeepApartCodeId(id));
    let made = service.command(order, run, find, |_: &mut Reading<'_>, made: keep_apart::MadeCode| Ok(made.stored)).await?;
    let content = html! {
        section.card {
            // A repeat finds the code of the first time, which nobody knows any more.
            @if made.id == new { p.code { strong { (spelt) } } p { (words::request::CODE_WHY) } } @else { p { (words::request::CODE_WAS_SHOWN) } }
        }
        p { a.button href={ "/demandes/" (request) "#eloigner" } { (words::request::TITLE) } }
    };
    answer(&viewer, words::request::APART.text(), &content)
}

/// Uses a code that another referent has read out.
pub async fn create_link(
    viewer: Viewer,
    actor: Actor<CreateKeepApartLink>,
    service: Data<Service>,
    id: Id,
    fields: Fields,
) -> Page {
    let (request, reach) = (RequestId(id.0), actor.reach());
    let wrong = || {
        let wrong = vec![("code".to_owned(), words::request::CODE_WRONG.text().to_owned())];
        Open { editing: Some(Editing::Code), typed: Some(&fields), wrong, notice: None }
    };
    let Some(code) = fields.text("code").and_then(|code| OneTimeCode::try_from(code.to_owned()).ok()) else {
        return again(&viewer, &actor, &service, request, StatusCode::UNPROCESSABLE_ENTITY, wrong()).await;
    };
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| keep_apart::create_link(turn, reach, request, &code);
    let find = move |conn: &mut Conn, id| keep_apart::find_link(conn, request, KeepApartLinkId(id));
    match service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from) {
        Ok(()) => Ok(back(request, "eloigner")),
        Err(problem) if problem.code() == Code::CodeNotValid => {
            again(&viewer, &actor, &service, request, problem.code().status(), wrong()).await
        }
        Err(problem) => Err(problem),
    }
}

/// Agrees that a link ends.
pub async fn end_link(actor: Actor<EndKeepApartLink>, service: Data<Service>, ids: TwoIds, fields: Fields) -> Page {
    let (request, link, reach) = (RequestId(ids.0), KeepApartLinkId(ids.1), actor.reach());
    let order = order(&actor, Some(ids.1), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| keep_apart::end_link(turn, reach, request, link);
    let find = move |conn: &mut Conn, id| -> Result<_, DbError> {
        links::find_link(conn, request, link)?;
        keep_apart::find_link(conn, request, KeepApartLinkId(id))
    };
    service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await?;
    Ok(back(request, "eloigner"))
}

/// People of the household go into requests of their own. What stands in the way is said above the form, which stays as it was filled in.
pub async fn split(viewer: Viewer, actor: Actor<SplitRequest>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let request = RequestId(id.0);
    let refused = |why: &str| Open {
        editing: Some(Editing::Splitting),
        typed: Some(&fields),
        wrong: vec![("separer".to_owned(), why.to_owned())],
        notice: None,
    };
    let read = splitting(&fields, actor.pulse().now);
    let said = match read.filter(|said| said.faults().is_empty()) {
        Some(said) => said,
        None => {
            let open = refused(words::request::SPLIT_WRONG.text());
            return again(&viewer, &actor, &service, request, StatusCode::UNPROCESSABLE_ENTITY, open).await;
        }
    };
    let run = move |turn: &mut Turn<'_>, live: &Live, reach, id| commands::split(turn, live.policy(), reach, id, &said);
    match give(&actor, &service, id, &fields, run).await {
        Ok(id) => Ok(back(id, "eloigner")),
        Err(problem) if problem.code() == Code::Contradiction => {
            let is_of_child = problem.wrong_fields().any(|(pointer, _)| pointer.starts_with("/child_protection"));
            let why = if is_of_child { words::request::SPLIT_PROTECTION_NEEDED.text() } else { words::request::SPLIT_WRONG.text() };
            again(&viewer, &actor, &service, request, problem.code().status(), refused(why)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Who leaves together, as it was chosen; none where nobody leaves or nothing is said of what is to become of them.
fn splitting(fields: &Fields, now: Instant) -> Option<Splitting> {
    let in_group = |group: &str| {
        let people = (0_u8..20).filter(|at| fields.text(&format!("s{at}")) == Some(group)).map(PlaceInHousehold);
        List::new(people.collect()).ok().map(HouseholdPart)
    };
    let parts = APART.into_iter().filter_map(in_group).collect();
    let told = fields.text("whom").map(|whom| {
        let at = Moment::new(now.utc().fixed_offset()).ok()?;
        Some(AuthorityTold {
            authority: MinorsAuthority::ChildProtection,
            whom: Text::try_from(whom.to_owned()).ok()?,
            at,
            reached: true,
        })
    });
    Some(Splitting {
        parts: List::new(parts).ok()?,
        bond: Bond::from_code(fields.text("bond")?)?,
        with_parent: fields.has("with_parent"),
        child_protection: match told {
            Some(told) => Some(told?),
            None => None,
        },
    })
}
