//! *Mes structures*: the homes of an association and their groups of places, made, corrected and ended.

mod structure;
mod unit;

use actix_web::web::Data;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::form::{self, Group, RecordForm, Wrong};
use super::session::Fields;
use super::words::{self as all_words, four_eyes as contact_words, homes as words, vouching as vouching_words};
use super::{Page, Viewer, answer, answer_with, see};
use crate::commands::{Service, ends, structures as structure_commands, units as unit_commands};
use crate::db::structures::StructureFilter;
use crate::db::units::UnitFilter;
use crate::db::{Conn, Reading, Turn, structures, units};
use crate::domain::four_eyes::AddressProof;
use crate::domain::ids::{StructureId, UnitId};
use crate::domain::structure::SiteWarning;
use crate::domain::vouching::VouchingState;
use crate::domain::{Structure, Tag, Unit};
use crate::live::Live;
use crate::paging::{Cursor, Order, PageLimit};
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params};
use crate::web::operations::{
    CreateStructure, CreateUnit, EndStructure, EndUnit, Operation, ProveContact, ShowHomes, ShowNewStructure, ShowNewUnit,
    ShowStructure, ShowUnit, UpdateStructure, UpdateUnit,
};
use crate::web::problem::{Code, Problem};
use crate::web::views;
use crate::web::views::structures::StructureRecord;
use crate::web::views::units::UnitRecord;

const PATH: &str = "/structures";

/// Where the page begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomesQuery {
    avant: Option<Cursor>,
}

/// Shows the homes of the organisation, the newest first, each with its groups of places.
pub async fn show(viewer: Viewer, actor: Actor<ShowHomes>, service: Data<Service>, query: Params<HomesQuery>) -> Page {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let filter = StructureFilter { order: Order::Newest, ..StructureFilter::default() };
        let page = views::structures::own(reading, (reach, filter), (query.0.avant, PageLimit::most()))?;
        let mut homes = Vec::new();
        for home in page.items {
            let of_home = UnitFilter { structure: Some(home.id), ..UnitFilter::default() };
            let found = units::list(reading.conn, reach, of_home, None, PageLimit::most())?;
            homes.push((home, found.into_iter().map(UnitRecord::from).collect::<Vec<_>>()));
        }
        Ok((homes, page.next_cursor))
    };
    let (homes, older) = service.read(actor.access(), actor.pulse(), find).await?;
    let content = html! {
        p { (words::LEAD) }
        p { a.button.strong href=(format!("{PATH}/nouvelle")) { (words::NEW) } }
        @if homes.is_empty() { div.notice { p { (words::NONE) } } }
        div.homes { @for (home, groups) in &homes { (one(home, groups)) } }
        @if let Some(older) = older { p { a.button href=(format!("{PATH}?avant={older}")) { (all_words::OLDER) } } }
    };
    answer(&viewer, words::TITLE.text(), &content)
}

fn one(home: &StructureRecord, groups: &[UnitRecord]) -> Markup {
    html! {
        section.card id=(format!("structure-{}", home.id)) {
            h2 { (home.name.as_str()) }
            p.name {
                @if let Some(town) = &home.town { (town.as_str()) " · " }
                (all_words::department(home.department)) " (" (home.department) ") · "
                (if home.confidential { words::CONFIDENTIAL.text() } else { words::PUBLIC.text() })
            }
            @if home.trafficking_contact.email.is_some() && !home.contact_proved { p.warning { (contact_words::NOT_PROVED_SHORT) } }
            @if home.site_warnings.contains(&SiteWarning::CellHidesFew) { p.warning { (words::CELL_HIDES_FEW) } }
            p { a.button href=(format!("{PATH}/{}", home.id)) { (words::EDIT) } }
            @if groups.is_empty() { p { (words::NO_UNITS) } }
            ul.plain {
                @for group in groups {
                    li {
                        a href=(format!("/groupes/{}", group.id)) { (profile(&group.declared)) }
                        (vouching(group))
                    }
                }
            }
            p { a.button href=(format!("{PATH}/{}/groupes/nouveau", home.id)) { (words::NEW_UNIT) } }
        }
    }
}

/// Whether somebody vouches for a group of places, where that is not so for all of it, and what that means.
fn vouching(group: &UnitRecord) -> Markup {
    let said = match group.vouching {
        VouchingState::Never => Some(vouching_words::NOT_YET),
        VouchingState::Again => Some(vouching_words::NOT_ANY_MORE),
        VouchingState::Vouched if group.pending.is_some() => Some(vouching_words::EDIT_WAITS),
        VouchingState::Vouched => None,
    };
    html! { @if let Some(said) = said { p.warning { (said) } } }
}

