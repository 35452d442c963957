//! Registries to begin with: the demonstration registry of `seeds/`, and synthetic ones of any size.
//!
//! Reads them, shifts the demonstration's days to today, and loads either into a database. Nothing here is real.

pub mod demo;
pub mod files;
pub mod synthetic;

use crate::db::types::Guid;
use crate::db::types::Instant;
use crate::db::{DbError, Tx, organisations, requests, structures, units, vacancies};
use crate::domain::{Organisation, Request, Structure, Unit, Vacancy};

/// A registry, ready to be loaded.
#[derive(Debug, Default)]
pub struct Registry {
    /// Organisations with their ids.
    pub organisations: Vec<(Guid, Organisation)>,
    /// Structures with their ids and those of their organisations.
    pub structures: Vec<(Guid, Guid, Structure)>,
    /// Units with their ids and those of their structures.
    pub units: Vec<(Guid, Guid, Unit)>,
    /// Vacancies with their ids, those of their units, and when they were confirmed.
    pub vacancies: Vec<(Guid, Guid, Vacancy, Instant)>,
    /// Requests with their ids, those of their organisations, and when they were created.
    pub requests: Vec<(Guid, Guid, Request, Instant)>,
}

/// One record of a registry; organisations come before their structures, these before their units, and so on.
pub enum Record<'r> {
    /// An organisation.
    Organisation(&'r (Guid, Organisation)),
    /// A structure.
    Structure(&'r (Guid, Guid, Structure)),
    /// A unit.
    Unit(&'r (Guid, Guid, Unit)),
    /// A vacancy.
    Vacancy(&'r (Guid, Guid, Vacancy, Instant)),
    /// A request.
    Request(&'r (Guid, Guid, Request, Instant)),
}

impl Registry {
    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.organisations.len() + self.structures.len() + self.units.len() + self.vacancies.len() + self.requests.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its records, each after those it belongs to.
    pub fn records(&self) -> Vec<Record<'_>> {
        let organisations = self.organisations.iter().map(Record::Organisation);
        organisations
            .chain(self.structures.iter().map(Record::Structure))
            .chain(self.units.iter().map(Record::Unit))
            .chain(self.vacancies.iter().map(Record::Vacancy))
            .chain(self.requests.iter().map(Record::Request))
            .collect()
    }
}

impl Record<'_> {
    /// Writes the record, with its event, in the order and by the functions that the API uses.
    pub fn load(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        use crate::db::events::{Event, record};
        use crate::domain::RecordKind;
        let (kind, id) = match self {
            Self::Organisation((id, declared)) => {
                organisations::insert(tx, *id, declared)?;
                (RecordKind::Organisation, *id)
            }
            Self::Structure((id, organisation, declared)) => {
                structures::insert(tx, *id, *organisation, declared)?;
                (RecordKind::Structure, *id)
            }
            Self::Unit((id, structure, declared)) => {
                units::insert(tx, *id, *structure, declared)?;
                (RecordKind::Unit, *id)
            }
            Self::Vacancy((id, unit, declared, confirmed_at)) => {
                vacancies::insert(tx, *id, *unit, declared, *confirmed_at)?;
                (RecordKind::Vacancy, *id)
            }
            Self::Request((id, organisation, declared, created_at)) => {
                requests::insert(tx, *id, *organisation, declared, *created_at)?;
                (RecordKind::Request, *id)
            }
        };
        record(tx, Event { by: None, command: "seed", kind, record: id })
    }
}
