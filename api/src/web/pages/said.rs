//! What was typed, said back in French: people, places, zones, days and wishes. Sentences only; what stands alone is in [`words`].

use matcher::{Code, Department, Gender, Minority, Person, Request, Wish};

use super::words;
use crate::communes::{Area, Commune, Communes, Former};

/// How many names are listed before the rest is only counted.
const NAMES_MAX: usize = 8;

/// A name with the apostrophe of printed French.
pub(super) fn name(text: &str) -> String {
    text.replace('\'', "’")
}

/// A name behind `de`.
fn of(text: &str) -> String {
    let text = name(text);
    match (text.strip_prefix("Le "), text.strip_prefix("Les ")) {
        (Some(rest), _) => format!("du {rest}"),
        (_, Some(rest)) => format!("des {rest}"),
        _ if text.starts_with(['A', 'Â', 'E', 'É', 'È', 'I', 'Î', 'O', 'U', 'Y']) => format!("d’{text}"),
        _ => format!("de {text}"),
    }
}

/// A number as French groups it.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

pub(super) fn km(km: f64) -> String {
    format!("{km}\u{a0}km").replace('.', ",")
}

/// Names in a row, the rest counted.
fn names(all: &[&str]) -> String {
    let shown: Vec<_> = all.iter().take(NAMES_MAX).map(|one| name(one)).collect();
    let rest = all.len().saturating_sub(NAMES_MAX);
    if rest == 0 { shown.join(", ") } else { format!("{} et {rest} de plus", shown.join(", ")) }
}

/// A commune with its department.
pub fn commune(commune: &Commune) -> String {
    format!("{} ({})", name(commune.name), commune.department)
}

/// A point that is no commune's own.
pub fn point_near(near: &Commune) -> String {
    format!("un point près de {}", commune(near))
}

/// What may be meant, told from its neighbours: with department and population.
pub fn area(area: &Area<'_>) -> String {
    let living = |population| format!("{}\u{a0}habitants", grouped(population));
    let communes = Communes::embedded();
    match area {
        Area::Commune(found) => {
            let (today, population) = (found.commune, living(found.commune.population));
            match found.former {
                Some(former) if !former.is_code_only => {
                    format!("{} ({}), aujourd’hui dans {}, {population}", name(former.name), today.department, name(today.name))
                }
                _ => format!("{}, commune, {population}", commune(today)),
            }
        }
        Area::Department(department) => format!("{}, {}", whole_department(*department), living(communes.population(*department))),
        Area::Region(region) => {
            let codes: Vec<_> = region.departments().map(Department::as_str).collect();
            let population = region.departments().map(|department| communes.population(department)).sum();
            format!("{}, toute la région ({}), {}", name(region.name), codes.join(", "), living(population))
        }
    }
}

/// A department as a zone.
pub fn whole_department(department: Department) -> String {
    format!("{} ({department}), tout le département", name(words::department(department)))
}

/// A circle around what it is known by.
pub fn circle(around: &str, radius_km: f64) -> String {
    format!("{around} et {} autour", km(radius_km))
}

/// Where a circle reaches.
pub fn touched(departments: &[Department]) -> String {
    let all: Vec<_> = departments.iter().map(|of| format!("{} ({of})", name(words::department(*of)))).collect();
    let label = if all.len() == 1 { "Département touché" } else { "Départements touchés" };
    format!("{label}\u{a0}: {}.", all.join(", "))
}

/// What a commune was made of.
pub fn made_of(today: &Commune, former: &[&str]) -> String {
    format!("{} réunit aujourd’hui\u{a0}: {}.", name(today.name), names(former))
}

/// Under which name or code of old a commune was meant.
pub fn former(former: &Former, today: &Commune) -> String {
    if former.is_code_only {
        format!("{} est un ancien code INSEE {} ({}).", former.code, of(today.name), today.department)
    } else {
        format!("{} fait aujourd’hui partie {} ({}).", name(former.name), of(today.name), today.department)
    }
}

/// That a circle leaves out a part of its commune.
pub fn leaves_out(outside: &[&str], today: &Commune, radius_km: f64) -> String {
    let (makes, are) = if outside.len() == 1 { ("fait", "est") } else { ("font", "sont") };
    format!("{}, qui {makes} partie {}, {are} à plus de {}\u{a0}: hors du secteur.", names(outside), of(today.name), km(radius_km))
}

/// Which radius would hold all of a commune.
pub fn would_do(radius_km: u32) -> String {
    format!("Avec {}, tout y serait.", km(f64::from(radius_km)))
}

/// To widen a circle.
pub fn widen(radius_km: u32) -> String {
    format!("Élargir à {}", km(f64::from(radius_km)))
}

