//! The demonstration registry: `seeds/*.toml`, built into the program, with its days shifted to today.
//!
//! The files hold offsets (`from_in_days`, `confirmed_hours_ago`); here they become days and instants, and the rest is read by the
//! same types that read the API's bodies: a seed that the API would refuse is refused here.

use chrono::{Days, NaiveDate, TimeDelta};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Registry;
use crate::clock::Instant;
use crate::domain::ids::{OrganisationId, RequestId, StructureId, UnitId, VacancyId};
use crate::domain::night::tonight;
use crate::domain::{Faults, Organisation, OrganisationKind, Structure};

const ORGANISATIONS: &str = include_str!("../../../seeds/organisations.toml");
const REQUESTS: &str = include_str!("../../../seeds/requests.toml");
const STRUCTURES: [(&str, &str); 9] = [
    ("acse", include_str!("../../../seeds/registry/acse.toml")),
    ("asylum_and_mothers", include_str!("../../../seeds/registry/asylum_and_mothers.toml")),
    ("chrs", include_str!("../../../seeds/registry/chrs.toml")),
    ("diffuse", include_str!("../../../seeds/registry/diffuse.toml")),
    ("emergency_centres", include_str!("../../../seeds/registry/emergency_centres.toml")),
    ("hosts_and_after", include_str!("../../../seeds/registry/hosts_and_after.toml")),
    ("hotels", include_str!("../../../seeds/registry/hotels.toml")),
    ("minors", include_str!("../../../seeds/registry/minors.toml")),
    ("specialised", include_str!("../../../seeds/registry/specialised.toml")),
];

/// The first request of the demonstration: what `havre demo` shows how to rank.
pub const FIRST_REQUEST: Uuid = Uuid::from_u128(0x019b_8d2b_8c00_7005_8000_0000_0000_0001);

/// The demonstration registry as of an instant.
///
/// # Errors
/// Names the file, the record and the field that is wrong.
pub fn registry(now: Instant) -> Result<Registry, String> {
    let mut registry = Registry::default();
    // Of the night that it is, while it lasts: whoever starts the demonstration at two in the morning finds beds, too.
    let today = tonight(now, matcher::Department::PARIS, &matcher::Policy::embedded());
    let shift = Shift { now, today };
    for mut record in tables("organisations.toml", ORGANISATIONS, "organisation")? {
        let (id, declared): (_, Organisation) = (OrganisationId(record.id("id")?), record.rest()?);
        if declared.kind == OrganisationKind::Coordination {
            registry.registrar = registry.registrar.or(Some(id));
        }
        registry.organisations.push((id, declared));
    }
    for (name, text) in STRUCTURES {
        for record in tables(&format!("registry/{name}.toml"), text, "structure")? {
            structure(&mut registry, record, shift)?;
        }
    }
    for mut record in tables("requests.toml", REQUESTS, "request")? {
        let (id, organisation) = (RequestId(record.id("id")?), OrganisationId(record.id("organisation_id")?));
        let created_at = shift.hours_ago(record.whole("created_hours_ago")?);
        record.day("first_day", shift)?;
        for person in record.fields.get_mut("household").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(person) = person.as_object_mut() {
                shift.day(person, "turns_18_on", "turns_18_in_days");
            }
        }
        if let Some(information) = record.fields.get_mut("information").and_then(Value::as_object_mut) {
            shift.day(information, "day", "day_in_days");
        }
        registry.requests.push((id, organisation, record.rest()?, created_at));
    }
    Ok(registry)
}

