//! *Numéros des portes*: the public numbers that every search shows, for those who keep them right. What is lacking and what is old stands first.

use actix_web::web::Data;
use matcher::Department;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::form::{self, Field, Group, RecordForm, Sort, Wrong};
use super::proposals::answering;
use super::session::Fields;
use super::words::{self as all_words, Phrase, doors as words};
use super::{Page, Viewer, answer, see};
use crate::clock::Instant;
use crate::commands::{Service, door_contacts as commands};
use crate::db::{Conn, DbError, Failure, Reading, Turn, door_contacts};
use crate::domain::Tag;
use crate::domain::doors::{DoorContact, KnownDoor};
use crate::domain::ids::DoorContactId;
use crate::live::Live;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params};
use crate::web::operations::{Operation, ShowDoor, ShowDoors, UpdateDoorContact};
use crate::web::problem::{Code, Problem};

/// Where they stand.
pub const PATH: &str = "/portes";

const BACK: (&str, Phrase) = (PATH, words::TITLE);

/// Which department is looked at; empty: none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Looked {
    departement: String,
}

/// All of them, those of one department to act upon.
pub async fn show(viewer: Viewer, actor: Actor<ShowDoors>, service: Data<Service>, looked: Params<Looked>) -> Page {
    let chosen: Option<Department> = match looked.0.departement.as_str() {
        "" => None,
        code => Some(code.parse().map_err(|_error| Problem::parameter("departement", "is no department"))?),
    };
    let find = |reading: &mut Reading<'_>| Ok(door_contacts::all(reading.conn)?);
    let all = service.read(actor.access(), actor.pulse(), find).await?;
    let now = actor.pulse().now;
    let lacking = all.iter().filter(|known| known.declared.phone.is_none()).count();
    let old = all.iter().filter(|known| known.is_old(now)).count();
    let of = |department: Option<Department>| all.iter().filter(move |known| known.department == department);
    let content = html! {
        p { (words::LEAD) }
        p.summary { (words::to_do(lacking, old)) }
        (choice(chosen))
        @if let Some(department) = chosen {
            h2 { (department) " " (all_words::department(department)) }
            ul.plain.door-cards { @for known in of(chosen) { li.card { (one(&viewer, known, now)) } } }
        }
        h2 { (words::EVERYWHERE) }
        ul.plain.door-cards { @for known in of(None) { li.card { (one(&viewer, known, now)) } } }
        h2 { (words::BY_DEPARTMENT) }
        ul.plain.door-lines {
            @for department in departments() {
                li {
                    a href=(format!("{PATH}?departement={department}")) { (department) " " (all_words::department(department)) }
                    @for known in of(Some(department)) { " · " (in_short(known, now)) }
                }
            }
        }
    };
    answer(&viewer, words::TITLE.text(), &content)
}

fn departments() -> impl Iterator<Item = Department> {
    Department::ALL.iter().filter_map(|code| code.parse().ok())
}

fn choice(chosen: Option<Department>) -> Markup {
    html! {
        form.card.filters method="get" action=(PATH) {
            div.row {
                label {
                    (words::DEPARTMENT) " "
                    select name="departement" {
                        option value="" { (words::CHOOSE) }
                        @for department in departments() {
                            option value=(department) selected[chosen == Some(department)] { (department) " " (all_words::department(department)) }
                        }
                    }
                }
                div.actions { button.strong type="submit" { (words::SEE) } }
            }
        }
    }
}

/// One in a line: its number, or what is to be done.
fn in_short(known: &KnownDoor, now: Instant) -> Markup {
    html! {
        (all_words::label(known.door)) (all_words::COLON)
        @match &known.declared.phone {
            None => strong { (words::LACKING) },
            Some(phone) if known.is_old(now) => { span.old { (phone.as_read()) } " " strong { "(" (words::OLD) ")" } },
            Some(phone) => (phone.as_read()),
        }
    }
}

fn one(viewer: &Viewer, known: &KnownDoor, now: Instant) -> Markup {
    let DoorContact { label, phone, hours, source } = &known.declared;
    let path = format!("{PATH}/{}", known.id);
    let is_old = known.is_old(now);
    html! {
        p { strong { (answering(known.door, label.as_str())) } @if let Some(department) = known.department { " (" (department) ")" } }
        @if let Some(phone) = phone {
            p.old[is_old] {
                a href=(format!("tel:{}", phone.as_str())) { (phone.as_read()) }
                " · " (hours.as_ref().map_or_else(|| words::ALWAYS.text().to_owned(), |hours| all_words::hours(hours.as_str())))
            }
            @if let Some(verified) = &known.verified {
                p.hint { (all_words::proposals::verified(verified.on)) " " span lang="fr" { (verified.by) } @if is_old { " · " strong { (words::OLD) } } }
            }
            @if let Some(source) = source { p.hint { (words::SOURCE_IS) (all_words::COLON) (source.as_str()) } }
            form method="post" action=(format!("{path}/exact")) {
                (viewer.hidden())
                input type="hidden" name="seen" value=(Tag::of(&known.declared).as_str());
                button type="submit" { (words::STILL_RIGHT) span.unseen { " " (named(known)) } }
                " " a.button href=(path) { (words::CHANGE) span.unseen { " " (named(known)) } }
            }
        } @else {
            p { strong { (words::LACKING) } " · " (words::NOT_SHOWN) }
            p { a.button href=(path) { (words::COMPLETE) span.unseen { " " (named(known)) } } }
        }
    }
}

