//! What one line of a request says.

use matcher::{Day, Gender, Minority, Person};

/// A roof is needed tonight.
pub const TONIGHT: &str = "un toit ce soir";
/// A roof is needed within three days.
pub const SOON: &str = "un toit sous 72\u{a0}h";
/// They have arrived somewhere.
pub const PLACED: &str = "hébergée";

/// An age.
pub fn age(years: u8) -> String {
    match years {
        0 => "moins d’un\u{a0}an".to_owned(),
        1 => "1\u{a0}an".to_owned(),
        more => format!("{more}\u{a0}ans"),
    }
}

/// Many people: how many, and of which sort.
pub fn many(household: &[Person]) -> String {
    let count = |is_meant: &dyn Fn(&Person) -> bool| household.iter().filter(|person| is_meant(person)).count();
    let adult = |gender: Gender| count(&|person| person.minority == Minority::Adult && person.gender == gender);
    let (children, alone) = (count(&|person| person.with_parent), count(&Person::is_lone_minor));
    let sorts = [
        (adult(Gender::Female), "femme", "femmes"),
        (adult(Gender::Male), "homme", "hommes"),
        (adult(Gender::Other), "personne d’un autre genre", "personnes d’un autre genre"),
        (children, "enfant", "enfants"),
        (alone, "mineur sans parent", "mineurs sans parent"),
    ];
    let named = sorts.into_iter().filter(|(count, ..)| *count > 0);
    let named = named.map(|(count, one, more)| format!("{count} {}", if count == 1 { one } else { more }));
    format!("{}\u{a0}personnes ({})", household.len(), named.collect::<Vec<_>>().join(", "))
}

/// Where they are.
pub fn at(commune: &str) -> String {
    match (commune.strip_prefix("Le "), commune.strip_prefix("Les ")) {
        (Some(rest), _) => format!("au {rest}"),
        (_, Some(rest)) => format!("aux {rest}"),
        _ => format!("à {commune}"),
    }
}

/// Where they are, more or less.
pub fn near(commune: &str) -> String {
    format!("près de {commune}")
}

/// From which day.
pub fn from(day: Day) -> String {
    format!("à partir du {}", super::day(day))
}

/// Where they must not be.
pub fn excluded(zones: &[String]) -> String {
    if zones.is_empty() { "aucun secteur exclu".to_owned() } else { format!("exclus\u{a0}: {}", zones.join(", ")) }
}

/// For how long they have waited.
pub fn unsolved(minutes: i64) -> String {
    format!("sans solution depuis {}", span(minutes))
}

/// A span of time, to the precision that matters.
pub fn span(minutes: i64) -> String {
    let (hours, days) = (minutes.div_euclid(60), minutes.div_euclid(24 * 60));
    match (minutes, hours) {
        (..=0, _) => "moins d’une minute".to_owned(),
        (_, 0) => format!("{minutes}\u{a0}min"),
        (_, ..48) => format!("{hours}\u{a0}h\u{a0}{:02}", minutes.rem_euclid(60)),
        _ => format!("{days}\u{a0}jours"),
    }
}

/// When and why it was closed.
pub fn closed(on: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("close le {on}\u{a0}: {reason}"),
        None => format!("close le {on}"),
    }
}

/// Who is in charge.
pub fn followed_by(label: &str) -> String {
    format!("suivi\u{a0}: {label}")
}
