//! The sheet for who takes over: what is under way, the most pressing first, with repères, deadlines and telephones, on two pages at most. What has
//! no room stands at its end by its repère alone, so that nothing is missing without being named.

use actix_web::web::Data;
use maud::{Markup, html};

use super::super::line::needful::Clocks;
use super::super::line::place_asked;
use super::super::proposals::answering;
use super::super::sheets::{Tongue, sheet, way_back};
use super::super::words::{self, sheets as said};
use super::super::{Page, Viewer, local_time};
use super::referent::{Case, Stands, cases};
use super::{PATH, Query, Reader, Shown, read};
use crate::clock::Instant;
use crate::commands::Service;
use crate::db::Reading;
use crate::domain::ReferralState;
use crate::domain::doors::DoorNumber;
use crate::domain::referral::CallBackKind;
use crate::web::auth::Actor;
use crate::web::http::referrals::ReferralRecord;
use crate::web::operations::ShowHandOver;

/// What two pages hold in the small print that a full sheet has: lines, and characters a line.
const LINES: usize = 126;
const LINE_CHARACTERS: usize = 112;
/// As many lines as these are printed in large.
const LINES_IN_LARGE: usize = 36;

/// The groups of the sheet in their order: who is expected tonight comes before who waits for an answer.
const ORDER: [Stands; 5] = [Stands::ToDo, Stands::Overdue, Stands::LapsesSoon, Stands::Confirmed, Stands::Waiting];

/// Shows it.
pub async fn hand_over(viewer: Viewer, actor: Actor<ShowHandOver>, service: Data<Service>) -> Page {
    let (reader, live) = (Reader::of(&actor), service.live().clone());
    let find = move |reading: &mut Reading<'_>| read(reading, live.policy(), reader, Query::default());
    let shown = service.read(actor.access(), actor.pulse(), find).await?;
    let numbers = service.live().registry(actor.pulse().position).await?.doors.of(&[shown.here]);
    let on_screen = html! { p { (said::HAND_OVER_LEAD) } };
    let organisation = viewer.name.as_ref().map(|name| name.organisation.as_str());
    let printed = printed(&shown, organisation.unwrap_or_default(), &numbers);
    Ok(sheet(Tongue::of_screens(), said::HAND_OVER.text(), (&on_screen, &way_back(PATH, said::BACK.text())), &printed))
}

/// A request as it stands on the sheet.
struct Entry<'c> {
    stands: Stands,
    case: &'c Case<'c>,
    line: String,
    asked: Vec<String>,
}

impl Entry<'_> {
    fn lines(&self) -> usize {
        let of = |text: &String| text.chars().count().div_ceil(LINE_CHARACTERS);
        of(&self.line) + self.asked.iter().map(of).sum::<usize>()
    }
}

fn printed(shown: &Shown, organisation: &str, numbers: &[DoorNumber]) -> Markup {
    let cases = cases(shown);
    let of = |stands: Stands| cases.iter().filter(move |case| case.stands == stands);
    let mut entries: Vec<Entry<'_>> = ORDER.into_iter().flat_map(of).map(|case| entry(shown, case)).collect();
    let to_do = entries.iter().filter(|entry| matches!(entry.stands, Stands::ToDo | Stands::Overdue)).count();
    let under_way = entries.len();
    let all: usize = entries.iter().map(Entry::lines).sum();
    let rest = entries.split_off(room_for(&entries));
    html! {
        div.dense.large[all <= LINES_IN_LARGE] {
            h1 { (said::HAND_OVER) " · " time datetime=(shown.now) { (words::moment(shown.now, shown.here)) } }
            p { (organisation) " · " (said::under_way(under_way, to_do)) }
            @if under_way == 0 { p { (said::NOTHING_UNDER_WAY) } }
            @for stands in ORDER {
                @let title = Stands::ALL.iter().find(|(known, ..)| *known == stands).map_or("", |(_, _, title)| title.text());
                @let group: Vec<_> = entries.iter().filter(|entry| entry.stands == stands).collect();
                @if !group.is_empty() {
                    h2 { (title) }
                    ul.plain { @for entry in group { li { (one(entry)) } } }
                }
            }
            @if !rest.is_empty() { p { strong { (said::REST) } (words::COLON) (aliases(rest.iter().map(|entry| entry.case))) } }
            @let housed: Vec<_> = of(Stands::Housed).collect();
            @if !housed.is_empty() { p { strong { (said::HOUSED) } (words::COLON) (aliases(housed.into_iter())) } }
            @if !numbers.is_empty() {
                p {
                    strong { (said::NUMBERS) } (words::COLON)
                    @for (at, number) in numbers.iter().enumerate() { @if at > 0 { " · " } a href=(format!("tel:{}", number.phone.as_str())) { (number.phone.as_read()) } " " (answering(number.door, number.label_beside_number())) }
                }
            }
        }
    }
}

