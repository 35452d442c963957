//! *Places possibles*: the ranked places beside a map by department, those to verify apart with the question to ask, what is asked with where it
//! stands, and why not the others. The same page for what was typed and is not stored, and for a stored request.
//!
//! `view` says which part is shown, `page` writes it, `card` one place, `act` asks, `wish` is one wish less.

pub mod act;
mod asked;
pub mod card;
mod group;
mod page;
pub mod paper;
mod phone_call;
pub mod sheet;
pub mod view;
mod wish;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use matcher::{Criterion, Department, Kind, PlaceOffered, Proposal, Query, Relaxation, RelaxedWish, Snapshot, Tier, Warning};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use self::act::{Outcome, Refused, Wanted, wave};
pub use self::card::{answering, numbers};
use self::phone_call::{Call, NotVerified, verified};
use self::view::View;
use super::keeping_up::{self, AsOf, Has};
use super::recap::Asked;
use super::session::Fields;
use super::{Page, Viewer, answer, answer_with, see, words};
use crate::clock::Instant;
use crate::commands::requests::not_closed;
use crate::commands::{Service, matching, requests as request_commands};
use crate::db::referrals::ReferralFilter;
use crate::db::requests::StoredRequest;
use crate::db::{Conn, DbError, Failure, Reading, Turn, organisations, requests};
use crate::domain::doors::Doors;
use crate::domain::ids::{AccountId, OrganisationId, RequestId, UnitId, VacancyId};
use crate::domain::quota::{ContactsLeft, Watched};
use crate::domain::revision::{Seen, Tag};
use crate::domain::{AdHocRequest, Alias, Reach, Request};
use crate::limits::{PLACES_MAX, PROPOSALS_SHOWN, TO_VERIFY_SHOWN};
use crate::live::Live;
use crate::paging::{Order, PageLimit};
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params};
use crate::web::http::rankings::is_of_lone_minor;
use crate::web::http::referrals::{ReferralRecord, page as page_of_referrals};
use crate::web::operations::{CreateReferral, Operation, ShowPlacesAsked, ShowProposals, ShowRequestPlaces, UpdateRequest};
use crate::web::problem::Problem;
use crate::web::views;
use crate::web::views::places::{Cards, Kinds};

/// A ranking with what is shown of its places.
pub struct Shown {
    now: Instant,
    /// By whose clock the reader lives.
    here: Department,
    /// The public numbers of the doors.
    doors: Arc<Doors>,
    /// Every place that can take these people, the best first.
    ranking: matcher::Ranking,
    /// What was understood.
    request: matcher::Request,
    /// Whether it is stored.
    of: Of,
    /// Of each proposal what everybody who orients may know.
    places: HashMap<Uuid, PlaceOffered>,
    /// Which part is shown.
    view: View,
    /// Who answers for those that are shown, where the request is stored and the ladder shows it.
    cards: Cards,
    /// Of how many of those it is kept back: the quota of contacts is used up.
    kept_back: u32,
    /// Criteria of which all that is shown is alike.
    alike: Vec<Criterion>,
    /// Warnings that all that is shown has: said once.
    shared: Vec<Warning>,
    /// What is wished, by what could be wished less.
    wishes: Vec<RelaxedWish>,
    /// What one wish less would open, where somebody wants to see it.
    opened: Option<Opened>,
    /// Homes for which nobody has vouched yet, the best first.
    apart: Vec<(Proposal, PlaceOffered)>,
    /// Those of the places that are new.
    new_homes: HashSet<Uuid>,
    /// What came of the last question, where not all went through.
    outcome: Outcome,
    /// What is said above the places, beside that.
    notice: Option<&'static str>,
    /// What was typed of a call that is no reason yet.
    call: Call,
    /// How the places that could not be asked are called, where they are not in the list any more.
    gone: Vec<(VacancyId, Kind, Department)>,
}

