//! What an edit of a request changes: the places that are possible now and were not, those that are not any more, and referrals under way that
//! no longer fit. Both rankings are of one snapshot, so that nothing else has changed between them.

use std::collections::HashMap;

use matcher::{PlaceOffered, Proposal, Query, Ranking, Snapshot, Tier};
use maud::{Markup, html};
use uuid::Uuid;

use super::read::Shown;
use crate::limits::PROPOSALS_COMPARED;
use crate::web::pages::words;

/// A place before and after, with its rank in each; none where it was not, or is no more, possible.
struct Moved {
    place: PlaceOffered,
    before: Option<usize>,
    after: Option<usize>,
}

/// What an edit changes.
pub(super) struct Effect {
    counts: [(u64, u64); 2],
    gained: Vec<Moved>,
    lost: Vec<Moved>,
    /// Places that are possible as before, at another rank.
    moved: usize,
}

/// How many places are named; the rest is counted.
const NAMED: usize = 10;

impl Effect {
    /// Between two questions, on one snapshot.
    pub(super) fn between(snapshot: &Snapshot, before: &Query, after: &Query) -> Self {
        let (was, is) = (snapshot.shown(before, PROPOSALS_COMPARED), snapshot.shown(after, PROPOSALS_COMPARED));
        let (ranks_before, ranks_after) = (ranks(&was), ranks(&is));
        let moved = |proposal: &Proposal| {
            Some(Moved {
                place: snapshot.offered(proposal.unit_id, proposal.vacancy_id)?,
                before: ranks_before.get(&proposal.unit_id).copied(),
                after: ranks_after.get(&proposal.unit_id).copied(),
            })
        };
        // Beyond those that are compared nobody knows which are new: then the numbers alone are said.
        let is_whole =
            |ranking: &Ranking, ranks: &HashMap<Uuid, usize>| ranking.eligible == u64::try_from(ranks.len()).unwrap_or(u64::MAX);
        let (all_before, all_after) = (is_whole(&was, &ranks_before), is_whole(&is, &ranks_after));
        let gained = eligible(&is).filter(|(_, proposal)| all_before && !ranks_before.contains_key(&proposal.unit_id));
        let lost = eligible(&was).filter(|(_, proposal)| all_after && !ranks_after.contains_key(&proposal.unit_id));
        let is_elsewhere = |(unit, rank): &(&Uuid, &usize)| ranks_after.get(*unit).is_some_and(|now| now != *rank);
        Self {
            counts: [(was.eligible, is.eligible), (was.to_verify, is.to_verify)],
            gained: gained.filter_map(|(_, proposal)| moved(proposal)).collect(),
            lost: lost.filter_map(|(_, proposal)| moved(proposal)).collect(),
            moved: ranks_before.iter().filter(is_elsewhere).count(),
        }
    }

    /// As it is said on top of the page.
    pub(super) fn said(&self, shown: &Shown) -> Markup {
        let unfit: Vec<_> = shown.referrals.iter().filter(|referral| !referral.fails_since.is_empty()).collect();
        let [eligible, to_verify] = self.counts;
        html! {
            div.notice.effect role="status" {
                p { strong { (words::request::SAVED) } " " (words::request::counts(eligible, to_verify)) }
                (list(words::request::GAINED.text(), &self.gained))
                (list(words::request::LOST.text(), &self.lost))
                @if self.moved > 0 { p { (words::request::moved(self.moved)) } }
                @if !unfit.is_empty() {
                    p { strong { (words::request::UNFIT) } }
                    ul {
                        @for referral in unfit {
                            li { (shown.name_of(referral)) (words::COLON) (referral.fails_since.iter().map(|rule| words::label(*rule)).collect::<Vec<_>>().join(", ")) }
                        }
                    }
                    p { (words::request::BOTH_TOLD) }
                }
            }
        }
    }
}

fn eligible(ranking: &Ranking) -> impl Iterator<Item = (usize, &Proposal)> {
    (1..).zip(&ranking.proposals).filter(|(_, proposal)| proposal.tier == Tier::Eligible)
}

fn ranks(ranking: &Ranking) -> HashMap<Uuid, usize> {
    eligible(ranking).map(|(rank, proposal)| (proposal.unit_id, rank)).collect()
}

fn list(title: &str, places: &[Moved]) -> Markup {
    html! {
        @if !places.is_empty() {
            p { strong { (title) } }
            ul {
                @for moved in places.iter().take(NAMED) {
                    li { (words::label(moved.place.kind)) ", " (words::department(moved.place.department)) " (" (moved.place.department) ")" (rank(moved)) }
                }
                @if places.len() > NAMED { li { (words::request::and_more(places.len().saturating_sub(NAMED))) } }
            }
        }
    }
}

fn rank(moved: &Moved) -> String {
    match (moved.before, moved.after) {
        (_, Some(rank)) => words::request::now_at(rank),
        (Some(rank), None) => words::request::was_at(rank),
        (None, None) => String::new(),
    }
}
