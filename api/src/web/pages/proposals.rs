//! *Places possibles*: the ranked places beside a map by department, those to verify apart with the question to ask, and why not the others.

use std::collections::{BTreeMap, HashMap};

use actix_web::http::StatusCode;
use actix_web::web::Data;
use matcher::{Code as _, PlaceOffered, Query, RelaxedWish, Rule, Stage, Tier, Urgency, Wish};
use maud::{Markup, html};
use uuid::Uuid;

use super::map::map;
use super::recap::{self, Asked};
use super::session::Fields;
use super::{Page, Viewer, answer, answer_with, see, words};
use crate::commands::requests::not_closed;
use crate::commands::{Service, matching, referrals as commands};
use crate::db::{Conn, Reading, Turn, referrals, requests};
use crate::domain::denied::What;
use crate::domain::doors;
use crate::domain::ids::{ReferralId, RequestId, UnitId, VacancyId};
use crate::domain::referral::NewReferral;
use crate::domain::{AdHocRequest, Denied, Role, Text};
use crate::limits::PROPOSALS_SHOWN;
use crate::live::Live;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::operations::{CreateReferral, Operation, ShowProposals, ShowRequestPlaces};
use crate::web::problem::{Code, Problem};
use crate::web::views;
use crate::web::views::places::{CardNumber, Cards, PlaceCard};

/// A ranking with what is shown of its units.
pub struct Shown {
    ranking: matcher::Ranking,
    /// What was understood.
    request: matcher::Request,
    /// What was typed, where it is not stored.
    asked: Option<Asked>,
    /// Of each proposal what everybody who orients may know.
    places: HashMap<Uuid, PlaceOffered>,
    /// Who answers for each, where the request is stored and the ladder shows it.
    cards: Cards,
    /// The request, where it is stored, and the units it has been put to.
    stored: Option<(RequestId, Vec<UnitId>)>,
    /// What is wished, by what could be wished less.
    wishes: Vec<RelaxedWish>,
    /// How soon a place is needed, which says how long one can be held.
    urgency: Urgency,
    /// What came of the last question, where it did not go through.
    unasked: Unasked,
}

/// A question that did not go through: what is said above the places, and what was typed, which stays in its fields.
#[derive(Default)]
struct Unasked {
    /// Why.
    because: Option<&'static str>,
    /// The rules that the place fails.
    rules: Vec<Rule>,
    /// Which place it was put to.
    vacancy: Option<Uuid>,
    /// What was typed, by field; those that were left empty are to be filled in.
    typed: Vec<(String, String)>,
    /// Why all that was typed cannot be written down as it is.
    too_long: bool,
}

impl Unasked {
    /// What was typed in a field of this place's form.
    fn typed(&self, vacancy: Uuid, field: &str) -> Option<&str> {
        let typed = self.typed.iter().filter(|_| self.vacancy == Some(vacancy));
        typed.into_iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
}

impl Shown {
    /// For people who stay on this side: nothing is stored.
    pub async fn ad_hoc(
        service: &Service,
        actor: &Actor<ShowProposals>,
        declared: AdHocRequest,
        asked: Asked,
    ) -> Result<Self, Problem> {
        let query = matching::ad_hoc(service.live().policy(), &declared, actor.pulse().now)?;
        Ok(Self { asked: Some(asked), ..Self::of(service, actor, query, None).await? })
    }

