//! On top of the places: who, when, from where and where not, in one line, each a way back to what was typed.

use matcher::{DangerZone, Point, Request, Urgency, Wish, ZoneLevel};
use maud::{Markup, html};

use super::Of;
use crate::communes::Communes;
use crate::web::pages::{said, words};

/// Where a part of the line leads: the field of the form, and the part of *La demande*.
struct Part {
    field: &'static str,
    of_request: &'static str,
    text: String,
}

/// What the line says, part by part.
fn parts(request: &Request) -> Vec<Part> {
    let part = |field, of_request, text| Part { field, of_request, text };
    let mut parts = vec![
        part("p1_who", "qui", who(request)),
        part(
            "place",
            "ou",
            format!("{} {}", words::proposals::AT.text(), around(Point { lat: request.place.lat, lon: request.place.lon })),
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

/// The line.
pub fn line(of: &Of, request: &Request) -> Markup {
    html! {
        ul.line aria-label=(words::UNDERSTOOD) {
            @for part in &parts(request) {
                li {
                    @match of {
                        Of::Form(_) => {
                            button.plain type="submit" form="demande" name="edit" value="true" formaction={ "/demande#" (part.field) } {
                                (part.text) (edit())
                            }
                        },
                        Of::Stored(stored) => {
                            a href={ "/demandes/" (stored.id) "?modifier=" (part.of_request) } { (part.text) (edit()) }
                        },
                    }
                }
            }
        }
    }
}

fn edit() -> Markup {
    html! { " " span aria-hidden="true" { "✎" } span.unseen { " (" (words::proposals::CHANGE) ")" } }
}

/// The household: a parent's children with it.
pub fn who(request: &Request) -> String {
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
        (None, Some(centre), Some(radius)) => format!("{}, {}\u{a0}km", around(centre), radius.get()).replace('.', ","),
        _ => String::new(),
    }
}

/// What a point is known by.
fn around(point: Point) -> String {
    let communes = Communes::embedded();
    match communes.at(point) {
        Some(commune) => said::commune(commune),
        None => communes.nearest(point).map(said::point_near).unwrap_or_default(),
    }
}
