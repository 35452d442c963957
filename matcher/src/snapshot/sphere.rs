//! Distances of many units at once: bounding balls first, then chords in single precision, each with the margin within which it may err.
//!
//! This file owns balls, chords and their margins. It never decides what lies within a margin: [`crate::geo`] does, exactly.

use wide::f32x8;

use super::bits::{Bits, GROUP, GROUPS, SLOTS, Slot, of_each};
use crate::geo::{Direction, EARTH_RADIUS_KM, Remainder, in_parts, single};
use crate::packed::ones;

/// How far a distance in single precision may be from the exact one, in km. In fact it errs by a few metres.
pub(super) const KM_MARGIN: f32 = 0.05;
/// The same margin for a chord on the unit sphere, where the centre of a ball is in single precision too.
const SINGLE_MARGIN: f32 = 2e-6;

fn chord(from: Direction, to: Direction) -> f64 {
    from.iter().zip(to).map(|(from, to)| (from - to) * (from - to)).sum::<f64>().sqrt()
}

/// A limit in km, with the chord that spans as much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    km: f64,
    /// The chord below which all of a ball is nearer for certain, and the chord above which all of it is farther…
    chords: (f32, f32),
    /// …and the squares of such chords between two points.
    nearer: f32,
    farther: f32,
}

impl Limit {
    pub(super) fn new(km: f64) -> Self {
        let half_angle = km / (2.0 * EARTH_RADIUS_KM);
        // Nothing is farther than half the way around the earth.
        if half_angle > std::f64::consts::FRAC_PI_2 {
            return Self { km, chords: (f32::INFINITY, f32::INFINITY), nearer: f32::INFINITY, farther: f32::INFINITY };
        }
        let chord = 2.0 * half_angle.max(0.0).sin();
        // Coordinates in single precision err by 6·10⁻⁸, and so a chord by less than 10⁻⁶ and its square by less than twice that of it.
        let margin = 2e-6 * chord + 1e-11;
        let single_chord = single(chord);
        Self {
            km,
            chords: (single_chord - SINGLE_MARGIN, single_chord + SINGLE_MARGIN),
            nearer: single(chord * chord - margin),
            farther: single(chord * chord + margin),
        }
    }

    /// A bit for each of eight chords, given by their squares, that is nearer than the limit for certain.
    pub(super) fn nearer_than(self, chords_squared: f32x8) -> u32 {
        chords_squared.simd_lt(f32x8::splat(self.nearer)).to_bitmask()
    }

    /// A bit for each of eight chords, given by their squares, that is farther than the limit for certain.
    pub(super) fn farther_than(self, chords_squared: f32x8) -> u32 {
        chords_squared.simd_gt(f32x8::splat(self.farther)).to_bitmask()
    }

    pub(super) fn lesser(self, other: Self) -> Self {
        if other.km < self.km { other } else { self }
    }

    /// The greatest limit below this one.
    pub(super) fn just_below(self) -> Self {
        Self { km: self.km.next_down(), ..self }
    }
}

/// A bounding ball of some units: a ball in space, not a circle on the ground, so that distances are chords.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ball {
    centre: Direction,
    radius: f64,
}

impl Ball {
    /// A ball around some directions, centred on their mean.
    pub(super) fn around(directions: impl Iterator<Item = Direction> + Clone) -> Self {
        let sum = directions.clone().fold([0.0; 3], add);
        let length = sum.iter().map(|part| part * part).sum::<f64>().sqrt();
        let centre = if length > 0.0 { sum.map(|part| part / length) } else { [0.0, 0.0, 1.0] };
        directions.fold(Self { centre, radius: 0.0 }, Self::with)
    }

    /// The ball, grown to hold one more direction.
    pub(super) fn with(self, direction: Direction) -> Self {
        Self { centre: self.centre, radius: self.radius.max(chord(self.centre, direction)) }
    }
}

fn add(one: Direction, other: Direction) -> Direction {
    let [x, y, z] = one;
    let [dx, dy, dz] = other;
    [x + dx, y + dy, z + dz]
}

/// The directions of the units of a block, in parts ([`in_parts`]), and a ball around each group of slots.
#[derive(Clone, Debug)]
pub(super) struct Directions {
    x: [f32; SLOTS],
    y: [f32; SLOTS],
    z: [f32; SLOTS],
    /// What single precision leaves of each direction; few are asked for.
    rest: [Remainder; SLOTS],
    balls: Balls,
}