/// Whose number it is, for who hears the button alone.
fn named(known: &KnownDoor) -> Markup {
    html! { span lang="fr" { (known.declared.label.as_str()) } @if let Some(department) = known.department { " (" (department) ")" } }
}

fn groups() -> Vec<Group> {
    let line = |at: &'static str, label, wrong, most| Field::new(at, label, wrong, Sort::Line(most));
    vec![Group {
        title: words::NUMBER.text(),
        fields: vec![
            line("/label", words::LABEL.text(), words::LABEL_WRONG.text(), 100).hint(words::LABEL_HINT.text()),
            line("/phone", words::PHONE.text(), words::PHONE_WRONG.text(), 40).hint(words::PHONE_HINT.text()),
            Field::new("/hours", words::HOURS.text(), words::HOURS_WRONG.text(), Sort::Hours).hint(words::HOURS_HINT.text()),
            line("/source", words::SOURCE.text(), words::SOURCE_WRONG.text(), 200).hint(words::SOURCE_HINT.text()),
        ],
    }]
}

fn of_stored<'v>(viewer: &'v Viewer, known: &KnownDoor) -> RecordForm<'v> {
    let seen = Some(Tag::of(&known.declared).as_str().to_owned());
    RecordForm { viewer, title: words::EDIT.text(), groups: groups(), sent_to: format!("{PATH}/{}", known.id), seen, back: BACK }
}

fn whose(known: &KnownDoor) -> Markup {
    html! {
        p {
            strong { (all_words::label(known.door)) } " · "
            @if let Some(department) = known.department { (all_words::department(department)) " (" (department) ")" } @else { (words::EVERYWHERE) }
        }
        p.hint { (words::DATED) }
    }
}

/// One of them, to edit.
pub async fn show_one(viewer: Viewer, actor: Actor<ShowDoor>, service: Data<Service>, id: Id) -> Page {
    let known = stored(&actor, &service, &id).await?;
    let content =
        html! { (whose(&known)) (of_stored(&viewer, &known).content(&form::body_of(&known.declared), &Wrong::default())) };
    answer(&viewer, words::EDIT.text(), &content)
}

async fn stored<P: Operation>(actor: &Actor<P>, service: &Service, id: &Id) -> Result<KnownDoor, Problem> {
    let id = id.0;
    Ok(service.read(actor.access(), actor.pulse(), move |reading: &mut Reading<'_>| Ok(find(reading.conn, id)?)).await?)
}

fn find(conn: &mut Conn, id: uuid::Uuid) -> Result<KnownDoor, DbError> {
    door_contacts::find(conn, DoorContactId(id))
}

fn told(_: &mut Reading<'_>, known: KnownDoor) -> Result<Option<Department>, Failure> {
    Ok(known.department)
}

/// Replaces what is declared of one.
pub async fn update(viewer: Viewer, actor: Actor<UpdateDoorContact>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let before = stored(&actor, &service, &id).await?;
    let shown = RecordForm { seen: fields.text("seen").map(ToOwned::to_owned), ..of_stored(&viewer, &before) };
    let body = form::body(&shown.groups, &fields);
    let declared = match form::read::<DoorContact>(&body, actor.pulse().now) {
        Ok(declared) => declared,
        Err(problem) => return shown.refused(&body, problem),
    };
    match put(&actor, &service, (&before, declared), (&fields, &body)).await {
        Ok(department) => Ok(back_to(department)),
        Err(problem) if problem.code() == Code::EtagMismatch => {
            Ok(of_stored(&viewer, &before).stale(&form::body_of(&before.declared)))
        }
        Err(problem) => shown.refused(&body, problem),
    }
}

/// Says that one is right as it stands.
pub async fn confirm(viewer: Viewer, actor: Actor<UpdateDoorContact>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let before = stored(&actor, &service, &id).await?;
    let body = form::body_of(&before.declared);
    match put(&actor, &service, (&before, before.declared.clone()), (&fields, &body)).await {
        Ok(department) => Ok(back_to(department)),
        // Somebody has changed it since the page was made: what stands now is not what was looked at.
        Err(problem) if problem.code() == Code::EtagMismatch => Ok(of_stored(&viewer, &before).stale(&body)),
        Err(problem) => Err(problem),
    }
}

async fn put(
    actor: &Actor<UpdateDoorContact>,
    service: &Service,
    (before, declared): (&KnownDoor, DoorContact),
    (fields, body): (&Fields, &Value),
) -> Result<Option<Department>, Problem> {
    let (id, own, seen) = (before.id, actor.organisation(), form::seen(fields));
    let order = order(actor, Some(id.0), fields.said(), form::key(fields, body)?);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::update(turn, id, own, &seen, &declared);
    Ok(service.command(order, run, find, told).await?)
}

fn back_to(department: Option<Department>) -> actix_web::HttpResponse {
    see(&department.map_or_else(|| PATH.to_owned(), |department| format!("{PATH}?departement={department}")))
}
