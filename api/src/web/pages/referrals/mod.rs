//! *Orientations*: for an addressee, which of its homes is asked and by whom, with yes, no and its reason, call me back; for a referent, request by
//! request, what there is to do, what is waited for, who is expected, who is housed.

mod acts;
pub mod addressee;
mod choice;
pub mod forms;
mod hand_over;
mod referent;

pub use acts::{
    accept, acknowledge, address, affirm, call, close_request, confirm, contradict, decline, end_stay, lift_refusal, none_free,
    note_outcome, record_arrival, record_call, record_no_show, record_turned_away, revive, undo, withdraw,
};
pub use choice::{move_and_accept, other_places};
pub use hand_over::hand_over;

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::TimeDelta;
use matcher::{Department, Policy};
use maud::{Markup, html};
use serde::Deserialize;

use super::keeping_up::{self, AsOf, Has};
use super::line::Line;
use super::line::needful::Clocks;
use super::{Page, Viewer, answer, answer_with, words};
use crate::clock::Instant;
use crate::commands::Service;
use crate::db::referrals::{self, ReferralFilter};
use crate::db::requests::{self, RequestFilter};
use crate::db::{DbError, Failure, Reading, organisations};
use crate::domain::deadline::{UnitClock, minutes};
use crate::domain::ids::{AccountId, OrganisationId, ReferralId, RequestId, UnitId};
use crate::domain::referral::LastStep;
use crate::domain::{Reach, ReferralState, RefusalCode, RequestState};
use crate::paging::{self, Cursor, Order, PageLimit};
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::http::referrals::{ReferralRecord, page as page_of_referrals};
use crate::web::operations::{Operation, ShowReferrals};
use crate::web::problem::Problem;
use crate::web::views;
use crate::web::views::places::{GroupAsked, Kinds};
use crate::web::views::vacancies::VacancyRecord;
use forms::Refused;

/// Where the page is.
pub const PATH: &str = "/orientations";

/// Whose requests are shown, and from where on each list: none of them, and the page begins with the newest of all.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    #[serde(default)]
    qui: Whose,
    ouvertes: Option<Cursor>,
    sejours: Option<Cursor>,
    refusees: Option<Cursor>,
    expirees: Option<Cursor>,
    recentes: Option<Cursor>,
    demandes: Option<Cursor>,
}

/// Whose requests a referent looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Whose {
    /// Those of the whole service.
    #[default]
    Service,
    /// Those that the reader is in charge of.
    Moi,
}

/// What ended within this time is shown, so that it may be taken back: a command is, until the end of the day after its own.
const RECENT: TimeDelta = TimeDelta::days(-2);