/// Of what a ranking is.
pub enum Of {
    /// Of what was typed, and nobody has stored.
    Form(Asked),
    /// Of a stored request.
    Stored(Box<Stored>),
}

/// A stored request, as far as the page needs it.
pub struct Stored {
    id: RequestId,
    alias: Alias,
    /// What an edit of it has seen.
    tag: Tag,
    /// The places it was put to, the newest first.
    referrals: Vec<ReferralRecord>,
    /// What sort of place each is, and where.
    kinds: Kinds,
    /// As of when that was read, where it keeps up.
    as_of: Option<AsOf>,
}

impl Stored {
    /// A stored request with the places it was put to, as its reader is shown it.
    fn read(reading: &mut Reading<'_>, reach: Reach, stored: StoredRequest) -> Result<Self, Failure> {
        let declared = stored.declared.clone().show(reading);
        let tag = Tag::of(&stored.seen_by(reach, declared));
        let filter = ReferralFilter { request: Some(stored.id), order: Order::Newest, ..ReferralFilter::default() };
        let referrals = page_of_referrals(reading, reach, filter, None, PageLimit::most())?.items;
        let units: Vec<UnitId> = referrals.iter().map(|referral| referral.unit_id).collect();
        let kinds = views::places::kinds_of(reading.conn, &units)?;
        Ok(Self { id: stored.id, alias: stored.alias, tag, referrals, kinds, as_of: None })
    }

    /// As of when it was read: it changes by itself where a question lapses or a hold ends.
    fn as_of(&self, reading: &mut Reading<'_>, reader: AccountId) -> Result<AsOf, DbError> {
        let by_itself = self.referrals.iter().flat_map(|referral| [referral.deadline, referral.hold_until]).flatten();
        AsOf::read(reading, reader, by_itself)
    }

    /// Where a unit that was asked stands.
    fn department_of(&self, unit: UnitId) -> Option<Department> {
        self.kinds.get(&unit).map(|(_, department)| *department)
    }
}

/// What one wish less would open.
struct Opened {
    relaxation: Relaxation,
    /// The places that come with it, the best first.
    proposals: Vec<(Proposal, PlaceOffered)>,
}

/// What a ranking is asked for, and by whom.
struct Question {
    query: Query,
    of: Of,
    here: Department,
}

impl Shown {
    /// For people who stay on this side: nothing is stored.
    pub async fn ad_hoc(
        service: &Service,
        actor: &Actor<ShowProposals>,
        declared: AdHocRequest,
        (asked, view): (Asked, View),
    ) -> Result<Self, Problem> {
        let query = matching::ad_hoc(service.live().policy(), &declared, actor.pulse().now)?;
        let here = declared.department();
        let likeness = matching::likeness(service.db().keys(), query.request())?;
        service.count_ranking(actor.access().by, likeness, actor.pulse().now).await?;
        Self::of(service, actor, Question { query, of: Of::Form(asked), here }, view).await
    }

    /// For a stored request.
    async fn stored<P: Operation>(service: &Service, actor: &Actor<P>, id: RequestId, view: View) -> Result<Self, Problem> {
        let question = question(service, actor, id).await?;
        Self::of(service, actor, question, view).await
    }

