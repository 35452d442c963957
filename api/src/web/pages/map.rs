//! France as a grid of tiles, one a department, overseas in a row below: a picture for the eye, a table for a screen reader.
//!
//! The places of the tiles were worked out once from the middles of the departments' communes (least total displacement on a grid).

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::words;

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

/// The map, with a number in the tile of each department that has one. The darker, the more; the number says it too.
pub fn map(counts: &BTreeMap<&str, usize>) -> Markup {
    let most = counts.values().copied().max().unwrap_or(0);
    html! {
        table.map {
            caption { (words::MAP_TITLE) span.hint { (words::MAP_LEAD) } }
            tbody {
                @for row in TILES {
                    tr { @for code in row.split(' ') { (tile(code, counts, most)) } }
                }
                tr.overseas { @for code in OVERSEAS.split(' ') { (tile(code, counts, most)) } }
            }
        }
    }
}

fn tile(code: &str, counts: &BTreeMap<&str, usize>, most: usize) -> Markup {
    if code == ".." {
        return html! { td {} };
    }
    match counts.get(code) {
        Some(count) => {
            let shade = (count * 4).div_ceil(most.max(1));
            html! { td.tile.{ "shade-" (shade) } { span.code { (code) } " " strong { (count) } } }
        }
        None => html! { td.tile { span.code { (code) } } },
    }
}
