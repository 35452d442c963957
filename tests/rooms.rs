//! The rooms of `api/src` and the only arrows between them (ARCHITECTURE.md): each room uses those below it, never one above or beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::harness::tools;

/// Each room with those it may use. All may use the leaves.
const ARROWS: &[(&str, &[&str])] = &[
    ("cli", &["commands", "db", "work", "domain", "live", "seed"]),
    ("web", &["commands", "db", "live", "domain"]),
    ("work", &["commands", "db", "live", "domain"]),
    ("commands", &["db", "domain", "live"]),
    ("live", &["db", "domain"]),
    ("db", &["domain"]),
    ("seed", &["db", "domain"]),
    ("domain", &[]),
];

/// What builds and runs stands above all rooms.
const ABOVE: &[&str] = &["main", "lib", "program", "server", "app", "config"];

/// What all use, and what uses no room.
const LEAVES: &[&str] =
    &["limits", "clock", "json", "communes", "paging", "telemetry", "traces", "metrics", "schemas", "language", "outward"];

/// A file below `api/src`, with its text.
struct Source {
    /// Such as `web/http/units.rs`.
    name: String,
    text: String,
}

impl Source {
    fn room(&self) -> &str {
        room_of(&self.name)
    }
}

fn room_of(name: &str) -> &str {
    name.split('/').next().unwrap().trim_end_matches(".rs")
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.push(Source { name, text: std::fs::read_to_string(&path).unwrap() });
            }
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(files.len() > 50, "{} files", files.len());
    files
}

/// The lines that are compiled, with their numbers: comments name what they like.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.split("// ").next().unwrap_or_default()));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The code as one text, each use on one line, with the number of the line it begins on.
fn uses(text: &str) -> Vec<(usize, String)> {
    let mut uses: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in code(text) {
        let trimmed = line.trim();
        if open {
            uses.last_mut().unwrap().1.push_str(trimmed);
        } else {
            uses.push((number, trimmed.to_owned()));
        }
        let begins = ["use ", "pub use ", "pub(crate) use ", "pub(super) use "].iter().any(|start| trimmed.starts_with(start));
        open = (begins || open) && !trimmed.contains(';');
    }
    uses
}

/// The first names of what follows a `::`: one, or those of a group.
fn heads(rest: &str) -> Vec<String> {
    let name = |text: &str| text.trim().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut heads, mut item) = (0, Vec::new(), String::new());
    for letter in group.chars() {
        match letter {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(name(&std::mem::take(&mut item))),
            _ => {}
        }
        if letter != ',' || depth > 0 {
            item.push(letter);
        }
    }
    heads.push(name(&item));
    heads.retain(|head| !head.is_empty());
    heads
}

/// The rooms and leaves that a line of a file uses.
fn used(file: &str, line: &str) -> Vec<String> {
    let module: Vec<_> = file.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        found.extend(heads(&line[at + "crate::".len()..]));
    }
    let mut from = 0;
    while let Some(at) = line[from..].find("super::") {
        let mut rest = &line[from + at..];
        let mut up = 0;
        while let Some(more) = rest.strip_prefix("super::") {
            (rest, up) = (more, up + 1);
        }
        from = line.len() - rest.len();
        // `super` of a whole room is the crate itself.
        if up >= module.len() {
            found.extend(heads(rest));
        }
    }
    found
}

/// Each use of one room by another: from, to, file, line.
fn arrows() -> Vec<(String, String, String, usize)> {
    let mut arrows = Vec::new();
    for source in sources() {
        for (number, line) in uses(&source.text) {
            for to in used(&source.name, &line) {
                if to != source.room() {
                    arrows.push((source.room().to_owned(), to, source.name.clone(), number));
                }
            }
        }
    }
    arrows
}

fn is_allowed(from: &str, to: &str) -> bool {
    let known = |room: &str| ARROWS.iter().find(|(name, _)| *name == room);
    match known(from) {
        _ if ABOVE.contains(&from) || LEAVES.contains(&to) => true,
        Some((_, below)) => below.contains(&to),
        None => false,
    }
}