    /// For a stored request.
    async fn stored<P: Operation>(service: &Service, actor: &Actor<P>, id: RequestId) -> Result<Self, Problem> {
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

    /// Ranks, and of a stored request reads who answers for the places: each telephone number of a home is noted.
    async fn of<P: Operation>(
        service: &Service,
        actor: &Actor<P>,
        query: Query,
        stored: Option<(RequestId, Vec<UnitId>)>,
    ) -> Result<Self, Problem> {
        let snapshot = service.live().snapshot(actor.pulse().position).await?;
        let ranking = snapshot.shown(&query, PROPOSALS_SHOWN);
        let offered = |proposal: &matcher::Proposal| snapshot.offered(proposal.unit_id, proposal.vacancy_id);
        let places = ranking.proposals.iter().filter_map(|proposal| Some((proposal.unit_id, offered(proposal)?))).collect();
        let mut cards = Cards::new();
        // What is not stored names no home.
        if stored.is_some() {
            let ids: Vec<UnitId> = ranking.proposals.iter().map(|proposal| UnitId(proposal.unit_id)).collect();
            let reach = actor.reach();
            let find = move |reading: &mut Reading<'_>| views::places::of_proposals(reading, reach, &ids);
            cards = service.read(actor.access(), actor.pulse(), find).await?;
        }
        let urgency = query.request().urgency;
        Ok(Self {
            ranking,
            request: query.request().clone(),
            asked: None,
            places,
            cards,
            stored,
            wishes: wishes(query.request()),
            urgency,
            unasked: Unasked::default(),
        })
    }
}

/// Shows the proposals for a stored request.
pub async fn show(viewer: Viewer, actor: Actor<ShowRequestPlaces>, service: Data<Service>, id: Id) -> Page {
    let shown = Shown::stored(&service, &actor, RequestId(id.0)).await?;
    answer(&viewer, words::PROPOSALS, &ranked(&viewer, &shown))
}

/// Puts the request to a place, with or without holding its beds. Where that does not go through, the places are ranked afresh, with what
/// stood in the way and all that was typed.
pub async fn ask_place(viewer: Viewer, actor: Actor<CreateReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let request = RequestId(id.0);
    let vacancy = fields.text("vacancy").and_then(|text| Uuid::try_parse(text).ok()).ok_or(Denied::NotFound(What::Vacancy))?;
    let unasked = |because, rules, too_long| {
        let typed = said_on_the_phone(&fields).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Unasked { because, rules, vacancy: Some(vacancy), typed, too_long }
    };
    let (status, unasked) = match verified(&fields) {
        Err(NotVerified::Missing) => (StatusCode::UNPROCESSABLE_ENTITY, unasked(Some(words::VERIFY_FIRST), Vec::new(), false)),
        Err(NotVerified::TooLong) => (StatusCode::UNPROCESSABLE_ENTITY, unasked(Some(words::VERIFY_SHORTER), Vec::new(), true)),
        Ok(override_reason) => {
            let hold = fields.text("action") == Some("hold");
            let asked = NewReferral { hold, override_reason, ..NewReferral::of(VacancyId(vacancy)) };
            let (reach, now) = (actor.reach(), actor.pulse().now);
            let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
            let run = move |turn: &mut Turn<'_>, live: &Live| commands::create(turn, live.policy(), reach, request, &asked);
            let find = move |conn: &mut Conn, id| referrals::view(conn, reach, now, ReferralId(id));
            let done = service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from);
            let Err(problem) = done else { return Ok(see("/orientations")) };
            let because = match problem.code() {
                Code::NoBedLeft | Code::VacancyWithdrawn => words::JUST_TAKEN,
                Code::NotEligible => words::NOT_ELIGIBLE_TEXT,
                Code::TooManyReferrals | Code::TooManyHolds => words::TOO_MANY_TEXT,
                _ => return Err(problem),
            };
            (problem.code().status(), unasked(Some(because), problem.rules().to_vec(), false))
        }
    };
    let shown = Shown { unasked, ..Shown::stored(&service, &actor, request).await? };
    Ok(answer_with(status, &viewer, words::PROPOSALS, &ranked(&viewer, &shown)))
}

/// Who answered the phone.
const ANSWERED_BY: &str = "answered_by";

/// What was said of a rule, by the field's name.
const SAID_OF: &str = "said_of_";

/// The fields in which someone writes what a call brought.
fn said_on_the_phone(fields: &Fields) -> impl Iterator<Item = (&str, &str)> {
    fields.each().filter(|(name, _)| *name == ANSWERED_BY || name.starts_with(SAID_OF))
}

/// Why what was typed of a call is no reason yet.
enum NotVerified {
    /// A field is empty.
    Missing,
    /// It is longer than a reason is.
    TooLong,
}

/// What a call brought, in the words of whoever made it: who answered, and what was said of each rule. Nothing is written for them.
fn verified(fields: &Fields) -> Result<Option<Text<500>>, NotVerified> {
    let said: Vec<(&str, &str)> = said_on_the_phone(fields).map(|(name, value)| (name, value.trim())).collect();
    if said.is_empty() {
        return Ok(None);
    }
    if said.iter().any(|(_, value)| value.is_empty()) {
        return Err(NotVerified::Missing);
    }
    let who = said.iter().filter(|(name, _)| *name == ANSWERED_BY).map(|(_, value)| (*value).to_owned());
    let what = said.iter().filter(|(name, _)| *name != ANSWERED_BY).map(|(_, value)| (*value).to_owned());
    let reason = who.chain(what).collect::<Vec<_>>().join(" ; ");
    Text::try_from(reason).map(Some).map_err(|_why| NotVerified::TooLong)
}

/// The proposals: eligible ones, those to verify, the map, and why not the others.
pub fn ranked(viewer: &Viewer, shown: &Shown) -> Markup {
    let (eligible, to_verify): (Vec<_>, Vec<_>) =
        shown.ranking.proposals.iter().partition(|proposal| proposal.tier == Tier::Eligible);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for proposal in &shown.ranking.proposals {
        if let Some(place) = shown.places.get(&proposal.unit_id) {
            *counts.entry(place.department.as_str()).or_default() += 1;
        }
    }
    html! {
        (recap::whole(viewer, &shown.request, shown.asked.as_ref()))
        @if let (Some((request, _)), true) = (&shown.stored, viewer.caller.is_some_and(|caller| caller.is(Role::Referent))) {
            p { a href={ "/demandes/" (request) "/dossier" } { (words::DOSSIER_TITLE) } }
        }
        @if shown.stored.is_none() { div.notice { p { (words::NOT_STORED) } } }
        @if let Some(because) = shown.unasked.because {
            div.notice role="alert" {
                p { (because) }
                @if !shown.unasked.rules.is_empty() { ul { @for rule in &shown.unasked.rules { li { (words::label(*rule)) } } } }
            }
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
                (doors(shown))
                (why_not(shown))
            }
            aside { (map(&counts)) button.plain type="button" data-print="" hidden { (words::PRINT) } }
        }
    }
}

