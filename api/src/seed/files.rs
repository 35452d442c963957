//! Registries as files of JSON lines, in the form of design §3.1: written by `havre seed --synthetic`, read by `havre match` and `havre seed --from`.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::ops::Range;
use std::path::Path;

use matcher::Location;
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Registry, synthetic};
use crate::clock::Instant;
use crate::communes::Communes;
use crate::domain::List;
use crate::domain::ids::{OrganisationId, RequestId, StructureId, UnitId, VacancyId};
use crate::domain::{
    CommuneCode, Contact, Faults as _, Organisation, OrganisationKind, Request, Site, Structure, Text, Unit, Vacancy,
};
use crate::json::{self, JsonFault};

/// Something read from a file of lines, which can be told from others and can contradict itself.
pub trait Line: DeserializeOwned + Send {
    /// Its id.
    fn id(&self) -> Uuid;
    /// What contradicts what in it.
    fn faults(&self) -> Vec<matcher::Fault>;
}

impl Line for matcher::Unit {
    fn id(&self) -> Uuid {
        self.id
    }

    fn faults(&self) -> Vec<matcher::Fault> {
        Self::faults(self)
    }
}

impl Line for matcher::Request {
    fn id(&self) -> Uuid {
        self.id
    }

    fn faults(&self) -> Vec<matcher::Fault> {
        Self::faults(self)
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A line that was left out, and why: `FILE:LINE: FIELD: why`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine(pub String);

/// Reads a file line by line: what is right, and what is wrong with the rest. Empty lines are passed over.
pub fn read_lines<T: Line>(path: &Path) -> io::Result<(Vec<T>, Vec<BadLine>)> {
    let mut lines = Lines::open(path)?;
    let read = lines.by_ref().collect();
    Ok((read, lines.finish()?))
}

/// What is right in a file, line by line, read as it is asked for: a file may be greater than memory.
pub struct Lines<'a, T> {
    path: &'a Path,
    reader: BufReader<File>,
    /// The number of the line that was read last.
    number: u64,
    /// Lines that nobody asked for yet, with their numbers.
    parsed: std::vec::IntoIter<(u64, Parsed<T>)>,
    seen: HashSet<Uuid>,
    bad: Vec<BadLine>,
    failed: io::Result<()>,
}

/// What a line says, or which of its fields are wrong, and why.
type Parsed<T> = Result<T, Vec<(String, String)>>;

/// Lines of so many bytes, and what completes the last, are parsed at once, on all cores: parsing is most of the work.
const BYTES_AT_ONCE: usize = 1 << 22;

impl<'a, T: Line> Lines<'a, T> {
    /// Opens a file.
    pub fn open(path: &'a Path) -> io::Result<Self> {
        let reader = BufReader::with_capacity(1 << 20, File::open(path)?);
        let parsed = Vec::new().into_iter();
        Ok(Self { path, reader, number: 0, parsed, seen: HashSet::new(), bad: Vec::new(), failed: Ok(()) })
    }

    /// What was wrong, once all has been read.
    pub fn finish(self) -> io::Result<Vec<BadLine>> {
        self.failed.map(|()| self.bad)
    }

    /// Reads and parses the next lines; none at the end, nor after the file could not be read.
    fn parse_more(&mut self) {
        let (mut bytes, mut lines) = (Vec::new(), Vec::new());
        while bytes.len() < BYTES_AT_ONCE && self.failed.is_ok() {
            let mut from = bytes.len();
            match self.reader.read_until(b'\n', &mut bytes) {
                Ok(0) => break,
                Ok(_) => self.number += 1,
                Err(error) => {
                    self.failed = Err(error);
                    break;
                }
            }
            let read = bytes.get(from..).unwrap_or_default();
            // Some editors begin a file with a mark of its byte order.
            if self.number == 1 && read.starts_with(BYTE_ORDER_MARK) {
                from += BYTE_ORDER_MARK.len();
            }
            let line = from..bytes.len();
            if bytes.get(line.clone()).unwrap_or_default().iter().all(u8::is_ascii_whitespace) {
                // However many there are, they take no room.
                bytes.truncate(from);
            } else {
                lines.push((self.number, line));
            }
        }
        let parse = |(number, line): (u64, Range<usize>)| (number, parse_line(bytes.get(line).unwrap_or_default()));
        let parsed: Vec<_> = lines.into_par_iter().map(parse).collect();
        self.parsed = parsed.into_iter();
    }
}

impl<T: Line> Iterator for Lines<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        loop {
            if self.parsed.len() == 0 {
                self.parse_more();
            }
            let (number, parsed) = self.parsed.next()?;
            match parsed {
                Ok(value) if self.seen.insert(value.id()) => return Some(value),
                Ok(_) => self.bad.push(bad_line(self.path, number, "id", "is the id of an earlier line")),
                Err(faults) => {
                    self.bad.extend(faults.iter().map(|(field, why)| bad_line(self.path, number, field, why)));
                }
            }
        }
    }
}

fn bad_line(path: &Path, number: u64, field: &str, why: &str) -> BadLine {
    BadLine(format!("{}:{number}: {field}: {why}", path.display()))
}

