//! What is declared of a unit and of its vacancies.

use chrono::NaiveDate;
use matcher::{
    AdmissionDays, AgeRange, Beds, Children, Condition, Day, Department, Door, Gender, HouseholdSize, Kind, Language, Location,
    Offer, Point, Setting, Stage, Step, UnaccompaniedMinors, UnlawfulCondition,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::OpeningHours;
use super::{Faults, List};
use crate::clock::Instant;
use crate::limits::CODES_MAX;
use crate::schemas;

/// The profile of a unit: beds of one structure that are alike. What is matched.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// What sort of place it is.
    #[schema(value_type = schemas::Kind)]
    pub kind: Kind,
    /// The stages it serves.
    #[schema(value_type = Vec<schemas::Stage>, min_items = 1, max_items = 200)]
    pub stages: List<Stage, 1, CODES_MAX>,
    /// The genders of the adults it takes.
    #[schema(value_type = Vec<schemas::Gender>, min_items = 1, max_items = 200)]
    pub genders: List<Gender, 1, CODES_MAX>,
    /// The ages of the adults it takes, in years; null: it takes no adult. Required, since it is never obvious.
    #[serde(deserialize_with = "required_or_null")]
    #[schema(required, value_type = Option<schemas::AgeRange>)]
    pub adult_ages: Option<AgeRange>,
    /// The most people a household may have.
    #[schema(value_type = schemas::HouseholdSize)]
    pub max_household: HouseholdSize,
    /// Whether it takes couples.
    #[serde(default)]
    pub couples: bool,
    /// Who lives there.
    #[serde(default)]
    #[schema(value_type = schemas::Setting, default = "mixed")]
    pub setting: Setting,
    /// The children it takes with a parent whose link is established; null: none.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Children>)]
    pub children: Option<Children>,
    /// The minors it takes without a parent; null: none.
    #[serde(default)]
    #[schema(value_type = Option<schemas::UnaccompaniedMinors>)]
    pub unaccompanied_minors: Option<UnaccompaniedMinors>,
    /// Whether it is made for victims of trafficking.
    #[serde(default)]
    pub specialised: bool,
    /// Whether it only takes people who leave their region.
    #[serde(default)]
    pub removal_only: bool,
    /// Days from the request to the earliest arrival.
    #[serde(default)]
    #[schema(value_type = schemas::AdmissionDays, default = 0)]
    pub admission_days: AdmissionDays,
    /// Who can open its door.
    #[serde(default = "direct")]
    #[schema(value_type = Vec<schemas::Door>, min_items = 1, max_items = 200, default = json!(["direct"]))]
    pub doors: List<Door, 1, CODES_MAX>,
    /// What it offers.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::Offer>, max_items = 200)]
    pub offers: List<Offer, 0, CODES_MAX>,
    /// The languages spoken there.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::Language>, max_items = 200)]
    pub languages: List<Language, 0, CODES_MAX>,
    /// Its lawful conditions of admission.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::Condition>, max_items = 200)]
    pub conditions: List<Condition, 0, CODES_MAX>,
    /// The conditions it sets that no law allows: shown as such, counted, and without effect on any rank.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::UnlawfulCondition>, max_items = 200)]
    pub unlawful_conditions: List<UnlawfulCondition, 0, CODES_MAX>,
    /// The steps before admission.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::Step>, max_items = 200)]
    pub steps: List<Step, 0, CODES_MAX>,
    /// How many places it has in all, taken or free. It changes no ranking; its vacancies never stand for more beds than that on one day.
    #[schema(value_type = schemas::Beds)]
    pub places: Beds,
    /// Whether beds may be held for a question that it has not answered yet.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub holds_before_answer: bool,
    /// When someone answers (OpenStreetMap `opening_hours`); null: always.
    #[serde(default)]
    pub answering_hours: Option<OpeningHours>,
}

fn required_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AgeRange>, D::Error> {
    Option::deserialize(deserializer)
}

fn yes() -> bool {
    true
}

fn direct() -> List<Door, 1, CODES_MAX> {
    List(vec![Door::Direct])
}

/// From this age on nobody is a minor.
const OF_AGE: u8 = 18;

/// Where a structure and its units are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// The department.
    pub department: Department,
    /// The cell or the point.
    pub location: Location,
}

impl Unit {
    /// The unit as the engine sees it, at the site of its structure.
    pub fn as_matched(&self, id: Uuid, structure_id: Uuid, site: Site, vacancies: Vec<matcher::Vacancy>) -> matcher::Unit {
        matcher::Unit {
            id,
            structure_id,
            kind: self.kind,
            department: site.department,
            location: site.location,
            stages: self.stages.0.iter().copied().collect(),
            genders: self.genders.0.iter().copied().collect(),
            adult_ages: self.adult_ages,
            max_household: self.max_household,
            couples: self.couples,
            setting: self.setting,
            children: self.children,
            unaccompanied_minors: self.unaccompanied_minors.clone(),
            specialised: self.specialised,
            removal_only: self.removal_only,
            admission_days: self.admission_days,
            doors: self.doors.0.iter().copied().collect(),
            offers: self.offers.0.iter().copied().collect(),
            languages: self.languages.0.iter().copied().collect(),
            conditions: self.conditions.0.iter().copied().collect(),
            unlawful_conditions: self.unlawful_conditions.0.iter().copied().collect(),
            steps: self.steps.0.iter().copied().collect(),
            vacancies,
            houses: Vec::new(),
        }
    }

