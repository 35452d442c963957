//! The places of a page in their order: those behind the door of one regulator stand in one card, since one question reaches them all.

use matcher::Proposal;

use super::Shown;
use crate::domain::ids::{OrganisationId, UnitId};
use crate::web::views::places::AnsweredBy;

/// One card: the best place, and those behind the same door.
pub(super) struct Entry<'r> {
    /// Its place in the whole list, from 1.
    pub(super) rank: usize,
    /// The place that is asked.
    pub(super) proposal: &'r Proposal,
    /// Others behind the same door.
    pub(super) behind: Vec<&'r Proposal>,
}

/// The cards of some places, the first of which has this rank.
pub(super) fn entries<'r>(shown: &Shown, proposals: &[&'r Proposal], first: usize) -> Vec<Entry<'r>> {
    let mut entries: Vec<(Option<OrganisationId>, Entry<'r>)> = Vec::new();
    for (rank, proposal) in (first..).zip(proposals.iter().copied()) {
        let keeper = keeper(shown, proposal);
        match entries.iter_mut().find(|(known, _)| keeper.is_some() && *known == keeper) {
            Some((_, entry)) => entry.behind.push(proposal),
            None => entries.push((keeper, Entry { rank, proposal, behind: Vec::new() })),
        }
    }
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// The regulator that answers for a place; none where the home does, or where it is asked already and stands for itself.
fn keeper(shown: &Shown, proposal: &Proposal) -> Option<OrganisationId> {
    let unit = UnitId(proposal.unit_id);
    let card = shown.cards.get(&unit).filter(|card| card.by == AnsweredBy::Regulator)?;
    shown.asked(unit).is_none().then_some(card.organisation_id)
}
