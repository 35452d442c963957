//! *Orientations*: for an addressee, who asks, with yes, no and its reason, call me back; for a referent, who has no roof tonight, the
//! answers just in, what is about to lapse.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::TimeDelta;
use matcher::{Code as _, Department, Door, Policy};
use maud::{Markup, html};
use serde::Deserialize;

use super::line::Line;
use super::mailed_link::safety;
use super::proposals::numbers;
use super::session::Fields;
use super::{Page, Viewer, answer, answer_with, explained, local_time, see, words};
use crate::clock::Instant;
use crate::commands::{Service, referrals as commands, undo as taking_back};
use crate::db::referrals::{self, ReferralFilter, ReferralView};
use crate::db::requests::{self, RequestFilter, StoredRequest};
use crate::db::{Conn, DbError, Failure, Reading, Turn, organisations};
use crate::domain::deadline::{UnitClock, minutes};
use crate::domain::ids::{OrganisationId, ReferralId, UnitId};
use crate::domain::referral::{
    Acceptance, Acknowledgement, AfterStay, CallBack, CallBackKind, Confirmation, Declination, EndOfStay, LastStep, Report,
    StayEnd, Undo, Withdrawal,
};
use crate::domain::request::ClosingReason;
use crate::domain::{Denied, Reach, ReferralState, Refusal, RefusalCode, RefusalParty, RequestState, Sides, Text};
use crate::live::Live;
use crate::paging::{self, Cursor, Order, PageLimit};
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params};
use crate::web::http::referrals::{PersonAsked, ReferralRecord, address_shown, page as page_of_referrals};
use crate::web::operations::{
    AcceptReferral, AcknowledgeReferral, AffirmReferral, ConfirmReferral, ContradictReferral, DeclineReferral, EndStay, Operation,
    RecordArrival, RecordNoShow, RecordTurnedAway, ShowAddress, ShowReferrals, UndoReferral, WithdrawReferral,
};
use crate::web::problem::{Code, Problem};
use crate::web::views;

/// From where on each list is shown: none of them, and the page begins with the newest of all.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OlderQuery {
    ouvertes: Option<Cursor>,
    sejours: Option<Cursor>,
    refusees: Option<Cursor>,
    expirees: Option<Cursor>,
    recentes: Option<Cursor>,
    demandes: Option<Cursor>,
}

/// What ended within this time is shown, so that it may be taken back: a command is, until the end of the day after its own.
const RECENT: TimeDelta = TimeDelta::days(-2);

impl OlderQuery {
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
}

/// What the page shows.
struct Shown {
    now: Instant,
    reach: Reach,
    /// By whose clock the reader lives.
    here: Department,
    referrals: Vec<ReferralRecord>,
    /// Where the units of these referrals are.
    places: HashMap<UnitId, Department>,
    requests: Vec<OpenRequest>,
    /// Which of these referrals the reader may take the last command on back.
    undoable: HashMap<ReferralId, Undoable>,
    /// Where older entries of a list are to be found.
    older: Vec<String>,
}

/// That a command may be taken back.
#[derive(Clone, Copy)]
struct Undoable {
    until: Instant,
    needs_reason: bool,
}

/// A request without a roof, in one line.
struct OpenRequest {
    line: Line,
    created_at: Instant,
}

impl OpenRequest {
    fn show(reading: &mut Reading<'_>, policy: &Policy, reach: Reach, stored: &StoredRequest) -> Result<Self, DbError> {
        Ok(Self { line: Line::show(reading, policy, stored, reach)?, created_at: stored.created_at })
    }
}

/// Shows what there is to do, the newest of each list.
pub async fn show(viewer: Viewer, actor: Actor<ShowReferrals>, service: Data<Service>, query: Params<OlderQuery>) -> Page {
    let (reach, own, query) = (actor.reach(), actor.organisation(), query.0);
    let live = service.live().clone();
    let find = move |reading: &mut Reading<'_>| read(reading, live.policy(), reach, own, query);
    let shown = service.read(actor.access(), actor.pulse(), find).await?;
    let content = match (reach.asks(), reach.provides().or(reach.keeps())) {
        (Some(_), Some(_)) => html! {
            h2 { (words::AS_REFERENT) } (for_referent(&viewer, &shown))
            h2 { (words::AS_ADDRESSEE) } (for_addressee(&viewer, &shown))
            (shown.older())
        },
        (_, Some(_)) => html! { (for_addressee(&viewer, &shown)) (shown.older()) },
        (_, None) => html! { (for_referent(&viewer, &shown)) (shown.older()) },
    };
    answer(&viewer, words::REFERRALS_TITLE, &content)
}

