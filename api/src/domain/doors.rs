//! The public numbers of the doors by department: every ranking carries those of the departments it speaks of, so that nobody is left without a
//! human to call. What is known when the table is new stands in `seeds/doors.toml`; from then on those who keep the numbers right edit them.

use chrono::NaiveDate;
use matcher::{Code, Department, Door};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::denied::WrongField;
use super::ids::DoorContactId;
use super::text::{ContactName, DoorSource};
use super::{Faults, OpeningHours, Phone, Reach, Text};
use crate::clock::{Instant, civil};
use crate::limits::DOOR_OLD_DAYS;
use crate::schemas;

/// The table to begin with, embedded.
const TABLE: &str = include_str!("../../../seeds/doors.toml");

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

/// What is declared of a public number. A number is given with where it was read; whoever gives it or says it again has made sure of it that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoorContact {
    /// In words, such as `SIAO du Rhône`.
    #[schema(value_type = ContactName)]
    pub label: Text<100>,
    /// The number; null: nobody knows it yet, and it is shown to nobody.
    #[serde(default)]
    pub phone: Option<Phone>,
    /// When it is answered (OpenStreetMap `opening_hours`); null: always.
    #[serde(default)]
    pub hours: Option<OpeningHours>,
    /// Where the number was read, or who said it; goes with the number.
    #[serde(default)]
    #[schema(value_type = Option<DoorSource>)]
    pub source: Option<Text<200>>,
}

impl Faults for DoorContact {
    fn faults(&self) -> Vec<WrongField> {
        let mut faults = Vec::new();
        let mut wrong = |field: &str, why: &str| faults.push((field.to_owned(), why.to_owned()));
        if self.phone.as_ref().is_some_and(|phone| !phone.checks()) {
            wrong("phone", "is no telephone number: look for a missing digit, and begin a foreign one with + and its country");
        }
        if self.hours.as_ref().is_some_and(|hours| !hours.reads()) {
            wrong("hours", "must be opening hours as OpenStreetMap writes them, such as `24/7` or `Mo-Fr 09:00-18:00`");
        }
        if self.phone.is_some() && self.source.is_none() {
            wrong("source", "must say where the number was read, or who said it");
        }
        faults
    }

    fn faults_at(&self, now: Instant) -> Vec<WrongField> {
        let mut faults = self.faults();
        if self.hours.as_ref().is_some_and(|hours| hours.reads() && !hours.works_out_at(now)) {
            faults.push(("hours".to_owned(), OpeningHours::NOT_WORKED_OUT.to_owned()));
        }
        faults
    }
}

/// Who last made sure of a number, and on which day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The civil day.
    pub on: NaiveDate,
    /// An organisation; no name of a person.
    pub by: String,
}

/// A public number as it is known, or the place where it is lacking.
#[derive(Clone, Debug)]
pub struct KnownDoor {
    /// Its id.
    pub id: DoorContactId,
    /// Who answers.
    pub door: DoorService,
    /// The department it answers for; none: all of France.
    pub department: Option<Department>,
    /// What is declared of it.
    pub declared: DoorContact,
    /// Who last made sure of it; none where there is no number.
    pub verified: Option<Verified>,
    /// When it was last edited.
    pub updated_at: Instant,
}

impl KnownDoor {
    /// Whether nobody has made sure of its number for so long that it may be wrong. Days are those of the department, or of Paris.
    pub fn is_old(&self, now: Instant) -> bool {
        let today = civil(now, self.department.unwrap_or(Department::PARIS)).date_naive();
        self.verified.as_ref().is_some_and(|verified| is_old(verified.on, today))
    }

    /// Whether its reader sees it: what has no number yet is for those alone who may give one.
    pub fn is_shown_to(&self, reach: Reach) -> bool {
        self.declared.phone.is_some() || reach.keeps_door_contacts()
    }
}

fn is_old(verified: NaiveDate, today: NaiveDate) -> bool {
    today.signed_duration_since(verified).num_days() > DOOR_OLD_DAYS
}

/// A number that anybody may call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DoorNumber {
    /// Who answers.
    pub door: DoorService,
    /// In words.
    #[schema(value_type = ContactName)]
    pub label: String,
    /// The department it answers for (INSEE code); null: all of France.
    #[schema(required, value_type = Option<schemas::Department>)]
    pub department: Option<Department>,
    /// The number.
    pub phone: Phone,
    /// Who last made sure of it.
    #[serde(skip)]
    pub verified: Verified,
    /// When it is answered (OpenStreetMap `opening_hours`); null: always.
    #[schema(required)]
    pub hours: Option<OpeningHours>,
}

impl DoorNumber {
    /// Whether nobody has made sure of it for so long that it may be wrong.
    pub fn is_old(&self, today: NaiveDate) -> bool {
        is_old(self.verified.on, today)
    }

