//! On top of the places: who, when, from where and where not, in one line, part by part: each is a way back to what was typed.

use matcher::{DangerZone, Point, Request, Urgency, Wish, ZoneLevel};

use crate::web::pages::{said, words};

/// A part of the line, and where it leads.
pub struct Part {
    /// The field of the form.
    pub field: &'static str,
    /// The part of *La demande*.
    pub of_request: &'static str,
    /// What it says.
    pub text: String,
}

/// What the line says, part by part.
pub fn parts(request: &Request) -> Vec<Part> {
    let part = |field, of_request, text| Part { field, of_request, text };
    let mut parts = vec![
        part("p1_who", "qui", who(request)),
        part(
            "place",
            "ou",
            format!("{} {}", words::proposals::AT.text(), said::around(Point { lat: request.place.lat, lon: request.place.lon })),
        ),
        part("first_day", "ou", when(request)),
    ];
    let zones = |level| request.danger_zones.iter().filter(move |zone| zone.level == level).map(zone).collect::<Vec<_>>();
    let (forbidden, avoided) = (zones(ZoneLevel::Forbidden), zones(ZoneLevel::Avoid));
    let excluded = match forbidden.as_slice() {
        [] => words::proposals::NO_ZONE.text().to_owned(),
        zones => format!("{}{}{}", words::proposals::EXCLUDED, words::COLON, zones.join(", ")),
    };
    parts.push(part("zone", "dangers", excluded));
    if !avoided.is_empty() {
        parts.push(part("avoid", "dangers", format!("{}{}{}", words::proposals::AVOIDED, words::COLON, avoided.join(", "))));
    }
    parts.push(part("wish", "ou", distance(request)));
    parts
}

/// The same as text, for paper.
pub fn text(request: &Request) -> String {
    parts(request).into_iter().map(|part| part.text).collect::<Vec<_>>().join(" · ")
}

/// The household: a parent's children with it.
fn who(request: &Request) -> String {
    let people: Vec<_> = request.household.iter().map(said::in_short).collect();
    people.join(" + ")
}

fn when(request: &Request) -> String {
    let day = words::day(request.first_day);
    let nights = request.nights.get();
    let nights = if nights == 1 {
        words::proposals::A_NIGHT.text().to_owned()
    } else {
        format!("{nights}\u{a0}{}", words::NIGHTS_WORD.text())
    };
    match request.urgency {
        Urgency::Immediate if request.first_day <= request.at.civil_day() => {
            format!("{}, {nights}", words::proposals::TONIGHT.text())
        }
        Urgency::Immediate | Urgency::Urgent | Urgency::Planned => format!("{} {day}, {nights}", words::proposals::FROM.text()),
    }
}

fn distance(request: &Request) -> String {
    let wish = words::label(request.distance.wish).to_lowercase();
    let most = request.distance.max_km.map(|km| format!(", {} {}\u{a0}km", words::proposals::AT_MOST.text(), km.get()));
    let removal = request.accepts_removal || request.distance.wish == Wish::MoveAway;
    let removal = if removal { words::proposals::MAY_MOVE_AWAY.text() } else { words::proposals::STAYS_IN_REGION.text() };
    format!("{wish}{}{}{removal}", most.unwrap_or_default(), words::SEMICOLON)
}

/// A zone in few words.
fn zone(zone: &DangerZone) -> String {
    match (zone.department, zone.centre, zone.radius_km) {
        (Some(department), ..) => format!("{} ({department})", words::department(department)),
        (None, Some(centre), Some(radius)) => format!("{}, {}\u{a0}km", said::around(centre), radius.get()).replace('.', ","),
        _ => String::new(),
    }
}