fn read(
    reading: &mut Reading<'_>,
    policy: &Policy,
    reach: Reach,
    own: OrganisationId,
    query: OlderQuery,
) -> Result<Shown, Failure> {
    let (mut referrals, mut requests, mut older) = (Vec::<ReferralRecord>::new(), Vec::new(), Vec::new());
    let mut more = |list: &str, cursor: Option<String>| older.extend(cursor.map(|cursor| format!("/orientations?{list}={cursor}")));
    for (list, cursor, filter) in query.lists(reading.now).into_iter().filter(|(_, cursor, _)| query.shows(*cursor)) {
        let page = page_of_referrals(reading, reach, filter, cursor, PageLimit::most())?;
        for record in page.items {
            if referrals.iter().all(|known| known.id != record.id) {
                referrals.push(record);
            }
        }
        more(list, page.next_cursor);
    }
    if query.shows(query.demandes) {
        let open = RequestFilter { state: Some(RequestState::Open), order: Order::Newest, ..Default::default() };
        let found = requests::list(reading.conn, reach, open, query.demandes, PageLimit::most())?;
        let page = paging::Page::cut(found, PageLimit::most(), |stored: &StoredRequest| stored.id.0);
        more("demandes", page.next_cursor);
        requests = page.items.iter().map(|stored| OpenRequest::show(reading, policy, reach, stored)).collect::<Result<_, _>>()?;
        requests.sort_by_key(|request: &OpenRequest| request.created_at);
    }
    Shown::of(reading, policy, reach, own, referrals, requests, older)
}

impl Shown {
    /// Some referrals, with where they lead and what of them may be taken back.
    fn of(
        reading: &mut Reading<'_>,
        policy: &Policy,
        reach: Reach,
        own: OrganisationId,
        referrals: Vec<ReferralRecord>,
        requests: Vec<OpenRequest>,
        older: Vec<String>,
    ) -> Result<Self, Failure> {
        let asked: Vec<UnitId> = referrals.iter().map(|referral| referral.unit_id).collect();
        let places = views::places::departments_of(reading.conn, &asked)?;
        let here = organisations::department(reading.conn, own)?;
        let ids: Vec<ReferralId> = referrals.iter().map(|referral| referral.id).collect();
        let place = |id: ReferralId| {
            let unit = referrals.iter().find(|referral| referral.id == id).map(|referral| referral.unit_id);
            unit.and_then(|unit| places.get(&unit).copied()).unwrap_or(here)
        };
        let now = reading.now;
        let undoable = |(id, last): (ReferralId, LastStep)| {
            let clock = UnitClock { department: place(id), answering_hours: &[] };
            let until = clock.to_undo(policy, last.at);
            let needs_reason = last.at.plus(minutes(policy.undo_minutes())) <= now;
            let is_theirs = last.by == Some(own) && last.step.may_be_undone() && now < until;
            is_theirs.then_some((id, Undoable { until, needs_reason }))
        };
        let undoable = referrals::last_steps(reading.conn, &ids)?.into_iter().filter_map(undoable).collect();
        Ok(Self { now, reach, here, referrals, places, requests, undoable, older })
    }

    /// Those that ended of late, and can still be taken back or contradicted.
    fn just_done(&self, viewer: &Viewer, states: &[ReferralState], is_theirs: impl Fn(Sides) -> bool) -> Markup {
        let acts = |referral: &&ReferralRecord| self.undoable.contains_key(&referral.id) || may_contradict(self.reach, referral);
        let of_side = self.referrals.iter().filter(|referral| is_theirs(referral.sides()));
        let found: Vec<_> = of_side.filter(|referral| states.contains(&referral.state)).filter(acts).collect();
        html! {
            @if !found.is_empty() {
                section { h2 { (words::JUST_DONE) } @for referral in found { article.card { (about(referral)) (self.taking_back(viewer, referral)) } } }
            }
        }
    }

    /// The last command may be taken back by who gave it; what was written down after a phone call may be contradicted by the addressee.
    fn taking_back(&self, viewer: &Viewer, referral: &ReferralRecord) -> Markup {
        html! {
            @if may_contradict(self.reach, referral) {
                p { (words::WRITTEN_DOWN) " " strong { (words::label(referral.state)) } }
                (button_form(&viewer.hidden(), referral, &[("inexact", words::NOT_SO, false)]))
            }
            @if let Some(undoable) = self.undoable.get(&referral.id) { (self.undo_form(viewer, referral, *undoable, "", None)) }
        }
    }

