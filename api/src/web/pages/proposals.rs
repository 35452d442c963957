//! *Propositions*: the ranked places beside a map by department, those to verify apart with the question to ask, and why not the others.

use std::collections::{BTreeMap, HashMap};

use actix_web::web::Data;
use matcher::{Department, Query, RelaxedWish, Stage, Tier, Wish};
use maud::{Markup, html};
use uuid::Uuid;

use super::map::map;
use super::session::Fields;
use super::{Page, Viewer, answer, see, words};
use crate::commands::requests::not_closed;
use crate::commands::{Service, matching, referrals as commands};
use crate::db::units::StoredUnit;
use crate::db::{Conn, Reading, Turn, referrals, requests, units};
use crate::domain::denied::What;
use crate::domain::ids::{ReferralId, RequestId, UnitId, VacancyId};
use crate::domain::referral::NewReferral;
use crate::domain::{AdHocRequest, Denied, TraffickingContact};
use crate::limits::PROPOSALS_SHOWN;
use crate::live::Live;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::operations::{CreateReferral, Operation, ShowProposals, ShowRequest};
use crate::web::problem::{Code, Problem};

/// A ranking with what is shown of its units.
pub struct Shown {
    ranking: matcher::Ranking,
    units: HashMap<Uuid, (StoredUnit, TraffickingContact)>,
    /// The request, where it is stored, and the units it has been put to.
    stored: Option<(RequestId, Vec<UnitId>)>,
    /// What is wished, by what could be wished less.
    wishes: Vec<RelaxedWish>,
}

impl Shown {
    /// For people who stay on this side: nothing is stored.
    pub async fn ad_hoc(service: &Service, actor: &Actor<ShowProposals>, declared: AdHocRequest) -> Result<Self, Problem> {
        let at = matching::moment(actor.pulse().now, declared.department())?;
        let query = matching::ask(declared.as_matched(Uuid::now_v7(), at, at), service.live().policy())?;
        Self::of(service, actor, query, None).await
    }

    /// For a stored request.
    async fn stored(service: &Service, actor: &Actor<ShowRequest>, id: RequestId) -> Result<Self, Problem> {
        let (reach, live) = (actor.reach(), service.live().clone());
        let question = move |reading: &mut Reading<'_>| {
            let stored = not_closed(requests::find(reading.conn, reach, id)?)?;
            reading.shows(id);
            let query = matching::query(reading.conn, live.policy(), &stored, reading.now)?;
            let asked = referrals::open_of_request(reading.conn, id)?.into_iter().map(|referral| referral.unit).collect();
            Ok((query, asked))
        };
        let (query, asked) = service.read(actor.access(), actor.pulse(), question).await?;
        Self::of(service, actor, query, Some((id, asked))).await
    }

    /// Ranks, and reads the units that are shown: each shows a telephone number, which is noted.
    async fn of<P: Operation>(
        service: &Service,
        actor: &Actor<P>,
        query: Query,
        stored: Option<(RequestId, Vec<UnitId>)>,
    ) -> Result<Self, Problem> {
        let ranking = service.live().snapshot(actor.pulse().position).await?.shown(&query, PROPOSALS_SHOWN);
        let ids: Vec<UnitId> = ranking.proposals.iter().map(|proposal| UnitId(proposal.unit_id)).collect();
        let find = move |reading: &mut Reading<'_>| {
            let found = units::of_ids(reading.conn, &ids)?;
            let with_contact = |unit: StoredUnit| {
                let contact = unit.structure.contact.clone().show(reading);
                (unit.id.0, (unit, contact))
            };
            Ok(found.into_iter().map(with_contact).collect())
        };
        let units = service.read(actor.access(), actor.pulse(), find).await?;
        Ok(Self { ranking, units, stored, wishes: wishes(query.request()) })
    }
}

/// Shows the proposals for a stored request.
pub async fn show(viewer: Viewer, actor: Actor<ShowRequest>, service: Data<Service>, id: Id) -> Page {
    let shown = Shown::stored(&service, &actor, RequestId(id.0)).await?;
    answer(&viewer, words::PROPOSALS, &ranked(&viewer, &shown))
}

