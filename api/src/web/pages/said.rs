//! What was typed, said back in sentences: people, places, zones, days and wishes. Sentences only; what stands alone is in [`words`].

use matcher::{Code, Department, Gender, Minority, Person, Point, Request, Wish};

use super::words;
use crate::communes::{Area, Commune, Communes, Former};
use crate::language::{Language, either};

/// How many names are listed before the rest is only counted.
const NAMES_MAX: usize = 8;

/// A name with the apostrophe of printed French.
pub(super) fn name(text: &str) -> String {
    text.replace('\'', "’")
}

/// A name behind `de`, or `of`.
fn of(text: &str) -> String {
    let text = name(text);
    if Language::current() == Language::English {
        return format!("of {text}");
    }
    match (text.strip_prefix("Le "), text.strip_prefix("Les ")) {
        (Some(rest), _) => format!("du {rest}"),
        (_, Some(rest)) => format!("des {rest}"),
        _ if text.starts_with(['A', 'Â', 'E', 'É', 'È', 'I', 'Î', 'O', 'U', 'Y']) => format!("d’{text}"),
        _ => format!("de {text}"),
    }
}

pub(super) fn km(km: f64) -> String {
    let text = format!("{km}\u{a0}km");
    either!(text.replace('.', ","), text)
}

/// Names in a row, the rest counted.
fn names(all: &[&str]) -> String {
    let shown: Vec<_> = all.iter().take(NAMES_MAX).map(|one| name(one)).collect();
    let rest = all.len().saturating_sub(NAMES_MAX);
    let shown = shown.join(", ");
    if rest == 0 { shown } else { either!(format!("{shown} et {rest} de plus"), format!("{shown} and {rest} more")) }
}

/// A commune with its department.
pub fn commune(commune: &Commune) -> String {
    format!("{} ({})", name(commune.name), commune.department)
}

/// A point that is no commune's own.
pub fn point_near(near: &Commune) -> String {
    let near = commune(near);
    either!(format!("un point près de {near}"), format!("an area near {near}"))
}

/// What a point is known by: its commune, or one that is near.
pub fn around(point: Point) -> String {
    let communes = Communes::embedded();
    match communes.at(point) {
        Some(found) => commune(found),
        None => communes.nearest(point).map(point_near).unwrap_or_default(),
    }
}

/// What may be meant, told from its neighbours: with department and population.
pub fn area(area: &Area<'_>) -> String {
    let living = |population: u32| {
        let many = words::number(population);
        either!(format!("{many}\u{a0}habitants"), format!("{many}\u{a0}inhabitants"))
    };
    let communes = Communes::embedded();
    match area {
        Area::Commune(found) => {
            let (today, population) = (found.commune, living(found.commune.population));
            match found.former {
                Some(former) if !former.is_code_only => {
                    let (was, department, today) = (name(former.name), today.department, name(today.name));
                    either!(
                        format!("{was} ({department}), aujourd’hui dans {today}, {population}"),
                        format!("{was} ({department}), today in {today}, {population}"),
                    )
                }
                _ => format!("{}, commune, {population}", commune(today)),
            }
        }
        Area::Department(department) => format!("{}, {}", whole_department(*department), living(communes.population(*department))),
        Area::Region(region) => {
            let codes: Vec<_> = region.departments().map(Department::as_str).collect();
            let population = region.departments().map(|department| communes.population(department)).sum();
            let (region, codes, population) = (name(region.name), codes.join(", "), living(population));
            either!(
                format!("{region}, toute la région ({codes}), {population}"),
                format!("{region}, the whole region ({codes}), {population}"),
            )
        }
    }
}

/// A department as a zone.
pub fn whole_department(department: Department) -> String {
    let name = name(words::department(department));
    either!(format!("{name} ({department}), tout le département"), format!("{name} ({department}), the whole department"))
}

/// A circle around what it is known by.
pub fn circle(around: &str, radius_km: f64) -> String {
    let radius = km(radius_km);
    either!(format!("{around} et {radius} autour"), format!("{around} and {radius} around"))
}

/// Where a circle reaches.
pub fn touched(departments: &[Department]) -> String {
    let all: Vec<_> = departments.iter().map(|of| format!("{} ({of})", name(words::department(*of)))).collect();
    let label = match all.len() {
        1 => either!("Département touché\u{a0}:", "Department touched:"),
        _ => either!("Départements touchés\u{a0}:", "Departments touched:"),
    };
    format!("{label} {}.", all.join(", "))
}

