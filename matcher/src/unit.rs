//! What is matched: a unit, beds of one structure that are alike, with its vacancies.
//!
//! This file owns the input of a unit and what can contradict itself in it ([`Unit::faults`]). It never decides a rule.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::codes::{Code as _, Codes, Condition, Door, Gender, Kind, Offer, Setting, Stage, Step, UnlawfulCondition};
use crate::geo::Location;
use crate::values::{Accreditation, AdmissionDays, Age, Beds, Day, Department, HouseholdSize, Language, Moment};

/// Something that contradicts something else, in an input whose every field is right by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The path of the field, such as `vacancies[0].until`.
    pub field: String,
    /// What is wrong and what would be right.
    pub why: String,
}

impl Fault {
    pub(crate) fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

/// A range of ages, both ends included; no greatest age when `max` is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeRange {
    /// The least age in years.
    pub min: Age,
    /// The greatest age in years; null: none.
    #[serde(default)]
    pub max: Option<Age>,
}

impl AgeRange {
    /// Whether an age in years lies within the range.
    ///
    /// ```
    /// use matcher::{Age, AgeRange};
    ///
    /// let adults = AgeRange { min: Age::new(18)?, max: None };
    /// assert!(adults.takes(80) && !adults.takes(17));
    /// # Ok::<(), String>(())
    /// ```
    pub fn takes(self, age: u8) -> bool {
        self.min.get() <= age && self.max.is_none_or(|max| age <= max.get())
    }
}

/// The children a unit takes with a parent whose link is established.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Children {
    /// The greatest age in years, at most 17.
    pub max_age: Age,
    /// The greatest age of boys, at most `max_age`; null: the same.
    #[serde(default)]
    pub boys_max_age: Option<Age>,
}

/// The minors a unit takes without a parent, under which accreditation, and up to which age it keeps them as young adults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnaccompaniedMinors {
    /// The least age in years.
    pub min_age: Age,
    /// The greatest age in years, at most 20: some go on as young adults.
    pub max_age: Age,
    /// The genders it takes.
    pub genders: Codes<Gender>,
    /// The accreditation of child protection; null: not said.
    #[serde(default)]
    pub accreditation: Option<Accreditation>,
}

/// Beds that can be let together from a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vacancy {
    /// The id of the vacancy.
    pub id: Uuid,
    /// Beds that are free and not held.
    pub beds: Beds,
    /// The first day on which the beds are free.
    pub from: Day,
    /// The day on which the beds must be empty again; null: open-ended.
    #[serde(default)]
    pub until: Option<Day>,
    /// When the association last said that the vacancy is so.
    pub confirmed_at: Moment,
}

/// Beds of one structure that are alike: they share everything a rule looks at (design §3.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// The id of the unit.
    pub id: Uuid,
    /// The id of its structure.
    pub structure_id: Uuid,
    /// What sort of housing the unit is.
    pub kind: Kind,
    /// The department of the unit.
    pub department: Department,
    /// Where the unit is.
    pub location: Location,
    /// The stages that the unit serves; not empty.
    pub stages: Codes<Stage>,
    /// The genders of the adults that the unit takes; not empty.
    pub genders: Codes<Gender>,
    /// The ages of the adults that the unit takes; null: no adult. The field is required, since no answer is obvious.
    #[serde(deserialize_with = "required_or_null")]
    pub adult_ages: Option<AgeRange>,
    /// The most people a household may have.
    pub max_household: HouseholdSize,
    /// Whether the unit takes couples.
    #[serde(default)]
    pub couples: bool,
    /// Who lives there.
    #[serde(default)]
    pub setting: Setting,
    /// The children that the unit takes; null: none.
    #[serde(default)]
    pub children: Option<Children>,
    /// The minors that the unit takes without a parent; null: none.
    #[serde(default)]
    pub unaccompanied_minors: Option<UnaccompaniedMinors>,
    /// Whether the unit is made for victims of trafficking.
    #[serde(default)]
    pub specialised: bool,
    /// Whether the unit only takes people who leave their region.
    #[serde(default)]
    pub removal_only: bool,
    /// Days from the request to the earliest arrival.
    #[serde(default)]
    pub admission_days: AdmissionDays,
    /// Who can open the unit.
    #[serde(default = "direct")]
    pub doors: Codes<Door>,
    /// What the unit offers.
    #[serde(default)]
    pub offers: Codes<Offer>,
    /// The languages spoken there.
    #[serde(default)]
    pub languages: Codes<Language>,
    /// The lawful conditions of the unit.
    #[serde(default)]
    pub conditions: Codes<Condition>,
    /// The conditions of the unit that no law allows.
    #[serde(default)]
    pub unlawful_conditions: Codes<UnlawfulCondition>,
    /// The steps before admission.
    #[serde(default)]
    pub steps: Codes<Step>,
    /// The vacancies of the unit.
    #[serde(default)]
    pub vacancies: Vec<Vacancy>,
    /// The requests housed or held in the structure of the unit, or in another structure of the same H3 cell at resolution 5.
    #[serde(default)]
    pub houses: Vec<Uuid>,
}