/// How many of the entries, from the first, fit on two pages.
fn room_for(entries: &[Entry<'_>]) -> usize {
    let mut left = LINES;
    entries.iter().take_while(|entry| left.checked_sub(entry.lines()).inspect(|rest| left = *rest).is_some()).count()
}

fn aliases<'c>(cases: impl Iterator<Item = &'c Case<'c>>) -> String {
    cases.map(|case| case.request.line.alias.as_str()).collect::<Vec<_>>().join(", ")
}

fn one(entry: &Entry<'_>) -> Markup {
    let alias = entry.case.request.line.alias.as_str();
    html! {
        strong { (alias) } (entry.line.strip_prefix(alias).unwrap_or(&entry.line))
        @for asked in &entry.asked { br; "→ " (asked) }
    }
}

fn entry<'c>(shown: &Shown, case: &'c Case<'c>) -> Entry<'c> {
    let mut line = case.request.line.text();
    if let Some(until) = case.request.lent_until {
        line.push_str(&format!(" · {} {}", said::LENT_UNTIL, words::orientations::when(until, shown.here, shown.now)));
    }
    let open = case.referrals.iter().filter(|referral| referral.state.is_open());
    let mut asked: Vec<String> = open.map(|referral| asked_of(shown, referral)).collect();
    if asked.is_empty() {
        asked.push(said::NOTHING_ASKED.text().to_owned());
    }
    Entry { stands: case.stands, case, line, asked }
}

/// One place that was asked: whom to call, what they said, until when something is to be done.
fn asked_of(shown: &Shown, referral: &ReferralRecord) -> String {
    let clocks = shown.clocks(referral);
    let mut parts = vec![place_asked::text(referral, &shown.kinds), words::label(referral.state).to_lowercase()];
    if let Some(other) = &referral.other_side {
        let numbers = other.numbers.iter().map(|number| number.phone.as_read());
        parts.extend(Some(numbers.collect::<Vec<_>>().join(", ")).filter(|numbers| !numbers.is_empty()));
    }
    if referral.held {
        parts.push(said::HELD.text().to_owned());
    }
    if let Some(call) = referral.call_back.as_ref().filter(|_| referral.called_at.is_none()) {
        let kind = match call.kind {
            CallBackKind::CallUs => said::ASKS_FOR_CALL,
            CallBackKind::WeCall => said::WILL_CALL,
        };
        let at = call.at.map(|at| format!(" {}", when(clocks, at.into()))).unwrap_or_default();
        let phone = call.phone.as_ref().map(|phone| format!(" {}", phone.as_read())).unwrap_or_default();
        parts.push(format!("{kind}{at}{phone}"));
    }
    if let Some(at) = referral.deadline {
        let before = match referral.state {
            ReferralState::Accepted => words::orientations::CONFIRM_BEFORE,
            _ => words::orientations::ANSWER_BEFORE,
        };
        parts.push(format!("{before} {}", when(clocks, at)));
    }
    if let Some(at) = referral.expected_arrival {
        parts.push(format!("{} {}", said::ARRIVAL_AT, when(clocks, at)));
    }
    parts.join(" · ")
}

/// An instant by the clock of the place, which is named where the reader's shows another time.
fn when(clocks: Clocks, at: Instant) -> String {
    let said = words::orientations::when(at, clocks.place, clocks.now);
    local_time::clock_of(at, clocks.place, clocks.here).map_or_else(|| said.clone(), |clock| format!("{said} ({clock})"))
}