/// How many balls one instruction compares.
pub(super) const BALLS: usize = 8;

/// Eight balls: of the groups of a block, or of eight blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Balls {
    centres: [[f32; BALLS]; 3],
    /// Negative where a ball holds nothing.
    radii: [f32; BALLS],
}

/// The chords from a direction to the nearest and to the farthest point of each of eight balls, at least and at most.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) nearest: f32x8,
    pub(super) farthest: f32x8,
}

impl Span {
    /// A bit for each ball that lies beyond a limit.
    pub(super) fn beyond(self, limit: Limit) -> u32 {
        self.nearest.simd_gt(f32x8::splat(limit.chords.1)).to_bitmask()
    }

    /// A bit for each ball that lies within a limit.
    pub(super) fn within(self, limit: Limit) -> u32 {
        self.farthest.simd_lt(f32x8::splat(limit.chords.0)).to_bitmask()
    }
}

const ALL_BALLS: u32 = (1 << BALLS) - 1;
const _: () = assert!(GROUPS == BALLS, "each group has its ball");

impl Directions {
    /// The directions of these units, by slot.
    pub(super) fn of(units: &[Direction]) -> Self {
        let nowhere = [0.0; SLOTS];
        let balls = Balls::NONE;
        let mut directions = Self { x: nowhere, y: nowhere, z: nowhere, rest: [Remainder::NONE; SLOTS], balls };
        for (nth, group) in units.chunks(GROUP).enumerate() {
            directions.balls.start(nth, Ball::around(group.iter().copied()).centre);
        }
        for (slot, direction) in (0..=Slot::MAX).zip(units) {
            directions.put(slot, *direction);
        }
        directions
    }

    /// Sets the direction of a slot, and grows the ball of its group.
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

    /// How far the balls of the groups are from a direction.
    pub(super) fn span(&self, from: [f32; 3]) -> Span {
        self.balls.span(from)
    }

    /// The given slots that are farther from a direction than a limit; slots that were not asked about may be among them. `exact_km`
    /// settles what lies within the margin of the limit.
    pub(super) fn farther(&self, from: [f32; 3], span: Span, limit: Limit, among: Bits, exact_km: impl Fn(Slot) -> f64) -> Bits {
        let (mut farther, unsure) = self.farther_or_unsure(from, span, limit, among);
        // There is hardly ever such a slot; without this question the compiler prepares for one each time.
        if !unsure.is_empty() {
            unsure.for_each(|slot| farther.put(slot, exact_km(slot) > limit.km));
        }
        farther
    }

    /// The given slots that lie within one limit for certain, and those beyond another for certain.
    pub(super) fn within_and_beyond(&self, from: [f32; 3], within: Limit, beyond: Limit, among: Bits) -> (Bits, Bits) {
        let span = self.span(from);
        if span.beyond(beyond) == ALL_BALLS {
            return (Bits::NONE, among);
        }
        let outside = self.farther_or_unsure(from, span, beyond, among).0 & among;
        let (without, unsure) = self.farther_or_unsure(from, span, within, among & !outside);
        (among & !outside & !without & !unsure, outside)
    }

    /// The given slots that are farther from a direction than a limit for certain, perhaps among others, and those within the margin.
    fn farther_or_unsure(&self, from: [f32; 3], span: Span, limit: Limit, among: Bits) -> (Bits, Bits) {
        let beyond = span.beyond(limit);
        let (mut farther, mut unsure) = (Bits::of_groups(beyond), Bits::NONE);
        let across = ALL_BALLS & !beyond & !span.within(limit);
        for nth in ones(across.into()).filter_map(|nth| usize::try_from(nth).ok()) {
            let asked = among.group(nth);
            if asked != 0 {
                let chords = self.chords_squared(from, nth);
                let beyond = bits_of(chords, |chords| limit.farther_than(chords));
                let within = bits_of(chords, |chords| limit.nearer_than(chords));
                farther.put_group(nth, beyond);
                unsure.put_group(nth, asked & !beyond & !within);
            }
        }
        (farther, unsure)
    }

    /// The directions of eight slots.
    pub(super) fn of_eight(&self, slots: [Slot; 8]) -> [f32x8; 3] {
        let of = |part: &[f32; SLOTS]| f32x8::from(of_each(slots, |slot| part.get(usize::from(slot)).copied().unwrap_or(0.0)));
        [of(&self.x), of(&self.y), of(&self.z)]
    }

