//! Distances for many points at once: nearly right and fast here, exactly right by [`crate::geo`] where nearly is not enough.

use wide::f32x8;

use super::bits::{Bits, GROUP, GROUPS, SLOTS, Slot};
use crate::geo::{Direction, EARTH_RADIUS_KM, in_parts, single};
use crate::packed::ones;

/// How far from the truth a fast distance may be, in km. Single precision errs by a few metres.
pub(super) const KM_MARGIN: f32 = 0.05;
/// The same for the length of a chord of the sphere of radius one, in double precision.
const CHORD_MARGIN: f64 = 1e-9;

/// The same for a chord in single precision, to balls that hold some slots of a block.
const GROUP_MARGIN: f32 = 2e-6;

fn chord(from: Direction, to: Direction) -> f64 {
    from.iter().zip(to).map(|(from, to)| (from - to) * (from - to)).sum::<f64>().sqrt()
}

/// A limit in km, with the chord that spans as much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    km: f64,
    chord: f64,
    /// Squares of chords, in single precision, below which one is nearer and above which farther for certain.
    nearer: f32,
    farther: f32,
}

impl Limit {
    pub(super) fn new(km: f64) -> Self {
        // Nothing is farther than half around the earth.
        let beyond = km > std::f64::consts::PI * EARTH_RADIUS_KM;
        let half_angle = (km / (2.0 * EARTH_RADIUS_KM)).clamp(0.0, std::f64::consts::FRAC_PI_2);
        let chord = if beyond { f64::INFINITY } else { 2.0 * half_angle.sin() };
        // Coordinates in single precision err by 6·10⁻⁸, and so a chord by less than 10⁻⁶ and its square by less than twice that of it.
        let margin = 2e-6 * chord + 1e-11;
        Self { km, chord, nearer: single(chord * chord - margin), farther: single(chord * chord + margin) }
    }

    /// The greatest limit below this one.
    pub(super) fn just_below(self) -> Self {
        Self { km: self.km.next_down(), ..self }
    }
}

/// A ball that holds all units of a block, in the space around the earth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ball {
    centre: Direction,
    radius: f64,
}

/// Where all of a ball lies with regard to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Nearer than the limit.
    Within,
    /// Farther.
    Beyond,
    /// Some may be nearer and some farther.
    Across,
}

impl Ball {
    /// A ball around some directions, centred on their mean.
    pub(super) fn around(directions: impl Iterator<Item = Direction> + Clone) -> Self {
        let sum = directions.clone().fold([0.0; 3], add);
        let length = sum.iter().map(|part| part * part).sum::<f64>().sqrt();
        let centre = if length > 0.0 { sum.map(|part| part / length) } else { [0.0, 0.0, 1.0] };
        directions.fold(Self { centre, radius: 0.0 }, Self::with)
    }

    /// The same, grown to hold one more.
    pub(super) fn with(self, direction: Direction) -> Self {
        Self { centre: self.centre, radius: self.radius.max(chord(self.centre, direction)) }
    }

    /// The chord from a direction to the nearest and to the farthest point of it, at least and at most.
    pub(super) fn chords(self, from: Direction) -> (f64, f64) {
        let to_centre = chord(self.centre, from);
        ((to_centre - self.radius - CHORD_MARGIN).max(0.0), to_centre + self.radius + CHORD_MARGIN)
    }

    /// How far, as a chord, a direction is from the centre.
    pub(super) fn offset(self, direction: Direction) -> f64 {
        chord(self.centre, direction)
    }

    /// Where all of it lies with regard to a limit around a point.
    pub(super) fn side(self, from: Direction, limit: Limit) -> Side {
        let to_centre = chord(self.centre, from);
        if to_centre - self.radius > limit.chord + CHORD_MARGIN {
            Side::Beyond
        } else if to_centre + self.radius < limit.chord - CHORD_MARGIN {
            Side::Within
        } else {
            Side::Across
        }
    }
}

fn add(one: Direction, other: Direction) -> Direction {
    let [x, y, z] = one;
    let [dx, dy, dz] = other;
    [x + dx, y + dy, z + dz]
}

/// The directions of a block's units, in parts ([`in_parts`]), and balls that hold each group of slots.
#[derive(Clone, Debug)]
pub(super) struct Directions {
    x: [f32; SLOTS],
    y: [f32; SLOTS],
    z: [f32; SLOTS],
    /// What single precision leaves of each; asked of few.
    rest: [[f32; 3]; SLOTS],
    balls: Balls,
}