#[expect(clippy::derivable_impls, reason = "the macro that declares the enum derives the same for all of them")]
impl Default for Setting {
    fn default() -> Self {
        Self::Mixed
    }
}

fn direct() -> Codes<Door> {
    [Door::Direct].into_iter().collect()
}

fn required_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AgeRange>, D::Error> {
    Option::deserialize(deserializer)
}

/// The greatest age a minor can have, and the age at which a presumed minor is counted at most: at 18 a person is of age.
pub(crate) const MINOR_AGE_MAX: u8 = 17;

/// The greatest age in the beds of minors: child protection goes on with young adults until 21.
pub(crate) const YOUNG_ADULT_AGE_MAX: u8 = 20;

impl Unit {
    /// What contradicts what in the unit; a right unit has no fault.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let mut unit = given::unit();
    /// assert!(unit.faults().is_empty());
    /// unit.vacancies[0].until = Some(unit.vacancies[0].from);
    /// assert_eq!(unit.faults()[0].field, "vacancies[0].until");
    /// ```
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.stages.is_empty() {
            faults.push(Fault::new("stages", "must name at least one stage"));
        }
        if self.genders.is_empty() {
            faults.push(Fault::new("genders", "must name at least one gender"));
        }
        self.age_faults(&mut faults);
        let mut seen = HashSet::new();
        for (at, vacancy) in self.vacancies.iter().enumerate() {
            if vacancy.until.is_some_and(|until| until <= vacancy.from) {
                faults.push(Fault::new(format!("vacancies[{at}].until"), "must be after `from`"));
            }
            if !seen.insert(vacancy.id) {
                faults.push(Fault::new(format!("vacancies[{at}].id"), "is the id of another vacancy of this unit"));
            }
        }
        faults
    }

    fn age_faults(&self, faults: &mut Vec<Fault>) {
        if let Some(ages) = self.adult_ages {
            if matches!(self.kind, Kind::MinorsHome | Kind::SecureMinorsCentre) {
                faults.push(Fault::new("adult_ages", format!("must be null for `{}`: it takes no adult", self.kind.as_str())));
            }
            if ages.max.is_some_and(|max| ages.min > max) {
                faults.push(Fault::new("adult_ages.min", "must not be above `max`"));
            }
        }
        if let Some(children) = self.children {
            if children.max_age.get() > MINOR_AGE_MAX {
                faults.push(Fault::new("children.max_age", "must be at most 17"));
            }
            if let Some(boys) = children.boys_max_age {
                if boys.get() > MINOR_AGE_MAX {
                    faults.push(Fault::new("children.boys_max_age", "must be at most 17"));
                }
                if boys > children.max_age {
                    faults.push(Fault::new("children.boys_max_age", "must not be above `max_age`"));
                }
            }
        }
        if let Some(minors) = &self.unaccompanied_minors {
            if minors.max_age.get() > YOUNG_ADULT_AGE_MAX {
                faults.push(Fault::new("unaccompanied_minors.max_age", "must be at most 20"));
            }
            if minors.min_age > minors.max_age {
                faults.push(Fault::new("unaccompanied_minors.min_age", "must not be above `max_age`"));
            }
        }
    }
}