#[test]
fn every_file_stands_in_a_room_that_is_known() {
    for source in sources() {
        let room = source.room();
        let known = ABOVE.contains(&room) || LEAVES.contains(&room) || ARROWS.iter().any(|(name, _)| *name == room);
        assert!(known, "{}: say in tests/rooms.rs which rooms `{room}` may use", source.name);
    }
}

#[test]
fn arrows_between_rooms_point_down() {
    let mut files: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (from, to, file, line) in arrows() {
        if !is_allowed(&from, &to) {
            wrong.push(format!("api/src/{file}:{line}: {from} → {to}"));
        }
        files.entry((from, to)).or_default().insert(file);
    }
    tools::show("arrows between rooms, with the number of files:");
    for ((from, to), files) in &files {
        tools::show(&format!("{from} → {to}: {}", files.len()));
    }
    assert!(files.len() > 30, "only {} arrows were found", files.len());
    assert!(wrong.is_empty(), "these point up or sideways:\n{}", wrong.join("\n"));
}

#[test]
fn a_use_is_read_however_it_is_written() {
    let found = |file: &str, text: &str| {
        let lines = uses(text);
        lines.iter().flat_map(|(_, line)| used(file, line)).collect::<Vec<_>>()
    };
    assert_eq!(found("db/units.rs", "use crate::web::auth;"), ["web"]);
    assert_eq!(found("db/units.rs", "use crate::{limits, web::{a, b}, db};"), ["limits", "web", "db"]);
    assert_eq!(
        found("db/units.rs", "use crate::{\n    limits,\n    web::{\n        a,\n    },\n};\nlet x = crate::live::x();"),
        ["limits", "web", "live"]
    );
    assert_eq!(found("db/units.rs", "use super::super::web;"), ["web"]);
    assert_eq!(found("db/mod.rs", "pub use super::web::auth;"), ["web"]);
    assert_eq!(found("db/units.rs", "use super::web;"), Vec::<String>::new());
    assert_eq!(found("web/http/units.rs", "use super::super::auth;"), Vec::<String>::new());
    assert_eq!(found("db/units.rs", "/// See [`crate::web`].\n//! crate::web\nlet x = 1; // crate::web"), Vec::<String>::new());
    assert_eq!(found("db/types.rs", "$crate::web::x!()"), ["web"]);
}

/// The files that say a word, outside of comments.
fn files_with(word: &str) -> BTreeSet<String> {
    let says = |source: &Source| code(&source.text).any(|(_, line)| line.contains(word));
    sources().into_iter().filter(says).map(|source| source.name).collect()
}

#[test]
fn who_reaches_everything_is_known_by_name() {
    // No restriction of whose records a query reaches: what the service does by itself. Nobody is shown more for it.
    let known = [
        // Who is near whom, whoever asks for them: the coordination is told, and both sides of a link read its event.
        "commands/keep_apart.rs",
        // The holder of a mailed link has no account: what is kept of its code says which referral it opens.
        "commands/mailed_links.rs",
        // Requests whose time is over are erased, whosever they are.
        "commands/retention.rs",
        // The coordination decides whose a FINESS or SIRET is.
        "commands/structures.rs",
        // What a search has found is stored, whoever asked for it.
        "commands/plans.rs",
        // Where a place is that an addressee answers for, so that it is told whom to call.
        "db/keep_apart.rs",
        // Whoever gives a lent request back reaches it no more, and is answered a repeat all the same.
        "commands/requests.rs",
        // The queries that say what it means.
        "db/plans.rs",
        "db/referrals.rs",
        "db/requests.rs",
        "db/units.rs",
        // Whoever may vouch finds homes that are none of theirs: the command says for which.
        "commands/vouching.rs",
        // Where it is declared.
        "domain/caller.rs",
        // The demonstration registry loads records of all its organisations.
        "seed/mod.rs",
        // Who declares on the word of homes runs none of them: the ladder looks at each.
        "web/views/registry.rs",
        // A mail is written to whomever a referral concerns.
        "work/mod.rs",
        // A plan is searched for, whoever asked for it.
        "work/planning.rs",
    ];
    // Of an enum's own file, `Self::`.
    let mut found = files_with("Reach::Everything");
    found.extend(files_with("Self::Everything"));
    assert_eq!(found, known.map(ToOwned::to_owned).into());
}