    fn undo_form(
        &self,
        viewer: &Viewer,
        referral: &ReferralRecord,
        undoable: Undoable,
        typed: &str,
        wrong: Option<&str>,
    ) -> Markup {
        html! {
            details open[wrong.is_some()] {
                summary { (words::UNDO) }
                form method="post" action=(path(referral, "annuler")) {
                    (viewer.hidden())
                    p.hint { (words::UNDO_UNTIL) " " (self.time(referral, undoable.until)) }
                    @if undoable.needs_reason || wrong.is_some() {
                        label { (words::UNDO_WHY) " " input type="text" name="reason" maxlength="500" value=(typed) required aria-invalid=[wrong.map(|_| "true")]; @if let Some(wrong) = wrong { span.error { (wrong) } } }
                    }
                    button type="submit" { (words::UNDO) }
                }
            }
        }
    }

    /// Where a referral leads.
    fn place(&self, referral: &ReferralRecord) -> Department {
        self.places.get(&referral.unit_id).copied().unwrap_or(self.here)
    }

    /// A time as people there read it; the script keeps what is left of it fresh.
    fn time(&self, referral: &ReferralRecord, at: Instant) -> Markup {
        html! { time datetime=(at) { (local_time::moment(at, self.place(referral), self.here)) } }
    }

    fn deadline(&self, words: &str, referral: &ReferralRecord) -> Markup {
        html! { @if let Some(at) = referral.deadline { p.deadline { (words) " " (self.time(referral, at)) span.left data-until=(at) {} } } }
    }

    fn older(&self) -> Markup {
        html! { @for path in &self.older { p { a.button href=(path) { (words::OLDER) } } } }
    }

    /// What it asks, in these states.
    fn asked(&self, title: &str, states: &[ReferralState], each: impl Fn(&ReferralRecord) -> Markup) -> Markup {
        Self::section(self.referrals.iter().filter(|referral| referral.sides().asking), title, states, each)
    }

    /// What it answers, in these states.
    fn addressed(&self, title: &str, states: &[ReferralState], each: impl Fn(&ReferralRecord) -> Markup) -> Markup {
        Self::section(self.referrals.iter().filter(|referral| referral.sides().addressed), title, states, each)
    }

    fn section<'r>(
        referrals: impl Iterator<Item = &'r ReferralRecord>,
        title: &str,
        states: &[ReferralState],
        each: impl Fn(&ReferralRecord) -> Markup,
    ) -> Markup {
        let mut found: Vec<_> = referrals.filter(|referral| states.contains(&referral.state)).collect();
        found.sort_by_key(|referral| (referral.deadline, referral.id));
        html! {
            @if !found.is_empty() {
                section { h2 { (title) } @for referral in found { article.card { (each(referral)) } } }
            }
        }
    }
}

fn for_addressee(viewer: &Viewer, shown: &Shown) -> Markup {
    use ReferralState::{Accepted, Acknowledged, Arrived, Asked, Confirmed, Declined, Ended, NoShow};
    html! {
        @if !shown.referrals.iter().any(|referral| referral.sides().addressed) { div.notice { p { (words::REFERRALS_NONE) } } }
        (shown.addressed(words::TO_ANSWER, &[Asked, Acknowledged], |referral| html! {
            (who_asks(referral)) (other_side(referral)) (shown.deadline(words::BEFORE, referral)) (answers(viewer, referral))
            (shown.taking_back(viewer, referral))
        }))
        (shown.addressed(words::EXPECTED, &[Confirmed], |referral| html! {
            (who_asks(referral)) (other_side(referral)) (late(referral)) (arrival(shown, referral))
            @if answers_for(shown.reach, referral) {
                @if referral.by_phone {
                    p { (words::WRITTEN_DOWN) " " strong { (words::label(referral.state)) } }
                    (button_form(&viewer.hidden(), referral, &[("exact", words::IT_IS_SO, false)]))
                }
                (button_form(&viewer.hidden(), referral, &[("arrivee", words::ARRIVED, true), ("absence", words::NOT_COME, false)]))
            }
            (shown.taking_back(viewer, referral))
        }))
        (shown.addressed(words::WAITING_CONFIRMATION, &[Accepted], |referral| html! {
            (who_asks(referral)) (other_side(referral)) (shown.deadline(words::CONFIRM_BEFORE, referral)) (refuse(&viewer.hidden(), referral))
            (shown.taking_back(viewer, referral))
        }))
        (shown.addressed(words::STAYS, &[Arrived], |referral| html! {
            (who_asks(referral)) @if answers_for(shown.reach, referral) { (end_of_stay(viewer, referral)) }
            (shown.taking_back(viewer, referral))
        }))
        (shown.just_done(viewer, &[Declined, NoShow, Ended], |sides| sides.addressed))
    }
}

