//! An organisation as an administrator adds and corrects it: a form that makes the body of `createOrganisation`.

use actix_web::web::Data;
use matcher::{Code as _, Door};
use serde_json::{Value, json};

use super::form::{self, Field, Group, RecordForm, Sort, Wrong};
use super::session::Fields;
use super::words::{self as all_words, Phrase, organisations as words};
use super::{Page, Viewer, answer, see};
use crate::commands::{Service, organisations as commands};
use crate::db::organisations::{self, StoredOrganisation};
use crate::db::{Conn, Failure, Reading, Turn};
use crate::domain::ids::OrganisationId;
use crate::domain::{Organisation, OrganisationKind, Tag};
use crate::live::Live;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::operations::{CreateOrganisation, Operation, ShowNewOrganisation, ShowOrganisation, UpdateOrganisation};
use crate::web::problem::{Code, Problem};

const PATH: &str = "/organismes";

const BACK: (&str, Phrase) = ("/comptes", all_words::ACCOUNTS);

/// Where the form stands.
pub const NEW: &str = "/nouvel-organisme";

fn groups() -> Vec<Group> {
    let line = |at: &'static str, label, wrong, most| Field::new(at, label, wrong, Sort::Line(most));
    let kinds = OrganisationKind::ALL.iter().map(|kind| (kind.as_str().into(), all_words::label(*kind))).collect();
    let doors = Door::ALL.iter().map(|door| (door.as_str().into(), all_words::label(*door))).collect();
    vec![
        Group {
            title: words::WHO.text(),
            fields: vec![
                line("/name", words::NAME.text(), words::NAME_WRONG.text(), 200),
                Field::new("/kind", words::KIND.text(), words::KIND_WRONG.text(), Sort::One(kinds)),
                Field::new("/orients", words::ORIENTS.text(), words::ORIENTS_WRONG.text(), Sort::Tick)
                    .hint(words::ORIENTS_HINT.text()),
                Field::new("/doors", words::DOORS.text(), words::DOORS_WRONG.text(), Sort::Any(doors))
                    .hint(words::DOORS_HINT.text()),
                line("/departments", words::DEPARTMENTS.text(), words::DEPARTMENTS_WRONG.text(), 500)
                    .hint(words::DEPARTMENTS_HINT.text()),
            ],
        },
        Group {
            title: words::CONTACT.text(),
            fields: vec![
                Field::new("/contact/numbers", words::NUMBERS.text(), words::PHONE_WRONG.text(), Sort::Rows(number))
                    .hint(words::NUMBERS_HINT.text()),
                line("/contact/email", words::EMAIL.text(), words::EMAIL_WRONG.text(), 254),
            ],
        },
    ]
}

fn number(row: usize) -> Vec<Field> {
    let at = |field: &str| format!("/contact/numbers/{row}/{field}");
    vec![
        Field::new(at("label"), words::LABEL.text(), words::LABEL_WRONG.text(), Sort::Line(100)),
        Field::new(at("phone"), words::PHONE.text(), words::PHONE_WRONG.text(), Sort::Line(40)),
        Field::new(at("hours"), words::HOURS.text(), words::HOURS_WRONG.text(), Sort::Hours),
    ]
}

/// The body that was typed. Departments stand in one line: a box for each of a hundred would bury the rest.
fn typed(groups: &[Group], fields: &Fields) -> Value {
    let mut body = form::body(groups, fields);
    if let Some(departments) = body.get_mut("departments") {
        let line = departments.as_str().unwrap_or_default().to_uppercase();
        let codes = line.split(|letter: char| !letter.is_alphanumeric()).filter(|code| !code.is_empty());
        *departments = codes.map(Value::from).collect();
    }
    body
}

/// The same as its form shows it.
fn as_typed(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(departments) = body.get_mut("departments") {
        let codes = departments.as_array().map(Vec::as_slice).unwrap_or_default();
        *departments = codes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ").into();
    }
    body
}

