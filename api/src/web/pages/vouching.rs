//! *Registre*, the part *À vérifier*: what waits for somebody who is not its organisation, with what changed in words, and the one tap.

use actix_web::web::Data;
use matcher::{Code, UnaccompaniedMinors};
use maud::{Markup, html};

use super::proposals::numbers;
use super::session::Fields;
use super::words::{self as all_words, proposals, registry as registry_words, vouching as words};
use super::{Page, Viewer, answer_with, form, see};
use crate::commands::{Service, structures as structure_commands, vouching as commands};
use crate::db::{Conn, Failure, Reading, Turn};
use crate::domain::Unit;
use crate::domain::ids::{StructureId, UnitId};
use crate::domain::structure::RegistrationDecision;
use crate::domain::vouching::{Waiting, Widened};
use crate::live::Live;
use crate::paging;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::operations::{ResolveRegistration, VouchForUnit};
use crate::web::problem::{Code as ProblemCode, Problem};
use crate::web::views;
use crate::web::views::vouching::UnitToVouchFor;

/// Where the part begins.
const PART: &str = "/registre#a-verifier";

/// What waits for the reader; nothing where nothing does.
pub fn part(viewer: &Viewer, page: &paging::Page<UnitToVouchFor>) -> Markup {
    html! {
        @if !page.items.is_empty() {
            section.vouching #a-verifier aria-labelledby="a-verifier-titre" {
                h2 #a-verifier-titre { (words::TITLE) }
                p { (words::LEAD) }
                @for unit in &page.items { (one(viewer, unit)) }
                @if page.next_cursor.is_some() { p.hint { (words::MORE) } }
            }
        }
    }
}

fn one(viewer: &Viewer, unit: &UnitToVouchFor) -> Markup {
    let may_vouch = unit.waits.iter().any(|part| *part != Waiting::Number);
    html! {
        section.card {
            h3 { (unit.name.as_str()) " · " (proposals::place(unit.declared.kind, unit.department)) }
            @for part in &unit.waits { p.warning { (words::waits(*part)) } }
            (known(unit))
            (numbers(&unit.numbers))
            (changes(unit))
            @if may_vouch {
                form method="post" action=(format!("/registre/{}/verifier", unit.unit_id)) {
                    (viewer.hidden())
                    input type="hidden" name="seen" value=(unit.revision);
                    button.strong type="submit" { (words::VOUCH) }
                }
            }
            @if unit.waits.contains(&Waiting::Number) { (number(viewer, unit)) }
        }
    }
}

/// What whoever vouches compares with what they know.
fn known(unit: &UnitToVouchFor) -> Markup {
    let told = [
        (words::RUN_BY, Some(unit.organisation.as_str())),
        (words::COMMUNE, Some(unit.commune_name.as_str())),
        (words::FINESS, unit.finess.as_ref().map(|finess| finess.as_str())),
        (words::SIRET, unit.siret.as_ref().map(|siret| siret.as_str())),
        (words::EMAIL, unit.email.as_ref().map(|email| email.as_str())),
    ];
    html! {
        dl.known {
            @for (label, value) in told {
                @if let Some(value) = value { div { dt { (label) } dd { (value) } } }
            }
        }
    }
}

/// What stands and what is asked for: of a new unit all of it, else what changes.
fn changes(unit: &UnitToVouchFor) -> Markup {
    if unit.vouched_kind.is_none() {
        return html! { ul.facts { @for part in Widened::ALL { li { (words::widened(*part)) (all_words::COLON) (said(*part, &unit.declared)) } } } };
    }
    let kind = unit.vouched_kind.filter(|kind| *kind != unit.declared.kind);
    let rows: Vec<_> = unit.pending.iter().flat_map(|pending| unit.widened.iter().map(move |part| (*part, pending))).collect();
    html! {
        @if kind.is_some() || !rows.is_empty() {
            table.changes {
                thead { tr { th scope="col" { (words::WHAT) } th scope="col" { (words::BEFORE) } th scope="col" { (words::AFTER) } } }
                tbody {
                    @if let Some(kind) = kind {
                        tr { th scope="row" { (words::KIND) } td { (all_words::label(kind)) } td { (all_words::label(unit.declared.kind)) } }
                    }
                    @for (part, pending) in rows {
                        tr { th scope="row" { (words::widened(part)) } td { (before(part, unit)) } td { (said(part, pending)) } }
                    }
                }
            }
        }
    }
}