    /// The profile of a unit that came in the engine's form, which says nothing of places: it has as many as are free on one day.
    pub fn from_matched(unit: matcher::Unit) -> Result<Self, String> {
        let free: Vec<_> = unit.vacancies.iter().map(|vacancy| (vacancy.beds.get(), vacancy.from, vacancy.until)).collect();
        let most = most_beds(&free, NaiveDate::MIN, None).map_or(1, |(_, beds)| beds);
        let places = Beds::new(most).map_err(|why| format!("unit {}: the beds of one day: {why}", unit.id))?;
        Ok(Self {
            kind: unit.kind,
            stages: List(unit.stages.iter().collect()),
            genders: List(unit.genders.iter().collect()),
            adult_ages: unit.adult_ages,
            max_household: unit.max_household,
            couples: unit.couples,
            setting: unit.setting,
            children: unit.children,
            unaccompanied_minors: unit.unaccompanied_minors,
            specialised: unit.specialised,
            removal_only: unit.removal_only,
            admission_days: unit.admission_days,
            doors: List(unit.doors.iter().collect()),
            offers: List(unit.offers.iter().collect()),
            languages: List(unit.languages.iter().collect()),
            conditions: List(unit.conditions.iter().collect()),
            unlawful_conditions: List(unit.unlawful_conditions.iter().collect()),
            steps: List(unit.steps.iter().collect()),
            places,
            holds_before_answer: true,
            answering_hours: None,
        })
    }

    /// Whether it takes minors without a parent; one that takes young adults alone does not.
    fn takes_lone_minors(&self) -> bool {
        self.unaccompanied_minors.as_ref().is_some_and(|minors| minors.min_age.get() < OF_AGE)
    }

    /// Whether it takes minors without a parent, or children with one.
    pub fn takes_minors(&self) -> bool {
        self.unaccompanied_minors.is_some() || self.children.is_some()
    }
}

impl Faults for Unit {
    /// The engine's own rules of what contradicts what. The site plays no part in them, so any will do.
    fn faults(&self) -> Vec<(String, String)> {
        let anywhere = Site { department: Department::PARIS, location: Location::Point(Point::PARIS) };
        let unit = self.as_matched(Uuid::nil(), Uuid::nil(), anywhere, Vec::new());
        let mut faults: Vec<_> = unit.faults().into_iter().map(|fault| (fault.field, fault.why)).collect();
        if self.takes_lone_minors() && self.doors.0.contains(&Door::Direct) {
            let why = "who takes minors without a parent has no `direct` door: child protection opens it, or the 115, a SIAO";
            faults.push(("doors".to_owned(), why.to_owned()));
        }
        if self.answering_hours.as_ref().is_some_and(|hours| !hours.reads()) {
            let why = "must be opening hours as OpenStreetMap writes them, such as `24/7` or `Mo-Fr 09:00-18:00`";
            faults.push(("answering_hours".to_owned(), why.to_owned()));
        }
        faults
    }

    /// Its hours are worked out as far as a deadline may look, so that no question to it fails by them.
    fn faults_at(&self, now: Instant) -> Vec<(String, String)> {
        let mut faults = self.faults();
        if self.answering_hours.as_ref().is_some_and(|hours| hours.reads() && !hours.works_out_at(now)) {
            faults.push(("answering_hours".to_owned(), OpeningHours::NOT_WORKED_OUT.to_owned()));
        }
        faults
    }
}

/// What is declared of a vacancy: beds, from a day, until a day or open.
pub type Span = (u32, Day, Option<Day>);

/// The day on which most beds are declared free, and how many those are: of the days from the first on and before the last, if there is one.
pub fn most_beds(declared: &[Span], first: NaiveDate, last: Option<Day>) -> Option<(NaiveDate, u32)> {
    let stands = |(_, from, until): &Span, day: NaiveDate| from.get() <= day && until.is_none_or(|until| day < until.get());
    let beds_on = |day| declared.iter().filter(|span| stands(span, day)).fold(0_u32, |sum, (beds, ..)| sum.saturating_add(*beds));
    // There are never more than on a day on which one begins.
    let begins = declared.iter().map(|(_, from, _)| from.get().max(first)).filter(|day| last.is_none_or(|last| *day < last.get()));
    begins.map(|day| (day, beds_on(day))).max_by_key(|(day, beds)| (*beds, std::cmp::Reverse(*day)))
}

/// Beds of a unit that can be let together.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Vacancy {
    /// Beds declared free, those held included.
    #[schema(value_type = schemas::Beds)]
    pub beds: Beds,
    /// The day from which they are free.
    #[schema(value_type = schemas::Day)]
    pub from: Day,
    /// The day they must be empty again; null: open-ended.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Day>)]
    pub until: Option<Day>,
}

impl Vacancy {
    /// Whether it is less of what was declared before: fewer beds or as many, on no other day.
    pub fn only_takes_away(&self, (beds, from, until): Span) -> bool {
        let ends_no_later = until.is_none_or(|before| self.until.is_some_and(|until| until <= before));
        self.beds.get() <= beds && from <= self.from && ends_no_later
    }
}

impl Faults for Vacancy {
    fn faults(&self) -> Vec<(String, String)> {
        match self.until {
            Some(until) if until <= self.from => vec![("until".to_owned(), "must be after `from`".to_owned())],
            _ => Vec::new(),
        }
    }

    fn days(&self) -> Vec<(String, Day)> {
        let until = self.until.map(|until| ("until".to_owned(), until));
        std::iter::once(("from".to_owned(), self.from)).chain(until).collect()
    }
}
