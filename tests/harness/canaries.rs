//! That nobody but its own association reads what leads to an address: looked at for each answer that any test gets by the API.

use api::domain::{Caller, Role};

use super::Answer;

/// What stands in the homes that tests make (`bodies::structure`) and may be read by their own association alone: numbers of public registers,
/// the cell, and the address that one operation shows.
const REGISTER: [(&str, &str); 4] = [
    ("the FINESS number", "690000005"),
    ("the SIRET number", "73282932000074"),
    ("the cell", "861f90257ffffff"),
    ("the address", "12 rue du Canari"),
];

/// Ends the test where an answer to who runs no home holds one of them.
#[track_caller]
pub fn check(who: &Caller, path: &str, answer: &Answer) {
    // The document's examples are of a home that is nowhere.
    if who.is(Role::Provider) || path.contains("openapi.json") {
        return;
    }
    let is_shown_here = |what: &str| what == "the address" && path.ends_with("/address");
    for (what, canary) in REGISTER.iter().filter(|(what, _)| !is_shown_here(what)) {
        assert!(!answer.text.contains(canary), "{:?} reads {what} of a home at {path}: {}", who.roles, answer.text);
    }
}
