//! What is declared of a structure.

use matcher::{Cell, Department, Location, Point};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::Faults;
use super::text::ContactName;
use super::text::Name;
use super::{Address, Email, Finess, Phone, Siret, Text};
use crate::communes::Communes;
use crate::schemas;

/// A home run by an association, at one site.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Structure {
    /// Its name.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// The department it stands in (INSEE code).
    #[schema(value_type = schemas::Department)]
    pub department: Department,
    /// Where it is: an H3 cell of resolution 5 or 6, or the commune that gives one, for a confidential site; a point for a public one. A
    /// site's cell never changes without the site moving.
    #[serde(deserialize_with = "site")]
    #[schema(value_type = Site)]
    pub location: Location,
    /// Its FINESS number, with its check digit.
    #[serde(default)]
    pub finess: Option<Finess>,
    /// Its SIRET number, with its check digit.
    #[serde(default)]
    pub siret: Option<Siret>,
    /// Whom to call about trafficking: a function, never a person's own number.
    #[serde(default)]
    pub trafficking_contact: TraffickingContact,
    /// The exact address: stored, and given back by no operation. Left out of an edit it stays; null removes it.
    #[serde(default, deserialize_with = "given", skip_serializing)]
    #[schema(write_only, value_type = Option<Address>)]
    pub address: Option<Option<Address>>,
}

/// Whom to call about trafficking.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraffickingContact {
    /// A function, such as `référente traite`.
    #[serde(default)]
    #[schema(value_type = Option<ContactName>)]
    pub name: Option<Text<100>>,
    /// A telephone number.
    #[serde(default)]
    pub phone: Option<Phone>,
    /// A mail address.
    #[serde(default)]
    pub email: Option<Email>,
}

/// H3's base cells that hold a part of France.
pub const FRENCH_BASE_CELLS: [u8; 5] = [12, 15, 28, 47, 81];

/// A location as it is written: a confidential site may also be given by its commune, whose cell it gets: of resolution 6 where that
/// holds at least 20 000 inhabitants, else 5 (design §3.6).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Site {
    Cell(Cell),
    Point(Point),
    Commune(String),
}

fn site<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Location, D::Error> {
    match Site::deserialize(deserializer)? {
        Site::Cell(cell) => Ok(Location::Cell(cell)),
        Site::Point(point) => Ok(Location::Point(point)),
        Site::Commune(code) => {
            let communes = Communes::embedded();
            let cell = communes.by_code(&code).map_or_else(nowhere, |commune| communes.cell_for(commune.point));
            Ok(Location::Cell(cell))
        }
    }
}

/// Stands for the cell of a commune that is not there, until `faults` says so with all else that is wrong: the middle of the Pacific.
fn nowhere() -> Cell {
    Point::new(0.0, -160.0).map_or_else(|_error| Cell::around(Point::PARIS), Cell::around)
}

/// Tells a field that is null from one that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Address>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Faults for Structure {
    fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        if self.location == Location::Cell(nowhere()) {
            let why = "is no INSEE code of a commune; `searchCommunes` finds them";
            faults.push(("location.commune".to_owned(), why.to_owned()));
        } else if matches!(self.location, Location::Cell(cell) if !FRENCH_BASE_CELLS.contains(&cell.base())) {
            faults.push(("location.cell".to_owned(), "lies far from every department: look for a mistyped letter".to_owned()));
        }
        if self.finess.as_ref().is_some_and(|finess| !finess.checks()) {
            faults.push(("finess".to_owned(), "the check digit is wrong: look for a mistyped character".to_owned()));
        }
        if self.siret.as_ref().is_some_and(|siret| !siret.checks()) {
            faults.push(("siret".to_owned(), "the check digit is wrong: look for a mistyped digit".to_owned()));
        }
        faults
    }
}

crate::schemas::own! {
    Site as "Site" => schemas::one_of_fields(
        vec![
            ("cell", schemas::refer("Cell")),
            ("commune", schemas::text("^[0-9][0-9AB][0-9]{3}$", 5, "69123", "INSEE code of a commune.")),
            ("point", schemas::refer("Point")),
        ],
        serde_json::json!({"cell": "861f90257ffffff"}),
        "Where a site is: a confidential one by its cell, or by its commune, whose cell it gets; one whose address is public by its point.",
    );
}
