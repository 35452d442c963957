//! What is declared of a structure, and the site that follows from its commune.

use matcher::{Location, Point, distance_km};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::denied::WrongField;
use super::text::{MeetingPoint, Name, Town};
use super::{Address, Contact, Faults, Finess, Siret, Site, Text};
use crate::clock::Instant;
use crate::communes::{self, Commune, Communes, Found};
use crate::schemas;

/// A home run by an association, at one site. Where it is follows from its commune (design §3.6, §5): the department; of a confidential site
/// the cell.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Structure {
    /// Its name.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// The commune it stands in (INSEE code).
    pub commune: CommuneCode,
    /// Where a public site is; left out or null, the site is confidential and known by a cell that follows from its commune.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Point>)]
    pub point: Option<Point>,
    /// The town as the structure words it to those who may call.
    #[serde(default)]
    #[schema(value_type = Option<Town>)]
    pub town: Option<Text<100>>,
    /// Its FINESS number, with its check digit.
    #[serde(default)]
    pub finess: Option<Finess>,
    /// Its SIRET number, with its check digit.
    #[serde(default)]
    pub siret: Option<Siret>,
    /// How to reach it about trafficking: functions, never a person's own number.
    #[serde(default)]
    pub trafficking_contact: Contact,
    /// Where people are met who are expected, in words that give no address away; null: nothing is said until a yes says it.
    #[serde(default)]
    #[schema(value_type = Option<MeetingPoint>)]
    pub meeting_point: Option<Text<300>>,
    /// Whether those who bring people may be shown the exact address once they are confirmed (`showAddress`).
    #[serde(default)]
    pub gives_address: bool,
    /// The exact address: stored, and given back by `showAddress` alone, where `gives_address` says so. Left out of an edit it stays; null removes it.
    #[serde(default, deserialize_with = "given", skip_serializing)]
    #[schema(write_only, value_type = Option<Address>)]
    pub address: Option<Option<Address>>,
}

/// What leads to a home: everything of a structure that only some may see (design §5, §8).
#[derive(Clone, Debug)]
pub struct Home {
    /// Its name.
    pub name: Text<200>,
    /// Its commune.
    pub commune: CommuneCode,
    /// The town as it words it.
    pub town: Option<Text<100>>,
    /// Its FINESS number.
    pub finess: Option<Finess>,
    /// Its SIRET number.
    pub siret: Option<Siret>,
    /// How to reach it about trafficking.
    pub contact: Contact,
    /// Where people are met who are expected.
    pub meeting_point: Option<Text<300>>,
    /// Whether its address may be shown to those who bring people.
    pub gives_address: bool,
}

impl Home {
    /// As it is declared.
    pub fn of(declared: &Structure) -> Self {
        Self {
            name: declared.name.clone(),
            commune: declared.commune.clone(),
            town: declared.town.clone(),
            finess: declared.finess.clone(),
            siret: declared.siret.clone(),
            contact: declared.trafficking_contact.clone(),
            meeting_point: declared.meeting_point.clone(),
            gives_address: declared.gives_address,
        }
    }
}

/// The INSEE code of a commune, or of an arrondissement of Paris, Lyon or Marseille. That there is one is for `faults` to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CommuneCode(String);

impl CommuneCode {
    /// The shape of a code, as a regular expression.
    pub const PATTERN: &str = "^[0-9][0-9AB][0-9]{3}$";

    /// The five characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Why there is no such commune: of a code of old, which one it is part of now.
    fn no_longer_one(&self) -> String {
        match Communes::embedded().by_former_code(&self.0) {
            Some(Found { commune, .. }) => {
                format!("is no longer the INSEE code of a commune: it is part of {} now; give {}", commune.name, commune.code)
            }
            None => "is no INSEE code of a commune; `searchCommunes` finds them".to_owned(),
        }
    }

    /// The commune, if there is one.
    pub fn commune(&self) -> Option<&'static Commune> {
        Communes::embedded().by_code(&self.0)
    }
}

impl From<&Commune> for CommuneCode {
    fn from(commune: &Commune) -> Self {
        Self(commune.code.to_owned())
    }
}