/// Whether the reader may say that what was written down in its name is not so.
fn may_contradict(reach: Reach, referral: &ReferralRecord) -> bool {
    answers_for(reach, referral) && referral.by_phone && referral.contradicted_at.is_none()
}

/// Whether it is the party that answers, and not a place that sees who comes to it through a regulator's door.
fn answers_for(reach: Reach, referral: &ReferralRecord) -> bool {
    referral.sides().addressed && reach.organisation() == Some(referral.addressee_id)
}

fn for_referent(viewer: &Viewer, shown: &Shown) -> Markup {
    use ReferralState::{
        Accepted, Acknowledged, Arrived, Asked, Confirmed, Declined, Ended, Expired, NoShow, TurnedAway, Withdrawn,
    };
    html! {
        section {
            h2 { (words::NO_ROOF) }
            @if shown.requests.is_empty() { p { (words::REQUESTS_NONE) } } @else { p.hint { (words::NO_ROOF_LEAD) } }
            @for request in &shown.requests {
                article.card {
                    p { (request.line.link()) }
                    div.actions {
                        a.button.strong href=(format!("/demandes/{}/places", request.line.id)) { (words::SEE_PROPOSALS) }
                        form method="post" action=(format!("/demandes/{}/clore", request.line.id)) {
                            (viewer.hidden())
                            label { (words::WHY_CLOSE) " " select name="reason" { @for reason in ClosingReason::ALL { option value=(reason.as_str()) { (words::label(*reason)) } } } }
                            button.plain type="submit" { (words::CLOSE_REQUEST) }
                        }
                    }
                }
            }
        }
        (shown.asked(words::ANSWERS_IN, &[Accepted], |referral| html! {
            (about(referral)) (other_side(referral)) (shown.deadline(words::CONFIRM_BEFORE, referral)) (confirmation(viewer, shown, referral, None))
            (shown.taking_back(viewer, referral))
        }))
        (shown.asked(words::WAITING_ANSWER, &[Asked, Acknowledged], |referral| html! {
            (about(referral)) (other_side(referral)) (shown.deadline(words::BEFORE, referral))
            (button_form(&viewer.hidden(), referral, &[("retirer", words::WITHDRAW, false)]))
            details {
                summary { (words::BY_PHONE) }
                (button_form(&told_by_phone(viewer), referral, &[("oui", words::YES, true)]))
                (refuse(&told_by_phone(viewer), referral))
            }
            (shown.taking_back(viewer, referral))
        }))
        (shown.asked(words::CONFIRMED_ONES, &[Confirmed], |referral| html! {
            (about(referral)) (other_side(referral)) (late(referral)) (arrival(shown, referral))
            @if referral.arrival.as_ref().is_some_and(|arrival| arrival.gives_address) {
                p.hint { (words::ADDRESS_ONCE) }
                (button_form(&viewer.hidden(), referral, &[("adresse", words::SEE_ADDRESS, false)]))
            }
            (button_form(&viewer.hidden(), referral, &[("refoulee", words::TURNED_AWAY, false), ("retirer", words::WITHDRAW, false)]))
            details {
                summary { (words::BY_PHONE) }
                (button_form(&told_by_phone(viewer), referral, &[("arrivee", words::ARRIVED, true), ("absence", words::NOT_COME, false)]))
            }
            (shown.taking_back(viewer, referral))
        }))
        (shown.asked(words::STAYS, &[Arrived], |referral| html! { (about(referral)) (shown.taking_back(viewer, referral)) }))
        (shown.just_done(viewer, &[Declined, NoShow, TurnedAway, Withdrawn, Ended], |sides| sides.asking))
        (shown.asked(words::RECENT, &[Declined, Expired], |referral| html! {
            @if !shown.undoable.contains_key(&referral.id) { (about(referral)) }
        }))
    }
}