fn of_stored<'v>(viewer: &'v Viewer, stored: &StoredOrganisation) -> RecordForm<'v> {
    let seen = Some(Tag::of(&stored.declared).as_str().to_owned());
    RecordForm { viewer, title: words::EDIT.text(), groups: groups(), sent_to: format!("{PATH}/{}", stored.id), seen, back: BACK }
}

fn of_new(viewer: &Viewer) -> RecordForm<'_> {
    RecordForm { viewer, title: words::NEW.text(), groups: groups(), sent_to: PATH.to_owned(), seen: None, back: BACK }
}

/// The empty form.
pub async fn show_new(viewer: Viewer, _: Actor<ShowNewOrganisation>) -> Page {
    answer(&viewer, words::NEW.text(), &of_new(&viewer).content(&json!({"kind": "association"}), &Wrong::default()))
}

/// Adds an organisation.
pub async fn create(viewer: Viewer, actor: Actor<CreateOrganisation>, service: Data<Service>, fields: Fields) -> Page {
    let shown = of_new(&viewer);
    let body = typed(&shown.groups, &fields);
    let declared = match form::read::<Organisation>(&body, actor.pulse().now) {
        Ok(declared) => declared,
        Err(problem) => return shown.refused(&as_typed(&body), problem),
    };
    let order = order(&actor, None, fields.said(), form::key(&fields, &body)?);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, &declared);
    match service.command(order, run, find, told).await.map_err(Problem::from) {
        Ok(id) => Ok(see(&format!("/comptes/{id}"))),
        Err(problem) => shown.refused(&as_typed(&body), problem),
    }
}

fn find(conn: &mut Conn, id: uuid::Uuid) -> Result<StoredOrganisation, crate::db::DbError> {
    organisations::find(conn, OrganisationId(id))
}

fn told(_: &mut Reading<'_>, stored: StoredOrganisation) -> Result<OrganisationId, Failure> {
    Ok(stored.id)
}

async fn stored<P: Operation>(actor: &Actor<P>, service: &Service, id: &Id) -> Result<StoredOrganisation, Problem> {
    let id = id.0;
    Ok(service.read(actor.access(), actor.pulse(), move |reading: &mut Reading<'_>| Ok(find(reading.conn, id)?)).await?)
}

/// An organisation, to correct.
pub async fn show(viewer: Viewer, actor: Actor<ShowOrganisation>, service: Data<Service>, id: Id) -> Page {
    let stored = stored(&actor, &service, &id).await?;
    answer(
        &viewer,
        words::EDIT.text(),
        &of_stored(&viewer, &stored).content(&as_typed(&form::body_of(&stored.declared)), &Wrong::default()),
    )
}

/// Replaces what is declared of an organisation.
pub async fn update(viewer: Viewer, actor: Actor<UpdateOrganisation>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let before = stored(&actor, &service, &id).await?;
    let shown = RecordForm { seen: fields.text("seen").map(ToOwned::to_owned), ..of_stored(&viewer, &before) };
    let body = typed(&shown.groups, &fields);
    let declared = match form::read::<Organisation>(&body, actor.pulse().now) {
        Ok(declared) => declared,
        Err(problem) => return shown.refused(&as_typed(&body), problem),
    };
    let seen = form::seen(&fields);
    let (organisation, key) = (before.id, form::key(&fields, &body)?);
    let order = order(&actor, Some(id.0), fields.said(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::update(turn, organisation, &seen, &declared);
    match service.command(order, run, find, told).await.map_err(Problem::from) {
        Ok(id) => Ok(see(&format!("/comptes/{id}"))),
        Err(problem) if problem.code() == Code::EtagMismatch => {
            Ok(of_stored(&viewer, &before).stale(&as_typed(&form::body_of(&before.declared))))
        }
        Err(problem) => shown.refused(&as_typed(&body), problem),
    }
}
