//! Tidiness that a reader counts on.

use std::path::{Path, PathBuf};

fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    assert!(files.len() > 5);
    files
}

#[test]
fn transactions_and_connections_are_made_in_one_place() {
    for (path, text) in sources(&["api/src"]) {
        if path.to_string_lossy().contains("/db/") {
            continue;
        }
        for word in ["dsl::now", ".transaction(", "::establish(", "Utc::now"] {
            let allowed = word == "Utc::now" && path.ends_with("clock.rs");
            assert!(allowed || !text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    let words =
        [["to", "do!"], ["unimpl", "emented!"], ["#[ig", "nore"], ["TO", "DO"], ["FIX", "ME"]].map(|halves| halves.concat());
    for (path, text) in sources(&["api/src", "matcher/src", "matcher/tests", "tests"]) {
        for word in &words {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for (path, text) in sources(&["api/src", "matcher/src", "matcher/tests", "tests"]) {
        assert!(text.starts_with("//!"), "{} does not begin with `//!`", path.display());
    }
}

#[test]
fn functions_fit_a_screen() {
    for (path, text) in sources(&["api/src", "matcher/src"]) {
        let lines: Vec<_> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let is_function = ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn ", "async fn ", "pub async fn "]
                .iter()
                .any(|start| line.trim_start().starts_with(start));
            if !is_function || line.trim_end().ends_with(['}', ';']) {
                continue;
            }
            let closing = format!("{}}}", " ".repeat(indent));
            let length = lines[at..].iter().position(|line| *line == closing).map_or(0, |end| end + 1);
            assert!(length <= 70, "{}:{}: {length} lines", path.display(), at + 1);
        }
    }
}

/// The text of a file of the repository.
fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)).unwrap()
}

#[test]
fn no_paper_speaks_of_what_is_still_to_be_done_by_its_number() {
    let papers = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "PRIVACY.md", "OPERATING.md", "CHANGELOG.md"];
    for paper in papers {
        let text = read(paper).to_lowercase();
        let numbers: Vec<&str> =
            text.split("issue ").skip(1).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).collect();
        assert!(numbers.is_empty(), "{paper} speaks of issue {}", numbers[0].split_whitespace().next().unwrap());
    }
}

#[test]
fn the_files_of_a_deployment_do_what_the_papers_say() {
    // Proxies keep browsers to TLS in the same words.
    let header = "max-age=63072000; includeSubDomains";
    assert!(read("SECURITY.md").contains(&format!("Strict-Transport-Security: {header}")));
    assert!(read("api/deploy/haproxy.cfg").contains(&format!("Strict-Transport-Security \"{header}\"")));
    // Mails, sign-ins and webhooks leave: of the networks of the service one leads out, and it shares that with nobody.
    let compose = read("compose.yaml");
    let (services, networks) = compose.split_once("\nnetworks:\n").unwrap();
    let leads_out = |name: &str| networks.lines().any(|line| line == format!("  {name}: {{}}"));
    let of: Vec<Vec<&str>> = services
        .lines()
        .filter_map(|line| line.trim().strip_prefix("networks: [")?.strip_suffix(']'))
        .map(|list| list.split(", ").collect())
        .collect();
    assert!(services.find("  havre:").unwrap() < services.find("networks: [").unwrap(), "the service comes first");
    let out: Vec<&str> = of[0].iter().copied().filter(|name| leads_out(name)).collect();
    assert_eq!(out.len(), 1, "{of:?}");
    assert!(of[1..].iter().flatten().all(|name| *name != out[0]), "{of:?}");
}

/// Whether a word has the form of a test's name: a sentence of five words or more.
fn is_sentence(word: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    word.matches('_').count() >= 4 && word.chars().all(letters)
}

#[test]
fn what_pages_name_is_there() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let folders = ["api/", "matcher/", "tests/", "migrations/", "seeds/", "openapi/", ".ci/"];
    let tests: String = sources(&["tests", "matcher/tests"]).into_iter().map(|(_path, text)| text).collect();
    let has_test = |text: &str, name: &str| text.contains(&format!("fn {name}("));
    let (mut looked_for, mut missing) = (0, Vec::new());
    for page in ["ARCHITECTURE.md", "SECURITY.md", "PRIVACY.md"] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        // What a line says of work that is not merged yet is looked for once its mark is gone.
        let lines: Vec<_> = text.lines().filter(|line| !line.contains("<!-- lot:")).collect();
        for name in lines.join("\n").split('`').skip(1).step_by(2) {
            let (path, test) = name.split_once("::").unwrap_or((name, ""));
            let is_path = folders.iter().any(|folder| path.starts_with(folder)) && !path.contains(['*', '<', ' ', '\n']);
            let is_there = if is_path {
                // What is said of the rooms of the engine is said from there.
                let file = [root.join(path), root.join("matcher").join(path)].into_iter().find(|file| file.exists());
                file.is_some_and(|file| test.is_empty() || has_test(&std::fs::read_to_string(file).unwrap(), test))
            } else {
                !is_sentence(name) || has_test(&tests, name)
            };
            looked_for += usize::from(is_path || is_sentence(name));
            if !is_there {
                missing.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(looked_for > 200, "{looked_for}");
    assert!(missing.is_empty(), "what pages name is not there:\n{}", missing.join("\n"));
}