/// Who asks, as far as it is shown: how many, their ages, their needs, from when, for how long.
pub fn who_asks(referral: &ReferralRecord) -> Markup {
    let asks = &referral.asks_for;
    let not_shared = || html! { span.hint { (words::NOT_SHARED) } };
    let spoken =
        |languages: &[matcher::Language]| languages.iter().map(|code| words::spoken(code.as_str()).to_owned()).collect::<Vec<_>>();
    let needs =
        [&asks.required, &asks.wished].into_iter().flatten().flatten().map(|offer| words::label(*offer)).collect::<Vec<_>>();
    let languages: Vec<_> =
        [&asks.required_languages, &asks.wished_languages].into_iter().flatten().flat_map(|some| spoken(some)).collect();
    html! {
        h3 { (referral.alias.as_str()) " · " (people(asks.people)) @if let Some(urgency) = asks.urgency { ", " (words::label(urgency)) } }
        dl.facts {
            dt { (words::WHO) }
            dd { @if let Some(household) = &asks.household { ul.plain { @for person in household { li { (who(person)) } } } } @else { (not_shared()) } }
            @if let Some((day, nights)) = asks.first_day.zip(asks.nights) {
                dt { (words::FROM_WHEN) } dd { (words::day(day)) ", " (nights.get()) " " (words::NIGHTS_WORD) }
            }
            dt { (words::NEEDS) } dd { @if asks.required.is_some() { (needs.join(", ")) } @else { (not_shared()) } }
            dt { (words::LANGUAGES) } dd { @if asks.required_languages.is_some() { (languages.join(", ")) } @else { (not_shared()) } }
        }
        @if let Some(message) = &asks.message { p { (message.as_str()) } }
        @if let Some(instructions) = &asks.safety_instructions { p.warning { (instructions.as_str()) } }
        @for warning in &referral.warnings { p.warning { (words::label(*warning)) } }
    }
}

/// Who is on the other side, and at which number, as far as the ladder shows it.
fn other_side(referral: &ReferralRecord) -> Markup {
    let Some(other) = &referral.other_side else { return html! {} };
    html! {
        p.name {
            @if let Some(home) = &other.home { (home.as_str()) @if let Some(town) = &other.town { ", " (town.as_str()) } " · " }
            (other.organisation.as_str())
        }
        (numbers(&other.numbers))
    }
}

/// When and where people arrive, and what they say at the door.
fn arrival(shown: &Shown, referral: &ReferralRecord) -> Markup {
    html! {
        @if let Some(at) = referral.expected_arrival { p { (words::ARRIVAL_AT) " " (shown.time(referral, at)) } }
        @if let Some(arrival) = &referral.arrival {
            p { (words::MEETING_POINT) "\u{a0}: " @if let Some(point) = &arrival.meeting_point { (point.as_str()) } @else { (words::MEETING_POINT_NONE) } }
            @if let Some(code) = &arrival.code { p { (words::ARRIVAL_CODE) "\u{a0}: " strong { (code.as_str()) } } }
        } @else { p.hint { (words::ARRIVAL_WAITS) } }
    }
}

/// One of them: gender, whether of age, and the age or those among which it lies.
fn who(person: &PersonAsked) -> Markup {
    html! {
        (words::label(person.gender))
        @if let Some(minority) = person.minority { ", " (words::label(minority)) }
        @if let Some(age) = person.age { ", " (words::years(age)) } @else if let Some(band) = person.age_band { ", " (words::label(band)) }
    }
}

fn about(referral: &ReferralRecord) -> Markup {
    html! {
        h3 { (referral.alias.as_str()) " · " (people(referral.asks_for.people)) ", " (words::label(referral.state)) }
        @if let Some(refusal) = &referral.refusal { p { (words::label(refusal.code)) } }
        @for warning in &referral.warnings { p.warning { (words::label(*warning)) } }
    }
}

fn people(count: u32) -> String {
    format!("{count} {}", if count == 1 { words::PERSON } else { words::PEOPLE })
}

/// That those who are expected are late, where they are.
fn late(referral: &ReferralRecord) -> Markup {
    html! { @if referral.overdue_since.is_some() { p.warning { (words::LATE) } } }
}

/// Where a command on a referral is sent.
fn path(referral: &ReferralRecord, act: &str) -> String {
    format!("/orientations/{}/{act}", referral.id)
}

/// What a form of who asks carries: what it says came by phone.
fn told_by_phone(viewer: &Viewer) -> Markup {
    html! { (viewer.hidden()) input type="hidden" name="by_phone" value="yes"; }
}

/// Buttons that need no more than a tap.
fn button_form(hidden: &Markup, referral: &ReferralRecord, buttons: &[(&str, &str, bool)]) -> Markup {
    html! {
        form.actions method="post" {
            (hidden)
            @for (act, name, strong) in buttons { button.strong[*strong] type="submit" formaction=(path(referral, act)) { (name) } }
        }
    }
}

/// Yes with one tap, no with two: the second is its reason.
fn answers(viewer: &Viewer, referral: &ReferralRecord) -> Markup {
    let buttons: &[_] = match referral.state {
        ReferralState::Asked if referral.safety_call.is_some() => &[("vue", words::CALL_ME, false)],
        _ if referral.safety_call.is_some() => &[],
        ReferralState::Asked => &[("oui", words::YES, true), ("vue", words::CALL_ME, false)],
        _ => &[("oui", words::YES, true)],
    };
    html! { @if let Some(call) = &referral.safety_call { (safety(call)) } (button_form(&viewer.hidden(), referral, buttons)) (refuse(&viewer.hidden(), referral)) }
}