/// What a commune was made of.
pub fn made_of(today: &Commune, former: &[&str]) -> String {
    let (today, former) = (name(today.name), names(former));
    either!(format!("{today} réunit aujourd’hui\u{a0}: {former}."), format!("{today} today joins together: {former}."))
}

/// Under which name or code of old a commune was meant.
pub fn former(former: &Former, today: &Commune) -> String {
    let (of_today, department) = (of(today.name), today.department);
    if former.is_code_only {
        let code = former.code;
        either!(
            format!("{code} est un ancien code INSEE {of_today} ({department})."),
            format!("{code} is an old INSEE code {of_today} ({department})."),
        )
    } else {
        let was = name(former.name);
        either!(
            format!("{was} fait aujourd’hui partie {of_today} ({department})."),
            format!("{was} is today part {of_today} ({department})."),
        )
    }
}

/// That a circle leaves out a part of its commune.
pub fn leaves_out(outside: &[&str], today: &Commune, radius_km: f64) -> String {
    let (of_today, radius, is_one) = (of(today.name), km(radius_km), outside.len() == 1);
    let outside = names(outside);
    either!(
        {
            let (makes, are) = if is_one { ("fait", "est") } else { ("font", "sont") };
            format!("{outside}, qui {makes} partie {of_today}, {are} à plus de {radius}\u{a0}: hors du secteur.")
        },
        {
            let are = if is_one { "is" } else { "are" };
            format!("{outside}, which {are} part {of_today}, {are} more than {radius} away: outside the area.")
        },
    )
}

/// Which radius would hold all of a commune.
pub fn would_do(radius_km: u32) -> String {
    let radius = km(f64::from(radius_km));
    either!(format!("Avec {radius}, tout y serait."), format!("With {radius}, all of it would be inside."))
}

/// To widen a circle.
pub fn widen(radius_km: u32) -> String {
    let radius = km(f64::from(radius_km));
    either!(format!("Élargir à {radius}"), format!("Widen to {radius}"))
}

/// To widen a circle, on a button that stands alone.
pub fn widen_around(radius_km: u32, today: &Commune) -> String {
    let widen = widen(radius_km);
    either!(format!("{widen} autour {}", of(today.name)), format!("{widen} around {}", name(today.name)))
}

/// To leave a circle as it is.
pub fn keep_radius(radius_km: f64) -> String {
    let radius = km(radius_km);
    either!(format!("Garder {radius}"), format!("Keep {radius}"))
}

/// That a village may not be what is meant.
pub fn is_it(text: &str) -> String {
    either!(
        format!(
            "«\u{a0}{text}\u{a0}»\u{a0}: seule une petite commune, loin d’ici, porte ce nom. Est-ce bien elle\u{a0}? Sinon, tapez le nom entier de la ville."
        ),
        format!(
            "“{text}”: only a small commune, far from here, has this name. Is it the one? If not, type the whole name of the town."
        ),
    )
}

/// That it is not clear which place is meant.
pub fn which(text: &str, is_known: bool) -> String {
    if is_known {
        either!(
            format!("«\u{a0}{text}\u{a0}»\u{a0}: plusieurs lieux sont appelés ainsi. Lequel\u{a0}?"),
            format!("“{text}”: several places have this name. Which one?"),
        )
    } else {
        either!(
            format!(
                "«\u{a0}{text}\u{a0}»\u{a0}: lieu inconnu. Vérifiez, ou choisissez\u{a0}; plusieurs lieux se séparent par des virgules."
            ),
            format!("“{text}”: unknown place. Check it, or choose; several places are separated by commas."),
        )
    }
}

/// The number of a line.
pub fn person_number(number: usize) -> String {
    either!(format!("Personne {number}"), format!("Person {number}"))
}

/// One person of a household.
pub fn person(person: &Person) -> String {
    let (age, noun) = (person.age.map(matcher::Age::get), noun(person));
    let age = match (age, person.minority) {
        (Some(0), _) => either!("moins d’un an", "under 1 year old").to_owned(),
        (Some(years), Minority::PresumedMinor) if years >= 18 => {
            either!(format!("dit avoir {}", words::years(years)), format!("says to be {}", words::years(years)))
        }
        (Some(years), _) => words::years(years),
        (None, Minority::Adult) => either!("âge inconnu, 18\u{a0}ans ou plus", "age unknown, 18 or over").to_owned(),
        (None, Minority::Minor) => either!("âge inconnu, moins de 18\u{a0}ans", "age unknown, under 18").to_owned(),
        (None, Minority::PresumedMinor) => either!("âge inconnu", "age unknown").to_owned(),
    };
    let link = match (person.is_adult(), person.with_parent) {
        (true, _) => "",
        (false, true) => either!(
            ", avec un parent (chacun vu à part, rien ne fait douter)",
            ", with a parent (each seen apart, no reason to doubt)",
        ),
        (false, false) => either!(", sans parent établi", ", without an established parent"),
    };
    format!("{noun}, {age}{link}")
}

