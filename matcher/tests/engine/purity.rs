//! The engine stays pure: what it depends on, and what its source never says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// What opens sockets, files, databases or a clock, or draws numbers; by the name of the package or its beginning.
const BANNED: &[&str] = &[
    "actix",
    "async-",
    "axum",
    "diesel",
    "fastrand",
    "futures",
    "getrandom",
    "hyper",
    "iana-time-zone",
    "libsqlite3",
    "mio",
    "pq-sys",
    "rand",
    "redis",
    "reqwest",
    "rusqlite",
    "socket2",
    "tokio",
    "tracing",
    "ureq",
    "utoipa",
];

/// A dependency on something banned that does no harm, as (who asks for it, what). Each has its reason.
const HARMLESS: &[(&str, &str)] = &[
    // geo draws points for algorithms that are not called here; it asks for `rand` without a source of entropy, see `rand_core` below.
    ("geo", "rand"),
    ("geo", "rand_pcg"),
    // The traits alone. A source of entropy would show as `getrandom` under one of these, which stands nowhere here.
    ("rand", "rand_core"),
    ("rand_pcg", "rand_core"),
    // The table of versions in the workspace names the features `v7` and `v8` of uuid, for the other crate, and every crate that takes
    // the entry takes its features. `the_source_names_no_outside` makes sure that no id is drawn here.
    ("uuid", "getrandom"),
];

/// Runs cargo on this crate, without the network and without a lock file it could change.
fn cargo(arguments: &[&str]) -> String {
    let manifest = format!("{CRATE}/Cargo.toml");
    let run = Command::new(env!("CARGO")).args(arguments).args(["--offline", "--manifest-path", &manifest]).output().unwrap();
    assert!(run.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

/// Every normal dependency, as (who asks, what is asked for, its features).
///
/// `cargo metadata` resolves the workspace as one, so that what only the other crate asks for (`clock` of chrono) seems to be asked for
/// here. `cargo tree -p` walks the features this crate asks for itself. Procedural macros run while compiling and stay out.
fn closure() -> Vec<(String, String, String)> {
    let tree = cargo(&["tree", "-p", "matcher", "--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p} [{f}]"]);
    let mut path: Vec<String> = Vec::new();
    let mut edges = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (depth, rest) = line.split_once(' ').unwrap();
        let name = rest.split_once(' ').unwrap().0.to_owned();
        let features = rest.split_once('[').unwrap().1.split_once(']').unwrap().0.to_owned();
        path.truncate(depth.parse().unwrap());
        if let Some(parent) = path.last() {
            edges.push((parent.clone(), name.clone(), features));
        }
        path.push(name);
    }
    edges
}

#[test]
fn no_dependency_reaches_outside() {
    let edges = closure();
    let names: BTreeSet<&str> = edges.iter().map(|(_, name, _)| name.as_str()).collect();
    assert!(names.contains("chrono") && names.contains("h3o") && names.contains("serde_core"), "what is this tree? {names:?}");
    let harmful: Vec<_> = edges
        .iter()
        .filter(|(_, name, _)| BANNED.iter().any(|banned| name.starts_with(banned)))
        .filter(|(parent, name, _)| !HARMLESS.contains(&(parent.as_str(), name.as_str())))
        .collect();
    assert!(harmful.is_empty(), "the engine would depend on {harmful:?}");
    for (parent, name, features) in &edges {
        let outside = features.split(',').find(|feature| match name.as_str() {
            "chrono" => ["clock", "now", "default"].contains(feature),
            "rand" | "rand_core" => ["os_rng", "sys_rng", "thread_rng", "default"].contains(feature),
            _ => false,
        });
        assert_eq!(outside, None, "a feature of {name}, which {parent} asks for");
    }
}

#[test]
fn chrono_is_asked_for_without_its_clock() {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let matcher = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "matcher").unwrap();
    let dependencies = matcher["dependencies"].as_array().unwrap();
    let normal: Vec<_> = dependencies.iter().filter(|dependency| dependency["kind"].is_null()).collect();
    assert!(normal.len() > 3, "what are these dependencies? {normal:?}");
    let chrono = normal.iter().find(|dependency| dependency["name"] == "chrono").unwrap();
    assert_eq!(chrono["uses_default_features"], false);
    let features: Vec<_> = chrono["features"].as_array().unwrap().iter().map(|feature| feature.as_str().unwrap()).collect();
    assert!(!features.contains(&"clock") && !features.contains(&"now"), "{features:?}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn the_source_names_no_outside() {
    const WORDS: &[&str] = &[
        "Utc::now",
        "Local::now",
        "SystemTime",
        "Instant::now",
        "std::fs",
        "std::net",
        "std::env",
        "std::io",
        "std::process",
        "thread",
        "async ",
        "unsafe",
        "static mut",
        "new_v4",
        "now_v7",
        "new_v7",
        "rand::",
        "HashMap",
        "println!",
        "option_env!",
    ];
    let files = sources(&Path::new(CRATE).join("src"));
    assert!(files.len() > 5, "where is the source? {files:?}");
    for path in files {
        for (at, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap();
            let found = WORDS.iter().find(|word| code.contains(**word));
            assert_eq!(found, None, "{}:{}: {line}", path.display(), at + 1);
        }
    }
}
