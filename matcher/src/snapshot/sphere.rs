//! Distances for many points at once: nearly right and fast here, exactly right by [`crate::geo`] where nearly is not enough.

use super::bits::{Bits, SLOTS, Slot};
use crate::geo::{Direction, EARTH_RADIUS_KM};

/// How far from the truth a fast distance may be, in km. Single precision errs by a few metres.
pub(super) const KM_MARGIN: f32 = 0.05;
/// The same for the length of a chord of the sphere of radius one, in double precision.
const CHORD_MARGIN: f64 = 1e-9;

/// Slots up to which one looks at each by itself.
const FEW: u32 = 48;

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

/// The directions of a block's units, in single precision.
#[derive(Clone, Debug)]
pub(super) struct Directions {
    x: [f32; SLOTS],
    y: [f32; SLOTS],
    z: [f32; SLOTS],
}

impl Directions {
    pub(super) fn new() -> Self {
        Self { x: [0.0; SLOTS], y: [0.0; SLOTS], z: [0.0; SLOTS] }
    }

    pub(super) fn put(&mut self, slot: Slot, direction: Direction) {
        for (part, value) in [&mut self.x, &mut self.y, &mut self.z].into_iter().zip(direction) {
            if let Some(at) = part.get_mut(usize::from(slot)) {
                *at = single(value);
            }
        }
    }

    /// Of some slots those that are farther from a direction than a limit; `exact_km` settles what is too near the limit to tell.
    pub(super) fn farther(&self, from: [f32; 3], limit: Limit, among: Bits, exact_km: impl Fn(Slot) -> f64) -> Bits {
        let (mut farther, mut unsure) = (Bits::NONE, Bits::NONE);
        if among.count() < FEW {
            for slot in among.slots() {
                let chord = self.chord_squared(from, slot);
                farther.put(slot, chord > limit.farther);
                unsure.put(slot, chord >= limit.nearer && chord <= limit.farther);
            }
        } else {
            let chords = self.chords_squared(from);
            farther = Bits::where_each(&chords, |chord| chord > limit.farther);
            unsure = Bits::where_each(&chords, |chord| chord >= limit.nearer) & !farther & among;
        }
        for slot in unsure.slots() {
            farther.put(slot, exact_km(slot) > limit.km);
        }
        farther
    }

    /// Of some slots those that lie within one limit for certain, and those beyond another.
    pub(super) fn within_and_beyond(&self, from: [f32; 3], within: Limit, beyond: Limit, among: Bits) -> (Bits, Bits) {
        if among.count() < FEW {
            let (mut inside, mut outside) = (Bits::NONE, Bits::NONE);
            for slot in among.slots() {
                let chord = self.chord_squared(from, slot);
                inside.put(slot, chord < within.nearer);
                outside.put(slot, chord > beyond.farther);
            }
            return (inside, outside);
        }
        let chords = self.chords_squared(from);
        let inside = Bits::where_each(&chords, |chord| chord < within.nearer);
        (inside & among, Bits::where_each(&chords, |chord| chord > beyond.farther) & among)
    }

    fn chords_squared(&self, [x, y, z]: [f32; 3]) -> [f32; SLOTS] {
        let mut chords = [0.0; SLOTS];
        for (((chord, to_x), to_y), to_z) in chords.iter_mut().zip(&self.x).zip(&self.y).zip(&self.z) {
            *chord = (to_x - x) * (to_x - x) + (to_y - y) * (to_y - y) + (to_z - z) * (to_z - z);
        }
        chords
    }

    /// The distance from a direction to one slot, within [`KM_MARGIN`].
    pub(super) fn one_from(&self, from: Direction, slot: Slot) -> f32 {
        arc_km(self.chord_squared(from.map(single), slot))
    }

    /// The square of the chord from a direction to that of one slot.
    pub(super) fn chord_squared(&self, from: [f32; 3], slot: Slot) -> f32 {
        let squares = [&self.x, &self.y, &self.z].into_iter().zip(from).map(|(part, from)| {
            let apart = part.get(usize::from(slot)).copied().unwrap_or(0.0) - from;
            apart * apart
        });
        squares.sum()
    }
}

#[expect(clippy::as_conversions, reason = "there is no other way from f64 to f32")]
pub(super) fn single(value: f64) -> f32 {
    value as f32
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