/// Puts the request to a place, with or without holding its beds.
pub async fn ask_place(actor: Actor<CreateReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let vacancy = fields.text("vacancy").and_then(|text| Uuid::try_parse(text).ok());
    let vacancy_id = vacancy.map(VacancyId).ok_or(Denied::NotFound(What::Vacancy))?;
    let reason = fields.text("reason").map(|text| text.to_owned().try_into()).transpose();
    let override_reason = reason.map_err(|why: String| Problem::new(Code::InvalidBody, why))?;
    let asked = NewReferral { hold: fields.text("action") == Some("hold"), override_reason, ..NewReferral::of(vacancy_id) };
    let (request, reach, now) = (RequestId(id.0), actor.reach(), actor.pulse().now);
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::create(turn, live.policy(), reach, request, &asked);
    let find = move |conn: &mut Conn, id| referrals::view(conn, reach, now, ReferralId(id));
    service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await?;
    Ok(see("/orientations"))
}

/// The proposals: eligible ones, those to verify, the map, and why not the others.
pub fn ranked(viewer: &Viewer, shown: &Shown) -> Markup {
    let (eligible, to_verify): (Vec<_>, Vec<_>) =
        shown.ranking.proposals.iter().partition(|proposal| proposal.tier == Tier::Eligible);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for proposal in &shown.ranking.proposals {
        if let Some((unit, _)) = shown.units.get(&proposal.unit_id) {
            *counts.entry(unit.structure.department.as_str()).or_default() += 1;
        }
    }
    html! {
        @if shown.stored.is_none() {
            div.notice { p { (words::NOT_STORED) } p { a.button href="/demande" data-back="" { (words::BACK_TO_ASK) } } }
        }
        p.summary { (words::summary(shown.ranking.eligible, shown.ranking.to_verify, shown.ranking.evaluated)) }
        div.columns {
            div {
                h2 { (words::CAN_TAKE) }
                @if eligible.is_empty() {
                    div.notice {
                        p { strong { (words::PROPOSALS_NONE) } }
                        @if !to_verify.is_empty() { p { (words::LOOK_AT_TO_VERIFY) } }
                        @if !shown.ranking.relaxations.is_empty() { p { (words::LOOK_AT_WOULD_OPEN) } }
                        p { (words::LOOK_AT_WHY_NOT) }
                    }
                }
                ol.proposals { @for proposal in &eligible { li.card { (one(viewer, shown, proposal)) } } }
                @if !to_verify.is_empty() {
                    section.verify {
                        h2 { (words::TO_VERIFY) }
                        p { (words::TO_VERIFY_LEAD) }
                        ol.proposals { @for proposal in &to_verify { li.card { (one(viewer, shown, proposal)) } } }
                    }
                }
                (would_open(shown))
                (why_not(shown))
            }
            aside { (map(&counts)) button.plain type="button" data-print="" hidden { (words::PRINT) } }
        }
    }
}

fn one(viewer: &Viewer, shown: &Shown, proposal: &matcher::Proposal) -> Markup {
    let is_first = shown.ranking.proposals.first().is_some_and(|first| first.unit_id == proposal.unit_id);
    let Some((unit, contact)) = shown.units.get(&proposal.unit_id) else { return html! {} };
    let (structure, profile) = (&unit.structure, &unit.declared);
    let department: Department = structure.department;
    html! {
        h3 { (words::label(profile.kind)) ", " (words::department(department)) " (" (department) ")" }
        p.name { (structure.name.as_str()) }
        dl.facts {
            dt { (words::BAND) } dd { (words::label(proposal.distance_band)) }
            dt { (words::DOOR) } dd { (list(proposal.doors.iter().map(words::label))) }
        }
        @for rule in proposal.to_verify.iter() { p.question { (words::QUESTION) " " (words::question(rule)) } }
        @for warning in proposal.warnings.iter() { p.warning { (words::label(warning)) } }
        (conditions(proposal))
        details open[is_first] {
            summary { (words::REASONS) }
            table {
                @for share in proposal.criteria.iter() {
                    tr {
                        th scope="row" { (words::label(share.name)) }
                        td { meter min="0" max="1" value=(share.value) aria-label=(words::label(share.name)) { (words::percent(share.value)) } }
                        td.number { (words::percent(share.value)) }
                    }
                }
            }
        }
        (actions(viewer, shown, proposal, contact.phone.as_ref().map(crate::domain::Phone::as_str)))
    }
}

