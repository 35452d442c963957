//! The ground as the communes know it: how many live in a cell, what hides a home, which commune is near, and what lies out of reach of all.
//!
//! Of a commune the main place and the inhabitants are known, no outline: what is told here is told by distances. Never looks at names.

use std::collections::HashMap;

use h3o::{CellIndex, Resolution};
use matcher::{Cell, Department, Point, distance_km};

use super::{Commune, Communes, cell};

/// Inhabitants of a cell, within one department, from which on the cell hides a home well enough (design §3.6).
const ENOUGH_TO_HIDE: u64 = 20_000;
/// Mean area of a cell of resolution 6, and of one of resolution 5, in km².
const CELL_6_KM2: u32 = 36;
const CELL_5_KM2: u32 = 253;
/// How far from the main place of its commune anything may lie, in km (design §5). The largest communes of the mainland reach 30 km from
/// theirs; those of Guyana, as large as departments, 200.
const REACH_KM: f64 = 40.0;
const REACH_IN_GUYANA_KM: f64 = 200.0;

/// The cell that stands for a confidential site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hiding {
    /// Of resolution 6 where its part in the department holds at least 20 000 inhabitants, else 5.
    pub cell: Cell,
    /// Whether even the part in the department of the cell of resolution 5 holds fewer.
    pub few: bool,
}

/// What is looked up by place; made when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// Inhabitants of the part of a cell, of either resolution, that lies in a department.
    inhabitants: HashMap<(CellIndex, Department), u64>,
    departments: HashMap<Department, Territory>,
}

/// The communes of a department.
#[derive(Debug)]
struct Territory {
    /// The middle of their main places, and the distance to the farthest of these.
    middle: Point,
    radius_km: f64,
    /// Their ranks: the bigger first, which most of what is asked lies near.
    ranks: Vec<usize>,
}

impl Ground {
    pub(super) fn of(ranked: &[Commune]) -> Self {
        let mut ground = Self::default();
        let mut ranks: HashMap<Department, Vec<usize>> = HashMap::new();
        for (rank, commune) in ranked.iter().enumerate() {
            ranks.entry(commune.department).or_default().push(rank);
            // Cities count by arrondissement, guessed places not at all.
            if !commune.approximate && commune.spread_km2 > 0 {
                for (resolution, km2) in [(Resolution::Six, CELL_6_KM2), (Resolution::Five, CELL_5_KM2)] {
                    let in_one_cell = u64::from(commune.population) * u64::from(km2) / u64::from(commune.spread_km2.max(km2));
                    *ground.inhabitants.entry((cell(commune.point, resolution), commune.department)).or_default() += in_one_cell;
                }
            }
        }
        let territory = |(department, ranks): (Department, Vec<usize>)| Some((department, Territory::of(ranked, ranks)?));
        ground.departments = ranks.into_iter().filter_map(territory).collect();
        ground
    }

    fn holds_enough(&self, cell: CellIndex, department: Department) -> bool {
        self.inhabitants.get(&(cell, department)).is_some_and(|inhabitants| *inhabitants >= ENOUGH_TO_HIDE)
    }
}

impl Territory {
    fn of(ranked: &[Commune], ranks: Vec<usize>) -> Option<Self> {
        let points: Vec<Point> = ranks.iter().filter_map(|rank| Some(ranked.get(*rank)?.point)).collect();
        // No department lies on both sides of the 180th meridian.
        let (mut south, mut north, mut west, mut east) = (90.0_f64, -90.0_f64, 180.0_f64, -180.0_f64);
        for point in &points {
            (south, north) = (south.min(point.lat.get()), north.max(point.lat.get()));
            (west, east) = (west.min(point.lon.get()), east.max(point.lon.get()));
        }
        let middle = Point::new(f64::midpoint(south, north), f64::midpoint(west, east)).ok()?;
        let radius_km = points.iter().map(|point| distance_km(middle, *point)).fold(0.0, f64::max);
        Some(Self { middle, radius_km, ranks })
    }
}

/// How far from the main place of its commune something in a department may lie, in km.
pub fn reach_km(department: Department) -> f64 {
    if department.as_str() == "973" { REACH_IN_GUYANA_KM } else { REACH_KM }
}

impl Communes {
    fn ground(&self) -> &Ground {
        self.ground.get_or_init(|| Ground::of(&self.ranked))
    }

    /// The cell that stands for a confidential site at this point of a department.
    ///
    /// A commune counts in the cell of its main place, and no more of it than can live in one cell: some spread so wide that the cell of
    /// their town holds a few thousand. Where in doubt, the cell is the wide one. Who lives in another department hides nobody: whoever
    /// knows the department of a home looks for it there.
    pub fn hiding(&self, point: Point, department: Department) -> Hiding {
        let (near, wide) = (cell(point, Resolution::Six), cell(point, Resolution::Five));
        let enough = self.ground().holds_enough(near, department);
        let few = !enough && !self.ground().holds_enough(wide, department);
        Hiding { cell: super::known_to_the_matcher(if enough { near } else { wide }), few }
    }

    /// The commune of a department whose main place is nearest to a point.
    pub fn nearest_in(&self, department: Department, point: Point) -> Option<&Commune> {
        let distance = |commune: &&Commune| distance_km(commune.point, point);
        self.of_department(department).min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// Whether a point lies in a department or beside it, as far as its communes tell.
    pub fn is_near(&self, department: Department, point: Point) -> bool {
        self.reaches(department, point, 0.0)
    }

    /// Whether a circle touches any department.
    pub fn touches_any(&self, centre: Point, radius_km: f64) -> bool {
        self.ground().departments.keys().any(|department| self.reaches(*department, centre, radius_km))
    }

    fn reaches(&self, department: Department, centre: Point, radius_km: f64) -> bool {
        let within = radius_km + reach_km(department);
        let territory = self.ground().departments.get(&department);
        territory.is_some_and(|territory| distance_km(territory.middle, centre) <= within + territory.radius_km)
            && self.of_department(department).any(|commune| distance_km(commune.point, centre) <= within)
    }

    fn of_department(&self, department: Department) -> impl Iterator<Item = &Commune> {
        let ranks = self.ground().departments.get(&department).map(|territory| territory.ranks.as_slice()).unwrap_or_default();
        ranks.iter().filter_map(|rank| self.ranked.get(*rank))
    }
}
