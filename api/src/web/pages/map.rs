//! France as a grid of tiles, one a department, overseas in a row below: a picture for the eye, a table for a screen reader. Zones are drawn in:
//! a department that is excluded whole, one that a circle touches, one to avoid.
//!
//! The places of the tiles were worked out once from the middles of the departments' communes (least total displacement on a grid).

use std::collections::BTreeMap;

use matcher::{DangerZone, ZoneLevel};
use maud::{Markup, html};

use super::words;
use crate::communes::Communes;

/// The mainland and Corsica; `..` is the sea, or a neighbour.
const TILES: [&str; 12] = [
    ".. .. .. 76 80 62 60 59 08 .. .. ..",
    ".. .. 50 14 27 95 93 02 55 57 .. ..",
    ".. 22 35 61 78 92 75 77 51 54 67 ..",
    "29 56 53 72 28 91 94 10 52 88 68 ..",
    ".. 44 49 37 41 45 58 89 21 70 90 ..",
    ".. .. 85 86 36 18 03 71 01 39 25 ..",
    ".. .. 17 79 87 23 63 42 69 74 .. ..",
    ".. .. 33 16 24 19 15 43 38 73 .. ..",
    ".. .. 40 47 46 12 48 07 26 05 .. ..",
    ".. .. 64 32 82 81 34 30 84 04 06 ..",
    ".. .. .. 65 31 09 11 .. 13 83 .. 2B",
    ".. .. .. .. .. 66 .. .. .. .. .. 2A",
];

/// Overseas.
const OVERSEAS: &str = "971 972 973 974 975 976 977 978";

/// How a zone marks a department.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// A zone to avoid touches it.
    Avoided,
    /// A circle that is excluded touches it.
    Part,
    /// It is excluded whole.
    Whole,
}

impl Mark {
    /// Its sign, its word, and its class.
    fn shown(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Avoided => ("~", words::proposals::ZONE_AVOIDED.text(), "zone-avoided"),
            Self::Part => ("⨯", words::proposals::ZONE_PART.text(), "zone-part"),
            Self::Whole => ("×", words::proposals::ZONE_WHOLE.text(), "zone-whole"),
        }
    }
}

/// The departments that zones mark, the gravest mark of each.
fn marks(zones: &[DangerZone]) -> BTreeMap<&'static str, Mark> {
    let mut marks: BTreeMap<&'static str, Mark> = BTreeMap::new();
    for zone in zones {
        let touched = match (zone.department, zone.centre, zone.radius_km) {
            (Some(department), ..) => vec![department],
            (None, Some(centre), Some(radius)) => Communes::embedded().departments_touched(centre, radius.get()),
            _ => Vec::new(),
        };
        let mark = match (zone.level, zone.department) {
            (ZoneLevel::Avoid, _) => Mark::Avoided,
            (ZoneLevel::Forbidden, Some(_)) => Mark::Whole,
            (ZoneLevel::Forbidden, None) => Mark::Part,
        };
        for department in touched {
            let known = marks.entry(department.as_str()).or_insert(mark);
            *known = mark.max(*known);
        }
    }
    marks
}

/// The map, with a number in the tile of each department that has one, and the zones; its title says of what, and its lead how it is read. The
/// darker, the more; the number says it too.
pub fn map((title, lead): (&str, &str), counts: &BTreeMap<&str, usize>, zones: &[DangerZone]) -> Markup {
    let most = counts.values().copied().max().unwrap_or(0);
    let marks = marks(zones);
    html! {
        div #carte {
            table.map {
                caption { (title) span.hint { (lead) } }
                tbody {
                    @for row in TILES {
                        tr { @for code in row.split(' ') { (tile(code, counts, &marks, most)) } }
                    }
                    tr.overseas { @for code in OVERSEAS.split(' ') { (tile(code, counts, &marks, most)) } }
                }
            }
        }
    }
}

/// The way to the map, by its title: where there is no room beside the list, it comes after all of it.
pub fn way_to(title: &str) -> Markup {
    html! { p.to-map { a href="#carte" { (title) } } }
}

fn tile(code: &str, counts: &BTreeMap<&str, usize>, marks: &BTreeMap<&str, Mark>, most: usize) -> Markup {
    if code == ".." {
        return html! { td {} };
    }
    let count = counts.get(code);
    let shade = count.map(|count| format!("shade-{}", (count * 4).div_ceil(most.max(1))));
    let mark = marks.get(code).map(|mark| mark.shown());
    let class = ["tile"].into_iter().chain(shade.as_deref()).chain(mark.map(|(.., class)| class)).collect::<Vec<_>>().join(" ");
    html! {
        td class=(class) {
            (code)
            @if let Some((sign, word, _)) = mark { span.zone aria-hidden="true" { (sign) } span.unseen { " " (word) } }
            @if let Some(count) = count { " " strong { (words::number(count)) } }
        }
    }
}
