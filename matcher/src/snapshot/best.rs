//! The best of many units, without working out in full those that cannot be among them.

use std::collections::BinaryHeap;

use super::bits::Slot;
use super::block::Block;
use super::filter::Sift;
use super::sphere::KM_MARGIN;
use crate::codes::Urgency;
use crate::facts::View;
use crate::policy::Policy;
use crate::rank::{Candidate, Proposal, billionths, proposal};
use crate::rules::{Query, RuleSet};
use crate::score::Scorer;

/// The best candidates so far.
pub(super) struct Best<'a> {
    query: &'a Query,
    policy: &'a Policy,
    scorer: &'a Scorer<'a>,
    top: usize,
    /// The worst of them first.
    kept: BinaryHeap<Candidate<'a>>,
    /// How much better a score may be than one that was worked out with a fast distance.
    margin: f64,
}

impl<'a> Best<'a> {
    pub(super) fn new(query: &'a Query, policy: &'a Policy, scorer: &'a Scorer<'a>, top: usize) -> Self {
        let margin = scorer.steepest_per_km() * f64::from(KM_MARGIN) + 1e-9;
        Self { query, policy, scorer, top, kept: BinaryHeap::with_capacity(top.min(super::SLOTS)), margin }
    }

    pub(super) fn is_full(&self) -> bool {
        self.kept.len() >= self.top
    }

    /// Takes a unit that can be proposed, if it is among the best.
    pub(super) fn consider(&mut self, block: &'a Block, sift: &Sift<'_>, slot: Slot, to_verify: bool, avoided: bool) {
        let Some(view) = block.view(slot) else { return };
        if self.is_full() && !self.may_enter(view, sift.nearly_km(slot), to_verify, avoided) {
            return;
        }
        let km = self.query.distance_km(view.facts);
        let failed = if to_verify { self.query.failed(view, km) } else { RuleSet::default() };
        self.kept.extend(Candidate::new(self.query, self.policy, self.scorer, view, km, avoided, failed));
        if self.kept.len() > self.top {
            self.kept.pop();
        }
    }

    fn may_enter(&self, view: View<'a>, nearly_km: f32, to_verify: bool, avoided: bool) -> bool {
        let Some(worst) = self.kept.peek() else { return self.top > 0 };
        let fitting = view.vacancies.iter().filter(|vacancy| self.query.fits(view.facts, vacancy));
        let km = f64::from(nearly_km);
        let score = fitting.map(|vacancy| self.scorer.score(view.facts, vacancy, km, avoided)).fold(0.0, f64::max);
        // Who may be near enough is taken for near.
        let far = self.query.request.urgency == Urgency::Immediate && km - f64::from(KM_MARGIN) > self.policy.far_km();
        let score = billionths((score + self.margin).min(2.0));
        (to_verify, far, std::cmp::Reverse(score)) <= worst.standing()
    }

    /// The best, in order.
    pub(super) fn proposals(self) -> Vec<Proposal> {
        let (query, policy, scorer) = (self.query, self.policy, self.scorer);
        self.kept.into_sorted_vec().into_iter().map(|candidate| proposal(query, policy, scorer, &candidate)).collect()
    }
}