fn one(viewer: &Viewer, shown: &Shown, proposal: &matcher::Proposal) -> Markup {
    let is_first = shown.ranking.proposals.first().is_some_and(|first| first.unit_id == proposal.unit_id);
    let Some(place) = shown.places.get(&proposal.unit_id) else { return html! {} };
    let (department, card) = (place.department, shown.cards.get(&UnitId(proposal.unit_id)));
    html! {
        h3 { (words::label(place.kind)) ", " (words::department(department)) " (" (department) ")" }
        @if let Some(card) = card {
            p.name { (card.name.as_str()) @if let Some(town) = &card.town { ", " (town.as_str()) } }
        }
        dl.facts {
            dt { (words::BAND) } dd { (words::label(proposal.distance_band)) }
            dt { (words::DOOR) } dd { (list(proposal.doors.iter().map(words::label))) }
        }
        @if shown.stored.is_none() {
            @for rule in proposal.to_verify.iter() { p.question { (words::QUESTION) " " (words::question(rule)) } }
        }
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
        (actions(viewer, shown, proposal, card))
    }
}

fn conditions(proposal: &matcher::Proposal) -> Markup {
    let unlawful: Vec<_> = proposal.unlawful_conditions.iter().map(words::label).collect();
    let lawful: Vec<_> = proposal.conditions.iter().map(words::label).collect();
    let steps: Vec<_> = proposal.steps.iter().map(words::label).collect();
    html! {
        @if !lawful.is_empty() { p { strong { (words::CONDITIONS) } "\u{a0}: " (list(lawful.into_iter())) } }
        @if !unlawful.is_empty() { p.unlawful { strong { (words::UNLAWFUL) } "\u{a0}: " (list(unlawful.into_iter())) } }
        @if !steps.is_empty() { p { strong { (words::STEPS) } "\u{a0}: " (list(steps.into_iter())) } }
    }
}

