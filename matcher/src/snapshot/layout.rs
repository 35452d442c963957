//! Which units share a block: those that are like each other and lie near each other.

use super::bits::{GROUP, SLOTS};
use crate::facts::Prepared;
use crate::geo::{Direction, direction};
use crate::sieve::Traits;

/// Where a unit is, what it is, and its number.
type Place = (Direction, Traits, usize);

/// Parts units into lists that each have room in a block and whose units are like each other and lie near each other: first by what
/// tells most, as long as both parts fill some blocks, then by halving again and again along the widest axis; `first` says how many of so
/// many go to the first half.
pub(super) fn neighbours(units: Vec<Prepared>, first: impl Fn(usize) -> usize) -> Vec<Vec<Prepared>> {
    let places = units.iter().enumerate().map(|(nth, unit)| (direction(unit.facts.at), Traits::of(unit.view()), nth));
    let mut places: Vec<Place> = places.collect();
    let mut units: Vec<_> = units.into_iter().map(Some).collect();
    let mut take = |nth: usize| units.get_mut(nth).and_then(Option::take);
    // Of few units, blocks of their own soon are most of them.
    let enough = (places.len() / 4).clamp(1, 4 * SLOTS);
    let (mut parts, mut done) = (vec![(places.as_mut_slice(), 0)], Vec::new());
    while let Some((part, told)) = parts.pop() {
        if part.len() <= SLOTS {
            lay_out(part);
            done.push(part.iter().filter_map(|(_, _, nth)| take(*nth)).collect());
        } else if let Some(tells) = Traits::TELLING.get(told) {
            // Stable, so that units stay in the order of their numbers; of yes and no it is a walk or two.
            part.sort_by_key(|(_, traits, _)| tells(*traits));
            let without = part.partition_point(|(_, traits, _)| !tells(*traits));
            if without.min(part.len() - without) < enough {
                parts.push((part, told + 1));
            } else {
                let (without, with) = part.split_at_mut(without);
                parts.extend([(with, told + 1), (without, told + 1)]);
            }
        } else {
            let (near, far) = halve(part, first(part.len()));
            parts.extend([(far, told), (near, told)]);
        }
    }
    done
}

/// Lays out the units of a block so that those of each group of slots lie near each other.
fn lay_out(places: &mut [Place]) {
    if places.len() > GROUP {
        let (near, far) = halve(places, places.len().div_ceil(GROUP) / 2 * GROUP);
        lay_out(near);
        lay_out(far);
    }
}

/// Parts units along the widest axis, so many to one side.
fn halve(places: &mut [Place], first: usize) -> (&mut [Place], &mut [Place]) {
    let axis = widest(places);
    let along = |to: &Direction| to.get(axis).copied().unwrap_or(0.0);
    places.select_nth_unstable_by(first, |(one, _, nth), (other, _, mth)| along(one).total_cmp(&along(other)).then(nth.cmp(mth)));
    places.split_at_mut(first)
}

/// The half that fills whole blocks.
pub(super) fn full_blocks(units: usize) -> usize {
    units.div_ceil(SLOTS) / 2 * SLOTS
}

/// The axis along which places lie farthest apart.
fn widest(places: &[Place]) -> usize {
    let spread = |axis: usize| {
        let along = places.iter().filter_map(|(to, ..)| to.get(axis).copied());
        let (least, greatest) =
            along.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), at| (least.min(at), greatest.max(at)));
        greatest - least
    };
    (0..3).max_by(|one, other| spread(*one).total_cmp(&spread(*other))).unwrap_or(0)
}
