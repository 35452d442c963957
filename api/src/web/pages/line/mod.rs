//! One line for a request, which is told in three ways: here as those read it in whose hands it is, enough to tell it from its neighbours without
//! opening anything; in `asked` as it stands on top of the places found, each part a way back to what was typed; in `needful` as an addressee reads it.
//! And one for a place that it was put to, in `place_asked`.

pub mod asked;
pub mod needful;
pub mod place_asked;

use matcher::{DangerZone, Gender, Minority, Person, Point, Policy, Urgency, ZoneLevel};
use maud::{Markup, html};

use crate::clock::Instant;
use crate::communes::Communes;
use crate::db::requests::StoredRequest;
use crate::db::{DbError, Reading};
use crate::domain::ids::RequestId;
use crate::domain::night::tonight;
use crate::domain::request::ClosingReason;
use crate::domain::{Alias, Reach, Request, RequestState};
use crate::language::either;
use crate::web::pages::{said, words};

/// More people than these are counted and not named one by one.
const PEOPLE_NAMED: usize = 4;

/// What the line says, as it stands now.
#[derive(Clone, Debug)]
pub struct Line {
    /// The request.
    pub id: RequestId,
    /// By what people speak of it.
    pub alias: Alias,
    /// Where it stands.
    pub state: RequestState,
    parts: Vec<String>,
}

impl Line {
    /// The line of a request, the reading noted.
    pub fn show(reading: &mut Reading<'_>, policy: &Policy, stored: &StoredRequest, reach: Reach) -> Result<Self, DbError> {
        let declared = stored.seen_by(reach, stored.declared.clone().show(reading));
        Self::of(stored, &declared, policy, reading.now)
    }

    /// The same of one whose content is at hand.
    pub fn of(stored: &StoredRequest, declared: &Request, policy: &Policy, now: Instant) -> Result<Self, DbError> {
        let mut parts = vec![
            people(&declared.people_on(stored.today(now)?)),
            at(&declared.place),
            when(declared, policy, now),
            excluded(&declared.danger_zones.0),
            standing(stored, now),
        ];
        parts.extend(declared.in_charge.as_ref().map(|label| words::line::followed_by(label.as_str())));
        parts.retain(|part| !part.is_empty());
        Ok(Self { id: stored.id, alias: stored.alias.clone(), state: stored.state, parts })
    }

    /// The whole line.
    pub fn whole(&self) -> Markup {
        html! { strong { (self.alias.as_str()) } @for part in &self.parts { " · " (part) } }
    }

    /// The same as plain text.
    pub fn text(&self) -> String {
        std::iter::once(self.alias.as_str()).chain(self.parts.iter().map(String::as_str)).collect::<Vec<_>>().join(" · ")
    }

    /// The same, leading to its page.
    pub fn link(&self) -> Markup {
        html! { a href={ "/demandes/" (self.id) } { strong { (self.alias.as_str()) } } @for part in &self.parts { " · " (part) } }
    }
}

/// Who they are: each by a word and an age, or of many how many.
pub fn people(household: &[Person]) -> String {
    if household.len() > PEOPLE_NAMED {
        return words::line::many(household);
    }
    household.iter().map(|person| one(person, household)).collect::<Vec<_>>().join(" + ")
}

/// One of them: a child by what it is to its parent.
fn one(person: &Person, household: &[Person]) -> String {
    let years = person.age.map(|age| words::line::age(age.get()));
    let noun = match (person.gender, person.minority, person.with_parent) {
        (Gender::Female, Minority::Adult, _) => either!("femme", "woman"),
        (Gender::Male, Minority::Adult, _) => either!("homme", "man"),
        (Gender::Other, Minority::Adult, _) => either!("personne d’un autre genre", "person of another gender"),
        (Gender::Male, Minority::Minor, true) => either!("fils", "son"),
        (Gender::Other, Minority::Minor, true) => either!("enfant", "child"),
        (Gender::Female, Minority::Minor, true) => either!("fille", "daughter"),
        (Gender::Female, Minority::Minor, false) => either!("fille", "girl"),
        (Gender::Male, Minority::Minor, false) => either!("garçon", "boy"),
        (Gender::Other, Minority::Minor, false) => either!("mineur d’un autre genre", "minor of another gender"),
        (Gender::Female, Minority::PresumedMinor, _) => either!("présumée mineure", "presumed minor, female"),
        (Gender::Male, Minority::PresumedMinor, _) => either!("présumé mineur", "presumed minor, male"),
        (Gender::Other, Minority::PresumedMinor, _) => either!("présumé mineur", "presumed minor"),
    };
    let age = match (years, person.minority) {
        (Some(years), _) => format!(" {years}"),
        (None, Minority::PresumedMinor) => String::new(),
        (None, Minority::Adult | Minority::Minor) => either!(" (âge inconnu)", " (age unknown)").to_owned(),
    };
    // Beside an adult it has to be said that nobody has established who that is.
    let alone = if person.is_lone_minor() && household.len() > 1 { either!(", sans parent", ", without a parent") } else { "" };
    format!("{noun}{age}{alone}")
}

/// Where they are.
fn at(place: &matcher::Place) -> String {
    let (communes, point) = (Communes::embedded(), Point { lat: place.lat, lon: place.lon });
    match communes.at(point) {
        Some(commune) => words::line::at(&said::commune(commune)),
        None => communes.nearest(point).map(|near| words::line::near(&said::commune(near))).unwrap_or_default(),
    }
}

/// From when they need a roof, and which.
fn when(declared: &Request, policy: &Policy, now: Instant) -> String {
    let tonight = tonight(now, declared.department(), policy);
    let first = declared.first_day.get();
    let from = match declared.urgency {
        _ if tonight < first => words::line::from(declared.first_day),
        Urgency::Immediate => words::line::TONIGHT.text().to_owned(),
        Urgency::Urgent => words::line::SOON.text().to_owned(),
        Urgency::Planned => words::line::from(declared.first_day),
    };
    match declared.stage {
        matcher::Stage::Emergency => from,
        stage => format!("{from}, {}", words::label(stage).to_lowercase()),
    }
}

/// Where they must not be.
pub fn excluded(zones: &[DangerZone]) -> String {
    let forbidden: Vec<_> = zones.iter().filter(|zone| zone.level == ZoneLevel::Forbidden).map(zone).collect();
    words::line::excluded(&forbidden)
}

/// A zone in as few words as it can be told by.
pub fn zone(zone: &DangerZone) -> String {
    match (zone.department, zone.centre, zone.radius_km) {
        (Some(department), ..) => department.as_str().to_owned(),
        (None, Some(centre), Some(radius)) => {
            let communes = Communes::embedded();
            let name = match (communes.at(centre), communes.nearest(centre)) {
                (Some(commune), _) => said::name(commune.name),
                (None, Some(near)) => said::point_near(near),
                (None, None) => String::new(),
            };
            format!("{name} {}", said::km(radius.get()))
        }
        _ => String::new(),
    }
}

/// Since when they wait, or what became of them.
fn standing(stored: &StoredRequest, now: Instant) -> String {
    let since = |at: Instant| now.utc().signed_duration_since(at.utc()).num_minutes();
    match (stored.state, stored.closed_at) {
        (RequestState::Open, _) => words::line::unsolved(since(stored.created_at)),
        (RequestState::Placed, _) => words::line::PLACED.text().to_owned(),
        (RequestState::Closed, at) => {
            let on = at.map(|at| words::orientations::day_of(at, stored.department(), now)).unwrap_or_default();
            words::line::closed(&on, stored.close_reason.map(words::label::<ClosingReason>))
        }
    }
}