    /// Ranks, and of a stored request reads who answers for the places that are shown: each telephone number of a home is noted.
    async fn of<P: Operation>(service: &Service, actor: &Actor<P>, question: Question, view: View) -> Result<Self, Problem> {
        let Question { query, of, here } = question;
        let registry = service.live().registry(actor.pulse().position).await?;
        let snapshot = &registry.vouched;
        let ranking = service.live().timed(|| snapshot.shown(&query, PLACES_MAX));
        let now = actor.pulse().now;
        let ids = ranking.proposals.iter().map(|proposal| proposal.unit_id);
        let new_homes = ids.filter(|unit| registry.is_new(*unit, now)).collect();
        let offered = |proposal: &Proposal| snapshot.offered(proposal.unit_id, proposal.vacancy_id);
        let places = ranking.proposals.iter().filter_map(|proposal| Some((proposal.unit_id, offered(proposal)?))).collect();
        let opened = view.voir.as_deref().and_then(|key| Opened::of(snapshot, &query, &ranking, key));
        let is_over = view.voir.is_some() && opened.is_none();
        let mut shown = Self {
            now: actor.pulse().now,
            here,
            doors: Arc::clone(&registry.doors),
            wishes: wish::of(query.request()),
            request: query.request().clone(),
            ranking,
            of,
            places,
            view,
            cards: Cards::new(),
            kept_back: 0,
            alike: Vec::new(),
            shared: Vec::new(),
            opened,
            apart: not_vouched_for(&registry.apart, &query),
            new_homes,
            outcome: Outcome::default(),
            notice: is_over.then_some(words::proposals::NO_LONGER_OPENS.text()),
            call: Call::default(),
            gone: Vec::new(),
        };
        let (eligible, to_verify) = shown.listed();
        let on_page: Vec<&Proposal> = eligible.into_iter().chain(to_verify).collect();
        let (alike, shared) = (card::alike(&on_page), shared(&on_page));
        let ids: Vec<UnitId> = on_page.iter().map(|proposal| UnitId(proposal.unit_id)).collect();
        // What is not stored names no home.
        if let Of::Stored(stored) = &shown.of {
            let (by, of_lone_minor) = ((actor.reach(), stored.id), is_of_lone_minor(&shown.request));
            let find = move |reading: &mut Reading<'_>, left: &mut ContactsLeft| {
                let cards = views::places::of_proposals(reading, by, &ids, of_lone_minor, left)?;
                Ok((cards, left.kept_back))
            };
            let likeness = matching::likeness(service.db().keys(), &shown.request)?;
            let counts_as = Some((Watched::RankingsStored, Some(likeness)));
            (shown.cards, shown.kept_back) = service.read_counted(actor.access(), actor.pulse(), counts_as, find).await?;
        }
        (shown.alike, shown.shared) = (alike, shared);
        Ok(shown)
    }

    /// What came of a question to several places: those that are gone are called by what everybody may know of them.
    async fn after<P: Operation>(mut self, service: &Service, actor: &Actor<P>, outcome: Outcome) -> Result<Self, Problem> {
        let is_listed = |refused: &&Refused| self.ranking.proposals.iter().any(|known| known.vacancy_id == refused.vacancy);
        let gone: Vec<_> =
            outcome.refused.iter().filter(|refused| !is_listed(refused)).map(|refused| VacancyId(refused.vacancy)).collect();
        if !gone.is_empty() {
            let find = move |reading: &mut Reading<'_>| Ok(views::places::of_vacancies(reading.conn, &gone)?);
            self.gone = service.read(actor.access(), actor.pulse(), find).await?;
        }
        self.outcome = outcome;
        Ok(self)
    }

    /// The places of a tier that the view does not leave out.
    fn fitting(&self, tier: Tier) -> Vec<&Proposal> {
        let fits = |proposal: &&Proposal| self.places.get(&proposal.unit_id).is_some_and(|place| self.view.fits(proposal, place));
        self.ranking.proposals.iter().filter(|proposal| proposal.tier == tier).filter(fits).collect()
    }

    /// Those that are shown: eligible ones, and those to verify, which are always there.
    fn listed(&self) -> (Vec<&Proposal>, Vec<&Proposal>) {
        let eligible = self.fitting(Tier::Eligible).into_iter().skip(self.view.de).take(PROPOSALS_SHOWN).collect();
        let to_verify = self.fitting(Tier::ToVerify).into_iter().skip(self.view.verifier).take(TO_VERIFY_SHOWN).collect();
        (eligible, to_verify)
    }

    /// The open question to a unit, if it is asked.
    fn asked(&self, unit: UnitId) -> Option<&ReferralRecord> {
        let Of::Stored(stored) = &self.of else { return None };
        stored.referrals.iter().find(|referral| referral.unit_id == unit && referral.state.is_open())
    }

    /// Whether an organisation has an open question before it.
    fn has_asked(&self, addressee: OrganisationId) -> bool {
        let Of::Stored(stored) = &self.of else { return false };
        stored.referrals.iter().any(|referral| referral.addressee_id == addressee && referral.state.is_open())
    }

    /// Where a unit that was asked stands.
    fn department_of(&self, unit: UnitId) -> Department {
        let Of::Stored(stored) = &self.of else { return self.here };
        stored.department_of(unit).unwrap_or(self.here)
    }

    /// Whether a warning is said on the card of one place.
    fn warns(&self, warning: Warning) -> bool {
        card::matters(warning, &self.request) && !self.shared.contains(&warning)
    }
}