/// Balls that hold the units of each group.
#[derive(Clone, Debug)]
struct Balls {
    centres: [[f32; GROUPS]; 3],
    /// Negative where there is no unit.
    radii: [f32; GROUPS],
}

/// One bit for each group.
type Groups = u32;
const ALL_GROUPS: Groups = (1 << GROUPS) - 1;

impl Directions {
    /// Those of these units, by slot.
    pub(super) fn of(units: &[Direction]) -> Self {
        let nowhere = [0.0; SLOTS];
        let balls = Balls { centres: [[0.0; GROUPS]; 3], radii: [-1.0; GROUPS] };
        let mut directions = Self { x: nowhere, y: nowhere, z: nowhere, rest: [[0.0; 3]; SLOTS], balls };
        for (nth, group) in units.chunks(GROUP).enumerate() {
            directions.balls.start(nth, Ball::around(group.iter().copied()).centre);
        }
        for (slot, direction) in (0..=Slot::MAX).zip(units) {
            directions.put(slot, *direction);
        }
        directions
    }

    pub(super) fn put(&mut self, slot: Slot, direction: Direction) {
        let (near, rest) = in_parts(direction);
        for (part, value) in [&mut self.x, &mut self.y, &mut self.z].into_iter().zip(near) {
            if let Some(at) = part.get_mut(usize::from(slot)) {
                *at = value;
            }
        }
        if let Some(at) = self.rest.get_mut(usize::from(slot)) {
            *at = rest;
        }
        self.balls.hold(usize::from(slot) / GROUP, direction);
    }

    /// Of some slots those that are farther from a direction than a limit, perhaps among others; `exact_km` settles what is too near the
    /// limit to tell.
    pub(super) fn farther(&self, from: [f32; 3], limit: Limit, among: Bits, exact_km: impl Fn(Slot) -> f64) -> Bits {
        let (mut farther, unsure) = self.farther_or_unsure(from, limit, among);
        for slot in unsure.slots() {
            farther.put(slot, exact_km(slot) > limit.km);
        }
        farther
    }

    /// Of some slots those that lie within one limit for certain, and those beyond another.
    pub(super) fn within_and_beyond(&self, from: [f32; 3], within: Limit, beyond: Limit, among: Bits) -> (Bits, Bits) {
        let (without, unsure) = self.farther_or_unsure(from, within, among);
        let inside = among & !without & !unsure;
        (inside, self.farther_or_unsure(from, beyond, among & !inside).0 & among)
    }

    /// Of some slots those that are farther from a direction than a limit, perhaps among others, and those of them that single precision
    /// does not tell.
    fn farther_or_unsure(&self, from: [f32; 3], limit: Limit, among: Bits) -> (Bits, Bits) {
        let (beyond, across) = self.balls.beyond_and_across(from, single(limit.chord));
        let (mut farther, mut unsure) = (Bits::of_groups(beyond), Bits::NONE);
        for (nth, asked) in ones(across.into()).filter_map(|nth| usize::try_from(nth).ok()).map(|nth| (nth, among.group(nth))) {
            if asked != 0 {
                let chords = self.chords_squared(from, nth);
                let beyond = where_each(chords, |chord| chord.simd_gt(f32x8::splat(limit.farther)));
                let not_within = where_each(chords, |chord| chord.simd_ge(f32x8::splat(limit.nearer)));
                farther.put_group(nth, beyond);
                unsure.put_group(nth, not_within & !beyond & asked);
            }
        }
        (farther, unsure)
    }

    /// The chords from a direction to the nearest point of the ball of each group, at least.
    pub(super) fn nearest(&self, from: [f32; 3]) -> [f32; GROUPS] {
        let (to_centres, radii) = self.balls.chords(from);
        (to_centres - radii - f32x8::splat(GROUP_MARGIN)).fast_max(f32x8::ZERO).to_array()
    }

    /// The chords from a direction to the farthest point of the ball of each group, at most.
    pub(super) fn farthest(&self, from: [f32; 3]) -> [f32; GROUPS] {
        let (to_centres, radii) = self.balls.chords(from);
        (to_centres + radii + f32x8::splat(GROUP_MARGIN)).to_array()
    }

    /// The squares of the chords from a direction to those of a group, by eights.
    fn chords_squared(&self, from: [f32; 3], group: usize) -> [f32x8; GROUP / 8] {
        let [x, y, z] = [&self.x, &self.y, &self.z].map(|part| {
            let by_group = part.as_chunks().0.as_chunks::<{ GROUP / 8 }>().0;
            by_group.get(group).map_or([f32x8::ZERO; GROUP / 8], |eights| eights.map(f32x8::from))
        });
        let mut chords = [f32x8::ZERO; GROUP / 8];
        for (((chord, x), y), z) in chords.iter_mut().zip(x).zip(y).zip(z) {
            *chord = squared([x, y, z], from);
        }
        chords
    }

