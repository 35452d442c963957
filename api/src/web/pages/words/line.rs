//! What one line of a request says.

use matcher::{Day, Gender, Minority, Person};

use crate::language::{Language, either};

phrases! {
    TONIGHT "un toit ce soir" | "a roof tonight";
    SOON "un toit sous 72\u{a0}h" | "a roof within 72\u{a0}h";
    PLACED "hébergée" | "housed";
}

/// An age.
pub fn age(years: u8) -> String {
    match years {
        0 => either!("moins d’un\u{a0}an", "under\u{a0}1").to_owned(),
        1 => either!("1\u{a0}an", "1").to_owned(),
        more => either!(format!("{more}\u{a0}ans"), more.to_string()),
    }
}

/// Many people: how many, and of which sort.
pub fn many(household: &[Person]) -> String {
    let count = |is_meant: &dyn Fn(&Person) -> bool| household.iter().filter(|person| is_meant(person)).count();
    let adult = |gender: Gender| count(&|person| person.minority == Minority::Adult && person.gender == gender);
    let (children, alone) = (count(&|person| person.with_parent), count(&Person::is_lone_minor));
    let sorts = [
        (adult(Gender::Female), either!(("femme", "femmes"), ("woman", "women"))),
        (adult(Gender::Male), either!(("homme", "hommes"), ("man", "men"))),
        (
            adult(Gender::Other),
            either!(
                ("personne d’un autre genre", "personnes d’un autre genre"),
                ("person of another gender", "people of another gender"),
            ),
        ),
        (children, either!(("enfant", "enfants"), ("child", "children"))),
        (alone, either!(("mineur sans parent", "mineurs sans parent"), ("minor without a parent", "minors without a parent"))),
    ];
    let named = sorts.into_iter().filter(|(count, ..)| *count > 0);
    let named = named.map(|(count, (one, more))| format!("{count} {}", if count == 1 { one } else { more }));
    let (all, named) = (household.len(), named.collect::<Vec<_>>().join(", "));
    either!(format!("{all}\u{a0}personnes ({named})"), format!("{all}\u{a0}people ({named})"))
}

/// How many, of whom no more is said.
pub fn people(count: u32) -> String {
    if count == 1 {
        return either!("1\u{a0}personne", "1\u{a0}person").to_owned();
    }
    either!(format!("{count}\u{a0}personnes"), format!("{count}\u{a0}people"))
}

/// Where they are.
pub fn at(commune: &str) -> String {
    if Language::current() == Language::English {
        return format!("in {commune}");
    }
    match (commune.strip_prefix("Le "), commune.strip_prefix("Les ")) {
        (Some(rest), _) => format!("au {rest}"),
        (_, Some(rest)) => format!("aux {rest}"),
        _ => format!("à {commune}"),
    }
}

/// Where they are, more or less.
pub fn near(commune: &str) -> String {
    either!(format!("près de {commune}"), format!("near {commune}"))
}

/// From which day.
pub fn from(day: Day) -> String {
    let day = super::day(day);
    either!(format!("à partir du {day}"), format!("from {day}"))
}

/// Where they must not be.
pub fn excluded(zones: &[String]) -> String {
    if zones.is_empty() {
        return either!("aucun secteur exclu", "no excluded area").to_owned();
    }
    let zones = zones.join(", ");
    either!(format!("exclus\u{a0}: {zones}"), format!("excluded: {zones}"))
}

/// For how long they have waited.
pub fn unsolved(minutes: i64) -> String {
    let span = span(minutes);
    either!(format!("sans solution depuis {span}"), format!("without a solution for {span}"))
}

/// A span of time, to the precision that matters.
pub fn span(minutes: i64) -> String {
    let (hours, days) = (minutes.div_euclid(60), minutes.div_euclid(24 * 60));
    match (minutes, hours) {
        (..=0, _) => either!("moins d’une minute", "less than a minute").to_owned(),
        (_, 0) => format!("{minutes}\u{a0}min"),
        (_, ..48) => {
            let rest = minutes.rem_euclid(60);
            either!(format!("{hours}\u{a0}h\u{a0}{rest:02}"), format!("{hours}\u{a0}h\u{a0}{rest}\u{a0}min"))
        }
        _ => either!(format!("{days}\u{a0}jours"), format!("{days}\u{a0}days")),
    }
}

/// When and why it was closed.
pub fn closed(on: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => either!(format!("close le {on}\u{a0}: {reason}"), format!("closed on {on}: {reason}")),
        None => either!(format!("close le {on}"), format!("closed on {on}")),
    }
}

/// Who is in charge.
pub fn followed_by(label: &str) -> String {
    either!(format!("suivi\u{a0}: {label}"), format!("in charge: {label}"))
}