/// What its association wrote last of a group of places: what waits, or what stands.
fn written(group: &UnitRecord) -> &Unit {
    group.pending.as_ref().unwrap_or(&group.declared)
}

/// A group of places in a line that tells it from its neighbours.
pub fn profile(unit: &Unit) -> String {
    let genders = unit.genders.0.iter().map(|gender| all_words::label(*gender)).collect::<Vec<_>>().join(", ");
    let places = format!("{}\u{a0}{}", unit.places.get(), words::PLACES_IN_ALL.text());
    [all_words::label(unit.kind), all_words::label(unit.setting), &genders, &places].join(" · ")
}

/// The form of something of one's own.
fn form_of<'v>(viewer: &'v Viewer, title: &'static str, groups: Vec<Group>, sent_to: String, seen: Option<Tag>) -> RecordForm<'v> {
    let seen = seen.map(|tag| tag.as_str().to_owned());
    RecordForm { viewer, title, groups, sent_to, seen, back: (PATH, words::TITLE) }
}

/// The form that ends what another corrects.
fn end_of(form: &RecordForm<'_>, title: &str, lead: &str) -> Markup {
    html! {
        details.card {
            summary { (title) }
            form method="post" action=(format!("{}/fin", form.sent_to)) {
                (form.viewer.hidden())
                p { (lead) }
                button type="submit" { (words::END_SURE) }
            }
        }
    }
}

/// What a number that names another structure is, beside its fields.
fn beside_numbers(problem: Problem) -> Problem {
    if problem.code() != Code::NumberTaken {
        return problem;
    }
    Problem::fields(
        Code::Contradiction,
        [("finess", "is taken"), ("siret", "is taken")].map(|(at, why)| (at.to_owned(), why.to_owned())),
    )
}

/// The empty form of a structure.
pub async fn show_new(viewer: Viewer, _: Actor<ShowNewStructure>) -> Page {
    let shown = form_of(&viewer, words::NEW.text(), structure::form(), PATH.to_owned(), None);
    answer(&viewer, words::NEW.text(), &shown.content(&json!({}), &Wrong::default()))
}

/// Adds a structure.
pub async fn create(viewer: Viewer, actor: Actor<CreateStructure>, service: Data<Service>, fields: Fields) -> Page {
    let shown = form_of(&viewer, words::NEW.text(), structure::form(), PATH.to_owned(), None);
    let body = form::body(&shown.groups, &fields);
    let declared = match form::read::<Structure>(&body, actor.pulse().now) {
        Ok(declared) => declared,
        Err(problem) => return shown.refused(&body, problem),
    };
    let (organisation, reach) = (actor.organisation(), actor.reach());
    let order = order(&actor, None, fields.said(), form::key(&fields, &body)?);
    let run = move |turn: &mut Turn<'_>, _: &Live| structure_commands::create(turn, organisation, &declared);
    let find = move |conn: &mut Conn, id| structures::find(conn, reach, StructureId(id));
    match service.command(order, run, find, views::structures::home).await.map_err(Problem::from) {
        Ok(record) => Ok(see(&format!("{PATH}#structure-{}", record.id))),
        Err(problem) => shown.refused(&body, beside_numbers(problem)),
    }
}

async fn own_structure<P: Operation>(actor: &Actor<P>, service: &Service, id: Id) -> Result<StructureRecord, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let stored = structures::find(reading.conn, reach, StructureId(id.0))?;
        views::structures::home(reading, stored)
    };
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}

fn structure_form<'v>(viewer: &'v Viewer, record: &StructureRecord) -> RecordForm<'v> {
    let seen = Some(Tag::of(&record.declared()));
    form_of(viewer, words::EDIT.text(), structure::form(), format!("{PATH}/{}", record.id), seen)
}

/// A structure, to correct.
pub async fn show_structure(viewer: Viewer, actor: Actor<ShowStructure>, service: Data<Service>, id: Id) -> Page {
    let record = own_structure(&actor, &service, id).await?;
    let shown = structure_form(&viewer, &record);
    let content = html! {
        (contact_to_prove(&viewer, &record, false))
        (shown.content(&form::body_of(&record), &Wrong::default()))
        (end_of(&shown, words::END_HOME.text(), words::END_HOME_LEAD.text()))
    };
    answer(&viewer, words::EDIT.text(), &content)
}