    /// The squares of the chords from a direction to the slots of a group, by eights.
    fn chords_squared(&self, from: [f32; 3], group: usize) -> [f32x8; GROUP / 8] {
        fn of(part: &[f32; SLOTS], group: usize) -> &[[f32; 8]] {
            part.as_chunks().0.get(group * (GROUP / 8)..).unwrap_or_default()
        }
        let mut chords = [f32x8::ZERO; GROUP / 8];
        let directions = of(&self.x, group).iter().zip(of(&self.y, group)).zip(of(&self.z, group));
        for (chord, ((x, y), z)) in chords.iter_mut().zip(directions) {
            *chord = squared([f32x8::from(*x), f32x8::from(*y), f32x8::from(*z)], from);
        }
        chords
    }

    /// The direction of one slot, in parts.
    pub(super) fn in_parts(&self, slot: Slot) -> ([f32; 3], Remainder) {
        (self.near(slot), self.rest.get(usize::from(slot)).copied().unwrap_or(Remainder::NONE))
    }

    fn near(&self, slot: Slot) -> [f32; 3] {
        let of = |part: &[f32; SLOTS]| part.get(usize::from(slot)).copied().unwrap_or(0.0);
        [of(&self.x), of(&self.y), of(&self.z)]
    }

    /// The distance from a direction to one slot, within [`KM_MARGIN`].
    pub(super) fn one_from(&self, from: Direction, slot: Slot) -> f32 {
        arc_km(self.chord_squared(from.map(single), slot))
    }

    /// The square of the chord from a direction to one slot.
    fn chord_squared(&self, from: [f32; 3], slot: Slot) -> f32 {
        let ([x, y, z], [from_x, from_y, from_z]) = (self.near(slot), from);
        (x - from_x) * (x - from_x) + (y - from_y) * (y - from_y) + (z - from_z) * (z - from_z)
    }
}

impl Balls {
    pub(super) const NONE: Self = Self { centres: [[0.0; BALLS]; 3], radii: [-1.0; BALLS] };

    /// Replaces a ball.
    pub(super) fn put(&mut self, nth: usize, ball: Ball) {
        self.start(nth, ball.centre);
        if let Some(radius) = self.radii.get_mut(nth) {
            let centre = ball.centre.map(|part| f64::from(single(part)));
            *radius = single(ball.radius + chord(centre, ball.centre)).next_up();
        }
    }

    /// Centres a ball that holds nothing but its centre.
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

    /// Grows a ball to hold one more direction; a ball that holds nothing is centred there.
    fn hold(&mut self, nth: usize, direction: Direction) {
        if self.radii.get(nth).is_some_and(|radius| *radius < 0.0) {
            self.start(nth, direction);
        }
        let centre = self.centres.each_ref().map(|part| part.get(nth).copied().map_or(0.0, f64::from));
        if let Some(radius) = self.radii.get_mut(nth) {
            *radius = radius.max(single(chord(centre, direction)).next_up());
        }
    }

    /// How far the balls are from a direction.
    pub(super) fn span(&self, from: [f32; 3]) -> Span {
        let (to_centres, radii) = (self.chords(from), f32x8::from(self.radii));
        let margin = f32x8::splat(SINGLE_MARGIN);
        Span { nearest: (to_centres - radii - margin).fast_max(f32x8::ZERO), farthest: to_centres + radii + margin }
    }

    /// How far the centres of the balls are from a direction, as chords.
    pub(super) fn offsets(&self, from: [f32; 3]) -> [f32; BALLS] {
        self.chords(from).to_array()
    }

    fn chords(&self, from: [f32; 3]) -> f32x8 {
        let [x, y, z] = self.centres;
        squared([f32x8::from(x), f32x8::from(y), f32x8::from(z)], from).sqrt()
    }
}

/// The squares of eight chords.
pub(super) fn squared(to: [f32x8; 3], from: [f32; 3]) -> f32x8 {
    let [x, y, z] = to;
    let [from_x, from_y, from_z] = from;
    let (from_x, from_y, from_z) = (f32x8::splat(from_x), f32x8::splat(from_y), f32x8::splat(from_z));
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

/// One bit for each slot of a group, the first lowest, from the bits of each eight.
fn bits_of(eights: [f32x8; GROUP / 8], bits: impl Fn(f32x8) -> u32) -> u32 {
    eights.into_iter().zip((0..).step_by(8)).fold(0, |all, (eight, shift)| all | bits(eight) << shift)
}