/// What was vouched for: of the places how many were looked at, whatever they have become since.
fn before(part: Widened, unit: &UnitToVouchFor) -> String {
    match unit.vouched_places.filter(|_| part == Widened::Places) {
        Some(places) => places.to_string(),
        None => said(part, &unit.declared),
    }
}

/// A part of a profile in words.
fn said(part: Widened, unit: &Unit) -> String {
    match part {
        Widened::Genders => labels(&unit.genders.0),
        Widened::Children => proposals::children(unit.children),
        Widened::UnaccompaniedMinors => unit.unaccompanied_minors.as_ref().map_or(words::NONE.text().to_owned(), minors),
        Widened::AdultAges => proposals::adults(unit.adult_ages),
        Widened::Setting => all_words::label(unit.setting).to_owned(),
        Widened::Doors => labels(&unit.doors.0),
        Widened::MaxHousehold => registry_words::household(unit.max_household.get()),
        Widened::Places => unit.places.get().to_string(),
    }
}

fn minors(minors: &UnaccompaniedMinors) -> String {
    let ages = registry_words::minors(minors.min_age.get(), minors.max_age.get());
    let genders = minors.genders.iter().map(all_words::label).collect::<Vec<_>>().join(", ");
    match &minors.accreditation {
        Some(accreditation) => format!("{ages} ({genders}), {} {accreditation}", words::ACCREDITED),
        None => format!("{ages} ({genders})"),
    }
}

fn labels<C: Code>(codes: &[C]) -> String {
    codes.iter().map(|code| all_words::label(*code)).collect::<Vec<_>>().join(", ")
}

/// Whose a number is that two organisations give.
fn number(viewer: &Viewer, unit: &UnitToVouchFor) -> Markup {
    html! {
        p {
            (words::ALSO_GIVEN_BY) (all_words::COLON)
            (unit.same_number.iter().map(|other| format!("{} ({})", other.organisation.as_str(), other.department)).collect::<Vec<_>>().join(", "))
        }
        form.actions method="post" action=(format!("/registre/{}/numero", unit.structure_id)) {
            (viewer.hidden())
            button type="submit" name="right" value="true" { (words::NUMBER_IS_ITS_OWN) }
            button type="submit" name="right" value="false" { (words::NUMBER_IS_NOT) }
        }
    }
}

/// The one tap.
pub async fn vouch(viewer: Viewer, actor: Actor<VouchForUnit>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let (unit, reach, seen) = (UnitId(id.0), actor.reach(), form::seen(&fields));
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::vouch(turn, live.policy(), reach, unit, &seen);
    let find = |conn: &mut Conn, id| commands::decided(conn, UnitId(id));
    decided(&viewer, service.command(order, run, find, views::vouching::decided).await.map(drop))
}

/// Whose number it is.
pub async fn decide_number(
    viewer: Viewer,
    actor: Actor<ResolveRegistration>,
    service: Data<Service>,
    id: Id,
    fields: Fields,
) -> Page {
    let right = match fields.text("right") {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(Problem::new(ProblemCode::InvalidBody, "There is no such button.")),
    };
    let (structure, reach) = (StructureId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run =
        move |turn: &mut Turn<'_>, _: &Live| structure_commands::resolve(turn, reach, structure, &RegistrationDecision { right });
    let find = |conn: &mut Conn, id| structure_commands::decided(conn, StructureId(id));
    decided(&viewer, service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await)
}

/// Back to what waits; or that somebody was there before.
fn decided(viewer: &Viewer, done: Result<(), Failure>) -> Page {
    match done.map_err(Problem::from) {
        Ok(()) => Ok(see(PART)),
        Err(problem) if is_late(problem.code()) => {
            let content = html! {
                div.notice role="alert" { p { (words::CHANGED_SINCE) } }
                p { a.button href=(PART) { (words::BACK) } }
            };
            Ok(answer_with(problem.code().status(), viewer, words::TITLE.text(), &content))
        }
        Err(problem) => Err(problem),
    }
}

fn is_late(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::EtagMismatch | ProblemCode::NothingToVouchFor | ProblemCode::NotContested)
}