/// The form of the code that came to the contact address, where that is not proved.
fn contact_to_prove(viewer: &Viewer, home: &StructureRecord, is_wrong: bool) -> Markup {
    let Some(email) = home.trafficking_contact.email.as_ref().filter(|_| !home.contact_proved) else { return html! {} };
    html! {
        form.card method="post" action=(format!("{PATH}/{}/courriel", home.id)) {
            (viewer.hidden())
            p.warning { (contact_words::CONTACT_NOT_PROVED) " " (email.as_str()) }
            @if is_wrong { p.error #contact-code-error { (contact_words::WRONG_CODE) } }
            label for="contact-code" { (contact_words::CODE) }
            input #contact-code name="code" autocomplete="off" required maxlength="20" aria-invalid=[is_wrong.then_some("true")]
                aria-describedby=[is_wrong.then_some("contact-code-error")];
            button type="submit" { (contact_words::PROVE) }
        }
    }
}

/// The code that came to the contact address.
pub async fn prove_contact(viewer: Viewer, actor: Actor<ProveContact>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let record = own_structure(&actor, &service, Id(id.0)).await?;
    let wrong = |code: Code| Ok(answer_with(code.status(), &viewer, words::EDIT.text(), &contact_to_prove(&viewer, &record, true)));
    let typed = json!({"code": fields.text("code").unwrap_or_default().trim()});
    let Ok(AddressProof { code }) = form::read::<AddressProof>(&typed, actor.pulse().now) else { return wrong(Code::InvalidBody) };
    let (reach, structure) = (actor.reach(), StructureId(id.0));
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| structure_commands::prove_contact(turn, reach, structure, &code);
    let find = move |conn: &mut Conn, id| structures::find(conn, reach, StructureId(id));
    match service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from) {
        Ok(()) => Ok(see(&format!("{PATH}#structure-{structure}"))),
        Err(problem) if problem.code() == Code::CodeNotValid => wrong(problem.code()),
        Err(problem) => Err(problem),
    }
}

/// Replaces what is declared of a structure.
pub async fn update(viewer: Viewer, actor: Actor<UpdateStructure>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let record = own_structure(&actor, &service, Id(id.0)).await?;
    let seen = form::seen(&fields);
    let shown = RecordForm { seen: fields.text("seen").map(ToOwned::to_owned), ..structure_form(&viewer, &record) };
    let body = form::body(&shown.groups, &fields);
    let declared = match form::read::<Structure>(&body, actor.pulse().now) {
        Ok(declared) => declared,
        Err(problem) => return shown.refused(&body, problem),
    };
    let (reach, id) = (actor.reach(), StructureId(id.0));
    let order = order(&actor, Some(id.0), fields.said(), form::key(&fields, &body)?);
    let before = views::structures::declared;
    let run = move |turn: &mut Turn<'_>, live: &Live| {
        structure_commands::update(turn, live.policy(), reach, id, &seen, before, &declared)
    };
    let find = move |conn: &mut Conn, id| structures::find(conn, reach, StructureId(id));
    match service.command(order, run, find, views::structures::home).await.map_err(Problem::from) {
        Ok(record) => Ok(see(&format!("{PATH}#structure-{}", record.id))),
        Err(problem) if problem.code() == Code::EtagMismatch => Ok(structure_form(&viewer, &record).stale(&form::body_of(&record))),
        Err(problem) => shown.refused(&body, beside_numbers(problem)),
    }
}

/// Ends a structure with its groups of places.
pub async fn end(viewer: Viewer, actor: Actor<EndStructure>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let (structure, reach) = (StructureId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| ends::end_structure(turn, reach, structure);
    let find = move |conn: &mut Conn, id| structures::find(conn, reach, StructureId(id));
    ended(&viewer, service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from))
}

/// Back to the list; or why nothing can end yet.
fn ended(viewer: &Viewer, done: Result<(), Problem>) -> Page {
    match done {
        Ok(()) => Ok(see(PATH)),
        Err(problem) if problem.code() == Code::PeopleThere => {
            let content =
                html! { div.notice role="alert" { p { (words::PEOPLE_THERE) } } p { a.button href=(PATH) { (words::TITLE) } } };
            Ok(answer_with(problem.code().status(), viewer, words::TITLE.text(), &content))
        }
        Err(problem) => Err(problem),
    }
}

