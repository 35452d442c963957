//! The communes of France, with the arrondissements of Paris, Lyon and Marseille: what they are called, where they are, how many
//! live there. From the table of `seeds/communes`, which is part of the program; never reads a file nor asks a network.
#![expect(clippy::expect_used, reason = "the table is part of the program, and tests read all of it")]

mod fold;
mod ground;
mod names;
mod search;
mod typed;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use h3o::{CellIndex, LatLng, Resolution};
use matcher::{Cell, Department, Point, distance_km};
use serde::Serialize;

use ground::Ground;
pub use ground::{Hiding, reach_km};
use search::Index;

pub use names::{DEPARTMENTS, REGIONS, Region, region_of};
pub use typed::{Area, Piece, letters};
static EMBEDDED: LazyLock<Communes> = LazyLock::new(|| Communes::read(COMMUNES, FORMER).expect("the tables are sound"));
const COMMUNES: &str = include_str!("../../../seeds/communes/communes.tsv");
const FORMER: &str = include_str!("../../../seeds/communes/former.tsv");

/// How far the land of a commune may reach from its main place, in km.
const REACH_OF_COMMUNE_KM: f64 = 10.0;

/// A commune, or an arrondissement of Paris, Lyon or Marseille.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Commune {
    /// INSEE code.
    pub code: &'static str,
    /// Official name.
    pub name: &'static str,
    /// The department it is in.
    pub department: Department,
    /// Inhabitants.
    pub population: u32,
    /// Its main place.
    pub point: Point,
    /// Whether `point` is only guessed from its neighbours.
    pub approximate: bool,
    /// Over how many km² around it its people may live, estimated; 0 for a city with arrondissements.
    #[serde(skip)]
    pub spread_km2: u32,
    /// Its postal codes, in order; a few islands have none.
    pub postal_codes: Vec<&'static str>,
    /// The INSEE code of its city, if it is an arrondissement.
    pub part_of: Option<&'static str>,
}

/// A commune of old that is part of another now, or an INSEE code that is no longer used.
#[derive(Clone, Debug, PartialEq)]
pub struct Former {
    /// Its INSEE code. The seat of a merged commune has the same.
    pub code: &'static str,
    /// What it was called.
    pub name: &'static str,
    /// Whether the commune has the name still, and only another code.
    pub is_code_only: bool,
    /// Its main place, where that is known.
    pub point: Option<Point>,
    /// Rank of the commune it is part of.
    of: usize,
}

/// A commune as somebody called it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'c> {
    /// The commune of today.
    pub commune: &'c Commune,
    /// The commune of old, or its code, that was named; it is part of `commune` now.
    pub former: Option<&'c Former>,
}

impl<'c> Found<'c> {
    /// A commune by its own name.
    pub fn of(commune: &'c Commune) -> Self {
        Self { commune, former: None }
    }

    /// The name it was found by.
    pub fn name(&self) -> &'static str {
        self.former.map_or(self.commune.name, |former| former.name)
    }

    /// Communes of today first, the bigger before the smaller.
    fn order(&self) -> (bool, Reverse<u32>, &'static str) {
        (self.former.is_some(), Reverse(self.commune.population), self.former.map_or(self.commune.code, |former| former.code))
    }
}

/// All communes.
#[derive(Debug)]
pub struct Communes {
    /// The bigger first, then by code: a place in this list is a rank.
    ranked: Vec<Commune>,
    /// Those of old: ranked behind them, by their code.
    former: Vec<Former>,
    /// INSEE codes, in order, with ranks.
    codes: Vec<(&'static str, usize)>,
    index: Index,
    ground: OnceLock<Ground>,
}

impl Communes {
    /// The communes of the table that is part of the program. The first call reads it.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads the tables as `seeds/communes/derive.py` and `former.py` write them.
    fn read(communes: &'static str, of_old: &'static str) -> Result<Self, String> {
        let lines = |table: &'static str| table.lines().filter(|line| !line.starts_with('#')).skip(1);
        let mut ranked: Vec<Commune> =
            lines(communes).map(|line| commune(line).ok_or_else(|| format!("is no commune: {line}"))).collect::<Result<_, _>>()?;
        ranked.sort_unstable_by(|a, b| b.population.cmp(&a.population).then(a.code.cmp(b.code)));
        let mut codes: Vec<_> = ranked.iter().enumerate().map(|(rank, commune)| (commune.code, rank)).collect();
        codes.sort_unstable();
        let rank = |code: &str| {
            codes.binary_search_by(|(known, _)| (*known).cmp(code)).ok().and_then(|at| codes.get(at)).map(|(_, rank)| *rank)
        };
        let former = lines(of_old)
            .map(|line| former(line, &ranked, rank).ok_or_else(|| format!("is no commune of old: {line}")))
            .collect::<Result<Vec<_>, _>>()?;
        let index = Index::of(&ranked, &former);
        Ok(Self { ranked, former, codes, index, ground: OnceLock::new() })
    }

    /// All of them, the bigger first.
    pub fn all(&self) -> &[Commune] {
        &self.ranked
    }

    /// The commune or arrondissement with this INSEE code.
    pub fn by_code(&self, code: &str) -> Option<&Commune> {
        let at = self.codes.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
        self.ranked.get(self.codes.get(at)?.1)
    }

