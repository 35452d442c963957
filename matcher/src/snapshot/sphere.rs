//! Distances for many points at once: nearly right and fast here, exactly right by [`crate::geo`] where nearly is not enough.

use wide::f32x8;

use super::bits::{Bits, GROUP, GROUPS, SLOTS, Slot, of_each};
use crate::geo::{Direction, EARTH_RADIUS_KM, Remainder, in_parts, single};
use crate::packed::ones;

/// How far from the truth a fast distance may be, in km. Single precision errs by a few metres.
pub(super) const KM_MARGIN: f32 = 0.05;
/// The same for a chord in single precision, to balls whose centres are told so.
const SINGLE_MARGIN: f32 = 2e-6;

fn chord(from: Direction, to: Direction) -> f64 {
    from.iter().zip(to).map(|(from, to)| (from - to) * (from - to)).sum::<f64>().sqrt()
}

/// A limit in km, with the chord that spans as much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    km: f64,
    /// Chords below which one is nearer and above which farther for certain…
    chords: (f32, f32),
    /// …and their squares, where the chord is one between two points.
    nearer: f32,
    farther: f32,
}

impl Limit {
    pub(super) fn new(km: f64) -> Self {
        let half_angle = km / (2.0 * EARTH_RADIUS_KM);
        // Nothing is farther than half around the earth.
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

    /// For the squares of eight chords between two points: a bit for each that is nearer for certain.
    pub(super) fn nearer_than(self, chords_squared: f32x8) -> u32 {
        chords_squared.simd_lt(f32x8::splat(self.nearer)).to_bitmask()
    }

    /// The same for each that is farther.
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

/// A ball that holds all units of a block, in the space around the earth.
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

    /// The same, grown to hold one more.
    pub(super) fn with(self, direction: Direction) -> Self {
        Self { centre: self.centre, radius: self.radius.max(chord(self.centre, direction)) }
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
    rest: [Remainder; SLOTS],
    balls: Balls,
}

/// How many balls one instruction compares.
pub(super) const BALLS: usize = 8;

/// Eight balls: those of the groups of a block, or those of eight blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Balls {
    centres: [[f32; BALLS]; 3],
    /// Negative where there is nothing.
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
    /// Those of these units, by slot.
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

    /// How far its groups are from a direction.
    pub(super) fn span(&self, from: [f32; 3]) -> Span {
        self.balls.span(from)
    }

    /// Of some slots those that are farther from a direction than a limit, perhaps among others; `exact_km` settles what is too near the
    /// limit to tell.
    pub(super) fn farther(&self, from: [f32; 3], span: Span, limit: Limit, among: Bits, exact_km: impl Fn(Slot) -> f64) -> Bits {
        let (mut farther, unsure) = self.farther_or_unsure(from, span, limit, among);
        // Hardly ever is there one; without the question, what is the same for all is worked out even for none.
        if !unsure.is_empty() {
            unsure.for_each(|slot| farther.put(slot, exact_km(slot) > limit.km));
        }
        farther
    }

    /// Of some slots those that lie within one limit for certain, and those beyond another.
    pub(super) fn within_and_beyond(&self, from: [f32; 3], within: Limit, beyond: Limit, among: Bits) -> (Bits, Bits) {
        let span = self.span(from);
        if span.beyond(beyond) == ALL_BALLS {
            return (Bits::NONE, among);
        }
        let outside = self.farther_or_unsure(from, span, beyond, among).0 & among;
        let (without, unsure) = self.farther_or_unsure(from, span, within, among & !outside);
        (among & !outside & !without & !unsure, outside)
    }

    /// Of some slots those that are farther from a direction than a limit, perhaps among others, and those of them that single precision
    /// does not tell.
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

    /// The squares of the chords from a direction to those of a group, by eights.
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

    /// The square of the chord from a direction to that of one slot.
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

    /// Grows a ball to hold one more; one that holds nothing yet is centred there.
    fn hold(&mut self, nth: usize, direction: Direction) {
        if self.radii.get(nth).is_some_and(|radius| *radius < 0.0) {
            self.start(nth, direction);
        }
        let centre = self.centres.each_ref().map(|part| part.get(nth).copied().map_or(0.0, f64::from));
        if let Some(radius) = self.radii.get_mut(nth) {
            *radius = radius.max(single(chord(centre, direction)).next_up());
        }
    }

    /// How far they are from a direction.
    pub(super) fn span(&self, from: [f32; 3]) -> Span {
        let (to_centres, radii) = (self.chords(from), f32x8::from(self.radii));
        let margin = f32x8::splat(SINGLE_MARGIN);
        Span { nearest: (to_centres - radii - margin).fast_max(f32x8::ZERO), farthest: to_centres + radii + margin }
    }

    /// How far, as chords, their centres are from a direction.
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

/// One bit for each of a group, the first lowest, from those of each eight.
fn bits_of(eights: [f32x8; GROUP / 8], bits: impl Fn(f32x8) -> u32) -> u32 {
    eights.into_iter().zip((0..).step_by(8)).fold(0, |all, (eight, shift)| all | bits(eight) << shift)
}
