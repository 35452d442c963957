//! The communes of France, with the arrondissements of Paris, Lyon and Marseille: what they are called, where they are, how many
//! live there. From the table of `seeds/communes`, which is part of the program; never reads a file nor asks a network.
#![expect(clippy::expect_used, reason = "the table is part of the program, and tests read all of it")]

mod fold;
mod ground;
mod search;

use std::sync::{LazyLock, OnceLock};

use h3o::{CellIndex, LatLng, Resolution};
use matcher::{Cell, Department, Point};
use serde::Serialize;

use ground::Ground;
pub use ground::{Hiding, reach_km};
use search::Index;

static EMBEDDED: LazyLock<Communes> =
    LazyLock::new(|| Communes::read(include_str!("../../../seeds/communes/communes.tsv")).expect("the table is sound"));

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

/// All communes.
#[derive(Debug)]
pub struct Communes {
    /// The bigger first, then by code: a place in this list is a rank.
    ranked: Vec<Commune>,
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

    /// Reads a table as `seeds/communes/derive.py` writes it.
    fn read(table: &'static str) -> Result<Self, String> {
        let lines = table.lines().filter(|line| !line.starts_with('#')).skip(1);
        let mut ranked: Vec<Commune> =
            lines.map(|line| commune(line).ok_or_else(|| format!("is no commune: {line}"))).collect::<Result<_, _>>()?;
        ranked.sort_unstable_by(|a, b| b.population.cmp(&a.population).then(a.code.cmp(b.code)));
        let mut codes: Vec<_> = ranked.iter().enumerate().map(|(rank, commune)| (commune.code, rank)).collect();
        codes.sort_unstable();
        let index = Index::of(&ranked);
        Ok(Self { ranked, codes, index, ground: OnceLock::new() })
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

    /// What somebody who types this may mean: by name, postal code, INSEE code, or a name and a code. A whole name first, then names that
    /// begin so, then names with a word that begins so; among these the bigger first.
    pub fn search(&self, text: &str, limit: usize) -> Vec<&Commune> {
        self.index.search(self, text, limit)
    }

    /// Ranks of those whose INSEE code begins so.
    fn coded<'a>(&'a self, start: &'a str) -> impl Iterator<Item = usize> + 'a {
        let from = self.codes.partition_point(|(code, _)| *code < start);
        self.codes.iter().skip(from).take_while(move |(code, _)| code.starts_with(start)).map(|(_, rank)| *rank)
    }
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