impl Query {
    /// The lists of referrals, each with its name in the address.
    fn lists(self, now: Instant) -> [(&'static str, Option<Cursor>, ReferralFilter); 5] {
        let state = |state| ReferralFilter { state: Some(state), order: Order::Newest, ..Default::default() };
        let open = ReferralFilter { open: Some(true), order: Order::Newest, ..Default::default() };
        let since = now.plus(RECENT);
        let recent = ReferralFilter { open: Some(false), updated_since: Some(since), order: Order::Newest, ..Default::default() };
        [
            ("ouvertes", self.ouvertes, open),
            ("sejours", self.sejours, state(ReferralState::Arrived)),
            ("refusees", self.refusees, state(ReferralState::Declined)),
            ("expirees", self.expirees, state(ReferralState::Expired)),
            // What may still be taken back, or contradicted.
            ("recentes", self.recentes, recent),
        ]
    }

    /// Whether a list is shown: all of them, or the one whose older entries are asked for.
    fn shows(self, cursor: Option<Cursor>) -> bool {
        let all = [self.ouvertes, self.sejours, self.refusees, self.expirees, self.recentes, self.demandes];
        cursor.is_some() || all.iter().all(Option::is_none)
    }

    /// The address of the page as it is looked at.
    fn path(self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self.qui == Whose::Moi {
            query.append_pair("qui", "moi");
        }
        let lists = [
            ("ouvertes", self.ouvertes),
            ("sejours", self.sejours),
            ("refusees", self.refusees),
            ("expirees", self.expirees),
            ("recentes", self.recentes),
            ("demandes", self.demandes),
        ];
        for (list, cursor) in lists {
            if let Some(cursor) = cursor {
                query.append_pair(list, &cursor.text());
            }
        }
        let query = query.finish();
        if query.is_empty() { PATH.to_owned() } else { format!("{PATH}?{query}") }
    }
}

/// Who looks.
#[derive(Clone, Copy, Debug)]
struct Reader {
    reach: Reach,
    account: AccountId,
    organisation: OrganisationId,
}

impl Reader {
    fn of<P: Operation>(actor: &Actor<P>) -> Self {
        Self { reach: actor.reach(), account: actor.caller().account, organisation: actor.organisation() }
    }
}

/// What the page shows.
struct Shown {
    now: Instant,
    reach: Reach,
    policy: Policy,
    /// By whose clock the reader lives.
    here: Department,
    as_of: AsOf,
    query: Query,
    referrals: Vec<ReferralRecord>,
    /// What sort of place the units of these referrals are, and where.
    kinds: Kinds,
    /// The beds of one's own, or behind one's door, that these referrals lead to.
    groups: HashMap<UnitId, GroupAsked>,
    requests: Vec<RequestShown>,
    /// Which of these referrals the reader may take the last command on back.
    undoable: HashMap<ReferralId, Undoable>,
    /// What is free where somebody has just said that nothing is.
    free: HashMap<ReferralId, VacancyRecord>,
    /// Where older entries of a list are to be found.
    older: Vec<String>,
}

/// That a command may be taken back.
#[derive(Clone, Copy)]
struct Undoable {
    until: Instant,
    /// Until when it needs no reason.
    freely_until: Instant,
}

/// A request of one's own, or lent to one.
struct RequestShown {
    line: Line,
    /// Until when it is in another's hands.
    lent_until: Option<Instant>,
    in_charge: Option<String>,
    created_at: Instant,
}

/// Shows what there is to do; or says that nothing has changed since the browser looked.
pub async fn show(viewer: Viewer, actor: Actor<ShowReferrals>, service: Data<Service>, query: Params<Query>, has: Has) -> Page {
    let (reader, query, live) = (Reader::of(&actor), query.0, service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        if has.stands(reading, reader.reach, reader.account)? {
            return Ok(None);
        }
        read(reading, live.policy(), reader, query).map(Some)
    };
    let Some(shown) = service.read(actor.access(), actor.pulse(), find).await? else { return Ok(keeping_up::unchanged()) };
    let (content, count, summary) = whole(&viewer, &shown, None);
    let tag = shown.as_of.tag();
    let content = keeping_up::region(&tag, &query.path(), count, &summary, &content);
    keeping_up::tagged(answer(&viewer, words::REFERRALS_TITLE.text(), &content)?, &tag)
}

/// The page again, with a form that did not go through: what was typed, and what is wrong beside its field.
async fn again(
    viewer: &Viewer,
    page: &Actor<ShowReferrals>,
    service: &Service,
    refused: &Refused<'_>,
    status: StatusCode,
) -> Result<actix_web::HttpResponse, Problem> {
    let (reader, live) = (Reader::of(page), service.live().clone());
    let find = move |reading: &mut Reading<'_>| read(reading, live.policy(), reader, Query::default());
    let shown = service.read(page.access(), page.pulse(), find).await?;
    let (content, _, _) = whole(viewer, &shown, Some(refused));
    let content = html! {
        div.notice role="alert" { p { (words::FIX_FIELDS) " " a href=(format!("#{}", refused.anchor())) { (refused.first()) } } }
        (content)
    };
    Ok(answer_with(status, viewer, words::REFERRALS_TITLE.text(), &content))
}

/// What is on the page, how many things wait, and that in a sentence.
fn whole(viewer: &Viewer, shown: &Shown, refused: Option<&Refused<'_>>) -> (Markup, usize, String) {
    let (asks, answers) = (shown.reach.asks().is_some(), shown.reach.provides().or(shown.reach.keeps()).is_some());
    let mut content = html! {};
    let (mut count, mut said) = (0_usize, Vec::new());
    if asks {
        let part = referent::all(viewer, shown, refused);
        count = count.saturating_add(part.count);
        said.push(part.summary);
        content = html! { @if answers { h2 { (words::AS_REFERENT) } } (part.content) };
    }
    if answers {
        let part = addressee::all(viewer, shown, refused);
        count = count.saturating_add(part.count);
        said.push(part.summary);
        content = html! { (content) @if asks { h2 { (words::AS_ADDRESSEE) } } (part.content) };
    }
    let older = html! { @for path in &shown.older { p { a.button href=(path) { (words::OLDER) } } } };
    (html! { (content) (older) }, count, said.join(" · "))
}

/// One side of the page.
struct Part {
    content: Markup,
    count: usize,
    summary: String,
}

fn read(reading: &mut Reading<'_>, policy: &Policy, reader: Reader, query: Query) -> Result<Shown, Failure> {
    let reach = reader.reach;
    let (mut referrals, mut older) = (Vec::<ReferralRecord>::new(), Vec::new());
    let mut more = |list: &str, cursor: Option<String>| older.extend(cursor.map(|cursor| format!("{PATH}?{list}={cursor}")));
    for (list, cursor, filter) in query.lists(reading.now).into_iter().filter(|(_, cursor, _)| query.shows(*cursor)) {
        let page = page_of_referrals(reading, reach, filter, cursor, PageLimit::most())?;
        for record in page.items {
            if referrals.iter().all(|known| known.id != record.id) {
                referrals.push(record);
            }
        }
        more(list, page.next_cursor);
    }
    let mut found = Vec::new();
    if query.shows(query.demandes) && reach.asks().is_some() {
        let open = RequestFilter { state: Some(RequestState::Open), order: Order::Newest, ..Default::default() };
        let listed = requests::list(reading.conn, reach, open, query.demandes, PageLimit::most())?;
        let page = paging::Page::cut(listed, PageLimit::most(), |stored: &requests::StoredRequest| stored.id.0);
        more("demandes", page.next_cursor);
        found = page.items;
    }
    // What is under way of requests that do not look for a place any more.
    let asked = referrals.iter().filter(|referral| referral.sides().asking).map(|referral| referral.request_id);
    let mut missing: Vec<RequestId> = asked.filter(|id| found.iter().all(|known| known.id != *id)).collect();
    missing.sort_unstable();
    missing.dedup();
    for id in missing {
        match requests::find(reading.conn, reach, id) {
            Ok(stored) => found.push(stored),
            // Of one that was erased there is nothing left to be told.
            Err(DbError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut shown_requests = Vec::with_capacity(found.len());
    for stored in found {
        shown_requests.push(RequestShown::show(reading, policy, &stored, reach)?);
    }
    Shown::of(reading, policy, reader, query, referrals, shown_requests, older)
}

impl RequestShown {
    fn show(reading: &mut Reading<'_>, policy: &Policy, stored: &requests::StoredRequest, reach: Reach) -> Result<Self, Failure> {
        let declared = stored.seen_by(reach, stored.declared.clone().show(reading));
        let in_charge = declared.in_charge.as_ref().map(|label| label.as_str().to_owned());
        let line = Line::of(stored, &declared, policy, reading.now)?;
        let lent_until = stored.lent.map(|(_, until)| until);
        Ok(Self { line, lent_until, in_charge, created_at: stored.created_at })
    }
}

impl Shown {
    /// Some referrals, with where they lead and what of them may be taken back.
    fn of(
        reading: &mut Reading<'_>,
        policy: &Policy,
        reader: Reader,
        query: Query,
        referrals: Vec<ReferralRecord>,
        requests: Vec<RequestShown>,
        older: Vec<String>,
    ) -> Result<Self, Failure> {
        let reach = reader.reach;
        let asked: Vec<UnitId> = referrals.iter().map(|referral| referral.unit_id).collect();
        let kinds = views::places::kinds_of(reading.conn, &asked)?;
        let mut addressed: Vec<UnitId> =
            referrals.iter().filter(|referral| referral.sides().addressed).map(|referral| referral.unit_id).collect();
        addressed.sort_unstable();
        addressed.dedup();
        let groups = views::places::of_addressee(reading, reach, &addressed)?;
        let here = organisations::department(reading.conn, reader.organisation)?;
        let ids: Vec<ReferralId> = referrals.iter().map(|referral| referral.id).collect();
        let place = |id: ReferralId| {
            let unit = referrals.iter().find(|referral| referral.id == id).map(|referral| referral.unit_id);
            unit.and_then(|unit| kinds.get(&unit)).map_or(here, |(_, department)| *department)
        };
        let now = reading.now;
        let undoable = |(id, last): (ReferralId, LastStep)| {
            let clock = UnitClock { department: place(id), answering_hours: &[] };
            let until = clock.to_undo(policy, last.at);
            let freely_until = last.at.plus(minutes(policy.undo_minutes()));
            let is_theirs = last.by == Some(reader.organisation) && last.step.may_be_undone() && now < until;
            is_theirs.then_some((id, Undoable { until, freely_until }))
        };
        let undoable: HashMap<_, _> = referrals::last_steps(reading.conn, &ids)?.into_iter().filter_map(undoable).collect();
        let free = free_where_full(reading, reach, &referrals, (&undoable, &groups))?;
        let by_itself = undoable.values().flat_map(|undoable| [undoable.until, undoable.freely_until]);
        let by_itself = by_itself.chain(referrals.iter().filter_map(lapses_soon_at));
        let as_of = AsOf::read(reading, reader.account, by_itself)?;
        let policy = policy.clone();
        Ok(Self { now, reach, policy, here, as_of, query, referrals, kinds, groups, requests, undoable, free, older })
    }

    /// Where a referral leads.
    fn place(&self, referral: &ReferralRecord) -> Department {
        self.kinds.get(&referral.unit_id).map_or(self.here, |(_, department)| *department)
    }

    fn clocks(&self, referral: &ReferralRecord) -> Clocks {
        Clocks { now: self.now, place: self.place(referral), here: self.here }
    }

    /// Whether it is the party that answers, and not a place that sees who comes to it through a regulator's door.
    fn answers_for(&self, referral: &ReferralRecord) -> bool {
        referral.sides().addressed && self.reach.organisation() == Some(referral.addressee_id)
    }

    /// Whether the reader may say that what was written down in its name is not so.
    fn may_contradict(&self, referral: &ReferralRecord) -> bool {
        self.answers_for(referral) && referral.by_phone && referral.contradicted_at.is_none()
    }
}

/// When what is asked or accepted is about to lapse: at two thirds of its time, as the reminder goes.
fn lapses_soon_at(referral: &ReferralRecord) -> Option<Instant> {
    let (since, until) = (referral.accepted_at.unwrap_or(referral.created_at), referral.deadline?);
    Some(since.plus(until.utc().signed_duration_since(since.utc()) * 2 / 3))
}

/// What is free in one's own homes where one has just said that nothing is: to be put right in the same step.
fn free_where_full(
    reading: &mut Reading<'_>,
    reach: Reach,
    referrals: &[ReferralRecord],
    (undoable, groups): (&HashMap<ReferralId, Undoable>, &HashMap<UnitId, GroupAsked>),
) -> Result<HashMap<ReferralId, VacancyRecord>, Failure> {
    let mut free = HashMap::new();
    if reach.provides().is_none() {
        return Ok(free);
    }
    let asker = views::asker(reading.conn, reach)?;
    for referral in referrals.iter().filter(|referral| undoable.contains_key(&referral.id)) {
        let code = referral.refusal.as_ref().map(|refusal| refusal.code);
        let is_full =
            referral.state == ReferralState::Declined && matches!(code, Some(RefusalCode::Full | RefusalCode::FilledElsewhere));
        // What is free in a home that is only behind one's door is not one's own to say.
        let is_own = groups.get(&referral.unit_id).is_some_and(|group| group.is_own);
        if is_full && is_own && referral.sides().addressed {
            free.insert(referral.id, views::vacancies::find(reading, &asker, referral.vacancy_id)?);
        }
    }
    Ok(free)
}