/// One person of a household in few words.
pub fn in_short(person: &Person) -> String {
    let noun = noun(person);
    match person.age.map(matcher::Age::get) {
        Some(0) => either!(format!("{noun} moins d’un an"), format!("{noun} under 1")),
        Some(years) => either!(format!("{noun} {}", words::years(years)), format!("{noun} {years}")),
        None => noun.to_owned(),
    }
}

fn noun(person: &Person) -> &'static str {
    match (person.gender, person.minority) {
        (Gender::Female, Minority::Adult) => either!("femme", "woman"),
        (Gender::Male, Minority::Adult) => either!("homme", "man"),
        (Gender::Other, Minority::Adult) => either!("personne d’un autre genre", "person of another gender"),
        (Gender::Female, Minority::Minor) => either!("fille", "girl"),
        (Gender::Male, Minority::Minor) => either!("garçon", "boy"),
        (Gender::Other, Minority::Minor) => either!("mineur d’un autre genre", "minor of another gender"),
        (Gender::Female, Minority::PresumedMinor) => either!("fille présumée mineure", "girl presumed minor"),
        (Gender::Male, Minority::PresumedMinor) => either!("garçon présumé mineur", "boy presumed minor"),
        (Gender::Other, Minority::PresumedMinor) => {
            either!("personne d’un autre genre présumée mineure", "person of another gender presumed minor")
        }
    }
}

/// From when, for how long, for what, how soon.
pub fn when(request: &Request) -> String {
    let nights = request.nights.get();
    let nights = match nights {
        1 => either!("1 nuit", "1 night").to_owned(),
        more => either!(format!("{more} nuits"), format!("{more} nights")),
    };
    let (stage, urgency) = (words::label(request.stage).to_lowercase(), words::label(request.urgency).to_lowercase());
    let day = words::day(request.first_day);
    either!(format!("à partir du {day}, {nights}\u{a0}; {stage}, {urgency}"), format!("from {day}, {nights}; {stage}, {urgency}"),)
}

/// How near or far, and what is not accepted.
pub fn distance(request: &Request) -> String {
    let distance = &request.distance;
    let (at_most, at_least) = either!(("au plus", "au moins"), ("at most", "at least"));
    let most = distance.max_km.map(|most| format!(", {at_most} {}", km(most.get())));
    let least = distance.min_km.map(|least| format!(", {at_least} {}", km(least.get())));
    let removal = match (request.accepts_removal, distance.wish) {
        (true, _) | (false, Wish::MoveAway) => words::proposals::MAY_MOVE_AWAY,
        (false, Wish::StayNear | Wish::Indifferent) => words::proposals::STAYS_IN_REGION,
    };
    let crossing = match request.accepts_crossing {
        true => either!("accepte avion ou bateau", "accepts a plane or a boat"),
        false => either!("ni avion ni bateau", "neither plane nor boat"),
    };
    let limits: String = most.into_iter().chain(least).collect();
    let wish = words::label(distance.wish).to_lowercase();
    either!(format!("{wish}{limits}\u{a0}; {removal}\u{a0}; {crossing}"), format!("{wish}{limits}; {removal}; {crossing}"))
}

/// What else is wished, each with its label; nothing where nothing is.
pub fn wishes(request: &Request) -> Vec<(&'static str, String)> {
    fn list<T: Code>(codes: impl Iterator<Item = T>) -> String {
        codes.map(words::label).collect::<Vec<_>>().join(", ")
    }
    let spoken = |codes: &matcher::Codes<matcher::Language>| {
        codes.iter().map(|language| words::spoken(language.as_str()).to_owned()).collect::<Vec<_>>().join(", ")
    };
    let all = [
        (words::LIVING_WITH.text(), list(request.living_with.iter())),
        (words::REQUIRED.text(), list(request.required.iter())),
        (words::WISHED.text(), list(request.wished.iter())),
        (words::SPOKEN_REQUIRED.text(), spoken(&request.required_languages)),
        (words::SPOKEN.text(), spoken(&request.wished_languages)),
    ];
    all.into_iter().filter(|(_, what)| !what.is_empty()).collect()
}