impl TryFrom<String> for CommuneCode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_shaped = text.len() == 5
            && text.bytes().enumerate().all(|(at, byte)| byte.is_ascii_digit() || (at == 1 && matches!(byte, b'A' | b'B')));
        if is_shaped { Ok(Self(text)) } else { Err("must be the INSEE code of a commune, such as 69123".to_owned()) }
    }
}

matcher::codes! {
    /// What an association should know about the site of its structure.
    pub enum SiteWarning: "warning" {
        /// Few people live in the cell: fewer than 20 000 in the part of it that lies in the department.
        CellHidesFew = "cell_hides_few",
    }
}

/// Tells a field that is null from one that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Address>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Structure {
    /// The site, or which field does not lead to one.
    pub fn site(&self) -> Result<Site, WrongField> {
        let Some(commune) = self.commune.commune() else {
            return Err(("commune".to_owned(), self.commune.no_longer_one()));
        };
        let department = commune.department;
        let Some(point) = self.point else {
            let hiding = Communes::embedded().hiding(commune.point, department);
            return Ok(Site { department, location: Location::Cell(hiding.cell) });
        };
        let reach_km = communes::reach_km(department);
        if distance_km(commune.point, point) > reach_km {
            let why =
                format!("lies more than {reach_km} km from its commune: look for latitude and longitude swapped, or a wrong sign");
            return Err(("point".to_owned(), why));
        }
        // The department is what people are kept out of, and it is taken from the commune: a point elsewhere would put them in danger. There is no
        // outline of departments, so the nearest main place tells; who stands close to a border is kept by a cell, which needs no point.
        if let Some(nearest) = Communes::embedded().nearest(point).filter(|nearest| nearest.department != department) {
            let (name, other) = (nearest.name, nearest.department);
            let why = format!(
                "lies nearest to {name} ({other}) and so in another department than its commune ({department}): give the commune it stands in, or \
                 leave the point out"
            );
            return Err(("point".to_owned(), why));
        }
        Ok(Site { department, location: Location::Point(point) })
    }
}

/// Whether the FINESS or SIRET that two organisations give is this structure's own.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistrationDecision {
    /// Whether it is: then the structure is matched again; else it stays out of rankings.
    pub right: bool,
}

impl Faults for RegistrationDecision {}

/// What to know about the site of a structure in a commune.
pub fn site_warnings(commune: &CommuneCode, location: Location) -> Vec<SiteWarning> {
    let hides_few = |commune: &Commune| Communes::embedded().hiding(commune.point, commune.department).few;
    match location {
        Location::Cell(_) if commune.commune().is_some_and(hides_few) => vec![SiteWarning::CellHidesFew],
        Location::Cell(_) | Location::Point(_) => Vec::new(),
    }
}

impl Faults for Structure {
    fn faults(&self) -> Vec<WrongField> {
        let mut faults: Vec<WrongField> = self.site().err().into_iter().collect();
        if self.finess.as_ref().is_some_and(|finess| !finess.checks()) {
            faults.push(("finess".to_owned(), "the check digit is wrong: look for a mistyped character".to_owned()));
        }
        if self.siret.as_ref().is_some_and(|siret| !siret.checks()) {
            faults.push(("siret".to_owned(), "the check digit is wrong: look for a mistyped digit".to_owned()));
        }
        faults.extend(self.trafficking_contact.faults_below("trafficking_contact"));
        faults
    }

    fn faults_at(&self, now: Instant) -> Vec<WrongField> {
        let mut faults = self.faults();
        faults.extend(self.trafficking_contact.hours_faults_below("trafficking_contact", now));
        faults
    }
}

crate::schemas::own! {
    CommuneCode as "CommuneCode" => schemas::text(CommuneCode::PATTERN, 5, "69123", "The INSEE code of a commune.");
    SiteWarning as "SiteWarning" => schemas::codes::<SiteWarning>("What an association should know about the site of its structure. `cell_hides_few`: fewer than 20 000 people live in the part of its cell that lies in its department.");
}