fn parse_line<T: Line>(bytes: &[u8]) -> Parsed<T> {
    let value: T = json::parse(bytes).map_err(|fault| match fault {
        // To serde the line is the whole text; here it has another number, which stands before.
        JsonFault::Unreadable(why) => vec![("line".to_owned(), why.replace(" at line 1 column ", " at column "))],
        JsonFault::Field(field, why) if field.is_empty() => vec![("line".to_owned(), why)],
        JsonFault::Field(field, why) => vec![(field, why)],
    })?;
    let faults: Vec<_> = value.faults().into_iter().map(|fault| (fault.field, fault.why)).collect();
    if faults.is_empty() { Ok(value) } else { Err(faults) }
}

/// Writes a synthetic registry and requests: `units.jsonl` and `requests.jsonl`.
pub fn write_synthetic(out: &Path, units: usize, requests: usize, seed: u64, mut written: impl FnMut(u64)) -> io::Result<()> {
    std::fs::create_dir_all(out)?;
    write_lines(&out.join("units.jsonl"), synthetic::units(units, seed), &mut written)?;
    write_lines(&out.join("requests.jsonl"), synthetic::requests(requests, seed), &mut written)
}

/// How many requests come with a synthetic registry of `count` units unless told: a thousandth, at least a hundred.
pub fn synthetic_requests(count: usize) -> usize {
    (count / 1000).max(100)
}

fn write_lines<T: Serialize>(path: &Path, values: impl Iterator<Item = T>, mut written: impl FnMut(u64)) -> io::Result<()> {
    let mut writer = BufWriter::new(File::create(path)?);
    for value in values {
        serde_json::to_writer(&mut writer, &value)?;
        writer.write_all(b"\n")?;
        written(1);
    }
    writer.flush()
}

/// The files of a folder as a registry. Files say nothing of organisations: one is made for each department, and one that vouches for all units;
/// structures are named by their ids.
pub fn registry(units: Vec<matcher::Unit>, requests: Vec<matcher::Request>) -> Result<Registry, String> {
    let mut registry = Registry::default();
    let mut by_department = BTreeMap::new();
    for department in matcher::Department::ALL {
        let id = OrganisationId(Uuid::new_v8(namesake(department)));
        let organisation = Organisation {
            name: Text::try_from(format!("Association synthétique {department}"))?,
            kind: OrganisationKind::Association,
            orients: false,
            doors: List(Vec::new()),
            departments: List(vec![department.parse()?]),
            contact: Contact::default(),
        };
        by_department.insert(*department, id);
        registry.organisations.push((id, organisation));
    }
    let registrar = OrganisationId(Uuid::new_v8(namesake("registrar")));
    let organisation = Organisation {
        name: Text::try_from("Coordination synthétique".to_owned())?,
        kind: OrganisationKind::Coordination,
        orients: false,
        doors: List(Vec::new()),
        departments: List(Vec::new()),
        contact: Contact::default(),
    };
    registry.organisations.push((registrar, organisation));
    registry.registrar = Some(registrar);
    let organisation_of = |department: matcher::Department| {
        by_department.get(department.as_str()).copied().ok_or_else(|| format!("no organisation for department {department}"))
    };
    let mut structures = HashSet::new();
    for unit in units {
        let structure_id = StructureId(unit.structure_id);
        if structures.insert(structure_id) {
            let site = Site { department: unit.department, location: unit.location };
            registry.structures.push((structure_id, organisation_of(unit.department)?, structure(&unit)?, site));
        }
        for vacancy in &unit.vacancies {
            let declared = Vacancy { beds: vacancy.beds, from: vacancy.from, until: vacancy.until };
            let confirmed_at = Instant::new(vacancy.confirmed_at.get().to_utc());
            registry.vacancies.push((VacancyId(vacancy.id), UnitId(unit.id), declared, confirmed_at));
        }
        let (id, declared) = (UnitId(unit.id), Unit::from_matched(unit)?);
        if let Some((field, why)) = declared.faults().first() {
            return Err(format!("unit {id}: {field}: {why}"));
        }
        registry.units.push((id, structure_id, declared));
    }
    for request in requests {
        let created_at = Instant::new(request.created_at.unwrap_or(request.at).get().to_utc());
        let organisation = organisation_of(request.place.department)?;
        registry.requests.push((RequestId(request.id), organisation, Request::from_matched(request), created_at));
    }
    Ok(registry)
}

/// Files say where a structure is and not its commune: the nearest of its department stands for it, and the site is left as the file has it, so that
/// what is loaded ranks as the file does.
fn structure(unit: &matcher::Unit) -> Result<Structure, String> {
    let (point, at) = match unit.location {
        Location::Cell(cell) => (None, cell.centre()),
        Location::Point(point) => (Some(point), point),
    };
    let nearest = Communes::embedded().nearest_in(unit.department, at);
    Ok(Structure {
        name: Text::try_from(format!("Structure synthétique {}", unit.structure_id))?,
        commune: nearest.map(CommuneCode::from).ok_or_else(|| format!("no commune in department {}", unit.department))?,
        point,
        town: None,
        finess: None,
        siret: None,
        trafficking_contact: Contact::default(),
        meeting_point: None,
        gives_address: false,
        address: None,
    })
}

/// Bytes of an id that is always the same for one department.
fn namesake(department: &str) -> [u8; 16] {
    let mut bytes = *b"havre-synthetic-";
    for (byte, letter) in bytes.iter_mut().rev().zip(department.bytes()) {
        *byte = letter;
    }
    bytes
}