/// The reasons that need no more words than a tap; the others are left to the API. Where somebody is near whom these people must not meet, none
/// that the next ranking would belie.
pub fn reasons(referral: &ReferralRecord) -> Vec<RefusalCode> {
    let in_words = [RefusalCode::Other, RefusalCode::ConditionNotMet, RefusalCode::CareNotAvailable];
    let behind_acse = [RefusalCode::NoLocalDanger, RefusalCode::FactsNotEstablished];
    let reasons = RefusalParty::Structure.codes().iter().copied().filter(|code| !in_words.contains(code));
    let reasons = reasons.filter(|code| referral.door == Door::Acse || !behind_acse.contains(code));
    let hides = |code: &RefusalCode| Refusal::by_structure(*code).hides_safety().is_ok();
    reasons.filter(|code| referral.safety_call.is_none() || hides(code)).collect()
}

fn refuse(hidden: &Markup, referral: &ReferralRecord) -> Markup {
    let reasons = reasons(referral);
    html! {
        details.no {
            summary.button { (words::NO) }
            form.reasons method="post" action=(path(referral, "non")) {
                (hidden)
                p { (words::WHY_NO) }
                @for code in reasons { button type="submit" name="code" value=(code.as_str()) { (words::label(code)) } }
            }
        }
    }
}

/// The time of an arrival is that of the place, which is said where the reader's clock shows another.
fn confirmation(viewer: &Viewer, shown: &Shown, referral: &ReferralRecord, refused: Option<(&str, Option<&str>)>) -> Markup {
    let place = shown.place(referral);
    let soon = refused.map_or_else(|| local_time::as_typed(shown.now, place), |(typed, _)| typed.to_owned());
    let wrong = refused.and_then(|(_, wrong)| wrong);
    let clock = local_time::clock_of(shown.now, place, shown.here);
    html! {
        form.actions method="post" action=(path(referral, "confirmer")) {
            (viewer.hidden())
            label { (words::ARRIVAL_AT) @if let Some(clock) = clock { " (" (clock) ")" } " " input type="datetime-local" name="expected" value=(soon) required aria-invalid=[wrong.map(|_| "true")]; @if let Some(wrong) = wrong { span.error { (wrong) } } }
            button.strong type="submit" { (words::CONFIRM) }
            button type="submit" formaction=(path(referral, "retirer")) formnovalidate { (words::WITHDRAW) }
        }
    }
}

fn end_of_stay(viewer: &Viewer, referral: &ReferralRecord) -> Markup {
    html! {
        details {
            summary { (words::END_STAY) }
            form method="post" action=(path(referral, "fin")) {
                (viewer.hidden())
                label { (words::END_STAY) " " select name="reason" { @for end in StayEnd::ALL { option value=(end.as_str()) { (words::label(*end)) } } } }
                label { (words::AFTER_STAY) " " select name="request" { @for after in AfterStay::ALL { option value=(after.as_str()) { (words::label(*after)) } } } }
                button type="submit" { (words::END_STAY) }
            }
        }
    }
}

