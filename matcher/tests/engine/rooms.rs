//! The rooms of the engine: who may use whom, how many there are, and that the glossary at the head of the crate speaks of what there is.

use std::collections::BTreeMap;
use std::path::Path;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// Rooms from the ground up. Each may use those before it and no other.
const ROOMS: [&str; 16] = [
    "values", "codes", "packed", "geo", "unit", "facts", "request", "policy", "rules", "score", "sieve", "relax", "rank",
    "snapshot", "plan", "lib",
];

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of each room: one file, or all files of a folder.
fn rooms() -> BTreeMap<String, String> {
    let mut rooms = BTreeMap::new();
    for entry in std::fs::read_dir(SOURCE).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = if path.is_dir() {
            std::fs::read_dir(&path).unwrap().map(|entry| read(&entry.unwrap().path())).collect()
        } else {
            read(&path)
        };
        rooms.insert(name, text);
    }
    rooms
}

/// The code of a line, without what a comment says.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap()
}

#[test]
fn a_room_uses_only_those_below_it() {
    let rooms = rooms();
    let height = |name: &str| ROOMS.iter().position(|room| *room == name);
    assert_eq!(rooms.len(), ROOMS.len(), "{:?}", rooms.keys());
    for (name, text) in &rooms {
        let own = height(name).unwrap_or_else(|| panic!("{name} stands in no list"));
        for line in text.lines().map(code) {
            for used in line.split("crate::").skip(1) {
                let used = used.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_').next().unwrap();
                assert!(height(used).is_none_or(|used| used <= own), "{name} uses {used}: {line}");
            }
        }
    }
}

#[test]
fn the_index_has_at_most_eleven_files() {
    let files = std::fs::read_dir(Path::new(SOURCE).join("snapshot")).unwrap().count();
    assert!(files <= 11, "{files}");
}

/// Only the solver indexes lists, and each of its files says why. Everywhere else a wrong index gives nothing instead of a panic.
#[test]
fn only_the_plan_indexes() {
    for (name, text) in rooms() {
        let lines = text.lines().filter(|line| line.contains("expect(") && line.contains("indexing_slicing"));
        assert!(name == "plan" || name == "values" || lines.count() == 0, "{name}");
    }
}

/// Each row of the glossary names a file that is there, and a word of ours that is in it.
#[test]
fn the_glossary_speaks_of_what_there_is() {
    let text = read(&Path::new(SOURCE).join("lib.rs"));
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("//! | "))
        .map(|row| row.split(" | ").collect())
        .filter(|row: &Vec<&str>| row.len() >= 3 && row[2].contains(".rs"))
        .collect();
    assert!(rows.len() >= 20, "where is the glossary? {rows:?}");
    for row in rows {
        let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect::<Vec<String>>();
        let files: String = quoted(row[2]).iter().map(|file| read(&Path::new(SOURCE).join(file))).collect();
        for word in quoted(row[1]) {
            let word = word.rsplit("::").next().unwrap().to_owned();
            assert!(files.contains(&word), "{}: {word} is not in {}", row[0], row[2]);
        }
    }
}