fn structure(registry: &mut Registry, mut record: Record, shift: Shift) -> Result<(), String> {
    let (id, organisation) = (StructureId(record.id("id")?), OrganisationId(record.id("organisation_id")?));
    let units = record.records("unit");
    let name = record.name.clone();
    let declared: Structure = record.rest()?;
    let site = declared.site().map_err(|(field, why)| format!("{name}: {field}: {why}"))?;
    registry.structures.push((id, organisation, declared, site));
    for mut unit in units {
        let (unit_id, vacancies) = (UnitId(unit.id("id")?), unit.records("vacancy"));
        unit.fields.entry("adult_ages").or_insert(Value::Null);
        registry.units.push((unit_id, id, unit.rest()?));
        for mut vacancy in vacancies {
            let vacancy_id = VacancyId(vacancy.id("id")?);
            let confirmed_at = shift.hours_ago(vacancy.whole("confirmed_hours_ago")?);
            vacancy.day("from", shift)?;
            vacancy.day("until", shift)?;
            registry.vacancies.push((vacancy_id, unit_id, vacancy.rest()?, confirmed_at));
        }
    }
    Ok(())
}

/// What the files' offsets count from.
#[derive(Clone, Copy)]
struct Shift {
    now: Instant,
    today: NaiveDate,
}

impl Shift {
    fn hours_ago(self, hours: i64) -> Instant {
        self.now.plus(TimeDelta::hours(-hours))
    }

    /// Puts the day `field` in place of the offset `offset`, if there is one.
    fn day(self, fields: &mut Map<String, Value>, field: &str, offset: &str) {
        let Some(days) = fields.remove(offset).and_then(|days| days.as_i64()) else { return };
        let span = Days::new(days.unsigned_abs());
        let day = if days < 0 { self.today.checked_sub_days(span) } else { self.today.checked_add_days(span) };
        if let Some(day) = day {
            fields.insert(field.to_owned(), day.to_string().into());
        }
    }
}

/// A table of a file, taken apart field by field.
struct Record {
    /// For messages: the file, the table and its place.
    name: String,
    fields: Map<String, Value>,
}

fn tables(file: &str, text: &str, table: &str) -> Result<Vec<Record>, String> {
    let value: Value = toml::from_str(text).map_err(|error| format!("seeds/{file}: {error}"))?;
    let mut whole = Record { name: format!("seeds/{file}"), fields: value.as_object().cloned().unwrap_or_default() };
    let records = whole.records(table);
    match whole.fields.keys().next() {
        None => Ok(records),
        Some(unknown) => Err(format!("seeds/{file}: unknown table `{unknown}`")),
    }
}

impl Record {
    fn take(&mut self, field: &str) -> Result<Value, String> {
        self.fields.remove(field).ok_or_else(|| format!("{}: {field}: is missing", self.name))
    }

    fn id(&mut self, field: &str) -> Result<Uuid, String> {
        let value = self.take(field)?;
        let id = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
        id.ok_or_else(|| format!("{}: {field}: is no UUID", self.name))
    }

    fn whole(&mut self, field: &str) -> Result<i64, String> {
        self.take(field)?.as_i64().ok_or_else(|| format!("{}: {field}: is no whole number", self.name))
    }

    fn day(&mut self, field: &str, shift: Shift) -> Result<(), String> {
        let offset = format!("{field}_in_days");
        match self.fields.get(&offset) {
            Some(days) if !days.is_i64() => Err(format!("{}: {offset}: is no whole number", self.name)),
            _ => {
                shift.day(&mut self.fields, field, &offset);
                Ok(())
            }
        }
    }

    fn records(&mut self, table: &str) -> Vec<Self> {
        let tables = match self.fields.remove(table) {
            Some(Value::Array(tables)) => tables,
            _ => Vec::new(),
        };
        let named = tables.into_iter().zip(1..).map(|(fields, at)| Self {
            name: format!("{}, {table} {at}", self.name),
            fields: fields.as_object().cloned().unwrap_or_default(),
        });
        named.collect()
    }

    /// What is left, read as the API reads it.
    fn rest<T: DeserializeOwned + Faults>(self) -> Result<T, String> {
        let value: T = serde_path_to_error::deserialize(Value::Object(self.fields))
            .map_err(|error| format!("{}: {}: {}", self.name, error.path(), error.inner()))?;
        match value.faults().first() {
            None => Ok(value),
            Some((field, why)) => Err(format!("{}: {field}: {why}", self.name)),
        }
    }
}