    /// The commune of today that an INSEE code of old is part of.
    pub fn by_former_code(&self, code: &str) -> Option<Found<'_>> {
        let at = self.former.binary_search_by(|former| former.code.cmp(code)).ok()?;
        Some(self.found(self.ranked.len() + at))
    }

    /// All communes of old and codes no longer used, by code.
    pub fn of_old(&self) -> impl Iterator<Item = Found<'_>> {
        (self.ranked.len()..).zip(&self.former).map(|(rank, _)| self.found(rank))
    }

    /// Communes of old that are part of this one.
    pub fn former_of<'c>(&'c self, commune: &'c Commune) -> impl Iterator<Item = &'c Former> {
        self.former.iter().filter(move |former| self.ranked.get(former.of).is_some_and(|of| of.code == commune.code))
    }

    /// The commune whose main place this is; of a city and its arrondissement the city.
    pub fn at(&self, point: Point) -> Option<&Commune> {
        self.ranked.iter().find(|commune| commune.point == point)
    }

    /// The commune with the nearest main place.
    pub fn nearest(&self, point: Point) -> Option<&Commune> {
        let away = |commune: &&Commune| distance_km(point, commune.point);
        self.ranked.iter().min_by(|a, b| away(a).total_cmp(&away(b)))
    }

    /// The departments that a circle touches: those of a commune whose main place lies in it, or so little outside that some of its land may.
    pub fn departments_touched(&self, centre: Point, radius_km: f64) -> Vec<Department> {
        let within = |commune: &&Commune| distance_km(centre, commune.point) <= radius_km + REACH_OF_COMMUNE_KM;
        let touched: BTreeSet<_> = self.ranked.iter().filter(within).map(|commune| commune.department).collect();
        touched.into_iter().collect()
    }

    /// How many live in a department.
    pub fn population(&self, department: Department) -> u32 {
        let of = self.ranked.iter().filter(|commune| commune.department == department && commune.part_of.is_none());
        of.map(|commune| commune.population).sum()
    }

    /// What somebody who types this may mean: by name, postal code, INSEE code, or a name and a code, communes of old under their names and
    /// codes as well. What fits whole first, then names that begin so, then names with a word that begins so; among these the bigger first.
    pub fn search(&self, text: &str, limit: usize) -> Vec<Found<'_>> {
        let meant =
            self.meanings(text).into_iter().filter_map(|area| if let Area::Commune(found) = area { Some(found) } else { None });
        let mut found: Vec<_> = meant.take(limit).collect();
        // Postal codes go before codes of old, which are none of today's.
        let of_old = self.by_former_code(text.trim());
        for one in self.index.search(self, text, limit).into_iter().chain(of_old) {
            if !found.contains(&one) {
                found.push(one);
            }
        }
        found.truncate(limit);
        found
    }

    /// The communes of today and those of old, by rank.
    fn everything(&self) -> impl Iterator<Item = Found<'_>> {
        (0..self.ranked.len() + self.former.len()).map(|rank| self.found(rank))
    }

    /// What has this rank.
    fn found(&self, rank: usize) -> Found<'_> {
        let former = rank.checked_sub(self.ranked.len()).and_then(|at| self.former.get(at));
        let commune = self.ranked.get(former.map_or(rank, |former| former.of)).expect("ranks are of the tables");
        Found { commune, former }
    }

    /// Ranks of those whose INSEE code begins so.
    fn coded<'a>(&'a self, start: &'a str) -> impl Iterator<Item = usize> + 'a {
        let from = self.codes.partition_point(|(code, _)| *code < start);
        self.codes.iter().skip(from).take_while(move |(code, _)| code.starts_with(start)).map(|(_, rank)| *rank)
    }
}

/// A line of the table of those of old.
fn former(line: &'static str, ranked: &[Commune], rank: impl Fn(&str) -> Option<usize>) -> Option<Former> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (code, name, of) = (next()?, next()?, rank(next()?)?);
    let (lat, lon) = (next()?, next()?);
    let point = if lat.is_empty() { None } else { Some(Point::new(lat.parse().ok()?, lon.parse().ok()?).ok()?) };
    let is_code_only = name.is_empty();
    let name = if is_code_only { ranked.get(of)?.name } else { name };
    Some(Former { code, name, is_code_only, point, of })
}

fn cell(point: Point, resolution: Resolution) -> CellIndex {
    LatLng::new(point.lat.get(), point.lon.get()).expect("degrees of a point are finite").to_cell(resolution)
}

fn known_to_the_matcher(cell: CellIndex) -> Cell {
    cell.to_string().parse().expect("a cell of resolution 5 or 6 is one to the matcher")
}

fn commune(line: &'static str) -> Option<Commune> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (code, name, population) = (next()?, next()?, next()?.parse().ok()?);
    let point = Point::new(next()?.parse().ok()?, next()?.parse().ok()?).ok()?;
    // p, e and d: guessed from neighbours by postal code, by grouping of communes, by department.
    let approximate = matches!(next()?, "p" | "e" | "d");
    let spread_km2 = next()?.parse().ok()?;
    let postal_codes = next()?.split_ascii_whitespace().collect();
    let part_of = Some(next()?).filter(|city| !city.is_empty());
    let department = code.get(..if code.starts_with("97") { 3 } else { 2 })?.parse().ok()?;
    Some(Commune { code, name, department, population, point, approximate, spread_km2, postal_codes, part_of })
}