/// What nobody has vouched for and could take these people, the best first: a few, which are no places to ask.
fn not_vouched_for(apart: &Snapshot, query: &Query) -> Vec<(Proposal, PlaceOffered)> {
    if apart.is_empty() {
        return Vec::new();
    }
    let found = apart.shown(query, PROPOSALS_SHOWN).proposals.into_iter();
    found
        .filter_map(|proposal| Some((apart.offered(proposal.unit_id, proposal.vacancy_id)?, proposal)))
        .map(|(place, of)| (of, place))
        .collect()
}

/// The warnings that all of several places have: they speak of the people, not of a place.
fn shared(proposals: &[&Proposal]) -> Vec<Warning> {
    let Some(first) = proposals.first().filter(|_| proposals.len() > 1) else { return Vec::new() };
    first.warnings.iter().filter(|warning| proposals.iter().all(|proposal| proposal.warnings.contains(*warning))).collect()
}

impl Opened {
    /// What a change opens, where the ranking as it is now has that change: places that are eligible with it and not as asked.
    fn of(snapshot: &Snapshot, query: &Query, ranking: &matcher::Ranking, key: &str) -> Option<Self> {
        let relaxation = ranking.relaxations.iter().find(|relaxation| wish::key(relaxation) == key)?.clone();
        let changed = Query::new(wish::changed(query.request(), &relaxation), snapshot.policy()).ok()?;
        let known = ranking.proposals.iter().filter(|proposal| proposal.tier == Tier::Eligible);
        let known: HashSet<Uuid> = known.map(|proposal| proposal.unit_id).collect();
        let with_it = snapshot.shown(&changed, PLACES_MAX).proposals.into_iter();
        let new = with_it.filter(|proposal| proposal.tier == Tier::Eligible && !known.contains(&proposal.unit_id));
        let proposals = new.filter_map(|proposal| {
            let place = snapshot.offered(proposal.unit_id, proposal.vacancy_id)?;
            Some((proposal, place))
        });
        Some(Self { relaxation, proposals: proposals.collect() })
    }
}

/// A stored request as a question to the engine, with the places it was put to; the reading of it noted.
async fn question<P: Operation>(service: &Service, actor: &Actor<P>, id: RequestId) -> Result<Question, Problem> {
    let (reach, live, own) = (actor.reach(), service.live().clone(), actor.organisation());
    let account = actor.caller().account;
    let find = move |reading: &mut Reading<'_>| {
        let stored = not_closed(requests::find(reading.conn, reach, id)?)?;
        reading.shows(id);
        let query = matching::query(reading.conn, live.policy(), &stored, reading.now)?;
        let here = organisations::department(reading.conn, own)?;
        let stored = Stored::read(reading, reach, stored)?;
        let as_of = stored.as_of(reading, account)?;
        let stored = Stored { as_of: Some(as_of), ..stored };
        Ok(Question { query, of: Of::Stored(Box::new(stored)), here })
    };
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}

/// A stored request as a question to the engine, and nothing beside it; the reading of it noted.
async fn query<P: Operation>(service: &Service, actor: &Actor<P>, id: RequestId) -> Result<Query, Problem> {
    let (reach, live) = (actor.reach(), service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        let stored = not_closed(requests::find(reading.conn, reach, id)?)?;
        reading.shows(id);
        matching::query(reading.conn, live.policy(), &stored, reading.now)
    };
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}