#[test]
fn who_works_with_what_is_private_and_shows_it_to_nobody_is_known_by_name() {
    let known = [
        // The address that a mail and its link go to.
        "commands/mailed_links.rs",
        // What a household needs: put to the engine, which answers with rules.
        "commands/matching.rs",
        // Whether somebody needs a bed now, and in which department: whom a refusal gives to call.
        "commands/quotas.rs",
        // The urgency that sets deadlines and limits, the number of people, whether a lone minor is protected and assessed.
        "commands/referrals.rs",
        // An edit is compared with what stood there before; how many people are left of what is erased.
        "commands/requests.rs",
        // An edit of a structure is compared with the commune that stood there before.
        "commands/structures.rs",
        // The tag of what whoever vouches has looked at is over name, contact and numbers too.
        "commands/vouching.rs",
        // Where it is declared.
        "db/reading.rs",
        // Where the people are, whose civil day it is; what there is still to do for them; the notes before another.
        "db/requests.rs",
        // The tag of a structure is over its contact too.
        "web/views/structures.rs",
    ];
    assert_eq!(files_with("unshown"), known.map(ToOwned::to_owned).into());
}

/// What of a home is shown is made by one type of view for each rung (design §5). The stored rows have no `Serialize`; and here, that no other
/// file of `web` gets hold of one, opens what leads to a home, or shows an address.
#[test]
fn only_views_make_something_to_be_shown_of_a_home() {
    let rows = ["StoredStructure", "StoredUnit", "StoredVacancy", "home.show(", ".home.unshown", ".expose()"];
    let mut wrong = Vec::new();
    for source in sources() {
        let is_view = source.name.starts_with("web/views/");
        for (number, line) in code(&source.text) {
            if source.room() == "web" && !is_view {
                let named = rows.iter().filter(|row| line.contains(**row));
                wrong.extend(named.map(|row| format!("api/src/{}:{number}: {row}", source.name)));
            }
            // Whoever stands on a rung is told by one function.
            if line.contains(".rung(place") && source.name != "web/views/mod.rs" {
                wrong.push(format!("api/src/{}:{number}: a second decision", source.name));
            }
        }
    }
    assert!(wrong.is_empty(), "what is shown of a home is a view's:\n{}", wrong.join("\n"));
    let derives = |name: &str, row: &str| {
        let text = sources().into_iter().find(|source| source.name == name).unwrap().text;
        let before = text
            .split(&format!("pub struct {row} "))
            .next()
            .unwrap()
            .lines()
            .rev()
            .find(|line| line.contains("derive"))
            .unwrap()
            .to_owned();
        before.contains("Serialize") || before.contains("ToSchema")
    };
    for (name, row) in [
        ("db/structures.rs", "StoredStructure"),
        ("db/units.rs", "StoredUnit"),
        ("db/vacancies.rs", "StoredVacancy"),
        ("domain/structure.rs", "Home"),
    ] {
        assert!(!derives(name, row), "{row} can be sent as it is");
    }
}

#[test]
fn each_room_speaks_its_own_language() {
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.room();
        for (number, line) in code(&source.text) {
            let mut not = |words: &[&str], but: &[&str]| {
                for word in words.iter().filter(|word| line.contains(**word)) {
                    if !but.contains(&room) {
                        wrong.push(format!("api/src/{}:{number}: {word}", source.name));
                    }
                }
            };
            // SQL is said in one room.
            not(&["diesel", "sql_query", "QueryDsl"], &["db"]);
            // Answers are made in one room.
            not(&["HttpResponse", "StatusCode", "ResponseError"], &["web"]);
            // Whoever calls waits for the database in one line with all others, which has an end (`Service::waiting`).
            not(&["spawn_blocking"], &["commands", "live", "work", "server", "outward"]);
            // Requests are named where the log is told of them, and a server is built where the service is.
            not(&["actix_web"], &["web", "server", "program", "telemetry"]);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
