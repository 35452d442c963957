//! Where units and people are: points, H3 cells, and the distances between them.
//!
//! This file owns the one exact distance that decides every limit. Exact addresses of confidential sites never come here: they are cells.

use std::fmt;
use std::str::FromStr;

use geo::{Distance as _, HaversineMeasure};
use h3o::{CellIndex, LatLng, Resolution};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::values::Point;

/// Mean radius of the earth in km (IUGG), the sphere on which all distances are measured.
pub(crate) const EARTH_RADIUS_KM: f64 = 6371.0088;

/// The distance in km between two points, along the sphere (haversine).
///
/// ```
/// use matcher::{Point, distance_km};
///
/// let paris = Point::new(48.8566, 2.3522)?;
/// let lyon = Point::new(45.7640, 4.8357)?;
/// assert_eq!(distance_km(paris, lyon).round(), 391.0);
/// # Ok::<(), String>(())
/// ```
pub fn distance_km(from: Point, to: Point) -> f64 {
    let sphere = HaversineMeasure::new(EARTH_RADIUS_KM);
    let km = sphere.distance(geo::Point::new(from.lon.get(), from.lat.get()), geo::Point::new(to.lon.get(), to.lat.get()));
    // Between antipodes rounding may push a sine above one.
    if km.is_nan() { EARTH_RADIUS_KM * std::f64::consts::PI } else { km }
}

/// A point on the sphere as a vector of length one.
pub(crate) type Direction = [f64; 3];

/// The direction of a point.
pub(crate) fn direction(point: Point) -> Direction {
    let (lat, lon) = (point.lat.get().to_radians(), point.lon.get().to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// What single precision leaves of a direction: at most 2⁻²⁵ of each coordinate, either way, in steps of 2⁻⁴⁴, which take 21 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remainder(u64);

impl Remainder {
    const BITS: u32 = 21;
    const STEP: f64 = 1.0 / 17_592_186_044_416.0;
    /// An offset, so that no step is negative.
    const MIDDLE: f64 = 1_048_576.0;

    pub(crate) const NONE: Self = Self::of([0.0; 3]);

    #[expect(
        clippy::as_conversions,
        reason = "what is left is a whole number of 21 bits; there is no other way from f64 to an integer"
    )]
    const fn of([x, y, z]: [f64; 3]) -> Self {
        let (x, y, z) = (x / Self::STEP + Self::MIDDLE, y / Self::STEP + Self::MIDDLE, z / Self::STEP + Self::MIDDLE);
        Self(x as u64 | (y as u64) << Self::BITS | (z as u64) << (2 * Self::BITS))
    }

    #[expect(clippy::as_conversions, reason = "21 bits are exact in f64; there is no other way from u64")]
    fn get(self) -> Direction {
        let nth = |nth: u32| ((self.0 >> (nth * Self::BITS) & ((1 << Self::BITS) - 1)) as f64 - Self::MIDDLE) * Self::STEP;
        [nth(0), nth(1), nth(2)]
    }
}

/// A direction in few bytes: in single precision, with the remainder. Both together are right to 2⁻⁴⁴, half a micrometre on the ground.
pub(crate) fn in_parts(to: Direction) -> ([f32; 3], Remainder) {
    let near = to.map(single);
    let [x, y, z] = to;
    let [near_x, near_y, near_z] = near.map(f64::from);
    (near, Remainder::of([x - near_x, y - near_y, z - near_z]))
}

/// The distance in km between two directions, the second in parts: [`distance_km`] by the straight line through the sphere, whose half
/// is the sine of half the angle. It takes a quarter of the time, and differs by less than [`ARC_MARGIN_KM`], up to 10 000 km by less
/// than 10⁻⁹ km.
pub(crate) fn arc_km(from: Direction, (near, rest): ([f32; 3], Remainder)) -> f64 {
    let [x, y, z] = from;
    let [near_x, near_y, near_z] = near.map(f64::from);
    let [rest_x, rest_y, rest_z] = rest.get();
    let (x, y, z) = ((x - near_x) - rest_x, (y - near_y) - rest_y, (z - near_z) - rest_z);
    2.0 * EARTH_RADIUS_KM * ((x * x + y * y + z * z).sqrt() / 2.0).min(1.0).asin()
}

/// How far [`arc_km`] may differ from [`distance_km`], in km: within this margin of a limit [`distance_km`] decides. Antipodes differ
/// most.
pub(crate) const ARC_MARGIN_KM: f64 = 1e-2;

#[expect(clippy::as_conversions, reason = "there is no other way from f64 to f32")]
/// The nearest number in single precision.
pub(crate) fn single(value: f64) -> f32 {
    value as f32
}

/// An H3 cell of resolution 5 (about 250 km²) or 6 (about 36 km²): where a confidential site is, and never closer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(CellIndex);

impl Cell {
    /// The centre of the cell.
    pub fn centre(self) -> Point {
        point(LatLng::from(self.0))
    }

    /// The greatest distance in km from the centre to a corner: how far from the centre the site may be.
    pub fn reach_km(self) -> f64 {
        let centre = self.centre();
        self.0.boundary().iter().map(|corner| distance_km(centre, point(*corner))).fold(0.0, f64::max)
    }

    /// The number of the base cell that holds the cell: one of the 122 that H3 parts the earth into.
    pub fn base(self) -> u8 {
        self.0.base_cell().into()
    }

    /// The cell of resolution 5 around a point.
    pub fn around(point: Point) -> Self {
        // A point's latitude and longitude are finite by type, which is all that h3o asks.
        let at = LatLng::new(point.lat.get(), point.lon.get()).unwrap_or_default();
        Self(at.to_cell(Resolution::Five))
    }

    /// The cell of resolution 5 that holds the cell.
    pub fn coarse(self) -> Self {
        Self(self.0.parent(Resolution::Five).unwrap_or(self.0))
    }
}

fn point(at: LatLng) -> Point {
    Point::clamped(at.lat(), at.lng())
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cell {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must be an H3 cell of resolution 5 or 6, such as 861f9675fffffff".to_owned();
        let cell: CellIndex = text.parse().map_err(|_error| wrong())?;
        // h3o also reads a sign, leading zeros and capitals; here a cell has one spelling.
        match cell.resolution() {
            Resolution::Five | Resolution::Six if cell.to_string() == text => Ok(Self(cell)),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Where a unit is: a confidential site's cell, or a public site's point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Location {
    /// A confidential site.
    #[serde(rename = "cell")]
    Cell(Cell),
    /// A site whose address is public.
    #[serde(rename = "point")]
    Point(Point),
}

impl Location {
    /// The H3 cell of resolution 5 in which the unit lies: people who are kept apart share none (design §3.1, §3.5).
    pub fn area(self) -> Cell {
        match self {
            Self::Cell(cell) => cell.coarse(),
            Self::Point(point) => Cell::around(point),
        }
    }
}