/// Shows the proposals for a stored request.
pub async fn show(viewer: Viewer, actor: Actor<ShowRequestPlaces>, service: Data<Service>, id: Id, view: Params<View>) -> Page {
    let shown = Shown::stored(&service, &actor, RequestId(id.0), view.0).await?;
    answer(&viewer, words::PROPOSALS.text(), &page::whole(&viewer, &shown))
}

/// What of a request the browser shows beside the places it was put to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The tag of the request as it was ranked.
    vu: String,
}

/// The places that a request was put to, with how each stands, and nothing else of *Places possibles*: what keeps up of that page. The list is not
/// ranked again under the hand of whoever ticks it, nor by itself.
pub async fn show_asked(
    viewer: Viewer,
    actor: Actor<ShowPlacesAsked>,
    service: Data<Service>,
    id: Id,
    known: Params<Known>,
    has: Has,
) -> Page {
    let (reach, account, own, id) = (actor.reach(), actor.caller().account, actor.organisation(), RequestId(id.0));
    let find = move |reading: &mut Reading<'_>| {
        if has.stands(reading, reach, account)? {
            return Ok(None);
        }
        let stored = requests::find(reading.conn, reach, id)?;
        reading.shows(id);
        let here = organisations::department(reading.conn, own)?;
        let stored = Stored::read(reading, reach, stored)?;
        let as_of = stored.as_of(reading, account)?;
        Ok(Some((stored, here, as_of)))
    };
    let Some((stored, here, as_of)) = service.read(actor.access(), actor.pulse(), find).await? else {
        return Ok(keeping_up::unchanged());
    };
    let content = asked::region(&stored, (actor.pulse().now, here), &as_of, &known.0.vu);
    keeping_up::tagged(answer(&viewer, words::proposals::ASKED_TITLE.text(), &content)?, &as_of.tag())
}

/// The places for what was typed.
pub fn ranked(viewer: &Viewer, shown: &Shown) -> Markup {
    page::whole(viewer, shown)
}

/// The path of the places of a request, in the view in which they were shown.
fn path(request: RequestId, view: &View) -> String {
    view.address(&format!("/demandes/{request}/places"), None)
}

/// What of a view goes with a form, so that whoever sends it comes back to where they were.
fn kept(view: &View) -> Markup {
    html! { @for (name, value) in view.filters() { input type="hidden" name=(name) value=(value); } }
}

/// Puts the request to a place or to several, with or without holding beds, and stays. Where one does not go through, the places are ranked
/// afresh, with what stood in the way beside it and all that was typed.
pub async fn ask_place(viewer: Viewer, actor: Actor<CreateReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let request = RequestId(id.0);
    let view = View { voir: None, ..View::of(&fields)? };
    let wanted = Wanted::of(&fields)?.unwrap_or_default();
    let Some(first) = wanted.vacancies.first().copied() else {
        let shown = Shown {
            notice: Some(words::proposals::NOTHING_TICKED.text()),
            ..Shown::stored(&service, &actor, request, view).await?
        };
        return Ok(answer_with(StatusCode::UNPROCESSABLE_ENTITY, &viewer, words::PROPOSALS.text(), &page::whole(&viewer, &shown)));
    };
    if !wanted.one {
        return ask_several(&viewer, (&actor, &service), &fields, (request, &wanted), view).await;
    }
    let reason = match verified(&fields) {
        Ok(reason) => reason,
        Err(why) => {
            let (notice, too_long) = match why {
                NotVerified::Missing => (words::VERIFY_FIRST.text(), false),
                NotVerified::TooLong => (words::VERIFY_SHORTER.text(), true),
            };
            let call = Call::of(first, &fields, too_long);
            let shown = Shown { notice: Some(notice), call, ..Shown::stored(&service, &actor, request, view).await? };
            return Ok(answer_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                &viewer,
                words::PROPOSALS.text(),
                &page::whole(&viewer, &shown),
            ));
        }
    };
    let left = wanted.still_ticked.clone();
    let Some(refused) = act::ask(&service, &actor, &fields, request, (first, wanted.hold), reason).await? else {
        if left.is_empty() {
            return Ok(see(&path(request, &view)));
        }
        // What else was ticked stays so: no address could say it.
        let outcome = Outcome { asked: 1, left, ..Outcome::default() };
        let shown = Shown::stored(&service, &actor, request, view).await?.after(&service, &actor, outcome).await?;
        return answer(&viewer, words::PROPOSALS.text(), &page::whole(&viewer, &shown));
    };
    let status = refused.code.status();
    let outcome = Outcome { refused: vec![refused], left, ..Outcome::default() };
    let shown = Shown::stored(&service, &actor, request, view).await?.after(&service, &actor, outcome).await?;
    let shown = Shown { call: Call::of(first, &fields, false), ..shown };
    Ok(answer_with(status, &viewer, words::PROPOSALS.text(), &page::whole(&viewer, &shown)))
}

