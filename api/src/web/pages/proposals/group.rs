//! The places of a page in their order: those behind the door of one regulator stand in one card, since one question reaches them all.

use matcher::Proposal;

use super::Shown;
use crate::domain::ids::{OrganisationId, UnitId};
use crate::limits::WAVE;
use crate::web::views::places::AnsweredBy;

/// One card: the best place, and those behind the same door.
pub(super) struct Entry<'r> {
    /// The places of the card in the whole list, from 1: the best one's, then those of the others.
    ranks: Vec<usize>,
    /// The place that is asked.
    pub(super) proposal: &'r Proposal,
    /// Others behind the same door.
    pub(super) behind: Vec<&'r Proposal>,
}

impl Entry<'_> {
    /// Where its places stand in the whole list: all of them, so that no number is missing between two cards.
    pub(super) fn ranks(&self) -> String {
        let text = |run: &[usize]| match run {
            [first, .., last] => format!("{first}–{last}"),
            alone => alone.iter().map(ToString::to_string).collect(),
        };
        self.ranks.chunk_by(|one, next| one + 1 == *next).map(text).collect::<Vec<_>>().join(", ")
    }
}

/// The cards of some places, the first of which has this rank.
pub(super) fn entries<'r>(shown: &Shown, proposals: &[&'r Proposal], first: usize) -> Vec<Entry<'r>> {
    let mut entries: Vec<(Option<OrganisationId>, Entry<'r>)> = Vec::new();
    for (rank, proposal) in (first..).zip(proposals.iter().copied()) {
        let keeper = keeper(shown, proposal);
        match entries.iter_mut().find(|(known, _)| keeper.is_some() && *known == keeper) {
            Some((_, entry)) => {
                entry.ranks.push(rank);
                entry.behind.push(proposal);
            }
            None => entries.push((keeper, Entry { ranks: vec![rank], proposal, behind: Vec::new() })),
        }
    }
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// The places that one click asks, as many as go at once: of each card the best, and none behind a door that has a question before it.
pub(super) fn firsts(shown: &Shown) -> Vec<&Proposal> {
    let (eligible, _) = shown.listed();
    let best = entries(shown, &eligible, 1).into_iter().map(|entry| entry.proposal);
    let is_asked = |proposal: &&Proposal| {
        let door = keeper(shown, proposal);
        shown.asked(UnitId(proposal.unit_id)).is_some() || door.is_some_and(|keeper| shown.has_asked(keeper))
    };
    best.filter(|proposal| !is_asked(proposal)).take(WAVE).collect()
}

/// The regulator that answers for a place; none where the home does, or where it is asked already and stands for itself.
fn keeper(shown: &Shown, proposal: &Proposal) -> Option<OrganisationId> {
    let unit = UnitId(proposal.unit_id);
    let card = shown.cards.get(&unit).filter(|card| card.by == AnsweredBy::Regulator)?;
    shown.asked(unit).is_none().then_some(card.organisation_id)
}