fn list<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn actions(viewer: &Viewer, shown: &Shown, proposal: &matcher::Proposal, card: Option<&PlaceCard>) -> Markup {
    html! {
        div.actions {
            @if let Some(card) = card { (numbers(&card.numbers)) }
            @if let Some((request, asked)) = &shown.stored {
                @if asked.contains(&UnitId(proposal.unit_id)) {
                    p.hint { (words::ASKED_ALREADY) }
                } @else {
                    form method="post" action=(format!("/demandes/{request}/orientations")) {
                        (viewer.hidden())
                        input type="hidden" name="vacancy" value=(proposal.vacancy_id);
                        @if proposal.tier == Tier::ToVerify { (call_first(shown, proposal)) }
                        button type="submit" name="action" value="ask" { (words::ASK_PLACE) }
                        @if card.is_none_or(|card| card.holds_before_answer) {
                            button.strong type="submit" name="action" value="hold" { (words::hold_place(shown.urgency)) }
                        } @else {
                            p.hint { (words::NO_HOLD_BEFORE_ANSWER) }
                        }
                    }
                }
            }
        }
    }
}

/// Numbers to call, each with who answers and when.
pub fn numbers(numbers: &[CardNumber]) -> Markup {
    html! {
        @for number in numbers {
            p {
                a.button href=(format!("tel:{}", number.phone.as_str())) { (words::CALL) " " (number.phone.as_read()) }
                @if let Some(label) = &number.label { " " (label.as_str()) }
                @if let Some(hours) = &number.hours { " " span.hint { (words::hours(hours.as_str())) } }
                @if !number.answers_now { " " span.hint { (words::CLOSED_NOW) } }
            }
        }
    }
}

/// The public numbers of the doors: nobody is left without a human to call.
fn doors(shown: &Shown) -> Markup {
    let mut departments = vec![shown.request.place.department];
    departments.extend(shown.places.values().map(|place| place.department));
    departments.sort_unstable();
    departments.dedup();
    html! {
        section.card {
            h2 { (words::IF_NOTHING_SUITS) }
            @for door in doors::of(&departments) {
                p {
                    a.button href=(format!("tel:{}", door.phone)) { (words::CALL) " " (door.as_read) }
                    " " (door.label)
                    @if let Some(department) = door.department { " (" (department) ")" }
                    @if let Some(hours) = door.hours { " " span.hint { (words::hours(hours)) } }
                }
            }
        }
    }
}

/// What a call must have brought before a place can be asked that only a call makes fit: who answered, and what, rule by rule.
fn call_first(shown: &Shown, proposal: &matcher::Proposal) -> Markup {
    let (vacancy, said) = (proposal.vacancy_id, |rule: Rule| format!("{SAID_OF}{}", rule.as_str()));
    html! {
        fieldset.call {
            legend { (words::CALL_FIRST) }
            (field(shown, vacancy, ANSWERED_BY, words::WHO_ANSWERED, 100))
            @for rule in proposal.to_verify.iter() { (field(shown, vacancy, &said(rule), words::question(rule), 300)) }
            @if shown.unasked.too_long && shown.unasked.vacancy == Some(vacancy) { p.error { (words::VERIFY_SHORTER) } }
        }
    }
}

/// A field of a call, with what was typed in it; marked where it was left empty.
fn field(shown: &Shown, vacancy: Uuid, name: &str, label: &str, longest: u16) -> Markup {
    let typed = shown.unasked.typed(vacancy, name);
    let (id, missing) = (format!("{name}-{vacancy}"), typed.is_some_and(|text| text.trim().is_empty()));
    let error = format!("{id}-error");
    html! {
        label for=(id) { (label) }
        @if missing { span.error id=(error) { (words::FILL_IN) } }
        input id=(id) name=(name) maxlength=(longest) required value=[typed] aria-invalid=[missing.then_some("true")] aria-describedby=[missing.then_some(&error)];
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
