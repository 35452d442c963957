//! Registries to begin with: the demonstration registry of `seeds/`, and synthetic ones of any size.
//!
//! Reads them, shifts the demonstration's days to today, and loads either into a database. Nothing here is real.

pub mod demo;
pub mod files;
pub mod synthetic;

use chrono::TimeDelta;

use crate::clock::Instant;
use crate::db::{Failure, Turn, organisations, requests, structures, units, vacancies};
use crate::domain::ids::{OrganisationId, RequestId, StructureId, UnitId, VacancyId};
use crate::domain::vouching::Vouched;
use crate::domain::{Organisation, Reach, Request, Site, Structure, Unit, Vacancy};
use crate::limits;

/// A registry, ready to be loaded.
#[derive(Debug, Default)]
pub struct Registry {
    /// Organisations with their ids.
    pub organisations: Vec<(OrganisationId, Organisation)>,
    /// Structures with their ids, those of their organisations, and their sites.
    pub structures: Vec<(StructureId, OrganisationId, Structure, Site)>,
    /// Units with their ids and those of their structures. Somebody has vouched for each, so long ago that none is new.
    pub units: Vec<(UnitId, StructureId, Unit)>,
    /// Who vouches for them: the registrar, an organisation of the registry that runs none of its homes.
    pub registrar: Option<OrganisationId>,
    /// Vacancies with their ids, those of their units, and when they were confirmed.
    pub vacancies: Vec<(VacancyId, UnitId, Vacancy, Instant)>,
    /// Requests with their ids, those of their organisations, and when they were created.
    pub requests: Vec<(RequestId, OrganisationId, Request, Instant)>,
}

/// One record of a registry; organisations come before their structures, these before their units, and so on.
pub enum Record<'r> {
    /// An organisation.
    Organisation(&'r (OrganisationId, Organisation)),
    /// A structure.
    Structure(&'r (StructureId, OrganisationId, Structure, Site)),
    /// A unit.
    Unit(&'r (UnitId, StructureId, Unit), Option<OrganisationId>),
    /// A vacancy.
    Vacancy(&'r (VacancyId, UnitId, Vacancy, Instant)),
    /// A request.
    Request(&'r (RequestId, OrganisationId, Request, Instant)),
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
            .chain(self.units.iter().map(|unit| Record::Unit(unit, self.registrar)))
            .chain(self.vacancies.iter().map(Record::Vacancy))
            .chain(self.requests.iter().map(Record::Request))
            .collect()
    }
}

impl Record<'_> {
    /// Writes the record, with its event, in the order and by the functions that the API uses.
    pub fn load(&self, turn: &mut Turn<'_>) -> Result<(), Failure> {
        match self {
            Self::Organisation((id, declared)) => {
                let stored = organisations::insert(turn, *id, declared)?;
                turn.note(&stored);
            }
            Self::Structure((id, organisation, declared, site)) => {
                let stored = structures::insert(turn, *id, *organisation, declared, *site)?;
                // Whoever loads a registry answers for the addresses in it.
                let stored = structures::prove_contact(turn, stored)?;
                turn.note(&stored);
            }
            Self::Unit((id, structure, declared), registrar) => {
                let structure = structures::find(turn.conn, Reach::Everything, *structure)?;
                let first_at = turn.from_now(-TimeDelta::days(limits::NEW_HOME_DAYS));
                let vouched = Vouched { first_at, ..Vouched::now(turn.now, *registrar, declared, None) };
                let stored = units::insert(turn, *id, structure, declared, Some(vouched))?;
                turn.note(&stored);
            }
            Self::Vacancy((id, unit, declared, confirmed_at)) => {
                vacancies::insert(turn, *id, *unit, declared, *confirmed_at)?;
                let stored = vacancies::find(turn.conn, Reach::Everything, *id)?;
                turn.note(&stored);
            }
            Self::Request((id, organisation, declared, created_at)) => {
                let stored = requests::insert(turn, *id, *organisation, declared, *created_at)?;
                turn.note(&stored);
            }
        }
        Ok(())
    }
}