    /// In words that stand beside the number: `115, hébergement d’urgence` does not say it a second time.
    pub fn label_beside_number(&self) -> &str {
        let rest = self.label.strip_prefix(&self.phone.as_read()).and_then(|rest| rest.strip_prefix(", "));
        rest.unwrap_or(&self.label)
    }
}

/// All public numbers that are known.
#[derive(Clone, Debug, Default)]
pub struct Doors(Vec<KnownDoor>);

impl Doors {
    /// Those of a table.
    pub fn new(known: Vec<KnownDoor>) -> Self {
        Self(known)
    }

    /// The numbers of these departments, national ones first, each once.
    pub fn of(&self, departments: &[Department]) -> Vec<DoorNumber> {
        let everywhere = self.0.iter().filter(|known| known.department.is_none());
        let theirs = departments.iter().flat_map(|department| self.0.iter().filter(|known| known.department == Some(*department)));
        everywhere.chain(theirs).filter_map(number).collect()
    }
}

fn number(known: &KnownDoor) -> Option<DoorNumber> {
    let DoorContact { label, phone, hours, .. } = &known.declared;
    Some(DoorNumber {
        door: known.door,
        label: label.as_str().to_owned(),
        department: known.department,
        phone: phone.clone()?,
        verified: known.verified.clone()?,
        hours: hours.clone(),
    })
}

/// A row of the table to begin with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seeded {
    door: DoorService,
    label: Text<100>,
    phone: Phone,
    #[serde(default)]
    hours: Option<OpeningHours>,
    /// None: all of France.
    #[serde(default)]
    department: Option<Department>,
    source: Text<200>,
    verified: NaiveDate,
    verified_by: Text<100>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    door: Vec<Seeded>,
}

/// The doors that have a number for all of France, and those of which each department has its own.
const NATIONAL: &[(DoorService, &str)] = &[
    (DoorService::Samu115, "115, hébergement d’urgence"),
    (DoorService::Acse, "Coordination nationale du dispositif Ac.Sé"),
    (DoorService::ChildProtection, "119, Allô enfance en danger"),
];
const OF_A_DEPARTMENT: &[(DoorService, &str)] = &[
    (DoorService::Samu115, "115, numéro long"),
    (DoorService::Siao, "SIAO"),
    (DoorService::Crip, "CRIP, informations préoccupantes"),
];

/// The table as it stands when it is new: a row wherever a number belongs, with the numbers that are certain everywhere.
///
/// # Errors
/// Where `seeds/doors.toml` does not read.
pub fn to_begin_with(now: Instant) -> Result<Vec<KnownDoor>, String> {
    let mut seeded: Vec<Seeded> = toml::from_str::<Table>(TABLE).map_err(|error| error.to_string())?.door;
    let departments = Department::ALL.iter().filter_map(|code| code.parse().ok()).map(Some);
    let national = NATIONAL.iter().map(|(door, label)| (None, *door, *label));
    let places = national.chain(departments.flat_map(|of| OF_A_DEPARTMENT.iter().map(move |(door, label)| (of, *door, *label))));
    let mut rows = Vec::new();
    for (department, door, label) in places {
        let own = seeded.iter().position(|row| row.door == door && row.department == department).map(|at| seeded.swap_remove(at));
        let (declared, verified) = match own {
            Some(Seeded { label, phone, hours, source, verified, verified_by, .. }) => (
                DoorContact { label, phone: Some(phone), hours, source: Some(source) },
                Some(Verified { on: verified, by: verified_by.as_str().to_owned() }),
            ),
            None => (DoorContact { label: Text::try_from(label.to_owned())?, phone: None, hours: None, source: None }, None),
        };
        rows.push(KnownDoor { id: DoorContactId::new(), door, department, declared, verified, updated_at: now });
    }
    match seeded.first() {
        Some(lost) => Err(format!("seeds/doors.toml: there is no row for `{}`, {}", lost.door.as_str(), lost.label.as_str())),
        None => Ok(rows),
    }
}

/// What is wrong with the table to begin with: a build that would show a number nobody answers fails its tests.
pub fn faults(now: Instant) -> Vec<String> {
    match to_begin_with(now) {
        Err(error) => vec![error],
        Ok(rows) => {
            let faults = rows.iter().flat_map(|row| row.declared.faults_at(now).into_iter().map(move |wrong| (row, wrong)));
            faults.map(|(row, (field, why))| format!("{}: {field} {why}", row.declared.label.as_str())).collect()
        }
    }
}

crate::schemas::own! {
    DoorService as "DoorService" => schemas::codes::<DoorService>("Who answers at a public number. `crip`: the cell of a department that takes worrying information on children.");
}
