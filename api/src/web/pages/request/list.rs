//! *Demandes*: every request that somebody has in hand, one line each, by what there is to do. What is placed or closed does not disappear.

use std::collections::HashMap;

use actix_web::web::Data;
use maud::{Markup, html};
use serde::Deserialize;

use super::read::standing;
use crate::commands::Service;
use crate::db::requests::{self, RequestFilter, StoredRequest};
use crate::db::{Failure, Reading};
use crate::domain::ids::RequestId;
use crate::domain::{Reach, ReferralState, RequestState};
use crate::limits::CLOSED_SHOWN;
use crate::live::Live;
use crate::paging::{Cursor, Order, Page as Slice, PageLimit};
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::operations::ShowRequests;
use crate::web::pages::line::Line;
use crate::web::pages::words::Phrase;
use crate::web::pages::{Page, Viewer, answer, words};

/// Whose requests, and from where on each list is shown.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Only those that the reader is in charge of.
    #[serde(rename = "qui", default)]
    whose: Whose,
    ouvertes: Option<Cursor>,
    hebergees: Option<Cursor>,
    closes: Option<Cursor>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
enum Whose {
    #[default]
    #[serde(rename = "service")]
    Service,
    #[serde(rename = "moi")]
    Mine,
}

/// One of them.
struct Entry {
    line: Line,
    is_mine: bool,
    states: Vec<ReferralState>,
}

/// Where an entry stands in the list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Answered,
    NothingAsked,
    Waiting,
    Expected,
    Placed,
    Closed,
}

const GROUPS: [(Group, Phrase); 6] = [
    (Group::Answered, words::request::LIST_ANSWERED),
    (Group::NothingAsked, words::request::LIST_NOTHING_ASKED),
    (Group::Waiting, words::request::LIST_WAITING),
    (Group::Expected, words::request::LIST_EXPECTED),
    (Group::Placed, words::request::LIST_PLACED),
    (Group::Closed, words::request::LIST_CLOSED),
];

impl Entry {
    fn group(&self) -> Group {
        let any = |state: ReferralState| self.states.contains(&state);
        match self.line.state {
            RequestState::Placed => Group::Placed,
            RequestState::Closed => Group::Closed,
            RequestState::Open if any(ReferralState::Confirmed) => Group::Expected,
            RequestState::Open if any(ReferralState::Accepted) => Group::Answered,
            RequestState::Open if self.states.is_empty() => Group::NothingAsked,
            RequestState::Open => Group::Waiting,
        }
    }
}

/// Shows them.
pub async fn list(viewer: Viewer, actor: Actor<ShowRequests>, service: Data<Service>, query: Params<ListQuery>) -> Page {
    let (reach, live, query) = (actor.reach(), service.live().clone(), query.0);
    let label = viewer.name.as_ref().map(|name| name.label.clone());
    let find = move |reading: &mut Reading<'_>| read(reading, &live, reach, query, label.as_deref());
    let (entries, older) = service.read(actor.access(), actor.pulse(), find).await?;
    answer(&viewer, words::MY_REQUESTS.text(), &content(&entries, &older, query))
}

impl ListQuery {
    /// The lists, each with its name in the address; all of them, or the one whose older entries are asked for.
    fn lists(self, reading: &Reading<'_>) -> Vec<(&'static str, Option<Cursor>, RequestFilter)> {
        let of = |state| RequestFilter { state: Some(state), order: Order::Newest, ..Default::default() };
        let since = reading.now.plus(-CLOSED_SHOWN);
        let all = vec![
            ("ouvertes", self.ouvertes, of(RequestState::Open)),
            ("hebergees", self.hebergees, of(RequestState::Placed)),
            ("closes", self.closes, RequestFilter { updated_since: Some(since), ..of(RequestState::Closed) }),
        ];
        let is_one_asked_for = all.iter().any(|(_, cursor, _)| cursor.is_some());
        all.into_iter().filter(|(_, cursor, _)| cursor.is_some() || !is_one_asked_for).collect()
    }
}

fn read(
    reading: &mut Reading<'_>,
    live: &Live,
    reach: Reach,
    query: ListQuery,
    label: Option<&str>,
) -> Result<(Vec<Entry>, Vec<String>), Failure> {
    let (mut found, mut older) = (Vec::<StoredRequest>::new(), Vec::new());
    for (list, cursor, filter) in query.lists(reading) {
        let page = requests::list(reading.conn, reach, filter, cursor, PageLimit::most())?;
        let page = Slice::cut(page, PageLimit::most(), |stored: &StoredRequest| stored.id.0);
        let whose = if query.whose == Whose::Mine { "qui=moi&" } else { "" };
        older.extend(page.next_cursor.map(|cursor| format!("/demandes?{whose}{list}={cursor}")));
        found.extend(page.items);
    }
    found.sort_by_key(|stored| stored.created_at);
    let ids: Vec<RequestId> = found.iter().map(|stored| stored.id).collect();
    let mut states: HashMap<RequestId, Vec<ReferralState>> = standing(reading, &ids)?;
    let mut entries = Vec::new();
    for stored in found {
        let declared = stored.seen_by(reach, stored.declared.clone().show(reading));
        let is_mine = declared.in_charge.as_ref().map(|in_charge| in_charge.as_str()) == label && label.is_some();
        let line = Line::of(&stored, &declared, live.policy(), reading.now)?;
        entries.push(Entry { line, is_mine, states: states.remove(&stored.id).unwrap_or_default() });
    }
    Ok((entries, older))
}

fn content(entries: &[Entry], older: &[String], query: ListQuery) -> Markup {
    let is_meant = |entry: &&Entry| query.whose == Whose::Service || entry.is_mine;
    let current = |whose: Whose| (query.whose == whose).then_some("page");
    html! {
        ul.tabs {
            li { a href="/demandes" aria-current=[current(Whose::Service)] { (words::request::LIST_SERVICE) } }
            li { a href="/demandes?qui=moi" aria-current=[current(Whose::Mine)] { (words::request::LIST_MINE) } }
            li { a href="/orientations" { (words::REFERRALS) } }
        }
        @if !entries.iter().any(|entry| is_meant(&entry)) {
            div.notice { p { (words::request::LIST_NONE) } p { a.button href="/demande" { (words::ASK) } } }
        }
        @for (group, title) in GROUPS {
            @let of_group: Vec<_> = entries.iter().filter(is_meant).filter(|entry| entry.group() == group).collect();
            @if !of_group.is_empty() {
                section.card {
                    h2 { (title) " (" (of_group.len()) ")" }
                    ul.plain.lines { @for entry in of_group { li { (entry.line.link()) (states(&entry.states)) } } }
                }
            }
        }
        @for path in older { p { a.button href=(path) { (words::OLDER) } } }
    }
}

/// How many questions stand where.
fn states(states: &[ReferralState]) -> Markup {
    let counted: Vec<_> = ReferralState::OPEN
        .into_iter()
        .filter_map(|state| {
            let count = states.iter().filter(|other| **other == state).count();
            (count > 0).then(|| words::request::so_many(count, words::label(state)))
        })
        .collect();
    html! { @if !counted.is_empty() { span.hint { " · " (counted.join(", ")) } } }
}