/// To widen a circle, on a button that stands alone.
pub fn widen_around(radius_km: u32, today: &Commune) -> String {
    format!("{} autour {}", widen(radius_km), of(today.name))
}

/// To leave a circle as it is.
pub fn keep_radius(radius_km: f64) -> String {
    format!("Garder {}", km(radius_km))
}

/// That it is not clear which place is meant.
pub fn which(text: &str, is_known: bool) -> String {
    if is_known {
        format!("«\u{a0}{text}\u{a0}»\u{a0}: plusieurs lieux portent ce nom. Lequel\u{a0}?")
    } else {
        format!(
            "«\u{a0}{text}\u{a0}»\u{a0}: lieu inconnu. Vérifiez, ou choisissez\u{a0}; plusieurs lieux se séparent par des virgules."
        )
    }
}

/// The number of a line.
pub fn person_number(number: usize) -> String {
    format!("Personne {number}")
}

/// One person of a household.
pub fn person(person: &Person) -> String {
    let (age, noun) = (person.age.map(matcher::Age::get), noun(person));
    let age = match (age, person.minority) {
        (Some(0), _) => "moins d’un an".to_owned(),
        (Some(years), Minority::PresumedMinor) if years >= 18 => format!("dit avoir {}", words::years(years)),
        (Some(years), _) => words::years(years),
        (None, Minority::Adult) => "âge inconnu, 18\u{a0}ans ou plus".to_owned(),
        (None, Minority::Minor) => "âge inconnu, moins de 18\u{a0}ans".to_owned(),
        (None, Minority::PresumedMinor) => "âge inconnu".to_owned(),
    };
    let link = match (person.is_adult(), person.with_parent) {
        (true, _) => "",
        (false, true) => ", avec un parent (chacun vu à part, rien ne fait douter)",
        (false, false) => ", sans parent établi",
    };
    format!("{noun}, {age}{link}")
}

/// One person of a household in few words.
pub fn in_short(person: &Person) -> String {
    match person.age.map(matcher::Age::get) {
        Some(0) => format!("{} moins d’un an", noun(person)),
        Some(years) => format!("{} {}", noun(person), words::years(years)),
        None => noun(person).to_owned(),
    }
}

fn noun(person: &Person) -> &'static str {
    match (person.gender, person.minority) {
        (Gender::Female, Minority::Adult) => "femme",
        (Gender::Male, Minority::Adult) => "homme",
        (Gender::Other, Minority::Adult) => "personne d’un autre genre",
        (Gender::Female, Minority::Minor) => "fille",
        (Gender::Male, Minority::Minor) => "garçon",
        (Gender::Other, Minority::Minor) => "mineur d’un autre genre",
        (Gender::Female, Minority::PresumedMinor) => "fille présumée mineure",
        (Gender::Male, Minority::PresumedMinor) => "garçon présumé mineur",
        (Gender::Other, Minority::PresumedMinor) => "personne d’un autre genre présumée mineure",
    }
}

/// From when, for how long, for what, how soon.
pub fn when(request: &Request) -> String {
    let nights = request.nights.get();
    let nights = if nights == 1 { "1 nuit".to_owned() } else { format!("{nights} nuits") };
    let (stage, urgency) = (words::label(request.stage).to_lowercase(), words::label(request.urgency).to_lowercase());
    format!("à partir du {}, {nights}\u{a0}; {stage}, {urgency}", words::day(request.first_day))
}

/// How near or far, and what is not accepted.
pub fn distance(request: &Request) -> String {
    let distance = &request.distance;
    let most = distance.max_km.map(|most| format!(", au plus {}", km(most.get())));
    let least = distance.min_km.map(|least| format!(", au moins {}", km(least.get())));
    let removal = match (request.accepts_removal, distance.wish) {
        (true, _) | (false, Wish::MoveAway) => "accepte de changer de région",
        (false, Wish::StayNear | Wish::Indifferent) => "n’accepte pas de changer de région",
    };
    let crossing = if request.accepts_crossing { "accepte avion ou bateau" } else { "ni avion ni bateau" };
    let limits: String = most.into_iter().chain(least).collect();
    format!("{}{limits}\u{a0}; {removal}\u{a0}; {crossing}", words::label(distance.wish).to_lowercase())
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
        (words::LIVING_WITH, list(request.living_with.iter())),
        (words::REQUIRED, list(request.required.iter())),
        (words::WISHED, list(request.wished.iter())),
        (words::SPOKEN_REQUIRED, spoken(&request.required_languages)),
        (words::SPOKEN, spoken(&request.wished_languages)),
    ];
    all.into_iter().filter(|(_, what)| !what.is_empty()).collect()
}
