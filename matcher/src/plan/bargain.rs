//! Prices for households, moved until what all slots pick by themselves is worth little more than a plan: a Lagrangian relaxation,
//! bettered by subgradient steps.
//!
//! This file owns the prices. A bound from them holds for any prices, so rounding never makes one false.
#![expect(clippy::as_conversions, clippy::indexing_slicing, reason = "indexes are u32 to be compact, and made here within range")]

use super::effort::Effort;
use super::kernel::{Kernel, Pick};

/// Rounds of bargaining at most.
const ROUNDS: u32 = 400;

/// Rounds without a better bound after which steps are halved.
const PATIENCE: u32 = 12;

/// Prices of households and what they prove.
#[derive(Clone, Debug)]
pub(crate) struct Prices {
    /// The price of each household; never negative.
    pub(crate) of: Vec<f64>,
    /// No plan over the pairings of the kernel is worth more.
    pub(crate) bound: f64,
}

/// What the slots pick at these prices: the bound, and how often each household is picked.
fn bound(kernel: &Kernel, prices: &[f64], profits: &mut Vec<f64>, picked: &mut [u32], shares: &mut [f64]) -> f64 {
    shares.iter_mut().for_each(|share| *share *= MEMORY);
    profits.clear();
    profits.extend(kernel.pairings.iter().map(|pairing| pairing.value - prices[pairing.household as usize]));
    picked.iter_mut().for_each(|count| *count = 0);
    let mut pick = Pick::default();
    let mut sum: f64 = prices.iter().sum();
    for group in 0..kernel.groups.len() {
        kernel.pick(group, profits, &mut pick);
        sum += pick.worth;
        for at in &pick.pairings {
            picked[kernel.pairings[*at].household as usize] += 1;
            shares[*at] += 1.0 - MEMORY;
        }
    }
    sum
}

/// How much of what the slots picked before still counts in the shares after one more round.
const MEMORY: f64 = 0.95;

/// Betters prices. `objective` is what some plan is known to be worth. Says how much of each pairing the slots picked of late, on
/// average: near the best prices these shares are near those of the best plan.
pub(crate) fn bargain(kernel: &Kernel, prices: &mut Prices, objective: f64, effort: &mut Effort<'_>) -> Vec<f64> {
    let mut shares = vec![0.0; kernel.pairings.len()];
    let households = prices.of.len();
    let (mut profits, mut picked) = (Vec::new(), vec![0; households]);
    let mut open = vec![false; households];
    for pairing in &kernel.pairings {
        open[pairing.household as usize] = true;
    }
    let mut current = prices.of.clone();
    for (price, open) in current.iter_mut().zip(&open) {
        *price = if *open { *price } else { 0.0 };
    }
    let (mut scale, mut waited) = (1.0, 0);
    for _ in 0..ROUNDS {
        if !effort.step() || prices.bound <= objective {
            return shares;
        }
        let now = bound(kernel, &current, &mut profits, &mut picked, &mut shares);
        if now < prices.bound {
            // A gain too small to matter does not make the steps any longer.
            waited = if prices.bound - now > 1e-3 * (prices.bound - objective) { 0 } else { waited + 1 };
            prices.bound = now;
            prices.of.clone_from(&current);
        } else {
            waited += 1;
        }
        if waited >= PATIENCE {
            (scale, waited) = (scale * 0.5, 0);
            current.clone_from(&prices.of);
            if scale < 1e-3 {
                return shares;
            }
            continue;
        }
        // A household that is picked more than once gets dearer; one that is not picked and has a price gets cheaper.
        let moves = |at: usize| open[at] && (picked[at] > 0 || current[at] > 0.0);
        let slopes: Vec<f64> = (0..households).map(|at| if moves(at) { 1.0 - f64::from(picked[at]) } else { 0.0 }).collect();
        let length: f64 = slopes.iter().map(|slope| slope * slope).sum();
        if length == 0.0 {
            return shares;
        }
        let step = scale * (now - objective) / length;
        for (price, slope) in current.iter_mut().zip(slopes) {
            *price = (*price - step * slope).max(0.0);
        }
    }
    shares
}

/// For each pairing the most that a plan which uses it may be worth.
pub(crate) fn worth_with_each(kernel: &Kernel, prices: &Prices) -> Vec<f64> {
    let profits: Vec<f64> = kernel.pairings.iter().map(|pairing| pairing.value - prices.of[pairing.household as usize]).collect();
    kernel.worth_with_each(prices.bound, &profits)
}