fn conditions(proposal: &matcher::Proposal) -> Markup {
    let unlawful: Vec<_> = proposal.unlawful_conditions.iter().map(words::label).collect();
    let lawful: Vec<_> = proposal.conditions.iter().map(words::label).collect();
    let steps: Vec<_> = proposal.steps.iter().map(words::label).collect();
    html! {
        @if !lawful.is_empty() { p { strong { (words::CONDITIONS) } " : " (list(lawful.into_iter())) } }
        @if !unlawful.is_empty() { p.unlawful { strong { (words::UNLAWFUL) } " : " (list(unlawful.into_iter())) } }
        @if !steps.is_empty() { p { strong { (words::STEPS) } " : " (list(steps.into_iter())) } }
    }
}

fn list<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn actions(viewer: &Viewer, shown: &Shown, proposal: &matcher::Proposal, phone: Option<&str>) -> Markup {
    html! {
        div.actions {
            @if let Some(phone) = phone { a.button href=(format!("tel:{phone}")) { (words::CALL) " " (phone) } }
            @if let Some((request, asked)) = &shown.stored {
                @if asked.contains(&UnitId(proposal.unit_id)) {
                    p.hint { (words::ASKED_ALREADY) }
                } @else {
                    form method="post" action=(format!("/demandes/{request}/orientations")) {
                        (viewer.hidden())
                        input type="hidden" name="vacancy" value=(proposal.vacancy_id);
                        @if proposal.tier == Tier::ToVerify { input type="hidden" name="reason" value=(words::VERIFIED_BY_CALL); }
                        button type="submit" name="action" value="ask" { (words::ASK_PLACE) }
                        button.strong type="submit" name="action" value="hold" { (words::HOLD_PLACE) }
                    }
                }
            }
        }
    }
}

/// What someone wishes, by what could be wished less.
fn wishes(request: &matcher::Request) -> Vec<RelaxedWish> {
    let distance = &request.distance;
    [
        (distance.max_km.is_some(), RelaxedWish::MaxKm),
        (distance.min_km.is_some(), RelaxedWish::MinKm),
        (!request.accepts_removal && distance.wish != Wish::MoveAway, RelaxedWish::AcceptsRemoval),
        (!request.accepts_crossing, RelaxedWish::AcceptsCrossing),
        (request.stage != Stage::Emergency && request.nights.get() > 1, RelaxedWish::Nights),
        (!request.living_with.is_empty(), RelaxedWish::LivingWith),
        (!request.required.is_empty(), RelaxedWish::Required),
        (!request.required_languages.is_empty(), RelaxedWish::RequiredLanguages),
    ]
    .into_iter()
    .filter_map(|(wished, wish)| wished.then_some(wish))
    .collect()
}

/// What a wish would open: said where nothing is left to say no with.
fn would_open(shown: &Shown) -> Markup {
    let relaxations = &shown.ranking.relaxations;
    html! {
        @if !relaxations.is_empty() {
            section.card {
                h2 { (words::WOULD_OPEN) }
                ul { @for relaxation in relaxations { li { (words::relaxation(relaxation, &shown.wishes)) } } }
                p.hint { (words::WOULD_OPEN_HINT) }
            }
        }
    }
}

fn why_not(shown: &Shown) -> Markup {
    let counted: Vec<_> = shown.ranking.failed.iter().collect();
    html! {
        @if !counted.is_empty() {
            details.card open[shown.ranking.proposals.is_empty()] {
                summary { (words::WHY_NOT) }
                table {
                    thead { tr { th scope="col" { (words::WHY_NOT_RULE) } th scope="col" { (words::WHY_NOT_UNITS) } th scope="col" { (words::WHY_NOT_ALONE) } } }
                    tbody {
                        @for (rule, units) in counted {
                            tr { th scope="row" { (words::label(rule)) } td.number { (units) } td.number { (shown.ranking.failed_alone.get(rule)) } }
                        }
                    }
                }
            }
        }
    }
}