    /// The direction of one slot, in parts.
    pub(super) fn in_parts(&self, slot: Slot) -> ([f32; 3], [f32; 3]) {
        (self.near(slot), self.rest.get(usize::from(slot)).copied().unwrap_or([0.0; 3]))
    }

    fn near(&self, slot: Slot) -> [f32; 3] {
        [&self.x, &self.y, &self.z].map(|part| part.get(usize::from(slot)).copied().unwrap_or(0.0))
    }

    /// The distance from a direction to one slot, within [`KM_MARGIN`].
    pub(super) fn one_from(&self, from: Direction, slot: Slot) -> f32 {
        arc_km(self.chord_squared(from.map(single), slot))
    }

    /// The square of the chord from a direction to that of one slot.
    pub(super) fn chord_squared(&self, from: [f32; 3], slot: Slot) -> f32 {
        let ([x, y, z], [from_x, from_y, from_z]) = (self.near(slot), from);
        (x - from_x) * (x - from_x) + (y - from_y) * (y - from_y) + (z - from_z) * (z - from_z)
    }
}

impl Balls {
    fn start(&mut self, nth: usize, centre: Direction) {
        for (part, value) in self.centres.iter_mut().zip(centre) {
            if let Some(at) = part.get_mut(nth) {
                *at = single(value);
            }
        }
        if let Some(radius) = self.radii.get_mut(nth) {
            *radius = 0.0;
        }
    }

    /// Grows the ball of a group to hold one more; one that holds nothing yet is centred there.
    fn hold(&mut self, nth: usize, direction: Direction) {
        if self.radii.get(nth).is_some_and(|radius| *radius < 0.0) {
            self.start(nth, direction);
        }
        let centre = self.centres.each_ref().map(|part| part.get(nth).copied().map_or(0.0, f64::from));
        if let Some(radius) = self.radii.get_mut(nth) {
            *radius = radius.max(single(chord(centre, direction)).next_up());
        }
    }

    /// The chord from a direction to the centre of each group, and the radius of each.
    fn chords(&self, from: [f32; 3]) -> (f32x8, f32x8) {
        (squared(self.centres.map(f32x8::from), from).sqrt(), f32x8::from(self.radii))
    }

    /// The groups that lie beyond a limit for certain, and those that may lie across it.
    fn beyond_and_across(&self, from: [f32; 3], limit: f32) -> (Groups, Groups) {
        let (to_centres, radii) = self.chords(from);
        let beyond = (to_centres - radii).simd_gt(f32x8::splat(limit + GROUP_MARGIN)).to_bitmask();
        let within = (to_centres + radii).simd_lt(f32x8::splat(limit - GROUP_MARGIN)).to_bitmask();
        (beyond, ALL_GROUPS & !beyond & !within)
    }
}

/// The squares of eight chords.
fn squared(to: [f32x8; 3], from: [f32; 3]) -> f32x8 {
    let [x, y, z] = to;
    let [from_x, from_y, from_z] = from.map(f32x8::splat);
    (x - from_x) * (x - from_x) + (y - from_y) * (y - from_y) + (z - from_z) * (z - from_z)
}

/// The distance in km that a chord spans, from its square: 2R·asin(chord/2), the arcsine by the polynomial of Abramowitz and Stegun
/// 4.4.46, whose error is below 2·10⁻⁸.
fn arc_km(chord_squared: f32) -> f32 {
    const DIAMETER_KM: f32 = 2.0 * 6_371.009;
    let sine = (chord_squared.sqrt() / 2.0).min(1.0);
    let polynomial = [
        -0.001_262_491_1,
        0.006_670_09,
        -0.017_088_126,
        0.030_891_88,
        -0.050_174_305,
        0.088_978_99,
        -0.214_598_8,
        std::f32::consts::FRAC_PI_2,
    ];
    let value = polynomial.into_iter().fold(0.0, |sum, factor| sum * sine + factor);
    DIAMETER_KM * (std::f32::consts::FRAC_PI_2 - (1.0 - sine).sqrt() * value)
}

/// One bit for each number of a group for which something holds, the first lowest.
fn where_each(eights: [f32x8; GROUP / 8], holds: impl Fn(f32x8) -> f32x8) -> u32 {
    eights.into_iter().zip((0..).step_by(8)).fold(0, |bits, (eight, shift)| bits | holds(eight).to_bitmask() << shift)
}