/// The form of a new group of places, with what most of them say.
pub async fn show_new_unit(viewer: Viewer, actor: Actor<ShowNewUnit>, service: Data<Service>, id: Id) -> Page {
    let home = own_structure(&actor, &service, Id(id.0)).await?;
    let sent_to = format!("{PATH}/{}/groupes", home.id);
    let shown = form_of(&viewer, words::NEW_UNIT.text(), unit::form(), sent_to, None);
    let usual = json!({"kind": "chrs", "setting": "mixed", "adult_ages": {"min": 18, "max": null}, "doors": ["siao"], "admission_days": 0,
        "holds_before_answer": true, "languages": ["fr"]});
    let content = html! { p.name { (home.name.as_str()) } (shown.content(&usual, &Wrong::default())) };
    answer(&viewer, words::NEW_UNIT.text(), &content)
}

/// Adds a group of places.
pub async fn create_unit(viewer: Viewer, actor: Actor<CreateUnit>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let shown = form_of(&viewer, words::NEW_UNIT.text(), unit::form(), format!("{PATH}/{}/groupes", id.0), None);
    let body = form::body(&shown.groups, &fields);
    let declared = match form::read::<Unit>(&body, actor.pulse().now) {
        Ok(declared) => declared,
        Err(problem) => return shown.refused(&body, problem),
    };
    let (reach, structure) = (actor.reach(), StructureId(id.0));
    let order = order(&actor, Some(id.0), fields.said(), form::key(&fields, &body)?);
    let run = move |turn: &mut Turn<'_>, _: &Live| unit_commands::create(turn, reach, structure, &declared);
    let find = move |conn: &mut Conn, id| units::find(conn, reach, UnitId(id));
    match service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from) {
        Ok(()) => Ok(see(&format!("{PATH}#structure-{structure}"))),
        Err(problem) => shown.refused(&body, problem),
    }
}

async fn own_unit<P: Operation>(actor: &Actor<P>, service: &Service, id: Id) -> Result<UnitRecord, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| Ok(UnitRecord::from(units::find(reading.conn, reach, UnitId(id.0))?));
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}

fn unit_form<'v>(viewer: &'v Viewer, record: &UnitRecord) -> RecordForm<'v> {
    form_of(viewer, words::EDIT.text(), unit::form(), format!("/groupes/{}", record.id), Some(Tag::of(&record.revision())))
}

/// A group of places, to correct.
pub async fn show_unit(viewer: Viewer, actor: Actor<ShowUnit>, service: Data<Service>, id: Id) -> Page {
    let record = own_unit(&actor, &service, id).await?;
    let shown = unit_form(&viewer, &record);
    let content = html! {
        p.name { (profile(&record.declared)) }
        (vouching(&record))
        (shown.content(&form::body_of(written(&record)), &Wrong::default()))
        (end_of(&shown, words::END_UNIT.text(), words::END_UNIT_LEAD.text()))
    };
    answer(&viewer, words::EDIT.text(), &content)
}

/// Replaces the profile of a group of places.
pub async fn update_unit(viewer: Viewer, actor: Actor<UpdateUnit>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let record = own_unit(&actor, &service, Id(id.0)).await?;
    let seen = form::seen(&fields);
    let shown = RecordForm { seen: fields.text("seen").map(ToOwned::to_owned), ..unit_form(&viewer, &record) };
    let body = form::body(&shown.groups, &fields);
    let declared = match form::read::<Unit>(&body, actor.pulse().now) {
        Ok(declared) => declared,
        Err(problem) => return shown.refused(&body, problem),
    };
    let (reach, id) = (actor.reach(), UnitId(id.0));
    let order = order(&actor, Some(id.0), fields.said(), form::key(&fields, &body)?);
    let run = move |turn: &mut Turn<'_>, live: &Live| unit_commands::update(turn, live.policy(), reach, id, &seen, &declared);
    let find = move |conn: &mut Conn, id| units::find(conn, reach, UnitId(id));
    match service.command(order, run, find, views::units::home).await.map_err(Problem::from) {
        Ok(_) => Ok(see(PATH)),
        Err(problem) if problem.code() == Code::EtagMismatch => {
            Ok(unit_form(&viewer, &record).stale(&form::body_of(written(&record))))
        }
        Err(problem) => shown.refused(&body, problem),
    }
}

/// Ends a group of places.
pub async fn end_unit(viewer: Viewer, actor: Actor<EndUnit>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let (unit, reach) = (UnitId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| ends::end_unit(turn, reach, unit);
    let find = move |conn: &mut Conn, id| units::find(conn, reach, UnitId(id));
    ended(&viewer, service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from))
}