/// One tap on a referral: the command that the button stands for, then the page again.
async fn tap<P: Operation>(
    actor: &Actor<P>,
    service: &Service,
    id: Id,
    fields: &Fields,
    run: impl Fn(&mut Turn<'_>, &Live, Reach, ReferralId) -> Result<ReferralView, Failure> + Send + 'static,
) -> Page {
    let (reach, now, about) = (actor.reach(), actor.pulse().now, ReferralId(id.0));
    let order = order(actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, live: &Live| run(turn, live, reach, about);
    let find = move |conn: &mut Conn, id| referrals::view(conn, reach, now, ReferralId(id));
    service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await?;
    Ok(see("/orientations"))
}

/// Whether it came by phone what is tapped in the addressee's stead: whatever somebody taps who only asks, and else what the form says.
fn by_phone<P: Operation>(actor: &Actor<P>, fields: &Fields) -> bool {
    let reach = actor.reach();
    reach.provides().or(reach.keeps()).is_none() || fields.text("by_phone").is_some()
}

/// It was seen, and a call is wished for.
pub async fn acknowledge(actor: Actor<AcknowledgeReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let said = Acknowledgement { call_back: Some(CallBack { kind: CallBackKind::CallUs, at: None, phone: None }) };
    tap(&actor, &service, id, &fields, move |turn, _, reach, id| commands::acknowledge(turn, reach, id, &said)).await
}

/// Yes.
pub async fn accept(actor: Actor<AcceptReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let said = Acceptance { by_phone: by_phone(&actor, &fields), ..Default::default() };
    tap(&actor, &service, id, &fields, move |turn, live, reach, id| commands::accept(turn, live.policy(), reach, id, &said)).await
}

/// What was written down after a phone call is so.
pub async fn affirm(actor: Actor<AffirmReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    tap(&actor, &service, id, &fields, |turn, _, reach, id| commands::affirm(turn, reach, id)).await
}

/// The exact address, once: on a page of its own, which nothing keeps.
pub async fn address(viewer: Viewer, actor: Actor<ShowAddress>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let shown = address_shown(&actor, &service, id, (fields.said(), fields.key()?)).await?;
    let content = html! {
        section.card {
            @if let Some(address) = shown.address() { p { strong { (address) } } p.hint { (words::ADDRESS_DESTROY) } }
            @else { p { (words::ADDRESS_WAS_SHOWN) } }
        }
        p { a.button href="/orientations" { (words::REFERRALS_TITLE) } }
    };
    answer(&viewer, words::SEE_ADDRESS, &content)
}

/// No, for a reason that needs no more words than its own.
pub async fn decline(actor: Actor<DeclineReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let code: RefusalCode = chosen(&fields, "code")?;
    let refusal = Refusal::by_structure(code);
    let faults = refusal.faults_below("refusal");
    if !faults.is_empty() {
        return Err(Denied::Contradiction(faults).into());
    }
    let said = Declination { by_phone: by_phone(&actor, &fields), refusal };
    tap(&actor, &service, id, &fields, move |turn, _, reach, id| commands::decline(turn, reach, id, &said)).await
}

/// They are coming. What stands in the way is said beside the time, which stays as it was typed.
pub async fn confirm(viewer: Viewer, actor: Actor<ConfirmReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let place = place_of(&actor, &service, id).await?;
    let typed = fields.text("expected").unwrap_or_default();
    let Ok(expected_arrival) = local_time::typed(typed, place) else {
        return not_confirmed(&viewer, &actor, &service, id, (typed, Some(words::WRONG_TIME)), None).await;
    };
    let said = Confirmation { expected_arrival, meeting_point: None, override_reason: None };
    let run = move |turn: &mut Turn<'_>, live: &Live, reach: Reach, id: ReferralId| {
        commands::confirm(turn, live.policy(), reach, id, &said)
    };
    match tap(&actor, &service, id, &fields, run).await {
        Err(problem) if problem.wrong_fields().any(|(pointer, _)| pointer == "/expected_arrival") => {
            not_confirmed(&viewer, &actor, &service, id, (typed, Some(words::ARRIVAL_AHEAD)), Some(&problem)).await
        }
        Err(problem) if matches!(problem.code(), Code::NotEligible | Code::AuthorityNotTold | Code::AssessmentMissing) => {
            not_confirmed(&viewer, &actor, &service, id, (typed, None), Some(&problem)).await
        }
        other => other,
    }
}

async fn not_confirmed(
    viewer: &Viewer,
    actor: &Actor<ConfirmReferral>,
    service: &Service,
    id: Id,
    typed: (&str, Option<&str>),
    problem: Option<&Problem>,
) -> Page {
    again(viewer, actor, service, id, problem, |shown, referral| confirmation(viewer, shown, referral, Some(typed))).await
}

/// The card of one referral, with a form that did not go through; `problem` is why, where that is more than a field that was typed wrong.
async fn again<P: Operation>(
    viewer: &Viewer,
    actor: &Actor<P>,
    service: &Service,
    id: Id,
    problem: Option<&Problem>,
    form: impl FnOnce(&Shown, &ReferralRecord) -> Markup,
) -> Page {
    let (reach, own, live) = (actor.reach(), actor.organisation(), service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        let view = referrals::view(reading.conn, reach, reading.now, ReferralId(id.0))?;
        let record = ReferralRecord::show(reading, view, reach)?;
        Shown::of(reading, live.policy(), reach, own, vec![record], Vec::new(), Vec::new())
    };
    let shown = service.read(actor.access(), actor.pulse(), find).await?;
    let of_field = (words::ERROR_TITLE, words::FIX_FIELDS);
    let (_, text) =
        problem.map_or(of_field, |problem| if problem.wrong_fields().next().is_some() { of_field } else { explained(problem) });
    let rules = problem.map(Problem::rules).unwrap_or_default();
    let card = shown.referrals.first().map(|referral| html! { article.card { (about(referral)) (form(&shown, referral)) } });
    let content = html! {
        div.notice role="alert" { p { (text) } @if !rules.is_empty() { ul { @for rule in rules { li { (words::label(*rule)) } } } } }
        @if let Some(card) = card { (card) }
        p { a.button href="/orientations" { (words::REFERRALS_TITLE) } }
    };
    let status = problem.map_or(StatusCode::UNPROCESSABLE_ENTITY, |problem| problem.code().status());
    Ok(answer_with(status, viewer, words::REFERRALS_TITLE, &content))
}

/// The people stood at the door and were not let in.
pub async fn record_turned_away(actor: Actor<RecordTurnedAway>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    tap(&actor, &service, id, &fields, |turn, _, reach, id| commands::record_turned_away(turn, reach, id)).await
}

/// Takes the last command back. A reason that is missing or too long is asked for beside its field, and what was typed stays.
pub async fn undo(viewer: Viewer, actor: Actor<UndoReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let typed = fields.text("reason").unwrap_or_default();
    let asked_again = |shown: &Shown, referral: &ReferralRecord, wrong: &str| match shown.undoable.get(&referral.id) {
        Some(undoable) => shown.undo_form(&viewer, referral, *undoable, typed, Some(wrong)),
        None => html! {},
    };
    let Ok(reason) = fields.text("reason").map(|reason| Text::try_from(reason.to_owned())).transpose() else {
        return again(&viewer, &actor, &service, id, None, |shown, referral| asked_again(shown, referral, words::WRONG_FIELD))
            .await;
    };
    let said = Undo { reason };
    let run = move |turn: &mut Turn<'_>, live: &Live, reach: Reach, id: ReferralId| {
        taking_back::undo(turn, live.policy(), reach, id, &said)
    };
    match tap(&actor, &service, id, &fields, run).await {
        Err(problem) if problem.code() == Code::UndoTooLate && typed.is_empty() => {
            again(&viewer, &actor, &service, id, Some(&problem), |shown, referral| asked_again(shown, referral, words::FILL_IN))
                .await
        }
        other => other,
    }
}

