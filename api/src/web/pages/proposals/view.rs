//! Which part of a ranking is shown: from which place on, and of which department, sort and door. Nothing of it tells of people, so that of a
//! stored request it stands in the address; of one that is not stored it goes with the form.

use matcher::{Code as _, Department, Door, Kind, PlaceOffered, Proposal};
use maud::{Markup, html};
use serde::{Deserialize, Deserializer};

use crate::web::pages::session::Fields;
use crate::web::pages::words;
use crate::web::problem::{Code, Problem};

/// The fields of a form that say what is shown or done of a ranking, and not what is asked.
pub const FIELDS: [&str; 14] = [
    "de",
    "verifier",
    "departement",
    "sorte",
    "porte",
    "voir",
    "fiche",
    "ask",
    "hold",
    "vacancy",
    "first",
    "action",
    "places",
    "retour",
];

/// What is shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// How many eligible places come before the first that is shown.
    #[serde(default, deserialize_with = "number")]
    pub de: usize,
    /// The same of those to verify.
    #[serde(default, deserialize_with = "number")]
    pub verifier: usize,
    /// Only places of this department.
    #[serde(default, deserialize_with = "department")]
    pub departement: Option<Department>,
    /// Only places of this sort.
    #[serde(default, deserialize_with = "kind")]
    pub sorte: Option<Kind>,
    /// Only places that this door opens.
    #[serde(default, deserialize_with = "door")]
    pub porte: Option<Door>,
    /// The change of a wish of which is shown what it would open.
    #[serde(default)]
    pub voir: Option<String>,
}

impl View {
    /// As the fields of a form say it.
    pub fn of(fields: &Fields) -> Result<Self, Problem> {
        let wrong =
            |field: &'static str| Problem::fields(Code::InvalidBody, vec![(field.to_owned(), "is nothing to show".to_owned())]);
        let number = |field: &'static str| fields.text(field).map_or(Ok(0), |text| text.parse().map_err(|_error| wrong(field)));
        let door = fields.text("porte").map(|code| Door::from_code(code).ok_or_else(|| wrong("porte"))).transpose()?;
        let kind = fields.text("sorte").map(|code| Kind::from_code(code).ok_or_else(|| wrong("sorte"))).transpose()?;
        let department = fields.text("departement").map(|code| code.parse().map_err(|_error| wrong("departement"))).transpose()?;
        let voir = fields.text("voir").map(ToOwned::to_owned);
        Ok(Self { de: number("de")?, verifier: number("verifier")?, departement: department, sorte: kind, porte: door, voir })
    }

    /// Whether a place is shown.
    pub fn fits(&self, proposal: &Proposal, place: &PlaceOffered) -> bool {
        self.departement.is_none_or(|department| department == place.department)
            && self.sorte.is_none_or(|kind| kind == place.kind)
            && self.porte.is_none_or(|door| proposal.doors.iter().any(|other| other == door))
    }

    /// Whether anything is narrowed.
    pub fn narrows(&self) -> bool {
        self.departement.is_some() || self.sorte.is_some() || self.porte.is_some()
    }

    /// What of it stands in an address or a form, by field, but for where the page begins.
    pub fn filters(&self) -> Vec<(&'static str, &'static str)> {
        let department = self.departement.map(|department| ("departement", department.as_str()));
        let kind = self.sorte.map(|kind| ("sorte", kind.as_str()));
        let door = self.porte.map(|door| ("porte", door.as_str()));
        [department, kind, door].into_iter().flatten().collect()
    }

    /// The address of this view of a list, with one field more.
    pub fn address(&self, path: &str, more: Option<(&str, &str)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.filters()).extend_pairs(more);
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

fn blank_or<'de, D: Deserializer<'de>, T>(deserializer: D, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    parse(&text).map(Some).ok_or_else(|| serde::de::Error::custom("is nothing to show"))
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    blank_or(deserializer, |text| text.parse().ok()).map(Option::unwrap_or_default)
}

fn department<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Department>, D::Error> {
    blank_or(deserializer, |text| text.parse().ok())
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Kind>, D::Error> {
    blank_or(deserializer, Kind::from_code)
}

fn door<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Door>, D::Error> {
    blank_or(deserializer, Door::from_code)
}

/// What there is to choose from, in a ranking.
#[derive(Default)]
pub struct Choices {
    departments: Vec<Department>,
    kinds: Vec<Kind>,
    doors: Vec<Door>,
}

impl Choices {
    /// One more place.
    pub fn add(&mut self, proposal: &Proposal, place: &PlaceOffered) {
        let doors = proposal.doors.iter().filter(|door| !self.doors.contains(door)).collect::<Vec<_>>();
        self.doors.extend(doors);
        if !self.departments.contains(&place.department) {
            self.departments.push(place.department);
        }
        if !self.kinds.contains(&place.kind) {
            self.kinds.push(place.kind);
        }
    }

    /// The fields by which a list is narrowed, in a form of the page.
    pub fn fields(&self, view: &View, form: &str) -> Markup {
        let mut departments = self.departments.clone();
        departments.sort_unstable();
        if let Some(department) = view.departement.filter(|department| !departments.contains(department)) {
            departments.push(department);
        }
        let departments = departments.into_iter().map(|of| (of.as_str(), format!("{} ({of})", words::department(of))));
        let kinds = self.kinds.iter().chain(view.sorte.iter().filter(|kind| !self.kinds.contains(kind)));
        let doors = self.doors.iter().chain(view.porte.iter().filter(|door| !self.doors.contains(door)));
        html! {
            (select(form, "departement", words::proposals::DEPARTMENT.text(), view.departement.map(Department::as_str), departments))
            (select(form, "sorte", words::proposals::KIND.text(), view.sorte.map(Kind::as_str), kinds.map(|kind| (kind.as_str(), words::label(*kind).to_owned()))))
            (select(form, "porte", words::DOOR.text(), view.porte.map(Door::as_str), doors.map(|door| (door.as_str(), words::label(*door).to_owned()))))
        }
    }
}

fn select<'c>(
    form: &str,
    name: &str,
    label: &str,
    chosen: Option<&str>,
    choices: impl Iterator<Item = (&'c str, String)>,
) -> Markup {
    html! {
        label {
            (label)
            select form=(form) name=(name) {
                option value="" { (words::proposals::ALL) }
                @for (value, label) in choices { option value=(value) selected[chosen == Some(value)] { (label) } }
            }
        }
    }
}
