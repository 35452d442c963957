//! The public numbers of the doors by department (`seeds/doors.toml`): every ranking carries those of the departments it speaks of, so that
//! nobody is left without a human to call.

use std::sync::LazyLock;

use chrono::NaiveDate;
use matcher::{Department, Door};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::ContactName;
use super::{OpeningHours, Phone, Text};
use crate::limits::DOOR_OLD_DAYS;
use crate::schemas;

/// The table, embedded.
const TABLE: &str = include_str!("../../../seeds/doors.toml");

static DOORS: LazyLock<Vec<PublicDoor>> =
    LazyLock::new(|| toml::from_str(TABLE).map(|table: Table| table.door).unwrap_or_default());

matcher::codes! {
    /// Who answers at a public number.
    pub enum DoorService: "door with a public number" {
        /// The emergency line.
        Samu115 = "115",
        /// The integrated reception and orientation service of a department.
        Siao = "siao",
        /// The coordination of Ac.Sé.
        Acse = "acse",
        /// The line of child protection, 119.
        ChildProtection = "child_protection",
        /// The cell of a department that takes worrying information on children.
        Crip = "crip",
    }
}

impl DoorService {
    /// Who answers at a public number for a door; none for a door that is a home's own, or has no public number.
    pub fn of(door: Door) -> Option<Self> {
        match door {
            Door::Siao => Some(Self::Siao),
            Door::Samu115 => Some(Self::Samu115),
            Door::Acse => Some(Self::Acse),
            Door::ChildProtection => Some(Self::ChildProtection),
            Door::Direct | Door::Asylum | Door::Health => None,
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicDoor {
    door: DoorService,
    label: Text<100>,
    phone: Phone,
    #[serde(default)]
    hours: Option<OpeningHours>,
    /// None: all of France.
    #[serde(default)]
    departments: Vec<Department>,
    source: String,
    verified: NaiveDate,
    verified_by: Text<100>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    door: Vec<PublicDoor>,
}

/// A number that anybody may call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DoorNumber {
    /// Who answers.
    pub door: DoorService,
    /// In words.
    #[schema(value_type = ContactName)]
    pub label: &'static str,
    /// The department it answers for (INSEE code); null: all of France.
    #[schema(required, value_type = Option<schemas::Department>)]
    pub department: Option<Department>,
    /// The number.
    #[schema(value_type = Phone)]
    pub phone: &'static str,
    /// The number as it is read out.
    #[serde(skip)]
    pub as_read: String,
    /// The day on which somebody last made sure of it.
    #[serde(skip)]
    pub verified: NaiveDate,
    /// Who did.
    #[serde(skip)]
    pub verified_by: &'static str,
    /// When it is answered (OpenStreetMap `opening_hours`); null: always.
    #[schema(required, value_type = Option<OpeningHours>)]
    pub hours: Option<&'static str>,
}

impl DoorNumber {
    /// Whether nobody has made sure of it for so long that it may be wrong.
    pub fn is_old(&self, today: NaiveDate) -> bool {
        today.signed_duration_since(self.verified).num_days() > DOOR_OLD_DAYS
    }
}

/// The numbers of these departments, national ones first, each once.
pub fn of(departments: &[Department]) -> Vec<DoorNumber> {
    let shown = |door: &'static PublicDoor, department| DoorNumber {
        door: door.door,
        label: door.label.as_str(),
        department,
        phone: door.phone.as_str(),
        as_read: door.phone.as_read(),
        verified: door.verified,
        verified_by: door.verified_by.as_str(),
        hours: door.hours.as_ref().map(OpeningHours::as_str),
    };
    let everywhere = DOORS.iter().filter(|door| door.departments.is_empty()).map(|door| shown(door, None));
    let theirs = DOORS.iter().flat_map(|door| {
        let named = departments.iter().filter(|department| door.departments.contains(department));
        named.map(move |department| shown(door, Some(*department)))
    });
    everywhere.chain(theirs).collect()
}

/// What is wrong with the table: a build that would show a number nobody answers fails its tests.
pub fn faults() -> Vec<String> {
    let table: Table = match toml::from_str(TABLE) {
        Ok(table) => table,
        Err(error) => return vec![error.to_string()],
    };
    let mut faults = Vec::new();
    for door in &table.door {
        let name = door.label.as_str();
        if !door.phone.checks() {
            faults.push(format!("{name}: there can be no number {}", door.phone.as_str()));
        }
        if door.hours.as_ref().is_some_and(|hours| !hours.works_out(door.verified)) {
            faults.push(format!("{name}: its hours cannot be worked out"));
        }
        if door.source.trim().is_empty() {
            faults.push(format!("{name}: nobody says where it was read"));
        }
    }
    faults
}

crate::schemas::own! {
    DoorService as "DoorService" => schemas::codes::<DoorService>("Who answers at a public number. `crip`: the cell of a department that takes worrying information on children.");
}