/// What was written down in the addressee's name is not so.
pub async fn contradict(actor: Actor<ContradictReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    tap(&actor, &service, id, &fields, |turn, live, reach, id| taking_back::contradict(turn, live.policy(), reach, id)).await
}

/// They are there.
pub async fn record_arrival(actor: Actor<RecordArrival>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let said = Report { by_phone: by_phone(&actor, &fields) };
    tap(&actor, &service, id, &fields, move |turn, _, reach, id| commands::record_arrival(turn, reach, id, &said)).await
}

/// Nobody came.
pub async fn record_no_show(actor: Actor<RecordNoShow>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let said = Report { by_phone: by_phone(&actor, &fields) };
    tap(&actor, &service, id, &fields, move |turn, _, reach, id| commands::record_no_show(turn, reach, id, &said)).await
}

/// Those who asked take it back.
pub async fn withdraw(actor: Actor<WithdrawReferral>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let said = Withdrawal::default();
    tap(&actor, &service, id, &fields, move |turn, _, reach, id| commands::withdraw(turn, reach, id, &said)).await
}

/// They have left.
pub async fn end_stay(actor: Actor<EndStay>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let (reason, request): (StayEnd, AfterStay) = (chosen(&fields, "reason")?, chosen(&fields, "request")?);
    let said = EndOfStay { by_phone: by_phone(&actor, &fields), reason, request };
    tap(&actor, &service, id, &fields, move |turn, _, reach, id| commands::end_stay(turn, reach, id, &said)).await
}

/// A code that was chosen in a form.
pub fn chosen<T: matcher::Code>(fields: &Fields, name: &str) -> Result<T, Problem> {
    let given = fields.text(name).unwrap_or_default();
    let known = T::ALL.iter().copied().find(|code| code.as_str() == given);
    known.ok_or_else(|| Problem::field(Code::InvalidBody, name, "is none of the choices"))
}

/// Where a referral leads: times that are typed for it are of that place.
async fn place_of<P: Operation>(actor: &Actor<P>, service: &Service, id: Id) -> Result<Department, Problem> {
    let (reach, id) = (actor.reach(), ReferralId(id.0));
    let find = move |reading: &mut Reading<'_>| {
        let referral = referrals::find(reading.conn, reach, id)?;
        let found = views::places::departments_of(reading.conn, &[referral.unit])?;
        Ok(found.get(&referral.unit).copied().unwrap_or(Department::PARIS))
    };
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}