/// Asks several, as many at once as a wave has.
async fn ask_several(
    viewer: &Viewer,
    (actor, service): (&Actor<CreateReferral>, &Data<Service>),
    fields: &Fields,
    (request, wanted): (RequestId, &Wanted),
    view: View,
) -> Page {
    let at_once = wave(query(service, actor, request).await?.request().urgency);
    let outcome = act::ask_all(service, actor, fields, request, wanted, at_once).await?;
    if outcome.refused.is_empty() && outcome.left.is_empty() {
        return Ok(see(&path(request, &view)));
    }
    let shown = Shown::stored(service, actor, request, view).await?.after(service, actor, outcome).await?;
    answer(viewer, words::PROPOSALS.text(), &page::whole(viewer, &shown))
}

/// Goes on with what was wanted before the request was stored.
pub async fn once_stored(
    viewer: &Viewer,
    (actor, service): (&Actor<CreateReferral>, &Data<Service>),
    fields: &Fields,
    request: RequestId,
) -> Page {
    let view = View { voir: None, ..View::of(fields)? };
    match Wanted::of(fields)? {
        Some(wanted) if !wanted.vacancies.is_empty() => {
            ask_several(viewer, (actor, service), fields, (request, &wanted), view).await
        }
        _ => Ok(see(&path(request, &View::default()))),
    }
}

/// Takes over what one wish less would be.
pub async fn take_over(viewer: Viewer, actor: Actor<UpdateRequest>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let (request, reach) = (RequestId(id.0), actor.reach());
    let view = View::of(&fields)?;
    let key = view.voir.clone().unwrap_or_default();
    let asked = query(&service, &actor, request).await?;
    let snapshot = service.live().snapshot(actor.pulse().position).await?;
    let ranking = snapshot.shown(&asked, 1);
    let Some(relaxation) = ranking.relaxations.iter().find(|relaxation| wish::key(relaxation) == key) else {
        // Somebody took it over already, or it opens nothing any more.
        let shown = Shown::stored(&service, &actor, request, view).await?;
        return answer(&viewer, words::PROPOSALS.text(), &page::whole(&viewer, &shown));
    };
    let changed = wish::changed(asked.request(), relaxation);
    let seen = Seen::Tags(fields.text("tag").map(ToOwned::to_owned).into_iter().collect());
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, live: &Live| {
        let known = requests::find(turn.conn, reach, request)?;
        let declared: Request =
            wish::taken_over(&known.seen_by(reach, known.declared.clone().show(&mut turn.reading(live.policy()))), &changed);
        request_commands::update(turn, live.policy(), reach, request, &seen, &declared)
    };
    let find = move |conn: &mut Conn, id| requests::find(conn, reach, RequestId(id));
    service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await?;
    Ok(see(&path(request, &View { voir: None, ..view })))
}
